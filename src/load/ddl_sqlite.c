/* SPDX-License-Identifier: PostgreSQL */
#include "load/ddl_sqlite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A name that no other one equals, without regard to case; SQLite keeps "sqlite_" for itself. */
static const char *
unique_name(struct arena *arena, struct map *taken, const char *wanted)
{
    const char *base = strncasecmp(wanted, "sqlite_", 7) == 0 ? arena_printf(arena, "_%s", wanted)
                                                              : arena_strdup(arena, wanted);
    const char *name = base;
    for (int i = 2; map_get_name(taken, name) != NULL; i++)
        name = arena_printf(arena, "%s_%d", base, i);
    map_put_name(taken, name, (void *)name);
    return name;
}

static const char *
flat_name(struct arena *arena, const char *schema, const char *name)
{
    return strcmp(schema, "public") == 0 ? name : arena_printf(arena, "%s__%s", schema, name);
}

static bool
is_rowid_type(const struct type *type)
{
    return type->kind == TYPE_SCALAR &&
           (type->scalar == SCALAR_INT2 || type->scalar == SCALAR_INT4 ||
            type->scalar == SCALAR_INT8);
}

static int
integer_key(const struct table *table)
{
    const struct index *key = catalog_primary_key(table);
    if (key == NULL || key->nkeys != 1 || !is_rowid_type(table->columns[key->keys[0].column].type))
        return -1;
    return key->keys[0].column;
}

static bool
is_float(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR &&
           (column->type->scalar == SCALAR_FLOAT4 || column->type->scalar == SCALAR_FLOAT8);
}

static void
build_columns(const struct sqlite_schema *schema, struct sqlite_table *t, struct arena *arena,
              struct notes *notes)
{
    const struct server *server = &schema->plan->catalog->server;
    struct map taken = { 0 };
    t->ncolumns = t->source->ncolumns;
    t->columns = ARENA_ARRAY(arena, struct sqlite_column, t->ncolumns + 1);
    for (int i = 0; i < t->ncolumns; i++) {
        const struct column *source = &t->source->columns[i];
        t->columns[i] = (struct sqlite_column){
            .source = source,
            .name = unique_name(arena, &taken, source->name),
            .constant = map_get(&schema->plan->constants, (uint64_t)(uintptr_t)source),
            .profile = schema->profile,
            .odd = schema->profile->has_no_nan && is_float(source) ? ODD_NULL : schema->odd,
            .style = { .money_scale = server->money_scale },
            .check_utf8 = strcmp(server->encoding, "SQL_ASCII") == 0,
        };
        if (strcmp(t->columns[i].name, source->name) != 0)
            notes_add(notes, NOTE_RENAMED, "column", 0, "%s.%s.%s (now %s)", t->source->schema,
                      t->source->name, source->name, t->columns[i].name);
    }
    map_deinit(&taken);
}

static void
build_checks(struct sqlite_table *t, struct arena *arena)
{
    int n = t->source->nchecks;
    for (int i = 0; i < t->ncolumns; i++)
        n += t->columns[i].source->domain != NULL ? t->columns[i].source->domain->nchecks : 0;
    t->checks = ARENA_ARRAY(arena, struct sqlite_check, n + 1);
    for (int i = 0; i < t->source->nchecks; i++)
        t->checks[t->nchecks++] = (struct sqlite_check){
            .name = t->source->checks[i].name,
            .sql = t->source->checks[i].sql,
            .is_validated = t->source->checks[i].is_validated,
            .state = t->source->checks[i].is_enforced ? CHECK_CARRIED : CHECK_NOT_ENFORCED,
        };
    for (int i = 0; i < t->ncolumns; i++) {
        const struct domain *domain = t->columns[i].source->domain;
        for (int j = 0; domain != NULL && j < domain->nchecks; j++)
            t->checks[t->nchecks++] =
                (struct sqlite_check){ .name = arena_printf(arena, "%s_%s", domain->checks[j].name,
                                                            t->columns[i].name),
                                       .sql = domain->checks[j].sql,
                                       .is_validated = domain->checks[j].is_validated,
                                       .value = &t->columns[i] };
    }
}

static void
build_keys(const struct sqlite_schema *schema, struct sqlite_table *t, struct arena *arena)
{
    const struct plan *plan = schema->plan;
    int n = 0;
    for (int i = 0; i < plan->nkeys; i++)
        n += plan->keys[i].child == t->source;
    t->keys = ARENA_ARRAY(arena, struct sqlite_key, n + 1);
    for (int i = 0; i < plan->nkeys; i++) {
        const struct foreign_key *key = plan->keys[i].key;
        if (plan->keys[i].child == t->source)
            t->keys[t->nkeys++] = (struct sqlite_key){
                .plan = &plan->keys[i],
                .parent = ddl_table(schema, plan->keys[i].parent),
                .state = !key->is_enforced ? KEY_NOT_ENFORCED
                         : key->is_period  ? KEY_OF_PERIOD
                                           : KEY_CARRIED,
            };
    }
}

/* Which columns are parts of keys: of indexes, or of foreign keys on either side. */
static void
mark_keys(struct sqlite_schema *schema)
{
    for (int i = 0; i < schema->ntables; i++) {
        struct sqlite_table *t = &schema->tables[i];
        for (int j = 0; j < t->source->nindexes; j++)
            for (int k = 0; k < t->source->indexes[j].nkeys; k++)
                if (t->source->indexes[j].keys[k].column >= 0)
                    t->columns[t->source->indexes[j].keys[k].column].is_key = true;
        for (int j = 0; j < t->nkeys; j++)
            for (int k = 0; k < t->keys[j].plan->key->ncolumns; k++)
                t->columns[t->keys[j].plan->child_columns[k]].is_key = true;
    }
}

static bool
has_plain_keys(const struct index *index)
{
    for (int i = 0; i < index->nkeys + index->nincluded; i++)
        if (index->keys[i].column < 0)
            return false;
    return true;
}

struct index_builder {
    struct sqlite_schema *schema;
    struct arena *arena;
    struct map *taken;
    struct sqlite_index **end;
};

static struct sqlite_index *
append_index(struct index_builder *builder, const struct sqlite_table *table,
             const struct index *source, const char *suffix)
{
    struct sqlite_index *index = ARENA_NEW(builder->arena, struct sqlite_index);
    const char *flat = flat_name(builder->arena, source->schema, source->name);
    *index = (struct sqlite_index){
        .name = unique_name(builder->arena, builder->taken,
                            arena_printf(builder->arena, "%s%s", flat, suffix)),
        .origin = arena_printf(builder->arena, "%s.%s", source->schema, source->name),
        .source = source,
        .table = table,
        .is_unique = source->is_unique,
    };
    *builder->end = index;
    builder->end = &index->next;
    return index;
}

static void
add_index(struct index_builder *builder, const struct sqlite_table *table,
          const struct index *source, struct notes *notes)
{
    bool is_tree = strcmp(source->method, "btree") == 0 || strcmp(source->method, "hash") == 0;
    if (!source->is_valid) {
        notes_add(notes, NOTE_INDEX_INVALID, "index", 0, "%s.%s", source->schema, source->name);
        return;
    }
    if (strcmp(source->method, "exclude") == 0)
        notes_add(notes, NOTE_EXCLUSION, "exclusion constraint", 0, "%s.%s.%s",
                  table->source->schema, table->source->name, source->name);
    else if (!is_tree)
        notes_add(notes, NOTE_INDEX_METHOD, "index", 0, "%s.%s (%s)", source->schema, source->name,
                  source->method);
    if (!is_tree && !has_plain_keys(source))
        return;
    struct sqlite_index *index = append_index(builder, table, source, "");
    if (!source->is_unique) {
        index->with_include = true;
        return;
    }
    if (source->nincluded > 0) {
        index = append_index(builder, table, source, "_include");
        index->is_unique = false;
        index->with_include = true;
    }
    if (source->nulls_not_distinct)
        append_index(builder, table, source, "_nulls")->for_nulls = true;
}

/* Numbers are never equal in SQLite only; other primary keys may be. */
static void
add_key_index(struct index_builder *builder, const struct sqlite_table *table)
{
    const struct index *key = catalog_primary_key(table->source);
    if (key == NULL || table->integer_key >= 0)
        return;
    struct sqlite_index *index = append_index(builder, table, key, "");
    index->is_unique = false;
    index->for_equal_keys = true;
}

/* Does an index of the root stand for this index of a leaf? Those have the same columns by name. */
static bool
same_index(const struct table *a, const struct index *x, const struct table *b,
           const struct index *y)
{
    if (x->nkeys != y->nkeys || x->nincluded != y->nincluded || x->is_unique != y->is_unique ||
        (x->predicate == NULL) != (y->predicate == NULL) ||
        (x->predicate != NULL && strcmp(x->predicate, y->predicate) != 0) ||
        strcmp(x->method, y->method) != 0)
        return false;
    for (int i = 0; i < x->nkeys + x->nincluded; i++) {
        if ((x->keys[i].column < 0) != (y->keys[i].column < 0))
            return false;
        if (x->keys[i].column < 0 ? x->keys[i].sql == NULL || y->keys[i].sql == NULL ||
                                        strcmp(x->keys[i].sql, y->keys[i].sql) != 0
                                  : strcmp(a->columns[x->keys[i].column].name,
                                           b->columns[y->keys[i].column].name) != 0)
            return false;
    }
    return true;
}

static int
leaves_with_index(const struct table *root, const struct table *leaf, const struct index *index)
{
    int n = 0;
    for (int i = 0; i < root->nleaves; i++) {
        const struct table *other = root->leaves[i];
        bool found = false;
        for (int j = 0; j < other->nindexes && !found; j++)
            found = same_index(leaf, index, other, &other->indexes[j]);
        n += found;
    }
    return n;
}

/* An index that every leaf of a partitioned table has, and its root has not, becomes an index of
 * the merged table, though not a unique one: two leaves may hold the same key. */
static void
add_leaf_indexes(struct index_builder *builder, struct sqlite_table *table, struct notes *notes)
{
    const struct table *root = table->source;
    const struct table *leaf = root->nleaves > 0 ? root->leaves[0] : NULL;
    for (int i = 0; leaf != NULL && i < leaf->nindexes; i++) {
        bool known = false;
        for (int j = 0; j < root->nindexes && !known; j++)
            known = same_index(leaf, &leaf->indexes[i], root, &root->indexes[j]);
        if (known || leaves_with_index(root, leaf, &leaf->indexes[i]) < root->nleaves)
            continue;
        struct index *copy = ARENA_NEW(builder->arena, struct index);
        *copy = leaf->indexes[i];
        struct index_key *keys =
            ARENA_ARRAY(builder->arena, struct index_key, copy->nkeys + copy->nincluded);
        for (int j = 0; j < copy->nkeys + copy->nincluded; j++) {
            keys[j] = copy->keys[j];
            if (keys[j].column >= 0)
                keys[j].column = table_column(root, leaf->columns[keys[j].column].name);
        }
        if (copy->is_unique)
            notes_add(notes, NOTE_INDEX_NOT_UNIQUE, "index", 0, "%s.%s", copy->schema, copy->name);
        copy->is_unique = copy->is_primary = false;
        copy->keys = keys;
        add_index(builder, table, copy, notes);
    }
}

void
ddl_build(const struct plan *plan, const struct sqlite_profile *profile, enum sqlite_odd odd,
          struct arena *arena, struct notes *notes, struct sqlite_schema *out)
{
    assert(plan != NULL && profile != NULL);
    struct map taken = { 0 };
    *out = (struct sqlite_schema){
        .plan = plan, .profile = profile, .odd = odd, .ntables = plan->ntables
    };
    out->tables = ARENA_ARRAY(arena, struct sqlite_table, plan->ntables + 1);
    for (int i = 0; i < plan->ntables; i++) {
        struct sqlite_table *t = &out->tables[i];
        const struct table *source = plan->tables[i];
        const char *wanted = flat_name(arena, source->schema, source->name);
        map_put(&out->by_source, (uint64_t)(uintptr_t)source, t);
        *t = (struct sqlite_table){ .source = source,
                                    .name = unique_name(arena, &taken, wanted),
                                    .integer_key = integer_key(source),
                                    .is_absent = source->ncolumns == 0 };
        if (strcmp(t->name, wanted) != 0)
            notes_add(notes, NOTE_RENAMED, "table", 0, "%s.%s (now %s)", source->schema,
                      source->name, t->name);
        build_columns(out, t, arena, notes);
        for (int j = 0; plan->masked != NULL && j < t->ncolumns; j++)
            t->columns[j].is_emptied =
                source->columns[j].is_generated && plan->masked[i][j] == FATE_LOST;
        build_checks(t, arena);
    }
    struct index_builder builder = { out, arena, &taken, &out->indexes };
    for (int i = 0; i < out->ntables; i++) {
        struct sqlite_table *t = &out->tables[i];
        build_keys(out, t, arena);
        for (int j = 0; j < t->source->nindexes; j++)
            if (!t->source->indexes[j].is_primary)
                add_index(&builder, t, &t->source->indexes[j], notes);
        add_leaf_indexes(&builder, t, notes);
    }
    for (int i = 0; i < out->ntables; i++)
        add_key_index(&builder, &out->tables[i]);
    mark_keys(out);
    map_deinit(&taken);
}

struct sqlite_table *
ddl_table(const struct sqlite_schema *schema, const struct table *source)
{
    return map_get(&schema->by_source, (uint64_t)(uintptr_t)source);
}

const char *
ddl_name(const struct sqlite_schema *schema, const struct table *source, int column)
{
    const struct sqlite_table *table = ddl_table(schema, source);
    return table->is_absent ? NULL : column < 0 ? table->name : table->columns[column].name;
}
