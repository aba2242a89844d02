/* coldswarm cloudrun: a local Cloud Run. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cloudrun_opts.h"
#include "cli/cmd.h"
#include "cli/command.h"
#include "emulator/emulator.h"
#include "stats/billing.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"
#include "util/units.h"

#define TEXT_MAX_BYTES ((size_t)64 << 10)

struct screen {
    bool tty;
    bool drawn; /* a status line stands on the screen */
};

static void clear_line(struct screen *s) {
    if (s->drawn)
        fputs("\r\033[K", stderr);
    s->drawn = false;
}

static void note(void *context, const char *text) {
    struct buf out;
    buf_init(&out, TEXT_MAX_BYTES);
    text_printable(&out, text, strlen(text));
    clear_line(context);
    fprintf(stderr, "cloudrun: %s\n", buf_text(&out));
    buf_done(&out);
}

static void show_status(void *context, const struct emulator_status *now) {
    struct screen *s = context;
    if (!s->tty)
        return;
    clear_line(s);
    fprintf(stderr,
            "instances: %u active, %u idle, %u starting, %u stopping · requests: %u in flight, %u "
            "waiting · %" PRIu64 " served, %.1f/s",
            now->active, now->idle, now->starting, now->stopping, now->in_flight, now->pending,
            now->requests, now->per_second);
    fflush(stderr);
    s->drawn = true;
}

/* ---- the end ---- */

static double seconds(int64_t ns) {
    return (double)ns / (double)NS_PER_S;
}

static void print_requests(const struct emulator_status *s) {
    printf("requests   %" PRIu64 "  (2xx %" PRIu64 ", 3xx %" PRIu64 ", 4xx %" PRIu64
           ", 5xx %" PRIu64 ")\n",
           s->requests, s->per_class[2], s->per_class[3], s->per_class[4], s->per_class[5]);
    printf("           %" PRIu64 " reached an instance, %" PRIu64 " got no instance, %" PRIu64
           " had no token, %" PRIu64 " timed out, %" PRIu64 " clients disconnected\n",
           s->assigned, s->no_instance, s->refused, s->timed_out, s->client_left);
}

static void print_instances(const struct emulator_status *s) {
    printf("instances  %" PRIu64 " started, %" PRIu64 " crashed, %" PRIu64 " did not come up",
           s->started, s->crashed, s->failed_starts);
    if (s->startup_mean_ns > 0)
        printf(", start-up %.3f s on average", seconds(s->startup_mean_ns));
    putchar('\n');
}

static void print_cost(const struct emulator_options *o, const struct emulator_status *s,
                       const struct billing_prices *prices) {
    struct billing_cost cost;
    char no_price[BILLING_NO_PRICE_BYTES];
    struct billing_usage use = {
        .mode = o->billing,
        .billable_ns = s->billable_ns,
        .idle_ns = o->billing == BILLING_REQUEST ? s->idle_min_ns : 0,
        .requests = s->assigned,
        .cpus = o->service.cpus,
        .memory_bytes = (int64_t)o->service.memory_bytes,
        .gpu = o->service.gpu,
    };
    billing_cost(&use, prices, &cost);
    printf("billable   %.1f s of instances, %.1f vCPU-s, %.1f GiB-s", cost.instance_s, cost.cpu_s,
           cost.gib_s);
    if (use.gpu != GPU_NONE)
        printf(", %.1f GPU-s (%s)", cost.gpu_s, gpu_kinds[use.gpu].name);
    if (billing_no_gpu_price(prices, use.gpu, no_price)) {
        printf("\ncost       CPU %.6f %s, memory %.6f %s; %s\n", cost.full.cpu, prices->currency,
               cost.full.memory, prices->currency, no_price);
        return;
    }
    printf("\ncost       %.6f %s (CPU %.6f, memory %.6f, ", cost.full.total, prices->currency,
           cost.full.cpu, cost.full.memory);
    if (use.gpu != GPU_NONE)
        printf("GPU %.6f, ", cost.full.gpu);
    printf("requests %.6f)", cost.full.requests);
    if (s->assigned > 0)
        printf(", %.6f per 1000 requests", cost.full.per_1000_requests);
    printf("\n           %.6f %s after the month's free tier, if nothing else used it; %s, prices "
           "of %s\n",
           cost.net.total, prices->currency, prices->tier, prices->date);
}

/* ---- the start ---- */

/* execvp()'s own search, made before anything starts: a typing error shall not look like a service
 * that crashes. */
static int check_command(const char *name, struct err *e) {
    char path[4096];
    struct stat st;
    const char *list = getenv("PATH");
    if (strchr(name, '/') != NULL) {
        if (stat(name, &st) != 0)
            return err_set(e, "cloudrun: COMMAND %s: %s", name, strerror(errno));
        if (!S_ISREG(st.st_mode) || access(name, X_OK) != 0)
            return err_set(e, "cloudrun: COMMAND %s is not an executable program", name);
        return 0;
    }
    for (const char *at = list != NULL ? list : "/bin:/usr/bin"; *at != '\0';) {
        size_t n = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s/%s", (int)n, n > 0 ? at : ".", name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
            return 0;
        at += n + (at[n] == ':');
    }
    return err_set(e, "cloudrun: COMMAND %s is not in PATH; give its path, like ./%s", name, name);
}

static void print_url(const char *what, const char *bind, int port, const char *path) {
    bool v6 = strchr(bind, ':') != NULL;
    fprintf(stderr, "cloudrun: %s on http://%s%s%s:%d%s\n", what, v6 ? "[" : "", bind,
            v6 ? "]" : "", port, path);
}

static void print_start(const struct emulator *m, const struct emulator_options *o,
                        struct screen *screen) {
    char text[256];
    note(screen, emulator_limits(m));
    if (o->service.gpu != GPU_NONE) {
        snprintf(text, sizeof text,
                 "GPU %s: its start, the size of an instance and the bill are emulated; COMMAND "
                 "gets no GPU from here",
                 gpu_kinds[o->service.gpu].name);
        note(screen, text);
    }
    if (o->service.container_port > 0) {
        snprintf(text, sizeof text, "each instance gets its own port in PORT, not containerPort %d",
                 o->service.container_port);
        note(screen, text);
    }
    if (emulator_admin_port(m) > 0)
        print_url("status page", o->bind, emulator_admin_port(m), "/");
    print_url("listening", o->bind, emulator_port(m), "");
}

static int run(const struct args *a) {
    struct err e = {""};
    struct emulator_options o;
    struct emulator *m = NULL;
    struct emulator_status end;
    struct billing_prices prices;
    struct screen screen = {.tty = isatty(STDERR_FILENO) != 0};
    int code = EXIT_RUNTIME;
    if (cloudrun_opts_read(a, &o, note, &screen, &e) != 0 ||
        check_command(o.service.words[0], &e) != 0 ||
        billing_prices_load(&prices, opt_text(a, "prices"), o.service.region, &e) != 0) {
        code = EXIT_USAGE;
        goto done;
    }
    o.context = &screen;
    o.note = note;
    o.tick = show_status;
    file_raise_limit();
    if (emulator_new(&o, &m, &e) != 0) {
        err_prefix(&e, "cloudrun");
        goto done;
    }
    print_start(m, &o, &screen);
    int failed = emulator_run(m, &e);
    clear_line(&screen);
    emulator_status(m, &end);
    print_requests(&end);
    print_instances(&end);
    if (failed == 0)
        print_cost(&o, &end, &prices);
    else {
        err_prefix(&e, "cloudrun");
        goto done;
    }
    code = EXIT_OK;
done:
    if (code != EXIT_OK)
        command_error(code, e.text);
    emulator_free(m);
    service_done(&o.service);
    return code;
}

const struct command command_cloudrun = {
    .name = "cloudrun",
    .usage = "[options] -- COMMAND ARGS...",
    .summary = "run COMMAND on a local Cloud Run emulator",
    .details =
        "Emulates Cloud Run. Requests to --port go to instances, which are processes of COMMAND "
        "that listen on $PORT. Instances start on demand, scale with --policy, and stop after "
        "--idle without a request. The final summary estimates their cost. --log and --metrics use "
        "the formats of Cloud Logging and Cloud Monitoring, for `coldswarm import`. The log is "
        "written as events happen, the metrics at the end.\n"
        "\n"
        "As in Cloud Run, a request waits for an instance for 3.5 average start-up times or 10 s, "
        "whichever is longer. Then it gets status 429 if --max-instances are running, else 500. "
        "Other errors: 503 if an instance broke the connection, 500 if it used more than --memory, "
        "504 after --timeout. If the client disconnects, the log has status 499.\n"
        "\n"
        "A streamed response keeps its place of --concurrency to its end. The log's latency goes "
        "to "
        "the end of the stream, or to its headers with --log-latency headers; what the real Cloud "
        "Run does is not documented.\n"
        "\n"
        "With --gpu, an instance needs 5 s before it runs COMMAND, and is billed for its whole "
        "life. "
        "No price of a GPU is built in: add \"gpu\": {\"l4\": PRICE OF A SECOND} to the tier of "
        "your "
        "region in a copy of src/stats/prices.json, and give that to --prices. COMMAND gets no "
        "GPU from the emulator.\n"
        "\n"
        "Instances get no CPU between requests (SIGSTOP, 100 ms after the last one) unless "
        "--billing is instance. Control groups limit their CPU if they are writable; a message at "
        "the start says whether they are. Memory is checked three times a second, so shorter peaks "
        "are missed.\n"
        "\n"
        "--time-scale 60 speeds up --idle and the autoscaler's period and windows by 60. Times "
        "that depend on real work do not change: starting, waiting, answering, stopping.\n"
        "\n"
        "SIGINT and SIGTERM stop the instances with SIGTERM and, after --grace, SIGKILL. A second "
        "signal kills them at once. No instance outlives the emulator, however it ends.",
    .examples = "coldswarm cloudrun --max-instances 3 -- coldswarm target --service-time 50ms # "
                "then run a load test against port 8080\n"
                "coldswarm cloudrun --log log.json --metrics metrics.json -- python3 main.py # "
                "write the files for import\n"
                "coldswarm cloudrun --time-scale 60 -- sh -c 'exec gunicorn -b :$PORT main:app' # "
                "15 s idle time instead of 15 min\n"
                "coldswarm cloudrun -f service.yaml --memory 1G -- python3 main.py # take the "
                "settings from a service definition",
    .opts = cloudrun_opts,
    .opt_count = CLOUDRUN_OPT_COUNT,
    .positional_max = -1,
    .run = run,
};
