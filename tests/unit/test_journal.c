/* SPDX-License-Identifier: PostgreSQL */
/* The journal of runs: what was written is read again, and what a crash left spoils nothing. */
#include "night/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "folder.h"

#define RUN "20261130023000x000001"
#define BEGIN                                                                                      \
    "{\"event\":\"begin\",\"run\":\"" RUN                                                          \
    "\",\"at\":\"2026-11-30T02:30:00Z\",\"target\":\"s.db\","                                      \
    "\"config\":\"/c.yaml\",\"schedule\":\"02:30\",\"max_age_s\":93600,\"expires_s\":2592000}"
#define END                                                                                        \
    "{\"event\":\"end\",\"run\":\"" RUN "\",\"at\":\"2026-11-30T02:31:00Z\",\"status\":0,"         \
    "\"published\":true,\"seconds\":60.5,\"data_at\":\"2026-11-30T02:30:01Z\",\"rows\":12,"        \
    "\"bytes\":4096,\"not_carried\":3,\"tables\":{\"s.a\":5,\"s.b\":7},\"warnings\":[\"w "         \
    "\\\"1\\\"\"]}"

static void
append(const char *line)
{
    struct decant_error err = { 0 };
    if (!journal_append("j.runs", line, &err))
        fail_msg("%s", err.message);
}

static void
read_it(struct arena *arena, struct journal *out)
{
    struct decant_error err = { 0 };
    if (!journal_read("j.runs", arena, out, &err))
        fail_msg("%s", err.message);
}

static void
both_lines_of_a_run_make_a_night(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    append(BEGIN);
    append(END);
    read_it(&arena, &journal);
    assert_true(journal.exists);
    assert_int_equal(journal.nnights, 1);
    assert_int_equal(journal.ndamaged, 0);
    assert_string_equal(journal.target, "s.db");
    assert_string_equal(journal.config, "/c.yaml");
    assert_string_equal(journal.when, "02:30");
    assert_int_equal(journal.max_age_s, 93600);
    assert_int_equal(journal.expires_s, 2592000);
    const struct night *night = journal_success(&journal, 0);
    assert_non_null(night);
    assert_string_equal(night->run, RUN);
    assert_int_equal(night->ended_s - night->began_s, 60);
    assert_int_equal(night->data_s - night->began_s, 1);
    assert_int_equal(night->rows, 12);
    assert_int_equal(night->bytes, 4096);
    assert_int_equal(night->not_carried, 3);
    assert_true(night->seconds == 60.5);
    assert_int_equal(night->ntables, 2);
    assert_string_equal(night->tables[1].name, "s.b");
    assert_int_equal(night->tables[1].rows, 7);
    assert_int_equal(night->nwarnings, 1);
    assert_string_equal(night->warnings[0], "w \"1\"");
    assert_ptr_equal(journal_find(&journal, RUN), night);
    assert_null(journal_success(&journal, 1));
    arena_deinit(&arena);
}

static void
a_run_without_an_end_was_killed(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    append(BEGIN);
    read_it(&arena, &journal);
    assert_int_equal(journal.nights[0].status, -1);
    assert_int_equal(journal.nights[0].ended_s, 0);
    assert_null(journal_success(&journal, 0));
    arena_deinit(&arena);
}

static void
a_failure_has_its_reason(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    append(BEGIN);
    append("{\"event\":\"end\",\"run\":\"" RUN "\",\"at\":\"2026-11-30T02:31:00Z\",\"status\":6,"
           "\"published\":false,\"stage\":\"pull\",\"message\":\"m\",\"hint\":\"h\"}");
    append("{\"event\":\"expired\",\"at\":\"2026-11-30T02:32:00Z\",\"run\":\"" RUN "\"}");
    read_it(&arena, &journal);
    assert_int_equal(journal.nights[0].status, 6);
    assert_string_equal(journal.nights[0].stage, "pull");
    assert_string_equal(journal.nights[0].message, "m");
    assert_string_equal(journal.nights[0].hint, "h");
    assert_true(journal.nights[0].has_expired);
    assert_int_equal(journal.nnights, 1);
    arena_deinit(&arena);
}

/* A copy that was made by hand expires, too: it is no night. */
static void
the_copy_in_place_is_followed(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    append(BEGIN);
    append(END);
    append("{\"event\":\"expired\",\"at\":\"2026-11-30T02:32:00Z\",\"run\":\"20260101000000x0\"}");
    read_it(&arena, &journal);
    assert_int_equal(journal.nnights, 1);
    assert_string_equal(journal.in_place, RUN);
    append("{\"event\":\"rollback\",\"at\":\"2026-11-30T02:33:00Z\",\"run\":\"20260102000000x0\"}");
    read_it(&arena, &journal);
    assert_string_equal(journal.in_place, "20260102000000x0");
    append("{\"event\":\"expired\",\"at\":\"2026-11-30T02:34:00Z\",\"run\":\"20260102000000x0\"}");
    read_it(&arena, &journal);
    assert_null(journal.in_place);
    arena_deinit(&arena);
}

/* A full disk cut the last line: the next one is whole all the same. */
static void
a_line_that_was_cut_is_counted_and_ends(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    append(BEGIN);
    int fd = open("j.runs", O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"event\":\"en", 12), 12);
    close(fd);
    append(END);
    read_it(&arena, &journal);
    assert_int_equal(journal.ndamaged, 1);
    assert_int_equal(journal.nights[0].status, 0);
    arena_deinit(&arena);
}

static void
lines_that_are_none_are_counted(void **state)
{
    static const char *const lines[] = {
        "x",
        "[]",
        "{}",
        "{\"event\":\"begin\"}",
        "{\"event\":\"begin\",\"run\":\"r\",\"at\":\"now\"}",
        "null",
        "\"begin\"",
        "{\"event\":\"end\",\"run\":5,\"at\":6}",
    };
    struct arena arena = { 0 };
    struct journal journal;
    int n = sizeof lines / sizeof *lines;
    (void)state;
    for (int i = 0; i < n; i++)
        append(lines[i]);
    append(BEGIN);
    read_it(&arena, &journal);
    assert_int_equal(journal.ndamaged, n);
    assert_int_equal(journal.nnights, 1);
    arena_deinit(&arena);
}

static void
no_file_is_an_empty_journal(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    (void)state;
    read_it(&arena, &journal);
    assert_false(journal.exists);
    assert_int_equal(journal.nnights, 0);
    assert_null(journal_success(&journal, 0));
    arena_deinit(&arena);
}

static void
nobody_else_may_read_it(void **state)
{
    struct stat st;
    (void)state;
    append(BEGIN);
    assert_int_equal(stat("j.runs", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* The oldest lines go; the youngest stay, each whole. */
static void
one_that_has_grown_too_long_is_shortened(void **state)
{
    struct arena arena = { 0 };
    struct journal journal;
    char line[6000], padding[5000];
    (void)state;
    memset(padding, 'x', sizeof padding - 1);
    padding[sizeof padding - 1] = '\0';
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line,
                 "{\"event\":\"begin\",\"run\":\"2026113002%04dx000001\",\"at\":"
                 "\"2026-11-30T02:30:00Z\",\"target\":\"%s\"}",
                 i, padding);
        append(line);
    }
    assert_true(file_size("j.runs") < 6 << 20);
    read_it(&arena, &journal);
    assert_int_equal(journal.ndamaged, 0);
    assert_true(journal.nnights >= 400 && journal.nnights < 1000);
    assert_string_equal(journal.nights[journal.nnights - 1].run, "20261130020999x000001");
    assert_int_equal(file_size("j.runs.new"), -1);
    arena_deinit(&arena);
}

/* However long they are, the last nights are there, and the file does not grow for ever. */
static void
long_lines_stay_for_a_few_nights(void **state)
{
    enum { LONG = 1 << 20 };
    struct arena arena = { 0 };
    struct journal journal;
    char *line = mem_alloc(LONG + 200);
    (void)state;
    for (int i = 0; i < 30; i++) {
        int n = sprintf(line,
                        "{\"event\":\"begin\",\"run\":\"2026113002%04dx000001\",\"at\":"
                        "\"2026-11-30T02:30:00Z\",\"target\":\"",
                        i);
        memset(line + n, 'x', LONG);
        strcpy(line + n + LONG, "\"}");
        append(line);
    }
    assert_true(file_size("j.runs") < 12 << 20);
    read_it(&arena, &journal);
    assert_int_equal(journal.ndamaged, 0);
    assert_true(journal.nnights >= 8);
    free(line);
    arena_deinit(&arena);
}

static void
a_place_that_cannot_be_written_is_told(void **state)
{
    struct decant_error err = { 0 };
    (void)state;
    assert_int_equal(mkdir("j.runs", 0700), 0);
    assert_false(journal_append("j.runs", BEGIN, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.message, "j.runs"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(both_lines_of_a_run_make_a_night, folder_clear),
        cmocka_unit_test_teardown(a_run_without_an_end_was_killed, folder_clear),
        cmocka_unit_test_teardown(a_failure_has_its_reason, folder_clear),
        cmocka_unit_test_teardown(the_copy_in_place_is_followed, folder_clear),
        cmocka_unit_test_teardown(a_line_that_was_cut_is_counted_and_ends, folder_clear),
        cmocka_unit_test_teardown(lines_that_are_none_are_counted, folder_clear),
        cmocka_unit_test_teardown(no_file_is_an_empty_journal, folder_clear),
        cmocka_unit_test_teardown(nobody_else_may_read_it, folder_clear),
        cmocka_unit_test_teardown(one_that_has_grown_too_long_is_shortened, folder_clear),
        cmocka_unit_test_teardown(long_lines_stay_for_a_few_nights, folder_clear),
        cmocka_unit_test_teardown(a_place_that_cannot_be_written_is_told, folder_clear),
    };
    return cmocka_run_group_tests_name("journal", tests, folder_enter, folder_leave);
}
