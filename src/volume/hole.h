/* SPDX-License-Identifier: PostgreSQL */
/* Files of relations that are larger than what was ever written to them. */
#ifndef VOLUME_HOLE_H
#define VOLUME_HOLE_H

#include <stdint.h>

#include "base/error.h"

/* A server's data directory, and how it cuts files. */
struct hole_server {
    const char *folder;
    int page_bytes;
    int64_t segment_pages; /* of each file but the last of a relation */
};

/* Makes the files of a relation at least `pages` long; `path` is below the folder, as
 * pg_relation_filepath() says it. What is new takes no room and reads as zeros, which the server
 * takes for pages that nobody has used yet. Nothing is made shorter. New files belong to the owner
 * of the folder, as whose rights all of it is done. Nobody may write to the relation meanwhile. */
bool hole_extend(const struct hole_server *server, const char *path, int64_t pages,
                 struct decant_error *err);

#endif
