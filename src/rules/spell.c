/* SPDX-License-Identifier: PostgreSQL */
#include "rules/spell.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "base/visible.h"

/* Signs for which a scalar is quoted. */
#define ODD "\"$'#:{}[]&*!|>%@`"

void
spell_name(const char *name, struct buf *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (name[0] != '\0' && strspn(name, plain) == strlen(name)) {
        buf_puts(out, name);
        return;
    }
    buf_putc(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            buf_putc(out, '"');
        buf_putc(out, *name);
    }
    buf_putc(out, '"');
}

/* Characters that nobody sees, as YAML escapes them. */
static void
put_escaped(const char *text, struct buf *out)
{
    size_t len = strlen(text);
    buf_putc(out, '"');
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t code;
        n = utf8_decode(text + i, len - i, &code);
        if (visible_hides(code)) {
            buf_printf(out, "\\u%04x", (unsigned)code);
            continue;
        }
        if (text[i] == '"' || text[i] == '\\')
            buf_putc(out, '\\');
        if (text[i] == '$')
            buf_putc(out, '$');
        buf_add(out, text + i, n);
    }
    buf_putc(out, '"');
}

/* Inside braces a comma counts, too. */
static void
put_scalar(const char *text, const char *odd, struct buf *out)
{
    if (!visible_is(text)) {
        put_escaped(text, out);
        return;
    }
    bool is_odd = text[0] == '\0' || strpbrk(text, odd) != NULL || strcmp(text, "*") == 0;
    if (is_odd)
        buf_putc(out, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\'' || *p == '$')
            buf_putc(out, *p); /* doubled */
        buf_putc(out, *p);
    }
    if (is_odd)
        buf_putc(out, '\'');
}

void
spell_scalar(const char *text, struct buf *out)
{
    put_scalar(text, ODD, out);
}

void
spell_item(const char *text, struct buf *out)
{
    assert(text != NULL);
    size_t len = strlen(text);
    bool is_plain = len > 0 && strchr(" -?", text[0]) == NULL && text[len - 1] != ' ';
    put_scalar(text, is_plain ? ODD "," : ODD ", -?", out);
}

void
spell_key(const char *schema, const char *table, char joint, const char *behind, struct buf *out)
{
    assert(schema != NULL && table != NULL);
    struct buf name = { 0 };
    spell_name(schema, &name);
    buf_putc(&name, '.');
    spell_name(table, &name);
    if (behind != NULL) {
        buf_putc(&name, joint);
        spell_name(behind, &name);
    }
    spell_scalar(buf_str(&name), out);
    buf_deinit(&name);
}
