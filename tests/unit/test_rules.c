/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rules.h"

#include <limits.h>

#include "unit.h"

static struct rules *
parse(const char *text)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (!rules_parse("r.yaml", text, strlen(text), &rules, &err))
        fail_msg("%s (%s)", err.message, err.context);
    return rules;
}

static void
every_part_of_a_sample_is_read(void **state)
{
    (void)state;
    struct rules *rules =
        parse("version: 1\n"
              "key_id: 4f9c21ab\n"
              "sample:\n"
              "  rate: 5%\n"
              "  seed: v2\n"
              "  roots: {shop.customers: {}, crm.leads: {rate: 1%}}\n"
              "  foreign_keys:\n"
              "    shop.orders.customer_id: owner\n"
              "    shop.items:items_order_fkey: require\n"
              "    shop.\"Odd.Name\".\"a \"\"b\": pull\n"
              "    shop.customers.referred_by: {policy: pull_with_children, "
              "max_rows: 10000}\n"
              "  tables: {shop.events: {where: \"at > now()\", rate: 0.5%}}\n"
              "  also: {shop.customers: \"id in (42, 97)\"}\n"
              "  strata: {shop.customers: {by: [country, plan], min: 20}}\n"
              "  cap: 10%\n"
              "  whole: [shop.countries, \"shop.*_types\"]\n"
              "  schema_only: audit.*\n"
              "  edges: {per_value: 2, budget: 1%}\n"
              "  dangling: stop\n"
              "  virtual:\n"
              "    - {from: shop.events.mail, to: shop.people.mail, policy: owner}\n"
              "    - {from: 'shop.events.data:$.user.id', to: shop.people.id}\n"
              "    - {from: [shop.notes.kind, shop.notes.id], to: {o: shop.orders.id}}\n"
              "target: {sqlite: {profile: django}, postgres: {keep: 2}}\n");
    const struct rules_sample *s = &rules->sample;
    assert_string_equal(rules->key_id, "4f9c21ab");
    assert_true(s->is_given);
    assert_true(s->rate > 0.0499 && s->rate < 0.0501);
    assert_string_equal(s->seed, "v2");
    assert_int_equal(s->nroots, 2);
    assert_true(s->roots[0].rate == 0 && s->roots[1].rate == 0.01);
    assert_int_equal(s->nkeys, 4);
    assert_true(pattern_matches(s->keys[0].pattern, (const char *const[]){ "shop", "orders" }));
    assert_string_equal(s->keys[0].column, "customer_id");
    assert_int_equal(s->keys[0].policy, POLICY_OWNER);
    assert_string_equal(s->keys[1].constraint, "items_order_fkey");
    assert_true(pattern_matches(s->keys[2].pattern, (const char *const[]){ "shop", "Odd.Name" }));
    assert_string_equal(s->keys[2].column, "a \"b");
    assert_int_equal(s->keys[3].policy, POLICY_PULL_WITH_CHILDREN);
    assert_int_equal(s->keys[3].max_rows, 10000);
    assert_string_equal(s->tables[0].where, "at > now()");
    assert_string_equal(s->also[0].where, "id in (42, 97)");
    assert_int_equal(s->strata[0].ncolumns, 2);
    assert_string_equal(s->strata[0].columns[1], "plan");
    assert_int_equal(s->nwhole, 2);
    assert_int_equal(s->nschema_only, 1);
    assert_true(s->cap == 0.1);
    assert_int_equal(s->edge_values, 2);
    assert_int_equal(s->edge_patterns, 3);
    assert_int_equal(s->dangling, DANGLING_STOP);
    assert_int_equal(s->nreferences, 3);
    assert_int_equal(s->references[0].policy, POLICY_OWNER);
    assert_string_equal(s->references[1].path, "$.user.id");
    assert_string_equal(s->references[1].columns[0], "data");
    assert_string_equal(s->references[2].type_column, "kind");
    assert_string_equal(s->references[2].columns[0], "id");
    assert_string_equal(s->references[2].ends[0].value, "o");
    assert_string_equal(rules->sqlite_profile, "django");
    assert_int_equal(rules->postgres_keep, 2);
    rules_free(rules);
}

static void
an_empty_file_is_no_rule_at_all(void **state)
{
    (void)state;
    struct rules *rules = parse("");
    assert_false(rules->sample.is_given);
    rules_free(rules);
    rules = parse("# nothing\nsample:\n");
    assert_true(rules->sample.is_given);
    assert_string_equal(rules->sample.seed, "v1");
    rules_free(rules);
}

static void
what_is_wrong_is_told_with_its_place_and_the_nearest_word(void **state)
{
    static const struct {
        const char *text, *message, *hint;
    } cases[] = {
        { "sampel: {}\n", "r.yaml:1:1: there is no key 'sampel' in the file",
          "did you mean 'sample'?" },
        { "sample:\n  rat: 5%\n", "r.yaml:2:3: there is no key 'rat' in sample",
          "did you mean 'rate'?" },
        { "sample: {rate: 5%, rate: 6%}\n", "r.yaml:1:20: the key 'rate' is here twice", NULL },
        { "sample: {rate: 0%}\n", "r.yaml:1:16: a share is wanted here", NULL },
        { "sample: {rate: 101%}\n", "a share is wanted here", NULL },
        { "sample: {rate: fast}\n", "a share is wanted here", NULL },
        { "sample: {rate: 1%, rows: 5}\n", "exclude each other", NULL },
        { "sample: {foreign_keys: {a.b.c: pul}}\n", "r.yaml:1:32: there is no policy 'pul'",
          "did you mean 'pull'?" },
        { "sample: {foreign_keys: {\"a.*.c\": pull}}\n", "without patterns", NULL },
        { "sample: {virtual: [{from: a.b.c}]}\n", "a reference has 'from' and 'to'", NULL },
        { "sample: {virtual: [{from: a.b.c, to: [a.d.e, a.d.f]}]}\n",
          "different numbers of columns", NULL },
        { "sample: {virtual: [{from: [a.b.c, a.d.c], to: [a.e.e, a.e.f]}]}\n",
          "columns of one table", NULL },
        { "sample: {strata: {\"a.*\": {by: x}}}\n", "strata are of one table", NULL },
        { "sample: {foreign_keys: {a.b: pull}}\n", "'a.b' is no foreign key", NULL },
        { "sample: {foreign_keys: {a.b.c: {policy: pull, max_rows: 3}}}\n", "max_rows belongs to",
          NULL },
        { "sample: {whole: [customers]}\n",
          "r.yaml:1:18: 'customers' is no name of a table: "
          "schema.table",
          NULL },
        { "sample: {whole: [\"/shop.(/\"]}\n", "is no name of a table: missing closing", NULL },
        { "sample: {size: 2 XB}\n", "a size is wanted here", NULL },
        { "sample: {strata: {a.b: {min: 2}}}\n", "'by' is missing", NULL },
        { "sample: &a {rate: 5%}\n", "anchors, aliases and tags", NULL },
        { "sample: !x {rate: 5%}\n", "anchors, aliases and tags", NULL },
        { "sample:\n\trate: 5%\n", "r.yaml:2:1: ", NULL },
        { "a: b\n---\nc: d\n", "a file is one document", NULL },
        { "checks: {leak: {patterns: warn}}\n", "there is no choice 'warn'", "one of: stop" },
        { "checks: {leak: {allow: [{column: a.b.c, pattern: email}]}}\n", "'why' is missing",
          NULL },
        { "checks: {leak: {min_length: 3}}\n", "shorter texts are everywhere", NULL },
        { "checks: {fidelity: {source_stats: some}}\n", "there is no choice 'some'", NULL },
        { "columns: {s.t: {a: [email, keep]}}\n", "1:21: E103 the rules behind this one", "" },
        { "columns: {s.t: {a: {use: email, when: x}}}\n", "E103 'when' leaves", "has no 'when'" },
        { "columns: {s.t: {a: [{use: email, when: x}, {use: null, when: y}]}}\n",
          "E103 the last rule may have no 'when'", "" },
        { "columns: {s.t: {a: {host: one}}}\n", "E101 one of 'use' and 'derive'", "" },
        { "columns: {s.t: {\"*\": keep}}\n", "E232 '*: keep'", "" },
        { "columns: {s.t: email}\n", "'key: value' is wanted here", "" },
        { "packs: [pii@9]\n", "E106 there is no pack 'pii@9'", "did you mean 'pii@1'?" },
        { "domains: {a: [{use: email, when: x}, email]}\n", "E104 a domain is one rule", "" },
        { "defaults: {unclassified: keep}\n", "there is no choice 'keep'", "'stop'" },
        { "include: [nowhere.yaml]\n", "cannot read the rules 'nowhere.yaml'", "" },
        { "version: 2\n", "r.yaml:1:10: this decant knows version 1", NULL },
        { "- a\n", "r.yaml:1:1: ", NULL },
        { "sample: {seed: \"${DECANT_NOT_SET}\"}\n", "the variable 'DECANT_NOT_SET' is not set",
          NULL },
        { "sample: {seed: \"${DECANT_NOT_SET?ask Ann}\"}\n", "is not set: ask Ann", NULL },
        { "sample: {seed: \"${}\"}\n", "begins a variable", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        if (rules_parse("r.yaml", cases[i].text, strlen(cases[i].text), &rules, &err))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(err.code, DECANT_USAGE);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("'%s' says '%s'", cases[i].text, err.message);
        if (cases[i].hint != NULL && strstr(err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' hints '%s'", cases[i].text, err.hint);
    }
}

static void
variables_are_replaced_and_words_stay_words(void **state)
{
    (void)state;
    setenv("DECANT_TEST_SEED", "night", 1);
    struct rules *rules = parse("sample: {seed: \"${DECANT_TEST_SEED}-${DECANT_NOT_SET:-x}$$\"}\n");
    assert_string_equal(rules->sample.seed, "night-x$");
    rules_free(rules);
    rules = parse("sample: {seed: no}\n"); /* not false */
    assert_string_equal(rules->sample.seed, "no");
    rules_free(rules);
}

/* rules/README.md is the reference; tests run in the root of the tree. */
static void
every_example_of_the_reference_is_accepted(void **state)
{
    (void)state;
    static char text[1 << 16];
    FILE *file = fopen("rules/README.md", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    int n = 0;
    for (char *p = text; (p = strstr(p, "```yaml\n")) != NULL; n++) {
        p += strlen("```yaml\n");
        char *end = strstr(p, "```");
        *end = '\0';
        rules_free(parse(p));
        p = end + 1;
    }
    assert_true(n >= 3);
}

static bool
matches(const char *text, const char *schema, const char *table)
{
    struct arena arena = { 0 };
    const char *problem, *names[] = { schema, table };
    struct pattern *pattern = pattern_new(text, 2, &arena, &problem);
    assert_non_null(pattern);
    bool yes = pattern_matches(pattern, names);
    pattern_free(pattern);
    arena_deinit(&arena);
    return yes;
}

static void
patterns_match_whole_names(void **state)
{
    (void)state;
    assert_true(matches("shop.orders", "shop", "orders"));
    assert_false(matches("shop.orders", "shop", "orders2"));
    assert_false(matches("shop.orders", "shopx", "orders"));
    assert_true(matches("shop.*_types", "shop", "order_types"));
    assert_false(matches("shop.*_types", "shop", "types"));
    assert_false(matches("shop*.x", "shop\nx", "x"));
    assert_true(matches("*", "any", "thing"));
    assert_true(matches("*.log", "any", "log"));
    assert_true(matches("s.[ab]?", "s", "bz"));
    assert_false(matches("s.[!ab]?", "s", "bz"));
    assert_true(matches("/shop\\.(a|b)/", "shop", "b"));
    assert_false(matches("/shop\\.(a|b)/", "shop", "bc"));
    assert_true(matches("s.\"Odd.\"\"Name\"", "s", "Odd.\"Name"));
    assert_true(matches("s.a+(b)", "s", "a+(b)")); /* no regular expression */
}

static bool
fits_all_but_hash(void *ctx, const struct rules_mask *mask)
{
    (void)ctx;
    return strcmp(mask->use, "token") != 0;
}

/* Every line, one after the other: what columns_match() finds without looking at them all. */
static const struct rules_column *
match_slowly(const struct rules_columns *columns, const char *table, const char *column)
{
    const char *const tables[] = { "s", table }, *const name[] = { column };
    const struct rules_column *best = NULL;
    int least = INT_MAX;
    for (size_t i = 0; i < columns->ncolumns; i++) {
        const struct rules_column *line = &columns->columns[i];
        int rank = (line->column_is_exact ? 0 : 2) + (line->table_is_exact ? 0 : 1);
        if (rank < least && pattern_matches(line->table, tables) &&
            pattern_matches(line->column, name) &&
            (rank == 0 || fits_all_but_hash(NULL, line->mask)))
            best = line, least = rank;
    }
    return best;
}

static void
a_line_is_found_by_its_table_and_a_name_by_memory(void **state)
{
    static const char *const tables[] = { "s.t",   "s.T", "s.u",    "'s.\"T\"'",
                                          "\"*\"", "s.*", "\"*.u\"" };
    static const char *const columns[] = { "Mail", "mail", "m*", "\"*\"", "'[mM]ail'", "other" };
    static const char *const masks[] = { "email", "token", "by_shape" };
    static const char *const names[] = { "t", "T", "u", "v" }, *const cells[] = { "mail", "Mail",
                                                                                  "MAIL", "m",
                                                                                  "other" };
    struct buf text = { 0 };
    (void)state;
    for (unsigned seed = 0; seed < 300; seed++) {
        unsigned n = 0;
        buf_reset(&text);
        buf_puts(&text, "columns:\n");
        for (unsigned t = 0; t < 7; t++) {
            if ((seed >> (t % 5) & 1) == 0)
                continue;
            buf_printf(&text, "  %s:\n", tables[t]);
            for (unsigned c = 0; c < 6; c++)
                if ((seed * 7 + t * 3 + c) % 3 != 0 || c == seed % 6)
                    buf_printf(&text, "    %s: %s\n", columns[c], masks[(seed + t + n++) % 3]);
        }
        if (n == 0)
            continue;
        struct rules *rules = parse(buf_str(&text));
        struct columns_memo memo = { .arena = &rules->arena };
        for (int turn = 0; turn < 2; turn++)
            for (int t = 0; t < 4; t++)
                for (int c = 0; c < 5; c++) {
                    const struct rules_column *twin,
                        *slow = match_slowly(&rules->columns, names[t], cells[c]);
                    const struct rules_column *fast =
                        columns_match(&rules->columns, turn == 0 ? NULL : &memo, "s", names[t],
                                      cells[c], fits_all_but_hash, NULL, &twin);
                    if (fast != slow && twin != slow)
                        fail_msg("%s.%s: line %d, not %d of\n%s", names[t], cells[c],
                                 fast == NULL ? 0 : fast->place.line,
                                 slow == NULL ? 0 : slow->place.line, buf_str(&text));
                }
        map_deinit(&memo.names);
        rules_free(rules);
    }
    buf_deinit(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_of_a_sample_is_read),
        cmocka_unit_test(an_empty_file_is_no_rule_at_all),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place_and_the_nearest_word),
        cmocka_unit_test(variables_are_replaced_and_words_stay_words),
        cmocka_unit_test(every_example_of_the_reference_is_accepted),
        cmocka_unit_test(patterns_match_whole_names),
        cmocka_unit_test(a_line_is_found_by_its_table_and_a_name_by_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
