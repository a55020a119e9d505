/* SPDX-License-Identifier: PostgreSQL */
#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "proxy/internal.h"

static int
connect_file(const struct proxy_upstream *upstream, struct decant_error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", upstream->host,
                     upstream->port);
    if (n < 0 || (size_t)n >= sizeof address.sun_path) {
        error_set(err, DECANT_UNAVAILABLE, "the path of the server's socket is too long");
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error_errno(err, "cannot connect to the server");
    if (fd >= 0)
        close(fd);
    return -1;
}

static int
connect_address(const struct proxy_upstream *upstream, struct decant_error *err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1, on = 1;
    if (getaddrinfo(upstream->host, upstream->port, &hints, &list) != 0) {
        error_set(err, DECANT_UNAVAILABLE, "the server's name is not known");
        return -1;
    }
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        error_errno(err, "cannot connect to the server");
    else
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int
upstream_connect(const struct proxy_upstream *upstream, struct decant_error *err)
{
    assert(upstream != NULL);
    return upstream->host[0] == '/' ? connect_file(upstream, err) : connect_address(upstream, err);
}

/* The kernel's tables of connections (proc(5)) have the user of each end: addresses in hexadecimal,
 * of the machine's byte order, with the port behind a colon; the user is the eighth field. A
 * program that speaks IPv6, too, as Java does, is in the other table, its address behind a prefix.
 */
static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
static const char prefix[] = "0000000000000000FFFF0000";

static void
drop_prefixes(char *line)
{
    for (char *p; (p = strstr(line, prefix)) != NULL;)
        memmove(p, p + strlen(prefix), strlen(p + strlen(prefix)) + 1);
}

static bool
is_line_of(char *line, const struct sockaddr_in *peer, const struct sockaddr_in *own,
           unsigned *user)
{
    enum { ESTABLISHED = 1 }; /* of one that is closed the user is not known any more */
    unsigned local, local_port, remote, remote_port, state;
    drop_prefixes(line);
    int n = sscanf(line, " %*d: %8X:%4X %8X:%4X %2X %*X:%*X %*X:%*X %*X %u", &local, &local_port,
                   &remote, &remote_port, &state, user);
    return n == 6 && state == ESTABLISHED && local == peer->sin_addr.s_addr &&
           local_port == ntohs(peer->sin_port) && remote == own->sin_addr.s_addr &&
           remote_port == ntohs(own->sin_port);
}

bool
upstream_is_own_user(int fd)
{
    assert(fd >= 0);
    struct sockaddr_in peer = { 0 }, own = { 0 };
    socklen_t len = sizeof peer, own_len = sizeof own;
    unsigned user = 0;
    bool found = false;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
        getsockname(fd, (struct sockaddr *)&own, &own_len) != 0)
        return false;
    for (size_t i = 0; !found && i < sizeof tables / sizeof *tables; i++) {
        char line[512];
        FILE *table = fopen(tables[i], "re");
        while (!found && table != NULL && fgets(line, sizeof line, table) != NULL)
            found = is_line_of(line, &peer, &own, &user);
        if (table != NULL)
            fclose(table);
    }
    return found && (user == geteuid() || user == 0);
}
