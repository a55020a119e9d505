/* SPDX-License-Identifier: PostgreSQL */
/* decant init: a first rules file, and the key that it names. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job/draft.h"
#include "propose/propose.h"
#include "propose/stale.h"
#include "select/predict.h"

#define RULES_FILE "decant.yaml"
/* The rules of somebody who has none yet. */
static const char first_rules[] = "packs: [" DRAFT_PACKS "]\nsample: {rate: 5%}\n";

/* A key that exists is used, never replaced. *path is on the heap. */
static bool
find_key(struct pull *pull, char **path, struct decant_error *err)
{
    const char *wanted = pull->job->options->key_file;
    char id[KEY_ID];
    if (wanted != NULL && access(wanted, F_OK) == 0)
        *path = mem_strdup(wanted);
    else if (!key_create(wanted, path, id, err))
        return false;
    return key_load(*path, &pull->choice.key, err);
}

/* A new file, or one that takes the place of the old. */
static bool
write_rules(const char *path, const struct buf *text, bool replaces, struct decant_error *err)
{
    struct buf name = { 0 };
    struct stat old = { .st_mode = 0666 };
    buf_printf(&name, "%s%s", path, replaces ? ".new" : "");
    if (replaces && stat(path, &old) != 0) {
        buf_deinit(&name);
        return error_errno(err, "cannot look at '%s'", path);
    }
    char *beside = buf_steal(&name);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old.st_mode & 0777);
    bool ok = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0 &&
              (!replaces || rename(beside, path) == 0);
    if (!ok)
        error_errno(err, "cannot write '%s'", beside);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !ok)
        unlink(beside);
    free(beside);
    return ok;
}

static bool
check_path(const char *path, struct decant_error *err)
{
    if (access(path, F_OK) != 0)
        return true;
    error_set(err, DECANT_REFUSED, "'%s' is there already", path);
    return error_hint(err, "name another file with -c, or move it away");
}

/* A word that a shell reads as it is. */
static void
put_shell_word(const char *word, struct buf *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@=%+,";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (; *word != '\0'; word++)
        buf_puts(out, *word == '\'' ? "'\\''" : (char[]){ *word, '\0' });
    buf_putc(out, '\'');
}

/* A line that can be pasted: with what was typed, and without what is found by itself. */
static void
put_next(const struct pull *pull, const char *command, const char *key, const char *target,
         struct buf *out)
{
    const struct decant_options *options = pull->job->options;
    buf_printf(out, "  decant %s", command);
    if (options->rules != NULL && strcmp(options->rules, RULES_FILE) != 0) {
        buf_puts(out, " -c ");
        put_shell_word(options->rules, out);
    }
    char *known = key_path(key_id(pull->choice.key));
    if (key != NULL && strcmp(key, known) != 0) {
        buf_puts(out, " --key-file ");
        put_shell_word(key, out);
    }
    free(known);
    if (target != NULL)
        buf_printf(out, " --to %s", target);
    if (options->source != NULL) {
        buf_putc(out, ' ');
        put_shell_word(options->source, out);
    }
    buf_putc(out, '\n');
}

enum { MOST_COUNTED = 5000000, MOST_ROOTS_SHOWN = 20 };

/* What the rate brings of each root: rows that are chosen, and those that come for others' sake. */
static bool
put_roots(struct pull *pull, struct buf *out, struct decant_error *err)
{
    assert(pull != NULL);
    const struct sampling *s = &pull->choice.sampling;
    struct prediction *all = ARENA_ARRAY(&pull->arena, struct prediction, s->ntables + 1);
    int shown = 0, hidden = 0;
    if (!predict_sample(pull->source.workers[0], s, MOST_COUNTED, all, err))
        return false;
    for (int i = 0; i < s->ntables; i++) {
        const struct sample_table *t = &s->tables[i];
        const struct prediction *p = &all[i];
        if (t->role != ROLE_SAMPLED || t->owner >= 0 || p->rows == 0)
            continue;
        if (shown == MOST_ROOTS_SHOWN) {
            hidden++;
            continue;
        }
        if (shown++ == 0)
            buf_printf(out, "\n%g %% of each root:\n", pull->choice.rules->sample.rate * 100);
        buf_printf(out, "  %s.%s: ", t->table->schema, t->table->name);
        if (p->rows < 0)
            buf_puts(out, "not known: ANALYZE it\n");
        else
            buf_printf(out, "%.0f +-%.0f of %.0f rows%s", p->sampled, 2 * p->sd, p->rows,
                       p->pulled + p->completed < 0.5 ? "\n" : "");
        if (p->rows >= 0 && p->pulled + p->completed >= 0.5)
            buf_printf(out, ", and %.0f because others need them\n", p->pulled + p->completed);
    }
    if (hidden > 0)
        buf_printf(out, "  ... and %d more: 'decant plan' shows all\n", hidden);
    return true;
}

static bool
summarize(const struct draft *draft, const char *rules, const char *key, struct buf *out,
          struct decant_error *err)
{
    struct pull *pull = draft->pull;
    const struct job_masks *masks = &pull->choice.masks;
    const struct sampling *s = &pull->choice.sampling;
    int roots = 0, owned = 0, whole = 0;
    for (int i = 0; i < s->ntables; i++) {
        whole += s->tables[i].role == ROLE_WHOLE;
        owned += s->tables[i].owner >= 0;
        roots += s->tables[i].role == ROLE_SAMPLED && s->tables[i].owner < 0;
    }
    buf_printf(out,
               "%s: %d table%s: %d roots, whose rows are chosen, %d that follow them, %d whole\n"
               "%d columns: %d safe by type, %d masked, %d kept; review the %d lines marked "
               "'# ?'\n"
               "key %s: %s\n",
               rules, s->ntables, s->ntables == 1 ? "" : "s", roots, owned, whole, masks->ncolumns,
               masks->nsafe, masks->nmasked, masks->nkept, draft->guesses, key_id(pull->choice.key),
               key);
    if (!put_roots(pull, out, err))
        return false;
    buf_puts(out, "\nnext:\n");
    put_next(pull, "plan", NULL, NULL, out);
    put_next(pull, "pull", key, "copy.sqlite", out);
    return true;
}

/* What the source has no longer becomes a comment, before the rules are held against it. */
static bool
drop_stale(struct draft *draft, const char *path, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    struct notes ignored;
    struct plan plan;
    struct buf text = { 0 };
    struct rules *rules = NULL;
    notes_init(&ignored);
    bool ok = plan_build(pull->source.catalog, true, false, &pull->arena, &ignored, &plan, err);
    notes_deinit(&ignored);
    draft->gone = ok ? stale_comment_out(pull->choice.rules, &plan, &text) : 0;
    if (ok && draft->gone > 0) {
        ok = rules_parse(path, buf_str(&text), text.len, &rules, err);
        if (ok) {
            draft->older[draft->nolder++] = pull->choice.rules;
            pull->choice.rules = rules;
        }
    }
    buf_deinit(&text);
    return ok;
}

/* Columns that nobody wrote a line for, because a pack knows their names: a reader may want to see
 * them. */
static void
put_taken(const struct draft *draft, struct buf *out)
{
    enum { MOST = 12 };
    const struct masking *masking = &draft->pull->choice.masks.masking;
    int n = 0;
    for (int t = 0; t < masking->ntables; t++)
        for (int c = 0; c < masking->tables[t].table->ncolumns; c++) {
            const struct decision *d = &masking->tables[t].decisions[c];
            if (d->verdict != VERDICT_MASKED || d->line == NULL || d->line->rank != RANK_PACK)
                continue;
            if (n++ < MOST)
                buf_printf(out, "%s%s.%s.%s", n == 1 ? "by a pack, without a line: " : ", ",
                           masking->tables[t].table->schema, masking->tables[t].table->name,
                           masking->tables[t].table->columns[c].name);
        }
    if (n > MOST)
        buf_printf(out, " and %d more", n - MOST);
    buf_puts(out, n > 0 ? "\n" : "");
}

static void
summarize_update(const struct draft *draft, const char *path, struct buf *out)
{
    buf_printf(out, "%s: %d new line%s, marked '# ?'", path, draft->added,
               draft->added == 1 ? "" : "s");
    if (draft->gone > 0)
        buf_printf(out, "; %d line%s of what the source has no longer, now '# gone:'", draft->gone,
                   draft->gone == 1 ? "" : "s");
    buf_putc(out, '\n');
    put_taken(draft, out);
}

static bool
run_init(struct pull *pull, struct buf *summary, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    const struct decant_options *options = pull->job->options;
    const char *path = options->rules != NULL ? options->rules : RULES_FILE;
    struct draft draft = { .pull = pull };
    char *key = NULL;
    pull->target.ops = &no_sink;
    pull->target.env.nworkers = 1;
    pull->is_dry = pull->wants_stats = true;
    bool update = options->update;
    bool ok = update ? rules_load(path, &pull->choice.rules, err)
                     : check_path(path, err) &&
                           rules_parse("first rules", first_rules, strlen(first_rules),
                                       &pull->choice.rules, err);
    if (ok && options->rate > 0)
        rules_set_extent(pull->choice.rules, options->rate, 0, 0);
    if (ok && update && !pull->choice.rules->sample.is_given)
        pull->choice.rules->sample.rate = 1;
    ok = ok && pull_read_catalog(pull, err) && (!update || drop_stale(&draft, path, err)) &&
         pull_choose(pull, err) && (update || find_key(pull, &key, err));
    bool is_same = update && draft.gone == 0;
    ok = ok && draft_write(&draft, err) &&
         (is_same && draft.added == 0 ? true : write_rules(path, &draft.text, update, err));
    if (ok && update)
        summarize_update(&draft, path, summary);
    else if (ok)
        ok = summarize(&draft, path, key, summary, err);
    draft_deinit(&draft);
    free(key);
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_init(struct decant_job *job, char **summary, struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    notes_init(&pull.notes);
    bool ok = run_init(&pull, &out, err);
    if (!ok)
        job_explain_stop(job, err);
    *summary = buf_steal(&out);
    pull.target.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
