/* coldswarm target: the built-in service to shoot at. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/command.h"
#include "target/target.h"
#include "util/clock.h"

#define OUTPUT_MAX_BYTES (1 << 20)

static const struct opt_def opts[] = {
    {.name = "port",
     .letter = 'p',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "8080",
     .env = "PORT",
     .max = 65535,
     .help = "port to listen on; 0 takes any free one and prints it"},
    {.name = "bind",
     .type = OPT_TEXT,
     .meta = "ADDRESS",
     .def = "127.0.0.1",
     .help = "address to listen on; 0.0.0.0 lets other machines in"},
    {.name = "service-time",
     .type = OPT_TEXT,
     .meta = "TIME",
     .def = "0",
     .help = "how long a request takes: 20ms, uniform:10ms,30ms or lognormal:MEDIAN,SIGMA"},
    {.name = "get-service-time",
     .type = OPT_TEXT,
     .meta = "TIME",
     .help = "the same for GET and HEAD alone (default: --service-time)"},
    {.name = "cpu",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "CPU time that each request burns after its service time, on one core"},
    {.name = "concurrency",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "80",
     .min = 1,
     .max = INSTANCE_CONCURRENCY_MAX,
     .help = "requests served at once; the others queue, first come first served"},
    {.name = "cold-start",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "the first request, and all that come meanwhile, wait this long for the start"},
    {.name = "idle-timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "cold again after this long without a request; 0 stays warm"},
    {.name = "listen-after",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "refuse connections for this long before listening"},
    {.name = "fail-rate",
     .type = OPT_NUMBER,
     .meta = "P",
     .def = "0",
     .max = 1,
     .help = "share of good requests that fail, from 0 to 1"},
    {.name = "fail",
     .type = OPT_TEXT,
     .meta = "KIND",
     .def = "status:503",
     .help = "how they fail: status:CODE, reset, hang, garbage or short"},
    {.name = "login",
     .type = OPT_FLAG,
     .help = "POST /login with any body answers with the token that /predict then needs, as JSON "
             "(token); --token says which"},
    {.name = "token",
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .env = "COLDSWARM_TOKEN",
     .help = "bearer token that POST /predict must carry; better given by the environment"},
    {.name = "max-body",
     .type = OPT_SIZE,
     .meta = "SIZE",
     .def = "64M",
     .help = "the largest body that is not answered with 413"},
    {.name = "requests",
     .letter = 'n',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .help = "stop after so many requests have come to their end; 0 goes on"},
    {.name = "threads",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = 64,
     .help = "threads that serve connections; waiting requests need none"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .help = "the n-th request draws the same time and the same luck for the same seed"},
    {.name = "stats",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "at the end, write what was served as JSON"},
};

static int texts_to_spec(const struct args *a, struct target_spec *s, struct err *e) {
    const char *get = opt_text(a, "get-service-time");
    if (latency_parse(opt_text(a, "service-time"), &s->post, e) != 0)
        return err_prefix(e, "target: --service-time");
    if (get == NULL)
        s->get = s->post;
    else if (latency_parse(get, &s->get, e) != 0)
        return err_prefix(e, "target: --get-service-time");
    if (fault_parse(opt_text(a, "fail"), &s->fault, e) != 0)
        return err_prefix(e, "target: --fail");
    if (opt_given(a, "fail") && s->fault.rate == 0)
        return err_set(e,
                       "target: --fail says how, but nothing fails: give --fail-rate, like 0.01");
    if (s->instance.idle_timeout_ns > 0 && s->instance.cold_start_ns == 0)
        return err_set(e, "target: --idle-timeout makes it cold again, which costs nothing without "
                          "--cold-start: give one, like 3s");
    return 0;
}

static int read_spec(const struct args *a, struct target_spec *s, struct err *e) {
    *s = (struct target_spec){
        .bind = opt_text(a, "bind"),
        .port = (int)opt_integer(a, "port"),
        .fault = {.rate = opt_number(a, "fail-rate")},
        .cpu_ns = opt_duration(a, "cpu"),
        .instance = {.cold_start_ns = opt_duration(a, "cold-start"),
                     .idle_timeout_ns = opt_duration(a, "idle-timeout"),
                     .concurrency = (size_t)opt_integer(a, "concurrency")},
        .token = opt_text(a, "token"),
        .login = opt_flag(a, "login"),
        .body_max_bytes = opt_size(a, "max-body"),
        .threads = (unsigned)opt_integer(a, "threads"),
        .requests_max = (uint64_t)opt_integer(a, "requests"),
        .seed = (uint64_t)opt_integer(a, "seed"),
    };
    if (s->login && s->token == NULL)
        s->token = "a-token-of-coldswarm-target";
    return texts_to_spec(a, s, e);
}

/* SIGINT and SIGTERM as a descriptor. Before any thread starts, so that all of them leave these
 * signals alone. */
static int signals_fd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* True when a signal, or the last request, came within the time; `timeout_ns` < 0 waits for ever.
 */
static bool wait_for_end(int signals, int done, int64_t timeout_ns) {
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = done, .events = POLLIN}};
    int64_t until_ns = clock_mono_ns() + timeout_ns;
    for (;;) {
        int64_t left_ns = until_ns - clock_mono_ns();
        if (timeout_ns >= 0 && left_ns <= 0)
            return false;
        struct timespec left = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};
        if (ppoll(fds, 2, timeout_ns < 0 ? NULL : &left, NULL) > 0)
            return true;
    }
}

static int write_stats(struct target *t, const char *path, struct err *e) {
    struct buf json;
    buf_init(&json, OUTPUT_MAX_BYTES);
    target_json(t, &json);
    FILE *f = fopen(path, "we");
    bool written = f != NULL && buf_ok(&json) && fwrite(json.data, 1, json.len, f) == json.len;
    int reason = errno;
    if (f != NULL && fclose(f) != 0) {
        written = false;
        reason = errno;
    }
    buf_done(&json);
    return written ? 0 : err_set(e, "target: cannot write %.500s: %s", path, strerror(reason));
}

/* Serves until it is told to stop. */
static int serve(const struct args *a, struct target *t, int signals, struct err *e) {
    int64_t listen_after_ns = opt_duration(a, "listen-after");
    if (listen_after_ns > 0) {
        fprintf(stderr, "target: will listen on %s\n", target_url(t));
        if (wait_for_end(signals, target_done_fd(t), listen_after_ns))
            return 0;
    }
    if (target_start(t, e) != 0)
        return err_prefix(e, "target");
    fprintf(stderr, "target: listening on %s\n", target_url(t));
    wait_for_end(signals, target_done_fd(t), -1);
    return 0;
}

static int run(const struct args *a) {
    struct err e = {""};
    struct target_spec spec;
    struct target *t = NULL;
    struct buf table;
    int code = EXIT_RUNTIME;
    if (read_spec(a, &spec, &e) != 0)
        return command_error(EXIT_USAGE, e.text);
    buf_init(&table, OUTPUT_MAX_BYTES);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int signals = signals_fd();
    if (signals < 0) {
        err_set(&e, "target: cannot receive signals: %s", strerror(errno));
        goto done;
    }
    if (target_open(&spec, &t, &e) != 0) {
        err_prefix(&e, "target");
        goto done;
    }
    if (serve(a, t, signals, &e) != 0)
        goto done;
    target_stop(t);
    target_table(t, &table);
    fputs(buf_text(&table), stdout);
    if (opt_text(a, "stats") != NULL && write_stats(t, opt_text(a, "stats"), &e) != 0)
        goto done;
    code = EXIT_OK;
done:
    if (code != EXIT_OK)
        command_error(code, e.text);
    target_free(t);
    buf_done(&table);
    if (signals >= 0)
        close(signals);
    return code;
}

extern const struct command command_target;
const struct command command_target = {
    .name = "target",
    .usage = "[options]",
    .summary = "a built-in prediction service to shoot at",
    .details =
        "Serves GET and HEAD on / (48 bytes of text), /health, /healthz and /stats, and POST on "
        "/predict, which "
        "takes any body (JSON, an image raw or as multipart/form-data), keeps none of it and "
        "answers 48 bytes of "
        "JSON. Every request is counted; the table at the end, --stats and GET /stats tell what "
        "came in and "
        "what became of it, so that a load test can be held against the server's own count. /stats "
        "itself is not "
        "counted, its connection is.\n\n"
        "There are two kinds of cold start. --cold-start is that of a serverless platform: the "
        "connection is "
        "accepted at once and the first request waits while the instance starts, as do all that "
        "arrive "
        "meanwhile; with --idle-timeout it happens again after a quiet time. --listen-after is "
        "that of a "
        "plain server: connections are refused until it listens.\n\n"
        "Failures hit the requests that would have been good, after their service time. A request "
        "that "
        "hangs gives up its place among the --concurrency and waits until its client leaves. "
        "SIGINT, SIGTERM and "
        "--requests end the service; what is in flight then is dropped and counts as aborted.",
    .examples =
        "coldswarm target --service-time lognormal:120ms,0.4 --cold-start 3s # much like the "
        "paper's\n"
        "coldswarm target --cpu 5ms --concurrency 2 # slow because it works\n"
        "coldswarm target --fail-rate 0.01 --fail reset # one connection in a hundred breaks",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .run = run,
};
