/* SPDX-License-Identifier: PostgreSQL */
/* Characters of UTF-8, and bytes that are none. */
#include "base/utf8.h"
#include "unit.h"

static const char *const samples[] = {
    "",
    "a",
    "Z\xC3\xBCrich",
    "\xCE\xB1\xCE\xB2",
    "\xE2\x82\xAC 5",
    "\xF0\x9F\x98\x80\xF0\x9F\x98\x81",
};

/* What is no UTF-8, whatever stands behind it: a byte of it is a character of its own. */
static const struct {
    const char *bytes;
    size_t len;
} broken[] = {
    { "\x80", 1 },     /* continues nothing */
    { "\xC3", 1 },     /* is cut off */
    { "\xC3(", 2 },    /* continues wrongly */
    { "\xC0\xAF", 2 }, /* a slash of two bytes */
    { "\xC1\xBF", 2 },
    { "\xE0\x80\xAF", 3 },     /* ... of three */
    { "\xF0\x80\x80\xAF", 4 }, /* ... of four */
    { "\xE2\x82", 2 },
    { "\xF0\x9F\x98", 3 },
};

static void
every_character_is_decoded_as_it_was_put(void **state)
{
    struct buf out = { 0 };
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
        uint32_t got;
        if (code >= 0xD800 && code < 0xE000)
            continue;
        buf_reset(&out);
        utf8_put(code, &out);
        size_t want = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        assert_int_equal(out.len, want);
        assert_int_equal(utf8_decode(out.data, out.len, &got), want);
        assert_int_equal(got, code);
        if (want > 1) { /* a part of it is none */
            assert_int_equal(utf8_decode(out.data, want - 1, &got), 1);
            assert_int_equal(got, UINT32_MAX);
        }
    }
    buf_deinit(&out);
}

static void
a_byte_that_is_no_character_is_one_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        uint32_t code = 0;
        assert_int_equal(utf8_decode(broken[i].bytes, broken[i].len, &code), 1);
        assert_int_equal(code, UINT32_MAX);
    }
}

static void
lengths_are_of_characters(void **state)
{
    static const size_t lengths[] = { 0, 1, 6, 2, 3, 2 };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        assert_int_equal(utf8_length(samples[i], strlen(samples[i])), lengths[i]);
}

/* The parts of a text have the characters of the whole. */
static void
a_prefix_ends_between_two_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *text = samples[i];
        size_t len = strlen(text), n = utf8_length(text, len);
        for (size_t k = 0; k <= n; k++) {
            size_t bytes = utf8_prefix(text, len, k);
            assert_int_equal(utf8_length(text, bytes), k);
            assert_int_equal(utf8_length(text + bytes, len - bytes), n - k);
        }
        assert_int_equal(utf8_prefix(text, len, n + 1), len);
        assert_int_equal(utf8_prefix(text, len, (size_t)-1), len);
    }
}

static void
lowers(const char *text, size_t len, const char *want, size_t want_len)
{
    struct buf out = { 0 };
    buf_puts(&out, "");
    utf8_lower(text, len, &out);
    if (out.len != want_len || memcmp(out.data, want, want_len) != 0)
        fail_msg("%s became %.*s", text, (int)out.len, out.data);
    buf_deinit(&out);
}

static void
letters_of_three_scripts_have_a_lower_case(void **state)
{
    static const char *const pairs[][2] = {
        { "STRASSE 12", "strasse 12" },
        { "\xC3\x84\xC3\x96\xC3\x9C", "\xC3\xA4\xC3\xB6\xC3\xBC" },
        { "\xC3\x80\xC3\x9E", "\xC3\xA0\xC3\xBE" },
        { "\xC3\x97\xC3\xB7\xC3\x9F", "\xC3\x97\xC3\xB7\xC3\x9F" }, /* signs, and the sharp s */
        { "\xC4\x8C\xC5\x98\xC5\xA0", "\xC4\x8D\xC5\x99\xC5\xA1" }, /* Czech */
        { "\xC5\x81\xC4\x84\xC4\x98", "\xC5\x82\xC4\x85\xC4\x99" }, /* Polish */
        { "\xC4\xBD\xC5\x87", "\xC4\xBE\xC5\x88" },
        { "\xC5\x90\xC5\xB0", "\xC5\x91\xC5\xB1" }, /* Hungarian */
        { "\xCE\x91\xCE\xA9", "\xCE\xB1\xCF\x89" },
        { "\xD0\x90\xD0\xAF\xD0\x81\xD0\x84", "\xD0\xB0\xD1\x8F\xD1\x91\xD1\x94" },
        { "\xE6\x9D\xB1\xE4\xBA\xAC", "\xE6\x9D\xB1\xE4\xBA\xAC" }, /* has none */
        { "\xC4\xB0", "\xC4\xB0" },                                 /* would be two characters */
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        lowers(pairs[i][0], strlen(pairs[i][0]), pairs[i][1], strlen(pairs[i][1]));
}

static void
lower_case_is_its_own_lower_case(void **state)
{
    struct buf once = { 0 }, twice = { 0 };
    (void)state;
    for (uint32_t code = 1; code < 0x600; code++) {
        struct buf c = { 0 };
        buf_reset(&once);
        buf_reset(&twice);
        utf8_put(code, &c);
        utf8_lower(c.data, c.len, &once);
        utf8_lower(once.data, once.len, &twice);
        assert_int_equal(utf8_length(once.data, once.len), 1);
        if (once.len != twice.len || memcmp(once.data, twice.data, once.len) != 0)
            fail_msg("U+%04X", (unsigned)code);
        buf_deinit(&c);
    }
    buf_deinit(&once);
    buf_deinit(&twice);
}

static void
bytes_that_are_none_pass_lower_unchanged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        lowers(broken[i].bytes, broken[i].len, broken[i].bytes, broken[i].len);
    lowers("A\xFF"
           "B",
           3,
           "a\xFF"
           "b",
           3);
    lowers("A\0B", 3, "a\0b", 3);
}

static void
blanks(const char *text, const char *want)
{
    struct buf scratch = { 0 };
    size_t len = strlen(text);
    const char *plain = utf8_plain_blanks(text, &len, &scratch);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(plain, want, len);
    if (strcmp(text, want) == 0)
        assert_ptr_equal(plain, text); /* itself */
    buf_deinit(&scratch);
}

static void
a_run_of_white_space_is_one_blank(void **state)
{
    (void)state;
    blanks("", "");
    blanks("no run", "no run");
    blanks("two  blanks", "two blanks");
    blanks("a\t\r\n b", "a b");
    blanks(" \n", " ");
    blanks("\v\f", " ");
    blanks("a\xC2\xA0"
           "b",
           "a b"); /* that does not break */
    blanks("a\xE2\x80\x83\xE2\x80\x89"
           "b",
           "a b"); /* em, thin */
    blanks("a\xE3\x80\x80"
           "b",
           "a b"); /* of ideographs */
    blanks("a\xE2\x80\x8B"
           "b",
           "a b");                                    /* of no width */
    blanks("\xC3\xA9 \xC3\xA9", "\xC3\xA9 \xC3\xA9"); /* other characters beyond ASCII */
    blanks("\xC3\xA9  \xC3\xA9", "\xC3\xA9 \xC3\xA9");
    blanks("a\xFF\xFE", "a\xFF\xFE");
}

/* Not in the list below yet: bytes that continue nothing count as nothing. */
static void
bytes_that_are_none_count_as_one_character_each(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("\x80", 1), 1);
    assert_int_equal(utf8_length("\xC3\xBC\xBC", 3), 2);
    assert_int_equal(utf8_prefix("\x80\x80", 2, 1), 1);
}

/* Not in the list below yet: F5 to FF begin no character, and halves of pairs are none. */
static void
beyond_the_last_character_there_is_none(void **state)
{
    static const char *const cases[] = { "\xF4\x90\x80\x80", "\xF9\x80\x80\x80", "\xFF\xBF\xBF\xBF",
                                         "\xED\xA0\x80" };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t code;
        assert_int_equal(utf8_decode(cases[i], strlen(cases[i]), &code), 1);
        assert_int_equal(code, UINT32_MAX);
        lowers(cases[i], strlen(cases[i]), cases[i], strlen(cases[i]));
    }
}

/* Not in the list below yet: these stay as they are. */
static void
more_letters_of_three_scripts_have_a_lower_case(void **state)
{
    static const char *const pairs[][2] = {
        { "\xC5\xBD\xC5\xB9\xC5\xBB", "\xC5\xBE\xC5\xBA\xC5\xBC" }, /* Czech, Polish */
        { "\xC5\xB8", "\xC3\xBF" },
        { "\xCE\x86\xCE\x88", "\xCE\xAC\xCE\xAD" }, /* with an accent */
        { "\xD2\x90", "\xD2\x91" },                 /* Ukrainian */
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        lowers(pairs[i][0], strlen(pairs[i][0]), pairs[i][1], strlen(pairs[i][1]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_decoded_as_it_was_put),
        cmocka_unit_test(a_byte_that_is_no_character_is_one_byte),
        cmocka_unit_test(lengths_are_of_characters),
        cmocka_unit_test(a_prefix_ends_between_two_characters),
        cmocka_unit_test(letters_of_three_scripts_have_a_lower_case),
        cmocka_unit_test(lower_case_is_its_own_lower_case),
        cmocka_unit_test(bytes_that_are_none_pass_lower_unchanged),
        cmocka_unit_test(a_run_of_white_space_is_one_blank),
        cmocka_unit_test(bytes_that_are_none_count_as_one_character_each),
        cmocka_unit_test(beyond_the_last_character_there_is_none),
        cmocka_unit_test(more_letters_of_three_scripts_have_a_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
