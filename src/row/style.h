/* SPDX-License-Identifier: PostgreSQL */
/* How a scalar becomes the text that PostgreSQL itself would print: what all such functions share.
 */
#ifndef ROW_STYLE_H
#define ROW_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include <decant/value.h>

#include "base/buf.h"

/* What a renderer must know besides the value. */
struct text_style {
    int money_scale; /* digits behind the point in lc_monetary */
};

/* Appends the text; false when `value` is malformed. */
#define SCALAR_TEXT_FUNCTION(name)                                                                 \
    bool name(const struct decant_value *value, const struct text_style *style, struct buf *out)

#endif
