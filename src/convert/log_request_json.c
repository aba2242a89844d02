/* Entries of access logs that are JSON: Caddy, Envoy, Traefik, Cloud Run, nginx with a format of
 * its own. */
#include <string.h>
#include <strings.h>

#include "convert/log_request.h"
#include "import/import_fields.h"
#include "util/url.h"

#define NAMES_MAX 8

/* Names of one fact, in the order in which they are looked for. */
struct names {
    const char *name[NAMES_MAX];
};

static const struct json *find(const struct json *v, const struct names *names) {
    for (size_t i = 0; i < NAMES_MAX && names->name[i] != NULL; i++) {
        const struct json *m = json_get(v, names->name[i]);
        if (m != NULL && (m->kind == JSON_STRING || m->kind == JSON_NUMBER))
            return m;
    }
    return NULL;
}

/* In the object about the request, or else in the entry. */
static const struct json *find_in(const struct json *inner, const struct json *entry,
                                  const struct names *names) {
    const struct json *m = find(inner, names);
    return m != NULL ? m : find(entry, names);
}

static bool is_text(const struct json *v) {
    return v != NULL && v->kind == JSON_STRING && v->len > 0 && strcmp(v->text, "-") != 0;
}

static void read_time(struct log_request *r, const struct json *v) {
    double number;
    if (v == NULL)
        return;
    if (v->kind == JSON_STRING && log_request_time(r, v->text, v->len))
        return;
    if (!import_double(v, &number) || number < 1e8 || number > 1e17)
        return;
    /* Seconds, milliseconds or microseconds since 1970, by their size. */
    double us = number < 1e11 ? number * 1e6 : number < 1e14 ? number * 1e3 : number;
    r->at_us = (int64_t)us;
    r->has_time = true;
    r->whole_seconds = r->at_us % 1000000 == 0;
}

/* Caddy's headers are lists. */
static void read_agent(struct log_request *r, const struct json *inner, const struct json *entry) {
    static const struct names names = {{"user_agent", "userAgent", "http_user_agent", "useragent",
                                        "request_User-Agent", "user-agent", "agent"}};
    const struct json *m = find_in(inner, entry, &names);
    const struct json *list = json_get_array(json_get(inner, "headers"), "User-Agent");
    if (m == NULL && list != NULL)
        m = list->first;
    if (is_text(m)) {
        r->agent = m->text;
        r->agent_bytes = m->len;
    }
}

static void read_host(struct log_request *r, const struct json *inner, const struct json *entry) {
    static const struct names hosts = {{"host", "authority", ":authority", "http_host",
                                        "RequestHost", "vhost", "requested_server_name"}};
    static const struct names schemes = {
        {"scheme", "RequestScheme", "x_forwarded_proto", "x-forwarded-proto", "request_scheme"}};
    const struct json *host = find_in(inner, entry, &hosts),
                      *scheme = find_in(inner, entry, &schemes), *tls = json_get(inner, "tls");
    if (is_text(host)) {
        r->host = host->text;
        r->host_bytes = host->len;
    }
    if (is_text(scheme)) {
        r->https = strcasecmp(scheme->text, "https") == 0;
        r->scheme_known = r->https || strcasecmp(scheme->text, "http") == 0;
    } else if (inner != NULL && json_get(inner, "proto") != NULL) { /* Caddy tells of TLS */
        r->https = tls != NULL && tls->kind == JSON_OBJECT;
        r->scheme_known = true;
    }
}

enum log_kind log_request_json(struct log_request *r, const struct json *entry) {
    static const struct names inners = {{"httpRequest", "http_request", "request"}};
    static const struct names methods = {{"method", "requestMethod", "request_method", ":method",
                                          "RequestMethod", "verb", "http_method"}};
    static const struct names targets = {
        {"uri", "requestUrl", "request_url", "request_uri", "path", ":path", "RequestPath", "url"}};
    static const struct names lines = {{"request", "request_line"}};
    static const struct names statuses = {{"status", "response_code", "status_code",
                                           "responseStatusCode", "DownstreamStatus", "code"}};
    static const struct names times = {{"ts", "start_time", "timestamp", "time", "@timestamp",
                                        "time_iso8601", "time_local", "StartUTC"}};
    const struct json *inner = NULL;
    int64_t status;
    log_request_clear(r);
    for (size_t i = 0; i < NAMES_MAX && inners.name[i] != NULL && inner == NULL; i++) {
        inner = json_get(entry, inners.name[i]);
        if (inner != NULL && inner->kind != JSON_OBJECT)
            inner = NULL;
    }
    const struct json *method = find_in(inner, entry, &methods),
                      *target = find_in(inner, entry, &targets), *line = find(entry, &lines),
                      *code = find_in(inner, entry, &statuses);
    read_time(r, find(entry, &times));
    read_agent(r, inner, entry);
    read_host(r, inner, entry);
    if (code != NULL && import_int64(code, &status) && status >= 100 && status <= 599)
        r->status = (int)status;
    if (method == NULL && target == NULL && line != NULL && line->kind == JSON_STRING)
        return log_request_split(r, line->text, line->len);
    if (method == NULL || target == NULL || method->kind != JSON_STRING ||
        target->kind != JSON_STRING || (inner == NULL && code == NULL))
        return LOG_OTHER;
    if (!is_text(method) || !is_text(target))
        return LOG_NO_REQUEST;
    buf_add(&r->text, method->text, method->len);
    buf_char(&r->text, ' ');
    buf_add(&r->text, target->text, target->len);
    buf_str(&r->text, " HTTP/1.1");
    return log_request_split(r, buf_text(&r->text), r->text.len);
}
