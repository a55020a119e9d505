/* SPDX-License-Identifier: PostgreSQL */
/* Sets of keys with labels, held against a plain list; and lists of keys with probabilities. */
#include "select/keyset.h"

#include "select/internal.h"
#include "unit.h"

static struct key128
integer(int64_t n)
{
    return (struct key128){ (uint64_t)n, 0 };
}

/* Fixed, and no worse than needed: the same numbers in every run. */
static uint64_t
next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

static void
an_empty_set_holds_nothing(void **state)
{
    struct keyset set = { 0 };
    (void)state;
    assert_int_equal(keyset_get(&set, integer(0)), 0);
    assert_int_equal(keyset_get(&set, integer(-1)), 0);
    assert_int_equal(keyset_bytes(&set), 0);
    keyset_deinit(&set);
}

/* { 0, 0 } is what a free slot looks like, but for its label. */
static void
zero_and_the_ends_of_the_integers_are_keys(void **state)
{
    static const int64_t keys[] = { 0, -1, 1, INT64_MAX, INT64_MIN };
    struct keyset set = { 0 };
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(keyset_get(&set, integer(keys[i])), 0);
        assert_true(keyset_put(&set, integer(keys[i]), (uint8_t)(i + 1)));
    }
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(keyset_get(&set, integer(keys[i])), i + 1);
    assert_int_equal(set.count, 5);
    keyset_deinit(&set);
}

static void
a_key_that_is_there_keeps_its_label(void **state)
{
    struct keyset set = { 0 };
    (void)state;
    assert_true(keyset_put(&set, integer(7), 3));
    assert_false(keyset_put(&set, integer(7), 4));
    assert_int_equal(keyset_get(&set, integer(7)), 3);
    assert_int_equal(set.count, 1);
    keyset_relabel(&set, integer(7), 255);
    assert_int_equal(keyset_get(&set, integer(7)), 255);
    keyset_relabel(&set, integer(8), 9);
    assert_int_equal(keyset_get(&set, integer(8)), 0);
    keyset_deinit(&set);
}

/* The first fingerprint makes room for second halves. */
static void
integers_survive_the_first_fingerprint(void **state)
{
    struct keyset set = { 0 };
    (void)state;
    for (int64_t i = 0; i < 500; i++)
        keyset_put(&set, integer(i), (uint8_t)(1 + i % 200));
    size_t narrow = keyset_bytes(&set);
    assert_true(keyset_put(&set, (struct key128){ 5, 1 }, 250));
    assert_true(keyset_bytes(&set) > narrow);
    for (int64_t i = 0; i < 500; i++)
        assert_int_equal(keyset_get(&set, integer(i)), 1 + i % 200);
    assert_int_equal(keyset_get(&set, (struct key128){ 5, 1 }), 250);
    assert_int_equal(keyset_get(&set, (struct key128){ 5, 2 }), 0);
    assert_int_equal(keyset_get(&set, (struct key128){ 6, 1 }), 0);
    keyset_deinit(&set);
}

/* Keys of few values collide in all ways that there are. */
static void
a_set_is_what_a_list_of_all_labels_is(void **state)
{
    enum { A = 97, B = 5, STEPS = 20000 };
    static uint8_t labels[A][B];
    struct keyset set = { 0 };
    uint64_t random = 1;
    size_t count = 0;
    (void)state;
    for (int i = 0; i < STEPS; i++) {
        uint64_t a = next(&random) % A, b = i < STEPS / 2 ? 0 : next(&random) % B;
        uint8_t label = (uint8_t)(1 + next(&random) % 255), *known = &labels[a][b];
        struct key128 key = { a << 40, b };
        assert_int_equal(keyset_get(&set, key), *known);
        if (next(&random) % 3 == 0 && *known != 0) {
            keyset_relabel(&set, key, label);
            *known = label;
        } else {
            assert_int_equal(keyset_put(&set, key, label), *known == 0);
            count += *known == 0;
            *known = *known == 0 ? label : *known;
        }
        assert_int_equal(set.count, count);
    }
    keyset_deinit(&set);
}

static void
slots_list_every_key_once(void **state)
{
    enum { N = 3000 };
    static uint8_t seen[N];
    (void)state;
    for (uint64_t wide = 0; wide < 2; wide++) {
        struct keyset set = { 0 };
        size_t found = 0;
        memset(seen, 0, sizeof seen);
        for (uint64_t i = 0; i < N; i++)
            keyset_put(&set, (struct key128){ i, wide * i }, 1);
        for (size_t slot = 0; slot < set.nslots; slot++) {
            if (set.labels[slot] == 0)
                continue;
            struct key128 key = keyset_key(&set, slot);
            assert_true(key.a < N && key.b == wide * key.a && seen[key.a]++ == 0);
            found++;
        }
        assert_int_equal(found, N);
        keyset_deinit(&set);
    }
}

/* The header promises so many bytes per key, and --memory is counted in them. Of very few keys the
 * first slots are most. */
static void
a_key_takes_no_more_than_is_said(void **state)
{
    static const struct {
        uint64_t b;
        double least, most;
    } kinds[] = { { 0, 15, 30 }, { 1, 28, 57 } };
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct keyset set = { 0 };
        for (uint64_t i = 0; i < 40000; i++) {
            keyset_put(&set, (struct key128){ i * 977, kinds[k].b }, 1);
            double each = (double)keyset_bytes(&set) / (double)set.count;
            if (i >= 64 && (each < kinds[k].least - 0.1 || each > kinds[k].most + 0.1))
                fail_msg("%g bytes for each of %zu keys", each, set.count);
        }
        keyset_deinit(&set);
    }
}

static void
a_set_begins_anew_when_it_is_emptied(void **state)
{
    struct keyset set = { 0 };
    (void)state;
    keyset_put(&set, (struct key128){ 1, 2 }, 3);
    keyset_deinit(&set);
    assert_int_equal(set.count, 0);
    assert_int_equal(keyset_get(&set, (struct key128){ 1, 2 }), 0);
    assert_true(keyset_put(&set, (struct key128){ 1, 2 }, 4));
    keyset_deinit(&set);
    keyset_deinit(&set);
}

/* ---- probabilities */

/* Keys 0 to 49 in an order that is none, each as often as the last digit of its value. */
static void
fill_chances(struct chances *chances)
{
    for (uint64_t i = 0; i < 200; i++)
        chances_add(chances, (struct key128){ i * 37 % 50, i % 2 }, 0.001 * (double)i);
}

static void
of_equal_keys_the_largest_value_stays(void **state)
{
    struct chances chances = { 0 };
    (void)state;
    fill_chances(&chances);
    chances_sort(&chances);
    for (uint64_t key = 0; key < 50; key++)
        for (uint64_t half = 0; half < 2; half++) {
            double largest = 0;
            for (uint64_t i = 0; i < 200; i++)
                if (i * 37 % 50 == key && i % 2 == half)
                    largest = 0.001 * (double)i;
            assert_true(chances_find(&chances, (struct key128){ key, half }) == largest);
        }
    chances_deinit(&chances);
}

static void
values_of_equal_keys_add_up(void **state)
{
    struct chances chances = { 0 };
    double sum = 0, all = 0;
    (void)state;
    fill_chances(&chances);
    chances_sum(&chances);
    for (size_t i = 0; i < chances.n; i++) {
        sum += chances.items[i].value;
        if (i > 0)
            assert_true(chances.items[i - 1].key.a < chances.items[i].key.a ||
                        chances.items[i - 1].key.b < chances.items[i].key.b);
    }
    for (int i = 0; i < 200; i++)
        all += 0.001 * i;
    assert_true(sum > all - 1e-9 && sum < all + 1e-9);
    assert_int_equal(chances.n, 50);
    chances_deinit(&chances);
}

static void
a_key_that_is_not_listed_has_no_probability(void **state)
{
    struct chances chances = { 0 };
    (void)state;
    assert_true(chances_find(&chances, integer(1)) == 0);
    chances_sum(&chances);
    chances_sort(&chances);
    assert_int_equal(chances.n, 0);
    chances_add(&chances, integer(5), 0.5);
    chances_sort(&chances);
    assert_true(chances_find(&chances, integer(5)) == 0.5);
    assert_true(chances_find(&chances, (struct key128){ 5, 5 }) == 0);
    assert_true(chances_find(&chances, integer(4)) == 0);
    chances_deinit(&chances);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_holds_nothing),
        cmocka_unit_test(zero_and_the_ends_of_the_integers_are_keys),
        cmocka_unit_test(a_key_that_is_there_keeps_its_label),
        cmocka_unit_test(integers_survive_the_first_fingerprint),
        cmocka_unit_test(a_set_is_what_a_list_of_all_labels_is),
        cmocka_unit_test(slots_list_every_key_once),
        cmocka_unit_test(a_key_takes_no_more_than_is_said),
        cmocka_unit_test(a_set_begins_anew_when_it_is_emptied),
        cmocka_unit_test(of_equal_keys_the_largest_value_stays),
        cmocka_unit_test(values_of_equal_keys_add_up),
        cmocka_unit_test(a_key_that_is_not_listed_has_no_probability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
