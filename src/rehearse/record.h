/* SPDX-License-Identifier: PostgreSQL */
/* What happened in a rehearsal, in its own order. Built by the observer, read by everything else.
 * Strings live in the record's arena; times are milliseconds since the rehearsal began, without the
 * time that was spent on looking. */
#ifndef REHEARSE_RECORD_H
#define REHEARSE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"

/* The modes of table locks, weakest first: table 13.2 of PostgreSQL's manual. */
enum lock_mode {
    LOCK_NONE,
    LOCK_ACCESS_SHARE,
    LOCK_ROW_SHARE,
    LOCK_ROW_EXCLUSIVE,
    LOCK_SHARE_UPDATE_EXCLUSIVE,
    LOCK_SHARE,
    LOCK_SHARE_ROW_EXCLUSIVE,
    LOCK_EXCLUSIVE,
    LOCK_ACCESS_EXCLUSIVE,
    LOCK_MODES,
};

/* As pg_locks spells it ("AccessShareLock"); LOCK_NONE: it is none. */
enum lock_mode lock_mode_of(const char *text);
const char *lock_mode_name(enum lock_mode mode); /* "ACCESS SHARE" */
bool lock_conflicts(enum lock_mode held, enum lock_mode wanted);

struct relation {
    unsigned oid;
    const char *name;  /* "schema.name" */
    const char *table; /* of an index: its table's name; else NULL */
    const char *root;  /* of a partition: the table that it is of, at the top; else NULL */
    char kind;         /* pg_class.relkind */
    unsigned file;     /* 0: it has none */
    int64_t bytes;     /* of the file when the rehearsal began; -1: not known */
    double rows;       /* the planner's; below 0: not known */
};

/* A lock, from the statement that took it to the end of its transaction. */
struct hold {
    unsigned oid;
    const char *name;
    char kind;
    enum lock_mode mode;
    int session, step; /* the first step that had it */
    double from_ms, to_ms;
    bool is_exact;    /* seen at the end of its statement; else sampled while that ran */
    bool is_open;     /* the transaction is not over */
    double waited_ms; /* until it was granted, as far as samples tell */
};

enum effect_kind {
    EFFECT_REWRITE,  /* the table has a new file with all its rows */
    EFFECT_REBUILD,  /* the index has one */
    EFFECT_NEW_FILE, /* TRUNCATE, REFRESH: a new file, whatever was in the old one */
    EFFECT_CREATE,
    EFFECT_DROP,
    EFFECT_SCAN, /* rows that were read one after the other */
    EFFECT_INSERT,
    EFFECT_UPDATE,
    EFFECT_DELETE,
    EFFECT_KINDS,
};

/* What a step did to a relation. */
struct effect {
    int step;
    enum effect_kind kind;
    const char *name;
    char relkind;
    int64_t rows; /* where they are what is counted */
    bool is_exact;
};

/* Something that the program had the server do. */
struct step {
    int session, transaction;
    const char *text; /* one line; what may be a value is cut */
    const char *sql;  /* as it was sent */
    const char *file; /* NULL: a command sent it */
    int line;
    const char *tag; /* of the server, or "" */
    /* of a failure; the server's own words are not kept: values of rows are in them */
    const char *sqlstate, *schema, *table, *column, *constraint, *datatype;
    double from_ms, took_ms;
    int64_t wal_bytes;  /* -1: not known */
    int64_t temp_bytes; /* of temporary files of the transaction that it ended; -1: not known */
    int64_t rows;       /* of the tag; -1: none */
    int lock_timeout_ms, statement_timeout_ms; /* in force; 0: none; -1: not known */
    bool is_whole;                             /* several statements that nothing could part */
    bool is_exact;                             /* its locks and effects are complete */
    bool has_params;                           /* sent with values apart */
    bool is_in_block;
};

struct record {
    struct arena arena;
    struct step *steps;
    struct hold *holds;
    struct effect *effects;
    int nsteps, nholds, neffects, nsessions, ntransactions;
    double took_ms;
    int lost; /* looks that failed: what they would have shown is missing */
};

void record_deinit(struct record *record);

/* Each appends one, and returns it until the next is appended. */
struct step *record_step(struct record *record);
struct hold *record_hold(struct record *record);
struct effect *record_effect(struct record *record);

/* The first step that failed, or NULL. */
const struct step *record_failed(const struct record *record);

#endif
