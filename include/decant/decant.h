/* SPDX-License-Identifier: PostgreSQL */
/*
 * libdecant: copies a PostgreSQL database into a local SQLite file or another PostgreSQL database.
 *
 *     struct decant_options options;
 *     decant_options_init(&options);
 *     options.source = "service=production";
 *     options.target = "shop.sqlite";
 *     options.no_mask = true;
 *     struct decant_job *job = decant_job_new(&options, on_event, NULL);
 *     if (!decant_job_pull(job, &error)) ...
 *     decant_job_free(job);
 *
 * A job is used once and by one thread; decant_job_cancel() may be called from any thread and from
 * a signal handler. The library never prints and never exits. Strings in options stay the caller's
 * and must outlive the job.
 */
#ifndef DECANT_H
#define DECANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <decant/error.h>
#include <decant/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define DECANT_VERSION "0.1.0"

/* A growing list of words, e.g. the patterns of repeated -t options. */
struct decant_words {
    const char **items;
    int count;
};

/* Zero means "the default" nowhere: decant_options_init() fills the defaults in. */
struct decant_options {
    const char *source; /* libpq URI or key=value string, or env:NAME: what a variable holds; NULL:
                         * DATABASE_URL, then PG* */
    const char *target; /* a path, sqlite:PATH, or a libpq URI or key=value string; of a pull also
                         * SQL text: FILE.sql, FILE.sql.gz, FILE.sql.zst, FOLDER/ */

    const char *rules;      /* path of the rules file, or NULL */
    const char *fail_under; /* a sample's gate, "none", "default" or "strict"; NULL: the rules' */
    const char *key_file;   /* path of the master key; NULL: DECANT_KEY_FILE */
    const char *origins;    /* path for the origin of every row that is not plainly sampled */
    double rate;            /* these three instead of the rules' extent; 0: none */
    int rows;               /* of the copy */
    int64_t size;           /* of the copy, in bytes of the source */
    struct decant_words asked; /* of a pull, instead of a sample: "table:key" of rows that come with
                                * all that they own and need */
    bool cover;                /* of a pull, instead of a sample: the fewest rows that show every
                                * feature of the source, */
    int most_rows;             /* so many at most; 0: no limit */
    int factor;                /* of amplify: so many times the copy's rows; 0: production's */

    /* pg_dump's -n, -N, -t, -T */
    struct decant_words schemas, not_schemas, tables, not_tables;
    bool drop_dangling_keys; /* leave out foreign keys whose parent the patterns leave out */
    bool schema_only;

    bool no_mask;           /* copy every column as it is */
    bool no_values;         /* init looks at names, types and statistics only */
    bool update;            /* init adds lines for new columns to rules that exist */
    bool overwrite;         /* replace a target that decant did not make */
    bool allow_remote;      /* a target that is neither a Unix socket nor loopback */
    bool allow_same_server; /* a target on the source's server */
    bool allow_downgrade;   /* a target server older than the source */
    bool allow_shrink;      /* a source that lost its rows, or most rows of a table */

    const char *publish;    /* "rename" or "symlink" (SQLite) */
    const char *profile;    /* how SQLite types are spelled; NULL: the rules', else "default" */
    const char *odd_values; /* in SQLite: keep, null or clamp; NULL: the rules', else "keep" */
    bool no_statistics;     /* leave sqlite_stat1 out of a SQLite copy */
    const char *manifest;   /* path; NULL: beside a SQLite copy, else in the state directory */
    const char *pg_bindir;
    const char *owner; /* role that owns the objects of a PostgreSQL copy; NULL: who connects */
    int keep;          /* previous copies to keep; -1: 1 for PostgreSQL, 0 for SQLite */
    int wait_s;        /* for another run that holds the target; 0: refuse, -1: for ever */
    int jobs;    /* table streams at once; -1: half of the processors, at most 4; 0: everything
                  * on one connection to the source */
    int retries; /* of the whole run, after a conflict on a hot standby */
    int lock_timeout_ms;
    int yield_after_ms; /* give way to a session that waits for us this long; 0: never */
    int statement_timeout_ms;
    int stall_timeout_ms;    /* a server that says nothing and is not at work; 0: wait for ever */
    int max_snapshot_age_ms; /* 0: no limit */
    int64_t memory_bytes;    /* for the keys of chosen rows */
    int64_t max_read_bytes;  /* of a sample: what the source may have to read; 0: no limit */

    /* of rehearse */
    struct decant_words sql;     /* files that are run, in this order; else: */
    const char *const *command;  /* what to run, ends with NULL */
    struct decant_words env;     /* "NAME=url", "NAME=jdbc" or "NAME=dsn": more variables for it */
    struct decant_words queries; /* files of queries whose plans are compared */
    bool goes_on;                /* past what fails, to find all of it */
    bool keep_clone;             /* do not drop what it was run on */
    const char *baseline;        /* a report in JSON: its findings need no answer; or NULL */
    bool at_production;          /* and on production's rows, made from the copy's: see amplify */
    bool twice;                  /* run it once more: can it be? */
    const char *down;            /* the way back: a file (.sql), or a command for sh; or NULL */
    int reader_ms;               /* somebody holds a snapshot for so long; 0: nobody does */

    struct decant_words targets; /* of status and diff */
    int pool;              /* of lend: so many clones are made ahead; -1: none are asked for */
    const char *dialect;   /* of a pull into SQL text: "postgres" or "sqlite"; NULL: postgres */
    const char *text_rows; /* of text: "insert" or "copy"; NULL: insert */
    bool since;            /* of report: with what differs from the copy before */
    int64_t now_s; /* the time of day, in seconds since 1970, when the job begins; 0: the clock's */
};

/* Sets every field to its default. */
void decant_options_init(struct decant_options *options);

/* Phases in the order in which a pull goes through them. */
enum decant_phase {
    DECANT_PHASE_CONNECTED,
    DECANT_PHASE_SNAPSHOT,
    DECANT_PHASE_CATALOG,
    DECANT_PHASE_SCHEMA,
    DECANT_PHASE_TABLE_OPEN, /* per table */
    DECANT_PHASE_PROGRESS,   /* per table, repeated */
    DECANT_PHASE_TABLE_DONE, /* per table */
    DECANT_PHASE_DATA,
    DECANT_PHASE_INDEXES,
    DECANT_PHASE_CHECKS,
    DECANT_PHASE_SWAP,
    DECANT_PHASE_SWAPPED,
    DECANT_PHASE_RETRY,
    DECANT_PHASE_PROVED,      /* of verify, per thing that was looked at: kind "good" or "bad" */
    DECANT_PHASE_COMPARED,    /* of verify: with the source as it is now */
    DECANT_PHASE_FINDING,     /* per finding of a check that fails */
    DECANT_PHASE_NOT_CARRIED, /* per entry of the list of what was not carried over */
    DECANT_PHASE_DONE,
    DECANT_PHASE_STAGE,   /* twice a second: what is done in the stage that `object` names */
    DECANT_PHASE_WARNING, /* of a run that nobody watches: detail */
    DECANT_PHASE_VERDICT, /* detail: may the copy be used, what is not known, what is lost */
};

/* An event; which fields are set depends on the phase, the others are NULL or 0. */
struct decant_event {
    enum decant_phase phase;
    const char *name;   /* of the phase, as in --json: "snapshot", "table_open" ... */
    const char *object; /* table or object, "schema.name" */
    int64_t rows, bytes;
    int64_t rows_expected; /* the planner's estimate; -1: unknown */
    double elapsed_s;      /* since the job began */
    double left_s;         /* stage: until the run ends, by its pace; below 0: not known */
    int tables, tables_total;
    const char *detail; /* not_carried: consequence; done: path or database; retry: why */
    const char *kind;   /* not_carried: "foreign key", "check" ... */
    const char *reason; /* not_carried: a stable code, e.g. "unsupported-expression" */
    const char *hint;   /* not_carried: what to do about it, or NULL */
    int64_t count;      /* not_carried: rows or values concerned, or 0 */
};

/* Called from several threads, never from two at once. */
typedef void (*decant_on_event)(void *ctx, const struct decant_event *event);

/* A column as a row hook sees it. */
struct decant_column {
    const char *name;
    const char *type;   /* as format_type() spells it */
    bool is_text;       /* the value is plain text in UTF-8 */
    int max_characters; /* of varchar(n) and char(n); 0: no limit */
};

/* The table of a row, as a row hook sees it. */
struct decant_table {
    const char *schema, *name;
    int ncolumns;
    const struct decant_column *columns;
};

/* Called for each row between extraction and load; may point values elsewhere. What it points them
 * to must live until the next call for the same `stream`, a small number below options.jobs (or 1)
 * that no two threads use at once. */
typedef bool (*decant_row_hook)(void *ctx, int stream, const struct decant_table *table,
                                struct decant_value *values, struct decant_error *err);

struct decant_job;

/* A job that has not begun. `options` must outlive it; on_event may be NULL, ctx is handed to it.
 * Never NULL; to be freed with decant_job_free(). */
struct decant_job *decant_job_new(const struct decant_options *options, decant_on_event on_event,
                                  void *ctx);

/* Lets `hook` change the rows of a pull, after masking; NULL: nothing does. Before the job runs. */
void decant_job_set_row_hook(struct decant_job *job, decant_row_hook hook, void *ctx);

/* Copies SOURCE to TARGET. On failure the old target is untouched. */
bool decant_job_pull(struct decant_job *job, struct decant_error *err);

/* Does what the section `run` of options.rules says: checks, pulls, runs hooks, publishes, removes
 * old copies, and writes down what became of it. What the options say wins over the rules. */
bool decant_job_run(struct decant_job *job, struct decant_error *err);

/* Says how the targets are (options.targets, or the one of options.rules): how old the copy's data
 * is, what the last run did, which copies are kept. `format` is "text", "json" or "prometheus";
 * free() *text, which is also there when something wants looking at (DECANT_CHECK). */
bool decant_job_status(struct decant_job *job, const char *format, char **text,
                       struct decant_error *err);

/* Says what differs between the two copies of options.targets, or between the one and the one from
 * before it: schema, decisions, rows by key, figures. free() *text. */
bool decant_job_diff(struct decant_job *job, bool json, char **text, struct decant_error *err);

/* Prints what starts a run at the time that options.rules say: `kind` is "systemd", "cron" or
 * "kubernetes"; with `folder` it is written there, and *text lists the files. free() *text. */
bool decant_job_schedule(struct decant_job *job, const char *kind, const char *folder, char **text,
                         struct decant_error *err);

/* Puts a kept copy of options.target back in place, which one more time puts forward again: that of
 * `run`, or with NULL the last one from before the one in place. free() *text. */
bool decant_job_rollback(struct decant_job *job, const char *run, char **text,
                         struct decant_error *err);

/* Lists the lines of options.rules that are marked for a person to review. free() *text. */
bool decant_job_review(struct decant_job *job, char **text, struct decant_error *err);

/* Shows ten fakes of each masked column of a table ("schema.table", or "table"), made without a
 * value of the source; nothing is copied, and no key is needed. free() *text. */
bool decant_job_preview(struct decant_job *job, const char *table, char **text,
                        struct decant_error *err);

/* Writes a first rules file to options.rules, which must not exist, and makes the key of
 * options.key_file if that does not exist (NULL: one in the usual place). *summary says what was
 * done and what comes next; free() it. */
bool decant_job_init(struct decant_job *job, char **summary, struct decant_error *err);

/* Says what a pull would sample: roles of tables, policies of foreign keys, expected rows. With
 * `exact` the rows are chosen and counted. The text is returned in *text (free() it); nothing is
 * written. */
bool decant_job_plan(struct decant_job *job, bool exact, bool json, bool with_sql, char **text,
                     struct decant_error *err);

/* Says why a row ("schema.table:key") is in the copy that a pull would make, or why not; or, with
 * `columns` ("schema.table" or "schema.table.column"), what the rules make of them. */
bool decant_job_explain(struct decant_job *job, const char *row, const char *columns, char **text,
                        struct decant_error *err);

/* Proves a finished copy again from the copy and its manifest. `options.target` is the copy. With
 * options.source also against the source as it is now, under options.rules: no original of a masked
 * column may be in the copy, and its statistics must be like the source's. A copy without a
 * manifest can be judged so, too. */
bool decant_job_verify(struct decant_job *job, struct decant_error *err);

/* Runs a migration (options.sql or options.command) on a clone of the copy options.target, and says
 * what it did: locks, rewrites, scans, waits, what it left behind. The copy is not touched.
 * `format` is "text", "json", "md", "sarif", "junit" or "html"; free() *text, which is also there
 * when a policy was breached or the migration failed (DECANT_CHECK). */
bool decant_job_rehearse(struct decant_job *job, const char *format, char **text,
                         struct decant_error *err);

/* Says what the manifest of a finished copy knows: `format` is "text", "md", "json" or "html".
 * Production's own numbers of rows are in it with `absolute` only. */
bool decant_job_report(struct decant_job *job, const char *format, bool absolute, char **text,
                       struct decant_error *err);

/* Says how large production was when the copy options.target was made: rows and bytes of tables,
 * for linters of migrations. `format` is "json" or "pgfence"; free() *text. */
bool decant_job_sizes(struct decant_job *job, const char *format, char **text,
                      struct decant_error *err);

/* Makes a PostgreSQL copy of the PostgreSQL copy options.source in options.target, with
 * production's numbers of rows, or options.rows, options.size or options.factor. */
bool decant_job_amplify(struct decant_job *job, struct decant_error *err);

/* Makes the copy options.target, on the user's own server, as large as production was for the
 * planner and for nobody else ("hollow"), or as large as its rows are ("solid"). free() *text. */
bool decant_job_volume(struct decant_job *job, const char *verb, char **text,
                       struct decant_error *err);

/* Writes the finished copy options.source as SQL text: to the file options.target, into a folder
 * (with a slash at its end, or one that is there) of a file for each table, or with "-" to *text.
 * Files that are the same already stay as they are. Else *text says what was written; free() it. */
bool decant_job_text(struct decant_job *job, char **text, struct decant_error *err);

/* Runs options.command with a database of its own: a clone of the PostgreSQL copy options.target,
 * or a copy of its file, which is gone when the command ends; *status is the command's. With
 * options.pool clones are made ahead, and *text says so (free() it). */
bool decant_job_lend(struct decant_job *job, int *status, char **text, struct decant_error *err);

/* What decant_job_check() prints a script for. */
enum decant_grants {
    DECANT_GRANTS_NONE,
    DECANT_GRANTS_TABLES,
    DECANT_GRANTS_COLUMNS, /* those that a pull into SQLite reads under the rules */
};

/* Looks for what would stop a pull; with options.rules also for columns that nobody decided on and
 * masks that cannot hold (no key is needed). The list is returned in *text (free() it), and what
 * cannot be proved comes as events. With `grants`, the script for a role that may just do a pull is
 * returned in *text instead, whether or not something is missing. */
bool decant_job_check(struct decant_job *job, enum decant_grants grants, char **text,
                      struct decant_error *err);

/* The user's own PostgreSQL server, which nobody else can reach: `verb` is "start", "stop",
 * "status", "url" or "remove"; `name` is a copy on it, or NULL. It is made where there is none.
 * *text is what there is to say (free() it). `pg_bindir` has initdb and pg_ctl; NULL: the newest
 * that are installed. */
bool decant_server(const char *verb, const char *name, const char *pg_bindir, char **text,
                   struct decant_error *err);

/* Starts that server, and says how libpq reaches copy `name` on it: for options.target. free()
 * *address. */
bool decant_server_address(const char *name, const char *pg_bindir, char **address,
                           struct decant_error *err);

/* Asks the job to stop soon; async-signal-safe. */
void decant_job_cancel(struct decant_job *job);

/* NULL is allowed. */
void decant_job_free(struct decant_job *job);

/* Makes a master key and writes it to `path`, or with NULL to $XDG_CONFIG_HOME/decant/ID.key. A
 * file that exists is never replaced. *created is the path (free() it), `id` the public
 * fingerprint. */
bool decant_key_new(const char *path, char **created, char id[9], struct decant_error *err);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
