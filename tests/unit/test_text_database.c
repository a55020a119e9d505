/* SPDX-License-Identifier: PostgreSQL */
/* Values and schemas of a PostgreSQL copy as text; whole copies go there and back in e2e/text. */
#include "text/database.h"

#include "unit.h"

static void
assert_literal(const char *value, bool is_bare, const char *literal)
{
    struct buf out = { 0 };
    text_database_literal(&out, value, is_bare);
    assert_string_equal(buf_str(&out), literal);
    buf_deinit(&out);
}

static void
numbers_and_truth_stand_without_quotes(void **state)
{
    (void)state;
    assert_literal("-12.50", true, "-12.50");
    assert_literal("1e+300", true, "1e+300");
    assert_literal("t", true, "true");
    assert_literal("f", true, "false");
    assert_literal("t", false, "'t'");
    assert_literal("12", false, "'12'");
    assert_literal(NULL, true, "NULL");
    assert_literal(NULL, false, "NULL");
}

/* They would be names, or lose what they are. */
static void
odd_numbers_are_quoted(void **state)
{
    (void)state;
    assert_literal("NaN", true, "'NaN'");
    assert_literal("-Infinity", true, "'-Infinity'");
    assert_literal("-0", true, "'-0'");
    assert_literal("", true, "''");
}

static void
a_literal_stays_on_its_line(void **state)
{
    (void)state;
    assert_literal("it's", false, "'it''s'");
    assert_literal("a\\b", false, "'a\\b'"); /* standard_conforming_strings is on */
    assert_literal("a\nb", false, "E'a\\nb'");
    assert_literal("a\\\r\n'", false, "E'a\\\\\\r\\n'''");
    assert_literal("\xc3\xa4\t", false, "'\xc3\xa4\t'");
}

static void
a_cell_of_copy_is_as_the_server_writes_it(void **state)
{
    static const struct {
        const char *value, *cell;
    } cases[] = { { NULL, "\\N" },
                  { "", "" },
                  { "\\N", "\\\\N" },
                  { "\\.", "\\\\." },
                  { "a\tb\nc", "a\\tb\\nc" },
                  { "\b\f\r\v", "\\b\\f\\r\\v" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        text_database_cell(&out, cases[i].value);
        assert_string_equal(buf_str(&out), cases[i].cell);
        buf_deinit(&out);
    }
}

static void
assert_schema(const char *dump, const char *schema)
{
    struct buf out = { 0 };
    text_database_schema(dump, &out);
    assert_string_equal(buf_str(&out), schema);
    buf_deinit(&out);
}

/* Versions, keys of psql and settings of newer releases are of the dump, not of the copy. What
 * looks like a setting further down may stand in a function. */
static void
a_schema_has_no_head_and_no_end_of_a_dump(void **state)
{
    (void)state;
    assert_schema(
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n-- Dumped from database "
        "version 17.6\n\nSET transaction_timeout = 0;\nSELECT pg_catalog.set_config("
        "'search_path', '', false);\n\nSET default_table_access_method = heap;\n\n"
        "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE "
        "public.t (\n    a integer\n);\n\n\nSET default_tablespace = '';\n\n"
        "SET default_table_access_method = heap;\n\n"
        "--\n-- Name: u; Type: VIEW\n--\n\nCREATE VIEW u;\n\n\n"
        "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n",
        "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE "
        "public.t (\n    a integer\n);\n\n\nSET default_tablespace = '';\n\n"
        "SET default_table_access_method = heap;\n\n"
        "--\n-- Name: u; Type: VIEW\n--\n\nCREATE VIEW u;\n\n\n");
}

static void
a_section_without_objects_is_empty(void **state)
{
    (void)state;
    assert_schema(
        "--\n-- PostgreSQL database dump\n--\n\nSET lock_timeout = 0;\n\n--\n-- PostgreSQL "
        "database dump complete\n--\n\n",
        "");
    assert_schema("", "");
}

/* A function may say the same words. */
static void
only_the_last_end_is_the_end(void **state)
{
    (void)state;
    assert_schema("--\n-- Name: f; Type: FUNCTION\n--\n\nCREATE FUNCTION f() AS $$\n--\n-- "
                  "PostgreSQL database dump complete\n--\n$$;\n--\n-- PostgreSQL database dump "
                  "complete\n--\n",
                  "--\n-- Name: f; Type: FUNCTION\n--\n\nCREATE FUNCTION f() AS $$\n--\n-- "
                  "PostgreSQL database dump complete\n--\n$$;\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_truth_stand_without_quotes),
        cmocka_unit_test(odd_numbers_are_quoted),
        cmocka_unit_test(a_literal_stays_on_its_line),
        cmocka_unit_test(a_cell_of_copy_is_as_the_server_writes_it),
        cmocka_unit_test(a_schema_has_no_head_and_no_end_of_a_dump),
        cmocka_unit_test(a_section_without_objects_is_empty),
        cmocka_unit_test(only_the_last_end_is_the_end),
    };
    return cmocka_run_group_tests_name("text_database", tests, NULL, NULL);
}
