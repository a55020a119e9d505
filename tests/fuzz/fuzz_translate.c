/* SPDX-License-Identifier: PostgreSQL */
/* Any text as an expression of PostgreSQL: what is translated is one expression to SQLite, which
 * neither ends early nor goes on behind its end. The first byte chooses the purpose. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sqlite/db.h"

#include "../unit/translate_columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Does SQLite take the translation where the DDL puts it? */
static void
prepare(enum translate_purpose purpose, const char *expression)
{
    static const char *const around[][2] = {
        [TRANSLATE_CHECK] = { "CREATE TABLE x (" TRANSLATE_COLUMNS_SQL ", CHECK (", "))" },
        [TRANSLATE_INDEX] = { "CREATE INDEX i ON x ((", "))" },
        [TRANSLATE_DEFAULT] = { "CREATE TABLE x (n DEFAULT (", "))" },
    };
    struct decant_error err = { 0 };
    struct buf sql = { 0 };
    struct db *db;
    if (!db_open(":memory:", DB_CREATE, NULL, &db, &err))
        abort();
    if (purpose == TRANSLATE_INDEX &&
        !db_exec(db, &err, "CREATE TABLE x (" TRANSLATE_COLUMNS_SQL ")"))
        abort();
    buf_printf(&sql, "%s%s%s", around[purpose][0], expression, around[purpose][1]);
    bool ok = db_exec(db, &err, buf_str(&sql));
    /* SQLite's own limit of depth is no fault of the translation */
    if (!ok && strstr(err.message, "too large") == NULL &&
        strstr(err.message, "overflow") == NULL && strstr(err.message, "too deep") == NULL &&
        strstr(err.message, "too many") == NULL) {
        fprintf(stderr, "%s: %s\n", err.message, buf_str(&sql));
        abort();
    }
    db_close(db);
    buf_deinit(&sql);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct translate_scope scope = { .purpose = data[0] % 3,
                                           .columns = columns,
                                           .ncolumns = sizeof columns / sizeof *columns,
                                           .profile = &sqlite_profiles[0] };
    char *sql = mem_alloc(size);
    memcpy(sql, data + 1, size - 1);
    struct buf out = { 0 };
    if (translate(&scope, sql, &out))
        prepare(scope.purpose, buf_str(&out));
    else
        assert(out.len == 0);
    buf_deinit(&out);
    free(sql);
    return 0;
}
