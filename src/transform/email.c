/* SPDX-License-Identifier: PostgreSQL */
/*
 * first.last.id@example.com: the names are for people who read it, the id of eleven characters (55
 * bits, and 15 from the names) keeps two apart. Where the narrowest column of the domain has no
 * room for that, an id of up to fourteen characters alone.
 */
#include <string.h>

#include "key/prf.h"
#include "transform/transform.h"

struct email_params {
    int host;
};

enum {
    NAME = 10,
    ID = 11,
    SHORT_ID = 14,
    HOST = 11,      /* "example.com" */
    SUB_DOMAIN = 9, /* "h" and seven characters, and a dot */
    LONG = NAME + 1 + NAME + 1 + ID + 1 + HOST,
};

static int
host_length(const struct mask *mask)
{
    const struct email_params *params = mask->params;
    return HOST + (params->host == 1 ? SUB_DOMAIN : 0);
}

static bool
is_long(const struct mask *mask)
{
    return mask->domain->room == 0 || mask->domain->room >= LONG + host_length(mask) - HOST;
}

static int
short_id(const struct mask *mask)
{
    int fits = mask->domain->room - 1 - host_length(mask);
    return fits < SHORT_ID ? fits : SHORT_ID;
}

static double
email_bits(const struct mask *mask)
{
    return is_long(mask) ? 70 : 5.0 * short_id(mask);
}

static int
email_longest(const struct mask *mask)
{
    return is_long(mask) ? LONG + host_length(mask) - HOST : short_id(mask) + 1 + host_length(mask);
}

static int
email_shortest(const struct mask *mask)
{
    return 4 + 1 + host_length(mask);
}

static void
put_slug(const char *name, struct buf *out)
{
    size_t start = out->len;
    words_slug(name, strlen(name), 0, out);
    if (out->len > start + NAME)
        out->len = start + NAME;
}

static void
put_host(const struct mask *mask, struct mask_value *cell)
{
    const struct email_params *params = mask->params;
    const char *at = memrchr(cell->data, '@', cell->len);
    if (params->host == 1 && at != NULL) {
        struct buf *fold = &cell->work->fold;
        uint64_t bits[2];
        buf_reset(fold);
        buf_puts(fold, "host:");
        for (const char *p = at + 1; p < cell->data + cell->len; p++)
            buf_putc(fold, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
        prf_128(mask->key, fold->data, fold->len, bits);
        buf_putc(cell->out, 'h');
        mask_put_id(bits[0], 7, cell->out);
        buf_putc(cell->out, '.');
    }
    buf_puts(cell->out, "example.com");
}

APPLY(email_apply)
{
    struct buf *out = cell->out;
    if (!is_long(mask)) {
        int n = short_id(mask);
        mask_put_id(cell->bits[0], n < 12 ? n : 12, out);
        if (n > 12)
            mask_put_id(cell->bits[1], n - 12, out);
    } else {
        const struct locale_words *words = mask_locale(mask, cell);
        /* the id has 55 bits of one half, the names what they need of the other */
        uint64_t random = cell->bits[1] * UINT64_C(0x9E3779B97F4A7C15);
        put_slug(words_pick(random & 1 ? &words->first_female : &words->first_male, random), out);
        buf_putc(out, '.');
        put_slug(words_pick(&words->last, cell->bits[1] << 20), out);
        buf_putc(out, '.');
        mask_put_id(cell->bits[0], ID, out);
    }
    buf_putc(out, '@');
    put_host(mask, cell);
    return memchr(cell->data, '@', cell->len) != NULL ? MASK_DONE : MASK_INVALID;
}

static const struct parameter email_list[] = {
    { .name = "host",
      .kind = PARAM_WORD,
      .offset = offsetof(struct email_params, host),
      .words = { "one", "per_host" },
      .fallback = "one",
      .summary = "example.com, or a sub-domain of it for each host" },
};

const struct transformer transform_email = {
    .name = "email",
    .summary = "an address of a made-up person",
    .range = "example.com and below: RFC 2606",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED,
    .size = sizeof(struct email_params),
    PARAMS(email_list),
    .apply = email_apply,
    .bits = email_bits,
    .longest = email_longest,
    .shortest = email_shortest,
    .examples = "ann.lee@corp.test|bob@mail.test|Carla_Diaz+news@shop.test|d@e.test",
    .is = IS_FOLDED,
};
