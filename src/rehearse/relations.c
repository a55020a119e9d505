/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/relations.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char relations_sql[] =
    "SELECT c.oid, pg_catalog.concat(n.nspname, '.', c.relname), c.relkind,"
    " coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),"
    " (SELECT pg_catalog.concat(m.nspname, '.', t.relname) FROM pg_catalog.pg_index i"
    "  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
    "  JOIN pg_catalog.pg_namespace m ON m.oid = t.relnamespace WHERE i.indexrelid = c.oid),"
    " CASE WHEN $1 AND c.relkind IN ('r', 'm', 'i') THEN pg_catalog.pg_relation_size(c.oid) ELSE -1"
    " END,"
    " c.reltuples, CASE WHEN c.relispartition AND c.relkind IN ('r', 'p', 'f') THEN"
    "  (SELECT pg_catalog.concat(m.nspname, '.', t.relname) FROM pg_catalog.pg_class t"
    "   JOIN pg_catalog.pg_namespace m ON m.oid = t.relnamespace"
    "   WHERE t.oid = pg_catalog.pg_partition_root(c.oid)) END"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 'v', 'f', 'S')"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " AND n.nspname !~ '^pg_(toast_)?temp_'";

static int
by_name(const void *a, const void *b)
{
    const struct relation *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

bool
relations_load(struct pg_conn *conn, bool with_sizes, struct relations *relations,
               struct decant_error *err)
{
    assert(relations != NULL);
    const char *params[] = { with_sizes ? "t" : "f" };
    struct pg_result *rows = pg_query(conn, err, relations_sql, 1, params);
    if (rows == NULL)
        return false;
    relations_deinit(relations);
    relations->n = pg_nrows(rows);
    relations->list = ARENA_ARRAY(&relations->arena, struct relation *, relations->n + 1);
    for (int i = 0; i < relations->n; i++) {
        struct relation *relation = ARENA_NEW(&relations->arena, struct relation);
        *relation = (struct relation){
            .oid = (unsigned)pg_int(rows, i, 0),
            .name = arena_strdup(&relations->arena, pg_text(rows, i, 1)),
            .kind = pg_text(rows, i, 2)[0],
            .file = (unsigned)pg_int(rows, i, 3),
            .table = arena_strdup(&relations->arena, pg_text(rows, i, 4)),
            .bytes = pg_text(rows, i, 5) != NULL ? pg_int(rows, i, 5) : -1,
            .rows = pg_double(rows, i, 6),
            .root = arena_strdup(&relations->arena, pg_text(rows, i, 7)),
        };
        relations->list[i] = relation;
        map_put(&relations->by_oid, relation->oid, relation);
    }
    if (relations->n > 0)
        qsort(relations->list, (size_t)relations->n, sizeof(struct relation *), by_name);
    pg_result_free(rows);
    return true;
}

const struct relation *
relations_find(const struct relations *relations, unsigned oid)
{
    assert(relations != NULL);
    return map_get(&relations->by_oid, oid);
}

const struct relation *
relations_named(const struct relations *relations, const char *name)
{
    assert(relations != NULL && name != NULL);
    struct relation wanted = { .name = name };
    const struct relation *key = &wanted;
    if (relations->n == 0)
        return NULL;
    struct relation **found =
        bsearch(&key, relations->list, (size_t)relations->n, sizeof(struct relation *), by_name);
    return found != NULL ? *found : NULL;
}

void
relations_deinit(struct relations *relations)
{
    assert(relations != NULL);
    map_deinit(&relations->by_oid);
    arena_deinit(&relations->arena);
    *relations = (struct relations){ 0 };
}
