#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport/direct_internal.h"
#include "util/clock.h"

/* libcurl finds the address, tries IPv6 and IPv4 side by side, honours --resolve, and stops when TCP stands. Its easy handle
 * costs 18 kB and goes as soon as we have the socket. */

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    (void)purpose;
    struct transport_session *s = context;
    curl_socket_t fd = curl_loop_open(&s->transport->connector, address);
    s->attempt->socket_errno = fd == CURL_SOCKET_BAD ? errno : 0;
    return fd;
}

/* libcurl closes the socket of a connection when its easy handle goes; the one that we want is kept open. Others (the slower of
 * two addresses) are closed as it says. */
static int close_socket(void *context, curl_socket_t fd) {
    struct transport_session *s = context;
    struct curl_loop *l = &s->transport->connector;
    struct direct_attempt *a = s->attempt;
    if (l->ending == NULL || l->ending != a->easy || a->fd >= 0)
        return curl_loop_close_socket(l, fd);
    curl_loop_release_socket(l, fd);
    a->fd = fd;
    return 0;
}

static int setup(struct transport_session *s) {
    struct direct_attempt *a = s->attempt;
    CURL *easy = a->easy = curl_easy_init();
    struct err ignored;
    if (easy == NULL)
        return -1;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, a->curl_text);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, s);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    /* With FORBID_REUSE libcurl would close the socket before we can take it. */
    if (curl_request_setup(easy, s->transport->options, s->transport->resolve, &ignored) != 0 ||
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_URL, s->request->url) != CURLE_OK)
        return -1;
    return curl_loop_add(&s->transport->connector, easy) == CURLM_OK ? 0 : -1;
}

static void attempt_free(struct transport_session *s) {
    curl_easy_cleanup(s->attempt->easy);
    free(s->attempt);
    s->attempt = NULL;
}

void direct_connect(struct transport_session *s) {
    s->state = DIRECT_CONNECTING;
    s->attempt = calloc(1, sizeof *s->attempt);
    if (s->attempt != NULL) {
        s->attempt->fd = -1;
        if (setup(s) == 0)
            return;
        attempt_free(s);
    }
    direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
}

static int64_t since_start_ns(CURL *easy, CURLINFO info) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us * NS_PER_US;
}

void direct_connect_ended(void *context, CURL *easy, CURLcode code) {
    struct transport *t = context;
    struct transport_session *s = NULL;
    struct transport_result r = {0};
    char reason[128];
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
    curl_result_fill(easy, code, s->attempt->curl_text, t->options, &r, t->text);
    if (code == CURLE_COULDNT_CONNECT && s->attempt->socket_errno != 0)
        snprintf(t->text, sizeof t->text, "cannot open a socket: %s",
                 strerror_r(s->attempt->socket_errno, reason, sizeof reason));
    s->result.dns_ns = since_start_ns(easy, CURLINFO_NAMELOOKUP_TIME_T);
    s->result.connect_ns = since_start_ns(easy, CURLINFO_CONNECT_TIME_T) - s->result.dns_ns;
    if (s->result.connect_ns < 0)
        s->result.connect_ns = 0;
    s->result.new_connection = r.new_connection || code == CURLE_OK;
    int fd = s->attempt->fd;
    attempt_free(s);
    if (code != CURLE_OK)
        direct_fail(s, r.outcome, t->text);
    else
        direct_connected(s, fd);
}

void direct_connect_cancel(struct transport_session *s) {
    curl_loop_remove(&s->transport->connector, s->attempt->easy);
    attempt_free(s);
}
