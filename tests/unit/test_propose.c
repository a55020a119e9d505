/* SPDX-License-Identifier: PostgreSQL */
/* What init makes of tables, names and values, piece by piece. */
#include "fake.h"
#include "plan/party.h"
#include "propose/agree.h"
#include "propose/bookkeeping.h"
#include "propose/columns.h"
#include "propose/kinds.h"
#include "propose/stale.h"

static struct table
table_of(const char *name, struct column *columns, int n)
{
    return (struct table){ .schema = "public", .name = name, .columns = columns, .ncolumns = n };
}

static void
persons_accounts_and_tenants_are_told_by_their_names(void **state)
{
    static const struct {
        const char *name;
        bool is_party;
    } cases[] = { { "users", true },           { "auth_user", true },
                  { "customer_entity", true }, { "Kunden", true },
                  { "clientes", true },        { "res_partner", true },
                  { "companies", true },       { "userAccounts", true },
                  { "uzytkownik", true },      { "roles", false },
                  { "user_roles", false },     { "categories", false },
                  { "order_items", false },    { "countries", false },
                  { "user_settings", false },  { "parental_advice", false } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table table = table_of(cases[i].name, NULL, 0);
        if (table_is_party(&table) != cases[i].is_party)
            fail_msg("%s", cases[i].name);
    }
    struct column columns[] = { fake_column("email", "text") };
    struct table leads = table_of("imports", columns, 1);
    assert_true(table_is_party(&leads));
}

static void
tables_of_migrations_are_told_by_name_and_columns(void **state)
{
    struct column version[] = { fake_column("version", "text") };
    struct column laravel[] = { fake_column("id", "integer"), fake_column("migration", "text"),
                                fake_column("batch", "integer") };
    struct column birds[] = { fake_column("bird", "text"), fake_column("flew_on", "date") };
    struct table rails = table_of("schema_migrations", version, 1);
    struct table php = table_of("migrations", laravel, 3);
    struct table other = table_of("migrations", birds, 2);
    (void)state;
    assert_string_equal(bookkeeping_of(&rails)->profile == NULL ? "" : "rails", "");
    assert_string_equal(bookkeeping_of(&php)->tool, "Laravel");
    assert_null(bookkeeping_of(&other));
}

static struct evidence
evidence_of(const char *const *values, int repeats)
{
    struct detect *detect = detect_new();
    struct regex_space *space = regex_space_new();
    struct evidence e = { 0 };
    for (; *values != NULL; values++) {
        evidence_add(&e, detect, space, *values, strlen(*values));
        e.values += repeats;
    }
    e.rows = e.values;
    e.distinct_rows = e.distinct;
    regex_space_free(space);
    detect_free(detect);
    return e;
}

static struct proposal
propose(const char *name, const char *type, const char *const *values, int repeats)
{
    struct rules *asked = fake_rules("packs: [pii@1, secrets@1]\n");
    struct arena arena = { 0 };
    struct propose_packs known = { asked, { .arena = &arena } };
    struct column columns[] = { fake_column(name, type) };
    struct table table = table_of("things", columns, 1);
    struct evidence e = evidence_of(values, repeats);
    struct proposal out;
    table.root = &table;
    propose_column(&known, &table, 0, false, &e, &out);
    static char mask[128]; /* it may lie in the rules; of the last call */
    if (out.mask != NULL) {
        assert_true(strlen(out.mask) < sizeof mask);
        out.mask = strcpy(mask, out.mask);
    }
    map_deinit(&known.names.names);
    arena_deinit(&arena);
    rules_free(asked);
    return out;
}

static void
one_value_in_one_row_is_no_code(void **state)
{
    static const char *const diagnosis[] = { "F32.1", NULL }, *const states[] = { "open", "shut",
                                                                                  NULL };
    (void)state;
    assert_string_not_equal(propose("remark_code", "text", diagnosis, 1).mask, "keep");
    assert_string_equal(propose("state", "text", states, 500).mask, "keep");
}

static void
texts_of_a_form_keep_it(void **state)
{
    static const char *const dates[] = { "2020-01-01", "2020-02-01", "2021-03-01", NULL };
    static const char *const uuids[] = { "00000000-0000-4000-8000-0000000000ab",
                                         "00000000-0000-4000-8000-0000000000ac", NULL };
    static const char *const yaml[] = { "---\nid: 1\n", "---\nid: 2\n", NULL };
    (void)state;
    assert_string_equal(propose("signed", "text", dates, 1).mask, "keep");
    assert_string_equal(propose("outside", "text", uuids, 1).mask, "uuid");
    assert_string_equal(propose("object", "text", yaml, 1).mask, "text");
}

static void
random_ids_get_others_and_words_do_not(void **state)
{
    static const char *const cuids[] = { "clx2k9s0a0000qzrm3v7b1c5d", "clx2k9s0b0001qzrm8h2jf6kp",
                                         NULL };
    static const char *const ulids[] = { "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ",
                                         NULL };
    static const char *const objects[] = { "507f1f77bcf86cd799439011", "507f191e810c19729de860ea",
                                           NULL };
    static const char *const slugs[] = { "annual-report-of-2026-in-short",
                                         "how-to-cook-rice-for-two", NULL };
    static const char *const numbers[] = { "INV-2026-000123456", "INV-2026-000123457", NULL };
    (void)state;
    assert_string_equal(propose("id", "text", cuids, 1).mask, "token");
    assert_string_equal(propose("id", "text", ulids, 1).mask, "token");
    assert_string_equal(propose("id", "text", objects, 1).mask, "{use: token, alphabet: hex}");
    assert_string_equal(propose("path", "text", numbers, 1).mask, "by_shape");
    assert_string_not_equal(propose("path", "text", slugs, 1).mask, "token");
}

static void
numbers_of_releases_are_no_addresses(void **state)
{
    static const char *const releases[] = { "16.0.1.0", "16.0.1.1", "17.4.0.2", NULL };
    (void)state;
    assert_string_equal(propose("latest_version", "text", releases, 1).reaches, "ipv4");
    assert_string_not_equal(propose("latest_version", "text", releases, 1).mask, "ip");
    assert_string_equal(propose("host", "text", releases, 1).mask, "ip");
}

static void
numbers_of_books_are_no_telephones(void **state)
{
    static const char *const books[] = { "978-3-16-148410-0", "9780306406157", "0-306-40615-2",
                                         NULL };
    static const char *const phones[] = { "978-3-16-148410-1", "0-306-40615-3", "+978 316 148 410",
                                          NULL };
    (void)state;
    assert_string_not_equal(propose("nr", "text", books, 1).mask, "phone");
    assert_string_equal(propose("nr", "text", phones, 1).mask, "phone");
}

static void
colours_are_codes(void **state)
{
    static const char *const colours[] = { "#ff8800", "#00ff88", "#336699", NULL };
    (void)state;
    assert_string_equal(propose("shade", "text", colours, 500).mask, "keep");
}

static void
codes_of_many_rows_each_need_no_second_look(void **state)
{
    static const char *const codes[] = { "mild", "grave", NULL };
    (void)state;
    assert_false(propose("certainty", "text", codes, 500).is_guess);
    assert_true(propose("certainty", "text", codes, 30).is_guess);
}

static void
dates_as_old_as_people_are_births_whatever_they_are_called(void **state)
{
    static const char *const births[] = { "1938-04-01", "1949-12-24", "1961-05-17",
                                          "1972-08-30", "1985-01-02", "1990-06-11",
                                          "1999-09-09", "2003-03-03", NULL };
    static const char *const hired[] = { "1998-04-01", "2009-12-24", "2011-05-17",
                                         "2012-08-30", "2015-01-02", "2020-06-11",
                                         "2021-09-09", "2023-03-03", NULL };
    (void)state;
    assert_non_null(strstr(propose("d1", "date", births, 1).mask, "birth_date"));
    assert_null(propose("d1", "date", hired, 1).mask);
}

static void
persons_share_first_names_and_wards_one(void **state)
{
    static const char *const firsts[] = {
        "Amelia", "Daniel", "Emma",   "George", "Jack",  "James",
        "Liam",   "Oscar",  "Olivia", "Priya",  "Sarah", "Thomas"
    };
    static const char *const lasts[] = { "Baker", "Castillo", "Clarke", "Vargas", "Walker" };
    char texts[60][32], wards[60][32];
    const char *people[61] = { 0 }, *places[61] = { 0 };
    (void)state;
    for (int i = 0; i < 60; i++) {
        snprintf(texts[i], sizeof texts[i], "%s %s", firsts[i / 5], lasts[i % 5]);
        snprintf(wards[i], sizeof wards[i], "Ward %d", i);
        people[i] = texts[i];
        places[i] = wards[i];
    }
    assert_string_equal(propose("label", "text", people, 40).mask, "full_name");
    assert_string_not_equal(propose("label", "text", places, 40).mask, "full_name");
}

static void
numbers_that_are_read_by_their_length_keep_it(void **state)
{
    static const char *const codes[] = { "10115", "80331", "50667", NULL };
    (void)state;
    assert_string_equal(propose("zip", "integer", codes, 1).mask,
                        "{use: int, range: [10000, 99999]}");
}

static void
values_that_begin_alike_are_no_names_of_persons(void **state)
{
    static const char *const wards[] = { "Ward A", "Ward B", "Ward C", "Ward D", "Ward E", NULL };
    (void)state;
    assert_string_not_equal(propose("label", "text", wards, 1).mask, "full_name");
}

static void
what_is_masked_in_one_column_is_not_kept_in_another(void **state)
{
    struct column a[] = { fake_column("client_id", "text") }, b[] = { fake_column("app", "text") };
    struct table all[] = { table_of("clients", a, 1), table_of("events", b, 1) };
    const struct table *tables[] = { &all[0], &all[1] };
    const struct plan plan = { .ntables = 2, .tables = tables, .by_name = tables };
    uint64_t same[] = { 7, 8, 9 }, more[] = { 7, 20, 21 };
    struct evidence known[] = { { .distinct = 3, .nhashes = 3, .hashes = same } };
    struct evidence other[] = { { .distinct = 3, .nhashes = 3, .hashes = more } };
    const struct evidence *evidence[] = { known, other };
    struct proposal first[] = { { .mask = "by_shape", .is_fallback = true } };
    struct proposal second[] = { { .mask = "keep", .is_code = true } };
    struct proposal *proposals[] = { first, second };
    (void)state;
    agree(&plan, evidence, proposals);
    assert_string_equal(second[0].mask, "by_shape");
    second[0] = (struct proposal){ .mask = "keep", .is_firm = true };
    agree(&plan, evidence, proposals);
    assert_string_equal(second[0].mask, "keep");
    /* nothing but what is kept anyway */
    other[0].hashes = same;
    second[0] = (struct proposal){ .mask = "keep" };
    agree(&plan, evidence, proposals);
    assert_string_equal(first[0].mask, "keep");
}

/* What kinds_find() takes a table of 12 rows for, all of whose columns are masked for want of a
 * reason. */
static enum table_kind
kind_of(const char *name, struct column *columns, int n)
{
    struct table table = table_of(name, columns, n);
    const struct table *tables[] = { &table };
    const struct catalog catalog = { .ntables = 1, .tables = &table };
    struct table_statistics rows = { .few_rows = 12 };
    const struct statistics known = { .catalog = &catalog, .tables = &rows };
    const struct plan plan = { .statistics = &known, .ntables = 1, .tables = tables };
    const struct references none = { 0 };
    struct proposal own[4] = { 0 };
    struct proposal *proposals[] = { own };
    struct kind kind;
    assert_true(n <= 4);
    for (int i = 0; i < n; i++)
        own[i] = (struct proposal){ .mask = "by_shape", .is_fallback = true };
    kinds_find(&plan, &none, proposals, &kind);
    return kind.kind;
}

static void
people_are_no_configuration_whatever_stands_beside_them(void **state)
{
    struct column plain[] = { fake_column("code", "text"), fake_column("nick", "text") };
    struct column keycloak[] = { fake_column("client_id", "text"),
                                 fake_column("protocol", "text") };
    (void)state;
    assert_int_equal(kind_of("plans", plain, 2), TABLE_REFERENCE);
    assert_int_equal(kind_of("group_members", plain, 2), TABLE_ORDINARY);
    assert_int_equal(kind_of("plan_users", plain, 2), TABLE_ORDINARY);
    assert_int_equal(kind_of("client", plain, 2), TABLE_ORDINARY);
    assert_int_equal(kind_of("client", keycloak, 2), TABLE_REFERENCE);
}

static void
stale_lines_become_comments_with_all_below_them(void **state)
{
    static const char text[] = "sample:\n"
                               "  rate: 5%\n"
                               "  whole:\n"
                               "    - public.gone\n"
                               "  roots:\n"
                               "    public.users: {}\n"
                               "columns:\n"
                               "  public.gone:\n"
                               "    name:\n"
                               "      - {when: \"true\", use: text}\n"
                               "      - keep\n"
                               "  public.users:\n"
                               "    email, phone: email\n"
                               "    fax: phone\n";
    static const char wanted[] = "sample:\n"
                                 "  rate: 5%\n"
                                 "# gone:   whole:\n"
                                 "# gone:     - public.gone\n"
                                 "  roots:\n"
                                 "    public.users: {}\n"
                                 "columns:\n"
                                 "# gone:   public.gone:\n"
                                 "# gone:     name:\n"
                                 "# gone:       - {when: \"true\", use: text}\n"
                                 "# gone:       - keep\n"
                                 "  public.users:\n"
                                 "    email: email  # gone: phone\n"
                                 "# gone:     fax: phone\n";
    struct column columns[] = { fake_column("email", "text") };
    struct table users = table_of("users", columns, 1);
    const struct table *tables[] = { &users };
    const struct plan plan = { .ntables = 1, .tables = tables, .by_name = tables };
    struct rules *rules = fake_rules(text);
    struct buf out = { 0 };
    (void)state;
    assert_int_equal(stale_comment_out(rules, &plan, &out), 4);
    assert_string_equal(buf_str(&out), wanted);
    buf_deinit(&out);
    rules_free(rules);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(persons_accounts_and_tenants_are_told_by_their_names),
        cmocka_unit_test(tables_of_migrations_are_told_by_name_and_columns),
        cmocka_unit_test(one_value_in_one_row_is_no_code),
        cmocka_unit_test(texts_of_a_form_keep_it),
        cmocka_unit_test(random_ids_get_others_and_words_do_not),
        cmocka_unit_test(numbers_of_releases_are_no_addresses),
        cmocka_unit_test(numbers_of_books_are_no_telephones),
        cmocka_unit_test(colours_are_codes),
        cmocka_unit_test(codes_of_many_rows_each_need_no_second_look),
        cmocka_unit_test(dates_as_old_as_people_are_births_whatever_they_are_called),
        cmocka_unit_test(persons_share_first_names_and_wards_one),
        cmocka_unit_test(numbers_that_are_read_by_their_length_keep_it),
        cmocka_unit_test(values_that_begin_alike_are_no_names_of_persons),
        cmocka_unit_test(what_is_masked_in_one_column_is_not_kept_in_another),
        cmocka_unit_test(people_are_no_configuration_whatever_stands_beside_them),
        cmocka_unit_test(stale_lines_become_comments_with_all_below_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
