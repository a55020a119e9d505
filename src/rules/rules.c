/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/sections.h"

static bool
read_sqlite(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "profile", value_read_text, &rules->sqlite_profile } };
    return value_fields(reader, node, "sqlite", fields, 1);
}

static bool
read_postgres(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules *rules = out;
    const struct field fields[] = { { "keep", value_read_small, &rules->postgres_keep } };
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
        { "key_id", value_read_text, &rules->key_id },
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
rules_set_extent(struct rules *rules, double rate, int64_t rows, int64_t bytes)
{
    rules->sample.rate = rate;
    rules->sample.rows = rows;
    rules->sample.bytes = bytes;
}

void
rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    sample_deinit(&rules->sample);
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
