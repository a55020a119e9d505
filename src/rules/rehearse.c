/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rehearse.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void
rehearse_init(struct rules_rehearse *rehearse)
{
    assert(rehearse != NULL);
    *rehearse = (struct rules_rehearse){ .limits = { .read_hold_ms = 500,
                                                     .write_hold_ms = 2000,
                                                     .wait_ms = 1000,
                                                     .large_bytes = 100 << 20 } };
}

void
rehearse_deinit(struct rules_rehearse *rehearse)
{
    assert(rehearse != NULL);
    for (int i = 0; i < rehearse->nlimited; i++)
        if (rehearse->limited[i].pattern != NULL)
            pattern_free(rehearse->limited[i].pattern);
    rehearse->nlimited = 0;
}

struct rules_limits
rehearse_limits(const struct rules_rehearse *rehearse, const char *relation)
{
    assert(rehearse != NULL && relation != NULL);
    struct rules_limits limits = rehearse->limits;
    const char *dot = strchr(relation, '.');
    char *schema = mem_strdup(relation);
    schema[dot != NULL ? dot - relation : 0] = '\0';
    const char *const names[] = { schema, dot != NULL ? dot + 1 : relation };
    for (int i = 0; i < rehearse->nlimited; i++) {
        const struct rules_limits *own = &rehearse->limited[i].limits;
        if (!pattern_matches(rehearse->limited[i].pattern, names))
            continue;
        limits.read_hold_ms = own->read_hold_ms >= 0 ? own->read_hold_ms : limits.read_hold_ms;
        limits.write_hold_ms = own->write_hold_ms >= 0 ? own->write_hold_ms : limits.write_hold_ms;
        limits.wait_ms = own->wait_ms >= 0 ? own->wait_ms : limits.wait_ms;
        limits.large_bytes = own->large_bytes >= 0 ? own->large_bytes : limits.large_bytes;
        break;
    }
    free(schema);
    return limits;
}

static bool
read_word(struct reader *reader, const struct yaml_node *node, const char *const words[2],
          bool *is_second)
{
    int choice;
    if (!value_choice(reader, node, "choice", words, 2, &choice))
        return false;
    *is_second = choice == 1;
    return true;
}

static bool
read_lock_timeout(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "needed", "any" };
    return read_word(reader, node, words, out);
}

static bool
read_loss(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "stop", "allow" };
    return read_word(reader, node, words, out);
}

/* "2026-12-31": compared as texts, so it has to have that form. */
static bool
read_day(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char form[] = "dddd-dd-dd";
    const char *text = "";
    if (!value_text(reader, node, &text))
        return false;
    bool is_day = strlen(text) == strlen(form);
    for (size_t i = 0; is_day && form[i] != '\0'; i++)
        is_day = form[i] == 'd' ? isdigit((unsigned char)text[i]) != 0 : text[i] == form[i];
    *(const char **)out = text;
    return is_day || value_error(reader, node, "a day is wanted here: 2026-12-31");
}

static bool
read_allowed(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_rehearse *rehearse = out;
    int n = 0;
    if (node->kind != YAML_LIST)
        return value_error(reader, node, "a list of {finding, on, why, until} is wanted here");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        n++;
    rehearse->allowed = ARENA_ARRAY(reader->arena, struct rules_rehearse_allow, n + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_rehearse_allow *allow = &rehearse->allowed[rehearse->nallowed++];
        const struct field fields[] = { { "finding", value_read_text, &allow->finding },
                                        { "on", value_read_text, &allow->on },
                                        { "why", value_read_text, &allow->why },
                                        { "until", read_day, &allow->until } };
        if (!value_fields(reader, item, "an allowed finding", fields, 4))
            return false;
        if (allow->finding == NULL)
            return value_error(reader, item, "'finding' is needed here");
        if (allow->why == NULL || allow->why[0] == '\0')
            return value_error(reader, item,
                               "'why' is missing: nothing is allowed without a reason");
    }
    return true;
}

/* A map of names of tables, or patterns, to limits. */
static bool
read_limited(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_rehearse *rehearse = out;
    int n = 0;
    if (node->kind != YAML_MAP)
        return value_error(reader, node, "tables and their limits are wanted here");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        n++;
    rehearse->limited = ARENA_ARRAY(reader->arena, struct rules_limited, n + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        const char *problem;
        struct rules_limited *limited = &rehearse->limited[rehearse->nlimited];
        struct rules_limits *limits = &limited->limits;
        *limits = (struct rules_limits){ -1, -1, -1, -1 };
        const struct field fields[] = {
            { "max_read_hold", value_read_duration, &limits->read_hold_ms },
            { "max_write_hold", value_read_duration, &limits->write_hold_ms },
            { "max_wait", value_read_duration, &limits->wait_ms },
            { "large", value_read_bytes, &limits->large_bytes },
        };
        limited->pattern = pattern_new(item->key, 2, reader->arena, &problem);
        if (limited->pattern == NULL)
            return yaml_error(reader->source, item->key_line, item->key_column, reader->err,
                              "'%s' is no name of a table: %s", item->key, problem);
        rehearse->nlimited++;
        if (!value_fields(reader, item, "limits of tables", fields, 4))
            return false;
    }
    return true;
}

bool
read_rehearse(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_rehearse *rehearse = out;
    const struct field fields[] = {
        { "max_read_hold", value_read_duration, &rehearse->limits.read_hold_ms },
        { "max_write_hold", value_read_duration, &rehearse->limits.write_hold_ms },
        { "max_wait", value_read_duration, &rehearse->limits.wait_ms },
        { "large", value_read_bytes, &rehearse->limits.large_bytes },
        { "tables", read_limited, rehearse },
        { "lock_timeout", read_lock_timeout, &rehearse->any_lock_timeout },
        { "loss", read_loss, &rehearse->may_lose },
        { "allow", read_allowed, rehearse },
    };
    return value_fields(reader, node, "rehearse", fields, (int)(sizeof fields / sizeof *fields));
}
