#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "transport/direct_internal.h"

#define HEAD_MAX_BYTES (2 << 20) /* 1 MiB of what varies, and the rest */

/* The same request that libcurl would send, header for header: a scenario must not look different
 * to its target because of the transport that carries it. */

static const struct transport_header *header(const struct transport_request *r, const char *name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return &r->headers[i];
    return NULL;
}

static char *part(CURLU *url, CURLUPart what, unsigned flags) {
    char *text = NULL;
    return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

static void add_line(struct buf *out, const char *name, const char *value) {
    buf_printf(out, *value == '\0' ? "%s:%s\r\n" : "%s: %s\r\n", name, value);
}

static bool carries_length(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* What varies goes in here when the request is sent; the room for it was made before. */
static void hole(struct direct_request *d, const struct buf *head, enum direct_part what,
                 size_t value) {
    d->holes[d->hole_count++] = (struct direct_hole){head->len, what, value};
}

/* Which of the values that are given with each sending this header's is; DIRECT_FIXED: it has
 * one. */
static size_t value_index(const struct transport_request *r, const struct transport_header *h) {
    size_t index = 0;
    if (h == NULL || h->value != NULL)
        return DIRECT_FIXED;
    for (const struct transport_header *o = r->headers; o != h; o++)
        index += o->value == NULL;
    return index;
}

static void add_header(struct direct_request *d, struct buf *head,
                       const struct transport_request *r, const struct transport_header *h) {
    if (h->value != NULL) {
        add_line(head, h->name, h->value);
        return;
    }
    buf_printf(head, "%s: ", h->name);
    hole(d, head, DIRECT_VALUE, value_index(r, h));
    buf_str(head, "\r\n");
}

/* Messages of gRPC say their own length. */
static void add_length(struct direct_request *d, struct buf *head,
                       const struct transport_request *r) {
    if (r->grpc != NULL)
        return;
    if (r->body_varies) {
        buf_str(head, "Content-Length: ");
        hole(d, head, DIRECT_LENGTH, DIRECT_FIXED);
        buf_str(head, "\r\n");
    } else if (r->body != NULL || carries_length(r->method))
        buf_printf(head, "Content-Length: %zu\r\n", r->body_bytes);
}

static void render(struct direct_request *d, const struct transport_options *o,
                   const struct transport_request *r, CURLU *url, struct buf *head) {
    char *target = part(url, CURLUPART_PATH, 0);
    char *query = part(url, CURLUPART_QUERY, 0);
    char *host = part(url, CURLUPART_HOST, 0);
    char *port = part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    buf_printf(head, "%s ", r->method);
    if (r->path_varies)
        hole(d, head, DIRECT_PATH, DIRECT_FIXED);
    else
        buf_str(head, target == NULL ? "/" : target);
    if (query != NULL && !r->path_varies)
        buf_printf(head, "?%s", query);
    buf_str(head, " HTTP/1.1\r\n");
    const struct transport_header *own = header(r, "Host");
    if (own != NULL)
        add_header(d, head, r, own);
    else
        buf_printf(head, "Host: %s%s%s\r\n", host == NULL ? "" : host, port == NULL ? "" : ":",
                   port == NULL ? "" : port);
    if (header(r, "User-Agent") == NULL)
        add_line(head, "User-Agent", o->user_agent);
    if (r->grpc == NULL && header(r, "Accept") == NULL)
        add_line(head, "Accept", "*/*");
    if (r->grpc == NULL && o->compressed && header(r, "Accept-Encoding") == NULL)
        add_line(head, "Accept-Encoding", "gzip");
    d->extra_at = head->len;
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, "Host") != 0 &&
            !(o->cookies && strcasecmp(r->headers[i].name, "Cookie") == 0))
            add_header(d, head, r, &r->headers[i]);
    if (!o->keepalive && header(r, "Connection") == NULL)
        add_line(head, "Connection", "close");
    d->own_trace = header(r, "traceparent") != NULL;
    add_length(d, head, r);
    buf_str(head, "\r\n");
    curl_free(target);
    curl_free(query);
    curl_free(host);
    curl_free(port);
}

/* Where to connect, for libcurl: http://host:port/ whatever the scheme, so that it stops at TCP. */
static int set_origin(struct transport *t, struct direct_request *d, CURLU *url) {
    int known = -1;
    char *scheme = part(url, CURLUPART_SCHEME, 0);
    char *host = part(url, CURLUPART_HOST, 0);
    char *port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *path = part(url, CURLUPART_PATH, 0);
    char *zone = part(url, CURLUPART_ZONEID, 0); /* for the socket only (RFC 6874 4) */
    struct buf to;
    buf_init(&to, HEAD_MAX_BYTES);
    if (scheme != NULL && host != NULL && port != NULL && path != NULL) {
        d->tls = strcmp(scheme, "https") == 0;
        bool bracketed = host[0] == '[';
        if (bracketed && zone != NULL)
            buf_printf(&to, "http://%.*s%%25%s]:%s/", (int)strlen(host) - 1, host, zone, port);
        else
            buf_printf(&to, "http://%s:%s/", host, port);
        d->host = bracketed ? strndup(host + 1, strlen(host) - 2) : strdup(host);
        d->path = strdup(path);
        d->url = buf_take(&to);
        known = addresses_host(&t->addresses, host, port, &d->address, NULL);
    }
    buf_done(&to);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(zone);
    return known == 0 && d->url != NULL && d->host != NULL && d->path != NULL ? 0 : -1;
}

/* What cookies ask of a request. */
static void set_place(struct direct_request *d, const struct transport_options *o,
                      const struct transport_request *r) {
    const struct transport_header *host = header(r, "Host"), *cookie = header(r, "Cookie");
    struct bytes name = {d->host, strlen(d->host)};
    d->place = (struct place){
        .host = name, .path = {d->path, strlen(d->path)}, .secure = place_is_secure(d->tls, name)};
    d->host_value = value_index(r, host);
    if (host != NULL && host->value != NULL)
        d->place.host = place_host((struct bytes){host->value, strlen(host->value)});
    if (!o->cookies)
        cookie = NULL;
    d->cookie_value = value_index(r, cookie);
    if (cookie != NULL && cookie->value != NULL)
        d->own_cookie = (struct bytes){cookie->value, strlen(cookie->value)};
}

/* The transport's list of calls with this deadline. NULL: no memory. */
static struct direct_limit *limit_of(struct transport *t, int64_t limit_ns) {
    struct direct_limit *l = t->limits;
    while (l != NULL && l->limit_ns != limit_ns)
        l = l->next;
    if (l != NULL || (l = calloc(1, sizeof *l)) == NULL)
        return l;
    l->limit_ns = limit_ns;
    deadlines_init(&l->late, t->loop, &l->limit_ns, t->call_late, t);
    l->next = t->limits;
    t->limits = l;
    return l;
}

int direct_request_new(struct transport *t, const struct transport_request *r, void **compiled,
                       struct err *e) {
    struct buf head;
    CURLU *url = curl_url();
    struct direct_request *d = calloc(1, sizeof *d);
    buf_init(&head, HEAD_MAX_BYTES);
    if (d == NULL || url == NULL)
        goto no_memory;
    /* Spaces and bytes beyond ASCII in a URL go out as libcurl sends them, "/../" as it is. */
    if (curl_url_set(url, CURLUPART_URL, r->url,
                     CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS) != CURLUE_OK) {
        err_set(e, "%s is not a URL", r->url);
        goto fail;
    }
    size_t varying = r->path_varies + r->body_varies;
    for (size_t i = 0; i < r->header_count; i++)
        varying += r->headers[i].value == NULL;
    if (varying > 0 && (d->holes = calloc(varying, sizeof *d->holes)) == NULL)
        goto no_memory;
    d->path_varies = r->path_varies;
    d->body_varies = r->body_varies;
    d->wanted = answer_wanted(r);
    d->body = r->body;
    d->body_bytes = r->body == NULL ? 0 : r->body_bytes;
    d->head_method = strcmp(r->method, "HEAD") == 0;
    d->idempotent = transport_method_is_idempotent(r->method);
    d->upgrade = header(r, "Upgrade") != NULL;
    render(d, t->options, r, url, &head);
    d->head_bytes = head.len;
    d->head = buf_take(&head);
    if (d->head == NULL || set_origin(t, d, url) != 0)
        goto no_memory;
    if (t->options->version != TRANSPORT_HTTP_1_1 &&
        h2_head_make(&d->h2, d->head, d->head_bytes, d->extra_at, d->tls) != 0)
        goto no_memory;
    set_place(d, t->options, r);
    if (r->grpc != NULL && r->grpc->deadline_ns > 0 &&
        (d->limit = limit_of(t, r->grpc->deadline_ns)) == NULL)
        goto no_memory;
    /* With the first request that needs it: many runs have none. */
    if (d->tls && t->tls == NULL && tls_context_new(t->options, &t->tls, e) != 0)
        goto fail;
    curl_url_cleanup(url);
    buf_done(&head);
    *compiled = d;
    return 0;

no_memory:
    err_set(e, "not enough memory to prepare the request %s %s", r->method, r->url);
fail:
    curl_url_cleanup(url);
    buf_done(&head);
    direct_request_free(d);
    return -1;
}

void direct_request_free(void *compiled) {
    struct direct_request *d = compiled;
    if (d == NULL)
        return;
    free(d->head);
    free(d->url);
    free(d->host);
    free(d->path);
    free(d->holes);
    h2_head_done(&d->h2);
    free(d);
}

/* ---- requests that vary ---- */

void direct_varied_free(struct direct_varied *v) {
    if (v == NULL)
        return;
    buf_done(&v->head);
    buf_done(&v->path);
    buf_done(&v->host);
    h2_head_done(&v->h2);
    free(v);
}

static struct direct_varied *own_request(struct transport_session *s) {
    if (s->varied == NULL && (s->varied = calloc(1, sizeof *s->varied)) != NULL) {
        buf_init(&s->varied->head, HEAD_MAX_BYTES);
        buf_init(&s->varied->path, HEAD_MAX_BYTES);
        buf_init(&s->varied->host, HEAD_MAX_BYTES);
    }
    return s->varied;
}

static void fill(const struct direct_hole *h, const struct transport_parts *parts,
                 struct buf *head) {
    char digits[24];
    if (h->what == DIRECT_PATH)
        buf_add(head, parts->path.data, parts->path.len);
    else if (h->what == DIRECT_VALUE)
        buf_add(head, parts->values[h->value].data, parts->values[h->value].len);
    else
        buf_add(head, digits, (size_t)snprintf(digits, sizeof digits, "%zu", parts->body.len));
}

int direct_request_vary(struct transport_session *s, const struct transport_parts *parts) {
    const struct direct_request *d = s->request;
    struct direct_varied *v = own_request(s);
    size_t from = 0;
    if (v == NULL)
        return -1;
    struct direct_request *own = &v->request;
    *own = *d;
    buf_clear(&v->head);
    for (size_t i = 0; i < d->hole_count; i++) {
        const struct direct_hole *h = &d->holes[i];
        buf_add(&v->head, d->head + from, h->at - from);
        size_t before = v->head.len;
        fill(h, parts, &v->head);
        if (h->at <= d->extra_at)
            own->extra_at += v->head.len - before;
        from = h->at;
    }
    buf_add(&v->head, d->head + from, d->head_bytes - from);
    own->head = v->head.data;
    own->head_bytes = v->head.len;
    if (d->body_varies) {
        own->body = parts->body.data;
        own->body_bytes = parts->body.len;
    }
    if (d->path_varies) {
        buf_clear(&v->path);
        buf_add(&v->path, parts->path.data, strcspn(parts->path.data, "?"));
        own->path = v->path.data;
        own->place.path = (struct bytes){v->path.data, v->path.len};
    }
    if (d->host_value != DIRECT_FIXED) {
        struct bytes host = place_host(parts->values[d->host_value]);
        buf_clear(&v->host);
        buf_add(&v->host, host.data, host.len);
        own->place.host = (struct bytes){buf_text(&v->host), v->host.len};
    }
    if (d->cookie_value != DIRECT_FIXED)
        own->own_cookie = parts->values[d->cookie_value];
    if (!buf_ok(&v->head) || !buf_ok(&v->path) || !buf_ok(&v->host))
        return -1;
    s->request = own;
    return 0;
}

/* ---- sending ---- */

static bool traced(const struct transport_session *s) {
    return s->transport->options->trace_run != NULL && !s->request->own_trace;
}

static size_t extra_bytes(const struct transport_session *s) {
    return s->cookie_line.len + (traced(s) ? TRACEPARENT_BYTES + 1 : 0);
}

size_t direct_request_trace(const struct transport_session *s) {
    struct transport *t = s->transport;
    if (!traced(s))
        return 0;
    traceparent_line(t->options->trace_run, s->trace, t->options->trace_sampled, t->trace);
    memcpy(t->trace + TRACEPARENT_BYTES - 1, "\r\n", 2);
    return TRACEPARENT_BYTES + 1;
}

size_t direct_request_head_bytes(const struct transport_session *s) {
    return s->request->head_bytes + extra_bytes(s);
}

size_t direct_request_bytes(const struct transport_session *s) {
    return direct_request_head_bytes(s) + s->request->body_bytes;
}

int direct_request_pieces(const struct transport_session *s, size_t from,
                          struct iovec pieces[DIRECT_PIECES]) {
    const struct direct_request *d = s->request;
    struct transport *t = s->transport;
    size_t front = extra_bytes(s) > 0 ? d->extra_at : d->head_bytes;
    size_t trace_bytes = direct_request_trace(s);
    const struct {
        const void *at;
        size_t n;
    } parts[DIRECT_PIECES] = {
        {d->head, front},         {s->cookie_line.data, s->cookie_line.len},
        {t->trace, trace_bytes},  {d->head + front, d->head_bytes - front},
        {d->body, d->body_bytes},
    };
    int n = 0;
    for (size_t i = 0; i < DIRECT_PIECES; i++) {
        size_t skip = from < parts[i].n ? from : parts[i].n;
        from -= skip;
        if (skip == parts[i].n)
            continue;
        pieces[n].iov_base = (char *)(uintptr_t)parts[i].at + skip;
        pieces[n].iov_len = parts[i].n - skip;
        n++;
    }
    return n;
}
