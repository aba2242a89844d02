/*
 * tls_identity: the certificate that a TLS client or server shows, with its key, from PEM files.
 *
 * Thread: any.
 */
#ifndef UTIL_TLS_IDENTITY_H
#define UTIL_TLS_IDENTITY_H

#include <openssl/ssl.h>

#include "util/err.h"

/* What OpenSSL says about its oldest error. */
#define TLS_REASON_BYTES 256
const char *tls_reason(char text[TLS_REASON_BYTES]);

/* A file, and how errors call it: "http.cert". */
struct tls_file {
    const char *what, *path;
};

/* key.path NULL: the key is in the certificate's file. */
int tls_identity_load(SSL_CTX *tls, struct tls_file cert, struct tls_file key, struct err *e);

#endif
