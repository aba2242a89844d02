#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "transport/curl_internal.h"
#include "transport/curl_text.h"
#include "util/units.h"

#define OTHER_NAME "SSL: no alternative certificate subject name matches target "
#define LOST_TEXT "connection lost before a response"

/* Which outcome a failure of libcurl is. CURLE_OK is not asked for. */
static enum outcome classify(CURLcode code) {
    static const struct {
        CURLcode code;
        enum outcome outcome;
    } table[] = {
        {CURLE_COULDNT_RESOLVE_HOST, OUTCOME_DNS_ERROR},
        {CURLE_COULDNT_RESOLVE_PROXY, OUTCOME_DNS_ERROR},
        {CURLE_COULDNT_CONNECT, OUTCOME_CONNECT_ERROR},
        {CURLE_PROXY, OUTCOME_CONNECT_ERROR},
        {CURLE_INTERFACE_FAILED, OUTCOME_CONNECT_ERROR},
        {CURLE_FAILED_INIT, OUTCOME_CONNECT_ERROR},
        {CURLE_NO_CONNECTION_AVAILABLE, OUTCOME_CONNECT_ERROR},
        {CURLE_OPERATION_TIMEDOUT, OUTCOME_TIMEOUT},
        {CURLE_SSL_CONNECT_ERROR, OUTCOME_TLS_ERROR},
        {CURLE_SSL_CERTPROBLEM, OUTCOME_TLS_ERROR},
        {CURLE_SSL_CIPHER, OUTCOME_TLS_ERROR},
        {CURLE_PEER_FAILED_VERIFICATION, OUTCOME_TLS_ERROR},
        {CURLE_SSL_CACERT_BADFILE, OUTCOME_TLS_ERROR},
        {CURLE_SSL_SHUTDOWN_FAILED, OUTCOME_TLS_ERROR},
        {CURLE_SSL_CRL_BADFILE, OUTCOME_TLS_ERROR},
        {CURLE_SSL_ISSUER_ERROR, OUTCOME_TLS_ERROR},
        {CURLE_SSL_PINNEDPUBKEYNOTMATCH, OUTCOME_TLS_ERROR},
        {CURLE_SSL_INVALIDCERTSTATUS, OUTCOME_TLS_ERROR},
        {CURLE_SSL_CLIENTCERT, OUTCOME_TLS_ERROR},
        {CURLE_SSL_ENGINE_NOTFOUND, OUTCOME_TLS_ERROR},
        {CURLE_USE_SSL_FAILED, OUTCOME_TLS_ERROR},
        {CURLE_GOT_NOTHING, OUTCOME_RESET},
        {CURLE_PARTIAL_FILE, OUTCOME_RESET},
        {CURLE_SEND_ERROR, OUTCOME_RESET},
        {CURLE_RECV_ERROR, OUTCOME_RESET},
        {CURLE_ABORTED_BY_CALLBACK, OUTCOME_CANCELLED},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return table[i].outcome;
    return OUTCOME_PROTOCOL_ERROR;
}

static int64_t info_ns(CURL *easy, CURLINFO info) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us * 1000;
}

void curl_result_late(const struct transport_options *o, bool connected, int status,
                      char text[CURL_RESULT_TEXT_BYTES]) {
    char span[UNITS_BYTES];
    const char *what = !connected    ? "no connection"
                       : status != 0 ? "the response was not complete"
                                     : "no response";
    bool whole = connected || o->timeout_ns < o->connect_timeout_ns;
    units_duration_text(whole ? o->timeout_ns : o->connect_timeout_ns, span);
    snprintf(text, CURL_RESULT_TEXT_BYTES, "%s within %s", what, span);
}

/* Words of our own where libcurl's texts say less, or hold what differs from request to request. */
static void describe(CURL *easy, CURLcode code, const char *curl_text,
                     const struct transport_options *o, const struct transport_result *r,
                     char text[CURL_RESULT_TEXT_BYTES]) {
    long os_errno = 0;
    char reason[128];
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
    /* It has been reset, and libcurl has seen that before: one kind. */
    if (os_errno == EPIPE)
        os_errno = ECONNRESET;
    const char *system = os_errno == 0 ? NULL : strerror_r((int)os_errno, reason, sizeof reason);
    if (code == CURLE_OPERATION_TIMEDOUT) {
        curl_result_late(o, info_ns(easy, CURLINFO_PRETRANSFER_TIME_T) > 0, r->status, text);
        return;
    }
    if (system != NULL &&
        (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)) {
        const char *what = code == CURLE_COULDNT_CONNECT ? "cannot connect" : "connection lost";
        snprintf(text, CURL_RESULT_TEXT_BYTES, "%s: %s", what, system);
        return;
    }
    if (code == CURLE_PARTIAL_FILE)
        curl_text = "connection closed before the response was complete";
    if (code == CURLE_ABORTED_BY_CALLBACK)
        curl_text = "cancelled because the run ended";
    if (code == CURLE_GOT_NOTHING)
        curl_text = "connection closed without a response";
    if (strncmp(curl_text, "Connection died, tried ", 23) ==
        0) /* it was sent once: see curl_loop.h */
        curl_text = LOST_TEXT;
    if (*curl_text == '\0')
        curl_text = curl_easy_strerror(code);
    /* "host name", "hostname" or "ipv4 address", by its release: in the words of `direct`. */
    const char *target = strchr(curl_text, '\'');
    if (target != NULL && strncmp(curl_text, OTHER_NAME, sizeof OTHER_NAME - 1) == 0) {
        snprintf(text, CURL_RESULT_TEXT_BYTES, OTHER_NAME "host name %s", target);
        return;
    }
    /* What libcurl cut off may be half a secret, which no mask would know: the last word goes. */
    size_t n = strlen(curl_text);
    if (n >= CURL_ERROR_SIZE - 1)
        while (n > 0 && curl_text[n - 1] != ' ')
            n--;
    curl_text_kind(curl_text, n, text, CURL_RESULT_TEXT_BYTES);
}

static int64_t since(int64_t later, int64_t earlier) {
    return later > earlier ? later - earlier : 0;
}

void curl_result_phases(CURL *easy, struct curl_phases *sum) {
    long connects = 0;
    curl_off_t uploaded = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    sum->bytes_sent += uploaded > 0 ? (uint64_t)uploaded : 0;
    if (connects == 0)
        return;
    /* Each is counted by libcurl from the start of the transfer, and is 0 where it was not
     * reached. */
    int64_t looked_up = info_ns(easy, CURLINFO_NAMELOOKUP_TIME_T);
    int64_t connected = info_ns(easy, CURLINFO_CONNECT_TIME_T);
    sum->new_connection = true;
    sum->dns_ns += looked_up;
    sum->connect_ns += since(connected, looked_up);
    sum->tls_ns += since(info_ns(easy, CURLINFO_APPCONNECT_TIME_T), connected);
}

void curl_result_add(struct transport_result *r, const struct curl_phases *before) {
    r->dns_ns += before->dns_ns;
    r->connect_ns += before->connect_ns;
    r->tls_ns += before->tls_ns;
    r->bytes_sent += before->bytes_sent;
    r->new_connection = r->new_connection || before->new_connection;
    if (r->ttfb_ns >= 0)
        r->ttfb_ns += before->elapsed_ns;
}

void curl_result_fill(CURL *easy, CURLcode code, const char *curl_text,
                      const struct transport_options *options, struct transport_result *r,
                      char text[CURL_RESULT_TEXT_BYTES]) {
    struct curl_phases own = {0};
    curl_result_phases(easy, &own);
    r->bytes_sent = 0;
    r->dns_ns = r->connect_ns = r->tls_ns = 0;
    r->new_connection = false;
    curl_result_add(r, &own);
    r->ttfb_ns = r->status == 0 ? -1 : info_ns(easy, CURLINFO_STARTTRANSFER_TIME_T);
    r->error = "";
    if (code == CURLE_OK) {
        r->outcome = r->status >= 400 ? OUTCOME_HTTP_ERROR : OUTCOME_OK;
        if (r->status >= 400) {
            snprintf(text, CURL_RESULT_TEXT_BYTES, "HTTP %d", r->status);
            r->error = text;
        }
        return;
    }
    long tunnel = 0; /* what a proxy said to CONNECT */
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
    r->outcome = code == CURLE_RECV_ERROR && tunnel >= 300 ? OUTCOME_CONNECT_ERROR : classify(code);
    describe(easy, code, curl_text, options, r, text);
    r->error = text;
}

void curl_result_unaimed(struct transport_result *r, const struct address_failure *failure,
                         char text[CURL_RESULT_TEXT_BYTES]) {
    snprintf(text, CURL_RESULT_TEXT_BYTES, "%s", failure->text);
    r->outcome = failure->outcome;
    r->limit = failure->limit;
    r->error = text;
    r->ttfb_ns = -1;
}

void curl_result_lost(struct transport_result *r) {
    r->outcome = OUTCOME_RESET;
    r->error = LOST_TEXT;
    r->status = 0;
    r->ttfb_ns = -1;
    r->dns_ns = r->connect_ns = r->tls_ns = 0;
    r->new_connection = false;
}

void curl_result_version(const struct transport_options *o, struct transport_result *r) {
    if (o->version != TRANSPORT_HTTP_2_ONLY || r->status == 0 ||
        r->http_version == HTTP_VERSION_2 ||
        (r->outcome != OUTCOME_OK && r->outcome != OUTCOME_HTTP_ERROR))
        return;
    r->outcome = OUTCOME_PROTOCOL_ERROR;
    r->error = "the response used HTTP/1.1, but the scenario requires HTTP/2";
}
