/* SPDX-License-Identifier: PostgreSQL */
/* decant plan: what a pull would sample, as text. */
#include <stdio.h>

#include "job/pull.h"

/* The rows that the catalog expects; -1: the table was never analyzed. */
static double
rows_of(const struct table *table)
{
    return table->few_rows >= 0 ? (double)table->few_rows : table->reltuples;
}

static void
put_columns(const struct sample_edge *edge, struct buf *out)
{
    for (int i = 0; i < edge->ncolumns; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", edge->child_keys[i]->name);
}

static const char *
role_of(const struct sample_table *table)
{
    return table->role == ROLE_WHOLE         ? "whole"
           : table->role == ROLE_SCHEMA_ONLY ? "schema only"
           : table->owner >= 0               ? "owned"
                                             : "root";
}

static void
put_count(double rows, struct buf *out)
{
    if (rows < 0)
        buf_printf(out, " %11s", "?");
    else
        buf_printf(out, " %11.0f", rows);
}

static void
put_table(const struct pull *pull, int number, struct buf *out)
{
    const struct sampling *sampling = &pull->sampling;
    const struct sample_table *table = &sampling->tables[number];
    double rows = rows_of(table->table);
    char name[160];
    snprintf(name, sizeof name, "%s.%s", table->table->schema, table->table->name);
    buf_printf(out, "%-36s %-11s", name, role_of(table));
    put_count(rows, out);
    put_count(rows < 0 ? -1 : rows * sampling_rate(sampling, number), out);
    if (pull->chosen != NULL)
        for (enum origin origin = ORIGIN_SAMPLE; origin < ORIGIN_COUNT; origin++)
            put_count((double)select_count(pull->chosen, table->table, origin), out);
    if (table->owner >= 0) {
        const struct sample_edge *edge = &sampling->edges[table->owner];
        buf_puts(out, "  by ");
        put_columns(edge, out);
    }
    if (table->where != NULL)
        buf_puts(out, "  within its frame");
    buf_putc(out, '\n');
}

static void
put_key(const struct pull *pull, int number, struct buf *out)
{
    const struct sample_edge *edge = &pull->sampling.edges[number];
    const struct table *child = pull->sampling.tables[edge->child].table;
    const struct table *parent = pull->sampling.tables[edge->parent].table;
    struct buf name = { 0 };
    buf_printf(&name, "%s.%s.", child->schema, child->name);
    put_columns(edge, &name);
    buf_printf(out, "%-48s %-20s %s.%s", buf_str(&name),
               edge->needs_nothing ? "-" : rules_policy_name(edge->policy), parent->schema,
               parent->name);
    if (pull->chosen != NULL && edge->policy == POLICY_REQUIRE)
        buf_printf(out, "  %lld rows left out",
                   (long long)select_required_away(pull->chosen, number));
    buf_puts(out, edge->rule != NULL ? "  (pinned)\n" : "\n");
    buf_deinit(&name);
}

static void
plan_put(const struct pull *pull, struct buf *out)
{
    const struct sampling *sampling = &pull->sampling;
    buf_printf(out, "sample of %g %%, seed %s\n\n%-36s %-11s %11s %11s",
               pull->rules->sample.rate * 100, sampling->seed, "table", "role", "rows", "expected");
    for (enum origin origin = ORIGIN_SAMPLE; pull->chosen != NULL && origin < ORIGIN_COUNT;
         origin++)
        buf_printf(out, " %11s", origin_name(origin));
    buf_putc(out, '\n');
    for (int i = 0; i < sampling->ntables; i++)
        put_table(pull, sampling->order[i], out);
    buf_printf(out, "\n%-48s %-20s %s\n", "foreign key", "policy", "parent");
    for (int i = 0; i < sampling->nedges; i++)
        put_key(pull, i, out);
    if (pull->chosen == NULL)
        buf_puts(
            out,
            "\nParents that are pulled come on top of the expected rows; --exact counts them.\n");
}

static bool
run_plan(struct pull *pull, bool exact, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    pull->ops = &no_sink;
    pull->env.nworkers = 1;
    pull->is_dry = !exact;
    if (!pull_load_rules(pull, err))
        return false;
    if (pull->rules == NULL || !pull->rules->sample.is_given) {
        error_set(err, DECANT_USAGE, "no rules say what is sampled");
        return error_hint(
            err, "-c FILE names rules with a section 'sample'; without one all rows are copied");
    }
    return pull_read_keys(pull, err);
}

#pragma GCC visibility push(default)

bool
decant_job_plan(struct decant_job *job, bool exact, char **text, struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    notes_init(&pull.notes);
    bool ok = run_plan(&pull, exact, err);
    if (ok)
        plan_put(&pull, &out);
    else
        job_explain_stop(job, err);
    *text = ok ? buf_steal(&out) : NULL;
    pull.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
