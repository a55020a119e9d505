/* SPDX-License-Identifier: PostgreSQL */
#include "cli/progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"
#include "base/visible.h"

enum { SHOWN_PER_GROUP = 5, BAR_WIDTH = 24 };

void
progress_init(struct progress *progress, bool json, bool quiet)
{
    assert(progress != NULL);
    *progress = (struct progress){ .json = json, .quiet = quiet };
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    if (json)
        setvbuf(stdout, NULL, _IOLBF, 0); /* a reader acts on each line */
}

static void
print_json(const struct decant_event *event)
{
    assert(event != NULL);
    struct buf line = { 0 };
    buf_putc(&line, '{');
    json_member_string(&line, "event", event->name);
    json_member_double(&line, "elapsed", event->elapsed_s);
    json_member_string(&line, "object", event->object);
    json_member_string(&line, "kind", event->kind);
    json_member_string(&line, "reason", event->reason);
    json_member_string(&line, "detail", event->detail);
    json_member_string(&line, "hint", event->hint);
    if (event->phase == DECANT_PHASE_STAGE && event->left_s >= 0)
        json_member_double(&line, "left", event->left_s);
    bool has_rows = event->phase == DECANT_PHASE_PROGRESS || event->phase == DECANT_PHASE_STAGE ||
                    event->phase == DECANT_PHASE_TABLE_DONE || event->phase == DECANT_PHASE_DONE;
    if (has_rows) {
        json_member_int(&line, "rows", event->rows);
        json_member_int(&line, "bytes", event->bytes);
    }
    if (event->rows_expected > 0)
        json_member_int(&line, "rows_expected", event->rows_expected);
    if (event->tables_total > 0) {
        json_member_int(&line, "tables", event->tables);
        json_member_int(&line, "tables_total", event->tables_total);
    }
    if (event->count > 0)
        json_member_int(&line, "count", event->count);
    printf("%s}\n", buf_str(&line));
    fflush(stdout);
    buf_deinit(&line);
}

static const char *
human(double n, char *out, size_t size)
{
    static const char *const units[] = { "", "k", "M", "G", "T" };
    int unit = 0;
    for (; n >= 10000 && unit < 4; unit++)
        n /= 1000;
    snprintf(out, size, unit == 0 ? "%.0f%s" : "%.1f%s", n, units[unit]);
    return out;
}

static void
clear_bar(struct progress *progress)
{
    if (progress->has_bar)
        fputs("\r\033[K", stderr);
    progress->has_bar = false;
}

/* Columns of the terminal; 80 where it does not say. */
static int
terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void
put_time(double seconds, struct buf *out)
{
    if (seconds < 90)
        buf_printf(out, "%.0f s", seconds);
    else if (seconds < 5400)
        buf_printf(out, "%.0f min", seconds / 60);
    else
        buf_printf(out, "%.1f h", seconds / 3600);
}

/* One line, no wider than the terminal: how far the run is, what is done of what, how long it
 * takes. */
static void
draw_stage(struct progress *progress, const struct decant_event *event)
{
    assert(progress != NULL && event != NULL);
    enum { NARROW = 60 };
    char rows[32], all[32], rate[32];
    struct buf line = { 0 };
    int width = terminal_width();
    double left = event->left_s, whole = event->elapsed_s + left;
    if (left >= 0 && width >= NARROW) {
        double share = whole > 0 ? event->elapsed_s / whole : 0;
        buf_putc(&line, '[');
        for (int i = 0; i < BAR_WIDTH; i++)
            buf_putc(&line, i < share * BAR_WIDTH ? '#' : ' ');
        buf_puts(&line, "] ");
    }
    put_time(event->elapsed_s, &line);
    buf_printf(&line, "  %s", event->object);
    if (event->rows > 0)
        buf_printf(&line, " %s", human((double)event->rows, rows, sizeof rows));
    if (event->rows > 0 && event->rows_expected >= event->rows)
        buf_printf(&line, " of %s", human((double)event->rows_expected, all, sizeof all));
    double spent = event->elapsed_s - progress->stage_since;
    if (event->rows > 0 && spent > 0)
        buf_printf(&line, ", %s/s", human((double)event->rows / spent, rate, sizeof rate));
    if (left >= 0) {
        buf_puts(&line, ", ");
        put_time(left, &line);
        buf_puts(&line, " left");
    }
    size_t shown = utf8_prefix(buf_str(&line), line.len, (size_t)(width > 1 ? width - 1 : 1));
    fprintf(stderr, "\r\033[K%.*s", (int)shown, buf_str(&line));
    fflush(stderr);
    progress->has_bar = true;
    buf_deinit(&line);
}

static void
end_group(struct progress *progress)
{
    if (progress->hidden > 0)
        buf_printf(&progress->not_carried,
                   "    ... and %d more (--json and the manifest list all)\n", progress->hidden);
    progress->group[0] = '\0';
    progress->shown = progress->hidden = 0;
}

static void
add_not_carried(struct progress *progress, const struct decant_event *event)
{
    char group[128];
    snprintf(group, sizeof group, "%s/%s", event->kind, event->reason);
    if (strcmp(progress->group, group) != 0) {
        end_group(progress);
        memcpy(progress->group, group, sizeof group);
        buf_printf(&progress->not_carried, "  %s [%s]: %s\n", event->kind, event->reason,
                   event->detail);
        if (event->hint != NULL)
            buf_printf(&progress->not_carried, "    hint: %s\n", event->hint);
    }
    if (progress->shown++ >= SHOWN_PER_GROUP) {
        progress->hidden++;
        return;
    }
    buf_printf(&progress->not_carried, "    %s", event->object);
    if (event->count > 0)
        buf_printf(&progress->not_carried, " (%" PRId64 ")", event->count);
    buf_putc(&progress->not_carried, '\n');
}

static void
print_line(struct progress *progress, const struct decant_event *event)
{
    assert(progress != NULL && event != NULL);
    char rows[32];
    switch (event->phase) {
    case DECANT_PHASE_STAGE:
        if (strcmp(progress->stage, event->object) != 0) {
            snprintf(progress->stage, sizeof progress->stage, "%s", event->object);
            progress->stage_since = event->elapsed_s;
        }
        if (progress->is_terminal)
            draw_stage(progress, event);
        return;
    case DECANT_PHASE_PROGRESS:
        return;
    case DECANT_PHASE_TABLE_DONE:
        clear_bar(progress);
        if (event->rows < 0)
            fprintf(stderr, "%8.1f s  %s: not in the copy\n", event->elapsed_s, event->object);
        else
            fprintf(stderr, "%8.1f s  %s: %s rows\n", event->elapsed_s, event->object,
                    human((double)event->rows, rows, sizeof rows));
        return;
    case DECANT_PHASE_TABLE_OPEN:
    case DECANT_PHASE_FINDING:
    case DECANT_PHASE_NOT_CARRIED:
        return;
    case DECANT_PHASE_RETRY:
        clear_bar(progress);
        fprintf(stderr, "%8.1f s  starting over: %s\n", event->elapsed_s, event->detail);
        return;
    case DECANT_PHASE_PROVED:
        fprintf(stderr, "%s: %s\n", event->kind, event->detail);
        return;
    case DECANT_PHASE_COMPARED:
        fprintf(stderr, "%8.1f s  %s: %s\n", event->elapsed_s, event->name, event->detail);
        return;
    case DECANT_PHASE_DONE:
        return;
    case DECANT_PHASE_WARNING:
        clear_bar(progress);
        fprintf(stderr, "warning: %s\n", event->detail);
        return;
    case DECANT_PHASE_VERDICT:
        clear_bar(progress);
        fprintf(stderr, "%s %s\n", event->object, event->detail);
        return;
    default:
        clear_bar(progress);
        fprintf(stderr, "%8.1f s  %s\n", event->elapsed_s, event->name);
    }
}

static void
print_event(struct progress *progress, const struct decant_event *event)
{
    if (event->phase == DECANT_PHASE_FINDING && !progress->json) { /* an error */
        clear_bar(progress);
        fprintf(stderr, "  %s [%s]: %s\n", event->object, event->kind, event->detail);
        return;
    }
    if (event->phase == DECANT_PHASE_NOT_CARRIED)
        progress->unproved += strcmp(event->reason, "not-proved") == 0;
    if (progress->quiet)
        return;
    if (!progress->json)
        print_line(progress, event);
    if (event->phase == DECANT_PHASE_NOT_CARRIED)
        add_not_carried(progress, event);
    if (event->phase == DECANT_PHASE_DONE) {
        char rows[32], bytes[32];
        end_group(progress);
        if (progress->not_carried.len > 0)
            fprintf(stderr, "not carried over:\n%s", buf_str(&progress->not_carried));
        fprintf(stderr, "%s: %s rows in %d tables, %sB read, %.1f s\n", event->object,
                human((double)event->rows, rows, sizeof rows), event->tables,
                human((double)event->bytes, bytes, sizeof bytes), event->elapsed_s);
    }
}

void
progress_event(void *ctx, const struct decant_event *event)
{
    assert(event != NULL);
    struct progress *progress = ctx;
    struct decant_event shown = *event;
    struct buf object = { 0 }, detail = { 0 };
    if (progress->json)
        print_json(event);
    if (event->object != NULL) {
        visible_put(&object, event->object, false);
        shown.object = buf_str(&object);
    }
    if (event->detail != NULL) {
        visible_put(&detail, event->detail, true);
        shown.detail = buf_str(&detail);
    }
    print_event(progress, &shown);
    buf_deinit(&object);
    buf_deinit(&detail);
}

void
progress_finish(struct progress *progress, bool ok)
{
    assert(progress != NULL);
    (void)ok;
    clear_bar(progress);
    buf_deinit(&progress->not_carried);
}
