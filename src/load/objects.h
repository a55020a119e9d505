/* SPDX-License-Identifier: PostgreSQL */
/* What a PostgreSQL copy needs once its rows are there: positions of sequences, and materialized
 * views. What cannot be done is noted. */
#ifndef LOAD_OBJECTS_H
#define LOAD_OBJECTS_H

#include "base/task.h"
#include "load/sink.h"
#include "plan/plan.h"

/* Where the sequences of a copy go on. `missing` maps the oids of tables that the target does not
 * have; `is_sample`: not all rows are there. */
void objects_set_sequences(struct pg_conn *conn, const struct plan *plan, bool is_sample,
                           const struct map *missing, struct notes *notes);

/* *analyzed is set when the database had to be analyzed for it, which `analyze` does. */
bool objects_refresh_views(struct pg_conn *conn, const struct task *analyze, struct notes *notes,
                           bool *analyzed, struct decant_error *err);

/* Notes what no dump of the schema has. */
void objects_note_left_out(const struct sink_env *env);

/* Notes that functions of the source's schema run with all rights, where they do. */
bool objects_note_rights(struct pg_conn *copy, const struct sink_env *env,
                         struct decant_error *err);

#endif
