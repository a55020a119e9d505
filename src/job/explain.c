/* SPDX-License-Identifier: PostgreSQL */
/* decant explain: why a row is in the copy, or why not; what becomes of a table's columns. */
#include <string.h>

#include "job/pull.h"

/* "schema.table:key" */
static bool
split_row(const struct pull_choice *choice, const char *row, const struct table **table,
          const char **key, struct decant_error *err)
{
    const char *colon = row != NULL ? strchr(row, ':') : NULL;
    if (colon == NULL) {
        error_set(err, DECANT_USAGE, "--row is missing, or has no colon");
        return error_hint(err, "decant explain --row public.orders:17 -c FILE --key-file FILE");
    }
    *key = colon + 1;
    size_t len = (size_t)(colon - row);
    for (int i = 0; i < choice->sampling.ntables; i++) {
        *table = choice->sampling.tables[i].table;
        size_t schema = strlen((*table)->schema);
        if (len == schema + 1 + strlen((*table)->name) &&
            strncmp(row, (*table)->schema, schema) == 0 && row[schema] == '.' &&
            strncmp(row + schema + 1, (*table)->name, len - schema - 1) == 0)
            return true;
    }
    error_set(err, DECANT_USAGE, "--row names no selected table");
    return error_hint(err, "schema.table:key, the values of its key joined by commas");
}

static bool
run_explain(struct pull *pull, const char *row, struct buf *out, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    const struct table *table = NULL;
    const char *key = NULL;
    pull->target.ops = &no_sink;
    pull->target.env.nworkers = 1;
    if (!pull_load_rules(pull, err))
        return false;
    if (pull->choice.rules == NULL || !pull->choice.rules->sample.is_given)
        return error_set(err, DECANT_USAGE, "no rules say what is sampled: -c FILE is missing");
    pull->wants_masks = pull_has_masks(pull); /* masked columns make no edge rows */
    return pull_read_keys(pull, err) && split_row(&pull->choice, row, &table, &key, err) &&
           select_explain(pull->choice.chosen, table, key, out, err);
}

/* "schema.table" or "schema.table.column": *column is -1 for all. */
static bool
find_columns(const struct masking *masking, const char *what, const struct masked_table **table,
             int *column)
{
    for (int t = 0; t < masking->ntables; t++) {
        const struct table *candidate = masking->tables[t].table;
        size_t schema = strlen(candidate->schema), name = strlen(candidate->name);
        if (strncmp(what, candidate->schema, schema) != 0 || what[schema] != '.' ||
            strncmp(what + schema + 1, candidate->name, name) != 0)
            continue;
        const char *rest = what + schema + 1 + name;
        *table = &masking->tables[t];
        *column = *rest == '.' ? table_column(candidate, rest + 1) : -1;
        if (*rest == '\0' || *column >= 0)
            return true;
    }
    return false;
}

static bool
explain_columns(struct pull *pull, const char *what, struct buf *out, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    const struct masked_table *table = NULL;
    int column;
    pull->target.ops = &no_sink;
    pull->target.env.nworkers = 1;
    pull->is_dry = true; /* no key: what is explained does not depend on it */
    if (!pull_load_rules(pull, err))
        return false;
    if (pull->choice.rules == NULL)
        return error_set(err, DECANT_USAGE, "no rules to explain: -c FILE is missing");
    if (!pull_read_catalog(pull, err) || !pull_decide_masks(pull, err))
        return false;
    if (!find_columns(&pull->choice.masks.masking, what, &table, &column)) {
        error_set(err, DECANT_USAGE, "there is no selected table or column '%s'", what);
        return error_hint(err, "schema.table or schema.table.column");
    }
    const char *acts = sampling_acts(pull->choice.rules, table->table);
    if (acts != NULL)
        buf_printf(out, "%s.%s comes without rows, so that the copy does not act: %s\n",
                   table->table->schema, table->table->name, acts);
    for (int c = 0; c < table->table->ncolumns; c++)
        if (column < 0 || column == c)
            masking_explain(&pull->choice.masks.masking, table, c, out);
    return true;
}

#pragma GCC visibility push(default)

bool
decant_job_explain(struct decant_job *job, const char *row, const char *columns, char **text,
                   struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    notes_init(&pull.notes);
    bool ok = columns != NULL ? explain_columns(&pull, columns, &out, err)
                              : run_explain(&pull, row, &out, err);
    if (!ok)
        job_explain_stop(job, err);
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    pull.target.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
