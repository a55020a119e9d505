/* SPDX-License-Identifier: PostgreSQL */
/* Where a database can be made as large as production. */
#ifndef JOB_VOLUME_H
#define JOB_VOLUME_H

#include "job/internal.h"
#include "volume/hollow.h"

/* Is conn's server the user's own, whose files are ours? `server` then has what is to be known of
 * them; in `arena`. */
bool volume_server(struct decant_job *job, struct pg_conn *conn, struct arena *arena,
                   struct hole_server *server, bool *out, struct decant_error *err);

#endif
