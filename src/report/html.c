/* SPDX-License-Identifier: PostgreSQL */
#include "report/html.h"

void
html_text(const char *text, struct buf *out)
{
    for (; text != NULL && *text != '\0'; text++)
        switch (*text) {
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        default:
            buf_putc(out, *text);
        }
}
