/* SPDX-License-Identifier: PostgreSQL */
/* A source that lost its rows, by a mistake upstream or a failed restore, would replace a good copy
 * by an empty one, night after night without an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "job/find.h"
#include "job/pull.h"
#include "key/digest.h"

enum { TOLD = 3, LEAST_OF_SAMPLE = 30 }; /* fewer rows of a sample come and go */

static int
by_name(const void *key, const void *item)
{
    return strcmp(key, ((const struct manifest_table *)item)->name);
}

static bool
is_fact(const struct manifest *before, const char *name, const char *value)
{
    const char *was = manifest_fact(before, name);
    return was != NULL && strcmp(was, value) == 0;
}

/* Were rows chosen in the same way? Else their numbers say nothing. */
static bool
is_comparable(const struct pull_choice *choice, const struct manifest *before)
{
    const char *rate = manifest_fact(before, "rate");
    if (choice->chosen == NULL)
        return rate != NULL && rate[0] == '\0';
    char now[32], rules[DIGEST_HEX];
    snprintf(now, sizeof now, "%g", choice->rules->sample.rate); /* as record.c writes it */
    return rate != NULL && strcmp(rate, now) == 0 && is_fact(before, "key_id", choice->key_id) &&
           is_fact(before, "seed", choice->sampling.seed) &&
           digest_text(choice->rules->source.text, choice->rules->source.len, rules) &&
           is_fact(before, "rules", rules);
}

/* Appends what is left of a table that lost more than half of its rows. */
static bool
has_shrunk(const struct pull *pull, const struct manifest *before, int unit, struct buf *out)
{
    const struct table *table = pull->units[unit];
    struct buf name = { 0 };
    buf_printf(&name, "%s.%s", table->schema, table->name);
    const struct manifest_table *was =
        before->ntables > 0 ? bsearch(buf_str(&name), before->tables, (size_t)before->ntables,
                                      sizeof *before->tables, by_name)
                            : NULL;
    int64_t now = pull->counts[unit].rows,
            least = pull->choice.chosen != NULL ? LEAST_OF_SAMPLE : 1;
    bool shrunk = was != NULL && was->rows > least && now >= 0 && 2 * now < was->rows;
    if (shrunk)
        buf_printf(out, "%s'%s' %lld of %lld", out->len > 0 ? ", " : "", buf_str(&name),
                   (long long)now, (long long)was->rows);
    buf_deinit(&name);
    return shrunk;
}

static bool
refuse(const char *what, struct decant_error *err)
{
    error_set(err, DECANT_REFUSED, "%s", what);
    return error_hint(err, "the copy stays as it was; if the source is meant to be so, "
                           "--allow-shrink takes it");
}

bool
shrink_check(struct pull *pull, struct decant_error *err)
{
    struct buf list = { 0 };
    int64_t rows = 0;
    int nshrunk = 0;
    for (int i = 0; i < pull->nunits; i++)
        rows += pull->counts[i].rows > 0 ? pull->counts[i].rows : 0;
    const char *unreadable = NULL;
    pull->target.has_before =
        pull->target.ops->replaces(pull->target.sink) &&
        find_before(pull->job, &pull->arena, &pull->target.before, &unreadable);
    if (unreadable != NULL)
        notes_add(&pull->notes, NOTE_BEFORE_UNREADABLE, "manifest", 0, "%s", file_name(unreadable));
    if (!pull->target.has_before || pull->job->options->allow_shrink ||
        pull->job->options->schema_only || pull->job->options->asked.count > 0 ||
        pull->job->options->cover)
        return true;
    int64_t had = 0;
    for (int i = 0; i < pull->target.before.ntables; i++)
        had += pull->target.before.tables[i].rows > 0 ? pull->target.before.tables[i].rows : 0;
    if (rows == 0 && had > 0)
        return refuse("every table of the source is empty, and the copy that is there has rows",
                      err);
    for (int i = 0; is_comparable(&pull->choice, &pull->target.before) && i < pull->nunits; i++) {
        size_t told = list.len;
        bool shrunk = has_shrunk(pull, &pull->target.before, i, &list);
        if (shrunk && nshrunk++ >= TOLD)
            list.len = told;
    }
    if (nshrunk == 0)
        return true;
    struct buf what = { 0 };
    buf_printf(&what, "the source has lost more than half of the rows of %d table%s: %.*s%s",
               nshrunk, nshrunk == 1 ? "" : "s", (int)list.len, buf_str(&list),
               nshrunk > TOLD ? ", ..." : "");
    refuse(buf_str(&what), err);
    buf_deinit(&what);
    buf_deinit(&list);
    return false;
}
