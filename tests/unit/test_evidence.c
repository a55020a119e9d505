/* SPDX-License-Identifier: PostgreSQL */
/* What values look like: counts that say what a column holds, and fingerprints, never a value. */
#include "proposed.h"
#include "propose/evidence.h"

static struct evidence
see(const char *list)
{
    struct arena arena = { 0 };
    struct evidence e = evidence_in(&arena, list, 1);
    arena_deinit(&arena);
    return e;
}

static void
each_form_is_counted(void **state)
{
#define COUNTED(list, field, n)                                                                    \
    do {                                                                                           \
        struct evidence e = see(list);                                                             \
        if (e.field != (n))                                                                        \
            fail_msg("%s: " #field " %d", list, (int)e.field);                                     \
    } while (0)
    (void)state;
    COUNTED("a_b|c.d:e|#ff00aa|two words|x#y|0123456789012345678901234567890123456789x",
            identifiers, 3);
    COUNTED("Order|Billing::Invoice|App\\Models\\User|OR|or|O!r", camel, 3);
    COUNTED("one two three|one two|a  b  c|{\"a\": \"b c d\"}", prose, 2);
    COUNTED("x1234567|123-4567|12345678|123456", long_numbers, 2);
    COUNTED("{}|[1]|{\"a\": 1|x{}", objects, 2);
    COUNTED("jane.doe|maria-laptop|zzz.qqq|jane doe|Jane", logins, 2);
    COUNTED("12:30|23:59:59.123|1:30|12:30 and some more words", clocks, 2);
    COUNTED("00000000-0000-4000-8000-0000000000ab|00000000-0000-4000-8000-0000000000xx|0", uuids,
            1);
    COUNTED("1.5|-0.25|1.|.5|1.2.3|15", decimals, 2);
    COUNTED("---\nid: 1|a:1:{|O:8:|a:x", serials, 3);
    COUNTED("my_password|API_KEY|apiKey|accessToken|privateKey|colour", secrets, 5);
    COUNTED("9f86d081884c7d659a2feaa0|9F86D081884C7D659A2FEAA0|9f86d081", hex, 1);
    COUNTED("$2b$12$x|$2y$10$x|$3$x", schemes[0], 2);
    COUNTED("pbkdf2_sha256$1$x$y|scrypt$1", schemes[2], 1);
    COUNTED("Ab|AB|ab|a b", lower, 1);
#undef COUNTED
}

static void
dates_are_read_in_three_spellings(void **state)
{
    struct evidence e =
        see("1980-05-17|17.05.1981|05/17/1982|2199-01-01|1875-01-01|1980-05-17T12:00|1980-99-99|"
            "80-05-17");
    (void)state;
    assert_int_equal(e.dates, 6);
    assert_int_equal(e.odd_dates, 2);
    assert_int_equal(e.births, 4);
    assert_int_equal(e.adults, 4);
    assert_int_equal(e.oldest, 1875);
    assert_int_equal(e.youngest, 2199);
}

static void
digits_are_measured_where_all_are_whole_numbers(void **state)
{
    struct evidence e = see("10115|80331|99999");
    (void)state;
    assert_int_equal(e.shortest, 5);
    assert_int_equal(e.longest, 5);
    e = see("10115|803|x");
    assert_int_equal(e.shortest, 0);
    e = see("x|10115");
    assert_int_equal(e.shortest, 0);
}

static void
random_ids_are_no_words_no_numbers_and_no_paths(void **state)
{
    static const char *const are[] = { "clx2k9s0a0000qzrm3v7b1c5d", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                                       "V1StGXR8_Z5jdHi6B-myT", "507f1f77bcf86cd799439011",
                                       "0ujtsYcgvSTl8PAuAdqWYSMnLOv" };
    static const char *const are_not[] = { "annual-report-of-2026-in-short",
                                           "4111111111111111",
                                           "INV-2026-000123456",
                                           "Invoice2026abc12345",
                                           "org.example.SomeClassName",
                                           "short1A2b3C",
                                           "some words with 1a2b3c4d5e",
                                           "2026-11-29T12:30:00Z" };
    (void)state;
    for (size_t i = 0; i < sizeof are / sizeof *are; i++)
        if (see(are[i]).random_ids != 1)
            fail_msg("%s", are[i]);
    for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
        if (see(are_not[i]).random_ids != 0)
            fail_msg("%s", are_not[i]);
}

/* As the search for leaks compares texts: words, whatever their case and what stands between. */
static void
fingerprints_are_of_words(void **state)
{
    static const char *const same[][2] = { { "Jane Doe", "jane  DOE" },
                                           { "Jane Doe", " Jane, Doe." },
                                           { "a@b.c", "A b C" },
                                           { "Ünï x", "Ünï-x" } };
    static const char *const other[][2] = {
        { "Jane Doe", "JaneDoe" }, { "Jane Doe", "Doe Jane" }, { "a b", "a bc" }, { "", "a" }
    };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        if (evidence_print(same[i][0], strlen(same[i][0])) !=
            evidence_print(same[i][1], strlen(same[i][1])))
            fail_msg("%s, %s", same[i][0], same[i][1]);
        if (evidence_print(other[i][0], strlen(other[i][0])) ==
            evidence_print(other[i][1], strlen(other[i][1])))
            fail_msg("%s, %s", other[i][0], other[i][1]);
    }
}

static void
texts_numbers_and_dates_are_looked_at_and_nothing_else(void **state)
{
    static const char *const read[] = { "text",  "citext", "character(3)", "bigint", "numeric",
                                        "jsonb", "date",   "name",         "text[]", "json" };
    static const char *const unread[] = { "bytea",    "uuid",  "inet", "boolean",
                                          "point",    "money", "real", "timestamp with time zone",
                                          "daterange" };
    int typmod;
    (void)state;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (!evidence_is_read(fake_type(read[i], &typmod)))
            fail_msg("%s", read[i]);
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
        if (evidence_is_read(fake_type(unread[i], &typmod)))
            fail_msg("%s", unread[i]);
}

static void
a_large_table_is_looked_at_in_part(void **state)
{
    struct little l;
    struct buf sql = { 0 };
    (void)state;
    little_init(&l, "s.Big rows 5000000\n  id bigint\ns.small rows 5000\n  id bigint\n"
                    "s.some rows 12500\n  id bigint\n");
    evidence_put_sample(&l.tables[0], &sql);
    assert_non_null(strstr(buf_str(&sql), "\"Big\""));
    assert_non_null(strstr(buf_str(&sql), "TABLESAMPLE SYSTEM (0.2) REPEATABLE (1)"));
    assert_non_null(strstr(buf_str(&sql), "LIMIT 10000"));
    buf_reset(&sql);
    evidence_put_sample(&l.tables[1], &sql);
    assert_null(strstr(buf_str(&sql), "TABLESAMPLE"));
    assert_non_null(strstr(buf_str(&sql), "LIMIT 10000"));
    buf_reset(&sql); /* not the first rows of it: what came last may be unlike them */
    evidence_put_sample(&l.tables[2], &sql);
    assert_non_null(strstr(buf_str(&sql), "TABLESAMPLE SYSTEM (80) REPEATABLE (1)"));
    buf_reset(&sql);
    evidence_put_many(&l.tables[2], &sql);
    assert_null(strstr(buf_str(&sql), "TABLESAMPLE"));
    assert_non_null(strstr(buf_str(&sql), "LIMIT 100000"));
    buf_deinit(&sql);
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_counted),
        cmocka_unit_test(dates_are_read_in_three_spellings),
        cmocka_unit_test(digits_are_measured_where_all_are_whole_numbers),
        cmocka_unit_test(random_ids_are_no_words_no_numbers_and_no_paths),
        cmocka_unit_test(fingerprints_are_of_words),
        cmocka_unit_test(texts_numbers_and_dates_are_looked_at_and_nothing_else),
        cmocka_unit_test(a_large_table_is_looked_at_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
