/*
 * The complete transport: a request is one libcurl transfer on the worker's curl_loop.
 *
 * One CURLM per worker. Each session has an easy handle, and a connection cache of its own (a share object that only it
 * uses): so a user keeps its connection, and libcurl never searches a list that grows with the users.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "transport/curl_internal.h"
#include "transport/curl_loop.h"
#include "transport/idle_close.h"
#include "transport/tls_context.h"
#include "transport/trace.h"
#include "util/buf.h"
#include "util/clock.h"

struct transport {
    struct curl_loop loop;
    const struct transport_options *options;
    struct curl_slist *resolve;
    uint64_t serials;                  /* requests compiled so far */
    struct transport_session *refused; /* libcurl did not take them; their callbacks are due */
};

/* What is kept of an answer. */
struct curl_kept {
    struct buf head, body;
    bool cut;
};

struct transport_session {
    struct transport *transport;
    CURL *easy;
    CURLSH *share;
    uint64_t last;           /* serial of the request that the easy handle is set up for; 0: none */
    transport_done_fn *done; /* NULL: idle */
    void *context;
    int64_t sent_ns;
    uint64_t received;
    long sendings;           /* of the request under way: 1, and 1 more per redirect */
    int kept;                /* the socket that was opened last, while it is open; else -1 */
    bool lost_before_answer; /* the kept connection ended, and libcurl wanted to send again */
    CURLcode refusal;
    int socket_errno; /* why no socket could be opened; 0: one could */
    struct transport_session *next_refused;
    struct curl_slist trace; /* the traceparent header, where there is one, then the request's */
    const struct curl_request *request; /* the one under way */
    struct curl_slist *varied;          /* its headers of this sending, where it varies */
    struct curl_kept *answer;           /* NULL: nothing is to be kept of the answer */
    char trace_text[TRACE_LINE_BYTES];
    char curl_text[CURL_ERROR_SIZE];
};

/* libcurl is about to send: the first time, or once more after each redirect. */
static int note_sending(void *context, char *local_address, char *remote_address, int local_port,
                        int remote_port) {
    (void)local_address, (void)remote_address, (void)local_port, (void)remote_port;
    struct transport_session *s = context;
    long status = 0;
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    if (s->sendings > 0 && status == 303) {
        /* "See other" is a GET, whatever was sent; the next request sets the method again. */
        curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, NULL);
        s->last = 0;
    }
    s->sendings++;
    return CURL_PREREQFUNC_OK;
}

/* Where a kept connection ends before any answer, libcurl sends the request again on a new one and tells nobody: the
 * target would count two requests, and we one. There is no option against it, but it needs a socket from us. */
static bool is_resending(struct transport_session *s) {
    long redirects = 0;
    curl_easy_getinfo(s->easy, CURLINFO_REDIRECT_COUNT, &redirects);
    return s->sendings > redirects;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    (void)purpose;
    struct transport_session *s = context;
    if (is_resending(s)) {
        s->lost_before_answer = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = curl_loop_open(&s->transport->loop, address);
    if (fd == CURL_SOCKET_BAD)
        s->socket_errno = errno;
    s->kept = fd == CURL_SOCKET_BAD ? -1 : fd;
    return fd;
}

static int close_socket(void *context, curl_socket_t fd) {
    struct transport_session *s = context;
    if (fd == s->kept)
        s->kept = -1;
    return curl_loop_close_socket(&s->transport->loop, fd);
}

/* libcurl looks before it sends whether a kept connection has ended, but takes TLS's goodbye, unread in front of the end, for a
 * sign of life. */
static void let_it_see_the_end(const struct transport_session *s) {
    char bytes[4096];
    if (s->kept < 0 || !idle_close_seen(s->kept))
        return;
    while (recv(s->kept, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *context) {
    struct transport_session *s = context;
    struct curl_kept *k = s->answer;
    s->received += size * n;
    if (k != NULL && s->request->keep_body_bytes > 0) {
        size_t room = s->request->keep_body_bytes - k->body.len;
        k->cut = k->cut || size * n > room;
        buf_add(&k->body, bytes, size * n < room ? size * n : room);
    }
    return size * n;
}

/* Each answer of a transfer (100 Continue, redirects) begins with its status line; the last one's head is kept. */
static size_t take_head(char *bytes, size_t size, size_t n, void *context) {
    struct transport_session *s = context;
    if (s->answer == NULL || !s->request->keep_head)
        return size * n;
    if (size * n >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        buf_clear(&s->answer->head);
    else
        buf_add(&s->answer->head, bytes, size * n);
    return size * n;
}

static void kept_free(struct curl_kept *k) {
    if (k == NULL)
        return;
    buf_done(&k->head);
    buf_done(&k->body);
    free(k);
}

/* Before an answer is awaited; with no memory it is as if the answer had no body. */
static void begin_keeping(struct transport_session *s, const struct curl_request *r) {
    bool wanted = r->keep_head || r->keep_body_bytes > 0;
    s->answer = wanted ? calloc(1, sizeof *s->answer) : NULL;
    if (s->answer == NULL)
        return;
    buf_init(&s->answer->head, SIZE_MAX / 4);
    buf_init(&s->answer->body, SIZE_MAX / 4);
}

/* The session is idle again before its callback runs, so that the callback may send, or close the session. */
static void finish(struct transport_session *s, CURLcode code) {
    struct transport_result result = {
        .sent_ns = s->sent_ns, .end_ns = clock_mono_ns(), .bytes_received = s->received};
    char text[CURL_RESULT_TEXT_BYTES];
    transport_done_fn *done = s->done;
    curl_result_fill(s->easy, code, s->curl_text, s->transport->options, &result, text);
    if (s->lost_before_answer)
        curl_result_lost(&result);
    if (code == CURLE_COULDNT_CONNECT && s->socket_errno != 0) {
        char reason[128];
        snprintf(text, sizeof text, "cannot open a socket: %s",
                 strerror_r(s->socket_errno, reason, sizeof reason));
        result.error = text;
    }
    if (s->varied != NULL) {
        curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
        curl_request_headers_free(s->request, s->varied);
        s->varied = NULL;
    }
    /* The callback may send, and so fill it anew: it is away from the session meanwhile. */
    struct curl_kept *kept = s->answer;
    if (kept != NULL) {
        result.head = (struct bytes){buf_text(&kept->head), kept->head.len};
        result.body = (struct bytes){buf_text(&kept->body), kept->body.len};
        result.body_cut = kept->cut;
        s->answer = NULL;
    }
    s->done = NULL;
    s->request = NULL;
    done(s->context, &result);
    kept_free(kept);
}

static void on_ended(void *context, CURL *easy, CURLcode code) {
    (void)context;
    struct transport_session *s = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s);
    finish(s, code);
}

static void finish_refused(void *context) {
    struct transport *t = context;
    struct transport_session *s = t->refused;
    t->refused = NULL;
    while (s != NULL) {
        struct transport_session *next = s->next_refused;
        if (s->done != NULL)
            finish(s, s->refusal);
        s = next;
    }
}

/* A header of the session's own before those that all share. libcurl keeps the list, and reads the text when it sends. */
static CURLcode apply(struct transport_session *s, const struct curl_request *r,
                      const struct transport_parts *parts) {
    struct curl_slist *headers = r->headers;
    CURLcode code = curl_request_apply(s->easy, r);
    if (code == CURLE_OK && parts != NULL) {
        code = curl_request_vary(s->easy, r, parts, &headers);
        s->varied = headers;
    }
    if (code == CURLE_OK)
        code = curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, r->keep_head ? take_head : NULL);
    /* With data and no function of its own, it would go to that of the body. */
    if (code == CURLE_OK)
        code = curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, r->keep_head ? s : NULL);
    if (code != CURLE_OK || s->transport->options->trace_run == NULL || r->own_trace)
        return code;
    s->trace = (struct curl_slist){.data = s->trace_text, .next = headers};
    return curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, &s->trace);
}

static void curl_send(struct transport_session *s, const void *compiled,
                      const struct transport_parts *parts, uint64_t trace, transport_done_fn *done,
                      void *context) {
    struct transport *t = s->transport;
    const struct curl_request *r = compiled;
    s->done = done;
    s->context = context;
    s->received = 0;
    s->sendings = 0;
    s->socket_errno = 0;
    s->lost_before_answer = false;
    s->curl_text[0] = '\0';
    s->refusal = CURLE_OK;
    s->request = r;
    begin_keeping(s, r);
    if (s->last != r->serial || parts != NULL) {
        s->refusal = apply(s, r, parts);
        s->last = s->refusal == CURLE_OK && parts == NULL ? r->serial : 0;
    }
    if (strncasecmp(r->url, "https:", 6) == 0)
        let_it_see_the_end(s);
    if (t->options->trace_run != NULL)
        trace_line(t->options->trace_run, trace, t->options->trace_sampled, s->trace_text);
    s->sent_ns = clock_mono_ns();
    if (s->refusal == CURLE_OK && curl_loop_add(&t->loop, s->easy) != CURLM_OK)
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
    if (s->refusal == CURLE_OK)
        curl_loop_remove(&s->transport->loop, s->easy);
    finish(s, CURLE_ABORTED_BY_CALLBACK);
}

static int curl_session_open(struct transport *t, struct transport_session **out, struct err *e) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "not enough memory for another user");
    s->transport = t;
    s->kept = -1;
    s->easy = curl_easy_init();
    s->share = curl_share_init();
    if (s->easy == NULL || s->share == NULL ||
        curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
        err_set(e, "not enough memory for another user");
        goto fail;
    }
    if (curl_request_setup(s->easy, t->options, t->resolve, e) != 0)
        goto fail;
    CURLcode code = curl_easy_setopt(s->easy, CURLOPT_SHARE, s->share);
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->curl_text);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_PREREQFUNCTION, note_sending);
    curl_easy_setopt(s->easy, CURLOPT_PREREQDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETDATA, s);
    if (code != CURLE_OK) {
        err_set(e, "libcurl refuses a connection cache per user: %s", curl_easy_strerror(code));
        goto fail;
    }
    *out = s;
    return 0;

fail:
    curl_easy_cleanup(s->easy);
    if (s->share != NULL)
        curl_share_cleanup(s->share);
    free(s);
    return -1;
}

static void curl_session_close(struct transport_session *s) {
    if (s == NULL)
        return;
    curl_easy_cleanup(s->easy);
    curl_share_cleanup(s->share);
    free(s);
}

static void free_transport(void *context) {
    free(context);
}

static int curl_open(uv_loop_t *loop, const struct transport_options *options,
                     struct transport **out, struct err *e) {
    if (tls_context_check(options, e) != 0)
        return -1;
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_set(e, "not enough memory for the transport");
    t->options = options;
    for (size_t i = 0; i < options->resolve_count; i++) {
        struct curl_slist *longer = curl_slist_append(t->resolve, options->resolve[i]);
        if (longer == NULL) {
            err_set(e, "not enough memory for the transport");
            goto fail;
        }
        t->resolve = longer;
    }
    if (curl_loop_init(&t->loop, loop, on_ended, finish_refused, t, e) != 0)
        goto fail;
    *out = t;
    return 0;

fail:
    curl_slist_free_all(t->resolve);
    free(t);
    return -1;
}

static void curl_close(struct transport *t) {
    if (t == NULL)
        return;
    curl_slist_free_all(t->resolve);
    curl_loop_close(&t->loop, free_transport);
}

static int curl_compile(struct transport *t, const struct transport_request *request,
                        void **compiled, struct err *e) {
    if (curl_request_new(t->options, request, compiled, e) != 0)
        return -1;
    ((struct curl_request *)*compiled)->serial = ++t->serials;
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

int transport_global_init(struct err *e) {
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ? 0 : err_set(e, "libcurl cannot start: %s", curl_easy_strerror(code));
}
