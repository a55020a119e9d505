/* SPDX-License-Identifier: PostgreSQL */
/* Compressed files, by the ends of their names: .gz and .zst. The same bytes give the same file. */
#ifndef TEXT_PACK_H
#define TEXT_PACK_H

#include "base/buf.h"

struct packing;

/* NULL: the file is plain. */
const struct packing *packing_of(const char *name);

/* Compresses the file `from` into `to`, which is made anew, and reads it once more: DECANT_CHECK
 * where that gives other bytes. */
bool packing_write(const struct packing *packing, const char *from, const char *to,
                   struct decant_error *err);

/* Reads up to `size` bytes from the beginning of a file; fewer where it has fewer, 0 where it is no
 * such file. `packing` may be NULL. */
size_t packing_peek(const struct packing *packing, const char *path, char *out, size_t size);

#endif
