#include "util/sha256.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#define BLOCK_BYTES ((size_t)1 << 18)

static void write_hex(const unsigned char *digest, unsigned int length,
                      char out[SHA256_HEX_BYTES]) {
    for (unsigned int i = 0; i < length && 2 * i + 2 < SHA256_HEX_BYTES; i++)
        snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
}

void sha256_hex(const void *bytes, size_t n, char out[SHA256_HEX_BYTES]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    out[0] = '\0';
    if (EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) == 1)
        write_hex(digest, length, out);
}

int sha256_file(int fd, char out[SHA256_HEX_BYTES]) {
    unsigned char digest[EVP_MAX_MD_SIZE], *block = malloc(BLOCK_BYTES);
    unsigned int length = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok =
        block != NULL && context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    ssize_t n = 1;
    if (!ok)
        errno = ENOMEM;
    for (off_t at = 0; ok && n > 0;) {
        n = pread(fd, block, BLOCK_BYTES, at);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        ok = n >= 0 && EVP_DigestUpdate(context, block, (size_t)n) == 1;
        at += n;
    }
    ok = ok && EVP_DigestFinal_ex(context, digest, &length) == 1;
    if (ok)
        write_hex(digest, length, out);
    EVP_MD_CTX_free(context);
    free(block);
    return ok ? 0 : -1;
}

int sha256_source(struct buf *out, const char *text, struct err *e) {
    unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(text, strlen(text), digest, &n, EVP_sha256(), NULL) != 1)
        return err_set(e, "cannot compute SHA-256 for the page");
    EVP_EncodeBlock(base64, digest, (int)n);
    buf_printf(out, "'sha256-%s'", (const char *)base64);
    return 0;
}
