#include "export/exporter.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fetch.h"
#include "util/background.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/rng.h"
#include "util/text.h"

#define TIMEOUT_NS (10 * NS_PER_S)
#define PAUSE_NS NS_PER_S
#define PAUSE_MAX_NS (30 * NS_PER_S)
#define ANSWER_BYTES_MAX ((size_t)1 << 20)
#define NOTES_MAX 20

struct part {
    struct part *next;
    size_t bytes;
    char text[];
};

struct parts {
    struct part *first, **end;
    size_t count, bytes;
};

struct exporter {
    const struct exporter_options *options;
    struct fetch_options fetch_options;
    const char **headers;
    char *type_header;
    struct fetch *fetch;
    pthread_t thread;
    bool running;

    /* The thread's. */
    struct parts batch; /* of the current request */
    struct buf body;
    size_t request_bytes;
    int64_t next_ns;  /* not before */
    bool asked;       /* for this pause, by the receiver */
    int64_t pause_ns; /* the last one that was not asked for; 0: none since the last success */
    bool ending;      /* exporter_finish() was noticed */
    uint64_t in_a_row;
    unsigned notes;
    struct rng rng;

    pthread_mutex_t lock; /* what follows */
    pthread_cond_t changed;
    struct parts queue;
    int64_t until_ns; /* INT64_MAX: not finishing */
    bool sending;
    struct exporter_result result;
};

/* ---- lists of parts ---- */

static void parts_init(struct parts *p) {
    *p = (struct parts){.end = &p->first};
}

static void parts_add(struct parts *p, struct part *one) {
    one->next = NULL;
    *p->end = one;
    p->end = &one->next;
    p->count++;
    p->bytes += one->bytes;
}

static struct part *parts_take(struct parts *p) {
    struct part *one = p->first;
    p->first = one->next;
    if (p->first == NULL)
        p->end = &p->first;
    p->count--;
    p->bytes -= one->bytes;
    return one;
}

static void parts_drop(struct parts *p) {
    while (p->first != NULL)
        free(parts_take(p));
}

/* ---- what happened ---- */

static void note(struct exporter *x, const char *text) {
    if (x->notes++ < NOTES_MAX)
        x->options->note(x->options->context, text);
}

static void note_failure(struct exporter *x, const struct err *why) {
    struct err text;
    pthread_mutex_lock(&x->lock);
    bool same = x->in_a_row++ > 0 && strcmp(x->result.why.text, why->text) == 0;
    x->result.why = *why;
    pthread_mutex_unlock(&x->lock);
    if (same)
        return;
    err_set(&text, "cannot send metrics to %.300s: %.500s", x->options->shown, why->text);
    note(x, text.text);
}

static void note_success(struct exporter *x) {
    struct err text;
    if (x->in_a_row > 0) {
        err_set(&text, "%.300s takes metrics again, after %" PRIu64 " failure%s", x->options->shown,
                x->in_a_row, text_plural(x->in_a_row));
        note(x, text.text);
    }
    x->in_a_row = 0;
}

/* The receiver took some data points of a request, or warns. */
static void note_refused(struct exporter *x, const struct exporter_answer *a) {
    struct err text;
    pthread_mutex_lock(&x->lock);
    bool same = strcmp(x->result.why_refused.text, a->why.text) == 0 && x->result.refused > 0;
    x->result.refused += a->refused;
    x->result.why_refused = a->why;
    pthread_mutex_unlock(&x->lock);
    if (same || (a->refused == 0 && a->why.text[0] == '\0'))
        return;
    err_set(&text, "%.300s did not take %" PRIu64 " data point%s: %.500s", x->options->shown,
            a->refused, text_plural(a->refused), a->why.text);
    note(x, text.text);
}

/* ---- one request ---- */

/* The next attempt waits. */
static void pause_for(struct exporter *x, int64_t asked_ns) {
    int64_t pause_ns = x->pause_ns == 0 ? PAUSE_NS : 2 * x->pause_ns;
    x->pause_ns = pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS;
    pause_ns = (int64_t)((double)x->pause_ns * (0.75 + rng_unit(&x->rng) / 2));
    x->asked = asked_ns > 0;
    x->next_ns = clock_mono_ns() + (x->asked ? asked_ns : pause_ns);
}

static void no_pause(struct exporter *x) {
    x->next_ns = x->pause_ns = 0;
    x->asked = false;
}

static bool write_body(struct exporter *x) {
    const struct exporter_format *f = x->options->format;
    buf_clear(&x->body);
    buf_str(&x->body, f->begin);
    for (const struct part *p = x->batch.first; p != NULL; p = p->next) {
        buf_add(&x->body, p->text, p->bytes);
        buf_str(&x->body, p->next == NULL ? f->end : f->between);
    }
    return buf_ok(&x->body);
}

/* The request is too large for the receiver: its parts go in smaller ones. */
static void split(struct exporter *x) {
    struct parts rest;
    x->request_bytes = x->batch.bytes / 2;
    pthread_mutex_lock(&x->lock);
    rest = x->queue;
    x->queue = x->batch;
    *x->queue.end = rest.first;
    x->queue.end = rest.first == NULL ? x->queue.end : rest.end;
    x->queue.count += rest.count;
    x->queue.bytes += rest.bytes;
    pthread_mutex_unlock(&x->lock);
    parts_init(&x->batch);
}

static void explain(const struct fetch_answer *answer, const struct exporter_answer *said,
                    struct err *why) {
    if (answer->status / 100 == 3)
        err_set(why, "status %ld: the receiver is at another address; give that one",
                answer->status);
    else if (said->why.text[0] != '\0')
        err_set(why, "status %ld: %.500s", answer->status, said->why.text);
    else
        err_set(why, "status %ld", answer->status);
}

static void drop_batch(struct exporter *x, bool sent) {
    pthread_mutex_lock(&x->lock);
    x->result.sent += sent ? x->batch.count : 0;
    pthread_mutex_unlock(&x->lock);
    parts_drop(&x->batch);
}

static void take_answer(struct exporter *x, const struct fetch_answer *answer) {
    const struct exporter_format *f = x->options->format;
    struct exporter_answer said = {0};
    struct err why;
    f->read(answer->status, answer->text, answer->bytes, &said);
    if (answer->status == 413 && x->batch.count > 1) {
        split(x);
        return;
    }
    if (answer->status / 100 == 2 || said.refused > 0) {
        no_pause(x);
        note_success(x);
        note_refused(x, &said);
        drop_batch(x, true);
        return;
    }
    explain(answer, &said, &why);
    note_failure(x, &why);
    pause_for(x, answer->retry_after_ns);
    if (!f->repeats(answer->status))
        drop_batch(x, false);
}

static void send_batch(struct exporter *x) {
    struct fetch_answer answer;
    struct err why = {""};
    if (!write_body(x)) {
        err_memory(&why, NULL);
        note_failure(x, &why);
        drop_batch(x, false);
        return;
    }
    if (fetch_post(x->fetch, x->options->url, x->body.data, x->body.len, &answer, &why) == 0) {
        take_answer(x, &answer);
        return;
    }
    note_failure(x, &why);
    pause_for(x, 0);
}

/* ---- the thread ---- */

/* Under the lock: what goes into the next request. */
static void fill_batch(struct exporter *x) {
    while (x->queue.first != NULL &&
           (x->batch.count == 0 || x->batch.bytes + x->queue.first->bytes <= x->request_bytes))
        parts_add(&x->batch, parts_take(&x->queue));
}

/* Under the lock: the end waits for a pause only if the receiver has asked for it. */
static void notice_end(struct exporter *x) {
    if (x->until_ns == INT64_MAX || x->ending)
        return;
    x->ending = true;
    if (!x->asked)
        no_pause(x);
}

static void wait_until(struct exporter *x, int64_t at_ns) {
    struct timespec t = {at_ns / NS_PER_S, at_ns % NS_PER_S};
    pthread_cond_timedwait(&x->changed, &x->lock, &t);
}

/* Waits for something to send, and takes it. False: that was all, or the time is over. */
static bool next_batch(struct exporter *x) {
    bool some = false;
    pthread_mutex_lock(&x->lock);
    x->sending = false;
    for (;;) {
        bool work = x->batch.count > 0 || x->queue.first != NULL;
        notice_end(x);
        int64_t now_ns = clock_mono_ns();
        if (x->ending && (!work || now_ns >= x->until_ns || x->next_ns >= x->until_ns))
            break;
        some = work && now_ns >= x->next_ns;
        if (some)
            break;
        if (work)
            wait_until(x, x->next_ns);
        else
            pthread_cond_wait(&x->changed, &x->lock);
    }
    x->sending = some;
    if (some && x->batch.count == 0)
        fill_batch(x);
    int64_t until_ns = x->until_ns;
    pthread_mutex_unlock(&x->lock);
    if (some && x->ending)
        fetch_wake(x->fetch, until_ns - clock_mono_ns());
    return some;
}

static void *send_all(void *context) {
    struct exporter *x = context;
    background_thread();
    while (next_batch(x))
        send_batch(x);
    return NULL;
}

/* ---- from outside ---- */

static bool set_headers(struct exporter *x) {
    const struct exporter_options *o = x->options;
    struct buf type;
    buf_init(&type, 1024);
    buf_printf(&type, "Content-Type: %s", o->format->type);
    x->type_header = buf_take(&type);
    buf_done(&type);
    x->headers = calloc(o->header_count + 2, sizeof *x->headers);
    if (x->type_header == NULL || x->headers == NULL)
        return false;
    x->headers[0] = x->type_header;
    x->headers[1] = "Expect:"; /* a receiver that does not know it would be waited for */
    for (size_t i = 0; i < o->header_count; i++)
        x->headers[i + 2] = o->headers[i];
    return true;
}

static int start(struct exporter *x, struct err *e) {
    if (!set_headers(x))
        return err_memory(e, NULL);
    x->fetch_options = (struct fetch_options){.user_agent = "coldswarm/" COLDSWARM_VERSION,
                                              .accept = "application/json",
                                              .headers = x->headers,
                                              .header_count = x->options->header_count + 2,
                                              .verify = true,
                                              .ca = x->options->ca,
                                              .timeout_ns = TIMEOUT_NS,
                                              .bytes_max = ANSWER_BYTES_MAX};
    if (fetch_new(&x->fetch_options, &x->fetch, e) != 0)
        return -1;
    int rc = pthread_create(&x->thread, NULL, send_all, x);
    x->running = rc == 0;
    return rc == 0 ? 0 : err_set(e, "cannot start a thread: %s", strerror(rc));
}

int exporter_new(const struct exporter_options *options, struct exporter **out, struct err *e) {
    pthread_condattr_t clock;
    struct exporter *x = calloc(1, sizeof *x);
    if (x == NULL)
        return err_memory(e, NULL);
    x->options = options;
    x->request_bytes = EXPORTER_REQUEST_BYTES;
    x->until_ns = INT64_MAX;
    parts_init(&x->batch);
    parts_init(&x->queue);
    buf_init(&x->body, SIZE_MAX / 4);
    rng_seed(&x->rng, (uint64_t)clock_real_ns(), 0);
    pthread_mutex_init(&x->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&x->changed, &clock);
    pthread_condattr_destroy(&clock);
    if (start(x, e) != 0) {
        exporter_free(x);
        return -1;
    }
    *out = x;
    return 0;
}

void exporter_push(struct exporter *x, const char *text, size_t bytes) {
    struct part *one = malloc(sizeof *one + bytes);
    if (one != NULL) {
        one->bytes = bytes;
        memcpy(one->text, text, bytes);
    }
    pthread_mutex_lock(&x->lock);
    x->result.parts++;
    while (one != NULL && x->queue.first != NULL && x->queue.bytes + bytes > EXPORTER_QUEUE_BYTES)
        free(parts_take(&x->queue));
    if (one != NULL)
        parts_add(&x->queue, one);
    pthread_cond_signal(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

void exporter_finish(struct exporter *x, int64_t until_ns) {
    pthread_mutex_lock(&x->lock);
    bool first = x->until_ns == INT64_MAX;
    x->until_ns = until_ns;
    /* A request that gets no answer leaves half of the time to another one. */
    int64_t rest_ns = (until_ns - clock_mono_ns()) / 2;
    if (first && x->sending)
        fetch_wake(x->fetch, rest_ns > 0 ? rest_ns : 0);
    pthread_cond_signal(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

void exporter_join(struct exporter *x, struct exporter_result *out) {
    if (x->running)
        pthread_join(x->thread, NULL);
    x->running = false;
    *out = x->result;
}

void exporter_free(struct exporter *x) {
    struct exporter_result ignored;
    if (x == NULL)
        return;
    exporter_finish(x, 0);
    exporter_join(x, &ignored);
    fetch_free(x->fetch);
    parts_drop(&x->batch);
    parts_drop(&x->queue);
    buf_done(&x->body);
    pthread_cond_destroy(&x->changed);
    pthread_mutex_destroy(&x->lock);
    free(x->headers);
    free(x->type_header);
    free(x);
}
