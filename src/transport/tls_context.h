/*
 * tls_context: whom a transport trusts and who it says it is, from its options.
 *
 * `direct` connects with it; `curl` only lets it find files that cannot be used, so that both
 * refuse them before the first request, in the same words. Thread: any.
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

/* What a user reads where TLS breaks off, of OpenSSL's error. With TLS 1.3 a server says only after
 * the handshake that it does not take the client's certificate. */
void tls_error_text(unsigned long error, char *text, size_t size);
bool tls_error_is_alert(unsigned long error); /* the server said so */

/* … and where the connection ends during the handshake; with a strerror(), or by itself. */
#define TLS_HANDSHAKE_CLOSED "connection closed during the TLS handshake"
#define TLS_HANDSHAKE_LOST "connection lost during the TLS handshake: %s"

#endif
