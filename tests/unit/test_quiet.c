/* SPDX-License-Identifier: PostgreSQL */
/* Tables that make programs act are known by their names and columns; others are not. */
#include "rules/quiet.h"

#include "fake.h"

/* `table` is a list of columns, with blanks between. */
static bool
has_column(const void *table, const char *column)
{
    const char *at = table;
    size_t len = strlen(column);
    for (; (at = strstr(at, column)) != NULL; at++)
        if ((at == (const char *)table || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static void
the_pack_knows_queues_by_their_shape(void **state)
{
    static const struct {
        const char *schema, *name, *columns, *what;
    } cases[] = {
        { "public", "delayed_jobs", "id priority attempts handler last_error run_at locked_by",
          "Delayed Job" },
        { "public", "delayed_jobs", "id name", NULL }, /* some other table */
        { "public", "good_jobs", "id serialized_params created_at", "GoodJob" },
        { "app", "solid_queue_ready_executions", "id job_id", "Solid Queue" },
        { "public", "que_jobs", "id job_class args", "Que" },
        { "public", "oban_jobs", "id state queue worker args", "Oban" },
        { "public", "kombu_message", "id payload", "Celery" },
        { "public", "django_celery_beat_periodictask", "id task enabled", "django-celery-beat" },
        { "public", "django_celery_beat_crontabschedule", "id minute", NULL },
        { "public", "django_q_ormq", "id key payload lock", "django-q" },
        { "public", "django_q_schedule", "id func next_run", "django-q" },
        { "public", "procrastinate_jobs", "id", "Procrastinate" },
        { "hangfire", "job", "id invocationdata", "Hangfire" },
        { "hangfire", "schema", "version", NULL }, /* its own bookkeeping */
        { "public", "job", "id title salary", NULL },
        { "pgboss", "job", "id", "pg-boss" },
        { "pgboss", "job_common", "id", "pg-boss" },
        { "pgboss", "schedule", "name cron", "pg-boss" },
        { "pgboss", "version", "version", NULL },
        { "pgboss", "queue", "name policy", NULL },
        { "graphile_worker", "_private_jobs", "id", "Graphile Worker" },
        { "graphile_worker", "migrations", "id", NULL },
        { "public", "qrtz_cron_triggers", "sched_name trigger_name", "Quartz" },
        { "public", "scheduled_tasks", "task_name task_instance execution_time", "db-scheduler" },
        { "public", "scheduled_tasks", "id title due", NULL },
        { "public", "river_job", "id kind", "River" },
        { "public", "river_migration", "line version", NULL },
        { "pgmq", "q_mail", "msg_id message vt", "pgmq" },
        { "pgmq", "meta", "queue_name", NULL },
        { "cron", "job", "jobid schedule", "pg_cron" },
        { "public", "jobs", "id queue payload attempts reserved_at available_at", "Laravel" },
        { "public", "jobs", "id title salary", NULL },
        { "public", "messenger_messages", "id body headers queue_name", "Symfony" },
        { "public", "outbox_events", "id payload", "outbox" },
        { "public", "mail_outbox", "id payload", "outbox" },
        { "public", "scheduled_emails", "id", "scheduled" },
        { "public", "inbox", "id", NULL },
        { "public", "users", "id email", NULL },
    };
    struct rules *rules = fake_rules("packs: [quiet@1]\n");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *what = quiets_find(&rules->columns.quiet, cases[i].schema, cases[i].name,
                                       has_column, cases[i].columns);
        bool right = cases[i].what == NULL ? what == NULL
                                           : what != NULL && strstr(what, cases[i].what) == what;
        if (!right &&
            (what == NULL || cases[i].what == NULL || strstr(what, cases[i].what) == NULL))
            fail_msg("%s.%s (%s): %s", cases[i].schema, cases[i].name, cases[i].columns,
                     what != NULL ? what : "is not known");
    }
    rules_free(rules);
}

static void
rules_have_their_own(void **state)
{
    struct rules *rules =
        fake_rules("quiet:\n  \"letters\":\n    tables: [shop.letters, \"*.l_*\"]\n"
                   "    has: [sent_at]\n");
    const struct rules_quiets *quiet = &rules->columns.quiet;
    (void)state;
    assert_string_equal(quiets_find(quiet, "shop", "letters", has_column, "id sent_at"), "letters");
    assert_string_equal(quiets_find(quiet, "x", "l_1", has_column, "sent_at"), "letters");
    assert_null(quiets_find(quiet, "x", "letters", has_column, "sent_at"));
    assert_null(quiets_find(quiet, "shop", "letters", has_column, "id unsent_at"));
    rules_free(rules);
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "quiet: [a]\n", "r:1:8: names are wanted here" },
        { "quiet:\n  a: {}\n", "'tables' is needed here" },
        { "quiet:\n  a: {table: [x.y]}\n", "did you mean 'tables'?" },
        { "quiet:\n  a: {tables: [x.y.z.w]}\n", "r:2:15: 'x.y.z.w' is no name of a table" },
        { "quiet:\n  a: {tables: [\"[\"]}\n", "is no name of a table" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        assert_false(rules_parse("r", cases[i].text, strlen(cases[i].text), &rules, &err));
        assert_int_equal(err.code, DECANT_USAGE);
        if (strstr(err.message, cases[i].message) == NULL &&
            strstr(err.hint, cases[i].message) == NULL)
            fail_msg("%s (%s)", err.message, err.hint);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pack_knows_queues_by_their_shape),
        cmocka_unit_test(rules_have_their_own),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
    };
    return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
