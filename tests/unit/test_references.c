/* SPDX-License-Identifier: PostgreSQL */
/* References and roots as init writes them: lines that are read back as what was found. */
#include "little.h"
#include "propose/propose.h"

static const char schema[] = "s.users\n  id bigint; key\n  email text; unique\n"
                             "s.orders\n  id bigint; key\n"
                             "s.notes\n  id bigint; key\n  kind text\n  of bigint\n  doc jsonb\n"
                             "  \"odd, id\" bigint\n";

static struct little l;
static struct reference_end users, orders, both[2];

static void
begin(void)
{
    little_init(&l, schema);
    users = (struct reference_end){ .table = &l.tables[0], .looked = 100, .found = 100 };
    orders = (struct reference_end){ .table = &l.tables[1], .looked = 100, .found = 100 };
    both[0] = users;
    both[1] = orders;
}

static void
references_are_read_back_as_they_were_found(void **state)
{
    struct buf text = { 0 };
    (void)state;
    begin();
    both[0].value = "App\\Models\\User";
    both[1].value = "Billing::Order";
    struct reference items[] = {
        { .table = &l.tables[2], .column = "of", .type_column = "kind", .nends = 2, .ends = both },
        { .table = &l.tables[2], .column = "doc", .member = "user.id", .nends = 1, .ends = &users },
        { .table = &l.tables[2], .column = "odd, id", .nends = 1, .ends = &orders },
    };
    items[0].is_required = true;
    items[2].is_owner = true;
    struct references all = { .n = 3, .items = items };
    buf_puts(&text, "sample:\n  rate: 5%\n");
    assert_int_equal(references_put(&all, &text), 0);
    l.rules = fake_rules(buf_str(&text));
    const struct rules_sample *s = &l.rules->sample;
    assert_int_equal(s->nreferences, 3);
    assert_string_equal(s->references[0].type_column, "kind");
    assert_int_equal(s->references[0].nends, 2);
    assert_string_equal(s->references[0].ends[0].value, "App\\Models\\User");
    assert_string_equal(s->references[0].ends[1].value, "Billing::Order");
    assert_int_equal(s->references[0].policy, POLICY_REQUIRE);
    assert_string_equal(s->references[1].path, "$.user.id");
    assert_string_equal(s->references[2].columns[0], "odd, id");
    assert_int_equal(s->references[2].policy, POLICY_OWNER);
    /* the sampling's last edges are their ends, in this order */
    struct sampling sampling;
    if (!sampling_build(l.rules, &l.plan, &l.arena, &sampling, &l.err))
        fail_msg("%s", l.err.message);
    static const int of[] = { 0, 0, 1, 2 };
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(references_of(&all, &sampling, sampling.nedges - 4 + i), &items[of[i]]);
    buf_deinit(&text);
    little_deinit(&l);
}

/* In braces a comma ends a key. */
static void
types_with_a_comma_or_blanks_are_read_back_too(void **state)
{
    static const char *const values[] = { "Shop.User, Shop", " User", "User ", "- User", "? User" };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf text = { 0 };
        struct rules *rules = NULL;
        begin();
        users.value = values[i];
        struct reference item = {
            .table = &l.tables[2], .column = "of", .type_column = "kind", .nends = 1, .ends = &users
        };
        struct references all = { .n = 1, .items = &item };
        buf_puts(&text, "sample:\n  rate: 5%\n");
        references_put(&all, &text);
        if (!rules_parse("r.yaml", buf_str(&text), text.len, &rules, &l.err))
            fail_msg("%s: %s", buf_str(&text), l.err.message);
        assert_string_equal(rules->sample.references[0].ends[0].value, values[i]);
        rules_free(rules);
        buf_deinit(&text);
        little_deinit(&l);
    }
}

static void
what_is_not_clear_is_marked(void **state)
{
    static const struct {
        int64_t looked, found;
        int guesses;
    } cases[] = { { 100, 95, 0 }, { 100, 94, 1 }, { 0, 0, 0 }, { 3, 3, 0 } };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct buf text = { 0 };
        begin();
        users.looked = cases[i].looked;
        users.found = cases[i].found;
        struct reference item = {
            .table = &l.tables[2], .column = "of", .nends = 1, .ends = &users
        };
        struct references all = { .n = 1, .items = &item };
        assert_int_equal(references_put(&all, &text), cases[i].guesses);
        assert_int_equal(strstr(buf_str(&text), "# ? ") != NULL, cases[i].guesses);
        char number[60];
        snprintf(number, sizeof number, "%d of %d keys are there", (int)cases[i].found,
                 (int)cases[i].looked);
        assert_int_equal(strstr(buf_str(&text), number) != NULL, cases[i].looked > 0);
        buf_deinit(&text);
        little_deinit(&l);
    }
    struct buf text = { 0 };
    const struct references none = { 0 };
    assert_int_equal(references_put(&none, &text), 0);
    assert_int_equal(text.len, 0);
    const struct references late = { .nunanswered = 2 };
    assert_int_equal(references_put(&late, &text), 1);
    assert_non_null(strstr(buf_str(&text), "# ? 2 looks for references took too long"));
    buf_deinit(&text);
}

static void
rows_belong_whole_where_nearly_all_have_one_of_the_keys(void **state)
{
    struct reference_end ends[] = { { .rows = 60 }, { .rows = 38 } };
    struct reference r = { .type_column = "kind", .nends = 2, .ends = ends, .rows = 100 };
    (void)state;
    assert_true(references_is_whole(&r));
    ends[1].rows = 37;
    assert_false(references_is_whole(&r));
    ends[1].rows = 40;
    r.type_column = NULL;
    assert_false(references_is_whole(&r));
    r.type_column = "kind";
    r.rows = ends[0].rows = ends[1].rows = 0;
    assert_false(references_is_whole(&r));
}

/* ---- the head of the file */

static const char shop[] =
    "s.users rows 9000\n  id bigint; key\n"
    "s.shops rows 800\n  id bigint; key\n"
    "s.orders rows 50000\n  id bigint; key\n  user_id bigint; -> s.users.id\n"
    "  shop_id bigint; -> s.shops.id\n"
    "s.links rows 9000\n  a bigint; not null; -> s.users.id\n  b bigint; not "
    "null; -> s.orders.id\n  + unique a, b\n"
    "s.pair rows 900\n  x bigint\n  y bigint\n  + unique x, y\n"
    "s.twice rows 9000\n  id bigint; key\n  x bigint\n  y bigint\n  + key x, y "
    "-> s.pair: x, y\n"
    "s.flyway_schema_history few 3\n  installed_rank integer; key\n"
    "s.states few 5\n  id bigint; key\n";

static void
the_head_of_a_file_builds_the_sample_that_it_was_made_of(void **state)
{
    struct kind kinds[LITTLE_MOST] = { { 0 } };
    const struct references none = { 0 };
    struct buf text = { 0 };
    (void)state;
    little_init(&l, shop);
    struct rules *first = fake_rules("version: 1\n");
    const struct outline outline = {
        .plan = &l.plan, .rules = first, .kinds = kinds, .references = &none
    };
    kinds[6] = (struct kind){ TABLE_BOOKKEEPING, bookkeeping_of(&l.tables[6]), false, "" };
    kinds[7] = (struct kind){ TABLE_REFERENCE, NULL, true, "configuration, 5 rows" };
    propose_outline(&outline, "pii@1", 0.05, &text);
    l.rules = fake_rules(buf_str(&text));
    assert_true(l.rules->sample.rate == 0.05);
    assert_int_equal(l.rules->sample.nwhole, 2);
    l.plan.is_first = true;
    if (!sampling_build(l.rules, &l.plan, &l.arena, &l.owners, &l.err))
        fail_msg("%s", l.err.message);
    rules_free(l.rules);
    buf_reset(&text);
    propose_rules(&l.owners, &outline, "0a1b2c3d", "pii@1", 0.05, &text);
    propose_target(&outline, &text);
    assert_non_null(strstr(buf_str(&text), "- s.flyway_schema_history  # Flyway"));
    assert_non_null(strstr(buf_str(&text), "- s.states  # configuration, 5 rows"));
    l.rules = fake_rules(buf_str(&text));
    assert_string_equal(l.rules->key_id, "0a1b2c3d");
    assert_string_equal(l.rules->sqlite_profile, "jdbc");
    assert_int_equal(l.rules->columns.npacks, 1);
    /* without a look at sizes, the same sample comes of it */
    struct sampling again;
    l.plan.is_first = false;
    if (!sampling_build(l.rules, &l.plan, &l.arena, &again, &l.err))
        fail_msg("%s in\n%s", l.err.message, buf_str(&text));
    for (int t = 0; t < again.ntables; t++) {
        assert_int_equal(again.tables[t].role, l.owners.tables[t].role);
        assert_int_equal(again.tables[t].owner, l.owners.tables[t].owner);
    }
    for (int e = 0; e < again.nedges; e++)
        assert_int_equal(again.edges[e].policy, l.owners.edges[e].policy);
    rules_free(first);
    buf_deinit(&text);
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_read_back_as_they_were_found),
        cmocka_unit_test(what_is_not_clear_is_marked),
        cmocka_unit_test(rows_belong_whole_where_nearly_all_have_one_of_the_keys),
        cmocka_unit_test(the_head_of_a_file_builds_the_sample_that_it_was_made_of),
        cmocka_unit_test(types_with_a_comma_or_blanks_are_read_back_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
