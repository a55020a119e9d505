/* SPDX-License-Identifier: PostgreSQL */
/* What every unit test needs. Facts are named after what they prove. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "row/type.h"

#define VALUE(text)                                                                                \
    (struct decant_value)                                                                          \
    {                                                                                              \
        .data = (const uint8_t *)(text), .len = (int32_t)(sizeof(text) - 1)                        \
    }

static inline struct decant_value
big_endian(uint64_t n, int len, uint8_t out[8])
{
    for (int i = len - 1; i >= 0; i--, n >>= 8)
        out[i] = (uint8_t)n;
    return (struct decant_value){ .data = out, .len = len };
}

#endif
