/* SPDX-License-Identifier: PostgreSQL */
/* Defaults that the source may be asked to evaluate. */
#include "unit.h"

#include "plan/constants.h"

static void
literals_and_casts_to_the_servers_types_are_constants(void **state)
{
    (void)state;
    static const char *const constants[] = {
        "12",
        "-1.5",
        "'-1'::integer",
        "(0)::bigint",
        "('it''s'::character varying)::text",
        "'{1,2}'::integer[]",
        "'101'::\"bit\"",
        "'x'::\"char\"",
        "'2020-01-01 00:00:00'::timestamp(3) without time zone",
        "ARRAY['a, ]'::text, NULL::text, ((1)::numeric(10,2))::text]",
        "ARRAY[]::integer[]",
        "ARRAY[ARRAY[1, 2], ARRAY[3, 4]]",
        "'04:00:00'::interval hour to minute",
        "true",
        "NULL::character varying",
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (!constant_is(constants[i]))
            fail_msg("no constant: %s", constants[i]);
}

static void
what_calls_or_belongs_to_somebody_is_none(void **state)
{
    (void)state;
    static const char *const others[] = {
        "now()",
        "'x'::public.label",
        "'x'::public.label[]",
        "'x'::\"Label\"",
        "nextval('public.t_id_seq'::regclass)",
        "lower('X'::text)",
        "1 + 2",
        "'a'::text || 'b'::text",
        "ARRAY[1, now()]",
        "ARRAY[1; 2]",
        "(1",
        "'open",
        "CURRENT_TIMESTAMP",
        "'x'::text COLLATE \"C\"",
        "1::",
        "",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (constant_is(others[i]))
            fail_msg("a constant: %s", others[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_and_casts_to_the_servers_types_are_constants),
        cmocka_unit_test(what_calls_or_belongs_to_somebody_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
