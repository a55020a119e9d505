/* SPDX-License-Identifier: PostgreSQL */
/* The names that a manifest has are searched, too. */
#include <assert.h>
#include <string.h>

#include "leak/search.h"

/* What the manifest has of names and rules, by its tables. Its values are those of cells. */
enum part { PART_COLUMNS, PART_TABLES, PART_NOTES, PART_FIGURES };

/* Names as the manifest joins them. What only joining makes of them is nobody's: "public.@at.email"
 * is no address. */
struct names {
    struct leak *leak;
    const struct plan *plan;
    struct map tables; /* "schema.table" -> struct table */
    struct arena arena;
};

static void
look_at_text(const struct names *names, enum part part, const char *text)
{
    static const struct leak_column parts[] = {
        [PART_COLUMNS] = { .object = "manifest.columns", .is_schema = true },
        [PART_TABLES] = { .object = "manifest.tables", .is_schema = true },
        [PART_NOTES] = { .object = "manifest.not_carried", .is_schema = true },
        [PART_FIGURES] = { .object = "manifest.measures", .is_schema = true },
    };
    leak_look(names->leak, &parts[part], text, strlen(text), NULL);
}

static void
look_at(struct names *names, enum part part, const char *text)
{
    for (size_t n = strlen(text); n > 0; n--) {
        if (text[n] != '.' && text[n] != '\0')
            continue;
        const char *joined = arena_strndup(&names->arena, text, n);
        const struct table *table = map_get_name(&names->tables, joined);
        if (table == NULL)
            continue;
        look_at_text(names, part, table->schema);
        look_at_text(names, part, table->name);
        look_at_text(names, part, text[n] == '.' ? text + n + 1 : "");
        return;
    }
    look_at_text(names, part, text);
}

static void
list_tables(struct names *names)
{
    const struct plan *plan = names->plan;
    for (int i = 0; i < plan->ntables; i++)
        map_put_name(
            &names->tables,
            arena_printf(&names->arena, "%s.%s", plan->tables[i]->schema, plan->tables[i]->name),
            (void *)plan->tables[i]);
}

void
leak_look_at_manifest(struct leak *leak, const struct plan *plan, const struct manifest *manifest)
{
    assert(manifest != NULL);
    struct names names = { .leak = leak, .plan = plan };
    list_tables(&names);
    for (int i = 0; i < manifest->ncolumns; i++) {
        look_at(&names, PART_COLUMNS, manifest->columns[i].name);
        look_at_text(&names, PART_COLUMNS, manifest->columns[i].type);
    }
    for (int i = 0; i < manifest->ntables; i++)
        look_at(&names, PART_TABLES, manifest->tables[i].name);
    for (size_t i = 0; i < manifest->notes->count; i++)
        look_at(&names, PART_NOTES, manifest->notes->items[i].object);
    for (int i = 0; i < manifest->nfigures; i++)
        look_at(&names, PART_FIGURES, manifest->figures[i].name);
    map_deinit(&names.tables);
    arena_deinit(&names.arena);
}
