/* SPDX-License-Identifier: PostgreSQL */
/* By OpenSSL, which libpq brings along: it uses the processor's instructions for SHA-256, and
 * libsodium does not (205 against 1,550 MB/s where they were measured). */
#include "key/digest.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

enum { BLOCK = 1 << 20, SHA256_BYTES = 32 };

static_assert(DIGEST_HEX == 2 * SHA256_BYTES + 1, "two digits a byte, and the end");

static EVP_MD_CTX *
begin(void)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1)
        return digest;
    EVP_MD_CTX_free(digest);
    return NULL;
}

static bool
finish(EVP_MD_CTX *digest, char out[DIGEST_HEX])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = EVP_DigestFinal_ex(digest, hash, &len) == 1;
    if (ok) {
        assert(len == SHA256_BYTES);
        sodium_bin2hex(out, DIGEST_HEX, hash, len);
    }
    EVP_MD_CTX_free(digest);
    return ok;
}

/* Reads all of the file. False: an error, or `stop`. */
static bool
add_file(EVP_MD_CTX *digest, int fd, const char *path, const atomic_int *stop,
         struct decant_error *err)
{
    unsigned char *block = mem_alloc(BLOCK);
    ssize_t n;
    bool ok = true;
    while (ok && (n = read(fd, block, BLOCK)) != 0) {
        if (n < 0)
            ok = error_errno(err, "cannot read '%s'", path);
        else if (EVP_DigestUpdate(digest, block, (size_t)n) != 1)
            ok = error_set(err, DECANT_BUG, "SHA-256 does not go on");
        else if (stop != NULL && atomic_load(stop) != 0)
            ok = error_set(err, DECANT_CANCELLED, "cancelled");
    }
    free(block);
    return ok;
}

bool
digest_file(const char *path, const atomic_int *stop, char out[DIGEST_HEX],
            struct decant_error *err)
{
    assert(path != NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot read '%s'", path);
    EVP_MD_CTX *digest = begin();
    bool ok = digest != NULL ? add_file(digest, fd, path, stop, err)
                             : error_set(err, DECANT_BUG, "SHA-256 does not start");
    close(fd);
    bool is_whole = digest != NULL && finish(digest, out);
    return ok && (is_whole || error_set(err, DECANT_BUG, "SHA-256 does not end"));
}

bool
digest_text(const char *text, size_t len, char out[DIGEST_HEX])
{
    assert(text != NULL || len == 0);
    EVP_MD_CTX *digest = begin();
    bool ok = digest != NULL && EVP_DigestUpdate(digest, text, len) == 1;
    bool is_whole = digest != NULL && finish(digest, out);
    return ok && is_whole;
}
