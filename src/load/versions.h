/* SPDX-License-Identifier: PostgreSQL */
/*
 * Copies of a target: the one in place, and those that later runs replaced and kept. Of a file they
 * lie beside it as TARGET.RUN.db, the one in place too, by a second name or behind a link; of a
 * database they are called TARGET__prev_RUN. RUN names the run that made it.
 */
#ifndef LOAD_VERSIONS_H
#define LOAD_VERSIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "pg/conn.h"
#include "plan/notes.h"

struct version {
    const char *run; /* "": nobody knows */
    const char *name;
    int64_t bytes;
    int64_t made_s; /* when the run began, in seconds since 1970, which its name says; else when the
                     * file was written; 0: unknown, or not decant's */
    bool is_current;
};

struct versions_ops;

/* The copies of one target, the one in place first, then the youngest. */
struct versions {
    const struct versions_ops *ops;
    struct arena arena;
    const char *target; /* a path, or the name of a database */
    int n;
    struct version *items;
    struct pg_conn *admin; /* of a database: to another one; holds the lock */
    struct pg_info *info;
    char *lock_path; /* of a file */
    int lock_fd;
    const atomic_int *stop;
};

/* What is asked of a target. */
struct versions_wish {
    const char *target; /* as options.target */
    bool locks;         /* they are to be changed: nobody else may meanwhile */
    int wait_s;         /* for who does; -1: for ever */
    int stall_ms;
    const atomic_int *stop;
};

/* Lists them; a target that is not there has none. To be closed also on failure. */
bool versions_open(struct versions *versions, const struct versions_wish *wish,
                   struct decant_error *err);

/* Puts a former copy in place of the present one, which becomes a former one: a rename, or two in
 * one transaction. DECANT_UNPUBLISHED when somebody does not let go of the present one. */
bool versions_restore(struct versions *versions, const struct version *to,
                      struct decant_error *err);

/* Removes a copy, the one in place too. */
bool versions_drop(struct versions *versions, const struct version *which,
                   struct decant_error *err);

void versions_close(struct versions *versions);

/* The one that a run made; NULL: it is not there. */
const struct version *versions_find(const struct versions *versions, const char *run);
const struct version *versions_current(const struct versions *versions);

/* Is it the name of a run: the time to the second, x, and hexadecimal digits? */
bool version_is_run(const char *name, size_t len);

/* The target that a file or a database was a copy of, by its name; itself, if that is no name of a
 * kept copy. In the arena. */
const char *version_target(struct arena *arena, const char *name);

/* What each kind of target does; `versions` is open. */
struct versions_ops {
    bool (*open)(struct versions *versions, const struct versions_wish *wish, const char *place,
                 struct decant_error *err);
    bool (*restore)(struct versions *versions, const struct version *to, struct decant_error *err);
    bool (*drop)(struct versions *versions, const struct version *which, struct decant_error *err);
    void (*close)(struct versions *versions);
};

extern const struct versions_ops versions_of_file, versions_of_database;

/* The one in place first, then the youngest. */
void versions_sort(struct versions *versions);

/* Adds one to the list, whose texts it copies. */
void versions_add(struct versions *versions, const struct version *version);

/* For who publishes a file: gives the one in place its second name, where it has none: by `run`,
 * or, if that is NULL, by when it was written. */
bool versions_name_file(const char *target, const char *run, struct decant_error *err);

/* Removes former files but the `keep` youngest, first of which counts `replaced`, a name without
 * its folder, or NULL. What cannot be removed is noted. */
void versions_prune_files(const char *target, int keep, const char *replaced, struct notes *notes);

/* The second name of the file in place, without its folder, on the heap; NULL: it has none. */
char *versions_name_of(const char *target);

#endif
