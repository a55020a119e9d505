/* SPDX-License-Identifier: PostgreSQL */
/*
 * PostgreSQL's types as decant sees them. A scalar has an entry in one const table; enums, arrays,
 * ranges and multiranges are built from scalars by the catalog; everything else is opaque: it comes
 * as text from the server.
 */
#ifndef ROW_TYPE_H
#define ROW_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "row/style.h"

enum scalar_id {
    SCALAR_BOOL,
    SCALAR_INT2,
    SCALAR_INT4,
    SCALAR_INT8,
    SCALAR_OID,
    SCALAR_FLOAT4,
    SCALAR_FLOAT8,
    SCALAR_NUMERIC,
    SCALAR_MONEY,
    SCALAR_CHAR, /* "char", one byte */
    SCALAR_NAME,
    SCALAR_TEXT,
    SCALAR_VARCHAR,
    SCALAR_BPCHAR,
    SCALAR_CITEXT, /* extension */
    SCALAR_BYTEA,
    SCALAR_GEOMETRY, /* extension PostGIS: bytes in EWKB */
    SCALAR_DATE,
    SCALAR_TIME,
    SCALAR_TIMETZ,
    SCALAR_TIMESTAMP,
    SCALAR_TIMESTAMPTZ,
    SCALAR_INTERVAL,
    SCALAR_UUID,
    SCALAR_JSON,
    SCALAR_JSONB,
    SCALAR_INET,
    SCALAR_CIDR,
    SCALAR_MACADDR,
    SCALAR_MACADDR8,
    SCALAR_BIT,
    SCALAR_VARBIT,
    SCALAR_HSTORE, /* extension; comes as the text of a JSON object */
    SCALAR_COUNT
};

enum type_kind { TYPE_OPAQUE, TYPE_SCALAR, TYPE_ENUM, TYPE_ARRAY, TYPE_RANGE, TYPE_MULTIRANGE };

struct type {
    uint32_t oid;
    const char *schema, *name;
    enum type_kind kind;
    enum scalar_id scalar;      /* of TYPE_SCALAR */
    const struct type *element; /* of an array, a range (its subtype), a multirange (its range) */
    const char *output; /* the server's function that writes it, where users can make such types */
    char delimiter;     /* between the elements of an array in text */
    bool has_binary;    /* the server can send and receive it in binary */
    bool holds_oids;    /* a reg* type is inside: its binary form means nothing elsewhere */
    bool collatable;
    int nlabels; /* of an enum, in its order */
    const char *const *labels;
};

/* How JSON writes a scalar. */
enum json_form { JSON_STRING, JSON_NUMBER, JSON_BOOL };

struct scalar {
    enum scalar_id id;
    uint32_t oid;      /* 0: known by name, comes with an extension */
    const char *name;  /* pg_type.typname */
    bool is_text;      /* the wire form is plain text */
    bool orders_alike; /* in every database: by number, or by bytes without a collation */
    enum json_form json;
    bool by_json; /* comes as the text of a JSON object, and not in binary */
    /* Appends the text that PostgreSQL itself would print; false when `value` is malformed. */
    bool (*text)(const struct decant_value *value, const struct text_style *style, struct buf *out);
};

extern const struct scalar scalars[SCALAR_COUNT];

const struct scalar *scalar_by_oid(uint32_t oid);
const struct scalar *scalar_by_extension_name(const char *name);

/* Can the client read this type's binary form? */
bool type_is_decodable(const struct type *type);

/* json or jsonb. */
bool type_is_json(const struct type *type);

#endif
