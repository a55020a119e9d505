/* SPDX-License-Identifier: PostgreSQL */
#include "load/sink.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { GRACE_MS = 3000, POLL_US = 50000 }; /* a session lives a little longer than its program */

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

bool
sink_await_alone(struct sink *sink,
                 bool (*is_in_use)(struct sink *sink, bool *out, struct decant_error *err),
                 struct decant_error *err)
{
    assert(sink != NULL && is_in_use != NULL);
    const int64_t end_ms = clock_ms() + GRACE_MS;
    for (bool in_use = true;; usleep(POLL_US)) {
        if (!is_in_use(sink, &in_use, err))
            return false;
        if (!in_use)
            return true;
        if (clock_ms() >= end_ms)
            break;
    }
    error_set(err, DECANT_REFUSED, "a program has the copy open that is to be checked");
    return error_hint(err, "a hook has left it: what uses the copy must end with the hook");
}
