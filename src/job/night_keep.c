/* SPDX-License-Identifier: PostgreSQL */
/* How long copies stay. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "job/find.h"
#include "job/night.h"

enum { LOCK_WAIT_S = 60 };

/* Is a former copy one of those that stay? `nth` counts from 0, the youngest first; `bytes` are
 * those of all younger ones and of itself. */
static bool
is_kept(const struct rules_keep *keep, int64_t nth, int64_t age_s, int64_t bytes)
{
    if (keep->copies < 0 && keep->age_s < 0 && keep->bytes < 0)
        return nth < 1; /* without a word: there is one to go back to */
    return (keep->copies < 0 || nth < keep->copies) && (keep->age_s < 0 || age_s <= keep->age_s) &&
           (keep->bytes < 0 || bytes <= keep->bytes);
}

static bool
has_expired(const struct rules_run *wish, const struct version *version, int64_t now_s)
{
    return wish->expires_s > 0 && version->made_s > 0 && now_s - version->made_s > wish->expires_s;
}

bool
night_prune(struct decant_job *job, const struct rules_run *wish, const char *journal,
            struct decant_error *err)
{
    assert(job != NULL && wish != NULL && journal != NULL);
    struct versions versions;
    struct arena arena = { 0 };
    int64_t now_s = job_now(job), bytes = 0, nth = 0;
    bool changes = false;
    const struct versions_wish look = { .target = job->options->target,
                                        .locks = true,
                                        .wait_s = LOCK_WAIT_S,
                                        .stall_ms = job->options->stall_timeout_ms,
                                        .stop = &job->stop };
    bool ok = versions_open(&versions, &look, err);
    for (int i = 0; ok && i < versions.n; i++) {
        struct version *version = &versions.items[i];
        bool expired = has_expired(wish, version, now_s);
        bytes += version->is_current ? 0 : version->bytes;
        if (!expired &&
            (version->is_current || is_kept(&wish->keep, nth, now_s - version->made_s, bytes))) {
            nth += !version->is_current;
            continue;
        }
        bytes -= version->is_current ? 0 : version->bytes;
        ok = versions_drop(&versions, version, err) &&
             (!expired || night_tell(journal, "expired", now_s, version->run, NULL, err));
        version->run = ""; /* its manifest goes, too */
        version->bytes = 0;
        changes = true;
    }
    if (changes)
        find_forget_others(&versions, NULL, &arena);
    versions_close(&versions);
    arena_deinit(&arena);
    return ok;
}
