/* SPDX-License-Identifier: PostgreSQL */
/* Proposals as lines of a rules file. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/visible.h"
#include "propose/follow.h"
#include "rules/spell.h"

enum { GROUPED = 3 /* tables with the same line for a name: it goes under "*" */ };

/* Tables that propose `mask` for a name; -1 when one of them has no proposal for it. */
static int
count_proposals(const struct plan *plan, struct proposal *const *proposals, const char *name,
                const char *mask, int *first)
{
    int n = 0;
    *first = -1;
    for (int t = 0; t < plan->ntables; t++) {
        int c = table_column(plan->tables[t], name);
        if (c < 0)
            continue;
        if (proposals[t][c].mask == NULL)
            return -1;
        if (strcmp(proposals[t][c].mask, mask) == 0 && n++ == 0)
            *first = t;
    }
    return n;
}

/* Is the same mask proposed for the column's name in many tables, and nothing else for it without a
 * line of its own? Those go under "*"; of two masks for one name the more frequent one does. */
static bool
is_grouped(const struct plan *plan, struct proposal *const *proposals, int table, int column,
           int *first)
{
    const char *mask = proposals[table][column].mask;
    const char *name = plan->tables[table]->columns[column].name;
    if (strcmp(mask, "keep") == 0 || proposals[table][column].paths != NULL ||
        strpbrk(name, "\"*?[],/ ") != NULL)
        return false;
    int n = count_proposals(plan, proposals, name, mask, first), first_other;
    for (int t = 0; n >= GROUPED && t < plan->ntables; t++) {
        int c = table_column(plan->tables[t], name);
        const char *other = c >= 0 ? proposals[t][c].mask : mask;
        if (strcmp(other, mask) == 0 || strcmp(other, "keep") == 0)
            continue;
        int many = count_proposals(plan, proposals, name, other, &first_other);
        if (many > n || (many == n && first_other < *first))
            return false;
    }
    return n >= GROUPED;
}

static void
put_line(const char *names, const struct proposal *proposal, struct buf *out)
{
    size_t start = out->len;
    buf_puts(out, "    ");
    spell_scalar(names, out);
    buf_puts(out, ": ");
    propose_put_mask(proposal, out);
    for (size_t width = out->len - start; width < 40; width++)
        buf_putc(out, ' ');
    buf_printf(out, "  # %s%s\n", proposal->is_guess ? "? " : "", proposal->why);
}

static int
put_groups(const struct plan *plan, struct proposal *const *proposals, struct buf *out)
{
    int n = 0, guesses = 0, first;
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            if (proposals[t][c].mask == NULL || !is_grouped(plan, proposals, t, c, &first) ||
                first != t)
                continue;
            if (n++ == 0)
                buf_puts(out, "  \"*\":  # what recurs in many tables\n");
            put_line(plan->tables[t]->columns[c].name, &proposals[t][c], out);
            guesses += proposals[t][c].is_guess;
        }
    return guesses;
}

/* Columns of a table that are kept for the same reason share a line. */
static int
put_kept(const struct table *table, const struct proposal *proposals, struct buf *out)
{
    struct buf names = { 0 }, counts = { 0 };
    struct proposal line = { .mask = "keep", .is_guess = false };
    int n = 0;
    for (int c = 0; c < table->ncolumns; c++) {
        if (proposals[c].mask == NULL || strcmp(proposals[c].mask, "keep") != 0)
            continue;
        buf_puts(&names, n > 0 ? ", " : "");
        spell_name(table->columns[c].name, &names);
        if (strstr(buf_str(&counts), proposals[c].why) == NULL)
            buf_printf(&counts, "%s%s", n > 0 ? "; " : "", proposals[c].why);
        line.is_guess |= proposals[c].is_guess;
        n++;
    }
    snprintf(line.why, sizeof line.why, "%s", buf_str(&counts));
    if (n > 0)
        put_line(buf_str(&names), &line, out);
    buf_deinit(&names);
    buf_deinit(&counts);
    return n > 0 && line.is_guess;
}

int
propose_put_columns(const struct plan *plan, struct proposal *const *proposals, struct buf *out)
{
    assert(plan != NULL);
    int guesses, first;
    buf_puts(out, "columns:  # '# ?' marks what a person should look at\n");
    guesses = put_groups(plan, proposals, out);
    for (int t = 0; t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        struct buf lines = { 0 }, name = { 0 };
        guesses += put_kept(table, proposals[t], &lines);
        for (int c = 0; c < table->ncolumns; c++) {
            const struct proposal *proposal = &proposals[t][c];
            if (proposal->mask == NULL || strcmp(proposal->mask, "keep") == 0 ||
                is_grouped(plan, proposals, t, c, &first))
                continue;
            buf_reset(&name);
            spell_name(table->columns[c].name, &name);
            put_line(buf_str(&name), proposal, &lines);
            guesses += proposal->is_guess;
        }
        if (lines.len > 0) {
            buf_reset(&name);
            spell_name(table->schema, &name);
            buf_putc(&name, '.');
            spell_name(table->name, &name);
            buf_puts(out, "  ");
            spell_scalar(buf_str(&name), out);
            buf_printf(out, ":\n%s", buf_str(&lines));
        }
        buf_deinit(&lines);
        buf_deinit(&name);
    }
    return guesses;
}

/* A finding of the search for leaks that is to be expected in a column that is kept. */
static void
put_accepted(const struct table *table, int column, const char *pattern, const char *why, int *n,
             struct buf *out)
{
    struct buf name = { 0 };
    if ((*n)++ == 0)
        buf_puts(out, "checks:\n  leak:\n    allow:\n");
    buf_printf(&name, "%s.%s.%s", table->schema, table->name, table->columns[column].name);
    buf_puts(out, "      - {column: ");
    spell_item(buf_str(&name), out);
    buf_printf(out, ", pattern: %s, why: ", pattern);
    spell_item(why, out);
    buf_puts(out, "}  # ?\n");
    buf_deinit(&name);
}

int
propose_put_accepted(const struct plan *plan, struct proposal *const *proposals, struct buf *out)
{
    assert(plan != NULL);
    int n = 0;
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            const struct proposal *p = &proposals[t][c];
            const struct table *table = plan->tables[t];
            struct buf why = { 0 };
            if (p->mask == NULL || strncmp(p->mask, "keep", 4) != 0)
                continue;
            if (p->reaches != NULL)
                put_accepted(table, c, p->reaches, p->why, &n, out);
            if (p->shared_with != NULL)
                buf_printf(&why, "%s; %s has some of its values, too", p->why, p->shared_with);
            if (p->shared_with != NULL)
                put_accepted(table, c, "originals", buf_str(&why), &n, out);
            buf_deinit(&why);
        }
    return n;
}
