/* SPDX-License-Identifier: PostgreSQL */
/* From text to PostgreSQL's binary form, for values that decant makes. */
#ifndef ROW_ENCODE_H
#define ROW_ENCODE_H

#include "base/buf.h"
#include "row/type.h"

/* Appends a numeric: digits with a point and a sign at most. False for anything else. */
bool encode_numeric(const char *text, size_t len, struct buf *out);

/* Appends the binary form of a number's text; of SCALAR_NUMERIC, FLOAT4, FLOAT8. */
bool encode_number(enum scalar_id scalar, const char *text, size_t len, struct buf *out);

/* Likewise of what the server prints of a uuid, a bytea in hexadecimal, a macaddr or macaddr8, and
 * an inet (a cidr with `is_cidr`). */
bool encode_hex(const char *text, size_t len, struct buf *out); /* dashes and colons are skipped */
bool encode_bytea(const char *text, size_t len, struct buf *out);
bool encode_network(const char *text, bool is_cidr, struct buf *out);

#endif
