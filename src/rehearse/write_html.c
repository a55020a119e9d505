/* SPDX-License-Identifier: PostgreSQL */
/* One page with a timeline: statements above, and below them, per table, how long each lock was
 * held. It needs nothing but itself, and is in the style of the report. */
#include <string.h>

#include "rehearse/amount.h"
#include "rehearse/write.h"
#include "report/html.h"
#include "report/page.h"

enum { LEFT = 230, WIDE = 860, ROW = 22, MOST_TABLES = 60, MOST_STEPS = 500 };

/* Colours of the style by what a lock keeps off: everybody, writers, other schema changes. */
static const char *
color_of(enum lock_mode mode)
{
    return lock_conflicts(mode, LOCK_ACCESS_SHARE)    ? "o5"
           : lock_conflicts(mode, LOCK_ROW_EXCLUSIVE) ? "o4"
           : mode == LOCK_SHARE_UPDATE_EXCLUSIVE      ? "o3"
                                                      : "o1";
}

struct lanes {
    const char *names[MOST_TABLES];
    int n, left_out;
};

static int
lane_of(struct lanes *lanes, const char *name)
{
    for (int i = 0; i < lanes->n; i++)
        if (strcmp(lanes->names[i], name) == 0)
            return i;
    if (lanes->n == MOST_TABLES) {
        lanes->left_out++;
        return -1;
    }
    lanes->names[lanes->n] = name;
    return lanes->n++;
}

static bool
is_shown(const struct hold *hold)
{
    return strchr("rpmvf", hold->kind) != NULL && hold->mode > LOCK_ACCESS_SHARE;
}

static double
place(const struct rehearsal *rehearsal, double ms)
{
    double whole = rehearsal->record.took_ms > 0 ? rehearsal->record.took_ms : 1;
    double at = ms < 0 ? 0 : ms > whole ? whole : ms;
    return LEFT + (WIDE - LEFT) * at / whole;
}

static void
put_bar(const struct rehearsal *rehearsal, double from, double to, int row, const char *color,
        struct buf *out)
{
    double x = place(rehearsal, from), width = place(rehearsal, to) - x;
    buf_printf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>",
               color, x, row * ROW + 4, width < 1.5 ? 1.5 : width, ROW - 8);
}

static void
put_name(const char *name, int row, struct buf *out)
{
    struct buf cut = { 0 };
    write_cut(name, 34, &cut);
    buf_printf(out, "<text class=\"name\" x=\"0\" y=\"%d\">", row * ROW + 15);
    html_text(buf_str(&cut), out);
    buf_puts(out, "</text>");
    buf_deinit(&cut);
}

static void
put_statements_lane(const struct rehearsal *rehearsal, struct buf *out)
{
    put_name("statements", 0, out);
    for (int i = 0; i < rehearsal->record.nsteps && i < MOST_STEPS; i++) {
        const struct step *step = &rehearsal->record.steps[i];
        put_bar(rehearsal, step->from_ms, step->from_ms + step->took_ms, 0,
                step->sqlstate[0] != '\0' ? "o5" : "o2", out);
        struct buf title = { 0 };
        write_place(rehearsal, i, &title);
        buf_putc(&title, ' ');
        write_cut(step->text, 120, &title);
        html_text(buf_str(&title), out);
        buf_deinit(&title);
        buf_puts(out, "</title></rect>");
    }
}

static void
put_timeline(const struct rehearsal *rehearsal, struct buf *out)
{
    struct lanes lanes = { 0 };
    struct buf bars = { 0 };
    struct arena arena = { 0 };
    const struct record *record = &rehearsal->record;
    for (int i = 0; i < record->nholds; i++) {
        const struct hold *hold = &record->holds[i];
        int lane = is_shown(hold) ? lane_of(&lanes, hold->name) : -1;
        if (lane < 0)
            continue;
        put_bar(rehearsal, hold->from_ms, hold->to_ms, lane + 1, color_of(hold->mode), &bars);
        html_text(hold->name, &bars);
        buf_printf(&bars, " %s, %s%s</title></rect>", lock_mode_name(hold->mode),
                   amount_ms(&arena, hold->to_ms - hold->from_ms),
                   hold->is_exact ? "" : ", sampled");
    }
    int height = (lanes.n + 2) * ROW;
    buf_printf(out,
               "<div class=\"wide\" tabindex=\"0\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
               "aria-label=\"Locks over time\">",
               WIDE + 10, height);
    put_statements_lane(rehearsal, out);
    for (int i = 0; i < lanes.n; i++)
        put_name(lanes.names[i], i + 1, out);
    buf_puts(out, buf_str(&bars));
    buf_printf(out, "<path class=\"axis\" d=\"M%d %d H%d\"/>", LEFT, height - ROW, WIDE);
    for (int i = 0; i <= 4; i++) {
        double ms = record->took_ms * i / 4;
        buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>",
                   place(rehearsal, ms), height - 6,
                   i == 0   ? "start"
                   : i == 4 ? "end"
                            : "middle",
                   amount_ms(&arena, ms));
    }
    buf_puts(out, "</svg></div>");
    if (lanes.left_out > 0)
        buf_printf(out, "<p>%d locks of further tables are in the JSON.</p>", lanes.left_out);
    buf_deinit(&bars);
    arena_deinit(&arena);
}

static void
put_key(struct buf *out)
{
    static const struct {
        const char *color, *text;
    } keys[] = { { "o5", "nobody can read" },
                 { "o4", "nobody can write" },
                 { "o3", "no other change of the schema" },
                 { "o1", "others go on" },
                 { "o2", "statement" } };
    buf_puts(out, "<p class=\"key\">");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        buf_printf(out,
                   "<i><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" width="
                   "\"10\" height=\"10\"/></svg> %s</i>",
                   keys[i].color, keys[i].text);
    buf_puts(out, "</p>");
}

static void
put_findings(const struct rehearsal *rehearsal, struct buf *out)
{
    if (rehearsal->nfindings == 0)
        return;
    buf_puts(out, "<h2>Findings</h2><div class=\"wide\" tabindex=\"0\"><table><tr>"
                  "<th scope=\"col\">answer</th><th scope=\"col\">where</th>"
                  "<th scope=\"col\">finding</th><th scope=\"col\">relation</th>"
                  "<th scope=\"col\">what</th></tr>");
    for (int i = 0; i < rehearsal->nfindings; i++) {
        const struct finding *finding = &rehearsal->findings[i];
        struct buf where = { 0 };
        if (finding->step >= 0)
            write_place(rehearsal, finding->step, &where);
        buf_printf(out, "<tr><td>%s</td><td>",
                   write_is_open(finding)     ? "<strong>needed</strong>"
                   : finding->allowed != NULL ? "allowed"
                   : finding->is_known        ? "known"
                                              : "none");
        html_text(buf_str(&where), out);
        buf_printf(out, "</td><td>%s</td><td>", finding->code);
        html_text(finding->relation, out);
        buf_puts(out, "</td><td>");
        html_text(finding->allowed != NULL ? finding->allowed : finding->text, out);
        buf_puts(out, "</td></tr>");
        buf_deinit(&where);
    }
    buf_puts(out, "</table></div>");
}

static void
put_steps(const struct rehearsal *rehearsal, struct buf *out)
{
    struct arena arena = { 0 };
    buf_puts(out, "<h2>Statements</h2><div class=\"wide\" tabindex=\"0\"><table><tr>"
                  "<th scope=\"col\">where</th><th scope=\"col\" class=\"n\">time</th>"
                  "<th scope=\"col\">statement</th><th scope=\"col\">strongest lock</th>"
                  "<th scope=\"col\">does</th></tr>");
    for (int i = 0; i < rehearsal->record.nsteps && i < MOST_STEPS; i++) {
        const struct step *step = &rehearsal->record.steps[i];
        const struct hold *hold = rehearsal_strongest(rehearsal, i);
        struct buf text = { 0 };
        buf_puts(out, "<tr><td>");
        write_place(rehearsal, i, &text);
        html_text(buf_str(&text), out);
        buf_printf(out, "</td><td class=\"n\">%s</td><td>", amount_ms(&arena, step->took_ms));
        buf_reset(&text);
        write_cut(step->text, 200, &text);
        html_text(buf_str(&text), out);
        buf_puts(out, "</td><td>");
        if (hold != NULL) {
            buf_printf(out, "%s ", lock_mode_name(hold->mode));
            html_text(hold->name, out);
            buf_puts(out, step->is_exact ? "" : " (sampled)");
        }
        buf_puts(out, "</td><td>");
        buf_reset(&text);
        write_doing(rehearsal, i, &text);
        html_text(buf_str(&text), out);
        buf_puts(out, "</td></tr>");
        buf_deinit(&text);
    }
    buf_puts(out, "</table></div>");
    arena_deinit(&arena);
}

void
write_html(const struct rehearsal *rehearsal, struct buf *out)
{
    struct buf verdict = { 0 };
    write_verdict(rehearsal, &verdict);
    buf_printf(out,
               "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'sha256-%s'\"><meta name=\"viewport\" content=\"width=device-width\">"
               "<title>Rehearsal</title><style>%s</style></head><body><h1>Rehearsal: ",
               page_style_hash, page_style);
    html_text(buf_str(&verdict), out);
    buf_puts(out, "</h1>");
    put_key(out);
    put_timeline(rehearsal, out);
    put_findings(rehearsal, out);
    put_steps(rehearsal, out);
    buf_puts(out, "</body></html>\n");
    buf_deinit(&verdict);
}
