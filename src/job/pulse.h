/* SPDX-License-Identifier: PostgreSQL */
/* What is being done, of how much, and how long the whole run will take: told twice a second, so
 * that whoever watches sees that something happens. */
#ifndef JOB_PULSE_H
#define JOB_PULSE_H

#include <stdatomic.h>

#include "base/ticker.h"
#include "job/internal.h"

/* The stages of a pull, in their order. */
enum pulse_stage { PULSE_NONE, PULSE_CHOOSING, PULSE_COPYING, PULSE_FINISHING, PULSE_CHECKING };

struct pulse {
    struct decant_job *job;
    struct ticker ticker;
    atomic_int stage;
    atomic_llong begun_ms; /* of the stage */
    atomic_llong rows;     /* that the stage is through with */
    atomic_llong total;    /* rows of the stage; 0: not known */
    atomic_llong later;    /* rows that the stages behind it will go through, in rows of this one */
    atomic_llong prior_ms; /* what the stage was expected to take; 0: not known */
};

/* `job` must outlive the pulse. Nothing is told before the first stage. */
void pulse_begin(struct pulse *pulse, struct decant_job *job);
void pulse_end(struct pulse *pulse);

/* `later`: what is still to be done behind this stage, in rows of it. */
void pulse_enter(struct pulse *pulse, enum pulse_stage stage, int64_t total, int64_t later);

/* The last stage, which is expected to take `times` as long as the one that copies has taken until
 * now: its first rows come late, and say little. */
void pulse_enter_checks(struct pulse *pulse, int64_t total, double times, int64_t copied_ms);

/* Milliseconds since the stage began. */
int64_t pulse_spent_ms(const struct pulse *pulse);

#endif
