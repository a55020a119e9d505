/* SPDX-License-Identifier: PostgreSQL */
#include "plan/plan.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rules/pattern.h"

/* A partition may number its columns differently from its root. */
static const int *
columns_of_root(const struct table *table, const int *columns, int n, struct arena *arena)
{
    int *mapped = ARENA_ARRAY(arena, int, n);
    for (int i = 0; i < n; i++)
        mapped[i] = table_is_partition(table)
                        ? table_column(table->root, table->columns[columns[i]].name)
                        : columns[i];
    return mapped;
}

static bool
same_key(const struct plan_key *a, const struct plan_key *b)
{
    int n = a->key->ncolumns;
    return a->child == b->child && a->parent == b->parent && n == b->key->ncolumns &&
           memcmp(a->child_columns, b->child_columns, (size_t)n * sizeof(int)) == 0 &&
           memcmp(a->parent_columns, b->parent_columns, (size_t)n * sizeof(int)) == 0;
}

/* Two keys between the same columns are two where one cascades and the other does not. */
static bool
same_terms(const struct foreign_key *a, const struct foreign_key *b)
{
    return a->on_update == b->on_update && a->on_delete == b->on_delete && a->match == b->match &&
           a->is_enforced == b->is_enforced && a->is_deferrable == b->is_deferrable &&
           a->is_deferred == b->is_deferred;
}

/* How many leaves of its root carry the same key as keys[at]; it also gathers their validity. */
static int
leaves_with_key(struct plan_key *keys, int nkeys, int at)
{
    int leaves = 0;
    for (int i = 0; i < nkeys; i++) {
        const struct table *child = keys[i].key->child;
        if (child->kind == 'p' || !table_is_partition(child) || !same_key(&keys[i], &keys[at]))
            continue;
        leaves++;
        keys[at].is_validated &= keys[i].is_validated;
    }
    return leaves;
}

/* Keeps one key of each set of equal ones: the root's own, or one that stands on every leaf. */
static void
merge_partitions(struct plan *plan, struct notes *notes)
{
    assert(plan != NULL);
    int kept = 0;
    struct plan_key *keys = plan->keys;
    for (int i = 0; i < plan->nkeys; i++) {
        const struct table *child = keys[i].key->child;
        bool known = false;
        for (int j = 0; j < kept && !known; j++)
            known = same_key(&keys[j], &keys[i]) &&
                    (table_is_partition(child) || table_is_partition(keys[j].key->child) ||
                     same_terms(keys[j].key, keys[i].key));
        if (known)
            continue;
        if (table_is_partition(child)) {
            bool on_root = false; /* it comes later in the list */
            for (int j = i + 1; j < plan->nkeys && !on_root; j++)
                on_root = keys[j].key->child == child->root && same_key(&keys[j], &keys[i]);
            if (on_root)
                continue;
            int leaves = leaves_with_key(keys, plan->nkeys, i);
            if (child->kind == 'p' && leaves > 0)
                continue; /* its leaves have it, too */
            if (leaves < child->root->nleaves) {
                notes_add(notes, NOTE_KEY_ON_SOME_PARTITIONS, "foreign key", 0, "%s.%s.%s",
                          child->schema, child->name, keys[i].key->name);
                continue;
            }
        }
        struct plan_key found = keys[i];
        memmove(&keys[kept + 1], &keys[kept], (size_t)(i - kept) * sizeof *keys);
        keys[kept++] = found;
    }
    plan->nkeys = kept;
}

static int
by_name(const void *a, const void *b)
{
    const struct table *x = *(const struct table *const *)a, *y = *(const struct table *const *)b;
    int order = strcmp(x->schema, y->schema);
    return order != 0 ? order : strcmp(x->name, y->name);
}

bool
plan_build(const struct catalog *catalog, bool drop_dangling, bool merge, struct arena *arena,
           struct notes *notes, struct plan *out, struct decant_error *err)
{
    assert(catalog != NULL && arena != NULL);
    *out = (struct plan){ .catalog = catalog };
    out->tables = ARENA_ARRAY(arena, const struct table *, catalog->ntables + 1);
    for (int i = 0; i < catalog->ntables; i++)
        if (!table_is_partition(&catalog->tables[i]))
            out->tables[out->ntables++] = &catalog->tables[i];
    const struct table **names = ARENA_ARRAY(arena, const struct table *, out->ntables + 1);
    memcpy(names, out->tables, (size_t)out->ntables * sizeof *names);
    if (out->ntables > 0)
        qsort(names, (size_t)out->ntables, sizeof *names, by_name);
    out->by_name = names;
    out->keys = ARENA_ARRAY(arena, struct plan_key, catalog->nforeign_keys + 1);
    for (int i = 0; i < catalog->nforeign_keys; i++) {
        const struct foreign_key *key = &catalog->foreign_keys[i];
        if (key->parent == NULL && !drop_dangling) {
            error_set(err, DECANT_REFUSED,
                      "foreign key '%s' of '%s.%s' refers to '%s', which the patterns leave out",
                      key->name, key->child->schema, key->child->name, key->parent_name);
            return error_hint(err,
                              "select '%s' too, or leave such keys out with "
                              "--drop-dangling-keys",
                              key->parent_name);
        }
        if (key->parent == NULL) {
            notes_add(notes, NOTE_DANGLING_KEY, "foreign key", 0, "%s.%s.%s", key->child->schema,
                      key->child->name, key->name);
            continue;
        }
        out->keys[out->nkeys++] = (struct plan_key){
            .key = key,
            .child = key->child->root,
            .parent = key->parent->root,
            .child_columns = columns_of_root(key->child, key->child_columns, key->ncolumns, arena),
            .parent_columns =
                columns_of_root(key->parent, key->parent_columns, key->ncolumns, arena),
            .is_validated = key->is_validated,
        };
    }
    if (merge)
        merge_partitions(out, notes);
    return true;
}

/* Letters beyond ASCII are letters of names. */
static bool
is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The length of what stands at `p`: a name in quotes, a literal, a word, or one sign. */
static size_t
token_length(const char *p)
{
    size_t n = 1;
    if (*p == '"' || *p == '\'') {
        while (p[n] != '\0' && (p[n] != *p || p[n + 1] == *p))
            n += p[n] == *p ? 2 : 1; /* a quote within stands twice */
        return n + (p[n] != '\0');
    }
    while (is_of_word(*p) && is_of_word(p[n]))
        n++;
    return n;
}

/* Is it the name in quotes, of which those within stand twice? */
static bool
is_quoted(const char *token, size_t len, const char *name)
{
    const char *end = token + len - 1;
    for (token++; token < end && *token == *name; token++, name++)
        token += *token == '"';
    return token == end && *name == '\0';
}

bool
plan_mentions(const char *sql, const char *name)
{
    assert(sql != NULL && name != NULL);
    size_t len = strlen(name), n;
    for (const char *p = sql; *p != '\0'; p += n) {
        n = token_length(p);
        if (*p == '"' ? is_quoted(p, n, name) : n == len && memcmp(p, name, n) == 0)
            return true;
    }
    return false;
}

/* They stand in the order of the catalog's array. */
int
plan_number(const struct plan *plan, const struct table *table)
{
    assert(plan != NULL);
    int low = 0, high = plan->ntables;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (plan->tables[middle] < table)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->ntables && plan->tables[low] == table ? low : -1;
}

/* "schema.table", without quotes, before or behind a table in that order. */
static int
compare_literal(const void *literal, const void *item)
{
    const struct table *table = *(const struct table *const *)item;
    const char *dot = strchr(literal, '.');
    assert(dot != NULL); /* a pattern of two parts */
    size_t len = (size_t)(dot - (const char *)literal);
    int order = strncmp(literal, table->schema, len);
    if (order == 0 && table->schema[len] != '\0')
        return -1;
    return order != 0 ? order : strcmp(dot + 1, table->name);
}

int
plan_find(const struct plan *plan, const struct pattern *pattern)
{
    assert(plan != NULL && (plan->by_name != NULL || plan->ntables == 0));
    const char *literal = pattern_literal(pattern);
    for (int i = 0; literal == NULL && i < plan->ntables; i++) {
        const char *const names[] = { plan->tables[i]->schema, plan->tables[i]->name };
        if (pattern_matches(pattern, names))
            return i;
    }
    const struct table *const *found = literal == NULL || plan->ntables == 0
                                           ? NULL
                                           : bsearch(literal, plan->by_name, (size_t)plan->ntables,
                                                     sizeof *plan->by_name, compare_literal);
    return found != NULL ? plan_number(plan, *found) : -1;
}

const bool *const *
plan_key_columns(const struct plan *plan, struct arena *arena)
{
    assert(plan != NULL);
    bool **is_key = ARENA_ARRAY(arena, bool *, plan->ntables + 1);
    for (int t = 0; t < plan->ntables; t++)
        is_key[t] = ARENA_ARRAY(arena, bool, plan->tables[t]->ncolumns + 1);
    for (int i = 0; i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        int child = plan_number(plan, key->child);
        assert(child >= 0); /* a root of the plan */
        for (int k = 0; k < key->key->ncolumns; k++)
            is_key[child][key->child_columns[k]] = true;
    }
    return (const bool *const *)is_key;
}

static bool
names_masked(const struct plan *plan, int root, const char *sql)
{
    const struct table *table = plan->tables[root];
    for (int c = 0; c < table->ncolumns; c++)
        if (plan->masked[root][c] != FATE_COPIED && plan_mentions(sql, table->columns[c].name))
            return true;
    return false;
}

bool
plan_masks_partition_key(const struct plan *plan, const struct table *table)
{
    assert(plan != NULL && table != NULL);
    int root =
        plan->masked != NULL && table_is_partition(table) ? plan_number(plan, table->root) : -1;
    for (int i = 0; root >= 0 && i < plan->catalog->ntables; i++) {
        const struct table *part = &plan->catalog->tables[i];
        if (part->root == table->root && part->partition_key != NULL &&
            names_masked(plan, root, part->partition_key))
            return true;
    }
    return false;
}

bool
plan_masks_index(const struct plan *plan, const struct index *index)
{
    assert(plan != NULL);
    for (int t = 0; plan->masked != NULL && t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        if (index < table->indexes || index >= table->indexes + table->nindexes)
            continue;
        for (int c = 0; c < table->ncolumns; c++) {
            if (plan->masked[t][c] && index->predicate != NULL &&
                plan_mentions(index->predicate, table->columns[c].name))
                return true;
            for (int k = 0; plan->masked[t][c] && k < index->nkeys; k++)
                if (index->keys[k].column == c ||
                    (index->keys[k].column < 0 &&
                     plan_mentions(index->keys[k].sql, table->columns[c].name)))
                    return true;
        }
    }
    return false;
}

bool
plan_key_is_full(const struct plan_key *key)
{
    assert(key != NULL);
    return key->key->match == 'f' && key->key->ncolumns > 1;
}

bool
plan_key_is_askable(const struct plan_key *key, struct decant_error *err)
{
    assert(key != NULL);
    const struct foreign_key *source = key->key;
    for (int i = 0; i < source->ncolumns; i++) {
        bool is_own = strncmp(source->operators[i], "pg_catalog.", strlen("pg_catalog.")) != 0;
        if (!is_own || source->child->columns[source->child_columns[i]].type->kind == TYPE_SCALAR)
            continue;
        error_set(
            err, DECANT_REFUSED,
            "rows of '%s.%s' break the key '%s', which compares by an operator that is not the "
            "server's: the source is not asked how many of its own do",
            source->child->schema, source->child->name, source->name);
        return error_hint(err, "leave the table out with -T");
    }
    return true;
}
