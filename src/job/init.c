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

#include "job/pull.h"
#include "mask/unique.h"
#include "propose/agree.h"
#include "propose/follow.h"
#include "propose/propose.h"
#include "propose/stale.h"
#include "propose/update.h"
#include "select/predict.h"

#define RULES_FILE "decant.yaml"
#define PACKS "pii@1, secrets@1, payment@1, auth@1, rails@1, django@1"

/* The rules of somebody who has none yet. */
static const char first_rules[] = "packs: [" PACKS "]\nsample: {rate: 5%}\n";

enum { MOST_ROUNDS = 16 };

/* What init finds out. */
struct draft {
    struct pull *pull;
    struct proposal **proposals; /* by table of the plan and column */
    struct evidence **evidence;  /* likewise */
    struct outline outline;
    struct references references;
    int nolder; /* rules that are used no more, but that decisions refer to */
    struct rules *older[6 + MOST_ROUNDS];
    struct buf text;
    int guesses, refused, round;
    int added, gone; /* lines, by --update */
};

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
    if (replaces)
        stat(path, &old);
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

/* Children of a foreign key take the line of their parent. */
static bool
has_own_line(const struct masking *masking, int table, int column)
{
    const struct decision *decision = &masking->tables[table].decisions[column];
    return decision->class_size <= 1 ||
           (decision->class_table == table && decision->class_column == column);
}

/* A key to a column that is computed in a way of its own: nothing has a line where the key begins,
 * and no fake of the key would be what is computed from the fakes. */
static bool
propose_computed(const struct pull_choice *choice, const struct masking *masking, int table,
                 int column, struct proposal *out)
{
    const struct decision *decision = &masking->tables[table].decisions[column];
    const struct table *first = masking->tables[decision->class_table].table;
    const struct column *key = &first->columns[decision->class_column];
    const struct column *own = &masking->tables[table].table->columns[column];
    bool may_change = false;
    if (decision->class_size <= 1 || !key->is_generated || own->is_generated)
        return false;
    for (int i = 0; i < first->ncolumns; i++)
        may_change |= plan_mentions(key->default_sql, first->columns[i].name) &&
                      masking_safe_type(&choice->rules->columns, first->columns[i].type) == NULL;
    out->mask = may_change && !own->not_null ? "\"null\"" : "keep";
    out->is_guess = true;
    snprintf(out->why, sizeof out->why, "a key to '%s', which is computed", key->name);
    return true;
}

/* A text that spells a key of another type, which is safe: it is kept as that is. */
static bool
propose_joined(const struct pull_choice *choice, const struct masking *masking, int table,
               int column, struct proposal *out)
{
    const struct decision *decision = &masking->tables[table].decisions[column];
    const struct table *first = masking->tables[decision->class_table].table;
    const struct column *key = &first->columns[decision->class_column];
    const struct column *own = &masking->tables[table].table->columns[column];
    if (has_own_line(masking, table, column) ||
        masking_safe_type(&choice->rules->columns, key->type) == NULL ||
        masking_safe_type(&choice->rules->columns, own->type) != NULL)
        return false;
    out->mask = "keep";
    out->is_firm = true;
    snprintf(out->why, sizeof out->why, "a key of %.100s, as text", first->name);
    return true;
}

/* Ids that are told apart by what stands beside them, in a text: no class of columns has them. They
 * are kept, unless what they refer to is not: see propose_follow(). */
static bool
propose_typed(const struct draft *draft, const struct table *table, int column,
              const struct evidence *evidence, struct proposal *out)
{
    const struct column *c = &table->columns[column];
    for (int i = 0; i < draft->references.n; i++) {
        const struct reference *reference = &draft->references.items[i];
        if (reference->table != table || reference->type_column == NULL ||
            strcmp(reference->column, c->name) != 0 ||
            masking_safe_type(&draft->pull->choice.rules->columns, c->type) != NULL ||
            evidence->hits[detector_find("email")] + evidence->persons > 0)
            continue;
        out->mask = "keep";
        out->is_firm = true;
        out->is_guess = !references_is_whole(reference);
        snprintf(out->why, sizeof out->why, "keys of other tables, as text");
        return true;
    }
    return false;
}

static bool
propose_tables(struct draft *draft, const struct job_masks *masks, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    const struct plan *plan = &masks->plan;
    struct detect *detect = detect_new();
    struct kind *kinds = ARENA_ARRAY(&pull->arena, struct kind, plan->ntables + 1);
    struct evidence **evidences = draft->evidence =
        ARENA_ARRAY(&pull->arena, struct evidence *, plan->ntables + 1);
    bool ok = true;
    draft->proposals = ARENA_ARRAY(&pull->arena, struct proposal *, plan->ntables + 1);
    for (int t = 0; ok && t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        struct evidence *evidence = evidences[t] =
            ARENA_ARRAY(&pull->arena, struct evidence, table->ncolumns + 1);
        draft->proposals[t] = ARENA_ARRAY(&pull->arena, struct proposal, table->ncolumns + 1);
        ok = evidence_read(pull->source.workers[0], detect, table, !pull->job->options->no_values,
                           &pull->arena, evidence, err);
        for (int c = 0; ok && c < table->ncolumns; c++) {
            bool is_known = masks->masking.tables[t].decisions[c].verdict != VERDICT_UNDECIDED;
            if (pull->job->options->update && is_known)
                continue;
            bool lower, unique = unique_is_needed(&masks->masking, t, c, &lower);
            if (propose_computed(&pull->choice, &masks->masking, t, c, &draft->proposals[t][c]))
                continue;
            if (propose_typed(draft, table, c, &evidence[c], &draft->proposals[t][c]))
                continue;
            if (propose_joined(&pull->choice, &masks->masking, t, c, &draft->proposals[t][c]))
                continue;
            if (has_own_line(&masks->masking, t, c))
                propose_column(pull->choice.rules, table, c, unique, &evidence[c],
                               &draft->proposals[t][c]);
        }
    }
    detect_free(detect);
    if (!ok)
        return false;
    kinds_find(plan, &draft->references, draft->proposals, kinds);
    for (int t = 0; t < plan->ntables; t++)
        kinds_keep(&kinds[t], plan->tables[t], evidences[t], draft->proposals[t], &pull->arena);
    agree(plan, (const struct evidence *const *)evidences, draft->proposals);
    propose_follow(&masks->masking, &draft->references, draft->proposals, &pull->arena);
    draft->outline.kinds = kinds;
    return true;
}

/* Rules of the outline take the place of those that init began with. */
static bool
use_outline(struct draft *draft, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    struct rules *rules = NULL;
    struct buf text = { 0 };
    propose_outline(&draft->outline, PACKS, pull->choice.rules->sample.rate, &text);
    bool ok = rules_parse("the outline", buf_str(&text), text.len, &rules, err);
    buf_deinit(&text);
    assert(draft->nolder < (int)(sizeof draft->older / sizeof *draft->older));
    if (ok) {
        draft->older[draft->nolder++] = pull->choice.rules;
        pull->choice.rules = rules;
    }
    return ok;
}

/* References that no key declares join columns to one decision, so they come first. */
static bool
find_references(struct draft *draft, const struct plan *plan, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    struct pg_conn *conn = pull->source.workers[0];
    draft->outline = (struct outline){ .plan = plan, .references = &draft->references };
    if (pull->job->options->update || pull->job->options->no_values)
        return true;
    struct sampling sampling = { 0 };
    return references_find(conn, plan, &pull->arena, &draft->references, err) &&
           use_outline(draft, err) &&
           sampling_build(pull->choice.rules, plan, &pull->arena, &sampling, err) &&
           references_prove(conn, &sampling, &draft->references, err) && use_outline(draft, err);
}

/* Who follows whom, by all that was found out. */
static bool
choose_sample(struct draft *draft, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    if (!sample_choose(pull, err))
        return false;
    for (int t = 0; t < pull->choice.sampling.ntables; t++) {
        int owner = pull->choice.sampling.tables[t].owner;
        struct reference *reference =
            owner >= 0 ? references_of(&draft->references, &pull->choice.sampling, owner) : NULL;
        if (reference != NULL)
            reference->is_owner = true;
    }
    return true;
}

/* Rows that belong to a row of one of several tables, and follow none: each comes with that. */
static bool
require_parents(struct draft *draft, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    bool any = false;
    for (int i = 0; i < draft->references.n; i++) {
        struct reference *reference = &draft->references.items[i];
        const struct table *before = i > 0 ? reference[-1].table : NULL;
        int number = plan_number(draft->outline.plan, reference->table);
        const struct sample_table *t = &pull->choice.sampling.tables[number];
        bool is_second = before == reference->table && reference[-1].is_required;
        reference->is_required =
            references_is_whole(reference) && t->role == ROLE_SAMPLED && t->owner < 0 && !is_second;
        any |= reference->is_required;
    }
    return !any || (use_outline(draft, err) && sample_choose(pull, err));
}

/* A mask that cannot hold gives way to one that keeps the shape, then to none but NULL, then to the
 * original: a person must look at that. Once in a round, though it may be refused for many reasons
 * and in many columns of its class. */
static void
on_refused(void *ctx, int table, int column)
{
    struct draft *draft = ctx;
    struct proposal *proposal = &draft->proposals[table][column];
    const struct masking *masking = &draft->pull->choice.masks.masking;
    const struct decision *decision = &masking->tables[table].decisions[column];
    if (decision->class_table != table || decision->class_column != column)
        proposal = &draft->proposals[decision->class_table][decision->class_column];
    const struct column *c = &masking->tables[table].table->columns[column];
    const char *mask = proposal->mask != NULL ? proposal->mask : "";
    enum mask_kind kind = mask_kind_of(c->type);
    bool is_text = kind == KIND_TEXT, is_null = strcmp(mask, "\"null\"") == 0;
    bool is_listed =
        draft->evidence[table] != NULL &&
        propose_is_vocabulary(masking->tables[table].table, c, &draft->evidence[table][column]);
    draft->refused++;
    if (proposal->round == draft->round)
        return;
    proposal->round = draft->round;
    proposal->is_guess = true;
    const char *second = proposal->second; /* once */
    proposal->second = NULL;
    proposal->mask = second != NULL && strcmp(mask, second) != 0            ? second
                     : is_text && !is_null && strcmp(mask, "by_shape") != 0 ? "by_shape"
                     : kind == KIND_BYTES && strcmp(mask, "token") != 0     ? "token"
                     : !c->not_null && !is_null && !is_listed               ? "\"null\""
                                                                            : "keep";
    proposal->is_forced = strcmp(proposal->mask, "keep") == 0 && !is_listed;
    proposal->is_firm |= strcmp(proposal->mask, "keep") == 0 && is_listed;
    snprintf(proposal->why, sizeof proposal->why, "%s",
             proposal->is_forced                   ? "nothing that would mask it can hold here"
             : strcmp(proposal->mask, "keep") == 0 ? "a check says what it may hold"
                                                   : "what its name suggests cannot hold here");
}

/* The whole file, or the old one with new lines. */
static bool
render(struct draft *draft, const struct plan *plan, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    buf_reset(&draft->text);
    if (pull->job->options->update)
        return update_rules(&pull->choice.rules->source, plan, draft->proposals, &pull->arena,
                            &draft->text, &draft->added, err);
    draft->guesses =
        propose_rules(&pull->choice.sampling, &draft->outline, key_id(pull->choice.key), PACKS,
                      pull->choice.rules->sample.rate, &draft->text);
    draft->guesses += propose_put_columns(plan, draft->proposals, &draft->text);
    propose_target(&draft->outline, &draft->text);
    draft->guesses += propose_put_accepted(plan, draft->proposals, &draft->text);
    return true;
}

/* What refers to a key follows what became of it in the last round. */
static bool
follow(struct draft *draft, const struct masking *masking, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    return propose_follow(masking, &draft->references, draft->proposals, &pull->arena) == 0 ||
           (use_outline(draft, err) && choose_sample(draft, err));
}

static bool
try_draft(struct draft *draft, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    struct rules *rules = NULL;
    const struct job_masks_env env = { .conn = pull->source.workers[0],
                                       .catalog = pull->source.catalog,
                                       .arena = &pull->arena,
                                       .notes = &pull->notes,
                                       .key = pull->choice.key,
                                       .may_look = !pull->job->options->no_values,
                                       .on_refused = on_refused,
                                       .refused_ctx = draft };
    struct job_masks_env with_rules = env;
    bool ok = rules_parse("the draft", buf_str(&draft->text), draft->text.len, &rules, err);
    with_rules.rules = rules;
    job_masks_deinit(&pull->choice.masks);
    pull->choice.masks = (struct job_masks){ 0 };
    ok = ok && job_masks_decide(&with_rules, &pull->choice.masks, err) &&
         masking_require(&pull->choice.masks.masking, err) &&
         job_masks_build(&with_rules, &pull->choice.masks, err);
    rules_free(pull->choice.draft);
    pull->choice.draft = rules;
    return ok;
}

/* Writes the draft, proves its masks, and mends what cannot hold. */
static bool
write_draft(struct draft *draft, struct decant_error *err)
{
    struct pull *pull = draft->pull;
    struct job_masks first = { 0 }, masks = { 0 };
    struct job_masks_env env = { .catalog = pull->source.catalog,
                                 .rules = pull->choice.rules,
                                 .arena = &pull->arena,
                                 .notes = &pull->notes };
    bool ok = job_masks_decide(&env, &first, err) && find_references(draft, &first.plan, err);
    env.rules = pull->choice.rules;
    ok = ok && job_masks_decide(&env, &masks, err) && propose_tables(draft, &masks, err) &&
         (pull->job->options->update ||
          (use_outline(draft, err) && sample_choose(pull, err) && require_parents(draft, err))) &&
         choose_sample(draft, err);
    for (draft->round = 1; ok && draft->round <= MOST_ROUNDS; draft->round++) {
        draft->refused = 0;
        ok = follow(draft, &masks.masking, err) && render(draft, &masks.plan, err) &&
             try_draft(draft, err);
        if (ok && agree_with_forced(&masks.plan, (const struct evidence *const *)draft->evidence,
                                    draft->proposals))
            draft->refused++;
        if (ok && draft->refused == 0)
            break;
        ok = ok && (draft->round < MOST_ROUNDS ||
                    error_set(err, DECANT_BUG, "the draft of the rules comes to no end"));
    }
    job_masks_deinit(&masks);
    job_masks_deinit(&first);
    if (!ok)
        return error_context(err, "in the rules that were to be written");
    agree_to_accept(&pull->choice.masks.plan, (const struct evidence *const *)draft->evidence,
                    draft->proposals, &pull->arena);
    /* small tables with masked columns are no longer whole */
    return choose_sample(draft, err) && render(draft, &pull->choice.masks.plan, err);
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
    ok = ok && write_draft(&draft, err) &&
         (is_same && draft.added == 0 ? true : write_rules(path, &draft.text, update, err));
    if (ok && update)
        summarize_update(&draft, path, summary);
    else if (ok)
        ok = summarize(&draft, path, key, summary, err);
    buf_deinit(&draft.text);
    for (int i = 0; i < draft.nolder; i++)
        rules_free(draft.older[i]);
    free(draft.references.items);
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
