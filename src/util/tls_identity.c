#include "util/tls_identity.h"

#include <openssl/err.h>
#include <stdbool.h>
#include <stdio.h>

const char *tls_reason(char text[TLS_REASON_BYTES]) {
    unsigned long code = ERR_get_error();
    const char *words = ERR_reason_error_string(code);
    ERR_clear_error();
    snprintf(text, TLS_REASON_BYTES, "%s", words == NULL ? "unknown error" : words);
    return text;
}

/* A key with a pass phrase would make OpenSSL ask for it at the terminal, in the middle of a
 * run. */
static int no_passphrase(char *to, int size, int writing, void *context) {
    (void)to, (void)size, (void)writing;
    *(bool *)context = true;
    return -1;
}

int tls_identity_load(SSL_CTX *tls, struct tls_file cert, struct tls_file key, struct err *e) {
    char why[TLS_REASON_BYTES];
    bool locked = false;
    if (key.path == NULL)
        key.path = cert.path;
    SSL_CTX_set_default_passwd_cb(tls, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(tls, &locked);
    if (SSL_CTX_use_certificate_chain_file(tls, cert.path) != 1)
        return err_set(e, "%s: %s cannot be read as a PEM certificate: %s", cert.what, cert.path,
                       tls_reason(why));
    int usable = SSL_CTX_use_PrivateKey_file(tls, key.path, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(tls, NULL);
    SSL_CTX_set_default_passwd_cb(tls, NULL);
    if (usable != 1 && locked) {
        ERR_clear_error();
        return err_set(e,
                       "%s: %s has a pass phrase, which a run cannot ask for; write a copy "
                       "without it to a file that only you can read: openssl pkey -in %s -out FILE",
                       key.what, key.path, key.path);
    }
    if (usable != 1)
        return err_set(e, "%s: %s cannot be used as the key of %s: %s", key.what, key.path,
                       cert.path, tls_reason(why));
    /* A key of another kind than the certificate's is there, and OpenSSL then would send no
     * certificate. */
    if (SSL_CTX_check_private_key(tls) != 1) {
        ERR_clear_error();
        return err_set(e, "%s: %s cannot be used as the key of %s: it is of a different type",
                       key.what, key.path, cert.path);
    }
    return 0;
}
