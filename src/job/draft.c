/* SPDX-License-Identifier: PostgreSQL */
/* What init finds out about a source, decides, and tries. */
#include "job/draft.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask/unique.h"
#include "propose/agree.h"
#include "propose/follow.h"
#include "propose/update.h"

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
    assert(draft != NULL && masks != NULL);
    struct pull *pull = draft->pull;
    const struct plan *plan = &masks->plan;
    struct detect *detect = detect_new();
    const struct evidence_source source = {
        .conn = pull->job->options->no_values ? NULL : pull->source.workers[0],
        .detect = detect,
        .statistics = plan->statistics,
        .arena = &pull->arena,
    };
    struct kind *kinds = ARENA_ARRAY(&pull->arena, struct kind, plan->ntables + 1);
    struct evidence **evidences = draft->evidence =
        ARENA_ARRAY(&pull->arena, struct evidence *, plan->ntables + 1);
    struct propose_packs asked = { pull->choice.rules, { .arena = &pull->arena } };
    bool ok = true;
    draft->proposals = ARENA_ARRAY(&pull->arena, struct proposal *, plan->ntables + 1);
    for (int t = 0; ok && t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        struct evidence *evidence = evidences[t] =
            ARENA_ARRAY(&pull->arena, struct evidence, table->ncolumns + 1);
        draft->proposals[t] = ARENA_ARRAY(&pull->arena, struct proposal, table->ncolumns + 1);
        ok = evidence_read(&source, table, evidence, err);
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
                propose_column(&asked, table, c, unique, &evidence[c], &draft->proposals[t][c]);
        }
    }
    map_deinit(&asked.names.names);
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
    propose_outline(&draft->outline, DRAFT_PACKS, pull->choice.rules->sample.rate, &text);
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
    draft->outline = (struct outline){ .plan = plan,
                                       .rules = pull->choice.rules,
                                       .references = &draft->references };
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
    assert(table >= 0 && column >= 0);
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
        propose_rules(&pull->choice.sampling, &draft->outline, key_id(pull->choice.key),
                      DRAFT_PACKS, pull->choice.rules->sample.rate, &draft->text);
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
                                       .statistics = &pull->source.statistics,
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

bool
draft_write(struct draft *draft, struct decant_error *err)
{
    assert(draft != NULL);
    struct pull *pull = draft->pull;
    struct job_masks first = { 0 }, masks = { 0 };
    struct job_masks_env env = { .catalog = pull->source.catalog,
                                 .statistics = &pull->source.statistics,
                                 .rules = pull->choice.rules,
                                 .arena = &pull->arena,
                                 .notes = &pull->notes };
    bool ok = job_masks_decide(&env, &first, err) && find_references(draft, &first.plan, err);
    env.rules = pull->choice.rules;
    ok = ok && job_masks_decide(&env, &masks, err) && propose_tables(draft, &masks, err) &&
         (pull->job->options->update ||
          (use_outline(draft, err) && sample_choose(pull, err) && require_parents(draft, err))) &&
         choose_sample(draft, err);
    for (draft->round = 1; ok && draft->round <= DRAFT_ROUNDS; draft->round++) {
        draft->refused = 0;
        ok = follow(draft, &masks.masking, err) && render(draft, &masks.plan, err) &&
             try_draft(draft, err);
        if (ok && agree_with_forced(&masks.plan, (const struct evidence *const *)draft->evidence,
                                    draft->proposals))
            draft->refused++;
        if (ok && draft->refused == 0)
            break;
        ok = ok && (draft->round < DRAFT_ROUNDS ||
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

void
draft_deinit(struct draft *draft)
{
    assert(draft != NULL);
    buf_deinit(&draft->text);
    for (int i = 0; i < draft->nolder; i++)
        rules_free(draft->older[i]);
    free(draft->references.items);
}
