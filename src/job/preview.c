/* SPDX-License-Identifier: PostgreSQL */
/* decant pull --preview: what rows of a table will look like, made of nothing that the source has.
 */
#include <string.h>

#include "base/suggest.h"
#include "job/pull.h"
#include "mask/preview.h"

enum { ROWS = 10, WIDEST = 60 };

static const struct masked_table *
find_table(const struct pull_choice *choice, const char *name, struct decant_error *err)
{
    const struct masking *masking = &choice->masks.masking;
    struct suggestion suggestion = { .word = name };
    for (int t = 0; t < masking->ntables; t++) {
        const struct table *table = masking->tables[t].table;
        size_t schema = strlen(table->schema);
        if (strcmp(table->name, name) == 0 ||
            (strncmp(name, table->schema, schema) == 0 && name[schema] == '.' &&
             strcmp(name + schema + 1, table->name) == 0))
            return &masking->tables[t];
        suggest_offer(&suggestion, table->name);
    }
    error_set(err, DECANT_USAGE, "there is no selected table '%s'", name);
    const char *best = suggest_best(&suggestion);
    if (best != NULL)
        error_hint(err, "did you mean '%s'?", best);
    return NULL;
}

static const struct column_mask *
mask_of(const struct masked_table *table, int column)
{
    for (int i = 0; i < table->nmasks; i++)
        if (table->masks[i].column == column)
            return &table->masks[i];
    return NULL;
}

static void
put_fake(const struct column_mask *mask, int number, struct buf *out)
{
    struct buf fake = { 0 };
    if (mask->is_array || !preview_fake(mask, number, &fake))
        buf_puts(&fake, "(made of the row)");
    const char *text = buf_str(&fake);
    buf_printf(out, "    %.*s\n",
               (int)strcspn(text, "\n") < WIDEST ? (int)strcspn(text, "\n") : WIDEST, text);
    buf_deinit(&fake);
}

static void
put_table(const struct masked_table *table, struct buf *out)
{
    buf_printf(out, "%s.%s: ten fakes of each masked column, made without a value of the source\n",
               table->table->schema, table->table->name);
    for (int c = 0; c < table->table->ncolumns; c++) {
        const struct column_mask *mask = mask_of(table, c);
        if (mask == NULL)
            continue;
        buf_printf(out, "  %s: %s\n", table->table->columns[c].name,
                   mask->masks[mask->nmasks - 1]->how->name);
        for (int i = 0; i < ROWS; i++)
            put_fake(mask, i, out);
    }
    buf_puts(out, "  as they are:");
    for (int c = 0; c < table->table->ncolumns; c++)
        if (mask_of(table, c) == NULL)
            buf_printf(out, " %s", table->table->columns[c].name);
    buf_putc(out, '\n');
}

static bool
run(struct pull *pull, const char *name, struct buf *out, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    pull->target.ops = &no_sink;
    pull->target.env.nworkers = 1;
    pull->is_dry = true; /* fakes of a key that is thrown away */
    if (!pull_load_rules(pull, err))
        return false;
    if (pull->choice.rules == NULL || !pull->choice.rules->columns.is_given) {
        error_set(err, DECANT_USAGE, "no rules mask a column: -c FILE is missing");
        return error_hint(err, "'decant init' writes rules");
    }
    if (!pull_read_catalog(pull, err) || !pull_build_masks(pull, err))
        return false;
    const struct masked_table *table = find_table(&pull->choice, name, err);
    if (table != NULL)
        put_table(table, out);
    return table != NULL;
}

#pragma GCC visibility push(default)

bool
decant_job_preview(struct decant_job *job, const char *table, char **text, struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    notes_init(&pull.notes);
    bool ok = run(&pull, table, &out, err);
    if (!ok)
        job_explain_stop(job, err);
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    pull.target.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
