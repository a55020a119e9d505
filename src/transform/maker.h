/* SPDX-License-Identifier: PostgreSQL */
/* From a rule's words to a transformer at work: parameters, domain, key, and whether it fits. */
#ifndef TRANSFORM_MAKER_H
#define TRANSFORM_MAKER_H

#include "base/error.h"
#include "catalog/catalog.h"
#include "detect/detect.h"
#include "key/key.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "transform/transform.h"

/* A value of the source with its number of rows. */
struct mask_frequency {
    const char *value;
    int64_t rows;
};

/* What masks are made with; one for a whole run. */
struct mask_maker {
    struct arena *arena;
    struct detect *detect; /* made when it is first needed */
    size_t nregexes;
    struct regex **regexes; /* of the rules, on the heap: freed with the maker */
    struct key_ring *ring;
    const struct rules *rules;
    struct mask_locales locales;
    size_t ndomains;
    struct mask_domain **domains; /* on the heap */
    /* Reads the values of a column that have at least `min` rows, at most 1,000 of them, the most
     * frequent first, into the arena. NULL: there is no source to ask, and a draw gives NULL. */
    bool (*frequencies)(void *ctx, const struct table *table, const struct column *column, int min,
                        struct arena *arena, size_t *n, struct mask_frequency **out,
                        struct decant_error *err);
    /* Reads the dates or times of a column that so many rows share that they mean something else
     * ("never", "not known"), in the units of cells. NULL: there is no source to ask. */
    bool (*shared)(void *ctx, const struct table *table, const struct column *column,
                   enum mask_kind kind, struct arena *arena, size_t *n, int64_t **out,
                   struct decant_error *err);
    void *frequencies_ctx; /* of both */
    struct decant_error *err;
    const struct rules_mask *rule; /* whose parameters are read */
    /* of the column at hand */
    const struct table *table;
    const struct column *column;
    enum mask_kind kind;
    bool is_exact; /* texts that differ in case alone must have two fakes */
    /* Adds an expression that the source is to send with each row; returns its number. */
    int (*add_extra)(void *ctx, const char *sql);
    void *extra_ctx;
    const enum column_fate *is_masked; /* by column of the table; NULL: not known */
    int *siblings;                     /* columns that a derived one is made of; for `derive` */
};

void mask_maker_init(struct mask_maker *maker, struct arena *arena, struct key_ring *ring,
                     const struct rules *rules);
void mask_maker_deinit(struct mask_maker *maker);

/* Locales of the rules; DECANT_USAGE for one that is not there. */
bool mask_maker_set_locales(struct mask_maker *maker, struct decant_error *err);

/* The class of a type; under an array that of its elements. */
enum mask_kind mask_kind_of(const struct type *type);

/* Can a transformer treat a column of that kind? `column` may be NULL. */
bool mask_treats(const struct transformer *how, enum mask_kind kind, const struct column *column);

/* Can every transformer of a rule treat the column? For columns_match(); `asking` is a struct
 * mask_asking. What nobody knows fits: it is an error later. */
struct mask_asking {
    const struct rules *rules;
    const struct column *column;
};
bool mask_fits(void *asking, const struct rules_mask *rule);

/* What the column's type can hold; NULL: anything. */
void mask_set_limits(struct mask *mask, const struct column *column);

/* The safe type that a column has by the rules' list, or the program's: NULL when it is open. */
const char *masking_safe_type(const struct rules_columns *columns, const struct type *type);

/* The transformer that a rule names, directly or by its domain. NULL, with an error, when there is
 * neither. *domain is the one of the rules, or NULL. */
const struct transformer *mask_transformer(const struct rules *rules, const struct rules_mask *rule,
                                           const struct rules_domain **domain,
                                           struct decant_error *err);

/* Makes the mask of one rule (without looking at its conditions). NULL: maker->err says why. */
struct mask *mask_make(struct mask_maker *maker, const struct rules_mask *rule);

/* A transformer without parameters, for a part of what `mask` treats. */
struct mask *mask_make_word(struct mask_maker *maker, const struct mask *mask, const char *use);

/* What the masks of a domain share must be known before its first fake is made: call it for each
 * column first. `room` 0: no limit. */
bool mask_domain_join(struct mask_maker *maker, const struct rules_mask *rule, int room,
                      bool unique, bool lower);

/* All columns have joined. Halves of a domain that part by case agree otherwise: a value that no
 * case parts has one fake everywhere. */
void mask_domains_settle(struct mask_maker *maker);

/* ---- for `prepare` functions */

struct reader mask_maker_reader(const struct mask_maker *maker);

/* The detectors; freed with the maker. */
struct detect *mask_maker_detect(struct mask_maker *maker);

/* A regular expression of the rules; *problem says what is wrong with it. */
const struct regex *mask_maker_regex(struct mask_maker *maker, const char *pattern,
                                     const char **problem);

/* Where a thread matches patterns. */
struct regex_space *mask_work_regex(struct mask_work *work);

/* Is the text a value of the column at hand: within its type, and not too long? */
bool mask_maker_check(const struct mask_maker *maker, const struct mask *mask, const char *value);

/* The values of the column in the source, and their cumulated shares. */
bool mask_maker_source(struct mask_maker *maker, int min_count, size_t *n, const char ***values,
                       double **upto);

/* Makes one cell's fake: seeds, blanks, invalid input. `seeds` are of the row. */
struct mask_seeds {
    uint64_t person[2], entity[2], row[2];
};

enum mask_result mask_cell(const struct mask *mask, const struct mask_seeds *seeds,
                           struct mask_value *cell);

/* Frees what a thread gathered. */
void mask_work_deinit(struct mask_work *work);

#endif
