#include "transport/tls_context.h"

#include <curl/curl.h>
#include <openssl/err.h>

#define REASON_BYTES 256

/* OpenSSL's oldest error. */
static const char *reason(char text[REASON_BYTES]) {
    unsigned long code = ERR_get_error();
    const char *words = ERR_reason_error_string(code);
    ERR_clear_error();
    snprintf(text, REASON_BYTES, "%s", words == NULL ? "unknown error" : words);
    return text;
}

/* A key with a pass phrase would make OpenSSL ask for it at the terminal, in the middle of a
 * run. */
static int no_passphrase(char *to, int size, int writing, void *context) {
    (void)to, (void)size, (void)writing;
    *(bool *)context = true;
    return -1;
}

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
    char why[REASON_BYTES];
    if (!o->verify)
        return 0;
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (o->ca != NULL)
        return SSL_CTX_load_verify_file(tls, o->ca) == 1
                   ? 0
                   : err_set(e, "http.ca: %s cannot be read as PEM certificates: %s", o->ca,
                             reason(why));
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
    char why[REASON_BYTES];
    bool locked = false;
    const char *key = o->key != NULL ? o->key : o->cert;
    if (o->cert == NULL)
        return 0;
    SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(tls, &locked);
    if (SSL_CTX_use_certificate_chain_file(tls, o->cert) != 1)
        return err_set(e, "http.cert: %s cannot be read as a PEM certificate: %s", o->cert,
                       reason(why));
    int usable = SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(tls, NULL);
    SSL_CTX_set_default_passwd_cb(tls, NULL);
    if (usable != 1 && locked) {
        ERR_clear_error();
        return err_set(e,
                       "http.key: %s has a pass phrase, which a run cannot ask for; write a copy "
                       "without it to a file that only you can read: openssl pkey -in %s -out FILE",
                       key, key);
    }
    if (usable != 1)
        return err_set(e, "http.key: %s cannot be used as the key of %s: %s", key, o->cert,
                       reason(why));
    /* A key of another kind than the certificate's is there, and OpenSSL then would send no
     * certificate. */
    if (SSL_CTX_check_private_key(tls) != 1) {
        ERR_clear_error();
        return err_set(e, "http.key: %s cannot be used as the key of %s: it is of a different type",
                       key, o->cert);
    }
    return 0;
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
