/* SPDX-License-Identifier: PostgreSQL */
#include "server.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit.h"

/* Source of the format: PostgreSQL's documentation, "Frontend/Backend Protocol", "Message Formats".
 */
enum { STARTUP = 196608, MAX_CLIENTS = 32, SEEN = 100 };

/* What one request is answered with, or was by a real server. */
struct exchange {
    uint64_t hash;
    char *seen;         /* of the request, for people */
    struct buf answers; /* messages, without ReadyForQuery */
    bool is_used;
};

struct client {
    int fd, upstream; /* to the real server, or -1 */
    bool is_ready;    /* its session has begun */
    char state;       /* of its transaction: I, T, E */
    struct buf in;
    uint64_t hash; /* of the request that arrives */
    struct buf request;
};

struct scripted {
    char name[64], path[300], real[256];
    bool is_recording;
    struct buf parameters; /* ParameterStatus messages */
    int nexchanges;
    struct exchange *exchanges;
    struct client clients[MAX_CLIENTS];
    int nclients, nrequests, nunknown, at;
    enum server_fault fault;
};

/* ---- messages */

static uint32_t
get32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void
put32(struct buf *out, uint32_t n)
{
    const char b[4] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
    buf_add(out, b, sizeof b);
}

static void
put16(struct buf *out, unsigned n)
{
    buf_putc(out, (char)(n >> 8));
    buf_putc(out, (char)n);
}

static void
put_message(struct buf *out, char type, const struct buf *payload)
{
    buf_putc(out, type);
    put32(out, (uint32_t)payload->len + 4);
    buf_add(out, payload->data, payload->len);
}

static void
put_string_message(struct buf *out, char type, const char *text)
{
    buf_putc(out, type);
    put32(out, (uint32_t)strlen(text) + 5);
    buf_add(out, text, strlen(text) + 1);
}

static void
put_error(struct buf *out, const char *sqlstate, const char *message)
{
    struct buf payload = { 0 };
    buf_printf(&payload, "SERROR%cVERROR%cC%s%cM%s%c%c", 0, 0, sqlstate, 0, message, 0, 0);
    put_message(out, 'E', &payload);
    buf_deinit(&payload);
}

/* ---- the script as a text */

static void
put_escaped(struct buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        static const char special[] = "\t\n\r\\", shown[] = "tnr\\";
        const char *at = data[i] != '\0' ? strchr(special, data[i]) : NULL;
        if (at != NULL)
            buf_printf(out, "\\%c", shown[at - special]);
        else
            buf_putc(out, data[i]);
    }
}

/* Up to the next tab; moves *p behind it. */
static void
get_escaped(const char **p, struct buf *out)
{
    buf_reset(out);
    for (; **p != '\0' && **p != '\t'; (*p)++) {
        static const char special[] = "\t\n\r\\", shown[] = "tnr\\";
        const char *at = **p == '\\' ? strchr(shown, (*p)[1]) : NULL;
        buf_putc(out, at != NULL ? special[at - shown] : **p);
        *p += at != NULL;
    }
    *p += **p == '\t';
}

static void
put_hex(struct buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%02x", (unsigned char)data[i]);
}

static void
get_hex(const char *p, struct buf *out)
{
    for (unsigned byte; sscanf(p, "%2x", &byte) == 1; p += 2)
        buf_putc(out, (char)byte);
}

static void
write_columns(struct buf *out, const char *p)
{
    int n = (uint8_t)p[0] << 8 | (uint8_t)p[1];
    p += 2;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(p);
        buf_putc(out, i == 0 ? ' ' : '\t');
        put_escaped(out, p, len);
        p += len + 1;
        buf_printf(out, "\t%u", get32(p + 6));
        p += 18;
    }
}

static void
read_columns(const char *p, struct buf *out)
{
    struct buf payload = { 0 }, name = { 0 };
    int n = 0;
    put16(&payload, 0);
    for (; *p != '\0'; n++) {
        get_escaped(&p, &name);
        buf_add(&payload, buf_str(&name), name.len + 1);
        put32(&payload, 0);
        put16(&payload, 0);
        put32(&payload, (uint32_t)strtoul(p, NULL, 10));
        p += strcspn(p, "\t");
        p += *p == '\t';
        put16(&payload, 0xFFFF);
        put32(&payload, 0xFFFFFFFF);
        put16(&payload, 0);
    }
    payload.data[0] = (char)(n >> 8);
    payload.data[1] = (char)n;
    put_message(out, 'T', &payload);
    buf_deinit(&payload);
    buf_deinit(&name);
}

static void
write_row(struct buf *out, const char *p)
{
    int n = (uint8_t)p[0] << 8 | (uint8_t)p[1];
    p += 2;
    for (int i = 0; i < n; i++) {
        uint32_t len = get32(p);
        p += 4;
        buf_putc(out, i == 0 ? ' ' : '\t');
        if (len == UINT32_MAX) {
            buf_puts(out, "\\N");
            continue;
        }
        put_escaped(out, p, len);
        p += len;
    }
}

static void
read_row(const char *p, struct buf *out)
{
    struct buf payload = { 0 }, value = { 0 };
    const char *begin; /* of a value; the last one may be empty */
    int n = 0;
    put16(&payload, 0);
    do {
        begin = p;
        bool is_null = strncmp(p, "\\N", 2) == 0 && (p[2] == '\t' || p[2] == '\0');
        get_escaped(&p, &value);
        put32(&payload, is_null ? UINT32_MAX : (uint32_t)value.len);
        buf_add(&payload, buf_str(&value), is_null ? 0 : value.len);
        n++;
    } while (p > begin && p[-1] == '\t');
    payload.data[0] = (char)(n >> 8);
    payload.data[1] = (char)n;
    put_message(out, 'D', &payload);
    buf_deinit(&payload);
    buf_deinit(&value);
}

static void
write_error(struct buf *out, const char *p)
{
    for (; *p != '\0'; p += strlen(p) + 1) {
        if (strchr("FLRPpqW", *p) != NULL)
            continue; /* where in the server, and in the text */
        buf_putc(out, ' ');
        put_escaped(out, p, strlen(p));
        buf_putc(out, '\t');
    }
}

static void
read_error(const char *p, struct buf *out)
{
    struct buf payload = { 0 }, field = { 0 };
    while (*p != '\0') {
        p += *p == ' ';
        get_escaped(&p, &field);
        buf_add(&payload, buf_str(&field), field.len + 1);
    }
    buf_putc(&payload, '\0');
    put_message(out, 'E', &payload);
    buf_deinit(&payload);
    buf_deinit(&field);
}

static void
write_message(struct buf *out, const char *message, size_t len)
{
    const char *payload = message + 5;
    switch (message[0]) {
    case 'T':
        buf_putc(out, '|');
        write_columns(out, payload);
        break;
    case 'D':
        buf_putc(out, '-');
        write_row(out, payload);
        break;
    case 'C':
        buf_printf(out, "= %s", payload);
        break;
    case 'E':
        buf_putc(out, '!');
        write_error(out, payload);
        break;
    case 'd':
        buf_puts(out, "d ");
        put_hex(out, payload, len - 5);
        break;
    default:
        buf_printf(out, "~ %c ", message[0]);
        put_hex(out, payload, len - 5);
    }
    buf_putc(out, '\n');
}

static void
read_message(const char *line, struct buf *out)
{
    struct buf payload = { 0 };
    const char *rest = line[0] != '\0' && line[1] != '\0' ? line + 2 : "";
    switch (line[0]) {
    case '|':
        read_columns(rest, out);
        break;
    case '-':
        read_row(rest, out);
        break;
    case '=':
        put_string_message(out, 'C', rest);
        break;
    case '!':
        read_error(rest, out);
        break;
    case 'd':
        get_hex(rest, &payload);
        put_message(out, 'd', &payload);
        break;
    case '~':
        get_hex(rest + 2, &payload);
        put_message(out, rest[0], &payload);
        break;
    default:
        fail_msg("a script has no line like '%s'", line);
    }
    buf_deinit(&payload);
}

/* ---- requests */

/* A run's own name is another one each time: decant/20261130010203abc/ */
static uint64_t
hash_of(const char *text, size_t len)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a, 64 bits */
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
        if (i >= 6 && strncmp(text + i - 6, "decant/", 7) == 0)
            while (i + 1 < len && isalnum((unsigned char)text[i + 1]))
                i++;
    }
    return hash;
}

static struct exchange *
add_exchange(struct scripted *s, uint64_t hash)
{
    s->exchanges = mem_grow(s->exchanges, (size_t)s->nexchanges, sizeof *s->exchanges);
    struct exchange *added = &s->exchanges[s->nexchanges++];
    *added = (struct exchange){ .hash = hash };
    return added;
}

/* The next answer that was not given yet; else the last one; NULL: there is none. */
static struct exchange *
find_exchange(struct scripted *s, uint64_t hash)
{
    struct exchange *last = NULL;
    for (int i = 0; i < s->nexchanges; i++) {
        struct exchange *e = &s->exchanges[i];
        if (e->hash != hash)
            continue;
        last = e;
        if (!e->is_used)
            break;
    }
    if (last != NULL)
        last->is_used = true;
    return last;
}

static void
load_script(struct scripted *s)
{
    FILE *file = fopen(s->path, "r");
    char *line = NULL;
    size_t room = 0;
    struct exchange *now = NULL;
    if (file == NULL)
        return;
    for (ssize_t n; (n = getline(&line, &room, file)) > 0;) {
        line[n - (line[n - 1] == '\n')] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (line[0] == ':') {
            char *value = strchr(line + 2, ' ');
            struct buf payload = { 0 };
            *value++ = '\0';
            buf_add(&payload, line + 2, strlen(line + 2) + 1);
            buf_add(&payload, value, strlen(value) + 1);
            put_message(&s->parameters, 'S', &payload);
            buf_deinit(&payload);
        } else if (strncmp(line, "> = ", 4) == 0)
            now = add_exchange(s, hash_of(line + 4, strlen(line + 4)));
        else if (line[0] == '>') {
            char *end;
            now = add_exchange(s, strtoull(line + 2, &end, 16));
            now->seen = mem_strdup(end + (*end == ' '));
        } else if (now != NULL)
            read_message(line, &now->answers);
    }
    free(line);
    fclose(file);
}

static void
write_script(const struct scripted *s)
{
    FILE *file = fopen(s->path, "w");
    struct buf text = { 0 };
    if (file == NULL)
        fail_msg("cannot write %s", s->path);
    buf_printf(&text, "# tests/unit/record wrote it, from scripts/%s.sql\n", s->name);
    for (size_t at = 0; at < s->parameters.len; at += 1 + get32(s->parameters.data + at + 1)) {
        const char *name = s->parameters.data + at + 5;
        buf_printf(&text, ": %s %s\n", name, name + strlen(name) + 1);
    }
    for (int i = 0; i < s->nexchanges; i++) {
        const struct exchange *e = &s->exchanges[i];
        buf_printf(&text, "\n> %016llx %s\n", (unsigned long long)e->hash, e->seen);
        for (size_t at = 0; at < e->answers.len;) {
            size_t len = 1 + get32(e->answers.data + at + 1);
            write_message(&text, e->answers.data + at, len);
            at += len;
        }
    }
    fwrite(text.data, 1, text.len, file);
    buf_deinit(&text);
    fclose(file);
}

/* The text of Query or Parse, and the parameters of Bind, one behind the other. */
static void
add_request(struct client *client, const char *message, size_t len)
{
    const char *p = message + 5;
    if (message[0] == 'Q')
        buf_puts(&client->request, p);
    if (message[0] == 'P')
        buf_puts(&client->request, p + strlen(p) + 1);
    if (message[0] != 'B')
        return;
    p += strlen(p) + 1; /* portal, statement, formats */
    p += strlen(p) + 1;
    p += 2 + 2 * ((uint8_t)p[0] << 8 | (uint8_t)p[1]) + 2;
    buf_putc(&client->request, '\n');
    buf_add(&client->request, p, len - (size_t)(p - message));
}

/* ---- conversation */

static bool
send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
receive(int fd, struct buf *in)
{
    char bytes[65536];
    ssize_t n;
    do
        n = recv(fd, bytes, sizeof bytes, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        buf_add(in, bytes, (size_t)n);
    return n > 0;
}

static void
hang_up(struct client *client)
{
    close(client->fd);
    if (client->upstream >= 0)
        close(client->upstream);
    client->fd = client->upstream = -1;
    buf_reset(&client->in);
}

/* What the real server says until it is ready; kept in `answers`, without that last word. */
static bool
relay_answer(struct client *client, struct buf *answers)
{
    struct buf in = { 0 };
    bool ok = true, is_ready = false;
    while (ok && !is_ready) {
        size_t at = 0, len;
        ok = receive(client->upstream, &in);
        for (; in.len - at >= 5 && (len = 1 + get32(in.data + at + 1)) <= in.len - at; at += len) {
            is_ready = in.data[at] == 'Z';
            if (is_ready)
                client->state = in.data[at + 5];
            else
                buf_add(answers, in.data + at, len);
            ok = send_all(client->fd, in.data + at, len);
        }
        memmove(in.data, in.data + at, in.len - at);
        buf_cut(&in, in.len - at);
    }
    buf_deinit(&in);
    return ok;
}

static void
follow_state(struct client *client, const struct buf *answers)
{
    for (size_t at = 0; at < answers->len; at += 1 + get32(answers->data + at + 1)) {
        const char *tag = answers->data + at + 5;
        if (answers->data[at] == 'E' && client->state == 'T')
            client->state = 'E';
        if (answers->data[at] != 'C')
            continue;
        if (strcmp(tag, "BEGIN") == 0)
            client->state = 'T';
        bool is_partial = strstr(buf_str(&client->request), "ROLLBACK TO") != NULL;
        if (strcmp(tag, "COMMIT") == 0 || strcmp(tag, "ROLLBACK") == 0)
            client->state = is_partial ? 'T' : 'I';
    }
}

static bool
send_answer(struct client *client, const struct buf *answers, enum server_fault fault)
{
    struct buf out = { 0 };
    follow_state(client, answers);
    buf_add(&out, answers->data, answers->len);
    buf_add(&out, "Z\0\0\0\5", 5);
    buf_putc(&out, client->state);
    bool ok = send_all(client->fd, out.data, fault == SERVER_CUTS ? out.len / 2 : out.len) &&
              fault != SERVER_CUTS;
    buf_deinit(&out);
    return ok;
}

/* Who looks once a second for sessions that wait asks when a test is slow, and else never: nobody
 * waits. */
static bool
answer_watch(const struct client *client, struct buf *out)
{
    if (strstr(buf_str(&client->request), "pg_blocking_pids") == NULL)
        return false;
    read_columns("coalesce\t25", out);
    put_string_message(out, 'C', "SELECT 0");
    return true;
}

/* What only follows a failure, which no script has: of a session that has no transaction yet, and
 * of statements that are tried. */
static bool
answer_undoing(const struct client *client, struct buf *out)
{
    static const struct {
        const char *request, *tag;
    } undoing[] = { { "RESET ROLE; ", "RESET" },
                    { "ROLLBACK TO SAVEPOINT decant_try; ", "ROLLBACK" } };
    for (size_t i = 0; i < sizeof undoing / sizeof *undoing; i++)
        if (strncmp(buf_str(&client->request), undoing[i].request, strlen(undoing[i].request)) ==
            0) {
            put_string_message(out, 'C', undoing[i].tag);
            return true;
        }
    return false;
}

/* COPY's data ends before ReadyForQuery, as everything else. */
static bool
answer(struct scripted *s, struct client *client)
{
    uint64_t hash = hash_of(client->request.data, client->request.len);
    enum server_fault fault = ++s->nrequests == s->at ? s->fault : SERVER_WORKS;
    struct exchange *known = find_exchange(s, hash);
    struct buf failure = { 0 };
    const struct buf *answers = known != NULL ? &known->answers : &failure;
    if (fault == SERVER_DIES)
        return false;
    if (fault == SERVER_FAILS)
        answers = &failure, put_error(&failure, "57P01", "terminating connection");
    else if (known == NULL && !answer_watch(client, &failure) &&
             !answer_undoing(client, &failure)) {
        s->nunknown++;
        if (s->at == 0 && s->fault == SERVER_WORKS)
            fprintf(stderr, "# %s has no answer to: %s\n", s->path, buf_str(&client->request));
        put_error(&failure, "XX000", "the script has no answer");
    }
    bool ok = send_answer(client, answers, fault);
    buf_deinit(&failure);
    return ok;
}

static bool
is_error(const struct buf *answers)
{
    for (size_t at = 0; at < answers->len; at += 1 + get32(answers->data + at + 1))
        if (answers->data[at] == 'E')
            return true;
    return false;
}

/* The first answer to a request, and another one where it failed and does not now, or otherwise. */
static bool
record(struct scripted *s, struct client *client, const char *messages, size_t len)
{
    struct buf answers = { 0 };
    uint64_t hash = hash_of(client->request.data, client->request.len);
    const struct exchange *known = find_exchange(s, hash);
    s->nrequests++;
    bool ok = send_all(client->upstream, messages, len) && relay_answer(client, &answers);
    if (ok && (known == NULL || is_error(&known->answers) != is_error(&answers))) {
        struct exchange *added = add_exchange(s, hash);
        size_t n = strcspn(client->request.data, "\n\t");
        added->is_used = true;
        added->seen = strndup(client->request.data, n < SEEN ? n : SEEN);
        added->answers = answers;
        return true;
    }
    buf_deinit(&answers);
    return ok;
}

/* Whole requests end with Query or Sync. */
static bool
take_requests(struct scripted *s, struct client *client)
{
    size_t at = 0, begin = 0, len;
    bool ok = true;
    struct buf *in = &client->in;
    for (; ok && in->len - at >= 5 && (len = 1 + get32(in->data + at + 1)) <= in->len - at;) {
        char type = in->data[at];
        add_request(client, in->data + at, len);
        at += len;
        if (type == 'X')
            ok = false;
        if (type != 'Q' && type != 'S')
            continue;
        ok = client->upstream >= 0 ? record(s, client, in->data + begin, at - begin)
                                   : answer(s, client);
        buf_reset(&client->request);
        begin = at;
    }
    if (!ok)
        return false;
    /* what has not ended waits; its text is read again then */
    buf_reset(&client->request);
    memmove(in->data, in->data + begin, in->len - begin);
    buf_cut(in, in->len - begin);
    return true;
}

static int
connect_real(const char *folder)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if ((size_t)snprintf(to.sun_path, sizeof to.sun_path, "%s/.s.PGSQL.5432", folder) >=
        sizeof to.sun_path)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void
keep_parameters(struct scripted *s, const struct buf *answers)
{
    if (s->parameters.len > 0)
        return;
    for (size_t at = 0, len; at < answers->len; at += len) {
        len = 1 + get32(answers->data + at + 1);
        if (answers->data[at] == 'S' && strcmp(answers->data + at + 5, "application_name") != 0)
            buf_add(&s->parameters, answers->data + at, len);
    }
}

static bool
begin_session(struct scripted *s, struct client *client)
{
    static const char authentication_ok[] = "R\0\0\0\10\0\0\0\0";
    static const char key_data[] = "K\0\0\0\14\0\0\20\222\0\0\0\1";
    struct buf out = { 0 };
    if (client->in.len < 8 || get32(client->in.data) > client->in.len)
        return true; /* not whole yet */
    if (get32(client->in.data + 4) != STARTUP)
        return false; /* a request to cancel: nothing runs that could be */
    client->is_ready = true;
    client->state = 'I';
    bool ok;
    if (s->real[0] != '\0') {
        client->upstream = connect_real(s->real);
        ok = client->upstream >= 0 && send_all(client->upstream, client->in.data, client->in.len) &&
             relay_answer(client, &out);
        keep_parameters(s, &out);
    } else {
        buf_add(&out, authentication_ok, sizeof authentication_ok - 1);
        buf_add(&out, s->parameters.data, s->parameters.len);
        buf_add(&out, key_data, sizeof key_data - 1);
        ok = send_answer(client, &out, SERVER_WORKS);
    }
    buf_deinit(&out);
    buf_reset(&client->in);
    return ok;
}

static bool
serve(struct scripted *s, struct client *client)
{
    if (!receive(client->fd, &client->in))
        return false;
    return client->is_ready ? take_requests(s, client) : begin_session(s, client);
}

static void
take_client(struct scripted *s, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (i >= s->nclients || s->clients[i].fd < 0) {
            struct buf in = s->clients[i].in, request = s->clients[i].request;
            buf_reset(&request);
            s->clients[i] =
                (struct client){ .fd = fd, .upstream = -1, .in = in, .request = request };
            s->nclients = i >= s->nclients ? i + 1 : s->nclients;
            return;
        }
    close(fd);
}

/* Until the test closes its end of the pipe, to which the counts go. */
static void
run(struct scripted *s, int listener, int control)
{
    for (;;) {
        struct pollfd fds[MAX_CLIENTS + 2] = { { .fd = listener, .events = POLLIN },
                                               { .fd = control, .events = POLLIN } };
        for (int i = 0; i < s->nclients; i++)
            fds[i + 2] = (struct pollfd){ .fd = s->clients[i].fd, .events = POLLIN };
        int n = s->nclients;
        if (poll(fds, (nfds_t)n + 2, -1) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < n; i++)
            if (fds[i + 2].revents != 0 && !serve(s, &s->clients[i]))
                hang_up(&s->clients[i]);
        if (fds[0].revents != 0)
            take_client(s, listener);
        if (fds[1].revents != 0)
            return;
    }
}

static _Noreturn void
be_server(const char *name, int listener, int control, enum server_fault fault, int at)
{
    struct scripted *s = mem_alloc(sizeof *s);
    const char *real = getenv("SERVER");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->path, sizeof s->path, "tests/unit/scripts/%s.script", name);
    snprintf(s->real, sizeof s->real, "%s", real != NULL ? real : "");
    s->is_recording = real != NULL && getenv("RECORD") != NULL;
    s->fault = fault;
    s->at = at;
    if (real == NULL || s->is_recording)
        load_script(s);
    run(s, listener, control);
    if (s->is_recording && s->nexchanges > 0)
        write_script(s);
    const int counts[2] = { s->nrequests, s->nunknown };
    ssize_t sent = send(control, counts, sizeof counts, MSG_NOSIGNAL);
    _exit(sent != sizeof counts);
}

/* The control socket of each server that runs, by its process: few at once. */
static struct {
    pid_t pid;
    int control;
} running[8];

void
server_start_faulty(struct scripted_server *server, const char *name, enum server_fault fault,
                    int at)
{
    int control[2], listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_true(make_folder(server->folder, sizeof server->folder));
    assert_true((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432",
                                 server->folder) < sizeof address.sun_path);
    snprintf(server->uri, sizeof server->uri, "postgresql://tester@/%s?host=%s", name,
             server->folder);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, MAX_CLIENTS), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        close(control[0]);
        be_server(name, listener, control[1], fault, at);
    }
    close(listener);
    close(control[1]);
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (running[i].pid == 0) {
            running[i].pid = server->pid;
            running[i].control = control[0];
            return;
        }
    fail_msg("too many servers at once");
}

void
server_start(struct scripted_server *server, const char *name)
{
    server_start_faulty(server, name, SERVER_WORKS, 0);
}

static void
stop(struct scripted_server *server, int counts[2])
{
    char path[300];
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (running[i].pid == server->pid) {
            shutdown(running[i].control, SHUT_WR);
            ssize_t got = recv(running[i].control, counts, 2 * sizeof *counts, MSG_WAITALL);
            close(running[i].control);
            running[i].pid = 0;
            assert_int_equal(got, 2 * sizeof *counts);
        }
    waitpid(server->pid, NULL, 0);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", server->folder);
    unlink(path);
    rmdir(server->folder);
}

int
server_stop(struct scripted_server *server)
{
    int counts[2] = { 0, 0 };
    stop(server, counts);
    assert_int_equal(counts[1], 0); /* requests that the script has no answer to */
    return counts[0];
}

void
server_stop_anyhow(struct scripted_server *server)
{
    int counts[2];
    stop(server, counts);
}

bool
server_is_real(void)
{
    return getenv("SERVER") != NULL;
}
