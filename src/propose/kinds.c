/* SPDX-License-Identifier: PostgreSQL */
#include "propose/kinds.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "plan/party.h"
#include "plan/sampling.h"
#include "rules/spell.h"

/* Words in the names of tables whose rows programs name, or people choose from. */
static const char *const words[] = {
    "categories", "category",   "code",       "codes",      "config",      "configuration",
    "countries",  "country",    "currencies", "currency",   "feature",     "features",
    "rate",       "rates",      "tax",        "taxes",      "flag",        "flags",
    "kind",       "kinds",      "language",   "languages",  "locale",      "locales",
    "lookup",     "menu",       "model",      "models",     "module",      "modules",
    "group",      "groups",     "menus",      "option",     "options",     "param",
    "parameter",  "parameters", "params",     "permission", "permissions", "perm",
    "perms",      "plan",       "plans",      "preference", "preferences", "privilege",
    "privileges", "properties", "property",   "role",       "roles",       "setting",
    "settings",   "site",       "sites",      "state",      "states",      "status",
    "statuses",   "tariff",     "tariffs",    "template",   "templates",   "tier",
    "tiers",      "timezone",   "timezones",  "toggle",     "toggles",     "type",
    "types",      "unit",       "units",      "variable",   "variables",   NULL
};

/* Tables of servers that people run as they are, and that would not start without: what they are
 * called says something else elsewhere, so that a column must be there, too. */
static const struct {
    const char *table, *column;
} of_servers[] = {
    { "client", "protocol" }, /* Keycloak */
    { "realm_attribute", "realm_id" },
};

static bool
is_of_server(const struct table *table)
{
    for (size_t i = 0; i < sizeof of_servers / sizeof *of_servers; i++)
        if (strcasecmp(of_servers[i].table, table->name) == 0 &&
            table_column(table, of_servers[i].column) >= 0)
            return true;
    return false;
}

static bool
is_configuration(const struct table *table)
{
    if (is_of_server(table))
        return true;
    for (const char *p = table->name; *p != '\0';) {
        size_t n = 0;
        while (isalpha((unsigned char)p[n]))
            n++;
        for (const char *const *word = words; n > 0 && *word != NULL; word++)
            if (strlen(*word) == n && strncasecmp(*word, p, n) == 0)
                return true;
        p += n + (p[n] != '\0');
    }
    return false;
}

static bool
is_self(const struct plan_key *key)
{
    return key->child == key->parent;
}

/* A table that refers to this one; NULL. */
static const struct table *
referrer(const struct plan *plan, const struct references *references, const struct table *table)
{
    for (int i = 0; i < references->n; i++)
        for (int e = 0; e < references->items[i].nends; e++)
            if (references->items[i].ends[e].table == table && references->items[i].table != table)
                return references->items[i].table;
    for (int i = 0; i < plan->nkeys; i++)
        if (plan->keys[i].parent == table && !is_self(&plan->keys[i]))
            return plan->keys[i].child;
    return NULL;
}

/* By a key of the database. */
static bool
is_referred_to(const struct plan *plan, const struct table *table)
{
    for (int i = 0; i < plan->nkeys; i++)
        if (plan->keys[i].parent == table && !is_self(&plan->keys[i]))
            return true;
    return false;
}

static bool
has_person(const struct table *table, const struct proposal *proposals)
{
    bool has = !is_of_server(table) && table_is_party(table);
    for (int c = 0; c < table->ncolumns; c++)
        has |= proposals[c].is_personal;
    return has;
}

/* Small, referred to or named by programs, and without a column about people. */
static bool
may_be_reference(const struct table *table, int64_t few_rows, const struct table *child,
                 const struct proposal *proposals)
{
    return few_rows > 0 && few_rows <= SAMPLING_FEW_ROWS &&
           (child != NULL || is_configuration(table)) && !has_person(table, proposals);
}

/* What refers to rows of others is theirs. Returns whether it took one out. */
static bool
take_one_out(const struct plan *plan, struct kind *out)
{
    for (int i = 0; i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        int child = plan_number(plan, key->child), parent = plan_number(plan, key->parent);
        if (!is_self(key) && !column_is_audit(&key->child->columns[key->child_columns[0]]) &&
            out[child].kind == TABLE_REFERENCE && out[parent].kind == TABLE_ORDINARY) {
            out[child].kind = TABLE_ORDINARY;
            return true;
        }
    }
    return false;
}

void
kinds_find(const struct plan *plan, const struct references *references,
           struct proposal *const *proposals, struct kind *out)
{
    assert(plan != NULL);
    for (int t = 0; t < plan->ntables; t++) {
        const struct table *table = plan->tables[t];
        const struct table *child = referrer(plan, references, table);
        int64_t few_rows = statistics_few(plan->statistics, table);
        out[t] = (struct kind){ .tool = bookkeeping_of(table) };
        if (out[t].tool != NULL)
            out[t].kind = TABLE_BOOKKEEPING;
        else if (may_be_reference(table, few_rows, child, proposals[t]))
            out[t].kind = TABLE_REFERENCE;
        out[t].is_lookup =
            child != NULL &&
            (is_of_server(table) || (is_configuration(table) && is_referred_to(plan, table)));
        if (is_configuration(table))
            snprintf(out[t].why, sizeof out[t].why, "configuration, %lld rows",
                     (long long)few_rows);
        else if (child != NULL)
            snprintf(out[t].why, sizeof out[t].why, "%lld rows that %.100s refers to",
                     (long long)few_rows, child->name);
    }
    while (take_one_out(plan, out))
        ;
}

/* The column by which programs find a row: the first text that tells rows apart. */
static int
name_column(const struct table *table)
{
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        int c = index->is_unique && index->nkeys == 1 ? index->keys[0].column : -1;
        if (c >= 0 && mask_kind_of(table->columns[c].type) == KIND_TEXT)
            return c;
    }
    return -1;
}

/* A rule for the rows of which `name`, a column, matches a pattern. */
static void
put_part(const char *name, const char *pattern, const char *mask, struct buf *out)
{
    struct buf column = { 0 };
    spell_name(name, &column);
    buf_printf(out, "{when: \"%s ~* '%s'\", use: %s}, ", buf_str(&column), pattern, mask);
    buf_deinit(&column);
}

static bool
is_unique(const struct table *table, int column)
{
    bool is = false;
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_unique && k < table->indexes[i].nkeys; k++)
            is |= table->indexes[i].keys[k].column == column;
    return is;
}

/* Are there values like ways to reach people, or like what opens something? */
static bool
reaches_somebody(const struct column *column, const struct evidence *evidence)
{
    int hits = 0;
    for (int i = 0; i < ndetectors; i++)
        hits += detectors[i].is_public ? 0 : evidence->hits[i];
    return hits > (propose_is_version(column) ? evidence->hits[detector_find("ipv4")] : 0);
}

/* Settings are read by programs, but some of them open something, or reach somebody: these rows are
 * masked, the others kept. NULL where there are none. */
static const char *
parted(const struct table *table, int column, const struct evidence *evidence, struct arena *arena)
{
    struct buf list = { 0 };
    int key = name_column(table);
    if (is_unique(table, column)) /* fakes of some rows could meet what others keep */
        return NULL;
    if (key >= 0 && key != column && evidence[key].secrets > 0)
        put_part(table->columns[key].name, EVIDENCE_SECRETS, "secret", &list);
    if (reaches_somebody(&table->columns[column], &evidence[column]))
        put_part(table->columns[column].name, "@|://|[0-9]{6}|[.][0-9]+[.]", "by_shape", &list);
    const char *text = list.len > 0 ? arena_printf(arena, "[%skeep]", buf_str(&list)) : NULL;
    buf_deinit(&list);
    return text;
}

/* Prose that several rows share is no description of theirs. */
static bool
is_told_often(const struct column *column, const struct evidence *evidence)
{
    enum { FEWEST = 20 };
    return evidence->values >= FEWEST && strcasestr(column->name, "desc") == NULL &&
           evidence->prose * 5 >= evidence->distinct && evidence->prose > 0 &&
           evidence->distinct * 2 < evidence->values;
}

static bool
is_place(const char *mask)
{
    return strcmp(mask, "city") == 0 || strcmp(mask, "region") == 0 || strcmp(mask, "country") == 0;
}

static void
keep_of_tool(const struct bookkeeping *tool, const struct column *column,
             const struct evidence *evidence, struct proposal *out, struct arena *arena)
{
    int hits = 0;
    for (int i = 0; out->is_personal && i < ndetectors; i++)
        if (evidence->hits[i] > hits) {
            hits = evidence->hits[i];
            out->reaches = detectors[i].name;
        }
    out->mask = "keep";
    out->is_guess =
        out->is_personal && out->reaches == NULL; /* else the accepted finding is marked */
    out->is_firm = true;
    snprintf(out->why, sizeof out->why, "%s %s", tool->tool,
             out->is_personal ? "tells by it what ran" : "remembers here what ran");
    if (tool->value == NULL || strcasecmp(tool->value_column, column->name) != 0)
        return;
    out->mask = arena_printf(arena, "[{when: \"%s\", use: set, value: %s}, keep]", tool->condition,
                             tool->value);
    snprintf(out->why, sizeof out->why, "a copy is not production");
}

/* Short words under a name of lookups that a key refers to: there is nothing to judge. */
static bool
is_plain(const struct kind *kind, const struct evidence *e)
{
    enum { LONGEST = 60 };
    return kind->is_lookup && e->characters <= LONGEST && e->persons == 0 &&
           e->logins + e->first_names + e->last_names <= 0.3 * e->distinct;
}

void
kinds_keep(const struct kind *kind, const struct table *table, const struct evidence *evidence,
           struct proposal *proposals, struct arena *arena)
{
    assert(kind != NULL && table != NULL);
    for (int c = 0; kind->kind != TABLE_ORDINARY && c < table->ncolumns; c++) {
        struct proposal *p = &proposals[c];
        const struct column *column = &table->columns[c];
        bool is_identity = kind->tool != NULL && kind->tool->identity != NULL &&
                           strcasecmp(kind->tool->identity, column->name) == 0;
        if (p->mask == NULL || column->is_generated || (p->is_personal && !is_identity))
            continue;
        if (kind->kind == TABLE_BOOKKEEPING) {
            keep_of_tool(kind->tool, column, &evidence[c], p, arena);
        } else if ((p->is_fallback || is_place(p->mask)) && !is_told_often(column, &evidence[c]) &&
                   !(is_unique(table, c) && reaches_somebody(column, &evidence[c]))) {
            const char *list =
                mask_kind_of(column->type) == KIND_TEXT ? parted(table, c, evidence, arena) : NULL;
            p->mask = list != NULL ? list : "keep";
            p->is_guess = list != NULL || !is_plain(kind, &evidence[c]);
            snprintf(p->why, sizeof p->why, "%s", kind->why);
        }
    }
}
