/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/probe.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ticker.h"
#include "pg/quote.h"

enum { MOST_TABLES = 12, REST_MS = 50, NOTHING_MS = 5 };

struct probe {
    const struct probes *probes;
    struct ticker ticker;
    char *name; /* "schema.table" */
    bool is_write;
    atomic_int stop;
    double longest_ms;
};

struct probes {
    const struct pg_info *info;
    pthread_mutex_t mutex;
    struct probe *items[2 * MOST_TABLES];
    int n;
};

/* "schema.table": a name of ours, in which the first dot parts the two. */
static void
put_lock(const char *name, bool is_write, struct buf *out)
{
    const char *dot = strchr(name, '.');
    assert(dot != NULL);
    char *schema = strndup(name, (size_t)(dot - name));
    buf_puts(out, "BEGIN; LOCK TABLE ONLY ");
    quote_qualified(out, schema, dot + 1);
    buf_printf(out, " IN %s MODE; ROLLBACK", is_write ? "ROW EXCLUSIVE" : "ACCESS SHARE");
    free(schema);
}

static void *
use(void *arg)
{
    struct probe *probe = arg;
    struct decant_error ignored = { 0 };
    struct buf sql = { 0 };
    struct pg_conn *conn = pg_connect(probe->probes->info, "decant user", &probe->stop, &ignored);
    put_lock(probe->name, probe->is_write, &sql);
    while (conn != NULL) {
        int64_t begun = clock_us();
        bool ok = pg_exec(conn, &ignored, buf_str(&sql));
        double ms = (double)(clock_us() - begun) / 1000;
        if (ok && ms > probe->longest_ms)
            probe->longest_ms = ms;
        if (!ok || !ticker_rest(&probe->ticker, REST_MS)) /* perhaps the table is gone */
            break;
    }
    pg_close(conn);
    buf_deinit(&sql);
    return NULL;
}

struct probes *
probes_new(const struct pg_info *info)
{
    assert(info != NULL);
    struct probes *probes = mem_alloc(sizeof *probes);
    probes->info = info;
    pthread_mutex_init(&probes->mutex, NULL);
    return probes;
}

void
probes_touch(void *ctx, const char *name, char kind)
{
    struct probes *probes = ctx;
    assert(probes != NULL && name != NULL);
    if (strchr("rp", kind) == NULL)
        return;
    pthread_mutex_lock(&probes->mutex);
    for (int is_write = 0; is_write < 2 && probes->n < 2 * MOST_TABLES; is_write++) {
        struct probe *probe = mem_alloc(sizeof *probe);
        probe->probes = probes;
        probe->name = mem_strdup(name);
        probe->is_write = is_write != 0;
        probes->items[probes->n++] = probe;
        ticker_begin(&probe->ticker, use, probe);
    }
    pthread_mutex_unlock(&probes->mutex);
}

/* What somebody waited is told where it is more than what the locks say alone. */
static void
add_felt(struct rehearsal *rehearsal, const struct probe *probe)
{
    for (int i = 0; i < rehearsal->nfelt; i++) {
        struct felt *felt = &rehearsal->felt[i];
        if (felt->is_write != probe->is_write || strcmp(felt->table, probe->name) != 0)
            continue;
        felt->is_probed = probe->longest_ms > NOTHING_MS;
        if (probe->longest_ms > felt->ms)
            felt->ms = probe->longest_ms;
    }
}

void
probes_end(struct probes *probes, struct rehearsal *rehearsal)
{
    if (probes == NULL)
        return;
    for (int i = 0; i < probes->n; i++)
        atomic_store(&probes->items[i]->stop, 1);
    for (int i = 0; i < probes->n; i++) {
        struct probe *probe = probes->items[i];
        ticker_end(&probe->ticker);
        if (rehearsal != NULL)
            add_felt(rehearsal, probe);
        free(probe->name);
        free(probe);
    }
    pthread_mutex_destroy(&probes->mutex);
    free(probes);
}

/* ---- a long report */

struct reader {
    struct pg_conn *conn;
    struct ticker ticker;
    atomic_int stop;
    int ms;
};

static const char tables_sql[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND n.nspname !~ '^pg_' ORDER BY 1, 2";

static bool
read_all(struct pg_conn *conn, struct decant_error *err)
{
    struct buf sql = { 0 };
    if (!pg_exec(conn, err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        return false;
    struct pg_result *tables = pg_query(conn, err, tables_sql, 0, NULL);
    for (int i = 0; tables != NULL && i < pg_nrows(tables); i++) {
        buf_puts(&sql, i == 0 ? "LOCK TABLE " : ", ");
        quote_qualified(&sql, pg_text(tables, i, 0), pg_text(tables, i, 1));
    }
    bool ok = tables != NULL;
    if (sql.len > 0) {
        buf_puts(&sql, " IN ACCESS SHARE MODE");
        ok = pg_exec(conn, err, buf_str(&sql));
    }
    pg_result_free(tables);
    buf_deinit(&sql);
    return ok;
}

static void *
go_on(void *arg)
{
    struct reader *reader = arg;
    struct decant_error ignored = { 0 };
    ticker_rest(&reader->ticker, reader->ms);
    pg_exec(reader->conn, &ignored, "ROLLBACK");
    return NULL;
}

struct reader *
reader_new(const struct pg_info *info, int ms, struct decant_error *err)
{
    assert(info != NULL && ms > 0);
    struct reader *reader = mem_alloc(sizeof *reader);
    reader->ms = ms;
    reader->conn = pg_connect(info, "decant reader", &reader->stop, err);
    if (reader->conn == NULL || !read_all(reader->conn, err)) {
        reader_free(reader);
        return NULL;
    }
    ticker_begin(&reader->ticker, go_on, reader);
    return reader;
}

void
reader_free(struct reader *reader)
{
    if (reader == NULL)
        return;
    ticker_end(&reader->ticker);
    pg_close(reader->conn);
    free(reader);
}
