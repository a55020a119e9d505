/* SPDX-License-Identifier: PostgreSQL */
/* A run that nobody watches: what its parts hand on to each other. */
#ifndef JOB_NIGHT_H
#define JOB_NIGHT_H

#include "diff/diff.h"
#include "job/pull.h"
#include "load/versions.h"
#include "night/journal.h"
#include "rules/rules.h"

enum { MOST_STAGES = 8 };

struct night_stage {
    const char *name;
    double seconds;
};

struct night_run {
    struct decant_job *job;
    struct decant_options options; /* those of the pull */
    struct arena arena;
    struct rules *rules;
    const struct rules_run *wish;
    const char *called;           /* the target, as the user calls it */
    const char *config, *journal; /* paths */
    char *lock_path;
    int lock_fd;
    int nstages; /* those that began; the last one is under way */
    struct night_stage stages[MOST_STAGES];
    int64_t stage_ms;
    int nwarnings;
    const char **warnings; /* on the heap; the texts are in the arena */

    /* what the manifest said, once there is one */
    bool is_recorded, is_published;
    int64_t data_s, rows, bytes, not_carried;
    int ntables;
    struct night_table *tables;
};

/* A line for the record and for whoever watches. */
void night_warn(struct night_run *run, const char *fmt, ...) PRINTF(2, 3);

/* ---- night_places.c */

/* Where the journal of a target lies: beside a file, else in the state directory; in the arena. */
const char *night_journal_of(const char *target, struct arena *arena, struct decant_error *err);

/* The target itself, or what local:NAME leads to; in the arena. NULL with an error. */
const char *night_place(const struct decant_job *job, const char *target, struct arena *arena,
                        struct decant_error *err);

/* ---- night_keep.c */

/* Removes what has expired, the copy in place too, and what `keep` does not ask for. */
bool night_prune(struct decant_job *job, const struct rules_run *wish, const char *journal,
                 struct decant_error *err);

/* ---- night_hooks.c: what the rules let a run do with its copy */

/* A struct pull_guest's: the copy is loaded, and not checked. `ctx` is a struct night_run. */
bool night_loaded(void *ctx, struct pull *pull, struct decant_error *err);

/* Runs a hook, if there is one, with a description of the run on its stdin: of the finished copy,
 * or of the error `failure`, which may be NULL. DECANT_REFUSED where it says no. */
bool night_hook(struct night_run *run, const char *event, const struct rules_hook *hook,
                const struct decant_error *failure, struct decant_error *err);

/* ---- night_retain.c */
bool night_retain(struct night_run *run, struct pull *pull, struct decant_error *err);

/* ---- night_guards.c */

/* A struct pull_guest's: takes what the record needs, and refuses a copy that is worse than the one
 * before. */
bool night_recorded(void *ctx, struct pull *pull, const struct manifest *manifest,
                    struct decant_error *err);

/* ---- diff.c: what differs between a target and its copy from before; the caller frees *out */
bool night_diff(struct decant_job *job, const char *target, struct diff *out,
                struct decant_error *err);

/* ---- night_record.c */
bool night_begin(struct night_run *run, struct decant_error *err);

/* What every description of a run has: a member "warnings"; the stage that it came to. */
void night_put_warnings(const struct night_run *run, struct buf *line);
const char *night_stage_of(const struct night_run *run);

/* `failure` is NULL for a run that did what it should. */
bool night_end(struct night_run *run, const struct decant_error *failure, struct decant_error *err);

/* Says that something happened to the copy of `run`: "rollback", with the one before, or "expired".
 */
bool night_tell(const char *journal, const char *event, int64_t at_s, const char *run,
                const char *from, struct decant_error *err);

#endif
