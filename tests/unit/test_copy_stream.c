/* SPDX-License-Identifier: PostgreSQL */
/* COPY over a connection: rows that come whole or not at all, rows that a server does not take. */
#include "pg/copy.h"
#include "raw.h"

#define HEADER "5047434f50590aff0d0a00" /* PGCOPY\n\377\r\n\0 */
#define NO_FLAGS "0000000000000000"

static struct raw raw;
static struct pg_conn *conn;
static struct decant_error err;

static void
begin(const char *answer, const atomic_int *stop)
{
    memset(&err, 0, sizeof err);
    raw_init(&raw);
    raw_says(&raw, answer);
    raw_start(&raw);
    conn = raw_connect(&raw, stop);
}

static void
end(void)
{
    pg_close(conn);
    raw_stop(&raw);
    raw_deinit(&raw);
}

/* ---- out of the source */

static void
rows_come_whole_however_messages_divide_them(void **state)
{
    (void)state;
    static const char *const answers[] = {
        /* header, each row and the trailer by themselves, as a server does it */
        "H\nd " HEADER NO_FLAGS "\nd 000200000001"
        "61"
        "ffffffff\nd 0002"
        "00000000"
        "00000002"
        "6263\nd ffff\nc\n= COPY 2\nZ I",
        /* header and first row in one message */
        "H\nd " HEADER NO_FLAGS "000200000001"
        "61"
        "ffffffff\nd 0002"
        "00000000"
        "00000002"
        "6263\nd ffff\nc\n= COPY 2\nZ I",
        /* all in one */
        "H\nd " HEADER NO_FLAGS "000200000001"
        "61"
        "ffffffff"
        "0002"
        "00000000"
        "00000002"
        "6263ffff\nc\n= COPY 2\nZ I",
        /* an extension of the header, which is skipped */
        "H\nd " HEADER "0000000000000003"
        "aabbcc\nd 000200000001"
        "61"
        "ffffffff\nd 0002"
        "00000000"
        "00000002"
        "6263\nd ffff\nc\n= COPY 2\nZ I",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct decant_value *values;
        begin(answers[i], &raw_go_on);
        struct pg_reader *reader = pg_reader_open(conn, "COPY t TO STDOUT", 2, &err);
        assert_non_null(reader);
        assert_int_equal(pg_reader_next(reader, &values, &err), 1);
        assert_int_equal(values[0].len, 1);
        assert_memory_equal(values[0].data, "a", 1);
        assert_int_equal(values[1].len, DECANT_NULL);
        assert_int_equal(pg_reader_next(reader, &values, &err), 1);
        assert_int_equal(values[0].len, 0); /* empty, not NULL */
        assert_memory_equal(values[1].data, "bc", 2);
        assert_int_equal(pg_reader_next(reader, &values, &err), 0);
        assert_int_equal(pg_reader_bytes(reader), 19 + (i == 3 ? 3 : 0) + 11 + 12 + 2);
        pg_reader_close(reader);
        assert_true(pg_exec(conn, &err, "SELECT 1")); /* the session is free again */
        assert_int_equal(err.code, DECANT_OK);
        end();
    }
}

static void
rows_without_columns_are_rows(void **state)
{
    (void)state;
    struct decant_value *values;
    begin("H\nd " HEADER NO_FLAGS "\nd 0000\nd 0000\nd ffff\nc\n= COPY 2\nZ I", &raw_go_on);
    struct pg_reader *reader = pg_reader_open(conn, "COPY t TO STDOUT", 0, &err);
    assert_int_equal(pg_reader_next(reader, &values, &err), 1);
    assert_int_equal(pg_reader_next(reader, &values, &err), 1);
    assert_int_equal(pg_reader_next(reader, &values, &err), 0);
    pg_reader_close(reader);
    end();
}

/* Rows until it goes wrong; fewer rows without an error would be a copy that lacks some. */
static void
a_stream_that_goes_wrong_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int rows;
        const char *message, *sqlstate;
    } streams[] = {
        { "H\nd 00\nc\n= COPY 0\nZ I", 0, "malformed row", "" },
        { "H\nd " HEADER "0001000000000000\nc\n= COPY 0\nZ I", 0, "malformed row", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 0001000000"
          "0161\nd 000200000000\nc\n= COPY 1\nZ I",
          1, "malformed row", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 0001fffffffe\nc\n= COPY 1\nZ I", 0, "malformed row", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 00017fffffff61\nc\n= COPY 1\nZ I", 0, "malformed row", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 00010000000161\n! C40001\nMs3cret\nZ E", 1, "conflict",
          "40001" },
        { "H\n! C22P02\tMs3cret\nZ I", 0, "could not be converted", "22P02" },
        { "H\nd " HEADER NO_FLAGS "\nd 00010000000161\nX", 1, "the source was lost", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 00010000000161\nd ffff\nX", 1, "the source was lost", "" },
        { "H\nX", 0, "the source was lost", "" },
        { "H\nd " HEADER NO_FLAGS "\nd 00010000000161\n! SFATAL\tC57P01\nX", 1,
          "the server ended the connection", "57P01" },
    };
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct decant_value *values;
        int rows = 0, n;
        begin(streams[i].answer, &raw_go_on);
        struct pg_reader *reader = pg_reader_open(conn, "COPY t TO STDOUT", 1, &err);
        assert_non_null(reader);
        while ((n = pg_reader_next(reader, &values, &err)) > 0)
            rows++;
        assert_int_equal(n, -1);
        assert_int_equal(rows, streams[i].rows);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        if (strstr(err.message, streams[i].message) == NULL)
            fail_msg("%s: %s", streams[i].answer, err.message);
        assert_string_equal(err.sqlstate, streams[i].sqlstate);
        assert_null(strstr(err.message, "s3cret"));
        pg_reader_close(reader);
        end();
    }
}

static void
a_copy_that_does_not_begin_is_an_error(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum decant_code code;
    } answers[] = {
        { "! C42501\tttab\nZ I", DECANT_REFUSED },
        { "| a\n- 1\n= SELECT 1\nZ I", DECANT_UNAVAILABLE }, /* no COPY at all */
        { "G", DECANT_UNAVAILABLE },                         /* the other way */
        { "X", DECANT_UNAVAILABLE },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        begin(answers[i].answer, &raw_go_on);
        assert_null(pg_reader_open(conn, "COPY t TO STDOUT", 1, &err));
        assert_int_equal(err.code, answers[i].code);
        end();
    }
    pg_reader_close(NULL);
}

static void
a_reader_stops_when_the_job_does(void **state)
{
    (void)state;
    atomic_int stop = 0;
    struct decant_value *values;
    begin("H\nd " HEADER NO_FLAGS "\nd 00010000000161", &stop);
    struct pg_reader *reader = pg_reader_open(conn, "COPY t TO STDOUT", 1, &err);
    assert_int_equal(pg_reader_next(reader, &values, &err), 1);
    atomic_store(&stop, 1);
    assert_int_equal(pg_reader_next(reader, &values, &err), -1);
    assert_int_equal(err.code, DECANT_CANCELLED);
    pg_reader_close(reader);
    end();
}

/* ---- into the target */

static const struct decant_value some[] = { { (const uint8_t *)"a\tb", 3 },
                                            { NULL, DECANT_NULL },
                                            { (const uint8_t *)"", 0 } };

static void
rows_go_as_the_format_says(void **state)
{
    (void)state;
    static const char binary[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
                                 "\0\3\0\0\0\3a\tb\377\377\377\377\0\0\0\0"
                                 "\0\3\0\0\0\3a\tb\377\377\377\377\0\0\0\0\377\377";
    static const char text[] = "a\\tb\t\\N\t\na\\tb\t\\N\t\n";
    for (int i = 0; i < 2; i++) {
        int64_t rows = -1;
        const struct row row = { 3, some };
        begin("G", &raw_go_on);
        raw_says(&raw, "= COPY 2\nZ I");
        struct pg_writer *writer =
            pg_writer_open(conn, "COPY t FROM STDIN", i == 0 ? PG_BINARY : PG_TEXT, &err);
        assert_non_null(writer);
        assert_true(pg_writer_put(writer, &row, &err));
        assert_true(pg_writer_put(writer, &row, &err));
        assert_true(pg_writer_finish(writer, &rows, &err));
        assert_int_equal(rows, 2);
        assert_int_equal(err.code, DECANT_OK);
        pg_close(conn);
        raw_stop(&raw);
        size_t len = i == 0 ? sizeof binary - 1 : sizeof text - 1;
        assert_int_equal(raw.copied.len, len);
        assert_memory_equal(raw.copied.data, i == 0 ? binary : text, len);
        raw_deinit(&raw);
    }
}

/* How COPY reads text; a backslash, and what begins the end of the data, are letters like others.
 */
static void
text_is_escaped_as_copy_reads_it(void **state)
{
    (void)state;
    static const struct {
        const char *value, *line;
    } cases[] = {
        { "\\N", "\\\\N" },
        { "\\.", "\\\\." },
        { "a\nb", "a\\nb" },
        { "\r\n", "\\r\\n" },
        { "\b\f\v", "\\b\\f\\v" },
        { "\\t", "\\\\t" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
        { " ", " " },
        { "\"'", "\"'" },
        { "\x01\x7f", "\x01\x7f" },
        { "N", "N" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t rows;
        struct decant_value value = { (const uint8_t *)cases[i].value,
                                      (int32_t)strlen(cases[i].value) };
        const struct row row = { 1, &value };
        char line[64];
        snprintf(line, sizeof line, "%s\n", cases[i].line);
        begin("G", &raw_go_on);
        raw_says(&raw, "= COPY 1\nZ I");
        struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_TEXT, &err);
        assert_true(pg_writer_put(writer, &row, &err));
        assert_true(pg_writer_finish(writer, &rows, &err));
        pg_close(conn);
        raw_stop(&raw);
        assert_string_equal(buf_str(&raw.copied), line);
        raw_deinit(&raw);
    }
}

/* More than one buffer, and one value larger than it. */
static void
rows_of_any_size_arrive_in_their_order(void **state)
{
    (void)state;
    enum { ROWS = 300, LARGE = 1 << 20 };
    struct buf sent = { 0 }, large = { 0 };
    int64_t rows;
    for (int i = 0; i < LARGE; i++)
        buf_putc(&large, (char)i);
    buf_add(&sent, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    begin("G", &raw_go_on);
    raw_says(&raw, "= COPY 300\nZ I");
    struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
    for (int i = 0; i < ROWS; i++) {
        struct decant_value value = { (const uint8_t *)large.data,
                                      i == ROWS / 2 ? LARGE : i * 17 % 2000 };
        const struct row row = { 1, &value };
        pg_put_row(&sent, &row);
        assert_true(pg_writer_put(writer, &row, &err));
    }
    buf_add(&sent, "\377\377", 2);
    assert_true(pg_writer_finish(writer, &rows, &err));
    assert_int_equal(rows, 300);
    pg_close(conn);
    raw_stop(&raw);
    assert_int_equal(raw.copied.len, sent.len);
    assert_memory_equal(raw.copied.data, sent.data, sent.len);
    raw_deinit(&raw);
    buf_deinit(&sent);
    buf_deinit(&large);
}

static void
rows_that_the_server_does_not_take_fail_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *message, *sqlstate;
    } ends[] = {
        { "! C23505\tMKey (email)=(s3cret)\tDs3cret\tWCOPY t, line 1: \"s3cret\"\tttab\tnuq\nZ I",
          "a constraint was violated", "23505" },
        { "! C53100\nZ I", "disk is full", "53100" },
        { "! SFATAL\tC57P01\nX", "the server ended the connection", "57P01" },
        { "X", "the source was lost", "" },
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int64_t rows = -1;
        const struct row row = { 3, some };
        begin("G", &raw_go_on);
        raw_says(&raw, ends[i].answer);
        struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
        assert_true(pg_writer_put(writer, &row, &err));
        assert_false(pg_writer_finish(writer, &rows, &err));
        assert_int_equal(rows, -1);
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        assert_non_null(strstr(err.message, ends[i].message));
        assert_string_equal(err.sqlstate, ends[i].sqlstate);
        assert_null(strstr(err.message, "s3cret"));
        assert_null(strstr(err.context, "s3cret"));
        if (i == 0)
            assert_non_null(strstr(err.context, "constraint 'uq'"));
        end();
    }
}

/* It says so at once, takes the rest and drops it. */
static void
a_server_that_refuses_a_row_in_the_middle_is_heard_at_the_end(void **state)
{
    (void)state;
    struct buf large = { 0 };
    int64_t rows = -1;
    for (int i = 0; i < 100000; i++)
        buf_putc(&large, 'x');
    const struct decant_value value = { (const uint8_t *)large.data, (int32_t)large.len };
    const struct row row = { 1, &value };
    begin("G\n! C53100\tMs3cret", &raw_go_on);
    raw_says(&raw, "Z I");
    struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
    for (int i = 0; i < 20; i++)
        assert_true(pg_writer_put(writer, &row, &err));
    assert_false(pg_writer_finish(writer, &rows, &err));
    assert_string_equal(err.sqlstate, "53100");
    assert_int_equal(rows, -1);
    assert_true(pg_exec(conn, &err, "SELECT 1"));
    end();
    buf_deinit(&large);
}

static void
a_server_that_dies_in_the_middle_is_an_error(void **state)
{
    (void)state;
    struct buf large = { 0 };
    int64_t rows;
    for (int i = 0; i < 100000; i++)
        buf_putc(&large, 'x');
    const struct decant_value value = { (const uint8_t *)large.data, (int32_t)large.len };
    const struct row row = { 1, &value };
    begin("G\n! SFATAL\tC57P02\nX", &raw_go_on);
    struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
    assert_non_null(writer);
    while (pg_writer_put(writer, &row, &err)) /* until the connection is seen to be gone */
        assert_false(pg_conn_is_lost(conn) && err.code == DECANT_OK);
    struct decant_error last = { 0 };
    assert_false(pg_writer_finish(writer, &rows, &last));
    assert_int_equal(last.code, DECANT_UNAVAILABLE);
    end();
    buf_deinit(&large);
}

static void
a_writer_that_gives_up_tells_the_server_so(void **state)
{
    (void)state;
    const struct row row = { 3, some };
    begin("G", &raw_go_on);
    raw_says(&raw, "! C57014\nZ I");
    struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
    assert_true(pg_writer_put(writer, &row, &err));
    pg_writer_abort(writer);
    pg_writer_abort(NULL);
    assert_true(pg_exec(conn, &err, "SELECT 1")); /* the session serves on */
    pg_close(conn);
    raw_stop(&raw);
    assert_non_null(strstr(buf_str(&raw.requests), "COPY t FROM STDIN\n(fail) "));
    raw_deinit(&raw);
}

static void
a_writer_of_a_stopped_job_waits_for_nothing(void **state)
{
    (void)state;
    for (int finish = 0; finish < 2; finish++) {
        atomic_int stop = 0;
        int64_t rows;
        begin("G", &stop);
        raw_says(&raw, ""); /* the server would not answer */
        struct pg_writer *writer = pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err);
        atomic_store(&stop, 1);
        if (finish) {
            assert_false(pg_writer_finish(writer, &rows, &err));
            assert_int_equal(err.code, DECANT_CANCELLED);
        } else {
            pg_writer_abort(writer);
        }
        end();
    }
}

static void
a_copy_into_what_is_not_there_is_an_error(void **state)
{
    (void)state;
    static const char *const answers[] = { "! C42P01\nZ I", "H\nd 00\nc\n= COPY 0\nZ I", "X",
                                           "= SET\nZ I" };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        begin(answers[i], &raw_go_on);
        assert_null(pg_writer_open(conn, "COPY t FROM STDIN", PG_BINARY, &err));
        assert_int_equal(err.code, DECANT_UNAVAILABLE);
        end();
    }
}

/* ---- the form of a row */

static uint64_t
roll(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void
what_is_put_is_what_is_split(void **state)
{
    (void)state;
    uint64_t seed = 1;
    static uint8_t bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)roll(&seed);
    for (int round = 0; round < 2000; round++) {
        enum { MOST = 40 };
        struct decant_value put[MOST], got[MOST];
        struct buf out = { 0 };
        int n = (int)(roll(&seed) % MOST);
        for (int i = 0; i < n; i++) {
            int32_t len = (int32_t)(roll(&seed) % 64) - 1; /* NULL, too */
            put[i] = (struct decant_value){ bytes + roll(&seed) % 4000, len };
        }
        pg_put_row(&out, &(struct row){ n, put });
        pg_put_row(&out, &(struct row){ n, put });
        const uint8_t *data = (const uint8_t *)out.data;
        size_t len = out.len;
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(pg_split_row(&data, &len, n, got), 1);
            for (int i = 0; i < n; i++) {
                assert_int_equal(got[i].len, put[i].len);
                if (put[i].len > 0)
                    assert_memory_equal(got[i].data, put[i].data, (size_t)put[i].len);
            }
        }
        assert_int_equal(len, 0);
        buf_deinit(&out);
    }
}

static void
noise_is_split_without_leaving_its_bounds(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        size_t size = roll(&seed) % 40, len = size;
        uint8_t *bytes = malloc(size + 1); /* so that a checker sees what is read behind it */
        for (size_t i = 0; i < size; i++)
            bytes[i] = roll(&seed) % 3 != 0 ? (uint8_t)(roll(&seed) % 4) : (uint8_t)roll(&seed);
        struct decant_value values[2];
        const uint8_t *data = bytes;
        if (pg_split_row(&data, &len, 2, values) == 1) {
            assert_true(data >= bytes && data + len == bytes + size);
            for (int i = 0; i < 2; i++)
                assert_true(values[i].len == DECANT_NULL ||
                            (values[i].len >= 0 && values[i].data + values[i].len <= data));
        }
        free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_whole_however_messages_divide_them),
        cmocka_unit_test(rows_without_columns_are_rows),
        cmocka_unit_test(a_stream_that_goes_wrong_is_an_error),
        cmocka_unit_test(a_copy_that_does_not_begin_is_an_error),
        cmocka_unit_test(a_reader_stops_when_the_job_does),
        cmocka_unit_test(rows_go_as_the_format_says),
        cmocka_unit_test(text_is_escaped_as_copy_reads_it),
        cmocka_unit_test(rows_of_any_size_arrive_in_their_order),
        cmocka_unit_test(rows_that_the_server_does_not_take_fail_with_its_reason),
        cmocka_unit_test(a_server_that_refuses_a_row_in_the_middle_is_heard_at_the_end),
        cmocka_unit_test(a_server_that_dies_in_the_middle_is_an_error),
        cmocka_unit_test(a_writer_that_gives_up_tells_the_server_so),
        cmocka_unit_test(a_writer_of_a_stopped_job_waits_for_nothing),
        cmocka_unit_test(a_copy_into_what_is_not_there_is_an_error),
        cmocka_unit_test(what_is_put_is_what_is_split),
        cmocka_unit_test(noise_is_split_without_leaving_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
