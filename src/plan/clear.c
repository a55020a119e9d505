/* SPDX-License-Identifier: PostgreSQL */
/* Rows find their parents here by the bytes of their keys. Where only the server can tell which
 * keys are equal, all parents must be in. */
#include "plan/builder.h"

#include <assert.h>

static bool
is_number(const struct column *column)
{
    switch (column->type->scalar) {
    case SCALAR_INT2:
    case SCALAR_INT4:
    case SCALAR_INT8:
    case SCALAR_NUMERIC:
    case SCALAR_FLOAT4:
    case SCALAR_FLOAT8:
        return column->type->kind == TYPE_SCALAR;
    default:
        return false;
    }
}

static bool
has_scalar(const struct column *column, enum scalar_id scalar)
{
    return column->type->kind == TYPE_SCALAR && column->type->scalar == scalar;
}

/* A real is compared as a double precision: the same decimals are not the same number. */
static bool
are_like_numbers(const struct column *child, const struct column *parent)
{
    bool is_real = has_scalar(child, SCALAR_FLOAT4) || has_scalar(parent, SCALAR_FLOAT4);
    bool is_double = has_scalar(child, SCALAR_FLOAT8) || has_scalar(parent, SCALAR_FLOAT8);
    bool is_numeric = has_scalar(child, SCALAR_NUMERIC) || has_scalar(parent, SCALAR_NUMERIC);
    return is_number(child) && is_number(parent) &&
           (child->type->scalar == parent->type->scalar || !(is_real || (is_double && is_numeric)));
}

static bool
is_plain_text(const struct column *column)
{
    return has_scalar(column, SCALAR_TEXT) || has_scalar(column, SCALAR_VARCHAR) ||
           has_scalar(column, SCALAR_BPCHAR) || has_scalar(column, SCALAR_NAME);
}

/* Are equal values of the type written alike? Not 24:00 and 1 day, 1.0 and 1 in jsonb, in a range
 * or in an array; numbers by themselves are made alike. */
static bool
is_exact(const struct type *type, bool is_inside)
{
    switch (type->kind) {
    case TYPE_ARRAY:
    case TYPE_RANGE:
    case TYPE_MULTIRANGE:
        return is_exact(type->element, true);
    case TYPE_SCALAR:
        break;
    default:
        return true;
    }
    switch (type->scalar) {
    case SCALAR_INTERVAL:
    case SCALAR_JSONB:
    case SCALAR_HSTORE:
        return false;
    case SCALAR_NUMERIC:
    case SCALAR_FLOAT4:
    case SCALAR_FLOAT8:
    case SCALAR_BPCHAR:
        return !is_inside;
    default:
        return true;
    }
}

static bool
is_clear(const struct column *child, const struct column *parent)
{
    if (child->is_nondeterministic || parent->is_nondeterministic)
        return false;
    bool is_same = child->type == parent->type || child->type->oid == parent->type->oid;
    return child->expression != NULL ||
           (is_same ? is_exact(parent->type, false)
                    : are_like_numbers(child, parent) ||
                          (is_plain_text(child) && is_plain_text(parent)));
}

void
find_unclear(struct builder *b)
{
    assert(b != NULL);
    for (int i = 0; i < b->out->nedges; i++) {
        struct sample_edge *edge = &b->out->edges[i];
        struct sample_table *parent = &b->out->tables[edge->parent];
        for (int k = 0; k < edge->ncolumns; k++)
            edge->is_unclear |=
                !is_clear(edge->child_keys[k], &parent->table->columns[edge->parent_columns[k]]);
        bool is_free = parent->role == ROLE_SAMPLED && !parent->is_named && !parent->is_thinned &&
                       !parent->is_owner && parent->where == NULL && edge->is_enforced;
        if (edge->is_unclear && is_free && b->out->tables[edge->child].role != ROLE_SCHEMA_ONLY) {
            parent->role = ROLE_WHOLE;
            parent->is_for_key = true;
        }
    }
}

bool
check_unclear(const struct builder *b)
{
    assert(b != NULL);
    for (int i = 0; i < b->out->nedges; i++) {
        const struct sample_edge *edge = &b->out->edges[i];
        const struct table *child = b->out->tables[edge->child].table;
        const struct table *parent = b->out->tables[edge->parent].table;
        if (!edge->is_unclear || edge->needs_nothing ||
            b->out->tables[edge->child].role == ROLE_SCHEMA_ONLY)
            continue;
        error_set(b->err, DECANT_REFUSED,
                  "the key '%s' of '%s.%s' has values that are equal, but not written alike",
                  edge->name, child->schema, child->name);
        return edge->is_enforced
                   ? error_hint(b->err,
                                "only the server can tell which keys are equal: list '%s.%s' under "
                                "sample: {whole: [...]}, without a 'where'",
                                parent->schema, parent->name)
                   : error_hint(b->err,
                                "only the server can tell which keys are equal, and it does not "
                                "enforce this one: copy '%s.%s' without a sample",
                                child->schema, child->name);
    }
    return true;
}
