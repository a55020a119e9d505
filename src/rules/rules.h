/* SPDX-License-Identifier: PostgreSQL */
/*
 * The rules file: what is copied, and what becomes of the columns. Names are as written; the plan
 * holds them against the catalog.
 * rules/README.md is the reference of the language.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdint.h>

#include "rules/checks.h"
#include "rules/columns.h"
#include "rules/packs.h"
#include "rules/pattern.h"
#include "rules/rehearse.h"
#include "rules/run.h"
#include "rules/yaml.h"

/* Where something stands in the file. */
struct rules_mark {
    int line, column;
};

enum rules_policy {
    POLICY_OWNER,              /* rows follow this parent */
    POLICY_PULL,               /* a parent that is not in comes along, without its children */
    POLICY_PULL_WITH_CHILDREN, /* ... with them */
    POLICY_REQUIRE,            /* a row whose parent is not in is left out */
    POLICY_REASSIGN,           /* such a row gets another parent */
    POLICY_NULL,               /* such a row refers to none */
    POLICY_COUNT
};

const char *rules_policy_name(enum rules_policy policy);

/* A table that was named. */
struct rules_table {
    struct rules_mark mark;
    const char *name;
    struct pattern *pattern;
    double rate;       /* above 0 to 1; 0: none was given */
    const char *where; /* SQL over the table, or NULL */
};

/* A foreign key: "schema.table.column", or "schema.table:constraint". */
struct rules_key {
    struct rules_mark mark;
    const char *name, *column, *constraint; /* column or constraint is NULL */
    struct pattern *pattern;                /* of the table, an exact name */
    enum rules_policy policy;
    int64_t max_rows; /* of POLICY_PULL_WITH_CHILDREN; 0: none was given */
};

struct rules_stratum {
    struct rules_mark mark;
    const char *table;
    struct pattern *pattern; /* an exact name */
    int ncolumns, min;
    const char **columns;
};

/* Where a reference that only the rules know leads to. */
struct rules_end {
    const char *name;  /* schema.table.column */
    const char *value; /* of the column that tells which end it is; or NULL: the only end */
    struct pattern *table;
    int ncolumns;
    const char **columns;
};

/* "from": columns of one table, a path into one of JSON, or a column that tells the table and one
 * that tells the row. */
struct rules_reference {
    struct rules_mark mark;
    const char *name;
    struct pattern *table;
    int ncolumns;
    const char **columns;
    const char *path;        /* as written, beginning with $; or NULL */
    const char *type_column; /* of several ends, or NULL */
    int nends;
    struct rules_end *ends;
    bool has_policy;
    enum rules_policy policy;
};

enum rules_dangling { DANGLING_KEEP, DANGLING_STOP };

struct rules_sample {
    bool is_given, has_edges;
    bool is_asked;      /* no rows but those of `also`, */
    bool is_cover;      /* ... and those of a cover, */
    int64_t cover_rows; /* of so many rows at most; 0: no limit */
    struct rules_mark mark;
    double rate;         /* 0: none was given */
    int64_t rows, bytes; /* 0: none was given */
    const char *seed;    /* never NULL */
    double cap;          /* share of a table's target; 0: none */
    enum rules_dangling dangling;
    int edge_values, edge_patterns, edge_extremes;
    double edge_budget;
    int nreferences;
    struct rules_reference *references;
    int nroots, nkeys, ntables, nalso, nwhole, nschema_only, nexcluded, nstrata;
    struct rules_table *roots, *tables, *also, *whole, *schema_only, *excluded;
    struct rules_key *keys;
    struct rules_stratum *strata;
};

/* Of the objects of a PostgreSQL copy. By default they go where columns are masked. */
enum rules_comments { COMMENTS_BY_MASKS, COMMENTS_DROP, COMMENTS_KEEP };

struct rules {
    struct yaml_source source;
    struct arena arena;
    const char *key_id; /* or NULL */
    struct rules_sample sample;
    struct rules_columns columns;
    struct rules_checks checks;
    struct rules_rehearse rehearse;
    struct rules_run run;
    const char *sqlite_profile;    /* or NULL */
    const char *sqlite_odd_values; /* or NULL */
    bool sqlite_no_statistics;
    int postgres_keep;     /* -1: none was given */
    int postgres_comments; /* enum rules_comments */
};

/* Reads and checks a file as far as that goes without a catalog. */
bool rules_load(const char *path, struct rules **out, struct decant_error *err);

/* The same of a text. (Fuzzed.) */
bool rules_parse(const char *name, const char *text, size_t len, struct rules **out,
                 struct decant_error *err);
/* Reads a pack's lines into `out`, whose texts live in `arena`. */
bool rules_read_pack(struct arena *arena, const struct pack *pack, struct rules_columns *out,
                     struct decant_error *err);

/* A flag wins over the file; all but one are 0. */
void rules_set_extent(struct rules *rules, double rate, int64_t rows, int64_t bytes);

/* In place of what the file says of a sample: no rows but those of `also`, by name and condition,
 * and what they bring. Tables that are whole, empty or left out stay so. */
bool rules_set_asked(struct rules *rules, const struct rules_table *also, int n,
                     struct decant_error *err);

/* Likewise: no rows but those of a cover, in `most` rows or fewer (0: no limit), and of the file's
 * `also`. */
void rules_set_cover(struct rules *rules, int64_t most);
void rules_free(struct rules *rules); /* NULL is allowed */

/* Is there a 'where', a 'when' or a canary? */
bool rules_hold_sql(const struct rules *rules);

/* Fails, pointing to a place in the file. */
bool rules_error(const struct rules *rules, struct rules_mark mark, struct decant_error *err,
                 const char *fmt, ...) PRINTF(4, 5);

#endif
