/* SPDX-License-Identifier: PostgreSQL */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/visible.h"

enum { SHOWN_PER_GROUP = 5, BAR_WIDTH = 24 };

void
progress_init(struct progress *progress, bool json, bool quiet)
{
    *progress = (struct progress){ .json = json, .quiet = quiet };
    progress->is_terminal = isatty(STDERR_FILENO) == 1;
    if (json)
        setvbuf(stdout, NULL, _IOLBF, 0); /* a reader acts on each line */
}

static void
print_json(const struct decant_event *event)
{
    struct buf line = { 0 };
    buf_putc(&line, '{');
    json_member_string(&line, "event", event->name);
    json_member_double(&line, "elapsed", event->elapsed_s);
    json_member_string(&line, "object", event->object);
    json_member_string(&line, "kind", event->kind);
    json_member_string(&line, "reason", event->reason);
    json_member_string(&line, "detail", event->detail);
    json_member_string(&line, "hint", event->hint);
    bool has_rows = event->phase == DECANT_PHASE_PROGRESS ||
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

/* One line: the bar of the table under way, its rows, their rate, and the time left for it. */
static void
draw_bar(struct progress *progress, const struct decant_event *event)
{
    char rows[32], rate[32];
    double total = (double)(progress->rows + event->rows);
    double share =
        event->rows_expected > 0 ? (double)event->rows / (double)event->rows_expected : 0;
    if (share > 1)
        share = 1;
    double per_second = event->elapsed_s > 0 ? total / event->elapsed_s : 0;
    fputs("\r\033[K[", stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < share * BAR_WIDTH ? '#' : ' ', stderr);
    fprintf(stderr, "] %d/%d %.40s %s rows, %s/s", event->tables, event->tables_total,
            event->object, human((double)event->rows, rows, sizeof rows),
            human(per_second, rate, sizeof rate));
    if (share > 0 && share < 1 && per_second > 0)
        fprintf(stderr, ", %.0f s left",
                ((double)event->rows_expected - (double)event->rows) / per_second);
    fflush(stderr);
    progress->has_bar = true;
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
    char rows[32];
    switch (event->phase) {
    case DECANT_PHASE_PROGRESS:
        if (progress->is_terminal)
            draw_bar(progress, event);
        return;
    case DECANT_PHASE_TABLE_DONE:
        progress->rows += event->rows > 0 ? event->rows : 0;
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
    (void)ok;
    clear_bar(progress);
    buf_deinit(&progress->not_carried);
}
