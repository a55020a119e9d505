/* SPDX-License-Identifier: PostgreSQL */
/* From decisions to masks at work: domains first, which all their columns share, then table by
 * table. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/condition.h"
#include "key/prf.h"
#include "mask/entity.h"
#include "mask/follow.h"
#include "mask/masking.h"
#include "mask/unique.h"
#include "pg/quote.h"
#include "row/type.h"

struct builder {
    struct masking *masking;
    const struct sampling *owners;
    struct decant_error *err;
    struct masked_table *table; /* at hand */
    const char **extras;        /* on the heap */
    size_t nextras;
};

/* Where case counts, and where not, is a matter of the columns that a key joins. */
static void
find_cases(struct masking *m)
{
    for (int t = 0; t < m->ntables; t++)
        for (int c = 0; c < m->tables[t].table->ncolumns; c++) {
            const struct decision *decision = &m->tables[t].decisions[c];
            struct decision *first =
                &m->tables[decision->class_table].decisions[decision->class_column];
            bool lower, unique = unique_is_needed(m, t, c, &lower);
            first->folds |= lower;
            first->tells_case |= unique && !lower;
        }
}

/* A fold spreads to all columns of the transformer's own domain, so that they agree, but for those
 * that must not be folded. */
static bool
is_exact(const struct masking *m, const struct decision *decision)
{
    const struct decision *first =
        &m->tables[decision->class_table].decisions[decision->class_column];
    return first->tells_case && !first->folds;
}

static bool
join_domains(struct builder *b)
{
    struct masking *m = b->masking;
    find_cases(m);
    for (int t = 0; t < m->ntables; t++)
        for (int c = 0; c < m->tables[t].table->ncolumns; c++) {
            const struct column *column = &m->tables[t].table->columns[c];
            const struct decision *decision = &m->tables[t].decisions[c];
            if (decision->verdict != VERDICT_MASKED)
                continue;
            bool lower, unique = unique_is_needed(m, t, c, &lower);
            m->maker.is_exact = is_exact(m, decision);
            for (const struct rules_mask *rule = decision->rule; rule != NULL; rule = rule->next)
                if (!mask_domain_join(&m->maker, rule, mask_room(column), unique, lower))
                    return false;
        }
    mask_domains_settle(&m->maker);
    return true;
}

static int
add_extra(void *ctx, const char *sql)
{
    struct builder *b = ctx;
    for (size_t i = 0; i < b->nextras; i++)
        if (strcmp(b->extras[i], sql) == 0)
            return (int)i;
    b->extras = mem_grow(b->extras, b->nextras, sizeof *b->extras);
    b->extras[b->nextras] = arena_strdup(b->masking->arena, sql);
    return (int)b->nextras++;
}

/* A condition may use bare names of columns, or the table's: where other tables are joined, it sees
 * a row of its own table only. */
static int
add_condition(struct builder *b, const char *when)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "(SELECT (");
    condition_put(b->table->table, when, &sql);
    buf_puts(&sql, "\n) IS TRUE FROM (SELECT decant_row.*) AS ");
    quote_ident(&sql, b->table->table->name);
    buf_putc(&sql, ')');
    int number = add_extra(b, buf_str(&sql));
    buf_deinit(&sql);
    return number;
}

/* Arrays keep their dimensions: what looks at no value must still see those. */
static enum mask_need
need_of(const struct column_mask *out)
{
    enum mask_need need = NEED_NOTHING;
    for (int i = 0; i < out->nmasks; i++) {
        const struct mask *mask = out->masks[i];
        enum mask_need own = mask->how->need;
        if (mask->seed == SEED_VALUE && own != NEED_NOTHING)
            own = NEED_VALUE;
        if (out->is_array && own != NEED_NOTHING && !out->server_empties)
            own = NEED_VALUE;
        need = own > need ? own : need;
    }
    return need;
}

static bool
check_rule(struct builder *b, const struct decision *decision, const struct column *column)
{
    const struct rules_mask *rule = decision->rule;
    bool is_alone = decision->class_size <= 1, looks_aside = strcmp(rule->use, "derive") == 0;
    const struct yaml_node *items =
        rule->node != NULL && rule->node->kind == YAML_MAP ? rule->node->items : NULL;
    for (const struct yaml_node *item = items; item != NULL; item = item->next)
        looks_aside |= strcmp(item->key, "gender_from") == 0;
    if (is_alone || (rule->next == NULL && !looks_aside))
        return true;
    place_error(&rule->place, b->err,
                "E221 '%s' is joined to other tables by a foreign key: its mask cannot depend on "
                "other columns",
                column->name);
    return error_hint(b->err, "one transformer without conditions keeps the key");
}

/* Kept for every row instead of for some, originals would be in the copy. */
static bool
check_condition(struct builder *b, const struct rules_mask *rule)
{
    const struct table *table = b->table->table;
    const char *name = rule->when != NULL ? condition_captured(table, rule->when) : NULL;
    if (rule->when != NULL && condition_is_unclear(table, rule->when)) {
        place_error(&rule->place, b->err,
                    "E120 '%s.%s' in this 'when' may be the row or another table", table->schema,
                    table->name);
        return error_hint(b->err, "give the other one an alias, and say '%s.COLUMN' of the row",
                          table->name);
    }
    if (name == NULL)
        return true;
    place_error(&rule->place, b->err,
                "E120 '%s' in a sub-select of this 'when' may be another table's", name);
    return error_hint(b->err, "say whose it is: '%s.%s', or the name of the other table",
                      table->name, name);
}

/* By a sequence of its own, or of the column that keys lead to. */
static bool
counts_rows(const struct builder *b, const struct decision *decision, const struct column *column)
{
    const struct table *first = b->masking->tables[decision->class_table].table;
    return column->has_sequence || first->columns[decision->class_column].has_sequence ||
           b->masking->rules->columns.defaults.keys == KEYS_PERMUTE;
}

static bool
build_column(struct builder *b, int number, int *siblings, struct column_mask *out)
{
    assert(b != NULL);
    struct mask_maker *maker = &b->masking->maker;
    const struct table *table = b->table->table;
    const struct column *column = &table->columns[number];
    const struct decision *decision = &b->table->decisions[number];
    int n = 0;
    for (const struct rules_mask *rule = decision->rule; rule != NULL; rule = rule->next)
        n++;
    *out = (struct column_mask){ .column = number,
                                 .rule = decision->rule,
                                 .kind = mask_kind_of(column->type),
                                 .is_array = column->type->kind == TYPE_ARRAY,
                                 .masks = ARENA_ARRAY(b->masking->arena, struct mask *, n),
                                 .conditions = ARENA_ARRAY(b->masking->arena, int, n),
                                 .told = ARENA_NEW(b->masking->arena, struct mask_told) };
    uint64_t salt[2];
    static const uint8_t no_key[PRF_KEY];
    prf_128(no_key, column->name, strlen(column->name), salt);
    out->salt = salt[0];
    maker->table = table;
    maker->column = column;
    maker->kind = out->kind;
    maker->siblings = siblings;
    maker->is_exact = is_exact(b->masking, decision);
    maker->is_masked = b->masking->masked[b->table - b->masking->tables];
    if (!check_rule(b, decision, column))
        return false;
    for (const struct rules_mask *rule = decision->rule; rule != NULL; rule = rule->next) {
        struct mask *mask = check_condition(b, rule) ? mask_make(maker, rule) : NULL;
        if (mask == NULL)
            return error_context(b->err, "column '%s.%s.%s'", table->schema, table->name,
                                 column->name);
        mask->room = mask_room(column);
        mask->is_counter = out->kind == KIND_INTEGER && counts_rows(b, decision, column);
        out->conditions[out->nmasks] = rule->when != NULL ? add_condition(b, rule->when) : -1;
        out->masks[out->nmasks++] = mask;
    }
    const struct transformer *first = out->masks[0]->how;
    bool empties = (first->is & IS_EMPTY) != 0 && first->may_be_null == NULL;
    out->server_empties = n == 1 && empties &&
                          (out->kind == KIND_OTHER || out->is_array ||
                           ((first->is & IS_ANEW) != 0 && out->kind != KIND_TEXT));
    out->need = need_of(out);
    if (out->need == NEED_NOTHING && !out->server_empties)
        b->table->fates[out->column] = FATE_LOST;
    return true;
}

static bool
needs_seed(const struct masked_table *table, enum mask_seed seed)
{
    for (int i = 0; i < table->nmasks; i++)
        for (int j = 0; j < table->masks[i].nmasks; j++)
            if (table->masks[i].masks[j]->seed == seed ||
                /* leaves of JSON may be names, too */
                (seed != SEED_VALUE && (table->masks[i].masks[j]->how->is & IS_DOCUMENT) != 0))
                return true;
    return false;
}

/* A whole number that travels anyway need not be sent twice. */
static void
add_entity(struct builder *b, enum entity_kind kind, struct buf *joins, int *njoins,
           struct entity_key *out)
{
    struct buf sql = { 0 };
    int table = (int)(b->table - b->masking->tables);
    entity_sql(b->masking, b->owners, b->table->table, kind, joins, njoins, &sql, &out->label,
               &out->column);
    out->is_needed = true;
    out->extra = -1;
    if (out->column >= 0 && (b->masking->masked[table][out->column] ||
                             b->table->table->columns[out->column].is_generated))
        out->column = -1;
    if (out->column < 0)
        out->extra = add_extra(b, buf_str(&sql));
    buf_deinit(&sql);
}

static void
add_entities(struct builder *b)
{
    struct masked_table *table = b->table;
    struct buf joins = { 0 };
    int njoins = 0;
    bool person = needs_seed(table, SEED_PERSON), entity = needs_seed(table, SEED_ENTITY);
    if (person)
        add_entity(b, ENTITY_PERSON, &joins, &njoins, &table->person);
    if (entity)
        add_entity(b, ENTITY_ROOT, &joins, &njoins, &table->entity);
    table->seeds_rows = needs_seed(table, SEED_ROW);
    if (person || entity || table->seeds_rows)
        add_entity(b, ENTITY_ROW, &joins, &njoins, &table->row);
    table->joins = arena_strdup(b->masking->arena, buf_str(&joins));
    buf_deinit(&joins);
}

/* A derived column comes behind those that it is made of. uses[i]: the columns of masks[i]. */
static bool
sort_masks(struct builder *b, int **uses)
{
    struct masked_table *table = b->table;
    for (int done = 0; done < table->nmasks; done++) {
        int next = -1;
        for (int i = done; next < 0 && i < table->nmasks; i++) {
            bool waits = false;
            for (int j = done; j < table->nmasks; j++)
                waits |= j != i && uses[i][table->masks[j].column];
            next = waits ? -1 : i;
        }
        if (next < 0)
            return place_error(&table->masks[done].rule->place, b->err,
                               "E117 derived columns of '%s.%s' go in a circle",
                               table->table->schema, table->table->name);
        struct column_mask mask = table->masks[next];
        int *use = uses[next];
        memmove(&table->masks[done + 1], &table->masks[done],
                (size_t)(next - done) * sizeof *table->masks);
        memmove(&uses[done + 1], &uses[done], (size_t)(next - done) * sizeof *uses);
        table->masks[done] = mask;
        uses[done] = use;
    }
    return true;
}

static bool
build_table(struct builder *b, struct masked_table *table)
{
    struct arena *arena = b->masking->arena;
    int ncolumns = table->table->ncolumns;
    int **uses = ARENA_ARRAY(arena, int *, ncolumns + 1);
    bool ok = true;
    b->table = table;
    b->nextras = 0;
    table->masks = ARENA_ARRAY(arena, struct column_mask, ncolumns + 1);
    for (int c = 0; ok && c < ncolumns; c++) {
        if (table->decisions[c].rule == NULL || table->decisions[c].verdict == VERDICT_KEPT)
            continue;
        uses[table->nmasks] = ARENA_ARRAY(arena, int, ncolumns + 1);
        ok = build_column(b, c, uses[table->nmasks], &table->masks[table->nmasks]);
        table->nmasks += ok;
    }
    ok = ok && sort_masks(b, uses);
    if (ok)
        add_entities(b);
    table->nextras = (int)b->nextras;
    table->extras = ARENA_ARRAY(arena, const char *, b->nextras + 1);
    if (b->nextras > 0)
        memcpy(table->extras, b->extras, b->nextras * sizeof *b->extras);
    free(b->extras);
    b->extras = NULL;
    return ok;
}

bool
masking_compile(struct masking *masking, const struct sampling *owners, struct key_ring *ring,
                struct decant_error *err)
{
    assert(ring != NULL && owners != NULL);
    struct builder b = { .masking = masking, .owners = owners, .err = err };
    struct mask_maker *maker = &masking->maker;
    const struct mask_maker given = *maker;
    mask_maker_init(maker, masking->arena, ring, masking->rules);
    maker->frequencies = given.frequencies;
    maker->shared = given.shared;
    maker->frequencies_ctx = given.frequencies_ctx;
    maker->err = err;
    maker->add_extra = add_extra;
    maker->extra_ctx = &b;
    masking->entity_key = key_ring_get(ring, "entity v1", "");
    bool ok = masking->entity_key != NULL && mask_maker_set_locales(maker, err) && join_domains(&b);
    for (int t = 0; ok && t < masking->ntables; t++)
        ok = build_table(&b, &masking->tables[t]);
    maker->add_extra = NULL;
    return ok && follow_check(masking, err);
}

void
masking_deinit(struct masking *masking)
{
    mask_maker_deinit(&masking->maker);
}
