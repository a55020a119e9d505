/* SPDX-License-Identifier: PostgreSQL */
/* A target's server that says what a test tells it, beside a source's catalog made by hand. */
#ifndef TALK_H
#define TALK_H

#include "load.h"
#include "raw.h"

struct subject {
    struct raw raw;
    struct source source;
    struct pg_conn *conn;
    struct decant_error err;
};

static inline void
subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    source_init(&s->source);
    raw_init(&s->raw);
}

static inline void
subject_start(struct subject *s)
{
    raw_start(&s->raw);
    s->conn = raw_connect(&s->raw, &raw_go_on);
}

static inline const char *
subject_stop(struct subject *s)
{
    pg_close(s->conn);
    raw_stop(&s->raw);
    return buf_str(&s->raw.requests);
}

static inline void
subject_deinit(struct subject *s)
{
    raw_deinit(&s->raw);
    source_deinit(&s->source);
}

#endif
