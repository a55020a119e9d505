/* SPDX-License-Identifier: PostgreSQL */
#include "load/versions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "load/sink.h"

enum { TIME_DIGITS = 14 };

bool
version_is_run(const char *name, size_t len)
{
    size_t digits = strspn(name, "0123456789");
    return len > TIME_DIGITS + 1 && digits == TIME_DIGITS && name[digits] == 'x' &&
           digits + 1 + strspn(name + digits + 1, "0123456789abcdef") == len;
}

const char *
version_target(struct arena *arena, const char *name)
{
    assert(arena != NULL && name != NULL);
    static const char suffix[] = ".db", infix[] = "__prev_";
    size_t len = strlen(name), tail = strlen(suffix);
    if (len > tail && strcmp(name + len - tail, suffix) == 0) {
        size_t dot = len - tail;
        while (dot > 0 && name[dot - 1] != '.')
            dot--;
        if (dot > 1 && version_is_run(name + dot, len - tail - dot))
            return arena_strndup(arena, name, dot - 1);
    }
    const char *found = strstr(name, infix);
    return found != NULL && version_is_run(found + strlen(infix), strlen(found + strlen(infix)))
               ? arena_strndup(arena, name, (size_t)(found - name))
               : name;
}

void
versions_add(struct versions *versions, const struct version *version)
{
    assert(versions != NULL && version != NULL);
    struct arena *arena = &versions->arena;
    versions->items = mem_grow(versions->items, (size_t)versions->n, sizeof *versions->items);
    struct version *own = &versions->items[versions->n++];
    *own = *version;
    own->run = arena_strdup(arena, version->run);
    own->name = arena_strdup(arena, version->name);
    if (version_is_run(own->run, strlen(own->run)))
        own->made_s = clock_of_run(own->run);
}

static int
youngest_first(const void *a, const void *b)
{
    const struct version *one = a, *other = b;
    if (one->is_current != other->is_current)
        return one->is_current ? -1 : 1;
    return -strcmp(one->run, other->run); /* names of runs begin with their time */
}

void
versions_sort(struct versions *versions)
{
    assert(versions != NULL);
    if (versions->n > 1)
        qsort(versions->items, (size_t)versions->n, sizeof *versions->items, youngest_first);
}

bool
versions_open(struct versions *versions, const struct versions_wish *wish, struct decant_error *err)
{
    assert(versions != NULL && wish != NULL && wish->target != NULL);
    const char *place;
    *versions = (struct versions){ .lock_fd = -1, .stop = wish->stop };
    versions->ops =
        sink_for(wish->target, &place) == &sink_sqlite ? &versions_of_file : &versions_of_database;
    if (!versions->ops->open(versions, wish, place, err))
        return false;
    versions_sort(versions);
    return true;
}

bool
versions_restore(struct versions *versions, const struct version *to, struct decant_error *err)
{
    assert(versions != NULL && to != NULL);
    return to->is_current || versions->ops->restore(versions, to, err);
}

bool
versions_drop(struct versions *versions, const struct version *which, struct decant_error *err)
{
    assert(versions != NULL && which != NULL);
    return versions->ops->drop(versions, which, err);
}

void
versions_close(struct versions *versions)
{
    assert(versions != NULL);
    if (versions->ops != NULL)
        versions->ops->close(versions);
    free(versions->items);
    arena_deinit(&versions->arena);
    *versions = (struct versions){ .lock_fd = -1 };
}

const struct version *
versions_find(const struct versions *versions, const char *run)
{
    for (int i = 0; i < versions->n; i++)
        if (strcmp(versions->items[i].run, run) == 0)
            return &versions->items[i];
    return NULL;
}

const struct version *
versions_current(const struct versions *versions)
{
    return versions->n > 0 && versions->items[0].is_current ? &versions->items[0] : NULL;
}
