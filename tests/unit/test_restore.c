/* SPDX-License-Identifier: PostgreSQL */
#include "load/restore.h"
#include "load/restore_text.h"

#include "unit.h"

static void
entries_begin_behind_three_numbers(void **state)
{
    (void)state;
    assert_string_equal(restore_entry("215; 1259 16402 TABLE public orders owner"),
                        "TABLE public orders owner");
    assert_null(restore_entry("; Archive created at"));
    assert_null(restore_entry(""));
    assert_null(restore_entry("215; TABLE public"));
    assert_null(restore_entry("215; 1259 16402"));
}

static void
says(const char *message, const char *shown)
{
    struct buf out = { 0 };
    restore_clear_message(message, &out);
    assert_string_equal(buf_str(&out), shown);
    buf_deinit(&out);
}

static void
messages_lose_what_may_be_a_value(void **state)
{
    (void)state;
    says("type \"public.geometry\" does not exist", "type \"public.geometry\" does not exist");
    says("permission denied for schema public", "permission denied for schema public");
    says("unsupported startup parameter: options\nmore", "unsupported startup parameter: options");
    says("unrecognized parameter \"toast_tuple_target\"",
         "unrecognized parameter \"toast_tuple_target\"");
    says("invalid input syntax for type integer: \"secret\"",
         "invalid input syntax for type integer: \"...\"");
    says("value 'secret' is out of range", "value '...' is out of range");
    says("an open quote \"secret", "an open quote \"...");
    says("", "");
}

static void
options_that_no_ddl_can_set_are_blanked(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {
        { "ALTER TABLE ONLY public.a ALTER COLUMN n SET (pg_attver='2');\n",
          "                                                             \n" },
        { "\nALTER TABLE ONLY a ALTER COLUMN n SET (n_distinct='3',\n    pg_attver='2');\n",
          "\nALTER TABLE ONLY a ALTER COLUMN n SET (n_distinct='3'                   );\n" },
        { "ALTER TABLE ONLY a ALTER COLUMN n SET (pg_attver='2',\n    n_distinct='3');",
          "ALTER TABLE ONLY a ALTER COLUMN n SET (              \n    n_distinct='3');" },
        { "ALTER TABLE ONLY a ALTER COLUMN n SET (n_distinct='3');",
          "ALTER TABLE ONLY a ALTER COLUMN n SET (n_distinct='3');" },
        { "SELECT 1 SET (pg_x='1');", "SELECT 1 SET (pg_x='1');" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s", cases[i].before);
        restore_drop_internal_options(text, strlen(text));
        for (char *p = text; *p != '\0'; p++) /* a line break that went is a blank like others */
            if (*p == '\n' && cases[i].after[p - text] == ' ')
                *p = ' ';
        assert_string_equal(text, cases[i].after);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_begin_behind_three_numbers),
        cmocka_unit_test(messages_lose_what_may_be_a_value),
        cmocka_unit_test(options_that_no_ddl_can_set_are_blanked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
