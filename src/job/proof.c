/* SPDX-License-Identifier: PostgreSQL */
/* What a copy must prove before it is published: that nothing is in it that was to be removed. */
#include <string.h>

#include "base/pipeline.h"
#include "copy/extract.h"
#include "job/pull.h"
#include "job/search.h"

enum { MOST_KEY_COLUMNS = 3 };

/* ---- originals */

/* Rows that are not copied have originals, too. */
static bool
is_read_whole(const struct pull *pull, const struct table *table)
{
    const struct masked_table *masked = masking_find(&pull->masks.masking, table);
    bool tells = false;
    for (int i = 0; masked != NULL && i < masked->nmasks; i++)
        tells |= masked->masks[i].need == NEED_VALUE;
    return tells && pull->rules->checks.scope == SCOPE_POPULATION;
}

int64_t
proof_read_bytes(const struct pull *pull)
{
    int64_t bytes = 0;
    for (int i = 0; pull->masks.is_on && i < pull->nunits; i++)
        if (is_read_whole(pull, pull->units[i]))
            bytes += catalog_bytes(pull->units[i]);
    return bytes;
}

/* Masks are made and thrown away: what they treat is what is to be remembered. */
static bool
read_table(void *ctx, int worker, int item, struct decant_error *err)
{
    struct pull *pull = ctx;
    const struct table *table = pull->units[item];
    const struct extract extract = { .plan = &pull->plan,
                                     .masking = &pull->masks.masking,
                                     .table = table,
                                     .use = pull->ops->decodes ? WIRE_DECODED : WIRE_PASSED,
                                     .with_generated = pull->ops->decodes };
    struct extract_stream stream = { 0 };
    struct row row;
    if (!is_read_whole(pull, table))
        return true;
    int n = extract_open(pull->workers[worker], &extract, &stream, err) ? 1 : -1;
    while (n > 0)
        n = row_stream_next(&stream.stream, &row, err);
    extract_close(&stream);
    mask_forget();
    return n == 0 || error_context(err, "originals of '%s.%s'", table->schema, table->name);
}

bool
proof_begin(struct pull *pull, struct decant_error *err)
{
    if (!pull->masks.is_on)
        return true;
    const struct rules_checks *checks = &pull->rules->checks;
    pull->originals = originals_new(checks->leak_memory, checks->least_length, err);
    pull->masks.masking.originals = pull->originals;
    if (pull->originals == NULL || checks->scope == SCOPE_SAMPLE)
        return pull->originals != NULL;
    bool ok = pipeline_map(pull->nunits, pull->env.nworkers, &pull->job->stop, JOB_FAILED, pull,
                           read_table, err);
    pull->masks.masking.originals = NULL; /* none is counted twice */
    return ok;
}

void
proof_end(struct pull *pull)
{
    leak_free(pull->leak);
    originals_free(pull->originals);
    pull->leak = NULL;
    pull->originals = NULL;
}

/* ---- the search */

/* A column that some rows keep is searched as if all did. */
static const struct mask *
mask_of(const struct pull *pull, const struct table *table, const struct column *column)
{
    const struct masked_table *masked = masking_find(&pull->masks.masking, table);
    int number = masked != NULL ? table_column(masked->table, column->name) : -1;
    const struct column_mask *how = number >= 0 ? masking_column(masked, number) : NULL;
    for (int i = 0; how != NULL && i < how->nmasks; i++)
        if (how->masks[i]->how->apply == NULL && how->masks[i]->how->need == NEED_VALUE)
            return NULL;
    return how != NULL ? how->masks[how->nmasks - 1] : NULL;
}

/* Pairs of numbers in parentheses look like telephone numbers. */
static bool
is_geometric(const struct type *type)
{
    static const char *const names[] = {
        "point", "line", "lseg", "box", "path", "polygon", "circle"
    };
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(type->schema, "pg_catalog") == 0 && strcmp(type->name, names[i]) == 0)
            return true;
    return false;
}

/* Numbers that are kept, and count no rows. */
static bool
is_number(const struct pull *pull, const struct table *table, const struct column *column)
{
    int number = (int)(column - table->columns);
    bool is_key = column->has_sequence || column->type->kind != TYPE_SCALAR ||
                  column->type->scalar == SCALAR_INT2 || column->type->scalar == SCALAR_MONEY;
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_primary && k < table->indexes[i].nkeys; k++)
            is_key |= table->indexes[i].keys[k].column == number;
    for (int i = 0; i < pull->plan.nkeys && !is_key; i++)
        for (int k = 0;
             pull->plan.keys[i].child == table->root && k < pull->plan.keys[i].key->ncolumns; k++)
            is_key |= strcmp(table->root->columns[pull->plan.keys[i].child_columns[k]].name,
                             column->name) == 0;
    return !is_key && mask_of(pull, table, column) == NULL;
}

/* Lists and ranges of numbers that are long enough to be somebody's. */
static bool
has_long_numbers(const struct type *type)
{
    bool is_made_of_others =
        type->kind == TYPE_ARRAY || type->kind == TYPE_RANGE || type->kind == TYPE_MULTIRANGE;
    while (type->element != NULL)
        type = type->element;
    return is_made_of_others && type->kind == TYPE_SCALAR && type->scalar == SCALAR_INT8;
}

/* A uuid is nobody's word, but one that was masked must not be there. */
static bool
is_searched(const struct pull *pull, const struct table *table, const struct column *column)
{
    unsigned kind = mask_kind_of(column->type);
    if (kind == KIND_UUID)
        return mask_of(pull, table, column) != NULL;
    if (kind == KIND_BYTES || has_long_numbers(column->type))
        return mask_of(pull, table, column) == NULL;
    if (kind == KIND_INTEGER)
        return is_number(pull, table, column);
    return masking_safe_type(&pull->rules->columns, column->type) == NULL &&
           !is_geometric(column->type) &&
           (kind & (KIND_TEXT | KIND_JSON | KIND_NETWORK | KIND_OTHER)) != 0;
}

static void
add_column(struct pull *pull, const struct table *table, int number, bool is_key)
{
    const struct column *column = &table->columns[number];
    const struct mask *mask = mask_of(pull, table, column);
    pull->searched[pull->nsearched++] = (struct manifest_searched){
        .name = arena_printf(&pull->search_arena, "%s.%s.%s", table->root->schema,
                             table->root->name, column->name),
        .schema = table->schema,
        .copy_table = pull->ops->name_of(pull->sink, table, -1),
        .copy_column = pull->ops->name_of(pull->sink, table, number),
        .mask = mask != NULL ? mask->how->name : "",
        .is_json = mask_kind_of(column->type) == KIND_JSON,
        .is_whole = mask_kind_of(column->type) == KIND_UUID,
        .is_bytes = mask_kind_of(column->type) == KIND_BYTES,
        .is_number =
            (mask_kind_of(column->type) == KIND_INTEGER || has_long_numbers(column->type)) &&
            !is_key,
        .is_scrubbed = mask != NULL && mask->may_stay && (mask->how->is & IS_PROSE) != 0,
        .is_key = is_key,
        .bits = mask != NULL && mask->how->bits != NULL ? mask->how->bits(mask) : 0,
    };
}

/* May it be shown, to tell a row? Fakes may, and numbers that count rows. */
static bool
tells_nobody(const struct pull *pull, const struct table *table, const struct column *column)
{
    return (mask_kind_of(column->type) & (KIND_INTEGER | KIND_UUID)) != 0 ||
           mask_of(pull, table, column) != NULL;
}

/* Tables with columns that may hold words, and their keys. */
static void
list_columns(struct pull *pull)
{
    int most = 0;
    for (int i = 0; i < pull->nunits; i++)
        most += pull->units[i]->ncolumns + MOST_KEY_COLUMNS;
    pull->searched = ARENA_ARRAY(&pull->search_arena, struct manifest_searched, most + 1);
    pull->nsearched = 0;
    for (int i = 0; i < pull->nunits; i++) {
        const struct table *table = pull->units[i];
        const struct index *key = catalog_primary_key(table);
        int before = pull->nsearched;
        if (pull->ops->name_of(pull->sink, table, -1) == NULL)
            continue;
        for (int c = 0; c < table->ncolumns; c++)
            if (is_searched(pull, table, &table->columns[c]))
                add_column(pull, table, c, false);
        for (int k = 0;
             pull->nsearched > before && key != NULL && k < key->nkeys && k < MOST_KEY_COLUMNS; k++)
            if (tells_nobody(pull, table, &table->columns[key->keys[k].column]))
                add_column(pull, table, key->keys[k].column, true);
    }
}

bool
proof_search(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    struct scan_source source;
    leak_free(pull->leak);
    pull->leak = leak_new(&pull->rules->checks, pull->originals, &pull->search_arena);
    if (!pull_read_copy(pull, &source, err))
        return false;
    list_columns(pull);
    bool ok = search_copy(&source, pull->searched, pull->nsearched, pull->leak, &pull->search_arena,
                          &pull->pulse.rows, err);
    scan_end(&source);
    return ok;
}

/* What the manifest has of names and rules, by its tables. Its values are those of cells. */
enum part { PART_COLUMNS, PART_TABLES, PART_NOTES, PART_MEASURES };

/* Names as the manifest joins them. What only joining makes of them is nobody's: "public.@at.email"
 * is no address. */
struct names {
    struct pull *pull;
    struct map tables; /* "schema.table" -> struct table */
    struct arena arena;
};

static void
look_at_text(const struct names *names, enum part part, const char *text)
{
    static const struct leak_column parts[] = {
        [PART_COLUMNS] = { .object = "manifest.columns", .is_schema = true },
        [PART_TABLES] = { .object = "manifest.tables", .is_schema = true },
        [PART_NOTES] = { .object = "manifest.not_carried", .is_schema = true },
        [PART_MEASURES] = { .object = "manifest.measures", .is_schema = true },
    };
    leak_look(names->pull->leak, &parts[part], text, strlen(text), NULL);
}

static void
look_at(struct names *names, enum part part, const char *text)
{
    for (size_t n = strlen(text); n > 0; n--) {
        if (text[n] != '.' && text[n] != '\0')
            continue;
        const char *joined = arena_strndup(&names->arena, text, n);
        const struct table *table = map_get_name(&names->tables, joined);
        if (table == NULL)
            continue;
        look_at_text(names, part, table->schema);
        look_at_text(names, part, table->name);
        look_at_text(names, part, text[n] == '.' ? text + n + 1 : "");
        return;
    }
    look_at_text(names, part, text);
}

static void
list_tables(struct names *names)
{
    const struct plan *plan = &names->pull->plan;
    for (int i = 0; i < plan->ntables; i++)
        map_put_name(
            &names->tables,
            arena_printf(&names->arena, "%s.%s", plan->tables[i]->schema, plan->tables[i]->name),
            (void *)plan->tables[i]);
}

bool
proof_of_manifest(struct pull *pull, const struct manifest *manifest, struct decant_error *err)
{
    struct names names = { .pull = pull };
    if (pull->leak == NULL)
        return true;
    list_tables(&names);
    for (int i = 0; i < manifest->ncolumns; i++) {
        look_at(&names, PART_COLUMNS, manifest->columns[i].name);
        look_at_text(&names, PART_COLUMNS, manifest->columns[i].type);
    }
    for (int i = 0; i < manifest->ntables; i++)
        look_at(&names, PART_TABLES, manifest->tables[i].name);
    for (size_t i = 0; i < manifest->notes->count; i++)
        look_at(&names, PART_NOTES, manifest->notes->items[i].object);
    for (int i = 0; i < manifest->nmeasures; i++)
        look_at(&names, PART_MEASURES, manifest->measures[i].name);
    map_deinit(&names.tables);
    arena_deinit(&names.arena);
    return proof_judge(pull, err);
}

bool
proof_fits(const struct pull *pull, struct decant_error *err)
{
    if (pull->originals == NULL || !originals_overflow(pull->originals))
        return true;
    error_set(err, DECANT_CHECK, "E511 the fingerprints of masked values need more than %lld MiB",
              (long long)(pull->rules->checks.leak_memory >> 20));
    return error_hint(err, "raise 'memory' under 'checks: leak:'");
}

bool
proof_judge(struct pull *pull, struct decant_error *err)
{
    if (pull->leak == NULL)
        return true;
    if (!proof_fits(pull, err))
        return false;
    pull->nfindings = leak_findings(pull->leak, &pull->findings);
    return search_judge(pull->job, pull->findings, pull->nfindings, err);
}
