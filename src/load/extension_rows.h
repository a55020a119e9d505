/* SPDX-License-Identifier: PostgreSQL */
/* Rows that users added to the tables of extensions: settings of jobs, codes of places. pg_dump
 * carries those that the extension's author says are the users'. */
#ifndef LOAD_EXTENSION_ROWS_H
#define LOAD_EXTENSION_ROWS_H

#include "load/sink.h"

/* Copies them where nothing is masked, for no rule speaks of them; else, and where a server does
 * not allow it, their number is noted. In text, as pg_dump does: oids of the source mean nothing.
 */
void extension_rows_carry(struct pg_conn *copy, const struct sink_env *env);

/* Notes all of them: a copy that has no extensions. */
void extension_rows_note(const struct catalog *catalog, struct notes *notes);

#endif
