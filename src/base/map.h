/* SPDX-License-Identifier: PostgreSQL */
/* Two small maps: object identifiers to pointers, and names to pointers. Zeros are an empty map.
 * Neither keys nor values are owned. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_entry {
    const char *name; /* NULL in a map by number */
    uint64_t number;
    void *value; /* NULL: free slot */
};

struct map {
    struct map_entry *slots;
    size_t nslots, count;
};

void map_put(struct map *map, uint64_t number, void *value);
void *map_get(const struct map *map, uint64_t number); /* NULL when absent */

/* Names are compared without regard to ASCII case, as SQLite does. */
void map_put_name(struct map *map, const char *name, void *value);
void *map_get_name(const struct map *map, const char *name);

void map_deinit(struct map *map);

#endif
