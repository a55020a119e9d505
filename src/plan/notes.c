/* SPDX-License-Identifier: PostgreSQL */
#include "plan/notes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *code, *consequence, *hint;
} reasons[NOTE_COUNT] = {
    [NOTE_NO_SUCH_OBJECT_IN_SQLITE] = { "not-in-sqlite", NULL, NULL },
    [NOTE_DANGLING_KEY] = { "parent-left-out", "rows may refer to a table that is not in the copy",
                            NULL },
    [NOTE_KEY_NOT_VALID] = { "violated-in-source",
                             "rows of the source break it: the copy has them, too, and the key NOT "
                             "VALID, which holds for new rows",
                             NULL },
    [NOTE_KEY_VIOLATED_IN_SOURCE] = { "violated-in-source",
                                      "rows without a parent, as in the source; the copy does not "
                                      "enforce this key",
                                      NULL },
    [NOTE_KEY_ON_SOME_PARTITIONS] = { "key-on-some-partitions",
                                      "the copy accepts rows that production refuses", NULL },
    [NOTE_KEY_SETS_SOME_COLUMNS] = { "set-null-columns",
                                     "deleting a parent sets all columns of the key to NULL, not "
                                     "some",
                                     NULL },
    [NOTE_KEY_OF_PERIOD] = { "period",
                             "SQLite has no keys over periods of time: rows are there, the copy "
                             "does not enforce this key",
                             NULL },
    [NOTE_NOT_ENFORCED] = { "not-enforced", "the source does not enforce it, nor does the copy",
                            NULL },
    [NOTE_CHECK_VIOLATED_IN_SOURCE] = { "violated-in-source",
                                        "NOT VALID in the source: rows break it, and the copy does "
                                        "not enforce it",
                                        NULL },
    [NOTE_CHECK_LATE] = { "not-valid",
                          "rows of the copy break it, which calls a function that may read other "
                          "tables: it is NOT VALID, and holds for new rows",
                          NULL },
    [NOTE_NULLS_OF_OLD_ROWS] = { "not-null-not-valid",
                                 "NOT NULL is NOT VALID in the source: the copy accepts NULLs that "
                                 "production refuses in new rows",
                                 NULL },
    [NOTE_CHECK_NOT_TRANSLATABLE] = { "expression",
                                      "the copy accepts values that production refuses", NULL },
    [NOTE_CHECK_DIFFERS] = { "violated-in-copy",
                             "its translation does not hold for rows that the source accepts; the "
                             "copy accepts values that production refuses",
                             NULL },
    [NOTE_DEFAULT_NOT_TRANSLATABLE] = { "expression",
                                        "an INSERT that leaves the column out stores NULL, or "
                                        "fails",
                                        NULL },
    [NOTE_DEFAULT_SEQUENCE] = { "sequence",
                                "an INSERT that leaves the column out stores NULL, or fails",
                                NULL },
    [NOTE_GENERATED_AS_VALUES] = { "generated-column",
                                   "holds production's values, but is not computed for new rows",
                                   NULL },
    [NOTE_INDEX_METHOD] = { "index-method", "queries that use it are slower", NULL },
    [NOTE_INDEX_NOT_TRANSLATABLE] = { "expression",
                                      "queries that use it are slower; if it is unique, the copy "
                                      "accepts duplicates",
                                      NULL },
    [NOTE_INDEX_NOT_UNIQUE] = { "not-unique",
                                "carried without UNIQUE: SQLite calls some of its keys equal",
                                NULL },
    [NOTE_INDEX_INVALID] = { "invalid-index", "invalid in the source too", NULL },
    [NOTE_EXCLUSION] = { "exclusion-constraint", "the copy accepts rows that production refuses",
                         NULL },
    [NOTE_ENUM_ORDER] = { "enum-order",
                          "ORDER BY and comparisons follow the alphabet, not the order of the "
                          "labels",
                          NULL },
    [NOTE_COLLATION] = { "collation",
                         "text is ordered by its bytes, not by the collation of the source", NULL },
    [NOTE_NOCASE] = { "nocase", "letters other than A to Z are compared with regard to case",
                      NULL },
    [NOTE_RENAMED] = { "renamed", "another name of the copy differs only in case, or is reserved",
                       NULL },
    [NOTE_PARTITIONS_MERGED] = { "partitions-merged", "one table holds the rows of all partitions",
                                 NULL },
    [NOTE_NO_COLUMNS] = { "no-columns", "a table without columns cannot exist in SQLite", NULL },
    [NOTE_FOREIGN_PARTITION] = { "foreign-partition",
                                 "rows of a partition on another server are not copied", NULL },
    [NOTE_VALUE_NAN] = { "nan", "SQLite has no NaN: stored as the text 'NaN'", NULL },
    [NOTE_VALUE_INFINITE] = { "infinity",
                              "stored as the text 'infinity', which date functions call NULL",
                              NULL },
    [NOTE_VALUE_MINUS_ZERO] = { "minus-zero", "stored as 0.0, which is equal to it", NULL },
    [NOTE_VALUE_BEYOND_DATES] = { "beyond-dates",
                                  "dates before year 1 or after 9999 stand as PostgreSQL writes "
                                  "them; date functions call them NULL",
                                  NULL },
    [NOTE_VALUE_LOWER_BOUNDS] = { "array-bounds",
                                  "JSON has no lower bounds: the elements are counted from 0",
                                  NULL },
    [NOTE_VALUE_NOT_UTF8] = { "not-utf8", "stored as a BLOB of the same bytes", NULL },
    [NOTE_VALUE_INTERVAL_MONTHS] = { "interval-months",
                                     "intervals with months are ISO 8601 text, not microseconds",
                                     NULL },
    [NOTE_VALUE_CHAR_ZERO] = { "char-zero", "the character with code 0 is an empty text", NULL },
    [NOTE_VALUE_MIDNIGHT] = { "24:00", "stands as it is: most programs refuse the hour 24",
                              "--odd-values clamp makes it the second before" },
    [NOTE_VALUE_SHORTENED] = { "microseconds",
                               "three decimals are what the readers of this profile read", NULL },
    [NOTE_VALUE_ROUNDED] = { "rounded",
                             "more digits than a double holds: rounded, as the program's own "
                             "tables "
                             "would",
                             NULL },
    [NOTE_VALUE_NULLED] = { "odd-null", "NULL, for few programs can read the value", NULL },
    [NOTE_VALUE_CLAMPED] = { "odd-clamped", "the nearest value that programs can read", NULL },
    [NOTE_READER_NEEDS] = { "reader", "the readers of this profile need help", NULL },
    [NOTE_DECIMAL_AS_TEXT] = { "decimal-as-text",
                               "some values have more than 15 digits: the column is exact text and "
                               "is ordered as text",
                               NULL },
    [NOTE_JSON_AS_TEXT] = { "json-as-text",
                            "some documents are bare numbers: the column is declared JSON_TEXT so "
                            "that SQLite keeps their spelling",
                            NULL },
    [NOTE_MONEY] = { "money", "a plain number without the currency of lc_monetary", NULL },
    [NOTE_KEY_REASSIGNED] = { "reassigned",
                              "the rules gave rows another parent; who belongs to whom is made up",
                              NULL },
    [NOTE_FEW_VALUES] = { "few-values",
                          "few values that many rows share: a fake of the same shape tells them by "
                          "length and frequency",
                          "{use: choice, weights: source} draws anew for each row" },
    [NOTE_CAPTURED] = { "captured-name",
                        "named in a sub-select of 'where' without its table: where an inner table "
                        "has a column of this name, that is meant; say whose it is",
                        NULL },
    [NOTE_WHOLE_FOR_KEY] = { "whole-for-its-key",
                             "only the server can tell which of its keys are equal (collation, or "
                             "types): all its rows are there, whatever the rate",
                             NULL },
    [NOTE_KEY_NULLED] = { "nulled", "the rules took rows their parent", NULL },
    [NOTE_DANGLING_IN_SOURCE] = { "dangling-in-source",
                                  "rows refer to rows that the source does not have either",
                                  "'dangling: stop' in the rules refuses such a copy" },
    [NOTE_UNREVIEWED] = { "not-reviewed", "NULL in every row: no rule says what becomes of it",
                          "decide on it under 'columns'" },
    [NOTE_MASK_UNPROVED] = { "not-proved",
                             "the copy's own constraint decides when it is built: a pull that "
                             "breaks "
                             "it ends with status 5, and publishes nothing",
                             NULL },
    [NOTE_MOSTLY_KEPT] = { "mostly-kept",
                           "a condition keeps the originals of most rows: they are in the copy",
                           "say who is meant; conditions are tried in their order" },
    [NOTE_OTHER_FORM] = { "other-form",
                          "most values are not of the kind that the mask is for: their fakes have "
                          "another form, which programs may not read",
                          "'text' or 'by_shape' treats what has no form" },
    [NOTE_EMPTIED] = { "emptied", "holds nothing: what it was computed from is masked",
                       "compute it anew in the copy" },
    [NOTE_COMPUTED_FROM_MASKED] = { "computed-from-masked",
                                    "computed from a masked column: PostgreSQL computes it anew, "
                                    "a SQLite copy has NULL",
                                    NULL },
    [NOTE_TEXT_IN_SCHEMA] = { "text-in-schema",
                              "comes with the schema as it is, whatever the masks do",
                              "look whether its text names people" },
    [NOTE_COMMENTS_DROPPED] = { "comments", "comments are not copied: they may name people", NULL },
    [NOTE_PROBABILITY_ROUGH] = { "rough-probability",
                                 "rows whose required parents are likelier or unlikelier than "
                                 "most: "
                                 "--origins tells the usual probability",
                                 NULL },
    [NOTE_KEY_RESPELLED] = { "key-respelled",
                             "keys that PostgreSQL calls equal to their parent's have the parent's "
                             "spelling",
                             NULL },
    [NOTE_NOT_SEARCHED] = { "not-searched",
                            "its mask remembers no original: whether this copy, which decant did "
                            "not make, holds some is not known",
                            NULL },
    [NOTE_RIGHTS_FOR_QUERIES] = { "rights-for-sqlite",
                                  "the role may not read the whole of it: copies into SQLite can "
                                  "be made, those into PostgreSQL cannot",
                                  NULL },
    [NOTE_ONE_CONNECTION] = { "one-connection",
                              "all was read on one connection: nobody looked for sessions that "
                              "waited for a lock, and --yield-after had no effect",
                              NULL },
    [NOTE_BEFORE_UNREADABLE] = { "before-unreadable",
                                 "the copy that was replaced could not say what it had: nobody "
                                 "looked for tables that lost their rows, or for weaker masks",
                                 NULL },
    [NOTE_LARGE_OBJECTS] = { "large-objects",
                             "large objects are not copied; oids that refer to "
                             "them lead nowhere",
                             NULL },
    [NOTE_NOT_SHOWN] = { "not-covered",
                         "rows of the source have it, none of the copy does: --max-rows is too "
                         "low, they need a table without rows, or there are too many to tell apart",
                         NULL },
    [NOTE_SILENCED] = { "quiet",
                        "it comes without rows: they would make a program that finds them act",
                        "an exact name under sample: {whole: [...]} takes its rows" },
    [NOTE_CHANGED_BY_RUN] = { "changed-by-run",
                              "it has other numbers of rows than were copied: the run that made it "
                              "added or removed some, by after_load, retain or a hook",
                              NULL },
    [NOTE_NOT_RETAINED] = { "not-retained",
                            "rows that only the previous copy had are not in this one", NULL },
    [NOTE_NOT_AMPLIFIED] = { "not-amplified", "it has other numbers of rows than production",
                             NULL },
    [NOTE_FILTERED_BY_POLICY] = { "left-out-on-purpose",
                                  "it would act on other servers, or on every session", NULL },
    [NOTE_EXTENSION_MISSING] = { "extension-missing",
                                 "the target has no such extension; what depends on it is missing",
                                 "install the extension's package on the target server" },
    [NOTE_EXTENSION_DATA] = { "extension-data",
                              "rows that users added to the extension's own tables are not in "
                              "the copy: no rule speaks of them",
                              NULL },
    [NOTE_RESTORE_FAILED] = { "not-restored", "the target server did not accept it", NULL },
    [NOTE_TABLE_MISSING] = { "not-restored", "its rows are not in the copy", NULL },
    [NOTE_SEQUENCE_UNREADABLE] = { "sequence-unreadable",
                                   "it starts anew: its position may not be read",
                                   "GRANT SELECT on the sequence" },
    [NOTE_SEQUENCE_FAILED] = { "sequence-position", "it starts anew", NULL },
    [NOTE_MATVIEW_NOT_REFRESHED] = { "not-refreshed", "it is empty until it is refreshed", NULL },
    [NOTE_CODE_AS_SUPERUSER] = { "code-as-superuser",
                                 "so many functions, triggers and rules come with the schema: what "
                                 "of them runs while the copy is made has this superuser's rights "
                                 "on the target's server",
                                 "connect as an ordinary role with CREATEDB" },
    [NOTE_LOCALE_MISSING] = { "locale-missing",
                              "the target server lacks the locale: text is ordered as in C.UTF-8 "
                              "or "
                              "C",
                              "install the locale on the target server" },
    [NOTE_SETTING_NOT_CARRIED] = { "setting", "the previous copy had it, this one does not", NULL },
    [NOTE_SETTING_OF_SOURCE] = { "database-setting",
                                 "sessions of the source's database begin with it, those of the "
                                 "copy do not: it tunes or limits a server, may be a secret, or "
                                 "the "
                                 "target has no such role",
                                 "ALTER DATABASE ... SET on the copy: the next one takes it over" },
    [NOTE_OLD_COPY_KEPT] = { "old-copy", "an old copy could not be removed", NULL },
};

/* What it means that an object of this kind does not exist in SQLite. */
static const struct {
    const char *kind, *consequence;
} kinds[] = {
    { "view", "queries on it fail" },
    { "materialized view", "queries on it fail" },
    { "foreign table", "its rows live on another server and are not copied" },
    { "trigger", "what it does on a write does not happen" },
    { "rule", "statements are not rewritten" },
    { "policy", "every row is visible to every reader" },
    { "function", "queries that call it fail" },
    { "procedure", "queries that call it fail" },
    { "aggregate", "queries that call it fail" },
    { "extended statistics", "plans may differ" },
    { "event trigger", "it does not act on DDL" },
    { "publication", "nothing is replicated from the copy" },
    { "setting", "sessions of the source's database begin with it, those of the copy do not" },
    { "foreign server", "the copy does not connect to it" },
    { "sequence", "it gives no values" },
    { "extension", "its functions are missing" },
    { "inheritance", "queries on the parent do not see the rows of its children" },
};

void
notes_init(struct notes *notes)
{
    *notes = (struct notes){ 0 };
    pthread_mutex_init(&notes->mutex, NULL);
}

void
notes_add(struct notes *notes, enum note_reason reason, const char *kind, int64_t count,
          const char *fmt, ...)
{
    assert(reason < NOTE_COUNT && kind != NULL);
    char object[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(object, sizeof object, fmt, args);
    va_end(args);
    pthread_mutex_lock(&notes->mutex);
    notes->items = mem_grow(notes->items, notes->count, sizeof *notes->items);
    notes->items[notes->count++] = (struct note){ .reason = reason,
                                                  .kind = arena_strdup(&notes->arena, kind),
                                                  .object = arena_strdup(&notes->arena, object),
                                                  .count = count };
    pthread_mutex_unlock(&notes->mutex);
}

static int
compare(const void *a, const void *b)
{
    const struct note *x = a, *y = b;
    /* what nobody reviewed stands first */
    int order = (y->reason == NOTE_UNREVIEWED) - (x->reason == NOTE_UNREVIEWED);
    if (order == 0)
        order = strcmp(x->kind, y->kind);
    if (order == 0)
        order = (int)x->reason - (int)y->reason;
    return order != 0 ? order : strcmp(x->object, y->object);
}

void
notes_sort(struct notes *notes)
{
    if (notes->count > 0)
        qsort(notes->items, notes->count, sizeof *notes->items, compare);
}

void
notes_deinit(struct notes *notes)
{
    assert(notes != NULL);
    free(notes->items);
    arena_deinit(&notes->arena);
    pthread_mutex_destroy(&notes->mutex);
}

const char *
note_code(enum note_reason reason)
{
    assert(reason < NOTE_COUNT);
    return reasons[reason].code;
}

const char *
note_consequence(const struct note *note)
{
    assert(note->reason < NOTE_COUNT);
    if (reasons[note->reason].consequence != NULL)
        return reasons[note->reason].consequence;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, note->kind) == 0)
            return kinds[i].consequence;
    return "it is missing in the copy";
}

const char *
note_hint(enum note_reason reason)
{
    assert(reason < NOTE_COUNT);
    return reasons[reason].hint;
}
