#include "import/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "import/import_derive.h"
#include "import/import_file.h"
#include "import/import_metrics.h"

#define COMPLAINTS_MAX_BYTES 8192
#define BUCKETS_MAX_BYTES (IMPORT_BUCKETS_MAX * 72)

static bool trace_bytes(const char *hex, uint8_t out[8]) {
    unsigned long long n;
    char *end;
    n = strtoull(hex, &end, 16);
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(n >> (56 - 8 * i));
    return end == hex + 16;
}

static void job_init(struct import_job *job, struct server_file *f,
                     const struct import_options *o) {
    const struct server_run *run = server_run(f);
    *job = (struct import_job){.file = f, .service = o->service, .revision = o->revision};
    if (job->service == NULL && run->service[0] != '\0' && !o->replace)
        job->service = run->service;
    job->from_us = o->all ? INT64_MIN : run->start_us - o->margin_us;
    job->to_us = o->all ? INT64_MAX : run->start_us + run->duration_us + o->margin_us;
    job->has_trace = trace_bytes(run->trace_run, job->trace_run);
    buf_init(&job->buckets, BUCKETS_MAX_BYTES);
}

static void sources_reset(struct import_result *r, const struct import_options *o) {
    for (size_t i = 0; i < r->source_count; i++) {
        struct import_source *s = &r->sources[i];
        bool log = i < o->log_count;
        buf_done(&s->complaints);
        *s = (struct import_source){.kind = log ? "logs" : "metrics",
                                    .file = log ? o->logs[i] : o->metrics[i - o->log_count]};
        buf_init(&s->complaints, COMPLAINTS_MAX_BYTES);
    }
}

static int read_all(struct import_job *job, struct import_result *r, const struct import_options *o,
                    struct err *e) {
    sources_reset(r, o);
    job->tally_count = 0;
    memset(job->tallies, 0, sizeof job->tallies);
    if (o->replace && server_clear(job->file, e) != 0)
        return -1;
    for (size_t i = 0; i < r->source_count; i++) {
        if (import_file(job, i >= o->log_count, &r->sources[i], e) != 0)
            return -1;
    }
    return 0;
}

static bool is_better(const struct import_tally *a, const struct import_tally *b) {
    if (a->own != b->own)
        return a->own > b->own;
    if (a->requests != b->requests)
        return a->requests > b->requests;
    return a->rest > b->rest;
}

/* The service that was this run's target: the one with its traces, else the one with most
 * entries. */
static const struct import_tally *choose(const struct import_job *job) {
    const struct import_tally *best = NULL;
    for (size_t i = 0; i < job->tally_count; i++) {
        if (best == NULL || is_better(&job->tallies[i], best))
            best = &job->tallies[i];
    }
    return best;
}

static void name_others(const struct import_job *job, const struct import_tally *chosen,
                        struct import_result *r) {
    size_t used = 0;
    for (size_t i = 0; i < job->tally_count && used < sizeof r->others; i++) {
        if (&job->tallies[i] == chosen)
            continue;
        int n = snprintf(r->others + used, sizeof r->others - used, "%s%s", used > 0 ? ", " : "",
                         job->tallies[i].service);
        used += n > 0 ? (size_t)n : 0;
    }
}

static int check_again(const struct import_result *r, struct err *e) {
    for (size_t i = 0; i < r->source_count; i++) {
        struct stat st;
        if (stat(r->sources[i].file, &st) == 0 && !S_ISREG(st.st_mode))
            return err_set(e,
                           "%s has entries of several services (%s, %s) and cannot be read twice: "
                           "choose one with --service",
                           r->sources[i].file, r->service, r->others);
    }
    return 0;
}

/* Most exports hold one service, so all are taken first; where there turn out to be several, one is
 * chosen and everything is read again for it alone. */
static int read_for_service(struct import_job *job, struct import_result *r,
                            const struct import_options *o, struct err *e) {
    if (read_all(job, r, o, e) != 0)
        return -1;
    const struct import_tally *best = choose(job);
    const char *service = job->service != NULL ? job->service : best == NULL ? "" : best->service;
    snprintf(r->service, sizeof r->service, "%s", service);
    if (job->service != NULL || job->tally_count < 2)
        return 0;
    name_others(job, best, r);
    if (check_again(r, e) != 0 || server_restart(job->file, e) != 0)
        return -1;
    job->service = r->service;
    return read_all(job, r, o, e);
}

static int check_service(const struct server_file *f, const struct import_options *o,
                         const char *path, struct err *e) {
    const struct server_run *run = server_run(f);
    if (o->service != NULL && run->service[0] != '\0' && !o->replace &&
        strcmp(o->service, run->service) != 0)
        return err_set(
            e,
            "%s already has the server data of service %s (--replace replaces it with that of %s)",
            path, run->service, o->service);
    return 0;
}

static int write_sources(struct server_file *f, const struct import_result *r, struct err *e) {
    for (size_t i = 0; i < r->source_count; i++) {
        const struct import_source *s = &r->sources[i];
        struct server_source row = {.kind = s->kind,
                                    .file = s->file,
                                    .complaint = buf_text(&s->complaints),
                                    .entries = s->entries,
                                    .used = s->used,
                                    .output = s->output,
                                    .elsewhere = s->elsewhere,
                                    .outside = s->outside,
                                    .unknown = s->unknown,
                                    .bad = s->bad,
                                    .cut_short = s->cut_short};
        if (server_add_source(f, &row, e) != 0)
            return -1;
    }
    return 0;
}

/* Which of the server's figures have something to show. */
static int look_for_series(struct server_file *f, struct import_result *r, struct err *e) {
    const struct {
        const char *metric;
        bool from_log;
        bool *has;
    } all[] = {
        {"container/instance_count", true, &r->has_instance_count},
        {"container/billable_instance_time", true, &r->has_billable},
        {"request_count", true, &r->has_request_count},
        {"request_latencies", true, &r->has_latency},
        {"container/cpu/utilizations", false, &r->has_cpu},
        {"container/memory/utilizations", false, &r->has_memory},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (server_has_metric(f, all[i].metric, all[i].has, e) != 0)
            return -1;
        if (all[i].from_log && r->step_us > 0 && r->requests > 0)
            *all[i].has = true;
    }
    return 0;
}

int import_run(const char *run_file, const struct import_options *o, struct import_result *out,
               struct err *e) {
    struct server_file *f = NULL;
    struct import_job job = {0};
    struct import_result r = {.source_count = o->log_count + o->metrics_count};
    struct import_derived derived;
    int rc = -1;
    r.sources = calloc(r.source_count + 1, sizeof *r.sources);
    if (r.sources == NULL) {
        err_memory(e, NULL);
        goto out;
    }
    if (server_open(run_file, &f, e) != 0 || check_service(f, o, run_file, e) != 0)
        goto out;
    job_init(&job, f, o);
    if (read_for_service(&job, &r, o, e) != 0 || write_sources(f, &r, e) != 0 ||
        server_join(f, r.service[0] == '\0' ? NULL : r.service, o->idle_limit_us, &r.join, e) !=
            0 ||
        import_derive(f, r.join.offset_us, o->idle_limit_us, &derived, e) != 0 ||
        server_totals(f, &r.requests, &r.events, &r.points, e) != 0)
        goto out;
    r.instances = derived.instances;
    r.step_us = derived.step_us;
    if (look_for_series(f, &r, e) != 0 || server_commit(f, e) != 0)
        goto out;
    *out = r;
    rc = 0;
out:
    buf_done(&job.buckets);
    server_close(f);
    if (rc != 0) {
        import_result_done(&r);
        out->unusable = job.unusable;
    }
    return rc;
}

void import_result_done(struct import_result *r) {
    for (size_t i = 0; r->sources != NULL && i < r->source_count; i++)
        buf_done(&r->sources[i].complaints);
    free(r->sources);
    *r = (struct import_result){0};
}
