/* SPDX-License-Identifier: PostgreSQL */
/* What the catalog of other releases says, and what only a server that answers oddly does. */
#include "catalog/catalog.h"

#include "raw.h"

static struct raw raw;
static struct arena arena;
static const struct catalog *catalog;
static struct decant_error err;

/* Answers of a server with one table (oid 100) of columns id and moods, in the order in which the
 * loader asks. */
enum part {
    SERVER,
    SYSTEM_ID,
    TABLES,
    FUNCTIONS,
    TYPES,
    LABELS,
    DOMAIN_CHECKS,
    PARENTS,
    COLUMNS,
    INDEXES,
    FOREIGN_KEYS,
    CHECKS,
    SEQUENCES,
    POSITIONS,
    OBJECTS,
    EXTENSIONS,
    LARGE_OBJECTS,
    EXTENSION_TABLES,
    EXTENSION_ROWS,
    PARTS
};

#define NOTHING "| n\n= SELECT 0\nZ I"
#define NOBODY "| n\tb\n= SELECT 0\nZ I"

static const char *const usual[PARTS] = {
    [SERVER] =
        "| a\tb\tc\td\te\tf\tg\th\n- t\tUTF8\tde\tfr\ti\tund\t3\t2026-01-01\n= SELECT 1\nZ I",
    [SYSTEM_ID] = "! C42501\nZ I",
    [TABLES] = "| a\tb\tc\td\te\tf\tg\th\ti\tj\n"
               "- 100\t100\ts\tt\tr\tf\t-1\t0\t\\N\t\\N\n= SELECT 1\nZ I",
    [FUNCTIONS] = NOBODY,
    /* int4, an enum of users, arrays of both, a composite, a domain over int4 */
    [TYPES] = "| a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\tm\tn\to\tp\tq\n"
              "- 23\tpg_catalog\tint4\tb\t0\t0\t-1\tf\t,\tt\tf\tf\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 1007\tpg_catalog\t_int4\tb\t23\t0\t-1\tf\t,\tt\tf\tt\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 20000\ts\tmood\te\t0\t0\t-1\tf\t,\tt\tf\tf\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 20001\ts\t_mood\tb\t20000\t0\t-1\tf\t;\tt\tf\tt\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 20002\ts\tpair\tc\t0\t0\t-1\tf\t,\tt\tf\tf\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 20003\ts\tover\td\t0\t23\t-1\tf\t,\tt\tf\tf\t\\N\t\\N\tf\t\\N\t\\N\n"
              "- 20004\ts\tcitext\tb\t0\t0\t-1\tf\t,\tt\tt\tf\t\\N\t\\N\tf\t\\N\t\\N\n"
              "= SELECT 7\nZ I",
    [LABELS] = "| a\tb\n- 20000\tsad\n- 99999\tof nobody\n= SELECT 2\nZ I",
    [DOMAIN_CHECKS] = NOTHING,
    [PARENTS] = NOTHING,
    [COLUMNS] = "| a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\n"
                "- 100\t1\tid\t20003\t-1\ts.over\tt\t\tf\t\\N\tf\tt\n"
                "- 100\t2\tmoods\t20001\t-1\ts.mood[]\tf\t\tf\t\\N\tf\tf\n"
                "- 100\t3\tpair\t20002\t-1\ts.pair\tf\t\tf\t\\N\tf\tf\n"
                "- 100\t4\tci\t20004\t-1\ts.citext\tf\t\tf\t\\N\tf\tf\n"
                "= SELECT 4\nZ I",
    [INDEXES] = NOTHING,
    [FOREIGN_KEYS] = "| a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\tm\tn\to\tp\n"
                     "- 100\tfk\t100\t{1}\t{1}\ta\ta\ts\tf\tf\tf\tf\ts.t\t{pg_catalog.=}\tt\tf\n"
                     "= SELECT 1\nZ I",
    [CHECKS] = "| a\tb\tc\td\te\tf\n- 100\tk\t(id > 0)\tf\tf\tf\n= SELECT 1\nZ I",
    [SEQUENCES] = "| a\tb\tc\td\te\tf\tg\n- 300\ts\thidden\t\\N\t\\N\t1\tf\n"
                  "- 301\ts\tseen\t100\t1\t2\tt\n= SELECT 2\nZ I",
    [POSITIONS] = "| a\tb\tc\n- 1\t9\tt\n= SELECT 1\nZ I",
    [OBJECTS] = NOTHING,
    [EXTENSIONS] = NOTHING,
    [LARGE_OBJECTS] = "| n\n- 3\n= SELECT 1\nZ I",
    [EXTENSION_TABLES] = "| a\tb\tc\td\te\n- ext\ts\tc1\t\tf\n- ext\ts\tc2\tWHERE x\tt\n"
                         "= SELECT 2\nZ I",
    [EXTENSION_ROWS] = "| n\n- 5\n= SELECT 1\nZ I",
};

/* With one answer of another kind; NULL: all as usual. */
static bool
load(const char *version, enum part part, const char *answer)
{
    static struct pg_relation relations[] = { { .oid = 100, .schema = "s", .name = "t" } };
    static const struct selection selection = { 1, relations };
    memset(&err, 0, sizeof err);
    raw_init(&raw);
    raw.version = version;
    for (int i = 0; i < PARTS; i++)
        raw_says(&raw, answer != NULL && i == (int)part ? answer : usual[i]);
    raw_start(&raw);
    struct pg_conn *conn = raw_connect(&raw, &raw_go_on);
    bool ok = catalog_load(conn, &selection, &arena, &catalog, &err);
    pg_close(conn);
    raw_stop(&raw);
    return ok;
}

static void
end(void)
{
    raw_deinit(&raw);
    arena_deinit(&arena);
    memset(&arena, 0, sizeof arena);
}

static bool
was_asked(const char *text)
{
    return strstr(buf_str(&raw.requests), text) != NULL;
}

static void
each_release_is_asked_for_what_it_has(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int first, last; /* releases that have it */
    } words[] = {
        { "rngmultitypid", 14, 99 },
        { "indnullsnotdistinct", 15, 99 },
        { "confdelsetcols", 15, 99 },
        { "d.daticulocale", 15, 16 },
        { "d.datlocale", 17, 99 },
        { "k.conperiod", 18, 99 },
        { "k.conenforced", 18, 99 },
        { "k.contype = 'n'", 18, 99 },
        { "SET transaction_timeout", 17, 99 },
    };
    for (int release = 13; release <= 18; release++) {
        char version[16];
        snprintf(version, sizeof version, "%d.1", release);
        if (!load(version, 0, NULL))
            fail_msg("%s: %s", version, err.message);
        assert_int_equal(catalog->server.version, release * 10000 + 1);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (was_asked(words[i].text) != (release >= words[i].first && release <= words[i].last))
                fail_msg("%s and %s", version, words[i].text);
        end();
    }
}

/* It refused the binary form of what has a user's type inside and another number there. */
static void
before_14_arrays_of_users_types_come_as_text(void **state)
{
    (void)state;
    for (int release = 13; release < 15; release++) {
        assert_true(load(release == 13 ? "13.22" : "14.0", 0, NULL));
        const struct column *columns = catalog->tables[0].columns;
        assert_int_equal(columns[1].type->kind, release == 13 ? TYPE_OPAQUE : TYPE_ARRAY);
        assert_int_equal(columns[1].type->holds_oids, release == 13);
        assert_int_equal(columns[2].type->holds_oids, release == 13);
        assert_int_equal(columns[0].type->kind, TYPE_SCALAR);
        end();
    }
}

/* Only an extension's type of a name that we know is one that we can read. */
static void
a_type_of_users_is_none_that_we_know_by_its_name(void **state)
{
    (void)state;
    assert_true(load("15.1", 0, NULL));
    assert_int_equal(catalog->tables[0].columns[3].type->kind, TYPE_OPAQUE);
    assert_int_equal(catalog->tables[0].columns[1].type->delimiter, ';');
    end();
}

static void
not_null_that_old_rows_may_break_holds_for_new_ones(void **state)
{
    (void)state;
    assert_true(load("18.0", 0, NULL));
    const struct column *id = &catalog->tables[0].columns[0];
    assert_false(id->not_null);
    assert_true(id->not_null_for_new);
    assert_false(catalog->tables[0].columns[1].not_null_for_new);
    end();
}

static void
keys_of_periods_and_what_is_not_enforced_are_known(void **state)
{
    (void)state;
    assert_true(load("18.0", 0, NULL));
    const struct foreign_key *key = &catalog->foreign_keys[0];
    assert_true(key->is_period);
    assert_false(key->is_enforced);
    assert_false(key->is_validated);
    assert_ptr_equal(key->child, key->parent);
    const struct check *check = &catalog->tables[0].checks[0];
    assert_false(check->is_enforced || check->is_validated || check->is_trusted);
    end();
}

/* A role that may not ask for the cluster's number still gets a name for the server. */
static void
a_server_is_known_by_when_it_started_where_its_number_is_not_permitted(void **state)
{
    (void)state;
    assert_true(load("15.1", 0, NULL));
    assert_string_equal(catalog->server.system_id, "2026-01-01");
    assert_true(catalog->server.in_recovery);
    assert_string_equal(catalog->server.collate, "de");
    assert_string_equal(catalog->server.ctype, "fr");
    assert_string_equal(catalog->server.provider, "i");
    assert_string_equal(catalog->server.icu_locale, "und");
    assert_int_equal(catalog->server.money_scale, 3);
    end();
    assert_true(load("15.1", SYSTEM_ID, "| n\n- 7234567\n= SELECT 1\nZ I"));
    assert_string_equal(catalog->server.system_id, "7234567");
    end();
}

static void
what_may_not_be_read_is_not_asked_for(void **state)
{
    (void)state;
    assert_true(load("15.1", 0, NULL));
    assert_int_equal(catalog->nsequences, 2);
    assert_false(catalog->sequences[0].is_readable);
    assert_true(catalog->sequences[1].is_readable);
    assert_int_equal(catalog->sequences[1].last_value, 9);
    assert_int_equal(catalog->sequences[1].increment, 2);
    assert_true(was_asked("FROM \"s\".\"seen\""));
    assert_false(was_asked("\"s\".\"hidden\""));
    assert_int_equal(catalog->nextension_tables, 2);
    assert_int_equal(catalog->extension_tables[0].rows, -1);
    assert_int_equal(catalog->extension_tables[1].rows, 5);
    assert_true(was_asked("FROM ONLY \"s\".\"c2\" WHERE x\n"));
    assert_false(was_asked("\"s\".\"c1\""));
    assert_int_equal(catalog->large_objects, 3);
    end();
}

static void
a_column_of_an_unknown_type_is_a_bug(void **state)
{
    (void)state;
    assert_false(load("15.1", COLUMNS,
                      "| a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\n"
                      "- 100\t1\tid\t555\t-1\t???\tt\t\tf\t\\N\tf\tf\n= SELECT 1\nZ I"));
    assert_int_equal(err.code, DECANT_BUG);
    assert_non_null(strstr(err.message, "'s.t.id'"));
    end();
}

/* Whatever the server refuses to answer is an error with what was read. */
static void
what_the_catalog_refuses_is_an_error_that_says_where(void **state)
{
    (void)state;
    for (enum part part = TABLES; part < PARTS; part++) {
        if (part == POSITIONS) /* of sequences: read by their own names */
            continue;
        assert_false(load("15.1", part, "! C42501\tMs3cret\tttab\nZ I"));
        assert_int_equal(err.code, DECANT_REFUSED);
        assert_string_equal(err.sqlstate, "42501");
        if (strstr(err.context, "reading the catalog") == NULL)
            fail_msg("%d: %s", part, err.context);
        assert_null(strstr(err.message, "s3cret"));
        end();
    }
    assert_false(load("15.1", SERVER, "! C57P01\nX"));
    assert_int_equal(err.code, DECANT_UNAVAILABLE);
    end();
    assert_false(load("15.1", POSITIONS, "! C42501\nZ I"));
    assert_int_equal(err.code, DECANT_REFUSED);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_release_is_asked_for_what_it_has),
        cmocka_unit_test(before_14_arrays_of_users_types_come_as_text),
        cmocka_unit_test(a_type_of_users_is_none_that_we_know_by_its_name),
        cmocka_unit_test(not_null_that_old_rows_may_break_holds_for_new_ones),
        cmocka_unit_test(keys_of_periods_and_what_is_not_enforced_are_known),
        cmocka_unit_test(a_server_is_known_by_when_it_started_where_its_number_is_not_permitted),
        cmocka_unit_test(what_may_not_be_read_is_not_asked_for),
        cmocka_unit_test(a_column_of_an_unknown_type_is_a_bug),
        cmocka_unit_test(what_the_catalog_refuses_is_an_error_that_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
