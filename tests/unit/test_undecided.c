/* SPDX-License-Identifier: PostgreSQL */
/* What nobody decided on stops a run, with a proposal that could be pasted. */
#include "little.h"

static const char schema[] = "s.t\n"
                             "  id bigint; key\n"
                             "  short character varying(20)\n"
                             "  note text\n"
                             "  code text; unique\n"
                             "  doc jsonb\n"
                             "  raw bytea\n"
                             "  ip inet\n"
                             "  mac macaddr\n"
                             "  spot point\n"
                             "  place point; not null\n"
                             "  nums integer[]\n"
                             "s.u\n"
                             "  id bigint; key\n"
                             "  secret bytea; unique\n";

static const char *
listed(const char *rules, int *n)
{
    static struct buf out;
    struct little l;
    little_init(&l, schema);
    buf_reset(&out);
    buf_puts(&out, "");
    if (!little_decide(&l, rules))
        fail_msg("%s", l.err.message);
    *n = masking_put_undecided(&l.masking, &out);
    little_deinit(&l);
    return buf_str(&out);
}

static void
each_type_has_its_proposal(void **state)
{
    static const char *const wanted[] = {
        "  s.t:\n    short: by_shape  # ? character varying(20)\n",
        "    note: text  # ? text\n",
        "    code: by_shape  # ? text\n",
        "    doc: {use: json, other: mask}  # ? jsonb\n",
        "    raw: {use: bytes, mode: placeholder}  # ? bytea\n",
        "    ip: ip  # ? inet\n",
        "    mac: mac  # ? macaddr\n",
        "    spot: \"null\"  # ? point\n",
        "    place: empty  # ? point\n",
        "    nums: keep  # ? integer[]\n",
        "  s.u:\n    secret: token  # ? bytea\n",
    };
    int n;
    (void)state;
    const char *text = listed("", &n);
    assert_int_equal(n, 11);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(text, wanted[i]) == NULL)
            fail_msg("no %s in\n%s", wanted[i], text);
    assert_null(strstr(text, " id:"));
}

/* What is proposed is accepted, and then nothing is left to decide. */
static void
the_proposals_are_rules_that_decide_on_everything(void **state)
{
    struct little l;
    struct buf rules = { 0 };
    int n;
    (void)state;
    buf_printf(&rules, "columns:\n%s", listed("", &n));
    assert_true(n > 0);
    little_init(&l, schema);
    if (!little_decide(&l, buf_str(&rules)) || !masking_require(&l.masking, &l.err) ||
        !little_compile(&l))
        fail_msg("%s (%s)", l.err.message, l.err.hint);
    struct mask_prover prover = { .masking = &l.masking };
    if (!masking_prove(&prover, &l.err))
        fail_msg("%s (%s)", l.err.message, l.err.hint);
    assert_int_equal(prover.ndoubts, 0);
    little_deinit(&l);
    listed(buf_str(&rules), &n);
    assert_int_equal(n, 0);
    buf_deinit(&rules);
}

static void
undecided_columns_are_refused_with_the_list_or_the_way_to_it(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, schema);
    assert_true(little_decide(&l, ""));
    assert_false(masking_require(&l.masking, &l.err));
    assert_int_equal(l.err.code, DECANT_REFUSED);
    assert_string_equal(l.err.message, "E301 11 columns that nobody decided on");
    /* all of them, or the way to them: no part of the list */
    int n;
    assert_true(strstr(l.err.hint, "'decant check -c FILE' lists them") != NULL ||
                strstr(l.err.hint, listed("", &n)) != NULL);
    little_deinit(&l);

    struct buf many = { 0 };
    buf_puts(&many, "s.t\n");
    for (int i = 0; i < 20; i++)
        buf_printf(&many, "  a_rather_long_name_%d text\n", i);
    little_init(&l, buf_str(&many));
    buf_deinit(&many);
    assert_true(little_decide(&l, ""));
    assert_false(masking_require(&l.masking, &l.err));
    assert_non_null(strstr(l.err.hint, "'decant check -c FILE' lists them"));
    assert_null(strstr(l.err.hint, "a_rather_long_name"));
    little_deinit(&l);

    little_init(&l, schema);
    l.err = (struct decant_error){ 0 };
    assert_true(little_decide(&l, "columns: {s.t: {\"/.*/\": \"null\", place: empty}}\n"));
    assert_false(masking_require(&l.masking, &l.err));
    assert_string_equal(l.err.message, "E301 1 column that nobody decided on");
    assert_string_equal(l.err.hint, "under 'columns':\n  s.u:\n    secret: token  # ? bytea\n");
    little_deinit(&l);
}

static void
what_is_decided_is_not_refused(void **state)
{
    struct little l;
    (void)state;
    little_init(&l, schema);
    assert_true(little_decide(&l, "defaults: {unclassified: \"null\"}\n"));
    assert_true(masking_require(&l.masking, &l.err));
    assert_int_equal(l.err.code, DECANT_OK);
    little_deinit(&l);
}

/* Names that YAML would read as something else: the list is to be pasted. */
static void
odd_names_are_listed_so_that_they_can_be_pasted(void **state)
{
    static const char odd[] = "s.Order.Items\n  \"E mail, or: none\" text\n  \"a\" text\n";
    struct little l;
    struct buf rules = { 0 };
    (void)state;
    little_init(&l, odd);
    assert_true(little_decide(&l, ""));
    buf_puts(&rules, "columns:\n");
    assert_int_equal(masking_put_undecided(&l.masking, &rules), 2);
    little_deinit(&l);
    little_init(&l, odd);
    struct rules *parsed = NULL;
    if (!rules_parse("r.yaml", buf_str(&rules), rules.len, &parsed, &l.err))
        fail_msg("%s in\n%s", l.err.message, buf_str(&rules));
    rules_free(parsed);
    assert_true(little_decide(&l, buf_str(&rules)));
    assert_true(masking_require(&l.masking, &l.err));
    buf_deinit(&rules);
    little_deinit(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_proposal),
        cmocka_unit_test(the_proposals_are_rules_that_decide_on_everything),
        cmocka_unit_test(undecided_columns_are_refused_with_the_list_or_the_way_to_it),
        cmocka_unit_test(what_is_decided_is_not_refused),
        cmocka_unit_test(odd_names_are_listed_so_that_they_can_be_pasted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
