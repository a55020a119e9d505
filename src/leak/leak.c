/* SPDX-License-Identifier: PostgreSQL */
#include "leak/leak.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "leak/internal.h"

static struct leak *
make(const struct rules_checks *rules, const struct originals *originals)
{
    struct leak *leak = mem_alloc(sizeof *leak);
    leak->rules = rules;
    leak->originals = originals;
    leak->has_originals = originals != NULL && originals_count(originals) > 0;
    leak->arena = &leak->own;
    leak->detect = detect_new();
    leak->space = regex_space_new();
    return leak;
}

struct leak *
leak_new(const struct rules_checks *rules, struct originals *originals, struct arena *arena)
{
    assert(rules != NULL && arena != NULL);
    if (originals != NULL)
        originals_finish(originals);
    struct leak *leak = make(rules, originals);
    leak->arena = arena;
    return leak;
}

struct leak *
leak_beside(const struct leak *leak)
{
    assert(leak != NULL);
    return make(leak->rules, leak->originals);
}

static void
end_reading(struct reading *reading)
{
    traits_deinit(&reading->traits);
    buf_deinit(&reading->lower);
}

void
leak_free(struct leak *leak)
{
    if (leak == NULL)
        return;
    detect_free(leak->detect);
    regex_space_free(leak->space);
    end_reading(&leak->cell);
    end_reading(&leak->string);
    buf_deinit(&leak->scratch);
    buf_deinit(&leak->pair);
    buf_deinit(&leak->unescaped);
    buf_deinit(&leak->plain);
    for (size_t i = 0; i < leak->nlist; i++) {
        map_deinit(&leak->list[i]->found);
        free(leak->list[i]->originals);
    }
    map_deinit(&leak->columns);
    free(leak->list);
    arena_deinit(&leak->own);
    free(leak);
}

/* The kind of values that a column's mask makes; NULL: they are in no range that is reserved, or
 * something of the source stays. */
static const struct detector *
kind_of(const struct leak_column *column)
{
    if (column->how == NULL || column->is_scrubbed)
        return NULL;
    for (int i = 0; i < ndetectors; i++)
        if (detectors[i].is_reserved != NULL && strcmp(detectors[i].mask, column->how->name) == 0)
            return &detectors[i];
    return NULL;
}

static struct watched *
watch(struct leak *leak, const struct leak_column *column)
{
    struct watched *watched = map_get(&leak->columns, (uint64_t)(uintptr_t)column);
    if (watched != NULL)
        return watched;
    watched = ARENA_NEW(leak->arena, struct watched);
    watched->column = column;
    watched->is_drawn = column->how != NULL && !column->is_scrubbed;
    unsigned is = column->how != NULL ? column->how->is : 0;
    watched->is_network = (is & IS_NETWORK) != 0;
    watched->is_shared = (is & IS_DRAWN) != 0;
    watched->is_given = (is & IS_GIVEN) != 0;
    watched->is_number = (is & IS_DIGITS) != 0;
    watched->writes = kind_of(column);
    map_put(&leak->columns, (uint64_t)(uintptr_t)column, watched);
    leak->list = mem_grow(leak->list, leak->nlist, sizeof *leak->list);
    leak->list[leak->nlist++] = watched;
    return watched;
}

struct rarity *
leak_rarity(struct watched *watched, int rarity)
{
    assert(rarity >= 0 && rarity < MOST_RARITY);
    if (watched->at[rarity] == 0) {
        watched->originals =
            mem_grow(watched->originals, (size_t)watched->noriginals, sizeof *watched->originals);
        watched->originals[watched->noriginals] = (struct rarity){ 0 };
        watched->at[rarity] = (uint8_t)++watched->noriginals;
    }
    return &watched->originals[watched->at[rarity] - 1];
}

static struct tally *
tally_for(struct leak *leak, struct watched *watched, int kind)
{
    if (watched->kinds[kind] == NULL)
        watched->kinds[kind] = ARENA_NEW(leak->arena, struct tally);
    return watched->kinds[kind];
}

void
leak_note_key(struct leak *leak, struct watched *watched, int kind)
{
    assert(leak != NULL);
    struct tally *tally = tally_for(leak, watched, kind);
    char *key = tally->keys[tally->nkeys % MOST_KEYS];
    if (tally->nkeys == MOST_KEYS || leak->row == NULL)
        return;
    leak->row->put_key(leak->row->ctx, key, KEY_BYTES);
    for (int i = 0; i < tally->nkeys; i++)
        if (strcmp(tally->keys[i], key) == 0)
            return;
    tally->nkeys += key[0] != '\0';
}

static int
compare_given(const void *key, const void *item)
{
    const struct reading *cell = key;
    const char *given = *(const char *const *)item;
    int order = strncmp(cell->text, given, cell->len);
    return order != 0 ? order : given[cell->len] != '\0' ? -1 : 0;
}

bool
leak_is_given(const struct leak *leak)
{
    assert(leak != NULL);
    const struct rules_checks *rules = leak->rules;
    return rules->ngiven > 0 && bsearch(&leak->cell, rules->given, (size_t)rules->ngiven,
                                        sizeof *rules->given, compare_given) != NULL;
}

void
leak_hit(struct leak *leak, struct watched *watched, int kind, bool is_sure)
{
    assert(watched != NULL);
    struct tally *tally = tally_for(leak, watched, kind);
    bool given = leak_is_given(leak);
    int64_t *count = given ? &tally->given : is_sure ? &tally->hits : &tally->chances;
    int64_t *last = given ? &tally->last_given : is_sure ? &tally->last_hit : &tally->last_chance;
    if (*last == watched->cells)
        return;
    *last = watched->cells;
    ++*count;
    leak_note_key(leak, watched, kind);
}

void
leak_note_given(struct leak *leak, struct watched *watched)
{
    assert(watched != NULL);
    tally_for(leak, watched, ndetectors)->given++;
    leak_note_key(leak, watched, ndetectors);
}

static void
merge_tally(struct tally *sum, const struct tally *part)
{
    sum->hits += part->hits;
    sum->chances += part->chances;
    sum->given += part->given;
    for (int i = 0; i < part->nkeys && sum->nkeys < MOST_KEYS; i++) {
        bool is_known = false;
        for (int j = 0; j < sum->nkeys; j++)
            is_known |= strcmp(sum->keys[j], part->keys[i]) == 0;
        if (!is_known)
            memcpy(sum->keys[sum->nkeys++], part->keys[i], KEY_BYTES);
    }
}

/* An original that was met before is no different one. */
static void
merge_originals(struct watched *sum, const struct watched *part)
{
    for (int i = 0; i < MOST_RARITY; i++) {
        if (part->at[i] == 0)
            continue;
        const struct rarity *from = &part->originals[part->at[i] - 1];
        struct rarity *to = leak_rarity(sum, i);
        to->expected += from->expected;
        to->cells += from->cells;
        to->different += from->different;
    }
    for (size_t i = 0; i < part->found.nslots; i++) {
        const struct map_entry *entry = &part->found.slots[i];
        if (entry->value == NULL || sum->found.count >= MOST_DIFFERENT)
            continue;
        if (map_get(&sum->found, entry->number) != NULL)
            leak_rarity(sum, leak_rarity_of(entry->value))->different--;
        else
            map_put(&sum->found, entry->number, entry->value);
    }
}

void
leak_merge(struct leak *leak, const struct leak_column *column, const struct leak *from,
           const struct leak_column *part)
{
    assert(leak != NULL && from != NULL && leak != from);
    const struct watched *seen = map_get(&from->columns, (uint64_t)(uintptr_t)part);
    if (seen == NULL)
        return;
    struct watched *sum = watch(leak, column);
    sum->cells += seen->cells;
    leak->cells += seen->cells;
    for (int kind = 0; kind < MOST_KINDS; kind++)
        if (seen->kinds[kind] != NULL)
            merge_tally(tally_for(leak, sum, kind), seen->kinds[kind]);
    merge_originals(sum, seen);
}

/* Whatever white space stands between words. */
static void
make_blanks_plain(struct leak *leak, const struct watched *watched)
{
    struct reading *cell = &leak->cell;
    size_t len = cell->len;
    if ((cell->traits.seen & (SEEN_CONTROL | SEEN_BLANKS | SEEN_HIGH)) == 0)
        return;
    const char *plain = utf8_plain_blanks(cell->text, &len, &leak->plain);
    if (plain != cell->text)
        leak_read(cell, watched, plain, len);
}

void
leak_look(struct leak *leak, const struct leak_column *column, const char *text, size_t len,
          const struct leak_row *row)
{
    assert(column != NULL && column->object != NULL);
    struct watched *watched = watch(leak, column);
    leak->row = row;
    leak->cells++;
    watched->cells++;
    if (len == 0 || watched->is_given)
        return;
    leak_read(&leak->cell, watched, text, len);
    if (!column->is_whole)
        leak_look_for_kinds(leak, watched, &leak->cell);
    if (!leak->has_originals)
        return;
    if (!column->is_whole)
        make_blanks_plain(leak, watched);
    leak_look_for_originals(leak, watched, &leak->cell);
}

void
leak_look_at_number(struct leak *leak, const struct leak_column *column, int64_t number,
                    const struct leak_row *row)
{
    char text[24];
    if (number < LEAST_NUMBER)
        return;
    int n = snprintf(text, sizeof text, "%lld", (long long)number);
    leak_look(leak, column, text, (size_t)n, row);
    if (!leak->has_originals || number > UINT32_MAX)
        return;
    n = snprintf(text, sizeof text, "%d.%d.%d.%d", (int)(number >> 24), (int)(number >> 16 & 255),
                 (int)(number >> 8 & 255), (int)(number & 255));
    leak_read(&leak->cell, watch(leak, column), text, (size_t)n);
    leak_look_for_originals(leak, watch(leak, column), &leak->cell);
}

/* ---- what it means */

int64_t
leak_cells(const struct leak *leak)
{
    return leak->cells;
}

static const char *
allowed(const struct leak *leak, const char *object, const char *kind)
{
    for (int i = 0; i < leak->rules->nallowed; i++)
        if (strcmp(leak->rules->allowed[i].object, object) == 0 &&
            strcmp(leak->rules->allowed[i].pattern, kind) == 0)
            return leak->rules->allowed[i].why;
    return NULL;
}

static const char *
join_keys(struct leak *leak, const struct tally *tally)
{
    const char *joined = "";
    for (int i = 0; i < tally->nkeys; i++)
        joined = arena_printf(leak->arena, "%s%s%s", joined, i > 0 ? " " : "", tally->keys[i]);
    return joined;
}

static int
by_object(const void *a, const void *b)
{
    const struct leak_finding *x = a, *y = b;
    int order = strcmp(x->object, y->object);
    return order != 0 ? order : strcmp(x->kind, y->kind);
}

int
leak_findings(struct leak *leak, const struct leak_finding **out)
{
    assert(out != NULL);
    size_t n = 0;
    struct leak_finding *found = NULL;
    for (size_t i = 0; i < leak->nlist; i++)
        for (int kind = 0; kind <= ndetectors; kind++) {
            const struct watched *watched = leak->list[i];
            const struct tally *tally = watched->kinds[kind];
            int64_t count = tally == NULL       ? 0
                            : kind < ndetectors ? leak_judge_kind(watched, kind, tally)
                                                : leak_judge_originals(watched);
            const char *name = kind < ndetectors ? detectors[kind].name : "originals";
            bool is_ours = count == 0 && tally != NULL && tally->given > 0;
            if (count == 0 && !is_ours)
                continue;
            found = mem_grow(found, n, sizeof *found);
            found[n++] = (struct leak_finding){
                .object = watched->column->object,
                .kind = name,
                .count = is_ours ? tally->given : count,
                .cells = watched->cells,
                .keys = join_keys(leak, tally),
                .allowed = is_ours ? "the rules' own SQL gives these values"
                                   : allowed(leak, watched->column->object, name),
            };
        }
    struct leak_finding *kept = ARENA_ARRAY(leak->arena, struct leak_finding, n + 1);
    if (n > 0) {
        qsort(found, n, sizeof *found, by_object);
        memcpy(kept, found, n * sizeof *found);
    }
    free(found);
    *out = kept;
    return (int)n;
}
