/* SPDX-License-Identifier: PostgreSQL */
/* The checks of the final bytes of a SQLite copy, and what follows from what they find. */
#ifndef LOAD_SQLITE_CHECKS_H
#define LOAD_SQLITE_CHECKS_H

#include "load/ddl_sqlite.h"
#include "load/sink.h"
#include "sqlite/db.h"

enum { SQLITE_CHECKS = 2 }; /* tasks that may run side by side */

struct sqlite_checks {
    struct sqlite_schema *schema;
    const char *path; /* of the finished file */
    const atomic_int *stop;
    int nprovers; /* that look at tables side by side, at least 1 */
    /* found: */
    int64_t orphans;   /* rows without a parent */
    struct buf damage; /* what integrity_check said first; empty: nothing */
    bool check_broken; /* rows break a translated CHECK */
};

/* Forgets what was found before. */
int sqlite_checks_tasks(struct sqlite_checks *checks, struct task *tasks);

/* Finds the translated checks and the keys that do not hold (integrity_check names the table only),
 * and leaves them out: the source has such rows, or its values have another form in SQLite.
 * DECANT_CHECK where it has not, or a mask broke a check. `db` is the file, to be read. */
bool sqlite_checks_judge(struct sqlite_checks *checks, const struct sink_env *env, struct db *db,
                         struct decant_error *err);

void sqlite_checks_deinit(struct sqlite_checks *checks);

#endif
