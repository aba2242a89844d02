#include "target/token_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/clock.h"

#define LOG_BUFFER_MAX_BYTES (256U << 20) /* what may wait for the disk; some millions of lines */
#define LOG_FLUSH_BYTES (64U << 10)       /* enough to wake the thread */
#define LOG_FLUSH_NS (200 * NS_PER_MS)    /* a line is in the file by then */

struct token_log {
    int fd;
    char path[512];
    pthread_t thread;
    bool runs;
    int failed; /* errno of the first write that failed; the thread's own until it is joined */
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t wakes;
    struct buf lines;
    bool stopping, lost;
};

static void write_all(struct token_log *l, const struct buf *b) {
    size_t done = 0;
    while (done < b->len && l->failed == 0) {
        ssize_t n = write(l->fd, b->data + done, b->len - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            l->failed = errno;
    }
}

static void *log_main(void *arg) {
    struct token_log *l = arg;
    struct buf mine;
    buf_init(&mine, LOG_BUFFER_MAX_BYTES);
    pthread_mutex_lock(&l->lock);
    for (;;) {
        if (l->lines.len < LOG_FLUSH_BYTES && !l->stopping) {
            int64_t until_ns = clock_mono_ns() + LOG_FLUSH_NS;
            struct timespec t = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
            pthread_cond_timedwait(&l->wakes, &l->lock, &t);
        }
        struct buf full = l->lines;
        l->lines = mine;
        bool last = l->stopping;
        pthread_mutex_unlock(&l->lock);
        write_all(l, &full);
        buf_clear(&full);
        mine = full;
        pthread_mutex_lock(&l->lock);
        if (last)
            break;
    }
    pthread_mutex_unlock(&l->lock);
    buf_done(&mine);
    return NULL;
}

static void log_free(struct token_log *l) {
    if (l->fd >= 0)
        close(l->fd);
    buf_done(&l->lines);
    pthread_cond_destroy(&l->wakes);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int token_log_open(const char *path, struct token_log **out, struct err *e) {
    struct token_log *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return err_memory(e, NULL);
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wakes, &monotonic);
    pthread_condattr_destroy(&monotonic);
    buf_init(&l->lines, LOG_BUFFER_MAX_BYTES);
    buf_str(&l->lines,
            "request,client_id,what,first_token,tokens,due_ns,before_ns,after_ns,bytes,text\n");
    snprintf(l->path, sizeof l->path, "%s", path);
    l->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (l->fd < 0) {
        err_set(e, "cannot write %.500s: %s", path, strerror(errno));
        goto fail;
    }
    int failed = pthread_create(&l->thread, NULL, log_main, l);
    if (failed != 0) {
        err_set(e, "cannot start a thread: %s", strerror(failed));
        goto fail;
    }
    l->runs = true;
    *out = l;
    return 0;
fail:
    log_free(l);
    return -1;
}

static void number(struct buf *b, int64_t value) {
    buf_int(b, value);
    buf_char(b, ',');
}

void token_log_add(struct token_log *l, const struct token_log_line *line) {
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    struct buf *b = &l->lines;
    bool below = b->len < LOG_FLUSH_BYTES;
    size_t before = b->len;
    number(b, (int64_t)line->request);
    buf_str(b, line->client_id);
    buf_char(b, ',');
    buf_str(b, line->what);
    buf_char(b, ',');
    number(b, (int64_t)line->first);
    number(b, (int64_t)line->count);
    number(b, line->due_ns);
    number(b, line->before_ns);
    number(b, line->after_ns);
    number(b, (int64_t)line->bytes);
    buf_char(b, '"');
    buf_str(b, line->text);
    buf_str(b, "\"\n");
    if (!buf_ok(b)) { /* never half a line */
        b->len = before;
        b->failed = false;
        l->lost = true;
    }
    if (below && b->len >= LOG_FLUSH_BYTES)
        pthread_cond_signal(&l->wakes);
    pthread_mutex_unlock(&l->lock);
}

int token_log_close(struct token_log *l, struct err *e) {
    int result = 0;
    if (l == NULL)
        return 0;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->wakes);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    if (l->failed != 0)
        result = err_set(e, "cannot write %.500s: %s", l->path, strerror(l->failed));
    else if (l->lost)
        result = err_set(e, "%.500s is incomplete: the disk was too slow for it", l->path);
    log_free(l);
    return result;
}
