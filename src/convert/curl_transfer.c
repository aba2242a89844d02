/* The effects of curl's options, from its manual (7.88). */
#include "convert/curl_transfer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/curl_body.h"
#include "convert/curl_glob.h"
#include "convert/source_url.h"
#include "util/encode.h"

static const char *text_of(struct draft *d, const char *text) {
    return draft_copy(d, text, strlen(text));
}

static void header(struct transfer *t, const char *value);

/* -H @file: a header a line. */
static void header_file(struct transfer *t, const char *path) {
    struct draft *d = t->d;
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (d->read == NULL || !d->read(d->read_context, path, &b)) {
        draft_note(d, &t->proto.notes, "left out: the headers in file %s", path);
    } else {
        for (const char *p = buf_text(&b); *p != '\0';) {
            size_t n = strcspn(p, "\r\n");
            if (n > 0 && *p != '@')
                header(t, draft_copy(d, p, n));
            p += n;
            p += strspn(p, "\r\n");
        }
    }
    buf_done(&b);
}

static void header(struct transfer *t, const char *value) {
    struct draft *d = t->d;
    size_t n = strcspn(value, ":;");
    if (value[0] == '@') {
        header_file(t, value + 1);
        return;
    }
    const char *name = draft_copy(d, value, n), *rest = value + n;
    if (*rest == '\0') {
        draft_note(d, &t->proto.notes, "left out: -H %.100s, which is not \"name: value\"", value);
        return;
    }
    rest++;
    rest += strspn(rest, " \t");
    if (value[n] == ':' && *rest == '\0') {
        draft_note(d, &t->proto.notes,
                   "left out: -H '%.60s:', which removes one of curl's own headers", name);
        return;
    }
    if (value[n] == ';' && *rest != '\0') {
        draft_note(d, &t->proto.notes, "left out: -H %.100s, which is not \"name: value\"", value);
        return;
    }
    if (strcasecmp(name, "Content-Type") == 0)
        t->content_type = text_of(d, rest);
    else
        draft_header(d, &t->proto, name, rest, strlen(rest));
}

static void seconds(struct transfer *t, const char *value, double *out) {
    char *end;
    double s = strtod(value, &end);
    if (end == value || *end != '\0' || !(s > 0) || s > 1e6)
        draft_note(t->d, &t->proto.notes, "left out: \"%.40s\", which is not a number of seconds",
                   value);
    else if (s < 0.001)
        draft_note(t->d, &t->proto.notes,
                   "left out: a limit of \"%.40s\" seconds, which curl rounds to no limit", value);
    else
        *out = s;
}

static void cookie(struct transfer *t, const struct shell_word *w) {
    if (memchr(w->text, '=', w->n) != NULL)
        draft_header(t->d, &t->proto, "Cookie", w->text, w->n);
    else
        draft_note(t->d, &t->proto.notes, "left out: the cookies in file %s", w->text);
}

/* Options about the way that requests travel: they are the whole scenario's. */
static bool apply_travel(struct transfer *t, enum curl_do what, const struct shell_word *w) {
    struct draft *d = t->d;
    switch ((int)what) {
    case CURL_DO_INSECURE:
        return d->no_verify = true;
    case CURL_DO_COMPRESSED:
        return d->compressed = true;
    case CURL_DO_LOCATION:
        return d->follow_redirects = true;
    case CURL_DO_HTTP1:
        return true; /* as the scenario does without being told */
    case CURL_DO_HTTP2:
        d->http_version = "2";
        return true;
    case CURL_DO_HTTP2_PRIOR:
        d->http_version = "2-prior-knowledge";
        return true;
    case CURL_DO_PROXY:
        d->proxy =
            strchr(w->text, '@') != NULL
                ? draft_secret(d, "PROXY", w->text, w->n, "URL of the proxy, with its password")
                : draft_literal(d, w->text, w->n);
        return true;
    case CURL_DO_CACERT:
        d->ca = draft_file_name(d, w->text);
        return true;
    case CURL_DO_CERT:
        d->cert = draft_file_name(d, draft_copy(d, w->text, strcspn(w->text, ":")));
        if (strchr(w->text, ':') != NULL)
            draft_note(d, &d->notes, "Left out: the password of the client certificate.");
        return true;
    case CURL_DO_KEY:
        d->key = draft_file_name(d, w->text);
        return true;
    case CURL_DO_RESOLVE:
        draft_pair_add(d, &d->resolve, "", draft_literal(d, w->text, w->n));
        return true;
    case CURL_DO_SOCKET:
        d->unix_socket = draft_file_name(d, w->text);
        return true;
    case CURL_DO_MAX_TIME:
        seconds(t, w->text, &d->timeout_s);
        return true;
    case CURL_DO_CONNECT_TIMEOUT:
        seconds(t, w->text, &d->connect_timeout_s);
        return true;
    default:
        return false;
    }
}

/* An address of --resolve concerns its own host alone. */
static void remember_travel(struct transfer *t, const struct curl_option *o,
                            const struct shell_word *w) {
    struct travel *all = t->travel;
    if (o->what == CURL_DO_RESOLVE || o->what == CURL_DO_HTTP1)
        return;
    all->differs[o->what] = all->differs[o->what] || (all->value[o->what] != NULL &&
                                                      strcmp(all->value[o->what], w->text) != 0);
    all->name[o->what] = o->name;
    all->value[o->what] = text_of(t->d, w->text);
    t->travels[o->what] = true;
}

void transfer_note_travel(struct draft *d, const struct travel *all) {
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < TRAVEL_MAX; i++)
        if (all->count[i] > 0 && (all->differs[i] || all->count[i] < all->transfers))
            buf_printf(&b, "%s--%s", b.len > 0 ? ", " : "", all->name[i]);
    if (b.len > 0)
        draft_note(d, &d->notes,
                   "Assumed: %s for all requests; not all of the curl commands have this, or not "
                   "with the same value.",
                   buf_text(&b));
    buf_done(&b);
}

void transfer_apply(struct transfer *t, const struct curl_option *o, const struct shell_word *w) {
    struct draft *d = t->d;
    struct buf b;
    bool file = o->what == CURL_DO_CACERT || o->what == CURL_DO_CERT || o->what == CURL_DO_KEY ||
                o->what == CURL_DO_SOCKET || o->what == CURL_DO_UPLOAD;
    if ((file || o->what == CURL_DO_PROXY || o->what == CURL_DO_RESOLVE) &&
        (w->n == 0 || strlen(w->text) != w->n || (o->what == CURL_DO_CERT && w->text[0] == ':') ||
         (file && strcmp(w->text, "-") == 0))) {
        draft_note(d, &t->proto.notes, "left out: --%s without its own file or address", o->name);
        return;
    }
    if (curl_body_apply(t, o->what, w))
        return;
    if (apply_travel(t, o->what, w)) {
        remember_travel(t, o, w);
        return;
    }
    switch ((int)o->what) {
    case CURL_DO_REQUEST:
        t->method = text_of(d, w->text);
        break;
    case CURL_DO_HEADER:
        header(t, w->text);
        break;
    case CURL_DO_GET:
        t->get = true;
        break;
    case CURL_DO_HEAD:
        t->head = true;
        break;
    case CURL_DO_USER:
        t->user = text_of(d, w->text);
        break;
    case CURL_DO_BEARER:
        draft_bearer(d, &t->proto, w->text, w->n);
        break;
    case CURL_DO_COOKIE:
        cookie(t, w);
        break;
    case CURL_DO_AGENT:
        draft_header(d, &t->proto, "User-Agent", w->text, w->n);
        break;
    case CURL_DO_REFERER:
        draft_header(d, &t->proto, "Referer", w->text, strcspn(w->text, ";"));
        break;
    case CURL_DO_RANGE:
        buf_init(&b, DRAFT_BYTES_MAX);
        buf_printf(&b, "bytes=%s", w->text);
        draft_header(d, &t->proto, "Range", buf_text(&b), b.len);
        buf_done(&b);
        break;
    case CURL_DO_GLOBOFF:
        t->globoff = true;
        break;
    case CURL_DO_URL:
        transfer_url(t, w->text, true);
        break;
    case CURL_DO_REFUSED:
        t->refused = o->name;
        break;
    case CURL_DO_LEFT:
    case CURL_DO_CONFIG:
        draft_note(d, &t->proto.notes, "left out: --%s, which has no equivalent here", o->name);
        break;
    default: /* CURL_DO_QUIET, CURL_DO_AS_IS */
        break;
    }
}

/* "$URL/path", or a variable that is named so: no other word begins so. A variable alone may be
 * options. */
static bool is_variable(const struct draft *d, const char *text) {
    static const char *const names[] = {"URL", "url",  "HOST", "host", "ENDPOINT", "endpoint",
                                        "API", "BASE", "base", "SITE", "SERVER",   "server"};
    size_t n = draft_reference_bytes(d, text, strlen(text));
    if (n > 0 && (text[n] == '/' || text[n] == ':' || text[n] == '?'))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names && n > 0; i++)
        if (memmem(text, n, names[i], strlen(names[i])) != NULL)
            return true;
    return false;
}

void transfer_url(struct transfer *t, const char *url, bool named) {
    if (t->url_count < URLS_MAX)
        t->urls[t->url_count++] = (struct transfer_url){url, named || strstr(url, "://") != NULL ||
                                                                 is_variable(t->d, url)};
    else
        t->d->left_out++;
}

void transfer_init(struct transfer *t, struct draft *d, struct travel *travel) {
    *t = (struct transfer){.d = d, .travel = travel};
    buf_init(&t->data, DRAFT_BYTES_MAX);
    buf_init(&t->query, DRAFT_BYTES_MAX);
}

void transfer_done(struct transfer *t) {
    buf_done(&t->data);
    buf_done(&t->query);
}

/* The URL's text with what -G and --url-query add to its query. */
static const char *whole_url(struct transfer *t, const char *url) {
    struct buf b;
    size_t n = strcspn(url, "#");
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_add(&b, url, n);
    for (int i = 0; i < 2; i++) {
        const struct buf *more = i == 0 ? &t->query : &t->data;
        if (more->len == 0 || (i == 1 && !t->get))
            continue;
        bool has = memchr(buf_text(&b), '?', b.len) != NULL;
        buf_char(&b, has ? '&' : '?');
        buf_add(&b, more->data, more->len);
    }
    buf_str(&b, url + n);
    return draft_take(t->d, &b);
}

/* The host of a URL, without its port; 0 where it has none. */
static size_t host_of(const struct draft *d, const char *url, const char **host) {
    struct url u;
    if (source_url(url, strlen(url), d, &u) != NULL)
        return 0;
    size_t n = u.host_bytes;
    const char *port = memrchr(u.host, ':', n), *bracket = memrchr(u.host, ']', n);
    if (port != NULL && (bracket == NULL || port > bracket))
        n = (size_t)(port - u.host);
    *host = u.host;
    return n;
}

static bool is_here(const char *host, size_t n) {
    static const char name[] = "localhost";
    return (n >= 9 && strncasecmp(host + n - 9, name, 9) == 0 && (n == 9 || host[n - 10] == '.')) ||
           (n > 4 && strncmp(host, "127.", 4) == 0) || (n == 5 && strncmp(host, "[::1]", 5) == 0);
}

/* curl asks every word that is no option as a URL: "curl http://h/x install.sh" sends a request to
 * the host install.sh, of a real top-level domain. Load goes only to what the source clearly names:
 * a URL with a scheme or behind --url, the only word that could be one, this machine, or a host
 * that is named so already. */
static bool is_clear(const struct transfer *t, size_t at) {
    const char *host = NULL, *other = NULL;
    bool named = t->before != NULL;
    if (t->urls[at].named)
        return true;
    size_t n = host_of(t->d, t->urls[at].text, &host);
    if (n == 0 || is_here(host, n))
        return true; /* it goes nowhere, which gets a note, or stays here */
    for (size_t i = 0; i < t->url_count; i++)
        named = named || t->urls[i].named;
    if (!named && at == 0)
        return true;
    if (t->before != NULL && host_of(t->d, t->before, &other) == n &&
        strncasecmp(host, other, n) == 0)
        return true;
    for (size_t i = 0; i < t->url_count; i++)
        if ((t->urls[i].named || (!named && i == 0)) &&
            host_of(t->d, t->urls[i].text, &other) == n && strncasecmp(host, other, n) == 0)
            return true;
    return false;
}

/* curl adds the file's name to the URL of a folder (its manual, -T), escaped as curl_easy_escape()
 * does. */
static const char *folder_url(struct transfer *t, const char *url) {
    struct url u;
    struct buf b;
    const char *path = source_url(url, strlen(url), t->d, &u) == NULL ? u.path : NULL;
    size_t n = path == NULL ? 0 : strcspn(path, "?#");
    if (!t->upload || t->upload_name == NULL || path == NULL || (n > 0 && path[n - 1] != '/'))
        return url;
    buf_init(&b, DRAFT_BYTES_MAX);
    buf_add(&b, url, (size_t)(path + n - url));
    buf_str(&b, n == 0 ? "/" : "");
    for (const char *p = t->upload_name; *p != '\0'; p++) {
        bool plain = isalnum((unsigned char)*p) || strchr("-._~", *p) != NULL;
        buf_printf(&b, plain ? "%c" : "%%%02X", (unsigned char)*p);
    }
    buf_str(&b, path + n);
    return draft_take(t->d, &b);
}

/* A URL that is none of the source's clear words: told at the task, and on the screen without the
 * word, which may be a secret. */
static void drop_url(struct transfer *t, const char *url, const char *name, size_t line,
                     bool alone) {
    draft_lost(t->d, alone ? &t->d->next : &t->proto.notes, 1,
               "left out: the word \"%.80s\", which curl would take as a URL; write http:// before "
               "it if this host may receive load",
               url);
    draft_note(
        t->d, &t->d->said,
        "%s:%zu: left out: a word that may not be a URL; the scenario has a comment about it", name,
        line);
}

static const char *method_of(const struct transfer *t) {
    return t->method != NULL                  ? t->method
           : t->head                          ? "HEAD"
           : t->upload                        ? "PUT"
           : t->proto.body_kind != DRAFT_NONE ? "POST"
                                              : "GET";
}

/* The options of all URLs, as this one's own: a URL may add to them. */
static void copy_proto(struct transfer *t, struct draft_request *q) {
    struct draft_notes before = q->notes;
    *q = t->proto;
    q->headers = (struct draft_pairs){0};
    for (const struct draft_pair *p = t->proto.headers.first; p != NULL; p = p->next)
        draft_pair_add(t->d, &q->headers, p->name, p->value);
    q->notes = before;
    draft_notes_copy(t->d, &q->notes, &t->proto.notes);
}

static void add_request(struct transfer *t, const char *text, const char *name, size_t line,
                        bool literal) {
    struct draft *d = t->d;
    struct url u;
    const char *url = folder_url(t, whole_url(t, text));
    const char *wrong = source_url(url, strlen(url), t->d, &u), *method = method_of(t);
    if (wrong != NULL) {
        draft_lost(d, &d->next, 1, "left out: %s:%zu: %.200s: %s", name, line, url, wrong);
        return;
    }
    struct draft_request *q = draft_single(d, 1);
    if (q == NULL)
        return;
    copy_proto(t, q);
    if (!draft_method(d, q, method, strlen(method)))
        draft_note(d, &q->notes, "left out: method \"%.40s\", which cannot be sent", method);
    draft_url(d, q, &u);
    if (u.scheme[0] == '\0' && !draft_has_reference(d, u.host, u.host_bytes))
        draft_note(d, &q->notes, "assumed: http://, because the URL has no scheme");
    if (literal)
        draft_note(d, &q->notes,
                   "assumed: the brackets in the URL are literal; curl refuses them without -g");
}

/* A request for each URL that curl makes of this one. */
static void add_requests(struct transfer *t, const char *text, const char *name, size_t line) {
    struct glob all;
    if (t->globoff || strpbrk(text, "{}[]") == NULL) {
        add_request(t, text, name, line, false);
    } else if (!curl_glob(t->d, text, URLS_MAX, &all)) {
        add_request(t, text, name, line, true);
    } else {
        for (size_t i = 0; i < all.count; i++)
            add_request(t, all.urls[i], name, line, false);
        if (all.all > all.count)
            draft_lost(t->d, &t->d->next, all.all - all.count,
                       "left out: %s:%zu: the URLs of \"%.100s\" after the first %d (%zu more)",
                       name, line, text, URLS_MAX, all.all - all.count);
    }
}

static bool has_user(const struct draft *d, const char *url) {
    struct url u;
    return source_url(url, strlen(url), d, &u) == NULL && u.user != NULL;
}

/* The requests that the options and URLs so far mean. */
void transfer_finish(struct transfer *t, const char *name, size_t line) {
    struct draft *d = t->d;
    if (t->refused != NULL &&
        (t->user != NULL || (t->url_count > 0 && has_user(d, t->urls[0].text)))) {
        draft_lost(d, &d->next, t->url_count,
                   "left out: %s:%zu: the request with --%s, a kind of authentication that "
                   "coldswarm does not have",
                   name, line, t->refused);
        return;
    }
    if (t->user != NULL && t->proto.auth.bearer == NULL &&
        draft_header_get(&t->proto, "Authorization") == NULL && t->proto.auth.user == NULL)
        draft_basic(d, &t->proto, t->user, strlen(t->user));
    curl_body_set(t);
    size_t clear = 0;
    for (size_t i = 0; i < t->url_count; i++)
        clear += is_clear(t, i);
    for (size_t i = 0; i < t->url_count; i++)
        if (!is_clear(t, i))
            drop_url(t, t->urls[i].text, name, line, clear == 0);
    t->travel->transfers += clear > 0;
    for (size_t i = 0; i < TRAVEL_MAX; i++)
        t->travel->count[i] += clear > 0 && t->travels[i];
    for (size_t i = 0; i < t->url_count; i++)
        if (is_clear(t, i))
            add_requests(t, t->urls[i].text, name, line);
    if (t->url_count == 0)
        draft_lost(d, &d->next, 1, "left out: %s:%zu: a curl command without a URL", name, line);
}
