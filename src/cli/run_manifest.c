#include "cli/run_manifest.h"

#include <brotli/decode.h>
#include <curl/curl.h>
#include <http_parser.h>
#include <inttypes.h>
#include <math.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "cli/streaming.h"
#include "report/thresholds.h"
#include "scenario/arrival_trace.h"
#include "util/buf.h"
#include "util/sha256.h"

#define VALUE_MAX_BYTES (SIZE_MAX / 2)

/* The value of --web-token is a secret. */
static void add_argv(struct buf *out, const struct args *a) {
    static const char secret[] = "--web-token";
    char *const *argv;
    size_t n = args_argv(a, &argv), length = strlen(secret);
    bool value = false; /* the next word is the secret's */
    for (size_t i = 0; i < n; i++) {
        bool named = strncmp(argv[i], secret, length) == 0;
        if (i > 0)
            buf_char(out, ' ');
        if (value)
            buf_str(out, "***");
        else if (named && argv[i][length] == '=')
            buf_printf(out, "%s=***", secret);
        else
            replay_word(out, argv[i]);
        value = named && argv[i][length] == '\0';
    }
}

static void add_cpu_model(struct buf *out) {
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "model name", 10) == 0) {
            const char *value = strchr(line, ':');
            if (value != NULL)
                buf_add(out, value + 2, strcspn(value + 2, "\n"));
            break;
        }
    if (f != NULL)
        fclose(f);
    if (out->len == 0)
        buf_str(out, "unknown");
}

/* Not by curl_version(): it asks libldap for its version, which then looks up the name of this
 * machine. That takes minutes if no name server answers, and a tenth of the start of a run if one
 * does. */
static void add_libcurl(struct manifest *m) {
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    struct buf text;
    buf_init(&text, VALUE_MAX_BYTES);
    buf_printf(&text, "libcurl/%s", v->version);
    if (v->ssl_version != NULL)
        buf_printf(&text, " %s", v->ssl_version);
    if (v->libz_version != NULL)
        buf_printf(&text, " zlib/%s", v->libz_version);
    if (v->brotli_version != NULL)
        buf_printf(&text, " brotli/%s", v->brotli_version);
    if (v->nghttp2_version != NULL)
        buf_printf(&text, " nghttp2/%s", v->nghttp2_version);
    manifest_take(m, "libcurl", &text);
    buf_done(&text);
}

static void add_machine(struct manifest *m, const struct args *a) {
    struct utsname u;
    struct rlimit files;
    struct buf v;
    buf_init(&v, VALUE_MAX_BYTES);
    add_argv(&v, a);
    manifest_take(m, "argv", &v);
    manifest_add(m, "coldswarm", COLDSWARM_VERSION);
    add_libcurl(m);
    manifest_add(m, "libuv", uv_version_string());
    manifest_add(m, "openssl", OpenSSL_version(OPENSSL_VERSION));
    manifest_addf(m, "http_parser", "%lu.%lu.%lu", http_parser_version() >> 16 & 255,
                  http_parser_version() >> 8 & 255, http_parser_version() & 255);
    manifest_add(m, "zlib", zlibVersion());
    unsigned brotli = BrotliDecoderVersion();
    manifest_addf(m, "brotli", "%u.%u.%u", brotli >> 24, brotli >> 12 & 4095, brotli & 4095);
    manifest_add(m, "sqlite", sqlite3_libversion());
    if (uname(&u) == 0) {
        manifest_addf(m, "kernel", "%s %s %s", u.sysname, u.release, u.version);
        manifest_add(m, "machine", u.machine);
    }
    add_cpu_model(&v);
    manifest_take(m, "cpu", &v);
    manifest_addf(m, "cpus", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    manifest_addf(m, "memory_bytes", "%lld",
                  (long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE));
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        manifest_addf(m, "open_files_limit", "%llu", (unsigned long long)files.rlim_cur);
    buf_done(&v);
}

static void add_trace(struct manifest *m, const struct scenario *s, const struct load *l) {
    struct buf path;
    buf_init(&path, VALUE_MAX_BYTES);
    scenario_mask(s, s->trace->path, &path);
    manifest_take(m, "load_trace", &path);
    manifest_add(m, "load_trace_format", arrival_trace_format_text(s->trace->format));
    manifest_addf(m, "load_trace_speed", "%.10g", (double)l->micro_speed / LOAD_MICRO);
    manifest_addf(m, "load_trace_arrivals", "%llu", (unsigned long long)load_trace_count(l));
    buf_done(&path);
}

static void add_load(struct manifest *m, const struct scenario *s) {
    manifest_addf(m, "load_seconds", "%.15g", (double)scenario_duration(s) / 1e9);
    manifest_addf(m, "load_users_max", "%u", scenario_users_max(s));
    if (s->load_count == 1 && s->loads[0].load.kind == LOAD_USERS)
        manifest_addf(m, "load_spawn_rate", "%.15g", s->loads[0].load.spawn_rate);
    for (size_t i = 0; i < s->load_count; i++)
        if (s->loads[i].load.kind == LOAD_TRACE)
            add_trace(m, s, &s->loads[i].load);
    if (s->load_count == 1 && load_is_open(&s->loads[0].load))
        manifest_addf(m, "load_rate_max", "%.10g",
                      (double)load_micro_rate_max(&s->loads[0].load) / LOAD_MICRO);
}

static void add_sending(struct manifest *m, const struct run_facts *f) {
    const struct args *a = f->args;
    const struct scenario *s = f->scenario;
    char sha256[SHA256_HEX_BYTES];
    struct buf v;
    buf_init(&v, VALUE_MAX_BYTES);
    manifest_addf(m, "threads", "%lld", (long long)opt_integer(a, "threads"));
    manifest_addf(m, "stop_timeout_seconds", "%.15g",
                  (double)opt_duration(a, "stop-timeout") / 1e9);
    manifest_add(m, "transport", f->sending->transport->name);
    manifest_add(m, "transport_reason", f->sending->why);
    manifest_add(m, "http_version_asked", scenario_http_version_text(s->http.version));
    manifest_add(m, "receive_clock", f->sending->kernel_clock ? "kernel" : "client");
    for (size_t i = 0; i < s->http.source_count; i++)
        buf_printf(&v, "%s%s", i > 0 ? ", " : "", s->http.source[i]);
    if (s->http.source_count > 0)
        manifest_take(m, "source_addresses", &v);
    if (*f->sending->trace_run != '\0')
        manifest_add(m, "trace_run", f->sending->trace_run);
    manifest_add(m, "scenario_file", s->file);
    sha256_hex(s->source, strlen(s->source), sha256);
    manifest_add(m, "scenario_sha256", sha256);
    buf_done(&v);
}

static void add_calibration(struct manifest *m, const struct calibration *c) {
    if (c->requests == 0)
        return;
    manifest_addf(m, "calibration_p50_us", "%" PRId64, c->p50_us);
    manifest_addf(m, "calibration_p99_us", "%" PRId64, c->p99_us);
    manifest_addf(m, "calibration_requests_per_second", "%lld", llround(c->requests_per_second));
}

static void add_thresholds(struct manifest *m, const struct gate_rules *rules) {
    struct buf text;
    if (rules->count == 0)
        return;
    buf_init(&text, SIZE_MAX / 2);
    gate_rules_text(rules, &text);
    manifest_take(m, THRESHOLDS_KEY, &text);
    buf_done(&text);
}

void run_manifest(struct manifest *m, const struct run_facts *f) {
    add_machine(m, f->args);
    add_load(m, f->scenario);
    add_sending(m, f);
    add_calibration(m, f->calibration);
    add_thresholds(m, &f->scenario->thresholds);
    streaming_manifest(m, f->scenario);
    sharding_manifest(f->sharding, m);
    if (f->sharding->is_part)
        manifest_addf(m, "exit_code_on_error", "%lld",
                      (long long)opt_integer(f->args, "exit-code-on-error"));
    replay_describe(m, f->args, f->scenario, f->replay);
    if (f->replay != NULL)
        manifest_add(m, "replay_of", opt_text(f->args, "replay"));
    if (f->repeat->count > 1)
        manifest_addf(m, "repeat_run", "%u of %u", f->repeat->nth, f->repeat->count);
}
