/* SPDX-License-Identifier: PostgreSQL */
/* Help, manual and completion: three views of the tables in options.c. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"

enum { COLUMN = 30 };

static void
print_option(const struct option *option)
{
    char left[64];
    char letter[8] = "    ";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, option->name,
             option->argument == NULL      ? ""
             : option->kind == OPTION_WAIT ? "[="
                                           : " ",
             option->argument != NULL ? option->argument : "",
             option->kind == OPTION_WAIT ? "]" : "");
    printf("%-*s %s", COLUMN, left, option->help);
    if (option->preset != NULL)
        printf(" (default: %s)", option->preset);
    putchar('\n');
}

void
print_help(const struct arguments *arguments)
{
    const struct command *command = arguments->command;
    if (command != NULL) {
        printf("usage: decant %s [options] %s\n%s\n\n", command->name, command->positional,
               command->summary);
    } else {
        puts("decant: copy a PostgreSQL database into SQLite or another PostgreSQL database\n\n"
             "usage: decant COMMAND [options] [SOURCE]\n");
        for (int i = 0; i < ncommands; i++)
            printf("  %-12s %s\n", commands[i].name, commands[i].summary);
        puts("\nSOURCE is a libpq URI or key=value string; without it DATABASE_URL or PG* say "
             "it.\n");
    }
    puts("options:");
    for (int i = 0; i < noptions; i++)
        if (option_fits(&options[i], command))
            print_option(&options[i]);
    if (command == NULL)
        puts("\nexit status: 0 done, 1 bug, 2 usage, 3 refused, 4 leak, 5 check failed,\n"
             "6 source or target unavailable, 7 built but not published");
}

/* In roff a dash that is meant as one is written \-. */
static void
print_roff(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-')
            putchar('\\');
        putchar(*text);
    }
}

int
command_manual(struct arguments *arguments)
{
    (void)arguments;
    puts(".SH COMMANDS");
    for (int i = 0; i < ncommands; i++) {
        printf(".TP\n.B %s %s\n", commands[i].name, commands[i].positional);
        print_roff(commands[i].summary);
        putchar('\n');
    }
    puts(".SH OPTIONS");
    for (int i = 0; i < noptions; i++) {
        const struct option *option = &options[i];
        fputs(".TP\n.BR ", stdout);
        if (option->letter != 0)
            printf("\\-%c \", \" ", option->letter);
        fputs("\\-\\-", stdout);
        print_roff(option->name);
        if (option->argument != NULL)
            printf(option->kind == OPTION_WAIT ? " [=\\fI%s\\fP]" : " \" \\fI%s\\fP\"",
                   option->argument);
        fputs("\n", stdout);
        print_roff(option->help);
        if (option->preset != NULL) {
            fputs(" (default: ", stdout);
            print_roff(option->preset);
            putchar(')');
        }
        fputs(".\n", stdout);
    }
    return 0;
}

int
command_completion(struct arguments *arguments)
{
    (void)arguments;
    puts("# bash completion for decant; made by: decant completion\n"
         "_decant() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "    case $prev in");
    puts("    --to|--manifest|--pg-bindir) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
         "    --profile) COMPREPLY=($(compgen -W 'default django' -- \"$cur\")); return ;;\n"
         "    --publish) COMPREPLY=($(compgen -W 'rename symlink' -- \"$cur\")); return ;;\n"
         "    esac\n"
         "    case ${COMP_WORDS[1]} in");
    for (int i = 0; i < ncommands; i++) {
        printf("    %s) words='", commands[i].name);
        for (int j = 0; j < noptions; j++)
            if (option_fits(&options[j], &commands[i]))
                printf("--%s ", options[j].name);
        puts("' ;;");
    }
    fputs("    *) words='", stdout);
    for (int i = 0; i < ncommands; i++)
        printf("%s ", commands[i].name);
    puts("--help --version' ;;\n"
         "    esac\n"
         "    [[ ${COMP_WORDS[1]} == verify && $cur != -* ]] && { COMPREPLY=($(compgen -f -- "
         "\"$cur\")); return; }\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _decant decant");
    return 0;
}
