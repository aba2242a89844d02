#include "emulator/export_metrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/distribution.h"
#include "util/array.h"
#include "util/clock.h"

#define POINTS_MAX 100000u
#define CODES 1000

enum metric {
    INSTANCES,
    BILLABLE,
    REQUESTS,
    LATENCIES,
    E2E,
    PENDING,
    EXECUTION,
    CPU,
    MEMORY,
    STARTUP,
    CONCURRENCIES,
    RECOMMENDED,
    QUEUE,
    METRICS
};

/* Which labels tell a metric's series from each other; a label is a code, or a place in a pair. */
enum label { BY_NOTHING, BY_STATE, BY_CODE, BY_CONTAINER, BY_DRIVER };

static const struct {
    const char *type;
    bool gauge;
    const char *value_type, *unit;
    enum label label;
} METRIC[METRICS] = {
    [INSTANCES] = {"container/instance_count", true, "INT64", "1", BY_STATE},
    [BILLABLE] = {"container/billable_instance_time", false, "DOUBLE", "s", BY_NOTHING},
    [REQUESTS] = {"request_count", false, "INT64", "1", BY_CODE},
    [LATENCIES] = {"request_latencies", false, "DISTRIBUTION", "ms", BY_CODE},
    [E2E] = {"request_latency/e2e_latencies", false, "DISTRIBUTION", "ms", BY_CODE},
    [PENDING] = {"request_latency/pending", false, "DISTRIBUTION", "ms", BY_CODE},
    [EXECUTION] = {"request_latency/user_execution", false, "DISTRIBUTION", "ms", BY_CODE},
    [CPU] = {"container/cpu/utilizations", false, "DISTRIBUTION", "1", BY_CONTAINER},
    [MEMORY] = {"container/memory/utilizations", false, "DISTRIBUTION", "1", BY_CONTAINER},
    [STARTUP] = {"container/startup_latencies", false, "DISTRIBUTION", "ms", BY_NOTHING},
    [CONCURRENCIES] = {"container/max_request_concurrencies", false, "DISTRIBUTION", "1", BY_STATE},
    [RECOMMENDED] = {"scaling/recommended_instances", true, "INT64", "1", BY_DRIVER},
    [QUEUE] = {"pending_queue/pending_requests", true, "INT64", "1", BY_NOTHING},
};

/* What one series has for one interval. */
struct point {
    uint16_t metric, label;
    double number;                  /* INT64 and DOUBLE: no count here comes near 2^53 */
    struct distribution_kept *kept; /* DISTRIBUTION */
};

struct interval {
    int64_t from_ns, to_ns;
    struct point *points;
    size_t n, room;
};

/* The requests of one response code in the current interval. */
struct code {
    struct distribution latencies, e2e, pending, execution;
};

struct export_metrics {
    char *project, *location, *service, *revision, *configuration, *container;
    int64_t from_ns; /* of the current interval */
    struct code *codes[CODES];
    struct distribution startup;
    bool seen[METRICS][CODES]; /* a series that once had a point; request_count goes on at 0 */
    struct interval *ring;
    size_t points_max, first, n;
};

static int copy(char **to, const char *text, struct err *e) {
    *to = strdup(text);
    return *to != NULL ? 0 : err_memory(e, "the metrics");
}

static int set_up(struct export_metrics *m, const struct export_service *s, const char *container,
                  size_t points_max, struct err *e) {
    m->points_max = points_max;
    m->ring = calloc(points_max, sizeof *m->ring);
    if (m->ring == NULL)
        return err_memory(e, "%zu intervals of metrics", points_max);
    if (copy(&m->project, s->project, e) != 0 || copy(&m->location, s->location, e) != 0 ||
        copy(&m->service, s->service, e) != 0 || copy(&m->revision, s->revision, e) != 0 ||
        copy(&m->configuration, s->configuration, e) != 0)
        return -1;
    return copy(&m->container, container != NULL ? container : "app", e);
}

int export_metrics_new(struct export_metrics **out, const struct export_service *s,
                       const char *container, int64_t start_ns, size_t points_max, struct err *e) {
    if (points_max < 1 || points_max > POINTS_MAX)
        return err_set(e, "metrics keep 1 to %u points, not %zu", POINTS_MAX, points_max);
    struct export_metrics *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_memory(e, "the metrics");
    m->from_ns = start_ns;
    distribution_init(&m->startup, &distribution_ms);
    if (set_up(m, s, container, points_max, e) != 0) {
        export_metrics_free(m);
        return -1;
    }
    *out = m;
    return 0;
}

static void clear(struct interval *v) {
    for (size_t i = 0; i < v->n; i++)
        free(v->points[i].kept);
    free(v->points);
    *v = (struct interval){0};
}

void export_metrics_free(struct export_metrics *m) {
    if (m == NULL)
        return;
    for (size_t i = 0; m->ring != NULL && i < m->points_max; i++)
        clear(&m->ring[i]);
    for (size_t i = 0; i < CODES; i++)
        free(m->codes[i]);
    free(m->ring);
    free(m->project);
    free(m->location);
    free(m->service);
    free(m->revision);
    free(m->configuration);
    free(m->container);
    free(m);
}

static double ms(int64_t ns) {
    return (double)ns / (double)NS_PER_MS;
}

static void reset(struct code *c) {
    distribution_init(&c->latencies, &distribution_ms);
    distribution_init(&c->e2e, &distribution_ms);
    distribution_init(&c->pending, &distribution_ms);
    distribution_init(&c->execution, &distribution_ms);
}

void export_metrics_request(struct export_metrics *m, int status, int64_t e2e_ns,
                            int64_t pending_ns, int64_t container_ns) {
    size_t code = status > 0 && status < CODES ? (size_t)status : 0;
    if (m->codes[code] == NULL) {
        m->codes[code] = malloc(sizeof *m->codes[code]);
        if (m->codes[code] == NULL)
            return;
        reset(m->codes[code]);
    }
    struct code *c = m->codes[code];
    distribution_add(&c->latencies, ms(container_ns));
    distribution_add(&c->e2e, ms(e2e_ns));
    distribution_add(&c->pending, ms(pending_ns));
    distribution_add(&c->execution, ms(container_ns));
}

void export_metrics_startup(struct export_metrics *m, int64_t startup_ns) {
    distribution_add(&m->startup, ms(startup_ns));
}

static struct point *add(struct interval *v, enum metric metric, size_t label) {
    struct point *points = array_room(v->points, &v->room, v->n + 1, sizeof *points);
    if (points == NULL)
        return NULL;
    v->points = points;
    struct point *p = &v->points[v->n++];
    *p = (struct point){.metric = (uint16_t)metric, .label = (uint16_t)label};
    return p;
}

static bool add_number(struct interval *v, enum metric metric, size_t label, double number) {
    struct point *p = add(v, metric, label);
    if (p != NULL)
        p->number = number;
    return p != NULL;
}

/* Without values there is no point. */
static bool add_distribution(struct interval *v, enum metric metric, size_t label,
                             const struct distribution *d) {
    if (d->count == 0)
        return true;
    struct point *p = add(v, metric, label);
    if (p != NULL)
        p->kept = distribution_keep(d);
    return p != NULL && p->kept != NULL;
}

static bool add_codes(const struct export_metrics *m, struct interval *v) {
    bool ok = true;
    for (size_t i = 0; i < CODES; i++) {
        const struct code *c = m->codes[i];
        if (c == NULL)
            continue;
        if (c->e2e.count > 0 || m->seen[REQUESTS][i])
            ok = ok && add_number(v, REQUESTS, i, (double)c->e2e.count);
        ok = ok && add_distribution(v, LATENCIES, i, &c->latencies) &&
             add_distribution(v, E2E, i, &c->e2e) && add_distribution(v, PENDING, i, &c->pending) &&
             add_distribution(v, EXECUTION, i, &c->execution);
    }
    return ok;
}

static bool add_instances(struct interval *v, const struct export_sample *s) {
    struct distribution cpu, memory, most[2];
    distribution_init(&cpu, &distribution_share);
    distribution_init(&memory, &distribution_share);
    distribution_init(&most[0], &distribution_requests);
    distribution_init(&most[1], &distribution_requests);
    for (size_t i = 0; i < s->n; i++) {
        const struct export_instance *one = &s->instances[i];
        distribution_add(&cpu, one->cpu);
        distribution_add(&memory, one->memory);
        distribution_add(&most[one->active ? 0 : 1], one->in_flight_max);
    }
    return add_distribution(v, CPU, 0, &cpu) && add_distribution(v, MEMORY, 0, &memory) &&
           add_distribution(v, CONCURRENCIES, 0, &most[0]) &&
           add_distribution(v, CONCURRENCIES, 1, &most[1]);
}

static bool fill(const struct export_metrics *m, struct interval *v,
                 const struct export_sample *s) {
    double billable = isfinite(s->billable_s) && s->billable_s > 0 ? s->billable_s : 0;
    bool ok = add_number(v, INSTANCES, 0, s->active) && add_number(v, INSTANCES, 1, s->idle) &&
              add_number(v, BILLABLE, 0, billable) && add_number(v, QUEUE, 0, s->pending) &&
              add_distribution(v, STARTUP, 0, &m->startup) && add_instances(v, s) &&
              add_codes(m, v);
    if (s->recommended_cpu >= 0)
        ok = ok && add_number(v, RECOMMENDED, 0, s->recommended_cpu);
    if (s->recommended_concurrency >= 0)
        ok = ok && add_number(v, RECOMMENDED, 1, s->recommended_concurrency);
    return ok;
}

int export_metrics_sample(struct export_metrics *m, int64_t at_ns, const struct export_sample *s,
                          struct err *e) {
    assert(at_ns > m->from_ns);
    struct interval v = {.from_ns = m->from_ns, .to_ns = at_ns};
    if (!fill(m, &v, s)) {
        clear(&v);
        return err_memory(e, "another interval of metrics");
    }
    struct point *fit = realloc(v.points, v.n * sizeof *fit); /* it is kept for long */
    if (fit != NULL)
        v.points = fit;
    if (m->n == m->points_max) {
        clear(&m->ring[m->first]);
        m->first = (m->first + 1) % m->points_max;
        m->n--;
    }
    m->ring[(m->first + m->n++) % m->points_max] = v;
    for (size_t i = 0; i < v.n; i++)
        m->seen[v.points[i].metric][v.points[i].label] = true;
    for (size_t i = 0; i < CODES; i++)
        if (m->codes[i] != NULL)
            reset(m->codes[i]);
    distribution_init(&m->startup, &distribution_ms);
    m->from_ns = at_ns;
    return 0;
}

static void put_labels(const struct export_metrics *m, struct json_writer *w, enum metric which,
                       size_t label) {
    char code[16], class[8];
    json_write_object(w, "labels", JSON_LINE);
    switch (METRIC[which].label) {
    case BY_NOTHING:
        break;
    case BY_STATE:
        export_json_text(w, "state", label == 0 ? "active" : "idle");
        break;
    case BY_CODE:
        snprintf(code, sizeof code, "%zu", label);
        snprintf(class, sizeof class, "%zuxx", label / 100);
        export_json_text(w, "response_code", code);
        export_json_text(w, "response_code_class", class);
        break;
    case BY_CONTAINER:
        export_json_text(w, "container_name", m->container);
        break;
    case BY_DRIVER:
        export_json_text(w, "scaling_driver", label == 0 ? "cpu" : "concurrency");
        break;
    }
    json_write_end(w);
}

static void put_point(struct json_writer *w, const struct interval *v, const struct point *p) {
    json_write_object(w, NULL, JSON_LINE);
    json_write_object(w, "interval", JSON_LINE);
    export_json_time(w, "startTime", METRIC[p->metric].gauge ? v->to_ns : v->from_ns, 6);
    export_json_time(w, "endTime", v->to_ns, 6);
    json_write_end(w);
    json_write_object(w, "value", JSON_LINE);
    if (p->kept != NULL)
        distribution_put(w, p->kept);
    else if (strcmp(METRIC[p->metric].value_type, "DOUBLE") == 0)
        json_write_number(w, "doubleValue", p->number);
    else
        export_json_int64(w, "int64Value", (int64_t)p->number);
    json_write_end(w);
    json_write_end(w);
}

static const struct point *find(const struct interval *v, enum metric which, size_t label) {
    for (size_t i = 0; i < v->n; i++)
        if (v->points[i].metric == which && v->points[i].label == label)
            return &v->points[i];
    return NULL;
}

static const struct interval *interval_at(const struct export_metrics *m, size_t i) {
    return &m->ring[(m->first + i) % m->points_max];
}

/* False where all its points have fallen out. */
static bool has_points(const struct export_metrics *m, enum metric which, size_t label) {
    for (size_t i = 0; m->seen[which][label] && i < m->n; i++)
        if (find(interval_at(m, i), which, label) != NULL)
            return true;
    return false;
}

static void put_series(const struct export_metrics *m, struct json_writer *w, enum metric which,
                       size_t label) {
    const struct export_service service = {m->project, m->location, m->service, m->revision,
                                           m->configuration};
    char type[128];
    snprintf(type, sizeof type, "run.googleapis.com/%s", METRIC[which].type);
    json_write_object(w, NULL, JSON_LINE);
    json_write_object(w, "metric", JSON_LINE);
    export_json_text(w, "type", type);
    put_labels(m, w, which, label);
    json_write_end(w);
    export_json_resource(w, &service);
    export_json_text(w, "metricKind", METRIC[which].gauge ? "GAUGE" : "DELTA");
    export_json_text(w, "valueType", METRIC[which].value_type);
    export_json_text(w, "unit", METRIC[which].unit);
    json_write_array(w, "points", JSON_LINE);
    for (size_t i = m->n; i-- > 0;) { /* newest first */
        const struct point *p = find(interval_at(m, i), which, label);
        if (p != NULL)
            put_point(w, interval_at(m, i), p);
    }
    json_write_end(w);
    json_write_end(w);
}

void export_metrics_write(const struct export_metrics *m, struct buf *out) {
    struct json_writer w;
    export_json_init(&w, out);
    json_write_object(&w, NULL, JSON_LINE);
    json_write_array(&w, "timeSeries", JSON_LINE);
    for (size_t which = 0; which < METRICS; which++)
        for (size_t label = 0; label < CODES; label++)
            if (has_points(m, (enum metric)which, label))
                put_series(m, &w, (enum metric)which, label);
    json_write_end(&w);
    json_write_end(&w);
    buf_char(out, '\n');
}
