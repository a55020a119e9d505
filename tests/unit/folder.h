/* SPDX-License-Identifier: PostgreSQL */
/* A group of tests in a folder of its own, which is the current one: cmocka's setup and teardown of
 * the group, and of each test that wants it empty. */
#ifndef FOLDER_H
#define FOLDER_H

#include <unistd.h>

#include "unit.h"

static inline int
folder_enter(void **state)
{
    static char folder[256];
    *state = folder;
    return !make_folder(folder, sizeof folder) || chdir(folder) != 0;
}

static inline int
folder_leave(void **state)
{
    return chdir("/") != 0 || remove_folder(*state) != 0;
}

static inline int
folder_clear(void **state)
{
    (void)state;
    return system("rm -rf ./* ./.[a-z]*") != 0;
}

#endif
