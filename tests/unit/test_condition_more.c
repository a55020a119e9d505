/* SPDX-License-Identifier: PostgreSQL */
/* Conditions at the edges of SQL's spelling: quotes, comments, dollars, and what never ends. */
#include "catalog/condition.h"

#include "unit.h"

static const struct column columns[] = { { .name = "id" },
                                         { .name = "Odd \"name" },
                                         { .name = "caf\xc3\xa9" },
                                         { .name = "a$b" },
                                         { .name = "_x1" } };
static const struct table table = {
    .schema = "public", .name = "app_user", .ncolumns = 5, .columns = columns
};

/* In a sub-select, in the place of %: what is a column there, and of what name? */
static void
a_column_is_known_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *spelled, *column;
    } names[] = {
        { "id", "id" },
        { "ID", "id" },
        { "\"id\"", "id" },
        { "\"Odd \"\"name\"", "Odd \"name" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
        { "CAF\xc3\xa9", "caf\xc3\xa9" },
        { "a$b", "a$b" },
        { "A$B", "a$b" },
        { "_x1", "_x1" },
        { "id::text", "id" },
        { "-id", "id" },
        { "(id)", "id" },
        { "(id).part", "id" },
        { "id[1]", "id" },
        { "lower(id)", "id" },
        { "case when id then 1 end", "id" },
        { "s.x+id", "id" },
        { "1/id", "id" },
        { "1--\n+id", "id" },
        { "/* /* */ */id", "id" },
        { "$q$($q$||id", "id" },
        { "'''('||id", "id" },
        { "E'\\'('||id", "id" },
        { "e'\\\\'||id", "id" },
        { "'\\'||id", "id" }, /* in a plain literal a backslash is a letter */
        { "N'('||id", "id" },
        { "\"(\"||id", "id" },
        { "\"ID\"", NULL },
        { "\"Odd name\"", NULL },
        { "ids", NULL },
        { "i", NULL },
        { "a", NULL },
        { "a$bc", NULL },
        { "caf\xc3\x89", NULL },
        { "id.x", NULL },
        { "id . x", NULL },
        { "s.id", NULL },
        { "s . id", NULL },
        { "s./* x */id", NULL },
        { "s.\"id\"", NULL },
        { "id(1)", NULL },
        { "id (1)", NULL },
        { "1 as id", NULL },
        { "1 AS \"id\"", NULL },
        { "'id'", NULL },
        { "E'\\' id '", NULL },
        { "$$ id $$", NULL },
        { "$a$ $$ id $b$ id $a$", NULL },
        { "-- id\n1", NULL },
        { "/* id /* */ id */ 1", NULL },
        { "1e5", NULL },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        static const char *const around[][2] = {
            { "exists (select ", " from s)" },
            { "1 in (VALUES(", "))" },
            { "exists (select 1 from (select 2) y where ", ")" },
            { "x = ANY(ARRAY(SELECT ", "))" },
            { "((exists ((with y as (select ", ") select 1" }
        };
        for (size_t j = 0; j < sizeof around / sizeof *around; j++) {
            struct buf sql = { 0 };
            buf_printf(&sql, "%s%s%s", around[j][0], names[i].spelled, around[j][1]);
            const char *found = condition_captured(&table, buf_str(&sql));
            if (found == NULL ? names[i].column != NULL
                              : names[i].column == NULL || strcmp(found, names[i].column) != 0)
                fail_msg("%s: %s", buf_str(&sql), found != NULL ? found : "(none)");
            buf_deinit(&sql);
        }
    }
}

static void
outside_of_sub_selects_a_name_is_the_rows(void **state)
{
    (void)state;
    static const char *const conditions[] = {
        "id",
        "(select 1) = id",
        "exists (select 1 from s where (s.a = 1)) or id = 2",
        "(id) in ((select 1), (select 2)) and id > 3",
        "selected (id)",
        "\"select\" (id)",
        "( id ) = any (array[id])",
        ") id (",
        "(select 1))) or id = 1",
    };
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        assert_null(condition_captured(&table, conditions[i]));
}

/* Each cut of a condition is a text that somebody may have written. */
static void
what_never_ends_is_read_to_its_end(void **state)
{
    (void)state;
    static const char whole[] =
        "exists (select e'\\'' || $a$ ( $a$ || \"x\"\"\" || /* /* ' */ */ 'y''' -- '\n from s"
        " where public . app_user . \"Odd \"\"name\" = 1.5e3 and $1 = $$ $ $$)";
    for (size_t cut = 0; cut <= sizeof whole - 1; cut++) {
        char *sql = malloc(cut + 1); /* so that a checker sees what is read behind it */
        struct buf out = { 0 };
        memcpy(sql, whole, cut);
        sql[cut] = '\0';
        assert_null(condition_captured(&table, sql));
        condition_put(&table, sql, &out);
        const char *name = strstr(sql, "public . app_user .");
        if (name == NULL)
            assert_string_equal(buf_str(&out), sql);
        else
            assert_null(strstr(buf_str(&out), "app_user"));
        assert_false(condition_is_unclear(&table, sql));
        buf_deinit(&out);
        free(sql);
    }
}

static uint64_t
roll(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Without "public." no condition names the table with its schema. */
static void
sql_without_the_schema_is_written_as_it_is(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "app_user", ".",  "id", " ",  "(",  ")", "'",      "\"",    "$$",           "$a$", "/*",
        "*/",       "--", "\n", "e'", "\\", "1", "select", "other", "\"app_user\"", "\xc3"
    };
    uint64_t seed = 11;
    for (int i = 0; i < 5000; i++) {
        struct buf sql = { 0 }, out = { 0 };
        buf_puts(&sql, "");
        for (size_t n = roll(&seed) % 15; n > 0; n--)
            buf_puts(&sql, pieces[roll(&seed) % (sizeof pieces / sizeof *pieces)]);
        condition_put(&table, buf_str(&sql), &out);
        assert_string_equal(buf_str(&out), buf_str(&sql));
        assert_false(condition_is_unclear(&table, buf_str(&sql)));
        buf_deinit(&sql);
        buf_deinit(&out);
    }
}

static void
the_table_with_its_schema_is_the_row_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *put;
        bool names;
    } conditions[] = {
        { "public.app_user.id", "decant_row.id", false },
        { "PUBLIC.App_User.ID", "decant_row.ID", false },
        { "\"public\".\"app_user\".*", "decant_row.*", false },
        { "public/* . */./**/app_user -- x\n . id", "decant_row. id", false },
        { "x(public.app_user.id)+public.app_user.id", "x(decant_row.id)+decant_row.id", false },
        { "\"Public\".app_user.id", "\"Public\".app_user.id", false },
        { "public.\"App_User\".id", "public.\"App_User\".id", false },
        { "db.public.app_user.id", "db.public.app_user.id", false },
        { "public.app_user", "public.app_user", false },
        { "public.app_users.id", "public.app_users.id", false },
        { "app_user.id", "app_user.id", true },
        { "app_user.public.app_user", "app_user.public.app_user", true },
        { "'public.app_user.id'", "'public.app_user.id'", false },
        { "$x$public.app_user.id$x$", "$x$public.app_user.id$x$", false },
        { "", "", false },
    };
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        struct buf out = { 0 };
        bool names = condition_put(&table, conditions[i].sql, &out);
        assert_string_equal(buf_str(&out), conditions[i].put);
        if (names != conditions[i].names)
            fail_msg("%s", conditions[i].sql);
        buf_deinit(&out);
    }
}

/* A table that is called as its schema: with the schema before it, it is a relation. */
static void
a_relation_with_its_schema_is_not_the_row(void **state)
{
    (void)state;
    static const struct table shop = { .schema = "shop", .name = "shop" };
    struct buf out = { 0 };
    assert_false(condition_put(&shop, "exists (select 1 from shop.shop s where s.a = 1)", &out));
    assert_true(condition_put(&shop, "shop.id = 1", &out));
    buf_reset(&out);
    assert_false(condition_put(&shop, "shop.shop.id = 1", &out));
    assert_string_equal(buf_str(&out), "decant_row.id = 1");
    buf_deinit(&out);
}

static void
assert_branches(const char *sql, const char *const *branches)
{
    const char *branch;
    size_t len;
    int n = 0;
    for (; (branch = condition_branch(sql, n, &len)) != NULL; n++) {
        struct buf out = { 0 };
        buf_add(&out, branch, len);
        if (branches[n] == NULL)
            fail_msg("%s: one too many: '%s'", sql, buf_str(&out));
        assert_string_equal(buf_str(&out), branches[n]);
        buf_deinit(&out);
    }
    if (branches[n] != NULL)
        fail_msg("%s: '%s' is missing", sql, branches[n]);
}

static void
branches_are_what_the_outermost_or_joins(void **state)
{
    (void)state;
    assert_branches("((a > 0) OR (b IS NULL))",
                    (const char *[]){ "(a > 0) ", " (b IS NULL)", NULL });
    assert_branches("(((a) or ((b OR c)) OR d))",
                    (const char *[]){ "(a) ", " ((b OR c)) ", " d", NULL });
    assert_branches("(a > 0)", (const char *[]){ "a > 0", NULL });
    assert_branches("((a OR b) AND (c OR d))", (const char *[]){ "(a OR b) AND (c OR d)", NULL });
    assert_branches("(t = ' OR ) ('::text) OR \"OR\"",
                    (const char *[]){ "(t = ' OR ) ('::text) ", " \"OR\"", NULL });
    assert_branches("f(a OR b) OR floor(c)", (const char *[]){ "f(a OR b) ", " floor(c)", NULL });
}

static void
a_column_is_named_by_a_word_or_in_quotes(void **state)
{
    static const struct column two_columns[] = { { .name = "a" }, { .name = "B c" } };
    static const struct table two = {
        .schema = "s", .name = "t", .ncolumns = 2, .columns = two_columns
    };
    (void)state;
    assert_true(condition_names(&two, "(A > 0)", 0));
    assert_true(condition_names(&two, "f(\"B c\")", 1));
    assert_false(condition_names(&two, "(aa > 'a') OR \"A\" = b", 0));
    assert_false(condition_names(&two, "b + c", 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_is_known_in_every_spelling),
        cmocka_unit_test(outside_of_sub_selects_a_name_is_the_rows),
        cmocka_unit_test(what_never_ends_is_read_to_its_end),
        cmocka_unit_test(sql_without_the_schema_is_written_as_it_is),
        cmocka_unit_test(the_table_with_its_schema_is_the_row_in_every_spelling),
        cmocka_unit_test(a_relation_with_its_schema_is_not_the_row),
        cmocka_unit_test(branches_are_what_the_outermost_or_joins),
        cmocka_unit_test(a_column_is_named_by_a_word_or_in_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
