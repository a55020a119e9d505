/* SPDX-License-Identifier: PostgreSQL */
/* What refers to a key through JSON, or beside a type, has the key's fakes, or the rules are
 * refused. */
#include "fake.h"
#include "mask/follow.h"
#include "propose/follow.h"

enum { USERS, EVENTS, NTABLES };

/* Two tables as the rules decide on them; NULL or the error. */
static const char *
refused(const char *columns)
{
    static char message[4096];
    struct arena arena = { 0 };
    struct decant_error err = { 0 };
    struct buf text = { 0 };
    struct masking masking = { 0 };
    struct sampling owners = { 0 };
    struct key *key = fake_key();
    struct key_ring *ring = key_ring_new(key);
    struct column user[] = { fake_column("id", "text"), fake_column("number", "bigint") };
    struct column event[] = { fake_column("kind", "text"), fake_column("of", "text"),
                              fake_column("body", "jsonb") };
    struct table all[NTABLES] = {
        { .schema = "s", .name = "events", .ncolumns = 3, .columns = event },
        { .schema = "s", .name = "users", .ncolumns = 2, .columns = user },
    };
    const struct table *tables[NTABLES] = { &all[0], &all[1] };
    struct sample_table sampled[NTABLES] = { { .table = &all[0], .owner = -1 },
                                             { .table = &all[1], .owner = -1 } };
    struct catalog catalog = { 0 };
    struct plan plan = {
        .catalog = &catalog, .ntables = NTABLES, .tables = tables, .by_name = tables
    };
    for (int i = 0; i < NTABLES; i++)
        all[i].root = &all[i];
    owners.ntables = NTABLES;
    owners.tables = sampled;
    buf_printf(&text,
               "sample:\n  rate: 5%%\n  virtual:\n"
               "    - {from: [s.events.kind, s.events.of], to: {user: s.users.id}}\n"
               "    - {from: 's.events.body:$$.user.id', to: s.users.id}\n"
               "    - {from: 's.events.body:$$.number', to: s.users.number}\n"
               "columns:\n  s.events:\n    kind: keep\n%s",
               columns);
    struct rules *rules = fake_rules(buf_str(&text));
    bool ok = masking_decide(rules, &plan, &arena, &masking, &err) &&
              masking_compile(&masking, &owners, ring, &err);
    snprintf(message, sizeof message, "%s | %s", err.message, err.hint);
    if (masking.maker.arena != NULL)
        masking_deinit(&masking);
    rules_free(rules);
    key_ring_free(ring);
    key_free(key);
    arena_deinit(&arena);
    buf_deinit(&text);
    return ok ? NULL : message;
}

static void
a_reference_has_the_mask_of_its_key(void **state)
{
    static const char *const agreeing[] = {
        "    of: token\n    body: {use: json, paths: {$$.user.id: token, $$.number: keep}}\n"
        "  s.users: {id: token}\n",
        /* by what the mask of documents does anyway, by a path that covers it, and by nothing left
         */
        "    of: by_shape\n    body: {use: json, paths: {$$.number: keep}}\n  s.users: {id: "
        "by_shape}\n",
        "    of: token\n    body: {use: json, paths: {$$..id: token, $$.number: keep}}\n"
        "  s.users: {id: token}\n",
        "    of: keep\n    body: keep\n  s.users: {id: keep}\n",
        "    of: \"null\"\n    body: {use: json, other: drop}\n  s.users: {id: token}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof agreeing / sizeof *agreeing; i++) {
        const char *why = refused(agreeing[i]);
        if (why != NULL)
            fail_msg("%s%s", agreeing[i], why);
    }
}

static void
another_mask_is_refused_and_the_right_one_named(void **state)
{
    static const struct {
        const char *columns, *message;
    } cases[] = {
        { "    of: by_shape\n    body: \"null\"\n  s.users: {id: token}\n",
          "say the same of 'of': token" },
        { "    of: keep\n    body: \"null\"\n  s.users: {id: token}\n",
          "E224 's.users.id' is masked" },
        { "    of: token\n    body: \"null\"\n  s.users: {id: keep}\n",
          "E224 's.users.id' is kept" },
        { "    of: token\n    body: {use: json, paths: {$$.number: keep}}\n  s.users: {id: "
          "token}\n",
          "paths: {\"$.user.id\": token}" },
        { "    of: token\n    body: keep\n  s.users: {id: token}\n",
          "E224 's.users.id' is masked" },
        { "    of: token\n    body: {use: json, paths: {$$.user.id: token}}\n  s.users: {id: "
          "token}\n",
          "E224 's.users.number' is kept" },
        { "    of: token\n    body: {use: json, paths: {$$.user.id: {use: token, length: 9}}}\n"
          "  s.users: {id: token}\n",
          "paths: {\"$.user.id\": token}" },
        { "    of: token\n    body: \"null\"\n  s.users: {id: [{when: 'true', use: token}, "
          "by_shape]}\n",
          "one mask without conditions" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = refused(cases[i].columns);
        if (why == NULL || strstr(why, cases[i].message) == NULL)
            fail_msg("%s%s", cases[i].columns, why != NULL ? why : "accepted");
    }
}

static void
proposals_follow_keys_and_drop_what_no_mask_can(void **state)
{
    struct arena arena = { 0 };
    struct column user[] = { fake_column("id", "text") }, team[] = { fake_column("id", "text") };
    struct column event[] = { fake_column("of", "text"), fake_column("body", "jsonb") };
    struct table all[] = { { .schema = "s", .name = "events", .ncolumns = 2, .columns = event },
                           { .schema = "s", .name = "teams", .ncolumns = 1, .columns = team },
                           { .schema = "s", .name = "users", .ncolumns = 1, .columns = user } };
    const struct table *tables[] = { &all[0], &all[1], &all[2] };
    const struct table *const events = &all[0], *const teams = &all[1], *const users = &all[2];
    const struct plan plan = { .ntables = 3, .tables = tables, .by_name = tables };
    struct decision own[] = { { .class_table = 2 } }, other[] = { { .class_table = 1 } };
    struct masked_table masked[] = { { .table = events },
                                     { .table = teams, .decisions = other },
                                     { .table = users, .decisions = own } };
    const struct masking masking = { .plan = &plan, .ntables = 3, .tables = masked };
    struct proposal of_users[] = { { .mask = "token" } }, of_teams[] = { { .mask = "keep" } };
    struct proposal of_events[] = { { .mask = "by_shape" },
                                    { .mask = "{use: json, other: mask}" } };
    struct proposal *proposals[] = { of_events, of_teams, of_users };
    struct reference_end ends[] = { { .table = users, .value = "user" },
                                    { .table = teams, .value = "team" } };
    struct reference_end leaf[] = { { .table = users } }, lost[] = { { .table = teams } };
    struct reference items[] = {
        { .table = events, .column = "of", .type_column = "kind", .nends = 2, .ends = ends },
        { .table = events, .column = "body", .member = "user.id", .nends = 1, .ends = leaf },
        { .table = events, .column = "body", .member = "team", .nends = 1, .ends = lost },
    };
    struct references references = { .n = 3, .items = items };
    struct buf text = { 0 };
    (void)state;
    of_teams[0].mask = "{use: choice, weights: source}"; /* one fake for many */
    assert_int_equal(propose_follow(&masking, &references, proposals, &arena), 2);
    assert_int_equal(references.n, 2);
    assert_int_equal(items[0].nends, 1);
    assert_string_equal(of_events[0].mask, "token");
    propose_put_mask(&of_events[1], &text);
    assert_string_equal(buf_str(&text), "{use: json, paths: {\"$$.user.id\": token}, other: mask}");
    /* the key's mask could not hold */
    of_users[0].mask = "by_shape";
    assert_int_equal(propose_follow(&masking, &references, proposals, &arena), 0);
    assert_string_equal(of_events[0].mask, "by_shape");
    assert_string_equal(of_events[1].paths, "\"$$.user.id\": by_shape");
    buf_deinit(&text);
    arena_deinit(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_has_the_mask_of_its_key),
        cmocka_unit_test(another_mask_is_refused_and_the_right_one_named),
        cmocka_unit_test(proposals_follow_keys_and_drop_what_no_mask_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
