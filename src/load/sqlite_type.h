/* SPDX-License-Identifier: PostgreSQL */
/*
 * How a column of PostgreSQL becomes a column of SQLite: the declared type, by profile, and the
 * form of its values. One table. A declared type decides the affinity of a column, and ORMs read
 * it; the profiles differ because ORMs disagree on the text of timestamps and uuids, and SQLite
 * compares text.
 */
#ifndef LOAD_SQLITE_TYPE_H
#define LOAD_SQLITE_TYPE_H

#include "base/buf.h"
#include "catalog/catalog.h"
#include "load/sqlite_profile.h"
#include "plan/notes.h"
#include "sqlite/feed.h"

/* What becomes of values that few programs can read: NaN, infinities, years beyond 1 to 9999,
 * 24:00, months where microseconds are wanted, more digits than a double holds. */
enum sqlite_odd { ODD_KEEP, ODD_NULL, ODD_CLAMP };

bool sqlite_odd_parse(const char *word, enum sqlite_odd *out, struct decant_error *err);

/* What the stored values are to an expression. */
enum value_class {
    CLASS_INTEGER,
    CLASS_DECIMAL, /* integers and doubles */
    CLASS_FLOAT,
    CLASS_BOOL,
    CLASS_TEXT,
    CLASS_NOCASE,
    CLASS_DATE,
    CLASS_TIMESTAMP,
    CLASS_UUID,
    CLASS_OTHER, /* nothing but IS NULL and = on itself makes sense */
};

/* Values that were met, and have another form here, or none. */
struct sqlite_losses {
    int64_t nan, infinite, minus_zero, beyond_dates, lower_bounds, not_utf8, months, char_zero,
        midnights, shortened, rounded, nulled, clamped;
};

/* A column of the copy: how it is declared, and what was met while it was filled. */
struct sqlite_column {
    const struct column *source;
    const char *name;
    const struct decant_value
        *constant; /* what its default stores; NULL: no constant, or not known */
    const struct sqlite_profile *profile;
    enum sqlite_odd odd;
    struct text_style style;
    bool is_emptied; /* generated from a masked column: NULL */
    bool is_key;     /* of an index or foreign key: equal numbers must be spelled alike */
    bool check_utf8; /* the source's encoding promises nothing */
    bool as_text;    /* the values did not fit the usual declaration; see cell_status */
    struct sqlite_losses losses;
    struct buf text; /* of the current value */
};

/* sqlite_loss.c: were values changed, so that some which differ in the source may be equal here? */
bool sqlite_column_merges(const struct sqlite_column *column);

enum cell_status {
    CELL_OK,
    CELL_MALFORMED,
    CELL_DOES_NOT_FIT, /* the table must be loaded again with `as_text` */
};

void sqlite_declared_type(const struct sqlite_column *column, struct buf *out);
enum value_class sqlite_value_class(const struct sqlite_column *column);

/* Is it a timestamp with a zone in the source? */
bool sqlite_is_zoned(const struct sqlite_column *column);

/* Converts one value that is not NULL. Text in `out` points to the value or to column->text. */
enum cell_status sqlite_cell(struct sqlite_column *column, const struct decant_value *value,
                             struct cell *out);

/* sqlite_loss.c: lists what the values lost. `table` is "schema.name". */
void sqlite_column_notes(const struct sqlite_column *column, const char *table,
                         struct notes *notes);

#endif
