/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of rows whose parent is not chosen, on schemas of every shape. */
#include "planned.h"

enum { NSCHEMAS = 300 };

static uint32_t
draw(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

/* Two to eight tables, with keys wherever chance puts them: circles, trees, two of a kind. */
static void
random_schema(struct planned *p, uint32_t seed)
{
    static const int rows[] = { MANY_ROWS, MANY_ROWS, MANY_ROWS, 800, 3 };
    char name[32], from[40], to[40];
    int n = 2 + (int)draw(&seed, 7), nkeys = (int)draw(&seed, 14);
    bool links = draw(&seed, 3) == 0;
    planned_init(p);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "s.t%d", i);
        planned_table(p, name, rows[draw(&seed, 5)],
                      links && i % 2 ? "a! integer, b! integer, c! integer, d! integer"
                                     : "id* integer, a integer, b! integer, c! integer, d integer");
    }
    for (int i = 0; i < nkeys; i++) {
        int child = (int)draw(&seed, (uint32_t)n), parent = (int)draw(&seed, (uint32_t)n);
        snprintf(name, sizeof name, "k%02d", i);
        snprintf(from, sizeof from, "s.t%d(%c)", child, (int)('a' + draw(&seed, 4)));
        snprintf(to, sizeof to, "s.t%d(%s)", parent, links && parent % 2 ? "a" : "id");
        planned_key(p, name, from, to, draw(&seed, 3) == 0 ? 'c' : 'a')->is_validated =
            draw(&seed, 8) > 0;
    }
}

/* With what the rules may say of every key; `but` is left to the program. */
static const char *
written_down(struct planned *p, enum rules_policy but)
{
    struct buf text = { 0 };
    buf_puts(&text, "sample:\n  rate: 10%\n  foreign_keys: {}");
    for (int i = 0, n = 0; i < p->sampling.nedges; i++) {
        const struct sample_edge *e = &p->sampling.edges[i];
        if (e->policy == but)
            continue;
        if (n++ == 0)
            buf_cut(&text, text.len - strlen(" {}")), buf_putc(&text, '\n');
        buf_printf(&text, "    s.%s:%s: %s\n", p->sampling.tables[e->child].table->name, e->name,
                   rules_policy_name(e->policy));
    }
    const char *out = arena_printf(&p->arena, "%s\n", buf_str(&text));
    buf_deinit(&text);
    return out;
}

/* What became of every table and key, as a text. */
static const char *
outcome(struct planned *p)
{
    struct buf text = { 0 };
    for (int i = 0; i < p->sampling.ntables; i++) {
        const struct sample_table *t = &p->sampling.tables[i];
        buf_printf(&text, "%s %s %s %g\n", t->table->name, sampling_role(t),
                   t->owner >= 0 ? p->sampling.edges[t->owner].name : "-",
                   sampling_rate(&p->sampling, i));
    }
    for (int i = 0; i < p->sampling.nedges; i++)
        buf_printf(&text, "%s %s %d\n", p->sampling.edges[i].name,
                   rules_policy_name(p->sampling.edges[i].policy),
                   p->sampling.edges[i].needs_nothing);
    const char *out = arena_strdup(&p->arena, buf_str(&text));
    buf_deinit(&text);
    return out;
}

/* init pins what was chosen: it must be accepted, and mean the same. (Parents that come with their
 * children are not pinned: rules may ask for less of them than the program takes.) */
static void
what_is_chosen_may_be_written_down(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= NSCHEMAS; seed++) {
        struct planned p;
        random_schema(&p, seed);
        planned_sample(&p, "sample: {rate: 10%}\n");
        const char *rules = written_down(&p, POLICY_PULL_WITH_CHILDREN), *before = outcome(&p);
        if (!planned_try(&p, rules))
            fail_msg("seed %u: %s\n%s", seed, p.err.message, rules);
        assert_string_equal(outcome(&p), before);
        planned_deinit(&p);
    }
}

static void
the_order_of_keys_in_the_catalog_decides_nothing(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= NSCHEMAS; seed++) {
        struct planned p;
        random_schema(&p, seed);
        planned_sample(&p, "sample: {rate: 10%}\n");
        const char *before = outcome(&p);
        const int *first = p.sampling.order;
        uint32_t order = seed;
        for (int i = p.catalog.nforeign_keys - 1; i > 0; i--) {
            int j = (int)draw(&order, (uint32_t)i + 1);
            struct foreign_key other = p.keys[i];
            p.keys[i] = p.keys[j];
            p.keys[j] = other;
        }
        planned_sample(&p, "sample: {rate: 10%}\n");
        /* keys that say the same twice are one: either may give it its name */
        if (p.sampling.nedges == p.catalog.nforeign_keys) {
            assert_string_equal(outcome(&p), before);
            assert_memory_equal(p.sampling.order, first,
                                (size_t)p.sampling.ntables * sizeof *first);
        }
        planned_deinit(&p);
    }
}

/* Owners, and parents that are required, have their rows before those that follow. */
static void
check_order(const struct planned *p, uint32_t seed)
{
    int place[MOST_TABLES];
    memset(place, -1, sizeof place);
    for (int i = 0; i < p->sampling.ntables; i++) {
        assert_in_range(p->sampling.order[i], 0, p->sampling.ntables - 1);
        assert_int_equal(place[p->sampling.order[i]], -1); /* each once */
        place[p->sampling.order[i]] = i;
    }
    for (int i = 0; i < p->sampling.nedges; i++) {
        const struct sample_edge *e = &p->sampling.edges[i];
        bool first = p->sampling.tables[e->child].owner == i ||
                     (e->policy == POLICY_REQUIRE && !e->needs_nothing);
        if (first && place[e->parent] >= place[e->child])
            fail_msg("seed %u: %s comes before its parent", seed, e->name);
    }
}

static void
owners_and_required_parents_are_chosen_first(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= NSCHEMAS; seed++) {
        struct planned p;
        random_schema(&p, seed);
        planned_sample(&p, "sample: {rate: 10%}\n");
        check_order(&p, seed);
        planned_deinit(&p);
    }
}

/* Rules by chance: each is followed to the letter, or all are refused with a place and no crash. */
static void
what_rules_ask_for_is_done_or_refused(void **state)
{
    static const char *const roles[] = { "whole", "schema_only" };
    int accepted = 0;
    (void)state;
    for (uint32_t seed = 1; seed <= 4 * NSCHEMAS; seed++) {
        struct planned p;
        struct buf text = { 0 };
        uint32_t chance = seed * 977;
        random_schema(&p, seed);
        buf_puts(&text, "sample:\n  rate: 10%\n");
        if (draw(&chance, 3) == 0)
            buf_printf(&text, "  %s: [s.t%u]\n", roles[draw(&chance, 2)],
                       draw(&chance, (uint32_t)p.catalog.ntables));
        if (draw(&chance, 3) == 0)
            buf_printf(&text, "  roots: {s.t%u: {rate: 20%%}}\n",
                       draw(&chance, (uint32_t)p.catalog.ntables));
        bool any = false;
        for (int i = 0; i < p.catalog.nforeign_keys; i++)
            if (draw(&chance, 3) == 0) {
                buf_printf(&text, "%s    s.%s:%s: \"%s\"\n", any ? "" : "  foreign_keys:\n",
                           p.keys[i].child->name, p.keys[i].name,
                           rules_policy_name((enum rules_policy)draw(&chance, POLICY_COUNT)));
                any = true;
            }
        if (planned_try(&p, buf_str(&text))) {
            accepted++;
            check_order(&p, seed);
            for (int i = 0; i < p.sampling.nedges; i++)
                if (p.sampling.edges[i].rule != NULL)
                    assert_int_equal(p.sampling.edges[i].policy, p.sampling.edges[i].rule->policy);
            for (int i = 0; i < p.sampling.ntables; i++)
                assert_true(sampling_rate(&p.sampling, i) >= 0 &&
                            sampling_rate(&p.sampling, i) <= 1);
        } else {
            assert_int_equal(p.err.code, DECANT_USAGE);
            assert_true(p.err.message[0] != '\0');
        }
        buf_deinit(&text);
        planned_deinit(&p);
    }
    assert_in_range(accepted, NSCHEMAS / 2, 4 * NSCHEMAS - NSCHEMAS / 2);
}

static void
every_sampled_table_has_one_owner_or_is_a_root(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= NSCHEMAS; seed++) {
        struct planned p;
        random_schema(&p, seed);
        planned_sample(&p, "sample: {rate: 10%}\n");
        for (int i = 0; i < p.sampling.ntables; i++) {
            int table = i, steps = 0, owner;
            for (; (owner = p.sampling.tables[table].owner) >= 0; steps++) {
                const struct sample_edge *e = &p.sampling.edges[owner];
                assert_int_equal(e->child, table);
                assert_int_equal(e->policy, POLICY_OWNER);
                assert_int_equal(p.sampling.tables[table].role, ROLE_SAMPLED);
                assert_int_equal(p.sampling.tables[e->parent].role, ROLE_SAMPLED);
                assert_true(steps < p.sampling.ntables); /* no circle */
                table = e->parent;
            }
            double rate = sampling_rate(&p.sampling, i);
            assert_true(p.sampling.tables[i].role == ROLE_WHOLE ? rate == 1 : rate == 0.1);
        }
        int owned = 0, follow = 0;
        for (int i = 0; i < p.sampling.nedges; i++)
            owned += p.sampling.edges[i].policy == POLICY_OWNER;
        for (int i = 0; i < p.sampling.ntables; i++)
            follow += p.sampling.tables[i].owner >= 0;
        assert_int_equal(owned, follow);
        planned_deinit(&p);
    }
}

/* ---- one schema after the other */

/* Customers own orders, orders own lines; lines name products; a link says which tags they have. */
static void
shop(struct planned *p)
{
    planned_init(p);
    planned_table(p, "s.countries", 200, "code* text, name! text");
    planned_table(p, "s.customers", MANY_ROWS, "id* integer, country! text, referrer integer");
    planned_table(p, "s.lines", MANY_ROWS, "order_id* integer, line* integer, sku! text");
    planned_table(p, "s.marks", MANY_ROWS, "sku* text, tag* integer, at date");
    planned_table(p, "s.orders", MANY_ROWS, "id* integer, customer_id! integer, total numeric");
    planned_table(p, "s.products", MANY_ROWS, "sku* text, title text");
    planned_table(p, "s.tags", MANY_ROWS, "id* integer, name! text");
    planned_key(p, "country", "s.customers(country)", "s.countries(code)", 'a');
    planned_key(p, "referrer", "s.customers(referrer)", "s.customers(id)", 'a');
    planned_key(p, "line_order", "s.lines(order_id)", "s.orders(id)", 'c');
    planned_key(p, "line_sku", "s.lines(sku)", "s.products(sku)", 'a');
    planned_key(p, "customer", "s.orders(customer_id)", "s.customers(id)", 'a');
    planned_key(p, "tag_sku", "s.marks(sku)", "s.products(sku)", 'c');
    planned_key(p, "tag_tag", "s.marks(tag)", "s.tags(id)", 'c');
}

static void
each_key_has_the_policy_that_the_reference_says(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_string_equal(planned_owner(&p, "s.lines"), "line_order");
    assert_string_equal(planned_owner(&p, "s.orders"), "customer");
    assert_string_equal(planned_owner(&p, "s.marks"), "tag_sku");
    assert_int_equal(planned_edge(&p, "line_order")->policy, POLICY_OWNER);
    /* whole parents have all that is asked of them */
    assert_true(planned_edge(&p, "country")->needs_nothing);
    /* its children come along, and are of no other table that would come back */
    assert_int_equal(planned_edge(&p, "line_sku")->policy, POLICY_PULL_WITH_CHILDREN);
    /* with what they own, customers would bring customers */
    assert_int_equal(planned_edge(&p, "referrer")->policy, POLICY_PULL);
    /* nobody follows a tag */
    assert_int_equal(planned_edge(&p, "tag_tag")->policy, POLICY_PULL);
    planned_deinit(&p);
}

static void
a_pure_link_is_left_out_where_its_other_parent_would_bring_everything(void **state)
{
    static const struct {
        const char *columns;
        enum rules_policy policy;
    } cases[] = {
        { "a* integer, b* integer", POLICY_REQUIRE },
        { "a* integer, b* integer, at timestamp with time zone, day date", POLICY_REQUIRE },
        { "id* integer, a! integer, b integer", POLICY_REQUIRE }, /* a number of its own is a key */
        { "a* integer, b* integer, note text", POLICY_PULL },     /* it says something of its own */
        { "a* integer, b* integer, position integer", POLICY_PULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.badges", MANY_ROWS, "id* integer, member! integer");
        planned_table(&p, "s.link", MANY_ROWS, cases[i].columns);
        planned_table(&p, "s.members", MANY_ROWS, "id* integer");
        planned_key(&p, "badge_of", "s.badges(member)", "s.members(id)", 'c');
        planned_key(&p, "link_a", "s.link(a)", "s.badges(id)", 'c');
        planned_key(&p, "link_b", "s.link(b)", "s.members(id)", 'a');
        planned_sample(&p, "sample: {rate: 5%, foreign_keys: {s.link.a: owner}}\n");
        assert_int_equal(planned_edge(&p, "link_b")->policy, cases[i].policy);
        planned_deinit(&p);
    }
}

/* a is whole, and names p, which own c; those name q, which own d; and those name p again. */
static void
there_and_back(struct planned *p)
{
    planned_init(p);
    planned_table(p, "s.a", 800, "id* integer, p! integer");
    planned_table(p, "s.c", MANY_ROWS, "id* integer, p! integer, q! integer, x text");
    planned_table(p, "s.d", MANY_ROWS, "id* integer, q! integer, p! integer, x text");
    planned_table(p, "s.p", MANY_ROWS, "id* integer");
    planned_table(p, "s.q", MANY_ROWS, "id* integer");
    planned_key(p, "a_p", "s.a(p)", "s.p(id)", 'a');
    planned_key(p, "c_p", "s.c(p)", "s.p(id)", 'c');
    planned_key(p, "c_q", "s.c(q)", "s.q(id)", 'a');
    planned_key(p, "d_q", "s.d(q)", "s.q(id)", 'c');
    planned_key(p, "d_p", "s.d(p)", "s.p(id)", 'a');
}

static void
children_come_along_where_that_comes_to_an_end(void **state)
{
    static const struct {
        const char *c_q;
        enum rules_policy a_p;
    } cases[] = { { "pull", POLICY_PULL_WITH_CHILDREN }, /* q are hollow: no d come, nor their p */
                  { "pull_with_children", POLICY_PULL } };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct planned p;
        there_and_back(&p);
        planned_sample(&p,
                       arena_printf(&p.arena, "sample: {rate: 5%%, foreign_keys: {s.c.q: %s}}\n",
                                    cases[i].c_q));
        assert_int_equal(planned_edge(&p, "a_p")->policy, cases[i].a_p);
        planned_deinit(&p);
    }
}

/* What comes with its children must not bring rows of its own table in turn: neither of the keys
 * may count on the other one's not doing so yet. */
static void
no_parent_that_comes_with_its_children_comes_back(void **state)
{
    struct planned p;
    (void)state;
    there_and_back(&p);
    planned_sample(&p, "sample: {rate: 5%}\n");
    const char *rules = written_down(&p, POLICY_COUNT);
    if (!planned_try(&p, rules))
        fail_msg("%s\n%s", p.err.message, rules);
    planned_deinit(&p);
}

/* A row that refers to none, or gets another parent, brings nobody. */
static void
a_key_that_brings_no_parent_is_no_way_back(void **state)
{
    static const char *const policies[] = { "\"null\"", "reassign" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.members", MANY_ROWS, "id* integer, boss integer");
        planned_table(&p, "s.notes", MANY_ROWS, "id* integer, about! integer");
        planned_table(&p, "s.posts", MANY_ROWS, "id* integer, member! integer");
        planned_key(&p, "boss", "s.members(boss)", "s.members(id)", 'a');
        planned_key(&p, "about", "s.notes(about)", "s.members(id)", 'a');
        planned_key(&p, "post", "s.posts(member)", "s.members(id)", 'c');
        if (!planned_try(&p, arena_printf(&p.arena,
                                          "sample:\n  rate: 5%%\n  foreign_keys: "
                                          "{s.members.boss: %s, "
                                          "s.notes.about: pull_with_children}\n",
                                          policies[i])))
            fail_msg("%s: %s", policies[i], p.err.message);
        planned_deinit(&p);
    }
}

static void
a_whole_parent_needs_something_where_it_lacks_rows(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    planned_sample(&p, "sample: {rate: 5%, whole: [s.countries], "
                       "tables: {s.countries: {where: \"code > 'D'\"}}}\n");
    assert_false(planned_edge(&p, "country")->needs_nothing);
    planned_deinit(&p);
    shop(&p);
    p.keys[0].is_validated = false; /* rows of the source may have no parent */
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_false(planned_edge(&p, "country")->needs_nothing);
    planned_deinit(&p);
}

/* A key that one partition has says nothing of the rows of others. */
static void
a_key_of_one_partition_is_not_enforced_for_all(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.days", 300, "id* integer");
    planned_table(&p, "s.events", MANY_ROWS, "id* integer, day! integer");
    planned_table(&p, "s.events_1", MANY_ROWS, "id* integer, day! integer");
    planned_table(&p, "s.events_2", MANY_ROWS, "id* integer, day! integer");
    planned_partitions(&p, "s.events", 2);
    planned_key(&p, "day", "s.events_1(day)", "s.days(id)", 'a');
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_int_equal(p.sampling.nedges, 1);
    assert_false(planned_edge(&p, "day")->is_enforced);
    /* the root's own key, wherever it stands in the list, is one for all */
    planned_key(&p, "day", "s.events(day)", "s.days(id)", 'a');
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_int_equal(p.sampling.nedges, 1);
    assert_true(planned_edge(&p, "day")->is_enforced);
    planned_deinit(&p);
}

/* 18: the rows of several parents cover a period together. */
static void
a_key_over_periods_has_every_parent_of_the_other_columns(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.prices", MANY_ROWS, "sku* text, at* daterange");
    planned_table(&p, "s.sales", MANY_ROWS, "id* integer, sku! text, at! daterange");
    planned_key(&p, "price", "s.sales(sku, at)", "s.prices(sku, at)", 'c')->is_period = true;
    planned_sample(&p, "sample: {rate: 5%}\n");
    const struct sample_edge *edge = planned_edge(&p, "price");
    assert_int_equal(edge->ncolumns, 1);
    assert_string_equal(edge->child_keys[0]->name, "sku");
    assert_null(edge->key);
    assert_false(edge->is_enforced);
    assert_string_equal(planned_owner(&p, "s.sales"), ""); /* which of them would it follow? */
    planned_deinit(&p);
}

/* ---- what rules may ask for */

static void
rules_that_contradict_the_schema_are_refused_where_they_stand(void **state)
{
    static const struct {
        const char *rules, *message, *hint;
    } cases[] = {
        { "foreign_keys: {s.customers.referrer: pull_with_children}",
          "parents pulled with their children come back to their own table", "max_rows: 10000" },
        { "foreign_keys: {s.customers.referrer: require}",
          "r.yaml:3:18: 's.customers.referrer' cannot be required: it refers to its own table",
          "" },
        { "whole: [s.lines]\n  foreign_keys: {s.lines.sku: require}",
          "'s.lines.sku' cannot be required: its table is whole", "" },
        { "foreign_keys: {s.customers.referrer: owner}", "a table cannot own itself", "" },
        { "foreign_keys: {s.lines.sku: owner, s.lines.order_id: owner}", "'s.lines' has two owners",
          "" },
        { "whole: [s.orders]\n  foreign_keys: {s.lines.order_id: owner}",
          "'s.orders' is whole: it can own nothing", "take this line out" },
        { "whole: [s.lines]\n  foreign_keys: {s.lines.order_id: owner}",
          "'s.lines' is whole: it follows no owner", "" },
        { "schema_only: [s.lines]\n  foreign_keys: {s.lines.order_id: owner}",
          "'s.lines' is schema only: it follows no owner", "" },
        { "roots: {s.lines: {}}\n  foreign_keys: {s.lines.order_id: owner}",
          "'s.lines' is a root: it follows no owner", "" },
        { "schema_only: [s.products]",
          "rows of 's.lines' refer to 'products', of which the rules take the schema only",
          "foreign_keys: {s.lines.COLUMN: \"null\"} or require" },
        { "schema_only: [s.products]\n  foreign_keys: {s.lines.sku: pull}",
          "of which the rules take the schema only", "" },
        { "foreign_keys: {s.lines.skus: pull}",
          "there is no foreign key 's.lines.skus' between selected tables", "" },
        { "foreign_keys: {s.lines:line_skus: pull}", "there is no foreign key 's.lines:line_skus'",
          "" },
        { "foreign_keys: {x.lines.sku: pull}", "there is no foreign key 'x.lines.sku'", "" },
        { "foreign_keys: {s.lines.sku: pull, s.lines:line_sku: require}",
          "there is no foreign key 's.lines:line_sku'", "" },
        { "tables: {s.lines: {rate: 20%}}",
          "the rate of 's.lines' is above its owner's, which is 5%", "raise the rate" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        if (planned_try(&p, arena_printf(&p.arena, "sample:\n  rate: 5%%\n  %s\n", cases[i].rules)))
            fail_msg("accepted: %s", cases[i].rules);
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL ||
            strstr(p.err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' says '%s' (%s)", cases[i].rules, p.err.message, p.err.hint);
        planned_deinit(&p);
    }
}

static void
a_policy_that_is_asked_for_is_kept(void **state)
{
    static const struct {
        const char *rule, *key;
        enum rules_policy policy;
    } cases[] = {
        { "s.lines.sku: pull", "line_sku", POLICY_PULL },
        { "s.lines.sku: require", "line_sku", POLICY_REQUIRE },
        { "s.lines.sku: reassign", "line_sku", POLICY_REASSIGN },
        { "s.lines.sku: \"null\"", "line_sku", POLICY_NULL },
        { "s.lines:line_sku: owner", "line_sku", POLICY_OWNER },
        { "s.customers.referrer: \"null\"", "referrer", POLICY_NULL },
        { "s.customers.referrer: {policy: pull_with_children, max_rows: 10}", "referrer",
          POLICY_PULL_WITH_CHILDREN },
        { "s.lines.sku: pull_with_children", "line_sku", POLICY_PULL_WITH_CHILDREN },
        { "s.marks.tag: {policy: owner}", "tag_tag", POLICY_OWNER },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        planned_sample(&p, arena_printf(&p.arena, "sample:\n  rate: 5%%\n  foreign_keys:\n    %s\n",
                                        cases[i].rule));
        const struct sample_edge *edge = planned_edge(&p, cases[i].key);
        assert_int_equal(edge->policy, cases[i].policy);
        assert_non_null(edge->rule);
        assert_string_equal(edge->place, "r.yaml:4:5");
        if (edge->policy == POLICY_OWNER)
            assert_ptr_equal(
                planned_edge(&p,
                             planned_owner(&p, cases[i].rule[2] == 'l' ? "s.lines" : "s.marks")),
                edge);
        planned_deinit(&p);
    }
}

static void
rows_may_live_without_a_parent_of_which_only_the_schema_is_taken(void **state)
{
    static const char *const policies[] = { "\"null\"", "require" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct planned p;
        shop(&p);
        planned_sample(&p, arena_printf(&p.arena,
                                        "sample:\n  rate: 5%%\n  schema_only: [s.products]\n"
                                        "  foreign_keys: {s.lines.sku: %s, s.marks.sku: %s}\n",
                                        policies[i], policies[i]));
        assert_int_equal(planned_sampled(&p, "s.products")->role, ROLE_SCHEMA_ONLY);
        assert_true(planned_rate(&p, "s.products") == 0);
        planned_deinit(&p);
    }
}

/* Which of two keys of one column is meant cannot be told by it. */
static void
two_keys_of_one_column_are_told_apart_by_their_names(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.a", MANY_ROWS, "id* integer");
    planned_table(&p, "s.b", MANY_ROWS, "id* integer");
    planned_table(&p, "s.c", MANY_ROWS, "id* integer, of! integer");
    planned_key(&p, "to_a", "s.c(of)", "s.a(id)", 'a');
    planned_key(&p, "to_b", "s.c(of)", "s.b(id)", 'a');
    assert_false(planned_try(&p, "sample: {rate: 5%, foreign_keys: {s.c.of: pull}}\n"));
    assert_non_null(strstr(p.err.message, "2 foreign keys begin at 's.c.of'"));
    assert_non_null(strstr(p.err.hint, "schema.table:constraint"));
    planned_sample(&p, "sample: {rate: 5%, foreign_keys: {s.c:to_b: owner, s.c:to_a: pull}}\n");
    assert_string_equal(planned_owner(&p, "s.c"), "to_b");
    planned_deinit(&p);
}

/* ---- circles */

static void
three_tables_in_a_ring(struct planned *p, const char *columns)
{
    planned_init(p);
    planned_table(p, "s.a", MANY_ROWS, columns);
    planned_table(p, "s.b", MANY_ROWS, columns);
    planned_table(p, "s.c", MANY_ROWS, columns);
    planned_key(p, "ab", "s.a(of)", "s.b(id)", 'a');
    planned_key(p, "bc", "s.b(of)", "s.c(id)", 'a');
    planned_key(p, "ca", "s.c(of)", "s.a(id)", 'a');
}

static void
a_ring_of_keys_is_cut_once_by_pulling(void **state)
{
    struct planned p;
    int owners = 0, pulled = 0;
    (void)state;
    three_tables_in_a_ring(&p, "id* integer, of! integer");
    planned_sample(&p, "sample: {rate: 5%}\n");
    for (int i = 0; i < 3; i++) {
        owners += p.sampling.edges[i].policy == POLICY_OWNER;
        pulled += p.sampling.edges[i].policy == POLICY_PULL;
    }
    assert_int_equal(owners, 2);
    assert_int_equal(pulled, 1);
    planned_deinit(&p);
}

static void
a_ring_that_rules_ask_for_is_refused(void **state)
{
    static const struct {
        const char *policies, *message, *hint;
    } cases[] = {
        { "s.a.of: owner, s.b.of: owner, s.c.of: owner", "the owners go in a circle", "" },
        { "s.a.of: owner, s.b.of: owner, s.c.of: require",
          "r.yaml:1:65: owners and required parents go in a circle: 's.c.of' is part of it",
          "say 'pull' instead of 'require'" },
        { "s.a.of: require, s.b.of: require, s.c.of: require",
          "owners and required parents go in a circle", "say 'pull'" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        three_tables_in_a_ring(&p, "id* integer, of! integer");
        assert_false(
            planned_try(&p, arena_printf(&p.arena, "sample: {rate: 5%%, foreign_keys: {%s}}\n",
                                         cases[i].policies)));
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL ||
            strstr(p.err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' says '%s' (%s)", cases[i].policies, p.err.message, p.err.hint);
        planned_deinit(&p);
    }
}

/* Members require the link that they like; the link would require its member: nobody asked for it.
 */
static void
a_ring_opens_where_no_rule_holds_it(void **state)
{
    static const char *const rules[] = {
        "", ", foreign_keys: {s.members.likes: require}",
        ", foreign_keys: {s.members.fan_of: require, s.stars.gid: require}" /* over another one */
    };
    static const enum rules_policy expected[] = { POLICY_REQUIRE, POLICY_PULL, POLICY_PULL };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.also", MANY_ROWS, "gid* integer, mid* integer");
        planned_table(&p, "s.badges", MANY_ROWS, "id* integer, member! integer, inviter integer");
        planned_table(&p, "s.groups", MANY_ROWS, "id* integer, title text");
        planned_table(&p, "s.link", MANY_ROWS, "gid* integer, mid* integer");
        planned_table(&p, "s.members", MANY_ROWS,
                      "id* integer, likes integer, fan_of integer, a text");
        planned_table(&p, "s.stars", MANY_ROWS, "id* integer, gid integer, name text");
        planned_key(&p, "also_group", "s.also(gid)", "s.groups(id)", 'c');
        planned_key(&p, "also_member", "s.also(mid)", "s.members(id)", 'a');
        planned_key(&p, "badge", "s.badges(member)", "s.members(id)", 'c');
        planned_key(&p, "inviter", "s.badges(inviter)", "s.members(id)", 'a');
        planned_key(&p, "link_group", "s.link(gid)", "s.groups(id)", 'c');
        planned_key(&p, "link_member", "s.link(mid)", "s.members(id)", 'a');
        planned_key(&p, "likes", "s.members(likes)", "s.link(gid)", 'a');
        planned_key(&p, "fan", "s.members(fan_of)", "s.stars(id)", 'a');
        planned_key(&p, "star", "s.stars(gid)", "s.link(gid)", 'a');
        planned_sample(&p, arena_printf(&p.arena,
                                        "sample: {rate: 5%%, roots: {s.members: {}, s.groups: {}, "
                                        "s.stars: {}}"
                                        "%s}\n",
                                        rules[i]));
        assert_string_equal(planned_owner(&p, "s.link"), "link_group");
        assert_int_equal(planned_edge(&p, "link_member")->policy, expected[i]);
        /* what waits for the ring, but is no part of it, stays as it is */
        assert_int_equal(planned_edge(&p, "also_member")->policy, POLICY_REQUIRE);
        planned_deinit(&p);
    }
}

/* Rules that require two keys of three leave the third to the program, which has to open the ring
 * by pulling, not to close it with an owner of its own choice. */
static void
an_owner_that_no_rule_asks_for_closes_no_ring(void **state)
{
    struct planned p;
    (void)state;
    three_tables_in_a_ring(&p, "id* integer, of! integer");
    if (!planned_try(&p, "sample: {rate: 5%, foreign_keys: {s.a.of: require, s.b.of: require}}\n"))
        fail_msg("%s", p.err.message);
    assert_int_equal(planned_edge(&p, "ca")->policy, POLICY_PULL);
    planned_deinit(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_chosen_may_be_written_down),
        cmocka_unit_test(the_order_of_keys_in_the_catalog_decides_nothing),
        cmocka_unit_test(owners_and_required_parents_are_chosen_first),
        cmocka_unit_test(what_rules_ask_for_is_done_or_refused),
        cmocka_unit_test(every_sampled_table_has_one_owner_or_is_a_root),
        cmocka_unit_test(each_key_has_the_policy_that_the_reference_says),
        cmocka_unit_test(a_pure_link_is_left_out_where_its_other_parent_would_bring_everything),
        cmocka_unit_test(children_come_along_where_that_comes_to_an_end),
        cmocka_unit_test(a_whole_parent_needs_something_where_it_lacks_rows),
        cmocka_unit_test(a_key_of_one_partition_is_not_enforced_for_all),
        cmocka_unit_test(a_key_over_periods_has_every_parent_of_the_other_columns),
        cmocka_unit_test(rules_that_contradict_the_schema_are_refused_where_they_stand),
        cmocka_unit_test(a_policy_that_is_asked_for_is_kept),
        cmocka_unit_test(rows_may_live_without_a_parent_of_which_only_the_schema_is_taken),
        cmocka_unit_test(two_keys_of_one_column_are_told_apart_by_their_names),
        cmocka_unit_test(a_ring_of_keys_is_cut_once_by_pulling),
        cmocka_unit_test(a_ring_that_rules_ask_for_is_refused),
        cmocka_unit_test(a_ring_opens_where_no_rule_holds_it),
        cmocka_unit_test(no_parent_that_comes_with_its_children_comes_back),
        cmocka_unit_test(a_key_that_brings_no_parent_is_no_way_back),
        cmocka_unit_test(an_owner_that_no_rule_asks_for_closes_no_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
