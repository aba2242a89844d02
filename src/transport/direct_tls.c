#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>

#include "transport/direct_internal.h"
#include "util/clock.h"

/* The certificate must be for the host of the URL, by name or by address. */
static int expect_host(SSL *ssl, char *host) { /* OpenSSL does not say const */
    X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1)
        return 0;
    if (SSL_set_tlsext_host_name(ssl, host) != 1)
        return -1;
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 ? 0 : -1;
}

/* ---- OpenSSL's way to the socket: ours, for the kernel's stamps ---- */

static int bio_read(BIO *bio, char *to, int n) {
    struct direct_connection *c = BIO_get_data(bio);
    ssize_t got = c->by_event ? kernel_clock_read(c->fd, c->stamped, to, (size_t)n, &c->last)
                              : kernel_clock_recv(c->fd, c->stamped, to, (size_t)n, &c->arrived_ns);
    if (c->by_event && got > 0)
        c->arrived_ns = c->last.at_ns;
    BIO_clear_retry_flags(bio);
    c->ended = got == 0;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)got;
}

static int bio_write(BIO *bio, const char *from, int n) {
    struct direct_connection *c = BIO_get_data(bio);
    ssize_t put = send(c->fd, from, (size_t)n, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)put;
}

static long bio_control(BIO *bio, int what, long number, void *pointer) {
    (void)number, (void)pointer;
    const struct direct_connection *c = BIO_get_data(bio);
    return what == BIO_CTRL_FLUSH || (what == BIO_CTRL_EOF && c->ended);
}

BIO_METHOD *direct_tls_method(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    if (m != NULL) {
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_ctrl(m, bio_control);
    }
    return m;
}

static SSL *tls_new(struct transport *t, struct direct_connection *c) {
    SSL *ssl = SSL_new(t->tls);
    BIO *bio = BIO_new(t->tls_method);
    if (ssl == NULL || bio == NULL) {
        BIO_free(bio);
        SSL_free(ssl);
        return NULL;
    }
    BIO_set_data(bio, c);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return ssl;
}

void direct_tls_begin(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    s->state = DIRECT_HANDSHAKE;
    c->ssl = tls_new(s->transport, c);
    if (c->ssl == NULL || expect_host(c->ssl, s->request->host) != 0) {
        direct_fail(s, OUTCOME_TLS_ERROR, "not enough memory for TLS");
        return;
    }
    if (s->resume != NULL)
        SSL_set_session(c->ssl, s->resume);
    SSL_set_connect_state(c->ssl);
    c->tls_from_ns = clock_mono_ns();
    deadline_add(&s->transport->handshake, &s->handshake, s->result.sent_ns);
    direct_tls_continue(s);
}

static void describe(struct transport_session *s, SSL *ssl, int code) {
    long verdict = SSL_get_verify_result(ssl);
    int reason = errno;
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        snprintf(s->transport->text, sizeof s->transport->text,
                 "SSL: no alternative certificate subject name matches target host name '%s'",
                 s->request->host);
        ERR_clear_error();
    } else if (verdict != X509_V_OK) {
        snprintf(s->transport->text, sizeof s->transport->text, "SSL certificate problem: %s",
                 X509_verify_cert_error_string(verdict));
        ERR_clear_error();
    } else if (code == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && reason != 0) {
        snprintf(s->transport->text, sizeof s->transport->text, TLS_HANDSHAKE_LOST,
                 strerror(reason));
    } else {
        unsigned long error = ERR_get_error();
        ERR_clear_error();
        if (error == 0 || ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            snprintf(s->transport->text, sizeof s->transport->text, TLS_HANDSHAKE_CLOSED);
        else
            tls_error_text(error, s->transport->text, sizeof s->transport->text);
    }
}

void direct_tls_continue(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    ERR_clear_error();
    errno = 0;
    int n = SSL_do_handshake(c->ssl);
    if (n == 1) {
        deadline_remove(&s->transport->handshake, &s->handshake);
        s->result.tls_ns = clock_mono_ns() - c->tls_from_ns;
        direct_established(s);
        return;
    }
    int code = SSL_get_error(c->ssl, n);
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
        direct_watch(c, code == SSL_ERROR_WANT_READ ? UV_READABLE : UV_WRITABLE);
        return;
    }
    describe(s, c->ssl, code);
    direct_fail(s, OUTCOME_TLS_ERROR, s->transport->text);
}

static ssize_t result_of(struct direct_connection *c, int n, int *wants) {
    if (n > 0)
        return n;
    int reason = errno;
    switch (SSL_get_error(c->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        *wants = UV_READABLE;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_WANT_WRITE:
        *wants = UV_WRITABLE;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        errno = reason;
        c->truncated = reason == 0;
        return reason == 0 ? 0 : -1;
    default:
        break;
    }
    /* A close without TLS's goodbye is the end as well: an answer that has said its length is whole
     * all the same. */
    unsigned long error = ERR_get_error();
    ERR_clear_error();
    if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        c->truncated = true;
        return 0;
    }
    c->tls_error = error;
    errno = EPROTO;
    return -1;
}

ssize_t direct_tls_read(struct direct_connection *c, void *to, size_t n, int *wants) {
    ERR_clear_error();
    errno = 0;
    return result_of(c, SSL_read(c->ssl, to, (int)n), wants);
}

ssize_t direct_tls_write(struct direct_connection *c, const void *from, size_t n, int *wants) {
    ERR_clear_error();
    errno = 0;
    return result_of(c, SSL_write(c->ssl, from, (int)(n > INT32_MAX ? INT32_MAX : n)), wants);
}

void direct_tls_end(struct transport_session *s, struct direct_connection *c) {
    if (SSL_is_init_finished(c->ssl)) {
        SSL_SESSION *resume = SSL_get1_session(c->ssl);
        if (resume != NULL) {
            SSL_SESSION_free(s->resume);
            s->resume = resume;
        }
        SSL_shutdown(c->ssl);
    }
    ERR_clear_error();
    SSL_free(c->ssl);
    c->ssl = NULL;
}
