/* SPDX-License-Identifier: PostgreSQL */
/* Whether a simple query can be run one statement at a time without its sender noticing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proxy/internal.h"

/* What becomes of a statement, by its first word; every other one is the first of these. */
enum nature {
    NATURE_PLAIN,
    NATURE_ITSELF, /* nothing to see, or the extended protocol would treat it otherwise */
    NATURE_BEGINS, /* a transaction block */
    NATURE_ENDS,
    NATURE_APART, /* it must not stand in a transaction block, or only its session knows */
};

static const struct {
    const char *word;
    enum nature nature;
} natures[] = {
    { "ABORT", NATURE_APART },       { "BEGIN", NATURE_BEGINS },    { "CALL", NATURE_APART },
    { "CHECKPOINT", NATURE_APART },  { "CLOSE", NATURE_ITSELF },    { "COMMIT", NATURE_ENDS },
    { "DEALLOCATE", NATURE_ITSELF }, { "DECLARE", NATURE_ITSELF },  { "DISCARD", NATURE_APART },
    { "DO", NATURE_APART },          { "END", NATURE_ENDS },        { "EXECUTE", NATURE_ITSELF },
    { "FETCH", NATURE_ITSELF },      { "LISTEN", NATURE_ITSELF },   { "LOAD", NATURE_ITSELF },
    { "MOVE", NATURE_ITSELF },       { "NOTIFY", NATURE_ITSELF },   { "PREPARE", NATURE_APART },
    { "RELEASE", NATURE_APART },     { "RESET", NATURE_ITSELF },    { "ROLLBACK", NATURE_APART },
    { "SAVEPOINT", NATURE_APART },   { "SET", NATURE_ITSELF },      { "SHOW", NATURE_ITSELF },
    { "START", NATURE_BEGINS },      { "UNLISTEN", NATURE_ITSELF }, { "VACUUM", NATURE_APART },
};

static enum nature
nature_of(const struct statement *piece)
{
    char word[16];
    statement_word(piece, 0, word, sizeof word);
    for (size_t i = 0; i < sizeof natures / sizeof *natures; i++)
        if (strcmp(natures[i].word, word) == 0)
            return natures[i].nature;
    return NATURE_PLAIN;
}

/* CREATE INDEX CONCURRENTLY, DETACH PARTITION ... CONCURRENTLY; databases, tablespaces and the
 * like; rows that the program sends in between. */
static bool
stands_apart(const struct statement *piece)
{
    static const char *const words[] = { "CONCURRENTLY", "DATABASE", "TABLESPACE", "SUBSCRIPTION",
                                         "SYSTEM",       "STDIN",    "STDOUT" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (statement_has(piece, words[i]))
            return true;
    char word[16];
    return nature_of(piece) == NATURE_APART ||
           strcmp(statement_word(piece, 0, word, sizeof word), "REINDEX") == 0 ||
           strcmp(word, "CLUSTER") == 0;
}

/* Several statements, perhaps with BEGIN as the first and COMMIT as the last. */
static bool
can_part(const struct session *session)
{
    int first = 0, last = session->npieces - 1;
    bool begins = nature_of(&session->pieces[first]) == NATURE_BEGINS;
    bool ends = nature_of(&session->pieces[last]) == NATURE_ENDS;
    if (begins != ends || (begins && last < 2))
        return false;
    for (int i = first + begins; i <= last - ends; i++) {
        enum nature nature = nature_of(&session->pieces[i]);
        if (nature == NATURE_BEGINS || nature == NATURE_ENDS || stands_apart(&session->pieces[i]))
            return false;
    }
    return true;
}

void
cut_end(struct session *session)
{
    free(session->text);
    free(session->pieces);
    session->text = NULL;
    session->pieces = NULL;
    session->npieces = 0;
    session->unit = UNIT_NONE;
}

void
cut_query(struct session *session, const char *text)
{
    assert(session != NULL && text != NULL);
    cut_end(session);
    session->text = mem_strdup(text);
    session->unit = UNIT_WHOLE;
    struct statements all = { session->text, session->text + strlen(text), 1 };
    struct statement piece;
    while (statement_next(&all, &piece) && !piece.has_command) {
        session->pieces = mem_grow(session->pieces, (size_t)session->npieces, sizeof piece);
        session->pieces[session->npieces++] = piece;
    }
    if (session->status != 'I' || session->npieces == 0 || piece.has_command)
        return;
    bool has_parameter = false;
    for (int i = 0; i < session->npieces; i++)
        has_parameter |= statement_has_parameter(&session->pieces[i]);
    if (has_parameter)
        return;
    enum nature nature = nature_of(&session->pieces[0]);
    bool is_alone =
        session->npieces == 1 &&
        (nature == NATURE_PLAIN || statement_has(&session->pieces[0], "CALL") ||
         statement_has(&session->pieces[0], "DO") || statement_has(&session->pieces[0], "VACUUM"));
    if (is_alone) {
        session->unit = UNIT_ALONE;
    } else if (session->npieces > 1 && can_part(session)) {
        session->unit = UNIT_SEVERAL;
        session->is_wrapped = nature != NATURE_BEGINS;
    }
}
