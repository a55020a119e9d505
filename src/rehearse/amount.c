/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/amount.h"

#include <assert.h>

const char *
amount_ms(struct arena *arena, double ms)
{
    assert(arena != NULL);
    if (ms < 9.95)
        return arena_printf(arena, "%.1f ms", ms);
    if (ms < 999.5)
        return arena_printf(arena, "%.0f ms", ms);
    return ms < 99950 ? arena_printf(arena, "%.1f s", ms / 1000)
                      : arena_printf(arena, "%.0f s", ms / 1000);
}

const char *
amount_bytes(struct arena *arena, double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    enum { UNITS = sizeof units / sizeof *units };
    assert(arena != NULL && bytes >= 0);
    int unit = 0;
    for (; bytes >= 999.5 && unit < UNITS - 1; unit++)
        bytes /= 1000;
    return arena_printf(arena, bytes < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes,
                        units[unit]);
}
