/* SPDX-License-Identifier: PostgreSQL */
/* Documents: which leaf a path means, and what is left of any document when it is masked. */
#include <ctype.h>

#include "fake.h"
#include "rules/path.h"

/* ---- paths */

/* "a.0.b": keys, and numbers for elements. */
static int
place_of(const char *text, struct path_step *out)
{
    int n = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "/");
        bool is_index = isdigit((unsigned char)*text);
        out[n++] = (struct path_step){ .kind = is_index ? STEP_INDEX : STEP_KEY,
                                       .key = text,
                                       .len = len,
                                       .index = is_index ? atol(text) : 0 };
        text += len + (text[len] == '/');
    }
    return n;
}

static void
paths_mean_what_stands_there_and_below(void **state)
{
    static const struct {
        const char *path, *place;
        bool matches;
    } cases[] = {
        { "$", "a", true },
        { "$.a", "a", true },
        { "$.a", "a/b/0", true },
        { "$.a", "b", false },
        { "$.a.b", "a", false },
        { "$.a", "ab", false },
        { "$.\"odd.key [x]\"", "odd.key [x]", true },
        { "$.list[*].a", "list/3/a", true },
        { "$.list[*].a", "list/a", false },
        { "$.list[0]", "list/0", true },
        { "$.list[0]", "list/1", false },
        { "$.list[0]", "list/x", false },
        { "$..key", "key", true },
        { "$..key", "a/0/b/key", true },
        { "$..key", "a/0/b", false },
        { "$..key.x", "a/key/y/key/x", true }, /* the second is the one */
        { "$.a..key", "a/b/key", true },
        { "$.a..key", "b/a/key", false },
        { "$[*][1]", "0/1", true },
        { "$[*][1]", "0/0", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = { 0 };
        struct path path;
        struct path_step place[16];
        const char *problem;
        path_parse(cases[i].path, &arena, &path, &problem);
        if (problem != NULL)
            fail_msg("%s: %s", cases[i].path, problem);
        if (path_matches(&path, place, place_of(cases[i].place, place)) != cases[i].matches)
            fail_msg("%s, %s", cases[i].path, cases[i].place);
        arena_deinit(&arena);
    }
}

static void
what_is_no_path_is_told(void **state)
{
    static const char *const texts[] = { "",      "a.b",   "$a",   "$.",    "$..",
                                         "$.a.",  "$[",    "$[]",  "$[x]",  "$[1",
                                         "$.\"a", "$.a[*", "$ .a", "$[*]x", "$.a\"b\"[" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = { 0 };
        struct path path;
        const char *problem = NULL;
        path_parse(texts[i], &arena, &path, &problem);
        if (problem == NULL)
            fail_msg("'%s' is taken", texts[i]);
        arena_deinit(&arena);
    }
    /* 65 steps are too many, 64 are not */
    for (int n = 64; n <= 65; n++) {
        char text[200] = "$";
        struct arena arena = { 0 };
        struct path path;
        const char *problem = NULL;
        for (int i = 0; i < n; i++)
            strcat(text, ".a");
        path_parse(text, &arena, &path, &problem);
        assert_int_equal(problem == NULL, n == 64);
        arena_deinit(&arena);
    }
}

/* ---- documents */

static const char *
fake_of(const char *rule, const char *type, const char *document)
{
    static struct buf out;
    struct faker f;
    faker_init(&f, "packs: [pii@1]\n");
    const struct mask *mask = faker_mask(&f, rule, type, 0, false);
    if (mask == NULL)
        fail_msg("%s: %s", rule, f.err.message);
    buf_reset(&out);
    buf_puts(&out, faker_text(&f, mask, document, 1));
    faker_deinit(&f);
    return buf_str(&out);
}

static void
the_most_exact_path_decides(void **state)
{
    static const struct {
        const char *paths, *wanted;
    } cases[] = {
        { "\"$..b\": {use: set, value: deep}, \"$.a.b\": {use: set, value: exact}", "exact" },
        { "\"$.a\": {use: set, value: above}, \"$.a.b\": keep", "orig" },
        { "\"$.a.b\": {use: set, value: exact}, \"$.a\": keep", "exact" },
        { "\"$..b\": {use: set, value: deep}, \"$.a\": {use: set, value: above}", "above" },
        { "\"$..b\": {use: set, value: deep}", "deep" },
        { "\"$.x\": keep, \"$..b\": keep", "orig" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rule[300], wanted[100];
        snprintf(rule, sizeof rule, "{use: json, paths: {%s}}", cases[i].paths);
        snprintf(wanted, sizeof wanted, "{\"a\":{\"b\":\"%s\"}}", cases[i].wanted);
        assert_string_equal(fake_of(rule, "jsonb", "{\"a\":{\"b\":\"orig\"}}"), wanted);
    }
}

static void
what_no_path_names_is_treated_as_the_rule_says(void **state)
{
    static const struct {
        const char *other, *document, *wanted;
    } cases[] = {
        { "keep", "{\"a\": \"Ann\", \"n\": 12345678}", "{\"a\": \"Ann\", \"n\": 12345678}" },
        { "drop", "{\"a\": \"Ann\", \"o\": {\"x\": 1}, \"l\": [1, \"b\"]}",
          "{ \"o\": {}, \"l\": []}" },
        { "drop", "\"Ann\"", "" },
        { "stop", "{\"a\": \"Ann\"}", "(stop)" },
        { "stop", "{}", "{}" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rule[100];
        snprintf(rule, sizeof rule, "{use: json, other: %s}", cases[i].other);
        const char *fake = fake_of(rule, "jsonb", cases[i].document);
        if (cases[i].wanted[0] != '\0')
            assert_string_equal(fake, cases[i].wanted);
        else
            assert_null(strstr(fake, "Ann"));
    }
}

/* "what becomes of the leaves that no path names": true and false are leaves as well. */
static void
what_is_true_or_false_is_a_leaf_too(void **state)
{
    (void)state;
    assert_string_equal(fake_of("{use: json, other: drop}", "jsonb", "{\"ill\": true}"), "{}");
    assert_string_equal(fake_of("{use: json, other: stop}", "jsonb", "{\"ill\": true}"), "(stop)");
    assert_string_equal(
        fake_of("{use: json, paths: {\"$.ill\": \"null\"}}", "jsonb", "{\"ill\": true}"),
        "{\"ill\": null}");
}

/* The fake of a number is one, however it is written. */
static void
a_number_with_an_exponent_stays_a_number(void **state)
{
    (void)state;
    const char *fake =
        fake_of("{use: json, paths: {\"$.n\": by_shape}}", "json", "{\"n\":-7.5e-3}");
    assert_int_not_equal(fake[5], '"');
    /* what the rules say is not touched for it */
    assert_string_equal(
        fake_of("{use: json, paths: {\"$.n\": {use: set, value: abc}}}", "json", "{\"n\":1e5}"),
        "{\"n\":\"abc\"}");
}

static void
keys_are_checked_kept_or_masked(void **state)
{
    static const char document[] = "{\"ann@corp.test\": {\"4915112345678\": 1}, \"plain\": 2}";
    (void)state;
    assert_string_equal(fake_of("json", "jsonb", document), "(stop)");
    assert_string_equal(fake_of("{use: json, keys: keep}", "jsonb", document), document);
    const char *fake = fake_of("{use: json, keys: mask}", "jsonb", document);
    assert_null(strstr(fake, "ann@corp"));
    assert_null(strstr(fake, "4915112345678"));
    assert_null(strstr(fake, "\"plain\""));
    /* a key that a path spells out is nobody's */
    fake = fake_of("{use: json, keys: mask, paths: {\"$.plain\": keep}}", "jsonb", document);
    assert_non_null(strstr(fake, "\"plain\": 2"));
}

static void
escapes_are_read_and_written(void **state)
{
    (void)state;
    assert_string_equal(fake_of("{use: json, paths: {\"$..b\": {use: set, value: x}}}", "jsonb",
                                "{\"\\u0062\":\"\\ud83d\\ude00\\n\\\"\"}"),
                        "{\"\\u0062\":\"x\"}");
    assert_string_equal(fake_of("{use: json, paths: {\"$.a\": {use: set, value: 'q\"\\'}}}",
                                "jsonb", "{\"a\":\"y\"}"),
                        "{\"a\":\"q\\\"\\\\\"}");
    assert_string_equal(
        fake_of("{use: json, paths: {\"$.a\": \"null\"}}", "jsonb", "{\"a\":\"y\"}"),
        "{\"a\":null}");
}

/* ---- any document */

static uint64_t random_state = 7;

static unsigned
chance(unsigned n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % n;
}

static void
put_string(struct buf *out)
{
    static const char *const parts[] = {
        "Ann",    "4711234567",     "x y z",         "\\u00e9", "\\n", "é",
        "a@b.de", "\\\"",           "北京",          "",        "12",  "\\\\",
        "Smith",  "\\ud83d\\ude00", "+49 30 123456", "/",       "\\/"
    };
    buf_putc(out, '"');
    for (unsigned i = chance(4); i > 0; i--)
        buf_puts(out, parts[chance(sizeof parts / sizeof *parts)]);
    buf_putc(out, '"');
}

static void
put_any(struct buf *out, int depth)
{
    static const char *const numbers[] = { "0",        "-1",       "12345678",  "1.5",
                                           "-7654321", "0.125",    "100000.25", "9007199254740993",
                                           "-0.05",    "10000000", "1000000007" };
    static const char *const words[] = { "true", "false", "null" };
    static const char *const keys[] = { "a", "name", "email", "salary", "x y", "n1" };
    unsigned kind = chance(depth > 4 ? 4 : 8);
    if (kind < 2)
        put_string(out);
    else if (kind == 2)
        buf_puts(out, numbers[chance(sizeof numbers / sizeof *numbers)]);
    else if (kind == 3)
        buf_puts(out, words[chance(3)]);
    else {
        bool is_object = kind < 6;
        buf_putc(out, is_object ? '{' : '[');
        for (unsigned i = 0, n = chance(5); i < n; i++) {
            buf_puts(out, i > 0 ? "," : chance(2) ? " " : "");
            if (is_object)
                buf_printf(out, "\"%s\"%s:", keys[chance(6)], chance(2) ? " " : "");
            put_any(out, depth + 1);
        }
        buf_putc(out, is_object ? '}' : ']');
    }
}

/* Appends what is left of a document without its leaves: {"a":S,"b":[N,B]}; false: it is none. */
static bool
put_shape(const char **p, struct buf *out)
{
    *p += strspn(*p, " ");
    if (**p == '"') {
        for (++*p; **p != '"'; ++*p) {
            if (**p == '\0' || (unsigned char)**p < 0x20)
                return false;
            *p += **p == '\\';
        }
        ++*p;
        buf_putc(out, 'S');
        return true;
    }
    if (**p == '{' || **p == '[') {
        char close = **p == '{' ? '}' : ']';
        buf_putc(out, **p);
        ++*p;
        *p += strspn(*p, " ");
        for (bool first = true; **p != close; first = false) {
            if (!first && *(*p)++ != ',')
                return false;
            *p += strspn(*p, " ");
            if (close == '}') {
                const char *from = *p;
                struct buf ignored = { 0 };
                bool ok = **p == '"' && put_shape(p, &ignored);
                buf_deinit(&ignored);
                buf_add(out, from, (size_t)(*p - from));
                *p += strspn(*p, " ");
                if (!ok || *(*p)++ != ':')
                    return false;
            }
            if (!put_shape(p, out))
                return false;
            *p += strspn(*p, " ");
        }
        ++*p;
        buf_putc(out, close);
        return true;
    }
    for (const char *const *word = (const char *const[]){ "true", "false", "null", NULL };
         *word != NULL; word++)
        if (strncmp(*p, *word, strlen(*word)) == 0) {
            *p += strlen(*word);
            buf_puts(out, *word);
            return true;
        }
    const char *from = *p;
    *p += **p == '-';
    size_t digits = strspn(*p, "0123456789");
    if (digits == 0 || (digits > 1 && **p == '0'))
        return false;
    *p += digits;
    if (**p == '.') {
        size_t more = strspn(*p + 1, "0123456789");
        *p += 1 + more;
        if (more == 0)
            return false;
    }
    if (**p == 'e' || **p == 'E') {
        *p += 1 + ((*p)[1] == '-' || (*p)[1] == '+');
        size_t more = strspn(*p, "0123456789");
        *p += more;
        if (more == 0)
            return false;
    }
    buf_putc(out, 'N');
    return *p > from;
}

static void
a_masked_document_has_the_shape_of_its_original(void **state)
{
    struct faker f;
    struct buf document = { 0 }, before = { 0 }, after = { 0 };
    int changed = 0, documents = 0;
    (void)state;
    faker_init(&f, "packs: [pii@1]\n");
    const struct mask *mask = faker_mask(&f, "{use: json, keys: keep}", "json", 0, false);
    for (int i = 0; i < 3000; i++) {
        buf_reset(&document);
        buf_reset(&before);
        buf_reset(&after);
        put_any(&document, 0);
        const char *p = buf_str(&document);
        assert_true(put_shape(&p, &before));
        const char *fake = faker_text(&f, mask, buf_str(&document), (uint64_t)i), *q = fake;
        bool same = put_shape(&q, &after) && *q == '\0' && after.len == before.len;
        /* the fake of a number may be none, such as 0123: then it is a text */
        for (size_t k = 0; same && k < after.len; k++)
            same =
                after.data[k] == before.data[k] || (before.data[k] == 'N' && after.data[k] == 'S');
        if (!same)
            fail_msg("%s\nbecame\n%s", buf_str(&document), fake);
        changed += strcmp(fake, buf_str(&document)) != 0;
        documents += strpbrk(buf_str(&document), "{[") != NULL;
        assert_null(strstr(fake, "Smith"));
        assert_null(strstr(fake, "4711234567"));
        assert_null(strstr(fake, "12345678"));
    }
    assert_true(documents > 1000 && changed > 1000);
    buf_deinit(&document);
    buf_deinit(&before);
    buf_deinit(&after);
    faker_deinit(&f);
}

/* What breaks off is no document: nothing of it is left, wherever it breaks off. */
static void
what_is_no_document_leaves_nothing(void **state)
{
    static const char whole[] =
        "{\"name\": [\"Smithers\", {\"b\": \"Smithers\"}], \"n\": 12345678}";
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "json", "text", 0, false);
    for (size_t n = 1; n + 1 < sizeof whole; n++) {
        char part[sizeof whole];
        memcpy(part, whole, n);
        part[n] = '\0';
        const char *fake = faker_text(&f, mask, part, 1);
        assert_null(strstr(fake, "Smith"));
        assert_null(strstr(fake, "12345"));
        assert_int_equal(strlen(fake), n); /* by shape */
    }
    /* words that JSON does not have */
    static const char *const words[] = { "{\"a\": Smith}", "[Ann7]", "{\"a\": trues}", "[-x]",
                                         "[Smith]",        "nan",    "[1, Smithers]",  "[01]" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *fake = faker_text(&f, mask, words[i], 1);
        if (strcmp(fake, words[i]) == 0 || strlen(fake) != strlen(words[i]))
            fail_msg("%s: %s", words[i], fake);
    }
    faker_deinit(&f);
}

static void
a_document_deeper_than_any_is_not_copied(void **state)
{
    struct faker f;
    struct buf deep = { 0 };
    (void)state;
    faker_init(&f, "");
    for (int i = 0; i < 3000; i++)
        buf_putc(&deep, '[');
    buf_puts(&deep, "\"Smithers\"");
    for (int i = 0; i < 3000; i++)
        buf_putc(&deep, ']');
    const struct mask *mask = faker_mask(&f, "json", "jsonb", 0, false);
    assert_null(strstr(faker_text(&f, mask, buf_str(&deep), 1), "Smith"));
    buf_deinit(&deep);
    faker_deinit(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_mean_what_stands_there_and_below),
        cmocka_unit_test(what_is_no_path_is_told),
        cmocka_unit_test(the_most_exact_path_decides),
        cmocka_unit_test(what_no_path_names_is_treated_as_the_rule_says),
        cmocka_unit_test(keys_are_checked_kept_or_masked),
        cmocka_unit_test(escapes_are_read_and_written),
        cmocka_unit_test(a_masked_document_has_the_shape_of_its_original),
        cmocka_unit_test(what_is_no_document_leaves_nothing),
        cmocka_unit_test(a_document_deeper_than_any_is_not_copied),
        cmocka_unit_test(what_is_true_or_false_is_a_leaf_too),
        cmocka_unit_test(a_number_with_an_exponent_stays_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
