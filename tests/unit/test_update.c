/* SPDX-License-Identifier: PostgreSQL */
/* New lines in a rules file that people have edited: each under its table, and nothing else moves.
 */
#include "propose/update.h"
#include "proposed.h"

static const char schema[] = "s.users\n  id bigint\n  email text\n  fax text\n"
                             "s.orders\n  id bigint\n  note text\n"
                             "s.Odd.Name\n  \"E mail, or: none\" text\n";

/* What becomes of the file when `columns` ("s.users.fax token") are new; NULL: refused. */
struct told {
    struct proposed p;
    struct arena arena;
    struct buf out;
    int added;
    struct decant_error err;
};

static bool
update(struct told *told, const char *text, const char *const *columns)
{
    memset(told, 0, sizeof *told);
    proposed_init(&told->p, schema);
    for (; columns[0] != NULL; columns += 3) {
        int t = atoi(columns[0]), c = atoi(columns[1]);
        told->p.proposals[t][c] = (struct proposal){ .mask = columns[2], .why = "why" };
    }
    struct yaml_source source = { .name = "r.yaml", .text = text, .len = strlen(text) };
    return update_rules(&source, &told->p.l.plan, told->p.proposals, &told->arena, &told->out,
                        &told->added, &told->err);
}

static void
end(struct told *told)
{
    buf_deinit(&told->out);
    arena_deinit(&told->arena);
    proposed_deinit(&told->p);
}

static void
expect(const char *text, const char *const *columns, int added, const char *wanted)
{
    struct told told;
    if (!update(&told, text, columns))
        fail_msg("%s", told.err.message);
    assert_string_equal(buf_str(&told.out), wanted);
    assert_int_equal(told.added, added);
    /* it is a file of rules */
    struct rules *rules = NULL;
    if (!rules_parse("r.yaml", buf_str(&told.out), told.out.len, &rules, &told.err))
        fail_msg("%s", told.err.message);
    rules_free(rules);
    end(&told);
}

static const char *const nothing[] = { NULL };
static const char *const fax[] = { "0", "2", "token", NULL };
static const char *const all[] = { "0", "1", "email", "0", "2", "token", "1", "1", "text", NULL };

static void
without_news_not_a_byte_changes(void **state)
{
    static const char *const files[] = {
        "columns:\n  s.users: {email: email}\n",
        "# a comment\n\nsample: {rate: 5%}  # another\ncolumns:\n\n  s.users:\n      email:   "
        "email   # spaces\n\n\n",
        "version: 1\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        expect(files[i], nothing, 0, files[i]);
}

static void
new_columns_stand_under_their_table_with_its_indent(void **state)
{
    (void)state;
    expect(
        "columns:\n  s.users:\n    email: email # kept as it is\n", fax, 1,
        "columns:\n  s.users:\n    fax: token  # ? new; why\n    email: email # kept as it is\n");
    expect("columns:\n      s.users:\n            email: email\n", fax, 1,
           "columns:\n      s.users:\n            fax: token  # ? new; why\n            email: "
           "email\n");
}

static void
new_tables_stand_before_the_others(void **state)
{
    (void)state;
    expect("columns:\n  s.orders:\n    note: keep\ntarget: {sqlite: {profile: rails}}\n", fax, 1,
           "columns:\n  s.users:\n    fax: token  # ? new; why\n  s.orders:\n    note: keep\n"
           "target: {sqlite: {profile: rails}}\n");
    expect("columns:\n  \"*\":\n    email: email\n", all, 3,
           "columns:\n  s.users:\n    email: email  # ? new; why\n    fax: token  # ? new; why\n"
           "  s.orders:\n    note: text  # ? new; why\n  \"*\":\n    email: email\n");
}

static void
a_file_without_the_section_gets_it_at_its_end(void **state)
{
    (void)state;
    expect("sample: {rate: 5%}", fax, 1,
           "sample: {rate: 5%}\ncolumns:\n  s.users:\n    fax: token  # ? new; why\n");
    expect("sample: {rate: 5%}\n", all, 3,
           "sample: {rate: 5%}\ncolumns:\n  s.users:\n    email: email  # ? new; why\n    fax: "
           "token  # ? new; why\n  s.orders:\n    note: text  # ? new; why\n");
}

/* "columns:" and nothing below is a section without lines, as the rules' reader takes it. */
static void
an_empty_section_is_filled_and_not_written_twice(void **state)
{
    (void)state;
    expect("sample: {rate: 5%}\ncolumns:\n", fax, 1,
           "sample: {rate: 5%}\ncolumns:\n  s.users:\n    fax: token  # ? new; why\n");
}

static void
odd_names_are_written_as_the_language_wants_them(void **state)
{
    static const char *const odd[] = { "2", "0", "email", NULL };
    struct told told;
    (void)state;
    assert_true(update(&told, "columns:\n  s.users:\n    email: email\n", odd));
    if (!little_decide(&told.p.l, buf_str(&told.out)))
        fail_msg("%s in %s", told.p.l.err.message, buf_str(&told.out));
    assert_int_equal(told.p.l.masking.tables[2].decisions[0].verdict, VERDICT_MASKED);
    end(&told);
}

static void
what_is_written_on_one_line_is_refused_with_the_lines_to_add(void **state)
{
    static const char *const files[][2] = {
        { "columns:\n  s.users: {email: email}\n", "r.yaml:2:3: 's.users' is written on one line" },
        { "columns: {s.users: {email: email}}\n", "r.yaml:1:11: 's.users'" },
        { "columns: {s.orders: {note: text}}\n", "r.yaml:1:1: 'columns' is written on one line" },
        { "columns: {}\n", "'columns' is written on one line" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct told told;
        if (update(&told, files[i][0], fax))
            fail_msg("%s", buf_str(&told.out));
        assert_int_equal(told.err.code, DECANT_REFUSED);
        if (strstr(told.err.message, files[i][1]) == NULL)
            fail_msg("%s", told.err.message);
        assert_non_null(strstr(told.err.hint, "fax: token  # ? new; why"));
        end(&told);
    }
}

static void
a_file_that_is_no_yaml_is_refused(void **state)
{
    struct told told;
    (void)state;
    assert_false(update(&told, "columns:\n\ts.users: {}\n", fax));
    assert_non_null(strstr(told.err.message, "r.yaml:2"));
    end(&told);
}

/* A property: each round adds what it is told and leaves every line that was there. */
static void
lines_are_only_added(void **state)
{
    static const char *const files[] = {
        "columns:\n  s.orders:\n    note: keep\n  s.users:\n    email: email\n",
        "# head\ncolumns: # here\n  # first\n  s.users: # mine\n    # the mail\n    email: email\n",
        "sample:\n  rate: 5%\ncolumns:\n  \"*\":\n    x: text\nchecks:\n  leak: {min_length: 6}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct told told;
        assert_true(update(&told, files[i], i == 0 ? fax : i == 1 ? fax : all));
        const char *old = files[i], *text = buf_str(&told.out);
        int lines = 0;
        while (*text != '\0') { /* each line is the next of the old ones, or new */
            size_t n = strcspn(text, "\n") + 1;
            if (strncmp(old, text, n) == 0)
                old += n;
            else
                lines++;
            text += n;
        }
        assert_string_equal(old, "");
        assert_true(lines >= told.added && lines <= told.added + 2);
        end(&told);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_news_not_a_byte_changes),
        cmocka_unit_test(new_columns_stand_under_their_table_with_its_indent),
        cmocka_unit_test(new_tables_stand_before_the_others),
        cmocka_unit_test(a_file_without_the_section_gets_it_at_its_end),
        cmocka_unit_test(odd_names_are_written_as_the_language_wants_them),
        cmocka_unit_test(what_is_written_on_one_line_is_refused_with_the_lines_to_add),
        cmocka_unit_test(a_file_that_is_no_yaml_is_refused),
        cmocka_unit_test(lines_are_only_added),
        cmocka_unit_test(an_empty_section_is_filled_and_not_written_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
