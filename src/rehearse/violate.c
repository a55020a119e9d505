/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/violate.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"
#include "pg/statement.h"
#include "rehearse/blame.h"
#include "rehearse/script.h"

enum { MOST_SESSIONS = 8, COUNT_MS = 60000 };

void
violate_expect(int64_t rows, double scale, double *low, double *high)
{
    assert(rows >= 0 && scale >= 1 && low != NULL && high != NULL);
    const double z = 2.576, k = (double)rows, next = k + 1;
    if (scale == 1) {
        *low = *high = k;
        return;
    }
    double down = rows > 0 ? k * pow(1 - 1 / (9 * k) - z / (3 * sqrt(k)), 3) : 0;
    double up = rows > 0 ? next * pow(1 - 1 / (9 * next) + z / (3 * sqrt(next)), 3) : 3;
    *low = down > 0 ? down * scale : 0;
    if (*low < k)
        *low = k; /* those of the copy are there */
    *high = up * scale;
}

bool
violate_blames_rows(const struct step *step)
{
    assert(step != NULL);
    return strncmp(step->sqlstate, "23", 2) == 0 || strncmp(step->sqlstate, "22", 2) == 0;
}

/* ---- the state that the statement met */

struct replay {
    const struct pg_info *info;
    const atomic_int *stop;
    const struct rehearsal *rehearsal;
    struct pg_conn *sessions[MOST_SESSIONS];
};

static struct pg_conn *
session_of(struct replay *replay, int number, struct decant_error *err)
{
    if (number >= MOST_SESSIONS) {
        error_set(err, DECANT_REFUSED, "too many sessions");
        return NULL;
    }
    if (replay->sessions[number] == NULL)
        replay->sessions[number] =
            pg_connect_plain(replay->info, "decant replay", replay->stop, err);
    return replay->sessions[number];
}

static void
end_replay(struct replay *replay)
{
    for (int i = 0; i < MOST_SESSIONS; i++)
        pg_close(replay->sessions[i]);
}

/* NULL: done again; else why it cannot be. */
static const char *
replay_until(struct replay *replay, int step, struct decant_error *err)
{
    const struct record *record = &replay->rehearsal->record;
    for (int i = 0; i < step; i++) {
        const struct step *done = &record->steps[i];
        if (done->sqlstate[0] != '\0')
            continue;
        const struct statement statement = { done->sql, strlen(done->sql), 1, false };
        if (script_is_copy(&statement))
            return "rows were sent before it, by COPY";
        if (done->has_params)
            return "a statement before it was sent with parameters";
        struct pg_conn *conn = session_of(replay, done->session, err);
        if (conn == NULL || !pg_exec(conn, err, done->sql))
            return "what came before it could not be done again";
    }
    return NULL;
}

/* ---- counting */

static void
put_violation(struct rehearsal *out, struct violation violation)
{
    out->violations = mem_grow(out->violations, (size_t)out->nviolations, sizeof *out->violations);
    out->violations[out->nviolations++] = violation;
}

static void
give_up(struct rehearsal *out, int step, const char *why)
{
    put_violation(out,
                  (struct violation){ .step = step,
                                      .what = rehearsal_state(out->record.steps[step].sqlstate),
                                      .rows = -1,
                                      .low = -1,
                                      .high = -1,
                                      .why = why });
}

static bool
count_rows(struct pg_conn *conn, const struct blame *blame, int step, struct rehearsal *out,
           struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql,
               "SELECT (SELECT pg_catalog.count(*) FROM (%s) AS decant_rows),"
               " (SELECT pg_catalog.count(*) FROM ONLY %s)",
               blame->rows_sql, blame->table_sql);
    if (blame->is_partitioned) {
        buf_reset(&sql);
        buf_printf(&sql,
                   "SELECT (SELECT pg_catalog.count(*) FROM (%s) AS decant_rows),"
                   " (SELECT pg_catalog.count(*) FROM %s)",
                   blame->rows_sql, blame->table_sql);
    }
    pg_execf(conn, err, "SET LOCAL statement_timeout = %d", COUNT_MS);
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    double scale = rehearsal_scale(out, blame->table);
    struct violation violation = { .step = step,
                                   .what = arena_strdup(&out->arena, blame->what),
                                   .table = arena_strdup(&out->arena, blame->table),
                                   .rows = pg_int(r, 0, 0),
                                   .of = pg_int(r, 0, 1),
                                   .sql = blame->source_sql != NULL
                                              ? arena_printf(&out->arena,
                                                             "SELECT count(*) FROM (%s) AS broken",
                                                             blame->source_sql)
                                              : NULL,
                                   .there = -1,
                                   .low = -1,
                                   .high = -1 };
    if (scale > 1)
        violate_expect(violation.rows, scale, &violation.low, &violation.high);
    pg_result_free(r);
    put_violation(out, violation);
    return true;
}

bool
violate_count(const struct pg_info *info, const atomic_int *stop, int step, struct rehearsal *out,
              struct decant_error *err)
{
    assert(info != NULL && out != NULL && step >= 0 && step < out->record.nsteps);
    struct replay replay = { .info = info, .stop = stop, .rehearsal = out };
    struct decant_error failed = { 0 };
    const struct step *failing = &out->record.steps[step];
    const char *why = replay_until(&replay, step, &failed);
    struct pg_conn *conn = why == NULL ? session_of(&replay, failing->session, &failed) : NULL;
    struct blame blame = { 0 };
    if (conn != NULL && !pg_conn_is_attached(conn))
        pg_exec(conn, &failed, "BEGIN");
    if (conn != NULL)
        why = blame_find(conn, failing, &blame);
    if (why == NULL && conn != NULL && !count_rows(conn, &blame, step, out, &failed))
        why = "they could not be counted";
    if (why != NULL || conn == NULL)
        give_up(out, step, why != NULL ? why : "the clone cannot be reached");
    blame_deinit(&blame);
    end_replay(&replay);
    if (atomic_load(stop) != 0)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    return true;
}
