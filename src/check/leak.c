/* SPDX-License-Identifier: PostgreSQL */
#include "check/leak.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "check/worth.h"

enum {
    MOST_KINDS = 32, /* detectors, and originals behind them */
    MOST_WORTH = 64, /* bits */
    MOST_KEYS = 3,
    KEY_BYTES = 40,
    TELLING_DIGITS = 5,
    TEXT_BITS = 64,   /* a text that is no identifier must be as telling as this */
    WEAK_HITS = 3,    /* numbers that have a form by chance: as many in a column say nothing */
    WEAK_SHARE = 500, /* ... nor does one in so many */
    CARD_SHARE = 6,   /* of whole numbers every tenth has a card's check digit */
};

#define CERTAIN 1e-4        /* of one text */
#define CERTAIN_COLUMN 1e-3 /* of all that are worth as much, or more */
#define ADDRESS_BITS 20     /* of a network that nobody routes; many originals lie in one, too */

/* Hits of one kind in one column. */
struct tally {
    int64_t hits, chances;         /* cells */
    int64_t last_hit, last_chance; /* the number of the cell */
    int nkeys;
    char keys[MOST_KEYS][KEY_BYTES];
};

/* Texts of one column that would be an original with the same chance, 2^-worth. */
struct worth {
    int64_t looked_at;
    int64_t cells; /* with an original, and none that is worth more */
};

struct watched {
    const struct leak_column *column;
    int64_t cells;
    struct tally *kinds[MOST_KINDS]; /* made when they are first needed */
    struct worth originals[MOST_WORTH];
    int best; /* the worth of the most telling original in the cell at hand; -1: there is none */
};

struct leak {
    const struct rules_checks *rules;
    const struct originals *originals;
    bool has_originals;
    struct arena *arena;
    struct detect *detect;
    struct regex_space *space;
    struct buf scratch, pair, string;
    struct map columns; /* by the address of struct leak_column: a struct watched */
    struct watched **list;
    size_t nlist;
    int64_t cells;
    const struct leak_row *row; /* at hand */
};

struct leak *
leak_new(const struct rules_checks *rules, struct originals *originals, struct arena *arena)
{
    if (originals != NULL)
        originals_finish(originals);
    struct leak *leak = mem_alloc(sizeof *leak);
    leak->rules = rules;
    leak->originals = originals;
    leak->has_originals = originals != NULL && originals_count(originals) > 0;
    leak->arena = arena;
    leak->detect = detect_new();
    leak->space = regex_space_new();
    return leak;
}

void
leak_free(struct leak *leak)
{
    if (leak == NULL)
        return;
    detect_free(leak->detect);
    regex_space_free(leak->space);
    buf_deinit(&leak->scratch);
    buf_deinit(&leak->pair);
    buf_deinit(&leak->string);
    map_deinit(&leak->columns);
    free(leak->list);
    free(leak);
}

static struct watched *
watch(struct leak *leak, const struct leak_column *column)
{
    struct watched *watched = map_get(&leak->columns, (uint64_t)(uintptr_t)column);
    if (watched != NULL)
        return watched;
    watched = ARENA_NEW(leak->arena, struct watched);
    watched->column = column;
    map_put(&leak->columns, (uint64_t)(uintptr_t)column, watched);
    leak->list = mem_grow(leak->list, leak->nlist, sizeof *leak->list);
    leak->list[leak->nlist++] = watched;
    return watched;
}

static struct tally *
tally_of(struct leak *leak, struct watched *watched, int kind)
{
    if (watched->kinds[kind] == NULL)
        watched->kinds[kind] = ARENA_NEW(leak->arena, struct tally);
    return watched->kinds[kind];
}

/* The rows at hand: a few of those with a hit are told. */
static void
note_key(const struct leak *leak, struct tally *tally)
{
    char *key = tally->keys[tally->nkeys % MOST_KEYS];
    if (tally->nkeys == MOST_KEYS || leak->row == NULL)
        return;
    leak->row->put_key(leak->row->ctx, key, KEY_BYTES);
    for (int i = 0; i < tally->nkeys; i++)
        if (strcmp(tally->keys[i], key) == 0)
            return;
    tally->nkeys += key[0] != '\0';
}

/* A cell counts once. */
static void
hit(struct leak *leak, const struct watched *watched, struct tally *tally, bool is_sure)
{
    int64_t *count = is_sure ? &tally->hits : &tally->chances;
    int64_t *last = is_sure ? &tally->last_hit : &tally->last_chance;
    if (*last == watched->cells)
        return;
    *last = watched->cells;
    ++*count;
    note_key(leak, tally);
}

/* ---- kinds */

/* What a text has of what detectors need. */
struct traits {
    int digits;
    bool has[256];
    bool is_prose; /* letters and a blank: numbers in it are meant as such */
};

static struct traits
traits_of(const char *text, size_t len)
{
    struct traits traits = { 0 };
    int letters = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        traits.has[c] = true;
        traits.digits += isdigit(c) != 0;
        letters += isalpha(c) || c >= 0x80;
    }
    traits.is_prose = letters >= 3 && traits.has[' '];
    return traits;
}

/* Are values of this kind the work of the column's own mask, or of SQL? */
static bool
is_expected(const struct leak_column *column, const struct detector *detector)
{
    if (column->is_schema)
        return detector->is_weak;
    if (column->how == NULL || column->is_scrubbed)
        return false;
    return (detector->is_secret && (column->how->gives & GIVES_SECRETS) != 0) ||
           (detector->is_weak && strcmp(detector->mask, column->how->name) != 0);
}

/* Numbers of several kinds stand in one another: the first kind, which is the longer, counts. */
struct taken {
    size_t n;
    struct {
        size_t begin, end;
    } spans[64];
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

/* An e-mail address has a host with a dot; "git@host:path" is a place. */
static bool
is_address(const struct detector *d, const char *text, size_t len, size_t begin, size_t end)
{
    if (strcmp(d->name, "email") != 0)
        return true;
    const char *at = memrchr(text + begin, '@', end - begin);
    return at != NULL && memchr(at, '.', (size_t)(text + end - at)) != NULL &&
           !(end < len && text[end] == ':');
}

static void
look_for_kinds(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    struct traits traits = traits_of(text, len);
    struct taken taken = { 0 };
    for (int i = 0; i < ndetectors; i++) {
        const struct detector *d = &detectors[i];
        size_t begin, end;
        if (d->is_public || traits.digits < d->digits ||
            (d->needs != NULL && (!traits.has[(unsigned char)d->needs[0]] ||
                                  memmem(text, len, d->needs, strlen(d->needs)) == NULL)) ||
            is_expected(watched->column, d))
            continue;
        for (size_t at = 0;
             detect_find(leak->detect, i, leak->space, text, len, at, &begin, &end) > 0; at = end) {
            bool is_first = take(&taken, begin, end);
            if (!is_first || (d->is_reserved != NULL && d->is_reserved(text + begin, end - begin)))
                continue;
            bool is_grouped = d->digits < 13 || memchr(text + begin, ' ', end - begin) != NULL ||
                              memchr(text + begin, '-', end - begin) != NULL;
            bool is_sure =
                !d->is_weak || (traits.is_prose && is_grouped && !watched->column->is_json);
            if (is_address(d, text, len, begin, end))
                hit(leak, watched, tally_of(leak, watched, i), is_sure);
        }
    }
}

/* ---- originals */

/* A text that identifies nobody by itself must be long, or a number that few rows have. */
static bool
is_telling(const struct original *original, bool is_source, bool has_digits, double bits)
{
    if (original->tells != TELLS_TEXT || !is_source)
        return original->tells != TELLS_NOTHING;
    return !original->is_common && (has_digits || bits >= TEXT_BITS);
}

/* Bits of a text that was looked up. `given`: what its column's mask says of whole values, or 0. */
static double
bits_of(const struct leak_column *column, const char *text, size_t len, bool as_digits, int digits,
        double given)
{
    const char *how = column->how != NULL ? column->how->name : "";
    if (worth_dotted(text, len) || strcmp(how, "ip") == 0)
        return memchr(text, '/', len) != NULL ? 0 : ADDRESS_BITS; /* few networks are short */
    if (as_digits || strcmp(how, "digits") == 0)
        return DIGIT_BITS * digits;
    return given > 0 ? given : worth_bits(text, len, column->how != NULL && !column->is_scrubbed);
}

static void
probe(struct leak *leak, struct watched *watched, const char *text, size_t len, bool as_digits,
      double given)
{
    const struct leak_column *column = watched->column;
    int digits = worth_digits(text, len);
    if (digits == 0 && (as_digits || worth_one_word(text, len)))
        return;
    struct original original =
        as_digits ? originals_find_digits(leak->originals, text, len, &leak->scratch)
                  : originals_find(leak->originals, text, len, &leak->scratch);
    if (!original.is_sought || isinf(original.peers)) /* none is as long */
        return;
    double bits = bits_of(column, text, len, as_digits, digits, given);
    double left = floor(bits) - original.peers;
    int worth = left <= 0 ? 0 : left >= MOST_WORTH ? MOST_WORTH - 1 : (int)left;
    bool is_source = column->how == NULL || column->is_scrubbed;
    bool is_hit = is_telling(&original, is_source, digits >= TELLING_DIGITS, bits);
    if (column->is_schema) /* rows may well have their column's default */
        is_hit = original.tells == TELLS_WHO && !original.is_common;
    watched->originals[worth].looked_at++;
    if (is_hit && worth > watched->best)
        watched->best = worth;
}

/* Words, and pairs of them: names are of two. */
static void
probe_words(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    size_t at = 0, begin, end, before = 0, before_len = 0;
    while (worth_next_word(text, len, &at, &begin, &end)) {
        bool is_all = begin == 0 && end == len;
        if (end > begin && !is_all)
            probe(leak, watched, text + begin, end - begin, false, 0);
        if (before_len > 0 && end > begin && !(before == 0 && end == len)) {
            buf_reset(&leak->pair);
            buf_add(&leak->pair, text + before, before_len);
            buf_putc(&leak->pair, ' ');
            buf_add(&leak->pair, text + begin, end - begin);
            probe(leak, watched, leak->pair.data, leak->pair.len, false, 0);
        }
        before = begin;
        before_len = end - begin;
    }
}

/* Numbers as people write them, in groups. */
static void
probe_numbers(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t begin = i;
        if (!isdigit((unsigned char)text[i]) && text[i] != '+' && text[i] != '(')
            continue;
        while (i < len && (isdigit((unsigned char)text[i]) || memchr("+() ./-", text[i], 7)))
            i++;
        if (begin > 0 || i < len)
            probe(leak, watched, text + begin, i - begin, true, 0);
    }
}

/* The strings of JSON: keys and leaves. */
static void
probe_strings(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '"')
            continue;
        size_t begin = ++i;
        bool has_escapes = false;
        while (i < len && text[i] != '"') {
            has_escapes |= text[i] == '\\';
            i += text[i] == '\\' ? 2 : 1;
        }
        if (i >= len)
            return;
        if (!has_escapes) {
            probe(leak, watched, text + begin, i - begin, false, 0);
            continue;
        }
        buf_reset(&leak->string);
        json_unescape(&leak->string, text + begin, i - begin);
        probe(leak, watched, buf_str(&leak->string), leak->string.len, false, 0);
        probe_words(leak, watched, buf_str(&leak->string), leak->string.len);
    }
}

static void
look_for_originals(struct leak *leak, struct watched *watched, const char *text, size_t len)
{
    const struct leak_column *column = watched->column;
    watched->best = -1;
    probe(leak, watched, text, len, false, column->bits);
    if (!column->is_whole) {
        probe(leak, watched, text, len, true, 0);
        probe_words(leak, watched, text, len);
        probe_numbers(leak, watched, text, len);
    }
    if (column->is_json || (!column->is_whole && (text[0] == '{' || text[0] == '[')))
        probe_strings(leak, watched, text, len);
    if (watched->best < 0)
        return;
    watched->originals[watched->best].cells++;
    note_key(leak, tally_of(leak, watched, ndetectors));
}

void
leak_look(struct leak *leak, const struct leak_column *column, const char *text, size_t len,
          const struct leak_row *row)
{
    struct watched *watched = watch(leak, column);
    leak->row = row;
    leak->cells++;
    watched->cells++;
    if (len == 0)
        return;
    if (!column->is_whole)
        look_for_kinds(leak, watched, text, len);
    if (leak->has_originals)
        look_for_originals(leak, watched, text, len);
}

/* ---- what it means */

int64_t
leak_cells(const struct leak *leak)
{
    return leak->cells;
}

/* Numbers that have a form by chance are some in many. */
static int64_t
judge_kind(const struct watched *watched, int kind, const struct tally *tally)
{
    bool is_checked = detectors[kind].digits >= 13;
    double bound = WEAK_HITS + (double)watched->cells / (is_checked ? CARD_SHARE : WEAK_SHARE);
    return tally->hits + ((double)tally->chances > bound ? tally->chances : 0);
}

/* Of what is worth most first: where the whole column would hardly have one by chance, each is a
 * leak. What was copied as it is was drawn by nobody: there each text stands for itself. */
static int64_t
judge_originals(const struct watched *watched)
{
    double expected = 0;
    int64_t sure = 0, chances = 0;
    for (int worth = MOST_WORTH - 1; worth >= 0; worth--) {
        const struct worth *w = &watched->originals[worth];
        double chance = ldexp(1, -worth);
        expected += chance * (double)w->looked_at;
        bool is_sure = watched->column->how == NULL ? chance < CERTAIN : expected < CERTAIN_COLUMN;
        *(is_sure ? &sure : &chances) += w->cells;
    }
    return sure + ((double)chances > expected + 3 * sqrt(expected) + 3 ? chances : 0);
}

static const char *
allowed(const struct leak *leak, const char *object, const char *kind)
{
    for (int i = 0; i < leak->rules->nallowed; i++)
        if (strcmp(leak->rules->allowed[i].object, object) == 0 &&
            strcmp(leak->rules->allowed[i].pattern, kind) == 0)
            return leak->rules->allowed[i].why;
    return NULL;
}

static const char *
join_keys(struct leak *leak, const struct tally *tally)
{
    const char *joined = "";
    for (int i = 0; i < tally->nkeys; i++)
        joined = arena_printf(leak->arena, "%s%s%s", joined, i > 0 ? " " : "", tally->keys[i]);
    return joined;
}

static int
by_object(const void *a, const void *b)
{
    const struct leak_finding *x = a, *y = b;
    int order = strcmp(x->object, y->object);
    return order != 0 ? order : strcmp(x->kind, y->kind);
}

int
leak_findings(struct leak *leak, const struct leak_finding **out)
{
    int n = 0;
    struct leak_finding *found =
        ARENA_ARRAY(leak->arena, struct leak_finding, leak->nlist * MOST_KINDS + 1);
    for (size_t i = 0; i < leak->nlist; i++)
        for (int kind = 0; kind <= ndetectors; kind++) {
            const struct watched *watched = leak->list[i];
            const struct tally *tally = watched->kinds[kind];
            int64_t count = tally == NULL       ? 0
                            : kind < ndetectors ? judge_kind(watched, kind, tally)
                                                : judge_originals(watched);
            const char *name = kind < ndetectors ? detectors[kind].name : "originals";
            if (count > 0)
                found[n++] = (struct leak_finding){
                    .object = watched->column->object,
                    .kind = name,
                    .count = count,
                    .cells = watched->cells,
                    .keys = join_keys(leak, tally),
                    .allowed = allowed(leak, watched->column->object, name),
                };
        }
    qsort(found, (size_t)n, sizeof *found, by_object);
    *out = found;
    return n;
}
