/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "key/key.h"
#include "key/prf.h"

/* libsodium puts each allocation on pages of its own: many sub-keys share one. */
enum { PER_PAGE = 64 };

struct page {
    struct page *next;
    uint8_t (*keys)[SUB_KEY];
    int nkeys;
    char *names[PER_PAGE];
};

struct key_ring {
    const struct key *key;
    struct page *pages;
};

struct key_ring *
key_ring_new(const struct key *key)
{
    assert(key != NULL);
    struct key_ring *ring = mem_alloc(sizeof *ring);
    ring->key = key;
    return ring;
}

void
key_ring_free(struct key_ring *ring)
{
    struct page *next;
    if (ring == NULL)
        return;
    for (struct page *page = ring->pages; page != NULL; page = next) {
        next = page->next;
        sodium_free(page->keys); /* wipes them */
        for (int i = 0; i < page->nkeys; i++)
            free(page->names[i]);
        free(page);
    }
    free(ring);
    prf_wipe_stack();
}

static char *
name_of(const char *purpose, const char *label)
{
    size_t n = strlen(purpose), m = strlen(label);
    char *name = mem_alloc(n + m + 2);
    memcpy(name, purpose, n);
    name[n] = '\n';
    memcpy(name + n + 1, label, m);
    return name;
}

const uint8_t *
key_ring_get(struct key_ring *ring, const char *purpose, const char *label)
{
    assert(ring != NULL && purpose != NULL && label != NULL);
    char *name = name_of(purpose, label);
    for (const struct page *page = ring->pages; page != NULL; page = page->next)
        for (int i = 0; i < page->nkeys; i++)
            if (strcmp(page->names[i], name) == 0) {
                free(name);
                return page->keys[i];
            }
    struct page *page = ring->pages;
    if (page == NULL || page->nkeys == PER_PAGE) {
        page = mem_alloc(sizeof *page);
        page->keys = sodium_malloc(PER_PAGE * SUB_KEY);
        if (page->keys == NULL) {
            free(page);
            free(name);
            return NULL;
        }
        page->next = ring->pages;
        ring->pages = page;
    }
    page->names[page->nkeys] = name;
    key_derive(ring->key, purpose, label, page->keys[page->nkeys], SUB_KEY);
    return page->keys[page->nkeys++];
}
