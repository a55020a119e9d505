/* SPDX-License-Identifier: PostgreSQL */
/* Lines of a rules file that name what the source no longer has become comments, and no others. */
#include "little.h"
#include "propose/stale.h"

static const char schema[] = "s.users\n  id bigint; key\n  email text\n  note text\n  kind text\n"
                             "s.orders\n  id bigint; key\n  user_id bigint; -> s.users.id\n"
                             "  note text\n";

static void
expect(const char *text, int changed, const char *wanted)
{
    struct little l;
    struct buf out = { 0 };
    little_init(&l, schema);
    l.rules = fake_rules(text);
    int n = stale_comment_out(l.rules, &l.plan, &out);
    if (strcmp(buf_str(&out), wanted) != 0 || n != changed)
        fail_msg("%d:\n%snot\n%s", n, buf_str(&out), wanted);
    /* what is left is a file of rules, and once more nothing is stale */
    rules_free(l.rules);
    l.rules = fake_rules(buf_str(&out));
    struct buf again = { 0 };
    assert_int_equal(stale_comment_out(l.rules, &l.plan, &again), 0);
    assert_string_equal(buf_str(&again), wanted);
    buf_deinit(&again);
    buf_deinit(&out);
    little_deinit(&l);
}

static void
what_is_there_stays_to_the_byte(void **state)
{
    static const char *const files[] = {
        "sample: {rate: 5%}\ncolumns:\n  s.users:\n    email: email\n    \"n*\": text\n",
        "columns:\n  \"*\":\n    gone: text  # a pattern of tables\n  \"gone.*\":\n    x: text\n",
        "# nothing but a comment\n",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++)
        expect(files[i], 0, files[i]);
}

static void
columns_that_are_gone_become_comments(void **state)
{
    (void)state;
    expect("columns:\n  s.users:\n    email: email\n    fax: phone\n", 1,
           "columns:\n  s.users:\n    email: email\n# gone:     fax: phone\n");
    expect(
        "columns:\n  s.users:\n    email: email\n    fax:\n      - {when: \"true\", use: phone}\n"
        "      - keep\n    note: text\n",
        1,
        "columns:\n  s.users:\n    email: email\n# gone:     fax:\n# gone:       - {when: "
        "\"true\", use: phone}\n# gone:       - keep\n    note: text\n");
}

static void
out_of_a_list_the_name_alone_goes(void **state)
{
    (void)state;
    expect("columns:\n  s.users:\n    fax, email, note: keep  # why\n", 1,
           "columns:\n  s.users:\n    email, note: keep  # why; gone: fax\n");
    expect("columns:\n  s.users:\n    email, fax, note: keep\n", 1,
           "columns:\n  s.users:\n    email, note: keep  # gone: fax\n");
    expect("columns:\n  s.users:\n    email, note, fax: keep\n", 1,
           "columns:\n  s.users:\n    email, note: keep  # gone: fax\n");
    /* one name is a part of another */
    expect("columns:\n  s.users:\n    mail, email: keep\n", 1,
           "columns:\n  s.users:\n    email: keep  # gone: mail\n");
}

static void
of_a_list_several_names_may_go(void **state)
{
    struct little l;
    struct buf out = { 0 };
    (void)state;
    little_init(&l, schema);
    l.rules = fake_rules("columns:\n  s.users:\n    email, phone, fax: by_shape\n");
    stale_comment_out(l.rules, &l.plan, &out);
    rules_free(l.rules);
    if (!little_decide(&l, buf_str(&out)))
        fail_msg("%s", l.err.message);
    assert_string_equal(little_use(&l, "s.users.email"), "by_shape");
    buf_deinit(&out);
    little_deinit(&l);
}

/* "Lines that name what the source no longer has": the others of a list in brackets are there. */
static void
what_is_there_stays_beside_what_is_gone_in_brackets(void **state)
{
    static const char *const files[] = {
        "sample:\n  rate: 5%\n  whole: [s.users, s.gone]\n",
        "columns:\n  s.users: {email: email, fax: phone, note: keep}\n",
    };
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct little l;
        struct buf out = { 0 };
        little_init(&l, schema);
        l.rules = fake_rules(files[i]);
        stale_comment_out(l.rules, &l.plan, &out);
        rules_free(l.rules);
        l.rules = fake_rules(buf_str(&out));
        if (i == 0)
            assert_int_equal(l.rules->sample.nwhole, 1);
        else
            assert_int_equal(l.rules->columns.ncolumns, 2);
        buf_deinit(&out);
        little_deinit(&l);
    }
}

/* A mark of a quote is none of its end. */
static void
a_name_in_quotes_goes_with_all_that_it_quotes(void **state)
{
    (void)state;
    expect("sample:\n  rate: 5%\n  whole: [\"s.\\\"x, y]\\\"\", s.users]\n", 1,
           "sample:\n  rate: 5%\n  whole: [s.users]  # gone: s.\\\"x, y]\\\n");
    expect("sample:\n  rate: 5%\n  whole: ['s.\"it''s, z\"', s.users]\n", 1,
           "sample:\n  rate: 5%\n  whole: [s.users]  # gone: s.\"it''s, z\n");
}

static void
a_table_goes_with_all_that_stands_under_it(void **state)
{
    (void)state;
    expect("columns:\n  s.gone:\n    # inside\n    a: text\n\n    b:\n      use: text\n  s.users:\n"
           "    email: email\n",
           2,
           "columns:\n# gone:   s.gone:\n    # inside\n# gone:     a: text\n\n# gone:     b:\n"
           "# gone:       use: text\n  s.users:\n    email: email\n");
    /* a section of which nothing is left */
    expect("columns:\n  s.gone:\n    a: text\nsample: {rate: 5%}\n", 1,
           "# gone: columns:\n# gone:   s.gone:\n# gone:     a: text\nsample: {rate: 5%}\n");
}

static void
every_part_of_the_sample_is_looked_at(void **state)
{
    static const struct {
        const char *line, *good;
    } cases[] = {
        { "  roots:\n    s.gone: {rate: 5%}\n", "    s.users: {}\n" },
        { "  tables:\n    s.gone: {where: \"true\"}\n", "    s.users: {where: \"true\"}\n" },
        { "  also:\n    s.gone: \"true\"\n", "    s.users: \"true\"\n" },
        { "  whole:\n    - s.gone\n", "    - s.users\n" },
        { "  schema_only:\n    - s.gone\n", "    - s.users\n" },
        { "  foreign_keys:\n    s.gone.x: owner\n", "    s.orders.user_id: owner\n" },
        { "  foreign_keys:\n    s.orders.gone_id: owner\n", "    s.orders.user_id: owner\n" },
        { "  foreign_keys:\n    s.orders:gone_key: owner\n", "    s.orders:fk1: owner\n" },
        { "  virtual:\n    - {from: s.orders.gone, to: s.users.email}\n",
          "    - {from: s.orders.note, to: s.users.email}\n" },
        { "  virtual:\n    - {from: s.orders.note, to: s.users.gone}\n",
          "    - {from: s.orders.note, to: s.users.email}\n" },
        { "  virtual:\n    - {from: [s.users.gone, s.users.note], to: {u: s.orders.note}}\n",
          "    - {from: [s.users.kind, s.users.note], to: {o: s.orders.note}}\n" },
        { "  strata:\n    s.users: {by: [gone], min: 3}\n",
          "    s.orders: {by: [note], min: 3}\n" },
        { "  strata:\n    s.gone: {by: [x], min: 3}\n", "    s.orders: {by: [note], min: 3}\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = { 0 }, wanted = { 0 };
        size_t head = strcspn(cases[i].line, "\n") + 1;
        buf_printf(&text, "sample:\n  rate: 5%%\n%s%s", cases[i].line, cases[i].good);
        buf_printf(&wanted, "sample:\n  rate: 5%%\n%.*s# gone: %s%s", (int)head, cases[i].line,
                   cases[i].line + head, cases[i].good);
        expect(buf_str(&text), 1, buf_str(&wanted));
        /* alone, the key above it goes, too */
        buf_reset(&text);
        buf_reset(&wanted);
        buf_printf(&text, "sample:\n  rate: 5%%\n%s", cases[i].line);
        buf_printf(&wanted, "sample:\n  rate: 5%%\n# gone: %.*s# gone: %s", (int)head,
                   cases[i].line, cases[i].line + head);
        expect(buf_str(&text), 1, buf_str(&wanted));
        buf_deinit(&text);
        buf_deinit(&wanted);
    }
}

static void
patterns_are_never_gone(void **state)
{
    static const char text[] = "sample:\n  rate: 5%\n  whole:\n    - \"gone.*\"\n  roots:\n"
                               "    \"s.g*\": {}\ncolumns:\n  \"s.g*\":\n    x: text\n  s.users:\n"
                               "    \"gone*\": text\n";
    (void)state;
    expect(text, 0, text);
}

static void
names_are_stale_only_where_they_are_exact(void **state)
{
    static const struct {
        const char *rules;
        bool stale;
    } cases[] = {
        { "columns: {s.users: {email: text}}\n", false },
        { "columns: {s.users: {gone: text}}\n", true },
        { "columns: {s.gone: {email: text}}\n", true },
        { "columns: {s.gone: {\"*\": text}}\n", true },
        { "columns: {s.users: {\"g*\": text}}\n", false },
        { "columns: {\"*\": {gone: text}}\n", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        struct buf out = { 0 };
        little_init(&l, schema);
        l.rules = fake_rules(cases[i].rules);
        if ((stale_comment_out(l.rules, &l.plan, &out) > 0) != cases[i].stale)
            fail_msg("%s", cases[i].rules);
        buf_deinit(&out);
        little_deinit(&l);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_stays_to_the_byte),
        cmocka_unit_test(columns_that_are_gone_become_comments),
        cmocka_unit_test(out_of_a_list_the_name_alone_goes),
        cmocka_unit_test(a_name_in_quotes_goes_with_all_that_it_quotes),
        cmocka_unit_test(a_table_goes_with_all_that_stands_under_it),
        cmocka_unit_test(every_part_of_the_sample_is_looked_at),
        cmocka_unit_test(patterns_are_never_gone),
        cmocka_unit_test(names_are_stale_only_where_they_are_exact),
        cmocka_unit_test(of_a_list_several_names_may_go),
        cmocka_unit_test(what_is_there_stays_beside_what_is_gone_in_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
