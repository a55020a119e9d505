/* SPDX-License-Identifier: PostgreSQL */
/* Text of the scalars that need no arithmetic. The signature is scalar.text's (row/type.h); the
 * wire forms are those of the *_send functions in src/backend/utils/adt. */
#ifndef ROW_PLAIN_H
#define ROW_PLAIN_H

#include "row/style.h"

SCALAR_TEXT_FUNCTION(plain_bool_text);
SCALAR_TEXT_FUNCTION(plain_char_text);
SCALAR_TEXT_FUNCTION(plain_text);
SCALAR_TEXT_FUNCTION(plain_bytea_text);
SCALAR_TEXT_FUNCTION(plain_uuid_text);
SCALAR_TEXT_FUNCTION(plain_jsonb_text);
SCALAR_TEXT_FUNCTION(plain_bit_text);

/* Appends `len` bytes as lower-case hexadecimal digits. */
void plain_hex(const uint8_t *data, size_t len, struct buf *out);

/* Is it valid UTF-8 without a NUL byte (which no text of PostgreSQL contains)? */
bool plain_is_utf8(const uint8_t *data, size_t len);

#endif
