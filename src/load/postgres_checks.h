/* SPDX-License-Identifier: PostgreSQL */
/* What a PostgreSQL copy cannot prove by having made its constraints. */
#ifndef LOAD_POSTGRES_CHECKS_H
#define LOAD_POSTGRES_CHECKS_H

#include "load/sink.h"

/* A foreign key that could not be made must be broken by the same rows of the source (in a sample,
 * by at most as many); one that is NOT VALID may be. Sets key->orphans; DECANT_CHECK when they
 * differ. `copy` is connected to the copy. */
bool postgres_check_key(struct pg_conn *copy, const struct sink_env *env, struct plan_key *key,
                        struct decant_error *err);

/* A unique index over masked columns must be there: were it not, masks would have given two rows
 * one key. One whose entries are longer than an index takes may be missing: the restore noted it.
 */
bool postgres_check_indexes(struct pg_conn *copy, const struct sink_env *env,
                            struct decant_error *err);

#endif
