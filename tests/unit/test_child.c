/* SPDX-License-Identifier: PostgreSQL */
/* Programs that are run: what they say, how they end, and what ends them. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "unit.h"

enum { MIB = 1 << 20 };

struct run {
    struct child child;
    const char *argv[4];
    struct buf output, errors;
    atomic_int stop;
    struct decant_error err;
    int status;
};

/* A line of the shell's. */
static void
prepare(struct run *run, const char *line)
{
    memset(run, 0, sizeof *run);
    run->argv[0] = "/bin/sh";
    run->argv[1] = "-c";
    run->argv[2] = line;
    run->child = (struct child){ .argv = run->argv,
                                 .stdout_fd = -1,
                                 .output = &run->output,
                                 .errors = &run->errors,
                                 .stop = &run->stop };
}

static bool
go(struct run *run)
{
    return child_run(&run->child, &run->status, &run->err);
}

static void
end(struct run *run)
{
    buf_deinit(&run->output);
    buf_deinit(&run->errors);
}

static void
what_it_says_is_told_apart_from_its_complaints(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "echo one; echo two >&2; echo three");
    assert_true(go(&run));
    assert_int_equal(run.status, 0);
    assert_string_equal(buf_str(&run.output), "one\nthree\n");
    assert_string_equal(buf_str(&run.errors), "two\n");
    end(&run);
}

static void
how_it_ended_is_its_status_or_its_signal(void **state)
{
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        { "exit 0", 0 },
        { "exit 3", 3 },
        { "exit 255", 255 },
        { "kill -KILL $$", 128 + SIGKILL },
        { "kill -TERM $$", 128 + SIGTERM },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run;
        prepare(&run, cases[i].line);
        assert_true(go(&run));
        assert_int_equal(run.status, cases[i].status);
        assert_int_equal(run.err.code, DECANT_OK);
        end(&run);
    }
}

static void
a_program_that_is_not_there_is_named(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "");
    run.argv[0] = "/nowhere/pg_dump";
    assert_false(go(&run));
    assert_int_equal(run.err.code, DECANT_REFUSED);
    assert_non_null(strstr(run.err.message, "'/nowhere/pg_dump'"));
    end(&run);
}

static void
it_has_no_input_of_ours(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "cat; echo end");
    assert_true(go(&run));
    assert_string_equal(buf_str(&run.output), "end\n");
    end(&run);
}

static void
it_speaks_the_language_of_programs_and_has_one_more_variable(void **state)
{
    struct run run;
    (void)state;
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    prepare(&run, "echo \"$LC_ALL $DECANT_UNIT\"");
    const struct child_variable env[] = { { "DECANT_UNIT", "a 'quoted' $value" }, { NULL, NULL } };
    run.child.env = env;
    assert_true(go(&run));
    assert_string_equal(buf_str(&run.output), "C a 'quoted' $value\n");
    assert_string_equal(getenv("LC_ALL"), "de_DE.UTF-8"); /* ours stay as they are */
    assert_null(getenv("DECANT_UNIT"));
    end(&run);
}

static void
its_output_may_go_elsewhere(void **state)
{
    struct run run;
    int ends[2];
    char said[32] = "";
    (void)state;
    assert_int_equal(pipe(ends), 0);
    prepare(&run, "echo elsewhere; echo here >&2");
    run.child.stdout_fd = ends[1];
    assert_true(go(&run));
    close(ends[1]);
    assert_int_equal(read(ends[0], said, sizeof said - 1), 10);
    assert_string_equal(said, "elsewhere\n");
    assert_int_equal(run.output.len, 0);
    assert_string_equal(buf_str(&run.errors), "here\n");
    close(ends[0]);
    end(&run);
}

static void
much_is_read_from_both_ends_at_once(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero;"
                  "head -c 300000 /dev/zero >&2");
    assert_true(go(&run));
    assert_int_equal(run.output.len, 300000);
    assert_int_equal(run.errors.len, 600000);
    end(&run);
}

static void
complaints_without_an_end_are_cut_off(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "head -c 9000000 /dev/zero >&2; echo done");
    assert_true(go(&run));
    assert_string_equal(buf_str(&run.output), "done\n"); /* it could go on */
    assert_in_range(run.errors.len, 8 * MIB, 8 * MIB + 4095);
    end(&run);
}

static void
signals_that_we_ignore_or_hold_back_are_its_own(void **state)
{
    struct run run;
    sigset_t held, before;
    (void)state;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGPIPE);
    assert_int_equal(sigprocmask(SIG_BLOCK, &held, &before), 0);
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    prepare(&run, "kill -PIPE $$; echo survived");
    assert_true(go(&run));
    assert_int_equal(run.status, 128 + SIGPIPE);
    end(&run);
    prepare(&run, "kill -TERM $$; echo survived");
    assert_true(go(&run));
    assert_int_equal(run.status, 128 + SIGTERM);
    end(&run);
    signal(SIGPIPE, old);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
it_ends_when_it_is_told_to(void **state)
{
    struct run run;
    (void)state;
    prepare(&run, "exec sleep 1000");
    run.stop = 1;
    assert_false(go(&run));
    assert_int_equal(run.err.code, DECANT_CANCELLED);
    assert_string_equal(run.err.message, "cancelled");
    end(&run);
}

static bool
rests(void *ctx)
{
    ++*(int *)ctx;
    return false;
}

static void
one_that_says_nothing_and_does_nothing_is_ended(void **state)
{
    struct run run;
    int asked = 0;
    (void)state;
    prepare(&run, "exec sleep 1000");
    run.child.quiet_ms = 1;
    run.child.is_at_work = rests;
    run.child.ctx = &asked;
    assert_false(go(&run));
    assert_int_equal(asked, 1);
    assert_int_equal(run.err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(run.err.message, "'/bin/sh' has said nothing"));
    assert_non_null(strstr(run.err.hint, "--stall-timeout"));
    end(&run);
}

/* Somebody at work whose work ends with the second question. */
struct worker {
    const char *fifo;
    int asked;
};

static bool
works(void *ctx)
{
    struct worker *worker = ctx;
    if (++worker->asked == 2) {
        int fd = open(worker->fifo, O_WRONLY);
        assert_int_equal(write(fd, "result\n", 7), 7);
        close(fd);
    }
    return true;
}

static void
one_that_says_nothing_but_is_at_work_is_waited_for(void **state)
{
    struct run run;
    char folder[256], fifo[300], line[400];
    struct worker worker = { .fifo = fifo };
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    snprintf(line, sizeof line, "cat '%s'", fifo);
    prepare(&run, line);
    run.child.quiet_ms = 1;
    run.child.is_at_work = works;
    run.child.ctx = &worker;
    assert_true(go(&run));
    assert_true(worker.asked >= 2);
    assert_string_equal(buf_str(&run.output), "result\n");
    end(&run);
    unlink(fifo);
    rmdir(folder);
}

/* The pipe's end is open in our child and in its child alone: it closes with the last of them. */
static void
it_does_not_outlive_us(void **state)
{
    int ends[2];
    char byte;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct run run;
        char line[64];
        snprintf(line, sizeof line, "echo >&%d; exec sleep 1000", ends[1]);
        close(ends[0]);
        prepare(&run, line);
        go(&run);
        _exit(1);
    }
    close(ends[1]);
    alarm(20); /* the end of the test, should it fail */
    assert_int_equal(read(ends[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    alarm(0);
    close(ends[0]);
}

/* ---- commands of the user's */

static const atomic_int never = 0;

static bool
command(const char *line, const char *input, int timeout_ms, int *status, struct decant_error *err)
{
    const char *const argv[] = { "/bin/sh", "-c", line, NULL };
    static const struct child_variable env[] = { { "DECANT_TEST", "some value" }, { NULL, NULL } };
    return child_run_command(&(struct child_command){ .argv = argv,
                                                      .env = env,
                                                      .input = input,
                                                      .directory = "/",
                                                      .timeout_ms = timeout_ms,
                                                      .stop = &never },
                             status, err);
}

static void
a_command_reads_what_it_is_given(void **state)
{
    struct decant_error err = { 0 };
    int status = -1;
    (void)state;
    assert_true(command("test \"$(cat)\" = 'a text' && test \"$DECANT_TEST\" = 'some value' && test"
                        " \"$PWD\" = /",
                        "a text", 5000, &status, &err));
    assert_int_equal(status, 0);
    assert_true(command("exit 7", "", 5000, &status, &err));
    assert_int_equal(status, 7);
    assert_true(command("kill -9 $$", "", 5000, &status, &err));
    assert_int_equal(status, 128 + 9);
}

/* ... with what it started, and whoever ignores the first signal. */
static void
a_command_that_takes_too_long_is_ended(void **state)
{
    static const char *const lines[] = { "sleep 61 & sleep 61",
                                         "trap '' TERM; sleep 61; sleep 61" };
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct decant_error err = { 0 };
        int status = -1;
        int64_t began = clock_ms();
        assert_false(command(lines[i], NULL, 200, &status, &err));
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_string_equal(err.message, "'/bin/sh' has taken longer than 0.2 s");
        assert_true(clock_ms() - began < 8000);
    }
    assert_int_not_equal(system("pgrep -f '^sleep 61$' >/dev/null"), 0);
}

static void
a_command_that_is_not_there_is_told(void **state)
{
    const char *const argv[] = { "/no/such/command", NULL };
    static const struct child_variable env[] = { { NULL, NULL } };
    struct decant_error err = { 0 };
    int status;
    (void)state;
    assert_false(child_run_command(
        &(struct child_command){ .argv = argv, .env = env, .stop = &never }, &status, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_string_equal(err.message, "cannot run '/no/such/command'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_reads_what_it_is_given),
        cmocka_unit_test(a_command_that_takes_too_long_is_ended),
        cmocka_unit_test(a_command_that_is_not_there_is_told),
        cmocka_unit_test(what_it_says_is_told_apart_from_its_complaints),
        cmocka_unit_test(how_it_ended_is_its_status_or_its_signal),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test(it_has_no_input_of_ours),
        cmocka_unit_test(it_speaks_the_language_of_programs_and_has_one_more_variable),
        cmocka_unit_test(its_output_may_go_elsewhere),
        cmocka_unit_test(much_is_read_from_both_ends_at_once),
        cmocka_unit_test(complaints_without_an_end_are_cut_off),
        cmocka_unit_test(signals_that_we_ignore_or_hold_back_are_its_own),
        cmocka_unit_test(it_ends_when_it_is_told_to),
        cmocka_unit_test(one_that_says_nothing_and_does_nothing_is_ended),
        cmocka_unit_test(one_that_says_nothing_but_is_at_work_is_waited_for),
        cmocka_unit_test(it_does_not_outlive_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
