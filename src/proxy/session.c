/* SPDX-License-Identifier: PostgreSQL */
/* One connection of the program: what it sends is taken one step at a time, and what the server
 * says is passed on, but for what only we asked for. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "proxy/internal.h"

enum { MOST_WAITING = 4 << 20, MOST_UNREAD = 1 << 20 };

/* ---- names of prepared statements and portals */

static size_t
names_put(struct names *names, const char *name, const char *text)
{
    size_t i = 0;
    while (i < names->n && strcmp(names->items[i].name, name) != 0)
        i++;
    if (i == names->n) {
        names->items = mem_grow(names->items, names->n, sizeof *names->items);
        names->items[names->n++] = (struct named){ mem_strdup(name), NULL };
    }
    char *old = names->items[i].text;
    names->items[i].text = mem_strdup(text);
    free(old);
    return i;
}

static const char *
names_get(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i].name, name) == 0)
            return names->items[i].text;
    return "";
}

static void
names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->items[i].name);
        free(names->items[i].text);
    }
    free(names->items);
    *names = (struct names){ 0 };
}

/* ---- sending */

static void
to_program(struct session *session, const char *data, size_t len)
{
    bool waits = session->unit == UNIT_SEVERAL;
    buf_add(waits ? &session->held : &session->program.out.bytes, data, len);
}

static void
pass_to_program(struct session *session, const struct message *message)
{
    to_program(session, message->body - (message->whole - message->len), message->whole);
}

static void
pass_to_server(struct session *session, const struct message *message)
{
    const char *data = message->body - (message->whole - message->len);
    buf_add(&session->server.out.bytes, data, message->whole);
}

void
session_release(struct session *session)
{
    buf_add(&session->program.out.bytes, session->held.data, session->held.len);
    buf_reset(&session->held);
}

/* ---- telling the observer */

static void
tell_begun(struct session *session, const char *text, size_t len, bool is_whole)
{
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    const struct proxy_statement statement = { session->number, session->pid, text, len, is_whole };
    session->is_failed = session->wants_look = false;
    session->is_running = true;
    session->has_parsed = false;
    if (observer->begun != NULL)
        observer->begun(observer->ctx, &statement);
}

static void
tell_ended(struct session *session, const struct message *message)
{
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    bool failed = message->type == 'E';
    struct proxy_end end = { .tag = "", .is_in_block = session->status == 'T' };
    size_t at = 0;
    static const struct {
        char field;
        size_t offset;
    } fields[] = {
        { 'C', offsetof(struct proxy_end, sqlstate) },
        { 's', offsetof(struct proxy_end, schema) },
        { 't', offsetof(struct proxy_end, table) },
        { 'c', offsetof(struct proxy_end, column) },
        { 'd', offsetof(struct proxy_end, datatype) },
        { 'n', offsetof(struct proxy_end, constraint) },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *value = failed ? message_field(message, fields[i].field) : NULL;
        *(const char **)((char *)&end + fields[i].offset) = value != NULL ? value : "";
    }
    const char *tag = message->type == 'C' ? message_string(message, &at) : NULL;
    end.tag = tag != NULL ? tag : "";
    session->is_failed |= failed;
    session->is_running = false;
    if (session->is_replay)
        return;
    bool asks = observer->ended != NULL && observer->ended(observer->ctx, session->number, &end);
    session->wants_look = asks && !failed && !session->is_blind;
}

static void
tell_settled(struct session *session)
{
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    if (observer->settled != NULL)
        observer->settled(observer->ctx, session->number, session->status != 'I');
}

static void
tell_lost(struct session *session)
{
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    session->is_replay = false;
    if (observer->looked != NULL)
        observer->looked(observer->ctx, session->number, NULL);
}

/* ---- a simple query */

static void
send_query(struct session *session, const char *text, size_t len)
{
    struct buf query = { 0 };
    buf_add(&query, text, len);
    message_put(&session->server.out.bytes, 'Q', buf_str(&query), len + 1);
    buf_deinit(&query);
    session->wait = WAIT_READY;
}

static void
send_piece(struct session *session)
{
    bool is_own = session->piece < 0 || session->piece == session->npieces;
    const char *own = session->piece < 0 ? "BEGIN" : "COMMIT";
    const struct statement *piece = is_own ? NULL : &session->pieces[session->piece];
    session->is_failed = session->wants_look = false;
    if (!is_own)
        tell_begun(session, piece->text, piece->len, false);
    send_query(session, is_own ? own : piece->text, is_own ? strlen(own) : piece->len);
}

static void
send_whole(struct session *session)
{
    session->unit = UNIT_WHOLE;
    send_query(session, session->text, strlen(session->text));
}

static void
send_alone(struct session *session)
{
    struct buf *out = &session->server.out.bytes;
    message_put_parse(out, "", session->text, strlen(session->text));
    message_put_bind(out, "", "");
    message_put_named(out, 'D', 'P', "");
    message_put_execute(out, "");
    message_put(out, 'H', NULL, 0);
    session->wait = WAIT_STEP;
}

static bool
take_query(struct session *session, const struct message *message)
{
    size_t at = 0;
    const char *text = message_string(message, &at);
    if (text == NULL)
        return false;
    cut_query(session, text);
    session->is_replay = false;
    switch (session->unit) {
    case UNIT_SEVERAL:
        session->piece = session->is_wrapped ? -1 : 0;
        send_piece(session);
        break;
    case UNIT_ALONE:
        tell_begun(session, session->pieces[0].text, session->pieces[0].len, false);
        send_alone(session);
        break;
    default: {
        bool is_one = session->npieces == 1;
        const char *told = is_one ? session->pieces[0].text : session->text;
        tell_begun(session, told, is_one ? session->pieces[0].len : strlen(told),
                   session->npieces > 1);
        send_whole(session);
    }
    }
    return true;
}

/* ---- the extended protocol */

static bool
take_plain(struct session *session, const struct message *message)
{
    pass_to_server(session, message);
    return true;
}

static bool
take_parse(struct session *session, const struct message *message)
{
    size_t at = 0;
    const char *name = message_string(message, &at);
    const char *text = name != NULL ? message_string(message, &at) : NULL;
    if (text == NULL)
        return false;
    session->parsed = names_put(&session->statements, name, text);
    session->has_parsed = true;
    pass_to_server(session, message);
    return true;
}

static bool
take_bind(struct session *session, const struct message *message)
{
    size_t at = 0;
    const char *portal = message_string(message, &at);
    const char *name = portal != NULL ? message_string(message, &at) : NULL;
    if (name == NULL)
        return false;
    names_put(&session->portals, portal, names_get(&session->statements, name));
    pass_to_server(session, message);
    return true;
}

static bool
take_execute(struct session *session, const struct message *message)
{
    size_t at = 0;
    const char *portal = message_string(message, &at);
    if (portal == NULL)
        return false;
    const char *text = names_get(&session->portals, portal);
    if (session->is_skipping)
        return take_plain(session, message);
    session->unit = UNIT_PARTS;
    session->is_replay = false;
    tell_begun(session, text, strlen(text), false);
    pass_to_server(session, message);
    message_put(&session->server.out.bytes, 'H', NULL, 0);
    session->wait = WAIT_STEP;
    return true;
}

static bool
take_sync(struct session *session, const struct message *message)
{
    pass_to_server(session, message);
    session->wait = WAIT_READY;
    return true;
}

static bool
take_call(struct session *session, const struct message *message)
{
    session->unit = UNIT_WHOLE;
    pass_to_server(session, message);
    session->wait = WAIT_READY;
    return true;
}

/* The rows are there: what becomes of them is the end of the statement. A program that speaks the
 * simple protocol sends no Sync, and waits for what the server has to say. */
static bool
take_copied(struct session *session, const struct message *message)
{
    pass_to_server(session, message);
    if (session->wait != WAIT_COPY)
        return true; /* of a COPY that failed: the server ignores it, too */
    if (session->unit == UNIT_WHOLE) {
        session->wait = WAIT_READY;
        return true;
    }
    message_put(&session->server.out.bytes, 'H', NULL, 0);
    session->wait = WAIT_STEP;
    return true;
}

static const struct {
    char type;
    bool (*take)(struct session *session, const struct message *message);
} program_messages[] = {
    { 'Q', take_query }, { 'P', take_parse }, { 'B', take_bind },   { 'E', take_execute },
    { 'S', take_sync },  { 'F', take_call },  { 'c', take_copied }, { 'f', take_copied },
    { 'd', take_plain }, { 'D', take_plain }, { 'C', take_plain },  { 'H', take_plain },
    { 'X', take_plain }, { 'p', take_plain },
};

static bool
take_from_program(struct session *session, const struct message *message)
{
    bool is_copying = session->wait == WAIT_COPY && message->type != 'c' && message->type != 'f';
    if (is_copying) /* Sync and Flush are ignored during COPY */
        return take_plain(session, message);
    for (size_t i = 0; i < sizeof program_messages / sizeof *program_messages; i++)
        if (program_messages[i].type == message->type)
            return program_messages[i].take(session, message);
    return take_plain(session, message); /* the server will say what it thinks of it */
}

/* ---- the opening */

static bool
refuse(struct session *session, const char *sqlstate, const char *text)
{
    message_put_error(&session->program.out.bytes, sqlstate, text);
    session->is_refused = session->program.is_over = true;
    return true;
}

static bool
open_session(struct session *session, const struct message *message)
{
    const struct proxy_upstream *upstream = proxy_upstream(session->proxy);
    struct decant_error err = { 0 };
    const char *user = message_parameter(message, "user");
    const char *database = message_parameter(message, "database");
    if (message_parameter(message, "replication") != NULL)
        return refuse(session, "0A000", "replication does not go through this proxy");
    if (user == NULL || strcmp(user, upstream->user) != 0 ||
        strcmp(database != NULL ? database : user, upstream->database) != 0)
        return refuse(session, "28000", "this proxy leads to one database, and one role of it");
    session->server.fd = upstream_connect(upstream, &err);
    if (session->server.fd < 0)
        return refuse(session, "08001", "the server cannot be reached");
    pass_to_server(session, message);
    session->is_open = true;
    session->wait = WAIT_PROGRAM; /* for the answers to what the server asks */
    return true;
}

static bool
open_request(struct session *session, const struct message *message)
{
    struct decant_error err = { 0 };
    session->is_request = true;
    session->server.fd = upstream_connect(proxy_upstream(session->proxy), &err);
    if (session->server.fd < 0)
        return false;
    pass_to_server(session, message);
    return true;
}

static bool
take_opening(struct session *session, const struct message *message)
{
    uint32_t code = message_code(message);
    if (code == OPENING_TLS || code == OPENING_GSS) {
        buf_putc(&session->program.out.bytes, 'N');
        return true;
    }
    if (code == OPENING_CANCEL)
        return open_request(session, message);
    return open_session(session, message);
}

/* ---- what the server says */

/* The transaction of a query that was run in our way is over, or goes on: so says ReadyForQuery. */
static bool
finish(struct session *session, const struct message *ready)
{
    cut_end(session); /* what comes now is not held */
    session_release(session);
    pass_to_program(session, ready);
    session->is_failed = false;
    session->wait = WAIT_PROGRAM;
    tell_settled(session);
    return true;
}

static bool
next_piece(struct session *session, const struct message *ready)
{
    int last = session->npieces - !session->is_wrapped;
    if (session->is_failed && session->is_final) {
        if (!session->is_wrapped)
            return finish(session, ready); /* its own block goes on, failed */
        session->is_final = false;         /* ROLLBACK, and then what is held */
        session->piece = session->npieces;
        session->is_failed = false;
        send_query(session, "ROLLBACK", strlen("ROLLBACK"));
    } else if (session->is_failed) { /* the program is to get the error of the whole string */
        buf_reset(&session->held);
        send_query(session, "ROLLBACK", strlen("ROLLBACK"));
        session->wait = WAIT_UNDONE;
    } else if (session->piece >= last) {
        return finish(session, ready);
    } else {
        session->piece++;
        send_piece(session);
    }
    return true;
}

static bool
on_ready(struct session *session, const struct message *message)
{
    if (message->len != 1)
        return false;
    session->status = message->body[0];
    session->is_skipping = false;
    if (session->wait == WAIT_UNDONE) { /* of what we undid */
        buf_reset(&session->held);
        session->is_replay = true;
        send_whole(session);
        return true;
    }
    if (session->is_replay && !session->is_failed && session->unit == UNIT_WHOLE)
        tell_lost(session); /* the second time it did not fail, and nobody looked */
    if (session->wants_look && session->status == 'T') {
        session->wants_look = false;
        look_begin(session, true);
        return true;
    }
    return session->unit == UNIT_SEVERAL ? next_piece(session, message) : finish(session, message);
}

/* Behind a step and its look. */
static void
step_on(struct session *session)
{
    if (session->unit == UNIT_ALONE) {
        message_put(&session->server.out.bytes, 'S', NULL, 0);
        session->wait = WAIT_READY;
    } else {
        session->wait = session->unit == UNIT_WHOLE ? WAIT_READY : WAIT_PROGRAM;
    }
}

static bool
on_complete(struct session *session, const struct message *message)
{
    bool is_own = session->unit == UNIT_SEVERAL && session->is_wrapped &&
                  (session->piece < 0 || session->piece == session->npieces);
    if (is_own || session->wait == WAIT_UNDONE)
        return true;
    tell_ended(session, message);
    if (session->unit == UNIT_ALONE) /* said once it is committed */
        buf_add(&session->held, message->body - (message->whole - message->len), message->whole);
    else
        pass_to_program(session, message);
    if (session->wait == WAIT_STEP && session->wants_look) {
        session->wants_look = false;
        look_begin(session, false);
    } else if (session->wait == WAIT_STEP) {
        step_on(session);
    }
    return true;
}

static bool
on_error(struct session *session, const struct message *message)
{
    const char *state = message_field(message, 'C');
    bool is_end =
        state != NULL && strncmp(state, "57P", 3) == 0; /* of the server, or the session */
    bool speaks_parts = session->unit == UNIT_NONE || session->unit == UNIT_PARTS;
    session->is_final =
        state != NULL && (strncmp(state, "57", 2) == 0 || strncmp(state, "40", 2) == 0 ||
                          strncmp(state, "55", 2) == 0);
    if (speaks_parts && !session->is_running && session->has_parsed && !is_end) {
        /* it could not be prepared: nothing was executed */
        const char *text = session->statements.items[session->parsed].text;
        session->is_replay = false;
        tell_begun(session, text, strlen(text), false);
    }
    bool is_idle = session->wait == WAIT_PROGRAM && !session->is_running;
    if (is_idle) { /* of no statement: the server, or the session, ends */
        pass_to_program(session, message);
        return true;
    }
    if (session->wait != WAIT_UNDONE)
        tell_ended(session, message);
    session->is_failed = true;
    session->is_skipping = session->unit == UNIT_PARTS || session->unit == UNIT_NONE;
    if (session->unit == UNIT_ALONE)
        buf_reset(&session->held);
    pass_to_program(session, message);
    if (session->wait == WAIT_STEP || session->wait == WAIT_COPY)
        step_on(session);
    return true;
}

/* The server wants the program's rows. */
static bool
on_copy_in(struct session *session, const struct message *message)
{
    pass_to_program(session, message);
    session->wait = WAIT_COPY;
    return true;
}

static bool
on_unasked(struct session *session, const struct message *message)
{
    if (session->unit != UNIT_ALONE) /* answers to our Parse and Bind */
        pass_to_program(session, message);
    return true;
}

static bool
on_key(struct session *session, const struct message *message)
{
    const unsigned char *b = (const unsigned char *)message->body;
    if (message->len >= 4)
        session->pid =
            (int)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
    pass_to_program(session, message);
    return true;
}

static const struct {
    char type;
    bool (*on)(struct session *session, const struct message *message);
} server_messages[] = {
    { 'Z', on_ready },   { 'C', on_complete }, { 'I', on_complete }, { 's', on_complete },
    { 'E', on_error },   { 'G', on_copy_in },  { '1', on_unasked },  { '2', on_unasked },
    { 'n', on_unasked }, { 'K', on_key },
};

static bool
take_from_server(struct session *session, const struct message *message)
{
    bool is_async = message->type == 'N' || message->type == 'S' || message->type == 'A';
    if (session->wait == WAIT_LOOK && !is_async) {
        if (!look_take(session, message)) {
            if (message->type == 'E') /* in a block, which is lost with it */
                pass_to_program(session, message);
            return true;
        }
        if (message->type == 'E' && session->unit == UNIT_ALONE) {
            /* the server undid the statement with the look: it is run again, without one */
            buf_reset(&session->held);
            message_put(&session->server.out.bytes, 'S', NULL, 0);
            session->wait = WAIT_UNDONE;
            return true;
        }
        if (message->type == 'E') { /* the program must learn that its transaction is lost */
            session->is_skipping = true;
            pass_to_program(session, message);
        }
        if (message->type == 'Z') {
            session->status = message->len == 1 ? message->body[0] : session->status;
            session->is_failed = false;
            return session->unit == UNIT_SEVERAL ? next_piece(session, message)
                                                 : finish(session, message);
        }
        step_on(session);
        return true;
    }
    for (size_t i = 0; i < sizeof server_messages / sizeof *server_messages; i++)
        if (server_messages[i].type == message->type && session->status != '\0')
            return server_messages[i].on(session, message);
    if (session->status == '\0' && message->type == 'K')
        return on_key(session, message);
    if (session->status == '\0' && message->type == 'Z')
        return on_ready(session, message);
    pass_to_program(session, message);
    return true;
}

/* ---- bytes */

bool
session_takes(const struct session *session, bool from_program)
{
    assert(session != NULL);
    const struct end *from = from_program ? &session->program : &session->server;
    const struct end *to = from_program ? &session->server : &session->program;
    return from->fd >= 0 && !from->is_over && to->out.bytes.len - to->out.at < MOST_WAITING &&
           (!from_program || from->in.bytes.len - from->in.at < MOST_UNREAD ||
            session->wait == WAIT_PROGRAM || session->wait == WAIT_COPY);
}

/* Rows of COPY and of results, of which nobody needs the whole at once. */
static bool
can_pass(const struct session *session, const struct message *message, bool from_program)
{
    if (from_program)
        return message->type == 'd';
    return (message->type == 'd' || message->type == 'D') && session->wait != WAIT_LOOK &&
           session->unit != UNIT_SEVERAL;
}

/* Passes on what is there of a message that is passing; false: nothing was to be done. */
static bool
pass_bytes(struct stream *in, struct stream *out)
{
    size_t there = in->bytes.len - in->at;
    size_t n = there < in->passing ? there : in->passing;
    if (n == 0)
        return false;
    buf_add(&out->bytes, in->bytes.data + in->at, n);
    in->at += n;
    in->passing -= n;
    return true;
}

/* One message of one side; *progress says whether there was one. False: the session is over. */
static bool
take_one(struct session *session, bool from_program, bool *progress)
{
    struct end *from = from_program ? &session->program : &session->server;
    struct end *to = from_program ? &session->server : &session->program;
    struct stream *in = &from->in;
    struct message message;
    if (in->passing > 0) {
        *progress |= pass_bytes(in, &to->out);
        return true;
    }
    bool opens = from_program && !session->is_open;
    size_t left = in->bytes.len - in->at;
    const char *data = in->bytes.data != NULL ? in->bytes.data + in->at : "";
    enum message_found found =
        opens ? message_read_opening(data, left, &message) : message_read(data, left, &message);
    if (found == MESSAGE_BAD)
        return false;
    if (found == MESSAGE_PART && message.whole > 0 && !opens &&
        can_pass(session, &message, from_program)) {
        in->passing = message.whole;
        *progress |= pass_bytes(in, &to->out);
        return true;
    }
    if (found == MESSAGE_PART)
        return true;
    in->at += message.whole;
    *progress = true;
    return opens          ? take_opening(session, &message)
           : from_program ? take_from_program(session, &message)
                          : take_from_server(session, &message);
}

void
session_shift(struct stream *stream)
{
    size_t left = stream->bytes.len - stream->at;
    if (stream->at < 65536 && left > 0)
        return;
    if (left > 0)
        memmove(stream->bytes.data, stream->bytes.data + stream->at, left);
    buf_cut(&stream->bytes, left);
    stream->at = 0;
}

static bool
may_take_program(const struct session *session)
{
    bool asks = session->wait == WAIT_PROGRAM || session->wait == WAIT_COPY;
    bool is_cancel_too_early = !session->is_open && proxy_is_looking(session->proxy);
    return asks && !is_cancel_too_early && !session->is_request && !session->is_refused;
}

bool
session_work(struct session *session)
{
    assert(session != NULL);
    bool progress = true;
    while (progress) {
        progress = false;
        if (session->server.fd >= 0 && !session->is_request && !take_one(session, false, &progress))
            return false;
        if (may_take_program(session) && !take_one(session, true, &progress))
            return false;
    }
    session_shift(&session->program.in);
    session_shift(&session->server.in);
    return true;
}

void
session_free(struct session *session)
{
    assert(session != NULL);
    const struct proxy_observer *observer = proxy_observer(session->proxy);
    if (session->status != '\0' && observer->left != NULL)
        observer->left(observer->ctx, session->number);
    struct end *const ends[] = { &session->program, &session->server };
    for (int i = 0; i < 2; i++) {
        if (ends[i]->fd >= 0)
            close(ends[i]->fd);
        buf_deinit(&ends[i]->in.bytes);
        buf_deinit(&ends[i]->out.bytes);
    }
    cut_end(session);
    names_free(&session->statements);
    names_free(&session->portals);
    buf_deinit(&session->held);
    buf_deinit(&session->cells);
    free(session);
}
