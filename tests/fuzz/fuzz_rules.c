/* SPDX-License-Identifier: PostgreSQL */
/* Any text as a file of rules: it is read, or refused with a place in the file. */
#include <assert.h>
#include <string.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (rules_parse("f", (const char *)data, size, &rules, &err))
        assert(rules != NULL);
    else
        assert(err.code == DECANT_USAGE && strncmp(err.message, "f:", 2) == 0);
    rules_free(rules);
    return 0;
}
