/* SPDX-License-Identifier: PostgreSQL */
/* A look is a statement of ours in the program's session. It uses names of its own, so that the
 * program's unnamed statement and portal stay what they are. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proxy/internal.h"

static const char own_name[] = "decant_look";

void
look_begin(struct session *session, bool in_block)
{
    assert(session->wait != WAIT_LOOK);
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    struct buf *out = &session->server.out.bytes;
    message_put_parse(out, own_name, observer->look, strlen(observer->look));
    message_put_bind(out, own_name, own_name);
    message_put_execute(out, own_name);
    message_put_named(out, 'C', 'P', own_name);
    message_put_named(out, 'C', 'S', own_name);
    message_put(out, in_block ? 'S' : 'H', NULL, 0); /* Sync would end the transaction */
    session->wait = WAIT_LOOK;
    session->closes = in_block ? -1 : 2; /* in a block ReadyForQuery is the end */
    session->nrows = 0;
    session->is_failed = false;
    buf_reset(&session->cells);
}

static void
report(struct session *session)
{
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    int n = session->nrows * observer->columns;
    const char **cells = mem_alloc(((size_t)n + 1) * sizeof *cells);
    const char *p = buf_str(&session->cells);
    for (int i = 0; i < n; i++) {
        cells[i] = p;
        p += strlen(p) + 1;
    }
    const struct proxy_rows rows = { session->nrows, observer->columns, cells };
    if (observer->looked != NULL)
        observer->looked(observer->ctx, session->number, session->is_failed ? NULL : &rows);
    free(cells);
}

bool
look_take(struct session *session, const struct message *message)
{
    assert(session->wait == WAIT_LOOK);
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    if (message->type == 'D' && !session->is_failed) {
        int n = message_row(message, &session->cells, observer->columns);
        session->is_failed = n != observer->columns;
        session->nrows += n == observer->columns;
    }
    if (message->type == 'E') /* outside a block nothing comes behind it before Sync */
        session->is_failed = session->is_blind = true;
    bool is_over = session->closes < 0
                       ? message->type == 'Z'
                       : message->type == 'E' || (message->type == '3' && --session->closes == 0);
    if (is_over)
        report(session);
    return is_over;
}
