/* SPDX-License-Identifier: PostgreSQL */
/* What the role on the source may not do, found before anything is locked or read. */
#ifndef CATALOG_ACCESS_H
#define CATALOG_ACCESS_H

#include "catalog/select.h"

enum access_problem {
    ACCESS_NO_USAGE,  /* on the schema */
    ACCESS_NO_SELECT, /* on the table */
    ACCESS_POLICY,    /* row security may hide rows from this role */
};

struct access_gap {
    enum access_problem problem;
    const char *schema, *name;
};

struct access {
    int ngaps, nrelations;
    struct access_gap *gaps;
    struct pg_relation *relations; /* that are read; by schema and name */
    /* Some tables have row security that provably hides nothing: a permissive policy that is
     * literally true for this role, and no restrictive one. It must be on to read them. */
    bool needs_row_security;
    const char *role;
};

/* With `leaves`, partitions are read one by one and need rights of their own. */
bool access_load(struct pg_conn *conn, const struct selection *selection, bool leaves,
                 struct arena *arena, struct access *out, struct decant_error *err);

/* Refuses, naming the first gap and what mends it; true when there is none. */
bool access_require(const struct access *access, struct decant_error *err);

/* Appends the script for a role that may do a pull and nothing else. */
void access_grants(const struct access *access, const char *database, struct buf *out);

#endif
