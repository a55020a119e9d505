/* SPDX-License-Identifier: PostgreSQL */
/* Three stand-ins for masks, as a row hook: SipHash-2-4-128 in hex, cut to the width of the column.
 * Any table with columns "name", "email" and "note" gets them. */
#ifndef BENCH_MASKS_H
#define BENCH_MASKS_H

#include <decant/decant.h>

#include <sodium.h>
#include <string.h>

enum { MASKS = 3, MASK_STREAMS = 16, MASK_WIDTH = 2 * crypto_shorthash_siphashx24_BYTES };

struct masks {
    unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    /* per stream, so that threads do not meet */
    struct {
        const struct decant_table *table;
        int columns[MASKS];
        char text[MASKS][MASK_WIDTH + 1];
    } streams[MASK_STREAMS];
};

static inline int
masks_find(const struct decant_table *table, const char *name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (strcmp(table->columns[i].name, name) == 0 && table->columns[i].is_text)
            return i;
    return -1;
}

static inline void
masks_hex(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static inline bool
masks_apply(void *ctx, int stream, const struct decant_table *table, struct decant_value *values,
            struct decant_error *err)
{
    static const char *const names[MASKS] = { "name", "email", "note" };
    struct masks *masks = ctx;
    (void)err;
    if (masks->streams[stream].table != table) {
        masks->streams[stream].table = table;
        for (int i = 0; i < MASKS; i++)
            masks->streams[stream].columns[i] = masks_find(table, names[i]);
    }
    for (int i = 0; i < MASKS; i++) {
        int column = masks->streams[stream].columns[i];
        if (column < 0 || values[column].len == DECANT_NULL)
            continue;
        char *text = masks->streams[stream].text[i];
        unsigned char hash[crypto_shorthash_siphashx24_BYTES];
        crypto_shorthash_siphashx24(hash, values[column].data,
                                    (unsigned long long)values[column].len, masks->key);
        masks_hex(text, hash, sizeof hash);
        int width = table->columns[column].max_characters;
        values[column].data = (const uint8_t *)text;
        values[column].len = width > 0 && width < MASK_WIDTH ? width : MASK_WIDTH;
    }
    return true;
}

#endif
