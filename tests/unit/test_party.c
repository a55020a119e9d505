/* SPDX-License-Identifier: PostgreSQL */
/* Which tables are called like people, accounts and tenants, and which columns say who wrote. */
#include "fake.h"
#include "plan/party.h"

static bool
is_party(const char *name)
{
    const struct column id = fake_column("id", "integer");
    const struct table table = { .schema = "s", .name = name, .ncolumns = 1, .columns = &id };
    return table_is_party(&table);
}

static void
people_and_organizations_are_known_by_their_last_word(void **state)
{
    static const char *const parties[] = {
        "users",         "user",          "User",          "auth_user",      "UserAccounts",
        "USER_ACCOUNTS", "app_users",     "b2bCustomer",   "kunden",         "utilisateurs",
        "clientes",      "gebruikers",    "uzytkownik",    "pazienti",       "companies",
        "agencies",      "businesses",    "people",        "res_partner",    "tenant2",
        "customer_data", "customers_tbl", "MemberRecords", "patient_list_2", "user_master_data",
        "s.users",       "crm leads",     "mitglieder",    "klanten",        "usuarios",
        "personnes",
    };
    (void)state;
    for (size_t i = 0; i < sizeof parties / sizeof *parties; i++)
        if (!is_party(parties[i]))
            fail_msg("nobody: %s", parties[i]);
}

static void
other_tables_are_nobody(void **state)
{
    static const char *const others[] = { "orders",
                                          "user_settings",
                                          "customer_orders",
                                          "users_roles",
                                          "accounting",
                                          "leading",
                                          "data",
                                          "records",
                                          "table",
                                          "tbl_list",
                                          "",
                                          "_",
                                          "42",
                                          "organ",
                                          "userland",
                                          "personality",
                                          "products",
                                          "customers_products_x" };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_party(others[i]))
            fail_msg("somebody: %s", others[i]);
}

static void
columns_of_addresses_names_and_passwords_make_a_party_of_any_table(void **state)
{
    static const struct {
        const char *column;
        bool is_party;
    } cases[] = {
        { "email", true },         { "e_mail", true },          { "email_address", true },
        { "first_name", true },    { "lastname", true },        { "encrypted_password", true },
        { "password_hash", true }, { "password_digest", true }, { "name", false },
        { "email_count", false },  { "passwordless", false },   { "title", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct column columns[] = { fake_column("id", "integer"),
                                          fake_column(cases[i].column, "text") };
        const struct table table = { .name = "things", .ncolumns = 2, .columns = columns };
        if (table_is_party(&table) != cases[i].is_party)
            fail_msg("%s", cases[i].column);
    }
}

/* PostgreSQL's names have 63 bytes; a test of a longer one shows that none is written behind. */
static void
names_of_any_length_and_any_bytes_have_an_answer(void **state)
{
    char name[400];
    uint32_t seed = 7;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        size_t n = (size_t)i % (sizeof name - 1);
        for (size_t j = 0; j < n; j++) {
            seed = seed * 1664525u + 1013904223u;
            name[j] = (char)(1 + (seed >> 16) % 255);
        }
        name[n] = '\0';
        is_party(name);
        /* a word behind all that is a name's end as long as the name fits */
        if (n + sizeof "_user" < 30) {
            strcpy(name + n, "_user");
            assert_true(is_party(name));
        }
    }
    memset(name, 'A', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(is_party(name));
}

static void
who_wrote_a_row_is_not_whose_it_is(void **state)
{
    static const char *const audit[] = { "created_by",  "updated_by",    "createdBy",
                                         "updatedById", "create_uid",    "write_uid",
                                         "deleted_by",  "modified_by",   "creator_id",
                                         "updater_id",  "created_by_id", "last_modified_by" };
    static const char *const others[] = {
        "user_id", "owner_id", "createdby_x", "recreated_by", "CREATED_AT", "author_id", ""
    };
    (void)state;
    for (size_t i = 0; i < sizeof audit / sizeof *audit; i++) {
        const struct column column = { .name = audit[i] };
        assert_true(column_is_audit(&column));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct column column = { .name = others[i] };
        assert_false(column_is_audit(&column));
    }
}

/* A name may have 63 bytes, and words written together are longer with their underscores. */
static void
a_long_name_is_read_to_its_end(void **state)
{
    (void)state;
    assert_true(is_party("thePeopleThatWeSellThingsToInAllOurManyShopsAreOurCustomers"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_and_organizations_are_known_by_their_last_word),
        cmocka_unit_test(other_tables_are_nobody),
        cmocka_unit_test(columns_of_addresses_names_and_passwords_make_a_party_of_any_table),
        cmocka_unit_test(names_of_any_length_and_any_bytes_have_an_answer),
        cmocka_unit_test(who_wrote_a_row_is_not_whose_it_is),
        cmocka_unit_test(a_long_name_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
