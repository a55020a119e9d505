/* SPDX-License-Identifier: PostgreSQL */
#include "plan/party.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { LONGEST_NAME = 128 }; /* of 63 bytes at most, each may be preceded by an underscore */

static const char *const parties[] = {
    "account",      "accountholder", "agency",      "agencies",    "applicant",  "attendee",
    "author",       "azienda",       "bedrijf",     "benutzer",    "business",   "businesses",
    "buyer",        "candidate",     "cardholder",  "citizen",     "client",     "cliente",
    "companies",    "company",       "compte",      "conta",       "contact",    "cuenta",
    "customer",     "debtor",        "dipendente",  "doctor",      "donor",      "driver",
    "employee",     "employer",      "empleado",    "empresa",     "firma",      "funcionario",
    "gebruiker",    "guardian",      "guest",       "holder",      "household",  "klant",
    "klient",       "konto",         "kunde",       "lead",        "lid",        "leden",
    "mandant",      "mandator",      "medewerker",  "member",      "membre",     "membro",
    "merchant",     "miembro",       "mitarbeiter", "mitglied",    "mitglieder", "org",
    "organisation", "organization",  "osoba",       "owner",       "parent",     "participant",
    "partner",      "passenger",     "patient",     "pazient",     "people",     "person",
    "persona",      "personne",      "persoon",     "pessoa",      "physician",  "player",
    "pracownik",    "profile",       "recipient",   "reporter",    "seller",     "societe",
    "staff",        "student",       "subscriber",  "supplier",    "teacher",    "tenant",
    "user",         "usuario",       "utente",      "utilisateur", "uzytkownik", "vendor",
    "visitor",      "voter",         "workspace",   NULL
};

/* Words behind which some put what a table is about. */
static const char *const fillers[] = { "data",   "entity",  "info",  "list", "master",
                                       "record", "records", "table", "tbl",  NULL };

static const char *const columns[] = {
    "email",     "e_mail",          "email_address", "first_name",
    "last_name", "firstname",       "lastname",      "encrypted_password",
    "password",  "password_digest", "password_hash", NULL
};

static bool
is_among(const char *word, size_t len, const char *const *list, const char *const *endings)
{
    for (; *list != NULL; list++) {
        size_t n = strlen(*list);
        if (len < n || strncmp(word, *list, n) != 0)
            continue;
        for (const char *const *ending = endings; *ending != NULL; ending++)
            if (len - n == strlen(*ending) && strncmp(word + n, *ending, len - n) == 0)
                return true;
    }
    return false;
}

/* "userAccounts" and "USER_ACCOUNTS" as "user_accounts". */
static size_t
to_snake(const char *name, char out[LONGEST_NAME])
{
    size_t n = 0;
    for (size_t i = 0; name[i] != '\0' && n + 2 < LONGEST_NAME; i++) {
        bool begins =
            isupper((unsigned char)name[i]) && i > 0 && islower((unsigned char)name[i - 1]);
        if (begins)
            out[n++] = '_';
        out[n++] = (char)tolower((unsigned char)name[i]);
    }
    out[n] = '\0';
    return n;
}

static bool
is_named_so(const char *name)
{
    static const char *const plurals[] = { "", "s", "es", "n", "en", "e", "i", NULL };
    static const char *const none[] = { "", NULL };
    char snake[LONGEST_NAME];
    size_t end = to_snake(name, snake);
    while (end > 0) {
        size_t begin = end;
        while (begin > 0 && isalpha((unsigned char)snake[begin - 1]))
            begin--;
        if (end > begin && !is_among(snake + begin, end - begin, fillers, none))
            return is_among(snake + begin, end - begin, parties, plurals);
        end = begin > 0 ? begin - 1 : 0;
    }
    return false;
}

bool
table_is_party(const struct table *table)
{
    assert(table != NULL);
    if (is_named_so(table->name))
        return true;
    for (const char *const *column = columns; *column != NULL; column++)
        if (table_column(table, *column) >= 0)
            return true;
    return false;
}

bool
column_is_audit(const struct column *column)
{
    assert(column != NULL);
    static const char *const names[] = {
        "create_uid", "write_uid",  "created_by",  "updated_by",    "creator_id",
        "updater_id", "deleted_by", "modified_by", "created_by_id", "updated_by_id",
        "createdBy",  "updatedBy",  "createdById", "updatedById",   "last_modified_by",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column->name, names[i]) == 0)
            return true;
    return false;
}
