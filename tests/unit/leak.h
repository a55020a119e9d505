/* SPDX-License-Identifier: PostgreSQL */
/* Copies that a test makes, and what a search of them finds. */
#ifndef UNIT_LEAK_H
#define UNIT_LEAK_H

#include <sqlite3.h>

#include "leak/search.h"
#include "transform/transform.h"
#include "unit.h"

static char folder[256];

static inline int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static inline int
end_folder(void **state)
{
    (void)state;
    return remove_folder(folder);
}

struct hunt {
    struct arena arena;
    struct rules_checks rules;
    struct originals *originals;
    struct leak *leak;
    struct buf scratch;
    char path[300];
    int readers; /* 0: one */
    struct decant_error err;
    atomic_llong rows;
    atomic_int stop;
    int n;
    const struct leak_finding *found;
};

/* A copy of this SQL, and nothing to look for yet. */
static inline void
hunt_begin(struct hunt *hunt, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    memset(hunt, 0, sizeof *hunt);
    checks_init(&hunt->rules);
    hunt->originals = originals_new(1 << 20, 6, &hunt->err);
    assert_non_null(hunt->originals);
    snprintf(hunt->path, sizeof hunt->path, "%s/copy.sqlite", folder);
    unlink(hunt->path);
    assert_int_equal(sqlite3_open(hunt->path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL); /* no disk is waited for */
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s", problem);
    sqlite3_close(db);
}

static inline void
hunt_for(struct hunt *hunt, enum mask_tells tells, const char *original)
{
    originals_add(hunt->originals, tells, original, strlen(original), &hunt->scratch);
}

static inline struct leak *
hunt_leak(struct hunt *hunt)
{
    if (hunt->leak == NULL)
        hunt->leak = leak_new(&hunt->rules, hunt->originals, &hunt->arena);
    return hunt->leak;
}

static inline bool
hunt_open(void *hunt, struct scan_source *out, struct decant_error *err)
{
    struct hunt *h = hunt;
    return scan_open_file(h->path, &h->stop, out, err);
}

static inline struct search_env
hunt_env(struct hunt *hunt)
{
    return (struct search_env){ .open = hunt_open,
                                .ctx = hunt,
                                .most = hunt->readers > 0 ? hunt->readers : 1,
                                .rows = &hunt->rows };
}

static inline bool
hunt_search(struct hunt *hunt, const struct manifest_searched *columns, int n)
{
    const struct search_env env = hunt_env(hunt);
    bool ok = search_copy(&env, columns, n, hunt_leak(hunt), &hunt->arena, &hunt->err);
    hunt->n = leak_findings(hunt->leak, &hunt->found);
    return ok;
}

/* How many cells of an object have a kind. */
static inline int64_t
hunt_count(const struct hunt *hunt, const char *object, const char *kind)
{
    for (int i = 0; i < hunt->n; i++)
        if (strcmp(hunt->found[i].object, object) == 0 && strcmp(hunt->found[i].kind, kind) == 0)
            return hunt->found[i].count;
    return 0;
}

static inline void
hunt_end(struct hunt *hunt)
{
    leak_free(hunt->leak);
    originals_free(hunt->originals);
    buf_deinit(&hunt->scratch);
    arena_deinit(&hunt->arena);
    unlink(hunt->path);
}

#endif
