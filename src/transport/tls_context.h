/*
 * tls_context: whom a transport trusts and who it says it is, from its options.
 *
 * `direct` connects with it; `curl` only lets it find files that cannot be used, so that both refuse them before the first
 * request, in the same words. Thread: any.
 */
#ifndef TRANSPORT_TLS_CONTEXT_H
#define TRANSPORT_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "transport/transport.h"
#include "util/err.h"

/* *out is the caller's, for SSL_CTX_free(). -1 where a file cannot be used. */
int tls_context_new(const struct transport_options *o, SSL_CTX **out, struct err *e);

/* -1 where tls_context_new() would fail because of a file. */
int tls_context_check(const struct transport_options *o, struct err *e);

#endif
