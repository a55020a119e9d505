/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/quote.h"

/* ---- rows and values */

/* Was anything done to the table that may take rows or values from it? */
static bool
was_changed(const struct record *record, const struct relation *relation)
{
    for (int i = 0; i < record->nholds; i++) {
        const struct hold *hold = &record->holds[i];
        if (hold->oid == relation->oid && hold->mode >= LOCK_ROW_EXCLUSIVE &&
            hold->mode != LOCK_SHARE_UPDATE_EXCLUSIVE)
            return true;
    }
    return false;
}

/* Its stored columns and their numbers, "" where there is no such table; and its name now. */
static const char columns_sql[] =
    "SELECT pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), a.attname,"
    " a.attnum FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
    "  AND NOT a.attisdropped WHERE c.oid = $1::oid AND c.relkind IN ('r', 'p', 'm')"
    " ORDER BY a.attnum";

struct counted {
    int n;
    const char **names;
    int *numbers;
    int64_t rows, *values;
};

/* False: an error. A table that is not there any more has no columns and no rows. */
static bool
count_table(struct pg_conn *conn, unsigned oid, struct arena *arena, struct counted *out,
            struct decant_error *err)
{
    char number[16];
    const char *params[] = { number };
    struct buf sql = { 0 };
    snprintf(number, sizeof number, "%u", oid);
    *out = (struct counted){ 0 };
    struct pg_result *columns = pg_query(conn, err, columns_sql, 1, params);
    if (columns == NULL)
        return false;
    out->n = pg_nrows(columns);
    out->names = ARENA_ARRAY(arena, const char *, out->n + 1);
    out->numbers = ARENA_ARRAY(arena, int, out->n + 1);
    out->values = ARENA_ARRAY(arena, int64_t, out->n + 1);
    buf_puts(&sql, "SELECT pg_catalog.count(*)");
    for (int i = 0; i < out->n; i++) {
        out->names[i] = arena_strdup(arena, pg_text(columns, i, 2));
        out->numbers[i] = (int)pg_int(columns, i, 3);
        buf_puts(&sql, ", pg_catalog.count(");
        quote_ident(&sql, out->names[i]);
        buf_putc(&sql, ')');
    }
    bool ok = true;
    if (out->n > 0) {
        buf_printf(&sql, " FROM %s.%s", pg_text(columns, 0, 0), pg_text(columns, 0, 1));
        struct pg_result *counts = pg_query(conn, err, buf_str(&sql), 0, NULL);
        ok = counts != NULL;
        out->rows = ok ? pg_int(counts, 0, 0) : 0;
        for (int i = 0; ok && i < out->n; i++)
            out->values[i] = pg_int(counts, 0, i + 1);
        pg_result_free(counts);
    }
    pg_result_free(columns);
    buf_deinit(&sql);
    return ok;
}

static void
put_loss(struct rehearsal *out, struct loss loss)
{
    out->losses = mem_grow(out->losses, (size_t)out->nlosses, sizeof *out->losses);
    out->losses[out->nlosses++] = loss;
}

/* A column that went took its values with it; one of the same name and another number is another
 * column. */
static void
compare_columns(const char *table, const struct counted *before, const struct counted *after,
                struct rehearsal *out)
{
    if (after->rows < before->rows)
        put_loss(out, (struct loss){ table, NULL, before->rows, after->rows, false });
    for (int i = 0; after->n > 0 && i < before->n; i++) {
        int same = -1, namesake = -1;
        for (int j = 0; j < after->n; j++) {
            if (after->numbers[j] == before->numbers[i])
                same = j;
            else if (strcmp(after->names[j], before->names[i]) == 0)
                namesake = j;
        }
        int64_t rows_gone = before->rows > after->rows ? before->rows - after->rows : 0;
        int64_t now = same >= 0 ? after->values[same] : 0;
        if (now + rows_gone < before->values[i])
            put_loss(out, (struct loss){ table, before->names[i], before->values[i], now,
                                         same < 0 && namesake >= 0 });
    }
}

static bool
compare_rows(struct pg_conn *before, struct pg_conn *after, struct rehearsal *out,
             struct decant_error *err)
{
    for (int i = 0; i < out->before->n; i++) {
        const struct relation *relation = out->before->list[i];
        struct counted old, new;
        if (strchr("rpm", relation->kind) == NULL || !was_changed(&out->record, relation))
            continue;
        if (!count_table(before, relation->oid, &out->arena, &old, err) ||
            !count_table(after, relation->oid, &out->arena, &new, err))
            return error_context(err, "table '%s'", relation->name);
        compare_columns(arena_strdup(&out->arena, relation->name), &old, &new, out);
    }
    return true;
}

/* ---- what is unfinished */

static const char *const leftover_sql[LEFT_KINDS] = {
    [LEFT_INVALID_INDEX] =
        "SELECT pg_catalog.concat(n.nspname, '.', c.relname),"
        " pg_catalog.concat(m.nspname, '.', t.relname), c.oid FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace m ON m.oid = t.relnamespace"
        " WHERE NOT i.indisvalid AND n.nspname <> 'pg_toast' ORDER BY 1",
    [LEFT_NOT_VALIDATED] =
        "SELECT k.conname, pg_catalog.concat(n.nspname, '.', c.relname), k.oid"
        " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT k.convalidated"
        " ORDER BY 2, 1",
    /* an index whose first columns are the key's, in any order */
    [LEFT_KEY_WITHOUT_INDEX] =
        "SELECT k.conname, pg_catalog.concat(n.nspname, '.', c.relname), k.oid"
        " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT EXISTS"
        " (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = k.conrelid AND i.indpred IS NULL"
        "  AND k.conkey <@ (SELECT pg_catalog.array_agg(a.n) FROM (SELECT x.n FROM"
        "   pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS x(n, at)"
        "   WHERE x.at <= pg_catalog.array_length(k.conkey, 1)) a)) ORDER BY 2, 1",
};

static bool
has_object(const struct pg_result *rows, int64_t oid)
{
    for (int i = 0; i < pg_nrows(rows); i++)
        if (pg_int(rows, i, 2) == oid)
            return true;
    return false;
}

static bool
compare_leftovers(struct pg_conn *before, struct pg_conn *after, enum leftover_kind kind,
                  struct rehearsal *out, struct decant_error *err)
{
    struct pg_result *old = pg_query(before, err, leftover_sql[kind], 0, NULL);
    struct pg_result *new = old != NULL ? pg_query(after, err, leftover_sql[kind], 0, NULL) : NULL;
    for (int i = 0; new != NULL &&i < pg_nrows(new); i++) {
        const char *name = pg_text(new, i, 0), *table = pg_text(new, i, 1);
        if (has_object(old, pg_int(new, i, 2)))
            continue;
        out->leftovers = mem_grow(out->leftovers, (size_t)out->nleftovers, sizeof *out->leftovers);
        out->leftovers[out->nleftovers++] =
            (struct leftover){ kind, arena_strdup(&out->arena, name),
                               arena_strdup(&out->arena, table) };
    }
    bool ok = new != NULL;
    pg_result_free(old);
    pg_result_free(new);
    return ok;
}

bool
state_compare(struct pg_conn *before, struct pg_conn *after, struct rehearsal *out,
              struct decant_error *err)
{
    assert(out != NULL && out->before != NULL);
    bool ok = compare_rows(before, after, out, err);
    for (int kind = 0; ok && kind < LEFT_KINDS; kind++)
        ok = compare_leftovers(before, after, (enum leftover_kind)kind, out, err);
    return ok;
}

/* ---- schemas: a dump has a line "-- Name: N; Type: T; Schema: S; Owner: O" above each object */

struct object {
    const char *type, *name, *text;
    size_t len;
};

struct objects {
    struct object *items;
    size_t n;
};

static const char *
cut_field(const char *line, const char *field, struct arena *arena)
{
    const char *p = strstr(line, field), *end = strchr(line, '\n');
    if (p == NULL || (end != NULL && p > end))
        return "";
    p += strlen(field);
    size_t len = strcspn(p, ";\n");
    return arena_strndup(arena, p, len);
}

static void
read_objects(const char *dump, struct arena *arena, struct objects *out)
{
    static const char mark[] = "\n-- Name: ";
    const char *complete = strstr(dump, "\n-- PostgreSQL database dump complete");
    const char *last = complete != NULL ? complete : dump + strlen(dump);
    for (const char *p = strstr(dump, mark); p != NULL;) {
        const char *next = strstr(p + 1, mark);
        const char *body = strstr(p + 1, "\n\n"); /* behind the comment */
        const char *end = next != NULL ? next : last;
        const char *schema = cut_field(p + 1, "Schema: ", arena);
        const char *name = cut_field(p + 1, "Name: ", arena);
        const char *text = body != NULL && body < end ? body + 2 : end;
        size_t len = (size_t)(end - text);
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '-'))
            len--;
        out->items = mem_grow(out->items, out->n, sizeof *out->items);
        out->items[out->n++] = (struct object){
            cut_field(p + 1, "Type: ", arena),
            strcmp(schema, "-") == 0 ? name : arena_printf(arena, "%s.%s", schema, name), text, len
        };
        p = next;
    }
}

struct differing {
    struct arena *arena;
    struct change **changes;
    int *n;
};

static void
put_change(const struct differing *out, const struct object *before, const struct object *after)
{
    const struct object *known = before != NULL ? before : after;
    struct change change = { known->type, known->name, NULL, NULL };
    if (before != NULL)
        change.before = arena_strndup(out->arena, before->text, before->len);
    if (after != NULL)
        change.after = arena_strndup(out->arena, after->text, after->len);
    *out->changes = mem_grow(*out->changes, (size_t)*out->n, sizeof **out->changes);
    (*out->changes)[(*out->n)++] = change;
}

static int
by_type_and_name(const void *a, const void *b)
{
    const struct object *x = a, *y = b;
    int order = strcmp(x->type, y->type);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static void
sort_objects(struct objects *objects)
{
    if (objects->n > 0)
        qsort(objects->items, objects->n, sizeof *objects->items, by_type_and_name);
}

void
state_compare_schemas(const char *before, const char *after, struct arena *arena,
                      struct change **changes, int *n)
{
    assert(before != NULL && after != NULL && changes != NULL && n != NULL);
    const struct differing out = { arena, changes, n };
    struct objects old = { 0 }, new = { 0 };
    read_objects(before, arena, &old);
    read_objects(after, arena, &new);
    sort_objects(&old);
    sort_objects(&new);
    for (size_t i = 0, j = 0; i < old.n || j < new.n;) {
        const struct object *x = i < old.n ? &old.items[i] : NULL;
        const struct object *y = j < new.n ? &new.items[j] : NULL;
        int order = x == NULL ? 1 : y == NULL ? -1 : by_type_and_name(x, y);
        bool differs = order != 0 || x->len != y->len || memcmp(x->text, y->text, x->len) != 0;
        if (differs)
            put_change(&out, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
        i += order <= 0;
        j += order >= 0;
    }
    free(old.items);
    free(new.items);
}

bool
state_dump(const struct pg_tools *tools, struct pg_conn *conn, const char *application,
           struct buf *out, struct decant_error *err)
{
    assert(tools != NULL && out != NULL);
    static const char *const args[] = { "--schema-only", "--no-owner", "--no-privileges", NULL };
    struct buf errors = { 0 };
    int status = 0;
    bool ok = pg_tool_run(tools->dump, args, conn, application, -1, out, &errors, &status, err);
    if (ok && status != 0)
        ok = error_set(err, DECANT_UNAVAILABLE, "pg_dump could not read the schema");
    buf_deinit(&errors);
    return ok;
}
