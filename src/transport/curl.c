/*
 * The complete transport: libcurl's multi interface on a libuv loop.
 *
 * One CURLM per worker. Each session has an easy handle, and a connection cache of its own (a share object that only it
 * uses): so a user keeps its connection, and libcurl never searches a list that grows with the users.
 *
 * Sockets stay registered with the loop while their connection is idle: libcurl says "remove" after each transfer, and
 * obeying would cost two epoll_ctl calls a request. An event on an idle socket unregisters it. libcurl also polls sockets
 * that it did not open through us and closes without telling (its resolver's): those are unregistered at once, since an
 * fd that is closed while libuv watches it ends the process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/curl_internal.h"
#include "util/clock.h"

struct watch {
    uv_poll_t poll;
    struct transport *transport;
    curl_socket_t fd;
    int events;  /* what the loop watches for */
    bool wanted; /* libcurl wants to hear of it */
    bool ours;   /* opened by open_socket(): closed by close_socket(), never behind our back */
};

struct transport {
    uv_loop_t *loop;
    const struct transport_options *options;
    CURLM *multi;
    struct curl_slist *resolve;
    uv_timer_t timer;
    uv_idle_t settle; /* active when finished transfers may wait to be drained */
    bool draining;
    int under_way;   /* transfers that libcurl has and we have not heard the end of */
    int running;     /* of those, how many had not ended when libcurl last ran */
    bool kicking;    /* libcurl is being run right now: its wish for a timer is kept, not obeyed */
    long timer_wish; /* ms; -1: none */
    struct watch **watches; /* by fd */
    size_t watch_count;
    uint64_t serials;                  /* requests compiled so far */
    struct transport_session *refused; /* libcurl did not take them; their callbacks are due */
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
    bool lost_before_answer; /* the kept connection ended, and libcurl wanted to send again */
    CURLcode refusal;
    struct transport_session *next_refused;
    char curl_text[CURL_ERROR_SIZE];
};

static void drain(struct transport *t);
static void on_settle(uv_idle_t *settle);

/* ---- timers ---- */

static void on_timer(uv_timer_t *timer);

static void obey_timer_wish(struct transport *t) {
    if (t->timer_wish < 0)
        uv_timer_stop(&t->timer);
    else
        uv_timer_start(&t->timer, on_timer, (uint64_t)t->timer_wish, 0);
}

static int wish_timer(CURLM *multi, long timeout_ms, void *context) {
    (void)multi;
    struct transport *t = context;
    t->timer_wish = timeout_ms;
    if (!t->kicking)
        obey_timer_wish(t);
    return 0;
}

/* Lets libcurl act on a socket, or on what is due. */
static void kick(struct transport *t, curl_socket_t fd, int events) {
    long before = t->timer_wish;
    t->kicking = true;
    curl_multi_socket_action(t->multi, fd, events, &t->running);
    t->kicking = false;
    /* libcurl says when its wish changes; a timer that has fired is gone even when the wish is the same. */
    if (t->timer_wish != before || !uv_is_active((uv_handle_t *)&t->timer))
        obey_timer_wish(t);
}

static void on_timer(uv_timer_t *timer) {
    struct transport *t = timer->data;
    t->timer_wish = -1;
    kick(t, CURL_SOCKET_TIMEOUT, 0);
    drain(t);
}

/* ---- sockets ---- */

static void free_watch(uv_handle_t *handle) {
    free(handle->data);
}

static void unwatch(struct watch *w) {
    w->transport->watches[w->fd] = NULL;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

static struct watch *watch_new(struct transport *t, curl_socket_t fd) {
    if ((size_t)fd >= t->watch_count) {
        size_t n = t->watch_count == 0 ? 64 : t->watch_count;
        while (n <= (size_t)fd)
            n *= 2;
        struct watch **more = realloc(t->watches, n * sizeof(*more));
        if (more == NULL)
            return NULL;
        memset(more + t->watch_count, 0, (n - t->watch_count) * sizeof(*more));
        t->watches = more;
        t->watch_count = n;
    }
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    *w = (struct watch){.transport = t, .fd = fd};
    if (uv_poll_init_socket(t->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    t->watches[fd] = w;
    return w;
}

static struct watch *watch_of(struct transport *t, curl_socket_t fd) {
    return (size_t)fd < t->watch_count ? t->watches[fd] : NULL;
}

static void on_socket(uv_poll_t *poll, int status, int events) {
    struct watch *w = poll->data;
    struct transport *t = w->transport;
    if (!w->wanted) {
        uv_poll_stop(poll);
        w->events = 0;
        return;
    }
    /* libuv reports a socket's error as a failure of its own and stops watching. libcurl finds the true reason when it
     * reads or writes, so it is told that it can. */
    if (status < 0) {
        events = w->events;
        w->events = 0;
    }
    int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
               (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    kick(t, w->fd, what);
    if (status < 0 && watch_of(t, w->fd) == w && w->wanted && w->events == 0) {
        w->events = events;
        uv_poll_start(&w->poll, events, on_socket);
    }
    drain(t);
}

static int wish_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                       void *socket_context) {
    (void)easy;
    (void)socket_context;
    struct transport *t = context;
    struct watch *w = watch_of(t, fd);
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            w->wanted = false;
        if (w != NULL && !w->ours)
            unwatch(w);
        return 0;
    }
    if (w == NULL)
        w = watch_new(t, fd);
    if (w == NULL)
        return -1;
    w->wanted = true;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (events != w->events) {
        w->events = events;
        uv_poll_start(&w->poll, events, on_socket);
    }
    return 0;
}

/* libcurl is about to send: the first time, or once more after each redirect. */
static int note_sending(void *context, char *local_address, char *remote_address, int local_port,
                        int remote_port) {
    (void)local_address, (void)remote_address, (void)local_port, (void)remote_port;
    struct transport_session *s = context;
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
    struct transport *t = s->transport;
    if (is_resending(s)) {
        s->lost_before_answer = true;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct watch *w = watch_new(t, fd);
    if (w == NULL) {
        close(fd);
        errno = ENOMEM;
        return CURL_SOCKET_BAD;
    }
    w->ours = true;
    return fd;
}

static int close_socket(void *context, curl_socket_t fd) {
    struct watch *w = watch_of(context, fd);
    if (w != NULL)
        unwatch(w);
    return close(fd);
}

/* ---- transfers ---- */

static size_t count_body(char *bytes, size_t size, size_t n, void *context) {
    (void)bytes;
    struct transport_session *s = context;
    s->received += size * n;
    return size * n;
}

/* The session is idle again before its callback runs, so that the callback may send. */
static void finish(struct transport_session *s, CURLcode code) {
    struct transport_result result = {
        .sent_ns = s->sent_ns, .end_ns = clock_mono_ns(), .bytes_received = s->received};
    char text[CURL_RESULT_TEXT_BYTES];
    transport_done_fn *done = s->done;
    curl_multi_remove_handle(s->transport->multi, s->easy);
    if (s->refusal == CURLE_OK)
        s->transport->under_way--;
    curl_result_fill(s->easy, code, s->curl_text, s->transport->options, &result, text);
    if (s->lost_before_answer)
        curl_result_lost(&result);
    s->done = NULL;
    done(s->context, &result);
}

static void finish_refused(struct transport *t) {
    struct transport_session *s = t->refused;
    t->refused = NULL;
    while (s != NULL) {
        struct transport_session *next = s->next_refused;
        if (s->done != NULL)
            finish(s, s->refusal);
        s = next;
    }
}

/* Transfers that have ended and were not drained yet. */
static bool some_ended(const struct transport *t) {
    return t->refused != NULL || t->under_way > t->running;
}

/* Handles the transfers that have ended by now, and no others: a callback that sends may end within the kick, and
 * must wait its turn. Else one user with a quick target, or one that fails at once, would keep all others waiting and
 * their answers unread. */
static void drain(struct transport *t) {
    int left = 0;
    t->draining = true;
    finish_refused(t);
    CURLMsg *m = curl_multi_info_read(t->multi, &left);
    for (int due = left; m != NULL; due--) {
        struct transport_session *s = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
        finish(s, code);
        m = due > 0 ? curl_multi_info_read(t->multi, &left) : NULL;
    }
    t->draining = false;
    if (some_ended(t))
        uv_idle_start(&t->settle, on_settle);
}

static void on_settle(uv_idle_t *settle) {
    uv_idle_stop(settle);
    drain(settle->data);
}

static void curl_send(struct transport_session *s, const void *compiled, transport_done_fn *done,
                      void *context) {
    struct transport *t = s->transport;
    const struct curl_request *r = compiled;
    s->done = done;
    s->context = context;
    s->received = 0;
    s->sendings = 0;
    s->lost_before_answer = false;
    s->curl_text[0] = '\0';
    CURLcode code = CURLE_OK;
    if (s->last != r->serial) {
        code = curl_request_apply(s->easy, r);
        s->last = code == CURLE_OK ? r->serial : 0;
    }
    s->sent_ns = clock_mono_ns();
    if (code == CURLE_OK && curl_multi_add_handle(t->multi, s->easy) != CURLM_OK)
        code = CURLE_OUT_OF_MEMORY;
    s->refusal = code;
    if (code != CURLE_OK) {
        s->next_refused = t->refused;
        t->refused = s;
    } else {
        t->under_way++;
        /* Sent now, not at the next turn of the loop: sent_ns would be too early by all that the loop does until then. */
        kick(t, CURL_SOCKET_TIMEOUT, 0);
    }
    /* `done` must not run inside send: what failed at once is drained by who drains already, or at the loop's next turn. */
    if (!t->draining && some_ended(t))
        uv_idle_start(&t->settle, on_settle);
}

static void curl_cancel(struct transport_session *s) {
    struct transport *t = s->transport;
    if (s->done == NULL)
        return;
    finish(s, CURLE_ABORTED_BY_CALLBACK); /* whose callback may close the session */
    /* How many are running is known again when libcurl has run; until then, look. */
    uv_idle_start(&t->settle, on_settle);
}

static int curl_session_open(struct transport *t, struct transport_session **out, struct err *e) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "not enough memory for another user");
    s->transport = t;
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
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, count_body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_PREREQFUNCTION, note_sending);
    curl_easy_setopt(s->easy, CURLOPT_PREREQDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETDATA, t);
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

static int curl_open(uv_loop_t *loop, const struct transport_options *options,
                     struct transport **out, struct err *e) {
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_set(e, "not enough memory for the transport");
    *t = (struct transport){.loop = loop, .options = options, .timer_wish = -1};
    t->multi = curl_multi_init();
    if (t->multi == NULL)
        goto fail;
    for (size_t i = 0; i < options->resolve_count; i++) {
        struct curl_slist *longer = curl_slist_append(t->resolve, options->resolve[i]);
        if (longer == NULL)
            goto fail;
        t->resolve = longer;
    }
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, wish_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, wish_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    uv_timer_init(loop, &t->timer);
    uv_idle_init(loop, &t->settle);
    t->timer.data = t->settle.data = t;
    *out = t;
    return 0;

fail:
    if (t->multi != NULL)
        curl_multi_cleanup(t->multi);
    curl_slist_free_all(t->resolve);
    free(t);
    return err_set(e, "not enough memory for the transport");
}

static void free_transport(uv_handle_t *timer) {
    struct transport *t = timer->data;
    free(t->watches);
    free(t);
}

static void close_timer(uv_handle_t *settle) {
    struct transport *t = settle->data;
    uv_close((uv_handle_t *)&t->timer, free_transport);
}

static void curl_close(struct transport *t) {
    if (t == NULL)
        return;
    curl_multi_cleanup(t->multi);
    curl_slist_free_all(t->resolve);
    uv_close((uv_handle_t *)&t->settle, close_timer);
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
