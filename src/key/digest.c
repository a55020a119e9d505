/* SPDX-License-Identifier: PostgreSQL */
#include "key/digest.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

enum { BLOCK = 1 << 20 };

bool
digest_file(const char *path, const atomic_int *stop, char out[DIGEST_HEX],
            struct decant_error *err)
{
    assert(path != NULL);
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    if (sodium_init() < 0)
        return error_set(err, DECANT_BUG, "libsodium does not start");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot read '%s'", path);
    unsigned char *block = mem_alloc(BLOCK);
    ssize_t n;
    bool stopped = false;
    crypto_hash_sha256_init(&state);
    while (!stopped && (n = read(fd, block, BLOCK)) > 0) {
        crypto_hash_sha256_update(&state, block, (unsigned long long)n);
        stopped = stop != NULL && atomic_load(stop) != 0;
    }
    bool ok = !stopped && n == 0;
    if (stopped)
        error_set(err, DECANT_CANCELLED, "cancelled");
    else if (!ok)
        error_errno(err, "cannot read '%s'", path);
    free(block);
    close(fd);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(out, DIGEST_HEX, hash, sizeof hash);
    return ok;
}

bool
digest_text(const char *text, size_t len, char out[DIGEST_HEX])
{
    assert(text != NULL || len == 0);
    unsigned char hash[crypto_hash_sha256_BYTES];
    if (sodium_init() < 0)
        return false;
    crypto_hash_sha256(hash, (const unsigned char *)text, len);
    sodium_bin2hex(out, DIGEST_HEX, hash, sizeof hash);
    return true;
}
