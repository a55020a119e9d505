/* SPDX-License-Identifier: PostgreSQL */
/*
 * The manifest of a copy: a small SQLite file of mode 0600 with what the copy itself cannot say. It
 * holds names and numbers, no value of a row, and nothing that is ever run. A SQLite copy's
 * manifest bears the first digits of the copy's SHA-256 in its name and is published before the
 * copy, so that a kill between the two never pairs the wrong ones.
 *
 * Its tables:
 *
 *     run(name, value)
 *         version, run, snapshot, sha256 and other facts
 *     tables(name, rows, bytes)
 *         rows -1: not in the copy
 *     foreign_keys(name, child, parent, orphans)
 *     relations(name, of, kind, rows, pages, visible)
 *         of the source: tables, indexes (i) and what is out of line (t), whose table is `of`; rows
 *         by the server, -1 where it was never analyzed; pages of the file, and those of which all
 *         rows are visible to all; run.page_bytes says how large one is
 *     distincts(name, n)
 *         of columns of the source, as pg_stats.n_distinct: below 0 a share of the rows
 *     guesses(name, how)
 *         of relations whose rows statistics do not tell: "older" ones, by the pages that
 *         there are by now; "counted"; "never" analyzed, and too large to count
 *     families(name, children)
 *         of foreign keys of the source: the most children of a parent, by statistics, as a
 *         power of two that they do not exceed
 *     amplified(name, copied, wanted, rows, reason)
 *         of an amplified copy: rows of the copy that it was made of, those that it was to have,
 *         and has; why a table has no more. What is told of columns and of production's sizes is
 *         what the manifest of that copy tells
 *     not_carried(kind, object, reason, count, consequence, hint)
 *     samples(name, role, rate, sampled, whole, completed, pulled, asked, edge, hollow, capped,
 *             source_rows)
 *         of a sample: the rows of each table by why they are there
 *     searched(name, schema, copy_table, copy_column, mask, is_json, is_scrubbed, is_key,
 *              bits, is_whole, is_bytes, is_number)
 *         columns that may hold words: what they are called in the copy, and what masked them
 *     findings(name, kind, count, cells, keys, allowed)
 *         of the search for what was to be removed: those that the rules accept, with the reason
 *     columns(name, type, verdict, mask, guarantee)
 *         what became of each: masked, kept (by a line), safe (by its type), nulled, computed
 *     weaker(name, was, now)
 *         columns of which less was told in the copy that this one replaces
 *     singles(name, share)
 *         columns that are kept beside masked ones, and different values by rows of the source
 *     crowds(name, columns, alone, few)
 *         tables with masked columns: shares of the copy's rows that look like no other, or like
 *         fewer than four others, in so many columns that are kept and no keys
 *     measures(kind, name, source, copy, distance, floor, excess, verdict, note)
 *         figures of both sides; NULL: there is none; see fidelity/figures.h
 *     distributions(name, side, share, x)
 *         of numbers, times (seconds since 2000-01-01) and lengths: x is the value below which a
 *         share of the rows is
 *     shares(name, value, source, copy)
 *         of values of columns that are copied as they are, where there are few
 *     fanouts(name, kind, children, source, copy, parents)
 *         shares of parents with so many rows, and how many of the copy's sampled ones have them
 *     policies(name, child, parent, policy, left_out, changed)
 *         of references: the policy, and rows that it left out, or whose key it changed
 */
#ifndef REPORT_MANIFEST_H
#define REPORT_MANIFEST_H

#include "plan/notes.h"
#include "sqlite/db.h"

struct manifest_fact {
    const char *name, *value;
};

struct manifest_table {
    const char *name; /* "schema.table" */
    int64_t rows, bytes;
};

struct manifest_key {
    const char *name, *child, *parent; /* tables as "schema.table" */
    int64_t orphans;                   /* rows without a parent, which the source has, too */
};

struct manifest_sample {
    const char *name, *role;
    double rate;
    int64_t sampled, whole, completed, pulled, asked, edge, hollow, capped;
    int64_t source_rows; /* by the planner; -1: unknown */
};

/* Of the source. */
struct manifest_relation {
    const char *name, *of; /* of an index, or of what is out of line: the table; else NULL */
    char kind;
    double rows; /* below 0: never analyzed */
    int64_t pages, visible;
};

/* How the rows of a relation are known, where not by its statistics. */
struct manifest_guess {
    const char *name, *how;
};

struct manifest_family {
    const char *name; /* "schema.table.key" */
    int64_t children;
};

struct manifest_amplified {
    const char *name; /* "schema.table" */
    int64_t copied, rows;
    double wanted;
    const char *reason; /* or "" */
};

struct manifest_distinct {
    const char *name; /* "schema.table.column" */
    double n;         /* below 0: a share of the rows */
};

struct manifest_policy {
    const char *name, *child, *parent, *policy;
    int64_t left_out, changed;
};

struct manifest_searched {
    const char *name;                              /* "schema.table.column" */
    const char *schema, *copy_table, *copy_column; /* in the copy */
    const char *mask;                              /* a transformer, or "": copied as it is */
    bool is_json, is_scrubbed, is_whole;
    bool is_bytes, is_number;
    bool is_key; /* only tells rows */
    double bits; /* random ones of the fakes; 0: as many as they look like */
};

struct manifest_finding {
    const char *name, *kind, *keys, *allowed;
    int64_t count, cells;
};

/* What a column's guarantee says where its fakes lie in a range that nobody's values do. */
#define MANIFEST_RESERVED "cannot belong to a real person"

struct manifest_column {
    const char *name, *type, *verdict, *mask, *guarantee;
};

struct manifest_weaker {
    const char *name, *was, *now;
};

struct manifest_figure {
    const char *kind, *name, *verdict, *note;
    double source, copy, distance, floor, excess; /* NaN: there is none */
};

/* A point of a distribution, a share of a value, or a bar of a fan-out. */
struct manifest_point {
    const char *name, *label; /* the label is a side, a value, or a kind */
    double x, source, copy;
    int64_t rows; /* of a bar: parents of the copy */
};

struct manifest {
    int ncolumns, nfigures, ndistributions, nshares, nfanouts;
    struct manifest_column *columns;
    struct manifest_figure *figures;
    struct manifest_point *distributions; /* `source` is the share */
    struct manifest_point *shares, *fanouts;
    int nweaker, nsingles, ncrowds;
    struct manifest_weaker *weaker;
    struct manifest_point *singles; /* `source` is the share */
    struct manifest_point *crowds;  /* x columns; `source` alone, `copy` few */
    int nsearched, nfindings;
    struct manifest_searched *searched;
    struct manifest_finding *findings;
    int nfacts, ntables, nkeys, nsamples, npolicies;
    struct manifest_fact *facts;
    struct manifest_table *tables;
    struct manifest_key *keys;
    struct manifest_sample *samples; /* of a sample */
    struct manifest_policy *policies;
    int nrelations, ndistincts;
    struct manifest_relation *relations;
    struct manifest_distinct *distincts;
    int nguesses, nfamilies;
    struct manifest_guess *guesses;
    struct manifest_family *families;
    int namplified;
    struct manifest_amplified *amplified;
    const struct notes *notes;
};

/* Writes it beside `path` and renames it into place. */
bool manifest_store(const struct manifest *manifest, const char *path, struct decant_error *err);

/* Reads one back; everything lives in `arena`, the list of what was not carried in `notes`, whose
 * texts are those of the manifest. */
struct manifest_note {
    const char *kind, *object, *reason, *consequence, *hint;
    int64_t count;
};

/* Opens one to be read; refuses those of other versions. To be closed also on failure. */
bool manifest_open(const char *path, const atomic_int *stop, struct db **out,
                   struct decant_error *err);

bool manifest_load(const char *path, struct arena *arena, struct manifest *out,
                   struct manifest_note **notes, int *nnotes, struct decant_error *err);

/* The value of a fact, or NULL. */
const char *manifest_fact(const struct manifest *manifest, const char *name);

/* The default path for a SQLite copy with this digest; in the arena. */
const char *manifest_path_beside(struct arena *arena, const char *target, const char *sha256);

/* The default path for a PostgreSQL copy with this label; in the arena. */
const char *manifest_path_in_state(struct arena *arena, const char *label);

/* Where a file of this name lies in the state directory; in the arena. */
const char *manifest_in_state(struct arena *arena, const char *name, const char *suffix);

/* The youngest manifest beside a SQLite copy, of its present state or of a former one; in the
 * arena. NULL: there is none. */
const char *manifest_youngest(struct arena *arena, const char *target);

/* A copy whose manifest stays. */
struct manifest_kept {
    const char *run; /* that made it, or "" */
    int64_t bytes; /* of a file: copies of the same bytes have one manifest, that of the last run */
};

/* The manifest beside a SQLite copy, present or former, that this run made; in the arena. NULL:
 * there is none, but perhaps one of the same bytes. */
const char *manifest_of_run(struct arena *arena, const char *target, const char *run);

/* Removes manifests of copies that are gone: the siblings of `path` whose names differ in what
 * stands between the last two dots, but for those of the `nkept` copies. */
void manifest_remove_others(const char *path, const struct manifest_kept *kept, int nkept);

#endif
