/* SPDX-License-Identifier: PostgreSQL */
#include "copy/extract.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "catalog/as_text.h"
#include "copy/respell.h"
#include "pg/quote.h"

#define ROW_ALIAS "decant_row"

enum {
    SMALL_PAGES =
        1000, /* of 8 KiB: sorting a whole table of them costs the source next to nothing */
    FIRST_PROGRESS = 1000,
    PROGRESS_ROWS = 20000,
    KEYS_PER_ROW = 8, /* a lookup by key costs as much as this many rows of a scan */
    LITERAL_BYTES = 64 * 1024,
    FILTER_BYTES = 1024 * 1024,
    ROWS_PER_OWNER = 2,     /* at half of the owners a scan of all rows is as good */
    HASHES_ARRAYS = 140000, /* since then "= ANY (array)" is looked up in a hash table */
};

static bool
travels(const struct extract *extract, const struct column *column)
{
    return extract->with_generated || !column->is_generated;
}

int
extract_ncolumns(const struct extract *extract)
{
    assert(extract != NULL);
    int n = 0;
    for (int i = 0; i < extract->table->ncolumns; i++)
        n += travels(extract, &extract->table->columns[i]);
    return n;
}

/* The name of a column in the select list; of a key that must be spelled as its parent's, an
 * expression that yields the parent's. */
static void
put_source(const struct extract *extract, int column, struct buf *out)
{
    const struct table *table = extract->table;
    const struct plan_key *key =
        extract->use == WIRE_DECODED ? respell_key(extract->plan, table, column) : NULL;
    if (key == NULL)
        buf_puts(out, ROW_ALIAS "."), quote_ident(out, table->columns[column].name);
    else
        respell_put(key, column, ROW_ALIAS, out);
}

/* Must the client look at each row to know whether it is copied? */
static bool
is_filtered(const struct extract *extract)
{
    return extract->chosen != NULL &&
           (extract->on_chosen != NULL || !select_has_all(extract->chosen, extract->table->root) ||
            select_changes_keys(extract->chosen, extract->table->root));
}

static void
put_empty(const struct column_mask *mask, const char *source, const struct column *column,
          bool as_text, struct buf *out)
{
    struct buf empty = { 0 };
    buf_printf(&empty, "((%s)::%s)", mask->is_array ? "'{}'" : "''", column->type_name);
    buf_printf(out, "CASE WHEN %s IS NOT NULL THEN ", source);
    if (as_text)
        as_text_put(column, buf_str(&empty), out);
    else
        buf_puts(out, buf_str(&empty));
    buf_puts(out, " END");
    buf_deinit(&empty);
}

/* What is sent for a masked column: no more than its mask needs. */
static void
put_masked(const struct extract *extract, const struct column_mask *mask, const char *source,
           const struct column *column, struct buf *out)
{
    bool as_text = extract->use == WIRE_PASSED && wire_passes_text(extract->table);
    bool is_cast = extract->use == WIRE_DECODED && !type_is_decodable(column->type);
    if (mask->server_empties) /* only the server knows the empty value of such a type */
        put_empty(mask, source, column, as_text || is_cast, out);
    else if (mask->need == NEED_NOTHING)
        buf_puts(out, "NULL");
    else if (mask->need == NEED_NULLNESS && column->not_null)
        buf_puts(out, "''::pg_catalog.text");
    else if (mask->need == NEED_BLANKNESS && mask->kind == KIND_TEXT)
        buf_printf(out,
                   "CASE WHEN pg_catalog.btrim(%s::pg_catalog.text, E' \\t\\n\\r\\f\\v') "
                   "OPERATOR(pg_catalog.=) '' THEN %s::pg_catalog.text "
                   "WHEN %s IS NOT NULL THEN '-' END",
                   source, source, source);
    else if (mask->need == NEED_NULLNESS || mask->need == NEED_BLANKNESS)
        buf_printf(out, "CASE WHEN %s IS NOT NULL THEN ''::pg_catalog.text END", source);
    else if (mask->kind == KIND_OTHER) { /* kept for some rows */
        wire_put(extract->table, column, extract->use, source, out);
    } else {
        buf_puts(out, source);
    }
}

static const struct column_mask *
mask_of(const struct extract *extract, const struct column *column)
{
    const struct masked_table *masked = masking_find(extract->masking, extract->table);
    int number = masked != NULL ? table_column(masked->table, column->name) : -1;
    return number >= 0 ? masking_column(masked, number) : NULL;
}

static void
put_select(const struct extract *extract, bool order, const char *where, struct buf *out)
{
    assert(extract != NULL);
    const struct table *table = extract->table;
    const struct masked_table *masked = masking_find(extract->masking, table);
    struct buf name = { 0 };
    const char *separator = "SELECT ";
    for (int i = 0; i < table->ncolumns; i++) {
        if (!travels(extract, &table->columns[i]))
            continue;
        buf_reset(&name);
        put_source(extract, i, &name);
        const struct column_mask *mask = mask_of(extract, &table->columns[i]);
        buf_puts(out, separator);
        separator = ", ";
        if (mask != NULL) {
            put_masked(extract, mask, buf_str(&name), &table->columns[i], out);
            continue;
        }
        wire_put(table, &table->columns[i], extract->use, buf_str(&name), out);
    }
    buf_reset(&name);
    if (is_filtered(extract)) /* behind the others, and not handed on */
        select_put_columns(extract->chosen, table->root, &name);
    for (int i = 0; masked != NULL && i < masked->nextras; i++)
        buf_printf(&name, ", %s", masked->extras[i]);
    if (extract_ncolumns(extract) > 0)
        buf_puts(out, buf_str(&name));
    else
        buf_printf(out, "SELECT%s", name.len > 0 ? buf_str(&name) + 1 : ""); /* no comma */
    buf_puts(out, " FROM ");
    catalog_put_rows(table, out);
    buf_puts(out, " AS " ROW_ALIAS);
    if (masked != NULL && masked->joins != NULL)
        buf_puts(out, masked->joins);
    if (where != NULL)
        buf_printf(out, " WHERE %s", where);
    const struct index *key = catalog_primary_key(table);
    for (int i = 0; order && key != NULL && i < key->nkeys; i++) {
        buf_puts(out, i == 0 ? " ORDER BY " : ", ");
        buf_puts(out, ROW_ALIAS ".");
        quote_ident(out, table->columns[key->keys[i].column].name);
    }
    buf_deinit(&name);
}

void
extract_sql(const struct extract *extract, bool order, const char *where, struct buf *out)
{
    buf_puts(out, "COPY (");
    put_select(extract, order, where, out);
    buf_puts(out, ") TO STDOUT (FORMAT binary)");
}

/* Is the order of the primary key the same in every database, whatever its locale and its way to
 * store values? */
static bool
orders_alike(const struct table *table)
{
    const struct index *key = catalog_primary_key(table);
    bool ok = key != NULL;
    for (int i = 0; ok && i < key->nkeys; i++) {
        const struct column *column = &table->columns[key->keys[i].column];
        ok = column->type->kind == TYPE_SCALAR && scalars[column->type->scalar].orders_alike;
    }
    return ok;
}

bool
extract_plan_order(struct pg_conn *conn, const struct extract *extract, bool *order,
                   struct decant_error *err)
{
    assert(extract != NULL);
    *order = extract->in_key_order && orders_alike(extract->table);
    if (!*order || extract->table->relpages <= SMALL_PAGES)
        return true;
    struct buf sql = { 0 };
    buf_puts(&sql, "EXPLAIN ");
    put_select(extract, true, NULL, &sql);
    struct pg_result *plan = pg_query(conn, err, buf_str(&sql), 0, NULL);
    for (int i = 0; plan != NULL && i < pg_nrows(plan); i++)
        if (strstr(pg_text(plan, i, 0), "Sort  (cost=") != NULL)
            *order = false;
    pg_result_free(plan);
    buf_deinit(&sql);
    return plan != NULL;
}

/* Is the row one of those that were chosen? */
static bool
is_chosen(struct extract_stream *stream, const struct decant_value *key)
{
    const struct extract *filter = stream->filter;
    const struct table *root = filter->table->root;
    double probability;
    enum origin origin = select_origin(filter->chosen, root, key, &probability, &stream->scratch);
    if (origin != ORIGIN_NONE && filter->on_chosen != NULL)
        filter->on_chosen(filter->chosen_ctx, root, origin, probability, key);
    return origin != ORIGIN_NONE;
}

/* Appends the condition that a row has one of the next keys, as many as fit into one literal. Those
 * of owners go in one: each statement may have to read the whole table. */
static void
put_next_keys(struct extract_stream *stream, struct buf *out)
{
    const struct select_keys *keys = &stream->keys;
    bool by_place = keys->how == SELECT_BY_PLACE;
    size_t most = keys->how == SELECT_BY_OWNER ? SIZE_MAX : LITERAL_BYTES;
    if (keys->may_be_null) {
        buf_puts(out, ROW_ALIAS ".");
        quote_ident(out, keys->column);
        buf_puts(out, " IS NULL OR ");
    }
    buf_puts(out, ROW_ALIAS ".");
    quote_ident(out, keys->column);
    buf_puts(out, " OPERATOR(pg_catalog.=) ANY ('{");
    for (const char *comma = ""; stream->next_key < keys->n && out->len < most;
         stream->next_key++, comma = ",") {
        long long key = (long long)keys->keys[stream->next_key];
        if (by_place)
            buf_printf(out, "%s\"(%lld,%lld)\"", comma, key >> 16, key & 0xFFFF);
        else
            buf_printf(out, "%s%lld", comma, key);
    }
    buf_puts(out, by_place ? "}'::pg_catalog.tid[])" : "}'::pg_catalog.int8[])");
}

/* Starts the statement that reads the next rows: all of them, or those of the next keys. */
static bool
open_reader(struct extract_stream *stream, const struct extract *extract, struct decant_error *err)
{
    struct buf sql = { 0 }, where = { 0 }, workers = { 0 };
    int extra = stream->mask.table != NULL ? stream->mask.table->nextras : 0;
    if (stream->reader != NULL)
        stream->bytes += pg_reader_bytes(stream->reader);
    pg_reader_close(stream->reader);
    if (is_filtered(extract) && select_has_none(extract->chosen, extract->table->root))
        buf_puts(&where, "false");
    if (stream->keys.condition != NULL)
        buf_puts(&where, stream->keys.condition);
    if (stream->keys.n > 0)
        put_next_keys(stream, &where);
    if (is_filtered(extract))
        stream->nchosen =
            select_put_columns(extract->chosen, extract->table->root, &stream->scratch);
    extra += stream->nchosen;
    extract_sql(extract, stream->order, where.len > 0 ? buf_str(&where) : NULL, &sql);
    bool is_few = stream->keys.condition != NULL;
    if (is_few)
        pg_put_workers(&workers, buf_str(&sql));
    stream->reader = pg_reader_open(stream->conn, buf_str(is_few ? &workers : &sql),
                                    stream->info.ncolumns + extra, err);
    buf_deinit(&workers);
    buf_deinit(&sql);
    buf_deinit(&where);
    return stream->reader != NULL;
}

static int
next_values(struct extract_stream *stream, struct decant_value **values, struct decant_error *err)
{
    int n = pg_reader_next(stream->reader, values, err);
    while (n == 0 && stream->next_key < stream->keys.n)
        n = open_reader(stream, stream->filter, err) ? pg_reader_next(stream->reader, values, err)
                                                     : -1;
    return n;
}

struct change {
    struct extract_stream *stream;
    struct decant_value *values;
};

/* An integer, whatever its width, or NULL. */
static void
change_key(void *ctx, const struct column *column, int64_t key, bool is_null)
{
    const struct change *change = ctx;
    int number = (int)(column - change->stream->filter->table->root->columns);
    int at = change->stream->places[number];
    uint8_t *bytes = change->stream->changed[at];
    struct decant_value *value = &change->values[at];
    if (is_null) {
        value->len = DECANT_NULL;
        return;
    }
    put_u64(bytes, (uint64_t)key);
    value->data = bytes + 8 - value->len;
}

static int
stream_next(struct row_stream *base, struct row *out, struct decant_error *err)
{
    struct extract_stream *stream = (struct extract_stream *)base;
    struct decant_value *values;
    int n;
    do
        n = next_values(stream, &values, err);
    while (n > 0 && stream->filter != NULL && !is_chosen(stream, values + stream->info.ncolumns));
    if (n == 0 && stream->mask.table != NULL && !mask_stream_check(&stream->mask, err))
        return -1;
    if (n <= 0)
        return n;
    if (stream->places != NULL) {
        struct change change = { stream, values };
        select_change_keys(stream->filter->chosen, stream->filter->table->root,
                           values + stream->info.ncolumns, change_key, &change, &stream->scratch);
    }
    if (stream->mask.table != NULL &&
        !mask_stream_row(&stream->mask, values, values + stream->info.ncolumns + stream->nchosen,
                         err))
        return -1;
    if (stream->hook != NULL &&
        !stream->hook(stream->hook_ctx, stream->worker, &stream->info, values, err))
        return -1;
    *out = (struct row){ .ncolumns = stream->info.ncolumns, .values = values };
    if (++stream->rows >= stream->next_progress && stream->on_progress != NULL) {
        stream->next_progress = stream->rows + PROGRESS_ROWS;
        stream->on_progress(stream->progress_ctx, stream);
    }
    return 1;
}

static void
describe(const struct extract *extract, struct extract_stream *out)
{
    const struct table *table = extract->table;
    int n = 0;
    out->columns = mem_alloc((size_t)(table->ncolumns + 1) * sizeof *out->columns);
    for (int i = 0; i < table->ncolumns; i++) {
        const struct column *column = &table->columns[i];
        const struct type *type = column->type;
        if (!travels(extract, column))
            continue;
        bool is_text = type->kind == TYPE_SCALAR && scalars[type->scalar].is_text;
        bool is_limited =
            is_text && (type->scalar == SCALAR_VARCHAR || type->scalar == SCALAR_BPCHAR);
        out->columns[n++] = (struct decant_column){
            .name = column->name,
            .type = column->type_name,
            .is_text = is_text,
            .max_characters = is_limited && column->typmod > 4 ? column->typmod - 4 : 0,
        };
    }
    out->info = (struct decant_table){
        .schema = table->schema, .name = table->name, .ncolumns = n, .columns = out->columns
    };
}

/* Leaves may have their columns in another order than their root. */
static void
find_places(const struct extract *extract, struct extract_stream *out)
{
    const struct table *table = extract->table, *root = table->root;
    int place = 0;
    if (!is_filtered(extract) || !select_changes_keys(extract->chosen, root))
        return;
    out->places = mem_alloc((size_t)(root->ncolumns + 1) * sizeof *out->places);
    out->changed = mem_alloc((size_t)(table->ncolumns + 1) * sizeof *out->changed);
    for (int i = 0; i < table->ncolumns; i++) {
        if (!travels(extract, &table->columns[i]))
            continue;
        int column = table_column(root, table->columns[i].name);
        if (column >= 0)
            out->places[column] = place;
        place++;
    }
}

static void
begin_masks(const struct extract *extract, struct extract_stream *out)
{
    const struct masked_table *masked = masking_find(extract->masking, extract->table);
    bool travel[extract->table->ncolumns + 1];
    if (masked == NULL || masked->nmasks == 0)
        return;
    for (int i = 0; i < extract->table->ncolumns; i++)
        travel[i] = travels(extract, &extract->table->columns[i]);
    mask_stream_init(&out->mask, extract->masking, masked, extract->table, travel,
                     extract->use == WIRE_PASSED && wire_passes_text(extract->table));
}

/* Does a mask change the key by which rows are ordered? */
static bool
masks_key(const struct extract *extract)
{
    const struct index *key = catalog_primary_key(extract->table);
    for (int i = 0; key != NULL && i < key->nkeys; i++)
        if (mask_of(extract, &extract->table->columns[key->keys[i].column]) != NULL)
            return true;
    return false;
}

/* Few rows are fetched by their keys; many are read by a scan that drops the others. */
static void
fetch_by_keys(struct pg_conn *conn, const struct extract *extract, struct extract_stream *out)
{
    const struct table *table = extract->table;
    struct select_keys *keys = &out->keys;
    if (!is_filtered(extract) || select_has_none(extract->chosen, table->root) ||
        !select_keys(extract->chosen, table, keys))
        return;
    if (keys->how == SELECT_BY_HASH) /* few rows out of many: parallel workers are worth it */
        return;
    double per_key = keys->how == SELECT_BY_OWNER ? ROWS_PER_OWNER : KEYS_PER_ROW;
    bool one_literal =
        pg_conn_version(conn) >= HASHES_ARRAYS && keys->n * 12 < FILTER_BYTES; /* 12 digits each */
    if ((double)keys->n * per_key < keys->source_rows &&
        (keys->how != SELECT_BY_OWNER || one_literal))
        return;
    free(keys->keys);
    *keys = (struct select_keys){ 0 };
}

bool
extract_open(struct pg_conn *conn, const struct extract *extract, struct extract_stream *out,
             struct decant_error *err)
{
    assert(extract->table != NULL && extract->plan != NULL);
    out->stream.next = stream_next;
    out->conn = conn;
    out->rows = out->bytes = 0;
    out->next_key = 0;
    out->next_progress = FIRST_PROGRESS;
    if (is_filtered(extract)) {
        out->filter = extract;
        fetch_by_keys(conn, extract, out);
    }
    describe(extract, out);
    find_places(extract, out);
    begin_masks(extract, out);
    if (out->keys.condition != NULL)
        out->order = false;
    else if (out->keys.keys != NULL)
        out->order = extract->in_key_order && orders_alike(extract->table) &&
                     out->keys.how != SELECT_BY_PLACE;
    else if (!extract_plan_order(conn, extract, &out->order, err))
        return false;
    out->stream.is_ordered = out->order && out->places == NULL && !masks_key(extract);
    return open_reader(out, extract, err);
}

int64_t
extract_bytes(const struct extract_stream *stream)
{
    return stream->bytes + (stream->reader != NULL ? pg_reader_bytes(stream->reader) : 0);
}

void
extract_close(struct extract_stream *stream)
{
    assert(stream != NULL);
    pg_reader_close(stream->reader);
    free(stream->columns);
    free(stream->keys.keys);
    free(stream->keys.condition);
    free(stream->places);
    free(stream->changed);
    mask_stream_deinit(&stream->mask);
    stream->places = NULL;
    stream->changed = NULL;
    stream->keys = (struct select_keys){ 0 };
    buf_deinit(&stream->scratch);
    stream->reader = NULL;
    stream->columns = NULL;
}
