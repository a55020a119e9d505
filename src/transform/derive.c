/* SPDX-License-Identifier: PostgreSQL */
/* A text made of other columns of the row, after those were masked. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "row/codec.h"
#include "transform/maker.h"
#include "transform/transform.h"

struct derive_params {
    const char *derive;
    int filter;
};

enum { MOST_PIECES = 32 };

struct piece {
    const char *text; /* or of a column: */
    size_t len;
    int column; /* number in the table; -1: `text` */
    int take;   /* first n characters, or last -n; 0: all */
};

struct template
{
    int n;
    struct piece pieces[MOST_PIECES];
};

static bool
read_piece(const char *p, size_t len, struct mask_maker *maker, const struct mask *mask,
           struct piece *out)
{
    const char *colon = memchr(p, ':', len);
    size_t name = colon != NULL ? (size_t)(colon - p) : len;
    out->column = -1;
    for (int i = 0; i < maker->table->ncolumns; i++)
        if (strlen(maker->table->columns[i].name) == name &&
            memcmp(maker->table->columns[i].name, p, name) == 0)
            out->column = i;
    if (out->column < 0)
        return place_error(&mask->rule->place, maker->err,
                           "E201 there is no column '%.*s' in %s.%s", (int)name, p,
                           maker->table->schema, maker->table->name);
    if (&maker->table->columns[out->column] == maker->column)
        return place_error(&mask->rule->place, maker->err,
                           "E116 a column cannot be derived from itself");
    char *end = (char *)p + len;
    out->take = colon != NULL ? (int)strtol(colon + 1, &end, 10) : 0;
    if (maker->siblings != NULL)
        maker->siblings[out->column] = 1;
    return end == p + len ||
           place_error(&mask->rule->place, maker->err, "E116 {column:n}: a number is wanted");
}

static bool
derive_prepare(struct mask *mask, struct mask_maker *maker)
{
    const struct derive_params *params = mask->params;
    struct template *out = ARENA_NEW(maker->arena, struct template);
    mask->state = out;
    if (maker->table == NULL || maker->kind != KIND_TEXT)
        return place_error(&mask->rule->place, maker->err, "E116 'derive' is for columns only");
    for (const char *p = params->derive; *p != '\0';) {
        struct piece *piece = &out->pieces[out->n];
        const char *close = *p == '{' ? strchr(p, '}') : NULL;
        if (++out->n == MOST_PIECES || (*p == '{' && close == NULL))
            return place_error(&mask->rule->place, maker->err,
                               "E116 a template is text and {column}, at most %d of them",
                               MOST_PIECES - 1);
        if (close != NULL) {
            if (!read_piece(p + 1, (size_t)(close - p - 1), maker, mask, piece))
                return false;
            p = close + 1;
        } else {
            *piece = (struct piece){ .text = p, .len = strcspn(p, "{"), .column = -1 };
            p += piece->len;
        }
    }
    return true;
}

static void
put_column(const struct mask_row *row, const struct piece *piece, struct buf *scratch,
           struct buf *out)
{
    int place = row->places[piece->column];
    if (place < 0 || row->values[place].len < 0)
        return;
    const struct decant_value *value = &row->values[place];
    const struct text_style style = { 2 };
    buf_reset(scratch);
    if (row->is_text != NULL && row->is_text[piece->column])
        buf_add(scratch, value->data, (size_t)value->len);
    else if (!codec_text(row->table->columns[piece->column].type, value, &style, scratch))
        return;
    size_t from = 0, len = scratch->len, n = utf8_length(buf_str(scratch), len);
    if (piece->take > 0)
        len = utf8_prefix(buf_str(scratch), len, (size_t)piece->take);
    else if (piece->take < 0 && n > (size_t)-piece->take)
        from = utf8_prefix(buf_str(scratch), len, n - (size_t)-piece->take);
    buf_add(out, buf_str(scratch) + from, len - from);
}

static void
filter(int which, size_t start, struct mask_value *cell)
{
    enum { NONE, SLUG, ASCII, UPPER, LOWER };
    struct buf *out = cell->out, copy = { 0 };
    if (which == NONE)
        return;
    buf_add(&copy, out->data + start, out->len - start);
    out->len = start;
    if (which == SLUG || which == ASCII)
        words_slug(buf_str(&copy), copy.len, which == SLUG ? '-' : ' ', out);
    else if (which == LOWER)
        utf8_lower(buf_str(&copy), copy.len, out);
    for (size_t i = 0; which == UPPER && i < copy.len; i++)
        buf_putc(out, (char)toupper((unsigned char)copy.data[i]));
    buf_deinit(&copy);
}

APPLY(derive_apply)
{
    const struct derive_params *params = mask->params;
    const struct template *template = mask->state;
    size_t start = cell->out->len;
    for (int i = 0; i < template->n; i++) {
        const struct piece *piece = &template->pieces[i];
        if (piece->column < 0)
            buf_add(cell->out, piece->text, piece->len);
        else if (cell->row != NULL)
            put_column(cell->row, piece, &cell->work->scratch, cell->out);
    }
    filter(params->filter, start, cell);
    size_t len = cell->out->len - start;
    if (mask->room > 0)
        len = utf8_prefix(buf_str(cell->out) + start, len, (size_t)mask->room);
    cell->out->len = start + len;
    return MASK_DONE;
}

static const struct parameter derive_list[] = {
    { .name = "derive",
      .kind = PARAM_TEXT,
      .offset = offsetof(struct derive_params, derive),
      .summary =
          "text with {column}, {column:n} (its first n characters), {column:-n} (its last)" },
    { .name = "filter",
      .kind = PARAM_WORD,
      .offset = offsetof(struct derive_params, filter),
      .words = { "none", "slug", "ascii", "upper", "lower" },
      .fallback = "none",
      .summary = "" },
};

const struct transformer transform_derive = {
    .name = "derive",
    .summary = "made of masked columns of the same row",
    .accepts = KIND_TEXT,
    .seed = SEED_NONE,
    .need = NEED_NULLNESS,
    .size = sizeof(struct derive_params),
    PARAMS(derive_list),
    .prepare = derive_prepare,
    .apply = derive_apply,
};
