/* SPDX-License-Identifier: PostgreSQL */
/* Values of any decodable type to text and to JSON. */
#ifndef ROW_CODEC_H
#define ROW_CODEC_H

#include "row/type.h"

/* Appends the text that PostgreSQL would print. `value` is not NULL. False when it is malformed;
 * `out` then holds a part of it. */
bool codec_text(const struct type *type, const struct decant_value *value,
                const struct text_style *style, struct buf *out);

/*
 * Appends an array as JSON: nested for more dimensions; numbers as JSON numbers while a double can
 * hold them, else as strings; the text of PostgreSQL for everything else. *lower_bounds is set when
 * a lower bound is not 1: JSON cannot say so.
 */
bool codec_array_json(const struct type *type, const struct decant_value *value,
                      const struct text_style *style, struct buf *out, bool *lower_bounds);

#endif
