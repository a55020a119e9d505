/* SPDX-License-Identifier: PostgreSQL */
#include "load/objects.h"

#include <string.h>

#include "pg/quote.h"

/* Are keys that the sequence gave masked? Then the copy's may lie behind the source's position. */
static bool
has_masked_user(const struct plan *plan, const struct sequence *sequence)
{
    for (int i = 0; plan->masked != NULL && i < sequence->nusers; i++) {
        int t = plan_number(plan, sequence->users[i].table->root);
        if (t >= 0 && plan->masked[t][sequence->users[i].column] != FATE_COPIED)
            return true;
    }
    return false;
}

/* Appends the rows of one column v: the greatest keys of the columns that use the sequence (the
 * least, where it counts down). */
static int
put_extremes(const struct sequence *sequence, const struct map *missing, struct buf *sql)
{
    int n = 0;
    for (int i = 0; i < sequence->nusers; i++) {
        const struct table *table = sequence->users[i].table;
        if (map_get(missing, table->oid) != NULL)
            continue;
        buf_printf(sql, "%sSELECT pg_catalog.%s(", n++ > 0 ? " UNION ALL " : "",
                   sequence->increment > 0 ? "max" : "min");
        quote_ident(sql, table->columns[sequence->users[i].column].name);
        buf_puts(sql, ")::pg_catalog.int8 AS v FROM ");
        quote_qualified(sql, table->schema, table->name);
    }
    return n;
}

/* In a sample a sequence goes on behind the greatest of all keys that come from it, not where the
 * source stands: that is the same from night to night. In a whole copy, and where something else is
 * made of its values or no column has it, it keeps the source's position. */
static void
set_sequence(struct pg_conn *conn, const struct plan *plan, const struct sequence *sequence,
             bool is_sample, const struct map *missing, struct notes *notes)
{
    struct buf sql = { 0 }, name = { 0 }, extremes = { 0 };
    struct decant_error refused = { 0 };
    int nkeys = put_extremes(sequence, missing, &extremes);
    bool is_free = sequence->nusers == 0 || sequence->is_in_expression;
    bool by_position = (!is_sample || is_free) && sequence->is_readable;
    bool by_keys = nkeys > 0 && (!by_position || has_masked_user(plan, sequence));
    const char *farthest = sequence->increment > 0 ? "max" : "min";
    if ((!is_sample || is_free) && !sequence->is_readable)
        notes_add(notes, NOTE_SEQUENCE_UNREADABLE, "sequence", 0, "%s.%s", sequence->schema,
                  sequence->name);
    quote_qualified(&name, sequence->schema, sequence->name);
    buf_puts(&sql, "SELECT pg_catalog.setval(");
    quote_literal(&sql, buf_str(&name));
    if (by_position && !by_keys)
        buf_printf(&sql, ", %lld, %s)", (long long)sequence->last_value,
                   sequence->is_called ? "true" : "false");
    else
        buf_printf(&sql, ", m.v) FROM (SELECT pg_catalog.%s(k.v) AS v FROM (%s", farthest,
                   buf_str(&extremes));
    if (by_position && by_keys)
        buf_printf(&sql, " UNION ALL SELECT %lld", (long long)sequence->last_value);
    if (by_keys)
        buf_puts(&sql, ") AS k) AS m WHERE m.v IS NOT NULL");
    if ((by_position || by_keys) && !pg_exec(conn, &refused, buf_str(&sql)))
        notes_add(notes, NOTE_SEQUENCE_FAILED, "sequence", 0, "%s.%s", sequence->schema,
                  sequence->name);
    buf_deinit(&sql);
    buf_deinit(&name);
    buf_deinit(&extremes);
}

void
objects_set_sequences(struct pg_conn *conn, const struct plan *plan, bool is_sample,
                      const struct map *missing, struct notes *notes)
{
    for (int i = 0; i < plan->catalog->nsequences; i++)
        set_sequence(conn, plan, &plan->catalog->sequences[i], is_sample, missing, notes);
}

static const char matviews_sql[] =
    "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid";

/* One that reads another needs it populated first, so the list is gone through until nothing
 * changes. */
bool
objects_refresh_views(struct pg_conn *conn, const struct task *analyze, struct notes *notes,
                      bool *analyzed, struct decant_error *err)
{
    for (int left = -1;;) {
        struct pg_result *r = pg_query(conn, err, matviews_sql, 0, NULL);
        if (r == NULL)
            return false;
        int n = pg_nrows(r);
        bool stuck = n == left;
        /* The queries of views are planned with statistics, or may take for ever. */
        if (n > 0 && left < 0)
            *analyzed = analyze->run(analyze->ctx, err);
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

/* What no dump of the schema has. */
void
objects_note_left_out(const struct sink_env *env)
{
    const struct catalog *catalog = env->plan->catalog;
    for (int i = 0; i < catalog->nobjects; i++) {
        const struct object *object = &catalog->objects[i];
        if (strcmp(object->kind, "publication") == 0)
            notes_add(env->notes, NOTE_FILTERED_BY_POLICY, object->kind, 0, "%s", object->name);
    }
}

/* Functions of the source's schema run while indexes, checks, computed columns and views are made
 * here: with all rights where a superuser connects. */
bool
objects_note_rights(struct pg_conn *copy, const struct sink_env *env, struct decant_error *err)
{
    static const char *const kinds[] = { "function", "procedure", "aggregate", "trigger", "rule" };
    static const char role_sql[] =
        "SELECT coalesce((SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles"
        " WHERE rolname = session_user AND rolsuper), '')";
    const struct catalog *catalog = env->plan->catalog;
    struct buf role = { 0 };
    int64_t n = 0;
    for (int i = 0; i < catalog->nobjects; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            n += strcmp(catalog->objects[i].kind, kinds[k]) == 0;
    bool ok = n == 0 || pg_value(copy, err, role_sql, &role);
    if (ok && role.len > 0)
        notes_add(env->notes, NOTE_CODE_AS_SUPERUSER, "role", n, "%s", buf_str(&role));
    buf_deinit(&role);
    return ok;
}
