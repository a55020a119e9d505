/* SPDX-License-Identifier: PostgreSQL */
/* The schema of a SQLite copy: names, keys, checks and indexes, and their SQL. Built from the plan
 * in an arena; while the copy is made only the marked fields change. */
#ifndef LOAD_DDL_SQLITE_H
#define LOAD_DDL_SQLITE_H

#include "load/sqlite_type.h"
#include "plan/plan.h"

struct sqlite_table;

enum key_state {
    KEY_CARRIED,
    KEY_VIOLATED,     /* rows have no parent, as in the source */
    KEY_NOT_UNIQUE,   /* SQLite calls some keys of the parent equal */
    KEY_NOT_ENFORCED, /* nor in the source */
    KEY_OF_PERIOD,    /* covered by several parents together, which SQLite does not know */
};

struct sqlite_key {
    const struct plan_key *plan;
    const struct sqlite_table *parent;
    int64_t orphans;      /* changes: rows without a parent, as in the source */
    enum key_state state; /* changes; all but the first are left out */
};

struct sqlite_index {
    const char *name, *origin; /* "schema.index" */
    const struct index *source;
    const struct sqlite_table *table;
    struct sqlite_index *next;
    bool is_unique;      /* changes: without it where SQLite calls keys equal */
    bool with_include;   /* included columns are appended: an index beside a unique one */
    bool for_nulls;      /* what NULLS NOT DISTINCT adds to a unique index */
    bool for_equal_keys; /* stands for the primary key where the table cannot have it */
};

enum check_state {
    CHECK_CARRIED,
    CHECK_REFUSED,      /* it has no translation */
    CHECK_DIFFERS,      /* rows that the source accepts break the translation */
    CHECK_VIOLATED,     /* rows break it that were there before the check was made */
    CHECK_NOT_ENFORCED, /* nor in the source */
};

struct sqlite_check {
    const char *name, *sql;            /* of the source */
    bool is_validated;                 /* by the rows of the source */
    const struct sqlite_column *value; /* of a domain's check: its column; or NULL */
    enum check_state state;            /* changes; all but the first are left out */
};

struct sqlite_table {
    const struct table *source;
    const char *name;
    int ncolumns, nkeys, nchecks;
    struct sqlite_column *columns;
    int integer_key; /* the column that is INTEGER PRIMARY KEY, or -1 */
    struct sqlite_key *keys;
    struct sqlite_check *checks;
    bool is_absent;      /* it has no columns */
    bool has_equal_keys; /* changes: SQLite calls some of its primary keys equal: it has none */
};

struct sqlite_schema {
    const struct plan *plan;
    const struct sqlite_profile *profile;
    enum sqlite_odd odd;
    int ntables;
    struct sqlite_table *tables;  /* in the order of the plan */
    struct map by_source;         /* the address of a source's table -> its struct sqlite_table */
    struct sqlite_index *indexes; /* a list, in the order in which they are made */
};

void ddl_build(const struct plan *plan, const struct sqlite_profile *profile, enum sqlite_odd odd,
               struct arena *arena, struct notes *notes, struct sqlite_schema *out);

struct sqlite_table *ddl_table(const struct sqlite_schema *schema, const struct table *source);

/* What a column is called; -1: the table itself. NULL: it is not there. */
const char *ddl_name(const struct sqlite_schema *schema, const struct table *source, int column);

/* Appends CREATE TABLE; sets the state of each check. */
void ddl_create_table(struct sqlite_table *table, struct buf *out);

/* Appends the DEFAULT clause of a column, if it has one; false when it has no translation. */
bool ddl_default(const struct sqlite_table *table, int column, struct buf *out);

/* Appends the condition of a key that is MATCH FULL: see plan_key_is_full(). */
void ddl_full_match(const struct sqlite_table *table, const struct sqlite_key *key,
                    struct buf *out);

/* Appends CREATE INDEX; false when its expressions have no translation. */
bool ddl_create_index(const struct sqlite_index *index, struct buf *out);

/* Lists what the finished schema could not carry. */
void ddl_notes(const struct sqlite_schema *schema, struct notes *notes);

#endif
