/* SPDX-License-Identifier: PostgreSQL */
/* A copy beside its source: the source is a scripted server, the copy a file that the test makes by
 * the same formulas, of the rows that were chosen; then something is wrong with it. */
#include <math.h>
#include <sqlite3.h>

#include "fake.h"
#include "fidelity/compare.h"
#include "load/scan.h"
#include "source.h"

static char folder[256];

#define SAMPLE                                                                                     \
    "version: 1\nsample:\n  rate: 50%\n  cap: none\n"                                              \
    "  roots: {public.people: {}, public.places: {}}\n"                                            \
    "  foreign_keys: {public.visits.person_id: owner, public.visits.place_id: pull}\n"

/* scripts/fidelity.sql once more. */
static const char copy_sql[] =
    "CREATE TABLE places(id INTEGER PRIMARY KEY, size INTEGER);"
    "CREATE TABLE people(id INTEGER PRIMARY KEY, kind TEXT, amount INTEGER, born TEXT, note TEXT);"
    "CREATE TABLE visits(id INTEGER PRIMARY KEY, person_id INTEGER, place_id INTEGER, score"
    " INTEGER);"
    "INSERT INTO places WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
    " 240) SELECT i, i % 17 FROM n;"
    "INSERT INTO people WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
    " 400) SELECT i, CASE WHEN i * 7919 % 10 < 5 THEN 'basic' WHEN i * 7919 % 10 < 8 THEN 'plus'"
    " ELSE 'gold' END, CASE WHEN i * 31 % 5 > 0 THEN i * 7919 % 1009 END, date('1950-01-01', '+' ||"
    " (i * 97 % 18000) || ' days'), 'note ' || (i * 77777 % 100000) FROM n;"
    "INSERT INTO visits WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
    " 800) SELECT i, 1 + (i * i * 31 + i * 7) % 400, 1 + i * 59 % 240, ((1 + (i * i * 31 + i * 7) %"
    " 400) * 7919 % 1009) + i % 50 FROM n;";

/* A comparison, and what it needs. */
struct comparing {
    struct source source;
    struct arena arena;
    struct notes notes;
    struct rules *rules;
    struct key *key;
    struct statistics statistics;
    struct plan plan;
    struct sampling sampling;
    struct chosen_rows *chosen;
    struct sink_env env;
    struct sink *sink;
    struct comparison *comparison;
    struct masking masking;
    struct key_ring *ring;
    bool is_masked;
    char path[300];
    atomic_int stop;
    struct decant_error err;
    struct buf told; /* "object [kind] detail\n" */
};

static bool
read_copy(void *ctx, struct scan_source *out, struct decant_error *err)
{
    struct comparing *c = ctx;
    return scan_open_file(c->path, &c->stop, out, err);
}

static void
hear(void *ctx, const struct figure *figure, const char *detail)
{
    struct comparing *c = ctx;
    buf_printf(&c->told, "%s [%s] %s\n", figure->object, figure_name(figure->kind), detail);
}

static void
change(struct comparing *c, const char *sql)
{
    sqlite3 *db;
    char *problem = NULL;
    assert_int_equal(sqlite3_open(c->path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL); /* no disk is waited for */
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
        fail_msg("%s", problem);
    sqlite3_close(db);
}

#define MUST(call)                                                                                 \
    if (!(call))                                                                                   \
    fail_msg("%s (%s)", c->err.message, c->err.context)

/* The rows of the three tables that chance chose, and what they need; or all. */
static void
choose(struct comparing *c, const char *rules)
{
    static const char *const tables[] = { "public.people", "public.places", "public.visits" };
    c->source.options.tables.items = (const char **)(uintptr_t)tables;
    c->source.options.tables.count = 3;
    notes_init(&c->notes);
    c->rules = fake_rules(rules);
    c->key = fake_key();
    if (!source_load(&c->source))
        fail_msg("%s", c->source.err.message);
    MUST(pg_exec(c->source.conn, &c->err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
    MUST(plan_build(c->source.catalog, true, true, &c->arena, &c->notes, &c->plan, &c->err));
    statistics_init(&c->statistics, c->source.catalog, &c->arena);
    MUST(statistics_count_few(&c->statistics, c->source.conn, SAMPLING_FEW_ROWS, &c->err));
    c->plan.statistics = &c->statistics;
    if (c->is_masked) {
        c->ring = key_ring_new(c->key);
        MUST(masking_decide(c->rules, &c->plan, &c->arena, &c->masking, &c->err));
        c->plan.masked = c->masking.masked;
    }
    MUST(sampling_build(c->rules, &c->plan, &c->arena, &c->sampling, &c->err));
    if (c->is_masked)
        MUST(masking_compile(&c->masking, &c->sampling, c->ring, &c->err));
    struct pg_conn *conns[] = { c->source.conn };
    MUST(select_run(conns, 1, &c->sampling, c->key, INT32_MAX, &c->stop, &c->chosen, &c->err));
}

static enum origin
origin_of(struct comparing *c, const struct table *table, int id)
{
    static struct buf scratch;
    uint8_t bytes[8];
    double probability;
    const struct decant_value key = big_endian((uint64_t)id, 4, bytes);
    enum origin origin = select_origin(c->chosen, table, &key, &probability, &scratch);
    buf_deinit(&scratch);
    return origin;
}

static void
make_copy(struct comparing *c)
{
    struct buf sql = { 0 };
    snprintf(c->path, sizeof c->path, "%s/copy.sqlite", folder);
    unlink(c->path);
    buf_printf(&sql, "BEGIN; %s", copy_sql);
    for (int t = 0; t < c->sampling.ntables; t++) {
        const struct table *table = c->sampling.tables[t].table;
        buf_printf(&sql, "DELETE FROM %s WHERE id NOT IN (0", table->name);
        for (int id = 1; id <= 800; id++)
            if (origin_of(c, table, id) != ORIGIN_NONE)
                buf_printf(&sql, ", %d", id);
        buf_puts(&sql, ");");
    }
    buf_puts(&sql, "COMMIT");
    change(c, buf_str(&sql));
    buf_deinit(&sql);
}

static struct compare_env
compare_env(struct comparing *c)
{
    return (struct compare_env){ .rules = c->rules,
                                 .plan = &c->plan,
                                 .sampling = &c->sampling,
                                 .chosen = c->chosen,
                                 .masking = c->is_masked ? &c->masking : NULL,
                                 .ops = &sink_made_file,
                                 .sink = c->sink,
                                 .source = c->source.conn,
                                 .snapshot_s = INFINITY,
                                 .search_path = "public",
                                 .stop = &c->stop,
                                 .read_copy = read_copy,
                                 .tell = hear,
                                 .ctx = c };
}

/* Up to the copy: what is to be compared is not read yet. `checks` is of the rules. */
static void
prepare(struct comparing *c, const char *checks)
{
    char rules[2000];
    snprintf(rules, sizeof rules, "%s%s", SAMPLE, checks);
    choose(c, rules);
    make_copy(c);
    c->env = (struct sink_env){ .options = &c->source.options,
                                .target = c->path,
                                .run = "20261130000000x000000",
                                .stop = &c->stop,
                                .arena = &c->arena,
                                .notes = &c->notes,
                                .plan = &c->plan };
    MUST(sink_made_file.open(&c->env, &c->source.catalog->server, &c->sink, &c->err));
    MUST(sink_made_file.prepare(c->sink, &c->err));
}

#define CHEAP "checks: {fidelity: {source_stats: cheap}}\n"
#define FULL "checks: {fidelity: {source_stats: full}}\n"
#define NONE "checks: {fidelity: {source_stats: none}}\n"

static void
begin(struct comparing *c, const char *checks)
{
    memset(c, 0, sizeof *c);
    source_begin(&c->source, "fidelity");
    prepare(c, checks);
    const struct compare_env env = compare_env(c);
    MUST(compare_begin(&env, &c->arena, &c->comparison, &c->err));
}

static void
compare(struct comparing *c)
{
    MUST(compare_copy(c->comparison, &c->err));
}

static void
end(struct comparing *c)
{
    compare_end(c->comparison);
    if (c->is_masked)
        masking_deinit(&c->masking);
    key_ring_free(c->ring);
    sink_made_file.close(c->sink);
    select_free(c->chosen);
    key_free(c->key);
    rules_free(c->rules);
    notes_deinit(&c->notes);
    buf_deinit(&c->told);
    source_close(&c->source);
    arena_deinit(&c->arena);
    server_stop(&c->source.server);
    unlink(c->path);
}

/* NULL: there is none. */
static const struct figure *
find(const struct comparing *c, enum figure_kind kind, const char *object)
{
    const struct fidelity *f = &c->comparison->fidelity;
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].kind == kind && strcmp(f->items[i].object, object) == 0)
            return &f->items[i];
    return NULL;
}

static const struct compared *
table_of(const struct comparing *c, const char *name)
{
    for (int i = 0; i < c->comparison->ntables; i++)
        if (strcmp(c->comparison->tables[i].table->name, name) == 0)
            return &c->comparison->tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

/* ---- an honest copy */

static void
a_copy_of_what_was_chosen_is_like_its_source(void **state)
{
    static const char *const all[] = { CHEAP, FULL, NONE };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct comparing comparing, *c = &comparing;
        begin(c, all[i]);
        compare(c);
        MUST(compare_judge(c->comparison, GATE_STRICT, &c->err));
        assert_int_equal(c->told.len, 0);
        const struct figure *rows = find(c, FIGURE_ROWS, "public.people");
        assert_true(rows->source == rows->copy && rows->source > 150 && rows->source < 250);
        assert_int_equal(rows->verdict, FIDELITY_HOLDS);
        assert_non_null(find(c, FIGURE_ROWS, "public.visits"));
        /* what is compared beside it depends on what is known of the source */
        assert_true((find(c, FIGURE_NULLS, "public.people.amount") != NULL) == (i < 2));
        assert_true((find(c, FIGURE_VALUES, "public.people.kind") != NULL) == (i < 2));
        assert_true((find(c, FIGURE_NUMBERS, "public.people.note") != NULL) == (i == 1));
        assert_true((find(c, FIGURE_TIMES, "public.people.born") != NULL) == (i < 2));
        assert_true((find(c, FIGURE_PAIRS, "public.people.amount ~ born") != NULL) == (i == 1));
        end(c);
    }
}

static void
figures_of_the_source_are_those_that_its_formulas_give(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    compare(c);
    const struct figure *nulls = find(c, FIGURE_NULLS, "public.people.amount"),
                        *pair = find(c, FIGURE_PAIRS, "public.visits.score ~ public.people.amount"),
                        *fanout = find(c, FIGURE_FANOUT, "public.visits.visits_person_id_fkey");
    assert_float_equal(nulls->source, 0.2, 1e-9);
    assert_non_null(pair);
    assert_true(pair->source > 0.9 && pair->copy > 0.9); /* score is amount and a little */
    assert_non_null(fanout);
    assert_float_equal(fanout->source, 2, 0.01); /* 800 visits of 400 people, some of none */
    assert_float_equal(table_of(c, "people")->sampled.rows, 400, 0);
    /* an id says nothing, and a reference only whether it is NULL */
    assert_null(find(c, FIGURE_NUMBERS, "public.people.id"));
    assert_null(find(c, FIGURE_NUMBERS, "public.visits.person_id"));
    assert_true(compare_is_key(c->comparison, table_of(c, "people"), 0));
    assert_true(compare_is_key(c->comparison, table_of(c, "visits"), 1));
    assert_false(compare_is_key(c->comparison, table_of(c, "visits"), 3));
    end(c);
}

/* ---- something is wrong */

/* What is done to the copy, and what must be found; each is by far beyond chance. */
static const struct {
    const char *sql, *object;
    enum figure_kind kind;
} wrongs[] = {
    { "DELETE FROM people WHERE id = (SELECT max(id) FROM people)", "public.people", FIGURE_ROWS },
    { "INSERT INTO visits VALUES (9999, 1, 1, 1)", "public.visits", FIGURE_ROWS },
    { "UPDATE people SET amount = NULL", "public.people.amount", FIGURE_NULLS },
    { "UPDATE people SET amount = 0 WHERE amount IS NULL", "public.people.amount", FIGURE_NULLS },
    { "UPDATE people SET amount = amount * 3", "public.people.amount", FIGURE_NUMBERS },
    { "UPDATE people SET born = date(born, '+30 years')", "public.people.born", FIGURE_TIMES },
    { "UPDATE people SET kind = 'basic'", "public.people.kind", FIGURE_VALUES },
    { "UPDATE people SET kind = 'plus' WHERE kind = 'gold'", "public.people.kind",
      FIGURE_COVERAGE },
    { "UPDATE people SET note = 'x'", "public.people.note", FIGURE_NUMBERS },
    { "UPDATE visits SET score = score * 7919 % 1009", "public.visits.score ~ public.people.amount",
      FIGURE_PAIRS },
};

static void
what_is_wrong_with_a_copy_is_found_and_named(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        char named[200];
        make_copy(c);
        change(c, wrongs[i].sql);
        buf_reset(&c->told);
        c->err = (struct decant_error){ 0 };
        compare(c);
        if (compare_judge(c->comparison, GATE_DEFAULT, &c->err))
            fail_msg("not found: %s", wrongs[i].sql);
        const struct figure *figure = find(c, wrongs[i].kind, wrongs[i].object);
        if (figure == NULL || figure->verdict != FIDELITY_BAD)
            fail_msg("not named: %s", wrongs[i].sql);
        assert_int_equal(c->err.code, DECANT_CHECK);
        assert_non_null(strstr(c->err.message, "E520 the copy is not like its source: '"));
        assert_non_null(strstr(c->err.hint, "fail_under: none"));
        snprintf(named, sizeof named, "%s [%s] ", wrongs[i].object, figure_name(wrongs[i].kind));
        assert_non_null(strstr(buf_str(&c->told), named));
    }
    end(c);
}

/* Beside a row that is lost no chance is told. */
static void
a_lost_row_is_told_with_both_numbers(void **state)
{
    struct comparing comparing, *c = &comparing;
    char detail[200];
    (void)state;
    begin(c, NONE);
    change(c, "DELETE FROM visits WHERE id = (SELECT min(id) FROM visits)");
    compare(c);
    assert_false(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    const struct figure *rows = find(c, FIGURE_ROWS, "public.visits");
    assert_float_equal(rows->source - rows->copy, 1, 0);
    snprintf(detail, sizeof detail, "public.visits [rows] expected %.4g, is %.4g; no chance",
             rows->source, rows->copy);
    assert_int_equal(strncmp(buf_str(&c->told), detail, strlen(detail)), 0);
    assert_string_equal(c->err.message,
                        "E520 the copy is not like its source: 'public.visits' [rows]");
    end(c);
}

static void
without_a_gate_nothing_stops(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    change(c, "DELETE FROM visits; UPDATE people SET amount = 1");
    compare(c);
    MUST(compare_judge(c->comparison, GATE_NONE, &c->err));
    assert_int_equal(c->told.len, 0);
    end(c);
}

/* "'fail_under: none' ... reports it, and stops nothing" */
static void
without_a_gate_what_is_bad_is_still_reported_as_bad(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    change(c, "DELETE FROM visits; UPDATE people SET amount = 1");
    compare(c);
    MUST(compare_judge(c->comparison, GATE_NONE, &c->err));
    assert_int_equal(find(c, FIGURE_ROWS, "public.visits")->verdict, FIDELITY_BAD);
    assert_int_equal(find(c, FIGURE_NUMBERS, "public.people.amount")->verdict, FIDELITY_BAD);
    end(c);
}

/* A pull mends what its own checks found, and compares again. */
static void
a_second_round_knows_nothing_of_the_first(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    change(c, "CREATE TABLE kept AS SELECT id, amount FROM people; UPDATE people SET amount = "
              "amount * 3");
    compare(c);
    size_t n = c->comparison->fidelity.n, points = c->comparison->ndistributions;
    assert_false(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    change(c, "UPDATE people SET amount = (SELECT amount FROM kept k WHERE k.id = people.id)");
    compare(c);
    MUST(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    assert_int_equal(c->comparison->fidelity.n, n);
    assert_int_equal(c->comparison->ndistributions, points);
    end(c);
}

/* ---- rows that chance did not choose */

static void
rows_that_were_noted_are_told_from_those_that_chance_chose(void **state)
{
    struct comparing comparing, *c = &comparing;
    int others = 0, sampled = 0;
    (void)state;
    begin(c, FULL);
    const struct table *places = table_of(c, "places")->table;
    for (int id = 1; id <= 240; id++) {
        enum origin origin = origin_of(c, places, id);
        uint8_t bytes[8];
        const struct decant_value key = big_endian((uint64_t)id, 4, bytes);
        if (origin != ORIGIN_NONE)
            compare_note(c->comparison, places, origin, &key);
        others += origin == ORIGIN_PULLED;
        sampled += origin == ORIGIN_SAMPLE;
    }
    assert_true(others > 20 && sampled > 80);
    assert_int_equal(table_of(c, "places")->others.count, others);
    struct buf scratch = { 0 };
    for (int id = 1; id <= 240; id++) {
        const struct cell as_number = { .kind = CELL_INTEGER, .integer = id };
        char text[8];
        snprintf(text, sizeof text, "%d", id);
        const struct cell as_text = { .kind = CELL_TEXT, .data = text, .len = strlen(text) };
        bool is_other = origin_of(c, places, id) == ORIGIN_PULLED;
        assert_int_equal(compare_is_other(table_of(c, "places"), &as_number, &scratch), is_other);
        assert_int_equal(compare_is_other(table_of(c, "places"), &as_text, &scratch), is_other);
    }
    buf_deinit(&scratch);
    compare(c);
    MUST(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    /* the sampled ones are judged, and all of them are told beside them */
    assert_float_equal(table_of(c, "places")->sampled.there, sampled, 0);
    const struct figure *judged = find(c, FIGURE_NULLS, "public.places.size");
    assert_non_null(judged);
    assert_int_equal(judged->verdict, FIDELITY_HOLDS);
    assert_float_equal(find(c, FIGURE_ROWS, "public.places")->copy, sampled + others, 0);
    end(c);
}

/* Of a table with an owner the key is read behind the owner's. */
static void
rows_that_were_asked_for_are_left_out_of_what_is_judged(void **state)
{
    enum { ASKED = 15 };
    struct comparing comparing, *c = &comparing;
    int noted = 0;
    (void)state;
    begin(c, CHEAP);
    const struct table *visits = table_of(c, "visits")->table;
    for (int id = 1; noted < ASKED; id++) {
        uint8_t bytes[8];
        const struct decant_value key = big_endian((uint64_t)id, 4, bytes);
        if (origin_of(c, visits, id) == ORIGIN_NONE)
            continue;
        compare_note(c->comparison, visits, ORIGIN_ASKED, &key);
        noted++;
    }
    change(c, "UPDATE visits SET score = 5000 WHERE id IN (SELECT id FROM visits ORDER BY id"
              " LIMIT 15)"); /* whatever they are like */
    compare(c);
    const struct figure *rows = find(c, FIGURE_ROWS, "public.visits");
    assert_float_equal(table_of(c, "visits")->sampled.there, rows->copy - ASKED, 0);
    const struct figure *all = find(c, FIGURE_NUMBERS, "public.visits.score (all rows)");
    assert_non_null(all);
    assert_true(all->is_told);
    assert_true(find(c, FIGURE_NUMBERS, "public.visits.score")->distance < all->distance);
    MUST(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    end(c);
}

/* Then it is not known which of the rows they are: all are judged. */
static void
where_a_noted_row_is_not_found_all_rows_are_judged(void **state)
{
    struct comparing comparing, *c = &comparing;
    uint8_t bytes[8];
    const struct decant_value key = big_endian(9999, 4, bytes);
    (void)state;
    begin(c, CHEAP);
    compare_note(c->comparison, table_of(c, "visits")->table, ORIGIN_ASKED, &key);
    compare(c);
    assert_float_equal(table_of(c, "visits")->sampled.there,
                       find(c, FIGURE_ROWS, "public.visits")->copy, 0);
    assert_null(find(c, FIGURE_NUMBERS, "public.visits.score (all rows)"));
    end(c);
}

static void
sampled_rows_are_not_noted_and_nobody_is_no_comparison(void **state)
{
    struct comparing comparing, *c = &comparing;
    uint8_t bytes[8];
    const struct decant_value key = big_endian(1, 4, bytes);
    (void)state;
    begin(c, NONE);
    const struct table *places = table_of(c, "places")->table;
    compare_note(c->comparison, places, ORIGIN_SAMPLE, &key);
    compare_note(c->comparison, places, ORIGIN_WHOLE, &key);
    assert_int_equal(table_of(c, "places")->others.count, 0);
    compare_note(NULL, places, ORIGIN_PULLED, &key);
    compare_note(c->comparison, places, ORIGIN_PULLED, &key);
    compare_note(c->comparison, places, ORIGIN_EDGE, &key); /* once more */
    assert_int_equal(table_of(c, "places")->others.count, 1);
    end(c);
}

/* ---- copies that others made */

/* "all its rows count as sampled"; nobody says which were chosen. */
static void
a_foreign_copy_is_judged_by_all_its_rows(void **state)
{
    (void)state;
    for (int bend = 0; bend <= 1; bend++) {
        struct comparing comparing, *c = &comparing;
        begin(c, FULL);
        compare_made(c->comparison, NULL);
        /* another choice: every second person, with its visits */
        change(c, "DELETE FROM visits; DELETE FROM people; DELETE FROM places");
        change(c, strstr(copy_sql, "INSERT"));
        change(c, "DELETE FROM people WHERE id * 40503 % 1000 < 500; DELETE FROM visits WHERE"
                  " person_id NOT IN (SELECT id FROM people)");
        if (bend) /* most visits of each were lost on the way */
            change(c, "DELETE FROM visits WHERE id % 4 > 0");
        compare(c);
        const struct figure *rows = find(c, FIGURE_ROWS, "public.people"),
                            *fanout = find(c, FIGURE_FANOUT, "public.visits.visits_person_id_fkey");
        assert_non_null(rows);
        assert_int_equal(rows->verdict, FIDELITY_UNKNOWN);
        assert_non_null(strstr(rows->note, "no manifest"));
        assert_non_null(fanout);
        assert_float_equal(fanout->copy, bend ? 0.5 : 2, 0.4);
        assert_true((fanout->excess > 3) == (bend == 1));
        assert_true(compare_judge(c->comparison, GATE_DEFAULT, &c->err) == (bend == 0));
        assert_true(table_of(c, "people")->sampled.chosen == table_of(c, "people")->sampled.there);
        end(c);
    }
}

/* What was chosen then stands in the manifest: numbers of rows, and parents by their rows. */
static void
a_copy_that_was_made_earlier_is_judged_by_its_manifest(void **state)
{
    (void)state;
    for (int lost = 0; lost <= 1; lost++) {
        struct comparing comparing, *c = &comparing;
        begin(c, NONE);
        struct manifest_sample samples[] = {
            { .name = "public.people", .sampled = 90, .whole = 1, .completed = 2 },
            { .name = "public.visits", .sampled = 10, .pulled = 3, .asked = 4, .edge = lost },
        };
        struct manifest_point bars[] = {
            { .name = "public.visits.visits_person_id_fkey", .x = 0, .rows = 60 },
            { .name = "public.visits.visits_person_id_fkey", .x = 2, .rows = 40 },
            { .name = "public.visits.visits_person_id_fkey", .x = 1e6, .rows = 7 }, /* nonsense */
            { .name = "public.visits.visits_person_id_fkey", .x = -1, .rows = 7 },
            { .name = "public.other.key", .x = 3, .rows = 9 },
        };
        const struct manifest manifest = {
            .samples = samples, .nsamples = 2, .fanouts = bars, .nfanouts = 5
        };
        compare_made(c->comparison, &manifest);
        change(c, "DELETE FROM people WHERE id NOT IN (SELECT id FROM people LIMIT 93);"
                  "DELETE FROM visits WHERE id NOT IN (SELECT id FROM visits LIMIT 17)");
        compare(c);
        const struct figure *people = find(c, FIGURE_ROWS, "public.people"),
                            *visits = find(c, FIGURE_ROWS, "public.visits"),
                            *places = find(c, FIGURE_ROWS, "public.places");
        assert_true(people->source == 93 && people->copy == 93);
        assert_true(visits->source == 17 + lost && visits->copy == 17);
        assert_int_equal(places->verdict, FIDELITY_UNKNOWN); /* the manifest has not heard of it */
        for (int i = 0; i < c->sampling.nedges; i++)
            if (strcmp(c->sampling.edges[i].name, "visits_person_id_fkey") == 0) {
                assert_int_equal(c->comparison->copies[i]->parents, 100);
                assert_int_equal(c->comparison->copies[i]->children, 80);
            }
        assert_true(compare_judge(c->comparison, GATE_DEFAULT, &c->err) == (lost == 0));
        end(c);
    }
}

/* ---- canaries */

#define CANARIES(list) "checks: {fidelity: {source_stats: none, canaries: [" list "]}}\n"

static void
canaries_are_asked_of_both_sides(void **state)
{
    static const struct {
        const char *sql;
        double source; /* of the source, by its formulas; the copy's is asked by the test */
        const char *there;
    } cases[] = {
        { "select count(*) from public.people", 400, "SELECT count(*) FROM people" },
        { "SELECT sum(p.size) FROM PUBLIC.places AS p", 1907, "SELECT sum(size) FROM places" },
        { "select count(*) from public.visits v join public.people on public.people.id ="
          " v.person_id",
          800, "SELECT count(*) FROM visits" },
        { "select max(id) from public.visits", 800, "SELECT max(id) FROM visits" },
        { "select count(*) from public.people where id < 0", 0, NULL }, /* a share of nothing */
        { "select null from public.people limit 1", NAN, NULL },
    };
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, CANARIES("\"select count(*) from public.people\", \"SELECT sum(p.size) FROM"
                      " PUBLIC.places AS p\", \"select count(*) from public.visits v join"
                      " public.people on public.people.id = v.person_id\", \"select max(id) from"
                      " public.visits\", \"select count(*) from public.people where id < 0\","
                      " \"select null from public.people limit 1\""));
    compare(c);
    MUST(compare_judge(c->comparison, GATE_STRICT, &c->err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct figure *canary = find(c, FIGURE_CANARY, cases[i].sql);
        if (canary == NULL)
            fail_msg("no canary: %s", cases[i].sql);
        double source = c->comparison->canaries[i];
        assert_true(isnan(cases[i].source) ? isnan(source) : source == cases[i].source);
        if (cases[i].there == NULL) {
            assert_true(isnan(canary->copy));
            continue;
        }
        struct scan_source where;
        int64_t figure = 0;
        MUST(read_copy(c, &where, &c->err));
        MUST(db_int(where.db, cases[i].there, &figure, &c->err));
        scan_end(&where);
        assert_float_equal(canary->copy, (double)figure / cases[i].source, 1e-9);
    }
    end(c);
}

/* Nothing is no share of anything. */
static void
a_canary_of_which_the_source_has_nothing_has_no_share(void **state)
{
    struct comparing comparing, *c = &comparing;
    struct scan_source where;
    (void)state;
    begin(c, CANARIES("\"select count(*) from public.people where id < 0\""));
    change(c, "INSERT INTO people VALUES (-1, 'x', 1, '2000-01-01', '')");
    MUST(read_copy(c, &where, &c->err));
    MUST(compare_ask_copy(c->comparison, &where, &c->err));
    scan_end(&where);
    assert_true(isnan(c->comparison->fidelity.items[0].copy));
    end(c);
}

/* On the source first: there the file of rules is at fault. */
static void
a_canary_that_the_source_cannot_answer_is_an_error_of_the_rules(void **state)
{
    static const char *const rules[] = {
        CANARIES("\"select 1\", \"select count(*) from public.no_such_table\""),
        CANARIES("\"select 1\", \"selec 1\""),
        CANARIES("\"select 1\", \"select id from public.people\""),              /* many rows */
        CANARIES("\"select 1\", \"select id from public.people where id < 0\""), /* none */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct comparing comparing, *c = &comparing;
        memset(c, 0, sizeof *c);
        source_begin(&c->source, "fidelity");
        prepare(c, rules[i]);
        const struct compare_env env = compare_env(c);
        assert_false(compare_begin(&env, &c->arena, &c->comparison, &c->err));
        assert_int_equal(c->err.code, DECANT_USAGE);
        assert_non_null(strstr(c->err.context, "canary 2 of the rules, on the source"));
        if (i >= 2)
            assert_non_null(strstr(c->err.message, "a query of one row is wanted"));
        end(c);
    }
}

/* "One that a side cannot answer fails." */
static void
a_canary_that_the_copy_cannot_answer_fails(void **state)
{
    static const struct {
        const char *rules, *sql;
    } cases[] = {
        { CANARIES("\"select count(*) from public.places\""), "DROP TABLE visits; DROP TABLE"
                                                              " places" },
        { CANARIES("\"select pg_catalog.length('abc')\""), "" },
        { CANARIES("\"select id from public.people where id = 401 or note = 'note 77777' limit"
                   " 2\""),
          "INSERT INTO people SELECT 401, kind, amount, born, note FROM people LIMIT 1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct comparing comparing, *c = &comparing;
        struct scan_source where;
        begin(c, cases[i].rules);
        if (i == 2)
            change(c, "INSERT OR REPLACE INTO people VALUES (1, 'x', 1, '', 'note 77777')");
        change(c, cases[i].sql);
        MUST(read_copy(c, &where, &c->err));
        assert_false(compare_ask_copy(c->comparison, &where, &c->err));
        scan_end(&where);
        assert_int_equal(c->err.code, DECANT_CHECK);
        assert_non_null(strstr(c->err.context, "canary 1 of the rules, on the copy"));
        end(c);
    }
}

/* A table's name inside a text, and longer names that begin like one, mean something else. */
static void
what_only_looks_like_a_table_in_a_canary_stays(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, CANARIES("\"select length('public.people')\""));
    compare(c);
    assert_float_equal(find(c, FIGURE_CANARY, "select length('public.people')")->copy, 1, 0);
    end(c);
}

/* "becomes the copy's name": however the rules quote it. */
static void
quoted_names_in_a_canary_are_tables_as_well(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, CANARIES("'select count(*) from \"public\".\"people\"'"));
    if (!compare_copy(c->comparison, &c->err))
        fail_msg("%s", c->err.message);
    end(c);
}

/* ---- what is kept of it */

static void
the_manifest_gets_figures_of_both_sides_and_no_rare_value(void **state)
{
    struct comparing comparing, *c = &comparing;
    struct manifest manifest = { 0 };
    (void)state;
    begin(c, FULL);
    compare(c);
    MUST(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    compare_record(c->comparison, &manifest);
    compare_record(NULL, &manifest); /* of a whole copy nothing is compared */
    assert_int_equal(manifest.nfigures, c->comparison->fidelity.n);
    for (int i = 0; i < manifest.nfigures; i++) {
        assert_true(strcmp(manifest.figures[i].verdict, "holds") == 0 ||
                    strcmp(manifest.figures[i].verdict, "unknown") == 0);
        assert_string_equal(manifest.figures[i].kind,
                            figure_name(c->comparison->fidelity.items[i].kind));
    }
    double shares = 0;
    for (int i = 0; i < manifest.nshares; i++) {
        const struct manifest_point *p = &manifest.shares[i];
        if (strcmp(p->name, "public.people.kind") == 0) {
            shares += p->copy;
            assert_float_equal(p->source,
                               strcmp(p->label, "basic") == 0  ? 0.5
                               : strcmp(p->label, "plus") == 0 ? 0.3
                                                               : 0.2,
                               1e-9);
        }
        assert_string_not_equal(p->name, "public.people.note"); /* each is somebody's */
    }
    assert_float_equal(shares, 1, 1e-9);
    for (int i = 0; i < manifest.ndistributions; i++) {
        const struct manifest_point *p = &manifest.distributions[i];
        assert_true(p->source >= 0.05 && p->source <= 0.95);
        if (strcmp(p->name, "public.visits.score") == 0)
            assert_true(p->x > 0 && p->x < 1058);
    }
    assert_true(manifest.ndistributions > 2 * 19);
    assert_true(manifest.nfanouts > 0);
    end(c);
}

/* A value of fewer than ten rows of the copy singles somebody out: its column's others are told. */
static void
values_of_fewer_than_ten_rows_are_told_of_nobody(void **state)
{
    (void)state;
    for (int rows = 9; rows <= 10; rows++) {
        struct comparing comparing, *c = &comparing;
        char sql[200];
        bool is_told = false;
        begin(c, FULL);
        snprintf(sql, sizeof sql,
                 "UPDATE people SET kind = 'rare' WHERE id IN (SELECT id FROM people LIMIT %d)",
                 rows);
        change(c, sql);
        compare(c);
        for (size_t i = 0; i < c->comparison->nshares; i++)
            is_told |= strcmp(c->comparison->shares[i].label, "rare") == 0;
        assert_int_equal(is_told, rows == 10);
        end(c);
    }
}

/* "the least and the largest value are somebody's": where nearly all rows are infinite, three that
 * are not are three persons'. */
static void
a_distribution_rests_on_rows_that_have_a_number(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, CHEAP);
    change(c, "UPDATE visits SET score = 9e999 WHERE id NOT IN (SELECT id FROM visits LIMIT 3)");
    compare(c);
    for (size_t i = 0; i < c->comparison->ndistributions; i++) {
        const struct manifest_point *p = &c->comparison->distributions[i];
        if (strcmp(p->name, "public.visits.score") == 0 && strcmp(p->label, "copy") == 0)
            fail_msg("%g is the score of one", p->x);
    }
    end(c);
}

/* ---- a copy that is a database */

/* The source itself, read by another connection. */
static void
a_database_is_asked_as_a_file_is(void **state)
{
    struct comparing comparing, *c = &comparing;
    struct scan_source where = { 0 };
    (void)state;
    memset(c, 0, sizeof *c);
    source_begin(&c->source, "fidelity");
    prepare(c, CANARIES("\"select count(*) from people\", \"select null from people limit 1\""));
    MUST(pg_exec(c->source.conn, &c->err, "SET LOCAL search_path = public"));
    const struct compare_env env = compare_env(c);
    MUST(compare_begin(&env, &c->arena, &c->comparison, &c->err));
    compare_made(c->comparison, NULL);
    where.conn = source_connect(&c->source);
    assert_non_null(where.conn);
    MUST(compare_ask_copy(c->comparison, &where, &c->err)); /* bare names mean the same */
    assert_float_equal(find(c, FIGURE_CANARY, "select count(*) from people")->copy, 1, 0);
    assert_true(isnan(find(c, FIGURE_CANARY, "select null from people limit 1")->copy));
    MUST(compare_count_copy(c->comparison, &where, &c->err));
    for (int i = 0; i < c->sampling.nedges; i++)
        assert_int_equal(c->comparison->copies[i]->children, 800);
    MUST(pg_exec(where.conn, &c->err, "SET search_path = ''"));
    scan_end(&where);
    assert_null(where.conn);
    end(c);
}

/* Of a table with masked columns: which rows their kept columns tell, and no more of the masked. */
static void
masked_columns_are_not_compared_and_kept_ones_beside_them_are_told(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    memset(c, 0, sizeof *c);
    c->is_masked = true;
    source_begin(&c->source, "fidelity");
    prepare(c, FULL "columns:\n  public.people: {kind: keep, note: text}\n");
    const struct compare_env env = compare_env(c);
    MUST(compare_begin(&env, &c->arena, &c->comparison, &c->err));
    change(c, "UPDATE people SET note = 'a fake of another length ' || id");
    compare(c);
    MUST(compare_judge(c->comparison, GATE_DEFAULT, &c->err));
    assert_null(find(c, FIGURE_NUMBERS, "public.people.note"));
    assert_non_null(find(c, FIGURE_NULLS, "public.people.note")); /* those it keeps */
    assert_int_equal(c->comparison->ncrowds, 1);
    assert_string_equal(c->comparison->crowds[0].name, "public.people");
    assert_float_equal(c->comparison->crowds[0].x, 3, 0);         /* kind, amount, born */
    assert_float_equal(c->comparison->crowds[0].source, 1, 1e-9); /* a birthday of each own */
    for (size_t i = 0; i < c->comparison->ndistributions; i++)
        assert_string_not_equal(c->comparison->distributions[i].name, "public.people.note");
    bool is_told = false;
    for (size_t i = 0; i < c->comparison->nsingles; i++) {
        is_told |= strcmp(c->comparison->singles[i].name, "public.people.born") == 0;
        assert_string_not_equal(c->comparison->singles[i].name, "public.people.kind");
        assert_string_not_equal(c->comparison->singles[i].name, "public.people.id");
    }
    assert_true(is_told);
    end(c);
}

/* "tables of which a frame, strata or the policy of a key chooses rows ... are listed as not
 * known": of those that follow, too. */
static void
rows_in_a_frame_are_not_like_all(void **state)
{
    static const char *const objects[] = { "public.people.amount", "public.people.kind",
                                           "public.visits.score" };
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, "  tables: {public.people: {where: \"id > 250\"}}\n" CHEAP);
    compare(c);
    MUST(compare_judge(c->comparison, GATE_STRICT, &c->err));
    for (int i = 0; i < 3; i++) {
        const struct figure *figure = find(c, FIGURE_NULLS, objects[i]);
        assert_non_null(figure);
        assert_int_equal(figure->verdict, FIDELITY_UNKNOWN);
        assert_non_null(strstr(figure->note, "a frame, strata or a policy"));
    }
    assert_int_equal(find(c, FIGURE_NULLS, "public.places.size")->verdict, FIDELITY_UNKNOWN);
    assert_null(find(c, FIGURE_SIZE, "public.people"));
    assert_int_equal(find(c, FIGURE_ROWS, "public.people")->verdict, FIDELITY_HOLDS);
    assert_null(find(c, FIGURE_VALUES, "public.people.kind"));
    end(c);
}

/* ---- plans and names */

static void
only_full_statistics_read_the_source(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, FULL);
    int64_t people = catalog_bytes(table_of(c, "people")->table),
            visits = catalog_bytes(table_of(c, "visits")->table),
            places = catalog_bytes(table_of(c, "places")->table);
    /* visits once for itself, and once for the key that is no owner's */
    assert_int_equal(compare_read_bytes(c->rules, &c->sampling), people + 2 * visits + places);
    c->rules->checks.source_stats = STATS_CHEAP;
    assert_int_equal(compare_read_bytes(c->rules, &c->sampling), 0);
    assert_string_equal(compare_table_name(c->comparison, table_of(c, "people")->table),
                        "public.people");
    assert_string_equal(compare_column_name(c->comparison, table_of(c, "people")->table, 1),
                        "public.people.kind");
    end(c);
}

/* ---- trouble */

static void
a_copy_that_cannot_be_read_is_an_error_of_this_check(void **state)
{
    static const char *const wrongs_of_files[] = { "DROP TABLE people",
                                                   "ALTER TABLE people DROP COLUMN kind", NULL };
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct comparing comparing, *c = &comparing;
        begin(c, CHEAP);
        if (wrongs_of_files[i] != NULL)
            change(c, wrongs_of_files[i]);
        else
            unlink(c->path);
        assert_false(compare_copy(c->comparison, &c->err));
        assert_non_null(strstr(c->err.context, "fidelity check"));
        if (i < 2)
            assert_non_null(strstr(c->err.context, "table 'public.people'"));
        end(c);
    }
}

static void
a_comparison_ends_when_it_is_to_stop(void **state)
{
    struct comparing comparing, *c = &comparing;
    (void)state;
    begin(c, CHEAP);
    change(c, "INSERT INTO visits WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n"
              " WHERE i < 30000) SELECT i, 1, 1, 1 FROM n");
    atomic_store(&c->stop, 1);
    assert_false(compare_copy(c->comparison, &c->err));
    assert_int_equal(c->err.code, DECANT_CANCELLED);
    end(c);
}

/* The number of requests up to here; those by which a connection ends do not count. */
static int
requests_of(struct comparing *c)
{
    enum { AT_THE_END = 1 }; /* its transaction, and its settings */
    pg_close(c->source.conn);
    c->source.conn = NULL;
    int n = server_stop(&c->source.server) - AT_THE_END;
    server_start(&c->source.server, "fidelity"); /* for end() */
    end(c);
    return n;
}

/* Something goes wrong at each request of compare_begin(), one after the other. */
static void
begin_with_faults(const char *checks, void (*look)(const struct comparing *c, enum server_fault f))
{
    struct comparing first, *f = &first;
    if (server_is_real())
        return;
    memset(f, 0, sizeof *f);
    source_begin(&f->source, "fidelity");
    prepare(f, checks);
    int before = requests_of(f);
    begin(f, checks);
    int behind = requests_of(f);
    assert_true(behind > before);
    for (int at = before + 1; at <= behind; at++) {
        enum server_fault fault = SERVER_FAILS + (enum server_fault)(at % 3);
        struct comparing comparing, *c = &comparing;
        struct source started = { 0 };
        memset(c, 0, sizeof *c);
        server_start_faulty(&started.server, "fidelity", fault, at);
        source_begin_beside(&c->source, &started);
        prepare(c, checks);
        const struct compare_env env = compare_env(c);
        if (compare_begin(&env, &c->arena, &c->comparison, &c->err))
            fail_msg("request %d of %d: no error", at, behind);
        look(c, fault);
        end(c); /* "*out ... is to be ended also where this fails" */
    }
}

static void
is_unavailable(const struct comparing *c, enum server_fault fault)
{
    if (c->err.code != DECANT_UNAVAILABLE)
        fail_msg("fault %d: %d, %s (%s)", fault, c->err.code, c->err.message, c->err.context);
}

static void
a_source_that_fails_at_any_request_is_unavailable(void **state)
{
    (void)state;
    begin_with_faults(FULL, is_unavailable);
}

/* A server that is shut down is no error of the rules. */
static void
a_source_that_fails_at_a_canary_is_unavailable(void **state)
{
    (void)state;
    begin_with_faults(CANARIES("\"select count(*) from public.people\""), is_unavailable);
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
        cmocka_unit_test(a_copy_of_what_was_chosen_is_like_its_source),
        cmocka_unit_test(figures_of_the_source_are_those_that_its_formulas_give),
        cmocka_unit_test(what_is_wrong_with_a_copy_is_found_and_named),
        cmocka_unit_test(a_lost_row_is_told_with_both_numbers),
        cmocka_unit_test(without_a_gate_nothing_stops),
        cmocka_unit_test(a_second_round_knows_nothing_of_the_first),
        cmocka_unit_test(rows_that_were_noted_are_told_from_those_that_chance_chose),
        cmocka_unit_test(rows_that_were_asked_for_are_left_out_of_what_is_judged),
        cmocka_unit_test(where_a_noted_row_is_not_found_all_rows_are_judged),
        cmocka_unit_test(sampled_rows_are_not_noted_and_nobody_is_no_comparison),
        cmocka_unit_test(a_foreign_copy_is_judged_by_all_its_rows),
        cmocka_unit_test(a_copy_that_was_made_earlier_is_judged_by_its_manifest),
        cmocka_unit_test(canaries_are_asked_of_both_sides),
        cmocka_unit_test(a_canary_of_which_the_source_has_nothing_has_no_share),
        cmocka_unit_test(a_canary_that_the_source_cannot_answer_is_an_error_of_the_rules),
        cmocka_unit_test(a_canary_that_the_copy_cannot_answer_fails),
        cmocka_unit_test(the_manifest_gets_figures_of_both_sides_and_no_rare_value),
        cmocka_unit_test(values_of_fewer_than_ten_rows_are_told_of_nobody),
        cmocka_unit_test(a_database_is_asked_as_a_file_is),
        cmocka_unit_test(masked_columns_are_not_compared_and_kept_ones_beside_them_are_told),
        cmocka_unit_test(rows_in_a_frame_are_not_like_all),
        cmocka_unit_test(only_full_statistics_read_the_source),
        cmocka_unit_test(a_copy_that_cannot_be_read_is_an_error_of_this_check),
        cmocka_unit_test(a_comparison_ends_when_it_is_to_stop),
        cmocka_unit_test(a_source_that_fails_at_any_request_is_unavailable),
        cmocka_unit_test(a_distribution_rests_on_rows_that_have_a_number),
        cmocka_unit_test(without_a_gate_what_is_bad_is_still_reported_as_bad),
        cmocka_unit_test(a_source_that_fails_at_a_canary_is_unavailable),
        cmocka_unit_test(what_only_looks_like_a_table_in_a_canary_stays),
        cmocka_unit_test(quoted_names_in_a_canary_are_tables_as_well),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
