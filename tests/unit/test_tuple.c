/* SPDX-License-Identifier: PostgreSQL */
/* Keys are equal when PostgreSQL calls their values equal, and only then; and u hashes them. */
#include "select/tuple.h"

#include "fake.h"
#include "select/hash.h"

enum { MOST = 4 };

static const uint8_t fingerprint[PRF_KEY] = "0123456789abcde";

/* Some columns and the values of a row. */
struct sample_row {
    int n;
    struct column columns[MOST];
    const struct column *refs[MOST];
    struct decant_value values[MOST];
    uint8_t bytes[MOST][40];
    struct tuple tuple;
};

static void
row_put(struct sample_row *row, const char *type, struct decant_value value)
{
    static const int at[MOST] = { 0, 1, 2, 3 };
    int i = row->n++;
    assert_true(i < MOST);
    row->columns[i] = fake_column("c", type);
    row->values[i] = value;
    for (int k = 0; k < row->n; k++)
        row->refs[k] = &row->columns[k];
    row->tuple = (struct tuple){ .ncolumns = row->n,
                                 .columns = row->refs,
                                 .at = at,
                                 .as_integer = tuple_fits_integer(row->refs, row->n) };
}

static void
row_put_integer(struct sample_row *row, const char *type, int bytes, int64_t n)
{
    row_put(row, type, big_endian((uint64_t)n, bytes, row->bytes[row->n]));
}

static void
row_put_text(struct sample_row *row, const char *type, const char *text)
{
    struct decant_value value = { .data = (const uint8_t *)text, .len = (int32_t)strlen(text) };
    row_put(row, type, value);
}

static void
row_put_null(struct sample_row *row, const char *type)
{
    row_put(row, type, (struct decant_value){ .len = DECANT_NULL });
}

static void
row_put_double(struct sample_row *row, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    row_put_integer(row, "double precision", 8, (int64_t)bits);
}

/* A number on the wire: digits of base 10000, the first of which counts 10000^weight. */
struct numeric {
    int ndigits, weight, sign, scale;
    int digits[6];
};

static void
row_put_numeric(struct sample_row *row, struct numeric number)
{
    uint8_t *p = row->bytes[row->n];
    const int head[] = { number.ndigits, number.weight, number.sign, number.scale };
    int len = 0;
    for (int i = 0; i < 4 + number.ndigits; i++) {
        int n = i < 4 ? head[i] : number.digits[i - 4];
        p[len++] = (uint8_t)(n >> 8);
        p[len++] = (uint8_t)n;
    }
    row_put(row, "numeric", (struct decant_value){ .data = p, .len = len });
}

static bool
key_of(const struct sample_row *row, struct key128 *out)
{
    struct buf scratch = { 0 };
    bool ok = tuple_key(&row->tuple, row->values, fingerprint, &scratch, out);
    buf_deinit(&scratch);
    return ok;
}

static struct key128
row_key_of(const struct sample_row *row)
{
    struct key128 key;
    struct buf scratch = { 0 };
    tuple_row_key(&row->tuple, row->values, fingerprint, &scratch, &key);
    buf_deinit(&scratch);
    return key;
}

static bool
same(const struct sample_row *a, const struct sample_row *b)
{
    struct key128 x = row_key_of(a), y = row_key_of(b);
    return x.a == y.a && x.b == y.b;
}

static void
one_integer_is_its_own_key_in_every_width(void **state)
{
    static const int64_t numbers[] = { 0, 1, -1, 32767, -32768 };
    static const struct {
        const char *type;
        int bytes;
    } widths[] = { { "smallint", 2 }, { "integer", 4 }, { "bigint", 8 } };
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t w = 0; w < 3; w++) {
            struct sample_row row = { 0 };
            struct key128 key = { 1, 1 };
            row_put_integer(&row, widths[w].type, widths[w].bytes, numbers[i]);
            assert_true(key_of(&row, &key));
            assert_true((int64_t)key.a == numbers[i] && key.b == 0);
        }
}

/* A decimal column may refer to whole numbers: 1.000 finds 1, and 1.5 nothing. */
static void
decimals_are_integers_where_they_are_whole(void **state)
{
    static const struct {
        struct numeric number;
        bool fits;
        int64_t n;
    } cases[] = {
        { { 0, 0, 0, 0, { 0 } }, true, 0 },           { { 0, 0, 0, 3, { 0 } }, true, 0 },
        { { 1, 0, 0, 3, { 1 } }, true, 1 },           { { 1, 0, 0x4000, 0, { 42 } }, true, -42 },
        { { 2, 1, 0, 0, { 1, 2345 } }, true, 12345 }, { { 1, 1, 0, 2, { 7 } }, true, 70000 },
        { { 2, 0, 0, 1, { 1, 5000 } }, false, 0 },    { { 0, 0, 0xC000, 0, { 0 } }, false, 0 },
        { { 1, 6, 0, 0, { 1 } }, false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample_row row = { 0 };
        struct key128 key = { 9, 9 };
        row_put_numeric(&row, cases[i].number);
        row.tuple.as_integer = true; /* as the parent's is */
        if (key_of(&row, &key) != cases[i].fits)
            fail_msg("case %zu", i);
        if (cases[i].fits)
            assert_true((int64_t)key.a == cases[i].n && key.b == 0);
    }
}

static void
a_value_of_no_known_width_matches_nothing(void **state)
{
    struct sample_row row = { 0 };
    struct key128 key;
    (void)state;
    row_put(&row, "integer", VALUE("abc"));
    assert_false(key_of(&row, &key));
}

static void
numbers_that_are_equal_have_one_key(void **state)
{
    struct sample_row decimals[5] = { 0 }, integers[3] = { 0 }, real = { 0 };
    (void)state;
    row_put_numeric(&decimals[0], (struct numeric){ 1, 0, 0, 0, { 70 } });
    row_put_numeric(&decimals[1], (struct numeric){ 1, 0, 0, 1, { 70 } });
    row_put_numeric(&decimals[2], (struct numeric){ 1, 0, 0, 3, { 70 } });
    row_put_numeric(&decimals[3], (struct numeric){ 2, 0, 0, 8, { 70, 0 } });
    row_put_numeric(&decimals[4], (struct numeric){ 1, 0, 0, 16, { 70 } });
    row_put_integer(&integers[0], "smallint", 2, 70);
    row_put_integer(&integers[1], "integer", 4, 70);
    row_put_integer(&integers[2], "bigint", 8, 70);
    row_put_double(&real, 70);
    for (size_t i = 1; i < 5; i++)
        assert_true(same(&decimals[0], &decimals[i]));
    for (size_t i = 0; i < 3; i++)
        assert_true(same(&decimals[0], &integers[i]));
    assert_true(same(&decimals[0], &real));
}

/* What stands in front of the point keeps its zeros. */
static void
numbers_that_differ_have_two(void **state)
{
    static const struct numeric numbers[] = {
        { 1, 0, 0, 0, { 7 } },       { 1, 0, 0, 0, { 70 } },     { 1, 0, 0, 0, { 700 } },
        { 1, 0, 0x4000, 0, { 7 } },  { 1, 1, 0, 0, { 7 } },      { 1, -1, 0, 4, { 7 } },
        { 2, 0, 0, 1, { 7, 5000 } }, { 0, 0, 0xC000, 0, { 0 } }, { 0, 0, 0, 0, { 0 } },
        { 0, 0, 0xD000, 0, { 0 } },  { 0, 0, 0xF000, 0, { 0 } },
    };
    enum { N = sizeof numbers / sizeof *numbers };
    static struct sample_row rows[N];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        row_put_numeric(&rows[i], numbers[i]);
        for (size_t k = 0; k < i; k++)
            if (same(&rows[i], &rows[k]))
                fail_msg("numbers %zu and %zu", k, i);
    }
}

static void
zero_has_no_sign_and_nan_is_one_value(void **state)
{
    struct sample_row zero = { 0 }, minus = { 0 }, nan = { 0 }, other = { 0 }, infinite = { 0 };
    (void)state;
    row_put_double(&zero, 0.0);
    row_put_double(&minus, -0.0);
    row_put_integer(&nan, "double precision", 8, (int64_t)0x7FF8000000000000);
    row_put_integer(&other, "double precision", 8, (int64_t)0xFFF8000000000001);
    row_put_integer(&infinite, "double precision", 8, (int64_t)0x7FF0000000000000);
    assert_true(same(&zero, &minus));
    assert_true(same(&nan, &other));
    assert_false(same(&nan, &infinite));
    assert_false(same(&zero, &nan));
}

static void
blanks_at_the_end_count_in_text_alone(void **state)
{
    static const struct {
        const char *type, *text, *other_type, *other;
        bool equal;
    } cases[] = {
        { "character", "ab  ", "character", "ab", true },
        { "character", "ab", "text", "ab", true },
        { "character", "ab   ", "character varying", "ab", true },
        { "character", "    ", "character", "", true },
        { "character", " ab", "character", "ab", false },
        { "text", "ab ", "text", "ab", false },
        { "text", "ab", "character varying", "ab", true },
        { "text", "AB", "text", "ab", false },
        { "text", "", "text", " ", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample_row a = { 0 }, b = { 0 };
        row_put_text(&a, cases[i].type, cases[i].text);
        row_put_text(&b, cases[i].other_type, cases[i].other);
        if (same(&a, &b) != cases[i].equal)
            fail_msg("case %zu", i);
    }
}

static void
values_do_not_flow_into_each_other(void **state)
{
    static const char *const pairs[][2] = {
        { "a", "bc" }, { "ab", "c" }, { "abc", "" }, { "", "abc" }, { "ab", "c " }
    };
    enum { N = sizeof pairs / sizeof *pairs };
    static struct sample_row rows[N];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        row_put_text(&rows[i], "text", pairs[i][0]);
        row_put_text(&rows[i], "text", pairs[i][1]);
        for (size_t k = 0; k < i; k++)
            assert_false(same(&rows[i], &rows[k]));
    }
}

static void
a_key_with_a_null_is_none(void **state)
{
    struct key128 key;
    (void)state;
    for (int null = 0; null < 3; null++) {
        struct sample_row row = { 0 };
        for (int i = 0; i < 3; i++)
            if (i == null)
                row_put_null(&row, "text");
            else
                row_put_text(&row, "text", "x");
        assert_false(key_of(&row, &key));
    }
    struct sample_row one = { 0 };
    row_put_null(&one, "integer");
    assert_false(key_of(&one, &key));
}

/* Rows without a key are told by all that they hold. */
static void
nulls_of_a_row_are_values(void **state)
{
    struct sample_row rows[4] = { 0 };
    (void)state;
    row_put_null(&rows[0], "text");
    row_put_text(&rows[0], "text", "x");
    row_put_text(&rows[1], "text", "x");
    row_put_null(&rows[1], "text");
    row_put_text(&rows[2], "text", "");
    row_put_text(&rows[2], "text", "x");
    row_put_null(&rows[3], "text");
    row_put_text(&rows[3], "text", "x");
    assert_false(same(&rows[0], &rows[1]));
    assert_false(same(&rows[0], &rows[2]));
    assert_true(same(&rows[0], &rows[3]));
}

static void
another_key_makes_other_fingerprints(void **state)
{
    static const uint8_t other[PRF_KEY] = "fedcba987654321";
    struct sample_row row = { 0 };
    struct buf scratch = { 0 };
    struct key128 a = { 0 }, b = { 0 };
    (void)state;
    row_put_text(&row, "text", "the same");
    assert_true(tuple_key(&row.tuple, row.values, fingerprint, &scratch, &a));
    assert_true(tuple_key(&row.tuple, row.values, other, &scratch, &b));
    assert_true(a.a != b.a && a.b != b.b);
    buf_deinit(&scratch);
}

static void
the_lead_is_the_first_column_where_it_is_an_integer(void **state)
{
    struct sample_row rows[3] = { 0 };
    int64_t lead = 99;
    (void)state;
    row_put_integer(&rows[0], "smallint", 2, -5);
    row_put_text(&rows[0], "text", "x");
    row_put_null(&rows[1], "integer");
    row_put_text(&rows[1], "text", "x");
    row_put_text(&rows[2], "text", "7");
    row_put_integer(&rows[2], "integer", 4, 7);
    assert_true(tuple_lead(&rows[0].tuple, rows[0].values, &lead));
    assert_int_equal(lead, -5);
    assert_false(tuple_lead(&rows[1].tuple, rows[1].values, &lead));
    assert_false(tuple_lead(&rows[2].tuple, rows[2].values, &lead));
}

static void
only_one_whole_number_stands_for_itself(void **state)
{
    static const struct {
        const char *types[2];
        int n;
        bool fits, is_bytes;
    } cases[] = {
        { { "smallint" }, 1, true, false },
        { { "integer" }, 1, true, false },
        { { "bigint" }, 1, true, false },
        { { "numeric" }, 1, false, false },
        { { "integer", "integer" }, 2, false, false },
        { { "text" }, 1, false, true },
        { { "character varying" }, 1, false, true },
        { { "uuid" }, 1, false, true },
        { { "character" }, 1, false, false },
        { { "citext" }, 1, false, false },
        { { "text", "text" }, 2, false, false },
        { { "date" }, 1, false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample_row row = { 0 };
        for (int k = 0; k < cases[i].n; k++)
            row_put_null(&row, cases[i].types[k]);
        assert_int_equal(tuple_fits_integer(row.refs, row.n), cases[i].fits);
        assert_int_equal(tuple_is_hashed_as_bytes(&row.tuple), cases[i].is_bytes);
    }
}

static void
columns_are_read_by_their_quoted_names(void **state)
{
    static const struct {
        const char *name, *type, *expression, *alias, *sql;
    } cases[] = {
        { "id", "integer", NULL, NULL, "\"id\"" },
        { "id", "integer", NULL, "decant_row", "decant_row.\"id\"" },
        { "a\"b.C", "text", NULL, "r", "r.\"a\"\"b.C\"" },
        { "mail", "citext", NULL, "r", "pg_catalog.lower(r.\"mail\"::pg_catalog.text)" },
        { "x", "integer", "(t.doc->>'id')::int8", "r", "(t.doc->>'id')::int8" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column column = fake_column(cases[i].name, cases[i].type);
        struct buf sql = { 0 };
        column.expression = cases[i].expression;
        tuple_put_column(&column, cases[i].alias, &sql);
        assert_string_equal(buf_str(&sql), cases[i].sql);
        buf_deinit(&sql);
    }
}

/* ---- u */

static uint64_t
u_of(const struct sample_row *row, const struct chooser *chooser)
{
    return tuple_u(&row->tuple, row->values, row_key_of(row), chooser);
}

/* An integer column may become a bigint one: the sample stays. */
static void
u_of_an_integer_does_not_depend_on_its_width(void **state)
{
    const struct chooser chooser = { .seed = 77 };
    (void)state;
    for (int64_t n = -300; n < 300; n++) {
        struct sample_row narrow = { 0 }, wide = { 0 };
        struct key128 key;
        row_put_integer(&narrow, "smallint", 2, n);
        row_put_integer(&wide, "bigint", 8, n);
        assert_true(key_of(&narrow, &key));
        assert_true(tuple_u(&narrow.tuple, narrow.values, key, &chooser) == hash_integer(n, 77));
        assert_true(tuple_u(&wide.tuple, wide.values, key, &chooser) == hash_integer(n, 77));
    }
}

static void
u_of_a_text_is_that_of_its_bytes(void **state)
{
    const struct chooser chooser = { .seed = 42, .key = "another purpose" };
    struct sample_row text = { 0 }, varchar = { 0 };
    (void)state;
    row_put_text(&text, "text", "hello world!");
    row_put_text(&varchar, "character varying", "hello world!");
    assert_true(u_of(&text, &chooser) == hash_bytes("hello world!", 12, 42));
    assert_true(u_of(&varchar, &chooser) == u_of(&text, &chooser));
}

/* Of what the server cannot hash, u depends on the secret, not on the seed that the server sees. */
static void
u_of_several_columns_is_hashed_by_the_client(void **state)
{
    struct sample_row row = { 0 };
    const struct chooser a = { .seed = 1, .key = "one" }, b = { .seed = 2, .key = "one" },
                         other = { .seed = 1, .key = "two" };
    (void)state;
    row_put_integer(&row, "integer", 4, 1);
    row_put_text(&row, "text", "x");
    assert_true(u_of(&row, &a) == u_of(&row, &b));
    assert_true(u_of(&row, &a) != u_of(&row, &other));
}

/* Of N keys below a bound the number is binomial; six standard deviations are never seen. */
static void
u_of_every_kind_is_spread_evenly(void **state)
{
    enum { N = 4000 };
    static const double shares[] = { 0.01, 0.2, 0.5, 0.9 };
    const struct chooser chooser = { .seed = 99, .key = "a key" };
    (void)state;
    for (int kind = 0; kind < 3; kind++)
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            int below = 0, all;
            uint64_t bound = hash_bound(shares[s], &all);
            for (int i = 0; i < N; i++) {
                struct sample_row row = { 0 };
                struct key128 key = { 0 };
                char text[20];
                snprintf(text, sizeof text, "k%d", i);
                if (kind != 1)
                    row_put_integer(&row, "bigint", 8, (int64_t)i << 32);
                if (kind != 0)
                    row_put_text(&row, "text", text);
                assert_true(key_of(&row, &key));
                below += tuple_u(&row.tuple, row.values, key, &chooser) < bound;
            }
            double off = below - N * shares[s];
            if (off * off > 36 * N * shares[s] * (1 - shares[s]))
                fail_msg("kind %d: %d of %d keys are below %g", kind, below, N, shares[s]);
        }
}

static void
a_share_of_one_is_all_and_of_nothing_none(void **state)
{
    int all = -1;
    (void)state;
    hash_bound(1, &all);
    assert_int_equal(all, 1);
    assert_true(hash_bound(0, &all) == 0);
    assert_int_equal(all, 0);
    assert_true(hash_bound(0.5, &all) == UINT64_C(1) << 63);
    assert_true(hash_bound(0.999999999, &all) < UINT64_MAX);
    assert_int_equal(all, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_integer_is_its_own_key_in_every_width),
        cmocka_unit_test(decimals_are_integers_where_they_are_whole),
        cmocka_unit_test(a_value_of_no_known_width_matches_nothing),
        cmocka_unit_test(numbers_that_are_equal_have_one_key),
        cmocka_unit_test(numbers_that_differ_have_two),
        cmocka_unit_test(zero_has_no_sign_and_nan_is_one_value),
        cmocka_unit_test(blanks_at_the_end_count_in_text_alone),
        cmocka_unit_test(values_do_not_flow_into_each_other),
        cmocka_unit_test(a_key_with_a_null_is_none),
        cmocka_unit_test(nulls_of_a_row_are_values),
        cmocka_unit_test(another_key_makes_other_fingerprints),
        cmocka_unit_test(the_lead_is_the_first_column_where_it_is_an_integer),
        cmocka_unit_test(only_one_whole_number_stands_for_itself),
        cmocka_unit_test(columns_are_read_by_their_quoted_names),
        cmocka_unit_test(u_of_an_integer_does_not_depend_on_its_width),
        cmocka_unit_test(u_of_a_text_is_that_of_its_bytes),
        cmocka_unit_test(u_of_several_columns_is_hashed_by_the_client),
        cmocka_unit_test(u_of_every_kind_is_spread_evenly),
        cmocka_unit_test(a_share_of_one_is_all_and_of_nothing_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
