/* SPDX-License-Identifier: PostgreSQL */
/* Whatever call fails during a pull (memory, files, processes, SQLite, libpq, the server itself):
 * it ends with a status that says what to do, in words, the old copy is as it was, and nothing else
 * is left. FAULTS=all tries every call, not some. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "decant/error.h"
#include "server.h"
#include "unit.h"

enum { SOME = 40, NO_FAULT = 0 };

extern char **environ;

static char folder[256], program[512];
static struct scripted_server server;
static struct buf old; /* the copy that is there before each run */

static const char rules[] = "version: 1\n"
                            "sample: {rate: 50%, seed: faults}\n"
                            "columns:\n"
                            "  public.countries: {\"code, name\": keep}\n"
                            "  public.customers: {email: email, full_name: full_name, \"country, "
                            "born, balance, created_at\": keep}\n"
                            "  public.products: {\"sku, title, price, attributes, search\": keep}\n"
                            "  public.orders: {note: text, \"state, placed_at, total\": keep}\n"
                            "  public.order_lines: {\"line, sku, quantity\": keep}\n"
                            "  public.events: {\"at, what\": keep}\n";

static const char *
in_folder(const char *name)
{
    static char paths[4][600];
    static int n;
    char *path = paths[n++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void
read_whole(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "r");
    char bytes[65536];
    buf_reset(out);
    for (size_t n; file != NULL && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        buf_add(out, bytes, n);
    if (file != NULL)
        fclose(file);
}

static void
write_whole(const char *path, const char *data, size_t len, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* What a run said and how it ended. */
struct outcome {
    int status; /* as waitpid() says it */
    struct buf said;
    long calls;
    char function[64]; /* that failed */
};

static void
run(const char *uri, const char *kind, long at, struct outcome *out)
{
    posix_spawn_file_actions_t files;
    char fault[64];
    pid_t pid;
    snprintf(fault, sizeof fault, "%s %ld", kind, at);
    setenv("FAULT", fault, 1);
    setenv("FAULT_COUNT", in_folder("calls"), 1);
    setenv("XDG_STATE_HOME", in_folder("state"), 1);
    char *const args[] = { program,
                           "pull",
                           "--quiet",
                           "-j",
                           "1",
                           "-c",
                           (char *)in_folder("rules.yaml"),
                           "--key-file",
                           (char *)in_folder("key"),
                           "--to",
                           (char *)in_folder("copy.sqlite"),
                           (char *)uri,
                           NULL };
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, in_folder("said"), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    assert_int_equal(posix_spawn(&pid, args[0], &files, NULL, args, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(pid, &out->status, 0), pid);
    read_whole(in_folder("calls"), &out->said);
    out->function[0] = '\0';
    sscanf(buf_str(&out->said), "%ld %63s", &out->calls, out->function);
    read_whole(in_folder("said"), &out->said);
    unlink(in_folder("said"));
    unlink(in_folder("calls"));
}

static int64_t
rows_of_copy(void)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t n = -1;
    sqlite3_open_v2(in_folder("copy.sqlite"), &db, SQLITE_OPEN_READONLY, NULL);
    if (sqlite3_prepare_v2(
            db, "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_lines)", -1,
            &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}

/* A copy made again has the same bytes: the one that is there is made another one first. */
static void
mark_copy(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_folder("copy.sqlite"), &db), SQLITE_OK);
    if (sqlite3_exec(db, "CREATE TABLE older (n int)", NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    read_whole(in_folder("copy.sqlite"), &old);
}

/* A name in the folder that is none of the test's and none of a whole copy's: the file and one
 * manifest beside it. */
static bool
has_leftover(char *name, size_t size)
{
    static const char *const known[] = { ".", "..", "rules.yaml", "key", "copy.sqlite", "state" };
    DIR *dir = opendir(folder);
    bool found = false;
    int nmanifests = 0;
    for (struct dirent *entry; !found && (entry = readdir(dir)) != NULL;) {
        const char *ending = strrchr(entry->d_name, '.');
        bool is_manifest = ending != NULL && strcmp(ending, ".decant") == 0;
        bool is_known =
            strstr(entry->d_name, "-lock") != NULL || (is_manifest && nmanifests++ == 0);
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            is_known = is_known || strcmp(entry->d_name, known[i]) == 0;
        found = !is_known;
        snprintf(name, size, "%s", entry->d_name);
    }
    closedir(dir);
    return found;
}

/* NULL, or what is wrong (or left over) with how a run ended. */
static const char *
wrong(const struct outcome *outcome, int64_t whole)
{
    static struct buf now;
    static char name[320];
    int status = WEXITSTATUS(outcome->status);
    if (!WIFEXITED(outcome->status))
        return "it was killed by a signal";
    if (has_leftover(name, sizeof name))
        return status == DECANT_UNPUBLISHED && unlink(in_folder(name)) == 0 ? NULL : name;
    read_whole(in_folder("copy.sqlite"), &now);
    bool is_old = now.len == old.len && memcmp(now.data, old.data, old.len) == 0;
    if (status == DECANT_OK && is_old)
        return "it failed, and does not say so";
    if (status == DECANT_OK)
        return rows_of_copy() == whole ? NULL : "it calls a copy whole that is not";
    if (status == 137)
        return "it hangs";
    if (status != DECANT_USAGE && status != DECANT_REFUSED && status != DECANT_CHECK &&
        status != DECANT_UNAVAILABLE && status != DECANT_UNPUBLISHED)
        return "its status is none for this";
    if (strncmp(buf_str(&outcome->said), "decant: ", 8) != 0)
        return "it does not say what failed";
    if (strstr(buf_str(&outcome->said), "@shop.example") != NULL)
        return "it says a value";
    return is_old ? NULL : "the old copy is not what it was";
}

/* Each of few calls; of many the first, and others evenly. */
static long
next_of(long at, long calls)
{
    bool all = getenv("FAULTS") != NULL;
    return all || calls <= SOME || at < SOME / 4 ? at + 1 : at + calls / SOME;
}

static void
every_call_may_fail(const char *kind)
{
    struct outcome outcome = { 0 };
    int nbad = 0, statuses[256] = { 0 };
    long tried = 0;
    run(server.uri, kind, NO_FAULT, &outcome);
    if (outcome.status != 0)
        fail_msg("%s", buf_str(&outcome.said));
    int64_t whole = rows_of_copy();
    long calls = outcome.calls;
    assert_true(calls > 0);
    mark_copy();
    for (long at = 1; at <= calls && !server_is_real(); at = next_of(at, calls)) {
        run(server.uri, kind, at, &outcome);
        const char *problem = wrong(&outcome, whole);
        if (problem != NULL)
            print_message("%s call %ld, %s(): %s (status %d): %s\n", kind, at, outcome.function,
                          problem, outcome.status >> 8, buf_str(&outcome.said));
        if (problem == NULL && outcome.status == 0 && getenv("FAULTS") != NULL)
            print_message("%s call %ld, %s(): the copy is whole without it\n", kind, at,
                          outcome.function);
        nbad += problem != NULL;
        tried++;
        statuses[WEXITSTATUS(outcome.status)]++;
        if (outcome.status == 0)
            mark_copy();
    }
    print_message("# %s: %ld of %ld calls failed;", kind, tried, calls);
    for (int i = 0; i < 256; i++)
        if (statuses[i] > 0)
            print_message(" status %d: %d", i, statuses[i]);
    print_message("\n");
    buf_deinit(&outcome.said);
    assert_int_equal(nbad, 0);
}

static void
memory_may_end_at_any_call(void **state)
{
    (void)state;
    every_call_may_fail("memory");
}

static void
any_call_for_a_file_may_fail(void **state)
{
    (void)state;
    every_call_may_fail("disk");
}

static void
any_thread_or_process_may_fail_to_start(void **state)
{
    (void)state;
    every_call_may_fail("system");
}

static void
any_call_of_sqlite_may_fail(void **state)
{
    (void)state;
    every_call_may_fail("sqlite");
}

static void
any_call_of_libpq_may_fail(void **state)
{
    (void)state;
    every_call_may_fail("libpq");
}

static void
the_server_may_fail_at_any_request(void **state)
{
    (void)state;
    struct outcome outcome = { 0 };
    struct scripted_server other;
    int nbad = 0, nrequests;
    server_start(&other, "shop");
    run(other.uri, "memory", NO_FAULT, &outcome);
    nrequests = server_stop(&other);
    assert_int_equal(outcome.status, 0);
    int64_t whole = rows_of_copy();
    mark_copy();
    for (long at = 1; at <= 3 * nrequests && !server_is_real(); at = next_of(at, 3 * nrequests)) {
        static const enum server_fault faults[] = { SERVER_FAILS, SERVER_DIES, SERVER_CUTS };
        server_start_faulty(&other, "shop", faults[at % 3], 1 + (int)(at - 1) / 3);
        run(other.uri, "memory", NO_FAULT, &outcome);
        server_stop_anyhow(&other);
        const char *problem = wrong(&outcome, whole);
        if (problem != NULL)
            print_message("request %ld, fault %ld: %s: %s\n", 1 + (at - 1) / 3, at % 3, problem,
                          buf_str(&outcome.said));
        nbad += problem != NULL;
        if (outcome.status == 0)
            mark_copy();
    }
    buf_deinit(&outcome.said);
    assert_int_equal(nbad, 0);
}

static int
begin(void **state)
{
    static const char key[] =
        "# key\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    (void)state;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 32);
    if (n < 0 || !make_folder(folder, sizeof folder))
        return -1;
    program[n] = '\0';
    strcpy(strstr(program, "/tests/unit/"), "/decant-faults");
    write_whole(in_folder("rules.yaml"), rules, sizeof rules - 1, 0600);
    write_whole(in_folder("key"), key, sizeof key - 1, 0600);
    server_start(&server, "shop");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    server_stop_anyhow(&server);
    buf_deinit(&old);
    return remove_folder(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_end_at_any_call),
        cmocka_unit_test(any_call_for_a_file_may_fail),
        cmocka_unit_test(any_thread_or_process_may_fail_to_start),
        cmocka_unit_test(any_call_of_sqlite_may_fail),
        cmocka_unit_test(any_call_of_libpq_may_fail),
        cmocka_unit_test(the_server_may_fail_at_any_request),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
