/* SPDX-License-Identifier: PostgreSQL */
/* What init writes is a rules file: read back without an error, the same every time, and left alone
 * by --update, which adds lines for new columns and comments out what is gone. */
#include <decant/decant.h>

#include <sys/stat.h>

#include "rules/rules.h"
#include "server.h"
#include "unit.h"

static char folder[200];

static const char key_text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

struct told {
    struct scripted_server server;
    struct decant_options options;
    struct decant_error err;
    char rules[256], key[256];
    char *summary;
};

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static char *
read_file(const char *path)
{
    struct buf out = { 0 };
    char part[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        buf_add(&out, part, n);
    fclose(file);
    buf_puts(&out, "");
    out.data[out.len] = '\0';
    return buf_steal(&out);
}

static struct rules *
parse(const char *text)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (!rules_parse("r.yaml", text, strlen(text), &rules, &err))
        fail_msg("%s (%s)", err.message, err.hint);
    return rules;
}

static void
begin(struct told *told, const char *script)
{
    memset(told, 0, sizeof *told);
    server_start(&told->server, script);
    snprintf(told->rules, sizeof told->rules, "%s/rules.yaml", folder);
    snprintf(told->key, sizeof told->key, "%s/key", folder);
    unlink(told->rules);
    write_file(told->key, key_text);
    chmod(told->key, 0600);
    decant_options_init(&told->options);
    told->options.source = told->server.uri;
    told->options.rules = told->rules;
    told->options.key_file = told->key;
    told->options.rate = 0.1;
    told->options.jobs = 0;
}

static bool
init(struct told *told)
{
    free(told->summary);
    struct decant_job *job = decant_job_new(&told->options, NULL, NULL);
    bool ok = decant_job_init(job, &told->summary, &told->err);
    decant_job_free(job);
    return ok;
}

static void
must_init(struct told *told)
{
    if (!init(told))
        fail_msg("%s (%s) [%s]", told->err.message, told->err.hint, told->err.context);
}

static void
end(struct told *told)
{
    server_stop(&told->server);
    free(told->summary);
    unlink(told->rules);
}

/* Between `from` and the next line with the same indent: the block of a table. */
static char *
block_of(const char *text, const char *head)
{
    const char *from = strstr(text, head);
    if (from == NULL)
        fail_msg("no %s in\n%s", head, text);
    const char *to = strchr(from + 1, '\n') + 1;
    while (strncmp(to, "    ", 4) == 0)
        to = strchr(to, '\n') + 1;
    return strndup(from, (size_t)(to - from));
}

static void
every_column_gets_what_its_kind_wants(void **state)
{
    static const struct {
        const char *block, *lines[8];
    } cases[] = {
        { "\n  app.users:\n",
          { "    email: email ", "    first_name: first_name", "    last_name: last_name",
            "    phone: phone", "    birth_date: {use: birth_date",
            "    password_digest: password_hash", "    settings: {use: json, ",
            "    last_ip: ip" } },
        { "\n  app.sessions:\n", { "    token: secret " } },
        { "\n  app.countries:\n", { "    code, name, phone_prefix: keep" } },
        { "\n  app.schema_migrations:\n", { "    version: keep" } },
        { "\n  app.ar_internal_metadata:\n",
          { "value: [{when: \"key = 'environment'\", use: set, value: development}, keep]",
            "    key: keep" } },
        { "\n  'app.\"Order Notes\"':\n", { "    '\"E mail, or: none\"': email" } },
    };
    struct told told;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *text = read_file(told.rules);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *block = block_of(text, cases[i].block);
        for (int k = 0; k < 8 && cases[i].lines[k] != NULL; k++)
            if (strstr(block, cases[i].lines[k]) == NULL)
                fail_msg("no '%s' in\n%s", cases[i].lines[k], block);
        free(block);
    }
    const char *key = strstr(told.summary, "\nkey ") + 5, *id = strstr(text, "key_id: \"");
    assert_non_null(id);
    assert_memory_equal(id + 9, key, 8);
    assert_non_null(strstr(text, "rate: 10%"));
    assert_non_null(strstr(text, "sqlite: {profile: rails}"));
    assert_null(strstr(text, "hunter2x")); /* the evidence has no value in it */
    assert_null(strstr(text, "corp.test"));
    free(text);
    end(&told);
}

static void
references_that_no_key_declares_are_found_by_names_and_values(void **state)
{
    static const char *const lines[] = {
        "- {from: app.sessions.user_id, to: app.users.id",
        "- {from: [app.comments.subject_type, app.comments.subject_id], to: {Order: app.orders.id, "
        "User: app.users.id}",
        "- {from: 'app.events.payload:$$.user_id', to: app.users.id}  # 50 of 50 keys are there",
        "'app.events.payload:$$.order.orderId', to: app.orders.id",
        "- {from: app.orders.customer_email, to: app.users.email",
        "- {from: app.members.belongs, to: app.teams.id",
    };
    struct told told;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *text = read_file(told.rules);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(text, lines[i]) == NULL)
            fail_msg("no '%s' in\n%s", lines[i], text);
    struct rules *rules = parse(text);
    assert_true(rules->sample.nreferences >= 6);
    rules_free(rules);
    free(text);
    end(&told);
}

static void
the_file_is_the_same_every_time_and_never_replaced(void **state)
{
    struct told told;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *first = read_file(told.rules);
    assert_false(init(&told));
    assert_int_equal(told.err.code, DECANT_REFUSED);
    assert_non_null(strstr(told.err.message, "is there already"));
    assert_non_null(strstr(told.err.hint, "another file with -c"));
    char *same = read_file(told.rules);
    assert_string_equal(same, first);
    free(same);
    unlink(told.rules);
    told.err = (struct decant_error){ 0 };
    must_init(&told);
    same = read_file(told.rules);
    assert_string_equal(same, first);
    free(same);
    free(first);
    end(&told);
}

/* As many lines are marked as the summary says, and a review lists them. */
static void
what_a_person_should_look_at_is_counted_and_listed(void **state)
{
    struct told told;
    int marks = 0, listed = 0;
    char *review = NULL;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *text = read_file(told.rules);
    for (const char *p = text; (p = strstr(p, "# ? ")) != NULL; p++)
        marks++;
    const char *said = strstr(told.summary, "review the ");
    assert_non_null(said);
    assert_int_equal(atoi(said + 11), marks);
    assert_true(marks > 0);
    struct decant_job *job = decant_job_new(&told.options, NULL, NULL);
    assert_true(decant_job_review(job, &review, &told.err));
    decant_job_free(job);
    for (const char *p = text, *end; *p != '\0'; p = end + 1) {
        end = strchr(p, '\n');
        const char *mark = memmem(p, (size_t)(end - p), "# ? ", 4);
        if (mark == NULL)
            continue;
        char *why = strndup(mark + 4, (size_t)(end - mark - 4));
        listed += strstr(review, why) != NULL;
        free(why);
    }
    assert_int_equal(listed, marks);
    free(review);
    free(text);
    end(&told);
}

static void
without_news_an_update_changes_nothing(void **state)
{
    struct told told;
    struct stat before, after;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *first = read_file(told.rules);
    stat(told.rules, &before);
    told.options.update = true;
    told.options.rate = 0;
    must_init(&told);
    char *text = read_file(told.rules);
    stat(told.rules, &after);
    assert_string_equal(text, first);
    assert_int_equal(before.st_ino, after.st_ino); /* it was not even written */
    assert_non_null(strstr(told.summary, ": 0 new lines"));
    free(text);
    free(first);
    end(&told);
}

/* Takes the lines that begin so out of the text. */
static void
take_out(char *text, const char *head)
{
    char *line = strstr(text, head);
    assert_non_null(line);
    char *next = strchr(line + 1, '\n');
    memmove(line, next, strlen(next) + 1);
}

static void
an_update_adds_lines_for_new_columns_only(void **state)
{
    struct told told;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *text = read_file(told.rules);
    take_out(text, "\n    '\"quote");
    take_out(text, "\n    password_digest:");
    take_out(text, "\n    settings:");
    char *rest = strdup(text);
    write_file(told.rules, text);
    free(text);
    told.options.update = true;
    told.options.rate = 0;
    must_init(&told);
    text = read_file(told.rules);
    char *users = block_of(text, "\n  app.users:\n");
    assert_non_null(strstr(users, "    settings: {use: json, other: mask}  # ? new; "));
    free(users);
    /* a pack decides on what is called a password: no line is needed, and that is told */
    assert_non_null(strstr(told.summary, "by a pack, without a line: "));
    assert_non_null(strstr(told.summary, "app.users.password_digest"));
    /* all that was there is there, line by line */
    char *line, *from = rest;
    int lines = 0, now = 0;
    while ((line = strsep(&from, "\n")) != NULL) {
        lines++;
        if (strstr(text, line) == NULL)
            fail_msg("lost: %s", line);
    }
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        now++;
    assert_int_equal(now + 1 - lines, atoi(strchr(told.summary, ':') + 2));
    free(rest);
    free(text);
    end(&told);
}

static void
an_update_makes_comments_of_what_is_gone(void **state)
{
    struct told told;
    (void)state;
    begin(&told, "propose");
    must_init(&told);
    char *first = read_file(told.rules);
    struct buf text = { 0 };
    buf_puts(&text, first);
    const char *at = strstr(first, "\n  app.users:\n");
    buf_reset(&text);
    buf_add(&text, first, (size_t)(at - first));
    buf_puts(&text, "\n  app.gone:\n    x: text\n  app.users:\n    fax: phone\n");
    buf_puts(&text, at + strlen("\n  app.users:\n"));
    write_file(told.rules, buf_str(&text));
    told.options.update = true;
    told.options.rate = 0;
    must_init(&told);
    char *now = read_file(told.rules);
    assert_non_null(strstr(now, "\n# gone:   app.gone:\n# gone:     x: text\n"));
    assert_non_null(strstr(now, "\n# gone:     fax: phone\n"));
    assert_non_null(strstr(told.summary, "; 2 lines of what the source has no longer"));
    free(now);
    free(first);
    buf_deinit(&text);
    end(&told);
}

static void
without_a_look_at_values_names_and_types_decide(void **state)
{
    struct told told;
    (void)state;
    begin(&told, "propose");
    told.options.no_values = true;
    must_init(&told);
    char *text = read_file(told.rules);
    char *users = block_of(text, "\n  app.users:\n");
    assert_non_null(strstr(users, "    email: email "));
    assert_non_null(strstr(users, "    birth_date: {use: birth_date"));
    free(users);
    assert_null(strstr(text, "  virtual:"));
    struct rules *rules = parse(text);
    assert_true(rules->columns.ncolumns > 10);
    rules_free(rules);
    free(text);
    end(&told);
}

static void
a_server_that_fails_leaves_no_file(void **state)
{
    int failed = 0;
    (void)state;
    for (int at = 2; at < 40; at += 22)
        for (int fault = SERVER_FAILS; fault <= SERVER_CUTS; fault++) {
            struct told told;
            if (server_is_real())
                return;
            begin(&told, "propose");
            server_stop(&told.server);
            server_start_faulty(&told.server, "propose", (enum server_fault)fault, at);
            told.options.source = told.server.uri;
            bool ok = init(&told);
            if (!ok) {
                failed++;
                assert_int_equal(access(told.rules, F_OK), -1);
                assert_true(told.err.message[0] != '\0');
            }
            end(&told);
        }
    assert_true(failed >= 4); /* a look at values may fail: then names decide */
}

/* Whatever the answer would have been, the file says that it is missing. */
static void
what_is_not_answered_is_said(void **state)
{
    bool is_said = false;
    (void)state;
    for (int at = 10; at < 120 && !is_said; at++) {
        struct told told;
        if (server_is_real())
            return;
        begin(&told, "propose");
        server_stop(&told.server);
        server_start_faulty(&told.server, "propose", SERVER_FAILS, at);
        told.options.source = told.server.uri;
        if (init(&told)) {
            char *text = read_file(told.rules);
            is_said = strstr(text, "# ? 1 looks for references took too long") != NULL;
            free(text);
        }
        end(&told);
    }
    assert_true(is_said);
}

/* Columns whose checks and indexes refuse what their names suggest: init mends them until it holds,
 * and the copy that comes of it is one. */
static void
what_cannot_hold_is_mended_before_it_is_written(void **state)
{
    struct told told;
    (void)state;
    begin(&told, "proofs");
    must_init(&told);
    char *text = read_file(told.rules);
    static const char *const lines[] = {
        "    state, kind: keep ",
        "    email: email ",
        "    short_mail: by_shape ", /* no room for an address */
        "# ? what its name suggests cannot hold here",
        "    name: by_shape ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(text, lines[i]) == NULL)
            fail_msg("no '%s' in\n%s", lines[i], text);
    free(text);
    char target[256];
    snprintf(target, sizeof target, "%s/copy.sqlite", folder);
    told.options.target = target;
    told.options.rate = 1;
    struct decant_job *job = decant_job_new(&told.options, NULL, NULL);
    bool ok = decant_job_pull(job, &told.err);
    decant_job_free(job);
    if (!ok)
        fail_msg("%s (%s)", told.err.message, told.err.hint);
    unlink(target);
    end(&told);
}

static int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static int
end_folder(void **state)
{
    (void)state;
    return remove_folder(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_gets_what_its_kind_wants),
        cmocka_unit_test(references_that_no_key_declares_are_found_by_names_and_values),
        cmocka_unit_test(the_file_is_the_same_every_time_and_never_replaced),
        cmocka_unit_test(what_a_person_should_look_at_is_counted_and_listed),
        cmocka_unit_test(without_news_an_update_changes_nothing),
        cmocka_unit_test(an_update_adds_lines_for_new_columns_only),
        cmocka_unit_test(an_update_makes_comments_of_what_is_gone),
        cmocka_unit_test(without_a_look_at_values_names_and_types_decide),
        cmocka_unit_test(a_server_that_fails_leaves_no_file),
        cmocka_unit_test(what_is_not_answered_is_said),
        cmocka_unit_test(what_cannot_hold_is_mended_before_it_is_written),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
