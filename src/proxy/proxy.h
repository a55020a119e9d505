/* SPDX-License-Identifier: PostgreSQL */
/*
 * A proxy that stands between a program and its PostgreSQL server, on loopback, and lets somebody
 * look at each transaction before it ends. What the program gets is what the server would have sent
 * it, byte for byte; only the time differs.
 *
 * Locks are held until the transaction ends, so they are complete between a statement and that end.
 * Inside a transaction block the look is taken, in the session itself, before the program learns
 * that the server is ready. A statement outside one is run by the extended protocol, in which the
 * transaction stays open until Sync: the look is taken before that. A string of several statements
 * is run one by one in a transaction block, as the server would run it; where one fails, all is
 * rolled back and the string is sent whole, so that the program gets the error that it would have
 * got. Strings that cannot be cut so go through whole: their looks are missing, and they are
 * marked.
 */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A statement as it passes by. */
struct proxy_statement {
    int session; /* its number, from 0 */
    int pid;     /* of the backend */
    const char *text;
    size_t len;
    bool is_whole; /* several statements in one string, which no look can part */
};

/* How it ended: the command tag, or what the server said, each "" where it did not. */
struct proxy_end {
    const char *tag;
    const char *sqlstate, *schema, *table, *column, *constraint, *datatype;
    bool is_in_block; /* the transaction goes on after it */
};

/* The rows of a look: `n` of `ncolumns` strings each, NULL as "". */
struct proxy_rows {
    int n, ncolumns;
    const char *const *cells;
};

/* Who looks. All are called by the thread that runs the proxy; a NULL one is not called. */
struct proxy_observer {
    void *ctx;
    const char *look; /* one statement without parameters, run in the program's session; every name
                         in it is to be qualified */
    int columns;      /* of its result */

    void (*begun)(void *ctx, const struct proxy_statement *statement);
    bool (*ended)(void *ctx, int session, const struct proxy_end *end);    /* true: look now */
    void (*looked)(void *ctx, int session, const struct proxy_rows *rows); /* NULL: it failed */
    void (*settled)(void *ctx, int session, bool is_in_block); /* the program may go on */
    void (*left)(void *ctx, int session);
    int (*tick)(void *ctx); /* milliseconds until it wants to be called again */
};

/* Where the server is. */
struct proxy_upstream {
    const char *host; /* a directory that begins with a slash, or an address or name */
    const char *port;
    const char *database, *user; /* nobody gets through to others */
};

struct proxy;

/* Listens on 127.0.0.1. The strings and the observer must outlive it. */
bool proxy_new(const struct proxy_upstream *upstream, const struct proxy_observer *observer,
               struct proxy **out, struct decant_error *err);
int proxy_port(const struct proxy *proxy);

/* Serves until *stop is set, and then until the last session has said what it had to say, at most
 * two seconds. */
bool proxy_run(struct proxy *proxy, const atomic_int *stop, struct decant_error *err);
void proxy_free(struct proxy *proxy); /* NULL is allowed */

#endif
