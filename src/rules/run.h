/* SPDX-License-Identifier: PostgreSQL */
/* The section `run`: what `decant run` does, which nobody watches. */
#ifndef RULES_RUN_H
#define RULES_RUN_H

#include "rules/schedule.h"
#include "rules/value.h"

/* A command of the user's. */
struct rules_hook {
    const char **command; /* ends with NULL; NULL: there is none */
    int timeout_ms;
};

/* How many former copies stay: what is asked for must hold of each; below 0: not asked for. */
struct rules_keep {
    int64_t copies, age_s, bytes;
};

/* Rows that only the copy has, and that go on to the next one. */
struct rules_retain {
    int line, column;
    const char *table; /* schema.table */
    const char *where; /* SQL over the copy's table */
};

enum rules_guard { GUARD_STOP, GUARD_WARN };

struct rules_run {
    bool is_given;
    const char *source, *target, *publish, *owner; /* or NULL */
    bool allows_remote, allows_same_server, allows_downgrade;
    struct rules_keep keep;
    int64_t expires_s, max_age_s; /* 0: never */
    const char *when;             /* the schedule as written, or NULL */
    struct schedule schedule;
    const char *metrics;                     /* path of a textfile, or NULL */
    int shrunk, lost_table, weaker, allowed; /* enum rules_guard */
    int nafter_load, nrehearse, nretain;
    const char **after_load, **rehearse; /* files of SQL */
    struct rules_retain *retain;
    struct rules_hook before_publish, after_publish, on_failure;
};

void rules_run_init(struct rules_run *run);

/* `out` is a struct rules_run, with its defaults. Paths in it are beside the file of rules. */
bool read_run(struct reader *reader, const struct yaml_node *node, void *out);

#endif
