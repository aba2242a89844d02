#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transport/curl_internal.h"
#include "util/buf.h"
#include "util/url.h"

#define HEADER_MAX_BYTES (1 << 20)
#define CONNECTION_MAX_AGE_S 1000000000L

static bool has_header(const struct transport_request *r, const char *name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return true;
    return false;
}

static int append(struct curl_slist **list, const char *line) {
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return -1;
    *list = longer;
    return 0;
}

/* libcurl takes "Name: value", "Name;" for an empty value, and "Name:" to leave a header of its own
 * out. */
static int append_header(struct curl_slist **list, struct buf *line, const char *name,
                         const char *value) {
    buf_clear(line);
    buf_printf(line, *value == '\0' ? "%s;" : "%s: %s", name, value);
    return buf_ok(line) ? append(list, buf_text(line)) : -1;
}

static bool carries_length(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* What cookies ask of a request. A URL that is none is libcurl's to refuse. */
static int set_place(struct curl_request *c, const struct transport_options *o,
                     const struct transport_request *r) {
    char *scheme = NULL, *host = NULL, *path = NULL;
    CURLU *url = curl_url();
    if (url == NULL)
        return -1;
    if (curl_url_set(url, CURLUPART_URL, r->url,
                     CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) == 0 &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == 0 &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == 0)
        curl_url_get(url, CURLUPART_PATH, &path, 0);
    c->host = strdup(host == NULL ? "" : host);
    c->path = strdup(path == NULL ? "/" : path);
    bool tls = scheme != NULL && strcmp(scheme, "https") == 0;
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_url_cleanup(url);
    if (c->host == NULL || c->path == NULL)
        return -1;
    struct bytes at = place_host((struct bytes){c->host, strlen(c->host)});
    c->place = (struct place){at, {c->path, strlen(c->path)}, place_is_secure(tls, at)};
    c->host_value = c->cookie_value = CURL_FIXED;
    size_t varying = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct transport_header *h = &r->headers[i];
        struct bytes value = {h->value, h->value == NULL ? 0 : strlen(h->value)};
        if (strcasecmp(h->name, "Host") == 0) {
            c->host_value = h->value == NULL ? varying : CURL_FIXED;
            c->place.host = h->value == NULL ? at : place_host(value);
        } else if (o->cookies && strcasecmp(h->name, "Cookie") == 0) {
            c->cookie_value = h->value == NULL ? varying : CURL_FIXED;
            c->own_cookie = value;
        }
        varying += h->value == NULL;
    }
    return 0;
}

int curl_request_new(const struct transport_options *options, const struct transport_request *r,
                     void **compiled, struct err *e) {
    struct buf line;
    buf_init(&line, HEADER_MAX_BYTES);
    struct curl_request *c = calloc(1, sizeof *c);
    if (c == NULL)
        goto fail;
    c->url = r->url;
    c->method = r->method;
    c->body = r->body;
    c->body_bytes = r->body_bytes;
    c->has_body = r->body != NULL || carries_length(r->method);
    c->own_trace = has_header(r, "traceparent");
    c->upgrade = has_header(r, "Upgrade");
    c->path_varies = r->path_varies;
    c->body_varies = r->body_varies;
    c->has_body = c->has_body || r->body_varies;
    c->wanted = answer_wanted(r);
    c->origin_bytes = url_origin(r->url);
    c->varying = calloc(r->header_count + 1, sizeof *c->varying);
    if (c->varying == NULL || set_place(c, options, r) != 0)
        goto fail;
    for (size_t i = 0; i < r->header_count; i++)
        if (r->headers[i].value == NULL)
            c->varying[c->varying_count++] = r->headers[i].name;
        else if (options->cookies && strcasecmp(r->headers[i].name, "Cookie") == 0)
            continue;
        else if (append_header(&c->headers, &line, r->headers[i].name, r->headers[i].value) != 0)
            goto fail;
    /* libcurl would wait up to a second for "100 Continue" before a body of 1 MB; no browser
     * does. */
    if (!has_header(r, "Expect") && append(&c->headers, "Expect:") != 0)
        goto fail;
    /* A body without a type is not a form. */
    if (c->has_body && !has_header(r, "Content-Type") && append(&c->headers, "Content-Type:") != 0)
        goto fail;
    if (!options->keepalive && !has_header(r, "Connection") &&
        append(&c->headers, "Connection: close") != 0)
        goto fail;
    buf_done(&line);
    *compiled = c;
    return 0;

fail:
    buf_done(&line);
    curl_request_free(c);
    return err_set(e, "not enough memory to prepare the request %s %s", r->method, r->url);
}

void curl_request_free(void *compiled) {
    struct curl_request *c = compiled;
    if (c == NULL)
        return;
    curl_slist_free_all(c->headers);
    free(c->varying);
    free(c->host);
    free(c->path);
    free(c);
}

static long http_version(enum transport_http version) {
    switch (version) {
    case TRANSPORT_HTTP_2:
    case TRANSPORT_HTTP_2_ONLY:
        return CURL_HTTP_VERSION_2TLS;
    case TRANSPORT_HTTP_2_PRIOR:
        return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    case TRANSPORT_HTTP_1_1:
        break;
    }
    return CURL_HTTP_VERSION_1_1;
}

static CURLcode setup_tls(CURL *easy, const struct transport_options *o) {
    CURLcode code = CURLE_OK;
#define SET(option, value)                                                                         \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_SSL_VERIFYPEER, o->verify ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, o->verify ? 2L : 0L);
    if (o->ca != NULL) {
        SET(CURLOPT_CAINFO, o->ca);
        SET(CURLOPT_CAPATH, NULL);
    }
    if (o->cert != NULL)
        SET(CURLOPT_SSLCERT, o->cert);
    if (o->key != NULL)
        SET(CURLOPT_SSLKEY, o->key);
    return code;
}

long curl_request_timeout_ms(int64_t ns) {
    return ns < 1000000 ? 1 : (long)((ns + 999999) / 1000000);
}

bool curl_request_keeps(const struct transport_options *o) {
    /* libcurl 7.88 fails every second request of a prior-knowledge connection: mended in 8.0. */
    return o->keepalive && (o->version != TRANSPORT_HTTP_2_PRIOR ||
                            curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000);
}

int curl_request_setup(CURL *easy, const struct transport_options *o, struct err *e) {
    CURLcode code = setup_tls(easy, o);
    SET(CURLOPT_NOSIGNAL, 1L);
    /* Else libcurl waits, in the loop, for a resolver thread whose request has run out of time. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, http_version(o->version));
    SET(CURLOPT_USERAGENT, o->user_agent);
    /* "" keeps the environment's proxies out: a run must not depend on where it is started. */
    SET(CURLOPT_PROXY, o->proxy == NULL ? "" : o->proxy);
    SET(CURLOPT_NOPROXY, "");
    if (o->unix_socket != NULL)
        SET(CURLOPT_UNIX_SOCKET_PATH, o->unix_socket);
    /* How long one may be idle is the server's to say: see history.h. */
    SET(CURLOPT_MAXAGE_CONN, CONNECTION_MAX_AGE_S);
    /* Redirects, cookies and codings are ours: curl_hop.h, cookies.h and content_coding.h. */
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    if (o->compressed)
        SET(CURLOPT_ACCEPT_ENCODING, "gzip");
    SET(CURLOPT_TIMEOUT_MS, curl_request_timeout_ms(o->timeout_ns));
    SET(CURLOPT_CONNECTTIMEOUT_MS,
        (long)(o->connect_timeout_ns / 1000000 > 0 ? o->connect_timeout_ns / 1000000 : 1));
    if (code != CURLE_OK)
        return err_set(e, "libcurl refuses an option: %s", curl_easy_strerror(code));
    return 0;
}

CURLcode curl_request_apply(CURL *easy, const struct curl_request *r) {
    CURLcode code = CURLE_OK;
    bool head = strcmp(r->method, "HEAD") == 0;
    SET(CURLOPT_URL, r->url);
    /* What the user wrote, or put in, is not ours to tidy. */
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_HTTPHEADER, r->headers);
    /* The order matters: each of these switches the others off, and CUSTOMREQUEST only renames what
     * they chose. */
    SET(CURLOPT_HTTPGET, 1L);
    if (r->has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_bytes);
        SET(CURLOPT_POSTFIELDS, r->body == NULL ? "" : r->body);
    }
    SET(CURLOPT_NOBODY, head ? 1L : 0L);
    if (!head && !r->has_body)
        SET(CURLOPT_HTTPGET, 1L);
    bool plain = head || strcmp(r->method, r->has_body ? "POST" : "GET") == 0;
    SET(CURLOPT_CUSTOMREQUEST, plain ? NULL : r->method);
    return code;
}

void curl_request_headers_free(const struct curl_request *r, struct curl_slist *headers) {
    while (headers != NULL && headers != r->headers) {
        struct curl_slist *next = headers->next;
        headers->next = NULL;
        curl_slist_free_all(headers);
        headers = next;
    }
}

/* Adds one in front: the list behind it belongs to the request. */
static int prepend(struct curl_slist **list, const char *line) {
    struct curl_slist *first = curl_slist_append(NULL, line);
    if (first == NULL)
        return -1;
    first->next = *list;
    *list = first;
    return 0;
}

CURLcode curl_request_vary(CURL *easy, const struct curl_request *r,
                           const struct transport_parts *parts, struct curl_slist **headers) {
    CURLcode code = CURLE_OK;
    struct curl_slist *list = r->headers;
    struct buf text;
    bool memory = true;
    buf_init(&text, HEADER_MAX_BYTES);
    for (size_t i = r->varying_count; memory && i-- > 0;) {
        const struct bytes *v = &parts->values[i];
        if (i == r->cookie_value)
            continue;
        buf_clear(&text);
        buf_printf(&text, v->len == 0 ? "%s;" : "%s: %.*s", r->varying[i], (int)v->len, v->data);
        memory = buf_ok(&text) && prepend(&list, buf_text(&text)) == 0;
    }
    if (memory && r->path_varies) {
        buf_clear(&text);
        buf_add(&text, r->url, r->origin_bytes);
        buf_add(&text, parts->path.data, parts->path.len);
        memory = buf_ok(&text);
        SET(CURLOPT_URL, buf_text(&text));
    }
    if (memory && r->body_varies) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)parts->body.len);
        SET(CURLOPT_POSTFIELDS, parts->body.len == 0 ? "" : parts->body.data);
    }
    SET(CURLOPT_HTTPHEADER, list);
    buf_done(&text);
    *headers = list;
    return memory ? code : CURLE_OUT_OF_MEMORY;
#undef SET
}
