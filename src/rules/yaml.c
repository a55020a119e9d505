/* SPDX-License-Identifier: PostgreSQL */
#include "rules/yaml.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/utf8.h"

#define NOT_ALLOWED "anchors, aliases and tags are not allowed: write it out"

enum { MAX_BYTES = 16 << 20, MAX_DEPTH = 64, MAX_NODES = 1 << 20, PIPE_MS = 10000 };

struct loader {
    const struct yaml_source *source;
    struct arena *arena;
    yaml_parser_t parser;
    yaml_event_t event; /* the one at hand */
    bool has_event;
    const char *at; /* what is checked of the source: to the end of a text, see check_tabs() */
    size_t index;   /* ... in characters, as libyaml counts */
    int depth, nodes;
    struct decant_error *err;
};

/* What stands in quotes may be a word of the file. */
static void
hide_words(char *message)
{
    char *out = message;
    for (const char *p = message; *p != '\0';) {
        const char *end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
        *out++ = *p++;
        if (end == NULL)
            continue;
        for (int i = 0; i < 3 && out < end; i++)
            *out++ = '.';
        *out++ = '\'';
        p = end + 1;
    }
    *out = '\0';
}

bool
yaml_error(const struct yaml_source *source, int line, int column, struct decant_error *err,
           const char *fmt, ...)
{
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (source->is_secret)
        hide_words(message);
    error_set(err, DECANT_USAGE, "%s:%d:%d: %s", source->name, line, column, message);
    const char *at = source->text, *end = source->text + source->len;
    for (int i = 1; i < line && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
    }
    while (at < end && *at == ' ')
        at++;
    size_t len = 0;
    while (at + len < end && at[len] != '\n' && at[len] != '\r')
        len++;
    if (len > 0 && !source->is_secret)
        error_context(err, "line %d: %.*s", line, (int)(len > 100 ? 100 : len), at);
    return false;
}

/* A pipe might never say anything, and a device never end; <(...) of a shell is one of ours. */
static bool
open_file(const char *path, int *fd, bool *is_pipe, struct decant_error *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0 || fstat(*fd, &st) != 0) {
        error_errno(err, "cannot read the rules '%s'", path);
        err->code = DECANT_USAGE;
        return false;
    }
    *is_pipe = S_ISFIFO(st.st_mode) &&
               (strncmp(path, "/dev/fd/", 8) == 0 || strcmp(path, "/dev/stdin") == 0);
    if (*is_pipe || S_ISREG(st.st_mode))
        return true;
    close(*fd);
    return error_set(err, DECANT_USAGE, "the rules '%s' are no plain file", path);
}

/* Nothing is shown of a file that is no text, or that is not called like rules: who writes the
 * rules may name any file, and who sees the message need not be allowed to read it. */
static bool
check_text(struct yaml_source *source, struct decant_error *err)
{
    size_t len = strlen(source->name);
    bool is_text = true;
    uint32_t code;
    for (size_t i = 0; is_text && i < source->len;) {
        i += utf8_decode(source->text + i, source->len - i, &code);
        is_text =
            code != UINT32_MAX && (code >= ' ' || code == '\t' || code == '\n' || code == '\r');
    }
    source->is_secret = (len < 5 || strcmp(source->name + len - 5, ".yaml") != 0) &&
                        (len < 4 || strcmp(source->name + len - 4, ".yml") != 0);
    return is_text || error_set(err, DECANT_USAGE, "the rules '%s' are no text", source->name);
}

bool
yaml_read(const char *path, struct arena *arena, struct yaml_source *out, struct decant_error *err)
{
    struct buf text = { 0 };
    ssize_t n = 0;
    bool is_pipe;
    int fd;
    if (!open_file(path, &fd, &is_pipe, err))
        return false;
    do {
        struct pollfd waited = { .fd = fd, .events = POLLIN };
        poll(&waited, 1, PIPE_MS);
        buf_reserve(&text, 65536);
        n = read(fd, text.data + text.len, 65536);
        text.len += n > 0 ? (size_t)n : 0;
    } while (n > 0 && text.len <= MAX_BYTES);
    close(fd);
    bool ok = n == 0 && (text.len > 0 || !is_pipe);
    if (n == 0 && !ok)
        error_set(err, DECANT_USAGE, "the rules '%s' are an empty pipe", path);
    else if (n < 0 && errno == EAGAIN)
        error_set(err, DECANT_USAGE, "the rules '%s' are a pipe that says nothing", path);
    else if (n < 0)
        error_errno(err, "cannot read the rules '%s'", path);
    else if (!ok)
        error_set(err, DECANT_USAGE, "the rules '%s' are larger than %d MiB", path,
                  MAX_BYTES >> 20);
    *out = (struct yaml_source){ .name = arena_strdup(arena, path),
                                 .text = arena_strndup(arena, buf_str(&text), text.len),
                                 .len = text.len };
    buf_deinit(&text);
    return ok && check_text(out, err);
}

static bool
fail(struct loader *loader, const yaml_mark_t *mark, const char *message)
{
    return yaml_error(loader->source, (int)mark->line + 1, (int)mark->column + 1, loader->err, "%s",
                      message);
}

static bool
advance(struct loader *loader)
{
    if (loader->has_event)
        yaml_event_delete(&loader->event);
    loader->has_event = yaml_parser_parse(&loader->parser, &loader->event) != 0;
    if (loader->has_event)
        return true;
    const yaml_parser_t *parser = &loader->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "cannot be read as YAML";
    /* The reader of bytes has no mark, only an offset. */
    return parser->problem_mark.line == 0 && parser->problem_mark.column == 0
               ? fail(loader, &parser->mark, problem)
               : fail(loader, &parser->problem_mark, problem);
}

/* Goes on to the character `index`; *tab is the first tab on the way that is not in a comment. */
static void
go_to(struct loader *loader, size_t index, const char **tab)
{
    const char *end = loader->source->text + loader->source->len;
    bool in_comment = false;
    *tab = NULL;
    for (; loader->at < end; loader->at++) {
        bool begins = ((unsigned char)*loader->at & 0xC0) != 0x80;
        if (begins && loader->index == index)
            return;
        loader->index += begins;
        in_comment = (in_comment || *loader->at == '#') && *loader->at != '\n';
        if (*loader->at == '\t' && !in_comment && *tab == NULL)
            *tab = loader->at;
    }
}

/* Between the text before and the one that begins at `index` a tab looks like blanks, and need not
 * mean what they do. */
static bool
check_tabs(struct loader *loader, size_t index)
{
    const char *tab;
    yaml_mark_t mark = { 0 };
    go_to(loader, index, &tab);
    for (const char *p = loader->source->text; tab != NULL && p < tab; p++) {
        mark.column = *p == '\n' ? 0 : mark.column + (((unsigned char)*p & 0xC0) != 0x80);
        mark.line += *p == '\n';
    }
    return tab == NULL || fail(loader, &mark, "a tab stands here where blanks are wanted");
}

/* ${VAR}, ${VAR:-default}, ${VAR?message}; "$$" is a dollar sign. */
static bool
substitute(struct loader *loader, const char *text, const yaml_mark_t *mark, const char **out)
{
    assert(loader != NULL);
    struct buf value = { 0 };
    bool ok = true;
    if (strchr(text, '$') == NULL) {
        *out = text;
        return true;
    }
    for (const char *p = text; ok && *p != '\0'; p++) {
        const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
        if (p[0] == '$' && p[1] == '$') {
            buf_putc(&value, *p++);
            continue;
        }
        if (p[0] != '$' || p[1] != '{') {
            buf_putc(&value, *p);
            continue;
        }
        size_t name_len = strcspn(p + 2, ":?}");
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)name_len, p + 2);
        const char *rest = p + 2 + name_len, *set = getenv(name);
        char message[300];
        if (end == NULL || name_len == 0 || (rest[0] == ':' && rest[1] != '-')) {
            ok = fail(loader, mark,
                      "'${' begins a variable: ${NAME}, ${NAME:-default} or "
                      "${NAME?message}; '$$' is a dollar sign");
        } else if (set != NULL && (set[0] != '\0' || rest[0] != ':')) {
            buf_puts(&value, set);
        } else if (rest[0] == ':') {
            buf_add(&value, rest + 2, (size_t)(end - rest - 2));
        } else {
            int len = rest[0] == '?' ? (int)(end - rest - 1) : 0;
            snprintf(message, sizeof message, "the variable '%s' is not set%s%.*s", name,
                     len > 0 ? ": " : "", len, rest + 1);
            ok = fail(loader, mark, message);
        }
        if (ok)
            p = end;
    }
    *out = arena_strdup(loader->arena, buf_str(&value));
    buf_deinit(&value);
    return ok;
}

/* The text of the event at hand. */
static bool
scalar(struct loader *loader, const char **out)
{
    assert(loader->event.type == YAML_SCALAR_EVENT);
    const yaml_event_t *event = &loader->event;
    const char *value = (const char *)event->data.scalar.value, *tab;
    if (!check_tabs(loader, event->start_mark.index))
        return false;
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        return fail(loader, &event->start_mark, NOT_ALLOWED);
    if (strlen(value) != event->data.scalar.length)
        return fail(loader, &event->start_mark, "a text may not hold the character with code 0");
    go_to(loader, event->end_mark.index, &tab);
    return substitute(loader, arena_strdup(loader->arena, value), &event->start_mark, out);
}

static bool node(struct loader *loader, struct yaml_node *out);

/* The map does not tell case apart, names of the source do. */
static const char *
exact(struct loader *loader, const char *key)
{
    struct buf out = { 0 };
    for (const char *p = key; *p != '\0'; p++) {
        if ((*p >= 'A' && *p <= 'Z') || *p == '^')
            buf_putc(&out, '^');
        buf_putc(&out, *p);
    }
    const char *text = arena_strdup(loader->arena, buf_str(&out));
    buf_deinit(&out);
    return text;
}

/* `keys` holds the items that were there before. */
static bool
map_item(struct loader *loader, struct map *keys, struct yaml_node *item)
{
    const yaml_mark_t mark = loader->event.start_mark;
    if (loader->event.type != YAML_SCALAR_EVENT)
        return fail(loader, &mark, "a key must be a plain text");
    const char *key;
    if (!scalar(loader, &key))
        return false;
    const struct yaml_node *twin = map_get_name(keys, exact(loader, key));
    if (twin != NULL)
        return yaml_error(loader->source, (int)mark.line + 1, (int)mark.column + 1, loader->err,
                          "the key '%s' is here twice; the first one is in line %d", key,
                          twin->key_line);
    map_put_name(keys, exact(loader, key), item);
    item->key = key;
    item->key_line = (int)mark.line + 1;
    item->key_column = (int)mark.column + 1;
    return advance(loader) && node(loader, item);
}

static bool
items(struct loader *loader, struct yaml_node *out, yaml_event_type_t end, struct map *keys)
{
    struct yaml_node **tail = &out->items;
    while (loader->event.type != end) {
        struct yaml_node *item = ARENA_NEW(loader->arena, struct yaml_node);
        if (!(out->kind == YAML_MAP ? map_item(loader, keys, item) : node(loader, item)))
            return false;
        *tail = item;
        tail = &item->next;
        if (!advance(loader))
            return false;
    }
    return true;
}

static bool
collection(struct loader *loader, struct yaml_node *out, yaml_event_type_t end)
{
    struct map keys = { 0 };
    if (++loader->depth > MAX_DEPTH)
        return fail(loader, &loader->event.start_mark, "this is nested too deeply");
    bool ok = advance(loader) && items(loader, out, end, &keys);
    map_deinit(&keys);
    loader->depth--;
    return ok;
}

/* Leaves the node's last event at hand. */
static bool
node(struct loader *loader, struct yaml_node *out)
{
    assert(loader != NULL);
    const yaml_event_t *event = &loader->event;
    const yaml_mark_t mark = event->start_mark;
    out->line = (int)mark.line + 1;
    out->column = (int)mark.column + 1;
    if (++loader->nodes > MAX_NODES)
        return fail(loader, &mark, "the file has too many entries");
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        out->kind = YAML_TEXT;
        return scalar(loader, &out->text);
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL)
            break;
        out->kind = YAML_LIST;
        return collection(loader, out, YAML_SEQUENCE_END_EVENT);
    case YAML_MAPPING_START_EVENT:
        if (event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL)
            break;
        out->kind = YAML_MAP;
        return collection(loader, out, YAML_MAPPING_END_EVENT);
    case YAML_ALIAS_EVENT:
        break;
    default:
        return fail(loader, &mark, "a value is missing here");
    }
    return fail(loader, &mark, NOT_ALLOWED);
}

static bool
document(struct loader *loader, struct yaml_node *root)
{
    root->kind = YAML_MAP;
    root->line = root->column = 1;
    if (!advance(loader) || !advance(loader)) /* the stream's start, the document's start */
        return false;
    if (loader->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!advance(loader) || !node(loader, root))
        return false;
    bool is_empty = root->kind == YAML_TEXT && root->text[0] == '\0';
    if (root->kind != YAML_MAP && !is_empty)
        return yaml_error(loader->source, root->line, root->column, loader->err,
                          "the file must be a list of 'key: value'");
    root->kind = YAML_MAP;
    if (!advance(loader) || !advance(loader)) /* the document's end, and what comes then */
        return false;
    return loader->event.type == YAML_STREAM_END_EVENT
               ? check_tabs(loader, SIZE_MAX)
               : fail(loader, &loader->event.start_mark, "a file is one document");
}

bool
yaml_parse(const struct yaml_source *source, struct arena *arena, struct yaml_node **out,
           struct decant_error *err)
{
    assert(source->text != NULL || source->len == 0);
    struct loader loader = { .source = source, .arena = arena, .err = err, .at = source->text };
    if (source->len >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0)
        loader.at += 3; /* the mark of the encoding, which libyaml does not count */
    if (!yaml_parser_initialize(&loader.parser))
        return error_set(err, DECANT_BUG, "libyaml does not start");
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)source->text, source->len);
    *out = ARENA_NEW(arena, struct yaml_node);
    bool ok = document(&loader, *out);
    if (loader.has_event)
        yaml_event_delete(&loader.event);
    yaml_parser_delete(&loader.parser);
    return ok;
}
