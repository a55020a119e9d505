/* SPDX-License-Identifier: PostgreSQL */
/*
 * What becomes of the columns: the sections columns, domains, entities and defaults of a rules
 * file, of the files that it includes, and of the packs that it names. Which transformers there are
 * and what parameters they take is for src/transform to say: here they are words and YAML.
 */
#ifndef RULES_COLUMNS_H
#define RULES_COLUMNS_H

#include "base/buf.h"
#include "base/map.h"
#include "rules/quiet.h"
#include "rules/pattern.h"
#include "rules/value.h"

/* Where something stands, in whichever file. */
struct rules_place {
    const struct yaml_source *source;
    int line, column;
};

/* One way to treat a value. */
struct rules_mask {
    struct rules_place place;
    const char *use;               /* a transformer or a domain */
    const char *when;              /* SQL; NULL: always */
    const struct yaml_node *node;  /* where its parameters are; NULL for a bare word */
    const struct rules_mask *next; /* tried when `when` is not true; the last has none */
};

/* Files in the order in which they win. */
enum rules_rank { RANK_RULES, RANK_INCLUDED, RANK_PACK };

/* A line for one column, or for a pattern of columns. */
struct rules_column {
    struct rules_place place;
    const char *table_name, *name; /* as written */
    struct pattern *table, *column;
    bool table_is_exact, column_is_exact;
    enum rules_rank rank;
    struct rules_mask *mask;
};

struct rules_domain {
    struct rules_place place;
    const char *name;
    struct rules_mask *mask;
};

/* A table's column that leads to the entity. */
struct rules_via {
    struct rules_place place;
    const char *table_name, *column;
    struct pattern *table; /* an exact name */
};

struct rules_entity {
    struct rules_place place;
    const char *name, *table_name;
    struct pattern *table; /* an exact name */
    int nvia;
    struct rules_via *via;
};

enum rules_unclassified { UNCLASSIFIED_STOP, UNCLASSIFIED_NULL };
enum rules_keys { KEYS_KEEP, KEYS_PERMUTE };
enum rules_invalid { INVALID_BY_SHAPE, INVALID_STOP };

struct rules_defaults {
    int unclassified, keys, invalid_input;
    int nsafe;
    const char **safe_types; /* as the language spells them; NULL: those of the program */
};

struct rules_locale {
    const char *name;
    double weight;
};

/* An example of a pack: a column, and what its rules make of it ("-": nothing). */
struct rules_example {
    struct rules_place place;
    const char *column, *type, *use;
};

/* Lines in the order of their files. */
struct rules_lines {
    size_t n;
    const struct rules_column **lines;
};

struct rules_columns {
    bool is_given; /* the file has a section of columns, or names packs */
    struct rules_defaults defaults;
    size_t ncolumns, ndomains, nentities, nlocales, nexamples;
    struct rules_column *columns;
    struct map by_table;         /* "schema.table": a struct rules_lines of lines for it alone */
    struct rules_lines anywhere; /* all others */
    struct rules_domain *domains;
    struct rules_entity *entities;
    struct rules_locale *locales;
    struct rules_example *examples;
    int npacks;
    const char **packs;        /* as written */
    struct rules_quiets quiet; /* tables that come without rows */
};

/* Sections as fields of a map; `out` is a struct columns_reader. */
struct columns_reader {
    struct rules_columns *out;
    enum rules_rank rank;
};
bool read_columns(struct reader *reader, const struct yaml_node *node, void *out);
bool read_domains(struct reader *reader, const struct yaml_node *node, void *out);
bool read_entities(struct reader *reader, const struct yaml_node *node, void *out);
bool read_defaults(struct reader *reader, const struct yaml_node *node, void *out);
bool read_locale(struct reader *reader, const struct yaml_node *node, void *out);
bool read_examples(struct reader *reader, const struct yaml_node *node, void *out);
void columns_deinit(struct rules_columns *columns);

/* Once all is read, and before columns_match(): lines are found by their tables. In `arena`. */
void columns_index(struct rules_columns *columns, struct arena *arena);

/* Reads one mask: a word, a map with `use` or `derive`, a list of conditional ones. NULL: an error.
 * In the reader's arena. */
struct rules_mask *read_mask(struct reader *reader, const struct yaml_node *node);

/* Do two masks say the same? */
bool mask_says_same(const struct rules_mask *a, const struct rules_mask *b);

/* For those who ask about many columns: which lines take a name, as tables have the same. Zeros are
 * an empty one; map_deinit(&names) ends it. */
struct columns_memo {
    struct arena *arena;
    struct map names; /* a struct rules_lines of rules_columns.anywhere */
};

/*
 * The line that decides on a column: an exact column before a pattern, an exact table before a
 * pattern, the file before what it includes, that before packs, then the first line. `fits` says
 * whether a pattern's mask can be applied to the column; a line that does not fit is passed over
 * unless table and column are exact. *twin is a second exact line of the same file, or NULL. `memo`
 * may be NULL.
 */
const struct rules_column *columns_match(const struct rules_columns *columns,
                                         struct columns_memo *memo, const char *schema,
                                         const char *table, const char *column,
                                         bool (*fits)(void *ctx, const struct rules_mask *mask),
                                         void *ctx, const struct rules_column **twin);

const struct rules_domain *columns_domain(const struct rules_columns *columns, const char *name);

/* Appends a name in lower case, with an underscore between its words: "firstName" is first_name.
 * Patterns of packs are held against this form. */
void columns_normalize(const char *name, struct buf *out);

/* Fails with "FILE:LINE:COLUMN: CODE message". Returns false. */
bool place_error(const struct rules_place *place, struct decant_error *err, const char *fmt, ...)
    PRINTF(3, 4);

#endif
