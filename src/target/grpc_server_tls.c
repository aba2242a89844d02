/* TLS of the target: OpenSSL on the connection's socket. ALPN must choose h2. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "target/grpc_server_internal.h"
#include "util/tls_identity.h"

static int choose(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                  unsigned in_bytes, void *context) {
    static const unsigned char h2[] = "\x02h2";
    unsigned char *chosen;
    (void)ssl, (void)context;
    if (SSL_select_next_proto(&chosen, n, h2, sizeof h2 - 1, in, in_bytes) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

int grpc_tls_new(const char *cert, const char *key, SSL_CTX **out, struct err *e) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL)
        return err_set(e, "OpenSSL cannot start");
    if (tls_identity_load(tls, (struct tls_file){"--tls-cert", cert},
                          (struct tls_file){"--tls-key", key}, e) != 0) {
        SSL_CTX_free(tls);
        return -1;
    }
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(tls, choose, NULL);
    *out = tls;
    return 0;
}

int grpc_tls_begin(struct grpc_connection *c, SSL_CTX *tls) {
    c->ssl = SSL_new(tls);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
        return -1;
    SSL_set_accept_state(c->ssl);
    return 0;
}

/* As recv() and send() say it. */
static ssize_t result_of(struct grpc_connection *c, int n) {
    int code = n > 0 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, n);
    ERR_clear_error();
    if (code == SSL_ERROR_NONE)
        return n;
    errno = code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return code == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

bool grpc_tls_handshake(struct grpc_connection *c) {
    const unsigned char *chosen;
    unsigned n;
    if (result_of(c, SSL_do_handshake(c->ssl)) != 1) {
        c->broken = errno != EAGAIN;
        return false;
    }
    SSL_get0_alpn_selected(c->ssl, &chosen, &n);
    c->broken = n == 0; /* the client offered nothing */
    return !c->broken;
}

ssize_t grpc_tls_read(struct grpc_connection *c, char *to, size_t n) {
    return result_of(c, SSL_read(c->ssl, to, (int)n));
}

ssize_t grpc_tls_write(struct grpc_connection *c, const char *from, size_t n) {
    return result_of(c, SSL_write(c->ssl, from, (int)n));
}

void grpc_tls_end(struct grpc_connection *c) {
    if (c->ssl != NULL && SSL_is_init_finished(c->ssl) && !c->broken)
        SSL_shutdown(c->ssl);
    ERR_clear_error();
    SSL_free(c->ssl);
    c->ssl = NULL;
}
