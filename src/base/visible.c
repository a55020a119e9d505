/* SPDX-License-Identifier: PostgreSQL */
#include "base/visible.h"

#include <string.h>

#include "base/utf8.h"

bool
visible_hides(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {
        { 0x00, 0x1F },     { 0x7F, 0x9F },     { 0x61C, 0x61C },   { 0x200B, 0x200F },
        { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB },
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code >= hidden[i].from && code <= hidden[i].to)
            return true;
    return false;
}

bool
visible_is(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        uint32_t code = (unsigned char)text[i];
        i += code < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
        if (visible_hides(code))
            return false;
    }
    return true;
}

void
visible_put(struct buf *out, const char *text, bool has_lines)
{
    size_t len = strlen(text);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t code = (unsigned char)text[i];
        n = code < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
        bool stays = has_lines && (code == '\n' || code == '\t');
        if (visible_hides(code) && !stays)
            buf_printf(out, "\\u%04x", (unsigned)code);
        else
            buf_add(out, text + i, n);
    }
}
