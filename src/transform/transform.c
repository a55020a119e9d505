/* SPDX-License-Identifier: PostgreSQL */
#include "transform/transform.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "key/prf.h"

const struct transformer *
transformer_find(const char *name)
{
    assert(name != NULL);
    for (int i = 0; i < ntransformers; i++)
        if (strcmp(transformers[i]->name, name) == 0)
            return transformers[i];
    return NULL;
}

const char *
mask_seed_name(enum mask_seed seed)
{
    static const char *const names[] = { "nothing", "value", "person", "entity", "row" };
    return names[seed];
}

const char *
mask_need_name(enum mask_need need)
{
    static const char *const names[] = {
        [NEED_NOTHING] = "nothing",
        [NEED_NULLNESS] = "whether it is NULL",
        [NEED_BLANKNESS] = "whether it is blank",
        [NEED_VALUE] = "the value",
    };
    return names[need];
}

/* ---- helpers */

const char mask_base32[] = "abcdefghjkmnpqrstuvwxyz234567890";

void
mask_put_id(uint64_t random, int n, struct buf *out)
{
    char id[16];
    if (n <= 0) /* a trial in a column that has no room, which is refused by its length */
        return;
    for (int i = 0; i < n; i++, random >>= 5)
        id[i] = mask_base32[random & 31];
    buf_add(out, id, (size_t)n);
}

uint64_t
mask_bits(const struct mask *mask, const struct mask_value *cell, int lane)
{
    assert(lane >= 0 && lane < 256);
    uint8_t block[17];
    uint64_t out[2];
    put_u64(block, cell->bits[0]);
    put_u64(block + 8, cell->bits[1]);
    block[16] = (uint8_t)lane;
    prf_128(mask->key, block, sizeof block, out);
    return out[0];
}

const uint8_t *
mask_stream(const struct mask *mask, const struct mask_value *cell, size_t len)
{
    assert(mask != NULL && cell != NULL);
    struct mask_work *work = cell->work;
    if (work->stream_size < len || work->stream == NULL) {
        work->stream_size = len * 2 + 16;
        work->stream = mem_realloc(work->stream, work->stream_size);
    }
    prf_stream(mask->key, cell->bits[0], work->stream, len);
    return work->stream;
}

const struct locale_words *
mask_locale(const struct mask *mask, const struct mask_value *cell)
{
    assert(mask != NULL && cell != NULL);
    const struct mask_locales *locales = mask->locales;
    double at = (double)(cell->bits[1] >> 11) / 9007199254740992.0;
    int i = 0;
    while (i + 1 < locales->n && at >= locales->upto[i])
        i++;
    return locales->items[i];
}

bool
mask_is_blank(const struct mask_value *cell)
{
    assert(cell != NULL);
    for (size_t i = 0; i < cell->len; i++)
        if (!isspace((unsigned char)cell->data[i]))
            return false;
    return true;
}

/* +1: all letters are upper case, and there are two or more; -1: all are lower; 0: mixed, or none
 */
static int
uniform_case(const char *text, size_t len)
{
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < len; i++) {
        upper += text[i] >= 'A' && text[i] <= 'Z';
        lower += text[i] >= 'a' && text[i] <= 'z';
    }
    return upper > 1 && lower == 0 ? 1 : lower > 0 && upper == 0 ? -1 : 0;
}

void
mask_finish_text(const struct mask *mask, struct mask_value *cell, size_t start)
{
    assert(mask != NULL && cell != NULL);
    char *fake = cell->out->data + start;
    size_t len = cell->out->len - start;
    int which = uniform_case(cell->data, cell->len);
    if (which < 0) {
        struct buf *fold = &cell->work->fold;
        buf_reset(fold);
        utf8_lower(fake, len, fold);
        memcpy(fake, buf_str(fold), len); /* lower case is as long: see base/utf8.h */
    }
    for (size_t i = 0; which > 0 && i < len; i++)
        fake[i] = (char)(fake[i] >= 'a' && fake[i] <= 'z' ? fake[i] - 32 : fake[i]);
    if (mask->room > 0 && utf8_length(fake, len) > (size_t)mask->room) {
        len = utf8_prefix(fake, len, (size_t)mask->room);
        while (len > 1 && (fake[len - 1] == ' ' || fake[len - 1] == '-'))
            len--;
        cell->out->len = start + len;
        cell->out->data[cell->out->len] = '\0';
    }
}

bool
mask_is_original(const char *fake, const struct mask_value *cell)
{
    return strlen(fake) == cell->len && strncasecmp(fake, cell->data, cell->len) == 0;
}

const char *
mask_pick(const struct word_list *list, uint64_t random, const struct mask_value *cell)
{
    assert(list != NULL);
    const char *word = words_pick(list, random);
    return mask_is_original(word, cell) ? words_pick(list, random + UINT64_MAX / list->n + 1)
                                        : word;
}
