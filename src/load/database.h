/* SPDX-License-Identifier: PostgreSQL */
/* Databases of the target server: the new one beside the old, their swap, what moves over. All
 * functions work through `admin`, a connection to the maintenance database. */
#ifndef LOAD_DATABASE_H
#define LOAD_DATABASE_H

#include "load/sink.h"

/* Name of the database under construction, and of the previous copies of `target`. In the arena. */
const char *database_new_name(struct arena *arena, const char *target, const char *run);
const char *database_previous_name(struct arena *arena, const char *target, const char *run);

/* The same of clones that wait for a program, and of those that have one; see load/lent.h. */
const char *database_pool_name(struct arena *arena, const char *target, const char *run);
const char *database_lent_name(struct arena *arena, const char *target, const char *run);

/* The run that made a database; appends nothing when decant did not make it, or it does not exist.
 */
bool database_mark(struct pg_conn *admin, const char *name, struct buf *run,
                   struct decant_error *err);
bool database_set_mark(struct pg_conn *admin, const char *name, const char *run,
                       struct decant_error *err);

bool database_exists(struct pg_conn *admin, const char *name, bool *exists,
                     struct decant_error *err);

/* Takes the lock of a target (an advisory lock that ends with the connection). */
bool database_lock(struct pg_conn *admin, const char *target, int wait_s, struct decant_error *err);

/* The same at once: *got, nobody else has it. */
bool database_try_lock(struct pg_conn *admin, const char *target, bool *got,
                       struct decant_error *err);

/* Drops what killed runs left behind. */
bool database_drop_leftovers(struct pg_conn *admin, const char *target, struct decant_error *err);
bool database_drop(struct pg_conn *admin, const char *name, struct decant_error *err);

/* Makes the database `to` of what `from` has, which nobody may be connected to: by copying its
 * files between two checkpoints, or through WAL, which is faster for small ones. */
bool database_copy(struct pg_conn *admin, const char *from, const char *to, bool by_files,
                   struct decant_error *err);

/* A database of the same rows as `target`, which nobody may be connected to meanwhile; it belongs
 * to whoever `admin` is, who holds it until the connection ends. *name is in the arena; a second
 * one at once has a 'p' behind its run. */
bool database_clone(struct pg_conn *admin, struct arena *arena, const char *target, const char *run,
                    const char **name, struct decant_error *err);

/* Gives a clone a name under which it stays; *name is in the arena. */
bool database_keep_clone(struct pg_conn *admin, struct arena *arena, const char *clone,
                         const char *target, const char *run, const char **name,
                         struct decant_error *err);

bool database_rename(struct pg_conn *admin, const char *from, const char *to,
                     struct decant_error *err);

/* Drops clones of `target` that nobody holds: those of runs that were killed. */
bool database_drop_clones(struct pg_conn *admin, const char *target, struct decant_error *err);

/* With the encoding and locale of the source; a locale that the server lacks becomes C.UTF-8 or C,
 * which is noted. */
bool database_create(struct pg_conn *admin, const char *name, const char *owner,
                     const struct server *source, struct notes *notes, struct decant_error *err);

/* Settings, comment, connection limit and grants of `from` for `to`; objects' grants go through
 * `old` and `new`, connections to the two. What cannot be set is noted. */
bool database_carry(struct pg_conn *admin, struct pg_conn *old, struct pg_conn *new,
                    const char *from, const char *to, struct notes *notes,
                    struct decant_error *err);

/* Renames `name` to `previous` (if it exists) and `new` to `name`, in one transaction, ending the
 * sessions of clients meanwhile through `killer`. */
bool database_swap(struct pg_conn *admin, struct pg_conn *killer, const char *name, const char *new,
                   const char *previous, struct decant_error *err);

/* Previous copies of `target`, the newest first: their names in the first column. */
struct pg_result *database_list_previous(struct pg_conn *admin, const char *target,
                                         struct decant_error *err);

/* Drops previous copies but for the newest `keep`, first of which counts `replaced`, or NULL. */
void database_drop_previous(struct pg_conn *admin, const char *target, int keep,
                            const char *replaced, struct notes *notes);

/* While a database is under construction its commits need not survive a crash; the commit that
 * publishes it is durable. */
bool database_set_lazy(struct pg_conn *admin, const char *name, bool is_lazy,
                       struct decant_error *err);

#endif
