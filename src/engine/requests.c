#include "engine/requests.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/judge.h"
#include "util/buf.h"

size_t requests_origin_bytes(const char *url) {
    const char *scheme_end = strstr(url, "://");
    size_t start = scheme_end == NULL ? 0 : (size_t)(scheme_end - url) + 3;
    return start + strcspn(url + start, "/?#");
}

const char *requests_prefix(const char *target) {
    return target + requests_origin_bytes(target);
}

char *engine_url(const struct scenario *s, const struct scenario_request *r) {
    struct buf url;
    buf_init(&url, 1 << 20);
    if (r->varying_path != NULL) {
        const char *whole = r->path[0] == '/' ? s->target : r->varying_path->text;
        buf_add(&url, whole, requests_origin_bytes(whole));
        buf_char(&url, '/');
    } else {
        if (r->path[0] == '/')
            buf_str(&url, s->target);
        buf_str(&url, r->path);
    }
    return buf_take(&url);
}

int requests_init(struct requests *r, const struct scenario *s, struct err *e) {
    size_t headers = 0;
    for (size_t i = 0; i < s->request_count; i++)
        headers += s->requests[i].header_count;
    r->items = calloc(s->request_count + 1, sizeof *r->items);
    r->urls = calloc(s->request_count + 1, sizeof *r->urls);
    r->headers = calloc(headers + 1, sizeof *r->headers);
    if (r->items == NULL || r->urls == NULL || r->headers == NULL)
        return err_set(e, "not enough memory for %zu requests", s->request_count);
    r->count = s->request_count;
    struct transport_header *next = r->headers;
    for (size_t i = 0; i < s->request_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        r->urls[i] = engine_url(s, q);
        if (r->urls[i] == NULL)
            return err_set(e, "not enough memory for the URL of %s", q->name);
        r->items[i] = (struct transport_request){
            .method = q->method,
            .url = r->urls[i],
            .headers = next,
            .header_count = q->header_count,
            .body = q->body,
            .body_bytes = q->body_bytes,
            .path_varies = q->varying_path != NULL,
            .body_varies = q->varying_body != NULL,
            .keep_head = judge_needs_head(q),
            .keep_body_bytes = judge_needs_body(q),
        };
        for (size_t h = 0; h < q->header_count; h++)
            *next++ = (struct transport_header){q->headers[h].name, q->headers[h].value};
    }
    return 0;
}

void requests_done(struct requests *r) {
    for (size_t i = 0; r->urls != NULL && i < r->count; i++)
        free(r->urls[i]);
    free(r->urls);
    free(r->items);
    free(r->headers);
    *r = (struct requests){0};
}
