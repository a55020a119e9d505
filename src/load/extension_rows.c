/* SPDX-License-Identifier: PostgreSQL */
#include "load/extension_rows.h"

#include <string.h>

#include "pg/copy.h"
#include "pg/quote.h"

enum { MOST_COLUMNS = 100 };

static const char columns_sql[] =
    "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid ="
    " pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1::pg_catalog.text, $2::pg_catalog.text))"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum";

static void
note(const struct extension_table *table, struct notes *notes)
{
    if (table->rows != 0)
        notes_add(notes, NOTE_EXTENSION_DATA, "extension", table->rows > 0 ? table->rows : 0,
                  "%s: %s.%s", table->extension, table->schema, table->name);
}

void
extension_rows_note(const struct catalog *catalog, struct notes *notes)
{
    for (int i = 0; i < catalog->nextension_tables; i++)
        note(&catalog->extension_tables[i], notes);
}

/* The two statements, over the columns of the source's table. */
static int
put_copies(const struct extension_table *table, const struct pg_result *columns, struct buf *from,
           struct buf *to)
{
    int n = pg_nrows(columns);
    buf_puts(from, "COPY (SELECT ");
    buf_puts(to, "COPY ");
    quote_qualified(to, table->schema, table->name);
    for (int i = 0; i < n; i++) {
        const char *name = pg_text(columns, i, 0);
        buf_puts(from, i > 0 ? ", " : "");
        quote_ident(from, name);
        buf_puts(from, "::pg_catalog.text");
        buf_puts(to, i > 0 ? ", " : " (");
        quote_ident(to, name);
    }
    buf_puts(from, " FROM ONLY ");
    quote_qualified(from, table->schema, table->name);
    buf_printf(from, " %s) TO STDOUT (FORMAT binary)", table->condition);
    buf_puts(to, ") FROM STDIN (FORMAT text)");
    return n;
}

static bool
copy_rows(struct pg_conn *source, struct pg_conn *copy, const char *from, const char *to, int n,
          struct decant_error *err)
{
    struct decant_value *values;
    int64_t stored;
    int more = -1;
    struct pg_reader *reader = pg_reader_open(source, from, n, err);
    struct pg_writer *writer = reader != NULL ? pg_writer_open(copy, to, PG_TEXT, err) : NULL;
    bool ok = writer != NULL;
    while (ok && (more = pg_reader_next(reader, &values, err)) > 0) {
        const struct row row = { n, values };
        ok = pg_writer_put(writer, &row, err);
    }
    ok = ok && more == 0;
    if (ok)
        ok = pg_writer_finish(writer, &stored, err);
    else
        pg_writer_abort(writer);
    pg_reader_close(reader);
    return ok;
}

static bool
carry(const struct extension_table *table, struct pg_conn *copy, const struct sink_env *env)
{
    const char *params[] = { table->schema, table->name };
    struct decant_error ignored = { 0 };
    struct buf from = { 0 }, to = { 0 };
    bool ok = pg_exec(env->source, &ignored, "SAVEPOINT decant_extension");
    struct pg_result *columns = ok ? pg_query(env->source, &ignored, columns_sql, 2, params) : NULL;
    int n = columns != NULL ? put_copies(table, columns, &from, &to) : 0;
    ok = n > 0 && n <= MOST_COLUMNS &&
         copy_rows(env->source, copy, buf_str(&from), buf_str(&to), n, &ignored);
    pg_exec(env->source, &ignored,
            "ROLLBACK TO SAVEPOINT decant_extension; RELEASE SAVEPOINT decant_extension");
    pg_result_free(columns);
    buf_deinit(&from);
    buf_deinit(&to);
    return ok;
}

void
extension_rows_carry(struct pg_conn *copy, const struct sink_env *env)
{
    const struct catalog *catalog = env->plan->catalog;
    bool may_carry = env->options->no_mask && !env->options->schema_only;
    for (int i = 0; i < catalog->nextension_tables; i++) {
        const struct extension_table *table = &catalog->extension_tables[i];
        bool acts = strcmp(table->extension, "pg_cron") == 0; /* jobs would run in the copy */
        bool is_carried = may_carry && !acts && table->rows > 0 && carry(table, copy, env);
        if (!is_carried && !env->options->schema_only)
            note(table, env->notes);
    }
}
