/* HAR files: which entries are requests, and which host they are kept of. */
#include <string.h>
#include <strings.h>

#include "convert/from_har.h"
#include "convert/source_url.h"
#include "util/text.h"

static bool ends(const char *path, size_t n, const char *end) {
    size_t m = strlen(end);
    return n > m && strncasecmp(path + n - m, end, m) == 0;
}

static const char *media_type(const struct json *entry) {
    return json_get_string(json_get(json_get(entry, "response"), "content"), "mimeType");
}

static size_t bare_path(const struct url *u) {
    const char *question = memchr(u->path, '?', u->path_bytes);
    return u->path_bytes == 0 || question == NULL ? u->path_bytes : (size_t)(question - u->path);
}

/* Data that a page asks for in the form of a script: a query, and no file's name. */
static bool is_jsonp(const struct json *entry, const struct url *u) {
    size_t n = bare_path(u);
    return strstr(media_type(entry), "javascript") != NULL && n < u->path_bytes &&
           !ends(u->path, n, ".js") && !ends(u->path, n, ".mjs");
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
    const char *kind = json_get_string(entry, "_resourceType"), *type = media_type(entry);
    if (is_jsonp(entry, u))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    if (kind[0] != '\0')
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncasecmp(type, types[i], strlen(types[i])) == 0)
            return true;
    size_t n = bare_path(u);
    for (size_t i = 0; i < sizeof names / sizeof *names && type[0] == '\0'; i++)
        if (ends(u->path, n, names[i]))
            return true;
    return false;
}

static int64_t status_of(const struct json *entry) {
    const struct json *status = json_get(json_get(entry, "response"), "status");
    int64_t value;
    return status != NULL && status->kind == JSON_NUMBER && json_int64(status, &value) ? value : -1;
}

static bool asks_to_upgrade(const struct json *entry) {
    const struct json *headers = json_get_array(json_get(entry, "request"), "headers");
    for (const struct json *m = headers == NULL ? NULL : headers->first; m != NULL; m = m->next)
        if (strcasecmp(json_get_string(m, "name"), "Upgrade") == 0 &&
            strcasecmp(json_get_string(m, "value"), "websocket") == 0)
            return true;
    return false;
}

/* "ws://host/path" as "http://host/path". */
static bool is_websocket(const struct json *entry, const char *url) {
    return strcmp(json_get_string(entry, "_resourceType"), "websocket") == 0 ||
           strncasecmp(url, "ws://", 5) == 0 || strncasecmp(url, "wss://", 6) == 0 ||
           asks_to_upgrade(entry);
}

/* Of a status 0: whether the request reached a server. */
static bool went_out(const struct json *entry) {
    static const char *const errors[] = {"ABORTED", "TIMED_OUT", "EMPTY_RESPONSE",
                                         "CONNECTION_RESET", "CONNECTION_CLOSED"};
    const char *error = json_get_string(entry, "_error");
    if (error[0] == '\0')
        error = json_get_string(json_get(entry, "response"), "_error");
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strstr(error, errors[i]) != NULL && strstr(error, "TUNNEL") == NULL)
            return true;
    return false;
}

/* Some recorders write "https://h:443/": it is the same host as without the port. */
static void drop_default_port(struct url *u) {
    const char *port = strcmp(u->scheme, "https") == 0 ? ":443" : ":80";
    size_t n = strlen(port);
    if (u->host_bytes > n && strncmp(u->host + u->host_bytes - n, port, n) == 0)
        u->host_bytes -= n;
}

enum har_kind har_kind(const struct har *h, const struct json *entry, struct url *u) {
    const struct json *request = json_get(entry, "request"), *url = json_get(request, "url");
    const char *method = json_get_string(request, "method");
    if (url == NULL || url->kind != JSON_STRING || json_has_nul(url->text, url->len))
        return HAR_STRANGE;
    if (is_websocket(entry, url->text))
        return HAR_WEBSOCKET;
    if (source_url(url->text, url->len, NULL, u) != NULL || u->scheme[0] == '\0')
        return HAR_STRANGE;
    drop_default_port(u);
    if (strcmp(json_get_string(entry, "_resourceType"), "preflight") == 0 ||
        strcmp(method, "OPTIONS") == 0)
        return HAR_PREFLIGHT;
    if (status_of(entry) == 0)
        return went_out(entry) ? HAR_UNANSWERED : HAR_UNSENT;
    return !h->o->assets && is_asset(entry, u) ? HAR_ASSET : HAR_REQUEST;
}

bool har_same_host(const struct url *a, const struct url *b) {
    return strcmp(a->scheme, b->scheme) == 0 && a->host_bytes == b->host_bytes &&
           strncasecmp(a->host, b->host, a->host_bytes) == 0;
}

/* --host takes "shop.example", "shop.example:8080" or a whole origin. */
static bool is_named(const struct url *u, const char *host) {
    struct url want;
    if (source_url(host, strlen(host), NULL, &want) != NULL)
        return false;
    if (want.scheme[0] != '\0' && strcmp(want.scheme, u->scheme) != 0)
        return false;
    want.scheme = u->scheme;
    drop_default_port(&want);
    return want.host_bytes == u->host_bytes && strncasecmp(want.host, u->host, u->host_bytes) == 0;
}

static void count_hosts(struct har *h, const struct json *entries) {
    for (const struct json *entry = entries->first; entry != NULL; entry = entry->next) {
        struct url u;
        size_t i = 0;
        if (har_kind(h, entry, &u) != HAR_REQUEST)
            continue;
        while (i < h->host_count && !har_same_host(&h->hosts[i].url, &u))
            i++;
        if (i == h->host_count && h->host_count < HAR_HOSTS_MAX)
            h->hosts[h->host_count++].url = u;
        if (i < h->host_count)
            h->hosts[i].requests++;
    }
}

/* The entry of the first page: the first HTML that is no redirect, else the first HTML. NULL: the
 * recording has none. */
static const struct json *first_page(const struct har *h, const struct json *entries) {
    const struct json *found = NULL;
    for (const struct json *entry = entries->first; entry != NULL; entry = entry->next) {
        struct url u;
        const char *kind = json_get_string(entry, "_resourceType");
        int64_t status = status_of(entry);
        if (har_kind(h, entry, &u) != HAR_REQUEST ||
            (kind[0] != '\0' ? strcmp(kind, "document") != 0
                             : strncasecmp(media_type(entry), "text/html", 9) != 0))
            continue;
        if (status < 300 || status >= 400 || status == 304)
            return entry;
        found = found == NULL ? entry : found;
    }
    return found;
}

static const struct har_host *host_of_page(const struct har *h, const struct json *entries) {
    const struct json *page = first_page(h, entries);
    struct url u;
    if (page == NULL || har_kind(h, page, &u) != HAR_REQUEST)
        return NULL;
    for (size_t i = 0; i < h->host_count; i++)
        if (har_same_host(&h->hosts[i].url, &u))
            return &h->hosts[i];
    return NULL;
}

static int shown_bytes(const struct url *u) {
    return (int)(u->host_bytes < 200 ? u->host_bytes : 200);
}

static void note_hosts(struct har *h, const struct har_host *best, const struct har_host *page) {
    struct draft_notes *notes = &h->d->notes;
    if (h->o->host == NULL && h->host_count > 1)
        draft_note(h->d, notes,
                   "Assumed: the host to test is %s://%.*s, which %s; --host changes that.",
                   best->url.scheme, shown_bytes(&best->url), best->url.host,
                   best == page ? "sent the first page" : "got most requests");
    for (size_t i = 0; i < h->host_count; i++) {
        const struct har_host *x = &h->hosts[i];
        if (x == best)
            continue;
        if (h->o->host != NULL)
            draft_note(h->d, notes, "Not sent: %zu request%s to %s://%.*s.", x->requests,
                       text_plural(x->requests), x->url.scheme, shown_bytes(&x->url), x->url.host);
        else
            draft_lost(h->d, notes, x->requests, "Left out: %zu request%s to %s://%.*s.",
                       x->requests, text_plural(x->requests), x->url.scheme, shown_bytes(&x->url),
                       x->url.host);
    }
}

int har_choose_host(struct har *h, const struct json_doc *doc, const struct json *entries,
                    struct err *e) {
    const struct har_host *best = NULL, *page;
    count_hosts(h, entries);
    page = host_of_page(h, entries);
    for (size_t i = 0; i < h->host_count; i++) {
        const struct har_host *x = &h->hosts[i];
        if (h->o->host != NULL ? is_named(&x->url, h->o->host)
                               : best == NULL || x->requests > best->requests)
            best = x;
    }
    if (h->o->host == NULL && page != NULL)
        best = page;
    if (best == NULL && h->o->host != NULL)
        return err_set(e,
                       "no request in it goes to %.200s; without --host, coldswarm uses the host "
                       "of the first page",
                       h->o->host);
    if (best == NULL)
        return json_fail(doc, entries->at, e, "it contains no request that can be sent again%s",
                         h->o->assets ? "" : "; --assets keeps images, styles and scripts");
    h->kept = best->url;
    note_hosts(h, best, page);
    return 0;
}
