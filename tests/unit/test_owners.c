/* SPDX-License-Identifier: PostgreSQL */
/* Whom the rows of a table follow: what speaks for an owner, and what against. */
#include "planned.h"

#define RATE "sample: {rate: 5%}\n"

/* A table s.child with two keys, to s.one and to s.two; what speaks for the second is in the case.
 */
struct two {
    struct planned p;
    struct table *child, *one, *two;
    struct foreign_key *to_one, *to_two;
};

static void
two_init(struct two *t, const char *child, const char *one, const char *two, const char *columns)
{
    struct planned *p = &t->p;
    const char *names[] = { child, one, two };
    planned_init(p);
    for (int i = 0; i < 2; i++) /* by their names' order */
        for (int j = 0; j < 2; j++)
            if (strcmp(names[j], names[j + 1]) > 0) {
                const char *other = names[j];
                names[j] = names[j + 1];
                names[j + 1] = other;
            }
    for (int i = 0; i < 3; i++)
        planned_table(p, names[i], MANY_ROWS,
                      strcmp(names[i], child) == 0 ? columns : "id* integer, title text");
    t->child = planned_find(p, child);
    t->one = planned_find(p, one);
    t->two = planned_find(p, two);
    t->to_one = planned_key(p, "a_one", arena_printf(&p->arena, "%s(one)", child),
                            arena_printf(&p->arena, "%s(id)", one), 'a');
    t->to_two = planned_key(p, "b_two", arena_printf(&p->arena, "%s(two)", child),
                            arena_printf(&p->arena, "%s(id)", two), 'a');
}

static void
each_sign_of_an_owner_speaks_for_it(void **state)
{
    static const struct {
        const char *child, *one, *two, *columns, *reason;
        char on_delete;
    } cases[] = {
        { "s.bill_items", "s.aids", "s.bills", "id* integer, one! integer, two! integer",
          "its name begins with the parent's", 'a' },
        { "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer",
          "deletes cascade", 'c' },
        { "s.child", "s.aids", "s.customers", "id* integer, one! integer, two! integer",
          "a person, an account or a tenant", 'a' },
        { "s.child", "s.aids", "s.bills", "two* integer, one* integer", "it leads the primary key",
          'a' },
        { "s.child", "s.aids", "s.bills", "id* integer, one integer, two! integer",
          "it cannot be NULL", 'a' },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct two t;
        two_init(&t, cases[i].child, cases[i].one, cases[i].two, cases[i].columns);
        t.to_two->on_delete = cases[i].on_delete;
        planned_sample(&t.p, RATE);
        assert_string_equal(planned_owner(&t.p, cases[i].child), "b_two");
        const struct sample_table *child = planned_sampled(&t.p, cases[i].child);
        if (strstr(child->owner_reason, cases[i].reason) == NULL)
            fail_msg("'%s', not '%s'", child->owner_reason, cases[i].reason);
        assert_int_equal(child->ncandidates, 2);
        planned_deinit(&t.p);
    }
}

/* rules/README.md: "in this order of weight" */
static void
signs_outweigh_each_other_in_the_order_of_the_reference(void **state)
{
    struct two t;
    (void)state;
    /* the name before a cascade */
    two_init(&t, "s.bill_items", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    t.to_one->on_delete = 'c';
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.bill_items"), "b_two");
    planned_deinit(&t.p);
    /* a cascade before a person */
    two_init(&t, "s.child", "s.customers", "s.docs", "id* integer, one! integer, two! integer");
    t.to_two->on_delete = 'c';
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.child"), "b_two");
    planned_deinit(&t.p);
    /* a person before what leads the primary key */
    two_init(&t, "s.child", "s.aids", "s.customers", "one* integer, two* integer");
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.child"), "b_two");
    planned_deinit(&t.p);
    /* what leads the primary key before what cannot be NULL */
    two_init(&t, "s.child", "s.aids", "s.bills", "two* integer, one* integer, x integer");
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.child"), "b_two");
    planned_deinit(&t.p);
}

/* The tickets of a project whose customer is known belong to the project before a board. */
static void
a_person_far_above_speaks_for_a_parent(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.boards", MANY_ROWS, "id* integer");
    planned_table(&p, "s.customers", MANY_ROWS, "id* integer");
    planned_table(&p, "s.projects", MANY_ROWS, "id* integer, customer! integer");
    planned_table(&p, "s.tasks", MANY_ROWS, "id* integer, board! integer, project! integer");
    planned_key(&p, "to_board", "s.tasks(board)", "s.boards(id)", 'a');
    planned_key(&p, "to_project", "s.tasks(project)", "s.projects(id)", 'a');
    planned_key(&p, "to_customer", "s.projects(customer)", "s.customers(id)", 'a');
    planned_sample(&p, RATE);
    assert_string_equal(planned_owner(&p, "s.tasks"), "to_project");
    assert_string_equal(planned_owner(&p, "s.projects"), "to_customer");
    assert_non_null(strstr(planned_sampled(&p, "s.tasks")->owner_reason, "is above it"));
    /* ... but not along a key that may be NULL */
    ((struct column *)planned_find(&p, "s.projects")->columns)[1].not_null = false;
    planned_sample(&p, RATE);
    assert_string_equal(planned_owner(&p, "s.tasks"), "to_board");
    planned_deinit(&p);
}

/* Trees of parents that lead back to themselves must not be climbed for ever. */
static void
a_ring_above_a_table_ends_the_search(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.a", MANY_ROWS, "id* integer, b! integer");
    planned_table(&p, "s.b", MANY_ROWS, "id* integer, a! integer");
    planned_table(&p, "s.z", MANY_ROWS, "id* integer, a! integer, b! integer");
    planned_key(&p, "a_b", "s.a(b)", "s.b(id)", 'a');
    planned_key(&p, "b_a", "s.b(a)", "s.a(id)", 'a');
    planned_key(&p, "z_a", "s.z(a)", "s.a(id)", 'a');
    planned_key(&p, "z_b", "s.z(b)", "s.b(id)", 'a');
    planned_sample(&p, RATE);
    assert_string_equal(planned_owner(&p, "s.a"), "a_b");
    assert_string_equal(planned_owner(&p, "s.b"), "");
    planned_deinit(&p);
}

static void
a_key_of_several_columns_owns_as_one(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.orders", MANY_ROWS, "shop* integer, no* integer");
    planned_table(&p, "s.parcels", MANY_ROWS, "shop* integer, no* integer, n* integer, x! integer");
    planned_table(&p, "s.routes", MANY_ROWS, "id* integer");
    planned_key(&p, "of_order", "s.parcels(shop, no)", "s.orders(shop, no)", 'a');
    planned_key(&p, "by_route", "s.parcels(x)", "s.routes(id)", 'a');
    planned_sample(&p, RATE);
    assert_string_equal(planned_owner(&p, "s.parcels"), "of_order");
    assert_non_null(strstr(planned_sampled(&p, "s.parcels")->owner_reason, "leads the primary"));
    assert_int_equal(planned_edge(&p, "of_order")->ncolumns, 2);
    planned_deinit(&p);
}

static void
roots_of_the_rules_follow_nobody(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.bill_items", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    planned_sample(&t.p, "sample: {rate: 5%, roots: {s.bill_items: {rate: 0.5%}}}\n");
    assert_string_equal(planned_owner(&t.p, "s.bill_items"), "");
    assert_string_equal(sampling_role(planned_sampled(&t.p, "s.bill_items")), "root");
    assert_true(planned_rate(&t.p, "s.bill_items") == 0.005);
    assert_true(planned_rate(&t.p, "s.bills") == 0.05);
    planned_deinit(&t.p);
}

static void
a_rule_for_a_key_takes_it_from_the_candidates(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.bill_items", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    planned_sample(&t.p, "sample: {rate: 5%, foreign_keys: {s.bill_items.two: pull}}\n");
    assert_string_equal(planned_owner(&t.p, "s.bill_items"), "a_one");
    assert_int_equal(planned_sampled(&t.p, "s.bill_items")->ncandidates, 1);
    planned_deinit(&t.p);
}

static void
a_second_owner_is_refused_whichever_keys_they_are(void **state)
{
    static const char *const orders[] = { "s.child.one: owner, s.child.two: owner",
                                          "s.child.two: owner, s.child.one: owner" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct two t;
        two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
        assert_false(
            planned_try(&t.p, arena_printf(&t.p.arena, "sample: {rate: 5%%, foreign_keys: {%s}}\n",
                                           orders[i])));
        assert_non_null(strstr(t.p.err.message, "r.yaml:1:55: 's.child' has two owners"));
        planned_deinit(&t.p);
    }
}

/* "one owner per table, which is sampled, however small it is" */
static void
an_owner_by_rule_is_sampled_however_small(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    planned_known(&t.p, t.one)->few_rows = 40;
    planned_known(&t.p, t.child)->few_rows = 200;
    planned_sample(&t.p, RATE);
    assert_string_equal(sampling_role(planned_sampled(&t.p, "s.aids")), "whole");
    assert_string_equal(sampling_role(planned_sampled(&t.p, "s.child")), "whole");
    planned_sample(&t.p, "sample: {rate: 5%, foreign_keys: {s.child.one: owner}}\n");
    assert_string_equal(sampling_role(planned_sampled(&t.p, "s.aids")), "root");
    assert_string_equal(sampling_role(planned_sampled(&t.p, "s.child")), "owned");
    int aids = plan_number(&t.p.plan, t.one), child = plan_number(&t.p.plan, t.child);
    assert_string_equal(sampling_why_not_whole(&t.p.sampling, aids), "others follow it");
    assert_string_equal(sampling_why_not_whole(&t.p.sampling, child), "the rules give it an owner");
    planned_deinit(&t.p);
}

/* ---- where nobody has decided yet: init may look at sizes and statistics */

static const char *
first_owner(struct two *t, const char *rules)
{
    planned_plan(&t->p, true, false);
    rules_free(t->p.rules);
    t->p.rules = fake_rules(rules);
    t->p.plan.is_first = true;
    assert_true(sampling_build(t->p.rules, &t->p.plan, &t->p.arena, &t->p.sampling, &t->p.err));
    return planned_owner(&t->p, "s.child");
}

static struct column *
column_of(struct table *table, const char *name)
{
    return (struct column *)&table->columns[table_column(table, name)];
}

static void
sizes_and_statistics_decide_only_where_nobody_has(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    t.to_two->on_delete = 'c';
    /* too few parents: 5 % of 500 are 25 */
    t.two->reltuples = 500;
    assert_string_equal(first_owner(&t, RATE), "a_one");
    assert_string_equal(first_owner(&t, "sample: {rate: 6%}\n"), "b_two"); /* 30 */
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.child"), "b_two"); /* a pull depends on neither */
    /* the most common parent has more than a fifth of the rows */
    t.two->reltuples = 10000;
    planned_known_column(&t.p, t.child, "two")->top_share = 0.21;
    assert_string_equal(first_owner(&t, RATE), "a_one");
    planned_known_column(&t.p, t.child, "two")->top_share = 0.2;
    assert_string_equal(first_owner(&t, RATE), "b_two");
    planned_known_column(&t.p, t.child, "two")->top_share = 0.9;
    planned_sample(&t.p, RATE);
    assert_string_equal(planned_owner(&t.p, "s.child"), "b_two");
    planned_deinit(&t.p);
}

static void
an_objection_is_told_where_a_table_follows_none(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    t.one->reltuples = t.two->reltuples = 100;
    assert_string_equal(first_owner(&t, RATE), "");
    const char *why = planned_sampled(&t.p, "s.child")->owner_reason;
    assert_non_null(strstr(why, "5 % of the 100 rows of"));
    assert_non_null(strstr(why, "are too few to follow"));
    t.one->reltuples = t.two->reltuples = 10000;
    planned_known_column(&t.p, t.child, "one")->top_share =
        planned_known_column(&t.p, t.child, "two")->top_share = 0.5;
    assert_string_equal(first_owner(&t, RATE), "");
    why = planned_sampled(&t.p, "s.child")->owner_reason;
    assert_non_null(strstr(why, "50 % of its rows have the same"));
    assert_int_equal(planned_sampled(&t.p, "s.child")->ncandidates, 2);
    planned_deinit(&t.p);
}

/* A part of the parent, by its name or primary key, follows it however few parents there are. */
static void
parts_follow_even_few_parents(void **state)
{
    struct planned p;
    static const char *const columns[] = { "id* integer, one! integer",
                                           "one* integer, n* integer" };
    static const char *const names[] = { "s.aid_lines", "s.things" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        planned_init(&p);
        planned_table(&p, i == 0 ? "s.aid" : "s.aids", MANY_ROWS, "id* integer")->reltuples = 50;
        planned_table(&p, names[i], MANY_ROWS, columns[i]);
        planned_key(&p, "part", arena_printf(&p.arena, "%s(one)", names[i]),
                    i == 0 ? "s.aid(id)" : "s.aids(id)", 'a');
        assert_true(planned_plan(&p, true, false));
        p.rules = fake_rules(RATE);
        p.plan.is_first = true;
        assert_true(sampling_build(p.rules, &p.plan, &p.arena, &p.sampling, &p.err));
        assert_string_equal(planned_owner(&p, names[i]), "part");
        assert_false(planned_sampled(&p, names[i])->is_weak);
        planned_deinit(&p);
    }
}

static void
the_order_of_storage_speaks_for_keys_that_cannot_be_null(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    planned_known_column(&t.p, t.child, "two")->correlation = -0.95;
    planned_known_column(&t.p, t.child, "one")->correlation = 0.5;
    assert_string_equal(first_owner(&t, RATE), "b_two");
    assert_non_null(strstr(planned_sampled(&t.p, "s.child")->owner_reason,
                           "its rows are stored in the parent's order"));
    planned_known_column(&t.p, t.child, "one")->correlation = 0.99; /* only the best of them */
    assert_string_equal(first_owner(&t, RATE), "a_one");
    column_of(t.child, "one")->not_null = false; /* owns a part of the rows only */
    assert_string_equal(first_owner(&t, RATE), "b_two");
    planned_deinit(&t.p);
}

/* Nothing but "it cannot be NULL" is a weak reason, which a person should look at. */
static void
weak_choices_are_marked_and_bad_ones_not_made(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one integer, two! integer");
    assert_string_equal(first_owner(&t, RATE), "b_two");
    assert_true(planned_sampled(&t.p, "s.child")->is_weak);
    column_of(t.child, "two")->not_null = false; /* nothing speaks for either */
    assert_string_equal(first_owner(&t, RATE), "");
    planned_deinit(&t.p);
}

static void
who_wrote_a_row_does_not_own_it(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.notes", MANY_ROWS, "id* integer, created_by! integer");
    planned_table(&p, "s.users", MANY_ROWS, "id* integer");
    planned_key(&p, "writer", "s.notes(created_by)", "s.users(id)", 'c');
    assert_true(planned_plan(&p, true, false));
    p.rules = fake_rules(RATE);
    p.plan.is_first = true;
    assert_true(sampling_build(p.rules, &p.plan, &p.arena, &p.sampling, &p.err));
    assert_string_equal(planned_owner(&p, "s.notes"), "");
    planned_deinit(&p);
}

/* What refers to sampled rows belongs to them, until rules say that it is whole. */
static void
a_small_table_below_a_large_one_is_whole_only_for_a_pull(void **state)
{
    struct two t;
    (void)state;
    two_init(&t, "s.child", "s.aids", "s.bills", "id* integer, one! integer, two! integer");
    planned_known(&t.p, t.child)->few_rows = 900;
    first_owner(&t, RATE);
    assert_int_equal(planned_sampled(&t.p, "s.child")->role, ROLE_SAMPLED);
    planned_known(&t.p, t.child)->few_rows = 4; /* a sample of a handful might be empty */
    first_owner(&t, RATE);
    assert_int_equal(planned_sampled(&t.p, "s.child")->role, ROLE_WHOLE);
    planned_known(&t.p, t.child)->few_rows = 900;
    planned_sample(&t.p, RATE);
    assert_int_equal(planned_sampled(&t.p, "s.child")->role, ROLE_WHOLE);
    planned_deinit(&t.p);
}

/* ... but below small tables that will be whole themselves it is whole, wherever they stand. */
static void
a_small_table_below_small_ones_is_whole_at_once(void **state)
{
    static const char *const parents[][2] = { { "s.aids", "s.bills" }, { "s.zones", "s.zoos" } };
    static const enum column_fate masked[] = { FATE_MASKED, FATE_COPIED }, none[4];
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int rows = 0; rows <= 600; rows += 300) {
            struct two t;
            two_init(&t, "s.child", parents[i][0], parents[i][1],
                     "id* integer, one! integer, two! integer");
            planned_known(&t.p, t.child)->few_rows = 900;
            planned_known(&t.p, t.one)->few_rows = planned_known(&t.p, t.two)->few_rows = rows;
            first_owner(&t, RATE);
            assert_int_equal(planned_sampled(&t.p, "s.child")->role, ROLE_WHOLE);
            /* a parent with columns that are masked is a sample, unless it has a handful of rows */
            const enum column_fate *fates[] = { none, none, none };
            fates[plan_number(&t.p.plan, t.one)] = masked;
            t.p.plan.masked = fates;
            assert_true(sampling_build(t.p.rules, &t.p.plan, &t.p.arena, &t.p.sampling, &t.p.err));
            assert_int_equal(planned_sampled(&t.p, parents[i][0])->role,
                             rows == 0 ? ROLE_WHOLE : ROLE_SAMPLED);
            if (rows > 0)
                assert_int_equal(planned_sampled(&t.p, "s.child")->role, ROLE_SAMPLED);
            planned_deinit(&t.p);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sign_of_an_owner_speaks_for_it),
        cmocka_unit_test(signs_outweigh_each_other_in_the_order_of_the_reference),
        cmocka_unit_test(a_person_far_above_speaks_for_a_parent),
        cmocka_unit_test(a_ring_above_a_table_ends_the_search),
        cmocka_unit_test(a_key_of_several_columns_owns_as_one),
        cmocka_unit_test(roots_of_the_rules_follow_nobody),
        cmocka_unit_test(a_rule_for_a_key_takes_it_from_the_candidates),
        cmocka_unit_test(a_second_owner_is_refused_whichever_keys_they_are),
        cmocka_unit_test(an_owner_by_rule_is_sampled_however_small),
        cmocka_unit_test(sizes_and_statistics_decide_only_where_nobody_has),
        cmocka_unit_test(an_objection_is_told_where_a_table_follows_none),
        cmocka_unit_test(parts_follow_even_few_parents),
        cmocka_unit_test(the_order_of_storage_speaks_for_keys_that_cannot_be_null),
        cmocka_unit_test(weak_choices_are_marked_and_bad_ones_not_made),
        cmocka_unit_test(who_wrote_a_row_does_not_own_it),
        cmocka_unit_test(a_small_table_below_a_large_one_is_whole_only_for_a_pull),
        cmocka_unit_test(a_small_table_below_small_ones_is_whole_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
