/* SPDX-License-Identifier: PostgreSQL */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
grow(struct buf *buf, size_t need)
{
    size_t size = buf->size < 64 ? 64 : buf->size;
    while (size < need)
        size *= 2;
    buf->data = mem_realloc(buf->data, size);
    buf->data[buf->len] = '\0';
    buf->size = size;
}

/* There is room nearly always: nothing is called then. */
static inline void
reserve(struct buf *buf, size_t more)
{
    size_t need = buf->len + more + 1;
    if (need > buf->size)
        grow(buf, need);
}

void
buf_reserve(struct buf *buf, size_t more)
{
    assert(buf != NULL);
    reserve(buf, more);
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
    assert(data != NULL || len == 0);
    reserve(buf, len);
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *s)
{
    assert(s != NULL);
    buf_add(buf, s, strlen(s));
}

void
buf_putc(struct buf *buf, char c)
{
    reserve(buf, 1);
    buf->data[buf->len++] = c;
    buf->data[buf->len] = '\0';
}

void
buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    assert(len >= 0); /* but for a wide character that no locale has, and none is printed */
    buf_reserve(buf, (size_t)len + 1);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
    va_end(again);
    buf->len += (size_t)len;
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vprintf(buf, fmt, args);
    va_end(args);
}

void
buf_reset(struct buf *buf)
{
    assert(buf != NULL);
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

char *
buf_steal(struct buf *buf)
{
    assert(buf != NULL);
    char *s = buf->data != NULL ? buf->data : mem_strdup("");
    *buf = (struct buf){ 0 };
    return s;
}

void
buf_cut(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
    if (buf->data != NULL)
        buf->data[len] = '\0';
}

const char *
buf_str(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

void
buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){ 0 };
}
