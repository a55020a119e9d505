/* SPDX-License-Identifier: PostgreSQL */
/* A table of either side, read into a sketch: its own columns, then those of its owner's row. */
#include <assert.h>
#include <string.h>

#include "fidelity/compare.h"
#include "load/scan.h"

/* A hash of a key's cells; 0: one of them is NULL. */
static uint64_t
hash_key(const struct cell *cells, int n)
{
    uint64_t hash = 1;
    for (int i = 0; i < n; i++) {
        if (cells[i].kind == CELL_NULL)
            return 0;
        hash = hash * 31 + sketch_hash(&cells[i]);
    }
    return hash;
}

/* The group of a row of the copy: its owner's, or else its own. `keys` are the cells of the owner's
 * key and of its own. */
static int
group_of(struct comparison *comparison, struct compared *c, const struct cell *keys)
{
    int edge = comparison->env.sampling->tables[c->number].owner, group = 0;
    uint64_t owner = c->nowner > 0 ? hash_key(keys, c->nowner) : 0;
    uint64_t own = c->nowned > 0 ? hash_key(keys + c->nowner, c->nowned) : 0;
    if (owner != 0) {
        const struct compared *parent =
            &comparison->tables[comparison->env.sampling->edges[edge].parent];
        group = keyset_get(&parent->groups, (struct key128){ owner, 0 });
    }
    if (group == 0 && (owner != 0 || own != 0))
        group = 1 + (int)((owner != 0 ? owner : own) % SKETCH_GROUPS);
    if (own != 0)
        keyset_put(&c->groups, (struct key128){ own, 0 }, (uint8_t)group);
    return group - 1;
}

/* Numbers of a sample, of 8 bytes each: of the copy one table at a time, of the source all. */
enum { MOST_NUMBERS = 4000000, LEAST_SAMPLE = 200 };

static int
most_rows(const struct comparison *comparison, const struct compared *c, bool is_copy)
{
    int columns = c->n + c->njoined;
    for (int i = 0; !is_copy && i < comparison->ntables; i++)
        columns += comparison->tables[i].n + comparison->tables[i].njoined;
    int most = MOST_NUMBERS / (columns + 1);
    return most < LEAST_SAMPLE ? LEAST_SAMPLE : most;
}

/* Of a table, or of a column, on either side. */
static const char *
name_there(const struct comparison *comparison, const struct table *table, int column, bool is_copy)
{
    return is_copy      ? comparison->env.ops->name_of(comparison->env.sink, table, column)
           : column < 0 ? table->name
                        : table->columns[column].name;
}

/* Along the key by which rows follow their owner. */
static void
set_parent(struct comparison *comparison, const struct compared *c, bool is_copy,
           struct scan_parent *out)
{
    const struct table *parent = c->parent->table;
    const struct sample_edge *edge =
        &comparison->env.sampling->edges[comparison->env.sampling->tables[c->number].owner];
    const char **child_keys = ARENA_ARRAY(comparison->arena, const char *, c->nowner + 1);
    const char **parent_keys = ARENA_ARRAY(comparison->arena, const char *, c->nowner + 1);
    for (int i = 0; i < c->nowner; i++) {
        child_keys[i] = name_there(comparison, c->table, c->owner[i], is_copy);
        parent_keys[i] = name_there(comparison, parent, edge->parent_columns[i], is_copy);
    }
    *out = (struct scan_parent){ .schema = parent->schema,
                                 .name = name_there(comparison, parent, -1, is_copy),
                                 .with_partitions = parent->kind == 'p',
                                 .nkeys = c->nowner,
                                 .operators = edge->key->operators,
                                 .child_keys = child_keys,
                                 .parent_keys = parent_keys,
                                 .first = c->n,
                                 .n = c->njoined };
}

/* What is read of a table: the columns that are sketched, then those of keys. */
struct reading {
    struct scan_table what;
    struct scan_parent parent;
    int nsketched;
    const char **names;
    enum sketch_kind *kinds;
};

static void
add_key(struct comparison *comparison, const struct compared *c, int n, const int *columns,
        struct reading *out)
{
    for (int i = 0; i < n; i++)
        out->names[out->what.ncolumns++] = name_there(comparison, c->table, columns[i], true);
}

static void
list_columns(struct comparison *comparison, const struct compared *c, bool is_copy,
             struct reading *out)
{
    int n = 0;
    out->nsketched = c->n + c->njoined;
    out->names = ARENA_ARRAY(comparison->arena, const char *, out->nsketched + 3 * COMPARED_KEYS);
    out->kinds = ARENA_ARRAY(comparison->arena, enum sketch_kind, out->nsketched + 1);
    for (int i = 0; i < c->n; i++) {
        out->kinds[n] = c->kinds[c->columns[i]];
        out->names[n++] = name_there(comparison, c->table, c->columns[i], is_copy);
    }
    for (int i = 0; i < c->njoined; i++) {
        out->kinds[n] = c->parent->kinds[c->joined[i]];
        out->names[n++] = name_there(comparison, c->parent->table, c->joined[i], is_copy);
    }
    if (c->njoined > 0)
        set_parent(comparison, c, is_copy, &out->parent);
    out->what = (struct scan_table){ .schema = c->table->schema,
                                     .name = name_there(comparison, c->table, -1, is_copy),
                                     .ncolumns = n,
                                     .columns = out->names,
                                     .with_partitions = c->table->kind == 'p',
                                     .parent = c->njoined > 0 ? &out->parent : NULL };
}

static bool
of_table(const struct compared *c, int more, struct decant_error *err)
{
    return more == 0 || error_context(err, "table '%s.%s'", c->table->schema, c->table->name);
}

bool
compare_sketch_source(struct comparison *comparison, const struct scan_source *where,
                      struct compared *c, struct decant_error *err)
{
    assert(c != NULL);
    struct reading reading;
    struct scan *scan = NULL;
    const struct cell *cells;
    list_columns(comparison, c, false, &reading);
    c->source_sketch =
        sketch_new(reading.kinds, reading.nsketched, most_rows(comparison, c, false));
    if (reading.what.ncolumns == 0)
        return true;
    int more = scan_open(where, &reading.what, &scan, err) ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &cells, err)) > 0)
        sketch_add(c->source_sketch, cells, -1);
    scan_close(scan);
    sketch_finish(c->source_sketch);
    return of_table(c, more, err);
}

/* What somebody may know of a row: columns that are kept, but for those that are keys. Of tables
 * that hold nothing of a person, nobody asks. */
static int
list_crowd(const struct comparison *comparison, const struct compared *c, int *out)
{
    const struct masked_table *masked = masking_find(comparison->env.masking, c->table);
    int n = 0;
    for (int i = 0; masked != NULL && masked->nmasks > 0 && i < c->n; i++)
        if (c->is_kept[c->columns[i]] && !compare_is_key(comparison, c, c->columns[i]))
            out[n++] = i;
    return n;
}

static uint64_t
hash_known(const struct cell *cells, const int *columns, int n)
{
    uint64_t hash = 1;
    for (int i = 0; i < n; i++) {
        const struct cell *cell = &cells[columns[i]];
        hash =
            hash * UINT64_C(0x9E3779B97F4A7C15) + (cell->kind == CELL_NULL ? 1 : sketch_hash(cell));
    }
    return hash;
}

bool
compare_sketch_copy(struct comparison *comparison, const struct scan_source *where,
                    struct compared *c, struct decant_error *err)
{
    assert(comparison != NULL && c != NULL);
    struct reading reading;
    struct scan *scan = NULL;
    const struct cell *cells;
    struct buf scratch = { 0 };
    struct crowd crowd = { 0 };
    size_t nothers = 0;
    int *known = ARENA_ARRAY(comparison->arena, int, c->n + 1);
    c->ncrowd = list_crowd(comparison, c, known);
    if (c->njoined > 0 && name_there(comparison, c->parent->table, -1, true) == NULL)
        c->njoined = 0; /* the owner's rows are not in this copy */
    list_columns(comparison, c, true, &reading);
    int keys = reading.nsketched, identity = keys + c->nowner + c->nowned;
    add_key(comparison, c, c->nowner, c->owner, &reading);
    add_key(comparison, c, c->nowned, c->owned, &reading);
    add_key(comparison, c, c->others.count > 0 ? c->nidentity : 0, c->identity, &reading);
    c->copy_sketch = sketch_new(reading.kinds, reading.nsketched, most_rows(comparison, c, true));
    if (c->others.count > 0)
        c->chance_sketch =
            sketch_new(reading.kinds, reading.nsketched, most_rows(comparison, c, true));
    if (reading.what.ncolumns == 0)
        return true;
    int more = scan_open(where, &reading.what, &scan, err) ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &cells, err)) > 0) {
        int group = group_of(comparison, c, cells + keys);
        sketch_add(c->copy_sketch, cells, group);
        if (c->ncrowd > 0)
            crowd_add(&crowd, hash_known(cells, known, c->ncrowd));
        if (c->chance_sketch != NULL && compare_is_other(c, cells + identity, &scratch))
            nothers++;
        else if (c->chance_sketch != NULL)
            sketch_add(c->chance_sketch, cells, group);
    }
    scan_close(scan);
    buf_deinit(&scratch);
    c->crowd = crowd_count(&crowd);
    crowd_deinit(&crowd);
    sketch_finish(c->copy_sketch);
    if (c->chance_sketch != NULL)
        sketch_finish(c->chance_sketch);
    if (nothers != c->others.count) {
        sketch_free(c->chance_sketch);
        c->chance_sketch = NULL;
    }
    return of_table(c, more, err);
}
