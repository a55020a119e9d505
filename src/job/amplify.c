/* SPDX-License-Identifier: PostgreSQL */
#include "job/amplify.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "job/find.h"
#include "job/pull.h"
#include "leak/search.h"
#include "pg/quote.h"
#include "rehearse/script.h"

/* ---- how large */

#define NEAR 0.01 /* of the rows that a table is to have */

static double
sum_of(const struct manifest *manifest, bool of_bytes)
{
    const char *page = manifest_fact(manifest, "page_bytes");
    double sum = 0;
    for (int i = 0; i < manifest->nrelations; i++) {
        const struct manifest_relation *relation = &manifest->relations[i];
        if (of_bytes && relation->kind != 'p' && relation->kind != 'I')
            sum += (double)relation->pages * (page != NULL ? atoi(page) : 0);
        else if (!of_bytes && (relation->kind == 'r' || relation->kind == 'm'))
            sum += relation->rows > 0 ? relation->rows : 0;
    }
    return sum;
}

/* Of production's rows. */
static double
scale_of(const struct amplifying *amplifying)
{
    const struct decant_options *asked = amplifying->asked;
    double all = asked->rows > 0   ? sum_of(amplifying->of_copy, false)
                 : asked->size > 0 ? sum_of(amplifying->of_copy, true)
                                   : 0;
    double wanted = asked->rows > 0 ? asked->rows : (double)asked->size;
    return all > 0 ? wanted / all : 1;
}

/* ---- rows */

static int64_t
rows_of(const struct pull *pull, const struct table *root)
{
    int64_t sum = 0;
    for (int i = 0; i < pull->nunits; i++)
        if (pull->units[i]->root == root && pull->counts[i].rows > 0)
            sum += pull->counts[i].rows;
    return sum;
}

static struct pg_conn *
connect_writer(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    return pull->target.ops->connect_writer(pull->target.sink, err);
}

/* What is there now, of each table that is read in one stream: it is checked again at the end. */
static bool
count_all(struct pull *pull, struct decant_error *err)
{
    for (int i = 0; i < pull->nunits; i++) {
        int64_t rows = pull->target.ops->count_rows(pull->target.sink, pull->units[i], err);
        if (rows < 0)
            return false;
        pull->counts[i].rows = rows;
    }
    return true;
}

static struct amplify
amplify_of(struct pull *pull)
{
    return (struct amplify){ .connect = connect_writer,
                             .ctx = pull,
                             .njobs = pull->target.env.nreaders,
                             .arena = &pull->arena,
                             .model = &pull->amplifying->model };
}

static const char missing_sql[] =
    "SELECT pg_catalog.unnest($1::text[]) EXCEPT SELECT pg_catalog.concat(n.nspname, '.',"
    " c.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.indisvalid ORDER BY 1";

/* Every index of the copy can be built here, too. Foreign keys are counted by whoever judges
 * copies.
 */
static bool
has_indexes(const struct pull *pull, struct pg_conn *conn, struct decant_error *err)
{
    struct buf names = { 0 }, name = { 0 };
    buf_putc(&names, '{');
    for (int t = 0; t < pull->source.catalog->ntables; t++) {
        const struct table *table = &pull->source.catalog->tables[t];
        for (int i = 0; i < table->nindexes; i++) {
            buf_reset(&name);
            buf_printf(&name, "%s.%s", table->indexes[i].schema, table->indexes[i].name);
            if (table->indexes[i].is_valid)
                quote_element(&names, buf_str(&name));
        }
    }
    buf_putc(&names, '}');
    const char *params[] = { buf_str(&names) };
    struct pg_result *r = pg_query(conn, err, missing_sql, 1, params);
    bool ok = r != NULL && (pg_nrows(r) == 0 ||
                            error_set(err, DECANT_CHECK, "the amplified rows do not satisfy '%s'",
                                      pg_text(r, 0, 0)));
    pg_result_free(r);
    buf_deinit(&names);
    buf_deinit(&name);
    return ok;
}

bool
amplifying_finish(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL && pull->amplifying != NULL);
    const struct amplify amplify = amplify_of(pull);
    struct pg_conn *conn = connect_writer(pull, err);
    bool ok = conn != NULL && has_indexes(pull, conn, err);
    pg_close(conn);
    return ok && amplify_vacuum(&amplify, err);
}

/* Why a table has not as many rows as it is to have; NULL: it has. */
static const char *
reason_of(const struct amplifying *amplifying, int t)
{
    const struct amplified_table *table = &amplifying->model.tables[t];
    double off = (double)amplifying->rows[t] - table->wanted;
    return table->why_not != NULL                    ? table->why_not
           : table->how == AMPLIFY_SINGLE && off > 0 ? NULL /* the copy had more */
           : off * off < NEAR * NEAR * table->wanted * table->wanted || off * off <= 1 ? NULL
           : table->thin != NULL                                                       ? table->thin
                                 : "the rows that bring its own have not the weights for it";
}

bool
amplifying_run(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL && pull->amplifying != NULL);
    struct amplifying *amplifying = pull->amplifying;
    const struct plan *plan = &pull->choice.plan;
    amplifying->copied = ARENA_ARRAY(&pull->arena, int64_t, plan->ntables + 1);
    amplifying->rows = ARENA_ARRAY(&pull->arena, int64_t, plan->ntables + 1);
    for (int t = 0; t < plan->ntables; t++)
        amplifying->copied[t] = rows_of(pull, plan->tables[t]);
    const struct extent extent = { .scale = scale_of(amplifying),
                                   .factor = amplifying->asked->factor,
                                   .sql = amplifying->sql };
    model_make(plan, amplifying->of_copy, amplifying->copied, &extent, &pull->arena,
               &amplifying->model);
    const struct amplify amplify = amplify_of(pull);
    if (!amplify_run(&amplify, err) || !count_all(pull, err))
        return false;
    for (int t = 0; t < plan->ntables; t++) {
        const struct amplified_table *table = &amplifying->model.tables[t];
        amplifying->rows[t] = rows_of(pull, plan->tables[t]);
        if (reason_of(amplifying, t) != NULL)
            notes_add(&pull->notes, NOTE_NOT_AMPLIFIED, "table", amplifying->rows[t], "%s.%s: %s",
                      table->table->schema, table->table->name, reason_of(amplifying, t));
    }
    return true;
}

bool
amplifying_search(void *ctx, struct decant_error *err)
{
    struct pull *pull = ctx;
    const struct manifest *copy = pull->amplifying->of_copy;
    const struct search_env readers = { .open = pull_read_copy,
                                        .ctx = pull,
                                        .most = job_reader_count(pull->job->options),
                                        .rows = &pull->pulse.rows };
    return copy->nsearched == 0 ||
           leaks_search_again(pull->job, copy, &readers, &pull->proof.search_arena, err);
}

const char *
amplifying_fact(const struct pull *pull, const char *name, const char *own)
{
    assert(pull != NULL && name != NULL);
    static const char *const of_copy[] = { "columns",  "leaks",   "key_id", "seed",
                                           "database", "data_at", "allowed" };
    const struct amplifying *amplifying = pull->amplifying;
    bool is_of_copy = strcmp(name, "amplified") == 0;
    if (amplifying == NULL)
        return own;
    if (strcmp(name, "not_checked") == 0)
        return "fidelity: the rows are those of a copy, and replicas of them";
    for (size_t i = 0; i < sizeof of_copy / sizeof *of_copy; i++)
        is_of_copy |= strcmp(of_copy[i], name) == 0;
    const char *found = is_of_copy ? manifest_fact(amplifying->of_copy,
                                                   strcmp(name, "amplified") == 0 ? "run" : name)
                                   : NULL;
    return found != NULL ? found : own;
}

void
amplifying_list(const struct pull *pull, struct manifest *out)
{
    assert(pull != NULL && out != NULL);
    const struct amplifying *amplifying = pull->amplifying;
    const struct manifest *copy = amplifying->of_copy;
    const struct plan *plan = &pull->choice.plan;
    struct arena *arena = (struct arena *)&pull->arena;
    out->relations = copy->relations;
    out->nrelations = copy->nrelations;
    out->distincts = copy->distincts;
    out->ndistincts = copy->ndistincts;
    out->guesses = copy->guesses;
    out->nguesses = copy->nguesses;
    out->families = copy->families;
    out->nfamilies = copy->nfamilies;
    out->columns = copy->columns;
    out->ncolumns = copy->ncolumns;
    out->searched = copy->searched;
    out->nsearched = copy->nsearched;
    out->findings = copy->findings;
    out->nfindings = copy->nfindings;
    out->amplified = ARENA_ARRAY(arena, struct manifest_amplified, plan->ntables + 1);
    for (int t = 0; t < plan->ntables; t++) {
        const struct amplified_table *table = &amplifying->model.tables[t];
        out->amplified[out->namplified++] = (struct manifest_amplified){
            .name = arena_printf(arena, "%s.%s", table->table->schema, table->table->name),
            .copied = amplifying->copied[t],
            .wanted = table->wanted,
            .rows = amplifying->rows[t],
            .reason = reason_of(amplifying, t) != NULL ? reason_of(amplifying, t) : "",
        };
    }
}

/* ---- the copy */

static bool
load_manifest(struct decant_job *job, const char *copy, struct arena *arena, struct manifest *out,
              struct decant_error *err)
{
    const char *label, *path;
    struct manifest_note *notes;
    int nnotes;
    struct pg_conn *conn = find_connect(job, copy, err);
    bool ok = conn != NULL && find_of_database(job, conn, arena, &label, &path, err) &&
              manifest_load(path, arena, out, &notes, &nnotes, err);
    pg_close(conn);
    if (ok && out->nrelations == 0 && job->options->factor <= 0) {
        error_set(err, DECANT_CHECK, "the manifest of the copy tells no sizes");
        return error_hint(err,
                          "an older version of decant made it: make the copy again, or say how "
                          "many times as large with --factor");
    }
    if (ok && out->namplified > 0)
        return error_set(err, DECANT_REFUSED, "the copy is an amplified one");
    return ok;
}

static bool
check_asked(const struct decant_options *options, struct decant_error *err)
{
    const char *target;
    if (options->source == NULL)
        return error_set(err, DECANT_USAGE, "no copy to amplify: decant amplify COPY --to TARGET");
    if (options->target == NULL)
        return error_set(err, DECANT_USAGE, "no target: --to TARGET is missing");
    if (sink_for(options->target, &target)->connect_writer == NULL ||
        sink_for(options->source, &target)->connect_writer == NULL) {
        error_set(err, DECANT_USAGE, "only a PostgreSQL copy is amplified, and into another one");
        return error_hint(err, "make the copy with decant pull --to local:NAME");
    }
    if ((options->rows > 0) + (options->size > 0) + (options->factor > 0) > 1)
        return error_set(err, DECANT_USAGE, "--rows, --size and --factor: one of them");
    return true;
}

/* It is a pull of all that the copy has: masked as it is, from beside the target. */
static struct decant_options
as_pull(const struct decant_options *asked)
{
    struct decant_options options = *asked;
    options.rules = NULL;
    options.no_mask = true;
    options.allow_same_server = true;
    options.allow_shrink = true;
    options.rate = 0;
    options.rows = 0;
    options.size = 0;
    return options;
}

bool
amplifying_read(const struct decant_words *files, struct arena *arena, const char **out,
                struct decant_error *err)
{
    struct buf *texts = mem_alloc((size_t)(files->count + 1) * sizeof *texts), all = { 0 };
    bool ok = script_read(files, texts, err);
    for (int i = 0; i < files->count; i++) {
        buf_printf(&all, "%s\n", buf_str(&texts[i]));
        for (size_t k = 0; k < texts[i].len; k++) /* names without quotes are in lower case */
            buf_putc(&all, (char)tolower((unsigned char)texts[i].data[k]));
        buf_putc(&all, '\n');
        buf_deinit(&texts[i]);
    }
    *out = files->count > 0 ? arena_strdup(arena, buf_str(&all)) : NULL;
    buf_deinit(&all);
    free(texts);
    return ok;
}

bool
amplifying_copy(struct decant_job *job, const struct decant_options *options,
                const struct manifest *manifest, const char *sql, struct decant_error *err)
{
    assert(job != NULL && options != NULL && manifest != NULL);
    const struct decant_options *before = job->options, pull = as_pull(options);
    struct amplifying amplifying = { .asked = options, .of_copy = manifest, .sql = sql };
    job->options = &pull;
    bool ok = pull_run(job, &amplifying, NULL, err);
    job->options = before;
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_amplify(struct decant_job *job, struct decant_error *err)
{
    assert(job != NULL);
    struct arena arena = { 0 };
    struct manifest manifest = { 0 };
    const char *sql = NULL;
    struct decant_options options = *job->options;
    options.manifest = NULL; /* that of the copy may be named, and the target gets its own */
    bool ok = check_asked(&options, err) && amplifying_read(&options.sql, &arena, &sql, err) &&
              load_manifest(job, options.source, &arena, &manifest, err) &&
              amplifying_copy(job, &options, &manifest, sql, err);
    arena_deinit(&arena);
    return ok;
}

#pragma GCC visibility pop
