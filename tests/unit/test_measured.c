/* SPDX-License-Identifier: PostgreSQL */
/* What ANALYZE of a source knows: shares, distributions and odd texts of pg_stats, as they are
 * meant. */
#include "fidelity/measured.h"

#include <math.h>

#include "fidelity/time.h"
#include "source.h"

struct known {
    struct source source;
    const struct table *table;
    struct measured columns[16];
};

static bool
ask_of(struct known *known, double at_s)
{
    enum sketch_kind kinds[16];
    for (int i = 0; i < known->table->ncolumns; i++)
        kinds[i] = sketch_kind_of(known->table->columns[i].type);
    const struct measured_table asked = { known->table, kinds, known->columns };
    return measured_of_source(known->source.conn, at_s, &asked, 1, &known->source.arena,
                              &known->source.err);
}

static bool
ask(struct known *known)
{
    return ask_of(known, INFINITY); /* a snapshot of now */
}

static void
begin(struct known *known, const char *schema, const char *table)
{
    memset(known, 0, sizeof *known);
    source_begin(&known->source, "fidelity");
    if (!source_load(&known->source))
        fail_msg("%s", known->source.err.message);
    known->table = source_table(&known->source, table);
    assert_string_equal(known->table->schema, schema);
}

static const struct measured *
column(const struct known *known, const char *name)
{
    int i = table_column(known->table, name);
    assert_true(i >= 0);
    return &known->columns[i];
}

static void
end(struct known *known)
{
    for (int i = 0; i < known->table->ncolumns; i++)
        measured_deinit(&known->columns[i]);
    source_end(&known->source);
}

static double
share_of(const struct measured *measured, const char *text)
{
    for (int i = 0; i < measured->nvalues; i++)
        if (strcmp(measured->values[i].text, text) == 0)
            return measured->values[i].share;
    return NAN;
}

/* Tables are small: ANALYZE looks at every row, and what it says is exact. */
static void
shares_and_rows_are_those_of_the_table(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "public", "people");
    assert_true(ask(&k));
    const struct measured *kind = column(&k, "kind"), *amount = column(&k, "amount"),
                          *id = column(&k, "id");
    assert_true(kind->is_known && kind->has_all_values);
    assert_float_equal(kind->rows, 400, 0);
    assert_float_equal(kind->basis, 0, 0); /* all were looked at */
    assert_int_equal(kind->nvalues, 3);
    assert_float_equal(share_of(kind, "basic"), 0.5, 1e-6);
    assert_float_equal(share_of(kind, "plus"), 0.3, 1e-6);
    assert_float_equal(share_of(kind, "gold"), 0.2, 1e-6);
    assert_int_equal(kind->cdf.n, 0); /* of texts lengths would be compared: nobody knows them */
    assert_float_equal(amount->null_share, 0.2, 1e-6);
    assert_false(amount->has_all_values);
    assert_float_equal(id->distinct, 400, 0); /* pg_stats says -1: as many as rows */
    assert_float_equal(kind->distinct, 3, 0);
    assert_true(kind->effect == 1 && kind->null_effect == 1 && kind->value_effect == 1);
    end(&k);
}

static void
bounds_make_a_distribution(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "public", "people");
    assert_true(ask(&k));
    const struct measured *id = column(&k, "id"), *born = column(&k, "born");
    assert_float_equal(cdf_quantile(&id->cdf, 0.5), 200, 3);
    assert_float_equal(cdf_quantile(&id->cdf, 0.9), 360, 4);
    assert_float_equal(id->cdf.resolution, 0.01, 1e-3); /* a hundred parts */
    double first = time_of_text("1950-01-01", 10), last = time_of_text("1999-04-13", 10);
    for (double share = 0; share <= 1; share += 0.125) {
        double x = cdf_quantile(&born->cdf, share);
        assert_true(x >= first && x <= last);
    }
    assert_true(cdf_quantile(&born->cdf, 0.9) - cdf_quantile(&born->cdf, 0.1) > 30 * 365 * 86400.0);
    end(&k);
}

/* Quotes, commas, braces, backslashes, a text that is empty or says NULL: each is itself. */
static void
odd_texts_of_arrays_are_read_as_they_are_meant(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "stats", "odd");
    assert_true(ask(&k));
    const struct measured *texts = column(&k, "Quo\"ted"), *few = column(&k, "few");
    assert_int_equal(texts->nvalues, 4);
    static const char *const values[] = { "a \"b\", {c}", "back\\slash", "", "NULL" };
    for (int i = 0; i < 4; i++)
        if (!(fabs(share_of(texts, values[i]) - 0.25) < 1e-6))
            fail_msg("'%s': %g", values[i], share_of(texts, values[i]));
    assert_true(texts->has_all_values);
    assert_true(few->is_known); /* an array of arrays */
    assert_int_equal(few->nvalues, 1);
    assert_string_equal(few->values[0].text, "{x,\"y,z\"}");
    end(&k);
}

static void
booleans_times_and_what_is_no_number_find_their_places(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "stats", "odd");
    assert_true(ask(&k));
    const struct measured *yes = column(&k, "yes"), *at = column(&k, "at"),
                          *ratio = column(&k, "ratio"), *half = column(&k, "half");
    assert_int_equal(yes->cdf.n, 2); /* a quarter is 1, the others 0 */
    assert_float_equal(yes->cdf.points[0].x, 0, 0);
    assert_float_equal(yes->cdf.points[0].upto, 0.75, 1e-6);
    assert_int_equal(at->cdf.n, 2);
    assert_true(at->cdf.points[0].x < -2000 * 365.0 * 86400);
    assert_true(at->cdf.points[1].x == time_of_text("2024-05-01 08:00:00+00", 22));
    assert_float_equal(at->cdf.points[0].upto, 0.5, 1e-6);
    assert_int_equal(ratio->cdf.n, 1); /* NaN and infinity have none */
    assert_float_equal(ratio->cdf.points[0].x, 0.5, 0);
    assert_float_equal(half->null_share, 0.5, 1e-6); /* shares are of the others */
    assert_float_equal(share_of(half, "0") + share_of(half, "1") + share_of(half, "2"), 1, 1e-5);
    end(&k);
}

static void
columns_of_nulls_and_empty_tables_are_not_known(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "stats", "odd");
    assert_true(ask(&k));
    assert_false(column(&k, "nothing")->is_known);
    assert_true(column(&k, "price")->is_known);
    end(&k);
    begin(&k, "stats", "empty");
    assert_true(ask(&k));
    assert_false(k.columns[0].is_known || k.columns[1].is_known);
    end(&k);
}

/* Those of the whole, not of one partition, nor of the empty root. */
static void
a_partitioned_table_has_the_statistics_of_all_its_partitions(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "stats", "parts");
    assert_true(ask(&k));
    assert_true(column(&k, "region")->is_known);
    assert_float_equal(share_of(column(&k, "region"), "a"), 1 / 3.0, 1e-6);
    assert_float_equal(share_of(column(&k, "region"), "b"), 2 / 3.0, 1e-6);
    end(&k);
}

/* Their counts of changes begin anew, but the snapshot has the ones before. */
static void
statistics_that_came_behind_the_snapshot_say_nothing(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "public", "people");
    assert_true(ask_of(&k, 1577836800));
    for (int i = 0; i < k.table->ncolumns; i++)
        assert_true(!k.columns[i].is_known && k.columns[i].stale > MEASURED_MOST_STALE);
    end(&k);
}

static void
a_server_that_fails_is_an_error(void **state)
{
    struct known k;
    (void)state;
    begin(&k, "public", "people");
    int requests = 0;
    end(&k);
    for (enum server_fault fault = SERVER_FAILS; fault <= SERVER_CUTS; fault++) {
        memset(&k, 0, sizeof k);
        begin(&k, "public", "people");
        source_close(&k.source);
        requests = server_stop(&k.source.server); /* of the catalog, and one at the end */
        if (server_is_real())
            return;
        memset(&k, 0, sizeof k);
        server_start_faulty(&k.source.server, "fidelity", fault, requests);
        decant_options_init(&k.source.options);
        k.source.conn = source_connect(&k.source);
        assert_true(source_load(&k.source));
        k.table = source_table(&k.source, "people");
        assert_false(ask(&k));
        assert_int_equal(k.source.err.code, DECANT_UNAVAILABLE);
        end(&k);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_rows_are_those_of_the_table),
        cmocka_unit_test(bounds_make_a_distribution),
        cmocka_unit_test(odd_texts_of_arrays_are_read_as_they_are_meant),
        cmocka_unit_test(booleans_times_and_what_is_no_number_find_their_places),
        cmocka_unit_test(columns_of_nulls_and_empty_tables_are_not_known),
        cmocka_unit_test(a_partitioned_table_has_the_statistics_of_all_its_partitions),
        cmocka_unit_test(statistics_that_came_behind_the_snapshot_say_nothing),
        cmocka_unit_test(a_server_that_fails_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
