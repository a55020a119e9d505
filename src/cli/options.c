/* SPDX-License-Identifier: PostgreSQL */
#include "cli/options.h"

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

const struct command commands[] = {
    { "init", 'i', 1, "[SOURCE]", "write a first rules file, and the key that it names",
      command_init },
    { "pull", 'p', 1, "[SOURCE]", "copy a PostgreSQL database to TARGET", command_pull },
    { "plan", 'n', 1, "[SOURCE]", "say what a pull would sample, and write nothing", command_plan },
    { "explain", 'x', 2, "TABLE[.COLUMN] [SOURCE]",
      "say what becomes of columns; with --row, why a row is in the copy", command_explain },
    { "verify", 'v', 1, "COPY",
      "prove a finished copy again, from the copy and its manifest, or beside its source",
      command_verify },
    { "report", 'r', 1, "COPY", "say how a finished copy was made, and how like its source it is",
      command_report },
    { "check", 'c', 1, "[SOURCE]", "look for what would stop a pull", command_check },
    { "key", 'k', 2, "new [FILE]", "make the key that the choice of rows comes from", command_key },
    { "completion", 's', 1, "[SHELL]", "print the completion script for bash, zsh or fish",
      command_completion },
    { "help", 'h', 1, "[COMMAND]", "show help", command_help },
    { "manual", 'm', 0, "", "print the manual's lists of commands and options", command_manual },
};
const int ncommands = (int)(sizeof commands / sizeof *commands);

#define RULES_FILE "decant.yaml"
#define AT(field) offsetof(struct arguments, field)

const struct option options[] = {
    { "to", 0, OPTION_TEXT, "TARGET", AT(job.target), "p", NULL,
      "a path, sqlite:PATH, or a PostgreSQL URI or key=value string" },
    { "source", 0, OPTION_TEXT, "SOURCE", AT(job.source), "v", NULL,
      "compare the copy with its source as it is now, by the rules that it was made by" },
    { "config", 'c', OPTION_TEXT, "FILE", AT(job.rules), "pcnixv", "decant.yaml",
      "the rules: what is sampled, and how columns are masked" },
    { "key-file", 0, OPTION_TEXT, "FILE", AT(job.key_file), "pnixv",
      "DECANT_KEY_FILE, else KEY_ID.key in ~/.config/decant",
      "the key that the choice of rows, and the fakes, come from" },
    { "rate", 0, OPTION_SHARE, "P", AT(job.rate), "pnixv", "the rules'",
      "share of the rows of every root, as 5%" },
    { "rows", 0, OPTION_NUMBER, "N", AT(job.rows), "pnxv", NULL,
      "find the rate that gives so many rows" },
    { "size", 0, OPTION_SIZE, "BYTES", AT(job.size), "pnxv", NULL,
      "find the rate that gives so many bytes" },
    { "fail-under", 0, OPTION_TEXT, "GATE", AT(job.fail_under), "pv", "the rules'",
      "how far a sample may be from its source: default, strict or none" },
    { "origins", 0, OPTION_TEXT, "FILE", AT(job.origins), "p", NULL,
      "write why each row is there: table, key, origin, probability" },
    { "memory", 0, OPTION_SIZE, "BYTES", AT(job.memory_bytes), "pnxv", "512MiB",
      "for the keys of chosen rows" },
    { "max-read", 0, OPTION_SIZE, "BYTES", AT(job.max_read_bytes), "pn", "no limit",
      "refuse a sample that makes the source read more" },
    { "no-mask", 0, OPTION_FLAG, NULL, AT(job.no_mask), "pcnxv", NULL,
      "copy every column as it is, whatever the rules say" },
    { "update", 0, OPTION_FLAG, NULL, AT(job.update), "i", NULL,
      "add lines for new columns to rules that exist; nothing else is changed" },
    { "review", 0, OPTION_FLAG, NULL, AT(review), "i", NULL,
      "list the lines of rules that exist which a person should look at; nothing is asked or "
      "changed" },
    { "no-values", 0, OPTION_FLAG, NULL, AT(job.no_values), "i", NULL,
      "look at names, types and statistics only" },
    { "schema", 'n', OPTION_WORDS, "PATTERN", AT(job.schemas), "pcnixv", NULL,
      "only these schemas; as in pg_dump" },
    { "exclude-schema", 'N', OPTION_WORDS, "PATTERN", AT(job.not_schemas), "pcnixv", NULL,
      "leave these schemas out" },
    { "table", 't', OPTION_WORDS, "PATTERN", AT(job.tables), "pcnixv", NULL, "only these tables" },
    { "exclude-table", 'T', OPTION_WORDS, "PATTERN", AT(job.not_tables), "pcnixv", NULL,
      "leave these tables out" },
    { "drop-dangling-keys", 0, OPTION_FLAG, NULL, AT(job.drop_dangling_keys), "pnixv", NULL,
      "leave out foreign keys whose parent table is left out" },
    { "schema-only", 's', OPTION_FLAG, NULL, AT(job.schema_only), "p", NULL, "copy no rows" },
    { "profile", 0, OPTION_TEXT, "NAME", AT(job.profile), "pc", "default",
      "who reads a SQLite copy: django, rails, sqlalchemy, jdbc, typeorm, drizzle, prisma, go, "
      "duckdb, "
      "sqlx, diesel" },
    { "odd-values", 0, OPTION_TEXT, "HOW", AT(job.odd_values), "p", "keep",
      "in SQLite, of NaN, infinities, years beyond 1 to 9999, 24:00 and the like: keep, null, "
      "clamp" },
    { "no-statistics", 0, OPTION_FLAG, NULL, AT(job.no_statistics), "p", NULL,
      "leave sqlite_stat1 out of a SQLite copy: some tools stop at it" },
    { "publish", 0, OPTION_TEXT, "HOW", AT(job.publish), "p", "rename",
      "put a SQLite file in place by rename or symlink" },
    { "keep", 0, OPTION_NUMBER, "N", AT(job.keep), "p", "1, and 0 for SQLite",
      "previous copies to keep" },
    { "overwrite", 0, OPTION_FLAG, NULL, AT(job.overwrite), "p", NULL,
      "replace a target that decant did not make" },
    { "allow-remote", 0, OPTION_FLAG, NULL, AT(job.allow_remote), "p", NULL,
      "accept a target on another host" },
    { "allow-same-server", 0, OPTION_FLAG, NULL, AT(job.allow_same_server), "p", NULL,
      "accept a target on the source's server" },
    { "allow-downgrade", 0, OPTION_FLAG, NULL, AT(job.allow_downgrade), "p", NULL,
      "accept a target server older than the source" },
    { "allow-shrink", 0, OPTION_FLAG, NULL, AT(job.allow_shrink), "p", NULL,
      "accept a source that is empty, or has lost more than half of a table's rows" },
    { "owner", 0, OPTION_TEXT, "ROLE", AT(job.owner), "p", NULL,
      "owner of a PostgreSQL copy and its objects" },
    { "wait", 0, OPTION_WAIT, "SECONDS", AT(job.wait_s), "p", "refuse",
      "wait when another run holds the target" },
    { "jobs", 'j', OPTION_NUMBER, "N", AT(job.jobs), "pv", "half of the processors, at most 4",
      "tables at once; 0: one connection to the source, for all" },
    { "manifest", 0, OPTION_TEXT, "PATH", AT(job.manifest), "pvr", NULL, "where the manifest is" },
    { "format", 0, OPTION_TEXT, "FORMAT", AT(format), "r", "text", "text, md, json or html" },
    { "figures", 0, OPTION_TEXT, "absolute", AT(figures), "r", "ratios",
      "show production's own numbers of rows, too" },
    { "pg-bindir", 0, OPTION_TEXT, "DIR", AT(job.pg_bindir), "p", NULL,
      "where pg_dump and pg_restore are" },
    { "lock-timeout", 0, OPTION_DURATION, "TIME", AT(job.lock_timeout_ms), "pnixv", "2s",
      "wait for a lock on the source" },
    { "yield-after", 0, OPTION_DURATION, "TIME", AT(job.yield_after_ms), "pnixv", "5s",
      "give way to a session that waits for us; 0: never" },
    { "statement-timeout", 0, OPTION_DURATION, "TIME", AT(job.statement_timeout_ms), "pnxv", "none",
      "for each statement on the source" },
    { "stall-timeout", 0, OPTION_DURATION, "TIME", AT(job.stall_timeout_ms), "pcnixvr", "5min",
      "give up a server that says nothing and is not at work; 0: never" },
    { "max-snapshot-age", 0, OPTION_DURATION, "TIME", AT(job.max_snapshot_age_ms), "pnxv", "1h",
      "give up when the snapshot becomes older; 0: never" },
    { "retries", 0, OPTION_NUMBER, "N", AT(job.retries), "p", "2",
      "start over after a conflict on a hot standby" },
    { "row", 0, OPTION_TEXT, "TABLE:KEY", AT(row), "x", NULL,
      "the row to explain: schema.table and the values of its key, joined by commas" },
    { "preview", 0, OPTION_TEXT, "TABLE", AT(preview), "p", NULL,
      "copy nothing: show ten fakes of each masked column of a table, made without its values" },
    { "grants", 0, OPTION_FLAG, NULL, AT(grants), "c", NULL,
      "print the script for a role that may do a pull" },
    { "by-column", 0, OPTION_FLAG, NULL, AT(by_column), "c", NULL,
      "the same for copies into SQLite: only columns that the rules let a pull read" },
    { "exact", 0, OPTION_FLAG, NULL, AT(exact), "n", NULL, "choose the rows, and count them" },
    { "sql", 0, OPTION_FLAG, NULL, AT(sql), "n", NULL, "print the statements that read the rows" },
    { "json", 0, OPTION_FLAG, NULL, AT(json), "pvckn", NULL,
      "print events as lines of JSON, a plan as one object" },
    { "quiet", 'q', OPTION_FLAG, NULL, AT(quiet), "pvckx", NULL, "print errors only" },
    { "help", 'h', OPTION_FLAG, NULL, AT(help), "pvcknismxrh", NULL, "show help" },
    { "version", 'V', OPTION_FLAG, NULL, AT(version), "pvcknismxrh", NULL, "show the version" },
};
const int noptions = (int)(sizeof options / sizeof *options);

static const struct {
    const char *option, *values;
} choices[] = {
    { "profile",
      "default django rails sqlalchemy jdbc typeorm drizzle prisma go duckdb sqlx diesel" },
    { "odd-values", "keep null clamp" },
    { "publish", "rename symlink" },
    { "fail-under", "default strict none" },
    { "format", "text md json html" },
    { "figures", "absolute" },
};

const char *
option_values(const struct option *option)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].option, option->name) == 0)
            return choices[i].values;
    return NULL;
}

bool
option_takes_file(const struct option *option)
{
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
parse_duration(const char *text, int *out)
{
    static const struct {
        const char *unit;
        long ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "", 1000 } };
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units && end != text && errno == 0; i++)
        if (strcmp(end, units[i].unit) == 0 && n >= 0 && n <= INT_MAX / units[i].ms) {
            *out = (int)(n * units[i].ms);
            return true;
        }
    return false;
}

static bool
parse_number(const char *text, int *out)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *out = (int)n;
    return end != text && *end == '\0' && errno == 0 && n >= 0 && n <= INT_MAX;
}

static bool
store(const struct option *option, const char *value, struct arguments *arguments,
      struct decant_error *err)
{
    static const char *const forms[] = {
        [OPTION_NUMBER] = "a whole number, 0 or more",
        [OPTION_WAIT] = "a whole number, 0 or more",
        [OPTION_DURATION] = "a time: 500ms, 5s, 10min, 1h",
        [OPTION_SHARE] = "a share above 0 and at most 100%: 5%, 0.05",
        [OPTION_SIZE] = "a size: 500MB, 2GiB",
    };
    void *field = (char *)arguments + option->offset;
    bool ok = true;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        *(const char **)field = value;
        break;
    case OPTION_WORDS: {
        struct decant_words *words = field;
        words->items = mem_grow(words->items, (size_t)words->count, sizeof *words->items);
        words->items[words->count++] = value;
        break;
    }
    case OPTION_NUMBER:
        ok = parse_number(value, field);
        break;
    case OPTION_WAIT:
        if (value == NULL)
            *(int *)field = -1;
        else
            ok = parse_number(value, field);
        break;
    case OPTION_DURATION:
        ok = parse_duration(value, field);
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
    return error_hint(err, "%s", forms[option->kind]);
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
    for (int i = 0; i < noptions; i++) {
        const struct option *option = &options[i];
        if (strlen(option->name) != len || strncmp(option->name, word, len) != 0)
            continue;
        if (!option_fits(option, arguments->command))
            return error_set(err, DECANT_USAGE, "'decant %s' does not take --%s",
                             arguments->command->name, option->name);
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

/* Rules that nobody names are those beside which the command runs. A copy is compared by them only
 * when it is held against its source. */
static void
find_rules(struct arguments *arguments)
{
    const struct command *command = arguments->command;
    bool asks = command != NULL && strchr("pcnx", command->letter) != NULL;
    asks |= command != NULL && command->letter == 'v' && arguments->job.source != NULL;
    if (asks && arguments->job.rules == NULL && access(RULES_FILE, F_OK) == 0)
        arguments->job.rules = RULES_FILE;
}

bool
options_parse(int argc, char **argv, struct arguments *arguments, struct decant_error *err)
{
    bool only_words = false;
    decant_options_init(&arguments->job);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool ok;
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (!only_words && strncmp(word, "--", 2) == 0)
            ok = parse_long(word + 2, argv, &i, arguments, err);
        else if (!only_words && word[0] == '-' && word[1] != '\0')
            ok = parse_short(word + 1, argv, &i, arguments, err);
        else if (arguments->command == NULL)
            ok = (arguments->command = command_find(word, err)) != NULL;
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
    free(arguments->job.not_tables.items);
}
