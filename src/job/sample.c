/* SPDX-License-Identifier: PostgreSQL */
/* Which rows: the rules, held against the catalog, and a rate that fits a budget. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/pull.h"

enum { MOST_TRIES = 8, NAMED_TABLES = 4 };

#define ENOUGH 0.97 /* of a budget */

/* The key that is named, else the one that the rules name, where keys lie. On the heap. */
static char *
find_key(const struct pull *pull, struct decant_error *err)
{
    const struct decant_options *options = pull->job->options;
    const char *named = options->key_file != NULL ? options->key_file : getenv("DECANT_KEY_FILE");
    const char *id = pull->choice.rules->key_id;
    if (named != NULL)
        return mem_strdup(named);
    char *path = id != NULL ? key_path(id) : NULL;
    if (path != NULL && access(path, F_OK) == 0)
        return path;
    error_set(err, DECANT_REFUSED,
              pull->choice.rules->sample.is_given ? "no key says which rows are in the sample"
                                                  : "no key says what the fakes are");
    if (path != NULL)
        error_hint(
            err,
            "the rules were made with key %s: get it from whoever made them, and name it with "
            "--key-file, or put it at '%s'",
            id, path);
    else
        error_hint(err, "'decant key new' makes one; name it with --key-file");
    free(path);
    return NULL;
}

/* Nothing but what options name comes, and what it needs: no rules have to say what is sampled. */
static bool
is_named(const struct decant_options *options)
{
    return options->asked.count > 0 || options->cover;
}

static bool
check_extent(const struct decant_options *options, struct decant_error *err)
{
    bool has_extent = options->rate > 0 || options->rows > 0 || options->size > 0;
    if (options->rules == NULL && has_extent && !is_named(options))
        return error_set(err, DECANT_USAGE,
                         "--rate, --rows and --size need rules: -c FILE is missing");
    if ((options->rate > 0) + (options->rows > 0) + (options->size > 0) +
            (options->asked.count > 0) + options->cover >
        1)
        return error_set(err, DECANT_USAGE,
                         "--rate, --rows, --size, --row and --cover exclude each other");
    return options->most_rows == 0 || options->cover ||
           error_set(err, DECANT_USAGE, "--max-rows is for --cover");
}

/* Without masks nothing that has to be secret depends on the key. */
static bool
load_nothing(struct pull *pull, struct decant_error *err)
{
    static const char none[] = "version: 1\n";
    return !is_named(pull->job->options) ||
           (rules_parse("the options", none, strlen(none), &pull->choice.rules, err) &&
            key_public(&pull->choice.key, err));
}

bool
pull_load_rules(struct pull *pull, struct decant_error *err)
{
    const struct decant_options *options = pull->job->options;
    const bool is_by_name = is_named(options);
    if (!check_extent(options, err))
        return false;
    if (options->rules == NULL)
        return load_nothing(pull, err);
    if (!rules_load(options->rules, &pull->choice.rules, err))
        return false;
    if (options->rate > 0 || options->rows > 0 || options->size > 0)
        rules_set_extent(pull->choice.rules, options->rate, options->rows, options->size);
    if (!pull->choice.rules->sample.is_given && !pull_has_masks(pull) && !is_by_name)
        return true;
    if (pull->is_dry)
        return true;
    if (is_by_name && !pull_has_masks(pull))
        return key_public(&pull->choice.key, err);
    const char *wanted = pull->choice.rules->key_id;
    char *path = find_key(pull, err);
    bool ok = path != NULL && key_load(path, &pull->choice.key, err);
    free(path);
    if (!ok)
        return false;
    if (wanted == NULL || strcmp(wanted, key_id(pull->choice.key)) == 0)
        return true;
    error_set(err, DECANT_REFUSED, "the rules were made with key %s, this one is %s", wanted,
              key_id(pull->choice.key));
    return error_hint(err,
                      "another key chooses other rows and makes other fakes; change key_id if that "
                      "is meant");
}

bool
pull_has_masks(const struct pull *pull)
{
    return pull->choice.rules != NULL && !pull->job->options->no_mask;
}

static struct job_masks_env
masks_env(struct pull *pull)
{
    return (struct job_masks_env){ .conn = pull->source.holder,
                                   .catalog = pull->source.catalog,
                                   .statistics = &pull->source.statistics,
                                   .rules = pull->choice.rules,
                                   .key = pull->choice.key,
                                   .may_look = pull->choice.key != NULL,
                                   .arena = &pull->arena,
                                   .notes = &pull->notes };
}

bool
pull_build_masks(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const struct job_masks_env env = masks_env(pull);
    return !pull_has_masks(pull) || (job_masks_decide(&env, &pull->choice.masks, err) &&
                                     masking_require(&pull->choice.masks.masking, err) &&
                                     job_masks_build(&env, &pull->choice.masks, err));
}

bool
pull_decide_masks(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const struct job_masks_env env = masks_env(pull);
    struct decant_error ignored = { 0 };
    return job_masks_decide(&env, &pull->choice.masks, err) &&
           (!masking_require(&pull->choice.masks.masking, &ignored) ||
            job_masks_build(&env, &pull->choice.masks, err));
}

/* Rules that exclude tables do what -T does. */
void
sample_exclude(const struct rules *rules, struct selection *selection)
{
    assert(selection != NULL);
    int n = 0;
    if (rules == NULL)
        return;
    for (int i = 0; i < selection->nrelations; i++) {
        const struct pg_relation *relation = &selection->relations[i];
        const char *const names[] = { relation->schema, relation->name };
        bool gone = false;
        for (int j = 0; j < rules->sample.nexcluded; j++)
            gone |= pattern_matches(rules->sample.excluded[j].pattern, names);
        if (!gone)
            selection->relations[n++] = *relation;
    }
    selection->nrelations = n;
}

/* What a row takes: 1 in a budget of rows, its average bytes in the source in one of bytes. */
static double
row_cost(const struct pull_choice *choice, const struct table *table)
{
    if (choice->rules->sample.bytes == 0)
        return 1;
    return table->reltuples > 0 ? (double)catalog_bytes(table) / table->reltuples : 100;
}

static double
table_cost(const struct pull_choice *choice, int number, bool fixed_only)
{
    const struct table *table = choice->sampling.tables[number].table;
    double rows = 0;
    for (enum origin origin = ORIGIN_SAMPLE; origin < ORIGIN_COUNT; origin++) {
        bool is_fixed = origin == ORIGIN_WHOLE || origin == ORIGIN_ASKED;
        if (is_fixed || !fixed_only)
            rows += (double)select_count(choice->chosen, table, origin);
    }
    return rows * row_cost(choice, table);
}

static double
total_cost(const struct pull_choice *choice, bool fixed_only)
{
    double sum = 0;
    for (int i = 0; i < choice->sampling.ntables; i++)
        sum += table_cost(choice, i, fixed_only);
    return sum;
}

/* All rows of a rate of 1, by the planner's estimates. */
static double
whole_cost(const struct pull_choice *choice)
{
    double sum = 0;
    for (int i = 0; i < choice->plan.ntables; i++) {
        const struct table *table = choice->plan.tables[i];
        sum += (table->reltuples > 0 ? table->reltuples : 1000) * row_cost(choice, table);
    }
    return sum;
}

/* Every table is read for its keys and for its rows, an owned one for the counts of the cap, too;
 * of a cover for the keys of parents, the ends of its columns, its states and its rows. */
int64_t
sample_read_bytes(const struct pull *pull, int *statements)
{
    assert(statements != NULL);
    double bytes = 0;
    *statements = 0;
    for (int i = 0; i < pull->choice.sampling.ntables; i++) {
        const struct sample_table *t = &pull->choice.sampling.tables[i];
        bool is_owned = t->role == ROLE_SAMPLED && t->owner >= 0;
        int times = t->role == ROLE_SCHEMA_ONLY ? 0
                    : t->role == ROLE_WHOLE     ? 2
                    : pull->choice.sampling.is_cover
                        ? 4
                        : 2 + (is_owned && pull->choice.sampling.cap > 0) +
                              (pull->choice.sampling.per_value > 0) + 2 * (t->nstrata > 0);
        bytes += (double)catalog_bytes(t->table) * times;
        *statements += times;
    }
    return (int64_t)bytes;
}

static bool
check_read(const struct pull *pull, struct decant_error *err)
{
    int statements;
    int64_t most = pull->job->options->max_read_bytes, bytes = sample_read_bytes(pull, &statements);
    if (most == 0 || bytes <= most)
        return true;
    error_set(err, DECANT_REFUSED, "the source would have to read %lld MiB, --max-read allows %lld",
              (long long)(bytes >> 20), (long long)(most >> 20));
    return error_hint(err, "leave out large tables with schema_only or exclude; 'cap: none' and no "
                           "'edges' save one reading of each table");
}

static bool
choose_at(struct pull *pull, double rate, struct decant_error *err)
{
    struct rules_sample *sample = &pull->choice.rules->sample;
    struct plan plan;
    struct notes ignored;
    sample->rate = rate;
    select_free(pull->choice.chosen);
    pull->choice.chosen = NULL;
    notes_init(&ignored);
    /* The sample does not depend on the target, so its keys are those of the source: a SQLite
     * copy's plan leaves some out. */
    bool ok = plan_build(pull->source.catalog, true, false, &pull->choice.sample_arena, &ignored,
                         &plan, err);
    plan.masked = pull->choice.masks.is_on ? pull->choice.masks.masking.masked : NULL;
    plan.statistics = &pull->source.statistics;
    plan.is_first = pull->wants_stats;
    ok = ok &&
         sampling_build(pull->choice.rules, &plan, &pull->choice.sample_arena,
                        &pull->choice.sampling, err) &&
         check_read(pull, err) &&
         (pull->is_dry ||
          select_run(pull->source.workers, pull->target.env.nworkers, &pull->choice.sampling,
                     pull->choice.key, pull->job->options->memory_bytes, &pull->job->stop,
                     &pull->choice.chosen, err));
    notes_deinit(&ignored);
    return ok;
}

/* Which tables make up what no rate can go below? */
static bool
refuse_budget(const struct pull_choice *choice, double floor, struct decant_error *err)
{
    struct buf names = { 0 };
    bool named[choice->sampling.ntables + 1];
    memset(named, 0, sizeof named);
    for (int n = 0; n < NAMED_TABLES; n++) {
        int largest = -1;
        for (int i = 0; i < choice->sampling.ntables; i++)
            if (!named[i] && table_cost(choice, i, false) > 0 &&
                (largest < 0 || table_cost(choice, i, false) > table_cost(choice, largest, false)))
                largest = i;
        if (largest < 0)
            break;
        const struct table *table = choice->sampling.tables[largest].table;
        named[largest] = true;
        buf_printf(&names, "%s%s.%s (%.0f)", n > 0 ? ", " : "", table->schema, table->name,
                   table_cost(choice, largest, false));
    }
    error_set(err, DECANT_REFUSED,
              "the budget cannot be kept: at the lowest rate the copy takes "
              "%.0f %s",
              floor, choice->rules->sample.bytes > 0 ? "bytes" : "rows");
    error_hint(err, "most of it: %s; say schema_only or exclude, or allow more", buf_str(&names));
    buf_deinit(&names);
    return false;
}

/* Rows of a lower rate are among those of a higher one, so more rate is more rows. Keys are read
 * again for every try: three or four of them come close enough, and the last one is exact. */
static bool
choose_within(struct pull *pull, double budget, struct decant_error *err)
{
    double low = 0, high = 1, rate = fmin(1, budget / fmax(whole_cost(&pull->choice), 1)), cost = 0;
    for (int i = 0; i < MOST_TRIES; i++) {
        if (!choose_at(pull, rate, err))
            return false;
        cost = total_cost(&pull->choice, false);
        double fixed = total_cost(&pull->choice, true);
        if (cost <= budget && (cost >= ENOUGH * budget || rate >= 1))
            return true;
        if (cost <= budget)
            low = rate;
        else
            high = rate;
        if (fixed > budget)
            break;
        double next = cost > fixed ? rate * (budget * 0.985 - fixed) / (cost - fixed) : high;
        rate = next > low && next < high ? next : (low + high) / 2;
        if (rate < 1e-9)
            break;
    }
    if (low > 0)
        return choose_at(pull, low, err);
    return cost <= budget || refuse_budget(&pull->choice, cost, err);
}

/* A copy of all rows has no tables without any. */
static bool
none_acts(const struct pull *pull, struct decant_error *err)
{
    for (int i = 0; i < pull->choice.plan.ntables; i++) {
        const struct table *table = pull->choice.plan.tables[i];
        const char *acts = sampling_acts(pull->choice.rules, table);
        if (acts == NULL)
            continue;
        error_set(err, DECANT_USAGE, "'%s.%s' would act in the copy (%s), which has all rows",
                  table->schema, table->name, acts);
        return error_hint(err, "'sample: {rate: 100%%}' leaves it empty, and copies all others; "
                               "without the pack quiet@1 its rows come, too");
    }
    return true;
}

bool
sample_choose(struct pull *pull, struct decant_error *err)
{
    if (pull->choice.rules == NULL)
        return true;
    if (!asked_choose(pull, err))
        return false;
    if (pull->job->options->cover)
        rules_set_cover(pull->choice.rules, pull->job->options->most_rows);
    if (!pull->choice.rules->sample.is_given)
        return none_acts(pull, err);
    const struct rules_sample *sample = &pull->choice.rules->sample;
    double budget = sample->rows > 0 ? (double)sample->rows : (double)sample->bytes;
    struct statistics *statistics = &pull->source.statistics;
    struct pg_conn *conn = pull->source.workers[0];
    bool ok = statistics_count_few(statistics, conn, SAMPLING_FEW_ROWS, err) &&
              (!pull->wants_stats || statistics_load(statistics, conn, err));
    if (ok && budget > 0 && !pull->is_dry)
        ok = choose_within(pull, budget, err);
    else if (ok)
        ok = choose_at(
            pull, budget > 0 ? fmin(1, budget / fmax(whole_cost(&pull->choice), 1)) : sample->rate,
            err);
    return ok && (pull->is_dry || asked_check(pull, err));
}

static void
note_changed_keys(struct pull *pull)
{
    for (int i = 0; i < pull->choice.sampling.nedges; i++) {
        const struct sample_edge *edge = &pull->choice.sampling.edges[i];
        const struct table *child = pull->choice.sampling.tables[edge->child].table;
        int64_t n = select_reassigned(pull->choice.chosen, i);
        if (n > 0)
            notes_add(&pull->notes,
                      edge->policy == POLICY_NULL ? NOTE_KEY_NULLED : NOTE_KEY_REASSIGNED,
                      "foreign key", n, "%s.%s.%s", child->schema, child->name, edge->name);
    }
}

static void
note_not_shown(struct pull *pull)
{
    const struct select_feature *features;
    int n = select_features(pull->choice.chosen, &features);
    for (int i = 0; i < n; i++) {
        const struct select_feature *f = &features[i];
        if (f->there != f->shown)
            notes_add(&pull->notes, NOTE_NOT_SHOWN, "feature",
                      f->there > 0 ? f->there - f->shown : 0, "%s.%s%s%s (%s)", f->table->schema,
                      f->table->name, f->name != NULL ? "." : "", f->name != NULL ? f->name : "",
                      f->what);
    }
}

void
sample_note(struct pull *pull)
{
    assert(pull != NULL);
    if (pull->choice.chosen == NULL)
        return;
    note_changed_keys(pull);
    note_not_shown(pull);
    sampling_note(&pull->choice.sampling, &pull->notes);
    for (int i = 0; i < pull->choice.sampling.ntables; i++) {
        const struct table *table = pull->choice.sampling.tables[i].table;
        const char *silenced = pull->choice.sampling.tables[i].silenced;
        if (silenced != NULL)
            notes_add(&pull->notes, NOTE_SILENCED, "table", 0, "%s.%s (%s)", table->schema,
                      table->name, silenced);
        int64_t n = select_dangling(pull->choice.chosen, table);
        if (n > 0)
            notes_add(&pull->notes, NOTE_DANGLING_IN_SOURCE, "table", n, "%s.%s", table->schema,
                      table->name);
        int64_t rough = select_rough(pull->choice.chosen, table);
        if (rough > 0)
            notes_add(&pull->notes, NOTE_PROBABILITY_ROUGH, "table", rough, "%s.%s", table->schema,
                      table->name);
    }
}
