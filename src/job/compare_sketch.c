/* SPDX-License-Identifier: PostgreSQL */
/* A table of either side, read into a sketch: its own columns, then those of its owner's row. */
#include <string.h>

#include "job/compare.h"
#include "job/pull.h"
#include "measure/scan.h"

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
group_of(struct pull *pull, struct compared *c, const struct cell *keys)
{
    int edge = pull->sampling.tables[c->number].owner, group = 0;
    uint64_t owner = c->nowner > 0 ? hash_key(keys, c->nowner) : 0;
    uint64_t own = c->nowned > 0 ? hash_key(keys + c->nowner, c->nowned) : 0;
    if (owner != 0) {
        const struct compared *parent =
            &pull->comparison->tables[pull->sampling.edges[edge].parent];
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
most_rows(const struct pull *pull, const struct compared *c, bool is_copy)
{
    int columns = c->n + c->njoined;
    for (int i = 0; !is_copy && i < pull->comparison->ntables; i++)
        columns += pull->comparison->tables[i].n + pull->comparison->tables[i].njoined;
    int most = MOST_NUMBERS / (columns + 1);
    return most < LEAST_SAMPLE ? LEAST_SAMPLE : most;
}

/* Of a table, or of a column, on either side. */
static const char *
name_there(const struct pull *pull, const struct table *table, int column, bool is_copy)
{
    return is_copy      ? pull->ops->name_of(pull->sink, table, column)
           : column < 0 ? table->name
                        : table->columns[column].name;
}

/* Along the key by which rows follow their owner. */
static void
set_parent(struct pull *pull, const struct compared *c, bool is_copy, struct scan_parent *out)
{
    const struct table *parent = c->parent->table;
    const struct sample_edge *edge = &pull->sampling.edges[pull->sampling.tables[c->number].owner];
    const char **child_keys = ARENA_ARRAY(&pull->compare_arena, const char *, c->nowner + 1);
    const char **parent_keys = ARENA_ARRAY(&pull->compare_arena, const char *, c->nowner + 1);
    for (int i = 0; i < c->nowner; i++) {
        child_keys[i] = name_there(pull, c->table, c->owner[i], is_copy);
        parent_keys[i] = name_there(pull, parent, edge->parent_columns[i], is_copy);
    }
    *out = (struct scan_parent){ .schema = parent->schema,
                                 .name = name_there(pull, parent, -1, is_copy),
                                 .with_partitions = parent->kind == 'p',
                                 .nkeys = c->nowner,
                                 .child_keys = child_keys,
                                 .parent_keys = parent_keys,
                                 .first = c->n,
                                 .n = c->njoined };
}

bool
compare_sketch(struct pull *pull, const struct scan_source *where, bool is_copy, struct compared *c,
               struct sketch **out, struct decant_error *err)
{
    const struct table *table = c->table;
    int n = 0, nsketched = c->n + c->njoined;
    const char **names =
        ARENA_ARRAY(&pull->compare_arena, const char *, nsketched + 2 * COMPARED_KEYS);
    enum sketch_kind *kinds = ARENA_ARRAY(&pull->compare_arena, enum sketch_kind, nsketched + 1);
    for (int i = 0; i < c->n; i++) {
        kinds[n] = c->kinds[c->columns[i]];
        names[n++] = name_there(pull, table, c->columns[i], is_copy);
    }
    for (int i = 0; i < c->njoined; i++) {
        kinds[n] = c->parent->kinds[c->joined[i]];
        names[n++] = name_there(pull, c->parent->table, c->joined[i], is_copy);
    }
    for (int i = 0; is_copy && i < c->nowner + c->nowned; i++)
        names[n++] =
            name_there(pull, table, i < c->nowner ? c->owner[i] : c->owned[i - c->nowner], is_copy);
    struct scan_parent parent;
    if (c->njoined > 0)
        set_parent(pull, c, is_copy, &parent);
    const struct scan_table what = { .schema = table->schema,
                                     .name = name_there(pull, table, -1, is_copy),
                                     .ncolumns = n,
                                     .columns = names,
                                     .with_partitions = table->kind == 'p',
                                     .parent = c->njoined > 0 ? &parent : NULL };
    struct scan *scan = NULL;
    const struct cell *cells;
    *out = sketch_new(kinds, nsketched, most_rows(pull, c, is_copy));
    if (n == 0)
        return true;
    int more = scan_open(where, &what, &scan, err) ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &cells, err)) > 0)
        sketch_add(*out, cells, is_copy ? group_of(pull, c, cells + nsketched) : -1);
    scan_close(scan);
    sketch_finish(*out);
    return more == 0 || error_context(err, "table '%s.%s'", table->schema, table->name);
}
