/* SPDX-License-Identifier: PostgreSQL */
/* One thread serves all sessions: bytes come in, sessions work on them, bytes go out. */
#include "proxy/proxy.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "proxy/internal.h"

enum { BLOCK = 128 << 10, REST_MS = 50, PATIENCE_MS = 2000, BACKLOG = 64 };

struct proxy {
    const struct proxy_upstream *upstream;
    const struct proxy_observer *observer;
    int listener, port;
    struct session **sessions;
    size_t n;
    int count; /* sessions there were */
    char *block;
};

const struct proxy_observer *
proxy_observer(const struct proxy *proxy)
{
    return proxy->observer;
}

const struct proxy_upstream *
proxy_upstream(const struct proxy *proxy)
{
    return proxy->upstream;
}

bool
proxy_is_looking(const struct proxy *proxy)
{
    for (size_t i = 0; i < proxy->n; i++)
        if (proxy->sessions[i] != NULL && proxy->sessions[i]->wait == WAIT_LOOK)
            return true;
    return false;
}

int
proxy_port(const struct proxy *proxy)
{
    assert(proxy != NULL);
    return proxy->port;
}

bool
proxy_new(const struct proxy_upstream *upstream, const struct proxy_observer *observer,
          struct proxy **out, struct decant_error *err)
{
    assert(upstream != NULL && observer != NULL && observer->columns > 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        error_errno(err, "cannot listen on loopback");
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct proxy *proxy = mem_alloc(sizeof *proxy);
    *proxy = (struct proxy){ .upstream = upstream,
                             .observer = observer,
                             .listener = fd,
                             .port = ntohs(address.sin_port),
                             .block = mem_alloc(BLOCK) };
    *out = proxy;
    return true;
}

static void
accept_one(struct proxy *proxy)
{
    int on = 1, fd = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (!upstream_is_own_user(fd)) { /* another user of this machine */
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct session *session = mem_alloc(sizeof *session);
    session->proxy = proxy;
    session->number = proxy->count++;
    session->program.fd = fd;
    session->server.fd = -1;
    proxy->sessions = mem_grow(proxy->sessions, proxy->n, sizeof(struct session *));
    proxy->sessions[proxy->n++] = session;
}

static void
read_some(struct proxy *proxy, struct end *end)
{
    ssize_t n = recv(end->fd, proxy->block, BLOCK, MSG_DONTWAIT);
    if (n > 0)
        buf_add(&end->in.bytes, proxy->block, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        end->is_over = true;
}

static bool
has_output(const struct end *end)
{
    return end->fd >= 0 && end->out.bytes.len > end->out.at;
}

static void
write_some(struct end *end)
{
    while (has_output(end)) {
        ssize_t n = send(end->fd, end->out.bytes.data + end->out.at,
                         end->out.bytes.len - end->out.at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            session_shift(&end->out); /* else all that passes would pile up behind what is gone */
            return;
        }
        if (n < 0) {
            end->is_over = true;
            break;
        }
        end->out.at += (size_t)n;
    }
    buf_reset(&end->out.bytes);
    end->out.at = 0;
}

/* Does the session end? Whatever one side said last still reaches the other. */
static bool
is_over(const struct session *session)
{
    if (session->program.is_over && session->server.fd < 0)
        return !has_output(&session->program);
    if (session->program.is_over)
        return session->server.is_over || !has_output(&session->server);
    return session->server.is_over && !has_output(&session->program);
}

/* What is over and has nothing to take would only wake us. */
static struct pollfd
watch(const struct session *session, const struct end *end, bool is_program)
{
    int events = session_takes(session, is_program) ? POLLIN : 0;
    events |= has_output(end) ? POLLOUT : 0;
    bool is_idle = end->is_over && events == 0;
    return (struct pollfd){ .fd = is_idle ? -1 : end->fd, .events = (short)events };
}

static void
serve(struct proxy *proxy, size_t i, const struct pollfd *fds)
{
    struct session *session = proxy->sessions[i];
    struct end *const ends[] = { &session->program, &session->server };
    bool goes_on = true;
    for (int k = 0; k < 2; k++) {
        if (fds[k].fd < 0)
            continue;
        bool takes = session_takes(session, k == 0);
        if ((fds[k].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && takes)
            read_some(proxy, ends[k]);
        else if ((fds[k].revents & POLLERR) != 0)
            ends[k]->is_over = true;
    }
    goes_on = session_work(session);
    if (session->server.is_over) /* what it said last is not kept back */
        session_release(session);
    write_some(&session->server);
    write_some(&session->program);
    if (goes_on && !is_over(session))
        return;
    session_free(session);
    proxy->sessions[i] = NULL;
}

static void
forget_ended(struct proxy *proxy)
{
    size_t kept = 0;
    for (size_t i = 0; i < proxy->n; i++)
        if (proxy->sessions[i] != NULL)
            proxy->sessions[kept++] = proxy->sessions[i];
    proxy->n = kept;
}

static void
step(struct proxy *proxy, struct pollfd *fds, int rest_ms)
{
    size_t n = proxy->n;
    fds[0] = (struct pollfd){ .fd = proxy->listener, .events = POLLIN };
    for (size_t i = 0; i < n; i++) {
        const struct session *session = proxy->sessions[i];
        fds[1 + 2 * i] = watch(session, &session->program, true);
        fds[2 + 2 * i] = watch(session, &session->server, false);
    }
    if (poll(fds, 1 + 2 * n, rest_ms) < 0)
        return;
    for (size_t i = 0; i < n; i++)
        serve(proxy, i, &fds[1 + 2 * i]);
    forget_ended(proxy);
    if ((fds[0].revents & POLLIN) != 0)
        accept_one(proxy);
}

bool
proxy_run(struct proxy *proxy, const atomic_int *stop, struct decant_error *err)
{
    assert(proxy != NULL && stop != NULL);
    const struct proxy_observer *observer = proxy->observer;
    struct pollfd *fds = NULL;
    int64_t stopped_ms = 0;
    (void)err;
    for (;;) {
        if (atomic_load(stop) != 0 && stopped_ms == 0)
            stopped_ms = clock_ms();
        if (stopped_ms != 0 && (proxy->n == 0 || clock_ms() - stopped_ms >= PATIENCE_MS))
            break;
        int rest_ms = observer->tick != NULL ? observer->tick(observer->ctx) : REST_MS;
        fds = mem_realloc(fds, (1 + 2 * proxy->n) * sizeof *fds);
        step(proxy, fds, rest_ms < REST_MS ? rest_ms : REST_MS);
    }
    free(fds);
    return true;
}

void
proxy_free(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    for (size_t i = 0; i < proxy->n; i++)
        session_free(proxy->sessions[i]);
    close(proxy->listener);
    free(proxy->sessions);
    free(proxy->block);
    free(proxy);
}
