#include "engine/requests.h"

#include <stdlib.h>
#include <string.h>

#include "engine/checker.h"
#include "scenario/grpc_call.h"
#include "util/buf.h"
#include "util/url.h"

/* The URL that a request goes to: the path behind the target, or the path itself where it is a
 * whole URL; where the path varies, only its scheme and host and a "/". The caller frees it; NULL
 * when memory runs out. */
static char *request_url(const struct scenario *s, const struct scenario_request *r) {
    struct buf url;
    buf_init(&url, 1 << 20);
    if (r->varying_path != NULL) {
        const char *whole = scenario_is_whole_url(r) ? r->varying_path->text : s->target;
        buf_add(&url, whole, url_origin(whole));
        buf_char(&url, '/');
    } else {
        if (!scenario_is_whole_url(r))
            buf_str(&url, s->target);
        buf_str(&url, r->path);
    }
    return buf_take(&url);
}

static const struct transport_grpc *set_call(struct transport_grpc *to, const struct grpc_call *c) {
    if (c == NULL)
        return NULL;
    *to = (struct transport_grpc){.streams = c->method->server_streaming,
                                  .message_max_bytes = c->message_max_bytes,
                                  .deadline_ns = c->deadline_ns,
                                  .output = c->method->output};
    return to;
}

int requests_init(struct requests *r, const struct scenario *s, struct err *e) {
    size_t headers = 0;
    for (size_t i = 0; i < s->request_count; i++)
        headers += s->requests[i].header_count;
    r->items = calloc(s->request_count + 1, sizeof *r->items);
    r->urls = calloc(s->request_count + 1, sizeof *r->urls);
    r->headers = calloc(headers + 1, sizeof *r->headers);
    r->calls = calloc(s->request_count + 1, sizeof *r->calls);
    if (r->items == NULL || r->urls == NULL || r->calls == NULL || r->headers == NULL)
        return err_set(e, "not enough memory for %zu requests", s->request_count);
    r->count = s->request_count;
    struct transport_header *next = r->headers;
    for (size_t i = 0; i < s->request_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        r->urls[i] = request_url(s, q);
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
            .body_varies = scenario_body_varies(q),
            .keep_head = checker_needs_head(q),
            .keep_body_bytes = checker_needs_body(s, q),
            .stream = q->stream == NULL ? NULL : &q->stream->spec,
            .keep_text_bytes = checker_needs_text(s, q),
            .keep_refusal_bytes = checker_needs_refusal(q),
            .grpc = set_call(&r->calls[i], q->grpc),
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
    free(r->calls);
    free(r->headers);
    *r = (struct requests){0};
}
