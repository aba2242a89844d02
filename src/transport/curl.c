/*
 * The complete transport: a request is one libcurl transfer on the worker's curl_loop.
 *
 * There is one CURLM per worker. Each session has an easy handle and its own connection cache (a
 * share object that only it uses). So a user keeps its connection, and libcurl never searches a
 * list that grows with the number of users.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "transport/curl.h"
#include "transport/curl_session.h"
#include "transport/tls_context.h"
#include "util/buf.h"
#include "util/clock.h"

#define TEXT_OF(x) #x
#define STRING(x) TEXT_OF(x)

/* What has been learnt of the answer besides libcurl's own view of it. */
static void correct(struct transport_session *s, struct transport_result *r) {
    if (s->answer.error != NULL) {
        r->outcome = s->answer.outcome;
        r->error = s->answer.error;
    }
    if (s->link.again_wanted) {
        curl_result_lost(r);
        r->new_connection = s->link.opened;
    }
    if (s->answer.error == NULL && s->failure != NULL) {
        r->outcome = s->failure_outcome;
        r->error = s->failure;
    }
    if (s->stuck != NULL) {
        r->outcome = OUTCOME_PROTOCOL_ERROR;
        r->error = s->stuck;
    }
    curl_result_add(r, &s->before);
    r->http_version = r->status == 0 ? HTTP_VERSION_NONE : curl_link_version(s->easy);
    curl_result_version(s->transport->options, r);
    r->previous_end = s->link.previous_end;
    r->previous_idle_ns = s->link.previous_idle_ns;
    r->sent_again = s->resent_ns != 0;
    r->resent_ns = s->resent_ns;
}

/* Puts back what was set for this sending only. */
static void end_sending(struct transport_session *s) {
    bool hopped = s->hop.count > 0;
    const struct transport_options *o = s->transport->options;
    if (s->varied != NULL || hopped)
        curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
    if (s->varied != NULL)
        curl_request_headers_free(s->request, s->varied);
    s->varied = s->headers = NULL;
    if (hopped || s->waited)
        curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, curl_request_timeout_ms(o->timeout_ns));
    if (s->waited)
        curl_easy_setopt(s->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         curl_request_timeout_ms(o->connect_timeout_ns));
    s->waited = false;
    if (!hopped)
        return;
    curl_hop_done(&s->hop);
    s->last = 0;
}

/* The session is idle again before its callback runs, so that the callback may send, or close the
 * session. */
static void finish(struct transport_session *s, CURLcode code) {
    const struct http1 *h = &s->answer.base.http;
    struct transport_result result = {.sent_ns = s->sent_ns,
                                      .end_ns = clock_mono_ns(),
                                      .status = h->head_done ? h->status : 0,
                                      .bytes_received = s->answer.base.received};
    char text[CURL_RESULT_TEXT_BYTES];
    transport_done_fn *done = s->done;
    stream_watch_end(s->answer.watch);
    if (s->lost_aim != NULL)
        curl_result_unaimed(&result, s->lost_aim, text);
    else
        curl_result_fill(s->easy, code, s->curl_text, s->transport->options, &result, text);
    if (s->lost_aim == NULL && !s->link.again_wanted)
        shortage_explain(s->easy, code, &s->aim.seen, s->transport->options, &result, text,
                         sizeof text);
    correct(s, &result);
    end_sending(s);
    /* The callback may send, and so fill it again: it is away from the session meanwhile. */
    struct answer_kept *kept = answer_take(&s->answer.base, &result);
    if (s->answer.error != NULL && result.error == s->answer.error) {
        snprintf(text, sizeof text, "%s", s->answer.error);
        result.error = text;
    }
    struct transport *t = s->transport;
    s->done = NULL;
    s->request = NULL;
    done(s->context, &result);
    answer_give_back(&t->pool, kept);
}

/* The Cookie header of the transfer that is about to begin: the scenario's own and the jar's as one
 * (RFC 6265 5.4). */
static CURLcode put_cookies(struct transport_session *s, bool with_own) {
    struct bytes own = {0};
    if (with_own && s->own_cookie.len > 0)
        own = (struct bytes){s->own_cookie.data, s->own_cookie.len};
    struct buf line;
    CURLcode code = CURLE_OK;
    if (s->answer.base.cookies == NULL && own.data == NULL && !s->cookie_sent)
        return CURLE_OK;
    buf_init(&line, COOKIES_HEADER_MAX_BYTES);
    cookies_header(s->answer.base.cookies, &s->place, own, time(NULL), &line);
    if (!buf_ok(&line))
        code = CURLE_OUT_OF_MEMORY;
    else if (line.len > 0 || s->cookie_sent)
        code = curl_easy_setopt(s->easy, CURLOPT_COOKIE, line.len > 0 ? buf_text(&line) : NULL);
    s->cookie_sent = line.len > 0;
    buf_done(&line);
    return code;
}

/* Before each transfer. */
static void expect_answer(struct transport_session *s, const struct curl_request *r,
                          size_t body_bytes) {
    s->stuck = s->failure = NULL;
    s->curl_text[0] = '\0';
    curl_answer_expect(&s->answer, s->easy, r, body_bytes, &s->place);
}

/* The request as it was sent, where it varies with the parts of this sending. */
static struct curl_request request_sent(const struct transport_session *s) {
    struct curl_request r = *s->request;
    if (r.body_varies) {
        r.body = s->body.data == NULL ? "" : s->body.data;
        r.body_bytes = s->body.len;
    }
    r.headers = s->headers;
    return r;
}

/* Starts the transfer that is set up, at once or when the address of its host is known. False: no
 * memory. */
static bool begin(struct transport_session *s, const char *url, int64_t allowed_ns) {
    struct address_host *host = s->request->address;
    if (s->hop.count > 0 && curl_aims_host(&s->transport->aims, url, &host) != 0)
        return false;
    curl_link_expect(&s->link, strncasecmp(url, "https:", 6) == 0);
    int ready = curl_aim_take(&s->aim, host, s->link.fd, allowed_ns);
    return ready == 0 || (ready > 0 && curl_loop_add(&s->transport->loop, s->easy) == CURLM_OK);
}

/* The wait for an address is over: it was part of the request's time, and of its look-up. */
static void on_aimed(struct curl_aim *aim, int64_t waited_ns,
                     const struct address_failure *failure) {
    struct transport_session *s =
        (struct transport_session *)(void *)((char *)aim - offsetof(struct transport_session, aim));
    const struct transport_options *o = s->transport->options;
    CURL *easy = s->easy;
    s->before.dns_ns += waited_ns;
    s->before.elapsed_ns += waited_ns;
    s->waited = true;
    s->lost_aim = failure;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     curl_request_timeout_ms(o->timeout_ns - s->before.elapsed_ns));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     curl_request_timeout_ms(o->connect_timeout_ns - waited_ns));
    if (failure != NULL)
        finish(s, CURLE_OK);
    else if (curl_loop_add(&s->transport->loop, easy) != CURLM_OK)
        finish(s, CURLE_OUT_OF_MEMORY);
}

/* Sends the request on where the answer says. False where that does not happen: `stuck` says
 * why. */
static bool follow(struct transport_session *s) {
    const struct transport_options *o = s->transport->options;
    struct curl_phases phases = s->before;
    struct curl_request from = s->hop.count > 0 ? s->hop.request : request_sent(s);
    char *url = NULL;
    long status = 0;
    int64_t now = clock_mono_ns();
    if (s->hop.count == CURL_HOPS_MAX) {
        s->stuck = "more than " STRING(CURL_HOPS_MAX) " redirects";
        return false;
    }
    curl_easy_getinfo(s->easy, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_result_phases(s->easy, &phases);
    phases.elapsed_ns = now - s->sent_ns;
    s->stuck = curl_hop_next(&s->hop, &from, url, (int)status, curl_hop_location(s->easy));
    if (s->stuck != NULL)
        return false;
    s->before = phases;
    s->headers = s->hop.headers;
    s->place = s->hop.place;
    expect_answer(s, &s->hop.request, s->hop.request.body_bytes);
    CURLcode code = curl_request_apply(s->easy, &s->hop.request);
    if (code == CURLE_OK)
        code = put_cookies(s, !s->hop.crossed);
    if (code == CURLE_OK)
        code = curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS,
                                curl_request_timeout_ms(o->timeout_ns - phases.elapsed_ns));
    if (code == CURLE_OK && begin(s, s->hop.url, o->timeout_ns - phases.elapsed_ns))
        return true;
    s->stuck = "not enough memory to follow a redirect";
    return false;
}

static bool may_send_again(const struct transport_session *s) {
    const char *method = s->hop.count > 0 ? s->hop.request.method : s->request->method;
    return curl_link_may_repeat(&s->link, transport_method_is_idempotent(method));
}

/* Sends the request of the transfer that has failed once more, with an easy handle that knows
 * nothing of that. False: no memory. */
static bool send_again(struct transport_session *s) {
    const struct transport_options *o = s->transport->options;
    struct curl_request r = s->hop.count > 0 ? s->hop.request : request_sent(s);
    char *url = NULL;
    curl_easy_getinfo(s->easy, CURLINFO_EFFECTIVE_URL, &url);
    url = url == NULL ? NULL : strdup(url);
    if (url == NULL || curl_session_renew(s) != CURLE_OK) {
        free(url);
        return false;
    }
    int64_t now = clock_mono_ns();
    r.url = url;
    s->before.elapsed_ns = now - s->sent_ns;
    expect_answer(s, &r, r.body_bytes);
    CURLcode code = curl_request_apply(s->easy, &r);
    if (code == CURLE_OK)
        code = put_cookies(s, !s->hop.crossed);
    if (code == CURLE_OK)
        code = curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS,
                                curl_request_timeout_ms(o->timeout_ns - s->before.elapsed_ns));
    s->spoiled = true; /* its limit of time is this sending's */
    bool begun = code == CURLE_OK && begin(s, url, o->timeout_ns - s->before.elapsed_ns);
    free(url);
    s->resent_ns = begun ? now : 0;
    return begun;
}

static void on_ended(void *context, CURL *easy, CURLcode code) {
    (void)context;
    struct transport_session *s = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
    s->spoiled = s->spoiled || code != CURLE_OK;
    if (code == CURLE_HTTP2_STREAM && s->link.answered && s->answer.base.http.head_done)
        code = CURLE_OK;
    CURLcode ended = curl_answer_end(&s->answer, code, s->curl_text);
    const struct http1 *h = &s->answer.base.http;
    struct curl_link_seen seen = {.begun = h->status != 0,
                                  .announced = h->ends,
                                  .goodbye = s->answer.goodbye || s->answer.alert != 0};
    curl_link_ended(&s->link, code == CURLE_OK ? ended : code, s->curl_text, &seen,
                    clock_mono_ns());
    if (code == CURLE_OK && ended == CURLE_OK && s->answer.base.ignore_body && follow(s))
        return;
    if (ended != CURLE_OK && s->answer.error == NULL && s->resent_ns == 0 && may_send_again(s) &&
        send_again(s))
        return;
    if (ended != CURLE_OK)
        s->failure = curl_link_failure(&s->link, s->curl_text, &s->failure_outcome);
    finish(s, ended);
}

/* Those that are refused again meanwhile wait for the next turn. A callback may close other
 * sessions that wait here. */
static void finish_refused(void *context) {
    struct transport *t = context;
    t->finishing = t->refused;
    t->refused = NULL;
    while (t->finishing != NULL) {
        struct transport_session *s = t->finishing;
        t->finishing = s->next_refused;
        if (s->done != NULL)
            finish(s, s->refusal);
    }
}

/* A header of the session's own before those that all share. libcurl keeps the list, and reads the
 * text when it sends. */
static CURLcode apply(struct transport_session *s, const struct curl_request *r,
                      const struct transport_parts *parts) {
    struct curl_slist *headers = r->headers;
    CURLcode code = curl_request_apply(s->easy, r);
    if (code == CURLE_OK && parts != NULL) {
        code = curl_request_vary(s->easy, r, parts, &headers);
        s->varied = headers;
    }
    s->headers = headers;
    if (code != CURLE_OK || s->transport->options->trace_run == NULL || r->own_trace)
        return code;
    s->trace = (struct curl_slist){.data = s->trace_text, .next = headers};
    s->headers = &s->trace;
    return curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, &s->trace);
}

/* What cookies ask of this sending. The parts are lent for the call only. False: no memory. */
static bool take_place(struct transport_session *s, const struct curl_request *r,
                       const struct transport_parts *parts) {
    s->place = r->place;
    buf_clear(&s->own_cookie);
    if (r->own_cookie.data != NULL)
        buf_add(&s->own_cookie, r->own_cookie.data, r->own_cookie.len);
    if (parts == NULL)
        return buf_ok(&s->own_cookie);
    s->body = parts->body;
    if (r->cookie_value != CURL_FIXED)
        buf_add(&s->own_cookie, parts->values[r->cookie_value].data,
                parts->values[r->cookie_value].len);
    if (r->path_varies) {
        struct bytes path = place_path(parts->path);
        buf_clear(&s->path);
        buf_add(&s->path, path.data, path.len);
        s->place.path = (struct bytes){buf_text(&s->path), s->path.len};
    }
    if (r->host_value != CURL_FIXED) {
        struct bytes host = place_host(parts->values[r->host_value]);
        buf_clear(&s->host);
        buf_add(&s->host, host.data, host.len);
        s->place.host = (struct bytes){buf_text(&s->host), s->host.len};
    }
    return buf_ok(&s->own_cookie) && buf_ok(&s->path) && buf_ok(&s->host);
}

/* Whatever it is doing ends, without a report by libcurl. */
static void let_go(struct transport_session *s) {
    if (curl_aim_waits(&s->aim))
        curl_aim_forget(&s->aim);
    else if (s->refusal == CURLE_OK)
        curl_loop_remove(&s->transport->loop, s->easy);
    s->spoiled = true;
}

static bool on_stream_passed(void *context, enum stream_body how) {
    struct transport_session *s = context;
    /* Until the connection is there, its own limits hold. */
    if (s->refusal != CURLE_OK || (how == STREAM_BODY_IDLE && !s->link.sent))
        return false;
    answer_stream_stop(&s->answer.base.stream, how);
    let_go(s);
    struct curl_link_seen seen = {.begun = s->answer.base.http.status != 0};
    curl_link_ended(&s->link, CURLE_ABORTED_BY_CALLBACK, "", &seen, clock_mono_ns());
    finish(s, CURLE_OK);
    return true;
}

/* The limits of time of a stream. False: no memory. */
static bool watch(struct transport_session *s) {
    struct stream_watch **w = &s->answer.watch;
    const struct stream_spec *spec = s->answer.base.stream.spec;
    if (spec == NULL || (spec->idle_ns == 0 && spec->cancel_ns == 0))
        return true;
    if (*w == NULL && (*w = stream_watch_new(s->transport->loop.loop, on_stream_passed, s)) == NULL)
        return false;
    stream_watch_begin(*w, spec, s->sent_ns);
    return true;
}

static void curl_send(struct transport_session *s, const void *compiled,
                      const struct transport_parts *parts, uint64_t trace, transport_done_fn *done,
                      void *context) {
    struct transport *t = s->transport;
    const struct curl_request *r = compiled;
    s->done = done;
    s->context = context;
    s->refusal = CURLE_OK;
    s->request = r;
    s->resent_ns = 0;
    s->before = (struct curl_phases){0};
    s->lost_aim = NULL;
    /* libcurl is not safe to use again what a failed transfer has left behind. */
    if (s->spoiled)
        s->refusal = curl_session_renew(s);
    curl_link_begin(&s->link);
    answer_begin(&s->answer.base, &r->wanted);
    expect_answer(s, r, parts != NULL && r->body_varies ? parts->body.len : r->body_bytes);
    bool placed = take_place(s, r, parts);
    if (s->refusal == CURLE_OK && (s->last != r->serial || parts != NULL)) {
        s->refusal = apply(s, r, parts);
        s->last = s->refusal == CURLE_OK && parts == NULL ? r->serial : 0;
    }
    if (s->refusal == CURLE_OK)
        s->refusal = !placed ? CURLE_OUT_OF_MEMORY : put_cookies(s, true);
    if (t->options->trace_run != NULL)
        traceparent_line(t->options->trace_run, trace, t->options->trace_sampled, s->trace_text);
    s->sent_ns = clock_mono_ns();
    if (s->refusal == CURLE_OK && !watch(s))
        s->refusal = CURLE_OUT_OF_MEMORY;
    if (s->refusal == CURLE_OK && !begin(s, r->url, t->options->timeout_ns))
        s->refusal = CURLE_OUT_OF_MEMORY;
    if (s->refusal == CURLE_OK)
        return;
    s->next_refused = t->refused;
    t->refused = s;
    curl_loop_settle(&t->loop);
}

static void curl_cancel(struct transport_session *s) {
    if (s->done == NULL)
        return;
    let_go(s);
    finish(s, CURLE_ABORTED_BY_CALLBACK);
}

static void loop_closed(void *context) {
    struct transport *t = context;
    answer_pool_free(&t->pool);
    curl_aims_close(&t->aims, free, t);
}

static int curl_open(uv_loop_t *loop, const struct transport_options *options,
                     struct transport **out, struct err *e) {
    if (tls_context_check(options, e) != 0)
        return -1;
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_set(e, "not enough memory for the transport");
    t->options = options;
    if (curl_aims_init(&t->aims, loop, &t->loop, options, on_aimed, e) != 0) {
        addresses_close(&t->aims.addresses, free, t);
        return -1;
    }
    if (curl_loop_init(&t->loop, loop, on_ended, finish_refused, t, e) != 0) {
        curl_aims_close(&t->aims, free, t);
        return -1;
    }
    *out = t;
    return 0;
}

static void curl_close(struct transport *t) {
    if (t != NULL)
        curl_loop_close(&t->loop, loop_closed);
}

static int curl_compile(struct transport *t, const struct transport_request *request,
                        void **compiled, struct err *e) {
    void *made = NULL;
    if (curl_request_new(t->options, request, &made, e) != 0)
        return -1;
    struct curl_request *r = made;
    r->serial = ++t->serials;
    if (curl_aims_host(&t->aims, request->url, &r->address) != 0) {
        curl_request_free(r);
        return err_set(e, "not enough memory for the host of %s", request->url);
    }
    *compiled = r;
    return 0;
}

const struct transport_ops transport_curl = {
    .name = "curl",
    .open = curl_open,
    .close = curl_close,
    .session_open = curl_session_open,
    .session_close = curl_session_close,
    .request_new = curl_compile,
    .request_free = curl_request_free,
    .send = curl_send,
    .cancel = curl_cancel,
};
