/* coldswarm target: the built-in test service. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "target/llm_api.h"
#include "target/target.h"
#include "util/clock.h"
#include "util/file.h"

#define OUTPUT_MAX_BYTES (1 << 20)

static const struct opt_def opts[] = {
    {.name = "port",
     .letter = 'p',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "8080",
     .env = "PORT",
     .max = 65535,
     .help = "port to listen on; 0 picks a free port and prints it"},
    {.name = "bind",
     .type = OPT_TEXT,
     .meta = "ADDRESS",
     .def = "127.0.0.1",
     .help = "address to listen on; 0.0.0.0 accepts other machines"},
    {.name = "service-time",
     .type = OPT_TEXT,
     .meta = "TIME",
     .def = "0",
     .help = "service time of a request: 20ms, uniform:10ms,30ms, exponential:MEAN or "
             "lognormal:MEDIAN,SIGMA"},
    {.name = "get-service-time",
     .type = OPT_TEXT,
     .meta = "TIME",
     .help = "service time of GET and HEAD (default: --service-time)"},
    {.name = "cpu",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "CPU time that each request burns on one core, after its service time"},
    {.name = "concurrency",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "80",
     .min = 1,
     .max = INSTANCE_CONCURRENCY_MAX,
     .help =
         "requests served at once; others queue, first come, first served; language model answers "
         "only count if this is given, and then until their last token"},
    {.name = "cold-start",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help =
         "duration of a cold start; the first request and all that arrive meanwhile wait for it"},
    {.name = "idle-timeout",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "become cold after this long without a request; 0: stay warm"},
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
     .help = "fraction of valid requests that fail, from 0 to 1"},
    {.name = "fail",
     .type = OPT_TEXT,
     .meta = "KIND",
     .def = "status:503",
     .help = "kind of failure: status:CODE, reset, hang, garbage or short"},
    {.name = "login",
     .type = OPT_FLAG,
     .help = "POST /login, with any body, returns the token that /predict requires, as JSON "
             "(token); set it with --token"},
    {.name = "grpc",
     .type = OPT_FLAG,
     .help = "speak gRPC on the same port too, over HTTP/2: KServe's "
             "inference.GRPCInferenceService with Triton's ModelStreamInfer, grpc.health.v1 and "
             "server reflection"},
    {.name = "tls-cert",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "speak TLS with this certificate (PEM, with its chain); with --grpc, and then HTTP/2 "
             "only"},
    {.name = "tls-key",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "key of --tls-cert (default: it is in the same file)"},
    {.name = "token",
     .type = OPT_TEXT,
     .meta = "TOKEN",
     .env = "COLDSWARM_TOKEN",
     .help =
         "bearer token that POST /predict and the language model paths require (they also accept "
         "X-Api-Key); prefer the environment variable"},
    {.name = "max-body",
     .type = OPT_SIZE,
     .meta = "SIZE",
     .def = "64M",
     .help = "largest accepted body; larger ones get status 413"},
    {.name = "requests",
     .letter = 'n',
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .help = "stop after N requests have ended; 0: no limit"},
    {.name = "threads",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = 64,
     .help = "threads that serve HTTP's connections; waiting requests use none; all of gRPC has "
             "one more"},
    {.name = "seed",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .help =
         "random seed; the n-th request gets the same service time and failure for the same seed"},
    {.name = "tokens",
     .type = OPT_TEXT,
     .meta = "N",
     .def = "100",
     .help =
         "tokens of an answer of a language model, reasoning included: 100, uniform:50,200, "
         "exponential:MEAN or lognormal:MEDIAN,SIGMA; the request's max_tokens is a limit (also "
         "max_completion_tokens, max_output_tokens, max_new_tokens, n_predict, num_predict), "
         "and with ignore_eos the exact number"},
    {.name = "ttft",
     .type = OPT_TEXT,
     .meta = "TIME",
     .def = "200ms",
     .help = "time to the first token, from the complete request, or from the end of "
             "--service-time; distributions as there"},
    {.name = "token-gap",
     .type = OPT_TEXT,
     .meta = "TIME",
     .def = "20ms",
     .help = "time from each token to the next; distributions as there. A late token delays none "
             "after it"},
    {.name = "tokens-per-event",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = LLM_TOKENS_MAX,
     .help = "tokens in each event, due with the first of them: speculative decoding"},
    {.name = "events-per-write",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "1",
     .min = 1,
     .max = LLM_TOKENS_MAX,
     .help = "events in each write, due with the last of them: a proxy that buffers"},
    {.name = "split-bytes",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .max = 1 << 20,
     .help = "send each write in pieces of N bytes, also inside a character; 0: whole"},
    {.name = "role-first",
     .type = OPT_FLAG,
     .help = "chat: send an event with the role and no text at once, before the first token"},
    {.name = "ping",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "0",
     .help = "send a comment (Anthropic: a ping event) whenever nothing was due for this long; "
             "Ollama has none; 0: never"},
    {.name = "crlf", .type = OPT_FLAG, .help = "end the lines of a stream with CR LF"},
    {.name = "no-space", .type = OPT_FLAG, .help = "no space behind \"data:\" and \"event:\""},
    {.name = "usage",
     .type = OPT_TEXT,
     .meta = "WHEN",
     .def = "asked",
     .help = "token counts in an answer: asked (as the request says in stream_options), last, each "
             "(in every chunk of OpenAI's two older interfaces, and last) or none"},
    {.name = "end",
     .type = OPT_TEXT,
     .meta = "KIND",
     .def = "done",
     .help = "how a stream ends: done, or after half of its tokens close (the body ends without an "
             "end mark), reset (RST), error (an error event) or stall (silence)"},
    {.name = "reasoning",
     .type = OPT_INTEGER,
     .meta = "N",
     .def = "0",
     .max = LLM_TOKENS_MAX,
     .help = "the first N tokens of an answer are reasoning, where the interface has that"},
    {.name = "cached",
     .type = OPT_NUMBER,
     .meta = "SHARE",
     .def = "0",
     .max = 1,
     .help = "share of the prompt's tokens that usage calls cached, from 0 to 1"},
    {.name = "token-log",
     .type = OPT_FILE,
     .meta = "FILE",
     .help =
         "write as CSV when each write of tokens was due, began and was done (CLOCK_MONOTONIC)"},
    {.name = "stats",
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "write the request counts as JSON at the end"},
};

static int texts_to_spec(const struct args *a, struct target_spec *s, struct err *e) {
    const char *get = opt_text(a, "get-service-time");
    if (variate_parse_times(opt_text(a, "service-time"), &s->post, e) != 0)
        return err_prefix(e, "target: --service-time");
    if (get == NULL)
        s->get = s->post;
    else if (variate_parse_times(get, &s->get, e) != 0)
        return err_prefix(e, "target: --get-service-time");
    if (fault_parse(opt_text(a, "fail"), &s->fault, e) != 0)
        return err_prefix(e, "target: --fail");
    if (opt_given(a, "fail") && s->fault.rate == 0)
        return err_set(e, "target: --fail needs --fail-rate, for example 0.01");
    if (s->tls_cert != NULL && !s->grpc)
        return err_set(e, "target: --tls-cert needs --grpc: HTTP/1.1 is served without TLS only");
    if (s->tls_key != NULL && s->tls_cert == NULL)
        return err_set(e, "target: --tls-key needs --tls-cert");
    if (s->instance.idle_timeout_ns > 0 && s->instance.cold_start_ns == 0)
        return err_set(e, "target: --idle-timeout needs --cold-start, for example 3s");
    return 0;
}

static int read_variate(const struct args *a, const char *name, bool counts, struct variate *d,
                        struct err *e) {
    const char *text = opt_text(a, name);
    if ((counts ? variate_parse_counts(text, LLM_TOKENS_MAX, d, e)
                : variate_parse_times(text, d, e)) != 0)
        return err_prefix(e, "target: --%s", name);
    return 0;
}

static int read_tokens(const struct args *a, struct token_spec *s, struct err *e) {
    *s = (struct token_spec){
        .tokens_per_event = (uint64_t)opt_integer(a, "tokens-per-event"),
        .events_per_write = (uint64_t)opt_integer(a, "events-per-write"),
        .split_bytes = (size_t)opt_integer(a, "split-bytes"),
        .role_first = opt_flag(a, "role-first"),
        .crlf = opt_flag(a, "crlf"),
        .no_space = opt_flag(a, "no-space"),
        .ping_ns = opt_duration(a, "ping"),
        .reasoning = (uint64_t)opt_integer(a, "reasoning"),
        .cached = opt_number(a, "cached"),
        .hold = opt_given(a, "concurrency"),
        .log_path = opt_text(a, "token-log"),
    };
    if (read_variate(a, "tokens", true, &s->tokens, e) != 0 ||
        read_variate(a, "ttft", false, &s->ttft, e) != 0 ||
        read_variate(a, "token-gap", false, &s->gap, e) != 0)
        return -1;
    if (token_usage_parse(opt_text(a, "usage"), &s->usage, e) != 0)
        return err_prefix(e, "target: --usage");
    if (token_end_parse(opt_text(a, "end"), &s->end, e) != 0)
        return err_prefix(e, "target: --end");
    if (s->ping_ns > 0 && s->ping_ns < NS_PER_MS)
        return err_set(e, "target: --ping must be 1ms or longer");
    if (s->cached > 0 && s->usage == TOKEN_USAGE_NONE)
        return err_set(e, "target: --cached is part of the usage, and --usage none sends none; "
                          "leave one of them out");
    if (s->tokens.kind == VARIATE_CONSTANT && s->reasoning > (uint64_t)s->tokens.low)
        return err_set(e,
                       "target: --reasoning %" PRIu64 " is more than all tokens, --tokens %" PRId64,
                       s->reasoning, s->tokens.low);
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
        .grpc = opt_flag(a, "grpc"),
        .tls_cert = opt_text(a, "tls-cert"),
        .tls_key = opt_text(a, "tls-key"),
        .body_max_bytes = opt_size(a, "max-body"),
        .threads = (unsigned)opt_integer(a, "threads"),
        .requests_max = (uint64_t)opt_integer(a, "requests"),
        .seed = (uint64_t)opt_integer(a, "seed"),
    };
    if (s->login && s->token == NULL)
        s->token = "a-token-of-coldswarm-target";
    return read_tokens(a, &s->tokens, e) == 0 ? texts_to_spec(a, s, e) : -1;
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

/* Serves until something stops it. */
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
    file_raise_limit();
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
    if (target_stop(t, &e) != 0) {
        err_prefix(&e, "target");
        goto done;
    }
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

const struct command command_target = {
    .name = "target",
    .usage = "[options]",
    .summary = "run a built-in test service",
    .details =
        "Serves GET and HEAD on / (48 bytes of text), /health, /healthz and /stats, and POST on "
        "/predict. /predict accepts any body (JSON, a raw image or multipart/form-data), discards "
        "it and returns 48 bytes of JSON. Every request is counted. The final table, --stats and "
        "GET /stats show the requests and their outcomes, so that a load test can be checked "
        "against the server's own counts. Requests to /stats are not counted, their connections "
        "are.\n"
        "\n"
        "With --service-time exponential:40ms --concurrency 4, and requests that arrive at random, "
        "it "
        "is the queue M/M/4, whose response times are known by formulas.\n"
        "\n"
        "There are two kinds of cold start. --cold-start acts like a serverless platform: the "
        "connection is accepted at once, and the first request and all that arrive meanwhile wait "
        "while the instance starts. With --idle-timeout it becomes cold again when idle. "
        "--listen-after acts like a plain server: connections are refused until it listens.\n"
        "\n"
        "It is a language model too, on the paths of OpenAI (/v1/chat/completions, "
        "/v1/completions, /v1/responses, /v1/models), Anthropic (/v1/messages), TGI "
        "(/generate_stream) and Ollama (/api/chat, /api/generate). An answer is streamed if the "
        "request says so, or if the interface always does. Its text is made of words, the same "
        "for the same seed; one word is one token, in the prompt too. Token k is due at --ttft "
        "plus k gaps, however late others were, and --token-log says when it was really sent.\n"
        "\n"
        "It answers KServe's inference protocol version 2 under /v2: /v2/health/live, "
        "/v2/health/ready, /v2/models/NAME, /v2/models/NAME/ready and POST "
        "/v2/models/NAME/infer. With --grpc it speaks that protocol over gRPC as well. "
        "ModelStreamInfer streams tokens, one message for each event, and a last one without "
        "text. --fail status:CODE becomes the gRPC status of that HTTP status, garbage is a "
        "message that is no protobuf, short is a truncated one, and reset resets the stream.\n"
        "\n"
        "Failures apply to valid requests, after their service time. A request that hangs frees "
        "its --concurrency slot and waits until the client disconnects. SIGINT, SIGTERM and "
        "--requests stop the service; requests in flight are dropped and counted as aborted.",
    .examples =
        "coldswarm target --service-time lognormal:120ms,0.4 --cold-start 3s # a "
        "serverless service with cold starts\n"
        "coldswarm target --cpu 5ms --concurrency 2 # a CPU-bound service\n"
        "coldswarm target --fail-rate 0.01 --fail reset # reset the connection of 1 % of "
        "the requests\n"
        "coldswarm target --tokens uniform:50,200 --ttft 150ms --token-gap 20ms --token-log "
        "tokens.csv # a language model that logs when it sent each token",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .run = run,
};
