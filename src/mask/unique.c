/* SPDX-License-Identifier: PostgreSQL */
#include "mask/unique.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

bool
unique_uses(const struct table *table, const struct index *index, int column)
{
    assert(column >= 0);
    for (int i = 0; i < index->nkeys; i++) {
        const struct index_key *key = &index->keys[i];
        if (key->column == column ||
            (key->column < 0 && plan_mentions(key->sql, table->columns[column].name)))
            return true;
    }
    return false;
}

/* Do the columns of `index` that are not masked hold a whole unique key? */
static bool
rest_is_unique(const struct masking *masking, int number, const struct index *index)
{
    const struct table *table = masking->tables[number].table;
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *key = &table->indexes[i];
        bool covered = key->is_unique && key->is_valid && key->predicate == NULL;
        for (int j = 0; covered && j < key->nkeys; j++) {
            int column = key->keys[j].column;
            covered = column >= 0 && table->columns[column].not_null &&
                      !masking->masked[number][column] && unique_uses(table, index, column);
        }
        if (covered)
            return true;
    }
    return false;
}

bool
unique_asks_for_value(const char *predicate, const char *name)
{
    static const char *const tests[] = { " IS NOT NULL", " IS NULL" };
    struct buf rest = { 0 };
    size_t len = strlen(name);
    for (const char *p = predicate; *p != '\0';) {
        size_t test = 0;
        bool begins = strncmp(p, name, len) == 0 && (p == predicate || strchr("( ", p[-1]) != NULL);
        for (size_t i = 0; begins && i < sizeof tests / sizeof *tests; i++)
            if (strncmp(p + len, tests[i], strlen(tests[i])) == 0)
                test = len + strlen(tests[i]);
        if (test == 0)
            buf_putc(&rest, *p);
        p += test > 0 ? test : 1;
    }
    bool asks = plan_mentions(buf_str(&rest), name);
    buf_deinit(&rest);
    return asks;
}

/* An exclusion constraint that compares the column by = takes other values as well, if those that
 * differ stay different. */
static bool
excludes_by_equality(const struct table *table, const struct index *index, int column)
{
    bool found = false;
    for (int i = 0; i < index->nkeys; i++) {
        const struct index_key *key = &index->keys[i];
        bool is_expression =
            key->column < 0 && plan_mentions(key->sql, table->columns[column].name);
        if (is_expression || (key->column == column && !key->is_equality))
            return false;
        found |= key->column == column;
    }
    return found && (index->predicate == NULL ||
                     !unique_asks_for_value(index->predicate, table->columns[column].name));
}

bool
unique_depends(const struct masking *masking, int table, const struct index *index, int column)
{
    assert(table >= 0 && column >= 0);
    if (strcmp(index->method, "exclude") == 0)
        return excludes_by_equality(masking->tables[table].table, index, column);
    return index->is_unique && index->is_valid &&
           unique_uses(masking->tables[table].table, index, column) &&
           !rest_is_unique(masking, table, index);
}

bool
unique_is_needed(const struct masking *masking, int number, int column, bool *lower)
{
    assert(number >= 0 && lower != NULL);
    const struct table *table = masking->tables[number].table;
    const struct column *c = &table->columns[column];
    bool needed = false;
    *lower = (c->type->kind == TYPE_SCALAR && c->type->scalar == SCALAR_CITEXT) ||
             c->is_nondeterministic ||
             (c->is_generated && strncmp(c->default_sql, "lower(", 6) == 0);
    for (int i = 0; i < table->nindexes; i++) {
        const struct index *index = &table->indexes[i];
        if (!unique_depends(masking, number, index, column))
            continue;
        needed = true;
        for (int j = 0; j < index->nkeys; j++)
            *lower |= index->keys[j].column < 0 && (strstr(index->keys[j].sql, "lower(") != NULL ||
                                                    strstr(index->keys[j].sql, "upper(") != NULL);
    }
    return needed;
}
