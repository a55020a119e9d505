/* SPDX-License-Identifier: PostgreSQL */
#include "rules/columns.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"

bool
place_error(const struct rules_place *place, struct decant_error *err, const char *fmt, ...)
{
    assert(place != NULL);
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (place->source == NULL) /* a rule of the program's own */
        return error_set(err, DECANT_REFUSED, "%s", message);
    return yaml_error(place->source, place->line, place->column, err, "%s", message);
}

static struct rules_place
place_of(const struct reader *reader, const struct yaml_node *node)
{
    return (struct rules_place){ reader->source, node->line, node->column };
}

static struct rules_place
key_place(const struct reader *reader, const struct yaml_node *item)
{
    return (struct rules_place){ reader->source, item->key_line, item->key_column };
}

/* ---- masks */

static const struct yaml_node *
find_item(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *item = map->items;
    while (item != NULL && strcmp(item->key, key) != 0)
        item = item->next;
    return item;
}

static struct rules_mask *
read_one(struct reader *reader, const struct yaml_node *node)
{
    struct rules_mask *mask = ARENA_NEW(reader->arena, struct rules_mask);
    mask->place = place_of(reader, node);
    if (node->kind == YAML_TEXT)
        return value_text(reader, node, &mask->use) ? mask : NULL;
    if (node->kind != YAML_MAP) {
        value_error(reader, node, "a transformer's name, or {use: NAME, ...}, is wanted here");
        return NULL;
    }
    const struct yaml_node *use = find_item(node, "use"), *when = find_item(node, "when");
    const struct yaml_node *derive = find_item(node, "derive");
    mask->node = node;
    if (derive != NULL && use == NULL)
        mask->use = "derive";
    else if (use == NULL || derive != NULL) {
        value_error(reader, node, "E101 one of 'use' and 'derive' is wanted here");
        return NULL;
    } else if (!value_text(reader, use, &mask->use))
        return NULL;
    return when == NULL || value_text(reader, when, &mask->when) ? mask : NULL;
}

struct rules_mask *
read_mask(struct reader *reader, const struct yaml_node *node)
{
    assert(reader != NULL && node != NULL);
    struct rules_mask *first = NULL, *last = NULL;
    if (node->kind != YAML_LIST) {
        struct rules_mask *mask = read_one(reader, node);
        if (mask == NULL || mask->when == NULL)
            return mask;
        value_error(reader, node, "E103 'when' leaves the other rows without a rule");
        error_hint(reader->err, "a list of rules, of which the last has no 'when'");
        return NULL;
    }
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_mask *mask = read_one(reader, item);
        if (mask == NULL)
            return NULL;
        if ((mask->when == NULL) != (item->next == NULL)) {
            value_error(reader, item,
                        mask->when == NULL ? "E103 the rules behind this one are never reached"
                                           : "E103 the last rule may have no 'when': every row "
                                             "must be covered");
            return NULL;
        }
        if (first == NULL)
            first = mask;
        else
            last->next = mask;
        last = mask;
    }
    if (first == NULL)
        value_error(reader, node, "the list is empty");
    return first;
}

static bool same_node(const struct yaml_node *a, const struct yaml_node *b);

/* The transformer is compared by itself, and what is said of it for people says nothing else. */
static bool
is_said_apart(const struct yaml_node *item)
{
    return strcmp(item->key, "use") == 0 || strcmp(item->key, "why") == 0;
}

/* Is every item of the map `a` in `b`? A text has none. */
static bool
has_all(const struct yaml_node *a, const struct yaml_node *b, bool is_mask)
{
    for (const struct yaml_node *item = a->items; item != NULL; item = item->next)
        if (!(is_mask && is_said_apart(item)) && !same_node(item, find_item(b, item->key)))
            return false;
    return true;
}

static bool
same_node(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || (a->kind == YAML_TEXT && strcmp(a->text, b->text) != 0))
        return false;
    if (a->kind == YAML_MAP) /* the order of keys says nothing */
        return has_all(a, b, false) && has_all(b, a, false);
    const struct yaml_node *x = a->items, *y = b->items;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!same_node(x, y))
            return false;
    return x == y;
}

/* {use: email} says the same as email; a mask of a domain, or of a pack, may have no node. */
static bool
same_parameters(const struct yaml_node *a, const struct yaml_node *b)
{
    static const struct yaml_node none = { .kind = YAML_TEXT };
    a = a != NULL ? a : &none;
    b = b != NULL ? b : &none;
    return has_all(a, b, true) && has_all(b, a, true);
}

bool
mask_says_same(const struct rules_mask *a, const struct rules_mask *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        if (strcmp(a->use, b->use) != 0 || !same_parameters(a->node, b->node))
            return false;
    return a == b;
}

/* ---- columns */

/* The end of the first name in a list that commas separate. /.../ and quotes hide them. */
static size_t
name_length(const char *list)
{
    size_t n = 0;
    bool quoted = false;
    if (list[0] == '/')
        return strlen(list);
    for (; list[n] != '\0' && (quoted || list[n] != ','); n++)
        quoted ^= list[n] == '"';
    return n;
}

static const char *
next_name(const char **list, struct arena *arena)
{
    const char *at = *list + strspn(*list, " ");
    if (*at == '\0')
        return NULL;
    size_t n = name_length(at), end = n;
    *list = at + n + (at[n] == ',');
    while (end > 0 && at[end - 1] == ' ')
        end--;
    return arena_strndup(arena, at, end);
}

static struct pattern *
compile(struct reader *reader, const struct yaml_node *item, const char *name, int parts)
{
    const char *problem;
    struct pattern *pattern = pattern_new(name, parts, reader->arena, &problem);
    if (pattern == NULL) {
        yaml_error(reader->source, item->key_line, item->key_column, reader->err, "'%s': %s", name,
                   problem);
        return NULL;
    }
    return pattern;
}

static bool
add_column(struct reader *reader, const struct columns_reader *to, const struct yaml_node *table,
           const struct yaml_node *item, const char *table_name, const char *name,
           struct rules_mask *mask)
{
    struct rules_columns *columns = to->out;
    columns->columns = mem_grow(columns->columns, columns->ncolumns, sizeof *columns->columns);
    struct rules_column *out = &columns->columns[columns->ncolumns];
    *out = (struct rules_column){ .place = key_place(reader, item),
                                  .table_name = table_name,
                                  .name = name,
                                  .rank = to->rank,
                                  .mask = mask };
    out->table = compile(reader, table, table_name, 2);
    out->column = out->table != NULL ? compile(reader, item, name, 1) : NULL;
    if (out->column == NULL) {
        pattern_free(out->table);
        return false;
    }
    columns->ncolumns++;
    out->table_is_exact = pattern_is_exact(out->table);
    out->column_is_exact = pattern_is_exact(out->column);
    static const char *const nobody[] = { "zq9 no column of anybody" };
    bool keeps = false;
    for (const struct rules_mask *rule = mask; rule != NULL; rule = rule->next)
        keeps |= strcmp(rule->use, "keep") == 0;
    return !keeps || !pattern_matches(out->column, nobody) ||
           yaml_error(reader->source, item->key_line, item->key_column, reader->err,
                      "E232 '*: keep' would let new columns pass: name them");
}

/* Blanks alone would be a list of no names. */
static bool
is_name(struct reader *reader, const struct yaml_node *item)
{
    return item->key[strspn(item->key, " ")] != '\0' ||
           yaml_error(reader->source, item->key_line, item->key_column, reader->err,
                      "a name is missing");
}

bool
read_columns(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(reader != NULL && node != NULL);
    const struct columns_reader *to = out;
    to->out->is_given = true;
    if (node->kind == YAML_TEXT && node->text[0] == '\0')
        return true;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *table = node->items; table != NULL; table = table->next) {
        const char *tables = table->key, *table_name;
        if (!is_name(reader, table) || !value_is_map(reader, table))
            return false;
        while ((table_name = next_name(&tables, reader->arena)) != NULL)
            for (const struct yaml_node *item = table->items; item != NULL; item = item->next) {
                struct rules_mask *mask = read_mask(reader, item);
                const char *names = item->key, *name;
                if (mask == NULL || !is_name(reader, item))
                    return false;
                while ((name = next_name(&names, reader->arena)) != NULL)
                    if (!add_column(reader, to, table, item, table_name, name, mask))
                        return false;
            }
    }
    return true;
}

bool
read_domains(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(reader != NULL && node != NULL);
    struct rules_columns *columns = ((const struct columns_reader *)out)->out;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        const struct rules_domain *twin = columns_domain(columns, item->key);
        struct rules_mask *mask = read_mask(reader, item);
        if (mask == NULL)
            return false;
        if (strcmp(mask->use, "keep") == 0)
            return value_error(reader, item, "E104 a domain makes fakes: it cannot keep");
        if (mask->next != NULL)
            return value_error(reader, item, "E104 a domain is one rule, without conditions");
        if (twin != NULL)
            return yaml_error(reader->source, item->key_line, item->key_column, reader->err,
                              "E105 the domain '%s' is defined in %s, line %d, too", item->key,
                              twin->place.source->name, twin->place.line);
        columns->domains = mem_grow(columns->domains, columns->ndomains, sizeof *columns->domains);
        columns->domains[columns->ndomains++] =
            (struct rules_domain){ key_place(reader, item), item->key, mask };
    }
    return true;
}

static bool
read_via(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_entity *entity = out;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        entity->nvia++;
    entity->via = ARENA_ARRAY(reader->arena, struct rules_via, entity->nvia + 1);
    entity->nvia = 0;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_via *via = &entity->via[entity->nvia];
        via->place = key_place(reader, item);
        via->table_name = item->key;
        if (!value_text(reader, item, &via->column) ||
            (via->table = compile(reader, item, item->key, 2)) == NULL)
            return false;
        entity->nvia++;
    }
    return true;
}

bool
read_entities(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(node != NULL);
    struct rules_columns *columns = ((const struct columns_reader *)out)->out;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        columns->entities =
            mem_grow(columns->entities, columns->nentities, sizeof *columns->entities);
        struct rules_entity *entity = &columns->entities[columns->nentities++];
        *entity = (struct rules_entity){ .place = key_place(reader, item), .name = item->key };
        const struct field fields[] = { { "table", value_read_text, &entity->table_name },
                                        { "via", read_via, entity } };
        if (!value_fields(reader, item, "an entity", fields, 2))
            return false;
        if (entity->table_name == NULL)
            return value_error(reader, item, "'table' is missing");
        entity->table = compile(reader, item, entity->table_name, 2);
        if (entity->table == NULL)
            return false;
    }
    return true;
}

/* ---- the rest */

struct word_field {
    const char *what;
    const char *const *words;
    int *out;
};

static bool
read_word(struct reader *reader, const struct yaml_node *node, void *out)
{
    const struct word_field *field = out;
    return value_choice(reader, node, field->what, field->words, 2, field->out);
}

static bool
read_safe_types(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_defaults *defaults = out;
    return value_texts(reader, node, &defaults->safe_types, &defaults->nsafe);
}

bool
read_defaults(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const unclassified[] = { "stop", "null" };
    static const char *const keys[] = { "keep", "permute" };
    static const char *const invalid[] = { "by_shape", "stop" };
    struct rules_defaults *defaults = &((const struct columns_reader *)out)->out->defaults;
    struct word_field words[] = { { "choice", unclassified, &defaults->unclassified },
                                  { "choice", keys, &defaults->keys },
                                  { "choice", invalid, &defaults->invalid_input } };
    const struct field fields[] = { { "unclassified", read_word, &words[0] },
                                    { "keys", read_word, &words[1] },
                                    { "invalid_input", read_word, &words[2] },
                                    { "safe_types", read_safe_types, defaults } };
    return value_fields(reader, node, "defaults", fields, 4);
}

static void
add_locale(struct rules_columns *columns, const char *name, double weight)
{
    columns->locales = mem_grow(columns->locales, columns->nlocales, sizeof *columns->locales);
    columns->locales[columns->nlocales++] = (struct rules_locale){ name, weight };
}

bool
read_locale(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(node != NULL);
    struct rules_columns *columns = ((const struct columns_reader *)out)->out;
    const char *name;
    if (node->kind != YAML_MAP) {
        if (!value_text(reader, node, &name))
            return false;
        add_locale(columns, name, 1);
        return true;
    }
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        int64_t weight;
        if (!value_count(reader, item, &weight))
            return false;
        add_locale(columns, item->key, (double)weight);
    }
    return columns->nlocales > 0 || value_error(reader, node, "the map is empty");
}

bool
read_examples(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(reader != NULL && node != NULL);
    struct rules_columns *columns = ((const struct columns_reader *)out)->out;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_example example = { .place = key_place(reader, item) };
        const char *space = strchr(item->key, ' ');
        if (space == NULL || !value_text(reader, item, &example.use))
            return value_error(reader, item, "'column type: transformer' is wanted here");
        example.column = arena_strndup(reader->arena, item->key, (size_t)(space - item->key));
        example.type = space + 1;
        columns->examples =
            mem_grow(columns->examples, columns->nexamples, sizeof *columns->examples);
        columns->examples[columns->nexamples++] = example;
    }
    return true;
}

void
columns_deinit(struct rules_columns *columns)
{
    quiets_deinit(&columns->quiet);
    for (size_t i = 0; i < columns->ncolumns; i++) {
        pattern_free(columns->columns[i].table);
        pattern_free(columns->columns[i].column);
    }
    for (size_t i = 0; i < columns->nentities; i++) {
        pattern_free(columns->entities[i].table);
        for (int j = 0; j < columns->entities[i].nvia; j++)
            pattern_free(columns->entities[i].via[j].table);
    }
    map_deinit(&columns->by_table);
    free(columns->columns);
    free(columns->domains);
    free(columns->entities);
    free(columns->locales);
    free(columns->examples);
}

/* ---- looking up */

const struct rules_domain *
columns_domain(const struct rules_columns *columns, const char *name)
{
    assert(name != NULL);
    for (size_t i = 0; i < columns->ndomains; i++)
        if (strcmp(columns->domains[i].name, name) == 0)
            return &columns->domains[i];
    return NULL;
}

void
columns_normalize(const char *name, struct buf *out)
{
    assert(name != NULL);
    for (const char *p = name; *p != '\0'; p++) {
        bool is_upper = isupper((unsigned char)*p);
        bool begins = is_upper && p > name &&
                      (islower((unsigned char)p[-1]) || isdigit((unsigned char)p[-1]) ||
                       (isupper((unsigned char)p[-1]) && islower((unsigned char)p[1])));
        if (begins && out->len > 0 && out->data[out->len - 1] != '_')
            buf_putc(out, '_');
        buf_putc(out, *p == ' ' || *p == '-' || *p == '.' ? '_' : (char)tolower((unsigned char)*p));
    }
}

/* Lines of exact tables are found by them: one table has few of a large file. */
void
columns_index(struct rules_columns *columns, struct arena *arena)
{
    columns->anywhere.lines =
        ARENA_ARRAY(arena, const struct rules_column *, columns->ncolumns + 1);
    for (size_t i = 0; i < columns->ncolumns; i++) {
        const struct rules_column *line = &columns->columns[i];
        const char *table = pattern_literal(line->table);
        struct rules_lines *own = table != NULL ? map_get_name(&columns->by_table, table) : NULL;
        if (table == NULL) {
            columns->anywhere.lines[columns->anywhere.n++] = line;
            continue;
        }
        if (own == NULL)
            map_put_name(&columns->by_table, table, own = ARENA_NEW(arena, struct rules_lines));
        if ((own->n & (own->n - 1)) == 0) { /* full: at powers of two */
            const struct rules_column **more =
                ARENA_ARRAY(arena, const struct rules_column *, own->n * 2 + 1);
            if (own->n > 0)
                memcpy(more, own->lines, own->n * sizeof *more);
            own->lines = more;
        }
        own->lines[own->n++] = line;
    }
}

/* What is asked about. */
struct asked {
    const char *const names[2]; /* schema and table */
    const char *column, *normal;
};

static bool
takes_column(const struct rules_column *line, const struct asked *asked)
{
    const char *const name[] = { line->rank == RANK_PACK ? asked->normal : asked->column };
    return pattern_matches(line->column, name);
}

struct named_lines {
    const char *name;
    struct rules_lines lines;
};

/* The lines of `anywhere` that take the column's name. */
static const struct rules_lines *
lines_of_name(const struct rules_columns *columns, struct columns_memo *memo,
              const struct asked *asked)
{
    struct named_lines *known = map_get_name(&memo->names, asked->column);
    if (known != NULL && strcmp(known->name, asked->column) == 0)
        return &known->lines;
    const struct rules_lines *all = &columns->anywhere;
    const struct rules_column **taken = mem_alloc_table((all->n + 1) * sizeof *taken);
    struct named_lines *made = ARENA_NEW(memo->arena, struct named_lines);
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (takes_column(all->lines[i], asked))
            taken[n++] = all->lines[i];
    made->name = asked->column;
    made->lines.n = n;
    made->lines.lines = ARENA_ARRAY(memo->arena, const struct rules_column *, n + 1);
    memcpy(made->lines.lines, taken, n * sizeof *taken);
    free(taken);
    if (known == NULL) /* the map knows no capitals */
        map_put_name(&memo->names, asked->column, made);
    return &made->lines;
}

/* Smaller wins; lines of equal rank win in the order of their files. */
static int
line_rank(const struct rules_column *line)
{
    return (line->column_is_exact ? 0 : 8) + (line->table_is_exact ? 0 : 4) + (int)line->rank;
}

/* Lines that decide, as far as they were looked at. */
struct deciding {
    const struct rules_column *best, *twin;
};

static void
consider(const struct rules_lines *among, bool take_column, const struct asked *asked,
         bool (*fits)(void *ctx, const struct rules_mask *mask), void *ctx, struct deciding *out)
{
    for (size_t i = 0; among != NULL && i < among->n; i++) {
        const struct rules_column *line = among->lines[i];
        bool is_exact = line->table_is_exact && line->column_is_exact;
        int rank = line_rank(line), best = out->best != NULL ? line_rank(out->best) : INT_MAX;
        if (rank > best || (rank == best && !is_exact) ||
            !pattern_matches(line->table, asked->names) ||
            (!take_column && !takes_column(line, asked)) || (!is_exact && !fits(ctx, line->mask)))
            continue;
        if (rank < best)
            *out = (struct deciding){ .best = line };
        else
            out->twin = line;
    }
}

const struct rules_column *
columns_match(const struct rules_columns *columns, struct columns_memo *memo, const char *schema,
              const char *table, const char *column,
              bool (*fits)(void *ctx, const struct rules_mask *mask), void *ctx,
              const struct rules_column **twin)
{
    assert(schema != NULL && table != NULL && column != NULL);
    struct deciding deciding = { 0 };
    struct buf normal = { 0 }, name = { 0 };
    columns_normalize(column, &normal);
    buf_printf(&name, "%s.%s", schema, table);
    const struct asked asked = { { schema, table }, column, buf_str(&normal) };
    /* lines of one rank are in one of both, but for a table with and without quotes */
    consider(map_get_name(&columns->by_table, buf_str(&name)), false, &asked, fits, ctx, &deciding);
    consider(memo != NULL ? lines_of_name(columns, memo, &asked) : &columns->anywhere, memo != NULL,
             &asked, fits, ctx, &deciding);
    buf_deinit(&normal);
    buf_deinit(&name);
    *twin = deciding.twin;
    return deciding.best;
}
