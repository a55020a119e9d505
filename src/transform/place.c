/* SPDX-License-Identifier: PostgreSQL */
/* Addresses: street, city, region and code of one person fit together as far as they can. */
#include <ctype.h>
#include <string.h>

#include "transform/transform.h"

struct postal_params {
    int preserve_prefix;
};

enum { LANE_STREET = 11, LANE_NUMBER, LANE_CITY, LANE_CODE, LANE_COUNTRY };

/* All parts of an address have the same seed, whatever their transformers are called. */
static uint64_t
place_bits(const struct mask_value *cell, int lane)
{
    uint64_t x = cell->bits[0] ^ (uint64_t)lane * UINT64_C(0xD6E8FEB86659FD93);
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return x ^ x >> 32;
}

/* Does the number stand behind the street there? */
static bool
number_follows(const struct locale_words *words)
{
    return strncmp(words->name, "de", 2) == 0;
}

APPLY(address_line_apply)
{
    const struct locale_words *words = mask_locale(mask, cell);
    const char *street = words_pick(&words->street, place_bits(cell, LANE_STREET));
    unsigned number = 1 + (unsigned)(place_bits(cell, LANE_NUMBER) % 180);
    size_t start = cell->out->len;
    if (number_follows(words))
        buf_printf(cell->out, "%s %u", street, number);
    else
        buf_printf(cell->out, "%u %s", number, street);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

/* "City|Region" */
static const char *
place_of(const struct mask *mask, const struct mask_value *cell)
{
    return words_pick(&mask_locale(mask, cell)->city, place_bits(cell, LANE_CITY));
}

APPLY(city_apply)
{
    const char *place = place_of(mask, cell);
    size_t start = cell->out->len;
    buf_add(cell->out, place, strcspn(place, "|"));
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

APPLY(region_apply)
{
    const char *place = place_of(mask, cell), *bar = strchr(place, '|');
    size_t start = cell->out->len;
    if (cell->len <= 3) { /* a code: another of its shape */
        mask_shape(mask, cell, 0, 0);
        return MASK_DONE;
    }
    buf_puts(cell->out, bar != NULL ? bar + 1 : place);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

/* What a code begins with that nobody has, by its form: 9 a digit, A a letter. */
static const struct {
    const char *locale, *form;
    const char *heads[4];
} reserved_codes[] = {
    { "en_US", "99999", { "000", "001", "002", "003" } },
    { "en_US", "99999-9999", { "000", "001", "002", "003" } },
    { "de_DE", "99999", { "00", "00", "00", "00" } },
    { "fr_FR", "99999", { "96", "96", "96", "96" } },
    { "", "A9 9AA", { "Q", "V", "X", "Q" } },
    { "", "A99 9AA", { "Q", "V", "X", "Q" } },
    { "", "AA9 9AA", { "Q", "V", "X", "Q" } },
    { "", "AA99 9AA", { "Q", "V", "X", "Q" } },
    { "", "A9A 9AA", { "Q", "V", "X", "Q" } },
    { "", "AA9A 9AA", { "Q", "V", "X", "Q" } },
};

static bool
has_form(const struct mask_value *cell, const char *form)
{
    if (strlen(form) != cell->len)
        return false;
    for (size_t i = 0; i < cell->len; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        if (form[i] == '9' ? !isdigit(c) : form[i] == 'A' ? !isalpha(c) : c != form[i])
            return false;
    }
    return true;
}

static const char *
reserved_head(const struct mask *mask, const struct mask_value *cell)
{
    const char *locale = mask_locale(mask, cell)->name;
    for (size_t i = 0; i < sizeof reserved_codes / sizeof *reserved_codes; i++) {
        const char *wanted = reserved_codes[i].locale;
        if ((wanted[0] == '\0' || strcmp(wanted, locale) == 0) &&
            has_form(cell, reserved_codes[i].form))
            return reserved_codes[i].heads[place_bits(cell, LANE_CODE) >> 62];
    }
    return "";
}

APPLY(postal_code_apply)
{
    const struct postal_params *params = mask->params;
    size_t keep = (size_t)params->preserve_prefix < cell->len ? (size_t)params->preserve_prefix : 0;
    for (size_t i = 0; i < cell->len; i++)
        if ((unsigned char)cell->data[i] >= 0x80)
            return MASK_INVALID;
    const char *head = keep > 0 ? "" : reserved_head(mask, cell);
    uint64_t random = place_bits(cell, LANE_CODE);
    for (size_t i = 0; i < cell->len; i++, random = random * UINT64_C(6364136223846793005) + 1) {
        unsigned char c = (unsigned char)cell->data[i];
        if (i < keep || !isalnum(c) || c >= 0x80)
            buf_putc(cell->out, (char)c);
        else if (*head != '\0')
            buf_putc(cell->out, isupper(c) || isdigit(c) ? *head : (char)tolower(*head));
        else if (isdigit(c))
            buf_putc(cell->out, (char)('0' + (random >> 33) % 10));
        else
            buf_putc(cell->out, (char)((isupper(c) ? 'A' : 'a') + (random >> 33) % 26));
        head += *head != '\0';
    }
    return MASK_DONE;
}

APPLY(country_apply)
{
    static const char *const countries[][3] = {
        { "AT", "AUT", "Austria" },        { "AU", "AUS", "Australia" },
        { "BE", "BEL", "Belgium" },        { "BR", "BRA", "Brazil" },
        { "CA", "CAN", "Canada" },         { "CH", "CHE", "Switzerland" },
        { "CZ", "CZE", "Czechia" },        { "DE", "DEU", "Germany" },
        { "DK", "DNK", "Denmark" },        { "ES", "ESP", "Spain" },
        { "FI", "FIN", "Finland" },        { "FR", "FRA", "France" },
        { "GB", "GBR", "United Kingdom" }, { "IE", "IRL", "Ireland" },
        { "IN", "IND", "India" },          { "IT", "ITA", "Italy" },
        { "JP", "JPN", "Japan" },          { "KR", "KOR", "South Korea" },
        { "MX", "MEX", "Mexico" },         { "NL", "NLD", "Netherlands" },
        { "NO", "NOR", "Norway" },         { "NZ", "NZL", "New Zealand" },
        { "PL", "POL", "Poland" },         { "PT", "PRT", "Portugal" },
        { "RO", "ROU", "Romania" },        { "SE", "SWE", "Sweden" },
        { "SG", "SGP", "Singapore" },      { "TR", "TUR", "Turkey" },
        { "US", "USA", "United States" },  { "ZA", "ZAF", "South Africa" },
    };
    size_t n = sizeof countries / sizeof *countries, start = cell->out->len;
    size_t form = cell->len == 2 ? 0 : cell->len == 3 ? 1 : 2;
    size_t pick = place_bits(cell, LANE_COUNTRY) % n;
    if (mask_is_original(countries[pick][form], cell))
        pick = (pick + 1) % n;
    buf_puts(cell->out, countries[pick][form]);
    mask_finish_text(mask, cell, start);
    return MASK_DONE;
}

const struct transformer transform_address_line = {
    .name = "address_line",
    .summary = "a street of the locale and a number",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .tells = TELLS_TEXT,
    .apply = address_line_apply,
    .examples = "12 Main St|Flat 4|Hauptstr. 7b",
};

const struct transformer transform_city = {
    .name = "city",
    .summary = "a city of the locale",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .apply = city_apply,
    .examples = "Springfield|Köln",
};

const struct transformer transform_region = {
    .name = "region",
    .summary = "the region of that city",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .apply = region_apply,
    .examples = "Ohio|Bayern",
};

static const struct parameter postal_list[] = {
    { .name = "preserve_prefix",
      .kind = PARAM_COUNT,
      .offset = offsetof(struct postal_params, preserve_prefix),
      .fallback = "0",
      .summary = "characters that stay; the code then leaves its reserved range" },
};

const struct transformer transform_postal_code = {
    .name = "postal_code",
    .summary = "a code of the original's form",
    .range = "prefixes that the locale's post has not given out: US 000-004, GB areas beginning "
             "with Q, V or X, DE 00, FR 96; other forms by shape",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .gives = GIVES_RESERVED | GIVES_SHAPE,
    .size = sizeof(struct postal_params),
    PARAMS(postal_list),
    .apply = postal_code_apply,
    .examples = "12345|12345-6789|SW1A 1AA|K1A 0B1",
};

const struct transformer transform_country = {
    .name = "country",
    .summary = "a country, in the original's form",
    .accepts = KIND_TEXT,
    .seed = SEED_PERSON,
    .need = NEED_VALUE,
    .apply = country_apply,
    .examples = "DE|FRA|Germany",
};
