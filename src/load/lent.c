/* SPDX-License-Identifier: PostgreSQL */
#include "load/lent.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "load/settings.h"
#include "pg/quote.h"

enum { SMALL_BYTES = 64 << 20 };

/* Those in the pool with the mark of their copy, or those that are lent; the oldest first. */
static struct pg_result *
list(const struct lender *lender, bool is_lent, struct decant_error *err)
{
    const char *prefix = is_lent ? database_lent_name(lender->arena, lender->copy, "")
                                 : database_pool_name(lender->arena, lender->copy, "");
    const char *params[] = { prefix };
    return pg_query(lender->admin, err,
                    "SELECT datname, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '')"
                    " FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname, $1)"
                    " AND pg_catalog.substr(datname, pg_catalog.length($1) + 1) ~"
                    " '^[0-9]{14}x[0-9a-f]{6}$' ORDER BY datname COLLATE \"C\"",
                    1, params);
}

/* As a run's name: what tells clones of one job apart are its last digits. */
static const char *
next_run(struct lender *lender)
{
    const char *x = strchr(lender->run, 'x');
    unsigned long last = x != NULL ? strtoul(x + 1, NULL, 16) : 0;
    return arena_printf(lender->arena, "%.14sx%06lx", lender->run,
                        (last + (unsigned long)lender->nmade++) & 0xFFFFFF);
}

static bool
make(struct lender *lender, const char *name, struct decant_error *err)
{
    const char *params[] = { lender->copy };
    struct pg_result *r =
        pg_query(lender->admin, err, "SELECT pg_catalog.pg_database_size($1)", 1, params);
    bool is_large = r != NULL && pg_int(r, 0, 0) > SMALL_BYTES;
    struct notes ignored;
    notes_init(&ignored);
    bool ok = r != NULL && database_copy(lender->admin, lender->copy, name, is_large, err) &&
              settings_carry(lender->admin, lender->copy, name, &ignored, err);
    notes_deinit(&ignored);
    pg_result_free(r);
    return ok;
}

static bool
add_to_pool(struct lender *lender, struct decant_error *err)
{
    struct buf sql = { 0 };
    const char *run = next_run(lender);
    /* under the other name until it is whole */
    const char *name = database_lent_name(lender->arena, lender->copy, run);
    const char *ready = database_pool_name(lender->arena, lender->copy, run);
    buf_puts(&sql, "COMMENT ON DATABASE ");
    quote_ident(&sql, name);
    buf_puts(&sql, " IS ");
    quote_literal(&sql, lender->mark);
    bool ok = database_lock(lender->admin, name, 0, err) && make(lender, name, err) &&
              pg_exec(lender->admin, err, buf_str(&sql)) &&
              database_rename(lender->admin, name, ready, err);
    buf_deinit(&sql);
    return ok;
}

static bool
drop_abandoned(struct lender *lender, struct decant_error *err)
{
    struct pg_result *r = list(lender, true, err);
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        bool got;
        ok = database_try_lock(lender->admin, pg_text(r, i, 0), &got, err);
        if (ok && got)
            ok = database_drop(lender->admin, pg_text(r, i, 0), err);
    }
    pg_result_free(r);
    return ok;
}

bool
lent_fill(struct lender *lender, int n, struct decant_error *err)
{
    assert(lender != NULL && n >= 0);
    int there = 0;
    struct pg_result *r = drop_abandoned(lender, err) ? list(lender, false, err) : NULL;
    bool ok = r != NULL;
    for (int i = 0; ok && i < pg_nrows(r); i++) {
        bool stays = there < n && strcmp(pg_text(r, i, 1), lender->mark) == 0;
        there += stays;
        ok = stays || database_drop(lender->admin, pg_text(r, i, 0), err);
    }
    pg_result_free(r);
    for (; ok && there < n; there++)
        ok = add_to_pool(lender, err);
    return ok;
}

/* Of two that want the same one the rename is the first's. */
static bool
take_ready(struct lender *lender, const char *ready, const char **name)
{
    struct decant_error taken = { 0 };
    *name = database_lent_name(lender->arena, lender->copy, next_run(lender));
    return database_lock(lender->admin, *name, 0, &taken) &&
           database_rename(lender->admin, ready, *name, &taken);
}

bool
lent_take(struct lender *lender, const char **name, bool *from_pool, struct decant_error *err)
{
    assert(lender != NULL && name != NULL && from_pool != NULL);
    *from_pool = false;
    struct pg_result *r = drop_abandoned(lender, err) ? list(lender, false, err) : NULL;
    bool ok = r != NULL;
    for (int i = 0; ok && !*from_pool && i < pg_nrows(r); i++) {
        if (strcmp(pg_text(r, i, 1), lender->mark) == 0)
            *from_pool = take_ready(lender, pg_text(r, i, 0), name);
        else /* of a copy that was replaced */
            ok = database_drop(lender->admin, pg_text(r, i, 0), err);
    }
    pg_result_free(r);
    if (!ok || *from_pool)
        return ok;
    *name = database_lent_name(lender->arena, lender->copy, next_run(lender));
    return database_lock(lender->admin, *name, 0, err) && make(lender, *name, err);
}

bool
lent_return(struct lender *lender, const char *name, bool from_pool, struct decant_error *err)
{
    assert(lender != NULL && name != NULL);
    return database_drop(lender->admin, name, err) && (!from_pool || add_to_pool(lender, err));
}
