/* SPDX-License-Identifier: PostgreSQL */
/* Reading the keys of one table from the source. */
#include <assert.h>
#include <string.h>

#include "base/pipeline.h"
#include "pg/copy.h"
#include "pg/quote.h"
#include "select/hash.h"
#include "select/internal.h"

enum {
    BATCH_BYTES = 64 * 1024,    /* of keys in a statement that an index serves */
    FILTER_BYTES = 1024 * 1024, /* of those that the planner may also hash and scan for */
    FEW_KEYS = 10,              /* a lookup costs as much as this many rows of a scan */
    HASHES_ARRAYS = 140000,     /* since then "= ANY (array)" is looked up in a hash table */
    CHECK_EVERY = 4096,
};

static void
put_scan(const struct scan *scan, const char *where, struct buf *out)
{
    const struct side *side = scan->side;
    buf_puts(out, "COPY (SELECT ");
    for (int i = 0; i < side->nread; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        tuple_put_column(side->read[i], "decant_row", out);
    }
    if (side->has_place)
        buf_puts(out, side->nread > 0 ? ", decant_row.ctid" : "decant_row.ctid");
    buf_puts(out, scan->extra != NULL ? scan->extra : "");
    buf_puts(out, " FROM ");
    catalog_put_rows(side->plan->table, out);
    buf_puts(out, " AS decant_row");
    buf_puts(out, scan->beside != NULL ? scan->beside : "");
    if (where != NULL)
        buf_printf(out, " WHERE (%s)", where);
    buf_puts(out, scan->tail != NULL ? scan->tail : "");
    buf_puts(out, ") TO STDOUT (FORMAT binary)");
}

static struct key128
identity_of(struct chosen_rows *set, const struct side *side, const struct decant_value *values)
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
           keyset_bytes(&target->asked) + keyset_bytes(&target->completed) +
           keyset_bytes(&target->leads) + keyset_bytes(&target->dangling) +
           (target->whales.room + target->kept.room) * sizeof(struct chance);
}

static int64_t
memory_used(const struct chosen_rows *set)
{
    size_t bytes = 0;
    for (int i = 0; i < set->sampling->ntables; i++)
        for (int j = 0; j < set->sides[i].ntargets; j++)
            bytes += target_bytes(&set->sides[i].targets[j]);
    for (int i = 0; i < set->sampling->ntables; i++)
        bytes += keyset_bytes(&set->sides[i].places);
    for (int i = 0; i < set->sampling->nedges; i++)
        bytes += keyset_bytes(&set->edges[i].complete) + keyset_bytes(&set->edges[i].children);
    return (int64_t)bytes;
}

bool
scan_check_memory(const struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    int64_t used = memory_used(set);
    if (used <= set->memory_bytes)
        return true;
    error_set(err, DECANT_REFUSED, "the keys of the chosen rows take more than %lld MiB",
              (long long)(set->memory_bytes >> 20));
    return error_hint(err, "%lld MiB were in use; allow more with --memory, or lower the rate",
                      (long long)(used >> 20));
}

bool
set_map(struct chosen_rows *set, int n, void *ctx,
        bool (*work)(void *, int, int, struct decant_error *), struct decant_error *err)
{
    enum { FAILED = 100 }; /* a value of set->stop that means nothing to others */
    int failed = FAILED;
    bool ok = pipeline_map(n, set->nconns, set->stop, FAILED, ctx, work, err);
    atomic_compare_exchange_strong(set->stop, &failed, 0);
    return ok;
}

static bool
visit_row(void *ctx, const struct decant_value *values, struct decant_error *err)
{
    struct scan *scan = ctx;
    struct key128 identity = identity_of(scan->set, scan->side, values);
    return scan->visit(scan, values, identity, err) &&
           (++scan->rows % CHECK_EVERY != 0 || scan_check_memory(scan->set, err));
}

bool
scan_query(struct pg_conn *conn, const char *sql, int ncolumns, const char *what,
           bool (*visit)(void *ctx, const struct decant_value *values, struct decant_error *err),
           void *ctx, struct decant_error *err)
{
    struct pg_reader *reader = pg_reader_open(conn, sql, ncolumns, err);
    struct decant_value *values;
    int n = reader == NULL ? -1 : 0;
    while (reader != NULL && (n = pg_reader_next(reader, &values, err)) > 0)
        if (!visit(ctx, values, err)) {
            n = -1;
            break;
        }
    pg_reader_close(reader);
    return n == 0 || error_context(err, "choosing rows of %s", what);
}

bool
scan_run(struct scan *scan, const char *where, struct decant_error *err)
{
    assert(scan != NULL);
    const struct table *table = scan->side->plan->table;
    struct buf copy = { 0 }, sql = { 0 }, name = { 0 };
    buf_printf(&name, "'%s.%s'", table->schema, table->name);
    put_scan(scan, where, &copy);
    if (scan->is_few)
        pg_put_workers(&sql, buf_str(&copy));
    bool ok = scan_query(scan->set->conn, buf_str(scan->is_few ? &sql : &copy),
                         scan->side->nread + scan->side->has_place + scan->nextra, buf_str(&name),
                         visit_row, scan, err);
    buf_deinit(&copy);
    buf_deinit(&sql);
    buf_deinit(&name);
    return ok;
}

void
scan_put_and(const char *where, struct buf *out)
{
    if (where != NULL)
        buf_printf(out, "(%s) AND ", where);
}

/* Appends u of a key as hash.h defines it, where the source can compute it; `column` holds the key,
 * or refers to it. Text it may store in another encoding than it sends. */
static bool
put_u(const struct side *side, const struct column *column, struct buf *out)
{
    const struct tuple *identity = &side->targets[0].tuple;
    long long seed = (long long)side->chooser.seed;
    struct buf name = { 0 };
    bool is_uuid = tuple_is_hashed_as_bytes(identity) && column->type->scalar == SCALAR_UUID;
    tuple_put_column(column, "decant_row", &name);
    if (identity->as_integer)
        buf_printf(out,
                   "pg_catalog.hashint8extended(%1$s::int8 & 4294967295,"
                   " pg_catalog.hashint8extended(%1$s::int8 >> 32, '%2$lld'))",
                   buf_str(&name), seed);
    else if (is_uuid)
        buf_printf(out, "pg_catalog.uuid_hash_extended(%s, '%lld')", buf_str(&name), seed);
    buf_deinit(&name);
    return identity->as_integer || is_uuid;
}

bool
scan_put_below(const struct side *side, const struct column *column, uint64_t below,
               struct buf *out)
{
    assert(side != NULL);
    if (side->by_row)
        return false;
    buf_puts(out, "(");
    bool known = put_u(side, column, out);
    /* u has no sign, int8 has: turning the highest bit keeps the order */
    buf_printf(out, " # '-9223372036854775808') < '%lld'",
               (long long)(below ^ UINT64_C(0x8000000000000000)));
    return known;
}

static void
put_or_keys(const struct column *column, const struct chances *keys, struct buf *out)
{
    buf_puts(out, " OR ");
    tuple_put_column(column, "decant_row", out);
    buf_puts(out, " OPERATOR(pg_catalog.=) ANY ('{");
    for (size_t i = 0; i < keys->n; i++)
        buf_printf(out, i == 0 ? "%lld" : ",%lld", (long long)keys->items[i].key.a);
    buf_puts(out, "}'::pg_catalog.int8[])");
}

/* Few rows come out of many: parallel workers are worth it. */
bool
scan_few(struct scan *scan, const char *where, const char *condition, struct decant_error *err)
{
    assert(scan != NULL);
    struct buf sql = { 0 };
    scan_put_and(where, &sql);
    buf_printf(&sql, "(%s)", condition);
    scan->is_few = true;
    bool ok = scan_run(scan, buf_str(&sql), err);
    scan->is_few = false;
    buf_deinit(&sql);
    return ok;
}

bool
scan_below(struct scan *scan, double share, const struct chances *keys, const char *where,
           struct decant_error *err)
{
    assert(scan != NULL);
    const struct side *side = scan->side;
    const struct tuple *identity = &side->targets[0].tuple;
    struct buf sql = { 0 };
    int all;
    uint64_t below = hash_bound(share, &all);
    scan_put_and(where, &sql);
    buf_putc(&sql, '(');
    bool known = scan_put_below(side, identity->columns[0], below, &sql) &&
                 (keys == NULL || identity->as_integer);
    if (keys != NULL && known)
        put_or_keys(identity->columns[0], keys, &sql);
    buf_putc(&sql, ')');
    bool ok;
    if (!known || all != 0) {
        ok = scan_run(scan, where, err);
    } else {
        ok = scan_few(scan, NULL, buf_str(&sql), err);
    }
    buf_deinit(&sql);
    return ok;
}

/* Reads the rows whose column (NULL: ctid) is one of the keys, as many at a time as fit into one
 * literal. */
static bool
run_batches(struct scan *scan, const struct column *column, const struct keyset *keys,
            size_t batch_bytes, const char *where, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < keys->nslots;) {
        buf_reset(&sql);
        scan_put_and(where, &sql);
        if (column != NULL)
            tuple_put_column(column, "decant_row", &sql);
        else
            buf_puts(&sql, "decant_row.ctid");
        buf_puts(&sql, " OPERATOR(pg_catalog.=) ANY ('{");
        size_t before = sql.len;
        for (; i < keys->nslots && sql.len - before < batch_bytes; i++) {
            long long key = (long long)keys->a[i];
            const char *comma = sql.len == before ? "" : ",";
            if (keys->labels[i] != 0 && column != NULL)
                buf_printf(&sql, "%s%lld", comma, key);
            else if (keys->labels[i] != 0)
                buf_printf(&sql, "%s\"(%lld,%lld)\"", comma, key >> 16, key & 0xFFFF);
        }
        bool any = sql.len > before;
        buf_puts(&sql, column != NULL ? "}'::pg_catalog.int8[])" : "}'::pg_catalog.tid[])");
        ok = !any || scan_run(scan, buf_str(&sql), err);
    }
    buf_deinit(&sql);
    return ok;
}

static bool
are_few(const struct keyset *keys, const struct table *table)
{
    return table->reltuples > 0 && (double)keys->count * FEW_KEYS < table->reltuples;
}

bool
scan_leads(struct scan *scan, const struct target *target, const struct keyset *leads,
           struct decant_error *err)
{
    assert(scan != NULL && target != NULL);
    if (!are_few(leads, scan->side->plan->table))
        return scan_run(scan, NULL, err);
    return run_batches(scan, target->tuple.columns[0], leads, BATCH_BYTES, NULL, err);
}

bool
scan_places(struct scan *scan, const struct keyset *places, struct decant_error *err)
{
    assert(scan != NULL);
    if (!are_few(places, scan->side->plan->table))
        return scan_run(scan, NULL, err);
    return run_batches(scan, NULL, places, BATCH_BYTES, NULL, err);
}

bool
scan_keys(struct scan *scan, const struct target *target, const struct keyset *keys,
          struct decant_error *err)
{
    assert(scan != NULL && target != NULL);
    if (target->tuple.as_integer && are_few(keys, scan->side->plan->table))
        return run_batches(scan, target->tuple.columns[0], keys, BATCH_BYTES, NULL, err);
    return scan_run(scan, NULL, err);
}

static bool
is_indexed(const struct table *table, const struct column *column)
{
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        if (index->is_valid && index->predicate == NULL && strcmp(index->method, "btree") == 0 &&
            index->keys[0].column >= 0 && &table->columns[index->keys[0].column] == column)
            return true;
    }
    return false;
}

/* All keys in one statement, for which the planner finds the best way? */
static bool
fit_one_filter(const struct chosen_rows *set, const struct keyset *keys, const struct table *parent)
{
    enum { DIGITS = 12 };
    return pg_conn_version(set->conn) >= HASHES_ARRAYS && keys->count * DIGITS < FILTER_BYTES &&
           (double)keys->count * 2 < parent->reltuples;
}

/* Are all owners in because of their hash, or of the cap? Then the hash of the column that refers
 * to them tells. */
static bool
put_hash_of_owner(const struct chosen_rows *set, const struct edge *owner,
                  const struct keyset *keys, struct buf *out)
{
    const struct side *parent = &set->sides[owner->plan->parent];
    const struct column *column = owner->child.columns[0];
    int all;
    uint64_t below = hash_bound(parent->rate, &all);
    if (parent->plan->owner >= 0 || parent->plan->nstrata > 0 || parent->plan->where != NULL ||
        parent->plan->role != ROLE_SAMPLED || all != 0 || owner->parent != &parent->targets[0] ||
        keys != &owner->parent->members || parent->counts[ORIGIN_SAMPLE] != (int64_t)keys->count)
        return false;
    buf_putc(out, '(');
    bool known = scan_put_below(parent, column, below, out);
    if (owner->parent->kept.n > 0)
        put_or_keys(column, &owner->parent->kept, out);
    buf_putc(out, ')');
    return known;
}

bool
scan_owned(struct scan *scan, const struct edge *owner, const struct keyset *keys,
           const char *where, bool *is_exact, struct decant_error *err)
{
    assert(scan != NULL && owner != NULL);
    const struct column *column = owner->child.columns[0];
    const struct table *parent = scan->set->sampling->tables[owner->plan->parent].table;
    bool plain = owner->parent->tuple.as_integer &&
                 tuple_fits_integer(owner->child.columns, owner->child.ncolumns);
    bool by_filter = plain && fit_one_filter(scan->set, keys, parent);
    bool by_index = plain && is_indexed(scan->side->plan->table, column) && are_few(keys, parent);
    struct buf condition = { 0 };
    bool by_hash =
        plain && !by_filter && !by_index && put_hash_of_owner(scan->set, owner, keys, &condition);
    bool ok = !by_hash || scan_few(scan, where, buf_str(&condition), err);
    buf_deinit(&condition);
    *is_exact = by_filter || by_index || by_hash;
    if (by_hash)
        return ok;
    if (!*is_exact)
        return scan_run(scan, where, err);
    return run_batches(scan, column, keys, by_filter ? FILTER_BYTES : BATCH_BYTES, where, err);
}

/* Class 42 of SQLSTATE is what a server says of SQL that is wrong, class 22 of values that are. */
bool
blame_rules(const char *place, struct decant_error *err)
{
    char sqlstate[6];
    memcpy(sqlstate, err->sqlstate, sizeof sqlstate);
    bool is_wrong = strncmp(sqlstate, "42", 2) == 0 || strncmp(sqlstate, "22", 2) == 0;
    if (place == NULL || !is_wrong || strcmp(sqlstate, "42501") == 0)
        return false;
    return error_set(err, DECANT_USAGE, "%s: the source does not accept this SQL (SQLSTATE %s)",
                     place, sqlstate);
}
