/* SPDX-License-Identifier: PostgreSQL */
#include "load/sink.h"

#include <string.h>

const struct sink_ops *
sink_for(const char *target, const char **rest)
{
    *rest = target;
    if (strncmp(target, "sqlite:", 7) == 0) {
        *rest = target + 7;
        return &sink_sqlite;
    }
    if (strncmp(target, "postgres://", 11) == 0 || strncmp(target, "postgresql://", 13) == 0)
        return &sink_postgres;
    /* key=value: a keyword of letters before the first '='; a path has a slash or a dot there */
    size_t word = strspn(target, "abcdefghijklmnopqrstuvwxyz_");
    return word > 0 && target[word] == '=' ? &sink_postgres : &sink_sqlite;
}
