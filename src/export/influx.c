#include "export/influx.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "control/metrics.h"
#include "util/clock.h"
#include "util/encode.h"
#include "util/host.h"
#include "util/json.h"
#include "util/text.h"
#include "util/url.h"

#define TEXT_MAX_BYTES 65536
#define HELP                                                                                       \
    "write it as http://HOST:8086/DATABASE, or "                                                   \
    "http://HOST:8086/api/v2/write?org=ORG&bucket=BUCKET"

/* ---- where ---- */

static bool is_key(const char *text, size_t n, const char *key) {
    return strlen(key) == n && memcmp(text, key, n) == 0;
}

/* Checks the query of an address that is taken as it is. */
static int check_query(const char *query, size_t n, struct err *e) {
    static const char *const known[] = {"db", "rp", "org", "orgID", "bucket", "consistency"};
    bool placed = false;
    for (size_t at = 0; at < n;) {
        const char *field = query + at;
        size_t bytes = n - at, key = 0;
        const char *end = memchr(field, '&', bytes);
        bytes = end == NULL ? bytes : (size_t)(end - field);
        while (key < bytes && field[key] != '=')
            key++;
        if (is_key(field, key, "precision"))
            return err_set(e, "remove precision from the address; times are in nanoseconds");
        size_t i = 0;
        while (i < sizeof known / sizeof *known && !is_key(field, key, known[i]))
            i++;
        if (i == sizeof known / sizeof *known)
            return err_set(e,
                           "the address has an unknown parameter; a user and a password belong in "
                           "INFLUX_USERNAME and INFLUX_PASSWORD, a token in INFLUX_TOKEN");
        bool is_place = is_key(field, key, "db") || is_key(field, key, "bucket");
        placed = placed || (is_place && key + 1 < bytes);
        at += bytes + 1;
    }
    return placed ? 0 : err_set(e, "the address names no database and no bucket; " HELP);
}

static bool ends_with(const char *path, size_t n, const char *tail) {
    size_t bytes = strlen(tail);
    return n >= bytes && memcmp(path + n - bytes, tail, bytes) == 0;
}

int influx_url(const char *given, struct buf *out, struct err *e) {
    struct url u;
    struct err why = {""};
    struct buf host;
    if (!url_split(given, strlen(given), &u) || u.scheme[0] == '\0' || u.fragment != NULL)
        return err_set(e, "this is not the address of an InfluxDB; " HELP);
    buf_init(&host, TEXT_MAX_BYTES);
    int result = host_authority(u.host, u.host_bytes, &host, &why);
    buf_done(&host);
    if (result != 0)
        return err_set(e, "the address of the InfluxDB: %s", why.text);
    const char *mark = memchr(u.path, '?', u.path_bytes);
    size_t path = mark == NULL ? u.path_bytes : (size_t)(mark - u.path);
    size_t query = u.path_bytes - path - (mark != NULL);
    if (ends_with(u.path, path, "/write") || ends_with(u.path, path, "/api/v3/write_lp")) {
        buf_add(out, given, (size_t)(u.path - given));
        encode_written(out, u.path, u.path_bytes);
        return check_query(mark == NULL ? "" : mark + 1, query, e);
    }
    while (path > 1 && u.path[path - 1] == '/')
        path--;
    if (path < 2 || memchr(u.path + 1, '/', path - 1) != NULL || mark != NULL)
        return err_set(e, "the address names no database; " HELP);
    buf_add(out, given, (size_t)(u.path - given));
    buf_str(out, "/write?db=");
    /* A value of the query now, in which an '&' of a path would begin another one. */
    struct buf name;
    buf_init(&name, TEXT_MAX_BYTES);
    decode_percent(&name, u.path + 1, path - 1, false);
    encode_percent(out, buf_text(&name), name.len);
    buf_done(&name);
    return buf_ok(out) ? 0 : err_set(e, "the address of the InfluxDB is too long");
}

/* ---- lines ---- */

bool influx_may_be_key(const char *key) {
    size_t n = strlen(key);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)key[i]) && strchr("_-.", key[i]) == NULL)
            return false;
    return n > 0 && n <= 100 && strcmp(key, "time") != 0 && key[0] != '_';
}

/* A backslash is kept unless it would escape what is behind the tag. */
static void tag(struct buf *out, const char *key, const char *value) {
    struct buf shown;
    if (value == NULL || value[0] == '\0')
        return;
    buf_init(&shown, TEXT_MAX_BYTES);
    metrics_text(&shown, value);
    buf_printf(out, ",%s=", key);
    for (const char *p = buf_text(&shown); *p != '\0'; p++) {
        if (*p == '\\' && (p[1] == '\0' || strchr(",= \\", p[1]) != NULL)) {
            buf_str(out, "\\x5c");
            continue;
        }
        if (strchr(",= ", *p) != NULL)
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_done(&shown);
}

static void measurement(struct buf *out, const char *name, const struct labels *tags) {
    buf_printf(out, "coldswarm_%s", name);
    for (size_t i = 0; i < tags->count; i++)
        tag(out, tags->all[i].key, tags->all[i].value);
}

static void text(struct buf *out, const char *value) {
    struct buf shown;
    buf_init(&shown, TEXT_MAX_BYTES);
    metrics_text(&shown, value);
    buf_char(out, '"');
    for (const char *p = buf_text(&shown); *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_char(out, '"');
    buf_done(&shown);
}

static void end_line(struct buf *out, int64_t at_ns) {
    buf_printf(out, " %" PRId64 "\n", at_ns);
}

/* A field of seconds, if there is a value. */
static void time_field(struct buf *out, const char *name, int64_t us) {
    if (us == LIVE_NO_VALUE)
        return;
    buf_printf(out, ",%s=", name);
    text_number(out, (double)us / 1e6);
}

static void rate_field(struct buf *out, const char *name, double value) {
    buf_printf(out, ",%s=", name);
    text_number(out, isfinite(value) ? value : 0);
}

static void histogram(struct buf *out, const struct live_row *r) {
    uint64_t below = 0;
    buf_printf(out, ",response_time_count=%" PRIu64 "i,response_time_sum=", r->timed);
    text_number(out, (double)r->sum_us / 1e6);
    for (size_t i = 0; i < LIVE_TABLE_BOUNDS; i++) {
        below += r->counts[i];
        buf_printf(out, ",response_time_le_%g=%" PRIu64 "i", (double)live_table_bounds_us[i] / 1e6,
                   below);
    }
}

static void endpoint(struct buf *out, const struct status *s, const struct labels *tags,
                     const struct status_row *r, bool is_rest) {
    const char *comma = "";
    measurement(out, "endpoint", tags);
    tag(out, "method", r->method);
    tag(out, "name", r->name);
    buf_char(out, ' ');
    for (size_t k = 0; k < METRICS_COUNTS; k++) {
        const struct metrics_count *c = &metrics_counts[k];
        if (c->streams && !s->run->streams)
            continue;
        buf_printf(out, "%s%s=%" PRIu64 "i", comma, c->about.name, c->value(&r->live));
        comma = ",";
    }
    histogram(out, &r->live);
    if (is_rest)
        return;
    rate_field(out, "requests_per_second", r->live.requests_per_second);
    rate_field(out, "failures_per_second", r->live.failures_per_second);
    time_field(out, "response_time_p50", r->live.recent.p50_us);
    time_field(out, "response_time_p95", r->live.recent.p95_us);
    time_field(out, "response_time_p99", r->live.recent.p99_us);
    if (!s->run->streams)
        return;
    rate_field(out, "tokens_per_second", r->live.tokens_per_second);
    time_field(out, "ttft_p50", r->live.ttft.p50_us);
    time_field(out, "ttft_p95", r->live.ttft.p95_us);
    time_field(out, "ttft_p99", r->live.ttft.p99_us);
}

static void of_run(struct buf *out, const struct status *s, const struct labels *tags) {
    measurement(out, "run", tags);
    buf_str(out, " file=");
    text(out, s->run->file == NULL ? "" : s->run->file);
    buf_str(out, ",target=");
    text(out, s->run->target == NULL ? "" : s->run->target);
    buf_str(out, ",version=");
    text(out, s->run->version);
    buf_str(out, ",verdict=");
    text(out, s->verdict == NULL ? "" : s->verdict);
    for (size_t i = 0; i < METRICS_NUMBERS; i++) {
        const struct metrics_number *n = &metrics_numbers[i];
        double value = n->value(s);
        if (!isfinite(value))
            continue;
        buf_printf(out, ",%s=", n->about.name);
        if (n->whole)
            buf_printf(out, "%" PRIu64 "i", (uint64_t)value);
        else
            text_number(out, value);
    }
}

static void threshold(struct buf *out, const struct status_threshold *t,
                      const struct labels *tags) {
    measurement(out, "threshold", tags);
    tag(out, "threshold", t->text == NULL ? "" : t->text);
    buf_printf(out, " state=\"%s\"", status_threshold_word(t->state));
    if (isfinite(t->margin)) {
        buf_str(out, ",margin=");
        text_number(out, t->margin);
    }
}

void influx_part(const struct status *s, const struct labels *tags, int64_t at_ns,
                 struct buf *out) {
    struct metrics_rows rows;
    metrics_rows_init(&rows, s);
    of_run(out, s, tags);
    end_line(out, at_ns);
    for (size_t i = 0; i < rows.count; i++) {
        endpoint(out, s, tags, metrics_row(&rows, i), i >= rows.shown);
        end_line(out, at_ns);
    }
    for (size_t i = 0; i < s->threshold_count; i++) {
        threshold(out, &s->thresholds[i], tags);
        end_line(out, at_ns);
    }
}

/* ---- answers ---- */

static bool repeats(long status) {
    return status == 429 || status / 100 == 5;
}

/* {"error": "..."} of version 1, {"message": "..."} of version 2. Version 1 says there how many
 * points of a request it did not take: "partial write: ... dropped=2". */
static void read_answer(long status, const char *body, size_t bytes, struct exporter_answer *out) {
    struct json_doc *doc = NULL;
    struct buf shown;
    struct err ignored;
    if (status / 100 == 2 || json_parse("the response", body, bytes, &doc, &ignored) != 0)
        return;
    const char *said = json_get_string(json_root(doc), "error");
    const char *dropped = strstr(said, "dropped=");
    if (json_get_string(json_root(doc), "message")[0] != '\0')
        said = json_get_string(json_root(doc), "message");
    buf_init(&shown, TEXT_MAX_BYTES);
    metrics_text(&shown, said);
    err_set(&out->why, "%s", buf_text(&shown));
    buf_done(&shown);
    if (strncmp(said, "partial write", strlen("partial write")) == 0 && dropped != NULL)
        out->refused = strtoull(dropped + strlen("dropped="), NULL, 10);
    json_free(doc);
}

const struct exporter_format influx_format = {.type = "text/plain; charset=utf-8",
                                              .begin = "",
                                              .between = "",
                                              .end = "",
                                              .repeats = repeats,
                                              .read = read_answer};
