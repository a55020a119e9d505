/* SPDX-License-Identifier: PostgreSQL */
/* Rows that somebody asked for by their keys, in place of a sample: with all that they own and
 * need. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "job/pull.h"
#include "pg/quote.h"

enum { MOST_COMPARED = 5000 }; /* rows: of more none is told to be named twice */

/* "schema.table:key", or "table:key" where one table only has the name. NULL with an error. */
static const struct table *
find_table(const struct catalog *catalog, const char *row, size_t len, struct decant_error *err)
{
    const struct table *found = NULL;
    for (int i = 0; i < catalog->ntables; i++) {
        const struct table *table = &catalog->tables[i];
        size_t schema = strlen(table->schema), name = strlen(table->name);
        bool is_bare = len == name && strncmp(row, table->name, len) == 0;
        bool is_whole = len == schema + 1 + name && row[schema] == '.' &&
                        strncmp(row, table->schema, schema) == 0 &&
                        strncmp(row + schema + 1, table->name, name) == 0;
        if (table->root != table || (!is_bare && !is_whole))
            continue;
        if (found != NULL && is_bare) {
            error_set(err, DECANT_USAGE, "--row %.*s: more than one table is called so", (int)len,
                      row);
            error_hint(err, "name its schema: SCHEMA.TABLE:KEY");
            return NULL;
        }
        found = table;
    }
    if (found != NULL)
        return found;
    error_set(err, DECANT_USAGE, "--row %.*s: there is no such table among those selected",
              (int)len, row);
    error_hint(err, "schema.table:key; of a partition, name its root");
    return NULL;
}

/* Of a key of one column all of the text is its value; of others it is split at its commas. */
static bool
put_condition(const struct table *table, const char *key, struct buf *out, struct decant_error *err)
{
    const struct index *primary = catalog_primary_key(table);
    const int n = primary != NULL ? primary->nkeys : 0;
    if (n == 0)
        return error_set(err, DECANT_USAGE, "--row: '%s.%s' has no primary key", table->schema,
                         table->name);
    for (int i = 0; i < n; i++) {
        const char *comma = strchr(key, ',');
        if ((i < n - 1) != (comma != NULL) && n > 1)
            return error_set(err, DECANT_USAGE, "--row: the key of '%s.%s' has %d columns",
                             table->schema, table->name, n);
        size_t len = n > 1 && comma != NULL ? (size_t)(comma - key) : strlen(key);
        struct buf value = { 0 };
        buf_add(&value, key, len);
        buf_puts(out, i > 0 ? " AND " : "(");
        quote_ident(out, table->columns[primary->keys[i].column].name);
        buf_puts(out, " OPERATOR(pg_catalog.=) ");
        quote_literal(out, buf_str(&value));
        buf_deinit(&value);
        key += len + (n > 1 && comma != NULL);
    }
    buf_putc(out, ')');
    return true;
}

/* A table of which rows are asked for, and the condition over all of them. */
struct asked_table {
    const struct table *table;
    struct buf condition;
};

static bool
add_row(const struct pull *pull, const char *row, struct asked_table *tables, int *n,
        struct decant_error *err)
{
    const char *colon = strchr(row, ':');
    int at = 0;
    if (colon == NULL || colon[1] == '\0') {
        error_set(err, DECANT_USAGE, "--row is TABLE:KEY");
        return error_hint(err, "decant pull --row public.orders:17");
    }
    const struct table *table = find_table(pull->source.catalog, row, (size_t)(colon - row), err);
    while (table != NULL && at < *n && tables[at].table != table)
        at++;
    if (table == NULL)
        return false;
    *n += at == *n;
    tables[at].table = table;
    buf_puts(&tables[at].condition, tables[at].condition.len > 0 ? " OR " : "");
    return put_condition(table, colon + 1, &tables[at].condition, err);
}

/* What it makes lives as long as the sample does: a target is prepared beside this, with the arena
 * of the pull. */
bool
asked_choose(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const struct decant_words *rows = &pull->job->options->asked;
    struct arena *arena = &pull->choice.sample_arena;
    struct buf name = { 0 };
    int n = 0;
    bool ok = true;
    if (rows->count == 0)
        return true;
    struct asked_table *tables = mem_alloc((size_t)rows->count * sizeof *tables);
    for (int i = 0; ok && i < rows->count; i++)
        ok = add_row(pull, rows->items[i], tables, &n, err);
    struct rules_table *also = ARENA_ARRAY(arena, struct rules_table, n + 1);
    for (int i = 0; i < n; i++) {
        buf_reset(&name);
        quote_qualified(&name, tables[i].table->schema, tables[i].table->name);
        also[i] =
            (struct rules_table){ .name = arena_strdup(arena, buf_str(&name)),
                                  .where = arena_strdup(arena, buf_str(&tables[i].condition)) };
        buf_deinit(&tables[i].condition);
    }
    free(tables);
    buf_deinit(&name);
    return ok && rules_set_asked(pull->choice.rules, also, n, err);
}

static bool
is_of(const struct pull *pull, const char *row, const struct table *table)
{
    struct decant_error ignored = { 0 };
    size_t len = (size_t)(strchr(row, ':') - row);
    return find_table(pull->source.catalog, row, len, &ignored) == table;
}

/* One that is named twice counts once. */
static int64_t
count_asked(const struct pull *pull, const struct table *table)
{
    const struct decant_words *rows = &pull->job->options->asked;
    int64_t n = 0;
    for (int i = 0; i < rows->count; i++) {
        const char *key = strchr(rows->items[i], ':');
        bool is_new = is_of(pull, rows->items[i], table);
        for (int j = 0; is_new && j < i && rows->count < MOST_COMPARED; j++)
            is_new = strcmp(strchr(rows->items[j], ':'), key) != 0 ||
                     !is_of(pull, rows->items[j], table);
        n += is_new;
    }
    return n;
}

bool
asked_check(const struct pull *pull, struct decant_error *err)
{
    const struct sampling *sampling = &pull->choice.sampling;
    for (int i = 0; pull->job->options->asked.count > 0 && i < sampling->ntables; i++) {
        const struct table *table = sampling->tables[i].table;
        if (sampling->tables[i].also == NULL || select_has_all(pull->choice.chosen, table))
            continue;
        int64_t there = select_count(pull->choice.chosen, table, ORIGIN_ASKED);
        int64_t wanted = count_asked(pull, table);
        if (there == 0 || there < wanted)
            return error_set(err, DECANT_REFUSED, "--row: '%s.%s' has %lld of the %lld rows",
                             table->schema, table->name, (long long)there, (long long)wanted);
    }
    return true;
}
