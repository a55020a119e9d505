/* SPDX-License-Identifier: PostgreSQL */
/* Every type of PostgreSQL as a column of SQLite: declared, stored, read back, and what its values
 * lose on the way. */
#include <math.h>

#include "load.h"
#include "load/sqlite_type.h"

static struct arena arena;

/* A column of a type by its name, in a profile by its name. */
struct subject {
    struct column source;
    struct type type;
    struct sqlite_column column;
    struct cell cell;
};

static void
subject_init(struct subject *s, const char *profile, const char *type)
{
    struct decant_error err = { 0 };
    memset(s, 0, sizeof *s);
    s->source = fake_column("c", type);
    s->type = *s->source.type;
    s->source.type = &s->type;
    s->column = (struct sqlite_column){ .source = &s->source, .style = { .money_scale = 2 } };
    assert_true(sqlite_profile_find(profile, &s->column.profile, &err));
}

/* One of a scalar, whose name fake_type() does not know. */
static void
subject_scalar(struct subject *s, const char *profile, enum scalar_id scalar)
{
    subject_init(s, profile, "text");
    s->type = (struct type){ .name = scalars[scalar].name,
                             .schema = "pg_catalog",
                             .kind = TYPE_SCALAR,
                             .scalar = scalar,
                             .has_binary = true };
}

static void
subject_deinit(struct subject *s)
{
    buf_deinit(&s->column.text);
}

static const char *
declared(const struct subject *s)
{
    static struct buf out;
    buf_deinit(&out);
    sqlite_declared_type(&s->column, &out);
    char *text = arena_strdup(&arena, buf_str(&out));
    buf_deinit(&out);
    return text;
}

static enum cell_status
put(struct subject *s, struct decant_value value)
{
    s->cell = (struct cell){ 0 };
    return sqlite_cell(&s->column, &value, &s->cell);
}

/* What became of it: a number is printed, a text stands in ''. */
static const char *
stored(struct subject *s, struct decant_value value)
{
    assert_int_equal(put(s, value), CELL_OK);
    switch (s->cell.kind) {
    case CELL_NULL:
        return "NULL";
    case CELL_INTEGER:
        return arena_printf(&arena, "%lld", (long long)s->cell.integer);
    case CELL_REAL:
        return arena_printf(&arena, "%.17g", s->cell.real);
    case CELL_BLOB:
        return arena_printf(&arena, "X%zu", s->cell.len);
    case CELL_TEXT:
        break;
    }
    return arena_printf(&arena, "'%.*s'", (int)s->cell.len, (const char *)s->cell.data);
}

static int
end_arena(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

/* ---- declarations */

static void
modifiers_are_those_of_the_source(void **state)
{
    static const struct {
        const char *type;
        int precision, scale;
        const char *declared;
    } cases[] = {
        { "character varying(20)", 0, 0, "VARCHAR(20)" },
        { "character varying", 0, 0, "VARCHAR" },
        { "character(3)", 0, 0, "CHAR(3)" },
        { "numeric", 0, 0, "DECIMAL" },
        { "numeric", 10, 2, "DECIMAL(10,2)" },
        { "numeric", 1000, 0, "DECIMAL(1000,0)" },
        { "numeric", 5, -3, "DECIMAL(5,-3)" },
        { "numeric", 3, 1000, "DECIMAL(3,1000)" },
        { "money", 0, 0, "DECIMAL(19,2)" },
        { "text", 0, 0, "TEXT" },
        { "text[]", 0, 0, "JSON" },
        { "daterange", 0, 0, "TEXT" },
        { "public.geography", 0, 0, "TEXT" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s, "default", cases[i].type);
        if (cases[i].precision > 0)
            s.source.typmod = (cases[i].precision << 16 | (cases[i].scale & 0x7FF)) + 4;
        assert_string_equal(declared(&s), cases[i].declared);
        subject_deinit(&s);
    }
}

static void
an_enum_is_as_wide_as_its_longest_label(void **state)
{
    static const char *const labels[] = { "new", "in progress", "done" };
    struct subject s;
    (void)state;
    subject_init(&s, "default", "text");
    s.type = (struct type){ .kind = TYPE_ENUM, .has_binary = true, .labels = labels, .nlabels = 3 };
    assert_string_equal(declared(&s), "VARCHAR(11)");
    assert_string_equal(stored(&s, VALUE("in progress")), "'in progress'");
    s.type.nlabels = 0;
    assert_string_equal(declared(&s), "VARCHAR(1)");
    subject_deinit(&s);
}

static void
profiles_declare_what_their_readers_look_for(void **state)
{
    static const struct {
        const char *profile, *type, *declared;
    } cases[] = {
        { "django", "boolean", "bool" },
        { "django", "numeric", "decimal" },
        { "django", "uuid", "char(32)" },
        { "django", "jsonb", "text" },
        { "django", "interval", "bigint" },
        { "django", "inet", "char(39)" },
        { "django", "timestamp with time zone", "datetime" },
        { "django", "integer[]", "text" },
        { "sqlalchemy", "uuid", "CHAR(32)" },
        { "drizzle", "boolean", "INTEGER" },
        { "drizzle", "jsonb", "TEXT" },
        { "drizzle", "integer[]", "TEXT" },
        { "drizzle", "character(5)", "VARCHAR(5)" },
        { "prisma", "date", "DATETIME" },
        { "prisma", "character varying(9)", "TEXT" },
        { "prisma", "numeric", "DECIMAL" },
        { "prisma", "text[]", "JSONB" },
        { "duckdb", "real", "DOUBLE" },
        { "duckdb", "time without time zone", "VARCHAR(15)" },
        { "sqlx", "numeric", "FLOAT" },
        { "diesel", "json", "TEXT" },
        { "rails", "uuid", "VARCHAR(36)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s, cases[i].profile, cases[i].type);
        if (strcmp(cases[i].type, "numeric") == 0)
            s.source.typmod = (10 << 16 | 2) + 4; /* which these profiles do not show */
        assert_string_equal(declared(&s), cases[i].declared);
        subject_deinit(&s);
    }
}

/* A column that holds text whatever its values would be: nothing of SQLite's makes numbers of it.
 */
static void
columns_made_text_have_the_affinity_of_text(void **state)
{
    static const char *const types[] = { "numeric", "money", "json", "jsonb" };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int p = 0; p < nsqlite_profiles; p++) {
            struct subject s;
            subject_init(&s, sqlite_profiles[p].name, types[i]);
            s.column.as_text = true;
            assert_non_null(strstr(declared(&s), "TEXT"));
            assert_null(strstr(declared(&s), "INT"));
            assert_int_equal(sqlite_value_class(&s.column), CLASS_OTHER);
            subject_deinit(&s);
        }
}

static void
nobody_takes_another_word_for_odd_values(void **state)
{
    static const char *const words[] = { "", "KEEP", "nul", "null ", "clamped", "drop" };
    struct decant_error err = { 0 };
    enum sqlite_odd odd = ODD_NULL;
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_false(sqlite_odd_parse(words[i], &odd, &err));
        assert_int_equal(err.code, DECANT_USAGE);
        assert_non_null(strstr(err.message, "keep, null or clamp"));
        assert_int_equal(odd, ODD_NULL);
    }
    assert_true(sqlite_odd_parse("keep", &odd, &err) && odd == ODD_KEEP);
    assert_true(sqlite_odd_parse("null", &odd, &err) && odd == ODD_NULL);
    assert_true(sqlite_odd_parse("clamp", &odd, &err) && odd == ODD_CLAMP);
}

static void
a_profile_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    const struct sqlite_profile *found = NULL;
    struct decant_error err = { 0 };
    (void)state;
    assert_false(sqlite_profile_find("Django", &found, &err));
    assert_null(found);
    assert_int_equal(err.code, DECANT_USAGE);
    assert_string_equal(err.message, "there is no profile 'Django'");
    for (int i = 0; i < nsqlite_profiles; i++)
        assert_non_null(strstr(err.hint, sqlite_profiles[i].name));
}

/* ---- values */

/* Values that a column's affinity would change if it could: texts that look like numbers. */
static const struct {
    const char *type;
    struct decant_value value;
} hard[] = {
    { "text", VALUE("0012") },
    { "text", VALUE("1e5") },
    { "text", VALUE("") },
    { "character varying", VALUE("12345678901234567890.50") },
    { "character(9)", VALUE("007") },
    { "citext", VALUE("1.0") },
    { "name", VALUE("5") },
    { "bytea", VALUE("12") },
    { "bytea", VALUE("") },
    { "json", VALUE("\"12\"") },
    { "json", VALUE("[1]") },
    { "json", VALUE("null") },
    { "json", VALUE(" {\"a\": 1.50}") },
    { "jsonb", VALUE("\x01"
                     "true") },
    { "jsonb", VALUE("\x01"
                     "\"1\"") },
    { "boolean", VALUE("\x01") },
    { "integer", VALUE("\x80\0\0\0") },
    { "bigint", VALUE("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF") },
    { "smallint", VALUE("\xFF\xFF") },
    { "double precision", VALUE("\x7F\xF8\0\0\0\0\0\0") }, /* NaN */
    { "double precision", VALUE("\x7F\xF0\0\0\0\0\0\0") }, /* infinity */
    { "double precision", VALUE("\x40\0\0\0\0\0\0\0") },
    { "real", VALUE("\x3D\xCC\xCC\xCD") },
    { "date", VALUE("\x7F\xFF\xFF\xFF") },
    { "date", VALUE("\x80\0\0\0") },
    { "date", VALUE("\xFF\xF0\0\0") },
    { "date", VALUE("\0\x2D\0\0") },
    { "timestamp without time zone", VALUE("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF") },
    { "timestamp with time zone", VALUE("\0\0\0\0\0\0\0\x01") },
    { "timestamp with time zone", VALUE("\xFF\0\0\0\0\0\0\0") },
    { "time without time zone", VALUE("\0\0\0\x14\x1D\xD7\x60\0") },
    { "interval", VALUE("\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03") },
    { "uuid", VALUE("\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12") },
    { "inet", VALUE("\x02\x20\0\x04\x01\x02\x03\x04") },
    { "macaddr", VALUE("\x12\x34\x56\x78\x90\x12") },
    { "unheard.of", VALUE("17") },
};

static void
store(sqlite3 *db, const struct subject *s)
{
    char sql[200];
    sqlite3_stmt *stmt;
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS t; CREATE TABLE t(c %s)", declared(s));
    assert_int_equal(reader_exec(db, sql), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?)", -1, &stmt, NULL),
                     SQLITE_OK);
    int len = (int)s->cell.len;
    const void *data = s->cell.data != NULL ? s->cell.data : "";
    if (s->cell.kind == CELL_INTEGER)
        sqlite3_bind_int64(stmt, 1, s->cell.integer);
    else if (s->cell.kind == CELL_REAL)
        sqlite3_bind_double(stmt, 1, s->cell.real);
    else if (s->cell.kind == CELL_TEXT)
        sqlite3_bind_text(stmt, 1, data, len, SQLITE_TRANSIENT);
    else if (s->cell.kind == CELL_BLOB)
        sqlite3_bind_blob(stmt, 1, data, len, SQLITE_TRANSIENT);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

/* Is the one row what was put in? */
static bool
is_unchanged(sqlite3 *db, const struct subject *s)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT c FROM t", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int type = sqlite3_column_type(stmt, 0), len = sqlite3_column_bytes(stmt, 0);
    bool same = false;
    switch (s->cell.kind) {
    case CELL_NULL:
        same = type == SQLITE_NULL;
        break;
    case CELL_INTEGER:
        same = type == SQLITE_INTEGER && sqlite3_column_int64(stmt, 0) == s->cell.integer;
        break;
    case CELL_REAL: /* a whole number is one in a column of NUMERIC affinity */
        same = (type == SQLITE_FLOAT || type == SQLITE_INTEGER) &&
               sqlite3_column_double(stmt, 0) == s->cell.real;
        break;
    case CELL_TEXT:
    case CELL_BLOB:
        same = type == (s->cell.kind == CELL_TEXT ? SQLITE_TEXT : SQLITE_BLOB) &&
               len == (int)s->cell.len &&
               (len == 0 || memcmp(sqlite3_column_blob(stmt, 0), s->cell.data, (size_t)len) == 0);
        break;
    }
    sqlite3_finalize(stmt);
    return same;
}

static void
no_declared_type_changes_what_is_stored(void **state)
{
    sqlite3 *db = reader_open(":memory:");
    (void)state;
    for (int p = 0; p < nsqlite_profiles; p++)
        for (int odd = ODD_KEEP; odd <= ODD_CLAMP; odd++)
            for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
                struct subject s;
                subject_init(&s, sqlite_profiles[p].name, hard[i].type);
                s.column.odd = (enum sqlite_odd)odd;
                assert_int_equal(put(&s, hard[i].value), CELL_OK);
                store(db, &s);
                if (!is_unchanged(db, &s))
                    fail_msg("%s %s, value %zu", sqlite_profiles[p].name, hard[i].type, i);
                subject_deinit(&s);
            }
    sqlite3_close(db);
}

/* Every number that a double holds in 15 digits prints back to the same text. */
static void
numerics_survive_whatever_their_size(void **state)
{
    static const struct {
        const char *text, *stored;
    } cases[] = {
        { "0", "0" },
        { "-1", "-1" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775807", "-9223372036854775807" },
        { "1.50", "1.5" },
        { "-0.001", "-0.001" },
        { "123456789012345", "123456789012345" },
        { "12345.6789012345", "12345.6789012345" },
        { "Infinity", "inf" },
        { "-Infinity", "-inf" },
        { "NaN", "'NaN'" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s, "default", "numeric");
        const char *text = stored(&s, numeric_of(&arena, cases[i].text));
        bool same = strcmp(text, cases[i].stored) == 0 ||
                    (text[0] != '\'' && strtod(text, NULL) == strtod(cases[i].stored, NULL));
        if (!same)
            fail_msg("%s is stored as %s", cases[i].text, text);
        subject_deinit(&s);
    }
}

static void
more_digits_than_a_double_holds_ask_for_a_column_of_text(void **state)
{
    static const char *const cases[] = { "9223372036854775808", "-9223372036854775809",
                                         "1.2345678901234567", "0.12345678901234567",
                                         "123456789012345678901234567890.5" };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        struct decant_value value = numeric_of(&arena, cases[i]);
        subject_init(&s, "default", "numeric");
        assert_int_equal(put(&s, value), CELL_DOES_NOT_FIT);
        s.column.as_text = true;
        assert_string_equal(stored(&s, value), arena_printf(&arena, "'%s'", cases[i]));
        s.column.as_text = false;
        s.column.odd = ODD_CLAMP; /* rounded, and told */
        const char *text = stored(&s, value);
        assert_true(strtod(text, NULL) == strtod(cases[i], NULL));
        assert_int_equal(s.column.losses.rounded, 1);
        s.column.odd = ODD_NULL;
        assert_string_equal(stored(&s, value), "NULL");
        assert_int_equal(s.column.losses.nulled, 1);
        s.column.is_key = true; /* two keys must not become one */
        assert_int_equal(put(&s, value), CELL_DOES_NOT_FIT);
        subject_deinit(&s);
        subject_init(&s, "django", "numeric");
        assert_true(strtod(stored(&s, value), NULL) == strtod(cases[i], NULL));
        subject_deinit(&s);
    }
}

/* As text, 1.0 and 1.000 are two keys, and one to PostgreSQL. */
static void
equal_numbers_are_spelled_alike_in_keys(void **state)
{
    static const struct {
        const char *text, *key;
    } cases[] = { { "1.000", "'1'" },       { "1.50", "'1.5'" }, { "100", "'100'" },
                  { "-0.500", "'-0.5'" },   { "0.0", "'0'" },    { "1000.000", "'1000'" },
                  { "0.00010", "'0.0001'" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        subject_init(&s, "default", "numeric");
        s.column.as_text = true;
        assert_string_equal(stored(&s, numeric_of(&arena, cases[i].text)),
                            arena_printf(&arena, "'%s'", cases[i].text));
        s.column.is_key = true;
        assert_string_equal(stored(&s, numeric_of(&arena, cases[i].text)), cases[i].key);
        subject_deinit(&s);
    }
}

static void
amounts_of_money_are_plain_numbers_or_text(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "default", "money");
    assert_string_equal(stored(&s, int_of(&arena, -123456, 8)), "'-1234.56'");
    assert_int_equal(put(&s, int_of(&arena, 999999999999999, 8)), CELL_OK);
    assert_int_equal(put(&s, int_of(&arena, 1000000000000000, 8)), CELL_DOES_NOT_FIT);
    assert_int_equal(put(&s, int_of(&arena, -1000000000000000, 8)), CELL_DOES_NOT_FIT);
    s.column.as_text = true;
    assert_string_equal(stored(&s, int_of(&arena, INT64_MIN, 8)), "'-92233720368547758.08'");
    s.column.style.money_scale = 0;
    assert_string_equal(stored(&s, int_of(&arena, 5, 8)), "'5'");
    subject_deinit(&s);
}

static void
documents_that_are_bare_numbers_ask_for_a_column_of_text(void **state)
{
    static const struct {
        const char *document;
        bool is_number;
    } cases[] = {
        { "12", true },      { "-1.50", true }, { " \t\r\n 1e5", true }, { "[12]", false },
        { "\"12\"", false }, { "null", false }, { "{}", false },         { " ", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        char *binary = arena_printf(&arena, "\x01%s", cases[i].document);
        subject_init(&s, "default", "json");
        enum cell_status want = cases[i].is_number ? CELL_DOES_NOT_FIT : CELL_OK;
        assert_int_equal(put(&s, text_of(cases[i].document)), want);
        s.column.as_text = true;
        assert_string_equal(stored(&s, text_of(cases[i].document)),
                            arena_printf(&arena, "'%s'", cases[i].document));
        subject_deinit(&s);
        subject_init(&s, "default", "jsonb");
        assert_int_equal(put(&s, text_of(binary)), want);
        subject_deinit(&s);
        subject_init(&s, "django", "jsonb"); /* whose columns are text */
        assert_int_equal(put(&s, text_of(binary)), CELL_OK);
        subject_deinit(&s);
    }
}

/* ---- odd values */

struct odd_case {
    const char *profile, *type;
    struct decant_value value;
    const char *kept, *nearest; /* NULL: there is none */
    size_t counter;             /* of struct sqlite_column */
};

#define COUNTER(name) offsetof(struct sqlite_column, losses.name)

static const struct odd_case odds[] = {
    { "default", "double precision", VALUE("\x7F\xF8\0\0\0\0\0\0"), "'NaN'", NULL, COUNTER(nan) },
    { "default", "real", VALUE("\x7F\xC0\0\0"), "'NaN'", NULL, COUNTER(nan) },
    { "default", "numeric", VALUE("\0\0\0\0\xC0\0\0\0"), "'NaN'", NULL, COUNTER(nan) },
    { "default", "date", VALUE("\x7F\xFF\xFF\xFF"), "'infinity'", "'9999-12-31'",
      COUNTER(infinite) },
    { "default", "date", VALUE("\x80\0\0\0"), "'-infinity'", "'0001-01-01'", COUNTER(infinite) },
    { "default", "timestamp without time zone", VALUE("\x80\0\0\0\0\0\0\0"), "'-infinity'",
      "'0001-01-01 00:00:00'", COUNTER(infinite) },
    { "prisma", "timestamp with time zone", VALUE("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "'infinity'",
      "'9999-12-31T23:59:59.000+00:00'", COUNTER(infinite) },
    /* 0044-03-15 BC, the Ides: 746117 days before 2000 */
    { "default", "date", VALUE("\xFF\xF4\x9D\x7B"), "'0044-03-15 BC'", "'0001-01-01'",
      COUNTER(beyond_dates) },
    { "jdbc", "date", VALUE("\0\x2D\0\0"), NULL, "'9999-12-31 00:00:00.000'",
      COUNTER(beyond_dates) },
    { "default", "time without time zone", VALUE("\0\0\0\x14\x1D\xD7\x60\0"), "'24:00:00'",
      "'23:59:59'", COUNTER(midnights) },
    { "rails", "time without time zone", VALUE("\0\0\0\x14\x1D\xD7\x60\0"), "'2000-01-01 24:00:00'",
      "'2000-01-01 23:59:59'", COUNTER(midnights) },
    { "django", "interval", VALUE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0E"), "'P1Y2M'", NULL,
      COUNTER(months) },
};

/* What the header promises for each of keep, null and clamp. */
static void
odd_value(const struct odd_case *c, enum sqlite_odd odd, bool not_null, bool is_key)
{
    struct subject s;
    subject_init(&s, c->profile, c->type);
    s.source.not_null = not_null;
    s.column.odd = odd;
    s.column.is_key = is_key;
    const char *found = stored(&s, c->value);
    int64_t counted;
    memcpy(&counted, (char *)&s.column + c->counter, sizeof counted);
    bool is_clamped = odd == ODD_CLAMP && c->nearest != NULL && !is_key;
    bool is_nulled = odd != ODD_KEEP && !is_clamped && !not_null && !is_key;
    if (is_clamped)
        assert_string_equal(found, c->nearest);
    else if (is_nulled)
        assert_string_equal(found, "NULL");
    else if (c->kept != NULL)
        assert_string_equal(found, c->kept);
    assert_int_equal(s.column.losses.clamped, is_clamped);
    assert_int_equal(s.column.losses.nulled, is_nulled);
    assert_int_equal(counted, !is_clamped && !is_nulled);
    subject_deinit(&s);
}

static void
odd_values_are_kept_made_null_or_clamped_where_they_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odds / sizeof *odds; i++)
        for (int odd = ODD_KEEP; odd <= ODD_CLAMP; odd++)
            for (int bits = 0; bits < 4; bits++)
                odd_value(&odds[i], (enum sqlite_odd)odd, bits & 1, bits & 2);
}

/* Usual values are nobody's business. */
static void
usual_values_are_the_same_whatever_becomes_of_odd_ones(void **state)
{
    static const struct {
        const char *type;
        struct decant_value value;
    } usual[] = {
        { "double precision", VALUE("\x3F\xF8\0\0\0\0\0\0") },
        { "date", VALUE("\0\0\0\0") },
        { "timestamp with time zone", VALUE("\0\0\0\0\0\0\0\0") },
        { "time without time zone", VALUE("\0\0\0\x14\x1D\xD7\x5F\xFF") }, /* 23:59:59.999999 */
        { "interval", VALUE("\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0") },
        { "numeric", VALUE("\0\x01\0\0\0\0\0\0\0\x07") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        const char *kept = NULL;
        for (int odd = ODD_KEEP; odd <= ODD_CLAMP; odd++) {
            struct subject s;
            subject_init(&s, "default", usual[i].type);
            s.column.odd = (enum sqlite_odd)odd;
            const char *found = stored(&s, usual[i].value);
            assert_string_not_equal(found, "NULL");
            if (kept != NULL)
                assert_string_equal(found, kept);
            kept = found;
            assert_int_equal(s.column.losses.clamped + s.column.losses.nulled, 0);
            subject_deinit(&s);
        }
    }
}

/* ---- what is not as it was */

static void
blanks_at_the_end_of_a_char_go(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "default", "character(5)");
    assert_string_equal(stored(&s, VALUE("ab   ")), "'ab'");
    assert_string_equal(stored(&s, VALUE("     ")), "''");
    assert_string_equal(stored(&s, VALUE(" ab")), "' ab'");
    assert_string_equal(stored(&s, VALUE("a\t ")), "'a\t'");
    subject_deinit(&s);
    subject_init(&s, "default", "character varying(5)");
    assert_string_equal(stored(&s, VALUE("ab ")), "'ab '");
    subject_deinit(&s);
}

static void
bytes_without_an_encoding_are_a_blob_where_they_are_no_text(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "default", "text");
    s.column.check_utf8 = true;
    assert_string_equal(stored(&s, VALUE("Z\xC3\xBCrich")), "'Z\xC3\xBCrich'");
    assert_int_equal(s.column.losses.not_utf8, 0);
    assert_string_equal(stored(&s, VALUE("Z\xFCrich")), "X6");
    assert_int_equal(s.column.losses.not_utf8, 1);
    subject_deinit(&s);
}

static void
a_char_of_code_zero_is_counted(void **state)
{
    struct subject s;
    (void)state;
    subject_scalar(&s, "default", SCALAR_CHAR);
    assert_string_equal(declared(&s), "CHAR(1)");
    assert_string_equal(stored(&s, VALUE("x")), "'x'");
    assert_string_equal(stored(&s, VALUE("\0")), "''");
    assert_int_equal(s.column.losses.char_zero, 1);
    subject_deinit(&s);
}

static void
an_oid_has_no_sign(void **state)
{
    struct subject s;
    (void)state;
    subject_scalar(&s, "default", SCALAR_OID);
    assert_string_equal(stored(&s, VALUE("\xFF\xFF\xFF\xFF")), "4294967295");
    subject_deinit(&s);
}

static void
minus_zero_is_zero_and_counted(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "default", "double precision");
    stored(&s, double_of(&arena, -0.0));
    assert_int_equal(s.column.losses.minus_zero, 1);
    stored(&s, double_of(&arena, 0.0));
    stored(&s, double_of(&arena, -1e-300));
    assert_int_equal(s.column.losses.minus_zero, 1);
    subject_deinit(&s);
}

static void
a_uuid_has_the_form_of_its_readers(void **state)
{
    static const char bytes[] = "\xA0\xEE\xBC\x99\x9C\x0B\x4E\xF8\xBB\x6D\x6B\xB9\xBD\x38\x0A\x11";
    struct subject s;
    (void)state;
    subject_init(&s, "default", "uuid");
    assert_string_equal(stored(&s, VALUE(bytes)), "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'");
    subject_deinit(&s);
    subject_init(&s, "django", "uuid");
    assert_string_equal(stored(&s, VALUE(bytes)), "'a0eebc999c0b4ef8bb6d6bb9bd380a11'");
    assert_int_equal(put(&s, (struct decant_value){ (const uint8_t *)bytes, 15 }), CELL_MALFORMED);
    subject_deinit(&s);
}

static void
an_interval_is_a_text_or_microseconds(void **state)
{
    static const char hours[] = "\0\0\0\0\xD6\x93\xA4\0\0\0\0\0\0\0\0\0"; /* 01:00:00 */
    struct subject s;
    (void)state;
    subject_init(&s, "default", "interval");
    assert_string_equal(stored(&s, VALUE(hours)), "'PT1H'");
    subject_deinit(&s);
    subject_init(&s, "django", "interval");
    assert_string_equal(stored(&s, VALUE(hours)), "3600000000");
    subject_deinit(&s);
}

static void
lower_bounds_of_arrays_are_counted(void **state)
{
    /* one dimension, no NULLs, of integers; two elements from 0 (or 1) on */
    static const char from_0[] =
        "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\7\0\0\0\4\0\0\0\x08";
    static const char from_1[] =
        "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\7\0\0\0\4\0\0\0\x08";
    struct subject s;
    (void)state;
    subject_init(&s, "default", "integer[]");
    assert_string_equal(stored(&s, VALUE(from_1)), "'[7, 8]'");
    assert_int_equal(s.column.losses.lower_bounds, 0);
    assert_string_equal(stored(&s, VALUE(from_0)), "'[7, 8]'");
    assert_int_equal(s.column.losses.lower_bounds, 1);
    subject_deinit(&s);
}

/* Each fixed length is asked for. */
static void
values_of_another_length_are_malformed(void **state)
{
    static const enum scalar_id fixed[] = {
        SCALAR_BOOL,   SCALAR_INT2,    SCALAR_INT4,      SCALAR_INT8,        SCALAR_OID,
        SCALAR_FLOAT4, SCALAR_FLOAT8,  SCALAR_NUMERIC,   SCALAR_MONEY,       SCALAR_DATE,
        SCALAR_TIME,   SCALAR_TIMETZ,  SCALAR_TIMESTAMP, SCALAR_TIMESTAMPTZ, SCALAR_INTERVAL,
        SCALAR_UUID,   SCALAR_MACADDR, SCALAR_MACADDR8,  SCALAR_INET,        SCALAR_CIDR,
        SCALAR_BIT,
    };
    (void)state;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        for (int p = 0; p < 2; p++) {
            struct subject s;
            subject_scalar(&s, p == 0 ? "default" : "django", fixed[i]);
            if (put(&s, VALUE("\0\0\0")) != CELL_MALFORMED)
                fail_msg("%s", scalars[fixed[i]].name);
            assert_int_equal(put(&s, VALUE("")), CELL_MALFORMED);
            subject_deinit(&s);
        }
}

static void
documents_and_arrays_that_are_cut_are_malformed(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "default", "jsonb");
    assert_int_equal(put(&s, VALUE("")), CELL_MALFORMED);
    assert_int_equal(put(&s, VALUE("\x02{}")), CELL_MALFORMED); /* a version that is not known */
    subject_deinit(&s);
    subject_init(&s, "default", "integer[]");
    assert_int_equal(put(&s, VALUE("\0\0\0\1\0\0\0\0")), CELL_MALFORMED);
    subject_deinit(&s);
    subject_init(&s, "default", "daterange");
    assert_int_equal(put(&s, VALUE("")), CELL_MALFORMED);
    subject_deinit(&s);
}

/* ---- notes */

static void
every_loss_has_its_note(void **state)
{
    static const struct {
        size_t counter;
        const char *code;
    } losses[] = {
        { COUNTER(nan), "nan" },
        { COUNTER(infinite), "infinity" },
        { COUNTER(minus_zero), "minus-zero" },
        { COUNTER(beyond_dates), "beyond-dates" },
        { COUNTER(lower_bounds), "array-bounds" },
        { COUNTER(not_utf8), "not-utf8" },
        { COUNTER(months), "interval-months" },
        { COUNTER(char_zero), "char-zero" },
        { COUNTER(midnights), "24:00" },
        { COUNTER(shortened), "microseconds" },
        { COUNTER(rounded), "rounded" },
        { COUNTER(nulled), "odd-null" },
        { COUNTER(clamped), "odd-clamped" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        struct subject s;
        struct notes notes;
        int64_t n = 7 + (int64_t)i;
        notes_init(&notes);
        subject_init(&s, "default", "text");
        memcpy((char *)&s.column + losses[i].counter, &n, sizeof n);
        sqlite_column_notes(&s.column, "public.t", &notes);
        assert_int_equal(notes.count, 1);
        assert_int_equal(noted(&notes, losses[i].code, "public.t.c"), 1);
        assert_int_equal(noted_count(&notes, losses[i].code), n);
        assert_non_null(note_consequence(&notes.items[0]));
        notes_deinit(&notes);
    }
}

static void
a_column_of_text_is_noted_by_what_it_was(void **state)
{
    static const char *const cases[][2] = { { "numeric", "decimal-as-text" },
                                            { "money", "decimal-as-text" },
                                            { "json", "json-as-text" },
                                            { "jsonb", "json-as-text" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject s;
        struct notes notes;
        notes_init(&notes);
        subject_init(&s, "default", cases[i][0]);
        sqlite_column_notes(&s.column, "public.t", &notes);
        assert_int_equal(notes.count, 0);
        s.column.as_text = true;
        sqlite_column_notes(&s.column, "public.t", &notes);
        assert_int_equal(noted(&notes, cases[i][1], "public.t.c"), 1);
        notes_deinit(&notes);
    }
}

/* ---- advice */

static void
readers_that_need_help_are_told_how(void **state)
{
    struct subject s;
    (void)state;
    subject_init(&s, "jdbc", "timestamp with time zone");
    assert_non_null(strstr(sqlite_profile_advice(s.column.profile, &s.type), "date_class=TEXT"));
    subject_init(&s, "jdbc", "text");
    assert_null(sqlite_profile_advice(s.column.profile, &s.type));
    subject_init(&s, "default", "timestamp with time zone");
    assert_null(sqlite_profile_advice(s.column.profile, &s.type));
    subject_init(&s, "sqlx", "uuid");
    assert_non_null(strstr(sqlite_profile_advice(s.column.profile, &s.type), "Hyphenated"));
    s.type.kind = TYPE_OPAQUE; /* of somebody else's */
    assert_null(sqlite_profile_advice(s.column.profile, &s.type));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modifiers_are_those_of_the_source),
        cmocka_unit_test(an_enum_is_as_wide_as_its_longest_label),
        cmocka_unit_test(profiles_declare_what_their_readers_look_for),
        cmocka_unit_test(columns_made_text_have_the_affinity_of_text),
        cmocka_unit_test(nobody_takes_another_word_for_odd_values),
        cmocka_unit_test(a_profile_that_is_not_there_is_answered_with_those_that_are),
        cmocka_unit_test(no_declared_type_changes_what_is_stored),
        cmocka_unit_test(numerics_survive_whatever_their_size),
        cmocka_unit_test(more_digits_than_a_double_holds_ask_for_a_column_of_text),
        cmocka_unit_test(equal_numbers_are_spelled_alike_in_keys),
        cmocka_unit_test(amounts_of_money_are_plain_numbers_or_text),
        cmocka_unit_test(documents_that_are_bare_numbers_ask_for_a_column_of_text),
        cmocka_unit_test(odd_values_are_kept_made_null_or_clamped_where_they_may),
        cmocka_unit_test(usual_values_are_the_same_whatever_becomes_of_odd_ones),
        cmocka_unit_test(blanks_at_the_end_of_a_char_go),
        cmocka_unit_test(bytes_without_an_encoding_are_a_blob_where_they_are_no_text),
        cmocka_unit_test(a_char_of_code_zero_is_counted),
        cmocka_unit_test(an_oid_has_no_sign),
        cmocka_unit_test(minus_zero_is_zero_and_counted),
        cmocka_unit_test(a_uuid_has_the_form_of_its_readers),
        cmocka_unit_test(an_interval_is_a_text_or_microseconds),
        cmocka_unit_test(lower_bounds_of_arrays_are_counted),
        cmocka_unit_test(values_of_another_length_are_malformed),
        cmocka_unit_test(documents_and_arrays_that_are_cut_are_malformed),
        cmocka_unit_test(every_loss_has_its_note),
        cmocka_unit_test(a_column_of_text_is_noted_by_what_it_was),
        cmocka_unit_test(readers_that_need_help_are_told_how),
    };
    return cmocka_run_group_tests(tests, NULL, end_arena);
}
