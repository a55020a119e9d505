/* SPDX-License-Identifier: PostgreSQL */
/* The tables and keys of a copy: partitions become one table, and no key goes without a word. */
#include "planned.h"

#include "plan/wire.h"
#include "rules/pattern.h"

/* Days, and events of them: a table of partitions that number their columns in another order. */
static void
events(struct planned *p, int nleaves)
{
    planned_init(p);
    planned_table(p, "s.days", MANY_ROWS, "id* integer");
    planned_table(p, "s.events", MANY_ROWS, "id* integer, day! integer, note text");
    for (int i = 0; i < nleaves; i++)
        planned_table(p, arena_printf(&p->arena, "s.events_%d", i), MANY_ROWS,
                      i % 2 ? "id* integer, day! integer, note text"
                            : "note text, day! integer, id* integer");
    planned_partitions(p, "s.events", nleaves);
}

static void
partitions_are_no_tables_of_the_plan(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 3);
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.ntables, 2);
    assert_string_equal(p.plan.tables[0]->name, "days");
    assert_string_equal(p.plan.tables[1]->name, "events");
    assert_int_equal(plan_number(&p.plan, planned_find(&p, "s.events")), 1);
    assert_int_equal(plan_number(&p.plan, planned_find(&p, "s.events_1")), -1);
    planned_deinit(&p);
}

static void
an_empty_catalog_has_an_empty_plan(void **state)
{
    struct planned p;
    (void)state;
    planned_init(&p);
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.ntables, 0);
    assert_int_equal(p.plan.nkeys, 0);
    planned_sample(&p, "sample: {rate: 5%}\n");
    assert_int_equal(p.sampling.ntables, 0);
    planned_deinit(&p);
}

/* PostgreSQL lists a key of a partitioned table once for it and once for each of its partitions. */
static void
a_key_of_all_partitions_is_one_key_of_the_table(void **state)
{
    (void)state;
    for (int at = 0; at <= 3; at++) { /* wherever the root's own key stands in the list */
        struct planned p;
        events(&p, 3);
        for (int i = 0; i <= 3; i++)
            planned_key(&p, "day",
                        i == at ? "s.events(day)"
                                : arena_printf(&p.arena, "s.events_%d(day)", i < at ? i : i - 1),
                        "s.days(id)", 'a');
        assert_true(planned_plan(&p, false, true));
        assert_int_equal(p.plan.nkeys, 1);
        assert_ptr_equal(p.plan.keys[0].key->child, p.plan.tables[1]);
        assert_int_equal(p.plan.keys[0].child_columns[0], 1);
        assert_int_equal(p.notes.count, 0);
        planned_deinit(&p);
    }
}

static void
columns_of_partitions_are_counted_as_in_their_root(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 2);
    planned_key(&p, "a", "s.events_0(id)", "s.days(id)", 'a');
    planned_key(&p, "b", "s.events_1(id)", "s.days(id)", 'a');
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.nkeys, 1); /* number 2 of one, 0 of the other */
    assert_int_equal(p.plan.keys[0].child_columns[0], 0);
    assert_ptr_equal(p.plan.keys[0].child, planned_find(&p, "s.events"));
    planned_deinit(&p);
}

static void
a_key_to_a_partition_leads_to_its_root(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 1);
    planned_key(&p, "k", "s.days(id)", "s.events_0(id)", 'a');
    assert_true(planned_plan(&p, false, true));
    assert_ptr_equal(p.plan.keys[0].parent, planned_find(&p, "s.events"));
    assert_int_equal(p.plan.keys[0].parent_columns[0], 0);
    planned_deinit(&p);
}

static void
a_key_of_all_leaves_is_valid_where_it_is_in_each(void **state)
{
    (void)state;
    for (int broken = -1; broken < 3; broken++) {
        struct planned p;
        events(&p, 3);
        for (int i = 0; i < 3; i++)
            planned_key(&p, "day", arena_printf(&p.arena, "s.events_%d(day)", i), "s.days(id)", 'a')
                ->is_validated = i != broken;
        assert_true(planned_plan(&p, false, true));
        assert_int_equal(p.plan.nkeys, 1);
        assert_int_equal(p.plan.keys[0].is_validated, broken < 0);
        planned_deinit(&p);
    }
}

static void
a_key_of_some_partitions_is_noted_and_left_out_where_they_are_merged(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 3);
    planned_key(&p, "day", "s.events_0(day)", "s.days(id)", 'a');
    planned_key(&p, "day", "s.events_2(day)", "s.days(id)", 'a');
    planned_key(&p, "id", "s.events_1(id)", "s.days(id)", 'a'); /* another one */
    planned_key(&p, "own", "s.days(id)", "s.days(id)", 'a');
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.nkeys, 1);
    notes_sort(&p.notes);
    assert_int_equal(p.notes.count, 3);
    assert_string_equal(note_code(p.notes.items[0].reason), "key-on-some-partitions");
    assert_string_equal(p.notes.items[0].object, "s.events_0.day");
    assert_string_equal(p.notes.items[1].object, "s.events_1.id");
    assert_string_equal(p.notes.items[2].object, "s.events_2.day");
    assert_true(planned_plan(&p, false, false)); /* PostgreSQL copies have their partitions */
    assert_int_equal(p.plan.nkeys, 4);
    assert_int_equal(p.notes.count, 3);
    planned_deinit(&p);
}

static void
a_key_whose_parent_is_left_out_is_refused_or_noted(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 1);
    planned_key(&p, "day", "s.events(day)", "s.days(id)", 'a')->parent = NULL;
    assert_false(planned_plan(&p, false, true));
    assert_int_equal(p.err.code, DECANT_REFUSED);
    assert_string_equal(p.err.message,
                        "foreign key 'day' of 's.events' refers to 's.days', which the patterns "
                        "leave out");
    assert_non_null(strstr(p.err.hint, "select 's.days' too"));
    assert_non_null(strstr(p.err.hint, "--drop-dangling-keys"));
    assert_true(planned_plan(&p, true, true));
    assert_int_equal(p.plan.nkeys, 0);
    assert_int_equal(p.notes.count, 1);
    assert_string_equal(note_code(p.notes.items[0].reason), "parent-left-out");
    assert_string_equal(p.notes.items[0].object, "s.events.day");
    planned_deinit(&p);
}

/* Is there a key of the plan between the same columns, or a note of this one? */
static bool
is_told(const struct planned *p, const struct foreign_key *key)
{
    char object[200];
    snprintf(object, sizeof object, "%s.%s.%s", key->child->schema, key->child->name, key->name);
    for (size_t i = 0; i < p->notes.count; i++)
        if (strcmp(p->notes.items[i].object, object) == 0)
            return true;
    for (int i = 0; i < p->plan.nkeys; i++) {
        const struct plan_key *k = &p->plan.keys[i];
        const char *column = key->child->columns[key->child_columns[0]].name;
        if (k->child == key->child->root && key->parent != NULL && k->parent == key->parent->root &&
            strcmp(k->child->columns[k->child_columns[0]].name, column) == 0)
            return true;
    }
    return false;
}

static void
no_key_disappears_without_a_note(void **state)
{
    uint32_t seed = 11;
    (void)state;
    for (int turn = 0; turn < 400; turn++) {
        struct planned p;
        static const char *const columns[] = { "id", "day" };
        seed = seed * 1664525u + 1013904223u;
        uint32_t bits = seed >> 4;
        events(&p, 1 + (int)(bits % 4));
        for (int i = 0; i < 10; i++, bits = bits * 69069u + 1) {
            const struct table *child = &p.tables[(bits >> 8) % (uint32_t)p.catalog.ntables];
            const char *column = child == p.tables ? "id" : columns[bits >> 5 & 1];
            struct foreign_key *key =
                planned_key(&p, arena_printf(&p.arena, "k%d", i),
                            arena_printf(&p.arena, "s.%s(%s)", child->name, column),
                            bits >> 12 & 1 ? "s.days(id)" : "s.events(id)", 'a');
            if ((bits >> 20) % 5 == 0)
                key->parent = NULL;
        }
        assert_true(planned_plan(&p, true, true));
        for (int i = 0; i < p.catalog.nforeign_keys; i++)
            if (!is_told(&p, &p.keys[i]))
                fail_msg("turn %d: %s of %s", turn, p.keys[i].name, p.keys[i].child->name);
        for (int i = 0; i < p.plan.nkeys; i++)
            for (int j = 0; j < i; j++) /* each once */
                assert_false(p.plan.keys[i].child == p.plan.keys[j].child &&
                             p.plan.keys[i].parent == p.plan.keys[j].parent &&
                             p.plan.keys[i].child_columns[0] == p.plan.keys[j].child_columns[0]);
        planned_deinit(&p);
    }
}

/* A partition that is divided again, and has no partitions of its own yet. */
static void
a_key_of_a_partition_without_leaves_is_noted(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 1);
    planned_table(&p, "s.events_x", MANY_ROWS, "id* integer, day! integer, note text")->kind = 'p';
    planned_find(&p, "s.events_x")->root = planned_find(&p, "s.events");
    planned_key(&p, "day", "s.events_x(day)", "s.days(id)", 'a');
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.nkeys, 0);
    assert_int_equal(planned_notes(&p, NOTE_KEY_ON_SOME_PARTITIONS), 1);
    planned_deinit(&p);
}

/* Two keys between the same columns: one may cascade, and the other not. */
static void
keys_of_other_terms_between_the_same_columns_are_two(void **state)
{
    struct planned p;
    (void)state;
    events(&p, 1);
    planned_key(&p, "first", "s.events(day)", "s.days(id)", 'a');
    planned_key(&p, "second", "s.events(day)", "s.days(id)", 'c');
    assert_true(planned_plan(&p, false, true));
    assert_int_equal(p.plan.nkeys, 2);
    assert_int_equal(p.notes.count, 0);
    planned_deinit(&p);
}

/* ---- what masks change */

static void
expressions_mention_names_not_words_that_hold_them(void **state)
{
    static const struct {
        const char *sql, *name;
        bool mentions;
    } cases[] = {
        { "lower(email)", "email", true },
        { "email", "email", true },
        { "emails || e_mail", "email", false },
        { "(my_email)", "email", false },
        { "email2 + 2email", "email", false },
        { "status = 'email'", "email", false },
        { "note <> 'it''s email' AND x", "email", false },
        { "note <> 'it''s' AND email > 1", "email", true },
        { "\"Odd Name\" > 3", "Odd Name", true },
        { "\"Odd Name\" > 3", "odd name", false },
        { "(\"a.b\" IS NULL)", "a.b", true },
        { "\"it's\" > 3 AND email = 1", "email", true },
        { "\"it's\" > 3", "it's", true },
        { "\"say \"\"hi\"\"\" IS NULL", "say \"hi\"", true },
        { "lower(x)", "say \"hi\"", false },
        { "note = '\"email\"'", "email", false },
        { "x = 'say \"hi\"'", "x", true },
        { "'\"' || email || '\"'", "email", true },
        { "", "email", false },
        { "COALESCE(a, b)", "b", true },
        { "COALESCE(a, bb)", "b", false },
        { "RANGE (created_at)", "created_at", true },
        { "'open", "open", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (plan_mentions(cases[i].sql, cases[i].name) != cases[i].mentions)
            fail_msg("%s in %s", cases[i].name, cases[i].sql);
}

/* PostgreSQL quotes such names; what stands in quotes is one name. */
static void
a_part_of_a_quoted_name_is_not_mentioned(void **state)
{
    static const struct {
        const char *sql, *name;
    } cases[] = {
        { "(\"straßen\" > 0)", "en" },
        { "(\"unit price\" > 0)", "price" },
        { "(\"a.b\" > 0)", "b" },
        { "(a$b > 0)", "b" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (plan_mentions(cases[i].sql, cases[i].name))
            fail_msg("%s in %s", cases[i].name, cases[i].sql);
}

static const enum column_fate copied[] = { FATE_COPIED, FATE_COPIED, FATE_COPIED };
static const enum column_fate second[] = { FATE_COPIED, FATE_MASKED, FATE_COPIED };

static void
an_index_is_masked_through_its_columns_and_expressions(void **state)
{
    static const struct index_key keys[] = { { .column = 0 },
                                             { .column = 1 },
                                             { .column = -1, .sql = "lower((note)::text)" },
                                             { .column = -1, .sql = "(day + 1)" } };
    static const bool masks[] = { false, true, false, true };
    const enum column_fate *fates[] = { copied, second };
    struct index indexes[5];
    struct planned p;
    (void)state;
    events(&p, 1);
    for (int i = 0; i < 4; i++)
        indexes[i] = (struct index){ .name = "i", .nkeys = 1, .keys = &keys[i] };
    indexes[4] = (struct index){ .name = "all", .nkeys = 2, .keys = keys };
    struct table *t = planned_find(&p, "s.events");
    t->indexes = indexes;
    t->nindexes = 5;
    assert_true(planned_plan(&p, false, true));
    for (int i = 0; i < 5; i++)
        assert_false(plan_masks_index(&p.plan, &indexes[i])); /* nothing is masked */
    p.plan.masked = fates;
    for (int i = 0; i < 4; i++)
        assert_int_equal(plan_masks_index(&p.plan, &indexes[i]), masks[i]);
    assert_true(plan_masks_index(&p.plan, &indexes[4]));
    /* that of another table */
    assert_false(plan_masks_index(&p.plan, planned_find(&p, "s.days")->indexes));
    planned_deinit(&p);
}

/* UNIQUE (id) WHERE day = 1: other days, other rows that must differ. */
static void
an_index_depends_on_its_condition(void **state)
{
    static const struct index_key key = { .column = 0 };
    static const struct index index = { .nkeys = 1, .keys = &key, .predicate = "(day = 1)" };
    const enum column_fate *fates[] = { copied, second };
    struct planned p;
    (void)state;
    events(&p, 1);
    planned_find(&p, "s.events")->indexes = &index;
    assert_true(planned_plan(&p, false, true));
    p.plan.masked = fates;
    assert_true(plan_masks_index(&p.plan, &index));
    planned_deinit(&p);
}

static void
rows_leave_their_partition_where_its_key_is_masked(void **state)
{
    static const struct {
        const char *root, *leaf;
        bool masks;
    } cases[] = {
        { "RANGE (day)", NULL, true },
        { "LIST (((day / 10)))", NULL, true },
        { "RANGE (id)", NULL, false },
        { "LIST (note)", "HASH (day)", true }, /* partitions may be divided again */
        { "LIST (note)", "HASH (id)", false },
    };
    const enum column_fate *fates[] = { copied, second };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        events(&p, 2);
        planned_find(&p, "s.events")->partition_key = cases[i].root;
        planned_find(&p, "s.events_0")->partition_key = cases[i].leaf;
        assert_true(planned_plan(&p, false, false));
        const struct table *leaf = planned_find(&p, "s.events_1");
        assert_false(plan_masks_partition_key(&p.plan, leaf));
        p.plan.masked = fates;
        assert_int_equal(plan_masks_partition_key(&p.plan, leaf), cases[i].masks);
        assert_false(plan_masks_partition_key(&p.plan, planned_find(&p, "s.days")));
        planned_deinit(&p);
    }
}

static void
patterns_find_the_first_table_of_the_plan(void **state)
{
    static const struct {
        const char *pattern;
        int number;
    } cases[] = { { "s.days", 0 }, { "s.e*", 1 }, { "*", 0 }, { "s.events_0", -1 }, { "x.*", -1 } };
    struct planned p;
    (void)state;
    events(&p, 1);
    assert_true(planned_plan(&p, false, true));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *problem;
        struct pattern *pattern = pattern_new(cases[i].pattern, 2, &p.arena, &problem);
        assert_int_equal(plan_find(&p.plan, pattern), cases[i].number);
        pattern_free(pattern);
    }
    planned_deinit(&p);
}

/* The source evaluates the operator to count orphans. */
static void
the_source_is_not_asked_by_an_operator_of_somebody(void **state)
{
    static const struct {
        const char *type, *operator;
        bool askable;
    } cases[] = {
        { "integer", "pg_catalog.=", true }, { "mood", "pg_catalog.=", true },
        { "citext", "public.=", true }, /* of an extension that is known */
        { "mood", "public.=", false },       { "mood", "pg_catalog2.=", false },
        { "integer[]", "x.=", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct planned p;
        planned_init(&p);
        planned_table(&p, "s.a", MANY_ROWS,
                      arena_printf(&p.arena, "id* integer, k! %s", cases[i].type));
        planned_table(&p, "s.b", MANY_ROWS,
                      arena_printf(&p.arena, "id* integer, k! %s", cases[i].type));
        struct foreign_key *key = planned_key(&p, "key", "s.b(id, k)", "s.a(id, k)", 'a');
        ((const char **)key->operators)[1] = cases[i].operator;
        assert_true(planned_plan(&p, false, true));
        assert_int_equal(plan_key_is_askable(&p.plan.keys[0], &p.err), cases[i].askable);
        if (!cases[i].askable) {
            assert_int_equal(p.err.code, DECANT_REFUSED);
            assert_non_null(strstr(p.err.message, "rows of 's.b' break the key 'key'"));
            assert_string_equal(p.err.hint, "leave the table out with -T");
        }
        planned_deinit(&p);
    }
}

/* ---- in which form values travel */

static void
one_value_without_a_binary_form_makes_a_table_pass_as_text(void **state)
{
    static struct type binary = { .schema = "s", .name = "b", .has_binary = true };
    static struct type text = { .schema = "s", .name = "t" };
    static struct type oids = {
        .schema = "pg_catalog", .name = "regclass", .has_binary = true, .holds_oids = true
    };
    const struct {
        const struct type *type;
        bool is_generated, as_text;
    } cases[] = { { &binary, false, false },
                  { &text, false, true },
                  { &oids, false, true },
                  { &text, true, false },
                  { &oids, true, false } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct column columns[] = {
            { .name = "a", .type = &binary },
            { .name = "b", .type = cases[i].type, .is_generated = cases[i].is_generated }
        };
        const struct table table = { .ncolumns = 2, .columns = columns };
        struct buf passed = { 0 };
        assert_int_equal(wire_passes_text(&table), cases[i].as_text);
        wire_put(&table, &columns[0], WIRE_PASSED, "x.a", &passed);
        assert_int_equal(strcmp(buf_str(&passed), "x.a") != 0, cases[i].as_text);
        buf_deinit(&passed);
    }
}

static void
what_the_client_cannot_decode_comes_as_text(void **state)
{
    static const struct {
        const char *type, *put;
    } cases[] = {
        { "integer", "c" },
        { "jsonb", "c" },
        { "text[]", "c" },
        { "tsvector", "(c)::pg_catalog.text" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct column column = fake_column("c", cases[i].type);
        const struct table table = { .ncolumns = 1, .columns = &column };
        struct buf out = { 0 };
        wire_put(&table, &column, WIRE_DECODED, "c", &out);
        assert_string_equal(buf_str(&out), cases[i].put);
        buf_deinit(&out);
    }
    /* hstore has a binary form, but its JSON is what is read */
    static const struct type hstore = {
        .schema = "public",
        .name = "hstore",
        .kind = TYPE_SCALAR,
        .scalar = SCALAR_HSTORE,
        .has_binary = true,
    };
    const struct column column = { .name = "c", .type = &hstore };
    const struct table table = { .ncolumns = 1, .columns = &column };
    struct buf out = { 0 };
    wire_put(&table, &column, WIRE_DECODED, "c", &out);
    assert_string_equal(buf_str(&out), "pg_catalog.to_json(c)::pg_catalog.text");
    buf_reset(&out);
    wire_put(&table, &column, WIRE_PASSED, "c", &out);
    assert_string_equal(buf_str(&out), "c");
    buf_deinit(&out);
}

/* ---- notes */

static void
every_note_has_a_code_and_a_consequence(void **state)
{
    (void)state;
    for (int reason = 0; reason < NOTE_COUNT; reason++) {
        const struct note note = { .reason = (enum note_reason)reason, .kind = "thing" };
        const char *code = note_code(note.reason);
        assert_non_null(code);
        assert_true(code[0] != '\0');
        for (const char *c = code; *c != '\0'; c++) /* one word, that a script may look for */
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-' ||
                        *c == ':');
        assert_true(strlen(note_consequence(&note)) > 10);
        if (note_hint(note.reason) != NULL)
            assert_true(strlen(note_hint(note.reason)) > 10);
    }
}

static void
what_sqlite_has_no_word_for_says_what_it_means(void **state)
{
    static const struct {
        const char *kind, *consequence;
    } cases[] = { { "view", "queries on it fail" },
                  { "materialized view", "queries on it fail" },
                  { "trigger", "what it does on a write does not happen" },
                  { "policy", "every row is visible to every reader" },
                  { "inheritance", "queries on the parent do not see the rows of its children" },
                  { "operator family", "it is missing in the copy" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct note note = { .reason = NOTE_NO_SUCH_OBJECT_IN_SQLITE, .kind = cases[i].kind };
        assert_string_equal(note_consequence(&note), cases[i].consequence);
    }
}

static void
notes_are_sorted_whatever_order_they_came_in(void **state)
{
    static const struct {
        enum note_reason reason;
        const char *kind, *object;
    } sorted[] = {
        { NOTE_UNREVIEWED, "column", "s.z.z" }, /* nothing is graver */
        { NOTE_ENUM_ORDER, "column", "s.a.a" },
        { NOTE_ENUM_ORDER, "column", "s.a.b" },
        { NOTE_VALUE_NAN, "column", "s.a.a" },
        { NOTE_DANGLING_KEY, "foreign key", "s.b.k" },
        { NOTE_NO_SUCH_OBJECT_IN_SQLITE, "view", "s.v" },
    };
    enum { N = sizeof sorted / sizeof *sorted };
    (void)state;
    for (int turn = 0; turn < N; turn++) {
        struct notes notes;
        notes_init(&notes);
        notes_sort(&notes); /* of none */
        for (int i = 0; i < N; i++) {
            int at = (i * 5 + turn) % N;
            notes_add(&notes, sorted[at].reason, sorted[at].kind, at, "%s", sorted[at].object);
        }
        notes_sort(&notes);
        for (int i = 0; i < N; i++) {
            assert_int_equal(notes.items[i].reason, sorted[i].reason);
            assert_string_equal(notes.items[i].object, sorted[i].object);
            assert_int_equal(notes.items[i].count, i);
        }
        notes_deinit(&notes);
    }
}

static void *
add_a_thousand(void *arg)
{
    for (int i = 0; i < 1000; i++)
        notes_add(arg, NOTE_VALUE_NAN, "column", i, "s.t%d", i);
    return NULL;
}

static void
threads_add_notes_at_once(void **state)
{
    struct notes notes;
    pthread_t threads[4];
    int64_t sum = 0;
    (void)state;
    notes_init(&notes);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_a_thousand, &notes), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(notes.count, 4000);
    for (size_t i = 0; i < notes.count; i++)
        sum += notes.items[i].count;
    assert_int_equal(sum, 4 * 499500);
    notes_deinit(&notes);
}

/* Names of objects have up to 63 bytes for each part: none is cut short. */
static void
long_names_fit_a_note(void **state)
{
    char name[64];
    struct notes notes;
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    notes_init(&notes);
    notes_add(&notes, NOTE_COLLATION, "column", 0, "%s.%s.%s", name, name, name);
    assert_int_equal(strlen(notes.items[0].object), 3 * 63 + 2);
    notes_deinit(&notes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_are_no_tables_of_the_plan),
        cmocka_unit_test(an_empty_catalog_has_an_empty_plan),
        cmocka_unit_test(a_key_of_all_partitions_is_one_key_of_the_table),
        cmocka_unit_test(columns_of_partitions_are_counted_as_in_their_root),
        cmocka_unit_test(a_key_to_a_partition_leads_to_its_root),
        cmocka_unit_test(a_key_of_all_leaves_is_valid_where_it_is_in_each),
        cmocka_unit_test(a_key_of_some_partitions_is_noted_and_left_out_where_they_are_merged),
        cmocka_unit_test(a_key_whose_parent_is_left_out_is_refused_or_noted),
        cmocka_unit_test(no_key_disappears_without_a_note),
        cmocka_unit_test(expressions_mention_names_not_words_that_hold_them),
        cmocka_unit_test(an_index_is_masked_through_its_columns_and_expressions),
        cmocka_unit_test(rows_leave_their_partition_where_its_key_is_masked),
        cmocka_unit_test(patterns_find_the_first_table_of_the_plan),
        cmocka_unit_test(the_source_is_not_asked_by_an_operator_of_somebody),
        cmocka_unit_test(one_value_without_a_binary_form_makes_a_table_pass_as_text),
        cmocka_unit_test(what_the_client_cannot_decode_comes_as_text),
        cmocka_unit_test(every_note_has_a_code_and_a_consequence),
        cmocka_unit_test(what_sqlite_has_no_word_for_says_what_it_means),
        cmocka_unit_test(notes_are_sorted_whatever_order_they_came_in),
        cmocka_unit_test(threads_add_notes_at_once),
        cmocka_unit_test(long_names_fit_a_note),
        cmocka_unit_test(an_index_depends_on_its_condition),
        cmocka_unit_test(a_key_of_a_partition_without_leaves_is_noted),
        cmocka_unit_test(keys_of_other_terms_between_the_same_columns_are_two),
        cmocka_unit_test(a_part_of_a_quoted_name_is_not_mentioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
