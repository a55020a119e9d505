/* SPDX-License-Identifier: PostgreSQL */
/* Reading the keys of one table from the source. */
#include <string.h>

#include "pg/copy.h"
#include "pg/quote.h"
#include "select/internal.h"

enum {
    LITERAL_BYTES = 64 * 1024,
    FEW_KEYS = 10 /* a lookup costs as much as this many rows of a scan */,
    CHECK_EVERY = 4096
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

bool
scan_check_memory(const struct selection_set *set, struct decant_error *err)
{
    int64_t used = memory_used(set);
    if (used <= set->memory_bytes)
        return true;
    error_set(err, DECANT_REFUSED, "the keys of the chosen rows take more than %lld MiB",
              (long long)(set->memory_bytes >> 20));
    return error_hint(err, "%lld MiB were in use; allow more with --memory, or lower the rate",
                      (long long)(used >> 20));
}

bool
scan_run(struct scan *scan, const char *where, struct decant_error *err)
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
            (++scan->rows % CHECK_EVERY == 0 && !scan_check_memory(set, err))) {
            n = -1;
            break;
        }
    }
    pg_reader_close(reader);
    const struct table *table = scan->side->plan->table;
    return n == 0 || error_context(err, "choosing rows of '%s.%s'", table->schema, table->name);
}

/* Reads the rows whose column is one of the keys, as many at a time as fit into one literal. */
static bool
run_batches(struct scan *scan, const struct column *column, const struct keyset *keys,
            const char *where, struct decant_error *err)
{
    struct buf sql = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < keys->nslots;) {
        buf_reset(&sql);
        if (where != NULL)
            buf_printf(&sql, "(%s) AND ", where);
        buf_puts(&sql, "decant_row.");
        quote_ident(&sql, column->name);
        buf_puts(&sql, " OPERATOR(pg_catalog.=) ANY ('{");
        size_t before = sql.len;
        for (; i < keys->nslots && sql.len < LITERAL_BYTES; i++)
            if (keys->labels[i] != 0)
                buf_printf(&sql, sql.len == before ? "%lld" : ",%lld", (long long)keys->keys[i].a);
        bool any = sql.len > before;
        buf_puts(&sql, "}'::pg_catalog.int8[])");
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
scan_keys(struct scan *scan, const struct target *target, const struct keyset *keys,
          struct decant_error *err)
{
    if (target->tuple.as_integer && are_few(keys, scan->side->plan->table))
        return run_batches(scan, target->tuple.columns[0], keys, NULL, err);
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

bool
scan_owned(struct scan *scan, const struct edge *owner, const struct keyset *keys,
           const char *where, bool *by_index, struct decant_error *err)
{
    const struct table *table = scan->side->plan->table;
    const struct table *parent = scan->set->sampling->tables[owner->plan->parent].table;
    *by_index = owner->parent->tuple.as_integer &&
                tuple_fits_integer(owner->child.columns, owner->child.ncolumns) &&
                is_indexed(table, owner->child.columns[0]) && are_few(keys, parent);
    if (!*by_index)
        return scan_run(scan, where, err);
    return run_batches(scan, owner->child.columns[0], keys, where, err);
}
