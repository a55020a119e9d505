/* SPDX-License-Identifier: PostgreSQL */
#include "job/text_target.h"

#include <stdlib.h>
#include <string.h>

#include "load/sink.h"
#include "text/files.h"

char *
text_manifest(const char *target)
{
    struct buf place = { 0 };
    char *plain = text_target_path(target);
    buf_printf(&place, "%s.decant", plain);
    free(plain);
    return buf_steal(&place);
}

bool
text_is_target(const char *target)
{
    static const char *const ends[] = { "/", ".sql", ".sql.gz", ".sql.zst" };
    const char *path;
    size_t len = target != NULL ? strlen(target) : 0;
    if (len > 0 && (sink_for(target, &path) != &sink_sqlite || path != target))
        return false; /* an address may end so, and sqlite:PATH is a SQLite file */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (len > strlen(ends[i]) && strcmp(target + len - strlen(ends[i]), ends[i]) == 0)
            return true;
    return len > 0 && (strcmp(target, "-") == 0 || text_target_has_text(target));
}
