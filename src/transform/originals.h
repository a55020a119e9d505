/* SPDX-License-Identifier: PostgreSQL */
/*
 * What was masked, as fingerprints, so that the finished copy can be searched for it. They are made
 * with a key of their own that is thrown away with the set, and are never written anywhere.
 *
 * An original is taken in several forms: the whole text; its digits, where it has at least seven;
 * the local part of an e-mail address. Case and blanks around it do not count.
 */
#ifndef TRANSFORM_ORIGINALS_H
#define TRANSFORM_ORIGINALS_H

#include "base/buf.h"
#include "transform/transform.h"

struct originals;

/* Fingerprints may take `memory` bytes: 11 to 23 for each form of an original, and while they grow
 * a sixteenth more. Once they are all there they take two to four more each. `least` characters of
 * a text are worth looking for. NULL: no key can be had. */
struct originals *originals_new(int64_t memory, int least, struct decant_error *err);
void originals_free(struct originals *originals); /* NULL is allowed */

/* Adds one. `scratch` belongs to the calling thread; several threads may call at once. */
void originals_add(struct originals *originals, enum mask_tells tells, const char *text, size_t len,
                   struct buf *scratch);

/* Did not all of them fit? Then nothing can be said. */
bool originals_overflow(const struct originals *originals);

/* All are added: from here on they can be found. */
void originals_finish(struct originals *originals);

int64_t originals_count(const struct originals *originals);

/* A text to look for. */
struct fingerprint {
    uint64_t bits;
    uint8_t group; /* of its peers */
    double peers;  /* as many originals are as long: by chance it could be one of them */
};

/* False: the text is too short to be one, or no original is as long. Behind it comes
 * originals_find(), a few fingerprints later: their places are on their way from memory. */
bool originals_seek(const struct originals *originals, const char *text, size_t len, bool as_digits,
                    struct buf *scratch, struct fingerprint *out);

/* The same of a text in lower case. The byte before it is written meanwhile. */
bool originals_seek_lower(const struct originals *originals, char *lower, size_t len,
                          struct fingerprint *out);

/* May the digits of a text be looked for by themselves: are there enough, and are they what it is
 * about? */
bool originals_counts_digits(size_t digits, size_t letters);

struct original {
    enum mask_tells tells; /* TELLS_NOTHING: it was not masked */
    bool is_common;        /* five rows had it, or more */
};

struct original originals_find(const struct originals *originals, const struct fingerprint *sought);

#endif
