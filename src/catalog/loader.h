/* SPDX-License-Identifier: PostgreSQL */
/* What the parts of the catalog's loader share. Each reads its piece and adds it to `catalog`; they
 * run in the order in which they are declared here. */
#ifndef CATALOG_LOADER_H
#define CATALOG_LOADER_H

#include "catalog/catalog.h"

struct loader {
    struct pg_conn *conn;
    struct arena *arena;
    struct catalog *catalog;
    struct map tables;  /* oid -> struct table */
    struct map types;   /* oid -> struct type */
    struct map domains; /* oid -> struct domain */
    char *oids;         /* of the tables, as an array literal; on the heap */
};

bool load_tables(struct loader *loader, const struct selection *selection,
                 struct decant_error *err);
bool load_planned(struct loader *loader, struct decant_error *err); /* refuses such tables */
bool load_types(struct loader *loader, struct decant_error *err);
bool load_parents(struct loader *loader, struct decant_error *err);
bool load_columns(struct loader *loader, struct decant_error *err);
bool load_constraints(struct loader *loader, struct decant_error *err);
bool load_indexes(struct loader *loader, struct decant_error *err);
bool load_objects(struct loader *loader, struct decant_error *err);

/* A query whose only parameter, if it has one, is the array of the tables' oids. */
struct pg_result *loader_query(struct loader *loader, struct decant_error *err, const char *sql,
                               bool by_tables);

/*
 * Is all that a constraint's expression calls the server's own, a superuser's, this role's or an
 * extension's? By what it depends on, not by its text; what is pinned has no entry. A domain brings
 * checks of its own, a range or a composite functions and domains inside it.
 */
#define NOT_OF_TRUSTED(class, oid, owner)                                                          \
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles u WHERE u.oid = " owner                         \
    " AND (u.rolsuper OR u.rolname = current_user))"                                               \
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog." class   \
        "'::regclass AND e.objid = " oid " AND e.deptype = 'e')"
#define TRUSTED_SQL(constraint)                                                                    \
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d"                                             \
    " LEFT JOIN pg_catalog.pg_operator o ON d.refclassid = 'pg_catalog.pg_operator'::regclass"     \
    "  AND o.oid = d.refobjid"                                                                     \
    " LEFT JOIN pg_catalog.pg_proc p ON p.oid = CASE d.refclassid"                                 \
    "  WHEN 'pg_catalog.pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END AND p.oid >= 16384"  \
    " LEFT JOIN pg_catalog.pg_type t ON d.refclassid = 'pg_catalog.pg_type'::regclass"             \
    "  AND t.oid = d.refobjid AND t.oid >= 16384 AND t.typtype <> 'e'"                             \
    " WHERE d.classid = 'pg_catalog.pg_constraint'::regclass AND d.objid = " constraint            \
    " AND ((p.oid IS NOT NULL AND " NOT_OF_TRUSTED(                                                \
        "pg_proc", "p.oid", "p.proowner") ")"                                                      \
                                          "  OR (t.oid IS NOT NULL AND " NOT_OF_TRUSTED(           \
                                              "pg_type", "t.oid", "t.typowner") ")))"

/* The row behind the group of rows that have the same value in column 0 as `row`. */
int loader_group_end(const struct pg_result *result, int row);

/* The index of the column with this attnum; -1 for an expression or a system column. */
int loader_column(const struct table *table, int attnum);

/* Parses "1 2 3" or "{1,2,3}" into an array; returns its length, at most `most`. */
int loader_numbers(const char *text, int *out, int most);

static inline const char *
loader_text(struct loader *loader, const struct pg_result *result, int row, int column)
{
    return arena_strdup(loader->arena, pg_text(result, row, column));
}

#endif
