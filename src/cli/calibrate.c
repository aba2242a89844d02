#include "cli/calibrate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/null_server.h"
#include "record/reader.h"
#include "stats/hist.h"
#include "util/clock.h"

#define RATE_UNKNOWN 1000.0
#define RATE_MIN 200.0
#define RAMP_S 0.4
#define FROM_US 500000 /* what was sent before is left out: users still come */
#define DURATION_MS 1500
#define COUNTED_S 1.0
#define REQUESTS_MIN 20
#define HIST_BITS 9u
#define PATH_BYTES 4096

static uint32_t users_of(const struct scenario *s) {
    uint32_t users = scenario_users_max(s);
    return users < 1 ? 1 : users > CALIBRATE_USERS_MAX ? CALIBRATE_USERS_MAX : users;
}

/* Requests per second of one user of a class whose target answers at once; 0 where it never
 * waits. */
static double user_rate(const struct scenario_class *c) {
    const struct wait *w = &c->wait;
    double wait_ns = w->kind == WAIT_BETWEEN ? ((double)w->low_ns + (double)w->high_ns) / 2
                     : w->kind == WAIT_NONE  ? 0
                                             : (double)w->low_ns;
    return wait_ns < 1 ? 0 : 1e9 / wait_ns;
}

/* Of a load, taking its classes for equally large. */
static double load_rate(const struct scenario *s, const struct scenario_load *l) {
    double rate = 0;
    if (load_is_open(&l->load))
        return (double)load_micro_rate_max(&l->load) / 1e6;
    for (uint32_t i = 0; i < l->class_count; i++) {
        double one = user_rate(&s->classes[l->first_class + i]);
        if (one == 0)
            return RATE_UNKNOWN;
        rate += one * load_users_max(&l->load) / l->class_count;
    }
    return rate > RATE_UNKNOWN * 100 ? RATE_UNKNOWN * 100 : rate;
}

double calibrate_rate(const struct scenario *s) {
    double rate = 0;
    for (size_t i = 0; i < s->load_count; i++)
        rate += load_rate(s, &s->loads[i]);
    return rate < RATE_MIN ? RATE_MIN : rate;
}

/* The same users, at random between half of their wait and one and a half: they do not march in
 * step. */
static int make_scenario(const struct scenario *of, int port, struct scenario **out,
                         struct err *e) {
    char json[1024];
    uint32_t users = users_of(of);
    int64_t wait_us = (int64_t)(users / calibrate_rate(of) * 1e6);
    snprintf(json, sizeof json,
             "{\"name\": \"calibration\", \"target\": \"http://127.0.0.1:%d\","
             " \"load\": {\"users\": %" PRIu32 ", \"spawn_rate\": %.3f, \"duration\": \"%dms\"},"
             " \"wait\": {\"between\": [\"%" PRId64 "us\", \"%" PRId64 "us\"]},"
             " \"timeout\": \"5s\", \"tasks\": [{\"path\": \"/\"}]}",
             port, users, users / RAMP_S, DURATION_MS, wait_us / 2, wait_us + wait_us / 2);
    return scenario_parse("(calibration)", ".", json, strlen(json), NULL, NULL, out, e);
}

static int open_record(const char *path, const struct scenario *s, uint32_t threads,
                       struct record **out, struct err *e) {
    struct record_run about = {
        .name = s->name,
        .started_real_ns = clock_real_ns(),
        .users_max = scenario_users_max(s),
        .scenario = s->source,
        .target = s->target_source,
        .version = COLDSWARM_VERSION,
        .catalog = &s->catalog,
        .worker_count = threads,
    };
    if (record_open(path, &about, out, e) != 0)
        return -1;
    return record_start(*out, e);
}

static int run_into(const char *path, const struct scenario *s, const struct engine_options *o,
                    int *signal, struct err *e) {
    struct record *record = NULL;
    struct engine_result result = {0};
    int status = open_record(path, s, o->threads, &record, e);
    if (status == 0) {
        struct engine_options mine = {
            .scenario = s,
            .transport = o->transport,
            .kernel_clock = o->kernel_clock,
            .record = record,
            .threads = o->threads,
            .seed = 1,
            .stop_timeout_ns = NS_PER_S,
            .user_agent = o->user_agent,
            .tick = o->tick,
            .tick_context = o->tick_context,
        };
        status = engine_run(&mine, &result, e);
    }
    if (record != NULL) {
        if (record_stop(record, status == 0 ? e : NULL) != 0)
            status = -1;
        record_close(record, NULL, NULL);
    }
    *signal = result.signal;
    return status;
}

static int take(void *context, const struct request *row) {
    if (row->outcome == OUTCOME_OK && !row->new_connection && row->sent_us >= FROM_US &&
        row->service_us >= 0)
        hist_record(context, row->service_us);
    return 0;
}

static int evaluate(const char *path, int64_t server_ns, struct calibration *out, struct err *e) {
    struct hist service_us;
    struct reader *reader = NULL;
    if (hist_init(&service_us, HIST_BITS, e) != 0)
        return -1;
    int status = reader_open(path, &reader, e);
    if (status == 0)
        status = reader_scan(reader, take, &service_us, e);
    if (status == 0 && service_us.total < REQUESTS_MIN)
        status = err_set(e,
                         "calibration: only %" PRIu64
                         " requests completed in a second; this machine is too busy",
                         service_us.total);
    if (status == 0) {
        int64_t server_us = (server_ns + NS_PER_US / 2) / NS_PER_US;
        int64_t p50 = hist_quantile(&service_us, 0.5) - server_us;
        int64_t p99 = hist_quantile(&service_us, 0.99) - server_us;
        *out = (struct calibration){
            .p50_us = p50 < 0 ? 0 : p50,
            .p99_us = p99 < 0 ? 0 : p99,
            .requests = service_us.total,
            .requests_per_second = (double)service_us.total / COUNTED_S,
        };
    }
    reader_close(reader);
    hist_done(&service_us);
    return status;
}

/* Measures in a directory of its own, which is there. */
static int measure(const char *dir, const struct engine_options *options, struct calibration *out,
                   struct err *e) {
    char path[PATH_BYTES];
    struct null_server *server = NULL;
    struct scenario *s = NULL;
    int signal = 0;
    snprintf(path, sizeof path, "%s/calibration.db", dir);
    int status = null_server_start(&server, e);
    if (status == 0)
        status = make_scenario(options->scenario, null_server_port(server), &s, e);
    if (status == 0)
        status = run_into(path, s, options, &signal, e);
    if (status == 0) {
        null_server_stop(server);
        if (signal != 0)
            *out = (struct calibration){.signal = signal};
        else
            status = evaluate(path, null_server_p50_ns(server), out, e);
    }
    null_server_free(server);
    scenario_free(s);
    record_remove(path);
    return status;
}

int calibrate(const struct engine_options *options, struct calibration *out, struct err *e) {
    char dir[PATH_BYTES - 64];
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/coldswarm-XXXXXX", tmp == NULL || *tmp == '\0' ? "/tmp" : tmp);
    if (mkdtemp(dir) == NULL)
        return err_set(e, "calibration: cannot create the directory %s: %s (set TMPDIR)", dir,
                       strerror(errno));
    int status = measure(dir, options, out, e);
    rmdir(dir);
    return status;
}
