/* SPDX-License-Identifier: PostgreSQL */
#include "propose/propose.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "propose/columns.h"
#include "rules/spell.h"

/* Does no other foreign key begin at the same column? */
static bool
is_only_one(const struct sampling *sampling, const struct sample_edge *edge)
{
    const struct sample_edges *up = &sampling->tables[edge->child].up;
    for (int i = 0; i < up->n; i++) {
        const struct sample_edge *other = &sampling->edges[up->of[i]];
        if (other != edge && other->ncolumns == 1 && other->child_keys[0] == edge->child_keys[0])
            return false;
    }
    return true;
}

static void
put_edge(const struct sampling *sampling, const struct sample_edge *edge, bool is_guess,
         const char *reason, struct buf *out)
{
    const struct table *child = sampling->tables[edge->child].table;
    buf_puts(out, "    ");
    if (edge->ncolumns == 1 && is_only_one(sampling, edge))
        spell_key(child->schema, child->name, '.', edge->child_keys[0]->name, out);
    else
        spell_key(child->schema, child->name, ':', edge->name, out);
    buf_printf(out, ": %s  # %s%s\n", rules_policy_name(edge->policy), is_guess ? "? " : "",
               reason);
}

static bool
owns(const struct sampling *sampling, int number)
{
    for (int i = 0; i < sampling->ntables; i++)
        if (sampling->tables[i].owner >= 0 &&
            sampling->edges[sampling->tables[i].owner].parent == number)
            return true;
    return false;
}

/* Does every row of the table come with what it belongs to? */
static bool
comes_along(const struct references *references, const struct table *table)
{
    for (int i = 0; i < references->n; i++)
        if (references->items[i].is_required && references->items[i].table == table)
            return true;
    return false;
}

/* Tables whose rows are chosen by themselves: those that own others, and those that could follow
 * another, but should not. */
static void
put_roots(const struct sampling *sampling, const struct references *references, struct buf *out)
{
    struct buf lines = { 0 };
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        bool along = comes_along(references, t->table), is_small = t->few_rows >= 0;
        if (t->role != ROLE_SAMPLED || t->owner >= 0 ||
            (t->ncandidates == 0 && !owns(sampling, i) && !along && !is_small))
            continue;
        buf_puts(&lines, "    ");
        spell_key(t->table->schema, t->table->name, '.', NULL, &lines);
        buf_puts(&lines, along ? ": {rate: 100%}  # all that what is sampled has of them" : ": {}");
        if (t->owner_reason != NULL && !along)
            buf_printf(&lines, "  # follows none: %s", t->owner_reason);
        buf_putc(&lines, '\n');
    }
    if (lines.len > 0)
        buf_printf(out, "  roots:\n%s", buf_str(&lines));
    buf_deinit(&lines);
}

/* Returns the number of weak choices. */
static int
put_keys(const struct sampling *sampling, struct buf *out)
{
    struct buf lines = { 0 };
    int guesses = 0;
    for (int i = 0; i < sampling->nedges; i++) {
        const struct sample_edge *edge = &sampling->edges[i];
        const struct sample_table *child = &sampling->tables[edge->child];
        bool is_small = child->few_rows >= 0; /* it would be whole */
        bool is_chosen = child->owner == i && edge->key != NULL &&
                         (child->ncandidates > 1 || child->is_weak || is_small);
        if (is_chosen)
            put_edge(sampling, edge, child->is_weak, child->owner_reason, &lines);
        else if (child->owner != i && edge->key != NULL && !edge->needs_nothing &&
                 child->role == ROLE_SAMPLED && edge->policy == POLICY_REQUIRE)
            put_edge(sampling, edge, false, "a pure link: left out where this parent is not in",
                     &lines);
        guesses += is_chosen && child->is_weak;
    }
    if (lines.len > 0)
        buf_printf(out,
                   "  foreign_keys:  # only where there was a choice; 'decant plan' shows all\n%s",
                   buf_str(&lines));
    buf_deinit(&lines);
    return guesses;
}

static void
put_whole_table(const struct table *table, const char *why, struct buf *out)
{
    buf_puts(out, "    - ");
    spell_key(table->schema, table->name, '.', NULL, out);
    if (why != NULL)
        buf_printf(out, "  # %s", why);
    buf_putc(out, '\n');
}

static const char *
kind_text(const struct kind *kind)
{
    return kind->kind == TABLE_BOOKKEEPING ? kind->tool->tool
           : kind->kind == TABLE_REFERENCE ? kind->why
                                           : NULL;
}

static void
put_whole(const struct sampling *sampling, const struct outline *outline, struct buf *out)
{
    struct buf lines = { 0 };
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        if (t->role == ROLE_WHOLE && t->few_rows != 0)
            put_whole_table(t->table, kind_text(&outline->kinds[i]), &lines);
    }
    if (lines.len > 0)
        buf_printf(out, "  whole:  # small today; pinned, so that they stay whole\n%s",
                   buf_str(&lines));
    buf_deinit(&lines);
}

/* They need no line: the pack finds them, and those that are to come. An exact name under `whole`
 * or `roots` lets one speak. */
static void
put_quiet(const struct sampling *sampling, struct buf *out)
{
    bool first = true;
    for (int i = 0; i < sampling->ntables; i++) {
        const struct sample_table *t = &sampling->tables[i];
        if (t->silenced == NULL)
            continue;
        if (first)
            buf_puts(out,
                     "  # the pack quiet@1 takes these without rows, so that the copy does not "
                     "act:\n");
        buf_puts(out, "  #   ");
        spell_key(t->table->schema, t->table->name, '.', NULL, out);
        buf_printf(out, "  (%s)\n", t->silenced);
        first = false;
    }
}

void
propose_target(const struct outline *outline, struct buf *out)
{
    assert(outline != NULL);
    for (int i = 0; i < outline->plan->ntables; i++) {
        const struct bookkeeping *tool = outline->kinds[i].tool;
        if (tool == NULL || tool->profile == NULL)
            continue;
        buf_printf(out,
                   "target:\n  sqlite: {profile: %s}  # as %s keeps its migrations here; 'default' "
                   "suits most readers\n",
                   tool->profile, tool->tool);
        return;
    }
}

void
propose_outline(const struct outline *outline, const char *pack_names, double rate, struct buf *out)
{
    assert(outline != NULL);
    struct buf lines = { 0 };
    buf_printf(out, "packs: [%s]\nsample:\n  rate: %.17g\n", pack_names, rate);
    for (int i = 0; outline->kinds != NULL && i < outline->plan->ntables; i++)
        if (outline->kinds[i].kind != TABLE_ORDINARY &&
            sampling_acts(outline->rules, outline->plan->tables[i]) == NULL)
            put_whole_table(outline->plan->tables[i], NULL, &lines);
    if (lines.len > 0)
        buf_printf(out, "  whole:\n%s", buf_str(&lines));
    references_put(outline->references, out);
    buf_reset(&lines);
    for (int i = 0; i < outline->plan->ntables; i++)
        if (comes_along(outline->references, outline->plan->tables[i]) &&
            sampling_acts(outline->rules, outline->plan->tables[i]) == NULL) {
            buf_puts(&lines, "    ");
            spell_key(outline->plan->tables[i]->schema, outline->plan->tables[i]->name, '.', NULL,
                      &lines);
            buf_puts(&lines, ": {rate: 100%}\n");
        }
    if (lines.len > 0)
        buf_printf(out, "  roots:\n%s", buf_str(&lines));
    buf_deinit(&lines);
}

int
propose_rules(const struct sampling *sampling, const struct outline *outline, const char *key_id,
              const char *pack_names, double rate, struct buf *out)
{
    assert(sampling != NULL && outline != NULL);
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
    put_roots(sampling, outline->references, out);
    int guesses = put_keys(sampling, out);
    guesses += references_put(outline->references, out);
    put_whole(sampling, outline, out);
    put_quiet(sampling, out);
    buf_puts(out, "  cap: 5%  # no parent brings more than this share of what a table is to have\n"
                  "  edges: {per_value: 3, null_patterns: 3, budget: 2%}  # rare states, without "
                  "weight\n");
    return guesses;
}
