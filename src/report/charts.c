/* SPDX-License-Identifier: PostgreSQL */
#include "report/charts.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/html.h"

#define WIDE_NOISE 0.25 /* of all shares: nearly every sample stays within it */

enum { MOST_CHARTS = 48, WIDTH = 260, HEIGHT = 126, LEFT = 6, TOP = 16 };

struct series {
    const char *name;
    int n, room;
    struct entry {
        char label[48];
        double x, source, copy; /* NaN: there is none */
    } * items;
    double ratio; /* to the noise; NaN: unknown */
    double floor;
};

static double
number_at(struct db_stmt *stmt, int column)
{
    return db_text(stmt, column) != NULL ? db_column_double(stmt, column) : NAN;
}

static void
add_entry(struct series *series, struct db_stmt *stmt)
{
    if (series->n == series->room) {
        series->room = series->room > 0 ? 2 * series->room : 64;
        series->items = mem_realloc(series->items, (size_t)series->room * sizeof *series->items);
    }
    struct entry *entry = &series->items[series->n++];
    const char *label = db_text(stmt, 1);
    snprintf(entry->label, sizeof entry->label, "%s", label != NULL ? label : "");
    entry->x = number_at(stmt, 2);
    entry->source = number_at(stmt, 3);
    entry->copy = number_at(stmt, 4);
    series->ratio = number_at(stmt, 5);
    series->floor = number_at(stmt, 6);
}

static void
begin_figure(const struct series *series, const char *what, struct buf *out)
{
    buf_puts(out, "<figure><figcaption><b>");
    html_text(series->name, out);
    if (isnan(series->ratio))
        buf_puts(out, "</b></figcaption>");
    else if (series->floor > WIDE_NOISE)
        buf_puts(out, "</b> <span>too few rows to say</span></figcaption>");
    else
        buf_printf(out, "</b> <span>%.2f of the noise</span></figcaption>", series->ratio);
    buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s of ", WIDTH,
               HEIGHT + 24, what);
    html_text(series->name, out);
    buf_puts(out, ", source and copy\">");
    buf_printf(out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, TOP, HEIGHT, WIDTH - LEFT);
}

/* Runs a query whose rows are sorted by their first column, a name; calls `put` for the rows of
 * each name, up to MOST_CHARTS of them. */
static bool
put_all(struct db *db, const char *sql, void (*put)(const struct series *series, struct buf *out),
        struct buf *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, sql, err);
    struct series series = { 0 };
    char *name = NULL;
    int more = stmt == NULL ? -1 : 0, charts = 0, hidden = 0;
    while (stmt != NULL && (more = db_step(stmt, err)) >= 0) {
        bool is_new = more == 0 || name == NULL || strcmp(name, db_text(stmt, 0)) != 0;
        if (is_new && name != NULL) {
            series.name = name;
            if (charts == 0)
                buf_puts(out, "<div class=\"charts\">\n");
            if (charts++ < MOST_CHARTS)
                put(&series, out);
            else
                hidden++;
            series.n = 0;
        }
        if (more == 0)
            break;
        if (is_new) {
            free(name);
            name = mem_strdup(db_text(stmt, 0));
        }
        add_entry(&series, stmt);
    }
    db_finalize(stmt);
    free(series.items);
    free(name);
    if (charts > 0)
        buf_puts(out, "</div>\n");
    if (hidden > 0)
        buf_printf(out, "<p>%d more are in the manifest and in the report's JSON.</p>\n", hidden);
    return more == 0;
}

/* ---- distributions */

static double
x_at(double x, double low, double high)
{
    double share = high > low ? (x - low) / (high - low) : 0.5;
    return LEFT + (share < 0 ? 0 : share > 1 ? 1 : share) * (WIDTH - 2 * LEFT);
}

static double
y_at(double share)
{
    return HEIGHT - (share < 0 ? 0 : share > 1 ? 1 : share) * (HEIGHT - TOP);
}

/* What the numbers of an axis are. */
enum axis { AXIS_NUMBERS, AXIS_TIMES, AXIS_LENGTHS };

/* Seconds since 2000-01-01 are told as a day; numbers with four digits. */
static void
put_bound(double x, enum axis axis, const char *anchor, double at, struct buf *out)
{
    buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", at, HEIGHT + 14, anchor);
    if (axis == AXIS_TIMES) {
        time_t seconds = (time_t)(946684800 + x);
        struct tm utc;
        char day[40] = "";
        if (gmtime_r(&seconds, &utc) != NULL)
            strftime(day, sizeof day, "%Y-%m-%d", &utc);
        buf_printf(out, "%s</text>", day);
    } else {
        buf_printf(out, "%.4g%s</text>", x, axis == AXIS_LENGTHS ? " characters" : "");
    }
}

static void
put_line(const struct series *series, bool is_copy, double low, double high, struct buf *out)
{
    const char *command = "M";
    buf_printf(out, "<path class=\"%s\" d=\"", is_copy ? "copy" : "source");
    for (int i = 0; i < series->n; i++) {
        const struct entry *entry = &series->items[i];
        if ((strcmp(entry->label, "copy") == 0) != is_copy)
            continue;
        buf_printf(out, "%s%.1f %.1f", command, x_at(entry->x, low, high), y_at(entry->source));
        command = "L";
    }
    buf_puts(out, "\"/>");
}

static void
put_band(const struct series *series, double low, double high, struct buf *out)
{
    const char *command = "M";
    buf_puts(out, "<path class=\"band\" d=\"");
    for (int turn = 0; turn < 2; turn++)
        for (int k = 0; k < series->n; k++) {
            const struct entry *entry = &series->items[turn == 0 ? k : series->n - 1 - k];
            if (strcmp(entry->label, "source") != 0)
                continue;
            double share = entry->source + (turn == 0 ? series->floor : -series->floor);
            buf_printf(out, "%s%.1f %.1f", command, x_at(entry->x, low, high), y_at(share));
            command = "L";
        }
    buf_puts(out, "Z\"/>");
}

/* The picture spans from the 5th to the 95th part of a hundred of both sides, so that one far value
 * does not hide the others. */
static void
put_distribution(const struct series *series, struct buf *out)
{
    double low = INFINITY, high = -INFINITY;
    bool has_source = false;
    for (int i = 0; i < series->n; i++) {
        const struct entry *entry = &series->items[i];
        has_source |= strcmp(entry->label, "source") == 0;
        if (entry->source < 0.04 || entry->source > 0.96)
            continue;
        low = fmin(low, entry->x);
        high = fmax(high, entry->x);
    }
    enum axis axis = (enum axis)series->items[0].copy; /* the query says so */
    begin_figure(series, "Distribution", out);
    if (has_source && !isnan(series->floor))
        put_band(series, low, high, out);
    if (has_source)
        put_line(series, false, low, high, out);
    put_line(series, true, low, high, out);
    put_bound(low, axis, "start", LEFT, out);
    put_bound(high, axis, "end", WIDTH - LEFT, out);
    buf_puts(out, "</svg></figure>\n");
}

bool
chart_distributions(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT d.name, d.side, d.x, d.share, CASE WHEN m.kind = 'times' OR c.type LIKE 'date%' OR"
        " c.type LIKE 'timestamp%' THEN 1 WHEN c.type LIKE '%char%' OR c.type IN ('text', 'citext',"
        " 'json', 'jsonb', 'bytea') THEN 2 ELSE 0 END, m.excess, m.floor"
        " FROM distributions d LEFT JOIN columns c ON c.name = d.name"
        " LEFT JOIN measures m ON m.name = d.name AND m.kind IN ('numbers', 'times')"
        " WHERE d.name IN (SELECT name FROM distributions WHERE side = 'copy' GROUP BY name HAVING"
        " min(x) < max(x))" /* ids count nothing */
        " AND NOT (c.type IN ('bigint', 'integer', 'smallint') AND (d.name LIKE '%\\_id' ESCAPE "
        "'\\' OR d.name LIKE '%.id'))"
        " ORDER BY coalesce(m.excess, -1) DESC, d.name, d.side, d.share";
    return put_all(manifest, sql, put_distribution, out, err);
}

/* ---- bars */

static void
put_bars(const struct series *series, const char *what, bool has_labels, struct buf *out)
{
    assert(series != NULL);
    double most = 1e-9, step = (double)(WIDTH - 2 * LEFT) / (series->n > 0 ? series->n : 1);
    for (int i = 0; i < series->n; i++)
        most = fmax(most, fmax(isnan(series->items[i].source) ? 0 : series->items[i].source,
                               series->items[i].copy));
    begin_figure(series, what, out);
    for (int i = 0; i < series->n; i++) {
        const struct entry *entry = &series->items[i];
        double x = LEFT + i * step, width = fmin(step * 0.8, 26), y = y_at(entry->copy / most);
        buf_printf(out,
                   "<rect class=\"b-copy\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                   "<title>",
                   x, y, width * 0.6, HEIGHT - y);
        html_text(entry->label, out);
        buf_printf(out, ": %.2f %% of the copy</title></rect>", 100 * entry->copy);
        if (!isnan(entry->source)) {
            y = y_at(entry->source / most);
            buf_printf(out,
                       "<rect class=\"b-source\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\""
                       " height=\"%.1f\"><title>",
                       x, y, width, HEIGHT - y);
            html_text(entry->label, out);
            buf_printf(out, ": %.2f %% of the source</title></rect>", 100 * entry->source);
        }
        if (has_labels && (series->n <= 4 || i == 0 || i == series->n - 1)) {
            bool is_last = series->n > 4 && i == series->n - 1;
            buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
                       is_last ? (double)WIDTH - LEFT : x, HEIGHT + 14, is_last ? "end" : "start");
            char label[sizeof entry->label];
            size_t shorter = utf8_prefix(entry->label, strlen(entry->label), 12);
            snprintf(label, sizeof label, "%.*s", (int)shorter, entry->label);
            html_text(label, out);
            buf_puts(out, "</text>");
        }
    }
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.3g %%</text></svg></figure>\n",
               WIDTH - LEFT, TOP - 5, 100 * most);
}

static void
put_shares(const struct series *series, struct buf *out)
{
    put_bars(series, "Shares of values", true, out);
}

bool
chart_shares(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT s.name, s.value, NULL, s.source, s.copy, m.excess, m.floor FROM shares s"
        " LEFT JOIN measures m ON m.name = s.name AND m.kind = 'values'"
        " WHERE s.name IN (SELECT name FROM shares GROUP BY name HAVING count(*) BETWEEN 2 AND 24)"
        " ORDER BY coalesce(m.excess, -1) DESC, s.name, s.copy DESC, s.value";
    return put_all(manifest, sql, put_shares, out, err);
}

static void
put_fanout(const struct series *series, struct buf *out)
{
    put_bars(series, "Rows of one parent", true, out);
}

bool
chart_fanouts(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT f.name, CASE WHEN f.children < 20 THEN f.children || '' ELSE '20+' END,"
        " min(f.children, 20), sum(f.source), sum(f.copy), m.excess, m.floor FROM fanouts f"
        " LEFT JOIN measures m ON m.name = f.name AND m.kind IN ('fan-out', 'cross key')"
        " GROUP BY f.kind, f.name, 3 ORDER BY f.kind DESC, f.name, 3";
    return put_all(manifest, sql, put_fanout, out, err);
}

/* ---- rows by origin */

static const char *const origins[] = { "sampled", "whole",     "completed",
                                       "pulled",  "asked for", "rare" };
enum { ORIGINS = sizeof origins / sizeof *origins, BAR = 20, NAMES = 300, BARS = 620 };

static void
put_key(struct buf *out)
{
    buf_puts(out, "<div class=\"key\">");
    for (int i = 0; i < ORIGINS; i++)
        buf_printf(out,
                   "<i><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"o%d\""
                   " width=\"10\" height=\"10\"/></svg> %s</i>",
                   i + 1, origins[i]);
    buf_puts(out, "</div>\n");
}

/* A table: the length of its bar is the share of the source's rows that arrived. */
static void
put_origin_bar(struct db_stmt *stmt, int row, struct buf *out)
{
    enum { SOURCE = 1 + ORIGINS, RATE };
    double x = NAMES, rows = 0, source = db_column_double(stmt, SOURCE);
    int y = row * BAR;
    for (int i = 0; i < ORIGINS; i++)
        rows += db_column_double(stmt, 1 + i);
    double share = source > 0 ? fmin(1, rows / source) : 1;
    buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAMES - 8,
               y + 14);
    html_text(db_text(stmt, 0), out);
    buf_puts(out, "</text>");
    for (int i = 0; i < ORIGINS; i++) {
        double part = db_column_double(stmt, 1 + i);
        double width = rows > 0 ? BARS * share * part / rows : 0;
        if (part > 0)
            buf_printf(out,
                       "<rect class=\"o%d\" x=\"%.1f\" y=\"%d\" width=\"%.2f\" height=\"%d\">"
                       "<title>%.0f %s</title></rect>",
                       i + 1, x, y + 3, width, BAR - 6, part, origins[i]);
        x += width;
    }
    double at = NAMES + BARS * fmin(1, db_column_double(stmt, RATE));
    buf_printf(out, "<path class=\"ref\" d=\"M%.1f %dV%d\"/>", at, y + 1, y + BAR - 1);
    if (source > 0)
        buf_printf(out, "<text x=\"%.1f\" y=\"%d\">%.0f rows, %.3g %%</text>", x + 5, y + 14, rows,
                   100 * share);
    else
        buf_printf(out, "<text x=\"%.1f\" y=\"%d\">%.0f rows, share not known</text>", x + 5,
                   y + 14, rows);
}

static void
put_scale(int y, struct buf *out)
{
    for (int percent = 0; percent <= 100; percent += 25)
        buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d %%</text>",
                   NAMES + BARS * percent / 100, y, percent);
}

bool
chart_origins(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT name, sampled, whole, completed, pulled, asked, edge, source_rows, rate FROM "
        "samples"
        " ORDER BY sampled + whole + completed + pulled + asked + edge DESC, name";
    int64_t n = 0;
    if (!db_int(manifest, "SELECT count(*) FROM samples", &n, err))
        return false;
    if (n == 0)
        return true;
    struct db_stmt *stmt = db_prepare(manifest, sql, err);
    int more = stmt == NULL ? -1 : 0, row = 0;
    put_key(out);
    buf_printf(out,
               "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Rows by origin\">"
               "<svg viewBox=\"0 0 %d %lld\" role=\"img\" aria-label=\"The share of each table's"
               " rows that arrived, by why they are there\">",
               NAMES + BARS + 130, (long long)(n + 1) * BAR);
    while (stmt != NULL && (more = db_step(stmt, err)) > 0)
        put_origin_bar(stmt, row++, out);
    put_scale((int)n * BAR + 14, out);
    buf_puts(out, "</svg></div>\n");
    db_finalize(stmt);
    return more == 0;
}

/* ---- columns by what became of them */

enum { SQUARE = 14, PER_LINE = 40 };

/* The class of colour of a verdict, as in put_verdicts(). */
static int
colour_of(const char *verdict)
{
    static const char *const verdicts[] = { "masked", "kept", "safe", "nulled", "computed" };
    static const int colours[] = { 2, 4, 1, 6, 6 };
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdict, verdicts[i]) == 0)
            return colours[i];
    return 5;
}

static void
put_verdicts(struct buf *out)
{
    static const struct {
        int colour;
        const char *name;
    } key[] = { { 2, "masked" },
                { 4, "kept by a line" },
                { 1, "safe by type" },
                { 6, "emptied or computed" } };
    buf_puts(out, "<div class=\"key\">");
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        buf_printf(out,
                   "<i><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"o%d\""
                   " width=\"10\" height=\"10\"/></svg> %s</i>",
                   key[i].colour, key[i].name);
    buf_puts(out, "</div>\n");
}

bool
chart_columns(struct db *manifest, struct buf *out, struct decant_error *err)
{
    /* a column is the last part of its name, "schema.table.column" */
    static const char sql[] =
        "SELECT rtrim(name, replace(name, '.', '')), name, verdict FROM columns ORDER BY 1, name";
    struct buf squares = { 0 };
    struct db_stmt *stmt = db_prepare(manifest, sql, err);
    char *table = NULL;
    int more = stmt == NULL ? -1 : 0, line = -1, at = 0;
    while (stmt != NULL && (more = db_step(stmt, err)) > 0) {
        bool is_new = table == NULL || strcmp(table, db_text(stmt, 0)) != 0;
        if (is_new || at == PER_LINE) {
            line++;
            at = 0;
        }
        if (is_new) {
            free(table);
            table = mem_strdup(db_text(stmt, 0));
            size_t len = strlen(table); /* without the dot */
            buf_printf(&squares, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">",
                       NAMES - 8, line * BAR + 14);
            char *shown = mem_strdup(table);
            shown[len > 0 ? len - 1 : 0] = '\0';
            html_text(shown, &squares);
            free(shown);
            buf_puts(&squares, "</text>");
        }
        buf_printf(&squares,
                   "<rect class=\"o%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>",
                   colour_of(db_text(stmt, 2)), NAMES + at++ * (SQUARE + 2), line * BAR + 3, SQUARE,
                   SQUARE);
        html_text(db_text(stmt, 1), &squares);
        buf_puts(&squares, ": ");
        html_text(db_text(stmt, 2), &squares);
        buf_puts(&squares, "</title></rect>");
    }
    db_finalize(stmt);
    free(table);
    if (line >= 0) {
        put_verdicts(out);
        buf_printf(out,
                   "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Columns\">"
                   "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Columns of each table by"
                   " what became of them\">%s</svg></div>\n",
                   NAMES + PER_LINE * (SQUARE + 2), (line + 1) * BAR + 6, buf_str(&squares));
    }
    buf_deinit(&squares);
    return more == 0;
}

/* ---- the run */

/* "connected 0.1;snapshot 0.2;...": what ended when. */
bool
chart_timeline(struct db *manifest, struct buf *out, struct decant_error *err)
{
    struct db_stmt *stmt =
        db_prepare(manifest, "SELECT value FROM run WHERE name = 'timeline'", err);
    int more = stmt == NULL ? -1 : db_step(stmt, err), row = 0;
    const char *text = more > 0 ? db_text(stmt, 0) : "";
    double last = 0, begun = 0, held = 0;
    for (const char *p = text; *p != '\0'; p += strcspn(p, ";"), p += *p == ';')
        last = fmax(last, strtod(p + strcspn(p, " ;"), NULL));
    struct buf bars = { 0 };
    for (const char *p = text; last > 0 && *p != '\0'; p += strcspn(p, ";"), p += *p == ';') {
        double end = strtod(p + strcspn(p, " ;"), NULL);
        struct arena arena = { 0 };
        const char *stage = arena_strndup(&arena, p, strcspn(p, " ;"));
        int y = row++ * BAR;
        buf_printf(&bars, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAMES - 8,
                   y + 14);
        html_text(stage, &bars);
        arena_deinit(&arena);
        buf_printf(&bars,
                   "</text><rect class=\"o1\" x=\"%.1f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>"
                   "<text x=\"%.1f\" y=\"%d\">%.1f s</text>",
                   NAMES + BARS * begun / last, y + 3, fmax(1, BARS * (end - begun) / last),
                   BAR - 6, NAMES + BARS * end / last + 5, y + 14, end - begun);
        if (strncmp(p, "data", 4) == 0)
            held = end; /* what held the source was let go */
        begun = end;
    }
    db_finalize(stmt);
    if (row > 0)
        buf_printf(out,
                   "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"The run\">"
                   "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Stages of the run in"
                   " seconds\">%s<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">"
                   "snapshot and locks held</text><rect class=\"o4\" x=\"%d\" y=\"%d\""
                   " width=\"%.2f\" height=\"%d\"/></svg></div>\n",
                   NAMES + BARS + 130, (row + 1) * BAR + 6, buf_str(&bars), NAMES - 8,
                   row * BAR + 14, NAMES, row * BAR + 3, BARS * held / last, BAR - 6);
    buf_deinit(&bars);
    return more >= 0;
}
