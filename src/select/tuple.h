/* SPDX-License-Identifier: PostgreSQL */
/*
 * Keys of rows, as they are compared: values that PostgreSQL calls equal give the same key, in
 * every type that a foreign key may join (1 and 1.000, int4 and int8, citext in any case). One
 * integer is itself; anything else is a fingerprint of 128 bits over a canonical form, each value
 * preceded by its length.
 */
#ifndef SELECT_TUPLE_H
#define SELECT_TUPLE_H

#include "catalog/catalog.h"
#include "key/prf.h"
#include "select/keyset.h"

/* Some columns of a row in the order of a key. `at` are places among the values that a scan reads.
 */
struct tuple {
    int ncolumns;
    const struct column *const *columns;
    const int *at;
    bool as_integer;
    uint32_t padded; /* bits of the first 32 columns: it refers to a char(n), for which blanks at
                      * the end are nothing */
};

/* The key of the tuple in a row. False when it has a NULL, or a value that can match nothing. */
bool tuple_key(const struct tuple *tuple, const struct decant_value *values,
               const uint8_t fingerprint_key[PRF_KEY], struct buf *scratch, struct key128 *out);

/* NULLs are values here: the identity of rows without a key. */
void tuple_row_key(const struct tuple *tuple, const struct decant_value *values,
                   const uint8_t fingerprint_key[PRF_KEY], struct buf *scratch, struct key128 *out);

/* The first column of the tuple in a row, where it is an integer and not NULL. */
bool tuple_lead(const struct tuple *tuple, const struct decant_value *values, int64_t *out);

/* Can one integer stand for a key of these columns? */
bool tuple_fits_integer(const struct column *const *columns, int n);

/* Appends the expression that reads a column in the form that tuple_key() takes; `alias` is the
 * table's or NULL. An expression of the rules names its table by itself. */
void tuple_put_column(const struct column *column, const char *alias, struct buf *out);

/* Is u hashed from the bytes of a single uuid or text? */
bool tuple_is_hashed_as_bytes(const struct tuple *identity);

/* How a row is chosen: the parts of u(key), see hash.h. */
struct chooser {
    uint64_t seed;        /* a sub-key of its own: it may be shown to a server */
    uint8_t key[PRF_KEY]; /* for keys that only the client hashes */
};

/* u of the row's identity. */
uint64_t tuple_u(const struct tuple *identity, const struct decant_value *values, struct key128 key,
                 const struct chooser *chooser);

#endif
