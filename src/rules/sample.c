/* SPDX-License-Identifier: PostgreSQL */
/* The section `sample`. */
#include <assert.h>
#include <string.h>

#include "rules/sections.h"

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
root_entry(struct reader *reader, const struct yaml_node *node, struct rules_table *table)
{
    const struct field fields[] = { { "rate", value_read_rate, &table->rate } };
    return value_fields(reader, node, "a root", fields, 1);
}

static bool
table_entry(struct reader *reader, const struct yaml_node *node, struct rules_table *table)
{
    const struct field fields[] = { { "rate", value_read_rate, &table->rate },
                                    { "where", value_read_text, &table->where } };
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

/* The last dot outside quotes splits "schema.table.column"; a colon there, "schema.table:name". The
 * table must be an exact name; it has the first *len bytes. NULL: `text` is neither. */
static const char *
split_name(struct reader *reader, const char *text, struct pattern **table, size_t *len,
           bool *by_colon)
{
    const char *split = NULL, *problem;
    bool quoted = false;
    int dots = 0;
    for (const char *p = text; *p != '\0'; p++) {
        quoted ^= *p == '"';
        if (!quoted && (*p == '.' || *p == ':')) {
            split = p;
            dots += *p == '.';
        }
    }
    *by_colon = split != NULL && *split == ':';
    if (split == NULL || dots != (*by_colon ? 1 : 2) || split[1] == '\0')
        return NULL;
    *len = (size_t)(split - text);
    const char *name = arena_strndup(reader->arena, text, *len);
    *table = pattern_new(name, 2, reader->arena, &problem);
    if (*table == NULL || pattern_is_exact(*table))
        return *table == NULL ? NULL : value_unquote(reader->arena, split + 1);
    pattern_free(*table);
    *table = NULL;
    return NULL;
}

static bool
split_key(struct reader *reader, const struct yaml_node *node, struct rules_key *key)
{
    size_t len;
    bool by_colon;
    key->name = node->key;
    key->mark = key_mark_of(node);
    const char *last = split_name(reader, node->key, &key->pattern, &len, &by_colon);
    if (last == NULL)
        return yaml_error(reader->source, node->key_line, node->key_column, reader->err,
                          "'%s' is no foreign key: write schema.table.column, or "
                          "schema.table:constraint, without patterns",
                          node->key);
    *(by_colon ? &key->constraint : &key->column) = last;
    return true;
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
                                        { "max_rows", value_read_count, &key->max_rows } };
        key->policy = POLICY_COUNT;
        bool ok =
            split_key(reader, item, key) &&
            (item->kind == YAML_TEXT ? read_policy(reader, item, &key->policy)
                                     : value_fields(reader, item, "a foreign key", fields, 2));
        if (!ok)
            return false;
        if (key->policy == POLICY_COUNT)
            return value_error(reader, item, "'policy' is missing");
        if (key->max_rows > 0 && key->policy != POLICY_PULL_WITH_CHILDREN)
            return value_error(reader, item, "max_rows belongs to pull_with_children");
    }
    return true;
}

/* schema.table.column, all of one table. */
static bool
read_names(struct reader *reader, const struct yaml_node *node, struct pattern **table,
           const char ***columns, int *n)
{
    const char **names, *first = NULL;
    bool by_colon;
    if (!value_texts(reader, node, &names, n))
        return false;
    *columns = ARENA_ARRAY(reader->arena, const char *, *n + 1);
    for (int i = 0; i < *n; i++) {
        struct pattern *here = NULL;
        size_t len = 0;
        (*columns)[i] = split_name(reader, names[i], &here, &len, &by_colon);
        bool same = first == NULL || (strncmp(first, names[i], len) == 0 && first[len] == '.');
        first = first == NULL ? names[i] : first;
        if (*table == NULL)
            *table = here;
        else
            pattern_free(here);
        if ((*columns)[i] == NULL || by_colon || !same)
            return value_error(reader, node,
                               "columns of one table are wanted here: schema.table.column");
    }
    return true;
}

/* "schema.table.column:$.path" */
static bool
read_from(struct reader *reader, const struct yaml_node *node, struct rules_reference *out)
{
    const char *path = node->kind == YAML_TEXT ? strstr(node->text, ":$") : NULL;
    struct yaml_node column = *node;
    if (path != NULL) {
        column.text = arena_strndup(reader->arena, node->text, (size_t)(path - node->text));
        out->path = path + 1;
    }
    return read_names(reader, &column, &out->table, &out->columns, &out->ncolumns);
}

static bool
read_end(struct reader *reader, const struct yaml_node *node, struct rules_reference *out)
{
    struct rules_end *end = &out->ends[out->nends++];
    end->name = node->kind == YAML_TEXT ? node->text : "the list";
    return read_names(reader, node, &end->table, &end->columns, &end->ncolumns) &&
           (end->ncolumns == out->ncolumns ||
            value_error(reader, node, "'from' and 'to' have different numbers of columns"));
}

/* A map tells the table by the value of the first column; the rest tell the row. */
static bool
read_ends(struct reader *reader, const struct yaml_node *node, struct rules_reference *out)
{
    out->ends = ARENA_ARRAY(reader->arena, struct rules_end, count_items(node) + 2);
    if (node->kind != YAML_MAP)
        return read_end(reader, node, out);
    if (out->ncolumns != 2)
        return value_error(
            reader, node, "several tables need two columns in 'from': of the type, and of the key");
    if (node->items == NULL)
        return value_error(reader, node, "the map is empty");
    out->type_column = *out->columns++;
    out->ncolumns--;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        if (!read_end(reader, item, out))
            return false;
        out->ends[out->nends - 1].value = item->key;
    }
    return true;
}

static bool
read_reference(struct reader *reader, const struct yaml_node *node, struct rules_reference *out)
{
    const struct yaml_node *from = NULL, *to = NULL, *policy = NULL;
    const struct field fields[] = { { "from", value_keep, &from },
                                    { "to", value_keep, &to },
                                    { "policy", value_keep, &policy } };
    out->mark = mark_of(node);
    if (!value_fields(reader, node, "a reference", fields, 3))
        return false;
    if (from == NULL || to == NULL)
        return value_error(reader, node, "a reference has 'from' and 'to'");
    out->has_policy = policy != NULL;
    if (!read_from(reader, from, out) || !read_ends(reader, to, out) ||
        (policy != NULL && !read_policy(reader, policy, &out->policy)))
        return false;
    out->name = from->kind == YAML_TEXT ? from->text : from->items->text;
    return true;
}

static bool
read_references(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    if (node->kind != YAML_LIST)
        return value_error(reader, node, "a list of {from: ..., to: ...} is wanted here");
    sample->references = ARENA_ARRAY(reader->arena, struct rules_reference, count_items(node) + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        if (!read_reference(reader, item, &sample->references[sample->nreferences++]))
            return false;
    return true;
}

static bool
read_edges(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_sample *sample = out;
    const struct field fields[] = { { "per_value", value_read_small, &sample->edge_values },
                                    { "null_patterns", value_read_small, &sample->edge_patterns },
                                    { "extremes", value_read_small, &sample->edge_extremes },
                                    { "budget", value_read_rate, &sample->edge_budget } };
    if (!value_fields(reader, node, "edges", fields, 4))
        return false;
    return (sample->edge_values <= 10 && sample->edge_patterns <= 10) ||
           value_error(reader, node, "at most 10 rows of each value or pattern");
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
                                        { "min", value_read_small, &stratum->min } };
        struct rules_table name;
        stratum->table = item->key;
        stratum->mark = key_mark_of(item);
        if (!table_name(reader, item->key, stratum->mark, &name))
            return false;
        stratum->pattern = name.pattern;
        if (!pattern_is_exact(name.pattern))
            return value_error(reader, item, "strata are of one table: no patterns here");
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
read_cap(struct reader *reader, const struct yaml_node *node, void *out)
{
    if (node->kind == YAML_TEXT && strcmp(node->text, "none") == 0) {
        *(double *)out = 0;
        return true;
    }
    return value_share(reader, node, out);
}

bool
read_sample(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(node != NULL);
    struct rules_sample *s = out;
    const struct field fields[] = {
        { "rate", value_read_rate, &s->rate },
        { "rows", value_read_count, &s->rows },
        { "size", value_read_bytes, &s->bytes },
        { "seed", value_read_text, &s->seed },
        { "roots", read_roots, s },
        { "foreign_keys", read_keys, s },
        { "virtual", read_references, s },
        { "tables", read_tables, s },
        { "also", read_also, s },
        { "strata", read_strata, s },
        { "cap", read_cap, &s->cap },
        { "whole", read_whole, s },
        { "schema_only", read_schema_only, s },
        { "exclude", read_exclude, s },
        { "edges", read_edges, s },
        { "dangling", read_dangling, &s->dangling },
    };
    s->is_given = true;
    s->mark = key_mark_of(node);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        s->has_edges |= strcmp(item->key != NULL ? item->key : "", "edges") == 0;
    if (!value_fields(reader, node, "sample", fields, (int)(sizeof fields / sizeof *fields)))
        return false;
    if ((s->rate > 0) + (s->rows > 0) + (s->bytes > 0) > 1)
        return value_error(reader, node, "'rate', 'rows' and 'size' exclude each other");
    return true;
}

static void
free_patterns(struct rules_table *tables, int n)
{
    /* the entry that failed last is not counted, but may have its pattern */
    for (int i = 0; tables != NULL && i <= n; i++)
        pattern_free(tables[i].pattern);
}

void
sample_deinit(struct rules_sample *s)
{
    free_patterns(s->roots, s->nroots);
    free_patterns(s->tables, s->ntables);
    free_patterns(s->also, s->nalso);
    free_patterns(s->whole, s->nwhole);
    free_patterns(s->schema_only, s->nschema_only);
    free_patterns(s->excluded, s->nexcluded);
    for (int i = 0; i < s->nkeys; i++)
        pattern_free(s->keys[i].pattern);
    for (int i = 0; i < s->nstrata; i++)
        pattern_free(s->strata[i].pattern);
    for (int i = 0; i < s->nreferences; i++) {
        pattern_free(s->references[i].table);
        for (int j = 0; j < s->references[i].nends; j++)
            pattern_free(s->references[i].ends[j].table);
    }
}

/* No table is chosen by chance. */
static void
forget_chances(struct rules_sample *sample)
{
    sample->is_given = true;
    sample->is_asked = true;
    sample->has_edges = false;
    sample->edge_values = sample->edge_patterns = 0;
    sample->rate = sample->cap = 0;
    sample->rows = sample->bytes = 0;
    for (int i = 0; i < sample->nroots; i++)
        sample->roots[i].rate = 0;
    for (int i = 0; i < sample->ntables; i++)
        sample->tables[i].rate = 0;
    for (; sample->nstrata > 0; sample->nstrata--)
        pattern_free(sample->strata[sample->nstrata - 1].pattern);
}

void
rules_set_cover(struct rules *rules, int64_t most)
{
    assert(rules != NULL && most >= 0);
    forget_chances(&rules->sample);
    rules->sample.is_cover = true;
    rules->sample.cover_rows = most;
}

bool
rules_set_asked(struct rules *rules, const struct rules_table *also, int n,
                struct decant_error *err)
{
    assert(rules != NULL && also != NULL && n > 0);
    struct rules_sample *sample = &rules->sample;
    forget_chances(sample);
    free_patterns(sample->also, sample->nalso);
    sample->also = ARENA_ARRAY(&rules->arena, struct rules_table, n + 1);
    for (sample->nalso = 0; sample->nalso < n; sample->nalso++) {
        struct rules_table *table = &sample->also[sample->nalso];
        const char *problem;
        *table = also[sample->nalso];
        table->pattern = pattern_new(table->name, 2, &rules->arena, &problem);
        if (table->pattern == NULL)
            return error_set(err, DECANT_BUG, "'%s' is no name: %s", table->name, problem);
    }
    return true;
}
