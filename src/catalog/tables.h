/* SPDX-License-Identifier: PostgreSQL */
/* Which tables: pg_dump's -n, -N, -t and -T. */
#ifndef CATALOG_TABLES_H
#define CATALOG_TABLES_H

#include <decant/decant.h>

#include "base/mem.h"
#include "pg/snapshot.h"

/* Selected tables, without partitions: a partitioned table stands for all of them. */
struct selection {
    int nrelations;
    struct pg_relation *relations; /* by schema and name */
};

/* As pg_dump: -t makes -n and -N ineffective, an empty selection is refused. A -t or -n pattern
 * that matches nothing is refused too. The result lives in `arena`. */
bool selection_load(struct pg_conn *conn, const struct decant_options *options, struct arena *arena,
                    struct selection *out, struct decant_error *err);

bool selection_equal(const struct selection *a, const struct selection *b);

/*
 * Translates a pattern of psql (\d) into anchored regular expressions: * and ? are wildcards,
 * unquoted letters are folded to lower case, a dot outside quotes separates schema and name.
 * *has_schema says whether there was one. False for more than one dot. (Fuzzed.)
 */
bool pattern_to_regex(const char *pattern, struct buf *schema, struct buf *name, bool *has_schema);

#endif
