/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/observe.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pg/statement.h"

enum {
    FIRST_MS = 20,  /* of a statement: it is sampled every millisecond */
    SAMPLE_MS = 5,  /* between two looks from outside at what nothing else shows */
    GLANCE_MS = 50, /* ... at what will be seen at its end */
    QUICK_MS = 10,  /* a statement that was seen before, and ends sooner, is not looked at */
    SEEN_OFTEN = 2,
};

/* Columns of a look. */
enum {
    LOOK_LOCK_TIMEOUT,
    LOOK_STATEMENT_TIMEOUT,
    LOOK_WAL,
    LOOK_OID,
    LOOK_MODE,
    LOOK_NAME,
    LOOK_KIND,
    LOOK_FILE,
    LOOK_TABLE,
    LOOK_READ,
    LOOK_INSERTED,
    LOOK_UPDATED,
    LOOK_DELETED,
    LOOK_FETCHED, /* blocks of pg_class: fewer than before only when the counters began anew */
    LOOK_COLUMNS,
};

/* A server counts until it has handed its counts in: from 15 on it can be told to do so when the
 * transaction ends, else it does so when it likes. */
#define COUNT_ANEW 150000

#define LOOK_SQL(counted)                                                                          \
    "SELECT s.lock, s.statement, s.wal, l.relation, l.mode,"                                       \
    " pg_catalog.concat(n.nspname, '.', c.relname), c.relkind,"                                    \
    " pg_catalog.pg_relation_filenode(c.oid),"                                                     \
    " (SELECT pg_catalog.concat(m.nspname, '.', t.relname) FROM pg_catalog.pg_index i"             \
    "  JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) i.indrelid"                      \
    "  JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) t.relnamespace"              \
    "  WHERE i.indexrelid OPERATOR(pg_catalog.=) c.oid),"                                          \
    " pg_catalog.pg_stat_get_xact_tuples_returned(l.relation),"                                    \
    " pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation),"                                    \
    " pg_catalog.pg_stat_get_xact_tuples_updated(l.relation),"                                     \
    " pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation), s.fetched"                           \
    " FROM (SELECT pg_catalog.current_setting('lock_timeout') AS lock,"                            \
    "  pg_catalog.current_setting('statement_timeout') AS statement,"                              \
    "  pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0') AS wal," counted  \
    "  pg_catalog.pg_stat_get_xact_blocks_fetched(1259) AS fetched) s"                             \
    " LEFT JOIN pg_catalog.pg_locks l"                                                             \
    "  ON l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"                                \
    "  AND l.locktype OPERATOR(pg_catalog.=) 'relation'"                                           \
    "  AND l.relation OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"                               \
    " LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation"                  \
    " LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"          \
    " WHERE n.nspname IS NULL OR (n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'"                    \
    "  AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast_)?temp_')"

static const char look_sql[] = LOOK_SQL("");
static const char look_anew_sql[] =
    LOOK_SQL(" pg_catalog.pg_stat_force_next_flush() AS handed_in,");

/* From outside; what the transaction has made itself has no name there. */
static const char sample_sql[] =
    "SELECT l.relation, l.mode, l.granted FROM pg_catalog.pg_locks l"
    " WHERE l.pid = $1::int AND l.locktype = 'relation' AND l.relation >= 16384";

/* Counters of a relation in the transaction under way. */
struct counters {
    unsigned oid;
    int64_t read, inserted, updated, deleted;
};

#define FILE_GONE UINT32_MAX /* of a relation that the transaction under way has dropped */

/* A file that the transaction under way has given a relation. */
struct fresh {
    char *name;
    unsigned file;
};

struct watched {
    bool is_running, is_sampled, is_looking;
    int pid;
    int step; /* the last one, -1: none */
    int transaction;
    int first_hold; /* of the transaction under way, or a later one */
    bool is_in_transaction;
    bool was_looked_at; /* in the transaction under way: its counters are handed in at its end */
    bool has_changed;   /* in the transaction under way: relations are to be read anew */
    struct counters *counters;
    struct fresh *fresh;
    size_t ncounters, nfresh;
    int64_t wal, fetched;
    /* time of this session that was spent on looks, without what is busy_us already */
    int64_t looking_us, look_began_us, busy_before_us;
};

/* A statement as often as it was seen, whatever its values were. */
struct sight {
    int n;
};

struct observer {
    struct pg_conn *conn;
    struct record *record;
    struct proxy_observer hooks;
    struct relations before, now;
    struct watched **sessions; /* by number; NULL: it has left */
    int nsessions;
    struct map seen; /* by a hash of the text */
    struct arena arena;
    _Atomic(const char *) origin_file; /* another thread tells it */
    atomic_int origin_line;
    int64_t began_us, sampled_us;
    int64_t temp_bytes;                 /* of the database, when a transaction ended last */
    int64_t busy_us;                    /* while all sessions waited for us */
    int64_t looking_us, looks_began_us; /* the same, or while one was looked at */
    int nlooks;
    observer_on_touch on_touch;
    void *touch_ctx;
    struct map touched; /* by number of relation */
};

/* The time of a session is without the looks at it, and without what held all of them up. */
static double
elapsed_ms(const struct observer *observer, const struct watched *session)
{
    return (double)(clock_us() - observer->began_us - observer->busy_us - session->looking_us) /
           1000;
}

static void
begin_look(struct observer *observer, struct watched *session)
{
    if (session->is_looking)
        return;
    session->look_began_us = clock_us();
    session->busy_before_us = observer->busy_us;
    session->is_looking = true;
    if (observer->nlooks++ == 0)
        observer->looks_began_us = session->look_began_us;
}

static void
end_look(struct observer *observer, struct watched *session)
{
    int64_t now = clock_us();
    if (!session->is_looking)
        return;
    session->is_looking = false;
    session->looking_us +=
        now - session->look_began_us - (observer->busy_us - session->busy_before_us);
    if (--observer->nlooks == 0)
        observer->looking_us += now - observer->looks_began_us;
}

static void
end_busy(struct observer *observer, int64_t began_us)
{
    int64_t us = clock_us() - began_us;
    observer->busy_us += us;
    if (observer->nlooks == 0) /* else a look counts it */
        observer->looking_us += us;
}

/* ---- what a statement is */

static bool
begins_with(const struct statement *statement, const char *first, const char *second)
{
    char word[24];
    return strcmp(statement_word(statement, 0, word, sizeof word), first) == 0 &&
           (second == NULL || strcmp(statement_word(statement, 1, word, sizeof word), second) == 0);
}

static bool
has_text(const struct statement *statement, const char *word)
{
    for (size_t i = 0; i + strlen(word) <= statement->len; i++)
        if (strncasecmp(statement->text + i, word, strlen(word)) == 0)
            return true;
    return false;
}

/* Does it end transactions of its own? Then its locks are gone before anybody can look. */
static bool
commits_itself(const struct statement *statement)
{
    if (begins_with(statement, "REFRESH", NULL))
        return false; /* it is one transaction, CONCURRENTLY or not */
    return statement_has(statement, "CONCURRENTLY") || begins_with(statement, "VACUUM", NULL) ||
           begins_with(statement, "CALL", NULL) ||
           (begins_with(statement, "DO", NULL) && has_text(statement, "commit")) ||
           (begins_with(statement, "REINDEX", NULL) &&
            (statement_has(statement, "SCHEMA") || statement_has(statement, "DATABASE") ||
             statement_has(statement, "SYSTEM"))) ||
           (begins_with(statement, "CLUSTER", NULL) && statement->len < 24 &&
            begins_with(statement, "CLUSTER", ""));
}

static bool
changes_rows(const struct statement *statement)
{
    static const char *const words[] = { "SELECT", "INSERT", "UPDATE", "DELETE",
                                         "MERGE",  "COPY",   "WITH",   "VALUES" };
    char word[24];
    statement_word(statement, 0, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Of these the text holds no value of a row: strings in it are the schema's. */
static bool
is_of_schema(const struct statement *statement)
{
    static const char *const words[] = { "ALTER",   "BEGIN",    "COMMENT", "COMMIT", "CREATE",
                                         "DROP",    "LOCK",     "RESET",   "SET",    "START",
                                         "REINDEX", "TRUNCATE", "VACUUM",  "GRANT",  "REVOKE" };
    static const char *const values[] = { "SELECT",   "VALUES",    "PASSWORD",  "OPTIONS",
                                          "FUNCTION", "PROCEDURE", "CONNECTION" };
    char word[24];
    bool found = false;
    statement_word(statement, 0, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        found |= strcmp(words[i], word) == 0;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        found &= !statement_has(statement, values[i]);
    return found;
}

static uint64_t
hash_text(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h;
}

/* How often its like was seen, this time included. */
static int
count_sights(struct observer *observer, const struct statement *statement)
{
    struct buf plain = { 0 };
    statement_put(statement, true, &plain);
    uint64_t hash = hash_text(buf_str(&plain));
    struct sight *sight = map_get(&observer->seen, hash);
    if (sight == NULL) {
        sight = ARENA_NEW(&observer->arena, struct sight);
        map_put(&observer->seen, hash, sight);
    }
    buf_deinit(&plain);
    return ++sight->n;
}

/* ---- one session */

static struct watched *
session_of(struct observer *observer, int number)
{
    assert(number >= 0);
    while (observer->nsessions <= number) {
        observer->sessions =
            mem_grow(observer->sessions, (size_t)observer->nsessions, sizeof(struct watched *));
        observer->sessions[observer->nsessions++] = NULL;
    }
    if (observer->sessions[number] == NULL) {
        observer->sessions[number] = mem_alloc(sizeof(struct watched));
        observer->sessions[number]->step = -1;
    }
    return observer->sessions[number];
}

static struct step *
step_of(const struct observer *observer, const struct watched *session)
{
    assert(session->step >= 0);
    return &observer->record->steps[session->step];
}

static void
forget_transaction(struct watched *session)
{
    for (size_t i = 0; i < session->nfresh; i++)
        free(session->fresh[i].name);
    free(session->fresh);
    session->fresh = NULL;
    session->nfresh = 0;
    session->is_in_transaction = session->has_changed = session->was_looked_at = false;
}

static void
forget_counters(struct watched *session)
{
    free(session->counters);
    session->counters = NULL;
    session->ncounters = 0;
}

static void
touch(struct observer *observer, unsigned oid, const char *name, char kind)
{
    if (observer->on_touch == NULL || map_get(&observer->touched, oid) != NULL)
        return;
    map_put(&observer->touched, oid, observer);
    observer->on_touch(observer->touch_ctx, name, kind);
}

/* ---- holds */

static struct hold *
find_hold(struct observer *observer, int number, unsigned oid, enum lock_mode mode)
{
    struct record *record = observer->record;
    for (int i = session_of(observer, number)->first_hold; i < record->nholds; i++) {
        struct hold *hold = &record->holds[i];
        if (hold->is_open && hold->session == number && hold->oid == oid && hold->mode == mode)
            return hold;
    }
    return NULL;
}

static struct hold *
put_hold(struct observer *observer, int number, const struct relation *relation,
         enum lock_mode mode, bool is_exact)
{
    const struct watched *session = session_of(observer, number);
    struct hold *hold = find_hold(observer, number, relation->oid, mode);
    if (hold == NULL) {
        const struct step *step = step_of(observer, session);
        hold = record_hold(observer->record);
        hold->oid = relation->oid;
        hold->name = arena_strdup(&observer->record->arena, relation->name);
        hold->kind = relation->kind;
        hold->mode = mode;
        hold->session = number;
        hold->step = session->step;
        hold->from_ms = is_exact ? step->from_ms : elapsed_ms(observer, session);
    }
    if (is_exact && !hold->is_exact) { /* a sample saw it later than it was taken */
        hold->is_exact = true;
        hold->from_ms = observer->record->steps[hold->step].from_ms;
    }
    return hold;
}

static void
end_holds(struct observer *observer, int number)
{
    struct record *record = observer->record;
    for (int i = session_of(observer, number)->first_hold; i < record->nholds; i++) {
        struct hold *hold = &record->holds[i];
        if (!hold->is_open || hold->session != number)
            continue;
        hold->is_open = false;
        hold->to_ms = elapsed_ms(observer, session_of(observer, number));
    }
}

/* ---- effects */

static void
put_effect(struct observer *observer, const struct watched *session, enum effect_kind kind,
           const char *name, char relkind, int64_t rows)
{
    struct effect *effect = record_effect(observer->record);
    effect->step = session->step;
    effect->kind = kind;
    effect->name = arena_strdup(&observer->record->arena, name);
    effect->relkind = relkind;
    effect->rows = rows;
    effect->is_exact = step_of(observer, session)->is_exact;
}

/* The file that the relation had before this step, or one of its name that it takes the place of;
 * 0: there was none. */
static unsigned
file_before(const struct observer *observer, const struct watched *session, unsigned oid,
            const char *name)
{
    for (size_t i = 0; i < session->nfresh; i++)
        if (strcmp(session->fresh[i].name, name) == 0)
            return session->fresh[i].file;
    const struct relation *known = relations_find(&observer->now, oid);
    if (known == NULL)
        known = relations_named(&observer->now, name);
    return known != NULL ? known->file : 0;
}

static void
remember_file(struct watched *session, const char *name, unsigned file)
{
    size_t i = 0;
    while (i < session->nfresh && strcmp(session->fresh[i].name, name) != 0)
        i++;
    if (i == session->nfresh) {
        session->fresh = mem_grow(session->fresh, session->nfresh, sizeof *session->fresh);
        session->fresh[session->nfresh++].name = mem_strdup(name);
    }
    session->fresh[i].file = file;
}

/* A file that is not the one of before: by what the statement says it did. */
static enum effect_kind
kind_of_change(const struct step *step, const struct relation *relation, unsigned before)
{
    if (before == 0)
        return EFFECT_CREATE;
    bool empties = strncmp(step->tag, "TRUNCATE", 8) == 0 || strncmp(step->tag, "REFRESH", 7) == 0;
    if (empties || relation->kind == 'S')
        return EFFECT_NEW_FILE;
    return relation->kind == 'i' ? EFFECT_REBUILD : EFFECT_REWRITE;
}

static bool
has_file(char kind)
{
    return kind != 'p' && kind != 'I' && kind != 'v' && kind != 'f';
}

static void
compare_file(struct observer *observer, struct watched *session, const struct relation *relation)
{
    /* one without a file is followed by its number */
    unsigned file = has_file(relation->kind) ? relation->file : relation->oid;
    unsigned before = file_before(observer, session, relation->oid, relation->name);
    bool is_known = !has_file(relation->kind) && before == 0 &&
                    relations_find(&observer->now, relation->oid) != NULL;
    if (file == 0 || before == file || is_known)
        return;
    before = before == FILE_GONE ? 0 : before; /* it was dropped, and is made again */
    put_effect(observer, session, kind_of_change(step_of(observer, session), relation, before),
               relation->name, relation->kind, 0);
    remember_file(session, relation->name, file);
}

static struct counters *
counters_of(struct watched *session, unsigned oid)
{
    for (size_t i = 0; i < session->ncounters; i++)
        if (session->counters[i].oid == oid)
            return &session->counters[i];
    session->counters = mem_grow(session->counters, session->ncounters, sizeof *session->counters);
    session->counters[session->ncounters] = (struct counters){ .oid = oid };
    return &session->counters[session->ncounters++];
}

static void
compare_counters(struct observer *observer, struct watched *session,
                 const struct relation *relation, const struct counters *now)
{
    struct counters *was = counters_of(session, relation->oid);
    const struct {
        enum effect_kind kind;
        int64_t rows;
    } differences[] = {
        { EFFECT_SCAN, now->read - was->read },
        { EFFECT_INSERT, now->inserted - was->inserted },
        { EFFECT_UPDATE, now->updated - was->updated },
        { EFFECT_DELETE, now->deleted - was->deleted },
    };
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
        if (differences[i].rows > 0)
            put_effect(observer, session, differences[i].kind, relation->name, relation->kind,
                       differences[i].rows);
    *was = *now;
}

/* ---- a look */

/* "250ms", "5s", "1min", "0": as current_setting() says it; -1: it is none. */
static int
milliseconds(const char *text)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = { { "", 1 },       { "us", 0.001 }, { "ms", 1 },     { "s", 1000 },
                  { "min", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 } };
    char *unit;
    double n = strtod(text, &unit);
    for (size_t i = 0; unit != text && i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].unit) == 0)
            return (int)(n * units[i].ms);
    return -1;
}

static int64_t
integer(const char *text)
{
    return strtoll(text, NULL, 10);
}

/* A relation under a lock, as the session sees it; one that it dropped is known by its number. */
static bool
relation_of(const struct observer *observer, const char *const *cells, struct relation *out)
{
    *out = (struct relation){ .oid = (unsigned)integer(cells[LOOK_OID]),
                              .name = cells[LOOK_NAME],
                              .kind = cells[LOOK_KIND][0],
                              .file = (unsigned)integer(cells[LOOK_FILE]) };
    const struct relation *known = relations_find(&observer->now, out->oid);
    bool is_there = cells[LOOK_KIND][0] != '\0';
    if (known == NULL)
        return is_there; /* else made and dropped, or of a kind that is not followed */
    if (!is_there)
        *out = *known;
    out->name = known->name; /* the one by which everybody knows it, until the commit */
    return true;
}

/* Did the transaction put another relation of that name in its place? */
static bool
is_replaced(const struct proxy_rows *rows, const char *name)
{
    for (int i = 0; i < rows->n; i++) {
        const char *const *cells = rows->cells + (size_t)i * LOOK_COLUMNS;
        if (cells[LOOK_KIND][0] != '\0' && strcmp(cells[LOOK_NAME], name) == 0)
            return true;
    }
    return false;
}

static void
take_relation(struct observer *observer, int number, const struct proxy_rows *rows, int row)
{
    const char *const *cells = rows->cells + (size_t)row * LOOK_COLUMNS;
    struct watched *session = session_of(observer, number);
    struct relation relation;
    enum lock_mode mode = lock_mode_of(cells[LOOK_MODE]);
    if (mode == LOCK_NONE || !relation_of(observer, cells, &relation))
        return;
    bool is_there = cells[LOOK_KIND][0] != '\0';
    put_hold(observer, number, &relation, mode, true);
    touch(observer, relation.oid, relation.name, relation.kind);
    session->has_changed |= mode >= LOCK_SHARE_UPDATE_EXCLUSIVE;
    if (!is_there && mode == LOCK_ACCESS_EXCLUSIVE && !is_replaced(rows, relation.name) &&
        file_before(observer, session, relation.oid, relation.name) != FILE_GONE) {
        put_effect(observer, session, EFFECT_DROP, relation.name, relation.kind, 0);
        remember_file(session, relation.name, FILE_GONE);
    }
    if (!is_there)
        return;
    const struct counters counters = { relation.oid, integer(cells[LOOK_READ]),
                                       integer(cells[LOOK_INSERTED]), integer(cells[LOOK_UPDATED]),
                                       integer(cells[LOOK_DELETED]) };
    if (relation.kind == 'r' || relation.kind == 'm')
        compare_counters(observer, session, &relation, &counters);
    compare_file(observer, session, &relation);
}

static void
on_looked(void *ctx, int number, const struct proxy_rows *rows)
{
    struct observer *observer = ctx;
    struct watched *session = session_of(observer, number);
    if (session->step < 0)
        return;
    struct step *step = step_of(observer, session);
    if (rows == NULL || rows->n == 0) {
        observer->record->lost++;
        step->is_exact = false;
    } else {
        const char *const *first = rows->cells;
        step->lock_timeout_ms = milliseconds(first[LOOK_LOCK_TIMEOUT]);
        step->statement_timeout_ms = milliseconds(first[LOOK_STATEMENT_TIMEOUT]);
        int64_t wal = integer(first[LOOK_WAL]);
        step->wal_bytes = session->wal > 0 ? wal - session->wal : -1;
        session->wal = wal;
        session->was_looked_at = true;
        int64_t fetched = integer(first[LOOK_FETCHED]);
        if (fetched < session->fetched)
            forget_counters(session);
        session->fetched = fetched;
        for (int i = 0; i < rows->n; i++)
            if (rows->cells[i * LOOK_COLUMNS + LOOK_OID][0] != '\0')
                take_relation(observer, number, rows, i);
    }
    end_look(observer, session);
}

/* ---- from outside */

static void
sample(struct observer *observer, int number)
{
    struct watched *session = session_of(observer, number);
    struct decant_error ignored = { 0 };
    char pid[16];
    const char *params[] = { pid };
    snprintf(pid, sizeof pid, "%d", session->pid);
    struct pg_result *rows = pg_query(observer->conn, &ignored, sample_sql, 1, params);
    for (int i = 0; rows != NULL && i < pg_nrows(rows); i++) {
        unsigned oid = (unsigned)pg_int(rows, i, 0);
        const struct relation *known = relations_find(&observer->now, oid);
        enum lock_mode mode = lock_mode_of(pg_text(rows, i, 1));
        bool is_granted = pg_bool(rows, i, 2);
        if (known == NULL || mode == LOCK_NONE)
            continue;
        bool is_new = find_hold(observer, number, oid, mode) == NULL;
        struct hold *hold = put_hold(observer, number, known, mode, false);
        touch(observer, oid, known->name, known->kind);
        if (is_granted && hold->waited_ms == 0 && is_new)
            continue;
        if (!is_granted)
            hold->waited_ms = elapsed_ms(observer, session) - step_of(observer, session)->from_ms;
    }
    if (rows == NULL)
        observer->record->lost++;
    pg_result_free(rows);
}

static int
on_tick(void *ctx)
{
    struct observer *observer = ctx;
    int rest = GLANCE_MS;
    int64_t now = clock_us();
    for (int i = 0; i < observer->nsessions; i++) {
        const struct watched *session = observer->sessions[i];
        if (session == NULL || !session->is_running)
            continue;
        bool is_first =
            elapsed_ms(observer, session) - step_of(observer, session)->from_ms < FIRST_MS;
        int every = !session->is_sampled ? GLANCE_MS : is_first ? 1 : SAMPLE_MS;
        if (now - observer->sampled_us >= every * 1000) {
            observer->sampled_us = now;
            sample(observer, i);
        }
        rest = every < rest ? every : rest;
    }
    return rest;
}

/* What a statement that committed by itself left behind it, beside what was there before. */
static void
compare_all(struct observer *observer, struct watched *session, const struct relations *after)
{
    for (int i = 0; i < after->n; i++) {
        const struct relation *relation = after->list[i];
        const struct relation *old = relations_named(&observer->now, relation->name);
        if (relation->kind == 'I' || relation->kind == 'p' || relation->kind == 'v')
            continue;
        if (old == NULL || old->file != relation->file)
            put_effect(
                observer, session,
                kind_of_change(step_of(observer, session), relation, old != NULL ? old->file : 0),
                relation->name, relation->kind, 0);
    }
    for (int i = 0; i < observer->now.n; i++) {
        const struct relation *old = observer->now.list[i];
        if (relations_named(after, old->name) == NULL)
            put_effect(observer, session, EFFECT_DROP, old->name, old->kind, 0);
    }
}

static void
read_anew(struct observer *observer, struct watched *session, bool compares)
{
    struct relations after = { 0 };
    struct decant_error ignored = { 0 };
    if (!relations_load(observer->conn, false, &after, &ignored)) {
        observer->record->lost++;
        return;
    }
    if (compares && session->step >= 0)
        compare_all(observer, session, &after);
    relations_deinit(&observer->now);
    observer->now = after;
}

/* ---- what the proxy tells */

/* A number that the server has; 0 where it does not say. */
static int64_t
number_of(struct observer *observer, const char *sql)
{
    struct decant_error ignored = { 0 };
    struct pg_result *r = pg_query(observer->conn, &ignored, sql, 0, NULL);
    int64_t found = r != NULL ? pg_int(r, 0, 0) : 0;
    pg_result_free(r);
    return found;
}

static int64_t
wal_now(struct observer *observer)
{
    return number_of(
        observer,
        "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::int8");
}

static const char temporary_sql[] = "SELECT pg_catalog.pg_stat_get_db_temp_bytes(oid) FROM"
                                    " pg_catalog.pg_database WHERE datname ="
                                    " pg_catalog.current_database()";

/* A session that was looked at hands its counters in before it says that the transaction is over:
 * pg_stat_force_next_flush(), from 15 on. */
static void
take_temporary(struct observer *observer, struct watched *session)
{
    if (!session->was_looked_at || pg_conn_version(observer->conn) < COUNT_ANEW)
        return;
    int64_t now = number_of(observer, temporary_sql);
    step_of(observer, session)->temp_bytes = now - observer->temp_bytes;
    observer->temp_bytes = now;
}

static void
on_begun(void *ctx, const struct proxy_statement *told)
{
    struct observer *observer = ctx;
    struct watched *session = session_of(observer, told->session);
    struct arena *arena = &observer->record->arena;
    const struct statement statement = { told->text, told->len, 1, false };
    struct buf text = { 0 };
    int64_t begun = clock_us();
    statement_put(&statement, told->is_whole || !is_of_schema(&statement), &text);
    end_look(observer, session); /* one that was asked for, and never taken */
    struct step *step = record_step(observer->record);
    session->step = observer->record->nsteps - 1;
    session->pid = told->pid;
    session->is_running = true;
    session->is_sampled = told->is_whole || commits_itself(&statement);
    if (!session->is_in_transaction) {
        session->transaction = observer->record->ntransactions++;
        session->first_hold = observer->record->nholds;
    }
    session->is_in_transaction = true;
    if (told->session >= observer->record->nsessions)
        observer->record->nsessions = told->session + 1;
    session->wal = wal_now(observer);
    end_busy(observer, begun);
    step->session = told->session;
    step->transaction = session->transaction;
    step->text = arena_strdup(arena, buf_str(&text));
    step->sql = arena_strndup(arena, told->text, told->len);
    step->file = atomic_load(&observer->origin_file);
    step->line = atomic_load(&observer->origin_line);
    step->is_whole = told->is_whole;
    step->is_exact = !session->is_sampled;
    step->has_params = statement_has_parameter(&statement);
    step->from_ms = elapsed_ms(observer, session);
    buf_deinit(&text);
}

/* The number that ends a tag as "UPDATE 3"; -1: there is none. */
static int64_t
rows_of_tag(const char *tag)
{
    const char *last = strrchr(tag, ' ');
    return last != NULL && isdigit((unsigned char)last[1]) ? integer(last + 1) : -1;
}

/* After these there is nothing to see, or a look would be the first query of the transaction, which
 * some of them must not come behind. */
static bool
is_plain_tag(const char *tag)
{
    static const char *const plain[] = { "BEGIN",   "START",    "SET",        "RESET",
                                         "SHOW",    "COMMIT",   "ROLLBACK",   "SAVEPOINT",
                                         "RELEASE", "PREPARE",  "DEALLOCATE", "LISTEN",
                                         "NOTIFY",  "UNLISTEN", "DISCARD",    "LOCK" };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        size_t len = strlen(plain[i]);
        if (strncmp(tag, plain[i], len) == 0 && (tag[len] == '\0' || tag[len] == ' '))
            return true;
    }
    return false;
}

static void
take_failure(struct observer *observer, struct step *step, const struct proxy_end *end)
{
    struct arena *arena = &observer->record->arena;
    step->sqlstate = arena_strdup(arena, end->sqlstate);
    step->schema = arena_strdup(arena, end->schema);
    step->table = arena_strdup(arena, end->table);
    step->column = arena_strdup(arena, end->column);
    step->constraint = arena_strdup(arena, end->constraint);
    step->datatype = arena_strdup(arena, end->datatype);
}

static bool
on_ended(void *ctx, int number, const struct proxy_end *end)
{
    struct observer *observer = ctx;
    struct watched *session = session_of(observer, number);
    if (session->step < 0)
        return false;
    struct step *step = step_of(observer, session);
    if (session->is_running)
        step->took_ms = elapsed_ms(observer, session) - step->from_ms;
    if (session->is_running && end->sqlstate[0] != '\0' && step->took_ms >= 1)
        sample(observer, number);
    session->is_running = false;
    step->is_in_block = end->is_in_block;
    if (end->sqlstate[0] != '\0') { /* perhaps of the COMMIT behind it */
        if (step->sqlstate[0] == '\0')
            take_failure(observer, step, end);
        return false;
    }
    step->tag = arena_strdup(&observer->record->arena, end->tag);
    step->rows = rows_of_tag(end->tag);
    const struct statement statement = { step->sql, strlen(step->sql), 1, false };
    if (strncmp(end->tag, "LOCK", 4) == 0)
        sample(observer, number);
    if (is_plain_tag(end->tag))
        return false;
    if (changes_rows(&statement) && count_sights(observer, &statement) > SEEN_OFTEN &&
        step->took_ms < QUICK_MS)
        return false;
    begin_look(observer, session);
    return true;
}

static void
on_settled(void *ctx, int number, bool is_in_block)
{
    struct observer *observer = ctx;
    struct watched *session = session_of(observer, number);
    end_look(observer, session);
    if (is_in_block)
        return;
    end_holds(observer, number);
    if (session->step < 0)
        return;
    int64_t begun = clock_us();
    bool was_sampled = session->is_sampled && session->is_in_transaction;
    if (session->has_changed || was_sampled)
        read_anew(observer, session, was_sampled);
    take_temporary(observer, session);
    end_busy(observer, begun);
    forget_transaction(session);
    if (pg_conn_version(observer->conn) >= COUNT_ANEW)
        forget_counters(session);
}

static void
on_left(void *ctx, int number)
{
    struct observer *observer = ctx;
    struct watched *session = session_of(observer, number);
    end_look(observer, session);
    end_holds(observer, number);
    forget_transaction(session);
    forget_counters(session);
    free(session);
    observer->sessions[number] = NULL;
}

/* ---- the whole */

struct observer *
observer_new(struct pg_conn *conn, struct record *record, struct decant_error *err)
{
    assert(conn != NULL && record != NULL);
    struct observer *observer = mem_alloc(sizeof *observer);
    observer->conn = conn;
    observer->record = record;
    observer->hooks =
        (struct proxy_observer){ .ctx = observer,
                                 .look =
                                     pg_conn_version(conn) >= COUNT_ANEW ? look_anew_sql : look_sql,
                                 .columns = LOOK_COLUMNS,
                                 .begun = on_begun,
                                 .ended = on_ended,
                                 .looked = on_looked,
                                 .settled = on_settled,
                                 .left = on_left,
                                 .tick = on_tick };
    if (!pg_exec(conn, err, "SET lock_timeout = '1s'") || /* nobody waits for us who waits */
        !relations_load(conn, true, &observer->before, err) ||
        !relations_load(conn, false, &observer->now, err)) {
        observer_free(observer);
        return NULL;
    }
    observer->temp_bytes = number_of(observer, temporary_sql); /* of a run before this one */
    observer->began_us = clock_us();
    return observer;
}

void
observer_on_touched(struct observer *observer, observer_on_touch touched, void *ctx)
{
    assert(observer != NULL);
    observer->on_touch = touched;
    observer->touch_ctx = ctx;
}

const struct proxy_observer *
observer_hooks(const struct observer *observer)
{
    assert(observer != NULL);
    return &observer->hooks;
}

void
observer_set_origin(struct observer *observer, struct origin origin)
{
    assert(observer != NULL);
    atomic_store(&observer->origin_file, origin.file);
    atomic_store(&observer->origin_line, origin.line);
}

void
observer_take_before(struct observer *observer, struct relations *out)
{
    assert(observer != NULL && out != NULL);
    *out = observer->before;
    observer->before = (struct relations){ 0 };
}

bool
observer_finish(struct observer *observer, struct decant_error *err)
{
    assert(observer != NULL);
    for (int i = 0; i < observer->nsessions; i++)
        if (observer->sessions[i] != NULL)
            on_left(observer, i);
    observer->record->took_ms =
        (double)(clock_us() - observer->began_us - observer->looking_us) / 1000;
    return !pg_conn_is_lost(observer->conn) ||
           error_set(err, DECANT_UNAVAILABLE, "the connection of the observer was lost");
}

void
observer_free(struct observer *observer)
{
    if (observer == NULL)
        return;
    for (int i = 0; i < observer->nsessions; i++)
        if (observer->sessions[i] != NULL)
            on_left(observer, i);
    free(observer->sessions);
    relations_deinit(&observer->before);
    relations_deinit(&observer->now);
    map_deinit(&observer->seen);
    map_deinit(&observer->touched);
    arena_deinit(&observer->arena);
    pg_close(observer->conn);
    free(observer);
}
