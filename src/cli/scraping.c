#include "cli/scraping.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/listeners.h"
#include "cli/series_table.h"
#include "engine/http_options.h"
#include "import/import_prometheus.h"
#include "transport/fetch.h"
#include "util/clock.h"
#include "util/text.h"

#define PERIOD_NS NS_PER_S
#define TIMEOUT_NS (5 * NS_PER_S)
#define LAST_NS (2 * NS_PER_S) /* how long the end of a run waits for the last answer */
#define BYTES_MAX ((size_t)4 << 20)
#define EVENTS_MAX 20
/* Of OpenMetrics, a server may have no other. */
#define ACCEPT "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5"

struct scraping {
    struct record *record;
    const struct scenario *scenario;
    struct fetch_options options;
    struct fetch *fetch;
    char *url;
    pthread_t thread;
    bool running;

    /* The thread's while it runs. */
    int64_t base_ns; /* CLOCK_MONOTONIC at the run's 0 */
    struct series_table series;
    struct record_point *points; /* of one scrape, SERIES_TABLE_MAX of them */
    size_t point_count;
    uint64_t scrapes, failed;
    uint64_t in_a_row; /* failures since the last success */
    unsigned events;
    bool reported_bad; /* of lines that cannot be understood */
    struct err why;    /* of the last failure */
};

/* ---- the thread ---- */

static void note(struct scraping *s, const char *text) {
    struct buf masked;
    if (s->events++ >= EVENTS_MAX)
        return;
    buf_init(&masked, 4096);
    scenario_mask(s->scenario, text, &masked);
    record_event(s->record, clock_mono_ns() - s->base_ns, "scrape", buf_text(&masked));
    buf_done(&masked);
}

/* An endpoint that is away for an hour is one event, and one more when it is back. */
static void note_failure(struct scraping *s, const struct err *why) {
    struct err text;
    s->failed++;
    if (s->in_a_row++ > 0 && strcmp(s->why.text, why->text) == 0)
        return;
    s->why = *why;
    err_set(&text, "cannot read the target's metrics from %.500s: %s", s->url, why->text);
    note(s, text.text);
}

static void note_success(struct scraping *s) {
    struct err text;
    if (s->in_a_row > 0) {
        err_set(&text, "the target's metrics can be read again, after %" PRIu64 " failure%s",
                s->in_a_row, text_plural(s->in_a_row));
        note(s, text.text);
    }
    s->in_a_row = 0;
}

static void add_series(struct scraping *s, const struct import_prometheus_sample *x,
                       uint32_t number) {
    struct buf label;
    buf_init(&label, 4 * IMPORT_PROMETHEUS_LABELS_BYTES);
    scenario_mask(s->scenario, x->labels, &label);
    record_series(s->record, &(struct record_series){.id = number,
                                                     .metric = x->metric,
                                                     .label = buf_text(&label),
                                                     .cumulative = x->cumulative});
    buf_done(&label);
}

static void take(void *context, const struct import_prometheus_sample *x, bool *stop) {
    struct scraping *s = context;
    uint32_t number = 0;
    if (!isfinite(x->value))
        return;
    enum series_found found =
        series_table_take(&s->series, x->metric, x->labels, x->cumulative, x->value, &number);
    *stop = found == SERIES_NO_MEMORY;
    if (*stop || found == SERIES_NO_ROOM)
        return;
    /* Full only where a response has a series twice. */
    if (s->point_count == SERIES_TABLE_MAX)
        return;
    if (found == SERIES_NEW)
        add_series(s, x, number);
    if (found != SERIES_SAME)
        s->points[s->point_count++] = (struct record_point){number, x->value};
}

/* Fails if the response has no metrics. */
static int check_read(struct scraping *s, const struct import_prometheus_result *read,
                      struct err *e) {
    struct err text;
    if (read->samples > 0 && read->bad > 0 && !s->reported_bad) {
        err_set(&text, "%" PRIu64 " line%s of the target's metrics %s skipped: %s", read->bad,
                text_plural(read->bad), read->bad == 1 ? "is" : "are", read->complaint.text);
        note(s, text.text);
        s->reported_bad = true;
    }
    if (read->samples > 0)
        return 0;
    if (read->bad == 0)
        return err_set(e, "the response has no metrics");
    return err_set(e, "the response is not in Prometheus' text format: %s", read->complaint.text);
}

static int try_once(struct scraping *s, struct err *e) {
    struct fetch_document d;
    struct import_prometheus_result read;
    s->point_count = 0;
    if (fetch_get(s->fetch, s->url, &d, e) != 0)
        return -1;
    import_prometheus_read(d.text, d.bytes, take, s, &read);
    record_points(s->record, d.at_ns - s->base_ns, s->points, s->point_count);
    return check_read(s, &read, e);
}

static void scrape(struct scraping *s) {
    struct err e = {""};
    s->scrapes++;
    if (try_once(s, &e) == 0)
        note_success(s);
    else
        note_failure(s, &e);
}

/* At each whole second of the run; one that a slow answer takes up is left out. Then once more,
 * when nothing is sent any longer. */
static void *scrape_all(void *context) {
    struct scraping *s = context;
    int64_t next_ns;
    do {
        scrape(s);
        next_ns = ((clock_mono_ns() - s->base_ns) / PERIOD_NS + 1) * PERIOD_NS;
    } while (fetch_wait(s->fetch, s->base_ns + next_ns));
    scrape(s);
    return NULL;
}

/* ---- the listener ---- */

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct scenario *scenario = view->scenario;
    /* One part is enough for the target, and for the merged file. */
    if (scenario->scrape == NULL || view->facts->sharding->part.index != 0)
        return 0;
    struct scraping *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the target's metrics");
    *self = s;
    bool behind = scenario->scrape[0] == '/';
    s->record = view->record;
    s->scenario = scenario;
    s->options = http_fetch_options(scenario, behind);
    s->options.user_agent = "coldswarm/" COLDSWARM_VERSION;
    s->options.accept = ACCEPT;
    s->options.timeout_ns = TIMEOUT_NS;
    s->options.bytes_max = BYTES_MAX;
    s->points = calloc(SERIES_TABLE_MAX, sizeof *s->points);
    struct buf url;
    buf_init(&url, 1 << 16);
    buf_printf(&url, "%s%s", behind ? scenario->target : "", scenario->scrape);
    s->url = buf_take(&url);
    buf_done(&url);
    if (s->points == NULL || s->url == NULL)
        return err_memory(e, "the target's metrics");
    return fetch_new(&s->options, &s->fetch, e);
}

static void tick(void *self, const struct control_snapshot *now) {
    struct scraping *s = self;
    (void)now;
    if (s->running || s->scrapes > 0)
        return;
    /* A tick may come late, so `elapsed_ns` says less than the two clocks. */
    struct clock_moment moment = clock_moment();
    s->base_ns = moment.mono_ns - (moment.real_ns - record_started_ns(s->record));
    int rc = pthread_create(&s->thread, NULL, scrape_all, s);
    s->running = rc == 0;
    if (rc != 0) {
        s->scrapes = 1; /* one try */
        struct err e;
        err_set(&e, "%s", strerror(rc));
        note_failure(s, &e);
    }
}

static void stop(struct scraping *s) {
    if (!s->running)
        return;
    fetch_wake(s->fetch, LAST_NS);
    pthread_join(s->thread, NULL);
    s->running = false;
}

static int end(void *self, void *run_end, struct err *e) {
    struct scraping *s = self;
    struct manifest *m = &((struct run_end *)run_end)->manifest;
    struct err text;
    (void)e;
    stop(s);
    s->events = 0; /* this one is always told */
    if (s->series.refused > 0) {
        err_set(&text,
                "the target's metrics have more than %d series; %" PRIu64
                " values of the others are not kept",
                SERIES_TABLE_MAX, s->series.refused);
        note(s, text.text);
    }
    manifest_addf(m, "scrapes", "%" PRIu64, s->scrapes);
    manifest_addf(m, "scrapes_failed", "%" PRIu64, s->failed);
    manifest_addf(m, "scrape_series", "%zu", s->series.count);
    return 0;
}

static void done(void *self) {
    struct scraping *s = self;
    stop(s);
    fetch_free(s->fetch);
    series_table_done(&s->series);
    free(s->points);
    free(s->url);
    free(s);
}

const struct control_listener scraping_listener = {
    .name = "scraping", .init = init, .tick = tick, .end = end, .done = done};
