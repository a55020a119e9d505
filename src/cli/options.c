/* SPDX-License-Identifier: PostgreSQL */
#include "cli/options.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/quantity.h"
#include "base/suggest.h"
#include "cli/commands.h"

bool
option_takes_file(const struct option *option)
{
    assert(option != NULL);
    static const char *const arguments[] = { "FILE", "PATH", "DIR", "TARGET" };
    for (size_t i = 0; option->argument != NULL && i < sizeof arguments / sizeof *arguments; i++)
        if (strcmp(arguments[i], option->argument) == 0)
            return true;
    return false;
}

bool
option_fits(const struct option *option, const struct command *command)
{
    return command == NULL || strchr(option->commands, command->letter) != NULL;
}

static bool
unknown(const char *what, const struct suggestion *suggestion, const char *dashes,
        struct decant_error *err)
{
    error_set(err, DECANT_USAGE, "there is no %s '%s%s'", what, dashes, suggestion->word);
    const char *best = suggest_best(suggestion);
    return best != NULL ? error_hint(err, "did you mean '%s%s'?", dashes, best)
                        : error_hint(err, "decant --help lists them");
}

static bool
unknown_option(const char *word, const struct command *command, struct decant_error *err)
{
    struct suggestion suggestion = { .word = word };
    for (int i = 0; i < noptions; i++)
        if (option_fits(&options[i], command))
            suggest_offer(&suggestion, options[i].name);
    return unknown("option", &suggestion, "--", err);
}

const struct command *
command_find(const char *word, struct decant_error *err)
{
    struct suggestion suggestion = { .word = word };
    for (int i = 0; i < ncommands; i++) {
        if (strcmp(word, commands[i].name) == 0)
            return &commands[i];
        suggest_offer(&suggestion, commands[i].name);
    }
    unknown("command", &suggestion, "", err);
    return NULL;
}

static bool
parse_duration(const struct option *option, const char *text, int *out)
{
    int ms;
    if (!quantity_duration(text, &ms) || ms < option->min || ms > option->max)
        return false;
    *out = ms;
    return true;
}

static bool
parse_number(const struct option *option, const char *text, int *out)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *out = (int)n;
    return end != text && *end == '\0' && errno == 0 && n >= option->min && n <= option->max;
}

/* What the option takes, for whoever said something else. */
static bool
hint_form(const struct option *option, struct decant_error *err)
{
    static const char *const forms[] = {
        [OPTION_DURATION] = "a time: 500ms, 5s, 10min, 1h",
        [OPTION_SHARE] = "a share above 0 and at most 100%: 5%, 0.05",
        [OPTION_SIZE] = "a size: 500MB, 2GiB",
    };
    if (option->kind != OPTION_NUMBER && option->kind != OPTION_WAIT)
        return error_hint(err, "%s", forms[option->kind]);
    return option->max == INT_MAX
               ? error_hint(err, "a whole number, %d or more", option->min)
               : error_hint(err, "a whole number from %d to %d", option->min, option->max);
}

static bool
add_word(struct decant_words *words, const char *word)
{
    words->items = mem_grow(words->items, (size_t)words->count, sizeof *words->items);
    words->items[words->count++] = word;
    return true;
}

static bool
store(const struct option *option, const char *value, struct arguments *arguments,
      struct decant_error *err)
{
    assert(option != NULL);
    void *field = (char *)arguments + option->offset;
    bool ok = true;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        *(const char **)field = value;
        break;
    case OPTION_WORDS:
        add_word(field, value);
        break;
    case OPTION_NUMBER:
        ok = parse_number(option, value, field);
        break;
    case OPTION_WAIT:
        if (value == NULL)
            *(int *)field = -1;
        else
            ok = parse_number(option, value, field);
        break;
    case OPTION_DURATION:
        ok = parse_duration(option, value, field);
        break;
    case OPTION_SHARE:
        ok = quantity_share(value, field);
        break;
    case OPTION_SIZE:
        ok = quantity_bytes(value, field);
        break;
    }
    if (ok)
        return true;
    error_set(err, DECANT_USAGE, "--%s does not take '%s'", option->name, value);
    return hint_form(option, err);
}

static bool
takes_value(const struct option *option)
{
    return option->kind != OPTION_FLAG && option->kind != OPTION_WAIT;
}

/* --name, --name=value, --name value */
static bool
parse_long(const char *word, char **argv, int *at, struct arguments *arguments,
           struct decant_error *err)
{
    size_t len = strcspn(word, "=");
    const char *value = word[len] == '=' ? word + len + 1 : NULL;
    const struct option *unfit = NULL;
    for (int i = 0; i < noptions; i++) {
        const struct option *option = &options[i];
        if (strlen(option->name) != len || strncmp(option->name, word, len) != 0)
            continue;
        if (!option_fits(option, arguments->command)) { /* another command's may have that name */
            unfit = option;
            continue;
        }
        if (option->kind == OPTION_FLAG && value != NULL)
            return error_set(err, DECANT_USAGE, "--%s takes no value", option->name);
        if (value == NULL && takes_value(option)) {
            if (argv[*at + 1] == NULL)
                return error_set(err, DECANT_USAGE, "--%s needs a value: %s", option->name,
                                 option->argument);
            value = argv[++*at];
        }
        return store(option, value, arguments, err);
    }
    if (unfit != NULL)
        return error_set(err, DECANT_USAGE, "'decant %s' does not take --%s",
                         arguments->command->name, unfit->name);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    return unknown_option(name, arguments->command, err);
}

/* -q, -tPATTERN, -t PATTERN, -sq */
static bool
parse_short(const char *word, char **argv, int *at, struct arguments *arguments,
            struct decant_error *err)
{
    for (; *word != '\0'; word++) {
        const struct option *option = NULL;
        for (int i = 0; i < noptions && option == NULL; i++)
            if (options[i].letter == *word && option_fits(&options[i], arguments->command))
                option = &options[i];
        if (option == NULL) {
            error_set(err, DECANT_USAGE, "there is no option '-%c'", *word);
            return error_hint(err, "decant --help lists them");
        }
        if (!takes_value(option)) {
            if (!store(option, NULL, arguments, err))
                return false;
            continue;
        }
        if (word[1] == '\0' && argv[*at + 1] == NULL)
            return error_set(err, DECANT_USAGE, "-%c needs a value: %s", *word, option->argument);
        return store(option, word[1] != '\0' ? word + 1 : argv[++*at], arguments, err);
    }
    return true;
}

#define RULES_FILE "decant.yaml"

/* Rules that nobody names are those beside which the command runs. A copy is compared by them only
 * when it is held against its source. */
static void
find_rules(struct arguments *arguments)
{
    const struct command *command = arguments->command;
    bool asks = command != NULL && strchr("pcnxeutd", command->letter) != NULL;
    asks |= command != NULL && command->letter == 'v' && arguments->job.source != NULL;
    if (asks && arguments->job.rules == NULL && access(RULES_FILE, F_OK) == 0)
        arguments->job.rules = RULES_FILE;
}

/* Its usage says so. */
static bool
takes_command(const struct command *command)
{
    return command != NULL && strstr(command->positional, "-- COMMAND") != NULL;
}

bool
options_parse(int argc, char **argv, struct arguments *arguments, struct decant_error *err)
{
    assert(arguments != NULL);
    bool only_words = false;
    decant_options_init(&arguments->job);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool ok;
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            if (takes_command(arguments->command)) {
                arguments->job.command =
                    argv[i + 1] != NULL ? (const char *const *)argv + i + 1 : NULL;
                break;
            }
            continue;
        }
        if (!only_words && strncmp(word, "--", 2) == 0)
            ok = parse_long(word + 2, argv, &i, arguments, err);
        else if (!only_words && word[0] == '-' && word[1] != '\0')
            ok = parse_short(word + 1, argv, &i, arguments, err);
        else if (arguments->command == NULL)
            ok = (arguments->command = command_find(word, err)) != NULL;
        else if (arguments->command->nwords == MANY_WORDS)
            ok = add_word(&arguments->job.targets, word);
        else if (arguments->positional == NULL && arguments->command->nwords > 0)
            ok = (arguments->positional = word) != NULL;
        else if (arguments->second == NULL && arguments->command->nwords > 1)
            ok = (arguments->second = word) != NULL;
        else
            ok = error_set(err, DECANT_USAGE, "one word too many: '%s'", word);
        if (!ok)
            return false;
    }
    find_rules(arguments);
    return true;
}

void
options_deinit(struct arguments *arguments)
{
    free(arguments->job.schemas.items);
    free(arguments->job.not_schemas.items);
    free(arguments->job.tables.items);
    free(arguments->job.asked.items);
    free(arguments->job.not_tables.items);
    free(arguments->job.sql.items);
    free(arguments->address);
    free(arguments->copy);
    free(arguments->job.env.items);
    free(arguments->job.targets.items);
    free(arguments->job.queries.items);
}
