/* SPDX-License-Identifier: PostgreSQL */
/*
 * Whether the CHECKs of a table and of its domains hold for fakes: the source evaluates them, for
 * fakes of made-up originals first, then for those of what the column holds today.
 */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "mask/proof.h"
#include "mask/trial.h"
#include "pg/quote.h"
#include "transform/transform.h"

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
    return p->prover->try_sql != NULL && (!p->how->is_array || proof_may_be_null(mask)) &&
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
    if (proof_may_be_null(item->trial.mask))
        return proof_refuse(p, "'empty', 'set' or a transformer that keeps values would do",
                            "E210 '%s' yields NULL, which %s of '%s' does not allow", use,
                            item->what, proof_name(p));
    return proof_refuse(
        p,
        p->how->kind == KIND_TEXT
            ? "'by_shape' and 'pattern' keep the form of values; 'choice' and 'map' can "
              "name those that are allowed"
            : "a range, 'choice' or 'map' can name values that are allowed",
        "E217 a fake of '%s' would break %s of '%s'", use, item->what, proof_name(p));
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
    return proof_doubt(
        &item->proof,
        arena_printf(arena,
                     result == TRIAL_AT_EDGES ? "%s: fakes of values at its bounds break it"
                     : result == TRIAL_ODD    ? "%s: fakes of values that are none of its kind "
                                                "break it"
                     : result == TRIAL_OPEN   ? "%s: no value that it allows could be thought of"
                                              : "%s could not be tried",
                     item->what));
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
        if (!settle_trial(item, result) && !proof_tell_refused(&item->proof, err))
            return false;
    }
    return true;
}

bool
prove_trials(struct mask_prover *prover, struct decant_error *err)
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
    return proof_doubt(p, arena_printf(p->prover->masking->arena,
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
        return proof_refuse(p,
                            "'date_shift' moves the dates of a row together; 'null' where NULL is "
                            "allowed; or a mask for none of its columns",
                            "E217 a fake of '%s' would break %s of '%s'",
                            p->how->masks[0]->how->name, what, proof_name(p));
    if (!tried && nulls && is_first_of(p, check) && p->prover->on_refused != NULL)
        return proof_refuse(p, "a transformer that keeps values would do",
                            "E210 the NULL of '%s' may break %s of '%s'",
                            p->how->masks[0]->how->name, what, proof_name(p));
    return proof_doubt(p, arena_printf(p->prover->masking->arena,
                                       "%s compares it with other columns%s", what,
                                       tried ? "; it holds for rows of today" : ""));
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
        nulls |= proof_may_be_null(p->how->masks[i]);
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

bool
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
