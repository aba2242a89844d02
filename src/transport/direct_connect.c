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
    return curl_loop_open(&s->transport->connector, address);
}

/* libcurl closes the socket of a connection when its easy handle goes; the one that we want is kept open. Others (the slower of
 * two addresses) are closed as it says. */
static int close_socket(void *context, curl_socket_t fd) {
    struct transport_session *s = context;
    struct curl_loop *l = &s->transport->connector;
    if (l->ending == NULL || l->ending != s->easy || s->fd >= 0)
        return curl_loop_close_socket(l, fd);
    curl_loop_release_socket(l, fd);
    s->fd = fd;
    return 0;
}

static int setup(struct transport_session *s) {
    const struct transport_options *o = s->transport->options;
    struct err ignored;
    CURL *easy = s->easy;
    s->curl_text[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->curl_text);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, s);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, s);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    return curl_request_setup(easy, o, s->transport->resolve, &ignored) == 0 &&
                   curl_easy_setopt(easy, CURLOPT_URL, s->request->url) == CURLE_OK
               ? 0
               : -1;
}

void direct_connect(struct transport_session *s) {
    s->state = DIRECT_CONNECTING;
    s->fd = -1;
    s->easy = curl_easy_init();
    if (s->easy != NULL && setup(s) == 0 &&
        curl_loop_add(&s->transport->connector, s->easy) == CURLM_OK)
        return;
    curl_easy_cleanup(s->easy);
    s->easy = NULL;
    direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
}

static int64_t since_start_ns(CURL *easy, CURLINFO info) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return (int64_t)us * NS_PER_US;
}

void direct_connect_ended(void *context, CURL *easy, CURLcode code) {
    (void)context;
    struct transport_session *s = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
    struct transport_result r = {0};
    curl_result_fill(easy, code, s->curl_text, s->transport->options, &r, s->text);
    s->result.dns_ns = since_start_ns(easy, CURLINFO_NAMELOOKUP_TIME_T);
    s->result.connect_ns = since_start_ns(easy, CURLINFO_CONNECT_TIME_T) - s->result.dns_ns;
    if (s->result.connect_ns < 0)
        s->result.connect_ns = 0;
    s->result.new_connection = true;
    curl_easy_cleanup(easy);
    s->easy = NULL;
    int fd = s->fd;
    s->fd = -1;
    if (code != CURLE_OK) {
        direct_fail(s, r.outcome, s->text);
        return;
    }
    direct_connected(s, fd);
}

void direct_connect_cancel(struct transport_session *s) {
    curl_loop_remove(&s->transport->connector, s->easy);
    curl_easy_cleanup(s->easy);
    s->easy = NULL;
}
