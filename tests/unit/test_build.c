/* SPDX-License-Identifier: PostgreSQL */
/* From decisions to masks at work: what the source must send, in which order columns are masked,
 * whose row it is, and which rules cannot be. */
#include "little.h"
#include "mask/entity.h"

static const char shop[] = "s.users\n"
                           "  id bigint; key; sequence\n"
                           "  email text; not null\n"
                           "  first text\n"
                           "  last text\n"
                           "  sex text\n"
                           "  born date\n"
                           "s.profiles\n"
                           "  user_id bigint; key; -> s.users.id\n"
                           "  name text\n"
                           "  doc jsonb\n"
                           "s.orders\n"
                           "  id uuid; key\n"
                           "  user_id bigint; -> s.users.id; not null\n"
                           "  name text\n"
                           "  at timestamp with time zone\n"
                           "s.lines\n"
                           "  id bigint; key\n"
                           "  order_id uuid; -> s.orders.id; not null\n"
                           "  who text\n"
                           "  at date\n";

static void
expect_refused(const char *schema, const char *rules, const char *message, const char *hint)
{
    struct little l;
    little_init(&l, schema);
    if (!little_decide(&l, rules))
        fail_msg("%s", l.err.message);
    if (little_compile(&l))
        fail_msg("accepted:\n%s", rules);
    if (strstr(l.err.message, message) == NULL || strstr(l.err.hint, hint) == NULL)
        fail_msg("%s (%s), not %s (%s)", l.err.message, l.err.hint, message, hint);
    little_deinit(&l);
}

static void
what_a_mask_must_know_beside_its_value_cannot_be_in_a_key(void **state)
{
    static const char keyed[] =
        "s.a\n  code text; key\n  kind text\ns.b\n  code text; -> s.a.code\n";
    (void)state;
    expect_refused(keyed,
                   "columns: {s.a: {kind: keep, code: [{when: \"kind = 'x'\", use: token}, "
                   "by_shape]}}\n",
                   "E221 'code' is joined to other tables", "one transformer without conditions");
    expect_refused(keyed, "columns: {s.a: {kind: keep, code: {derive: \"{kind}\"}}}\n",
                   "E221 'code'", "");
    expect_refused(keyed,
                   "columns: {s.a: {kind: keep, code: {use: first_name, gender_from: kind}}}\n",
                   "E221 'code'", "");
}

static void
conditions_whose_names_may_mean_something_else_are_refused(void **state)
{
    (void)state;
    expect_refused(shop,
                   "columns: {s.users: {first: [{when: \"exists (select 1 from s.profiles where "
                   "user_id = id)\", use: text}, by_shape]}}\n",
                   "E120 'id' in a sub-select of this 'when'", "'users.id'");
    expect_refused(shop,
                   "columns: {s.users: {first: [{when: \"exists (select 1 from s.users where "
                   "s.users.id = 1)\", use: text}, by_shape]}}\n",
                   "E120 's.users' in this 'when'", "give the other one an alias");
}

static void
derived_columns_are_made_behind_what_they_are_made_of(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop,
                 "columns: {s.users: {email: {derive: \"{last:3}.{first}@example.com\"}, first: "
                 "{derive: \"x{last}\"}, last: last_name}}\n");
    const struct masked_table *users = &l.masking.tables[0];
    assert_int_equal(users->nmasks, 3);
    assert_string_equal(users->table->columns[users->masks[0].column].name, "last");
    assert_string_equal(users->table->columns[users->masks[1].column].name, "first");
    assert_string_equal(users->table->columns[users->masks[2].column].name, "email");
    little_deinit(&l);
    expect_refused(shop,
                   "columns: {s.users: {email: {derive: \"{first}\"}, first: {derive: "
                   "\"{last}\"}, last: {derive: \"{email}\"}}}\n",
                   "E117 derived columns of 's.users' go in a circle", "");
}

static void
a_template_may_use_what_is_masked_and_nothing_else_that_is_open(void **state)
{
    static const struct {
        const char *rule, *message;
    } cases[] = {
        { "{derive: \"{first\"}", "E116" },
        { "{derive: \"{}\"}", "E201" },
        { "{derive: \"{nobody}\"}", "E201" },
        { "{derive: \"{first:x}\"}", "E116" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rules[200];
        snprintf(rules, sizeof rules, "columns: {s.users: {first: first_name, email: %s}}\n",
                 cases[i].rule);
        expect_refused(shop, rules, cases[i].message, "");
    }
}

static void
a_gender_that_is_masked_itself_tells_nothing(void **state)
{
    struct little l;
    (void)state;
    expect_refused(shop,
                   "columns: {s.users: {sex: {use: choice, values: [f, m]}, first: {use: "
                   "first_name, gender_from: sex}}}\n",
                   "E119", "");
    little_begin(&l, shop,
                 "columns: {s.users: {sex: keep, first: {use: first_name, gender_from: sex}}}\n");
    assert_int_equal(l.masking.tables[0].nextras, 1); /* the person is the row's own id */
    assert_true(little_mask(&l, "s.users.first")->masks[0]->gender >= 0);
    little_deinit(&l);
}

static void
what_fits_no_column_of_its_type_is_told_with_the_column(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, shop);
    assert_true(little_decide(&l, "columns: {s.users: {born: email}}\n"));
    assert_false(little_compile(&l));
    assert_non_null(strstr(l.err.message, "E203 'email' cannot treat date"));
    assert_non_null(strstr(l.err.context, "column 's.users.born'"));
    little_deinit(&l);
}

/* ---- what is read */

static void
masks_that_look_at_nothing_read_nothing(void **state)
{
    static const struct {
        const char *rule;
        enum mask_need need;
        enum column_fate fate;
    } cases[] = {
        { "\"null\"", NEED_NOTHING, FATE_LOST },
        { "{use: set, value: x}", NEED_NULLNESS, FATE_MASKED },
        { "empty", NEED_NULLNESS, FATE_MASKED },
        { "secret", NEED_BLANKNESS, FATE_MASKED },
        { "first_name", NEED_VALUE, FATE_MASKED },
        { "[{when: \"true\", use: \"null\"}, email]", NEED_VALUE, FATE_MASKED },
        { "[{when: \"true\", use: \"null\"}, keep]", NEED_VALUE, FATE_MASKED },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char rules[200];
        snprintf(rules, sizeof rules, "columns: {s.users: {first: %s}}\n", cases[i].rule);
        little_begin(&l, shop, rules);
        assert_int_equal(little_mask(&l, "s.users.first")->need, cases[i].need);
        assert_int_equal(l.masking.tables[0].fates[2], cases[i].fate);
        little_deinit(&l);
    }
}

/* An array keeps its dimensions, so that it is read even where its elements are not looked at. */
static void
arrays_are_read_for_their_dimensions(void **state)
{
    static const char schema[] = "s.t\n  id bigint; key\n  a text[]\n  b text[]\n  c point\n";
    struct little l;
    (void)state;
    little_begin(&l, schema, "columns: {s.t: {a: {use: set, value: x}, b: recompute, c: empty}}\n");
    assert_int_equal(little_mask(&l, "s.t.a")->need, NEED_VALUE);
    assert_false(little_mask(&l, "s.t.a")->server_empties);
    assert_true(little_mask(&l, "s.t.b")->server_empties);
    assert_true(little_mask(&l, "s.t.c")->server_empties);
    assert_true(little_mask(&l, "s.t.b")->need < NEED_VALUE);
    little_deinit(&l);
}

static void
one_condition_is_sent_once_and_sees_its_own_row_only(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop,
                 "columns: {s.users: {first: [{when: \"id > 7\", use: redact}, text], last: "
                 "[{when: \"id > 7\", use: redact}, {when: \"sex = 'f'\", use: text}, redact]}}\n");
    const struct column_mask *first = little_mask(&l, "s.users.first");
    const struct column_mask *last = little_mask(&l, "s.users.last");
    assert_int_equal(first->nmasks, 2);
    assert_int_equal(last->nmasks, 3);
    assert_int_equal(first->conditions[0], last->conditions[0]);
    assert_int_not_equal(last->conditions[0], last->conditions[1]);
    assert_int_equal(last->conditions[2], -1);
    const char *sql = l.masking.tables[0].extras[first->conditions[0]];
    assert_non_null(strstr(sql, "id > 7"));
    assert_non_null(strstr(sql, ") IS TRUE FROM (SELECT decant_row.*) AS \"users\""));
    little_deinit(&l);
}

/* ---- whose row it is */

static void
names_belong_to_the_person_that_a_row_extends(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop,
                 "columns:\n  s.users: {first: first_name}\n  s.profiles: {name: full_name}\n"
                 "  s.orders: {name: full_name}\n  s.lines: {who: full_name}\n");
    assert_string_equal(l.masking.tables[0].person.label, "s.users");
    assert_int_equal(l.masking.tables[0].person.column, 0);
    /* one to one: the user */
    assert_string_equal(l.masking.tables[1].person.label, "s.users");
    assert_int_equal(l.masking.tables[1].person.column, 0);
    /* of many: a name of an order is the order's */
    assert_string_equal(l.masking.tables[2].person.label, "s.orders");
    assert_int_equal(l.masking.tables[2].person.column, -1);
    assert_non_null(strstr(l.masking.tables[2].extras[l.masking.tables[2].person.extra], "id"));
    assert_string_equal(l.masking.tables[3].person.label, "s.lines");
    assert_false(l.masking.tables[0].entity.is_needed);
    little_deinit(&l);
}

static void
dates_belong_to_the_root_of_the_owners(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop,
                 "sample: {rate: 5%, foreign_keys: {s.orders.user_id: owner, s.lines.order_id: "
                 "owner}}\n"
                 "columns:\n  s.orders: {at: date_shift}\n  s.lines: {at: date_shift}\n");
    const struct masked_table *orders = &l.masking.tables[2], *lines = &l.masking.tables[3];
    assert_string_equal(orders->entity.label, "s.users");
    assert_int_equal(orders->entity.column, 1); /* the key of the user is in the row */
    assert_string_equal(orders->joins, "");
    assert_string_equal(lines->entity.label, "s.users");
    assert_int_equal(lines->entity.column, -1);
    assert_non_null(strstr(lines->joins, "LEFT JOIN"));
    assert_non_null(strstr(lines->joins, "AS decant_e1 ON decant_e1.\"id\" "
                                         "OPERATOR(pg_catalog.=) decant_row.\"order_id\""));
    assert_null(strstr(lines->joins, "decant_e2")); /* the order has the user's key */
    assert_string_equal(lines->extras[lines->entity.extra],
                        "(decant_e1.\"user_id\")::pg_catalog.int8");
    assert_false(orders->person.is_needed);
    little_deinit(&l);
}

static void
entities_of_the_rules_say_whose_dates_and_names_they_are(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop,
                 "sample: {rate: 5%, foreign_keys: {s.orders.user_id: owner, s.lines.order_id: "
                 "owner}}\n"
                 "entities: {order: {table: s.orders, via: {s.lines: order_id}}}\n"
                 "columns:\n  s.orders: {at: date_shift, name: full_name}\n"
                 "  s.lines: {at: date_shift, who: full_name}\n");
    const struct masked_table *orders = &l.masking.tables[2], *lines = &l.masking.tables[3];
    assert_string_equal(orders->entity.label, "s.orders");
    assert_string_equal(lines->entity.label, "s.orders");
    assert_string_equal(lines->person.label, "s.orders");
    assert_string_equal(lines->joins, "");
    assert_non_null(strstr(lines->extras[lines->person.extra], "order_id"));
    little_deinit(&l);
}

static void
a_row_without_a_key_is_known_by_all_that_it_holds(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, "s.log\n  name text\n  n bigint\n", "columns: {s.log: {name: full_name}}\n");
    const struct masked_table *log = &l.masking.tables[0];
    assert_int_equal(log->person.column, -1);
    assert_non_null(strstr(log->extras[log->person.extra], "decant_row"));
    little_deinit(&l);
}

static void
keys_of_several_columns_stand_behind_each_other(void **state)
{
    struct little l;
    (void)state;
    little_begin(
        &l,
        "s.t\n  a text; not null\n  \"B b\" date; not null\n  name text\n  + unique a, \"B b\"\n",
        "columns: {s.t: {a: keep, name: full_name}}\n");
    const struct masked_table *t = &l.masking.tables[0];
    const char *sql = t->extras[t->person.extra];
    assert_non_null(strstr(sql, "decant_row.\"a\""));
    assert_non_null(strstr(sql, " || pg_catalog.chr(31) || "));
    assert_non_null(strstr(sql, "decant_row.\"B b\""));
    little_deinit(&l);
}

/* A masked or computed key does not travel as it is: whose row it is comes beside it. */
static void
a_masked_key_is_sent_once_more_to_tell_whose_row_it_is(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, shop, "defaults: {keys: permute}\ncolumns: {s.users: {first: first_name}}\n");
    assert_int_equal(l.masking.tables[0].person.column, -1);
    assert_string_equal(l.masking.tables[0].extras[l.masking.tables[0].person.extra],
                        "(decant_row.\"id\")::pg_catalog.int8");
    little_deinit(&l);
}

/* ---- domains */

static void
case_counts_where_the_source_says_so(void **state)
{
    static const struct {
        const char *a, *b;
        bool a_folds, b_folds;
    } cases[] = {
        { "x text; lower", "y text", true, true }, /* the fold spreads */
        { "x text; lower", "y text; unique", true, false },
        { "x citext", "y text; unique", true, false },
        { "x text; unique", "y text; unique", false, false },
        { "x text", "y text", false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char schema[200];
        snprintf(schema, sizeof schema,
                 "s.a\n  id bigint; key\n  %s\ns.b\n  id bigint; key\n  %s\n", cases[i].a,
                 cases[i].b);
        little_begin(&l, schema, "columns: {s.a: {x: token}, s.b: {y: token}}\n");
        bool a = little_mask(&l, "s.a.x")->masks[0]->domain->lower;
        bool b = little_mask(&l, "s.b.y")->masks[0]->domain->lower;
        if (a != cases[i].a_folds || b != cases[i].b_folds)
            fail_msg("%s beside %s: %d %d", cases[i].a, cases[i].b, a, b);
        little_deinit(&l);
    }
}

/* A key that is told from others by its case, and one that is not, have one fake all the same. */
static void
a_key_folds_where_one_of_its_ends_does(void **state)
{
    struct little l;
    char fake[64];
    (void)state;
    little_begin(&l, "s.a\n  x text; key\ns.b\n  y citext; -> s.a.x\ns.c\n  z text; unique\n",
                 "columns: {s.a: {x: token}, s.c: {z: token}}\n");
    assert_false(little_mask(&l, "s.c.z")->masks[0]->domain->lower); /* no end of that key */
    assert_true(little_mask(&l, "s.a.x")->masks[0]->domain->lower);
    assert_true(little_mask(&l, "s.b.y")->masks[0]->domain->lower);
    snprintf(fake, sizeof fake, "%s", little_fake(&l, "s.a.x", "SomeThing-1234567890", 1));
    assert_string_equal(little_fake(&l, "s.b.y", "something-1234567890", 2), fake);
    little_deinit(&l);
}

static void
the_narrowest_column_and_any_unique_one_decide_for_the_domain(void **state)
{
    static const char schema[] = "s.a\n  id bigint; key\n  x character varying(40)\n"
                                 "s.b\n  id bigint; key\n  y text; unique\n"
                                 "s.c\n  id bigint; key\n  z character varying(30)\n  w text\n";
    struct little l;
    (void)state;
    little_begin(&l, schema,
                 "columns: {s.a: {x: email}, s.b: {y: email}, s.c: {z: email, w: token}}\n");
    const struct mask *x = little_mask(&l, "s.a.x")->masks[0];
    const struct mask *w = little_mask(&l, "s.c.w")->masks[0];
    assert_int_equal(x->domain->room, 30);
    assert_true(x->domain->unique);
    char fake[64];
    snprintf(fake, sizeof fake, "%s", little_fake(&l, "s.a.x", "ann@corp.test", 1));
    assert_string_equal(little_fake(&l, "s.b.y", "ann@corp.test", 2), fake);
    assert_string_equal(little_fake(&l, "s.c.z", "ann@corp.test", 3), fake);
    assert_true(strlen(fake) <= 30);
    assert_int_equal(x->room, 40); /* what fits here */
    assert_false(w->domain->unique);
    assert_int_equal(w->domain->room, 0);
    little_deinit(&l);
}

static void
numbers_of_a_sequence_count_rows_and_tell_nobody(void **state)
{
    static const char schema[] = "s.a\n  id bigint; key; sequence\n  n bigint\n"
                                 "s.b\n  id bigint; key\n  a_id bigint; -> s.a.id\n";
    struct little l;
    (void)state;
    little_begin(&l, schema, "columns: {s.a: {id: int, n: int}, s.b: {id: int}}\n");
    assert_true(little_mask(&l, "s.a.id")->masks[0]->is_counter);
    assert_true(little_mask(&l, "s.b.a_id")->masks[0]->is_counter);
    assert_false(little_mask(&l, "s.a.n")->masks[0]->is_counter);
    assert_false(little_mask(&l, "s.b.id")->masks[0]->is_counter);
    little_deinit(&l);
}

static void
tables_are_found_by_their_partitions(void **state)
{
    struct little l;
    (void)state;
    little_begin(&l, "s.t\n  a text\n  + partition RANGE (b)\ns.t1\n  a text\ns.u\n  a text\n",
                 "columns: {s.t: {a: text}, \"*\": {a: redact}}\n");
    l.tables[1].root = &l.tables[0];
    assert_ptr_equal(masking_find(&l.masking, &l.tables[1]), &l.masking.tables[0]);
    assert_ptr_equal(masking_find(&l.masking, &l.tables[2]), &l.masking.tables[2]);
    assert_null(masking_find(NULL, &l.tables[2]));
    struct table other = { .name = "other" };
    other.root = &other;
    assert_null(masking_find(&l.masking, &other));
    assert_null(masking_column(&l.masking.tables[0], 5));
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_mask_must_know_beside_its_value_cannot_be_in_a_key),
        cmocka_unit_test(conditions_whose_names_may_mean_something_else_are_refused),
        cmocka_unit_test(derived_columns_are_made_behind_what_they_are_made_of),
        cmocka_unit_test(a_template_may_use_what_is_masked_and_nothing_else_that_is_open),
        cmocka_unit_test(a_gender_that_is_masked_itself_tells_nothing),
        cmocka_unit_test(what_fits_no_column_of_its_type_is_told_with_the_column),
        cmocka_unit_test(masks_that_look_at_nothing_read_nothing),
        cmocka_unit_test(arrays_are_read_for_their_dimensions),
        cmocka_unit_test(one_condition_is_sent_once_and_sees_its_own_row_only),
        cmocka_unit_test(names_belong_to_the_person_that_a_row_extends),
        cmocka_unit_test(dates_belong_to_the_root_of_the_owners),
        cmocka_unit_test(entities_of_the_rules_say_whose_dates_and_names_they_are),
        cmocka_unit_test(a_row_without_a_key_is_known_by_all_that_it_holds),
        cmocka_unit_test(keys_of_several_columns_stand_behind_each_other),
        cmocka_unit_test(a_masked_key_is_sent_once_more_to_tell_whose_row_it_is),
        cmocka_unit_test(case_counts_where_the_source_says_so),
        cmocka_unit_test(a_key_folds_where_one_of_its_ends_does),
        cmocka_unit_test(the_narrowest_column_and_any_unique_one_decide_for_the_domain),
        cmocka_unit_test(numbers_of_a_sequence_count_rows_and_tell_nobody),
        cmocka_unit_test(tables_are_found_by_their_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
