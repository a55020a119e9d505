/* SPDX-License-Identifier: PostgreSQL */
/* What the schema of a SQLite copy could not carry. */
#include <assert.h>
#include <string.h>

#include "load/ddl_sqlite.h"
#include "load/extension_rows.h"

static void
column_notes(const struct sqlite_table *table, struct notes *notes)
{
    struct buf scratch = { 0 };
    const struct table *source = table->source;
    for (int i = 0; i < table->ncolumns; i++) {
        const struct column *column = table->columns[i].source;
        const struct {
            bool applies;
            enum note_reason reason;
            const char *kind;
        } list[] = {
            { column->is_generated && !table->columns[i].is_emptied, NOTE_GENERATED_AS_VALUES,
              "generated column" },
            { column->has_sequence && i != table->integer_key, NOTE_DEFAULT_SEQUENCE, "default" },
            { !ddl_default(table, i, &scratch), NOTE_DEFAULT_NOT_TRANSLATABLE, "default" },
            { column->type->kind == TYPE_ENUM, NOTE_ENUM_ORDER, "column" },
            { column->not_null_for_new, NOTE_NULLS_OF_OLD_ROWS, "column" },
            { sqlite_value_class(&table->columns[i]) == CLASS_NOCASE, NOTE_NOCASE, "column" },
            { column->type->kind == TYPE_SCALAR && column->type->scalar == SCALAR_MONEY, NOTE_MONEY,
              "column" },
        };
        for (size_t j = 0; j < sizeof list / sizeof *list; j++)
            if (list[j].applies)
                notes_add(notes, list[j].reason, list[j].kind, 0, "%s.%s.%s", source->schema,
                          source->name, column->name);
    }
    buf_deinit(&scratch);
}

static void
key_notes(const struct sqlite_table *table, struct notes *notes)
{
    static const enum note_reason reasons[] = {
        [KEY_VIOLATED] = NOTE_KEY_VIOLATED_IN_SOURCE,
        [KEY_NOT_UNIQUE] = NOTE_INDEX_NOT_UNIQUE,
        [KEY_NOT_ENFORCED] = NOTE_NOT_ENFORCED,
        [KEY_OF_PERIOD] = NOTE_KEY_OF_PERIOD,
    };
    for (int i = 0; i < table->nkeys; i++) {
        const struct sqlite_key *key = &table->keys[i];
        const struct foreign_key *source = key->plan->key;
        if (key->state != KEY_CARRIED)
            notes_add(notes, reasons[key->state], "foreign key", key->orphans, "%s.%s.%s",
                      source->child->schema, source->child->name, source->name);
        if (source->sets_some_columns)
            notes_add(notes, NOTE_KEY_SETS_SOME_COLUMNS, "foreign key", 0, "%s.%s.%s",
                      source->child->schema, source->child->name, source->name);
    }
}

static void
check_notes(const struct sqlite_table *table, struct notes *notes)
{
    static const enum note_reason reasons[] = {
        [CHECK_REFUSED] = NOTE_CHECK_NOT_TRANSLATABLE,
        [CHECK_DIFFERS] = NOTE_CHECK_DIFFERS,
        [CHECK_VIOLATED] = NOTE_CHECK_VIOLATED_IN_SOURCE,
        [CHECK_NOT_ENFORCED] = NOTE_NOT_ENFORCED,
    };
    for (int i = 0; i < table->nchecks; i++)
        if (table->checks[i].state != CHECK_CARRIED)
            notes_add(notes, reasons[table->checks[i].state], "check", 0, "%s.%s.%s",
                      table->source->schema, table->source->name, table->checks[i].name);
}

/* SQLite's lower() and upper() know A to Z alone. */
static bool
folds(const char *sql)
{
    return sql != NULL && (strstr(sql, "lower(") != NULL || strstr(sql, "upper(") != NULL);
}

static void
fold_notes(const struct sqlite_table *table, struct notes *notes)
{
    const struct table *source = table->source;
    for (int i = 0; i < table->ncolumns; i++)
        if (table->columns[i].constant == NULL && !table->columns[i].source->is_generated &&
            folds(table->columns[i].source->default_sql))
            notes_add(notes, NOTE_NOCASE, "default", 0, "%s.%s.%s", source->schema, source->name,
                      table->columns[i].source->name);
    for (int i = 0; i < table->nchecks; i++)
        if (table->checks[i].state == CHECK_CARRIED && folds(table->checks[i].sql))
            notes_add(notes, NOTE_NOCASE, "check", 0, "%s.%s.%s", source->schema, source->name,
                      table->checks[i].name);
    for (int i = 0; i < source->nindexes; i++) {
        bool found = folds(source->indexes[i].predicate);
        for (int k = 0; k < source->indexes[i].nkeys; k++)
            found |= source->indexes[i].keys[k].column < 0 && folds(source->indexes[i].keys[k].sql);
        if (found)
            notes_add(notes, NOTE_NOCASE, "index", 0, "%s.%s", source->indexes[i].schema,
                      source->indexes[i].name);
    }
}

/* Does this locale order text by its bytes, as SQLite does? */
static bool
is_byte_order(const char *collate)
{
    static const char *const names[] = { "C", "POSIX", "C.UTF-8", "C.utf8" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(collate, names[i]) == 0)
            return true;
    return false;
}

void
ddl_notes(const struct sqlite_schema *schema, struct notes *notes)
{
    assert(schema != NULL);
    const struct catalog *catalog = schema->plan->catalog;
    for (int i = 0; i < schema->ntables; i++) {
        const struct sqlite_table *table = &schema->tables[i];
        const struct table *source = table->source;
        if (table->is_absent) {
            notes_add(notes, NOTE_NO_COLUMNS, "table", 0, "%s.%s", source->schema, source->name);
            continue;
        }
        if (source->kind == 'p')
            notes_add(notes, NOTE_PARTITIONS_MERGED, "partitioned table", 0, "%s.%s",
                      source->schema, source->name);
        column_notes(table, notes);
        key_notes(table, notes);
        check_notes(table, notes);
        fold_notes(table, notes);
    }
    for (int i = 0; i < catalog->nobjects; i++)
        notes_add(notes, NOTE_NO_SUCH_OBJECT_IN_SQLITE, catalog->objects[i].kind, 0, "%s",
                  catalog->objects[i].name);
    for (int i = 0; i < catalog->nsequences; i++)
        if (catalog->sequences[i].nusers == 0 && !catalog->sequences[i].is_in_expression)
            notes_add(notes, NOTE_NO_SUCH_OBJECT_IN_SQLITE, "sequence", 0, "%s.%s",
                      catalog->sequences[i].schema, catalog->sequences[i].name);
    for (int i = 0; i < catalog->nextensions; i++)
        notes_add(notes, NOTE_NO_SUCH_OBJECT_IN_SQLITE, "extension", 0, "%s",
                  catalog->extensions[i].name);
    extension_rows_note(catalog, notes);
    if (!is_byte_order(catalog->server.collate))
        notes_add(notes, NOTE_COLLATION, "collation", 0, "%s", catalog->server.collate);
}
