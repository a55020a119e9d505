/* SPDX-License-Identifier: PostgreSQL */
/* A pull under way: what its stages hand on to each other. */
#ifndef JOB_PULL_H
#define JOB_PULL_H

#include <stdio.h>

#include "amplify/amplify.h"
#include "catalog/access.h"
#include "catalog/sizes.h"
#include "fidelity/compare.h"
#include "job/internal.h"
#include "job/mask.h"
#include "job/pulse.h"
#include "job/watch.h"
#include "key/digest.h"
#include "load/scan.h"
#include "leak/searched.h"
#include "load/sink.h"
#include "plan/plan.h"
#include "plan/sampling.h"
#include "report/manifest.h"
#include "select/predict.h"
#include "select/select.h"
#include "transform/originals.h"

enum { MAX_WORKERS = 16 };

struct table_count {
    int64_t rows, bytes;
};

/* Where rows come from: connections in one snapshot, and what is known of the server. */
struct pull_source {
    struct pg_conn *holder; /* of the snapshot; the watch uses it while rows are read */
    struct pg_conn *workers[MAX_WORKERS];
    struct watch watch;
    struct server server;
    struct selection selection;
    struct access access;
    const char *database;                /* NULL: not connected yet */
    struct buf snapshot_id, search_path; /* the path is the role's, behind pg_catalog */
    double snapshot_s;                   /* when it was taken, by the server's clock */
    bool reads_names;                    /* ... and counts when rows are read */
    const struct catalog *catalog;
    struct statistics statistics; /* of its rows: as far as a sample needs them */
    struct sizes sizes;           /* of what is copied; the manifest tells them */
    int64_t at_s;                 /* when the snapshot was taken, by the time of day */
    int64_t held_ms;              /* the snapshot and its locks; until then, when it began */
    int64_t longest_ms;           /* of the source's statements */
};

/* What is copied, and what becomes of it. */
struct pull_choice {
    struct rules *rules; /* or NULL */
    struct rules *draft; /* of init: what the masks were made from; or NULL */
    struct key *key;     /* or NULL */
    char key_id[KEY_ID]; /* once the key is closed; or empty */
    struct plan plan;
    struct job_masks masks;
    struct arena sample_arena; /* of the sampling: rows are chosen while the target is prepared */
    struct sampling sampling;
    struct chosen_rows *chosen;     /* rows to copy; NULL: all */
    struct prediction *predictions; /* of a plan, by table */
};

/* Where rows go. */
struct pull_target {
    const struct sink_ops *ops;
    struct sink *sink;
    struct sink_env env;
    char sha256[DIGEST_HEX];
    const char *manifest_path;
    bool manifest_replaces; /* one that was there: of the same bytes, by whose digest it is named,
                             * or under a name that the user gave */
    bool has_before;        /* a copy is there that this one is to replace: */
    struct manifest before; /* what was said of it */
};

/* What the copy must prove. */
struct pull_proof {
    struct originals *originals; /* of masked columns; or NULL */
    struct searched searched;    /* columns of the copy */
    struct leak *leak;           /* the search for them; or NULL */
    int nfindings;               /* accepted by the rules, or it is not published */
    const struct leak_finding *findings;
    struct comparison *comparison;            /* likeness.c; or NULL */
    struct arena search_arena, compare_arena; /* of checks that run side by side */
};

struct pull;

/* What becomes of the rows of a copy that is amplified. */
struct amplifying {
    const struct decant_options *asked; /* the options of the job, before what a pull needs */
    const struct manifest *of_copy;
    const char *sql; /* only tables that it names, and what they refer to; NULL: all */
    struct model model;
    int64_t *copied, *rows; /* by table of the plan: before and after */
};

/* Who does something of its own in the middle of a pull: with the copy when all of it is there and
 * nothing is checked (NULL: nothing), and with what the manifest is going to say, before it is
 * published. */
struct pull_guest {
    bool (*loaded)(void *ctx, struct pull *pull, struct decant_error *err);
    bool (*recorded)(void *ctx, struct pull *pull, const struct manifest *manifest,
                     struct decant_error *err);
    void *ctx;
};

struct pull {
    struct decant_job *job;
    const struct pull_guest *guest; /* or NULL */
    struct amplifying *amplifying;  /* what becomes of a copy's rows; NULL: they are copied */
    struct arena arena;
    struct notes notes;
    struct pulse pulse;
    struct pull_source source;
    struct pull_choice choice;
    struct pull_target target;
    struct pull_proof proof;
    bool wants_masks; /* of a plan: decided on, made and proved */
    bool wants_stats; /* pg_stats help to find owners: for rules that are to be written */
    bool is_dry;      /* nothing is chosen: only the plan is wanted */
    int nworkers_planned;
    FILE *origins;            /* or NULL */
    const char *origins_path; /* of the file under construction, or NULL */
    long origins_at;          /* where the lines of the table under way begin */
    int nunits;               /* tables or leaves, each read in one stream */
    const struct table **units;
    struct table_count *counts; /* of the units */
    atomic_int ndone;
};

/* amplify.c: makes rows between the last one and the first index; looks behind the indexes whether
 * they are there; looks for values that reach somebody, as a check (`ctx` is the pull); says what
 * the manifest of the copy knows of a fact, and of columns and sizes. */
bool amplifying_run(struct pull *pull, struct decant_error *err);
bool amplifying_finish(struct pull *pull, struct decant_error *err);
bool amplifying_search(void *ctx, struct decant_error *err);
const char *amplifying_fact(const struct pull *pull, const char *name, const char *own);
void amplifying_list(const struct pull *pull, struct manifest *out);

/* The whole job, from connecting to publishing; `amplifying` and `guest` may be NULL. */
bool pull_run(struct decant_job *job, struct amplifying *amplifying, const struct pull_guest *guest,
              struct decant_error *err);

/* sample.c: the rules, and the key that they name. */
bool pull_load_rules(struct pull *pull, struct decant_error *err);

/* Are columns masked: by rules, and not switched off? */
bool pull_has_masks(const struct pull *pull);

/* Decides on every column, makes the masks and proves them; without a key they are thrown away. */
bool pull_build_masks(struct pull *pull, struct decant_error *err);

/* The same, but columns that nobody decided on are no error: then nothing is made or proved. */
bool pull_decide_masks(struct pull *pull, struct decant_error *err);

/* Connects, takes the snapshot with its locks, and reads the catalog. */
bool pull_read_catalog(struct pull *pull, struct decant_error *err);

/* sample.c: leaves out the tables that the rules exclude; chooses the rows of the copy; notes what
 * was changed in them. */
void sample_exclude(const struct rules *rules, struct selection *selection);
bool sample_choose(struct pull *pull, struct decant_error *err);

/* Puts the rows of options.asked, "table:key", in place of the sample of the rules; and, when rows
 * are chosen, refuses those that are not there. Nothing where none are asked for. */
bool asked_choose(struct pull *pull, struct decant_error *err);
bool asked_check(const struct pull *pull, struct decant_error *err);

/* What the source has to read for the sample, in so many statements. */
int64_t sample_read_bytes(const struct pull *pull, int *statements);
void sample_note(struct pull *pull);

/* Connections that a pull would read tables with: more where `source`, which may be NULL, is far.
 */
int pull_worker_count(const struct decant_options *options, const struct pg_conn *source);

/* reading.c, in this order: connects to the source; takes the snapshot with its locks; says, once
 * the catalog is read, whether names are looked up as the role does; attaches what reads, and looks
 * for sessions that wait for us; ends the locks. */
bool reading_connect(struct pull *pull, struct decant_error *err);
bool reading_snapshot(struct pull *pull, struct decant_error *err);
void reading_choose_names(struct pull *pull);
bool reading_begin(struct pull *pull, struct decant_error *err);
bool reading_end(struct pull *pull, struct decant_error *err);

/* What a plan needs of a pull: connects, locks, reads the catalog and chooses rows, giving way to a
 * session that waits for us. */
bool pull_read_keys(struct pull *pull, struct decant_error *err);

/* The second half of that, where the catalog is read already. */
bool pull_choose(struct pull *pull, struct decant_error *err);

/* Gives locks and keys back: from here on no row is chosen, read or masked. */
bool pull_release(struct pull *pull, struct decant_error *err);
void pull_deinit(struct pull *pull);

/* finish.c: lets a guest change the copy, and counts its rows anew; proves it; puts it in place. */
bool pull_let_in(struct pull *pull, struct decant_error *err);
bool pull_check(struct pull *pull, struct decant_error *err);
bool pull_publish(struct pull *pull, struct decant_error *err);

/* The finished copy, to be read; the caller ends it. `pull` is a struct pull: see search_env. */
bool pull_read_copy(void *pull, struct scan_source *out, struct decant_error *err);

/* Refuses --origins where keys are masked: the file has the source's. */
bool origins_allowed(const struct pull *pull, struct decant_error *err);

/* Opens the file of --origins, and tells it of a row; see copy/extract.h. */
bool origins_open(struct pull *pull, struct decant_error *err);
void origins_put(void *ctx, const struct table *root, enum origin origin, double probability,
                 const struct decant_value *key);
void origins_forget(void *ctx); /* the lines of the table under way */
bool origins_close(struct pull *pull, struct decant_error *err);

/* Puts the finished file in place, with its copy; else it is removed. */
bool origins_publish(struct pull *pull, struct decant_error *err);
void origins_discard(struct pull *pull);

/* likeness.c: takes the source's statistics for the comparison, where a sample is copied. */
bool likeness_begin(struct pull *pull, struct decant_error *err);

/* DECANT_CHECK for a figure that is further away than the gate allows. */
bool likeness_judge(struct pull *pull, struct decant_error *err);
void likeness_end(struct pull *pull);

/* shrink.c: refuses rows that are few beside those of the copy that is there. Sets `before`. */
bool shrink_check(struct pull *pull, struct decant_error *err);

/* Writes the manifest of the finished copy to pull->manifest_path, which it chooses. */
bool record_store(struct pull *pull, struct decant_error *err);

/* What it will say of columns: what became of each. */
void record_decisions(struct pull *pull, struct manifest *manifest);

/* units.c: what is read in one stream each, and copying it all. */
void units_list(struct pull *pull);
bool units_copy(struct pull *pull, struct decant_error *err);

/* leaks.c: what is proved before a copy is published. Begins to collect originals; with `scope:
 * population` all of them are read here, through the workers. */
bool leaks_begin(struct pull *pull, struct decant_error *err);

/* Searches the finished copy for what was to be removed; a task (base/task.h). */
int64_t leaks_read_bytes(const struct pull *pull); /* of the population, by the planner */
bool leaks_search(void *ctx, struct decant_error *err);

/* DECANT_CHECK when originals take more memory than they may. */
bool leaks_fits(const struct pull *pull, struct decant_error *err);

/* DECANT_LEAK for what was found and nobody accepts. */
bool leaks_judge(struct pull *pull, struct decant_error *err);

/* Likewise, of what the manifest is to say, and a report of it. */
bool leaks_of_manifest(struct pull *pull, const struct manifest *manifest,
                       struct decant_error *err);
void leaks_end(struct pull *pull);

#endif
