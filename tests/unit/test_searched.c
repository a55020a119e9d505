/* SPDX-License-Identifier: PostgreSQL */
/* Which columns of a copy are looked through for originals. */
#include "fake.h"
#include "leak/searched.h"

/* A copy that has its tables and columns under their own names; one without the table "gone". */
static const char *
name_of(struct sink *sink, const struct table *table, int column)
{
    (void)sink;
    if (strcmp(table->name, "gone") == 0)
        return NULL;
    return column < 0 ? table->name : table->columns[column].name;
}

struct copy {
    struct arena arena;
    struct masking masking;
    struct catalog catalog;
    struct plan plan;
    struct rules *rules;
    struct key *key;
    struct key_ring *ring;
    struct searched found;
};

/* What is searched of one table "s.NAME" under the rules. */
static void
search(struct copy *copy, const char *name, struct column *columns, int n, struct index *indexes,
       int nindexes, const char *rules)
{
    struct decant_error err = { 0 };
    struct table table = { .schema = "s",
                           .name = name,
                           .ncolumns = n,
                           .columns = columns,
                           .indexes = indexes,
                           .nindexes = nindexes };
    const struct table *tables[] = { &table };
    struct sample_table sampled[] = { { .table = &table, .owner = -1 } };
    struct sampling owners = { .ntables = 1, .tables = sampled };
    static const struct sink_ops ops = { .name_of = name_of };
    table.root = &table;
    *copy = (struct copy){ .key = fake_key() };
    copy->ring = key_ring_new(copy->key);
    copy->rules = fake_rules(rules);
    copy->plan = (struct plan){
        .catalog = &copy->catalog, .ntables = 1, .tables = tables, .by_name = tables
    };
    if (!masking_decide(copy->rules, &copy->plan, &copy->arena, &copy->masking, &err) ||
        !masking_compile(&copy->masking, &owners, copy->ring, &err))
        fail_msg("%s", err.message);
    const struct searched_env env = { .rules = copy->rules,
                                      .plan = &copy->plan,
                                      .masking = &copy->masking,
                                      .nunits = 1,
                                      .units = tables,
                                      .ops = &ops };
    searched_list(&env, &copy->arena, &copy->found);
}

static void
forget(struct copy *copy)
{
    masking_deinit(&copy->masking);
    rules_free(copy->rules);
    key_ring_free(copy->ring);
    key_free(copy->key);
    arena_deinit(&copy->arena);
}

static const struct manifest_searched *
found(const struct copy *copy, const char *column)
{
    for (int i = 0; i < copy->found.n; i++)
        if (strcmp(copy->found.columns[i].copy_column, column) == 0)
            return &copy->found.columns[i];
    return NULL;
}

static void
words_are_searched_whether_masked_or_kept(void **state)
{
    struct column columns[] = { fake_column("kept", "text"),     fake_column("masked", "text"),
                                fake_column("scrubbed", "text"), fake_column("doc", "jsonb"),
                                fake_column("since", "date"),    fake_column("yes", "boolean"),
                                fake_column("amount", "numeric") };
    struct copy copy;
    (void)state;
    search(
        &copy, "notes", columns, 7, NULL, 0,
        "columns:\n  s.notes: {kept: keep, masked: email, scrubbed: {use: text, mode: scrub}, doc: "
        "keep}\n");
    assert_int_equal(copy.found.n, 4);
    assert_string_equal(found(&copy, "kept")->mask, "");
    assert_string_equal(found(&copy, "masked")->mask, "email");
    assert_true(found(&copy, "masked")->bits > 0);
    assert_true(found(&copy, "scrubbed")->is_scrubbed);
    assert_false(found(&copy, "masked")->is_scrubbed);
    assert_true(found(&copy, "doc")->is_json);
    assert_string_equal(found(&copy, "doc")->name, "s.notes.doc");
    forget(&copy);
}

static void
a_column_that_some_rows_keep_is_searched_as_if_all_did(void **state)
{
    struct column columns[] = { fake_column("kind", "text"), fake_column("value", "text") };
    struct copy copy;
    (void)state;
    search(&copy, "settings", columns, 2, NULL, 0,
           "columns:\n  s.settings: {kind: keep, value: [{when: \"kind = 'x'\", use: secret}, "
           "keep]}\n");
    assert_string_equal(found(&copy, "value")->mask, "");
    forget(&copy);
}

static void
numbers_are_searched_unless_they_count_rows(void **state)
{
    struct column columns[] = { fake_column("id", "bigint"),      fake_column("phone", "bigint"),
                                fake_column("level", "smallint"), fake_column("list", "bigint[]"),
                                fake_column("seen", "uuid"),      fake_column("scan", "bytea"),
                                fake_column("note", "text") };
    struct index_key id = { .column = 0 };
    struct index primary = { .name = "pkey",
                             .method = "btree",
                             .is_valid = true,
                             .is_primary = true,
                             .is_unique = true,
                             .nkeys = 1,
                             .keys = &id };
    struct copy copy;
    (void)state;
    columns[0].has_sequence = true;
    search(&copy, "calls", columns, 7, &primary, 1,
           "columns:\n  s.calls: {list: keep, scan: keep, note: text}\n");
    assert_true(found(&copy, "phone")->is_number);
    assert_true(found(&copy, "list")->is_number);
    assert_true(found(&copy, "scan")->is_bytes);
    assert_null(found(&copy, "level"));
    assert_null(found(&copy, "seen"));       /* kept: nobody's word */
    assert_true(found(&copy, "id")->is_key); /* it only tells rows */
    forget(&copy);
    search(&copy, "calls", columns, 7, &primary, 1,
           "columns:\n  s.calls: {list: keep, scan: keep, note: text, seen: uuid}\n");
    assert_true(found(&copy, "seen")->is_whole);
    forget(&copy);
}

static void
what_is_not_in_the_copy_is_not_searched(void **state)
{
    struct column columns[] = { fake_column("note", "text") };
    struct copy copy;
    (void)state;
    search(&copy, "gone", columns, 1, NULL, 0, "columns:\n  s.gone: {note: text}\n");
    assert_int_equal(copy.found.n, 0);
    forget(&copy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_searched_whether_masked_or_kept),
        cmocka_unit_test(a_column_that_some_rows_keep_is_searched_as_if_all_did),
        cmocka_unit_test(numbers_are_searched_unless_they_count_rows),
        cmocka_unit_test(what_is_not_in_the_copy_is_not_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
