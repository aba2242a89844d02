#include "util/sha256.h"

#include <stdio.h>

#include <openssl/evp.h>

void sha256_hex(const void *bytes, size_t n, char out[SHA256_HEX_BYTES]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    out[0] = '\0';
    if (EVP_Digest(bytes, n, digest, &length, EVP_sha256(), NULL) != 1)
        return;
    for (unsigned int i = 0; i < length && 2 * i + 2 < SHA256_HEX_BYTES; i++)
        snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
}
