/* SPDX-License-Identifier: PostgreSQL */
/* Columns that expressions name, for tests of their translation. */
#ifndef UNIT_TRANSLATE_COLUMNS_H
#define UNIT_TRANSLATE_COLUMNS_H

#include "load/translate.h"

static const struct type types[] = {
    { .kind = TYPE_SCALAR, .scalar = SCALAR_INT4 },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_TEXT },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_NUMERIC },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_BOOL },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_DATE },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_TIMESTAMPTZ },
    { .kind = TYPE_SCALAR, .scalar = SCALAR_JSONB },
};
static const struct column sources[] = {
    { .name = "n", .type = &types[0] },   { .name = "t", .type = &types[1] },
    { .name = "d", .type = &types[2] },   { .name = "b", .type = &types[3] },
    { .name = "day", .type = &types[4] }, { .name = "at", .type = &types[5] },
    { .name = "j", .type = &types[6] },   { .name = "odd \"name", .type = &types[0] },
};
static const struct sqlite_column columns[] = {
    { .source = &sources[0], .name = "n", .profile = &sqlite_profiles[0] },
    { .source = &sources[1], .name = "t", .profile = &sqlite_profiles[0] },
    { .source = &sources[2], .name = "d", .profile = &sqlite_profiles[0] },
    { .source = &sources[3], .name = "b", .profile = &sqlite_profiles[0] },
    { .source = &sources[4], .name = "day", .profile = &sqlite_profiles[0] },
    { .source = &sources[5], .name = "at", .profile = &sqlite_profiles[0] },
    { .source = &sources[6], .name = "j", .profile = &sqlite_profiles[0] },
    { .source = &sources[7], .name = "odd \"name", .profile = &sqlite_profiles[0] },
};

#define TRANSLATE_COLUMNS_SQL "n, t, d, b, day, at, j, \"odd \"\"name\""

#endif
