/* SPDX-License-Identifier: PostgreSQL */
#include "rules/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

enum { HOOK_MS = 10 * 60 * 1000 };

void
rules_run_init(struct rules_run *run)
{
    assert(run != NULL);
    const struct rules_hook none = { .timeout_ms = HOOK_MS };
    *run = (struct rules_run){ .keep = { -1, -1, -1 },
                               .shrunk = GUARD_STOP,
                               .lost_table = GUARD_WARN,
                               .weaker = GUARD_STOP,
                               .allowed = GUARD_WARN,
                               .before_publish = none,
                               .after_publish = none,
                               .on_failure = none };
}

/* "7", "14d", "20GiB"; or a list of them. */
static bool
read_one_keep(struct reader *reader, const struct yaml_node *node, struct rules_keep *out)
{
    const char *text = "";
    char *end;
    if (!value_text(reader, node, &text))
        return false;
    long n = strtol(text, &end, 10);
    if (end != text && *end == '\0' && n >= 0 && n <= 1000000)
        out->copies = n;
    else if (!quantity_age(text, &out->age_s) && !quantity_bytes(text, &out->bytes))
        return value_error(reader, node,
                           "a number of copies, an age or a size is wanted here: 7, "
                           "14d, 20GiB");
    return true;
}

static bool
read_keep(struct reader *reader, const struct yaml_node *node, void *out)
{
    if (node->kind != YAML_LIST)
        return read_one_keep(reader, node, out);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        if (!read_one_keep(reader, item, out))
            return false;
    return true;
}

static bool
read_age(struct reader *reader, const struct yaml_node *node, void *out)
{
    return (node->kind == YAML_TEXT && quantity_age(node->text, out)) ||
           value_error(reader, node, "a time is wanted here: 90min, 26h, 30d");
}

static bool
read_schedule(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_run *run = out;
    return value_text(reader, node, &run->when) &&
           (schedule_parse(run->when, &run->schedule) ||
            value_error(reader, node,
                        "a time of day is wanted here: 02:30, or Mon-Fri 02:30, or 04:00,16:00"));
}

static bool
read_publish(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "rename", "symlink" };
    int choice;
    if (!value_choice(reader, node, "choice", words, 2, &choice))
        return false;
    *(const char **)out = words[choice];
    return true;
}

static bool
read_allow(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "remote", "same-server", "downgrade" };
    struct rules_run *run = out;
    bool *const flags[] = { &run->allows_remote, &run->allows_same_server, &run->allows_downgrade };
    if (node->kind != YAML_LIST)
        return value_error(reader, node, "a list is wanted here: [remote, same-server]");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        int choice;
        if (!value_choice(reader, item, "permission", words, 3, &choice))
            return false;
        *flags[choice] = true;
    }
    return true;
}

static bool
read_guard(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { [GUARD_STOP] = "stop", [GUARD_WARN] = "warn" };
    return value_choice(reader, node, "choice", words, 2, out);
}

static bool
read_guards(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_run *run = out;
    const struct field fields[] = { { "shrunk", read_guard, &run->shrunk },
                                    { "lost_table", read_guard, &run->lost_table },
                                    { "weaker_masks", read_guard, &run->weaker },
                                    { "more_allowed", read_guard, &run->allowed } };
    return value_fields(reader, node, "guards", fields, 4);
}

struct paths {
    const char ***items;
    int *n;
};

static bool
read_paths(struct reader *reader, const struct yaml_node *node, void *out)
{
    const struct paths *paths = out;
    if (!value_texts(reader, node, paths->items, paths->n))
        return false;
    for (int i = 0; i < *paths->n; i++)
        (*paths->items)[i] = value_beside(reader, (*paths->items)[i]);
    return true;
}

static bool
read_path(struct reader *reader, const struct yaml_node *node, void *out)
{
    const char **path = out;
    if (!value_text(reader, node, path))
        return false;
    *path = value_beside(reader, *path);
    return true;
}

/* The words of a command, or a text for sh. */
static bool
read_command(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_hook *hook = out;
    const char **words;
    int n;
    if (node->kind != YAML_LIST)
        return value_error(reader, node,
                           "a list of words is wanted here: [./notify, now]; a text for sh is "
                           "called 'shell'");
    if (!value_texts(reader, node, &words, &n))
        return false;
    if (n == 0)
        return value_error(reader, node, "a command is wanted here");
    hook->command = ARENA_ARRAY(reader->arena, const char *, n + 1);
    memcpy(hook->command, words, (size_t)n * sizeof *words);
    return true;
}

static bool
read_shell(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_hook *hook = out;
    const char *text;
    if (!value_text(reader, node, &text))
        return false;
    hook->command = ARENA_ARRAY(reader->arena, const char *, 4);
    hook->command[0] = "/bin/sh";
    hook->command[1] = "-c";
    hook->command[2] = text;
    return true;
}

static bool
read_hook(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_hook *hook = out;
    const struct field fields[] = { { "command", read_command, hook },
                                    { "shell", read_shell, hook },
                                    { "timeout", value_read_duration, &hook->timeout_ms } };
    return value_fields(reader, node, "a hook", fields, 3) &&
           (hook->command != NULL ||
            value_error(reader, node, "'command' or 'shell' is needed here"));
}

static bool
read_hooks(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_run *run = out;
    const struct field fields[] = { { "before_publish", read_hook, &run->before_publish },
                                    { "after_publish", read_hook, &run->after_publish },
                                    { "on_failure", read_hook, &run->on_failure } };
    return value_fields(reader, node, "hooks", fields, 3);
}

static bool
read_retain(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_run *run = out;
    int n = 0;
    if (node->kind != YAML_LIST)
        return value_error(reader, node, "a list of {table, where} is wanted here");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        n++;
    run->retain = ARENA_ARRAY(reader->arena, struct rules_retain, n + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_retain *retain = &run->retain[run->nretain++];
        *retain = (struct rules_retain){ .line = item->line, .column = item->column };
        const struct field fields[] = { { "table", value_read_text, &retain->table },
                                        { "where", value_read_text, &retain->where } };
        if (!value_fields(reader, item, "rows to retain", fields, 2))
            return false;
        if (retain->table == NULL)
            return value_error(reader, item, "'table' is needed here");
        if (retain->where == NULL)
            return value_error(reader, item,
                               "'where' is missing: it says which rows are the copy's own");
    }
    return true;
}

/* What has a password is not for a file that people review. */
static bool
read_address(struct reader *reader, const struct yaml_node *node, void *out)
{
    const char **address = out;
    if (!value_text(reader, node, address))
        return false;
    const char *user = strstr(*address, "://"), *at = user != NULL ? strchr(user, '@') : NULL;
    const char *colon = at != NULL ? memchr(user + 3, ':', (size_t)(at - user - 3)) : NULL;
    if (colon == NULL && strstr(*address, "password=") == NULL)
        return true;
    struct yaml_source hidden = *reader->source;
    hidden.is_secret = true; /* the line is not shown */
    return yaml_error(&hidden, node->line, node->column, reader->err,
                      "a password does not belong here: name a service (service=production), or a "
                      "variable (env:PRODUCTION_URL), or use ~/.pgpass");
}

static bool
is_path(const char *target)
{
    return strchr(target, '=') == NULL && strchr(target, ':') == NULL;
}

static bool
read_target(struct reader *reader, const struct yaml_node *node, void *out)
{
    const char **target = out;
    if (!read_address(reader, node, out))
        return false;
    if (is_path(*target))
        *target = value_beside(reader, *target);
    return true;
}

bool
read_run(struct reader *reader, const struct yaml_node *node, void *out)
{
    assert(out != NULL);
    struct rules_run *run = out;
    struct paths after_load = { &run->after_load, &run->nafter_load };
    struct paths rehearse = { &run->rehearse, &run->nrehearse };
    run->is_given = true;
    const struct field fields[] = { { "source", read_address, &run->source },
                                    { "target", read_target, &run->target },
                                    { "publish", read_publish, &run->publish },
                                    { "owner", value_read_text, &run->owner },
                                    { "allow", read_allow, run },
                                    { "keep", read_keep, &run->keep },
                                    { "expires", read_age, &run->expires_s },
                                    { "max_age", read_age, &run->max_age_s },
                                    { "schedule", read_schedule, run },
                                    { "metrics", read_path, &run->metrics },
                                    { "guards", read_guards, run },
                                    { "after_load", read_paths, &after_load },
                                    { "retain", read_retain, run },
                                    { "hooks", read_hooks, run },
                                    { "rehearse", read_paths, &rehearse } };
    return value_fields(reader, node, "run", fields, (int)(sizeof fields / sizeof *fields));
}
