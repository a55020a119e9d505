/* SPDX-License-Identifier: PostgreSQL */
/* Production's sizes, from a manifest, as linters read them. */
#include "report/sizes.h"
#include "unit.h"

static struct manifest_fact fact = { "page_bytes", "8192" };
static struct manifest_relation relations[] = {
    { "public.events", NULL, 'p', 70, 3, 0 },
    { "public.orders", NULL, 'r', 1000, 10, 9 },
    { "public.orders_pkey", "public.orders", 'i', 1000, 4, 0 },
    { "public.orders_day", "public.orders", 'i', 1000, 5, 0 },
    { "pg_toast.pg_toast_1", "public.orders", 't', 7, 100, 0 },
    { "shop.a \"b\"", NULL, 'r', -1, 1, 0 },
};
static struct manifest_guess guesses[] = { { "public.orders", "older" },
                                           { "shop.a \"b\"", "never" } };
static const struct manifest manifest = { .guesses = guesses,
                                          .nguesses = 2,
                                          .nfacts = 1,
                                          .facts = &fact,
                                          .nrelations = 6,
                                          .relations = relations };

static void
a_table_has_what_belongs_to_it(void **state)
{
    struct buf out = { 0 };
    (void)state;
    assert_true(sizes_write(&manifest, "json", &out));
    assert_string_equal(
        buf_str(&out),
        "{\"version\":1,\"tables\":[\n"
        "{\"schema\":\"public\",\"table\":\"events\",\"rows\":70,\"rows_by\":\"analyzed\",\"heap_"
        "bytes\":24576,"
        "\"index_bytes\":0,\"out_of_line_bytes\":0,\"total_bytes\":24576},\n"
        "{\"schema\":\"public\",\"table\":\"orders\",\"rows\":1000,\"rows_by\":\"older\",\"heap_"
        "bytes\":81920,"
        "\"index_bytes\":73728,\"out_of_line_bytes\":819200,\"total_bytes\":974848},\n"
        "{\"schema\":\"shop\",\"table\":\"a "
        "\\\"b\\\"\",\"rows_by\":\"never\",\"heap_bytes\":8192,\"index_bytes\":0,"
        "\"out_of_line_bytes\":0,\"total_bytes\":8192}]}\n");
    buf_deinit(&out);
}

/* A table that was never analyzed would count as one without rows. */
static void
pgfence_gets_tables_whose_rows_are_known(void **state)
{
    struct buf out = { 0 };
    (void)state;
    assert_true(sizes_write(&manifest, "pgfence", &out));
    assert_string_equal(buf_str(&out),
                        "[\n{\"schemaName\":\"public\",\"tableName\":\"events\",\"rowCount\":70,"
                        "\"totalBytes\":24576},\n{\"schemaName\":\"public\",\"tableName\":"
                        "\"orders\",\"rowCount\":1000,\"totalBytes\":974848}]\n");
    buf_deinit(&out);
}

static void
a_name_without_a_schema_is_told_as_it_is(void **state)
{
    struct manifest_relation odd[] = { { "odd", NULL, 'r', 1, 1, 0 } };
    const struct manifest file = { .nfacts = 1, .facts = &fact, .nrelations = 1, .relations = odd };
    struct buf out = { 0 };
    (void)state;
    assert_true(sizes_write(&file, "pgfence", &out));
    assert_non_null(strstr(buf_str(&out), "\"schemaName\":\"\",\"tableName\":\"odd\""));
    buf_deinit(&out);
}

static void
another_format_is_refused(void **state)
{
    struct buf out = { 0 };
    (void)state;
    assert_false(sizes_write(&manifest, "squawk", &out));
    assert_int_equal(out.len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_has_what_belongs_to_it),
        cmocka_unit_test(pgfence_gets_tables_whose_rows_are_known),
        cmocka_unit_test(a_name_without_a_schema_is_told_as_it_is),
        cmocka_unit_test(another_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
