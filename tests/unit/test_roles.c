/* SPDX-License-Identifier: PostgreSQL */
/* Roles and owners of a whole schema, as a server tells it: from its catalog to its sample. */
#include "fake.h"
#include "loaded.h" /* and "server.h" */

struct sampled {
    struct loaded l;
    struct statistics statistics;
    struct rules *rules;
    struct sampling sampling;
};

static void
sampled_open(struct sampled *s, const char *rules, bool is_first)
{
    struct loaded *l = &s->l;
    loaded_open(l, "roles", false);
    statistics_init(&s->statistics, l->catalog, &l->arena);
    assert_true(statistics_count_few(&s->statistics, l->conn, SAMPLING_FEW_ROWS, &l->err));
    if (is_first)
        assert_true(statistics_load(&s->statistics, l->conn, &l->err));
    l->plan.statistics = &s->statistics;
    l->plan.is_first = is_first;
    s->rules = fake_rules(rules);
    if (!sampling_build(s->rules, &l->plan, &l->arena, &s->sampling, &l->err))
        fail_msg("%s (%s)", l->err.message, l->err.hint);
}

static void
sampled_close(struct sampled *s)
{
    rules_free(s->rules);
    loaded_close(&s->l);
}

static const struct sample_table *
table_of(const struct sampled *s, const char *name)
{
    int number = plan_number(&s->l.plan, loaded_table(&s->l, "crm", name));
    assert_int_not_equal(number, -1);
    return &s->sampling.tables[number];
}

static const struct sample_edge *
edge_of(const struct sampled *s, const char *name)
{
    for (int i = 0; i < s->sampling.nedges; i++)
        if (strcmp(s->sampling.edges[i].name, name) == 0)
            return &s->sampling.edges[i];
    fail_msg("no key %s", name);
    return NULL;
}

static void
each_table_has_its_role(void **state)
{
    static const struct {
        const char *table, *role, *owner;
    } cases[] = {
        { "Odd.Name", "whole", NULL },
        { "accounts", "root", NULL }, /* regions are whole, and nobody owns himself */
        { "agents", "whole", NULL },
        { "regions", "whole", NULL },
        { "tagged", "owned", "tagged_region_account_fkey" },
        { "tags", "root", NULL },
        { "visits", "owned", "visits_region_account_fkey" },
    };
    struct sampled s;
    (void)state;
    sampled_open(&s, "sample: {rate: 20%}\n", false);
    assert_int_equal(s.sampling.ntables, sizeof cases / sizeof *cases);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sample_table *t = table_of(&s, cases[i].table);
        assert_string_equal(sampling_role(t), cases[i].role);
        if (cases[i].owner != NULL)
            assert_string_equal(s.sampling.edges[t->owner].name, cases[i].owner);
    }
    sampled_close(&s);
}

static void
keys_of_partitions_are_those_of_their_table(void **state)
{
    struct sampled s;
    (void)state;
    sampled_open(&s, "sample: {rate: 20%}\n", false);
    int visits = plan_number(&s.l.plan, loaded_table(&s.l, "crm", "visits")), n = 0;
    for (int i = 0; i < s.sampling.nedges; i++)
        n += s.sampling.edges[i].child == visits;
    assert_int_equal(n, 2);
    const struct sample_edge *edge = edge_of(&s, "visits_region_account_fkey");
    assert_true(edge->is_enforced);
    assert_int_equal(edge->ncolumns, 2);
    assert_string_equal(edge->child_keys[0]->name, "region");
    assert_string_equal(edge->child_keys[1]->name, "account");
    /* one partition has it: rows of the other one may refer to nothing */
    const struct sample_edge *agent = edge_of(&s, "visits_old_agent_fkey");
    assert_false(agent->is_enforced);
    assert_false(agent->needs_nothing);
    sampled_close(&s);
}

static void
a_tree_of_several_columns_is_pulled_and_links_follow(void **state)
{
    struct sampled s;
    (void)state;
    sampled_open(&s, "sample: {rate: 20%}\n", false);
    assert_int_equal(edge_of(&s, "accounts_region_parent_fkey")->policy, POLICY_PULL);
    assert_true(edge_of(&s, "accounts_region_fkey")->needs_nothing);
    assert_int_equal(edge_of(&s, "tagged_tag_fkey")->policy, POLICY_PULL);
    assert_false(edge_of(&s, "Odd.Name_of a_fkey")->is_enforced); /* NOT VALID */
    sampled_close(&s);
}

static void
keys_are_named_by_column_or_constraint(void **state)
{
    struct sampled s;
    (void)state;
    sampled_open(&s,
                 "sample:\n  rate: 20%\n  foreign_keys:\n"
                 "    crm.visits:visits_region_account_fkey: require\n"
                 "    crm.visits.agent: \"null\"\n"
                 "    'crm.\"Odd.Name\".\"of a\"': require\n"
                 "    crm.accounts:accounts_region_parent_fkey: {policy: pull_with_children, "
                 "max_rows: 5}\n"
                 "  roots: {'crm.\"Odd.Name\"': {rate: 100%}}\n",
                 false);
    assert_int_equal(edge_of(&s, "visits_region_account_fkey")->policy, POLICY_REQUIRE);
    assert_int_equal(edge_of(&s, "visits_old_agent_fkey")->policy, POLICY_NULL);
    assert_int_equal(edge_of(&s, "Odd.Name_of a_fkey")->policy, POLICY_REQUIRE);
    assert_int_equal(edge_of(&s, "accounts_region_parent_fkey")->rule->max_rows, 5);
    sampled_close(&s);
}

/* init looks at sizes: 1 % of 1,200 accounts are too few to follow, but tags are parts of an
 * account. */
static void
init_chooses_by_sizes_and_a_pull_does_not(void **state)
{
    struct sampled s;
    (void)state;
    sampled_open(&s, "sample: {rate: 1%}\n", true);
    assert_string_equal(sampling_role(table_of(&s, "visits")), "root");
    assert_non_null(strstr(table_of(&s, "visits")->owner_reason, "too few to follow"));
    assert_string_equal(sampling_role(table_of(&s, "tagged")), "owned");
    assert_false(table_of(&s, "tagged")->is_weak);
    sampled_close(&s);
    sampled_open(&s, "sample: {rate: 1%}\n", false);
    assert_string_equal(sampling_role(table_of(&s, "visits")), "owned");
    sampled_close(&s);
}

/* Half of the visits are in one region, but no account has more than two of them. */
static void
init_judges_a_key_of_several_columns_as_a_whole(void **state)
{
    struct sampled s;
    (void)state;
    sampled_open(&s, "sample: {rate: 20%}\n", true);
    if (strcmp(sampling_role(table_of(&s, "visits")), "owned") != 0)
        fail_msg("%s", table_of(&s, "visits")->owner_reason);
    sampled_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_table_has_its_role),
        cmocka_unit_test(keys_of_partitions_are_those_of_their_table),
        cmocka_unit_test(a_tree_of_several_columns_is_pulled_and_links_follow),
        cmocka_unit_test(keys_are_named_by_column_or_constraint),
        cmocka_unit_test(init_chooses_by_sizes_and_a_pull_does_not),
        cmocka_unit_test(init_judges_a_key_of_several_columns_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
