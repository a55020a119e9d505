/* SPDX-License-Identifier: PostgreSQL */
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_SIZE = 32 * 1024, LARGE_PAGE = 2 * 1024 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char data[];
};

/* An allocation has nobody to hand an error to, nor an argument that leads to what must be removed:
 * this list is the one thing here that is not passed along. */
static struct mem_last *lasts;
static pthread_mutex_t lasts_mutex = PTHREAD_MUTEX_INITIALIZER;

void
mem_last_hold(void)
{
    pthread_mutex_lock(&lasts_mutex);
}

void
mem_last_release(void)
{
    pthread_mutex_unlock(&lasts_mutex);
}

void
mem_last_add(struct mem_last *last)
{
    assert(last != NULL);
    pthread_mutex_lock(&lasts_mutex);
    last->next = lasts;
    lasts = last;
    pthread_mutex_unlock(&lasts_mutex);
}

void
mem_last_remove(struct mem_last *last)
{
    assert(last != NULL);
    pthread_mutex_lock(&lasts_mutex);
    for (struct mem_last **at = &lasts; *at != NULL; at = &(*at)->next)
        if (*at == last) {
            *at = last->next;
            break;
        }
    pthread_mutex_unlock(&lasts_mutex);
}

static _Noreturn void
run_out(void)
{
    static const char message[] =
        "decant: out of memory\nhint: fewer connections (-j) and a smaller --memory take less\n";
    pthread_mutex_lock(&lasts_mutex); /* another thread that runs out waits for the end */
    for (const struct mem_last *last = lasts; last != NULL; last = last->next)
        last->act(last->ctx);
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(DECANT_UNAVAILABLE);
}

static void *
or_end(void *p)
{
    if (p == NULL)
        run_out();
    return p;
}

void *
mem_alloc(size_t size)
{
    return or_end(calloc(1, size > 0 ? size : 1));
}

/* In small pages each look is a miss of the address cache, too, and a prefetch waits for it. */
void *
mem_alloc_table(size_t size)
{
    if (size < LARGE_PAGE || size % LARGE_PAGE != 0)
        return mem_alloc(size);
    void *p = or_end(aligned_alloc(LARGE_PAGE, size));
    madvise(p, size, MADV_HUGEPAGE); /* a wish: without them it is slower */
    return memset(p, 0, size);
}

void *
mem_realloc(void *old, size_t size)
{
    return or_end(realloc(old, size > 0 ? size : 1));
}

char *
mem_strdup(const char *s)
{
    assert(s != NULL);
    return or_end(strdup(s));
}

void *
mem_grow(void *items, size_t n, size_t size)
{
    assert(size > 0);
    if ((n & (n - 1)) != 0)
        return items; /* between two powers of two there is room */
    return mem_realloc(items, (n == 0 ? 1 : 2 * n) * size);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    assert(arena != NULL);
    const size_t align = alignof(max_align_t);
    size = (size + align - 1) / align * align;
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = mem_alloc(sizeof *block + capacity);
        block->size = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *p = block->data + block->used;
    block->used += size;
    return p;
}

char *
arena_strndup(struct arena *arena, const char *s, size_t len)
{
    assert(s != NULL || len == 0);
    char *copy = arena_alloc(arena, len + 1);
    return len > 0 ? memcpy(copy, s, len) : copy;
}

char *
arena_strdup(struct arena *arena, const char *s)
{
    return s == NULL ? NULL : arena_strndup(arena, s, strlen(s));
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *s = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(s, (size_t)len + 1, fmt, again);
    va_end(again);
    return s;
}

void
arena_deinit(struct arena *arena)
{
    assert(arena != NULL);
    for (struct arena_block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}
