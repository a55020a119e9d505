/* SPDX-License-Identifier: PostgreSQL */
/* What every transformer promises: see tests/unit/golden.txt for the fakes themselves. */
#include "fake.h"

static const char *const rule_of[][2] = {
    { "national_id", "{use: national_id, format: us_ssn}" },
    { "set", "{use: set, value: abc}" },
    { "bucket", "{use: bucket, step: 10}" },
    { "top_code", "{use: top_code, at: 100}" },
    { "map", "{use: map, values: {a: b}, default: z}" },
    { "choice", "{use: choice, values: [x, y, z]}" },
    { "derive", "{derive: \"{c}\"}" },
};

static const char *
rule_for(const char *name)
{
    for (size_t i = 0; i < sizeof rule_of / sizeof *rule_of; i++)
        if (strcmp(rule_of[i][0], name) == 0)
            return rule_of[i][1];
    return strcmp(name, "null") == 0 ? "\"null\"" : name;
}

/* Number `i` of the made-up originals: the examples with other letters and digits. */
static const char *
original(const struct transformer *how, uint64_t i, struct buf *out)
{
    const char *list = how->examples != NULL ? how->examples : "abc|def";
    uint64_t n = 1;
    for (const char *p = list; (p = strchr(p, '|')) != NULL; p++)
        n++;
    const char *from = list;
    for (uint64_t which = i % n; which > 0; which--)
        from = strchr(from, '|') + 1;
    buf_reset(out);
    buf_add(out, from, strcspn(from, "|"));
    uint64_t turn = i / n;
    for (size_t k = out->len; k-- > 0 && turn > 0;) {
        char *c = &out->data[k];
        uint64_t radix = *c >= '0' && *c <= '9' ? 10 : *c >= 'a' && *c <= 'z' ? 26 : 1;
        if (radix == 1)
            continue;
        *c = (char)((radix == 10 ? '0' : 'a') +
                    ((uint64_t)(*c - (radix == 10 ? '0' : 'a')) + turn) % radix);
        turn /= radix;
    }
    return out->data;
}

static void
the_same_original_has_the_same_fake(void **state)
{
    struct faker f;
    struct buf text = { 0 };
    (void)state;
    faker_init(&f, "locale: {en_US: 60, de_DE: 40}\n");
    for (int i = 0; i < ntransformers; i++) {
        const struct transformer *how = transformers[i];
        if (!(how->accepts & KIND_TEXT) || strcmp(how->name, "derive") == 0)
            continue;
        const struct mask *mask = faker_mask(&f, rule_for(how->name), "text", 0, false);
        assert_non_null(mask);
        for (uint64_t n = 0; n < 200; n++) {
            const char *from = original(how, n, &text);
            char *first = strdup(faker_text(&f, mask, from, n));
            assert_string_equal(first, faker_text(&f, mask, from, n));
            free(first);
        }
    }
    buf_deinit(&text);
    faker_deinit(&f);
}

static void
blank_texts_stay(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (int i = 0; i < ntransformers; i++) {
        const struct transformer *how = transformers[i];
        if (!(how->accepts & KIND_TEXT) || how->need != NEED_VALUE || (how->is & IS_SAID) != 0)
            continue;
        const struct mask *mask = faker_mask(&f, rule_for(how->name), "text", 0, false);
        assert_non_null(mask);
        assert_string_equal(faker_text(&f, mask, "", 1), "");
        assert_string_equal(faker_text(&f, mask, "  ", 1), "  ");
    }
    faker_deinit(&f);
}

static void
fakes_fit_narrow_columns(void **state)
{
    static const char *const names[] = { "first_name", "last_name",    "full_name",  "company",
                                         "city",       "address_line", "user_agent", "secret",
                                         "username",   "text",         "by_shape" };
    struct faker f;
    struct buf text = { 0 };
    (void)state;
    faker_init(&f, "locale: fr_FR\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int room = 6; room < 40; room += 3) {
            struct faker narrow;
            char type[40];
            snprintf(type, sizeof type, "character varying(%d)", room);
            faker_init(&narrow, "locale: fr_FR\n");
            const struct mask *mask = faker_mask(&narrow, names[i], type, room, false);
            for (uint64_t n = 0; n < 100; n++) {
                const char *from = original(transformer_find(names[i]), n, &text);
                size_t len = utf8_length(from, strlen(from));
                if (len > (size_t)room)
                    continue;
                const char *fake = faker_text(&narrow, mask, from, n);
                if (utf8_length(fake, strlen(fake)) > (size_t)room)
                    fail_msg("%s: %s in %d", names[i], fake, room);
            }
            faker_deinit(&narrow);
        }
    buf_deinit(&text);
    faker_deinit(&f);
}

/* ---- 10^6 fakes: each is what it claims to be, and reaches nobody */

struct reach {
    const char *rule, *detector;
    const char *originals; /* formats of a number */
};

static const struct reach reaches[] = {
    { "email", "email", "user%llu@corp.test" },
    { "{use: email, host: per_host}", "email", "u@host%llu.test" },
    { "url", "url", "https://www.site%llu.test/a?b=c" },
    { "{use: card, preserve: brand}", "card", "4111%012llu" },
    { "card", "card", "34%013llu" },
    { "iban", "iban", "DE89%018llu" },
    { "iban", "iban", "GB29NWBK%014llu" },
    { "iban", "iban", "FR14%023llu" },
    { "{use: national_id, format: us_ssn}", "us_ssn", "%09llu" },
    { "{use: national_id, format: de_steuer_id}", "de_steuer_id", "%011llu" },
    { "{use: national_id, format: fr_nir}", "fr_nir", "%015llu" },
    { "{use: national_id, format: gb_nino}", "gb_nino", "AB%06lluC" },
    { "ip", "ipv4", "8.8.8.%llu" },
    { "{use: ip, range: documentation}", "ipv4", "9.9.9.%llu" },
    { "phone", "phone", "+1 212 %07llu" },
    { "phone", "phone", "+44 20 %08llu" },
    { "phone", "phone", "+49 30 %08llu" },
    { "phone", "phone", "+33 1 %08llu" },
    { "phone", "phone", "+81 3 %08llu" },
    { "mac", "mac", "00:1b:44:%06llu" },
};

static void
put_number(const char *form, unsigned long long n, char *out, size_t size)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(out, size, form, n, n);
#pragma GCC diagnostic pop
}

static const struct transformer *
faker_how(struct faker *f, const char *rule)
{
    return transformer_find(faker_rule(f, rule)->use);
}

static void
no_fake_reaches_anybody(void **state)
{
    enum { EACH = 1000000 }; /* of every transformer, over its cases */
    struct faker f;
    struct detect *detect = detect_new();
    struct regex_space *space = regex_space_new();
    (void)state;
    faker_init(&f, "");
    for (size_t i = 0; i < sizeof reaches / sizeof *reaches; i++) {
        const struct mask *mask = faker_mask(&f, reaches[i].rule, "text", 0, false);
        int which = detector_find(reaches[i].detector);
        char text[80];
        assert_non_null(mask);
        unsigned long long many = 0;
        for (size_t j = 0; j < sizeof reaches / sizeof *reaches; j++)
            many += faker_how(&f, reaches[j].rule) == mask->how;
        for (unsigned long long n = 0; n < EACH / many; n++) {
            bool is_ip = strcmp(reaches[i].detector, "ipv4") == 0;
            if (strcmp(reaches[i].detector, "mac") == 0)
                snprintf(text, sizeof text, "00:1b:44:%02llx:%02llx:%02llx", n >> 16 & 255,
                         n >> 8 & 255, n & 255);
            else if (strcmp(reaches[i].detector, "us_ssn") == 0)
                snprintf(text, sizeof text, "%03llu-%02llu-%04llu", n % 899 + 1, n / 899 % 99 + 1,
                         n % 9999 + 1);
            else
                put_number(reaches[i].originals, is_ip ? n % 256 : n, text, sizeof text);
            const char *fake = faker_text(&f, mask, text, n);
            size_t len = strlen(fake);
            bool found =
                strcmp(reaches[i].rule, "phone") == 0 || detect_is(detect, which, space, fake, len);
            if (!found || !detectors[which].is_reserved(fake, len))
                fail_msg("%s: %s", reaches[i].rule, fake);
        }
    }
    regex_space_free(space);
    detect_free(detect);
    faker_deinit(&f);
}

static void
a_broken_card_is_no_card(void **state)
{
    struct faker f;
    struct detect *detect = detect_new();
    struct regex_space *space = regex_space_new();
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "{use: card, luhn: broken}", "text", 0, false);
    for (unsigned long long n = 0; n < 1000; n++) {
        char text[32];
        snprintf(text, sizeof text, "4111%012llu", n);
        const char *fake = faker_text(&f, mask, text, n);
        assert_false(detect_is(detect, detector_find("card"), space, fake, strlen(fake)));
    }
    regex_space_free(space);
    detect_free(detect);
    faker_deinit(&f);
}

/* ---- uniqueness */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
unique_fakes_do_not_meet(void **state)
{
    static const char *const cases[][2] = {
        { "email", "user%llu@corp.test" },
        { "phone", "+1 212 %07llu" },
        { "phone", "0151/%llu" },
        { "username", "user_%llu" },
        { "by_shape", "AB-%llu-x" },
        { "pattern", "SO-2024-%06llu" },
        { "digits", "%llu" },
        { "token", "token %llu" },
        { "uuid", "6ba7b810-9dad-41d1-80b4-%012llx" },
        { "url", "https://x.test/%llu" },
        { "{use: pattern, preserve_prefix: 3}", "SO-%llu-%llu" },
    };
    enum { MANY = 20000 };
    struct faker f;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char **fakes = mem_alloc(MANY * sizeof *fakes);
        faker_init(&f, "");
        const struct mask *mask = faker_mask(&f, cases[i][0], "text", 0, true);
        for (unsigned long long n = 0; n < MANY; n++) {
            char text[80];
            put_number(cases[i][1], n, text, sizeof text);
            fakes[n] = strdup(faker_text(&f, mask, text, n));
        }
        qsort(fakes, MANY, sizeof *fakes, by_text);
        for (int n = 1; n < MANY; n++)
            if (strcmp(fakes[n], fakes[n - 1]) == 0)
                fail_msg("%s: %s twice", cases[i][0], fakes[n]);
        for (int n = 0; n < MANY; n++)
            free(fakes[n]);
        free(fakes);
        faker_deinit(&f);
    }
}

static void
short_shapes_are_permuted_as_a_whole(void **state)
{
    static uint8_t seen[1000];
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "digits", "text", 0, true);
    for (int n = 0; n < 1000; n++) {
        char text[8];
        snprintf(text, sizeof text, "%03d", n);
        int fake = atoi(faker_text(&f, mask, text, 0));
        assert_int_equal(seen[fake]++, 0);
    }
    faker_deinit(&f);
}

/* Beyond 60 bits a text is permuted in blocks, each under a tweak of the others. */
static void
long_shapes_do_not_meet(void **state)
{
    struct faker f;
    char *fakes[3000];
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "by_shape", "text", 0, true);
    for (int n = 0; n < 3000; n++) {
        char text[80];
        snprintf(text, sizeof text, "%040d-%s", n % 2 == 0 ? n : 7, "abcdefghijklmnop");
        text[41 + n % 16] = (char)('a' + n / 16 % 26);
        text[45] = (char)('a' + n / 416 % 26);
        fakes[n] = strdup(text);
    }
    qsort(fakes, 3000, sizeof *fakes, by_text);
    int distinct = 1, differ = 1;
    for (int n = 1; n < 3000; n++)
        distinct += strcmp(fakes[n], fakes[n - 1]) != 0;
    for (int n = 0; n < 3000; n++) {
        char *old = fakes[n];
        fakes[n] = strdup(faker_text(&f, mask, old, 0));
        free(old);
    }
    qsort(fakes, 3000, sizeof *fakes, by_text);
    for (int n = 1; n < 3000; n++)
        differ += strcmp(fakes[n], fakes[n - 1]) != 0;
    assert_int_equal(differ, distinct);
    for (int n = 0; n < 3000; n++)
        free(fakes[n]);
    faker_deinit(&f);
}

static void
integers_are_permuted_within_their_type(void **state)
{
    static const char *const types[] = { "smallint", "integer", "bigint" };
    struct faker f;
    (void)state;
    faker_init(&f, "");
    for (int t = 0; t < 3; t++) {
        const struct mask *mask = faker_mask(&f, "int", types[t], 0, true);
        int64_t high = t == 0 ? INT16_MAX : t == 1 ? INT32_MAX : INT64_MAX;
        const int64_t edges[] = { 0, 1, 42, high, -1, -high - 1, high / 2 };
        for (size_t i = 0; i < 7; i++) {
            int64_t fake = faker_integer(&f, mask, edges[i], 0);
            assert_true(fake <= high && fake >= -high - 1);
            assert_true((fake < 0) == (edges[i] < 0));
            for (size_t j = 0; j < i; j++)
                assert_true(fake != faker_integer(&f, mask, edges[j], 0));
        }
    }
    static uint8_t seen[101];
    const struct mask *mask = faker_mask(&f, "{use: int, range: [100, 200]}", "integer", 0, true);
    for (int64_t x = 100; x <= 200; x++) {
        int64_t fake = faker_integer(&f, mask, x, 0);
        assert_true(fake >= 100 && fake <= 200);
        assert_int_equal(seen[fake - 100]++, 0);
    }
    faker_deinit(&f);
}

/* ---- persons, dates, numbers */

static void
a_person_has_one_name_in_all_columns(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "locale: {en_US: 1, fr_FR: 1, de_DE: 1}\n");
    for (uint64_t row = 0; row < 300; row++) {
        char whole[200];
        const struct mask *first = faker_mask(&f, "first_name", "text", 0, false);
        int n = snprintf(whole, sizeof whole, "%s ", faker_text(&f, first, "Xyzzy", row));
        const struct mask *last = faker_mask(&f, "last_name", "text", 0, false);
        snprintf(whole + n, sizeof whole - (size_t)n, "%s", faker_text(&f, last, "Xyzzy", row));
        const struct mask *full = faker_mask(&f, "full_name", "text", 0, false);
        assert_string_equal(faker_text(&f, full, "Xyzzy Xyzzy", row), whole);
    }
    faker_deinit(&f);
}

static void
names_do_not_depend_on_the_original(void **state)
{
    struct faker f;
    int same = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "first_name", "text", 0, false);
    char *first = strdup(faker_text(&f, mask, "Xyzzy", 1));
    for (uint64_t row = 2; row < 200; row++)
        same += strcmp(first, faker_text(&f, mask, "Xyzzy", row)) == 0;
    assert_true(same < 20);
    free(first);
    faker_deinit(&f);
}

static void
case_is_copied_where_it_is_uniform(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "locale: fr_FR\n");
    const struct mask *mask = faker_mask(&f, "last_name", "text", 0, false);
    for (uint64_t row = 0; row < 100; row++) {
        for (const char *p = faker_text(&f, mask, "MEYER", row); *p != '\0'; p++)
            assert_false(*p >= 'a' && *p <= 'z');
        for (const char *p = faker_text(&f, mask, "meyer", row); *p != '\0'; p++)
            assert_false(*p >= 'A' && *p <= 'Z');
    }
    faker_deinit(&f);
}

static void
dates_of_one_entity_move_together_by_weeks_into_the_past(void **state)
{
    struct faker f;
    int64_t shift = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "date_shift", "date", 0, false);
    for (int64_t day = 0; day < 10000; day += 97) {
        int64_t moved = faker_integer(&f, mask, day, 5) - day;
        assert_true(moved < 0 && moved % 7 == 0 && moved >= -52 * 7);
        assert_true(day == 0 || moved == shift);
        shift = moved;
    }
    assert_int_equal(faker_integer(&f, mask, INT32_MAX, 5), INT32_MAX); /* infinity */
    assert_int_equal(faker_integer(&f, mask, INT32_MIN, 5), INT32_MIN);
    faker_deinit(&f);
}

static void
birth_dates_stay_in_their_years(void **state)
{
    struct faker f;
    int changed = 0;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "{use: birth_date, preserve: year}", "text", 0, false);
    for (uint64_t row = 0; row < 500; row++) {
        char text[16];
        snprintf(text, sizeof text, "%04d-%02d-%02d", 1950 + (int)row % 60, 1 + (int)row % 12,
                 1 + (int)row % 28);
        const char *fake = faker_text(&f, mask, text, row);
        assert_int_equal(strlen(fake), 10);
        assert_memory_equal(fake, text, 5);
        changed += strcmp(fake, text) != 0;
    }
    assert_true(changed > 480);
    mask = faker_mask(&f, "{use: birth_date, preserve: year}", "text", 0, false);
    const char *german = faker_text(&f, mask, "17.05.1980", 3);
    assert_int_equal(strlen(german), 10);
    assert_string_equal(german + 6, "1980");
    faker_deinit(&f);
}

/* Years and bands of 4714 BC begin before PostgreSQL's first date, which no copy could have. */
static void
fakes_of_the_first_dates_are_dates(void **state)
{
    static const struct {
        const char *rule, *type;
        int64_t first;
    } cases[] = {
        { "{use: birth_date, preserve: year}", "date", -2451545 },
        { "birth_date", "timestamp with time zone", -211813488000000000 },
        { "{use: truncate, to: year}", "date", -2451545 },
        { "{use: truncate, to: month}", "timestamp with time zone", -211813488000000000 },
        { "date_shift", "date", -2451545 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faker f;
        faker_init(&f, "");
        const struct mask *mask = faker_mask(&f, cases[i].rule, cases[i].type, 0, false);
        int64_t step = cases[i].first < INT32_MIN ? INT64_C(86400000000) : 1;
        for (uint64_t row = 0; row < 60; row++)
            assert_true(faker_integer(&f, mask, cases[i].first + (int64_t)row * step, row) >=
                        cases[i].first);
        faker_deinit(&f);
    }
}

/* ---- texts */

static void
regenerated_text_keeps_its_shape(void **state)
{
    static const char text[] =
        "Dear Ann,\nyour order 4711 (two items) left on 2024-05-01.\n\n-- Bob";
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "text", "text", 0, false);
    const char *fake = faker_text(&f, mask, text, 1);
    assert_int_equal(strlen(fake), sizeof text - 1);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        bool letter = (text[i] | 32) >= 'a' && (text[i] | 32) <= 'z';
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!letter && !digit)
            assert_int_equal(fake[i], text[i]);
        if (digit)
            assert_true(fake[i] >= '0' && fake[i] <= '9');
        if (letter)
            assert_true(((fake[i] | 32) >= 'a') && (fake[i] & 32) == (text[i] & 32));
    }
    assert_null(strstr(fake, "Ann"));
    assert_null(strstr(fake, "Bob"));
    faker_deinit(&f);
}

static void
a_scrubbed_text_has_the_fakes_of_the_columns(void **state)
{
    struct faker f;
    char address[100];
    (void)state;
    faker_init(&f, "domains: {mail: {use: email, normalize: lower}}\n");
    const struct mask *column = faker_mask(&f, "mail", "text", 0, false);
    snprintf(address, sizeof address, "%s", faker_text(&f, column, "ann@corp.test", 1));
    const struct mask *scrub =
        faker_mask(&f, "{use: text, mode: scrub, find: {email: mail, \"/SO-\\\\d+/\": digits}}",
                   "text", 0, false);
    assert_non_null(scrub);
    const char *fake = faker_text(&f, scrub, "write to Ann@Corp.test about SO-2024; thanks", 9);
    assert_non_null(strstr(fake, address));
    assert_null(strstr(fake, "Corp"));
    assert_null(strstr(fake, "SO-2024"));
    assert_non_null(strstr(fake, "write to "));
    assert_non_null(strstr(fake, "; thanks"));
    faker_deinit(&f);
}

static void
letters_of_other_scripts_stay_in_their_script(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "by_shape", "text", 0, false);
    const char *fake = faker_text(&f, mask, "Жанна 北京 Ünï", 1);
    assert_int_equal(utf8_length(fake, strlen(fake)), 12);
    assert_true(strcmp(fake, "Жанна 北京 Ünï") != 0);
    assert_true((uint8_t)fake[0] == 0xD0 || (uint8_t)fake[0] == 0xD1);
    faker_deinit(&f);
}

/* ---- json */

static void
json_keeps_all_but_its_leaves(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "packs: [pii@1]\n");
    const struct mask *mask = faker_mask(
        &f, "{use: json, paths: {\"$.theme\": keep, \"$.a[*].mail\": email, \"$..zip\": digits}}",
        "json", 0, false);
    assert_non_null(mask);
    const char *fake =
        faker_text(&f, mask,
                   "{ \"theme\":\"dark\", \"a\" : [ {\"mail\":\"ann@corp.test\",\"n\":1.50}, "
                   "{\"mail\":null} ],"
                   "\"x\":{\"zip\":\"12345\",\"firstName\":\"Ann\"},\"big\":12345678,\"t\":true }",
                   4);
    assert_memory_equal(fake, "{ \"theme\":\"dark\", \"a\" : [ {\"mail\":\"", 35);
    assert_non_null(strstr(fake, "@example.com\",\"n\":1.50}, {\"mail\":null} ],"));
    assert_non_null(strstr(fake, "\"t\":true }"));
    assert_null(strstr(fake, "12345"));
    assert_null(strstr(fake, "\"Ann\""));
    faker_deinit(&f);
}

static void
json_numbers_whose_names_are_personal_change(void **state)
{
    struct faker f;
    int same = 0;
    char text[100];
    (void)state;
    faker_init(&f, "packs: [pii@1]\n");
    const struct mask *mask = faker_mask(&f, "json", "json", 0, false);
    assert_non_null(mask);
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "{\"salary\":%d,\"items\":%d}", 48000 + 17 * i, i);
        const char *fake = faker_text(&f, mask, text, 1);
        same += strncmp(fake, text, 16) == 0;
        assert_string_equal(strchr(fake, ','), strchr(text, ','));
    }
    assert_true(same < 5);
    faker_deinit(&f);
}

static void
json_leaves_get_the_fakes_of_columns(void **state)
{
    struct faker f;
    char address[100];
    (void)state;
    faker_init(&f, "domains: {mail: {use: email}}\n");
    const struct mask *column = faker_mask(&f, "mail", "text", 0, false);
    snprintf(address, sizeof address, "{\"m\": \"%s\"}",
             faker_text(&f, column, "ann@corp.test", 1));
    const struct mask *json =
        faker_mask(&f, "{use: json, paths: {\"$.m\": mail}}", "jsonb", 0, false);
    assert_string_equal(faker_text(&f, json, "{\"m\": \"ann@corp.test\"}", 1), address);
    faker_deinit(&f);
}

static void
a_personal_key_of_json_stops_the_run(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "json", "json", 0, false);
    assert_string_equal(faker_text(&f, mask, "{\"ann@corp.test\": 1}", 1), "(stop)");
    assert_string_equal(faker_text(&f, mask, "{\"4915112345678\": 1}", 1), "(stop)");
    mask = faker_mask(&f, "{use: json, other: stop}", "json", 0, false);
    assert_string_equal(faker_text(&f, mask, "{\"a\": \"b\"}", 1), "(stop)");
    mask = faker_mask(&f, "{use: json, other: drop, paths: {\"$.k\": keep}}", "json", 0, false);
    assert_string_equal(faker_text(&f, mask, "{\"a\": \"b\", \"k\": 1, \"c\": [2, \"x\"]}", 1),
                        "{ \"k\": 1, \"c\": []}");
    faker_deinit(&f);
}

/* ---- what slips through when nobody looks */

static void
nothing_of_an_odd_original_is_left(void **state)
{
    static const struct {
        const char *rule, *type, *original, *left;
    } cases[] = {
        { "json", "text", "john.smith", "smith" },
        { "json", "text", "[John, Smith]", "Smith" },
        { "json", "text", "{\"x\": +49abc}", "49abc" },
        { "json", "text", "12ab", "12ab" },
        { "postal_code", "text", "Москва", "Москва" },
        { "by_shape", "text", "\xcf\xf0\xe8\xe2", "\xcf\xf0" },
        { "text", "text", "\xcf\xf0\xe8\xe2", "\xcf\xf0" },
        { "{use: pattern, preserve_prefix: 4}", "text", "1234", "1234" },
        { "{use: digits, preserve_suffix: 4}", "text", "1234", "1234" },
        { "digits", "text", "Smith", "Smith" },
        { "ip", "text", "1.2.3.4 Smith", "Smith" },
        { "url", "text", "jane smith://x", "smith" },
        { "{use: text, mode: scrub}", "text", "card 4111111111111111 12/26", "411111" },
        { "{use: text, mode: scrub}", "text", "card 4111111111111111 737", "411111" },
        { "{use: text, mode: scrub}", "text", "IBAN DE89370400440532013000 BIC X", "370400" },
        { "{use: text, mode: scrub}", "text", "de89370400440532013000", "370400" },
        { "{use: text, mode: scrub}", "text", "4111111111111111-", "411111" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faker f;
        faker_init(&f, "packs: [pii@1]\n");
        const struct mask *mask = faker_mask(&f, cases[i].rule, cases[i].type, 0, false);
        assert_non_null(mask);
        const char *fake = faker_text(&f, mask, cases[i].original, 1);
        if (strstr(fake, cases[i].left) != NULL)
            fail_msg("%s of '%s' is '%s'", cases[i].rule, cases[i].original, fake);
        faker_deinit(&f);
    }
}

static void
originals_that_differ_in_case_have_one_fake_where_case_does_not_count(void **state)
{
    struct faker f;
    (void)state;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "{use: by_shape, normalize: lower}", "text", 0, false);
    char *first = strdup(faker_text(&f, mask, "ÄBC-12 Ёлка", 1));
    assert_string_equal(first, faker_text(&f, mask, "äbc-12 ёЛКА", 1));
    free(first);
    faker_deinit(&f);
}

static void
masks_inside_a_folded_text_do_not_disturb_it(void **state)
{
    static const char original[] =
        "WRITE TO Ann@Corp.test AND TO Bob@Corp.test, SO-2024 AND SO-2025";
    struct faker f;
    (void)state;
    faker_init(&f, "domains: {mail: {use: email, normalize: lower}, so: {use: by_shape, normalize: "
                   "lower}}\n");
    const struct mask *mask = faker_mask(
        &f, "{use: text, mode: scrub, normalize: lower, find: {email: mail, \"/so-\\\\d+/\": so}}",
        "text", 0, false);
    assert_non_null(mask);
    const char *fake = faker_text(&f, mask, original, 1);
    assert_memory_equal(fake, "write to ", 9);
    assert_non_null(strstr(fake, " and to "));
    assert_null(strstr(fake, "corp"));
    assert_null(strstr(fake, "so-202"));
    /* what is told of the value afterwards is told of the original */
    struct buf out = { 0 };
    struct mask_value cell = { .kind = KIND_TEXT,
                               .data = original,
                               .len = sizeof original - 1,
                               .out = &out,
                               .work = &f.work };
    assert_int_equal(mask_cell(mask, NULL, &cell), MASK_DONE);
    assert_ptr_equal(cell.data, original);
    buf_deinit(&out);
    faker_deinit(&f);
}

/* ---- parameters */

static void
what_is_wrong_with_a_rule_is_told(void **state)
{
    static const struct {
        const char *rule, *type, *message, *hint;
    } cases[] = {
        { "emial", "text", "E102 there is no transformer or domain 'emial'", "'email'" },
        { "{use: text, lenght: keep}", "text", "E110 'lenght' is no parameter of 'text'",
          "'length'" },
        { "{use: noise, ratio: 500%}", "numeric", "a share is wanted", "" },
        { "{use: bucket}", "integer", "E112 'bucket' needs the parameter 'step'", "" },
        { "{use: email, host: both}", "text", "there is no host 'both'", "" },
        { "email", "integer", "E203 'email' cannot treat integer", "" },
        { "date_shift", "text", "E203", "" },
        { "{use: json, paths: {a.b: keep}}", "json", "E114 'a.b'", "" },
        { "{use: text, mode: scrub, find: {nothing: email}}", "text", "E113", "" },
        { "{use: text, mode: scrub, find: {\"/(/\": email}}", "text", "E111 /(/", "" },
        { "{use: mail, host: one}", "text", "E110 parameters belong to the domain", "" },
        { "{use: map, values: {a: b}}", "text", "E112 'map' needs the parameter 'default'", "" },
        { "{use: choice}", "text", "E112 choice", "" },
        { "{use: set, value: x}", "integer", "E111 set", "" },
        { "{use: set, value: maybe}", "boolean", "E111 'maybe' is no value", "" },
        { "{use: map, values: {a: 70000}, default: 1}", "smallint", "E111 '70000'", "" },
        { "{use: choice, values: [abcdef]}", "character varying(3)", "E111 'abcdef'", "" },
        { "{use: bucket, step: 0}", "numeric", "E111 a number", "" },
        { "{use: date_shift, max: 0}", "date", "E111 a number above 0", "" },
        { "{use: truncate, to: hour}", "date", "E111 to: a date has no hours", "" },
        { "phone", "integer", "E203", "" },
        { "{use: int, range: [5, 1]}", "integer", "E111 range", "" },
        { "{derive: \"{nope}\"}", "text", "E201 there is no column 'nope'", "" },
        { "{derive: \"{c}\"}", "text", "E116 a column cannot be derived from itself", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faker f;
        faker_init(&f, "domains: {mail: {use: email}}\n");
        const struct mask *mask = faker_mask(&f, cases[i].rule, cases[i].type, 0, false);
        if (mask != NULL || strstr(f.err.message, cases[i].message) == NULL ||
            strstr(f.err.hint, cases[i].hint) == NULL)
            fail_msg("%s: %s (%s)", cases[i].rule, f.err.message, f.err.hint);
        faker_deinit(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_original_has_the_same_fake),
        cmocka_unit_test(blank_texts_stay),
        cmocka_unit_test(fakes_fit_narrow_columns),
        cmocka_unit_test(no_fake_reaches_anybody),
        cmocka_unit_test(a_broken_card_is_no_card),
        cmocka_unit_test(unique_fakes_do_not_meet),
        cmocka_unit_test(short_shapes_are_permuted_as_a_whole),
        cmocka_unit_test(long_shapes_do_not_meet),
        cmocka_unit_test(integers_are_permuted_within_their_type),
        cmocka_unit_test(a_person_has_one_name_in_all_columns),
        cmocka_unit_test(names_do_not_depend_on_the_original),
        cmocka_unit_test(case_is_copied_where_it_is_uniform),
        cmocka_unit_test(dates_of_one_entity_move_together_by_weeks_into_the_past),
        cmocka_unit_test(birth_dates_stay_in_their_years),
        cmocka_unit_test(fakes_of_the_first_dates_are_dates),
        cmocka_unit_test(regenerated_text_keeps_its_shape),
        cmocka_unit_test(a_scrubbed_text_has_the_fakes_of_the_columns),
        cmocka_unit_test(letters_of_other_scripts_stay_in_their_script),
        cmocka_unit_test(json_keeps_all_but_its_leaves),
        cmocka_unit_test(json_numbers_whose_names_are_personal_change),
        cmocka_unit_test(json_leaves_get_the_fakes_of_columns),
        cmocka_unit_test(a_personal_key_of_json_stops_the_run),
        cmocka_unit_test(nothing_of_an_odd_original_is_left),
        cmocka_unit_test(originals_that_differ_in_case_have_one_fake_where_case_does_not_count),
        cmocka_unit_test(masks_inside_a_folded_text_do_not_disturb_it),
        cmocka_unit_test(what_is_wrong_with_a_rule_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
