/* SPDX-License-Identifier: PostgreSQL */
/* Messages of PostgreSQL's protocol, version 3: chapter 55 of its manual (53 before release 17).
 * Each is a byte for its type, four for its length, which counts itself, and its body; what opens a
 * connection has no type. */
#ifndef PROXY_MESSAGE_H
#define PROXY_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A message inside the bytes it was read from. */
struct message {
    char type; /* '\0': it opens a connection */
    const char *body;
    size_t len;   /* of the body */
    size_t whole; /* of the message */
};

enum message_found { MESSAGE_WHOLE, MESSAGE_PART, MESSAGE_BAD };

/* Looks at the first message of `data`. MESSAGE_PART: more is needed; where five bytes are there,
 * type, len and whole are already known. MESSAGE_BAD: no length that the protocol allows. */
enum message_found message_read(const char *data, size_t len, struct message *out);
enum message_found message_read_opening(const char *data, size_t len, struct message *out);

/* What an opening asks for: its first four bytes. */
enum opening {
    OPENING_SESSION = 196608, /* 3.0; later minor versions count up from it */
    OPENING_CANCEL = 80877102,
    OPENING_TLS = 80877103,
    OPENING_GSS = 80877104,
};
uint32_t message_code(const struct message *message);

/* A parameter of an opening; NULL: there is none. Inside the message. */
const char *message_parameter(const struct message *message, const char *name);

/* A field of an ErrorResponse; NULL: there is none. Inside the message. */
const char *message_field(const struct message *message, char field);

/* The string at *at of the body, and *at behind it; NULL: none ends there. */
const char *message_string(const struct message *message, size_t *at);

/* The fields of a DataRow, at most `most`, appended to `cells` with NUL behind each; NULL is "".
 * Their number, or -1 when the message is not well-formed. */
int message_row(const struct message *message, struct buf *cells, int most);

/* ---- writing; each appends one message */

void message_put(struct buf *out, char type, const void *body, size_t len);
void message_put_parse(struct buf *out, const char *name, const char *sql, size_t len);
void message_put_bind(struct buf *out, const char *portal, const char *name);
void message_put_named(struct buf *out, char type, char kind, const char *name);
void message_put_execute(struct buf *out, const char *portal);
void message_put_error(struct buf *out, const char *sqlstate, const char *text);

#endif
