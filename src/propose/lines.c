/* SPDX-License-Identifier: PostgreSQL */
/* Proposals as lines of a rules file. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/visible.h"
#include "propose/follow.h"
#include "rules/spell.h"

enum { GROUPED = 3 /* tables with the same line for a name: it goes under "*" */ };

/* A column with what is proposed for it. */
struct named {
    const char *name, *mask;
    int table, column;
};

/* Where the line of a column stands. */
enum place { PLACE_OWN, PLACE_GROUP, PLACE_GROUP_FIRST };

struct places {
    int *first; /* by table: where its columns begin in `of` */
    unsigned char *of;
};

static enum place
place_of(const struct places *places, int table, int column)
{
    return places->of[places->first[table] + column];
}

static int
compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order == 0 && (x->mask == NULL || y->mask == NULL))
        order = (x->mask != NULL) - (y->mask != NULL);
    else if (order == 0)
        order = strcmp(x->mask, y->mask);
    return order != 0 ? order : x->table - y->table;
}

/* Columns of one name, by mask and table. The mask that most of them have goes under "*", the one
 * that comes first where as many have another; not where one of them has no line of its own, and
 * would get this one. */
static void
place_name(const struct named *columns, int n, struct places *places)
{
    int best = -1, most = GROUPED - 1;
    if (columns->mask == NULL || strpbrk(columns->name, "\"*?[],/ ") != NULL)
        return;
    for (int i = 0, next; i < n; i = next) {
        next = i + 1;
        while (next < n && strcmp(columns[next].mask, columns[i].mask) == 0)
            next++;
        bool is_better = next - i > most ||
                         (next - i == most && best >= 0 && columns[i].table < columns[best].table);
        if (!is_better || strcmp(columns[i].mask, "keep") == 0)
            continue;
        best = i;
        most = next - i;
    }
    for (int i = best; best >= 0 && i < best + most; i++)
        places->of[places->first[columns[i].table] + columns[i].column] =
            i == best ? PLACE_GROUP_FIRST : PLACE_GROUP;
}

/* Columns whose mask goes by paths of their own have their own lines. */
static void
find_places(const struct plan *plan, struct proposal *const *proposals, struct places *places)
{
    int all = 0, n = 0;
    places->first = mem_alloc(((size_t)plan->ntables + 1) * sizeof *places->first);
    for (int t = 0; t < plan->ntables; t++) {
        places->first[t] = all;
        all += plan->tables[t]->ncolumns;
    }
    places->of = mem_alloc((size_t)all + 1); /* zeros: PLACE_OWN */
    struct named *named = mem_alloc(((size_t)all + 1) * sizeof *named);
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++)
            if (proposals[t][c].paths == NULL)
                named[n++] =
                    (struct named){ plan->tables[t]->columns[c].name, proposals[t][c].mask, t, c };
    qsort(named, (size_t)n, sizeof *named, compare_named);
    for (int i = 0, next; i < n; i = next) {
        next = i + 1;
        while (next < n && strcmp(named[next].name, named[i].name) == 0)
            next++;
        place_name(&named[i], next - i, places);
    }
    free(named);
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
put_groups(const struct plan *plan, struct proposal *const *proposals, const struct places *places,
           struct buf *out)
{
    int n = 0, guesses = 0;
    for (int t = 0; t < plan->ntables; t++)
        for (int c = 0; c < plan->tables[t]->ncolumns; c++) {
            if (place_of(places, t, c) != PLACE_GROUP_FIRST)
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
    struct places places;
    find_places(plan, proposals, &places);
    buf_puts(out, "columns:  # '# ?' marks what a person should look at\n");
    int guesses = put_groups(plan, proposals, &places, out);
    for (int t = 0; t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        struct buf lines = { 0 }, name = { 0 };
        guesses += put_kept(table, proposals[t], &lines);
        for (int c = 0; c < table->ncolumns; c++) {
            const struct proposal *proposal = &proposals[t][c];
            if (proposal->mask == NULL || strcmp(proposal->mask, "keep") == 0 ||
                place_of(&places, t, c) != PLACE_OWN)
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
    free(places.first);
    free(places.of);
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
