/*
 * Responses of language models. For a stream, libmicrohttpd sends the head and asks for the body.
 * Then its connection is suspended, and the sender writes the body directly to the socket.
 * libmicrohttpd handles the end, so that the connection can be kept. A response in one piece waits
 * with the sender until its last token is due.
 */
#include <ctype.h>
#include <string.h>

#include "target/target_internal.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/json.h"

#define ANSWER_MAX_BYTES (64U << 20) /* a million tokens take 8 MB */

static enum llm_api api_of(const struct target_request *r) {
    return (enum llm_api)((int)r->route - (int)ROUTE_LLM);
}

enum MHD_Result tokens_refuse(struct target_request *r, unsigned status, const char *why) {
    static const char *const shapes[LLM_API_COUNT][2] = {
        [LLM_CHAT] = {"{\"error\":{\"message\":\"", "\",\"type\":\"invalid_request_error\"}}\n"},
        [LLM_COMPLETIONS] = {"{\"error\":{\"message\":\"",
                             "\",\"type\":\"invalid_request_error\"}}\n"},
        [LLM_RESPONSES] = {"{\"error\":{\"message\":\"",
                           "\",\"type\":\"invalid_request_error\"}}\n"},
        [LLM_MESSAGES] = {"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                          "\"message\":\"",
                          "\"}}\n"},
        [LLM_TGI] = {"{\"error\":\"", "\",\"error_type\":\"validation\"}\n"},
        [LLM_OLLAMA_CHAT] = {"{\"error\":\"", "\"}\n"},
        [LLM_OLLAMA_GENERATE] = {"{\"error\":\"", "\"}\n"}};
    struct buf json;
    buf_init(&json, 1 << 16);
    buf_str(&json, shapes[api_of(r)][0]);
    json_escape(&json, why, strlen(why));
    buf_str(&json, shapes[api_of(r)][1]);
    enum MHD_Result result = answer_json(r, status, &json);
    buf_done(&json);
    return result;
}

/* The client's own name of the request, where it is fit for a line of CSV. */
static void note_client_id(struct target_request *r) {
    const char *id = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "X-Request-Id");
    size_t n = id != NULL ? strlen(id) : 0;
    if (n >= TOKEN_CLIENT_ID_BYTES)
        return;
    for (size_t k = 0; k < n; k++)
        if (!isalnum((unsigned char)id[k]) && strchr("._-", id[k]) == NULL)
            return;
    if (n > 0)
        memcpy(r->sending.client_id, id, n + 1);
}

int tokens_read(struct target_request *r, struct err *e) {
    note_client_id(r);
    if (buf_fits(&r->body, e, NULL, "the body") != 0)
        return -1;
    int result = llm_request_parse(api_of(r), buf_text(&r->body), r->body.len, &r->llm, e);
    buf_done(&r->body);
    buf_init(&r->body, 0);
    return result;
}

void tokens_leave(struct target_request *r) {
    if (atomic_exchange(&r->holds, false))
        job_queue_leave(r->t->jobs, r->job.hold);
}

static struct target_request *request_of(struct token_sending *s) {
    return (struct target_request *)((char *)s - offsetof(struct target_request, sending));
}

void tokens_ending(struct token_sending *s, enum token_end end) {
    struct target_request *r = request_of(s);
    if (end == TOKEN_END_RESET || end == TOKEN_END_STALL) {
        r->end = END_COUNTED;
        counts_fault(&r->t->counts, r->method, r->route,
                     end == TOKEN_END_RESET ? FAULT_RESET : FAULT_HANG, r->bytes_in);
    } else {
        answer_note(r, MHD_HTTP_OK, s->bytes);
    }
}

void tokens_over(struct token_sending *s, enum token_over how) {
    struct target_request *r = request_of(s);
    tokens_leave(r);
    if (how != TOKEN_OVER_SENT)
        r->phase = PHASE_DROPPED;
    else
        r->phase = s->streamed ? PHASE_SENT : PHASE_ANSWER;
    MHD_resume_connection(r->connection); /* r may be gone after this */
}

static void send_later(struct target_request *r) {
    r->phase = PHASE_WAITING;
    MHD_suspend_connection(r->connection); /* before the sender can resume it */
    token_sender_add(r->t->sender, &r->sending);
}

/* libmicrohttpd has sent the head and asks for the body: it is the sender's turn; or all of it is
 * sent. */
static ssize_t read_body(void *context, uint64_t position, char *bytes, size_t max) {
    struct target_request *r = context;
    (void)position;
    (void)bytes;
    (void)max;
    switch ((enum phase)r->phase) {
    case PHASE_BODY:
    case PHASE_SERVED:
        send_later(r);
        return 0;
    case PHASE_WAITING:
        return 0;
    case PHASE_SENT:
        return MHD_CONTENT_READER_END_OF_STREAM;
    case PHASE_ANSWER:
    case PHASE_DROPPED:
        break;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result stream(struct target_request *r) {
    enum MHD_Result result = MHD_NO;
    struct MHD_Response *made =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, read_body, r, NULL);
    if (made == NULL)
        return MHD_NO;
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE,
                            llm_answer_type(&r->sending.stream.answer, true));
    MHD_add_response_header(made, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    if (r->sending.client_id[0] != '\0')
        MHD_add_response_header(made, "X-Request-Id", r->sending.client_id);
    result = MHD_queue_response(r->connection, MHD_HTTP_OK, made);
    MHD_destroy_response(made);
    return result;
}

enum MHD_Result tokens_begin(struct target_request *r) {
    struct token_sending *s = &r->sending;
    struct clock_moment now = clock_moment();
    int64_t real_ns = now.real_ns - (now.mono_ns - r->served_ns);
    token_stream_init(&s->stream, &r->t->spec.tokens, r->t->spec.seed, r->number, api_of(r),
                      &r->llm, r->served_ns, real_ns);
    s->fd = answer_socket(r);
    s->chunked = !r->http_1_0;
    s->streamed = r->llm.stream;
    s->received_ns = r->received_ns;
    if (s->streamed)
        return stream(r);
    send_later(r);
    return MHD_YES;
}

enum MHD_Result tokens_answer(struct target_request *r) {
    struct token_stream *s = &r->sending.stream;
    struct buf json;
    int64_t last_ns = token_stream_last_ns(s);
    s->answer.total_ns = last_ns - s->start_ns;
    buf_init(&json, ANSWER_MAX_BYTES);
    llm_answer_document(&s->answer, s->real_ns + s->answer.total_ns, &json);
    buf_char(&json, '\n');
    enum MHD_Result result = answer_json(r, MHD_HTTP_OK, &json);
    buf_done(&json);
    return result;
}
