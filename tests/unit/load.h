/* SPDX-License-Identifier: PostgreSQL */
/* A source that exists only in a test, as far as a target looks at it: catalog, plan and rows made
 * by hand; and a SQLite file that is looked at afterwards. */
#ifndef LOAD_H
#define LOAD_H

#include <math.h>
#include <sqlite3.h>

#include "base/bytes.h"
#include "fake.h"
#include "load/ddl_sqlite.h"

enum { MOST_TABLES = 12, MOST_KEYS = 12 };

struct source {
    struct arena arena;
    struct notes notes;
    struct catalog catalog;
    struct plan plan;
    struct table tables[MOST_TABLES];
    const struct table *list[MOST_TABLES];
    struct plan_key keys[MOST_KEYS];
    struct foreign_key foreign_keys[MOST_KEYS];
};

static inline void
source_init(struct source *s)
{
    memset(s, 0, sizeof *s);
    notes_init(&s->notes);
    s->catalog.server = (struct server){
        .version = 150018, .encoding = "UTF8", .collate = "C", .ctype = "C", .money_scale = 2
    };
    s->plan = (struct plan){ .catalog = &s->catalog, .tables = s->list, .keys = s->keys };
    s->catalog.tables = s->tables;
}

static inline void
source_deinit(struct source *s)
{
    map_deinit(&s->plan.constants);
    notes_deinit(&s->notes);
    arena_deinit(&s->arena);
}

/* "id integer!, name character varying(20)": "!" is NOT NULL, "=..." a default. */
static inline struct table *
source_table(struct source *s, const char *schema, const char *name, const char *columns)
{
    struct table *table = &s->tables[s->catalog.ntables];
    struct column *list = ARENA_ARRAY(&s->arena, struct column, 1700);
    char *copy = arena_strdup(&s->arena, columns), *rest = copy;
    int n = 0;
    for (char *part; *columns != '\0' && (part = strsep(&rest, ",")) != NULL; n++) {
        part += strspn(part, " ");
        char *blank = strchr(part, ' '), *equals = strchr(part, '=');
        if (equals != NULL)
            *equals++ = '\0';
        *blank++ = '\0';
        bool not_null = blank[strlen(blank) - 1] == '!';
        if (not_null)
            blank[strlen(blank) - 1] = '\0';
        list[n] = fake_column(part, blank);
        struct type *type = ARENA_NEW(&s->arena, struct type); /* its own: some tests change it */
        *type = *list[n].type;
        list[n].type = type;
        list[n].attnum = n + 1;
        list[n].not_null = not_null;
        list[n].default_sql = equals;
    }
    *table = (struct table){ .oid = (uint32_t)(20000 + s->catalog.ntables),
                             .schema = schema,
                             .name = name,
                             .kind = 'r',
                             .ncolumns = n,
                             .columns = list,
                             .root = table,
                             .indexes = ARENA_ARRAY(&s->arena, struct index, 8),
                             .checks = ARENA_ARRAY(&s->arena, struct check, 40) };
    s->list[s->plan.ntables++] = table;
    s->catalog.ntables++;
    return table;
}

static inline struct column *
source_column(struct table *table, const char *name)
{
    return (struct column *)&table->columns[table_column(table, name)];
}

/* Keys by their names, "a, b"; "(sql)" is an expression, "-a" descends, "+a" is included. */
static inline struct index *
source_index(struct source *s, struct table *table, const char *name, const char *keys)
{
    struct index *index = (struct index *)&table->indexes[table->nindexes++];
    struct index_key *list = ARENA_ARRAY(&s->arena, struct index_key, 8);
    char *copy = arena_strdup(&s->arena, keys), *rest = copy;
    *index = (struct index){
        .schema = table->schema, .name = name, .method = "btree", .is_valid = true, .keys = list
    };
    for (char *part; (part = strsep(&rest, ",")) != NULL;) {
        part += strspn(part, " ");
        struct index_key *key = &list[index->nkeys + index->nincluded];
        key->is_descending = part[0] == '-';
        (part[0] == '+' ? index->nincluded++ : index->nkeys++);
        part += part[0] == '-' || part[0] == '+';
        key->column = part[0] == '(' ? -1 : table_column(table, part);
        key->sql = part[0] == '(' ? part : NULL;
    }
    return index;
}

static inline struct index *
source_primary(struct source *s, struct table *table, const char *keys)
{
    struct index *index =
        source_index(s, table, arena_printf(&s->arena, "%s_pkey", table->name), keys);
    index->is_primary = index->is_unique = index->is_constraint = true;
    for (int i = 0; i < index->nkeys; i++)
        ((struct column *)&table->columns[index->keys[i].column])->not_null = true;
    return index;
}

static inline struct check *
source_check(struct table *table, const char *name, const char *sql)
{
    struct check *check = (struct check *)&table->checks[table->nchecks++];
    *check = (struct check){ name, sql, true, true, true };
    return check;
}

static inline const int *
numbers_of(struct source *s, const struct table *table, const char *names, int *n)
{
    int *list = ARENA_ARRAY(&s->arena, int, 8);
    char *copy = arena_strdup(&s->arena, names), *rest = copy;
    *n = 0;
    for (char *part; (part = strsep(&rest, ",")) != NULL;)
        list[(*n)++] = table_column(table, part + strspn(part, " "));
    return list;
}

static inline struct foreign_key *
source_key(struct source *s, const char *name, struct table *child, const char *columns,
           struct table *parent, const char *parent_columns)
{
    struct foreign_key *key = &s->foreign_keys[s->plan.nkeys];
    const char **operators = ARENA_ARRAY(&s->arena, const char *, 8);
    int n;
    for (int i = 0; i < 8; i++)
        operators[i] = "pg_catalog.=";
    *key = (struct foreign_key){ .name = name,
                                 .child = child,
                                 .parent = parent,
                                 .child_columns = numbers_of(s, child, columns, &n),
                                 .parent_columns = numbers_of(s, parent, parent_columns, &n),
                                 .operators = operators,
                                 .is_enforced = true,
                                 .is_validated = true,
                                 .on_update = 'a',
                                 .on_delete = 'a',
                                 .match = 's' };
    key->ncolumns = n;
    s->keys[s->plan.nkeys++] = (struct plan_key){ .key = key,
                                                  .child = child,
                                                  .parent = parent,
                                                  .child_columns = key->child_columns,
                                                  .parent_columns = key->parent_columns,
                                                  .is_validated = true };
    return key;
}

/* How many notes have this code and, if it is not NULL, this object. */
static inline int
noted(const struct notes *notes, const char *code, const char *object)
{
    int n = 0;
    for (size_t i = 0; i < notes->count; i++)
        n += strcmp(note_code(notes->items[i].reason), code) == 0 &&
             (object == NULL || strcmp(notes->items[i].object, object) == 0);
    return n;
}

/* Of the first note with this code. */
static inline int64_t
noted_count(const struct notes *notes, const char *code)
{
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(note_code(notes->items[i].reason), code) == 0)
            return notes->items[i].count;
    return -1;
}

/* ---- values as they come from the server */

/* A numeric of this text, in binary: groups of four digits. */
static inline struct decant_value
numeric_of(struct arena *arena, const char *text)
{
    uint8_t *out = arena_alloc(arena, strlen(text) + 64);
    bool is_negative = *text == '-';
    if (strcmp(text, "NaN") == 0 || strcmp(text + is_negative, "Infinity") == 0) {
        put_u16(out + 4, *text == 'N' ? 0xC000 : is_negative ? 0xF000 : 0xD000);
        return (struct decant_value){ out, 8 };
    }
    text += is_negative;
    size_t whole = strcspn(text, "."), scale = text[whole] == '.' ? strlen(text) - whole - 1 : 0;
    size_t ngroups = (whole + 3) / 4, n = 0, nfraction = (scale + 3) / 4;
    for (size_t g = 0; g < ngroups + nfraction; g++) {
        unsigned digits = 0;
        for (size_t k = 0; k < 4; k++) {
            long at = (long)(g * 4 + k) - (long)(ngroups * 4 - whole);
            at += at >= (long)whole; /* the point */
            digits = digits * 10 + (at >= 0 && at < (long)strlen(text) ? text[at] - '0' : 0);
        }
        put_u16(out + 8 + 2 * n++, (uint16_t)digits);
    }
    put_u16(out, (uint16_t)n);
    put_u16(out + 2, (uint16_t)(ngroups - 1));
    put_u16(out + 4, is_negative ? 0x4000 : 0);
    put_u16(out + 6, (uint16_t)scale);
    return (struct decant_value){ out, (int32_t)(8 + 2 * n) };
}

static inline struct decant_value
double_of(struct arena *arena, double number)
{
    uint8_t *out = arena_alloc(arena, 8);
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_u64(out, bits);
    return (struct decant_value){ out, 8 };
}

static inline struct decant_value
int_of(struct arena *arena, int64_t number, int len)
{
    return big_endian((uint64_t)number, len, arena_alloc(arena, 8));
}

static inline struct decant_value
text_of(const char *text)
{
    return (struct decant_value){ (const uint8_t *)text, (int32_t)strlen(text) };
}

#define NULL_VALUE ((struct decant_value){ .len = DECANT_NULL })

/* ---- SQLite as a reader knows it */

static inline sqlite3 *
reader_open(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

/* The first value of the first row, as a text; "(none)" without a row. Valid until the next. */
static inline const char *
reader_value(sqlite3 *db, const char *sql)
{
    static char text[2000];
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    snprintf(text, sizeof text, "(none)");
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *value = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(text, sizeof text, "%s", value != NULL ? value : "NULL");
    }
    sqlite3_finalize(stmt);
    return text;
}

static inline int
reader_exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* ---- files that are told apart by a number */

static inline void
numbered_make(const char *path, int number)
{
    struct db *db;
    struct decant_error err = { 0 };
    assert_true(db_open(path, DB_CREATE, NULL, &db, &err));
    assert_true(db_execf(db, &err, "CREATE TABLE t(n); INSERT INTO t VALUES (%d)", number));
    db_close(db);
}

static inline int
numbered_read(const char *path)
{
    sqlite3 *db = reader_open(path);
    int n = atoi(reader_value(db, "SELECT n FROM t"));
    sqlite3_close(db);
    return n;
}

#endif
