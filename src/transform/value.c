/* SPDX-License-Identifier: PostgreSQL */
/* One value and its mask: the random bits of its seed, what stays, what no transformer knows. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "detect/detect.h"
#include "key/prf.h"
#include "row/network.h"
#include "row/plain.h"
#include "transform/maker.h"
#include "transform/originals.h"

struct regex_space *
mask_work_regex(struct mask_work *work)
{
    assert(work != NULL);
    if (work->regex == NULL)
        work->regex = regex_space_new();
    return work->regex;
}

void
mask_work_deinit(struct mask_work *work)
{
    assert(work != NULL);
    shuffles_deinit(&work->shuffles);
    buf_deinit(&work->scratch);
    buf_deinit(&work->fold);
    buf_deinit(&work->leaf);
    buf_deinit(&work->value);
    buf_deinit(&work->lower);
    buf_deinit(&work->seen);
    map_deinit(&work->names);
    free(work->stream);
    regex_space_free(work->regex);
    *work = (struct mask_work){ 0 };
}

static void
hash_value(const struct mask *mask, struct mask_value *cell)
{
    uint8_t bytes[8];
    const void *data = cell->data;
    size_t len = cell->len;
    if (cell->kind & (KIND_INTEGER | KIND_DATE | KIND_TIMESTAMP)) {
        put_u64(bytes, (uint64_t)cell->integer);
        data = bytes;
        len = sizeof bytes;
    }
    prf_128(mask->key, data, len, cell->bits);
}

/* A person's fakes fit together whatever their domains are called; a row's are told apart by the
 * column. */
static void
set_bits(const struct mask *mask, struct mask_value *cell)
{
    uint8_t block[24];
    const struct mask_seeds *seeds = cell->seeds;
    if (seeds == NULL || mask->seed == SEED_VALUE) {
        if (mask->how->need == NEED_VALUE || seeds == NULL)
            hash_value(mask, cell);
        return;
    }
    const uint64_t *seed = mask->seed == SEED_PERSON   ? seeds->person
                           : mask->seed == SEED_ENTITY ? seeds->entity
                                                       : seeds->row;
    if (mask->seed == SEED_PERSON) {
        memcpy(cell->bits, seed, sizeof cell->bits);
        return;
    }
    put_u64(block, seed[0]);
    put_u64(block + 8, seed[1]);
    put_u64(block + 16, mask->seed == SEED_ROW ? cell->salt : 0);
    prf_128(mask->key, block, sizeof block, cell->bits);
}

/* Fewer than eight digits identify nobody, nor do the ends of a type, round numbers, and a digit
 * over and over: they stand for "none", or for "all". */
static bool
is_telling_number(int64_t number)
{
    enum { LEAST = 10000000, ROUND = 1000000 };
    static const int64_t ends[] = { INT32_MAX,     INT32_MIN, UINT32_MAX,    INT64_MAX,
                                    INT32_MAX - 1, INT64_MIN, INT64_MAX - 1, -INT32_MAX };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (number == ends[i])
            return false;
    int64_t n = llabs(number), rest = n;
    while (rest >= 10 && rest / 10 % 10 == n % 10)
        rest /= 10;
    return n >= LEAST && n % ROUND != 0 && rest >= 10;
}

static enum mask_result
stay(struct mask_value *cell)
{
    cell->out_integer = cell->integer;
    if (!(cell->kind & (KIND_INTEGER | KIND_DATE | KIND_TIMESTAMP)))
        buf_add(cell->out, cell->data, cell->len);
    return MASK_DONE;
}

static enum mask_result
repair(const struct mask *mask, struct mask_value *cell)
{
    if (mask->stops_at_invalid) {
        cell->work->stop = "a value that its transformer does not know (invalid_input: stop)";
        return MASK_STOP;
    }
    if (cell->kind == KIND_INTEGER) {
        uint64_t n = (uint64_t)mask->high, x = (uint64_t)cell->integer;
        if (cell->integer < 0 || n > UINT64_C(1) << 62)
            n = UINT64_C(1) << 62;
        bool negative = cell->integer < 0;
        x = negative ? (uint64_t) - (cell->integer + 1) : x;
        x = permute(mask->key, 99, n, x % n, &cell->work->shuffles);
        cell->out_integer = negative ? -(int64_t)x - 1 : (int64_t)x;
        return MASK_DONE;
    }
    if (cell->kind == KIND_TEXT) {
        mask_shape(mask, cell, 0, 0);
        return MASK_DONE;
    }
    return MASK_NULL;
}

static enum mask_result
apply(const struct mask *mask, struct mask_value *cell)
{
    const struct transformer *how = mask->how;
    size_t start = cell->out->len;
    if (mask->seed != SEED_NONE)
        set_bits(mask, cell);
    enum mask_result result = how->apply(mask, cell);
    if (result == MASK_SAME)
        return stay(cell);
    if (result == MASK_INVALID) {
        cell->out->len = start;
        cell->is_repaired = true;
        return repair(mask, cell);
    }
    return result;
}

/* Originals that differ in case alone have one fake, also where it has their shape. A mask inside
 * this one may fold, too: it finds no buffer, and makes one. */
static enum mask_result
apply_folded(const struct mask *mask, struct mask_value *cell)
{
    struct mask_value folded = *cell;
    struct buf lower = cell->work->lower;
    cell->work->lower = (struct buf){ 0 };
    buf_reset(&lower);
    utf8_lower(cell->data, cell->len, &lower);
    folded.data = buf_str(&lower);
    folded.len = lower.len;
    enum mask_result result = apply(mask, &folded);
    cell->out_integer = folded.out_integer;
    cell->is_repaired = folded.is_repaired;
    buf_deinit(&cell->work->lower);
    cell->work->lower = lower;
    return result;
}

/* An original of a reserved range, a number of fiction or an address at example.com, tells nobody:
 * test data, or a copy that is the source of another. Fakes are drawn from the same few. */
static bool
reaches_nobody(const struct mask *mask, const char *text, size_t len)
{
    for (uint32_t kinds = mask->kinds; kinds != 0; kinds &= kinds - 1)
        if (detectors[__builtin_ctz(kinds)].is_reserved(text, len))
            return true;
    return false;
}

/* What stays where nothing was found in it is not hidden: its parts are masked by masks of their
 * own. */
static void
remember(const struct mask *mask, const struct mask_value *cell)
{
    struct mask_work *work = cell->work;
    char digits[24];
    if (mask->how->tells == TELLS_NOTHING || mask->may_stay || mask->is_counter)
        return;
    if (cell->kind == KIND_TEXT && !reaches_nobody(mask, cell->data, cell->len)) {
        originals_add(work->originals, mask->how->tells, cell->data, cell->len, &work->seen);
    } else if (cell->kind == KIND_INTEGER && is_telling_number(cell->integer)) {
        int n = snprintf(digits, sizeof digits, "%lld", (long long)cell->integer);
        originals_add(work->originals, mask->how->tells, digits, (size_t)n, &work->seen);
    } else if (cell->kind & (KIND_UUID | KIND_NETWORK | KIND_MAC)) {
        const struct decant_value value = { (const uint8_t *)cell->data, (int32_t)cell->len };
        buf_reset(&work->scratch);
        if ((cell->kind == KIND_UUID      ? plain_uuid_text
             : cell->kind == KIND_NETWORK ? network_inet_text
                                          : network_mac_text)(&value, NULL, &work->scratch) &&
            !reaches_nobody(mask, work->scratch.data, work->scratch.len))
            originals_add(work->originals, mask->how->tells, work->scratch.data, work->scratch.len,
                          &work->seen);
    }
}

enum mask_result
mask_cell(const struct mask *mask, const struct mask_seeds *seeds, struct mask_value *cell)
{
    assert(mask != NULL && cell != NULL);
    cell->seeds = seeds;
    if (mask->how->apply == NULL || (cell->kind == KIND_TEXT && mask->how->need >= NEED_BLANKNESS &&
                                     (mask->how->is & IS_SAID) == 0 && mask_is_blank(cell)))
        return stay(cell);
    if (cell->work->originals != NULL && mask->how->need == NEED_VALUE)
        remember(mask, cell);
    bool folds = mask->domain->lower && cell->kind == KIND_TEXT && mask->seed == SEED_VALUE;
    return folds ? apply_folded(mask, cell) : apply(mask, cell);
}
