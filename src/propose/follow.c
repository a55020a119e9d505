/* SPDX-License-Identifier: PostgreSQL */
#include "propose/follow.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What is proposed for a column, or for the one whose line its class takes. */
static const char *
mask_of(const struct masking *masking, struct proposal *const *proposals, int table, int column)
{
    const struct decision *decision = &masking->tables[table].decisions[column];
    const char *mask = proposals[decision->class_table][decision->class_column].mask;
    return mask != NULL ? mask : "keep"; /* of a safe type */
}

/* One fake for one original, wherever it stands. */
static bool
can_be_followed(const char *mask)
{
    static const char *const by_value[] = {
        "keep", "by_shape", "token", "uuid", "email", "username"
    };
    for (size_t i = 0; i < sizeof by_value / sizeof *by_value; i++)
        if (strcmp(mask, by_value[i]) == 0)
            return true;
    return strncmp(mask, "{use: token, ", 13) == 0;
}

/* Leaves the ends whose keys have the mask of the first one that can be followed. NULL: none. */
static const char *
settle(const struct masking *masking, struct proposal *const *proposals, struct reference *r,
       int *dropped)
{
    const char *common = NULL;
    int n = 0;
    for (int e = 0; e < r->nends; e++) {
        int parent = plan_number(masking->plan, r->ends[e].table);
        const char *mask = mask_of(masking, proposals, parent, r->ends[e].column);
        if (!can_be_followed(mask) || (common != NULL && strcmp(common, mask) != 0))
            continue;
        common = mask;
        r->ends[n++] = r->ends[e];
    }
    *dropped += r->nends - n;
    r->nends = n;
    return common;
}

static bool
follow_in_column(struct proposal *out, const char *mask)
{
    bool is_same = strcmp(out->mask != NULL ? out->mask : "keep", mask) == 0;
    if (is_same || out->mask == NULL) /* a number can follow what is kept, and nothing else */
        return is_same;
    out->mask = mask;
    out->is_firm = true;
    snprintf(out->why, sizeof out->why, "keys of other tables, as text");
    return true;
}

static const char document[] = "{use: json, ";

static bool
is_by_leaf(const struct proposal *proposal)
{
    return proposal->mask != NULL && strncmp(proposal->mask, document, strlen(document)) == 0;
}

/* Each member of a document gets a path. */
static bool
follow_in_document(struct proposal *out, const char *member, const char *mask, struct arena *arena)
{
    const char *paths = out->paths != NULL ? out->paths : "";
    if (!is_by_leaf(out))
        return strcmp(mask, "keep") == 0 && out->mask != NULL && strcmp(out->mask, "keep") == 0;
    out->paths =
        arena_printf(arena, "%s%s\"$$.%s\": %s", paths, *paths != '\0' ? ", " : "", member, mask);
    return true;
}

int
propose_follow(const struct masking *masking, struct references *references,
               struct proposal *const *proposals, struct arena *arena)
{
    assert(masking != NULL && references != NULL);
    int dropped = 0;
    for (int t = 0; t < masking->ntables; t++)
        for (int c = 0; c < masking->tables[t].table->ncolumns; c++)
            proposals[t][c].paths = NULL;
    for (int i = 0; i < references->n; i++) {
        struct reference *r = &references->items[i];
        if (r->member == NULL && r->type_column == NULL)
            continue;
        const char *mask = settle(masking, proposals, r, &dropped);
        int child = plan_number(masking->plan, r->table);
        struct proposal *out = &proposals[child][table_column(r->table, r->column)];
        bool follows =
            mask != NULL && (r->member != NULL ? follow_in_document(out, r->member, mask, arena)
                                               : follow_in_column(out, mask));
        dropped += follows ? 0 : r->nends;
        r->nends = follows ? r->nends : 0;
    }
    int n = 0;
    for (int i = 0; i < references->n; i++)
        if (references->items[i].nends > 0)
            references->items[n++] = references->items[i];
    references->n = n;
    return dropped;
}

void
propose_put_mask(const struct proposal *proposal, struct buf *out)
{
    assert(proposal->mask != NULL);
    if (proposal->paths != NULL && is_by_leaf(proposal))
        buf_printf(out, "%spaths: {%s}, %s", document, proposal->paths,
                   proposal->mask + strlen(document));
    else
        buf_puts(out, proposal->mask);
}
