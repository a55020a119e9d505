/* SPDX-License-Identifier: PostgreSQL */
/* Events as lines for people, a bar for a terminal, JSON for programs. */
#include "cli/progress.h"

#include "unit.h"

static struct progress progress;
static struct buf heard;

/* What `say` writes to a descriptor. */
static const char *
hear(int fd, void (*say)(void))
{
    char bytes[65536];
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(fd == STDERR_FILENO ? stderr : stdout);
    int saved = dup(fd);
    assert_true(dup2(fileno(file), fd) == fd);
    say();
    fflush(fd == STDERR_FILENO ? stderr : stdout);
    dup2(saved, fd);
    close(saved);
    rewind(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    buf_reset(&heard);
    buf_puts(&heard, "");
    buf_add(&heard, bytes, n);
    return buf_str(&heard);
}

static struct decant_event
event(enum decant_phase phase, const char *name, const char *object, int64_t rows)
{
    return (struct decant_event){ .phase = phase,
                                  .name = name,
                                  .object = object,
                                  .rows = rows,
                                  .elapsed_s = 1.25,
                                  .left_s = -1,
                                  .rows_expected = -1 };
}

static void
tell(struct decant_event what)
{
    progress_event(&progress, &what);
}

/* ---- lines */

static void
say_phases(void)
{
    tell(event(DECANT_PHASE_CONNECTED, "connected", NULL, 0));
    tell(event(DECANT_PHASE_TABLE_OPEN, "table_open", "public.users", 0));
    tell(event(DECANT_PHASE_PROGRESS, "progress", "public.users", 7));
    tell(event(DECANT_PHASE_TABLE_DONE, "table_done", "public.users", 12));
    tell(event(DECANT_PHASE_TABLE_DONE, "table_done", "public.orders", 70720));
    tell(event(DECANT_PHASE_TABLE_DONE, "table_done", "public.gone", -1));
    struct decant_event retry = event(DECANT_PHASE_RETRY, "retry", NULL, 0);
    retry.detail = "a conflict";
    tell(retry);
}

static void
what_ends_is_a_line_with_its_time(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    assert_string_equal(hear(STDERR_FILENO, say_phases),
                        "     1.2 s  connected\n"
                        "     1.2 s  public.users: 12 rows\n"
                        "     1.2 s  public.orders: 70.7k rows\n"
                        "     1.2 s  public.gone: not in the copy\n"
                        "     1.2 s  starting over: a conflict\n");
    progress_finish(&progress, true);
}

static void
whoever_wants_quiet_has_it(void **state)
{
    (void)state;
    progress_init(&progress, false, true);
    assert_string_equal(hear(STDERR_FILENO, say_phases), "");
    assert_string_equal(hear(STDOUT_FILENO, say_phases), "");
    progress_finish(&progress, true);
}

static void
say_proofs(void)
{
    struct decant_event proved = event(DECANT_PHASE_PROVED, "proved", NULL, 0);
    proved.kind = "good";
    proved.detail = "its foreign keys hold";
    tell(proved);
    struct decant_event compared = event(DECANT_PHASE_COMPARED, "compared", NULL, 0);
    compared.detail = "3 figures hold";
    tell(compared);
    struct decant_event verdict = event(DECANT_PHASE_VERDICT, "verdict", "x.sqlite", 0);
    verdict.detail = "may be used";
    tell(verdict);
}

static void
a_proof_is_told_with_what_it_says(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    assert_string_equal(hear(STDERR_FILENO, say_proofs), "good: its foreign keys hold\n"
                                                         "     1.2 s  compared: 3 figures hold\n"
                                                         "x.sqlite may be used\n");
    progress_finish(&progress, true);
}

static void
say_finding(void)
{
    struct decant_event finding = event(DECANT_PHASE_FINDING, "finding", "public.t.c", 0);
    finding.kind = "email";
    finding.detail = "1 in 2 cells";
    tell(finding);
}

/* It is an error, which is told whoever wants quiet; in JSON it is an event. */
static void
a_finding_is_told_in_any_case(void **state)
{
    (void)state;
    progress_init(&progress, false, true);
    assert_string_equal(hear(STDERR_FILENO, say_finding), "  public.t.c [email]: 1 in 2 cells\n");
    progress_init(&progress, true, true);
    assert_non_null(strstr(hear(STDOUT_FILENO, say_finding), "\"kind\":\"email\""));
    progress_finish(&progress, false);
}

/* ---- what was not carried over */

static void
say_list(void)
{
    static char names[9][16];
    for (int i = 0; i < 9; i++) {
        struct decant_event note = event(DECANT_PHASE_NOT_CARRIED, "not_carried", names[i], 0);
        snprintf(names[i], sizeof names[i], "public.v%d", i);
        note.kind = i < 7 ? "view" : "check";
        note.reason = i < 7 ? "not-in-sqlite" : "not-proved";
        note.detail = "it is lost";
        note.hint = i < 7 ? NULL : "look at it";
        note.count = i == 8 ? 3 : 0;
        tell(note);
    }
    struct decant_event done = event(DECANT_PHASE_DONE, "done", "x.sqlite", 70720);
    done.tables = 2;
    done.bytes = 41000000;
    tell(done);
}

static void
the_list_has_a_few_of_each_group_and_says_how_many_more(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    assert_string_equal(
        hear(STDERR_FILENO, say_list),
        "not carried over:\n"
        "  view [not-in-sqlite]: it is lost\n"
        "    public.v0\n    public.v1\n    public.v2\n    public.v3\n    public.v4\n"
        "    ... and 2 more (--json and the manifest list all)\n"
        "  check [not-proved]: it is lost\n"
        "    hint: look at it\n"
        "    public.v7\n    public.v8 (3)\n"
        "x.sqlite: 70.7k rows in 2 tables, 41.0MB read, 1.2 s\n");
    assert_int_equal(progress.unproved, 2);
    progress_finish(&progress, true);
}

/* ---- the bar of a terminal */

static struct decant_event stage;

static void
say_stage(void)
{
    tell(stage);
}

static void
a_terminal_has_one_line_of_what_is_under_way(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    progress.is_terminal = true;
    stage = event(DECANT_PHASE_STAGE, "stage", "copying", 0);
    stage.elapsed_s = 10;
    assert_string_equal(hear(STDERR_FILENO, say_stage), "\r\033[K10 s  copying");
    stage.elapsed_s = 30;
    stage.left_s = 90;
    stage.rows = 20000;
    stage.rows_expected = 80000;
    assert_string_equal(
        hear(STDERR_FILENO, say_stage),
        "\r\033[K[######                  ] 30 s  copying 20.0k of 80.0k, 1000/s, 2 min left");
    stage.left_s = 7200;
    assert_non_null(strstr(hear(STDERR_FILENO, say_stage), ", 2.0 h left"));
    /* the next line takes its place */
    stage = event(DECANT_PHASE_CHECKS, "checks", NULL, 0);
    assert_string_equal(hear(STDERR_FILENO, say_stage), "\r\033[K     1.2 s  checks\n");
    progress_finish(&progress, true);
}

static void
a_file_has_no_bar(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    stage = event(DECANT_PHASE_STAGE, "stage", "copying", 5);
    assert_string_equal(hear(STDERR_FILENO, say_stage), "");
    progress_finish(&progress, true);
}

/* ---- JSON */

static void
each_event_is_a_line_of_json(void **state)
{
    (void)state;
    progress_init(&progress, true, true);
    stage = event(DECANT_PHASE_TABLE_DONE, "table_done", "public.\"x", 12);
    stage.tables = 1;
    stage.tables_total = 3;
    assert_string_equal(hear(STDOUT_FILENO, say_stage),
                        "{\"event\":\"table_done\",\"elapsed\":1.250,\"object\":\"public.\\\"x\","
                        "\"rows\":12,\"bytes\":0,\"tables\":1,\"tables_total\":3}\n");
    stage = event(DECANT_PHASE_STAGE, "stage", "copying", 5);
    stage.left_s = 2;
    stage.rows_expected = 10;
    stage.count = 4;
    const char *line = hear(STDOUT_FILENO, say_stage);
    assert_non_null(strstr(line, "\"left\":2"));
    assert_non_null(strstr(line, "\"rows_expected\":10"));
    assert_non_null(strstr(line, "\"count\":4"));
    progress_finish(&progress, true);
}

static void
say_hidden(void)
{
    tell(event(DECANT_PHASE_TABLE_DONE, "table_done", "public.\033[31mred", 1));
}

/* Names come from the source: they move no cursor. */
static void
what_nobody_would_see_is_shown(void **state)
{
    (void)state;
    progress_init(&progress, false, false);
    assert_null(strchr(hear(STDERR_FILENO, say_hidden), '\033'));
    progress_finish(&progress, true);
}

static int
end(void **state)
{
    (void)state;
    buf_deinit(&heard);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ends_is_a_line_with_its_time),
        cmocka_unit_test(whoever_wants_quiet_has_it),
        cmocka_unit_test(a_proof_is_told_with_what_it_says),
        cmocka_unit_test(a_finding_is_told_in_any_case),
        cmocka_unit_test(the_list_has_a_few_of_each_group_and_says_how_many_more),
        cmocka_unit_test(a_terminal_has_one_line_of_what_is_under_way),
        cmocka_unit_test(a_file_has_no_bar),
        cmocka_unit_test(each_event_is_a_line_of_json),
        cmocka_unit_test(what_nobody_would_see_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
