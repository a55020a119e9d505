/* SPDX-License-Identifier: PostgreSQL */
/* Pictures: what is drawn is what the manifest says, inside its frame, and as much as one can look
 * at. */
#include "report.h"

#include <math.h>

#include "report/charts.h"

typedef bool (*chart)(struct db *manifest, struct buf *out, struct decant_error *err);

static const chart charts[] = { chart_columns,       chart_timeline, chart_origins, chart_map,
                                chart_distributions, chart_shares,   chart_fanouts };

/* The picture of a manifest; valid until the next. */
static const char *
drawn(chart put, const char *sql)
{
    static struct buf out;
    struct decant_error err = { 0 };
    struct db *db = open_with(sql);
    buf_reset(&out);
    buf_puts(&out, "");
    if (!put(db, &out, &err))
        fail_msg("%s", err.message);
    db_close(db);
    return buf_str(&out);
}

/* The number behind the n-th `before` in the picture. */
static double
number_at(const char *picture, const char *before, int n)
{
    const char *at = picture;
    for (; (at = strstr(at, before)) != NULL; at += strlen(before))
        if (n-- == 0)
            return strtod(at + strlen(before), NULL);
    fail_msg("no such '%s' in: %s", before, picture);
    return NAN;
}

/* Each <rect> lies in the frame of its <svg>, and no number is none. */
static int
assert_rects_are_inside(const char *picture)
{
    int n = 0;
    double width = 0, height = 0;
    assert_null(strstr(picture, "nan"));
    assert_null(strstr(picture, "\"inf"));
    for (const char *p = picture; *p != '\0'; p++) {
        double x, y, w, h, left, top;
        if (sscanf(p, "viewBox=\"%lf %lf %lf %lf\"", &left, &top, &width, &height) == 4)
            continue;
        if (strncmp(p, "<rect class=\"", 13) != 0)
            continue;
        const char *rest = strstr(p, "\" x=\"");
        if (rest == NULL || rest > strchr(p, '>')) /* a key's square */
            continue;
        assert_int_equal(
            sscanf(rest, "\" x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &x, &y, &w, &h), 4);
        if (x < 0 || y < -2 || w < 0 || h < 0 || x + w > width + 0.2 || y + h > height + 0.2)
            fail_msg("%g %g %g %g is not in %g %g", x, y, w, h, width, height);
        n++;
    }
    return n;
}

/* ---- all of them */

static void
nothing_is_drawn_of_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        assert_string_equal(drawn(charts[i], ""), "");
}

static void
a_picture_of_a_table_that_is_missing_is_an_error(void **state)
{
    static const struct {
        chart put;
        const char *table;
    } cases[] = {
        { chart_columns, "columns" },       { chart_timeline, "run" },
        { chart_origins, "samples" },       { chart_map, "tables" },
        { chart_map, "foreign_keys" },      { chart_map, "policies" },
        { chart_distributions, "columns" }, { chart_distributions, "distributions" },
        { chart_shares, "shares" },         { chart_fanouts, "fanouts" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        struct buf out = { 0 };
        char sql[60];
        snprintf(sql, sizeof sql, "DROP TABLE %s", cases[i].table);
        struct db *db = open_with(sql);
        assert_false(cases[i].put(db, &out, &err));
        assert_non_null(strstr(err.message, cases[i].table));
        buf_deinit(&out);
        db_close(db);
    }
}

/* ---- rows by origin */

static void
a_bar_is_as_long_as_the_share_that_arrived(void **state)
{
    const char *picture = drawn(
        chart_origins, "INSERT INTO samples VALUES ('s.all', 'whole', 1, 0, 40, 0, 0, 0, 0, 0, 0,"
                       " 40), ('s.quarter', 'root', 0.5, 10, 0, 0, 0, 0, 0, 0, 0, 40)");
    (void)state;
    double all = number_at(picture, "width=\"", 6), quarter = number_at(picture, "width=\"", 7);
    assert_float_equal(quarter, all / 4, 0.01); /* behind six squares of the key */
    assert_has(picture, "<title>40 whole</title>");
    assert_has(picture, "<title>10 sampled</title>");
    assert_has(picture, "10 rows, 25 %");
    /* the mark of the rate: half of the way */
    double begin = number_at(picture, " x=\"", 1);
    assert_float_equal(number_at(picture, "class=\"ref\" d=\"M", 1), begin + all / 2, 0.2);
    assert_int_equal(assert_rects_are_inside(picture), 2);
}

/* More than the planner thought there are, and a table of which it knows nothing. */
static void
no_bar_is_longer_than_all(void **state)
{
    const char *picture = drawn(
        chart_origins, "INSERT INTO samples VALUES ('s.grown', 'root', 5, 300, 50, 50, 50, 25, 25,"
                       " 0, 0, 40), ('s.unknown', 'root', 0.5, 7, 0, 0, 0, 0, 0, 0, 0, -1),"
                       " ('s.empty', 'root', 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0)");
    (void)state;
    assert_int_equal(assert_rects_are_inside(picture), 7);
    assert_has(picture, "500 rows, 100 %");
    assert_has(picture, "7 rows, share not known");
    assert_has(picture, "0 rows, share not known");
    double sum = 0;
    for (int i = 6; i < 12; i++)
        sum += number_at(picture, "width=\"", i);
    assert_float_equal(sum, number_at(picture, "width=\"", 12), 0.1);
}

/* ---- columns */

static void
columns_have_the_colour_of_what_became_of_them(void **state)
{
    const char *picture = drawn(
        chart_columns, "INSERT INTO columns VALUES ('s.t.a', 'text', 'masked', '', ''),"
                       " ('s.t.b', 'text', 'kept', '', ''), ('s.t.c', 'text', 'safe', '', ''),"
                       " ('s.t.d', 'text', 'nulled', '', ''),"
                       " ('s.t.e', 'text', 'computed', '', ''),"
                       " ('s.t.f', 'text', 'something new', '', '')");
    static const char *const verdicts[] = { "masked", "kept", "safe" };
    (void)state;
    for (int i = 0; i < 3; i++) { /* the key says the same as the squares */
        int key = (int)number_at(picture, "class=\"o", i);
        assert_int_equal((int)number_at(picture, "class=\"o", 4 + i), key);
        char title[40];
        snprintf(title, sizeof title, "<title>s.t.%c: %s</title>", 'a' + i, verdicts[i]);
        assert_has(picture, title);
    }
    assert_int_equal((int)number_at(picture, "class=\"o", 7),
                     (int)number_at(picture, "class=\"o", 8));
    assert_int_equal((int)number_at(picture, "class=\"o", 3),
                     (int)number_at(picture, "class=\"o", 7));
    for (int i = 0; i < 9; i++) /* what nobody knows looks like nothing else */
        assert_int_not_equal((int)number_at(picture, "class=\"o", 9),
                             (int)number_at(picture, "class=\"o", i));
    assert_int_equal(count_of(picture, "text-anchor=\"end\">s.t</text>"), 1);
}

/* 40 squares a line; each table begins one. */
static void
wide_tables_take_several_lines(void **state)
{
    const char *picture =
        drawn(chart_columns,
              "INSERT INTO columns WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
              " WHERE i < 81) SELECT 's.wide.c' || i, 'text', 'kept', '', '' FROM n;"
              "INSERT INTO columns VALUES ('s.narrow.c', 'text', 'kept', '', '')");
    (void)state;
    assert_int_equal(assert_rects_are_inside(picture), 82);
    char first[60]; /* squares that begin a line */
    snprintf(first, sizeof first,
             "<rect class=\"o4\" x=\"%.0f\" y=", number_at(picture, "<rect class=\"o4\" x=\"", 0));
    assert_int_equal(count_of(picture, first), 1 + 3);
    assert_int_equal(count_of(picture, ">s.wide</text>"), 1);
}

/* ---- the run */

static void
stages_follow_one_another_and_fill_the_line(void **state)
{
    const char *picture = drawn(
        chart_timeline, "INSERT INTO run VALUES ('timeline', 'connected 1;data 3;swapped 4')");
    double at = number_at(picture, "class=\"o1\" x=\"", 0), begin = at, whole = 0;
    static const double spent[] = { 1, 2, 1 };
    (void)state;
    for (int i = 0; i < 3; i++)
        whole += number_at(picture, " width=\"", i);
    for (int i = 0; i < 3; i++) {
        assert_float_equal(number_at(picture, "class=\"o1\" x=\"", i), at, 0.11);
        assert_float_equal(number_at(picture, " width=\"", i), whole * spent[i] / 4, 0.11);
        at += whole * spent[i] / 4;
    }
    /* the source is held until the data are there */
    assert_float_equal(number_at(picture, "class=\"o4\" x=\"", 0), begin, 0.11);
    assert_float_equal(number_at(picture, " width=\"", 3), whole * 3 / 4, 0.11);
    assert_has(picture, ">connected</text>");
    assert_has(picture, ">2.0 s</text>");
    assert_int_equal(assert_rects_are_inside(picture), 4);
}

static void
a_run_that_took_no_time_or_says_nonsense_is_not_drawn(void **state)
{
    static const char *const values[] = {
        "", "connected 0;data 0", ";;;", "connected", " ", "1;2"
    };
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "INSERT INTO run VALUES ('timeline', '%s')", values[i]);
        assert_rects_are_inside(drawn(chart_timeline, sql));
    }
    assert_string_equal(drawn(chart_timeline, "INSERT INTO run VALUES ('timeline',"
                                              " 'connected 0;data 0')"),
                        "");
}

/* ---- the map */

static void
left_of(const char *picture, const char *a, const char *b, bool is_left)
{
    double x[2];
    for (int i = 0; i < 2; i++) {
        char text[80];
        snprintf(text, sizeof text, ">%s</text>", i == 0 ? a : b);
        const char *at = strstr(picture, text);
        assert_non_null(at);
        while (strncmp(at, "class=\"name\" x=\"", 16) != 0)
            at--;
        x[i] = strtod(at + 16, NULL);
    }
    if ((x[0] < x[1]) != is_left)
        fail_msg("%s at %g, %s at %g", a, x[0], b, x[1]);
}

static void
owners_stand_to_the_left_of_what_they_own(void **state)
{
    const char *picture = drawn(
        chart_map,
        "INSERT INTO samples SELECT column1, 'root', 0.25, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM (VALUES"
        " ('public.lines'), ('public.orders'), ('public.people'), ('public.things'));"
        "INSERT INTO policies VALUES ('a', 'public.orders', 'public.people', 'owner', 0, 0),"
        " ('b', 'public.lines', 'public.orders', 'owner', 0, 0),"
        " ('c', 'public.lines', 'public.things', 'pull', 0, 0)");
    (void)state;
    left_of(picture, "people", "orders", true);
    left_of(picture, "orders", "lines", true);
    left_of(picture, "people", "things", false); /* both are roots */
    assert_int_equal(count_of(picture, "<path class=\"own\""), 2);
    assert_int_equal(count_of(picture, "<path class=\"ref\""), 1);
    assert_has(picture, "<title>public.lines to public.things: pull</title>");
    assert_has(picture, "4 tables and 3 references");
    assert_has(picture, ">root, 25 %</text>");
    assert_int_equal(assert_rects_are_inside(picture), 4);
}

/* Boxes that lie on one another hide one. */
static void
no_two_tables_stand_in_one_place(void **state)
{
    char sql[4000] = "INSERT INTO samples WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1"
                     " FROM n WHERE i < 39) SELECT 't' || i, 'root', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1"
                     " FROM n;";
    uint64_t random = 7;
    size_t len = strlen(sql);
    (void)state;
    for (int i = 1; i < 40; i++) { /* a forest */
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        len += (size_t)snprintf(sql + len, sizeof sql - len,
                                "INSERT INTO policies VALUES ('k','t%d','t%d','owner',0,0);", i,
                                (int)((random >> 33) % (uint64_t)i));
    }
    const char *picture = drawn(chart_map, sql);
    assert_int_equal(assert_rects_are_inside(picture), 40);
    for (const char *p = picture; (p = strstr(p, "<rect class=\"box\"")) != NULL; p++) {
        char place[40];
        const char *at = strstr(p, " x=");
        snprintf(place, sizeof place, "%.*s", (int)(strstr(at, " width") - at), at);
        assert_int_equal(count_of(picture, place), 1);
    }
}

static void
circles_of_owners_are_drawn_all_the_same(void **state)
{
    const char *picture = drawn(
        chart_map, "INSERT INTO tables VALUES ('a', 5, 1), ('b', 5, 1), ('c', 5, 1), ('d', 5, 1);"
                   "INSERT INTO policies VALUES ('k', 'a', 'b', 'owner', 0, 0), ('k', 'b', 'a', "
                   "'owner', 0, 0),"
                   " ('k', 'c', 'c', 'owner', 0, 0), ('k', 'd', 'gone', 'owner', 0, 0),"
                   " ('k', 'gone', 'd', 'pull', 0, 0)");
    (void)state;
    assert_int_equal(assert_rects_are_inside(picture), 4);
    assert_int_equal(count_of(picture, "<path class=\"own\""), 2); /* not to itself, nor to none */
    assert_has(picture, "5 rows");
}

/* "rows -1: not in the copy" */
static void
a_table_that_is_not_in_the_copy_has_no_rows_to_tell(void **state)
{
    (void)state;
    assert_lacks(drawn(chart_map, "INSERT INTO tables VALUES ('s.gone', -1, 0)"), "-1 rows");
}

static void
of_many_references_only_those_along_owners_are_drawn(void **state)
{
    char sql[800];
    (void)state;
    for (int more = 0; more <= 1; more++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO tables VALUES ('a', 1, 1), ('b', 1, 1); INSERT INTO policies VALUES"
                 " ('k', 'a', 'b', 'owner', 0, 0); INSERT INTO policies WITH RECURSIVE n(i) AS"
                 " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'k' || i, 'b', 'a',"
                 " 'pull', 0, 0 FROM n",
                 149 + more);
        const char *picture = drawn(chart_map, sql);
        assert_int_equal(count_of(picture, "<path class=\"own\""), 1);
        assert_int_equal(count_of(picture, "<path class=\"ref\""), more ? 0 : 149);
        assert_int_equal(count_of(picture, "only those along owners are drawn"), more);
    }
}

/* Letters of several bytes are not cut in the middle. */
static void
long_names_are_shortened_by_letters(void **state)
{
    const char *picture =
        drawn(chart_map, "INSERT INTO tables VALUES ('public.\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D"
                         "\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D"
                         "abcdefghijklmnopqrstuvwxyz', 1, 1)");
    (void)state;
    assert_has(picture, ">\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D"
                        "\xE5\x90\x8D\xE5\x90\x8D\xE5\x90\x8D"
                        "abcdefghijklmnopqr\xE2\x80\xA6</text>");
    assert_has(picture, "abcdefghijklmnopqrstuvwxyz</title>");
}

/* ---- distributions */

static const char dist[] =
    "INSERT INTO distributions VALUES ('s.t.c', 'copy', 0.05, 10), ('s.t.c', 'copy', 0.5, 20),"
    " ('s.t.c', 'copy', 0.95, 30), ('s.t.c', 'source', 0.05, 10), ('s.t.c', 'source', 0.5, 15),"
    " ('s.t.c', 'source', 0.95, 50);";

static const char *
with_dist(const char *more)
{
    static char sql[2000];
    snprintf(sql, sizeof sql, "%s%s", dist, more);
    return sql;
}

static void
lines_rise_from_the_least_to_the_largest(void **state)
{
    const char *picture =
        drawn(chart_distributions,
              with_dist("INSERT INTO measures VALUES ('numbers', 's.t.c', 1, 1, 0.05, 0.1, 0.5,"
                        " 'holds', NULL)"));
    (void)state;
    assert_has(picture, "0.50 of the noise");
    assert_int_equal(count_of(picture, "class=\"band\""), 1);
    static const char *const lines[] = { "<path class=\"source\" d=\"",
                                         "<path class=\"copy\" d=\"" };
    double x[2][3], y[2][3];
    for (int side = 0; side < 2; side++) {
        const char *at = strstr(picture, lines[side]);
        assert_non_null(at);
        assert_int_equal(sscanf(at + strlen(lines[side]), "M%lf %lfL%lf %lfL%lf %lf", &x[side][0],
                                &y[side][0], &x[side][1], &y[side][1], &x[side][2], &y[side][2]),
                         6);
        for (int i = 1; i < 3; i++)
            assert_true(x[side][i] > x[side][i - 1] && y[side][i] < y[side][i - 1]);
        assert_float_equal(y[side][1], (y[side][0] + y[side][2]) / 2, 0.11); /* a half */
    }
    /* one scale: 30 of 10 to 50 is in the middle, 15 an eighth of the way */
    assert_float_equal(x[1][2], (x[0][0] + x[0][2]) / 2, 0.11);
    assert_float_equal(x[0][1] - x[0][0], (x[0][2] - x[0][0]) / 8, 0.11);
    assert_has(picture, "text-anchor=\"start\">10</text>");
    assert_has(picture, "text-anchor=\"end\">50</text>");
}

static void
a_band_that_is_wider_than_all_says_nothing(void **state)
{
    const char *picture =
        drawn(chart_distributions,
              with_dist("INSERT INTO measures VALUES ('numbers', 's.t.c', 1, 1, 0.05, 0.3, 0.5,"
                        " 'holds', NULL)"));
    (void)state;
    assert_has(picture, "too few rows to say");
    assert_lacks(picture, "of the noise");
    assert_rects_are_inside(picture);
}

static void
without_the_source_only_the_copy_is_drawn(void **state)
{
    const char *picture =
        drawn(chart_distributions, "INSERT INTO distributions VALUES ('s.t.c', 'copy', 0.05, 10),"
                                   " ('s.t.c', 'copy', 0.95, 30)");
    (void)state;
    assert_int_equal(count_of(picture, "class=\"copy\""), 1);
    assert_int_equal(count_of(picture, "class=\"source\""), 0);
    assert_int_equal(count_of(picture, "class=\"band\""), 0);
    assert_lacks(picture, "noise");
}

static void
axes_say_what_their_numbers_are(void **state)
{
    static const struct {
        const char *type, *low, *high;
    } cases[] = {
        { "date", "2000-01-01", "2000-01-02" },
        { "timestamp with time zone", "2000-01-01", "2000-01-02" },
        { "text", "0 characters", "8.64e+04 characters" },
        { "character varying(30)", "0 characters", "8.64e+04 characters" },
        { "jsonb", "0 characters", "8.64e+04 characters" },
        { "numeric(12,2)", ">0<", ">8.64e+04<" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[400];
        snprintf(sql, sizeof sql,
                 "INSERT INTO distributions VALUES ('s.t.c', 'copy', 0.05, 0), ('s.t.c', 'copy',"
                 " 0.95, 86400); INSERT INTO columns VALUES ('s.t.c', '%s', 'kept', '', '')",
                 cases[i].type);
        const char *picture = drawn(chart_distributions, sql);
        assert_has(picture, cases[i].low);
        assert_has(picture, cases[i].high);
    }
}

/* Ids count nothing, and one value has no distribution. */
static void
ids_and_constants_are_not_drawn(void **state)
{
    (void)state;
    for (int is_id = 0; is_id <= 1; is_id++) {
        char sql[500];
        const char *name = is_id ? "s.t.owner_id" : "s.t.paid";
        snprintf(sql, sizeof sql,
                 "INSERT INTO distributions VALUES ('%s', 'copy', 0.05, 0), ('%s', 'copy', 0.95,"
                 " 9), ('s.t.same', 'copy', 0.05, 4), ('s.t.same', 'copy', 0.95, 4);"
                 "INSERT INTO columns VALUES ('%s', 'integer', 'safe', '', '')",
                 name, name, name);
        const char *picture = drawn(chart_distributions, sql);
        assert_int_equal(count_of(picture, "<figure>"), is_id ? 0 : 1);
        assert_lacks(picture, "s.t.same");
    }
}

static void
the_worst_are_drawn_first_and_of_many_the_others_are_counted(void **state)
{
    const char *picture = drawn(
        chart_distributions,
        "INSERT INTO distributions WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 60) SELECT printf('s.t.c%02d', i), 'copy', s, s FROM n, (SELECT 0.05 AS s UNION"
        " ALL SELECT 0.95);"
        "INSERT INTO measures VALUES ('numbers', 's.t.c58', 1, 1, 1, 0.1, 2.5, 'holds', NULL),"
        " ('times', 's.t.c59', 1, 1, 1, 0.1, 7, 'bad', NULL)");
    (void)state;
    assert_int_equal(count_of(picture, "<figure>"), 48);
    assert_has(picture, "<p>12 more are in the manifest");
    const char *first = strstr(picture, "<b>s.t.c59"), *second = strstr(picture, "<b>s.t.c58"),
               *third = strstr(picture, "<b>s.t.c01");
    assert_true(first != NULL && first < second && second < third);
    assert_null(strstr(picture, "<b>s.t.c47"));
}

/* ---- bars */

static void
bars_of_values_have_the_heights_of_their_shares(void **state)
{
    const char *picture =
        drawn(chart_shares, "INSERT INTO shares VALUES ('s.t.c', 'often', 0.6, 0.8), ('s.t.c',"
                            " 'seldom', 0.4, 0.2), ('s.t.d', 'x', NULL, 0.5), ('s.t.d', 'y', NULL,"
                            " 0.5)");
    (void)state;
    assert_int_equal(assert_rects_are_inside(picture), 6); /* no bars of an unknown source */
    double often = number_at(picture, "height=\"", 0), source = number_at(picture, "height=\"", 1),
           seldom = number_at(picture, "height=\"", 2);
    assert_float_equal(source, often * 0.75, 0.11);
    assert_float_equal(seldom, often * 0.25, 0.11);
    assert_has(picture, "<title>often: 80.00 % of the copy</title>");
    assert_has(picture, "<title>often: 60.00 % of the source</title>");
    assert_int_equal(count_of(picture, "% of the source"), 2);
    assert_has(picture, ">80 %</text>"); /* the highest */
}

static void
columns_of_one_value_or_of_many_are_not_drawn(void **state)
{
    static const struct {
        int values, pictures;
    } cases[] = { { 1, 0 }, { 2, 1 }, { 24, 1 }, { 25, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "INSERT INTO shares WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                 " WHERE i < %d) SELECT 's.t.c', 'value ' || i, 0.01, 0.02 FROM n",
                 cases[i].values);
        const char *picture = drawn(chart_shares, sql);
        assert_int_equal(count_of(picture, "<figure>"), cases[i].pictures);
        assert_int_equal(assert_rects_are_inside(picture), cases[i].pictures * 2 * cases[i].values);
    }
}

static void
labels_are_cut_between_letters_and_escaped(void **state)
{
    const char *picture =
        drawn(chart_shares, "INSERT INTO shares VALUES ('s.t.c', '<b>&\xC3\xA9\xC3\xA9\xC3\xA9"
                            "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9', 0.5, 0.5),"
                            " ('s.t.c', '', 0.5, 0.5)");
    (void)state;
    assert_has(picture, ">&lt;b&gt;&amp;\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
                        "\xC3\xA9</text>");
    assert_lacks(picture, "<b>&");
}

/* More than 20 rows of one parent are one bar, which is as high as all of them. */
static void
many_rows_of_one_parent_are_taken_together(void **state)
{
    const char *picture = drawn(
        chart_fanouts,
        "INSERT INTO fanouts WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i"
        " < 39) SELECT 's.t.k', 'owner', i, 0.025, 0.025, 1 FROM n;"
        "INSERT INTO measures VALUES ('fan-out', 's.t.k', 1, 1, 0.1, 0.2, 0.5, 'holds', NULL)");
    (void)state;
    assert_int_equal(count_of(picture, "% of the copy"), 21);
    assert_has(picture, "<title>20+: 50.00 % of the copy</title>");
    assert_has(picture, "<title>19: 2.50 % of the source</title>");
    assert_has(picture, "0.50 of the noise");
    assert_float_equal(number_at(picture, "height=\"", 0) * 20, number_at(picture, "height=\"", 40),
                       2);
    assert_int_equal(assert_rects_are_inside(picture), 42);
}

static void
bars_whose_source_nobody_counted_are_the_copys_alone(void **state)
{
    const char *picture =
        drawn(chart_fanouts, "INSERT INTO fanouts VALUES ('s.t.k', 'cross', 0, NULL, 0.25, 5),"
                             " ('s.t.k', 'cross', 1, NULL, 0.75, 15)");
    (void)state;
    assert_int_equal(count_of(picture, "% of the copy"), 2);
    assert_int_equal(count_of(picture, "% of the source"), 0);
    assert_int_equal(assert_rects_are_inside(picture), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_drawn_of_nothing),
        cmocka_unit_test(a_picture_of_a_table_that_is_missing_is_an_error),
        cmocka_unit_test(a_bar_is_as_long_as_the_share_that_arrived),
        cmocka_unit_test(no_bar_is_longer_than_all),
        cmocka_unit_test(columns_have_the_colour_of_what_became_of_them),
        cmocka_unit_test(wide_tables_take_several_lines),
        cmocka_unit_test(stages_follow_one_another_and_fill_the_line),
        cmocka_unit_test(a_run_that_took_no_time_or_says_nonsense_is_not_drawn),
        cmocka_unit_test(owners_stand_to_the_left_of_what_they_own),
        cmocka_unit_test(no_two_tables_stand_in_one_place),
        cmocka_unit_test(circles_of_owners_are_drawn_all_the_same),
        cmocka_unit_test(of_many_references_only_those_along_owners_are_drawn),
        cmocka_unit_test(long_names_are_shortened_by_letters),
        cmocka_unit_test(lines_rise_from_the_least_to_the_largest),
        cmocka_unit_test(a_band_that_is_wider_than_all_says_nothing),
        cmocka_unit_test(without_the_source_only_the_copy_is_drawn),
        cmocka_unit_test(axes_say_what_their_numbers_are),
        cmocka_unit_test(ids_and_constants_are_not_drawn),
        cmocka_unit_test(the_worst_are_drawn_first_and_of_many_the_others_are_counted),
        cmocka_unit_test(bars_of_values_have_the_heights_of_their_shares),
        cmocka_unit_test(columns_of_one_value_or_of_many_are_not_drawn),
        cmocka_unit_test(labels_are_cut_between_letters_and_escaped),
        cmocka_unit_test(many_rows_of_one_parent_are_taken_together),
        cmocka_unit_test(bars_whose_source_nobody_counted_are_the_copys_alone),
        cmocka_unit_test(a_table_that_is_not_in_the_copy_has_no_rows_to_tell),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
