/* SPDX-License-Identifier: PostgreSQL */
/* What a copy must prove before it is published: that nothing is in it that was to be removed. */
#include <stdio.h>
#include <string.h>

#include "check/leak.h"
#include "check/scan.h"
#include "job/pull.h"

enum { MOST_KEY_COLUMNS = 3 };

bool
proof_begin(struct pull *pull, struct decant_error *err)
{
    if (!pull->masks.is_on)
        return true;
    const struct rules_checks *checks = &pull->rules->checks;
    pull->originals = originals_new(checks->leak_memory, checks->least_length, err);
    pull->masks.masking.originals = pull->originals;
    return pull->originals != NULL;
}

void
proof_end(struct pull *pull)
{
    leak_free(pull->leak);
    originals_free(pull->originals);
    pull->leak = NULL;
    pull->originals = NULL;
}

/* ---- what is looked at */

/* A table of the copy with the columns that may hold words, and its key. */
struct searched {
    struct leak_column *columns;
    const char **names; /* those of the key come last */
    int n, nkeys;
    const struct cell *cells; /* of the row at hand */
};

static bool
holds_words(const struct type *type)
{
    return (mask_kind_of(type) & (KIND_TEXT | KIND_JSON | KIND_NETWORK | KIND_OTHER)) != 0 &&
           !(type->kind == TYPE_SCALAR && type->scalar == SCALAR_BYTEA);
}

static void
describe(struct pull *pull, const struct table *table, const struct column *column,
         struct leak_column *out)
{
    const struct masked_table *masked = masking_find(&pull->masks.masking, table);
    int number = masked != NULL ? table_column(masked->table, column->name) : -1;
    const struct column_mask *how = number >= 0 ? masking_column(masked, number) : NULL;
    *out = (struct leak_column){
        .object = arena_printf(&pull->arena, "%s.%s.%s", table->root->schema, table->root->name,
                               column->name),
        .is_json = mask_kind_of(column->type) == KIND_JSON,
    };
    if (how == NULL)
        return;
    const struct mask *mask = how->masks[how->nmasks - 1];
    for (int i = 0; i < how->nmasks; i++) /* rows that are kept: as if all were */
        if (how->masks[i]->how->apply == NULL && how->masks[i]->how->need == NEED_VALUE)
            return;
    out->how = mask->how;
    out->is_scrubbed = mask->may_stay && strcmp(mask->how->name, "text") == 0;
    out->bits = mask->how->bits != NULL ? mask->how->bits(mask) : 0;
}

static void
list_columns(struct pull *pull, const struct table *table, struct searched *out)
{
    struct arena *arena = &pull->arena;
    const struct index *key = catalog_primary_key(table);
    out->columns = ARENA_ARRAY(arena, struct leak_column, table->ncolumns + 1);
    out->names = ARENA_ARRAY(arena, const char *, table->ncolumns + MOST_KEY_COLUMNS + 1);
    for (int i = 0; i < table->ncolumns; i++)
        if (holds_words(table->columns[i].type)) {
            describe(pull, table, &table->columns[i], &out->columns[out->n]);
            out->names[out->n++] = pull->ops->name_of(pull->sink, table, i);
        }
    for (int i = 0; key != NULL && i < key->nkeys && i < MOST_KEY_COLUMNS; i++)
        if (key->keys[i].column >= 0)
            out->names[out->n + out->nkeys++] =
                pull->ops->name_of(pull->sink, table, key->keys[i].column);
}

/* As in the copy: masked where the key is. */
static void
put_key(void *ctx, char *out, size_t size)
{
    const struct searched *table = ctx;
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < table->nkeys && at < size; i++) {
        const struct cell *cell = &table->cells[table->n + i];
        const char *comma = i > 0 ? "," : "";
        int n = cell->kind == CELL_INTEGER
                    ? snprintf(out + at, size - at, "%s%lld", comma, (long long)cell->integer)
                : cell->kind == CELL_TEXT ? snprintf(out + at, size - at, "%s%.*s", comma,
                                                     (int)cell->len, (const char *)cell->data)
                                          : snprintf(out + at, size - at, "%s?", comma);
        at += n > 0 ? (size_t)n : 0;
    }
}

static bool
search_table(struct pull *pull, const struct scan_source *source, const struct table *table,
             struct decant_error *err)
{
    struct searched searched = { 0 };
    const struct leak_row row = { &searched, put_key };
    const char *name = pull->ops->name_of(pull->sink, table, -1);
    struct scan *scan = NULL;
    int more;
    if (name == NULL)
        return true;
    list_columns(pull, table, &searched);
    if (searched.n == 0)
        return true;
    const struct scan_table what = { table->schema, name, searched.n + searched.nkeys,
                                     searched.names };
    more = scan_open(source, &what, &scan, err) ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &searched.cells, err)) > 0)
        for (int i = 0; i < searched.n; i++)
            if (searched.cells[i].kind == CELL_TEXT)
                leak_look(pull->leak, &searched.columns[i], searched.cells[i].data,
                          searched.cells[i].len, &row);
    scan_close(scan);
    return more == 0 || error_context(err, "table '%s.%s'", table->schema, table->name);
}

static void
take_schema(void *ctx, const char *object, const char *text)
{
    struct pull *pull = ctx;
    if (object == NULL || text == NULL)
        return;
    struct leak_column *column = ARENA_NEW(&pull->arena, struct leak_column);
    column->object = arena_strdup(&pull->arena, object);
    column->is_schema = true;
    leak_look(pull->leak, column, text, strlen(text), NULL);
}

bool
proof_search(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    struct scan_source source = { .path = pull->ops->file(pull->sink), .stop = &pull->job->stop };
    leak_free(pull->leak);
    pull->leak = leak_new(&pull->rules->checks, pull->originals, &pull->arena);
    if (source.path == NULL) {
        source.conn = pull->ops->connect(pull->sink, err);
        if (source.conn == NULL)
            return false;
    }
    bool ok = scan_schema(&source, take_schema, pull, err);
    for (int i = 0; ok && i < pull->nunits; i++)
        ok = search_table(pull, &source, pull->units[i], err);
    pg_close(source.conn);
    return ok || error_context(err, "leak check");
}

/* ---- what it means */

static bool
report_findings(struct pull *pull, int *nopen)
{
    *nopen = 0;
    for (int i = 0; i < pull->nfindings; i++) {
        const struct leak_finding *found = &pull->findings[i];
        if (found->allowed != NULL)
            continue;
        ++*nopen;
        char detail[200];
        snprintf(detail, sizeof detail, "%lld in %lld cells%s%s", (long long)found->count,
                 (long long)found->cells, found->keys[0] != '\0' ? "; rows " : "", found->keys);
        job_emit(pull->job, DECANT_PHASE_FINDING,
                 (struct decant_event){ .object = found->object,
                                        .kind = found->kind,
                                        .detail = detail,
                                        .count = found->count });
    }
    return *nopen == 0;
}

bool
proof_judge(struct pull *pull, struct decant_error *err)
{
    int nopen;
    if (pull->leak == NULL)
        return true;
    if (originals_overflow(pull->originals)) {
        error_set(err, DECANT_CHECK,
                  "E511 the fingerprints of masked values need more than %lld MiB",
                  (long long)(pull->rules->checks.leak_memory >> 20));
        return error_hint(err, "raise 'memory' under 'checks: leak:'; nothing was published");
    }
    pull->nfindings = leak_findings(pull->leak, &pull->findings);
    if (report_findings(pull, &nopen))
        return true;
    const struct leak_finding *first = pull->findings;
    while (first->allowed != NULL)
        first++;
    error_set(err, DECANT_LEAK, "E510 the copy holds what the rules were to remove: '%s' [%s]%s",
              first->object, first->kind, nopen > 1 ? ", and more" : "");
    return error_hint(err,
                      "nothing was published; mask it, or accept it with a reason: checks: {leak: "
                      "{allow: [{column: %s, pattern: %s, why: ...}]}}",
                      first->object, first->kind);
}
