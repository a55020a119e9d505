/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the sets of keys under construction. */
#ifndef SELECT_INTERNAL_H
#define SELECT_INTERNAL_H

#include "base/bytes.h"
#include "select/select.h"
#include "select/tuple.h"

/* What a set keeps of a row that is in: its origin, or for a sampled one of its own probability how
 * to find that. Labels from LABEL_STRATUM on are numbers of set->factors. */
enum { LABEL_HEAVY = ORIGIN_COUNT, LABEL_STRATUM, LABEL_END = 256 };

/* Keys with a number between 0 and 1 each: rows that own many others and the probability that they
 * need, or rows that were chosen and the probability that they had. Sorted by key where they are
 * looked up. */
struct chances {
    struct chance {
        struct key128 key;
        double value;
    } * items;
    size_t n, room;
};

void chances_add(struct chances *chances, struct key128 key, double value);
void chances_sort(struct chances *chances); /* of equal keys the largest value stays */
void chances_sum(struct chances *chances);  /* sorts, and adds the values of equal keys */
double chances_find(const struct chances *chances, struct key128 key); /* 0: it is not there */
void chances_deinit(struct chances *chances);

/* What foreign keys may refer to: some columns of a table. The first target is its identity. */
struct target {
    struct tuple tuple;
    struct keyset members;
    struct keyset wanted;     /* parents to be pulled; the label is a want */
    struct keyset asked;      /* those that the scan under way looks for */
    struct keyset completed;  /* pulled parents that brought their children */
    struct keyset dangling;   /* wanted, but not in the source */
    struct keyset leads;      /* of a key of several columns: the first, of those that are wanted */
    struct key128 looked_for; /* by explain.c, if */
    bool is_looked_for;
    struct chances whales; /* rows that own so many that they need a probability of their own */
    struct chances kept;   /* those of them that are in, and their probabilities */
};

enum want { WANT_NOTHING, WANT_BARE, WANT_WITH_CHILDREN };

struct strata; /* opaque; see strata.c */

struct side {
    const struct sample_table *plan;
    double rate;  /* of its rows, unless they are whales or of a stratum */
    double share; /* of the rows that have the parents that they, and their owners, require */
    int nread, ntargets;
    const struct column **read; /* the columns that a scan reads */
    struct target *targets;
    bool by_row;          /* no key: the whole row is its identity */
    bool has_place;       /* ... and behind `read` a scan reads ctid, to find the row again */
    struct keyset places; /* of the chosen rows: see side_place() */
    struct chooser chooser;
    struct strata *strata; /* or NULL */
    int64_t counts[ORIGIN_COUNT];
    int64_t rough; /* sampled rows of whose probability only an approximation is told */
};

struct edge {
    const struct sample_edge *plan;
    bool is_owner;
    struct tuple child;
    struct target *parent;
    struct keyset complete; /* of an owner: parents whose children are to come, too */
    bool has_new;
    int64_t most;              /* rows of one parent, in the source */
    int64_t required_away;     /* rows left out for want of this parent */
    int64_t brought;           /* parents that came with their children */
    struct reassign *reassign; /* or NULL; see reassign.c */
    struct keyset children;    /* parents of sampled rows; the label is how many they have */
    struct map beyond;         /* ... and how many more than a label counts */
    struct select_fanout *sample, *source; /* NULL: nothing is counted */
};

struct chosen_rows {
    struct arena arena;
    const struct sampling *sampling;
    struct pg_conn *conn;         /* the first of: */
    struct pg_conn *const *conns; /* they serve what can be read side by side */
    int nconns;
    atomic_int *stop;
    struct side *sides;
    struct map by_oid; /* of a root: its side */
    struct edge *edges;
    uint8_t fingerprint_key[PRF_KEY];
    double factors[LABEL_END]; /* of a label: the probability is so many times the table's rate */
    int nlabels;
    int64_t memory_bytes;
    struct buf scratch;
    struct select_feature *features; /* of a cover */
    int nfeatures;
};

/* The number of a ctid: a block and an offset. */
static inline uint64_t
side_place(const struct decant_value *ctid)
{
    return (uint64_t)get_u32(ctid->data) << 16 | get_u16(ctid->data + 4);
}

static inline bool
label_is_sampled(uint8_t label)
{
    return label == ORIGIN_SAMPLE || label >= LABEL_HEAVY;
}

static inline enum origin
label_origin(uint8_t label)
{
    return label_is_sampled(label) ? ORIGIN_SAMPLE : (enum origin)label;
}

/* The label of rows whose probability, and that of what they own, is `factor` times the usual; 0:
 * there are no more. */
uint8_t label_of_factor(struct chosen_rows *set, double factor);

/* Fills sides and edges of set->sampling. */
void set_up(struct chosen_rows *set, const struct key *key);

/* Some columns of a side, by their numbers in the table. */
struct tuple make_tuple(struct chosen_rows *set, struct side *side, const int *numbers, int n);

/* Is the column part of a unique key, or of a reference? */
bool side_is_key_column(const struct chosen_rows *set, int number, int column);

bool edge_key(struct chosen_rows *set, const struct edge *edge, const struct decant_value *values,
              struct key128 *out);

/* ---- scan.c */

struct scan {
    struct chosen_rows *set;
    struct side *side;
    int number;
    int64_t rows;      /* read so far */
    const char *extra; /* further columns behind side->read, beginning with a comma; or NULL */
    int nextra;
    const char *beside; /* joined to the table, beginning with a blank; or NULL */
    const char *tail;   /* behind WHERE, or NULL */
    bool is_ownerless;  /* the rows have no owner, whatever their key says */
    bool is_few;        /* few rows come out of many */
    bool (*visit)(struct scan *scan, const struct decant_value *values, struct key128 identity,
                  struct decant_error *err);
    void *ctx; /* of the visitor */
};

/* Hands every row of a table to scan->visit; `where` may be NULL. */
bool scan_run(struct scan *scan, const char *where, struct decant_error *err);

/* Appends "(where) AND ", unless `where` is NULL. */
void scan_put_and(const char *where, struct buf *out);

/* Those whose u is below `share` as far as the source can tell, and those with these keys. */
bool scan_below(struct scan *scan, double share, const struct chances *keys, const char *where,
                struct decant_error *err);

/* Appends the condition that the u of a row of `side` is below a bound; `column` is its key, or one
 * that refers to it. False: only the client can tell. */
bool scan_put_below(const struct side *side, const struct column *column, uint64_t below,
                    struct buf *out);

/* Those for which a condition is true that few rows fulfil. `where` may be NULL. */
bool scan_few(struct scan *scan, const char *where, const char *condition,
              struct decant_error *err);

/* Those with these keys: by an index where they are integers and few, else all rows. */
bool scan_keys(struct scan *scan, const struct target *target, const struct keyset *keys,
               struct decant_error *err);

/* Those at these places, and maybe more. */
bool scan_places(struct scan *scan, const struct keyset *places, struct decant_error *err);

/* Those whose first column of the target's key is one of `leads`, and maybe more. */
bool scan_leads(struct scan *scan, const struct target *target, const struct keyset *leads,
                struct decant_error *err);

/* Those that these parents own; all others may come, too, unless *is_exact. `where` may be NULL. */
bool scan_owned(struct scan *scan, const struct edge *owner, const struct keyset *keys,
                const char *where, bool *is_exact, struct decant_error *err);

/* Reads the rows of any query: `visit` gets its values. `what` completes "choosing rows of". */
bool scan_query(struct pg_conn *conn, const char *sql, int ncolumns, const char *what,
                bool (*visit)(void *ctx, const struct decant_value *values,
                              struct decant_error *err),
                void *ctx, struct decant_error *err);

/* Does the source refuse the rules' SQL at `place`? Then `err` says so. Always false. */
bool blame_rules(const char *place, struct decant_error *err);

/* DECANT_REFUSED when the key sets are larger than they may be. */
bool scan_check_memory(const struct chosen_rows *set, struct decant_error *err);

/* Hands the numbers 0 to n-1 to one thread per connection, as pipeline_map() does. They may read
 * the set, but not change it. */
bool set_map(struct chosen_rows *set, int n, void *ctx,
             bool (*work)(void *ctx, int worker, int item, struct decant_error *err),
             struct decant_error *err);

/* ---- closure.c */

/* Puts a row into the copy, and asks for the parents that it needs. `label` as in target.members;
 * `chance` only for LABEL_HEAVY. False when it is there already. */
bool add_row(struct chosen_rows *set, int number, const struct decant_value *values,
             struct key128 identity, uint8_t label, double chance);

/* Asks for all that a row owns. */
void complete_row(struct chosen_rows *set, int number, const struct decant_value *values);

/* Pulls parents until no key leads out of the set. */
bool close_keys(struct chosen_rows *set, struct decant_error *err);

/* ---- fanout.c: counts a sampled row with its parent; ends the counting */
void fanout_add(struct chosen_rows *set, struct edge *edge, const struct decant_value *values);
void fanout_finish(struct chosen_rows *set);

/* A copy that is the set's; NULL of one that counts no parents. */
struct select_fanout *fanout_keep(struct chosen_rows *set, const struct select_fanout *fanout);

/* ---- the rows that are chosen */

/* choose.c: chooses the rows of every table by their hashes and their owners. */
bool choose_cohorts(struct chosen_rows *set, struct decant_error *err);

/* Up to which u a row is in, given that its owner is; 0: that is not. Required parents aside. */
double choose_share(struct scan *scan, const struct decant_value *values);

/* The reference along which a row requires a parent that is not in; NULL: there is none. */
struct edge *missing_parent(struct chosen_rows *set, int number, const struct decant_value *values);

/* The edge along which a row requires one of a table that comes without rows; NULL: there is none.
 */
struct edge *empty_parent(struct chosen_rows *set, int number, const struct decant_value *values);

/* cap.c: finds the rows that own too much of a table. */
bool cap_find(struct chosen_rows *set, struct decant_error *err);

/* The rows that each row of a root owns, in all tables. Roots that own none are not listed. */
bool cap_count_owned(struct chosen_rows *set, int root, struct chances *out,
                     struct decant_error *err);

/* strata.c: the smallest u of each stratum. strata_find() reads the table; then strata_holds() says
 * whether a row is in, and with which label. */
struct strata *strata_new(struct tuple tuple);
bool strata_find(struct chosen_rows *set, int number, struct decant_error *err);
bool strata_holds(const struct side *side, struct chosen_rows *set,
                  const struct decant_value *values, struct key128 identity, uint64_t u,
                  uint8_t *label);
void strata_free(struct strata *strata); /* NULL is allowed */

/* extremes.c, edge_rows.c: add rows of extreme values, and of rare values and patterns of NULLs. */
bool extremes_add(struct chosen_rows *set, struct decant_error *err);
bool edge_rows_add(struct chosen_rows *set, struct decant_error *err);

/* cover.c: adds the rows of a cover, and says what they show. */
bool cover_add(struct chosen_rows *set, struct decant_error *err);

/* reassign.c: changes the keys of rows whose parent is not in the copy. Policies that it cannot
 * carry out are DECANT_USAGE. *pulls: some parents are wanted all the same. */
bool reassign_set_up(struct chosen_rows *set, struct edge *edge, struct decant_error *err);
bool reassign_rows(struct chosen_rows *set, struct edge *edge, bool *pulls,
                   struct decant_error *err);
int64_t reassign_count(const struct reassign *reassign);
bool reassign_find(const struct reassign *reassign, struct key128 identity, int64_t *parent,
                   bool *is_null);
void reassign_free(struct reassign *reassign); /* NULL is allowed */

#endif
