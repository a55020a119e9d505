/* SPDX-License-Identifier: PostgreSQL */
/* Any text as a line of pg_restore -l, as a message of a server, and as an archive. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/restore.h"
#include "load/restore_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = mem_alloc(size + 1);
    if (size > 0)
        memcpy(line, data, size);
    const char *entry = restore_entry(line);
    assert(entry == NULL || (entry > line && entry <= line + strlen(line)));
    struct buf message = { 0 };
    restore_clear_message(line, &message);
    buf_deinit(&message);
    restore_drop_internal_options(line, size);
    free(line);
    return 0;
}
