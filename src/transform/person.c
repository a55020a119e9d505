/* SPDX-License-Identifier: PostgreSQL */
/* Names of people and companies. They are seeded by the person, not by the name: a substitution of
 * names falls to whoever knows how frequent they are. */
#include <string.h>

#include "base/utf8.h"
#include "transform/transform.h"

struct name_params {
    int style;
};

/* Lanes of a person's random bits: the parts of a full name are those of the single columns. */
enum { LANE_FIRST = 1, LANE_LAST, LANE_GENDER, LANE_COMPANY, LANE_SUFFIX };

/* Names do not depend on the domain, but on whose they are. */
static uint64_t
person_bits(const struct mask_value *cell, int lane)
{
    uint64_t x = cell->bits[0] + (uint64_t)lane * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void
put_first(const struct mask *mask, struct mask_value *cell, bool avoid)
{
    const struct locale_words *words = mask_locale(mask, cell);
    const struct name_params *params = mask->params;
    bool female = cell->gender != 0 ? cell->gender == 'f' : person_bits(cell, LANE_GENDER) & 1;
    const struct word_list *list = female ? &words->first_female : &words->first_male;
    uint64_t random = person_bits(cell, LANE_FIRST);
    if (params != NULL && params->style == 1)
        words_phonotactic(random, 2, cell->out);
    else
        buf_puts(cell->out, avoid ? mask_pick(list, random, cell) : words_pick(list, random));
}

static void
put_last(const struct mask *mask, struct mask_value *cell, bool avoid)
{
    const struct word_list *list = &mask_locale(mask, cell)->last;
    const struct name_params *params = mask->params;
    uint64_t random = person_bits(cell, LANE_LAST);
    if (params != NULL && params->style == 1)
        words_phonotactic(random, 3, cell->out);
    else
        buf_puts(cell->out, avoid ? mask_pick(list, random, cell) : words_pick(list, random));
}

APPLY(first_name_apply)
{
    size_t start = cell->out->len;
    put_first(mask, cell, true);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

APPLY(last_name_apply)
{
    size_t start = cell->out->len;
    put_last(mask, cell, true);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

APPLY(full_name_apply)
{
    size_t start = cell->out->len;
    put_first(mask, cell, false);
    buf_putc(cell->out, ' ');
    put_last(mask, cell, false);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

APPLY(company_apply)
{
    const struct locale_words *words = mask_locale(mask, cell);
    size_t start = cell->out->len;
    buf_puts(cell->out, words_pick(&words->company, person_bits(cell, LANE_COMPANY)));
    buf_putc(cell->out, ' ');
    buf_puts(cell->out, words_pick(&words->company_suffix, person_bits(cell, LANE_SUFFIX)));
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

/* ---- usernames: word.word.id, or the id alone where that is all that fits */

enum {
    USERNAME_ID = 11,
    USERNAME_WORD = 10,
    USERNAME_LONG = 2 * USERNAME_WORD + 2 + USERNAME_ID,
    USERNAME_SHORT = 14
};

static bool
is_long(const struct mask *mask)
{
    return mask->domain->room == 0 || mask->domain->room >= USERNAME_LONG;
}

static double
username_bits(const struct mask *mask)
{
    int room = mask->domain->room;
    return is_long(mask) ? 70 : 5.0 * (room < USERNAME_SHORT ? room : USERNAME_SHORT);
}

static int
username_longest(const struct mask *mask)
{
    int room = mask->domain->room;
    return is_long(mask) ? USERNAME_LONG : room < USERNAME_SHORT ? room : USERNAME_SHORT;
}

static int
username_shortest(const struct mask *mask)
{
    (void)mask;
    return 4;
}

static void
put_word(const struct word_list *list, uint64_t random, struct buf *out)
{
    const char *word = words_pick(list, random);
    size_t start = out->len;
    words_slug(word, strlen(word), 0, out);
    if (out->len > start + USERNAME_WORD)
        out->len = start + USERNAME_WORD;
}

APPLY(username_apply)
{
    const struct locale_words *words = mask_locale(mask, cell);
    if (!is_long(mask)) {
        int n = username_longest(mask);
        mask_put_id(cell->bits[0], n < 12 ? n : 12, cell->out);
        if (n > 12)
            mask_put_id(cell->bits[1], n - 12, cell->out);
        return MASK_DONE;
    }
    put_word(&words->word, cell->bits[1] << 12, cell->out);
    buf_putc(cell->out, '.');
    put_word(&words->word, cell->bits[1] << 36, cell->out);
    buf_putc(cell->out, '.');
    mask_put_id(cell->bits[0], USERNAME_ID, cell->out);
    return MASK_DONE;
}

const struct transformer transform_username = {
    .name = "username",
    .summary = "two words and an id",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM,
    .apply = username_apply,
    .bits = username_bits,
    .longest = username_longest,
    .shortest = username_shortest,
    .examples = "annlee|bob_77|carla.d|x",
    .is = IS_FOLDED,
};

static const struct parameter name_list[] = {
    { .name = "style",
      .kind = PARAM_WORD,
      .offset = offsetof(struct name_params, style),
      .words = { "real", "phonotactic" },
      .fallback = "real",
      .summary = "names of the locale, or names that nobody bears" },
};

const struct transformer transform_first_name = {
    .name = "first_name",
    .summary = "a first name of the locale",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .size = sizeof(struct name_params),
    PARAMS(name_list),
    .apply = first_name_apply,
    .examples = "Ann|Bob|Carla|Zoë",
};

const struct transformer transform_last_name = {
    .name = "last_name",
    .summary = "a last name of the locale",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .size = sizeof(struct name_params),
    PARAMS(name_list),
    .apply = last_name_apply,
    .examples = "Lee|Diaz|Okafor|Meyer-Brandt",
};

const struct transformer transform_full_name = {
    .name = "full_name",
    .summary = "the first and last name of the same person",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .size = sizeof(struct name_params),
    PARAMS(name_list),
    .apply = full_name_apply,
    .examples = "Ann Lee|Dr. Carla Diaz|Bob",
};

const struct transformer transform_company = {
    .name = "company",
    .summary = "a made-up company",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .apply = company_apply,
    .examples = "Acme Ltd|Foo Bar Baz Holdings",
};
