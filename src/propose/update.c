/* SPDX-License-Identifier: PostgreSQL */
#include "propose/update.h"

#include <assert.h>
#include <string.h>

#include "propose/follow.h"
#include "rules/spell.h"

struct insertion {
    int line; /* before which it stands; from 1 */
    struct buf text;
};

struct update {
    const struct yaml_node *columns; /* the section, or NULL */
    int empty_line;                  /* of a section with nothing in it; or 0 */
    int ninsertions;
    struct insertion *insertions;
    int added;
};

static const struct yaml_node *
find(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *item = map->items;
    while (item != NULL && strcmp(item->key, key) != 0)
        item = item->next;
    return item;
}

static void
put_spaces(int n, struct buf *out)
{
    for (int i = 0; i < n; i++)
        buf_putc(out, ' ');
}

static void
put_columns(const struct table *table, const struct proposal *proposals, int indent,
            struct update *update, struct buf *out)
{
    struct buf name = { 0 };
    for (int c = 0; c < table->ncolumns; c++) {
        if (proposals[c].mask == NULL)
            continue;
        buf_reset(&name);
        spell_name(table->columns[c].name, &name);
        put_spaces(indent, out);
        spell_scalar(buf_str(&name), out);
        buf_puts(out, ": ");
        propose_put_mask(&proposals[c], out);
        buf_printf(out, "  # ? new; %s\n", proposals[c].why);
        update->added++;
    }
    buf_deinit(&name);
}

static bool
has_news(const struct table *table, const struct proposal *proposals)
{
    for (int c = 0; c < table->ncolumns; c++)
        if (proposals[c].mask != NULL)
            return true;
    return false;
}

/* Does the first entry of a map stand on a line of its own? */
static bool
is_block(const struct yaml_node *map)
{
    return map->kind == YAML_MAP && map->items != NULL && map->items->key_line > map->key_line;
}

static bool
add_table(struct update *update, const struct yaml_source *source, const struct table *table,
          const struct proposal *proposals, struct decant_error *err)
{
    assert(update != NULL && table != NULL);
    struct buf name = { 0 };
    struct insertion *insertion = &update->insertions[update->ninsertions++];
    spell_name(table->schema, &name);
    buf_putc(&name, '.');
    spell_name(table->name, &name);
    const struct yaml_node *known =
        update->columns != NULL ? find(update->columns, buf_str(&name)) : NULL;
    bool ok = true;
    if (known != NULL && is_block(known)) {
        insertion->line = known->items->key_line;
        put_columns(table, proposals, known->items->key_column - 1, update, &insertion->text);
    } else if (known != NULL || (update->columns != NULL && !is_block(update->columns))) {
        const struct yaml_node *at = known != NULL ? known : update->columns;
        yaml_error(source, at->key_line, at->key_column, err,
                   "'%s' is written on one line: nothing can be added under it", at->key);
        err->code = DECANT_REFUSED;
        put_columns(table, proposals, 4, update, &insertion->text);
        ok = error_hint(err, "write each column on a line of its own; new are:\n%s",
                        buf_str(&insertion->text));
    } else {
        int indent = update->columns != NULL ? update->columns->items->key_column - 1 : 2;
        insertion->line = update->columns != NULL  ? update->columns->items->key_line
                          : update->empty_line > 0 ? update->empty_line + 1
                                                   : INT32_MAX;
        put_spaces(indent, &insertion->text);
        spell_scalar(buf_str(&name), &insertion->text);
        buf_puts(&insertion->text, ":\n");
        put_columns(table, proposals, indent + 2, update, &insertion->text);
    }
    buf_deinit(&name);
    return ok;
}

/* The text, line by line, with what is to stand before each. */
static void
merge(const struct update *update, const struct yaml_source *source, struct buf *out)
{
    const char *p = source->text, *end = source->text + source->len;
    int line = 1;
    for (; p < end; line++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *next = newline != NULL ? newline + 1 : end;
        for (int i = 0; i < update->ninsertions; i++)
            if (update->insertions[i].line == line)
                buf_add(out, buf_str(&update->insertions[i].text), update->insertions[i].text.len);
        buf_add(out, p, (size_t)(next - p));
        p = next;
    }
    if (out->len > 0 && out->data[out->len - 1] != '\n')
        buf_putc(out, '\n');
    bool has_section = update->columns != NULL || update->empty_line > 0;
    for (int i = 0; i < update->ninsertions; i++) {
        if (update->insertions[i].line < line)
            continue;
        if (!has_section)
            buf_puts(out, "columns:\n");
        has_section = true;
        buf_add(out, buf_str(&update->insertions[i].text), update->insertions[i].text.len);
    }
}

bool
update_rules(const struct yaml_source *source, const struct plan *plan,
             struct proposal *const *proposals, struct arena *arena, struct buf *out, int *added,
             struct decant_error *err)
{
    assert(plan != NULL);
    struct yaml_node *root;
    struct update update = { 0 };
    if (!yaml_parse(source, arena, &root, err))
        return false;
    update.columns = find(root, "columns");
    if (update.columns != NULL && update.columns->kind != YAML_MAP) {
        update.empty_line = update.columns->key_line;
        update.columns = NULL;
    }
    update.insertions = ARENA_ARRAY(arena, struct insertion, plan->ntables + 1);
    bool ok = true;
    for (int t = 0; ok && t < plan->ntables; t++)
        if (has_news(plan->tables[t], proposals[t]))
            ok = add_table(&update, source, plan->tables[t], proposals[t], err);
    if (ok)
        merge(&update, source, out);
    for (int i = 0; i < update.ninsertions; i++)
        buf_deinit(&update.insertions[i].text);
    *added = update.added;
    return ok;
}
