/* SPDX-License-Identifier: PostgreSQL */
/* Edge rows on request: the smallest and largest numbers and times, and the longest texts. */
#include "select/states.h"

#include <assert.h>

static bool
visit_extreme(struct scan *scan, const struct decant_value *values, struct key128 identity,
              struct decant_error *err)
{
    (void)err;
    if (missing_parent(scan->set, scan->number, values) == NULL)
        add_row(scan->set, scan->number, values, identity, ORIGIN_EDGE, 0);
    return true;
}

static bool
add_extreme(struct scan *scan, const struct column *column, const char *order, const char *function,
            struct decant_error *err)
{
    const struct tuple *identity = &scan->side->targets[0].tuple;
    struct buf name = { 0 }, where = { 0 }, tail = { 0 };
    tuple_put_column(column, "decant_row", &name);
    buf_printf(&where, "%s IS NOT NULL", buf_str(&name));
    if (scan->side->plan->where != NULL)
        buf_printf(&where, " AND (%s)", scan->side->plan->where);
    buf_printf(&tail, " ORDER BY %s(%s) %s", function, buf_str(&name), order);
    for (int i = 0; i < identity->ncolumns; i++) {
        buf_puts(&tail, ", ");
        tuple_put_column(identity->columns[i], "decant_row", &tail);
    }
    buf_printf(&tail, " LIMIT %d", scan->set->sampling->extremes);
    scan->tail = buf_str(&tail);
    bool ok = scan_run(scan, buf_str(&where), err);
    buf_deinit(&name);
    buf_deinit(&where);
    buf_deinit(&tail);
    return ok;
}

static bool
add_of_table(struct chosen_rows *set, int number, struct decant_error *err)
{
    assert(set != NULL);
    struct side *side = &set->sides[number];
    struct scan scan = { .set = set, .side = side, .number = number };
    bool ok = true;
    scan.visit = visit_extreme;
    for (int i = 0; ok && i < side->plan->table->ncolumns; i++) {
        const struct column *column = &side->plan->table->columns[i];
        enum ends ends = states_is_told(set, number, i) ? states_ends_of(column->type) : ENDS_NONE;
        if (ends == ENDS_OF_LENGTHS)
            ok = add_extreme(&scan, column, "DESC", "pg_catalog.length", err);
        else if (ends == ENDS_OF_VALUES)
            ok = add_extreme(&scan, column, "ASC", "", err) &&
                 add_extreme(&scan, column, "DESC", "", err);
    }
    return ok;
}

bool
extremes_add(struct chosen_rows *set, struct decant_error *err)
{
    assert(set != NULL);
    const struct sampling *sampling = set->sampling;
    for (int i = 0; i < sampling->ntables && sampling->extremes > 0; i++) {
        const struct side *side = &set->sides[sampling->order[i]];
        if (side->plan->role == ROLE_SAMPLED && !side->by_row &&
            !add_of_table(set, sampling->order[i], err))
            return false;
    }
    return true;
}
