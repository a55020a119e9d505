/* SPDX-License-Identifier: PostgreSQL */
/* Which line decides on which column: exact before patterns, one for all that keys join. */
#include "little.h"

static const char shop[] = "s.users\n"
                           "  id bigint; key\n"
                           "  email text; not null; unique\n"
                           "  note text\n"
                           "  born date\n"
                           "  token uuid\n"
                           "  card bigint\n"
                           "  price numeric\n"
                           "  tags text[]\n"
                           "s.orders\n"
                           "  id bigint; key\n"
                           "  user_id bigint; -> s.users.id\n"
                           "  mail text; -> s.users.email\n"
                           "  state enum(open,shut)\n"
                           "  shout text; computed upper(note)\n"
                           "  note text\n";

struct expected {
    const char *column, *use;
};

static void
expect(const char *rules, const struct expected *wanted)
{
    struct little l;
    little_init(&l, shop);
    if (!little_decide(&l, rules))
        fail_msg("%s (%s)", l.err.message, l.err.hint);
    for (; wanted->column != NULL; wanted++)
        if (strcmp(little_use(&l, wanted->column), wanted->use) != 0)
            fail_msg("%s is %s, not %s, under\n%s", wanted->column, little_use(&l, wanted->column),
                     wanted->use, rules);
    little_deinit(&l);
}

static void
expect_refused(const char *schema, const char *rules, const char *message, const char *hint)
{
    struct little l;
    little_init(&l, schema);
    if (little_decide(&l, rules))
        fail_msg("accepted:\n%s", rules);
    if (strstr(l.err.message, message) == NULL || strstr(l.err.hint, hint) == NULL)
        fail_msg("%s (%s), not %s (%s)", l.err.message, l.err.hint, message, hint);
    assert_int_equal(l.err.code, DECANT_USAGE);
    assert_non_null(strstr(l.err.message, "r.yaml:"));
    little_deinit(&l);
}

static void
safe_types_need_no_line_and_others_do(void **state)
{
    (void)state;
    expect("", (const struct expected[]){ { "s.users.id", "safe" },
                                          { "s.users.email", "undecided" },
                                          { "s.users.born", "safe" },
                                          { "s.users.token", "safe" },
                                          { "s.users.price", "safe" },
                                          { "s.users.tags", "undecided" },
                                          { "s.orders.state", "safe" },
                                          { "s.orders.mail", "undecided" },
                                          { NULL, NULL } });
}

static void
the_rules_list_of_safe_types_takes_the_place_of_the_programs(void **state)
{
    (void)state;
    expect("defaults: {safe_types: [bigint, enum]}\n",
           (const struct expected[]){ { "s.users.id", "safe" },
                                      { "s.users.born", "undecided" },
                                      { "s.users.token", "undecided" },
                                      { "s.orders.state", "safe" },
                                      { NULL, NULL } });
}

static void
an_exact_line_wins_over_patterns_and_an_exact_table_over_any(void **state)
{
    (void)state;
    expect("columns:\n"
           "  \"*\":\n    note: text\n    \"n*\": redact\n"
           "  \"s.u*\":\n    \"no*\": pattern\n"
           "  s.users:\n    \"n?te\": by_shape\n"
           "  s.orders:\n    note: token\n",
           (const struct expected[]){
               { "s.users.note", "text" }, { "s.orders.note", "token" }, { NULL, NULL } });
}

static void
of_two_patterns_the_first_wins(void **state)
{
    (void)state;
    expect("columns:\n  \"*\":\n    \"n*\": redact\n    \"*e\": text\n",
           (const struct expected[]){
               { "s.users.note", "redact" }, { "s.orders.state", "safe" }, { NULL, NULL } });
}

static void
a_pattern_that_cannot_treat_the_type_is_passed_over(void **state)
{
    (void)state;
    expect("columns:\n  \"*\":\n    \"/born|note/\": email\n    \"*\": date_shift\n",
           (const struct expected[]){ { "s.users.born", "date_shift" },
                                      { "s.users.note", "email" },
                                      { "s.users.price", "safe" },
                                      { NULL, NULL } });
}

static void
what_keys_join_has_the_line_of_any_of_them(void **state)
{
    (void)state;
    expect("columns:\n  s.orders: {mail: email}\n",
           (const struct expected[]){
               { "s.users.email", "email" }, { "s.orders.mail", "email" }, { NULL, NULL } });
    expect("columns:\n  s.users: {email: email}\n",
           (const struct expected[]){
               { "s.users.email", "email" }, { "s.orders.mail", "email" }, { NULL, NULL } });
    /* a pattern speaks where the key begins: it knows nothing called mail */
    expect("columns:\n  \"*\": {email: email, mail: redact}\n",
           (const struct expected[]){ { "s.orders.mail", "email" }, { NULL, NULL } });
}

static void
all_that_one_class_has_knows_how_large_it_is(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, shop);
    assert_true(little_decide(&l, "columns:\n  s.orders: {mail: email}\n"));
    const struct decision *key = little_decision(&l, "s.users.email");
    assert_int_equal(key->class_size, 2);
    assert_int_equal(key->class_table, 1); /* whose line it is */
    assert_int_equal(key->class_column, 2);
    assert_int_equal(little_decision(&l, "s.users.note")->class_size, 1);
    little_deinit(&l);
}

static void
rows_of_a_reference_that_only_rules_know_are_joined_as_by_a_key(void **state)
{
    static const char rules[] =
        "sample:\n  rate: 5%\n  virtual:\n    - {from: s.orders.note, to: s.users.note}\n"
        "columns:\n  s.users: {note: by_shape}\n";
    (void)state;
    expect(rules, (const struct expected[]){ { "s.orders.note", "by_shape" }, { NULL, NULL } });
}

static void
contradictions_are_refused_with_both_places(void **state)
{
    (void)state;
    expect_refused(shop, "columns:\n  s.users: {email: email}\n  s.orders: {mail: token}\n",
                   "E220 foreign keys join 's.orders.mail' and 's.users.email', but line 2",
                   "one rule is enough");
    expect_refused(shop,
                   "columns:\n  s.users:\n    email: email\n    \"/email/\": text\n    "
                   "'\"email\"': token\n",
                   "E230 two lines for 's.users.email': the other one is r.yaml:3",
                   "take one of them out");
    expect_refused(shop, "columns:\n  s.orders: {shout: text}\n",
                   "E233 's.orders.shout' is computed from other columns", "");
}

static void
two_lines_that_say_the_same_are_no_contradiction(void **state)
{
    (void)state;
    expect("columns:\n  s.users: {email: email}\n  s.orders: {mail: email}\n",
           (const struct expected[]){ { "s.orders.mail", "email" }, { NULL, NULL } });
}

/* A list of rules may keep some rows: then its line must be as exact as one that keeps all. */
static void
a_pattern_may_not_keep_an_open_typed_column_not_even_in_some_rows(void **state)
{
    (void)state;
    expect_refused(shop,
                   "columns:\n  \"*\":\n    note:\n      - {when: \"true\", use: text}\n      - "
                   "keep\n",
                   "E231 's.users.note' is open-typed", "write out schema.table and column");
    expect("columns:\n  s.users:\n    note:\n      - {when: \"true\", use: text}\n      - keep\n"
           "  s.orders: {note: keep}\n",
           (const struct expected[]){
               { "s.users.note", "text" }, { "s.orders.note", "kept" }, { NULL, NULL } });
    expect("columns:\n  \"*\": {born: keep}\n",
           (const struct expected[]){ { "s.users.born", "kept" }, { NULL, NULL } });
}

static void
what_is_not_there_is_told_all_at_once_with_the_nearest_names(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, shop);
    assert_false(little_decide(&l, "columns:\n  s.users: {emial: email, note: text}\n"
                                   "  s.order: {note: text}\n"));
    assert_non_null(strstr(l.err.message, "r.yaml:2:"));
    assert_non_null(strstr(l.err.message, "E201 there is no column 's.users.emial' in the source"));
    assert_non_null(strstr(l.err.hint, "2 lines name what is not there"));
    assert_non_null(strstr(l.err.hint, "line 2: s.users.emial (did you mean 'email'?)"));
    assert_non_null(strstr(l.err.hint, "line 3: s.order (did you mean 's.orders'?)"));
    little_deinit(&l);
}

static void
a_long_list_of_what_is_not_there_is_cut_with_its_number(void **state)
{
    struct little l;
    struct buf rules = { 0 };
    (void)state;
    buf_puts(&rules, "columns:\n  s.users:\n");
    for (int i = 0; i < 40; i++)
        buf_printf(&rules, "    zzzzzzzzzzzz%02d: text\n", i);
    little_init(&l, shop);
    assert_false(little_decide(&l, buf_str(&rules)));
    assert_non_null(strstr(l.err.hint, "40 lines name what is not there"));
    const char *more = strstr(l.err.hint, "and ");
    assert_non_null(more);
    int shown = 0;
    for (const char *p = strstr(l.err.hint, "line "); p != NULL; p = strstr(p + 1, "\n  line "))
        shown++;
    assert_int_equal(shown + atoi(more + 4), 40);
    buf_deinit(&rules);
    little_deinit(&l);
}

static void
names_of_domains_and_entities_are_checked(void **state)
{
    (void)state;
    expect_refused(shop, "domains: {email: {use: token}}\n",
                   "E108 the domain 'email' is called like a transformer", "");
    expect_refused(shop, "domains: {mail: {use: tokne}}\n", "E102 there is no transformer 'tokne'",
                   "");
    expect_refused(shop, "entities: {person: {table: s.people}}\n",
                   "E201 there is no selected table 's.people'", "");
    expect_refused(shop, "entities: {person: {table: s.users, via: {s.orders: note}}}\n",
                   "E201 no foreign key of one column begins at 's.orders.note'", "");
    expect_refused(shop, "columns: {s.users: {note: nothing}}\n",
                   "E102 there is no transformer or domain 'nothing'", "");
}

static void
keys_are_permuted_with_all_that_refers_to_them_where_the_rules_ask(void **state)
{
    (void)state;
    expect("defaults: {keys: permute}\n", (const struct expected[]){ { "s.users.id", "int" },
                                                                     { "s.orders.id", "int" },
                                                                     { "s.orders.user_id", "int" },
                                                                     { "s.users.card", "safe" },
                                                                     { "s.users.token", "safe" },
                                                                     { NULL, NULL } });
    expect("defaults: {keys: permute}\ncolumns: {s.users: {id: keep}}\n",
           (const struct expected[]){
               { "s.users.id", "kept" }, { "s.orders.user_id", "kept" }, { NULL, NULL } });
}

/* A key to a table that is left out would lead to other rows of it, were that here. */
static void
a_key_that_leads_out_of_the_copy_is_permuted_like_one_that_does_not(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, shop);
    l.keys[0].parent = NULL;
    assert_true(plan_build(&l.catalog, true, false, &l.arena, &l.notes, &l.plan, &l.err));
    assert_true(little_decide(&l, "defaults: {keys: permute}\n"));
    assert_string_equal(little_use(&l, "s.orders.user_id"), "int");
    little_deinit(&l);
}

static void
packs_know_numbers_that_identify_by_their_names(void **state)
{
    static const char schema[] = "s.t\n  id bigint; key\n  ssn bigint\n  access_token uuid\n"
                                 "  phone numeric\n  amount numeric\n  phones bigint[]\n";
    struct little l;
    (void)state;
    little_init(&l, schema);
    assert_true(little_decide(&l, "packs: [pii@1, secrets@1]\ncolumns: {s.t: {phones: keep}}\n"));
    assert_string_equal(little_use(&l, "s.t.ssn"), "int");
    assert_string_equal(little_use(&l, "s.t.access_token"), "uuid");
    assert_string_equal(little_use(&l, "s.t.phone"), "noise");
    assert_string_equal(little_use(&l, "s.t.amount"), "safe");
    little_deinit(&l);
}

/* Where nobody decided, nothing of the original is left, and keys still join. */
static void
unclassified_null_leaves_nothing_where_null_may_not_stand(void **state)
{
    static const struct {
        const char *column, *use;
    } cases[] = {
        { "a text", "null" },
        { "a text; not null", "empty" },
        { "a text; not null; unique", "by_shape" },
        { "a inet; not null", "ip" },
        { "a macaddr; not null", "mac" },
        { "a text[]; not null", "recompute" },
        { "a jsonb; not null", "empty" },
        { "a bytea; not null", "empty" },
        { "a jsonb", "null" },
        { "a point; not null", "empty" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char schema[100];
        snprintf(schema, sizeof schema, "s.t\n  id bigint; key\n  %s\n", cases[i].column);
        little_init(&l, schema);
        assert_true(little_decide(&l, "defaults: {unclassified: \"null\"}\n"));
        const struct decision *decision = little_decision(&l, "s.t.a");
        assert_int_equal(decision->verdict, VERDICT_NULLED);
        if (strcmp(decision->rule->use, cases[i].use) != 0)
            fail_msg("%s: %s", cases[i].column, decision->rule->use);
        assert_int_equal(masking_find(&l.masking, l.tables)->fates[1], FATE_MASKED);
        little_deinit(&l);
    }
    struct little l;
    little_init(&l, shop);
    assert_true(little_decide(&l, "defaults: {unclassified: \"null\"}\n"));
    assert_string_equal(little_decision(&l, "s.orders.mail")->rule->use, "by_shape");
    little_deinit(&l);
}

static void
a_computed_column_follows_what_it_is_computed_from(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, shop);
    assert_true(little_decide(&l, "columns: {s.orders: {note: keep}}\n"));
    assert_string_equal(little_use(&l, "s.orders.shout"), "computed");
    assert_int_equal(l.masking.masked[1][4], FATE_COPIED);
    little_deinit(&l);
    little_init(&l, shop);
    assert_true(little_decide(&l, "columns: {s.orders: {note: text}}\n"));
    assert_string_equal(little_use(&l, "s.orders.shout"), "null");
    assert_int_equal(l.masking.masked[1][4], FATE_MASKED);
    little_deinit(&l);
}

static void
a_key_to_a_computed_copy_joins_what_that_is_computed_from(void **state)
{
    static const struct {
        const char *sql;
        bool joins;
    } cases[] = {
        { "email", true },
        { "lower(email)", true },
        { "(email)::text", true },
        { "lower((email)::text)", true },
        { "lower(email::character varying)", true },
        { "upper(email)", false },
        { "lower(emails)", false },
        { "(email || 'x')", false },
        { "lower(email || 'x')", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char schema[300];
        snprintf(schema, sizeof schema,
                 "s.a\n  email text\n  emails text\n  folded text; unique; computed %s\n"
                 "s.b\n  mail text; -> s.a.folded\n",
                 cases[i].sql);
        little_init(&l, schema);
        assert_true(little_decide(&l, "columns: {s.a: {email: email, emails: keep}}\n"));
        bool joins = strcmp(little_use(&l, "s.b.mail"), "email") == 0;
        if (joins != cases[i].joins)
            fail_msg("%s: %s", cases[i].sql, little_use(&l, "s.b.mail"));
        little_deinit(&l);
    }
}

static void
an_inherited_column_is_treated_as_its_parents_through_generations(void **state)
{
    static const char schema[] =
        "s.base\n  id bigint\n  born date\n  name text\n"
        "s.mid\n  id bigint\n  born date\n  name text\n  + inherits s.base\n"
        "s.leaf\n  id bigint\n  born date\n  name text\n  + inherits s.mid\n";
    struct little l;
    (void)state;
    little_init(&l, schema);
    assert_true(little_decide(&l, "columns: {s.base: {born: birth_date, name: full_name}}\n"));
    assert_string_equal(little_use(&l, "s.mid.born"), "birth_date");
    assert_string_equal(little_use(&l, "s.leaf.born"), "birth_date");
    assert_string_equal(little_use(&l, "s.leaf.id"), "safe");
    /* an open type needs a line of its own: nobody is surprised by one that he did not write */
    assert_string_equal(little_use(&l, "s.leaf.name"), "undecided");
    little_deinit(&l);
    little_init(&l, schema);
    assert_true(little_decide(&l, "columns: {s.base: {born: birth_date}, s.leaf: {born: keep}}\n"));
    assert_string_equal(little_use(&l, "s.leaf.born"), "kept");
    little_deinit(&l);
}

static void
odd_names_are_found_in_their_quotes(void **state)
{
    static const char schema[] = "s.A.b\n  \"E mail\" text\n  x.y text\n";
    struct little l;
    (void)state;
    little_init(&l, schema);
    if (!little_decide(&l, "columns:\n  's.\"A.b\"':\n    '\"E mail\"': email\n    '\"x.y\"': "
                           "text\n"))
        fail_msg("%s (%s)", l.err.message, l.err.hint);
    assert_string_equal(l.masking.tables[0].decisions[0].rule->use, "email");
    assert_string_equal(l.masking.tables[0].decisions[1].rule->use, "text");
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safe_types_need_no_line_and_others_do),
        cmocka_unit_test(the_rules_list_of_safe_types_takes_the_place_of_the_programs),
        cmocka_unit_test(an_exact_line_wins_over_patterns_and_an_exact_table_over_any),
        cmocka_unit_test(of_two_patterns_the_first_wins),
        cmocka_unit_test(a_pattern_that_cannot_treat_the_type_is_passed_over),
        cmocka_unit_test(what_keys_join_has_the_line_of_any_of_them),
        cmocka_unit_test(all_that_one_class_has_knows_how_large_it_is),
        cmocka_unit_test(rows_of_a_reference_that_only_rules_know_are_joined_as_by_a_key),
        cmocka_unit_test(contradictions_are_refused_with_both_places),
        cmocka_unit_test(two_lines_that_say_the_same_are_no_contradiction),
        cmocka_unit_test(a_pattern_may_not_keep_an_open_typed_column_not_even_in_some_rows),
        cmocka_unit_test(what_is_not_there_is_told_all_at_once_with_the_nearest_names),
        cmocka_unit_test(a_long_list_of_what_is_not_there_is_cut_with_its_number),
        cmocka_unit_test(names_of_domains_and_entities_are_checked),
        cmocka_unit_test(keys_are_permuted_with_all_that_refers_to_them_where_the_rules_ask),
        cmocka_unit_test(a_key_that_leads_out_of_the_copy_is_permuted_like_one_that_does_not),
        cmocka_unit_test(packs_know_numbers_that_identify_by_their_names),
        cmocka_unit_test(unclassified_null_leaves_nothing_where_null_may_not_stand),
        cmocka_unit_test(a_computed_column_follows_what_it_is_computed_from),
        cmocka_unit_test(a_key_to_a_computed_copy_joins_what_that_is_computed_from),
        cmocka_unit_test(an_inherited_column_is_treated_as_its_parents_through_generations),
        cmocka_unit_test(odd_names_are_found_in_their_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
