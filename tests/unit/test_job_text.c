/* SPDX-License-Identifier: PostgreSQL */
/* SQL text of copies, pulls into text, and files that are lent: what is told, and what is left. */
#include "jobs.h"
#include "server.h"

static char place[600];

/* In the test's folder. */
static const char *
at(const char *name)
{
    snprintf(place, sizeof place, "%s/%s", folder, name);
    return place;
}

static bool
text_of_copy(const char *target)
{
    const char *source = told.options.source, *copy = told.options.target;
    told.options.source = copy;
    told.options.target = target;
    struct decant_job *job = new_job();
    bool ok = done(decant_job_text(job, &told.text, &told.err));
    told.options.source = source;
    told.options.target = copy;
    return ok;
}

static bool
pull_to(const char *target)
{
    const char *copy = told.options.target;
    told.options.target = target;
    bool ok = pull();
    told.options.target = copy;
    return ok;
}

static bool
exists(const char *name)
{
    return access(at(name), F_OK) == 0;
}

static void
text_of_a_file_is_written_once(void **state)
{
    (void)state;
    begin("job", NULL);
    MUST(pull());
    MUST(text_of_copy(at("copy.sql")));
    assert_text_has("1 file, 1 of them changed");
    MUST(text_of_copy(at("copy.sql")));
    assert_text_has("1 file, 0 of them changed");
    MUST(text_of_copy(at("parts/")));
    assert_true(exists("parts/10-schema.sql") && exists("parts/50-people.sql"));
    MUST(text_of_copy(at("copy.sql.gz")));
    MUST(text_of_copy(at("copy.sql.zst")));
    MUST(text_of_copy("-"));
    assert_text_has("INSERT INTO \"people\"");
    assert_true(exists("copy.sql.gz") && exists("copy.sql.zst"));
    assert_false(exists("copy.sql.decant-lock"));
    end();
}

static void
a_pull_into_text_leaves_text_and_its_manifest(void **state)
{
    (void)state;
    begin("job", NULL);
    told.options.dialect = "sqlite";
    MUST(pull_to(at("shop.sql")));
    assert_folder_has(" shop.sql shop.sql.decant");
    assert_true(told.rows > 0);
    assert_int_equal(times_heard(DECANT_PHASE_DONE), 1);
    assert_int_equal(times_heard(DECANT_PHASE_SWAP), 0); /* of the copy between */
    told.options.target = at("shop.sql");
    MUST(report("text", false));
    assert_text_has("people");
    assert_refused(verify_copy(), DECANT_USAGE, "is SQL text");
    told.options.target = at("other.sql");
    assert_refused(report("text", false), DECANT_CHECK, "has no manifest");
    end();
}

static void
what_cannot_be_meant_is_refused_before_anybody_is_asked(void **state)
{
    (void)state;
    begin(NULL, NULL);
    told.options.source = "host=/nowhere dbname=x";
    told.options.dialect = "oracle";
    assert_refused(pull_to(at("x.sql")), DECANT_USAGE, "not 'oracle'");
    told.options.dialect = "sqlite";
    assert_refused(pull_to("-"), DECANT_USAGE, "does not write to stdout");
    told.options.text_rows = "copy";
    assert_refused(pull_to(at("x.sql")), DECANT_USAGE, "SQLite knows no COPY");
    told.options.text_rows = "csv";
    assert_refused(pull_to(at("x.sql")), DECANT_USAGE, "not 'csv'");
    told.options.text_rows = NULL;
    assert_refused(pull_to(at("x.sqlite")), DECANT_USAGE, "are for SQL text");
    write_file(at("mine.sql"), "SELECT 1;\n");
    assert_refused(pull_to(at("mine.sql")), DECANT_REFUSED, "no text that decant wrote");
    write_file(at("x.sql.decant"), "mine\n");
    assert_refused(pull_to(at("x.sql")), DECANT_REFUSED, "is no manifest");
    end();
}

static void
a_copy_that_was_changed_or_is_none_has_no_text(void **state)
{
    (void)state;
    begin("job", NULL);
    MUST(pull());
    spoil("DELETE FROM cities");
    assert_refused(text_of_copy(at("x.sql")), DECANT_CHECK, "was changed since it was made");
    told.options.target = at("nothing.sqlite");
    char copy[600];
    snprintf(copy, sizeof copy, "%s", told.options.target);
    told.options.target = copy;
    assert_refused(text_of_copy(at("x.sql")), DECANT_UNAVAILABLE, "there is no file");
    assert_refused(text_of_copy("local:x"), DECANT_USAGE, "goes to a file or a folder");
    told.options.text_rows = "copy";
    assert_refused(text_of_copy(at("x.sql")), DECANT_USAGE, "SQLite knows no COPY");
    told.options.target = NULL;
    assert_refused(text_of_copy(at("x.sql")), DECANT_USAGE, "no copy to write");
    assert_false(exists("x.sql"));
    end();
}

/* ---- lending */

static bool
lend(const char *const *command, int *status)
{
    told.options.command = command;
    struct decant_job *job = new_job();
    return done(decant_job_lend(job, status, &told.text, &told.err));
}

static void
a_file_is_lent_and_gone(void **state)
{
    static const char *const changes[] = {
        "sh", "-c", "sqlite3 \"${DATABASE_URL#sqlite:///}\" 'DELETE FROM people'; exit 7", NULL
    };
    int status = 0;
    (void)state;
    begin("job", NULL);
    MUST(pull());
    int64_t people = count("SELECT count(*) FROM people");
    MUST(lend(changes, &status));
    assert_int_equal(status, 7);
    assert_int_equal(count("SELECT count(*) FROM people"), people);
    struct buf list = { 0 };
    list_folder(&list);
    assert_null(strstr(buf_str(&list), "rehearse"));
    buf_deinit(&list);
    end();
}

static void
what_cannot_be_lent_is_told(void **state)
{
    static const char *const nothing[] = { "true", NULL };
    int status = 0;
    (void)state;
    begin(NULL, NULL);
    assert_refused(lend(NULL, &status), DECANT_USAGE, "nobody to lend it to");
    assert_refused(lend(nothing, &status), DECANT_UNAVAILABLE, "there is no file");
    told.options.pool = 2;
    assert_refused(lend(nothing, &status), DECANT_USAGE, "files have no pool");
    told.options.target = "postgresql:///?host=/nowhere";
    assert_refused(lend(nothing, &status), DECANT_USAGE, "'dbname' is missing");
    told.options.target = "postgresql:///x?host=/nowhere";
    assert_refused(lend(nothing, &status), DECANT_UNAVAILABLE, "cannot connect");
    told.options.target = NULL;
    assert_refused(lend(nothing, &status), DECANT_USAGE, "no copy to lend");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(text_of_a_file_is_written_once),
        FACT(a_pull_into_text_leaves_text_and_its_manifest),
        FACT(what_cannot_be_meant_is_refused_before_anybody_is_asked),
        FACT(a_copy_that_was_changed_or_is_none_has_no_text),
        FACT(a_file_is_lent_and_gone),
        FACT(what_cannot_be_lent_is_told),
    };
    return cmocka_run_group_tests_name("job_text", tests, begin_folder, end_folder);
}
