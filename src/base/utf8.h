/* SPDX-License-Identifier: PostgreSQL */
/* Characters of UTF-8. Bytes that are no UTF-8 count as one character each and pass unchanged. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

size_t utf8_length(const char *text, size_t len);           /* in characters */
size_t utf8_prefix(const char *text, size_t len, size_t n); /* bytes of the first n */

/* Has it characters of ASCII only? */
bool utf8_is_ascii(const char *text, size_t len);

/* `len` without the beginning of a character at the end, where a text was cut. */
size_t utf8_whole(const char *text, size_t len);

/* Decodes the character at the beginning; *code is 0xFFFFFFFF for a byte that is none. Returns its
 * length in bytes, at least 1; `len` is at least 1. */
size_t utf8_decode(const char *text, size_t len, uint32_t *code);
void utf8_put(uint32_t code, struct buf *out);

/* Appends the text in lower case, as far as that is one character for one: Latin, Greek, Cyrillic.
 */
void utf8_lower(const char *text, size_t len, struct buf *out);

/* The text with one blank for each run of white space, also of characters beyond ASCII; itself
 * where it has no other. *len is its length, `scratch` may hold it. */
const char *utf8_plain_blanks(const char *text, size_t *len, struct buf *scratch);

/* What a character beyond ASCII is to words: a letter (of any script, or what is malformed), a sign
 * that stands inside them (an apostrophe, a hyphen), or one that parts them: punctuation, quotation
 * marks, blanks, pictures. *n is its bytes, at least 1; `len` is at least 1. By Unicode's blocks:
 * Latin-1 Supplement, General Punctuation to Dingbats and Arrows, CJK Symbols, Fullwidth Forms, and
 * the pictographs of plane 1. */
enum utf8_part { UTF8_LETTER, UTF8_INSIDE, UTF8_BETWEEN };
enum utf8_part utf8_part_at(const char *text, size_t len, size_t *n);

#endif
