/* SPDX-License-Identifier: PostgreSQL */
#include "report/charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/page.h"

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
figure(struct db_stmt *stmt, int column)
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
    entry->x = figure(stmt, 2);
    entry->source = figure(stmt, 3);
    entry->copy = figure(stmt, 4);
    series->ratio = figure(stmt, 5);
    series->floor = figure(stmt, 6);
}

static void
begin_figure(const struct series *series, const char *what, struct buf *out)
{
    buf_puts(out, "<figure><figcaption><b>");
    page_text(series->name, out);
    if (isnan(series->ratio))
        buf_puts(out, "</b></figcaption>");
    else
        buf_printf(out, "</b> <span>%.2f of the noise</span></figcaption>", series->ratio);
    buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s of ", WIDTH,
               HEIGHT + 24, what);
    page_text(series->name, out);
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

/* Seconds since 2000-01-01 are told as a day; numbers with four digits. */
static void
put_bound(double x, bool is_time, const char *anchor, double at, struct buf *out)
{
    buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", at, HEIGHT + 14, anchor);
    if (is_time) {
        double year = 2000 + x / (365.2425 * 86400);
        buf_printf(out, "%.1f</text>", year);
    } else {
        buf_printf(out, "%.4g</text>", x);
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
    bool has_source = false, is_time = false;
    for (int i = 0; i < series->n; i++) {
        const struct entry *entry = &series->items[i];
        has_source |= strcmp(entry->label, "source") == 0;
        if (entry->source < 0.04 || entry->source > 0.96)
            continue;
        low = fmin(low, entry->x);
        high = fmax(high, entry->x);
    }
    is_time = series->items[0].copy > 0; /* the query says so */
    begin_figure(series, "Distribution", out);
    if (has_source && !isnan(series->floor))
        put_band(series, low, high, out);
    if (has_source)
        put_line(series, false, low, high, out);
    put_line(series, true, low, high, out);
    put_bound(low, is_time, "start", LEFT, out);
    put_bound(high, is_time, "end", WIDTH - LEFT, out);
    buf_puts(out, "</svg></figure>\n");
}

bool
chart_distributions(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT d.name, d.side, d.x, d.share, coalesce(m.kind = 'times' OR c.type LIKE 'date%' OR"
        " c.type LIKE 'timestamp%', 0), m.excess, m.floor"
        " FROM distributions d LEFT JOIN columns c ON c.name = d.name"
        " LEFT JOIN measures m ON m.name = d.name AND m.kind IN ('numbers', 'times')"
        " WHERE d.name IN (SELECT name FROM distributions WHERE side = 'copy' GROUP BY name HAVING"
        " min(x) < max(x))"
        " ORDER BY coalesce(m.excess, -1) DESC, d.name, d.side, d.share";
    return put_all(manifest, sql, put_distribution, out, err);
}

/* ---- bars */

static void
put_bars(const struct series *series, const char *what, bool has_labels, struct buf *out)
{
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
        page_text(entry->label, out);
        buf_printf(out, ": %.2f %% of the copy</title></rect>", 100 * entry->copy);
        if (!isnan(entry->source)) {
            y = y_at(entry->source / most);
            buf_printf(out,
                       "<rect class=\"b-source\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\""
                       " height=\"%.1f\"><title>",
                       x, y, width, HEIGHT - y);
            page_text(entry->label, out);
            buf_printf(out, ": %.2f %% of the source</title></rect>", 100 * entry->source);
        }
        if (has_labels && (series->n <= 4 || i == 0 || i == series->n - 1)) {
            bool is_last = series->n > 4 && i == series->n - 1;
            buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
                       is_last ? (double)WIDTH - LEFT : x, HEIGHT + 14, is_last ? "end" : "start");
            char label[sizeof entry->label];
            size_t shorter = utf8_prefix(entry->label, strlen(entry->label), 12);
            snprintf(label, sizeof label, "%.*s", (int)shorter, entry->label);
            page_text(label, out);
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

static void
put_origin_bar(struct db_stmt *stmt, int row, double most, struct buf *out)
{
    double x = NAMES, rows = 0;
    int y = row * BAR;
    for (int i = 0; i < ORIGINS; i++)
        rows += db_column_double(stmt, 1 + i);
    buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAMES - 8,
               y + 14);
    page_text(db_text(stmt, 0), out);
    buf_puts(out, "</text>");
    for (int i = 0; i < ORIGINS; i++) {
        double part = db_column_double(stmt, 1 + i);
        /* long bars and short ones: the length is the root of the rows */
        double width = rows > 0 ? BARS * sqrt(rows / most) * part / rows : 0;
        if (part > 0)
            buf_printf(out,
                       "<rect class=\"o%d\" x=\"%.1f\" y=\"%d\" width=\"%.2f\" height=\"%d\">"
                       "<title>%.0f %s</title></rect>",
                       i + 1, x, y + 3, width, BAR - 6, part, origins[i]);
        x += width;
    }
    buf_printf(out, "<text x=\"%.1f\" y=\"%d\">%.0f</text>", x + 5, y + 14, rows);
}

bool
chart_origins(struct db *manifest, struct buf *out, struct decant_error *err)
{
    static const char sql[] =
        "SELECT name, sampled, whole, completed, pulled, asked, edge FROM samples ORDER BY"
        " sampled + whole + completed + pulled + asked + edge DESC, name";
    int64_t most = 0, n = 0;
    if (!db_int(manifest, "SELECT count(*) FROM samples", &n, err) ||
        !db_int(manifest,
                "SELECT max(sampled + whole + completed + pulled + asked + edge) FROM samples",
                &most, err))
        return false;
    if (n == 0)
        return true;
    struct db_stmt *stmt = db_prepare(manifest, sql, err);
    int more = stmt == NULL ? -1 : 0, row = 0;
    put_key(out);
    buf_printf(out,
               "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Rows by origin\">"
               "<svg viewBox=\"0 0 %d %lld\" role=\"img\" aria-label=\"Rows of each table by why"
               " they are there; the length of a bar is the square root of the rows\">",
               NAMES + BARS + 80, (long long)n * BAR);
    while (stmt != NULL && (more = db_step(stmt, err)) > 0)
        put_origin_bar(stmt, row++, most > 0 ? (double)most : 1, out);
    buf_puts(out, "</svg></div>\n");
    db_finalize(stmt);
    return more == 0;
}
