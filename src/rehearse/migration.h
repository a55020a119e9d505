/* SPDX-License-Identifier: PostgreSQL */
/* Running a migration against a database that a proxy leads to. */
#ifndef REHEARSE_MIGRATION_H
#define REHEARSE_MIGRATION_H

#include <decant/decant.h>

#include "pg/conn.h"
#include "pg/statement.h"
#include "rehearse/observe.h"

/* Where a database is, and as whom one gets there. */
struct migration_address {
    const char *file; /* of SQLite: the rest is not needed; or NULL */
    const char *host; /* the folder of a socket, or a name; NULL: a proxy of ours at 127.0.0.1 */
    int port;
    const char *user, *database;
    bool keeps_stdout;    /* a command writes where we do; else to stderr */
    const char *passfile; /* of libpq, with the server's password; NULL: it asks for none */
};

/* Sends the statements of files one by one, and stops at the first that fails, which is no error:
 * the observer knows. `info` leads to the proxy. Files are read before the first is run: false
 * where one cannot be, or has commands of psql. */
bool migration_run_files(const struct decant_words *files, const struct pg_info *info,
                         struct observer *observer, const atomic_int *stop,
                         struct decant_error *err);

/* Runs a command with DATABASE_URL, PG*, PGPASSFILE where a password is needed, and what `more`
 * asks for; *status is its exit status. */
bool migration_run_command(const char *const *command, const struct decant_words *more,
                           const struct migration_address *address, const atomic_int *stop,
                           int *status, struct decant_error *err);

/* How the address is spelled for a program: "url", "jdbc" or "dsn"; false: there is no such way, or
 * no such address: Java reaches no socket. */
bool migration_spell(const struct migration_address *address, const char *how, struct buf *out);

#endif
