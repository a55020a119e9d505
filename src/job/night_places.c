/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "job/night.h"
#include "load/publish_file.h"

const char *
night_journal_of(const char *target, struct arena *arena, struct decant_error *err)
{
    assert(target != NULL && arena != NULL);
    const char *place, *path;
    bool is_ours;
    if (sink_for(target, &place) == &sink_sqlite) {
        char *file = publish_file_of(place, &is_ours);
        path = arena_printf(arena, "%s.runs", file);
        free(file);
        return path;
    }
    struct pg_info *info;
    if (!pg_info_parse(place, "target", &info, err))
        return NULL;
    const char *name = pg_info_get(info, "dbname");
    path = name != NULL
               ? manifest_in_state(arena, sink_postgres_label_for(info, name, "runs", arena), "")
               : NULL;
    pg_info_free(info);
    if (path == NULL)
        error_set(err, DECANT_USAGE, "the target names no database");
    return path;
}

const char *
night_place(const struct decant_job *job, const char *target, struct arena *arena,
            struct decant_error *err)
{
    assert(job != NULL && target != NULL);
    static const char scheme[] = "local:";
    char *address = NULL;
    if (strncmp(target, scheme, strlen(scheme)) != 0)
        return target;
    if (!decant_server_address(target + strlen(scheme), job->options->pg_bindir, &address, err))
        return NULL;
    const char *place = arena_strdup(arena, address);
    free(address);
    return place;
}
