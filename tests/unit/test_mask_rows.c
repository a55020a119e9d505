/* SPDX-License-Identifier: PostgreSQL */
/* Rows as the source sends them, through their masks and back: every type in its binary form, what
 * stays, what stops a run, and whose fakes they are. */
#include <float.h>
#include <math.h>

#include "base/bytes.h"
#include "little.h"
#include "row/codec.h"
#include "row/encode.h"

/* ---- from a text to the binary form, and back */

static void
put_number(uint64_t n, int width, struct buf *out)
{
    uint8_t bytes[8];
    put_u64(bytes, n);
    buf_add(out, bytes + 8 - width, (size_t)width);
}

static void
put_numeric_special(unsigned sign, struct buf *out)
{
    put_number(0, 2, out);
    put_number(0, 2, out);
    put_number(sign, 2, out);
    put_number(0, 2, out);
}

static void
put_hex(const char *text, struct buf *out)
{
    unsigned byte;
    for (; *text != '\0'; text += 2 + (text[2] == '-' || text[2] == ':')) {
        assert_int_equal(sscanf(text, "%2x", &byte), 1);
        buf_putc(out, (char)byte);
    }
}

static void
put_scalar(enum scalar_id scalar, const char *text, struct buf *out)
{
    uint32_t single;
    uint64_t full;
    float f = strtof(text, NULL);
    double d = strtod(text, NULL);
    switch ((int)scalar) {
    case SCALAR_BOOL:
        buf_putc(out, text[0] == 't');
        break;
    case SCALAR_INT2:
        put_number((uint64_t)atoll(text), 2, out);
        break;
    case SCALAR_INT4:
    case SCALAR_DATE:
        put_number((uint64_t)atoll(text), 4, out);
        break;
    case SCALAR_INT8:
    case SCALAR_MONEY:
    case SCALAR_TIMESTAMP:
    case SCALAR_TIMESTAMPTZ:
        put_number((uint64_t)atoll(text), 8, out);
        break;
    case SCALAR_FLOAT4:
        memcpy(&single, &f, sizeof single);
        put_number(single, 4, out);
        break;
    case SCALAR_FLOAT8:
        memcpy(&full, &d, sizeof full);
        put_number(full, 8, out);
        break;
    case SCALAR_NUMERIC:
        if (strcmp(text, "NaN") == 0)
            put_numeric_special(0xC000, out);
        else if (strstr(text, "Infinity") != NULL)
            put_numeric_special(text[0] == '-' ? 0xF000 : 0xD000, out);
        else
            assert_true(encode_numeric(text, strlen(text), out));
        break;
    case SCALAR_UUID:
    case SCALAR_MACADDR:
    case SCALAR_BYTEA:
    case SCALAR_INET: /* family, bits, is_cidr, length, address */
    case SCALAR_CIDR:
        put_hex(text, out);
        break;
    case SCALAR_JSONB:
        buf_putc(out, 1);
        buf_puts(out, text);
        break;
    default:
        buf_puts(out, text);
    }
}

/* "1|2|NULL" as an array of one dimension. */
static void
put_array(enum scalar_id scalar, const char *text, struct buf *out)
{
    int n = *text != '\0';
    for (const char *p = text; *p != '\0'; p++)
        n += *p == '|';
    put_number(n > 0, 4, out);
    put_number(strstr(text, "NULL") != NULL, 4, out);
    put_number(25, 4, out);
    if (n > 0) {
        put_number((uint64_t)n, 4, out);
        put_number(1, 4, out);
    }
    for (int i = 0; i < n; i++, text += strcspn(text, "|") + 1) {
        struct buf element = { 0 };
        char item[100];
        snprintf(item, sizeof item, "%.*s", (int)strcspn(text, "|"), text);
        if (strcmp(item, "NULL") == 0) {
            put_number(UINT32_MAX, 4, out);
            continue;
        }
        put_scalar(scalar, item, &element);
        put_number(element.len, 4, out);
        buf_add(out, buf_str(&element), element.len);
        buf_deinit(&element);
    }
}

static void
put_value(const struct type *type, const char *text, struct buf *out)
{
    if (type->kind == TYPE_ARRAY)
        put_array(type->element->scalar, text, out);
    else
        put_scalar(type->kind == TYPE_SCALAR ? type->scalar : SCALAR_TEXT, text, out);
}

/* ---- one table at work */

struct work {
    struct little l;
    struct mask_stream stream;
    struct buf in[LITTLE_MOST], text;
    struct decant_value values[LITTLE_MOST], extras[LITTLE_MOST];
    struct decant_error err;
    const struct table *table;
};

static void
begin_as(struct work *w, const char *schema, const char *rules, bool as_text)
{
    bool travels[LITTLE_MOST];
    memset(w, 0, sizeof *w);
    memset(travels, 1, sizeof travels);
    little_begin(&w->l, schema, rules);
    w->table = &w->l.tables[0];
    mask_stream_init(&w->stream, &w->l.masking, &w->l.masking.tables[0], w->table, travels,
                     as_text);
    for (int i = 0; i < LITTLE_MOST; i++)
        w->extras[i].len = DECANT_NULL;
}

static void
begin(struct work *w, const char *schema, const char *rules)
{
    begin_as(w, schema, rules, false);
}

/* A table with the one column a of that type. */
static void
begin_column(struct work *w, const char *type, const char *rule)
{
    char schema[200], rules[400];
    snprintf(schema, sizeof schema, "s.t\n  a %s\n", type);
    snprintf(rules, sizeof rules, "columns: {s.t: {a: %s}}\n", rule);
    begin(w, schema, rules);
}

static void
end(struct work *w)
{
    mask_stream_deinit(&w->stream);
    for (int i = 0; i < LITTLE_MOST; i++)
        buf_deinit(&w->in[i]);
    buf_deinit(&w->text);
    little_deinit(&w->l);
}

static void
set(struct work *w, int column, const char *text)
{
    buf_reset(&w->in[column]);
    buf_puts(&w->in[column], "");
    const struct type *type = w->table->columns[column].type;
    if (text != NULL)
        put_value(type, text, &w->in[column]);
    while (text != NULL && type->kind == TYPE_SCALAR && type->scalar == SCALAR_BPCHAR &&
           utf8_length(buf_str(&w->in[column]), w->in[column].len) <
               (size_t)mask_room(&w->table->columns[column]))
        buf_putc(&w->in[column], ' '); /* as the server pads it */
    w->values[column] = text != NULL ? (struct decant_value){ (uint8_t *)buf_str(&w->in[column]),
                                                              (int32_t)w->in[column].len }
                                     : (struct decant_value){ NULL, DECANT_NULL };
}

static bool
mask(struct work *w)
{
    return mask_stream_row(&w->stream, w->values, w->extras, &w->err);
}

/* What is in a column now, as the server would print it. */
static const char *
get(struct work *w, int column)
{
    static const struct text_style style = { 2 };
    const struct decant_value *value = &w->values[column];
    buf_reset(&w->text);
    buf_puts(&w->text, "");
    if (value->len < 0)
        return "NULL";
    if (w->stream.as_text || w->table->columns[column].type->kind == TYPE_ENUM)
        buf_add(&w->text, value->data, (size_t)value->len);
    else
        assert_true(codec_text(w->table->columns[column].type, value, &style, &w->text));
    w->text.data[w->text.len] = '\0';
    return buf_str(&w->text);
}

/* The fake of a text in column 0, of the row of nobody. */
static const char *
fake(struct work *w, const char *text)
{
    set(w, 0, text);
    if (!mask(w))
        fail_msg("%s", w->err.message);
    return get(w, 0);
}

/* ---- all types */

static const struct {
    const char *type, *rule, *original, *other;
} kinds[] = {
    { "smallint", "int", "123", "-123" },
    { "integer", "int", "70000", "70001" },
    { "bigint", "int", "9007199254740993", "-1" },
    { "bigint", "noise", "1000000007", "-1000000007" },
    { "money", "noise", "123456789", "-5000000" },
    { "numeric", "noise", "1234567.891", "-0.000012345" },
    { "real", "noise", "1234.5", "-0.25" },
    { "double precision", "noise", "123456.789", "-1e-200" },
    { "text", "by_shape", "Quai d'Orsay 17", "x123y" },
    { "citext", "by_shape", "Quai17", "quay18" },
    { "character varying(30)", "email", "ann@corp.test", "bob@corp.test" },
    { "character(12)", "by_shape", "Ab12        ", "Cd34        " },
    { "name", "by_shape", "anybody", "somebody" },
    { "bytea", "token", "a1b2c3d4e5f60718", "a1b2c3d4e5f60719" },
    { "date", "date_shift", "7365", "-1" },
    { "date", "{use: birth_date, preserve: none}", "-7000", "-9000" },
    { "timestamp without time zone", "date_shift", "1234567890123", "-5" },
    { "timestamp with time zone", "{use: truncate, to: year}", "1234567890123", "34567890123" },
    { "uuid", "uuid", "6ba7b8109dad41d180b400c04fd430c8", "6ba7b8109dad41d180b400c04fd430c9" },
    { "jsonb", "json", "{\"a\": \"somebody\"}", "{\"a\": \"anybodys\"}" },
    { "json", "json", "{ \"a\":\"somebody\" }", "[\"anybodys\"]" },
    { "inet", "ip", "0220000408080808", "0220000408080809" },
    { "macaddr", "mac", "00:1b:44:11:3a:b7", "00:1b:44:11:3a:b8" },
    { "text[]", "by_shape", "Quai17|Orsay|NULL", "x1234567" },
    { "integer[]", "int", "1|2|NULL|70000", "5" },
    { "numeric[]", "noise", "1.5|NaN", "7.25" },
    { "uuid[]", "uuid", "6ba7b8109dad41d180b400c04fd430c8", "00000000000040008000000000000000" },
};

enum { NKINDS = sizeof kinds / sizeof *kinds };

static void
every_kind_of_value_has_a_fake_of_its_type(void **state)
{
    (void)state;
    for (int i = 0; i < NKINDS; i++) {
        struct work w;
        char before[400], first[400];
        begin_column(&w, kinds[i].type, kinds[i].rule);
        set(&w, 0, kinds[i].original);
        snprintf(before, sizeof before, "%s", get(&w, 0));
        snprintf(first, sizeof first, "%s", fake(&w, kinds[i].original));
        if (strcmp(before, first) == 0)
            fail_msg("%s of %s stays %s", kinds[i].rule, kinds[i].type, before);
        /* the same once more, whatever came between */
        fake(&w, kinds[i].other);
        assert_string_equal(fake(&w, kinds[i].original), first);
        end(&w);
    }
}

static void
null_stays_null_whatever_the_mask(void **state)
{
    static const char *const blind[][2] = {
        { "text", "{use: set, value: x}" },
        { "text", "{use: choice, values: [x]}" },
        { "text", "{derive: \"{b}\"}" },
        { "text", "secret" },
        { "text", "password_hash" },
        { "text", "{use: map, values: {a: b}, default: c}" },
        { "text[]", "recompute" },
        { "bytea", "empty" },
        { "point", "empty" },
    };
    (void)state;
    for (size_t i = 0; i < NKINDS + sizeof blind / sizeof *blind; i++) {
        struct work w;
        const char *const *pair = i < NKINDS ? NULL : blind[i - NKINDS];
        char schema[100], rules[300];
        snprintf(schema, sizeof schema, "s.t\n  a %s\n  b text\n",
                 pair != NULL ? pair[0] : kinds[i].type);
        snprintf(rules, sizeof rules, "columns: {s.t: {a: %s, b: keep}}\n",
                 pair != NULL ? pair[1] : kinds[i].rule);
        begin(&w, schema, rules);
        set(&w, 0, NULL);
        set(&w, 1, "b");
        assert_true(mask(&w));
        assert_int_equal(w.values[0].len, DECANT_NULL);
        assert_string_equal(get(&w, 1), "b");
        end(&w);
    }
}

/* What no arithmetic changes: they come back bit by bit. */
static void
nan_and_infinities_stay(void **state)
{
    static const char *const types[] = { "numeric", "real", "double precision" };
    static const char *const rules[] = { "noise", "{use: bucket, step: 10}",
                                         "{use: noise, ratio: 100%, per: value}" };
    static const char *const values[] = { "NaN", "Infinity", "-Infinity" };
    (void)state;
    for (int t = 0; t < 3; t++)
        for (int r = 0; r < 3; r++) {
            struct work w;
            begin_column(&w, types[t], rules[r]);
            for (int v = 0; v < 3; v++)
                assert_string_equal(fake(&w, values[v]), values[v]);
            /* they are nothing that the mask should have changed into: no leak is told of them */
            end(&w);
        }
}

/* Above every number stand infinity and, in the order of the server, NaN. */
static void
a_top_is_above_all_even_what_is_no_number(void **state)
{
    static const char *const types[] = { "numeric", "real", "double precision" };
    (void)state;
    for (int t = 0; t < 3; t++) {
        struct work w;
        begin_column(&w, types[t], "{use: top_code, at: 100}");
        assert_string_equal(fake(&w, "Infinity"), "100");
        assert_string_equal(fake(&w, "NaN"), "100");
        assert_string_equal(fake(&w, "-Infinity"), "-Infinity");
        assert_true(strtod(fake(&w, "100.5"), NULL) == 100);
        assert_string_equal(fake(&w, "99.5"), "99.5");
        end(&w);
    }
}

static void
dates_without_end_stay(void **state)
{
    static const struct {
        const char *type, *values[2];
    } cases[] = {
        { "date", { "2147483647", "-2147483648" } },
        { "timestamp without time zone", { "9223372036854775807", "-9223372036854775808" } },
        { "timestamp with time zone", { "9223372036854775807", "-9223372036854775808" } },
    };
    static const char *const rules[] = { "date_shift", "birth_date", "{use: truncate, to: month}" };
    (void)state;
    for (int t = 0; t < 3; t++)
        for (int r = 0; r < 3; r++) {
            struct work w;
            begin_column(&w, cases[t].type, rules[r]);
            assert_string_equal(fake(&w, cases[t].values[0]), "infinity");
            if (t == 0 || r < 2) /* see below */
                assert_string_equal(fake(&w, cases[t].values[1]), "-infinity");
            end(&w);
        }
}

/* -infinity is no day: nothing is to be computed of it. */
static void
nothing_is_computed_of_a_time_before_all(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "timestamp without time zone", "{use: truncate, to: month}");
    assert_string_equal(fake(&w, "-9223372036854775808"), "-infinity");
    end(&w);
}

/* The first day that there is cannot move into the past. */
static void
no_date_leaves_its_type(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "date", "date_shift");
    assert_string_equal(fake(&w, "-2451545"), "4714-11-24 BC");
    assert_non_null(strstr(fake(&w, "-2451000"), "BC"));
    end(&w);
    begin_column(&w, "timestamp without time zone", "date_shift");
    assert_non_null(strstr(fake(&w, "-211813488000000000"), "4714-11-24 00:00:00 BC"));
    end(&w);
}

static void
numbers_fit_their_columns_digits(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "numeric(5,2)", "{use: noise, ratio: 100%}");
    ((struct column *)w.table->columns)[0].typmod = ((5 << 16) | 2) + 4;
    mask_set_limits((struct mask *)little_mask(&w.l, "s.t.a")->masks[0], w.table->columns);
    for (int i = 0; i < 1000; i++) {
        char text[20];
        snprintf(text, sizeof text, "%d.%02d", 990 + i % 10, i % 100);
        set(&w, 0, text);
        uint8_t row[8];
        w.extras[0] = big_endian((uint64_t)i, 8, row); /* the row's seed */
        assert_true(mask(&w));
        double x = strtod(get(&w, 0), NULL);
        assert_true(x <= 999.99 && x >= -999.99);
        assert_int_equal(strlen(strchr(get(&w, 0), '.')), 3);
    }
    end(&w);
}

/* ---- arrays */

static void
arrays_keep_their_dimensions_and_nulls(void **state)
{
    struct work w;
    struct buf in = { 0 };
    (void)state;
    begin_column(&w, "integer[]", "{use: int, range: [100, 199]}");
    /* [-1:0][5:6] with one NULL */
    put_number(2, 4, &in);
    put_number(1, 4, &in);
    put_number(23, 4, &in);
    put_number(2, 4, &in);
    put_number((uint32_t)-1, 4, &in);
    put_number(2, 4, &in);
    put_number(5, 4, &in);
    for (int i = 0; i < 4; i++) {
        put_number(i == 2 ? UINT32_MAX : 4, 4, &in);
        if (i != 2)
            put_number((uint64_t)(150 + i), 4, &in);
    }
    w.values[0] = (struct decant_value){ (uint8_t *)in.data, (int32_t)in.len };
    assert_true(mask(&w));
    assert_int_equal(w.values[0].len, in.len);
    assert_memory_equal(w.values[0].data, in.data, 28);
    const char *text = get(&w, 0);
    assert_memory_equal(text, "[-1:0][5:6]={{1", 15);
    assert_non_null(strstr(text, "{NULL,1"));
    assert_int_equal(memcmp(w.values[0].data, in.data, in.len) != 0, 1);
    buf_deinit(&in);
    end(&w);
}

static void
an_empty_array_stays_and_null_fakes_are_marked(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "text[]", "email");
    assert_string_equal(fake(&w, ""), "{}");
    end(&w);
    begin_column(&w, "text[]", "{use: map, values: {a: b}, default: \"null\"}");
    assert_string_equal(fake(&w, "a|x|NULL|a"), "{b,NULL,NULL,b}");
    assert_string_equal(fake(&w, "a|x"), "{b,NULL}");
    assert_int_equal(w.values[0].data[7], 1);
    assert_string_equal(fake(&w, "a|a"), "{b,b}");
    assert_int_equal(w.values[0].data[7], 0);
    end(&w);
}

/* Equal elements of one row that are drawn for the row's sake do not all get the same draw. */
static void
elements_have_seeds_of_their_own(void **state)
{
    struct work w;
    int differ = 0;
    (void)state;
    begin_column(&w, "text[]", "{use: choice, values: [a, b, c, d, e, f, g, h]}");
    fake(&w, "x|x|x|x|x|x|x|x");
    const char *text = get(&w, 0);
    for (size_t i = 3; text[i] != '\0' && text[i - 1] != '}'; i += 2)
        differ += text[i] != text[1];
    assert_true(differ >= 3);
    end(&w);
}

static void
what_is_cut_off_is_refused_wherever_it_is_cut(void **state)
{
    static const char *const types[][2] = { { "text[]", "by_shape" },
                                            { "integer[]", "int" },
                                            { "uuid[]", "uuid" } };
    (void)state;
    for (int t = 0; t < 3; t++) {
        struct work w;
        begin_column(&w, types[t][0], types[t][1]);
        set(&w, 0, t == 2 ? "6ba7b8109dad41d180b400c04fd430c8" : "12345|777777|9");
        struct decant_value whole = w.values[0];
        /* a copy of its own for each length: what reads behind the end is caught */
        for (int32_t n = 0; n < whole.len; n++) {
            uint8_t *part = mem_alloc((size_t)n + 1);
            memcpy(part, whole.data, (size_t)n);
            w.values[0] = (struct decant_value){ part, n };
            if (mask(&w))
                fail_msg("%s of %d bytes", types[t][0], n);
            assert_int_equal(w.err.code, DECANT_UNAVAILABLE);
            assert_non_null(strstr(w.err.message, "malformed value of 's.t.a'"));
            free(part);
        }
        end(&w);
    }
}

static void
values_of_another_width_are_refused(void **state)
{
    static const char *const cases[][3] = {
        { "integer", "int", "123" },    { "jsonb", "json", "" },
        { "numeric", "noise", "xyz" },  { "double precision", "noise", "12345" },
        { "real", "noise", "1234567" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work w;
        begin_column(&w, cases[i][0], cases[i][1]);
        w.values[0] =
            (struct decant_value){ (const uint8_t *)cases[i][2], (int32_t)strlen(cases[i][2]) };
        if (mask(&w))
            fail_msg("%s of '%s'", cases[i][0], cases[i][2]);
        assert_non_null(strstr(w.err.message, "malformed"));
        end(&w);
    }
}

/* ---- rules with conditions */

static const struct decant_value yes = { (const uint8_t *)"\1", 1 };
static const struct decant_value no = { (const uint8_t *)"\0", 1 };

static void
the_first_condition_that_holds_decides(void **state)
{
    struct work w;
    (void)state;
    begin(&w, "s.t\n  a text\n  b text\n",
          "columns:\n  s.t:\n    b: keep\n    a:\n"
          "      - {when: \"b = 'x'\", use: set, value: first}\n"
          "      - {when: \"b = 'y'\", use: keep}\n      - {use: set, value: last}\n");
    const struct column_mask *how = little_mask(&w.l, "s.t.a");
    static const struct {
        const struct decant_value *first, *second;
        const char *wanted;
    } cases[] = { { &yes, &yes, "first" },
                  { &no, &yes, "Orig" },
                  { &no, &no, "last" },
                  { NULL, NULL, "last" },
                  { NULL, &yes, "Orig" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const struct decant_value unknown = { NULL, DECANT_NULL };
        w.extras[how->conditions[0]] = cases[i].first != NULL ? *cases[i].first : unknown;
        w.extras[how->conditions[1]] = cases[i].second != NULL ? *cases[i].second : unknown;
        assert_string_equal(fake(&w, "Orig"), cases[i].wanted);
    }
    end(&w);
}

static void
a_name_has_the_gender_that_the_row_says(void **state)
{
    struct work w;
    int same = 0;
    (void)state;
    begin(&w, "s.t\n  a text\n  sex text\n  id bigint; key\n",
          "columns: {s.t: {sex: keep, a: {use: first_name, gender_from: sex}}}\n");
    int gender = little_mask(&w.l, "s.t.a")->masks[0]->gender;
    for (int i = 0; i < 100; i++) {
        char number[20], woman[60];
        snprintf(number, sizeof number, "%d", i);
        set(&w, 2, number);
        w.extras[gender] = VALUE("f");
        snprintf(woman, sizeof woman, "%s", fake(&w, "Xyzzy"));
        w.extras[gender] = VALUE("w");
        assert_string_equal(fake(&w, "Xyzzy"), woman);
        w.extras[gender] = VALUE("m");
        same += strcmp(fake(&w, "Xyzzy"), woman) == 0;
    }
    assert_int_equal(same, 0);
    end(&w);
}

/* ---- whose fakes they are */

static void
rows_of_one_person_have_one_name_in_every_table(void **state)
{
    struct work users, profiles;
    struct buf name = { 0 };
    (void)state;
    begin(&users, "s.users\n  id bigint; key\n  first text\n  last text\n",
          "columns: {s.users: {first: first_name, last: last_name}}\n");
    begin(&profiles,
          "s.profiles\n  name text\n  user_id integer; key; -> s.users.id\n"
          "s.users\n  id bigint; key\n",
          "columns: {s.profiles: {name: full_name}}\n");
    for (int i = 0; i < 500; i++) {
        char id[20];
        snprintf(id, sizeof id, "%d", i * 7919);
        set(&users, 0, id);
        set(&users, 1, "Xyzzy");
        set(&users, 2, "Xyzzy");
        assert_true(mask(&users));
        buf_reset(&name);
        buf_puts(&name, get(&users, 1));
        buf_putc(&name, ' ');
        buf_puts(&name, get(&users, 2));
        set(&profiles, 1, id);
        assert_string_equal(fake(&profiles, "Xyzzy Xyzzy"), buf_str(&name));
    }
    buf_deinit(&name);
    end(&users);
    end(&profiles);
}

static void
a_row_of_nobody_is_its_own_person(void **state)
{
    struct work w;
    int same = 0;
    char before[100] = "";
    uint8_t number[8];
    (void)state;
    begin(&w, "s.t\n  a text\n  b text\n", "columns: {s.t: {a: full_name, b: keep}}\n");
    int row = w.l.masking.tables[0].row.extra;
    assert_int_equal(row, w.l.masking.tables[0].person.extra);
    for (uint64_t i = 0; i < 200; i++) {
        w.extras[row] = big_endian(i, 8, number);
        same += strcmp(fake(&w, "Xyzzy Xyzzy"), before) == 0;
        snprintf(before, sizeof before, "%s", get(&w, 0));
    }
    assert_true(same < 10);
    end(&w);
}

static void
dates_of_one_owner_move_by_one_shift_in_all_its_tables(void **state)
{
    struct work orders, users;
    (void)state;
    begin(&users, "s.users\n  at date\n  id bigint; key\n",
          "columns: {s.users: {at: date_shift}}\n");
    begin(&orders,
          "s.orders\n  at timestamp without time zone\n  user_id bigint; -> s.users.id; not null\n"
          "  id bigint; key\ns.users\n  id bigint; key\n",
          "sample: {rate: 5%, foreign_keys: {s.orders.user_id: owner}}\n"
          "columns: {s.orders: {at: date_shift}}\n");
    for (int i = 0; i < 200; i++) {
        char id[20];
        snprintf(id, sizeof id, "%d", i);
        set(&users, 1, id);
        set(&users, 0, "7000");
        assert_true(mask(&users));
        int64_t day = (int32_t)get_u32(users.values[0].data);
        assert_true(day < 7000 && (7000 - day) % 7 == 0);
        set(&orders, 1, id);
        set(&orders, 2, "1");
        set(&orders, 0, "604800000123456"); /* day 7000, and some */
        assert_true(mask(&orders));
        int64_t moment = (int64_t)get_u64(orders.values[0].data);
        assert_true(moment - INT64_C(123456) == day * INT64_C(86400000000));
    }
    end(&users);
    end(&orders);
}

/* ---- keys */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
count_distinct(char **texts, int n)
{
    int distinct = n > 0;
    qsort(texts, (size_t)n, sizeof *texts, by_text);
    for (int i = 1; i < n; i++)
        distinct += strcmp(texts[i], texts[i - 1]) != 0;
    return distinct;
}

static void
ten_thousand_unique_values_stay_unique(void **state)
{
    static const struct {
        const char *type, *rule, *form;
    } cases[] = {
        { "integer", "int", "%u" },
        { "bigint", "int", "-%u" },
        { "money", "int", "%u00" },
        { "smallint", "int", "%u" },
        { "integer", "{use: int, range: [0, 9999]}", "%u" },
        { "bigint", "phone", "4930%08u" },
        { "uuid", "uuid", "6ba7b8109dad41d180b400c04f%06x" },
        { "inet", "ip", "0220000408%06x" },
        { "macaddr", "mac", "001b44%06x" },
        { "bytea", "token", "00ff00ff00ff%06x" },
        { "character(12)", "by_shape", "X-%06u    " },
        { "name", "by_shape", "n%u" },
        { "citext", "email", "u%u@x.test" },
        { "character varying(64)", "url", "https://x.test/%u" },
        { "text", "{use: pattern, preserve_prefix: 3}", "SO-%06u" },
        { "text", "{use: digits, preserve_suffix: 2}", "%06u.00" },
        { "text", "{use: token, alphabet: hex}", "%u-0123456789abcdef" },
        { "text", "iban", "DE8937040044%010u" },
    };
    enum { MANY = 10000 };
    static char *fakes[MANY];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work w;
        char type[60];
        snprintf(type, sizeof type, "%s; unique", cases[i].type);
        begin_column(&w, type, cases[i].rule);
        for (unsigned n = 0; n < MANY; n++) {
            char text[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, cases[i].form, n);
#pragma GCC diagnostic pop
            fakes[n] = strdup(fake(&w, text));
        }
        int distinct = count_distinct(fakes, MANY);
        for (int n = 0; n < MANY; n++)
            free(fakes[n]);
        if (distinct != MANY)
            fail_msg("%s of %s: %d", cases[i].rule, cases[i].type, distinct);
        end(&w);
    }
}

/* Each row of the child finds the parent that it had, and no other. */
static void
keys_join_as_they_did(void **state)
{
    static const struct {
        const char *parent, *child, *rule, *form;
    } cases[] = {
        { "text", "text", "email", "user%u@corp.test" },
        { "text", "character varying(60)", "by_shape", "Key-%u Ü" },
        { "character(10)", "text", "by_shape", "k%u" },
        { "character(14)", "text", "token", "k%u" },
        { "bigint", "bigint", "int", "%u" },
        { "uuid", "uuid", "uuid", "6ba7b8109dad41d180b400c04f%06x" },
        { "citext", "citext", "token", "Some%uThing" },
        { "text", "text", "pattern", "%u" },
    };
    enum { PARENTS = 1000, CHILDREN = 3000 };
    static char *keys[PARENTS];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work parent, child;
        char schema[300], rules[200];
        snprintf(rules, sizeof rules, "columns: {s.a: {k: %s}}\n", cases[i].rule);
        snprintf(schema, sizeof schema, "s.a\n  k %s; key\ns.b\n  k %s; -> s.a.k\n",
                 cases[i].parent, cases[i].child);
        begin(&parent, schema, rules);
        begin(&child, schema, rules);
        child.table = &child.l.tables[1];
        mask_stream_deinit(&child.stream);
        mask_stream_init(&child.stream, &child.l.masking, &child.l.masking.tables[1], child.table,
                         (const bool[LITTLE_MOST]){ true }, false);
        for (unsigned n = 0; n < PARENTS + CHILDREN; n++) {
            char text[80];
            struct work *w = n < PARENTS ? &parent : &child;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, cases[i].form, n < PARENTS ? n : n * 31 % PARENTS);
#pragma GCC diagnostic pop
            fake(w, text);
            size_t len = w->text.len;
            while (len > 0 && w->text.data[len - 1] == ' ') /* character(n) */
                len--;
            if (n < PARENTS)
                keys[n] = strndup(buf_str(&w->text), len);
            else if (strlen(keys[n * 31 % PARENTS]) != len ||
                     memcmp(keys[n * 31 % PARENTS], buf_str(&w->text), len) != 0)
                fail_msg("%s: '%s' is '%s' here and '%s' there", cases[i].rule, text,
                         buf_str(&w->text), keys[n * 31 % PARENTS]);
        }
        assert_int_equal(count_distinct(keys, PARENTS), PARENTS);
        for (int n = 0; n < PARENTS; n++)
            free(keys[n]);
        end(&parent);
        end(&child);
    }
}

/* ---- memory of a row, and what travels */

static void
many_wide_fakes_of_one_row_do_not_disturb_each_other(void **state)
{
    enum { COLUMNS = 20, LONG = 5000 };
    struct work all, one;
    struct buf schema = { 0 }, rules = { 0 };
    static char texts[COLUMNS][LONG + 1];
    (void)state;
    buf_puts(&schema, "s.t\n");
    buf_puts(&rules, "columns: {s.t: {");
    for (int i = 0; i < COLUMNS; i++) {
        buf_printf(&schema, "  c%d text\n", i);
        buf_printf(&rules, "%sc%d: by_shape", i > 0 ? ", " : "", i);
        for (int k = 0; k < LONG; k++)
            texts[i][k] = (char)('a' + (i * 7 + k) % 26);
    }
    buf_puts(&rules, "}}\n");
    begin(&all, buf_str(&schema), buf_str(&rules));
    begin(&one, "s.t\n  c text\n", "columns: {s.t: {c: by_shape}}\n");
    for (int i = 0; i < COLUMNS; i++)
        set(&all, i, texts[i]);
    assert_true(mask(&all));
    for (int i = 0; i < COLUMNS; i++)
        assert_string_equal(get(&all, i), fake(&one, texts[i]));
    buf_deinit(&schema);
    buf_deinit(&rules);
    end(&all);
    end(&one);
}

/* A leaf may number its columns in another way, and not all of them travel. */
static void
columns_are_found_by_their_names_in_a_partition(void **state)
{
    struct work w;
    struct column other[] = { fake_column("c", "text"), fake_column("gone", "text"),
                              fake_column("a", "text") };
    struct table leaf = { .schema = "s", .name = "t1", .ncolumns = 3, .columns = other };
    const bool travels[] = { true, false, true };
    (void)state;
    begin(&w, "s.t\n  a text\n  b text\n  c text\n",
          "columns: {s.t: {a: {use: set, value: A}, b: {use: set, value: B}, c: keep}}\n");
    leaf.root = w.table;
    mask_stream_deinit(&w.stream);
    mask_stream_init(&w.stream, &w.l.masking, &w.l.masking.tables[0], &leaf, travels, false);
    set(&w, 0, "left as it is");
    set(&w, 1, "changed");
    assert_true(mask(&w));
    assert_string_equal(get(&w, 0), "left as it is");
    assert_string_equal(get(&w, 1), "A");
    end(&w);
}

static void
a_target_that_takes_text_gets_text(void **state)
{
    struct work w;
    (void)state;
    begin_as(
        &w,
        "s.t\n  id bigint; key\n  n integer\n  d date\n  tags text[]\n  doc jsonb\n  kept text\n",
        "columns: {s.t: {n: {use: set, value: -7}, d: {use: truncate, to: year}, tags: "
        "{use: set, value: x}, doc: {use: json, other: drop}, kept: [{when: \"n > 0\", use: "
        "token}, keep]}}\n",
        true);
    set(&w, 0, "42");
    set(&w, 1, "5");
    set(&w, 2, "7365");
    set(&w, 3, "a|b");
    set(&w, 4, "{\"a\": \"b\"}");
    set(&w, 5, "stays");
    assert_true(mask(&w));
    assert_string_equal(get(&w, 1), "-7");
    assert_string_equal(get(&w, 2), "2020-01-01");
    assert_string_equal(get(&w, 3), "{x,x}");
    assert_string_equal(get(&w, 4), "{}");
    assert_string_equal(get(&w, 5), "stays");
    end(&w);
}

static void
a_derived_text_is_made_of_the_fakes_beside_it(void **state)
{
    struct work w;
    (void)state;
    begin(&w, "s.t\n  mail text\n  first text\n  n integer\n  d date\n",
          "columns: {s.t: {mail: {derive: \"{first}.{n}@{first:2}.{d}\", filter: lower}, first: "
          "{use: set, value: Zoë}, n: {use: top_code, at: 9}}}\n");
    set(&w, 0, "ann@corp.test");
    set(&w, 1, "Ann");
    set(&w, 2, "77");
    set(&w, 3, "0");
    assert_true(mask(&w));
    assert_string_equal(get(&w, 0), "zoë.9@zo.2000-01-01");
    /* NULL is no text */
    set(&w, 0, "ann@corp.test");
    set(&w, 1, NULL);
    set(&w, 2, "3");
    set(&w, 3, NULL);
    assert_true(mask(&w));
    assert_string_equal(get(&w, 0), ".3@.");
    end(&w);
}

/* ---- what stops a run */

static void
a_value_that_must_not_be_copied_is_named_by_its_place_alone(void **state)
{
    static const char *const cases[][3] = {
        { "jsonb", "json", "{\"ann@corp.test\": 1}" },
        { "json", "{use: json, other: stop}", "{\"a\": \"secret\"}" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work w;
        begin_column(&w, cases[i][0], cases[i][1]);
        set(&w, 0, cases[i][2]);
        assert_false(mask(&w));
        assert_int_equal(w.err.code, DECANT_REFUSED);
        assert_non_null(strstr(w.err.message, "E310 's.t.a' holds "));
        assert_non_null(strstr(w.err.hint, "the value is not shown"));
        assert_null(strstr(w.err.message, "corp"));
        assert_null(strstr(w.err.message, "secret"));
        end(&w);
    }
}

static void
what_a_transformer_does_not_know_stops_where_the_rules_say_so(void **state)
{
    struct work w;
    (void)state;
    begin(&w, "s.t\n  a text\n", "defaults: {invalid_input: stop}\ncolumns: {s.t: {a: email}}\n");
    assert_non_null(strstr(fake(&w, "ann@corp.test"), "@example.com"));
    set(&w, 0, "n/a");
    assert_false(mask(&w));
    assert_non_null(strstr(w.err.message, "E310 's.t.a' holds a value that its transformer"));
    assert_null(strstr(w.err.message, "n/a"));
    end(&w);
}

/* "1e5" is a number, but none that is written with digits alone. */
static void
a_mask_that_makes_no_number_stops_the_run(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "numeric", "{use: set, value: 1e5}");
    set(&w, 0, "3");
    assert_false(mask(&w));
    assert_int_equal(w.err.code, DECANT_REFUSED);
    assert_non_null(strstr(w.err.message, "E311 the mask 'set' made no number for 's.t.a'"));
    end(&w);
}

/* ---- what is told at the end */

static void
a_mask_that_changes_nothing_is_a_leak(void **state)
{
    static const struct {
        const char *type, *rule, *form;
        bool leaks;
    } cases[] = {
        { "text", "{use: text, mode: scrub}", "plain words number %d", true },
        { "integer", "{use: noise, ratio: 0.0001%}", "%d", true },
        { "text", "{use: text, mode: scrub}", "mail%d@corp.test", false },
        { "integer", "{use: top_code, at: 50000}", "%d", false }, /* its work is to leave most */
        { "timestamp without time zone", "{use: truncate, to: day}", "%d00000000000", false },
        { "text", "by_shape", "abc%d", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct work w;
        begin_column(&w, cases[i].type, cases[i].rule);
        for (int n = 100; n < 110; n++) {
            char text[60];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, cases[i].form, n);
#pragma GCC diagnostic pop
            fake(&w, text);
        }
        bool ok = mask_stream_check(&w.stream, &w.err);
        if (ok == cases[i].leaks)
            fail_msg("%s of %s: %s", cases[i].rule, cases[i].form, w.err.message);
        if (!ok) {
            assert_int_equal(w.err.code, DECANT_LEAK);
            assert_non_null(
                strstr(w.err.message, "E501 the mask of 's.t.a' left 10 of 10 values unchanged"));
            assert_non_null(strstr(w.err.hint, "pattern: unchanged"));
        }
        end(&w);
    }
}

static void
somebody_may_accept_that_values_stay(void **state)
{
    static const char *const allowed[] = { "column: s.t.a, pattern: unchanged",
                                           "column: s.t.b, pattern: unchanged",
                                           "column: s.t.a, pattern: email" };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct work w;
        char rules[300];
        snprintf(rules, sizeof rules,
                 "columns: {s.t: {a: {use: text, mode: scrub}, b: keep}}\n"
                 "checks: {leak: {allow: [{%s, why: public}]}}\n",
                 allowed[i]);
        begin(&w, "s.t\n  a text\n  b text\n", rules);
        set(&w, 1, "x");
        for (int n = 0; n < 5; n++)
            fake(&w, "plain words");
        assert_int_equal(mask_stream_check(&w.stream, &w.err), i == 0);
        end(&w);
    }
}

/* Two rows prove nothing, and neither do texts of a letter. */
static void
few_or_short_values_are_no_leak(void **state)
{
    struct work w;
    (void)state;
    begin_column(&w, "text", "{use: text, mode: scrub}");
    fake(&w, "plain words");
    fake(&w, "plain words");
    for (int n = 0; n < 50; n++)
        fake(&w, "abc");
    assert_true(mask_stream_check(&w.stream, &w.err));
    end(&w);
}

static const char *
told_of(struct work *w)
{
    static char out[400];
    struct notes notes;
    notes_init(&notes);
    assert_true(mask_stream_check(&w->stream, &w->err));
    masking_tell(&w->l.masking, &notes);
    out[0] = '\0';
    for (size_t i = 0; i < notes.count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s %s;",
                 note_code(notes.items[i].reason), notes.items[i].object);
    notes_deinit(&notes);
    return out;
}

static void
rules_that_keep_most_rows_and_values_of_another_form_are_told(void **state)
{
    struct work w;
    (void)state;
    begin(&w, "s.t\n  a text\n  b text\n",
          "columns: {s.t: {b: keep, a: [{when: \"b = 'x'\", use: keep}, email]}}\n");
    int condition = little_mask(&w.l, "s.t.a")->conditions[0];
    set(&w, 1, "x");
    for (int i = 0; i < 10; i++) {
        w.extras[condition] = i < 6 ? yes : no;
        fake(&w, "ann@corp.test");
    }
    assert_string_equal(told_of(&w), "mostly-kept s.t.a;");
    end(&w);
    begin_column(&w, "text", "email");
    for (int i = 0; i < 10; i++)
        fake(&w, i < 6 ? "6c9f3b2a" : "ann@corp.test");
    assert_string_equal(told_of(&w), "other-form s.t.a;");
    end(&w);
    begin_column(&w, "text", "email");
    for (int i = 0; i < 10; i++)
        fake(&w, i < 5 ? "6c9f3b2a" : "ann@corp.test");
    assert_string_equal(told_of(&w), "");
    end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_has_a_fake_of_its_type),
        cmocka_unit_test(null_stays_null_whatever_the_mask),
        cmocka_unit_test(nan_and_infinities_stay),
        cmocka_unit_test(a_top_is_above_all_even_what_is_no_number),
        cmocka_unit_test(dates_without_end_stay),
        cmocka_unit_test(no_date_leaves_its_type),
        cmocka_unit_test(numbers_fit_their_columns_digits),
        cmocka_unit_test(arrays_keep_their_dimensions_and_nulls),
        cmocka_unit_test(an_empty_array_stays_and_null_fakes_are_marked),
        cmocka_unit_test(elements_have_seeds_of_their_own),
        cmocka_unit_test(what_is_cut_off_is_refused_wherever_it_is_cut),
        cmocka_unit_test(values_of_another_width_are_refused),
        cmocka_unit_test(the_first_condition_that_holds_decides),
        cmocka_unit_test(a_name_has_the_gender_that_the_row_says),
        cmocka_unit_test(rows_of_one_person_have_one_name_in_every_table),
        cmocka_unit_test(a_row_of_nobody_is_its_own_person),
        cmocka_unit_test(dates_of_one_owner_move_by_one_shift_in_all_its_tables),
        cmocka_unit_test(ten_thousand_unique_values_stay_unique),
        cmocka_unit_test(keys_join_as_they_did),
        cmocka_unit_test(many_wide_fakes_of_one_row_do_not_disturb_each_other),
        cmocka_unit_test(columns_are_found_by_their_names_in_a_partition),
        cmocka_unit_test(a_target_that_takes_text_gets_text),
        cmocka_unit_test(a_derived_text_is_made_of_the_fakes_beside_it),
        cmocka_unit_test(a_value_that_must_not_be_copied_is_named_by_its_place_alone),
        cmocka_unit_test(what_a_transformer_does_not_know_stops_where_the_rules_say_so),
        cmocka_unit_test(a_mask_that_makes_no_number_stops_the_run),
        cmocka_unit_test(a_mask_that_changes_nothing_is_a_leak),
        cmocka_unit_test(somebody_may_accept_that_values_stay),
        cmocka_unit_test(few_or_short_values_are_no_leak),
        cmocka_unit_test(rules_that_keep_most_rows_and_values_of_another_form_are_told),
        cmocka_unit_test(nothing_is_computed_of_a_time_before_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
