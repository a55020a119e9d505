/* SPDX-License-Identifier: PostgreSQL */
#include "load/sqlite_index.h"

#include <assert.h>

#include "load/sqlite_table.h"

struct building {
    struct db *db;
    struct sqlite_schema *schema;
    struct notes *notes;
};

static bool
refers_to(const struct plan_key *key, int column)
{
    for (int k = 0; k < key->key->ncolumns; k++)
        if (key->parent_columns[k] == column)
            return true;
    return false;
}

/* Keys that need a unique index which is not unique here cannot be declared. */
static void
drop_keys_to(const struct building *b, const struct sqlite_index *index)
{
    for (int i = 0; i < b->schema->ntables; i++) {
        struct sqlite_table *table = &b->schema->tables[i];
        for (int j = 0; j < table->nkeys; j++) {
            const struct plan_key *key = table->keys[j].plan;
            bool same =
                key->parent == index->table->source && key->key->ncolumns == index->source->nkeys;
            for (int k = 0; same && k < index->source->nkeys; k++) /* in whatever order */
                same = refers_to(key, index->source->keys[k].column);
            if (same && table->keys[j].state == KEY_CARRIED)
                table->keys[j].state = KEY_NOT_UNIQUE;
        }
    }
}

static void
lose_uniqueness(const struct building *b, struct sqlite_index *index)
{
    notes_add(b->notes, NOTE_INDEX_NOT_UNIQUE, "index", 0, "%s", index->origin);
    drop_keys_to(b, index);
    index->is_unique = false;
}

/* SQLite calls some keys equal that the source tells apart; but masks were to keep them apart. */
static bool
index_is_broken(const struct sqlite_index *index, struct buf *sql, struct decant_error *err)
{
    buf_deinit(sql);
    *err = (struct decant_error){ 0 };
    return sqlite_masks_broke(index->origin, err);
}

static bool
create_index(const struct building *b, struct sqlite_index *index, struct decant_error *err)
{
    struct buf sql = { 0 };
    if (index->for_equal_keys)
        lose_uniqueness(b, index);
    if (!ddl_create_index(index, &sql)) {
        notes_add(b->notes, NOTE_INDEX_NOT_TRANSLATABLE, "index", 0, "%s", index->origin);
        buf_deinit(&sql);
        return true;
    }
    bool ok = db_exec(b->db, err, buf_str(&sql));
    if (!ok && index->is_unique && db_is_duplicate(b->db)) {
        if (plan_masks_index(b->schema->plan, index->source))
            return index_is_broken(index, &sql, err);
        lose_uniqueness(b, index);
        buf_reset(&sql);
        ok = ddl_create_index(index, &sql) && db_exec(b->db, err, buf_str(&sql));
    }
    if (!ok)
        error_context(err, "index '%s'", index->origin);
    buf_deinit(&sql);
    return ok;
}

static bool
is_wanted(const struct sqlite_index *index)
{
    return !index->table->is_absent && (!index->for_equal_keys || index->table->has_equal_keys);
}

bool
sqlite_indexes_create(struct db *db, struct sqlite_schema *schema, struct notes *notes,
                      struct decant_error *err)
{
    assert(db != NULL && schema != NULL);
    const struct building building = { db, schema, notes };
    for (struct sqlite_index *index = schema->indexes; index != NULL; index = index->next)
        if (is_wanted(index) && !create_index(&building, index, err))
            return false;
    return true;
}
