/* SPDX-License-Identifier: PostgreSQL */
/* Structs by their names. */
#include "base/lookup.h"

#include "unit.h"

struct item {
    const char *name;
    int n;
};

static void
every_name_leads_to_its_item_and_no_other_to_any(void **state)
{
    static const struct item items[] = {
        { "b", 1 }, { "a", 2 }, { "", 3 }, { "ab", 4 }, { "B", 5 }
    };
    struct arena arena = { 0 };
    struct lookup lookup;
    (void)state;
    lookup_make(items, 5, sizeof *items, &arena, &lookup);
    for (int i = 0; i < 5; i++)
        assert_ptr_equal(lookup_find(&lookup, items[i].name), &items[i]);
    assert_null(lookup_find(&lookup, "A"));
    assert_null(lookup_find(&lookup, "abc"));
    lookup_make(NULL, 0, sizeof *items, &arena, &lookup);
    assert_null(lookup_find(&lookup, "a"));
    arena_deinit(&arena);
}

static void
many_names_are_found(void **state)
{
    enum { MANY = 20000 };
    struct arena arena = { 0 };
    struct lookup lookup;
    struct item *items = ARENA_ARRAY(&arena, struct item, MANY);
    (void)state;
    for (int i = 0; i < MANY; i++)
        items[i] = (struct item){ arena_printf(&arena, "t%d", i * 7919 % MANY), i };
    lookup_make(items, MANY, sizeof *items, &arena, &lookup);
    for (int i = 0; i < MANY; i++) {
        const struct item *found = lookup_find(&lookup, items[i].name);
        assert_non_null(found);
        assert_string_equal(found->name, items[i].name);
    }
    arena_deinit(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_leads_to_its_item_and_no_other_to_any),
        cmocka_unit_test(many_names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
