#include "transport/curl_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUDGE_MS 50
#define NUDGES 3

struct curl_watch {
    uv_poll_t poll;
    struct curl_loop *loop;
    curl_socket_t fd;
    int events;                  /* what the loop watches for */
    bool wanted;                 /* libcurl wants to hear of it */
    void (*idle)(void *context); /* NULL: nobody asks */
    void *idle_context;
    bool ours; /* opened by curl_loop_open(): once connected, closed by curl_loop_close_socket() */
    bool connected;
    unsigned looks; /* how often it was found connecting */
    ino_t inode;    /* tells it from another file that has got its number */
};

static void drain(struct curl_loop *l);
static void on_settle(uv_idle_t *settle);

/* ---- timers ---- */

static void on_timer(uv_timer_t *timer);

/* libuv runs a timer of 0 that is started from a timer before anything else: transfers that fail at
 * once, and whose users send again at once, would keep all other timers and sockets waiting, and
 * the run would never end. So from a timer it is the loop's next turn. */
static void obey_timer_wish(struct curl_loop *l) {
    l->due = l->timer_wish == 0 && l->in_timer;
    if (l->due)
        curl_loop_settle(l);
    if (l->timer_wish < 0 || l->due)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, (uint64_t)l->timer_wish, 0);
}

static int wish_timer(CURLM *multi, long timeout_ms, void *context) {
    (void)multi;
    struct curl_loop *l = context;
    l->timer_wish = timeout_ms;
    if (!l->kicking)
        obey_timer_wish(l);
    return 0;
}

/* Lets libcurl act on a socket, or on what is due. */
static void kick(struct curl_loop *l, curl_socket_t fd, int events) {
    long before = l->timer_wish;
    l->kicking = true;
    curl_multi_socket_action(l->multi, fd, events, &l->running);
    l->kicking = false;
    /* libcurl says when its wish changes; a timer that has fired is gone even when the wish is the
     * same. */
    if (l->timer_wish != before || !uv_is_active((uv_handle_t *)&l->timer))
        obey_timer_wish(l);
}

static void on_timer(uv_timer_t *timer) {
    struct curl_loop *l = timer->data;
    l->timer_wish = -1;
    l->in_timer = true;
    kick(l, CURL_SOCKET_TIMEOUT, 0);
    drain(l);
    l->in_timer = false;
}

/* ---- sockets ---- */

static void free_watch(uv_handle_t *handle) {
    free(handle->data);
}

static void unwatch(struct curl_watch *w) {
    w->loop->watches[w->fd] = NULL;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

static struct curl_watch *watch_new(struct curl_loop *l, curl_socket_t fd) {
    if ((size_t)fd >= l->watch_count) {
        size_t n = l->watch_count == 0 ? 64 : l->watch_count;
        while (n <= (size_t)fd)
            n *= 2;
        struct curl_watch **more = realloc(l->watches, n * sizeof(*more));
        if (more == NULL)
            return NULL;
        memset(more + l->watch_count, 0, (n - l->watch_count) * sizeof(*more));
        l->watches = more;
        l->watch_count = n;
    }
    struct curl_watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    *w = (struct curl_watch){.loop = l, .fd = fd};
    if (uv_poll_init_socket(l->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    l->watches[fd] = w;
    return w;
}

static struct curl_watch *watch_of(struct curl_loop *l, curl_socket_t fd) {
    return (size_t)fd < l->watch_count ? l->watches[fd] : NULL;
}

static void on_socket(uv_poll_t *poll, int status, int events) {
    struct curl_watch *w = poll->data;
    struct curl_loop *l = w->loop;
    if (!w->wanted) {
        uv_poll_stop(poll);
        w->events = 0;
        if (w->idle != NULL)
            w->idle(w->idle_context);
        return;
    }
    /* libuv reports a socket's error as a failure of its own and stops watching. libcurl finds the
     * true reason when it reads or writes, so we report that it can. */
    if (status < 0) {
        events = w->events;
        w->events = 0;
    }
    int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
               (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    kick(l, w->fd, what);
    if (status < 0 && watch_of(l, w->fd) == w && w->wanted && w->events == 0) {
        w->events = events;
        uv_poll_start(&w->poll, events, on_socket);
    }
    drain(l);
}

/* libcurl closes a socket that never was connected without telling (7.88: cf_socket_close), and
 * says only later, or not at all, that it need not be watched any more. */
static bool still_there(struct curl_watch *w) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    struct stat st;
    if (!w->connected)
        w->connected = fstat(w->fd, &st) == 0 && st.st_ino == w->inode &&
                       getpeername(w->fd, (struct sockaddr *)&peer, &size) == 0;
    return w->connected;
}

static void watch_for(struct curl_watch *w, int events) {
    if (events == w->events)
        return;
    w->events = events;
    uv_poll_start(&w->poll, events, on_socket);
}

static int wish_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                       void *socket_context) {
    (void)easy;
    (void)socket_context;
    struct curl_loop *l = context;
    struct curl_watch *w = watch_of(l, fd);
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            w->wanted = false;
        if (w != NULL && (!w->ours || !still_there(w)))
            unwatch(w);
        else if (w != NULL && w->idle != NULL)
            watch_for(w, UV_READABLE); /* libcurl 8 leaves it watched for writing */
        return 0;
    }
    if (w == NULL)
        w = watch_new(l, fd);
    if (w == NULL)
        return -1;
    w->wanted = true;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    watch_for(w, events);
    return 0;
}

/* ---- connections that take long ---- */

static void run_all(struct curl_loop *l) {
    /* Deprecated since it looks at all transfers, which is the point here; curl_multi_perform()
     * tells no sockets. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    curl_multi_socket_all(l->multi, &l->running);
#pragma GCC diagnostic pop
}

/* libcurl 7.88 does not look again by itself when an address has had its share of the time to
 * connect, nor when the next one has been taken: it would stand, and time out. So it is run now and
 * then while a socket connects for long. */
static void on_nudge(uv_timer_t *nudge) {
    struct curl_loop *l = nudge->data;
    bool connecting = false;
    l->nudges -= l->nudges > 0;
    for (size_t fd = 0; fd < l->watch_count; fd++) {
        struct curl_watch *w = l->watches[fd];
        if (w == NULL || !w->ours || still_there(w))
            continue;
        connecting = true;
        if (++w->looks > 1)
            l->nudges =
                NUDGES; /* it gives an address up in one run and takes the next in another */
    }
    if (!connecting && l->nudges == 0)
        uv_timer_stop(nudge);
    if (l->nudges == 0)
        return;
    long before = l->timer_wish;
    l->kicking = true;
    run_all(l);
    l->kicking = false;
    if (l->timer_wish != before || !uv_is_active((uv_handle_t *)&l->timer))
        obey_timer_wish(l);
    drain(l);
}

/* A number that we do not watch. Where we still do, its file was closed without our knowing;
 * libcurl may not know either, and would take the new socket for the old one. */
static int fresh_number(struct curl_loop *l, int fd) {
    int old = fd, reason;
    if (fd < 0 || watch_of(l, fd) == NULL)
        return fd;
    do
        fd = fcntl(old, F_DUPFD_CLOEXEC, fd + 1);
    while (fd >= 0 && watch_of(l, fd) != NULL && close(fd) == 0);
    reason = errno;
    close(old);
    errno = reason;
    return fd;
}

curl_socket_t curl_loop_open(struct curl_loop *l, const struct curl_sockaddr *address) {
    struct stat st;
    int fd = fresh_number(
        l, socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
    if (fd < 0)
        return CURL_SOCKET_BAD;
    struct curl_watch *w = watch_new(l, fd);
    if (w == NULL) {
        close(fd);
        errno = ENOMEM;
        return CURL_SOCKET_BAD;
    }
    w->ours = true;
    w->inode = fstat(fd, &st) == 0 ? st.st_ino : 0;
    if (!uv_is_active((uv_handle_t *)&l->nudge))
        uv_timer_start(&l->nudge, on_nudge, NUDGE_MS, NUDGE_MS);
    return fd;
}

void curl_loop_tell_idle(struct curl_loop *l, curl_socket_t fd, void (*fn)(void *context),
                         void *context) {
    struct curl_watch *w = watch_of(l, fd);
    if (w == NULL)
        return;
    w->idle = fn;
    w->idle_context = context;
}

void curl_loop_release_socket(struct curl_loop *l, curl_socket_t fd) {
    struct curl_watch *w = watch_of(l, fd);
    if (w != NULL)
        unwatch(w);
}

int curl_loop_close_socket(struct curl_loop *l, curl_socket_t fd) {
    curl_loop_release_socket(l, fd);
    return close(fd);
}

/* ---- transfers ---- */

/* Transfers that have ended and were not drained yet. */
static bool some_ended(const struct curl_loop *l) {
    return l->under_way > l->running;
}

/* Handles the transfers that have ended by now, and no others: a callback that sends may end within
 * the kick, and must wait its turn. Else one user with a quick target, or one that fails at once,
 * would keep all others waiting and their answers unread. */
static void drain(struct curl_loop *l) {
    int left = 0;
    l->draining = true;
    CURLMsg *m = curl_multi_info_read(l->multi, &left);
    for (int due = left; m != NULL; due--) {
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        l->ending = code == CURLE_OK ? easy : NULL;
        curl_multi_remove_handle(l->multi, easy);
        l->ending = NULL;
        l->under_way--;
        l->ended(l->context, easy, code);
        m = due > 0 ? curl_multi_info_read(l->multi, &left) : NULL;
    }
    l->draining = false;
    if (some_ended(l))
        curl_loop_settle(l);
}

static void on_settle(uv_idle_t *settle) {
    struct curl_loop *l = settle->data;
    uv_idle_stop(settle);
    if (l->due) {
        l->due = false;
        l->timer_wish = -1;
        kick(l, CURL_SOCKET_TIMEOUT, 0);
    }
    if (l->settled != NULL)
        l->settled(l->context);
    drain(l);
}

void curl_loop_settle(struct curl_loop *l) {
    uv_idle_start(&l->settle, on_settle);
}

CURLMcode curl_loop_add(struct curl_loop *l, CURL *easy) {
    CURLMcode code = curl_multi_add_handle(l->multi, easy);
    if (code != CURLM_OK)
        return code;
    l->under_way++;
    /* Started now, not at the next turn of the loop: else all that the loop does until then would
     * be counted as the target's time. */
    kick(l, CURL_SOCKET_TIMEOUT, 0);
    /* What ended at once is drained by who drains already, or at the next turn. */
    if (!l->draining && some_ended(l))
        curl_loop_settle(l);
    return CURLM_OK;
}

void curl_loop_remove(struct curl_loop *l, CURL *easy) {
    curl_multi_remove_handle(l->multi, easy);
    l->under_way--;
    /* How many are running is known again when libcurl has run; until then, look. */
    curl_loop_settle(l);
}

/* ---- beginning and end ---- */

int curl_loop_init(struct curl_loop *l, uv_loop_t *loop, curl_loop_ended_fn *ended,
                   curl_loop_settle_fn *settled, void *context, struct err *e) {
    *l = (struct curl_loop){.loop = loop,
                            .multi = curl_multi_init(),
                            .ended = ended,
                            .settled = settled,
                            .context = context,
                            .timer_wish = -1};
    if (l->multi == NULL)
        return err_set(e, "not enough memory for libcurl");
    curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, wish_socket);
    curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, wish_timer);
    curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
    uv_timer_init(loop, &l->timer);
    uv_idle_init(loop, &l->settle);
    uv_timer_init(loop, &l->nudge);
    l->timer.data = l->settle.data = l->nudge.data = l;
    return 0;
}

static void on_timer_closed(uv_handle_t *timer) {
    struct curl_loop *l = timer->data;
    free(l->watches);
    l->closed(l->context);
}

static void on_nudge_closed(uv_handle_t *nudge) {
    struct curl_loop *l = nudge->data;
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

static void on_settle_closed(uv_handle_t *settle) {
    struct curl_loop *l = settle->data;
    uv_close((uv_handle_t *)&l->nudge, on_nudge_closed);
}

void curl_loop_close(struct curl_loop *l, void (*closed)(void *context)) {
    l->closed = closed;
    curl_multi_cleanup(l->multi);
    for (size_t fd = 0; fd < l->watch_count; fd++)
        if (l->watches[fd] != NULL)
            unwatch(l->watches[fd]);
    uv_close((uv_handle_t *)&l->settle, on_settle_closed);
}
