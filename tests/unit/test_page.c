/* SPDX-License-Identifier: PostgreSQL */
/* The page: one file that needs nothing but itself, whatever names stand in it. */
#include "report.h"

#include "report/html.h"
#include "report/page.h"

#define HOSTILE "\"><script>alert(1)</script><img src=x onerror=\"alert('2')\">&amp;"

/* Everything that a page can have a picture or a section of; %1$s is a name as a literal. */
static const char full_sql[] =
    "INSERT INTO tables VALUES (%1$s, 12, 340);"
    "INSERT INTO samples VALUES (%1$s, 'root', 0.25, 10, 1, 1, 1, 1, 1, 1, 1, 50),"
    " (%1$s || '2', 'owned', 0.25, 10, 0, 0, 0, 0, 0, 0, 0, -1);"
    "INSERT INTO policies VALUES (%1$s, %1$s || '2', %1$s, 'owner', 1, 2);"
    "INSERT INTO columns VALUES (%1$s || '.c', %1$s, 'masked', 'email', %1$s), (%1$s || '.d',"
    " 'text', 'kept', '', 'an exact time'), (%1$s || '.e', 'date', 'safe', '', '');"
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
    "INSERT INTO not_carried VALUES ('view', %1$s, 'not-in-sqlite', 0, 'gone', %1$s);"
    "INSERT INTO run VALUES ('timeline', 'connected 0.1;snapshot 0.2;data 1.5;swapped 2.5')";

static const char *
page_with(const char *name)
{
    char *literal = sqlite3_mprintf("%Q", name), *sql;
    if (asprintf(&sql, full_sql, literal) < 0)
        fail();
    const char *page = report_of(sql, REPORT_HTML, true);
    free(sql);
    sqlite3_free(literal);
    return page;
}

/* ---- escapes */

static void
characters_of_html_are_escaped_and_no_others(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        { "", "" },
        { "plain", "plain" },
        { "<b>", "&lt;b&gt;" },
        { "\"a\" & b", "&quot;a&quot; &amp; b" },
        { "&amp;", "&amp;amp;" },
        { "it's", "it's" },
        { "\xC3\xA9\xE5\x90\x8D", "\xC3\xA9\xE5\x90\x8D" },
        { "a\nb\tc", "a\nb\tc" },
    };
    struct buf out = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&out);
        html_text(cases[i].text, &out);
        assert_string_equal(buf_str(&out), cases[i].shown);
    }
    buf_reset(&out);
    html_text(NULL, &out); /* SQL NULL */
    assert_int_equal(out.len, 0);
    buf_deinit(&out);
}

/* Every byte: none of the four gets through, and what is escaped can be read back. */
static void
no_text_leaves_its_place(void **state)
{
    struct buf out = { 0 };
    char text[257];
    (void)state;
    for (int i = 1; i <= 256; i++)
        text[i - 1] = (char)(i % 256);
    html_text(text, &out);
    assert_null(strpbrk(buf_str(&out), "<>\""));
    assert_int_equal(count_of(buf_str(&out), "&"), 4);
    assert_int_equal(out.len, 255 + 3 + 3 + 4 + 5);
    buf_deinit(&out);
}

/* ---- the whole page */

/* Reads HTML as strictly as XML: every tag ends, attributes are quoted, and nothing else is "<". */
struct html {
    const char *at;
    int depth, ntags;
    char open[64][24];
};

static void
read_attributes(struct html *html, const char *tag)
{
    for (;;) {
        html->at += strspn(html->at, " \n");
        if (*html->at == '>' || *html->at == '/')
            return;
        size_t n =
            strspn(html->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");
        if (n == 0)
            fail_msg("<%s>: no attribute: %.40s", tag, html->at);
        if (strncmp(html->at, "on", 2) == 0 || strncmp(html->at, "src", 3) == 0 ||
            strncmp(html->at, "style", 5) == 0)
            fail_msg("<%s> does something: %.40s", tag, html->at);
        html->at += n;
        if (*html->at != '=')
            continue; /* one without a value */
        if (html->at[1] != '"')
            fail_msg("<%s>: no quotes: %.40s", tag, html->at);
        const char *end = strchr(html->at + 2, '"');
        assert_non_null(end);
        html->at = end + 1;
    }
}

static void
read_tag(struct html *html)
{
    char tag[24];
    bool ends = html->at[1] == '/';
    html->at += ends ? 2 : 1;
    size_t n = strspn(html->at, "!abcdefghijklmnopqrstuvwxyz0123456789");
    if (n == 0 || n >= sizeof tag)
        fail_msg("no tag: %.40s", html->at);
    snprintf(tag, sizeof tag, "%.*s", (int)n, html->at);
    html->at += n;
    html->ntags++;
    if (ends) {
        if (html->depth == 0 || strcmp(html->open[html->depth - 1], tag) != 0)
            fail_msg("</%s> ends <%s>", tag, html->depth > 0 ? html->open[html->depth - 1] : "");
        html->depth--;
    } else {
        read_attributes(html, tag);
        bool is_void = strcmp(tag, "!doctype") == 0 || strcmp(tag, "meta") == 0;
        if (*html->at == '/')
            html->at++;
        else if (!is_void) {
            assert_true(html->depth < 64);
            memcpy(html->open[html->depth++], tag, sizeof tag);
        }
    }
    if (*html->at != '>')
        fail_msg("<%s> has no end: %.40s", tag, html->at);
}

static int
assert_is_html(const char *page)
{
    struct html html = { .at = page };
    for (; *html.at != '\0'; html.at++)
        if (*html.at == '<')
            read_tag(&html);
        else if (*html.at == '>' && html.depth > 0 && strcmp(html.open[html.depth - 1], "style"))
            fail_msg("a loose '>': %.60s", html.at - 30);
    assert_int_equal(html.depth, 0);
    return html.ntags;
}

static void
every_tag_of_the_page_ends(void **state)
{
    (void)state;
    assert_true(assert_is_html(report_of("", REPORT_HTML, false)) > 20);
    assert_true(assert_is_html(page_with("public.orders")) > 300);
}

static void
a_hostile_name_is_text_wherever_it_stands(void **state)
{
    static const char *const names[] = { HOSTILE, "</title><b>",     "</style>",    "]]>",
                                         "<!--",  "a.b\"onload=\"x", "&#60;b&#62;", "'><i>" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *page = page_with(names[i]);
        assert_is_html(page);
        assert_lacks(page, "<script");
        assert_lacks(page, "<img");
        assert_lacks(page, "<!--");
        assert_int_equal(count_of(page, "</style>"), 1);
        assert_int_equal(count_of(page, "</title><style>"), 1);
    }
}

/* What the manifest calls a stage, a role or a policy is text as well: the file is a stranger's. */
static void
words_of_the_manifest_are_text_as_names_are(void **state)
{
    static const char *const places[] = {
        "INSERT INTO tables VALUES ('a', 1, 1), ('b', 1, 1); INSERT INTO policies VALUES ('k', 'a',"
        " 'b', '<script>', 0, 0)",
        "INSERT INTO run VALUES ('timeline', '<script> 1.0;data 2')",
        "INSERT INTO samples VALUES ('a', '<script>', 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
        "INSERT INTO columns VALUES ('a.b', 'text', '<script>', '<script>', '<script>')",
        "INSERT INTO measures VALUES ('<script>', 'x', 1, 1, 1, 1, 1, 'bad', '<script>')",
        "INSERT INTO fanouts VALUES ('x', '<script>', 1, 1, 1, 1)",
        "INSERT INTO not_carried VALUES ('<script>', 'x', '<script>', 0, '<script>', '<script>')",
        "UPDATE run SET value = '<script>' WHERE name <> 'source_version'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_lacks(report_of(places[i], REPORT_HTML, true), "<script");
}

static void
the_name_of_the_copy_is_title_and_heading(void **state)
{
    struct decant_error err = { 0 };
    struct buf out = { 0 };
    struct db *db = open_with("");
    (void)state;
    assert_true(report_since(db, &err));
    assert_true(page_write(db, "a<b>&\"c\".sqlite", false, &out, &err));
    assert_has(buf_str(&out), "<title>decant: a&lt;b&gt;&amp;&quot;c&quot;.sqlite</title>");
    assert_has(buf_str(&out), "<h1>a&lt;b&gt;&amp;&quot;c&quot;.sqlite</h1>");
    assert_is_html(buf_str(&out));
    buf_deinit(&out);
    db_close(db);
}

/* "no network, no script, a Content-Security-Policy that allows neither". */
static void
the_page_needs_nothing_but_itself(void **state)
{
    static const char *const others[] = { "http:",   "https:",  "src=",       "url(",
                                          "@import", "<script", "<link",      "<iframe",
                                          "<base",   "<form",   "javascript:" };
    const char *page = page_with("public.orders");
    char policy[200];
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_lacks(page, others[i]);
    snprintf(policy, sizeof policy, "content=\"default-src 'none'; style-src 'sha256-%s'; ",
             page_style_hash);
    assert_has(page, policy);
    assert_lacks(page, "unsafe-");
    assert_int_equal(count_of(page, page_style), 1);
    assert_int_equal(count_of(page, "<style"), 1);
    assert_true(strstr(page, "Content-Security-Policy") < strstr(page, "<style")); /* in time */
}

/* A link that leads nowhere, or to the first of two. */
static void
every_link_leads_to_one_heading(void **state)
{
    const char *page = page_with("public.orders");
    int links = 0;
    (void)state;
    for (const char *p = page; (p = strstr(p, "href=\"#")) != NULL; p++, links++) {
        char target[80];
        snprintf(target, sizeof target, " id=\"%.*s\"", (int)strcspn(p + 7, "\""), p + 7);
        if (count_of(page, target) != 1)
            fail_msg("%s is there %d times", target, count_of(page, target));
    }
    assert_int_equal(links, count_of(page, "<h2"));
    assert_true(links > 15);
}

static void
pictures_without_anything_to_see_are_left_out(void **state)
{
    const char *page = report_of("", REPORT_HTML, false);
    (void)state;
    assert_int_equal(count_of(page, "<svg"), 0);
    assert_int_equal(count_of(page, "<h2"), 1); /* the run */
    page = report_of("INSERT INTO shares VALUES ('s.t.c', 'x', 0.5, 0.5), ('s.t.c', 'y', 0.5, 0.5)",
                     REPORT_HTML, false);
    assert_int_equal(count_of(page, "<svg"), 1);
    assert_has(page, "<h2 id=\"shares\">");
}

static void
long_tables_are_folded_away_with_their_number_of_rows(void **state)
{
    static const char sql[] =
        "INSERT INTO columns WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i"
        " < %d) SELECT 's.t.c' || i, 'text', 'masked', 'email', '' FROM n";
    char few[300], many[300];
    (void)state;
    snprintf(few, sizeof few, sql, 12);
    snprintf(many, sizeof many, sql, 13);
    assert_lacks(report_of(few, REPORT_HTML, false), "<summary>12 rows</summary>");
    const char *page = report_of(many, REPORT_HTML, false);
    assert_int_equal(count_of(page, "<details><summary>13 rows</summary>"), 1);
    assert_int_equal(count_of(page, "</details>"), 1);
    assert_is_html(page);
}

static void
numbers_stand_in_cells_for_numbers(void **state)
{
    const char *page = report_of("INSERT INTO tables VALUES ('s.t', 12345, 1)", REPORT_HTML, false);
    (void)state;
    assert_has(page, "<td>s.t</td><td class=\"n\">12,345</td>");
    assert_has(page, "<th scope=\"col\">table</th><th scope=\"col\" class=\"n\">rows</th>");
}

static void
a_page_of_a_broken_manifest_is_an_error(void **state)
{
    static const char *const tables[] = { "distributions", "shares", "fanouts", "policies",
                                          "foreign_keys" };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct decant_error err = { 0 };
        struct buf out = { 0 };
        char sql[60];
        snprintf(sql, sizeof sql, "DROP TABLE %s", tables[i]);
        struct db *db = open_with(sql);
        assert_false(page_write(db, "x", false, &out, &err));
        assert_non_null(strstr(err.message, tables[i]));
        buf_deinit(&out);
        db_close(db);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_html_are_escaped_and_no_others),
        cmocka_unit_test(no_text_leaves_its_place),
        cmocka_unit_test(every_tag_of_the_page_ends),
        cmocka_unit_test(a_hostile_name_is_text_wherever_it_stands),
        cmocka_unit_test(the_name_of_the_copy_is_title_and_heading),
        cmocka_unit_test(the_page_needs_nothing_but_itself),
        cmocka_unit_test(every_link_leads_to_one_heading),
        cmocka_unit_test(pictures_without_anything_to_see_are_left_out),
        cmocka_unit_test(long_tables_are_folded_away_with_their_number_of_rows),
        cmocka_unit_test(numbers_stand_in_cells_for_numbers),
        cmocka_unit_test(a_page_of_a_broken_manifest_is_an_error),
        cmocka_unit_test(words_of_the_manifest_are_text_as_names_are),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
