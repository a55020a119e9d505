/* SPDX-License-Identifier: PostgreSQL */
/* Text for people. Names may hold characters that nobody sees: they move the cursor of a terminal,
 * or turn the direction in which a line is read (Unicode TR 36). */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Control characters, line ends included, and marks of direction or of no width. */
bool visible_hides(uint32_t code);

/* Is no such character in the text? */
bool visible_is(const char *text);

/* Appends the text with \u001b for such characters, as JSON writes them. Ends of lines and
 * tabulators stay where the text is of several lines. */
void visible_put(struct buf *out, const char *text, bool has_lines);

#endif
