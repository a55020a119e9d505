/* SPDX-License-Identifier: PostgreSQL */
/* What a PostgreSQL copy needs once its rows are there: positions of sequences, and materialized
 * views. What cannot be done is noted. */
#ifndef LOAD_OBJECTS_H
#define LOAD_OBJECTS_H

#include "catalog/catalog.h"
#include "plan/notes.h"

/* `missing` maps the oids of tables that the target does not have. */
void objects_set_sequences(struct pg_conn *conn, const struct catalog *catalog,
                           const struct map *missing, struct notes *notes);

/* *analyzed is set when the database had to be analyzed for it. */
bool objects_refresh_views(struct pg_conn *conn, struct notes *notes, bool *analyzed,
                           struct decant_error *err);

#endif
