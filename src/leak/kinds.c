/* SPDX-License-Identifier: PostgreSQL */
/* Values that could reach somebody. */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "leak/internal.h"

enum {
    WEAK_HITS = 3,    /* numbers that have a form by chance: as many in a column say nothing */
    WEAK_SHARE = 500, /* ... nor does one in so many */
    CHECKED_DIGITS = 11,
    PROSE_LETTERS = 3,
    CARD_SHARE = 6, /* of whole numbers every tenth has a card's check digit */
};

/* Are the column's fakes letters and digits at random, in a form or without? */
static bool
draws_letters(const struct leak_column *column)
{
    return column->how != NULL && (column->how->gives & (GIVES_SHAPE | GIVES_LETTERS)) != 0;
}

/* Are values of this kind the work of the column's own mask, or of SQL? */
static bool
is_expected(const struct leak_column *column, const struct detector *detector)
{
    if (column->is_schema)
        return detector->is_weak;
    if (column->is_number) /* of digits alone, only those with check digits say something */
        return detector->digits < CHECKED_DIGITS;
    if (column->how == NULL || column->is_scrubbed)
        return false;
    return (detector->is_secret && (column->how->gives & GIVES_SECRETS) != 0) ||
           /* letters and digits of the right kinds are valid now and then */
           ((detector->is_weak ||
             (detector->is_valid != NULL && /* leaves of a document keep their shape, too */
              (draws_letters(column) || column->is_json))) &&
            strcmp(detector->mask, column->how->name) != 0);
}

/* A value that the mask of a column cannot read is written anew in its shape. */
static bool
may_fall_back(const struct leak_column *column)
{
    return column->how != NULL && column->how->need == NEED_VALUE;
}

/* Do some fakes begin as a key does, or are they valid now and then, as numbers of another kind? */
static bool
may_spell(const struct leak_column *column, const struct detector *detector)
{
    if (column->is_scrubbed)
        return false;
    return (detector->is_secret && draws_letters(column)) ||
           (detector->is_valid != NULL && may_fall_back(column) &&
            strcmp(detector->mask, column->how->name) != 0);
}

/* A part of a text. */
struct span {
    size_t begin, end;
};

/* Numbers of several kinds stand in one another: the first kind, which is the longer, counts. */
struct taken {
    size_t n;
    struct span spans[64];
};

static bool
take(struct taken *taken, size_t begin, size_t end)
{
    for (size_t i = 0; i < taken->n; i++)
        if (begin < taken->spans[i].end && end > taken->spans[i].begin)
            return false;
    if (taken->n < sizeof taken->spans / sizeof *taken->spans) {
        taken->spans[taken->n].begin = begin;
        taken->spans[taken->n++].end = end;
    }
    return true;
}

/* An e-mail address has a host with a dot, and somebody before it; "git@host:path" is a place, and
 * '%@corp.test' a pattern. */
static bool
is_address(const struct detector *d, const char *text, size_t len, size_t begin, size_t end)
{
    if (strcmp(d->name, "email") != 0)
        return true;
    const char *at = memrchr(text + begin, '@', end - begin);
    bool is_somebody = false;
    for (const char *p = text + begin; at != NULL && p < at; p++)
        is_somebody |= isalnum((unsigned char)*p) || (unsigned char)*p >= 0x80;
    if (!is_somebody)
        return false;
    return at != NULL && memchr(at, '.', (size_t)(text + end - at)) != NULL &&
           !(end < len && text[end] == ':');
}

void
leak_look_for_kinds(struct leak *leak, struct watched *watched, const struct reading *cell)
{
    assert(leak != NULL && cell != NULL);
    const struct traits *traits = &cell->traits;
    const char *text = cell->text;
    size_t len = cell->len;
    /* letters and a blank: numbers in it are meant as such */
    bool is_prose = traits->tally.letters >= PROSE_LETTERS && (traits->seen & SEEN_BLANK) != 0;
    struct taken taken;
    taken.n = 0;
    for (int i = 0; i < ndetectors; i++) {
        const struct detector *d = &detectors[i];
        size_t begin, end;
        if (d->is_public || !detect_may_have(d, traits, text, len) ||
            is_expected(watched->column, d))
            continue;
        for (size_t at = 0;
             detect_find(leak->detect, i, leak->space, text, len, at, &begin, &end) > 0; at = end) {
            bool is_first = take(&taken, begin, end);
            if (!is_first || (d->is_reserved != NULL && d->is_reserved(text + begin, end - begin)))
                continue;
            bool is_grouped = d->digits < 13 || memchr(text + begin, ' ', end - begin) != NULL ||
                              memchr(text + begin, '-', end - begin) != NULL;
            bool is_sure = (!d->is_weak || (is_prose && is_grouped && !watched->column->is_json)) &&
                           !may_spell(watched->column, d);
            if (is_address(d, text, len, begin, end))
                leak_hit(leak, watched, i, is_sure);
        }
    }
}

/* Numbers that have a form by chance are some in many. */
int64_t
leak_judge_kind(const struct watched *watched, int kind, const struct tally *tally)
{
    assert(watched != NULL && tally != NULL);
    bool is_checked = detectors[kind].digits >= 13;
    bool is_all = watched->column->is_number && tally->chances * 2 > watched->cells;
    if (is_all && tally->chances >= WEAK_HITS) /* most of those that are as long */
        return tally->hits + tally->chances;
    double bound = WEAK_HITS + (double)watched->cells / (is_checked ? CARD_SHARE : WEAK_SHARE);
    return tally->hits + ((double)tally->chances > bound ? tally->chances : 0);
}
