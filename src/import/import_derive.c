#include "import/import_derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/import_buckets.h"
#include "import/import_instances.h"
#include "stats/billing.h"
#include "stats/quantile.h"

#define SECOND_US INT64_C(1000000)
#define STEPS_MAX 10800 /* three hours of seconds; beyond that steps are whole minutes */
#define CLASSES 6       /* of status, by its first digit; 0: none */

static const double shown[] = {0.5, 0.95, 0.99};
static const char *const shown_names[] = {"p50", "p95", "p99"};

struct latencies {
    const char *metric;
    bool wanted;
    int64_t *us; /* of the requests that ended in the step */
};

struct step {
    int32_t active, started_less_ended;
    int32_t classes[CLASSES];
    int64_t billed_us;
};

struct deriver {
    struct server_file *f;
    struct err *e;
    uint64_t instances;
    int64_t base_us, step_us; /* the first step begins at base_us */
    struct step *steps;
    size_t count; /* of steps */
    size_t used;  /* of them: nothing happens behind */
    struct billing_span *billable;
    size_t billable_cap;

    struct latencies latencies[3];
    size_t in_step, cap;
    size_t at; /* step whose latencies are being collected */
};

static size_t step_of(const struct deriver *d, int64_t at_us) {
    if (at_us <= d->base_us)
        return 0;
    size_t i = (size_t)((at_us - d->base_us) / d->step_us);
    return i < d->count ? i : d->count - 1;
}

static int64_t step_start(const struct deriver *d, size_t i) {
    return d->base_us + (int64_t)i * d->step_us;
}

static void count_life(struct deriver *d, const struct import_life *l) {
    size_t last_active = SIZE_MAX;
    size_t from = step_of(d, l->x.started_us), to = d->count - 1;
    if (l->x.ended_us != SERVER_NONE)
        to = step_of(d, l->x.ended_us > l->x.started_us ? l->x.ended_us - 1 : l->x.started_us);
    for (size_t i = 0; i < l->busy_count; i++) {
        size_t first = step_of(d, l->busy[i].from_us), last = step_of(d, l->busy[i].to_us - 1);
        last = last < first ? first : last;
        if (last_active != SIZE_MAX && first <= last_active)
            first = last_active + 1;
        for (size_t k = first; k <= last; k++)
            d->steps[k].active++;
        if (last_active == SIZE_MAX || last > last_active)
            last_active = last;
    }
    /* It was there while it was active, whatever is said of its end. */
    if (last_active != SIZE_MAX && last_active > to)
        to = last_active;
    d->steps[from].started_less_ended++;
    if (to + 1 < d->count)
        d->steps[to + 1].started_less_ended--;
    if (to + 2 > d->used)
        d->used = to + 2 < d->count ? to + 2 : d->count;
}

/* Puts a billed stretch of time, rounded up, into the steps that it lies in. */
static void spread(struct deriver *d, int64_t from_us, int64_t billed_us) {
    size_t i = step_of(d, from_us);
    while (billed_us > 0) {
        int64_t room = step_start(d, i + 1) - from_us;
        int64_t part = billed_us < room || i + 1 == d->count ? billed_us : room;
        d->steps[i].billed_us += part;
        billed_us -= part;
        from_us += part;
        if (part == room && i + 1 < d->count)
            i++;
    }
    if (i + 1 > d->used)
        d->used = i + 1;
}

static int by_from(const void *a, const void *b) {
    const struct billing_span *x = a, *y = b;
    return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

static size_t billable_spans(const struct import_life *l, struct billing_span *v) {
    size_t n = 0;
    const struct server_instance *x = &l->x;
    int64_t up = x->ready_us;
    if (up == SERVER_NONE && x->requests == 0)
        up = x->ended_us; /* it never came up */
    if (up != SERVER_NONE && up > x->started_us)
        v[n++] = (struct billing_span){x->started_us * 1000, up * 1000};
    for (size_t i = 0; i < l->busy_count; i++)
        v[n++] = (struct billing_span){l->busy[i].from_us * 1000, l->busy[i].to_us * 1000};
    if (l->term_us != SERVER_NONE && x->ended_us != SERVER_NONE && x->ended_us > l->term_us)
        v[n++] = (struct billing_span){l->term_us * 1000, x->ended_us * 1000};
    return n;
}

static int bill_life(struct deriver *d, const struct import_life *l) {
    size_t need = l->busy_count + 2;
    if (need > d->billable_cap) {
        struct billing_span *v = realloc(d->billable, 2 * need * sizeof *v);
        if (v == NULL)
            return err_memory(d->e, "the billable time");
        d->billable = v;
        d->billable_cap = 2 * need;
    }
    struct billing_span *v = d->billable;
    size_t n = billable_spans(l, v);
    qsort(v, n, sizeof *v, by_from);
    /* Stretch by stretch, so that each lands where it was. */
    for (size_t i = 0; i < n;) {
        struct billing_span whole = v[i++];
        for (; i < n && v[i].from_ns <= whole.to_ns; i++) {
            if (v[i].to_ns > whole.to_ns)
                whole.to_ns = v[i].to_ns;
        }
        int64_t from_us = whole.from_ns / 1000;
        spread(d, from_us, billing_request_ns(&whole, 1) / 1000);
    }
    return 0;
}

static int take_life(void *context, const struct import_life *l) {
    struct deriver *d = context;
    d->instances++;
    if (server_add_instance(d->f, &l->x, d->e) != 0)
        return -1;
    count_life(d, l);
    return bill_life(d, l);
}

static int put(struct deriver *d, const char *metric, const char *label, const char *kind, size_t i,
               double value) {
    struct server_derived x = {.metric = metric,
                               .label = label,
                               .kind = kind,
                               .source = "logs",
                               .start_us = step_start(d, i),
                               .end_us = step_start(d, i + 1),
                               .value = value};
    return server_add_derived(d->f, &x, d->e);
}

/* What the latencies of a step come to, in the units and under the labels that distributions have.
 */
static int flush(struct deriver *d) {
    size_t n = d->in_step;
    d->in_step = 0;
    for (size_t k = 0; n > 0 && k < 3; k++) {
        struct latencies *l = &d->latencies[k];
        if (!l->wanted)
            continue;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)l->us[i];
        quantile_sort(l->us, n);
        if (put(d, l->metric, "count", "delta", d->at, (double)n) != 0 ||
            put(d, l->metric, "mean", "gauge", d->at, sum / (double)n / 1000) != 0)
            return -1;
        for (size_t p = 0; p < 3; p++) {
            double us = quantile_sorted(l->us, n, shown[p]);
            if (put(d, l->metric, shown_names[p], "gauge", d->at, us / 1000) != 0)
                return -1;
        }
    }
    return 0;
}

static int reserve(struct deriver *d) {
    if (d->in_step < d->cap)
        return 0;
    size_t cap = d->cap == 0 ? 256 : 2 * d->cap;
    for (size_t k = 0; k < 3; k++) {
        int64_t *us = realloc(d->latencies[k].us, cap * sizeof *us);
        if (us == NULL)
            return err_memory(d->e, "the latencies");
        d->latencies[k].us = us;
    }
    d->cap = cap;
    return 0;
}

static int take_served(void *context, const struct server_served *x) {
    struct deriver *d = context;
    size_t at = step_of(d, x->at_us + x->latency_us);
    if (at != d->at && flush(d) != 0)
        return -1;
    d->at = at;
    if (at + 1 > d->used)
        d->used = at + 1;
    int64_t class = x->status == SERVER_NONE ? 0 : x->status / 100;
    d->steps[at].classes[class < CLASSES ? class : 0]++;
    if (reserve(d) != 0)
        return -1;
    int64_t waited = x->ready_us == SERVER_NONE ? 0 : x->ready_us - x->at_us;
    waited = waited < 0 ? 0 : waited > x->latency_us ? x->latency_us : waited;
    d->latencies[0].us[d->in_step] = x->latency_us - waited;
    d->latencies[1].us[d->in_step] = x->latency_us;
    d->latencies[2].us[d->in_step++] = waited;
    return 0;
}

static int put_counts(struct deriver *d) {
    bool seen[CLASSES] = {false};
    for (size_t i = 0; i < d->used; i++) {
        for (size_t c = 1; c < CLASSES; c++)
            seen[c] = seen[c] || d->steps[i].classes[c] > 0;
    }
    for (size_t c = 1; c < CLASSES; c++) {
        char label[8];
        snprintf(label, sizeof label, "%dxx", (int)c);
        for (size_t i = 0; seen[c] && i < d->used; i++) {
            if (put(d, "request_count", label, "delta", i, d->steps[i].classes[c]) != 0)
                return -1;
        }
    }
    return 0;
}

static int put_instance_count(struct deriver *d) {
    int32_t there = 0;
    for (size_t i = 0; i < d->used; i++) {
        int32_t active = d->steps[i].active;
        there += d->steps[i].started_less_ended;
        if (put(d, "container/instance_count", "active", "gauge", i, active) != 0 ||
            put(d, "container/instance_count", "idle", "gauge", i,
                there > active ? there - active : 0) != 0)
            return -1;
    }
    return 0;
}

static int put_billable(struct deriver *d) {
    for (size_t i = 0; i < d->used; i++) {
        if (put(d, "container/billable_instance_time", "", "delta", i,
                (double)d->steps[i].billed_us / 1e6) != 0)
            return -1;
    }
    return 0;
}

/* A series of the metrics stays as it came; only what is not there is added. */
static int put_series(struct deriver *d) {
    static const struct {
        const char *metric;
        int (*put)(struct deriver *d);
    } all[] = {{"request_count", put_counts},
               {"container/instance_count", put_instance_count},
               {"container/billable_instance_time", put_billable}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool has;
        if (server_has_metric(d->f, all[i].metric, &has, d->e) != 0 || (!has && all[i].put(d) != 0))
            return -1;
    }
    return 0;
}

/* Steps are whole seconds of the run's clock while they are few enough, else whole minutes. */
static int make_steps(struct deriver *d, int64_t zero_us, int64_t first_us, int64_t last_us) {
    int64_t span = last_us - first_us;
    d->step_us = SECOND_US;
    if (span / SECOND_US >= STEPS_MAX)
        d->step_us = (span / STEPS_MAX / (60 * SECOND_US) + 1) * 60 * SECOND_US;
    int64_t before = first_us - zero_us;
    int64_t whole = before / d->step_us - (before % d->step_us < 0 ? 1 : 0);
    d->base_us = zero_us + whole * d->step_us;
    d->count = (size_t)((last_us - d->base_us) / d->step_us) + 3;
    d->steps = calloc(d->count, sizeof *d->steps);
    return d->steps == NULL ? err_memory(d->e, "the series") : 0;
}

static int derive_log(struct deriver *d, int64_t zero_us, int64_t idle_limit_us) {
    int64_t first, last;
    if (server_span(d->f, &first, &last, d->e) != 0)
        return -1;
    if (first == SERVER_NONE)
        return 0;
    if (make_steps(d, zero_us, first, last + idle_limit_us) != 0 ||
        import_instances(d->f, idle_limit_us, take_life, d, d->e) != 0)
        return -1;
    d->latencies[0].metric = "request_latencies";
    d->latencies[1].metric = "request_latency/e2e_latencies";
    d->latencies[2].metric = "request_latency/pending";
    for (size_t k = 0; k < 3; k++) {
        bool has;
        if (server_has_metric(d->f, d->latencies[k].metric, &has, d->e) != 0)
            return -1;
        d->latencies[k].wanted = !has;
    }
    if (server_served(d->f, take_served, d, d->e) != 0 || flush(d) != 0 || put_series(d) != 0)
        return -1;
    return server_set_step(d->f, d->step_us, d->e);
}

/* Distributions of one metric, label and moment, put together. */
struct merger {
    struct server_file *f;
    struct err *e;
    struct import_buckets all;
    char metric[256], label[256], kind[16];
    int64_t start_us, end_us;
    bool any;
};

static int put_statistic(struct merger *m, const char *name, const char *kind, double value) {
    char label[320];
    snprintf(label, sizeof label, "%s%s%s", m->label, m->label[0] == '\0' ? "" : " ", name);
    struct server_derived x = {.metric = m->metric,
                               .label = label,
                               .kind = kind,
                               .source = "metrics",
                               .start_us = m->start_us,
                               .end_us = m->end_us,
                               .value = value};
    return server_add_derived(m->f, &x, m->e);
}

static int merged(struct merger *m) {
    if (!m->any)
        return 0;
    if (put_statistic(m, "count", m->kind, (double)m->all.count) != 0)
        return -1;
    if (m->all.count > 0 && put_statistic(m, "mean", "gauge", m->all.mean) != 0)
        return -1;
    for (size_t p = 0; p < 3; p++) {
        double value;
        if (import_buckets_quantile(&m->all, shown[p], &value) &&
            put_statistic(m, shown_names[p], "gauge", value) != 0)
            return -1;
    }
    return 0;
}

static int take_distribution(void *context, const struct server_distribution *x) {
    struct merger *m = context;
    if (!m->any || m->end_us != x->end_us || strcmp(m->metric, x->metric) != 0 ||
        strcmp(m->label, x->label) != 0) {
        if (merged(m) != 0)
            return -1;
        snprintf(m->metric, sizeof m->metric, "%s", x->metric);
        snprintf(m->label, sizeof m->label, "%s", x->label);
        snprintf(m->kind, sizeof m->kind, "%s", x->kind);
        m->start_us = x->start_us;
        m->end_us = x->end_us;
        m->any = true;
        import_buckets_clear(&m->all);
    }
    return import_buckets_add(&m->all, x->count, x->mean, x->buckets, m->e);
}

static int derive_metrics(struct server_file *f, struct err *e) {
    struct merger m = {.f = f, .e = e};
    int rc = server_distributions(f, take_distribution, &m, e);
    if (rc == 0)
        rc = merged(&m);
    import_buckets_done(&m.all);
    return rc;
}

int import_derive(struct server_file *f, int64_t offset_us, int64_t idle_limit_us,
                  struct import_derived *out, struct err *e) {
    struct deriver d = {.f = f, .e = e};
    int rc = -1;
    if (server_clear_derived(f, e) != 0 ||
        derive_log(&d, server_run(f)->start_us + offset_us, idle_limit_us) != 0 ||
        derive_metrics(f, e) != 0)
        goto out;
    *out = (struct import_derived){.instances = d.instances, .step_us = d.step_us};
    rc = 0;
out:
    free(d.steps);
    free(d.billable);
    for (size_t k = 0; k < 3; k++)
        free(d.latencies[k].us);
    return rc;
}
