/* SPDX-License-Identifier: PostgreSQL */
/* Connection parameters: their forms, passwords that are not to be seen, hosts that are local. */
#include "pg/internal.h"
#include "unit.h"

static char folder[256];

static struct pg_info *
parse(const char *text)
{
    struct pg_info *info = NULL;
    struct decant_error err = { 0 };
    if (!pg_info_parse(text, "source", &info, &err))
        fail_msg("'%s': %s", text, err.message);
    assert_int_equal(err.code, DECANT_OK);
    return info;
}

static void
every_form_names_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *text, *keyword, *value;
    } forms[] = {
        { "postgresql://ann@db.example:6543/shop", "host", "db.example" },
        { "postgres://ann@db.example:6543/shop", "port", "6543" },
        { "postgresql://ann@db.example/shop?sslmode=require", "sslmode", "require" },
        { "postgresql://a%20n@/sh%2Fop", "user", "a n" },
        { "postgresql://a%20n@/sh%2Fop", "dbname", "sh/op" },
        { "postgresql://h1:1,h2:2/db", "host", "h1,h2" },
        { "postgresql://h1:1,h2:2/db", "port", "1,2" },
        { "postgresql://[::1]:5/db", "host", "::1" },
        { "postgresql:///db?host=/run/pg", "host", "/run/pg" },
        { "host=/run/pg dbname=shop", "dbname", "shop" },
        { "host = /run/pg  dbname = 'sh op'", "dbname", "sh op" },
        { "dbname='it\\'s'", "dbname", "it's" },
        { "service=production", "service", "production" },
        { "hostaddr=10.0.0.1 dbname=x", "hostaddr", "10.0.0.1" },
        /* bare names, as psql takes them */
        { "shop", "dbname", "shop" },
        { "My Shop", "dbname", "My Shop" },
        { "it's", "dbname", "it's" },
        { "back\\slash", "dbname", "back\\slash" },
        { "'", "dbname", "'" },
        { "\\", "dbname", "\\" },
        { "caf\xc3\xa9", "dbname", "caf\xc3\xa9" },
        { "shop.sqlite", "dbname", "shop.sqlite" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct pg_info *info = parse(forms[i].text);
        assert_string_equal(pg_info_get(info, forms[i].keyword), forms[i].value);
        pg_info_free(info);
    }
}

static void
nothing_said_sets_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = { NULL, "" };
    for (size_t i = 0; i < 2; i++) {
        const char *keys[64], *values[64];
        struct pg_info *info = parse(texts[i]);
        assert_int_equal(pg_info_arrays(info, keys, values), 0);
        assert_null(pg_info_get(info, "host"));
        pg_info_free(info);
    }
}

/* It might quote a part of a password that was not escaped. */
static void
what_is_no_address_is_refused_without_a_word_of_it(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "postgresql://user:s3cret@host:bad:port/db/x?nonsense=1",
        "postgresql://user:s3c%ret@host/db",
        "postgresql://[::1/db?s3cret",
        "host=localhost s3cret",
        "dbname='s3cret",
        "s3cret=1",
        "postgresql:///db?s3cret=1",
        "mysql://ann:s3cret@host/db",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pg_info *info = NULL;
        struct decant_error err = { 0 };
        assert_false(pg_info_parse(texts[i], i % 2 == 0 ? "source" : "target", &info, &err));
        assert_null(info);
        assert_int_equal(err.code, DECANT_USAGE);
        assert_non_null(strstr(err.message, i % 2 == 0 ? "source" : "target"));
        assert_non_null(strstr(err.hint, "postgresql://"));
        assert_null(strstr(err.message, "s3c"));
        assert_null(strstr(err.hint, "s3c"));
        assert_null(strstr(err.context, "s3c"));
    }
}

static void
a_password_on_the_command_line_is_refused_in_every_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "postgresql://ann:s3cret@host/db",
        "postgresql://ann:@host/db?password=s3cret",
        "postgresql://host/db?user=ann&password=s3cret",
        "host=h password=s3cret",
        "password = 's3cret' host=h",
        "password=''", /* it would be one in the next shell */
        "host=h sslkey=k sslpassword=s3cret",
        "postgresql:///?sslpassword=s3cret",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pg_info *info = NULL;
        struct decant_error err = { 0 };
        assert_false(pg_info_parse(texts[i], "target", &info, &err));
        assert_null(info);
        assert_int_equal(err.code, DECANT_USAGE);
        assert_non_null(strstr(err.message, "a password in the target"));
        assert_non_null(strstr(err.hint, ".pgpass"));
        assert_null(strstr(err.message, "s3cret"));
    }
}

static void
a_variable_may_hold_the_password(void **state)
{
    (void)state;
    struct pg_info *info = NULL;
    struct decant_error err = { 0 };
    setenv("UNIT_URL", "postgresql://ann:s3%3Acret@host/db", 1);
    assert_true(pg_info_parse_variable("UNIT_URL", "source", &info, &err));
    assert_string_equal(pg_info_get(info, "password"), "s3:cret");
    pg_info_free(info);
    setenv("UNIT_URL", "postgresql://ann:s3c%ret@host/db", 1);
    assert_false(pg_info_parse_variable("UNIT_URL", "source", &info, &err));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_null(strstr(err.message, "s3c"));
    unsetenv("UNIT_URL");
    assert_true(pg_info_parse_variable("UNIT_URL", "source", &info, &err));
    assert_null(pg_info_get(info, "host"));
    pg_info_free(info);
}

static void
a_copy_lives_by_itself(void **state)
{
    (void)state;
    struct pg_info *info = parse("host=a port=1");
    pg_info_set_stall(info, 5);
    struct pg_info *copy = pg_info_copy(info);
    pg_info_set(info, "host", "b");
    pg_info_set(copy, "port", "2");
    pg_info_set(copy, "user", "ann");
    assert_string_equal(pg_info_get(copy, "host"), "a");
    assert_string_equal(pg_info_get(info, "port"), "1");
    assert_null(pg_info_get(info, "user"));
    assert_int_equal(pg_info_stall(copy), 5);
    assert_string_equal(pg_info_what(copy), "source");
    pg_info_free(info);
    assert_string_equal(pg_info_get(copy, "port"), "2");
    pg_info_free(copy);
    pg_info_free(NULL);
}

static void
a_parameter_is_there_once(void **state)
{
    (void)state;
    const char *keys[64], *values[64];
    struct pg_info *info = parse("host=a host=b port=1");
    pg_info_set(info, "port", "1");
    pg_info_set(info, "port", pg_info_get(info, "host")); /* of its own memory */
    pg_info_set(info, "host", pg_info_get(info, "host"));
    assert_int_equal(pg_info_arrays(info, keys, values), 2);
    assert_string_equal(pg_info_get(info, "host"), "b");
    assert_string_equal(pg_info_get(info, "port"), "b");
    pg_info_free(info);
}

static void
a_server_may_be_silent_for_five_minutes_unless_set(void **state)
{
    (void)state;
    struct pg_info *info = parse("shop");
    assert_int_equal(pg_info_stall(info), PG_STALL_MS);
    pg_info_set_stall(info, 0);
    assert_int_equal(pg_info_stall(info), 0);
    pg_info_free(info);
}

static void
hosts_that_did_not_answer_are_dropped_with_their_ports(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n;
        const char *host, *port;
    } lists[] = {
        { "host=a,b,c port=1,2,3", 1, "b,c", "2,3" },
        { "host=a,b,c port=1,2,3", 2, "c", "3" },
        { "host=a,b port=7", 1, "b", "7" }, /* one for all */
        { "host=a,b", 1, "b", NULL },
        { "host=a,,c port=1,,3", 1, ",c", ",3" },
        { "host=a port=1", 0, "a", "1" },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct pg_info *info = parse(lists[i].text);
        pg_info_drop_hosts(info, lists[i].n);
        assert_string_equal(pg_info_get(info, "host"), lists[i].host);
        if (lists[i].port != NULL)
            assert_string_equal(pg_info_get(info, "port"), lists[i].port);
        else
            assert_null(pg_info_get(info, "port"));
        pg_info_free(info);
    }
}

static bool
is_local(const char *text)
{
    struct pg_info *info = parse(text);
    bool local = pg_info_is_local(info);
    pg_info_free(info);
    return local;
}

static void
sockets_and_loopback_are_local(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "shop",
        "host=/run/postgresql",
        "host=@abstract",
        "host=localhost",
        "host=127.0.0.1",
        "host=127.1.2.3 port=9",
        "host=::1",
        "postgresql://[::1]/db",
        "postgresql://localhost:5433/db",
        "host=localhost,127.0.0.1,/run/pg",
        "host=localhost,,::1",
        "hostaddr=127.0.0.1",
        "host=db.example hostaddr=127.0.0.1", /* where it connects to, not how it is called */
        "hostaddr=::1,127.0.0.1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_local(texts[i]))
            fail_msg("'%s' is local", texts[i]);
}

static void
all_else_is_not_local(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "host=db.example",
        "postgresql://10.1.2.3/db",
        "host=localhost,db.example",
        "host=db.example,localhost",
        "host=/run/pg,db.example",
        "host=localhost hostaddr=10.0.0.1",
        "hostaddr=127.0.0.1,10.0.0.1",
        "host=localhost.example",
        "host=localhos",
        "host=::1.example",
        "host=::",
        "host=0.0.0.0",
        "host=128.0.0.1",
        "host=1127.0.0.1",
        "host=::2",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_local(texts[i]))
            fail_msg("'%s' is not local", texts[i]);
}

/* Names that begin as an address of the loopback, and hosts whose address the list leaves out. */
static void
a_name_that_looks_local_is_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "host=127.evil.example",
        "host=127.0.0.1.evil.example",
        "host=localhost,db.example hostaddr=127.0.0.1,",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_local(texts[i]))
            fail_msg("'%s' is not local", texts[i]);
}

static void
the_environment_and_services_say_where_a_host_is(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s/services", folder);
    FILE *file = fopen(path, "w");
    fputs("[near]\nhost=/run/pg\n[far]\nhost=db.example\nsslmode=disable\n[both]\nhost=db.example\n"
          "hostaddr=127.0.0.1\n",
          file);
    fclose(file);
    setenv("PGSERVICEFILE", path, 1);
    assert_true(is_local("service=near"));
    assert_false(is_local("service=far"));
    assert_true(is_local("service=both"));
    assert_true(is_local("service=far host=localhost"));
    assert_false(is_local("service=near host=db.example"));
    setenv("PGSERVICE", "far", 1);
    assert_false(is_local("shop"));
    unsetenv("PGSERVICE");
    unsetenv("PGSERVICEFILE");
    setenv("PGHOST", "db.example", 1);
    assert_false(is_local("shop"));
    assert_true(is_local("host=localhost"));
    setenv("PGHOSTADDR", "127.0.0.1", 1);
    assert_true(is_local("shop"));
    unsetenv("PGHOSTADDR");
    unsetenv("PGHOST");
    unlink(path);
}

static int
begin(void **state)
{
    static const char *const variables[] = { "PGHOST",    "PGHOSTADDR",    "PGPORT",
                                             "PGUSER",    "PGDATABASE",    "PGSERVICE",
                                             "PGSSLMODE", "PGSERVICEFILE", "PGPASSWORD" };
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_names_the_same),
        cmocka_unit_test(nothing_said_sets_nothing),
        cmocka_unit_test(what_is_no_address_is_refused_without_a_word_of_it),
        cmocka_unit_test(a_password_on_the_command_line_is_refused_in_every_form),
        cmocka_unit_test(a_variable_may_hold_the_password),
        cmocka_unit_test(a_copy_lives_by_itself),
        cmocka_unit_test(a_parameter_is_there_once),
        cmocka_unit_test(a_server_may_be_silent_for_five_minutes_unless_set),
        cmocka_unit_test(hosts_that_did_not_answer_are_dropped_with_their_ports),
        cmocka_unit_test(sockets_and_loopback_are_local),
        cmocka_unit_test(all_else_is_not_local),
        cmocka_unit_test(the_environment_and_services_say_where_a_host_is),
        cmocka_unit_test(a_name_that_looks_local_is_not),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
