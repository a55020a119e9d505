/* SPDX-License-Identifier: PostgreSQL */
/* Settings with which sessions of the source's database begin: those that change what statements
 * mean are set on a PostgreSQL copy, too; the others are told. */
#ifndef LOAD_SETTINGS_H
#define LOAD_SETTINGS_H

#include "load/sink.h"

/* Sets them on the database `copy`, which `admin` may alter; what was not set is noted. */
bool settings_set(struct pg_conn *admin, const char *copy, const struct sink_env *env,
                  struct decant_error *err);

/* Would settings_set() set it, whatever its value? */
bool settings_are_taken(const char *name);

#endif
