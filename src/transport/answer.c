#include "transport/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What a large answer needed is not held on to. */
#define SPARE_BYTES 65536

/* ---- what is kept ---- */

/* One that is not in use; NULL where nothing is to be kept, or memory ran out. */
static struct answer_kept *take_spare(struct answer *a, const struct answer_wanted *wanted) {
    const struct stream_spec *spec = wanted->stream;
    struct answer_kept *k = a->pool->spare;
    if (!a->keep_head && a->keep_body_bytes == 0 && spec == NULL && wanted->grpc == NULL)
        return NULL;
    if (k != NULL) {
        a->pool->spare = k->next;
    } else {
        if ((k = calloc(1, sizeof *k)) == NULL)
            return NULL;
        buf_init(&k->head, 2 * HTTP1_HEAD_MAX_BYTES);
        buf_init(&k->body, 0);
        answer_grpc_kept_init(&k->grpc);
    }
    k->body.max =
        a->keep_body_bytes > a->keep_refusal_bytes ? a->keep_body_bytes : a->keep_refusal_bytes;
    if (spec != NULL && k->spec != spec) {
        stream_free(k->stream);
        k->stream = stream_new(spec);
        k->spec = k->stream == NULL ? NULL : spec;
    }
    return k;
}

static void free_kept(struct answer_kept *k) {
    buf_done(&k->head);
    buf_done(&k->body);
    stream_free(k->stream);
    answer_grpc_kept_done(&k->grpc);
    free(k);
}

static void empty(struct answer_kept *k) {
    buf_clear(&k->head);
    buf_clear(&k->body);
    k->cut = false;
}

void answer_give_back(struct answer_pool *pool, struct answer_kept *k) {
    if (k == NULL)
        return;
    if (k->body.cap > SPARE_BYTES)
        buf_done(&k->body);
    if (k->stream != NULL && stream_memory(k->stream) > SPARE_BYTES) {
        stream_free(k->stream);
        k->stream = NULL;
        k->spec = NULL;
    }
    answer_grpc_kept_shrink(&k->grpc, SPARE_BYTES);
    empty(k);
    k->next = pool->spare;
    pool->spare = k;
}

void answer_pool_free(struct answer_pool *pool) {
    for (struct answer_kept *k = pool->spare, *next; k != NULL; k = next) {
        next = k->next;
        free_kept(k);
    }
    pool->spare = NULL;
    proto_decode_work_free(pool->decode);
    pool->decode = NULL;
}

struct answer_kept *answer_take(struct answer *a, struct transport_result *result) {
    struct answer_kept *k = a->kept;
    answer_grpc_end(&a->grpc, a->stream.ended != STREAM_BODY_COMPLETE, result);
    answer_stream_end(&a->stream, result);
    a->kept = NULL;
    content_coding_free(a->coding); /* idle users need none */
    a->coding = NULL;
    if (k == NULL)
        return NULL;
    result->head = (struct bytes){buf_text(&k->head), k->head.len};
    result->body = (struct bytes){buf_text(&k->body), k->body.len};
    result->body_cut = k->cut;
    return k;
}

/* ---- fields ---- */

static void take_cookie(struct answer *a, struct bytes value) {
    if (a->cookies == NULL)
        a->cookies = cookies_new();
    if (a->cookies != NULL)
        cookies_set(a->cookies, a->place, value, time(NULL));
}

/* Several lines are one list. */
static void take_coding(struct answer *a, struct bytes value) {
    if (a->coded)
        buf_char(&a->codings, ',');
    buf_add(&a->codings, value.data, value.len);
    a->coded = true;
}

/* The answer's head without the status line. */
static void keep_field(struct answer *a, struct bytes name, struct bytes value) {
    struct answer_kept *k = a->kept;
    if (k == NULL || !a->keep_head)
        return;
    buf_add(&k->head, name.data, name.len);
    buf_str(&k->head, ": ");
    buf_add(&k->head, value.data, value.len);
    buf_str(&k->head, "\r\n");
}

static void take_field(void *context, struct bytes name, struct bytes value) {
    struct answer *a = context;
    keep_field(a, name, value);
    if (a->grpc.spec != NULL)
        answer_grpc_field(&a->grpc, name, value);
    if (a->options->cookies && bytes_is_any_case(name, "Set-Cookie"))
        take_cookie(a, value);
    else if (bytes_is_any_case(name, "Keep-Alive"))
        history_keep_alive(a->history, value.data, value.len);
    else if (a->options->compressed && bytes_is_any_case(name, "Content-Encoding"))
        take_coding(a, value);
    else if (a->stream.spec != NULL && bytes_is_any_case(name, "Content-Type"))
        answer_stream_type(&a->stream, value);
    else if (a->stream.spec != NULL && bytes_is_any_case(name, "Content-Encoding"))
        a->stream.encoded = !bytes_is_any_case(value, "identity");
}

/* Only gRPC says something in trailers: what it says there may as well be in the head. */
static void take_trailer(void *context, struct bytes name, struct bytes value) {
    struct answer *a = context;
    if (a->grpc.spec == NULL)
        return;
    keep_field(a, name, value);
    answer_grpc_field(&a->grpc, name, value);
}

/* ---- the body ---- */

static void take_decoded(void *context, const char *bytes, size_t n) {
    struct answer *a = context;
    struct answer_kept *k = a->kept;
    a->received += n;
    if (a->stream.spec != NULL && a->broken == NULL)
        a->broken = answer_stream_feed(&a->stream, a->http.status, bytes, n);
    if (k == NULL)
        return;
    size_t most =
        answer_stream_is_refused(&a->stream, a->http.status) ? k->body.max : a->keep_body_bytes;
    size_t room = most - k->body.len;
    k->cut = k->cut || n > room;
    buf_add(&k->body, bytes, n < room ? n : room);
    k->cut = k->cut || !buf_ok(&k->body);
}

/* A message of a gRPC call, as a line of JSON. */
static bool take_message(void *context, struct bytes line) {
    struct answer *a = context;
    uint64_t received = a->received;
    take_decoded(a, line.data, line.len);
    a->received = received;
    return a->broken == NULL && !answer_stream_enough(&a->stream);
}

static int take_messages(struct answer *a, const char *bytes, size_t n) {
    bool wanted = a->stream.spec != NULL || a->keep_body_bytes > 0;
    a->received += n;
    if (a->http.status != 200) /* what a proxy says is not of the call */
        return 0;
    a->broken = answer_grpc_feed(&a->grpc, bytes, n, wanted ? take_message : NULL, a);
    return 0;
}

/* Not before there is a body: HEAD, 204 and 304 have none, whatever their headers say of it. */
static int begin_decoding(struct answer *a) {
    struct bytes list = {buf_text(&a->codings), a->codings.len};
    if (a->coding != NULL || !a->coded)
        return 0;
    if (content_coding_new(list, CONTENT_CODING_BYTES_MAX, take_decoded, a, &a->coding, a->why) !=
        0)
        return -1;
    a->coded = a->coding != NULL;
    return 0;
}

static int take_coded(struct answer *a, const char *bytes, size_t n) {
    if (begin_decoding(a) != 0)
        return -1;
    if (a->coding != NULL)
        return content_coding_feed(a->coding, bytes, n, a->why);
    take_decoded(a, bytes, n);
    return 0;
}

static int take_body(void *context, const char *bytes, size_t n) {
    struct answer *a = context;
    if (a->ignore_body)
        return 0;
    if (a->grpc.spec != NULL)
        take_messages(a, bytes, n);
    else if (take_coded(a, bytes, n) != 0)
        return -1;
    if (a->broken == NULL)
        return 0;
    snprintf(a->why, sizeof a->why, "%s", a->broken);
    return -1;
}

static const struct http1_sink sink = {
    .field = take_field, .trailer = take_trailer, .body = take_body};

/* ---- beginning and end ---- */

void answer_init(struct answer *a, const struct transport_options *options,
                 struct answer_pool *pool, struct history *history) {
    *a = (struct answer){.options = options, .pool = pool, .history = history};
    http1_init(&a->http, &sink, a);
    a->http.known = &pool->known;
    a->http.others = options->version != TRANSPORT_HTTP_1_1;
    buf_init(&a->codings, HTTP1_HEAD_MAX_BYTES);
}

void answer_done(struct answer *a) {
    http1_done(&a->http);
    buf_done(&a->codings);
    content_coding_free(a->coding);
    answer_give_back(a->pool, a->kept);
    cookies_free(a->cookies);
}

struct answer_wanted answer_wanted(const struct transport_request *r) {
    return (struct answer_wanted){r->keep_head,       r->keep_body_bytes,    r->stream,
                                  r->keep_text_bytes, r->keep_refusal_bytes, r->grpc};
}

void answer_begin(struct answer *a, const struct answer_wanted *wanted) {
    answer_give_back(a->pool, a->kept);
    a->keep_head = wanted->head;
    a->keep_body_bytes = wanted->body_bytes;
    a->keep_refusal_bytes = wanted->refusal_bytes;
    a->kept = take_spare(a, wanted);
    struct answer_kept *k = a->kept;
    answer_stream_begin(&a->stream, wanted->stream, k == NULL ? NULL : k->stream,
                        k == NULL ? NULL : k->text, wanted->text_bytes);
    if (wanted->grpc != NULL && a->pool->decode == NULL)
        a->pool->decode = proto_decode_work_new();
    answer_grpc_begin(&a->grpc, wanted->grpc, k == NULL ? NULL : &k->grpc, a->pool->decode);
}

void answer_expect(struct answer *a, bool head_method, bool upgrade, const struct place *place) {
    http1_begin(&a->http, head_method, upgrade);
    a->place = place;
    a->received = 0;
    a->ignore_body = a->coded = false;
    buf_clear(&a->codings);
    content_coding_free(a->coding);
    a->coding = NULL;
    a->broken = NULL;
    answer_stream_expect(&a->stream);
    answer_grpc_expect(&a->grpc);
    if (a->kept != NULL)
        empty(a->kept);
}

const char *answer_check(struct answer *a) {
    return a->coding == NULL || content_coding_end(a->coding, a->why) == 0 ? NULL : a->why;
}

const char *answer_failure(const struct answer *a) {
    return a->http.error != NULL ? a->http.error : a->why;
}
