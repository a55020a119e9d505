/* SPDX-License-Identifier: PostgreSQL */
#include "job/plan_view.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { MOST_IGNORED = 100 }; /* rows of a table about which nobody needs to be warned */

#define READ_SPEED 200e6 /* bytes per second, of a server that has them on disk */

static const char *
amount(double n, char text[32])
{
    static const char *const units[] = { "", " k", " M", " G", " T" };
    int i = 0;
    while (n >= 10000 && i < 4) {
        n /= 1000;
        i++;
    }
    snprintf(text, 32, "%.0f%s", n, units[i]);
    return text;
}

static void
put_table(const struct view *view, const struct view_table *t, struct buf *out)
{
    const struct prediction *p = &t->prediction;
    char bytes[32], band[32] = "";
    bool has_size = true;
    if (p->sd >= 0.5)
        snprintf(band, sizeof band, "+-%.0f", 2 * p->sd);
    buf_printf(out, "%-36s %-11s ", t->name, t->role);
    if (p->rows < 0) { /* nobody analyzed it */
        buf_printf(out, "%11s%s", "not known", view->is_exact ? "" : ": ANALYZE it");
        has_size = view->is_exact;
    } else {
        buf_printf(out, "%11.0f", p->rows);
    }
    if (!view->is_exact && has_size)
        buf_printf(out, " %11.0f %-8s %9.0f %9.0f", p->sampled, band, p->pulled, p->completed);
    for (enum origin origin = ORIGIN_SAMPLE; view->is_exact && origin < ORIGIN_COUNT; origin++)
        buf_printf(out, " %9lld", (long long)t->counts[origin]);
    if (view->is_exact)
        buf_printf(out, " %9lld %7lld", (long long)t->hollow, (long long)t->capped);
    if (has_size)
        buf_printf(out, " %8sB", amount(t->bytes, bytes));
    if (t->owner != NULL)
        buf_printf(out, "  by %s", t->owner);
    buf_puts(out, t->has_frame ? "  within its frame\n" : "\n");
}

static void
put_key(const struct view_key *k, struct buf *out)
{
    buf_printf(out, "%-48s %-20s %-28s %s", k->name, k->policy, k->parent, k->effect);
    if (k->left_out > 0)
        buf_printf(out, "; %lld rows left out", (long long)k->left_out);
    if (k->changed > 0)
        buf_printf(out, "; %lld rows changed", (long long)k->changed);
    buf_puts(out, k->is_virtual ? "  (virtual)\n" : k->is_pinned ? "  (pinned)\n" : "\n");
}

/* What a reader of the copy should know before he trusts a number. */
static void
put_limits(const struct view *view, struct buf *out)
{
    bool any = false;
    for (int i = 0; i < view->ntables; i++) {
        const struct view_table *t = &view->tables[i];
        double pulled = t->has_counts
                            ? (double)(t->counts[ORIGIN_PULLED] + t->counts[ORIGIN_COMPLETED])
                            : t->prediction.pulled + t->prediction.completed;
        double sampled = t->has_counts ? (double)t->counts[ORIGIN_SAMPLE] : t->prediction.sampled;
        if (strcmp(t->role, "whole") == 0 || pulled < 1 || pulled <= sampled * 0.25)
            continue;
        buf_puts(out, any ? "" : "\nnot preserved without weights (--origins):\n");
        any = true;
        buf_printf(out, "  %s: %.0f of %.0f rows are there because others need them\n", t->name,
                   pulled, pulled + sampled);
    }
}

/* What comes for the sake of others, or by chance, more than it should. */
static void
put_warnings(const struct view *view, struct buf *out)
{
    struct buf lines = { 0 };
    for (int i = 0; i < view->ntables; i++) {
        const struct view_table *t = &view->tables[i];
        const struct prediction *p = &t->prediction;
        double all = p->sampled + p->pulled + p->completed;
        for (enum origin origin = ORIGIN_SAMPLE; t->has_counts && origin < ORIGIN_COUNT; origin++)
            all = (origin == ORIGIN_SAMPLE ? 0 : all) + (double)t->counts[origin];
        bool is_sampled = t->rate > 0 && t->rate < 1 && p->rows >= MOST_IGNORED;
        if (is_sampled && 2 * p->sd > p->sampled / 2)
            buf_printf(&lines,
                       "  %s: %.0f +-%.0f: how many come depends on a few rows that they follow\n",
                       t->name, p->sampled, 2 * p->sd);
        if (is_sampled && all > 2 * t->rate * p->rows)
            buf_printf(&lines,
                       "  %s: %.0f of %.0f rows come, at a rate of %g %%: others need them\n",
                       t->name, all, p->rows, t->rate * 100);
        if (t->why_not_whole != NULL && p->rows > 0)
            buf_printf(&lines, "  %s: %.0f rows, and not whole: %s\n", t->name, p->rows,
                       t->why_not_whole);
    }
    if (lines.len > 0)
        buf_printf(out, "\nlook at:\n%s", buf_str(&lines));
    buf_deinit(&lines);
}

static void
put_masks(const struct view *view, struct buf *out)
{
    if (!view->has_masks)
        return;
    buf_printf(out, "\ncolumns: %d masked, %d kept, %d safe by type, %d NULL for want of a rule\n",
               view->nmasked, view->nkept, view->nsafe, view->nnulled);
    if (view->nunproved > 0)
        buf_puts(out, "not proved; the copy's own constraints decide:\n");
    for (int i = 0; i < view->nunproved; i++)
        buf_printf(out, "  %s\n", view->unproved[i]);
}

static void
put_load(const struct view *view, struct buf *out)
{
    char bytes[32];
    buf_printf(out,
               "\nload on the source: %d connections, about %d statements that read %sB, %.1f "
               "minutes at 200 MB/s\n",
               view->connections, view->statements, amount((double)view->read_bytes, bytes),
               (double)view->read_bytes / READ_SPEED / 60);
}

static int64_t
put_cover_tables(const struct view *view, struct buf *out)
{
    int64_t sum = 0;
    buf_printf(out, "%-48s %11s %9s\n", "table", "rows", "cover");
    for (int i = 0; i < view->ntables; i++) {
        int64_t n = 0;
        for (enum origin origin = ORIGIN_SAMPLE; origin < ORIGIN_COUNT; origin++)
            n += view->tables[i].counts[origin];
        buf_printf(out, "%-48s %11.0f %9lld\n", view->tables[i].name,
                   view->tables[i].prediction.rows, (long long)n);
        sum += n;
    }
    return sum;
}

static void
put_cover(const struct view *view, struct buf *out)
{
    struct buf tables = { 0 };
    int there = 0, shown = 0;
    for (int i = 0; i < view->nfeatures; i++) {
        there += view->features[i].there > 0 ? view->features[i].there : 0;
        shown += view->features[i].shown;
    }
    int64_t rows = put_cover_tables(view, &tables);
    buf_printf(out, "cover: %lld rows show %d of %d features, seed %s\n\n%s", (long long)rows,
               shown, there, view->seed, buf_str(&tables));
    buf_printf(out, "\n%-60s %-9s %6s %6s\n", "feature", "of", "there", "shown");
    for (int i = 0; i < view->nfeatures; i++) {
        const struct select_feature *f = &view->features[i];
        struct buf name = { 0 };
        buf_printf(&name, "%s.%s%s%s", f->table->schema, f->table->name, f->name != NULL ? "." : "",
                   f->name != NULL ? f->name : "");
        buf_printf(out, "%-60s %-9s ", buf_str(&name), f->what);
        if (f->there < 0)
            buf_puts(out, "  many, none is sought");
        else
            buf_printf(out, "%6d %6d", f->there, f->shown);
        if (f->rare > 0)
            buf_printf(out, "  and %d of fewer than 5 rows", f->rare);
        buf_putc(out, '\n');
        buf_deinit(&name);
    }
    buf_deinit(&tables);
}

static void
put_sample(const struct view *view, struct buf *out)
{
    buf_printf(out, "sample of %g %%, seed %s", view->rate * 100, view->seed);
    if (view->cap > 0)
        buf_printf(out, ", no parent brings more than %g %% of a table", view->cap * 100);
    buf_printf(out, "\n\n%-36s %-11s %11s", "table", "role", "rows");
    if (!view->is_exact)
        buf_printf(out, " %11s %-8s %9s %9s", "expected", "", "pulled", "completed");
    for (enum origin origin = ORIGIN_SAMPLE; view->is_exact && origin < ORIGIN_COUNT; origin++)
        buf_printf(out, " %9s", origin_name(origin));
    if (view->is_exact)
        buf_printf(out, " %9s %7s", "hollow", "capped");
    buf_printf(out, " %9s\n", "size");
    for (int i = 0; i < view->ntables; i++)
        put_table(view, &view->tables[i], out);
    buf_printf(out, "\n%-48s %-20s %-28s %s\n", "foreign key", "policy", "parent",
               "children per parent");
    for (int i = 0; i < view->nkeys; i++)
        put_key(&view->keys[i], out);
    put_limits(view, out);
    put_warnings(view, out);
}

void
view_put_text(const struct view *view, bool with_sql, struct buf *out)
{
    assert(view != NULL && out != NULL);
    if (view->is_cover)
        put_cover(view, out);
    else
        put_sample(view, out);
    put_masks(view, out);
    put_load(view, out);
    if (!view->is_exact)
        buf_puts(out, "sizes are the planner's; --exact chooses the rows and counts them\n");
    for (int i = 0; with_sql && i < view->ntables; i++)
        buf_printf(out, "%s%s\n", i == 0 ? "\n" : "", view->tables[i].sql);
}

static void
put_json_table(const struct view *view, const struct view_table *t, struct buf *out)
{
    buf_putc(out, '{');
    json_member_string(out, "name", t->name);
    json_member_string(out, "role", t->role);
    json_member_string(out, "owner", t->owner);
    json_member_double(out, "rate", t->rate);
    json_member_double(out, "rows", t->prediction.rows);
    json_member_double(out, "expected_sampled", t->prediction.sampled);
    json_member_double(out, "expected_sd", t->prediction.sd);
    json_member_double(out, "expected_pulled", t->prediction.pulled);
    json_member_double(out, "expected_completed", t->prediction.completed);
    json_member_double(out, "bytes", t->bytes);
    for (enum origin origin = ORIGIN_SAMPLE; view->is_exact && origin < ORIGIN_COUNT; origin++)
        json_member_int(out, origin_name(origin), t->counts[origin]);
    if (view->is_exact) {
        json_member_int(out, "hollow", t->hollow);
        json_member_int(out, "capped", t->capped);
    }
    json_member_string(out, "not_whole", t->why_not_whole);
    json_member_string(out, "sql", t->sql);
    buf_putc(out, '}');
}

static void
put_json_features(const struct view *view, struct buf *out)
{
    buf_puts(out, view->is_cover ? ",\"features\":[" : "");
    for (int i = 0; i < view->nfeatures; i++) {
        const struct select_feature *f = &view->features[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        json_member_string(out, "schema", f->table->schema);
        json_member_string(out, "table", f->table->name);
        json_member_string(out, "of", f->what);
        json_member_string(out, "name", f->name);
        json_member_int(out, "there", f->there);
        json_member_int(out, "shown", f->shown);
        json_member_int(out, "rare", f->rare);
        buf_putc(out, '}');
    }
    buf_puts(out, view->is_cover ? "]" : "");
}

void
view_put_json(const struct view *view, struct buf *out)
{
    assert(view != NULL);
    buf_putc(out, '{');
    json_member_int(out, "format", 1);
    json_member_double(out, "rate", view->rate);
    json_member_string(out, "seed", view->seed);
    json_member_double(out, "cap", view->cap);
    json_member_int(out, "connections", view->connections);
    json_member_int(out, "statements", view->statements);
    json_member_int(out, "read_bytes", view->read_bytes);
    buf_puts(out, ",\"tables\":[");
    for (int i = 0; i < view->ntables; i++) {
        buf_puts(out, i > 0 ? "," : "");
        put_json_table(view, &view->tables[i], out);
    }
    buf_putc(out, ']');
    if (view->has_masks) {
        json_member_int(out, "columns_masked", view->nmasked);
        json_member_int(out, "columns_kept", view->nkept);
        json_member_int(out, "columns_safe", view->nsafe);
        json_member_int(out, "columns_nulled", view->nnulled);
        json_member_int(out, "masks_not_proved", view->nunproved);
    }
    buf_puts(out, ",\"foreign_keys\":[");
    for (int i = 0; i < view->nkeys; i++) {
        const struct view_key *k = &view->keys[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        json_member_string(out, "name", k->name);
        json_member_string(out, "parent", k->parent);
        json_member_string(out, "policy", k->policy);
        json_member_string(out, "effect", k->effect);
        json_member_int(out, "left_out", k->left_out);
        json_member_int(out, "changed", k->changed);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    put_json_features(view, out);
    buf_puts(out, "}\n");
}
