/* SPDX-License-Identifier: PostgreSQL */
/* What is said of a statement that failed: what its SQLSTATE means, and the names of objects. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "pg/internal.h"

/* What a SQLSTATE, or a class of them, means to the user. The longest match wins. */
static const struct {
    const char *state;
    enum decant_code code;
    const char *text, *hint;
} states[] = {
    { "08", DECANT_UNAVAILABLE, "the connection failed", NULL },
    { "22", DECANT_UNAVAILABLE, "a value could not be converted", NULL },
    { "23", DECANT_UNAVAILABLE, "a constraint was violated", NULL },
    { "25006", DECANT_UNAVAILABLE, "the server is read-only", NULL },
    { "25P03", DECANT_UNAVAILABLE, "the server ended an idle transaction", NULL },
    { "25P04", DECANT_UNAVAILABLE, "the server's transaction_timeout ended the transaction", NULL },
    { "28", DECANT_UNAVAILABLE, "authentication failed", NULL },
    { "3D000", DECANT_UNAVAILABLE, "the database does not exist", NULL },
    { "40001", DECANT_UNAVAILABLE, "conflict with recovery or a concurrent update", NULL },
    { "40P01", DECANT_UNAVAILABLE, "deadlock", NULL },
    { "42501", DECANT_REFUSED, "insufficient privilege", NULL },
    { "42P01", DECANT_UNAVAILABLE, "a relation does not exist", NULL },
    { "42", DECANT_BUG, "the server did not accept the statement", NULL },
    { "53100", DECANT_UNAVAILABLE, "the server's disk is full", NULL },
    { "53200", DECANT_UNAVAILABLE, "the server is out of memory, of its own or for locks",
      "for locks: one of each table and index is held, which max_locks_per_transaction must "
      "allow" },
    { "53300", DECANT_UNAVAILABLE, "the server has too many connections",
      "use fewer streams: -j 1" },
    { "53", DECANT_UNAVAILABLE, "the server is out of a resource", NULL },
    { "55P03", DECANT_UNAVAILABLE, "a lock could not be had in time", NULL },
    { "57014", DECANT_UNAVAILABLE, "the statement was cancelled", NULL },
    { "57P", DECANT_UNAVAILABLE, "the server ended the connection", NULL },
    { "58", DECANT_UNAVAILABLE, "the server met an input or output error", NULL },
    { "XX001", DECANT_UNAVAILABLE, "the server found corrupted data", NULL },
};

static const struct {
    int field;
    const char *name; /* in messages */
} failure_fields[FAILURE_FIELDS] = {
    { PG_DIAG_COLUMN_NAME, "column" }, { PG_DIAG_CONSTRAINT_NAME, "constraint" },
    { PG_DIAG_DATATYPE_NAME, "type" }, { PG_DIAG_TABLE_NAME, "table" },
    { PG_DIAG_SCHEMA_NAME, "schema" }, { PG_DIAG_SQLSTATE, NULL },
};

struct pg_failure
pg_conn_failure(const struct pg_conn *conn)
{
    assert(conn != NULL);
    const struct buf *failed = conn->failed;
    return (struct pg_failure){ .column = buf_str(&failed[0]),
                                .constraint = buf_str(&failed[1]),
                                .datatype = buf_str(&failed[2]),
                                .table = buf_str(&failed[3]),
                                .schema = buf_str(&failed[4]),
                                .sqlstate = buf_str(&failed[5]) };
}

bool
conn_error(struct pg_conn *conn, const PGresult *result, struct decant_error *err)
{
    assert(conn != NULL);
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (state == NULL) {
        bool lost = PQstatus(conn->pg) == CONNECTION_BAD;
        return error_set(err, DECANT_UNAVAILABLE,
                         lost ? "the connection to the %s was lost" : "the %s broke the protocol",
                         conn->what);
    }
    int best = -1;
    size_t longest = 0;
    for (int i = 0; i < (int)(sizeof states / sizeof *states); i++) {
        size_t len = strlen(states[i].state);
        if (strncmp(state, states[i].state, len) == 0 && len > longest) {
            best = i;
            longest = len;
        }
    }
    error_set(err, best >= 0 ? states[best].code : DECANT_UNAVAILABLE, "%s: %s (SQLSTATE %s)",
              conn->what, best >= 0 ? states[best].text : "the server reported an error", state);
    snprintf(err->sqlstate, sizeof err->sqlstate, "%s", state);
    for (int i = 0; i < FAILURE_FIELDS; i++) {
        const char *name = PQresultErrorField(result, failure_fields[i].field);
        buf_reset(&conn->failed[i]);
        buf_puts(&conn->failed[i], name != NULL ? name : "");
        if (conn->failed[i].len > 0 && failure_fields[i].name != NULL)
            error_context(err, "%s '%s'", failure_fields[i].name, name);
    }
    if (best >= 0 && states[best].hint != NULL)
        error_hint(err, "%s", states[best].hint);
    return false;
}
