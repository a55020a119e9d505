/* SPDX-License-Identifier: PostgreSQL */
/* No chosen row without its parents: along keys that go in circles, of several columns, over
 * partitions, of equal values that are not identical, and where the source has no parent either. */
#include "choosing.h"
#include "server.h"

static struct choosing c;

/* So few rows have no whales. */
#define SAMPLE(rest) "{rate: 20%, cap: none" rest "}"
/* A pure link table would leave such rows out. */
#define KEPT ", foreign_keys: {public.loose.person: pull, public.loose.team: pull}"

/* By ways that differ: with owners as they are found, all pulled, and all that may be complete. */
static void
no_row_comes_without_its_parent(void **state)
{
    static const char *const samples[] = {
        SAMPLE(""),
        SAMPLE(", roots: {public.people: {}, public.visits: {}, public.remarks: {}, public.tagged: "
               "{}}"),
        SAMPLE(", foreign_keys: {public.people.team: owner, public.visits.person: owner}"),
        SAMPLE(
            ", roots: {public.tagged: {rate: 80%}, public.left_side: {}, public.right_side: {}}"),
        SAMPLE(", whole: [public.remarks, public.tagged, public.people]"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        must_choose(&c, samples[i]);
        assert_closed(&c);
        assert_counted(&c);
        assert_true(rows_in(&c, "tagged") > 0 && rows_in(&c, "remarks") > 0);
    }
}

/* Parents are reached by row and by table: whole numbers may come by an index, others never. */
static void
nor_with_any_key_or_rate(void **state)
{
    static const char *const rates[] = { "{rate: 2%, cap: none}", "{rate: 60%}" };
    struct key *first = c.key;
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        c.key = key_of_number(k);
        must_choose(&c, rates[k]);
        assert_closed(&c);
        assert_counted(&c);
        key_free(c.key);
    }
    c.key = first;
}

static void
the_planners_estimates_do_not_matter(void **state)
{
    static const double estimates[] = { -1, 1e4 };
    (void)state;
    must_choose(&c, SAMPLE(""));
    struct picture plain = picture_take(&c);
    for (size_t k = 0; k < 2; k++) {
        double known[40];
        for (int i = 0; i < c.catalog->ntables; i++) {
            known[i] = c.catalog->tables[i].reltuples;
            *size_of_table(&c, i) = estimates[k];
        }
        must_choose(&c, SAMPLE(""));
        assert_true(pictures_equal(&plain, &c.seen));
        for (int i = 0; i < c.catalog->ntables; i++)
            *size_of_table(&c, i) = known[i];
    }
    picture_free(&plain);
}

/* Is every row that is in for its own sake one that a sampled or whole row needs? */
static void
only_what_is_needed_is_pulled(void **state)
{
    (void)state;
    must_choose(&c, SAMPLE(", roots: {public.people: {}}"));
    bool *needed = mem_alloc(c.nrows + 1);
    int64_t pulled = 0;
    for (int i = 0; i < c.plan.nkeys; i++)
        for (size_t k = 0; k < c.references[i].n; k++)
            needed[c.references[i].pairs[k].parent] |=
                c.seen.origins[c.references[i].pairs[k].child] != ORIGIN_NONE;
    for (size_t row = 0; row < c.nrows; row++)
        if (c.seen.origins[row] == ORIGIN_PULLED) {
            assert_true(needed[row]);
            assert_true(c.seen.probabilities[row] == 0);
            pulled++;
        }
    assert_true(pulled > 10);
    free(needed);
}

/* A boss of a boss of a boss. */
static void
a_chain_within_a_table_is_followed_to_its_end(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 0.001%, cap: none, also: {public.loose: id = 36}}");
    const struct source *people = source_named(&c, "people");
    static const char *const chain[] = { "36", "18", "9", "4", "2" };
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(origin_at(&c, people, row_with(people, "id", chain[i])), ORIGIN_PULLED);
    assert_closed(&c);
}

static void
equal_values_find_each_other_though_they_are_spelled_differently(void **state)
{
    static const char *const keys[] = { "tagged_by_name_fkey", "tagged_by_weight_fkey",
                                        "tagged_by_number_fkey", "tagged_by_code_fkey",
                                        "tagged_by_share_fkey" };
    (void)state;
    must_choose(&c, SAMPLE(", roots: {public.tagged: {rate: 100%}}"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct references *refs = references_named(&c, keys[i]);
        assert_true(refs->n > 1);
        for (size_t k = 0; k < refs->n; k++)
            assert_int_not_equal(c.seen.origins[refs->pairs[k].parent], ORIGIN_NONE);
    }
    assert_int_equal(select_dangling(c.set, table_named(&c, "tags")), 0);
}

/* They are found again by their place alone. */
static void
rows_without_a_key_are_counted_one_by_one(void **state)
{
    int64_t in = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none}");
    const struct source *heap = source_named(&c, "heap");
    for (size_t row = 0; row < heap->n; row++)
        in += origin_at(&c, heap, row) != ORIGIN_NONE;
    assert_true(in > 0 && in < (int64_t)heap->n);
    assert_int_equal(select_count(c.set, heap->table, ORIGIN_SAMPLE), in);
    assert_closed(&c);
}

/* Names that need quotes, in every statement that is asked. */
static void
odd_names_are_quoted(void **state)
{
    (void)state;
    must_choose(&c, SAMPLE(", edges: {per_value: 2, null_patterns: 2, extremes: 1}, tables: "
                           "{'\"My.Schema\".\"Order \"\"Items\"\"\"': {where: '\"Id\" > 3'}}"));
    const struct source *odd = source_named(&c, "Order \"Items\"");
    int64_t in = 0;
    for (size_t row = 0; row < odd->n; row++)
        if (origin_at(&c, odd, row) != ORIGIN_NONE) {
            assert_true(atoi(cell(odd, row, "Id")) > 3);
            in++;
        }
    assert_true(in > 0);
    assert_closed(&c);
}

/* ---- parents that are not in the source either */

static void
rows_whose_parent_is_nowhere_are_counted(void **state)
{
    bool persons[3000] = { false };
    int64_t missing = 0;
    (void)state;
    must_choose(&c, SAMPLE(", roots: {public.loose: {rate: 100%}}" KEPT));
    const struct source *loose = source_named(&c, "loose");
    for (size_t row = 0; row < loose->n; row++) {
        const char *person = cell(loose, row, "person");
        if (person != NULL && atoi(person) > 1000 && !persons[atoi(person)])
            missing += persons[atoi(person)] = true;
    }
    assert_true(missing > 2);
    assert_int_equal(select_dangling(c.set, table_named(&c, "people")), missing);
    assert_int_equal(select_dangling(c.set, table_named(&c, "teams")), 1); /* 99, many times */
    assert_int_equal(select_dangling(c.set, table_named(&c, "tags")), 0);
    assert_closed(&c);
}

static void
or_stop_the_run_where_the_rules_say_so(void **state)
{
    (void)state;
    assert_false(
        choose(&c, SAMPLE(", roots: {public.loose: {rate: 100%}}" KEPT ", dangling: stop")));
    assert_int_equal(c.err.code, DECANT_REFUSED);
    assert_non_null(strstr(c.err.message, "8 rows that other rows refer to are not in "
                                          "'public.people' of the source"));
    assert_non_null(strstr(c.err.hint, "dangling: stop"));
    must_choose(&c, SAMPLE(", schema_only: [public.loose], dangling: stop"));
}

/* Rows whose owner is nowhere belong to nobody: they are chosen by themselves. */
static void
a_row_whose_owner_is_nowhere_may_be_chosen(void **state)
{
    int64_t orphans = 0, in = 0;
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none, foreign_keys: {public.loose.person: owner, "
                    "public.loose.team: pull}}");
    const struct source *loose = source_named(&c, "loose");
    for (size_t row = 0; row < loose->n; row++) {
        const char *person = cell(loose, row, "person");
        if (person == NULL || atoi(person) < 1000)
            continue;
        orphans++;
        in += origin_at(&c, loose, row) == ORIGIN_SAMPLE;
        if (origin_at(&c, loose, row) != ORIGIN_NONE)
            assert_near(probability_at(&c, loose, row), 0.5);
    }
    assert_true(in > 0 && in < orphans);
}

/* ---- parents with their children */

/* Do all that rows of the copy refer to by `key` have what they own by `owned`? */
static void
assert_children_come(const struct references *key, const struct references *owned)
{
    bool *complete = mem_alloc(c.nrows + 1);
    int64_t completed = 0;
    for (size_t k = 0; k < key->n; k++)
        complete[key->pairs[k].parent] |= c.seen.origins[key->pairs[k].child] != ORIGIN_NONE;
    for (size_t k = 0; k < owned->n; k++)
        if (complete[owned->pairs[k].parent]) {
            assert_int_not_equal(c.seen.origins[owned->pairs[k].child], ORIGIN_NONE);
            completed += c.seen.origins[owned->pairs[k].child] == ORIGIN_COMPLETED;
        }
    assert_true(completed > 0);
    free(complete);
}

static void
a_parent_that_is_pulled_with_its_children_brings_all_of_them(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 10%, cap: none, roots: {public.people: {}, public.loose: {rate: 60%}}, "
                    "foreign_keys: {public.visits.person: owner, public.people.boss: pull, "
                    "public.loose.team: pull, public.loose.person: {policy: pull_with_children, "
                    "max_rows: 1000}}}");
    assert_children_come(references_named(&c, "loose_person"),
                         references_named(&c, "visits_person_fkey"));
    assert_closed(&c);
    assert_counted(&c);
}

/* It has what its rate gives it. Not run: rows that were chosen before it ask for all of it, and
 * whose tables are chosen first is a matter of their names. */
static void
a_sampled_parent_is_not_completed_by_rows_that_were_chosen_before_it(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none, roots: {public.people: {rate: 80%}, public.loose: "
                    "{rate: 100%}}, tables: {public.visits: {rate: 1%}}, foreign_keys: "
                    "{public.visits.person: owner, public.people.boss: pull, public.loose.team: "
                    "pull, public.loose.person: {policy: pull_with_children, max_rows: 1000}}}");
    const struct references *visits = references_named(&c, "visits_person_fkey");
    for (size_t k = 0; k < visits->n; k++)
        if (c.seen.origins[visits->pairs[k].parent] == ORIGIN_SAMPLE)
            assert_int_not_equal(c.seen.origins[visits->pairs[k].child], ORIGIN_COMPLETED);
}

/* Rows of a table that are there for others, and of whose own at least one row is missing. */
static int64_t
count_hollow(int table)
{
    bool *is_hollow = mem_alloc(c.nrows + 1);
    int64_t n = 0;
    for (int i = 0; i < c.plan.nkeys; i++) {
        const struct sample_edge *edge = edge_of(&c, c.plan.keys[i].key);
        if (edge == NULL || edge->parent != table ||
            c.sampling.tables[edge->child].owner != (int)(edge - c.sampling.edges))
            continue;
        for (size_t k = 0; k < c.references[i].n; k++) {
            struct pair pair = c.references[i].pairs[k];
            enum origin origin = c.seen.origins[pair.parent];
            is_hollow[pair.parent] |= (origin == ORIGIN_PULLED || origin == ORIGIN_EDGE) &&
                                      c.seen.origins[pair.child] == ORIGIN_NONE;
        }
    }
    for (size_t row = 0; row < c.nrows; row++)
        n += is_hollow[row];
    free(is_hollow);
    return n;
}

/* Hollow: a pulled person whose visits did not come along. */
static void
pulled_parents_without_their_children_are_counted_as_hollow(void **state)
{
    (void)state;
    must_choose(&c, SAMPLE(", roots: {public.people: {}, public.remarks: {}, public.tagged: {}}, "
                           "foreign_keys: {public.visits.person: owner, public.loose.person: pull, "
                           "public.people.boss: pull}"));
    int64_t pulled = rows_of_origin(&c, "people", ORIGIN_PULLED);
    assert_true(pulled > 0);
    assert_int_equal(select_hollow(c.set, table_named(&c, "people")), pulled);
    /* what owns nothing is never hollow */
    assert_true(rows_of_origin(&c, "tags", ORIGIN_PULLED) > 0);
    assert_int_equal(select_hollow(c.set, table_named(&c, "tags")), 0);
}

/* Whatever the way, of no table are more parents without a child than are counted as hollow. */
static void
no_parent_is_hollow_without_being_counted(void **state)
{
    static const char *const samples[] = {
        SAMPLE(""),
        SAMPLE(", foreign_keys: {public.people.team: owner, public.visits.person: owner}"),
        SAMPLE(
            ", roots: {public.people: {}, public.remarks: {}, public.tagged: {}}, foreign_keys: "
            "{public.visits.person: owner, public.loose.person: pull, public.people.boss: pull}"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        must_choose(&c, samples[i]);
        for (int t = 0; t < c.sampling.ntables; t++) {
            int64_t hollow = select_hollow(c.set, c.sampling.tables[t].table);
            assert_true(hollow >= count_hollow(t));
        }
    }
}

static void
a_circle_of_complete_parents_ends_at_its_limit(void **state)
{
    (void)state;
    assert_false(
        choose(&c, SAMPLE(", roots: {public.people: {}}, foreign_keys: {public.visits.person: "
                          "owner, public.people.boss: {policy: pull_with_children, "
                          "max_rows: 3}}")));
    assert_int_equal(c.err.code, DECANT_REFUSED);
    assert_non_null(strstr(c.err.message, "'public.people.boss' brings more than max_rows: 3"));
    assert_non_null(strstr(c.err.hint, "pull"));
    must_choose(&c,
                SAMPLE(", roots: {public.people: {}}, foreign_keys: {public.visits.person: owner, "
                       "public.people.boss: {policy: pull_with_children, max_rows: 1000}}"));
    assert_children_come(references_named(&c, "people_boss_fkey"),
                         references_named(&c, "visits_person_fkey"));
    assert_closed(&c);
}

static void
half_a_key_refers_to_nothing(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 0.001%, cap: none, also: {public.right_side: la IS NOT NULL AND lb IS "
                    "NULL}, foreign_keys: {public.left_side:full_key: pull, "
                    "public.right_side:half_key: pull}}");
    assert_true(rows_of_origin(&c, "right_side", ORIGIN_ASKED) > 0);
    assert_int_equal(rows_in(&c, "left_side"), 0);
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "cycles");
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
        cmocka_unit_test(no_row_comes_without_its_parent),
        cmocka_unit_test(nor_with_any_key_or_rate),
        cmocka_unit_test(the_planners_estimates_do_not_matter),
        cmocka_unit_test(only_what_is_needed_is_pulled),
        cmocka_unit_test(a_chain_within_a_table_is_followed_to_its_end),
        cmocka_unit_test(equal_values_find_each_other_though_they_are_spelled_differently),
        cmocka_unit_test(rows_without_a_key_are_counted_one_by_one),
        cmocka_unit_test(odd_names_are_quoted),
        cmocka_unit_test(rows_whose_parent_is_nowhere_are_counted),
        cmocka_unit_test(or_stop_the_run_where_the_rules_say_so),
        cmocka_unit_test(a_row_whose_owner_is_nowhere_may_be_chosen),
        cmocka_unit_test(a_parent_that_is_pulled_with_its_children_brings_all_of_them),
        cmocka_unit_test(pulled_parents_without_their_children_are_counted_as_hollow),
        cmocka_unit_test(no_parent_is_hollow_without_being_counted),
        cmocka_unit_test(a_circle_of_complete_parents_ends_at_its_limit),
        cmocka_unit_test(half_a_key_refers_to_nothing),
        cmocka_unit_test(a_sampled_parent_is_not_completed_by_rows_that_were_chosen_before_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
