/* SPDX-License-Identifier: PostgreSQL */
/* One value of a row, as the source sent it. */
#ifndef DECANT_VALUE_H
#define DECANT_VALUE_H

#include <stdint.h>

#define DECANT_NULL (-1)

/* `data` is in PostgreSQL's binary format (see row/type.h), or text where the column says so. It
 * belongs to the row and is valid until the next one is read. */
struct decant_value {
    const uint8_t *data;
    int32_t len; /* bytes; DECANT_NULL for SQL NULL */
};

#endif
