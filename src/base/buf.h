/* SPDX-License-Identifier: PostgreSQL */
/* A growing string of bytes. A buf of zeros is empty and ready; `data` ends with a NUL that `len`
 * does not count, or is NULL while nothing was added. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"

struct buf {
    char *data;
    size_t len, size;
};

void buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *s);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *buf, const char *fmt, va_list args);
void buf_reset(struct buf *buf);            /* empty, the memory is kept */
void buf_cut(struct buf *buf, size_t len);  /* back to its first `len` bytes */
char *buf_steal(struct buf *buf);           /* the string, never NULL; free() it */
const char *buf_str(const struct buf *buf); /* never NULL */
void buf_deinit(struct buf *buf);

#endif
