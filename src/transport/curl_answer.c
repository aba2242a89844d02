#include "transport/curl_answer.h"

#include <ctype.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "transport/curl_hop.h"
#include "transport/tls_context.h"
#include "util/clock.h"

#define TOO_LARGE 100 /* CURLE_TOO_LARGE, which is new in libcurl 8.6 */
#define CUT "connection closed before the response was complete"

/* ---- what libcurl gives ---- */

static bool all_sent(const struct curl_answer *a) {
    curl_off_t sent = 0;
    curl_easy_getinfo(a->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    return sent >= 0 && (uint64_t)sent >= a->to_send;
}

/* Behind 417 (RFC 9110 15.5.18) libcurl drops the body, and would send the request once more,
 * without its Expect. The head is the answer. */
static bool expect_failed(const struct curl_answer *a) {
    const struct http1 *h = &a->base.http;
    return h->head_done && h->status == 417 && !h->foreign && !all_sent(a);
}

/* libcurl 8 does not find the end of chunks that hold another transfer coding, and waits. */
static bool coded_end(const struct http1 *h) {
    return h->head.codings > 0 && h->head.chunked &&
           curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
}

/* libcurl would go on: it did not understand where the answer ends, or still sends a body that
 * nobody needs (RFC 9112 9.3). Redirects and errors it ends by itself. */
static bool must_end(struct curl_answer *a) {
    const struct http1 *h = &a->base.http;
    if (expect_failed(a))
        a->early = true;
    /* With HTTP/2 libcurl would wait for a window that the server has no reason to open (RFC 9113
     * 8.1). */
    if (h->foreign && h->head_done &&
        (h->head_method || h->status == 204 || h->status == 304 ||
         (a->length_said && a->raw >= a->length)))
        a->early = a->early || !all_sent(a);
    if (h->foreign || a->early)
        return a->early;
    return h->state == HTTP1_COMPLETE &&
           (h->head.odd || coded_end(h) || h->status == 101 || (h->status < 300 && !all_sent(a)));
}

static void take_length(struct curl_answer *a) {
    struct curl_header *h = NULL;
    char *end = NULL;
    if (curl_easy_header(a->easy, "Content-Length", 0, CURLH_HEADER, -1, &h) != CURLHE_OK ||
        *h->value < '0' || *h->value > '9')
        return;
    a->length = strtoull(h->value, &end, 10);
    a->length_said = *end == '\0';
}

/* After each piece. False ends the transfer. */
static bool look(struct curl_answer *a, bool more) {
    const struct http1 *h = &a->base.http;
    if (h->head_done && !a->seen) {
        a->seen = true;
        if (h->foreign && a->to_send > 0)
            take_length(a);
        a->base.ignore_body =
            a->base.options->follow_redirects && curl_hop_location(a->easy) != NULL;
    }
    bool reusable = h->head_done && (h->keep || h->foreign) && h->state != HTTP1_FAILED && !more;
    if (reusable != a->reusable && curl_request_keeps(a->base.options)) {
        curl_easy_setopt(a->easy, CURLOPT_FORBID_REUSE, reusable ? 0L : 1L);
        a->reusable = reusable;
    }
    return h->state != HTTP1_FAILED && !answer_stream_enough(&a->base.stream) && !must_end(a);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *context) {
    struct curl_answer *a = context;
    http1_line(&a->base.http, bytes, size * n);
    return look(a, false) ? size * n : 0;
}

/* libcurl does not tell when it came. */
static void stream_arrived(struct curl_answer *a) {
    int64_t now = clock_mono_ns();
    answer_stream_arrived(&a->base.stream, now, false);
    if (a->watch != NULL)
        stream_watch_byte(a->watch, now);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context) {
    struct curl_answer *a = context;
    if (a->base.stream.spec != NULL)
        stream_arrived(a);
    size_t used = http1_feed(&a->base.http, bytes, size * n);
    a->raw += used;
    return look(a, used < size * n) ? size * n : CURL_WRITEFUNC_ERROR;
}

/* With TLS 1.3 a server says only after the handshake that it does not take the client's
 * certificate; libcurl reads that when it closes, if sending has failed before. */
static void on_tls_info(const SSL *ssl, int where, int what) {
    struct curl_answer *a = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT)
        return;
    if ((what & 0xff) == SSL_AD_CLOSE_NOTIFY)
        a->goodbye = true;
    else if (what >> 8 == SSL3_AL_FATAL)
        a->alert = what & 0xff;
}

static CURLcode on_tls_context(CURL *easy, void *context, void *answer) {
    (void)easy;
    ((struct curl_answer *)answer)->goodbye = false;
    SSL_CTX_set_app_data((SSL_CTX *)context, answer);
    SSL_CTX_set_info_callback(context, on_tls_info);
    /* libcurl switches session tickets off, without which most servers resume no session of TLS
     * 1.2: each new connection would cost both sides a whole handshake, which `direct` and browsers
     * do not ask for. */
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    return CURLE_OK;
}

CURLcode curl_answer_setup(struct curl_answer *a, CURL *easy) {
    CURLcode code = CURLE_OK;
#define SET(option, value)                                                                         \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, a);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, a);
    /* Chunks and codings come as they are. */
    SET(CURLOPT_HTTP_TRANSFER_DECODING, 0L);
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    SET(CURLOPT_SSL_CTX_DATA, a);
#undef SET
    return code;
}

/* ---- beginning and end ---- */

void curl_answer_expect(struct curl_answer *a, CURL *easy, const struct curl_request *r,
                        uint64_t to_send, const struct place *place) {
    a->easy = easy;
    a->to_send = to_send;
    a->seen = a->length_said = a->early = false;
    a->raw = 0;
    a->alert = 0;
    a->error = NULL;
    answer_expect(&a->base, strcmp(r->method, "HEAD") == 0, r->upgrade, place);
    /* A connection is used again only after an answer that allows it. libcurl would keep one that
     * it could not send on, which then holds what the server said last. */
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    a->reusable = false;
}

static void fail(struct curl_answer *a, enum outcome outcome, const char *error) {
    a->outcome = outcome;
    a->error = error;
}

static bool says(const char *curl_text, const char *words) {
    return strstr(curl_text, words) != NULL;
}

/* What libcurl refused before it gave it to us. */
static void explain_refused(struct curl_answer *a, CURLcode code, const char *curl_text) {
    const char *error = NULL;
    if (code == CURLE_UNSUPPORTED_PROTOCOL)
        error = HTTP1_NO_STATUS_LINE;
    else if (code == CURLE_WEIRD_SERVER_REPLY && says(curl_text, "Nul byte"))
        error = a->base.http.state == HTTP1_STATUS ? HTTP1_NO_STATUS_LINE : HTTP1_STRAY;
    else if (code == CURLE_WEIRD_SERVER_REPLY && says(curl_text, "without colon"))
        error = HTTP1_NO_COLON;
    else if (code == CURLE_WEIRD_SERVER_REPLY && says(curl_text, "Content-Length"))
        error = HTTP1_BAD_LENGTH;
    else if (code == CURLE_RECV_ERROR && says(curl_text, "Too large response headers"))
        error = HTTP1_TOO_LARGE;
    else if (code == CURLE_BAD_FUNCTION_ARGUMENT) /* its word for a line that goes on none */
        error = HTTP1_SPACE_FIRST;
    else if (code == CURLE_BAD_CONTENT_ENCODING)
        error = HTTP1_CODINGS;
    else if (code == CURLE_OUT_OF_MEMORY || (int)code == TOO_LARGE) /* a line over its limit */
        error = HTTP1_LINE_TOO_LARGE;
    if (error != NULL)
        fail(a, OUTCOME_PROTOCOL_ERROR, error);
    else if (a->base.http.status != 0 && (code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE))
        fail(a, OUTCOME_RESET, CUT);
}

static void explain_chunks(struct curl_answer *a, const char *curl_text) {
    /* In the words of libcurl 7, and of 8. */
    if (says(curl_text, "Too long hexadecimal") || says(curl_text, "chunk hex-length longer"))
        fail(a, OUTCOME_PROTOCOL_ERROR,
             "the size of a chunk has more than 16 digits, which is too long for libcurl");
    else if (says(curl_text, "in chunked-encoding") || says(curl_text, "chunk hex-length char") ||
             says(curl_text, "invalid chunk size"))
        fail(a, OUTCOME_PROTOCOL_ERROR, HTTP1_BAD_SIZE);
}

/* TLS has broken off: OpenSSL's error is in libcurl's text, by number; 0: it is not. */
static unsigned long tls_error(const struct curl_answer *a, const char *curl_text) {
    const char *number = strstr(curl_text, "error:");
    /* Before the number libcurl 8 says "TLS connect error: ". */
    while (number != NULL && !isxdigit((unsigned char)number[sizeof "error:" - 1]))
        number = strstr(number + 1, "error:");
    if (a->alert != 0)
        return ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + a->alert);
    return number == NULL || !says(number, "SSL routines")
               ? 0
               : strtoul(number + sizeof "error:" - 1, NULL, 16);
}

static void explain_tls(struct curl_answer *a, const char *curl_text) {
    unsigned long error = tls_error(a, curl_text);
    if (error == 0)
        return;
    if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        fail(a, OUTCOME_RESET,
             a->base.http.status != 0 ? CUT : "connection closed without a response");
        return;
    }
    tls_error_text(error, a->text, sizeof a->text);
    fail(a, OUTCOME_TLS_ERROR, a->text);
}

static void explain_handshake(struct curl_answer *a, const char *curl_text) {
    static const char lost[] = "Recv failure: ";
    unsigned long error = tls_error(a, curl_text);
    const char *reason = strstr(curl_text, lost);
    if (error != 0 && ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
        tls_error_text(error, a->text, sizeof a->text);
    else if (reason != NULL)
        snprintf(a->text, sizeof a->text, TLS_HANDSHAKE_LOST, reason + sizeof lost - 1);
    else if (error != 0 || says(curl_text, "SSL_ERROR_SYSCALL"))
        snprintf(a->text, sizeof a->text, TLS_HANDSHAKE_CLOSED);
    else
        return;
    fail(a, OUTCOME_TLS_ERROR, a->text);
}

static bool is_tls(const struct curl_answer *a) {
    char *scheme = NULL;
    curl_easy_getinfo(a->easy, CURLINFO_SCHEME, &scheme);
    return scheme != NULL && strcasecmp(scheme, "https") == 0;
}

/* libcurl takes the end of TCP for that of TLS (RFC 9112 9.8). */
static bool ended_in_order(const struct curl_answer *a) {
    return a->goodbye || a->base.http.foreign || !is_tls(a);
}

void curl_answer_last_words(void *answer, int fd) {
    struct curl_answer *a = answer;
    struct http1 *h = &a->base.http;
    char bytes[16384];
    if (h->state != HTTP1_STATUS || h->status != 0 || h->others || is_tls(a))
        return;
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        http1_feed(h, bytes, (size_t)n);
    http1_end(h, n == 0);
}

CURLcode curl_answer_end(struct curl_answer *a, CURLcode code, const char *curl_text) {
    struct http1 *h = &a->base.http;
    if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK)
        return code;
    if (answer_stream_enough(&a->base.stream))
        return CURLE_OK;
    if (h->state == HTTP1_FAILED) {
        fail(a, OUTCOME_PROTOCOL_ERROR, answer_failure(&a->base));
        return CURLE_WEIRD_SERVER_REPLY;
    }
    bool whole = code == CURLE_OK ? http1_end(h, ended_in_order(a))
                 : a->early       ? http1_end(h, true) || h->status == 417
                                  : h->state == HTTP1_COMPLETE;
    if (whole) {
        const char *why = answer_check(&a->base);
        if (why == NULL)
            return CURLE_OK;
        fail(a, OUTCOME_PROTOCOL_ERROR, why);
        return CURLE_BAD_CONTENT_ENCODING;
    }
    if (code == CURLE_OK)
        code = CURLE_PARTIAL_FILE;
    if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
        explain_tls(a, curl_text);
    else if (code == CURLE_SSL_CONNECT_ERROR)
        explain_handshake(a, curl_text);
    if (a->error == NULL && h->head_done && !h->foreign && code == CURLE_RECV_ERROR)
        explain_chunks(a, curl_text);
    if (a->error == NULL && !h->head_done)
        explain_refused(a, code, curl_text);
    return code;
}
