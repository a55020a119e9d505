/* SPDX-License-Identifier: PostgreSQL */
/* Others who use the tables meanwhile: for each table that a migration touches, one who reads and
 * one who writes, twenty times a second. They take the lock that reading or writing takes, and
 * nothing else: no row is touched and no trigger runs. */
#ifndef REHEARSE_PROBE_H
#define REHEARSE_PROBE_H

#include <stdatomic.h>

#include "pg/conn.h"
#include "rehearse/rehearsal.h"

struct probes;

/* `info` leads to the database itself, and must outlive them. */
struct probes *probes_new(const struct pg_info *info);

/* From now on the table is used by two more; `probes` is a struct probes. Any thread may call it.
 */
void probes_touch(void *probes, const char *name, char kind);

/* Ends them, and adds what they felt. NULL is allowed. */
void probes_end(struct probes *probes, struct rehearsal *rehearsal);

/* A long report: a session that has read every table in one snapshot, and goes on for so long. */
struct reader;
struct reader *reader_new(const struct pg_info *info, int ms, struct decant_error *err);
void reader_free(struct reader *reader); /* ends it; NULL is allowed */

#endif
