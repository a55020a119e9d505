/* SPDX-License-Identifier: PostgreSQL */
/* References that no foreign key declares: ids beside the name of a class, columns and members of
 * JSON that are called like a table. Names propose them, values decide. */
#ifndef PROPOSE_REFERENCES_H
#define PROPOSE_REFERENCES_H

#include "plan/sampling.h"

struct reference_end {
    const struct table *table;
    int column;            /* its key */
    const char *value;     /* of the type column, for this table; NULL without one */
    int64_t looked, found; /* different keys among those looked at, and those that the table has */
    int64_t rows;          /* that have one of these keys */
};

struct reference {
    const struct table *table;
    const char *column, *type_column, *member; /* of JSON; the last two may be NULL */
    int nends;
    struct reference_end *ends;
    int64_t rows;     /* that were looked at */
    bool is_owner;    /* its rows follow the table that it leads to */
    bool is_required; /* its rows come with what they belong to, whichever table that is in */
};

struct references {
    int nunanswered; /* questions that took too long, or that the source refused */
    int n;
    struct reference *items;
};

/* All that names propose, and at most so many different types as a reader reviews; and where no
 * name says anything, random ids (uuids and the like) and e-mail addresses that are found among
 * another table's keys. Reads the types' values, the members of a few documents, and ids: 5 s for
 * each, or there are none. */
bool references_find(struct pg_conn *conn, const struct plan *plan, struct arena *arena,
                     struct references *out, struct decant_error *err);

/* Asks the source how many of the keys are there, and leaves those that mostly are. `sampling` was
 * built of references_put(): its last edges are their ends, in this order. */
bool references_prove(struct pg_conn *conn, const struct sampling *sampling,
                      struct references *references, struct decant_error *err);

/* Do nearly all rows of the reference's table belong to a row of one of several tables? */
bool references_is_whole(const struct reference *reference);

/* Appends the section `virtual`, or nothing, and what was not answered. Returns the number of lines
 * that a person should look at. */
int references_put(const struct references *references, struct buf *out);

/* The reference that an edge of the sampling stands for; NULL: a key of the database. */
struct reference *references_of(const struct references *references,
                                const struct sampling *sampling, int edge);

#endif
