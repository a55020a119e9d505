/* SPDX-License-Identifier: PostgreSQL */
/* What a night's copy may not lose beside the one before: policy says whether that stops a run. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/night.h"

enum { TOLD = 3 };

/* One thing that is worse: a warning, or what the run ends with. */
static bool
found(struct night_run *run, int guard, const char *name, const char *what,
      struct decant_error *err)
{
    if (guard == GUARD_WARN) {
        night_warn(run, "%s", what);
        return true;
    }
    error_set(err, DECANT_REFUSED, "%s", what);
    return error_hint(err,
                      "the copy stays as it was; if this is meant to be so, "
                      "'run: {guards: {%s: warn}}' takes it",
                      name);
}

/* Names one after the other, the first few of them. */
static void
put_name(struct buf *out, int *n, const char *name)
{
    if ((*n)++ < TOLD)
        buf_printf(out, "%s'%s'", *n > 1 ? ", " : "", name);
    else if (*n == TOLD + 1)
        buf_puts(out, ", ...");
}

static const struct manifest_table *
table_called(const struct manifest *manifest, const char *name)
{
    for (int i = 0; i < manifest->ntables; i++)
        if (strcmp(manifest->tables[i].name, name) == 0)
            return &manifest->tables[i];
    return NULL;
}

static bool
guard_tables(struct night_run *run, const struct manifest *before, const struct manifest *now,
             struct decant_error *err)
{
    struct buf lost = { 0 }, shrunk = { 0 }, what = { 0 };
    int nlost = 0, nshrunk = 0;
    for (int i = 0; i < before->ntables; i++) {
        const struct manifest_table *was = &before->tables[i];
        const struct manifest_table *is = table_called(now, was->name);
        if (was->rows >= 0 && (is == NULL || is->rows < 0))
            put_name(&lost, &nlost, was->name);
        else if (is != NULL && is->rows >= 0 && 2 * is->rows < was->rows)
            put_name(&shrunk, &nshrunk, was->name);
    }
    bool ok = true;
    if (nshrunk > 0 && run->wish->shrunk == GUARD_WARN) { /* else the pull itself has stopped */
        buf_printf(&what, "%d table%s lost more than half of the rows: %s", nshrunk,
                   nshrunk == 1 ? "" : "s", buf_str(&shrunk));
        night_warn(run, "%s", buf_str(&what));
    }
    if (nlost > 0) {
        buf_reset(&what);
        buf_printf(&what, "%d table%s of the copy before %s not in this one: %s", nlost,
                   nlost == 1 ? "" : "s", nlost == 1 ? "is" : "are", buf_str(&lost));
        ok = found(run, run->wish->lost_table, "lost_table", buf_str(&what), err);
    }
    buf_deinit(&lost);
    buf_deinit(&shrunk);
    buf_deinit(&what);
    return ok;
}

static bool
guard_masks(struct night_run *run, const struct manifest *now, struct decant_error *err)
{
    struct buf names = { 0 }, what = { 0 };
    int n = 0;
    for (int i = 0; i < now->nweaker; i++)
        put_name(&names, &n, now->weaker[i].name);
    buf_printf(&what, "%d column%s told less in the copy before: %s", n, n == 1 ? "" : "s",
               buf_str(&names));
    bool ok = n == 0 || found(run, run->wish->weaker, "weaker_masks", buf_str(&what), err);
    buf_deinit(&names);
    buf_deinit(&what);
    return ok;
}

static bool
guard_allowed(struct night_run *run, const struct manifest *before, const struct manifest *now,
              struct decant_error *err)
{
    const char *was = manifest_fact(before, "allowed"), *is = manifest_fact(now, "allowed");
    char what[128];
    if (was == NULL || is == NULL || atoi(is) <= atoi(was))
        return true;
    snprintf(what, sizeof what, "the rules accept %d findings of the leak search, and accepted %d",
             atoi(is), atoi(was));
    return found(run, run->wish->allowed, "more_allowed", what, err);
}

static void
take(struct night_run *run, const struct pull *pull, const struct manifest *manifest)
{
    const char *size = manifest_fact(manifest, "size");
    run->is_recorded = true;
    run->data_s = pull->source.at_s;
    run->bytes = size != NULL ? atoll(size) : 0;
    run->not_carried = manifest->notes != NULL ? (int64_t)manifest->notes->count : 0;
    run->rows = run->ntables = 0;
    run->tables = ARENA_ARRAY(&run->arena, struct night_table, manifest->ntables + 1);
    for (int i = 0; i < manifest->ntables; i++) {
        const struct manifest_table *table = &manifest->tables[i];
        if (table->rows < 0)
            continue;
        run->rows += table->rows;
        run->tables[run->ntables++] =
            (struct night_table){ arena_strdup(&run->arena, table->name), table->rows };
    }
}

bool
night_recorded(void *ctx, struct pull *pull, const struct manifest *manifest,
               struct decant_error *err)
{
    struct night_run *run = ctx;
    assert(run != NULL && pull != NULL && manifest != NULL);
    take(run, pull, manifest);
    if (!pull->target.has_before)
        return true;
    const struct manifest *before = &pull->target.before;
    return guard_tables(run, before, manifest, err) && guard_masks(run, manifest, err) &&
           guard_allowed(run, before, manifest, err);
}
