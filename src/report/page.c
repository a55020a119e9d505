/* SPDX-License-Identifier: PostgreSQL */
#include "report/page.h"

#include <string.h>

#include "report/charts.h"
#include "report/html.h"
#include "report/sections.h"

/* Colours with enough contrast in both themes: the source is a line or hollow, the copy is filled.
 */
const char page_style[] =
    ":root{color-scheme:light dark;--ink:#1c2024;--dim:#5b6570;--paper:#fff;--line:#d5dae0;"
    "--copy:#1f6feb;--source:#b4530a;--band:#1f6feb26;--bad:#b42318;--c1:#1f6feb;--c2:#0b8a6a;"
    "--c3:#8250df;--c4:#b4530a;--c5:#b42318;--c6:#7a6a00}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--dim:#9aa5b1;--paper:#14181d;"
    "--line:#333b44;--copy:#6cb0ff;--source:#f0a35e;--band:#6cb0ff33;--bad:#ff8a80;--c1:#6cb0ff;"
    "--c2:#4fd1ae;--c3:#c3a6ff;--c4:#f0a35e;--c5:#ff8a80;--c6:#dccb4b}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:1rem 1.25rem 4rem;"
    "font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}"
    "h1{font-size:1.35rem;overflow-wrap:anywhere;margin:.5rem 0}h2{font-size:1.1rem;"
    "margin:2.25rem 0 .25rem}p{margin:.25rem 0 .75rem;color:var(--dim);max-width:50rem}"
    "ul.head{list-style:none;padding:.75rem 1rem;margin:.5rem 0;border:1px solid var(--line);"
    "border-radius:.5rem}ul.head li{overflow-wrap:anywhere;margin:.2rem 0}"
    "nav a{display:inline-block;margin:0 .9rem .25rem 0;color:var(--copy)}"
    "a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:2px solid var(--copy);"
    "outline-offset:2px}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:.9rem;min-width:20rem}"
    "th,td{padding:.22rem .8rem .22rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:600;white-space:nowrap}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr));gap:1rem}"
    "figure{margin:0;break-inside:avoid}figcaption{font-size:.82rem;overflow-wrap:anywhere}"
    "figcaption b{font-weight:600}figcaption span{color:var(--dim)}svg{width:100%;height:auto;"
    "display:block}svg text{fill:var(--dim);font:11px system-ui,sans-serif}svg text.name{"
    "fill:var(--ink)}svg .axis{stroke:var(--line);fill:none}svg .copy{stroke:var(--copy);"
    "fill:none;stroke-width:2}svg .source{stroke:var(--source);fill:none;stroke-width:1.5;"
    "stroke-dasharray:4 3}svg .band{fill:var(--band)}svg .b-copy{fill:var(--copy)}svg .b-source{"
    "fill:none;stroke:var(--source);stroke-width:1.5}svg .box{fill:var(--paper);stroke:var(--line)}"
    "svg .own{stroke:var(--copy);fill:none;stroke-width:1.6}svg .ref{stroke:var(--dim);fill:none;"
    "opacity:.55}.o1{fill:var(--c1)}.o2{fill:var(--c2)}.o3{fill:var(--c3)}.o4{fill:var(--c4)}"
    ".o5{fill:var(--c5)}.o6{fill:var(--c6)}.key{font-size:.85rem;color:var(--dim)}"
    ".key svg{display:inline-block;width:.8rem;height:.8rem;vertical-align:-.05rem}"
    ".key i{font-style:normal;margin-right:1rem;white-space:nowrap}"
    ".wide svg{min-width:46rem}.wide svg.map{width:auto;max-width:none}"
    "summary{cursor:pointer;color:var(--copy);margin:.25rem 0}"
    "@media(max-width:40rem){body{padding:.5rem .75rem 3rem;font-size:14px}}"
    "@media print{nav{display:none}body{max-width:none}details>*{display:block}}";

/* printf '%s' "$style" | openssl dgst -sha256 -binary | base64; tests/unit/test_measure.c */
const char page_style_hash[] = "XX+pZdVtwlISZ2Kx6/RJnbCP2swYMxOl2xHmOYabfa0=";

static bool
put_headline(struct db *db, int i, struct buf *out, struct decant_error *err)
{
    struct db_stmt *stmt = db_prepare(db, headline_sql[i], err);
    bool ok = stmt != NULL && db_step(stmt, err) == 1;
    if (ok) {
        buf_puts(out, i == 0 ? "<li><strong>" : "<li>");
        html_text(db_text(stmt, 0), out);
        buf_puts(out, i == 0 ? "</strong></li>" : "</li>");
    }
    db_finalize(stmt);
    return ok;
}

static int
put_headers(const char *headers, bool numbers[16], struct buf *out)
{
    int n = 0;
    for (; *headers != '\0' && n < 16; n++) {
        numbers[n] = *headers == '>';
        const char *name = headers + (*headers == '>' ? 1 : 0);
        size_t len = strcspn(name, "|");
        buf_printf(out, "<th scope=\"col\"%s>%.*s</th>", numbers[n] ? " class=\"n\"" : "", (int)len,
                   name);
        headers = name + len + (name[len] == '|' ? 1 : 0);
    }
    return n;
}

/* A long one is folded away; nothing is put for one without rows. */
static bool
put_section(struct db *db, int number, struct buf *out, struct decant_error *err)
{
    const struct section *section = &sections[number];
    struct buf rows = { 0 }, head = { 0 };
    bool numbers[16];
    struct db_stmt *stmt = db_prepare(db, section->sql, err);
    int n = put_headers(section->headers, numbers, &head), more = stmt == NULL ? -1 : 0, count = 0;
    while (stmt != NULL && (more = db_step(stmt, err)) > 0) {
        count++;
        buf_puts(&rows, "<tr>");
        for (int i = 0; i < n; i++) {
            buf_puts(&rows, numbers[i] ? "<td class=\"n\">" : "<td>");
            html_text(db_text(stmt, i), &rows);
            buf_puts(&rows, "</td>");
        }
        buf_puts(&rows, "</tr>\n");
    }
    db_finalize(stmt);
    if (count > 0) {
        buf_printf(out, "<h2 id=\"s%d\">%s</h2>\n", number, section->title);
        if (section->about != NULL)
            buf_printf(out, "<p>%s</p>\n", section->about);
        if (section->is_long && count > 12)
            buf_printf(out, "<details><summary>%d rows</summary>\n", count);
        buf_printf(out,
                   "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>"
                   "<thead><tr>%s</tr></thead><tbody>\n%s</tbody></table></div>\n",
                   section->title, buf_str(&head), buf_str(&rows));
        if (section->is_long && count > 12)
            buf_puts(out, "</details>\n");
    }
    buf_deinit(&rows);
    buf_deinit(&head);
    return more == 0;
}

/* The pictures, each with a heading of its own where there is anything to be seen. */
static const struct {
    const char *id, *title, *about;
    bool (*put)(struct db *manifest, struct buf *out, struct decant_error *err);
} pictures[] = {
    { "origins", "What arrived of each table",
      "The share of the source's rows, on a scale from nothing to all; the mark is the rate. By "
      "why "
      "they are there: sampled by chance, whole, completed or pulled for the sake of a key, asked "
      "for, or rare.",
      chart_origins },
    { "columns", "Columns",
      "One square each: masked, kept by a line of the rules, safe by its type, or holding nothing. "
      "The name is under the pointer.",
      chart_columns },
    { "timeline", "Stages of the run",
      "What was done when, in seconds, and how long the source was held.", chart_timeline },
    { "map", "Tables and references",
      "Rows follow their owners along the thick lines; the others are kept by the policy that "
      "stands under References.",
      chart_map },
    { "distributions", "Distributions",
      "Shares of values up to a value. Dashed: the source. Full: the copy. The band is the noise "
      "of an ideal sample of this size.",
      chart_distributions },
    { "shares", "Shares of values",
      "Columns that are copied as they are and have few values. Hollow: the source. Full: the "
      "copy.",
      chart_shares },
    { "fanouts", "Fan-outs",
      "Shares of parents by how many rows refer to them. Hollow: the source. Full: sampled parents "
      "of the copy.",
      chart_fanouts },
};
enum { PICTURES = sizeof pictures / sizeof *pictures };

bool
page_write(struct db *manifest, const char *copy, bool absolute, struct buf *out,
           struct decant_error *err)
{
    struct buf body = { 0 }, links = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < PICTURES; i++) {
        struct buf picture = { 0 };
        ok = pictures[i].put(manifest, &picture, err);
        if (picture.len > 0) {
            buf_printf(&links, "<a href=\"#%s\">%s</a>", pictures[i].id, pictures[i].title);
            buf_printf(&body, "<h2 id=\"%s\">%s</h2>\n<p>%s</p>\n%s", pictures[i].id,
                       pictures[i].title, pictures[i].about, buf_str(&picture));
        }
        buf_deinit(&picture);
    }
    for (int i = 0; ok && i < nsections; i++) {
        size_t before = body.len;
        if (sections[i].only_absolute && !absolute)
            continue;
        ok = put_section(manifest, i, &body, err);
        if (body.len > before)
            buf_printf(&links, "<a href=\"#s%d\">%s</a>", i, sections[i].title);
    }
    buf_printf(out,
               "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
               "<meta name=\"referrer\" content=\"no-referrer\">"
               "<title>decant: ",
               page_style_hash);
    html_text(copy, out);
    buf_printf(out, "</title><style>%s</style></head>\n<body><header><h1>", page_style);
    html_text(copy, out);
    buf_puts(out, "</h1>\n<ul class=\"head\">");
    for (int i = 0; ok && i < HEADLINES; i++)
        ok = put_headline(manifest, i, out, err);
    buf_printf(
        out,
        "</ul>\n<nav aria-label=\"Sections\">%s</nav></header>\n<main>%s</main></body></html>\n",
        buf_str(&links), buf_str(&body));
    buf_deinit(&body);
    buf_deinit(&links);
    return ok;
}
