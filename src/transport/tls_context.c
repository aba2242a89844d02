#include "transport/tls_context.h"

#include <curl/curl.h>
#include <openssl/err.h>

#include "util/tls_identity.h"

bool tls_error_is_alert(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
}

void tls_error_text(unsigned long error, char *text, size_t size) {
    const char *words = ERR_reason_error_string(error);
    snprintf(text, size, "%s: %s",
             tls_error_is_alert(error) ? "the server ended TLS" : "TLS failed",
             words == NULL ? "unknown error" : words);
}

static int load_trust(SSL_CTX *tls, const struct transport_options *o, struct err *e) {
    char why[TLS_REASON_BYTES];
    if (!o->verify)
        return 0;
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (o->ca != NULL)
        return SSL_CTX_load_verify_file(tls, o->ca) == 1
                   ? 0
                   : err_set(e, "http.ca: %s cannot be read as PEM certificates: %s", o->ca,
                             tls_reason(why));
    /* The authorities that libcurl trusts. */
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    if (v->cainfo != NULL)
        SSL_CTX_load_verify_file(tls, v->cainfo);
    if (v->capath != NULL)
        SSL_CTX_load_verify_dir(tls, v->capath);
    ERR_clear_error();
    return 0;
}

static int load_identity(SSL_CTX *tls, const struct transport_options *o, struct err *e) {
    return o->cert == NULL ? 0
                           : tls_identity_load(tls, (struct tls_file){"http.cert", o->cert},
                                               (struct tls_file){"http.key", o->key}, e);
}

int tls_context_new(const struct transport_options *o, SSL_CTX **out, struct err *e) {
    static const unsigned char http11[] = "\x08http/1.1", both[] = "\x02h2\x08http/1.1";
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL)
        return err_set(e, "OpenSSL cannot start");
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    /* One read for a record and what follows it, instead of one for its length and one for the
     * rest. */
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (o->version == TRANSPORT_HTTP_1_1)
        SSL_CTX_set_alpn_protos(tls, http11, sizeof http11 - 1);
    else
        SSL_CTX_set_alpn_protos(tls, both, sizeof both - 1);
    if (load_trust(tls, o, e) != 0 || load_identity(tls, o, e) != 0) {
        SSL_CTX_free(tls);
        return -1;
    }
    *out = tls;
    return 0;
}

int tls_context_check(const struct transport_options *o, struct err *e) {
    SSL_CTX *tls = NULL;
    if (o->ca == NULL && o->cert == NULL)
        return 0;
    if (tls_context_new(o, &tls, e) != 0)
        return -1;
    SSL_CTX_free(tls);
    return 0;
}
