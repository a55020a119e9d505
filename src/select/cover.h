/* SPDX-License-Identifier: PostgreSQL */
/*
 * A cover: in place of a sample the fewest rows that show every feature of the source, closed under
 * its foreign keys. A feature is a state of a row (see states.h), or that a parent has no child,
 * one or more along a foreign key. Every table is read for its keys, for the ends of its columns
 * and for its states; of each feature the rows with the smallest u are fetched with all rows that
 * they refer to; and among those the cover is chosen.
 */
#ifndef SELECT_COVER_H
#define SELECT_COVER_H

#include "select/cover_choose.h"
#include "select/states.h"

enum { COVER_FAMILIES = 8 }; /* parents of whose children two are kept */

/* Two rows that refer to the same parent. */
struct siblings {
    uint64_t u; /* of the parent's key */
    struct key128 parent;
    int n;
    struct candidate rows[2]; /* the smallest u first */
};

/* What a foreign key shows. */
struct family {
    bool shows_none, shows_some; /* parents without a child; with one, and with more */
    struct keyset children;      /* by parent: 1 or 2, which means more */
    struct state none, one;
    int64_t more; /* rows that have a sibling */
    int nmany;
    struct siblings many[COVER_FAMILIES]; /* ascending by u */
    int feature_of_many;                  /* -1: none */
};

struct cover_rows; /* opaque */

struct cover {
    struct chosen_rows *set;
    struct states_list *lists; /* by table */
    struct family *families;   /* by edge */
    _Atomic int64_t bytes;     /* of all families' keys */
    int nfeatures;
    struct cover_rows *rows; /* that may be chosen */
};

/* cover_find.c: reads all tables; then each state knows its rows, and its feature. */
bool cover_find(struct cover *cover, struct decant_error *err);

/* cover_rows.c: fetches the candidates of all features, and what they refer to. */
bool cover_fetch(struct cover *cover, struct decant_error *err);

/* cover_pick.c: chooses among them, `most` rows or fewer (0: no limit), and says in shown[feature]
 * what they show. */
void cover_pick(struct cover *cover, int64_t most, uint8_t *shown);

/* cover_rows.c: adds the chosen ones to the set. */
bool cover_take(struct cover *cover, struct decant_error *err);
void cover_rows_free(struct cover_rows *rows); /* NULL is allowed */

/* Hands out the states of a list, as many at a time as one statement can tell of: those from *from
 * up to the one that it returns. False: there are no more. */
bool cover_next_states(const struct states_list *list, bool with_ends, int *from, int *to);

#endif
