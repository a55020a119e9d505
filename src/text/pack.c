/* SPDX-License-Identifier: PostgreSQL */
#include "text/pack.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

enum { PIECE = 65536, ZSTD_LEVEL = 12 };

/* How a format is written and read, a piece after the other. */
struct packing {
    const char *suffix;
    bool (*write)(FILE *from, const char *to);
    void *(*open)(const char *path);                       /* NULL: it cannot be read */
    ssize_t (*read)(void *reader, char *out, size_t size); /* 0 at the end; -1 when damaged */
    void (*close)(void *reader);
};

/* ---- gzip: the header's time is 0 */

static bool
gz_pack(FILE *from, const char *to)
{
    char piece[PIECE];
    gzFile file = gzopen(to, "wbxe9");
    bool ok = file != NULL;
    for (size_t n; ok && (n = fread(piece, 1, PIECE, from)) > 0;)
        ok = gzwrite(file, piece, (unsigned)n) == (int)n;
    return file != NULL && gzclose(file) == Z_OK && ok && !ferror(from);
}

static void *
gz_open(const char *path)
{
    return gzopen(path, "rbe");
}

static ssize_t
gz_next(void *reader, char *out, size_t size)
{
    return gzread(reader, out, (unsigned)size);
}

static void
gz_end(void *reader)
{
    gzclose(reader);
}

/* ---- zstd */

static bool
zst_pack(FILE *from, const char *to)
{
    char piece[PIECE], packed[PIECE];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    FILE *file = fopen(to, "wxe");
    bool ok = file != NULL && context != NULL &&
              !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
              !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1));
    for (bool at_end = false; ok && !at_end;) {
        ZSTD_inBuffer in = { piece, fread(piece, 1, PIECE, from), 0 };
        size_t left = 1;
        at_end = in.size < PIECE;
        while (ok && (in.pos < in.size || (at_end && left > 0))) {
            ZSTD_outBuffer out = { packed, PIECE, 0 };
            left = ZSTD_compressStream2(context, &out, &in, at_end ? ZSTD_e_end : ZSTD_e_continue);
            ok = !ZSTD_isError(left) && fwrite(packed, 1, out.pos, file) == out.pos;
        }
    }
    ZSTD_freeCCtx(context);
    return file != NULL && fclose(file) == 0 && ok && !ferror(from);
}

struct zst_reader {
    FILE *file;
    ZSTD_DCtx *context;
    char packed[PIECE];
    ZSTD_inBuffer in;
    size_t left; /* of the frame: 0 where it is whole */
};

static void
zst_end(void *ctx)
{
    struct zst_reader *reader = ctx;
    if (reader->file != NULL)
        fclose(reader->file);
    ZSTD_freeDCtx(reader->context);
    free(reader);
}

static void *
zst_open(const char *path)
{
    struct zst_reader *reader = mem_alloc(sizeof *reader);
    reader->file = fopen(path, "re");
    reader->context = ZSTD_createDCtx();
    if (reader->file != NULL && reader->context != NULL)
        return reader;
    zst_end(reader);
    return NULL;
}

static ssize_t
zst_next(void *ctx, char *out, size_t size)
{
    struct zst_reader *reader = ctx;
    ZSTD_outBuffer unpacked = { out, size, 0 };
    while (unpacked.pos < size) {
        if (reader->in.pos == reader->in.size)
            reader->in =
                (ZSTD_inBuffer){ reader->packed, fread(reader->packed, 1, PIECE, reader->file), 0 };
        if (reader->in.size == 0) /* a frame that was cut is none */
            return reader->left == 0 ? (ssize_t)unpacked.pos : -1;
        reader->left = ZSTD_decompressStream(reader->context, &unpacked, &reader->in);
        if (ZSTD_isError(reader->left))
            return -1;
    }
    return (ssize_t)unpacked.pos;
}

/* ---- and as they are */

static void *
plain_open(const char *path)
{
    return fopen(path, "re");
}

static ssize_t
plain_next(void *reader, char *out, size_t size)
{
    return (ssize_t)fread(out, 1, size, reader);
}

static void
plain_end(void *reader)
{
    fclose(reader);
}

static const struct packing packings[] = {
    { ".gz", gz_pack, gz_open, gz_next, gz_end },
    { ".zst", zst_pack, zst_open, zst_next, zst_end },
};
static const struct packing plain = { "", NULL, plain_open, plain_next, plain_end };

const struct packing *
packing_of(const char *name)
{
    assert(name != NULL);
    const size_t len = strlen(name);
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        size_t suffix = strlen(packings[i].suffix);
        if (len > suffix && strcmp(name + len - suffix, packings[i].suffix) == 0)
            return &packings[i];
    }
    return NULL;
}

size_t
packing_peek(const struct packing *packing, const char *path, char *out, size_t size)
{
    if (packing == NULL)
        packing = &plain;
    void *reader = packing->open(path);
    ssize_t n = reader != NULL ? packing->read(reader, out, size) : 0;
    if (reader != NULL)
        packing->close(reader);
    return n > 0 ? (size_t)n : 0;
}

static bool
holds(const struct packing *packing, const char *path, FILE *file)
{
    char one[PIECE], other[PIECE];
    void *reader = packing->open(path);
    bool same = reader != NULL && fseek(file, 0, SEEK_SET) == 0;
    for (ssize_t n = 1; same && n > 0;) {
        n = packing->read(reader, one, PIECE);
        size_t wanted = fread(other, 1, PIECE, file);
        same = n == (ssize_t)wanted && memcmp(one, other, wanted) == 0;
    }
    if (reader != NULL)
        packing->close(reader);
    return same;
}

bool
packing_write(const struct packing *packing, const char *from, const char *to,
              struct decant_error *err)
{
    assert(packing != NULL && from != NULL && to != NULL);
    FILE *file = fopen(from, "re");
    bool ok = file != NULL || error_errno(err, "cannot read '%s'", from);
    if (ok && !packing->write(file, to))
        ok = error_errno(err, "cannot write '%s'", to);
    if (ok && !holds(packing, to, file))
        ok = error_set(err, DECANT_CHECK, "'%s' does not hold what was written", to);
    if (file != NULL)
        fclose(file);
    return ok;
}
