/* SPDX-License-Identifier: PostgreSQL */
/* What 'explain' says of a column is what its mask guarantees. */
#include "little.h"

static const char schema[] = "s.users\n"
                             "  id bigint; key\n"
                             "  email text; lower\n"
                             "  code text; unique\n"
                             "  pin character varying(12)\n"
                             "  born date\n"
                             "  seen date\n"
                             "  shout text; computed upper(pin)\n"
                             "  gone text\n"
                             "  first text\n"
                             "s.orders\n"
                             "  id bigint; key\n"
                             "  mail text; -> s.users.code\n";

static const char rules[] = "domains: {person_mail: {use: email}}\n"
                            "columns:\n"
                            "  s.users:\n"
                            "    email: person_mail\n"
                            "    code: token\n"
                            "    pin:\n"
                            "      - {when: \"id > 1\", use: digits}\n"
                            "      - {when: \"id < 0\", use: by_shape}\n"
                            "      - redact\n"
                            "    seen: date_shift\n"
                            "    born: birth_date\n"
                            "    first: first_name\n"
                            "    gone: \"null\"\n";

static const char *
explain(const char *name)
{
    static struct buf out;
    struct little l;
    int column;
    little_begin(&l, schema, rules);
    const struct masked_table *table = little_at(&l, name, &column);
    buf_reset(&out);
    masking_explain(&l.masking, table, column, &out);
    little_deinit(&l);
    return buf_str(&out);
}

static void
each_column_is_explained(void **state)
{
    static const struct {
        const char *column, *lines[6];
    } cases[] = {
        { "s.users.id", { "s.users.id  bigint\n", "kept: its type is safe" } },
        { "s.users.email",
          { "  decided by      r.yaml:4: 'email' under 's.users'\n",
            "  fake            email: an address of a made-up person\n",
            "  domain          person_mail: one original, one fake", "  the same by     value\n",
            "  must be unique  an index says so; case does not count\n",
            "  lies in         example.com and below: RFC 2606\n" } },
        { "s.users.code",
          { "  joined to       1 other columns by foreign keys: they follow\n",
            "  unique          by 80 random bits\n", "  must be unique  an index says so\n" } },
        { "s.orders.mail",
          { "  joined to       s.users.code by a foreign key: its line decides\n",
            "  fake            token: random characters\n", "  decided by      r.yaml:5:" } },
        { "s.users.pin",
          { "  when            id > 1\n",
            "  fake            digits: ", "  unique          by construction: a permutation\n",
            "  fake            redact: ", "  keeps           the original's length" } },
        { "s.users.seen",
          { "  hides           5.7 bits: who knows one date of an entity knows the others",
            "  the same by     entity\n" } },
        { "s.users.born", { "  the same by     person\n", "  reads           the value" } },
        { "s.users.gone", { "  reads           nothing of the original\n" } },
        { "s.users.shout", { "  masked\n" } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 6 && cases[i].lines[k] != NULL; k++)
            if (strstr(explain(cases[i].column), cases[i].lines[k]) == NULL)
                fail_msg("no '%s' in\n%s", cases[i].lines[k], explain(cases[i].column));
}

/* Each condition stands before what it leads to. */
static void
rules_are_explained_in_their_order(void **state)
{
    static const char *const order[] = { "  when            id > 1\n", "  fake            digits",
                                         "  when            id < 0\n", "  fake            by_shape",
                                         "  fake            redact" };
    (void)state;
    const char *at = explain("s.users.pin");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        at = strstr(at, order[i]);
        if (at == NULL)
            fail_msg("no %s in its place", order[i]);
    }
}

static void
what_is_not_guaranteed_is_not_said(void **state)
{
    (void)state;
    assert_null(strstr(explain("s.users.first"), "unique"));
    assert_null(strstr(explain("s.users.gone"), "the same by"));
    assert_null(strstr(explain("s.users.code"), "case does not count"));
    assert_null(strstr(explain("s.users.code"), "domain"));
    assert_null(strstr(explain("s.users.id"), "fake"));
}

static void
every_verdict_has_its_words(void **state)
{
    static const struct {
        const char *rules, *words;
    } cases[] = {
        { "", "nobody decided on it: a pull would stop" },
        { "columns: {s.users: {gone: keep}}\n", "kept, by a line of the rules" },
        { "defaults: {unclassified: \"null\"}\n", "NULL: nobody decided on it" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        struct buf out = { 0 };
        int column;
        little_begin(&l, schema, cases[i].rules);
        const struct masked_table *table = little_at(&l, "s.users.gone", &column);
        masking_explain(&l.masking, table, column, &out);
        assert_non_null(strstr(buf_str(&out), cases[i].words));
        buf_deinit(&out);
        little_deinit(&l);
    }
    struct little l;
    struct buf out = { 0 };
    int column;
    little_begin(&l, schema, "columns: {s.users: {pin: keep}}\n");
    const struct masked_table *table = little_at(&l, "s.users.shout", &column);
    masking_explain(&l.masking, table, column, &out);
    assert_non_null(strstr(buf_str(&out), "computed from columns that are kept"));
    buf_deinit(&out);
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_is_explained),
        cmocka_unit_test(rules_are_explained_in_their_order),
        cmocka_unit_test(what_is_not_guaranteed_is_not_said),
        cmocka_unit_test(every_verdict_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
