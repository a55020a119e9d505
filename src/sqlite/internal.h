/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share. */
#ifndef SQLITE_INTERNAL_H
#define SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "sqlite/db.h"

struct db {
    sqlite3 *handle;
    char *path;
    const atomic_int *stop;
    int last_code; /* extended, of the last failure */
};

struct db_stmt {
    sqlite3_stmt *prepared;
    struct db *db;
    int bind_code; /* of a parameter that could not be bound; SQLITE_OK: none */
};

/* Describes the failure of the last call. */
bool db_error(struct db *db, int code, struct decant_error *err);

#endif
