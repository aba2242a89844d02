#include "engine/flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/requests.h"
#include "util/clock.h"
#include "util/url.h"

#define PATH_BYTES_MAX ((size_t)8 << 20)
/* Of what varies in a head: no server takes as much, and transports have room for it beside the
 * rest. */
#define HEAD_BYTES_MAX ((size_t)1 << 20)
#define BODY_KEPT_BYTES ((size_t)16 << 10)

static bool varies(const struct scenario_request *q) {
    bool any = q->varying_path != NULL || scenario_body_varies(q);
    for (size_t i = 0; i < q->header_count; i++)
        any = any || q->headers[i].varying != NULL;
    return any;
}

bool flow_needed(const struct scenario *s) {
    bool any = s->variable_count > 0 || s->feeder_count > 0;
    for (size_t i = 0; i < s->step_count; i++)
        any = any || s->steps[i].kind == SCENARIO_LOOP || s->steps[i].condition != NULL;
    for (size_t i = 0; i < s->request_count && !any; i++)
        any = varies(&s->requests[i]);
    return any;
}

int flow_work_init(struct flow_work *w, const struct scenario *s, struct err *e) {
    size_t most = 1;
    *w = (struct flow_work){.scenario = s};
    template_work_init(&w->templates);
    grpc_call_work_init(&w->grpc);
    buf_init(&w->path, PATH_BYTES_MAX);
    buf_init(&w->values, PATH_BYTES_MAX * 2);
    for (size_t i = 0; i < s->request_count; i++)
        most = s->requests[i].header_count > most ? s->requests[i].header_count : most;
    w->headers = calloc(most, sizeof *w->headers);
    w->prefix = strdup(s->target == NULL ? "" : s->target + url_origin(s->target));
    return w->headers != NULL && w->prefix != NULL ? 0 : err_set(e, "not enough memory");
}

void flow_work_done(struct flow_work *w) {
    template_work_done(&w->templates);
    grpc_call_work_done(&w->grpc);
    buf_done(&w->path);
    buf_done(&w->values);
    free(w->headers);
    free(w->prefix);
}

int flow_new(const struct scenario *s, const struct bytes *values, struct flow **out,
             struct err *e) {
    struct flow *f = calloc(1, sizeof *f);
    if (f == NULL)
        return err_set(e, "not enough memory for another user");
    f->variables = calloc(s->variable_count + 1, sizeof *f->variables);
    f->captured = calloc(s->variable_count + 1, sizeof *f->captured);
    f->rows = calloc(s->feeder_count + 1, sizeof *f->rows);
    f->fields = calloc(s->feeder_count + 1, sizeof *f->fields);
    buf_init(&f->body, LOADER_BODY_MAX);
    if (f->variables == NULL || f->captured == NULL || f->rows == NULL || f->fields == NULL) {
        flow_free(f, s);
        return err_set(e, "not enough memory for another user");
    }
    if (s->variable_count > 0)
        memcpy(f->variables, values, s->variable_count * sizeof *values);
    *out = f;
    return 0;
}

void flow_free(struct flow *f, const struct scenario *s) {
    if (f == NULL)
        return;
    for (size_t i = 0; f->captured != NULL && i < s->variable_count; i++)
        buf_done(&f->captured[i]);
    for (size_t i = 0; f->rows != NULL && i < s->feeder_count; i++)
        feeder_row_done(&f->rows[i]);
    free(f->variables);
    free(f->captured);
    free(f->rows);
    free(f->fields);
    buf_done(&f->body);
    free(f);
}

void flow_set(struct flow *f, uint32_t slot, struct buf *value) {
    struct buf *own = &f->captured[slot];
    f->variables[slot] = (struct bytes){NULL, 0};
    if (value == NULL)
        return;
    own->max = value->max;
    buf_clear(own);
    buf_add(own, buf_text(value), value->len);
    if (buf_ok(own))
        f->variables[slot] = (struct bytes){own->data, own->len};
}

enum feeder_result flow_draw(struct flow_work *w, const struct flow_user *u, uint64_t feeders,
                             size_t *which, struct err *e) {
    for (size_t i = 0; feeders >> i != 0; i++) {
        if ((feeders >> i & 1) == 0)
            continue;
        struct feeder_row *row = &u->flow->rows[i];
        struct feeder_turn turn = {
            .user = u->index, .turn = u->turn, .arrival = u->arrival, .rng = u->rng};
        enum feeder_result drawn = feeder_draw(w->scenario->feeders[i], &turn, row, e);
        u->flow->fields[i] = drawn == FEEDER_DRAWN ? row->fields : NULL;
        *which = i;
        if (drawn != FEEDER_DRAWN)
            return drawn;
        if (i == 63)
            break;
    }
    return FEEDER_DRAWN;
}

static struct template_values values_of(struct flow_work *w, const struct flow_user *u) {
    return (struct template_values){
        .variables = u->flow->variables,
        .rows = u->flow->fields,
        .user_id = u->index,
        .iteration = u->iteration,
        .now_real_ns = clock_real_ns(),
        .rng = u->rng,
        .work = &w->templates,
    };
}

/* A value that is not there yet is as good as an empty one. */
static bool holds(struct flow_work *w, const struct flow_user *u, const struct template *t) {
    static const char *const no[] = {"", "false", "0", "null"};
    struct template_values values = values_of(w, u);
    struct err e;
    buf_clear(&w->values);
    if (template_render(t, &values, &w->values, &e) != 0)
        return false;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (strcmp(buf_text(&w->values), no[i]) == 0)
            return false;
    return true;
}

uint32_t flow_next(struct flow_work *w, const struct flow_user *u, uint32_t at, uint32_t end) {
    while (at < end) {
        const struct scenario_step *step = &w->scenario->steps[at];
        switch (step->kind) {
        case SCENARIO_SEND:
        case SCENARIO_PAUSE:
            return at;
        case SCENARIO_LOOP:
            u->flow->loops[step->depth] = step->count;
            at++;
            break;
        case SCENARIO_AGAIN:
            at = --u->flow->loops[step->depth] > 0 ? step->to : at + 1;
            break;
        case SCENARIO_WHEN:
            at = holds(w, u, step->condition) ? at + 1 : step->to;
            break;
        case SCENARIO_SKIP:
            at++;
            break;
        }
    }
    return end;
}

/* All values into one buffer first, for it may move while it grows; a NUL between them. */
static int write_headers(struct flow_work *w, const struct template_values *values,
                         const struct scenario_request *q, struct err *e) {
    size_t n = 0, from = 0;
    buf_clear(&w->values);
    for (size_t i = 0; i < q->header_count; i++) {
        if (q->headers[i].varying == NULL)
            continue;
        if (template_render(q->headers[i].varying, values, &w->values, e) != 0)
            return -1;
        w->headers[n++].len = w->values.len - from;
        buf_char(&w->values, '\0');
        from = w->values.len;
    }
    if (!buf_ok(&w->values))
        return err_set(e, "the headers are too long");
    from = 0;
    for (size_t i = 0; i < n; i++) {
        w->headers[i].data = w->values.data + from;
        from += w->headers[i].len + 1;
    }
    return 0;
}

/* The value is a URL: what follows its host is the path, where that is the target's. *skip becomes
 * where it begins. */
static int target_path(struct flow_work *w, size_t own, size_t *skip, struct err *e) {
    char *url = w->path.data + own;
    size_t n = url_origin(url);
    if (!scenario_same_origin(url, w->scenario->target)) {
        snprintf(w->templates.seen, sizeof w->templates.seen, "%.*s", (int)(n > 200 ? 200 : n),
                 url);
        return err_set(e, "the path: its value is a URL with a scheme, host or port different from "
                          "the target; write a separate task for that host");
    }
    *skip = own + n;
    if (url[n] == '/')
        return 0;
    if (url[n] == '\0')
        buf_char(&w->path, '/');
    else
        w->path.data[--*skip] = '/'; /* "http://host?query" */
    return buf_ok(&w->path) ? 0 : err_set(e, "the path is too long");
}

static int write_path(struct flow_work *w, const struct template_values *values,
                      const struct scenario_request *q, struct bytes *out, struct err *e) {
    size_t skip = scenario_is_whole_url(q) ? url_origin(q->varying_path->text) : 0;
    buf_clear(&w->path);
    if (skip == 0)
        buf_str(&w->path, w->prefix);
    size_t own = w->path.len;
    if (template_render(q->varying_path, values, &w->path, e) != 0)
        return -1;
    if (!buf_ok(&w->path))
        return err_set(e, "the path is too long");
    if (q->whole_path && w->path.data[own] != '/' && target_path(w, own, &skip, e) != 0)
        return -1;
    *out = (struct bytes){w->path.data + skip, w->path.len - skip};
    return 0;
}

int flow_write(struct flow_work *w, const struct flow_user *u, const struct scenario_request *q,
               struct transport_parts *room, const struct transport_parts **out, struct err *e) {
    if (u->flow == NULL || !varies(q))
        return 0;
    struct template_values values = values_of(w, u);
    *room = (struct transport_parts){.values = w->headers};
    if (write_headers(w, &values, q, e) != 0)
        return -1;
    if (q->varying_path != NULL && write_path(w, &values, q, &room->path, e) != 0)
        return -1;
    if (w->values.len + room->path.len > HEAD_BYTES_MAX)
        return err_set(e, "the values of its path and headers are longer than %zu bytes together",
                       HEAD_BYTES_MAX);
    if (scenario_body_varies(q)) {
        struct buf *body = &u->flow->body;
        buf_clear(body);
        if ((q->grpc != NULL ? grpc_call_write(q->grpc, &values, &w->grpc, body, e)
                             : template_render(q->varying_body, &values, body, e)) != 0)
            return -1;
        if (!buf_ok(body))
            return err_set(e, "the body is too long");
        room->body = (struct bytes){buf_text(body), body->len};
    }
    *out = room;
    return 0;
}

void flow_seen(const struct flow_work *w, const struct flow_user *u,
               const struct scenario_request *q, struct err *out) {
    struct buf text;
    buf_init(&text, sizeof out->text);
    buf_str(&text, *w->templates.seen != '\0' || q->grpc == NULL ? w->templates.seen
                                                                 : w->grpc.encode.seen);
    for (size_t i = 0; i < w->scenario->feeder_count; i++)
        if ((q->feeders >> i & 1) != 0 && u->flow->fields[i] != NULL)
            buf_printf(&text, "%srow %" PRIu64 " of %s", text.len == 0 ? "" : ", ",
                       u->flow->rows[i].number + 1, feeder_path(w->scenario->feeders[i]));
    err_set(out, "%s", buf_text(&text));
    buf_done(&text);
}

void flow_answered(struct flow *f) {
    if (f->body.cap > BODY_KEPT_BYTES)
        buf_done(&f->body);
}
