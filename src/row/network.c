/* SPDX-License-Identifier: PostgreSQL */
#include "row/network.h"

#include <arpa/inet.h>

/* network_send(): family (2 or 3), bits, is_cidr, length, then the address. */
enum { FAMILY_IPV4 = 2, FAMILY_IPV6 = 3 };

bool
network_inet_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    char text[INET6_ADDRSTRLEN];
    if (value->len < 4)
        return false;
    const uint8_t *p = value->data;
    bool is_ipv6 = p[0] == FAMILY_IPV6;
    int length = is_ipv6 ? 16 : 4, bits = p[1];
    if ((!is_ipv6 && p[0] != FAMILY_IPV4) || p[3] != length || value->len != 4 + length ||
        bits > 8 * length)
        return false;
    if (inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, p + 4, text, sizeof text) == NULL)
        return false;
    buf_puts(out, text);
    if (p[2] != 0 || bits != 8 * length) /* a cidr always shows its bits */
        buf_printf(out, "/%d", bits);
    return true;
}

bool
network_mac_text(const struct decant_value *value, const struct text_style *style, struct buf *out)
{
    (void)style;
    if (value->len != 6 && value->len != 8)
        return false;
    for (int i = 0; i < value->len; i++)
        buf_printf(out, "%s%02x", i > 0 ? ":" : "", value->data[i]);
    return true;
}
