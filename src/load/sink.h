/* SPDX-License-Identifier: PostgreSQL */
/* A target. Callers see these verbs and never which database it is; they are called in the order in
 * which they stand here, from one thread, except load_table. */
#ifndef LOAD_SINK_H
#define LOAD_SINK_H

#include <decant/decant.h>

#include "base/task.h"
#include "pg/conn.h"
#include "plan/plan.h"
#include "row/row_stream.h"

struct sink;

/* What a sink may use of the job; all of it outlives the sink. */
struct sink_env {
    const struct decant_options *options;
    const char *target; /* without its scheme */
    const char *run;    /* a name for this run: letters and digits */
    const atomic_int *stop;
    struct arena *arena;
    struct notes *notes;
    int nworkers;
    int nreaders;           /* of the finished copy, side by side; at least 1 */
    const char *profile;    /* of SQLite types */
    const char *odd_values; /* what becomes of values that few programs can read */
    bool no_statistics;     /* leave sqlite_stat1 out */
    int postgres_keep;      /* previous copies */

    /* set before prepare() */
    const struct plan *plan;
    struct pg_conn *source; /* holds the snapshot */
    const char *snapshot_id;
    const char *search_path; /* of the role on the source */
    bool may_connect;        /* one more connection to the source can be had */
    bool imports_snapshot;   /* ... and may read the snapshot */
    bool is_sample;          /* not all rows are copied */
    bool drops_comments;     /* they may name people */
    const char *run_before;  /* that made the copy which is replaced; NULL: nobody knows. Set before
                              * publish() */

    /* Rows of the source's child table that have no parent in the source. */
    bool (*count_orphans)(const struct sink_env *env, const struct plan_key *key, int64_t *out,
                          struct decant_error *err);
};

enum load_status {
    LOAD_DONE,
    LOAD_AGAIN,   /* the table must be read once more: a column is declared differently now */
    LOAD_SKIPPED, /* the table is not in the copy, and that was noted; nothing was read */
    LOAD_FAILED,
};

struct sink_ops {
    const char *name;    /* "sqlite", "postgres" */
    bool decodes;        /* reads values; else it passes them on */
    bool loads_leaves;   /* partitions one by one; else their root */
    bool loads_parallel; /* load_table may be called by several workers at once */

    /* What the name of a target leads to, in `arena`; refuses one that cannot be meant, before
     * anything is connected. NULL: the name itself. */
    bool (*locate)(const char *target, const struct decant_options *options, struct arena *arena,
                   const char **out, struct decant_error *err);
    /* Refuses an unsafe target, takes its lock and removes what killed runs left behind. */
    bool (*open)(const struct sink_env *env, const struct server *source, struct sink **out,
                 struct decant_error *err);
    bool (*prepare)(struct sink *sink, struct decant_error *err); /* the schema */
    /* Pulls `rows` until it is empty; the sink decides how it feeds its database. */
    enum load_status (*load_table)(struct sink *sink, int worker, const struct table *table,
                                   struct row_stream *rows, struct decant_error *err);
    /* One more connection to what has its rows by now, and may get others, until finish(); NULL:
     * nobody can have one. */
    struct pg_conn *(*connect_writer)(struct sink *sink, struct decant_error *err);
    bool (*finish)(struct sink *sink, struct decant_error *err); /* keys, indexes, sequences */
    /* Checks of the final bytes that may run side by side; returns their number. */
    int (*checks)(struct sink *sink, struct task *tasks, int most);
    /* Judges what the checks found. *again: something was mended, and they must run again. */
    bool (*judge)(struct sink *sink, bool *again, struct decant_error *err);
    /* Somebody else has changed the finished copy: what is known of its bytes no longer holds.
     * DECANT_REFUSED while a program is left that could change it further. */
    bool (*let_in)(struct sink *sink, struct decant_error *err);
    /* Rows that the finished copy has of a table; -1 with an error. */
    int64_t (*count_rows)(struct sink *sink, const struct table *table, struct decant_error *err);
    /* Is something there that the copy is to replace? */
    bool (*replaces)(struct sink *sink);
    /* Are the rows that were read of a leaf in several of the copy? NULL: never. */
    bool (*is_routed)(struct sink *sink, const struct table *table);
    /* What a column is called in the copy; -1: the table itself. NULL: it is not there. */
    const char *(*name_of)(struct sink *sink, const struct table *table, int column);
    /* How the finished copy is read: one of the two is there. */
    struct pg_conn *(*connect)(struct sink *sink, struct decant_error *err); /* one more */
    const char *(*file)(struct sink *sink);
    /* A name for a copy that is no file, fit for the name of its manifest; in `arena`. */
    const char *(*label)(struct sink *sink, struct arena *arena);
    bool (*publish)(struct sink *sink, struct decant_error *err); /* atomic swap */
    void (*close)(struct sink *sink); /* any state; drops what was not published. NULL is allowed */
};

extern const struct sink_ops sink_sqlite, sink_postgres;

/* Copies that are finished, whoever made them. prepare() refuses one that lacks a table or column
 * of the plan; behind it only name_of(), connect(), file() and close() may be called. */
extern const struct sink_ops sink_made_file, sink_made_database;

/* The label of the copy in this database; in `arena`. NULL when decant did not make it. */
const char *sink_postgres_label(struct pg_conn *conn, struct arena *arena,
                                struct decant_error *err);

/* The label of a copy that `run` made of this database; in `arena`. */
const char *sink_postgres_label_for(const struct pg_info *info, const char *database,
                                    const char *run, struct arena *arena);

/* Rows that a PostgreSQL copy has of a table or leaf; -1 with an error. */
int64_t sink_postgres_count(struct pg_conn *copy, const struct table *table,
                            struct decant_error *err);

/* Chooses by the form of the target; *rest is the target without a scheme of ours. */
const struct sink_ops *sink_for(const char *target, const char **rest);

/* Waits a moment until no program uses the finished copy; DECANT_REFUSED when one stays. */
bool sink_await_alone(struct sink *sink,
                      bool (*is_in_use)(struct sink *sink, bool *out, struct decant_error *err),
                      struct decant_error *err);

#endif
