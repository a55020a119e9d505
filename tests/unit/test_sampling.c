/* SPDX-License-Identifier: PostgreSQL */
/* What a sample takes of every table: roles, rates, frames, strata, keys that only the server can
 * compare, and references that only the rules know. */
#include "planned.h"

/* Customers with orders; events of any kind; pages in two schemas. */
static void
shop(struct planned *p)
{
    planned_init(p);
    planned_table(p, "crm.pages", MANY_ROWS, "id* integer, body text");
    planned_table(p, "s.Odd.Name", MANY_ROWS, "id* integer, of! integer");
    planned_table(p, "s.customers", MANY_ROWS,
                  "id* integer, email! text, country text, key! uuid, tag citext, small! smallint");
    planned_table(
        p, "s.events", MANY_ROWS,
        "id* integer, kind text, of text, n bigint, body jsonb, at date, who uuid, c citext");
    planned_table(p, "s.orders", MANY_ROWS, "id* integer, customer_id! integer, state text");
    planned_table(p, "s.pages", MANY_ROWS, "id* integer, lang* text, body text");
    planned_key(p, "customer", "s.orders(customer_id)", "s.customers(id)", 'a');
}

static void
sample(struct planned *p, const char *rules)
{
    planned_sample(p, arena_printf(&p->arena, "sample:\n  rate: 5%%\n%s", rules));
}

static void
what_names_nothing_is_told_with_the_nearest_name(void **state)
{
    static const struct {
        const char *rules, *message, *hint;
    } cases[] = {
        { "  roots: {s.costumers: {}}\n", "r.yaml:3:11: no selected table is named 's.costumers'",
          "did you mean 's.customers'?" },
        { "  tables: {s.event: {rate: 1%}}\n", "no selected table is named 's.event'",
          "did you mean 's.events'?" },
        { "  whole: [s.orders, s.page]\n", "r.yaml:3:21: no selected table is named 's.page'",
          "did you mean 's.pages'?" },
        { "  schema_only: [audit.log_of_everything]\n",
          "no selected table is named 'audit.log_of_everything'", "" },
        { "  also: {\"x.*\": \"id = 1\"}\n", "no selected table is named 'x.*'", "" },
        { "  whole: [\"/s.(a|b)/\"]\n", "no selected table is named '/s.(a|b)/'", "" },
        { "  whole: [S.ORDERS]\n", "no selected table is named 'S.ORDERS'", "" },
        { "  strata: {s.custom: {by: country}}\n", "no selected table is named 's.custom'", "" },
        { "  strata: {s.customers: {by: [country, emial]}}\n",
          "r.yaml:3:12: 's.customers' has no column 'emial'", "did you mean 'email'?" },
        { "  strata: {s.customers: {by: population}}\n", "'s.customers' has no column", "" },
        { "  strata: {s.orders: {by: state}}\n  foreign_keys: {s.orders.customer_id: owner}\n",
          "'s.orders' has no strata: it is no root", "" },
        { "  whole: [s.customers]\n  strata: {s.customers: {by: country}}\n",
          "'s.customers' has no strata: it is no root", "" },
        { "  schema_only: [s.pages]\n  also: {s.pages: \"id = 1\"}\n",
          "r.yaml:4:10: 's.pages' is schema only: no rows of it can be asked for", "" },
        { "  tables: {s.customers: {where: \"exists (select 1 from s.customers where "
          "s.customers.id = 1)\"}}\n",
          "'s.customers' in this condition may be the row or another table",
          "say 'customers.COLUMN' of the row" },
        { "  also: {s.customers: \"exists (select 1 from s.customers where s.customers.id = "
          "1)\"}\n",
          "'s.customers' in this condition may be", "give the other one an alias" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        if (planned_try(&p, arena_printf(&p.arena, "sample:\n  rate: 5%%\n%s", cases[i].rules)))
            fail_msg("accepted: %s", cases[i].rules);
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL ||
            (cases[i].hint[0] == '\0' ? p.err.hint[0] != '\0'
                                      : strstr(p.err.hint, cases[i].hint) == NULL))
            fail_msg("'%s' says '%s' (%s)", cases[i].rules, p.err.message, p.err.hint);
        assert_non_null(strstr(p.err.context, "line "));
        planned_deinit(&p);
    }
}

static void
a_sample_without_a_rate_is_refused(void **state)
{
    static const char *const rules[] = { "sample:\n  seed: v1\n", "sample:\n", "" };
    struct planned p;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        shop(&p);
        assert_false(planned_try(&p, rules[i]));
        assert_int_equal(p.err.code, DECANT_USAGE);
        assert_non_null(strstr(p.err.message, "'rate' is missing"));
        assert_non_null(strstr(p.err.hint, "rate: 5%"));
        rules_set_extent(p.rules, 0.25, 0, 0); /* --rate */
        assert_true(sampling_build(p.rules, &p.plan, &p.arena, &p.sampling, &p.err));
        assert_true(planned_rate(&p, "s.customers") == 0.25);
        planned_deinit(&p);
    }
}

static void
what_is_not_said_has_the_defaults_of_the_reference(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "");
    assert_string_equal(p.sampling.seed, "v1");
    assert_true(p.sampling.cap == 0.05);
    assert_int_equal(p.sampling.per_value, 0);
    assert_int_equal(p.sampling.null_patterns, 0);
    assert_int_equal(p.sampling.extremes, 0);
    assert_false(p.sampling.stops_at_dangling);
    sample(&p, "  edges: {extremes: 4}\n  cap: none\n  dangling: stop\n  seed: night\n");
    assert_string_equal(p.sampling.seed, "night");
    assert_true(p.sampling.cap == 0);
    assert_int_equal(p.sampling.per_value, 3);
    assert_int_equal(p.sampling.null_patterns, 3);
    assert_int_equal(p.sampling.extremes, 4);
    assert_true(p.sampling.edge_budget == 0.02);
    assert_true(p.sampling.stops_at_dangling);
    planned_deinit(&p);
}

/* "An exact name wins over a pattern; then the first line wins." */
static void
an_exact_name_wins_over_patterns_and_the_first_over_the_next(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  roots: {\"s.*\": {rate: 1%}, s.customers: {rate: 2%}, \"*\": {rate: 3%}, "
               "\"/s.cust.*/\": {rate: 4%}}\n");
    assert_true(planned_rate(&p, "s.customers") == 0.02);
    assert_true(planned_rate(&p, "s.events") == 0.01);
    assert_true(planned_rate(&p, "crm.pages") == 0.03);
    planned_deinit(&p);
}

static void
odd_names_are_named_in_quotes(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  roots: {'s.\"Odd.Name\"': {rate: 1%}}\n");
    assert_true(planned_rate(&p, "s.Odd.Name") == 0.01);
    assert_true(planned_rate(&p, "s.events") == 0.05);
    planned_deinit(&p);
}

/* ---- roles */

static void
few_rows_make_a_table_whole_unless_somebody_named_it(void **state)
{
    static const struct {
        int rows;
        bool masked;
        const char *rules, *role, *why;
    } cases[] = {
        { 0, false, "", "whole", NULL },
        { 1000, false, "", "whole", NULL },
        { MANY_ROWS, false, "", "root", NULL },
        { 4, true, "", "whole", NULL },
        { 5, true, "", "root", "columns of it are masked" },
        { 1000, true, "", "root", "columns of it are masked" },
        { 500, false, "  roots: {crm.pages: {}}\n", "root", "the rules call it a root" },
        { 3, false, "  roots: {crm.pages: {}}\n", "root", "the rules call it a root" },
        { 500, false, "  tables: {crm.pages: {rate: 1%}}\n", "root", "the rules give it a rate" },
        { 500, false, "  strata: {crm.pages: {by: body}}\n", "root",
          "the rules give it an owner" }, /* named as a root with strata is */
        { MANY_ROWS, true, "  whole: [crm.*]\n", "whole", NULL },
        { 500, false, "  schema_only: [crm.pages]\n", "schema only", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        planned_known(&p, planned_find(&p, "crm.pages"))->few_rows = cases[i].rows;
        static const enum column_fate fates[] = { FATE_COPIED, FATE_MASKED }, none[8];
        const enum column_fate *masked[] = { fates, none, none, none, none, none };
        p.rules = fake_rules(arena_printf(&p.arena, "sample:\n  rate: 5%%\n%s", cases[i].rules));
        assert_true(planned_plan(&p, true, false));
        p.plan.masked = cases[i].masked ? masked : NULL;
        assert_true(sampling_build(p.rules, &p.plan, &p.arena, &p.sampling, &p.err));
        const char *role = sampling_role(planned_sampled(&p, "crm.pages"));
        if (strcmp(role, cases[i].role) != 0)
            fail_msg("case %zu is %s", i, role);
        const char *why = sampling_why_not_whole(&p.sampling, plan_number(&p.plan, &p.tables[0]));
        if (strncmp(cases[i].rules, "  strata", 8) != 0) /* its reason is another's */
            assert_true((why == NULL) == (cases[i].why == NULL) &&
                        (why == NULL || strstr(why, cases[i].why) == why));
        planned_deinit(&p);
    }
}

/* Whichever list it stands in. */
static void
an_exact_name_wins_over_the_pattern_of_another_list(void **state)
{
    static const struct {
        const char *rules, *role;
    } cases[] = {
        { "  whole: [crm.pages]\n  schema_only: [\"crm.*\"]\n", "whole" },
        { "  schema_only: [crm.pages]\n  whole: [\"crm.*\"]\n", "schema only" },
        { "  roots: {crm.pages: {}}\n  whole: [\"crm.*\"]\n", "root" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        sample(&p, cases[i].rules);
        const char *role = sampling_role(planned_sampled(&p, "crm.pages"));
        if (strcmp(role, cases[i].role) != 0)
            fail_msg("%sis %s", cases[i].rules, role);
        planned_deinit(&p);
    }
}

/* A small table whose rows a frame chooses was named: a rate of it is wanted. */
static void
a_small_table_with_a_frame_is_a_sample(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    planned_known(&p, planned_find(&p, "crm.pages"))->few_rows = 800;
    sample(&p, "  tables: {crm.pages: {where: \"id > 3\"}}\n");
    assert_string_equal(sampling_role(planned_sampled(&p, "crm.pages")), "root");
    planned_deinit(&p);
}

static void
rates_thin_below_an_owner_and_never_add(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  tables: {s.orders: {rate: 2%}}\n");
    assert_string_equal(planned_owner(&p, "s.orders"), "customer");
    assert_true(planned_sampled(&p, "s.orders")->is_thinned);
    assert_true(planned_rate(&p, "s.orders") == 0.02);
    assert_true(planned_rate(&p, "s.customers") == 0.05);
    sample(&p, "  tables: {s.orders: {rate: 5%}}\n"); /* the owner's own */
    assert_true(planned_rate(&p, "s.orders") == 0.05);
    sample(&p, "  roots: {s.customers: {rate: 1%}}\n");
    assert_true(planned_rate(&p, "s.orders") == 0.01);
    assert_true(planned_rate(&p, "s.events") == 0.05);
    planned_deinit(&p);
}

static void
strata_are_columns_of_a_root(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  strata: {s.customers: {by: [country, email], min: 20}}\n");
    const struct sample_table *t = planned_sampled(&p, "s.customers");
    assert_int_equal(t->nstrata, 2);
    assert_int_equal(t->strata[0], 2);
    assert_int_equal(t->strata[1], 1);
    assert_int_equal(t->strata_min, 20);
    assert_int_equal(planned_sampled(&p, "s.events")->nstrata, 0);
    /* what could follow another is a root now */
    sample(&p, "  strata: {s.orders: {by: state}}\n");
    assert_string_equal(planned_owner(&p, "s.orders"), "");
    planned_deinit(&p);
}

/* ---- SQL of the rules */

static void
a_frame_may_name_its_row_bare_or_by_the_table(void **state)
{
    static const struct {
        const char *where, *put;
    } cases[] = {
        { "id > 3", "id > 3\n" },
        { "s.customers.id > 3", "decant_row.id > 3\n" },
        { "customers.id > 3",
          "(SELECT (customers.id > 3\n) FROM (SELECT decant_row.*) AS \"customers\")" },
        { "id > 3 -- and more", "id > 3 -- and more\n" },
        { "customers.id > 3 -- x",
          "(SELECT (customers.id > 3 -- x\n) FROM (SELECT decant_row.*) AS \"customers\")" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        sample(&p, arena_printf(&p.arena,
                                "  tables: {s.customers: {where: \"%s\"}}\n"
                                "  also: {s.customers: \"%s\"}\n",
                                cases[i].where, cases[i].where));
        const struct sample_table *t = planned_sampled(&p, "s.customers");
        assert_string_equal(t->where, cases[i].put);
        assert_string_equal(t->where_place, "r.yaml:3:12");
        assert_string_equal(t->also, cases[i].put);
        assert_string_equal(t->also_place, "r.yaml:4:10");
        assert_null(planned_sampled(&p, "s.events")->where);
        assert_null(planned_sampled(&p, "s.events")->also);
        planned_deinit(&p);
    }
}

static void
a_name_that_an_inner_table_could_take_is_noted(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  tables: {s.customers: {where: \"exists (select 1 from x where x.c = id)\"}}\n"
               "  also: {s.orders: \"id in (select o.id from x o where state = 'x')\"}\n");
    assert_string_equal(planned_sampled(&p, "s.customers")->captured, "id");
    sampling_note(&p.sampling, &p.notes);
    notes_sort(&p.notes);
    assert_int_equal(p.notes.count, 2);
    assert_string_equal(note_code(p.notes.items[0].reason), "captured-name");
    assert_string_equal(p.notes.items[0].object, "s.customers.id");
    assert_string_equal(p.notes.items[1].object, "s.orders.state");
    assert_non_null(strstr(note_consequence(&p.notes.items[0]), "say whose it is"));
    planned_deinit(&p);
}

/* ---- keys that only the server can compare */

static void
a_key_of_a_loose_collation_makes_its_parent_whole(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    planned_table(&p, "s.codes", MANY_ROWS, "code* text");
    planned_table(&p, "s.uses", MANY_ROWS, "id* integer, code! text");
    planned_key(&p, "code", "s.uses(code)", "s.codes(code)", 'c');
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_false(planned_edge(&p, "code")->is_unclear);
    assert_int_equal(planned_sampled(&p, "s.codes")->role, ROLE_SAMPLED);
    ((struct column *)planned_find(&p, "s.codes")->columns)->is_nondeterministic = true;
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_true(planned_edge(&p, "code")->is_unclear);
    assert_int_equal(planned_sampled(&p, "s.codes")->role, ROLE_WHOLE);
    assert_string_equal(planned_owner(&p, "s.uses"), "");
    sampling_note(&p.sampling, &p.notes);
    assert_int_equal(planned_notes(&p, NOTE_WHOLE_FOR_KEY), 1);
    assert_string_equal(note_code(NOTE_WHOLE_FOR_KEY), "whole-for-its-key");
    assert_string_equal(p.notes.items[0].object, "s.codes");
    planned_deinit(&p);
}

static void
types_of_one_family_have_keys_that_anybody_can_compare(void **state)
{
    static const struct {
        const char *parent, *child;
        bool clear;
    } cases[] = {
        { "integer", "bigint", true },
        { "smallint", "numeric", true },
        { "bigint", "double precision", true },
        { "text", "character varying(20)", true },
        { "character(3)", "text", true },
        { "name", "text", true },
        { "uuid", "uuid", true },
        { "date", "date", true },
        { "date", "timestamp without time zone", false },
        { "inet", "cidr", false },
        { "citext", "text", false },
        { "citext", "citext", true },
        { "integer[]", "integer[]", true },
        { "integer[]", "bigint[]", false },
        { "mood", "mood", true },
        { "mood", "text", false },
        /* equal, but not written alike: 1.0 and 1, 24:00 and 1 day, 0.1 in two sizes */
        { "numeric", "numeric", true },
        { "interval", "interval", false },
        { "jsonb", "jsonb", false },
        { "numeric[]", "numeric[]", false },
        { "real", "double precision", false },
        { "numeric", "double precision", false },
        { "real", "real", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.a", MANY_ROWS, arena_printf(&p.arena, "k* %s", cases[i].parent));
        planned_table(&p, "s.b", MANY_ROWS,
                      arena_printf(&p.arena, "id* integer, k! %s", cases[i].child));
        planned_key(&p, "key", "s.b(k)", "s.a(k)", 'a');
        planned_sample(&p, "sample: {rate: 5%}\n");
        if (planned_edge(&p, "key")->is_unclear == cases[i].clear)
            fail_msg("%s and %s", cases[i].parent, cases[i].child);
        planned_deinit(&p);
    }
}

static void
an_unclear_key_whose_parent_must_be_sampled_is_refused(void **state)
{
    static const struct {
        const char *rules;
        bool enforced;
        const char *hint;
    } cases[] = {
        { "roots: {s.codes: {}}", true, "list 's.codes' under sample: {whole: [...]}" },
        { "tables: {s.codes: {where: \"code > 'a'\"}}", true, "without a 'where'" },
        { "tables: {s.codes: {rate: 1%}}", true, "list 's.codes' under sample: {whole: [...]}" },
        { "seed: v1", false, "copy 's.uses' without a sample" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.codes", MANY_ROWS, "code* text");
        planned_table(&p, "s.uses", MANY_ROWS, "id* integer, code! text");
        planned_key(&p, "code", "s.uses(code)", "s.codes(code)", 'c')->is_validated =
            cases[i].enforced;
        ((struct column *)planned_find(&p, "s.uses")->columns)[1].is_nondeterministic = true;
        assert_false(
            planned_try(&p, arena_printf(&p.arena, "sample: {rate: 5%%, %s}\n", cases[i].rules)));
        assert_int_equal(p.err.code, DECANT_REFUSED);
        assert_non_null(
            strstr(p.err.message, "the key 'code' of 's.uses' has values that are equal, but"));
        if (strstr(p.err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' hints '%s'", cases[i].rules, p.err.hint);
        /* nothing refers to a table of which no row is taken */
        if (cases[i].enforced)
            planned_sample(&p, arena_printf(&p.arena,
                                            "sample: {rate: 5%%, %s, schema_only: "
                                            "[s.uses]}\n",
                                            cases[i].rules));
        planned_deinit(&p);
    }
}

/* ---- references that only the rules know */

static void
a_reference_becomes_sql_that_is_null_where_it_refers_to_nothing(void **state)
{
    static const struct {
        const char *rule, *sql; /* NULL: the column as it is */
        enum scalar_id type;
    } cases[] = {
        { "{from: s.events.n, to: s.customers.id}", NULL, SCALAR_INT8 },
        { "{from: s.events.n, to: s.customers.small}", NULL, SCALAR_INT8 },
        { "{from: s.events.of, to: s.customers.email}", NULL, SCALAR_TEXT },
        { "{from: s.events.who, to: s.customers.key}", NULL, SCALAR_UUID },
        { "{from: s.events.of, to: s.customers.id}", "^-?[0-9]{1,19}$", SCALAR_INT8 },
        { "{from: s.events.of, to: s.customers.key}", "[0-9a-fA-F]{12}$", SCALAR_UUID },
        { "{from: s.events.of, to: s.customers.tag}", "pg_catalog.lower(", SCALAR_TEXT },
        { "{from: s.events.n, to: s.customers.email}", "::pg_catalog.text", SCALAR_TEXT },
        { "{from: 's.events.body:$$.user.id', to: s.customers.id}",
          "decant_row.\"body\" #>> '{\"user\",\"id\"}'", SCALAR_INT8 },
        { "{from: 's.events.body:$$.a.b[0]', to: s.customers.email}", "#>> '{\"a\",\"b\",\"0\"}'",
          SCALAR_TEXT },
        { "{from: 's.events.body:$$.it''s', to: s.customers.email}", "'{\"it''s\"}'", SCALAR_TEXT },
        { "{from: [s.events.kind, s.events.n], to: {customer: s.customers.id}}",
          "OPERATOR(pg_catalog.=) 'customer' THEN decant_row.\"n\" END", SCALAR_INT8 },
        { "{from: [s.events.kind, s.events.of], to: {\"it's\": s.customers.id}}",
          "OPERATOR(pg_catalog.=) 'it''s' THEN CASE WHEN", SCALAR_INT8 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        sample(&p, arena_printf(&p.arena, "  virtual:\n    - %s\n", cases[i].rule));
        assert_int_equal(p.sampling.nedges, 2);
        const struct sample_edge *edge = &p.sampling.edges[1];
        assert_null(edge->key);
        assert_false(edge->is_enforced);
        assert_int_equal(edge->ncolumns, 1);
        if ((edge->child_keys[0]->expression == NULL) != (cases[i].sql == NULL) ||
            (cases[i].sql != NULL && strstr(edge->child_keys[0]->expression, cases[i].sql) == NULL))
            fail_msg("%s: %s", cases[i].rule, edge->child_keys[0]->expression);
        assert_int_equal(edge->child_keys[0]->type->scalar, cases[i].type);
        assert_true(edge->child_keys[0]->type->has_binary); /* as keys travel */
        planned_deinit(&p);
    }
}

static void
a_reference_that_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *rule, *message, *hint;
    } cases[] = {
        { "{from: s.event.n, to: s.customers.id}",
          "r.yaml:4:7: the reference 's.event.n' is not between selected tables", "" },
        { "{from: s.events.n, to: s.customer.id}",
          "the reference 's.events.n' is not between selected tables", "" },
        { "{from: s.events.knid, to: s.customers.id}",
          "the reference 's.events.knid' names a column that is not there", "'kind'" },
        { "{from: s.events.n, to: s.customers.emal}", "names a column that is not there",
          "did you mean 'email'?" },
        { "{from: [s.events.kin, s.events.n], to: {a: s.customers.id}}",
          "names a column that is not there", "did you mean 'kind'?" },
        { "{from: s.events.at, to: s.customers.id}",
          "'s.events.at' cannot refer to 's.customers.id': only integers, uuids and texts", "" },
        { "{from: s.events.n, to: s.events.at}", "cannot refer to 's.events.at'", "" },
        { "{from: s.events.body, to: s.customers.id}", "or a path like $.user.id into json", "" },
        { "{from: 's.events.of:$$.a', to: s.customers.id}", "cannot refer to", "" },
        { "{from: 's.events.body:$$', to: s.customers.id}", "cannot refer to", "" },
        { "{from: 's.events.body:$$.a[0', to: s.customers.id}", "cannot refer to", "" },
        { "{from: 's.events.body:$$.a..b', to: s.customers.id}", "cannot refer to", "" },
        { "{from: 's.events.body:$$a', to: s.customers.id}", "cannot refer to", "" },
        { "{from: s.events.of, to: s.customers.email, policy: owner}",
          "'s.events.of' cannot follow 's.customers.email': no key says that it is unique", "" },
        { "{from: s.events.n, to: s.pages.id, policy: owner}", "cannot follow 's.pages.id'", "" },
        { "{from: s.pages.id, to: s.pages.id, policy: owner}", "cannot follow", "" },
        { "{from: s.customers.small, to: s.customers.id, policy: owner}",
          "a table cannot own itself", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        shop(&p);
        if (planned_try(&p, arena_printf(&p.arena, "sample:\n  rate: 5%%\n  virtual:\n    - %s\n",
                                         cases[i].rule)))
            fail_msg("accepted: %s", cases[i].rule);
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL ||
            strstr(p.err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' says '%s' (%s)", cases[i].rule, p.err.message, p.err.hint);
        planned_deinit(&p);
    }
}

static void
a_reference_of_the_rules_owns_where_they_say_so(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  virtual:\n    - {from: s.events.n, to: s.customers.id}\n");
    assert_string_equal(planned_owner(&p, "s.events"), ""); /* not by itself */
    assert_int_equal(p.sampling.edges[1].policy, POLICY_PULL_WITH_CHILDREN);
    sample(&p, "  virtual:\n    - {from: s.events.n, to: s.customers.id, policy: owner}\n");
    assert_string_equal(planned_owner(&p, "s.events"), "s.events.n");
    sample(&p, "  virtual:\n    - {from: [s.events.n, s.events.of], to: [s.pages.id, s.pages.lang],"
               " policy: owner}\n");
    assert_string_equal(planned_owner(&p, "s.events"), "s.events.n");
    assert_int_equal(p.sampling.edges[1].ncolumns, 2);
    sample(&p, "  virtual:\n    - {from: [s.events.kind, s.events.n], to: {c: s.customers.id, "
               "o: s.orders.id}, policy: require}\n");
    assert_int_equal(p.sampling.nedges, 3);
    assert_int_equal(p.sampling.edges[1].policy, POLICY_REQUIRE);
    assert_int_equal(p.sampling.edges[2].policy, POLICY_REQUIRE);
    planned_deinit(&p);
}

/* "What belongs to the language but is not carried out is an error": "*" is no key of an object. */
static void
paths_mean_in_a_reference_what_they_mean_in_a_mask(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    sample(&p, "  virtual:\n    - {from: 's.events.body:$$.\"odd key\"', to: s.customers.id}\n");
    assert_non_null(strstr(p.sampling.edges[1].child_keys[0]->expression, "'{\"odd key\"}'"));
    assert_false(planned_try(&p, "sample:\n  rate: 5%\n  virtual:\n    - {from: "
                                 "'s.events.body:$$.list[*].a', to: s.customers.id}\n"));
    planned_deinit(&p);
}

/* A typed reference has one owner, of one type. */
static void
a_reference_to_several_tables_cannot_follow_them_all(void **state)
{
    struct planned p;
    (void)state;
    shop(&p);
    assert_false(planned_try(&p, "sample:\n  rate: 5%\n  virtual:\n"
                                 "    - {from: [s.events.kind, s.events.n], policy: owner, "
                                 "to: {c: s.customers.id, o: s.orders.id}}\n"));
    assert_non_null(strstr(p.err.message, "'s.events' has two owners"));
    planned_deinit(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_names_nothing_is_told_with_the_nearest_name),
        cmocka_unit_test(a_sample_without_a_rate_is_refused),
        cmocka_unit_test(what_is_not_said_has_the_defaults_of_the_reference),
        cmocka_unit_test(an_exact_name_wins_over_patterns_and_the_first_over_the_next),
        cmocka_unit_test(odd_names_are_named_in_quotes),
        cmocka_unit_test(few_rows_make_a_table_whole_unless_somebody_named_it),
        cmocka_unit_test(rates_thin_below_an_owner_and_never_add),
        cmocka_unit_test(strata_are_columns_of_a_root),
        cmocka_unit_test(a_frame_may_name_its_row_bare_or_by_the_table),
        cmocka_unit_test(a_name_that_an_inner_table_could_take_is_noted),
        cmocka_unit_test(a_key_of_a_loose_collation_makes_its_parent_whole),
        cmocka_unit_test(types_of_one_family_have_keys_that_anybody_can_compare),
        cmocka_unit_test(an_unclear_key_whose_parent_must_be_sampled_is_refused),
        cmocka_unit_test(a_reference_becomes_sql_that_is_null_where_it_refers_to_nothing),
        cmocka_unit_test(a_reference_that_cannot_be_is_refused),
        cmocka_unit_test(a_reference_of_the_rules_owns_where_they_say_so),
        cmocka_unit_test(a_reference_to_several_tables_cannot_follow_them_all),
        cmocka_unit_test(an_exact_name_wins_over_the_pattern_of_another_list),
        cmocka_unit_test(a_small_table_with_a_frame_is_a_sample),
        cmocka_unit_test(paths_mean_in_a_reference_what_they_mean_in_a_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
