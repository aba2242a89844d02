#include "cli/cold_marks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/control_socket.h"
#include "cli/listeners.h"
#include "cli/serving.h"
#include "report/guess_live.h"
#include "util/clock.h"
#include "util/text.h"

#define KIND "cold_start"
/* The status has room for STATUS_MARKS_MAX events. These must leave room for others. */
#define MARKS_MAX 100
#define NAME_BYTES_MAX 200
/* No instance starts faster. A fast service on a busy machine has requests on new connections that
 * are many times slower than their median, which early in a run looks the same. */
#define ABOVE_MEDIAN_MIN_US 50000

struct cold_marks {
    struct control *control;
    const struct catalog *catalog;
    pthread_mutex_t lock;     /* of the guess */
    struct guess_live *guess; /* NULL: memory ran out, so nothing more is marked */
    int64_t seconds[MARKS_MAX];
    size_t count;
};

/* Others do not show events. */
static bool is_followed(const struct run_view *v) {
    return control_source_self(v->control, &serving_source) != NULL ||
           control_source_self(v->control, &control_socket_source) != NULL ||
           opt_given(v->args, "json-progress");
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct catalog *catalog = &view->scenario->catalog;
    if (!is_followed(view))
        return 0;
    struct cold_marks *o = calloc(1, sizeof *o);
    if (o == NULL)
        return err_memory(e, "the guess of cold starts");
    o->control = view->control;
    o->catalog = catalog;
    pthread_mutex_init(&o->lock, NULL);
    *self = o;
    return guess_live_new(catalog->endpoints, catalog->endpoint_count, ABOVE_MEDIAN_MIN_US,
                          &o->guess, e);
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct cold_marks *o = self;
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < n && o->guess != NULL; i++)
        if (guess_live_add(o->guess, &requests[i], NULL) != 0) {
            guess_live_free(o->guess);
            o->guess = NULL;
        }
    pthread_mutex_unlock(&o->lock);
}

static bool is_marked(const struct cold_marks *o, int64_t second) {
    for (size_t i = 0; i < o->count; i++)
        if (o->seconds[i] == second)
            return true;
    return false;
}

/* One mark for each second in which cold requests were sent: they wait for the same start. */
static void mark(void *context, const struct guess_live_cold *x) {
    struct cold_marks *o = context;
    const struct endpoint *of = &o->catalog->endpoints[x->endpoint];
    char text[NAME_BYTES_MAX + 200];
    if (o->count == MARKS_MAX || is_marked(o, x->sent_us / US_PER_S))
        return;
    o->seconds[o->count++] = x->sent_us / US_PER_S;
    snprintf(text, sizeof text, "cold start (a guess): %.20s %.*s took %s s, %s times its median%s",
             of->method, (int)text_cut(of->name, strlen(of->name), NAME_BYTES_MAX), of->name,
             text_rounded((double)x->service_us / US_PER_S, 3).text,
             text_rounded((double)x->service_us / x->median_us, 3).text,
             o->count == MARKS_MAX ? "; no more of them are marked" : "");
    control_feed_event(o->control, x->sent_us * NS_PER_US, KIND, text);
}

/* Returns false if no row is cold by all there are. */
static bool look(struct cold_marks *o) {
    pthread_mutex_lock(&o->lock);
    bool convinces = o->guess != NULL && guess_live_fit(o->guess);
    if (convinces)
        guess_live_each(o->guess, mark, o);
    pthread_mutex_unlock(&o->lock);
    return convinces;
}

static void tick(void *self, const struct control_snapshot *now) {
    struct cold_marks *o = self;
    (void)now;
    pthread_mutex_lock(&o->lock);
    bool changed = o->guess != NULL && guess_live_changed(o->guess);
    pthread_mutex_unlock(&o->lock);
    if (changed)
        look(o);
}

static int end(void *self, void *run_end, struct err *e) {
    struct cold_marks *o = self;
    const struct run_end *last = run_end;
    (void)e;
    if (!look(o) && o->count > 0)
        control_feed_event(o->control, last->duration_ns, KIND,
                           "the guesses of cold starts are withdrawn: the times of all requests "
                           "do not form a cold and a warm group");
    return 0;
}

static void done(void *self) {
    struct cold_marks *o = self;
    guess_live_free(o->guess);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

const struct control_listener cold_marks_listener = {.name = "cold starts",
                                                     .every_ns = NS_PER_S,
                                                     .init = init,
                                                     .feed = feed,
                                                     .tick = tick,
                                                     .end = end,
                                                     .done = done};
