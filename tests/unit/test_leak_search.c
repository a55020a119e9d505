/* SPDX-License-Identifier: PostgreSQL */
/* The search of a copy: planted originals are found wherever a copy can have them, rows are told by
 * their keys, and what is found stops a run unless somebody accepts it. */
#include "leak.h"

#include "plan/notes.h"

#define ANN "ann.lee@corp-mail.de"
#define NAME "Anna-Maria Schmidt"
#define PHONE "+49 1512 3456 7890"
#define CODE "K7-WQ88-2231-XX"

static void
hunt_for_all(struct hunt *hunt)
{
    hunt_for(hunt, TELLS_WHO, ANN);
    hunt_for(hunt, TELLS_WHO, NAME);
    hunt_for(hunt, TELLS_WHO, PHONE);
    hunt_for(hunt, TELLS_WHO, CODE);
}

/* One column "c" of table "t", and the key "id". */
static struct manifest_searched
column_of(const char *mask)
{
    return (struct manifest_searched){
        .name = "s.t.c", .schema = "s", .copy_table = "t", .copy_column = "c", .mask = mask
    };
}

/* ---- every kind of place */

struct place {
    const char *what, *literal; /* of SQLite */
    bool is_json, is_bytes, is_number, is_clean;
};

static const struct place places[] = {
    { .what = "a cell", .literal = "'" ANN "'" },
    { .what = "a cell in another case", .literal = "'Ann.LEE@Corp-Mail.DE'" },
    { .what = "a cell between blanks", .literal = "'  " ANN "' || char(10)" },
    { .what = "a word of a text", .literal = "'she wrote from " ANN ", then left'" },
    { .what = "two words of a text", .literal = "'a letter to ANNA-MARIA SCHMIDT, by hand'" },
    { .what = "two words with a blank that does not break",
      .literal = "'Anna-Maria' || char(160) || 'Schmidt'" },
    { .what = "two words over two lines",
      .literal = "'Dear Anna-Maria' || char(13, 10) || 'Schmidt, hello'" },
    { .what = "digits alone", .literal = "'4915123456 7890'" },
    { .what = "digits in a text", .literal = "'call +49 (1512) 345-678-90 at noon'" },
    { .what = "a leaf of JSON",
      .literal = "'{\"a\": [1, {\"b\": \"" NAME "\"}]}'",
      .is_json = true },
    { .what = "a key of JSON", .literal = "'{\"" ANN "\": true}'", .is_json = true },
    { .what = "an escaped leaf",
      .literal = "'{\"a\": \"\\u0041nna-Maria\\u0020Schmidt\"}'",
      .is_json = true },
    { .what = "a leaf behind escapes",
      .literal = "'{\"a\": \"x\\\"y\\\\\", \"b\": \"" CODE "\"}'",
      .is_json = true },
    { .what = "a number of JSON", .literal = "'{\"phone\": 49151234567890}'", .is_json = true },
    { .what = "JSON in a text", .literal = "'[\"" NAME "\"]'" },
    { .what = "an array", .literal = "'{plain,\"" NAME "\",NULL}'" },
    { .what = "an array as JSON", .literal = "'[\"x\",\"" CODE "\"]'" },
    { .what = "a composite value", .literal = "'(7,\"" NAME "\",)'" },
    { .what = "an URL", .literal = "'https://corp.test/u?mail=" ANN "&x=1'" },
    { .what = "SQL", .literal = "'INSERT INTO x VALUES (''" NAME "'')'" },
    { .what = "bytes", .literal = "CAST('" ANN "' AS BLOB)", .is_bytes = true },
    { .what = "a word in bytes",
      .literal = "CAST('from " ANN " to you' AS BLOB)",
      .is_bytes = true },
    { .what = "bytes in hexadecimal",
      .literal = "'\\x616e6e2e6c656540636f72702d6d61696c2e6465'",
      .is_bytes = true },
    { .what = "bytes in large hexadecimal",
      .literal = "'\\x416E6E2E4C656540636F72702D6D61696C2E6465'",
      .is_bytes = true },
    { .what = "a whole number", .literal = "4915123456 || 7890", .is_number = true },
    { .what = "a list of numbers",
      .literal = "'[17,4915123456"
                 "7890]'",
      .is_number = true },
    { .what = "a list of numbers as PostgreSQL writes it",
      .literal = "'{17,4915123456"
                 "7890}'",
      .is_number = true },
    { .what = "nothing", .literal = "NULL", .is_clean = true },
    { .what = "an empty text", .literal = "''", .is_clean = true },
    { .what = "another address", .literal = "'bob.lee@example.com'", .is_clean = true },
    { .what = "part of a name", .literal = "'Anna-Maria'", .is_clean = true },
    { .what = "bytes that are no text",
      .literal = "CAST('" ANN "' AS BLOB) || x'00ff'",
      .is_bytes = true,
      .is_clean = true },
    { .what = "no bytes", .literal = "x''", .is_bytes = true, .is_clean = true },
    { .what = "hexadecimal that breaks off",
      .literal = "'\\x616'",
      .is_bytes = true,
      .is_clean = true },
    { .what = "a small number", .literal = "491512", .is_number = true, .is_clean = true },
};

/* Numbers need two: one that is equal may mean something else. */
static void
originals_are_found_in_every_kind_of_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct place *place = &places[i];
        struct hunt hunt;
        char sql[600];
        snprintf(sql, sizeof sql,
                 "CREATE TABLE t(id INTEGER PRIMARY KEY, c); INSERT INTO t VALUES (1, %s%s), (2,"
                 " %s%s)",
                 place->is_number && place->literal[0] != '\'' ? "0 + " : "", place->literal,
                 place->is_number && place->literal[0] != '\'' ? "0 + " : "", place->literal);
        if (place->is_number && place->literal[0] == '4') /* an integer, not a text of digits */
            snprintf(sql, sizeof sql,
                     "CREATE TABLE t(id INTEGER PRIMARY KEY, c INTEGER); INSERT INTO t VALUES (1,"
                     " %s), (2, %s)",
                     place->literal, place->literal);
        hunt_begin(&hunt, sql);
        hunt_for_all(&hunt);
        struct manifest_searched column = column_of("");
        column.is_json = place->is_json;
        column.is_bytes = place->is_bytes;
        column.is_number = place->is_number;
        if (!hunt_search(&hunt, &column, 1))
            fail_msg("%s", hunt.err.message);
        int64_t n = hunt_count(&hunt, "s.t.c", "originals");
        if (n != (place->is_clean ? 0 : 2))
            fail_msg("%s: %d", place->what, (int)n);
        hunt_end(&hunt);
    }
}

/* Each of four originals in a text, with a sign before it, behind it, or both. */
static void
assert_found_beside(const char *sign)
{
    static const char *const originals[] = { ANN, NAME, PHONE, CODE };
    struct hunt hunt;
    struct leak_column columns[12];
    char text[200];
    hunt_begin(&hunt, "");
    hunt_for_all(&hunt);
    for (int i = 0; i < 12; i++) {
        columns[i] = (struct leak_column){ .object = "s.t.c" };
        snprintf(text, sizeof text, "a note: %s%s%s of today", i / 4 != 1 ? sign : "",
                 originals[i % 4], i / 4 != 0 ? sign : "");
        leak_look(hunt_leak(&hunt), &columns[i], text, strlen(text), NULL);
        const struct leak_finding *found;
        int n = 0;
        for (int k = leak_findings(hunt.leak, &found); k > 0; k--)
            n += strcmp(found[k - 1].kind, "originals") == 0;
        if (n != i + 1)
            fail_msg("not found: %s", text);
    }
    hunt_end(&hunt);
}

/* Every sign of ASCII that is no letter or digit. */
static void
an_original_is_found_beside_any_sign(void **state)
{
    (void)state;
    for (int c = 1; c < 127; c++) {
        const char sign[] = { (char)c, '\0' };
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter)
            assert_found_beside(sign);
    }
}

/* Quotes, dashes and stops as people's programs write them. */
static void
an_original_is_found_beside_signs_beyond_ascii(void **state)
{
    static const char *const signs[] = {
        "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x99", /* quotes */
        "\xC2\xAB",     "\xC2\xBB",     "\xE2\x80\x93", "\xE2\x80\x94", /* and dashes */
        "\xE2\x80\xA6", "\xE3\x80\x81", "\xEF\xBC\x88", "\xF0\x9F\x98\x80",
    };
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        assert_found_beside(signs[i]);
}

/* Is an original found in a text of a column that is kept? */
static bool
is_found(const char *original, const char *text)
{
    struct hunt hunt;
    const struct leak_column column = { .object = "s.t.c" };
    hunt_begin(&hunt, "");
    hunt_for(&hunt, TELLS_WHO, original);
    leak_look(hunt_leak(&hunt), &column, text, strlen(text), NULL);
    hunt.n = leak_findings(hunt.leak, &hunt.found);
    bool found = hunt_count(&hunt, "s.t.c", "originals") > 0;
    hunt_end(&hunt);
    return found;
}

/* However the original groups its digits, and the text. */
static void
digits_are_found_in_any_grouping(void **state)
{
    static const char *const originals[] = { "+49 1512 3456 7890", "49151234567890",
                                             "49-1512/34.567.890", "(49) 1512 34567890" };
    static const char *const texts[] = { "49151234567890",
                                         "tel 49151234567890 twice",
                                         "tel: +49-1512-3456-7890!",
                                         "call (49) 151 234 567 890, please",
                                         "<a href=\"tel:+49151234567890\">",
                                         "a,49.1512.34567890,b" };
    (void)state;
    for (size_t i = 0; i < sizeof originals / sizeof *originals; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (!is_found(originals[i], texts[k]))
                fail_msg("%s: %s", originals[i], texts[k]);
}

/* A date, an amount, the end of a card's term: they are no part of the number beside them. */
static void
digits_are_found_beside_other_numbers(void **state)
{
    static const struct {
        const char *original, *text;
    } cases[] = {
        { "+49 1512 3456 7890", "2024-05-01 49151234567890" },
        { "+49 1512 3456 7890", "order 7 49151234567890 done" },
        { "+49 1512 3456 7890", "tel 49151234567890 2 times" },
        { "4556 7375 8689 9855", "4556737586899855 12/27" },
        { "4556 7375 8689 9855", "4556737586899855/123" },
        { "DE89 3704 0044 0532 0130 00", "3 DE89370400440532013000 5" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!is_found(cases[i].original, cases[i].text))
            fail_msg("%s: %s", cases[i].original, cases[i].text);
}

/* RFC 8259 allows white space around a value; a text may be one. */
static void
json_in_a_text_may_begin_with_blanks(void **state)
{
    (void)state;
    assert_true(is_found("Anna Maria von Schmidt", "{\"a\": \"Anna Maria von Schmidt\"}"));
    assert_true(is_found("Anna Maria von Schmidt", "\n {\"a\": \"Anna Maria von Schmidt\"}"));
    assert_true(is_found("Anna Maria von Schmidt", "\"Anna Maria von Schmidt\""));
}

/* The same original in several columns is a finding in each; which masks wrote them is of no
 * matter. */
static void
originals_are_found_across_columns_and_tables(void **state)
{
    struct hunt hunt;
    const struct manifest_searched columns[] = {
        { .name = "s.a.note", .schema = "s", .copy_table = "a", .copy_column = "note", .mask = "" },
        { .name = "s.a.Mail",
          .schema = "s",
          .copy_table = "a",
          .copy_column = "Mail",
          .mask = "email" },
        { .name = "s.a.id",
          .schema = "s",
          .copy_table = "a",
          .copy_column = "id",
          .mask = "",
          .is_key = true },
        { .name = "s.b.x",
          .schema = "s",
          .copy_table = "b \"odd\"",
          .copy_column = "x; --",
          .mask = "text",
          .is_scrubbed = true },
        { .name = "r.b.clean",
          .schema = "r",
          .copy_table = "r__b",
          .copy_column = "c",
          .mask = "" },
    };
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE a(id INTEGER PRIMARY KEY, note TEXT, Mail TEXT);"
                      "INSERT INTO a VALUES (5, 'by " ANN "', 'x@example.com'), (6, NULL, '" ANN
                      "'); CREATE TABLE \"b \"\"odd\"\"\"(\"x; --\" TEXT);"
                      "INSERT INTO \"b \"\"odd\"\"\" VALUES ('mail " ANN " today'), ('none');"
                      "CREATE TABLE r__b(c TEXT); INSERT INTO r__b VALUES ('nothing here')");
    hunt_for_all(&hunt);
    if (!hunt_search(&hunt, columns, 5))
        fail_msg("%s", hunt.err.message);
    assert_int_equal(hunt_count(&hunt, "s.a.note", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "s.a.Mail", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "s.b.x", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "r.b.clean", "originals"), 0);
    for (int i = 1; i < hunt.n; i++) /* in the order of the objects */
        assert_true(strcmp(hunt.found[i - 1].object, hunt.found[i].object) <= 0);
    assert_int_equal(hunt.rows, 2 + 2 + 1);
    hunt_end(&hunt);
}

/* A column under a key is only there to tell rows: what is in it was decided elsewhere. */
static void
columns_that_only_tell_rows_are_not_searched(void **state)
{
    struct hunt hunt;
    struct manifest_searched columns[] = { column_of(""), column_of("") };
    (void)state;
    columns[1].copy_column = "id";
    columns[1].is_key = true;
    hunt_begin(&hunt, "CREATE TABLE t(id TEXT, c TEXT); INSERT INTO t VALUES ('" ANN "', 'x')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, columns, 2));
    assert_int_equal(hunt.n, 0);
    assert_int_equal(leak_cells(hunt.leak), 1 + 1); /* of the schema one */
    hunt_end(&hunt);
}

/* Nobody has the originals any more: what reaches somebody is still looked for. */
static void
without_originals_kinds_are_looked_for(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT); INSERT INTO t VALUES ('" ANN "'), ('" NAME "')");
    hunt.leak = leak_new(&hunt.rules, NULL, &hunt.arena);
    struct search_env env = hunt_env(&hunt);
    env.rows = NULL;
    assert_true(search_copy(&env, &column, 1, hunt.leak, &hunt.arena, &hunt.err));
    assert_int_equal(leak_findings(hunt.leak, &hunt.found), 1);
    assert_string_equal(hunt.found[0].kind, "email");
    assert_int_equal(hunt.found[0].count, 1);
    hunt_end(&hunt);
}

/* What PostgreSQL of encoding SQL_ASCII holds may be no UTF-8; a file has it as bytes. */
static void
texts_that_are_no_utf8_are_searched_too(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    (void)state;
    /* "M<FC>ller, ann.lee@corp-mail.de" */
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT); INSERT INTO t VALUES"
                      " (x'4dfc6c6c65722c20616e6e2e6c656540636f72702d6d61696c2e6465')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt_count(&hunt, "s.t.c", "originals"), 1);
    hunt_end(&hunt);
}

/* A copy that some other tool made may hold digits as numbers. */
static void
texts_that_another_tool_stored_as_numbers_are_searched(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c NUMERIC); INSERT INTO t VALUES ('49151234567890'),"
                      " ('49151234567890')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt_count(&hunt, "s.t.c", "originals"), 2);
    hunt_end(&hunt);
}

/* ---- chance */

/* 3,000 originals of eight random digits, and a mask that draws eight digits: about one fake of
 * 33,000 meets one. */
static void
fakes_that_chance_makes_equal_are_no_findings(void **state)
{
    enum { CELLS = 30000 };
    (void)state;
    for (int planted = 0; planted <= 30; planted += 30) {
        struct hunt hunt;
        char text[16];
        uint64_t random = 11;
        struct manifest_searched column = column_of("digits");
        struct buf sql = { 0 };
        buf_puts(&sql, "BEGIN; CREATE TABLE t(c TEXT)");
        for (int i = 0; i < CELLS; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned n = i < planted ? (unsigned)(i * 30011 % 90000000)
                                     : (unsigned)((random >> 33) % 90000000);
            buf_printf(&sql, "%s('%08u')", i % 500 == 0 ? "; INSERT INTO t VALUES " : ", ",
                       10000000 + n);
        }
        buf_puts(&sql, "; COMMIT");
        hunt_begin(&hunt, buf_str(&sql));
        for (int i = 0; i < 3000; i++) {
            snprintf(text, sizeof text, "%08d", 10000000 + (int)((int64_t)i * 30011 % 90000000));
            hunt_for(&hunt, TELLS_WHO, text);
        }
        assert_true(hunt_search(&hunt, &column, 1));
        int64_t n = hunt_count(&hunt, "s.t.c", "originals");
        if (planted == 0 ? n != 0 : n < planted || n > planted + 10)
            fail_msg("%d planted, %d found", planted, (int)n);
        buf_deinit(&sql);
        hunt_end(&hunt);
    }
}

/* A uuid is nobody's word: only the whole of it counts. */
static void
in_a_uuid_only_the_whole_counts(void **state)
{
    static const char uuid[] = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    (void)state;
    for (int same = 0; same <= 1; same++) {
        struct hunt hunt;
        char sql[300];
        struct manifest_searched column = column_of("uuid");
        column.is_whole = true;
        snprintf(sql, sizeof sql, "CREATE TABLE t(c TEXT); INSERT INTO t VALUES ('%s')",
                 same ? uuid : "12345678-1234-4234-8234-491512345678");
        hunt_begin(&hunt, sql);
        hunt_for(&hunt, TELLS_WHO, uuid);
        hunt_for(&hunt, TELLS_WHO, "491512345678");
        hunt_for(&hunt, TELLS_WHO, "12345678");
        assert_true(hunt_search(&hunt, &column, 1));
        assert_int_equal(hunt.n, same);
        hunt_end(&hunt);
    }
}

/* ---- numbers */

static void
numbers_are_looked_at_as_digits_and_as_addresses(void **state)
{
    static const struct {
        int64_t number;
        const char *original;
        int n;
    } cases[] = {
        { 4915123456789, "4915123456789", 2 },
        { 1359102606, "81.2.86.142", 0 }, /* near, and another one */
        { (INT64_C(81) << 24) + (2 << 16) + (69 << 8) + 142, "81.2.69.142", 2 },
        { 999999, "999999", 0 }, /* small ones say nothing */
        { -4915123456789, "4915123456789", 0 },
        { INT64_MAX, "9223372036854775807", 2 },
        { 0, "000000000", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hunt hunt;
        const struct leak_column column = { .object = "s.t.n", .is_number = true };
        hunt_begin(&hunt, "");
        hunt_for(&hunt, TELLS_WHO, cases[i].original);
        for (int k = 0; k < 2; k++)
            leak_look_at_number(hunt_leak(&hunt), &column, cases[i].number, NULL);
        hunt.n = leak_findings(hunt.leak, &hunt.found);
        if (hunt_count(&hunt, "s.t.n", "originals") != cases[i].n)
            fail_msg("%lld: %d", (long long)cases[i].number, hunt.n);
        hunt_end(&hunt);
    }
}

/* One number that is equal may mean something else: two are a finding. */
static void
one_number_that_is_equal_is_no_finding(void **state)
{
    (void)state;
    for (int cells = 1; cells <= 2; cells++) {
        struct hunt hunt;
        const struct leak_column column = { .object = "s.t.n", .is_number = true };
        hunt_begin(&hunt, "");
        hunt_for(&hunt, TELLS_WHO, "4915123456789");
        for (int k = 0; k < cells; k++)
            leak_look_at_number(hunt_leak(&hunt), &column, 4915123456789, NULL);
        assert_int_equal(leak_findings(hunt.leak, &hunt.found), cells - 1);
        hunt_end(&hunt);
    }
}

/* ---- rows are told */

static void
findings_tell_the_first_rows_by_their_keys(void **state)
{
    struct hunt hunt;
    struct manifest_searched columns[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        columns[i] = column_of("");
    columns[1].copy_column = "a";
    columns[2].copy_column = "b";
    columns[3].copy_column = "n";
    columns[1].is_key = columns[2].is_key = columns[3].is_key = true;
    hunt_begin(&hunt, "CREATE TABLE t(a TEXT, b INTEGER, n REAL, c TEXT);"
                      "INSERT INTO t VALUES ('x', 1, 0.5, '" ANN "'), ('y', -2, NULL, '" ANN "'),"
                      " ('clean', 3, 3, 'nothing'), (NULL, 4, 4, '" ANN "'),"
                      " ('fourth', 5, 5, '" ANN "')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, columns, 4));
    assert_int_equal(hunt_count(&hunt, "s.t.c", "originals"), 4);
    for (int i = 0; i < hunt.n; i++) {
        assert_string_equal(hunt.found[i].keys, "x,1,? y,-2,? ?,4,?");
        assert_int_equal(hunt.found[i].cells, 5);
        assert_null(hunt.found[i].allowed);
    }
    hunt_end(&hunt);
}

static void
without_a_key_no_row_is_told(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT); INSERT INTO t VALUES ('" ANN "')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, &column, 1));
    assert_true(hunt.n > 0);
    assert_string_equal(hunt.found[0].keys, "");
    hunt_end(&hunt);
}

/* "at most 40 bytes" */
static void
long_keys_are_cut(void **state)
{
    struct hunt hunt;
    struct manifest_searched columns[] = { column_of(""), column_of("") };
    (void)state;
    columns[1].copy_column = "k";
    columns[1].is_key = true;
    hunt_begin(&hunt, "CREATE TABLE t(k TEXT, c TEXT); INSERT INTO t VALUES"
                      " (printf('%.500c', 'k'), '" ANN "')");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, columns, 2));
    assert_int_equal(strspn(hunt.found[0].keys, "k"), strlen(hunt.found[0].keys));
    assert_in_range(strlen(hunt.found[0].keys), 20, 40);
    hunt_end(&hunt);
}

/* ... and stay a text: JSON and terminals take nothing else. */
static void
long_keys_are_cut_between_letters(void **state)
{
    (void)state;
    for (int begin = 0; begin < 2; begin++) {
        struct hunt hunt;
        struct manifest_searched columns[] = { column_of(""), column_of("") };
        char sql[300];
        columns[1].copy_column = "k";
        columns[1].is_key = true;
        snprintf(sql, sizeof sql,
                 "CREATE TABLE t(k TEXT, c TEXT); INSERT INTO t VALUES ('%s' ||"
                 " replace(printf('%%.100c', 'x'), 'x', char(233)), '" ANN "')",
                 begin ? "a" : "");
        hunt_begin(&hunt, sql);
        hunt_for_all(&hunt);
        assert_true(hunt_search(&hunt, columns, 2));
        const char *keys = hunt.found[0].keys;
        assert_int_not_equal((unsigned char)keys[strlen(keys) - 1], 0xC3);
        hunt_end(&hunt);
    }
}

/* ---- the schema */

static void
the_schema_of_the_copy_is_searched(void **state)
{
    struct hunt hunt;
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE clean(id INTEGER);"
                      "CREATE TABLE checked(c TEXT CHECK (c <> '" NAME "'));"
                      "CREATE TABLE filled(c TEXT DEFAULT '" ANN "');"
                      "CREATE VIEW seen AS SELECT * FROM checked WHERE c = '" CODE "';"
                      "CREATE TABLE \"" CODE "\"(c TEXT)");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, NULL, 0));
    assert_int_equal(hunt_count(&hunt, "checked", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "filled", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "filled", "email"), 1);
    assert_int_equal(hunt_count(&hunt, "seen", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, CODE, "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "clean", "originals"), 0);
    hunt_end(&hunt);
}

/* Rows may well have their column's default: what five of them share is no word of a person. */
static void
in_the_schema_what_many_rows_have_is_no_finding(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 5; rows += 4) {
        struct hunt hunt;
        hunt_begin(&hunt, "CREATE TABLE filled(c TEXT DEFAULT 'Pending-Order-00001')");
        for (int i = 0; i < rows; i++)
            hunt_for(&hunt, TELLS_WHO, "Pending-Order-00001");
        assert_true(hunt_search(&hunt, NULL, 0));
        assert_int_equal(hunt_count(&hunt, "filled", "originals"), rows == 1);
        hunt_end(&hunt);
    }
}

/* ---- the manifest */

static void
names_in_the_manifest_are_searched(void **state)
{
    struct hunt hunt;
    struct manifest_column columns[] = { { .name = "public.t." CODE, .type = "text" },
                                         { .name = "public.t.c", .type = "\"" NAME "\"" } };
    struct manifest_table tables[] = { { .name = "public." CODE } };
    struct manifest_figure figures[] = { { .name = "select 1 -- " ANN } };
    struct notes notes;
    const struct table all[] = { { .schema = "public", .name = "t" },
                                 { .schema = "public", .name = CODE } };
    const struct table *known[] = { &all[0], &all[1] };
    const struct plan plan = { .ntables = 2, .tables = known };
    (void)state;
    hunt_begin(&hunt, "");
    hunt_for_all(&hunt);
    notes_init(&notes);
    notes_add(&notes, NOTE_EXCLUSION, "exclusion constraint", 0, "public.t.%s", CODE);
    const struct manifest manifest = { .columns = columns,
                                       .ncolumns = 2,
                                       .tables = tables,
                                       .ntables = 1,
                                       .figures = figures,
                                       .nfigures = 1,
                                       .notes = &notes };
    leak_look_at_manifest(hunt_leak(&hunt), &plan, &manifest);
    hunt.n = leak_findings(hunt.leak, &hunt.found);
    assert_int_equal(hunt_count(&hunt, "manifest.columns", "originals"), 2);
    assert_int_equal(hunt_count(&hunt, "manifest.tables", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "manifest.measures", "originals"), 1);
    assert_int_equal(hunt_count(&hunt, "manifest.not_carried", "originals"), 1);
    notes_deinit(&notes);
    hunt_end(&hunt);
}

/* "public.user@corp.email" is a table and a column: nobody's address. As one name it would be. */
static void
what_only_joining_makes_of_names_is_nobodys(void **state)
{
    const struct table table = { .schema = "public", .name = "user@corp" };
    const struct table *tables[] = { &table };
    struct manifest_column columns[] = { { .name = "public.user@corp.email", .type = "text" } };
    struct notes notes;
    (void)state;
    notes_init(&notes);
    for (int is_known = 0; is_known <= 1; is_known++) {
        struct hunt hunt;
        const struct plan plan = { .ntables = is_known, .tables = tables };
        hunt_begin(&hunt, "");
        leak_look_at_manifest(
            hunt_leak(&hunt), &plan,
            &(struct manifest){ .columns = columns, .ncolumns = 1, .notes = &notes });
        assert_int_equal(leak_findings(hunt.leak, &hunt.found), is_known ? 0 : 1);
        hunt_end(&hunt);
    }
    notes_deinit(&notes);
}

/* ---- what it comes to */

struct told {
    int n;
    char last[300], object[100];
};

static void
hear(void *ctx, const struct leak_finding *finding, const char *detail)
{
    struct told *told = ctx;
    told->n++;
    snprintf(told->last, sizeof told->last, "%s", detail);
    snprintf(told->object, sizeof told->object, "%s", finding->object);
}

static void
what_nobody_accepts_is_a_leak_with_its_place_and_a_hint(void **state)
{
    const struct leak_finding found[] = {
        { "s.t.a", "email", 3, 70, "1 2", "published on the site" },
        { "s.t.b", "originals", 4, 80, "7,x", NULL },
        { "s.t.c", "iban", 1, 90, "", NULL },
    };
    struct decant_error err = { 0 };
    struct told told = { 0 };
    (void)state;
    assert_true(search_judge(found, 0, hear, &told, &err));
    assert_true(search_judge(found, 1, hear, &told, &err)); /* accepted */
    assert_int_equal(told.n, 0);
    assert_int_equal(err.code, DECANT_OK);
    assert_false(search_judge(found, 2, hear, &told, &err));
    assert_int_equal(err.code, DECANT_LEAK);
    assert_string_equal(err.message,
                        "E510 the copy holds what was to be removed: 's.t.b' [originals]");
    assert_non_null(strstr(err.hint, "{column: s.t.b, pattern: originals, why: ...}"));
    assert_string_equal(told.last, "4 in 80 cells; rows 7,x");
    told = (struct told){ 0 };
    err = (struct decant_error){ 0 };
    assert_false(search_judge(found, 3, hear, &told, &err));
    assert_int_equal(told.n, 2);
    assert_string_equal(told.object, "s.t.c");
    assert_string_equal(told.last, "1 in 90 cells");
    assert_non_null(strstr(err.message, "'s.t.b' [originals], and more"));
}

/* Only this kind in this object. */
static void
what_is_accepted_is_one_kind_in_one_column(void **state)
{
    struct rules_allow allowed[] = { { 1, "s.t.c", "email", "it is the shop's own" },
                                     { 2, "s.t.d", "originals", "x" } };
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    struct decant_error err = { 0 };
    struct told told = { 0 };
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT); INSERT INTO t VALUES ('" ANN "')");
    hunt.rules.allowed = allowed;
    hunt.rules.nallowed = 2;
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt.n, 2);
    assert_string_equal(hunt.found[0].allowed, "it is the shop's own");
    assert_null(hunt.found[1].allowed);
    assert_false(search_judge(hunt.found, hunt.n, hear, &told, &err));
    assert_int_equal(told.n, 1);
    assert_non_null(strstr(err.message, "[originals]"));
    assert_null(strstr(err.message, ANN)); /* never a value */
    assert_null(strstr(err.hint, ANN));
    hunt_end(&hunt);
}

/* ---- trouble */

static void
a_table_or_column_that_is_missing_is_an_error_with_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hunt hunt;
        const struct manifest_searched column = column_of("");
        hunt_begin(&hunt, i == 0 ? "CREATE TABLE other(c TEXT)" : "CREATE TABLE t(d TEXT)");
        /* a name that SQLite does not know would be a text to it */
        assert_false(hunt_search(&hunt, &column, 1));
        assert_non_null(strstr(hunt.err.context, "leak check"));
        assert_non_null(strstr(hunt.err.context, "table 't'"));
        hunt_end(&hunt);
    }
}

static void
a_search_ends_when_it_is_to_stop(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("");
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT); INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION"
                      " ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT 'row ' || i FROM n");
    hunt_leak(&hunt);
    atomic_store(&hunt.stop, 1);
    assert_false(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt.err.code, DECANT_CANCELLED);
    assert_true(hunt.rows < 20000);
    hunt_end(&hunt);
}

static void
an_empty_table_has_nothing(void **state)
{
    struct hunt hunt;
    const struct manifest_searched column = column_of("email");
    const struct leak_finding *found;
    (void)state;
    hunt_begin(&hunt, "CREATE TABLE t(c TEXT)");
    hunt_for_all(&hunt);
    assert_true(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt.n + (int)hunt.rows, 0);
    assert_int_equal(leak_findings(hunt.leak, &found), 0); /* asked again, it is the same */
    leak_free(NULL);
    hunt_end(&hunt);
}

/* ---- readers side by side */

/* Texts of two columns in 700 rows, of which some are originals, some kinds, and some hit by
 * chance; rows stand `apart` in the file. */
static void
hunt_over_many_rows(struct hunt *hunt, int apart)
{
    enum { ROWS = 700 };
    struct buf sql = { 0 };
    buf_puts(&sql, "CREATE TABLE t(n INTEGER PRIMARY KEY, id TEXT, c TEXT, d TEXT);"
                   "CREATE TABLE u(n INTEGER PRIMARY KEY, id TEXT, c TEXT); BEGIN;");
    for (int i = 1; i <= ROWS; i++) {
        const char *c = i % 97 == 0 ? ANN : i % 41 == 0 ? "bob@another-corp.de" : "plain words";
        buf_printf(&sql, "INSERT INTO t VALUES (%lld, 'row %d', '%s', 'n%04d-%d');",
                   (long long)i * apart, i, c, i * 7919 % 9973, i % 7);
        buf_printf(&sql, "INSERT INTO u VALUES (%lld, 'row %d', '%s');", (long long)i * apart, i,
                   i % 300 == 0 ? CODE : "x");
    }
    buf_puts(&sql, "COMMIT");
    hunt_begin(hunt, buf_str(&sql));
    buf_deinit(&sql);
    hunt_for_all(hunt);
    for (int i = 0; i < 60; i++) { /* of another order: texts of the column are some by chance */
        char text[20];
        snprintf(text, sizeof text, "n%04d-%d", (i + 3) * 7919 % 9973, i % 7);
        hunt_for(hunt, TELLS_WHO, text);
    }
}

static void
as_many_readers_as_there_are_find_the_same(void **state)
{
    struct manifest_searched columns[] = { column_of("by_shape"), column_of("email"),
                                           column_of("by_shape"), column_of("by_shape"),
                                           column_of("") };
    static const char *const names[] = { "id", "c", "d", "id", "c" };
    (void)state;
    for (int i = 0; i < 5; i++) {
        columns[i].copy_column = names[i];
        columns[i].copy_table = i < 3 ? "t" : "u";
        columns[i].is_key = i == 0 || i == 3;
        columns[i].name = (const char *[]){ "s.t.id", "s.t.c", "s.t.d", "s.u.id", "s.u.c" }[i];
    }
    struct hunt whole; /* in one part */
    hunt_over_many_rows(&whole, 1);
    assert_true(hunt_search(&whole, columns, 5));
    assert_true(whole.n >= 3);
    for (int readers = 1; readers <= 9; readers += 4) {
        struct hunt parts; /* in 22 parts each */
        hunt_over_many_rows(&parts, 1600);
        parts.readers = readers;
        assert_true(hunt_search(&parts, columns, 5));
        assert_int_equal(parts.n, whole.n);
        assert_int_equal(parts.rows, whole.rows);
        assert_int_equal(leak_cells(parts.leak), leak_cells(whole.leak));
        for (int i = 0; i < whole.n; i++) {
            assert_string_equal(parts.found[i].object, whole.found[i].object);
            assert_string_equal(parts.found[i].kind, whole.found[i].kind);
            assert_string_equal(parts.found[i].keys, whole.found[i].keys);
            assert_int_equal(parts.found[i].count, whole.found[i].count);
            assert_int_equal(parts.found[i].cells, whole.found[i].cells);
        }
        hunt_end(&parts);
    }
    hunt_end(&whole);
}

static bool
open_one(void *hunt, struct scan_source *out, struct decant_error *err)
{
    struct hunt *h = hunt;
    *out = (struct scan_source){ 0 };
    return h->readers++ == 0 ? hunt_open(hunt, out, err)
                             : error_set(err, DECANT_UNAVAILABLE, "too many connections");
}

/* The first one does it all. */
static void
readers_that_cannot_be_had_are_not_missed(void **state)
{
    const struct manifest_searched column = column_of("by_shape");
    int64_t found[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hunt hunt;
        hunt_over_many_rows(&hunt, 1600);
        hunt.readers = i == 0 ? 8 : 0;
        struct search_env env = hunt_env(&hunt);
        env.most = 8;
        env.open = i == 0 ? hunt_open : open_one;
        assert_true(search_copy(&env, &column, 1, hunt_leak(&hunt), &hunt.arena, &hunt.err));
        assert_int_equal(hunt.rows, 700);
        hunt.n = leak_findings(hunt.leak, &hunt.found);
        found[i] = hunt_count(&hunt, "s.t.c", "originals");
        hunt_end(&hunt);
    }
    assert_int_equal(found[0], 700 / 97);
    assert_int_equal(found[1], found[0]);
}

/* Of many tables, parts are added up before all of them were seen. */
static void
tables_of_many_columns_are_searched_a_few_at_a_time(void **state)
{
    enum { TABLES = 60, COLUMNS = 100 };
    struct manifest_searched *columns = calloc(TABLES * COLUMNS, sizeof *columns);
    struct buf sql = { 0 };
    struct hunt hunt;
    struct arena names = { 0 };
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        buf_printf(&sql, "CREATE TABLE t%d(c0", t);
        for (int c = 1; c < COLUMNS; c++)
            buf_printf(&sql, ", c%d", c);
        buf_printf(&sql, "); INSERT INTO t%d(c%d) VALUES ('%s');", t, t, ANN);
        for (int c = 0; c < COLUMNS; c++) {
            struct manifest_searched *column = &columns[t * COLUMNS + c];
            *column = column_of("by_shape");
            column->name = arena_printf(&names, "s.t%d.c%d", t, c);
            column->copy_table = arena_printf(&names, "t%d", t);
            column->copy_column = arena_printf(&names, "c%d", c);
        }
    }
    hunt_begin(&hunt, buf_str(&sql));
    hunt_for_all(&hunt);
    hunt.readers = 3;
    assert_true(hunt_search(&hunt, columns, TABLES * COLUMNS));
    assert_int_equal(hunt.rows, TABLES);
    for (int t = 0; t < TABLES; t++)
        assert_int_equal(hunt_count(&hunt, arena_printf(&names, "s.t%d.c%d", t, t), "originals"),
                         1);
    hunt_end(&hunt);
    buf_deinit(&sql);
    arena_deinit(&names);
    free(columns);
}

/* An original that stands in rows of two parts is one: chance is judged by different ones. */
static void
an_original_of_several_parts_is_one(void **state)
{
    struct manifest_searched column = column_of("by_shape");
    column.bits = 8;
    (void)state;
    for (int64_t apart = 1; apart <= 100000; apart *= 100000) {
        struct hunt hunt;
        struct buf sql = { 0 };
        buf_puts(&sql, "CREATE TABLE t(n INTEGER PRIMARY KEY, c TEXT); BEGIN;");
        for (int i = 1; i <= 400; i++)
            buf_printf(&sql, "INSERT INTO t VALUES (%lld, 'abc%02d7');", (long long)i * apart,
                       i % 20);
        buf_puts(&sql, "COMMIT");
        hunt_begin(&hunt, buf_str(&sql));
        hunt_for(&hunt, TELLS_WHO, "abc117"); /* one of 256 fakes would be it */
        hunt.readers = 3;
        assert_true(hunt_search(&hunt, &column, 1));
        assert_int_equal(hunt.n, 0);
        buf_deinit(&sql);
        hunt_end(&hunt);
    }
}

/* Without a file there is nobody to read it, and a part that fails ends the search. */
static void
a_reader_that_fails_ends_the_search(void **state)
{
    struct manifest_searched column = column_of("by_shape");
    struct hunt hunt;
    (void)state;
    hunt_over_many_rows(&hunt, 1600);
    hunt.readers = 4;
    column.copy_column = "no column of it";
    assert_false(hunt_search(&hunt, &column, 1));
    assert_non_null(strstr(hunt.err.context, "leak check"));
    leak_free(hunt.leak);
    hunt.leak = NULL;
    snprintf(hunt.path + strlen(hunt.path), 8, ".none");
    column.copy_column = "c";
    assert_false(hunt_search(&hunt, &column, 1));
    assert_int_equal(hunt.err.code, DECANT_UNAVAILABLE);
    hunt.path[strlen(hunt.path) - 5] = '\0';
    hunt_end(&hunt);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(originals_are_found_in_every_kind_of_place),
        cmocka_unit_test(an_original_is_found_beside_any_sign),
        cmocka_unit_test(digits_are_found_in_any_grouping),
        cmocka_unit_test(originals_are_found_across_columns_and_tables),
        cmocka_unit_test(columns_that_only_tell_rows_are_not_searched),
        cmocka_unit_test(without_originals_kinds_are_looked_for),
        cmocka_unit_test(fakes_that_chance_makes_equal_are_no_findings),
        cmocka_unit_test(in_a_uuid_only_the_whole_counts),
        cmocka_unit_test(numbers_are_looked_at_as_digits_and_as_addresses),
        cmocka_unit_test(one_number_that_is_equal_is_no_finding),
        cmocka_unit_test(findings_tell_the_first_rows_by_their_keys),
        cmocka_unit_test(without_a_key_no_row_is_told),
        cmocka_unit_test(long_keys_are_cut),
        cmocka_unit_test(the_schema_of_the_copy_is_searched),
        cmocka_unit_test(in_the_schema_what_many_rows_have_is_no_finding),
        cmocka_unit_test(names_in_the_manifest_are_searched),
        cmocka_unit_test(what_only_joining_makes_of_names_is_nobodys),
        cmocka_unit_test(what_nobody_accepts_is_a_leak_with_its_place_and_a_hint),
        cmocka_unit_test(what_is_accepted_is_one_kind_in_one_column),
        cmocka_unit_test(a_table_or_column_that_is_missing_is_an_error_with_its_name),
        cmocka_unit_test(a_search_ends_when_it_is_to_stop),
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(an_original_is_found_beside_signs_beyond_ascii),
        cmocka_unit_test(digits_are_found_beside_other_numbers),
        cmocka_unit_test(json_in_a_text_may_begin_with_blanks),
        cmocka_unit_test(texts_that_are_no_utf8_are_searched_too),
        cmocka_unit_test(texts_that_another_tool_stored_as_numbers_are_searched),
        cmocka_unit_test(long_keys_are_cut_between_letters),
        cmocka_unit_test(as_many_readers_as_there_are_find_the_same),
        cmocka_unit_test(an_original_of_several_parts_is_one),
        cmocka_unit_test(readers_that_cannot_be_had_are_not_missed),
        cmocka_unit_test(tables_of_many_columns_are_searched_a_few_at_a_time),
        cmocka_unit_test(a_reader_that_fails_ends_the_search),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
