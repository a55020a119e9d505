/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/policy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rehearse/amount.h"

enum code {
    CODE_FAILED,
    CODE_BROKEN,
    CODE_LOST_ROWS,
    CODE_LOST_VALUES,
    CODE_INVALID_INDEX,
    CODE_REWRITTEN,
    CODE_REBUILT,
    CODE_SCANNED,
    CODE_NOT_CONCURRENT,
    CODE_NO_LOCK_TIMEOUT,
    CODE_HELD,
    CODE_WAITED,
    CODE_KEY_WITHOUT_INDEX,
    CODE_PLAN,
    CODE_NOT_AGAIN,
    CODE_NOT_BACK,
    CODE_NOT_THERE,
    CODE_NOT_VALIDATED,
    CODE_SAMPLE_HOLDS,
    CODES,
};

const char *const policy_codes[] = {
    [CODE_FAILED] = "statement-failed",
    [CODE_BROKEN] = "rows-broken",
    [CODE_LOST_ROWS] = "rows-lost",
    [CODE_LOST_VALUES] = "values-lost",
    [CODE_INVALID_INDEX] = "invalid-index",
    [CODE_REWRITTEN] = "table-rewritten",
    [CODE_REBUILT] = "index-rebuilt",
    [CODE_SCANNED] = "scanned-under-lock",
    [CODE_NOT_CONCURRENT] = "index-not-concurrent",
    [CODE_NO_LOCK_TIMEOUT] = "no-lock-timeout",
    [CODE_HELD] = "held-too-long",
    [CODE_WAITED] = "users-waited",
    [CODE_KEY_WITHOUT_INDEX] = "key-without-index",
    [CODE_NOT_VALIDATED] = "constraint-not-validated",
    [CODE_PLAN] = "plan-worse",
    [CODE_NOT_AGAIN] = "not-repeatable",
    [CODE_NOT_BACK] = "not-reversed",
    [CODE_NOT_THERE] = "fails-on-production-rows",
    [CODE_SAMPLE_HOLDS] = "holds-in-sample",
    [CODES] = NULL,
};

struct judging {
    const struct policy *policy;
    struct rehearsal *rehearsal;
};

/* ---- findings */

/* The same finding of the same statement has the same number in every run. */
static void
put_id(struct finding *finding, const struct rehearsal *rehearsal)
{
    const char *const parts[] = { finding->code, finding->relation != NULL ? finding->relation : "",
                                  finding->step >= 0
                                      ? rehearsal_step(rehearsal, finding->step)->text
                                  : strcmp(finding->code, policy_codes[CODE_PLAN]) == 0
                                      ? finding->text
                                      : "" };
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *p = parts[i];; p++) {
            h = (h ^ (unsigned char)*p) * 1099511628211u;
            if (*p == '\0')
                break;
        }
    snprintf(finding->id, sizeof finding->id, "%016llx", (unsigned long long)h);
}

static const char *
reason_for(const struct policy *policy, const struct finding *finding)
{
    for (int i = 0; i < policy->rules->nallowed; i++) {
        const struct rules_rehearse_allow *allow = &policy->rules->allowed[i];
        bool is_it =
            strcmp(allow->finding, finding->code) == 0 || strcmp(allow->finding, finding->id) == 0;
        bool is_there = allow->on == NULL ||
                        (finding->relation != NULL && strcmp(allow->on, finding->relation) == 0);
        bool holds = allow->until == NULL || strcmp(policy->today, allow->until) <= 0;
        if (is_it && is_there && holds)
            return allow->why;
    }
    return NULL;
}

static void PRINTF(6, 7) put(const struct judging *judging, enum code code, bool is_breach,
                             int step, const char *relation, const char *fmt, ...)
{
    struct rehearsal *out = judging->rehearsal;
    struct buf text = { 0 };
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    struct finding finding = { .code = policy_codes[code],
                               .severity = is_breach ? SEVERITY_BREACH : SEVERITY_NOTE,
                               .step = step,
                               .relation = relation,
                               .text = arena_strdup(&out->arena, buf_str(&text)) };
    put_id(&finding, out);
    finding.allowed = reason_for(judging->policy, &finding);
    finding.is_known =
        judging->policy->baseline != NULL && strstr(judging->policy->baseline, finding.id) != NULL;
    buf_deinit(&text);
    out->findings = mem_grow(out->findings, (size_t)out->nfindings, sizeof *out->findings);
    out->findings[out->nfindings++] = finding;
}

/* ---- what is asked of production's size */

static bool
is_large(const struct judging *judging, const char *relation)
{
    return rehearsal_production_bytes(judging->rehearsal, relation) >=
           (double)rehearse_limits(judging->policy->rules, relation).large_bytes;
}

static const char *
size_of(const struct judging *judging, const char *relation)
{
    return amount_bytes(&judging->rehearsal->arena,
                        rehearsal_production_bytes(judging->rehearsal, relation));
}

/* ---- rules, one each */

static void
judge_failure(const struct judging *judging, int number, const struct step *step)
{
    if (step->sqlstate[0] == '\0')
        return;
    bool counts = !judging->rehearsal->is_command || judging->rehearsal->status != 0;
    struct buf where = { 0 };
    const char *relation = NULL;
    if (step->table[0] != '\0')
        relation = arena_printf(&judging->rehearsal->arena, "%s.%s", step->schema, step->table);
    if (step->constraint[0] != '\0')
        buf_printf(&where, ", constraint %s", step->constraint);
    else if (step->column[0] != '\0')
        buf_printf(&where, ", column %s", step->column);
    put(judging, CODE_FAILED, counts, number, relation, "%s (SQLSTATE %s)%s",
        rehearsal_state(step->sqlstate), step->sqlstate, buf_str(&where));
    buf_deinit(&where);
}

static bool
was_there(const struct judging *judging, const char *relation)
{
    return relations_named(judging->rehearsal->before, relation) != NULL;
}

static bool
step_rewrites(const struct judging *judging, int step, const char *table)
{
    const struct record *record = &judging->rehearsal->record;
    for (int i = 0; i < record->neffects; i++)
        if (record->effects[i].step == step && record->effects[i].kind == EFFECT_REWRITE &&
            strcmp(record->effects[i].name, table) == 0)
            return true;
    return false;
}

static const char *
table_of_index(const struct judging *judging, const char *index)
{
    const struct relation *known = relations_named(judging->rehearsal->before, index);
    return known != NULL && known->table != NULL ? known->table : index;
}

/* The strongest lock that the transaction of a step has on the table, up to that step. */
static enum lock_mode
mode_at(const struct judging *judging, int number, const char *table)
{
    const struct record *record = &judging->rehearsal->record;
    enum lock_mode best = LOCK_NONE;
    for (int i = 0; i < record->nholds; i++) {
        const struct hold *hold = &record->holds[i];
        if (hold->step <= number && strcmp(hold->name, table) == 0 &&
            record->steps[hold->step].transaction == record->steps[number].transaction &&
            hold->mode > best)
            best = hold->mode;
    }
    return best;
}

static void
judge_effect(const struct judging *judging, const struct effect *effect)
{
    const char *name = effect->name;
    if (!was_there(judging, name))
        return;
    if (effect->kind == EFFECT_REWRITE) {
        put(judging, CODE_REWRITTEN, is_large(judging, name), effect->step, name,
            "all rows are written anew, and every index: %s there", size_of(judging, name));
    } else if (effect->kind == EFFECT_REBUILD) {
        const char *table = table_of_index(judging, name);
        if (!step_rewrites(judging, effect->step, table))
            put(judging, CODE_REBUILT, is_large(judging, table), effect->step, name,
                "the index is built anew; its table has %s there", size_of(judging, table));
    } else if (effect->kind == EFFECT_SCAN) {
        const struct relation *known = relations_named(judging->rehearsal->before, name);
        enum lock_mode mode = mode_at(judging, effect->step, name);
        bool is_whole = known->rows >= 0 && (double)effect->rows >= known->rows;
        bool blocks = lock_conflicts(mode, LOCK_ROW_EXCLUSIVE);
        bool is_told = step_rewrites(judging, effect->step, name);
        if (is_whole && blocks && !is_told && effect->rows > 0)
            put(judging, CODE_SCANNED, is_large(judging, name), effect->step, name,
                "every row is read under %s: %s there", lock_mode_name(mode),
                size_of(judging, name));
    }
}

static bool
makes_index(const struct step *step)
{
    return strcmp(step->tag, "CREATE INDEX") == 0;
}

static void
judge_hold(const struct judging *judging, const struct hold *hold)
{
    const struct step *step = &judging->rehearsal->record.steps[hold->step];
    bool is_table = strchr("rpm", hold->kind) != NULL;
    if (!is_table || relations_find(judging->rehearsal->before, hold->oid) == NULL)
        return;
    double ms = hold->to_ms - hold->from_ms - hold->waited_ms;
    bool stops_reads = lock_conflicts(hold->mode, LOCK_ACCESS_SHARE);
    bool stops_writes = lock_conflicts(hold->mode, LOCK_ROW_EXCLUSIVE);
    const struct rules_limits limits = rehearse_limits(judging->policy->rules, hold->name);
    int limit = stops_reads ? limits.read_hold_ms : limits.write_hold_ms;
    if (makes_index(step) && hold->mode == LOCK_SHARE && is_large(judging, hold->name))
        put(judging, CODE_NOT_CONCURRENT, true, hold->step, hold->name,
            "nobody can write while the index is built: %s there", size_of(judging, hold->name));
    if (stops_writes && !judging->policy->rules->any_lock_timeout && step->lock_timeout_ms == 0 &&
        hold == rehearsal_strongest(judging->rehearsal, hold->step))
        put(judging, CODE_NO_LOCK_TIMEOUT, true, hold->step, hold->name,
            "waits for %s without lock_timeout; all who come later wait behind it",
            lock_mode_name(hold->mode));
    if (stops_writes && ms > limit)
        put(judging, CODE_HELD, true, hold->step, hold->name, "%s is held for %s here: %s",
            lock_mode_name(hold->mode), amount_ms(&judging->rehearsal->arena, ms),
            stops_reads ? "nobody can read" : "nobody can write");
}

static void
judge_leftover(const struct judging *judging, const struct leftover *left)
{
    static const struct {
        enum code code;
        bool is_breach;
        const char *text;
    } kinds[LEFT_KINDS] = {
        [LEFT_INVALID_INDEX] = { CODE_INVALID_INDEX, true, "the index is there, but not valid" },
        [LEFT_NOT_VALIDATED] = { CODE_NOT_VALIDATED, false,
                                 "it holds for new rows only, until VALIDATE CONSTRAINT" },
        [LEFT_KEY_WITHOUT_INDEX] = { CODE_KEY_WITHOUT_INDEX, true,
                                     "no index has its columns: each change of the parent reads "
                                     "all of the child" },
    };
    const char *relation = left->kind == LEFT_INVALID_INDEX ? left->name : left->table;
    put(judging, kinds[left->kind].code, kinds[left->kind].is_breach, -1, relation, "%s: %s",
        left->name, kinds[left->kind].text);
}

static void
judge_loss(const struct judging *judging, const struct loss *loss)
{
    bool is_breach = !judging->policy->rules->may_lose;
    if (loss->column == NULL)
        put(judging, CODE_LOST_ROWS, is_breach, -1, loss->table, "%lld rows are %lld now",
            (long long)loss->before, (long long)loss->after);
    else
        put(judging, CODE_LOST_VALUES, is_breach, -1, loss->table,
            "column %s: %lld values are %lld now%s", loss->column, (long long)loss->before,
            (long long)loss->after,
            loss->is_new_column ? "; the column of that name is another one" : "");
}

/* What no statement stopped at: SQLite may be told not to look. */
static void
judge_violation(const struct judging *judging, const struct violation *violation)
{
    if (violation->step < 0)
        put(judging, CODE_BROKEN, true, -1, violation->table[0] != '\0' ? violation->table : NULL,
            "%lld %s", (long long)violation->rows, violation->what);
}

static void
judge_felt(const struct judging *judging, const struct felt *felt)
{
    if (felt->is_probed && felt->ms > rehearse_limits(judging->policy->rules, felt->table).wait_ms)
        put(judging, CODE_WAITED, true, felt->step, felt->table, "a %s waited for %s",
            felt->is_write ? "writer" : "reader", amount_ms(&judging->rehearsal->arena, felt->ms));
}

static void
judge_reruns(const struct judging *judging)
{
    const struct rehearsal *rehearsal = judging->rehearsal;
    const struct step *again = record_failed(&rehearsal->twice.record);
    const struct step *back = record_failed(&rehearsal->down.record);
    if (rehearsal_rerun_failed(&rehearsal->twice))
        put(judging, CODE_NOT_AGAIN, false, -1, NULL, "run once more, it fails: %s",
            again != NULL ? rehearsal_state(again->sqlstate) : "the command says so");
    if (rehearsal_rerun_failed(&rehearsal->down))
        put(judging, CODE_NOT_BACK, true, -1, NULL, "the way back fails: %s",
            back != NULL ? rehearsal_state(back->sqlstate) : "the command says so");
    const struct step *there = record_failed(&rehearsal->there.record);
    if (rehearsal_rerun_failed(&rehearsal->there))
        put(judging, CODE_NOT_THERE, true, -1, NULL,
            "on as many rows as production has, it fails: %s",
            there != NULL ? rehearsal_state(there->sqlstate) : "the command says so");
    for (int i = 0; i < rehearsal->ndown; i++) {
        const struct change *change = &rehearsal->down_changes[i];
        put(judging, CODE_NOT_BACK, true, -1, change->name, "%s %s after the way back",
            change->type,
            change->before == NULL  ? "is there"
            : change->after == NULL ? "is not there"
                                    : "is another one");
    }
}

/* What was read without a row that breaks it may still break on rows that a sample does not have:
 * the rule of three. */
static void
judge_sample(const struct judging *judging, const struct effect *effect)
{
    const struct step *step = &judging->rehearsal->record.steps[effect->step];
    bool adds = strncmp(step->tag, "ALTER", 5) == 0 || makes_index(step);
    if (effect->kind != EFFECT_SCAN || !adds || !was_there(judging, effect->name))
        return;
    double scale = rehearsal_scale(judging->rehearsal, effect->name);
    if (scale > 1)
        put(judging, CODE_SAMPLE_HOLDS, false, effect->step, effect->name,
            "no row of the sample breaks it; with 95 %% confidence fewer than %.0f of production's "
            "do",
            3 * scale);
}

static int
by_weight(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    return x->step != y->step ? (x->step > y->step) - (x->step < y->step)
                              : strcmp(x->code, y->code);
}

void
policy_judge(const struct policy *policy, struct rehearsal *rehearsal)
{
    assert(policy != NULL && rehearsal != NULL);
    const struct judging judging = { policy, rehearsal };
    for (int i = 0; i < rehearsal->record.nsteps; i++)
        judge_failure(&judging, i, &rehearsal->record.steps[i]);
    for (int i = 0; i < rehearsal->beyond.nsteps; i++)
        judge_failure(&judging, rehearsal->record.nsteps + i, &rehearsal->beyond.steps[i]);
    for (int i = 0; i < rehearsal->record.neffects; i++) {
        judge_effect(&judging, &rehearsal->record.effects[i]);
        judge_sample(&judging, &rehearsal->record.effects[i]);
    }
    judge_reruns(&judging);
    for (int i = 0; i < rehearsal->nworse; i++)
        put(&judging, CODE_PLAN, true, -1, NULL, "%s", rehearsal->worse[i]);
    for (int i = 0; i < rehearsal->record.nholds; i++)
        judge_hold(&judging, &rehearsal->record.holds[i]);
    for (int i = 0; i < rehearsal->nleftovers; i++)
        judge_leftover(&judging, &rehearsal->leftovers[i]);
    for (int i = 0; i < rehearsal->nlosses; i++)
        judge_loss(&judging, &rehearsal->losses[i]);
    for (int i = 0; i < rehearsal->nviolations; i++)
        judge_violation(&judging, &rehearsal->violations[i]);
    for (int i = 0; i < rehearsal->nfelt; i++)
        judge_felt(&judging, &rehearsal->felt[i]);
    if (rehearsal->nfindings > 0)
        qsort(rehearsal->findings, (size_t)rehearsal->nfindings, sizeof *rehearsal->findings,
              by_weight);
}
