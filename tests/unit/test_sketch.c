/* SPDX-License-Identifier: PostgreSQL */
/* Sketches: counts that are exact, and figures in bounded memory that stay near the true ones. */
#include "fidelity/sketch.h"

#include <math.h>

#include "fake.h"
#include "fidelity/measured.h"
#include "fidelity/time.h"

static const struct cell null_cell = { .kind = CELL_NULL };

static struct cell
text(const char *s)
{
    return (struct cell){ .kind = CELL_TEXT, .data = s, .len = strlen(s) };
}

static struct cell
integer(int64_t n)
{
    return (struct cell){ .kind = CELL_INTEGER, .integer = n };
}

static struct cell
real(double x)
{
    return (struct cell){ .kind = CELL_REAL, .real = x };
}

/* One column of these cells; to be freed. */
static struct sketch *
sketch_of(enum sketch_kind kind, const struct cell *cells, int n)
{
    struct sketch *s = sketch_new(&kind, 1, SKETCH_ROWS);
    for (int i = 0; i < n; i++)
        sketch_add(s, &cells[i], -1);
    sketch_finish(s);
    return s;
}

/* ---- kinds */

static void
each_type_is_measured_by_what_it_holds(void **state)
{
    static const struct {
        const char *type;
        enum sketch_kind kind;
    } cases[] = {
        { "boolean", SKETCH_NUMBER },
        { "smallint", SKETCH_NUMBER },
        { "bigint", SKETCH_NUMBER },
        { "numeric", SKETCH_NUMBER },
        { "double precision", SKETCH_NUMBER },
        { "date", SKETCH_TIME },
        { "timestamp without time zone", SKETCH_TIME },
        { "timestamp with time zone", SKETCH_TIME },
        { "text", SKETCH_TEXT },
        { "character varying", SKETCH_TEXT },
        { "uuid", SKETCH_OTHER },
        { "bytea", SKETCH_OTHER },
        { "jsonb", SKETCH_OTHER },
        { "integer[]", SKETCH_OTHER },
        { "daterange", SKETCH_OTHER },
        { "hstore", SKETCH_OTHER },
        { "time without time zone", SKETCH_OTHER },
    };
    const struct type states = { .name = "state", .kind = TYPE_ENUM };
    int typmod;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sketch_kind_of(fake_type(cases[i].type, &typmod)) != cases[i].kind)
            fail_msg("%s is %d", cases[i].type, sketch_kind_of(fake_type(cases[i].type, &typmod)));
    assert_int_equal(sketch_kind_of(&states), SKETCH_TEXT);
}

/* ---- numbers */

/* One side writes numbers as text, the other has them as numbers. */
static void
cells_of_either_database_are_the_same_numbers(void **state)
{
    static const struct {
        struct cell cell;
        double number; /* NaN: none */
    } cases[] = {
        { { .kind = CELL_INTEGER, .integer = -42 }, -42 },
        { { .kind = CELL_REAL, .real = 0.125 }, 0.125 },
        { { .kind = CELL_TEXT, .data = "-42", .len = 3 }, -42 },
        { { .kind = CELL_TEXT, .data = "12345678901234567890.5", .len = 22 },
          12345678901234567890.5 },
        { { .kind = CELL_TEXT, .data = "t", .len = 1 }, 1 },
        { { .kind = CELL_TEXT, .data = "f", .len = 1 }, 0 },
        { { .kind = CELL_TEXT, .data = "true", .len = 4 }, 1 },
        { { .kind = CELL_TEXT, .data = "false", .len = 5 }, 0 },
        { { .kind = CELL_TEXT, .data = "NaN", .len = 3 }, NAN },
        { { .kind = CELL_TEXT, .data = "Infinity", .len = 8 }, NAN },
        { { .kind = CELL_TEXT, .data = "-Infinity", .len = 9 }, NAN },
        { { .kind = CELL_TEXT, .data = "", .len = 0 }, NAN },
        { { .kind = CELL_TEXT, .data = "12 apples", .len = 9 }, NAN },
        { { .kind = CELL_TEXT, .data = "1234", .len = 2 }, 12 }, /* no NUL behind it */
        { { .kind = CELL_NULL }, NAN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sketch *s = sketch_of(SKETCH_NUMBER, &cases[i].cell, 1);
        double number = sketch_column(s, 0)->sample[0];
        if (isnan(cases[i].number) ? !isnan(number) : number != cases[i].number)
            fail_msg("case %zu: %g, not %g", i, number, cases[i].number);
        sketch_free(s);
    }
}

static void
texts_are_measured_by_letters_and_times_by_seconds(void **state)
{
    const struct cell texts[] = { text(""), text("abc"),
                                  text("\xC3\xA9\xE5\x90\x8D\xF0\x9F\x98\x80"), null_cell };
    const struct cell times[] = { text("2000-01-02 00:00:01"), text("infinity"),
                                  text("0044-03-15 BC") };
    (void)state;
    struct sketch *s = sketch_of(SKETCH_TEXT, texts, 4);
    const double *lengths = sketch_column(s, 0)->sample;
    assert_true(lengths[0] == 0 && lengths[1] == 3 && lengths[2] == 3 && isnan(lengths[3]));
    sketch_free(s);
    s = sketch_of(SKETCH_TIME, times, 3);
    const double *seconds = sketch_column(s, 0)->sample;
    assert_true(seconds[0] == 86401 && isnan(seconds[1]));
    assert_true(seconds[2] < -2000 * 365.0 * 86400 && seconds[2] > -2100 * 366.0 * 86400);
    sketch_free(s);
}

/* Year by year from 400 BC, by counting days. */
static void
days_follow_one_another_for_three_thousand_years(void **state)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    char date[40];
    double last = NAN;
    (void)state;
    for (int year = -400; year < 2600; year++)
        for (int month = 1; month <= 12; month++) {
            bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            int length = days[month - 1] + (month == 2 && is_leap);
            int n = snprintf(date, sizeof date, "%04d-%02d-01%s", year > 0 ? year : 1 - year, month,
                             year > 0 ? "" : " BC");
            double first = time_of_text(date, (size_t)n);
            if (!isnan(last) && first != last)
                fail_msg("%s: %.0f, not %.0f", date, first, last);
            last = first + length * 86400.0;
        }
    assert_true(time_of_text("2000-01-01 00:00:00.25+05:30", 28) == 0.25 - 5.5 * 3600);
}

static void
what_is_no_time_is_none(void **state)
{
    static const char *const texts[] = { "-infinity", "2024", "2024-05", "yesterday", "24:00:00",
                                         "a-b-c",     "-",    " ",       "2024/05/06" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!isnan(time_of_text(texts[i], strlen(texts[i]))))
            fail_msg("%s", texts[i]);
}

/* ---- counts */

static void
rows_nulls_and_few_values_are_exact(void **state)
{
    enum { N = 60000 };
    const enum sketch_kind kinds[] = { SKETCH_TEXT, SKETCH_OTHER, SKETCH_NUMBER };
    struct sketch *s = sketch_new(kinds, 3, 1000);
    char code[16];
    (void)state;
    for (int i = 0; i < N; i++) {
        snprintf(code, sizeof code, "c%d", i % 50);
        const struct cell cells[] = { i % 3 == 0 ? null_cell : text(code),
                                      i % 4 == 0 ? null_cell : text(code), integer(i % 7) };
        sketch_add(s, cells, i % SKETCH_GROUPS);
    }
    sketch_finish(s);
    assert_int_equal(sketch_rows(s), N);
    assert_int_equal(sketch_sampled(s), 1000);
    const struct sketch_column *texts = sketch_column(s, 0), *others = sketch_column(s, 1),
                               *numbers = sketch_column(s, 2);
    assert_int_equal(texts->rows, N);
    assert_int_equal(texts->nulls, N / 3);
    assert_int_equal(others->nulls, N / 4);
    assert_int_equal(texts->nvalues, 50);
    assert_float_equal(texts->distinct, 50, 0);
    int64_t sum = 0;
    for (int i = 0; i < texts->nvalues; i++)
        sum += texts->values[i].rows;
    assert_int_equal(sum, N - N / 3);
    assert_int_equal(others->nvalues, -1);
    assert_float_equal(others->distinct, 50, 2);
    assert_int_equal(numbers->nvalues, 7);
    for (int i = 0; i < 7; i++)
        assert_true(numbers->values[i].rows >= N / 7);
    sketch_free(s);
}

/* "different ones; -1: more than SKETCH_VALUES, or longer than a code" */
static void
one_value_too_many_or_too_long_and_they_are_not_few(void **state)
{
    char longest[49];
    (void)state;
    for (int n = SKETCH_VALUES; n <= SKETCH_VALUES + 1; n++) {
        enum sketch_kind kind = SKETCH_NUMBER;
        struct sketch *s = sketch_new(&kind, 1, SKETCH_ROWS);
        for (int i = 0; i < 3 * n; i++) {
            const struct cell cell = integer(i % n * 1000003);
            sketch_add(s, &cell, -1);
        }
        sketch_finish(s);
        assert_int_equal(sketch_column(s, 0)->nvalues, n == SKETCH_VALUES ? n : -1);
        sketch_free(s);
    }
    memset(longest, 'x', 48);
    for (int len = 47; len <= 48; len++) {
        const struct cell cell = { .kind = CELL_TEXT, .data = longest, .len = (size_t)len };
        struct sketch *s = sketch_of(SKETCH_TEXT, &cell, 1);
        assert_int_equal(sketch_column(s, 0)->nvalues, len == 47 ? 1 : -1);
        sketch_free(s);
    }
}

/* 1.6 % is the standard deviation: four of them are 6.4 %. */
static void
different_values_are_known_to_a_few_of_a_hundred(void **state)
{
    static const int sizes[] = { 100, 1000, 5000, 12000, 40000, 150000 };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < 3; kind++) {
            enum sketch_kind kinds = kind == 0 ? SKETCH_OTHER : SKETCH_NUMBER;
            struct sketch *s = sketch_new(&kinds, 1, 100);
            char name[24];
            for (int k = 0; k < sizes[i]; k++) {
                snprintf(name, sizeof name, "name %d", k);
                const struct cell cell = kind == 0 ? text(name) : kind == 1 ? integer(k) : real(k);
                sketch_add(s, &cell, -1);
                if (k % 3 == 0)
                    sketch_add(s, &cell, -1); /* again */
            }
            sketch_finish(s);
            double distinct = sketch_column(s, 0)->distinct;
            if (fabs(distinct / sizes[i] - 1) > 0.064)
                fail_msg("%d values of kind %d: %.0f", sizes[i], kind, distinct);
            sketch_free(s);
        }
}

static void
equal_cells_have_equal_hashes_and_others_do_not(void **state)
{
    const char *other = "abc"; /* the same text at another place */
    char same[] = "abc";
    const struct cell cells[] = { text("abc"), text("abd"), text("ab"),  text(""),
                                  integer(0),  integer(1),  integer(-1), integer(INT64_MAX),
                                  real(0.5),   real(0.25),  real(1e300), text("0"),
                                  text("1") };
    const struct cell a = text(same), b = text(other);
    (void)state;
    assert_true(sketch_hash(&a) == sketch_hash(&b));
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
            if ((sketch_hash(&cells[i]) == sketch_hash(&cells[k])) != (i == k))
                fail_msg("%zu and %zu", i, k);
}

/* ---- the sample */

static void
a_sample_is_never_larger_than_it_may_be(void **state)
{
    static const int most[] = { 1, 10, 1000, SKETCH_ROWS, 10 * SKETCH_ROWS };
    (void)state;
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        enum sketch_kind kind = SKETCH_NUMBER;
        int room = most[i] < SKETCH_ROWS ? most[i] : SKETCH_ROWS;
        struct sketch *s = sketch_new(&kind, 1, most[i]);
        for (int k = 0; k < 2 * SKETCH_ROWS; k++) {
            const struct cell cell = integer(k);
            sketch_add(s, &cell, -1);
            assert_true(sketch_sampled(s) == (k + 1 < room ? k + 1 : room));
        }
        sketch_finish(s);
        sketch_free(s);
    }
}

/* Each row is in the sample with the same chance, the first and the last as well. */
static void
every_row_may_be_in_the_sample(void **state)
{
    enum { N = 400000, PARTS = 20 };
    enum sketch_kind kind = SKETCH_NUMBER;
    struct sketch *s = sketch_new(&kind, 1, SKETCH_ROWS);
    struct cdf cdf;
    int hits[PARTS] = { 0 };
    const double expected = (double)SKETCH_ROWS / PARTS;
    (void)state;
    for (int k = 0; k < N; k++) {
        const struct cell cell = integer(k);
        sketch_add(s, &cell, 0);
    }
    sketch_finish(s);
    const double *sample = sketch_column(s, 0)->sample;
    for (int i = 0; i < SKETCH_ROWS; i++)
        hits[(int)(sample[i] * PARTS / N)]++;
    for (int p = 0; p < PARTS; p++)
        if (fabs(hits[p] - expected) > 5 * sqrt(expected))
            fail_msg("part %d: %d, not %.0f", p, hits[p], expected);
    sketch_cdf(s, 0, &cdf);
    assert_int_equal(cdf.n, SKETCH_ROWS); /* no row is there twice */
    cdf_deinit(&cdf);
    sketch_free(s);
}

/* All columns of a row are in together: else pairs would mean nothing. */
static void
columns_of_one_row_stay_together(void **state)
{
    enum { N = 30000 };
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_OTHER, SKETCH_NUMBER };
    struct sketch *s = sketch_new(kinds, 3, 700);
    (void)state;
    for (int k = 0; k < N; k++) {
        const struct cell cells[] = { integer(k), text("x"), k % 9 == 0 ? null_cell : real(-k) };
        sketch_add(s, cells, -1);
    }
    sketch_finish(s);
    const double *a = sketch_column(s, 0)->sample, *b = sketch_column(s, 2)->sample;
    for (int i = 0; i < sketch_sampled(s); i++)
        assert_true((int)a[i] % 9 == 0 ? isnan(b[i]) : b[i] == -a[i]);
    assert_float_equal(sketch_correlation(s, 0, 2).r, -1, 1e-9);
    assert_true(isnan(sketch_correlation(s, 0, 1).r)); /* of others nothing is kept */
    assert_null(sketch_column(s, 1)->sample);
    sketch_free(s);
}

static void
the_same_rows_give_the_same_figures(void **state)
{
    double medians[2];
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        enum sketch_kind kind = SKETCH_NUMBER;
        struct sketch *s = sketch_new(&kind, 1, 300);
        struct cdf cdf;
        for (int k = 0; k < 50000; k++) {
            const struct cell cell = integer((int64_t)k * 7919 % 104729);
            sketch_add(s, &cell, -1);
        }
        sketch_finish(s);
        sketch_cdf(s, 0, &cdf);
        medians[turn] = cdf_quantile(&cdf, 0.5);
        cdf_deinit(&cdf);
        sketch_free(s);
    }
    assert_true(medians[0] == medians[1]);
}

static void
nothing_makes_a_sketch_of_nothing(void **state)
{
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_TEXT, SKETCH_TIME, SKETCH_OTHER };
    struct sketch *s = sketch_new(kinds, 4, SKETCH_ROWS);
    struct measured measured;
    struct arena arena = { 0 };
    (void)state;
    sketch_finish(s);
    assert_int_equal(sketch_rows(s) + sketch_sampled(s), 0);
    for (int i = 0; i < 4; i++) {
        const struct sketch_column *c = sketch_column(s, i);
        assert_true(c->effect >= 1 && c->null_effect >= 1 && c->value_effect >= 1);
        measured_of_sketch(s, i, &arena, &measured);
        assert_true(measured.is_known && measured.rows == 0 && measured.null_share == 0);
        assert_int_equal(measured.cdf.n + (size_t)measured.nvalues, 0);
        measured_deinit(&measured);
    }
    assert_true(isnan(sketch_correlation(s, 0, 1).r));
    sketch_free(s);
    sketch_free(NULL);
    s = sketch_new(NULL, 0, 1); /* a table without columns has rows */
    sketch_add(s, NULL, -1);
    sketch_finish(s);
    assert_int_equal(sketch_rows(s), 1);
    sketch_free(s);
}

/* ---- design effects */

/* 40 groups of alike rows: NULLs, values and shares of each all say so. */
static void
rows_that_came_together_have_a_design_effect_in_every_figure(void **state)
{
    enum { ROOTS = 4000, EACH = 10 };
    (void)state;
    for (int alike = 0; alike <= 1; alike++) {
        const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_TEXT };
        struct sketch *s = sketch_new(kinds, 2, SKETCH_ROWS);
        uint64_t random = 5;
        for (int root = 0; root < ROOTS; root++) {
            int group = (int)((uint64_t)root * 2654435761u % SKETCH_GROUPS), draw = 0;
            for (int i = 0; i < EACH; i++) {
                if (i == 0 || !alike) {
                    random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
                    draw = (int)(random >> 40) % 100;
                }
                const struct cell cells[] = { draw < 30 ? null_cell : integer(draw),
                                              text(draw % 2 ? "a" : "b") };
                sketch_add(s, cells, group);
            }
        }
        sketch_finish(s);
        const double effects[] = { sketch_column(s, 0)->null_effect, sketch_column(s, 0)->effect,
                                   sketch_column(s, 1)->value_effect };
        for (int e = 0; e < 3; e++) /* of forty groups it is known to a fifth or so, and the
                                       largest of several is taken */
            if (alike ? effects[e] < 5 || effects[e] > 25 : effects[e] > 3)
                fail_msg("alike %d: effect %d is %.2f", alike, e, effects[e]);
        sketch_free(s);
    }
}

/* All rows of one owner: they tell no more than one row does. */
static void
rows_of_a_few_owners_tell_nearly_nothing(void **state)
{
    enum { N = 3000 };
    enum sketch_kind kind = SKETCH_NUMBER;
    struct sketch *s = sketch_new(&kind, 1, SKETCH_ROWS);
    (void)state;
    for (int i = 0; i < N; i++) {
        const struct cell cell = integer(i % 100);
        sketch_add(s, &cell, i % 3);
    }
    sketch_finish(s);
    assert_true(sketch_column(s, 0)->effect > N / 20);
    assert_true(sketch_column(s, 0)->null_effect > N / 20);
    sketch_free(s);
}

/* ---- what is made of it */

static void
a_column_of_a_sketch_is_measured(void **state)
{
    enum { N = 25000 };
    const enum sketch_kind kinds[] = { SKETCH_NUMBER, SKETCH_TEXT };
    struct sketch *s = sketch_new(kinds, 2, SKETCH_ROWS);
    struct arena arena = { 0 };
    struct measured numbers, texts;
    (void)state;
    for (int i = 0; i < N; i++) {
        const struct cell cells[] = { i % 5 == 0 ? null_cell : integer(i),
                                      i % 2 ? null_cell : text(i % 8 ? "often" : "seldom") };
        sketch_add(s, cells, -1);
    }
    sketch_finish(s);
    measured_of_sketch(s, 0, &arena, &numbers);
    measured_of_sketch(s, 1, &arena, &texts);
    sketch_free(s); /* what was measured lives on */
    assert_true(numbers.is_known && !numbers.has_all_values && texts.has_all_values);
    assert_float_equal(numbers.rows, N, 0);
    assert_float_equal(numbers.null_share, 0.2, 1e-12);
    assert_float_equal(cdf_quantile(&numbers.cdf, 0.5), N / 2, N * 0.02);
    assert_float_equal(numbers.sample, SKETCH_ROWS, 0);
    assert_float_equal(numbers.basis, 0, 0); /* all rows were looked at */
    assert_int_equal(texts.nvalues, 2);
    for (int i = 0; i < 2; i++)
        assert_float_equal(texts.values[i].share,
                           strcmp(texts.values[i].text, "often") == 0 ? 0.75 : 0.25, 1e-4);
    measured_deinit(&numbers);
    measured_deinit(&texts);
    assert_int_equal(numbers.cdf.n, 0);
    arena_deinit(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_measured_by_what_it_holds),
        cmocka_unit_test(cells_of_either_database_are_the_same_numbers),
        cmocka_unit_test(texts_are_measured_by_letters_and_times_by_seconds),
        cmocka_unit_test(days_follow_one_another_for_three_thousand_years),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(rows_nulls_and_few_values_are_exact),
        cmocka_unit_test(one_value_too_many_or_too_long_and_they_are_not_few),
        cmocka_unit_test(different_values_are_known_to_a_few_of_a_hundred),
        cmocka_unit_test(equal_cells_have_equal_hashes_and_others_do_not),
        cmocka_unit_test(a_sample_is_never_larger_than_it_may_be),
        cmocka_unit_test(every_row_may_be_in_the_sample),
        cmocka_unit_test(columns_of_one_row_stay_together),
        cmocka_unit_test(the_same_rows_give_the_same_figures),
        cmocka_unit_test(nothing_makes_a_sketch_of_nothing),
        cmocka_unit_test(rows_that_came_together_have_a_design_effect_in_every_figure),
        cmocka_unit_test(rows_of_a_few_owners_tell_nearly_nothing),
        cmocka_unit_test(a_column_of_a_sketch_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
