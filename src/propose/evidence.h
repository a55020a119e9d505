/* SPDX-License-Identifier: PostgreSQL */
/* What a few thousand values of a column look like: counts, never a value. */
#ifndef PROPOSE_EVIDENCE_H
#define PROPOSE_EVIDENCE_H

#include "catalog/statistics.h"
#include "detect/detect.h"

enum { EVIDENCE_DETECTORS = 24, EVIDENCE_SCHEMES = 4 };

/* The names of settings whose values open something: a regular expression, whatever its case. */
#define EVIDENCE_SECRETS "passw|secret|token|api_?key|private_?key|credential"

struct evidence {
    int values;                   /* that are neither NULL nor blank; 0: nothing is known */
    int distinct;                 /* among them */
    double rows, distinct_rows;   /* of the whole table, estimated; -1: not known */
    int hits[EVIDENCE_DETECTORS]; /* distinct values of each kind */
    int persons, first_names, last_names;
    int heads; /* how often the first word changes from one value to the next, in their order */
    char head[24];
    int identifiers;      /* distinct ones that are short and of letters, digits, _ . : / - */
    int lower;            /* ... in lower case */
    int camel;            /* ... that look like the name of a class */
    int prose;            /* distinct ones of three words or more */
    int long_numbers;     /* distinct ones with seven digits or more in a row */
    int objects;          /* distinct ones that begin with { or [ and end alike */
    int logins;           /* ... made of a name of a person: jane.doe, maria-laptop */
    int dates;            /* distinct ones that begin with a date, 2026-11-29 */
    int births;           /* ... of 1900 or later, and before today */
    int adults;           /* ... of somebody who is 18 today */
    int odd_dates;        /* ... in another form than ISO 8601 */
    int oldest, youngest; /* years of them; 0: none */
    int clocks, uuids, decimals, serials; /* distinct times of day, uuids, numbers, YAML or PHP */
    int shortest, longest;                /* digits of whole numbers; 0: some are none */
    int secrets;                          /* distinct ones that speak of what opens something */
    int odd_keys;                         /* keys of documents that are addresses or long numbers */
    int hex;                              /* distinct ones of 24 or more of 0-9 and a-f */
    int random_ids;                       /* distinct ones like those of cuid, nanoid, ulid */
    int schemes[EVIDENCE_SCHEMES];        /* hashes of passwords, see `password_hash` */
    double characters;                    /* on average */
    int nhashes;      /* of the distinct texts that are long enough to be found again */
    uint64_t *hashes; /* in evidence_read()'s arena; NULL: none were gathered */
    int npairs;       /* likewise of two words in a row */
    uint64_t *pairs;
};

/* Looks at one value. Values must be distinct: gather counts equal ones before. */
void evidence_add(struct evidence *evidence, const struct detect *detect, struct regex_space *space,
                  const char *value, size_t len);

/* Appends a table as decant_row: pages from all over it where it is large, and 10,000 rows at
 * most; ten times as many, for what is rare and cheap to read. */
void evidence_put_sample(const struct table *table, struct buf *out);
void evidence_put_many(const struct table *table, struct buf *out);

/* Asks the source for at most 5 s. Sets *rows, NULL where it took longer or is not allowed; false:
 * the connection is lost. */
bool evidence_ask(struct pg_conn *conn, const char *sql, struct pg_result **rows,
                  struct decant_error *err);

/* Are values of this type looked at? Texts, whole numbers, decimals, dates, and lists of them. */
bool evidence_is_read(const struct type *type);

/* The fingerprint of a text among `hashes`. */
uint64_t evidence_print(const char *text, size_t len);

/* Where evidence comes from. */
struct evidence_source {
    struct pg_conn *conn; /* NULL: values are not looked at */
    const struct detect *detect;
    const struct statistics *statistics; /* or NULL */
    struct arena *arena;                 /* of what is kept */
};

/* Reads values of every such column of `table`, at most 3,000 rows in at most 5 s; where the
 * source does not allow that, there is no evidence. `out` has room for each column. */
bool evidence_read(const struct evidence_source *source, const struct table *table,
                   struct evidence *out, struct decant_error *err);

#endif
