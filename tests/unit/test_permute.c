/* SPDX-License-Identifier: PostgreSQL */
#include "transform/permute.h"

#include "unit.h"

static const uint8_t key[32] = "thirty-two bytes of a test's key";

static void
every_permutation_up_to_4096_is_a_bijection(void **state)
{
    struct shuffles shuffles = { 0 };
    static uint8_t seen[4096];
    (void)state;
    for (uint64_t n = 1; n <= 4096; n++) {
        memset(seen, 0, sizeof seen);
        for (uint64_t x = 0; x < n; x++) {
            uint64_t y = permute(key, 7, n, x, &shuffles);
            assert_true(y < n);
            assert_int_equal(seen[y]++, 0);
        }
    }
    shuffles_deinit(&shuffles);
}

/* Beyond the shuffles: all of one domain just above, samples of larger ones. */
static void
larger_ones_are_bijections_too(void **state)
{
    static const uint64_t sizes[] = { 65537, 100000, 1000003 };
    struct shuffles shuffles = { 0 };
    (void)state;
    for (int i = 0; i < 3; i++) {
        uint8_t *seen = mem_alloc(sizes[i]);
        for (uint64_t x = 0; x < sizes[i]; x++) {
            uint64_t y = permute(key, 0, sizes[i], x, &shuffles);
            assert_true(y < sizes[i]);
            assert_int_equal(seen[y]++, 0);
        }
        free(seen);
    }
    shuffles_deinit(&shuffles);
}

static int
by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void
no_two_of_many_meet_in_huge_domains(void **state)
{
    static const uint64_t sizes[] = { UINT64_C(1) << 31, UINT64_C(10000000000),
                                      UINT64_C(999999999999), UINT64_C(1) << 62 };
    static uint64_t images[100000];
    struct shuffles shuffles = { 0 };
    (void)state;
    for (int i = 0; i < 4; i++) {
        for (uint64_t x = 0; x < 100000; x++) {
            images[x] = permute(key, 3, sizes[i], x * (sizes[i] / 100000), &shuffles);
            assert_true(images[x] < sizes[i]);
        }
        qsort(images, 100000, sizeof *images, by_value);
        for (int x = 1; x < 100000; x++)
            assert_true(images[x] != images[x - 1]);
    }
    shuffles_deinit(&shuffles);
}

static void
keys_and_tweaks_give_other_permutations(void **state)
{
    static const uint8_t other[32] = "another key with thirty-two byte";
    struct shuffles shuffles = { 0 };
    int by_tweak = 0, by_key = 0;
    (void)state;
    for (uint64_t x = 0; x < 1000; x++) {
        uint64_t y = permute(key, 1, 1000, x, &shuffles);
        by_tweak += y == permute(key, 2, 1000, x, &shuffles);
        by_key += y == permute(other, 1, 1000, x, &shuffles);
    }
    assert_true(by_tweak < 20 && by_key < 20);
    shuffles_deinit(&shuffles);
}

static void
uuids_do_not_meet(void **state)
{
    static uint64_t images[20000];
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t halves[2] = { 0, i };
        permute_122(key, halves);
        assert_true(halves[0] >> 61 == 0 && halves[1] >> 61 == 0);
        images[i] = halves[0] ^ halves[1] << 3;
    }
    qsort(images, 20000, sizeof *images, by_value);
    for (int i = 1; i < 20000; i++)
        assert_true(images[i] != images[i - 1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_permutation_up_to_4096_is_a_bijection),
        cmocka_unit_test(larger_ones_are_bijections_too),
        cmocka_unit_test(no_two_of_many_meet_in_huge_domains),
        cmocka_unit_test(keys_and_tweaks_give_other_permutations),
        cmocka_unit_test(uuids_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
