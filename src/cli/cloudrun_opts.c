#include "cli/cloudrun_opts.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/clock.h"

const struct opt_def cloudrun_opts[CLOUDRUN_OPT_COUNT] = {
    {.name = "file",
     .letter = 'f',
     .type = OPT_FILE,
     .meta = "YAML",
     .help = "the service as `gcloud run services replace` takes it; other options win"},
    {.name = "port",
     .letter = 'p',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "8080",
     .max = 65535,
     .help = "port of the front end; 0 takes any free one and prints it"},
    {.name = "bind",
     .type = OPT_TEXT,
     .meta = "ADDRESS",
     .def = "127.0.0.1",
     .help = "address to listen on; 0.0.0.0 lets other machines in"},
    {.name = "admin-port",
     .type = OPT_INTEGER,
     .meta = "N",
     .max = 65535,
     .help = "port of a page that shows the instances now, and /status.json; 0 takes any"},
    {.name = "log",
     .type = OPT_FILE,
     .meta = "FILE",
     .help =
         "write requests, instances' starts and ends, and their output, as Cloud Logging has them"},
    {.name = "metrics",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "at the end, write the time series as Cloud Monitoring has them"},
    {.name = "sample",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "1s",
     .help = "time between two points of the metrics; the real one's is 60s"},
    {.name = "concurrency",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "80",
     .min = 0,
     .max = 1000,
     .help = "requests in an instance at once; 0, with kpa only, is no limit"},
    {.name = "min-instances",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .max = 1000,
     .help = "instances that are kept without requests"},
    {.name = "max-instances",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "100",
     .min = 1,
     .max = 1000,
     .help = "instances at most"},
    {.name = "cpu",
     .type = OPT_NUMBER,
     .meta = "N",
     .def = "1",
     .min = 0.01,
     .max = 64,
     .help = "CPUs of an instance"},
    {.name = "memory",
     .type = OPT_SIZE,
     .meta = "SIZE",
     .def = "512M",
     .help = "memory of an instance; one that uses more is killed"},
    {.name = "timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "300s",
     .help = "time for a request from arrival to the answer's end, a start included; then 504"},
    {.name = "idle",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "15m",
     .help = "how long an instance without requests is kept"},
    {.name = "startup-timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "240s",
     .help = "time for an instance to listen"},
    {.name = "pending",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .help = "how long a request waits for an instance (default: the policy's rule)"},
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
     .help = "answer to a request that found no instance; auto: 429 at the maximum, else 500"},
    {.name = "policy",
     .type = OPT_CHOICE,
     .meta = "NAME",
     .def = "cloudrun",
     .choices = "cloudrun|cloudrun-2022|kpa",
     .help = "how instances are added and taken away: Cloud Run's rules, those of 2022, Knative's"},
    {.name = "cpu-target",
     .type = OPT_NUMBER,
     .meta = "X",
     .def = "0.6",
     .max = 0.95,
     .help = "CPU use that the autoscaler aims at; 0 disables this driver"},
    {.name = "concurrency-target",
     .type = OPT_NUMBER,
     .meta = "X",
     .def = "0.6",
     .max = 0.95,
     .help = "share of the concurrency that it aims at; 0 disables this driver"},
    {.name = "billing",
     .type = OPT_CHOICE,
     .meta = "KIND",
     .def = "request",
     .choices = "request|instance",
     .help = "pay for requests, or for instances' whole lives with the CPU always there"},
    {.name = "no-hold",
     .type = OPT_FLAG,
     .help = "leave instances the CPU between requests, whatever the billing"},
    {.name = "prices",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "price list for the summary (default: the one inside the program)"},
    {.name = "time-scale",
     .type = OPT_NUMBER,
     .meta = "X",
     .def = "1",
     .min = 1,
     .max = 3600,
     .help = "let idle times and the autoscaler go so many times as fast"},
    {.name = "require-auth",
     .type = OPT_FLAG,
     .help = "answer 403 without the bearer token of --token"},
    {.name = "token",
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .env = "COLDSWARM_TOKEN",
     .help = "the token for --require-auth; better given by the environment"},
    {.name = "service",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "service",
     .help = "name of the service: K_SERVICE, log and metrics"},
    {.name = "revision",
     .type = OPT_TEXT,
     .meta = "NAME",
     .help = "name of the revision: K_REVISION (default: SERVICE-00001-dev)"},
    {.name = "region",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "us-central1",
     .help = "region in log and metrics, and for prices"},
    {.name = "project",
     .type = OPT_TEXT,
     .meta = "NAME",
     .def = "local",
     .help = "project in log and metrics"},
    {.name = "tick",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .help = "time between two decisions of the autoscaler (default: the policy's)"},
};

static int read_command(const struct args *a, struct service *s, struct err *e) {
    size_t n = args_count(a);
    if (n >= SERVICE_WORDS_MAX)
        return err_set(e, "cloudrun: COMMAND has %zu words, %d are allowed", n,
                       SERVICE_WORDS_MAX - 1);
    for (size_t i = 0; i < n; i++)
        s->words[i] = (char *)(uintptr_t)args_at(a, i);
    if (n > 0)
        s->words[n] = NULL;
    if (s->words[0] == NULL)
        return err_set(e, "cloudrun: no COMMAND: say behind \"--\" what the instances run, like -- "
                          "python3 main.py");
    return 0;
}

static int read_file(const char *path, struct service *s, void (*note)(void *, const char *),
                     void *context, struct err *e) {
    struct buf unknown;
    buf_init(&unknown, 4096);
    int failed = service_read_yaml(s, path, &unknown, e);
    if (failed == 0 && unknown.len > 0) {
        char text[4200];
        snprintf(text, sizeof text, "not known here and ignored: %s", buf_text(&unknown));
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
    if (opt_given(a, "billing"))
        s->throttled = strcmp(opt_text(a, "billing"), "request") == 0;
}

/* Names go into JSON, file names and the environment; Cloud Run's own rule keeps them harmless. */
static int check_name(const char *option, const char *name, struct err *e) {
    size_t n = strlen(name);
    bool good = n > 0 && n <= 63 && name[0] != '-' && name[n - 1] != '-';
    if (good && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n)
        return 0;
    return err_set(e, "cloudrun: %s \"%.80s\": lower-case letters, digits and hyphens, at most 63",
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
    s->idle_ns = opt_duration(a, "idle");
    s->cpu_target = o->service.cpu_target;
    s->concurrency_target = o->service.concurrency_target;
    if (opt_given(a, "tick"))
        s->period_ns = opt_duration(a, "tick");
    return autoscaler_check(s, e);
}

static int check_times(const struct emulator_options *o, struct err *e) {
    if (o->sample_ns < 10 * NS_PER_MS)
        return err_set(e, "cloudrun: --sample is too short: from 10ms");
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
            e, "cloudrun: --require-auth needs a token: set COLDSWARM_TOKEN, or give --token");
    if (opt_text(a, "file") != NULL &&
        read_file(opt_text(a, "file"), &o->service, note, context, e) != 0)
        return -1;
    override(a, &o->service);
    o->billing = o->service.throttled ? BILLING_REQUEST : BILLING_INSTANCE;
    o->hold = o->service.throttled && !opt_flag(a, "no-hold");
    if (read_command(a, &o->service, e) != 0 || check_names(&o->service, e) != 0 ||
        check_times(o, e) != 0)
        return -1;
    return read_scaling(a, o, e);
}
