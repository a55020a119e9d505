/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/rehearsal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Appendix A of PostgreSQL's manual; the longest prefix wins. */
static const struct {
    const char *state, *text;
} states[] = {
    { "", "the server reported an error" },
    { "0A000", "something depends on it, or it is not supported" },
    { "22", "a value cannot be converted" },
    { "22001", "a text is too long for its new type" },
    { "22003", "a number is out of range" },
    { "22007", "a text is no date or time" },
    { "22008", "a date or time is out of range" },
    { "22P02", "a text is no value of its new type" },
    { "23502", "a column without a value must have one" },
    { "23503", "a row has no parent" },
    { "23505", "two rows have the same key" },
    { "23514", "a row breaks the check" },
    { "23P01", "two rows exclude each other" },
    { "25001", "it cannot run inside a transaction block" },
    { "2BP01", "something depends on it" },
    { "40001", "a concurrent update made it fail" },
    { "40P01", "deadlock" },
    { "42501", "the role lacks a privilege" },
    { "42601", "the syntax is wrong" },
    { "42701", "the column is already there" },
    { "42703", "the column is not there" },
    { "42704", "the object is not there" },
    { "42710", "the object is already there" },
    { "42P01", "the relation is not there" },
    { "42P07", "the relation is already there" },
    { "55P03", "lock_timeout: the lock was not to be had in time" },
    { "57014", "it was cancelled, or statement_timeout ended it" },
    { "57P", "the server ended the connection" },
    { "P0001", "a function raised an error" },
    { "53100", "the server's disk is full" },
};

const char *
rehearsal_state(const char *sqlstate)
{
    assert(sqlstate != NULL);
    const char *best = states[0].text;
    size_t longest = 0;
    for (size_t i = 1; i < sizeof states / sizeof *states; i++) {
        size_t len = strlen(states[i].state);
        if (len > longest && strncmp(states[i].state, sqlstate, len) == 0) {
            best = states[i].text;
            longest = len;
        }
    }
    return best;
}

const struct step *
rehearsal_step(const struct rehearsal *rehearsal, int number)
{
    const struct record *record = &rehearsal->record;
    assert(number >= 0 && number < record->nsteps + rehearsal->beyond.nsteps);
    return number < record->nsteps ? &record->steps[number]
                                   : &rehearsal->beyond.steps[number - record->nsteps];
}

bool
rehearsal_has_failed(const struct rehearsal *rehearsal)
{
    assert(rehearsal != NULL);
    return rehearsal->is_command ? rehearsal->status != 0
                                 : record_failed(&rehearsal->record) != NULL;
}

bool
rehearsal_rerun_failed(const struct rerun *rerun)
{
    assert(rerun != NULL);
    return rerun->was_run &&
           (rerun->is_command ? rerun->status != 0 : record_failed(&rerun->record) != NULL);
}

const char *
rehearsal_verdict(const struct rehearsal *rehearsal)
{
    assert(rehearsal != NULL);
    if (rehearsal_has_failed(rehearsal))
        return "failed";
    for (int i = 0; i < rehearsal->nfindings; i++) {
        const struct finding *finding = &rehearsal->findings[i];
        if (finding->severity == SEVERITY_BREACH && finding->allowed == NULL && !finding->is_known)
            return "breached";
    }
    if (rehearsal->is_file)
        return "holds";
    return rehearsal->record.nsteps == 0 || rehearsal->record.lost > 0 ? "not observed" : "holds";
}

int64_t
rehearsal_bytes(const struct rehearsal *rehearsal, const char *relation)
{
    assert(rehearsal != NULL && relation != NULL);
    const struct relation *known = relations_named(rehearsal->before, relation);
    return known != NULL && known->bytes > 0 ? known->bytes : 0;
}

const struct hold *
rehearsal_strongest(const struct rehearsal *rehearsal, int step)
{
    assert(rehearsal != NULL);
    const struct hold *best = NULL;
    for (int i = 0; i < rehearsal->record.nholds; i++) {
        const struct hold *hold = &rehearsal->record.holds[i];
        bool is_table = hold->kind != 'i' && hold->kind != 'I' && hold->kind != 'S';
        bool is_stronger = best == NULL || hold->mode > best->mode ||
                           (hold->mode == best->mode && strcmp(hold->name, best->name) < 0);
        if (hold->step == step && is_table && is_stronger &&
            relations_find(rehearsal->before, hold->oid) != NULL)
            best = hold;
    }
    return best;
}

double
rehearsal_scale(const struct rehearsal *rehearsal, const char *relation)
{
    assert(rehearsal != NULL && relation != NULL);
    const struct relation *known = relations_named(rehearsal->before, relation);
    const char *table = known != NULL && known->table != NULL ? known->table : relation;
    known = relations_named(rehearsal->before, table);
    table = known != NULL && known->root != NULL ? known->root : table;
    for (int i = 0; i < rehearsal->nproportions; i++) {
        const struct proportion *p = &rehearsal->proportions[i];
        if (strcmp(p->table, table) == 0 && p->copy > 0 && p->production > p->copy)
            return (double)p->production / (double)p->copy;
    }
    return 1;
}

double
rehearsal_production_bytes(const struct rehearsal *rehearsal, const char *relation)
{
    assert(rehearsal != NULL && relation != NULL);
    for (int i = 0; i < rehearsal->nsizes; i++)
        if (strcmp(rehearsal->sizes[i].name, relation) == 0)
            return (double)rehearsal->sizes[i].bytes;
    return (double)rehearsal_bytes(rehearsal, relation) * rehearsal_scale(rehearsal, relation);
}

bool
rehearsal_forecast(const struct rehearsal *rehearsal, int step, struct forecast *out)
{
    assert(rehearsal != NULL && out != NULL && step >= 0 && step < rehearsal->record.nsteps);
    const struct step *at = &rehearsal->record.steps[step];
    const double fixed_ms = 10, grows = .5, most = 4;
    double scale = 1;
    *out = (struct forecast){ .wal_bytes = -1 };
    for (int i = 0; i < rehearsal->record.neffects; i++) {
        const struct effect *effect = &rehearsal->record.effects[i];
        if (effect->step != step)
            continue;
        double own = rehearsal_scale(rehearsal, effect->name);
        scale = own > scale ? own : scale;
        out->rows += effect->kind >= EFFECT_SCAN ? (double)effect->rows * own : 0;
        if (effect->kind == EFFECT_REWRITE || effect->kind == EFFECT_REBUILD)
            out->bytes += rehearsal_production_bytes(rehearsal, effect->name);
    }
    if (at->wal_bytes >= 0)
        out->wal_bytes = (double)at->wal_bytes * scale;
    double above = at->took_ms > fixed_ms ? at->took_ms - fixed_ms : 0;
    out->from_ms = at->took_ms + grows * above * (scale - 1);
    out->to_ms = most * at->took_ms * scale;
    return scale > 1;
}

static void
feel(struct rehearsal *rehearsal, const struct hold *hold, bool is_write)
{
    struct felt *felt = NULL;
    for (int i = 0; i < rehearsal->nfelt && felt == NULL; i++)
        if (strcmp(rehearsal->felt[i].table, hold->name) == 0 &&
            rehearsal->felt[i].is_write == is_write)
            felt = &rehearsal->felt[i];
    if (felt == NULL) {
        rehearsal->felt =
            mem_grow(rehearsal->felt, (size_t)rehearsal->nfelt, sizeof *rehearsal->felt);
        felt = &rehearsal->felt[rehearsal->nfelt++];
        *felt = (struct felt){ .table = hold->name, .is_write = is_write, .ms = -1 };
    }
    double ms = hold->to_ms - hold->from_ms;
    if (!felt->is_probed && ms > felt->ms) {
        felt->ms = ms;
        felt->step = hold->step;
    }
}

void
rehearsal_feel(struct rehearsal *rehearsal)
{
    assert(rehearsal != NULL && rehearsal->before != NULL);
    for (int i = 0; i < rehearsal->record.nholds; i++) {
        const struct hold *hold = &rehearsal->record.holds[i];
        bool is_table = strchr("rpmf", hold->kind) != NULL;
        if (!is_table || relations_find(rehearsal->before, hold->oid) == NULL)
            continue;
        if (lock_conflicts(hold->mode, LOCK_ACCESS_SHARE))
            feel(rehearsal, hold, false);
        if (lock_conflicts(hold->mode, LOCK_ROW_EXCLUSIVE))
            feel(rehearsal, hold, true);
    }
}

void
rehearsal_deinit(struct rehearsal *rehearsal)
{
    assert(rehearsal != NULL);
    free(rehearsal->changes);
    free(rehearsal->losses);
    free(rehearsal->leftovers);
    free(rehearsal->felt);
    free(rehearsal->violations);
    free(rehearsal->kept_columns);
    free(rehearsal->findings);
    free(rehearsal->proportions);
    free(rehearsal->worse);
    free(rehearsal->down_changes);
    record_deinit(&rehearsal->record);
    record_deinit(&rehearsal->twice.record);
    record_deinit(&rehearsal->down.record);
    record_deinit(&rehearsal->there.record);
    record_deinit(&rehearsal->beyond);
    arena_deinit(&rehearsal->arena);
}
