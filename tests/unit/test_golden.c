/* SPDX-License-Identifier: PostgreSQL */
/* Fakes that are frozen: tests/unit/golden.tsv has a rule, a type, the number of a row, an original
 * and its fake per line, under the key of fake.h. A change of any of them changes every copy that
 * was ever made: it needs another version of the language. (UPDATE=1 writes new lines' fakes.) */
#include "fake.h"

static void
fakes_are_what_they_have_always_been(void **state)
{
    FILE *file = fopen("tests/unit/golden.tsv", "r");
    struct buf all = { 0 };
    char *line = NULL;
    size_t room = 0;
    int n = 0;
    (void)state;
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#') {
            buf_printf(&all, "%s\n", line);
            continue;
        }
        char *rest = line, *rule = strsep(&rest, "\t"), *type = strsep(&rest, "\t");
        char *row = strsep(&rest, "\t"), *original = strsep(&rest, "\t"), *fake = rest;
        assert_non_null(original);
        struct faker f;
        faker_init(&f, "locale: {en_US: 70, de_DE: 30}\n");
        const struct mask *mask = faker_mask(&f, rule, type, 0, false);
        if (mask == NULL)
            fail_msg("%s", f.err.message);
        char number[32];
        const char *now = number;
        if (f.maker.kind & (KIND_INTEGER | KIND_DATE | KIND_TIMESTAMP))
            snprintf(number, sizeof number, "%lld",
                     (long long)faker_integer(&f, mask, atoll(original), (uint64_t)atoi(row)));
        else
            now = faker_text(&f, mask, original, (uint64_t)atoi(row));
        buf_printf(&all, "%s\t%s\t%s\t%s\t%s\n", rule, type, row, original, now);
        if (getenv("UPDATE") == NULL && (fake == NULL || strcmp(fake, now) != 0))
            fail_msg("%s of '%s': '%s' is no longer '%s'", rule, original, now,
                     fake != NULL ? fake : "");
        faker_deinit(&f);
        n++;
    }
    fclose(file);
    free(line);
    assert_true(n >= 60);
    if (getenv("UPDATE") != NULL) {
        file = fopen("tests/unit/golden.tsv", "w");
        fwrite(buf_str(&all), 1, all.len, file);
        fclose(file);
    }
    buf_deinit(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(fakes_are_what_they_have_always_been) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
