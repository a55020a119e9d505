/* SPDX-License-Identifier: PostgreSQL */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "report/page.h"
#include "report/sections.h"

enum { MOST_COLUMNS = 16, WIDEST = 70 };

int
report_format(const char *name)
{
    static const char *const names[REPORT_FORMATS] = { "text", "md", "json", "html" };
    for (int i = 0; i < REPORT_FORMATS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* ---- text and Markdown */

struct grid {
    int ncolumns;
    bool is_number[MOST_COLUMNS];
    const char *headers[MOST_COLUMNS];
    int header_bytes[MOST_COLUMNS];
    size_t widths[MOST_COLUMNS];
    int64_t rows;
};

static void
split_headers(const char *headers, struct grid *out)
{
    *out = (struct grid){ 0 };
    while (*headers != '\0' && out->ncolumns < MOST_COLUMNS) {
        int i = out->ncolumns++;
        out->is_number[i] = *headers == '>';
        headers += *headers == '>';
        out->headers[i] = headers;
        out->header_bytes[i] = (int)strcspn(headers, "|");
        out->widths[i] = utf8_length(headers, (size_t)out->header_bytes[i]);
        headers += out->header_bytes[i];
        headers += *headers == '|';
    }
}

static bool
measure(struct db_stmt *stmt, struct grid *grid, struct decant_error *err)
{
    int more;
    while ((more = db_step(stmt, err)) > 0) {
        grid->rows++;
        for (int i = 0; i < grid->ncolumns; i++) {
            const char *text = db_text(stmt, i);
            size_t width = text != NULL ? utf8_length(text, strlen(text)) : 0;
            if (width > grid->widths[i])
                grid->widths[i] = width < WIDEST ? width : WIDEST;
        }
    }
    return more == 0;
}

static void
put_cell(const struct grid *grid, int i, const char *text, size_t len, struct buf *out)
{
    size_t width = utf8_length(text, len);
    size_t fill = grid->widths[i] > width ? grid->widths[i] - width : 0;
    bool is_last = i == grid->ncolumns - 1;
    buf_puts(out, i == 0 ? "  " : "  ");
    for (size_t k = 0; grid->is_number[i] && k < fill; k++)
        buf_putc(out, ' ');
    buf_add(out, text, len);
    for (size_t k = 0; !grid->is_number[i] && !is_last && k < fill; k++)
        buf_putc(out, ' ');
}

static void
put_markdown_cell(int i, const char *text, size_t len, struct buf *out)
{
    buf_puts(out, i == 0 ? "| " : " | ");
    for (size_t k = 0; k < len; k++) {
        if (text[k] == '|')
            buf_putc(out, '\\');
        buf_putc(out, text[k] == '\n' ? ' ' : text[k]);
    }
}

static void
put_row(enum report_format format, const struct grid *grid, struct db_stmt *stmt, struct buf *out)
{
    for (int i = 0; i < grid->ncolumns; i++) {
        const char *text = stmt != NULL ? db_text(stmt, i) : grid->headers[i];
        size_t len = stmt == NULL ? (size_t)grid->header_bytes[i] : text != NULL ? strlen(text) : 0;
        if (format == REPORT_MARKDOWN)
            put_markdown_cell(i, text != NULL ? text : "", len, out);
        else
            put_cell(grid, i, text != NULL ? text : "", len, out);
    }
    buf_puts(out, format == REPORT_MARKDOWN ? " |\n" : "\n");
    for (int i = 0; format == REPORT_MARKDOWN && stmt == NULL && i < grid->ncolumns; i++)
        buf_puts(out, grid->is_number[i] ? "|--:" : "|---");
    if (format == REPORT_MARKDOWN && stmt == NULL)
        buf_puts(out, "|\n");
}

static bool
put_section(struct db *db, const struct section *section, enum report_format format,
            struct buf *out, struct decant_error *err)
{
    struct grid grid;
    struct db_stmt *stmt = db_prepare(db, section->sql, err);
    split_headers(section->headers, &grid);
    bool ok = stmt != NULL && measure(stmt, &grid, err);
    if (ok && grid.rows > 0) {
        buf_printf(out, format == REPORT_MARKDOWN ? "\n## %s\n\n" : "\n%s\n", section->title);
        if (section->about != NULL && format == REPORT_MARKDOWN)
            buf_printf(out, "%s\n\n", section->about);
        put_row(format, &grid, NULL, out);
        int more;
        while ((more = db_step(stmt, err)) > 0)
            put_row(format, &grid, stmt, out);
        ok = more == 0;
    }
    db_finalize(stmt);
    return ok;
}

bool
report_verdict(struct db *manifest, struct buf *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(manifest, headline_sql[0], err);
    bool ok = stmt != NULL && db_step(stmt, err) == 1;
    if (ok)
        buf_puts(out, db_text(stmt, 0));
    db_finalize(stmt);
    return ok;
}

static bool
put_text(struct db *db, enum report_format format, const char *copy, bool absolute, struct buf *out,
         struct decant_error *err)
{
    bool is_markdown = format == REPORT_MARKDOWN, ok = true;
    if (is_markdown)
        buf_printf(out, "# %s\n\n", copy);
    for (int i = 0; ok && i < HEADLINES; i++) {
        struct db_stmt *stmt = db_prepare(db, headline_sql[i], err);
        ok = stmt != NULL && db_step(stmt, err) == 1;
        if (ok)
            buf_printf(out, "%s%s\n", is_markdown ? "- " : "", db_text(stmt, 0));
        db_finalize(stmt);
    }
    for (int i = 0; ok && i < nsections; i++)
        if ((absolute || !sections[i].only_absolute) && (is_markdown || !sections[i].is_long))
            ok = put_section(db, &sections[i], format, out, err);
    return ok;
}

/* ---- JSON */

/* The members of the object, each by a query that makes JSON of a table. */
static const struct {
    const char *name, *sql;
} members[] = {
    { "run", "SELECT json_group_object(name, value) FROM run" },
    { "tables", "SELECT json_group_array(json_object('name', name, 'rows', rows)) FROM"
                " (SELECT * FROM tables ORDER BY name)" },
    { "samples",
      "SELECT json_group_array(json_object('name', name, 'role', role, 'rate', rate, 'sampled',"
      " sampled, 'whole', whole, 'completed', completed, 'pulled', pulled, 'asked', asked, 'edge',"
      " edge, 'hollow', hollow, 'capped', capped)) FROM (SELECT * FROM samples ORDER BY name)" },
    { "references",
      "SELECT json_group_array(json_object('name', name, 'parent', parent, 'policy', policy,"
      " 'left_out', left_out, 'changed', changed)) FROM (SELECT * FROM policies ORDER BY name)" },
    { "columns", "SELECT json_group_array(json_object('name', name, 'type', type, 'verdict',"
                 " verdict, 'mask', mask, 'guarantee', guarantee)) FROM (SELECT * FROM columns"
                 " ORDER BY name)" },
    { "weaker", "SELECT json_group_array(json_object('name', name, 'was', was, 'now', now)) FROM"
                " (SELECT * FROM weaker ORDER BY name)" },
    { "singles", "SELECT json_group_array(json_object('name', name, 'share', share)) FROM"
                 " (SELECT * FROM singles ORDER BY name)" },
    { "crowds", "SELECT json_group_array(json_object('name', name, 'columns', columns, 'alone',"
                " alone, 'few', few)) FROM (SELECT * FROM crowds ORDER BY name)" },
    { "measures",
      "SELECT json_group_array(json_object('kind', kind, 'name', name, 'source',"
      " CASE WHEN abs(source) < 1e308 THEN source END, 'copy', CASE WHEN abs(copy) < 1e308 THEN"
      " copy END, 'distance', CASE WHEN distance < 1e308 THEN distance END, 'floor', floor,"
      " 'excess', CASE WHEN excess < 1e9 THEN excess"
      " END, 'verdict', verdict, 'note', note)) FROM (SELECT * FROM measures ORDER BY kind, "
      "name)" },
    { "fanouts", "SELECT json_group_array(json_object('name', name, 'kind', kind, 'children',"
                 " children, 'source', source, 'copy', copy)) FROM (SELECT * FROM fanouts ORDER BY"
                 " name, children)" },
    { "distributions",
      "SELECT json_group_array(json_object('name', name, 'side', side, 'share', share, 'x', x))"
      " FROM (SELECT * FROM distributions ORDER BY name, side, share)" },
    { "shares",
      "SELECT json_group_array(json_object('name', name, 'value', value, 'source', source,"
      " 'copy', copy)) FROM (SELECT * FROM shares ORDER BY name, copy DESC)" },
    { "findings", "SELECT json_group_array(json_object('name', name, 'kind', kind, 'count', count,"
                  " 'cells', cells, 'keys', keys, 'allowed', allowed)) FROM findings" },
    { "since", "SELECT json_group_array(json_object('name', name, 'before', before, 'after', after,"
               " 'came', came, 'went', went, 'changed', changed)) FROM since" },
    { "since_changes", "SELECT json_group_array(json_object('kind', kind, 'name', name, 'was', was,"
                       " 'now', now)) FROM since_changes" },
    { "amplified", "SELECT json_group_array(json_object('name', name, 'copied', copied, 'rows',"
                   " rows, 'wanted', wanted, 'reason', reason)) FROM (SELECT * FROM amplified"
                   " ORDER BY name)" },
    { "not_carried",
      "SELECT json_group_array(json_object('kind', kind, 'object', object, 'reason', reason,"
      " 'count', count, 'consequence', consequence, 'hint', hint)) FROM not_carried" },
};

static bool
put_json(struct db *db, const char *copy, bool absolute, struct buf *out, struct decant_error *err)
{
    bool ok = true;
    buf_puts(out, "{");
    json_member_int(out, "report", 1); /* the version of this form */
    json_member_string(out, "copy", copy);
    struct buf verdict = { 0 };
    ok = report_verdict(db, &verdict, err);
    json_member_string(out, "verdict", buf_str(&verdict));
    buf_deinit(&verdict);
    for (size_t i = 0; ok && i < sizeof members / sizeof *members; i++) {
        struct db_stmt *stmt = db_prepare(db, members[i].sql, err);
        ok = stmt != NULL && db_step(stmt, err) == 1;
        if (ok)
            buf_printf(out, ",\n\"%s\":%s", members[i].name, db_text(stmt, 0));
        db_finalize(stmt);
    }
    struct db_stmt *stmt =
        ok && absolute
            ? db_prepare(db, "SELECT json_group_object(name, source_rows) FROM samples", err)
            : NULL;
    if (stmt != NULL && db_step(stmt, err) == 1)
        buf_printf(out, ",\n\"source_rows\":%s", db_text(stmt, 0));
    db_finalize(stmt);
    buf_puts(out, "}\n");
    return ok;
}

bool
report_since(struct db *manifest, struct decant_error *err)
{
    return db_exec(
        manifest, err,
        "PRAGMA query_only = OFF;"
        "CREATE TEMP TABLE IF NOT EXISTS since(name, before, after, came, went, changed);"
        "CREATE TEMP TABLE IF NOT EXISTS since_changes(kind, name, was, now)");
}

bool
report_write(struct db *manifest, enum report_format format, const char *copy, bool absolute,
             struct buf *out, struct decant_error *err)
{
    if (!report_since(manifest, err))
        return false;
    return format == REPORT_JSON   ? put_json(manifest, copy, absolute, out, err)
           : format == REPORT_HTML ? page_write(manifest, copy, absolute, out, err)
                                   : put_text(manifest, format, copy, absolute, out, err);
}
