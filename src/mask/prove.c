/* SPDX-License-Identifier: PostgreSQL */
/*
 * Whether a mask can hold, before a row is read: from the catalog where that decides it, else by
 * trying it on fakes of made-up originals. What neither decides is a doubt: the copy's own
 * constraints decide then, and nothing is published if they fail.
 */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "mask/masking.h"
#include "mask/trial.h"
#include "mask/unique.h"
#include "pg/quote.h"
#include "transform/transform.h"

#define MOST_COLLISIONS 1e-6 /* expected ones of a column that must be unique */
enum { ENOUGH_BITS = 64 };

struct proof {
    struct mask_prover *prover;
    const struct masked_table *table;
    int number; /* of the table */
    const struct column_mask *how;
    const struct column *column;
    struct decant_error *err;
};

static bool PRINTF(3, 4) refuse(const struct proof *p, const char *hint, const char *fmt, ...)
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

static const char *
name_of(const struct proof *p)
{
    return arena_printf(p->prover->masking->arena, "%s.%s.%s", p->table->table->schema,
                        p->table->table->name, p->column->name);
}

static bool
doubt(const struct proof *p, const char *text)
{
    struct mask_prover *prover = p->prover;
    prover->doubts = mem_grow(prover->doubts, prover->ndoubts, sizeof *prover->doubts);
    prover->doubts[prover->ndoubts++] =
        arena_printf(prover->masking->arena, "%s (%s)", name_of(p), text);
    return true;
}

/* ---- NULL and length */

static bool
may_be_null(const struct mask *mask)
{
    return mask->how->may_be_null != NULL && mask->how->may_be_null(mask);
}

static bool
prove_null(const struct proof *p)
{
    for (int i = 0; i < p->how->nmasks; i++) {
        const struct mask *mask = p->how->masks[i];
        if (mask->how->is_lost != NULL && mask->how->is_lost(mask))
            return refuse(p, "a lower min_count, a list of 'values', or 'by_shape'",
                          "E216 no value of '%s' is frequent enough to be drawn", name_of(p));
        if (may_be_null(p->how->masks[i]) && p->column->not_null && !p->column->is_generated)
            return refuse(p, "'empty', 'set' or a transformer that keeps values would do",
                          "E210 '%s' yields NULL, and '%s' is NOT NULL",
                          p->how->masks[i]->how->name, name_of(p));
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
        return refuse(
            p,
            "'by_shape' keeps the length; a domain of its own would leave the others as they are",
            "E211 '%s' needs %d characters%s, '%s' has room for %d", how->name,
            room < least ? least : longest, mask->domain->unique ? " to stay unique" : "",
            name_of(p), room);
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
    if (may_be_null(mask) && !index->nulls_not_distinct)
        return true;
    if (!(how->gives & GIVES_RANDOM) || !by_value)
        return refuse(
            p, what_keeps_apart(p->how->kind),
            "E212 '%s' may give two originals one fake, and the index '%s' makes '%s' unique",
            how->name, index->name, name_of(p));
    double bits = how->bits(mask), expected = rows * rows / pow(2, bits + 1);
    double most = sqrt(MOST_COLLISIONS * pow(2, bits + 1));
    if (rows == 0 && bits < ENOUGH_BITS)
        doubt(p, arena_printf(p->prover->masking->arena,
                              "%s: %.0f random bits keep %.0f values apart; how many there are is "
                              "not known here",
                              index->name, bits, most));
    if (expected <= MOST_COLLISIONS)
        return true;
    return refuse(p, "more room, or 'by_shape', which is a permutation",
                  "E211 '%s' %s: %.0f values need %.0f random bits to stay apart; '%s' has %.0f "
                  "there (%.2g collisions expected)",
                  name_of(p), p->column->type_name, rows,
                  ceil(2 * log2(rows) - 1 - log2(MOST_COLLISIONS)), how->name, bits, expected);
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
            return refuse(p, "'keep' it: no partition may be there for its fakes",
                          "E215 '%s' decides on the partition (%s)", name_of(p),
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
            return refuse(p, "'keep' it, or mask other columns",
                          "E214 the exclusion constraint '%s' needs the originals of '%s'",
                          index->name, name_of(p));
        if (index->is_unique && index->is_valid && index->predicate != NULL &&
            unique_asks_for_value(index->predicate, p->column->name))
            doubt(p,
                  arena_printf(p->prover->masking->arena,
                               "%s: other rows meet its condition by their fakes; if two of them "
                               "are equal, nothing is published",
                               index->name));
        if (!depends)
            continue;
        for (int j = 0; j < p->how->nmasks; j++)
            if (!prove_injective(p, p->how->masks[j], index))
                return false;
        if (ignores_case(p))
            doubt(p, arena_printf(p->prover->masking->arena,
                                  "%s: its originals may differ in case alone, its fakes do not",
                                  index->name));
        if (p->how->nmasks > 1)
            doubt(p, arena_printf(p->prover->masking->arena,
                                  "%s: fakes of different conditions could meet", index->name));
        for (int j = 0; j < index->nkeys; j++)
            if (index->keys[j].column < 0 && strstr(index->keys[j].sql, "lower(") == NULL &&
                strstr(index->keys[j].sql, "upper(") == NULL)
                doubt(p,
                      arena_printf(p->prover->masking->arena,
                                   "%s: unique by an expression that is not known", index->name));
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
    return refuse(p, "email, username, by_shape, token or digits",
                  "E222 keys lead to '%s', which is in lower case, and fakes of '%s' are not",
                  name_of(p), p->how->masks[0]->how->name);
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
        if (mask->seed != SEED_VALUE && !may_be_null(mask))
            return refuse(
                p, "a transformer whose fake depends on the original alone",
                "E222 '%s' is joined by a foreign key, and '%s' gives one value different fakes",
                name_of(p), mask->how->name);
        if (mask_kind_of(first->type) != p->how->kind ||
            (p->how->kind == KIND_INTEGER && first->type->scalar != p->column->type->scalar))
            return refuse(
                p, "columns of one key with one type, or 'keep'",
                "E222 '%s' and '%s.%s.%s' are joined by a foreign key, but have different types",
                name_of(p), of->table->schema, of->table->name, first->name);
    }
    return true;
}

/* ---- enums and checks */

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
           refuse(p, "one of the labels of the type", "E218 '%s' is no label of '%s'", label,
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

static bool
take_none(void *ctx, const char *value)
{
    (void)ctx, (void)value;
    return false;
}

/* Do the rules say what it draws from? */
static bool
is_listed(const struct mask *mask)
{
    return !mask->how->values(mask, take_none, NULL);
}

static bool
may_be_tried(const struct proof *p, const struct mask *mask)
{
    /* fakes that were drawn from the column are allowed there, and must not stand in a statement */
    bool is_drawn = (mask->how->is & IS_DRAWN) != 0 && !is_listed(mask);
    return p->prover->try_sql != NULL && (!p->how->is_array || may_be_null(mask)) &&
           !p->how->server_empties && (mask->how->is & IS_UNTRIED) == 0 && !is_drawn;
}

/* A condition that waits for its trial: many go in one statement. */
struct queued_trial {
    struct proof proof; /* `table`, `how` and `column` outlive it */
    struct trial trial;
    const char *what, *sql;
    bool is_validated; /* by the values of the source */
};

/* Queues a trial for each mask of the column. `what` names the condition. */
static bool
prove_condition(const struct proof *p, const char *what, const char *condition, bool is_validated)
{
    struct mask_prover *prover = p->prover;
    struct arena *arena = prover->masking->arena;
    struct buf type = { 0 };
    quote_qualified(&type, p->column->type->schema, p->column->type->name);
    for (int i = 0; i < p->how->nmasks; i++) {
        struct queued_trial item = {
            .proof = *p,
            .trial = { p->how->masks[i], p->how->kind, p->table->table->name, p->column->name,
                       arena_strdup(arena, condition), arena_strdup(arena, buf_str(&type)) },
            .what = arena_strdup(arena, what),
            .is_validated = is_validated,
        };
        struct buf sql = { 0 };
        if (item.trial.mask->how->apply == NULL)
            continue;
        if (may_be_tried(p, item.trial.mask) && trial_put(&item.trial, &sql))
            item.sql = arena_strdup(arena, buf_str(&sql));
        prover->trials = mem_grow(prover->trials, prover->ntrials, sizeof *prover->trials);
        prover->trials[prover->ntrials++] = item;
        buf_deinit(&sql);
    }
    buf_deinit(&type);
    return true;
}

static bool
refuse_condition(const struct queued_trial *item)
{
    const struct proof *p = &item->proof;
    const char *use = item->trial.mask->how->name;
    if (may_be_null(item->trial.mask))
        return refuse(p, "'empty', 'set' or a transformer that keeps values would do",
                      "E210 '%s' yields NULL, which %s of '%s' does not allow", use, item->what,
                      name_of(p));
    return refuse(p,
                  p->how->kind == KIND_TEXT
                      ? "'by_shape' and 'pattern' keep the form of values; 'choice' and 'map' can "
                        "name those that are allowed"
                      : "a range, 'choice' or 'map' can name values that are allowed",
                  "E217 a fake of '%s' would break %s of '%s'", use, item->what, name_of(p));
}

/* Tries what the column holds today. False: it was not to be read, or there is nothing. */
static bool
try_own(const struct queued_trial *item, bool *holds)
{
    const struct proof *p = &item->proof;
    struct mask_prover *prover = p->prover;
    struct decant_error ignored = { 0 };
    struct decant_value *values;
    struct buf sql = { 0 }, all = { 0 };
    bool answers[1][TRIAL_ANSWERS];
    size_t n = 0;
    bool ok = prover->own_values != NULL && item->is_validated &&
              prover->own_values(prover->ctx, p->table->table, p->column, p->how->kind,
                                 prover->masking->arena, &n, &values, &ignored) &&
              n > 0 && trial_put_own(&item->trial, n, values, &sql);
    buf_printf(&all, "SELECT 0, q.* FROM (%s) AS q", buf_str(&sql));
    ok = ok && prover->try_sql(prover->ctx, buf_str(&all), 1, answers, &ignored);
    *holds = ok && answers[0][TRIAL_ANSWERS - 1];
    /* fakes that the condition cannot even read, such as no date, would end the pull */
    ok |= n > 0 && strncmp(ignored.sqlstate, "22", 2) == 0;
    buf_deinit(&sql);
    buf_deinit(&all);
    return ok;
}

/* What a trial says of a mask, or says not. */
static bool
settle_trial(const struct queued_trial *item, enum trial_result result)
{
    struct arena *arena = item->proof.prover->masking->arena;
    bool holds;
    if (result == TRIAL_HOLDS)
        return true;
    if (result == TRIAL_BROKEN)
        return refuse_condition(item);
    if (try_own(item, &holds))
        return holds || refuse_condition(item);
    return doubt(
        &item->proof,
        arena_printf(arena,
                     result == TRIAL_AT_EDGES ? "%s: fakes of values at its bounds break it"
                     : result == TRIAL_ODD    ? "%s: fakes of values that are none of its kind "
                                                "break it"
                     : result == TRIAL_OPEN   ? "%s: no value that it allows could be thought of"
                                              : "%s could not be tried",
                     item->what));
}

static bool
tell_refused(const struct proof *p, struct decant_error *err)
{
    struct mask_prover *prover = p->prover;
    if (prover->on_refused == NULL)
        return false;
    prover->on_refused(prover->refused_ctx, p->number, p->how->column);
    prover->nrefused++;
    *err = (struct decant_error){ 0 };
    return true;
}

enum { BATCH_BYTES = 512 * 1024, BATCH_TRIALS = 100 };

/* Runs trials[from .. to) in one statement; false: one of them cannot be run. */
static bool
run_batch(struct mask_prover *prover, size_t from, size_t to, bool (*answers)[TRIAL_ANSWERS])
{
    struct buf sql = { 0 };
    struct decant_error ignored = { 0 };
    for (size_t i = from; i < to; i++)
        if (prover->trials[i].sql != NULL)
            buf_printf(&sql, "%sSELECT %zu, q.* FROM (%s) AS q", sql.len > 0 ? " UNION ALL " : "",
                       i - from, prover->trials[i].sql);
    bool ok = sql.len == 0 ||
              prover->try_sql(prover->ctx, buf_str(&sql), (int)(to - from), answers, &ignored);
    buf_deinit(&sql);
    return ok;
}

static bool
settle_batch(struct mask_prover *prover, size_t from, size_t to, struct decant_error *err)
{
    bool answers[BATCH_TRIALS][TRIAL_ANSWERS];
    bool ran = run_batch(prover, from, to, answers);
    for (size_t i = from; i < to; i++) {
        struct queued_trial *item = &prover->trials[i];
        bool alone = !ran && item->sql != NULL && run_batch(prover, i, i + 1, &answers[i - from]);
        enum trial_result result = item->sql != NULL && (ran || alone)
                                       ? trial_judge(&item->trial, answers[i - from])
                                       : TRIAL_NOT_RUN;
        item->proof.err = err;
        if (!settle_trial(item, result) && !tell_refused(&item->proof, err))
            return false;
    }
    return true;
}

static bool
settle_trials(struct mask_prover *prover, struct decant_error *err)
{
    for (size_t from = 0, to; from < prover->ntrials; from = to) {
        size_t bytes = 0;
        for (to = from; to < prover->ntrials && to - from < BATCH_TRIALS && bytes < BATCH_BYTES;
             to++)
            bytes += prover->trials[to].sql != NULL ? strlen(prover->trials[to].sql) : 0;
        if (!settle_batch(prover, from, to, err))
            return false;
    }
    return true;
}

static bool
null_only(const char *sql, const char *name)
{
    size_t len = strlen(name);
    for (const char *q = strstr(sql, name); q != NULL; q = strstr(q + 1, name)) {
        const char *after = q + len + (q[len] == '"');
        if (strncmp(after, " IS NULL", 8) != 0 && strncmp(after, " IS NOT NULL", 12) != 0)
            return false;
    }
    return true;
}

/* Do all columns of the check move by the same shift? */
static bool
moves_together(const struct proof *p, const char *sql)
{
    int all = 0, moved = 0;
    for (int i = 0; i < p->table->table->ncolumns; i++) {
        if (!plan_mentions(sql, p->table->table->columns[i].name))
            continue;
        const struct column_mask *mask = masking_column(p->table, i);
        all++;
        moved += mask != NULL && mask->nmasks == 1 &&
                 strcmp(mask->masks[0]->how->name, "date_shift") == 0 &&
                 mask->masks[0]->domain == p->how->masks[0]->domain;
    }
    return all == moved;
}

/* Nobody's code runs with our rights, on the source least of all. */
static bool
doubt_untrusted(const struct proof *p, const char *what)
{
    return doubt(p, arena_printf(p->prover->masking->arena,
                                 "%s calls code of another role, and is not tried", what));
}

enum { MOST_MASKED = 16 };

/* Tries a check of several columns on rows of today. False: it could not be tried. */
static bool
try_rows(const struct proof *p, const struct check *check, bool *holds)
{
    assert(p != NULL && check != NULL);
    struct mask_prover *prover = p->prover;
    const struct table *table = p->table->table;
    const struct column *columns[MOST_MASKED];
    const struct mask *masks[MOST_MASKED];
    enum mask_kind kinds[MOST_MASKED];
    struct row_trial trial = { table, check->sql, 0, columns, masks, kinds };
    struct decant_error ignored = { 0 };
    bool answers[1][TRIAL_ANSWERS], ok = prover->own_rows != NULL && table->kind == 'r' &&
                                         check->is_trusted && check->is_validated;
    for (int i = 0; ok && i < p->table->nmasks; i++) {
        const struct column_mask *how = &p->table->masks[i];
        if (!plan_mentions(check->sql, table->columns[how->column].name))
            continue;
        ok = trial.ncolumns < MOST_MASKED && how->nmasks == 1 && !how->is_array &&
             !how->server_empties && how->kind != KIND_OTHER && may_be_tried(p, how->masks[0]);
        columns[trial.ncolumns] = &table->columns[how->column];
        masks[trial.ncolumns] = how->masks[0];
        kinds[trial.ncolumns++] = how->kind;
    }
    struct decant_value *rows;
    struct buf sql = { 0 }, all = { 0 };
    size_t n = 0;
    ok = ok && prover->own_rows(prover->ctx, table, trial.ncolumns, columns, prover->masking->arena,
                                &n, &rows, &ignored);
    if (ok && n > 0)
        trial_put_rows(&trial, n, rows, &sql);
    buf_printf(&all, "SELECT 0, q.* FROM (%s) AS q", buf_str(&sql));
    ok = ok && n > 0 && prover->try_sql(prover->ctx, buf_str(&all), 1, answers, &ignored);
    *holds = ok && answers[0][TRIAL_ANSWERS - 1];
    buf_deinit(&sql);
    buf_deinit(&all);
    return ok;
}

/* Of the masked columns of a check the first one speaks for all. */
static bool
is_first_of(const struct proof *p, const struct check *check)
{
    for (int i = 0; i < p->table->nmasks; i++)
        if (plan_mentions(check->sql, p->table->table->columns[p->table->masks[i].column].name))
            return &p->table->masks[i] == p->how;
    return false;
}

static bool
prove_together(const struct proof *p, const struct check *check, const char *what, bool nulls)
{
    bool holds = false, tried = is_first_of(p, check) && try_rows(p, check, &holds);
    if (tried && !holds)
        return refuse(p,
                      "'date_shift' moves the dates of a row together; 'null' where NULL is "
                      "allowed; or a mask for none of its columns",
                      "E217 a fake of '%s' would break %s of '%s'", p->how->masks[0]->how->name,
                      what, name_of(p));
    if (!tried && nulls && is_first_of(p, check) && p->prover->on_refused != NULL)
        return refuse(p, "a transformer that keeps values would do",
                      "E210 the NULL of '%s' may break %s of '%s'", p->how->masks[0]->how->name,
                      what, name_of(p));
    return doubt(p, arena_printf(p->prover->masking->arena, "%s compares it with other columns%s",
                                 what, tried ? "; it holds for rows of today" : ""));
}

static bool
prove_check(const struct proof *p, const struct check *check)
{
    const struct table *table = p->table->table;
    char what[200];
    int columns = 0;
    bool nulls = false;
    if (!check->is_enforced || !plan_mentions(check->sql, p->column->name))
        return true;
    for (int i = 0; i < table->ncolumns; i++)
        columns += plan_mentions(check->sql, table->columns[i].name);
    for (int i = 0; i < p->how->nmasks; i++)
        nulls |= may_be_null(p->how->masks[i]);
    snprintf(what, sizeof what, "the check '%s'", check->name);
    if (!nulls && null_only(check->sql, p->column->name))
        return true;
    if (columns > 1 && moves_together(p, check->sql))
        return true;
    if (columns > 1)
        return prove_together(p, check, what, nulls);
    return check->is_trusted ? prove_condition(p, what, check->sql, check->is_validated)
                             : doubt_untrusted(p, what);
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '"' || (c & 0x80) != 0;
}

/* Appends a domain's check with the column's name where it says VALUE. */
static void
put_domain_check(const char *sql, const char *column, struct buf *out)
{
    bool quoted = false;
    for (const char *q = sql; *q != '\0'; q++) {
        bool begins = !quoted && (q == sql || !is_word(q[-1]));
        quoted ^= *q == '\'';
        if (begins && strncmp(q, "VALUE", 5) == 0 && !is_word(q[5])) {
            quote_ident(out, column);
            q += 4;
        } else {
            buf_putc(out, *q);
        }
    }
}

static bool
prove_checks(const struct proof *p)
{
    const struct table *table = p->table->table;
    const struct domain *domain = p->column->domain;
    char what[200];
    bool is_trusted = true, is_validated = true;
    for (int i = 0; i < table->nchecks; i++)
        if (!prove_check(p, &table->checks[i]))
            return false;
    if (domain == NULL || domain->nchecks == 0)
        return true;
    snprintf(what, sizeof what, "the domain '%s'", domain->name);
    struct buf condition = { 0 };
    for (int i = 0; i < domain->nchecks; i++) {
        buf_puts(&condition, i > 0 ? " AND (" : "(");
        put_domain_check(domain->checks[i].sql, p->column->name, &condition);
        buf_putc(&condition, ')');
        is_trusted &= domain->checks[i].is_trusted;
        is_validated &= domain->checks[i].is_validated;
    }
    bool ok = is_trusted ? prove_condition(p, what, buf_str(&condition), is_validated)
                         : doubt_untrusted(p, what);
    buf_deinit(&condition);
    return ok;
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
           refuse(p, "'null' would do where the column may be NULL",
                  "E219 '%s' has no empty value ('%s')", p->column->type_name, name_of(p));
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
            if (!prove(&p) && !tell_refused(&p, err))
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
        ok = for_each(prover, prove_mask, err) && settle_trials(prover, err);
    free(prover->trials);
    prover->trials = NULL;
    prover->ntrials = 0;
    return ok;
}
