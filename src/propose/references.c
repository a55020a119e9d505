/* SPDX-License-Identifier: PostgreSQL */
#include "propose/references.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "pg/quote.h"
#include "propose/columns.h"
#include "rules/spell.h"

enum {
    LONGEST_NAME = 128,
    MOST_TYPES = 30,
    MOST_MEMBERS = 100,
    MOST_CANDIDATES = 3, /* tables whose names fit one column */
    MOST_PARENTS = 200,  /* that one statement looks at */
    FEWEST_IDS = 3,
};

/* uuids, cuids, nanoids, hashes, e-mail addresses: those of one table are found in another by no
 * chance */
#define TELLING "'^([0-9A-Za-z_-]{20,40}|[^@ ]+@[^@ ]+[.][^@ ]+)$'"

#define MOSTLY 0.5      /* of the keys: below, the name meant something else */
#define NEARLY_ALL 0.98 /* of the rows: they exist for the sake of what they belong to */
#define ALL_FOUND 0.98  /* of random ids: below, they may be of two tables */
#define CLEARLY 0.95    /* of the keys: below, a person should look at it */

/* What the search for candidates has at hand. */
struct finder {
    struct pg_conn *conn;
    const struct plan *plan;
    struct arena *arena;
    struct references *out;
    struct decant_error *err;
    bool failed;
    struct parent *parents[2]; /* that random ids may refer to: by uuids, by texts */
    int nparents[2];
    const bool *begins_key; /* by column of the table at hand */
};

/* A column that tells the rows of its table apart. */
struct parent {
    const struct table *table;
    int column;
};

/* ---- names */

/* "Billing::Invoice", "App\Models\User", "OrderItem" as billing_invoice, app_models_user,
 * order_item */
static void
to_snake(const char *name, char out[LONGEST_NAME])
{
    size_t n = 0;
    for (size_t i = 0; name[i] != '\0' && n + 2 < LONGEST_NAME; i++) {
        unsigned char c = (unsigned char)name[i];
        bool begins = isupper(c) && i > 0 && islower((unsigned char)name[i - 1]);
        if (begins || (!isalnum(c) && c < 0x80)) {
            if (n > 0 && out[n - 1] != '_')
                out[n++] = '_';
        }
        if (isalnum(c) || c >= 0x80)
            out[n++] = (char)tolower(c);
    }
    out[n] = '\0';
}

/* Is `plural` the word or its plural? */
static bool
is_plural(const char *word, const char *plural)
{
    static const struct {
        const char *one, *many;
    } endings[] = { { "", "" },     { "", "s" },     { "y", "ies" }, { "", "es" },
                    { "f", "ves" }, { "fe", "ves" }, { "", "n" },    { "", "en" } };
    size_t len = strlen(word);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t one = strlen(endings[i].one);
        if (len >= one && strcmp(word + len - one, endings[i].one) == 0 &&
            strncmp(plural, word, len - one) == 0 &&
            strcmp(plural + len - one, endings[i].many) == 0)
            return true;
    }
    return strcmp(word, "person") == 0 && strcmp(plural, "people") == 0;
}

/* Words behind which some put what a table is about. */
static void
drop_filler(char *name)
{
    static const char *const fillers[] = { "_entity", "_table", "_tbl", "_data", "_master" };
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        size_t n = strlen(fillers[i]);
        if (len > n && strcmp(name + len - n, fillers[i]) == 0)
            name[len - n] = '\0';
    }
}

/* What people are to a row: users, whatever the table of those is called. */
static bool
is_role(const char *word)
{
    static const char *const roles[] = {
        "whodunnit",   "actor",        "author",      "owner",        "creator",
        "created_by",  "updated_by",   "assignee",    "reporter",     "uploader",
        "sender",      "approver",     "moderator",   "deleted_by",   "recipient",
        "modified_by", "requested_by", "assigned_to", "performed_by", "invited_by"
    };
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i], word) == 0)
            return true;
    return false;
}

/* How well a table's name says what `word` (in snake case) says: 0 not at all, 4 as it stands. */
static int
fit(const char *word, const struct table *table)
{
    char name[LONGEST_NAME];
    to_snake(table->name, name);
    drop_filler(name);
    if (is_plural(word, name))
        return 4;
    for (const char *p = strchr(name, '_'); p != NULL; p = strchr(p + 1, '_'))
        if (is_plural(word, p + 1)) /* app_users */
            return 3;
    for (const char *p = strchr(word, '_'); p != NULL; p = strchr(p + 1, '_'))
        if (is_plural(p + 1, name)) /* app_models_user */
            return 2;
    return is_role(word) && fit("user", table) >= 3 ? 1 : 0;
}

/* "user_id", "userId", "id_user", "user_uuid": the user. Is there such a word? */
static bool
id_word(const char *column, char out[LONGEST_NAME])
{
    static const char *const tails[] = { "_id", "_uuid", "_uid", "_guid", "_fk", "_ref", "_key" };
    static const char *const heads[] = { "id_", "fk_", "ref_" };
    to_snake(column, out);
    size_t len = strlen(out);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        size_t n = strlen(tails[i]);
        if (len > n && strcmp(out + len - n, tails[i]) == 0) {
            out[len - n] = '\0';
            return true;
        }
    }
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t n = strlen(heads[i]);
        if (len > n && strncmp(out, heads[i], n) == 0) {
            memmove(out, out + n, len - n + 1);
            return true;
        }
    }
    return false;
}

/* ---- what can refer, and be referred to */

static bool
is_whole_number(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR &&
           (column->type->scalar == SCALAR_INT2 || column->type->scalar == SCALAR_INT4 ||
            column->type->scalar == SCALAR_INT8);
}

static bool
is_uuid(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR && column->type->scalar == SCALAR_UUID;
}

static bool
is_text(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR &&
           (column->type->scalar == SCALAR_TEXT || column->type->scalar == SCALAR_VARCHAR);
}

static bool
is_json(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR && column->type->scalar == SCALAR_JSONB;
}

static bool
may_refer(const struct column *from, const struct column *to)
{
    return is_whole_number(to) ? is_whole_number(from) || is_text(from)
           : is_uuid(to)       ? is_uuid(from) || is_text(from)
                               : is_text(to) && is_text(from);
}

/* Of one column that is copied as a key; -1. */
static int
key_of(const struct table *table)
{
    int c = catalog_key_column(table);
    bool can = c >= 0 && table->kind != 'f' &&
               (is_whole_number(&table->columns[c]) || is_uuid(&table->columns[c]) ||
                is_text(&table->columns[c]));
    return can ? c : -1;
}

/* ---- candidates */

static struct reference *
add(struct finder *f, const struct table *table, const char *column, const char *type_column,
    const char *member, int most_ends)
{
    f->out->items = mem_grow(f->out->items, (size_t)f->out->n, sizeof *f->out->items);
    struct reference *out = &f->out->items[f->out->n++];
    *out = (struct reference){ .table = table,
                               .column = column,
                               .type_column = type_column,
                               .member = member,
                               .ends = ARENA_ARRAY(f->arena, struct reference_end, most_ends + 1) };
    return out;
}

/* The tables that `word` names, the best first; `from` NULL: a leaf of JSON. */
static int
tables_of(const struct finder *f, const struct table *table, const struct column *from,
          const char *word, const struct table *out[MOST_CANDIDATES])
{
    int n = 0;
    for (int grade = 4; grade > 0; grade--)
        for (int t = 0; t < f->plan->ntables && n < MOST_CANDIDATES; t++) {
            const struct table *to = f->plan->tables[t];
            int key = key_of(to);
            bool can = key >= 0 && (from == NULL || may_refer(from, &to->columns[key]));
            if (can && (to != table || strcmp(word, "parent") != 0) && fit(word, to) == grade)
                out[n++] = to;
        }
    return n;
}

static void
propose_named(struct finder *f, const struct table *table, const struct column *column,
              const char *name, const char *member)
{
    char word[LONGEST_NAME];
    const struct table *tables[MOST_CANDIDATES];
    const struct column *from = member != NULL ? NULL : column;
    if (!id_word(name, word)) {
        bool may_be_role = is_text(column) && member == NULL;
        to_snake(name, word);
        if (may_be_role ? !is_role(word)
                        : member != NULL || (!is_whole_number(column) && !is_uuid(column)))
            return;
    }
    int n = tables_of(f, table, from, word, tables);
    if (n == 0 && strcmp(word, "parent") == 0 && key_of(table) >= 0 &&
        (from == NULL || may_refer(from, &table->columns[key_of(table)])))
        tables[n++] = table;
    for (int i = 0; i < n; i++) {
        struct reference *out = add(f, table, column->name, NULL, member, 1);
        out->ends[out->nends++] =
            (struct reference_end){ .table = tables[i], .column = key_of(tables[i]) };
    }
}

/* A statement that takes long, or that the source refuses, finds nothing, which is counted. */
static struct pg_result *
ask(struct finder *f, const char *sql)
{
    struct pg_result *rows = NULL;
    f->failed |= !f->failed && !evidence_ask(f->conn, sql, &rows, f->err);
    f->out->nunanswered += rows == NULL;
    return rows;
}

/* Django's numbers of classes, if that is what the table holds; NULL. Of other types nothing is
 * asked: their operators may be anybody's. */
static const struct table *
content_types(const struct plan *plan)
{
    for (int t = 0; t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        int id = table_column(table, "id"), app = table_column(table, "app_label");
        int model = table_column(table, "model");
        if (strcmp(table->name, "django_content_type") == 0 && id >= 0 && app >= 0 && model >= 0 &&
            is_whole_number(&table->columns[id]) && is_text(&table->columns[app]) &&
            is_text(&table->columns[model]))
            return table;
    }
    return NULL;
}

/* Which classes stand beside the ids, and which tables are they? Django numbers them. */
static void
propose_typed(struct finder *f, const struct table *table, const struct column *id, int type)
{
    assert(f != NULL && table != NULL && id != NULL);
    const struct column *types = &table->columns[type];
    struct buf sql = { 0 };
    bool numbered = is_whole_number(types);
    const struct table *numbers = numbered ? content_types(f->plan) : NULL;
    if (numbered && numbers == NULL)
        return;
    buf_puts(&sql, numbered
                       ? "SELECT c.id::pg_catalog.text, c.app_label OPERATOR(pg_catalog.||) '_' "
                         "OPERATOR(pg_catalog.||) c.model FROM (SELECT "
                         "DISTINCT t FROM (SELECT "
                       : "SELECT t, t FROM (SELECT DISTINCT t FROM (SELECT ");
    quote_ident(&sql, types->name);
    buf_puts(&sql, numbered ? " AS t FROM " : "::pg_catalog.text AS t FROM ");
    evidence_put_many(table, &sql);
    buf_puts(&sql, ") s WHERE t IS NOT NULL) d");
    if (numbered) {
        buf_puts(&sql, " JOIN ");
        quote_qualified(&sql, numbers->schema, numbers->name);
        buf_puts(&sql, " c ON c.id OPERATOR(pg_catalog.=) d.t");
    }
    buf_printf(&sql, " ORDER BY 1 LIMIT %d", MOST_TYPES + 1);
    struct pg_result *r = ask(f, buf_str(&sql));
    struct reference *out = NULL;
    for (int i = 0; r != NULL && pg_nrows(r) <= MOST_TYPES && i < pg_nrows(r); i++) {
        char word[LONGEST_NAME];
        const struct table *tables[MOST_CANDIDATES];
        to_snake(pg_text(r, i, 1), word);
        if (tables_of(f, table, id, word, tables) == 0)
            continue;
        if (out == NULL)
            out = add(f, table, id->name, types->name, NULL, MOST_TYPES);
        out->ends[out->nends++] =
            (struct reference_end){ .table = tables[0],
                                    .column = key_of(tables[0]),
                                    .value = arena_strdup(f->arena, pg_text(r, i, 0)) };
    }
    pg_result_free(r);
    buf_deinit(&sql);
}

/* Members of documents, and of documents in them. */
static void
propose_members(struct finder *f, const struct table *table, const struct column *column)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT DISTINCT k FROM (SELECT ");
    quote_ident(&sql, column->name);
    buf_puts(&sql, " AS d FROM ");
    evidence_put_sample(table, &sql);
    buf_printf(
        &sql,
        ") s, pg_catalog.jsonb_each(CASE pg_catalog.jsonb_typeof(d) WHEN 'object' THEN d END) e, "
        "LATERAL (SELECT e.key AS k UNION ALL SELECT e.key OPERATOR(pg_catalog.||) '.' "
        "OPERATOR(pg_catalog.||) i FROM pg_catalog.jsonb_object_keys(CASE "
        "pg_catalog.jsonb_typeof(e.value) WHEN 'object' THEN e.value END) i) m WHERE k "
        "OPERATOR(pg_catalog.~) "
        "'^([A-Za-z][A-Za-z0-9_]*[.])?[A-Za-z][A-Za-z0-9_]*([iI][dD]|_uuid)$'"
        " ORDER BY 1 LIMIT %d",
        MOST_MEMBERS);
    struct pg_result *r = ask(f, buf_str(&sql));
    for (int i = 0; r != NULL && i < pg_nrows(r); i++)
        propose_named(f, table, column, pg_text(r, i, 0), arena_strdup(f->arena, pg_text(r, i, 0)));
    pg_result_free(r);
    buf_deinit(&sql);
}

/* The column that says what the id beside it is of; -1. */
static int
type_beside(const struct plan *plan, const struct table *table, const char *id)
{
    static const char *const tails[] = { "_type", "_class", "_kind", "_table", "_model" };
    char name[LONGEST_NAME];
    size_t len = strlen(id);
    if (len > 3 && len < LONGEST_NAME - 8 && strcmp(id + len - 3, "_id") == 0)
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
            snprintf(name, sizeof name, "%.*s%s", (int)(len - 3), id, tails[i]);
            int c = table_column(table, name);
            if (c >= 0 && is_text(&table->columns[c]))
                return c;
        }
    static const char *const models[] = { "model", "res_model" }; /* Odoo */
    for (size_t i = 0; strcmp(id, "res_id") == 0 && i < sizeof models / sizeof *models; i++) {
        int m = table_column(table, models[i]);
        if (m >= 0 && is_text(&table->columns[m]))
            return m;
    }
    int c = table_column(table, "content_type_id");
    bool is_django = strcmp(id, "object_id") == 0 && c >= 0;
    for (int i = 0; is_django && i < plan->nkeys; i++)
        if (plan->keys[i].child == table && plan->keys[i].child_columns[0] == c &&
            strcmp(plan->keys[i].parent->name, "django_content_type") == 0)
            return c;
    return -1;
}

static void
propose_of_column(struct finder *f, const struct table *table, int c)
{
    const struct column *column = &table->columns[c];
    if (column->is_generated || f->begins_key[c] || key_of(table) == c)
        return;
    int type = type_beside(f->plan, table, column->name);
    if (is_json(column))
        propose_members(f, table, column);
    if (!is_whole_number(column) && !is_uuid(column) && !is_text(column))
        return;
    int before = f->out->n;
    if (type >= 0)
        propose_typed(f, table, column, type);
    if (f->out->n == before) /* what stands beside it names no tables */
        propose_named(f, table, column, column->name, NULL);
}

/* ---- by their values alone */

/* The column of addresses that are unique, by which people are found; -1. */
static int
address_of(const struct table *table)
{
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        int c = index->is_unique && index->nkeys == 1 && index->predicate == NULL
                    ? index->keys[0].column
                    : -1;
        if (c >= 0 && is_text(&table->columns[c]) &&
            strcasestr(table->columns[c].name, "mail") != NULL && table->kind != 'f')
            return c;
    }
    return -1;
}

/* Tables with keys that are uuids, or texts, and those with addresses. */
static void
list_parents(struct finder *f)
{
    for (int i = 0; i < 2; i++)
        f->parents[i] = ARENA_ARRAY(f->arena, struct parent, 2 * f->plan->ntables + 1);
    for (int t = 0; t < f->plan->ntables; t++) {
        const struct table *table = f->plan->tables[t];
        const int columns[] = { key_of(table), address_of(table) };
        for (int i = 0; i < 2; i++) {
            const struct column *key = columns[i] >= 0 ? &table->columns[columns[i]] : NULL;
            if (key == NULL || is_whole_number(key) || (i > 0 && columns[i] == columns[0]))
                continue;
            struct parent *list = f->parents[is_text(key)];
            list[f->nparents[is_text(key)]++] = (struct parent){ table, columns[i] };
        }
    }
}

/* Is one of the references from `from` on the column's? They are its table's. */
static bool
is_named(const struct finder *f, int from, const struct column *column)
{
    for (int i = from; i < f->out->n; i++)
        if (f->out->items[i].column == column->name)
            return true;
    return false;
}

/* Columns that nothing is said about, and whose values are random ids: one statement a table. */
static int
columns_of_ids(struct finder *f, int from_reference, const struct table *table, int *out)
{
    assert(f != NULL && table != NULL);
    struct buf sql = { 0 }, from = { 0 };
    int n = 0, ids = 0;
    for (int c = 0; c < table->ncolumns; c++) {
        const struct column *column = &table->columns[c];
        if (column->is_generated || !(is_uuid(column) || is_text(column)) ||
            (key_of(table) == c && address_of(table) != c) || f->begins_key[c] ||
            is_named(f, from_reference, column) || f->nparents[is_text(column)] == 0)
            continue;
        buf_printf(&sql,
                   "%spg_catalog.count(c%d) FILTER (WHERE c%d::pg_catalog.text "
                   "OPERATOR(pg_catalog.~) " TELLING "), pg_catalog.count(c%d)",
                   n > 0 ? ", " : "SELECT ", n, n, n);
        buf_puts(&from, n > 0 ? ", " : " FROM (SELECT ");
        quote_ident(&from, column->name);
        buf_printf(&from, " AS c%d", n);
        out[n++] = c;
    }
    buf_puts(&from, " FROM ");
    evidence_put_sample(table, &from);
    buf_puts(&sql, buf_str(&from));
    buf_puts(&sql, ") s");
    buf_deinit(&from);
    struct pg_result *r = n > 0 ? ask(f, buf_str(&sql)) : NULL;
    for (int i = 0; r != NULL && i < n; i++)
        if (pg_int(r, 0, 2 * i) >= FEWEST_IDS && pg_int(r, 0, 2 * i) == pg_int(r, 0, 2 * i + 1))
            out[ids++] = out[i];
    pg_result_free(r);
    buf_deinit(&sql);
    return ids;
}

/* How many of 50 values `n` parents have, each: one statement. Returns how many values there are;
 * 0: none, or it took too long. */
static int64_t
count_in_parents(struct finder *f, const struct table *table, const struct column *column,
                 const struct parent *parents, int n, int64_t *found)
{
    struct buf sql = { 0 };
    buf_puts(&sql, "WITH s AS MATERIALIZED (SELECT DISTINCT k FROM (SELECT ");
    quote_ident(&sql, column->name);
    buf_puts(&sql, " AS k FROM ");
    evidence_put_sample(table, &sql);
    buf_puts(&sql, ") r ORDER BY k LIMIT 50) SELECT (SELECT pg_catalog.count(k) FROM s)");
    for (int i = 0; i < n; i++) {
        buf_puts(&sql, ", (SELECT pg_catalog.count(*) FROM s WHERE EXISTS (SELECT FROM ");
        catalog_put_rows(parents[i].table, &sql);
        buf_puts(&sql, " AS p WHERE p.");
        quote_ident(&sql, parents[i].table->columns[parents[i].column].name);
        buf_puts(&sql, " OPERATOR(pg_catalog.=) s.k))");
    }
    struct pg_result *r = ask(f, buf_str(&sql));
    int64_t values = r != NULL ? pg_int(r, 0, 0) : 0;
    for (int i = 0; r != NULL && i < n; i++)
        found[i] = pg_int(r, 0, i + 1);
    pg_result_free(r);
    buf_deinit(&sql);
    return values;
}

/* An address that is unique here, too, is looked for in larger tables only: not in itself, and of
 * two tables that have the same ones one refers to the other. */
static bool
may_be_parent(const struct table *table, const struct column *column, const struct parent *parent)
{
    int own = address_of(table);
    if (own >= 0 && &table->columns[own] == column)
        return parent->table->reltuples > table->reltuples;
    return parent->table != table || parent->column == key_of(table);
}

/* The table in which the values are found. Where a part is not, they may be of two tables. */
static void
propose_found(struct finder *f, const struct table *table, const struct column *column)
{
    const struct parent *parents = f->parents[is_text(column)], *best = NULL;
    int all = f->nparents[is_text(column)];
    double most = 0;
    for (int from = 0; from < all; from += MOST_PARENTS) {
        int64_t found[MOST_PARENTS] = { 0 };
        int n = all - from < MOST_PARENTS ? all - from : MOST_PARENTS;
        int64_t values = count_in_parents(f, table, column, parents + from, n, found);
        for (int i = 0; i < n; i++) {
            bool may_be = may_be_parent(table, column, &parents[from + i]);
            double share = may_be && values >= FEWEST_IDS ? (double)found[i] / (double)values : 0;
            best = share > most ? &parents[from + i] : best;
            most = fmax(share, most);
        }
    }
    if (most < ALL_FOUND)
        return;
    struct reference *out = add(f, table, column->name, NULL, NULL, 1);
    out->ends[out->nends++] =
        (struct reference_end){ .table = best->table, .column = best->column };
}

static void
propose_by_values(struct finder *f, int from_reference, const struct table *table)
{
    int *columns = ARENA_ARRAY(f->arena, int, table->ncolumns + 1);
    int n = columns_of_ids(f, from_reference, table, columns);
    for (int i = 0; i < n; i++)
        propose_found(f, table, &table->columns[columns[i]]);
}

bool
references_find(struct pg_conn *conn, const struct plan *plan, struct arena *arena,
                struct references *out, struct decant_error *err)
{
    assert(out != NULL && plan != NULL);
    struct finder f = { .conn = conn, .plan = plan, .arena = arena, .out = out, .err = err };
    *out = (struct references){ 0 };
    const bool *const *is_key = plan_key_columns(plan, arena);
    list_parents(&f);
    for (int t = 0; t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        int from = out->n;
        f.begins_key = is_key[t];
        if (table->kind == 'f')
            continue;
        for (int c = 0; c < table->ncolumns; c++)
            propose_of_column(&f, table, c);
        propose_by_values(&f, from, table);
    }
    return !f.failed;
}

/* ---- values */

static bool
count_found(struct pg_conn *conn, const struct sampling *s, const struct sample_edge *edge,
            struct reference *reference, struct reference_end *end, int *nunanswered,
            struct decant_error *err)
{
    assert(s != NULL && edge != NULL && reference != NULL && end != NULL);
    const struct table *child = s->tables[edge->child].table;
    const struct table *parent = s->tables[edge->parent].table;
    const struct column *key = edge->child_keys[0];
    struct buf sql = { 0 };
    buf_puts(&sql, "SELECT pg_catalog.count(k), pg_catalog.count(k) FILTER (WHERE EXISTS (SELECT "
                   "FROM ");
    catalog_put_rows(parent, &sql);
    buf_puts(&sql, " AS p WHERE p.");
    quote_ident(&sql, parent->columns[edge->parent_columns[0]].name);
    buf_puts(&sql, " OPERATOR(pg_catalog.=) r.k)), pg_catalog.sum(n) FILTER (WHERE k IS NOT NULL), "
                   "pg_catalog.sum(n) FROM (SELECT k, pg_catalog.count(*) AS n FROM (SELECT ");
    if (key->expression != NULL)
        buf_puts(&sql, key->expression);
    else
        quote_ident(&sql, key->name);
    buf_puts(&sql, " AS k FROM ");
    /* a type may be rare, and what names found among many is not lost among few */
    (end->value != NULL ? evidence_put_many : evidence_put_sample)(child, &sql);
    buf_puts(&sql, ") s GROUP BY k) r");
    struct pg_result *r;
    bool ok = evidence_ask(conn, buf_str(&sql), &r, err);
    *nunanswered += r == NULL;
    if (r != NULL) {
        end->looked = pg_int(r, 0, 0);
        end->found = pg_int(r, 0, 1);
        end->rows = pg_text(r, 0, 2) != NULL ? pg_int(r, 0, 2) : 0;
        reference->rows = pg_text(r, 0, 3) != NULL ? pg_int(r, 0, 3) : 0;
    }
    pg_result_free(r);
    buf_deinit(&sql);
    return ok;
}

/* Leaves the ends that hold; of several references of one column the one that holds best. */
static void
prune(struct references *references)
{
    int n = 0;
    for (int i = 0; i < references->n; i++) {
        struct reference *r = &references->items[i];
        int ends = 0;
        for (int e = 0; e < r->nends; e++)
            if (r->ends[e].found > 0 &&
                (double)r->ends[e].found >= MOSTLY * (double)r->ends[e].looked)
                r->ends[ends++] = r->ends[e];
        r->nends = ends;
        if (ends == 0)
            continue;
        struct reference *last = n > 0 ? &references->items[n - 1] : NULL;
        bool same = last != NULL && last->table == r->table && last->column == r->column &&
                    last->member == r->member;
        if (!same)
            references->items[n++] = *r;
        else if (r->ends[0].found > last->ends[0].found)
            *last = *r;
    }
    references->n = n;
}

bool
references_prove(struct pg_conn *conn, const struct sampling *sampling,
                 struct references *references, struct decant_error *err)
{
    int edge = sampling->nedges;
    for (int i = 0; i < references->n; i++)
        edge -= references->items[i].nends;
    bool ok = true;
    for (int i = 0; ok && i < references->n; i++)
        for (int e = 0; ok && e < references->items[i].nends; e++)
            ok = count_found(conn, sampling, &sampling->edges[edge++], &references->items[i],
                             &references->items[i].ends[e], &references->nunanswered, err);
    prune(references);
    return ok;
}

bool
references_is_whole(const struct reference *reference)
{
    assert(reference != NULL);
    int64_t rows = 0;
    for (int e = 0; e < reference->nends; e++)
        rows += reference->ends[e].rows;
    return reference->type_column != NULL && rows > 0 &&
           (double)rows >= NEARLY_ALL * (double)reference->rows;
}

struct reference *
references_of(const struct references *references, const struct sampling *sampling, int number)
{
    assert(references != NULL && sampling != NULL);
    int edge = sampling->nedges;
    for (int i = 0; i < references->n; i++)
        edge -= references->items[i].nends;
    for (int i = 0; i < references->n; edge += references->items[i++].nends)
        if (number >= edge && number < edge + references->items[i].nends)
            return &references->items[i];
    return NULL;
}

/* ---- lines */

static void
put_column(const struct table *table, const char *column, const char *member, struct buf *out)
{
    struct buf name = { 0 };
    spell_name(table->schema, &name);
    buf_putc(&name, '.');
    spell_name(table->name, &name);
    buf_putc(&name, '.');
    spell_name(column, &name);
    if (member != NULL)
        buf_printf(&name, ":$.%s", member);
    spell_scalar(buf_str(&name), out);
    buf_deinit(&name);
}

static bool
put_reference(const struct reference *r, struct buf *out)
{
    assert(r != NULL);
    int64_t looked = 0, found = 0;
    buf_puts(out, "    - {from: ");
    if (r->type_column != NULL) {
        buf_putc(out, '[');
        put_column(r->table, r->type_column, NULL, out);
        buf_puts(out, ", ");
    }
    put_column(r->table, r->column, r->member, out);
    buf_puts(out, r->type_column != NULL ? "], to: {" : ", to: ");
    for (int e = 0; e < r->nends; e++) {
        const struct reference_end *end = &r->ends[e];
        buf_puts(out, e > 0 ? ", " : "");
        if (end->value != NULL) {
            spell_item(end->value, out);
            buf_puts(out, ": ");
        }
        put_column(end->table, end->table->columns[end->column].name, NULL, out);
        looked += end->looked;
        found += end->found;
    }
    bool is_guess = (double)found < CLEARLY * (double)looked;
    buf_printf(out, "%s%s}", r->type_column != NULL ? "}" : "",
               r->is_owner      ? ", policy: owner"
               : r->is_required ? ", policy: require"
                                : "");
    if (looked > 0)
        buf_printf(out, "  # %s%lld of %lld keys are there", is_guess ? "? " : "", (long long)found,
                   (long long)looked);
    buf_putc(out, '\n');
    return is_guess;
}

int
references_put(const struct references *references, struct buf *out)
{
    assert(references != NULL);
    int guesses = references->nunanswered > 0;
    if (references->nunanswered > 0)
        buf_printf(out,
                   "  # ? %d looks for references took too long, or were refused: what they would "
                   "have found is not here\n",
                   references->nunanswered);
    if (references->n > 0)
        buf_puts(out, "  virtual:  # references that no foreign key declares\n");
    for (int i = 0; i < references->n; i++)
        guesses += put_reference(&references->items[i], out);
    return guesses;
}
