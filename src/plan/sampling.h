/* SPDX-License-Identifier: PostgreSQL */
/*
 * Who follows whom in a sample: the role of every table, and the policy of every foreign key. Built
 * from the catalog and the rules alone. A sampled table has one owner at most: the foreign key
 * along which its rows follow their parent; roots have none, and their rows are chosen by their own
 * hash.
 */
#ifndef PLAN_SAMPLING_H
#define PLAN_SAMPLING_H

#include "plan/plan.h"
#include "rules/rules.h"

enum {
    SAMPLING_FEW_ROWS = 1000,  /* up to them a table is whole by itself */
    SAMPLING_FEW_PARENTS = 30, /* sampled ones: by fewer, chance decides how many follow */
    SAMPLING_HANDFUL = 4,      /* rows: a sample of them may have none */
};
#define SAMPLING_WHALE 0.2 /* of the rows: who owns so many decides how many follow */

enum sample_role { ROLE_SAMPLED, ROLE_WHOLE, ROLE_SCHEMA_ONLY };

/* Numbers of edges, ascending. */
struct sample_edges {
    int n;
    const int *of;
};

struct sample_table {
    const struct table *table;      /* a root of partitions, or a plain table */
    int64_t few_rows;               /* how many there are, where they are few; -1: more */
    const enum column_fate *masked; /* by column; NULL: all are copied */
    enum sample_role role;
    const char
        *silenced;     /* what would act if it had rows, where the rules leave them out; or NULL */
    double rate;       /* of a table without an owner; below an owner it thins */
    const char *where; /* the frame: rows outside can only be pulled; or NULL */
    const char *where_place;  /* of it in the rules, for messages */
    const char *owner_reason; /* why this owner was chosen, or why none; NULL: the rules say so, or
                                 there are none to choose from */
    int ncandidates;          /* owners that there were to choose from */
    bool is_weak;             /* little speaks for the owner that was chosen */
    int owner;                /* number of an edge, or -1 */
    bool is_thinned;          /* has a rate of its own below its owner's */
    bool is_owner;            /* by a rule: sampled, however small it is */
    bool is_for_key;          /* whole for the sake of a key that is unclear */
    bool is_root;             /* by a rule */
    bool is_named;            /* as a root, or with an owner: not whole because it is small */
    const char *captured;     /* a column that SQL of the rules names in a sub-select without saying
                                 whose it is; or NULL */
    const char *also;         /* rows that are asked for by hand: SQL, or NULL */
    const char *also_place;
    int nstrata; /* columns that make strata; 0: there are none */
    const int *strata;
    int strata_min;           /* rows of each stratum */
    struct sample_edges up;   /* those that begin at it: it is their child */
    struct sample_edges down; /* those that lead to it: it is their parent */
};

/* A reference as the selection sees it: between roots, each pair of columns once. */
struct sample_edge {
    const struct foreign_key *key; /* NULL: only the rules know it */
    const char *name;              /* of the key, or where it stands in the rules */
    int child, parent;             /* numbers of tables */
    int ncolumns;
    const struct column *const *child_keys; /* columns of the root, or expressions over them */
    const int *parent_columns;
    bool is_enforced;             /* the source says that every row has its parent */
    const struct rules_key *rule; /* that says its policy, or NULL */
    const char *place;            /* of the rule, for messages */
    bool needs_nothing;           /* the parent has all its rows */
    bool is_unclear;              /* only the server can tell which keys are equal */
    enum rules_policy policy;
};

struct sampling {
    int ntables, nedges;
    struct sample_table *tables; /* in the order of the plan */
    struct sample_edge *edges;
    int *order; /* of tables: owners, and parents that are required, before those that follow */
    const char *seed;
    double cap;    /* no parent brings more than this share of a table's target; 0: none */
    int per_value; /* edge rows of each value and pattern of NULLs, 0: none */
    int null_patterns, extremes;
    double edge_budget;
    bool is_asked;      /* no rows but those that are asked for, and what they bring */
    bool is_cover;      /* ... and those that show every feature of the source, */
    int64_t cover_rows; /* in so many rows at most; 0: no limit */
    bool stops_at_dangling;
};

/* Everything lives in `arena`. DECANT_USAGE, with the place in the file, for rules that contradict
 * the catalog or each other. */
bool sampling_build(const struct rules *rules, const struct plan *plan, struct arena *arena,
                    struct sampling *out, struct decant_error *err);

/* Adds what a person should look at in the rules' SQL. */
void sampling_note(const struct sampling *sampling, struct notes *notes);

/* The rows of the source, counted or by the planner; below 0: nobody knows. */
double sampling_rows(const struct sample_table *table);

/* "whole", "schema only", "owned", "root". */
const char *sampling_role(const struct sample_table *table);

/* What would act if the table had rows, by the section `quiet` of the rules and their packs; NULL:
 * nothing. An exact name elsewhere in the rules wins, which this does not look at. */
const char *sampling_acts(const struct rules *rules, const struct table *table);

/* Why a table with few rows is a sample all the same; NULL: it is none, or has many rows. */
const char *sampling_why_not_whole(const struct sampling *sampling, int number);

/* The rate at which rows of a table come, through all its owners. */
double sampling_rate(const struct sampling *sampling, int number);

#endif
