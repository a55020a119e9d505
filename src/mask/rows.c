/* SPDX-License-Identifier: PostgreSQL */
/* Masking the rows of one stream: from PostgreSQL's binary form to a cell and back. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "key/prf.h"
#include "mask/masking.h"
#include "row/codec.h"
#include "row/encode.h"
#include "row/number.h"

enum { LEAST_SEEN = 3, LEAST_CHARACTERS = 4 };

void
mask_stream_init(struct mask_stream *stream, const struct masking *masking,
                 const struct masked_table *masked, const struct table *leaf, const bool *travels,
                 bool as_text)
{
    assert(masked != NULL && travels != NULL);
    const struct table *root = masked->table;
    int place = 0;
    *stream = (struct mask_stream){ .table = masked, .masking = masking, .as_text = as_text };
    stream->work.originals = masking->originals;
    stream->places = mem_alloc((size_t)(root->ncolumns + 1) * sizeof *stream->places);
    stream->counts = mem_alloc((size_t)(masked->nmasks + 1) * sizeof *stream->counts);
    stream->starts = mem_alloc((size_t)(masked->nmasks + 1) * sizeof *stream->starts);
    if (as_text)
        stream->is_text = mem_alloc((size_t)(root->ncolumns + 1) * sizeof *stream->is_text);
    for (int i = 0; i < root->ncolumns; i++)
        stream->places[i] = -1;
    for (int i = 0; i < leaf->ncolumns; i++) {
        if (!travels[i])
            continue;
        int column = table_column(root, leaf->columns[i].name);
        if (column >= 0)
            stream->places[column] = place;
        place++;
    }
}

void
mask_forget(void)
{
    prf_wipe_stack();
}

void
mask_stream_deinit(struct mask_stream *stream)
{
    assert(stream != NULL);
    mask_work_deinit(&stream->work);
    buf_deinit(&stream->row);
    free(stream->places);
    free(stream->counts);
    free(stream->starts);
    free(stream->is_text);
    if (stream->table != NULL)
        prf_wipe_stack(); /* a thread's stack outlives the thread */
    *stream = (struct mask_stream){ 0 };
}

/* ---- seeds */

/* False: the row belongs to nobody. */
static bool
seed_of(struct mask_stream *stream, const struct entity_key *key, const struct decant_value *values,
        const struct decant_value *extras, uint64_t out[2])
{
    struct buf *scratch = &stream->work.scratch;
    uint8_t number[8];
    int64_t n;
    if (!key->is_needed)
        return false;
    struct decant_value value =
        key->column < 0 ? extras[key->extra] : values[stream->places[key->column]];
    if (value.len < 0 || (key->column >= 0 && !number_int(&value, &n)))
        return false;
    if (key->column >= 0) { /* as the extra would be: eight bytes */
        put_u64(number, (uint64_t)n);
        value = (struct decant_value){ number, sizeof number };
    }
    buf_reset(scratch);
    buf_puts(scratch, key->label);
    buf_putc(scratch, '\n');
    buf_add(scratch, value.data, (size_t)value.len);
    prf_128(stream->masking->entity_key, scratch->data, scratch->len, out);
    return true;
}

/* A row of nobody is its own entity; most rows belong to somebody, and need no seed of their own.
 */
static void
set_seeds(struct mask_stream *stream, const struct decant_value *values,
          const struct decant_value *extras, struct mask_seeds *out)
{
    const struct masked_table *table = stream->table;
    *out = (struct mask_seeds){ 0 };
    bool person = seed_of(stream, &table->person, values, extras, out->person);
    bool entity = seed_of(stream, &table->entity, values, extras, out->entity);
    if (!table->seeds_rows && (person || !table->person.is_needed) &&
        (entity || !table->entity.is_needed))
        return;
    seed_of(stream, &table->row, values, extras, out->row);
    if (!person)
        memcpy(out->person, out->row, sizeof out->row);
    if (!entity)
        memcpy(out->entity, out->row, sizeof out->row);
}

/* ---- one value: binary to cell, cell to binary */

struct cell_job {
    struct mask_stream *stream;
    const struct column_mask *how;
    const struct mask *mask;
    const struct mask_seeds *seeds;
    const struct mask_row *row;
    char gender;
};

static bool
malformed(const struct cell_job *job, struct decant_error *err)
{
    const struct table *table = job->stream->table->table;
    return error_set(err, DECANT_UNAVAILABLE, "the source sent a malformed value of '%s.%s.%s'",
                     table->schema, table->name, table->columns[job->how->column].name);
}

/* The value in the cell's form; texts of numbers go to the scratch. */
static bool
open_cell(const struct type *type, enum mask_kind kind, const struct decant_value *in,
          struct buf *scratch, struct mask_value *cell)
{
    assert(type != NULL && in != NULL && scratch != NULL && cell != NULL);
    const struct text_style style = { 2 };
    cell->kind = kind;
    cell->data = (const char *)in->data;
    cell->len = (size_t)in->len;
    switch ((int)kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIMESTAMP:
        return number_int(in, &cell->integer);
    case KIND_NUMBER:
    case KIND_BOOL:
        buf_reset(scratch);
        if (!codec_text(type, in, &style, scratch))
            return false;
        cell->data = buf_str(scratch);
        cell->len = scratch->len;
        return true;
    case KIND_JSON:
        if (type->scalar == SCALAR_JSONB) {
            cell->data++;
            cell->len--;
            return in->len > 0;
        }
        return true;
    default:
        if (kind == KIND_TEXT && type->kind == TYPE_SCALAR && type->scalar == SCALAR_BPCHAR)
            while (cell->len > 0 && cell->data[cell->len - 1] == ' ')
                cell->len--;
        return true;
    }
}

static size_t
width_of(const struct type *type, enum mask_kind kind)
{
    if (kind == KIND_DATE)
        return 4;
    return kind == KIND_INTEGER && type->scalar == SCALAR_INT2   ? 2
           : kind == KIND_INTEGER && type->scalar == SCALAR_INT4 ? 4
                                                                 : 8;
}

/* Appends the fake in the column's binary form. `fake` holds its text or bytes. */
static bool
close_cell(const struct type *type, const struct mask_value *cell, const struct buf *fake, int room,
           struct buf *out)
{
    assert(type != NULL && cell != NULL && fake != NULL);
    uint8_t bytes[8];
    size_t width = width_of(type, cell->kind);
    switch ((int)cell->kind) {
    case KIND_INTEGER:
    case KIND_DATE:
    case KIND_TIMESTAMP:
        put_u64(bytes, (uint64_t)cell->out_integer);
        buf_add(out, bytes + 8 - width, width);
        return true;
    case KIND_NUMBER: {
        /* NaN and infinities come back as they were */
        bool is_digits = strpbrk(buf_str(fake), "nNiI") == NULL;
        return is_digits && encode_number(type->scalar, buf_str(fake), fake->len, out);
    }
    case KIND_BOOL:
        buf_putc(out, buf_str(fake)[0] == 't' || buf_str(fake)[0] == 'T');
        return true;
    case KIND_JSON:
        if (type->scalar == SCALAR_JSONB)
            buf_putc(out, 1);
        buf_add(out, buf_str(fake), fake->len);
        return true;
    default:
        buf_add(out, buf_str(fake), fake->len);
        if (type->kind == TYPE_SCALAR && type->scalar == SCALAR_BPCHAR)
            for (size_t n = utf8_length(buf_str(fake), fake->len); n < (size_t)room; n++)
                buf_putc(out, ' ');
        return true;
    }
}

static bool
same_bytes(const struct decant_value *in, const struct buf *out, size_t start)
{
    return out->len - start == (size_t)in->len &&
           memcmp(out->data + start, in->data, (size_t)in->len) == 0;
}

static bool
is_finite_time(const struct mask_value *cell)
{
    return cell->kind == KIND_DATE ? cell->integer != INT32_MAX && cell->integer != INT32_MIN
                                   : cell->integer != INT64_MAX && cell->integer != INT64_MIN;
}

/* Should the mask have changed this value? One of a few letters may map to itself, and what draws
 * from few, or makes values coarser, may meet the original. A scrub that finds nothing leaves a
 * text as it was: in some rows that is its work, in most it is none. */
static bool
is_telling(const struct mask *mask, const struct mask_value *cell)
{
    size_t letters = 0;
    bool is_plain = cell->kind & (KIND_TEXT | KIND_BYTES | KIND_UUID | KIND_NETWORK | KIND_MAC);
    bool is_scrub = mask->may_stay && (mask->how->is & IS_PROSE) != 0;
    if ((mask->may_stay && !is_scrub) || mask->seed == SEED_NONE)
        return false;
    if (cell->kind & (KIND_INTEGER | KIND_NUMBER))
        return true;
    if (cell->kind & (KIND_DATE | KIND_TIMESTAMP))
        return is_finite_time(cell) && !mask_is_shared(mask, cell->integer);
    for (size_t i = 0; is_plain && i < cell->len && letters < LEAST_CHARACTERS; i++) {
        unsigned char c = (unsigned char)cell->data[i];
        letters += c >= 0x80 || isalnum(c);
    }
    return letters >= LEAST_CHARACTERS;
}

static bool
is_special(const struct mask_value *cell)
{
    return cell->kind == KIND_NUMBER && (memmem(cell->data, cell->len, "NaN", 3) != NULL ||
                                         memmem(cell->data, cell->len, "Inf", 3) != NULL);
}

static bool
no_number(const struct cell_job *job, struct decant_error *err)
{
    const struct table *table = job->stream->table->table;
    return error_set(err, DECANT_REFUSED, "E311 the mask '%s' made no number for '%s.%s.%s'",
                     job->mask->how->name, table->schema, table->name,
                     table->columns[job->how->column].name);
}

/* Appends the fake of one value, or nothing; *length is its length, DECANT_NULL for NULL. */
static bool
mask_one(const struct cell_job *job, const struct type *type, const struct decant_value *in,
         uint64_t salt, int32_t *length, struct decant_error *err)
{
    assert(job != NULL && in != NULL);
    struct mask_stream *stream = job->stream;
    struct buf text = { 0 };
    struct buf *out = &stream->row, *fake = &stream->work.value;
    size_t start = out->len;
    struct mask_value cell = {
        .row = job->row, .gender = job->gender, .salt = salt, .out = fake, .work = &stream->work
    };
    bool looks = job->mask->how->need >= NEED_BLANKNESS;
    cell.kind = job->how->kind;
    *length = DECANT_NULL;
    buf_reset(fake);
    if (looks && !open_cell(type, job->how->kind, in, &text, &cell)) {
        buf_deinit(&text);
        return malformed(job, err);
    }
    enum mask_result result = mask_cell(job->mask, job->seeds, &cell);
    if (result == MASK_DONE && !close_cell(type, &cell, fake, job->mask->room, out)) {
        out->len = start;
        if (!looks || !is_special(&cell)) {
            buf_deinit(&text);
            return no_number(job, err);
        }
        buf_add(out, in->data, (size_t)in->len); /* NaN and infinities stay */
    }
    stream->counts[job->how - stream->table->masks].repaired += cell.is_repaired;
    if (result == MASK_DONE && looks && is_telling(job->mask, &cell)) {
        struct mask_count *count = &stream->counts[job->how - stream->table->masks];
        count->seen++;
        count->same += same_bytes(in, out, start);
    }
    buf_deinit(&text);
    if (result == MASK_STOP) {
        const struct table *table = stream->table->table;
        error_set(err, DECANT_REFUSED, "E310 '%s.%s.%s' holds %s", table->schema, table->name,
                  table->columns[job->how->column].name, stream->work.stop);
        return error_hint(err, "the value is not shown; nothing was published");
    }
    if (result == MASK_DONE)
        *length = (int32_t)(out->len - start);
    return true;
}

/* Arrays: dimensions, flags, the elements' type, then a length and bytes for each element. A fake
 * that is NULL sets the flag. */
static bool
mask_array(const struct cell_job *job, const struct type *type, const struct decant_value *in,
           struct decant_error *err)
{
    assert(job != NULL && type != NULL && in != NULL);
    struct buf *out = &job->stream->row;
    size_t start = out->len, at = 12;
    const uint8_t *p = in->data;
    if (in->len < 12)
        return malformed(job, err);
    uint32_t ndim = get_u32(p), n = ndim > 0;
    at += 8 * (size_t)ndim;
    if (ndim > 6 || (size_t)in->len < at)
        return malformed(job, err);
    for (uint32_t i = 0; i < ndim; i++)
        n *= get_u32(p + 12 + 8 * i);
    buf_add(out, p, at);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t header[4];
        if ((size_t)in->len < at + 4)
            return malformed(job, err);
        struct decant_value element = { .len = (int32_t)get_u32(p + at) };
        at += 4;
        size_t place = out->len;
        int32_t length = DECANT_NULL;
        buf_add(out, p + at - 4, 4);
        if (element.len >= 0) {
            if ((size_t)in->len < at + (size_t)element.len)
                return malformed(job, err);
            element.data = p + at;
            at += (size_t)element.len;
            if (!mask_one(job, type->element, &element, job->how->salt + i, &length, err))
                return false;
        }
        put_u32(header, (uint32_t)length);
        memcpy(out->data + place, header, 4);
        if (length < 0)
            out->data[start + 7] = 1;
    }
    return true;
}

/* The first mask whose condition holds. */
static const struct mask *
choose(const struct column_mask *how, const struct decant_value *extras)
{
    for (int i = 0; i < how->nmasks; i++) {
        int extra = how->conditions[i];
        if (extra < 0 || (extras[extra].len == 1 && extras[extra].data[0] == 1))
            return how->masks[i];
    }
    return how->masks[how->nmasks - 1];
}

/* What the target takes as text is turned into it. */
static bool
to_text(const struct cell_job *job, const struct type *type, size_t start)
{
    struct buf *out = &job->stream->row, text = { 0 };
    const struct text_style style = { 2 };
    struct decant_value value = { (const uint8_t *)out->data + start, (int32_t)(out->len - start) };
    bool ok = codec_text(type, &value, &style, &text);
    if (ok) {
        out->len = start;
        buf_add(out, buf_str(&text), text.len);
    }
    buf_deinit(&text);
    return ok;
}

static bool
mask_column(struct cell_job *job, const struct decant_value *extras, struct decant_value *value,
            struct decant_error *err)
{
    struct buf *out = &job->stream->row;
    const struct type *type = job->stream->table->table->columns[job->how->column].type;
    size_t start = out->len;
    int32_t length = DECANT_NULL;
    int gender = job->mask->gender;
    job->gender = gender >= 0 && extras[gender].len == 1
                      ? (extras[gender].data[0] == 'f' || extras[gender].data[0] == 'w' ? 'f' : 'm')
                      : 0;
    if (job->how->is_array) {
        if (!mask_array(job, type, value, err))
            return false;
        length = (int32_t)(out->len - start);
    } else if (!mask_one(job, type, value, job->how->salt, &length, err)) {
        return false;
    }
    if (length >= 0 && job->stream->as_text) {
        if (!to_text(job, type, start))
            return malformed(job, err);
        length = (int32_t)(out->len - start);
    }
    value->len = length;
    return true;
}

/* The row's memory grew and moved: so did the fakes that were made before. */
static void
point_again(const struct mask_stream *stream, int n, struct decant_value *values)
{
    for (int i = 0; i < n; i++) {
        int place = stream->places[stream->table->masks[i].column];
        if (place >= 0 && stream->starts[i] != SIZE_MAX)
            values[place].data = (const uint8_t *)stream->row.data + stream->starts[i];
    }
}

bool
mask_stream_row(struct mask_stream *stream, struct decant_value *values,
                const struct decant_value *extras, struct decant_error *err)
{
    struct mask_seeds seeds;
    const struct mask_row row = { stream->table->table, stream->places, values, stream->is_text };
    struct cell_job job = { .stream = stream, .seeds = &seeds, .row = &row };
    set_seeds(stream, values, extras, &seeds);
    buf_reset(&stream->row);
    for (int i = 0; stream->as_text && i < stream->table->table->ncolumns; i++) {
        const struct column_mask *mask = masking_column(stream->table, i);
        stream->is_text[i] = mask == NULL || mask->need != NEED_VALUE;
    }
    for (int i = 0; i < stream->table->nmasks; i++) {
        job.how = &stream->table->masks[i];
        int place = stream->places[job.how->column];
        stream->starts[i] = SIZE_MAX;
        if (place < 0)
            continue;
        struct decant_value *value = &values[place];
        job.mask = choose(job.how, extras);
        if (value->len < 0 || job.how->server_empties)
            continue;
        stream->counts[i].values++;
        stream->counts[i].kept += job.mask->how->apply == NULL;
        bool is_text_already = job.how->kind == KIND_OTHER;
        if (job.mask->how->apply == NULL && (!stream->as_text || is_text_already))
            continue;
        stream->starts[i] = stream->row.len;
        const char *before = stream->row.data;
        if (!mask_column(&job, extras, value, err))
            return false;
        if (stream->as_text)
            stream->is_text[job.how->column] = true;
        value->data = (const uint8_t *)stream->row.data + stream->starts[i];
        if (stream->row.data != before)
            point_again(stream, i, values);
    }
    return true;
}

/* Does somebody accept it, with a reason? */
static bool
is_allowed(const struct mask_stream *stream, int column)
{
    const struct rules_checks *checks = &stream->masking->rules->checks;
    const struct table *table = stream->table->table;
    struct buf name = { 0 };
    bool found = false;
    buf_printf(&name, "%s.%s.%s", table->schema, table->name, table->columns[column].name);
    for (int i = 0; i < checks->nallowed; i++)
        found |= strcmp(checks->allowed[i].object, buf_str(&name)) == 0 &&
                 strcmp(checks->allowed[i].pattern, "unchanged") == 0;
    buf_deinit(&name);
    return found;
}

/* Other threads have rows of the same column. */
static void
tell_counts(const struct mask_stream *stream)
{
    for (int i = 0; i < stream->table->nmasks; i++) {
        const struct mask_count *count = &stream->counts[i];
        struct mask_told *told = stream->table->masks[i].told;
        atomic_fetch_add(&told->values, count->values);
        atomic_fetch_add(&told->kept, count->kept);
        atomic_fetch_add(&told->repaired, count->repaired);
    }
}

void
masking_tell(const struct masking *masking, struct notes *notes)
{
    assert(masking != NULL);
    for (int t = 0; t < masking->ntables; t++)
        for (int i = 0; i < masking->tables[t].nmasks; i++) {
            const struct column_mask *how = &masking->tables[t].masks[i];
            const struct table *table = masking->tables[t].table;
            const struct {
                enum note_reason code;
                int64_t n;
            } told[] = { { NOTE_MOSTLY_KEPT, how->nmasks > 1 ? atomic_load(&how->told->kept) : 0 },
                         { NOTE_OTHER_FORM, atomic_load(&how->told->repaired) } };
            for (size_t k = 0; k < sizeof told / sizeof *told; k++)
                if (told[k].n * 2 > atomic_load(&how->told->values))
                    notes_add(notes, told[k].code, "mask", told[k].n, "%s.%s.%s", table->schema,
                              table->name, table->columns[how->column].name);
        }
}

bool
mask_stream_check(const struct mask_stream *stream, struct decant_error *err)
{
    assert(stream != NULL);
    tell_counts(stream);
    for (int i = 0; i < stream->table->nmasks; i++) {
        const struct mask_count *count = &stream->counts[i];
        const struct table *table = stream->table->table;
        if (count->seen < LEAST_SEEN || count->same * 2 <= count->seen ||
            is_allowed(stream, stream->table->masks[i].column))
            continue;
        error_set(err, DECANT_LEAK,
                  "E501 the mask of '%s.%s.%s' left %lld of %lld values unchanged", table->schema,
                  table->name, table->columns[stream->table->masks[i].column].name,
                  (long long)count->same, (long long)count->seen);
        return error_hint(err,
                          "nothing was published; the parameters of '%s' keep all, or it does "
                          "not do its work. It can be accepted: checks: {leak: {allow: [{column: "
                          "..., pattern: unchanged, why: ...}]}}",
                          stream->table->masks[i].masks[0]->how->name);
    }
    return true;
}
