/* SPDX-License-Identifier: PostgreSQL */
/* A copy that is a database, and of which nothing is known, is judged by its source. */
#include "jobs.h"
#include "masked.h"
#include "server.h"

/* The source itself, as if somebody had restored a dump of it. */
static void
begin_dump(const char *rules)
{
    begin("masked", rules);
    told.options.target = told.server.uri;
}

static void
a_database_that_decant_did_not_make_has_no_proof(void **state)
{
    (void)state;
    begin_dump(MASKED_RULES);
    assert_refused(verify_copy(), DECANT_CHECK, "'masked' is not a copy that decant made");
    assert_int_equal(times_heard(DECANT_PHASE_PROVED), 0);
    assert_refused(report("text", false), DECANT_CHECK, "is not a copy that decant made");
    assert_null(told.text);
    end();
}

static void
all_originals_are_found_in_a_dump(void **state)
{
    static const char *const columns[] = { "public.accounts.email", "public.accounts.phone",
                                           "public.accounts.token", "public.logins.email" };
    (void)state;
    begin_dump(MASKED_RULES);
    assert_refused(verify_beside_source(), DECANT_LEAK, "E510 ");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strstr(buf_str(&told.findings), columns[i]) == NULL)
            fail_msg("%s is not among\n%s", columns[i], buf_str(&told.findings));
    assert_null(strstr(buf_str(&told.findings), "vandermeer"));
    assert_int_equal(times_heard(DECANT_PHASE_COMPARED), 0);
    end();
}

static void
a_database_that_is_not_there_is_unavailable(void **state)
{
    (void)state;
    begin(NULL, NULL);
    char uri[400];
    snprintf(uri, sizeof uri, "postgresql:///copy?host=%s&user=tester", folder);
    told.options.target = uri;
    assert_refused(verify_copy(), DECANT_UNAVAILABLE, "target");
    assert_refused(report("text", false), DECANT_UNAVAILABLE, "target");
    told.options.source = uri;
    assert_refused(verify_beside_source(), DECANT_UNAVAILABLE, "target");
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_database_that_decant_did_not_make_has_no_proof),
        FACT(all_originals_are_found_in_a_dump),
        FACT(a_database_that_is_not_there_is_unavailable),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
