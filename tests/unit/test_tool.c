/* SPDX-License-Identifier: PostgreSQL */
/* pg_dump and pg_restore: which of several is taken, and what it is told and says. */
#include "pg/tool.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "raw.h"

static char folder[256];

static void
write_program(const char *where, const char *name, const char *text, mode_t mode)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s/%s", folder, where, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *
subfolder(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mkdir(path, 0700);
    return path;
}

/* A pair whose pg_dump answers so to --version. */
static const char *
pair(const char *where, const char *answer)
{
    char text[300];
    const char *path = subfolder(where);
    snprintf(text, sizeof text, "test \"$*\" = --version && %s", answer);
    write_program(where, "pg_dump", text, 0755);
    write_program(where, "pg_restore", text, 0755);
    return path;
}

static int
begin(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    return remove_folder(folder);
}

/* ---- finding */

static void
the_version_is_read_as_the_tools_spell_it(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int version;
    } answers[] = {
        { "echo 'pg_dump (PostgreSQL) 16.4'", 160004 },
        { "echo 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)'", 150018 },
        { "echo 'pg_dump (PostgreSQL) 17beta2'", 170000 },
        { "echo 'pg_dump (PostgreSQL) 18devel'", 180000 },
        { "echo 'pg_dump (EnterpriseDB) 16.2.0'", 160002 },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct pg_tools tools;
        struct decant_error err = { 0 };
        const char *bin = pair("bin", answers[i].answer);
        if (!pg_tools_find(bin, 150000, &tools, &err))
            fail_msg("%s: %s", answers[i].answer, err.message);
        assert_int_equal(tools.version, answers[i].version);
        assert_memory_equal(tools.dump, bin, strlen(bin));
        assert_string_equal(tools.dump + strlen(bin), "/pg_dump");
        assert_string_equal(tools.restore + strlen(bin), "/pg_restore");
        assert_int_equal(err.code, DECANT_OK);
    }
}

static void
what_does_not_work_or_is_too_old_is_not_taken(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "echo 'pg_dump (PostgreSQL) 14.20'",
        "echo 'pg_dump (PostgreSQL) 9.6.24'",
        "echo nothing of a version",
        "true",
        "false",
        "echo 'pg_dump (PostgreSQL) 16.4'; exit 1",
        "kill -9 $$",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct pg_tools tools;
        struct decant_error err = { 0 };
        const char *bin = pair("bin", answers[i]);
        assert_false(pg_tools_find(bin, 150018, &tools, &err));
        assert_int_equal(err.code, DECANT_REFUSED);
        assert_non_null(strstr(err.message, "version 15 or newer"));
        assert_non_null(strstr(err.message, bin));
        assert_non_null(strstr(err.hint, "postgresql-client-15"));
        assert_non_null(strstr(err.hint, "--pg-bindir"));
    }
}

static void
both_tools_must_be_there_and_run(void **state)
{
    (void)state;
    static const char good[] = "echo 'pg_dump (PostgreSQL) 16.4'";
    for (int i = 0; i < 4; i++) {
        struct pg_tools tools;
        struct decant_error err = { 0 };
        char path[400];
        pair("half", good);
        snprintf(path, sizeof path, "%s/half/%s", folder, i % 2 == 0 ? "pg_dump" : "pg_restore");
        if (i < 2)
            unlink(path);
        else
            chmod(path, 0644);
        assert_false(pg_tools_find(subfolder("half"), 150000, &tools, &err));
        assert_int_equal(err.code, DECANT_REFUSED);
    }
    struct pg_tools tools;
    struct decant_error err = { 0 };
    assert_false(pg_tools_find("/no/such/folder", 150000, &tools, &err));
    char long_name[700];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_false(pg_tools_find(long_name, 150000, &tools, &err)); /* no name for its files */
}

/* An older minor release may not know what its servers have; a newer major one writes settings that
 * an older target does not know. */
static void
of_several_the_newest_of_the_oldest_that_will_do_is_taken(void **state)
{
    (void)state;
    static const struct {
        int version;
        const char *taken; /* NULL: none */
    } cases[] = { { 960000, "c" }, { 970003, "c" }, { 980000, "d" }, { 990000, NULL } };
    char *path = getenv("PATH"), *old = path != NULL ? strdup(path) : NULL;
    char list[2000];
    pair("a", "echo 'pg_dump (PostgreSQL) 98.1'");
    pair("b", "echo 'pg_dump (PostgreSQL) 97.2'");
    pair("c", "echo 'pg_dump (PostgreSQL) 97.10'");
    pair("d", "echo 'pg_dump (PostgreSQL) 98.3'");
    pair("e", "echo 'pg_dump (PostgreSQL) 97.9'");
    snprintf(list, sizeof list, "%s/a::%s/b:%s/c:relative:%s/nowhere:%s/d:%s/e:/usr/bin:/bin",
             folder, folder, folder, folder, folder, folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pg_tools tools;
        struct decant_error err = { 0 };
        setenv("PATH", list, 1);
        bool ok = pg_tools_find(NULL, cases[i].version, &tools, &err);
        setenv("PATH", old, 1);
        assert_int_equal(ok, cases[i].taken != NULL);
        if (ok) {
            char dump[400];
            snprintf(dump, sizeof dump, "%s/%s/pg_dump", folder, cases[i].taken);
            assert_string_equal(tools.dump, dump);
        } else {
            assert_non_null(strstr(err.message, "version 99 or newer"));
            assert_null(strstr(err.message, " in ")); /* no folder was named */
        }
    }
    free(old);
}

/* "." and "bin" in PATH are whatever folder one stands in. */
static void
a_relative_folder_of_path_is_not_looked_at(void **state)
{
    (void)state;
    struct pg_tools tools;
    struct decant_error err = { 0 };
    char *path = getenv("PATH"), *old = path != NULL ? strdup(path) : NULL, here[400];
    pair("here", "echo 'pg_dump (PostgreSQL) 99.1'");
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(subfolder("here")), 0);
    setenv("PATH", ".:../here:", 1);
    bool found = pg_tools_find(NULL, 990000, &tools, &err);
    unsetenv("PATH");
    found |= pg_tools_find(NULL, 990000, &tools, &err);
    setenv("PATH", old, 1);
    assert_int_equal(chdir(here), 0);
    assert_false(found);
    free(old);
}

/* ---- running */

static const char *
program(const char *text)
{
    static char path[400];
    subfolder("bin");
    write_program("bin", "tool", text, 0755);
    snprintf(path, sizeof path, "%s/bin/tool", folder);
    return path;
}

static void
what_a_tool_says_and_how_it_ended_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *output, *errors;
        int status;
    } tools[] = {
        { "echo out; echo \"$1 $2\"; echo err >&2", "out\na b c\n", "err\n", 0 },
        { "echo broken >&2; exit 3", "", "broken\n", 3 },
        { "kill -9 $$", "", "", 128 + 9 },
        { "test $# = 2 && test -z \"$PGPASSFILE\"", "", "", 0 }, /* no server, no password */
    };
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        const char *args[] = { "a", "b c", NULL };
        struct buf output = { 0 }, errors = { 0 };
        struct decant_error err = { 0 };
        int status = -1;
        assert_true(pg_tool_run(program(tools[i].text), args, NULL, NULL, -1, &output, &errors,
                                &status, &err));
        assert_int_equal(status, tools[i].status);
        assert_string_equal(buf_str(&output), tools[i].output);
        assert_string_equal(buf_str(&errors), tools[i].errors);
        buf_deinit(&output);
        buf_deinit(&errors);
    }
}

static void
a_password_travels_in_a_file_that_only_the_tool_sees(void **state)
{
    (void)state;
    struct raw raw;
    struct pg_info *info;
    struct decant_error err = { 0 };
    struct buf output = { 0 }, errors = { 0 };
    const char *args[] = { "--jobs=1", NULL };
    int status = -1;
    raw_init(&raw);
    raw.wants_password = true;
    raw_start(&raw);
    assert_true(pg_info_parse(raw.uri, "source", &info, &err));
    pg_info_set(info, "password", "s3:cr\\et");
    struct pg_conn *conn = pg_connect(info, "decant/unit", &raw_go_on, &err);
    assert_non_null(conn);
    assert_true(pg_tool_run(program("printf '%s\\n' \"$@\"; cat \"$PGPASSFILE\"; env >&2"), args,
                            conn, "decant/dump", -1, &output, &errors, &status, &err));
    assert_int_equal(status, 0);
    char *file = strstr(buf_str(&output), "*:*:*:*:");
    assert_non_null(file);
    assert_string_equal(file, "*:*:*:*:s3\\:cr\\\\et\n");
    *file = '\0'; /* what is left are the arguments */
    assert_ptr_equal(strstr(output.data, "--jobs=1\n--dbname="), output.data);
    assert_non_null(strstr(output.data, "application_name='decant/dump'"));
    assert_null(strstr(output.data, "s3"));
    assert_null(strstr(buf_str(&errors), "s3:cr"));
    assert_null(strstr(buf_str(&errors), "s3\\:cr"));
    assert_non_null(strstr(buf_str(&errors), "PGPASSFILE=/proc/self/fd/"));
    pg_close(conn);
    pg_info_free(info);
    raw_stop(&raw);
    raw_deinit(&raw);
    buf_deinit(&output);
    buf_deinit(&errors);
}

static void
output_goes_where_it_is_sent(void **state)
{
    (void)state;
    const char *args[] = { NULL };
    struct buf errors = { 0 };
    struct decant_error err = { 0 };
    char bytes[16] = "";
    int status, fd = pg_tool_file("unit", &err);
    assert_true(fd >= 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 0);
    assert_true(
        pg_tool_run(program("echo here"), args, NULL, NULL, fd, NULL, &errors, &status, &err));
    assert_int_equal(pread(fd, bytes, sizeof bytes - 1, 0), 5);
    assert_string_equal(bytes, "here\n");
    close(fd);
    buf_deinit(&errors);
}

static void
a_tool_that_cannot_run_is_an_error(void **state)
{
    (void)state;
    static const char *many[5000];
    const char *args[] = { NULL };
    struct buf output = { 0 }, errors = { 0 };
    struct decant_error err = { 0 };
    int status = -1;
    for (int i = 0; i < 4999; i++)
        many[i] = "x";
    assert_false(
        pg_tool_run(program("true"), many, NULL, NULL, -1, &output, &errors, &status, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_non_null(strstr(err.message, "too many arguments"));
    memset(&err, 0, sizeof err);
    assert_false(
        pg_tool_run("/no/such/tool", args, NULL, NULL, -1, &output, &errors, &status, &err));
    assert_int_not_equal(err.code, DECANT_OK);
    assert_non_null(strstr(err.message, "/no/such/tool"));
    buf_deinit(&output);
    buf_deinit(&errors);
}

static void
a_tool_is_ended_when_the_job_stops(void **state)
{
    (void)state;
    struct raw raw;
    atomic_int stop = 0;
    struct decant_error err = { 0 };
    struct buf output = { 0 }, errors = { 0 };
    const char *args[] = { NULL };
    int status;
    raw_init(&raw);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &stop);
    atomic_store(&stop, 1);
    assert_false(pg_tool_run(program("exec cat /dev/zero >/dev/null"), args, conn, "decant/dump",
                             -1, &output, &errors, &status, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
    buf_deinit(&output);
    buf_deinit(&errors);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_read_as_the_tools_spell_it),
        cmocka_unit_test(what_does_not_work_or_is_too_old_is_not_taken),
        cmocka_unit_test(both_tools_must_be_there_and_run),
        cmocka_unit_test(of_several_the_newest_of_the_oldest_that_will_do_is_taken),
        cmocka_unit_test(a_relative_folder_of_path_is_not_looked_at),
        cmocka_unit_test(what_a_tool_says_and_how_it_ended_is_told),
        cmocka_unit_test(a_password_travels_in_a_file_that_only_the_tool_sees),
        cmocka_unit_test(output_goes_where_it_is_sent),
        cmocka_unit_test(a_tool_that_cannot_run_is_an_error),
        cmocka_unit_test(a_tool_is_ended_when_the_job_stops),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
