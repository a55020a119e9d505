/* SPDX-License-Identifier: PostgreSQL */
#include "select/select.h"

#include <stdlib.h>
#include <string.h>

#include "pg/copy.h"
#include "pg/quote.h"
#include "row/codec.h"
#include "select/hash.h"
#include "select/tuple.h"

enum { LITERAL_BYTES = 64 * 1024, FEW_KEYS = 20, CHECK_EVERY = 4096 };

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
    struct edge *edges;
    uint8_t fingerprint_key[PRF_KEY];
    int64_t memory_bytes;
    struct buf scratch;
};

const char *
origin_name(enum origin origin)
{
    static const char *const names[ORIGIN_COUNT] = {
        [ORIGIN_NONE] = "none",           [ORIGIN_SAMPLE] = "sample", [ORIGIN_WHOLE] = "whole",
        [ORIGIN_COMPLETED] = "completed", [ORIGIN_PULLED] = "pulled",
    };
    return names[origin];
}

/* ---- setting up */

/* The place of a column among those that a scan of the side reads; it is added if need be. */
static int
place_of(struct side *side, const struct column *column)
{
    for (int i = 0; i < side->nread; i++)
        if (side->read[i] == column)
            return i;
    side->read[side->nread] = column;
    return side->nread++;
}

static struct tuple
make_tuple(struct selection_set *set, struct side *side, const int *numbers, int n)
{
    const struct column **columns = ARENA_ARRAY(&set->arena, const struct column *, n + 1);
    int *at = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++) {
        columns[i] = &side->plan->table->columns[numbers[i]];
        at[i] = place_of(side, columns[i]);
    }
    return (struct tuple){
        .ncolumns = n, .columns = columns, .at = at, .as_integer = tuple_fits_integer(columns, n)
    };
}

static void
make_identity(struct selection_set *set, struct side *side)
{
    const struct table *table = side->plan->table;
    const struct index *key = catalog_identity(table);
    int n = key != NULL ? key->nkeys : table->ncolumns;
    int *numbers = ARENA_ARRAY(&set->arena, int, n + 1);
    for (int i = 0; i < n; i++)
        numbers[i] = key != NULL ? key->keys[i].column : i;
    side->by_row = key == NULL;
    side->targets[side->ntargets++].tuple = make_tuple(set, side, numbers, n);
}

static struct target *
find_target(struct selection_set *set, struct side *side, const int *numbers, int n)
{
    struct tuple tuple = make_tuple(set, side, numbers, n);
    for (int i = 0; i < side->ntargets; i++) {
        const struct tuple *known = &side->targets[i].tuple;
        if (known->ncolumns == n && !(i == 0 && side->by_row) &&
            memcmp(known->columns, tuple.columns, (size_t)n * sizeof *tuple.columns) == 0)
            return &side->targets[i];
    }
    side->targets[side->ntargets].tuple = tuple;
    return &side->targets[side->ntargets++];
}

static void
make_edge(struct selection_set *set, int number)
{
    const struct sample_edge *plan = &set->sampling->edges[number];
    struct edge *edge = &set->edges[number];
    edge->plan = plan;
    edge->is_owner = set->sampling->tables[plan->child].owner == number;
    edge->child = make_tuple(set, &set->sides[plan->child], plan->child_columns, plan->ncolumns);
    edge->parent =
        find_target(set, &set->sides[plan->parent], plan->parent_columns, plan->ncolumns);
    edge->child.as_integer = edge->parent->tuple.as_integer;
}

static bool
has_unclear_key(const struct selection_set *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->nedges; i++)
        for (int j = 0; j < set->edges[i].child.ncolumns; j++)
            if (set->edges[i].child.columns[j]->is_nondeterministic) {
                const struct foreign_key *key = set->edges[i].plan->key;
                error_set(err, DECANT_REFUSED,
                          "the foreign key '%s' of '%s.%s' compares text by a nondeterministic "
                          "collation",
                          key->name, key->child->schema, key->child->name);
                error_hint(err, "only the server can tell which keys are equal; copy both tables "
                                "whole, without a sample");
                return true;
            }
    return false;
}

/* The rate at which rows of a table come, through all its owners. */
static double
rate_of(const struct sampling *sampling, int number)
{
    const struct sample_table *table = &sampling->tables[number];
    if (table->role == ROLE_WHOLE)
        return 1;
    if (table->owner < 0)
        return table->rate;
    double owner = rate_of(sampling, sampling->edges[table->owner].parent);
    return table->is_thinned && table->rate < owner ? table->rate : owner;
}

/* The share of rows that stay where the owner is in. */
static double
thinning_of(const struct sampling *sampling, int number)
{
    int owner = sampling->tables[number].owner;
    return owner < 0 ? 1
                     : rate_of(sampling, number) / rate_of(sampling, sampling->edges[owner].parent);
}

static struct bound
bound_of(double share)
{
    struct bound bound;
    bound.below = hash_bound(share, &bound.all);
    return bound;
}

static void
set_up(struct selection_set *set, const struct key *key)
{
    const struct sampling *sampling = set->sampling;
    set->sides = ARENA_ARRAY(&set->arena, struct side, sampling->ntables + 1);
    set->edges = ARENA_ARRAY(&set->arena, struct edge, sampling->nedges + 1);
    key_derive(key, "fingerprint", "", set->fingerprint_key, PRF_KEY);
    for (int i = 0; i < sampling->ntables; i++) {
        struct side *side = &set->sides[i];
        const struct table *table = sampling->tables[i].table;
        uint8_t sub_key[32];
        side->plan = &sampling->tables[i];
        side->read = ARENA_ARRAY(&set->arena, const struct column *, table->ncolumns + 1);
        side->targets = ARENA_ARRAY(&set->arena, struct target, sampling->nedges + 2);
        make_identity(set, side);
        const char *label =
            arena_printf(&set->arena, "%s\n%s.%s", sampling->seed, table->schema, table->name);
        key_derive(key, "sample", label, sub_key, sizeof sub_key);
        memcpy(&side->chooser.seed, sub_key, sizeof side->chooser.seed);
        memcpy(side->chooser.key, sub_key + 16, PRF_KEY);
        side->own = bound_of(rate_of(sampling, i));
        side->thin = bound_of(thinning_of(sampling, i));
    }
    for (int i = 0; i < sampling->nedges; i++)
        make_edge(set, i);
}

/* ---- reading */

struct scan {
    struct selection_set *set;
    struct side *side;
    int number;
    int64_t rows; /* read so far */
    bool (*visit)(struct scan *scan, const struct decant_value *values, struct key128 identity,
                  struct decant_error *err);
};

static void
put_scan(const struct side *side, const char *where, struct buf *out)
{
    buf_puts(out, "COPY (SELECT ");
    for (int i = 0; i < side->nread; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        tuple_put_column(side->read[i], out);
    }
    buf_puts(out, " FROM ");
    catalog_put_rows(side->plan->table, out);
    buf_puts(out, " AS decant_row");
    if (where != NULL)
        buf_printf(out, " WHERE (%s)", where);
    buf_puts(out, ") TO STDOUT (FORMAT binary)");
}

static struct key128
identity_of(struct selection_set *set, const struct side *side, const struct decant_value *values)
{
    struct key128 key = { 0 };
    const struct tuple *tuple = &side->targets[0].tuple;
    if (side->by_row)
        tuple_row_key(tuple, values, set->fingerprint_key, &set->scratch, &key);
    else
        tuple_key(tuple, values, set->fingerprint_key, &set->scratch, &key);
    return key;
}

static size_t
target_bytes(const struct target *target)
{
    return keyset_bytes(&target->members) + keyset_bytes(&target->wanted) +
           keyset_bytes(&target->asked) + keyset_bytes(&target->completed);
}

static int64_t
memory_used(const struct selection_set *set)
{
    size_t bytes = 0;
    for (int i = 0; i < set->sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++)
            bytes += target_bytes(&set->sides[i].targets[j]);
    for (int i = 0; i < set->sampling->nedges; i++)
        bytes += keyset_bytes(&set->edges[i].complete);
    return (int64_t)bytes;
}

static bool
check_memory(const struct selection_set *set, struct decant_error *err)
{
    int64_t used = memory_used(set);
    if (used <= set->memory_bytes)
        return true;
    error_set(err, DECANT_REFUSED, "the keys of the chosen rows take more than %lld MiB",
              (long long)(set->memory_bytes >> 20));
    return error_hint(err, "%lld MiB were in use; allow more with --memory, or lower the rate",
                      (long long)(used >> 20));
}

static bool
run_scan(struct scan *scan, const char *where, struct decant_error *err)
{
    struct selection_set *set = scan->set;
    struct buf sql = { 0 };
    put_scan(scan->side, where, &sql);
    struct pg_reader *reader = pg_reader_open(set->conn, buf_str(&sql), scan->side->nread, err);
    buf_deinit(&sql);
    struct decant_value *values;
    int n = reader == NULL ? -1 : 0;
    while (reader != NULL && (n = pg_reader_next(reader, &values, err)) > 0) {
        struct key128 identity = identity_of(set, scan->side, values);
        if (!scan->visit(scan, values, identity, err) ||
            (++scan->rows % CHECK_EVERY == 0 && !check_memory(set, err))) {
            n = -1;
            break;
        }
    }
    pg_reader_close(reader);
    const struct table *table = scan->side->plan->table;
    return n == 0 || error_context(err, "choosing rows of '%s.%s'", table->schema, table->name);
}

/* Reads the rows with these keys: by an index where they are integers and few, else all rows. */
static bool
scan_keys(struct scan *scan, const struct target *target, const struct keyset *keys,
          struct decant_error *err)
{
    const struct table *table = scan->side->plan->table;
    bool few = target->tuple.as_integer && table->reltuples > 0 &&
               (double)keys->count * FEW_KEYS < table->reltuples;
    if (!few)
        return run_scan(scan, NULL, err);
    struct buf where = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < keys->nslots;) {
        buf_reset(&where);
        quote_ident(&where, target->tuple.columns[0]->name);
        buf_puts(&where, " OPERATOR(pg_catalog.=) ANY ('{");
        size_t before = where.len;
        for (; i < keys->nslots && where.len < LITERAL_BYTES; i++)
            if (keys->labels[i] != 0)
                buf_printf(&where, where.len == before ? "%lld" : ",%lld",
                           (long long)keys->keys[i].a);
        buf_puts(&where, "}'::pg_catalog.int8[])");
        ok = run_scan(scan, buf_str(&where), err);
    }
    buf_deinit(&where);
    return ok;
}

/* ---- choosing */

static bool
edge_key(struct selection_set *set, const struct edge *edge, const struct decant_value *values,
         struct key128 *out)
{
    return tuple_key(&edge->child, values, set->fingerprint_key, &set->scratch, out);
}

/* Asks for the parent that a row refers to, unless it is in (with its children, if they are
 * wanted). */
static void
want_parent(struct selection_set *set, struct edge *edge, const struct decant_value *values)
{
    struct key128 key;
    struct target *parent = edge->parent;
    bool with_children = edge->plan->policy == POLICY_PULL_WITH_CHILDREN;
    if (edge->plan->needs_nothing || !edge_key(set, edge, values, &key))
        return;
    enum origin origin = (enum origin)keyset_get(&parent->members, key);
    bool is_hollow = origin == ORIGIN_PULLED && keyset_get(&parent->completed, key) == 0;
    if (origin != ORIGIN_NONE && !(is_hollow && with_children))
        return;
    uint8_t want = with_children ? WANT_WITH_CHILDREN : WANT_BARE;
    if (!keyset_put(&parent->wanted, key, want) && with_children)
        keyset_relabel(&parent->wanted, key, want);
}

static void
add_row(struct selection_set *set, int number, const struct decant_value *values,
        struct key128 identity, enum origin origin)
{
    struct side *side = &set->sides[number];
    if (!keyset_put(&side->targets[0].members, identity, (uint8_t)origin) && !side->by_row)
        return;
    side->counts[origin]++;
    for (int i = 1; i < side->ntargets; i++) {
        struct key128 key;
        if (tuple_key(&side->targets[i].tuple, values, set->fingerprint_key, &set->scratch, &key))
            keyset_put(&side->targets[i].members, key, (uint8_t)origin);
    }
    for (int i = 0; i < set->sampling->nedges; i++)
        if (set->edges[i].plan->child == number)
            want_parent(set, &set->edges[i], values);
}

/* Asks for all that a row owns. */
static void
complete_row(struct selection_set *set, int number, const struct decant_value *values)
{
    for (int i = 0; i < set->sampling->nedges; i++) {
        struct edge *edge = &set->edges[i];
        struct key128 key;
        if (edge->is_owner && edge->plan->parent == number &&
            tuple_key(&edge->parent->tuple, values, set->fingerprint_key, &set->scratch, &key) &&
            keyset_put(&edge->complete, key, WANT_WITH_CHILDREN))
            edge->has_new = true;
    }
}

static bool
is_below(const struct side *side, const struct decant_value *values, struct key128 identity,
         const struct bound *bound)
{
    return bound->all != 0 ||
           tuple_u(&side->targets[0].tuple, values, identity, &side->chooser) < bound->below;
}

static bool
is_chosen(struct scan *scan, const struct decant_value *values, struct key128 identity)
{
    struct selection_set *set = scan->set;
    const struct side *side = scan->side;
    struct key128 key;
    if (side->plan->role == ROLE_WHOLE)
        return true;
    struct edge *owner = side->plan->owner >= 0 ? &set->edges[side->plan->owner] : NULL;
    if (owner == NULL || !edge_key(set, owner, values, &key))
        return is_below(side, values, identity, &side->own); /* a root, or nobody's row */
    return keyset_get(&owner->parent->members, key) == ORIGIN_SAMPLE &&
           is_below(side, values, identity, &side->thin);
}

/* Drops a row whose required parent is not in. */
static bool
has_required(struct scan *scan, const struct decant_value *values)
{
    struct selection_set *set = scan->set;
    for (int i = 0; i < set->sampling->nedges; i++) {
        struct edge *edge = &set->edges[i];
        struct key128 key;
        if (edge->plan->child != scan->number || edge->plan->policy != POLICY_REQUIRE ||
            edge->plan->needs_nothing || edge->plan->parent == scan->number ||
            !edge_key(set, edge, values, &key) ||
            keyset_get(&edge->parent->members, key) != ORIGIN_NONE)
            continue;
        edge->required_away++;
        return false;
    }
    return true;
}

static bool
visit_cohort(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    (void)err;
    bool whole = scan->side->plan->role == ROLE_WHOLE;
    if (is_chosen(scan, values, identity) && (whole || has_required(scan, values)))
        add_row(scan->set, scan->number, values, identity, whole ? ORIGIN_WHOLE : ORIGIN_SAMPLE);
    return true;
}

/* Rows that are wanted as parents. */
static bool
visit_wanted(struct scan *scan, const struct decant_value *values, struct key128 identity,
             struct decant_error *err)
{
    struct selection_set *set = scan->set;
    enum want want = WANT_NOTHING;
    (void)err;
    for (int i = 0; i < scan->side->ntargets; i++) {
        struct target *target = &scan->side->targets[i];
        struct key128 key;
        if (!(i == 0 && scan->side->by_row) &&
            tuple_key(&target->tuple, values, set->fingerprint_key, &set->scratch, &key)) {
            enum want here = (enum want)keyset_get(&target->asked, key);
            if (here == WANT_WITH_CHILDREN)
                keyset_put(&target->completed, key, WANT_WITH_CHILDREN);
            want = here > want ? here : want;
        }
    }
    if (want == WANT_NOTHING)
        return true;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE)
        add_row(set, scan->number, values, identity, ORIGIN_PULLED);
    if (want == WANT_WITH_CHILDREN)
        complete_row(set, scan->number, values);
    return true;
}

/* Rows that belong to a completed parent. */
static bool
visit_completed(struct scan *scan, const struct decant_value *values, struct key128 identity,
                struct decant_error *err)
{
    struct selection_set *set = scan->set;
    const struct edge *owner = &set->edges[scan->side->plan->owner];
    struct key128 key;
    (void)err;
    if (!edge_key(set, owner, values, &key) || keyset_get(&owner->complete, key) == WANT_NOTHING)
        return true;
    if (keyset_get(&scan->side->targets[0].members, identity) == ORIGIN_NONE)
        add_row(set, scan->number, values, identity, ORIGIN_COMPLETED);
    complete_row(set, scan->number, values);
    return true;
}

/* ---- the stages */

/* Class 42 of SQLSTATE is what a server says of SQL that is wrong, class 22 of values that are. */
static bool
blame_frame(const struct sample_table *plan, struct decant_error *err)
{
    char sqlstate[6];
    memcpy(sqlstate, err->sqlstate, sizeof sqlstate);
    bool is_wrong = strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "22", 2) == 0;
    if (!is_wrong || strcmp(sqlstate, "42501") == 0)
        return false;
    return error_set(err, DECANT_USAGE, "%s: the source does not accept this 'where' (SQLSTATE %s)",
                     plan->where_place, sqlstate);
}

static bool
choose_cohorts(struct selection_set *set, struct decant_error *err)
{
    for (int i = 0; i < set->sampling->ntables; i++) {
        int number = set->sampling->order[i];
        struct side *side = &set->sides[number];
        struct scan scan = { set, side, number, 0, visit_cohort };
        const struct sample_table *plan = side->plan;
        if (plan->role == ROLE_SCHEMA_ONLY)
            continue;
        if (!run_scan(&scan, plan->where, err))
            return plan->where != NULL ? blame_frame(plan, err) : false;
        if (plan->where != NULL && scan.rows == 0)
            return error_set(err, DECANT_REFUSED, "%s: no row of '%s.%s' is in this frame",
                             plan->where_place, plan->table->schema, plan->table->name);
    }
    return true;
}

/* Pulls the parents that one table is asked for. Rows may ask for others of their own table while
 * it is read; those wait for the next round. Keys that no row has dangle in the source, too. */
static bool
pull_wanted(struct selection_set *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct scan scan = { set, side, number, 0, visit_wanted };
    bool ok = true;
    for (int i = 0; i < side->ntargets; i++) {
        side->targets[i].asked = side->targets[i].wanted;
        side->targets[i].wanted = (struct keyset){ 0 };
    }
    for (int i = 0; ok && i < side->ntargets; i++)
        if (side->targets[i].asked.count > 0) {
            ok = scan_keys(&scan, &side->targets[i], &side->targets[i].asked, err);
            *found = true;
        }
    for (int i = 0; i < side->ntargets; i++)
        keyset_deinit(&side->targets[i].asked);
    return ok;
}

static bool
bring_completed(struct selection_set *set, int number, bool *found, struct decant_error *err)
{
    struct side *side = &set->sides[number];
    struct edge *owner = side->plan->owner >= 0 ? &set->edges[side->plan->owner] : NULL;
    if (owner == NULL || !owner->has_new || side->plan->role == ROLE_SCHEMA_ONLY)
        return true;
    struct scan scan = { set, side, number, 0, visit_completed };
    *found = true;
    owner->has_new = false;
    return run_scan(&scan, NULL, err);
}

/* Every round adds keys of a finite set, so it ends. */
static bool
close_keys(struct selection_set *set, struct decant_error *err)
{
    for (bool found = true; found;) {
        found = false;
        for (int i = 0; i < set->sampling->ntables; i++)
            if (!pull_wanted(set, i, &found, err) || !bring_completed(set, i, &found, err))
                return false;
    }
    return check_memory(set, err);
}

bool
select_run(struct pg_conn *conn, const struct sampling *sampling, const struct key *key,
           int64_t memory_bytes, struct selection_set **out, struct decant_error *err)
{
    struct selection_set *set = mem_alloc(sizeof *set);
    set->sampling = sampling;
    set->conn = conn;
    set->memory_bytes = memory_bytes;
    set_up(set, key);
    if (has_unclear_key(set, err) || !choose_cohorts(set, err) || !close_keys(set, err)) {
        select_free(set);
        return false;
    }
    for (int i = 0; i < sampling->ntables; i++) /* from here on only identities are looked up */
        for (int j = 1; j < set->sides[i].ntargets; j++)
            keyset_deinit(&set->sides[i].targets[j].members);
    *out = set;
    return true;
}

void
select_free(struct selection_set *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < set->sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++) {
            keyset_deinit(&set->sides[i].targets[j].members);
            keyset_deinit(&set->sides[i].targets[j].wanted);
            keyset_deinit(&set->sides[i].targets[j].asked);
            keyset_deinit(&set->sides[i].targets[j].completed);
        }
    for (int i = 0; i < set->sampling->nedges; i++)
        keyset_deinit(&set->edges[i].complete);
    buf_deinit(&set->scratch);
    arena_deinit(&set->arena);
    free(set);
}

/* ---- what the copy asks */

static const struct side *
side_of(const struct selection_set *set, const struct table *root)
{
    int i = 0;
    while (set->sides[i].plan->table != root)
        i++;
    return &set->sides[i];
}

bool
select_has_all(const struct selection_set *set, const struct table *root)
{
    const struct sample_table *plan = side_of(set, root)->plan;
    return plan->role == ROLE_WHOLE && plan->where == NULL;
}

bool
select_has_none(const struct selection_set *set, const struct table *root)
{
    return side_of(set, root)->targets[0].members.count == 0;
}

int
select_put_columns(const struct selection_set *set, const struct table *root, struct buf *out)
{
    const struct tuple *identity = &side_of(set, root)->targets[0].tuple;
    for (int i = 0; i < identity->ncolumns; i++) {
        buf_puts(out, ", ");
        tuple_put_column(identity->columns[i], out);
    }
    return identity->ncolumns;
}

enum origin
select_origin(const struct selection_set *set, const struct table *root,
              const struct decant_value *values, struct buf *scratch)
{
    const struct side *side = side_of(set, root);
    struct tuple tuple = side->targets[0].tuple;
    int at[tuple.ncolumns > 0 ? tuple.ncolumns : 1];
    struct key128 key = { 0 };
    for (int i = 0; i < tuple.ncolumns; i++)
        at[i] = i;
    tuple.at = at;
    if (side->by_row)
        tuple_row_key(&tuple, values, set->fingerprint_key, scratch, &key);
    else if (!tuple_key(&tuple, values, set->fingerprint_key, scratch, &key))
        return ORIGIN_NONE;
    return (enum origin)keyset_get(&side->targets[0].members, key);
}

int64_t
select_count(const struct selection_set *set, const struct table *root, enum origin origin)
{
    return side_of(set, root)->counts[origin];
}

int64_t
select_required_away(const struct selection_set *set, int edge)
{
    return set->edges[edge].required_away;
}

void
select_put_key(const struct selection_set *set, const struct table *root,
               const struct decant_value *values, struct buf *out)
{
    static const struct text_style style;
    const struct tuple *identity = &side_of(set, root)->targets[0].tuple;
    for (int i = 0; i < identity->ncolumns; i++) {
        const struct column *column = identity->columns[i];
        buf_puts(out, i > 0 ? "," : "");
        if (values[i].len == DECANT_NULL)
            continue;
        if (type_is_decodable(column->type))
            codec_text(column->type, &values[i], &style, out);
        else
            buf_add(out, values[i].data, (size_t)values[i].len);
    }
}

double
select_probability(const struct selection_set *set, const struct table *root)
{
    const struct side *side = side_of(set, root);
    int number = (int)(side - set->sides);
    double probability = rate_of(set->sampling, number);
    for (int i = 0; i < set->sampling->nedges; i++) {
        const struct sample_edge *edge = &set->sampling->edges[i];
        /* The parent's cohort is another one, so it comes independently. */
        if (edge->child == number && edge->policy == POLICY_REQUIRE && !edge->needs_nothing)
            probability *= rate_of(set->sampling, edge->parent);
    }
    return probability;
}

static int
ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *
select_integer_keys(const struct selection_set *set, const struct table *root, size_t *n,
                    const char **column)
{
    const struct target *identity = &side_of(set, root)->targets[0];
    const struct keyset *members = &identity->members;
    if (!identity->tuple.as_integer || side_of(set, root)->by_row)
        return NULL;
    int64_t *keys = mem_alloc(members->count * sizeof *keys);
    *n = 0;
    for (size_t i = 0; i < members->nslots; i++)
        if (members->labels[i] != 0)
            keys[(*n)++] = (int64_t)members->keys[i].a;
    qsort(keys, *n, sizeof *keys, ascending);
    *column = identity->tuple.columns[0]->name;
    return keys;
}
