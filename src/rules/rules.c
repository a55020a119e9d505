/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/value.h"

static const char *const policy_names[POLICY_COUNT] = {
    [POLICY_OWNER] = "owner",
    [POLICY_PULL] = "pull",
    [POLICY_PULL_WITH_CHILDREN] = "pull_with_children",
    [POLICY_REQUIRE] = "require",
    [POLICY_REASSIGN] = "reassign",
    [POLICY_NULL] = "null",
};

const char *
rules_policy_name(enum rules_policy policy)
{
    return policy_names[policy];
}

static struct rules_mark
mark_of(const struct yaml_node *node)
{
    return (struct rules_mark){ node->line, node->column };
}

static struct rules_mark
key_mark_of(const struct yaml_node *node)
{
    return (struct rules_mark){ node->key_line, node->key_column };
}

/* Fills a table from its name; `mark` is the name's place. */
static bool
table_name(struct reader *reader, const char *name, struct rules_mark mark, struct rules_table *out)
{
    const char *problem;
    out->name = name;
    out->mark = mark;
    out->pattern = pattern_new(name, 2, reader->arena, &problem);
    return out->pattern != NULL || yaml_error(reader->source, mark.line, mark.column, reader->err,
                                              "'%s' is no name of a table: %s", name, problem);
}

static int
count_items(const struct yaml_node *node)
{
    int n = 0;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        n++;
    return n;
}

/* A list of tables, or one. */
static bool
table_list(struct reader *reader, const struct yaml_node *node, struct rules_table **out, int *n)
{
    if (node->kind == YAML_MAP)
        return value_error(reader, node, "a list of tables is wanted here");
    bool is_list = node->kind == YAML_LIST;
    int most = is_list ? count_items(node) : 1;
    *out = ARENA_ARRAY(reader->arena, struct rules_table, most + 1);
    for (const struct yaml_node *item = is_list ? node->items : node; item != NULL;
         item = item->next) {
        const char *name;
        if (!value_text(reader, item, &name) ||
            !table_name(reader, name, mark_of(item), &(*out)[*n]))
            return false;
        (*n)++;
        if (!is_list)
            break;
    }
    return true;
}

/* A map from tables to something that `entry` reads. */
static bool
table_map(struct reader *reader, const struct yaml_node *node, struct rules_table **out, int *n,
          bool (*entry)(struct reader *, const struct yaml_node *, struct rules_table *))
{
    if (!value_is_map(reader, node))
        return false;
    *out = ARENA_ARRAY(reader->arena, struct rules_table, count_items(node) + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_table *table = &(*out)[*n];
        if (!table_name(reader, item->key, key_mark_of(item), table) || !entry(reader, item, table))
            return false;
        (*n)++;
    }
    return true;
}

static bool
read_rate(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_share(reader, node, out);
}

static bool
read_text(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_text(reader, node, out);
}

static bool
read_count(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_count(reader, node, out);
}

static bool
read_small(struct reader *reader, const struct yaml_node *node, void *out)
{
    int64_t n;
    if (!value_count(reader, node, &n))
        return false;
    *(int *)out = (int)(n > 1000000 ? 1000000 : n);
    return true;
}

static bool
read_bytes(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_bytes(reader, node, out);
}

static bool
root_entry(struct reader *reader, const struct yaml_node *node, struct rules_table *table)
{
    const struct field fields[] = { { "rate", read_rate, &table->rate } };
    return value_fields(reader, node, "a root", fields, 1);
}

static bool
table_entry(struct reader *reader, const struct yaml_node *node, struct rules_table *table)
{
    const struct field fields[] = { { "rate", read_rate, &table->rate },
                                    { "where", read_text, &table->where } };
    return value_fields(reader, node, "a table", fields, 2);
}

static bool
where_entry(struct reader *reader, const struct yaml_node *node, struct rules_table *table)
{
    return value_text(reader, node, &table->where);
}

static bool
read_roots(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_map(reader, node, &sample->roots, &sample->nroots, root_entry);
}

static bool
read_tables(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_map(reader, node, &sample->tables, &sample->ntables, table_entry);
}

static bool
read_also(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_map(reader, node, &sample->also, &sample->nalso, where_entry);
}

static bool
read_whole(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_list(reader, node, &sample->whole, &sample->nwhole);
}

static bool
read_schema_only(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_list(reader, node, &sample->schema_only, &sample->nschema_only);
}

static bool
read_exclude(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    return table_list(reader, node, &sample->excluded, &sample->nexcluded);
}

static bool
read_policy(struct reader *reader, const struct yaml_node *node, void *out)
{
    int policy;
    if (!value_choice(reader, node, "policy", policy_names, POLICY_COUNT, &policy))
        return false;
    *(enum rules_policy *)out = (enum rules_policy)policy;
    return true;
}

/* The last dot outside quotes splits "schema.table.column"; a colon there, "schema.table:name". */
static bool
split_key(struct reader *reader, const struct yaml_node *node, struct rules_key *key)
{
    const char *split = NULL;
    bool quoted = false;
    int dots = 0;
    for (const char *p = node->key; *p != '\0'; p++) {
        quoted ^= *p == '"';
        if (!quoted && (*p == '.' || *p == ':')) {
            split = p;
            dots += *p == '.';
        }
    }
    bool by_name = split != NULL && *split == ':';
    if (split == NULL || dots != (by_name ? 1 : 2) || split[1] == '\0')
        return yaml_error(reader->source, node->key_line, node->key_column, reader->err,
                          "'%s' is no foreign key: write schema.table.column, or "
                          "schema.table:constraint",
                          node->key);
    key->name = node->key;
    key->mark = key_mark_of(node);
    key->table = arena_strndup(reader->arena, node->key, (size_t)(split - node->key));
    *(by_name ? &key->constraint : &key->column) = value_unquote(reader->arena, split + 1);
    const char *problem = "patterns are not allowed here";
    key->pattern = pattern_new(key->table, 2, reader->arena, &problem);
    return (key->pattern != NULL && pattern_is_exact(key->pattern)) ||
           yaml_error(reader->source, node->key_line, node->key_column, reader->err,
                      "'%s' is no foreign key: %s", node->key, problem);
}

static bool
read_keys(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    if (!value_is_map(reader, node))
        return false;
    sample->keys = ARENA_ARRAY(reader->arena, struct rules_key, count_items(node) + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_key *key = &sample->keys[sample->nkeys++];
        const struct field fields[] = { { "policy", read_policy, &key->policy },
                                        { "max_rows", read_count, &key->max_rows } };
        bool ok =
            split_key(reader, item, key) &&
            (item->kind == YAML_TEXT ? read_policy(reader, item, &key->policy)
                                     : value_fields(reader, item, "a foreign key", fields, 2));
        if (!ok)
            return false;
        if (key->max_rows > 0 && key->policy != POLICY_PULL_WITH_CHILDREN)
            return value_error(reader, item, "max_rows belongs to pull_with_children");
    }
    return true;
}

static bool
read_edges(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    const struct field fields[] = { { "per_value", read_small, &sample->edge_values },
                                    { "null_patterns", read_small, &sample->edge_patterns },
                                    { "extremes", read_small, &sample->edge_extremes },
                                    { "budget", read_rate, &sample->edge_budget } };
    return value_fields(reader, node, "edges", fields, 4);
}

static bool
read_dangling(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const names[] = { "keep", "stop" };
    int choice;
    if (!value_choice(reader, node, "value", names, 2, &choice))
        return false;
    *(enum rules_dangling *)out = (enum rules_dangling)choice;
    return true;
}

static bool
read_strata(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    if (!value_is_map(reader, node))
        return false;
    sample->strata = ARENA_ARRAY(reader->arena, struct rules_stratum, count_items(node) + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_stratum *stratum = &sample->strata[sample->nstrata++];
        const struct yaml_node *by = NULL;
        const struct field fields[] = { { "by", value_keep, &by },
                                        { "min", read_small, &stratum->min } };
        stratum->table = item->key;
        stratum->mark = key_mark_of(item);
        if (!value_fields(reader, item, "a stratum", fields, 2))
            return false;
        if (by == NULL)
            return value_error(reader, item, "'by' is missing: the columns that make the strata");
        if (!value_texts(reader, by, &stratum->columns, &stratum->ncolumns))
            return false;
    }
    return true;
}

static bool
read_sample(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *s = out;
    const struct field fields[] = {
        { "rate", read_rate, &s->rate },
        { "rows", read_count, &s->rows },
        { "size", read_bytes, &s->bytes },
        { "seed", read_text, &s->seed },
        { "roots", read_roots, s },
        { "foreign_keys", read_keys, s },
        { "virtual", NULL, NULL },
        { "tables", read_tables, s },
        { "also", read_also, s },
        { "strata", read_strata, s },
        { "cap", read_rate, &s->cap },
        { "whole", read_whole, s },
        { "schema_only", read_schema_only, s },
        { "exclude", read_exclude, s },
        { "edges", read_edges, s },
        { "dangling", read_dangling, &s->dangling },
    };
    s->is_given = true;
    s->mark = key_mark_of(node);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        s->has_cap |= strcmp(item->key != NULL ? item->key : "", "cap") == 0;
        s->has_edges |= strcmp(item->key != NULL ? item->key : "", "edges") == 0;
    }
    if (!value_fields(reader, node, "sample", fields, (int)(sizeof fields / sizeof *fields)))
        return false;
    if ((s->rate > 0) + (s->rows > 0) + (s->bytes > 0) > 1)
        return value_error(reader, node, "'rate', 'rows' and 'size' exclude each other");
    return true;
}

static bool
read_sqlite(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "profile", read_text, &rules->sqlite_profile } };
    return value_fields(reader, node, "sqlite", fields, 1);
}

static bool
read_postgres(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "keep", read_small, &rules->postgres_keep } };
    return value_fields(reader, node, "postgres", fields, 1);
}

static bool
read_target(struct reader *reader, const struct yaml_node *node, void *out)
{
    const struct field fields[] = { { "sqlite", read_sqlite, out },
                                    { "postgres", read_postgres, out } };
    return value_fields(reader, node, "target", fields, 2);
}

static bool
read_version(struct reader *reader, const struct yaml_node *node, void *out)
{
    const char *version;
    (void)out;
    return value_text(reader, node, &version) &&
           (strcmp(version, "1") == 0 ||
            value_error(reader, node, "this decant knows version 1 of the language"));
}

/* A part of the language that this version does not carry out is refused, not ignored. */
static bool
read_file(struct reader *reader, const struct yaml_node *root, struct rules *rules)
{
    const struct field fields[] = {
        { "version", read_version, NULL },
        { "key_id", read_text, &rules->key_id },
        { "sample", read_sample, &rules->sample },
        { "target", read_target, rules },
        { "locale", NULL, NULL },
        { "packs", NULL, NULL },
        { "include", NULL, NULL },
        { "defaults", NULL, NULL },
        { "domains", NULL, NULL },
        { "entities", NULL, NULL },
        { "columns", NULL, NULL },
        { "checks", NULL, NULL },
    };
    return value_fields(reader, root, "the file", fields, (int)(sizeof fields / sizeof *fields));
}

static struct rules *
rules_new(void)
{
    struct rules *rules = mem_alloc(sizeof *rules);
    rules->postgres_keep = -1;
    rules->sample = (struct rules_sample){
        .seed = "v1", .cap = 0.05, .edge_values = 3, .edge_patterns = 3, .edge_budget = 0.02
    };
    return rules;
}

static bool
interpret(struct rules *rules, struct decant_error *err)
{
    struct yaml_node *root;
    struct reader reader = { .source = &rules->source, .arena = &rules->arena, .err = err };
    return yaml_parse(&rules->source, &rules->arena, &root, err) && read_file(&reader, root, rules);
}

bool
rules_load(const char *path, struct rules **out, struct decant_error *err)
{
    struct rules *rules = rules_new();
    bool ok = yaml_read(path, &rules->arena, &rules->source, err) && interpret(rules, err);
    if (ok)
        *out = rules;
    else
        rules_free(rules);
    return ok;
}

bool
rules_parse(const char *name, const char *text, size_t len, struct rules **out,
            struct decant_error *err)
{
    struct rules *rules = rules_new();
    rules->source = (struct yaml_source){ .name = arena_strdup(&rules->arena, name),
                                          .text = arena_strndup(&rules->arena, text, len),
                                          .len = len };
    bool ok = interpret(rules, err);
    if (ok)
        *out = rules;
    else
        rules_free(rules);
    return ok;
}

void
rules_set_rate(struct rules *rules, double rate)
{
    rules->sample.rate = rate;
    rules->sample.rows = rules->sample.bytes = 0;
}

static void
free_patterns(struct rules_table *tables, int n)
{
    /* the entry that failed last is not counted, but may have its pattern */
    for (int i = 0; tables != NULL && i <= n; i++)
        pattern_free(tables[i].pattern);
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    struct rules_sample *s = &rules->sample;
    free_patterns(s->roots, s->nroots);
    free_patterns(s->tables, s->ntables);
    free_patterns(s->also, s->nalso);
    free_patterns(s->whole, s->nwhole);
    free_patterns(s->schema_only, s->nschema_only);
    free_patterns(s->excluded, s->nexcluded);
    for (int i = 0; i < s->nkeys; i++)
        pattern_free(s->keys[i].pattern);
    arena_deinit(&rules->arena);
    free(rules);
}

bool
rules_error(const struct rules *rules, struct rules_mark mark, struct decant_error *err,
            const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return yaml_error(&rules->source, mark.line, mark.column, err, "%s", message);
}
