/* SPDX-License-Identifier: PostgreSQL */
/* What somebody meant who mistyped a word. */
#include "base/suggest.h"
#include "unit.h"

static const char *const words[] = { "email", "first_name", "name", "phone", "null", "address" };

static const char *
meant(const char *word)
{
    struct suggestion suggestion = { .word = word };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        suggest_offer(&suggestion, words[i]);
    return suggest_best(&suggestion);
}

static void
a_slip_of_the_keyboard_is_seen_through(void **state)
{
    static const struct {
        const char *typed, *meant;
    } cases[] = {
        { "emial", "email" },  /* two letters swapped */
        { "emai", "email" },   /* one left out */
        { "emaill", "email" }, /* one too many */
        { "enail", "email" },  /* another one */
        { "email", "email" },  /* none */
        { "firstname", "first_name" },
        { "fone", "phone" },
        { "adress", "address" },
        { "nul", "null" },
        { "nmae", "name" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = meant(cases[i].typed);
        if (found == NULL || strcmp(found, cases[i].meant) != 0)
            fail_msg("%s: %s", cases[i].typed, found != NULL ? found : "nothing");
    }
}

static void
another_word_altogether_suggests_nothing(void **state)
{
    (void)state;
    assert_null(meant("passport"));
    assert_null(meant(""));
    assert_null(meant("x")); /* every word is as near as it */
    assert_null(meant("zzzz"));
    assert_null(meant("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"));
}

static void
nothing_is_suggested_where_nothing_was_offered(void **state)
{
    struct suggestion suggestion = { .word = "email" };
    (void)state;
    assert_null(suggest_best(&suggestion));
}

static void
of_equally_near_words_the_first_is_meant(void **state)
{
    struct suggestion suggestion = { .word = "cat" };
    (void)state;
    suggest_offer(&suggestion, "car");
    suggest_offer(&suggestion, "can");
    assert_string_equal(suggest_best(&suggestion), "car");
    suggest_offer(&suggestion, "cat");
    assert_string_equal(suggest_best(&suggestion), "cat");
}

/* One slip in a word of letters that are all different leads back to it among its likes. */
static void
every_single_slip_in_a_long_word_is_seen_through(void **state)
{
    static const char word[] = "background";
    (void)state;
    for (size_t at = 0; at < sizeof word - 1; at++)
        for (int kind = 0; kind < 4; kind++) {
            char typed[16] = "";
            size_t n = 0;
            for (size_t i = 0; i < sizeof word - 1; i++) {
                if (i == at && kind == 0)
                    continue; /* left out */
                if (i == at && kind == 1)
                    typed[n++] = 'x'; /* inserted */
                typed[n++] = i == at && kind == 2 ? 'x' : word[i];
            }
            if (kind == 3 && at + 1 < sizeof word - 1) { /* swapped */
                typed[at] = word[at + 1];
                typed[at + 1] = word[at];
            }
            struct suggestion suggestion = { .word = typed };
            suggest_offer(&suggestion, "foreground");
            suggest_offer(&suggestion, word);
            suggest_offer(&suggestion, "playground");
            assert_string_equal(suggest_best(&suggestion), word);
            assert_true(suggestion.distance <= 1);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_of_the_keyboard_is_seen_through),
        cmocka_unit_test(another_word_altogether_suggests_nothing),
        cmocka_unit_test(nothing_is_suggested_where_nothing_was_offered),
        cmocka_unit_test(of_equally_near_words_the_first_is_meant),
        cmocka_unit_test(every_single_slip_in_a_long_word_is_seen_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
