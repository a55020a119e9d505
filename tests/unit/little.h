/* SPDX-License-Identifier: PostgreSQL */
/* A little database in a text, and what rules make of it, without a server:
 *
 *     s.users rows 5000                          a table; rows: what the planner believes
 *       id bigint; key; sequence                 a column: name, type, and what is said of it
 *       email text; not null; unique             ... lower: a unique index over lower(email)
 *       boss bigint; -> s.users.id               ... a foreign key
 *       shout text; computed lower(email)
 *       state enum(open,shut); check state <> 'x'; domain d VALUE > 0
 *       + unique a, b [where SQL]                ... of several columns
 *       + key a, b -> s.t: c, d
 *       + check NAME SQL
 *       + exclude a =, b &&
 *       + partition RANGE (a)
 *       + inherits s.base
 */
#ifndef LITTLE_H
#define LITTLE_H

#include "fake.h"
#include "plan/sampling.h"

#include <ctype.h>

enum { LITTLE_MOST = 24 };

struct little {
    struct arena arena;
    struct catalog catalog;
    struct statistics statistics;
    struct plan plan;
    struct notes notes;
    struct rules *rules;
    struct masking masking;
    struct sampling owners;
    struct key *key;
    struct key_ring *ring;
    struct decant_error err;
    struct table *tables;
    struct foreign_key *keys;
};

static inline struct table *
little_table(const struct little *l, const char *name)
{
    const char *dot = strchr(name, '.');
    for (int i = 0; i < l->catalog.ntables; i++)
        if (strncmp(l->tables[i].schema, name, (size_t)(dot - name)) == 0 &&
            strcmp(l->tables[i].name, dot + 1) == 0)
            return &l->tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

/* "a, b" -> numbers of columns; the rest behind them. */
static inline const char *
little_columns(const struct table *table, const char *text, int *out, int *n)
{
    char name[64];
    for (*n = 0;;) {
        text += strspn(text, ", ");
        size_t len = *text == '"' ? strcspn(text + 1, "\"") + 2 : strcspn(text, ", :");
        snprintf(name, sizeof name, "%.*s", (int)(len - 2 * (*text == '"')), text + (*text == '"'));
        out[*n] = table_column(table, name);
        if (out[*n] < 0)
            fail_msg("no column %s in %s", name, table->name);
        ++*n;
        text += len;
        if (*text != ',')
            return text;
    }
}

static inline struct index *
little_index(struct little *l, struct table *table, const char *method)
{
    struct index *all = (struct index *)table->indexes;
    struct index *index = &all[table->nindexes++];
    struct index_key *keys = ARENA_ARRAY(&l->arena, struct index_key, LITTLE_MOST);
    *index = (struct index){ .schema = table->schema,
                             .name = arena_printf(&l->arena, "%s_%d", table->name, table->nindexes),
                             .method = method,
                             .is_valid = true,
                             .is_unique = strcmp(method, "exclude") != 0,
                             .keys = keys };
    return index;
}

static inline struct index *
little_unique(struct little *l, struct table *table, int column, const char *sql)
{
    struct index *index = little_index(l, table, "btree");
    ((struct index_key *)index->keys)[0] = (struct index_key){ .column = column, .sql = sql };
    index->nkeys = 1;
    return index;
}

static inline void
little_check(struct little *l, struct table *table, const char *name, const char *sql)
{
    struct check *checks = (struct check *)table->checks;
    checks[table->nchecks++] = (struct check){ arena_strdup(&l->arena, name),
                                               arena_strdup(&l->arena, sql), true, true, true };
}

static inline void
little_key(struct little *l, struct table *child, const int *columns, int n, const char *to)
{
    const char *dot = strchr(strchr(to, '.') + 1, '.'), *colon = strchr(to, ':');
    const char *end = colon != NULL ? colon : dot;
    const struct table *parent = little_table(l, arena_strndup(&l->arena, to, (size_t)(end - to)));
    struct foreign_key *key = &l->keys[l->catalog.nforeign_keys++];
    int *own = ARENA_ARRAY(&l->arena, int, n), *theirs = ARENA_ARRAY(&l->arena, int, LITTLE_MOST);
    const char **operators = ARENA_ARRAY(&l->arena, const char *, n);
    int m;
    little_columns(parent, end + 1, theirs, &m);
    assert_int_equal(m, n);
    for (int i = 0; i < n; i++) {
        own[i] = columns[i];
        operators[i] = "pg_catalog.=";
    }
    *key = (struct foreign_key){ .name = arena_printf(&l->arena, "fk%d", l->catalog.nforeign_keys),
                                 .child = child,
                                 .parent = parent,
                                 .parent_name = parent->name,
                                 .ncolumns = n,
                                 .child_columns = own,
                                 .parent_columns = theirs,
                                 .operators = operators,
                                 .is_enforced = true,
                                 .is_validated = true,
                                 .on_update = 'a',
                                 .on_delete = 'a',
                                 .match = 's' };
}

static inline const struct type *
little_type(struct little *l, const char *name)
{
    int ignored;
    if (strncmp(name, "enum(", 5) != 0)
        return fake_type(name, &ignored);
    struct type *type = ARENA_NEW(&l->arena, struct type);
    const char **labels = ARENA_ARRAY(&l->arena, const char *, LITTLE_MOST);
    *type = (struct type){ .kind = TYPE_ENUM, .schema = "s", .name = "e", .has_binary = true };
    const char *p = name + 5;
    for (; *p != ')'; p += *p == ',') {
        labels[type->nlabels++] = arena_strndup(&l->arena, p, strcspn(p, ",)"));
        p += strcspn(p, ",)");
    }
    type->labels = labels;
    if (strcmp(p, ")[]") != 0)
        return type;
    struct type *array = ARENA_NEW(&l->arena, struct type);
    *array = (struct type){
        .kind = TYPE_ARRAY, .name = "_e", .schema = "s", .element = type, .has_binary = true
    };
    return array;
}

/* What is said of a column. Keys wait until all tables are there. */
static inline void
little_say(struct little *l, struct table *table, struct column *column, const char *text)
{
    int number = (int)(column - table->columns);
    if (strcmp(text, "key") == 0) {
        little_unique(l, table, number, NULL)->is_primary = true;
        column->not_null = true;
    } else if (strcmp(text, "not null") == 0) {
        column->not_null = true;
    } else if (strcmp(text, "unique") == 0) {
        little_unique(l, table, number, NULL);
    } else if (strcmp(text, "lower") == 0) {
        little_unique(l, table, -1, arena_printf(&l->arena, "lower(%s)", column->name));
    } else if (strcmp(text, "sequence") == 0) {
        column->has_sequence = true;
    } else if (strncmp(text, "computed ", 9) == 0) {
        column->is_generated = true;
        column->default_sql = arena_strdup(&l->arena, text + 9);
    } else if (strncmp(text, "check ", 6) == 0) {
        little_check(l, table, arena_printf(&l->arena, "%s_check", column->name), text + 6);
    } else if (strncmp(text, "domain ", 7) == 0) {
        struct domain *domain = ARENA_NEW(&l->arena, struct domain);
        struct domain_check *check = ARENA_NEW(&l->arena, struct domain_check);
        size_t n = strcspn(text + 7, " ");
        *check = (struct domain_check){ "c", arena_strdup(&l->arena, text + 8 + n), true, true };
        *domain = (struct domain){ .schema = "s",
                                   .name = arena_strndup(&l->arena, text + 7, n),
                                   .base = column->type,
                                   .typmod = column->typmod,
                                   .nchecks = 1,
                                   .checks = check };
        column->domain = domain;
    } else if (strncmp(text, "-> ", 3) != 0) {
        fail_msg("what is '%s'?", text);
    }
}

static inline void
little_say_table(struct little *l, struct table *table, const char *text)
{
    int columns[LITTLE_MOST], n;
    if (strncmp(text, "unique ", 7) == 0) {
        struct index *index = little_index(l, table, "btree");
        const char *rest = little_columns(table, text + 7, columns, &n);
        for (int i = 0; i < n; i++)
            ((struct index_key *)index->keys)[i] = (struct index_key){ .column = columns[i] };
        index->nkeys = n;
        rest += strspn(rest, " ");
        if (strncmp(rest, "where ", 6) == 0)
            index->predicate = arena_strdup(&l->arena, rest + 6);
    } else if (strncmp(text, "check ", 6) == 0) {
        size_t len = strcspn(text + 6, " ");
        little_check(l, table, arena_strndup(&l->arena, text + 6, len), text + 7 + len);
    } else if (strncmp(text, "exclude ", 8) == 0) {
        struct index *index = little_index(l, table, "exclude");
        for (const char *p = text + 8; *p != '\0';) {
            struct index_key *key = &((struct index_key *)index->keys)[index->nkeys++];
            p = little_columns(table, p, columns, &n);
            p += strspn(p, " ");
            *key = (struct index_key){ .column = columns[0], .is_equality = *p == '=' };
            p += strcspn(p, ",");
            p += strspn(p, ", ");
        }
    } else if (strncmp(text, "partition ", 10) == 0) {
        table->partition_key = arena_strdup(&l->arena, text + 10);
        table->kind = 'p';
    } else if (strncmp(text, "inherits ", 9) == 0) {
        const struct table **parents = ARENA_ARRAY(&l->arena, const struct table *, 1);
        parents[0] = little_table(l, text + 9);
        table->parents = parents;
        table->nparents = 1;
    } else if (strncmp(text, "key ", 4) != 0) {
        fail_msg("what is '+ %s'?", text);
    }
}

/* What is known of the rows of a table, to be changed. */
static inline struct table_statistics *
little_known(struct little *l, const struct table *table)
{
    return &l->statistics.tables[table - l->tables];
}

/* One line; in the second round the keys. */
static inline void
little_line(struct little *l, char *line, int round)
{
    struct table *table = l->catalog.ntables > 0 ? &l->tables[l->catalog.ntables - 1] : NULL;
    if (*line != ' ') {
        char *name = strsep(&line, " ");
        if (round == 1)
            return;
        table = &l->tables[l->catalog.ntables++];
        char *dot = strchr(name, '.');
        *table = (struct table){ .schema = arena_strndup(&l->arena, name, (size_t)(dot - name)),
                                 .name = arena_strdup(&l->arena, dot + 1),
                                 .kind = 'r',
                                 .reltuples = 1000,
                                 .columns = ARENA_ARRAY(&l->arena, struct column, LITTLE_MOST),
                                 .checks = ARENA_ARRAY(&l->arena, struct check, LITTLE_MOST),
                                 .indexes = ARENA_ARRAY(&l->arena, struct index, LITTLE_MOST),
                                 .root = table,
                                 .oid = 1000 + (unsigned)l->catalog.ntables };
        *little_known(l, table) = (struct table_statistics){
            .few_rows = -1,
            .columns = ARENA_ARRAY(&l->arena, struct column_statistics, LITTLE_MOST),
        };
        if (line != NULL && strncmp(line, "rows ", 5) == 0)
            table->reltuples = atof(line + 5);
        if (line != NULL && strncmp(line, "few ", 4) == 0)
            little_known(l, table)->few_rows = (int64_t)(table->reltuples = atof(line + 4));
        return;
    }
    line += strspn(line, " ");
    if (*line == '+') {
        if (round == 0)
            little_say_table(l, table, line + 2);
        return;
    }
    char *said = strsep(&line, ";");
    size_t len = *said == '"' ? strcspn(said + 1, "\"") : strcspn(said, " ");
    char *name = arena_strndup(&l->arena, said + (*said == '"'), len);
    struct column *column = &((struct column *)table->columns)[table->ncolumns++];
    *column = fake_column(name, arena_strdup(&l->arena, said + len + 1 + 2 * (*said == '"')));
    column->type = little_type(l, column->type_name);
    column->attnum = table->ncolumns;
    while ((said = strsep(&line, ";")) != NULL)
        little_say(l, table, column, said + strspn(said, " "));
}

static inline void
little_link(struct little *l, const char *schema)
{
    char *text = arena_strdup(&l->arena, schema), *line;
    struct table *table = NULL;
    int number = -1;
    while ((line = strsep(&text, "\n")) != NULL) {
        const char *arrow = strstr(line, "-> ");
        if (*line != ' ' && *line != '\0') {
            table = little_table(l, strsep(&line, " "));
            number = -1;
            continue;
        }
        char *what = line + strspn(line, " ");
        int columns[LITTLE_MOST], n = 1;
        bool is_table = *what == '+';
        number += !is_table && *what != '\0';
        if (arrow == NULL || (is_table && strncmp(what, "+ key ", 6) != 0))
            continue;
        columns[0] = number;
        if (is_table)
            little_columns(table, what + 6, columns, &n);
        const char *to = arena_strndup(&l->arena, arrow + 3, strcspn(arrow + 3, ";"));
        little_key(l, table, columns, n, to);
    }
}

/* `schema` as above. */
static inline void
little_init(struct little *l, const char *schema)
{
    memset(l, 0, sizeof *l);
    l->tables = ARENA_ARRAY(&l->arena, struct table, LITTLE_MOST);
    l->keys = ARENA_ARRAY(&l->arena, struct foreign_key, LITTLE_MOST);
    l->catalog.tables = l->tables;
    l->statistics = (struct statistics){
        .catalog = &l->catalog,
        .tables = ARENA_ARRAY(&l->arena, struct table_statistics, LITTLE_MOST),
    };
    l->catalog.foreign_keys = l->keys;
    l->catalog.server.version = 150004;
    notes_init(&l->notes);
    char *text = arena_strdup(&l->arena, schema), *line;
    while ((line = strsep(&text, "\n")) != NULL)
        if (*line != '\0')
            little_line(l, line, 0);
    little_link(l, schema);
    if (!plan_build(&l->catalog, true, false, &l->arena, &l->notes, &l->plan, &l->err))
        fail_msg("%s", l->err.message);
    l->plan.statistics = &l->statistics;
}

static inline bool
little_decide(struct little *l, const char *rules)
{
    l->rules = fake_rules(rules);
    return masking_decide(l->rules, &l->plan, &l->arena, &l->masking, &l->err);
}

static inline bool
little_compile(struct little *l)
{
    struct rules sampled = *l->rules;
    sampled.sample.rate = sampled.sample.rate > 0 ? sampled.sample.rate : 1;
    l->key = fake_key();
    l->ring = key_ring_new(l->key);
    if (!sampling_build(&sampled, &l->plan, &l->arena, &l->owners, &l->err))
        fail_msg("%s", l->err.message);
    return masking_compile(&l->masking, &l->owners, l->ring, &l->err);
}

/* Both; fails the test when the rules are refused. */
static inline void
little_begin(struct little *l, const char *schema, const char *rules)
{
    little_init(l, schema);
    if (!little_decide(l, rules) || !little_compile(l))
        fail_msg("%s (%s)", l->err.message, l->err.hint);
}

static inline void
little_deinit(struct little *l)
{
    if (l->masking.maker.arena != NULL)
        masking_deinit(&l->masking);
    rules_free(l->rules);
    key_ring_free(l->ring);
    key_free(l->key);
    notes_deinit(&l->notes);
    arena_deinit(&l->arena);
}

/* "s.users.email" */
static inline struct masked_table *
little_at(struct little *l, const char *name, int *column)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%s", name);
    char *last = strrchr(copy, '.');
    *last = '\0';
    struct table *table = little_table(l, copy);
    *column = table_column(table, last + 1);
    if (*column < 0)
        fail_msg("no column %s", name);
    return (struct masked_table *)masking_find(&l->masking, table);
}

static inline const struct decision *
little_decision(struct little *l, const char *name)
{
    int column;
    return &little_at(l, name, &column)->decisions[column];
}

/* NULL: it has none. */
static inline const struct column_mask *
little_mask(struct little *l, const char *name)
{
    int column;
    const struct masked_table *table = little_at(l, name, &column);
    return masking_column(table, column);
}

/* The rule's first word, or the verdict's. */
static inline const char *
little_use(struct little *l, const char *name)
{
    static const char *const verdicts[] = { "undecided", "safe",   "kept",
                                            "masked",    "nulled", "computed" };
    const struct decision *decision = little_decision(l, name);
    return decision->verdict == VERDICT_MASKED ? decision->rule->use : verdicts[decision->verdict];
}

/* The fake of a text in a column, by its only or last mask; valid until the next. */
static inline const char *
little_fake(struct little *l, const char *name, const char *original, uint64_t row)
{
    static struct buf out;
    struct mask_work work = { 0 };
    const struct column_mask *how = little_mask(l, name);
    struct mask_seeds seeds = { { row * 0x9E3779B97F4A7C15u, row }, { row, row }, { row, ~row } };
    struct mask_value cell = { .kind = how->kind,
                               .data = original,
                               .len = strlen(original),
                               .salt = how->salt,
                               .out = &out,
                               .work = &work };
    buf_reset(&out);
    buf_puts(&out, "");
    enum mask_result result = mask_cell(how->masks[how->nmasks - 1], &seeds, &cell);
    mask_work_deinit(&work);
    out.data[out.len] = '\0';
    return result == MASK_NULL ? "(null)" : result == MASK_STOP ? "(stop)" : buf_str(&out);
}

#endif
