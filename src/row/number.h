/* SPDX-License-Identifier: PostgreSQL */
/* Numbers: PostgreSQL's text of each, and what SQLite can store of a numeric. */
#ifndef ROW_NUMBER_H
#define ROW_NUMBER_H

#include "row/plain.h"

SCALAR_TEXT_FUNCTION(number_int_text); /* 2, 4 or 8 bytes */
SCALAR_TEXT_FUNCTION(number_oid_text);
SCALAR_TEXT_FUNCTION(number_float4_text);
SCALAR_TEXT_FUNCTION(number_float8_text);
SCALAR_TEXT_FUNCTION(number_numeric_text);
SCALAR_TEXT_FUNCTION(number_money_text); /* a plain decimal number: no currency, no groups */

/* Two's complement of 2, 4 or 8 bytes; false for another length. */
bool number_int(const struct decant_value *value, int64_t *out);
bool number_float4(const struct decant_value *value, double *out); /* of its shortest text */
bool number_float8(const struct decant_value *value, double *out);

/* What a numeric is to a program that has 64-bit integers and doubles. */
enum number_form {
    NUMBER_MALFORMED,
    NUMBER_INTEGER, /* exactly *integer */
    NUMBER_REAL,    /* at most 15 significant digits: *real prints back to the same number */
    NUMBER_TOO_LONG,
    NUMBER_NAN,
    NUMBER_INFINITE, /* *real is an infinity */
};

enum number_form number_numeric(const struct decant_value *value, int64_t *integer, double *real);

#endif
