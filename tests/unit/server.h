/* SPDX-License-Identifier: PostgreSQL */
/*
 * A scripted server: it speaks PostgreSQL's protocol (version 3) on a socket of its own and answers
 * each request with what scripts/NAME.script says, so that catalog, plan, selection and whole pulls
 * are tested without a server, libpq included.
 *
 * With SERVER=FOLDER, the folder of a real server's socket, the same tests run against database
 * NAME there; with RECORD=1, too, what it answers becomes the script (tests/unit/record does both).
 * A script is a text, one message a line:
 *
 *     : server_version 15.18        a parameter that every session begins with
 *     > HASH SELECT ...             a request: of its text and parameters the hash, for people the
 * beginning > = SELECT 1                  the same, written by hand: the whole text, no parameters
 *     | name oid                    columns of a result, separated by tabs
 *     - value value                 a row, as COPY would write it as text
 *     d hexadecimal                 a message of COPY's data
 *     = SELECT 1                    the statement's end
 *     ! C42P01 Mmessage             an error: fields as the protocol calls them
 *     ~ type hexadecimal            any other message
 *
 * A request that a script answers several times gets its answers in their order; the last one is
 * for all that come later.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <sys/types.h>

enum server_fault {
    SERVER_WORKS,
    SERVER_FAILS, /* answers with an error of class 57, as one that is shut down */
    SERVER_DIES,  /* closes the connection without a word */
    SERVER_CUTS,  /* ... in the middle of its answer */
};

struct scripted_server {
    char folder[256], uri[320];
    pid_t pid;
};

/* Starts the server of scripts/NAME.script (in a program that runs in the project's folder). Ends
 * the test when it cannot. */
void server_start(struct scripted_server *server, const char *name);

/* The same; request number `at` (1 is the first, over all connections) goes wrong. 0: none does. */
void server_start_faulty(struct scripted_server *server, const char *name, enum server_fault fault,
                         int at);

/* Stops it. Returns how many requests it was sent; fails the test when one of them was not in the
 * script. */
int server_stop(struct scripted_server *server);

/* The same, where requests of a program in trouble may not be in the script. */
void server_stop_anyhow(struct scripted_server *server);

/* Is the test run against a real server? */
bool server_is_real(void);

#endif
