/* SPDX-License-Identifier: PostgreSQL */
#include "job/reads.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* All SQL of the rules: it may look at any column whose name it has. */
static void
put_conditions(const struct job_masks *masks, struct buf *out)
{
    for (int t = 0; t < masks->masking.ntables; t++) {
        const struct masked_table *table = &masks->masking.tables[t];
        for (int i = 0; i < table->nextras; i++)
            buf_printf(out, "%s\n", table->extras[i]);
        buf_printf(out, "%s\n", table->joins != NULL ? table->joins : "");
    }
}

static void
put_statements(const struct job_masks *masks, const struct rules *rules, struct buf *out)
{
    for (int t = 0; t < masks->owners.ntables; t++) {
        const struct sample_table *table = &masks->owners.tables[t];
        buf_printf(out, "%s\n", table->where != NULL ? table->where : "");
        buf_printf(out, "%s\n", table->also != NULL ? table->also : "");
    }
    for (int i = 0; i < rules->checks.ncanaries; i++)
        buf_printf(out, "%s\n", rules->checks.canaries[i]);
}

static bool
is_word_part(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
mentions(const char *sql, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = sql; (p = strcasestr(p, name)) != NULL; p++)
        if ((p == sql || !is_word_part(p[-1])) && !is_word_part(p[len]))
            return true;
    return false;
}

/* A condition is asked of the whole row. */
static bool
reads_whole_row(const struct masked_table *table)
{
    for (int i = 0; i < table->nextras; i++)
        if (strstr(table->extras[i], "decant_row.*") != NULL)
            return true;
    return false;
}

/* Does it look at all columns of some table, whatever they are called? */
static bool
takes_all(const char *sql)
{
    for (const char *p = sql; (p = strchr(p, '*')) != NULL; p++)
        if (p == sql || p[-1] != '(' || p[1] != ')')
            return true;
    return mentions(sql, "natural");
}

static bool
is_in_index(const struct table *table, int column)
{
    for (int i = 0; i < table->nindexes; i++)
        for (int k = 0; table->indexes[i].is_unique && k < table->indexes[i].nkeys; k++)
            if (table->indexes[i].keys[k].column == column)
                return true;
    return false;
}

/* Rows are told and chosen by keys, references and strata. */
static bool
is_in_sample(const struct sampling *sampling, const struct table *table, int column)
{
    for (int i = 0; i < sampling->nedges; i++) {
        const struct sample_edge *edge = &sampling->edges[i];
        for (int k = 0; k < edge->ncolumns; k++)
            if ((sampling->tables[edge->parent].table == table &&
                 edge->parent_columns[k] == column) ||
                (sampling->tables[edge->child].table == table &&
                 (edge->child_keys[k]->expression != NULL ||
                  edge->child_keys[k] == &table->columns[column])))
                return true;
    }
    for (int t = 0; t < sampling->ntables; t++)
        for (int i = 0; sampling->tables[t].table == table && i < sampling->tables[t].nstrata; i++)
            if (sampling->tables[t].strata[i] == column)
                return true;
    return false;
}

/* Whether it is NULL need not be asked of what never is; values are counted to be drawn as often.
 */
static bool
is_needed(const struct masked_table *masked, int column)
{
    const struct column_mask *mask = masking_column(masked, column);
    for (int i = 0; mask != NULL && i < mask->nmasks; i++)
        if ((mask->masks[i]->how->is & IS_DRAWN) != 0)
            return true;
    return mask == NULL || mask->server_empties || mask->need >= NEED_BLANKNESS ||
           (mask->need == NEED_NULLNESS && !masked->table->columns[column].not_null);
}

static bool
is_read(const struct job_masks *masks, const struct masked_table *masked, int column,
        const char *statements)
{
    return is_needed(masked, column) || masked->person.column == column ||
           masked->entity.column == column || masked->row.column == column ||
           is_in_index(masked->table, column) ||
           is_in_sample(&masks->owners, masked->table, column) ||
           mentions(statements, masked->table->columns[column].name);
}

static void
list_columns(const struct job_masks *masks, const struct masked_table *masked,
             const char *statements, struct arena *arena, struct access_relation *relation)
{
    const struct table *table = masked->table;
    int n = 0;
    const char **names = ARENA_ARRAY(arena, const char *, table->ncolumns + 1);
    /* rows without a key are told by their place, which takes the right on the table */
    if (catalog_identity(table) == NULL || reads_whole_row(masked))
        return;
    for (int i = 0; i < table->ncolumns; i++)
        if (is_read(masks, masked, i, statements))
            names[n++] = table->columns[i].name;
    relation->read = n < table->ncolumns ? names : NULL;
    relation->nread = relation->read != NULL ? n : 0;
}

void
reads_list(const struct job_masks *masks, const struct rules *rules, struct arena *arena,
           struct access *access)
{
    assert(masks != NULL && access != NULL);
    struct buf statements = { 0 }, conditions = { 0 };
    put_statements(masks, rules, &statements);
    put_conditions(masks, &conditions);
    bool takes = takes_all(buf_str(&statements));
    buf_puts(&statements, buf_str(&conditions));
    for (int t = 0; t < masks->masking.ntables && !takes; t++) {
        const struct masked_table *masked = &masks->masking.tables[t];
        for (int i = 0; i < access->nrelations; i++)
            if (access->relations[i].oid == masked->table->oid && masked->nmasks > 0)
                list_columns(masks, masked, buf_str(&statements), arena, &access->relations[i]);
    }
    buf_deinit(&statements);
    buf_deinit(&conditions);
}
