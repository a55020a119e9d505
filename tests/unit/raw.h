/* SPDX-License-Identifier: PostgreSQL */
/*
 * A server in a thread of the test, for what no script can say: silence, halves, a request to
 * cancel, the data of a COPY that it was sent. It takes requests as they come, whatever they ask,
 * and answers the first with the first of raw_says(), and so on; what sets a session up, and what
 * comes when nothing is left to say, is answered as a server would. An answer is a text as in
 * server.h, with further lines:
 *
 *     G / H / c            CopyInResponse, CopyOutResponse, CopyDone
 *     Z state              ReadyForQuery; it is not added to an answer that has none
 *     X                    closes the connection
 */
#ifndef RAW_H
#define RAW_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "pg/conn.h"
#include "unit.h"

enum { RAW_CLIENTS = 8, RAW_ANSWERS = 64, RAW_PID = 4242 };

struct raw_client {
    int fd;
    bool is_begun, is_set_up;
    struct buf in;
};

struct raw {
    char folder[256], uri[320];
    const char *version, *encoding, *found; /* what a session begins with, and is left as */
    const char *refusal;                    /* an error instead of a session; or NULL */
    bool wants_password, is_silent, ignores_set_up;
    int delay_ms; /* before each answer */
    int listener, control[2], nanswers, ngiven;
    struct buf answers[RAW_ANSWERS];
    struct raw_client clients[RAW_CLIENTS];
    pthread_t thread;
    atomic_int fd, nsessions, ncancels;
    /* To be read when it has stopped. */
    struct buf startup;  /* keywords and values of the first session, each behind a blank */
    struct buf requests; /* texts and parameters, a line each */
    struct buf copied;   /* data of COPY */
    struct buf cancels;  /* the process of each request to cancel, behind a blank */
    struct buf password;
};

static inline uint32_t
raw_get32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline void
raw_put32(struct buf *out, uint32_t n)
{
    const char b[4] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
    buf_add(out, b, sizeof b);
}

static inline void
raw_put_message(struct buf *out, char type, const void *payload, size_t len)
{
    buf_putc(out, type);
    raw_put32(out, (uint32_t)len + 4);
    buf_add(out, payload, len);
}

/* Fields between tabs: of a row, of its description, of an error. */
static inline void
raw_put_fields(struct buf *out, char type, const char *line)
{
    struct buf payload = { 0 };
    int n = 0;
    if (type != 'E')
        buf_add(&payload, "\0\0", 2);
    for (const char *p = line; p != NULL; n++) {
        size_t len = strcspn(p, "\t");
        bool is_null = strncmp(p, "\\N", 2) == 0 && len == 2;
        if (type == 'D')
            raw_put32(&payload, is_null ? UINT32_MAX : (uint32_t)len);
        if (!is_null)
            buf_add(&payload, p, len);
        if (type != 'D')
            buf_putc(&payload, '\0');
        if (type == 'T') /* text, in text */
            buf_add(&payload, "\0\0\0\0\0\0\0\0\0\031\377\377\377\377\377\377\0\0", 18);
        p = p[len] == '\t' ? p + len + 1 : NULL;
    }
    if (type == 'E')
        buf_putc(&payload, '\0');
    else
        payload.data[1] = (char)n;
    raw_put_message(out, type, payload.data, payload.len);
    buf_deinit(&payload);
}

/* Appends the messages of an answer's text; false at its X. */
static inline bool
raw_put(struct buf *out, const char *text)
{
    char *copy = strdup(text), *rest = copy;
    bool stays = true;
    for (char *line; stays && (line = strsep(&rest, "\n")) != NULL;) {
        const char *value = line[0] != '\0' && line[1] != '\0' ? line + 2 : "";
        struct buf bytes = { 0 };
        switch (line[0]) {
        case '|':
        case '-':
        case '!':
            raw_put_fields(out, line[0] == '|' ? 'T' : line[0] == '-' ? 'D' : 'E', value);
            break;
        case '=':
            raw_put_message(out, 'C', value, strlen(value) + 1);
            break;
        case 'G':
        case 'H':
            raw_put_message(out, line[0], "\1\0\0", 3);
            break;
        case 'd':
            for (unsigned byte; sscanf(value, "%2x", &byte) == 1; value += 2)
                buf_putc(&bytes, (char)byte);
            raw_put_message(out, 'd', bytes.data, bytes.len);
            break;
        case 'c':
            raw_put_message(out, 'c', "", 0);
            break;
        case 'Z':
            raw_put_message(out, 'Z', value, 1);
            break;
        case 'X':
            stays = false;
            break;
        }
        buf_deinit(&bytes);
    }
    free(copy);
    return stays;
}

/* What follows is put before what the thread reads, or between two requests. */
static inline void
raw_says(struct raw *raw, const char *text)
{
    assert_true(raw->nanswers < RAW_ANSWERS);
    buf_puts(&raw->answers[raw->nanswers++], text);
}

/* At once, on the last session that began. */
static inline void
raw_send(struct raw *raw, const char *text)
{
    struct buf out = { 0 };
    raw_put(&out, text);
    ssize_t n = send(atomic_load(&raw->fd), out.data, out.len, MSG_NOSIGNAL);
    assert_int_equal(n, out.len);
    buf_deinit(&out);
}

static inline void
raw_hang_up(struct raw_client *client)
{
    close(client->fd);
    client->fd = -1;
    buf_deinit(&client->in);
}

/* False: the client is gone. */
static inline bool
raw_answer(struct raw *raw, struct raw_client *client, const char *text)
{
    struct buf out = { 0 };
    bool stays = raw_put(&out, text);
    for (size_t at = 0; at < out.len;) {
        ssize_t n = send(client->fd, out.data + at, out.len - at, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    buf_deinit(&out);
    (void)raw;
    return stays;
}

static inline bool
raw_begin_session(struct raw *raw, struct raw_client *client)
{
    struct buf out = { 0 };
    const char *const parameters[][2] = { { "server_version", raw->version },
                                          { "server_encoding", raw->encoding },
                                          { "client_encoding", "UTF8" },
                                          { "standard_conforming_strings", "on" } };
    client->is_begun = true;
    raw_put_message(&out, 'R', "\0\0\0\0", 4);
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        struct buf payload = { 0 };
        buf_printf(&payload, "%s%c%s%c", parameters[i][0], 0, parameters[i][1], 0);
        raw_put_message(&out, 'S', payload.data, payload.len);
        buf_deinit(&payload);
    }
    raw_put_message(&out, 'K', "\0\0\0\7\0\0\0\1", 8); /* of a pooler: not the backend's */
    raw_put_message(&out, 'Z', "I", 1);
    ssize_t n = send(client->fd, out.data, out.len, MSG_NOSIGNAL);
    bool ok = n == (ssize_t)out.len;
    buf_deinit(&out);
    return ok;
}

static inline bool
raw_start_up(struct raw *raw, struct raw_client *client, const char *message, size_t len)
{
    uint32_t code = raw_get32(message + 4);
    if (code == 80877102) { /* a request to cancel */
        buf_printf(&raw->cancels, " %u", raw_get32(message + 8));
        atomic_fetch_add(&raw->ncancels, 1);
        return false;
    }
    if (code != 196608)
        return send(client->fd, "N", 1, MSG_NOSIGNAL) == 1; /* no encryption here */
    atomic_store(&raw->fd, client->fd);
    if (atomic_fetch_add(&raw->nsessions, 1) == 0)
        for (const char *p = message + 8; p + 1 < message + len; p += strlen(p) + 1)
            buf_printf(&raw->startup, " %s", p);
    if (raw->is_silent)
        return true;
    if (raw->refusal != NULL)
        return raw_answer(raw, client, raw->refusal);
    if (raw->wants_password)
        return send(client->fd, "R\0\0\0\10\0\0\0\3", 9, MSG_NOSIGNAL) == 9;
    return raw_begin_session(raw, client);
}

/* Parameters of Bind, a line each. */
static inline void
raw_note_parameters(struct raw *raw, const char *p)
{
    p += strlen(p) + 1; /* portal, statement, formats */
    p += strlen(p) + 1;
    p += 2 + 2 * ((uint8_t)p[0] << 8 | (uint8_t)p[1]);
    int n = (uint8_t)p[0] << 8 | (uint8_t)p[1];
    p += 2;
    for (int i = 0; i < n; i++) {
        uint32_t len = raw_get32(p);
        p += 4;
        buf_printf(&raw->requests, "$%d ", i + 1);
        buf_add(&raw->requests, len == UINT32_MAX ? "\\N" : p, len == UINT32_MAX ? 2 : len);
        buf_putc(&raw->requests, '\n');
        p += len == UINT32_MAX ? 0 : len;
    }
}

/* One message; false: hang up. */
static inline bool
raw_take(struct raw *raw, struct raw_client *client, const char *message, size_t len)
{
    const char *payload = message + 5;
    bool is_request = strchr("QScf", message[0]) != NULL;
    if (message[0] == 'X')
        return false;
    if (message[0] == 'p') {
        buf_puts(&raw->password, payload);
        return raw_begin_session(raw, client);
    }
    if (message[0] == 'd')
        buf_add(&raw->copied, payload, len - 5);
    if (message[0] == 'Q' || message[0] == 'P')
        buf_printf(&raw->requests, "%s\n", message[0] == 'Q' ? payload : payload + 1);
    if (message[0] == 'B')
        raw_note_parameters(raw, payload);
    if (message[0] == 'f')
        buf_printf(&raw->requests, "(fail) %s\n", payload);
    if (!is_request)
        return true;
    if (raw->delay_ms > 0)
        poll(NULL, 0, raw->delay_ms);
    static const char set_up[] = "SELECT pg_catalog.pg_backend_pid(), (";
    if (message[0] == 'Q' && strncmp(payload, set_up, strlen(set_up)) == 0 && !client->is_set_up) {
        struct buf answer = { 0 };
        client->is_set_up = true;
        if (raw->ignores_set_up)
            return true;
        buf_printf(&answer, "| pid\tfound\n- %d\t%s\n= SELECT 1\n= SET\nZ I", RAW_PID, raw->found);
        bool ok = raw_answer(raw, client, buf_str(&answer));
        buf_deinit(&answer);
        return ok;
    }
    if (raw->ngiven < raw->nanswers)
        return raw_answer(raw, client, buf_str(&raw->answers[raw->ngiven++]));
    return raw_answer(raw, client, "= SET\nZ I");
}

static inline void
raw_serve(struct raw *raw, struct raw_client *client)
{
    char bytes[65536];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, 0);
    bool ok = n > 0;
    if (ok)
        buf_add(&client->in, bytes, (size_t)n);
    while (ok && client->in.len >= 8 - 3 * (size_t)client->is_begun) {
        bool has_type = client->is_begun || client->in.data[0] == 'p';
        size_t len = has_type + (size_t)raw_get32(client->in.data + has_type);
        if (len > client->in.len)
            break;
        ok = has_type ? raw_take(raw, client, client->in.data, len)
                      : raw_start_up(raw, client, client->in.data, len);
        memmove(client->in.data, client->in.data + len, client->in.len - len);
        buf_cut(&client->in, client->in.len - len);
    }
    if (!ok)
        raw_hang_up(client);
}

static inline void *
raw_run(void *arg)
{
    struct raw *raw = arg;
    for (;;) {
        struct pollfd fds[RAW_CLIENTS + 2] = { { .fd = raw->listener, .events = POLLIN },
                                               { .fd = raw->control[0], .events = POLLIN } };
        for (int i = 0; i < RAW_CLIENTS; i++)
            fds[i + 2] = (struct pollfd){ .fd = raw->clients[i].fd, .events = POLLIN };
        if (poll(fds, RAW_CLIENTS + 2, -1) < 0)
            continue;
        for (int i = 0; i < RAW_CLIENTS; i++)
            if (raw->clients[i].fd >= 0 && fds[i + 2].revents != 0)
                raw_serve(raw, &raw->clients[i]);
        for (int i = 0; fds[0].revents != 0 && i < RAW_CLIENTS; i++)
            if (raw->clients[i].fd < 0) {
                raw->clients[i] = (struct raw_client){ .fd = accept(raw->listener, NULL, NULL) };
                break;
            }
        if (fds[1].revents != 0)
            return NULL;
    }
}

static inline void
raw_init(struct raw *raw)
{
    *raw = (struct raw){ .version = "15.18", .encoding = "UTF8", .found = "SELECT found" };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_true(make_folder(raw->folder, sizeof raw->folder));
    assert_true((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432",
                                 raw->folder) < sizeof address.sun_path);
    snprintf(raw->uri, sizeof raw->uri, "postgresql://tester@/db?host=%s", raw->folder);
    raw->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(raw->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(raw->listener, RAW_CLIENTS), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw->control), 0);
    for (int i = 0; i < RAW_CLIENTS; i++)
        raw->clients[i].fd = -1;
}

/* The same over TCP, at an address that is this machine's but that none of its names is. */
static inline bool
raw_init_tcp(struct raw *raw)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    raw_init(raw);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, RAW_CLIENTS) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
        close(listener);
        return false;
    }
    close(raw->listener);
    raw->listener = listener;
    snprintf(raw->uri, sizeof raw->uri, "host=0.0.0.0 port=%d user=tester dbname=db",
             ntohs(address.sin_port));
    return true;
}

/* After raw_init() and what the test wants otherwise. */
static inline void
raw_start(struct raw *raw)
{
    assert_int_equal(pthread_create(&raw->thread, NULL, raw_run, raw), 0);
}

/* What it was told stays until raw_deinit(). */
static inline void
raw_stop(struct raw *raw)
{
    close(raw->control[1]);
    pthread_join(raw->thread, NULL);
    for (int i = 0; i < RAW_CLIENTS; i++)
        if (raw->clients[i].fd >= 0)
            raw_hang_up(&raw->clients[i]);
    close(raw->control[0]);
    close(raw->listener);
    struct buf path = { 0 };
    buf_printf(&path, "%s/.s.PGSQL.5432", raw->folder);
    unlink(buf_str(&path));
    buf_deinit(&path);
    rmdir(raw->folder);
}

static inline void
raw_deinit(struct raw *raw)
{
    for (int i = 0; i < raw->nanswers; i++)
        buf_deinit(&raw->answers[i]);
    buf_deinit(&raw->startup);
    buf_deinit(&raw->requests);
    buf_deinit(&raw->copied);
    buf_deinit(&raw->cancels);
    buf_deinit(&raw->password);
}

static const atomic_int raw_go_on = 0;

/* Never NULL. */
static inline struct pg_conn *
raw_connect(struct raw *raw, const atomic_int *stop)
{
    struct pg_info *info;
    struct decant_error err = { 0 };
    assert_true(pg_info_parse(raw->uri, "source", &info, &err));
    struct pg_conn *conn = pg_connect(info, "decant/unit", stop, &err);
    if (conn == NULL)
        fail_msg("%s", err.message);
    pg_info_free(info);
    return conn;
}

#endif
