/* SPDX-License-Identifier: PostgreSQL */
#include "words/words.h"

#include <ctype.h>

#include "row/plain.h"
#include "unit.h"

struct section {
    const char *name;
    const struct word_list *list;
    size_t least;
};

static size_t
sections_of(const struct locale_words *words, struct section out[9])
{
    const struct section all[] = {
        { "first_female", &words->first_female, 150 },
        { "first_male", &words->first_male, 150 },
        { "last", &words->last, 500 },
        { "city", &words->city, 150 },
        { "region", &words->region, 10 },
        { "street", &words->street, 150 },
        { "company", &words->company, 100 },
        { "company_suffix", &words->company_suffix, 5 },
        { "word", &words->word, 400 },
    };
    memcpy(out, all, sizeof all);
    return 9;
}

static void
every_locale_has_enough_of_everything(void **state)
{
    static const char *const locales[] = { "en_US", "en_GB", "de_DE", "fr_FR" };
    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct locale_words *words = words_locale(locales[i]);
        struct section sections[9];
        assert_non_null(words);
        size_t n = sections_of(words, sections);
        for (size_t j = 0; j < n; j++)
            if (sections[j].list->n < sections[j].least)
                fail_msg("%s has %zu of %s", locales[i], sections[j].list->n, sections[j].name);
        assert_true(words->first_female.n + words->first_male.n >= 300);
    }
    assert_null(words_locale("xx_XX"));
}

static bool
is_odd(const char *word, size_t most)
{
    size_t len = strlen(word);
    for (const char *p = word; *p != '\0'; p++)
        if (isdigit((unsigned char)*p) || strchr("\"'.,;:_/\\<>@#", *p) != NULL)
            return true;
    return len == 0 || len > most || word[0] == ' ' || word[len - 1] == ' ' ||
           strstr(word, "  ") != NULL || strcasestr(word, "name") == word ||
           !plain_is_utf8((const uint8_t *)word, len);
}

static void
no_entry_is_odd_or_there_twice(void **state)
{
    (void)state;
    for (int i = 0; i < nlocale_words; i++) {
        struct section sections[9];
        size_t n = sections_of(&locale_words[i], sections);
        for (size_t j = 0; j < n; j++) {
            const struct word_list *list = sections[j].list;
            for (size_t k = 0; k < list->n; k++) {
                if (is_odd(list->items[k], 60))
                    fail_msg("odd: %s of %s", list->items[k], locale_words[i].name);
                for (size_t l = k + 1; l < list->n; l++)
                    if (strcmp(list->items[k], list->items[l]) == 0)
                        fail_msg("twice: %s of %s", list->items[k], locale_words[i].name);
            }
        }
    }
}

static void
every_name_has_letters_for_an_address(void **state)
{
    struct buf slug = { 0 };
    (void)state;
    for (int i = 0; i < nlocale_words; i++)
        for (size_t k = 0; k < locale_words[i].last.n; k++) {
            buf_reset(&slug);
            words_slug(locale_words[i].last.items[k], strlen(locale_words[i].last.items[k]), 0,
                       &slug);
            assert_true(slug.len >= 2);
            for (size_t j = 0; j < slug.len; j++)
                assert_true(islower((unsigned char)slug.data[j]));
        }
    buf_deinit(&slug);
}

static void
slugs_spell_latin_letters_out(void **state)
{
    struct buf slug = { 0 };
    (void)state;
    words_slug("Zoë Müller-Łoś  & Søn", strlen("Zoë Müller-Łoś  & Søn"), '-', &slug);
    assert_string_equal(buf_str(&slug), "zoe-mueller-los-son");
    buf_reset(&slug);
    words_slug("Größe", strlen("Größe"), 0, &slug);
    assert_string_equal(buf_str(&slug), "groesse");
    buf_deinit(&slug);
}

static void
made_up_names_can_be_pronounced(void **state)
{
    struct buf name = { 0 };
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        buf_reset(&name);
        words_phonotactic(i * UINT64_C(0x9E3779B97F4A7C15), 2, &name);
        assert_true(isupper((unsigned char)name.data[0]));
        assert_true(name.len >= 4 && strpbrk(name.data, "aeiou") != NULL);
    }
    buf_deinit(&name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_locale_has_enough_of_everything),
        cmocka_unit_test(no_entry_is_odd_or_there_twice),
        cmocka_unit_test(every_name_has_letters_for_an_address),
        cmocka_unit_test(slugs_spell_latin_letters_out),
        cmocka_unit_test(made_up_names_can_be_pronounced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
