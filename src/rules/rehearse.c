/* SPDX-License-Identifier: PostgreSQL */
#include "rules/rehearse.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

void
rehearse_init(struct rules_rehearse *rehearse)
{
    assert(rehearse != NULL);
    *rehearse = (struct rules_rehearse){
        .read_hold_ms = 500, .write_hold_ms = 2000, .wait_ms = 1000, .large_bytes = 100 << 20
    };
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

bool
read_rehearse(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_rehearse *rehearse = out;
    const struct field fields[] = {
        { "max_read_hold", value_read_duration, &rehearse->read_hold_ms },
        { "max_write_hold", value_read_duration, &rehearse->write_hold_ms },
        { "max_wait", value_read_duration, &rehearse->wait_ms },
        { "large", value_read_bytes, &rehearse->large_bytes },
        { "lock_timeout", read_lock_timeout, &rehearse->any_lock_timeout },
        { "loss", read_loss, &rehearse->may_lose },
        { "allow", read_allowed, rehearse },
    };
    return value_fields(reader, node, "rehearse", fields, (int)(sizeof fields / sizeof *fields));
}
