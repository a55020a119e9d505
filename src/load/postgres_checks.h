/* SPDX-License-Identifier: PostgreSQL */
/* What a PostgreSQL copy cannot prove by having made its constraints. */
#ifndef LOAD_POSTGRES_CHECKS_H
#define LOAD_POSTGRES_CHECKS_H

#include "load/sink.h"

/* A foreign key that could not be made must be broken by the same rows of the source (in a sample,
 * by at most as many); one that is NOT VALID may be. Others are not asked about unless
 * `are_doubtful`, because something was not restored; nor those of tables whose oids `missing` has.
 * Sets key->orphans; DECANT_CHECK when they differ. `copy` is connected to the copy. */
bool postgres_check_keys(struct pg_conn *copy, const struct sink_env *env,
                         const struct map *missing, bool are_doubtful, struct decant_error *err);

/* A unique index over masked columns must be there: were it not, masks would have given two rows
 * one key. One whose entries are longer than an index takes may be missing: the restore noted it.
 */
bool postgres_check_indexes(struct pg_conn *copy, const struct sink_env *env,
                            struct decant_error *err);

#endif
