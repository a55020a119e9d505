/* SPDX-License-Identifier: PostgreSQL */
/* A cover has a row for every feature of the source, is closed, and is the same every time. */
#include "choosing.h"

static struct choosing c;

/* Chooses a cover by the text of a `sample` section, `most` rows or fewer. */
static bool
cover(struct choosing *of, const char *sample, int64_t most)
{
    char text[2000];
    choosing_forget(of);
    snprintf(text, sizeof text, "sample: %s\n", sample);
    of->rules = fake_rules(text);
    rules_set_cover(of->rules, most);
    return sampling_build(of->rules, &of->plan, &of->sample_arena, &of->sampling, &of->err) &&
           select_run(of->conns, of->nconns, &of->sampling, of->key, of->memory, &of->stop,
                      &of->set, &of->err);
}

static void
must_cover(struct choosing *of, const char *sample, int64_t most)
{
    if (!cover(of, sample, most))
        fail_msg("%s: %s (%s) %s", sample, of->err.message, of->err.sqlstate, of->err.hint);
    picture_free(&of->seen);
    of->seen = picture_take(of);
}

static int64_t
all_rows(void)
{
    int64_t n = 0;
    for (size_t row = 0; row < c.nrows; row++)
        n += c.seen.origins[row] != ORIGIN_NONE;
    return n;
}

static const struct select_feature *
feature_named(const char *table, const char *name, const char *what)
{
    const struct select_feature *features;
    int n = select_features(c.set, &features);
    for (int i = 0; i < n; i++)
        if (strcmp(features[i].table->name, table) == 0 && strcmp(features[i].what, what) == 0 &&
            (name == NULL ? features[i].name == NULL
                          : features[i].name != NULL && strcmp(features[i].name, name) == 0))
            return &features[i];
    return NULL;
}

static void
assert_feature(const char *table, const char *name, const char *what, int there, int shown)
{
    const struct select_feature *f = feature_named(table, name, what);
    if (f == NULL)
        fail_msg("%s.%s (%s) is no feature", table, name, what);
    if (f->there != there || f->shown != shown)
        fail_msg("%s.%s (%s): %d of %d are shown, not %d of %d", table, name, what, f->shown,
                 f->there, shown, there);
}

/* Is a row in that has the value there? NULL is no value. */
static bool
has(const char *table, const char *column, const char *value)
{
    const struct source *source = source_named(&c, table);
    for (size_t row = 0; row < source->n; row++) {
        const char *here = cell(source, row, column);
        if (origin_at(&c, source, row) != ORIGIN_NONE && here != NULL && strcmp(here, value) == 0)
            return true;
    }
    return false;
}

static void
every_value_of_an_enum_that_a_row_has_is_there(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_true(has("orders", "state", "new"));
    assert_true(has("orders", "state", "paid"));
    assert_true(has("orders", "state", "lost")); /* one row has it */
    assert_feature("orders", "state", "values", 3, 3);
}

static void
the_ends_of_columns_are_there(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_true(has("customers", "spent", "-5.00"));
    assert_true(has("customers", "spent", "75.00"));
    assert_true(has("customers", "born", "infinity"));
    assert_feature("customers", "spent", "ends", 2, 2);
    assert_feature("shops", "name", "ends", 1, 1); /* the longest */
}

static void
values_that_code_forgets_are_there(void **state)
{
    static const char *const dates[] = { "infinity", "0044-03-15 BC", "2000-02-29", "1999-12-31",
                                         "2001-01-01" };
    (void)state;
    must_cover(&c, "{}", 0);
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (!has("customers", "born", dates[i]))
            fail_msg("%s is missing", dates[i]);
    assert_true(has("customers", "spent", "0.00"));
    assert_true(has("shops", "name", ""));
    assert_true(has("shops", "name", "Caf\xC3\xA9"));
    assert_true(has("shops", "name", "two\nlines"));
    assert_feature("customers", "born", "shapes", 5, 5);
}

static void
every_pair_of_flags_is_there(void **state)
{
    int seen = 0;
    (void)state;
    must_cover(&c, "{}", 0);
    const struct source *customers = source_named(&c, "customers");
    for (size_t row = 0; row < customers->n; row++)
        if (origin_at(&c, customers, row) != ORIGIN_NONE)
            seen |= 1 << (2 * (*cell(customers, row, "is_new") == 't') +
                          (*cell(customers, row, "is_paying") == 't'));
    assert_int_equal(seen, 15);
    assert_feature("customers", "is_new, is_paying", "flags", 4, 4);
}

/* Each is the first that holds, as the server evaluates them: a later one may need that. */
static void
every_branch_of_a_check_has_a_row(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_feature("customers", "gone_or_paying", "check", 4, 4);
    assert_true(has("customers", "code", "c49")); /* the only one that is gone, and not paying */
}

/* Children of a row of the copy, and of the source. */
static void
count_children(const char *key, size_t parent, int *in_copy, int *in_source)
{
    const struct references *references = references_named(&c, key);
    *in_copy = *in_source = 0;
    for (size_t i = 0; i < references->n; i++)
        if (references->pairs[i].parent == parent) {
            ++*in_source;
            *in_copy += c.seen.origins[references->pairs[i].child] != ORIGIN_NONE;
        }
}

static void
parents_without_with_one_and_with_more_children_are_there(void **state)
{
    static const struct {
        const char *key, *parent, *child;
    } keys[] = { { "customers_shop_id_fkey", "shops", "customers" },
                 { "orders_customer_id_fkey", "customers", "orders" },
                 { "lines_shop_id_number_fkey", "orders", "lines" },
                 { "lines_code_fkey", "customers", "lines" } };
    (void)state;
    must_cover(&c, "{}", 0);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const struct source *parents = source_named(&c, keys[k].parent);
        int shown = 0, there = 0, in_copy, in_source;
        for (size_t row = 0; row < parents->n; row++) {
            count_children(keys[k].key, parents->first + row, &in_copy, &in_source);
            there |= 1 << (in_source > 2 ? 2 : in_source);
            bool is_one = in_source == 1 && in_copy == 1, is_more = in_source > 1 && in_copy > 1;
            if (c.seen.origins[parents->first + row] != ORIGIN_NONE)
                shown |= is_more ? 4 : is_one ? 2 : in_source == 0 ? 1 : 0;
        }
        there = (there & 3) | (there & 4);
        if (shown != there)
            fail_msg("%s: classes %d of %d are shown", keys[k].key, shown, there);
    }
    assert_closed(&c);
    assert_counted(&c);
}

static void
every_pattern_of_nulls_that_five_rows_share_is_there(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    const struct source *customers = source_named(&c, "customers");
    for (int pattern = 0; pattern < 4; pattern++) {
        int there = 0, shown = 0;
        for (size_t row = 0; row < customers->n; row++) {
            int here = 2 * (cell(customers, row, "is_gone") == NULL) +
                       (cell(customers, row, "born") == NULL);
            there += here == pattern;
            shown += here == pattern && origin_at(&c, customers, row) != ORIGIN_NONE;
        }
        if (there >= 5 && shown == 0)
            fail_msg("pattern %d is missing", pattern);
    }
}

/* A value of a text that three rows share could tell whose it is. */
static void
a_value_that_few_rows_share_is_not_sought(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    const struct select_feature *kind = feature_named("notes", "kind", "values");
    assert_non_null(kind);
    assert_int_equal(kind->there, 1);
    assert_int_equal(kind->rare, 1);
}

static void
it_is_a_small_part_of_the_source(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_true(all_rows() < 90 && c.nrows > 300);
    assert_closed(&c);
    assert_counted(&c);
}

/* Of rows that are alike one comes. */
static void
of_rows_that_are_alike_one_is_enough(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_true(rows_in(&c, "lines") < 12);
}

static void
it_has_no_more_rows_than_it_may(void **state)
{
    int64_t before = 0;
    (void)state;
    for (int most = 1; most < 60; most += 7) {
        const struct select_feature *features;
        int64_t shown = 0;
        must_cover(&c, "{}", most);
        assert_closed(&c);
        if (all_rows() > most)
            fail_msg("%lld rows, not %d", (long long)all_rows(), most);
        for (int n = select_features(c.set, &features), i = 0; i < n; i++)
            shown += features[i].shown;
        assert_true(shown >= before);
        before = shown;
    }
    assert_true(before > 0);
}

static void
what_is_masked_is_no_feature(void **state)
{
    static enum column_fate fates[10];
    const enum column_fate *masked[40] = { NULL };
    (void)state;
    int number = table_number(&c, "customers");
    fates[table_column(c.plan.tables[number], "spent")] = FATE_MASKED;
    masked[number] = fates;
    c.plan.masked = masked;
    must_cover(&c, "{}", 0);
    assert_null(feature_named("customers", "spent", "ends"));
    assert_null(feature_named("customers", "spent", "shapes"));
    assert_null(feature_named("customers", "gone_or_paying", "check")); /* it names it */
    assert_non_null(feature_named("customers", "born", "ends"));
    c.plan.masked = NULL;
}

static void
of_many_flags_no_pairs_are_sought(void **state)
{
    (void)state;
    must_cover(&c, "{}", 0);
    assert_feature("wide", NULL, "flags", -1, 0);
    assert_feature("wide", "c30", "values", 2, 2);
}

static void
tables_that_are_whole_show_all_anyway(void **state)
{
    (void)state;
    must_cover(&c, "{whole: [public.notes, public.shops]}", 0);
    assert_int_equal(rows_in(&c, "notes"), 30);
    assert_int_equal(rows_in(&c, "shops"), 40);
    assert_null(feature_named("shops", "name", "ends"));
    assert_closed(&c);
}

/* What a table without rows would have to hold is not there, and no row that needs it. */
static void
rows_that_need_a_table_without_rows_do_not_come(void **state)
{
    (void)state;
    must_cover(&c,
               "{schema_only: [public.customers], foreign_keys: {public.lines.code: require, "
               "public.orders.customer_id: require}}",
               0);
    const struct source *lines = source_named(&c, "lines");
    for (size_t row = 0; row < lines->n; row++)
        assert_true(origin_at(&c, lines, row) == ORIGIN_NONE || cell(lines, row, "code") == NULL);
    assert_int_equal(rows_in(&c, "customers"), 0);
    const struct select_feature *amount = feature_named("lines", "amount", "values");
    assert_true(amount != NULL && amount->shown < amount->there);
}

static void
rows_that_the_rules_ask_for_come_too(void **state)
{
    (void)state;
    must_cover(&c, "{also: {public.customers: code = 'c30'}}", 0);
    assert_true(has("customers", "code", "c30"));
    assert_int_equal(rows_of_origin(&c, "customers", ORIGIN_ASKED), 1);
    assert_closed(&c);
}

/* Whoever asks for all rows of a table needs none for its features. */
static void
what_the_rules_bring_is_not_chosen_for(void **state)
{
    (void)state;
    must_cover(&c, "{also: {public.notes: 'true'}}", 0);
    assert_int_equal(rows_of_origin(&c, "notes", ORIGIN_ASKED), 30);
    assert_feature("notes", "kind", "values", 1, 1);
    must_cover(&c, "{also: {public.wide: id < 9}}", 0);
    assert_int_equal(rows_in(&c, "wide"), 8);
    assert_feature("wide", "c30", "values", 2, 2);
}

static void
two_readers_choose_the_same(void **state)
{
    struct choosing two;
    (void)state;
    must_cover(&c, "{}", 0);
    assert_true(choosing_begin(&two, "cover", SERVER_WORKS, 0, 2));
    must_cover(&two, "{}", 0);
    assert_true(pictures_equal(&c.seen, &two.seen));
    choosing_close(&two);
}

static void
children_beyond_the_memory_are_an_error(void **state)
{
    static const int64_t few[] = { 100, 3700 }; /* for one table, and for each but not for all */
    (void)state;
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        struct choosing poor;
        assert_true(choosing_begin(&poor, "cover", SERVER_WORKS, 0, 1));
        poor.memory = few[i];
        assert_false(cover(&poor, "{}", 0));
        assert_int_equal(poor.err.code, DECANT_REFUSED);
        assert_string_equal(poor.err.message,
                            "the keys of parents of a cover take more than 0 MiB");
        choosing_close(&poor);
    }
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "cover");
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
        cmocka_unit_test(every_value_of_an_enum_that_a_row_has_is_there),
        cmocka_unit_test(the_ends_of_columns_are_there),
        cmocka_unit_test(values_that_code_forgets_are_there),
        cmocka_unit_test(every_pair_of_flags_is_there),
        cmocka_unit_test(every_branch_of_a_check_has_a_row),
        cmocka_unit_test(parents_without_with_one_and_with_more_children_are_there),
        cmocka_unit_test(every_pattern_of_nulls_that_five_rows_share_is_there),
        cmocka_unit_test(a_value_that_few_rows_share_is_not_sought),
        cmocka_unit_test(it_is_a_small_part_of_the_source),
        cmocka_unit_test(of_rows_that_are_alike_one_is_enough),
        cmocka_unit_test(it_has_no_more_rows_than_it_may),
        cmocka_unit_test(what_is_masked_is_no_feature),
        cmocka_unit_test(of_many_flags_no_pairs_are_sought),
        cmocka_unit_test(tables_that_are_whole_show_all_anyway),
        cmocka_unit_test(rows_that_need_a_table_without_rows_do_not_come),
        cmocka_unit_test(rows_that_the_rules_ask_for_come_too),
        cmocka_unit_test(what_the_rules_bring_is_not_chosen_for),
        cmocka_unit_test(two_readers_choose_the_same),
        cmocka_unit_test(children_beyond_the_memory_are_an_error),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
