/* SPDX-License-Identifier: PostgreSQL */
/* What is read of a source: types, keys, partitions and objects of every kind. */
#include "catalog/statistics.h"
#include "source.h" /* and "server.h" */

static struct source source;

static const char *const left_out[] = { "planned", "elsewhere" };

static void
leave_out(struct decant_options *options)
{
    options->not_schemas.items = (const char **)left_out;
    options->not_schemas.count = 2;
}

static int
begin(void **state)
{
    (void)state;
    source_begin(&source, "catalog");
    leave_out(&source.options);
    if (!source_load(&source))
        fail_msg("%s (%s)", source.err.message, source.err.context);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    source_end(&source);
    return 0;
}

static const struct column *
kind(const char *name)
{
    return source_column(&source, "kinds", name);
}

/* ---- types */

static void
types_are_what_they_hold(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        enum type_kind kind;
        int typmod;
        const char *type_name, *output;
    } types[] = {
        { "id", TYPE_SCALAR, -1, "integer", NULL },
        { "mood", TYPE_ENUM, -1, "public.mood", "enum_out" },
        { "moods", TYPE_ARRAY, -1, "public.mood[]", "array_out" },
        { "empty", TYPE_ENUM, -1, "public.no_mood", "enum_out" },
        { "base", TYPE_SCALAR, 14, "public.d_base", NULL },
        { "over", TYPE_SCALAR, 14, "public.d_over", NULL },
        { "d_mood", TYPE_ENUM, -1, "public.d_mood", "enum_out" },
        { "d_array", TYPE_ARRAY, -1, "public.d_array", NULL },
        { "d_moods", TYPE_ARRAY, -1, "public.d_mood[]", "array_out" },
        { "pair", TYPE_OPAQUE, -1, "public.pair", "record_out" },
        { "pairs", TYPE_ARRAY, -1, "public.pair[]", "array_out" },
        { "floats", TYPE_RANGE, -1, "public.floats", "range_out" },
        { "many", TYPE_MULTIRANGE, -1, "public.floats_multirange", "multirange_out" },
        { "mood_range", TYPE_RANGE, -1, "public.moods", "range_out" },
        { "ints", TYPE_RANGE, -1, "int4range", NULL },
        { "reg", TYPE_OPAQUE, -1, "regclass", NULL },
        { "regs", TYPE_OPAQUE, -1, "regclass[]", NULL },
        { "d_reg", TYPE_OPAQUE, -1, "public.d_reg", NULL },
        { "named", TYPE_OPAQUE, -1, "public.named", "record_out" },
        { "amount", TYPE_SCALAR, (12 << 16 | 3) + 4, "numeric(12,3)", NULL },
        { "short", TYPE_SCALAR, 11, "character varying(7)", NULL },
        { "shorts", TYPE_ARRAY, 11, "character varying(7)[]", NULL },
        { "fixed", TYPE_SCALAR, 7, "character(3)", NULL },
        { "at", TYPE_SCALAR, 3, "timestamp(3) without time zone", NULL },
        { "ci", TYPE_SCALAR, -1, "public.citext", NULL },
        { "cis", TYPE_ARRAY, -1, "public.citext[]", "array_out" },
        { "x", TYPE_OPAQUE, -1, "xml", NULL },
        { "tsv", TYPE_OPAQUE, -1, "tsvector", NULL },
        { "p", TYPE_OPAQUE, -1, "point", NULL },
        { "char", TYPE_SCALAR, -1, "\"char\"", NULL },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct column *column = kind(types[i].column);
        if (column->type->kind != types[i].kind || column->typmod != types[i].typmod ||
            strcmp(column->type_name, types[i].type_name) != 0)
            fail_msg("%s: kind %d, typmod %d, %s", types[i].column, column->type->kind,
                     column->typmod, column->type_name);
        if (types[i].output != NULL)
            assert_string_equal(column->type->output, types[i].output);
        else
            assert_null(column->type->output);
    }
    assert_int_equal(kind("ci")->type->scalar, SCALAR_CITEXT); /* by its name, in an extension */
    assert_int_equal(kind("char")->type->scalar, SCALAR_CHAR);
}

static void
elements_lead_to_the_base_of_their_domains(void **state)
{
    (void)state;
    assert_ptr_equal(kind("moods")->type->element, kind("mood")->type);
    assert_ptr_equal(kind("d_moods")->type->element, kind("mood")->type);
    assert_ptr_equal(kind("d_mood")->type, kind("mood")->type);
    assert_ptr_equal(kind("mood_range")->type->element, kind("mood")->type);
    assert_ptr_equal(kind("many")->type->element, kind("floats")->type);
    assert_int_equal(kind("floats")->type->element->scalar, SCALAR_FLOAT8);
    assert_ptr_equal(kind("cis")->type->element, kind("ci")->type);
    assert_ptr_equal(kind("d_array")->type->element, kind("id")->type);
    assert_string_equal(kind("pairs")->type->element->name, "pair");
}

static void
labels_come_in_the_order_of_the_type(void **state)
{
    (void)state;
    static const char *const labels[] = { "sad", "it's \"fine\"", "so,so", "ok" };
    const struct type *mood = kind("mood")->type;
    assert_int_equal(mood->nlabels, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(mood->labels[i], labels[i]);
    assert_int_equal(kind("empty")->type->nlabels, 0);
}

/* In binary they are an oid, which means nothing in another database. */
static void
what_has_an_oid_inside_is_known(void **state)
{
    (void)state;
    static const char *const holding[] = { "reg", "regs", "d_reg", "named" };
    static const char *const others[] = { "id", "pair", "pairs", "moods", "ints" };
    for (int i = 0; i < 4; i++)
        assert_true(kind(holding[i])->type->holds_oids);
    for (int i = 0; i < 5; i++)
        assert_false(kind(others[i])->type->holds_oids);
}

static void
a_domain_over_domains_has_the_checks_of_all(void **state)
{
    (void)state;
    const struct domain *over = kind("over")->domain, *base = kind("base")->domain;
    assert_string_equal(over->name, "d_over");
    assert_string_equal(over->schema, "public");
    assert_ptr_equal(over->base, base->base);
    assert_string_equal(over->base->name, "varchar");
    assert_int_equal(over->typmod, 14); /* of the innermost */
    assert_true(over->not_null);
    assert_false(base->not_null);
    assert_int_equal(over->nchecks, 2);
    assert_string_equal(over->checks[0].name, "not_empty");
    assert_string_equal(over->checks[1].name, "short");
    assert_non_null(strstr(over->checks[1].sql, "length"));
    assert_non_null(strstr(over->checks[1].sql, "VALUE"));
    assert_int_equal(base->nchecks, 1);
    assert_null(kind("id")->domain);
}

static void
the_outermost_default_counts(void **state)
{
    (void)state;
    static const struct {
        const char *column, *value;
    } defaults[] = { { "base", "'base'" },       { "top", "'base'" }, { "over", "'over'" },
                     { "own_default", "'own'" }, { "mood", "'ok'" },  { "now", "now()" } };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        assert_non_null(kind(defaults[i].column)->default_sql);
        assert_non_null(strstr(kind(defaults[i].column)->default_sql, defaults[i].value));
    }
    assert_null(kind("pair")->default_sql);
}

static void
a_domains_not_null_is_the_columns(void **state)
{
    (void)state;
    assert_true(kind("top")->not_null);
    assert_true(kind("over")->not_null);
    assert_false(kind("base")->not_null);
    assert_true(kind("Odd \"name")->not_null);
    assert_true(kind("id")->not_null); /* of the primary key */
    assert_false(kind("at")->not_null);
}

static void
a_check_that_rows_may_break_is_told_from_others(void **state)
{
    (void)state;
    assert_int_equal(kind("later")->domain->nchecks, 1);
    assert_false(kind("later")->domain->checks[0].is_validated);
    assert_true(kind("base")->domain->checks[0].is_validated);
    assert_true(kind("base")->domain->checks[0].is_trusted);
}

/* ---- columns */

static void
dropped_columns_leave_holes(void **state)
{
    (void)state;
    const struct table *table = source_table(&source, "kinds");
    assert_int_equal(table_column(table, "gone"), -1);
    int before = 0;
    for (int i = 0; i < table->ncolumns; i++) {
        assert_true(table->columns[i].attnum > before);
        before = table->columns[i].attnum;
        assert_int_equal(table_column(table, table->columns[i].name), i);
    }
    assert_int_equal(kind("counted")->attnum, 3);
    assert_int_equal(kind("mood")->attnum, 5);
    assert_int_equal(before, table->ncolumns + 1);
    assert_int_equal(table_column(table, "ID"), -1); /* names are as they are spelled */
}

static void
columns_whose_values_come_by_themselves_are_known(void **state)
{
    (void)state;
    assert_int_equal(kind("id")->identity, 'a');
    assert_int_equal(kind("by_default")->identity, 'd');
    assert_int_equal(kind("counted")->identity, 0);
    assert_true(kind("id")->has_sequence);
    assert_true(kind("by_default")->has_sequence);
    assert_true(kind("counted")->has_sequence);
    assert_false(kind("mood")->has_sequence);
    assert_true(kind("sum")->is_generated);
    assert_false(kind("sum")->has_sequence);
    assert_non_null(strstr(kind("sum")->default_sql, "* 2"));
    assert_false(kind("id")->is_generated);
    assert_false(source_column(&source, "numbered", "code")->has_sequence); /* made of one */
    assert_true(kind("nondet")->is_nondeterministic);
    assert_false(kind("short")->is_nondeterministic);
}

static void
a_table_without_columns_is_a_table(void **state)
{
    (void)state;
    assert_int_equal(source_table(&source, "no_columns")->ncolumns, 0);
    assert_null(catalog_primary_key(source_table(&source, "no_columns")));
    assert_null(catalog_identity(source_table(&source, "no_columns")));
    assert_true(source_table(&source, "unlogged")->is_unlogged);
    assert_false(source_table(&source, "kinds")->is_unlogged);
    const struct column *of_row = source_column(&source, "of_row", "r");
    assert_string_equal(of_row->type->name, "everything"); /* a table's rows are a type */
    assert_int_equal(of_row->type->kind, TYPE_OPAQUE);
}

/* ---- partitions */

static void
leaves_are_those_that_hold_rows(void **state)
{
    (void)state;
    static const char *const names[] = { "logs_2023_a", "logs_2023_rest", "logs_2024" };
    const struct table *logs = source_table(&source, "logs");
    assert_int_equal(logs->kind, 'p');
    assert_int_equal(logs->nleaves, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(logs->leaves[i]->name, names[i]);
        assert_ptr_equal(logs->leaves[i]->root, logs);
        assert_true(table_is_partition(logs->leaves[i]));
    }
    const struct table *middle = source_table(&source, "logs_2023");
    assert_int_equal(middle->kind, 'p');
    assert_ptr_equal(middle->root, logs); /* the outermost */
    assert_false(table_is_partition(logs));
    assert_false(table_is_partition(source_table(&source, "mother")));
    assert_ptr_equal(source_table(&source, "mother")->root, source_table(&source, "mother"));
}

static void
keys_and_bounds_of_partitions_are_sql(void **state)
{
    (void)state;
    assert_string_equal(source_table(&source, "logs")->partition_key, "RANGE (at)");
    assert_string_equal(source_table(&source, "logs_2023")->partition_key, "LIST (kind)");
    assert_string_equal(source_table(&source, "empty_logs")->partition_key, "HASH (id)");
    assert_non_null(strstr(source_table(&source, "new_logs")->partition_key, "abs(id)"));
    assert_null(source_table(&source, "mother")->partition_key);
    assert_null(source_table(&source, "logs")->partition_bound);
    assert_string_equal(source_table(&source, "logs_2023_rest")->partition_bound, "DEFAULT");
    assert_string_equal(source_table(&source, "logs_2023_a")->partition_bound,
                        "FOR VALUES IN ('a')");
}

/* Attached, it keeps the columns in the order that it was made with. */
static void
a_partition_has_columns_of_its_own(void **state)
{
    (void)state;
    const struct table *logs = source_table(&source, "logs"),
                       *leaf = source_table(&source, "logs_2024");
    assert_int_equal(leaf->ncolumns, logs->ncolumns);
    assert_int_equal(table_column(logs, "kind"), 2);
    assert_int_equal(table_column(leaf, "kind"), 0);
    assert_int_equal(leaf->columns[table_column(leaf, "id")].attnum, 4);
}

static void
estimates_of_partitions_add_up(void **state)
{
    (void)state;
    const struct table *logs = source_table(&source, "logs");
    assert_true(logs->reltuples == 400);
    double rows = 0;
    for (int i = 0; i < logs->nleaves; i++)
        rows += logs->leaves[i]->reltuples;
    assert_true(rows == 400);
    assert_true(source_table(&source, "empty_logs")->reltuples == 0);
    assert_int_equal(source_table(&source, "empty_logs")->nleaves, 0);
}

/* A server of version 14 or later says of an analyzed partitioned table that it has -1 pages. */
static void
bytes_of_partitions_add_up(void **state)
{
    (void)state;
    static const char *const names[] = { "logs", "new_logs", "empty_logs", "far" };
    for (int i = 0; i < 4; i++) {
        const struct table *root = source_table(&source, names[i]);
        int64_t bytes = 0;
        for (int j = 0; j < root->nleaves; j++)
            bytes += catalog_bytes(root->leaves[j]);
        assert_int_equal(catalog_bytes(root), bytes);
    }
    assert_int_equal(catalog_bytes(source_table(&source, "mother")), 8192);
    assert_int_equal(catalog_bytes(source_table(&source, "no_columns")), 0);
}

static void
rows_leave_out_what_is_another_tables_or_servers(void **state)
{
    (void)state;
    static const struct {
        const char *table, *sql;
        bool has_foreign;
    } tables[] = {
        { "mother", "ONLY \"public\".\"mother\"", false },
        { "logs", "\"public\".\"logs\"", false },
        { "far",
          "(SELECT \"id\", \"k\"\"\" FROM ONLY \"public\".\"far_1\""
          " UNION ALL SELECT \"id\", \"k\"\"\" FROM ONLY \"public\".\"far_2\")",
          true },
        { "all_far", "(SELECT * FROM \"public\".\"all_far\" WHERE false)", true },
        { "empty_logs", "\"public\".\"empty_logs\"", false },
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct buf out = { 0 };
        const struct table *table = source_table(&source, tables[i].table);
        catalog_put_rows(table, &out);
        assert_string_equal(buf_str(&out), tables[i].sql);
        assert_int_equal(catalog_has_foreign(table), tables[i].has_foreign);
        buf_deinit(&out);
    }
}

static void
few_rows_are_counted_exactly_and_without_those_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        int64_t of_two, of_many;
    } tables[] = { { "mother", 1, 1 },     { "child", 2, 2 },   { "logs", -1, 400 },
                   { "far", 2, 2 },        { "all_far", 0, 0 }, { "empty_logs", 0, 0 },
                   { "no_columns", 0, 0 }, { "config", -1, 3 }, { "logs_2024", -1, -1 } };
    struct statistics known;
    statistics_init(&known, source.catalog, &source.arena);
    assert_true(statistics_count_few(&known, source.conn, 2, &source.err));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_int_equal(statistics_few(&known, source_table(&source, tables[i].table)),
                         tables[i].of_two);
    assert_true(statistics_count_few(&known, NULL, 2, &source.err)); /* asks nobody again */
    statistics_init(&known, source.catalog, &source.arena);
    assert_true(statistics_count_few(&known, source.conn, 400, &source.err));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_int_equal(statistics_few(&known, source_table(&source, tables[i].table)),
                         tables[i].of_many);
    assert_int_equal(statistics_few(NULL, source_table(&source, "mother")), -1);
}

static double
distinct_of(const struct statistics *known, const char *table, const char *column)
{
    return statistics_column(known, source_table(&source, table),
                             source_column(&source, table, column))
        .distinct;
}

static void
statistics_are_of_the_whole_table(void **state)
{
    (void)state;
    struct statistics known;
    const struct table *logs = source_table(&source, "logs"),
                       *mother = source_table(&source, "mother");
    statistics_init(&known, source.catalog, &source.arena);
    assert_true(distinct_of(&known, "logs", "kind") == 0);
    assert_true(statistics_load(&known, source.conn, &source.err));
    const struct column *kind = source_column(&source, "logs", "kind");
    const struct column_statistics kinds = statistics_column(&known, logs, kind);
    assert_true(kinds.distinct == 2); /* over all partitions */
    assert_true(kinds.top_share > 0.6 && kinds.top_share < 0.7);
    assert_true(distinct_of(&known, "logs", "id") == -1);
    assert_true(distinct_of(&known, "mother", "m") != 0);
    assert_true(distinct_of(&known, "kinds", "mood") == 0); /* empty: not known */
    assert_true(distinct_of(NULL, "logs", "id") == 0);
    /* a share of the rows is a number of values */
    assert_true(statistics_distinct(&known, logs, kind) == 2);
    assert_true(statistics_distinct(&known, logs, source_column(&source, "logs", "id")) ==
                logs->reltuples);
    assert_true(statistics_distinct(NULL, mother, &mother->columns[0]) == -1);
    /* an expression is no column of the table */
    const struct column expression = { .name = "m", .expression = "upper(m)" };
    assert_true(statistics_column(&known, mother, &expression).distinct == 0);
}

static void
parents_are_those_that_are_selected(void **state)
{
    (void)state;
    const struct table *child = source_table(&source, "child");
    assert_int_equal(child->nparents, 2);
    assert_string_equal(child->parents[0]->name, "father"); /* in the order of INHERITS */
    assert_string_equal(child->parents[1]->name, "mother");
    assert_int_equal(source_table(&source, "logs_2024")->nparents, 0);
    assert_int_equal(source_table(&source, "mother")->nparents, 0);
    assert_ptr_equal(child->root, child);
}

/* ---- keys */

static const struct foreign_key *
foreign_key(const char *child, const char *name)
{
    for (int i = 0; i < source.catalog->nforeign_keys; i++) {
        const struct foreign_key *key = &source.catalog->foreign_keys[i];
        if (strcmp(key->child->name, child) == 0 && strcmp(key->name, name) == 0)
            return key;
    }
    fail_msg("no key %s", name);
    return NULL;
}

static void
foreign_keys_join_the_columns_that_they_name(void **state)
{
    (void)state;
    static const struct {
        const char *child, *name, *parent, *from[3], *to[3];
    } keys[] = {
        { "refs", "full_key", "pairs", { "x", "y" }, { "a", "b" } },
        { "refs", "some_set", "pairs", { "z", "y" }, { "b", "a" } },
        { "refs", "refs_self_fkey", "refs", { "self" }, { "self" } },
        { "refs", "to_partitioned", "logs", { "part_id", "at", "kind" }, { "id", "at", "kind" } },
        { "refs",
          "to_partition",
          "logs_2023_a",
          { "part_id", "at", "kind" },
          { "id", "at", "kind" } },
        { "refs", "later", "mother", { "x" }, { "id" } },
        { "refs", "refs_c_fkey", "pairs", { "c" }, { "d" } },
        { "cycle_a", "cycle_a_b_fkey", "cycle_b", { "b" }, { "id" } },
        { "cycle_b", "cycle_b_a_fkey", "cycle_a", { "a" }, { "id" } },
        { "of_partitions", "of_partitions_k_fkey", "mother", { "k" }, { "id" } },
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct foreign_key *key = foreign_key(keys[i].child, keys[i].name);
        assert_string_equal(key->parent->name, keys[i].parent);
        int n = 0;
        for (; n < 3 && keys[i].from[n] != NULL; n++) {
            assert_string_equal(key->child->columns[key->child_columns[n]].name, keys[i].from[n]);
            assert_string_equal(key->parent->columns[key->parent_columns[n]].name, keys[i].to[n]);
        }
        assert_int_equal(key->ncolumns, n);
    }
}

static void
what_foreign_keys_do_is_read(void **state)
{
    (void)state;
    const struct foreign_key *full = foreign_key("refs", "full_key");
    assert_int_equal(full->match, 'f');
    assert_int_equal(full->on_delete, 'n');
    assert_int_equal(full->on_update, 'd');
    assert_true(full->is_deferrable && full->is_deferred && full->is_validated);
    assert_true(full->is_enforced);
    assert_false(full->is_period);
    assert_false(full->sets_some_columns);
    const struct foreign_key *some = foreign_key("refs", "some_set");
    assert_int_equal(some->match, 's');
    assert_int_equal(some->on_update, 'a');
    assert_true(some->sets_some_columns && some->is_deferrable);
    assert_false(some->is_deferred);
    const struct foreign_key *plain = foreign_key("refs", "refs_c_fkey");
    assert_int_equal(plain->on_update, 'c');
    assert_int_equal(plain->on_delete, 'r');
    assert_false(plain->is_deferrable);
    assert_false(foreign_key("refs", "later")->is_validated);
}

/* The server keeps rows of its own for each partition of either side. */
static void
a_key_to_a_partitioned_table_is_one_key(void **state)
{
    (void)state;
    int n = 0;
    for (int i = 0; i < source.catalog->nforeign_keys; i++)
        n += strncmp(source.catalog->foreign_keys[i].name, "to_partitioned", 14) == 0;
    assert_int_equal(n, 1);
}

static void
operators_say_how_a_key_compares(void **state)
{
    (void)state;
    static const struct {
        const char *child, *name, *operator;
    } keys[] = {
        { "refs", "full_key", "pg_catalog.=" },
        { "ci_children", "ci_children_name_fkey", "public.=" },
    };
    for (int i = 0; i < 2; i++) {
        const struct foreign_key *key = foreign_key(keys[i].child, keys[i].name);
        for (int j = 0; j < key->ncolumns; j++)
            assert_string_equal(key->operators[j], keys[i].operator);
    }
}

static const struct index *
find_index(const char *table, const char *name)
{
    const struct table *t = source_table(&source, table);
    for (int i = 0; i < t->nindexes; i++)
        if (strcmp(t->indexes[i].name, name) == 0)
            return &t->indexes[i];
    fail_msg("no index %s", name);
    return NULL;
}

static void
the_primary_key_stands_first_in_its_own_order(void **state)
{
    (void)state;
    const struct table *pairs = source_table(&source, "pairs");
    const struct index *key = catalog_primary_key(pairs);
    assert_ptr_equal(key, &pairs->indexes[0]);
    assert_true(key->is_primary && key->is_unique && key->is_constraint && key->is_valid);
    assert_int_equal(key->nkeys, 2);
    assert_int_equal(key->keys[0].column, 1); /* (b, a) */
    assert_int_equal(key->keys[1].column, 0);
    assert_int_equal(catalog_key_column(pairs), -1);
    assert_int_equal(catalog_key_column(source_table(&source, "mother")), 0);
    assert_int_equal(catalog_key_column(source_table(&source, "refs")), -1);
    assert_null(catalog_primary_key(source_table(&source, "refs")));
    assert_true(find_index("pairs", "pairs_c_key")->is_deferrable);
    assert_false(find_index("pairs", "pairs_d_key")->is_deferrable);
    assert_null(catalog_primary_key(source_table(&source, "child"))); /* a key is not inherited */
}

/* Two rows may be equal in what is NULL, what is partial, and what is checked later. */
static void
identity_is_a_key_that_tells_any_two_rows_apart(void **state)
{
    (void)state;
    assert_ptr_equal(catalog_identity(source_table(&source, "pairs")),
                     catalog_primary_key(source_table(&source, "pairs")));
    assert_null(catalog_identity(source_table(&source, "no_identity")));
    const struct index *key = catalog_identity(source_table(&source, "identified"));
    assert_string_equal(key->name, "identified_c_b_key");
    static const char *const without[] = { "indexed", "deferred_only", "invalid_only" };
    for (int i = 0; i < 3; i++)
        assert_null(catalog_identity(source_table(&source, without[i])));
}

static void
indexes_say_what_they_are_made_of(void **state)
{
    (void)state;
    const struct index *desc = find_index("indexed", "i_desc");
    assert_true(desc->keys[0].is_descending);
    assert_false(desc->keys[1].is_descending);
    assert_string_equal(desc->method, "btree");
    assert_false(find_index("indexed", "i_order")->keys[0].is_descending); /* NULLS FIRST alone */
    assert_true(find_index("indexed", "i_order")->keys[1].is_descending);
    const struct index *expression = find_index("indexed", "i_expression");
    assert_int_equal(expression->nkeys, 3);
    assert_int_equal(expression->keys[0].column, -1);
    assert_string_equal(expression->keys[0].sql, "lower(b)");
    assert_int_equal(expression->keys[1].column,
                     table_column(source_table(&source, "indexed"), "Q\"c"));
    assert_int_equal(expression->keys[2].column, -1);
    assert_non_null(strstr(expression->keys[2].sql, "',\"{x}\\'::text")); /* an array's escapes */
    const struct index *partial = find_index("indexed", "i_partial");
    assert_string_equal(partial->predicate, "(a > 5)");
    assert_true(partial->is_unique);
    assert_false(partial->is_constraint);
    const struct index *covering = find_index("indexed", "i_covering");
    assert_int_equal(covering->nkeys, 1);
    assert_int_equal(covering->nincluded, 2);
    assert_int_equal(covering->keys[1].column, 0);
    assert_true(find_index("indexed", "i_nulls")->nulls_not_distinct);
    assert_false(find_index("indexed", "i_partial")->nulls_not_distinct);
    assert_string_equal(find_index("indexed", "i_hash")->method, "hash");
    assert_false(find_index("indexed", "i_invalid")->is_valid);
    assert_null(find_index("indexed", "i_hash")->predicate);
}

static void
exclusion_constraints_say_whether_they_compare_by_equality(void **state)
{
    (void)state;
    const struct index *overlap = find_index("indexed", "no_overlap"),
                       *unique = find_index("indexed", "as_unique");
    assert_string_equal(overlap->method, "exclude");
    assert_string_equal(unique->method, "exclude");
    assert_false(overlap->keys[0].is_equality);
    assert_true(unique->keys[0].is_equality);
    assert_false(overlap->is_unique);
    assert_false(find_index("indexed", "i_partial")->keys[0].is_equality);
}

/* A function of somebody else runs with our rights when we evaluate the check. */
static void
a_check_that_calls_somebodys_function_is_not_trusted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool validated, trusted;
    } checks[] = { { "later", false, true },
                   { "of \"an\" extension", true, true },
                   { "our", true, true },
                   { "plain", true, true },
                   { "their", true, false } };
    const struct table *table = source_table(&source, "checked");
    assert_int_equal(table->nchecks, 5);
    for (int i = 0; i < 5; i++) {
        const struct check *check = &table->checks[i];
        assert_string_equal(check->name, checks[i].name);
        assert_int_equal(check->is_validated, checks[i].validated);
        assert_int_equal(check->is_trusted, checks[i].trusted);
        assert_true(check->is_enforced);
    }
    assert_string_equal(table->checks[3].sql, "(a > 0)");
}

/* By what a check depends on, however it comes to it; an enum brings nothing that runs, nor does a
 * value that is of its domain already. */
static void
a_check_that_meets_somebodys_type_or_operator_is_not_trusted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool trusted;
    } checks[] = { { "array", false },    { "domain", false },   { "enum", true },
                   { "of_column", true }, { "operator", false }, { "pair", false } };
    const struct table *table = source_table(&source, "checked_by_types");
    assert_int_equal(table->nchecks, 6);
    for (int i = 0; i < 6; i++) {
        assert_string_equal(table->checks[i].name, checks[i].name);
        if (table->checks[i].is_trusted != checks[i].trusted)
            fail_msg("%s: %s", checks[i].name, table->checks[i].sql);
    }
    const struct domain *domain = source_column(&source, "checked_by_types", "d")->domain;
    assert_false(domain->checks[0].is_trusted);
}

/* ---- sequences and what only a list mentions */

static const struct sequence *
sequence(const char *name)
{
    for (int i = 0; i < source.catalog->nsequences; i++)
        if (strcmp(source.catalog->sequences[i].name, name) == 0)
            return &source.catalog->sequences[i];
    return NULL;
}

static void
sequences_know_the_columns_that_take_their_values(void **state)
{
    (void)state;
    const struct sequence *shared = sequence("shared");
    assert_int_equal(shared->nusers, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(shared->users[i].table->name, "numbered");
        assert_int_equal(shared->users[i].column, i);
    }
    assert_true(shared->is_in_expression); /* twice, and as a text */
    assert_int_equal(sequence("odd \"seq")->nusers, 0);
    assert_true(sequence("odd \"seq")->is_in_expression);
    assert_int_equal(sequence("kinds_id_seq")->nusers, 1);
    assert_false(sequence("kinds_id_seq")->is_in_expression);
    assert_int_equal(sequence("kinds_by_default_seq")->increment, -5);
    assert_int_equal(sequence("alone")->nusers, 0);
    assert_null(sequence("unseen_id_seq")); /* of a table that is not selected */
}

static void
positions_of_sequences_are_read(void **state)
{
    (void)state;
    assert_int_equal(sequence("alone")->last_value, 8);
    assert_true(sequence("alone")->is_called);
    assert_int_equal(sequence("shared")->last_value, 100);
    assert_false(sequence("shared")->is_called);
    assert_int_equal(sequence("kinds_by_default_seq")->last_value, -1);
    for (int i = 0; i < source.catalog->nsequences; i++)
        assert_true(source.catalog->sequences[i].is_readable);
}

static int
count_objects(const char *kind_of, const char *name)
{
    int n = 0;
    for (int i = 0; i < source.catalog->nobjects; i++)
        n += strcmp(source.catalog->objects[i].kind, kind_of) == 0 &&
             strcmp(source.catalog->objects[i].name, name) == 0;
    return n;
}

static void
what_is_not_carried_is_listed_once(void **state)
{
    (void)state;
    static const char *const objects[][2] = {
        { "view", "public.a_view" },
        { "materialized view", "public.a_matview" },
        { "foreign table", "public.far_3" },
        { "trigger", "public.everything.watched" },
        { "rule", "public.everything.a_rule" },
        { "policy", "public.everything.a_policy" },
        { "procedure", "public.a_procedure" },
        { "aggregate", "public.an_aggregate" },
        { "function", "public.a_trigger" },
        { "inheritance", "public.mother" },
        { "extended statistics", "public.another_statistic" },
        { "publication", "a_publication" },
        { "setting", "work_mem" },
        { "foreign server", "files" },
    };
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (count_objects(objects[i][0], objects[i][1]) != 1)
            fail_msg("%s %s", objects[i][0], objects[i][1]);
    assert_int_equal(count_objects("trigger", "elsewhere.unseen.unseen"), 0);
    assert_int_equal(count_objects("setting", "decant.hidden"), 0);  /* ours */
    assert_int_equal(count_objects("function", "public.citext"), 0); /* of an extension */
    assert_int_equal(source.catalog->large_objects, 2);
}

static void
extensions_and_the_rows_that_users_gave_them_are_known(void **state)
{
    (void)state;
    assert_int_equal(source.catalog->nextensions, 2);
    assert_string_equal(source.catalog->extensions[0].name, "citext");
    assert_string_equal(source.catalog->extensions[1].name, "file_fdw");
    assert_int_equal(source.catalog->nextension_tables, 1);
    const struct extension_table *table = &source.catalog->extension_tables[0];
    assert_string_equal(table->extension, "citext");
    assert_string_equal(table->schema, "public");
    assert_string_equal(table->name, "config");
    assert_string_equal(table->condition, "WHERE a > 1");
    assert_int_equal(table->rows, 2);
}

static void
the_server_says_who_it_is(void **state)
{
    (void)state;
    const struct server *server = &source.catalog->server;
    assert_int_equal(server->version / 10000, 15);
    assert_false(server->in_recovery);
    assert_string_equal(server->encoding, "UTF8");
    assert_string_equal(server->collate, "C.UTF-8");
    assert_string_equal(server->provider, "c");
    assert_null(server->icu_locale);
    assert_true(strlen(server->system_id) > 10);
    assert_true(strspn(server->system_id, "0123456789") == strlen(server->system_id));
    assert_int_equal(server->money_scale, 2);
}

static void
tables_stand_by_schema_and_name_and_partitions_behind_their_root(void **state)
{
    (void)state;
    const struct table *before = NULL;
    for (int i = 0; i < source.catalog->ntables; i++) {
        const struct table *table = &source.catalog->tables[i];
        assert_string_equal(table->schema, "public");
        if (table_is_partition(table))
            assert_ptr_equal(table->root, before);
        else if (before != NULL)
            assert_true(strcmp(before->name, table->name) < 0);
        before = table->root;
    }
}

/* ---- selections */

static void
a_parent_that_is_left_out_is_still_named(void **state)
{
    (void)state;
    struct source few;
    source_begin_beside(&few, &source);
    assert_true(source_select_table(&few, "refs"));
    assert_int_equal(few.catalog->ntables, 1);
    assert_int_equal(few.catalog->nforeign_keys, 7);
    for (int i = 0; i < 7; i++) {
        const struct foreign_key *key = &few.catalog->foreign_keys[i];
        bool is_self = strcmp(key->name, "refs_self_fkey") == 0;
        assert_int_equal(key->parent != NULL, is_self);
        if (strcmp(key->name, "full_key") == 0)
            assert_string_equal(key->parent_name, "public.pairs");
        assert_true(key->child_columns[0] >= 0);
    }
    source_close(&few);
}

static void
a_parent_table_that_is_left_out_is_no_parent(void **state)
{
    (void)state;
    struct source few;
    source_begin_beside(&few, &source);
    assert_true(source_select_table(&few, "(child|father)"));
    assert_int_equal(source_table(&few, "child")->nparents, 1);
    assert_string_equal(source_table(&few, "child")->parents[0]->name, "father");
    source_close(&few);
}

/* The planner computes calls of constants as soon as it plans anything over the table. */
static void
a_table_whose_plans_would_run_somebodys_function_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        bool refused;
    } tables[] = {
        { "by_operator", true },   { "by_any", true },
        { "nested", true }, /* once with a row's value, once without */
        { "constants", true },     { "by_predicate", true },
        { "by_statistics", true }, { "by_key", true },
        { "by_open", true },  /* its body calls the other with one */
        { "of_rows", false }, /* it is called with a row's value alone */
        { "of_ours", false },
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct source few;
        char pattern[64];
        source_begin_beside(&few, &source);
        snprintf(pattern, sizeof pattern, "planned.%s", tables[i].table);
        if (source_select_table(&few, pattern) == tables[i].refused)
            fail_msg("%s: %s", pattern, few.err.message);
        if (tables[i].refused) {
            assert_int_equal(few.err.code, DECANT_REFUSED);
            assert_non_null(strstr(few.err.message, pattern));
            assert_non_null(strstr(few.err.hint, "-T"));
        }
        source_close(&few);
    }
}

/* ---- a server that goes wrong */

/* What may fail without harm: a savepoint is had inside a transaction only, and not every role may
 * ask for the number of the cluster. */
static void
a_server_that_goes_wrong_at_any_request_is_an_error(void **state)
{
    (void)state;
    static const enum server_fault faults[] = { SERVER_FAILS, SERVER_DIES, SERVER_CUTS };
    if (server_is_real())
        return;
    struct source whole;
    source_begin(&whole, "catalog");
    leave_out(&whole.options);
    assert_true(source_load(&whole));
    int ntables = whole.catalog->ntables;
    source_close(&whole);
    int nrequests = server_stop(&whole.server) - 1; /* the last one leaves the session */
    for (int f = 0; f < 3; f++) {
        int harmless = 0;
        for (int at = 1; at <= nrequests; at++) {
            struct source bad = { 0 };
            server_start_faulty(&bad.server, "catalog", faults[f], at);
            decant_options_init(&bad.options);
            leave_out(&bad.options);
            bad.conn = source_connect(&bad);
            bool ok = bad.conn != NULL && source_load(&bad);
            if (ok) {
                harmless++;
                assert_int_equal(bad.catalog->ntables, ntables);
            } else {
                assert_int_equal(bad.err.code, DECANT_UNAVAILABLE);
                assert_int_not_equal(bad.err.message[0], '\0');
            }
            source_end(&bad);
        }
        assert_int_equal(harmless, faults[f] == SERVER_FAILS ? 1 : 0);
    }
}

static void
a_server_that_goes_wrong_while_it_counts_is_an_error(void **state)
{
    (void)state;
    if (server_is_real())
        return;
    struct source whole, bad = { 0 };
    struct statistics known;
    source_begin(&whole, "catalog");
    assert_true(source_select_table(&whole, "planned.of_rows"));
    source_close(&whole);
    int last = server_stop(&whole.server); /* it left the session; another one goes on here */
    for (int stats = 0; stats < 2; stats++) {
        memset(&bad, 0, sizeof bad);
        server_start_faulty(&bad.server, "catalog", SERVER_DIES, last);
        decant_options_init(&bad.options);
        bad.conn = source_connect(&bad);
        assert_true(source_select_table(&bad, "planned.of_rows"));
        statistics_init(&known, bad.catalog, &bad.arena);
        assert_false(stats ? statistics_load(&known, bad.conn, &bad.err)
                           : statistics_count_few(&known, bad.conn, 2, &bad.err));
        assert_int_equal(bad.err.code, DECANT_UNAVAILABLE);
        assert_int_equal(statistics_few(&known, &bad.catalog->tables[0]), -1);
        source_end(&bad);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_what_they_hold),
        cmocka_unit_test(elements_lead_to_the_base_of_their_domains),
        cmocka_unit_test(labels_come_in_the_order_of_the_type),
        cmocka_unit_test(what_has_an_oid_inside_is_known),
        cmocka_unit_test(a_domain_over_domains_has_the_checks_of_all),
        cmocka_unit_test(the_outermost_default_counts),
        cmocka_unit_test(a_domains_not_null_is_the_columns),
        cmocka_unit_test(a_check_that_rows_may_break_is_told_from_others),
        cmocka_unit_test(dropped_columns_leave_holes),
        cmocka_unit_test(columns_whose_values_come_by_themselves_are_known),
        cmocka_unit_test(a_table_without_columns_is_a_table),
        cmocka_unit_test(leaves_are_those_that_hold_rows),
        cmocka_unit_test(keys_and_bounds_of_partitions_are_sql),
        cmocka_unit_test(a_partition_has_columns_of_its_own),
        cmocka_unit_test(estimates_of_partitions_add_up),
        cmocka_unit_test(rows_leave_out_what_is_another_tables_or_servers),
        cmocka_unit_test(few_rows_are_counted_exactly_and_without_those_of_others),
        cmocka_unit_test(statistics_are_of_the_whole_table),
        cmocka_unit_test(parents_are_those_that_are_selected),
        cmocka_unit_test(foreign_keys_join_the_columns_that_they_name),
        cmocka_unit_test(what_foreign_keys_do_is_read),
        cmocka_unit_test(a_key_to_a_partitioned_table_is_one_key),
        cmocka_unit_test(operators_say_how_a_key_compares),
        cmocka_unit_test(the_primary_key_stands_first_in_its_own_order),
        cmocka_unit_test(identity_is_a_key_that_tells_any_two_rows_apart),
        cmocka_unit_test(indexes_say_what_they_are_made_of),
        cmocka_unit_test(exclusion_constraints_say_whether_they_compare_by_equality),
        cmocka_unit_test(a_check_that_calls_somebodys_function_is_not_trusted),
        cmocka_unit_test(a_check_that_meets_somebodys_type_or_operator_is_not_trusted),
        cmocka_unit_test(sequences_know_the_columns_that_take_their_values),
        cmocka_unit_test(positions_of_sequences_are_read),
        cmocka_unit_test(what_is_not_carried_is_listed_once),
        cmocka_unit_test(extensions_and_the_rows_that_users_gave_them_are_known),
        cmocka_unit_test(the_server_says_who_it_is),
        cmocka_unit_test(tables_stand_by_schema_and_name_and_partitions_behind_their_root),
        cmocka_unit_test(a_parent_that_is_left_out_is_still_named),
        cmocka_unit_test(a_parent_table_that_is_left_out_is_no_parent),
        cmocka_unit_test(a_table_whose_plans_would_run_somebodys_function_is_refused),
        cmocka_unit_test(a_server_that_goes_wrong_at_any_request_is_an_error),
        cmocka_unit_test(a_server_that_goes_wrong_while_it_counts_is_an_error),
        cmocka_unit_test(bytes_of_partitions_add_up),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
