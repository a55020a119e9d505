/* SPDX-License-Identifier: PostgreSQL */
/*
 * Whether a mask can hold, before a row is read: from the catalog where that decides it, else by
 * trying it on fakes of made-up originals. What neither decides is a doubt: the copy's own
 * constraints decide then, and nothing is published if they fail.
 */
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask/proof.h"
#include "mask/unique.h"
#include "pg/quote.h"
#include "transform/transform.h"

#define MOST_COLLISIONS 1e-6 /* expected ones of a column that must be unique */
enum { ENOUGH_BITS = 64 };

bool
proof_refuse(const struct proof *p, const char *hint, const char *fmt, ...)
{
    char message[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (p->how->rule->place.source != NULL)
        place_error(&p->how->rule->place, p->err, "%s", message);
    else
        error_set(p->err, DECANT_REFUSED, "%s", message);
    return error_hint(p->err, "%s", hint);
}

const char *
proof_name(const struct proof *p)
{
    return arena_printf(p->prover->masking->arena, "%s.%s.%s", p->table->table->schema,
                        p->table->table->name, p->column->name);
}

bool
proof_doubt(const struct proof *p, const char *text)
{
    struct mask_prover *prover = p->prover;
    prover->doubts = mem_grow(prover->doubts, prover->ndoubts, sizeof *prover->doubts);
    prover->doubts[prover->ndoubts++] =
        arena_printf(prover->masking->arena, "%s (%s)", proof_name(p), text);
    return true;
}

bool
proof_tell_refused(const struct proof *p, struct decant_error *err)
{
    struct mask_prover *prover = p->prover;
    if (prover->on_refused == NULL)
        return false;
    prover->on_refused(prover->refused_ctx, p->number, p->how->column);
    prover->nrefused++;
    *err = (struct decant_error){ 0 };
    return true;
}

/* ---- NULL and length */

bool
proof_may_be_null(const struct mask *mask)
{
    return mask->how->may_be_null != NULL && mask->how->may_be_null(mask);
}

static bool
prove_null(const struct proof *p)
{
    for (int i = 0; i < p->how->nmasks; i++) {
        const struct mask *mask = p->how->masks[i];
        if (mask->how->is_lost != NULL && mask->how->is_lost(mask))
            return proof_refuse(p, "a lower min_count, a list of 'values', or 'by_shape'",
                                "E216 no value of '%s' is frequent enough to be drawn",
                                proof_name(p));
        if (proof_may_be_null(p->how->masks[i]) && p->column->not_null && !p->column->is_generated)
            return proof_refuse(p, "'empty', 'set' or a transformer that keeps values would do",
                                "E210 '%s' yields NULL, and '%s' is NOT NULL",
                                p->how->masks[i]->how->name, proof_name(p));
    }
    return true;
}

static bool
prove_length(const struct proof *p)
{
    for (int i = 0; i < p->how->nmasks; i++) {
        const struct mask *mask = p->how->masks[i];
        const struct transformer *how = mask->how;
        int room = mask->room;
        int least = how->shortest != NULL ? how->shortest(mask) : 1;
        int longest = how->longest != NULL ? how->longest(mask) : 0;
        if (room == 0 || p->how->kind != KIND_TEXT || (room >= least && room >= longest))
            continue;
        return proof_refuse(
            p,
            "'by_shape' keeps the length; a domain of its own would leave the others as they are",
            "E211 '%s' needs %d characters%s, '%s' has room for %d", how->name,
            room < least ? least : longest, mask->domain->unique ? " to stay unique" : "",
            proof_name(p), room);
    }
    return true;
}

/* ---- uniqueness */

static const char *
what_keeps_apart(enum mask_kind kind)
{
    return kind == KIND_TEXT      ? "'by_shape', 'pattern', 'email', 'username' or 'token' keep "
                                    "values apart"
           : kind == KIND_INTEGER ? "'int' keeps values apart"
           : kind == KIND_UUID    ? "'uuid' keeps values apart"
           : kind == KIND_BYTES   ? "'token' keeps values apart"
           : kind == KIND_MAC     ? "'mac' keeps values apart"
           : kind == KIND_NETWORK ? "'ip' keeps values apart"
                                  : "no mask of this type keeps values apart: 'keep' it, or mask "
                                    "the other columns of the index";
}

static bool
prove_injective(const struct proof *p, const struct mask *mask, const struct index *index)
{
    const struct transformer *how = mask->how;
    double rows = p->table->table->reltuples > 0 ? p->table->table->reltuples : 0;
    bool by_value = mask->seed == SEED_VALUE || mask->seed == SEED_ROW;
    if (how->apply == NULL || ((how->gives & GIVES_INJECTIVE) && by_value))
        return true;
    if (proof_may_be_null(mask) && !index->nulls_not_distinct)
        return true;
    if (!(how->gives & GIVES_RANDOM) || !by_value)
        return proof_refuse(
            p, what_keeps_apart(p->how->kind),
            "E212 '%s' may give two originals one fake, and the index '%s' makes '%s' unique",
            how->name, index->name, proof_name(p));
    double bits = how->bits(mask), expected = rows * rows / pow(2, bits + 1);
    double most = sqrt(MOST_COLLISIONS * pow(2, bits + 1));
    if (rows == 0 && bits < ENOUGH_BITS)
        proof_doubt(
            p, arena_printf(p->prover->masking->arena,
                            "%s: %.0f random bits keep %.0f values apart; how many there are is "
                            "not known here",
                            index->name, bits, most));
    if (expected <= MOST_COLLISIONS)
        return true;
    return proof_refuse(
        p, "more room, or 'by_shape', which is a permutation",
        "E211 '%s' %s: %.0f values need %.0f random bits to stay apart; '%s' has %.0f "
        "there (%.2g collisions expected)",
        proof_name(p), p->column->type_name, rows, ceil(2 * log2(rows) - 1 - log2(MOST_COLLISIONS)),
        how->name, bits, expected);
}

/* The partition key of the table, or of a partition that is divided again. */
static bool
prove_partitions(const struct proof *p)
{
    const struct catalog *catalog = p->prover->masking->plan->catalog;
    for (int i = 0; i < catalog->ntables; i++) {
        const struct table *part = &catalog->tables[i];
        if (part->root == p->table->table && part->partition_key != NULL &&
            plan_mentions(part->partition_key, p->column->name) &&
            strncmp(part->partition_key, "HASH ", 5) != 0) /* there a fake finds its own */
            return proof_refuse(p, "'keep' it: no partition may be there for its fakes",
                                "E215 '%s' decides on the partition (%s)", proof_name(p),
                                part->partition_key);
    }
    return true;
}

/* `unique: true` is asked for by the rules, as if there were an index. */
static bool
prove_asked(const struct proof *p)
{
    const struct index asked = { .name = "unique: true", .is_unique = true };
    for (int i = 0; i < p->how->nmasks; i++)
        if (p->how->masks[i]->common->unique && !prove_injective(p, p->how->masks[i], &asked))
            return false;
    return true;
}

/* A domain of the rules ignores case, and the column's index does not. */
static bool
ignores_case(const struct proof *p)
{
    const struct decision *decision = &p->table->decisions[p->how->column];
    const struct masked_table *of = &p->prover->masking->tables[decision->class_table];
    const struct decision *first = &of->decisions[decision->class_column];
    bool ignores = false;
    for (int i = 0; i < p->how->nmasks; i++)
        ignores |= p->how->masks[i]->domain->lower && p->how->kind == KIND_TEXT &&
                   p->how->masks[i]->seed == SEED_VALUE;
    return ignores && first->tells_case && !first->folds;
}

static bool
prove_unique(const struct proof *p)
{
    assert(p != NULL);
    const struct table *table = p->table->table;
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        bool depends = unique_depends(p->prover->masking, p->number, index, p->how->column);
        if (!depends && strcmp(index->method, "exclude") == 0 &&
            unique_uses(table, index, p->how->column))
            return proof_refuse(p, "'keep' it, or mask other columns",
                                "E214 the exclusion constraint '%s' needs the originals of '%s'",
                                index->name, proof_name(p));
        if (index->is_unique && index->is_valid && index->predicate != NULL &&
            unique_asks_for_value(index->predicate, p->column->name))
            proof_doubt(
                p, arena_printf(p->prover->masking->arena,
                                "%s: other rows meet its condition by their fakes; if two of them "
                                "are equal, nothing is published",
                                index->name));
        if (!depends)
            continue;
        for (int j = 0; j < p->how->nmasks; j++)
            if (!prove_injective(p, p->how->masks[j], index))
                return false;
        if (ignores_case(p))
            proof_doubt(p,
                        arena_printf(p->prover->masking->arena,
                                     "%s: its originals may differ in case alone, its fakes do not",
                                     index->name));
        if (p->how->nmasks > 1)
            proof_doubt(p,
                        arena_printf(p->prover->masking->arena,
                                     "%s: fakes of different conditions could meet", index->name));
        for (int j = 0; j < index->nkeys; j++)
            if (index->keys[j].column < 0 && strstr(index->keys[j].sql, "lower(") == NULL &&
                strstr(index->keys[j].sql, "upper(") == NULL)
                proof_doubt(p, arena_printf(p->prover->masking->arena,
                                            "%s: unique by an expression that is not known",
                                            index->name));
    }
    return true;
}

/* ---- foreign keys: all members of a class must have the same fakes */

/* The server folds the fake of the original: that of the key must be folded, too. */
static bool
prove_folded(const struct proof *p)
{
    const struct column *column = p->column;
    if (!column->is_generated || strncmp(column->default_sql, "lower(", 6) != 0 ||
        (p->how->masks[0]->how->is & IS_FOLDED) != 0)
        return true;
    return proof_refuse(p, "email, username, by_shape, token or digits",
                        "E222 keys lead to '%s', which is in lower case, and fakes of '%s' are not",
                        proof_name(p), p->how->masks[0]->how->name);
}

static bool
prove_class(const struct proof *p)
{
    if (!prove_folded(p))
        return false;
    const struct decision *decision = &p->table->decisions[p->how->column];
    const struct masked_table *of = &p->prover->masking->tables[decision->class_table];
    const struct column *first = &of->table->columns[decision->class_column];
    if (decision->class_size < 2 || first == p->column)
        return true;
    for (int i = 0; i < p->how->nmasks; i++) {
        const struct mask *mask = p->how->masks[i];
        if (mask->seed != SEED_VALUE && !proof_may_be_null(mask))
            return proof_refuse(
                p, "a transformer whose fake depends on the original alone",
                "E222 '%s' is joined by a foreign key, and '%s' gives one value different fakes",
                proof_name(p), mask->how->name);
        if (mask_kind_of(first->type) != p->how->kind ||
            (p->how->kind == KIND_INTEGER && first->type->scalar != p->column->type->scalar))
            return proof_refuse(
                p, "columns of one key with one type, or 'keep'",
                "E222 '%s' and '%s.%s.%s' are joined by a foreign key, but have different types",
                proof_name(p), of->table->schema, of->table->name, first->name);
    }
    return true;
}

/* ---- enums */

static bool
has_label(const struct type *type, const char *label)
{
    for (int i = 0; i < type->nlabels; i++)
        if (strcmp(type->labels[i], label) == 0)
            return true;
    return false;
}

static bool
prove_label(void *ctx, const char *label)
{
    const struct proof *p = ctx;
    const struct type *type = p->column->type;
    type = type->kind == TYPE_ARRAY ? type->element : type;
    return has_label(type, label) ||
           proof_refuse(p, "one of the labels of the type", "E218 '%s' is no label of '%s'", label,
                        p->column->type_name);
}

static bool
prove_labels(const struct proof *p)
{
    struct proof labels = *p;
    for (int i = 0; p->how->kind == KIND_ENUM && i < p->how->nmasks; i++) {
        const struct mask *mask = p->how->masks[i];
        if (mask->how->values != NULL && !mask->how->values(mask, prove_label, &labels))
            return false;
    }
    return true;
}

/* ---- what the source has to evaluate */

static bool
prove_extras(const struct mask_prover *prover, const struct masked_table *table,
             struct decant_error *err)
{
    for (int i = 0; prover->try_sql != NULL && i < table->nmasks; i++)
        for (int j = 0; j < table->masks[i].nmasks; j++) {
            int extra = table->masks[i].conditions[j];
            struct buf sql = { 0 };
            struct decant_error failure = { 0 };
            if (extra < 0)
                continue;
            /* names mean what they will when rows are read */
            buf_printf(&sql, "%sSELECT true FROM (SELECT %s AS x FROM ", pg_set_path_sql,
                       table->extras[extra]);
            catalog_put_rows(table->table, &sql);
            buf_puts(&sql, " AS decant_row LIMIT 0) AS trial");
            bool ok = prover->try_sql(prover->ctx, buf_str(&sql), 0, NULL, &failure);
            buf_deinit(&sql);
            if (ok)
                continue;
            const struct rules_mask *rule = table->masks[i].rule;
            for (int k = 0; k < j; k++)
                rule = rule->next;
            place_error(&rule->place, err, "E118 the source does not accept this 'when' (%s)",
                        failure.sqlstate[0] != '\0' ? failure.sqlstate : "no answer");
            return error_hint(err, "SQL over the columns of '%s.%s', of type boolean",
                              table->table->schema, table->table->name);
        }
    return true;
}

/* ''::type */
static bool
prove_empty(const struct proof *p)
{
    struct decant_error ignored = { 0 };
    if (!p->how->server_empties || p->how->is_array || p->prover->try_sql == NULL)
        return true;
    const char *sql = arena_printf(p->prover->masking->arena, "SELECT (''::%s) IS NOT NULL",
                                   p->column->type_name);
    return p->prover->try_sql(p->prover->ctx, sql, 0, NULL, &ignored) ||
           proof_refuse(p, "'null' would do where the column may be NULL",
                        "E219 '%s' has no empty value ('%s')", p->column->type_name, proof_name(p));
}

static bool
prove_mask(const struct proof *p)
{
    return prove_null(p) && prove_empty(p) && prove_class(p) && prove_labels(p) &&
           prove_partitions(p) && prove_unique(p) && prove_asked(p) && prove_checks(p);
}

/* `prove` for every mask. */
static bool
for_each(struct mask_prover *prover, bool (*prove)(const struct proof *p), struct decant_error *err)
{
    for (int t = 0; t < prover->masking->ntables; t++) {
        const struct masked_table *table = &prover->masking->tables[t];
        for (int i = 0; i < table->nmasks; i++) {
            const struct proof p = { .prover = prover,
                                     .table = table,
                                     .number = t,
                                     .how = &table->masks[i],
                                     .column = &table->table->columns[table->masks[i].column],
                                     .err = err };
            if (!prove(&p) && !proof_tell_refused(&p, err))
                return false;
        }
    }
    return true;
}

bool
masking_prove(struct mask_prover *prover, struct decant_error *err)
{
    assert(prover->masking != NULL);
    for (int t = 0; t < prover->masking->ntables; t++)
        if (!prove_extras(prover, &prover->masking->tables[t], err))
            return false;
    /* a column that is too narrow is named itself, not one of its domain that suffers from it */
    bool ok = for_each(prover, prove_length, err);
    if (ok && prover->nrefused == 0)
        ok = for_each(prover, prove_mask, err) && prove_trials(prover, err);
    free(prover->trials);
    prover->trials = NULL;
    prover->ntrials = 0;
    return ok;
}
