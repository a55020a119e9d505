/* SPDX-License-Identifier: PostgreSQL */
/* Fakes for people to look at: of each kind, without an original, different from number to number.
 */
#include "little.h"
#include "mask/preview.h"

static const char *
preview(struct little *l, const char *name, int number)
{
    static struct buf out;
    buf_reset(&out);
    buf_puts(&out, "");
    if (!preview_fake(little_mask(l, name), number, &out))
        return "(none)";
    return buf_str(&out);
}

static void
every_kind_is_shown_as_people_read_it(void **state)
{
    static const struct {
        const char *type, *rule, *has; /* in it */
        size_t least;
    } cases[] = {
        { "text", "email", "@example.com", 15 },
        { "integer", "int", "", 1 },
        { "numeric", "noise", "", 1 },
        { "date", "date_shift", "-", 10 },
        { "timestamp without time zone", "date_shift", ":", 19 },
        { "uuid", "uuid", "-", 36 },
        { "inet", "ip", ".", 7 },
        { "macaddr", "mac", ":", 17 },
        { "jsonb", "json", "{\"name\": \"", 10 },
        { "bytea", "bytes", " bytes", 7 },
        { "text[]", "first_name", "", 2 },
        { "boolean", "{use: choice, values: [true]}", "true", 4 },
        { "text", "\"null\"", "NULL", 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char schema[100], rules[100];
        snprintf(schema, sizeof schema, "s.t\n  a %s\n", cases[i].type);
        snprintf(rules, sizeof rules, "columns: {s.t: {a: %s}}\n", cases[i].rule);
        little_begin(&l, schema, rules);
        for (int n = 0; n < 10; n++) {
            const char *text = preview(&l, "s.t.a", n);
            if (strstr(text, cases[i].has) == NULL || strlen(text) < cases[i].least)
                fail_msg("%s of %s: %s", cases[i].rule, cases[i].type, text);
        }
        little_deinit(&l);
    }
}

static void
ten_fakes_are_ten(void **state)
{
    static const char *const rules[][2] = { { "text", "email" },  { "text", "full_name" },
                                            { "text", "phone" },  { "text", "username" },
                                            { "bigint", "int" },  { "uuid", "uuid" },
                                            { "macaddr", "mac" }, { "text", "iban" },
                                            { "inet", "ip" },     { "date", "date_shift" } };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct little l;
        char schema[100], text[100], all[10][100];
        snprintf(schema, sizeof schema, "s.t\n  a %s\n", rules[i][0]);
        snprintf(text, sizeof text, "columns: {s.t: {a: %s}}\n", rules[i][1]);
        little_begin(&l, schema, text);
        for (int n = 0; n < 10; n++) {
            snprintf(all[n], sizeof all[n], "%s", preview(&l, "s.t.a", n));
            for (int k = 0; k < n; k++)
                if (strcmp(all[n], all[k]) == 0)
                    fail_msg("%s: %s twice", rules[i][1], all[n]);
        }
        little_deinit(&l);
    }
}

static void
fakes_of_one_number_are_of_one_person(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, "s.t\n  first text\n  last text\n  full text\n",
                 "columns: {s.t: {first: first_name, last: last_name, full: full_name}}\n");
    for (int n = 0; n < 20; n++) {
        char whole[200];
        int at = snprintf(whole, sizeof whole, "%s ", preview(&l, "s.t.first", n));
        snprintf(whole + at, sizeof whole - (size_t)at, "%s", preview(&l, "s.t.last", n));
        assert_string_equal(preview(&l, "s.t.full", n), whole);
    }
    little_deinit(&l);
}

static void
of_several_rules_the_last_is_shown(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, "s.t\n  a text\n",
                 "columns: {s.t: {a: [{when: \"true\", use: email}, {use: set, value: last}]}}\n");
    assert_string_equal(preview(&l, "s.t.a", 3), "last");
    little_deinit(&l);
    /* what would stop a run is no fake */
    little_begin(&l, "s.t\n  a jsonb\n", "columns: {s.t: {a: {use: json, other: stop}}}\n");
    assert_string_equal(preview(&l, "s.t.a", 3), "(none)");
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_shown_as_people_read_it),
        cmocka_unit_test(ten_fakes_are_ten),
        cmocka_unit_test(fakes_of_one_number_are_of_one_person),
        cmocka_unit_test(of_several_rules_the_last_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
