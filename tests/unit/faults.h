/* SPDX-License-Identifier: PostgreSQL */
/* A server that goes wrong at one request after the other: nothing may come of such a run. */
#ifndef FAULTS_H
#define FAULTS_H

#include "jobs.h"

/* What a job leaves where it must leave nothing: names and bytes of all files. */
static inline void
take_stock(struct buf *out)
{
    struct buf names = { 0 }, bytes = { 0 };
    char path[600];
    list_folder(&names);
    buf_reset(out);
    for (char *rest = names.data, *name; (name = strtok_r(rest, " ", &rest)) != NULL;) {
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        read_file(path, &bytes);
        stat(path, &st);
        buf_printf(out, "%s %o ", name, st.st_mode);
        buf_add(out, bytes.data, bytes.len);
    }
    buf_deinit(&names);
    buf_deinit(&bytes);
}

struct loop {
    const char *script, *rules;
    enum server_fault fault;
    int first, step; /* of the requests that go wrong */
    void (*prepare)(void);
    bool (*work)(void);
    struct buf good; /* the copy when nothing goes wrong; empty: it has none */
};

/* A failure says so, and changes nothing; a run that could do without the answer makes the copy
 * that it makes with it. */
static inline bool
fails_at(const struct loop *loop, int at)
{
    struct buf before = { 0 }, after = { 0 };
    begin_faulty(loop->script, loop->rules, loop->fault, at);
    loop->prepare();
    take_stock(&before);
    bool ok = loop->work();
    take_stock(&after);
    if (!ok) {
        if (told.err.code != DECANT_UNAVAILABLE)
            fail_msg("request %d: code %d: %s", at, told.err.code, told.err.message);
        if (told.err.message[0] == '\0')
            fail_msg("request %d: it does not say what failed", at);
        if (strstr(told.err.message, "terminating connection") != NULL)
            fail_msg("request %d: a text of the server is shown", at);
        if (after.len != before.len || memcmp(after.data, before.data, before.len) != 0)
            fail_msg("request %d: something was left behind, or changed", at);
        if (times_heard(DECANT_PHASE_DONE) + times_heard(DECANT_PHASE_SWAPPED) > 0)
            fail_msg("request %d: it is told that all is done", at);
    } else if (loop->good.len > 0) {
        read_file(told.target, &after);
        if (after.len != loop->good.len || memcmp(after.data, loop->good.data, after.len) != 0)
            fail_msg("request %d: another copy came of it", at);
    }
    buf_deinit(&before);
    buf_deinit(&after);
    end();
    return !ok;
}

/* The share of requests whose failure ends the job. */
static inline double
fail_everywhere(struct loop *loop, bool has_copy)
{
    begin(loop->script, loop->rules);
    loop->prepare();
    MUST(loop->work());
    if (has_copy)
        read_file(told.target, &loop->good);
    end();
    int n = told.nrequests, failed = 0, tried = 0;
    for (int at = loop->first; at <= n && !server_is_real(); at += loop->step, tried++)
        failed += fails_at(loop, at);
    buf_deinit(&loop->good);
    return server_is_real() ? 1 : (double)failed / tried;
}

/* A copy that is to be replaced, of few tables, by one connection. */
static inline void
prepare_old_copy(void)
{
    write_file(told.target, "the copy of yesterday");
    chmod(told.target, 0640);
    told.options.overwrite = true;
    told.options.jobs = 0;
    select_table("public.people");
    select_table("public.parcels");
    select_table("public.addresses");
    select_table("public.cities");
}

static inline bool
pull_by_two_connections(void)
{
    told.options.jobs = 1;
    return pull();
}

#endif
