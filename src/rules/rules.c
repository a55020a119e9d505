/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "rules/sections.h"

/* "statistics: no": sqlite_stat1 is left out. */
static bool
read_statistics(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "yes", "no" };
    int choice;
    if (!value_choice(reader, node, "choice", words, 2, &choice))
        return false;
    *(bool *)out = choice == 1;
    return true;
}

static bool
read_sqlite(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "profile", value_read_text, &rules->sqlite_profile },
                                    { "odd_values", value_read_text, &rules->sqlite_odd_values },
                                    { "statistics", read_statistics,
                                      &rules->sqlite_no_statistics } };
    return value_fields(reader, node, "sqlite", fields, 3);
}

static bool
read_comments(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "drop", "keep" };
    int choice;
    if (!value_choice(reader, node, "choice", words, 2, &choice))
        return false;
    *(int *)out = choice == 0 ? COMMENTS_DROP : COMMENTS_KEEP;
    return true;
}

static bool
read_postgres(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "keep", value_read_small, &rules->postgres_keep },
                                    { "comments", read_comments, &rules->postgres_comments } };
    return value_fields(reader, node, "postgres", fields, 2);
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

/* The parts of a file that is included: it says nothing of its own about samples or targets. */
static bool
read_part(struct reader *reader, const struct yaml_node *root, struct columns_reader *to)
{
    const struct field fields[] = {
        { "version", read_version, NULL },
        { "columns", read_columns, to },
        { "domains", read_domains, to },
        { "entities", read_entities, to },
    };
    return value_fields(reader, root, "an included file", fields, 4);
}

static bool
read_pack(struct reader *reader, const struct yaml_node *root, struct columns_reader *to)
{
    const char *name;
    const struct field fields[] = {
        { "pack", value_read_text, &name },
        { "quiet", read_quiet, &to->out->quiet },
        { "columns", read_columns, to },
        { "examples", read_examples, to },
    };
    return value_fields(reader, root, "a pack", fields, 4);
}

static bool
read_include(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct columns_reader to = { &((struct rules *)out)->columns, RANK_INCLUDED };
    const char **paths;
    int n;
    if (!value_texts(reader, node, &paths, &n))
        return false;
    for (int i = 0; i < n; i++) {
        struct yaml_source *source = ARENA_NEW(reader->arena, struct yaml_source);
        struct reader inner = { .source = source, .arena = reader->arena, .err = reader->err };
        struct yaml_node *root;
        if (!yaml_read(value_beside(reader, paths[i]), reader->arena, source, reader->err) ||
            !yaml_parse(source, reader->arena, &root, reader->err) || !read_part(&inner, root, &to))
            return false;
    }
    return true;
}

bool
rules_read_pack(struct arena *arena, const struct pack *pack, struct rules_columns *out,
                struct decant_error *err)
{
    assert(pack != NULL);
    struct columns_reader to = { out, RANK_PACK };
    struct yaml_source *source = ARENA_NEW(arena, struct yaml_source);
    struct reader reader = { .source = source, .arena = arena, .err = err };
    struct yaml_node *root;
    *source = (struct yaml_source){ .name = arena_printf(arena, "pack %s", pack->name),
                                    .text = pack->text,
                                    .len = strlen(pack->text) };
    return yaml_parse(source, arena, &root, err) && read_pack(&reader, root, &to);
}

static bool
add_pack(struct reader *reader, const struct yaml_node *node, const char *name,
         struct rules_columns *out)
{
    struct suggestion suggestion = { .word = name };
    for (int i = 0; i < npacks; i++) {
        if (strcmp(packs[i].name, name) == 0)
            return rules_read_pack(reader->arena, &packs[i], out, reader->err);
        suggest_offer(&suggestion, packs[i].name);
    }
    yaml_error(reader->source, node->line, node->column, reader->err,
               "E106 there is no pack '%s' in this program", name);
    const char *best = suggest_best(&suggestion);
    return best != NULL ? error_hint(reader->err, "did you mean '%s'?", best)
                        : error_hint(reader->err, "a pack is named with its version: pii@1");
}

static bool
read_packs(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_columns *columns = &((struct rules *)out)->columns;
    columns->is_given = true;
    if (!value_texts(reader, node, &columns->packs, &columns->npacks))
        return false;
    for (int i = 0; i < columns->npacks; i++)
        if (!add_pack(reader, node, columns->packs[i], columns))
            return false;
    return true;
}

/* A part of the language that this version does not carry out is refused, not ignored. */
static bool
read_file(struct reader *reader, const struct yaml_node *root, struct rules *rules)
{
    struct columns_reader to = { &rules->columns, RANK_RULES };
    const struct field fields[] = {
        { "version", read_version, NULL },
        { "key_id", value_read_text, &rules->key_id },
        { "sample", read_sample, &rules->sample },
        { "target", read_target, rules },
        { "locale", read_locale, &to },
        { "packs", read_packs, rules },
        { "include", read_include, rules },
        { "defaults", read_defaults, &to },
        { "domains", read_domains, &to },
        { "entities", read_entities, &to },
        { "columns", read_columns, &to },
        { "quiet", read_quiet, &rules->columns.quiet },
        { "checks", read_checks, &rules->checks },
        { "rehearse", read_rehearse, &rules->rehearse },
        { "run", read_run, &rules->run },
    };
    return value_fields(reader, root, "the file", fields, (int)(sizeof fields / sizeof *fields));
}

static struct rules *
rules_new(void)
{
    struct rules *rules = mem_alloc(sizeof *rules);
    rules->postgres_keep = -1;
    checks_init(&rules->checks);
    rehearse_init(&rules->rehearse);
    rules_run_init(&rules->run);
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
    bool ok =
        yaml_parse(&rules->source, &rules->arena, &root, err) && read_file(&reader, root, rules);
    if (ok)
        columns_index(&rules->columns, &rules->arena);
    return ok;
}

bool
rules_load(const char *path, struct rules **out, struct decant_error *err)
{
    assert(path != NULL && out != NULL);
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
    assert(name != NULL && out != NULL);
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
rules_set_extent(struct rules *rules, double rate, int64_t rows, int64_t bytes)
{
    assert(rate >= 0 && rows >= 0 && bytes >= 0);
    rules->sample.rate = rate;
    rules->sample.rows = rows;
    rules->sample.bytes = bytes;
}

static bool
tables_hold_sql(const struct rules_table *tables, int n)
{
    for (int i = 0; i < n; i++)
        if (tables[i].where != NULL)
            return true;
    return false;
}

static bool
mask_holds_sql(const struct rules_mask *mask)
{
    for (; mask != NULL; mask = mask->next)
        if (mask->when != NULL)
            return true;
    return false;
}

bool
rules_hold_sql(const struct rules *rules)
{
    assert(rules != NULL);
    const struct rules_sample *s = &rules->sample;
    if (rules->checks.ncanaries > 0 || tables_hold_sql(s->roots, s->nroots) ||
        tables_hold_sql(s->tables, s->ntables) || tables_hold_sql(s->also, s->nalso) ||
        tables_hold_sql(s->whole, s->nwhole) || tables_hold_sql(s->schema_only, s->nschema_only))
        return true;
    for (size_t i = 0; i < rules->columns.ncolumns; i++)
        if (mask_holds_sql(rules->columns.columns[i].mask))
            return true;
    for (size_t i = 0; i < rules->columns.ndomains; i++)
        if (mask_holds_sql(rules->columns.domains[i].mask))
            return true;
    return false;
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    sample_deinit(&rules->sample);
    rehearse_deinit(&rules->rehearse);
    columns_deinit(&rules->columns);
    arena_deinit(&rules->arena);
    free(rules);
}

bool
rules_error(const struct rules *rules, struct rules_mark mark, struct decant_error *err,
            const char *fmt, ...)
{
    assert(rules != NULL);
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (mark.line == 0) /* asked for by an option, not of the file */
        return error_set(err, DECANT_USAGE, "--row: %s", message);
    return yaml_error(&rules->source, mark.line, mark.column, err, "%s", message);
}
