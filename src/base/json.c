/* SPDX-License-Identifier: PostgreSQL */
#include "base/json.h"

#include <inttypes.h>
#include <string.h>

void
json_string(struct buf *out, const char *data, size_t len)
{
    static const char escapes[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    buf_reserve(out, len + 2);
    buf_putc(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, data + start, i - start);
        start = i + 1;
        if (c >= 0x20)
            buf_printf(out, "\\%c", c);
        else if (escapes[c] != 0)
            buf_printf(out, "\\%c", escapes[c]);
        else
            buf_printf(out, "\\u%04x", c);
    }
    buf_add(out, data + start, len - start);
    buf_putc(out, '"');
}

static void
member(struct buf *out, const char *name)
{
    if (out->len > 0 && out->data[out->len - 1] != '{')
        buf_putc(out, ',');
    json_string(out, name, strlen(name));
    buf_putc(out, ':');
}

void
json_member_string(struct buf *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    member(out, name);
    json_string(out, value, strlen(value));
}

void
json_member_int(struct buf *out, const char *name, int64_t value)
{
    member(out, name);
    buf_printf(out, "%" PRId64, value);
}

void
json_member_double(struct buf *out, const char *name, double value)
{
    member(out, name);
    buf_printf(out, "%.3f", value);
}
