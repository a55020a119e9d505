/* SPDX-License-Identifier: PostgreSQL */
/* What the role on the source may not do, found before anything is locked or read. */
#ifndef CATALOG_ACCESS_H
#define CATALOG_ACCESS_H

#include "catalog/tables.h"

enum access_problem {
    ACCESS_NO_USAGE,  /* on the schema */
    ACCESS_NO_SELECT, /* on the table */
    ACCESS_POLICY,    /* row security may hide rows from this role */
};

struct access_gap {
    enum access_problem problem;
    const char *schema, *name;
};

/* A relation that is read, with the columns that are; NULL: the whole of it. */
struct access_relation {
    uint32_t oid;
    const char *schema, *name;
    bool is_by_column; /* the role has rights on columns only */
    bool needs_policy; /* row security is on, and no policy shows all rows to everybody */
    int nread;
    const char **read;
};

struct access {
    int ngaps, nrelations;
    struct access_gap *gaps;
    struct access_relation *relations; /* by schema and name */
    /* Some tables have row security that provably hides nothing: a permissive policy that is
     * literally true for this role, and no restrictive one. It must be on to read them. */
    bool needs_row_security;
    const char *role;
};

/* What is read of the source: with its partitions one by one, and pg_dump, which need rights on
 * whole tables, or by queries on roots of partitions, for which rights on columns are enough. */
enum access_use { ACCESS_QUERIES, ACCESS_DUMP };

/* Also tells the selection's relations whether the role has rights on columns only. */
bool access_load(struct pg_conn *conn, struct selection *selection, enum access_use use,
                 struct arena *arena, struct access *out, struct decant_error *err);

/* Refuses, naming the first gap and what mends it; true when there is none. */
bool access_require(const struct access *access, struct decant_error *err);

/* Where the role has rights on columns only: has it those on all that are read? Refuses as above.
 */
bool access_require_columns(struct pg_conn *conn, const struct access *access,
                            struct decant_error *err);

/* Appends the script for a role that may do a pull and nothing else. */
void access_grants(const struct access *access, const char *database, struct buf *out);

#endif
