/* SPDX-License-Identifier: PostgreSQL */
/* Settings with which sessions of the source's database begin: those that change what statements
 * mean are set on a PostgreSQL copy, too; the others are told. */
#ifndef LOAD_SETTINGS_H
#define LOAD_SETTINGS_H

#include "load/sink.h"

/* Sets them on the database `copy`, which `admin` may alter; what was not set is noted. */
bool settings_set(struct pg_conn *admin, const char *copy, const struct sink_env *env,
                  struct decant_error *err);

/* Gives the database `to` what sessions of `from`, on the same server, begin with and `to` has not.
 * What cannot be set is noted. */
bool settings_carry(struct pg_conn *admin, const char *from, const char *to, struct notes *notes,
                    struct decant_error *err);

/* Appends a value as SET takes it. It is the database owner's, who may have written anything. */
void settings_put_value(const char *name, const char *value, struct buf *out);

/* Would settings_set() set it, whatever its value? */
bool settings_are_taken(const char *name);

#endif
