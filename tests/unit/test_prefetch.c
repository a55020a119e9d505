/* SPDX-License-Identifier: PostgreSQL */
/* Rows that are read ahead arrive as they were sent: all of them, in their order, to the last bit.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "copy/prefetch.h"
#include "unit.h"

enum { COLUMNS = 3, HUGE_BYTES = 300 * 1000 };

/* Row number n: an integer, a text whose length depends on it, NULL now and then. */
struct source {
    struct row_stream stream;
    int64_t n, rows;
    int64_t fails_at; /* -1: never */
    int ncolumns;
    struct decant_value values[COLUMNS];
    uint8_t number[8];
    char *text;
    pthread_t reader;
    atomic_int calls;
};

static int32_t
length_of(int64_t n)
{
    return n % 1000 == 999 ? HUGE_BYTES : (int32_t)(n * 37 % 400);
}

static int
next_row(struct row_stream *stream, struct row *out, struct decant_error *err)
{
    struct source *source = (struct source *)stream;
    atomic_fetch_add(&source->calls, 1);
    source->reader = pthread_self();
    if (source->n == source->fails_at) {
        err->code = DECANT_UNAVAILABLE;
        snprintf(err->message, sizeof err->message, "the source was lost");
        return -1;
    }
    if (source->n == source->rows)
        return 0;
    int64_t n = source->n++;
    source->values[0] = big_endian((uint64_t)n, 8, source->number);
    memset(source->text, 'a' + (int)(n % 26), (size_t)length_of(n));
    source->values[1] = (struct decant_value){ (const uint8_t *)source->text, length_of(n) };
    source->values[2] = (struct decant_value){ .len = n % 3 == 0 ? DECANT_NULL : 0 };
    *out = (struct row){ .ncolumns = source->ncolumns, .values = source->values };
    return 1;
}

static struct source
source_of(int64_t rows, int ncolumns)
{
    return (struct source){ .stream = { .next = next_row },
                            .rows = rows,
                            .fails_at = -1,
                            .ncolumns = ncolumns,
                            .text = mem_alloc(HUGE_BYTES) };
}

static void
assert_row(const struct row *row, int64_t n, int ncolumns)
{
    uint8_t number[8];
    assert_int_equal(row->ncolumns, ncolumns);
    if (ncolumns == 0)
        return;
    struct decant_value expected = big_endian((uint64_t)n, 8, number);
    assert_int_equal(row->values[0].len, 8);
    assert_memory_equal(row->values[0].data, expected.data, 8);
    assert_int_equal(row->values[1].len, length_of(n));
    for (int32_t i = 0; i < row->values[1].len; i += 1 + row->values[1].len / 50)
        assert_int_equal(row->values[1].data[i], 'a' + n % 26);
    assert_int_equal(row->values[2].len, n % 3 == 0 ? DECANT_NULL : 0);
}

static void
every_row_arrives_in_its_order(void **state)
{
    static const int64_t sizes[] = { 0, 1, 2, 170, 5000 };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct source source = source_of(sizes[i], COLUMNS);
        struct prefetch prefetch;
        struct decant_error err = { 0 };
        struct row row;
        prefetch_begin(&prefetch, &source.stream, COLUMNS);
        for (int64_t n = 0; n < sizes[i]; n++) {
            assert_int_equal(row_stream_next(&prefetch.stream, &row, &err), 1);
            assert_row(&row, n, COLUMNS);
        }
        assert_int_equal(row_stream_next(&prefetch.stream, &row, &err), 0);
        assert_int_equal(row_stream_next(&prefetch.stream, &row, &err), 0); /* again */
        assert_int_equal(err.code, DECANT_OK);
        prefetch_end(&prefetch);
        free(source.text);
    }
}

/* A table without columns has rows, too. */
static void
rows_without_columns_are_counted(void **state)
{
    (void)state;
    struct source source = source_of(1234, 0);
    struct prefetch prefetch;
    struct decant_error err = { 0 };
    struct row row;
    int n = 0;
    prefetch_begin(&prefetch, &source.stream, 0);
    while (row_stream_next(&prefetch.stream, &row, &err) == 1)
        n++;
    assert_int_equal(n, 1234);
    assert_int_equal(err.code, DECANT_OK);
    prefetch_end(&prefetch);
    free(source.text);
}

static void
a_failure_comes_with_its_error_and_no_row_behind_it(void **state)
{
    static const int64_t places[] = { 0, 1, 400, 2999 };
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct source source = source_of(3000, COLUMNS);
        struct prefetch prefetch;
        struct decant_error err = { 0 };
        struct row row;
        int n, got = 0;
        source.fails_at = places[i];
        prefetch_begin(&prefetch, &source.stream, COLUMNS);
        while ((n = row_stream_next(&prefetch.stream, &row, &err)) == 1)
            assert_row(&row, got++, COLUMNS);
        assert_int_equal(n, -1);
        assert_true(got <= places[i]);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_string_equal(err.message, "the source was lost");
        prefetch_end(&prefetch);
        free(source.text);
    }
}

/* A target that fails takes no more; what was read ahead is a few buffers, not the table. */
static void
who_stops_early_leaves_most_of_the_table_unread(void **state)
{
    (void)state;
    struct source source = source_of(1000 * 1000, COLUMNS);
    struct prefetch prefetch;
    struct decant_error err = { 0 };
    struct row row;
    prefetch_begin(&prefetch, &source.stream, COLUMNS);
    for (int i = 0; i < 10; i++)
        assert_int_equal(row_stream_next(&prefetch.stream, &row, &err), 1);
    prefetch_end(&prefetch);
    assert_true(source.n < 20 * 1000);
    free(source.text);
}

static void
nothing_need_be_taken_at_all(void **state)
{
    (void)state;
    struct source source = source_of(100, COLUMNS);
    struct prefetch prefetch;
    prefetch_begin(&prefetch, &source.stream, COLUMNS);
    prefetch_end(&prefetch);
    free(source.text);
}

static void
rows_are_read_by_a_thread_of_their_own(void **state)
{
    (void)state;
    struct source source = source_of(10, COLUMNS);
    struct prefetch prefetch;
    struct decant_error err = { 0 };
    struct row row;
    prefetch_begin(&prefetch, &source.stream, COLUMNS);
    assert_int_equal(row_stream_next(&prefetch.stream, &row, &err), 1);
    prefetch_end(&prefetch);
    assert_false(pthread_equal(source.reader, pthread_self()));
    free(source.text);
}

static void
the_order_of_the_stream_is_handed_on(void **state)
{
    (void)state;
    for (int ordered = 0; ordered < 2; ordered++) {
        struct source source = source_of(0, COLUMNS);
        struct prefetch prefetch;
        source.stream.is_ordered = ordered;
        prefetch_begin(&prefetch, &source.stream, COLUMNS);
        assert_int_equal(prefetch.stream.is_ordered, ordered);
        prefetch_end(&prefetch);
        free(source.text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_arrives_in_its_order),
        cmocka_unit_test(rows_without_columns_are_counted),
        cmocka_unit_test(a_failure_comes_with_its_error_and_no_row_behind_it),
        cmocka_unit_test(who_stops_early_leaves_most_of_the_table_unread),
        cmocka_unit_test(nothing_need_be_taken_at_all),
        cmocka_unit_test(rows_are_read_by_a_thread_of_their_own),
        cmocka_unit_test(the_order_of_the_stream_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
