/* SPDX-License-Identifier: PostgreSQL */
/* Addresses of machines. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "key/prf.h"
#include "transform/transform.h"

struct ip_params {
    int range;
};

/* ---- ip */

enum {
    FAMILY_4 = 2,
    FAMILY_6 = 3,
    HEADER = 4,
    V4_IN_V6 = 96, /* bits in front of an address of version 4 */
    UNIQUE_BITS = 64,
}; /* of the wire form: src/backend/utils/adt/network.c */

static void
fake_v4(const struct mask *mask, const struct mask_value *cell, uint8_t address[4])
{
    static const uint32_t documentation[] = { 0xC0000200, 0xC6336400, 0xCB007100 };
    const struct ip_params *params = mask->params;
    uint64_t random = cell->bits[0];
    uint32_t host = (uint32_t)(random >> 32);
    uint32_t fake = params->range == 1   ? documentation[random % 3] | (host & 0xFF)
                    : params->range == 2 ? 0xC6120000 | (host & 0x1FFFF)
                                         : 0x0A000000 | (host & 0xFFFFFF);
    put_u32(address, fake);
}

static void
fake_v6(const struct mask_value *cell, uint8_t address[16])
{
    put_u64(address, cell->bits[0]);
    put_u64(address + 8, cell->bits[1]);
    put_u32(address, 0x20010DB8);
}

/* Networks that are not routed have too few addresses of version 4 to keep originals apart. */
static bool
needs_v6(const struct mask *mask)
{
    return mask->domain->unique;
}

static double
ip_bits(const struct mask *mask)
{
    const struct ip_params *params = mask->params;
    if (needs_v6(mask))
        return UNIQUE_BITS;
    return params->range == 1 ? 9.5 : params->range == 2 ? 17 : 24;
}

/* Bits behind the mask stay zero, as cidr wants them. */
static void
clear_host(uint8_t *address, size_t len, unsigned bits)
{
    for (size_t i = 0; i < len; i++)
        if (bits < 8 * (i + 1))
            address[i] &= bits <= 8 * i ? 0 : (uint8_t)(0xFF << (8 * (i + 1) - bits));
}

static enum mask_result
fake_binary(const struct mask *mask, struct mask_value *cell)
{
    uint8_t bytes[HEADER + 16];
    if (cell->len < HEADER || cell->len > sizeof bytes)
        return MASK_INVALID;
    size_t len = cell->len - HEADER;
    memcpy(bytes, cell->data, cell->len);
    if (needs_v6(mask) && (len == 4 || len == 16)) {
        unsigned bits = bytes[1] + (len == 4 ? V4_IN_V6 : 0);
        len = 16;
        bytes[0] = FAMILY_6;
        bytes[1] = (uint8_t)(bits < V4_IN_V6 ? V4_IN_V6 : bits);
        bytes[3] = (uint8_t)len;
        fake_v6(cell, bytes + HEADER);
    } else if (len == 4)
        fake_v4(mask, cell, bytes + HEADER);
    else if (len == 16)
        fake_v6(cell, bytes + HEADER);
    else
        return MASK_INVALID;
    if (bytes[2] != 0)
        clear_host(bytes + HEADER, len, bytes[1]);
    buf_add(cell->out, bytes, HEADER + len);
    return MASK_DONE;
}

/* inet_ntop() is ten times slower. */
static void
put_v4(const uint8_t address[4], struct buf *out)
{
    char text[16], *p = text + sizeof text;
    for (int i = 3; i >= 0; i--) {
        unsigned part = address[i];
        do
            *--p = (char)('0' + part % 10);
        while ((part /= 10) > 0);
        if (i > 0)
            *--p = '.';
    }
    buf_add(out, p, (size_t)(text + sizeof text - p));
}

/* A mask or a port. */
static bool
is_tail(const char *tail, size_t len)
{
    if (len > 0 && (len < 2 || len > 6 || (tail[0] != '/' && tail[0] != ':')))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!isdigit((unsigned char)tail[i]))
            return false;
    return true;
}

APPLY(ip_apply)
{
    char text[INET6_ADDRSTRLEN + 8], fake[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (cell->kind == KIND_NETWORK)
        return fake_binary(mask, cell);
    /* what stands behind the address, a mask or a port, stays */
    size_t len = 0;
    bool has_dot = memchr(cell->data, '.', cell->len) != NULL;
    while (len < cell->len && (isxdigit((unsigned char)cell->data[len]) || cell->data[len] == '.' ||
                               (cell->data[len] == ':' && !has_dot)))
        len++;
    if (len == 0 || len >= INET6_ADDRSTRLEN || !is_tail(cell->data + len, cell->len - len))
        return MASK_INVALID;
    snprintf(text, sizeof text, "%.*s", (int)len, cell->data);
    if (inet_pton(has_dot ? AF_INET : AF_INET6, text, address) != 1)
        return MASK_INVALID;
    if (has_dot && needs_v6(mask) && len < cell->len) /* a port, or a mask, would be another's */
        return MASK_INVALID;
    if (has_dot && !needs_v6(mask)) {
        fake_v4(mask, cell, address);
        put_v4(address, cell->out);
    } else {
        fake_v6(cell, address);
        inet_ntop(AF_INET6, address, fake, sizeof fake);
        buf_puts(cell->out, fake);
    }
    buf_add(cell->out, cell->data + len, cell->len - len);
    return MASK_DONE;
}

/* ---- mac */

static double
mac_bits(const struct mask *mask)
{
    (void)mask;
    return 46;
}

APPLY(mac_apply)
{
    uint8_t address[8];
    put_u64(address, cell->bits[0]);
    address[0] = (uint8_t)((address[0] & 0xFC) | 0x02); /* locally administered, unicast */
    if (cell->kind == KIND_MAC) {
        buf_add(cell->out, address, cell->len <= 8 ? cell->len : 8);
        return cell->len == 6 || cell->len == 8 ? MASK_DONE : MASK_INVALID;
    }
    int digits = 0;
    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->data[i];
        if (!isxdigit((unsigned char)c) && strchr(":-.", c) == NULL)
            return MASK_INVALID;
        digits += isxdigit((unsigned char)c) != 0;
    }
    if (digits != 12)
        return MASK_INVALID;
    bool upper = false;
    for (size_t i = 0; i < cell->len; i++)
        upper |= isupper((unsigned char)cell->data[i]) != 0;
    int n = 0;
    for (size_t i = 0; i < cell->len; i++) {
        if (!isxdigit((unsigned char)cell->data[i])) {
            buf_putc(cell->out, cell->data[i]);
            continue;
        }
        int digit = n % 2 == 0 ? address[n / 2] >> 4 : address[n / 2] & 15;
        buf_putc(cell->out, (upper ? "0123456789ABCDEF" : "0123456789abcdef")[digit]);
        n++;
    }
    return MASK_DONE;
}

/* ---- url: the host's fake is the same wherever the host is; an id stands for the rest */

enum { HOST_ID = 12, REST_ID = 12, SCHEME = 12 };

static double
url_bits(const struct mask *mask)
{
    (void)mask;
    return 60;
}

static int
url_longest(const struct mask *mask)
{
    (void)mask;
    return SCHEME + 3 + 1 + HOST_ID + 1 + 11 + 1 + REST_ID;
}

APPLY(url_apply)
{
    const char *end = cell->data + cell->len;
    const char *colon = memmem(cell->data, cell->len, "://", 3);
    const char *host = colon != NULL ? colon + 3 : cell->data;
    if (colon != NULL && colon - cell->data > SCHEME)
        return MASK_INVALID;
    for (const char *p = cell->data; colon != NULL && p < colon; p++)
        if (!isalnum((unsigned char)*p) && strchr("+.-", *p) == NULL)
            return MASK_INVALID;
    const char *slash = host;
    while (slash < end && *slash != '/' && *slash != '?' && *slash != '#')
        slash++;
    const char *at = memrchr(host, '@', (size_t)(slash - host));
    host = at != NULL ? at + 1 : host; /* user and password go */
    if (host == slash || (colon == NULL && memchr(host, '.', (size_t)(slash - host)) == NULL))
        return MASK_INVALID;
    uint64_t bits[2];
    prf_128(mask->key, host, (size_t)(slash - host), bits);
    buf_add(cell->out, cell->data, colon != NULL ? (size_t)(colon + 3 - cell->data) : 0);
    buf_putc(cell->out, 'h');
    mask_put_id(bits[0], HOST_ID, cell->out);
    buf_puts(cell->out, ".example.com");
    if (end - slash > 1 || at != NULL) {
        buf_putc(cell->out, '/');
        mask_put_id(cell->bits[0], REST_ID, cell->out);
    } else {
        buf_add(cell->out, slash, (size_t)(end - slash));
    }
    return MASK_DONE;
}

APPLY(user_agent_apply)
{
    static const char *const agents[] = {
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Safari/605.1.15",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
        "Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        "curl/8.5.0",
    };
    const size_t n = sizeof agents / sizeof *agents;
    size_t start = cell->out->len, pick = cell->bits[0] % n;
    if (mask_is_original(agents[pick], cell))
        pick = (pick + 1) % n;
    buf_puts(cell->out, agents[pick]);
    if (mask->room > 0 && cell->out->len - start > (size_t)mask->room)
        cell->out->len = start + (size_t)mask->room;
    return MASK_DONE;
}

static int
ip_shortest(const struct mask *mask)
{
    enum { OF_VERSION_4 = 15, OF_VERSION_6 = 39 };
    return mask->domain->unique ? OF_VERSION_6 : OF_VERSION_4;
}

static const struct parameter ip_list[] = {
    { .name = "range",
      .kind = PARAM_WORD,
      .offset = offsetof(struct ip_params, range),
      .words = { "private", "documentation", "benchmark" },
      .fallback = "private",
      .summary = "10/8, the three networks of RFC 5737, or 198.18/15" },
};

const struct transformer transform_ip = {
    .name = "ip",
    .summary = "an address that is not routed",
    .range = "10/8, 192.0.2/24, 198.51.100/24, 203.0.113/24, 198.18/15, 2001:db8::/32 (where they "
             "must be unique, always): RFC 1918, 5737, 2544, 3849",
    .accepts = KIND_TEXT | KIND_NETWORK,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RESERVED | GIVES_RANDOM,
    .size = sizeof(struct ip_params),
    PARAMS(ip_list),
    .apply = ip_apply,
    .bits = ip_bits,
    .examples = "8.8.8.8|2a00:1450::8a|1.2.3.4:80",
    .is = IS_NETWORK,
    .shortest = ip_shortest,
};

const struct transformer transform_mac = {
    .name = "mac",
    .summary = "a hardware address",
    .range = "locally administered ones: IEEE 802",
    .accepts = KIND_TEXT | KIND_MAC,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED,
    .apply = mac_apply,
    .bits = mac_bits,
    .examples = "00:1b:44:11:3a:b7|001B44113AB7",
};

const struct transformer transform_url = {
    .name = "url",
    .summary = "an address below example.com, one host for each",
    .range = "example.com: RFC 2606",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED,
    .apply = url_apply,
    .bits = url_bits,
    .longest = url_longest,
    .examples = "https://www.corp.test/a/b?c=d|http://x.test|corp.test/jobs",
};

const struct transformer transform_user_agent = {
    .name = "user_agent",
    .summary = "one of a dozen common browsers",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .apply = user_agent_apply,
    .examples = "Mozilla/5.0 (X11; Linux x86_64)|curl/8.5",
};
