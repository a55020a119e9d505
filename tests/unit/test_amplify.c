/* SPDX-License-Identifier: PostgreSQL */
/* What becomes of tables and columns of a copy that is amplified, and of its rows. */
#include "amplify/amplify.h"

#include "amplify/columns.h"

#include "loaded.h"

static struct manifest_relation relations[] = {
    { "public.customers", NULL, 'r', 4000, 200, 0 }, { "public.products", NULL, 'r', 25, 1, 0 },
    { "public.orders", NULL, 'r', 10500, 100, 0 },   { "public.items", NULL, 'r', 20000, 100, 0 },
    { "public.reviews", NULL, 'r', 5000, 40, 0 },    { "public.days", NULL, 'r', 2000, 10, 0 },
    { "public.visits", NULL, 'r', 6000, 30, 0 },     { "public.settings", NULL, 'r', 5, 1, 0 },
    { "public.ranges", NULL, 'r', 500, 5, 0 },
};
static struct manifest_sample samples[] = {
    { "public.customers", "root", 0.01, .sampled = 30 },
    { "public.orders", "owned", 0.01, .sampled = 100 },
    { "public.settings", "whole", 1, .whole = 5 },
};
static struct manifest_policy policies[] = {
    { "public.orders.orders_customer_fkey", NULL, NULL, "owner", 0, 0 },
    { "public.items.items_order_id_fkey", NULL, NULL, "owner", 0, 0 },
    { "public.reviews.reviews_order_id_line_fkey", NULL, NULL, "owner", 0, 0 },
    { "public.items.items_product_fkey", NULL, NULL, "pull", 0, 0 },
};
static struct manifest_distinct distincts[] = {
    { "public.orders.at", -1 },          { "public.orders.note", -0.5 },
    { "public.customers.created", -1 },  { "public.customers.score", 3000 },
    { "public.reviews.raw", -1 },        { "public.items.product", 25 },
    { "public.customers.referrer", 900 }
};
static struct manifest_column columns[] = {
    { "public.customers.email", "text", "masked", "email", "" },
    { "public.customers.phone", "varchar(20)", "masked", "phone", "" },
};
static struct manifest_fact facts[] = { { "page_bytes", "8192" } };

static const struct manifest manifest = {
    .relations = relations,
    .nrelations = sizeof relations / sizeof *relations,
    .samples = samples,
    .nsamples = sizeof samples / sizeof *samples,
    .policies = policies,
    .npolicies = sizeof policies / sizeof *policies,
    .distincts = distincts,
    .ndistincts = sizeof distincts / sizeof *distincts,
    .columns = columns,
    .ncolumns = sizeof columns / sizeof *columns,
    .facts = facts,
    .nfacts = 1,
};

static const struct {
    const char *table;
    int64_t rows;
} copied[] = { { "customers", 40 }, { "products", 10 }, { "orders", 100 },
               { "items", 199 },    { "reviews", 50 },  { "days", 20 },
               { "visits", 60 },    { "settings", 5 },  { "ranges", 5 } };

static int
number_of(const struct loaded *l, const char *name)
{
    return plan_number(&l->plan, loaded_table(l, "public", name));
}

static void
make_model_for(struct loaded *l, const struct manifest *of, double factor, const char *only,
               struct model *out)
{
    int64_t rows[16] = { 0 };
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        rows[number_of(l, copied[i].table)] = copied[i].rows;
    const struct extent extent = { .scale = 1, .factor = factor, .sql = only };
    model_make(&l->plan, of, rows, &extent, &l->arena, out);
}

static void
make_model(struct loaded *l, const struct manifest *of, double factor, struct model *out)
{
    make_model_for(l, of, factor, NULL, out);
}

static const struct amplified_table *
table_of(const struct loaded *l, const struct model *model, const char *name)
{
    return &model->tables[number_of(l, name)];
}

static enum column_how
how_of(const struct loaded *l, const struct model *model, const char *table, const char *column)
{
    const struct amplified_table *t = table_of(l, model, table);
    int c = table_column(t->table, column);
    assert_true(c >= 0);
    return t->columns[c].how;
}

/* ---- decisions */

static void
tables_are_what_the_manifest_calls_them(void **state)
{
    struct loaded l;
    struct model model;
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model(&l, &manifest, 0, &model);
    assert_int_equal(table_of(&l, &model, "customers")->how, AMPLIFY_ROOT);
    assert_int_equal(table_of(&l, &model, "orders")->how, AMPLIFY_OWNED);
    assert_int_equal(table_of(&l, &model, "items")->how, AMPLIFY_OWNED);
    assert_int_equal(table_of(&l, &model, "items")->root, number_of(&l, "customers"));
    assert_int_equal(table_of(&l, &model, "products")->how, AMPLIFY_EVENLY);
    assert_int_equal(table_of(&l, &model, "settings")->how, AMPLIFY_SINGLE);
    assert_null(table_of(&l, &model, "settings")->why_not); /* it is whole */
    assert_float_equal(table_of(&l, &model, "orders")->wanted, 10500, 0.1);
    loaded_close(&l);
}

static void
what_must_be_unique_gets_numbers_in_its_own_form(void **state)
{
    static const struct {
        const char *table, *column;
        enum column_how how;
    } cases[] = {
        { "customers", "id", COLUMN_NUMBER },    { "customers", "email", COLUMN_EMAIL },
        { "customers", "phone", COLUMN_PHONE },  { "customers", "code", COLUMN_UUID },
        { "customers", "referrer", COLUMN_KEY }, { "customers", "born", COLUMN_KEPT },
        { "products", "sku", COLUMN_DIGITS },    { "orders", "id", COLUMN_NUMBER },
        { "orders", "customer", COLUMN_KEY },    { "items", "order_id", COLUMN_KEY },
        { "items", "line", COLUMN_KEPT }, /* the order tells its lines apart */
        { "items", "twice", COLUMN_GENERATED },  { "reviews", "line", COLUMN_KEY },
        { "visits", "day", COLUMN_KEY },         { "days", "day", COLUMN_KEPT },
    };
    struct loaded l;
    struct model model;
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model(&l, &manifest, 0, &model);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (how_of(&l, &model, cases[i].table, cases[i].column) != cases[i].how)
            fail_msg("%s.%s", cases[i].table, cases[i].column);
    const struct amplified_table *items = table_of(&l, &model, "items");
    assert_int_equal(columns_form(&model, number_of(&l, "reviews"),
                                  table_column(table_of(&l, &model, "reviews")->table, "order_id")),
                     COLUMN_NUMBER);
    assert_true(items->columns[table_column(items->table, "order_id")].is_sought);
    loaded_close(&l);
}

static void
what_cannot_be_made_different_stays_and_is_named(void **state)
{
    struct loaded l;
    struct model model;
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model(&l, &manifest, 0, &model);
    assert_int_equal(table_of(&l, &model, "days")->how, AMPLIFY_SINGLE);
    assert_non_null(table_of(&l, &model, "days")->why_not);
    assert_non_null(strstr(table_of(&l, &model, "days")->why_not, "days_pkey"));
    assert_non_null(table_of(&l, &model, "ranges")->why_not);
    assert_non_null(strstr(table_of(&l, &model, "ranges")->why_not, "ranges_during_excl"));
    assert_int_equal(table_of(&l, &model, "visits")->how, AMPLIFY_EVENLY);
    model_leave(&model, number_of(&l, "orders"), "it is said so", &l.arena);
    assert_int_equal(table_of(&l, &model, "orders")->how, AMPLIFY_SINGLE);
    assert_int_equal(table_of(&l, &model, "customers")->how, AMPLIFY_EVENLY); /* it owns nothing */
    /* lines of an order that stays are told apart by their own number */
    assert_int_equal(table_of(&l, &model, "items")->how, AMPLIFY_ROOT);
    assert_int_equal(how_of(&l, &model, "items", "line"), COLUMN_NUMBER);
    loaded_close(&l);
}

static void
tables_of_a_migration_bring_what_they_refer_to(void **state)
{
    struct loaded l;
    struct model model;
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model_for(&l, &manifest, 0, "ALTER TABLE orders ADD COLUMN x int; -- reviewsx", &model);
    assert_int_equal(table_of(&l, &model, "orders")->how, AMPLIFY_OWNED);
    assert_int_equal(table_of(&l, &model, "customers")->how, AMPLIFY_ROOT);
    assert_int_equal(table_of(&l, &model, "products")->how, AMPLIFY_SINGLE);
    assert_null(table_of(&l, &model, "products")->why_not);
    assert_float_equal(table_of(&l, &model, "reviews")->wanted, 50, 0.1);
    assert_int_equal(table_of(&l, &model, "reviews")->how, AMPLIFY_SINGLE);
    loaded_close(&l);
}

static void
of_a_copy_that_is_no_sample_owners_are_guessed(void **state)
{
    struct manifest whole = manifest;
    struct loaded l;
    struct model model;
    (void)state;
    whole.nsamples = whole.npolicies = 0;
    loaded_open(&l, "amplify", false);
    make_model(&l, &whole, 3, &model);
    assert_int_equal(table_of(&l, &model, "items")->how, AMPLIFY_OWNED);
    assert_int_equal(table_of(&l, &model, "items")->root, number_of(&l, "orders"));
    assert_int_equal(table_of(&l, &model, "orders")->how,
                     AMPLIFY_EVENLY); /* a customer may be NULL */
    assert_float_equal(table_of(&l, &model, "items")->wanted, 3 * 199, 0.1);
    assert_float_equal(table_of(&l, &model, "settings")->wanted, 15, 0.1);
    loaded_close(&l);
}

static void
values_are_varied_where_production_has_more_of_them(void **state)
{
    struct loaded l;
    struct model model;
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model(&l, &manifest, 0, &model);
    int customers = number_of(&l, "customers"), orders = number_of(&l, "orders");
    const struct table *customer = model.tables[customers].table;
    columns_vary(&model, customers, table_column(customer, "created"), 40, &l.arena);
    columns_vary(&model, customers, table_column(customer, "score"), 2900, &l.arena);
    columns_vary(&model, customers, table_column(customer, "referrer"), 3, &l.arena);
    columns_vary(&model, orders, table_column(model.tables[orders].table, "note"), 100, &l.arena);
    columns_set_clocks(&model);
    assert_int_equal(how_of(&l, &model, "customers", "created"), COLUMN_SHIFTED);
    assert_int_equal(how_of(&l, &model, "customers", "closed"), COLUMN_SHIFTED); /* together */
    assert_int_equal(how_of(&l, &model, "customers", "score"), COLUMN_KEPT);     /* enough */
    assert_true(model.tables[customers].columns[table_column(customer, "referrer")].others > 1);
    assert_int_equal(how_of(&l, &model, "orders", "note"), COLUMN_VARIED);
    assert_int_equal(how_of(&l, &model, "orders", "at"), COLUMN_KEPT); /* nobody counted them */
    model.tables[customers].is_rigid = true;
    make_model(&l, &manifest, 0, &model);
    model.tables[customers].is_rigid = true;
    columns_vary(&model, customers, table_column(customer, "created"), 40, &l.arena);
    columns_set_clocks(&model);
    assert_int_equal(how_of(&l, &model, "customers", "created"),
                     COLUMN_KEPT); /* a check knows it */
    loaded_close(&l);
}

/* ---- rows */

static struct pg_conn *
connect_again(void *ctx, struct decant_error *err)
{
    struct loaded *l = ctx;
    struct pg_info *info = NULL;
    if (!pg_info_parse(l->server.uri, "source", &info, err))
        return NULL;
    struct pg_conn *conn = pg_connect(info, "decant/test/", &l->stop, err);
    pg_info_free(info);
    return conn;
}

static const char drop_sql[] =
    "ALTER TABLE public.customers DROP CONSTRAINT customers_referrer_fkey;"
    "ALTER TABLE public.orders DROP CONSTRAINT orders_customer_fkey;"
    "ALTER TABLE public.items DROP CONSTRAINT items_order_id_fkey;"
    "ALTER TABLE public.items DROP CONSTRAINT items_product_fkey;"
    "ALTER TABLE public.reviews DROP CONSTRAINT reviews_order_id_line_fkey;"
    "ALTER TABLE public.visits DROP CONSTRAINT visits_day_fkey";

static const char again_sql[] =
    "ALTER TABLE public.customers ADD CONSTRAINT customers_referrer_fkey FOREIGN KEY (referrer)"
    " REFERENCES public.customers;"
    "ALTER TABLE public.orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer)"
    " REFERENCES public.customers;"
    "ALTER TABLE public.items ADD CONSTRAINT items_order_id_fkey FOREIGN KEY (order_id)"
    " REFERENCES public.orders;"
    "ALTER TABLE public.items ADD CONSTRAINT items_product_fkey FOREIGN KEY (product)"
    " REFERENCES public.products;"
    "ALTER TABLE public.reviews ADD CONSTRAINT reviews_order_id_line_fkey FOREIGN KEY (order_id,"
    " line) REFERENCES public.items;"
    "ALTER TABLE public.visits ADD CONSTRAINT visits_day_fkey FOREIGN KEY (day)"
    " REFERENCES public.days";

static bool
run(struct loaded *l, struct model *model, struct decant_error *err)
{
    const struct amplify amplify = {
        .connect = connect_again, .ctx = l, .njobs = 1, .arena = &l->arena, .model = model
    };
    struct pg_conn *conn = connect_again(l, err);
    bool ok = conn != NULL && pg_exec(conn, err, drop_sql) && amplify_run(&amplify, err) &&
              pg_exec(conn, err, again_sql) && amplify_vacuum(&amplify, err);
    pg_close(conn);
    return ok;
}

static int64_t
value_of(struct pg_conn *conn, const char *sql)
{
    struct decant_error err = { 0 };
    struct buf out = { 0 };
    if (!pg_value(conn, &err, sql, &out))
        fail_msg("%s: %s", sql, err.message);
    int64_t n = atoll(buf_str(&out));
    buf_deinit(&out);
    return n;
}

/* The server has all unique indexes and checks while they are written, and the keys behind. */
static void
rows_add_up_to_productions(void **state)
{
    static const struct {
        const char *sql;
        int64_t least, most;
    } facts_of_rows[] = {
        { "SELECT count(*) FROM public.customers", 3960, 4040 },
        { "SELECT count(*) FROM public.orders", 10400, 10600 },
        { "SELECT count(*) FROM public.items", 19800, 20200 },
        { "SELECT count(*) FROM public.reviews", 4950, 5050 },
        { "SELECT count(*) FROM public.products", 25, 25 },
        { "SELECT count(*) FROM public.days", 20, 20 },
        { "SELECT count(*) FROM public.visits", 6000, 6000 },
        { "SELECT max(id) - count(*) FROM public.orders", 0, 0 },
        { "SELECT max(n) FROM (SELECT count(*) AS n FROM public.items GROUP BY order_id) x", 3, 3 },
        { "SELECT count(DISTINCT product) FROM public.items", 25, 25 },
        { "SELECT count(*) FROM public.customers WHERE email !~ '^c[0-9]+[+][0-9]+@example.com$'",
          0, 0 },
        { "SELECT count(*) FROM public.customers WHERE phone !~ '^[+]999[0-9]{11}$'", 0, 0 },
        { "SELECT count(*) FROM public.customers WHERE closed <> created + interval '1 day'", 0,
          0 },
        { "SELECT count(DISTINCT created) FROM public.customers", 2500, 4040 },
        { "SELECT count(DISTINCT note) FROM public.orders", 3000, 10600 },
        { "SELECT count(*) FROM public.items WHERE twice <> 2 * qty", 0, 0 },
        { "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'decant_amplify'", 0, 0 },
        { "SELECT count(*) FROM pg_catalog.pg_class WHERE reloptions::text ~ 'fillfactor'", 0, 0 },
    };
    struct loaded l;
    struct model model;
    struct decant_error err = { 0 };
    (void)state;
    loaded_open(&l, "amplify", false);
    make_model(&l, &manifest, 0, &model);
    pg_close(l.conn); /* its transaction holds the tables */
    if (!run(&l, &model, &err))
        fail_msg("%s", err.message);
    l.conn = connect_again(&l, &err);
    for (size_t i = 0; i < sizeof facts_of_rows / sizeof *facts_of_rows; i++) {
        int64_t n = value_of(l.conn, facts_of_rows[i].sql);
        if (n < facts_of_rows[i].least || n > facts_of_rows[i].most)
            fail_msg("%s: %lld", facts_of_rows[i].sql, (long long)n);
    }
    loaded_close(&l);
}

static void
a_server_that_fails_ends_with_an_error(void **state)
{
    (void)state;
    if (server_is_real())
        return;
    for (int at = 30; at < 110; at += 4) {
        struct loaded l;
        struct model model;
        struct decant_error err = { 0 };
        if (!loaded_connect(&l, "amplify", SERVER_FAILS, at) || !loaded_plan(&l, false))
            fail_msg("%s", l.err.message);
        make_model(&l, &manifest, 0, &model);
        if (!run(&l, &model, &err))
            assert_int_not_equal(err.code, DECANT_OK);
        pg_close(l.conn);
        notes_deinit(&l.notes);
        map_deinit(&l.plan.constants);
        arena_deinit(&l.arena);
        server_stop_anyhow(&l.server);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_what_the_manifest_calls_them),
        cmocka_unit_test(what_must_be_unique_gets_numbers_in_its_own_form),
        cmocka_unit_test(what_cannot_be_made_different_stays_and_is_named),
        cmocka_unit_test(tables_of_a_migration_bring_what_they_refer_to),
        cmocka_unit_test(of_a_copy_that_is_no_sample_owners_are_guessed),
        cmocka_unit_test(values_are_varied_where_production_has_more_of_them),
        cmocka_unit_test(rows_add_up_to_productions),
        cmocka_unit_test(a_server_that_fails_ends_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
