/* SPDX-License-Identifier: PostgreSQL */
/* The set of what was masked: each original is found in its forms, however many there are, and
 * nothing else is. */
#include "transform/originals.h"

#include <pthread.h>

#include "transform/transform.h"
#include "unit.h"

struct set {
    struct originals *originals;
    struct buf scratch;
};

static void
begin(struct set *set, int64_t memory, int least)
{
    struct decant_error err = { 0 };
    *set = (struct set){ .originals = originals_new(memory, least, &err) };
    if (set->originals == NULL)
        fail_msg("%s", err.message);
}

static void
add(struct set *set, enum mask_tells tells, const char *text)
{
    originals_add(set->originals, tells, text, strlen(text), &set->scratch);
}

static void
end(struct set *set)
{
    originals_free(set->originals);
    buf_deinit(&set->scratch);
}

static struct original
find(struct set *set, const char *text, bool as_digits)
{
    struct fingerprint sought;
    if (!originals_seek(set->originals, text, strlen(text), as_digits, &set->scratch, &sought))
        return (struct original){ .tells = TELLS_NOTHING };
    return originals_find(set->originals, &sought);
}

/* "the whole text; its digits, where it has at least seven; the local part of an e-mail address.
 * Case and blanks around it do not count." */
static void
an_original_is_found_in_each_of_its_forms(void **state)
{
    static const struct {
        const char *original, *text;
        bool as_digits, is_there;
    } cases[] = {
        { "Ann Lee", "ann lee", false, true },
        { "Ann Lee", "ANN LEE", false, true },
        { "\t Ann Lee\n", "Ann Lee", false, true },
        { "\xC3\x84nne L\xC3\xA9", "\xC3\xA4NNE l\xC3\x89", false,
          true }, /* letters beyond ASCII */
        { "Ann Lee", "Ann  Lee", false, false },
        { "Ann Lee", "Ann Le", false, false },
        { "Ann Lee", "Ann Leo", false, false },
        { "+49 (151) 234-567", "49151234567", true, true },
        { "+49 (151) 234-567", "0-49151234567", true, false },
        { "+49 (151) 234-567", "4 9 1 5 1 2 3 4 5 6 7", true, true },
        { "+49 (151) 234-567", "49151234567", false, false }, /* digits are another form */
        { "123 456", "123456", true, false },                 /* six are too few */
        { "1234567", "123-45-67", true, true },
        { "christopher.w@corp.test", "christopher.w", false, true },
        { "christopher.w@corp.test", "Christopher.W", false, true },
        { "ann@corp.test", "ann", false, false },
        { "christopher.w@corp.test", "corp.test", false, false },
        { "twelve1234567 words are here all the time", "1234567", true, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct set set;
        begin(&set, 1 << 20, 6);
        add(&set, TELLS_WHO, cases[i].original);
        originals_finish(set.originals);
        bool is_there = find(&set, cases[i].text, cases[i].as_digits).tells != TELLS_NOTHING;
        if (is_there != cases[i].is_there)
            fail_msg("'%s' and '%s'", cases[i].original, cases[i].text);
        end(&set);
    }
}

/* A part in front of an @ may be anybody's: it is some text, whatever the address tells. */
static void
a_form_tells_as_much_as_the_strongest_that_had_it(void **state)
{
    static const enum mask_tells all[] = { TELLS_TEXT, TELLS_WHO };
    (void)state;
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            struct set set;
            begin(&set, 1 << 20, 6);
            add(&set, all[a], "Winter in Oslo");
            add(&set, all[b], "winter in oslo ");
            add(&set, TELLS_NOTHING, "winter in rome");
            add(&set, TELLS_WHO, "winter.in.oslo@corp.test");
            originals_finish(set.originals);
            assert_int_equal(find(&set, "WINTER IN OSLO", false).tells,
                             a + b > 0 ? TELLS_WHO : TELLS_TEXT);
            assert_int_equal(find(&set, "winter in rome", false).tells, TELLS_NOTHING);
            assert_int_equal(find(&set, "winter.in.oslo", false).tells, TELLS_TEXT);
            assert_int_equal(find(&set, "winter.in.oslo@corp.test", false).tells, TELLS_WHO);
            end(&set);
        }
}

/* "five rows had it, or more": as many as any, and not one of them is lost by counting on. */
static void
what_five_rows_have_is_common(void **state)
{
    static const int rows[] = { 1, 4, 5, 127, 128, 129, 1000 };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct set set;
        begin(&set, 1 << 20, 6);
        for (int k = 0; k < rows[i]; k++)
            add(&set, TELLS_WHO, k % 2 ? "Winter" : "winter");
        originals_finish(set.originals);
        const struct original found = find(&set, "winter", false);
        assert_int_equal(found.is_common, rows[i] >= 5);
        assert_int_equal(found.tells, TELLS_WHO);
        assert_int_equal(originals_count(set.originals), 1);
        end(&set);
    }
}

/* "`least` characters of a text are worth looking for", not bytes. */
static void
short_texts_are_not_worth_looking_for(void **state)
{
    static const struct {
        const char *text;
        int forms;
    } cases[] = {
        { "", 0 },
        { "     ", 0 },
        { "abcde", 0 },
        { " abcde ", 0 },
        { "abcdef", 1 },
        { "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA9", 0 }, /* five letters of ten bytes */
        { "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA9\xC3\xA8", 1 },
        { "1234567", 2 },
        { "a@b.cde", 1 },
        { "somebody@b.c", 2 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct set set;
        begin(&set, 1 << 20, 6);
        add(&set, TELLS_WHO, cases[i].text);
        originals_finish(set.originals);
        if (originals_count(set.originals) != cases[i].forms)
            fail_msg("'%s' has %d forms", cases[i].text, (int)originals_count(set.originals));
        end(&set);
    }
}

/* "as many originals are as long": of the same form, each once. */
static void
peers_are_the_originals_of_the_same_length(void **state)
{
    struct set set;
    struct fingerprint sought;
    char text[400];
    (void)state;
    begin(&set, 1 << 20, 6);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "name-%03d", i);
        add(&set, TELLS_WHO, text);
        add(&set, TELLS_WHO, text);
    }
    add(&set, TELLS_WHO, "1234567890");
    memset(text, 'x', sizeof text - 1);
    text[399] = '\0';
    add(&set, TELLS_WHO, text); /* long ones are peers of one another */
    text[200] = '\0';
    add(&set, TELLS_WHO, text);
    originals_finish(set.originals);
    assert_true(originals_seek(set.originals, "some-one", 8, false, &set.scratch, &sought));
    assert_float_equal(sought.peers, 300, 0);
    assert_int_equal(originals_find(set.originals, &sought).tells, TELLS_NOTHING);
    assert_true(originals_seek(set.originals, "0987654321", 10, true, &set.scratch, &sought));
    assert_float_equal(sought.peers, 1, 0);
    assert_false(originals_seek(set.originals, "somebody's", 9, false, &set.scratch, &sought));
    assert_false(originals_seek(set.originals, "name", 4, false, &set.scratch, &sought));
    assert_true(originals_seek(set.originals, text, 150, false, &set.scratch, &sought));
    assert_float_equal(sought.peers, 2, 0);
    end(&set);
}

/* The search of a text that is in lower case already finds the same; the byte before it comes back
 * as it was. */
static void
a_lower_text_is_sought_where_it_stands(void **state)
{
    static const char *const texts[] = { "ann lee", "winter", "somebody else",
                                         "\xC3\xA4nne l\xC3\xA9", "x" };
    struct set set;
    (void)state;
    begin(&set, 1 << 20, 6);
    add(&set, TELLS_WHO, "Ann Lee");
    add(&set, TELLS_TEXT, "\xC3\x84nne L\xC3\xA9");
    originals_finish(set.originals);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char around[64];
        struct fingerprint a = { 0 }, b = { 0 };
        snprintf(around, sizeof around, "#%s#", texts[i]);
        bool is_a =
            originals_seek(set.originals, texts[i], strlen(texts[i]), false, &set.scratch, &a);
        bool is_b = originals_seek_lower(set.originals, around + 1, strlen(texts[i]), &b);
        assert_int_equal(is_a, is_b);
        assert_true(!is_a || (a.bits == b.bits && a.group == b.group && a.peers == b.peers));
        assert_int_equal(around[0], '#');
        assert_int_equal(around[1 + strlen(texts[i])], '#');
    }
    end(&set);
}

/* "made with a key of their own that is thrown away with the set" */
static void
two_sets_have_other_fingerprints(void **state)
{
    struct set sets[2];
    struct fingerprint sought[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(&sets[i], 1 << 20, 6);
        add(&sets[i], TELLS_WHO, "Ann Lee");
        originals_finish(sets[i].originals);
        assert_true(
            originals_seek(sets[i].originals, "Ann Lee", 7, false, &sets[i].scratch, &sought[i]));
    }
    assert_true(sought[0].bits != sought[1].bits);
    assert_int_equal(originals_find(sets[0].originals, &sought[1]).tells, TELLS_NOTHING);
    end(&sets[0]);
    end(&sets[1]);
}

/* 56 bits: of so many others none is taken for one. */
static void
each_of_many_is_found_and_no_other(void **state)
{
    enum { N = 60000 };
    struct set set;
    char text[32];
    (void)state;
    begin(&set, 8 << 20, 6);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "person %06d", i);
        add(&set, i % 3 ? TELLS_WHO : TELLS_TEXT, text);
    }
    originals_finish(set.originals);
    assert_false(originals_overflow(set.originals));
    for (int i = 0; i < 2 * N; i++) {
        snprintf(text, sizeof text, "Person %06d", i);
        const struct original found = find(&set, text, false);
        if (found.tells != (i >= N ? TELLS_NOTHING : i % 3 ? TELLS_WHO : TELLS_TEXT))
            fail_msg("%s", text);
    }
    end(&set);
}

static void *
add_part(void *ctx)
{
    struct set mine = { .originals = *(struct originals **)ctx };
    char text[32];
    for (int i = 0; i < 8000; i++) { /* all threads the same: each has four rows */
        snprintf(text, sizeof text, "person %06d", i);
        add(&mine, TELLS_WHO, text);
    }
    buf_deinit(&mine.scratch);
    return NULL;
}

static void
several_threads_may_add_at_once(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct set set;
    (void)state;
    begin(&set, 8 << 20, 6);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_part, &set.originals), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    originals_finish(set.originals);
    assert_int_equal(originals_count(set.originals), 8000);
    assert_false(find(&set, "person 004711", false).is_common);
    add(&set, TELLS_WHO, "person 004711");
    originals_finish(set.originals);
    assert_true(find(&set, "person 004711", false).is_common);
    end(&set);
}

/* "Did not all of them fit? Then nothing can be said." It is never silent. */
static void
a_set_that_is_too_small_says_so_and_takes_no_more(void **state)
{
    static const int64_t memory[] = { 0, 1, 64 << 10, 1 << 20 };
    (void)state;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        struct set set;
        char text[32];
        begin(&set, memory[i], 6);
        for (int k = 0; k < 120000; k++) {
            snprintf(text, sizeof text, "person %06d", k);
            add(&set, TELLS_WHO, text);
        }
        originals_finish(set.originals);
        assert_true(originals_overflow(set.originals));
        assert_true(originals_count(set.originals) * 8 <= memory[i]);
        find(&set, "person 000001", false);
        end(&set);
    }
}

static void
an_empty_set_has_nothing(void **state)
{
    struct set set;
    struct fingerprint sought;
    (void)state;
    begin(&set, 1 << 20, 6);
    originals_finish(set.originals);
    assert_int_equal(originals_count(set.originals), 0);
    assert_false(originals_overflow(set.originals));
    assert_false(originals_seek(set.originals, "Ann Lee", 7, false, &set.scratch, &sought));
    assert_false(originals_seek(set.originals, "1234567", 7, true, &set.scratch, &sought));
    assert_false(originals_seek(set.originals, "", 0, false, &set.scratch, &sought));
    end(&set);
    originals_free(NULL);
}

static void
digits_count_where_the_text_is_about_them(void **state)
{
    static const struct {
        size_t digits, letters;
        bool counts;
    } cases[] = { { 6, 0, false }, { 7, 0, true },   { 7, 3, true }, { 7, 4, false },
                  { 16, 8, true }, { 16, 9, false }, { 0, 0, false } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(originals_counts_digits(cases[i].digits, cases[i].letters),
                         cases[i].counts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_original_is_found_in_each_of_its_forms),
        cmocka_unit_test(a_form_tells_as_much_as_the_strongest_that_had_it),
        cmocka_unit_test(what_five_rows_have_is_common),
        cmocka_unit_test(short_texts_are_not_worth_looking_for),
        cmocka_unit_test(peers_are_the_originals_of_the_same_length),
        cmocka_unit_test(a_lower_text_is_sought_where_it_stands),
        cmocka_unit_test(two_sets_have_other_fingerprints),
        cmocka_unit_test(each_of_many_is_found_and_no_other),
        cmocka_unit_test(several_threads_may_add_at_once),
        cmocka_unit_test(a_set_that_is_too_small_says_so_and_takes_no_more),
        cmocka_unit_test(an_empty_set_has_nothing),
        cmocka_unit_test(digits_count_where_the_text_is_about_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
