/* SPDX-License-Identifier: PostgreSQL */
/*
 * The transformers: one entry of one table each, with a function that makes a fake of a value. What
 * the entry says is what 'decant explain' prints, what proofs rely on, and what rules/README.md is
 * checked against.
 */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "base/buf.h"
#include "base/map.h"
#include "catalog/catalog.h"
#include "rules/columns.h"
#include "transform/permute.h"
#include "words/words.h"

/* Kinds of values as transformers see them, as bits. */
enum mask_kind {
    KIND_TEXT = 1 << 0,      /* UTF-8 */
    KIND_INTEGER = 1 << 1,   /* 2, 4 or 8 bytes */
    KIND_NUMBER = 1 << 2,    /* numeric, real, double precision: as decimal text */
    KIND_DATE = 1 << 3,      /* days since 2000-01-01 */
    KIND_TIMESTAMP = 1 << 4, /* microseconds since 2000-01-01 */
    KIND_UUID = 1 << 5,      /* 16 bytes */
    KIND_BYTES = 1 << 6,
    KIND_NETWORK = 1 << 7, /* inet and cidr: family, bits, is_cidr, length, address */
    KIND_MAC = 1 << 8,     /* 6 or 8 bytes */
    KIND_JSON = 1 << 9,    /* its text */
    KIND_ENUM = 1 << 10,   /* its label */
    KIND_BOOL = 1 << 11,
    KIND_OTHER = 1 << 12, /* nothing is known of its form */
    KIND_TEXTS = KIND_TEXT | KIND_JSON,
    KIND_ANY = (1 << 13) - 1
};

/* What decides on the fake: the same seed gives the same fake. */
enum mask_seed {
    SEED_NONE,
    SEED_VALUE,  /* the original */
    SEED_PERSON, /* whose row it is, see mask/entity.h */
    SEED_ENTITY, /* the root of the owners */
    SEED_ROW,
};

/* What a mask must read of the original, each more than the one before. */
enum mask_need {
    NEED_NOTHING,
    NEED_NULLNESS,
    NEED_BLANKNESS, /* NULL, or a text of nothing but white space, which stays */
    NEED_VALUE,
};

/* Guarantees, as bits. */
enum {
    GIVES_INJECTIVE = 1 << 0, /* different originals have different fakes, for ever */
    GIVES_RANDOM = 1 << 1,    /* ... but for a collision of so many random bits: see `bits` */
    GIVES_RESERVED = 1 << 2,  /* the fake reaches nobody: see `range` */
    GIVES_SHAPE = 1 << 3,     /* as long as the original, with the same kinds of characters */
    GIVES_ORDER = 1 << 4,     /* never reverses two originals of one entity */
    GIVES_SECRETS = 1 << 5,   /* fakes may have the form of what opens something */
    GIVES_LETTERS = 1 << 6,   /* letters and digits at random: some have the form of a number */
};

/* What an original says about somebody: where it turns up in a finished copy, it is a leak. */
enum mask_tells {
    TELLS_NOTHING, /* one of few: a fake may be the same by chance */
    TELLS_TEXT,    /* some text: if few rows have it */
    TELLS_WHO,     /* it identifies */
};

/* What those who look at masks must know of one, as bits. */
enum {
    IS_EMPTY = 1 << 0,    /* NULL or an empty value: nothing of the original is left */
    IS_ANEW = 1 << 1,     /* ... and what stood there is computed anew */
    IS_GIVEN = 1 << 2,    /* the rules say the value */
    IS_DRAWN = 1 << 3,    /* its fakes may be values of the source */
    IS_NETWORK = 1 << 4,  /* of addresses of a network, which have several spellings */
    IS_DIGITS = 1 << 5,   /* of numbers in texts */
    IS_PROSE = 1 << 6,    /* of texts, in which a part may stay */
    IS_DOCUMENT = 1 << 7, /* of JSON: each leaf has a mask of its own */
    IS_WIDE = 1 << 8,     /* its numbers need eight bytes */
    IS_FOLDED = 1 << 9,   /* the fake of a text in lower case is in lower case */
    IS_UNTRIED = 1 << 10, /* no check of a column is tried with its fakes */
    IS_SAID = 1 << 11,    /* the rules say what becomes of each value, of blank ones, too */
};

enum mask_result {
    MASK_DONE,
    MASK_SAME, /* blank, infinite ...: stays */
    MASK_NULL,
    MASK_INVALID, /* not of the form that the transformer knows */
    MASK_STOP,    /* must not be copied: work->stop says why */
};

struct mask;
struct originals;

/* What one thread needs for its rows. */
struct mask_work {
    struct shuffles shuffles;
    struct buf scratch, fold, leaf, value, lower, seen;
    uint8_t *stream; /* random bytes, on the heap */
    size_t stream_size;
    struct regex_space *regex;
    struct originals *originals; /* gets what is masked; NULL: nobody wants it */
    struct map names;            /* keys of JSON to the lines of packs that know them */
    const char *stop;            /* why a value may not be copied; names no value */
};

/* The row at hand, as far as it is masked. */
struct mask_row {
    const struct table *table; /* the root of partitions */
    const int *places;         /* of its columns among the values; -1: not there */
    const struct decant_value *values;
    const bool *is_text; /* by column: its value is text already; NULL: none is */
};

/* One value on its way. */
struct mask_value {
    enum mask_kind kind;
    const char *data; /* of all classes but INTEGER, DATE and TIMESTAMP */
    size_t len;
    int64_t integer;
    uint64_t bits[2];               /* of the seed, keyed by the domain */
    uint64_t salt;                  /* of the column */
    const struct mask_seeds *seeds; /* of the row; NULL: there is none, the value is the seed */
    const struct mask_row *row;     /* NULL: a part of a value, or a trial */
    bool is_repaired;               /* it was none of its transformer's kind */
    char gender;                    /* of the person, by a column that says so: 'f', 'm', or 0 */
    struct buf *out;
    int64_t out_integer;
    struct mask_work *work;
};

enum parameter_kind {
    PARAM_TEXT,
    PARAM_WORD,  /* one of `words`, as an int */
    PARAM_COUNT, /* an int */
    PARAM_SHARE, /* a double above 0, to 1 */
    PARAM_REAL,  /* a double */
    PARAM_FLAG,  /* a bool */
    PARAM_NODE,  /* const struct yaml_node *, for `prepare` */
};

struct parameter {
    const char *name;
    enum parameter_kind kind;
    size_t offset;        /* into the parameters */
    const char *words[8]; /* of PARAM_WORD */
    const char *fallback; /* how the manual spells the default; NULL: must be given */
    const char *summary;
};

/* Parameters that every transformer takes. */
struct common_params {
    const char *why;
    int per;       /* 0: the transformer's own; value, entity, row */
    int normalize; /* 0 none, 1 lower */
    bool unique;
    const char *gender_from;
};

/* What masks of one domain share, so that one original has one fake in all of them. */
struct mask_domain {
    const char *name;
    const struct rules_mask *rule;
    const uint8_t *key; /* a sub-key, 32 bytes */
    int room;           /* characters of the narrowest column; 0: no limit */
    bool unique, lower;
    bool is_exact; /* of columns in which case counts; never lower */
    bool is_named; /* by the rules */
};

struct mask_locales {
    int n;
    const struct locale_words *items[8];
    double upto[8]; /* cumulated shares */
};

/* A transformer at work on one column, or on a leaf of JSON. */
struct mask {
    const struct transformer *how;
    struct mask_domain *domain;
    const struct rules_mask *rule;
    const struct common_params *common;
    void *params; /* the transformer's own */
    void *state;  /* what `prepare` made of them */
    const uint8_t *key;
    enum mask_seed seed;
    const struct mask_locales *locales;
    int room;          /* characters that fit here; 0: no limit */
    int64_t low, high; /* of an integer type */
    double limit;      /* of a number */
    bool stops_at_invalid;
    uint32_t kinds;  /* detectors, as bits, of the values that it treats and whose reserved ones are
                      * known: those reach nobody, also as originals */
    bool may_stay;   /* a value in which it finds nothing, or which it draws itself */
    bool is_counter; /* its originals are numbers of a sequence: they count rows, and tell nobody */
    size_t nshared;  /* dates that so many rows share that they stay, in the units of cells */
    int64_t *shared;
    int gender; /* which of the row's extra values says the gender; -1: none */
};

static inline bool
mask_is_shared(const struct mask *mask, int64_t value)
{
    for (size_t i = 0; i < mask->nshared; i++)
        if (mask->shared[i] == value)
            return true;
    return false;
}

/* What `prepare` may use. */
struct mask_maker; /* transform/maker.h */

struct transformer {
    const char *name;
    const char *summary;
    const char *range; /* where its fakes lie, and who says that nobody is there; or NULL */
    unsigned accepts;  /* classes */
    enum mask_seed seed;
    enum mask_need need;
    unsigned gives;
    unsigned is;
    enum mask_tells tells;
    size_t size; /* of the parameters */
    const struct parameter *params;
    int nparams;
    /* Checks parameters and makes what `apply` needs; may be NULL. */
    bool (*prepare)(struct mask *mask, struct mask_maker *maker);
    /* NULL: the column is written without a look at the value, see `constant`. */
    enum mask_result (*apply)(const struct mask *mask, struct mask_value *cell);
    double (*bits)(const struct mask *mask);      /* of GIVES_RANDOM */
    int (*longest)(const struct mask *mask);      /* characters; NULL: as many as the original */
    int (*shortest)(const struct mask *mask);     /* characters that it needs; NULL: 1 */
    bool (*may_be_null)(const struct mask *mask); /* NULL: never, of what is not NULL */
    bool (*is_lost)(const struct mask *mask);     /* it has nothing to draw from; NULL: never */
    /* Calls `take` with each value that it puts in a row, until that says no; what that said. NULL:
     * its fakes depend on the original. */
    bool (*values)(const struct mask *mask, bool (*take)(void *ctx, const char *value), void *ctx);
    const char *examples; /* originals for proofs, separated by '|' */
};

extern const struct transformer *const transformers[];
extern const int ntransformers;

const struct transformer *transformer_find(const char *name); /* NULL when there is none */

/* Words of the manual: "value", "entity" ...; "NULL only", "the value" ... */
const char *mask_seed_name(enum mask_seed seed);
const char *mask_need_name(enum mask_need need);

/* ---- for the transformers: one file each, or for a family of them, which ends in its entries */

#define APPLY(name)                                                                                \
    static enum mask_result name(const struct mask *mask __attribute__((unused)),                  \
                                 struct mask_value *cell)
#define PARAMS(list) .params = list, .nparams = sizeof list / sizeof *list

extern const char mask_base32[]; /* lower case, without letters that look like digits */

/* Appends n characters of base32 from the bits of `random`, five each; n is at most 12. */
void mask_put_id(uint64_t random, int n, struct buf *out);

/* More bits of the same seed: `lane` tells them apart. */
uint64_t mask_bits(const struct mask *mask, const struct mask_value *cell, int lane);

/* `len` random bytes of the cell's seed; valid until the next call of the same thread. */
const uint8_t *mask_stream(const struct mask *mask, const struct mask_value *cell, size_t len);

const struct locale_words *mask_locale(const struct mask *mask, const struct mask_value *cell);

/* Is it empty, or only blanks? */
bool mask_is_blank(const struct mask_value *cell);

/* Ends a text: copies the case of an original that is all upper or all lower, and cuts to the
 * column's room at a whole character. `start` is where the fake begins in cell->out. */
void mask_finish_text(const struct mask *mask, struct mask_value *cell, size_t start);

/* Letters for letters, digits for digits: a permutation of all texts of this shape. */
void mask_shape(const struct mask *mask, struct mask_value *cell, size_t prefix, size_t suffix);

/* But for its case. */
bool mask_is_original(const char *fake, const struct mask_value *cell);

/* A pick that is not the original. */
const char *mask_pick(const struct word_list *list, uint64_t random, const struct mask_value *cell);

#endif
