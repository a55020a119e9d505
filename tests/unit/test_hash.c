/* SPDX-License-Identifier: PostgreSQL */
#include "select/hash.h"

#include <inttypes.h>

#include "select/keyset.h"
#include "unit.h"

/* SELECT hashtextextended(x COLLATE "C", 42), on a live server; tests/e2e asks again. */
static void
bytes_hash_as_text_does_on_a_server(void **state)
{
    static const struct {
        const char *text;
        int64_t hash;
    } golden[] = {
        { "", 6158832220375811857 },
        { "a", 6942402718208252407 },
        { "abc", 4423357919252764502 },
        { "abcd", 8078444844130423812 },
        { "hello world!", 2479580040493412857 },
        { "hello world!!", -3322402259041673096 },
        { "a longer text of more than twenty-four bytes", -904685500232160709 },
    };
    static const uint8_t uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                      0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
        assert_true((int64_t)hash_bytes(golden[i].text, strlen(golden[i].text), 42) ==
                    golden[i].hash);
    assert_true((int64_t)hash_bytes(uuid, sizeof uuid, 7) == -8574076941708933926);
}

/* SELECT hashint8extended(n & 4294967295, hashint8extended(n >> 32, 77)) */
static void
integers_hash_as_the_folded_call_does_on_a_server(void **state)
{
    static const struct {
        int64_t n, hash;
    } golden[] = {
        { 0, 597650259786035314 },
        { 1, 2864058663526797560 },
        { -1, 526264944177192549 },
        { 5000000000, -707147043131890048 },
        { -5000000000, -4731239374994445212 },
        { INT64_MAX, 8836924506462821557 },
        { INT64_MIN, 4920150802818010377 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
        assert_true((int64_t)hash_integer(golden[i].n, 77) == golden[i].hash);
}

static void
tenants_in_the_high_half_do_not_collapse(void **state)
{
    struct keyset seen = { 0 };
    (void)state;
    for (int64_t tenant = 0; tenant < 300; tenant++)
        for (int64_t n = 0; n < 300; n++)
            keyset_put(&seen, (struct key128){ hash_integer(tenant << 32 | n, 1), 0 }, 1);
    assert_int_equal(seen.count, 90000);
    keyset_deinit(&seen);
}

static void
a_share_of_the_keys_lies_below_its_bound(void **state)
{
    (void)state;
    int all, n = 0;
    uint64_t bound = hash_bound(0.05, &all);
    assert_int_equal(all, 0);
    for (int64_t i = 0; i < 100000; i++)
        n += hash_integer(i, 99) < bound;
    assert_in_range(n, 4750, 5250); /* 3.6 standard deviations */
    hash_bound(1, &all);
    assert_int_equal(all, 1);
}

static void
a_keyset_keeps_every_key_and_its_label(void **state)
{
    struct keyset set = { 0 };
    (void)state;
    assert_int_equal(keyset_get(&set, (struct key128){ 1, 2 }), 0);
    for (uint64_t i = 0; i < 50000; i++)
        assert_true(keyset_put(&set, (struct key128){ i * 4096, i % 3 }, (uint8_t)(1 + i % 5)));
    for (uint64_t i = 0; i < 50000; i++) {
        assert_false(keyset_put(&set, (struct key128){ i * 4096, i % 3 }, 9));
        assert_int_equal(keyset_get(&set, (struct key128){ i * 4096, i % 3 }), 1 + i % 5);
        assert_int_equal(keyset_get(&set, (struct key128){ i * 4096 + 1, i % 3 }), 0);
    }
    keyset_relabel(&set, (struct key128){ 4096, 1 }, 7);
    assert_int_equal(keyset_get(&set, (struct key128){ 4096, 1 }), 7);
    assert_int_equal(set.count, 50000);
    assert_true(keyset_bytes(&set) <= 68 * set.count);
    keyset_deinit(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_hash_as_text_does_on_a_server),
        cmocka_unit_test(integers_hash_as_the_folded_call_does_on_a_server),
        cmocka_unit_test(tenants_in_the_high_half_do_not_collapse),
        cmocka_unit_test(a_share_of_the_keys_lies_below_its_bound),
        cmocka_unit_test(a_keyset_keeps_every_key_and_its_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
