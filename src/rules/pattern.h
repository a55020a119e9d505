/* SPDX-License-Identifier: PostgreSQL */
/* Names of tables and columns: exact ("shop.orders", 'shop."Odd.Name"'), globs (* ? [abc]), and
 * /regular expressions/ (PCRE2, anchored). "*" alone is everything. */
#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

#include <stdbool.h>

#include "base/mem.h"

struct pattern;

/* Compiles one pattern for names of `parts` parts (schema, table, column) joined by dots. A problem
 * is described in *problem (a string constant or in `arena`); then NULL is returned. The pattern
 * must be freed. */
struct pattern *pattern_new(const char *text, int parts, struct arena *arena, const char **problem);
void pattern_free(struct pattern *pattern);

bool pattern_is_exact(const struct pattern *pattern);

/* The names that an exact pattern is, joined by dots; NULL: it is none, or has quotes. */
const char *pattern_literal(const struct pattern *pattern);

/* `names` has as many entries as the pattern has parts. */
bool pattern_matches(const struct pattern *pattern, const char *const *names);

#endif
