/* SPDX-License-Identifier: PostgreSQL */
#include "rules/value.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/quantity.h"
#include "base/suggest.h"

bool
value_error(struct reader *reader, const struct yaml_node *node, const char *message)
{
    return yaml_error(reader->source, node->line, node->column, reader->err, "%s", message);
}

static bool
unknown_key(struct reader *reader, const struct yaml_node *item, const char *what,
            const struct field *fields, int nfields)
{
    struct suggestion suggestion = { .word = item->key };
    for (int i = 0; i < nfields; i++)
        suggest_offer(&suggestion, fields[i].name);
    yaml_error(reader->source, item->key_line, item->key_column, reader->err,
               "there is no key '%s' in %s", item->key, what);
    const char *best = suggest_best(&suggestion);
    return best != NULL && error_hint(reader->err, "did you mean '%s'?", best);
}

bool
value_fields(struct reader *reader, const struct yaml_node *node, const char *what,
             const struct field *fields, int nfields)
{
    assert(nfields > 0);
    bool is_empty = node->kind == YAML_TEXT && node->text[0] == '\0';
    if (is_empty)
        return true;
    if (!value_is_map(reader, node))
        return false;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        int i = 0;
        while (i < nfields && strcmp(fields[i].name, item->key) != 0)
            i++;
        if (i == nfields)
            return unknown_key(reader, item, what, fields, nfields);
        if (fields[i].read == NULL) {
            yaml_error(reader->source, item->key_line, item->key_column, reader->err,
                       "'%s' is not carried out by this version", item->key);
            return error_hint(reader->err, "it would be wrong to ignore it: take it out");
        }
        if (!fields[i].read(reader, item, fields[i].out))
            return false;
    }
    return true;
}

bool
value_is_map(struct reader *reader, const struct yaml_node *node)
{
    return node->kind == YAML_MAP || value_error(reader, node, "'key: value' is wanted here");
}

bool
value_text(struct reader *reader, const struct yaml_node *node, const char **out)
{
    assert(out != NULL);
    if (node->kind != YAML_TEXT || node->text[0] == '\0')
        return value_error(reader, node, "a text is wanted here");
    *out = node->text;
    return true;
}

bool
value_texts(struct reader *reader, const struct yaml_node *node, const char ***out, int *n)
{
    assert(out != NULL && n != NULL);
    int count = 1;
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        count++;
    *out = ARENA_ARRAY(reader->arena, const char *, count);
    *n = 0;
    if (node->kind != YAML_LIST)
        return value_text(reader, node, &(*out)[(*n)++]);
    if (node->items == NULL)
        return value_error(reader, node, "the list is empty");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        if (!value_text(reader, item, &(*out)[(*n)++]))
            return false;
    return true;
}

bool
value_share(struct reader *reader, const struct yaml_node *node, double *out)
{
    assert(out != NULL);
    return (node->kind == YAML_TEXT && quantity_share(node->text, out)) ||
           value_error(reader, node, "a share is wanted here: above 0 and at most 100%");
}

bool
value_count(struct reader *reader, const struct yaml_node *node, int64_t *out)
{
    assert(out != NULL);
    char *end = NULL;
    errno = 0;
    bool ok = node->kind == YAML_TEXT && node->text[0] >= '0' && node->text[0] <= '9';
    long long n = ok ? strtoll(node->text, &end, 10) : 0;
    if (!ok || *end != '\0' || errno != 0)
        return value_error(reader, node, "a whole number is wanted here");
    *out = n;
    return true;
}

bool
value_bytes(struct reader *reader, const struct yaml_node *node, int64_t *out)
{
    assert(out != NULL);
    return (node->kind == YAML_TEXT && quantity_bytes(node->text, out)) ||
           value_error(reader, node, "a size is wanted here: 500MB, 2GiB");
}

bool
value_choice(struct reader *reader, const struct yaml_node *node, const char *what,
             const char *const *words, int nwords, int *out)
{
    assert(nwords > 0 && out != NULL);
    const char *text = "";
    if (!value_text(reader, node, &text))
        return false;
    struct suggestion suggestion = { .word = text };
    struct buf list = { 0 };
    for (int i = 0; i < nwords; i++) {
        if (strcmp(words[i], text) == 0) {
            buf_deinit(&list);
            *out = i;
            return true;
        }
        suggest_offer(&suggestion, words[i]);
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    yaml_error(reader->source, node->line, node->column, reader->err, "there is no %s '%s'", what,
               text);
    const char *best = suggest_best(&suggestion);
    if (best != NULL)
        error_hint(reader->err, "did you mean '%s'?", best);
    else
        error_hint(reader->err, "one of: %s", buf_str(&list));
    buf_deinit(&list);
    return false;
}

bool
value_keep(struct reader *reader, const struct yaml_node *node, void *out)
{
    (void)reader;
    *(const struct yaml_node **)out = node;
    return true;
}

const char *
value_unquote(struct arena *arena, const char *name)
{
    size_t len = strlen(name), n = 0;
    if (len < 2 || name[0] != '"' || name[len - 1] != '"')
        return name;
    char *plain = arena_strndup(arena, name + 1, len - 2);
    for (size_t i = 0; plain[i] != '\0'; i++) {
        i += plain[i] == '"' && plain[i + 1] == '"';
        plain[n++] = plain[i];
    }
    plain[n] = '\0';
    return plain;
}

bool
value_read_rate(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_share(reader, node, out);
}

bool
value_read_text(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_text(reader, node, out);
}

bool
value_read_count(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_count(reader, node, out);
}

bool
value_read_small(struct reader *reader, const struct yaml_node *node, void *out)
{
    int64_t n;
    if (!value_count(reader, node, &n))
        return false;
    *(int *)out = (int)(n > 1000000 ? 1000000 : n);
    return true;
}

bool
value_read_bytes(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_bytes(reader, node, out);
}

bool
value_read_duration(struct reader *reader, const struct yaml_node *node, void *out)
{
    return (node->kind == YAML_TEXT && quantity_duration(node->text, out)) ||
           value_error(reader, node, "a time is wanted here: 500ms, 2s, 5min");
}

const char *
value_beside(const struct reader *reader, const char *path)
{
    assert(reader != NULL && path != NULL);
    const char *slash = strrchr(reader->source->name, '/');
    if (path[0] == '/' || slash == NULL)
        return path;
    return arena_printf(reader->arena, "%.*s/%s", (int)(slash - reader->source->name),
                        reader->source->name, path);
}
