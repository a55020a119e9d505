/* SPDX-License-Identifier: PostgreSQL */
#include "row/type.h"

#include <assert.h>
#include <string.h>

#include "row/datetime.h"
#include "row/network.h"
#include "row/number.h"
#include "row/plain.h"

const struct scalar scalars[SCALAR_COUNT] = {
    { SCALAR_BOOL, 16, "bool", .orders_alike = true, .json = JSON_BOOL, .text = plain_bool_text },
    { SCALAR_INT2, 21, "int2", .orders_alike = true, .json = JSON_NUMBER, .text = number_int_text },
    { SCALAR_INT4, 23, "int4", .orders_alike = true, .json = JSON_NUMBER, .text = number_int_text },
    { SCALAR_INT8, 20, "int8", .orders_alike = true, .json = JSON_NUMBER, .text = number_int_text },
    { SCALAR_OID, 26, "oid", .orders_alike = true, .json = JSON_NUMBER, .text = number_oid_text },
    { SCALAR_FLOAT4, 700, "float4", .json = JSON_NUMBER, .text = number_float4_text },
    { SCALAR_FLOAT8, 701, "float8", .json = JSON_NUMBER, .text = number_float8_text },
    { SCALAR_NUMERIC, 1700, "numeric", .json = JSON_NUMBER, .text = number_numeric_text },
    { SCALAR_MONEY, 790, "money", .json = JSON_NUMBER, .text = number_money_text },
    { SCALAR_CHAR, 18, "char", .text = plain_char_text },
    { SCALAR_NAME, 19, "name", .is_text = true, .text = plain_text },
    { SCALAR_TEXT, 25, "text", .is_text = true, .text = plain_text },
    { SCALAR_VARCHAR, 1043, "varchar", .is_text = true, .text = plain_text },
    { SCALAR_BPCHAR, 1042, "bpchar", .is_text = true, .text = plain_text },
    { SCALAR_CITEXT, 0, "citext", .is_text = true, .text = plain_text },
    { SCALAR_BYTEA, 17, "bytea", .orders_alike = true, .text = plain_bytea_text },
    { SCALAR_GEOMETRY, 0, "geometry", .text = plain_bytea_text },
    { SCALAR_DATE, 1082, "date", .text = datetime_date_text },
    { SCALAR_TIME, 1083, "time", .text = datetime_time_text },
    { SCALAR_TIMETZ, 1266, "timetz", .text = datetime_timetz_text },
    { SCALAR_TIMESTAMP, 1114, "timestamp", .text = datetime_timestamp_text },
    { SCALAR_TIMESTAMPTZ, 1184, "timestamptz", .text = datetime_timestamptz_text },
    { SCALAR_INTERVAL, 1186, "interval", .text = datetime_interval_text },
    { SCALAR_UUID, 2950, "uuid", .orders_alike = true, .text = plain_uuid_text },
    { SCALAR_JSON, 114, "json", .is_text = true, .text = plain_text },
    { SCALAR_JSONB, 3802, "jsonb", .text = plain_jsonb_text },
    { SCALAR_INET, 869, "inet", .text = network_inet_text },
    { SCALAR_CIDR, 650, "cidr", .text = network_inet_text },
    { SCALAR_MACADDR, 829, "macaddr", .text = network_mac_text },
    { SCALAR_MACADDR8, 774, "macaddr8", .text = network_mac_text },
    { SCALAR_BIT, 1560, "bit", .text = plain_bit_text },
    { SCALAR_VARBIT, 1562, "varbit", .text = plain_bit_text },
    { SCALAR_HSTORE, 0, "hstore", .is_text = true, .by_json = true, .text = plain_text },
};

const struct scalar *
scalar_by_oid(uint32_t oid)
{
    for (int i = 0; i < SCALAR_COUNT; i++) {
        assert(scalars[i].id == (enum scalar_id)i);
        if (scalars[i].oid == oid && oid != 0)
            return &scalars[i];
    }
    return NULL;
}

const struct scalar *
scalar_by_extension_name(const char *name)
{
    if (strcmp(name, "geography") == 0)
        name = "geometry";
    for (int i = 0; i < SCALAR_COUNT; i++)
        if (scalars[i].oid == 0 && strcmp(scalars[i].name, name) == 0)
            return &scalars[i];
    return NULL;
}

bool
type_is_json(const struct type *type)
{
    return type->kind == TYPE_SCALAR &&
           (type->scalar == SCALAR_JSON || type->scalar == SCALAR_JSONB);
}

bool
type_is_decodable(const struct type *type)
{
    switch (type->kind) {
    case TYPE_OPAQUE:
        return false;
    case TYPE_SCALAR:
        return !scalars[type->scalar].by_json;
    case TYPE_ENUM:
        return true;
    case TYPE_ARRAY:
    case TYPE_RANGE:
    case TYPE_MULTIRANGE:
        return type_is_decodable(type->element);
    }
    assert(!"type kind");
    return false;
}
