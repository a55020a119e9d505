/* SPDX-License-Identifier: PostgreSQL */
#include "diff/diff.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { TABLES_TOLD = 12, CHANGES_TOLD = 12 };

void
diff_add_table(struct diff *diff, const struct diff_table *table)
{
    assert(diff != NULL && table != NULL);
    diff->tables = mem_grow(diff->tables, (size_t)diff->ntables, sizeof *diff->tables);
    struct diff_table *own = &diff->tables[diff->ntables++];
    *own = *table;
    own->name = arena_strdup(&diff->arena, table->name);
    if (table->before < 0 || table->after < 0)
        diff_add_change(diff, "table", table->name, table->before < 0 ? "" : "there",
                        table->after < 0 ? "" : "there");
}

void
diff_add_change(struct diff *diff, const char *kind, const char *name, const char *was,
                const char *now)
{
    assert(diff != NULL && kind != NULL && name != NULL && was != NULL && now != NULL);
    struct arena *arena = &diff->arena;
    diff->changes = mem_grow(diff->changes, (size_t)diff->nchanges, sizeof *diff->changes);
    diff->changes[diff->nchanges++] =
        (struct diff_change){ kind, arena_strdup(arena, name), arena_strdup(arena, was),
                              arena_strdup(arena, now) };
}

void
diff_deinit(struct diff *diff)
{
    assert(diff != NULL);
    free(diff->tables);
    free(diff->changes);
    arena_deinit(&diff->arena);
    *diff = (struct diff){ 0 };
}

/* ---- manifests */

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct manifest_column *)a)->name,
                  ((const struct manifest_column *)b)->name);
}

/* A manifest's columns by name, in the arena. */
static const struct manifest_column *
sorted(struct arena *arena, const struct manifest *manifest)
{
    int n = manifest->ncolumns;
    struct manifest_column *columns = ARENA_ARRAY(arena, struct manifest_column, n + 1);
    if (n > 0) {
        memcpy(columns, manifest->columns, (size_t)n * sizeof *columns);
        qsort(columns, (size_t)n, sizeof *columns, by_name);
    }
    return columns;
}

static const char *
decision(struct arena *arena, const struct manifest_column *column)
{
    return column->mask[0] != '\0' ? arena_printf(arena, "%s, %s", column->verdict, column->mask)
                                   : column->verdict;
}

static void
compare_decisions(const struct manifest *before, const struct manifest *after, struct diff *out)
{
    struct arena *arena = &out->arena;
    const struct manifest_column *was = sorted(arena, before), *now = sorted(arena, after);
    for (int i = 0, j = 0; i < before->ncolumns || j < after->ncolumns;) {
        int order = i == before->ncolumns  ? 1
                    : j == after->ncolumns ? -1
                                           : strcmp(was[i].name, now[j].name);
        const char *name = order <= 0 ? was[i].name : now[j].name;
        const char *it_was = order <= 0 ? decision(arena, &was[i++]) : "";
        const char *it_is = order >= 0 ? decision(arena, &now[j++]) : "";
        if (strcmp(it_was, it_is) != 0)
            diff_add_change(out, "decision", name, it_was, it_is);
    }
}

static void
compare_figures(const struct manifest *before, const struct manifest *after, struct diff *out)
{
    for (int i = 0, j = 0; i < after->nfigures; i++) {
        const struct manifest_figure *now = &after->figures[i], *was = NULL;
        for (int k = 0; k < before->nfigures && was == NULL; k++) {
            const struct manifest_figure *other = &before->figures[(j + k) % before->nfigures];
            if (strcmp(other->name, now->name) == 0 && strcmp(other->kind, now->kind) == 0) {
                was = other;
                j = (j + k) % before->nfigures; /* the next one is most likely behind it */
            }
        }
        if (was != NULL && strcmp(was->verdict, now->verdict) != 0)
            diff_add_change(out, "figure",
                            arena_printf(&out->arena, "%s of %s", now->kind, now->name),
                            was->verdict, now->verdict);
    }
}

void
diff_manifests(const struct manifest *before, const struct manifest *after, struct diff *out)
{
    assert(before != NULL && after != NULL && out != NULL);
    out->has_manifests = true;
    compare_decisions(before, after, out);
    compare_figures(before, after, out);
}

/* ---- as people read it */

static int64_t
moved(const struct diff_table *table)
{
    if (table->changed >= 0)
        return table->came + table->went + table->changed;
    int64_t more = (table->after < 0 ? 0 : table->after) - (table->before < 0 ? 0 : table->before);
    return more < 0 ? -more : more;
}

static int
most_moved_first(const void *a, const void *b)
{
    const struct diff_table *one = *(const struct diff_table *const *)a;
    const struct diff_table *other = *(const struct diff_table *const *)b;
    int64_t x = moved(one), y = moved(other);
    return x != y ? (x > y ? -1 : 1) : strcmp(one->name, other->name);
}

static void
put_number(struct buf *out, int64_t n, int width)
{
    if (n < 0)
        buf_printf(out, " %*s", width, "-");
    else
        buf_printf(out, " %*lld", width, (long long)n);
}

static void
put_tables(const struct diff *diff, struct buf *out)
{
    const struct diff_table **order = mem_alloc((size_t)diff->ntables * sizeof(*order) + 1);
    int n = 0, same = 0, width = 5;
    for (int i = 0; i < diff->ntables; i++) {
        if (moved(&diff->tables[i]) == 0 && diff->tables[i].before == diff->tables[i].after)
            same++;
        else
            order[n++] = &diff->tables[i];
    }
    if (n > 1)
        qsort(order, (size_t)n, sizeof(*order), most_moved_first);
    for (int i = 0; i < n && i < TABLES_TOLD; i++)
        width = (int)strlen(order[i]->name) > width ? (int)strlen(order[i]->name) : width;
    if (n > 0)
        buf_printf(out, "\n  %-*s %10s %10s %9s %9s %9s\n", width, "table", "before", "now", "came",
                   "went", "changed");
    for (int i = 0; i < n && i < TABLES_TOLD; i++) {
        buf_printf(out, "  %-*s", width, order[i]->name);
        put_number(out, order[i]->before, 10);
        put_number(out, order[i]->after, 10);
        put_number(out, order[i]->came, 9);
        put_number(out, order[i]->went, 9);
        put_number(out, order[i]->changed, 9);
        buf_putc(out, '\n');
    }
    if (n > TABLES_TOLD)
        buf_printf(out, "  and %d more\n", n - TABLES_TOLD);
    buf_printf(out, "  %d table%s the same rows\n", same, same == 1 ? " has" : "s have");
    free(order);
}

static void
put_changes(const struct diff *diff, struct buf *out)
{
    int told = 0;
    buf_putc(out, '\n');
    if (diff->nchanges == 0)
        buf_printf(out, "  %s the same\n",
                   diff->has_manifests ? "schema, decisions and figures are" : "the schema is");
    if (!diff->has_manifests)
        buf_puts(out, "  decisions and figures are not known: a copy has no manifest\n");
    for (int i = 0; i < diff->nchanges && told < CHANGES_TOLD; i++, told++) {
        const struct diff_change *change = &diff->changes[i];
        if (change->was[0] == '\0')
            buf_printf(out, "  %s %s: new (%s)\n", change->kind, change->name, change->now);
        else if (change->now[0] == '\0')
            buf_printf(out, "  %s %s: gone (%s)\n", change->kind, change->name, change->was);
        else
            buf_printf(out, "  %s %s: %s, was %s\n", change->kind, change->name, change->now,
                       change->was);
    }
    if (diff->nchanges > told)
        buf_printf(out, "  and %d more: --json lists all\n", diff->nchanges - told);
}

void
diff_put_text(const struct diff *diff, const char *before, const char *after, struct buf *out)
{
    assert(diff != NULL && before != NULL && after != NULL && out != NULL);
    buf_printf(out, "%s, beside %s\n", after, before);
    put_tables(diff, out);
    put_changes(diff, out);
}

/* ---- as programs do */

void
diff_put_json(const struct diff *diff, const char *before, const char *after, struct buf *out)
{
    assert(diff != NULL && before != NULL && after != NULL && out != NULL);
    buf_putc(out, '{');
    json_member_string(out, "before", before);
    json_member_string(out, "after", after);
    buf_puts(out, diff->has_manifests ? ",\"has_manifests\":true" : ",\"has_manifests\":false");
    buf_puts(out, ",\"tables\":[");
    for (int i = 0; i < diff->ntables; i++) {
        const struct diff_table *table = &diff->tables[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        json_member_string(out, "name", table->name);
        json_member_int(out, "before", table->before);
        json_member_int(out, "after", table->after);
        json_member_int(out, "came", table->came);
        json_member_int(out, "went", table->went);
        json_member_int(out, "changed", table->changed);
        buf_putc(out, '}');
    }
    buf_puts(out, "],\"changes\":[");
    for (int i = 0; i < diff->nchanges; i++) {
        const struct diff_change *change = &diff->changes[i];
        buf_puts(out, i > 0 ? ",{" : "{");
        json_member_string(out, "kind", change->kind);
        json_member_string(out, "name", change->name);
        json_member_string(out, "was", change->was);
        json_member_string(out, "now", change->now);
        buf_putc(out, '}');
    }
    buf_puts(out, "]}\n");
}
