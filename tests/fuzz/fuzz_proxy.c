/* SPDX-License-Identifier: PostgreSQL */
/* Any bytes from the program (the first bit of the first byte is 0) or from the server: a session
 * takes them, in any state, and what it makes of messages stays inside them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proxy/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
ended(void *ctx, int session, const struct proxy_end *end)
{
    (void)ctx;
    (void)session;
    return strlen(end->tag) + strlen(end->sqlstate) + strlen(end->constraint) > 3;
}

static void
looked(void *ctx, int session, const struct proxy_rows *rows)
{
    size_t all = 0;
    (void)ctx;
    (void)session;
    for (int i = 0; rows != NULL && i < rows->n * rows->ncolumns; i++)
        all += strlen(rows->cells[i]);
    assert(rows == NULL || all < 1 << 20);
}

static struct proxy *
the_proxy(void)
{
    static const struct proxy_upstream nowhere = { "/nonexistent", "1", "d", "u" };
    static const struct proxy_observer observer = {
        .look = "look", .columns = 2, .ended = ended, .looked = looked
    };
    static struct proxy *proxy;
    struct decant_error err = { 0 };
    if (proxy == NULL && !proxy_new(&nowhere, &observer, &proxy, &err))
        abort();
    return proxy;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct session *session = mem_alloc(sizeof *session);
    session->proxy = the_proxy();
    session->program.fd = session->server.fd = -1;
    session->is_open = (data[0] & 2) == 0;
    session->status = (data[0] & 4) == 0 ? 'I' : 'T';
    /* pieces: a byte says whose they are, another how long they are */
    for (size_t at = 1; at + 2 <= size;) {
        struct end *from = (data[at] & 1) == 0 ? &session->program : &session->server;
        size_t len = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;
        buf_add(&from->in.bytes, data + at + 2, len);
        at += 2 + len;
        session->server.fd = 1000000; /* no such file: nothing is sent */
        if (!session_work(session))
            break;
    }
    session->server.fd = -1;
    session_free(session);

    struct statements all = { (const char *)data, (const char *)data + size, 1 };
    struct statement one;
    struct buf text = { 0 };
    while (statement_next(&all, &one) && !one.has_command) {
        assert(one.text >= (const char *)data && one.text + one.len <= (const char *)data + size);
        statement_put(&one, true, &text);
        statement_has(&one, "CONCURRENTLY");
    }
    buf_deinit(&text);
    return 0;
}
