/* SPDX-License-Identifier: PostgreSQL */
/* What fakes owe to their key, their original and their person; and the transformers one by one. */
#include "fake.h"
#include "key/key.h"
#include "little.h"

/* A key of another night: its first digit is `digit`. */
static struct key *
other_key(char digit)
{
    struct key *key = NULL;
    struct decant_error err = { 0 };
    int ends[2];
    char text[] = "x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    text[0] = digit;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(ends[1]);
    assert_true(key_load_fd(ends[0], &key, &err));
    close(ends[0]);
    return key;
}

static void
faker_init_with(struct faker *f, struct key *key, const char *rules)
{
    memset(f, 0, sizeof *f);
    f->key = key;
    f->ring = key_ring_new(key);
    f->rules = fake_rules(rules);
    mask_maker_init(&f->maker, &f->arena, f->ring, f->rules);
    f->maker.err = &f->err;
    assert_true(mask_maker_set_locales(&f->maker, &f->err));
}

/* Fakes by value, and originals to try them on. */
static const struct {
    const char *rule, *form;
    bool differs; /* no fake is its original */
} by_value[] = {
    { "email", "user%u@corp.test", true },
    { "username", "user_%u", true },
    { "phone", "+1 212 %07u", true },
    { "ip", "8.8.%u.1", true },
    { "mac", "00:1b:44:11:3a:%02x", true },
    { "url", "https://www.corp%u.test/a", true },
    { "card", "4111 1111 %04u 1111", true },
    { "iban", "DE8937040044%010u", true },
    { "{use: national_id, format: us_ssn}", "%03u-12-3456", true },
    { "uuid", "6ba7b810-9dad-41d1-80b4-00c04f%06x", false },
    { "token", "0123456789abcdef%u", false },
    { "digits", "%08u", false },
    { "pattern", "SO-%06u-x", false },
    { "by_shape", "Quay %05u Xy", false },
    { "text", "some words number %u and more", false },
};

enum { NBY_VALUE = sizeof by_value / sizeof *by_value, EACH = 200 };

static void
put_original(int i, unsigned n, char *out, size_t size)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, size, by_value[i].form, by_value[i].form[0] == '%' && n < 100 ? n + 100 : n);
#pragma GCC diagnostic pop
}

static void
another_key_makes_other_fakes(void **state)
{
    struct faker f, g;
    (void)state;
    faker_init_with(&f, other_key('1'), "");
    faker_init_with(&g, other_key('2'), "");
    for (int i = 0; i < NBY_VALUE; i++) {
        const struct mask *mine = faker_mask(&f, by_value[i].rule, "text", 0, false);
        const struct mask *yours = faker_mask(&g, by_value[i].rule, "text", 0, false);
        int same = 0;
        for (unsigned n = 0; n < EACH; n++) {
            char original[80], fake[300];
            put_original(i, n, original, sizeof original);
            snprintf(fake, sizeof fake, "%s", faker_text(&f, mine, original, n));
            same += strcmp(fake, faker_text(&g, yours, original, n)) == 0;
        }
        if (same > EACH / 20) /* of few addresses and numbers some meet by chance */
            fail_msg("%s: %d of %d", by_value[i].rule, same, EACH);
    }
    faker_deinit(&f);
    faker_deinit(&g);
}

/* A key that was read again is the same key, in another process, too. */
static void
the_same_key_makes_the_same_fakes_in_another_run(void **state)
{
    struct faker f, g;
    (void)state;
    faker_init_with(&f, other_key('1'), "");
    faker_init_with(&g, other_key('1'), "");
    for (int i = NBY_VALUE - 1; i >= 0; i--) {
        const struct mask *mine = faker_mask(&f, by_value[i].rule, "text", 0, false);
        const struct mask *yours = faker_mask(&g, by_value[i].rule, "text", 0, false);
        for (unsigned n = 0; n < 20; n++) {
            char original[80], fake[300];
            put_original(i, n, original, sizeof original);
            snprintf(fake, sizeof fake, "%s", faker_text(&f, mine, original, n));
            /* whosever row it is */
            assert_string_equal(faker_text(&g, yours, original, n + 7), fake);
        }
    }
    faker_deinit(&f);
    faker_deinit(&g);
}

static void
a_fake_in_a_reserved_range_is_never_its_original(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (int i = 0; i < NBY_VALUE; i++) {
        const struct mask *mask = faker_mask(&f, by_value[i].rule, "text", 0, false);
        for (unsigned n = 0; by_value[i].differs && n < EACH; n++) {
            char original[80];
            put_original(i, n, original, sizeof original);
            if (strcmp(faker_text(&f, mask, original, n), original) == 0)
                fail_msg("%s leaves %s", by_value[i].rule, original);
        }
    }
    faker_deinit(&f);
}

/* Names are drawn so that nobody keeps his own. */
static void
nobody_keeps_his_own_name(void **state)
{
    static const char *const rules[] = { "first_name", "last_name" };
    struct faker f;
    (void)state;
    faker_init(&f, "locale: {en_US: 1, de_DE: 1}\n");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct mask *mask = faker_mask(&f, rules[i], "text", 0, false);
        assert_non_null(mask);
        for (uint64_t row = 0; row < 500; row++) {
            char own[200], upper[200];
            snprintf(own, sizeof own, "%s", faker_text(&f, mask, "Xyzzy Plugh 1", row));
            if (strcmp(faker_text(&f, mask, own, row), own) == 0)
                fail_msg("%s keeps %s", rules[i], own);
            size_t n = 0;
            for (; own[n] != '\0'; n++)
                upper[n] = (char)(own[n] >= 'a' && own[n] <= 'z' ? own[n] - 32 : own[n]);
            upper[n] = '\0';
            if (strcmp(faker_text(&f, mask, upper, row), upper) == 0)
                fail_msg("%s keeps %s", rules[i], upper);
        }
    }
    faker_deinit(&f);
}

/* ---- one by one */

static void
redacted_texts_have_their_length_and_no_more_than_was_asked(void **state)
{
    static const struct {
        const char *rule, *original, *wanted;
    } cases[] = {
        { "redact", "Ann Lee", "*******" },
        { "{use: redact, first: 1}", "Ünïque", "Ü*****" },
        { "{use: redact, last: 4}", "4111111111111111", "************1111" },
        { "{use: redact, first: 2, last: 2}", "abcdef", "ab**ef" },
        /* of a short one nothing would be hidden */
        { "{use: redact, first: 2, last: 2}", "abcd", "****" },
        { "{use: redact, last: 4}", "1234", "****" },
        { "{use: redact, with: xy}", "abc", "xyxyxy" },
        { "{use: redact, with: \"#\", last: 1}", "北京市", "##市" },
    };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mask *mask = faker_mask(&f, cases[i].rule, "text", 0, false);
        assert_string_equal(faker_text(&f, mask, cases[i].original, 1), cases[i].wanted);
    }
    faker_deinit(&f);
}

static void
a_map_says_what_becomes_of_each_value(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask =
        faker_mask(&f, "{use: map, values: {a: b, gone: \"null\"}, default: z}", "text", 0, false);
    assert_string_equal(faker_text(&f, mask, "a", 1), "b");
    assert_string_equal(faker_text(&f, mask, "gone", 1), "(null)");
    assert_string_equal(faker_text(&f, mask, "A", 1), "z");
    mask = faker_mask(&f, "{use: map, values: {1: 2, -7: 70000}, default: 0}", "integer", 0, false);
    assert_int_equal(faker_integer(&f, mask, 1, 1), 2);
    assert_int_equal(faker_integer(&f, mask, -7, 1), 70000);
    assert_int_equal(faker_integer(&f, mask, 2, 1), 0);
    faker_deinit(&f);
}

/* "empty and blank texts stay, but under set, choice, map and derive, which say what is there" */
static void
a_map_says_what_becomes_of_blanks_too(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask =
        faker_mask(&f, "{use: map, values: {\"\": none, a: b}, default: z}", "text", 0, false);
    assert_string_equal(faker_text(&f, mask, "", 1), "none");
    assert_string_equal(faker_text(&f, mask, "  ", 1), "z");
    faker_deinit(&f);
}

static void
draws_are_as_frequent_as_their_weights(void **state)
{
    struct faker f;
    int counts[3] = { 0 };
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "{use: choice, values: [a, b, c]}", "text", 0, false);
    for (uint64_t row = 0; row < 3000; row++)
        counts[faker_text(&f, mask, "x", row)[0] - 'a']++;
    for (int i = 0; i < 3; i++)
        assert_true(counts[i] > 880 && counts[i] < 1120);
    faker_deinit(&f);
}

/* What the source would answer for `weights: source`. */
static size_t ndrawn;

static bool
frequencies(void *ctx, const struct table *table, const struct column *column, int min,
            struct arena *arena, size_t *n, struct mask_frequency **out, struct decant_error *err)
{
    static struct mask_frequency drawn[] = { { "open", 90 }, { "shut", 10 } };
    (void)table, (void)column, (void)arena, (void)err;
    *(int *)ctx = min;
    *n = ndrawn;
    *out = drawn;
    return true;
}

static void
draws_of_the_source_are_as_frequent_as_there_and_none_is_refused(void **state)
{
    struct little l;
    int asked = 0, open = 0;
    (void)state;
    for (ndrawn = 2; ndrawn != (size_t)-2; ndrawn -= 2) {
        little_init(&l, "s.t\n  a text; not null\n");
        assert_true(little_decide(
            &l, "columns: {s.t: {a: {use: choice, weights: source, min_count: 7}}}\n"));
        l.masking.maker.frequencies = frequencies;
        l.masking.maker.frequencies_ctx = &asked;
        assert_true(little_compile(&l));
        assert_int_equal(asked, 7);
        struct mask_prover prover = { .masking = &l.masking };
        bool ok = masking_prove(&prover, &l.err);
        assert_int_equal(ok, ndrawn > 0);
        for (uint64_t row = 0; ok && row < 2000; row++)
            open += strcmp(little_fake(&l, "s.t.a", "x", row), "open") == 0;
        if (!ok) {
            assert_non_null(
                strstr(l.err.message, "E216 no value of 's.t.a' is frequent enough to be drawn"));
            assert_non_null(strstr(l.err.hint, "a lower min_count"));
        }
        free(prover.doubts);
        little_deinit(&l);
    }
    assert_true(open > 1740 && open < 1860);
}

static void
numbers_of_the_rules_that_no_column_could_hold_are_refused(void **state)
{
    static const char *const cases[][2] = {
        { "smallint", "{use: set, value: 32768}" },
        { "integer", "{use: set, value: 2147483648}" },
        { "integer", "{use: set, value: 1.5}" },
        { "numeric", "{use: set, value: NaN}" },
        { "numeric", "{use: set, value: 12x}" },
        { "character varying(3)", "{use: set, value: äöüß}" },
        { "bigint", "{use: choice, values: [99999999999999999999]}" },
        { "integer", "{use: map, values: {1: x}, default: 1}" },
        { "integer", "{use: map, values: {1: 1}, default: 99999999999}" },
        { "boolean", "{use: choice, values: [yes, no]}" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faker f;
        faker_init(&f, "");
        if (faker_mask(&f, cases[i][1], cases[i][0], 0, false) != NULL)
            fail_msg("%s of %s", cases[i][1], cases[i][0]);
        assert_non_null(strstr(f.err.message, "E111"));
        faker_deinit(&f);
    }
}

/* ... however many digits they have. */
static void
numbers_beyond_all_types_are_refused_as_well(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    assert_null(faker_mask(&f, "{use: set, value: 99999999999999999999}", "bigint", 0, false));
    faker_deinit(&f);
}

static void
a_hash_of_the_developers_comes_from_its_file_and_one_that_is_empty_is_refused(void **state)
{
    char folder[200], path[256], rule[400];
    struct faker f;
    (void)state;
    assert_true(make_folder(folder, sizeof folder));
    snprintf(path, sizeof path, "%s/hash", folder);
    snprintf(rule, sizeof rule, "{use: password_hash, file: %s}", path);
    for (int round = 0; round < 3; round++) {
        FILE *file = round > 0 ? fopen(path, "w") : NULL;
        if (file != NULL) {
            fputs(round == 1 ? "\nsecond line\n" : "$2a$12$abc\r\nnot this\n", file);
            fclose(file);
        }
        faker_init(&f, "");
        const struct mask *mask = faker_mask(&f, rule, "text", 0, false);
        assert_int_equal(mask != NULL, round == 2);
        if (mask != NULL) {
            assert_string_equal(faker_text(&f, mask, "anything", 3), "$2a$12$abc");
            assert_string_equal(faker_text(&f, mask, "", 3), ""); /* no password, none */
        } else {
            assert_non_null(strstr(f.err.message, "E121"));
            assert_non_null(strstr(f.err.message, path));
        }
        faker_deinit(&f);
    }
    unlink(path);
    rmdir(folder);
}

static void
hashes_have_the_usual_spelling_and_differ_from_row_to_row(void **state)
{
    static const struct {
        const char *rule, *head;
        size_t len;
    } cases[] = {
        { "password_hash", "$2b$12$", 60 },
        { "{use: password_hash, scheme: argon2id}", "$argon2id$v=19$m=65536,t=3,p=4$", 97 },
        { "{use: password_hash, scheme: pbkdf2_sha256}", "pbkdf2_sha256$600000$", 88 },
        { "{use: password_hash, scheme: scrypt}", "scrypt$16384$", 0 },
    };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mask *mask = faker_mask(&f, cases[i].rule, "text", 0, false);
        char first[200];
        snprintf(first, sizeof first, "%s", faker_text(&f, mask, "x", 1));
        assert_memory_equal(first, cases[i].head, strlen(cases[i].head));
        if (cases[i].len > 0)
            assert_int_equal(strlen(first), cases[i].len);
        assert_string_not_equal(faker_text(&f, mask, "x", 2), first);
        assert_null(strchr(first, ' '));
    }
    faker_deinit(&f);
}

static uint32_t
crc_of(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

static uint32_t
number_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A program that shows images shows it: each part of the PNG has its sum. */
static void
a_placeholder_is_an_image(void **state)
{
    struct faker f;
    struct buf out = { 0 };
    struct mask_seeds seeds = { { 1, 2 }, { 3, 4 }, { 5, 6 } };
    int parts = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "bytes", "bytea", 0, false);
    struct mask_value cell = {
        .kind = KIND_BYTES, .data = "secret", .len = 6, .out = &out, .work = &f.work
    };
    assert_int_equal(mask_cell(mask, &seeds, &cell), MASK_DONE);
    const uint8_t *p = (const uint8_t *)buf_str(&out);
    assert_memory_equal(p, "\x89PNG\r\n\x1a\n", 8);
    for (size_t at = 8; at < out.len; parts++) {
        uint32_t len = number_at(p + at);
        assert_true(at + 12 + len <= out.len);
        assert_int_equal(number_at(p + at + 8 + len), crc_of(p + at + 4, len + 4));
        at += 12 + len;
    }
    assert_int_equal(parts, 3);
    mask = faker_mask(&f, "{use: bytes, mode: same_length}", "bytea", 0, false);
    buf_reset(&out);
    cell.out = &out;
    assert_int_equal(mask_cell(mask, &seeds, &cell), MASK_DONE);
    assert_int_equal(out.len, 6);
    assert_true(memcmp(out.data, "secret", 6) != 0);
    mask = faker_mask(&f, "{use: bytes, mode: empty}", "bytea", 0, false);
    buf_reset(&out);
    assert_int_equal(mask_cell(mask, &seeds, &cell), MASK_DONE);
    assert_int_equal(out.len, 0);
    buf_deinit(&out);
    faker_deinit(&f);
}

static void
secrets_open_nothing_and_have_the_length_that_was_asked_for(void **state)
{
    struct faker f;
    char first[300];
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "secret", "text", 0, false);
    snprintf(first, sizeof first, "%s", faker_text(&f, mask, "hunter2", 1));
    assert_int_equal(first[0], '!');
    assert_int_equal(strlen(first), 21);
    assert_string_not_equal(faker_text(&f, mask, "hunter2", 2), first);
    assert_string_equal(faker_text(&f, mask, "another", 1), first); /* it is not read */
    mask = faker_mask(&f, "{use: secret, length: 500}", "text", 0, false);
    assert_int_equal(strlen(faker_text(&f, mask, "x", 1)), 200);
    mask = faker_mask(&f, "secret", "character varying(8)", 8, false);
    assert_int_equal(strlen(faker_text(&f, mask, "x", 1)), 8);
    faker_deinit(&f);
}

static void
tokens_have_their_alphabet_and_length(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask =
        faker_mask(&f, "{use: token, alphabet: hex, length: 40}", "text", 0, false);
    for (uint64_t i = 0; i < 100; i++) {
        char text[20];
        snprintf(text, sizeof text, "t%d", (int)i);
        const char *fake = faker_text(&f, mask, text, i);
        assert_int_equal(strlen(fake), 40);
        assert_int_equal(strspn(fake, "0123456789abcdef"), 40);
    }
    mask = faker_mask(&f, "token", "text", 0, false);
    assert_int_equal(strlen(faker_text(&f, mask, "abcdefghijklmnopqrst", 1)), 20);
    faker_deinit(&f);
}

static void
a_place_is_one_place_in_all_its_columns(void **state)
{
    struct faker f;
    enum { PEOPLE = 2000, MOST = 400 };
    static char cities[MOST][80], pairs[MOST][80];
    int ncities = 0, npairs = 0;
    (void)state;
    faker_init(&f, "locale: en_US\n");
    for (uint64_t row = 0; row < PEOPLE; row++) {
        char city[80], pair[200];
        int i = 0, k = 0;
        const struct mask *mask = faker_mask(&f, "city", "text", 0, false);
        snprintf(city, sizeof city, "%s", faker_text(&f, mask, "Xyzzy", row));
        mask = faker_mask(&f, "region", "text", 0, false);
        snprintf(pair, sizeof pair, "%.39s/%.39s", city, faker_text(&f, mask, "Xyzzy", row));
        while (i < ncities && strcmp(cities[i], city) != 0)
            i++;
        while (k < npairs && strcmp(pairs[k], pair) != 0)
            k++;
        if (i == ncities)
            memcpy(cities[ncities++], city, sizeof city);
        if (k == npairs)
            memcpy(pairs[npairs++], pair, 80);
        assert_true(ncities < MOST && npairs < MOST);
    }
    /* some cities of different regions have one name */
    assert_true(ncities > 20);
    assert_true(npairs < ncities * 5 / 4);
    faker_deinit(&f);
}

static void
dates_of_a_birth_keep_what_was_asked_for(void **state)
{
    enum { D1980 = -7305, YEAR = 365 };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (uint64_t row = 0; row < 1000; row++) {
        int64_t day = D1980 + (int64_t)row * 7 % 3650; /* of 1980 to 1989 */
        const struct mask *mask =
            faker_mask(&f, "{use: birth_date, preserve: age_band, band: 10}", "date", 0, false);
        int64_t fake = faker_integer(&f, mask, day, row);
        assert_true(fake >= D1980 && fake < D1980 + 3653);
        mask = faker_mask(&f, "{use: birth_date, preserve: none}", "date", 0, false);
        fake = faker_integer(&f, mask, day, row);
        assert_true(fake >= -25567 && fake < 3653); /* 1930 to 2009 */
    }
    faker_deinit(&f);
}

/* Whoever is young stays so: no fake lies in the future, where none of the originals did. */
static void
no_birth_has_not_come_yet(void **state)
{
    struct faker f;
    int64_t today = (int64_t)time(NULL) / 86400 - 10957;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "birth_date", "date", 0, false);
    for (uint64_t row = 0; row < 2000; row++) {
        int64_t day = today - (int64_t)row;
        assert_true(faker_integer(&f, mask, day, row) <= today);
    }
    faker_deinit(&f);
}

static void
truncated_times_begin_what_they_are_in(void **state)
{
    static const struct {
        const char *to, *type;
        int64_t value, wanted;
    } cases[] = {
        { "year", "date", 7365, 7305 },
        { "quarter", "date", 7365 + 61, 7365 + 31 },
        { "month", "date", 7365 + 5, 7365 },
        { "week", "date", 0, -5 },
        { "week", "date", 2, 2 },
        { "week", "date", 1, -5 },
        { "year", "date", -1, -365 },
        { "month", "date", -1, -31 },
        { "day", "timestamp without time zone", -1, -86400000000 },
        { "hour", "timestamp without time zone", 3600000001, 3600000000 },
        { "minute", "timestamp without time zone", -1, -60000000 },
        { "year", "timestamp without time zone", -1, -365 * INT64_C(86400000000) },
    };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rule[60];
        snprintf(rule, sizeof rule, "{use: truncate, to: %s}", cases[i].to);
        const struct mask *mask = faker_mask(&f, rule, cases[i].type, 0, false);
        int64_t fake = faker_integer(&f, mask, cases[i].value, 1);
        if (fake != cases[i].wanted)
            fail_msg("%s of %lld: %lld", cases[i].to, (long long)cases[i].value, (long long)fake);
    }
    faker_deinit(&f);
}

static void
coarser_numbers_keep_their_order_and_fall_below(void **state)
{
    struct faker f;
    int64_t before = INT64_MIN;
    (void)state;
    faker_init(&f, "");
    const struct mask *bucket = faker_mask(&f, "{use: bucket, step: 25}", "integer", 0, false);
    const struct mask *top = faker_mask(&f, "{use: top_code, at: 300}", "integer", 0, false);
    for (int64_t x = -1000; x < 1000; x += 7) {
        int64_t fake = faker_integer(&f, bucket, x, 1);
        assert_true(fake % 25 == 0 && fake <= x && x - fake < 25 && fake >= before);
        before = fake;
        assert_int_equal(faker_integer(&f, top, x, 1), x > 300 ? 300 : x);
    }
    /* at the ends of the type nothing wraps around */
    assert_true(faker_integer(&f, bucket, INT32_MIN, 1) == INT32_MIN);
    const struct mask *noise = faker_mask(&f, "{use: noise, ratio: 100%}", "integer", 0, false);
    for (uint64_t row = 0; row < 200; row++) {
        int64_t fake = faker_integer(&f, noise, INT32_MAX, row);
        assert_true(fake >= 0 && fake <= INT32_MAX);
        assert_int_equal(faker_integer(&f, noise, 0, row), 0);
    }
    faker_deinit(&f);
}

static void
noise_is_no_wider_than_its_ratio_and_keeps_decimals(void **state)
{
    struct faker f;
    int changed = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "{use: noise, ratio: 20%}", "numeric", 0, false);
    for (uint64_t row = 0; row < 1000; row++) {
        const char *fake = faker_text(&f, mask, "-250.00", row);
        double x = strtod(fake, NULL);
        assert_true(x <= -200 && x >= -300);
        assert_int_equal(strlen(strchr(fake, '.')), 3);
        changed += strcmp(fake, "-250.00") != 0;
    }
    assert_true(changed > 990);
    faker_deinit(&f);
}

/* ---- who decides on the fake */

static void
what_decides_on_a_fake_can_be_said(void **state)
{
    struct faker f;
    char first[200];
    (void)state;
    faker_init(&f, "");
    const struct mask *by_row = faker_mask(&f, "{use: email, per: row}", "text", 0, false);
    snprintf(first, sizeof first, "%s", faker_text(&f, by_row, "ann@corp.test", 1));
    assert_string_not_equal(faker_text(&f, by_row, "ann@corp.test", 2), first);
    const struct mask *of_value = faker_mask(&f, "{use: first_name, per: value}", "text", 0, false);
    snprintf(first, sizeof first, "%s", faker_text(&f, of_value, "Xyzzy", 1));
    assert_string_equal(faker_text(&f, of_value, "Xyzzy", 2), first);
    int same = 0;
    for (uint64_t i = 0; i < 50; i++) {
        char other[20];
        snprintf(other, sizeof other, "Xyzzy%d", (int)i);
        same += strcmp(faker_text(&f, of_value, other, 1), first) == 0;
    }
    assert_true(same < 5);
    const struct mask *by_entity = faker_mask(&f, "{use: noise, per: entity}", "integer", 0, false);
    assert_int_equal(by_entity->seed, SEED_ENTITY);
    faker_deinit(&f);
}

static void
two_domains_make_two_fakes_of_one_original(void **state)
{
    struct faker f;
    char first[100];
    (void)state;
    faker_init(&f, "domains: {a: {use: email}, b: {use: email}}\n");
    const struct mask *a = faker_mask(&f, "a", "text", 0, false);
    snprintf(first, sizeof first, "%s", faker_text(&f, a, "ann@corp.test", 1));
    const struct mask *b = faker_mask(&f, "b", "text", 0, false);
    assert_string_not_equal(faker_text(&f, b, "ann@corp.test", 1), first);
    assert_true(a->domain->is_named && b->domain->is_named);
    faker_deinit(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_key_makes_other_fakes),
        cmocka_unit_test(the_same_key_makes_the_same_fakes_in_another_run),
        cmocka_unit_test(a_fake_in_a_reserved_range_is_never_its_original),
        cmocka_unit_test(nobody_keeps_his_own_name),
        cmocka_unit_test(redacted_texts_have_their_length_and_no_more_than_was_asked),
        cmocka_unit_test(a_map_says_what_becomes_of_each_value),
        cmocka_unit_test(draws_are_as_frequent_as_their_weights),
        cmocka_unit_test(draws_of_the_source_are_as_frequent_as_there_and_none_is_refused),
        cmocka_unit_test(numbers_of_the_rules_that_no_column_could_hold_are_refused),
        cmocka_unit_test(
            a_hash_of_the_developers_comes_from_its_file_and_one_that_is_empty_is_refused),
        cmocka_unit_test(hashes_have_the_usual_spelling_and_differ_from_row_to_row),
        cmocka_unit_test(a_placeholder_is_an_image),
        cmocka_unit_test(secrets_open_nothing_and_have_the_length_that_was_asked_for),
        cmocka_unit_test(tokens_have_their_alphabet_and_length),
        cmocka_unit_test(a_place_is_one_place_in_all_its_columns),
        cmocka_unit_test(dates_of_a_birth_keep_what_was_asked_for),
        cmocka_unit_test(no_birth_has_not_come_yet),
        cmocka_unit_test(truncated_times_begin_what_they_are_in),
        cmocka_unit_test(coarser_numbers_keep_their_order_and_fall_below),
        cmocka_unit_test(noise_is_no_wider_than_its_ratio_and_keeps_decimals),
        cmocka_unit_test(what_decides_on_a_fake_can_be_said),
        cmocka_unit_test(two_domains_make_two_fakes_of_one_original),
        cmocka_unit_test(numbers_beyond_all_types_are_refused_as_well),
        cmocka_unit_test(a_map_says_what_becomes_of_blanks_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
