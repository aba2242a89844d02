/* HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as Chrome, Firefox, Safari and proxies
 * write it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "convert/formdata.h"
#include "convert/from.h"
#include "convert/source_url.h"
#include "util/encode.h"
#include "util/text.h"

#define HOSTS_MAX 1000
#define THINK_S 0.5 /* a shorter gap is the page loading, not a person */
#define COOKIES_MAX 1000

struct host {
    struct url url;
    size_t requests;
};

struct har {
    struct draft *d;
    const struct convert_options *o;
    struct host hosts[HOSTS_MAX];
    size_t host_count;
    struct url kept;
    struct draft_task *task;
    size_t assets, preflights, others, strange, revalidated, newer_http;
    const char *cookies[COOKIES_MAX]; /* names that the server has set so far */
    size_t cookie_count;
    double last_end, gaps[DRAFT_REQUESTS_MAX];
    size_t gap_count;
};

/* Headers that the browser makes by itself, or its developer tools do. The list is in the
 * scenario's first comment. */
static bool is_browsers(const char *name, const char *method) {
    static const char *const names[] = {"Host",
                                        "Connection",
                                        "Proxy-Connection",
                                        "Keep-Alive",
                                        "User-Agent",
                                        "Accept-Encoding",
                                        "Accept-Language",
                                        "Referer",
                                        "DNT",
                                        "Priority",
                                        "TE",
                                        "Upgrade-Insecure-Requests",
                                        "Pragma",
                                        "Cache-Control",
                                        "If-None-Match",
                                        "If-Modified-Since",
                                        "X-Client-Data",
                                        "Content-Length"};
    if (name[0] == ':' || strncasecmp(name, "Sec-", 4) == 0)
        return true;
    /* Servers look at it when something is to be changed. */
    if (strcasecmp(name, "Origin") == 0)
        return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool ends(const char *path, size_t n, const char *end) {
    size_t m = strlen(end);
    return n > m && strncasecmp(path + n - m, end, m) == 0;
}

/* Images, styles, scripts and fonts: by what the browser says, by the answer's type, or by the
 * name. */
static bool is_asset(const struct json *entry, const struct url *u) {
    static const char *const kinds[] = {"image", "stylesheet", "script",   "font",
                                        "media", "manifest",   "texttrack"};
    static const char *const types[] = {"image/",
                                        "font/",
                                        "audio/",
                                        "video/",
                                        "text/css",
                                        "text/javascript",
                                        "application/javascript",
                                        "application/x-javascript",
                                        "application/font"};
    static const char *const names[] = {".png",  ".jpg",  ".jpeg",  ".gif", ".svg",
                                        ".webp", ".ico",  ".css",   ".js",  ".mjs",
                                        ".map",  ".woff", ".woff2", ".ttf", ".mp4"};
    const char *kind = json_get_string(entry, "_resourceType");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    if (kind[0] != '\0')
        return false;
    const char *type =
        json_get_string(json_get(json_get(entry, "response"), "content"), "mimeType");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncasecmp(type, types[i], strlen(types[i])) == 0)
            return true;
    size_t n = 0;
    while (n < u->path_bytes && u->path[n] != '?')
        n++;
    for (size_t i = 0; i < sizeof names / sizeof *names && type[0] == '\0'; i++)
        if (ends(u->path, n, names[i]))
            return true;
    return false;
}

/* Whether the entry is a request that could be sent again. */
static bool entry_url(const struct json *entry, struct url *u) {
    const struct json *url = json_get(json_get(entry, "request"), "url");
    const char *kind = json_get_string(entry, "_resourceType");
    return url != NULL && url->kind == JSON_STRING && strcmp(kind, "websocket") != 0 &&
           source_url(url->text, url->len, false, u) == NULL && u->scheme[0] != '\0';
}

static bool same_host(const struct url *a, const struct url *b) {
    return strcmp(a->scheme, b->scheme) == 0 && a->host_bytes == b->host_bytes &&
           strncasecmp(a->host, b->host, a->host_bytes) == 0;
}

/* --host takes "shop.example", "shop.example:8080" or a whole origin. */
static bool is_named(const struct url *u, const char *host) {
    struct url want;
    if (source_url(host, strlen(host), false, &want) != NULL)
        return false;
    if (want.scheme[0] != '\0' && strcmp(want.scheme, u->scheme) != 0)
        return false;
    return want.host_bytes == u->host_bytes && strncasecmp(want.host, u->host, u->host_bytes) == 0;
}

static void count_hosts(struct har *h, const struct json *entries) {
    for (const struct json *entry = entries->first; entry != NULL; entry = entry->next) {
        struct url u;
        size_t i = 0;
        if (!entry_url(entry, &u) || (!h->o->assets && is_asset(entry, &u)))
            continue;
        while (i < h->host_count && !same_host(&h->hosts[i].url, &u))
            i++;
        if (i == h->host_count && h->host_count < HOSTS_MAX)
            h->hosts[h->host_count++].url = u;
        if (i < h->host_count)
            h->hosts[i].requests++;
    }
}

static int choose_host(struct har *h, const struct json_doc *doc, const struct json *entries,
                       struct err *e) {
    const struct host *best = NULL;
    count_hosts(h, entries);
    for (size_t i = 0; i < h->host_count; i++) {
        const struct host *x = &h->hosts[i];
        if (h->o->host != NULL ? is_named(&x->url, h->o->host)
                               : best == NULL || x->requests > best->requests)
            best = x;
    }
    if (best == NULL && h->o->host != NULL)
        return err_set(e,
                       "no request in it goes to %.200s; without --host, coldswarm uses the host "
                       "with the most requests",
                       h->o->host);
    if (best == NULL)
        return json_fail(doc, entries->at, e, "it contains no request that can be sent again%s",
                         h->o->assets ? "" : "; --assets keeps images, styles and scripts");
    h->kept = best->url;
    for (size_t i = 0; i < h->host_count; i++)
        if (&h->hosts[i] != best)
            draft_lost(h->d, &h->d->notes, h->hosts[i].requests,
                       "Left out: %zu request%s to %s://%.*s.", h->hosts[i].requests,
                       text_plural(h->hosts[i].requests), h->hosts[i].url.scheme,
                       (int)(h->hosts[i].url.host_bytes < 200 ? h->hosts[i].url.host_bytes : 200),
                       h->hosts[i].url.host);
    return 0;
}

static int digits(const char *text, int n) {
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + text[i] - '0';
    }
    return value;
}

/* ISO 8601 as HAR has it, "2024-05-01T10:00:00.123+02:00"; not a number where it is none. */
static double seconds_of(const char *text) {
    if (strlen(text) < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':')
        return nan("");
    struct tm t = {.tm_year = digits(text, 4) - 1900,
                   .tm_mon = digits(text + 5, 2) - 1,
                   .tm_mday = digits(text + 8, 2),
                   .tm_hour = digits(text + 11, 2),
                   .tm_min = digits(text + 14, 2),
                   .tm_sec = digits(text + 17, 2)};
    const char *p = text + 19;
    size_t digit_count = *p == '.' ? strspn(p + 1, "0123456789") : 0;
    double fraction = 0;
    for (size_t i = digit_count; i > 0; i--)
        fraction = (fraction + (p[i] - '0')) / 10;
    if (*p == '.')
        p += 1 + digit_count;
    double zone = 0;
    if ((*p == '+' || *p == '-') && strlen(p) >= 6)
        zone = (*p == '+' ? 1 : -1) * (digits(p + 1, 2) * 3600.0 + digits(p + 4, 2) * 60.0);
    return (double)timegm(&t) + fraction - zone;
}

/* What the user did between the answer before and this request. */
static void pause_before(struct har *h, const struct json *entry, struct draft_request *q) {
    double start = seconds_of(json_get_string(entry, "startedDateTime")), ms = 0;
    const struct json *time = json_get(entry, "time");
    if (time != NULL && time->kind == JSON_NUMBER)
        json_double(time, &ms);
    if (isnan(start))
        return;
    double gap = start - h->last_end;
    if (h->last_end > 0 && gap >= THINK_S && gap < 3600) {
        q->pause_s = round(gap * 10) / 10;
        if (h->gap_count < DRAFT_REQUESTS_MAX)
            h->gaps[h->gap_count++] = gap;
    }
    double end = start + (ms > 0 ? ms / 1000 : 0);
    h->last_end = end > h->last_end ? end : h->last_end;
}

static bool was_set(const struct har *h, const char *name, size_t n) {
    for (size_t i = 0; i < h->cookie_count; i++)
        if (strlen(h->cookies[i]) == n && memcmp(h->cookies[i], name, n) == 0)
            return true;
    return false;
}

static void remember_cookies(struct har *h, const struct json *entry) {
    const struct json *headers = json_get_array(json_get(entry, "response"), "headers");
    for (const struct json *m = headers == NULL ? NULL : headers->first; m != NULL; m = m->next) {
        if (strcasecmp(json_get_string(m, "name"), "Set-Cookie") != 0)
            continue;
        const char *line = json_get_string(m, "value"); /* Chrome joins several with line ends */
        while (*line != '\0') {
            size_t n = strcspn(line, "=;\n");
            if (!was_set(h, line, n) && h->cookie_count < COOKIES_MAX)
                h->cookies[h->cookie_count++] = draft_copy(h->d, line, n);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
}

/* Cookies that the server set earlier in the recording, the user's own jar will hold. */
static void cookie_header(struct har *h, struct draft_request *q, const char *value) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    while (*value != '\0') {
        value += strspn(value, " ;");
        size_t n = strcspn(value, ";");
        if (n > 0 && !was_set(h, value, strcspn(value, "=;")))
            buf_printf(&b, "%s%.*s", b.len > 0 ? "; " : "", (int)n, value);
        value += n;
    }
    if (b.len > 0)
        draft_header(h->d, q, "Cookie", b.data, b.len);
    buf_done(&b);
}

static void headers(struct har *h, const struct json *request, struct draft_request *q,
                    const char *method) {
    const struct json *list = json_get_array(request, "headers");
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        const struct json *value = json_get(m, "value");
        const char *name = json_get_string(m, "name");
        if (value == NULL || value->kind != JSON_STRING || name[0] == '\0')
            continue;
        h->revalidated +=
            strcasecmp(name, "If-None-Match") == 0 || strcasecmp(name, "If-Modified-Since") == 0;
        if (is_browsers(name, method) || strcasecmp(name, "Content-Type") == 0)
            continue;
        if (strcasecmp(name, "Cookie") == 0)
            cookie_header(h, q, value->text);
        else
            draft_header(h->d, q, name, value->text, value->len);
    }
}

static void part_from_param(struct har *h, struct draft_request *q, const struct json *m) {
    struct draft *d = h->d;
    const struct json *name = json_get(m, "name"), *value = json_get(m, "value");
    const char *file = json_get_string(m, "fileName"), *type = json_get_string(m, "contentType");
    if (name == NULL || name->kind != JSON_STRING || name->len == 0)
        return;
    bool has = value != NULL && value->kind == JSON_STRING && value->len > 0;
    formdata_part(d, q, name->text, file[0] != '\0' ? file : NULL, type[0] != '\0' ? type : NULL,
                  has ? value->text : "", has ? value->len : 0);
}

static void params(struct har *h, struct draft_request *q, const struct json *list,
                   bool multipart) {
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        const struct json *name = json_get(m, "name"), *value = json_get(m, "value");
        if (multipart)
            part_from_param(h, q, m);
        else if (name != NULL && name->kind == JSON_STRING)
            draft_form_add(h->d, q, name->text, name->len, json_get_string(m, "value"),
                           value != NULL && value->kind == JSON_STRING ? value->len : 0);
    }
}

static void post_data(struct har *h, const struct json *request, struct draft_request *q) {
    struct draft *d = h->d;
    const struct json *data = json_get(request, "postData"), *list = json_get_array(data, "params");
    const struct json *text = json_get(data, "text");
    const char *type = json_get_string(data, "mimeType");
    struct buf decoded;
    const struct json *headers = json_get_array(request, "headers");
    for (const struct json *m = headers == NULL ? NULL : headers->first; m != NULL; m = m->next)
        if (strcasecmp(json_get_string(m, "name"), "Content-Type") == 0)
            type = json_get_string(m, "value");
    if (data == NULL || data->kind != JSON_OBJECT)
        return;
    bool multipart = strncasecmp(type, "multipart/form-data", 19) == 0;
    buf_init(&decoded, DRAFT_BYTES_MAX);
    bool has_text = text != NULL && text->kind == JSON_STRING && text->len > 0;
    const char *bytes = has_text ? text->text : "";
    size_t n = has_text ? text->len : 0;
    if (has_text && strcmp(json_get_string(data, "encoding"), "base64") == 0) {
        if (decode_base64(&decoded, bytes, n)) {
            bytes = buf_text(&decoded);
            n = decoded.len;
        } else {
            draft_note(d, &q->notes,
                       "assumed: the body is marked as base64 but is not; it is sent unchanged");
        }
    }
    if (multipart && (n == 0 || !formdata_read(d, q, bytes, n, type)) && list != NULL)
        params(h, q, list, true);
    else if (!multipart && n > 0)
        draft_body(d, q, bytes, n, type[0] == '\0' ? NULL : type);
    else if (!multipart && list != NULL)
        params(h, q, list, false);
    if (q->body_kind == DRAFT_NONE && (n > 0 || multipart))
        draft_note(d, &q->notes, "left out: an unreadable body of %.80s", type);
    buf_done(&decoded);
}

static void entry_read(struct har *h, const struct json *entry) {
    struct draft *d = h->d;
    struct url u;
    const struct json *request = json_get(entry, "request");
    const char *method = json_get_string(request, "method"),
               *kind = json_get_string(entry, "_resourceType");
    if (!entry_url(entry, &u)) {
        h->strange++;
        return;
    }
    if (!same_host(&u, &h->kept))
        return; /* named already */
    bool preflight = strcmp(kind, "preflight") == 0 || strcmp(method, "OPTIONS") == 0;
    h->preflights += preflight;
    bool asset = !preflight && !h->o->assets && is_asset(entry, &u);
    h->assets += asset;
    if (preflight || asset)
        return;
    struct draft_request made = {.path = "/"};
    if (!draft_method(d, &made, method, strlen(method))) {
        h->strange++;
        return;
    }
    struct draft_request *q = draft_request_add(d, &h->task->requests);
    if (q == NULL)
        return;
    const char *version = json_get_string(request, "httpVersion");
    h->newer_http += strncasecmp(version, "h2", 2) == 0 || strncasecmp(version, "h3", 2) == 0 ||
                     strncasecmp(version, "http/2", 6) == 0 ||
                     strncasecmp(version, "http/3", 6) == 0;
    q->method = made.method;
    draft_notes_move(&q->notes, &made.notes);
    headers(h, request, q, method);
    draft_url(d, q, &u);
    post_data(h, request, q);
    pause_before(h, entry, q);
    remember_cookies(h, entry);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void summary(struct har *h) {
    struct draft *d = h->d;
    struct draft_notes *notes = &d->notes;
    draft_note(d, notes,
               "Not sent: headers that a browser adds (Accept-Encoding, Accept-Language, "
               "Cache-Control, Connection, DNT, Host, Pragma, Priority, Referer, Sec-*, TE, "
               "Upgrade-Insecure-Requests, User-Agent, X-Client-Data, Origin of a GET).");
    if (h->assets > 0)
        draft_lost(d, notes, h->assets,
                   "Left out: images, styles, scripts and fonts (%zu); --assets keeps them.",
                   h->assets);
    if (h->preflights > 0)
        draft_note(d, notes,
                   "Not sent: %zu preflight request%s (OPTIONS), which only browsers send.",
                   h->preflights, text_plural(h->preflights));
    if (h->strange > 0)
        draft_lost(
            d, notes, h->strange,
            "Left out: entries that are not HTTP requests (%zu: WebSockets, data: URLs, broken "
            "entries).",
            h->strange);
    if (h->revalidated > 0)
        draft_note(d, notes,
                   "Not sent: If-None-Match and If-Modified-Since of the browser's cache; "
                   "responses may be longer than recorded.");
    if (h->newer_http > 0)
        draft_note(d, notes,
                   "Assumed: HTTP/1.1, although the recording has %zu request%s over HTTP/2 or 3. "
                   "\"http\": {\"version\": \"2\"} changes that.",
                   h->newer_http, text_plural(h->newer_http));
    if (h->gap_count > 0) {
        qsort(h->gaps, h->gap_count, sizeof *h->gaps, by_size);
        double median = round(h->gaps[h->gap_count / 2] * 10) / 10;
        d->classes->wait = (struct draft_pause){DRAFT_WAIT_CONSTANT, median, median};
        draft_note(d, &d->classes->notes,
                   "Assumed: a user waits for the median pause of the recording between two "
                   "rounds; the recording has %zu pause%s of %.1f to %.1f s.",
                   h->gap_count, text_plural(h->gap_count), h->gaps[0], h->gaps[h->gap_count - 1]);
    }
}

int har_read(struct draft *d, const struct convert_options *o, const struct json_doc *doc,
             struct err *e) {
    const struct json *entries = json_get_array(json_get(json_root(doc), "log"), "entries");
    int result = -1;
    if (entries == NULL)
        return json_fail(doc, json_root(doc)->at, e,
                         "not a HAR file: {\"log\": {\"entries\": [...]}} is missing");
    struct har *h = calloc(1, sizeof *h);
    if (h == NULL)
        return err_set(e, "out of memory");
    h->d = d;
    h->o = o;
    /* clang's analyser does not know that json_fail() returns -1 */
    h->kept = (struct url){.scheme = "", .host = ""};
    if (choose_host(h, doc, entries, e) != 0)
        goto out;
    h->task = draft_task_add(d, draft_class_add(d, NULL), 1);
    if (h->task == NULL) {
        err_set(e, "out of memory");
        goto out;
    }
    for (const struct json *entry = entries->first; entry != NULL; entry = entry->next)
        entry_read(h, entry);
    if (d->request_count == 0) {
        json_fail(doc, entries->at, e, "it contains no request that can be sent again%s",
                  o->assets ? "" : "; --assets keeps images, styles and scripts");
        goto out;
    }
    h->task->name = "recording";
    summary(h);
    result = 0;
out:
    free(h);
    return result;
}
