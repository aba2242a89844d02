#include "transport/curl_hop.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/idn.h"

#define HOST_BYTES_MAX 1024
#define URL_FLAGS (CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME)

static const char no_memory[] = "not enough memory to follow a redirect";
static const char no_target[] = "a redirect to a URL that is not http or https";
static const char no_host[] = "a redirect to an invalid host name";

const char *curl_hop_location(CURL *easy) {
    struct curl_header *h = NULL;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return NULL;
    if (curl_easy_header(easy, "Location", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
        return NULL;
    /* libcurl 7.88 gives an empty value as the CR of its line. */
    return h->value[strspn(h->value, " \t\r\n")] == '\0' ? NULL : h->value;
}

/* ---- where to ---- */

static char *part(CURLU *url, CURLUPart what, unsigned flags) {
    char *text = NULL;
    return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool same_text(CURLU *a, CURLU *b, CURLUPart what, unsigned flags) {
    char *x = part(a, what, flags), *y = part(b, what, flags);
    bool same = x != NULL && y != NULL && strcasecmp(x, y) == 0;
    curl_free(x);
    curl_free(y);
    return same;
}

static bool same_origin(CURLU *a, CURLU *b) {
    return same_text(a, b, CURLUPART_SCHEME, 0) && same_text(a, b, CURLUPART_HOST, 0) &&
           same_text(a, b, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

static bool is_web(CURLU *url) {
    char *scheme = part(url, CURLUPART_SCHEME, 0);
    bool web = scheme != NULL && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    return web;
}

/* An international name becomes its A-labels. libcurl would convert it by the locale, and not for
 * our look-up. */
static CURLUcode use_labels(CURLU *url) {
    char *host = part(url, CURLUPART_HOST, 0);
    CURLUcode code = CURLUE_OK;
    struct buf labels;
    struct err ignored;
    if (host == NULL || idn_is_ascii(host, strlen(host))) {
        curl_free(host);
        return host == NULL ? CURLUE_NO_HOST : CURLUE_OK;
    }
    buf_init(&labels, HOST_BYTES_MAX);
    if (idn_labels(host, &labels, &ignored) != 0 || !buf_ok(&labels))
        code = CURLUE_BAD_HOSTNAME;
    else
        code = curl_url_set(url, CURLUPART_HOST, buf_text(&labels), 0);
    buf_done(&labels);
    curl_free(host);
    return code;
}

/* A user's name in the URL is authorization, too: it stays with its origin. */
static CURLUcode carry_user(CURLU *from, CURLU *to) {
    CURLUcode code = CURLUE_OK;
    char *user = part(from, CURLUPART_USER, 0), *password = part(from, CURLUPART_PASSWORD, 0);
    char *own = part(to, CURLUPART_USER, 0);
    if (own == NULL && user != NULL)
        code = curl_url_set(to, CURLUPART_USER, user, 0);
    if (own == NULL && password != NULL && code == CURLUE_OK)
        code = curl_url_set(to, CURLUPART_PASSWORD, password, 0);
    curl_free(user);
    curl_free(password);
    curl_free(own);
    return code;
}

/* ---- what goes along ---- */

static bool is_header(const char *line, const char *name) {
    size_t n = strlen(name);
    return strncasecmp(line, name, n) == 0 && (line[n] == ':' || line[n] == ';');
}

/* RFC 9110 15.4, point 4. A header that is only left out ("Expect:") stays left out. */
static bool is_of_body(const char *line) {
    return strncasecmp(line, "Content-", 8) == 0 || is_header(line, "Transfer-Encoding") ||
           is_header(line, "Digest") || is_header(line, "Last-Modified") ||
           is_header(line, "Trailer") || (is_header(line, "Expect") && strlen(line) > 7);
}

static bool is_of_origin(const char *line) {
    return is_header(line, "Authorization") || is_header(line, "Proxy-Authorization") ||
           is_header(line, "Cookie") || is_header(line, "Host");
}

static int copy_headers(const struct curl_slist *from, bool body, bool origin,
                        struct curl_slist **out) {
    for (; from != NULL; from = from->next) {
        if ((!body && is_of_body(from->data)) || (!origin && is_of_origin(from->data)))
            continue;
        struct curl_slist *longer = curl_slist_append(*out, from->data);
        if (longer == NULL) {
            curl_slist_free_all(*out);
            *out = NULL;
            return -1;
        }
        *out = longer;
    }
    return 0;
}

/* The method that a redirect leads to, NULL: the same, with its body. */
static const char *other_method(const char *method, int status) {
    if (status == 303 && strcmp(method, "HEAD") != 0)
        return "GET";
    return (status == 301 || status == 302) && strcmp(method, "POST") == 0 ? "GET" : NULL;
}

/* The value of the scenario's own Host; data NULL: it has none. */
static struct bytes own_host(const struct curl_slist *headers) {
    for (; headers != NULL; headers = headers->next)
        if (is_header(headers->data, "Host") && headers->data[4] == ':') {
            const char *site = headers->data + 5 + strspn(headers->data + 5, " ");
            return (struct bytes){site, strlen(site)};
        }
    return (struct bytes){0};
}

/* Whether the port of a Location is the site's, or the one that the connection went to: servers
 * write either. */
static bool is_its_port(CURLU *base, CURLU *to, struct bytes site) {
    char *port = part(to, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *scheme = part(to, CURLUPART_SCHEME, 0);
    const char *end = strrchr(site.data, ':');
    bool written = end != NULL && strchr(end, ']') == NULL;
    const char *its = written                                          ? end + 1
                      : scheme != NULL && strcmp(scheme, "https") == 0 ? "443"
                                                                       : "80";
    bool same = port != NULL &&
                (strcmp(port, its) == 0 || same_text(base, to, CURLUPART_PORT, CURLU_DEFAULT_PORT));
    curl_free(port);
    curl_free(scheme);
    return same;
}

/* Leads a Location that names the site of the scenario's own Host to the server that was asked. */
static CURLUcode stay_with_site(const struct curl_request *from, CURLU *base, CURLU *to) {
    struct bytes site = own_host(from->headers), name = place_host(site);
    char *host = part(to, CURLUPART_HOST, 0);
    CURLUcode code = CURLUE_OK;
    struct bytes asked = {0};
    if (host != NULL)
        asked = place_host((struct bytes){host, strlen(host)});
    if (host != NULL && site.data != NULL && asked.len == name.len &&
        strncasecmp(asked.data, name.data, name.len) == 0 &&
        same_text(base, to, CURLUPART_SCHEME, 0) && is_its_port(base, to, site)) {
        char *server = part(base, CURLUPART_HOST, 0);
        char *port = part(base, CURLUPART_PORT, 0);
        code = server == NULL ? CURLUE_OUT_OF_MEMORY : curl_url_set(to, CURLUPART_HOST, server, 0);
        if (code == CURLUE_OK)
            code = curl_url_set(to, CURLUPART_PORT, port, 0);
        curl_free(server);
        curl_free(port);
    }
    curl_free(host);
    return code;
}

static const char *fill(struct curl_hop *h, const struct curl_request *from, int status,
                        CURLU *base, CURLU *to) {
    bool origin = !h->crossed && same_origin(base, to);
    const char *other = other_method(from->method, status);
    struct curl_hop next = {.request = *from, .crossed = !origin, .count = h->count + 1};
    char *scheme = part(to, CURLUPART_SCHEME, 0), *host = part(to, CURLUPART_HOST, 0);
    next.url = part(to, CURLUPART_URL, 0);
    next.path = part(to, CURLUPART_PATH, 0);
    if (host != NULL)
        next.host = strdup(host);
    if (scheme == NULL || next.url == NULL || next.path == NULL || next.host == NULL ||
        copy_headers(from->headers, other == NULL, origin, &next.headers) != 0) {
        curl_free(scheme);
        curl_free(host);
        curl_hop_done(&next);
        return no_memory;
    }
    if (other != NULL) {
        next.request.method = other;
        next.request.body = NULL;
        next.request.body_bytes = 0;
        next.request.has_body = false;
    }
    next.request.path_varies = next.request.body_varies = false;
    next.request.url = next.url;
    next.request.headers = next.headers;
    struct bytes at = place_host((struct bytes){next.host, strlen(next.host)});
    next.place = (struct place){.host = at,
                                .path = {next.path, strlen(next.path)},
                                .secure = place_is_secure(strcmp(scheme, "https") == 0, at)};
    /* A Host of one's own still names the site. */
    struct bytes site = own_host(next.headers);
    if (site.data != NULL)
        next.place.host = place_host(site);
    curl_free(scheme);
    curl_free(host);
    curl_hop_done(h);
    *h = next;
    return NULL;
}

const char *curl_hop_next(struct curl_hop *h, const struct curl_request *from, const char *url,
                          int status, const char *location) {
    CURLU *base = curl_url(), *to = curl_url();
    const char *why = no_memory;
    /* The scenario's path is as it is written; what a Location says is resolved (RFC 3986
     * 5.2.4). */
    const unsigned as_is = CURLU_PATH_AS_IS;
    if (base == NULL || to == NULL || curl_url_set(base, CURLUPART_URL, url, URL_FLAGS | as_is) ||
        curl_url_set(to, CURLUPART_URL, url, URL_FLAGS | as_is))
        goto out;
    why = no_target;
    if (curl_url_set(to, CURLUPART_URL, location, URL_FLAGS) != CURLUE_OK || !is_web(to))
        goto out;
    why = no_host;
    if (use_labels(to) != CURLUE_OK)
        goto out;
    why = no_memory;
    curl_url_set(to, CURLUPART_FRAGMENT, NULL, 0);
    if (stay_with_site(from, base, to) != CURLUE_OK)
        goto out;
    if (same_origin(base, to) && carry_user(base, to) != CURLUE_OK)
        goto out;
    why = fill(h, from, status, base, to);

out:
    curl_url_cleanup(base);
    curl_url_cleanup(to);
    return why;
}

void curl_hop_done(struct curl_hop *h) {
    curl_slist_free_all(h->headers);
    curl_free(h->url);
    curl_free(h->path);
    free(h->host);
    *h = (struct curl_hop){0};
}
