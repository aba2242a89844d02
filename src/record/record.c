#include "record/record.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "record/errors.h"
#include "record/record_internal.h"
#include "record/store.h"
#include "util/clock.h"
#include "util/outcome.h"

#define WAKE_NS (50 * NS_PER_MS)
#define COMMIT_NS (250 * NS_PER_MS) /* the longest that a transaction goes on taking rows */
#define BATCH 64                    /* requests that those who watch get at once */
#define QUEUE_SAMPLES (1u << 20)    /* 64 MiB: 20 s of a stalled disk at 50 000 requests/s */

/* Something for the file that is not a request, on its way to the writer. */
struct note {
    struct note *next;
    enum {
        NOTE_START,
        NOTE_EVENT,
        NOTE_USERS,
        NOTE_CLIENT,
        NOTE_DISPATCH,
        NOTE_CHECK,
        NOTE_BODY,
        NOTE_SERIES,
        NOTE_POINTS
    } about;
    union {
        int64_t started_real_ns;
        struct {
            int64_t at_ns;
            const char *text; /* behind kind */
        } event;
        struct {
            uint32_t second, count;
        } users;
        struct record_client client;
        struct record_dispatch dispatch;
        struct {
            uint32_t second, id, passes, fails, not_judged;
        } check;
        struct record_body body;     /* its texts are in `kind` */
        struct record_series series; /* likewise */
        struct {
            int64_t at_ns;
            struct record_point *points;
            size_t count;
        } points;
    };
    char kind[];
};

struct record {
    char *path;
    struct store *store; /* the writer's between record_start() and record_stop() */
    struct errors errors;
    struct queue **queues;
    size_t queue_count;
    struct record_watch watch;

    pthread_t thread;
    bool started;
    atomic_bool failed;
    _Atomic int64_t started_real_ns;

    pthread_mutex_t lock; /* protects what follows up to the blank line */
    pthread_cond_t wake;
    bool stopping;
    struct note *notes, **notes_end;
    struct err reason; /* set once, with `failed` */

    struct record_totals totals;  /* the writer's: of committed rows */
    struct record_totals pending; /* the writer's: of rows in the transaction */
};

static void fail(struct record *r, const struct err *why) {
    pthread_mutex_lock(&r->lock);
    if (!atomic_load(&r->failed))
        r->reason = *why;
    atomic_store(&r->failed, true);
    pthread_mutex_unlock(&r->lock);
}

static struct note *take_notes(struct record *r) {
    pthread_mutex_lock(&r->lock);
    struct note *all = r->notes;
    r->notes = NULL;
    r->notes_end = &r->notes;
    pthread_mutex_unlock(&r->lock);
    return all;
}

static void free_notes(struct note *n) {
    for (struct note *next; n != NULL; n = next) {
        next = n->next;
        if (n->about == NOTE_POINTS)
            free(n->points.points);
        free(n);
    }
}

static int write_note(struct record *r, const struct note *n, struct err *e) {
    switch (n->about) {
    case NOTE_START:
        return store_start(r->store, n->started_real_ns, e);
    case NOTE_EVENT:
        if (r->watch.events != NULL)
            r->watch.events(r->watch.context, n->event.at_ns, n->kind, n->event.text);
        return store_event(r->store, n->event.at_ns, n->kind, n->event.text, e);
    case NOTE_USERS:
        return store_users(r->store, n->users.second, n->users.count, e);
    case NOTE_CLIENT:
        return store_client(r->store, &n->client, e);
    case NOTE_DISPATCH:
        return store_dispatch(r->store, &n->dispatch, e);
    case NOTE_CHECK:
        if (r->watch.checks != NULL)
            r->watch.checks(r->watch.context, n->check.second, n->check.id, n->check.passes,
                            n->check.fails);
        return store_check(r->store, n->check.second, n->check.id, n->check.passes, n->check.fails,
                           n->check.not_judged, e);
    case NOTE_BODY:
        return store_body(r->store, &n->body, e);
    case NOTE_SERIES:
        return store_series(r->store, &n->series, e);
    case NOTE_POINTS:
        return store_points(r->store, n->points.at_ns, n->points.points, n->points.count, e);
    }
    return 0;
}

static int write_notes(struct record *r, const struct note *n, struct err *e) {
    int rc = 0;
    for (; rc == 0 && n != NULL; n = n->next)
        rc = write_note(r, n, e);
    return rc;
}

static void tell_iteration(const struct record_watch *w, const struct sample *s) {
    int64_t end_us = sample_us(s->end_ns);
    if (w->iterations != NULL)
        w->iterations(w->context, s->endpoint, end_us, end_us - sample_us(s->sent_ns));
}

static void tell_stream(const struct record_watch *w, const struct queue *q,
                        const struct sample *s) {
    struct request x;
    sample_request(s, &x);
    w->streams(w->context, &x, queue_stream(q, s));
}

/* Shows those who watch what was taken from a queue. */
static void tell(const struct record_watch *w, const struct queue *q, const struct sample *first,
                 size_t n) {
    struct request batch[BATCH];
    size_t filled = 0;
    for (size_t i = 0; i < n; i++) {
        if ((first[i].flags & SAMPLE_ITERATION) != 0)
            tell_iteration(w, &first[i]);
        else if (w->requests != NULL)
            sample_request(&first[i], &batch[filled++]);
        if ((first[i].flags & SAMPLE_STREAM) != 0 && w->streams != NULL)
            tell_stream(w, q, &first[i]);
        if (filled > 0 && (filled == BATCH || i + 1 == n)) {
            w->requests(w->context, batch, filled);
            filled = 0;
        }
    }
}

/* Takes n samples out of a queue once they have been dealt with. */
static void take(struct record *r, struct queue *q, const struct sample *first, size_t n) {
    tell(&r->watch, q, first, n);
    queue_advance(q, n);
}

static int write_sample(struct record *r, const struct queue *q, const struct sample *x,
                        struct err *e) {
    if ((x->flags & SAMPLE_ITERATION) != 0)
        return store_iteration(r->store, x, e);
    if (store_sample(r->store, x, e) != 0)
        return -1;
    const struct stream_record *stream = queue_stream(q, x);
    return stream == NULL ? 0 : store_stream(r->store, x, stream, e);
}

/* All but the lost ones. */
static void add_totals(struct record_totals *to, const struct record_totals *more) {
    to->rows += more->rows;
    to->answered += more->answered;
    to->failures += more->failures;
    to->unsendable += more->unsendable;
    to->cancelled += more->cancelled;
    to->dropped += more->dropped;
}

static int write_samples(struct record *r, const struct queue *q, const struct sample *first,
                         size_t n, struct err *e) {
    struct record_totals more = {.rows = 0};
    for (size_t i = 0; i < n; i++) {
        if (write_sample(r, q, &first[i], e) != 0)
            return -1;
        if ((first[i].flags & SAMPLE_ITERATION) != 0)
            continue;
        more.rows++;
        more.answered += first[i].status != 0;
        more.failures += outcome_is_failure(first[i].outcome);
        more.unsendable += first[i].outcome == OUTCOME_UNSENDABLE;
        more.cancelled += first[i].outcome == OUTCOME_CANCELLED;
        more.dropped += first[i].outcome == OUTCOME_NOT_SENT;
    }
    add_totals(&r->pending, &more);
    return 0;
}

/* Takes from the queues in turn, so that none starves, until all are empty or the time is up; *more
 * says which. */
static int write_queues(struct record *r, int64_t until_ns, bool *more, struct err *e) {
    do {
        *more = false;
        for (size_t i = 0; i < r->queue_count; i++) {
            const struct sample *first;
            size_t n = queue_peek(r->queues[i], &first);
            if (n == 0)
                continue;
            *more = true;
            if (write_samples(r, r->queues[i], first, n, e) != 0)
                return -1; /* left in the queue: discard() counts them */
            take(r, r->queues[i], first, n);
        }
    } while (*more && clock_mono_ns() < until_ns);
    return 0;
}

static bool has_samples(struct record *r) {
    const struct sample *first;
    for (size_t i = 0; i < r->queue_count; i++) {
        if (queue_peek(r->queues[i], &first) > 0)
            return true;
    }
    return false;
}

/* One transaction. True where there is more to write. */
static bool write_some(struct record *r) {
    struct note *notes = take_notes(r);
    struct err e;
    bool more = false;
    if (notes == NULL && !has_samples(r))
        return false;
    r->pending = (struct record_totals){.rows = 0};
    if (store_begin(r->store, &e) != 0 || write_notes(r, notes, &e) != 0 ||
        write_queues(r, clock_mono_ns() + COMMIT_NS, &more, &e) != 0 ||
        store_commit(r->store, &e) != 0) {
        store_rollback(r->store);
        r->totals.lost += r->pending.rows;
        fail(r, &e);
    } else {
        add_totals(&r->totals, &r->pending);
    }
    free_notes(notes);
    return more;
}

/* Once rows cannot be written the queues are still emptied, so that memory does not grow until the
 * run has ended. */
static void discard(struct record *r) {
    free_notes(take_notes(r));
    for (size_t i = 0; i < r->queue_count; i++) {
        const struct sample *first;
        for (size_t n; (n = queue_peek(r->queues[i], &first)) > 0;) {
            r->totals.lost += n;
            take(r, r->queues[i], first, n);
        }
    }
}

/* Sleeps for a while or until record_stop(); true once it is time to stop. */
static bool sleep_until_wanted(struct record *r) {
    int64_t until_ns = clock_mono_ns() + WAKE_NS;
    struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
    pthread_mutex_lock(&r->lock);
    while (!r->stopping && pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0)
        ;
    bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

static void *writer(void *context) {
    struct record *r = context;
    bool stopping;
    do {
        /* Asked before the last look at the queues: by then the workers have stopped, so it sees
         * all of theirs. */
        stopping = sleep_until_wanted(r);
        while (!atomic_load(&r->failed) && write_some(r))
            ;
        if (atomic_load(&r->failed))
            discard(r);
    } while (!stopping);
    return NULL;
}

static void record_free(struct record *r) {
    store_free(r->store);
    for (size_t i = 0; i < r->queue_count; i++)
        queue_free(r->queues[i]);
    free(r->queues);
    free_notes(r->notes);
    errors_done(&r->errors);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r->path);
    free(r);
}

/* The parts that need no file; NULL where memory runs out. */
static struct record *record_new(const char *path, const struct record_run *run) {
    struct record *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&r->lock, NULL);
    errors_init(&r->errors);
    r->notes_end = &r->notes;
    r->path = strdup(path);
    r->queues = calloc(run->worker_count == 0 ? 1 : run->worker_count, sizeof *r->queues);
    bool ok = r->path != NULL && r->queues != NULL;
    size_t max = run->queue_max_samples == 0 ? QUEUE_SAMPLES : run->queue_max_samples;
    for (size_t i = 0; ok && i < run->worker_count; i++) {
        ok = (r->queues[i] = queue_new(max)) != NULL;
        r->queue_count += ok;
    }
    if (ok)
        return r;
    record_free(r);
    return NULL;
}

int record_open(const char *path, const struct record_run *run, struct record **out,
                struct err *e) {
    struct record *r = record_new(path, run);
    if (r == NULL)
        return err_memory(e, "%s", path);
    if (store_create(path, run, &r->errors, &r->store, e) != 0) {
        record_free(r);
        return err_prefix(e, "cannot create %s", path);
    }
    atomic_store(&r->started_real_ns, run->started_real_ns);
    *out = r;
    return 0;
}

int record_manifest(struct record *r, const char *key, const char *value, struct err *e) {
    if (store_manifest(r->store, key, value, e) != 0)
        return err_prefix(e, "cannot write %s", r->path);
    return 0;
}

void record_watch(struct record *r, const struct record_watch *w) {
    r->watch = *w;
}

int record_start(struct record *r, struct err *e) {
    int rc = pthread_create(&r->thread, NULL, writer, r);
    if (rc != 0)
        return err_set(e, "cannot start the thread that writes %s: %s", r->path, strerror(rc));
    r->started = true;
    return 0;
}

struct queue *record_queue(struct record *r, size_t worker) {
    return worker < r->queue_count ? r->queues[worker] : NULL;
}

uint16_t record_error_id(struct record *r, const char *text) {
    return errors_number(&r->errors, text);
}

const char *record_error_text(struct record *r, uint16_t number) {
    const char *text = errors_text(&r->errors, number);
    return text == NULL ? "" : text;
}

int64_t record_started_ns(const struct record *r) {
    return atomic_load(&r->started_real_ns);
}

/* Takes the note over; NULL stands for one that found no memory. */
static void add_note(struct record *r, struct note *n) {
    if (n == NULL) {
        struct err e = {""};
        err_memory(&e, NULL);
        fail(r, &e);
        return;
    }
    pthread_mutex_lock(&r->lock);
    *r->notes_end = n;
    r->notes_end = &n->next;
    pthread_mutex_unlock(&r->lock);
}

void record_event(struct record *r, int64_t at_ns, const char *kind, const char *text) {
    size_t kind_bytes = strlen(kind) + 1, text_bytes = strlen(text) + 1;
    struct note *n = malloc(sizeof *n + kind_bytes + text_bytes);
    if (n != NULL) {
        *n = (struct note){.about = NOTE_EVENT, .event = {at_ns, n->kind + kind_bytes}};
        memcpy(n->kind, kind, kind_bytes);
        memcpy(n->kind + kind_bytes, text, text_bytes);
    }
    add_note(r, n);
}

void record_started(struct record *r, int64_t real_ns) {
    atomic_store(&r->started_real_ns, real_ns);
    struct note *n = malloc(sizeof *n);
    if (n != NULL)
        *n = (struct note){.about = NOTE_START, .started_real_ns = real_ns};
    add_note(r, n);
}

void record_users(struct record *r, uint32_t second, uint32_t users) {
    struct note *n = malloc(sizeof *n);
    if (n != NULL)
        *n = (struct note){.about = NOTE_USERS, .users = {second, users}};
    add_note(r, n);
}

void record_client(struct record *r, const struct record_client *c) {
    struct note *n = malloc(sizeof *n);
    if (n != NULL)
        *n = (struct note){.about = NOTE_CLIENT, .client = *c};
    add_note(r, n);
}

void record_dispatch(struct record *r, const struct record_dispatch *d) {
    struct note *n = malloc(sizeof *n);
    if (n != NULL)
        *n = (struct note){.about = NOTE_DISPATCH, .dispatch = *d};
    add_note(r, n);
}

void record_check(struct record *r, uint32_t second, uint32_t check, uint32_t passes,
                  uint32_t fails, uint32_t not_judged) {
    struct note *n = malloc(sizeof *n);
    if (n != NULL)
        *n =
            (struct note){.about = NOTE_CHECK, .check = {second, check, passes, fails, not_judged}};
    add_note(r, n);
}

void record_body(struct record *r, const struct record_body *b) {
    size_t error_bytes = strlen(b->error) + 1, seen_bytes = strlen(b->seen) + 1;
    struct note *n = malloc(sizeof *n + error_bytes + seen_bytes + b->body_bytes + 1);
    if (n != NULL) {
        *n = (struct note){.about = NOTE_BODY, .body = *b};
        n->body.error = n->kind;
        n->body.seen = n->kind + error_bytes;
        n->body.body = n->body.seen + seen_bytes;
        memcpy(n->kind, b->error, error_bytes);
        memcpy(n->kind + error_bytes, b->seen, seen_bytes);
        if (b->body_bytes > 0)
            memcpy(n->kind + error_bytes + seen_bytes, b->body, b->body_bytes);
    }
    add_note(r, n);
}

void record_series(struct record *r, const struct record_series *s) {
    size_t metric_bytes = strlen(s->metric) + 1, label_bytes = strlen(s->label) + 1;
    struct note *n = malloc(sizeof *n + metric_bytes + label_bytes);
    if (n != NULL) {
        *n = (struct note){.about = NOTE_SERIES, .series = *s};
        n->series.metric = n->kind;
        n->series.label = n->kind + metric_bytes;
        memcpy(n->kind, s->metric, metric_bytes);
        memcpy(n->kind + metric_bytes, s->label, label_bytes);
    }
    add_note(r, n);
}

void record_points(struct record *r, int64_t at_ns, const struct record_point *points, size_t n) {
    if (n == 0)
        return;
    struct note *x = malloc(sizeof *x);
    struct record_point *copy = malloc(n * sizeof *copy);
    if (x != NULL && copy != NULL) {
        memcpy(copy, points, n * sizeof *copy);
        *x = (struct note){.about = NOTE_POINTS};
        x->points.at_ns = at_ns;
        x->points.points = copy;
        x->points.count = n;
        add_note(r, x);
        return;
    }
    free(copy);
    free(x);
    add_note(r, NULL);
}

void record_load(const struct record *r, struct record_load *out) {
    struct timespec t;
    clockid_t clock;
    *out = (struct record_load){0};
    for (size_t i = 0; i < r->queue_count; i++) {
        out->queued += queue_waiting(r->queues[i]);
        out->lost += queue_lost(r->queues[i]);
    }
    if (r->started && pthread_getcpuclockid(r->thread, &clock) == 0 &&
        clock_gettime(clock, &t) == 0)
        out->cpu_ns = (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

bool record_failed(struct record *r) {
    return atomic_load(&r->failed);
}

struct store *record_store(struct record *r) {
    return r->store;
}

/* What kept rows from being written, and how many are there; 0 where nothing did. */
static int report_failure(struct record *r, struct err *e) {
    if (!record_failed(r))
        return 0;
    return err_set(e, "cannot write %s: %s; requests in the file: %" PRIu64 ", missing: %" PRIu64,
                   r->path, r->reason.text, r->totals.rows, r->totals.lost);
}

int record_stop(struct record *r, struct err *e) {
    if (r->started) {
        pthread_mutex_lock(&r->lock);
        r->stopping = true;
        pthread_cond_signal(&r->wake);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
        r->started = false;
        for (size_t i = 0; i < r->queue_count; i++)
            r->totals.lost += queue_lost(r->queues[i]);
    }
    return report_failure(r, e);
}

void record_totals(const struct record *r, struct record_totals *out) {
    *out = r->totals;
}

int record_close(struct record *r, const struct record_end *end, struct err *e) {
    assert(!r->started);
    struct err why;
    if (!record_failed(r))
        write_some(r); /* notes that came after record_stop() */
    int rc = end == NULL ? 0 : store_finish(r->store, end, &why);
    if (rc != 0 && !record_failed(r))
        err_set(e,
                "cannot complete %s: %s; its requests (%" PRIu64 ") are saved, but not the verdict",
                r->path, why.text, r->totals.rows);
    /* Where rows are missing already, that is what to tell: a verdict that could not be added
     * changes little. */
    if (report_failure(r, e) != 0)
        rc = -1;
    record_free(r);
    return rc;
}

void record_remove(const char *path) {
    db_remove(path);
}
