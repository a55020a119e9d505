/* SPDX-License-Identifier: PostgreSQL */
/* Runs a migration on a clone of a copy and says what it did. */
#include "job/rehearse.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job/find.h"
#include "rehearse/policy.h"
#include "rehearse/write.h"

/* ---- what is wanted */

/* What a former report says, whole: its findings are known by their numbers. */
static bool
read_baseline(const char *path, struct buf *out, struct decant_error *err)
{
    char block[65536];
    size_t n;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        error_errno(err, "cannot read the baseline '%s'", path);
        err->code = DECANT_USAGE;
        return false;
    }
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out, block, n);
    bool ok = ferror(file) == 0 && out->len > 0 && out->data[0] == '{';
    fclose(file);
    return ok || error_set(err, DECANT_USAGE, "'%s' is no report of a rehearsal in JSON", path);
}

bool
rehearse_load_policy(struct rehearse *rehearse, struct decant_error *err)
{
    const struct decant_options *options = rehearse->job->options;
    rehearse_init(&rehearse->wanted);
    if (options->rules != NULL && !rules_load(options->rules, &rehearse->rules, err))
        return false;
    if (rehearse->rules != NULL)
        rehearse->wanted = rehearse->rules->rehearse;
    return options->baseline == NULL || read_baseline(options->baseline, &rehearse->baseline, err);
}

void
rehearse_judge(struct rehearse *rehearse)
{
    char today[16];
    struct tm utc;
    time_t now = time(NULL);
    strftime(today, sizeof today, "%Y-%m-%d", gmtime_r(&now, &utc));
    const struct policy policy = { &rehearse->wanted, today,
                                   rehearse->baseline.len > 0 ? rehearse->baseline.data : NULL };
    policy_judge(&policy, &rehearse->rehearsal);
}

/* Has it the values of the source? */
static void
take_kept(struct rehearsal *out, const struct manifest_column *column)
{
    if (strcmp(column->verdict, "kept") != 0 && strcmp(column->verdict, "safe") != 0)
        return;
    out->kept_columns = mem_grow(out->kept_columns, (size_t)out->nkept, sizeof *out->kept_columns);
    out->kept_columns[out->nkept++] = column->name;
}

/* A table as it is called in a copy; in a file the schema is a part of the name. */
static const char *
name_in_copy(struct arena *arena, const char *name, bool is_file)
{
    const char *dot = strchr(name, '.');
    if (!is_file || dot == NULL)
        return name;
    return strncmp(name, "public.", 7) == 0
               ? dot + 1
               : arena_printf(arena, "%.*s__%s", (int)(dot - name), name, dot + 1);
}

static void
take_sizes(struct rehearsal *out, const struct manifest *manifest)
{
    const char *page = manifest_fact(manifest, "page_bytes");
    struct production_size *sizes =
        ARENA_ARRAY(&out->arena, struct production_size, manifest->nrelations + 1);
    for (int i = 0; page != NULL && i < manifest->nrelations; i++)
        if (manifest->relations[i].kind != 't')
            sizes[out->nsizes++] =
                (struct production_size){ manifest->relations[i].name,
                                          manifest->relations[i].pages * atoi(page) };
    out->sizes = sizes;
}

static void
take_proportion(struct rehearsal *out, const struct manifest *manifest,
                const struct manifest_sample *sample, bool is_file)
{
    for (int t = 0; t < manifest->ntables; t++) {
        const struct manifest_table *table = &manifest->tables[t];
        if (strcmp(table->name, sample->name) != 0 || sample->source_rows < 0)
            continue;
        out->proportions =
            mem_grow(out->proportions, (size_t)out->nproportions, sizeof *out->proportions);
        out->proportions[out->nproportions++] =
            (struct proportion){ name_in_copy(&out->arena, table->name, is_file), table->rows,
                                 sample->source_rows };
    }
}

void
rehearse_load_manifest(struct rehearse *rehearse, const char *path, bool is_file)
{
    assert(rehearse != NULL && path != NULL);
    struct decant_error none = { 0 };
    struct manifest manifest = { 0 };
    struct manifest_note *notes;
    struct rehearsal *out = &rehearse->rehearsal;
    int nnotes;
    out->has_manifest = manifest_load(path, &out->arena, &manifest, &notes, &nnotes, &none);
    for (int i = 0; out->has_manifest && i < manifest.ncolumns; i++)
        take_kept(out, &manifest.columns[i]);
    if (out->has_manifest && !is_file) /* of files no size is asked for */
        take_sizes(out, &manifest);
    for (int i = 0; out->has_manifest && i < manifest.nsamples; i++)
        take_proportion(out, &manifest, &manifest.samples[i], is_file);
    if (out->has_manifest)
        rehearse->manifest = manifest;
}

/* The status says what the verdict says. */
static bool
conclude(const struct rehearsal *rehearsal, struct decant_error *err)
{
    const char *verdict = rehearsal_verdict(rehearsal);
    if (strcmp(verdict, "holds") == 0)
        return true;
    bool is_unseen = strcmp(verdict, "not observed") == 0;
    error_set(err, is_unseen ? DECANT_UNPUBLISHED : DECANT_CHECK, "the rehearsal %s",
              is_unseen                        ? "was not observed"
              : strcmp(verdict, "failed") == 0 ? "failed"
                                               : "breached the policy");
    if (rehearsal->record.nsteps == 0)
        error_hint(err, "nothing reached the database: does the command use DATABASE_URL or PG*?");
    return false;
}

static void
end(struct rehearse *rehearse)
{
    rehearse_end_database(rehearse);
    if (rehearse->rules != NULL)
        rules_free(rehearse->rules);
    buf_deinit(&rehearse->baseline);
    relations_deinit(&rehearse->before);
    rehearsal_deinit(&rehearse->rehearsal);
    arena_deinit(&rehearse->arena);
}

/* What is wrong with what was asked for, before anything is done. */
static bool
check_asked(const struct decant_options *options, const char *format, struct decant_error *err)
{
    bool has_files = options->sql.count > 0, has_command = options->command != NULL;
    if (!rehearsal_has_format(format)) {
        error_set(err, DECANT_USAGE, "there is no format '%s' of a rehearsal", format);
        return error_hint(err, "text, json, md, sarif, junit or html");
    }
    if (options->target == NULL) {
        error_set(err, DECANT_USAGE, "no copy to rehearse on");
        return error_hint(err, "name it with --on");
    }
    if (options->goes_on && has_command) {
        error_set(err, DECANT_USAGE, "--continue needs --sql");
        return error_hint(err, "a command decides itself what it does after a failure");
    }
    if (has_files == has_command) {
        error_set(err, DECANT_USAGE,
                  has_files ? "--sql and a command: one of them" : "nothing to rehearse");
        return error_hint(err, "decant rehearse --on COPY --sql FILE, or ... -- COMMAND");
    }
    return true;
}

#pragma GCC visibility push(default)

bool
decant_job_rehearse(struct decant_job *job, const char *format, char **text,
                    struct decant_error *err)
{
    struct rehearse rehearse = { .job = job };
    struct buf out = { 0 };
    if (!check_asked(job->options, format, err))
        return false;
    bool is_file = find_target(job, &rehearse.arena, &rehearse.target);
    bool ok = is_file ? rehearse_on_file(&rehearse, err) : rehearse_on_database(&rehearse, err);
    if (ok) {
        rehearse.rehearsal.copy = rehearse.target;
        rehearsal_write(&rehearse.rehearsal, format, &out);
        *text = buf_steal(&out);
        ok = conclude(&rehearse.rehearsal, err);
    } else {
        job_explain_stop(job, err);
    }
    end(&rehearse);
    return ok;
}

#pragma GCC visibility pop
