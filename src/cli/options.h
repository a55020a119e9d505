/* SPDX-License-Identifier: PostgreSQL */
/* The commands and options of decant(1): const tables that parsing, --help, the manual and the
 * shell completion read. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/arguments.h"

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_WORDS,    /* may be repeated */
    OPTION_NUMBER,   /* int */
    OPTION_DURATION, /* "500ms", "5s", "10min", "1h"; int milliseconds */
    OPTION_SHARE,    /* "5%"; double */
    OPTION_SIZE,     /* "2GiB"; int64_t bytes */
    OPTION_WAIT,     /* optional argument in seconds; for ever without one */
};

struct option {
    const char *name; /* long */
    char letter;      /* short, or 0 */
    enum option_kind kind;
    const char *argument; /* its name in the help; NULL for a flag */
    size_t offset;        /* in struct arguments */
    const char *commands; /* letters of the commands that take it */
    int min, max;         /* of a number, or of a duration in milliseconds */
    const char *values;   /* the words that it takes, with blanks between; NULL: any */
    const char *preset;   /* the default, in words; NULL: none */
    const char *help;
};

extern const struct command commands[];
extern const int ncommands;
extern const struct option options[];
extern const int noptions;

/* Fills `arguments`; a word that nobody knows is answered with the nearest one that exists. */
bool options_parse(int argc, char **argv, struct arguments *arguments, struct decant_error *err);

/* Does the command take the option? */
bool option_fits(const struct option *option, const struct command *command);

/* Does it take the name of a file? */
bool option_takes_file(const struct option *option);

/* The command of that name; NULL where there is none, with the nearest one in `err`. */
const struct command *command_find(const char *word, struct decant_error *err);

/* Frees what options_parse() allocated. */
void options_deinit(struct arguments *arguments);

#endif
