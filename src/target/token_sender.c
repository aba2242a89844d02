#include "target/token_sender.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "target/token_heap.h"
#include "target/token_text.h"
#include "util/clock.h"

#define WRITE_MAX_BYTES (64U << 20) /* of one write; a last event may have a million tokens */

struct token_sender {
    struct token_sender_events events;
    struct token_log *log;
    int epoll_fd, timer_fd, wake_fd;
    pthread_t thread;
    bool runs;
    struct token_heap heap;      /* the thread's, as all below up to the lock */
    struct token_sending *first; /* all that are not over: in the heap, blocked or stalled */
    struct buf body, text;       /* of the write that is being prepared or logged */
    atomic_uint_least64_t streams, tokens;
    pthread_mutex_t lock; /* protects all below */
    struct token_sending *inbox, *inbox_last;
    bool stopping;
};

static void log_line(struct token_sender *t, const struct token_sending *s, const char *what,
                     int64_t due_ns, int64_t before_ns, int64_t after_ns, const char *text) {
    token_log_add(t->log, &(struct token_log_line){.request = s->stream.answer.number,
                                                   .client_id = s->client_id,
                                                   .what = what,
                                                   .first = s->stream.first,
                                                   .count = s->stream.count,
                                                   .due_ns = due_ns,
                                                   .before_ns = before_ns,
                                                   .after_ns = after_ns,
                                                   .bytes = s->sent,
                                                   .text = text});
}

/* The text of what the sending has just written. */
static const char *tokens_text(struct token_sender *t, const struct token_sending *s) {
    const struct llm_answer *a = &s->stream.answer;
    uint64_t first = s->stream.first, end = first + s->stream.count;
    buf_clear(&t->text);
    if (first < a->reasoning && end > a->reasoning) {
        token_text(a->seed, a->number, 0, first, a->reasoning - first, &t->text);
        first = a->reasoning;
    }
    token_text(a->seed, a->number, first < a->reasoning ? 0 : a->reasoning, first, end - first,
               &t->text);
    return buf_text(&t->text);
}

static void finish(struct token_sender *t, struct token_sending *s, enum token_over how) {
    static const char *const words[] = {[TOKEN_OVER_SENT] = "sent",
                                        [TOKEN_OVER_RESET] = "reset",
                                        [TOKEN_OVER_LEFT] = "client left",
                                        [TOKEN_OVER_STOPPED] = "stopped",
                                        [TOKEN_OVER_MEMORY] = "out of memory"};
    int64_t now_ns = clock_mono_ns();
    token_heap_remove(&t->heap, s);
    epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        t->first = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    s->sent = 0;
    s->stream.count = 0;
    log_line(t, s, "over", now_ns, now_ns, now_ns, words[how]);
    buf_done(&s->frames);
    t->events.over(s, how);
}

/* The body's bytes in pieces, each a chunk where chunks are. */
static void frame(const struct token_sender *t, struct token_sending *s) {
    size_t piece = s->stream.spec->split_bytes;
    if (piece == 0 || piece > t->body.len)
        piece = t->body.len;
    for (size_t at = 0; at < t->body.len; at += piece) {
        size_t n = t->body.len - at < piece ? t->body.len - at : piece;
        if (s->chunked)
            buf_printf(&s->frames, "%zx\r\n", n);
        buf_add(&s->frames, t->body.data + at, n);
        if (s->chunked)
            buf_str(&s->frames, "\r\n");
    }
}

/* Up to where the next send goes: one piece. */
static size_t piece_end(const struct token_sending *s) {
    size_t split = s->stream.spec->split_bytes, end = s->frames.len;
    char head[32];
    if (split > 0) {
        int digits = s->chunked ? snprintf(head, sizeof head, "%zx\r\n\r\n", split) : 0;
        size_t piece = split + (size_t)digits;
        if (end > (s->sent / piece + 1) * piece)
            end = (s->sent / piece + 1) * piece;
    }
    return end;
}

/* The next write, and its time. */
static void prepare(struct token_sender *t, struct token_sending *s) {
    buf_clear(&t->body);
    buf_clear(&s->frames);
    s->sent = 0;
    s->before_ns = 0;
    token_stream_prepare(&s->stream, &t->body);
    s->bytes += t->body.len;
    frame(t, s);
    if (s->stream.kind == TOKEN_WRITE_OVER)
        finish(t, s, TOKEN_OVER_SENT);
    else if (!buf_ok(&t->body) || !buf_ok(&s->frames) ||
             !token_heap_add(&t->heap, s, s->stream.due_ns))
        finish(t, s, TOKEN_OVER_MEMORY);
}

/* As what MHD counts as its socket: it stays open until the owner closes it. */
static void reset(int fd) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC}; /* sends an RST now (tcp_disconnect) */
    (void)connect(fd, &nobody, sizeof nobody);
}

/* --end close, reset or stall. */
static void break_off(struct token_sender *t, struct token_sending *s) {
    enum token_end end = s->stream.spec->end;
    int64_t now_ns = clock_mono_ns();
    t->events.ending(s, end);
    if (end == TOKEN_END_RESET)
        reset(s->fd);
    log_line(t, s, token_write_text(s->stream.kind), s->stream.due_ns, now_ns, clock_mono_ns(),
             token_end_text(end));
    if (end == TOKEN_END_RESET)
        finish(t, s, TOKEN_OVER_RESET);
    else if (end == TOKEN_END_CLOSE)
        finish(t, s, TOKEN_OVER_SENT);
    /* A stall: it is in no heap, and ends when its client leaves. */
}

static void wait_for_room(struct token_sender *t, struct token_sending *s, bool blocked) {
    struct epoll_event event = {.events = EPOLLRDHUP | (blocked ? EPOLLOUT : 0), .data.ptr = s};
    if (s->blocked != blocked)
        epoll_ctl(t->epoll_fd, EPOLL_CTL_MOD, s->fd, &event);
    s->blocked = blocked;
}

/* Writes what is due, or what is left of it. */
static void write_due(struct token_sender *t, struct token_sending *s) {
    if (s->before_ns == 0) {
        if (s->stream.kind == TOKEN_WRITE_END || s->stream.kind == TOKEN_WRITE_ERROR)
            t->events.ending(s, s->stream.spec->end);
        s->before_ns = clock_mono_ns();
    }
    while (s->sent < s->frames.len) {
        ssize_t n = send(s->fd, s->frames.data + s->sent, piece_end(s) - s->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            s->sent += (size_t)n;
        } else if (errno == EAGAIN) {
            wait_for_room(t, s, true);
            return;
        } else if (errno != EINTR) {
            finish(t, s, TOKEN_OVER_LEFT);
            return;
        }
    }
    int64_t after_ns = clock_mono_ns();
    wait_for_room(t, s, false);
    atomic_fetch_add(&t->tokens, s->stream.count);
    if (t->log != NULL)
        log_line(t, s, token_write_text(s->stream.kind), s->stream.due_ns, s->before_ns, after_ns,
                 s->stream.count > 0 ? tokens_text(t, s) : "");
    prepare(t, s);
}

/* An answer in one piece is due: the owner sends it. */
static void hand_over(struct token_sender *t, struct token_sending *s) {
    int64_t now_ns = clock_mono_ns();
    s->stream.first = 0;
    s->stream.count = s->stream.answer.tokens;
    atomic_fetch_add(&t->tokens, s->stream.count);
    if (t->log != NULL)
        log_line(t, s, "answer", s->due_ns, now_ns, now_ns, tokens_text(t, s));
    finish(t, s, TOKEN_OVER_SENT);
}

static void serve_due(struct token_sender *t) {
    struct token_sending *s;
    while ((s = token_heap_first(&t->heap)) != NULL && s->due_ns <= clock_mono_ns()) {
        token_heap_remove(&t->heap, s);
        if (!s->streamed)
            hand_over(t, s);
        else if (s->stream.kind == TOKEN_WRITE_BREAK)
            break_off(t, s);
        else
            write_due(t, s);
    }
}

static void begin(struct token_sender *t, struct token_sending *s) {
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = s};
    s->next = t->first;
    s->previous = NULL;
    if (t->first != NULL)
        t->first->previous = s;
    t->first = s;
    s->slot = 0;
    s->sent = 0;
    s->bytes = 0;
    s->blocked = false;
    buf_init(&s->frames, WRITE_MAX_BYTES);
    atomic_fetch_add(&t->streams, s->streamed ? 1 : 0);
    s->stream.first = 0;
    s->stream.count = 0;
    log_line(t, s, "request", s->received_ns, s->received_ns, s->stream.start_ns, "");
    if (epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, s->fd, &event) != 0)
        finish(t, s, TOKEN_OVER_LEFT);
    else if (s->streamed)
        prepare(t, s);
    else if (!token_heap_add(&t->heap, s, token_stream_last_ns(&s->stream)))
        finish(t, s, TOKEN_OVER_MEMORY);
}

/* What was added meanwhile; false: it is time to stop. */
static bool take_inbox(struct token_sender *t) {
    uint64_t count;
    if (read(t->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        abort(); /* an eventfd */
    pthread_mutex_lock(&t->lock);
    struct token_sending *s = t->inbox;
    t->inbox = NULL;
    t->inbox_last = NULL;
    bool stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    while (s != NULL) {
        struct token_sending *next = s->next;
        begin(t, s);
        s = next;
    }
    return !stopping;
}

static void arm(struct token_sender *t) {
    const struct token_sending *s = token_heap_first(&t->heap);
    struct itimerspec when = {0};
    if (s != NULL) { /* 0 would mean never; the past means now */
        int64_t due_ns = s->due_ns > 0 ? s->due_ns : 1;
        when.it_value =
            (struct timespec){.tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S};
    }
    timerfd_settime(t->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* One event at a time for sendings: a sending that is over may be in a later event of the same
 * wait. */
static void *sender_main(void *arg) {
    struct token_sender *t = arg;
    bool on = true;
    while (on) {
        struct epoll_event event;
        arm(t);
        int n = epoll_wait(t->epoll_fd, &event, 1, -1);
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0 && event.data.ptr == &t->wake_fd) {
            on = take_inbox(t);
        } else if (n > 0 && event.data.ptr != &t->timer_fd) {
            struct token_sending *s = event.data.ptr;
            if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
                finish(t, s, TOKEN_OVER_LEFT);
            else if (s->blocked)
                write_due(t, s);
        }
        serve_due(t);
    }
    while (t->first != NULL)
        finish(t, t->first, TOKEN_OVER_STOPPED);
    return NULL;
}

static int watch(struct token_sender *t, int fd, void *what) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    return fd < 0 ? -1 : epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

int token_sender_new(const struct token_sender_events *events, struct token_log *log,
                     struct token_sender **out, struct err *e) {
    struct token_sender *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return err_memory(e, NULL);
    t->events = *events;
    t->log = log;
    buf_init(&t->body, WRITE_MAX_BYTES);
    buf_init(&t->text, WRITE_MAX_BYTES);
    pthread_mutex_init(&t->lock, NULL);
    t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    t->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->epoll_fd < 0 || watch(t, t->timer_fd, &t->timer_fd) != 0 ||
        watch(t, t->wake_fd, &t->wake_fd) != 0) {
        err_set(e, "cannot watch connections: %s", strerror(errno));
        goto fail;
    }
    int failed = pthread_create(&t->thread, NULL, sender_main, t);
    if (failed != 0) {
        err_set(e, "cannot start a thread: %s", strerror(failed));
        goto fail;
    }
    t->runs = true;
    *out = t;
    return 0;
fail:
    token_sender_free(t);
    return -1;
}

static void wake(struct token_sender *t) {
    uint64_t one = 1;
    if (write(t->wake_fd, &one, sizeof one) != sizeof one)
        abort(); /* an eventfd is never full of ones */
}

void token_sender_add(struct token_sender *t, struct token_sending *s) {
    s->next = NULL;
    pthread_mutex_lock(&t->lock);
    bool open = !t->stopping, first = t->inbox == NULL;
    if (open && first)
        t->inbox = s;
    else if (open)
        t->inbox_last->next = s;
    if (open)
        t->inbox_last = s;
    pthread_mutex_unlock(&t->lock);
    if (!open)
        t->events.over(s, TOKEN_OVER_STOPPED);
    else if (first)
        wake(t);
}

void token_sender_counts(struct token_sender *t, uint64_t *streams, uint64_t *tokens) {
    *streams = atomic_load(&t->streams);
    *tokens = atomic_load(&t->tokens);
}

void token_sender_stop(struct token_sender *t) {
    if (t == NULL || !t->runs)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_mutex_unlock(&t->lock);
    wake(t);
    pthread_join(t->thread, NULL);
    t->runs = false;
}

void token_sender_free(struct token_sender *t) {
    if (t == NULL)
        return;
    int fds[] = {t->epoll_fd, t->timer_fd, t->wake_fd};
    for (size_t k = 0; k < sizeof fds / sizeof *fds; k++)
        if (fds[k] >= 0)
            close(fds[k]);
    token_heap_done(&t->heap);
    buf_done(&t->body);
    buf_done(&t->text);
    pthread_mutex_destroy(&t->lock);
    free(t);
}
