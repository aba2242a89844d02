#include "cli/dry_run.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/flow.h"
#include "grpc/grpc_frame.h"
#include "grpc/proto_decode.h"
#include "util/rng.h"
#include "util/text.h"

#define SHOWN_MAX ((size_t)64 << 20)
#define BINARY_SHOWN 1024

/* One user that never sends. */
struct rehearsal {
    const struct scenario *s;
    struct flow_work work;
    struct flow *flow;
    struct bytes *values; /* by slot: "<name>" where only an answer would tell */
    char **stand_ins;
    struct rng rng;
    bool working;
};

static int stand_in(struct rehearsal *r, size_t slot) {
    const char *name = r->s->variable_names[slot];
    size_t n = strlen(name) + 2;
    r->stand_ins[slot] = malloc(n + 1);
    if (r->stand_ins[slot] == NULL)
        return -1;
    r->stand_ins[slot][0] = '<';
    memcpy(r->stand_ins[slot] + 1, name, n - 2);
    memcpy(r->stand_ins[slot] + n - 1, ">", 2);
    r->values[slot] = (struct bytes){r->stand_ins[slot], n};
    return 0;
}

static void rehearsal_done(struct rehearsal *r) {
    flow_free(r->flow, r->s);
    if (r->working)
        flow_work_done(&r->work);
    for (size_t i = 0; r->stand_ins != NULL && i < r->s->variable_count; i++)
        free(r->stand_ins[i]);
    free(r->stand_ins);
    free(r->values);
}

static int rehearsal_init(struct rehearsal *r, const struct scenario *s, struct err *e) {
    *r = (struct rehearsal){.s = s};
    rng_seed(&r->rng, 1, 0);
    r->values = calloc(s->variable_count + 1, sizeof *r->values);
    r->stand_ins = calloc(s->variable_count + 1, sizeof *r->stand_ins);
    if (r->values == NULL || r->stand_ins == NULL)
        return err_memory(e, NULL);
    for (size_t i = 0; i < s->variable_count; i++) {
        r->values[i] = s->variables[i];
        if (r->values[i].data == NULL && stand_in(r, i) != 0)
            return err_memory(e, NULL);
    }
    for (size_t i = 0; i < s->feeder_count; i++)
        feeder_start(s->feeders[i], 1, part_whole());
    if (flow_work_init(&r->work, s, e) != 0)
        return -1;
    r->working = true;
    r->work.templates.rehearsal = true;
    return flow_new(s, r->values, &r->flow, e);
}

/* Text of any bytes: masked, then each line made harmless for a terminal. */
static void put_text(const struct scenario *s, const char *text, size_t n, struct buf *out) {
    struct buf plain;
    buf_init(&plain, SHOWN_MAX);
    for (size_t i = 0; i < n;) {
        size_t len = strnlen(text + i, n - i);
        struct buf piece, masked;
        buf_init(&piece, SHOWN_MAX);
        buf_init(&masked, SHOWN_MAX);
        buf_add(&piece, text + i, len);
        scenario_mask_words(s, buf_text(&piece), &masked);
        buf_add(&plain, buf_text(&masked), masked.len);
        i += len;
        if (i < n)
            buf_char(&plain, text[i++]);
        plain.failed = plain.failed || masked.failed || piece.failed;
        buf_done(&piece);
        buf_done(&masked);
    }
    for (size_t from = 0; from < plain.len;) {
        const char *end = memchr(plain.data + from, '\n', plain.len - from);
        size_t len = end == NULL ? plain.len - from : (size_t)(end - plain.data) - from;
        text_printable(out, plain.data + from,
                       len > 0 && plain.data[from + len - 1] == '\r' ? len - 1 : len);
        if (end != NULL)
            buf_char(out, '\n');
        from += len + 1;
    }
    out->failed = out->failed || plain.failed;
    buf_done(&plain);
}

static bool is_text(const char *bytes, size_t n) {
    uint32_t point;
    for (size_t i = 0, len = 0; i < n; i += len) {
        len = text_point(bytes + i, n - i, &point);
        if (len == 0 || point == 0)
            return false;
    }
    return true;
}

static void put_body(const struct scenario *s, const char *bytes, size_t n, struct buf *out) {
    bool text = is_text(bytes, n);
    size_t shown = text || n <= BINARY_SHOWN ? n : BINARY_SHOWN;
    buf_char(out, '\n');
    /* Masked whole, so that no secret is cut in two at the end of what is shown. */
    struct buf all;
    buf_init(&all, SHOWN_MAX);
    put_text(s, bytes, n <= SHOWN_MAX / 4 ? n : shown, &all);
    size_t most = text ? all.len : all.len < BINARY_SHOWN * 4 ? all.len : BINARY_SHOWN * 4;
    buf_add(out, buf_text(&all), most);
    if (most < all.len || shown < n)
        buf_printf(out, "... (%zu byte%s in total, not text)", n, text_plural(n));
    out->failed = out->failed || all.failed;
    buf_done(&all);
    buf_char(out, '\n');
}

static bool take_message(void *context, struct bytes message) {
    struct buf *out = context;
    buf_add(out, message.data, message.len);
    return true;
}

/* What is sent, read back: the message as JSON. */
static int put_message(const struct scenario *s, const struct scenario_request *q,
                       struct bytes body, struct buf *out, struct err *e) {
    struct proto_decode_work *work = proto_decode_work_new();
    struct grpc_reader reader;
    struct buf message, json;
    grpc_reader_init(&reader, PROTO_MESSAGE_BYTES_MAX);
    reader.gzip = q->grpc->gzip;
    buf_init(&message, SHOWN_MAX);
    buf_init(&json, SHOWN_MAX);
    int result = work == NULL
                     ? err_memory(e, NULL)
                     : grpc_reader_feed(&reader, body.data, body.len, take_message, &message, e);
    if (result == 0)
        result =
            proto_decode(q->grpc->method->input, work, buf_text(&message), message.len, &json, e);
    if (result == 0) {
        put_body(s, buf_text(&json), json.len, out);
        buf_printf(out, "(%s: %zu byte%s of protobuf)\n", q->grpc->method->input->name, message.len,
                   text_plural(message.len));
    }
    grpc_reader_done(&reader);
    proto_decode_work_free(work);
    buf_done(&message);
    buf_done(&json);
    return result;
}

/* Renders what varies; what does not is as it is. */
static int render(struct rehearsal *r, const struct scenario_request *q,
                  struct transport_parts *room, const struct transport_parts **parts,
                  struct err *e) {
    struct flow_user u = {.flow = r->flow, .rng = &r->rng};
    size_t which = 0;
    *parts = NULL;
    enum feeder_result drawn = flow_draw(&r->work, &u, q->feeders, &which, e);
    if (drawn == FEEDER_EMPTY)
        return err_set(e, "feeder \"%s\" has no row left for another request",
                       feeder_name(r->s->feeders[which]));
    if (drawn == FEEDER_FAILED)
        return -1;
    if (flow_write(&r->work, &u, q, room, parts, e) == 0)
        return 0;
    struct err why = *e, seen;
    flow_seen(&r->work, &u, q, &seen);
    return *seen.text == '\0' ? -1 : err_set(e, "%s (%s)", why.text, seen.text);
}

static void put_path(const struct scenario *s, const struct scenario_request *q,
                     const struct transport_parts *parts, struct buf *out) {
    const char *prefix = "";
    if (parts != NULL && parts->path.data != NULL) {
        put_text(s, parts->path.data, parts->path.len, out);
        return;
    }
    if (!scenario_is_whole_url(q) && s->target != NULL) {
        const char *slash = strchr(strstr(s->target, "://") + 3, '/');
        prefix = slash == NULL ? "" : slash;
    }
    put_text(s, prefix, strlen(prefix), out);
    put_text(s, q->path, strlen(q->path), out);
}

static void put_host(const struct scenario *s, const struct scenario_request *q, struct buf *out) {
    const char *url = scenario_is_whole_url(q) ? q->path : s->target,
               *host = url == NULL ? NULL : strstr(url, "://");
    for (size_t i = 0; i < q->header_count; i++)
        if (strcasecmp(q->headers[i].name, "Host") == 0)
            return;
    buf_str(out, "Host: ");
    if (host == NULL)
        buf_str(out, "(no target)");
    else {
        size_t n = strcspn(host + 3, "/?"), before = strcspn(host + 3, "%/?");
        size_t close = host[3] == '[' ? strcspn(host + 3, "]/?") : n;
        /* The zone of an IPv6 address is not sent (RFC 6874 4). */
        bool zone = host[3] == '[' && before < close;
        put_text(s, host + 3, zone ? before : n, out);
        if (zone)
            put_text(s, host + 3 + close, n - close, out);
    }
    buf_char(out, '\n');
}

static int show(struct rehearsal *r, const struct scenario_request *q, struct buf *out,
                struct err *e) {
    const struct scenario *s = r->s;
    struct transport_parts room = {0};
    const struct transport_parts *parts = NULL;
    size_t varying = 0;
    if (render(r, q, &room, &parts, e) != 0)
        return err_prefix(e, "%s %s", q->method, q->name);
    put_text(s, q->method, strlen(q->method), out);
    buf_char(out, ' ');
    put_path(s, q, parts, out);
    buf_char(out, '\n');
    put_host(s, q, out);
    for (size_t i = 0; i < q->header_count; i++) {
        const struct scenario_header *h = &q->headers[i];
        struct buf line;
        buf_init(&line, SHOWN_MAX);
        buf_printf(&line, "%s: ", h->name);
        if (h->value != NULL)
            buf_str(&line, h->value);
        else if (parts != NULL)
            buf_add(&line, parts->values[varying].data, parts->values[varying].len);
        varying += h->value == NULL;
        put_text(s, buf_text(&line), line.len, out);
        buf_char(out, '\n');
        buf_done(&line);
    }
    bool varies = parts != NULL && scenario_body_varies(q);
    const char *body = varies ? parts->body.data : q->body;
    size_t n = varies ? parts->body.len : q->body_bytes;
    if (q->grpc != NULL)
        return put_message(s, q, (struct bytes){body, n}, out, e);
    if (body != NULL) {
        buf_printf(out, "Content-Length: %zu\n", n);
        put_body(s, body, n, out);
    }
    return 0;
}

int dry_run(const struct scenario *s, struct buf *out, struct err *e) {
    struct rehearsal r;
    int result = rehearsal_init(&r, s, e);
    for (size_t i = 0; i < s->request_count && result == 0; i++) {
        const struct scenario_request *q = &s->requests[i];
        buf_printf(out, "%s# %zu of %zu: ", i == 0 ? "" : "\n", i + 1, s->request_count);
        put_text(s, q->name, strlen(q->name), out);
        buf_char(out, '\n');
        result = show(&r, q, out, e);
    }
    rehearsal_done(&r);
    return result;
}

void dry_run_path(const struct scenario *s, const struct scenario_request *q, struct buf *out) {
    struct rehearsal r;
    struct transport_parts room = {0};
    const struct transport_parts *parts = NULL;
    struct err e;
    if (rehearsal_init(&r, s, &e) == 0 && render(&r, q, &room, &parts, &e) == 0) {
        buf_str(out, "  as ");
        put_path(s, q, parts, out);
    } else {
        buf_str(out, "  (fails with the first values: ");
        put_text(s, e.text, strlen(e.text), out);
        buf_char(out, ')');
    }
    rehearsal_done(&r);
}
