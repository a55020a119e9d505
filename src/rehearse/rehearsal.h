/* SPDX-License-Identifier: PostgreSQL */
/* All that is known when a rehearsal is over. Strings live in its arena. */
#ifndef REHEARSE_REHEARSAL_H
#define REHEARSE_REHEARSAL_H

#include "rehearse/record.h"
#include "rehearse/relations.h"

/* What a schema's dump says of an object before and after; NULL: it is not there. */
struct change {
    const char *type, *name; /* as pg_dump calls them: "INDEX", "public.t_email" */
    const char *before, *after;
};

/* Rows or values that are there no more. */
struct loss {
    const char *table;
    const char *column; /* NULL: rows */
    int64_t before, after;
    bool is_new_column; /* of the same name */
};

enum leftover_kind { LEFT_INVALID_INDEX, LEFT_NOT_VALIDATED, LEFT_KEY_WITHOUT_INDEX, LEFT_KINDS };

/* Something that the migration left unfinished, and that was not so before. */
struct leftover {
    enum leftover_kind kind;
    const char *name, *table;
};

/* The longest that somebody else would have waited for a table. */
struct felt {
    const char *table;
    bool is_write;
    double ms;
    int step;       /* that it waited for */
    bool is_probed; /* somebody did wait; else the locks say so */
};

/* Rows that a step failed for. */
struct violation {
    int step;         /* see rehearsal_step(); below 0: none */
    const char *what; /* in words: "rows of public.t without a parent in public.p" */
    const char *table;
    int64_t rows, of; /* in the copy; rows below 0: not counted, `why` says why */
    const char *why;
    const char *sql;  /* reads them at production */
    double low, high; /* what is to be expected there; below 0: nothing is known */
    int64_t there;    /* counted at the source; below 0: not asked */
    const char *key;  /* the columns by which its rows are told, "id"; NULL: they are not kept */
    int nkeys;        /* the first of them */
    const char **keys;
    const char *past; /* how the rehearsal went on behind it; NULL: it ended there */
};

/* How many rows production has, as the manifest of the copy says. */
struct proportion {
    const char *table;
    int64_t copy, production;
};

/* A table, partition or index of production. */
struct production_size {
    const char *name; /* "schema.name" */
    int64_t bytes;    /* of it alone */
};

enum severity { SEVERITY_NOTE, SEVERITY_BREACH };

/* Something that a policy has an opinion on. */
struct finding {
    const char *code; /* "table-rewritten" */
    char id[17];      /* stays the same from run to run */
    enum severity severity;
    int step;             /* -1: the whole */
    const char *relation; /* or NULL */
    const char *text;
    const char *allowed; /* the reason for which the rules accept it, or NULL */
    bool is_known;       /* in the baseline */
};

/* What came of a further run on the same clone. */
struct rerun {
    bool was_run;
    struct record record;
    int status; /* of a command */
    bool is_command;
};

struct rehearsal {
    struct arena arena;
    const char *copy;   /* what it was rehearsed on, without passwords */
    const char *what;   /* that was run: files, or the command's name */
    const char *server; /* "15.18" */
    const char *kept;   /* the clone's name, where it stays; or NULL */
    int status;         /* of the command; 0 for files */
    bool is_file;       /* of SQLite: neither locks nor statements of a command are seen */
    bool is_command;    /* it decides itself whether it failed */
    const struct relations *before;
    struct record record;
    struct rerun twice;   /* the same once more */
    struct rerun down;    /* the way back */
    struct rerun there;   /* the same on production's rows */
    struct record beyond; /* what failed behind the first failure, when it was gone past */
    int ndown;            /* differences that it leaves */
    struct change *down_changes;
    bool has_schema;   /* dumps were taken */
    bool has_manifest; /* of the copy: it says how large production is */
    int nchanges, nlosses, nleftovers, nfelt, nviolations, nfindings, nproportions;
    struct proportion *proportions;
    int nsizes;
    const struct production_size *sizes; /* as the manifest says; in the arena */
    int nkept;
    const char **kept_columns; /* "schema.table.column": the copy has the source's values */
    int nworse;                /* plans of queries: what became worse, in words */
    const char **worse;
    const char *plans_of; /* "production" or "copy": whose size they were made for; or NULL */
    struct change *changes;
    struct loss *losses;
    struct leftover *leftovers;
    struct felt *felt;
    struct violation *violations;
    struct finding *findings;
};

/* The word for the whole: "holds", "breached", "failed", "not observed". */
const char *rehearsal_verdict(const struct rehearsal *rehearsal);

/* A step by its number; those beyond the first failure are counted on from the record's. */
const struct step *rehearsal_step(const struct rehearsal *rehearsal, int number);

/* What a SQLSTATE of a failed migration means, in words. */
const char *rehearsal_state(const char *sqlstate);

/* Did what was rehearsed fail? A command may expect that a statement does. */
bool rehearsal_has_failed(const struct rehearsal *rehearsal);

/* Did a further run fail? */
bool rehearsal_rerun_failed(const struct rerun *rerun);

/* How many rows production has for each of the copy's; 1 where that is not known. */
double rehearsal_scale(const struct rehearsal *rehearsal, const char *relation);

/* How large a relation was before; 0: it was not there, or nobody knows. */
int64_t rehearsal_bytes(const struct rehearsal *rehearsal, const char *relation);

/* How large a relation is in production: as the manifest says, or the copy's size times the rows.
 */
double rehearsal_production_bytes(const struct rehearsal *rehearsal, const char *relation);

/* What a step would do in production, where what it reads or writes grows with the table. */
struct forecast {
    double rows;           /* that it reads or changes */
    double bytes;          /* of relations that it writes anew */
    double wal_bytes;      /* below 0: not known */
    double from_ms, to_ms; /* it would take so long on this machine: a range, never a number */
};

/* False: production is not larger, or nothing grows. Of the time that is above 10 ms, which a
 * statement takes whatever it does, at least a half grows with the rows; and four times as much as
 * that is allowed for what then does not fit into memory. On the shop of the tests at 5, 2 and
 * 1 % the truth was in the range for 33 of 33 statements. */
bool rehearsal_forecast(const struct rehearsal *rehearsal, int step, struct forecast *out);

/* Works out what the locks would have done to others: the longest hold per table that keeps readers
 * off, and writers. */
void rehearsal_feel(struct rehearsal *rehearsal);

/* Frees it, and its record. */
void rehearsal_deinit(struct rehearsal *rehearsal);

/* The step's strongest lock on a table that was there before, or NULL. */
const struct hold *rehearsal_strongest(const struct rehearsal *rehearsal, int step);

#endif
