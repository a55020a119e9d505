/* SPDX-License-Identifier: PostgreSQL */
/*
 * What states the rows of a table are in: the values of a column that has few, which columns are
 * NULL, how two flags stand. A state is known by a number that the source computes, a hash of the
 * value or bits, so that no value comes here; of each state the rows with the smallest u are kept.
 */
#ifndef SELECT_STATES_H
#define SELECT_STATES_H

#include <assert.h>

#include "select/internal.h"

enum {
    STATES_FEW = 50,    /* values: of more a column is no list of states */
    STATES_MANY = 250,  /* patterns, and the labels of an enum */
    STATES_ALIKE = 5,   /* rows: a value that fewer share could tell who they belong to */
    STATES_SLOTS = 512, /* a power of two, twice the most values */
    STATES_KEPT = 16,   /* rows of one state, at most */
};

static_assert(STATES_FEW < UINT8_MAX && STATES_MANY < UINT8_MAX, "a slot has room for each");

struct candidate {
    uint64_t u;
    struct key128 identity;
    int64_t lead; /* the first integer of its key, where it has one: by it the row is found again */
    int64_t alike; /* rows that are it: more than one only where there is no key */
};

struct state {
    uint64_t key;
    int64_t rows, in_copy;
    bool is_satisfied;
    int feature; /* of a cover: its number; -1: none that a row has to be chosen for */
    int n;
    struct candidate *smallest; /* ascending by u; NULL: none may come */
};

enum states_kind {
    STATES_OF_VALUES,
    STATES_OF_NULLS,
    STATES_OF_FLAGS,    /* of two columns */
    STATES_OF_ENDS,     /* the smallest and the largest value, or the longest */
    STATES_OF_SHAPES,   /* values that code forgets: the empty text, 29 February, NaN */
    STATES_OF_BRANCHES, /* of a check: the first that holds */
};

/* One expression over a row, and the states that it tells apart. */
struct states {
    enum states_kind kind;
    const char *name; /* of the column, the two columns or the check; the set's. NULL: of the row */
    int most, wanted; /* states; rows of each that are kept */
    int least;        /* rows that have to share a state */
    char *sql;        /* of the number by which a state is known; NULL is no state */
    char *ends;       /* aggregates over the table that `sql` compares with, by name; or NULL */
    int n;            /* -1: too many */
    uint8_t slots[STATES_SLOTS]; /* number + 1 */
    struct state *values;        /* room for powers of two: all tables have theirs at once */
};

struct states_list {
    int n;
    struct states *items;
};

/* The state of a number, which is new when it was not there; NULL: there are too many by now. */
struct state *states_find(struct states *states, uint64_t key);

/* The same without adding one. */
const struct state *states_get(const struct states *states, uint64_t key);

/* Keeps a row of those that have the state, if its u is among the smallest. */
void states_keep(struct state *state, int most, struct candidate row);

/* Adds the values of columns, the patterns of NULLs; `wanted` rows of each state are kept. Only of
 * what the copy tells: not of masked columns, nor of keys. Rows have to share a value, unless it is
 * an enum's or a flag's and these are not `closed_alike`. */
void states_add_values(const struct chosen_rows *set, int number, int wanted, bool closed_alike,
                       struct states_list *out);
void states_add_nulls(const struct chosen_rows *set, int number, int wanted,
                      struct states_list *out);

/* Adds all others. */
void states_add_others(struct chosen_rows *set, int number, int wanted, struct states_list *out);

void states_free(struct states_list *list);

/* How the values of a type have ends. */
enum ends { ENDS_NONE, ENDS_OF_VALUES, ENDS_OF_LENGTHS };
enum ends states_ends_of(const struct type *type);

/* Does the copy tell the column as it is, and is it no key? */
bool states_is_told(const struct chosen_rows *set, int number, int column);

#endif
