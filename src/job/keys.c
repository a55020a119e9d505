/* SPDX-License-Identifier: PostgreSQL */
#include <decant/decant.h>

#include "key/key.h"

#pragma GCC visibility push(default)

bool
decant_key_new(const char *path, char **created, char id[9], struct decant_error *err)
{
    return key_create(path, created, id, err);
}

#pragma GCC visibility pop
