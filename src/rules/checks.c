/* SPDX-License-Identifier: PostgreSQL */
#include "rules/checks.h"

#include <assert.h>
#include <string.h>

void
checks_init(struct rules_checks *checks)
{
    *checks = (struct rules_checks){ .least_length = 6,
                                     .leak_memory = INT64_C(512) << 20,
                                     .gate = GATE_DEFAULT };
}

/* There is nothing weaker; the word is there to be read. */
static bool
read_stop(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "stop" };
    int choice;
    (void)out;
    return value_choice(reader, node, "choice", words, 1, &choice);
}

static bool
read_scope(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "sample", "population" };
    return value_choice(reader, node, "scope", words, 2, out);
}

static const char *const gate_words[] = {
    [GATE_NONE] = "none", [GATE_DEFAULT] = "default", [GATE_STRICT] = "strict"
};

int
checks_gate(const char *word)
{
    assert(word != NULL);
    for (int i = GATE_NONE; i <= GATE_STRICT; i++)
        if (strcmp(gate_words[i], word) == 0)
            return i;
    return -1;
}

static bool
read_gate(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_choice(reader, node, "gate", gate_words, 3, out);
}

static bool
read_stats(struct reader *reader, const struct yaml_node *node, void *out)
{
    static const char *const words[] = { "cheap", "full", "none" };
    return value_choice(reader, node, "choice", words, 3, out);
}

static bool
read_length(struct reader *reader, const struct yaml_node *node, void *out)
{
    return value_read_small(reader, node, out) &&
           (*(int *)out >= 4 || value_error(reader, node,
                                            "shorter texts are everywhere: 4 or more "
                                            "characters"));
}

static bool
read_allowed(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_checks *checks = out;
    int n = 0;
    if (node->kind != YAML_LIST)
        return value_error(reader, node, "a list of {column, pattern, why} is wanted here");
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next)
        n++;
    checks->allowed = ARENA_ARRAY(reader->arena, struct rules_allow, n + 1);
    for (const struct yaml_node *item = node->items; item != NULL; item = item->next) {
        struct rules_allow *allow = &checks->allowed[checks->nallowed++];
        const struct field fields[] = { { "column", value_read_text, &allow->object },
                                        { "pattern", value_read_text, &allow->pattern },
                                        { "why", value_read_text, &allow->why } };
        allow->line = item->line;
        if (!value_fields(reader, item, "an allowed finding", fields, 3))
            return false;
        if (allow->object == NULL || allow->pattern == NULL)
            return value_error(reader, item, "'column' and 'pattern' are needed here");
        if (allow->why == NULL || allow->why[0] == '\0')
            return value_error(reader, item,
                               "'why' is missing: nothing is allowed without a "
                               "reason");
    }
    return true;
}

static bool
read_leak(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_checks *checks = out;
    const struct field fields[] = {
        { "patterns", read_stop, NULL },
        { "originals", read_stop, NULL },
        { "scope", read_scope, &checks->scope },
        { "min_length", read_length, &checks->least_length },
        { "memory", value_read_bytes, &checks->leak_memory },
        { "allow", read_allowed, checks },
    };
    return value_fields(reader, node, "leak", fields, (int)(sizeof fields / sizeof *fields));
}

static bool
read_canaries(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_checks *checks = out;
    return value_texts(reader, node, &checks->canaries, &checks->ncanaries);
}

static bool
read_fidelity(struct reader *reader, const struct yaml_node *node, void *out)
{
    struct rules_checks *checks = out;
    const struct field fields[] = {
        { "fail_under", read_gate, &checks->gate },
        { "source_stats", read_stats, &checks->source_stats },
        { "canaries", read_canaries, checks },
    };
    return value_fields(reader, node, "fidelity", fields, 3);
}

bool
read_checks(struct reader *reader, const struct yaml_node *node, void *out)
{
    const struct field fields[] = { { "leak", read_leak, out },
                                    { "fidelity", read_fidelity, out } };
    return value_fields(reader, node, "checks", fields, 2);
}
