/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: sessions, and how bytes wait in them. */
#ifndef PROXY_INTERNAL_H
#define PROXY_INTERNAL_H

#include "pg/statement.h"
#include "proxy/message.h"
#include "proxy/proxy.h"

/* Bytes on their way; those before `at` are gone. */
struct stream {
    struct buf bytes;
    size_t at;
    size_t passing; /* bytes of a message whose beginning was passed on, still to come */
};

/* One direction of a socket each. */
struct end {
    int fd; /* below 0: closed */
    struct stream in, out;
    bool is_over; /* it will send nothing more */
};

/* What the program's messages are waiting for. */
enum wait {
    WAIT_PROGRAM, /* nothing: the next one is taken */
    WAIT_STEP,    /* the end of the statement that was executed */
    WAIT_COPY,    /* the program's rows, and then that end */
    WAIT_LOOK,    /* the rows of a look */
    WAIT_READY,   /* ReadyForQuery */
    WAIT_UNDONE,  /* the same, of a ROLLBACK, behind which the whole string is sent */
};

/* How what the program sent is run. */
enum unit {
    UNIT_NONE,
    UNIT_WHOLE,   /* as it is */
    UNIT_ALONE,   /* a simple query of one statement, by the extended protocol */
    UNIT_SEVERAL, /* a simple query of several, one by one */
    UNIT_PARTS,   /* the program speaks the extended protocol itself */
};

/* A prepared statement or a portal, and its text; both on the heap. */
struct named {
    char *name, *text;
};

struct names {
    struct named *items;
    size_t n;
};

struct session {
    struct proxy *proxy;
    int number;
    int pid;
    bool is_open;    /* the server knows it */
    bool is_request; /* to cancel: nothing comes back */
    bool is_refused;
    struct end program, server;
    enum wait wait;
    enum unit unit;
    char status;    /* of the last ReadyForQuery; '\0' before the first */
    bool is_blind;  /* a look failed: no other one is taken */
    bool is_replay; /* what runs was told already */

    struct names statements, portals;
    size_t parsed; /* the statement that came last */

    char *text; /* of the simple query that runs */
    struct statement *pieces;
    int npieces, piece; /* piece -1: the BEGIN before them, npieces: the COMMIT */
    bool is_wrapped;    /* BEGIN and COMMIT are ours */

    struct buf held;  /* for the program, until it is known how the transaction ended */
    bool is_failed;   /* the step that runs */
    bool is_skipping; /* the server drops what comes before Sync */
    bool is_running;  /* a statement that was told has not ended */
    bool has_parsed;  /* ... and one was sent since the last that was executed */
    bool is_final;    /* what failed must not be run again: it was cancelled, or its time was up */
    bool wants_look;
    int closes; /* CloseComplete that a look still gets */
    struct buf cells;
    int nrows;
};

/* session.c: what came in is worked on; false: it is over. */
bool session_work(struct session *session);
void session_free(struct session *session);
void session_release(struct session *session); /* what waits for the program goes to it */
void session_shift(struct stream *stream);     /* forgets what is gone, now and then */

/* May bytes of that side be read? Not while those before them cannot go on. */
bool session_takes(const struct session *session, bool from_program);

/* look.c: a look in the program's session. */
void look_begin(struct session *session, bool in_block);
bool look_take(struct session *session, const struct message *message); /* true: it is over */

/* cut.c: how a simple query is run. Sets the session's unit and pieces. */
void cut_query(struct session *session, const char *text);
void cut_end(struct session *session);

/* upstream.c: connecting to the server, and who connected to us. */
int upstream_connect(const struct proxy_upstream *upstream, struct decant_error *err);
bool upstream_is_own_user(int fd); /* of the other end of a loopback connection: ours or root's */

/* proxy.c */
const struct proxy_observer *proxy_observer(const struct proxy *proxy);
const struct proxy_upstream *proxy_upstream(const struct proxy *proxy);
bool proxy_is_looking(const struct proxy *proxy); /* does any session wait for a look? */

#endif
