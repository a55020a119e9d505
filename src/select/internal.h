/* SPDX-License-Identifier: PostgreSQL */
/* What the files of this directory share: the sets of keys under construction. */
#ifndef SELECT_INTERNAL_H
#define SELECT_INTERNAL_H

#include "select/select.h"
#include "select/tuple.h"

/* What foreign keys may refer to: some columns of a table. The first target is its identity. */
struct target {
    struct tuple tuple;
    struct keyset members;
    struct keyset wanted;    /* parents to be pulled; the label is a want */
    struct keyset asked;     /* those that the scan under way looks for */
    struct keyset completed; /* pulled parents that brought their children */
};

enum want { WANT_NOTHING, WANT_BARE, WANT_WITH_CHILDREN };

/* u below it is in. */
struct bound {
    uint64_t below;
    int all;
};

struct side {
    const struct sample_table *plan;
    int nread, ntargets;
    const struct column **read; /* the columns that a scan reads */
    struct target *targets;
    bool by_row; /* no key: the whole row is its identity */
    struct chooser chooser;
    struct bound own, thin; /* of rows without an owner; of rows whose owner is in */
    int64_t counts[ORIGIN_COUNT];
};

struct edge {
    const struct sample_edge *plan;
    bool is_owner;
    struct tuple child;
    struct target *parent;
    struct keyset complete; /* of an owner: parents whose children are to come, too */
    bool has_new;
    int64_t required_away;
};

struct selection_set {
    struct arena arena;
    const struct sampling *sampling;
    struct pg_conn *conn;
    struct side *sides;
    struct map by_oid; /* of a root: its side */
    struct edge *edges;
    uint8_t fingerprint_key[PRF_KEY];
    int64_t memory_bytes;
    struct buf scratch;
};

/* Fills sides and edges of set->sampling. */
void set_up(struct selection_set *set, const struct key *key);

/* Is there a key that only the server can compare? Then `err` says which. */
bool set_has_unclear_key(const struct selection_set *set, struct decant_error *err);

struct scan {
    struct selection_set *set;
    struct side *side;
    int number;
    int64_t rows; /* read so far */
    bool (*visit)(struct scan *scan, const struct decant_value *values, struct key128 identity,
                  struct decant_error *err);
};

/* Hands every row of a table to scan->visit; `where` may be NULL. */
bool scan_run(struct scan *scan, const char *where, struct decant_error *err);

/* Those with these keys: by an index where they are integers and few, else all rows. */
bool scan_keys(struct scan *scan, const struct target *target, const struct keyset *keys,
               struct decant_error *err);

/* Those that these parents own: by an index on the foreign key where they are few (*by_index), else
 * all rows. `where` may be NULL. */
bool scan_owned(struct scan *scan, const struct edge *owner, const struct keyset *keys,
                const char *where, bool *by_index, struct decant_error *err);

/* DECANT_REFUSED when the key sets are larger than they may be. */
bool scan_check_memory(const struct selection_set *set, struct decant_error *err);

#endif
