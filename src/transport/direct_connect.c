#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport/direct_internal.h"
#include "util/clock.h"

/* libcurl tries the addresses that addresses.h found, IPv6 and IPv4 side by side, and stops when
 * TCP stands. Its easy handle costs 18 kB and goes as soon as we have the socket. */

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    (void)purpose;
    struct transport_session *s = context;
    struct transport *t = s->transport;
    struct shortage_seen *seen = &s->attempt->seen;
    ipaddr_of_socket(&address->addr, &seen->to);
    addresses_zone(s->request->address, &address->addr);
    curl_socket_t fd = curl_loop_open(&t->connector, address);
    if (fd != CURL_SOCKET_BAD &&
        source_bind(&t->addresses.sources, fd, address->family, s->user) != 0) {
        int reason = errno;
        curl_loop_close_socket(&t->connector, fd);
        errno = reason;
        fd = CURL_SOCKET_BAD;
    }
    seen->socket_errno = fd == CURL_SOCKET_BAD ? errno : 0;
    return fd;
}

/* libcurl closes the socket of a connection when its easy handle goes; the one that we want is kept
 * open. Others (the slower of two addresses) are closed as it says. */
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

/* What there is left of the time to connect. */
static long connect_timeout_ms(const struct transport_session *s) {
    return curl_request_timeout_ms(s->transport->options->connect_timeout_ns - s->result.dns_ns);
}

static int setup(struct transport_session *s) {
    struct direct_attempt *a = s->attempt;
    const struct address_host *host = s->request->address;
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
    if (host != NULL &&
        (a->resolve = addresses_list(&s->transport->addresses, host, s->user, false)) == NULL)
        return -1;
    if (curl_request_setup(easy, s->transport->options, &ignored) != 0 ||
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms(s)) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_RESOLVE, a->resolve) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_URL, s->request->url) != CURLE_OK)
        return -1;
    return curl_loop_add(&s->transport->connector, easy) == CURLM_OK ? 0 : -1;
}

static void attempt_free(struct transport_session *s) {
    curl_easy_cleanup(s->attempt->easy);
    curl_slist_free_all(s->attempt->resolve);
    free(s->attempt);
    s->attempt = NULL;
}

static bool begin(struct transport_session *s) {
    s->state = DIRECT_CONNECTING;
    history_begin(&s->history, &s->result);
    s->attempt = calloc(1, sizeof *s->attempt);
    if (s->attempt == NULL)
        return false;
    s->attempt->fd = -1;
    if (setup(s) == 0)
        return true;
    attempt_free(s);
    return false;
}

static void on_found(struct address_wait *w, const struct address_failure *failure) {
    struct transport_session *s =
        (struct transport_session *)(void *)((char *)w -
                                             offsetof(struct transport_session, naming));
    s->result.dns_ns = clock_mono_ns() - w->since_ns;
    deadline_remove(&s->transport->handshake, &s->handshake);
    if (failure != NULL) {
        s->result.limit = failure->limit;
        snprintf(s->transport->text, sizeof s->transport->text, "%s", failure->text);
        direct_fail(s, failure->outcome, s->transport->text);
    } else if (!begin(s)) {
        s->result.limit = TRANSPORT_LIMIT_MEMORY;
        direct_fail(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
    }
}

void direct_connect(struct transport_session *s) {
    struct address_host *host = s->request->address;
    if (direct_shares(s)) {
        direct_shared_send(s);
        return;
    }
    s->result.dns_ns = 0;
    if (host != NULL && !addresses_ask(host, &s->naming, on_found)) {
        s->state = DIRECT_NAMING;
        deadline_add(&s->transport->handshake, &s->handshake, s->naming.since_ns);
    } else if (!begin(s)) {
        s->result.limit = TRANSPORT_LIMIT_MEMORY;
        direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
    }
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
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
    curl_result_fill(easy, code, s->attempt->curl_text, t->options, &r, t->text);
    shortage_explain(easy, code, &s->attempt->seen, t->options, &r, t->text, sizeof t->text);
    int64_t looked_up = since_start_ns(easy, CURLINFO_NAMELOOKUP_TIME_T);
    s->result.connect_ns = since_start_ns(easy, CURLINFO_CONNECT_TIME_T) - looked_up;
    if (s->result.connect_ns < 0)
        s->result.connect_ns = 0;
    s->result.dns_ns += looked_up; /* after the wait for the address */
    s->result.limit = r.limit;
    s->result.new_connection = r.new_connection || code == CURLE_OK;
    int fd = s->attempt->fd;
    attempt_free(s);
    if (code != CURLE_OK)
        direct_fail(s, r.outcome, t->text);
    else
        direct_connected(s, fd);
}

void direct_connect_cancel(struct transport_session *s) {
    if (s->state == DIRECT_NAMING)
        addresses_forget(&s->naming);
    if (s->state == DIRECT_WAITING)
        direct_shared_forget(s);
    if (s->state != DIRECT_CONNECTING)
        return;
    curl_loop_remove(&s->transport->connector, s->attempt->easy);
    attempt_free(s);
}
