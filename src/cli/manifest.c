#include "cli/manifest.h"

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

#include "cli/replay.h"
#include "util/buf.h"
#include "util/sha256.h"

#define VALUE_MAX_BYTES 65536

static void add_argv(struct buf *out, const struct args *a) {
    char *const *argv;
    size_t n = args_argv(a, &argv);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(out, ' ');
        replay_word(out, argv[i]);
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

static int put(struct record *r, const char *key, struct buf *value, struct err *e) {
    int status = buf_ok(value) ? record_manifest(r, key, buf_text(value), e)
                               : err_set(e, "the manifest's %s is too long", key);
    buf_clear(value);
    return status;
}

int manifest_write(struct record *r, const struct args *a, const struct scenario *s,
                   const struct manifest_sending *sending, struct err *e) {
    struct utsname u;
    struct rlimit files;
    struct buf v;
    int status = 0;
    buf_init(&v, VALUE_MAX_BYTES);
#define PUT(key, ...)                                                                              \
    do {                                                                                           \
        buf_printf(&v, __VA_ARGS__);                                                               \
        if (status == 0)                                                                           \
            status = put(r, key, &v, e);                                                           \
    } while (0)
    add_argv(&v, a);
    PUT("argv", "%s", "");
    PUT("coldswarm", "%s", COLDSWARM_VERSION);
    PUT("libcurl", "%s", curl_version());
    PUT("libuv", "%s", uv_version_string());
    PUT("openssl", "%s", OpenSSL_version(OPENSSL_VERSION));
    PUT("http_parser", "%lu.%lu.%lu", http_parser_version() >> 16 & 255,
        http_parser_version() >> 8 & 255, http_parser_version() & 255);
    PUT("sqlite", "%s", sqlite3_libversion());
    if (uname(&u) == 0) {
        PUT("kernel", "%s %s %s", u.sysname, u.release, u.version);
        PUT("machine", "%s", u.machine);
    }
    add_cpu_model(&v);
    PUT("cpu", "%s", "");
    PUT("cpus", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    PUT("memory_bytes", "%lld", (long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE));
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        PUT("open_files_limit", "%llu", (unsigned long long)files.rlim_cur);
    PUT("load_seconds", "%g", (double)scenario_duration(s) / 1e9);
    PUT("load_users_max", "%u", scenario_users_max(s));
    if (s->load_count == 1 && s->loads[0].load.kind == LOAD_USERS)
        PUT("load_spawn_rate", "%g", s->loads[0].load.spawn_rate);
    if (s->load_count == 1 && load_is_open(&s->loads[0].load))
        PUT("load_rate_max", "%.10g", (double)load_micro_rate_max(&s->loads[0].load) / LOAD_MICRO);
    PUT("threads", "%lld", (long long)opt_integer(a, "threads"));
    PUT("stop_timeout_seconds", "%g", (double)opt_duration(a, "stop-timeout") / 1e9);
    PUT("transport", "%s", sending->transport);
    PUT("transport_reason", "%s", sending->why);
    PUT("receive_clock", "%s", sending->kernel_clock ? "kernel" : "client");
    if (*sending->trace_run != '\0')
        PUT("trace_run", "%s", sending->trace_run);
    PUT("scenario_file", "%s", s->file);
    char sha256[SHA256_HEX_BYTES];
    sha256_hex(s->source, strlen(s->source), sha256);
    PUT("scenario_sha256", "%s", sha256);
#undef PUT
    buf_done(&v);
    return status;
}

static int put_number(struct record *r, const char *key, int64_t value, struct err *e) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return record_manifest(r, key, text, e);
}

int manifest_write_dispatch(struct record *r, const struct observe_result *sent, struct err *e) {
    if (sent->scheduled == 0)
        return 0;
    if (put_number(r, "dispatch_scheduled", (int64_t)sent->scheduled, e) != 0 ||
        put_number(r, "dispatch_waited_for_user", (int64_t)sent->waited, e) != 0 ||
        put_number(r, "dispatch_late", (int64_t)sent->late, e) != 0 ||
        put_number(r, "dispatch_not_sent", (int64_t)sent->not_sent, e) != 0 ||
        put_number(r, "dispatch_p50_us", sent->p50_us, e) != 0 ||
        put_number(r, "dispatch_p99_us", sent->p99_us, e) != 0)
        return -1;
    return put_number(r, "dispatch_max_us", sent->max_us, e);
}

int manifest_write_calibration(struct record *r, const struct calibration *c, struct err *e) {
    if (c->requests == 0)
        return 0;
    if (put_number(r, "calibration_p50_us", c->p50_us, e) != 0 ||
        put_number(r, "calibration_p99_us", c->p99_us, e) != 0)
        return -1;
    return put_number(r, "calibration_requests_per_second", llround(c->requests_per_second), e);
}
