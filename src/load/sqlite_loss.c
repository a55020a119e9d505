/* SPDX-License-Identifier: PostgreSQL */
#include <assert.h>
#include <stddef.h>

#include "load/sqlite_type.h"

static const struct {
    size_t offset; /* in struct sqlite_losses */
    enum note_reason reason;
    bool is_merging; /* values that differ in the source may be equal here */
} losses[] = {
#define AT(field) offsetof(struct sqlite_losses, field)
    { AT(nan), NOTE_VALUE_NAN, false },
    { AT(infinite), NOTE_VALUE_INFINITE, false },
    { AT(minus_zero), NOTE_VALUE_MINUS_ZERO, false },
    { AT(beyond_dates), NOTE_VALUE_BEYOND_DATES, false },
    { AT(lower_bounds), NOTE_VALUE_LOWER_BOUNDS, false },
    { AT(not_utf8), NOTE_VALUE_NOT_UTF8, true },
    { AT(months), NOTE_VALUE_INTERVAL_MONTHS, true },
    { AT(char_zero), NOTE_VALUE_CHAR_ZERO, true },
    { AT(midnights), NOTE_VALUE_MIDNIGHT, true },
    { AT(shortened), NOTE_VALUE_SHORTENED, true },
    { AT(rounded), NOTE_VALUE_ROUNDED, true },
    { AT(nulled), NOTE_VALUE_NULLED, false },
    { AT(clamped), NOTE_VALUE_CLAMPED, true },
#undef AT
};
static_assert(sizeof losses / sizeof *losses == sizeof(struct sqlite_losses) / sizeof(int64_t),
              "each loss is listed");

static int64_t
count_of(const struct sqlite_column *column, size_t i)
{
    return *(const int64_t *)((const char *)&column->losses + losses[i].offset);
}

bool
sqlite_column_merges(const struct sqlite_column *column)
{
    assert(column != NULL);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (losses[i].is_merging && count_of(column, i) > 0)
            return true;
    return false;
}

void
sqlite_column_notes(const struct sqlite_column *column, const char *table, struct notes *notes)
{
    assert(column != NULL);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (count_of(column, i) > 0)
            notes_add(notes, losses[i].reason, "value", count_of(column, i), "%s.%s", table,
                      column->source->name);
    if (column->as_text)
        notes_add(notes,
                  type_is_json(column->source->type) ? NOTE_JSON_AS_TEXT : NOTE_DECIMAL_AS_TEXT,
                  "column", 0, "%s.%s", table, column->source->name);
}
