/* SPDX-License-Identifier: PostgreSQL */
/* Writing JSON: strings with the escapes of RFC 8259, and objects of one line. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A quoted string; `data` is UTF-8. */
void json_string(struct buf *out, const char *data, size_t len);

/* Appends what stands between the quotes of a string, without its escapes; those that are none
 * stay.
 */
void json_unescape(struct buf *out, const char *data, size_t len);

/* Members of an object: a comma is put where one is needed. A NULL string is left out. */
void json_member_string(struct buf *out, const char *name, const char *value);
void json_member_int(struct buf *out, const char *name, int64_t value);
void json_member_double(struct buf *out, const char *name, double value);

/* A time as ISO 8601 has it, in UTC; 0 is left out. */
void json_member_time(struct buf *out, const char *name, int64_t s);

#endif
