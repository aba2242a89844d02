/*
 * tls_context: the certificates that a transport trusts and presents, from its options.
 *
 * `direct` connects with the context. `curl` only uses it to check the files, so that both reject
 * unusable files before the first request, with the same message. Thread: any.
 */
#ifndef TRANSPORT_TLS_CONTEXT_H
#define TRANSPORT_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "transport/transport.h"
#include "util/err.h"

/* The caller frees *out with SSL_CTX_free(). Returns -1 if a file cannot be used. */
int tls_context_new(const struct transport_options *o, SSL_CTX **out, struct err *e);

/* Returns -1 if tls_context_new() would fail because of a file. */
int tls_context_check(const struct transport_options *o, struct err *e);

/* Writes the message for an OpenSSL error that ended TLS. With TLS 1.3, a server reports only
 * after the handshake that it rejects the client's certificate. */
void tls_error_text(unsigned long error, char *text, size_t size);
bool tls_error_is_alert(unsigned long error); /* true if the server sent the error */

/* Messages for a connection that ends during the handshake: closed; or lost, with a strerror(). */
#define TLS_HANDSHAKE_CLOSED "connection closed during the TLS handshake"
#define TLS_HANDSHAKE_LOST "connection lost during the TLS handshake: %s"

#endif
