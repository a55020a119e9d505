/* SPDX-License-Identifier: PostgreSQL */
/* Prints the seconds for reading one table in COPY BINARY: bench_decode drain|decode SOURCE TABLE.
 *   drain   received by libpq and thrown away: the yardstick Y
 *   decode  split, masked and rendered as SQLite's cells, then thrown away */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalog/catalog.h"
#include "copy/copy.h"
#include "job/mask.h"
#include "load/ddl_sqlite.h"
#include "masks.h"

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int
drain(const char *source, const char *table)
{
    char sql[256], *message;
    snprintf(sql, sizeof sql, "COPY (SELECT * FROM %s) TO STDOUT (FORMAT binary)", table);
    PGconn *conn = PQconnectdb(source);
    double begun = now();
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COPY_OUT) {
        fputs(PQerrorMessage(conn), stderr);
        return EXIT_FAILURE;
    }
    while (PQgetCopyData(conn, &message, 0) > 0)
        PQfreemem(message);
    printf("%.3f\n", now() - begun);
    PQclear(result);
    PQfinish(conn);
    return EXIT_SUCCESS;
}

struct sink {
    struct sqlite_table *table;
    uint64_t seen; /* so that no compiler leaves the work out */
};

static enum load_status
discard(struct sink *sink, int worker, const struct table *source, struct row_stream *rows,
        struct decant_error *err)
{
    struct row row;
    int n;
    (void)worker;
    (void)source;
    while ((n = row_stream_next(rows, &row, err)) > 0)
        for (int i = 0; i < row.ncolumns; i++) {
            struct cell cell = { 0 };
            if (row.values[i].len == DECANT_NULL)
                continue;
            if (sqlite_cell(&sink->table->columns[i], &row.values[i], &cell) != CELL_OK)
                return LOAD_FAILED;
            sink->seen += (uint64_t)cell.integer + cell.len;
        }
    return n == 0 ? LOAD_DONE : LOAD_FAILED;
}

static int
decode(const char *source, const char *name)
{
    static const atomic_int stop;
    struct decant_options options;
    struct decant_error err = { 0 };
    struct arena arena = { 0 };
    struct notes notes;
    struct selection selection;
    const struct catalog *catalog;
    struct plan plan;
    struct pg_info *info;
    struct sqlite_schema schema = { 0 };
    decant_options_init(&options);
    options.tables = (struct decant_words){ .items = &name, .count = 1 };
    notes_init(&notes);
    struct pg_conn *conn = pg_info_parse(source, "source", &info, &err)
                               ? pg_connect(info, "bench", &stop, &err)
                               : NULL;
    if (conn == NULL || !pg_exec(conn, &err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY") ||
        !selection_load(conn, &options, &arena, &selection, &err) ||
        !catalog_load(conn, &selection, &arena, &catalog, &err) ||
        !plan_build(catalog, true, true, &arena, &notes, &plan, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    ddl_build(&plan, &sqlite_profiles[0], ODD_KEEP, &arena, &notes, &schema);
    const struct sink_ops ops = { .decodes = true, .load_table = discard };
    struct sink sink = { .table = &schema.tables[0] };
    struct rules *rules = NULL;
    struct key *key = NULL;
    struct job_masks masks = { 0 };
    if (!rules_parse("bench", bench_rules, strlen(bench_rules), &rules, &err) ||
        !key_throwaway(&key, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    const struct job_masks_env env = { .conn = conn,
                                       .catalog = catalog,
                                       .rules = rules,
                                       .key = key,
                                       .arena = &arena,
                                       .notes = &notes };
    if (!job_masks_decide(&env, &masks, &err) || !job_masks_build(&env, &masks, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    const struct copy copy = {
        .plan = &plan, .ops = &ops, .sink = &sink, .masking = &masks.masking
    };
    int64_t rows, bytes;
    double begun = now();
    bool ok = copy_table(&copy, conn, 0, plan.tables[0], &rows, &bytes, &err);
    if (ok)
        printf("%.3f\n", now() - begun);
    else
        fprintf(stderr, "%s\n", err.message);
    job_masks_deinit(&masks);
    rules_free(rules);
    key_free(key);
    pg_close(conn);
    pg_info_free(info);
    notes_deinit(&notes);
    arena_deinit(&arena);
    return ok && sink.seen > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    return strcmp(argv[1], "drain") == 0 ? drain(argv[2], argv[3]) : decode(argv[2], argv[3]);
}
