#include "cli/exporting.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/listeners.h"
#include "export/exporter.h"
#include "export/influx.h"
#include "export/otlp.h"
#include "util/clock.h"
#include "util/encode.h"
#include "util/text.h"
#include "util/url.h"

#define LAST_NS (2 * NS_PER_S)
#define PART_BYTES_MAX ((size_t)256 << 20)
#define TEXT_BYTES_MAX 65536
#define HEADERS_MAX 32

enum { OTLP, INFLUX, RECEIVERS };

struct receiver {
    int kind;
    const char *option;
    struct exporting *all;
    struct exporter_options options;
    char *url, *shown;
    char *headers[HEADERS_MAX];
    struct labels labels;
    struct exporter *exporter; /* NULL: not wanted */
    struct exporter_result result;
};

struct exporting {
    struct receiver receivers[RECEIVERS];
    const struct args *args;
    uint64_t seed;
    bool is_part;
    uint32_t shard; /* then: which part */
    record_event_fn *note;
    void *note_context;
    int64_t started_ns; /* since 1970; known with the first state */
    bool described;
    int64_t every_ns, next_ns;
    int64_t last_ns; /* time of the last part */
    struct buf part;
    bool ended;
};

static const struct {
    const char *option;
    const struct exporter_format *format;
    int (*url)(const char *given, struct buf *out, struct err *e);
    void (*part)(const struct status *s, const struct labels *labels, int64_t at_ns,
                 struct buf *out);
} kinds[RECEIVERS] = {[OTLP] = {"otlp", &otlp_format, otlp_url, otlp_part},
                      [INFLUX] = {"influx", &influx_format, influx_url, influx_part}};

/* ---- where ---- */

/* Without user, password and query. */
static char *without_secrets(const char *url) {
    struct url u;
    struct buf out;
    if (!url_split(url, strlen(url), &u))
        return strdup("");
    buf_init(&out, TEXT_BYTES_MAX);
    buf_add(&out, url, (size_t)((u.user == NULL ? u.host : u.user) - url));
    buf_add(&out, u.host, (size_t)(u.path - u.host) + strcspn(u.path, "?#"));
    char *text = buf_take(&out);
    buf_done(&out);
    return text;
}

static int find_receiver(struct receiver *r, int kind, const char *given, struct err *e) {
    struct buf url;
    buf_init(&url, TEXT_BYTES_MAX);
    int result = kinds[kind].url(given, &url, e);
    if (result == 0) {
        r->url = buf_take(&url);
        r->shown = r->url == NULL ? NULL : without_secrets(r->url);
        if (r->shown == NULL)
            result = err_memory(e, NULL);
    }
    buf_done(&url);
    return result;
}

/* ---- secrets, from the environment ---- */

/* A header that could end its line would be another header. */
static bool is_header(const char *name, const char *value) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (const char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr(others, *p) == NULL)
            return false;
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    return name[0] != '\0';
}

static int add_header(struct receiver *r, const char *name, const char *value, struct err *e) {
    size_t n = r->options.header_count, bytes = strlen(name) + strlen(value) + 3;
    if (!is_header(name, value))
        return err_set(e, "the header %.100s has a character that no header may have", name);
    if (n == HEADERS_MAX)
        return err_set(e, "there are more than %d headers", HEADERS_MAX);
    r->headers[n] = malloc(bytes);
    if (r->headers[n] == NULL)
        return err_memory(e, NULL);
    snprintf(r->headers[n], bytes, "%s: %s", name, value);
    r->options.header_count++;
    return 0;
}

/* The more specific variable wins. */
static int otlp_headers(struct receiver *r, struct err *e) {
    const char *name = "OTEL_EXPORTER_OTLP_METRICS_HEADERS", *text = getenv(name);
    struct labels all = {0};
    if (text == NULL || text[0] == '\0') {
        name = "OTEL_EXPORTER_OTLP_HEADERS";
        text = getenv(name);
    }
    int result = text == NULL ? 0 : otlp_pairs(name, text, &all, e);
    for (size_t i = 0; i < all.count && result == 0; i++)
        if (add_header(r, all.all[i].key, all.all[i].value, e) != 0)
            result = err_prefix(e, "%s", name);
    labels_done(&all);
    return result;
}

static int influx_headers(struct receiver *r, struct err *e) {
    const char *token = getenv("INFLUX_TOKEN"), *user = getenv("INFLUX_USERNAME");
    const char *password = getenv("INFLUX_PASSWORD");
    struct url u;
    struct buf pair, value;
    if (url_split(r->url, strlen(r->url), &u) && u.user != NULL)
        return 0; /* libcurl sends them */
    buf_init(&pair, TEXT_BYTES_MAX);
    buf_init(&value, TEXT_BYTES_MAX);
    if (token != NULL && token[0] != '\0')
        buf_printf(&value, "Token %s", token);
    else if (user != NULL && user[0] != '\0') {
        buf_printf(&pair, "%s:%s", user, password == NULL ? "" : password);
        buf_str(&value, "Basic ");
        encode_base64(&value, buf_text(&pair), pair.len);
    }
    int result = 0;
    if (value.len > 0)
        result = add_header(r, "Authorization", buf_text(&value), e);
    buf_done(&pair);
    buf_done(&value);
    return result;
}

/* ---- what describes the run ---- */

#define ID_BYTES 37 /* 32 digits, 4 dashes, NUL */

/* RFC 9562, version 4: random. */
static int make_id(char out[ID_BYTES], struct err *e) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return err_set(e, "there are no random numbers");
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    size_t n = 0;
    for (size_t i = 0; i < sizeof b; i++)
        n += (size_t)snprintf(out + n, ID_BYTES - n, "%s%02x",
                              i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    return 0;
}

static int describe_part(struct labels *l, const struct exporting *x, const char *key,
                         struct err *e) {
    char text[32];
    if (!x->is_part)
        return 0;
    snprintf(text, sizeof text, "%" PRIu32, x->shard);
    return labels_set(l, key, text, e);
}

static int otlp_labels(struct labels *l, const struct exporting *x, const struct status_run *run,
                       const char *host, struct err *e) {
    const char *given = getenv("OTEL_RESOURCE_ATTRIBUTES");
    char id[ID_BYTES], seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, x->seed);
    if (labels_set(l, "service.name", "coldswarm", e) != 0 || make_id(id, e) != 0 ||
        labels_set(l, "service.version", COLDSWARM_VERSION, e) != 0 ||
        labels_set(l, "service.instance.id", id, e) != 0 ||
        labels_set(l, "host.name", host, e) != 0 ||
        labels_set(l, "coldswarm.scenario", run->name, e) != 0 ||
        labels_set(l, "coldswarm.target", run->target == NULL ? "" : run->target, e) != 0 ||
        labels_set(l, "coldswarm.file", run->file, e) != 0 ||
        labels_set(l, "coldswarm.seed", seed, e) != 0)
        return -1;
    if (given != NULL && otlp_pairs("OTEL_RESOURCE_ATTRIBUTES", given, l, e) != 0)
        return -1;
    return describe_part(l, x, "coldswarm.shard", e);
}

/* Few, and with few values: each combination is a series. */
static int influx_labels(struct labels *l, const struct exporting *x, const struct status_run *run,
                         const char *host, struct err *e) {
    if (labels_set(l, "scenario", run->name, e) != 0 || labels_set(l, "host", host, e) != 0)
        return -1;
    return describe_part(l, x, "shard", e);
}

/* --export-label KEY=VALUE */
static int add_labels(struct labels *l, const struct args *a, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "export-label", &list);
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(list[i], '=');
        char key[128] = "";
        if (equals != NULL && (size_t)(equals - list[i]) < sizeof key)
            memcpy(key, list[i], (size_t)(equals - list[i]));
        if (equals == NULL || !influx_may_be_key(key) || equals[1] == '\0')
            return err_set(e,
                           "--export-label '%.100s': write KEY=VALUE, with a key of letters, "
                           "digits, _, - and ., such as testid=42",
                           list[i]);
        if (labels_set(l, key, equals + 1, e) != 0)
            return -1;
    }
    return 0;
}

/* ---- events ---- */

static void note(void *context, const char *text) {
    const struct receiver *r = context;
    const struct exporting *x = r->all;
    x->note(x->note_context, clock_real_ns() - x->started_ns, r->option, text);
}

static bool all_arrived(const struct exporter_result *x) {
    return x->sent == x->parts;
}

/* A mistake that many make: OTLP over gRPC has another port. */
static const char *hint(const struct receiver *r) {
    struct url u;
    bool grpc = url_split(r->url, strlen(r->url), &u) && u.host_bytes > 5 &&
                memcmp(u.host + u.host_bytes - 5, ":4317", 5) == 0;
    return grpc && r->result.sent == 0
               ? "; 4317 is usually the port of OTLP over gRPC, and 4318 that of OTLP over HTTP"
               : "";
}

static void what_is_missing(const struct receiver *r, struct err *out) {
    const struct exporter_result *x = &r->result;
    err_set(out, "%" PRIu64 " of %" PRIu64 " export%s did not reach %.300s: %.400s%s",
            x->parts - x->sent, x->parts, text_plural(x->parts), r->shown,
            x->why.text[0] == '\0' ? "it was too slow" : x->why.text, hint(r));
}

/* The last state was pushed: gives the receivers a while to take it. */
static void finish(struct exporting *x) {
    int64_t until_ns = clock_mono_ns() + LAST_NS;
    struct err text;
    x->ended = true;
    for (int i = 0; i < RECEIVERS; i++)
        if (x->receivers[i].exporter != NULL)
            exporter_finish(x->receivers[i].exporter, until_ns);
    for (int i = 0; i < RECEIVERS; i++) {
        struct receiver *r = &x->receivers[i];
        if (r->exporter == NULL)
            continue;
        exporter_join(r->exporter, &r->result);
        if (all_arrived(&r->result))
            continue;
        what_is_missing(r, &text);
        note(r, text.text);
    }
}

static void say(const struct receiver *r) {
    struct err text;
    if (!all_arrived(&r->result)) {
        what_is_missing(r, &text);
        fprintf(stderr, "coldswarm: warning: --%s: %s\n", r->option, text.text);
    }
    if (r->result.refused > 0)
        fprintf(stderr,
                "coldswarm: warning: --%s: %s did not take %" PRIu64 " data point%s: %.400s\n",
                r->option, r->shown, r->result.refused, text_plural(r->result.refused),
                r->result.why_refused.text);
}

/* ---- the listener ---- */

static int start(struct exporting *x, int kind, struct err *e) {
    struct receiver *r = &x->receivers[kind];
    const char *given = opt_text(x->args, kinds[kind].option);
    if (given == NULL)
        return 0;
    r->kind = kind;
    r->option = kinds[kind].option;
    r->all = x;
    int (*headers)(struct receiver *, struct err *) = kind == OTLP ? otlp_headers : influx_headers;
    if (find_receiver(r, kind, given, e) != 0 || headers(r, e) != 0)
        return err_prefix(e, "--%s", r->option);
    r->options.format = kinds[kind].format;
    r->options.url = r->url;
    r->options.shown = r->shown;
    r->options.headers = (const char *const *)r->headers;
    r->options.ca = opt_text(x->args, "export-ca");
    r->options.note = note;
    r->options.context = r;
    return exporter_new(&r->options, &r->exporter, e) != 0 ? err_prefix(e, "--%s", r->option) : 0;
}

/* What does not change, when it is known. */
static int describe(struct exporting *x, const struct status_run *run, struct err *e) {
    struct utsname u = {0};
    uname(&u);
    x->started_ns = run->started_ns(run->context);
    for (int i = 0; i < RECEIVERS; i++) {
        struct labels *l = &x->receivers[i].labels;
        if (x->receivers[i].exporter == NULL)
            continue;
        if ((i == OTLP ? otlp_labels : influx_labels)(l, x, run, u.nodename, e) != 0 ||
            add_labels(l, x->args, e) != 0)
            return -1;
    }
    x->described = true;
    return 0;
}

/* Whether some metrics are to be sent; or what is wrong with the options that belong to it. */
static int read_options(const struct args *a, bool *wanted, struct err *e) {
    static const char *const others[] = {"export-interval", "export-label", "export-ca"};
    *wanted = false;
    for (int i = 0; i < RECEIVERS; i++)
        *wanted = *wanted || opt_given(a, kinds[i].option);
    for (size_t i = 0; i < sizeof others / sizeof *others && !*wanted; i++)
        if (opt_given(a, others[i]))
            return err_set(e, "--%s needs --otlp or --influx", others[i]);
    if (*wanted && opt_duration(a, "export-interval") < NS_PER_S)
        return err_set(e, "--export-interval must be at least 1s, because the state of a run is "
                          "made once a second");
    return 0;
}

static void receiver_done(struct receiver *r) {
    exporter_free(r->exporter);
    for (size_t k = 0; k < r->options.header_count; k++)
        free(r->headers[k]);
    labels_done(&r->labels);
    free(r->url);
    free(r->shown);
}

static int check_receiver(const struct args *a, int kind, struct err *e) {
    struct receiver r = {.kind = kind};
    const char *attributes = getenv("OTEL_RESOURCE_ATTRIBUTES");
    int result = find_receiver(&r, kind, opt_text(a, kinds[kind].option), e);
    if (result == 0)
        result = kind == OTLP ? otlp_headers(&r, e) : influx_headers(&r, e);
    if (result != 0)
        err_prefix(e, "--%s", kinds[kind].option);
    else if (kind == OTLP && attributes != NULL)
        result = otlp_pairs("OTEL_RESOURCE_ATTRIBUTES", attributes, &r.labels, e);
    if (result == 0)
        result = add_labels(&r.labels, a, e);
    receiver_done(&r);
    return result;
}

int exporting_check(const struct args *a, struct err *e) {
    const char *ca = opt_text(a, "export-ca");
    bool wanted;
    if (read_options(a, &wanted, e) != 0)
        return -1;
    for (int i = 0; i < RECEIVERS; i++)
        if (opt_given(a, kinds[i].option) && check_receiver(a, i, e) != 0)
            return -1;
    if (ca != NULL && access(ca, R_OK) != 0)
        return err_set(e, "--export-ca: cannot read %.300s: %s", ca, strerror(errno));
    return 0;
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    bool wanted;
    if (read_options(view->args, &wanted, e) != 0)
        return -1;
    if (!wanted)
        return 0;
    struct exporting *x = calloc(1, sizeof *x);
    if (x == NULL)
        return err_memory(e, "--otlp and --influx");
    *self = x;
    *x = (struct exporting){.args = view->args,
                            .seed = view->facts->seed,
                            .is_part = view->facts->sharding->is_part,
                            .shard = view->facts->sharding->part.index,
                            .note = view->note,
                            .note_context = view->note_context,
                            .every_ns = opt_duration(view->args, "export-interval")};
    buf_init(&x->part, PART_BYTES_MAX);
    for (int i = 0; i < RECEIVERS; i++)
        if (start(x, i, e) != 0)
            return -1;
    return 0;
}

/* Times of parts go up, although the last one is that of the end of the load. */
static int64_t time_of(struct exporting *x, const struct status *s) {
    int64_t at_ns = s->run->started_ns(s->run->context) + s->elapsed_ns;
    if (at_ns <= x->last_ns)
        at_ns = x->last_ns + NS_PER_MS;
    x->last_ns = at_ns;
    return at_ns;
}

/* The load goes on without them. */
static void give_up(struct exporting *x, const char *why) {
    fprintf(stderr, "coldswarm: warning: no metrics are sent: %s\n", why);
    for (int i = 0; i < RECEIVERS; i++) {
        exporter_free(x->receivers[i].exporter);
        x->receivers[i].exporter = NULL;
    }
    x->ended = true;
}

static void second(void *self, const struct status *s) {
    struct exporting *x = self;
    struct err e;
    bool last = s->phase == STATUS_ENDED;
    if (x->ended || (!last && s->elapsed_ns < x->next_ns))
        return;
    if (!x->described && describe(x, s->run, &e) != 0) {
        give_up(x, e.text);
        return;
    }
    x->next_ns = (s->elapsed_ns / x->every_ns + 1) * x->every_ns;
    int64_t at_ns = time_of(x, s);
    for (int i = 0; i < RECEIVERS; i++) {
        if (x->receivers[i].exporter == NULL)
            continue;
        buf_clear(&x->part);
        kinds[i].part(s, &x->receivers[i].labels, at_ns, &x->part);
        if (buf_ok(&x->part)) /* without memory, the next one has all of it */
            exporter_push(x->receivers[i].exporter, buf_text(&x->part), x->part.len);
    }
    if (last)
        finish(x);
}

static void done(void *self) {
    struct exporting *x = self;
    for (int i = 0; i < RECEIVERS; i++) {
        struct receiver *r = &x->receivers[i];
        if (x->ended && r->exporter != NULL)
            say(r);
        receiver_done(r);
    }
    buf_done(&x->part);
    free(x);
}

const struct control_listener exporting_listener = {
    .name = "exporting", .init = init, .second = second, .done = done};
