/* SPDX-License-Identifier: PostgreSQL */
/* The relations of a database that is rehearsed on, by number and by name, as they were at the last
 * commit. What a transaction under way has made, only its own session sees. */
#ifndef REHEARSE_RELATIONS_H
#define REHEARSE_RELATIONS_H

#include "base/map.h"
#include "pg/conn.h"
#include "rehearse/record.h"

/* Zeros know nothing yet. */
struct relations {
    struct arena arena;
    struct map by_oid;
    struct relation **list; /* by name */
    int n;
};

/* What there is now, instead of what was known. Sizes take locks: none are asked for while somebody
 * may hold stronger ones. */
bool relations_load(struct pg_conn *conn, bool with_sizes, struct relations *relations,
                    struct decant_error *err);

/* NULL: it is not known. */
const struct relation *relations_find(const struct relations *relations, unsigned oid);
const struct relation *relations_named(const struct relations *relations, const char *name);

void relations_deinit(struct relations *relations);

#endif
