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
    { "sizes", 'z', 1, "COPY", "say how large production's tables are, for linters of migrations",
      command_sizes },
    { "run", 'u', 1, "[SOURCE]",
      "check, pull, run hooks and publish as the rules say, unattended; and write it down",
      command_run },
    { "status", 't', MANY_WORDS, "[TARGET...]",
      "say how old copies are, what became of the last runs, and what wants looking at",
      command_status },
    { "schedule", 'd', 0, "--systemd | --cron | --kubernetes",
      "print what starts a run at the time that the rules say", command_schedule },
    { "diff", 'f', MANY_WORDS, "COPY [COPY2]",
      "say what differs between two copies, or between one and the one before it", command_diff },
    { "rollback", 'b', 1, "TARGET", "put a kept copy back in place, or forward again",
      command_rollback },
    { "check", 'c', 1, "[SOURCE]", "look for what would stop a pull", command_check },
    { "rehearse", 'e', 0, "(--sql FILE... | -- COMMAND...)",
      "run a migration on a clone of COPY, and say what production will feel", command_rehearse },
    { "amplify", 'a', 1, "COPY", "make production's rows from those of a PostgreSQL copy",
      command_amplify },
    { "volume", 'o', 2, "hollow COPY | solid COPY",
      "let a copy be planned for as production is, without its rows", command_volume },
    { "server", 'l', 2, "start | stop | status | url NAME | remove NAME",
      "the server of the copies called local:NAME", command_server },
    { "key", 'k', 2, "new [FILE]", "make the key that the choice of rows comes from", command_key },
    { "completion", 's', 1, "[SHELL]", "print the completion script for bash, zsh or fish",
      command_completion },
    { "help", 'h', 1, "[COMMAND]", "show help", command_help },
    { "manual", 'm', 0, "", "print the manual's lists of commands and options", command_manual },
};
const int ncommands = (int)(sizeof commands / sizeof *commands);

#define RULES_FILE "decant.yaml"
#define AT(field) .offset = offsetof(struct arguments, field)

/* A line each would be given to every field. */
/* clang-format off */
const struct option options[] = {
    { .name = "to", .kind = OPTION_TEXT, .argument = "TARGET", AT(job.target), .commands = "pau",
      .help = "a path, sqlite:PATH, local:NAME, or a PostgreSQL URI or key=value string" },
    { .name = "on", .kind = OPTION_TEXT, .argument = "COPY", AT(job.target), .commands = "e",
      .help = "the copy to rehearse on; it is cloned, and not touched" },
    { .name = "sql", .kind = OPTION_WORDS, .argument = "FILE", AT(job.sql), .commands = "e",
      .help = "a file whose statements are run one by one, as psql would; more than one: in order" },
    { .name = "for", .kind = OPTION_WORDS, .argument = "FILE", AT(job.sql), .commands = "a",
      .help = "only the tables that a migration names, and what they refer to" },
    { .name = "env", .kind = OPTION_WORDS, .argument = "NAME=HOW", AT(job.env), .commands = "e",
      .help = "one more variable for the command: the address as url, jdbc or dsn" },
    { .name = "baseline", .kind = OPTION_TEXT, .argument = "FILE", AT(job.baseline),
      .commands = "e",
      .help = "a former report in JSON: what it found needs no answer" },
    { .name = "queries", .kind = OPTION_WORDS, .argument = "FILE", AT(job.queries),
      .commands = "e",
      .help = "queries whose plans are compared, before and after; they are not run" },
    { .name = "at", .kind = OPTION_TEXT, .argument = "production", AT(at), .commands = "e",
      .values = "production",
      .help = "run it once more, on as many rows as production has, made from the copy's" },
    { .name = "twice", .kind = OPTION_FLAG, AT(job.twice), .commands = "e",
      .help = "run it once more on what it left: can it be run again?" },
    { .name = "down", .kind = OPTION_TEXT, .argument = "WHAT", AT(job.down), .commands = "e",
      .help = "the way back, a file (.sql) or a command for sh: is the schema then as it was?" },
    { .name = "confirm-on-source", .kind = OPTION_TEXT, .argument = "SOURCE", AT(job.source),
      .commands = "e",
      .help = "count the rows that broke a constraint at the source, too; it is only read" },
    { .name = "with-reader", .kind = OPTION_DURATION, .argument = "TIME", AT(job.reader_ms),
      .commands = "e", .max = INT_MAX, .preset = "none",
      .help = "somebody has read every table and goes on for so long, as a report or pg_dump does" },
    { .name = "continue", .kind = OPTION_FLAG, AT(job.goes_on), .commands = "e",
      .help = "past what fails in the files: one rehearsal finds all of it, and its rows" },
    { .name = "keep-clone", .kind = OPTION_FLAG, AT(job.keep_clone), .commands = "e",
      .help = "leave the clone as the migration left it" },
    { .name = "source", .kind = OPTION_TEXT, .argument = "SOURCE", AT(job.source), .commands = "v",
      .help = "compare the copy with its source as it is now, by the rules that it was made by" },
    { .name = "config", .letter = 'c', .kind = OPTION_TEXT, .argument = "FILE", AT(job.rules),
      .commands = "pcnixveutd", .preset = "decant.yaml",
      .help = "the rules: what is sampled, and how columns are masked" },
    { .name = "key-file", .kind = OPTION_TEXT, .argument = "FILE", AT(job.key_file),
      .commands = "pnixvud", .preset = "DECANT_KEY_FILE, else KEY_ID.key in ~/.config/decant",
      .help = "the key that the choice of rows, and the fakes, come from" },
    { .name = "rate", .kind = OPTION_SHARE, .argument = "P", AT(job.rate), .commands = "pnixvu",
      .preset = "the rules'",
      .help = "share of the rows of every root, as 5%" },
    { .name = "rows", .kind = OPTION_NUMBER, .argument = "N", AT(job.rows), .commands = "pnxvau",
      .min = 1, .max = INT_MAX,
      .help = "find the rate that gives so many rows; of amplify, of all tables" },
    { .name = "size", .kind = OPTION_SIZE, .argument = "BYTES", AT(job.size), .commands = "pnxvau",
      .help = "find the rate that gives so many bytes; of amplify, of all tables" },
    { .name = "factor", .kind = OPTION_NUMBER, .argument = "N", AT(job.factor), .commands = "a",
      .min = 1, .max = 1000000,
      .preset = "production's rows",
      .help = "so many times the copy's rows" },
    { .name = "fail-under", .kind = OPTION_TEXT, .argument = "GATE", AT(job.fail_under),
      .commands = "pvu", .values = "default strict none", .preset = "the rules'",
      .help = "how far a sample may be from its source: default, strict or none" },
    { .name = "origins", .kind = OPTION_TEXT, .argument = "FILE", AT(job.origins), .commands = "p",
      .help = "write why each row is there: table, key, origin, probability" },
    { .name = "memory", .kind = OPTION_SIZE, .argument = "BYTES", AT(job.memory_bytes),
      .commands = "pnxvu", .preset = "512MiB",
      .help = "for the keys of chosen rows" },
    { .name = "max-read", .kind = OPTION_SIZE, .argument = "BYTES", AT(job.max_read_bytes),
      .commands = "pnu", .preset = "no limit",
      .help = "refuse a sample that makes the source read more" },
    { .name = "no-mask", .kind = OPTION_FLAG, AT(job.no_mask), .commands = "pcnxvu",
      .help = "copy every column as it is, whatever the rules say" },
    { .name = "update", .kind = OPTION_FLAG, AT(job.update), .commands = "i",
      .help = "add lines for new columns to rules that exist; nothing else is changed" },
    { .name = "review", .kind = OPTION_FLAG, AT(review), .commands = "i",
      .help = "list the lines of rules that exist which a person should look at; nothing is "
              "asked or changed" },
    { .name = "no-values", .kind = OPTION_FLAG, AT(job.no_values), .commands = "i",
      .help = "look at names, types and statistics only" },
    { .name = "schema", .letter = 'n', .kind = OPTION_WORDS, .argument = "PATTERN",
      AT(job.schemas), .commands = "pcnixvu",
      .help = "only these schemas; as in pg_dump" },
    { .name = "exclude-schema", .letter = 'N', .kind = OPTION_WORDS, .argument = "PATTERN",
      AT(job.not_schemas), .commands = "pcnixvu",
      .help = "leave these schemas out" },
    { .name = "table", .letter = 't', .kind = OPTION_WORDS, .argument = "PATTERN", AT(job.tables),
      .commands = "pcnixvu",
      .help = "only these tables" },
    { .name = "exclude-table", .letter = 'T', .kind = OPTION_WORDS, .argument = "PATTERN",
      AT(job.not_tables), .commands = "pcnixvu",
      .help = "leave these tables out" },
    { .name = "drop-dangling-keys", .kind = OPTION_FLAG, AT(job.drop_dangling_keys),
      .commands = "pnixvu",
      .help = "leave out foreign keys whose parent table is left out" },
    { .name = "schema-only", .letter = 's', .kind = OPTION_FLAG, AT(job.schema_only),
      .commands = "p",
      .help = "copy no rows" },
    { .name = "profile", .kind = OPTION_TEXT, .argument = "NAME", AT(job.profile),
      .commands = "pcu",
      .values = "default django rails sqlalchemy jdbc typeorm drizzle prisma go duckdb sqlx diesel",
      .preset = "default",
      .help = "who reads a SQLite copy: django, rails, sqlalchemy, jdbc, typeorm, drizzle, "
              "prisma, go, duckdb, sqlx, diesel" },
    { .name = "odd-values", .kind = OPTION_TEXT, .argument = "HOW", AT(job.odd_values),
      .commands = "pu", .values = "keep null clamp", .preset = "keep",
      .help = "in SQLite, of NaN, infinities, years beyond 1 to 9999, 24:00 and the like: "
              "keep, null, clamp" },
    { .name = "no-statistics", .kind = OPTION_FLAG, AT(job.no_statistics), .commands = "pu",
      .help = "leave sqlite_stat1 out of a SQLite copy: some tools stop at it" },
    { .name = "publish", .kind = OPTION_TEXT, .argument = "HOW", AT(job.publish), .commands = "pu",
      .values = "rename symlink", .preset = "rename",
      .help = "put a SQLite file in place by rename or symlink" },
    { .name = "keep", .kind = OPTION_NUMBER, .argument = "N", AT(job.keep), .commands = "pa",
      .min = 0, .max = INT_MAX, .preset = "1, and 0 for SQLite",
      .help = "previous copies to keep" },
    { .name = "overwrite", .kind = OPTION_FLAG, AT(job.overwrite), .commands = "pau",
      .help = "replace a target that decant did not make" },
    { .name = "allow-remote", .kind = OPTION_FLAG, AT(job.allow_remote), .commands = "pau",
      .help = "accept a target on another host" },
    { .name = "allow-same-server", .kind = OPTION_FLAG, AT(job.allow_same_server), .commands = "pu",
      .help = "accept a target on the source's server" },
    { .name = "allow-downgrade", .kind = OPTION_FLAG, AT(job.allow_downgrade), .commands = "pu",
      .help = "accept a target server older than the source" },
    { .name = "allow-shrink", .kind = OPTION_FLAG, AT(job.allow_shrink), .commands = "pu",
      .help = "accept a source that is empty, or has lost more than half of a table's rows" },
    { .name = "owner", .kind = OPTION_TEXT, .argument = "ROLE", AT(job.owner), .commands = "pau",
      .help = "owner of a PostgreSQL copy and its objects" },
    { .name = "wait", .kind = OPTION_WAIT, .argument = "SECONDS", AT(job.wait_s), .commands = "paub",
      .min = 0, .max = INT_MAX, .preset = "refuse",
      .help = "wait when another run holds the target" },
    { .name = "jobs", .letter = 'j', .kind = OPTION_NUMBER, .argument = "N", AT(job.jobs),
      .commands = "pvau", .min = 0, .max = INT_MAX, .preset = "half of the processors, at most 4; of a far source at least 3",
      .help = "tables at once; 0: one connection to the source, for all" },
    { .name = "manifest", .kind = OPTION_TEXT, .argument = "PATH", AT(job.manifest),
      .commands = "pvrezoa",
      .help = "where the manifest is" },
    { .name = "format", .kind = OPTION_TEXT, .argument = "FORMAT", AT(format), .commands = "rezt",
      .values = "text md json html sarif junit pgfence prometheus", .preset = "text; of sizes json",
      .help = "text, md, json or html; of a rehearsal sarif and junit, too; of sizes json or pgfence; "
              "of a status text, json or prometheus" },
    { .name = "since", .kind = OPTION_FLAG, AT(job.since), .commands = "r",
      .help = "with what differs from the copy before, which 'keep' has kept; both are read" },
    { .name = "figures", .kind = OPTION_TEXT, .argument = "absolute", AT(figures), .commands = "r",
      .values = "absolute", .preset = "ratios",
      .help = "show production's own numbers of rows, too" },
    { .name = "pg-bindir", .kind = OPTION_TEXT, .argument = "DIR", AT(job.pg_bindir),
      .commands = "peloautbf",
      .help = "where pg_dump, pg_restore, initdb and pg_ctl are" },
    { .name = "lock-timeout", .kind = OPTION_DURATION, .argument = "TIME", AT(job.lock_timeout_ms),
      .commands = "pnixvu", .max = INT_MAX, .preset = "2s",
      .help = "wait for a lock on the source" },
    { .name = "yield-after", .kind = OPTION_DURATION, .argument = "TIME", AT(job.yield_after_ms),
      .commands = "pnixvu", .max = INT_MAX, .preset = "5s",
      .help = "give way to a session that waits for us; 0: never" },
    { .name = "statement-timeout", .kind = OPTION_DURATION, .argument = "TIME",
      AT(job.statement_timeout_ms), .commands = "pnxvu", .max = INT_MAX, .preset = "none",
      .help = "for each statement on the source" },
    { .name = "stall-timeout", .kind = OPTION_DURATION, .argument = "TIME",
      AT(job.stall_timeout_ms), .commands = "pcnixvreoautbf", .max = INT_MAX, .preset = "5min",
      .help = "give up a server that says nothing and is not at work; 0: never" },
    { .name = "max-snapshot-age", .kind = OPTION_DURATION, .argument = "TIME",
      AT(job.max_snapshot_age_ms), .commands = "pnxvu", .max = INT_MAX, .preset = "1h",
      .help = "give up when the snapshot becomes older; 0: never" },
    { .name = "retries", .kind = OPTION_NUMBER, .argument = "N", AT(job.retries), .commands = "pu",
      .min = 0, .max = 1000, .preset = "2",
      .help = "start over after a conflict on a hot standby" },
    { .name = "to", .kind = OPTION_TEXT, .argument = "RUN", AT(run), .commands = "b",
      .preset = "the last one from before the one in place",
      .help = "the run whose copy is put back; the beginning of its name will do" },
    { .name = "systemd", .kind = OPTION_FLAG, AT(systemd), .commands = "d",
      .help = "a service and its timer" },
    { .name = "cron", .kind = OPTION_FLAG, AT(cron), .commands = "d",
      .help = "lines for crontab" },
    { .name = "kubernetes", .kind = OPTION_FLAG, AT(kubernetes), .commands = "d",
      .help = "a CronJob" },
    { .name = "into", .kind = OPTION_TEXT, .argument = "DIR", AT(into), .commands = "d",
      .preset = "stdout",
      .help = "write the files there, as /etc/systemd/system" },
    { .name = "now", .kind = OPTION_TEXT, .argument = "TIME", AT(now), .commands = "utb",
      .preset = "the clock's",
      .help = "take this for the present, as 2026-11-30T02:30:00Z: to try out an alert" },
    { .name = "row", .kind = OPTION_TEXT, .argument = "TABLE:KEY", AT(row), .commands = "x",
      .help = "the row to explain: schema.table and the values of its key, joined by commas" },
    { .name = "preview", .kind = OPTION_TEXT, .argument = "TABLE", AT(preview), .commands = "p",
      .help = "copy nothing: show ten fakes of each masked column of a table, made without its "
              "values" },
    { .name = "grants", .kind = OPTION_FLAG, AT(grants), .commands = "c",
      .help = "print the script for a role that may do a pull" },
    { .name = "by-column", .kind = OPTION_FLAG, AT(by_column), .commands = "c",
      .help = "the same for copies into SQLite: only columns that the rules let a pull read" },
    { .name = "exact", .kind = OPTION_FLAG, AT(exact), .commands = "n",
      .help = "choose the rows, and count them" },
    { .name = "sql", .kind = OPTION_FLAG, AT(sql), .commands = "n",
      .help = "print the statements that read the rows" },
    { .name = "json", .kind = OPTION_FLAG, AT(json), .commands = "pvcknautf",
      .help = "print events as lines of JSON, a plan as one object" },
    { .name = "quiet", .letter = 'q', .kind = OPTION_FLAG, AT(quiet), .commands = "pvckxautb",
      .help = "print errors only" },
    { .name = "help", .letter = 'h', .kind = OPTION_FLAG, AT(help), .commands = "pvcknismxrheloautbdf",
      .help = "show help" },
    { .name = "version", .letter = 'V', .kind = OPTION_FLAG, AT(version),
      .commands = "pvcknismxrheloautbdf",
      .help = "show the version" },
};
/* clang-format on */
const int noptions = (int)(sizeof options / sizeof *options);

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
            if (arguments->command != NULL && arguments->command->run == command_rehearse) {
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
    free(arguments->job.not_tables.items);
    free(arguments->job.sql.items);
    free(arguments->address);
    free(arguments->copy);
    free(arguments->job.env.items);
    free(arguments->job.targets.items);
    free(arguments->job.queries.items);
}
