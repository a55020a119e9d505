/* SPDX-License-Identifier: PostgreSQL */
/* A line for every column that needs a decision: by its name, its values, its type, in this order,
 * and only what can hold. */
#include "proposed.h"

#include "rules/spell.h"

struct expected {
    const char *name, *type, *values;
    int repeats;
    const char *mask; /* NULL: no line */
};

static struct proposal
ask(const char *columns, int number, const char *values, int repeats, bool unique)
{
    static struct proposed p;
    static char mask[200], second[100];
    struct proposal out;
    char schema[600];
    snprintf(schema, sizeof schema, "s.things\n%s", columns);
    proposed_init(&p, schema);
    struct evidence e = evidence_in(&p.l.arena, values, repeats);
    propose_column(&p.known, &p.l.tables[0], number, unique, &e, &out);
    if (out.mask != NULL) {
        snprintf(mask, sizeof mask, "%s", out.mask);
        out.mask = mask;
        /* what is proposed is a rule that its column can have */
        struct faker f;
        faker_init(&f, "");
        faker_rule(&f, mask);
        faker_deinit(&f);
    }
    if (out.second != NULL) {
        snprintf(second, sizeof second, "%s", out.second);
        out.second = second;
    }
    proposed_deinit(&p);
    return out;
}

static void
expect(const struct expected *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char column[300];
        snprintf(column, sizeof column, "  %s %s\n", cases[i].name, cases[i].type);
        struct proposal p = ask(column, 0, cases[i].values, cases[i].repeats, false);
        const char *mask = p.mask != NULL ? p.mask : "(none)";
        if (strcmp(mask, cases[i].mask != NULL ? cases[i].mask : "(none)") != 0)
            fail_msg("%s %s of '%s': %s (%s)", cases[i].name, cases[i].type, cases[i].values, mask,
                     p.why);
    }
}

#define EXPECT(cases) expect(cases, sizeof cases / sizeof *cases)

static void
names_tell_what_a_column_holds(void **state)
{
    static const struct expected cases[] = {
        { "email", "text", "", 1, "email" },
        { "EmailAddress", "text", "", 1, "email" },
        { "first_name", "text", "", 1, "first_name" },
        { "phone", "text", "", 1, "phone" },
        { "date_of_birth", "date", "", 1, "{use: birth_date, preserve: age_band, band: 5}" },
        { "password", "text", "", 1, "secret" },
        { "access_token", "text", "", 1, "secret" },
        { "ssn", "text", "", 1, "{use: national_id, format: us_ssn}" },
        { "salary", "numeric", "", 1, "{use: noise, ratio: 20%, per: entity}" },
        { "last_login_ip", "inet", "", 1, "ip" },
        { "id", "bigint", "", 1, NULL },
        { "created_at", "timestamp with time zone", "", 1, NULL },
        { "is_active", "boolean", "", 1, NULL },
        { "amount", "numeric", "", 1, NULL },
    };
    (void)state;
    EXPECT(cases);
}

static void
values_tell_more_than_names(void **state)
{
    static const struct expected cases[] = {
        { "contact", "text", "ann@corp.test|bob@corp.test|carl@x.test", 1, "email" },
        { "phone", "text", "ann@corp.test|bob@corp.test|carl@x.test", 1, "email" },
        { "x", "text", "+1 212 555 7788|+44 20 7946 1234|+49 30 1234567", 1, "phone" },
        { "x", "text", "4111111111111111|5500005555555559", 1, "card" },
        { "x", "text", "DE89370400440532013000|GB29NWBK60161331926819", 1, "iban" },
        { "x", "text", "192.168.3.4|81.2.69.142", 1, "ip" },
        { "x", "text", "00:1b:44:11:3a:b7|00:1b:44:11:3a:b8", 1, "mac" },
        { "x", "text", "Ann|Maria|John|Olga", 1, "first_name" },
        { "x", "text", "https://corp.test/a|https://corp.test/b", 1, "url" },
        { "x", "text", "{\"a\": 1}|{\"b\": 2}", 1, "{use: json, other: mask}" },
        { "doc", "jsonb", "{\"a\": 1}", 1, "{use: json, other: mask}" },
        { "x", "text",
          "$2b$12$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcde|"
          "$2b$12$zbcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzabcdf",
          1, "password_hash" },
        { "x", "text", "$argon2id$v=19$m=1,t=1,p=1$YWJj$ZGVm|$argon2id$v=19$m=1,t=1,p=1$YWJj$ZGVn",
          1, "{use: password_hash, scheme: argon2id}" },
        { "checksum", "text", "9f86d081884c7d659a2feaa0c55ad015|a3bf4f1b2b0b822cd15d6c15b0f00a08",
          1, "{use: token, alphabet: hex}" },
    };
    (void)state;
    EXPECT(cases);
}

static void
types_tell_where_nothing_else_does(void **state)
{
    static const struct expected cases[] = {
        { "x", "text", "", 1, "{use: text, length: near}" },
        { "x", "character varying(20)", "", 1, "by_shape" },
        { "x", "text", "zq1|zq2|zr9", 1, "by_shape" },
        { "x", "text", "the quick brown fox|jumps over the dog|and runs off fast", 1,
          "{use: text, length: near}" },
        { "x", "bytea", "", 1, "{use: bytes, mode: placeholder}" },
        { "x", "jsonb", "", 1, "{use: json, other: mask}" },
        { "x", "inet", "", 1, "ip" },
        { "x", "macaddr", "", 1, "mac" },
        { "x", "point", "", 1, "\"null\"" },
        { "x", "point; not null", "", 1, "empty" },
        { "x", "integer[]", "", 1, "keep" },
        { "x", "tsvector", "", 1, "recompute" },
        { "x", "text[]", "", 1, "{use: text, length: near}" },
    };
    (void)state;
    EXPECT(cases);
}

static void
numbers_with_check_digits_are_somebodys(void **state)
{
    static const struct expected cases[] = {
        { "x", "bigint", "4111111111111111|5500005555555559|4012888888881881", 1, "int" },
        { "x", "numeric", "4111111111111111|5500005555555559|4012888888881881", 1, "\"null\"" },
        { "x", "numeric; not null", "4111111111111111|5500005555555559", 1, NULL },
        { "x", "bigint", "1|2|3|4", 1, NULL },
        { "pin", "integer", "1234|4711|9999", 1, "{use: int, range: [1000, 9999]}" },
    };
    (void)state;
    EXPECT(cases);
}

static void
a_check_that_lists_its_values_makes_codes_of_them(void **state)
{
    static const struct {
        const char *check;
        bool keeps;
    } cases[] = {
        { "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
          true },
        { "(state = ANY (ARRAY['a'::text, 'b'::text]))", true },
        { "((state IS NULL) OR (state = ANY (ARRAY['a'::text])))", true },
        { "((state = ANY (ARRAY['a'::text])) OR (length(state) > 9))", false },
        { "(NOT (state = ANY (ARRAY['a'::text])))", false },
        { "(estate = ANY (ARRAY['a'::text]))", false },
        { "(state <> ALL (ARRAY['a'::text]))", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char columns[400];
        snprintf(columns, sizeof columns, "  state text; check %s\n  estate text\n",
                 cases[i].check);
        struct proposal p = ask(columns, 0, "a|b", 1, false);
        if ((strcmp(p.mask, "keep") == 0) != cases[i].keeps)
            fail_msg("%s: %s", cases[i].check, p.mask);
    }
}

static void
names_of_classes_are_kept_beside_their_ids(void **state)
{
    (void)state;
    struct proposal p =
        ask("  owner_type text\n  owner_id bigint\n", 0, "Order|Billing::Invoice", 5, false);
    assert_string_equal(p.mask, "keep");
    assert_string_equal(p.why, "names of tables or classes");
    p = ask("  type text\n", 0, "Admin|Customer", 3, false);
    assert_string_equal(p.mask, "keep");
    p = ask("  owner_type text\n  owner_id bigint\n", 0, "Jane Doe|some words", 1, false);
    assert_string_not_equal(p.mask, "keep");
}

static void
what_must_stay_unique_gets_a_mask_that_keeps_it_so(void **state)
{
    static const char *const cases[][3] = {
        { "first_name", "text", "" }, { "note", "text", "some words in a row|and others here" },
        { "city", "text", "" },       { "company", "text", "" },
        { "password", "text", "" },   { "x", "text", "open|shut" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char columns[200];
        snprintf(columns, sizeof columns, "  %s %s; unique\n", cases[i][0], cases[i][1]);
        struct proposal p = ask(columns, 0, cases[i][2], 1, true);
        struct little l;
        char schema[300], rules[300];
        snprintf(schema, sizeof schema, "s.t\n%s", columns);
        snprintf(rules, sizeof rules, "columns: {s.t: {%s: %s}}\n", cases[i][0], p.mask);
        little_begin(&l, schema, rules);
        struct mask_prover prover = { .masking = &l.masking };
        if (!masking_prove(&prover, &l.err))
            fail_msg("%s: %s", p.mask, l.err.message);
        free(prover.doubts);
        little_deinit(&l);
    }
    /* of few words their lengths may tell them: somebody should look */
    struct proposal p = ask("  x text; unique\n", 0, "open|shut", 1, true);
    assert_string_equal(p.mask, "by_shape");
    assert_true(p.is_guess);
}

static void
few_values_of_many_rows_are_drawn_anew(void **state)
{
    char values[2000] = "";
    (void)state;
    for (int i = 0; i < 60; i++)
        snprintf(values + strlen(values), sizeof values - strlen(values), "%sq%c %c",
                 i > 0 ? "|" : "", 'a' + i / 26, 'a' + i % 26);
    struct proposal p = ask("  x text\n", 0, values, 20, false);
    assert_string_equal(p.mask, "{use: choice, weights: source}");
    assert_non_null(strstr(p.why, "60"));
    /* ids are joined by what they say, and what is checked is a part of the schema */
    p = ask("  x_id text\n", 0, values, 20, false);
    assert_string_equal(p.mask, "by_shape");
    p = ask("  x text; check (length(x) > 1)\n", 0, values, 20, false);
    assert_string_equal(p.mask, "by_shape");
    p = ask("  x text; unique\n", 0, values, 20, true);
    assert_string_equal(p.mask, "by_shape");
    p = ask("  x text\n", 0, values, 2, false);
    assert_string_not_equal(p.mask, "{use: choice, weights: source}");
}

static void
long_texts_in_an_index_get_short_fakes(void **state)
{
    static char value[3000];
    (void)state;
    memset(value, 'q', 2500);
    struct proposal p = ask("  x text; unique\n", 0, value, 1, true);
    assert_string_equal(p.mask, "{use: token, length: 32}");
    assert_true(p.is_guess);
    p = ask("  x text\n", 0, value, 1, false);
    assert_string_not_equal(p.mask, "{use: token, length: 32}");
}

static void
words_beside_a_name_or_a_postal_code_mean_what_these_say(void **state)
{
    (void)state;
    struct proposal p = ask("  name text\n  first_name text\n", 0, "Xa|Yb", 1, false);
    assert_string_equal(p.mask, "last_name");
    p = ask("  state text\n  postal_code text\n", 0, "Ohio|Utah", 1, false);
    assert_string_equal(p.mask, "region");
    p = ask("  state text\n  postal_code text\n", 0, "open|shut", 500, false);
    assert_string_equal(p.mask, "keep");
    p = ask("  name text\n  price numeric\n", 0, "Xa|Yb", 1, false);
    assert_string_not_equal(p.mask, "last_name");
}

static void
what_tells_who_somebody_is_says_so(void **state)
{
    (void)state;
    assert_true(ask("  email text\n", 0, "", 1, false).is_personal);
    assert_true(ask("  ssn text\n", 0, "", 1, false).is_personal);
    assert_true(ask("  born_on date\n", 0,
                    "1938-04-01|1949-12-24|1961-05-17|1972-08-30|1985-01-02|1990-06-11|1999-09-09|"
                    "2003-03-03",
                    1, false)
                    .is_personal);
    assert_false(ask("  note text\n", 0, "", 1, false).is_personal);
    assert_false(ask("  city text\n", 0, "", 1, false).is_personal);
}

static void
documents_with_addresses_for_keys_are_masked_by_their_keys_too(void **state)
{
    struct proposed p;
    struct proposal out;
    (void)state;
    proposed_init(&p, "s.t\n  doc jsonb\n");
    struct evidence e = evidence_in(&p.l.arena, "{\"a\": 1}", 1);
    e.odd_keys = 1;
    propose_column(&p.known, p.l.tables, 0, false, &e, &out);
    assert_string_equal(out.mask, "{use: json, keys: mask, other: mask}");
    proposed_deinit(&p);
}

static void
computed_columns_get_no_line(void **state)
{
    (void)state;
    assert_null(ask("  email text; computed lower(x)\n  x text\n", 0, "", 1, false).mask);
    assert_null(ask("  n bigint; computed x\n  x bigint\n", 0, "4111111111111111", 1, false).mask);
}

static void
a_vocabulary_is_what_checks_and_domains_have_as_literals(void **state)
{
    struct proposed p;
    (void)state;
    proposed_init(&p, "s.t\n  a text; check (a IN ('o''pen', 'shut', 'x'))\n"
                      "  b text; domain d (VALUE = ANY (ARRAY['red', 'blue']))\n  c text\n");
    const struct table *t = p.l.tables;
    uint64_t open = evidence_print("o'pen", 5), red = evidence_print("red", 3);
    struct evidence e = { .distinct = 1, .nhashes = 1, .hashes = &open };
    assert_true(propose_is_vocabulary(t, &t->columns[0], &e));
    assert_false(propose_is_vocabulary(t, &t->columns[1], &e));
    assert_false(propose_is_vocabulary(t, &t->columns[2], &e));
    e.hashes = &red;
    assert_true(propose_is_vocabulary(t, &t->columns[1], &e));
    e.distinct = 4; /* more than the check has */
    assert_false(propose_is_vocabulary(t, &t->columns[1], &e));
    e.distinct = 0;
    assert_false(propose_is_vocabulary(t, &t->columns[0], &e));
    proposed_deinit(&p);
}

static void
names_of_identifiers_are_known(void **state)
{
    static const char *const are[] = { "id", "user_id", "userId", "order_no", "x_uuid", "api_key" };
    static const char *const are_not[] = { "idea", "paid", "_id", "note", "key", "number" };
    (void)state;
    for (size_t i = 0; i < 6; i++)
        if (!propose_is_identifier(are[i]) || propose_is_identifier(are_not[i]))
            fail_msg("%s %s", are[i], are_not[i]);
}

/* ---- lines */

/* Names with all that YAML and the language read as something else, written and read back. */
static void
odd_names_are_written_so_that_they_are_read_as_they_are(void **state)
{
    static const char *const names[] = {
        "plain",
        "Upper",
        "with blank",
        "a.b",
        "a:b",
        "a, b",
        "it's",
        "say \"hi\"",
        "#hash",
        "*",
        "a*b",
        "[x]",
        "{x}",
        "$a",
        "${HOME}",
        "%",
        "@at",
        "`tick`",
        "& and",
        "!bang",
        "- x",
        "? y",
        "| z",
        "> w",
        "back\\slash",
        "Ünï",
        "\xe2\x80\x8b"
        "hidden",
        "true",
        "null",
        "123",
        "/re/",
        "~",
        "a=b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf name = { 0 }, text = { 0 };
        struct little l;
        little_init(&l, "s.t\n  x text\n");
        ((struct column *)l.tables[0].columns)[0].name = names[i];
        spell_name(names[i], &name);
        buf_puts(&text, "columns:\n  s.t:\n    ");
        spell_scalar(buf_str(&name), &text);
        buf_puts(&text, ": email\n");
        struct rules *rules = NULL;
        struct decant_error err = { 0 };
        if (!rules_parse("r.yaml", buf_str(&text), text.len, &rules, &err))
            fail_msg("%s: %s", buf_str(&text), err.message);
        rules_free(rules);
        if (!little_decide(&l, buf_str(&text)))
            fail_msg("%s: %s", buf_str(&text), l.err.message);
        if (l.masking.tables[0].decisions[0].verdict != VERDICT_MASKED)
            fail_msg("%s is not found", buf_str(&text));
        buf_deinit(&name);
        buf_deinit(&text);
        little_deinit(&l);
    }
}

static void
put_all(struct proposed *p, const char *const *masks, struct buf *out, int *guesses)
{
    for (int t = 0; t < p->l.plan.ntables; t++)
        for (int c = 0; c < p->l.tables[t].ncolumns; c++, masks++) {
            p->proposals[t][c] = (struct proposal){ .mask = *masks, .is_guess = c == 1 };
            snprintf(p->proposals[t][c].why, 160, "why %d", c);
        }
    *guesses = propose_put_columns(&p->l.plan, p->proposals, out);
}

static void
what_recurs_in_many_tables_stands_once(void **state)
{
    static const char schema[] = "s.a\n  id bigint\n  note text\n  code text\n"
                                 "s.b\n  id bigint\n  note text\n  code text\n"
                                 "s.c\n  id bigint\n  note text\n  code text\n";
    static const char *const masks[] = { NULL,    "text", "keep", NULL,   "text",
                                         "token", NULL,   "text", "token" };
    struct proposed p;
    struct buf out = { 0 };
    int guesses;
    (void)state;
    proposed_init(&p, schema);
    put_all(&p, masks, &out, &guesses);
    const char *text = buf_str(&out);
    assert_memory_equal(text, "columns:", 8);
    assert_non_null(strstr(text, "  \"*\":"));
    const char *first = strstr(text, "note: text");
    assert_non_null(first);
    assert_null(strstr(first + 1, "note: text"));
    assert_int_equal(guesses, 1);
    /* two of three are no rule for all */
    assert_non_null(strstr(text, "  s.b:\n    code: token"));
    assert_non_null(strstr(text, "  s.a:\n    code: keep"));
    /* read back, each column has what was proposed */
    assert_true(little_decide(&p.l, text));
    for (int t = 0; t < 3; t++)
        for (int c = 1; c < 3; c++) {
            const struct decision *d = &p.l.masking.tables[t].decisions[c];
            assert_string_equal(d->verdict == VERDICT_KEPT ? "keep" : d->rule->use,
                                masks[t * 3 + c]);
        }
    buf_deinit(&out);
    proposed_deinit(&p);
}

static void
of_two_masks_for_one_name_the_more_frequent_is_said_once(void **state)
{
    static const char *const masks[] = {
        "token", "text", "token", "text", "text", "token", "text"
    };
    struct proposed p;
    struct buf out = { 0 };
    int guesses, own = 0;
    (void)state;
    proposed_init(&p, "s.a\n  note text\ns.b\n  note text\ns.c\n  note text\ns.d\n  note text\n"
                      "s.e\n  note text\ns.f\n  note text\ns.g\n  note text\n");
    put_all(&p, masks, &out, &guesses);
    assert_non_null(strstr(buf_str(&out), "note: text"));
    assert_null(strstr(strstr(buf_str(&out), "note: text") + 1, "note: text"));
    for (const char *q = buf_str(&out); (q = strstr(q, "note: token")) != NULL; q++)
        own++;
    assert_int_equal(own, 3);
    assert_true(little_decide(&p.l, buf_str(&out)));
    for (int t = 0; t < 7; t++)
        assert_string_equal(p.l.masking.tables[t].decisions[0].rule->use, masks[t]);
    buf_deinit(&out);
    proposed_deinit(&p);
}

/* A property: whatever masks are proposed for whatever columns, they are read back as they were. */
static void
any_proposals_are_read_back_as_they_were(void **state)
{
    static const char schema[] = "s.a\n  x text\n  y text\n  z text\n"
                                 "s.b\n  x text\n  y text\n  w text\n"
                                 "s.c\n  x text\n  y text\n  z text\n"
                                 "s.d\n  x text\n  w text\n  z text\n"
                                 "s.e\n  x text\n  y text\n  \"odd, name\" text\n";
    static const char *const some[] = {
        "keep", "text", "by_shape", "token", "email", "redact", "{use: choice, weights: source}"
    };
    uint64_t random = 12345;
    (void)state;
    for (int round = 0; round < 40; round++) {
        const char *masks[15];
        struct proposed p;
        struct buf out = { 0 };
        int guesses;
        for (int i = 0; i < 15; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            masks[i] = some[(random >> 33) % (round % 2 == 0 ? 7 : 3)];
        }
        proposed_init(&p, schema);
        put_all(&p, masks, &out, &guesses);
        if (!little_decide(&p.l, buf_str(&out)))
            fail_msg("%s in\n%s", p.l.err.message, buf_str(&out));
        int marks = 0;
        for (const char *q = buf_str(&out); (q = strstr(q, "# ? ")) != NULL; q++)
            marks++;
        assert_int_equal(marks, guesses);
        for (int i = 0; i < 15; i++) {
            const struct decision *d = &p.l.masking.tables[i / 3].decisions[i % 3];
            const char *use = d->verdict == VERDICT_KEPT ? "keep" : d->rule->use;
            if (strncmp(masks[i], use, strlen(use)) != 0 && strstr(masks[i], use) == NULL)
                fail_msg("column %d: %s, not %s, in\n%s", i, use, masks[i], buf_str(&out));
        }
        buf_deinit(&out);
        proposed_deinit(&p);
    }
}

static void
findings_to_expect_are_accepted_with_their_reason(void **state)
{
    struct proposed p;
    struct buf out = { 0 };
    (void)state;
    proposed_init(&p, "s.t\n  a text\n  b text\n  c text\n  \"o, d'd\" text\n");
    p.proposals[0][0] = (struct proposal){ .mask = "keep", .reaches = "ipv4", .why = "a version" };
    p.proposals[0][1] = (struct proposal){ .mask = "email", .reaches = "ipv4" };
    p.proposals[0][2] = (struct proposal){ .mask = "keep" };
    p.proposals[0][3] = (struct proposal){
        .mask = "keep", .reaches = "email", .shared_with = "s.t.b", .why = "it's, of: {x}"
    };
    assert_int_equal(propose_put_accepted(&p.l.plan, p.proposals, &out), 3);
    struct rules *rules = fake_rules(buf_str(&out));
    assert_int_equal(rules->checks.nallowed, 3);
    assert_string_equal(rules->checks.allowed[0].object, "s.t.a");
    assert_string_equal(rules->checks.allowed[0].pattern, "ipv4");
    assert_string_equal(rules->checks.allowed[1].object, "s.t.o, d'd");
    assert_string_equal(rules->checks.allowed[2].pattern, "originals");
    rules_free(rules);
    buf_reset(&out);
    p.proposals[0][0].reaches = NULL;
    p.proposals[0][3].mask = "token";
    assert_int_equal(propose_put_accepted(&p.l.plan, p.proposals, &out), 0);
    assert_int_equal(out.len, 0);
    buf_deinit(&out);
    proposed_deinit(&p);
}

/* The first of them has a line of its own, which is no reason for the others to have none. */
static void
what_recurs_is_there_beside_one_that_goes_by_paths(void **state)
{
    static const char schema[] = "s.a\n  doc jsonb\n  x text\ns.b\n  doc jsonb\n  x text\n"
                                 "s.c\n  doc jsonb\n  x text\ns.d\n  doc jsonb\n  x text\n";
    static const char *const masks[] = { "{use: json, other: mask}", "text" };
    struct proposed p;
    struct buf out = { 0 };
    (void)state;
    proposed_init(&p, schema);
    for (int t = 0; t < 4; t++)
        for (int c = 0; c < 2; c++)
            p.proposals[t][c] = (struct proposal){ .mask = masks[c] };
    p.proposals[0][0].paths = "$.user_id: recompute";
    propose_put_columns(&p.l.plan, p.proposals, &out);
    const char *group = strstr(buf_str(&out), "  \"*\":"), *own = strstr(buf_str(&out), "  s.a:");
    assert_non_null(group);
    assert_non_null(own);
    assert_true(group < own);
    assert_non_null(strstr(group, "    doc: {use: json, other: mask}"));
    assert_non_null(strstr(own, "    doc: "));
    assert_null(strstr(buf_str(&out), "  s.b:"));
    buf_deinit(&out);
    proposed_deinit(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_what_a_column_holds),
        cmocka_unit_test(values_tell_more_than_names),
        cmocka_unit_test(types_tell_where_nothing_else_does),
        cmocka_unit_test(numbers_with_check_digits_are_somebodys),
        cmocka_unit_test(a_check_that_lists_its_values_makes_codes_of_them),
        cmocka_unit_test(names_of_classes_are_kept_beside_their_ids),
        cmocka_unit_test(what_must_stay_unique_gets_a_mask_that_keeps_it_so),
        cmocka_unit_test(few_values_of_many_rows_are_drawn_anew),
        cmocka_unit_test(long_texts_in_an_index_get_short_fakes),
        cmocka_unit_test(words_beside_a_name_or_a_postal_code_mean_what_these_say),
        cmocka_unit_test(what_tells_who_somebody_is_says_so),
        cmocka_unit_test(documents_with_addresses_for_keys_are_masked_by_their_keys_too),
        cmocka_unit_test(computed_columns_get_no_line),
        cmocka_unit_test(a_vocabulary_is_what_checks_and_domains_have_as_literals),
        cmocka_unit_test(names_of_identifiers_are_known),
        cmocka_unit_test(odd_names_are_written_so_that_they_are_read_as_they_are),
        cmocka_unit_test(what_recurs_in_many_tables_stands_once),
        cmocka_unit_test(what_recurs_is_there_beside_one_that_goes_by_paths),
        cmocka_unit_test(of_two_masks_for_one_name_the_more_frequent_is_said_once),
        cmocka_unit_test(any_proposals_are_read_back_as_they_were),
        cmocka_unit_test(findings_to_expect_are_accepted_with_their_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
