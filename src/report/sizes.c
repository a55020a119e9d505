/* SPDX-License-Identifier: PostgreSQL */
#include "report/sizes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* A table with what belongs to it, in bytes. */
struct size {
    const char *schema, *name;
    char *text; /* on the heap: what they are in */
    double rows;
    int64_t heap, indexes, out_of_line;
    const char *rows_by; /* how the rows are known; NULL: by statistics */
};

/* The table at `*at`; *at goes behind what belongs to it, and so does *guess, in the same order. */
static struct size
next_size(const struct manifest *manifest, int page_bytes, int *at, int *guess)
{
    const struct manifest_relation *table = &manifest->relations[*at];
    char *schema = mem_strdup(table->name);
    size_t len = strcspn(schema, ".");
    bool has_schema = schema[len] == '.'; /* a file may say anything */
    schema[len] = '\0';
    struct size size = { .schema = has_schema ? schema : "",
                         .name = has_schema ? schema + len + 1 : schema,
                         .text = schema,
                         .rows = table->rows,
                         .heap = table->pages * page_bytes };
    if (*guess < manifest->nguesses && strcmp(manifest->guesses[*guess].name, table->name) == 0)
        size.rows_by = manifest->guesses[(*guess)++].how;
    for ((*at)++; *at < manifest->nrelations && manifest->relations[*at].of != NULL; (*at)++) {
        const struct manifest_relation *part = &manifest->relations[*at];
        int64_t bytes = part->pages * page_bytes;
        *(part->kind == 't' ? &size.out_of_line : &size.indexes) += bytes;
    }
    return size;
}

static void
put_json(const struct size *size, struct buf *out)
{
    buf_putc(out, '{');
    json_member_string(out, "schema", size->schema);
    json_member_string(out, "table", size->name);
    if (size->rows >= 0)
        json_member_int(out, "rows", (int64_t)size->rows);
    json_member_string(out, "rows_by", size->rows_by != NULL ? size->rows_by : "analyzed");
    json_member_int(out, "heap_bytes", size->heap);
    json_member_int(out, "index_bytes", size->indexes);
    json_member_int(out, "out_of_line_bytes", size->out_of_line);
    json_member_int(out, "total_bytes", size->heap + size->indexes + size->out_of_line);
    buf_putc(out, '}');
}

static void
put_pgfence(const struct size *size, struct buf *out)
{
    buf_putc(out, '{');
    json_member_string(out, "schemaName", size->schema);
    json_member_string(out, "tableName", size->name);
    json_member_int(out, "rowCount", (int64_t)size->rows);
    json_member_int(out, "totalBytes", size->heap + size->indexes + size->out_of_line);
    buf_putc(out, '}');
}

static const struct {
    const char *name, *begin, *end;
    bool needs_rows;
    void (*put)(const struct size *size, struct buf *out);
} formats[] = {
    { "json", "{\"version\":1,\"tables\":[", "]}\n", false, put_json },
    { "pgfence", "[", "]\n", true, put_pgfence },
};

bool
sizes_write(const struct manifest *manifest, const char *format, struct buf *out)
{
    assert(manifest != NULL && format != NULL && out != NULL);
    const char *page = manifest_fact(manifest, "page_bytes");
    int page_bytes = page != NULL ? atoi(page) : 0;
    size_t f = 0, nformats = sizeof formats / sizeof *formats;
    while (f < nformats && strcmp(formats[f].name, format) != 0)
        f++;
    if (f == nformats)
        return false;
    buf_puts(out, formats[f].begin);
    for (int at = 0, guess = 0, n = 0; at < manifest->nrelations;) {
        struct size size = next_size(manifest, page_bytes, &at, &guess);
        if (size.rows >= 0 || !formats[f].needs_rows) {
            buf_puts(out, n++ > 0 ? ",\n" : "\n");
            formats[f].put(&size, out);
        }
        free(size.text);
    }
    buf_puts(out, formats[f].end);
    return true;
}
