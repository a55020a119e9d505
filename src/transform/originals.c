/* SPDX-License-Identifier: PostgreSQL */
#include "transform/originals.h"

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "key/key.h"
#include "key/prf.h"

enum {
    SHARDS = 16,
    FIRST_SLOTS = 1024,
    LEAST_DIGITS = 7,
    LEAST_LOCAL_PART = 8,
    WHO = 0x80,       /* flag of a slot: it identifies somebody */
    MOST_ROWS = 0x7F, /* ... and how many rows had it, at most */
    COMMON_ROWS = 5,
    WAITING = 16,
    MOST_LENGTH = 127,              /* longer ones are peers of one another */
    GROUPS = 2 * (MOST_LENGTH + 1), /* of peers: texts of each length, digits of each length */
};

/* A slot is a fingerprint of 56 bits, the flag, and the number of rows; 0 is a free one. */
struct shard {
    pthread_mutex_t mutex;
    uint64_t *slots;
    size_t nslots, n;
    /* Fingerprints, with the flag, whose slots are on their way from memory: that takes as long as
     * making dozens of them. */
    struct fingerprint waiting[WAITING];
    int nwaiting;
    int64_t peers[GROUPS];
};

struct originals {
    struct key *key;
    struct key_ring *ring;
    const uint8_t *prf;
    int least;
    size_t most_slots; /* of one shard */
    atomic_bool overflow;
    /* Most words of a copy are no originals, and this is small enough to stay near: of what is not
     * in the set fifteen of sixteen words end here. A bit for each print, of sixteen. */
    uint64_t *filter;
    uint64_t filter_mask; /* of bits */
    struct shard shards[SHARDS];
    double peers[GROUPS];
};

struct originals *
originals_new(int64_t memory, int least, struct decant_error *err)
{
    struct originals *o = mem_alloc(sizeof *o);
    o->least = least;
    o->most_slots = (size_t)memory / SHARDS / sizeof(uint64_t);
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_init(&o->shards[i].mutex, NULL);
    if (!key_throwaway(&o->key, err)) {
        originals_free(o);
        return NULL;
    }
    o->ring = key_ring_new(o->key);
    o->prf = key_ring_get(o->ring, "leak v1", "");
    if (o->prf == NULL) {
        error_set(err, DECANT_BUG, "no memory for a sub-key can be locked");
        originals_free(o);
        return NULL;
    }
    return o;
}

void
originals_free(struct originals *o)
{
    if (o == NULL)
        return;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&o->shards[i].mutex);
        free(o->shards[i].slots);
    }
    free(o->filter);
    key_ring_free(o->ring);
    key_free(o->key);
    free(o);
}

/* ---- the set */

/* The slot of a fingerprint, or the free one where it belongs. */
static uint64_t *
slot_of(const struct shard *shard, uint64_t print)
{
    size_t mask = shard->nslots - 1, at = (size_t)(print >> 12) & mask;
    while (shard->slots[at] != 0 && (shard->slots[at] & ~UINT64_C(0xFF)) != print)
        at = (at + 1) & mask;
    return &shard->slots[at];
}

static bool
grow(struct originals *o, struct shard *shard)
{
    struct shard old = *shard;
    size_t n = old.nslots == 0 ? FIRST_SLOTS : 2 * old.nslots;
    if (n > o->most_slots) {
        atomic_store(&o->overflow, true);
        return false;
    }
    shard->nslots = n;
    shard->slots = mem_alloc_table(n * sizeof *shard->slots);
    for (size_t i = 0; i < old.nslots; i++)
        if (old.slots[i] != 0)
            *slot_of(shard, old.slots[i] & ~UINT64_C(0xFF)) = old.slots[i];
    free(old.slots);
    return true;
}

static uint8_t
group_of(char form, size_t len)
{
    return (uint8_t)((len < MOST_LENGTH ? len : MOST_LENGTH) + (form == 'd' ? MOST_LENGTH + 1 : 0));
}

/* The first byte of `folded` tells texts from digits. */
static struct fingerprint
print_of(const struct originals *o, const char *folded, size_t len)
{
    uint64_t bits[2];
    prf_128(o->prf, folded, len, bits);
    bits[0] &= ~UINT64_C(0xFF);
    return (struct fingerprint){ .bits = bits[0] != 0 ? bits[0] : 0x100,
                                 .group = group_of(folded[0], len - 1) };
}

static void
store(struct originals *o, struct shard *shard)
{
    for (int i = 0; i < shard->nwaiting; i++) {
        const struct fingerprint *next = &shard->waiting[i];
        uint64_t print = next->bits & ~UINT64_C(0xFF);
        if (shard->n * 10 >= shard->nslots * 7 && !grow(o, shard))
            break;
        uint64_t *slot = slot_of(shard, print);
        shard->n += *slot == 0;
        shard->peers[next->group] += *slot == 0;
        uint64_t rows = *slot & MOST_ROWS, who = (*slot | next->bits) & WHO;
        *slot = print | who | (rows < MOST_ROWS ? rows + 1 : rows);
    }
    shard->nwaiting = 0;
}

static void
add(struct originals *o, enum mask_tells tells, struct fingerprint next)
{
    struct shard *shard = &o->shards[(next.bits >> 8) % SHARDS];
    pthread_mutex_lock(&shard->mutex);
    if (shard->nslots > 0)
        __builtin_prefetch(&shard->slots[(size_t)(next.bits >> 12) & (shard->nslots - 1)], 1);
    next.bits |= tells == TELLS_WHO ? WHO : 0;
    shard->waiting[shard->nwaiting++] = next;
    if (shard->nwaiting == WAITING)
        store(o, shard);
    pthread_mutex_unlock(&shard->mutex);
}

static uint64_t
filter_bit(const struct originals *o, uint64_t print)
{
    return (print * UINT64_C(0x9E3779B97F4A7C15) >> 16) & o->filter_mask;
}

void
originals_finish(struct originals *o)
{
    assert(o != NULL);
    uint64_t bits = 1024;
    memset(o->peers, 0, sizeof o->peers);
    for (int s = 0; s < SHARDS; s++) {
        store(o, &o->shards[s]);
        for (int i = 0; i < GROUPS; i++)
            o->peers[i] += (double)o->shards[s].peers[i];
    }
    while (bits < (uint64_t)originals_count(o) * 16)
        bits *= 2;
    free(o->filter);
    o->filter_mask = bits - 1;
    o->filter = mem_alloc_table(bits / 8);
    for (int s = 0; s < SHARDS; s++)
        for (size_t i = 0; i < o->shards[s].nslots; i++) {
            uint64_t print = o->shards[s].slots[i] & ~UINT64_C(0xFF);
            uint64_t bit = filter_bit(o, print);
            if (print != 0)
                o->filter[bit / 64] |= UINT64_C(1) << bit % 64;
        }
}

struct original
originals_find(const struct originals *o, const struct fingerprint *sought)
{
    assert(o != NULL && sought != NULL);
    uint64_t bit = filter_bit(o, sought->bits);
    if ((o->filter[bit / 64] >> bit % 64 & 1) == 0)
        return (struct original){ .tells = TELLS_NOTHING };
    const struct shard *shard = &o->shards[(sought->bits >> 8) % SHARDS];
    uint64_t slot = shard->nslots > 0 ? *slot_of(shard, sought->bits) : 0;
    return (struct original){ .tells = slot == 0           ? TELLS_NOTHING
                                       : (slot & WHO) != 0 ? TELLS_WHO
                                                           : TELLS_TEXT,
                              .is_common = (slot & MOST_ROWS) >= COMMON_ROWS };
}

/* ---- forms */

static void
trim(const char **text, size_t *len)
{
    while (*len > 0 && isspace((unsigned char)(*text)[*len - 1]))
        --*len;
    while (*len > 0 && isspace((unsigned char)**text))
        ++*text, --*len;
}

/* This runs for every word of the copy: letters of ASCII are folded in place. False: there are
 * characters of several bytes. */
static bool
fold(const char *text, size_t len, struct buf *out)
{
    unsigned all = 0;
    buf_reset(out);
    buf_reserve(out, len + 2);
    out->data[0] = 't';
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        out->data[i + 1] = (char)(c | ((unsigned)(c - 'A') < 26) << 5);
        all |= c;
    }
    out->len = len + 1;
    if (all < 0x80)
        return true;
    out->len = 1;
    utf8_lower(text, len, out);
    return false;
}

bool
originals_counts_digits(size_t digits, size_t letters)
{
    return digits >= LEAST_DIGITS && letters <= digits / 2;
}

/* False: there are too few, or they are not what the text is about. */
static bool
fold_digits(const char *text, size_t len, struct buf *out)
{
    size_t digits = 0, letters = 0;
    if (len < LEAST_DIGITS)
        return false;
    buf_reset(out);
    buf_reserve(out, len + 2);
    out->data[0] = 'd';
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_digit = (unsigned)(c - '0') < 10;
        out->data[digits + 1] = (char)c;
        digits += is_digit;
        letters += (unsigned)((c | 0x20) - 'a') < 26 || c >= 0x80;
        if (3 * letters > len) /* there cannot be twice as many digits any more */
            return false;
    }
    out->len = digits + 1;
    return originals_counts_digits(digits, letters);
}

/* The text, its digits, what stands in front of an @. */
static void
add_forms(struct originals *o, enum mask_tells tells, const char *text, size_t len,
          struct buf *scratch)
{
    size_t least = (size_t)o->least;
    if (len < least || (!fold(text, len, scratch) && utf8_length(text, len) < least))
        return;
    add(o, tells, print_of(o, scratch->data, scratch->len));
    if (fold_digits(text, len, scratch))
        add(o, tells, print_of(o, scratch->data, scratch->len));
    const char *at = memchr(text, '@', len);
    if (at != NULL && at - text >= LEAST_LOCAL_PART) {
        len = (size_t)(at - text);
        trim(&text, &len);
        fold(text, len, scratch);
        add(o, TELLS_TEXT, print_of(o, scratch->data, scratch->len));
    }
}

void
originals_add(struct originals *o, enum mask_tells tells, const char *text, size_t len,
              struct buf *scratch)
{
    struct buf plain = { 0 };
    trim(&text, &len);
    if (tells == TELLS_NOTHING)
        return;
    text = utf8_plain_blanks(text, &len, &plain);
    add_forms(o, tells, text, len, scratch);
    buf_deinit(&plain);
}

bool
originals_overflow(const struct originals *o)
{
    return atomic_load(&o->overflow);
}

int64_t
originals_count(const struct originals *o)
{
    assert(o != NULL);
    int64_t n = 0;
    for (int i = 0; i < SHARDS; i++)
        n += (int64_t)o->shards[i].n;
    return n;
}

/* Nobody is looked for among no peers. */
static bool
seek(const struct originals *o, const char *folded, size_t len, struct fingerprint *out)
{
    double peers = o->peers[group_of(folded[0], len - 1)];
    if (peers <= 0)
        return false;
    *out = print_of(o, folded, len);
    out->peers = peers;
    __builtin_prefetch(&o->filter[filter_bit(o, out->bits) / 64]);
    return true;
}

bool
originals_seek(const struct originals *o, const char *text, size_t len, bool as_digits,
               struct buf *scratch, struct fingerprint *out)
{
    trim(&text, &len);
    if (as_digits ? !fold_digits(text, len, scratch) : len < (size_t)o->least)
        return false;
    if (!as_digits)
        fold(text, len, scratch);
    return seek(o, scratch->data, scratch->len, out);
}

bool
originals_seek_lower(const struct originals *o, char *lower, size_t len, struct fingerprint *out)
{
    assert(o != NULL);
    const char *text = lower;
    trim(&text, &len);
    lower += text - lower;
    if (len < (size_t)o->least)
        return false;
    char before = lower[-1];
    lower[-1] = 't';
    bool found = seek(o, lower - 1, len + 1, out);
    lower[-1] = before;
    return found;
}
