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
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "row/type.h"

#define VALUE(text)                                                                                \
    (struct decant_value)                                                                          \
    {                                                                                              \
        .data = (const uint8_t *)(text), .len = (int32_t)(sizeof(text) - 1)                        \
    }

/* A new folder beside other temporary ones. */
static inline bool
make_folder(char *out, size_t size)
{
    const char *where = getenv("TMPDIR");
    int n = snprintf(out, size, "%s/decant-unit-XXXXXX", where != NULL ? where : "/tmp");
    return n < (int)size && mkdtemp(out) != NULL;
}

/* With all that is in it; 0 when it is gone. */
static inline int
remove_folder(const char *path)
{
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    return system(command);
}

static inline struct decant_value
big_endian(uint64_t n, int len, uint8_t out[8])
{
    for (int i = len - 1; i >= 0; i--, n >>= 8)
        out[i] = (uint8_t)n;
    return (struct decant_value){ .data = out, .len = len };
}

#endif
