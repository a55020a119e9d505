/* SPDX-License-Identifier: PostgreSQL */
#include "job/pulse.h"

#include <assert.h>
#include <math.h>

#include "base/clock.h"

#define SURE_SHARE 0.4 /* of a stage's rows: then its pace says all */

enum { BEAT_MS = 500, NAP_MS = 50, SOONEST_MS = 1000 /* below, a rate says nothing */ };

static const char *const names[] = {
    [PULSE_NONE] = "",
    [PULSE_CHOOSING] = "choosing rows",
    [PULSE_COPYING] = "copying rows",
    [PULSE_FINISHING] = "building indexes",
    [PULSE_CHECKING] = "checking the copy",
};

/* Seconds until the run ends, by the pace of its stage; below 0: not known. */
static double
left_s(const struct pulse *pulse, int64_t now)
{
    double rows = (double)atomic_load(&pulse->rows), total = (double)atomic_load(&pulse->total);
    double spent = (double)(now - atomic_load(&pulse->begun_ms));
    double prior = (double)atomic_load(&pulse->prior_ms);
    double expected = prior > spent ? (prior - spent) / 1000 : 0;
    if (prior > 0 && (rows <= 0 || total <= 0))
        return expected;
    if (rows <= 0 || total <= 0 || spent < SOONEST_MS)
        return -1;
    double rest = total > rows ? total - rows : 0;
    double pace = (rest + (double)atomic_load(&pulse->later)) / rows * spent / 1000;
    double weight = prior > 0 ? fmin(1, rows / total / SURE_SHARE) : 1;
    return weight * pace + (1 - weight) * expected;
}

static void *
beat(void *arg)
{
    struct pulse *pulse = arg;
    int64_t next = clock_ms() + BEAT_MS;
    while (ticker_rest(&pulse->ticker, NAP_MS)) {
        int64_t now = clock_ms();
        int stage = atomic_load(&pulse->stage);
        if (now < next || stage == PULSE_NONE)
            continue;
        next = now + BEAT_MS;
        job_emit(pulse->job, DECANT_PHASE_STAGE,
                 (struct decant_event){ .object = names[stage],
                                        .rows = atomic_load(&pulse->rows),
                                        .rows_expected = atomic_load(&pulse->total),
                                        .left_s = left_s(pulse, now) });
    }
    return NULL;
}

void
pulse_begin(struct pulse *pulse, struct decant_job *job)
{
    assert(pulse != NULL && job != NULL);
    pulse->job = job;
    if (job->on_event != NULL)
        ticker_begin(&pulse->ticker, beat, pulse);
}

void
pulse_end(struct pulse *pulse)
{
    ticker_end(&pulse->ticker);
}

void
pulse_enter(struct pulse *pulse, enum pulse_stage stage, int64_t total, int64_t later)
{
    assert(stage > PULSE_NONE && total >= 0 && later >= 0);
    atomic_store(&pulse->rows, 0);
    atomic_store(&pulse->total, total);
    atomic_store(&pulse->later, later);
    atomic_store(&pulse->prior_ms, 0);
    atomic_store(&pulse->begun_ms, clock_ms());
    atomic_store(&pulse->stage, stage);
}

void
pulse_enter_checks(struct pulse *pulse, int64_t total, double times, int64_t copied_ms)
{
    assert(times >= 0 && copied_ms >= 0);
    pulse_enter(pulse, PULSE_CHECKING, total, 0);
    atomic_store(&pulse->prior_ms, (int64_t)(times * (double)copied_ms));
}

int64_t
pulse_spent_ms(const struct pulse *pulse)
{
    return clock_ms() - atomic_load(&pulse->begun_ms);
}
