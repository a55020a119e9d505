/* SPDX-License-Identifier: PostgreSQL */
/* Rows that only staging has: from the copy in place into the one that is to replace it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "job/find.h"
#include "job/night.h"
#include "retain/retain.h"

static const struct table *
table_called(const struct pull *pull, const char *name)
{
    for (int i = 0; i < pull->choice.plan.ntables; i++)
        if (table_is_called(pull->choice.plan.tables[i], name))
            return pull->choice.plan.tables[i];
    return NULL;
}

/* The decision on a column of a manifest, by its whole name; NULL: there is none. */
static const struct manifest_column *
column_called(const struct manifest *manifest, const char *name)
{
    for (int i = 0; i < manifest->ncolumns; i++)
        if (strcmp(manifest->columns[i].name, name) == 0)
            return &manifest->columns[i];
    return NULL;
}

/* May its columns hold what they held? A column that is new has held nothing. */
static bool
has_same_rules(const struct manifest *before, const struct manifest *now, const struct table *table)
{
    struct buf name = { 0 };
    bool same = (before->ncolumns == 0) == (now->ncolumns == 0); /* both masked, or both not */
    for (int c = 0; same && c < table->ncolumns; c++) {
        buf_reset(&name);
        buf_printf(&name, "%s.%s.%s", table->schema, table->name, table->columns[c].name);
        const struct manifest_column *was = column_called(before, buf_str(&name));
        const struct manifest_column *is = column_called(now, buf_str(&name));
        same = was == NULL ||
               (is != NULL && strcmp(was->verdict, is->verdict) == 0 &&
                strcmp(was->mask, is->mask) == 0 && strcmp(was->guarantee, is->guarantee) == 0);
    }
    buf_deinit(&name);
    return same;
}

static bool
carry(struct pull *pull, const struct table *table, const char *where, struct retained *out,
      struct decant_error *err)
{
    const struct sink_ops *ops = pull->target.ops;
    if (ops->file != NULL) {
        const char *name = ops->name_of(pull->target.sink, table, -1);
        return name == NULL || retain_file(pull->target.env.target, ops->file(pull->target.sink),
                                           name, where, &pull->job->stop, out, err);
    }
    struct pg_conn *before = find_connect(pull->job, pull->target.env.target, err);
    struct pg_conn *after = before != NULL ? ops->connect_writer(pull->target.sink, err) : NULL;
    bool ok = after != NULL &&
              retain_database(before, after, table->schema, table->name, where, out, err);
    pg_close(before);
    pg_close(after);
    return ok;
}

static bool
retain(struct night_run *run, struct pull *pull, const struct manifest *now,
       const struct rules_retain *wish, struct decant_error *err)
{
    const struct rules_mark mark = { wish->line, wish->column };
    const struct table *table = table_called(pull, wish->table);
    struct retained retained = { 0 };
    if (table == NULL)
        return rules_error(run->rules, mark, err, "there is no table '%s' in the copy",
                           wish->table);
    if (!pull->target.ops->replaces(pull->target.sink))
        return true;
    const char *why = !pull->target.has_before ? "nobody knows what rules made the copy before"
                      : !has_same_rules(&pull->target.before, now, table)
                          ? "its rules are others than those of the copy before"
                          : NULL;
    if (why != NULL) {
        notes_add(&pull->notes, NOTE_NOT_RETAINED, "table", 0, "%s: %s", wish->table, why);
        night_warn(run, "rows of '%s' are not retained: %s", wish->table, why);
        return true;
    }
    if (!carry(pull, table, wish->where, &retained, err))
        return error_context(err, "%s, line %d: rows to retain", run->config, wish->line);
    if (retained.refused > 0) {
        notes_add(&pull->notes, NOTE_NOT_RETAINED, "table", retained.refused, "%s", wish->table);
        night_warn(run,
                   "%lld rows of '%s' could not be retained: their key is taken, or a parent is "
                   "missing",
                   (long long)retained.refused, wish->table);
    }
    return true;
}

bool
night_retain(struct night_run *run, struct pull *pull, struct decant_error *err)
{
    assert(run != NULL && pull != NULL);
    struct manifest now = { 0 };
    if (run->wish->nretain == 0)
        return true;
    record_decisions(pull, &now);
    for (int i = 0; i < run->wish->nretain; i++)
        if (!retain(run, pull, &now, &run->wish->retain[i], err))
            return false;
    return true;
}
