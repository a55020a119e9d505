/* SPDX-License-Identifier: PostgreSQL */
/* The language of the rules, sentence by sentence: what a file may say, and what becomes of every
 * slip. Included files and packs, and which of two lines wins. */
#include "rules/rules.h"

#include <limits.h>
#include <sys/stat.h>

#include "unit.h"

static char folder[256];

/* Adds a header to a section. */
#define SAMPLE(text) "sample:\n  rate: 0.05\n" text

static struct rules *
parse(const char *text)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (!rules_parse("r.yaml", text, strlen(text), &rules, &err))
        fail_msg("%s (%s)\n%s", err.message, err.context, text);
    return rules;
}

struct refusal {
    const char *text, *message, *hint;
};

static void
expect_refusals(const struct refusal *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        if (rules_parse("r.yaml", cases[i].text, strlen(cases[i].text), &rules, &err))
            fail_msg("accepted: %s", cases[i].text);
        assert_null(rules);
        assert_int_equal(err.code, DECANT_USAGE);
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("'%s' says '%s'", cases[i].text, err.message);
        if (strncmp(err.message, "r.yaml:", 7) != 0)
            fail_msg("'%s' has no place: '%s'", cases[i].text, err.message);
        if (cases[i].hint == NULL ? err.hint[0] != '\0' : strstr(err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' hints '%s'", cases[i].text, err.hint);
    }
}

#define EXPECT_REFUSALS(cases) expect_refusals(cases, sizeof(cases) / sizeof *(cases))

static void
words_that_are_not_in_the_language_are_refused_where_they_stand(void **state)
{
    static const struct refusal cases[] = {
        { "columns: {}\nkeyid: x\n", "r.yaml:2:1: there is no key 'keyid' in the file",
          "did you mean 'key_id'?" },
        { "transformations: {}\n", "r.yaml:1:1: there is no key 'transformations' in the file",
          NULL },
        { "Version: 1\n", "there is no key 'Version'", "did you mean 'version'?" },
        { "version: 1.0\n", "r.yaml:1:10: this decant knows version 1 of the language", NULL },
        { "version: [1]\n", "r.yaml:1:10: a text is wanted here", NULL },
        { "version:\n", "a text is wanted here", NULL },
        { "key_id: {a: b}\n", "r.yaml:1:9: a text is wanted here", NULL },
        { "sample: 5%\n", "r.yaml:1:9: 'key: value' is wanted here", NULL },
        { "sample: [rate]\n", "'key: value' is wanted here", NULL },
        { SAMPLE("  Rate: 6%\n"), "r.yaml:3:3: there is no key 'Rate' in sample", "'rate'" },
        { SAMPLE("  roots: {s.t: {rat: 1%}}\n"), "there is no key 'rat' in a root", "'rate'" },
        { SAMPLE("  roots: {s.t: {where: x}}\n"), "there is no key 'where' in a root", NULL },
        { SAMPLE("  tables: {s.t: {wher: x}}\n"), "there is no key 'wher' in a table", "'where'" },
        { SAMPLE("  strata: {s.t: {by: a, max: 3}}\n"), "there is no key 'max' in a stratum",
          "'min'" },
        { SAMPLE("  edges: {per_values: 3}\n"), "there is no key 'per_values' in edges",
          "'per_value'" },
        { SAMPLE("  virtual: [{from: a.b.c, too: a.d.e}]\n"), "r.yaml:3:27: there is no key 'too'",
          "'to'" },
        { SAMPLE("  foreign_keys: {a.b.c: {polcy: pull}}\n"),
          "there is no key 'polcy' in a foreign key", "'policy'" },
        { "target: {sqlit: {}}\n", "r.yaml:1:10: there is no key 'sqlit' in target", "'sqlite'" },
        { "target: {sqlite: {odd: x}}\n", "there is no key 'odd' in sqlite", NULL },
        { "target: {postgres: {keeps: 1}}\n", "there is no key 'keeps' in postgres", "'keep'" },
        { "checks: {leaks: {}}\n", "there is no key 'leaks' in checks", "'leak'" },
        { "checks: {leak: {min_len: 5}}\n", "there is no key 'min_len' in leak", "'min_length'" },
        { "checks: {fidelity: {fail_undr: none}}\n", "there is no key 'fail_undr' in fidelity",
          "'fail_under'" },
        { "checks: {leak: {allow: [{colum: a}]}}\n",
          "there is no key 'colum' in an allowed finding", "'column'" },
        { "defaults: {unclasified: stop}\n", "there is no key 'unclasified' in defaults",
          "'unclassified'" },
        { "entities: {c: {tabel: s.t}}\n", "r.yaml:1:16: there is no key 'tabel' in an entity",
          "'table'" },
    };
    (void)state;
    EXPECT_REFUSALS(cases);
}

static void
values_of_another_kind_are_refused_where_they_stand(void **state)
{
    static const struct refusal cases[] = {
        { "sample: {rate: [5%]}\n", "r.yaml:1:16: a share is wanted here: above 0 and at most 100%",
          NULL },
        { "sample: {rate: -5%}\n", "a share is wanted here", NULL },
        { "sample: {rate: 5}\n", "a share is wanted here", NULL },
        { "sample: {rows: many}\n", "r.yaml:1:16: a whole number is wanted here", NULL },
        { "sample: {rows: -5}\n", "a whole number is wanted here", NULL },
        { "sample: {rows: 5.5}\n", "a whole number is wanted here", NULL },
        { "sample: {rows: 99999999999999999999}\n", "a whole number is wanted here", NULL },
        { "sample: {rows: {a: b}}\n", "a whole number is wanted here", NULL },
        { "sample: {size: [1]}\n", "a size is wanted here: 500MB, 2GiB", NULL },
        { "sample: {size: 0}\n", "a size is wanted here", NULL },
        { "sample: {rows: 5, size: 1GB}\n", "'rate', 'rows' and 'size' exclude each other", NULL },
        { SAMPLE("  seed: ''\n"), "r.yaml:3:9: a text is wanted here", NULL },
        { SAMPLE("  cap: 0%\n"), "a share is wanted here", NULL },
        { SAMPLE("  cap: nothing\n"), "a share is wanted here", NULL },
        { SAMPLE("  cap: [none]\n"), "a share is wanted here", NULL },
        { SAMPLE("  dangling: drop\n"), "r.yaml:3:13: there is no value 'drop'", "'stop'" },
        { SAMPLE("  dangling: forget\n"), "there is no value 'forget'", "one of: keep, stop" },
        { SAMPLE("  roots: [s.t]\n"), "r.yaml:3:10: 'key: value' is wanted here", NULL },
        { SAMPLE("  roots: {s.t: {rate: 0}}\n"), "a share is wanted here", NULL },
        { SAMPLE("  roots: {s: {}}\n"), "r.yaml:3:11: 's' is no name of a table: schema.table",
          NULL },
        { SAMPLE("  tables: {a.b.c: {}}\n"), "'a.b.c' is no name of a table", NULL },
        { SAMPLE("  also: {s.t: [a]}\n"), "a text is wanted here", NULL },
        { SAMPLE("  also: {s.t: ''}\n"), "a text is wanted here", NULL },
        { SAMPLE("  whole: {s.t: x}\n"), "a list of tables is wanted here", NULL },
        { SAMPLE("  whole: [[s.t]]\n"), "a text is wanted here", NULL },
        { SAMPLE("  whole: ''\n"), "a text is wanted here", NULL },
        { SAMPLE("  exclude: [s.t, t]\n"), "r.yaml:3:18: 't' is no name of a table", NULL },
        { SAMPLE("  schema_only: 's.\"t'\n"), "a quote or bracket is not closed", NULL },
        { SAMPLE("  strata: [s.t]\n"), "'key: value' is wanted here", NULL },
        { SAMPLE("  strata: {s.t: {by: []}}\n"), "r.yaml:3:22: the list is empty", NULL },
        { SAMPLE("  strata: {s.t: {by: {a: b}}}\n"), "a text is wanted here", NULL },
        { SAMPLE("  strata: {t: {by: a}}\n"), "'t' is no name of a table", NULL },
        { SAMPLE("  strata: {s.t: {}}\n"), "'by' is missing: the columns that make the strata",
          NULL },
        { SAMPLE("  edges: {per_value: 11}\n"), "at most 10 rows of each value or pattern", NULL },
        { SAMPLE("  edges: {null_patterns: 11}\n"), "at most 10 rows of each value or pattern",
          NULL },
        { SAMPLE("  edges: 3\n"), "'key: value' is wanted here", NULL },
        { SAMPLE("  foreign_keys: [a.b.c]\n"), "'key: value' is wanted here", NULL },
        { SAMPLE("  foreign_keys: {a.b.c: [pull]}\n"), "'key: value' is wanted here", NULL },
        { SAMPLE("  foreign_keys: {a.b.c: ''}\n"), "a text is wanted here", NULL },
        { SAMPLE("  foreign_keys: {a.b.c: {policy: pull_with_children, max_rows: few}}\n"),
          "a whole number is wanted here", NULL },
        { SAMPLE("  foreign_keys: {abc: pull}\n"), "r.yaml:3:18: 'abc' is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {a.b.: pull}\n"), "'a.b.' is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {'a.b:': pull}\n"), "'a.b:' is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {a.b.c.d: pull}\n"), "'a.b.c.d' is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {'a.b.c:d': pull}\n"), "'a.b.c:d' is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {'/a.b/.c': pull}\n"), "is no foreign key", NULL },
        { SAMPLE("  foreign_keys: {'a.b?.c': pull}\n"), "without patterns", NULL },
        { SAMPLE("  virtual: {from: a.b.c, to: a.d.e}\n"),
          "a list of {from: ..., to: ...} is wanted here", NULL },
        { SAMPLE("  virtual: [a.b.c]\n"), "'key: value' is wanted here", NULL },
        { SAMPLE("  virtual: [{to: a.b.c}]\n"), "r.yaml:3:13: a reference has 'from' and 'to'",
          NULL },
        { SAMPLE("  virtual: [{from: a.b, to: a.b.c}]\n"),
          "columns of one table are wanted here: schema.table.column", NULL },
        { SAMPLE("  virtual: [{from: a.*.c, to: a.b.c}]\n"), "columns of one table", NULL },
        { SAMPLE("  virtual: [{from: 'a.b:c', to: a.b.c}]\n"), "columns of one table", NULL },
        { SAMPLE("  virtual: [{from: a.b.c, to: 'a.b:c'}]\n"), "columns of one table", NULL },
        { SAMPLE("  virtual: [{from: a.b.c, to: {x: a.d.e}}]\n"),
          "several tables need two columns in 'from': of the type, and of the key", NULL },
        { SAMPLE("  virtual: [{from: [a.b.c, a.b.d], to: {x: [a.d.e, a.d.f]}}]\n"),
          "'from' and 'to' have different numbers of columns", NULL },
        { SAMPLE("  virtual: [{from: a.b.c, to: a.d.e, policy: follow}]\n"),
          "there is no policy 'follow'",
          "one of: owner, pull, pull_with_children, require, reassign, null" },
        { "checks: {leak: {scope: all}}\n", "r.yaml:1:24: there is no scope 'all'",
          "one of: sample, population" },
        { "checks: {leak: {originals: warn}}\n", "there is no choice 'warn'", "one of: stop" },
        { "checks: {leak: {min_length: three}}\n", "a whole number is wanted here", NULL },
        { "checks: {leak: {memory: lots}}\n", "a size is wanted here", NULL },
        { "checks: {leak: {allow: {column: a}}}\n", "a list of {column, pattern, why} is wanted",
          NULL },
        { "checks: {leak: {allow: [{why: x}]}}\n", "'column' and 'pattern' are needed here", NULL },
        { "checks: {leak: {allow: [{column: a.b.c, pattern: email, why: ''}]}}\n",
          "a text is wanted here", NULL },
        { "checks: {fidelity: {fail_under: sloppy}}\n", "there is no gate 'sloppy'",
          "one of: none, default, strict" },
        { "checks: {fidelity: {canaries: []}}\n", "the list is empty", NULL },
        { "checks: {fidelity: {canaries: {a: b}}}\n", "a text is wanted here", NULL },
        { "target: {sqlite: {statistics: false}}\n", "there is no choice 'false'",
          "one of: yes, no" },
        { "target: {postgres: {comments: mask}}\n", "there is no choice 'mask'",
          "one of: drop, keep" },
        { "target: {postgres: {keep: -1}}\n", "a whole number is wanted here", NULL },
        { "target: x\n", "'key: value' is wanted here", NULL },
        { "locale: []\n", "a text is wanted here", NULL },
        { "locale: {}\n", "r.yaml:1:9: the map is empty", NULL },
        { "locale: {en_US: half}\n", "a whole number is wanted here", NULL },
        { "packs: {}\n", "a text is wanted here", NULL },
        { "packs: []\n", "the list is empty", NULL },
        { "defaults: {keys: scramble}\n", "there is no choice 'scramble'", "keep, permute" },
        { "defaults: {invalid_input: keep}\n", "there is no choice 'keep'", "'stop'" },
        { "defaults: {safe_types: {}}\n", "a text is wanted here", NULL },
        { "domains: [a]\n", "'key: value' is wanted here", NULL },
        { "entities: [a]\n", "'key: value' is wanted here", NULL },
        { "entities: {c: {}}\n", "r.yaml:1:15: 'table' is missing", NULL },
        { "entities: {c: {table: t}}\n", "'t': schema.table", NULL },
        { "entities: {c: {table: s.t, via: [a]}}\n", "'key: value' is wanted here", NULL },
        { "entities: {c: {table: s.t, via: {s.u: [a]}}}\n", "a text is wanted here", NULL },
        { "entities: {c: {table: s.t, via: {u: a}}}\n", "r.yaml:1:34: 'u': schema.table", NULL },
        { "include: {}\n", "a text is wanted here", NULL },
    };
    (void)state;
    EXPECT_REFUSALS(cases);
}

static void
masks_that_leave_rows_out_or_say_nothing_are_refused(void **state)
{
    static const struct refusal cases[] = {
        { "columns: {s.t: {a: {}}}\n", "r.yaml:1:20: E101 one of 'use' and 'derive' is wanted here",
          NULL },
        { "columns: {s.t: {a: {use: email, derive: x}}}\n", "E101 one of 'use' and 'derive'",
          NULL },
        { "columns: {s.t: {a: {use: [email]}}}\n", "r.yaml:1:26: a text is wanted here", NULL },
        { "columns: {s.t: {a: ''}}\n", "a text is wanted here", NULL },
        { "columns: {s.t: {a: []}}\n", "r.yaml:1:20: the list is empty", NULL },
        { "columns: {s.t: {a: [[email]]}}\n",
          "a transformer's name, or {use: NAME, ...}, is wanted here", NULL },
        { "columns: {s.t: {a: {use: email, when: x}}}\n",
          "r.yaml:1:20: E103 'when' leaves the other rows without a rule",
          "a list of rules, of which the last has no 'when'" },
        { "columns: {s.t: {a: [{use: email, when: x}]}}\n",
          "r.yaml:1:21: E103 the last rule may have no 'when': every row must be covered", NULL },
        { "columns: {s.t: {a: [email, {use: phone, when: x}]}}\n",
          "r.yaml:1:21: E103 the rules behind this one are never reached", NULL },
        { "columns: {s.t: {a: [{use: email, when: ''}, phone]}}\n", "a text is wanted here", NULL },
        { "columns: {s.t: {\"*\": keep}}\n",
          "r.yaml:1:17: E232 '*: keep' would let new columns pass: name them", NULL },
        { "columns: {\"*\": {\"/.*/\": keep}}\n", "E232 '*: keep'", NULL },
        { "columns: {s.t: {\"?*\": [{use: email, when: x}, keep]}}\n", "E232 '*: keep'", NULL },
        { "columns: {s.t: {\"a, *\": {use: keep}}}\n", "E232 '*: keep'", NULL },
        { "columns: {s.t: [a]}\n", "r.yaml:1:16: 'key: value' is wanted here", NULL },
        { "columns: email\n", "r.yaml:1:10: 'key: value' is wanted here", NULL },
        { "columns: {t: {a: email}}\n", "r.yaml:1:11: 't': schema.table", NULL },
        { "columns: {s.t: {a.b: email}}\n", "r.yaml:1:17: 'a.b': a name", NULL },
        { "columns: {s.t: {\"/(/\": email}}\n", "'/(/': missing closing parenthesis", NULL },
        { "columns: {s.t: {\"a,,b\": email}}\n", "'': a part of the name is empty", NULL },
        { "columns: {\"s.t, u\": {a: email}}\n", "'u': schema.table", NULL },
        { "domains: {d: keep}\n", "r.yaml:1:14: E104 a domain makes fakes: it cannot keep", NULL },
        { "domains: {d: {use: keep}}\n", "E104 a domain makes fakes: it cannot keep", NULL },
        { "domains: {d: [{use: email, when: x}, phone]}\n",
          "E104 a domain is one rule, without conditions", NULL },
        { "domains: {d: {use: email, when: x}}\n", "E103 'when' leaves the other rows", "a list" },
        { "domains: {d: {}}\n", "E101 one of 'use' and 'derive'", NULL },
        { "packs: [pii@1, secret@1]\n",
          "r.yaml:1:8: E106 there is no pack 'secret@1' in this program",
          "did you mean 'secrets@1'?" },
        { "packs: everything@1\n", "E106 there is no pack 'everything@1'",
          "a pack is named with its version: pii@1" },
    };
    (void)state;
    EXPECT_REFUSALS(cases);
}

/* "What belongs to the language but is not carried out ... is an error": so is what says nothing.
 */
static void
what_says_nothing_is_refused(void **state)
{
    static const struct refusal cases[] = {
        { SAMPLE("  virtual: [{from: [a.b.t, a.b.c], to: {}}]\n"), "", NULL },
        { "columns: {\"\": {a: email}}\n", "", NULL },
        { "columns: {s.t: {\"\": email}}\n", "", NULL },
    };
    (void)state;
    EXPECT_REFUSALS(cases);
}

/* A key whose policy nobody says follows its parent, of all things. */
static void
a_key_without_a_policy_has_no_owner(void **state)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    static const char text[] = SAMPLE("  foreign_keys: {a.b.c: {}}\n");
    (void)state;
    if (rules_parse("r.yaml", text, sizeof text - 1, &rules, &err))
        fail_msg("accepted, as '%s'", rules_policy_name(rules->sample.keys[0].policy));
}

/* Does a section know the key, whatever its value? */
static bool
is_known(const char *section, const char *key)
{
    char text[200];
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (strcmp(section, "policies") == 0)
        snprintf(text, sizeof text, "sample: {foreign_keys: {a.b.c: \"%s\"}}\n", key);
    else if (section[0] == '\0')
        snprintf(text, sizeof text, "%s: {}\n", key);
    else
        snprintf(text, sizeof text, "%s: {%s: {}}\n", section, key);
    if (rules_parse("r.yaml", text, strlen(text), &rules, &err)) {
        rules_free(rules);
        return true;
    }
    return strstr(err.message, "there is no ") == NULL;
}

/* The first cell of a row has its words in backticks, and "defaults.keys" is a key of a section. */
static int
check_cell(const char *section, char *row)
{
    int n = 0;
    row[1 + strcspn(row + 1, "|")] = '\0';
    strtok(row, "`");
    for (char *word; (word = strtok(NULL, "`")) != NULL; strtok(NULL, "`"), n++) {
        char *dot = strchr(word, '.');
        if (dot != NULL)
            *dot = '\0';
        if (!(dot != NULL ? is_known(word, dot + 1) : is_known(section, word)))
            fail_msg("the reference has a key '%s'", dot != NULL ? dot + 1 : word);
    }
    return n;
}

static void
every_key_of_the_tables_of_the_reference_is_known(void **state)
{
    static const struct {
        const char *heading, *section;
        int keys;
    } tables[] = { { "## sample\n", "sample", 16 },
                   { "### Policies\n", "policies", POLICY_COUNT },
                   { "### defaults, packs, include, locale\n", "", 7 } };
    char line[4000];
    int at = -1, n[3] = { 0 };
    FILE *file = fopen("rules/README.md", "r");
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            at = -1;
        for (int i = 0; i < 3; i++)
            if (strcmp(line, tables[i].heading) == 0)
                at = i;
        if (at >= 0 && strncmp(line, "| `", 3) == 0)
            n[at] += check_cell(tables[at].section, line);
    }
    fclose(file);
    for (int i = 0; i < 3; i++)
        assert_int_equal(n[i], tables[i].keys);
    assert_false(is_known("sample", "rat")); /* the question can be answered with no */
    assert_false(is_known("policies", "pul"));
    assert_false(is_known("", "sampel"));
}

/* ---- what is read */

static void
defaults_are_those_of_the_reference(void **state)
{
    struct rules *rules = parse("");
    (void)state;
    assert_null(rules->key_id);
    assert_string_equal(rules->sample.seed, "v1");
    assert_true(rules->sample.cap == 0.05);
    assert_int_equal(rules->sample.dangling, DANGLING_KEEP);
    assert_false(rules->sample.has_edges);
    assert_int_equal(rules->checks.scope, SCOPE_SAMPLE);
    assert_int_equal(rules->checks.least_length, 6);
    assert_int_equal(rules->checks.leak_memory, INT64_C(512) << 20);
    assert_int_equal(rules->checks.gate, GATE_DEFAULT);
    assert_int_equal(rules->checks.source_stats, STATS_CHEAP);
    assert_int_equal(rules->columns.defaults.unclassified, UNCLASSIFIED_STOP);
    assert_int_equal(rules->columns.defaults.keys, KEYS_KEEP);
    assert_int_equal(rules->columns.defaults.invalid_input, INVALID_BY_SHAPE);
    assert_false(rules->columns.is_given);
    assert_int_equal(rules->postgres_keep, -1);
    assert_int_equal(rules->postgres_comments, COMMENTS_BY_MASKS);
    assert_false(rules->sqlite_no_statistics);
    assert_null(rules->sqlite_profile);
    rules_free(rules);
    rules_free(NULL);
}

static void
checks_and_targets_say_what_is_asked_of_them(void **state)
{
    struct rules *rules =
        parse("checks:\n"
              "  leak:\n"
              "    patterns: stop\n"
              "    scope: population\n"
              "    min_length: 4\n"
              "    memory: 1GiB\n"
              "    allow:\n"
              "      - {column: shop.pages.body, pattern: email, why: the published contact page}\n"
              "      - {column: shop.v, pattern: unchanged, why: old}\n"
              "  fidelity: {fail_under: strict, source_stats: full, canaries: select 1}\n"
              "target:\n"
              "  sqlite: {profile: rails, odd_values: \"null\", statistics: no}\n"
              "  postgres: {keep: 0, comments: keep}\n");
    const struct rules_checks *c = &rules->checks;
    (void)state;
    assert_int_equal(c->scope, SCOPE_POPULATION);
    assert_int_equal(c->least_length, 4);
    assert_int_equal(c->leak_memory, INT64_C(1) << 30);
    assert_int_equal(c->nallowed, 2);
    assert_string_equal(c->allowed[0].object, "shop.pages.body");
    assert_string_equal(c->allowed[0].why, "the published contact page");
    assert_int_equal(c->allowed[0].line, 8);
    assert_string_equal(c->allowed[1].pattern, "unchanged");
    assert_int_equal(c->gate, GATE_STRICT);
    assert_int_equal(c->source_stats, STATS_FULL);
    assert_int_equal(c->ncanaries, 1);
    assert_string_equal(c->canaries[0], "select 1");
    assert_string_equal(rules->sqlite_odd_values, "null");
    assert_true(rules->sqlite_no_statistics);
    assert_int_equal(rules->postgres_keep, 0);
    assert_int_equal(rules->postgres_comments, COMMENTS_KEEP);
    rules_free(rules);
}

static void
a_gate_is_known_by_its_word(void **state)
{
    (void)state;
    assert_int_equal(checks_gate("none"), GATE_NONE);
    assert_int_equal(checks_gate("default"), GATE_DEFAULT);
    assert_int_equal(checks_gate("strict"), GATE_STRICT);
    assert_int_equal(checks_gate("Strict"), -1);
    assert_int_equal(checks_gate(""), -1);
}

static void
edges_may_be_turned_off_and_on_one_by_one(void **state)
{
    static const struct {
        const char *text;
        int values, patterns, extremes;
        double budget;
    } cases[] = {
        { "edges:\n", 3, 3, 0, 0.02 },
        { "edges: {}\n", 3, 3, 0, 0.02 },
        { "edges: {per_value: 0, null_patterns: 10, extremes: 5, budget: 100%}\n", 0, 10, 5, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, SAMPLE("  %s"), cases[i].text);
        struct rules *rules = parse(text);
        assert_true(rules->sample.has_edges);
        assert_int_equal(rules->sample.edge_values, cases[i].values);
        assert_int_equal(rules->sample.edge_patterns, cases[i].patterns);
        assert_int_equal(rules->sample.edge_extremes, cases[i].extremes);
        assert_true(rules->sample.edge_budget == cases[i].budget);
        rules_free(rules);
    }
}

static void
a_flag_wins_over_what_the_file_says(void **state)
{
    struct rules *rules = parse("sample: {rate: 5%}\n");
    (void)state;
    rules_set_extent(rules, 0, 1000, 0);
    assert_true(rules->sample.rate == 0);
    assert_int_equal(rules->sample.rows, 1000);
    rules_set_extent(rules, 0, 0, INT64_C(1) << 40);
    assert_int_equal(rules->sample.rows, 0);
    assert_int_equal(rules->sample.bytes, INT64_C(1) << 40);
    rules_set_extent(rules, 0.5, 0, 0);
    assert_true(rules->sample.rate == 0.5);
    assert_int_equal(rules->sample.bytes, 0);
    rules_free(rules);
}

static void
rows_or_bytes_may_stand_instead_of_a_rate(void **state)
{
    struct rules *rules = parse("sample: {rows: 5000}\n");
    (void)state;
    assert_true(rules->sample.rate == 0);
    assert_int_equal(rules->sample.rows, 5000);
    rules_free(rules);
    rules = parse("sample: {size: 2GiB}\n");
    assert_int_equal(rules->sample.bytes, INT64_C(2) << 30);
    assert_int_equal(rules->sample.rows, 0);
    rules_free(rules);
}

static void
every_policy_has_its_word(void **state)
{
    static const char *const words[POLICY_COUNT] = { "owner",   "pull",     "pull_with_children",
                                                     "require", "reassign", "null" };
    (void)state;
    for (int i = 0; i < POLICY_COUNT; i++) {
        char text[200];
        assert_string_equal(rules_policy_name((enum rules_policy)i), words[i]);
        snprintf(text, sizeof text,
                 SAMPLE("  foreign_keys: {a.b.c: \"%s\", a.b.d: {policy: %s}}\n"), words[i],
                 words[i]);
        struct rules *rules = parse(text);
        assert_int_equal(rules->sample.keys[0].policy, i);
        assert_int_equal(rules->sample.keys[1].policy, i);
        rules_free(rules);
    }
}

static void
keys_have_odd_names_in_quotes(void **state)
{
    static const struct {
        const char *name, *schema, *table, *column, *constraint;
    } cases[] = {
        { "s.t.c", "s", "t", "c", NULL },
        { "s.t:k", "s", "t", NULL, "k" },
        { "'\"S.x\".\"T:y\".\"c.d:e\"'", "S.x", "T:y", "c.d:e", NULL },
        { "'s.\"t\":\"k.1\"'", "s", "t", NULL, "k.1" },
        { "'s.t.\"a\"\"b\"'", "s", "t", "a\"b", NULL },
        { "s.t.c d", "s", "t", "c d", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, SAMPLE("  foreign_keys:\n    %s: pull\n"), cases[i].name);
        struct rules *rules = parse(text);
        const struct rules_key *key = &rules->sample.keys[0];
        const char *const names[] = { cases[i].schema, cases[i].table };
        assert_true(pattern_matches(key->pattern, names));
        assert_int_equal(key->mark.line, 4);
        assert_int_equal(key->mark.column, 5);
        if (cases[i].column != NULL)
            assert_string_equal(key->column, cases[i].column);
        else
            assert_null(key->column);
        if (cases[i].constraint != NULL)
            assert_string_equal(key->constraint, cases[i].constraint);
        else
            assert_null(key->constraint);
        rules_free(rules);
    }
}

static void
columns_of_one_table_may_be_quoted_in_any_order(void **state)
{
    static const char *const lists[] = {
        "['s.t.\"a.b\"', s.t.c]",
        "[s.t.c, 's.t.\"a.b\"']", /* the dot in quotes is part of the name */
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char text[200];
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        snprintf(text, sizeof text, SAMPLE("  virtual:\n    - {from: %s, to: [s.p.x, s.p.y]}\n"),
                 lists[i]);
        if (!rules_parse("r.yaml", text, strlen(text), &rules, &err))
            fail_msg("%s: %s", lists[i], err.message);
        rules_free(rules);
    }
}

static void
one_table_is_a_list_of_one(void **state)
{
    struct rules *rules = parse(SAMPLE("  whole: s.a\n  exclude: \"x.*\"\n  schema_only: [s.b, "
                                       "\"/s.(c|d)/\"]\n"));
    (void)state;
    assert_int_equal(rules->sample.nwhole, 1);
    assert_string_equal(rules->sample.whole[0].name, "s.a");
    assert_int_equal(rules->sample.whole[0].mark.line, 3);
    assert_int_equal(rules->sample.whole[0].mark.column, 10);
    assert_int_equal(rules->sample.nexcluded, 1);
    assert_int_equal(rules->sample.nschema_only, 2);
    assert_int_equal(rules->sample.schema_only[1].mark.column, 22);
    rules_free(rules);
}

static void
locales_have_weights_or_are_one(void **state)
{
    struct rules *rules = parse("locale: de_DE\n");
    (void)state;
    assert_int_equal(rules->columns.nlocales, 1);
    assert_string_equal(rules->columns.locales[0].name, "de_DE");
    assert_true(rules->columns.locales[0].weight == 1);
    rules_free(rules);
    rules = parse("locale: {en_US: 70, de_DE: 30}\n");
    assert_int_equal(rules->columns.nlocales, 2);
    assert_string_equal(rules->columns.locales[1].name, "de_DE");
    assert_true(rules->columns.locales[1].weight == 30);
    rules_free(rules);
}

static void
entities_say_which_rows_are_whose(void **state)
{
    struct rules *rules =
        parse("entities:\n  customer: {table: shop.customers, via: {shop.shipments: order_id, "
              "'shop.\"Odd\"': id}}\n  staff: {table: hr.people}\n");
    const struct rules_entity *e = rules->columns.entities;
    const char *const odd[] = { "shop", "Odd" };
    (void)state;
    assert_int_equal(rules->columns.nentities, 2);
    assert_string_equal(e[0].name, "customer");
    assert_int_equal(e[0].nvia, 2);
    assert_string_equal(e[0].via[0].column, "order_id");
    assert_true(pattern_matches(e[0].via[1].table, odd));
    assert_int_equal(e[0].via[1].place.line, 2);
    assert_int_equal(e[1].nvia, 0);
    assert_int_equal(e[1].place.line, 3);
    rules_free(rules);
}

static void
defaults_are_chosen_by_their_words(void **state)
{
    struct rules *rules = parse("defaults: {unclassified: \"null\", keys: permute, "
                                "invalid_input: stop, safe_types: [integer, uuid]}\n");
    const struct rules_defaults *d = &rules->columns.defaults;
    (void)state;
    assert_int_equal(d->unclassified, UNCLASSIFIED_NULL);
    assert_int_equal(d->keys, KEYS_PERMUTE);
    assert_int_equal(d->invalid_input, INVALID_STOP);
    assert_int_equal(d->nsafe, 2);
    assert_string_equal(d->safe_types[1], "uuid");
    rules_free(rules);
}

/* Only SQL of the rules makes names mean what the role finds on its path. */
static void
sql_is_found_wherever_it_stands(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        { "", false },
        { SAMPLE("  roots: {s.t: {rate: 1%}}\n"), false },
        { SAMPLE("  tables: {s.t: {rate: 1%}}\n  whole: [s.u]\n"), false },
        { SAMPLE("  tables: {s.t: {rate: 1%}, s.u: {where: x}}\n"), true },
        { SAMPLE("  also: {s.t: x}\n"), true },
        { "columns: {s.t: {a: email}}\n", false },
        { "columns: {s.t: {a: [{use: email, when: x}, phone]}}\n", true },
        { "domains: {d: email}\n", false },
        { "checks: {fidelity: {canaries: [select 1]}}\n", true },
        { "checks: {fidelity: {fail_under: none}}\n", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules *rules = parse(cases[i].text);
        if (rules_hold_sql(rules) != cases[i].holds)
            fail_msg("%s", cases[i].text);
        rules_free(rules);
    }
}

/* ---- masks */

static void
conditions_are_tried_in_their_order(void **state)
{
    struct rules *rules = parse("columns:\n  s.t:\n    tax_id:\n"
                                "      - {when: \"country = 'DE'\", use: national_id, format: x}\n"
                                "      - {when: b, derive: \"{a} x\"}\n"
                                "      - by_shape\n");
    const struct rules_mask *mask = rules->columns.columns[0].mask;
    (void)state;
    assert_string_equal(mask->when, "country = 'DE'");
    assert_string_equal(mask->use, "national_id");
    assert_int_equal(mask->place.line, 4);
    assert_int_equal(mask->place.column, 9);
    assert_string_equal(mask->next->use, "derive");
    assert_string_equal(mask->next->next->use, "by_shape");
    assert_null(mask->next->next->when);
    assert_null(mask->next->next->node);
    assert_null(mask->next->next->next);
    rules_free(rules);
}

static void
masks_say_the_same_however_they_are_written(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "email", "email", true },
        { "email", "{use: email}", true },
        { "email", "phone", false },
        { "{use: email, host: one}", "{use: email, host: one}", true },
        { "{use: email, host: one}", "{use: email, host: per_host}", false },
        { "{use: email, host: one}", "email", false },
        { "{derive: \"{a}\"}", "{derive: \"{a}\"}", true },
        { "{derive: \"{a}\"}", "{derive: \"{b}\"}", false },
        { "{use: choice, values: [a, b]}", "{use: choice, values: [a, b]}", true },
        { "{use: choice, values: [a, b]}", "{use: choice, values: [b, a]}", false },
        { "{use: choice, values: [a, b]}", "{use: choice, values: [a]}", false },
        { "{use: map, values: {a: b}}", "{use: map, values: {b: b}}", false },
        { "[{use: email, when: x}, phone]", "[{use: email, when: x}, phone]", true },
        { "[{use: email, when: x}, phone]", "[{use: email, when: y}, phone]", false },
        { "[{use: email, when: x}, phone]", "email", false },
        { "[{use: email, when: x}, phone]", "[{use: email, when: x}, keep]", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "columns: {s.t: {a: %s, b: %s}}\n", cases[i].a, cases[i].b);
        struct rules *rules = parse(text);
        const struct rules_column *c = rules->columns.columns;
        if (mask_says_same(c[0].mask, c[1].mask) != cases[i].same ||
            mask_says_same(c[1].mask, c[0].mask) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        rules_free(rules);
    }
}

/* A map is the same in any order, and `why` is for readers. */
static void
the_order_of_parameters_and_reasons_say_nothing(void **state)
{
    static const char *const pairs[][2] = {
        { "{use: email, host: one}", "{host: one, use: email}" },
        { "email", "{use: email, why: legal asked}" },
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char text[300];
        snprintf(text, sizeof text, "columns: {s.t: {a: %s, b: %s}}\n", pairs[i][0], pairs[i][1]);
        struct rules *rules = parse(text);
        const struct rules_column *c = rules->columns.columns;
        if (!mask_says_same(c[0].mask, c[1].mask))
            fail_msg("%s and %s", pairs[i][0], pairs[i][1]);
        rules_free(rules);
    }
}

static void
lists_of_names_are_lines_of_their_own(void **state)
{
    static const struct {
        const char *tables, *columns;
        size_t n;
        const char *last;
    } cases[] = {
        { "s.t", "status, plan,channel", 3, "channel" },
        { "\"s.t, s.u\"", "a, b", 4, "b" },
        { "s.t", "'a, \"b,c\", d '", 3, "d" },
        { "s.t", "'a,\"b,c\"'", 2, "\"b,c\"" },
        { "s.t", "\"/a,b{1,2}/\"", 1, "/a,b{1,2}/" }, /* commas of an expression are its own */
        { "s.t", "\"*_token, *_secret\"", 2, "*_secret" },
        { "s.t", "\"a,\"", 1, "a" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "columns:\n  %s:\n    %s: email\n", cases[i].tables,
                 cases[i].columns);
        struct rules *rules = parse(text);
        if (rules->columns.ncolumns != cases[i].n)
            fail_msg("%s: %zu lines", text, rules->columns.ncolumns);
        assert_string_equal(rules->columns.columns[cases[i].n - 1].name, cases[i].last);
        assert_int_equal(rules->columns.columns[cases[i].n - 1].place.line, 3);
        rules_free(rules);
    }
}

/* ---- names in snake case */

static void
names_are_held_against_packs_in_snake_case(void **state)
{
    static const struct {
        const char *name, *snake;
    } cases[] = {
        { "firstName", "first_name" },
        { "first_name", "first_name" },
        { "FirstName", "first_name" },
        { "FIRST_NAME", "first_name" },
        { "First Name", "first_name" },
        { "first-name", "first_name" },
        { "first.name", "first_name" },
        { "userID", "user_id" },
        { "IPAddress", "ip_address" },
        { "HTTPServerName", "http_server_name" },
        { "address2Line", "address2_line" },
        { "E-Mail", "e_mail" },
        { "_Name", "_name" },
        { "ID", "id" },
        { "X", "x" },
        { "a_B", "a_b" },
        { "", "" },
        { "straße", "straße" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = { 0 };
        columns_normalize(cases[i].name, &out);
        if (strcmp(buf_str(&out), cases[i].snake) != 0)
            fail_msg("%s is %s", cases[i].name, buf_str(&out));
        buf_deinit(&out);
    }
}

static void
a_name_in_snake_case_stays_as_it_is(void **state)
{
    static const char letters[] = "abzABZ01_ -.";
    uint32_t seed = 9;
    (void)state;
    for (int turn = 0; turn < 5000; turn++) {
        char name[16];
        struct buf once = { 0 }, twice = { 0 };
        size_t n = (size_t)turn % (sizeof name - 1);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            name[i] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        name[n] = '\0';
        columns_normalize(name, &once);
        columns_normalize(buf_str(&once), &twice);
        assert_string_equal(buf_str(&once), buf_str(&twice));
        assert_null(strpbrk(buf_str(&once), "ABZ -."));
        buf_deinit(&once);
        buf_deinit(&twice);
    }
}

/* ---- which line wins */

static bool
fits_all(void *ctx, const struct rules_mask *mask)
{
    (void)ctx;
    (void)mask;
    return true;
}

static bool
fits_no_email(void *ctx, const struct rules_mask *mask)
{
    (void)ctx;
    return strcmp(mask->use, "email") != 0;
}

static const char *
use_of(const struct rules *rules, const char *table, const char *column,
       bool (*fits)(void *, const struct rules_mask *))
{
    const struct rules_column *twin;
    const struct rules_column *line =
        columns_match(&rules->columns, NULL, "s", table, column, fits, NULL, &twin);
    return line != NULL ? line->mask->use : "-";
}

static void
write_file(const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void
remove_file(const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static bool
load(const char *name, struct rules **out, struct decant_error *err)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return rules_load(path, out, err);
}

/* "an exact column before a pattern, an exact table before a pattern, this file before included
 * ones, those before packs, then the first line" */
static void
lines_win_in_the_order_of_the_reference(void **state)
{
    static const char included[] =
        "columns:\n"
        "  s.t: {exact: i_exact, \"e*\": i_glob}\n"
        "  \"*\": {exact: i_any, only_here: i_only, first_name: i_name}\n"
        "domains: {i_domain: email}\n"
        "entities: {person: {table: s.people}}\n";
    static const struct {
        const char *columns, *column, *use;
    } cases[] = {
        /* an exact column of a pattern of tables before a pattern of an exact table's */
        { "s.t: {\"e*\": glob}\n  \"*\": {exact: column}\n", "exact", "i_exact" },
        { "\"s.*\": {zebra: any}\n  s.t: {\"z*\": glob}\n", "zebra", "any" },
        { "\"*\": {\"z*\": any}\n  s.t: {\"zeb*\": glob}\n", "zebra", "glob" },
        /* this file before an included one, where both are as exact */
        { "s.t: {exact: own}\n", "exact", "own" },
        { "s.t: {\"e*\": own}\n", "exact", "i_exact" },
        { "s.t: {\"ex*\": own}\n", "extra", "own" },
        { "\"*\": {only_here: own}\n", "only_here", "own" },
        { "s.x: {a: own}\n", "only_here", "i_only" },
        /* an included file before packs; packs know names in snake case */
        { "s.x: {a: own}\n", "first_name", "i_name" },
        { "s.x: {a: own}\n", "lastName", "last_name" },
        { "\"*\": {\"last*\": own}\n", "lastName", "own" },
        { "\"*\": {last_name: own}\n", "lastName", "last_name" }, /* ... the file does not */
        /* then the first line */
        { "\"*\": {\"z*\": one, \"ze*\": two}\n", "zebra", "one" },
        { "\"s.*\": {\"z*\": one}\n  \"*.t\": {\"z*\": two}\n", "zebra", "one" },
        { "s.x: {a: own}\n", "nothing_known", "-" },
    };
    (void)state;
    write_file("part.yaml", included);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        snprintf(text, sizeof text, "include: part.yaml\npacks: [pii@1]\ncolumns:\n  %s",
                 cases[i].columns);
        write_file("main.yaml", text);
        if (!load("main.yaml", &rules, &err))
            fail_msg("%s", err.message);
        const char *use = use_of(rules, "t", cases[i].column, fits_all);
        if (strcmp(use, cases[i].use) != 0)
            fail_msg("case %zu: %s is %s", i, cases[i].column, use);
        assert_non_null(columns_domain(&rules->columns, "i_domain"));
        assert_null(columns_domain(&rules->columns, "I_DOMAIN"));
        assert_int_equal(rules->columns.nentities, 1);
        rules_free(rules);
    }
    remove_file("part.yaml");
    remove_file("main.yaml");
}

/* "A pattern whose transformer cannot treat the column's type is passed over", an exact line is
 * not. */
static void
what_cannot_treat_a_type_is_passed_over_unless_it_is_exact(void **state)
{
    struct rules *rules = parse("columns:\n  s.t: {exact: email, \"a*\": email}\n"
                                "  \"*\": {exact: phone, any: email, \"a*\": token}\n");
    (void)state;
    assert_string_equal(use_of(rules, "t", "exact", fits_no_email), "email");
    assert_string_equal(use_of(rules, "u", "exact", fits_no_email), "phone");
    assert_string_equal(use_of(rules, "t", "any", fits_no_email), "token");
    assert_string_equal(use_of(rules, "t", "abc", fits_no_email), "token");
    assert_string_equal(use_of(rules, "t", "abc", fits_all), "email");
    rules_free(rules);
}

static void
a_second_exact_line_is_told(void **state)
{
    static const struct {
        const char *columns;
        int line, twin; /* 0: there is none */
    } cases[] = {
        { "s.t:\n    a: email\n", 3, 0 },
        { "s.t:\n    a: email\n    \"a, b\": phone\n", 3, 4 },
        { "s.t:\n    a: email\n  's.\"t\"':\n    a: phone\n", 3, 5 },
        { "s.t:\n    a: email\n  \"*\":\n    a: phone\n", 3, 0 },
        { "s.t:\n    a: email\n    \"a*\": phone\n", 3, 0 },
        { "\"s.t, s.t\":\n    a: email\n", 3, 3 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        const struct rules_column *twin;
        snprintf(text, sizeof text, "columns:\n  %s", cases[i].columns);
        struct rules *rules = parse(text);
        const struct rules_column *line =
            columns_match(&rules->columns, NULL, "s", "t", "a", fits_all, NULL, &twin);
        assert_int_equal(line->place.line, cases[i].line);
        if ((twin != NULL ? twin->place.line : 0) != cases[i].twin)
            fail_msg("%s: the twin is in line %d", text, twin != NULL ? twin->place.line : 0);
        rules_free(rules);
    }
}

/* ---- included files */

static void
an_included_file_is_looked_for_beside_the_one_that_names_it(void **state)
{
    char path[400];
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    (void)state;
    snprintf(path, sizeof path, "%s/sub", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("sub/part.yaml", "version: 1\ncolumns:\n  s.t:\n    a: email\n");
    write_file("main.yaml", "include: [sub/part.yaml]\n");
    if (!load("main.yaml", &rules, &err))
        fail_msg("%s", err.message);
    const struct rules_column *line = &rules->columns.columns[0];
    assert_int_equal(line->rank, RANK_INCLUDED);
    assert_int_equal(line->place.line, 4);
    assert_non_null(strstr(line->place.source->name, "/sub/part.yaml"));
    assert_false(place_error(&line->place, &err, "E%d is wrong", 999));
    assert_non_null(strstr(err.message, "/sub/part.yaml:4:5: E999 is wrong"));
    assert_string_equal(err.context, "line 4: a: email");
    rules_free(rules);
    char absolute[600];
    snprintf(absolute, sizeof absolute, "include: %s/sub/part.yaml\n", folder);
    rules = parse(absolute);
    assert_int_equal(rules->columns.ncolumns, 1);
    rules_free(rules);
    remove_file("sub/part.yaml");
    remove_file("main.yaml");
    rmdir(path);
}

static void
an_included_file_says_nothing_of_samples_or_more_files(void **state)
{
    static const struct {
        const char *part, *message, *hint;
    } cases[] = {
        { "sample: {rate: 5%}\n", "/part.yaml:1:1: there is no key 'sample' in an included file",
          "" },
        { "include: part.yaml\n", "there is no key 'include' in an included file", "" },
        { "packs: [pii@1]\n", "there is no key 'packs' in an included file", "" },
        { "column: {}\n", "there is no key 'column' in an included file", "'columns'" },
        { "version: 2\n", "/part.yaml:1:10: this decant knows version 1", "" },
        { "a: [\n", "/part.yaml:2:1: ", "" },
        { "columns: {s.t: {\"*\": keep}}\n", "/part.yaml:1:17: E232 '*: keep'", "" },
        { "domains: {own: {use: token}}\n", "/part.yaml:1:11: E105 the domain 'own' is defined in ",
          "" },
        { "- a\n", "/part.yaml:1:1: the file must be a list of 'key: value'", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        write_file("part.yaml", cases[i].part);
        write_file("main.yaml", "domains: {own: {use: email}}\ninclude: part.yaml\n");
        if (load("main.yaml", &rules, &err))
            fail_msg("accepted: %s", cases[i].part);
        assert_int_equal(err.code, DECANT_USAGE);
        if (strstr(err.message, cases[i].message) == NULL ||
            strstr(err.hint, cases[i].hint) == NULL)
            fail_msg("'%s' says '%s' (%s)", cases[i].part, err.message, err.hint);
        assert_null(strstr(err.message, "main.yaml:1:1:"));
    }
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    remove_file("part.yaml");
    assert_false(load("main.yaml", &rules, &err));
    assert_non_null(strstr(err.message, "/part.yaml': No such file"));
    remove_file("main.yaml");
}

/* Two definitions of a domain would make two fakes of one original. */
static void
a_domain_is_defined_once_in_all_files(void **state)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    (void)state;
    write_file("part.yaml", "domains: {mail: email}\n");
    write_file("main.yaml", "include: part.yaml\n\ndomains:\n  mail: {use: token}\n");
    assert_false(load("main.yaml", &rules, &err));
    assert_non_null(strstr(err.message, "/main.yaml:4:3: E105 the domain 'mail' is defined in "));
    assert_non_null(strstr(err.message, "/part.yaml, line 1, too"));
    remove_file("part.yaml");
    remove_file("main.yaml");
}

/* ---- packs */

static void
every_pack_says_its_name_and_shows_what_it_does(void **state)
{
    struct rules *rules = /* as the reference lists them */
        parse("packs: [pii@1, secrets@1, payment@1, auth@1, rails@1, django@1, quiet@1]\n");
    (void)state;
    assert_int_equal(rules->columns.npacks, npacks);
    assert_true(rules->columns.is_given);
    rules_free(rules);
    for (int i = 0; i < npacks; i++) {
        struct arena arena = { 0 };
        struct rules_columns columns = { 0 };
        struct decant_error err = { 0 };
        const char *version = strchr(packs[i].name, '@');
        assert_non_null(strstr(packs[i].text, arena_printf(&arena, "\npack: %s\n", packs[i].name)));
        assert_non_null(version);
        assert_true(atoi(version + 1) > 0);
        if (!rules_read_pack(&arena, &packs[i], &columns, &err))
            fail_msg("%s", err.message);
        assert_true(columns.ncolumns > 0 && columns.nexamples > 0);
        for (size_t j = 0; j < columns.ncolumns; j++)
            assert_int_equal(columns.columns[j].rank, RANK_PACK);
        columns_deinit(&columns);
        arena_deinit(&arena);
    }
}

static void
a_pack_that_is_wrong_is_told_by_its_name(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "pack: x@1\nsample: {}\n", "pack x@1:2:1: there is no key 'sample' in a pack" },
        { "pack: x@1\nexamples: [a]\n", "pack x@1:2:11: 'key: value' is wanted here" },
        { "pack: x@1\nexamples: {email: email}\n", "'column type: transformer' is wanted here" },
        { "pack: x@1\nexamples: {email text: [a]}\n", "'column type: transformer' is wanted here" },
        { "pack: x@1\ncolumns: {\"*\": {a: []}}\n", "pack x@1:2:20: the list is empty" },
        { "pack: [\n", "pack x@1:2:1: " },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = { 0 };
        struct rules_columns columns = { 0 };
        struct decant_error err = { 0 };
        const struct pack pack = { "x@1", cases[i].text };
        assert_false(rules_read_pack(&arena, &pack, &columns, &err));
        if (strstr(err.message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, err.message);
        columns_deinit(&columns);
        arena_deinit(&arena);
    }
}

static void
examples_have_a_column_a_type_and_a_transformer(void **state)
{
    struct arena arena = { 0 };
    struct rules_columns columns = { 0 };
    struct decant_error err = { 0 };
    static const struct pack pack = {
        "x@1", "pack: x@1\nexamples:\n  seen timestamp with time zone: \"-\"\n  a text: email\n"
    };
    (void)state;
    assert_true(rules_read_pack(&arena, &pack, &columns, &err));
    assert_int_equal(columns.nexamples, 2);
    assert_string_equal(columns.examples[0].column, "seen");
    assert_string_equal(columns.examples[0].type, "timestamp with time zone");
    assert_string_equal(columns.examples[0].use, "-");
    assert_int_equal(columns.examples[1].place.line, 4);
    columns_deinit(&columns);
    arena_deinit(&arena);
}

/* ---- errors */

static void
an_error_of_the_rules_points_into_the_file(void **state)
{
    struct rules *rules = parse("sample:\n  rate: 5%\n");
    struct decant_error err = { 0 };
    const struct rules_place own = { 0 };
    (void)state;
    assert_false(rules_error(rules, (struct rules_mark){ 2, 3 }, &err, "%s", "is odd"));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_string_equal(err.message, "r.yaml:2:3: is odd");
    assert_string_equal(err.context, "line 2: rate: 5%");
    /* a rule of the program's own stands in no file */
    assert_false(place_error(&own, &err, "E%d", 1));
    assert_int_equal(err.code, DECANT_REFUSED);
    assert_string_equal(err.message, "E1");
    rules_free(rules);
}

static void
a_file_that_is_not_there_is_a_slip_of_its_name(void **state)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    (void)state;
    assert_false(load("nowhere.yaml", &rules, &err));
    assert_null(rules);
    assert_int_equal(err.code, DECANT_USAGE);
    assert_non_null(strstr(err.message, "cannot read the rules '"));
}

static int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static int
end_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_are_not_in_the_language_are_refused_where_they_stand),
        cmocka_unit_test(values_of_another_kind_are_refused_where_they_stand),
        cmocka_unit_test(masks_that_leave_rows_out_or_say_nothing_are_refused),
        cmocka_unit_test(every_key_of_the_tables_of_the_reference_is_known),
        cmocka_unit_test(defaults_are_those_of_the_reference),
        cmocka_unit_test(checks_and_targets_say_what_is_asked_of_them),
        cmocka_unit_test(a_gate_is_known_by_its_word),
        cmocka_unit_test(edges_may_be_turned_off_and_on_one_by_one),
        cmocka_unit_test(a_flag_wins_over_what_the_file_says),
        cmocka_unit_test(rows_or_bytes_may_stand_instead_of_a_rate),
        cmocka_unit_test(every_policy_has_its_word),
        cmocka_unit_test(keys_have_odd_names_in_quotes),
        cmocka_unit_test(one_table_is_a_list_of_one),
        cmocka_unit_test(locales_have_weights_or_are_one),
        cmocka_unit_test(entities_say_which_rows_are_whose),
        cmocka_unit_test(defaults_are_chosen_by_their_words),
        cmocka_unit_test(sql_is_found_wherever_it_stands),
        cmocka_unit_test(conditions_are_tried_in_their_order),
        cmocka_unit_test(masks_say_the_same_however_they_are_written),
        cmocka_unit_test(lists_of_names_are_lines_of_their_own),
        cmocka_unit_test(names_are_held_against_packs_in_snake_case),
        cmocka_unit_test(a_name_in_snake_case_stays_as_it_is),
        cmocka_unit_test(lines_win_in_the_order_of_the_reference),
        cmocka_unit_test(what_cannot_treat_a_type_is_passed_over_unless_it_is_exact),
        cmocka_unit_test(a_second_exact_line_is_told),
        cmocka_unit_test(an_included_file_is_looked_for_beside_the_one_that_names_it),
        cmocka_unit_test(an_included_file_says_nothing_of_samples_or_more_files),
        cmocka_unit_test(a_domain_is_defined_once_in_all_files),
        cmocka_unit_test(every_pack_says_its_name_and_shows_what_it_does),
        cmocka_unit_test(a_pack_that_is_wrong_is_told_by_its_name),
        cmocka_unit_test(examples_have_a_column_a_type_and_a_transformer),
        cmocka_unit_test(an_error_of_the_rules_points_into_the_file),
        cmocka_unit_test(a_file_that_is_not_there_is_a_slip_of_its_name),
        cmocka_unit_test(a_key_without_a_policy_has_no_owner),
        cmocka_unit_test(what_says_nothing_is_refused),
        cmocka_unit_test(columns_of_one_table_may_be_quoted_in_any_order),
        cmocka_unit_test(the_order_of_parameters_and_reasons_say_nothing),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
