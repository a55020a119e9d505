/* SPDX-License-Identifier: PostgreSQL */
#include "propose/propose.h"

#include <string.h>

#include "base/buf.h"
#include "propose/columns.h"

/* A key of the file, as a scalar of YAML; `behind` is NULL, a column or a constraint. */
static void
put_key(const struct table *table, char joint, const char *behind, struct buf *out)
{
    struct buf name = { 0 };
    propose_put_name(table->schema, &name);
    buf_putc(&name, '.');
    propose_put_name(table->name, &name);
    if (behind != NULL) {
        buf_putc(&name, joint);
        propose_put_name(behind, &name);
    }
    propose_put_scalar(buf_str(&name), out);
    buf_deinit(&name);
}

/* Does no other foreign key begin at the same column? */
static bool
is_only_one(const struct sampling *sampling, const struct sample_edge *edge)
{
    for (int i = 0; i < sampling->nedges; i++) {
        const struct sample_edge *other = &sampling->edges[i];
        if (other != edge && other->child == edge->child && other->ncolumns == 1 &&
            other->child_keys[0] == edge->child_keys[0])
            return false;
    }
    return true;
}

static void
put_edge(const struct sampling *sampling, const struct sample_edge *edge, const char *reason,
         struct buf *out)
{
    const struct table *child = sampling->tables[edge->child].table;
    buf_puts(out, "    ");
    if (edge->ncolumns == 1 && is_only_one(sampling, edge))
        put_key(child, '.', edge->child_keys[0]->name, out);
    else
        put_key(child, ':', edge->name, out);
    buf_printf(out, ": %s", rules_policy_name(edge->policy));
    if (reason != NULL)
        buf_printf(out, "  # %s", reason);
    buf_putc(out, '\n');
}

/* Tables whose rows are chosen by themselves and own others. */
static void
put_roots(const struct sampling *sampling, struct buf *out)
{
    bool first = true;
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        bool owns = false;
        for (int j = 0; j < sampling->ntables; j++)
            owns |= sampling->tables[j].owner >= 0 &&
                    sampling->edges[sampling->tables[j].owner].parent == i;
        if (t->role != ROLE_SAMPLED || t->owner >= 0 || !owns)
            continue;
        if (first)
            buf_puts(out, "  roots:\n");
        first = false;
        buf_puts(out, "    ");
        put_key(t->table, '.', NULL, out);
        buf_puts(out, ": {}\n");
    }
}

static void
put_keys(const struct sampling *sampling, struct buf *out)
{
    struct buf lines = { 0 };
    for (int i = 0; i < sampling->nedges; i++) {
        const struct sample_edge *edge = &sampling->edges[i];
        const struct sample_table *child = &sampling->tables[edge->child];
        if (child->owner == i && child->ncandidates > 1)
            put_edge(sampling, edge, child->owner_reason, &lines);
        else if (child->owner != i && !edge->needs_nothing && child->role == ROLE_SAMPLED &&
                 edge->policy == POLICY_REQUIRE)
            put_edge(sampling, edge, "a pure link: left out where this parent is not in", &lines);
    }
    if (lines.len > 0)
        buf_printf(out,
                   "  foreign_keys:  # only where there was a choice; 'decant plan' shows all\n%s",
                   buf_str(&lines));
    buf_deinit(&lines);
}

static void
put_whole(const struct sampling *sampling, struct buf *out)
{
    bool first = true;
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        if (t->role != ROLE_WHOLE || t->table->few_rows == 0)
            continue;
        buf_puts(out, first ? "  whole:  # small today; pinned, so that they stay whole\n" : "");
        first = false;
        buf_puts(out, "    - ");
        put_key(t->table, '.', NULL, out);
        buf_putc(out, '\n');
    }
}

void
propose_rules(const struct sampling *sampling, const char *key_id, const char *pack_names,
              double rate, struct buf *out)
{
    buf_printf(
        out,
        "# What is copied, and what becomes of the columns. rules/README.md of decant is the "
        "reference;\n# 'decant plan' says what comes of it, 'decant explain TABLE' why.\n"
        "version: 1\n"
        "key_id: \"%s\"  # of the key that fixes rows and fakes; another one stops the run\n"
        "packs: [%s]  # name patterns for columns that will come; a pack may mask, never keep\n"
        "sample:\n"
        "  rate: %g%%\n"
        "  seed: %s\n",
        key_id, pack_names, rate * 100, sampling->seed);
    put_roots(sampling, out);
    put_keys(sampling, out);
    put_whole(sampling, out);
    buf_puts(out, "  cap: 5%  # no parent brings more than this share of what a table is to have\n"
                  "  edges: {per_value: 3, null_patterns: 3, budget: 2%}  # rare states, without "
                  "weight\n");
}
