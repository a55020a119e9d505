/* SPDX-License-Identifier: PostgreSQL */
/* The user's own server, whose programs are scripts here: they note what they were asked for. */
#include "server/cluster.h"

#include <decant/decant.h>

#include <sys/stat.h>

#include "unit.h"

static char folder[200], bin[300], was[4096];

static void
write_program(const char *name, const char *script)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", bin, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

/* initdb -D DATA ...; pg_ctl -D DATA ... VERB */
static int
begin(void **state)
{
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    assert_int_equal(chmod(folder, 0755), 0);
    snprintf(bin, sizeof bin, "%s/bin", folder);
    assert_int_equal(mkdir(bin, 0755), 0);
    snprintf(was, sizeof was, "%s",
             getenv("XDG_STATE_HOME") != NULL ? getenv("XDG_STATE_HOME") : "");
    setenv("XDG_STATE_HOME", folder, 1);
    write_program(
        "initdb",
        "echo 15 >\"$2/PG_VERSION\"; echo \"# made\" >\"$2/postgresql.conf\"; chmod 666 \"$2\"/*");
    write_program("pg_ctl", "data=$2; for verb; do :; done\n"
                            "case $verb in\n"
                            "status) [ -e \"$data/pid\" ] || exit 3 ;;\n"
                            "start) [ ! -e \"$data/broken\" ] && echo x >>\"$data/pid\" ;;\n"
                            "stop) rm \"$data/pid\" ;;\nesac");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    if (was[0] != '\0')
        setenv("XDG_STATE_HOME", was, 1);
    else
        unsetenv("XDG_STATE_HOME");
    return remove_folder(folder);
}

static const char *
inside(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/decant/server/%s", folder, name);
    return path;
}

static int
lines_of(const char *path)
{
    FILE *file = fopen(path, "r");
    int n = 0, c;
    if (file == NULL)
        return -1;
    while ((c = fgetc(file)) != EOF)
        n += c == '\n';
    fclose(file);
    return n;
}

static void
it_is_made_once_and_started_when_it_does_not_run(void **state)
{
    struct cluster home;
    struct decant_error err = { 0 };
    struct stat socket;
    bool is_running;
    (void)state;
    assert_true(cluster_find(bin, &home, &err));
    assert_true(cluster_is_running(&home, &is_running, &err) && !is_running);
    for (int i = 0; i < 2; i++)
        if (!cluster_start(&home, &err))
            fail_msg("%s", err.message);
    assert_int_equal(lines_of(inside("data/pid")), 1);
    assert_true(lines_of(inside("data/postgresql.conf")) > 5);
    assert_int_equal(stat(inside("socket"), &socket), 0);
    assert_int_equal(socket.st_mode & 0777, 0700);
    assert_true(cluster_is_running(&home, &is_running, &err) && is_running);
    assert_true(cluster_stop(&home, &err));
    assert_true(cluster_stop(&home, &err)); /* it is stopped: nothing to do */
    assert_int_equal(lines_of(inside("data/pid")), -1);
}

static void
what_does_not_start_is_told(void **state)
{
    struct cluster home;
    struct decant_error err = { 0 };
    (void)state;
    assert_true(cluster_find(bin, &home, &err));
    assert_true(cluster_start(&home, &err) && cluster_stop(&home, &err));
    FILE *file = fopen(inside("data/broken"), "w");
    assert_non_null(file);
    fclose(file);
    assert_false(cluster_start(&home, &err));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    assert_non_null(strstr(err.hint, "/socket/log"));
}

static void
without_programs_nothing_is_made(void **state)
{
    struct cluster home;
    struct decant_error err = { 0 };
    char path[300];
    (void)state;
    assert_false(cluster_find("/nonexistent", &home, &err));
    assert_int_equal(err.code, DECANT_REFUSED);
    memset(path, 'x', 120);
    path[0] = '/';
    path[120] = '\0';
    setenv("XDG_STATE_HOME", path, 1);
    err = (struct decant_error){ 0 };
    assert_false(cluster_find(bin, &home, &err));
    assert_non_null(strstr(err.message, "too long"));
}

static void
addresses_are_quoted(void **state)
{
    const struct cluster home = { .folder = "/h" };
    struct buf out = { 0 };
    (void)state;
    cluster_put_address(&home, "o'hara\\", &out);
    assert_string_equal(buf_str(&out),
                        "host='/h/socket' port=5432 user=decant dbname='o\\'hara\\\\'");
    buf_reset(&out);
    cluster_put_url(&home, "a b", &out);
    assert_string_equal(buf_str(&out), "postgresql://decant@/a%20b?host=/h/socket&port=5432");
    buf_deinit(&out);
}

static void
its_verbs_say_what_there_is(void **state)
{
    struct decant_error err = { 0 };
    char *text = NULL, *address = NULL;
    (void)state;
    assert_true(decant_server("status", NULL, bin, &text, &err));
    assert_non_null(strstr(text, "stopped: "));
    free(text);
    assert_true(decant_server("start", NULL, bin, &text, &err));
    assert_non_null(strstr(text, "postgresql://decant@/postgres?host="));
    free(text);
    assert_true(decant_server_address("shop", bin, &address, &err));
    assert_non_null(strstr(address, "dbname='shop'"));
    free(address);
    assert_true(decant_server("url", "shop", bin, &text, &err));
    free(text);
    assert_true(decant_server("stop", NULL, bin, &text, &err));
    free(text);
    assert_false(decant_server("url", NULL, bin, &text, &err));
    free(text);
    assert_false(decant_server("remove", NULL, bin, &text, &err));
    free(text);
    text = NULL;
    assert_false(decant_server("restart", NULL, bin, &text, &err));
    assert_false(decant_server(NULL, NULL, bin, &text, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_false(decant_server_address("", bin, &address, &err));
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        FACT(it_is_made_once_and_started_when_it_does_not_run),
        FACT(what_does_not_start_is_told),
        FACT(without_programs_nothing_is_made),
        FACT(addresses_are_quoted),
        FACT(its_verbs_say_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
