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
#include "convert/from_har.h"
#include "util/encode.h"
#include "util/text.h"

#define THINK_S 0.5       /* a shorter gap is the page loading, not a person */
#define THINK_ALL_S 0.001 /* with --think */

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
    if (h->last_end > 0 && gap >= (h->o->think ? THINK_ALL_S : THINK_S) && gap < 3600) {
        q->pause_s = h->o->think ? round(gap * 1000) / 1000 : round(gap * 10) / 10;
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
            if (!was_set(h, line, n) && h->cookie_count < HAR_COOKIES_MAX)
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

/* Some writers have the cookies only in a list of their own. */
static void cookie_list(struct har *h, const struct json *request, struct draft_request *q) {
    const struct json *list = json_get_array(request, "cookies");
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next)
        if (json_get_string(m, "name")[0] != '\0')
            buf_printf(&b, "%s%s=%s", b.len > 0 ? "; " : "", json_get_string(m, "name"),
                       json_get_string(m, "value"));
    cookie_header(h, q, buf_text(&b));
    buf_done(&b);
}

static bool has_body(const struct json *request) {
    const struct json *data = json_get(request, "postData"), *text = json_get(data, "text"),
                      *list = json_get_array(data, "params");
    return (text != NULL && text->kind == JSON_STRING && text->len > 0) ||
           (list != NULL && list->first != NULL);
}

static void headers(struct har *h, const struct json *request, struct draft_request *q,
                    const char *method) {
    const struct json *list = json_get_array(request, "headers");
    bool cookies = false, body = has_body(request);
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next) {
        const struct json *value = json_get(m, "value");
        const char *name = json_get_string(m, "name");
        if (value == NULL || value->kind != JSON_STRING || name[0] == '\0')
            continue;
        h->revalidated +=
            strcasecmp(name, "If-None-Match") == 0 || strcasecmp(name, "If-Modified-Since") == 0;
        if (is_browsers(name, method) || (body && strcasecmp(name, "Content-Type") == 0))
            continue; /* the body's type goes with the body */
        cookies = cookies || strcasecmp(name, "Cookie") == 0;
        if (strcasecmp(name, "Cookie") == 0)
            cookie_header(h, q, value->text);
        else
            draft_header(h->d, q, name, value->text, value->len);
    }
    if (!cookies)
        cookie_list(h, request, q);
}

/* How long the body was when it was sent; 0: not known. */
static size_t sent_bytes(const struct json *request) {
    const struct json *size = json_get(request, "bodySize"),
                      *list = json_get_array(request, "headers");
    int64_t n = 0;
    for (const struct json *m = list == NULL ? NULL : list->first; m != NULL; m = m->next)
        if (strcasecmp(json_get_string(m, "name"), "Content-Length") == 0)
            n = strtoll(json_get_string(m, "value"), NULL, 10);
    if (n <= 0 && (size == NULL || size->kind != JSON_NUMBER || !json_int64(size, &n)))
        n = 0;
    return n > 0 ? (size_t)n : 0;
}

/* Browsers write a byte of a body that is no text as the character with its number. Appends these
 * bytes; returns false if the text has other characters. */
static bool latin1(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x80) {
            buf_char(out, (char)c);
        } else if ((c == 0xc2 || c == 0xc3) && i + 1 < n) {
            buf_char(out, (char)(((c & 3) << 6) | ((unsigned char)text[++i] & 0x3f)));
        } else {
            return false;
        }
    }
    return true;
}

/* Whether these bytes were sent, rather than the UTF-8 of the text. The length tells; without
 * it, bytes that are UTF-8 themselves, or a file in a form. */
static bool is_latin1(const struct json *request, const struct buf *bytes, size_t text_bytes,
                      bool multipart) {
    size_t sent = sent_bytes(request);
    if (bytes->len == text_bytes)
        return false;
    if (sent == bytes->len || sent == text_bytes)
        return sent == bytes->len;
    return text_is_utf8(buf_text(bytes), bytes->len) ||
           (multipart && memmem(buf_text(bytes), bytes->len, "filename=", 9) != NULL);
}

static void part_from_param(struct har *h, struct draft_request *q, const struct json *m) {
    struct draft *d = h->d;
    const struct json *name = json_get(m, "name"), *value = json_get(m, "value");
    const char *file = json_get_string(m, "fileName"), *type = json_get_string(m, "contentType");
    if (name == NULL || name->kind != JSON_STRING || name->len == 0)
        return;
    bool has = value != NULL && value->kind == JSON_STRING && value->len > 0;
    struct buf bytes;
    buf_init(&bytes, DRAFT_BYTES_MAX);
    if (has && file[0] != '\0' && strncasecmp(type, "text/", 5) != 0 &&
        decode_base64(&bytes, value->text, value->len) &&
        !formdata_is_text(buf_text(&bytes), bytes.len)) {
        draft_note(d, &q->notes, "assumed: the content of file %.100s is base64", file);
        formdata_part(d, q, name->text, file, type[0] != '\0' ? type : NULL, buf_text(&bytes),
                      bytes.len);
        buf_done(&bytes);
        return;
    }
    buf_done(&bytes);
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
    struct buf decoded, single;
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
    buf_init(&single, DRAFT_BYTES_MAX);
    if (has_text && bytes == text->text && latin1(&single, bytes, n) &&
        is_latin1(request, &single, n, multipart)) {
        bytes = buf_text(&single);
        n = single.len;
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
    buf_done(&single);
}

/* "http://h/a/b?c" as "/a/b". */
static const char *title_of(struct har *h, const struct json *pages, const char *id) {
    const char *title = "";
    for (const struct json *m = pages == NULL ? NULL : pages->first; m != NULL; m = m->next)
        if (strcmp(json_get_string(m, "id"), id) == 0)
            title = json_get_string(m, "title");
    const char *scheme = strstr(title, "://");
    if (scheme != NULL && strncasecmp(title, "http", 4) == 0) {
        title = scheme + 3 + strcspn(scheme + 3, "/?#");
        title = draft_copy(h->d, title, strcspn(title, "?#"));
    }
    return title[0] == '\0' ? draft_copy(h->d, id, strlen(id))
                            : draft_literal(h->d, title, strlen(title));
}

/* Each page of the recording is a task of its own. */
static bool begin_page(struct har *h, const struct json *pages, const struct json *entry) {
    const char *id = json_get_string(entry, "pageref");
    if (h->task != NULL && (id[0] == '\0' || strcmp(id, h->page) == 0))
        return true;
    struct draft_class *c = h->d->classes != NULL ? h->d->classes : draft_class_add(h->d, NULL);
    h->task = draft_task_add(h->d, c, 1);
    if (h->task == NULL)
        return false;
    h->page = id;
    h->page_count++;
    h->task->name = id[0] == '\0' ? "recording" : title_of(h, pages, id);
    return true;
}

/* Counts what is no request; true if it is one. */
static bool is_request(struct har *h, const struct json *entry, struct url *u) {
    const char *url = json_get_string(json_get(entry, "request"), "url");
    enum har_kind kind = har_kind(h, entry, u);
    if (kind == HAR_WEBSOCKET) {
        draft_lost(h->d, &h->d->next, 1, "left out: WebSocket %.200s", url);
        return false;
    }
    if (kind == HAR_STRANGE) {
        bool local = strncasecmp(url, "data:", 5) == 0 || strncasecmp(url, "blob:", 5) == 0;
        h->strange += !local;
        return false;
    }
    if (!har_same_host(u, &h->kept)) {
        /* Requests are counted by their hosts. */
        h->foreign += kind == HAR_ASSET || kind == HAR_UNANSWERED;
        return false;
    }
    h->assets += kind == HAR_ASSET;
    h->preflights += kind == HAR_PREFLIGHT;
    h->unsent += kind == HAR_UNSENT;
    if (kind == HAR_UNANSWERED)
        draft_lost(h->d, &h->d->next, 1,
                   "left out: %.10s %.200s, of which the recording has no response",
                   json_get_string(json_get(entry, "request"), "method"), url);
    return kind == HAR_REQUEST;
}

/* Chrome leaves large bodies out, and Playwright puts them into files of their own. */
static void note_missing_body(struct har *h, const struct json *request, struct draft_request *q) {
    const struct json *data = json_get(request, "postData");
    const char *file = json_get_string(data, "_file");
    size_t sent = sent_bytes(request);
    if (q->body_kind != DRAFT_NONE || json_get_string(data, "text")[0] != '\0')
        return;
    if (file[0] == '\0')
        file = json_get_string(data, "_sha1");
    if (file[0] != '\0')
        draft_note(h->d, &q->notes,
                   "left out: the body, which is not in the recording but in its file %.100s",
                   file);
    else if (sent > 0)
        draft_note(h->d, &q->notes,
                   "left out: the body of %zu bytes, which the recording does not have", sent);
}

static void entry_read(struct har *h, const struct json *pages, const struct json *entry) {
    struct draft *d = h->d;
    struct url u;
    const struct json *request = json_get(entry, "request");
    const char *method = json_get_string(request, "method");
    if (!is_request(h, entry, &u))
        return;
    struct draft_request made = {.path = "/"};
    if (!draft_method(d, &made, method, strlen(method))) {
        h->strange++;
        return;
    }
    struct draft_request *q =
        begin_page(h, pages, entry) ? draft_request_add(d, &h->task->requests) : NULL;
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
    note_missing_body(h, request, q);
    pause_before(h, entry, q);
    remember_cookies(h, entry);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whoever chose the host with --host knows that the others are not tested. */
static void foreign(struct har *h) {
    static const char what[] = "images, styles, scripts, fonts and requests without a response";
    if (h->foreign > 0 && h->o->host != NULL)
        draft_note(h->d, &h->d->notes, "Not sent: %s of other hosts (%zu).", what, h->foreign);
    else if (h->foreign > 0)
        draft_lost(h->d, &h->d->notes, h->foreign, "Left out: %s of other hosts (%zu).", what,
                   h->foreign);
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
    foreign(h);
    if (h->preflights > 0)
        draft_note(d, notes,
                   "Not sent: %zu preflight request%s (OPTIONS), which only browsers send.",
                   h->preflights, text_plural(h->preflights));
    if (h->strange > 0)
        draft_lost(d, notes, h->strange,
                   "Left out: entries without a method and a URL that can be sent (%zu).",
                   h->strange);
    if (h->unsent > 0)
        draft_note(d, notes,
                   "Not sent: %zu request%s that did not go out when it was recorded (status 0).",
                   h->unsent, text_plural(h->unsent));
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
        struct draft_request *first = d->classes->tasks->requests.first;
        if (h->page_count > 1 && first != NULL) {
            first->pause_s = median;
        } else {
            d->classes->wait = (struct draft_pause){DRAFT_WAIT_CONSTANT, median, median};
        }
        draft_note(d, &d->classes->notes,
                   "Assumed: a user waits for the median pause of the recording between two "
                   "rounds; the recording has %zu pause%s of %.1f to %.1f s.",
                   h->gap_count, text_plural(h->gap_count), h->gaps[0], h->gaps[h->gap_count - 1]);
    }
}

int har_read(struct draft *d, const struct convert_options *o, const struct json_doc *doc,
             struct err *e) {
    const struct json *entries = json_get_array(json_get(json_root(doc), "log"), "entries");
    const struct json *pages = json_get_array(json_get(json_root(doc), "log"), "pages");
    int result = -1;
    if (entries == NULL)
        return json_fail(doc, json_root(doc)->at, e,
                         "not a HAR file: {\"log\": {\"entries\": [...]}} is missing");
    struct har *h = calloc(1, sizeof *h);
    if (h == NULL)
        return err_memory(e, NULL);
    h->d = d;
    h->o = o;
    /* clang's analyser does not know that json_fail() returns -1 */
    h->kept = (struct url){.scheme = "", .host = ""};
    if (har_choose_host(h, doc, entries, e) != 0)
        goto out;
    for (const struct json *entry = entries->first; entry != NULL; entry = entry->next)
        entry_read(h, pages, entry);
    if (d->request_count == 0) {
        json_fail(doc, entries->at, e, "it contains no request that can be sent again%s",
                  o->assets ? "" : "; --assets keeps images, styles and scripts");
        goto out;
    }
    if (h->page_count == 1)
        h->task->name = "recording";
    d->sequence = d->pauses_first = h->page_count > 1;
    summary(h);
    result = 0;
out:
    free(h);
    return result;
}
