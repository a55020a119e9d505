/* SPDX-License-Identifier: PostgreSQL */
#include "load/restore_text.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* What stands in quotes behind one of these words is a name. */
static bool
names_object(const char *text, const char *quote)
{
    static const char *const words[] = { "relation",   "table",     "column",    "constraint",
                                         "index",      "schema",    "type",      "role",
                                         "extension",  "database",  "sequence",  "trigger",
                                         "view",       "language",  "parameter", "server",
                                         "file",       "collation", "host",      "user",
                                         "tablespace", "function" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if (quote - text > (ptrdiff_t)len && quote[-1] == ' ' &&
            strncmp(quote - 1 - len, words[i], len) == 0 &&
            (quote - 1 - len == text || !isalpha((unsigned char)quote[-2 - (ptrdiff_t)len])))
            return true;
    }
    return false;
}

void
restore_clear_message(const char *text, struct buf *out)
{
    for (const char *p = text; *p != '\0' && *p != '\n'; p++) {
        bool is_quote = *p == '"' || (*p == '\'' && (p == text || p[-1] == ' ' || p[-1] == '('));
        const char *end = is_quote ? strchr(p + 1, *p) : NULL;
        if (end == NULL || memchr(p, '\n', (size_t)(end - p)) != NULL) {
            buf_putc(out, *p);
            if (is_quote) { /* it ends elsewhere: nothing behind it is certain */
                buf_puts(out, "...");
                return;
            }
            continue;
        }
        if (names_object(text, p))
            buf_add(out, p, (size_t)(end - p + 1));
        else
            buf_printf(out, "%c...%c", *p, *p);
        p = end;
    }
}

/* Options that begin with pg_ are the server's own and cannot be set by DDL (the manual of 15.20,
 * pg_attribute.attoptions); a pg_dump that does not know them writes them all the same. Their text
 * becomes blanks: an archive knows the length of its strings. */
static void
blank_options(char *statement, char *set, char *end)
{
    char *open = set + strlen("SET ("), *at = open;
    int kept = 0;
    while (at < end) {
        char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma != NULL ? comma + 1 : end;
        char *word = at + strspn(at, " \n");
        if (strncmp(word, "pg_", 3) == 0)
            memset(at, ' ', (size_t)(stop - at));
        else
            kept++;
        at = stop;
    }
    for (char *last = end; kept > 0 && last > open; last--)
        if (last[-1] != ' ' && last[-1] != '\n') {
            if (last[-1] == ',')
                last[-1] = ' ';
            return;
        }
    if (kept == 0)
        memset(statement, ' ', (size_t)(end + 2 - statement));
}

void
restore_drop_internal_options(char *archive, size_t len)
{
    static const char set[] = " SET (";
    char *end = archive + len;
    for (char *at = archive; (at = memmem(at, (size_t)(end - at), set, strlen(set))) != NULL;
         at++) {
        char *close = memmem(at, (size_t)(end - at), ");", 2);
        char *line = at;
        while (line > archive && line[-1] != '\n' && line[-1] != '\0')
            line--;
        bool is_column = strncmp(line, "ALTER ", 6) == 0 && close != NULL &&
                         memmem(line, (size_t)(at - line), " ALTER COLUMN ", 14) != NULL;
        if (is_column && memmem(at, (size_t)(close - at), "pg_", 3) != NULL)
            blank_options(line, at + 1, close);
    }
}
