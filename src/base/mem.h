/* SPDX-License-Identifier: PostgreSQL */
/* Heap and arena. Running out of memory ends the program here and nowhere else, with the status of
 * what the machine does not give: it holds a few megabytes, and what can grow (key sets) has its
 * own ceiling and its own error. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/error.h"

void *mem_alloc(size_t size);              /* zeroed; never NULL */
void *mem_alloc_table(size_t size);        /* likewise, for a table that is read here and there */
void *mem_realloc(void *old, size_t size); /* never NULL */
char *mem_strdup(const char *s);

/* What is done before that: it may allocate nothing, and any thread may call it. The entry is its
 * owner's until it is taken off. */
struct mem_last {
    void (*act)(void *ctx);
    void *ctx;
    struct mem_last *next;
};

/* A thread that makes what is to be removed then holds this, so that nothing is made after it. No
 * memory may be asked for meanwhile. */
void mem_last_hold(void);
void mem_last_release(void);

void mem_last_add(struct mem_last *last);
void mem_last_remove(struct mem_last *last); /* one that is not there is no error */

/* Memory of one lifetime, freed all at once. An arena of zeros is empty and ready. */
struct arena {
    struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size);    /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *s, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
void arena_deinit(struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc(arena, sizeof(type) * (size_t)(n)))

/* Makes room for one more item in a heap array of `n` items of `size` bytes. Capacities are powers
 * of two, so the array needs no capacity of its own. */
void *mem_grow(void *items, size_t n, size_t size);

#endif
