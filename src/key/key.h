/* SPDX-License-Identifier: PostgreSQL */
/*
 * The master key: 32 random bytes in a file. All randomness of a copy comes from it: which rows are
 * in, and what the fakes are. It lives in locked memory that no core file has, and is wiped.
 *
 * The file is text: lines that begin with '#', and one line of 64 hexadecimal digits.
 */
#ifndef KEY_KEY_H
#define KEY_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { KEY_ID = 9 /* 8 digits and the end */ };

struct key;

/* Makes a new key and writes it to `path` (mode 0600; an existing file is never replaced). With a
 * NULL path it goes to $XDG_CONFIG_HOME/decant/ID.key. *created is the path, on the heap. A place
 * in a git work tree is refused unless git ignores it. */
bool key_create(const char *path, char **created, char id[KEY_ID], struct decant_error *err);

/* Where the key of that id is looked for, and put: $XDG_CONFIG_HOME/decant/ID.key. On the heap. */
char *key_path(const char *id);

/* The file must belong to the user or root, and nobody else may write it or, unless it lies on a
 * secret mount (a tmpfs of root), read it. */
bool key_load(const char *path, struct key **out, struct decant_error *err);

/* From a descriptor that somebody else opened, to its end. */
bool key_load_fd(int fd, struct key **out, struct decant_error *err);

void key_free(struct key *key); /* NULL is allowed */

/* The public fingerprint; rules and manifests name it. */
const char *key_id(const struct key *key);

/* Derives `len` (16 to 64) bytes for one purpose and label: keyed BLAKE2b over both, each preceded
 * by its length, so that no two pairs are alike. */
void key_derive(const struct key *key, const char *purpose, const char *label, void *out,
                size_t len);

/*
 * The sub-keys of a job, in the same kind of memory: nothing of them is left when the ring is
 * freed.
 */
struct key_ring;

enum { SUB_KEY = 32 };

/* `key` must outlive the ring. */
struct key_ring *key_ring_new(const struct key *key);
void key_ring_free(struct key_ring *ring); /* NULL is allowed */

/* The sub-key of a purpose and label, derived once. It stays where it is until the ring is freed.
 * NULL: no memory can be locked. */
const uint8_t *key_ring_get(struct key_ring *ring, const char *purpose, const char *label);

/* A key that is in no file: for what must be tried before there is one. */
bool key_throwaway(struct key **out, struct decant_error *err);

/* A key that everybody knows: for what is not masked, where only the choice of rows is to be the
 * same every time. */
bool key_public(struct key **out, struct decant_error *err);

#endif
