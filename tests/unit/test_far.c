/* SPDX-License-Identifier: PostgreSQL */
/* Servers far away are asked about many tables in one statement: each answer goes to its table,
 * those behind the first statement, too. */
#include "catalog/statistics.h"

#include <math.h>

#include "fake.h"
#include "fidelity/measured.h"
#include "raw.h"
#include "select/predict.h"

enum { MANY = 205, PARTITION = 50 };

struct subject {
    struct raw raw;
    struct arena arena;
    struct catalog catalog;
    struct table tables[MANY];
    struct column column;
    struct decant_error err;
};

static void
subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    raw_init(&s->raw);
    s->column = fake_column("id", "bigint");
    s->catalog = (struct catalog){ .ntables = MANY, .tables = s->tables };
    for (int i = 0; i < MANY; i++)
        s->tables[i] = (struct table){ .oid = (uint32_t)(1000 + i),
                                       .schema = "s",
                                       .name = arena_printf(&s->arena, "t%d", i),
                                       .kind = 'r',
                                       .reltuples = 10000,
                                       .ncolumns = 1,
                                       .columns = &s->column,
                                       .root = &s->tables[i] };
}

static struct pg_conn *
subject_connect(struct subject *s)
{
    raw_start(&s->raw);
    return raw_connect(&s->raw, &raw_go_on);
}

static void
subject_end(struct subject *s, struct pg_conn *conn)
{
    pg_close(conn);
    raw_stop(&s->raw);
}

static void
subject_deinit(struct subject *s)
{
    raw_deinit(&s->raw);
    arena_deinit(&s->arena);
}

static int
count(const struct subject *s, const char *text)
{
    int n = 0;
    for (const char *p = buf_str(&s->raw.requests); (p = strstr(p, text)) != NULL; p++)
        n++;
    return n;
}

/* Partitions are not asked about, so that the numbers of tables and of questions differ. */
static void
few_rows_are_counted_for_a_hundred_tables_at_once(void **state)
{
    static struct subject s;
    struct statistics known;
    struct buf answer = { 0 };
    (void)state;
    subject_init(&s);
    s.tables[PARTITION].root = &s.tables[0];
    for (int i = 0, n = 0; i < MANY; i++) {
        if (i == PARTITION)
            continue;
        buf_puts(&answer, n == 0 ? "| a\tb\n" : "");
        buf_printf(&answer, "- %d\t%d\n", i, i);
        if (++n < 100 && i < MANY - 1)
            continue;
        buf_puts(&answer, "= SELECT 1\nZ I");
        raw_says(&s.raw, buf_str(&answer));
        buf_reset(&answer);
        n = 0;
    }
    struct pg_conn *conn = subject_connect(&s);
    statistics_init(&known, &s.catalog, &s.arena);
    assert_true(statistics_count_few(&known, conn, 200, &s.err));
    subject_end(&s, conn);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(statistics_few(&known, &s.tables[i]), i == PARTITION || i > 200 ? -1 : i);
    assert_int_equal(count(&s, "(SELECT 0, "), 1);
    assert_int_equal(count(&s, " UNION ALL "), MANY - 1 - 3); /* of three statements */
    buf_deinit(&answer);
    subject_deinit(&s);
}

/* Of the second table of each hundred: what is said of its column behind its shares. */
static void
ask_far(struct subject *s, double at_s, const char *const said[3], struct measured *columns)
{
    static struct measured_table asked[MANY];
    static const enum sketch_kind kind = SKETCH_OTHER;
    subject_init(s);
    memset(columns, 0, MANY * sizeof *columns);
    for (int i = 0; i < MANY; i++)
        asked[i] = (struct measured_table){ &s->tables[i], &kind, &columns[i] };
    for (int i = 0; i < 3; i++) {
        char answer[200];
        snprintf(answer, sizeof answer,
                 "| a\tb\tc\td\te\tf\tg\th\ti\tj\n- 2\tid\t0.%d\t5\t\\N\t\\N\t\\N\t100\t%s\n"
                 "= SELECT 1\nZ I",
                 i + 1, said[i]);
        raw_says(&s->raw, answer);
    }
    struct pg_conn *conn = subject_connect(s);
    assert_true(measured_of_source(conn, at_s, asked, MANY, &s->arena, &s->err));
    subject_end(s, conn);
}

static void
what_the_server_knows_is_asked_of_a_hundred_tables_at_once(void **state)
{
    static struct subject s;
    static struct measured columns[MANY];
    (void)state;
    ask_far(&s, INFINITY, (const char *const[]){ "0\t1", "0\t1", "0\t1" }, columns);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(columns[i].is_known, i % 100 == 1);
        if (columns[i].is_known)
            assert_float_equal(columns[i].null_share, 0.1 * (i / 100 + 1), 1e-9);
        measured_deinit(&columns[i]);
    }
    /* names that the server has to unquote */
    assert_int_equal(count(&s, "\"t204\"}"), 1);
    subject_deinit(&s);
}

/* COPY's data of one row: the number of a histogram, children, parents. */
static void
say_histogram(struct raw *raw, int number, int children, int parents)
{
    char text[300];
    snprintf(text, sizeof text,
             "H\nd 5047434F50590AFF0D0A000000000000000000\n"
             "d 000300000004%08x00000008%016x00000008%016x\nd FFFF\nc\n= COPY 1\nZ I",
             (unsigned)number, (unsigned)children, (unsigned)parents);
    raw_says(raw, text);
}

/* Parents 0 to 20, whose children are tables 50 on. */
static void
references_are_counted_for_twenty_parents_at_once(void **state)
{
    enum { PARENTS = 21, CHILDREN = 50 };
    static struct subject s;
    static struct sample_table tables[MANY];
    static struct sample_edge edges[PARENTS];
    static struct prediction out[MANY];
    static int numbers[PARENTS];
    static const int first = 0;
    (void)state;
    subject_init(&s);
    const struct column *const keys[] = { &s.column };
    for (int i = 0; i < MANY; i++)
        tables[i] = (struct sample_table){
            .table = &s.tables[i], .few_rows = -1, .role = ROLE_SAMPLED, .rate = 0.5, .owner = -1
        };
    for (int i = 0; i < PARENTS; i++) {
        numbers[i] = i;
        edges[i] = (struct sample_edge){ .name = "key",
                                         .child = CHILDREN + i,
                                         .parent = i,
                                         .ncolumns = 1,
                                         .child_keys = keys,
                                         .parent_columns = &first,
                                         .policy = POLICY_PULL };
        tables[i].down = tables[CHILDREN + i].up = (struct sample_edges){ 1, &numbers[i] };
    }
    const struct sampling sampling = {
        .ntables = MANY, .nedges = PARENTS, .tables = tables, .edges = edges
    };
    say_histogram(&s.raw, 3, 1, 400);
    say_histogram(&s.raw, 0, 1, 800);
    struct pg_conn *conn = subject_connect(&s);
    assert_true(predict_sample(conn, &sampling, 1e6, out, &s.err));
    subject_end(&s, conn);
    assert_int_equal(count(&s, "COPY ("), 2);
    /* half of the children refer to so many, of which half are in */
    for (int i = 0; i < PARENTS; i++)
        assert_float_equal(out[i].pulled, i == 3 ? 100 : i == 20 ? 200 : 0, 1e-6);
    subject_deinit(&s);
}

/* ANALYZE came behind the snapshot; nobody knows when it came, as on a standby. */
static void
statistics_are_as_old_as_the_changes_since_they_were_taken(void **state)
{
    static struct subject s;
    static struct measured columns[MANY];
    (void)state;
    ask_far(&s, 1000, (const char *const[]){ "0.05\t999.5", "0.05\t1000.5", "0.05\t\\N" }, columns);
    assert_true(columns[1].is_known && !columns[101].is_known && columns[201].is_known);
    assert_float_equal(columns[1].stale, 0.05, 1e-9);
    assert_true(columns[101].stale > MEASURED_MOST_STALE);
    assert_float_equal(columns[201].stale, MEASURED_MOST_STALE, 1e-9);
    for (int i = 0; i < MANY; i++)
        measured_deinit(&columns[i]);
    subject_deinit(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rows_are_counted_for_a_hundred_tables_at_once),
        cmocka_unit_test(what_the_server_knows_is_asked_of_a_hundred_tables_at_once),
        cmocka_unit_test(statistics_are_as_old_as_the_changes_since_they_were_taken),
        cmocka_unit_test(references_are_counted_for_twenty_parents_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
