/* SPDX-License-Identifier: PostgreSQL */
/* What a few thousand values of a column look like: counts, never a value. */
#ifndef PROPOSE_EVIDENCE_H
#define PROPOSE_EVIDENCE_H

#include "catalog/catalog.h"
#include "detect/detect.h"

enum { EVIDENCE_DETECTORS = 24, EVIDENCE_SCHEMES = 4 };

struct evidence {
    int values;                   /* that are neither NULL nor blank; 0: nothing is known */
    int distinct;                 /* among them */
    double rows, distinct_rows;   /* of the whole table, estimated; -1: not known */
    int hits[EVIDENCE_DETECTORS]; /* distinct values of each kind */
    int persons, first_names, last_names;
    int identifiers;  /* distinct ones that are short and of letters, digits, _ . : / - */
    int lower;        /* ... in lower case */
    int camel;        /* ... that look like the name of a class */
    int prose;        /* distinct ones of three words or more */
    int long_numbers; /* distinct ones with seven digits or more in a row */
    int objects;      /* distinct ones that begin with { or [ and end alike */
    int hex;          /* distinct ones of 32 or more of 0-9 and a-f */
    int schemes[EVIDENCE_SCHEMES]; /* hashes of passwords, see `password_hash` */
    double characters;             /* on average */
};

/* Looks at one value. Values must be distinct: gather counts equal ones before. */
void evidence_add(struct evidence *evidence, const struct detect *detect, struct regex_space *space,
                  const char *value, size_t len);

/* Reads values of every open-typed column of `table`, at most 3,000 rows in at most 5 s; where the
 * source does not allow that, there is no evidence. `out` has room for each column. */
bool evidence_read(struct pg_conn *conn, const struct detect *detect, const struct table *table,
                   bool look_at_values, struct evidence *out, struct decant_error *err);

#endif
