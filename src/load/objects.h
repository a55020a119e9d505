/* SPDX-License-Identifier: PostgreSQL */
/* What a PostgreSQL copy needs once its rows are there: positions of sequences, materialized views,
 * statistics. What cannot be done is noted. */
#ifndef LOAD_OBJECTS_H
#define LOAD_OBJECTS_H

#include "catalog/catalog.h"
#include "plan/notes.h"

/* `missing` maps the oids of tables that the target does not have. */
void objects_set_sequences(struct pg_conn *conn, const struct catalog *catalog,
                           const struct map *missing, struct notes *notes);

bool objects_refresh_views(struct pg_conn *conn, struct notes *notes, struct decant_error *err);

/* Statistics of what did not exist when the rows were loaded. */
bool objects_analyze(struct pg_conn *conn, struct decant_error *err);

#endif
