/* SPDX-License-Identifier: PostgreSQL */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/visible.h"

void
json_string(struct buf *out, const char *data, size_t len)
{
    assert(data != NULL || len == 0);
    static const char escapes[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    buf_reserve(out, len + 2);
    buf_putc(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        uint32_t code = c;
        size_t n = c < 0x7F ? 1 : utf8_decode(data + i, len - i, &code);
        if (c >= 0x7F && visible_hides(code)) {
            buf_add(out, data + start, i - start);
            buf_printf(out, "\\u%04x", (unsigned)code);
            start = i + n;
        }
        i += n - 1;
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
    assert(name != NULL);
    if (value == NULL)
        return;
    member(out, name);
    json_string(out, value, strlen(value));
}

void
json_member_int(struct buf *out, const char *name, int64_t value)
{
    assert(name != NULL);
    member(out, name);
    buf_printf(out, "%" PRId64, value);
}

void
json_member_double(struct buf *out, const char *name, double value)
{
    assert(name != NULL);
    member(out, name);
    buf_printf(out, "%.3f", value);
}

/* Four hexadecimal digits; -1: they are none. */
static int
code_unit(const char *data, size_t len)
{
    int code = 0;
    if (len < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = data[i] != '\0' ? strchr(digits, data[i] | 0x20) : NULL;
        if (at == NULL)
            return -1;
        code = code * 16 + (int)(at - digits);
    }
    return code;
}

void
json_unescape(struct buf *out, const char *data, size_t len)
{
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < len; i++) {
        const char *simple = NULL;
        int code = -1, low = -1;
        if (data[i] == '\\' && i + 1 < len && data[i + 1] != '\0')
            simple = strchr(names, data[i + 1]);
        if (simple != NULL) {
            buf_putc(out, codes[simple - names]);
            i++;
            continue;
        }
        if (data[i] == '\\' && i + 1 < len && data[i + 1] == 'u')
            code = code_unit(data + i + 2, len - i - 2);
        if (code < 0) {
            buf_putc(out, data[i]);
            continue;
        }
        i += 5;
        if (code >= 0xD800 && code < 0xDC00 && i + 2 < len && data[i + 1] == '\\' &&
            data[i + 2] == 'u' && (low = code_unit(data + i + 3, len - i - 3)) >= 0xDC00 &&
            low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
        }
        utf8_put((uint32_t)code, out);
    }
}

void
json_member_time(struct buf *out, const char *name, int64_t s)
{
    char text[CLOCK_TEXT];
    clock_put(s, text);
    json_member_string(out, name, s > 0 ? text : NULL);
}
