/* SPDX-License-Identifier: PostgreSQL */
/* What the source's columns are like: as its server says, or as its rows are. */
#include <assert.h>

#include "fidelity/compare.h"
#include "load/scan.h"

/* What the server knows already. */
static bool
ask_server(struct comparison *comparison, struct decant_error *err)
{
    struct measured_table *tables =
        ARENA_ARRAY(comparison->arena, struct measured_table, comparison->ntables + 1);
    int n = 0;
    for (int i = 0; i < comparison->ntables; i++) {
        const struct compared *c = &comparison->tables[i];
        if (comparison->env.sampling->tables[c->number].role == ROLE_SAMPLED)
            tables[n++] = (struct measured_table){ c->table, c->kinds, c->source };
    }
    return measured_of_source(comparison->env.source, comparison->env.snapshot_s, tables, n,
                              comparison->arena, err);
}

/* Reads the table itself. */
static bool
measure_source(struct comparison *comparison, struct compared *c, struct decant_error *err)
{
    if (comparison->env.sampling->tables[c->number].role != ROLE_SAMPLED)
        return true;
    const struct scan_source where = { .conn = comparison->env.source,
                                       .stop = comparison->env.stop };
    if (!compare_sketch_source(comparison, &where, c, err))
        return false;
    for (int i = 0; i < c->n; i++)
        measured_of_sketch(c->source_sketch, i, comparison->arena, &c->source[c->columns[i]]);
    return true;
}

bool
compare_measure_sources(struct comparison *comparison, struct decant_error *err)
{
    assert(comparison != NULL);
    bool ok = true;
    if (comparison->env.rules->checks.source_stats == STATS_CHEAP)
        return ask_server(comparison, err);
    if (comparison->env.rules->checks.source_stats == STATS_FULL)
        for (int i = 0; ok && i < comparison->ntables; i++)
            ok = measure_source(comparison, &comparison->tables[i], err);
    return ok;
}

int64_t
compare_read_bytes(const struct rules *rules, const struct sampling *s)
{
    assert(rules != NULL);
    int64_t bytes = 0;
    if (rules->checks.source_stats != STATS_FULL)
        return 0;
    for (int i = 0; i < s->ntables; i++)
        if (s->tables[i].role == ROLE_SAMPLED)
            bytes += catalog_bytes(s->tables[i].table);
    for (int i = 0; i < s->nedges; i++) /* rows of one parent, key by key */
        if (s->tables[s->edges[i].child].owner != i)
            bytes += catalog_bytes(s->tables[s->edges[i].child].table);
    return bytes;
}
