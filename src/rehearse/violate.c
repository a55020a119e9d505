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

enum { MOST_SESSIONS = 8, COUNT_MS = 60000, MOST_KEYS = 20, MOST_PLACES = 100000 };

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

struct violation *
violate_put(struct rehearsal *out, int step)
{
    assert(out != NULL);
    out->violations = mem_grow(out->violations, (size_t)out->nviolations, sizeof *out->violations);
    struct violation *violation = &out->violations[out->nviolations++];
    *violation = (struct violation){ .step = step, .rows = -1, .low = -1, .high = -1, .there = -1 };
    return violation;
}

static void
give_up(struct rehearsal *out, int step, const char *why)
{
    struct violation *violation = violate_put(out, step);
    violation->what = rehearsal_state(rehearsal_step(out, step)->sqlstate);
    violation->why = why;
}

static struct violation *
count_rows(struct pg_conn *conn, const struct blame *blame, int step, struct rehearsal *out,
           struct decant_error *err)
{
    struct buf sql = { 0 };
    buf_printf(&sql,
               "SELECT (SELECT pg_catalog.count(*) FROM (%s) AS decant_rows),"
               " (SELECT pg_catalog.count(*) FROM %s%s)",
               blame->rows_sql, blame->is_partitioned ? "" : "ONLY ", blame->table_sql);
    pg_execf(conn, err, "SET LOCAL statement_timeout = %d", COUNT_MS);
    struct pg_result *r = pg_query(conn, err, buf_str(&sql), 0, NULL);
    buf_deinit(&sql);
    if (r == NULL)
        return NULL;
    double scale = rehearsal_scale(out, blame->table);
    struct violation *violation = violate_put(out, step);
    violation->what = arena_strdup(&out->arena, blame->what);
    violation->table = arena_strdup(&out->arena, blame->table);
    violation->rows = pg_int(r, 0, 0);
    violation->of = pg_int(r, 0, 1);
    if (blame->source_sql != NULL)
        violation->sql =
            arena_printf(&out->arena, "SELECT count(*) FROM (%s) AS broken", blame->source_sql);
    if (scale > 1)
        violate_expect(violation->rows, scale, &violation->low, &violation->high);
    pg_result_free(r);
    return violation;
}

/* ---- which rows */

static bool
is_kept(const struct rehearsal *rehearsal, const char *table, const char *column)
{
    size_t len = strlen(table);
    for (int i = 0; i < rehearsal->nkept; i++) {
        const char *kept = rehearsal->kept_columns[i];
        if (strncmp(kept, table, len) == 0 && kept[len] == '.' &&
            strcmp(kept + len + 1, column) == 0)
            return true;
    }
    return false;
}

static const char key_sql[] =
    "SELECT a.attname, pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_index i"
    " CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k(n, at)"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n"
    " WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisprimary ORDER BY k.at";

/* The columns of the primary key, quoted; false: there is none, or not all of it may be shown. */
static bool
key_of(struct pg_conn *conn, const struct blame *blame, struct rehearsal *out, struct buf *columns,
       struct violation *violation)
{
    struct decant_error ignored = { 0 };
    struct buf names = { 0 };
    const char *params[] = { blame->table_sql };
    struct pg_result *r = pg_query(conn, &ignored, key_sql, 1, params);
    bool ok = r != NULL && pg_nrows(r) > 0;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        ok = is_kept(out, blame->table, pg_text(r, i, 0));
        buf_printf(columns, "%s%s", i > 0 ? ", " : "", pg_text(r, i, 1));
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", pg_text(r, i, 0));
    }
    violation->key = ok ? arena_strdup(&out->arena, buf_str(&names)) : NULL;
    pg_result_free(r);
    buf_deinit(&names);
    return ok;
}

/* The first of their keys, where these are production's own and may be seen. */
static void
find_keys(struct pg_conn *conn, const struct blame *blame, struct rehearsal *out,
          struct violation *violation)
{
    struct decant_error ignored = { 0 };
    struct buf columns = { 0 }, sql = { 0 };
    if (violation->rows > 0 && key_of(conn, blame, out, &columns, violation)) {
        buf_printf(&sql,
                   "SELECT pg_catalog.concat_ws(', ', %s) FROM %s"
                   " WHERE (tableoid, ctid) IN (%s) ORDER BY %s LIMIT %d",
                   buf_str(&columns), blame->table_sql, blame->rows_sql, buf_str(&columns),
                   MOST_KEYS);
        struct pg_result *r = pg_query(conn, &ignored, buf_str(&sql), 0, NULL);
        int n = r != NULL ? pg_nrows(r) : 0;
        violation->keys = ARENA_ARRAY(&out->arena, const char *, n + 1);
        for (int i = 0; i < n; i++)
            violation->keys[violation->nkeys++] = arena_strdup(&out->arena, pg_text(r, i, 0));
        pg_result_free(r);
    }
    buf_deinit(&columns);
    buf_deinit(&sql);
}

static void
find_places(struct pg_conn *conn, const struct blame *blame, struct culprits *out)
{
    struct decant_error ignored = { 0 };
    struct buf sql = { 0 };
    buf_printf(&sql,
               "SELECT pg_catalog.array_agg(tableoid), pg_catalog.array_agg(ctid), count(*) FROM"
               " (SELECT * FROM (%s) AS r LIMIT %d) AS few",
               blame->rows_sql, MOST_PLACES + 1);
    struct pg_result *r = pg_query(conn, &ignored, buf_str(&sql), 0, NULL);
    if (r != NULL && pg_int(r, 0, 2) > 0 && pg_int(r, 0, 2) <= MOST_PLACES) {
        out->tables = arena_strdup(&out->arena, pg_text(r, 0, 0));
        out->places = arena_strdup(&out->arena, pg_text(r, 0, 1));
    }
    pg_result_free(r);
    buf_deinit(&sql);
}

void
violate_meet(struct pg_conn *conn, int step, struct rehearsal *out, struct culprits *culprits)
{
    assert(conn != NULL && out != NULL && culprits != NULL);
    struct blame blame = { 0 };
    struct decant_error failed = { 0 };
    struct violation *violation = NULL;
    const char *why = blame_find(conn, rehearsal_step(out, step), &blame);
    if (why == NULL && (violation = count_rows(conn, &blame, step, out, &failed)) == NULL)
        why = "they could not be counted";
    if (violation != NULL) {
        find_keys(conn, &blame, out, violation);
        if (blame.column_sql != NULL)
            find_places(conn, &blame, culprits);
        culprits->table_sql = arena_strdup(&culprits->arena, blame.table_sql);
        culprits->past_sql =
            blame.past_sql != NULL ? arena_strdup(&culprits->arena, blame.past_sql) : NULL;
        culprits->past = blame.past;
        culprits->column_sql =
            blame.column_sql != NULL ? arena_strdup(&culprits->arena, blame.column_sql) : NULL;
    } else {
        give_up(out, step, why);
    }
    blame_deinit(&blame);
}

bool
violate_count(const struct pg_info *info, const atomic_int *stop, int step, struct rehearsal *out,
              struct decant_error *err)
{
    assert(info != NULL && out != NULL && step >= 0 && step < out->record.nsteps);
    struct replay replay = { .info = info, .stop = stop, .rehearsal = out };
    struct decant_error failed = { 0 };
    struct culprits culprits = { 0 };
    const struct step *failing = &out->record.steps[step];
    const char *why = replay_until(&replay, step, &failed);
    struct pg_conn *conn = why == NULL ? session_of(&replay, failing->session, &failed) : NULL;
    if (conn != NULL && !pg_conn_is_attached(conn))
        pg_exec(conn, &failed, "BEGIN");
    if (conn != NULL)
        violate_meet(conn, step, out, &culprits);
    else
        give_up(out, step, why != NULL ? why : "the clone cannot be reached");
    arena_deinit(&culprits.arena);
    end_replay(&replay);
    if (atomic_load(stop) != 0)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    return true;
}
