/* SPDX-License-Identifier: PostgreSQL */
#include "catalog/statistics.h"

#include <assert.h>
#include <string.h>

static const char stats_sql[] =
    "SELECT c.oid, s.attname, coalesce(s.correlation, 0), coalesce(s.n_distinct, 0),"
    " coalesce(s.most_common_freqs[1], 0)"
    " FROM pg_catalog.pg_stats s"
    " JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename"
    " WHERE s.inherited = (c.relkind = 'p')"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')";

enum stats_column { STATS_TABLE, STATS_COLUMN, STATS_CORRELATION, STATS_DISTINCT, STATS_TOP };

void
statistics_init(struct statistics *out, const struct catalog *catalog, struct arena *arena)
{
    assert(out != NULL && catalog != NULL && arena != NULL);
    *out = (struct statistics){ .catalog = catalog,
                                .tables = ARENA_ARRAY(arena, struct table_statistics,
                                                      catalog->ntables + 1) };
    for (int i = 0; i < catalog->ntables; i++)
        out->tables[i] = (struct table_statistics){
            .few_rows = -1,
            .columns =
                ARENA_ARRAY(arena, struct column_statistics, catalog->tables[i].ncolumns + 1),
        };
}

/* So many tables are asked about at once: their server may be far away. */
enum { COUNTED_AT_ONCE = 100 };

static bool
count_few_of(struct statistics *statistics, struct pg_conn *conn, int most, const char *sql,
             struct decant_error *err)
{
    struct pg_result *r = pg_query(conn, err, sql, 0, NULL);
    for (int i = 0; r != NULL && i < pg_nrows(r); i++) {
        int64_t n = pg_int(r, i, 1);
        statistics->tables[pg_int(r, i, 0)].few_rows = n <= most ? n : -1;
    }
    pg_result_free(r);
    return r != NULL;
}

bool
statistics_count_few(struct statistics *statistics, struct pg_conn *conn, int most,
                     struct decant_error *err)
{
    assert(statistics != NULL && most > 0);
    const struct catalog *catalog = statistics->catalog;
    struct buf sql = { 0 };
    int n = 0;
    bool ok = true;
    for (int i = 0; ok && i < catalog->ntables && !statistics->has_few; i++) {
        const struct table *table = &catalog->tables[i];
        if (table_is_partition(table))
            continue;
        buf_printf(&sql, "%s(SELECT %d, pg_catalog.count(*) FROM (SELECT FROM ",
                   n++ > 0 ? " UNION ALL " : "", i);
        catalog_put_rows(table, &sql);
        buf_printf(&sql, " AS decant_row LIMIT %d) few)", most + 1);
        if (n < COUNTED_AT_ONCE)
            continue;
        ok = count_few_of(statistics, conn, most, buf_str(&sql), err);
        buf_reset(&sql);
        n = 0;
    }
    ok = ok && (n == 0 || count_few_of(statistics, conn, most, buf_str(&sql), err));
    statistics->has_few = ok;
    buf_deinit(&sql);
    return ok;
}

bool
statistics_load(struct statistics *statistics, struct pg_conn *conn, struct decant_error *err)
{
    assert(statistics != NULL);
    if (statistics->has_columns)
        return true;
    const struct catalog *catalog = statistics->catalog;
    struct map by_oid = { 0 };
    struct pg_result *r = pg_query(conn, err, stats_sql, 0, NULL);
    statistics->has_columns = r != NULL;
    for (int i = 0; i < catalog->ntables; i++)
        map_put(&by_oid, catalog->tables[i].oid, &statistics->tables[i]);
    for (int row = 0; r != NULL && row < pg_nrows(r); row++) {
        struct table_statistics *of = map_get(&by_oid, (uint64_t)pg_int(r, row, STATS_TABLE));
        if (of == NULL)
            continue;
        int column =
            table_column(&catalog->tables[of - statistics->tables], pg_text(r, row, STATS_COLUMN));
        if (column >= 0)
            of->columns[column] = (struct column_statistics){
                .distinct = pg_double(r, row, STATS_DISTINCT),
                .correlation = pg_double(r, row, STATS_CORRELATION),
                .top_share = pg_double(r, row, STATS_TOP),
            };
    }
    pg_result_free(r);
    map_deinit(&by_oid);
    return r != NULL;
}

static const struct table_statistics *
of_table(const struct statistics *statistics, const struct table *table)
{
    assert(table != NULL);
    if (statistics == NULL)
        return NULL;
    ptrdiff_t number = table - statistics->catalog->tables;
    assert(number >= 0 && number < statistics->catalog->ntables); /* a table of this catalog */
    return &statistics->tables[number];
}

int64_t
statistics_few(const struct statistics *statistics, const struct table *table)
{
    const struct table_statistics *known = of_table(statistics, table);
    return known != NULL ? known->few_rows : -1;
}

struct column_statistics
statistics_column(const struct statistics *statistics, const struct table *table,
                  const struct column *column)
{
    const struct table_statistics *known = of_table(statistics, table);
    assert(column != NULL);
    if (known == NULL || column->expression != NULL)
        return (struct column_statistics){ 0 };
    ptrdiff_t number = column - table->columns;
    assert(number >= 0 && number < table->ncolumns); /* a column of this table */
    return known->columns[number];
}

double
statistics_distinct(const struct statistics *statistics, const struct table *table,
                    const struct column *column)
{
    double distinct = statistics_column(statistics, table, column).distinct;
    return distinct < 0 ? -distinct * table->reltuples : distinct > 0 ? distinct : -1;
}
