/* SPDX-License-Identifier: PostgreSQL */
/* Rows that somebody asked for by their keys, in place of a sample: with all that they own and
 * need. */
#include <assert.h>
#include <string.h>

#include "job/pull.h"
#include "pg/quote.h"

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

/* One condition for each table, over all of its rows that were asked for. */
static bool
add_row(struct pull *pull, const char *row, struct rules_table *also, int *n,
        struct decant_error *err)
{
    const char *colon = strchr(row, ':');
    struct arena *arena = &pull->arena;
    struct buf name = { 0 }, condition = { 0 };
    int at = 0;
    if (colon == NULL || colon[1] == '\0') {
        error_set(err, DECANT_USAGE, "--row is TABLE:KEY");
        return error_hint(err, "decant pull --row public.orders:17");
    }
    const struct table *table = find_table(pull->source.catalog, row, (size_t)(colon - row), err);
    if (table == NULL || !put_condition(table, colon + 1, &condition, err)) {
        buf_deinit(&condition);
        return false;
    }
    quote_qualified(&name, table->schema, table->name);
    while (at < *n && strcmp(also[at].name, buf_str(&name)) != 0)
        at++;
    if (at == *n)
        also[(*n)++] = (struct rules_table){ .name = arena_strdup(arena, buf_str(&name)) };
    also[at].where = also[at].where == NULL
                         ? arena_strdup(arena, buf_str(&condition))
                         : arena_printf(arena, "%s OR %s", also[at].where, buf_str(&condition));
    buf_deinit(&name);
    buf_deinit(&condition);
    return true;
}

bool
asked_choose(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const struct decant_words *rows = &pull->job->options->asked;
    struct rules_table *also = ARENA_ARRAY(&pull->arena, struct rules_table, rows->count + 1);
    int n = 0;
    if (rows->count == 0)
        return true;
    for (int i = 0; i < rows->count; i++)
        if (!add_row(pull, rows->items[i], also, &n, err))
            return false;
    return rules_set_asked(pull->choice.rules, also, n, err);
}

bool
asked_check(const struct pull *pull, struct decant_error *err)
{
    const struct sampling *sampling = &pull->choice.sampling;
    const struct decant_words *rows = &pull->job->options->asked;
    for (int i = 0; rows->count > 0 && i < sampling->ntables; i++) {
        const struct table *table = sampling->tables[i].table;
        if (sampling->tables[i].also == NULL || select_has_all(pull->choice.chosen, table))
            continue;
        int64_t there = select_count(pull->choice.chosen, table, ORIGIN_ASKED), wanted = 0;
        for (int r = 0; r < rows->count; r++) {
            const char *colon = strchr(rows->items[r], ':');
            struct decant_error ignored = { 0 };
            wanted += find_table(pull->source.catalog, rows->items[r],
                                 (size_t)(colon - rows->items[r]), &ignored) == table;
        }
        if (there == 0 || there < wanted)
            return error_set(err, DECANT_REFUSED, "--row: '%s.%s' has %lld of the %lld rows",
                             table->schema, table->name, (long long)there, (long long)wanted);
    }
    return true;
}
