/* SPDX-License-Identifier: PostgreSQL */
/* How the rows of the copy are found again, without reading all: no way may miss one. */
#include "choosing.h"
#include "server.h"

static struct choosing c;

static bool
has_key(const struct select_keys *keys, int64_t key)
{
    for (size_t i = 0; i < keys->n; i++)
        if (keys->keys[i] == key)
            return true;
    return false;
}

/* The keys of a table, the way to them being this one. */
static struct select_keys
keys_of(const char *table, int how, const char *column)
{
    struct select_keys keys;
    if (!select_keys(c.set, table_named(&c, table), &keys))
        fail_msg("there is no way to the rows of %s", table);
    assert_int_equal(keys.how, how);
    if (column != NULL)
        assert_string_equal(keys.column, column);
    for (size_t i = 1; i < keys.n; i++)
        assert_true(keys.keys[i - 1] < keys.keys[i]);
    return keys;
}

static void
keys_free(struct select_keys *keys)
{
    free(keys->keys);
    free(keys->condition);
}

/* Rows below the rate: the source tells them by a condition. */
static void
rows_that_are_chosen_by_hash_are_found_by_it(void **state)
{
    static const char *const tables[] = { "customers", "devices" };
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries]}");
    for (size_t i = 0; i < 2; i++) {
        const struct source *source = source_named(&c, tables[i]);
        struct select_keys keys = keys_of(tables[i], SELECT_BY_HASH, NULL);
        struct buf sql = { 0 };
        assert_int_equal(keys.n, 0);
        buf_printf(&sql, "SELECT id FROM ONLY public.%s AS decant_row WHERE %s", tables[i],
                   keys.condition);
        struct pg_result *r = pg_query(c.conns[0], &c.err, buf_str(&sql), 0, NULL);
        assert_non_null(r);
        assert_int_equal(pg_nrows(r), rows_in(&c, tables[i]));
        for (int row = 0; row < pg_nrows(r); row++)
            assert_int_equal(origin_at(&c, source, row_with(source, "id", pg_text(r, row, 0))),
                             ORIGIN_SAMPLE);
        pg_result_free(r);
        buf_deinit(&sql);
        keys_free(&keys);
    }
}

static void
rows_of_an_integer_key_are_found_by_it(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries], also: {public.customers: id "
                    "= 2}}");
    static const char *const tables[] = { "customers", "orders", "reviews" };
    for (size_t i = 0; i < 3; i++) {
        const struct source *source = source_named(&c, tables[i]);
        struct select_keys keys = keys_of(tables[i], SELECT_BY_KEY, "id");
        assert_int_equal(keys.n, rows_in(&c, tables[i]));
        for (size_t row = 0; row < source->n; row++)
            assert_int_equal(has_key(&keys, atoll(cell(source, row, "id"))),
                             origin_at(&c, source, row) != ORIGIN_NONE);
        keys_free(&keys);
    }
}

/* Rows of other keys are found by their owners, where those have whole numbers. */
static void
rows_of_other_keys_are_found_by_their_owners(void **state)
{
    static const struct {
        const char *table, *column;
    } owned[] = { { "order_lines", "order_id" }, { "favourites", "customer_id" } };
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries]}");
    for (size_t i = 0; i < 2; i++) {
        const struct source *source = source_named(&c, owned[i].table);
        struct select_keys keys = keys_of(owned[i].table, SELECT_BY_OWNER, owned[i].column);
        assert_false(keys.may_be_null);
        for (size_t row = 0; row < source->n; row++)
            if (origin_at(&c, source, row) != ORIGIN_NONE)
                assert_true(has_key(&keys, atoll(cell(source, row, owned[i].column))));
        assert_true(rows_in(&c, owned[i].table) > 0);
        keys_free(&keys);
    }
}

static void
rows_without_a_key_are_found_by_their_place(void **state)
{
    (void)state;
    must_choose(&c, "{rate: 50%, cap: none, whole: [public.countries]}");
    struct select_keys keys = keys_of("log", SELECT_BY_PLACE, "ctid");
    assert_int_equal(keys.n, rows_in(&c, "log"));
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT customer_id FROM ONLY public.log WHERE ctid = ANY ('{");
    for (size_t i = 0; i < keys.n; i++)
        buf_printf(&sql, "%s\"(%lld,%lld)\"", i > 0 ? "," : "", (long long)(keys.keys[i] >> 16),
                   (long long)(keys.keys[i] & 0xFFFF));
    buf_puts(&sql, "}'::tid[])");
    struct pg_result *r = pg_query(c.conns[0], &c.err, buf_str(&sql), 0, NULL);
    assert_non_null(r);
    assert_int_equal(pg_nrows(r), keys.n);
    const struct source *customers = source_named(&c, "customers");
    for (int row = 0; row < pg_nrows(r); row++)
        if (pg_text(r, row, 0) != NULL)
            assert_int_not_equal(
                origin_at(&c, customers, row_with(customers, "id", pg_text(r, row, 0))),
                ORIGIN_NONE);
    pg_result_free(r);
    buf_deinit(&sql);
    keys_free(&keys);
}

static void
rows_of_a_root_with_a_text_key_are_not_found_at_all(void **state)
{
    struct select_keys keys;
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries]}");
    assert_false(select_keys(c.set, table_named(&c, "products"), &keys));
    assert_null(keys.keys);
    assert_null(keys.condition);
}

/* A row that the hash does not tell: pulled, framed, or of a stratum. */
static void
a_hash_is_no_way_where_others_are_in(void **state)
{
    static const char *const samples[] = {
        "{rate: 20%, cap: none, tables: {public.customers: {where: id > 5}}, whole: "
        "[public.countries]}",
        "{rate: 20%, cap: none, strata: {public.customers: {by: [tier]}}, whole: "
        "[public.countries]}",
        "{rate: 100%, cap: none, whole: [public.countries]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        must_choose(&c, samples[i]);
        struct select_keys keys = keys_of("customers", SELECT_BY_KEY, "id");
        assert_int_equal(keys.n, rows_in(&c, "customers"));
        keys_free(&keys);
    }
}

/* ---- keys as texts */

static void
keys_are_written_as_the_server_prints_them(void **state)
{
    static const struct {
        const char *table, *columns[2];
    } cases[] = {
        { "customers", { "id" } },
        { "devices", { "id" } },
        { "products", { "sku" } },
        { "countries", { "code" } },
        { "order_lines", { "order_id", "line" } },
        { "favourites", { "customer_id", "sku" } },
    };
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries]}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct source *source = source_named(&c, cases[i].table);
        for (size_t row = 0; row < source->n; row++) {
            struct buf text = { 0 }, expected = { 0 };
            select_put_key(c.set, source->table, &source->keys[row * (size_t)source->nkeys], &text);
            buf_puts(&expected, cell(source, row, cases[i].columns[0]));
            if (cases[i].columns[1] != NULL)
                buf_printf(&expected, ",%s", cell(source, row, cases[i].columns[1]));
            assert_string_equal(buf_str(&text), buf_str(&expected));
            buf_deinit(&text);
            buf_deinit(&expected);
        }
    }
}

static void
a_row_without_a_key_has_no_text(void **state)
{
    struct buf text = { 0 };
    (void)state;
    must_choose(&c, "{rate: 20%, cap: none, whole: [public.countries]}");
    const struct source *log = source_named(&c, "log");
    select_put_key(c.set, log->table, log->keys, &text);
    assert_int_equal(text.len, 0);
    buf_deinit(&text);
}

static int
begin(void **state)
{
    (void)state;
    choosing_open(&c, "chosen");
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
        cmocka_unit_test(rows_that_are_chosen_by_hash_are_found_by_it),
        cmocka_unit_test(rows_of_an_integer_key_are_found_by_it),
        cmocka_unit_test(rows_of_other_keys_are_found_by_their_owners),
        cmocka_unit_test(rows_without_a_key_are_found_by_their_place),
        cmocka_unit_test(rows_of_a_root_with_a_text_key_are_not_found_at_all),
        cmocka_unit_test(a_hash_is_no_way_where_others_are_in),
        cmocka_unit_test(keys_are_written_as_the_server_prints_them),
        cmocka_unit_test(a_row_without_a_key_has_no_text),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
