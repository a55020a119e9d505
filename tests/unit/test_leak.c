/* SPDX-License-Identifier: PostgreSQL */
#include "leak/leak.h"

#include <stdio.h>
#include <string.h>

#include "leak_reference.h"
#include "transform/transform.h"
#include "unit.h"

struct search {
    struct arena arena;
    struct rules_checks rules;
    struct originals *originals;
    struct leak *leak;
    struct buf scratch;
};

static void
begin(struct search *s)
{
    struct decant_error err = { 0 };
    *s = (struct search){ 0 };
    checks_init(&s->rules);
    s->originals = originals_new(1 << 20, 6, &err);
    assert_non_null(s->originals);
}

static void
add(struct search *s, enum mask_tells tells, const char *text)
{
    originals_add(s->originals, tells, text, strlen(text), &s->scratch);
    originals_finish(s->originals);
}

static void
look(struct search *s, const struct leak_column *column, const char *text)
{
    if (s->leak == NULL)
        s->leak = leak_new(&s->rules, s->originals, &s->arena);
    leak_look(s->leak, column, text, strlen(text), NULL);
}

static int
findings(struct search *s, const struct leak_finding **out)
{
    return leak_findings(s->leak, out);
}

static void
end(struct search *s)
{
    leak_free(s->leak);
    originals_free(s->originals);
    buf_deinit(&s->scratch);
    arena_deinit(&s->arena);
}

/* The kinds found in one text of a column. */
static const char *
kinds_in(const struct leak_column *column, const char *text, struct buf *out)
{
    struct search s;
    const struct leak_finding *found;
    begin(&s);
    look(&s, column, text);
    int n = findings(&s, &found);
    buf_reset(out);
    for (int i = 0; i < n; i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "", found[i].kind);
    end(&s);
    return buf_str(out);
}

static void
values_that_reach_somebody_are_found_and_reserved_ones_are_not(void **state)
{
    static const struct {
        const char *text, *kinds;
    } cases[] = {
        { "write to ann.lee@gmail.com today", "email" },
        { "write to ann.lee@example.com today", "" },
        { "{\"ann.lee@corp.de\": 1}", "email" },
        { "call +49 151 2345 6789 at noon", "phone" },
        { "call +1 212 555 0123 at noon", "" },
        { "paid with 4556 7375 8689 9855 by him", "card" },
        { "to DE89370400440532013000", "iban" },
        { "his number is 123-45-6789", "us_ssn" },
        { "from 81.2.69.142 at night", "ipv4" },
        { "from 192.0.2.7 at night", "" },
        { "2a02:8108:9640::1", "ipv6" },
        { "12:34:56", "" },
        { "seen on 2024-05-06 07:08:09 again", "" },
        { "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private_key" },
        { "AKIAIOSFODNN7EXAMPLE", "api_key" },
        { "postgres://app:hunter2@db.internal/shop", "credentials" },
        { "https://shop.com/picture.png", "" },
        { "0c:11:22:33:44:55", "" },
        { "an order of 3 for 19.90", "" },
        { "git@github.com:acme/repo.git", "" },
        { "user@localhost", "" },
        { "/var/lib/app/2024/01/7/file.txt", "" },
        { "post 4200000554330119 shared by page", "" },
        { "", "" },
    };
    const struct leak_column kept = { .object = "public.t.c" };
    struct buf out = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *kinds = kinds_in(&kept, cases[i].text, &out);
        if (strcmp(kinds, cases[i].kinds) != 0)
            fail_msg("'%s' is [%s], not [%s]", cases[i].text, kinds, cases[i].kinds);
    }
    buf_deinit(&out);
}

/* Codes may look like telephone numbers; a column of telephone numbers does not look like codes. */
static void
numbers_by_themselves_must_be_more_than_a_few(void **state)
{
    const struct leak_column kept = { .object = "public.t.c" };
    (void)state;
    for (int phones = 0; phones <= 100; phones += 4) {
        struct search s;
        const struct leak_finding *found;
        char text[32];
        begin(&s);
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, i < phones ? "+49151234%04d" : "A-%d", i);
            look(&s, &kept, text);
        }
        assert_int_equal(findings(&s, &found), phones > 5);
        end(&s);
    }
}

/* What a mask makes is no finding, as far as it makes such things. */
static void
fakes_are_expected_where_they_are_made(void **state)
{
    struct buf out = { 0 };
    const struct leak_column hash = { .object = "t.c", .how = transformer_find("password_hash") };
    const struct leak_column shape = { .object = "t.c", .how = transformer_find("by_shape") };
    const struct leak_column email = { .object = "t.c", .how = transformer_find("email") };
    const char *bcrypt = "$2b$12$abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRS";
    (void)state;
    const struct leak_column random[] = {
        { .object = "t.c", .how = transformer_find("secret") },
        { .object = "t.c", .how = transformer_find("token") },
    };
    for (int i = 0; i < 2; i++) /* one in some thousands */
        assert_string_equal(kinds_in(&random[i], "DE89370400440532013000", &out), "");
    assert_string_equal(kinds_in(&shape, "xoxb-winter-in-oslo", &out), "");
    assert_string_equal(kinds_in(&email, "xoxb-winter-in-oslo", &out), "api_key");
    assert_string_equal(kinds_in(&hash, "DE89370400440532013000", &out), "iban");
    assert_string_equal(kinds_in(&hash, bcrypt, &out), "");
    assert_string_equal(kinds_in(&email, bcrypt, &out), "password_hash");
    assert_string_equal(kinds_in(&shape, "call 0151 2345 6789 now", &out), "");
    assert_string_equal(kinds_in(&shape, "mail bob@corp.de now", &out), "email");
    assert_string_equal(kinds_in(&email, "bob@corp.de", &out), "email");
    buf_deinit(&out);
}

static void
originals_are_found_in_every_form(void **state)
{
    static const char *const texts[] = {
        "Ann.Lee@Corp-Mail.de",
        "  ann.lee@corp-mail.de\n",
        "she said ann.lee@corp-mail.de, and left",
        "Anna-Maria Schmidt",
        "a letter to ANNA-MARIA SCHMIDT, by hand",
        "{\"owner\": \"Anna-Maria Schmidt\"}",
        "{\"Anna-Maria Schmidt\": {\"x\": [1]}}",
        "0151 2345678901",
        "0151-23456-78901",
        "{\"n\": \"015123456 78901\"}",
        "christopher.wilkinson77",
        "see christopher.wilkinson77!",
        "CHECK (name <> 'Anna-Maria Schmidt'::text)",
    };
    const struct leak_column kept = { .object = "public.t.c" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct search s;
        const struct leak_finding *found;
        begin(&s);
        add(&s, TELLS_WHO, "ann.lee@corp-mail.de");
        add(&s, TELLS_WHO, "Anna-Maria Schmidt");
        add(&s, TELLS_WHO, "015123 4567 8901");
        add(&s, TELLS_WHO, "christopher.wilkinson77@mail.test");
        look(&s, &kept, texts[i]);
        bool is_found = false;
        for (int j = findings(&s, &found); j > 0; j--)
            is_found |= strcmp(found[j - 1].kind, "originals") == 0;
        if (!is_found)
            fail_msg("not found: %s", texts[i]);
        end(&s);
    }
}

static void
what_tells_nobody_is_no_original(void **state)
{
    struct search s;
    const struct leak_finding *found;
    const struct leak_column kept = { .object = "public.t.c" };
    (void)state;
    begin(&s);
    add(&s, TELLS_WHO, "ann");
    add(&s, TELLS_WHO, "stephanie"); /* a word: it may be anybody's */
    add(&s, TELLS_NOTHING, "New York City 10001");
    for (int i = 0; i < 5; i++)
        add(&s, TELLS_TEXT, "left with the neighbour, 2nd floor, ring twice");
    add(&s, TELLS_TEXT, "code AB-12");
    look(&s, &kept, "ann");
    look(&s, &kept, "stephanie");
    look(&s, &kept, "a lamp called stephanie");
    look(&s, &kept, "New York City 10001");
    look(&s, &kept, "left with the neighbour, 2nd floor, ring twice");
    look(&s, &kept, "code AB-12");
    assert_int_equal(findings(&s, &found), 0);
    add(&s, TELLS_TEXT, "left with the baker, 3rd floor, ring once or twice");
    look(&s, &kept, "left with the baker, 3rd floor, ring once or twice");
    assert_int_equal(findings(&s, &found), 1);
    assert_int_equal(found[0].count, 1);
    end(&s);
}

/* Short names that a whole column repeats: none is sure by itself. */
static void
a_column_that_repeats_a_masked_one_is_found(void **state)
{
    const struct leak_column kept = { .object = "public.t.c" };
    (void)state;
    for (int in_text = 0; in_text <= 1; in_text++) {
        struct search s;
        const struct leak_finding *found;
        char text[80];
        begin(&s);
        for (int i = 0; i < 15000; i++)
            add(&s, TELLS_WHO,
                (snprintf(text, sizeof text, "baa%03d%c", i % 1000, 'a' + i / 1000), text));
        for (int i = 0; i < 15000; i++) {
            snprintf(text, sizeof text,
                     in_text ? "Order placed by baa%03d%c on Monday morning" : "baa%03d%c",
                     i % 1000, 'a' + i / 1000);
            look(&s, &kept, text);
        }
        assert_int_equal(findings(&s, &found), 1);
        assert_int_equal(found[0].count, 15000);
        end(&s);
    }
}

static void
numbers_that_few_have_are_found_whatever_masked_them(void **state)
{
    struct search s;
    const struct leak_finding *found;
    const struct leak_column kept = { .object = "public.t.c" };
    (void)state;
    begin(&s);
    add(&s, TELLS_TEXT, "DE-10007919");
    add(&s, TELLS_TEXT, "CC4CA4238");
    add(&s, TELLS_WHO, "J\xC3\xBCrgen M\xC3\xBCller");
    look(&s, &kept, "DE-10007919");
    look(&s, &kept, "passport CC4CA4238 seen");
    look(&s, &kept, "{\"name\": \"J\\u00fcrgen M\\u00fcller\"}");
    assert_int_equal(findings(&s, &found), 1);
    assert_int_equal(found[0].count, 3);
    end(&s);
}

/* Four digits have 10,000 forms: 1,000 originals meet every tenth fake. */
static void
fakes_that_meet_originals_by_chance_are_expected(void **state)
{
    const struct leak_column digits = { .object = "t.c", .how = transformer_find("digits") };
    (void)state;
    for (int clear = 0; clear <= 1; clear++) {
        struct search s;
        const struct leak_finding *found;
        char text[16];
        begin(&s);
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "A--%04d", i * 7);
            add(&s, TELLS_WHO, text);
        }
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "A--%04d", clear ? i * 7 : (i * 7919 + 13) % 10000);
            look(&s, &digits, text);
        }
        assert_int_equal(findings(&s, &found), clear);
        end(&s);
    }
}

/* A telephone mask writes what is no number anew in its shape: two letters and twenty digits are an
 * account's number now and then. Where many are, somebody's are in the clear. */
static void
what_is_written_anew_in_its_shape_is_valid_by_chance(void **state)
{
    const struct leak_column phone = { .object = "t.c", .how = transformer_find("phone") };
    (void)state;
    for (int valid = 1; valid <= 40; valid += 39) {
        struct search s;
        const struct leak_finding *found;
        char text[32];
        begin(&s);
        for (int i = 0; i < 376; i++) {
            snprintf(text, sizeof text, "QX%020d", i);
            look(&s, &phone, i < valid ? "DE89370400440532013000" : text);
        }
        int n = findings(&s, &found);
        assert_int_equal(n, valid > 1);
        if (n > 0)
            assert_string_equal(found[0].kind, "iban");
        end(&s);
    }
}

/* Articles are numbered one after the other, and numbers for fiction lie close together: a fake's
 * last group is some article's. A number of somebody's is found, whole or in a text. */
static void
a_group_of_a_number_for_fiction_is_no_original(void **state)
{
    static const struct {
        const char *head;
        int n;
    } cases[] = { { "+496 99 0009", 0 }, { "+49 151 0009", 1 }, { "call 0009", 1 } };
    const struct leak_column phone = { .object = "t.c", .how = transformer_find("phone") };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct search s;
        const struct leak_finding *found;
        char text[32];
        int noriginals = 0;
        begin(&s);
        for (int i = 0; i < 20000; i++) {
            snprintf(text, sizeof text, "SKU-%07d", i);
            originals_add(s.originals, TELLS_WHO, text, strlen(text), &s.scratch);
        }
        originals_finish(s.originals);
        for (int i = 0; i < 270; i++) {
            snprintf(text, sizeof text, "%s%03d", cases[c].head, i);
            look(&s, &phone, text);
        }
        int n = findings(&s, &found);
        for (int i = 0; i < n; i++)
            noriginals += strcmp(found[i].kind, "originals") == 0;
        assert_int_equal(noriginals, cases[c].n);
        end(&s);
    }
}

/* Numbers of eight digits, of which the first `same` are originals. */
static int
findings_among(struct search *s, bool is_scrubbed, int cells, int same)
{
    const struct leak_column column = { .object = "t.c",
                                        .how = transformer_find(is_scrubbed ? "text" : "digits"),
                                        .is_scrubbed = is_scrubbed };
    const struct leak_finding *found;
    char text[16];
    begin(s);
    for (int i = 0; i < 400; i++)
        originals_add(s->originals, TELLS_WHO, text,
                      (size_t)snprintf(text, sizeof text, "%d", 10000000 + 7919 * i), &s->scratch);
    for (int i = 0; i < cells; i++) {
        snprintf(text, sizeof text, "%d", i < same ? 10000000 + 7919 * i : 50000000 + i);
        look(s, &column, text);
    }
    int n = findings(s, &found);
    assert_int_equal(n > 0 ? found[0].count : 0, n > 0 ? same : 0);
    end(s);
    return n;
}

static void
one_original_is_a_leak_where_chance_would_have_made_none(void **state)
{
    struct search s;
    (void)state;
    assert_int_equal(findings_among(&s, false, 40, 0), 0);
    assert_int_equal(findings_among(&s, false, 40, 1), 1);
    assert_int_equal(findings_among(&s, false, 200000, 4), 0);
    assert_int_equal(findings_among(&s, false, 200000, 40), 1);
    assert_int_equal(findings_among(&s, true, 200000, 0), 0); /* what stays there was not drawn */
    assert_int_equal(findings_among(&s, true, 200000, 1), 1);
}

/* One begins as a key does by chance; most of a column do not. */
static void
shaped_fakes_that_are_all_like_keys_are_found(void **state)
{
    const struct leak_column shape = { .object = "t.c", .how = transformer_find("by_shape") };
    (void)state;
    for (int cells = 1; cells <= 10; cells += 9) {
        struct search s;
        const struct leak_finding *found;
        begin(&s);
        for (int i = 0; i < cells; i++)
            look(&s, &shape, "xoxb-winter-in-oslo");
        assert_int_equal(findings(&s, &found), cells > 1);
        end(&s);
    }
}

/* One of 2,500 fakes meets one of 1,000 originals, and stands in many rows; or many of them do. */
static void
one_fake_of_many_rows_meets_an_original_once(void **state)
{
    const struct leak_column fakes = { .object = "t.c", .how = transformer_find("digits") };
    struct search s;
    const struct leak_finding *found;
    char text[24];
    (void)state;
    for (int same = 1; same <= 20; same += 19) {
        begin(&s);
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "%07d", 1000000 + i);
            add(&s, TELLS_WHO, text);
        }
        for (int i = 0; i < 2500; i++)
            for (int row = 0; row < (i < same ? 20 / same : 1); row++) {
                snprintf(text, sizeof text, "%07d", i < same ? 1000000 + i : 2000000 + i);
                look(&s, &fakes, text);
            }
        assert_int_equal(findings(&s, &found), same > 1);
        end(&s);
    }
}

/* Their chance is no number that a double can hold. */
static void
long_texts_are_looked_for_like_short_ones(void **state)
{
    const struct leak_column masked = { .object = "t.c", .how = transformer_find("text") },
                             kept = { .object = "t.d" };
    struct search s;
    const struct leak_finding *found;
    char text[12000];
    size_t len = 0;
    (void)state;
    begin(&s);
    while (len < sizeof text - 20)
        len += (size_t)snprintf(text + len, sizeof text - len, "word%zu of many ", len);
    add(&s, TELLS_WHO, text);
    look(&s, &masked, text);
    look(&s, &kept, text);
    text[len - 2] = 'x';
    look(&s, &masked, text);
    assert_int_equal(findings(&s, &found), 2);
    assert_int_equal(found[0].count, 1);
    assert_int_equal(found[1].count, 1);
    end(&s);
}

static void
a_finding_may_be_accepted_with_a_reason(void **state)
{
    struct rules_allow allowed = { 0, "public.t.c", "email", "published" };
    const struct leak_column kept = { .object = "public.t.c" }, other = { .object = "public.t.d" };
    struct search s;
    const struct leak_finding *found;
    (void)state;
    begin(&s);
    s.rules.allowed = &allowed;
    s.rules.nallowed = 1;
    look(&s, &kept, "a@corp.de");
    look(&s, &kept, "b@corp.de");
    look(&s, &other, "c@corp.de");
    assert_int_equal(findings(&s, &found), 2);
    assert_string_equal(found[0].object, "public.t.c");
    assert_string_equal(found[0].allowed, "published");
    assert_int_equal(found[0].count, 2);
    assert_null(found[1].allowed);
    end(&s);
}

static void
more_originals_than_fit_are_told(void **state)
{
    struct decant_error err = { 0 };
    struct originals *originals = originals_new(1 << 20, 6, &err);
    struct buf scratch = { 0 };
    char text[32];
    (void)state;
    for (int i = 0; i < 40000; i++)
        originals_add(originals, TELLS_WHO, text,
                      (size_t)snprintf(text, sizeof text, "id-%05d-x", i), &scratch);
    originals_finish(originals);
    assert_false(originals_overflow(originals));
    assert_int_equal(originals_count(originals), 40000);
    for (int i = 40000; i < 99999; i++)
        originals_add(originals, TELLS_WHO, text,
                      (size_t)snprintf(text, sizeof text, "id-%05d-x", i), &scratch);
    originals_finish(originals);
    assert_true(originals_overflow(originals));
    originals_free(originals);
    buf_deinit(&scratch);
}

/* ---- one pass sees what many see */

static uint64_t state_of_chance = 88172645463325252u;

static unsigned
chance(unsigned n)
{
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (unsigned)(state_of_chance % n);
}

static const char *const pieces[] = {
    "ann",
    "Lee",
    "ANN LEE",
    "ann-lee",
    "o'brien",
    "\xc3\x89mile",
    "\xc3\xa9",
    "\xc2\xa0",
    "\xe2\x80\x8b",
    "\xff",
    "\xc3",
    "12345",
    "0",
    "987654",
    "+49",
    "(030)",
    "4111",
    "1111",
    "DE89",
    "3704 0044",
    "0532 0130 00",
    "AB 12 34 56 C",
    "123-45-6789",
    "10.20.30.40",
    "81.2.69.142",
    "2a02:8108::1",
    "1:2:3:4:5:6:7:8",
    "07:08:09",
    "2024-05-06",
    "@",
    "corp.net",
    "a@b",
    "bob.jones@corp.net",
    "https://a.b/c",
    "eyJhbGciOi.JIUzI1NiIs.InR5",
    "$2b$12$abcdefghijklmnopqrstuvwxyz012345",
    "sk_test_0123456789",
    "xoxb-",
    "0123456789",
    "://",
    "u:p@h",
    "-----BEGIN",
    " PRIVATE KEY-----",
    "{\"k\": \"v w\"}",
    "\"",
    "\\",
    "\\u00e9",
    "\\n",
    "{",
    "[",
    "}",
    ":",
    ",",
    "/",
    "_",
    "-",
    ".",
    "'",
    " ",
    "  ",
    "\t",
    "\n",
    "#",
    "%",
    "x",
    "Z",
    "=",
    "ab12",
    "F00",
};

static size_t
make_text(char *out, size_t size)
{
    size_t len = 0;
    for (unsigned n = chance(14); n > 0; n--) {
        const char *piece = pieces[chance(sizeof pieces / sizeof *pieces)];
        if (len + strlen(piece) + 2 >= size)
            break;
        len += (size_t)sprintf(out + len, "%s%s", piece, chance(3) == 0 ? " " : "");
    }
    return len;
}

static struct rarity
rarity_at(const struct watched *watched, int rarity)
{
    return watched->at[rarity] == 0 ? (struct rarity){ 0 }
                                    : watched->originals[watched->at[rarity] - 1];
}

static void
assert_same_watched(const struct watched *a, const struct watched *b, const char *text)
{
    static const struct tally none = { 0 };
    for (int kind = 0; kind <= ndetectors; kind++) {
        const struct tally *x = a->kinds[kind] != NULL ? a->kinds[kind] : &none;
        const struct tally *y = b->kinds[kind] != NULL ? b->kinds[kind] : &none;
        if (x->hits != y->hits || x->chances != y->chances)
            fail_msg("'%s' of '%s' [%s]: %d and %d, not %d and %d", a->column->object, text,
                     kind < ndetectors ? detectors[kind].name : "originals", (int)x->hits,
                     (int)x->chances, (int)y->hits, (int)y->chances);
    }
    for (int i = 0; i < MOST_RARITY; i++) {
        struct rarity x = rarity_at(a, i), y = rarity_at(b, i);
        if (x.cells != y.cells || x.expected != y.expected)
            fail_msg("'%s' of '%s', rarity %d: %d and %g, not %d and %g", a->column->object, text,
                     i, (int)x.cells, x.expected, (int)y.cells, y.expected);
    }
}

static void
one_pass_finds_what_the_reference_finds(void **state)
{
    const struct leak_column columns[] = {
        { .object = "kept" },
        { .object = "json", .is_json = true },
        { .object = "uuid", .is_whole = true, .how = transformer_find("uuid") },
        { .object = "schema", .is_schema = true },
        { .object = "number", .is_number = true },
        { .object = "drawn", .how = transformer_find("full_name") },
        { .object = "shape", .how = transformer_find("by_shape"), .bits = 30 },
        { .object = "scrubbed", .how = transformer_find("text"), .is_scrubbed = true },
        { .object = "network", .how = transformer_find("ip") },
        { .object = "digits", .how = transformer_find("digits") },
    };
    enum { COLUMNS = sizeof columns / sizeof *columns, TEXTS = 40000 };
    struct search s, reference;
    char text[600];
    (void)state;
    begin(&s);
    for (int i = 0; i < 3000; i++) {
        size_t len = make_text(text, sizeof text);
        originals_add(s.originals, chance(2) == 0 ? TELLS_WHO : TELLS_TEXT, text, len, &s.scratch);
    }
    originals_finish(s.originals);
    s.leak = leak_new(&s.rules, s.originals, &s.arena);
    reference = s;
    reference.leak = leak_new(&s.rules, s.originals, &s.arena);
    for (int c = 0; c < COLUMNS; c++) { /* an empty text makes the place where hits are counted */
        leak_look(s.leak, &columns[c], "", 0, NULL);
        leak_look(reference.leak, &columns[c], "", 0, NULL);
    }
    for (int i = 0; i < TEXTS; i++) {
        int c = i % COLUMNS;
        size_t len = make_text(text, sizeof text);
        leak_look(s.leak, &columns[c], text, len, NULL);
        ref_look(reference.leak, reference.leak->list[c], text, len);
        assert_same_watched(s.leak->list[c], reference.leak->list[c], text);
    }
    int64_t hits = 0;
    for (int c = 0; c < COLUMNS; c++)
        for (int i = 0; i < MOST_RARITY; i++)
            hits += rarity_at(s.leak->list[c], i).cells;
    assert_true(hits > TEXTS / 100); /* or the texts have nothing to find */
    leak_free(reference.leak);
    end(&s);
}

/* What is found without the pattern is what the pattern finds. */
static void
finders_find_what_their_patterns_say(void **state)
{
    struct arena arena = { 0 };
    struct regex_space *space = regex_space_new();
    char text[600];
    int found = 0;
    (void)state;
    for (int d = 0; d < ndetectors; d++) {
        const char *problem;
        if (detectors[d].find == NULL)
            continue;
        struct regex *regex = regex_new(detectors[d].pattern, false, &arena, &problem);
        for (int i = 0; i < 40000; i++) {
            size_t len = make_text(text, sizeof text), begin = 0, end = 0, first = 0, last = 0;
            for (size_t from = 0; from <= len; from = end > from ? end : from + 1) {
                int wanted = regex_find(regex, space, text, len, from, &first, &last);
                assert_int_equal(detectors[d].find(text, len, from, &begin, &end), wanted);
                if (wanted == 0)
                    break;
                assert_int_equal(begin, first);
                assert_int_equal(end, last);
                found++;
            }
        }
        regex_free(regex);
    }
    assert_true(found > 1000);
    regex_space_free(space);
    arena_deinit(&arena);
}

/* The whole value of a cell, in SQL that people reviewed with the rules: told, and no leak. Beside
 * it another one is a leak, and a part of a value is not the value. */
static void
what_the_rules_own_sql_gives_is_told_and_no_leak(void **state)
{
    static const char *given[] = { "", "Margarethe Lindqvist", "dev@realcorp.de" };
    static const struct leak_column mail = { .object = "s.t.mail" },
                                    name = { .object = "s.t.name" };
    const struct leak_finding *found;
    struct search s;
    (void)state;
    for (int more = 0; more < 2; more++) {
        begin(&s);
        s.rules.ngiven = 3;
        s.rules.given = given;
        add(&s, TELLS_WHO, "Margarethe Lindqvist");
        look(&s, &mail, "dev@realcorp.de");
        look(&s, &name, "Margarethe Lindqvist");
        if (more == 1) {
            look(&s, &mail, "dev@realcorp.de, ada@realcorp.de");
            look(&s, &name, "Margarethe Lindqvist of Kiel");
        }
        assert_int_equal(findings(&s, &found), 2);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(found[i].count, 1);
            assert_int_equal(found[i].allowed == NULL, more);
        }
        assert_string_equal(found[0].kind, "email");
        assert_string_equal(found[1].kind, "originals");
        end(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_rules_own_sql_gives_is_told_and_no_leak),
        cmocka_unit_test(values_that_reach_somebody_are_found_and_reserved_ones_are_not),
        cmocka_unit_test(numbers_by_themselves_must_be_more_than_a_few),
        cmocka_unit_test(fakes_are_expected_where_they_are_made),
        cmocka_unit_test(originals_are_found_in_every_form),
        cmocka_unit_test(what_tells_nobody_is_no_original),
        cmocka_unit_test(a_column_that_repeats_a_masked_one_is_found),
        cmocka_unit_test(numbers_that_few_have_are_found_whatever_masked_them),
        cmocka_unit_test(fakes_that_meet_originals_by_chance_are_expected),
        cmocka_unit_test(what_is_written_anew_in_its_shape_is_valid_by_chance),
        cmocka_unit_test(a_group_of_a_number_for_fiction_is_no_original),
        cmocka_unit_test(one_original_is_a_leak_where_chance_would_have_made_none),
        cmocka_unit_test(shaped_fakes_that_are_all_like_keys_are_found),
        cmocka_unit_test(one_fake_of_many_rows_meets_an_original_once),
        cmocka_unit_test(long_texts_are_looked_for_like_short_ones),
        cmocka_unit_test(a_finding_may_be_accepted_with_a_reason),
        cmocka_unit_test(more_originals_than_fit_are_told),
        cmocka_unit_test(one_pass_finds_what_the_reference_finds),
        cmocka_unit_test(finders_find_what_their_patterns_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
