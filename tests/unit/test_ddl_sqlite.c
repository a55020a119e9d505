/* SPDX-License-Identifier: PostgreSQL */
/* The schema of a SQLite copy, as SQLite itself takes it: names, keys, checks, defaults, indexes;
 * and the notes of what it could not carry. */
#include "load.h"

struct subject {
    struct source source;
    struct sqlite_schema schema;
    sqlite3 *db;
};

static void
subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    source_init(&s->source);
    s->db = reader_open(":memory:");
}

static void
build(struct subject *s, const char *profile)
{
    const struct sqlite_profile *found = NULL;
    struct decant_error err = { 0 };
    assert_true(sqlite_profile_find(profile, &found, &err));
    map_deinit(&s->schema.by_source);
    ddl_build(&s->source.plan, found, ODD_KEEP, &s->source.arena, &s->source.notes, &s->schema);
}

/* All of it is made in a database in memory. Indexes without a translation are counted. */
static int
make(struct subject *s, const char *profile)
{
    int refused = 0;
    build(s, profile);
    for (int i = 0; i < s->schema.ntables; i++) {
        struct buf sql = { 0 };
        if (s->schema.tables[i].is_absent)
            continue;
        ddl_create_table(&s->schema.tables[i], &sql);
        if (reader_exec(s->db, buf_str(&sql)) != SQLITE_OK)
            fail_msg("%s: %s", buf_str(&sql), sqlite3_errmsg(s->db));
        buf_deinit(&sql);
    }
    for (struct sqlite_index *index = s->schema.indexes; index != NULL; index = index->next) {
        struct buf sql = { 0 };
        if (!ddl_create_index(index, &sql))
            refused++;
        else if (reader_exec(s->db, buf_str(&sql)) != SQLITE_OK)
            fail_msg("%s: %s", buf_str(&sql), sqlite3_errmsg(s->db));
        buf_deinit(&sql);
    }
    ddl_notes(&s->schema, &s->source.notes);
    return refused;
}

static void
subject_deinit(struct subject *s)
{
    sqlite3_close(s->db);
    map_deinit(&s->schema.by_source);
    source_deinit(&s->source);
}

#define TAKES(s, sql) assert_int_equal(reader_exec((s)->db, sql), SQLITE_OK)
#define REFUSES(s, sql) assert_int_equal(reader_exec((s)->db, sql), SQLITE_CONSTRAINT)
#define READS(s, sql, value) assert_string_equal(reader_value((s)->db, sql), value)

/* ---- names */

static void
names_that_differ_in_case_only_are_told_apart(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *first = source_table(&s.source, "public", "Users", "id integer!");
    struct table *second =
        source_table(&s.source, "public", "users", "Id integer, ID text, id text, id_2 text");
    assert_int_equal(make(&s, "default"), 0);
    assert_string_equal(ddl_name(&s.schema, first, -1), "Users");
    assert_string_equal(ddl_name(&s.schema, second, -1), "users_2");
    assert_string_equal(ddl_name(&s.schema, second, 0), "Id");
    assert_string_equal(ddl_name(&s.schema, second, 1), "ID_2");
    assert_string_equal(ddl_name(&s.schema, second, 2), "id_3");
    assert_string_equal(ddl_name(&s.schema, second, 3), "id_2_2");
    assert_int_equal(noted(&s.source.notes, "renamed", "public.users (now users_2)"), 1);
    assert_int_equal(noted(&s.source.notes, "renamed", "public.users.ID (now ID_2)"), 1);
    assert_int_equal(noted(&s.source.notes, "renamed", NULL), 4);
    subject_deinit(&s);
}

static void
tables_of_other_schemas_say_so(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *plain = source_table(&s.source, "app", "t", "a integer");
    struct table *taken = source_table(&s.source, "public", "APP__T", "a integer");
    struct table *odd = source_table(&s.source, "Od\"d", "a b.c", "x' integer");
    source_index(&s.source, odd, "in\"dex", "x'");
    make(&s, "default");
    assert_string_equal(ddl_name(&s.schema, plain, -1), "app__t");
    assert_string_equal(ddl_name(&s.schema, taken, -1), "APP__T_2");
    assert_string_equal(ddl_name(&s.schema, odd, -1), "Od\"d__a b.c");
    READS(&s, "SELECT count(*) FROM \"Od\"\"d__a b.c\" WHERE \"x'\" IS NULL", "0");
    READS(&s, "SELECT name FROM sqlite_schema WHERE type = 'index'", "Od\"d__in\"dex");
    subject_deinit(&s);
}

/* SQLite keeps the prefix for itself. */
static void
names_that_are_reserved_have_others(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "SQLite_data", "sqlite_x integer");
    source_index(&s.source, t, "sqlite_i", "sqlite_x");
    make(&s, "default");
    assert_string_equal(ddl_name(&s.schema, t, -1), "_SQLite_data");
    assert_int_equal(noted(&s.source.notes, "renamed", "public.SQLite_data (now _SQLite_data)"), 1);
    READS(&s, "SELECT name FROM sqlite_schema WHERE type = 'index'", "_sqlite_i");
    subject_deinit(&s);
}

/* An index must not have the name of a table, in SQLite. */
static void
indexes_and_tables_share_one_space_of_names(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *a = source_table(&s.source, "app", "t", "a integer");
    struct table *b = source_table(&s.source, "public", "u", "a integer");
    source_index(&s.source, b, "APP__T", "a");
    source_index(&s.source, b, "u", "a");
    struct index *unique = source_index(&s.source, a, "i", "a, +a");
    unique->is_unique = true;
    source_index(&s.source, b, "app__i_include", "a");
    assert_int_equal(make(&s, "default"), 0);
    READS(&s, "SELECT count(DISTINCT lower(name)) FROM sqlite_schema", "7");
    subject_deinit(&s);
}

/* Any names: SQLite takes them all. */
static void
whatever_the_names_sqlite_takes_them(void **state)
{
    static const char *const parts[] = { "a", "A", "_2",       "\"",     "'",  " ", ".",
                                         "[", "]", "\xC3\xA9", "select", "--", ";", "%s" };
    unsigned seed = 11;
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct subject s;
        subject_init(&s);
        for (int t = 0; t < 8; t++) {
            struct buf name = { 0 };
            for (int k = 1 + rand_r(&seed) % 4; k > 0; k--)
                buf_puts(&name, parts[(size_t)rand_r(&seed) % (sizeof parts / sizeof *parts)]);
            struct table *table = source_table(
                &s.source, "public", arena_strdup(&s.source.arena, buf_str(&name)), "x integer!");
            source_primary(&s.source, table, "x");
            source_index(&s.source, table, table->name, "x");
            source_column(table, "x")->name = table->name;
            source_check(table, table->name, "true");
            buf_deinit(&name);
        }
        make(&s, "default");
        READS(&s, "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", "16");
        subject_deinit(&s);
    }
}

static void
sixteen_hundred_columns_are_one_table(void **state)
{
    struct subject s;
    struct buf columns = { 0 };
    (void)state;
    subject_init(&s);
    for (int i = 0; i < 1600; i++)
        buf_printf(&columns, "%sc%d %s", i > 0 ? ", " : "", i, i % 2 == 0 ? "integer" : "text");
    struct table *t = source_table(&s.source, "public", "wide", buf_str(&columns));
    source_check(t, "last", "(c1598 > 0)");
    make(&s, "default");
    READS(&s, "SELECT count(*) FROM pragma_table_info('wide')", "1600");
    TAKES(&s, "INSERT INTO wide(c1598) VALUES (1)");
    REFUSES(&s, "INSERT INTO wide(c1598) VALUES (0)");
    buf_deinit(&columns);
    subject_deinit(&s);
}

static void
a_table_without_columns_is_not_there(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *none = source_table(&s.source, "public", "none", "");
    struct table *some = source_table(&s.source, "public", "some", "a integer");
    make(&s, "default");
    assert_null(ddl_name(&s.schema, none, -1));
    assert_string_equal(ddl_name(&s.schema, some, -1), "some");
    assert_int_equal(noted(&s.source.notes, "no-columns", "public.none"), 1);
    READS(&s, "SELECT count(*) FROM sqlite_schema", "1");
    subject_deinit(&s);
}

/* ---- columns */

static void
a_key_of_one_integer_is_the_number_of_the_row(void **state)
{
    static const struct {
        const char *type, *key;
        bool is_rowid;
    } cases[] = {
        { "integer", "a", true }, { "bigint", "a", true },   { "smallint", "a", true },
        { "text", "a", false },   { "numeric", "a", false }, { "integer", "a, b", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        char columns[64];
        subject_init(&s);
        snprintf(columns, sizeof columns, "a %s, b integer", cases[i].type);
        struct table *t = source_table(&s.source, "public", "t", columns);
        source_primary(&s.source, t, cases[i].key);
        source_column(t, "a")->has_sequence = true;
        make(&s, "default");
        assert_int_equal(s.schema.tables[0].integer_key, cases[i].is_rowid ? 0 : -1);
        READS(&s, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'",
              cases[i].is_rowid ? "1" : "0");
        assert_int_equal(noted(&s.source.notes, "sequence", "public.t.a"), !cases[i].is_rowid);
        TAKES(&s, "INSERT INTO t(a, b) VALUES (1, 1)");
        REFUSES(&s, "INSERT INTO t(a, b) VALUES (1, 1)");
        subject_deinit(&s);
    }
}

static void
what_is_not_null_stays_so(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a text!, b text, c text!");
    source_column(t, "c")->is_generated = true;
    source_column(t, "c")->default_sql = "upper(a)";
    source_column(t, "b")->not_null_for_new = true;
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES ('x', NULL, 'X')");
    REFUSES(&s, "INSERT INTO t VALUES (NULL, 'x', 'X')");
    REFUSES(&s, "INSERT INTO t VALUES ('x', 'x', NULL)");
    assert_int_equal(noted(&s.source.notes, "not-null-not-valid", "public.t.b"), 1);
    assert_int_equal(noted(&s.source.notes, "generated-column", "public.t.c"), 1);
    assert_int_equal(noted(&s.source.notes, "nocase", NULL), 0); /* values are there, no function */
    subject_deinit(&s);
}

/* A column that was computed from a masked one holds nothing. */
static void
an_emptied_column_takes_null(void **state)
{
    static const enum column_fate fates[] = { FATE_MASKED, FATE_LOST };
    const enum column_fate *masked[] = { fates };
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a text!, b text!");
    source_column(t, "b")->is_generated = true;
    source_column(t, "b")->default_sql = "upper(a)";
    s.source.plan.masked = masked;
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES ('x', NULL)");
    REFUSES(&s, "INSERT INTO t VALUES (NULL, NULL)");
    assert_int_equal(noted(&s.source.notes, "generated-column", NULL), 0);
    subject_deinit(&s);
}

static void
defaults_fill_what_an_insert_leaves_out(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    source_table(&s.source, "public", "t",
                 "a integer, b text='it''s'::text, c integer='-5'::integer, d boolean=true,"
                 "e text=NULL::text, f integer=(1 + 2), g timestamp with time zone=now(),"
                 "h uuid=gen_random_uuid(), i text=my_function(), j text=lower('ABC'::text),"
                 "k double precision='1e3'::double precision");
    make(&s, "default");
    TAKES(&s, "INSERT INTO t(a) VALUES (1)");
    READS(&s, "SELECT b || '|' || c || '|' || d || '|' || f || '|' || j || '|' || k FROM t",
          "it's|-5|1|3|abc|1000.0");
    READS(&s, "SELECT e IS NULL AND i IS NULL FROM t", "1");
    READS(&s, "SELECT g LIKE '____-__-__ __:__:__' FROM t", "1");
    READS(&s, "SELECT length(h) = 36 AND h = lower(h) AND substr(h, 15, 1) = '4' FROM t", "1");
    assert_int_equal(noted(&s.source.notes, "expression", "public.t.i"), 1);
    assert_int_equal(noted(&s.source.notes, "expression", NULL), 1);
    assert_int_equal(noted(&s.source.notes, "nocase", "public.t.j"), 1); /* lower() of A to Z */
    subject_deinit(&s);
}

/* A constant default is stored as the rows are. */
static void
constants_are_spelled_as_in_rows(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(
        &s.source, "public", "t",
        "a integer, b double precision=x, c double precision=x, d bytea=x, e character(5)=x,"
        "f date=x, g text=x, h jsonb=x, i text=x, j double precision=x");
    struct decant_value values[] = {
        double_of(&s.source.arena, HUGE_VAL),
        double_of(&s.source.arena, -HUGE_VAL),
        VALUE("\x01\xFF"),
        VALUE("ab   "),
        VALUE("\0\0\0\0"),
        VALUE("it's"),
        VALUE("\x01{}"),
        NULL_VALUE,
        double_of(&s.source.arena, 0.1),
    };
    for (int i = 0; i < 9; i++)
        map_put(&s.source.plan.constants, (uint64_t)(uintptr_t)&t->columns[i + 1], &values[i]);
    make(&s, "prisma");
    TAKES(&s, "INSERT INTO t(a) VALUES (1)");
    READS(&s, "SELECT b = 9e999 AND c = -9e999 FROM t", "1");
    READS(&s, "SELECT hex(d) || '|' || e || '|' || f FROM t",
          "01FF|ab|2000-01-01T00:00:00.000+00:00");
    READS(&s, "SELECT g || h FROM t", "it's{}");
    READS(&s, "SELECT i IS NULL AND j = 0.1 FROM t", "1");
    assert_int_equal(noted(&s.source.notes, "expression", NULL), 0);
    subject_deinit(&s);
}

static void
an_enum_takes_its_labels_only(void **state)
{
    static const char *const labels[] = { "sad", "it's", "" };
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a text");
    *(struct type *)t->columns[0].type =
        (struct type){ .kind = TYPE_ENUM, .labels = labels, .nlabels = 3, .has_binary = true };
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES ('sad'), ('it''s'), (''), (NULL)");
    REFUSES(&s, "INSERT INTO t VALUES ('SAD')");
    assert_int_equal(noted(&s.source.notes, "enum-order", "public.t.a"), 1);
    subject_deinit(&s);
}

static void
django_looks_whether_a_document_is_one(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "id integer, j jsonb, n numeric");
    source_primary(&s.source, t, "id");
    make(&s, "django");
    TAKES(&s, "INSERT INTO t VALUES (1, '{}', 1), (2, NULL, 2), (3, '12', 3)");
    REFUSES(&s, "INSERT INTO t VALUES (4, '{', 1)");
    READS(&s, "SELECT sql GLOB '*\"id\" integer NOT NULL PRIMARY KEY*' FROM sqlite_schema", "1");
    subject_deinit(&s);
}

static void
columns_that_mean_less_than_they_did_are_noted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    source_table(&s.source, "public", "t", "a money, b citext, c text");
    make(&s, "default");
    assert_int_equal(noted(&s.source.notes, "money", "public.t.a"), 1);
    assert_int_equal(noted(&s.source.notes, "nocase", "public.t.b"), 1);
    assert_int_equal(s.source.notes.count, 2);
    TAKES(&s, "INSERT INTO t(b) VALUES ('A')");
    READS(&s, "SELECT count(*) FROM t WHERE b = 'a'", "1");
    subject_deinit(&s);
}

/* ---- checks */

static void
checks_hold_or_are_noted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "n integer, t text");
    source_check(t, "positive \"n\"", "(n > 0)");
    source_check(t, "two parts", "(n < 100) OR (t IS NULL)");
    source_check(t, "pattern", "(t ~ '^a'::text)");
    source_check(t, "relaxed", "(n > 5)")->is_enforced = false;
    source_check(t, "folded", "(t = lower(t))");
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES (1, 'zzz')");
    REFUSES(&s, "INSERT INTO t VALUES (0, 'a')");
    REFUSES(&s, "INSERT INTO t VALUES (100, 'a')");
    REFUSES(&s, "INSERT INTO t VALUES (1, 'A')");
    TAKES(&s, "INSERT INTO t VALUES (100, NULL)");
    assert_int_equal(noted(&s.source.notes, "expression", "public.t.pattern"), 1);
    assert_int_equal(noted(&s.source.notes, "not-enforced", "public.t.relaxed"), 1);
    assert_int_equal(noted(&s.source.notes, "nocase", "public.t.folded"), 1);
    assert_int_equal(s.source.notes.count, 3);
    subject_deinit(&s);
}

static void
what_was_found_of_a_check_is_noted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "n integer");
    source_check(t, "differs", "(n > 0)");
    source_check(t, "violated", "(n > 1)");
    build(&s, "default");
    s.schema.tables[0].checks[0].state = CHECK_DIFFERS;
    s.schema.tables[0].checks[1].state = CHECK_VIOLATED;
    struct buf sql = { 0 };
    ddl_create_table(&s.schema.tables[0], &sql); /* leaves both out, and their states as they are */
    assert_null(strstr(buf_str(&sql), "CHECK"));
    buf_deinit(&sql);
    ddl_notes(&s.schema, &s.source.notes);
    assert_int_equal(noted(&s.source.notes, "violated-in-copy", "public.t.differs"), 1);
    assert_int_equal(noted(&s.source.notes, "violated-in-source", "public.t.violated"), 1);
    subject_deinit(&s);
}

static void
checks_of_a_domain_are_those_of_its_columns(void **state)
{
    static const struct domain_check checks[] = { { "short", "(length(VALUE) < 4)", true, true },
                                                  { "odd", "(VALUE ~ 'x'::text)", true, true } };
    static const struct domain domain = {
        .schema = "public", .name = "code", .typmod = -1, .nchecks = 2, .checks = checks
    };
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a text, B text, b text");
    source_column(t, "a")->domain = &domain;
    source_column(t, "b")->domain = &domain;
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES ('abc', 'long enough', 'abc')");
    REFUSES(&s, "INSERT INTO t VALUES ('abcd', '', '')");
    REFUSES(&s, "INSERT INTO t VALUES ('', '', 'abcd')");
    assert_int_equal(noted(&s.source.notes, "expression", "public.t.odd_a"), 1);
    assert_int_equal(noted(&s.source.notes, "expression", "public.t.odd_b_2"), 1);
    subject_deinit(&s);
}

/* ---- foreign keys */

static void
keys_act_as_they_did(void **state)
{
    static const struct {
        char code;
        const char *action;
    } actions[] = { { 'a', "NO ACTION" },
                    { 'r', "RESTRICT" },
                    { 'c', "CASCADE" },
                    { 'n', "SET NULL" },
                    { 'd', "SET DEFAULT" } };
    (void)state;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct subject s;
        subject_init(&s);
        struct table *parent = source_table(&s.source, "public", "p", "id integer");
        struct table *child = source_table(&s.source, "public", "c", "p integer");
        source_primary(&s.source, parent, "id");
        struct foreign_key *key = source_key(&s.source, "k", child, "p", parent, "id");
        key->on_delete = actions[i].code;
        key->on_update = actions[sizeof actions / sizeof *actions - 1 - i].code;
        make(&s, "default");
        READS(&s, "SELECT on_delete FROM pragma_foreign_key_list('c')", actions[i].action);
        READS(&s, "SELECT on_update FROM pragma_foreign_key_list('c')",
              actions[sizeof actions / sizeof *actions - 1 - i].action);
        subject_deinit(&s);
    }
}

/* Two tables that refer to each other, and one to itself, by two columns of odd names. */
static void
keys_in_a_circle_are_all_there(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *a = source_table(&s.source, "public", "a", "id integer, B integer, b integer");
    struct table *b =
        source_table(&s.source, "app", "b", "x integer, y integer, up integer, over integer");
    source_primary(&s.source, a, "id");
    source_primary(&s.source, b, "x, y");
    source_key(&s.source, "a to b", a, "B, b", b, "x, y")->is_deferrable = true;
    s.source.foreign_keys[0].is_deferred = true;
    source_key(&s.source, "b_to_a", b, "x", a, "id");
    source_key(&s.source, "b_to_b", b, "up, over", b, "x, y");
    make(&s, "default");
    TAKES(&s, "PRAGMA foreign_keys = ON");
    TAKES(&s, "BEGIN; INSERT INTO a VALUES (1, 1, 2); INSERT INTO app__b VALUES (1, 2, 1, 2);"
              "COMMIT");
    REFUSES(&s, "INSERT INTO app__b VALUES (1, 3, 7, 7)");
    REFUSES(&s, "INSERT INTO app__b VALUES (7, 3, NULL, NULL)");
    REFUSES(&s, "INSERT INTO a VALUES (2, 7, 7)");
    TAKES(&s, "INSERT INTO a VALUES (3, 7, NULL)"); /* MATCH SIMPLE */
    READS(&s, "SELECT count(*) FROM pragma_foreign_key_check", "0");
    assert_int_equal(noted(&s.source.notes, "renamed", "public.a.b (now b_2)"), 1);
    subject_deinit(&s);
}

static void
a_full_match_has_all_parts_or_none(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *p = source_table(&s.source, "public", "p", "x integer, y integer");
    struct table *c = source_table(&s.source, "public", "c", "a integer, b integer");
    source_primary(&s.source, p, "x, y");
    source_key(&s.source, "k", c, "a, b", p, "x, y")->match = 'f';
    make(&s, "default");
    TAKES(&s, "INSERT INTO c VALUES (1, 2), (NULL, NULL)");
    REFUSES(&s, "INSERT INTO c VALUES (1, NULL)");
    REFUSES(&s, "INSERT INTO c VALUES (NULL, 1)");
    subject_deinit(&s);
}

static void
keys_that_sqlite_cannot_have_are_noted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *p = source_table(&s.source, "public", "p", "id integer");
    struct table *c = source_table(&s.source, "public", "c", "a integer");
    source_primary(&s.source, p, "id");
    source_key(&s.source, "relaxed", c, "a", p, "id")->is_enforced = false;
    source_key(&s.source, "period", c, "a", p, "id")->is_period = true;
    source_key(&s.source, "some", c, "a", p, "id")->sets_some_columns = true;
    source_key(&s.source, "found", c, "a", p, "id");
    source_key(&s.source, "equal", c, "a", p, "id");
    build(&s, "default");
    struct sqlite_table *t = ddl_table(&s.schema, c);
    t->keys[3].state = KEY_VIOLATED;
    t->keys[3].orphans = 17;
    t->keys[4].state = KEY_NOT_UNIQUE;
    struct buf sql = { 0 };
    ddl_create_table(t, &sql);
    assert_non_null(strstr(buf_str(&sql), "\"some\""));
    static const char *const left_out[] = { "relaxed", "period", "found", "equal" };
    for (int i = 0; i < 4; i++)
        assert_null(strstr(buf_str(&sql), left_out[i]));
    buf_deinit(&sql);
    ddl_notes(&s.schema, &s.source.notes);
    assert_int_equal(noted(&s.source.notes, "not-enforced", "public.c.relaxed"), 1);
    assert_int_equal(noted(&s.source.notes, "period", "public.c.period"), 1);
    assert_int_equal(noted(&s.source.notes, "set-null-columns", "public.c.some"), 1);
    assert_int_equal(noted(&s.source.notes, "violated-in-source", "public.c.found"), 1);
    assert_int_equal(noted_count(&s.source.notes, "violated-in-source"), 17);
    assert_int_equal(noted(&s.source.notes, "not-unique", "public.c.equal"), 1);
    subject_deinit(&s);
}

/* ---- indexes */

static void
indexes_keep_their_order_their_conditions_and_their_parts(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a integer, b text, c integer");
    source_index(&s.source, t, "plain", "a, -b")->predicate = "(c > 0)";
    source_index(&s.source, t, "expression", "(lower(b)), (a + c)");
    source_index(&s.source, t, "covering", "a, +b, +c");
    source_index(&s.source, t, "unique_some", "a")->predicate = "(b IS NOT NULL)";
    ((struct index *)&t->indexes[3])->is_unique = true;
    source_index(&s.source, t, "hashed", "c")->method = "hash";
    assert_int_equal(make(&s, "default"), 0);
    READS(&s, "SELECT group_concat(name || desc, ' ') FROM pragma_index_xinfo('plain') WHERE key",
          "a0 b1");
    READS(&s, "SELECT sql LIKE '% WHERE (\"c\" > 0)' FROM sqlite_schema WHERE name = 'plain'", "1");
    READS(&s, "SELECT count(*) FROM pragma_index_info('covering')", "3");
    TAKES(&s, "INSERT INTO t VALUES (1, 'x', 1), (1, NULL, 2), (1, NULL, 3)");
    REFUSES(&s, "INSERT INTO t VALUES (1, 'y', 1)");
    assert_int_equal(noted(&s.source.notes, "index-method", NULL), 0);
    assert_int_equal(noted(&s.source.notes, "nocase", "public.expression"), 1);
    subject_deinit(&s);
}

static void
a_unique_index_with_more_columns_stays_unique_without_them(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a integer, b text");
    source_index(&s.source, t, "i", "a, +b")->is_unique = true;
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES (1, 'x')");
    REFUSES(&s, "INSERT INTO t VALUES (1, 'y')");
    READS(&s, "SELECT count(*) FROM pragma_index_info('i_include')", "2");
    subject_deinit(&s);
}

static void
nulls_that_are_not_distinct_are_one_key(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a integer, b integer, c integer");
    struct index *index = source_index(&s.source, t, "i", "a, b");
    index->is_unique = index->nulls_not_distinct = true;
    index->predicate = "(c > 0)";
    make(&s, "default");
    TAKES(&s, "INSERT INTO t VALUES (NULL, 1, 1), (NULL, 2, 1), (NULL, NULL, 1), (1, 1, 1)");
    TAKES(&s, "INSERT INTO t VALUES (0, 1, 1)"); /* is not NULL */
    REFUSES(&s, "INSERT INTO t VALUES (NULL, 1, 1)");
    REFUSES(&s, "INSERT INTO t VALUES (NULL, NULL, 1)");
    REFUSES(&s, "INSERT INTO t VALUES (1, 1, 1)");
    TAKES(&s, "INSERT INTO t VALUES (NULL, 1, 0), (1, 1, 0)"); /* the condition does not hold */
    subject_deinit(&s);
}

static void
indexes_that_sqlite_has_not_are_noted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    struct table *t = source_table(&s.source, "public", "t", "a integer, b text, j jsonb");
    source_index(&s.source, t, "gin", "j")->method = "gin";
    source_index(&s.source, t, "gist_of_expression", "(to_tsvector(b))")->method = "gist";
    source_index(&s.source, t, "no_overlap", "a")->method = "exclude";
    source_index(&s.source, t, "half_made", "a")->is_valid = false;
    source_index(&s.source, t, "odd", "(my_function(a))");
    source_index(&s.source, t, "odd_condition", "a")->predicate = "(b ~ 'x'::text)";
    assert_int_equal(make(&s, "default"), 2);
    assert_int_equal(noted(&s.source.notes, "index-method", "public.gin (gin)"), 1);
    assert_int_equal(noted(&s.source.notes, "index-method", "public.gist_of_expression (gist)"), 1);
    assert_int_equal(noted(&s.source.notes, "exclusion-constraint", "public.t.no_overlap"), 1);
    assert_int_equal(noted(&s.source.notes, "invalid-index", "public.half_made"), 1);
    READS(&s, "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index'",
          "gin,no_overlap"); /* as plain ones */
    subject_deinit(&s);
}

/* ---- partitions */

static void
indexes_that_all_leaves_have_are_the_roots_but_not_unique(void **state)
{
    struct subject s;
    const struct table *leaves[2];
    (void)state;
    subject_init(&s);
    struct table *root = source_table(&s.source, "public", "root", "a integer, b text");
    struct table *one = source_table(&s.source, "public", "one", "b text, a integer");
    struct table *two = source_table(&s.source, "public", "two", "a integer, b text");
    s.source.plan.ntables = 1; /* leaves are in the catalog alone */
    root->kind = 'p';
    root->nleaves = 2;
    root->leaves = leaves;
    leaves[0] = one;
    leaves[1] = two;
    one->root = two->root = root;
    source_index(&s.source, one, "one_b", "b")->is_unique = true;
    source_index(&s.source, two, "two_b", "b")->is_unique = true;
    source_index(&s.source, one, "one_a", "a"); /* of one leaf */
    source_index(&s.source, root, "root_ab", "a, b");
    source_index(&s.source, one, "one_ab", "a, b"); /* the root's */
    source_index(&s.source, two, "two_ab", "a, b");
    make(&s, "default");
    READS(&s, "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index'", "root_ab,one_b");
    READS(&s, "SELECT name FROM pragma_index_info('one_b')", "b");
    TAKES(&s, "INSERT INTO root VALUES (1, 'x'), (2, 'x')");
    assert_int_equal(noted(&s.source.notes, "not-unique", "public.one_b"), 1);
    assert_int_equal(noted(&s.source.notes, "partitions-merged", "public.root"), 1);
    subject_deinit(&s);
}

/* ---- the rest of a database */

static void
what_is_no_table_is_noted(void **state)
{
    static const struct object objects[] = { { "view", "public.v" }, { "trigger", "public.t.x" } };
    static const struct sequence sequences[] = {
        { .schema = "public", .name = "alone" },
        { .schema = "public", .name = "used", .nusers = 1 },
        { .schema = "public", .name = "inside", .is_in_expression = true },
    };
    static const struct extension extensions[] = { { "postgis" } };
    static const struct extension_table rows[] = {
        { "cron", "cron", "job", "", 3 },
        { "postgis", "public", "spatial_ref_sys", "", -1 },
        { "none", "x", "y", "", 0 },
    };
    struct subject s;
    (void)state;
    subject_init(&s);
    s.source.catalog.nobjects = 2;
    s.source.catalog.objects = objects;
    s.source.catalog.nsequences = 3;
    s.source.catalog.sequences = sequences;
    s.source.catalog.nextensions = 1;
    s.source.catalog.extensions = extensions;
    s.source.catalog.nextension_tables = 3;
    s.source.catalog.extension_tables = rows;
    s.source.catalog.server.collate = "de_DE.UTF-8";
    make(&s, "default");
    assert_int_equal(noted(&s.source.notes, "not-in-sqlite", "public.v"), 1);
    assert_int_equal(noted(&s.source.notes, "not-in-sqlite", "public.t.x"), 1);
    assert_int_equal(noted(&s.source.notes, "not-in-sqlite", "public.alone"), 1);
    assert_int_equal(noted(&s.source.notes, "not-in-sqlite", "postgis"), 1);
    assert_int_equal(noted(&s.source.notes, "not-in-sqlite", NULL), 4);
    assert_int_equal(noted(&s.source.notes, "extension-data", "cron: cron.job"), 1);
    assert_int_equal(noted(&s.source.notes, "extension-data", NULL), 2);
    assert_int_equal(noted_count(&s.source.notes, "extension-data"), 3);
    assert_int_equal(noted(&s.source.notes, "collation", "de_DE.UTF-8"), 1);
    subject_deinit(&s);
}

static void
an_order_by_bytes_is_the_same_in_both(void **state)
{
    static const char *const alike[] = { "C", "POSIX", "C.UTF-8", "C.utf8" };
    (void)state;
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        struct subject s;
        subject_init(&s);
        s.source.catalog.server.collate = alike[i];
        make(&s, "default");
        assert_int_equal(noted(&s.source.notes, "collation", NULL), 0);
        subject_deinit(&s);
    }
}

/* ---- faults that are not mended yet: none of these is in the list below */

/* The second name of a reserved one is reserved again. */
static void
reserved_names_that_meet_have_names_that_sqlite_takes(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s);
    source_table(&s.source, "public", "_sqlite_x", "a integer");
    source_table(&s.source, "public", "sqlite_x", "a integer");
    make(&s, "default");
    READS(&s, "SELECT count(*) FROM sqlite_schema", "2");
    subject_deinit(&s);
}

/* What is assigned to a column takes its type: DEFAULT now() of a date is a day, CURRENT_DATE of a
 * timestamp a midnight; each as rows of the profile have them. What has no such form is left out.
 */
static void
a_default_has_the_form_of_its_column(void **state)
{
    static const struct {
        const char *profile, *day, *midnight, *zoned;
    } cases[] = {
        { "default", "____-__-__", "____-__-__ 00:00:00", "____-__-__ 00:00:00" },
        { "jdbc", "____-__-__ 00:00:00.000", "____-__-__ 00:00:00.000", "____-__-__ 00:00:00.000" },
        { "prisma", "____-__-__T00:00:00.000+00:00", "____-__-__T00:00:00.000+00:00",
          "____-__-__T00:00:00.000+00:00" },
        { "sqlx", "____-__-__", "____-__-__ 00:00:00", "____-__-__T00:00:00+00:00" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        char sql[400];
        subject_init(&s);
        source_table(
            &s.source, "public", "t",
            "a integer, day date=now(), at timestamp without time zone=CURRENT_DATE, zoned "
            "timestamp with time zone=CURRENT_DATE, word text=CURRENT_DATE, tell text=now(),"
            " clock time without time zone=now()");
        make(&s, cases[i].profile);
        TAKES(&s, "INSERT INTO t(a) VALUES (1)");
        snprintf(sql, sizeof sql,
                 "SELECT (day LIKE '%s') || (at LIKE '%s') || (zoned LIKE '%s') || (word = "
                 "CURRENT_DATE) || "
                 "(tell IS NULL) || (clock IS NULL) FROM t",
                 cases[i].day, cases[i].midnight, cases[i].zoned);
        READS(&s, sql, "111111");
        subject_deinit(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_differ_in_case_only_are_told_apart),
        cmocka_unit_test(tables_of_other_schemas_say_so),
        cmocka_unit_test(names_that_are_reserved_have_others),
        cmocka_unit_test(indexes_and_tables_share_one_space_of_names),
        cmocka_unit_test(whatever_the_names_sqlite_takes_them),
        cmocka_unit_test(sixteen_hundred_columns_are_one_table),
        cmocka_unit_test(a_table_without_columns_is_not_there),
        cmocka_unit_test(a_key_of_one_integer_is_the_number_of_the_row),
        cmocka_unit_test(what_is_not_null_stays_so),
        cmocka_unit_test(an_emptied_column_takes_null),
        cmocka_unit_test(defaults_fill_what_an_insert_leaves_out),
        cmocka_unit_test(constants_are_spelled_as_in_rows),
        cmocka_unit_test(an_enum_takes_its_labels_only),
        cmocka_unit_test(django_looks_whether_a_document_is_one),
        cmocka_unit_test(columns_that_mean_less_than_they_did_are_noted),
        cmocka_unit_test(checks_hold_or_are_noted),
        cmocka_unit_test(what_was_found_of_a_check_is_noted),
        cmocka_unit_test(checks_of_a_domain_are_those_of_its_columns),
        cmocka_unit_test(keys_act_as_they_did),
        cmocka_unit_test(keys_in_a_circle_are_all_there),
        cmocka_unit_test(a_full_match_has_all_parts_or_none),
        cmocka_unit_test(keys_that_sqlite_cannot_have_are_noted),
        cmocka_unit_test(indexes_keep_their_order_their_conditions_and_their_parts),
        cmocka_unit_test(a_unique_index_with_more_columns_stays_unique_without_them),
        cmocka_unit_test(nulls_that_are_not_distinct_are_one_key),
        cmocka_unit_test(indexes_that_sqlite_has_not_are_noted),
        cmocka_unit_test(indexes_that_all_leaves_have_are_the_roots_but_not_unique),
        cmocka_unit_test(what_is_no_table_is_noted),
        cmocka_unit_test(an_order_by_bytes_is_the_same_in_both),
        cmocka_unit_test(reserved_names_that_meet_have_names_that_sqlite_takes),
        cmocka_unit_test(a_default_has_the_form_of_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
