/* SPDX-License-Identifier: PostgreSQL */
/* A PostgreSQL server of the user's own, for copies and rehearsals: one cluster in the state
 * directory, on a Unix socket in a folder that nobody else can enter, as an ordinary user. Whoever
 * runs as root has it run as the user postgres, in /var/lib. It goes on until it is stopped. */
#ifndef SERVER_CLUSTER_H
#define SERVER_CLUSTER_H

#include "base/buf.h"
#include "pg/conn.h"

struct cluster {
    char folder[200]; /* data, socket, log and lock are in it */
    char bin[512];    /* of initdb and pg_ctl */
    bool as_postgres; /* we are root */
};

/* Where it is, and with which programs: those of its data, else the newest, or those of `bindir`.
 * DECANT_REFUSED when there are none, or no place for it. */
bool cluster_find(const char *bindir, struct cluster *out, struct decant_error *err);

/* Makes it if it is not there, and starts it if it does not run. */
bool cluster_start(const struct cluster *home, struct decant_error *err);
bool cluster_stop(const struct cluster *home, struct decant_error *err);
bool cluster_is_running(const struct cluster *home, bool *out, struct decant_error *err);

/* Is this where the connection goes? Then `data` gets the folder of its data. */
bool cluster_is_of(const struct cluster *home, const struct pg_conn *conn, char data[300]);

/* Appends how libpq reaches a database of it. */
void cluster_put_address(const struct cluster *home, const char *database, struct buf *out);
void cluster_put_url(const struct cluster *home, const char *database, struct buf *out);

#endif
