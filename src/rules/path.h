/* SPDX-License-Identifier: PostgreSQL */
/* Paths into JSON: $.a.b, $."odd key", $.list[*].a, $.list[0], $..key. */
#ifndef RULES_PATH_H
#define RULES_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum path_step_kind { STEP_KEY, STEP_INDEX, STEP_EACH, STEP_DEEP };

struct path_step {
    enum path_step_kind kind;
    const char *key; /* of KEY and DEEP */
    size_t len;
    long index; /* of INDEX */
};

struct path {
    int n;
    struct path_step *steps;
    int exactness; /* more is more exact: steps with a name count, `..` least */
};

/* NULL in *problem: it could be read. */
void path_parse(const char *text, struct arena *arena, struct path *out, const char **problem);

/* Does the path lead to the place with these steps (of kinds KEY and INDEX)? */
bool path_matches(const struct path *path, const struct path_step *place, int n);

#endif
