/* SPDX-License-Identifier: PostgreSQL */
/*
 * Which rows of a copy did chance choose? Only they stand for the source's: of the others it is
 * known why they are there, which is no reason to be like the rest. Their keys are noted while rows
 * are read, and looked up when the finished copy is. A key that is masked, or spelled otherwise in
 * the copy, is not found there again: then as many as were noted are missing, and all rows are
 * judged.
 */
#include <assert.h>
#include <inttypes.h>

#include "fidelity/compare.h"

void
compare_find_identity(struct compared *c)
{
    assert(c != NULL);
    const struct index *key = catalog_identity(c->table);
    for (int i = 0; key != NULL && key->nkeys <= COMPARED_KEYS && i < key->nkeys; i++)
        c->identity[c->nidentity++] = key->keys[i].column;
}

static struct key128
hash_text(const struct buf *text)
{
    const struct cell cell = { .kind = CELL_TEXT, .data = text->data, .len = text->len };
    return (struct key128){ sketch_hash(&cell), 0 };
}

void
compare_note(struct comparison *comparison, const struct table *root, enum origin origin,
             const struct decant_value *key)
{
    struct buf text = { 0 };
    if (comparison == NULL || origin == ORIGIN_SAMPLE || origin == ORIGIN_WHOLE)
        return;
    select_put_key(comparison->env.chosen, root, key, &text);
    pthread_mutex_lock(&comparison->mutex);
    for (int i = 0;
         (comparison->noted == NULL || comparison->noted->table != root) && i < comparison->ntables;
         i++)
        if (comparison->tables[i].table == root)
            comparison->noted = &comparison->tables[i];
    if (text.len > 0 && comparison->noted != NULL && comparison->noted->nidentity > 0)
        keyset_put(&comparison->noted->others, hash_text(&text), 1);
    pthread_mutex_unlock(&comparison->mutex);
    buf_deinit(&text);
}

bool
compare_is_other(const struct compared *c, const struct cell *key, struct buf *scratch)
{
    assert(c != NULL);
    buf_reset(scratch);
    for (int i = 0; i < c->nidentity; i++) {
        buf_puts(scratch, i > 0 ? "," : "");
        if (key[i].kind == CELL_INTEGER)
            buf_printf(scratch, "%" PRId64, key[i].integer);
        else if (key[i].kind == CELL_TEXT)
            buf_add(scratch, key[i].data, key[i].len);
    }
    return keyset_get(&c->others, hash_text(scratch)) != 0;
}
