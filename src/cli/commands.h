/* SPDX-License-Identifier: PostgreSQL */
/* The commands of decant(1); each returns the exit status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/arguments.h"

int command_pull(struct arguments *arguments);
int command_verify(struct arguments *arguments);
int command_check(struct arguments *arguments);
int command_init(struct arguments *arguments);
int command_plan(struct arguments *arguments);
int command_explain(struct arguments *arguments);
int command_report(struct arguments *arguments);
int command_sizes(struct arguments *arguments);
int command_rehearse(struct arguments *arguments);
int command_amplify(struct arguments *arguments);
int command_lend(struct arguments *arguments);
int command_text(struct arguments *arguments);
int command_volume(struct arguments *arguments);
int command_run(struct arguments *arguments);
int command_status(struct arguments *arguments);
int command_schedule(struct arguments *arguments);
int command_diff(struct arguments *arguments);
int command_rollback(struct arguments *arguments);
int command_server(struct arguments *arguments);
int command_key(struct arguments *arguments);
int command_help(struct arguments *arguments);
int command_completion(struct arguments *arguments);
int command_manual(struct arguments *arguments);

/* Prints the error as the user sees it: text on stderr, with --json also an event on stdout.
 * Returns its exit status. */
int command_failed(const struct arguments *arguments, const struct decant_error *err);

/* "decant --help" (command NULL) and "decant COMMAND --help". */
void print_help(const struct arguments *arguments);

#endif
