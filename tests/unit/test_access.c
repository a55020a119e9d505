/* SPDX-License-Identifier: PostgreSQL */
/* What a role may not read is known before anything is read, with the statement that mends it. */
#include "source.h" /* and "server.h" */

#include "catalog/access.h"

static struct source source;
static struct access access_of_role;

static int
begin(void **state)
{
    (void)state;
    source_begin(&source, "odd_names");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    source_end(&source);
    return 0;
}

/* Of a role, for the tables of a schema. */
static void
load(const char *role, const char *schema, enum access_use use)
{
    const char *patterns[] = { schema };
    memset(&source.err, 0, sizeof source.err);
    source.options.schemas.items = patterns;
    source.options.schemas.count = 1;
    if (!pg_execf(source.conn, &source.err, "SET ROLE \"%s\"", role) ||
        !selection_load(source.conn, &source.options, &source.arena, &source.selection,
                        &source.err) ||
        !access_load(source.conn, &source.selection, use, &source.arena, &access_of_role,
                     &source.err))
        fail_msg("%s: %s", schema, source.err.message);
}

static void
a_role_that_may_read_all_has_no_gap(void **state)
{
    (void)state;
    static const enum access_use uses[] = { ACCESS_QUERIES, ACCESS_DUMP };
    for (int i = 0; i < 2; i++) {
        load("onlooker", "acc_ok", uses[i]);
        assert_int_equal(access_of_role.ngaps, 0);
        assert_int_equal(access_of_role.nrelations, 1);
        assert_string_equal(access_of_role.relations[0].schema, "acc_ok");
        assert_string_equal(access_of_role.role, "onlooker");
        assert_false(access_of_role.needs_row_security);
        assert_true(access_require(&access_of_role, &source.err));
        assert_true(access_require_columns(source.conn, &access_of_role, &source.err));
        assert_int_equal(source.err.code, DECANT_OK);
    }
}

static void
the_first_gap_is_refused_with_the_grant_that_mends_it(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *message, *hint, *context;
        int ngaps;
    } gaps[] = {
        { "acc_no_usage", "role 'onlooker' may not use the schema 'acc_no_usage'",
          "GRANT USAGE ON SCHEMA \"acc_no_usage\" TO \"onlooker\";", "", 1 },
        { "\"acc no \"\" select\"", "role 'onlooker' may not read 'acc no \" select.t \" 1'",
          "GRANT SELECT ON \"acc no \"\" select\".\"t \"\" 1\" TO \"onlooker\";", "and 2 more", 3 },
        { "acc_rls", "row security may hide rows of 'acc_rls.b_closed' from role 'onlooker'",
          "CREATE POLICY decant ON \"acc_rls\".\"b_closed\" FOR SELECT TO \"onlooker\""
          " USING (true);",
          "and 5 more", 6 },
    };
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        load("onlooker", gaps[i].schema, ACCESS_QUERIES);
        assert_int_equal(access_of_role.ngaps, gaps[i].ngaps);
        assert_false(access_require(&access_of_role, &source.err));
        assert_int_equal(source.err.code, DECANT_REFUSED);
        assert_string_equal(source.err.message, gaps[i].message);
        assert_ptr_equal(strstr(source.err.hint, gaps[i].hint), source.err.hint);
        assert_non_null(strstr(source.err.hint, "decant check --grants"));
        assert_string_equal(source.err.context, gaps[i].context);
    }
}

/* Only a policy that is literally true, for this role, and no restrictive one hides nothing. */
static void
row_security_that_may_hide_rows_is_a_gap(void **state)
{
    (void)state;
    static const char *const hiding[] = { "b_closed", "c_restricted", "e_stranger",
                                          "f_update", "g_none",       "i_forced" };
    load("onlooker", "acc_rls", ACCESS_QUERIES);
    assert_int_equal(access_of_role.nrelations, 10);
    assert_int_equal(access_of_role.ngaps, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(access_of_role.gaps[i].problem, ACCESS_POLICY);
        assert_string_equal(access_of_role.gaps[i].name, hiding[i]);
    }
}

/* It must be on to read such a table: off, a query over it is an error. */
static void
row_security_that_hides_nothing_stays_on(void **state)
{
    (void)state;
    load("onlooker", "acc_open", ACCESS_QUERIES);
    assert_int_equal(access_of_role.ngaps, 0);
    assert_true(access_of_role.needs_row_security);
    load("onlooker", "acc_both", ACCESS_QUERIES); /* it hides all: there is nothing to read */
    assert_int_equal(access_of_role.ngaps, 1);
    assert_false(access_of_role.needs_row_security);
    load("tester", "acc_open", ACCESS_DUMP); /* a superuser is above it */
    assert_int_equal(access_of_role.ngaps, 0);
    assert_false(access_of_role.needs_row_security);
}

/* Queries go to the root; a dump reads leaf by leaf, as everything does beside a foreign one. */
static void
rights_on_leaves_are_asked_for_where_leaves_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        enum access_use use;
        int nrelations, ngaps;
    } uses[] = {
        { "acc_parts", ACCESS_QUERIES, 1, 0 },
        { "acc_parts", ACCESS_DUMP, 2, 1 },
        { "acc_far", ACCESS_QUERIES, 2, 1 }, /* the foreign one is not read at all */
        { "acc_far", ACCESS_DUMP, 2, 1 },
    };
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        load("onlooker", uses[i].schema, uses[i].use);
        assert_int_equal(access_of_role.nrelations, uses[i].nrelations);
        assert_int_equal(access_of_role.ngaps, uses[i].ngaps);
        if (uses[i].ngaps > 0) {
            assert_int_equal(access_of_role.gaps[0].problem, ACCESS_NO_SELECT);
            assert_string_equal(access_of_role.gaps[0].name, "leaf");
        }
    }
}

static struct access_relation *
relation(const char *name)
{
    for (int i = 0; i < access_of_role.nrelations; i++)
        if (strcmp(access_of_role.relations[i].name, name) == 0)
            return &access_of_role.relations[i];
    fail_msg("no relation %s", name);
    return NULL;
}

static void
rights_on_columns_serve_queries_but_no_dump(void **state)
{
    (void)state;
    load("onlooker", "acc_columns", ACCESS_QUERIES);
    assert_true(relation("t")->is_by_column);
    assert_true(relation("parts")->is_by_column);
    assert_false(relation("all_of_it")->is_by_column);
    assert_false(relation("none_of_it")->is_by_column);
    assert_int_equal(access_of_role.ngaps, 1);
    assert_string_equal(access_of_role.gaps[0].name, "none_of_it");
    for (int i = 0; i < source.selection.nrelations; i++) { /* the locks must know, too */
        const struct pg_relation *selected = &source.selection.relations[i];
        bool by_column = strcmp(selected->name, "t") == 0 || strcmp(selected->name, "parts") == 0;
        assert_int_equal(selected->is_by_column, by_column);
    }
    load("onlooker", "acc_columns", ACCESS_DUMP);
    assert_false(relation("t")->is_by_column);
    assert_int_equal(access_of_role.ngaps, 4); /* t, none_of_it, parts, parts_1 */
    for (int i = 0; i < source.selection.nrelations; i++)
        assert_false(source.selection.relations[i].is_by_column);
}

static void
columns_that_are_read_must_be_readable(void **state)
{
    (void)state;
    static const struct {
        const char *read[3];
        const char *message, *hint; /* NULL: it may */
    } cases[] = {
        { { "a" }, NULL, NULL },
        { { "a", "b" }, NULL, NULL },
        { { "a", "secret2" },
          "role 'onlooker' may not read 'acc_columns.t.secret2'",
          "GRANT SELECT (\"secret2\") ON \"acc_columns\".\"t\" TO \"onlooker\";" },
        { { "secret2", "secret \"1" }, /* by their order in the table */
          "role 'onlooker' may not read 'acc_columns.t.secret \"1'",
          "GRANT SELECT (\"secret \"\"1\", \"secret2\") ON \"acc_columns\".\"t\"" },
        { { NULL }, /* the whole of it */
          "role 'onlooker' may not read 'acc_columns.t.secret \"1'",
          "GRANT SELECT (\"secret \"\"1\", \"secret2\") ON \"acc_columns\".\"t\"" },
    };
    load("onlooker", "acc_columns", ACCESS_QUERIES);
    static const char *only_id[] = { "id" };
    relation("parts")->read = only_id;
    relation("parts")->nread = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access_relation *t = relation("t");
        const char *read[3] = { cases[i].read[0], cases[i].read[1] };
        t->read = read[0] != NULL ? read : NULL;
        t->nread = (read[0] != NULL) + (read[1] != NULL);
        memset(&source.err, 0, sizeof source.err);
        assert_int_equal(access_require_columns(source.conn, &access_of_role, &source.err),
                         cases[i].message == NULL);
        if (cases[i].message == NULL)
            continue;
        assert_int_equal(source.err.code, DECANT_REFUSED);
        assert_string_equal(source.err.message, cases[i].message);
        assert_ptr_equal(strstr(source.err.hint, cases[i].hint), source.err.hint);
    }
}

/* A hint is SQL to be run. */
static void
a_hint_quotes_the_role_that_it_names(void **state)
{
    (void)state;
    load("odd \"\"role", "acc_odd", ACCESS_QUERIES);
    assert_string_equal(access_of_role.role, "odd \"role");
    assert_false(access_require(&access_of_role, &source.err));
    assert_non_null(strstr(source.err.hint, " TO \"odd \"\"role\";"));
}

static void
a_hint_for_columns_quotes_the_role_that_it_names(void **state)
{
    (void)state;
    load("odd \"\"role", "acc_odd", ACCESS_QUERIES);
    assert_false(access_require_columns(source.conn, &access_of_role, &source.err));
    assert_non_null(strstr(source.err.message, "'acc_odd.t.secret'"));
    assert_non_null(strstr(source.err.hint, " TO \"odd \"\"role\";"));
}

/* ---- the script */

static void
a_script_grants_what_is_read_and_nothing_else(void **state)
{
    (void)state;
    const char *some[] = { "a", "odd \"b" };
    struct access_relation relations[] = {
        { .schema = "one", .name = "t" },
        { .schema = "one", .name = "u", .nread = 2, .read = some },
        { .schema = "Two", .name = "v \"", .needs_policy = true },
    };
    struct access_gap gaps[] = { { ACCESS_NO_SELECT, "one", "t" },
                                 { ACCESS_POLICY, "Two", "v \"" } };
    const struct access access = { 2, 3, gaps, relations, false, "somebody" };
    struct buf out = { 0 };
    access_grants(&access, "my \"db", &out);
    const char *text = buf_str(&out);
    static const char *const lines[] = {
        "CREATE ROLE :\"role\" LOGIN;",
        "ALTER ROLE :\"role\" SET default_transaction_read_only = on;",
        "GRANT CONNECT ON DATABASE \"my \"\"db\" TO :\"role\";",
        "GRANT USAGE ON SCHEMA \"one\" TO :\"role\";",
        "GRANT SELECT ON \"one\".\"t\" TO :\"role\";",
        "GRANT SELECT (\"a\", \"odd \"\"b\") ON \"one\".\"u\" TO :\"role\";",
        "GRANT USAGE ON SCHEMA \"Two\" TO :\"role\";",
        "GRANT SELECT ON \"Two\".\"v \"\"\" TO :\"role\";",
        "CREATE POLICY decant ON \"Two\".\"v \"\"\" FOR SELECT TO :\"role\" USING (true);",
    };
    size_t n = 0, statements = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *found = strstr(text + n, lines[i]); /* in this order */
        if (found == NULL)
            fail_msg("%s", lines[i]);
        n = (size_t)(found - text) + strlen(lines[i]);
    }
    for (const char *p = text; (p = strstr(p, ";\n")) != NULL; p++)
        statements++;
    assert_int_equal(statements, sizeof lines / sizeof *lines);
    assert_null(strstr(text, "somebody"));
    buf_deinit(&out);
}

/* What nobody sees in a name may end a comment or change what a terminal shows. */
static void
a_script_hides_no_character(void **state)
{
    (void)state;
    const char *some[] = { "a\nb" };
    struct access_relation relations[] = {
        { .schema = "one\x1b[31m", .name = "t\xe2\x80\xaeu", .nread = 1, .read = some }
    };
    const struct access access = { 0, 1, NULL, relations, false, "somebody" };
    struct buf out = { 0 };
    access_grants(&access, "db\x01", &out);
    assert_null(strchr(buf_str(&out), '\x1b'));
    assert_null(strchr(buf_str(&out), '\x01'));
    assert_null(strstr(buf_str(&out), "\xe2\x80\xae"));
    assert_non_null(strstr(buf_str(&out), "U&\"db\\0001\""));
    assert_non_null(strstr(buf_str(&out), "U&\"t\\202eu\""));
    assert_non_null(strstr(buf_str(&out), "(U&\"a\\000ab\")"));
    buf_deinit(&out);
}

/* What is granted to the role of the script must be enough for a pull. */
static void
a_script_has_a_policy_where_a_right_is_missing_too(void **state)
{
    (void)state;
    struct buf out = { 0 };
    load("onlooker", "acc_both", ACCESS_QUERIES);
    access_grants(&access_of_role, "db", &out);
    assert_non_null(strstr(buf_str(&out), "GRANT SELECT ON \"acc_both\".\"t\""));
    assert_non_null(strstr(buf_str(&out), "CREATE POLICY decant ON \"acc_both\".\"t\""));
    buf_deinit(&out);
}

static void
a_server_that_goes_wrong_is_an_error_that_says_where(void **state)
{
    (void)state;
    if (server_is_real())
        return;
    for (int at = 0; at < 2; at++) {
        struct source bad = { 0 };
        struct access none;
        struct access_relation by_column = { .oid = 1, .is_by_column = true };
        const struct access some = { 0, 1, NULL, &by_column, false, "r" };
        server_start_faulty(&bad.server, "odd_names", SERVER_DIES, 2);
        bad.conn = source_connect(&bad);
        assert_false(at == 0 ? access_load(bad.conn, &bad.selection, ACCESS_DUMP, &bad.arena, &none,
                                           &bad.err)
                             : access_require_columns(bad.conn, &some, &bad.err));
        assert_int_equal(bad.err.code, DECANT_UNAVAILABLE);
        assert_string_equal(bad.err.context, "reading privileges");
        source_end(&bad);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_that_may_read_all_has_no_gap),
        cmocka_unit_test(the_first_gap_is_refused_with_the_grant_that_mends_it),
        cmocka_unit_test(row_security_that_may_hide_rows_is_a_gap),
        cmocka_unit_test(row_security_that_hides_nothing_stays_on),
        cmocka_unit_test(rights_on_leaves_are_asked_for_where_leaves_are_read),
        cmocka_unit_test(rights_on_columns_serve_queries_but_no_dump),
        cmocka_unit_test(columns_that_are_read_must_be_readable),
        cmocka_unit_test(a_hint_quotes_the_role_that_it_names),
        cmocka_unit_test(a_script_grants_what_is_read_and_nothing_else),
        cmocka_unit_test(a_script_hides_no_character),
        cmocka_unit_test(a_server_that_goes_wrong_is_an_error_that_says_where),
        cmocka_unit_test(a_hint_for_columns_quotes_the_role_that_it_names),
        cmocka_unit_test(a_script_has_a_policy_where_a_right_is_missing_too),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
