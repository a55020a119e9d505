/* SPDX-License-Identifier: PostgreSQL */
/* The parts of the leak check: what a column was seen to have. */
#ifndef LEAK_INTERNAL_H
#define LEAK_INTERNAL_H

#include "base/map.h"
#include "detect/traits.h"
#include "leak/leak.h"

enum {
    MOST_KINDS = 32, /* detectors, and originals behind them */
    MOST_RARITY = 64,
    MOST_PROBES = 32,       /* at once */
    LEAST_NUMBER = 1000000, /* fewer digits identify nobody */
    MOST_KEYS = 3,
    MOST_DIFFERENT = 4096, /* that are told apart in a column; more count as different */
    KEY_BYTES = 40,
};

/* Hits of one kind in one column. */
struct tally {
    int64_t hits, chances, given;              /* cells; given: that the rules' own SQL has */
    int64_t last_hit, last_chance, last_given; /* the number of the cell */
    int nkeys;
    char keys[MOST_KEYS][KEY_BYTES];
};

/* Texts of one column that would be an original with about the same chance, 2^-rarity. */
struct rarity {
    double expected;   /* the sum of their chances */
    int64_t cells;     /* with an original, and none that is rarer */
    int64_t different; /* originals in them: a fake that many rows share has one by chance once */
};

/* A text to be looked up. */
struct probe {
    struct fingerprint sought;
    double bits;
    int rarity;
    bool has_digits; /* enough of them to tell something */
};

/* A text, and what one pass over it saw. */
struct reading {
    const char *text;
    size_t len;
    struct traits traits;
    struct buf lower; /* in lower case, as long, behind a byte that is free */
};

struct watched {
    const struct leak_column *column;
    int64_t cells;
    struct tally *kinds[MOST_KINDS]; /* made when they are first needed */
    uint8_t at[MOST_RARITY];         /* number + 1 of a rarity in: */
    struct rarity *originals;        /* of the few that the column's texts have */
    int noriginals;
    struct map found;              /* fingerprints of originals that were found; see is_new() */
    int best;                      /* the rarest original in the cell at hand; -1: there is none */
    uint64_t best_bits;            /* its fingerprint */
    bool is_drawn;                 /* by its mask: nothing of the source stays */
    bool is_network, is_number;    /* what its mask writes */
    const struct detector *writes; /* the kind that its mask makes fakes of, in a reserved range */
    bool is_given;                 /* its values stand in the rules */
    bool is_shared;                /* ... or are the source's own, each of many rows */
};

struct leak {
    const struct rules_checks *rules;
    const struct originals *originals;
    bool has_originals;
    struct probe probes[MOST_PROBES]; /* of the cell at hand */
    int nprobes;
    struct arena *arena, own; /* the caller's, or its own */
    struct detect *detect;
    struct regex_space *space;
    struct reading cell, string; /* at hand: a cell, and a string of its JSON */
    struct buf scratch, pair, plain, unescaped;
    struct map columns; /* by the address of struct leak_column: a struct watched */
    struct watched **list;
    size_t nlist;
    int64_t cells;
    const struct leak_row *row; /* at hand */
};

/* One of `kind`, a detector, is in the cell at hand, which counts once. Not sure: the text may have
 * the kind's form by chance. */
void leak_hit(struct leak *leak, struct watched *watched, int kind, bool is_sure);

/* Does the SQL of the run itself put the whole cell at hand there? */
bool leak_is_given(const struct leak *leak);

/* An original that it puts there: told, and no leak. */
void leak_note_given(struct leak *leak, struct watched *watched);

/* Remembers the row at hand, to tell it: a few of those with a hit. Behind the detectors' numbers,
 * ndetectors stands for originals. */
void leak_note_key(struct leak *leak, struct watched *watched, int kind);

void leak_look_for_kinds(struct leak *leak, struct watched *watched, const struct reading *cell);
void leak_look_for_originals(struct leak *leak, struct watched *watched, struct reading *cell);

/* What is counted of a rarity. It stays where it is until the next one is asked for. */
struct rarity *leak_rarity(struct watched *watched, int rarity);

/* How rare an original was that stands in watched->found with this value. */
int leak_rarity_of(const void *value);

/* `cell` is what leak_look_for_originals() looks at. */
void leak_read(struct reading *cell, const struct watched *watched, const char *text, size_t len);

/* Cells with a leak, behind the last one. */
int64_t leak_judge_kind(const struct watched *watched, int kind, const struct tally *tally);
int64_t leak_judge_originals(const struct watched *watched);

#endif
