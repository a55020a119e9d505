/* SPDX-License-Identifier: PostgreSQL */
/* Keys that are changed, where rows have several to one table, unique ones, and such as lead
 * nowhere. */
#include "choosing.h"
#include "server.h"

static struct choosing c;

/* What a row's key becomes. */
struct change {
    bool is_changed, is_null;
    int64_t value;
};

static void
hear_whom(void *ctx, const struct column *column, int64_t value, bool is_null)
{
    struct change *change = ctx;
    assert_string_equal(column->name, "whom");
    *change = (struct change){ true, is_null, value };
}

/* Nobody follows herself; where there is nobody else the own parent is pulled. */
static void
two_keys_to_one_table_do_not_get_one_parent(void **state)
{
    static const int rates[] = { 3, 8, 20 };
    int64_t changed = 0;
    struct buf scratch = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        char sample[300];
        snprintf(sample, sizeof sample,
                 "{rate: %d%%, cap: none, roots: {public.people: {}, public.follows: {rate: 100%%}}"
                 ", foreign_keys: {public.follows.whom: reassign, public.follows.who: pull}}",
                 rates[i]);
        must_choose(&c, sample);
        const struct source *follows = source_named(&c, "follows");
        for (size_t row = 0; row < follows->n; row++) {
            struct change change = { 0 };
            select_change_keys(c.set, follows->table, &follows->keys[row * 2], hear_whom, &change,
                               &scratch);
            assert_true(!change.is_changed || change.value != atoi(cell(follows, row, "who")));
            changed += change.is_changed;
        }
        assert_closed(&c);
    }
    assert_true(changed > 0);
    buf_deinit(&scratch);
}

static void
keys_that_cannot_be_changed_are_refused(void **state)
{
    static const struct {
        const char *keys, *message;
    } cases[] = {
        { "public.left_side:full_key: reassign",
          "'full_key' cannot be 'reassign': only a key of one column can be changed" },
        { "public.right_side:half_key: 'null'",
          "'half_key' cannot be 'null': only a key of one column can be changed" },
        { "public.shelves.helper: reassign",
          "'shelves_helper_fkey' cannot be 'reassign': it may be part of an index over an" },
        { "public.follows.who: reassign, public.follows.whom: reassign",
          "cannot be 'reassign': another key of the same rows is reassigned, too" },
        { "public.remarks:remarks_visit_visit_at_fkey: reassign",
          "cannot be 'reassign': only a key of one column can be changed" },
        { "public.seats.spare: 'null'",
          "'seats_spare_fkey' cannot be 'null': it is part of more than one unique key" },
        { "public.tagged.by_number: reassign",
          "'tagged_by_number_fkey' cannot be 'reassign': only integers can be" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sample[300];
        snprintf(sample, sizeof sample, "{rate: 30%%, foreign_keys: {%s}}", cases[i].keys);
        assert_false(choose(&c, sample));
        assert_int_equal(c.err.code, DECANT_USAGE);
        assert_memory_equal(c.err.message, "r.yaml:1:", 9);
        if (strstr(c.err.message, cases[i].message) == NULL)
            fail_msg("%s", c.err.message);
        assert_null(c.set);
    }
}

/* Two rows without a parent would be alike to a key that calls NULLs equal. Not run: they are. */
static void
a_key_that_calls_nulls_equal_does_not_become_null(void **state)
{
    (void)state;
    assert_false(choose(&c, "{rate: 20%, cap: none, roots: {public.people: {}, public.seats: "
                            "{rate: 100%}}, foreign_keys: {public.seats.person: 'null', "
                            "public.seats.spare: pull}}"));
    assert_int_equal(c.err.code, DECANT_USAGE);
}

/* Neither another parent is to be had nor the own one. Not run: it never ends. */
static void
a_row_whose_parent_is_nowhere_keeps_its_key(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, roots: {public.people: {rate: 0.0001%}, "
                    "public.loose: {rate: 100%}}, foreign_keys: {public.loose.person: "
                    "reassign, public.loose.team: pull}}");
    assert_int_equal(select_reassigned(c.set, edge_named(&c, "loose_person")), 0);
    assert_true(select_dangling(c.set, table_named(&c, "people")) > 0);
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
        cmocka_unit_test(two_keys_to_one_table_do_not_get_one_parent),
        cmocka_unit_test(keys_that_cannot_be_changed_are_refused),
        cmocka_unit_test(a_row_whose_parent_is_nowhere_keeps_its_key),
        cmocka_unit_test(a_key_that_calls_nulls_equal_does_not_become_null),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
