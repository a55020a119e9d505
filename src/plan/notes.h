/* SPDX-License-Identifier: PostgreSQL */
/* What could not be carried over: a list that is printed at the end of a pull, stands in the
 * manifest and is printed again by verify. Each reason has a stable code and says its consequence.
 */
#ifndef PLAN_NOTES_H
#define PLAN_NOTES_H

#include <pthread.h>
#include <stdint.h>

#include "base/mem.h"

enum note_reason {
    NOTE_UNREVIEWED,               /* stands first in every list */
    NOTE_NO_SUCH_OBJECT_IN_SQLITE, /* views, triggers ...: `kind` says which */
    NOTE_DANGLING_KEY,
    NOTE_KEY_VIOLATED_IN_SOURCE,
    NOTE_KEY_NOT_VALID, /* ... and made NOT VALID in a PostgreSQL copy */
    NOTE_KEY_ON_SOME_PARTITIONS,
    NOTE_KEY_SETS_SOME_COLUMNS,
    NOTE_KEY_OF_PERIOD,
    NOTE_NOT_ENFORCED,
    NOTE_CHECK_NOT_TRANSLATABLE,
    NOTE_CHECK_DIFFERS,
    NOTE_CHECK_VIOLATED_IN_SOURCE,
    NOTE_CHECK_LATE, /* of a PostgreSQL copy */
    NOTE_NULLS_OF_OLD_ROWS,
    NOTE_DEFAULT_NOT_TRANSLATABLE,
    NOTE_DEFAULT_SEQUENCE,
    NOTE_GENERATED_AS_VALUES,
    NOTE_INDEX_METHOD,
    NOTE_INDEX_NOT_TRANSLATABLE,
    NOTE_INDEX_NOT_UNIQUE,
    NOTE_INDEX_INVALID,
    NOTE_EXCLUSION,
    NOTE_ENUM_ORDER,
    NOTE_COLLATION,
    NOTE_NOCASE,
    NOTE_VALUE_MIDNIGHT,
    NOTE_VALUE_SHORTENED,
    NOTE_VALUE_ROUNDED,
    NOTE_VALUE_NULLED,
    NOTE_VALUE_CLAMPED,
    NOTE_READER_NEEDS,
    NOTE_RENAMED,
    NOTE_PARTITIONS_MERGED,
    NOTE_NO_COLUMNS,
    NOTE_FOREIGN_PARTITION,
    NOTE_VALUE_NAN,
    NOTE_VALUE_INFINITE,
    NOTE_VALUE_MINUS_ZERO,
    NOTE_VALUE_BEYOND_DATES,
    NOTE_VALUE_LOWER_BOUNDS,
    NOTE_VALUE_NOT_UTF8,
    NOTE_VALUE_INTERVAL_MONTHS,
    NOTE_VALUE_CHAR_ZERO,
    NOTE_DECIMAL_AS_TEXT,
    NOTE_JSON_AS_TEXT,
    NOTE_MONEY,
    NOTE_KEY_RESPELLED,
    NOTE_KEY_REASSIGNED,
    NOTE_FEW_VALUES,
    NOTE_CAPTURED,
    NOTE_WHOLE_FOR_KEY,
    NOTE_KEY_NULLED,
    NOTE_DANGLING_IN_SOURCE,
    NOTE_PROBABILITY_ROUGH,
    NOTE_MASK_UNPROVED,
    NOTE_EMPTIED,
    NOTE_MOSTLY_KEPT,
    NOTE_OTHER_FORM,
    NOTE_COMPUTED_FROM_MASKED,
    NOTE_COMMENTS_DROPPED,
    NOTE_TEXT_IN_SCHEMA,     /* of check */
    NOTE_NOT_SEARCHED,       /* of verify */
    NOTE_RIGHTS_FOR_QUERIES, /* of check */
    NOTE_ONE_CONNECTION,
    NOTE_BEFORE_UNREADABLE, /* the manifest of the copy that is replaced */
    NOTE_LARGE_OBJECTS,
    NOTE_NOT_AMPLIFIED,
    NOTE_SILENCED,
    NOTE_NOT_SHOWN,      /* by a cover */
    NOTE_CHANGED_BY_RUN, /* rows of its own, or of a hook */
    NOTE_NOT_RETAINED,
    NOTE_FILTERED_BY_POLICY, /* event triggers, publications ... of a PostgreSQL target */
    NOTE_EXTENSION_MISSING,
    NOTE_EXTENSION_DATA,
    NOTE_RESTORE_FAILED,
    NOTE_TABLE_MISSING,
    NOTE_SEQUENCE_UNREADABLE,
    NOTE_SEQUENCE_FAILED,
    NOTE_MATVIEW_NOT_REFRESHED,
    NOTE_CODE_AS_SUPERUSER,
    NOTE_LOCALE_MISSING,
    NOTE_SETTING_NOT_CARRIED,
    NOTE_SETTING_OF_SOURCE, /* ALTER DATABASE ... SET */
    NOTE_OLD_COPY_KEPT,
    NOTE_COUNT
};

struct note {
    enum note_reason reason;
    const char *kind;   /* "foreign key", "check" ... */
    const char *object; /* "schema.table.name" */
    int64_t count;      /* rows or values concerned; 0: does not apply */
};

struct notes {
    struct arena arena;
    pthread_mutex_t mutex; /* sinks of several threads add notes */
    struct note *items;
    size_t count;
};

void notes_init(struct notes *notes);
void notes_add(struct notes *notes, enum note_reason reason, const char *kind, int64_t count,
               const char *fmt, ...) PRINTF(5, 6);

/* By kind, reason and object, so that the list does not depend on the order of work. */
void notes_sort(struct notes *notes);
void notes_deinit(struct notes *notes);

const char *note_code(enum note_reason reason);
const char *note_consequence(const struct note *note);
const char *note_hint(enum note_reason reason); /* or NULL */

#endif
