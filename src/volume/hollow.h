/* SPDX-License-Identifier: PostgreSQL */
/* Makes relations as large as they are to be, without a row more. */
#ifndef VOLUME_HOLLOW_H
#define VOLUME_HOLLOW_H

#include "volume/volume.h"

/* How conn's server cuts files: what is missing in `out` but for the folder. */
bool hollow_look(struct pg_conn *conn, struct hole_server *out, struct decant_error *err);

/* Sets statistics and sizes. Nobody may write to a table meanwhile: that is waited for, a second,
 * and refused. A kill leaves some relations large, which the next call completes. The connection is
 * a superuser's. */
bool hollow_make(struct pg_conn *conn, const struct hole_server *server,
                 const struct volume *volume, struct decant_error *err);

/* For a database that is to stay hollow: VACUUM would cut the holes off, and ANALYZE would count
 * what there is. To be called before hollow_make(); the database keeps what is to be undone. */
bool hollow_keep(struct pg_conn *conn, const struct volume *volume, struct decant_error *err);

/* Is a database to stay hollow? */
bool hollow_is_kept(struct pg_conn *conn, const char *database, bool *out,
                    struct decant_error *err);

/* The way back: the tables are written again, with what is in them, and analyzed. */
bool hollow_undo(struct pg_conn *conn, struct decant_error *err);

#endif
