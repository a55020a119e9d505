/* SPDX-License-Identifier: PostgreSQL */
/* Makes indexes in a SQLite file with the settings of a build: bench_index FILE SQL. Prints the
 * seconds. */
#include <stdio.h>
#include <time.h>

#include "sqlite/db.h"

int
main(int argc, char **argv)
{
    struct decant_error err = { 0 };
    struct timespec begun, ended;
    struct db *db;
    if (argc != 3 || !db_open(argv[1], DB_WRITE, NULL, &db, &err))
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    bool ok = db_begin_build(db, 16384, ".", &err) && db_begin_sorts(db, &err) &&
              db_exec(db, &err, argv[2]);
    db_close(db);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (ok)
        printf("%.3f\n", (double)(ended.tv_sec - begun.tv_sec) +
                             (double)(ended.tv_nsec - begun.tv_nsec) * 1e-9);
    else
        fprintf(stderr, "%s\n", err.message);
    return ok ? 0 : 1;
}
