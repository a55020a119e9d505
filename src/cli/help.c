/* SPDX-License-Identifier: PostgreSQL */
/* Help, manual and completion: three views of the tables in options.c. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "base/error.h"
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
    assert(arguments != NULL);
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
command_help(struct arguments *arguments)
{
    assert(arguments != NULL);
    struct decant_error err = { 0 };
    const char *word = arguments->positional;
    arguments->command = word != NULL ? command_find(word, &err) : NULL;
    if (word != NULL && arguments->command == NULL)
        return command_failed(arguments, &err);
    print_help(arguments);
    return 0;
}

/* ---- completion, one function for each shell */

static void
complete_bash(void)
{
    puts("# bash completion for decant; made by: decant completion\n"
         "_decant() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "    case $prev in");
    for (int i = 0; i < noptions; i++) {
        char letter[8] = "";
        if (options[i].letter != 0)
            snprintf(letter, sizeof letter, "|-%c", options[i].letter);
        if (options[i].values != NULL)
            printf("    --%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                   options[i].name, options[i].values);
        else if (option_takes_file(&options[i]))
            printf("    --%s%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
                   options[i].name, letter);
    }
    puts("    key) COMPREPLY=($(compgen -W new -- \"$cur\")); return ;;\n"
         "    completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")); return ;;\n"
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
         "    [[ ${COMP_WORDS[1]} == @(verify|report) && $cur != -* ]] && { "
         "COMPREPLY=($(compgen -f -- \"$cur\")); return; }\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _decant decant");
}

/* Inside a single-quoted word of zsh or fish; `special` are escaped, too. */
static void
put_quoted(const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        else if (strchr(special, *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

static void
complete_zsh(void)
{
    puts("#compdef decant\n"
         "# zsh completion for decant; made by: decant completion zsh\n"
         "_decant() {\n"
         "    local -a commands=(");
    for (int i = 0; i < ncommands; i++) {
        printf("        '%s:", commands[i].name);
        put_quoted(commands[i].summary, "");
        puts("'");
    }
    puts("    )\n"
         "    if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
         "    case $words[2] in");
    for (int i = 0; i < ncommands; i++) {
        printf("    %s) _arguments", commands[i].name);
        for (int j = 0; j < noptions; j++) {
            const struct option *option = &options[j];
            if (!option_fits(option, &commands[i]))
                continue;
            printf(" \\\n        '--%s[", option->name);
            put_quoted(option->help, "[]");
            putchar(']');
            if (option->values != NULL)
                printf(":%s:(%s)", option->argument, option->values);
            else if (option->argument != NULL && option->kind != OPTION_WAIT)
                printf(":%s:%s", option->argument, option_takes_file(option) ? "_files" : "");
            putchar('\'');
        }
        puts(" '*:file:_files' ;;");
    }
    puts("    esac\n"
         "}\n"
         "_decant \"$@\"");
}

static void
complete_fish(void)
{
    puts("# fish completion for decant; made by: decant completion fish");
    for (int i = 0; i < ncommands; i++) {
        printf("complete -c decant -n __fish_use_subcommand -f -a %s -d '", commands[i].name);
        put_quoted(commands[i].summary, "\\");
        puts("'");
    }
    for (int i = 0; i < ncommands; i++)
        for (int j = 0; j < noptions; j++) {
            const struct option *option = &options[j];
            if (!option_fits(option, &commands[i]))
                continue;
            printf("complete -c decant -n '__fish_seen_subcommand_from %s' -l %s", commands[i].name,
                   option->name);
            if (option->letter != 0)
                printf(" -s %c", option->letter);
            if (option->values != NULL)
                printf(" -x -a '%s'", option->values);
            else if (option->argument != NULL && option->kind != OPTION_WAIT)
                fputs(option_takes_file(option) ? " -r" : " -x", stdout);
            fputs(" -d '", stdout);
            put_quoted(option->help, "\\");
            puts("'");
        }
}

int
command_completion(struct arguments *arguments)
{
    assert(arguments != NULL);
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = { { "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish } };
    struct decant_error err = { 0 };
    const char *wanted = arguments->positional != NULL ? arguments->positional : "bash";
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(wanted, shells[i].name) == 0) {
            shells[i].print();
            return 0;
        }
    error_set(&err, DECANT_USAGE, "there is no completion for '%s'", wanted);
    error_hint(&err, "shells are: bash, zsh, fish");
    return command_failed(arguments, &err);
}
