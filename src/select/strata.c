/* SPDX-License-Identifier: PostgreSQL */
/*
 * Strata of a root are made by its columns and by how many rows it owns, in powers of two, so that
 * the sample's size varies little: of the n rows of a stratum the k with the smallest u are in,
 * where k = floor(rate * n + U), U a hash of the stratum between 0 and 1, so that the probability
 * is the rate on average; with a minimum k is at least that many, and the stratum's rows, with all
 * that they own, have a probability of their own. Whales are left to the cap.
 */
#include <math.h>
#include <stdlib.h>

#include "select/hash.h"
#include "select/internal.h"

struct stratum {
    struct key128 key;
    int64_t n;
    size_t k, nkept; /* how many are in; how many of the smallest were found */
    uint64_t *kept;  /* a heap, the largest first */
    uint8_t label;
};

struct strata {
    struct tuple tuple;
    struct stratum *items; /* by key */
    size_t n, room;
    size_t *slots; /* numbers of items + 1, by hash */
    size_t nslots;
    bool is_counting;
    struct chances owned; /* rows that a root owns */
};

static size_t *
slot_of(const struct strata *strata, struct key128 key)
{
    size_t i = (size_t)key.a & (strata->nslots - 1);
    while (strata->slots[i] != 0) {
        const struct stratum *item = &strata->items[strata->slots[i] - 1];
        if (item->key.a == key.a && item->key.b == key.b)
            break;
        i = (i + 1) & (strata->nslots - 1);
    }
    return &strata->slots[i];
}

static void
grow(struct strata *strata)
{
    free(strata->slots);
    strata->nslots = strata->nslots > 0 ? strata->nslots * 2 : 64;
    strata->slots = mem_alloc(strata->nslots * sizeof *strata->slots);
    strata->room = strata->nslots / 2;
    strata->items = mem_realloc(strata->items, strata->room * sizeof *strata->items);
    for (size_t i = 0; i < strata->n; i++)
        *slot_of(strata, strata->items[i].key) = i + 1;
}

static struct stratum *
find(struct strata *strata, struct key128 key, bool add)
{
    if (add && strata->n == strata->room)
        grow(strata);
    size_t *slot = slot_of(strata, key);
    if (*slot == 0 && add) {
        strata->items[strata->n++] = (struct stratum){ .key = key, .label = ORIGIN_SAMPLE };
        *slot = strata->n;
    }
    return *slot > 0 ? &strata->items[*slot - 1] : NULL;
}

static struct key128
stratum_key(struct chosen_rows *set, const struct strata *strata, const struct decant_value *values,
            struct key128 identity)
{
    struct key128 key;
    int64_t size = ilogb(1 + chances_find(&strata->owned, identity));
    tuple_row_key(&strata->tuple, values, set->fingerprint_key, &set->scratch, &key);
    key.a ^= hash_integer(size, key.b);
    key.b ^= hash_integer(size, key.a);
    return key;
}

static void
sift_down(uint64_t *heap, size_t n, size_t at)
{
    for (;;) {
        size_t largest = at, left = 2 * at + 1, right = left + 1;
        if (left < n && heap[left] > heap[largest])
            largest = left;
        if (right < n && heap[right] > heap[largest])
            largest = right;
        if (largest == at)
            return;
        uint64_t moved = heap[at];
        heap[at] = heap[largest];
        heap[largest] = moved;
        at = largest;
    }
}

static void
keep_smallest(struct stratum *stratum, uint64_t u)
{
    uint64_t *heap = stratum->kept;
    if (stratum->nkept < stratum->k) {
        heap[stratum->nkept++] = u;
        if (stratum->nkept == stratum->k)
            for (size_t i = stratum->k / 2 + 1; i-- > 0;)
                sift_down(heap, stratum->k, i);
    } else if (stratum->k > 0 && u < heap[0]) {
        heap[0] = u;
        sift_down(heap, stratum->k, 0);
    }
}

/* First counts the rows of every stratum, then finds the smallest. */
static bool
visit(struct scan *scan, const struct decant_value *values, struct key128 identity,
      struct decant_error *err)
{
    struct chosen_rows *set = scan->set;
    struct strata *strata = scan->ctx;
    const struct target *first = &scan->side->targets[0];
    (void)err;
    if (first->whales.n > 0 && chances_find(&first->whales, identity) > scan->side->rate)
        return true;
    struct stratum *stratum =
        find(strata, stratum_key(set, strata, values, identity), strata->is_counting);
    if (strata->is_counting)
        stratum->n++;
    else
        keep_smallest(stratum, tuple_u(&first->tuple, values, identity, &scan->side->chooser));
    return true;
}

static size_t
clamp(size_t k, size_t least, int64_t n)
{
    k = k < least ? least : k;
    return k > (size_t)n ? (size_t)n : k;
}

static bool
allot(struct chosen_rows *set, const struct side *side, struct decant_error *err)
{
    for (size_t i = 0; i < side->strata->n; i++) {
        struct stratum *stratum = &side->strata->items[i];
        double expected = side->rate * (double)stratum->n;
        double label_u = (double)(stratum->key.b >> 11) / 9007199254740992.0; /* 2^53 */
        size_t least = (size_t)side->plan->strata_min, low = (size_t)expected;
        double share = expected - (double)low;
        stratum->k = clamp((size_t)(expected + label_u), least, stratum->n);
        double mean = (1 - share) * (double)clamp(low, least, stratum->n) +
                      share * (double)clamp(low + 1, least, stratum->n);
        stratum->label = label_of_factor(set, mean / expected);
        if (stratum->label == 0) {
            error_set(err, DECANT_REFUSED,
                      "the strata of '%s.%s' need more than %d probabilities of their own",
                      side->plan->table->schema, side->plan->table->name,
                      LABEL_END - LABEL_STRATUM);
            return error_hint(err, "stratify by fewer columns, or ask for fewer rows of each");
        }
        stratum->kept = mem_alloc((stratum->k + 1) * sizeof *stratum->kept);
    }
    return true;
}

bool
strata_find(struct chosen_rows *set, int number, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct strata *strata = side->strata;
    struct scan scan = { .set = set, .side = side, .number = number };
    scan.visit = visit;
    scan.ctx = strata;
    strata->is_counting = true;
    if (!cap_count_owned(set, number, &strata->owned, err) ||
        !scan_run(&scan, side->plan->where, err) || !allot(set, side, err))
        return false;
    strata->is_counting = false;
    return scan_run(&scan, side->plan->where, err);
}

bool
strata_holds(const struct side *side, struct chosen_rows *set, const struct decant_value *values,
             struct key128 identity, uint64_t u, uint8_t *label)
{
    const struct stratum *stratum =
        find(side->strata, stratum_key(set, side->strata, values, identity), false);
    if (stratum == NULL || stratum->k == 0 || u > stratum->kept[0])
        return false;
    *label = stratum->label;
    return true;
}

struct strata *
strata_new(struct tuple tuple)
{
    struct strata *strata = mem_alloc(sizeof *strata);
    strata->tuple = tuple;
    grow(strata);
    return strata;
}

void
strata_free(struct strata *strata)
{
    if (strata == NULL)
        return;
    for (size_t i = 0; i < strata->n; i++)
        free(strata->items[i].kept);
    chances_deinit(&strata->owned);
    free(strata->items);
    free(strata->slots);
    free(strata);
}
