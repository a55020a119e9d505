/* SPDX-License-Identifier: PostgreSQL */
/*
 * One snapshot for all connections of a run. A snapshot alone is not enough: a TRUNCATE, a
 * rewriting ALTER TABLE or a CLUSTER by another session makes a later reader of the same snapshot
 * see no rows, without an error. So the holder locks every relation to be read first (LOCK TABLE
 * takes no snapshot) and only then lets its first query take the snapshot. Relations of which the
 * role may read some columns only are locked by a query for no row of theirs, behind the others:
 * what became of them since the snapshot shows when it is verified.
 */
#ifndef PG_SNAPSHOT_H
#define PG_SNAPSHOT_H

#include "pg/conn.h"

struct pg_relation {
    uint32_t oid;
    const char *schema, *name;
    bool is_partitioned; /* its partitions are locked with it */
    bool is_by_column;   /* this role may read some of its columns: LOCK TABLE is not for it */
};

/* Begins a REPEATABLE READ, READ ONLY transaction on `conn`, takes ACCESS SHARE locks and exports
 * the snapshot; `id` is appended, and `at_s` is the server's time just before
 * it, in seconds since 1970. DECANT_UNAVAILABLE, naming the relation, when a lock is not to be had
 * in time. */
bool snapshot_begin(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
                    int lock_timeout_ms, struct buf *id, double *at_s, struct decant_error *err);

/* Are the locked relations those of the snapshot, on the same files? A false *same wants another
 * snapshot. */
bool snapshot_verify(struct pg_conn *conn, const struct pg_relation *relations, int nrelations,
                     bool *same, struct decant_error *err);

/* May another connection import a snapshot on a hot standby of this release, without harm to what
 * everybody sees there? */
bool snapshot_may_be_imported(int version);

/* Makes another connection read the exported snapshot. */
bool snapshot_attach(struct pg_conn *conn, const char *id, struct decant_error *err);

/* Appends the name of a relation for which a session is waiting because a session whose
 * application_name begins with `application` is in its way; nothing when there is none. */
bool snapshot_find_waiter(struct pg_conn *conn, const char *application, struct buf *relation,
                          struct decant_error *err);

#endif
