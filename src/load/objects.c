/* SPDX-License-Identifier: PostgreSQL */
#include "load/objects.h"

#include "pg/quote.h"

/* A sequence of a column goes on behind the greatest key of the copy, not where the source stands:
 * that is the same from night to night. One that belongs to no column keeps its position. */
static void
set_sequence(struct pg_conn *conn, const struct sequence *sequence, const struct map *missing,
             struct notes *notes)
{
    struct buf sql = { 0 }, name = { 0 };
    struct decant_error refused = { 0 };
    const struct table *table = sequence->table;
    if (table == NULL && !sequence->is_readable) {
        notes_add(notes, NOTE_SEQUENCE_UNREADABLE, "sequence", 0, "%s.%s", sequence->schema,
                  sequence->name);
        return;
    }
    quote_qualified(&name, sequence->schema, sequence->name);
    buf_puts(&sql, "SELECT pg_catalog.setval(");
    quote_literal(&sql, buf_str(&name));
    if (table == NULL) {
        buf_printf(&sql, ", %lld, %s)", (long long)sequence->last_value,
                   sequence->is_called ? "true" : "false");
    } else {
        const char *extreme = sequence->increment > 0 ? "max" : "min";
        buf_puts(&sql, ", m.v) FROM (SELECT ");
        buf_printf(&sql, "pg_catalog.%s(", extreme);
        quote_ident(&sql, table->columns[sequence->column].name);
        buf_puts(&sql, ")::pg_catalog.int8 AS v FROM ");
        quote_qualified(&sql, table->schema, table->name);
        buf_puts(&sql, ") m WHERE m.v IS NOT NULL");
    }
    bool gone = table != NULL && map_get(missing, table->oid) != NULL;
    if (!gone && !pg_exec(conn, &refused, buf_str(&sql)))
        notes_add(notes, NOTE_SEQUENCE_FAILED, "sequence", 0, "%s.%s", sequence->schema,
                  sequence->name);
    buf_deinit(&sql);
    buf_deinit(&name);
}

void
objects_set_sequences(struct pg_conn *conn, const struct catalog *catalog,
                      const struct map *missing, struct notes *notes)
{
    for (int i = 0; i < catalog->nsequences; i++)
        set_sequence(conn, &catalog->sequences[i], missing, notes);
}

static const char matviews_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid";

/* One that reads another needs it populated first, so the list is gone through until nothing
 * changes. */
bool
objects_refresh_views(struct pg_conn *conn, struct notes *notes, bool *analyzed,
                      struct decant_error *err)
{
    for (int left = -1;;) {
        struct pg_result *r = pg_query(conn, err, matviews_sql, 0, NULL);
        if (r == NULL)
            return false;
        int n = pg_nrows(r);
        bool stuck = n == left;
        /* The queries of views are planned with statistics, or may take for ever. */
        if (n > 0 && left < 0)
            *analyzed = pg_exec(conn, err, "ANALYZE");
        if (n > 0 && !*analyzed) {
            pg_result_free(r);
            return false;
        }
        for (int i = 0; i < n; i++) {
            struct decant_error refused = { 0 };
            if (stuck)
                notes_add(notes, NOTE_MATVIEW_NOT_REFRESHED, "materialized view", 0, "%s",
                          pg_text(r, i, 0));
            else
                pg_execf(conn, &refused, "REFRESH MATERIALIZED VIEW %s; ANALYZE %s",
                         pg_text(r, i, 0), pg_text(r, i, 0));
        }
        pg_result_free(r);
        if (n == 0 || stuck)
            return true;
        left = n;
    }
}
