/* "grpc" of a request: a gRPC call, with its types, message, metadata and deadline. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "grpc/grpc_frame.h"
#include "grpc/proto_source.h"
#include "scenario/grpc_call.h"
#include "scenario/scenario_internal.h"
#include "scenario/section.h"
#include "util/array.h"
#include "util/fits.h"
#include "util/sha256.h"
#include "util/text.h"

/* What a gRPC call has in another way, or not at all. */
static const struct {
    const char *key, *why;
} foreign_keys[] = {
    {"method", "gRPC calls are always POST"},
    {"path", "\"grpc\" says the path"},
    {"query", "gRPC calls have none"},
    {"headers", "write \"metadata\""},
    {"body", "write \"message\""},
    {"body_file", "write \"message\""},
    {"json", "write \"message\""},
    {"form", "write \"message\""},
    {"multipart", "write \"message\""},
};

/* Keys that only a gRPC call has; JSON_NULL: of several kinds. */
static const struct {
    const char *key;
    enum json_kind kind;
} own_keys[] = {
    {"proto", JSON_STRING},   {"descriptor_set", JSON_STRING}, {"reflection", JSON_BOOL},
    {"message", JSON_OBJECT}, {"metadata", JSON_OBJECT},       {"deadline", JSON_NULL},
    {"compress", JSON_BOOL},  {"max_message", JSON_NULL},
};

int grpc_check_keys(struct loader *r, const struct json *v) {
    const struct json *m;
    int64_t ignored;
    bool grpc = json_get(v, "grpc") != NULL;
    if (loader_duration(r, json_get(v, "deadline"), &ignored) != 0 ||
        loader_size(r, json_get(v, "max_message"), &ignored) != 0)
        return -1;
    for (size_t i = 0; i < sizeof foreign_keys / sizeof *foreign_keys && grpc; i++)
        if ((m = json_get(v, foreign_keys[i].key)) != NULL)
            return loader_fail(r, m->key_at, "\"%s\" cannot be combined with \"grpc\": %s", m->key,
                               foreign_keys[i].why);
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++) {
        m = json_get(v, own_keys[i].key);
        if (m != NULL && own_keys[i].kind != JSON_NULL && loader_kind(r, m, own_keys[i].kind) != 0)
            return -1;
        if (m != NULL && !grpc)
            return loader_fail(r, m->key_at,
                               "\"%s\" is of a gRPC call; add \"grpc\": \"package.Service/Method\"",
                               m->key);
    }
    return 0;
}

/* ---- types ---- */

static int set_add(struct loader *r, const char *path, struct proto_set *set) {
    struct scenario_types *t = calloc(1, sizeof *t);
    char *name = strdup(path);
    if (t == NULL || name == NULL) {
        free(t);
        free(name);
        proto_set_free(set);
        return loader_memory(r);
    }
    *t = (struct scenario_types){.next = r->s->types, .path = name, .set = set};
    r->s->types = t;
    return 0;
}

static const struct proto_set *set_find(const struct scenario *s, const char *path) {
    for (const struct scenario_types *t = s->types; t != NULL; t = t->next)
        if (strcmp(t->path, path) == 0)
            return t->set;
    return NULL;
}

/* The types of what a .proto imports are part of the messages, so the manifest has their hashes,
 * too. */
static int on_import(void *context, const char *path, const char sha256[SHA256_HEX_BYTES],
                     struct err *e) {
    struct loader *r = context;
    char *kept = strdup(path);
    if (kept != NULL && loader_remember(r, kept, sha256) == 0)
        return 0;
    return err_memory(e, NULL);
}

/* The same for what the target told. Its file has a name of its own, as one of this machine may
 * have the same path. */
static int on_reflected(void *context, struct bytes name, struct bytes descriptor, struct err *e) {
    struct loader *r = context;
    char sha256[SHA256_HEX_BYTES];
    struct buf path;
    buf_init(&path, LOADER_TEXT_MAX);
    text_printable(&path, name.data, name.len);
    buf_str(&path, " by server reflection");
    sha256_hex(descriptor.data, descriptor.len, sha256);
    int result = buf_fits(&path, e, "shorten the target", "the name of the types");
    if (result == 0)
        result = on_import(r, buf_text(&path), sha256, e);
    buf_done(&path);
    return result;
}

/* The types of a file, which is read once for all calls that name it. */
static int file_read_types(struct loader *r, const struct json *v, bool compiled,
                           const struct proto_set **out) {
    char *path = NULL;
    struct proto_set *set = NULL;
    struct buf bytes;
    struct err e;
    if (loader_path(r, v, &path) != 0)
        return -1;
    buf_init(&bytes, PROTO_SET_BYTES_MAX);
    *out = set_find(r->s, path);
    int result = 0;
    if (*out != NULL)
        goto out;
    if ((result = loader_file(r, v, &bytes)) != 0)
        goto out;
    result = compiled ? proto_set_read(path, buf_text(&bytes), bytes.len, &set, &e)
                      : proto_source_read(path, on_import, r, &set, &e);
    if (result != 0)
        loader_fail(r, v->at, "%s", e.text);
    else if ((result = set_add(r, path, set)) == 0)
        *out = set;
out:
    buf_done(&bytes);
    free(path);
    return result;
}

/* The types of the service, which the target is asked for once. */
static int reflected_types(struct loader *r, const struct json *grpc, const struct json *asked,
                           const struct proto_set **out) {
    struct proto_set *set = NULL;
    struct buf service;
    struct err e;
    bool on = false;
    if (loader_bool(r, asked, &on) != 0)
        return -1;
    if (!on)
        return loader_fail(r, asked->at,
                           "\"reflection\" can only be true; remove it, or write "
                           "\"proto\"");
    buf_init(&service, LOADER_TEXT_MAX);
    buf_str(&service, grpc->text + (grpc->text[0] == '/'));
    size_t end = service.len;
    while (end > 0 && service.data[end - 1] != '/')
        end--;
    if (end > 0)
        service.data[end - 1] = '\0';
    int result = 0;
    if ((*out = set_find(r->s, buf_text(&service))) == NULL) {
        result = scenario_reflect(r->s, buf_text(&service), on_reflected, r, &set, &e);
        if (result != 0)
            loader_fail(r, asked->key_at, "%s", e.text);
        else if ((result = set_add(r, buf_text(&service), set)) == 0)
            *out = set;
    }
    buf_done(&service);
    return result;
}

static int types_read(struct loader *r, const struct json *v, const struct json *grpc,
                      const struct proto_set **out) {
    const struct json *proto = json_get(v, "proto"), *set = json_get(v, "descriptor_set"),
                      *asked = json_get(v, "reflection");
    int given = (proto != NULL) + (set != NULL) + (asked != NULL);
    if (given == 0)
        return loader_fail(r, grpc->key_at,
                           "the types of the call are missing; write \"proto\": \"FILE.proto\" or "
                           "\"descriptor_set\": \"FILE\" or \"reflection\": true");
    if (given > 1)
        return loader_fail(r, grpc->key_at,
                           "a call has its types from one of \"proto\", \"descriptor_set\" and "
                           "\"reflection\"");
    if (asked != NULL)
        return reflected_types(r, grpc, asked, out);
    return file_read_types(r, proto != NULL ? proto : set, proto == NULL, out);
}

static int method_find(struct loader *r, const struct json *v, const struct proto_set *set,
                       const struct proto_method **out) {
    struct err e;
    if (json_has_nul(v->text, v->len) || proto_find_method(set, v->text, out, &e) != 0)
        return loader_fail(r, v->at, "\"grpc\": %s",
                           json_has_nul(v->text, v->len) ? "a NUL is in no name" : e.text);
    if ((*out)->client_streaming && !(*out)->server_streaming)
        return loader_fail(r, v->at,
                           "%.200s takes a stream of messages (client streaming), which is not "
                           "supported; calls send one message",
                           (*out)->path);
    return 0;
}

/* ---- the message ---- */

struct reading {
    struct loader *r;
    struct grpc_call *call;
    size_t hole_room;
    struct template *last; /* constant text of the string before */
};

/* Makes a template of each string. */
static int on_text(void *context, const struct json_text *t, struct proto_text *out,
                   struct err *e) {
    struct reading *x = context;
    struct loader *r = x->r;
    struct template_holes *before = r->holes, holes = {0};
    struct template *made = NULL;
    struct buf text;
    bool bare = !t->key && body_is_value(t->text, t->len);
    buf_init(&text, LOADER_BODY_MAX);
    r->holes = &holes;
    int result =
        template_expand(r, t->text, t->len, t->at, bare ? PLACE_VALUE : PLACE_PLAIN, &text, NULL);
    r->holes = before;
    if (result != 0) {
        buf_done(&text);
        template_holes_done(&holes);
    } else
        result = template_make(r, t->at, &text, &holes, "the message", &made);
    if (result != 0) {
        *e = *r->e;
        return -1;
    }
    if (made->hole_count == 0) {
        template_free(x->last);
        x->last = made;
        *out = (struct proto_text){.text = {made->text, made->len}};
        return 0;
    }
    struct template **more =
        array_room(x->call->holes, &x->hole_room, x->call->hole_count + 1, sizeof *more);
    if (more == NULL) {
        template_free(made);
        return err_memory(e, NULL);
    }
    x->call->holes = more;
    *out = (struct proto_text){.hole = true, .bare = bare, .index = x->call->hole_count};
    x->call->holes[x->call->hole_count++] = made;
    return 0;
}

/* The error is complete, with its place; what it shows of the message may be secret. */
static int pass_on(struct loader *r, const struct err *e) {
    struct buf masked;
    buf_init(&masked, 4 * sizeof e->text);
    scenario_mask(r->s, e->text, &masked);
    if (buf_ok(&masked))
        err_set(r->e, "%s", buf_text(&masked));
    else
        loader_memory(r);
    buf_done(&masked);
    return -1;
}

static int message_read(struct loader *r, const struct json *v, struct scenario_request *q) {
    static const char none[] = "{}";
    struct grpc_call *c = q->grpc;
    struct reading x = {.r = r, .call = c};
    struct json_doc *empty = NULL;
    struct bytes message;
    struct buf body;
    struct err e;
    if (v == NULL && json_parse("message", none, sizeof none - 1, &empty, NULL) != 0)
        return loader_memory(r);
    int result = proto_encoder_new(c->method->input, v == NULL ? empty : r->doc,
                                   v == NULL ? json_root(empty) : v, on_text, &x, &c->encoder, &e);
    template_free(x.last);
    json_free(empty);
    if (result != 0)
        return pass_on(r, &e);
    for (size_t i = 0; i < c->hole_count; i++)
        q->feeders |= c->holes[i]->feeders;
    if (!proto_encoder_constant(c->encoder, &message))
        return 0;
    buf_init(&body, LOADER_BODY_MAX);
    if (grpc_call_frame(c, message, &body, &e) != 0) {
        buf_done(&body);
        return loader_fail(r, v == NULL ? 0 : v->at, "\"message\": %s", e.text);
    }
    q->body_bytes = body.len;
    return loader_take(r, v == NULL ? 0 : v->at, &body, &q->body);
}

/* ---- metadata ---- */

static bool is_base64(const char *text) {
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = strspn(text + n, "=");
    return text[n + padding] == '\0' && n % 4 != 1 && (padding == 0 || (n + padding) % 4 == 0);
}

static int metadata_name(struct loader *r, const struct json *m) {
    static const char *const taken[] = {"te", "content-type", "host", "connection"};
    if (m->key_len == 0 ||
        strspn(m->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
            m->key_len)
        return loader_fail(r, m->key_at,
                           "a name of metadata can contain only letters, digits, _, - and .");
    if (strncasecmp(m->key, "grpc-", 5) == 0)
        return loader_fail(r, m->key_at, "names of metadata that begin with grpc- are gRPC's own%s",
                           strcasecmp(m->key, "grpc-timeout") == 0 ? "; write \"deadline\"" : "");
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcasecmp(m->key, taken[i]) == 0)
            return loader_fail(r, m->key_at, "gRPC sets \"%s\" itself; remove it", m->key);
    return 0;
}

static int metadata_read(struct loader *r, const struct json *v, struct header_list *l) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (metadata_name(r, m) != 0 || headers_set_text(r, m, m->key, l) != 0)
            return -1;
        const struct scenario_header *h = headers_find(l, m->key);
        bool binary = m->key_len > 4 && strcasecmp(m->key + m->key_len - 4, "-bin") == 0;
        if (h == NULL || h->value == NULL)
            continue;
        if (binary && !is_base64(h->value))
            return loader_fail(r, m->at,
                               "\"%s\" holds bytes, because its name ends with -bin: write them "
                               "as base64",
                               m->key);
        for (const char *c = h->value; *c != '\0' && !binary; c++)
            if (*c < ' ' || *c > '~')
                return loader_fail(r, m->at,
                                   "metadata is printable ASCII; for other bytes, end the name "
                                   "with -bin and write base64");
    }
    return 0;
}

/* After the scenario's own headers, which are metadata too. */
static int call_headers(struct loader *r, const struct json *v, struct grpc_call *c,
                        struct header_list *l) {
    char timeout[GRPC_TIMEOUT_BYTES];
    grpc_timeout_text(c->deadline_ns, timeout);
    if (headers_read(r, r->headers, r->auth, l) != 0 ||
        headers_read(r, NULL, json_get(v, "auth"), l) != 0 ||
        metadata_read(r, json_get(v, "metadata"), l) != 0 ||
        headers_set(r, l, "Content-Type", "application/grpc", NULL) != 0 ||
        headers_set(r, l, "TE", "trailers", NULL) != 0 ||
        headers_set(r, l, "grpc-accept-encoding", "identity,gzip", NULL) != 0 ||
        (c->gzip && headers_set(r, l, "grpc-encoding", "gzip", NULL) != 0))
        return -1;
    return c->deadline_ns == 0 ? 0 : headers_set(r, l, "grpc-timeout", timeout, NULL);
}

/* ---- the whole ---- */

static int limits_read(struct loader *r, const struct json *v, struct grpc_call *c) {
    const struct json *deadline = json_get(v, "deadline"), *most = json_get(v, "max_message");
    int64_t bytes = (int64_t)GRPC_MESSAGE_BYTES_DEFAULT;
    if (loader_duration(r, deadline, &c->deadline_ns) != 0 ||
        loader_bool(r, json_get(v, "compress"), &c->gzip) != 0 || loader_size(r, most, &bytes) != 0)
        return -1;
    if (deadline != NULL && c->deadline_ns <= 0)
        return loader_fail(r, deadline->at, "\"deadline\" must be more than 0");
    if (deadline != NULL && c->deadline_ns >= r->s->timeout_ns)
        return loader_fail(r, deadline->at,
                           "\"deadline\" is not shorter than the scenario's \"timeout\", which "
                           "ends the whole request; increase \"timeout\"");
    if (bytes < 1 || (size_t)bytes > PROTO_MESSAGE_BYTES_MAX)
        return loader_fail(r, most->at, "\"max_message\" must be from 1 to 1GiB");
    c->message_max_bytes = (size_t)bytes;
    return 0;
}

int grpc_read(struct loader *r, const struct json *v, struct scenario_request *q) {
    const struct json *grpc = json_get(v, "grpc"), *name = json_get(v, "name"),
                      *stream = json_get(v, "stream");
    const struct proto_set *set = NULL;
    struct header_list l = {0};
    struct grpc_call *c = q->grpc = calloc(1, sizeof *c);
    if (c == NULL)
        return loader_memory(r);
    if (loader_kind(r, grpc, JSON_STRING) != 0 || types_read(r, v, grpc, &set) != 0 ||
        method_find(r, grpc, set, &c->method) != 0 || limits_read(r, v, c) != 0)
        return -1;
    if (stream != NULL && !c->method->server_streaming)
        return loader_fail(r, stream->key_at, "%.200s returns one message, not a stream",
                           c->method->path);
    q->method = strdup("POST");
    q->path = strdup(c->method->path);
    q->name = name != NULL ? NULL : strdup(c->method->path + 1);
    if (q->method == NULL || q->path == NULL || (name == NULL && q->name == NULL))
        return loader_memory(r);
    if (name != NULL && loader_name(r, name, &q->name) != 0)
        return -1;
    int result = call_headers(r, v, c, &l);
    q->headers = l.items; /* the request owns them, whatever happened */
    q->header_count = l.count;
    if (result != 0 || message_read(r, json_get(v, "message"), q) != 0)
        return -1;
    return c->method->server_streaming ? stream_messages_read(r, stream, &q->stream) : 0;
}

int grpc_version(struct loader *r, const struct json *http) {
    struct scenario *s = r->s;
    const struct json *version = json_get(http, "version");
    const struct scenario_request *q = NULL;
    for (size_t i = 0; i < s->request_count && q == NULL; i++)
        q = s->requests[i].grpc != NULL ? &s->requests[i] : NULL;
    if (q != NULL && version == NULL)
        s->http.version = SCENARIO_HTTP_2_PRIOR;
    else if (q == NULL && s->http.streams > 1 && s->http.version == SCENARIO_HTTP_1_1)
        return loader_fail(r, json_get(http, "streams")->at,
                           "\"streams\" needs HTTP/2; add \"version\": \"2\"");
    else if (q != NULL && s->http.version == SCENARIO_HTTP_1_1)
        return loader_fail(r, version->at,
                           "gRPC (%.200s) needs HTTP/2; remove \"version\", or write "
                           "\"2-prior-knowledge\"",
                           q->name);
    return 0;
}

void grpc_types_free(struct scenario_types *t) {
    for (struct scenario_types *next; t != NULL; t = next) {
        next = t->next;
        proto_set_free(t->set);
        free(t->path);
        free(t);
    }
}
