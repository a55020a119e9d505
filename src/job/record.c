/* SPDX-License-Identifier: PostgreSQL */
/* The manifest of a pull. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "job/pull.h"
#include "key/digest.h"
#include "leak/leak.h"
#include "report/manifest.h"

static const char *
manifest_place(struct pull *pull)
{
    const char *path = pull->job->options->manifest;
    if (path != NULL)
        return path;
    if (pull->target.ops->file != NULL)
        return manifest_path_beside(&pull->arena, pull->target.env.target, pull->target.sha256);
    return manifest_path_in_state(&pull->arena,
                                  pull->target.ops->label(pull->target.sink, &pull->arena));
}

/* Could the target not take this table, or one of its partitions? */
static bool
is_absent(const struct pull *pull, const struct table *root)
{
    for (int i = 0; i < pull->nunits; i++)
        if (pull->units[i]->root == root && pull->counts[i].rows < 0)
            return true;
    return false;
}

static void
list_tables(struct pull *pull, struct manifest *manifest)
{
    struct arena *arena = &pull->arena;
    manifest->tables = ARENA_ARRAY(arena, struct manifest_table, pull->nunits + 1);
    for (int i = 0; i < pull->nunits; i++)
        manifest->tables[manifest->ntables++] = (struct manifest_table){
            .name = arena_printf(arena, "%s.%s", pull->units[i]->schema, pull->units[i]->name),
            .rows = pull->counts[i].rows,
            .bytes = pull->counts[i].bytes,
        };
    manifest->keys = ARENA_ARRAY(arena, struct manifest_key, pull->choice.plan.nkeys + 1);
    for (int i = 0; i < pull->choice.plan.nkeys; i++) {
        const struct plan_key *key = &pull->choice.plan.keys[i];
        if (is_absent(pull, key->child) || is_absent(pull, key->parent))
            continue;
        manifest->keys[manifest->nkeys++] = (struct manifest_key){
            .name = key->key->name,
            .child = arena_printf(arena, "%s.%s", key->child->schema, key->child->name),
            .parent = arena_printf(arena, "%s.%s", key->parent->schema, key->parent->name),
            .orphans = key->orphans,
        };
    }
}

static void
list_sample(struct pull *pull, struct manifest *manifest)
{
    assert(pull != NULL && manifest != NULL);
    const struct sampling *s = &pull->choice.sampling;
    struct arena *arena = &pull->arena;
    if (pull->choice.chosen == NULL)
        return;
    manifest->samples = ARENA_ARRAY(arena, struct manifest_sample, s->ntables + 1);
    for (int i = 0; i < s->ntables; i++) {
        const struct table *t = s->tables[i].table;
        manifest->samples[manifest->nsamples++] = (struct manifest_sample){
            .name = arena_printf(arena, "%s.%s", t->schema, t->name),
            .role = sampling_role(&s->tables[i]),
            .rate = sampling_rate(s, i),
            .sampled = select_count(pull->choice.chosen, t, ORIGIN_SAMPLE),
            .whole = select_count(pull->choice.chosen, t, ORIGIN_WHOLE),
            .completed = select_count(pull->choice.chosen, t, ORIGIN_COMPLETED),
            .pulled = select_count(pull->choice.chosen, t, ORIGIN_PULLED),
            .asked = select_count(pull->choice.chosen, t, ORIGIN_ASKED),
            .edge = select_count(pull->choice.chosen, t, ORIGIN_EDGE),
            .hollow = select_hollow(pull->choice.chosen, t),
            .capped = select_capped(pull->choice.chosen, t),
            .source_rows = (int64_t)t->reltuples,
        };
    }
    manifest->policies = ARENA_ARRAY(arena, struct manifest_policy, s->nedges + 1);
    for (int i = 0; i < s->nedges; i++) {
        const struct sample_edge *edge = &s->edges[i];
        const struct table *child = s->tables[edge->child].table;
        const struct table *parent = s->tables[edge->parent].table;
        manifest->policies[manifest->npolicies++] = (struct manifest_policy){
            .name = arena_printf(arena, "%s.%s.%s", child->schema, child->name, edge->name),
            .child = arena_printf(arena, "%s.%s", child->schema, child->name),
            .parent = arena_printf(arena, "%s.%s", parent->schema, parent->name),
            .policy = edge->needs_nothing ? "-" : rules_policy_name(edge->policy),
            .left_out = select_required_away(pull->choice.chosen, i),
            .changed = select_reassigned(pull->choice.chosen, i),
        };
    }
}

/* How large production is. */
static void
list_sizes(struct pull *pull, struct manifest *manifest)
{
    const struct sizes *sizes = &pull->source.sizes;
    struct arena *arena = &pull->arena;
    manifest->relations = ARENA_ARRAY(arena, struct manifest_relation, sizes->nrelations + 1);
    manifest->guesses = ARENA_ARRAY(arena, struct manifest_guess, sizes->nrelations + 1);
    for (int i = 0; i < sizes->nrelations; i++) {
        const struct relation_size *of = &sizes->relations[i];
        manifest->relations[manifest->nrelations++] = (struct manifest_relation){
            of->name, of->of, of->kind, of->rows, of->pages, of->visible
        };
        if (of->told != NULL)
            manifest->guesses[manifest->nguesses++] = (struct manifest_guess){ of->name, of->told };
    }
    manifest->families = ARENA_ARRAY(arena, struct manifest_family, sizes->nfamilies + 1);
    for (int i = 0; i < sizes->nfamilies; i++)
        manifest->families[manifest->nfamilies++] =
            (struct manifest_family){ sizes->families[i].name, sizes->families[i].children };
    manifest->distincts = ARENA_ARRAY(arena, struct manifest_distinct, sizes->ncolumns + 1);
    for (int i = 0; i < sizes->ncolumns; i++)
        manifest->distincts[manifest->ndistincts++] =
            (struct manifest_distinct){ sizes->columns[i].name, sizes->columns[i].distinct };
}

/* In words that stand beside a column. */
static const char *
guarantee_of(const struct mask *mask)
{
    unsigned gives = mask->how->gives;
    return (gives & GIVES_RESERVED) != 0    ? MANIFEST_RESERVED
           : (gives & GIVES_INJECTIVE) != 0 ? "different values stay different"
           : (gives & GIVES_RANDOM) != 0    ? "different values stay different, but for a collision"
           : mask->how->need == NEED_BLANKNESS ? "of the value it is read whether it is empty"
           : mask->how->need != NEED_VALUE     ? "the value is not read"
                                               : "";
}

/* What a kept column of a table with masks tells whoever knows the source: how many rows came
 * before this one, or when something happened, to the second or closer. */
static const char *
tells(const struct masked_table *table, const struct decision *decision,
      const struct column *column)
{
    const struct type *type = column->type;
    bool is_kept = decision->verdict == VERDICT_SAFE || decision->verdict == VERDICT_KEPT;
    bool is_time = type->kind == TYPE_SCALAR &&
                   (type->scalar == SCALAR_TIMESTAMP || type->scalar == SCALAR_TIMESTAMPTZ);
    return !is_kept || table->nmasks == 0 ? ""
           : column->has_sequence         ? "counts the source's rows"
           : is_time                      ? "an exact time"
                                          : "";
}

void
record_decisions(struct pull *pull, struct manifest *manifest)
{
    static const char *const verdicts[] = {
        [VERDICT_UNDECIDED] = "undecided", [VERDICT_SAFE] = "safe",
        [VERDICT_KEPT] = "kept",           [VERDICT_MASKED] = "masked",
        [VERDICT_NULLED] = "nulled",       [VERDICT_COMPUTED] = "computed",
    };
    struct arena *arena = &pull->arena;
    const struct masking *masking = &pull->choice.masks.masking;
    manifest->columns = ARENA_ARRAY(arena, struct manifest_column, pull->choice.masks.ncolumns + 1);
    for (int t = 0; pull->choice.masks.is_on && t < masking->ntables; t++) {
        const struct masked_table *table = &masking->tables[t];
        for (int c = 0; c < table->table->ncolumns; c++) {
            const struct column_mask *how = masking_column(table, c);
            const struct mask *mask = how != NULL ? how->masks[how->nmasks - 1] : NULL;
            manifest->columns[manifest->ncolumns++] = (struct manifest_column){
                .name = arena_printf(arena, "%s.%s.%s", table->table->schema, table->table->name,
                                     table->table->columns[c].name),
                .type = table->table->columns[c].type_name,
                .verdict = verdicts[table->decisions[c].verdict],
                .mask = mask != NULL ? mask->how->name : "",
                .guarantee = mask != NULL
                                 ? guarantee_of(mask)
                                 : tells(table, &table->decisions[c], &table->table->columns[c]),
            };
        }
    }
}

/* How little a copy tells of a column. */
static int
strength_of(const struct manifest_column *c)
{
    bool is_masked = strcmp(c->verdict, "masked") == 0;
    return strcmp(c->verdict, "nulled") == 0 ||
                   (is_masked && strcmp(c->guarantee, "the value is not read") == 0)
               ? 2
           : is_masked || strcmp(c->verdict, "computed") == 0 ? 1
                                                              : 0;
}

static const char *
decision_of(const struct manifest_column *c)
{
    return c == NULL ? "in the clear" : c->mask[0] != '\0' ? c->mask : c->verdict;
}

/* Of a column, as a manifest calls it: is its table in this copy? */
static bool
is_copied(const struct pull_choice *choice, const char *name)
{
    for (int i = 0; i < choice->plan.ntables; i++) {
        const struct table *table = choice->plan.tables[i];
        size_t schema = strlen(table->schema), len = strlen(table->name);
        if (strncmp(name, table->schema, schema) == 0 && name[schema] == '.' &&
            strncmp(name + schema + 1, table->name, len) == 0 && name[schema + 1 + len] == '.')
            return true;
    }
    return false;
}

/* What the copy that this one replaces did not tell. That it cannot be asked is no reason to stop.
 */
static void
list_weaker(struct pull *pull, struct manifest *manifest)
{
    const struct manifest *before = &pull->target.before;
    if (!pull->target.has_before)
        return;
    manifest->weaker = ARENA_ARRAY(&pull->arena, struct manifest_weaker, before->ncolumns + 1);
    for (int i = 0; i < before->ncolumns; i++) {
        const struct manifest_column *was = &before->columns[i], *now = NULL;
        for (int j = 0; j < manifest->ncolumns && now == NULL; j++)
            if (strcmp(manifest->columns[j].name, was->name) == 0)
                now = &manifest->columns[j];
        bool is_gone =
            now == NULL && (pull->choice.masks.is_on || !is_copied(&pull->choice, was->name));
        if (!is_gone && strength_of(was) > (now != NULL ? strength_of(now) : 0))
            manifest->weaker[manifest->nweaker++] = (struct manifest_weaker){
                .name = was->name, .was = decision_of(was), .now = decision_of(now)
            };
    }
}

static void
list_findings(struct pull *pull, struct manifest *manifest)
{
    struct arena *arena = &pull->arena;
    manifest->searched = pull->proof.searched.columns;
    manifest->nsearched = pull->proof.searched.n;
    manifest->findings = ARENA_ARRAY(arena, struct manifest_finding, pull->proof.nfindings + 1);
    for (int i = 0; i < pull->proof.nfindings; i++) {
        const struct leak_finding *found = &pull->proof.findings[i];
        manifest->findings[manifest->nfindings++] =
            (struct manifest_finding){ .name = found->object,
                                       .kind = found->kind,
                                       .keys = found->keys,
                                       .allowed = found->allowed,
                                       .count = found->count,
                                       .cells = found->cells };
    }
}

/* NULL with an error. */
static const char *
copy_size(struct pull *pull, struct decant_error *err)
{
    struct scan_source copy;
    struct buf text = { 0 };
    bool ok =
        pull_read_copy(pull, &copy, err) &&
        (copy.path != NULL ||
         pg_value(copy.conn, err,
                  "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())", &text));
    int64_t bytes = copy.path != NULL ? file_size(copy.path) : atoll(buf_str(&text));
    buf_deinit(&text);
    scan_end(&copy);
    return ok ? arena_printf(&pull->arena, "%lld", (long long)bytes) : NULL;
}

static const char *
leaks_found(struct pull *pull)
{
    if (pull->proof.leak == NULL)
        return "not searched: no column is masked";
    return arena_printf(&pull->arena, "%d found and accepted; %lld cells, %lld originals of the %s",
                        pull->proof.nfindings, (long long)leak_cells(pull->proof.leak),
                        (long long)originals_count(pull->proof.originals),
                        pull->choice.rules->checks.scope == SCOPE_POPULATION ? "population"
                                                                             : "sample");
}

static const char *
columns_decided(struct pull *pull)
{
    const struct job_masks *masks = &pull->choice.masks;
    if (!masks->is_on)
        return "not masked";
    return arena_printf(&pull->arena, "%d masked, %d kept, %d safe by type, %d nulled",
                        masks->nmasked, masks->nkept, masks->nsafe, masks->nnulled);
}

static const char *
load_on_source(struct pull *pull)
{
    int64_t bytes = 0;
    for (int i = 0; i < pull->nunits; i++)
        bytes += pull->counts[i].bytes;
    double seconds = (double)(clock_ms() - pull->job->started_ms) / 1000;
    return arena_printf(
        &pull->arena,
        "%s, %d connections, %.1f s, %.1f MB of rows read, snapshot and locks held %.1f s, "
        "longest statement %.1f s, times a session waited for us: %d",
        pull->source.server.in_recovery ? "a standby" : "a primary", pull->target.env.nworkers + 1,
        seconds, (double)bytes / 1e6, (double)pull->source.held_ms / 1000,
        (double)pull->source.longest_ms / 1000, pull->source.watch.nwaits);
}

static const char *
statistics_of(const struct pull *pull)
{
    static const char *const names[] = {
        [STATS_CHEAP] = "what the selection saw, and pg_stats",
        [STATS_FULL] = "the source, read once more",
        [STATS_NONE] = "none of the source",
    };
    return pull->proof.comparison != NULL ? names[pull->choice.rules->checks.source_stats] : "";
}

static const char *
now_utc(struct pull *pull)
{
    char text[40];
    time_t now = (time_t)job_now(pull->job);
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &utc));
    return arena_strdup(&pull->arena, text);
}

/* When the source had these rows: when the snapshot was taken. */
static const char *
data_at(struct pull *pull)
{
    char text[CLOCK_TEXT];
    clock_put(pull->source.at_s, text);
    return arena_strdup(&pull->arena, text);
}

static void
list_facts(struct pull *pull, const char *size, struct manifest *manifest)
{
    assert(pull != NULL && manifest != NULL);
    bool is_sample = pull->choice.chosen != NULL;
    char *rules = ARENA_ARRAY(&pull->arena, char, DIGEST_HEX);
    if (is_sample &&
        !digest_text(pull->choice.rules->source.text, pull->choice.rules->source.len, rules))
        rules[0] = '\0';
    const struct manifest_fact facts[] = {
        { "format", "1" },
        { "decant", DECANT_VERSION },
        { "run", pull->job->run },
        { "target", pull->target.ops->name },
        { "source_version", arena_printf(&pull->arena, "%d", pull->source.server.version) },
        { "source_system", pull->source.server.system_id },
        { "snapshot", buf_str(&pull->source.snapshot_id) },
        { "columns", columns_decided(pull) },
        { "leaks", leaks_found(pull) },
        { "sha256", pull->target.sha256 },
        { "key_id", pull->choice.key_id },
        { "rate",
          is_sample ? arena_printf(&pull->arena, "%g", pull->choice.rules->sample.rate) : "" },
        { "size", size },
        { "load", load_on_source(pull) },
        { "not_checked", is_sample ? "" : "fidelity: every row is there" },
        { "page_bytes", arena_printf(&pull->arena, "%d", pull->source.sizes.page_bytes) },
        { "statistics", statistics_of(pull) },
        { "made", now_utc(pull) },
        { "data_at", data_at(pull) },
        { "allowed",
          arena_printf(&pull->arena, "%d",
                       pull->choice.rules != NULL ? pull->choice.rules->checks.nallowed : 0) },
        { "seed", is_sample ? pull->choice.sampling.seed : "" },
        { "database", pull->source.database != NULL ? pull->source.database : "" },
        { "timeline", arena_strdup(&pull->arena, pull->job->timeline) },
        { "rules", rules },  /* of a sample: would the next one choose in the same way? */
        { "amplified", "" }, /* the run that made the copy whose rows were amplified */
    };
    manifest->nfacts = (int)(sizeof facts / sizeof *facts);
    manifest->facts = ARENA_ARRAY(&pull->arena, struct manifest_fact, manifest->nfacts);
    memcpy(manifest->facts, facts, sizeof facts);
    for (int i = 0; i < manifest->nfacts; i++)
        manifest->facts[i].value =
            amplifying_fact(pull, manifest->facts[i].name, manifest->facts[i].value);
}

bool
record_store(struct pull *pull, struct decant_error *err)
{
    assert(pull->target.ops != NULL);
    struct manifest manifest = { .notes = &pull->notes };
    const char *size = copy_size(pull, err);
    if (size == NULL)
        return false;
    list_tables(pull, &manifest);
    list_sample(pull, &manifest);
    list_sizes(pull, &manifest);
    record_decisions(pull, &manifest);
    if (pull->amplifying != NULL)
        amplifying_list(pull, &manifest);
    list_weaker(pull, &manifest);
    compare_record(pull->proof.comparison, &manifest);
    notes_sort(&pull->notes);
    if (!leaks_of_manifest(pull, &manifest, err))
        return false;
    if (pull->amplifying == NULL)
        list_findings(pull, &manifest);
    list_facts(pull, size, &manifest);
    if (pull->guest != NULL && !pull->guest->recorded(pull->guest->ctx, pull, &manifest, err))
        return false;
    pull->target.manifest_path = manifest_place(pull);
    pull->target.manifest_replaces =
        pull->job->options->manifest != NULL || file_size(pull->target.manifest_path) >= 0;
    return manifest_store(&manifest, pull->target.manifest_path, err);
}
