/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/message.h"
#include "unit.h"

static void
a_message_is_whole_or_a_part_or_none(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        enum message_found found;
        size_t whole;
    } cases[] = {
        { "Z\0\0\0\5I", 6, MESSAGE_WHOLE, 6 },
        { "Z\0\0\0\5IX", 7, MESSAGE_WHOLE, 6 },
        { "Z\0\0\0\5", 5, MESSAGE_PART, 6 },
        { "Z\0\0", 3, MESSAGE_PART, 0 },
        { "", 0, MESSAGE_PART, 0 },
        { "Z\0\0\0\3I", 6, MESSAGE_BAD, 0 },
        { "Z\x7f\xff\xff\xffI", 6, MESSAGE_PART, 0x80000000u },
        { "Z\x80\0\0\0I", 6, MESSAGE_BAD, 0 },
    };
    struct message message;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(message_read(cases[i].data, cases[i].len, &message), cases[i].found);
        assert_true(message.whole == cases[i].whole);
    }
}

static void
an_opening_has_a_code_and_parameters(void **state)
{
    static const char opening[] = "\0\0\0\x1f\0\3\0\0user\0me\0database\0shop\0\0";
    struct message message;
    (void)state;
    assert_int_equal(message_read_opening(opening, sizeof opening - 1, &message), MESSAGE_WHOLE);
    assert_int_equal(message_code(&message), OPENING_SESSION);
    assert_string_equal(message_parameter(&message, "user"), "me");
    assert_string_equal(message_parameter(&message, "database"), "shop");
    assert_null(message_parameter(&message, "replication"));
    assert_int_equal(message_read_opening("\0\0\0\6ab", 6, &message), MESSAGE_BAD);
    assert_int_equal(message_read_opening("\0\1\0\0", 4, &message), MESSAGE_BAD);
}

static void
fields_of_an_error_are_found_by_their_letters(void **state)
{
    static const char error[] = "E\0\0\0\x16"
                                "C23505\0tusers\0Mx\0";
    struct message message;
    (void)state;
    assert_int_equal(message_read(error, 5 + 18, &message), MESSAGE_WHOLE);
    assert_string_equal(message_field(&message, 'C'), "23505");
    assert_string_equal(message_field(&message, 't'), "users");
    assert_null(message_field(&message, 'n'));
    message = (struct message){ .type = 'E', .body = "Cno end", .len = 7 };
    assert_null(message_field(&message, 'C'));
}

static void
a_row_is_cut_into_cells(void **state)
{
    static const char row[] = "\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0";
    struct message message = { .type = 'D', .body = row, .len = sizeof row - 1 };
    struct buf cells = { 0 };
    (void)state;
    assert_int_equal(message_row(&message, &cells, 3), 3);
    assert_memory_equal(cells.data, "ab\0\0", 5);
    assert_int_equal(message_row(&message, &cells, 2), -1); /* more than anybody asked for */
    message.len = 7;
    assert_int_equal(message_row(&message, &cells, 3), -1);
    message.len = 1;
    assert_int_equal(message_row(&message, &cells, 3), -1);
    buf_deinit(&cells);
}

static void
what_is_written_is_read(void **state)
{
    struct buf out = { 0 };
    struct message message;
    size_t at = 0;
    static const char types[] = "PBEDCSE";
    (void)state;
    message_put_parse(&out, "name", "select 1;", 8);
    message_put_bind(&out, "portal", "name");
    message_put_execute(&out, "portal");
    message_put_named(&out, 'D', 'P', "portal");
    message_put_named(&out, 'C', 'S', "name");
    message_put(&out, 'S', NULL, 0);
    message_put_error(&out, "08001", "no");
    for (const char *type = types; *type != '\0'; type++) {
        assert_int_equal(message_read(out.data + at, out.len - at, &message), MESSAGE_WHOLE);
        assert_int_equal(message.type, *type);
        if (at == 0) {
            size_t in = 0;
            assert_string_equal(message_string(&message, &in), "name");
            assert_string_equal(message_string(&message, &in), "select 1");
        }
        at += message.whole;
    }
    assert_true(at == out.len);
    assert_string_equal(message_field(&message, 'C'), "08001");
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_whole_or_a_part_or_none),
        cmocka_unit_test(an_opening_has_a_code_and_parameters),
        cmocka_unit_test(fields_of_an_error_are_found_by_their_letters),
        cmocka_unit_test(a_row_is_cut_into_cells),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
