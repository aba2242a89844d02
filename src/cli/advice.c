#include "cli/advice.h"

#include <inttypes.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cli/shown.h"
#include "transport/source.h"
#include "util/clock.h"
#include "util/ipaddr.h"
#include "util/text.h"

#define HOST_MAX 256

/* "example.com" of "http://example.com:80/x"; false where it is longer than a name may be. */
static bool host_of(const char *url, char out[HOST_MAX]) {
    const char *at = strstr(url, "://");
    at = at == NULL ? url : at + 3;
    size_t n = at[0] == '[' ? strcspn(at, "]") : strcspn(at, ":/?");
    at += at[0] == '[';
    n -= at[-1] == '[';
    if (n == 0 || n >= HOST_MAX)
        return false;
    memcpy(out, at, n);
    out[n] = '\0';
    return true;
}

static bool ends(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

/* This machine, a private network (RFC 1918, RFC 4193), or a name without a dot, as containers
 * have: no one else listens. */
static bool is_local(const char *host) {
    int second = strncmp(host, "172.", 4) == 0 ? (int)strtol(host + 4, NULL, 10) : 0;
    return strchr(host, '.') == NULL
               ? strchr(host, ':') == NULL || strcmp(host, "::1") == 0 ||
                     strncasecmp(host, "fd", 2) == 0 || strncasecmp(host, "fe80:", 5) == 0
               : strncmp(host, "127.", 4) == 0 || strncmp(host, "10.", 3) == 0 ||
                     strncmp(host, "192.168.", 8) == 0 || (second >= 16 && second <= 31) ||
                     ends(host, ".localhost") || ends(host, ".local") || ends(host, ".internal");
}

static const char *url_of(const struct scenario *s, const struct scenario_request *q) {
    return scenario_is_whole_url(q) ? q->path : s->target;
}

static bool has_authorization(const struct scenario_request *q) {
    for (size_t i = 0; i < q->header_count; i++)
        if (strcasecmp(q->headers[i].name, "Authorization") == 0)
            return true;
    return false;
}

static bool is_resolved(const struct scenario *s, const char *host) {
    for (size_t i = 0; i < s->http.resolve_count; i++)
        if (s->http.resolve[i][0] == '*' ||
            (strncasecmp(s->http.resolve[i], host, strlen(host)) == 0 &&
             s->http.resolve[i][strlen(host)] == ':'))
            return true;
    return false;
}

/* A host whose name nobody knows. A proxy or a socket would look for it by itself; where no name
 * server answers, nothing is said. */
static void unknown_host(const struct scenario *s, const char *host, struct buf *out) {
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM};
    if (ipaddr_is(host, strlen(host)))
        return;
    if (s->http.proxy != NULL || s->http.unix_socket != NULL || is_resolved(s, host))
        return;
    int status = getaddrinfo(host, NULL, &hints, &list);
    if (status == EAI_NONAME) {
        buf_str(out, "  - unknown host: ");
        shown_text(out, s, host);
        buf_str(out, " has no address\n");
    }
    if (list != NULL)
        freeaddrinfo(list);
}

#define HOSTS_SHOWN 8

struct hosts {
    char all[HOSTS_SHOWN][HOST_MAX];
    /* Of different ones; those beyond HOSTS_SHOWN are not kept, and may count twice. */
    size_t count;
    size_t requests; /* to all of them */
};

static void add_host(struct hosts *h, const char *host) {
    h->requests++;
    for (size_t i = 0; i < h->count && i < HOSTS_SHOWN; i++)
        if (strcasecmp(h->all[i], host) == 0)
            return;
    if (h->count < HOSTS_SHOWN)
        memcpy(h->all[h->count], host, HOST_MAX);
    h->count++;
}

static void put_hosts(const struct scenario *s, const struct hosts *h, struct buf *out) {
    for (size_t i = 0; i < h->count && i < HOSTS_SHOWN; i++) {
        buf_str(out, i > 0 ? ", " : ": ");
        shown_text(out, s, h->all[i]);
    }
    buf_str(out, h->count > HOSTS_SHOWN ? ", ..." : "");
}

/* Load on someone who did not ask for it is seldom meant: whole URLs to other hosts than the
 * target, or, without one, to several. */
static void foreign_hosts(const struct scenario *s, struct buf *out) {
    char host[HOST_MAX], target[HOST_MAX] = "";
    struct hosts h = {.count = 0};
    size_t unknown = 0;
    bool has_target = s->target != NULL && host_of(s->target, target);
    for (size_t i = 0; i < s->request_count; i++) {
        const char *url = s->requests[i].path;
        if (strncasecmp(url, "http", 4) != 0) /* a path, or a value that is a path of the target */
            continue;
        if (!host_of(url, host) || strstr(host, "${") != NULL)
            unknown++;
        else if (!has_target || strcasecmp(host, target) != 0)
            add_host(&h, host);
    }
    if (h.count > (has_target ? 0 : 1)) {
        if (has_target)
            buf_printf(out, "  - requests to other hosts than the target: %zu of %zu", h.requests,
                       s->request_count);
        else
            buf_printf(out, "  - requests go to %zu hosts", h.count);
        put_hosts(s, &h, out);
        buf_str(out, "; send load only to hosts that you may test\n");
    }
    if (unknown > 0)
        buf_printf(out, "  - requests to a host that is known only during the run: %zu of %zu\n",
                   unknown, s->request_count);
}

/* A run would end before its first request; but perhaps it is meant for another machine. */
static void unknown_source(const struct scenario *s, struct buf *out) {
    struct err e;
    if (source_check((const char *const *)s->http.source, s->http.source_count, &e) == 0)
        return;
    buf_str(out, "  - ");
    shown_text(out, s, e.text);
    buf_char(out, '\n');
}

void advice_hosts(const struct scenario *s, struct buf *out) {
    unknown_source(s, out);
    char host[HOST_MAX], last[HOST_MAX] = "";
    bool told = false;
    foreign_hosts(s, out);
    for (size_t i = 0; i < s->request_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        const char *url = url_of(s, q);
        if (url == NULL || strstr(url, "${") != NULL || !host_of(url, host))
            continue;
        if (!told && strncmp(url, "http://", 7) == 0 && has_authorization(q) && !is_local(host)) {
            buf_str(out, "  - http:// to ");
            shown_text(out, s, host);
            buf_str(out, " with an Authorization header, which others on the network can read; use "
                         "https://\n");
            told = true;
        }
        if (strcmp(host, last) != 0)
            unknown_host(s, host, out);
        memcpy(last, host, sizeof last);
    }
}

/* The most that a value of the rule's metric can be: a share is at most 1, and what takes longer
 * than the time limit ends there. Times that hold a wait for a user, or several requests, have no
 * such bound. */
static double bound_of(const struct scenario *s, const struct gate_rule *r) {
    bool timed = r->metric == GATE_SERVICE_TIME ||
                 (r->metric >= GATE_HTTP_REQ_DURATION && r->metric <= GATE_HTTP_REQ_RECEIVING) ||
                 (r->metric >= GATE_TTFT && r->metric <= GATE_TOKEN_GAP);
    if (gate_metrics[r->metric].kind == GATE_RATE)
        return 1;
    return timed ? (double)s->timeout_ns / NS_PER_MS : (double)INFINITY;
}

/* No value is below 0. */
static bool holds_always(const struct scenario *s, const struct gate_rule *r) {
    double most = bound_of(s, r);
    switch (r->op) {
    case GATE_LT:
        return r->limit > most;
    case GATE_LE:
        return r->limit >= most;
    case GATE_GT:
        return r->limit < 0;
    case GATE_GE:
        return r->limit <= 0;
    case GATE_NE:
        return r->limit < 0 || r->limit > most;
    case GATE_EQ:
        break;
    }
    return false;
}

void advice_thresholds(const struct scenario *s, struct buf *out) {
    for (size_t i = 0; i < s->thresholds.count; i++) {
        const struct gate_rule *r = &s->thresholds.items[i];
        struct buf text;
        if (!holds_always(s, r))
            continue;
        buf_init(&text, GATE_TEXT_MAX);
        gate_metric_text(r, &text);
        buf_char(&text, ' ');
        gate_condition_text(r, &text);
        buf_str(out, "  - the threshold can never fail: ");
        text_printable(out, buf_text(&text), text.len);
        if (isfinite(bound_of(s, r)) && r->limit > 0)
            buf_printf(out, "; no value is above %g%s\n", bound_of(s, r),
                       gate_metrics[r->metric].kind == GATE_RATE ? "" : " ms, the time limit");
        else
            buf_str(out, "; no value is below 0\n");
        buf_done(&text);
    }
}

/* Arrivals of a load by rate: the area under its lines. */
static double arrivals(const struct load *l) {
    double sum = 0, from = (double)l->start_micro_rate;
    if (l->kind == LOAD_TRACE)
        return (double)load_trace_count(l);
    if (l->kind == LOAD_RATE)
        return (double)l->micro_rate / LOAD_MICRO * (double)l->duration_ns / 1e9;
    for (size_t i = 0; i < l->stage_count; i++) {
        double to = (double)l->stages[i].micro_rate;
        sum += (from + to) / 2 / LOAD_MICRO * (double)l->stages[i].duration_ns / 1e9;
        from = to;
    }
    return sum;
}

void advice_amount(const struct scenario *s, const struct scenario_load *l, struct buf *out) {
    const struct scenario_class *c = &s->classes[l->first_class];
    const struct wait *w = &c->wait;
    double mean_s =
        ((double)w->low_ns + (double)(w->kind == WAIT_BETWEEN ? w->high_ns : w->low_ns)) / 2e9;
    if (load_is_open(&l->load)) {
        buf_printf(out, "%s%.0f task%s in total", l->load.kind == LOAD_TRACE ? "" : "about ",
                   arrivals(&l->load), text_plural_of(round(arrivals(&l->load))));
        return;
    }
    if (l->class_count > 1 || w->kind == WAIT_NONE || mean_s <= 0)
        buf_str(out, "the number of requests depends on the response times");
    else
        buf_printf(out, "%s %s task%s per second when all users are active",
                   wait_is_paced(w) ? "about" : "at most",
                   text_rounded(load_users_max(&l->load) / mean_s, 4).text,
                   text_plural_of(load_users_max(&l->load) / mean_s));
}

/* Users of fixed counts come first; what is left is for the classes by weight. */
void advice_classes(const struct scenario *s, const struct scenario_load *l, struct buf *out) {
    const struct scenario_class *c = &s->classes[l->first_class];
    uint64_t fixed = 0, users = load_users_max(&l->load);
    bool weighted = false;
    for (uint32_t i = 0; i < l->class_count; i++) {
        fixed += c[i].fixed_count;
        weighted = weighted || (c[i].fixed_count == 0 && c[i].weight > 0);
    }
    if (fixed > users)
        buf_printf(out,
                   "  - classes with fixed_count need %" PRIu64
                   " user%s, but there %s only %" PRIu64 ": the last classes get fewer\n",
                   fixed, text_plural(fixed), users == 1 ? "is" : "are", users);
    if (weighted && fixed >= users)
        buf_str(out, "  - classes with fixed_count use all users: classes with weight get none\n");
}

void advice_version(const struct scenario *s, struct buf *out) {
    bool falls_back = s->http.version == SCENARIO_HTTP_2;
    if (s->target == NULL || strncmp(s->target, "http:", 5) != 0 ||
        (!falls_back && s->http.version != SCENARIO_HTTP_2_ONLY))
        return;
    buf_printf(out,
               "  - HTTP/2 is negotiated over TLS only, and the target is http: %s; write "
               "\"version\": \"2-prior-knowledge\"\n",
               falls_back ? "requests use HTTP/1.1" : "every request will fail");
}
