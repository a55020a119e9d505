/* SPDX-License-Identifier: PostgreSQL */
#include "volume/volume.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

/* ---- what the database has */

/* Tables first, then by table what belongs to it; a relation's size takes a lock, for a moment. */
static const char relations_sql[] =
    "SELECT c.oid, x.of, c.relkind, n.nspname, c.relname, pg_catalog.concat(n.nspname, '.',"
    " c.relname), pg_catalog.concat(tn.nspname, '.', t.relname),"
    " coalesce(pg_catalog.pg_relation_filenode(c.oid), 0), pg_catalog.pg_relation_filepath(c.oid),"
    " coalesce(pg_catalog.pg_relation_size(c.oid) /"
    " pg_catalog.current_setting('block_size')::int8, 0), c.reltuples, c.relallvisible,"
    " c.reloptions::text ~ '(autovacuum_enabled|vacuum_truncate)='"
    " FROM (SELECT oid AS of, oid AS rel, 0 AS part FROM pg_catalog.pg_class"
    "  WHERE relkind IN ('r', 'p', 'm') AND relpersistence <> 't'"
    "  UNION ALL SELECT indrelid, indexrelid, 1 FROM pg_catalog.pg_index"
    "  UNION ALL SELECT oid, reltoastrelid, 2 FROM pg_catalog.pg_class"
    "  WHERE relkind IN ('r', 'm') AND reltoastrelid <> 0) x"
    " JOIN pg_catalog.pg_class c ON c.oid = x.rel"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class t ON t.oid = x.of AND t.relkind IN ('r', 'p', 'm')"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " WHERE tn.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " AND tn.nspname !~ '^pg_temp_'"
    " ORDER BY x.part > 0, tn.nspname, t.relname, x.part, c.relname";

static void
take_relation(const struct pg_result *r, int row, struct arena *arena, struct volume_relation *out)
{
    char kind = pg_text(r, row, 2)[0];
    const char *table = pg_text(r, row, 6);
    *out = (struct volume_relation){
        .oid = (unsigned)pg_int(r, row, 0),
        .table = (unsigned)pg_int(r, row, 1),
        .file = (unsigned)pg_int(r, row, 7),
        .kind = kind,
        .schema = arena_strdup(arena, pg_text(r, row, 3)),
        .relname = arena_strdup(arena, pg_text(r, row, 4)),
        .name = kind == 't' ? arena_strdup(arena, table) : arena_strdup(arena, pg_text(r, row, 5)),
        .path = arena_strdup(arena, pg_text(r, row, 8)),
        .is = { pg_double(r, row, 10), pg_int(r, row, 9), pg_int(r, row, 11) },
        .has_options = pg_bool(r, row, 12),
    };
}

static bool
look_at_relations(struct pg_conn *conn, struct arena *arena, struct volume *out,
                  struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, relations_sql, 0, NULL);
    if (r == NULL)
        return false;
    out->relations = ARENA_ARRAY(arena, struct volume_relation, pg_nrows(r) + 1);
    for (int i = 0; i < pg_nrows(r); i++) {
        take_relation(r, i, arena, &out->relations[out->nrelations++]);
        map_put(&out->by_oid, out->relations[i].oid, &out->relations[i]);
        struct volume_relation *table = map_get(&out->by_oid, out->relations[i].table);
        table->has_options |= out->relations[i].has_options;
    }
    pg_result_free(r);
    return true;
}

/* ---- what it is to have, by the manifest */

static bool
is_out_of_line(char kind)
{
    return kind == 't';
}

/* What is out of line has a name that says nothing: it is known by its table. */
static const char *
known_by(const struct manifest_relation *relation)
{
    return is_out_of_line(relation->kind) && relation->of != NULL ? relation->of : relation->name;
}

static int
by_name(const void *a, const void *b)
{
    const struct manifest_relation *const *x = a, *const *y = b;
    int order = strcmp(known_by(*x), known_by(*y));
    return order != 0 ? order : is_out_of_line((*x)->kind) - is_out_of_line((*y)->kind);
}

struct known {
    const struct manifest *manifest;
    const struct manifest_relation **sorted;
    const struct manifest_table **tables;
};

static int
by_table(const void *a, const void *b)
{
    const struct manifest_table *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static struct known
know(const struct manifest *manifest, struct arena *arena)
{
    struct known known = {
        .manifest = manifest,
        .sorted = ARENA_ARRAY(arena, const struct manifest_relation *, manifest->nrelations + 1),
        .tables = ARENA_ARRAY(arena, const struct manifest_table *, manifest->ntables + 1),
    };
    for (int i = 0; i < manifest->nrelations; i++)
        known.sorted[i] = &manifest->relations[i];
    for (int i = 0; i < manifest->ntables; i++)
        known.tables[i] = &manifest->tables[i];
    qsort(known.sorted, (size_t)manifest->nrelations, sizeof *known.sorted, by_name);
    qsort(known.tables, (size_t)manifest->ntables, sizeof *known.tables, by_table);
    return known;
}

static const struct manifest_relation *
find_known(const struct known *known, const char *name, bool out_of_line)
{
    const struct manifest_relation wanted = { .name = name,
                                              .kind = out_of_line ? 't' : 'r',
                                              .of = name };
    const struct manifest_relation *key = &wanted;
    const struct manifest_relation **found = bsearch(
        &key, known->sorted, (size_t)known->manifest->nrelations, sizeof *known->sorted, by_name);
    return found != NULL ? *found : NULL;
}

/* Rows of production for each of the copy as it was pulled; 0: not known. */
static double
factor_of(const struct known *known, const char *table)
{
    const struct manifest_relation *there = find_known(known, table, false);
    const struct manifest_table wanted = { .name = table }, *key = &wanted;
    const struct manifest_table **here = bsearch(
        &key, known->tables, (size_t)known->manifest->ntables, sizeof *known->tables, by_table);
    return there != NULL && there->rows > 0 && here != NULL && (*here)->rows > 0
               ? there->rows / (double)(*here)->rows
               : 0;
}

static int64_t
times(int64_t pages, double factor)
{
    return (int64_t)((double)pages * factor + 0.5);
}

/* An index that production does not have is as many times larger as its table. */
static void
want_multiple(struct volume_relation *relation, double factor)
{
    bool has_rows = relation->is.rows >= 0;
    if (factor <= 0) {
        relation->why_not = "production's size is not known";
        return;
    }
    relation->wanted = (struct volume_size){ has_rows ? relation->is.rows * factor : -1,
                                             times(relation->is.pages, factor), 0 };
}

static void
want_by_manifest(const struct known *known, const struct volume *volume,
                 struct volume_relation *relation)
{
    const struct manifest_relation *there =
        find_known(known, relation->name, is_out_of_line(relation->kind));
    const struct volume_relation *table = map_get(&volume->by_oid, relation->table);
    if (there != NULL)
        relation->wanted = (struct volume_size){ there->rows, there->pages, there->visible };
    else if (table != relation)
        want_multiple(relation, factor_of(known, table->name));
    else
        relation->why_not = "production's size is not known";
}

/* ---- what it is to have after a migration */

static void
want_by_before(const struct volume *before, struct volume_relation *relation)
{
    const struct volume_relation *old = map_get(&before->by_oid, relation->oid);
    const struct volume_relation *table = map_get(&before->by_oid, relation->table);
    bool is_same =
        old != NULL && old->file == relation->file && old->is.pages == relation->is.pages;
    if (old != NULL && old->why_not != NULL)
        relation->why_not = old->why_not;
    else if (is_same || (old != NULL && old->is.pages == 0))
        relation->wanted = old->wanted;
    else if (old != NULL)
        relation->wanted = (struct volume_size){
            old->wanted.rows,
            times(old->wanted.pages, (double)relation->is.pages / (double)old->is.pages), 0
        };
    else
        want_multiple(relation, table != NULL && table->is.rows > 0 && table->wanted.rows > 0
                                    ? table->wanted.rows / table->is.rows
                                    : 0);
}

/* ---- different values */

static const char distincts_sql[] =
    "SELECT a.attrelid, a.attnum, d.n FROM ROWS FROM (pg_catalog.unnest($1::text[]), "
    "pg_catalog.unnest($2::float8[])) d(name, n)"
    " JOIN (SELECT a.attrelid, a.attnum, pg_catalog.concat(n.nspname, '.', c.relname, '.',"
    "   a.attname) AS name FROM pg_catalog.pg_attribute a"
    "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped) a USING (name)"
    " WHERE d.n <> 0";

static bool
look_at_distincts(struct pg_conn *conn, const struct manifest *manifest, struct arena *arena,
                  struct volume *out, struct decant_error *err)
{
    struct buf names = { 0 }, counts = { 0 };
    buf_putc(&names, '{');
    buf_putc(&counts, '{');
    for (int i = 0; i < manifest->ndistincts; i++) {
        quote_element(&names, manifest->distincts[i].name);
        buf_printf(&counts, "%s%.9g", i > 0 ? "," : "", manifest->distincts[i].n);
    }
    buf_putc(&names, '}');
    buf_putc(&counts, '}');
    const char *params[] = { buf_str(&names), buf_str(&counts) };
    struct pg_result *r = pg_query(conn, err, distincts_sql, 2, params);
    if (r != NULL)
        out->distincts = ARENA_ARRAY(arena, struct volume_distinct, pg_nrows(r) + 1);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++)
        out->distincts[out->ndistincts++] =
            (struct volume_distinct){ (unsigned)pg_int(r, i, 0), (int)pg_int(r, i, 1),
                                      pg_double(r, i, 2) };
    pg_result_free(r);
    buf_deinit(&names);
    buf_deinit(&counts);
    return r != NULL;
}

/* ---- both */

/* Its file is never made shorter; a copy of few rows may be the larger one. */
static void
finish(struct volume *volume, int page_bytes)
{
    for (int i = 0; i < volume->nrelations; i++) {
        struct volume_relation *relation = &volume->relations[i];
        struct volume_relation *table = map_get(&volume->by_oid, relation->table);
        int64_t pages = relation->is.pages;
        if (relation->why_not == NULL && relation->file != 0 && relation->wanted.pages > pages) {
            pages = relation->wanted.pages;
            table->is_hollow = true;
        }
        volume->bytes_before += relation->file != 0 ? relation->is.pages * page_bytes : 0;
        volume->bytes += relation->file != 0 ? pages * page_bytes : 0;
    }
}

bool
volume_look(struct pg_conn *conn, const struct manifest *manifest, const struct volume *before,
            struct arena *arena, struct volume *out, struct decant_error *err)
{
    assert(manifest != NULL && arena != NULL && out != NULL);
    *out = (struct volume){ 0 };
    const char *page = manifest_fact(manifest, "page_bytes");
    struct known known = know(manifest, arena);
    if (!look_at_relations(conn, arena, out, err))
        return false;
    for (int i = 0; i < out->nrelations; i++)
        if (before != NULL)
            want_by_before(before, &out->relations[i]);
        else
            want_by_manifest(&known, out, &out->relations[i]);
    finish(out, page != NULL ? atoi(page) : 0);
    if (before == NULL)
        return look_at_distincts(conn, manifest, arena, out, err);
    out->distincts = before->distincts;
    out->ndistincts = before->ndistincts;
    return true;
}

void
volume_deinit(struct volume *volume)
{
    assert(volume != NULL);
    map_deinit(&volume->by_oid);
    *volume = (struct volume){ 0 };
}
