/* SPDX-License-Identifier: PostgreSQL */
/* One vocabulary, one decision; and tables of tools, of lookups and of people. */
#include "propose/agree.h"
#include "propose/kinds.h"
#include "proposed.h"

static uint64_t prints[8][8];

/* Evidence of `n` values, the first of which is number `from` of one common list. */
static struct evidence
values_of(int from, int n)
{
    static int next;
    uint64_t *own = prints[next++ % 8];
    for (int i = 0; i < n; i++)
        own[i] = UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)(from + i + 1);
    return (struct evidence){ .distinct = n, .values = n, .nhashes = n, .hashes = own };
}

static struct proposed p;

static void
begin(const char *schema)
{
    proposed_init(&p, schema);
}

static const struct evidence *const *
seen(void)
{
    return (const struct evidence *const *)p.evidence;
}

static const char two[] = "s.a\n  x text\ns.b\n  y text\n";

static void
words_that_differ_decide_nothing_for_each_other(void **state)
{
    (void)state;
    begin(two);
    p.evidence[0][0] = values_of(0, 5);
    p.evidence[1][0] = values_of(10, 5);
    p.proposals[0][0] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
    p.proposals[1][0] = (struct proposal){ .mask = "keep", .is_code = true };
    agree(&p.l.plan, seen(), p.proposals);
    assert_string_equal(p.proposals[0][0].mask, "by_shape");
    assert_string_equal(p.proposals[1][0].mask, "keep");
    proposed_deinit(&p);
}

static void
what_has_nearly_nothing_else_is_kept_and_marked(void **state)
{
    (void)state;
    /* 5 of 5 are known; then 9 of 10 would be, but not 4 of 5 */
    for (int extra = 0; extra < 2; extra++) {
        begin(two);
        p.evidence[0][0] = values_of(0, 5);
        p.evidence[1][0] = values_of(-extra, 5); /* the first is not there */
        p.proposals[0][0] = (struct proposal){ .mask = "keep", .is_firm = true };
        p.proposals[1][0] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
        agree(&p.l.plan, seen(), p.proposals);
        assert_string_equal(p.proposals[1][0].mask, extra == 0 ? "keep" : "by_shape");
        assert_false(p.proposals[1][0].is_guess);
        if (extra == 0)
            assert_string_equal(p.proposals[1][0].why, "values of a.x");
        proposed_deinit(&p);
    }
}

static void
a_mask_for_a_reason_stays_and_wins(void **state)
{
    static const struct {
        const char *mask, *taken;
    } cases[] = { { "email", "email" }, { "token", "token" }, { "first_name", "by_shape" } };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        begin(two);
        p.evidence[0][0] = values_of(0, 5);
        p.evidence[1][0] = values_of(0, 5);
        p.proposals[0][0] = (struct proposal){ .mask = cases[i].mask };
        p.proposals[1][0] = (struct proposal){ .mask = "keep", .is_code = true, .is_guess = true };
        agree(&p.l.plan, seen(), p.proposals);
        assert_string_equal(p.proposals[0][0].mask, cases[i].mask);
        assert_string_equal(p.proposals[1][0].mask, cases[i].taken);
        assert_false(p.proposals[1][0].is_guess);
        assert_string_equal(p.proposals[1][0].why, "has values of a.x, which are masked");
        proposed_deinit(&p);
    }
}

/* One kept column that is masked for another's sake shares values with a third. */
static void
agreement_spreads_until_nothing_changes(void **state)
{
    (void)state;
    begin("s.a\n  x text\ns.b\n  y text\ns.c\n  z text\n");
    p.evidence[0][0] = values_of(0, 2);
    p.evidence[1][0] = values_of(1, 2);
    p.evidence[2][0] = values_of(2, 2);
    p.proposals[2][0] = (struct proposal){ .mask = "email" };
    p.proposals[1][0] = (struct proposal){ .mask = "keep" };
    p.proposals[0][0] = (struct proposal){ .mask = "keep" };
    agree(&p.l.plan, seen(), p.proposals);
    assert_string_equal(p.proposals[1][0].mask, "email");
    assert_string_equal(p.proposals[0][0].mask, "email");
    proposed_deinit(&p);
}

static void
two_words_of_a_text_are_found_again(void **state)
{
    uint64_t pair = evidence_print("Jane Doe", 8);
    (void)state;
    begin("s.a\n  x text\ns.b\n  y jsonb\n");
    p.evidence[0][0] = (struct evidence){ .distinct = 1, .nhashes = 1, .hashes = &pair };
    p.evidence[1][0] = values_of(0, 1);
    p.evidence[1][0].npairs = 1;
    p.evidence[1][0].pairs = &pair;
    p.proposals[0][0] = (struct proposal){ .mask = "full_name" };
    p.proposals[1][0] = (struct proposal){ .mask = "keep" };
    agree(&p.l.plan, seen(), p.proposals);
    assert_string_equal(p.proposals[1][0].mask, "{use: json, other: mask}");
    proposed_deinit(&p);
}

static void
bytes_of_one_name_are_joined_where_one_is_unique(void **state)
{
    (void)state;
    begin("s.a\n  hash bytea\ns.b\n  hash bytea\ns.c\n  other bytea\n");
    p.proposals[0][0] =
        (struct proposal){ .mask = "{use: bytes, mode: placeholder}", .is_fallback = true };
    p.proposals[1][0] = (struct proposal){ .mask = "token" };
    p.proposals[2][0] = p.proposals[0][0];
    agree(&p.l.plan, seen(), p.proposals);
    assert_string_equal(p.proposals[0][0].mask, "token");
    assert_string_equal(p.proposals[2][0].mask, "{use: bytes, mode: placeholder}");
    proposed_deinit(&p);
}

static void
what_nothing_can_mask_is_kept_elsewhere_unless_it_names_persons(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(two);
        p.evidence[0][0] = values_of(0, 6);
        p.evidence[1][0] = values_of(0, 6);
        p.evidence[1][0].persons = i == 1 ? 3 : 0;
        p.evidence[1][0].prose = i == 2 ? 6 : 0;
        p.proposals[0][0] = (struct proposal){ .mask = "keep", .is_forced = true };
        p.proposals[1][0] = (struct proposal){ .mask = "text", .is_fallback = true };
        assert_int_equal(agree_with_forced(&p.l.plan, seen(), p.proposals), i == 0);
        assert_string_equal(p.proposals[1][0].mask, i == 0 ? "keep" : "text");
        if (i == 0) {
            assert_true(p.proposals[1][0].is_guess && p.proposals[1][0].is_firm);
            assert_string_equal(p.proposals[1][0].why, "values of a.x, which nothing can mask");
            /* once */
            assert_false(agree_with_forced(&p.l.plan, seen(), p.proposals));
        }
        proposed_deinit(&p);
    }
}

static void
shared_values_of_what_must_stay_are_to_be_accepted(void **state)
{
    struct arena arena = { 0 };
    (void)state;
    begin(two);
    p.evidence[0][0] = values_of(0, 3);
    p.evidence[1][0] = values_of(2, 3);
    p.proposals[0][0] = (struct proposal){ .mask = "keep", .is_firm = true };
    p.proposals[1][0] = (struct proposal){ .mask = "email" };
    agree_to_accept(&p.l.plan, seen(), p.proposals, &arena);
    assert_string_equal(p.proposals[0][0].shared_with, "s.b.y");
    assert_null(p.proposals[1][0].shared_with);
    /* what could have been masked is no finding to accept */
    p.proposals[0][0].is_firm = false;
    agree_to_accept(&p.l.plan, seen(), p.proposals, &arena);
    assert_null(p.proposals[0][0].shared_with);
    /* persons are nothing to accept because no mask held */
    p.proposals[0][0].is_forced = true;
    p.evidence[0][0].persons = 2;
    agree_to_accept(&p.l.plan, seen(), p.proposals, &arena);
    assert_null(p.proposals[0][0].shared_with);
    arena_deinit(&arena);
    proposed_deinit(&p);
}

/* ---- kinds of tables */

static const struct references none = { 0 };

static void
small_tables_that_others_refer_to_are_lookups(void **state)
{
    static const char schema[] = "s.colours few 7\n  id bigint; key\n  label text\n"
                                 "s.cars rows 5000\n  id bigint; key\n  colour_id bigint; -> "
                                 "s.colours.id\n"
                                 "s.lonely few 7\n  id bigint; key\n  label text\n"
                                 "s.staff few 7\n  id bigint; key\n  email text\n  boss bigint; -> "
                                 "s.staff.id\n"
                                 "s.settings few 3\n  name text; unique\n  value text\n"
                                 "s.notes few 4\n  id bigint; key\n  staff_id bigint; -> "
                                 "s.staff.id\n  state_id bigint; -> s.states.id\n"
                                 "s.states few 2\n  id bigint; key\n  name text\n";
    struct kind kinds[LITTLE_MOST];
    (void)state;
    begin(schema);
    for (int t = 0; t < p.l.plan.ntables; t++)
        for (int c = 0; c < p.l.tables[t].ncolumns; c++)
            p.proposals[t][c] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
    p.proposals[3][1].is_personal = true;
    kinds_find(&p.l.plan, &none, p.proposals, kinds);
    assert_int_equal(kinds[0].kind, TABLE_REFERENCE);
    assert_non_null(strstr(kinds[0].why, "7 rows that cars refers to"));
    assert_int_equal(kinds[1].kind, TABLE_ORDINARY);
    assert_int_equal(kinds[2].kind, TABLE_ORDINARY);
    assert_int_equal(kinds[3].kind, TABLE_ORDINARY);
    assert_int_equal(kinds[4].kind, TABLE_REFERENCE);
    assert_string_equal(kinds[4].why, "configuration, 3 rows");
    assert_int_equal(kinds[5].kind, TABLE_ORDINARY); /* rows of people */
    assert_int_equal(kinds[6].kind, TABLE_REFERENCE);
    assert_true(kinds[6].is_lookup);
    proposed_deinit(&p);
}

static void
settings_that_open_something_are_masked_row_by_row(void **state)
{
    static const char schema[] = "s.settings few 9\n  id bigint; key\n  name text; unique\n"
                                 "  value text\n  note text\n";
    struct kind kinds[LITTLE_MOST];
    (void)state;
    begin(schema);
    for (int c = 1; c < 4; c++)
        p.proposals[0][c] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
    p.evidence[0][1] = evidence_in(&p.l.arena, "smtp_password|colour|api_key", 1);
    p.evidence[0][2] = evidence_in(&p.l.arena, "hunter2|red|ops@corp.test", 1);
    kinds_find(&p.l.plan, &none, p.proposals, kinds);
    kinds_keep(&kinds[0], p.l.tables, p.evidence[0], p.proposals[0], &p.l.arena);
    const char *mask = p.proposals[0][2].mask;
    assert_non_null(strstr(mask, "{when: \"name ~* '" EVIDENCE_SECRETS "'\", use: secret}"));
    assert_non_null(strstr(mask, "{when: \"value ~* '"));
    assert_string_equal(mask + strlen(mask) - 5, "keep]");
    assert_true(p.proposals[0][2].is_guess);
    /* it is a rule */
    char rules[600];
    snprintf(rules, sizeof rules, "columns:\n  s.settings:\n    value: %s\n", mask);
    if (!little_decide(&p.l, rules))
        fail_msg("%s: %s", rules, p.l.err.message);
    assert_int_equal(p.l.masking.tables[0].decisions[2].verdict, VERDICT_MASKED);
    proposed_deinit(&p);
}

static void
bookkeeping_is_kept_and_says_that_the_copy_is_no_production(void **state)
{
    static const char schema[] = "s.ar_internal_metadata few 1\n  key text; unique\n  value text\n"
                                 "s.DatabaseChangeLog few 9\n  orderexecuted integer\n  md5sum "
                                 "text\n  author text\n  owner_mail text\n";
    struct kind kinds[LITTLE_MOST];
    (void)state;
    begin(schema);
    for (int t = 0; t < 2; t++)
        for (int c = 0; c < 4; c++)
            p.proposals[t][c] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
    p.proposals[1][2] = (struct proposal){ .mask = "full_name", .is_personal = true };
    p.proposals[1][3] = (struct proposal){ .mask = "email", .is_personal = true };
    p.evidence[1][2].hits[detector_find("email")] = 3;
    kinds_find(&p.l.plan, &none, p.proposals, kinds);
    assert_int_equal(kinds[0].kind, TABLE_BOOKKEEPING);
    assert_string_equal(kinds[0].tool->profile, "rails");
    assert_int_equal(kinds[1].kind, TABLE_BOOKKEEPING);
    for (int t = 0; t < 2; t++)
        kinds_keep(&kinds[t], &p.l.tables[t], p.evidence[t], p.proposals[t], &p.l.arena);
    assert_string_equal(p.proposals[0][0].mask, "keep");
    assert_string_equal(p.proposals[0][1].mask,
                        "[{when: \"key = 'environment'\", use: set, value: development}, keep]");
    assert_string_equal(p.proposals[1][1].mask, "keep");
    /* by its author Liquibase tells what ran: kept, and a finding to accept */
    assert_string_equal(p.proposals[1][2].mask, "keep");
    assert_string_equal(p.proposals[1][2].reaches, "email");
    assert_string_equal(p.proposals[1][3].mask, "email");
    proposed_deinit(&p);
}

static void
tools_are_told_by_their_columns_whatever_the_case_of_their_names(void **state)
{
    static const struct {
        const char *table, *columns, *tool; /* NULL: none */
    } cases[] = {
        { "flyway_schema_history", "  installed_rank integer\n", "Flyway" },
        { "SCHEMA_VERSION", "  INSTALLED_RANK integer\n", "Flyway" },
        { "schema_version", "  version text\n", "pgmigrate, tern" },
        { "__EFMigrationsHistory", "  MigrationId text\n  ProductVersion text\n",
          "Entity Framework" },
        { "migrations", "  timestamp bigint\n  name text\n", "TypeORM" },
        { "migrations", "  name text\n  run_on date\n", "db-migrate" },
        { "migrations", "  hash text\n  previous_hash text\n", "graphile-migrate" },
        { "migrations", "  name text\n", NULL },
        { "events", "  change_id text\n  committed_at date\n", "sqitch" },
        { "events", "  id bigint\n  committed_at date\n", NULL },
        { "tags", "  name text\n", NULL },
        { "projects", "  project text\n  uri text\n", NULL },
        { "_prisma_migrations", "  checksum text\n  migration_name text\n", "Prisma" },
        { "users", "  version text\n", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        char schema[200];
        snprintf(schema, sizeof schema, "s.%s\n%s", cases[i].table, cases[i].columns);
        little_init(&l, schema);
        const struct bookkeeping *tool = bookkeeping_of(l.tables);
        if ((tool == NULL) != (cases[i].tool == NULL) ||
            (tool != NULL && strcmp(tool->tool, cases[i].tool) != 0))
            fail_msg("%s: %s", schema, tool != NULL ? tool->tool : "none");
        little_deinit(&l);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_differ_decide_nothing_for_each_other),
        cmocka_unit_test(what_has_nearly_nothing_else_is_kept_and_marked),
        cmocka_unit_test(a_mask_for_a_reason_stays_and_wins),
        cmocka_unit_test(agreement_spreads_until_nothing_changes),
        cmocka_unit_test(two_words_of_a_text_are_found_again),
        cmocka_unit_test(bytes_of_one_name_are_joined_where_one_is_unique),
        cmocka_unit_test(what_nothing_can_mask_is_kept_elsewhere_unless_it_names_persons),
        cmocka_unit_test(shared_values_of_what_must_stay_are_to_be_accepted),
        cmocka_unit_test(small_tables_that_others_refer_to_are_lookups),
        cmocka_unit_test(settings_that_open_something_are_masked_row_by_row),
        cmocka_unit_test(bookkeeping_is_kept_and_says_that_the_copy_is_no_production),
        cmocka_unit_test(tools_are_told_by_their_columns_whatever_the_case_of_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
