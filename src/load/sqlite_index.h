/* SPDX-License-Identifier: PostgreSQL */
/* The indexes of a SQLite copy that is under construction. */
#ifndef LOAD_SQLITE_INDEX_H
#define LOAD_SQLITE_INDEX_H

#include "load/ddl_sqlite.h"
#include "sqlite/db.h"

/* Makes them over the rows that are there. One whose keys SQLite calls equal is made without
 * UNIQUE, and noted; keys that refer to it are left out. DECANT_CHECK where masks made them so. */
bool sqlite_indexes_create(struct db *db, struct sqlite_schema *schema, struct notes *notes,
                           struct decant_error *err);

#endif
