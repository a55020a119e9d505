/* SPDX-License-Identifier: PostgreSQL */
#include "rules/path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 64 };

static const char *
read_key(const char *p, struct arena *arena, struct path_step *step)
{
    const char *end = p;
    if (*p == '"') {
        end = strchr(p + 1, '"');
        if (end == NULL)
            return NULL;
        step->len = (size_t)(end - p - 1);
        step->key = arena_strndup(arena, p + 1, step->len);
        return end + 1;
    }
    end += strcspn(p, ".[");
    step->len = (size_t)(end - p);
    step->key = arena_strndup(arena, p, step->len);
    return step->len > 0 ? end : NULL;
}

void
path_parse(const char *text, struct arena *arena, struct path *out, const char **problem)
{
    assert(text != NULL && problem != NULL);
    const char *p = text;
    *out = (struct path){ .steps = ARENA_ARRAY(arena, struct path_step, MOST_STEPS) };
    *problem = "a path begins with '$'";
    if (*p++ != '$')
        return;
    *problem = "a path is made of .key, [0], [*] and ..key";
    while (*p != '\0') {
        struct path_step *step = &out->steps[out->n];
        if (++out->n > MOST_STEPS)
            return;
        if (p[0] == '.' && p[1] == '.') {
            step->kind = STEP_DEEP;
            out->exactness -= 1000;
            p = read_key(p + 2, arena, step);
        } else if (p[0] == '.') {
            step->kind = STEP_KEY;
            out->exactness += 10;
            p = read_key(p + 1, arena, step);
        } else if (strncmp(p, "[*]", 3) == 0) {
            step->kind = STEP_EACH;
            p += 3;
        } else if (p[0] == '[') {
            char *end;
            step->kind = STEP_INDEX;
            step->index = strtol(p + 1, &end, 10);
            out->exactness += 10;
            p = *end == ']' && end > p + 1 ? end + 1 : NULL;
        } else {
            p = NULL;
        }
        if (p == NULL)
            return;
    }
    *problem = NULL;
}

static bool
step_matches(const struct path_step *step, const struct path_step *place)
{
    switch (step->kind) {
    case STEP_KEY:
    case STEP_DEEP:
        return place->kind == STEP_KEY && place->len == step->len &&
               memcmp(place->key, step->key, step->len) == 0;
    case STEP_INDEX:
        return place->kind == STEP_INDEX && place->index == step->index;
    default:
        return place->kind == STEP_INDEX;
    }
}

static bool
matches(const struct path_step *steps, int n, const struct path_step *place, int nplace)
{
    if (n == 0) /* what stands below a path that ends is meant, too */
        return true;
    if (nplace == 0)
        return false;
    if (steps->kind != STEP_DEEP)
        return step_matches(steps, place) && matches(steps + 1, n - 1, place + 1, nplace - 1);
    for (; nplace > 0; place++, nplace--)
        if (step_matches(steps, place) && matches(steps + 1, n - 1, place + 1, nplace - 1))
            return true;
    return false;
}

bool
path_matches(const struct path *path, const struct path_step *place, int n)
{
    assert(n >= 0);
    return matches(path->steps, path->n, place, n);
}
