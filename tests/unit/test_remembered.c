/* SPDX-License-Identifier: PostgreSQL */
/* What masks tell the search for leaks: originals that say who somebody is, and nothing that says
 * nothing. */
#include "little.h"
#include "transform/originals.h"

/* Masks one value in a column and looks for `sought` among what was told. */
static bool
is_told(const char *column, const char *rule, const char *bytes, size_t len, int64_t number,
        const char *sought)
{
    struct little l;
    struct buf out = { 0 }, scratch = { 0 };
    struct mask_work work = { 0 };
    struct mask_seeds seeds = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
    struct fingerprint print;
    char schema[200], rules[200];
    snprintf(schema, sizeof schema, "s.t\n  a %s\n", column);
    snprintf(rules, sizeof rules, "columns: {s.t: {a: %s}}\n", rule);
    little_begin(&l, schema, rules);
    const struct column_mask *how = little_mask(&l, "s.t.a");
    work.originals = originals_new(1 << 20, 6, &l.err);
    assert_non_null(work.originals);
    struct mask_value cell = {
        .kind = how->kind, .data = bytes, .len = len, .integer = number, .out = &out, .work = &work
    };
    if (mask_cell(how->masks[0], &seeds, &cell) == MASK_STOP)
        fail_msg("%s stops", rule);
    originals_finish(work.originals);
    bool found = originals_seek(work.originals, sought, strlen(sought), false, &scratch, &print) &&
                 originals_find(work.originals, &print).tells != TELLS_NOTHING;
    originals_free(work.originals);
    work.originals = NULL;
    mask_work_deinit(&work);
    buf_deinit(&out);
    buf_deinit(&scratch);
    little_deinit(&l);
    return found;
}

static bool
text_is_told(const char *rule, const char *text, const char *sought)
{
    return is_told("text", rule, text, strlen(text), 0, sought);
}

static void
what_is_masked_is_looked_for(void **state)
{
    (void)state;
    assert_true(text_is_told("email", "ann.lee@corpmail.org", "ann.lee@corpmail.org"));
    assert_true(text_is_told("email", "Christopher.Lee77@corpmail.org", "christopher.lee77"));
    assert_true(text_is_told("by_shape", "Quay-4711-x", "quay-4711-x"));
    assert_true(text_is_told("phone", "+1 212 555 7788", "+1 212 555 7788"));
    assert_true(text_is_told("full_name", "Ann Leeward", "ann leeward"));
    assert_false(text_is_told("email", "ann.lee@corpmail.org", "bob.lee@corpmail.org"));
}

static void
reserved_originals_reach_nobody(void **state)
{
    (void)state;
    assert_false(text_is_told("email", "ann.lee@example.com", "ann.lee@example.com"));
    assert_false(text_is_told("email", "ann.lee@mail.example.com", "ann.lee@mail.example.com"));
    assert_true(
        text_is_told("email", "ann.lee@example.com.evil.org", "ann.lee@example.com.evil.org"));
    assert_false(text_is_told("ip", "192.0.2.17", "192.0.2.17"));
    assert_true(text_is_told("ip", "81.2.69.142", "81.2.69.142"));
    /* a mask of another kind knows nothing of addresses */
    assert_true(text_is_told("by_shape", "ann.lee@example.com", "ann.lee@example.com"));
}

static void
what_is_kept_drawn_or_not_read_is_not_looked_for(void **state)
{
    static const char *const rules[] = {
        "secret",   "password_hash", "{use: set, value: x}",    "{use: choice, values: [a, b]}",
        "\"null\"", "empty",         "{use: text, mode: scrub}"
    };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (text_is_told(rules[i], "something long", "something long"))
            fail_msg("%s", rules[i]);
}

static void
numbers_tell_somebody_by_their_digits_alone(void **state)
{
    static const struct {
        const char *column;
        int64_t number;
        bool told;
    } cases[] = {
        { "bigint", 4915112345678, true },  { "bigint", 12345678, true },
        { "bigint", 1234567, false },       { "bigint", 25000000, false },
        { "bigint", 99999999999, false },   { "integer", INT32_MAX, false },
        { "bigint", INT64_MAX, false },     { "bigint", INT64_MIN, false },
        { "bigint", -4915112345678, true }, { "bigint; sequence", 4915112345678, false },
        { "bigint", UINT32_MAX, false },    { "bigint", 0, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[40];
        snprintf(text, sizeof text, "%lld", (long long)cases[i].number);
        if (is_told(cases[i].column, "int", NULL, 0, cases[i].number, text) != cases[i].told)
            fail_msg("%s of %s", text, cases[i].column);
    }
}

static void
binary_kinds_are_looked_for_as_people_write_them(void **state)
{
    static const char uuid[] = "\x6b\xa7\xb8\x10\x9d\xad\x41\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8";
    static const char address[] = "\x02\x20\x00\x04\x51\x02\x45\x8e";
    static const char reserved[] = "\x02\x20\x00\x04\x0a\x02\x45\x8e";
    static const char mac[] = "\x00\x1b\x44\x11\x3a\xb7";
    (void)state;
    assert_true(is_told("uuid", "uuid", uuid, 16, 0, "6ba7b810-9dad-41d1-80b4-00c04fd430c8"));
    assert_true(is_told("inet", "ip", address, 8, 0, "81.2.69.142"));
    assert_false(is_told("inet", "ip", reserved, 8, 0, "10.2.69.142"));
    assert_true(is_told("macaddr", "mac", mac, 6, 0, "00:1b:44:11:3a:b7"));
}

/* ---- what no transformer knows */

static void
a_number_that_is_no_telephone_is_another_of_its_sign(void **state)
{
    struct faker f;
    int same = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "phone", "bigint", 0, false);
    for (int64_t n = 1; n < 500; n++) {
        int64_t up = faker_integer(&f, mask, n, 1), down = faker_integer(&f, mask, -n, 1);
        assert_true(up >= 0 && down < 0);
        same += up == n;
    }
    assert_true(same < 5);
    faker_deinit(&f);
}

static void
addresses_of_a_network_that_are_malformed_are_not_copied(void **state)
{
    static const char *const bytes[] = { "\x02\x20", "\x02\x20\x00\x05\x51\x02\x45\x8e\x01",
                                         "\x02\x20\x00\x04\x51" };
    static const size_t lengths[] = { 2, 9, 5 };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "ip", "inet", 0, false);
    for (int i = 0; i < 3; i++) {
        struct buf out = { 0 };
        struct mask_value cell = {
            .kind = KIND_NETWORK, .data = bytes[i], .len = lengths[i], .out = &out, .work = &f.work
        };
        assert_int_equal(mask_cell(mask, NULL, &cell), MASK_NULL);
        assert_true(cell.is_repaired);
        buf_deinit(&out);
    }
    faker_deinit(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_masked_is_looked_for),
        cmocka_unit_test(reserved_originals_reach_nobody),
        cmocka_unit_test(what_is_kept_drawn_or_not_read_is_not_looked_for),
        cmocka_unit_test(numbers_tell_somebody_by_their_digits_alone),
        cmocka_unit_test(binary_kinds_are_looked_for_as_people_write_them),
        cmocka_unit_test(a_number_that_is_no_telephone_is_another_of_its_sign),
        cmocka_unit_test(addresses_of_a_network_that_are_malformed_are_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
