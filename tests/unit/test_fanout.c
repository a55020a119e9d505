/* SPDX-License-Identifier: PostgreSQL */
/* How many rows refer to one parent, in the sample and in the source. */
#include "choosing.h"
#include "select/internal.h"
#include "server.h"

static struct choosing c;

/* Children of every row of all tables, by one key: of the sample, or of the source. */
static int64_t *
count_children(const char *key, bool sampled)
{
    const struct references *refs = references_named(&c, key);
    int64_t *children = mem_alloc((c.nrows + 1) * sizeof *children);
    for (size_t k = 0; k < refs->n; k++)
        children[refs->pairs[k].parent] +=
            !sampled || c.seen.origins[refs->pairs[k].child] == ORIGIN_SAMPLE;
    return children;
}

static int64_t
sum_of(const struct select_fanout *fanout)
{
    int64_t parents = 0;
    for (int i = 0; i <= SELECT_MOST_CHILDREN; i++)
        parents += fanout->bars[i];
    return parents;
}

static const struct {
    const char *key, *parent, *child;
} keys[] = {
    { "sales_shop_fkey", "shops", "sales" },
    { "parts_shop_sale_fkey", "sales", "parts" },
    { "scores_shop_fkey", "shops", "scores" },
    { "shifts_clerk_fkey", "clerks", "shifts" },
};

enum { KEYS = sizeof keys / sizeof *keys };

/* Parents that are there for themselves, those without children, too. */
static void
the_sample_counts_the_children_of_every_sampled_parent(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none}");
    for (size_t i = 0; i < KEYS; i++) {
        struct select_fanout sample, in_source;
        const struct source *parents = source_named(&c, keys[i].parent);
        int64_t *children = count_children(keys[i].key, true);
        int64_t bars[SELECT_MOST_CHILDREN + 1] = { 0 };
        assert_true(select_fanout(c.set, edge_named(&c, keys[i].key), &sample, &in_source));
        for (size_t row = 0; row < parents->n; row++)
            if (origin_at(&c, parents, row) == ORIGIN_SAMPLE)
                bars[children[parents->first + row]]++;
        assert_memory_equal(sample.bars, bars, sizeof bars);
        assert_int_equal(sample.parents, rows_of_origin(&c, keys[i].parent, ORIGIN_SAMPLE));
        assert_int_equal(sum_of(&sample), sample.parents);
        assert_true(sample.bars[0] > 0);
        free(children);
    }
}

/* What the cap makes likelier brings a part of its children: it would tell another story. */
static void
whales_do_not_count_in_the_sample(void **state)
{
    struct select_fanout sample, in_source;
    int64_t plain = 0;
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 20%}");
    const struct source *shops = source_named(&c, "shops");
    for (size_t row = 0; row < shops->n; row++)
        plain +=
            origin_at(&c, shops, row) == ORIGIN_SAMPLE && probability_at(&c, shops, row) < 0.21;
    assert_true(plain < rows_of_origin(&c, "shops", ORIGIN_SAMPLE));
    assert_true(select_fanout(c.set, edge_named(&c, "sales_shop_fkey"), &sample, &in_source));
    assert_int_equal(sample.parents, plain);
    assert_int_equal(sum_of(&sample), plain);
}

/* Their mean is what a report says. Children of whales and of pulled parents are not among
 * them, as these are not among the parents. */
static void
children_are_those_of_the_parents_that_count(void **state)
{
    static const char *const samples[] = { "{rate: 20%, cap: 20%}", "{rate: 30%, cap: none}" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        must_choose(&c, samples[i]);
        for (size_t k = 0; k < KEYS; k++) {
            struct select_fanout sample, in_source;
            int64_t children = 0;
            assert_true(select_fanout(c.set, edge_named(&c, keys[k].key), &sample, &in_source));
            for (int n = 0; n < SELECT_MOST_CHILDREN; n++)
                children += n * sample.bars[n];
            if (sample.children != children)
                fail_msg("%s: %s: %lld, not %lld", samples[i], keys[k].key,
                         (long long)sample.children, (long long)children);
        }
    }
}

/* The last bar says "or more"; the mean must know how many. */
static void
children_are_counted_beyond_the_last_bar(void **state)
{
    enum { CHILDREN = 3000 };
    const struct foreign_key foreign = { .name = "k" };
    const struct sample_edge plan = { .key = &foreign };
    const struct sampling sampling = { .nedges = 1 };
    const struct column column = { .name = "p", .type = fake_type("bigint", &(int){ -1 }) };
    const struct column *columns[] = { &column };
    struct target parent = { 0 };
    struct edge edge = {
        .plan = &plan,
        .child = { .ncolumns = 1, .columns = columns, .at = &(int){ 0 }, .as_integer = true },
        .parent = &parent
    };
    struct chosen_rows set = { .sampling = &sampling, .edges = &edge };
    (void)state;
    for (int i = 0; i < CHILDREN; i++) {
        uint8_t bytes[8];
        const struct decant_value value = big_endian((uint64_t)(i % 10 == 0 ? 2 : 1), 8, bytes);
        fanout_add(&set, &edge, &value);
    }
    keyset_put(&parent.members, (struct key128){ 1, 0 }, ORIGIN_SAMPLE);
    keyset_put(&parent.members, (struct key128){ 2, 0 }, ORIGIN_SAMPLE);
    keyset_put(&parent.members, (struct key128){ 3, 0 }, ORIGIN_SAMPLE);
    fanout_finish(&set);
    assert_int_equal(edge.sample->parents, 3);
    assert_int_equal(edge.sample->children, CHILDREN);
    assert_int_equal(edge.sample->bars[SELECT_MOST_CHILDREN], 2);
    assert_int_equal(edge.sample->bars[0], 1);
    keyset_deinit(&parent.members);
    arena_deinit(&set.arena);
    buf_deinit(&set.scratch);
}

/* Where the cap counts the owners of all rows anyway. Parents without children are not known. */
static void
the_cap_counts_the_source(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: 20%, foreign_keys: {public.scores.shop: owner}}");
    for (size_t i = 0; i < 3; i++) {
        struct select_fanout sample, in_source;
        const struct source *parents = source_named(&c, keys[i].parent);
        int64_t *children = count_children(keys[i].key, false);
        int64_t bars[SELECT_MOST_CHILDREN + 1] = { 0 }, all = 0, with = 0;
        assert_true(select_fanout(c.set, edge_named(&c, keys[i].key), &sample, &in_source));
        for (size_t row = 0; row < parents->n; row++) {
            int64_t n = children[parents->first + row];
            bars[n] += n > 0;
            all += n;
            with += n > 0;
        }
        assert_memory_equal(in_source.bars, bars, sizeof bars);
        assert_int_equal(in_source.parents, with);
        assert_int_equal(in_source.children, all);
        free(children);
    }
}

static void
without_a_cap_or_within_a_frame_the_source_is_not_known(void **state)
{
    static const char *const samples[] = {
        "{rate: 20%, cap: none}",
        "{rate: 20%, cap: 20%, tables: {public.sales: {where: amount > 1}}}",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct select_fanout sample, in_source;
        must_choose(&c, samples[i]);
        assert_true(select_fanout(c.set, edge_named(&c, "sales_shop_fkey"), &sample, &in_source));
        assert_int_equal(in_source.children, 0);
        assert_int_equal(sum_of(&in_source), 0);
    }
}

/* The database does not know it, and nobody looks at it. */
static void
references_that_only_the_rules_know_are_not_counted(void **state)
{
    struct select_fanout sample, in_source;
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none, virtual: [{from: public.shops.country, to: "
                    "public.clerks.name, policy: pull}]}");
    for (int i = 0; i < c.sampling.nedges; i++)
        if (c.sampling.edges[i].key == NULL) {
            assert_false(select_fanout(c.set, i, &sample, &in_source));
            assert_int_equal(sample.parents + sample.children + in_source.children, 0);
            return;
        }
    fail_msg("the rules' reference is missing");
}

/* All rows of a whole table are parents of their own right. */
static void
whole_parents_count(void **state)
{
    struct select_fanout sample, in_source;
    (void)state;
    must_choose(&c, "{rate: 30%, cap: none, whole: [public.clerks]}");
    assert_true(select_fanout(c.set, edge_named(&c, "shifts_clerk_fkey"), &sample, &in_source));
    assert_int_equal(sample.parents, source_named(&c, "clerks")->n);
    assert_int_equal(sum_of(&sample), sample.parents);
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "strata");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    choosing_close(&c);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_counts_the_children_of_every_sampled_parent),
        cmocka_unit_test(whales_do_not_count_in_the_sample),
        cmocka_unit_test(the_cap_counts_the_source),
        cmocka_unit_test(without_a_cap_or_within_a_frame_the_source_is_not_known),
        cmocka_unit_test(references_that_only_the_rules_know_are_not_counted),
        cmocka_unit_test(whole_parents_count),
        cmocka_unit_test(children_are_those_of_the_parents_that_count),
        cmocka_unit_test(children_are_counted_beyond_the_last_bar),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
