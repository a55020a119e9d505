/* SPDX-License-Identifier: PostgreSQL */
/* What the report of a copy says, and what it must not: for people in text and Markdown, for
 * programs in JSON. */
#include "report.h"

#include "report/sections.h"

#define MASKED "INSERT INTO columns VALUES ('s.t.c', 'text', 'masked', 'email', 'reaches nobody');"
#define MEASURE(kind, name, verdict)                                                               \
    "INSERT INTO measures VALUES ('" kind "', '" name "', 0.5, 0.25, 0.1, 0.2, 0.75, '" verdict    \
    "', NULL);"
#define LOST(object)                                                                               \
    "INSERT INTO not_carried VALUES ('view', '" object "', 'not-in-sqlite', 0, 'it is not there'," \
    " NULL);"
#define FINDING(name) "INSERT INTO findings VALUES ('" name "', 'email', 3, 70, '1 2', 'public');"

/* One of 987,654,321 rows, which nobody is to be told. */
#define SAMPLE                                                                                     \
    "INSERT INTO samples VALUES ('s.t', 'root', 0.25, 1000, 0, 200, 30, 4, 5, 6, 7, 987654321);"

/* Every table that a name can stand in; %1$s is the name as a literal. */
static const char named_sql[] =
    "INSERT INTO tables VALUES (%1$s, 12, 340);"
    "INSERT INTO samples VALUES (%1$s, 'root', 0.25, 10, 1, 1, 1, 1, 1, 1, 1, 50);"
    "INSERT INTO policies VALUES (%1$s, %1$s, %1$s, 'pull', 1, 2);"
    "INSERT INTO foreign_keys VALUES (%1$s, %1$s, %1$s, 3);"
    "INSERT INTO columns VALUES (%1$s, %1$s, 'masked', 'email', %1$s), (%1$s, %1$s, 'kept', '',"
    " 'an exact time');"
    "INSERT INTO weaker VALUES (%1$s, 'masked', 'kept');"
    "INSERT INTO singles VALUES (%1$s, 0.5); INSERT INTO crowds VALUES (%1$s, 2, 0.5, 0.75);"
    "INSERT INTO measures VALUES ('nulls', %1$s, 0.5, 0.25, 0.1, 0.2, 0.5, 'holds', NULL),"
    " ('numbers', %1$s, 0.5, 0.25, 0.1, 0.01, 10, 'bad', %1$s), ('canary', %1$s, 1, 0.2, NULL,"
    " NULL, NULL, 'unknown', 'as a share'), ('fan-out', %1$s, 2, 2.5, 0, 0.1, 0, 'holds', %1$s);"
    "INSERT INTO distributions VALUES (%1$s, 'copy', 0.05, 1), (%1$s, 'copy', 0.95, 9),"
    " (%1$s, 'source', 0.05, 1), (%1$s, 'source', 0.95, 8);"
    "INSERT INTO shares VALUES (%1$s, %1$s, 0.5, 0.25), (%1$s, 'b', NULL, 0.75);"
    "INSERT INTO fanouts VALUES (%1$s, 'owner', 0, 0.5, 0.5, 7), (%1$s, 'owner', 30, 0.5, 0.5, 7);"
    "INSERT INTO findings VALUES (%1$s, 'email', 1, 2, %1$s, %1$s);"
    "INSERT INTO not_carried VALUES ('view', %1$s, 'not-in-sqlite', 0, 'gone', %1$s);";

/* The SQL that puts a name everywhere; valid until the next. */
static const char *
named(const char *name)
{
    static char *sql;
    char *literal = sqlite3_mprintf("%Q", name);
    free(sql);
    if (asprintf(&sql, named_sql, literal) < 0)
        fail();
    sqlite3_free(literal);
    return sql;
}

/* The first column of a query about a JSON text, as text; "" for NULL. Valid until the next. */
static const char *
ask_json(const char *json, const char *sql)
{
    static char answer[400];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, json, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const unsigned char *text = sqlite3_column_text(stmt, 0);
    snprintf(answer, sizeof answer, "%s", text != NULL ? (const char *)text : "");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

/* ---- the verdict */

static void
the_verdict_says_whether_the_copy_may_be_used(void **state)
{
    static const struct {
        const char *sql, *verdict;
    } cases[] = {
        { "", "may be used: nothing is masked, it holds production's own data; every row is there;"
              " nothing is lost" },
        { MASKED, "may be used: no original of a masked column was found in it; every row is there;"
                  " nothing is lost" },
        { "INSERT INTO columns VALUES ('s.t.c', 'text', 'nulled', '', '');",
          "may be used: no original of a masked column was found in it; every row is there;"
          " nothing is lost" },
        { MASKED FINDING("s.t.c"),
          "may be used: no original was found in it, but for 1 finding that the rules accept; every"
          " row is there; nothing is lost" },
        { MASKED FINDING("s.t.c") FINDING("s.t.d") LOST("s.v"),
          "may be used: no original was found in it, but for 2 findings that the rules accept;"
          " every row is there; 1 thing is not carried over" },
        { MASKED MEASURE("nulls", "a", "holds") MEASURE("nulls", "b", "holds")
              MEASURE("nulls", "c", "unknown") LOST("s.v") LOST("s.w"),
          "may be used: no original of a masked column was found in it; 2 figures are like the"
          " source's, 0 are not, 1 are not known; 2 things are not carried over" },
        { MASKED MEASURE("rows", "a", "bad") MEASURE("nulls", "b", "holds"),
          "look before you use it: no original of a masked column was found in it; 1 figures are"
          " like the source's, 1 are not, 0 are not known; nothing is lost" },
        /* what no sample can keep is not unknown */
        { MASKED MEASURE("cross key", "k", "unknown") MEASURE("canary", "q", "unknown"),
          "may be used: no original of a masked column was found in it; 0 figures are like the"
          " source's, 0 are not, 0 are not known; nothing is lost" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        struct buf out = { 0 };
        struct db *db = open_with(cases[i].sql);
        assert_true(report_verdict(db, &out, &err));
        assert_string_equal(buf_str(&out), cases[i].verdict);
        buf_deinit(&out);
        db_close(db);
    }
}

/* `pull`, `verify` and `report` begin with the one line. */
static void
every_form_begins_with_the_verdict_or_has_it(void **state)
{
    static const char verdict[] = "look before you use it: no original of a masked column was found"
                                  " in it; 0 figures are like the source's, 1 are not, 0 are not"
                                  " known; nothing is lost";
    const char *sql = MASKED MEASURE("rows", "a", "bad");
    (void)state;
    const char *text = report_of(sql, REPORT_TEXT, false);
    assert_int_equal(strncmp(text, verdict, strlen(verdict)), 0);
    assert_int_equal(text[strlen(verdict)], '\n');
    text = report_of(sql, REPORT_MARKDOWN, false);
    assert_ptr_equal(strstr(text, "# copy.sqlite\n\n- look before you use it: "), text);
    assert_string_equal(ask_json(report_of(sql, REPORT_JSON, false), "SELECT ?1 ->> '$.verdict'"),
                        verdict);
    assert_int_equal(count_of(report_of(sql, REPORT_HTML, false),
                              "<li><strong>look before you use it: no original"),
                     1);
}

static void
the_headlines_say_who_made_what_of_what(void **state)
{
    const char *text = report_of(
        "INSERT INTO tables VALUES ('s.a', 1234567, 1), ('s.b', 0, 0), ('s.gone', -1, 0);" MEASURE(
            "nulls", "a", "holds") MEASURE("rows", "b", "bad") MEASURE("nulls", "c", "unknown")
            MEASURE("canary", "q", "unknown"),
        REPORT_TEXT, false);
    (void)state;
    assert_has(text, "\nmade 2026-11-29 12:32:42 UTC of the database shop, with key e301c3d7, seed"
                     " v1\n");
    assert_has(text, "\ncolumns: 57 masked, 14 kept; leaks: 0 found and accepted\n");
    assert_has(text, "\nsource: PostgreSQL 15, a primary, 2 connections\n");
    assert_has(text, "\ncopy: 1,234,567 rows in 2 tables, 10.6 MB, rate 20 %; fidelity: 1 figures"
                     " hold, 1 bad, 1 not known; not carried: 0\n");
}

static void
what_was_not_checked_or_is_not_known_of_the_run_is_told(void **state)
{
    const char *text = report_of("UPDATE run SET value = 'originals' WHERE name = 'not_checked';"
                                 "UPDATE run SET value = '' WHERE name IN ('database', 'key_id',"
                                 " 'seed', 'rate'); INSERT INTO weaker VALUES ('s.t.c', 'masked',"
                                 " 'kept')",
                                 REPORT_TEXT, false);
    (void)state;
    assert_has(text, "\nmade 2026-11-29 12:32:42 UTC\n");
    assert_has(text, "; not checked: originals\n");
    assert_has(text, "57 masked, 14 kept (1 weaker than before);");
    assert_lacks(text, "rate 0");
    assert_has(text, "fidelity: every row is there;");
}

/* ---- forms */

static void
formats_are_found_by_their_names_alone(void **state)
{
    static const char *const names[REPORT_FORMATS] = { "text", "md", "json", "html" };
    static const char *const others[] = { "", "HTML", "htm", "markdown", "text ", "jsonl" };
    (void)state;
    for (int i = 0; i < REPORT_FORMATS; i++)
        assert_int_equal(report_format(names[i]), i);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(report_format(others[i]), -1);
}

static void
a_section_without_rows_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(count_of(report_of("", REPORT_TEXT, true), "\n"), HEADLINES);
    const char *text = report_of("", REPORT_MARKDOWN, true);
    assert_int_equal(count_of(text, "\n## "), 1);
    assert_has(text, "\n## The run\n");
}

/* Every section is asked, so that a change of the manifest's tables breaks none unseen. */
static void
every_section_appears_in_markdown_where_it_has_rows(void **state)
{
    char heading[200];
    const char *text;
    (void)state;
    char *sql = mem_strdup(named("s.t.c"));
    char *all = NULL;
    if (asprintf(&all, "%s%s", sql, MEASURE("times", "s.t.d", "unknown")) < 0)
        fail();
    text = report_of(all, REPORT_MARKDOWN, true);
    for (int i = 0; i < nsections; i++) {
        snprintf(heading, sizeof heading, "\n## %s\n\n", sections[i].title);
        if (strcmp(sections[i].title, "Rows") == 0 || strcmp(sections[i].title, "Not known") == 0 ||
            strcmp(sections[i].title, "Amplified") == 0 ||
            strstr(sections[i].title, "ince the copy before") != NULL)
            continue; /* of whole copies; of figures with a reason; of amplified ones; if asked for
                       */
        assert_has(text, heading);
    }
    text = report_of("INSERT INTO tables VALUES ('s.t', 12345, 1), ('s.u', -1, 1);"
                     "INSERT INTO measures VALUES ('pairs', 'a', 1, 1, NULL, NULL, NULL, 'unknown',"
                     " 'too few rows'), ('pairs', 'b', 1, 1, NULL, NULL, NULL, 'unknown',"
                     " 'too few rows')",
                     REPORT_MARKDOWN, false);
    assert_has(text, "| s.t | 12,345 |\n| s.u | not in the copy |\n");
    assert_has(text, "| pairs | too few rows | 2 |\n");
    text = report_of("INSERT INTO amplified VALUES ('s.t', 10, 1000, 990, ''),"
                     " ('s.u', 5, 50, 5, 'nothing can be made different for u_pkey')",
                     REPORT_MARKDOWN, false);
    assert_has(text, "| s.t | 10 | 99.0 | 99.0 % |  |\n"
                     "| s.u | 5 | 1.0 | 10.0 % | nothing can be made different for u_pkey |\n");
    assert_has(text, "it has replicas of a copy's rows");
    free(sql);
    free(all);
}

/* What is no part of the manifest, and is put in by who asks for it. */
static void
what_differs_from_the_copy_before_is_told(void **state)
{
    struct decant_error err = { 0 };
    struct buf out = { 0 };
    struct db *db = open_with("");
    (void)state;
    assert_true(report_since(db, &err));
    assert_true(
        db_exec(db, &err,
                "INSERT INTO since VALUES ('s.t', 10, 1012, 3, 1, 2), ('s.same', 5, 5, 0, 0,"
                " 0), ('s.new', -1, 5, -1, -1, -1);"
                "INSERT INTO since_changes VALUES ('column', 's.t.c', 'text', '')"));
    assert_true(report_write(db, REPORT_MARKDOWN, "c", false, &out, &err));
    assert_has(buf_str(&out), "| s.t | 10 | 1,012 | 3 | 1 | 2 |\n| s.new | - | 5 | - | - | - |\n");
    assert_lacks(buf_str(&out), "s.same");
    assert_has(buf_str(&out), "| column | s.t.c | text |  |\n");
    db_close(db);
    buf_deinit(&out);
}

static void
long_sections_are_not_for_text(void **state)
{
    const char *text = report_of(MASKED, REPORT_TEXT, true);
    (void)state;
    for (int i = 0; i < nsections; i++)
        if (sections[i].is_long)
            assert_lacks(text, sections[i].title);
    assert_has(report_of(MASKED, REPORT_MARKDOWN, true),
               "| s.t.c | text | email | reaches nobody |\n");
}

/* "with `absolute` the source's own numbers of rows are shown": else in no form. */
static void
numbers_of_the_sources_rows_are_told_only_when_asked_for(void **state)
{
    (void)state;
    for (int format = 0; format < REPORT_FORMATS; format++) {
        const char *text = report_of(SAMPLE, (enum report_format)format, false);
        assert_lacks(text, "987654321");
        assert_lacks(text, "987,654,321");
        assert_has(text, format == REPORT_JSON ? "\"sampled\":1000" : "s.t");
        text = report_of(SAMPLE, (enum report_format)format, true);
        assert_has(text, format == REPORT_JSON ? "987654321" : "987,654,321");
    }
    assert_string_equal(
        ask_json(report_of(SAMPLE, REPORT_JSON, true), "SELECT ?1 ->> '$.source_rows.\"s.t\"'"),
        "987654321");
}

/* A table of which the planner knows nothing has no share, not one of more than all. */
static void
shares_of_arrived_rows_are_between_nothing_and_all(void **state)
{
    const char *text =
        report_of("INSERT INTO samples VALUES ('s.few', 'root', 0.25, 10, 0, 0, 0, 0, 0, 0, 0, 40),"
                  " ('s.grown', 'whole', 1, 0, 500, 0, 0, 0, 0, 0, 0, 40),"
                  " ('s.unknown', 'root', 0.25, 77, 0, 0, 0, 0, 0, 0, 0, -1)",
                  REPORT_MARKDOWN, false);
    (void)state;
    assert_has(text, "| s.few | root | 25 % | 25 % | 10 |");
    assert_has(text, "| s.grown | whole | 100 % | 100 % | 500 |");
    assert_has(text, "| s.unknown | root | 25 % |  | 77 |");
}

/* ---- text */

static const char *
line_of(const char *text, const char *begin)
{
    static char line[600];
    const char *at = text;
    while (at != NULL && strncmp(at, begin, strlen(begin)) != 0)
        at = (at = strchr(at, '\n')) != NULL ? at + 1 : NULL;
    if (at == NULL)
        fail_msg("no line '%s'", begin);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

/* Numbers end, and words begin, in one column; letters of several bytes are one wide. */
static void
columns_of_text_are_aligned(void **state)
{
    const char *text = report_of("INSERT INTO tables VALUES ('s.\xC3\xA4\xC3\xB6\xC3\xBC', 7, 1),"
                                 " ('s.a', 1234567, 1), ('s.abcdefgh', 12, 1)",
                                 REPORT_TEXT, false);
    (void)state;
    assert_has(text, "\nRows\n"
                     "  table            rows\n"
                     "  s.a         1,234,567\n"
                     "  s.abcdefgh         12\n"
                     "  s.\xC3\xA4\xC3\xB6\xC3\xBC               7\n");
}

static void
no_line_of_a_table_ends_in_blanks(void **state)
{
    const char *text = report_of(named("s.t"), REPORT_TEXT, true);
    (void)state;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        if (p > text && p[-1] == ' ' && p - text > 2 && p[-2] == ' ')
            fail_msg("%.*s", 60, p - 60);
}

/* One name of 200 letters does not push the others out of sight. */
static void
one_long_name_does_not_widen_the_others(void **state)
{
    char sql[500], name[201];
    (void)state;
    memset(name, 'x', 200);
    name[200] = '\0';
    snprintf(sql, sizeof sql, "INSERT INTO tables VALUES ('s.a', 1, 1), ('s.%s', 2, 1)", name);
    const char *text = report_of(sql, REPORT_TEXT, false);
    assert_has(text, name);
    assert_true(strlen(line_of(text, "  s.a ")) < 90);
}

static void
figures_of_times_are_days(void **state)
{
    const char *text =
        report_of("INSERT INTO measures VALUES ('times', 's.t.at', 0, 86400, 0.5, 0.01, 50, 'bad',"
                  " NULL), ('rows', 's.t', 10, 9, 0.1, 0, 9e999, 'bad', NULL)",
                  REPORT_TEXT, false);
    (void)state;
    assert_has(line_of(text, "  times"), "2000-01-01  2000-01-02");
    assert_has(line_of(text, "  times"), "50.0");
    assert_has(line_of(text, "  rows"), "no noise"); /* the worst stands first */
    assert_true(strstr(text, "\n  rows") < strstr(text, "\n  times"));
}

/* ---- Markdown */

/* A bar in a name would be one more column, and a line end one more row. */
static void
names_do_not_break_a_markdown_table(void **state)
{
    const char *text = report_of("INSERT INTO tables VALUES ('s.a|b' || char(10) || 'c', 5, 1)",
                                 REPORT_MARKDOWN, false);
    (void)state;
    assert_has(text, "| s.a\\|b c | 5 |\n");
}

static void
each_row_of_a_markdown_table_has_all_its_columns(void **state)
{
    const char *text = report_of(named("s.a|b\nc|d"), REPORT_MARKDOWN, true);
    int columns = 0, tables = 0;
    (void)state;
    for (const char *line = text; *line != '\0';
         line += strcspn(line, "\n"), line += *line == '\n') {
        int n = 0;
        for (const char *p = line; *p != '\n' && *p != '\0'; p++)
            n += *p == '|' && (p == line || p[-1] != '\\');
        if (line[0] != '|') {
            columns = 0;
            continue;
        }
        if (columns == 0)
            tables++;
        else if (n != columns)
            fail_msg("%d bars instead of %d: %.*s", n, columns, 100, line);
        columns = n;
    }
    assert_true(tables > 12);
}

/* ---- JSON */

static const char *const odd_names[] = {
    "plain",
    "with \"quotes\" and 'others'",
    "back\\slash\\",
    "two\nlines\tand a tab",
    "\x01\x1B[31mred\x7F",
    "<script>alert(1)</script>",
    "\xE5\x90\x8D\xF0\x9F\x98\x80",
    "%s%n%d",
    "{\"a\": [1, 2]}",
};

static void
json_is_json_whatever_the_names_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odd_names / sizeof *odd_names; i++)
        for (int absolute = 0; absolute <= 1; absolute++) {
            const char *json = report_of(named(odd_names[i]), REPORT_JSON, absolute);
            if (strcmp(ask_json(json, "SELECT json_valid(?1)"), "1") != 0)
                fail_msg("%s", json);
            assert_string_equal(ask_json(json, "SELECT ?1 ->> '$.tables[0].name'"), odd_names[i]);
            assert_string_equal(ask_json(json, "SELECT ?1 ->> '$.not_carried[0].hint'"),
                                odd_names[i]);
        }
}

static void
the_name_of_the_copy_is_escaped_in_json(void **state)
{
    struct decant_error err = { 0 };
    struct buf out = { 0 };
    struct db *db = open_with("");
    (void)state;
    assert_true(report_write(db, REPORT_JSON, "a \"b\"\\\n\xC3\xA9.sqlite", false, &out, &err));
    assert_string_equal(ask_json(buf_str(&out), "SELECT ?1 ->> '$.copy'"),
                        "a \"b\"\\\n\xC3\xA9.sqlite");
    assert_string_equal(ask_json(buf_str(&out), "SELECT ?1 ->> '$.report'"), "1");
    buf_deinit(&out);
    db_close(db);
}

static void
json_has_a_member_for_each_table_even_without_rows(void **state)
{
    static const char *const members[] = { "tables",     "samples",       "references", "columns",
                                           "weaker",     "singles",       "crowds",     "measures",
                                           "fanouts",    "distributions", "shares",     "findings",
                                           "not_carried" };
    const char *json = report_of("", REPORT_JSON, false);
    char sql[100];
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        snprintf(sql, sizeof sql, "SELECT json_type(?1, '$.%s')", members[i]);
        assert_string_equal(ask_json(json, sql), "array");
    }
    assert_string_equal(ask_json(json, "SELECT ?1 ->> '$.run.seed'"), "v1");
    assert_string_equal(ask_json(json, "SELECT json_type(?1, '$.source_rows')"), "");
}

/* JSON has no infinity: of what no noise explains the excess is null, and the verdict says it. */
static void
an_excess_without_bound_is_null_in_json(void **state)
{
    const char *json =
        report_of("INSERT INTO measures VALUES ('rows', 's.t', 10, 9, 0.1, 0, 9e999, 'bad', NULL),"
                  " ('nulls', 's.t.c', NULL, NULL, NULL, NULL, NULL, 'unknown', 'why')",
                  REPORT_JSON, false);
    (void)state;
    assert_string_equal(ask_json(json, "SELECT json_valid(?1)"), "1");
    assert_string_equal(ask_json(json, "SELECT json_type(?1, '$.measures[1].excess')"), "null");
    assert_string_equal(ask_json(json, "SELECT ?1 ->> '$.measures[1].verdict'"), "bad");
    assert_string_equal(ask_json(json, "SELECT json_type(?1, '$.measures[0].source')"), "null");
    assert_string_equal(ask_json(json, "SELECT ?1 ->> '$.measures[0].note'"), "why");
}

/* A query of the rules may well yield infinity: select max(x) of a column that has it. */
static void
a_canary_that_is_infinite_is_still_json(void **state)
{
    const char *json = report_of("INSERT INTO measures VALUES ('canary', 'select max(x) from s.t',"
                                 " 1, 9e999, NULL, NULL, NULL, 'unknown', 'a share')",
                                 REPORT_JSON, false);
    (void)state;
    assert_lacks(json, "Inf");
    assert_string_equal(ask_json(json, "SELECT json_valid(?1)"), "1");
}

/* ---- trouble */

/* Each form reads other tables; none is silent about one that is missing. */
static void
a_manifest_without_a_table_is_an_error_in_every_form(void **state)
{
    static const char *const tables[] = { "run",     "tables",   "samples",     "measures",
                                          "columns", "findings", "not_carried", "weaker" };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (int format = 0; format < REPORT_FORMATS; format++) {
            struct decant_error err = { 0 };
            struct buf out = { 0 };
            char sql[60];
            snprintf(sql, sizeof sql, "DROP TABLE %s", tables[i]);
            struct db *db = open_with(sql);
            assert_false(report_write(db, (enum report_format)format, "x", false, &out, &err));
            assert_non_null(strstr(err.message, tables[i]));
            buf_deinit(&out);
            db_close(db);
        }
}

static void
a_report_ends_when_it_is_to_stop(void **state)
{
    struct decant_error err = { 0 };
    struct buf out = { 0 };
    struct db *db = NULL;
    atomic_int stop = 0;
    const char *path = in_folder("stop.decant");
    (void)state;
    store_bare(path);
    change_file(path, "INSERT INTO not_carried WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i"
                      " + 1 FROM n WHERE i < 30000) SELECT 'view', 's.v' || i, 'x', 0, 'y', NULL"
                      " FROM n");
    assert_true(manifest_open(path, &stop, &db, &err));
    atomic_store(&stop, 1);
    assert_false(report_write(db, REPORT_MARKDOWN, "x", false, &out, &err));
    assert_int_equal(err.code, DECANT_CANCELLED);
    buf_deinit(&out);
    db_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_says_whether_the_copy_may_be_used),
        cmocka_unit_test(every_form_begins_with_the_verdict_or_has_it),
        cmocka_unit_test(the_headlines_say_who_made_what_of_what),
        cmocka_unit_test(what_was_not_checked_or_is_not_known_of_the_run_is_told),
        cmocka_unit_test(formats_are_found_by_their_names_alone),
        cmocka_unit_test(a_section_without_rows_is_left_out),
        cmocka_unit_test(every_section_appears_in_markdown_where_it_has_rows),
        cmocka_unit_test(what_differs_from_the_copy_before_is_told),
        cmocka_unit_test(long_sections_are_not_for_text),
        cmocka_unit_test(numbers_of_the_sources_rows_are_told_only_when_asked_for),
        cmocka_unit_test(shares_of_arrived_rows_are_between_nothing_and_all),
        cmocka_unit_test(columns_of_text_are_aligned),
        cmocka_unit_test(no_line_of_a_table_ends_in_blanks),
        cmocka_unit_test(one_long_name_does_not_widen_the_others),
        cmocka_unit_test(figures_of_times_are_days),
        cmocka_unit_test(names_do_not_break_a_markdown_table),
        cmocka_unit_test(each_row_of_a_markdown_table_has_all_its_columns),
        cmocka_unit_test(json_is_json_whatever_the_names_are),
        cmocka_unit_test(the_name_of_the_copy_is_escaped_in_json),
        cmocka_unit_test(json_has_a_member_for_each_table_even_without_rows),
        cmocka_unit_test(an_excess_without_bound_is_null_in_json),
        cmocka_unit_test(a_manifest_without_a_table_is_an_error_in_every_form),
        cmocka_unit_test(a_report_ends_when_it_is_to_stop),
        cmocka_unit_test(a_canary_that_is_infinite_is_still_json),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
