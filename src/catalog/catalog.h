/* SPDX-License-Identifier: PostgreSQL */
/* What the source contains, as far as the selection of tables reaches. Everything lives in one
 * arena and never changes once it is loaded. */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "base/map.h"
#include "base/mem.h"
#include "catalog/tables.h"
#include "pg/conn.h"
#include "row/type.h"

struct domain_check {
    const char *name, *sql; /* over VALUE */
    bool is_validated;
    bool is_trusted; /* see struct check */
};

/* Domains over domains are flattened: all checks, and NOT NULL if any of them says so. */
struct domain {
    const char *schema, *name;
    const struct type *base;
    int typmod;
    bool not_null;
    const char *default_sql; /* or NULL */
    int nchecks;
    const struct domain_check *checks;
};

struct column {
    const char *name;
    int attnum;                  /* dropped columns leave holes */
    const struct type *type;     /* never NULL; under a domain its base */
    const struct domain *domain; /* or NULL */
    int typmod;                  /* -1: none */
    const char *type_name;       /* as format_type() spells it */
    bool not_null;               /* of the column or its domain, and true of every row */
    bool not_null_for_new;       /* rows that were there before may hold NULL (18: NOT VALID) */
    bool is_generated;
    char identity;            /* 'a' always, 'd' by default, 0 none */
    bool has_sequence;        /* identity, or a default of nextval() */
    const char *default_sql;  /* or the generation expression; NULL */
    bool is_nondeterministic; /* its collation calls different strings equal */
    const char *expression;   /* of a reference that only the rules know: SQL; or NULL */
};

struct check {
    const char *name, *sql;
    bool is_validated; /* by every row of the source */
    bool is_enforced;  /* on new rows (18: NOT ENFORCED) */
    bool is_trusted;   /* all that it calls is the server's, a superuser's or an extension's */
};

struct index_key {
    int column;      /* index into columns, -1 for an expression */
    const char *sql; /* of an expression */
    bool is_descending;
    bool is_equality; /* of an exclusion constraint: it compares by = */
};

struct index {
    const char *schema, *name, *method;
    bool is_primary, is_unique, is_constraint, is_valid, is_deferrable, nulls_not_distinct;
    const char *predicate; /* or NULL */
    int nkeys, nincluded;
    const struct index_key *keys; /* key columns, then included ones */
};

struct foreign_key {
    const char *name;
    const struct table *child;  /* as declared: either may be a partition */
    const struct table *parent; /* NULL: the selection leaves it out */
    const char *parent_name;    /* "schema.table" */
    int ncolumns;
    const int *child_columns, *parent_columns; /* indexes into columns */
    const char *const *operators; /* "schema.=" that compares parent and child, per column */
    bool is_period; /* the last column is a range that parents cover together (18: PERIOD) */
    bool is_enforced;
    char on_update, on_delete; /* a r c n d, as in pg_constraint */
    char match;                /* f s */
    bool is_deferrable, is_deferred, is_validated;
    bool sets_some_columns; /* ON DELETE SET NULL (column, ...) */
};

struct table {
    uint32_t oid;
    const char *schema, *name;
    char kind; /* r table, p partitioned, f foreign */
    bool is_unlogged;
    double reltuples; /* the planner's estimate; -1: never analyzed. Partitions add up */
    int64_t relpages;
    int ncolumns, nchecks, nindexes, nleaves;
    const struct column *columns; /* in attnum order */
    const struct check *checks;
    const struct index *indexes;       /* the primary key first */
    const struct table *root;          /* of a partition; itself for every other table */
    const struct table *const *leaves; /* of a partitioned table: those that hold rows */
    int nparents;                      /* tables that it inherits from, partitions aside */
    const struct table *const *parents;
    const char *partition_key;   /* "RANGE (created_at)", or NULL */
    const char *partition_bound; /* of a leaf that has a bound, or NULL */
};

/* A column whose values, whole numbers, come from a sequence as they are. */
struct sequence_user {
    const struct table *table;
    int column;
};

struct sequence {
    const char *schema, *name;
    int nusers; /* of selected tables */
    const struct sequence_user *users;
    bool is_in_expression; /* a default makes something else of its values */
    int64_t increment, last_value;
    bool is_called, is_readable; /* the position is known when it may be read */
};

/* Something that only a list mentions: a view, a function, a trigger ... */
struct object {
    const char *kind, *name;
};

struct extension {
    const char *name;
};

/* A table of an extension that users may add rows to: those that `condition` says. */
struct extension_table {
    const char *extension, *schema, *name;
    const char *condition; /* "WHERE ...", or "" */
    int64_t rows;          /* -1: they may not be counted */
};

struct server {
    int version; /* 150004 */
    bool in_recovery;
    const char *system_id; /* or the postmaster's start time where that is not permitted */
    const char *encoding;  /* of the database */
    const char *collate, *ctype, *provider, *icu_locale; /* the last two NULL before version 15 */
    int money_scale;
};

struct catalog {
    struct server server;
    int ntables; /* selected tables and all their partitions, by schema and name */
    const struct table *tables;
    int nforeign_keys; /* whose child is a selected table */
    const struct foreign_key *foreign_keys;
    int nsequences, nobjects, nextensions;
    const struct sequence *sequences;
    const struct object *objects;
    const struct extension *extensions;
    int nextension_tables;
    const struct extension_table *extension_tables;
    int64_t large_objects;
};

/* Reads pg_catalog inside the snapshot that `conn` holds. The result lives in `arena`. */
bool catalog_load(struct pg_conn *conn, const struct selection *selection, struct arena *arena,
                  const struct catalog **out, struct decant_error *err);

/* Reads the server's own data; also for a target. */
bool catalog_load_server(struct pg_conn *conn, struct arena *arena, struct server *out,
                         struct decant_error *err);

/* Has it partitions on another server, which is none of ours? */
bool catalog_has_foreign(const struct table *table);

/* Appends what stands behind FROM for the rows of a table: without inheritance children, and
 * without partitions on another server; a query in parentheses where there are such. */
void catalog_put_rows(const struct table *table, struct buf *out);

/* NULL when the table has none. */
const struct index *catalog_primary_key(const struct table *table);

/* The column that is the primary key by itself; -1: there is none. */
int catalog_key_column(const struct table *table);

/* What the table takes on disk, without indexes and values out of line, by the planner. */
int64_t catalog_bytes(const struct table *table);

/* The primary key, else the first unique key of columns that are NOT NULL; or NULL. */
const struct index *catalog_identity(const struct table *table);

/* Is it "schema.table"? */
bool table_is_called(const struct table *table, const char *name);

/* The number of the column of that name; -1: there is none. */
int table_column(const struct table *table, const char *name);

static inline bool
table_is_partition(const struct table *table)
{
    return table->root != table;
}

#endif
