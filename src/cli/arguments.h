/* SPDX-License-Identifier: PostgreSQL */
/* What the command line said. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include <decant/decant.h>

/* Everything that the command line can say. */
struct arguments {
    const struct command *command;
    struct decant_options job;
    bool json, quiet, review, grants, by_column, exact, sql, help, version;
    const char *positional; /* SOURCE, the COPY of verify, the verb of key, the TABLE of explain,
                               the SHELL of completion, the COMMAND of help */
    const char *second;     /* the FILE of key, the SOURCE of explain */
    const char *preview;    /* of pull: a table */
    const char *row;        /* of explain */
    const char *at;         /* of rehearse: "production" */
    const char *format, *figures;   /* of report */
    char *address, *copy;           /* what local:NAME leads to; free() them */
    bool systemd, cron, kubernetes; /* of schedule */
    const char *into;               /* of schedule: a directory, or NULL */
    const char *run, *now;          /* of rollback; of run and status: a time */
    const char *columns;            /* of explain: TABLE[.COLUMN] */
};

enum { MANY_WORDS = 100 };

struct command {
    const char *name;
    char letter; /* in option.commands */
    int nwords;  /* that may follow it; MANY_WORDS: all of them are targets */
    const char *positional, *summary;
    int (*run)(struct arguments *arguments);
};

#endif
