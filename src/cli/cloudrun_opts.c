#include "cli/cloudrun_opts.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/clock.h"

/* As documented for services with a GPU. */
#define GPU_START_NS (5 * NS_PER_S)
#define GPU_IDLE_NS (600 * NS_PER_S)

const struct opt_def cloudrun_opts[CLOUDRUN_OPT_COUNT] = {
    {.name = "file",
     .letter = 'f',
     .type = OPT_FILE,
     .meta = "YAML",
     .help = "service definition, as for `gcloud run services replace`; command-line options "
             "override it"},
    {.name = "port",
     .letter = 'p',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "8080",
     .max = 65535,
     .help = "port of the front end; 0 picks a free port and prints it"},
    {.name = "bind",
     .type = OPT_TEXT,
     .meta = "ADDRESS",
     .def = "127.0.0.1",
     .help = "address to listen on; 0.0.0.0 accepts other machines"},
    {.name = "admin-port",
     .type = OPT_INTEGER,
     .meta = "N",
     .max = 65535,
     .help = "port for a live status page and /status.json; 0 picks a free port"},
    {.name = "log",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "write requests, instance starts and stops, and instance output in the format of "
             "Cloud Logging"},
    {.name = "log-latency",
     .type = OPT_CHOICE,
     .meta = "UNTIL",
     .def = "end",
     .choices = "end|headers",
     .help = "what a request's latency in the log includes: everything to the end of the response, "
             "or to its headers"},
    {.name = "metrics",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "write the time series at the end, in the format of Cloud Monitoring"},
    {.name = "sample",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "1s",
     .help = "interval between two points of the metrics; the real Cloud Run uses 60s"},
    {.name = "concurrency",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "80",
     .min = 0,
     .max = 1000,
     .help = "requests per instance at once, a stream until its end; 0: no limit (kpa only)"},
    {.name = "min-instances",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .max = 1000,
     .help = "instances to keep without requests"},
    {.name = "max-instances",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "100",
     .min = 1,
     .max = 1000,
     .help = "maximum number of instances"},
    {.name = "cpu",
     .type = OPT_NUMBER,
     .meta = "N",
     .def = "1",
     .min = 0.01,
     .max = 64,
     .help = "CPUs per instance (with --gpu: what it needs)"},
    {.name = "memory",
     .type = OPT_SIZE,
     .meta = "SIZE",
     .def = "512M",
     .help = "memory per instance (with --gpu: what it needs); an instance that uses more is "
             "killed"},
    {.name = "gpu",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .choices = GPU_WORDS,
     .help = "a service with a GPU: instance-based billing, a cold start of 5s, idle for 10m, at "
             "least 4 CPUs and 16G (l4) or 20 CPUs and 80G (rtx-pro-6000)"},
    {.name = "cold-start",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "time that the platform needs to start an instance, before it runs COMMAND (with "
             "--gpu: 5s)"},
    {.name = "timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "300s",
     .help = "time limit of a request, from arrival to the end of the response, including a cold "
             "start; then 504"},
    {.name = "idle",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "15m",
     .help = "how long to keep an idle instance (with --gpu: 10m)"},
    {.name = "startup-timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "240s",
     .help = "time limit for an instance to listen"},
    {.name = "pending",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .help = "how long a request waits for an instance (default: set by the policy)"},
    {.name = "grace",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "10s",
     .help = "time between SIGTERM and SIGKILL"},
    {.name = "abort-status",
     .type = OPT_CHOICE,
     .meta = "CODE",
     .def = "auto",
     .choices = "auto|429|500",
     .help = "status for a request that gets no instance; auto: 429 at the maximum number of "
             "instances, else 500"},
    {.name = "policy",
     .type = OPT_CHOICE,
     .meta = "NAME",
     .def = "cloudrun",
     .choices = "cloudrun|cloudrun-2022|kpa",
     .help = "autoscaling rules: Cloud Run today, Cloud Run in 2022, or Knative"},
    {.name = "cpu-target",
     .type = OPT_NUMBER,
     .meta = "X",
     .def = "0.6",
     .max = 0.95,
     .help = "target CPU utilization of the autoscaler; 0: ignore CPU"},
    {.name = "concurrency-target",
     .type = OPT_NUMBER,
     .meta = "X",
     .def = "0.6",
     .max = 0.95,
     .help = "target concurrency utilization of the autoscaler; 0: ignore concurrency"},
    {.name = "billing",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .def = "request",
     .choices = "request|instance",
     .help = "billing model: per request, or per instance with CPU always allocated (with --gpu: "
             "instance)"},
    {.name = "no-hold",
     .type = OPT_FLAG,
     .help = "do not throttle the CPU of idle instances, whatever the billing model"},
    {.name = "prices",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "price list for the summary (default: built in, without GPUs)"},
    {.name = "time-scale",
     .type = OPT_NUMBER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = 3600,
     .help = "run idle times and the autoscaler N times as fast"},
    {.name = "require-auth",
     .type = OPT_FLAG,
     .help = "respond with 403 to requests without the bearer token of --token"},
    {.name = "token",
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .env = "COLDSWARM_TOKEN",
     .help = "the token for --require-auth; better given by the environment"},
    {.name = "service",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "service",
     .help = "service name, for K_SERVICE, log and metrics"},
    {.name = "revision",
     .type = OPT_TEXT,
     .meta = "NAME",
     .help = "revision name, for K_REVISION (default: SERVICE-00001-dev)"},
    {.name = "region",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "us-central1",
     .help = "region, for log, metrics and prices"},
    {.name = "project",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "local",
     .help = "project, for log and metrics"},
    {.name = "tick",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .help = "interval between two decisions of the autoscaler (default: set by the policy)"},
};

static int read_command(const struct args *a, struct service *s, struct err *e) {
    size_t n = args_count(a);
    if (n >= SERVICE_WORDS_MAX)
        return err_set(e, "cloudrun: COMMAND has %zu words; the limit is %d", n,
                       SERVICE_WORDS_MAX - 1);
    for (size_t i = 0; i < n; i++)
        s->words[i] = (char *)(uintptr_t)args_at(a, i);
    if (n > 0)
        s->words[n] = NULL;
    if (s->words[0] == NULL)
        return err_set(e, "cloudrun: COMMAND is missing; give the command of the instances after "
                          "\"--\", like -- python3 main.py");
    return 0;
}

static int read_file(const char *path, struct service *s, void (*note)(void *, const char *),
                     void *context, struct err *e) {
    struct buf unknown;
    buf_init(&unknown, 4096);
    int failed = service_read_yaml(s, path, &unknown, e);
    if (failed == 0 && unknown.len > 0) {
        char text[4200];
        snprintf(text, sizeof text, "not supported, ignored: %s", buf_text(&unknown));
        note(context, text);
    }
    buf_done(&unknown);
    return failed;
}

/* What is on the command line wins; a default must not win over the file. */
static void override(const struct args *a, struct service *s) {
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"service", &s->name},
                 {"revision", &s->revision},
                 {"region", &s->region},
                 {"project", &s->project}};
    const struct {
        const char *name;
        unsigned *to;
    } counts[] = {
        {"concurrency", &s->concurrency}, {"min-instances", &s->min}, {"max-instances", &s->max}};
    const struct {
        const char *name;
        double *to;
    } numbers[] = {{"cpu", &s->cpus},
                   {"cpu-target", &s->cpu_target},
                   {"concurrency-target", &s->concurrency_target}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (opt_given(a, texts[i].name))
            *texts[i].to = opt_text(a, texts[i].name);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (opt_given(a, counts[i].name))
            *counts[i].to = (unsigned)opt_integer(a, counts[i].name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (opt_given(a, numbers[i].name))
            *numbers[i].to = opt_number(a, numbers[i].name);
    if (opt_given(a, "memory"))
        s->memory_bytes = opt_size(a, "memory");
    if (opt_given(a, "timeout"))
        s->timeout_ns = opt_duration(a, "timeout");
    if (opt_given(a, "startup-timeout"))
        s->startup_limit_ns = opt_duration(a, "startup-timeout");
    if (opt_given(a, "gpu"))
        s->gpu = gpu_by_name(opt_text(a, "gpu"));
    if (opt_given(a, "billing")) {
        s->throttled = strcmp(opt_text(a, "billing"), "request") == 0;
        s->throttled_given = true;
    }
}

/* Names go into JSON, file names and the environment; Cloud Run's own rule keeps them harmless. */
static int check_name(const char *option, const char *name, struct err *e) {
    size_t n = strlen(name);
    bool good = n > 0 && n <= 63 && name[0] != '-' && name[n - 1] != '-';
    if (good && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n)
        return 0;
    return err_set(
        e,
        "cloudrun: %s \"%.80s\" is invalid; use at most 63 lower-case letters, digits and hyphens",
        option, name);
}

static int check_names(const struct service *s, struct err *e) {
    if (check_name("the service's name", s->name, e) != 0 ||
        check_name("--region", s->region, e) != 0 || check_name("--project", s->project, e) != 0)
        return -1;
    return s->revision != NULL ? check_name("the revision's name", s->revision, e) : 0;
}

static int read_scaling(const struct args *a, struct emulator_options *o, struct err *e) {
    struct autoscaler_options *s = &o->scaling;
    enum autoscaler_policy policy;
    if (autoscaler_policy_parse(opt_text(a, "policy"), &policy, e) != 0)
        return -1;
    autoscaler_defaults(policy, s);
    s->min = o->service.min;
    s->max = o->service.max;
    s->concurrency = o->service.concurrency;
    s->cpus = o->service.cpus;
    s->idle_ns =
        o->service.gpu != GPU_NONE && !opt_given(a, "idle") ? GPU_IDLE_NS : opt_duration(a, "idle");
    s->cpu_target = o->service.cpu_target;
    s->concurrency_target = o->service.concurrency_target;
    if (opt_given(a, "tick"))
        s->period_ns = opt_duration(a, "tick");
    return autoscaler_check(s, e);
}

static int check_times(const struct emulator_options *o, struct err *e) {
    if (o->sample_ns < 10 * NS_PER_MS)
        return err_set(e, "cloudrun: --sample must be at least 10ms");
    if (o->service.timeout_ns < NS_PER_MS || o->service.startup_limit_ns < NS_PER_MS)
        return err_set(e, "cloudrun: --timeout and --startup-timeout must be at least 1ms");
    return 0;
}

int cloudrun_opts_read(const struct args *a, struct emulator_options *o,
                       void (*note)(void *context, const char *text), void *context,
                       struct err *e) {
    *o = (struct emulator_options){
        .time_scale = opt_number(a, "time-scale"),
        .sample_ns = opt_duration(a, "sample"),
        .grace_ns = opt_duration(a, "grace"),
        .cold_start_ns = opt_duration(a, "cold-start"),
        .log_to_head = strcmp(opt_text(a, "log-latency"), "headers") == 0,
        .pending_ns = opt_given(a, "pending") ? opt_duration(a, "pending") : 0,
        .bind = opt_text(a, "bind"),
        .port = (int)opt_integer(a, "port"),
        .admin_port = opt_given(a, "admin-port") ? (int)opt_integer(a, "admin-port") : -1,
        .log_path = opt_text(a, "log"),
        .metrics_path = opt_text(a, "metrics"),
        .token = opt_flag(a, "require-auth") ? opt_text(a, "token") : NULL,
    };
    const char *status = opt_text(a, "abort-status");
    o->abort_status = strcmp(status, "auto") == 0 ? 0 : strcmp(status, "429") == 0 ? 429 : 500;
    service_init(&o->service);
    if (opt_flag(a, "require-auth") && (o->token == NULL || o->token[0] == '\0'))
        return err_set(
            e, "cloudrun: --require-auth needs a token; set COLDSWARM_TOKEN or give --token");
    if (opt_text(a, "file") != NULL &&
        read_file(opt_text(a, "file"), &o->service, note, context, e) != 0)
        return -1;
    override(a, &o->service);
    if (service_complete(&o->service, e) != 0)
        return err_prefix(e, "cloudrun");
    if (o->service.gpu != GPU_NONE && !opt_given(a, "cold-start"))
        o->cold_start_ns = GPU_START_NS;
    o->billing = o->service.throttled ? BILLING_REQUEST : BILLING_INSTANCE;
    o->hold = o->service.throttled && !opt_flag(a, "no-hold");
    if (read_command(a, &o->service, e) != 0 || check_names(&o->service, e) != 0 ||
        check_times(o, e) != 0)
        return -1;
    return read_scaling(a, o, e);
}
