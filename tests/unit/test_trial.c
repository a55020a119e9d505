/* SPDX-License-Identifier: PostgreSQL */
/* The statements that try a condition on fakes, and what their answers mean. */
#include "little.h"
#include "mask/trial.h"
#include "mask/unique.h"

/* "(VALUES ('a', 'b', 'm'), ...)": literals as the server reads them, row by row. */
struct row {
    char original[120], fake[120], what;
    bool has_original, has_fake;
};

enum { MOST_ROWS = 1200 };

static const char *
read_literal(const char *p, char out[120], bool *has)
{
    size_t n = 0;
    *has = strncmp(p, "NULL", 4) != 0;
    if (!*has)
        return p + 4;
    p += *p == ' ';
    bool is_odd = *p == 'E', is_time = *p == '(';
    if (is_time) { /* ('2000-01-01'::date + N)::text */
        const char *end = strstr(p, ")::text");
        snprintf(out, 120, "%.*s", (int)(end - p - 1), p + 1);
        return end + 7;
    }
    p += is_odd;
    assert_int_equal(*p, '\'');
    for (p++; *p != '\'' || p[1] == '\''; p++) {
        p += *p == '\'' || (is_odd && *p == '\\');
        if (n < 119)
            out[n++] = *p;
    }
    out[n] = '\0';
    return p + 1;
}

static int
read_rows(const char *sql, struct row *rows)
{
    int n = 0;
    const char *p = strstr(sql, "(VALUES (");
    assert_non_null(p);
    for (p += 9; n < MOST_ROWS; p += 4, n++) {
        p = read_literal(p, rows[n].original, &rows[n].has_original) + 2;
        p = read_literal(p, rows[n].fake, &rows[n].has_fake) + 2;
        assert_int_equal(*p, '\'');
        rows[n].what = p[1];
        p += 3;
        assert_int_equal(*p, ')');
        if (strncmp(p, "), (", 4) != 0)
            return n + 1;
    }
    fail_msg("too many rows");
    return 0;
}

/* The rows that trial_put() asks for; the number of them, 0: none. */
static int
rows_of(struct little *l, const char *condition, struct row *rows)
{
    struct buf sql = { 0 };
    const struct column_mask *how = little_mask(l, "s.t.a");
    const struct trial trial = { how->masks[0], how->kind, "t", "a", condition, "text" };
    int n = trial_put(&trial, &sql) ? read_rows(buf_str(&sql), rows) : 0;
    if (n > 0 && strstr(buf_str(&sql), condition) == NULL)
        fail_msg("the condition is not in it");
    buf_deinit(&sql);
    return n;
}

static struct row rows[MOST_ROWS];

static void
begin(struct little *l, const char *type, const char *rule)
{
    char schema[200], rules[200];
    snprintf(schema, sizeof schema, "s.t\n  a %s\n", type);
    snprintf(rules, sizeof rules, "columns: {s.t: {a: %s}}\n", rule);
    little_begin(l, schema, rules);
}

static bool
has(int n, const char *original)
{
    for (int i = 0; i < n; i++)
        if (rows[i].has_original && strcmp(rows[i].original, original) == 0)
            return true;
    return false;
}

static void
what_the_condition_speaks_of_is_tried_with_its_neighbours(void **state)
{
    static const struct {
        const char *type, *rule, *condition, *originals[4];
    } cases[] = {
        { "text", "by_shape", "a <> 'o''k' AND a ~ '^x{3}$'", { "o'k", "xxx", "" } },
        { "integer", "int", "a > 41 AND a < '-7'::integer", { "40", "42", "-6", "-8" } },
        { "numeric", "noise", "a >= 10", { "9.0", "9.5", "10.0", "11.0" } },
        { "date",
          "date_shift",
          "a >= '2020-03-01'::date",
          { "'2000-01-01'::date + 7364", "'2000-01-01'::date + 7365",
            "'2000-01-01'::date + 7366" } },
        { "jsonb", "json", "(a ->> 'kind') = 'x'", { "{\"kind\":\"x\"}" } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        begin(&l, cases[i].type, cases[i].rule);
        int n = rows_of(&l, cases[i].condition, rows);
        for (int k = 0; k < 4 && cases[i].originals[k] != NULL; k++)
            if (!has(n, cases[i].originals[k]))
                fail_msg("%s: no %s", cases[i].condition, cases[i].originals[k]);
        int named = 0;
        for (int k = 0; k < n; k++)
            named += rows[k].what == 'n';
        assert_true(named >= 3 || i >= 4);
        assert_true(n - named >= 16);
        little_deinit(&l);
    }
}

/* Lengths of bytes, none among them: for that no random byte is needed. */
static void
lengths_that_the_condition_speaks_of_are_tried(void **state)
{
    struct little l;
    (void)state;
    begin(&l, "bytea", "token");
    int n = rows_of(&l, "octet_length(a) = 3", rows);
    assert_true(has(n, "\\xa7a7a7"));
    assert_true(has(n, "\\x"));
    little_deinit(&l);
}

static void
each_original_of_a_trial_has_the_fake_that_a_pull_would_give_it(void **state)
{
    struct little l;
    (void)state;
    begin(&l, "text", "by_shape");
    int n = rows_of(&l, "a = 'Quay-77'", rows);
    assert_true(n > 100);
    for (int i = 0; i < n; i++) {
        assert_true(rows[i].has_original && rows[i].has_fake);
        assert_string_equal(rows[i].fake, little_fake(&l, "s.t.a", rows[i].original, 7));
    }
    little_deinit(&l);
}

/* Values beyond the type could not stand in a statement. */
static void
numbers_stay_within_their_type(void **state)
{
    struct little l;
    (void)state;
    begin(&l, "smallint", "int");
    int n = rows_of(&l, "a <> 32767 AND a <> 99999", rows);
    assert_true(has(n, "32767"));
    for (int i = 0; i < n; i++) {
        assert_true(llabs(atoll(rows[i].original)) <= 32768);
        assert_true(llabs(atoll(rows[i].fake)) <= 32768);
    }
    little_deinit(&l);
}

static void
one_fake_for_all_is_tried_once(void **state)
{
    struct little l;
    (void)state;
    begin(&l, "text", "\"null\"");
    assert_int_equal(rows_of(&l, "a <> 'x'", rows), 1);
    assert_false(rows[0].has_original);
    assert_false(rows[0].has_fake);
    little_deinit(&l);
}

static void
a_persons_name_is_tried_by_its_extremes_and_odd_originals_apart(void **state)
{
    struct little l;
    size_t longest = 0, shortest = 99;
    int odd = 0, letters = 0;
    (void)state;
    begin(&l, "text", "full_name");
    int n = rows_of(&l, "length(a) < 30", rows);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(rows[i].fake);
        odd += rows[i].what == 'r';
        longest = len > longest ? len : longest;
        shortest = len < shortest ? len : shortest;
        for (const char *p = rows[i].fake; *p != '\0'; p++)
            letters += !isalpha((unsigned char)*p) && *p != ' ';
    }
    assert_true(odd >= 6);
    assert_true(letters > 0); /* O'Brien, Saint-Laurent */
    /* hardly one among many others is longer, or shorter */
    int beyond = 0;
    for (uint64_t i = 1; i < 2000; i++) {
        size_t len = strlen(little_fake(&l, "s.t.a", "Ann Lee", i));
        beyond += len > longest || len < shortest;
    }
    assert_true(beyond < 4);
    little_deinit(&l);
}

static void
what_nothing_can_be_thought_of_is_not_tried(void **state)
{
    struct little l;
    (void)state;
    begin(&l, "uuid", "uuid");
    assert_int_equal(rows_of(&l, "a IS NOT NULL", rows), 0);
    little_deinit(&l);
}

/* ---- answers */

static void
answers_are_judged(void **state)
{
    static const struct {
        const char *type, *rule, *answers; /* passes, made up, named, most, odd, all */
        enum trial_result result;
    } cases[] = {
        { "text", "\"null\"", "000001", TRIAL_HOLDS },
        { "text", "\"null\"", "111110", TRIAL_BROKEN },
        { "text", "email", "111111", TRIAL_HOLDS },
        { "text", "email", "111110", TRIAL_HOLDS }, /* of originals that the condition allows */
        { "text", "email", "111100", TRIAL_ODD },
        { "text", "email", "101110", TRIAL_BROKEN },
        { "text", "email", "110110", TRIAL_BROKEN },
        { "text", "email", "000001", TRIAL_HOLDS },
        { "text", "email", "000000", TRIAL_BROKEN },
        { "text", "by_shape", "000000", TRIAL_OPEN },
        { "integer", "noise", "000000", TRIAL_OPEN },
        { "integer", "noise", "110110", TRIAL_AT_EDGES },
        { "integer", "noise", "110010", TRIAL_BROKEN },
        { "date", "date_shift", "101110", TRIAL_AT_EDGES },
        { "bytea", "token", "101110", TRIAL_BROKEN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        bool answers[TRIAL_ANSWERS];
        begin(&l, cases[i].type, cases[i].rule);
        const struct column_mask *how = little_mask(&l, "s.t.a");
        const struct trial trial = { how->masks[0], how->kind, "t", "a", "x", "text" };
        for (int k = 0; k < TRIAL_ANSWERS; k++)
            answers[k] = cases[i].answers[k] == '1';
        if (trial_judge(&trial, answers) != cases[i].result)
            fail_msg("%s of %s: %d", cases[i].rule, cases[i].answers, trial_judge(&trial, answers));
        little_deinit(&l);
    }
}

/* The server's part, played here: what the rows of a statement say of a condition. */
static void
answer(int n, bool (*allows)(const char *text), bool out[TRIAL_ANSWERS])
{
    int passes = 0, good = 0, all = 0;
    bool made_up = true, named = true, odd = true;
    for (int i = 0; i < n; i++) {
        bool o = !rows[i].has_original || allows(rows[i].original);
        bool f = !rows[i].has_fake || allows(rows[i].fake);
        passes += o && rows[i].what != 'r';
        all += f;
        good += o && f;
        made_up &= !o || f || rows[i].what != 'm';
        named &= !o || f || rows[i].what != 'n';
        odd &= !o || f || rows[i].what != 'r';
    }
    out[0] = passes > 0;
    out[1] = made_up;
    out[2] = named;
    out[3] = passes <= 2 * good;
    out[4] = odd;
    out[5] = all == n;
}

static bool
is_lower(const char *text)
{
    for (; *text != '\0'; text++)
        if (isupper((unsigned char)*text))
            return false;
    return true;
}

static bool
has_five(const char *text)
{
    return strlen(text) == 5;
}

static bool
has_at(const char *text)
{
    return strchr(text, '@') != NULL;
}

static bool
has_no_blank(const char *text)
{
    return strchr(text, ' ') == NULL;
}

static bool
is_short(const char *text)
{
    return strlen(text) <= 200;
}

/* What a trial of some hundred rows says, 10,000 other values must bear out. */
static void
a_verdict_holds_for_many_values(void **state)
{
    static const struct {
        const char *rule, *condition;
        bool (*allows)(const char *text);
    } cases[] = {
        { "by_shape", "lower(a) = a", is_lower },
        { "by_shape", "length(a) = 5", has_five },
        { "by_shape", "length(a) <= 200", is_short },
        { "pattern", "length(a) = 5", has_five },
        { "email", "a ~ '@'", has_at },
        { "email", "a !~ ' '", has_no_blank },
        { "token", "a !~ ' '", has_no_blank },
        { "digits", "length(a) = 5", has_five },
        { "first_name", "a !~ ' '", has_no_blank },
        { "email", "lower(a) = a", is_lower },
        { "username", "length(a) <= 200", is_short },
        { "token", "length(a) = 5", has_five },
        { "text", "length(a) <= 200", is_short },
        { "redact", "length(a) = 5", has_five },
    };
    int held = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        bool answers[TRIAL_ANSWERS];
        begin(&l, "text", cases[i].rule);
        const struct column_mask *how = little_mask(&l, "s.t.a");
        const struct trial trial = {
            how->masks[0], how->kind, "t", "a", cases[i].condition, "text"
        };
        answer(rows_of(&l, cases[i].condition, rows), cases[i].allows, answers);
        if (trial_judge(&trial, answers) != TRIAL_HOLDS) {
            little_deinit(&l);
            continue;
        }
        held++;
        for (unsigned n = 0; n < 10000; n++) {
            char original[40];
            snprintf(original, sizeof original,
                     n % 3 == 0   ? "%05u"
                     : n % 3 == 1 ? "u%u@corp.test"
                                  : "abc%02u",
                     n % 3 == 2 ? n % 100 : n);
            if (cases[i].allows(original) &&
                !cases[i].allows(little_fake(&l, "s.t.a", original, n)))
                fail_msg("%s of '%s' is '%s', which breaks %s", cases[i].rule, original,
                         little_fake(&l, "s.t.a", original, n), cases[i].condition);
        }
        little_deinit(&l);
    }
    assert_true(held >= 8);
}

/* ---- values of today */

static void
values_of_the_source_stay_here(void **state)
{
    static const struct decant_value own[] = { VALUE("Jane's"), VALUE("4711") };
    struct little l;
    struct buf sql = { 0 };
    (void)state;
    begin(&l, "text", "by_shape");
    const struct column_mask *how = little_mask(&l, "s.t.a");
    const struct trial trial = { how->masks[0], how->kind, "t", "a", "a <> 'x'", "text" };
    assert_true(trial_put_own(&trial, 2, own, &sql));
    assert_null(strstr(buf_str(&sql), "Jane"));
    assert_null(strstr(buf_str(&sql), "4711"));
    assert_int_equal(read_rows(buf_str(&sql), rows), 2);
    assert_false(rows[0].has_original);
    assert_string_equal(rows[0].fake, little_fake(&l, "s.t.a", "Jane's", 0));
    buf_reset(&sql);
    assert_false(trial_put_own(&trial, 0, NULL, &sql));
    assert_int_equal(sql.len, 0);
    buf_deinit(&sql);
    little_deinit(&l);
}

/* The source sends the text of a uuid or an address: its fake is that of the value itself. */
static void
binary_values_of_the_source_are_read_from_their_text(void **state)
{
    static const struct {
        const char *type, *rule, *text, *bytes;
        int len;
    } cases[] = {
        { "uuid", "uuid", "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
          "\x6b\xa7\xb8\x10\x9d\xad\x41\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16 },
        { "macaddr", "mac", "00:1b:44:11:3a:b7", "\x00\x1b\x44\x11\x3a\xb7", 6 },
        { "inet", "ip", "8.8.8.8", "\x02\x20\x00\x04\x08\x08\x08\x08", 8 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        struct buf sql = { 0 }, fake = { 0 };
        struct mask_work work = { 0 };
        begin(&l, cases[i].type, cases[i].rule);
        const struct column_mask *how = little_mask(&l, "s.t.a");
        const struct trial trial = { how->masks[0], how->kind, "t", "a", "a <> b", cases[i].type };
        struct decant_value own = { (const uint8_t *)cases[i].text, (int)strlen(cases[i].text) };
        struct mask_value cell = { .kind = how->kind,
                                   .data = cases[i].bytes,
                                   .len = (size_t)cases[i].len,
                                   .out = &fake,
                                   .work = &work };
        struct mask_seeds seeds = { { 0 }, { 0 }, { 0 } };
        assert_int_equal(mask_cell(how->masks[0], &seeds, &cell), MASK_DONE);
        assert_true(trial_put_own(&trial, 1, &own, &sql));
        assert_int_equal(read_rows(buf_str(&sql), rows), 1);
        /* two hexadecimal digits, or a number, for each byte of the fake */
        assert_true(rows[0].has_fake);
        assert_int_equal(strspn(rows[0].fake, "0123456789abcdef-:."), strlen(rows[0].fake));
        if (i < 2)
            for (int k = 0, at = 0; k < cases[i].len; k++, at += 2) {
                char two[3];
                at += rows[0].fake[at] == '-' || rows[0].fake[at] == ':';
                snprintf(two, sizeof two, "%02x", (unsigned char)fake.data[k]);
                assert_memory_equal(rows[0].fake + at, two, 2);
            }
        mask_work_deinit(&work);
        buf_deinit(&sql);
        buf_deinit(&fake);
        little_deinit(&l);
    }
}

static void
times_of_the_source_come_as_numbers(void **state)
{
    static const struct decant_value own[] = { VALUE("7365") };
    struct little l;
    struct buf sql = { 0 };
    (void)state;
    begin(&l, "date", "{use: truncate, to: month}");
    const struct column_mask *how = little_mask(&l, "s.t.a");
    const struct trial trial = { how->masks[0], how->kind, "t", "a", "a > b", "date" };
    assert_true(trial_put_own(&trial, 1, own, &sql));
    assert_int_equal(read_rows(buf_str(&sql), rows), 1);
    assert_string_equal(rows[0].fake, "'2000-01-01'::date + 7365"); /* 2020-03-01 */
    buf_deinit(&sql);
    little_deinit(&l);
}

static void
a_row_gets_its_fakes_and_reads_the_rest_where_it_is(void **state)
{
    static const struct decant_value own[] = {
        VALUE("(0,1)"), VALUE("Ann"),          VALUE("7365"),
        VALUE("(0,2)"), { NULL, DECANT_NULL }, VALUE("7366"),
    };
    struct little l;
    struct buf sql = { 0 };
    (void)state;
    little_begin(&l, "s.t\n  id bigint; key\n  a text\n  d date\n",
                 "columns: {s.t: {a: redact, d: {use: truncate, to: month}}}\n");
    const struct table *t = &l.tables[0];
    const struct column *columns[] = { &t->columns[1], &t->columns[2] };
    const struct mask *masks[] = { little_mask(&l, "s.t.a")->masks[0],
                                   little_mask(&l, "s.t.d")->masks[0] };
    const enum mask_kind kinds[] = { KIND_TEXT, KIND_DATE };
    const struct row_trial trial = { t, "length(a) < id", 2, columns, masks, kinds };
    trial_put_rows(&trial, 2, own, &sql);
    const char *s = buf_str(&sql);
    assert_non_null(
        strstr(s, "('(0,1)'::pg_catalog.tid, '***', ('2000-01-01'::date + 7365)::text)"));
    assert_non_null(
        strstr(s, "('(0,2)'::pg_catalog.tid, NULL, ('2000-01-01'::date + 7365)::text)"));
    assert_non_null(strstr(s, "r.\"id\" AS \"id\", v.f0::\"pg_catalog\".\"text\" AS \"a\""));
    assert_non_null(strstr(s, "(length(a) < id) IS NOT FALSE"));
    assert_non_null(strstr(s, "FROM (VALUES"));
    assert_null(strstr(s, "Ann"));
    buf_deinit(&sql);
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_condition_speaks_of_is_tried_with_its_neighbours),
        cmocka_unit_test(each_original_of_a_trial_has_the_fake_that_a_pull_would_give_it),
        cmocka_unit_test(numbers_stay_within_their_type),
        cmocka_unit_test(one_fake_for_all_is_tried_once),
        cmocka_unit_test(a_persons_name_is_tried_by_its_extremes_and_odd_originals_apart),
        cmocka_unit_test(what_nothing_can_be_thought_of_is_not_tried),
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(a_verdict_holds_for_many_values),
        cmocka_unit_test(values_of_the_source_stay_here),
        cmocka_unit_test(times_of_the_source_come_as_numbers),
        cmocka_unit_test(a_row_gets_its_fakes_and_reads_the_rest_where_it_is),
        cmocka_unit_test(binary_values_of_the_source_are_read_from_their_text),
        cmocka_unit_test(lengths_that_the_condition_speaks_of_are_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
