/* SPDX-License-Identifier: PostgreSQL */
#include "leak/search.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pipeline.h"
#include "base/utf8.h"
#include "row/plain.h"
#include "transform/transform.h"

/* Columns of one table. */
struct searched_table {
    const struct manifest_searched *columns;
    int n;
    const char **names;
};

/* Rows of it that are searched by one reader, and what is known of them by the address of each
 * column. */
struct searched_part {
    const struct searched_table *table;
    struct scan_part place;
    struct leak_column *columns;
};

/* A row at hand. */
struct searched_row {
    const struct searched_table *table;
    const struct cell *cells;
};

/* As in the copy: masked where the key is. */
static void
put_key(void *ctx, char *out, size_t size)
{
    const struct searched_row *row = ctx;
    const struct searched_table *table = row->table;
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < table->n && at < size; i++) {
        const struct cell *cell = &row->cells[i];
        const char *comma = at > 0 ? "," : "";
        if (!table->columns[i].is_key)
            continue;
        int n = cell->kind == CELL_INTEGER
                    ? snprintf(out + at, size - at, "%s%lld", comma, (long long)cell->integer)
                : cell->kind == CELL_TEXT ? snprintf(out + at, size - at, "%s%.*s", comma,
                                                     (int)cell->len, (const char *)cell->data)
                                          : snprintf(out + at, size - at, "%s?", comma);
        at += n > 0 ? (size_t)n : 0;
    }
    if (at >= size)
        out[utf8_whole(out, size - 1)] = '\0';
}

/* Bytes are searched when they are text. PostgreSQL writes them in hexadecimal. */
static void
look_at_bytes(struct leak *leak, const struct leak_column *column, const struct cell *cell,
              struct buf *bytes, const struct leak_row *row)
{
    const char *data = cell->data;
    size_t len = cell->len;
    if (cell->kind == CELL_TEXT && len >= 2 && data[0] == '\\' && data[1] == 'x') {
        buf_reset(bytes);
        for (size_t i = 2; i + 1 < len; i += 2) {
            const char pair[] = { data[i], data[i + 1], '\0' };
            long byte = strtol(pair, NULL, 16);
            if (byte == 0) /* no text has it */
                return;
            buf_putc(bytes, (char)byte);
        }
        data = buf_str(bytes);
        len = bytes->len;
    }
    if (memchr(data, '\0', len) == NULL && plain_is_utf8((const uint8_t *)data, len))
        leak_look(leak, column, data, len, row);
}

static void
look_at_digits(struct leak *leak, const struct leak_column *column, const struct cell *cell,
               const struct leak_row *row)
{
    const char *text = cell->data;
    for (size_t i = 0, n; i < cell->len; i += n) { /* of a list, each */
        char digits[24];
        for (n = 0; i + n < cell->len && isdigit((unsigned char)text[i + n]); n++)
            ;
        if (n > 0 && n < sizeof digits - 4) {
            snprintf(digits, sizeof digits, "%.*s", (int)n, text + i);
            leak_look_at_number(leak, column, strtoll(digits, NULL, 10), row);
        }
        n += n == 0;
    }
}

/* In a column of texts: another tool stored it so. */
static void
look_at_integer(struct leak *leak, const struct leak_column *column, int64_t number,
                const struct leak_row *row)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    leak_look(leak, column, text, (size_t)len, row);
}

static void
look_at_cell(struct leak *leak, const struct manifest_searched *searched,
             const struct leak_column *column, const struct cell *cell, struct buf *bytes,
             const struct leak_row *row)
{
    if (searched->is_bytes && cell->len > 0)
        look_at_bytes(leak, column, cell, bytes, row);
    else if (searched->is_number && cell->kind == CELL_INTEGER)
        leak_look_at_number(leak, column, cell->integer, row);
    else if (searched->is_number && cell->kind == CELL_TEXT)
        look_at_digits(leak, column, cell, row);
    else if (cell->kind == CELL_TEXT || (cell->kind == CELL_BLOB && cell->len > 0))
        leak_look(leak, column, cell->data, cell->len, row); /* bytes: a text that is no UTF-8 */
    else if (cell->kind == CELL_INTEGER)
        look_at_integer(leak, column, cell->integer, row);
}

struct schema_search {
    struct leak *leak;
    struct arena *arena;
};

static void
take_schema(void *ctx, const char *object, const char *text)
{
    const struct schema_search *search = ctx;
    if (object == NULL || text == NULL)
        return;
    struct leak_column *column = ARENA_NEW(search->arena, struct leak_column);
    column->object = arena_strdup(search->arena, object);
    column->is_schema = true;
    leak_look(search->leak, column, text, strlen(text), NULL);
}

static bool
is_same_table(const struct manifest_searched *a, const struct manifest_searched *b)
{
    return strcmp(a->copy_table, b->copy_table) == 0 && strcmp(a->schema, b->schema) == 0;
}

/* What readers saw of a column of a part takes 2 KiB until it is added up: after so many of them.
 */
enum { MOST_WATCHED = 4096 };

struct search {
    const struct search_env *env;
    struct leak *sum;
    struct arena *arena; /* of what the sum refers to */
    struct arena parts_arena;
    int nparts, nwatched, nreaders;
    bool has_all_readers; /* no more could be opened */
    struct searched_part *parts;
    struct scan_source sources[SEARCH_MOST_READERS];
    struct leak *leaks[SEARCH_MOST_READERS]; /* each looks at what its reader reads */
    atomic_int stop;
};

static struct leak_column *
make_columns(const struct searched_table *table, struct arena *arena)
{
    struct leak_column *columns = ARENA_ARRAY(arena, struct leak_column, table->n);
    for (int i = 0; i < table->n; i++) {
        const struct manifest_searched *c = &table->columns[i];
        columns[i] = (struct leak_column){ .object = c->name,
                                           .how = transformer_find(c->mask),
                                           .is_json = c->is_json,
                                           .is_whole = c->is_whole,
                                           .is_number = c->is_number,
                                           .is_scrubbed = c->is_scrubbed,
                                           .bits = c->bits };
    }
    return columns;
}

static struct scan_table
scanned(const struct searched_table *table, const struct scan_part *place)
{
    return (struct scan_table){ .schema = table->columns[0].schema,
                                .name = table->columns[0].copy_table,
                                .ncolumns = table->n,
                                .columns = table->names,
                                .part = place };
}

static bool
add_parts(struct search *search, const struct manifest_searched *columns, int n,
          struct decant_error *err)
{
    struct searched_table *table = ARENA_NEW(search->arena, struct searched_table);
    struct scan_part places[SCAN_MOST_PARTS];
    int nplaces;
    *table = (struct searched_table){ columns, n, ARENA_ARRAY(search->arena, const char *, n) };
    for (int i = 0; i < n; i++)
        table->names[i] = columns[i].copy_column;
    const struct scan_table whole = scanned(table, NULL);
    if (!scan_parts(&search->sources[0], &whole, places, &nplaces, err))
        return error_context(err, "table '%s'", columns->copy_table);
    for (int i = 0; i < nplaces; i++) {
        struct arena *arena = i == 0 ? search->arena : &search->parts_arena; /* the sum is of it */
        search->parts = mem_grow(search->parts, (size_t)search->nparts, sizeof *search->parts);
        search->parts[search->nparts++] = (struct searched_part){
            .table = table, .place = places[i], .columns = make_columns(table, arena)
        };
    }
    search->nwatched += nplaces * n;
    return true;
}

/* One part, by one of the readers. */
static bool
search_part(void *ctx, int reader, int item, struct decant_error *err)
{
    struct search *search = ctx;
    const struct searched_part *part = &search->parts[item];
    const struct searched_table *table = part->table;
    bool is_all = part->place.first == INT64_MIN && part->place.last == INT64_MAX;
    const struct scan_table what = scanned(table, is_all ? NULL : &part->place);
    struct searched_row at = { .table = table };
    const struct leak_row row = { &at, put_key };
    struct scan *scan = NULL;
    struct buf bytes = { 0 };
    if (atomic_load(&search->stop) != 0) /* another reader failed */
        return true;
    int more = scan_open(&search->sources[reader], &what, &scan, err) ? 1 : -1;
    while (more > 0 && (more = scan_next(scan, &at.cells, err)) > 0) {
        if (search->env->rows != NULL)
            atomic_fetch_add_explicit(search->env->rows, 1, memory_order_relaxed);
        for (int i = 0; i < table->n; i++)
            if (!table->columns[i].is_key)
                look_at_cell(search->leaks[reader], &table->columns[i], &part->columns[i],
                             &at.cells[i], &bytes, &row);
    }
    scan_close(scan);
    buf_deinit(&bytes);
    return more == 0 || error_context(err, "table '%s'", table->columns[0].copy_table);
}

/* The first reader is there, and can do it all: a server that has no room for more, or no longer
 * answers, is no reason to stop before that one says so. */
static void
open_readers(struct search *search)
{
    int most = search->env->most < SEARCH_MOST_READERS ? search->env->most : SEARCH_MOST_READERS;
    struct decant_error ignored = { 0 };
    while (!search->has_all_readers && search->nreaders < most &&
           search->nreaders < search->nparts) {
        struct scan_source *source = &search->sources[search->nreaders];
        search->has_all_readers = !search->env->open(search->env->ctx, source, &ignored);
        if (search->has_all_readers)
            scan_end(source);
        else
            search->nreaders++;
    }
}

/* In the order of the parts: then the same is found whoever read them. */
static void
add_up(const struct search *search)
{
    const struct searched_part *first = NULL;
    for (int p = 0; p < search->nparts; p++) {
        const struct searched_part *part = &search->parts[p];
        if (first == NULL || first->table != part->table)
            first = part;
        for (int r = 0; r < search->nreaders; r++)
            for (int i = 0; i < part->table->n; i++)
                leak_merge(search->sum, &first->columns[i], search->leaks[r], &part->columns[i]);
    }
}

/* Has the parts at hand searched, and forgets them. */
static bool
search_parts(struct search *search, struct decant_error *err)
{
    open_readers(search);
    for (int r = 0; r < search->nreaders; r++)
        search->leaks[r] = leak_beside(search->sum);
    bool ok =
        pipeline_map(search->nparts, search->nreaders, &search->stop, 1, search, search_part, err);
    if (ok)
        add_up(search);
    for (int r = 0; r < search->nreaders; r++)
        leak_free(search->leaks[r]);
    arena_deinit(&search->parts_arena);
    search->nparts = search->nwatched = 0;
    return ok;
}

bool
search_copy(const struct search_env *env, const struct manifest_searched *columns, int n,
            struct leak *leak, struct arena *arena, struct decant_error *err)
{
    assert(env != NULL && env->most > 0 && n >= 0 && leak != NULL);
    struct search search = { .env = env, .sum = leak, .arena = arena, .nreaders = 1 };
    struct schema_search schema = { leak, arena };
    bool ok = env->open(env->ctx, &search.sources[0], err) &&
              scan_schema(&search.sources[0], take_schema, &schema, err);
    for (int i = 0, next; ok && i < n; i = next) {
        next = i + 1;
        while (next < n && is_same_table(&columns[i], &columns[next]))
            next++;
        ok = add_parts(&search, &columns[i], next - i, err);
        if (ok && (next == n || search.nwatched >= MOST_WATCHED))
            ok = search_parts(&search, err);
    }
    for (int r = 0; r < search.nreaders; r++)
        scan_end(&search.sources[r]);
    arena_deinit(&search.parts_arena);
    free(search.parts);
    return ok || error_context(err, "leak check");
}

bool
search_judge(const struct leak_finding *findings, int n,
             void (*tell)(void *ctx, const struct leak_finding *finding, const char *detail),
             void *ctx, struct decant_error *err)
{
    assert(n == 0 || findings != NULL);
    const struct leak_finding *first = NULL;
    int nopen = 0;
    for (int i = 0; i < n; i++) {
        const struct leak_finding *found = &findings[i];
        char detail[200];
        if (found->allowed != NULL)
            continue;
        if (nopen++ == 0)
            first = found;
        snprintf(detail, sizeof detail, "%lld in %lld cells%s%s", (long long)found->count,
                 (long long)found->cells, found->keys[0] != '\0' ? "; rows " : "", found->keys);
        tell(ctx, found, detail);
    }
    if (nopen == 0)
        return true;
    error_set(err, DECANT_LEAK, "E510 the copy holds what was to be removed: '%s' [%s]%s",
              first->object, first->kind, nopen > 1 ? ", and more" : "");
    return error_hint(err,
                      "mask it, or accept it with a reason: checks: {leak: {allow: [{column: %s, "
                      "pattern: %s, why: ...}]}}",
                      first->object, first->kind);
}
