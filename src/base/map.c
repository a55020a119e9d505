/* SPDX-License-Identifier: PostgreSQL */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

static uint64_t
hash_name(const char *name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 1099511628211u;
    }
    return h;
}

static struct map_entry *
find(const struct map *map, uint64_t number, const char *name)
{
    if (map->nslots == 0)
        return NULL;
    size_t i = (size_t)(number * 0x9E3779B97F4A7C15u >> 20) & (map->nslots - 1);
    for (;; i = (i + 1) & (map->nslots - 1)) {
        struct map_entry *e = &map->slots[i];
        if (e->value == NULL)
            return e;
        if (e->number == number && (name == NULL || strcasecmp(e->name, name) == 0))
            return e;
    }
}

static void
put(struct map *map, uint64_t number, const char *name, void *value)
{
    assert(value != NULL);
    if (2 * (map->count + 1) > map->nslots) {
        struct map bigger = { .nslots = map->nslots == 0 ? 16 : 2 * map->nslots };
        bigger.slots = mem_alloc(bigger.nslots * sizeof *bigger.slots);
        bigger.count = map->count;
        for (size_t i = 0; i < map->nslots; i++)
            if (map->slots[i].value != NULL)
                *find(&bigger, map->slots[i].number, map->slots[i].name) = map->slots[i];
        free(map->slots);
        *map = bigger;
    }
    struct map_entry *e = find(map, number, name);
    map->count += e->value == NULL;
    *e = (struct map_entry){ .name = name, .number = number, .value = value };
}

void
map_put(struct map *map, uint64_t number, void *value)
{
    assert(value != NULL);
    put(map, number, NULL, value);
}

void *
map_get(const struct map *map, uint64_t number)
{
    struct map_entry *e = find(map, number, NULL);
    return e == NULL ? NULL : e->value;
}

void
map_put_name(struct map *map, const char *name, void *value)
{
    assert(name != NULL && value != NULL);
    put(map, hash_name(name), name, value);
}

void *
map_get_name(const struct map *map, const char *name)
{
    assert(name != NULL);
    struct map_entry *e = find(map, hash_name(name), name);
    return e == NULL ? NULL : e->value;
}

void
map_deinit(struct map *map)
{
    free(map->slots);
    *map = (struct map){ 0 };
}
