/* SPDX-License-Identifier: PostgreSQL */
/*
 * The journal of a target: a file of JSON Lines, two for each run: one when it begins and one when
 * it has ended, and one for each way back and each copy that expired. It has names, numbers and
 * messages, which never hold a value of a row. What a run that was killed could not write is told
 * by the line that is missing.
 *
 *     {"event":"begin","run":RUN,"at":TIME,"target":...,"config":...,"schedule":...,
 *      "max_age_s":N,"expires_s":N}
 *     {"event":"end","run":RUN,"at":TIME,"status":N,"stage":...,"message":...,"hint":...,
 *      "published":BOOL,"data_at":TIME,"rows":N,"bytes":N,"seconds":X,"stages":{...},
 *      "not_carried":N,"tables":{"schema.table":N,...},"warnings":[...]}
 *     {"event":"rollback","at":TIME,"run":RUN,"from":RUN}
 *     {"event":"expired","at":TIME,"run":RUN}
 *
 * Times are ISO 8601 in UTC.
 */
#ifndef NIGHT_JOURNAL_H
#define NIGHT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

struct night_table {
    const char *name;
    int64_t rows;
};

/* A run. Times are seconds since 1970; 0: unknown. */
struct night {
    const char *run;
    int64_t began_s, ended_s;       /* 0: it was killed, or is under way */
    int status;                     /* its exit status; -1: it has not ended */
    bool is_published, has_expired; /* its copy was put in place; and was removed, being too old */
    const char *stage, *message, *hint; /* of one that failed; or NULL */
    int64_t data_s;                     /* when the source had these rows */
    int64_t rows, bytes, not_carried;
    double seconds;
    int ntables, nwarnings;
    struct night_table *tables;
    const char **warnings;
};

/* What a journal says. In the arena that it was read into. */
struct journal {
    bool exists;
    int nnights, ndamaged; /* the oldest first; lines that are none */
    struct night *nights;
    const char *target, *config, *when; /* as the last run said; or NULL */
    int64_t max_age_s, expires_s;       /* 0: none */
    const char *in_place; /* the run whose copy is, as far as the journal knows; or NULL */
    int64_t last_s;       /* of the last line */
};

/* Appends a line, which is on disk then: a journal that has grown too long loses its oldest. */
bool journal_append(const char *path, const char *line, struct decant_error *err);

/* Lines that are damaged are counted; a file that is not there is an empty journal. */
bool journal_read(const char *path, struct arena *arena, struct journal *out,
                  struct decant_error *err);

/* The last run that was published, and the one before; NULL: there is none. */
const struct night *journal_success(const struct journal *journal, int back);

/* The run of that name, or NULL. */
const struct night *journal_find(const struct journal *journal, const char *run);

#endif
