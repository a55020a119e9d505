/* SPDX-License-Identifier: PostgreSQL */
/* Any bytes as a COPY BINARY of as many columns as the first byte says: every value that is handed
 * out lies inside the input. */
#include <assert.h>

#include "pg/copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decant_value values[256];
    if (size == 0)
        return 0;
    int ncolumns = data[0];
    const uint8_t *p = data + 1, *end = data + size;
    size_t left = size - 1;
    if (pg_skip_header(&p, &left) < 0)
        return 0;
    while (pg_split_row(&p, &left, ncolumns, values) > 0) {
        assert(p + left == end);
        for (int i = 0; i < ncolumns; i++) {
            assert(values[i].len >= DECANT_NULL);
            assert(values[i].len == DECANT_NULL || values[i].data + values[i].len <= p);
        }
    }
    return 0;
}
