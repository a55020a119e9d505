/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/plans.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rehearse/script.h"

static const char scan[] = "Seq Scan on ", use[] = " using ";

enum { GENERIC_PLAN = 160000, DOUBLE = 2 };

struct query {
    const char *text, *file, *plan; /* NULL: there is none */
    int line;
};

struct plans {
    struct query *items;
    int n;
};

/* ---- asking */

static const char *
explain(struct pg_conn *conn, const struct statement *statement, struct arena *arena)
{
    struct decant_error ignored = { 0 };
    struct buf sql = { 0 }, plan = { 0 };
    bool has_parameter = statement_has_parameter(statement);
    bool can = !has_parameter || pg_conn_version(conn) >= GENERIC_PLAN;
    buf_puts(&sql, has_parameter ? "EXPLAIN (GENERIC_PLAN) " : "EXPLAIN ");
    buf_add(&sql, statement->text, statement->len);
    struct pg_result *rows = can ? pg_query_several(conn, buf_str(&sql), &ignored) : NULL;
    for (int i = 0; rows != NULL && i < pg_nrows(rows); i++)
        buf_printf(&plan, "%s\n", pg_text(rows, i, 0));
    const char *found = rows != NULL ? arena_strdup(arena, buf_str(&plan)) : NULL;
    pg_result_free(rows);
    buf_deinit(&sql);
    buf_deinit(&plan);
    return found;
}

static void
take_file(struct pg_conn *conn, const char *file, const struct buf *text, struct arena *arena,
          struct plans *out)
{
    struct statements all = { buf_str(text), buf_str(text) + text->len, 1 };
    struct statement statement;
    struct buf shown = { 0 };
    while (statement_next(&all, &statement)) {
        struct query *items = ARENA_ARRAY(arena, struct query, out->n + 1);
        if (out->n > 0)
            memcpy(items, out->items, (size_t)out->n * sizeof *items);
        buf_reset(&shown);
        statement_put(&statement, true, &shown);
        items[out->n++] = (struct query){ arena_strdup(arena, buf_str(&shown)), file,
                                          explain(conn, &statement, arena), statement.line };
        out->items = items;
    }
    buf_deinit(&shown);
}

bool
plans_take(const struct pg_info *info, const struct decant_words *files, const atomic_int *stop,
           struct arena *arena, struct plans **out, struct decant_error *err)
{
    assert(files != NULL && arena != NULL && out != NULL);
    struct buf *texts = mem_alloc((size_t)(files->count + 1) * sizeof *texts);
    *out = ARENA_NEW(arena, struct plans);
    bool ok = script_read(files, texts, err);
    struct pg_conn *conn = ok ? pg_connect_plain(info, "decant plans", stop, err) : NULL;
    for (int i = 0; conn != NULL && i < files->count; i++)
        take_file(conn, files->items[i], &texts[i], arena, *out);
    ok = conn != NULL;
    pg_close(conn);
    for (int i = 0; i < files->count; i++)
        buf_deinit(&texts[i]);
    free(texts);
    return ok;
}

/* ---- comparing */

double
plans_cost(const char *plan)
{
    assert(plan != NULL);
    const char *dots = strstr(plan, "..");
    return dots != NULL ? strtod(dots + 2, NULL) : 0;
}

bool
plans_has(const char *plan, const char *how, const char *name)
{
    assert(plan != NULL && how != NULL && name != NULL);
    size_t len = strlen(name);
    for (const char *p = plan; (p = strstr(p, how)) != NULL;) {
        p += strlen(how);
        if (strncmp(p, name, len) == 0 && (p[len] == ' ' || p[len] == '\n' || p[len] == '\0'))
            return true;
    }
    return false;
}

static void
put_worse(struct rehearsal *out, const struct query *query, const char *what, const char *name)
{
    struct buf text = { 0 };
    buf_printf(&text, "%s:%d: %s%s: %s", query->file, query->line, what, name, query->text);
    out->worse = mem_grow(out->worse, (size_t)out->nworse, sizeof *out->worse);
    out->worse[out->nworse++] = arena_strdup(&out->arena, buf_str(&text));
    buf_deinit(&text);
}

/* Names behind `how` in `from` that are not in `other`. */
static void
compare_names(const struct query *query, const char *from, const char *other, const char *how,
              const char *what, struct rehearsal *out)
{
    struct arena arena = { 0 };
    for (const char *p = from; (p = strstr(p, how)) != NULL;) {
        p += strlen(how);
        const char *name = arena_strndup(&arena, p, strcspn(p, " \n"));
        bool is_first = !plans_has(arena_strndup(&arena, from, (size_t)(p - from)), how, name);
        if (is_first && !plans_has(other, how, name))
            put_worse(out, query, what, name);
    }
    arena_deinit(&arena);
}

void
plans_compare(const struct plans *before, const struct plans *after, struct rehearsal *out)
{
    assert(before != NULL && after != NULL && out != NULL);
    for (int i = 0; i < before->n && i < after->n; i++) { /* the file may have changed */
        const struct query *old = &before->items[i], *new = &after->items[i];
        if (old->plan != NULL && new->plan == NULL)
            put_worse(out, new, "it cannot be planned any more", "");
        if (old->plan == NULL || new->plan == NULL)
            continue;
        compare_names(new, new->plan, old->plan, scan, "now reads the whole of ", out);
        compare_names(new, old->plan, new->plan, use, "does not use any more ", out);
        if (plans_cost(new->plan) > DOUBLE * plans_cost(old->plan))
            put_worse(out, new, "costs more than twice as much", "");
    }
}
