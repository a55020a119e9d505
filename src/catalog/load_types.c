/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/loader.h"

/* A reg* value is an oid in binary, and means nothing in another database; so does any value that
 * has one inside. */
static const char types_sql[] =
    "WITH RECURSIVE link(part, whole) AS ("
    " SELECT t.typelem, t.oid FROM pg_catalog.pg_type t WHERE t.typelem <> 0 AND"
    " t.typcategory = 'A'"
    " UNION ALL SELECT t.typbasetype, t.oid FROM pg_catalog.pg_type t WHERE t.typbasetype <> 0"
    " UNION ALL SELECT r.rngsubtype, r.rngtypid FROM pg_catalog.pg_range r"
    " UNION ALL SELECT a.atttypid, c.reltype FROM pg_catalog.pg_attribute a"
    "  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE a.attnum > 0"
    "  AND NOT a.attisdropped AND c.reltype <> 0"
    "  AND c.relnamespace <> 'pg_catalog'::regnamespace),"
    " reg(oid) AS ("
    " SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typnamespace = 'pg_catalog'::regnamespace"
    "  AND t.typname = ANY ('{regproc,regprocedure,regoper,regoperator,regclass,regtype,regconfig,"
    "regdictionary,regnamespace,regrole,regcollation}')"
    " UNION SELECT link.whole FROM reg JOIN link ON link.part = reg.oid)"
    " SELECT t.oid, n.nspname, t.typname, t.typtype, t.typelem, t.typbasetype, t.typtypmod,"
    " t.typnotnull, t.typdelim, t.typsend <> 0 AND t.typreceive <> 0, t.typcollation <> 0,"
    " t.typinput = 'pg_catalog.array_in'::regproc, r.rngsubtype, e.extname,"
    " EXISTS (SELECT 1 FROM reg WHERE reg.oid = t.oid), %s, pg_get_expr(t.typdefaultbin, 0)"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
    " LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid"
    " LEFT JOIN pg_catalog.pg_depend d ON d.objid = t.oid AND d.deptype = 'e'"
    "  AND d.classid = 'pg_catalog.pg_type'::regclass"
    " LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid"
    " WHERE t.typisdefined AND t.typtype <> 'p' ORDER BY t.oid";

static const char multirange_of[] =
    "(SELECT m.rngtypid FROM pg_catalog.pg_range m WHERE m.rngmultitypid = t.oid)"; /* 14 on */

enum types_column {
    TYPES_OID,
    TYPES_SCHEMA,
    TYPES_NAME,
    TYPES_TYPTYPE,
    TYPES_ELEMENT,
    TYPES_BASE,
    TYPES_TYPMOD,
    TYPES_NOT_NULL,
    TYPES_DELIMITER,
    TYPES_BINARY,
    TYPES_COLLATABLE,
    TYPES_IS_ARRAY,
    TYPES_SUBTYPE,
    TYPES_EXTENSION,
    TYPES_HOLDS_OIDS,
    TYPES_RANGE,
    TYPES_DEFAULT,
};

/* Before version 14 a server refused the binary form of arrays and composites of types that have
 * another oid there. */
enum { FIRST_USER_OID = 16384, TOLERANT_VERSION = 140000 };

static struct type *
base_type(struct loader *loader, const struct map *rows, struct pg_result *r, uint64_t oid)
{
    uintptr_t row = (uintptr_t)map_get(rows, oid);
    while (row != 0 && pg_text(r, (int)row - 1, TYPES_TYPTYPE)[0] == 'd') {
        oid = (uint64_t)pg_int(r, (int)row - 1, TYPES_BASE);
        row = (uintptr_t)map_get(rows, oid);
    }
    return map_get(&loader->types, oid);
}

/* Of the kinds of types that anybody may make; base types are a superuser's. */
static const char *
output_function(char typtype, bool is_array)
{
    return is_array         ? "array_out"
           : typtype == 'e' ? "enum_out"
           : typtype == 'c' ? "record_out"
           : typtype == 'r' ? "range_out"
           : typtype == 'm' ? "multirange_out"
                            : NULL;
}

static void
classify(struct loader *loader, const struct map *rows, struct pg_result *r, int row,
         struct type *type)
{
    assert(loader != NULL && type != NULL);
    bool in_catalog = strcmp(type->schema, "pg_catalog") == 0;
    const char *extension = pg_text(r, row, TYPES_EXTENSION);
    const struct scalar *scalar = in_catalog          ? scalar_by_oid(type->oid)
                                  : extension != NULL ? scalar_by_extension_name(type->name)
                                                      : NULL;
    char typtype = pg_text(r, row, TYPES_TYPTYPE)[0];
    bool strict = loader->catalog->server.version < TOLERANT_VERSION;
    if (scalar != NULL) {
        type->kind = TYPE_SCALAR;
        type->scalar = scalar->id;
    } else if (typtype == 'e') {
        type->kind = TYPE_ENUM;
    } else if (pg_bool(r, row, TYPES_IS_ARRAY)) {
        type->kind = TYPE_ARRAY;
        type->element = base_type(loader, rows, r, (uint64_t)pg_int(r, row, TYPES_ELEMENT));
        type->holds_oids |= strict && pg_int(r, row, TYPES_ELEMENT) >= FIRST_USER_OID;
    } else if (typtype == 'r') {
        type->kind = TYPE_RANGE;
        type->element = base_type(loader, rows, r, (uint64_t)pg_int(r, row, TYPES_SUBTYPE));
    } else if (typtype == 'm') {
        type->kind = TYPE_MULTIRANGE;
        type->element = base_type(loader, rows, r, (uint64_t)pg_int(r, row, TYPES_RANGE));
    } else if (typtype == 'c') {
        type->holds_oids |= strict;
    }
    if (!in_catalog)
        type->output = output_function(typtype, pg_bool(r, row, TYPES_IS_ARRAY));
    if (type->kind >= TYPE_ARRAY && (type->element == NULL || type->holds_oids))
        type->kind = TYPE_OPAQUE;
}

static bool
load_labels(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(loader, err,
                                       "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum"
                                       " ORDER BY enumtypid, enumsortorder",
                                       false);
    if (r == NULL)
        return false;
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        struct type *type = map_get(&loader->types, (uint64_t)pg_int(r, i, 0));
        next = loader_group_end(r, i);
        if (type == NULL)
            continue;
        const char **labels = ARENA_ARRAY(loader->arena, const char *, next - i);
        for (int j = i; j < next; j++)
            labels[type->nlabels++] = loader_text(loader, r, j, 1);
        type->labels = labels;
    }
    pg_result_free(r);
    return true;
}

static void
add_domain(struct loader *loader, const struct map *rows, struct pg_result *r, int row)
{
    struct domain *domain = ARENA_NEW(loader->arena, struct domain);
    domain->schema = loader_text(loader, r, row, TYPES_SCHEMA);
    domain->name = loader_text(loader, r, row, TYPES_NAME);
    domain->typmod = -1;
    domain->base = base_type(loader, rows, r, (uint64_t)pg_int(r, row, TYPES_OID));
    for (int at = row; pg_text(r, at, TYPES_TYPTYPE)[0] == 'd';) {
        domain->not_null |= pg_bool(r, at, TYPES_NOT_NULL);
        if (domain->default_sql == NULL)
            domain->default_sql = loader_text(loader, r, at, TYPES_DEFAULT);
        if (domain->typmod < 0)
            domain->typmod = (int)pg_int(r, at, TYPES_TYPMOD);
        uintptr_t next = (uintptr_t)map_get(rows, (uint64_t)pg_int(r, at, TYPES_BASE));
        if (next == 0)
            break;
        at = (int)next - 1;
    }
    map_put(&loader->domains, (uint64_t)pg_int(r, row, TYPES_OID), domain);
}

/* Checks of a domain hold for the domains over it, too. */
static const char domain_checks_sql[] =
    "WITH RECURSIVE chain(top, oid) AS ("
    " SELECT t.oid, t.oid FROM pg_catalog.pg_type t WHERE t.typtype = 'd'"
    " UNION ALL SELECT c.top, t.typbasetype FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.oid"
    "  WHERE t.typtype = 'd')"
    " SELECT c.top, k.conname, pg_get_expr(k.conbin, 0), k.convalidated, " TRUSTED_SQL(
        "k.oid") " FROM chain c"
                 " JOIN pg_catalog.pg_constraint k ON k.contypid = c.oid AND k.contype = 'c'"
                 " ORDER BY c.top, k.conname";

static bool
load_domain_checks(struct loader *loader, struct decant_error *err)
{
    struct pg_result *r = loader_query(loader, err, domain_checks_sql, false);
    if (r == NULL)
        return false;
    for (int i = 0, next; i < pg_nrows(r); i = next) {
        struct domain *domain = map_get(&loader->domains, (uint64_t)pg_int(r, i, 0));
        next = loader_group_end(r, i);
        if (domain == NULL)
            continue;
        struct domain_check *checks = ARENA_ARRAY(loader->arena, struct domain_check, next - i);
        for (int j = i; j < next; j++)
            checks[domain->nchecks++] = (struct domain_check){
                .name = loader_text(loader, r, j, 1),
                .sql = loader_text(loader, r, j, 2),
                .is_validated = pg_bool(r, j, 3),
                .is_trusted = pg_bool(r, j, 4),
            };
        domain->checks = checks;
    }
    pg_result_free(r);
    return true;
}

bool
load_types(struct loader *loader, struct decant_error *err)
{
    assert(loader != NULL);
    struct buf sql = { 0 };
    struct map rows = { 0 }; /* oid -> row + 1 */
    bool has_multiranges = loader->catalog->server.version >= 140000;
    buf_printf(&sql, types_sql, has_multiranges ? multirange_of : "NULL");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), false);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    int n = pg_nrows(r);
    for (int i = 0; i < n; i++) {
        struct type *type = ARENA_NEW(loader->arena, struct type);
        *type = (struct type){
            .oid = (uint32_t)pg_int(r, i, TYPES_OID),
            .schema = loader_text(loader, r, i, TYPES_SCHEMA),
            .name = loader_text(loader, r, i, TYPES_NAME),
            .delimiter = pg_text(r, i, TYPES_DELIMITER)[0],
            .has_binary = pg_bool(r, i, TYPES_BINARY),
            .holds_oids = pg_bool(r, i, TYPES_HOLDS_OIDS),
            .collatable = pg_bool(r, i, TYPES_COLLATABLE),
        };
        map_put(&loader->types, type->oid, type);
        map_put(&rows, type->oid, (void *)(uintptr_t)(i + 1));
    }
    for (int i = 0; i < n; i++)
        classify(loader, &rows, r, i, map_get(&loader->types, (uint64_t)pg_int(r, i, TYPES_OID)));
    for (int i = 0; i < n; i++)
        if (pg_text(r, i, TYPES_TYPTYPE)[0] == 'd')
            add_domain(loader, &rows, r, i);
    pg_result_free(r);
    map_deinit(&rows);
    return load_labels(loader, err) && load_domain_checks(loader, err);
}

static const char columns_sql[] =
    "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,"
    " format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated <> '',"
    " pg_get_expr(d.adbin, d.adrelid), coalesce(NOT l.collisdeterministic, false), %s"
    " FROM pg_catalog.pg_attribute a"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation"
    " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attrelid, a.attnum";

enum columns_column {
    COLUMNS_TABLE,
    COLUMNS_ATTNUM,
    COLUMNS_NAME,
    COLUMNS_TYPE,
    COLUMNS_TYPMOD,
    COLUMNS_TYPE_NAME,
    COLUMNS_NOT_NULL,
    COLUMNS_IDENTITY,
    COLUMNS_GENERATED,
    COLUMNS_DEFAULT,
    COLUMNS_NONDETERMINISTIC,
    COLUMNS_NOT_VALID,
};

static const char not_valid_sql[] =
    "EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid"
    " AND k.contype = 'n' AND a.attnum = ANY (k.conkey) AND NOT k.convalidated)"; /* 18 on */

static struct column
read_column(struct loader *loader, struct pg_result *r, int row)
{
    uint64_t type = (uint64_t)pg_int(r, row, COLUMNS_TYPE);
    struct column column = {
        .name = loader_text(loader, r, row, COLUMNS_NAME),
        .attnum = (int)pg_int(r, row, COLUMNS_ATTNUM),
        .domain = map_get(&loader->domains, type),
        .typmod = (int)pg_int(r, row, COLUMNS_TYPMOD),
        .type_name = loader_text(loader, r, row, COLUMNS_TYPE_NAME),
        .not_null = pg_bool(r, row, COLUMNS_NOT_NULL) && !pg_bool(r, row, COLUMNS_NOT_VALID),
        .not_null_for_new = pg_bool(r, row, COLUMNS_NOT_VALID),
        .is_generated = pg_bool(r, row, COLUMNS_GENERATED),
        .identity = pg_text(r, row, COLUMNS_IDENTITY)[0],
        .default_sql = loader_text(loader, r, row, COLUMNS_DEFAULT),
        .is_nondeterministic = pg_bool(r, row, COLUMNS_NONDETERMINISTIC),
    };
    column.type = map_get(&loader->types, type);
    if (column.domain != NULL) {
        column.type = column.domain->base;
        column.typmod = column.domain->typmod;
        column.not_null |= column.domain->not_null;
        if (column.default_sql == NULL)
            column.default_sql = column.domain->default_sql;
    }
    column.has_sequence =
        column.identity != '\0' || (column.default_sql != NULL && !column.is_generated &&
                                    strncmp(column.default_sql, "nextval(", 8) == 0);
    return column;
}

bool
load_columns(struct loader *loader, struct decant_error *err)
{
    assert(loader != NULL);
    struct buf sql = { 0 };
    buf_printf(&sql, columns_sql,
               loader->catalog->server.version >= 180000 ? not_valid_sql : "false");
    struct pg_result *r = loader_query(loader, err, buf_str(&sql), true);
    buf_deinit(&sql);
    if (r == NULL)
        return false;
    bool ok = true;
    for (int i = 0, next; ok && i < pg_nrows(r); i = next) {
        struct table *table = map_get(&loader->tables, (uint64_t)pg_int(r, i, COLUMNS_TABLE));
        next = loader_group_end(r, i);
        struct column *columns = ARENA_ARRAY(loader->arena, struct column, next - i);
        for (int j = i; ok && j < next; j++) {
            columns[j - i] = read_column(loader, r, j);
            if (columns[j - i].type == NULL)
                ok = error_set(err, DECANT_BUG, "column '%s.%s.%s' is of an unknown type",
                               table->schema, table->name, columns[j - i].name);
        }
        table->columns = columns;
        table->ncolumns = next - i;
    }
    pg_result_free(r);
    return ok;
}
