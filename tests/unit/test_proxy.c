/* SPDX-License-Identifier: PostgreSQL */
/* A program, the proxy and a server that is a few rules: what the program gets through the proxy is
 * what it gets without it, and the looks come when the transaction is still open. */
#include "proxy/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "proxy/internal.h"
#include "unit.h"

/* ---- the server: by the words of a statement */

struct fake {
    char folder[200];
    int listener;
    pthread_t thread;
    struct buf seen; /* what it was sent: types of messages */
};

struct fake_session {
    int fd;
    char state;
    bool is_copying, skips, is_several_failed;
    char prepared[200], look[200];
};

static void
say(struct buf *out, char type, const char *body, size_t len)
{
    message_put(out, type, body, len);
}

static void
ready(struct fake_session *s, struct buf *out)
{
    say(out, 'Z', &s->state, 1);
}

static bool
mentions(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* Of a row with one column. */
static const char description[22] = { 0, 1, 'c' };

/* What a statement does to the state, and its tag. False: it fails. */
static bool
do_it(struct fake_session *s, const char *text, bool is_simple, struct buf *out)
{
    static const char row[] = "\0\1\0\0\0\2hi";
    if (s->state == 'E' && !mentions(text, "ROLLBACK")) {
        say(out, 'E', "C25P02\0", 8);
        return false;
    }
    if (mentions(text, "fail")) {
        say(out, 'E', "C23505\0tt\0nk\0", 14);
        s->state = s->state == 'T' ? 'E' : s->state;
        return false;
    }
    if (mentions(text, "copy in")) {
        say(out, 'G', "\0\0\0", 3);
        s->is_copying = true;
        return true;
    }
    if (mentions(text, "BEGIN") || mentions(text, "begin"))
        s->state = 'T';
    if (mentions(text, "COMMIT") || mentions(text, "commit") || mentions(text, "ROLLBACK"))
        s->state = 'I';
    if (mentions(text, "notice"))
        say(out, 'N', "SNOTICE\0", 9);
    if (mentions(text, "rows")) {
        if (is_simple)
            say(out, 'T', description, sizeof description);
        say(out, 'D', row, 8);
    }
    const char *tag = mentions(text, "BEGIN") || mentions(text, "begin") ? "BEGIN"
                      : mentions(text, "set")                            ? "SET"
                                                                         : "DONE";
    say(out, 'C', tag, strlen(tag) + 1);
    return true;
}

/* A simple query: statements are parted by semicolons. */
static void
query(struct fake_session *s, const char *text, struct buf *out)
{
    struct statements all = { text, text + strlen(text), 1 };
    struct statement one;
    bool ok = true;
    while (ok && statement_next(&all, &one)) {
        char *copy = strndup(one.text, one.len);
        ok = do_it(s, copy, true, out);
        free(copy);
    }
    if (!s->is_copying)
        ready(s, out);
}

static void
extended(struct fake_session *s, const struct message *m, struct buf *out)
{
    size_t at = 0;
    if (s->skips && m->type != 'S')
        return;
    switch (m->type) {
    case 'P': {
        const char *name = message_string(m, &at);
        const char *text = message_string(m, &at);
        snprintf(mentions(name, "decant") ? s->look : s->prepared, 200, "%s", text);
        if (mentions(text, "parse error")) {
            say(out, 'E', "C42601\0", 8);
            s->skips = true;
        } else {
            say(out, '1', NULL, 0);
        }
        break;
    }
    case 'B':
        say(out, '2', NULL, 0);
        break;
    case 'D':
        say(out, mentions(s->prepared, "rows") ? 'T' : 'n', description,
            mentions(s->prepared, "rows") ? sizeof description : 0);
        break;
    case 'E': {
        bool is_look = mentions(message_string(m, &at), "decant");
        s->skips = !do_it(s, is_look ? s->look : s->prepared, false, out);
        break;
    }
    case 'C':
        say(out, '3', NULL, 0);
        break;
    case 'S':
        s->skips = false;
        ready(s, out);
        break;
    default:
        break;
    }
}

static void
answer(struct fake_session *s, const struct message *m, struct buf *out)
{
    if (s->is_copying && (m->type == 'c' || m->type == 'f')) {
        s->is_copying = false;
        say(out, m->type == 'c' ? 'C' : 'E', m->type == 'c' ? "COPY 1\0" : "C57014\0", 8);
        if (s->look[0] == '\0' && s->prepared[0] == '\0')
            ready(s, out);
        return;
    }
    if (s->is_copying)
        return;
    if (m->type == 'Q')
        query(s, m->body, out);
    else
        extended(s, m, out);
}

static void
send_all(int fd, struct buf *out)
{
    assert_true(out->len == 0 || send(fd, out->data, out->len, MSG_NOSIGNAL) == (ssize_t)out->len);
    buf_reset(out);
}

static void
converse(struct fake *fake, int fd)
{
    struct fake_session s = { .fd = fd, .state = 'I' };
    struct buf in = { 0 }, out = { 0 };
    char block[4096];
    bool is_open = false;
    ssize_t n;
    while ((n = recv(fd, block, sizeof block, 0)) > 0) {
        struct message m;
        size_t at = 0;
        buf_add(&in, block, (size_t)n);
        for (;;) {
            enum message_found found = is_open
                                           ? message_read(in.data + at, in.len - at, &m)
                                           : message_read_opening(in.data + at, in.len - at, &m);
            if (found != MESSAGE_WHOLE)
                break;
            at += m.whole;
            if (is_open) {
                buf_putc(&fake->seen, m.type);
                answer(&s, &m, &out);
            } else if (message_code(&m) == OPENING_CANCEL) {
                buf_puts(&fake->seen, "<cancel>");
            } else {
                say(&out, 'R', "\0\0\0", 4);
                say(&out, 'K', "\0\0\1\0\0\0\0", 8);
                ready(&s, &out);
                is_open = true;
            }
        }
        memmove(in.data, in.data + at, in.len - at);
        buf_cut(&in, in.len - at);
        send_all(fd, &out);
    }
    buf_deinit(&in);
    buf_deinit(&out);
    close(fd);
}

static void *
serve(void *arg)
{
    struct fake *fake = arg;
    int fd;
    while ((fd = accept(fake->listener, NULL, NULL)) >= 0)
        converse(fake, fd); /* one after the other */
    return NULL;
}

static void
fake_begin(struct fake *fake)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memset(fake, 0, sizeof *fake);
    assert_true(make_folder(fake->folder, sizeof fake->folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/.s.PGSQL.5432", fake->folder);
    fake->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fake->listener, 8), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

/* What it has seen may be read then. */
static void
fake_stop(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
}

static void
fake_end(struct fake *fake)
{
    buf_deinit(&fake->seen);
    remove_folder(fake->folder);
}

/* ---- who looks */

struct watcher {
    struct buf told;
    bool looks;
};

static void
begun(void *ctx, const struct proxy_statement *statement)
{
    struct watcher *w = ctx;
    buf_printf(&w->told, "<%.*s%s", (int)statement->len, statement->text,
               statement->is_whole ? "!" : "");
}

static bool
ended(void *ctx, int session, const struct proxy_end *end)
{
    struct watcher *w = ctx;
    (void)session;
    buf_printf(&w->told, "%s%s>", end->tag, end->sqlstate);
    return w->looks && strcmp(end->tag, "BEGIN") != 0 && strcmp(end->tag, "SET") != 0;
}

static void
looked(void *ctx, int session, const struct proxy_rows *rows)
{
    struct watcher *w = ctx;
    (void)session;
    buf_printf(&w->told, "(%s)", rows == NULL ? "lost" : rows->n == 1 ? rows->cells[0] : "none");
}

static void
settled(void *ctx, int session, bool is_in_block)
{
    struct watcher *w = ctx;
    (void)session;
    buf_puts(&w->told, is_in_block ? "~" : ".");
}

/* ---- the program */

static int
connect_to(const struct fake *fake, int port)
{
    if (port == 0) {
        const struct proxy_upstream direct = { fake->folder, "5432", "d", "u" };
        struct decant_error err;
        return upstream_connect(&direct, &err);
    }
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* A step: what is sent, and how many ReadyForQuery (or CopyInResponse) are waited for. */
struct said {
    const char *types; /* Q text; P text; S; ... one message */
    const char *text;
    int waits;
};

static void
put_said(const struct said *said, struct buf *out)
{
    for (const char *type = said->types; *type != '\0'; type++) {
        if (*type == 'Q')
            message_put(out, 'Q', said->text, strlen(said->text) + 1);
        else if (*type == 'P')
            message_put_parse(out, "", said->text, strlen(said->text));
        else if (*type == 'B')
            message_put_bind(out, "", "");
        else if (*type == 'D')
            message_put_named(out, 'D', 'P', "");
        else if (*type == 'E')
            message_put_execute(out, "");
        else if (*type == 'd')
            message_put(out, 'd', "1\n", 2);
        else if (*type == 'f')
            message_put(out, 'f', "no", 3);
        else
            message_put(out, *type, NULL, 0);
    }
}

/* Reads until so many messages of these types came; all of it to `got`. */
static void
hear(int fd, int waits, struct buf *got, size_t *parsed)
{
    char block[4096];
    while (waits > 0) {
        struct message m;
        while (waits > 0 && message_read(got->data != NULL ? got->data + *parsed : "",
                                         got->len - *parsed, &m) == MESSAGE_WHOLE) {
            *parsed += m.whole;
            waits -= m.type == 'Z' || m.type == 'G';
        }
        if (waits == 0)
            return;
        struct pollfd end = { .fd = fd, .events = POLLIN };
        if (poll(&end, 1, 10000) <= 0)
            fail_msg("no answer within ten seconds");
        ssize_t n = recv(fd, block, sizeof block, 0);
        if (n <= 0)
            fail_msg("the connection was closed");
        buf_add(got, block, (size_t)n);
    }
}

/* A session's, of keys and values with NUL behind each. */
static void
put_opening(struct buf *out, const char *parameters, size_t len)
{
    const char head[] = { 0, 0, 0, (char)(len + 9), 0, 3, 0, 0 };
    buf_add(out, head, sizeof head);
    buf_add(out, parameters, len);
    buf_putc(out, '\0');
}

static void
run_program(int fd, const struct said *said, int n, struct buf *got)
{
    struct buf out = { 0 };
    size_t parsed = 0;
    put_opening(&out, "user\0u\0database\0d\0", 18);
    send_all(fd, &out);
    hear(fd, 1, got, &parsed);
    for (int i = 0; i < n; i++) {
        put_said(&said[i], &out);
        send_all(fd, &out);
        hear(fd, said[i].waits, got, &parsed);
    }
    message_put(&out, 'X', NULL, 0);
    send_all(fd, &out);
    close(fd);
    buf_deinit(&out);
}

struct running {
    struct proxy *proxy;
    atomic_int stop;
    pthread_t thread;
};

static void *
run_proxy(void *arg)
{
    struct running *running = arg;
    struct decant_error err = { 0 };
    proxy_run(running->proxy, &running->stop, &err);
    return NULL;
}

/* What a program gets through the proxy is the same, and this is what the watcher is told. */
static void
same_and_told(const struct said *said, int n, bool looks, const char *told)
{
    struct fake fake;
    struct watcher watcher = { .looks = looks };
    struct running running = { 0 };
    struct decant_error err = { 0 };
    struct buf direct = { 0 }, proxied = { 0 };
    fake_begin(&fake);
    const struct proxy_upstream upstream = { fake.folder, "5432", "d", "u" };
    const struct proxy_observer observer = { .ctx = &watcher,
                                             .look = "look rows",
                                             .columns = 1,
                                             .begun = begun,
                                             .ended = ended,
                                             .looked = looked,
                                             .settled = settled };
    run_program(connect_to(&fake, 0), said, n, &direct);
    assert_true(proxy_new(&upstream, &observer, &running.proxy, &err));
    assert_int_equal(pthread_create(&running.thread, NULL, run_proxy, &running), 0);
    run_program(connect_to(&fake, proxy_port(running.proxy)), said, n, &proxied);
    atomic_store(&running.stop, 1);
    pthread_join(running.thread, NULL);
    proxy_free(running.proxy);
    assert_true(direct.len == proxied.len);
    assert_memory_equal(direct.data, proxied.data, direct.len);
    if (told != NULL)
        assert_string_equal(buf_str(&watcher.told), told);
    buf_deinit(&direct);
    buf_deinit(&proxied);
    buf_deinit(&watcher.told);
    fake_stop(&fake);
    fake_end(&fake);
}

#define SAME(told, ...)                                                                            \
    do {                                                                                           \
        const struct said said[] = { __VA_ARGS__ };                                                \
        same_and_told(said, sizeof said / sizeof *said, true, told);                               \
        same_and_told(said, sizeof said / sizeof *said, false, NULL);                              \
    } while (0)

static void
a_statement_by_itself_is_looked_at_before_its_commit(void **state)
{
    (void)state;
    SAME(".<alter aDONE>(hi).", { "Q", "alter a;", 1 });
    SAME(".<select rowsDONE>(hi).", { "Q", "select rows", 1 });
    SAME(".<alter notice aDONE>(hi).", { "Q", "alter notice a", 1 });
    SAME(".<alter fail23505>.<bDONE>(hi).", { "Q", "alter fail", 1 }, { "Q", "b", 1 });
}

static void
in_a_block_the_look_comes_before_the_program_goes_on(void **state)
{
    (void)state;
    SAME(".<beginBEGIN>~<aDONE>(hi)~<rowsDONE>(hi)~<commitDONE>.", { "Q", "begin", 1 },
         { "Q", "a", 1 }, { "Q", "rows", 1 }, { "Q", "commit", 1 });
    SAME(".<beginBEGIN>~<fail23505>~<a25P02>~<ROLLBACKDONE>.", { "Q", "begin", 1 },
         { "Q", "fail", 1 }, { "Q", "a", 1 }, { "Q", "ROLLBACK", 1 });
}

static void
several_in_one_string_are_run_one_by_one(void **state)
{
    (void)state;
    SAME(".<aDONE>(hi)<set bSET><rowsDONE>(hi).", { "Q", "a; set b; rows;", 1 });
    SAME(".<beginBEGIN><aDONE>(hi)<commitDONE>.", { "Q", "begin; a; commit", 1 });
    /* one fails: what the program gets is the error of the whole */
    SAME(".<aDONE>(hi)<fail23505>.", { "Q", "a; fail; b", 1 });
    SAME(".<beginBEGIN><aDONE>(hi)<fail23505>~<ROLLBACKDONE>.",
         { "Q", "begin; a; fail; commit", 1 }, { "Q", "ROLLBACK", 1 });
}

static void
what_cannot_be_parted_goes_whole_and_is_marked(void **state)
{
    (void)state;
    SAME(".<a; vacuum!DONE>DONE>.", { "Q", "a; vacuum", 1 });
    SAME(".<beginBEGIN>~<a; b!DONE>DONE>(hi)~", { "Q", "begin", 1 }, { "Q", "a; b", 1 });
    SAME(".<begin; a!BEGIN>DONE>(hi)~", { "Q", "begin; a", 1 });
}

static void
the_extended_protocol_is_looked_at_before_sync(void **state)
{
    (void)state;
    SAME(".<aDONE>(hi).", { "PBDES", "a", 1 });
    SAME(".<rowsDONE>(hi)<rowsDONE>(hi).", { "PBDEBES", "rows", 1 });
    SAME(".<fail23505>.<aDONE>(hi).", { "PBEBES", "fail", 1 }, { "PBES", "a", 1 });
    SAME(".<parse error42601>.", { "PBES", "parse error", 1 });
    SAME(".<beginBEGIN>~<aDONE>(hi)~", { "PBES", "begin", 1 }, { "PBES", "a", 1 });
    SAME(".<aDONE>(hi).<aDONE>(hi).", { "PBESPBES", "a", 2 }); /* a pipeline */
}

static void
rows_of_copy_pass_both_ways(void **state)
{
    (void)state;
    SAME(".<copy inCOPY 1>(hi).", { "PBE", "copy in", 1 }, { "ddcS", "", 1 });
    SAME(".<beginBEGIN>~<copy inCOPY 1>(hi)~", { "Q", "begin", 1 }, { "Q", "copy in", 1 },
         { "dc", "", 1 });
    SAME(NULL, { "PBE", "copy in", 1 }, { "dfS", "", 1 });
}

static void
a_look_that_fails_is_told_and_no_other_is_taken(void **state)
{
    struct session session = { 0 };
    struct watcher watcher = { 0 };
    const struct proxy_observer observer = {
        .ctx = &watcher, .look = "x", .columns = 1, .looked = looked
    };
    const struct proxy_upstream upstream = { "/", "1", "d", "u" };
    const struct message error = { .type = 'E', .body = "C57014\0", .len = 8 };
    struct decant_error err = { 0 };
    (void)state;
    assert_true(proxy_new(&upstream, &observer, &session.proxy, &err));
    session.program.fd = session.server.fd = -1;
    look_begin(&session, false);
    assert_true(look_take(&session, &error));
    assert_true(session.is_blind);
    assert_string_equal(buf_str(&watcher.told), "(lost)");
    proxy_free(session.proxy);
    buf_deinit(&session.server.out.bytes);
    buf_deinit(&session.cells);
    buf_deinit(&watcher.told);
}

/* Sends an opening and returns the first byte of the answer; '\0': it was closed. */
static char
open_with(const char *opening, size_t len, struct buf *got)
{
    struct watcher watcher = { 0 };
    const struct proxy_observer observer = { .ctx = &watcher, .look = "x", .columns = 1 };
    struct running running = { 0 };
    struct decant_error err = { 0 };
    struct fake fake;
    char block[512];
    ssize_t n;
    fake_begin(&fake);
    const struct proxy_upstream upstream = { fake.folder, "5432", "d", "u" };
    assert_true(proxy_new(&upstream, &observer, &running.proxy, &err));
    assert_int_equal(pthread_create(&running.thread, NULL, run_proxy, &running), 0);
    int fd = connect_to(&fake, proxy_port(running.proxy));
    assert_true(send(fd, opening, len, 0) == (ssize_t)len);
    /* until it is closed, or nothing comes any more */
    struct pollfd end = { .fd = fd, .events = POLLIN };
    while (poll(&end, 1, 500) > 0 && (n = recv(fd, block, sizeof block, 0)) > 0)
        buf_add(got, block, (size_t)n);
    close(fd);
    atomic_store(&running.stop, 1);
    pthread_join(running.thread, NULL);
    proxy_free(running.proxy);
    fake_stop(&fake);
    if (mentions(buf_str(&fake.seen), "<cancel>"))
        buf_puts(got, "cancel");
    fake_end(&fake);
    return got->len > 0 ? got->data[0] : '\0';
}

static void
only_its_database_and_role_get_through(void **state)
{
    static const struct {
        const char *parameters;
        size_t len;
        const char *state;
    } cases[] = {
        { "user\0x\0database\0d\0", 18, "28000" },
        { "user\0u\0database\0x\0", 18, "28000" },
        { "user\0u\0", 7, "28000" },
        { "user\0u\0database\0d\0replication\0true\0", 35, "0A000" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf got = { 0 }, opening = { 0 };
        struct message message;
        put_opening(&opening, cases[i].parameters, cases[i].len);
        assert_int_equal(open_with(opening.data, opening.len, &got), 'E');
        assert_int_equal(message_read(got.data, got.len, &message), MESSAGE_WHOLE);
        assert_string_equal(message_field(&message, 'C'), cases[i].state);
        buf_deinit(&opening);
        buf_deinit(&got);
    }
}

static void
tls_is_declined_and_requests_to_cancel_pass(void **state)
{
    struct buf got = { 0 };
    (void)state;
    assert_int_equal(open_with("\0\0\0\10\4\xd2\x16\x2f", 8, &got), 'N');
    buf_reset(&got);
    open_with("\0\0\0\20\4\xd2\x16\x2e\0\0\1\0\0\0\0\0", 16, &got);
    assert_string_equal(buf_str(&got), "cancel");
    buf_reset(&got);
    assert_int_equal(open_with("garbage garbage", 15, &got), '\0');
    buf_deinit(&got);
}

/* A program that speaks IPv6, too, is another line of another table. */
static void
programs_of_the_same_user_are_known_however_they_connect(void **state)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 0;
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof own;
    (void)state;
    assert_int_equal(bind(listener, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&own, &len), 0);
    assert_int_equal(listen(listener, 2), 0);
    int four = socket(AF_INET, SOCK_STREAM, 0), six = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(connect(four, (struct sockaddr *)&own, sizeof own), 0);
    int fd = accept(listener, NULL, NULL);
    assert_true(upstream_is_own_user(fd));
    close(fd);
    struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = own.sin_port };
    memcpy(mapped.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    if (six >= 0 && setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 &&
        connect(six, (struct sockaddr *)&mapped, sizeof mapped) == 0) {
        fd = accept(listener, NULL, NULL);
        assert_true(upstream_is_own_user(fd));
        close(fd);
    }
    close(four);
    close(six);
    close(listener);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_of_the_same_user_are_known_however_they_connect),
        cmocka_unit_test(a_statement_by_itself_is_looked_at_before_its_commit),
        cmocka_unit_test(in_a_block_the_look_comes_before_the_program_goes_on),
        cmocka_unit_test(several_in_one_string_are_run_one_by_one),
        cmocka_unit_test(what_cannot_be_parted_goes_whole_and_is_marked),
        cmocka_unit_test(the_extended_protocol_is_looked_at_before_sync),
        cmocka_unit_test(rows_of_copy_pass_both_ways),
        cmocka_unit_test(a_look_that_fails_is_told_and_no_other_is_taken),
        cmocka_unit_test(only_its_database_and_role_get_through),
        cmocka_unit_test(tls_is_declined_and_requests_to_cancel_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
