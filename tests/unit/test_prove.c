/* SPDX-License-Identifier: PostgreSQL */
/* Masks that cannot hold are refused before a row is read: each by its code, with what would do. */
#include "little.h"
#include "mask/trial.h"

/* A source of which the answers are known. */
struct source {
    bool fails; /* it refuses each statement, with: */
    const char *sqlstate;
    bool answers[MASK_ANSWERS];
    int asked;          /* statements */
    char last[4000];    /* the beginning of the last one */
    const char *own[4]; /* what the column holds today; to NULL */
    int own_asked;
    const char *rows[8]; /* ctid and values, one after the other */
    int nrows, ncolumns;
    const char *bad;          /* a statement with this in it is refused */
    int refused[8], nrefused; /* columns */
};

static bool
try_sql(void *ctx, const char *sql, int n, bool (*answers)[MASK_ANSWERS], struct decant_error *err)
{
    struct source *s = ctx;
    s->asked++;
    snprintf(s->last, sizeof s->last, "%s", sql);
    if (s->fails || (s->bad != NULL && strstr(sql, s->bad) != NULL)) {
        error_set(err, DECANT_REFUSED, "no");
        snprintf(err->sqlstate, sizeof err->sqlstate, "%s",
                 s->sqlstate != NULL ? s->sqlstate : "42883");
        return false;
    }
    for (int i = 0; i < n; i++)
        memcpy(answers[i], s->answers, sizeof s->answers);
    return true;
}

static bool
own_values(void *ctx, const struct table *table, const struct column *column, enum mask_kind kind,
           struct arena *arena, size_t *n, struct decant_value **out, struct decant_error *err)
{
    struct source *s = ctx;
    (void)table, (void)column, (void)kind, (void)err;
    *out = ARENA_ARRAY(arena, struct decant_value, 4);
    s->own_asked++;
    for (*n = 0; *n < 4 && s->own[*n] != NULL; ++*n)
        (*out)[*n] = (struct decant_value){ (const uint8_t *)s->own[*n], (int)strlen(s->own[*n]) };
    return true;
}

static bool
own_rows(void *ctx, const struct table *table, int ncolumns, const struct column *const *columns,
         struct arena *arena, size_t *n, struct decant_value **out, struct decant_error *err)
{
    struct source *s = ctx;
    (void)table, (void)columns, (void)err;
    s->ncolumns = ncolumns;
    *n = (size_t)s->nrows;
    *out = ARENA_ARRAY(arena, struct decant_value, 16);
    for (int i = 0; i < s->nrows * (ncolumns + 1); i++)
        (*out)[i] = s->rows[i] != NULL ? (struct decant_value){ (const uint8_t *)s->rows[i],
                                                                (int)strlen(s->rows[i]) }
                                       : (struct decant_value){ NULL, DECANT_NULL };
    return true;
}

static void
on_refused(void *ctx, int table, int column)
{
    struct source *s = ctx;
    s->refused[s->nrefused++] = table * 100 + column;
}

/* What a proof said: the error, or the doubts, one behind the other. */
struct ruling {
    bool ok;
    char text[2000];
    size_t ndoubts;
};

static void
run(struct little *l, struct source *source, bool looks, struct ruling *out)
{
    struct mask_prover prover = { .masking = &l->masking,
                                  .try_sql = source != NULL ? try_sql : NULL,
                                  .own_values = looks ? own_values : NULL,
                                  .own_rows = looks ? own_rows : NULL,
                                  .ctx = source };
    size_t at = 0;
    out->text[0] = '\0';
    out->ok = masking_prove(&prover, &l->err);
    out->ndoubts = prover.ndoubts;
    for (size_t i = 0; out->ok && i < prover.ndoubts; i++)
        at += (size_t)snprintf(out->text + at, sizeof out->text - at, "%s\n", prover.doubts[i]);
    if (!out->ok)
        snprintf(out->text, sizeof out->text, "%s | %s", l->err.message, l->err.hint);
    free(prover.doubts);
}

static struct ruling
prove(const char *schema, const char *rules, struct source *source)
{
    struct little l;
    struct ruling out;
    little_begin(&l, schema, rules);
    run(&l, source, source != NULL && source->own[0] != NULL, &out);
    little_deinit(&l);
    return out;
}

struct refusal {
    const char *columns, *rules, *code, *hint;
};

/* Table s.t has a key and `columns`. */
static void
expect_refused(const struct refusal *cases, size_t n, const struct source *source)
{
    for (size_t i = 0; i < n; i++) {
        char schema[500], rules[500];
        struct source copy = source != NULL ? *source : (struct source){ 0 };
        snprintf(schema, sizeof schema, "s.t rows 1000000\n  id bigint; key\n%s", cases[i].columns);
        snprintf(rules, sizeof rules, "columns: {s.t: {%s}}\n", cases[i].rules);
        struct ruling v = prove(schema, rules, source != NULL ? &copy : NULL);
        if (v.ok || strstr(v.text, cases[i].code) == NULL ||
            strstr(v.text, cases[i].hint) == NULL || strstr(v.text, "r.yaml:1:") == NULL)
            fail_msg("%s under %s: %s", cases[i].columns, cases[i].rules,
                     v.ok ? "accepted" : v.text);
    }
}

#define REFUSED(cases, source) expect_refused(cases, sizeof cases / sizeof *cases, source)

static void
null_where_it_may_not_stand(void **state)
{
    static const struct refusal cases[] = {
        { "  a text; not null\n", "a: \"null\"", "E210 'null' yields NULL, and 's.t.a' is NOT NULL",
          "'empty', 'set'" },
        { "  a text; not null\n", "a: [{when: \"true\", use: \"null\"}, text]", "E210", "'empty'" },
    };
    (void)state;
    REFUSED(cases, NULL);
    struct ruling v = prove("s.t\n  a text\n", "columns: {s.t: {a: \"null\"}}\n", NULL);
    assert_true(v.ok);
}

static void
fakes_that_are_longer_than_their_column(void **state)
{
    static const struct refusal cases[] = {
        { "  a character varying(10)\n", "a: email", "E211 'email' needs", "by_shape" },
        { "  a character varying(30)\n", "a: password_hash", "E211 'password_hash' needs 60",
          "by_shape" },
        { "  a character(8)\n", "a: {use: token, length: 9}", "", "" },
        { "  a character varying(4); unique\n", "a: username", "E211 's.t.a' character varying(4)",
          "by_shape" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (i != 2)
            expect_refused(&cases[i], 1, NULL);
    struct ruling v =
        prove("s.t\n  a character varying(80)\n", "columns: {s.t: {a: email}}\n", NULL);
    assert_true(v.ok);
}

static void
fakes_that_could_meet_where_values_are_unique(void **state)
{
    static const struct refusal cases[] = {
        { "  a text; unique\n", "a: first_name",
          "E212 'first_name' may give two originals one fake", "'by_shape', 'pattern', 'email'" },
        { "  a integer; unique\n", "a: {use: bucket, step: 10}", "E212", "'int' keeps" },
        { "  a text; lower\n", "a: text", "E212", "'by_shape'" },
        { "  a text\n  b text\n  + unique a, b\n", "a: redact, b: keep", "E212", "'by_shape'" },
        { "  a bytea; unique\n", "a: bytes", "E212", "'token' keeps" },
        { "  a date; unique\n", "a: birth_date", "E212", "no mask of this type keeps" },
        { "  a uuid; unique\n", "a: recompute", "E212", "'uuid' keeps" },
        { "  a text\n", "a: {use: first_name, unique: true}", "E212", "'by_shape'" },
        { "  a text; unique\n", "a: {use: email, per: person}", "", "" },
    };
    (void)state;
    expect_refused(cases, 8, NULL);
}

static void
too_few_random_bits_for_so_many_rows(void **state)
{
    struct ruling v = prove("s.t rows 5000000\n  a text; unique\n",
                            "columns: {s.t: {a: {use: token, length: 6}}}\n", NULL);
    (void)state;
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "E211 's.t.a' text: 5000000 values need "));
    assert_non_null(strstr(v.text, "'token' has 30 there"));
    /* the same mask holds for few */
    v = prove("s.t rows 10\n  a text; unique\n", "columns: {s.t: {a: {use: token, length: 6}}}\n",
              NULL);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts, 0);
    /* of a table that nobody analyzed it is not known */
    v = prove("s.t rows -1\n  a text; unique\n", "columns: {s.t: {a: {use: token, length: 6}}}\n",
              NULL);
    assert_true(v.ok);
    assert_non_null(strstr(v.text, "30 random bits keep"));
    assert_non_null(strstr(v.text, "is not known here"));
}

static void
what_stays_unique_is_not_refused(void **state)
{
    static const char *const cases[][2] = {
        { "  a text; unique\n", "a: by_shape" },
        { "  a text; unique\n", "a: email" },
        { "  a text; unique\n", "a: \"null\"" }, /* NULLs are distinct */
        { "  a text; unique\n", "a: keep" },
        { "  a bigint; unique\n", "a: int" },
        { "  a uuid; unique\n", "a: uuid" },
        { "  a macaddr; unique\n", "a: mac" },
        { "  a inet; unique\n", "a: ip" },
        /* the rest of the index tells rows apart already */
        { "  a text\n  + unique id, a\n", "a: first_name" },
        /* an index over something else */
        { "  a text\n  b text; unique\n", "a: first_name, b: keep" },
        { "  a text\n  + unique b where (a IS NOT NULL)\n  b text\n", "" },
    };
    (void)state;
    for (size_t i = 0; i + 1 < sizeof cases / sizeof *cases; i++) {
        char schema[300], rules[300];
        snprintf(schema, sizeof schema, "s.t\n  id bigint; key\n%s", cases[i][0]);
        snprintf(rules, sizeof rules, "columns: {s.t: {%s}}\n", cases[i][1]);
        struct ruling v = prove(schema, rules, NULL);
        if (!v.ok || v.ndoubts > 0)
            fail_msg("%s%s: %s", cases[i][0], cases[i][1], v.text);
    }
}

static void
nulls_that_an_index_calls_equal_meet(void **state)
{
    struct little l;
    struct ruling v;
    (void)state;
    little_begin(&l, "s.t\n  a text; unique\n", "columns: {s.t: {a: \"null\"}}\n");
    ((struct index *)l.tables[0].indexes)->nulls_not_distinct = true;
    run(&l, NULL, false, &v);
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "E212 'null' may give two originals one fake"));
    little_deinit(&l);
}

static void
an_index_that_is_not_valid_keeps_nothing_apart(void **state)
{
    struct little l;
    struct ruling v;
    (void)state;
    little_begin(&l, "s.t\n  a text; unique\n", "columns: {s.t: {a: first_name}}\n");
    ((struct index *)l.tables[0].indexes)->is_valid = false;
    run(&l, NULL, false, &v);
    assert_true(v.ok);
    little_deinit(&l);
}

static void
what_decides_on_the_partition_or_an_exclusion(void **state)
{
    static const struct refusal cases[] = {
        { "  a text\n  + partition LIST (a)\n", "a: by_shape",
          "E215 's.t.a' decides on the partition (LIST (a))", "'keep' it" },
        { "  a text\n  during daterange\n  + exclude a =, during &&\n", "a: keep, during: \"null\"",
          "E214 the exclusion constraint 't_2' needs", "'keep' it, or mask other columns" },
    };
    (void)state;
    REFUSED(cases, NULL);
    /* the hash of a fake finds a partition of its own */
    assert_true(
        prove("s.t\n  a text\n  + partition HASH (a)\n", "columns: {s.t: {a: by_shape}}\n", NULL)
            .ok);
    /* = takes other values as well */
    assert_true(prove("s.t\n  a text\n  during daterange\n  + exclude a =, during &&\n",
                      "columns: {s.t: {a: by_shape, during: keep}}\n", NULL)
                    .ok);
}

static void
labels_that_no_enum_has(void **state)
{
    static const struct refusal cases[] = {
        { "  a enum(open,shut)\n", "a: {use: set, value: gone}", "E218 'gone' is no label",
          "one of the labels" },
        { "  a enum(open,shut)[]\n", "a: {use: choice, values: [open, gone]}",
          "E218 'gone' is no label", "" },
        { "  a enum(open,shut)\n", "a: {use: map, values: {open: gone}, default: shut}",
          "E218 'gone'", "" },
        { "  a enum(open,shut)\n", "a: {use: map, values: {open: shut}, default: gone}",
          "E218 'gone'", "" },
    };
    (void)state;
    REFUSED(cases, NULL);
    assert_true(prove("s.t\n  a enum(open,shut)\n",
                      "columns: {s.t: {a: {use: choice, values: [open, shut]}}}\n", NULL)
                    .ok);
}

static void
keys_whose_ends_would_have_other_fakes(void **state)
{
    static const struct {
        const char *schema, *rules, *code, *hint;
    } cases[] = {
        { "s.a\n  k text; key\ns.b\n  k text; -> s.a.k\n", "columns: {s.a: {k: secret}}\n",
          "E222 's.b.k' is joined by a foreign key, and 'secret' gives one value different fakes",
          "depends on the original alone" },
        { "s.a\n  k bigint; key\ns.b\n  k integer; -> s.a.k\n", "columns: {s.a: {k: int}}\n",
          "E222 's.b.k' and 's.a.k' are joined by a foreign key, but have different types",
          "with one type" },
        { "s.a\n  name text\n  k text; unique; computed lower(name)\ns.b\n  k text; -> s.a.k\n",
          "columns: {s.a: {name: pattern}}\n", "", "" },
        { "s.a\n  name text; unique\n  k text; unique; computed lower(name)\ns.b\n  k text; -> "
          "s.a.k\n",
          "columns: {s.a: {name: {use: uuid}}}\n", "E222 keys lead to 's.a.k', which is in lower",
          "email, username, by_shape" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ruling v = prove(cases[i].schema, cases[i].rules, NULL);
        if (cases[i].code[0] != '\0' && (v.ok || strstr(v.text, cases[i].code) == NULL ||
                                         strstr(v.text, cases[i].hint) == NULL))
            fail_msg("%s%s: %s", cases[i].schema, cases[i].rules, v.text);
    }
    /* NULL may be anywhere */
    assert_true(prove("s.a\n  k text; unique\ns.b\n  k text; -> s.a.k\n",
                      "columns: {s.a: {k: \"null\"}}\n", NULL)
                    .ok);
}

/* ---- what is tried */

static const bool holds[MASK_ANSWERS] = { true, true, true, true, true, true };
static const bool broken[MASK_ANSWERS] = { true, false, true, false, true, false };

static struct source
source_of(const bool answers[MASK_ANSWERS])
{
    struct source s = { 0 };
    memcpy(s.answers, answers, sizeof s.answers);
    return s;
}

static void
a_check_that_fakes_would_break(void **state)
{
    static const struct refusal cases[] = {
        { "  a text; check (length(a) = 3)\n", "a: email",
          "E217 a fake of 'email' would break the check 'a_check' of 's.t.a'",
          "'by_shape' and 'pattern' keep the form" },
        { "  a integer; check (a > 0)\n", "a: {use: noise, ratio: 90%}", "E217", "a range" },
        { "  a text; domain code (VALUE ~ '^x')\n", "a: email",
          "E217 a fake of 'email' would break the domain 'code'", "" },
        { "  a text; check (a IS NOT NULL)\n", "a: \"null\"",
          "E210 'null' yields NULL, which the check 'a_check' of 's.t.a' does not allow",
          "'empty', 'set'" },
    };
    struct source s = source_of(broken);
    (void)state;
    REFUSED(cases, &s);
    s = source_of(holds);
    struct ruling v =
        prove("s.t\n  a text; check (length(a) = 3)\n", "columns: {s.t: {a: email}}\n", &s);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts, 0);
    assert_int_equal(s.asked, 1);
}

static void
without_a_source_a_check_is_a_doubt(void **state)
{
    struct ruling v =
        prove("s.t\n  a text; check (length(a) = 3)\n", "columns: {s.t: {a: email}}\n", NULL);
    (void)state;
    assert_true(v.ok);
    assert_string_equal(v.text, "s.t.a (the check 'a_check' could not be tried)\n");
}

static void
trials_go_in_one_statement_and_alone_where_that_fails(void **state)
{
    struct source s = source_of(holds);
    (void)state;
    s.bad = "UNION ALL";
    struct ruling v = prove("s.t\n  a text; check (a <> 'x')\n  b text; check (b <> 'y')\n"
                            "  c text; check (c <> 'z')\n",
                            "columns: {s.t: {a: email, b: email, c: email}}\n", &s);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts, 0);
    assert_int_equal(s.asked, 4);
    s = source_of(holds);
    s.fails = true;
    v = prove("s.t\n  a text; check (a <> 'x')\n  b text; check (b <> 'y')\n",
              "columns: {s.t: {a: email, b: email}}\n", &s);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts, 2);
    assert_non_null(strstr(v.text, "could not be tried"));
}

static void
names_of_columns_and_tables_are_the_conditions_own(void **state)
{
    struct source s = source_of(holds);
    (void)state;
    prove("s.t\n  a text; domain code (VALUE <> 'VALUE' AND VALUES(VALUE))\n",
          "columns: {s.t: {a: {use: set, value: q}}}\n", &s);
    assert_non_null(strstr(s.last, "\"a\" <> 'VALUE' AND VALUES(\"a\")"));
    assert_non_null(strstr(s.last, "AS \"t\""));
    assert_non_null(strstr(s.last, "::\"pg_catalog\".\"text\""));
}

static void
code_of_others_is_not_tried(void **state)
{
    struct little l;
    struct source s = source_of(broken);
    struct ruling v;
    (void)state;
    little_begin(&l, "s.t\n  a text; check theirs(a)\n  b text; domain d theirs(VALUE)\n",
                 "columns: {s.t: {a: email, b: email}}\n");
    ((struct check *)l.tables[0].checks)->is_trusted = false;
    ((struct domain_check *)l.tables[0].columns[1].domain->checks)->is_trusted = false;
    run(&l, &s, false, &v);
    assert_true(v.ok);
    assert_int_equal(s.asked, 0);
    assert_non_null(strstr(v.text, "s.t.a (the check 'a_check' calls code of another role"));
    assert_non_null(strstr(v.text, "s.t.b (the domain 'd' calls code of another role"));
    little_deinit(&l);
}

static void
a_check_that_nobody_enforces_stops_nothing(void **state)
{
    struct little l;
    struct source s = source_of(broken);
    struct ruling v;
    (void)state;
    little_begin(&l, "s.t\n  a text; check (a = 'x')\n", "columns: {s.t: {a: email}}\n");
    ((struct check *)l.tables[0].checks)->is_enforced = false;
    run(&l, &s, false, &v);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts + (size_t)s.asked, 0);
    little_deinit(&l);
}

/* The edges of a check, where its own values and those of today say more than made-up ones. */
static void
todays_values_decide_where_a_trial_does_not(void **state)
{
    static const bool edges[MASK_ANSWERS] = { true, true, false, true, true, false };
    struct source s = source_of(edges);
    (void)state;
    struct ruling v =
        prove("s.t\n  a integer; check (a > 0)\n", "columns: {s.t: {a: {use: noise}}}\n", &s);
    assert_true(v.ok);
    assert_string_equal(v.text, "s.t.a (the check 'a_check': fakes of values at its bounds break "
                                "it)\n");
    /* the same answers for today's: the last of them says no */
    s = source_of(edges);
    s.own[0] = "1000003";
    v = prove("s.t\n  a integer; check (a > 0)\n", "columns: {s.t: {a: {use: noise}}}\n", &s);
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "E217"));
    assert_int_equal(s.own_asked, 1);
    assert_null(strstr(s.last, "'1000003'")); /* the original stays here */
    /* a value that the condition cannot read is broken, too */
    s = source_of(edges);
    s.own[0] = "1000003";
    s.bad = "SELECT 0, q.* FROM (SELECT coalesce(pg_catalog.bool_or(o) FILTER (WHERE what <> 'r')";
    s.sqlstate = "22P02";
    v = prove("s.t\n  a integer; check (a > 0)\n", "columns: {s.t: {a: {use: noise}}}\n", &s);
    assert_false(v.ok);
}

static void
values_that_broke_a_check_before_say_nothing(void **state)
{
    static const bool edges[MASK_ANSWERS] = { true, true, false, true, true, false };
    struct little l;
    struct source s = source_of(edges);
    struct ruling v;
    (void)state;
    s.own[0] = "1000003";
    little_begin(&l, "s.t\n  a integer; check (a > 0)\n", "columns: {s.t: {a: {use: noise}}}\n");
    ((struct check *)l.tables[0].checks)->is_validated = false;
    run(&l, &s, true, &v);
    assert_true(v.ok);
    assert_int_equal(s.own_asked, 0);
    assert_int_equal(v.ndoubts, 1);
    little_deinit(&l);
}

static void
a_check_that_asks_for_null_alone_is_kept_by_what_keeps_null(void **state)
{
    struct source s = source_of(broken);
    (void)state;
    struct ruling v = prove("s.t\n  a text; check ((a IS NOT NULL) OR (b IS NULL))\n  b text\n",
                            "columns: {s.t: {a: email, b: \"null\"}}\n", &s);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts, 1); /* of b, which becomes NULL */
    assert_non_null(strstr(v.text, "s.t.b (the check 'a_check' compares it with other columns)"));
}

static void
dates_that_move_together_keep_their_order(void **state)
{
    static const char schema[] = "s.t\n  id bigint; key\n  a date; check (a <= b)\n  b date\n";
    struct source s = source_of(broken);
    (void)state;
    struct ruling v = prove(schema, "columns: {s.t: {a: date_shift, b: date_shift}}\n", &s);
    assert_true(v.ok);
    assert_int_equal(v.ndoubts + (size_t)s.asked, 0);
    /* one of them alone does not */
    v = prove(schema, "columns: {s.t: {a: date_shift}}\n", &s);
    assert_true(v.ok);
    assert_non_null(strstr(v.text, "s.t.a (the check 'a_check' compares it with other columns)"));
    /* nor do two shifts that are not the same */
    v = prove(schema, "domains: {d: {use: date_shift}}\ncolumns: {s.t: {a: date_shift, b: d}}\n",
              &s);
    assert_int_equal(v.ndoubts, 2);
}

static void
checks_of_several_columns_are_tried_on_rows_of_today(void **state)
{
    static const char schema[] =
        "s.t\n  id bigint; key\n  a date; check (a <= b)\n  b date\n  c text\n";
    static const char rules[] = "columns: {s.t: {a: {use: truncate, to: year}, c: keep}}\n";
    struct source s = source_of(holds);
    (void)state;
    s.own[0] = "1";
    s.rows[0] = "(0,1)";
    s.rows[1] = "8500";
    s.nrows = 1;
    struct ruling v = prove(schema, rules, &s);
    assert_true(v.ok);
    assert_non_null(strstr(v.text, "; it holds for rows of today"));
    assert_int_equal(s.ncolumns, 1);
    assert_non_null(strstr(s.last, "'(0,1)'::pg_catalog.tid"));
    assert_non_null(strstr(s.last, "JOIN ONLY \"s\".\"t\" AS r"));
    s.answers[MASK_ANSWERS - 1] = false;
    v = prove(schema, rules, &s);
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "E217 a fake of 'truncate' would break the check 'a_check'"));
    assert_non_null(strstr(v.text, "'date_shift' moves the dates of a row together"));
    /* of an empty table nothing is known */
    s.nrows = 0;
    v = prove(schema, rules, &s);
    assert_true(v.ok);
    assert_null(strstr(v.text, "rows of today"));
}

/* ---- conditions of the rules */

static void
a_when_that_the_source_does_not_accept(void **state)
{
    struct source s = source_of(holds);
    (void)state;
    s.bad = "nonsense";
    struct ruling v = prove("s.t\n  a text\n",
                            "columns:\n  s.t:\n    a:\n      - {when: \"true\", use: email}\n"
                            "      - {when: \"nonsense(a)\", use: token}\n      - text\n",
                            &s);
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "r.yaml:5:"));
    assert_non_null(strstr(v.text, "E118 the source does not accept this 'when' (42883)"));
    assert_non_null(strstr(v.text, "SQL over the columns of 's.t', of type boolean"));
}

static void
a_type_without_an_empty_value(void **state)
{
    struct source s = source_of(holds);
    (void)state;
    s.bad = "''::point";
    struct ruling v = prove("s.t\n  a point; not null\n", "columns: {s.t: {a: empty}}\n", &s);
    assert_false(v.ok);
    assert_non_null(strstr(v.text, "E219 'point' has no empty value ('s.t.a')"));
    assert_non_null(strstr(v.text, "'null' would do"));
    s.bad = NULL;
    assert_true(prove("s.t\n  a point; not null\n", "columns: {s.t: {a: empty}}\n", &s).ok);
}

/* ---- init is told, and goes on */

static void
who_wants_to_know_is_told_of_each_mask_that_cannot_hold(void **state)
{
    struct little l;
    struct source s = source_of(broken);
    struct mask_prover prover = { .masking = &l.masking,
                                  .try_sql = try_sql,
                                  .ctx = &s,
                                  .on_refused = on_refused,
                                  .refused_ctx = &s };
    (void)state;
    little_begin(&l,
                 "s.t\n  a text; not null\n  b text; unique\n  c text; check (c = 'x')\n  d text\n",
                 "columns: {s.t: {a: \"null\", b: first_name, c: email, d: text}}\n");
    assert_true(masking_prove(&prover, &l.err));
    assert_int_equal(l.err.code, DECANT_OK);
    assert_int_equal(prover.nrefused, 3);
    assert_int_equal(s.nrefused, 3);
    assert_int_equal(s.refused[0], 0);
    assert_int_equal(s.refused[1], 1);
    assert_int_equal(s.refused[2], 2);
    free(prover.doubts);
    little_deinit(&l);
}

static void
a_column_that_is_too_narrow_is_named_before_those_that_suffer_from_it(void **state)
{
    struct little l;
    struct source s = source_of(holds);
    struct mask_prover prover = { .masking = &l.masking,
                                  .on_refused = on_refused,
                                  .refused_ctx = &s };
    (void)state;
    little_begin(&l, "s.t\n  a text; unique\n  b character varying(9)\n",
                 "columns: {s.t: {a: email, b: email}}\n");
    assert_true(masking_prove(&prover, &l.err));
    assert_int_equal(prover.nrefused, 1);
    assert_int_equal(s.refused[0], 1);
    free(prover.doubts);
    little_deinit(&l);
}

static void
doubts_of_uniqueness_are_listed(void **state)
{
    static const struct {
        const char *columns, *rules, *doubt;
    } cases[] = {
        { "  a text; unique\n", "a: [{when: \"true\", use: email}, by_shape]",
          "fakes of different conditions could meet" },
        { "  a text\n", "a: email", "unique by an expression that is not known" },
        { "  a text; unique\n", "a: {use: email, normalize: lower}",
          "its originals may differ in case alone" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct little l;
        struct ruling v;
        char schema[200], rules[200];
        snprintf(schema, sizeof schema, "s.t\n  id bigint; key\n%s", cases[i].columns);
        snprintf(rules, sizeof rules, "columns: {s.t: {%s}}\n", cases[i].rules);
        little_begin(&l, schema, rules);
        if (i == 1)
            little_unique(&l, &l.tables[0], -1, "btrim(a)");
        run(&l, NULL, false, &v);
        if (!v.ok || strstr(v.text, cases[i].doubt) == NULL)
            fail_msg("%s: %s", cases[i].rules, v.text);
        little_deinit(&l);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_where_it_may_not_stand),
        cmocka_unit_test(fakes_that_are_longer_than_their_column),
        cmocka_unit_test(fakes_that_could_meet_where_values_are_unique),
        cmocka_unit_test(too_few_random_bits_for_so_many_rows),
        cmocka_unit_test(what_stays_unique_is_not_refused),
        cmocka_unit_test(nulls_that_an_index_calls_equal_meet),
        cmocka_unit_test(an_index_that_is_not_valid_keeps_nothing_apart),
        cmocka_unit_test(what_decides_on_the_partition_or_an_exclusion),
        cmocka_unit_test(labels_that_no_enum_has),
        cmocka_unit_test(keys_whose_ends_would_have_other_fakes),
        cmocka_unit_test(a_check_that_fakes_would_break),
        cmocka_unit_test(without_a_source_a_check_is_a_doubt),
        cmocka_unit_test(trials_go_in_one_statement_and_alone_where_that_fails),
        cmocka_unit_test(names_of_columns_and_tables_are_the_conditions_own),
        cmocka_unit_test(code_of_others_is_not_tried),
        cmocka_unit_test(a_check_that_nobody_enforces_stops_nothing),
        cmocka_unit_test(todays_values_decide_where_a_trial_does_not),
        cmocka_unit_test(values_that_broke_a_check_before_say_nothing),
        cmocka_unit_test(a_check_that_asks_for_null_alone_is_kept_by_what_keeps_null),
        cmocka_unit_test(dates_that_move_together_keep_their_order),
        cmocka_unit_test(checks_of_several_columns_are_tried_on_rows_of_today),
        cmocka_unit_test(a_when_that_the_source_does_not_accept),
        cmocka_unit_test(a_type_without_an_empty_value),
        cmocka_unit_test(who_wants_to_know_is_told_of_each_mask_that_cannot_hold),
        cmocka_unit_test(a_column_that_is_too_narrow_is_named_before_those_that_suffer_from_it),
        cmocka_unit_test(doubts_of_uniqueness_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
