#include "cli/grpc_asker.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cli/command.h"
#include "engine/http_options.h"
#include "grpc/grpc_frame.h"
#include "transport/direct.h"
#include "util/buf.h"
#include "util/clock.h"

#define ANSWER_MAX_BYTES ((size_t)16 << 20)
#define QUESTION_MAX_BYTES ((size_t)64 << 10)
#define TARGET_MAX_BYTES (1 << 16)
#define LIMIT_NS (GRPC_ASKER_SECONDS * NS_PER_S) /* for one answer */

struct grpc_asker {
    uv_loop_t loop;
    bool has_loop;
    struct transport *transport;
    struct transport_session *session;
    struct transport_options options;
    bool over;
    struct transport_result result; /* without its texts */
    struct buf target, question, answer;
    struct err why;
};

static void on_done(void *context, const struct transport_result *r) {
    struct grpc_asker *a = context;
    a->over = true;
    a->result = *r;
    err_set(&a->why, "%s", r->error);
    buf_clear(&a->answer);
    buf_add(&a->answer, r->body.data, r->body.len);
}

static int send_question(struct grpc_asker *a, const char *url, bool streams, struct err *e) {
    static const struct transport_header headers[] = {{"Content-Type", "application/grpc"},
                                                      {"TE", "trailers"},
                                                      {"grpc-accept-encoding", "identity,gzip"}};
    const struct transport_grpc grpc = {.streams = streams, .message_max_bytes = ANSWER_MAX_BYTES};
    const struct transport_request request = {.method = "POST",
                                              .url = url,
                                              .headers = headers,
                                              .header_count = sizeof headers / sizeof *headers,
                                              .body = buf_text(&a->question),
                                              .body_bytes = a->question.len,
                                              .keep_body_bytes = ANSWER_MAX_BYTES,
                                              .grpc = &grpc};
    void *compiled = NULL;
    if (transport_direct.request_new(a->transport, &request, &compiled, e) != 0)
        return -1;
    a->over = false;
    transport_direct.send(a->session, compiled, NULL, 0, on_done, a);
    while (!a->over)
        uv_run(&a->loop, UV_RUN_ONCE);
    transport_direct.request_free(compiled);
    return 0;
}

int grpc_asker_call(struct grpc_asker *a, const char *path, struct bytes message, bool streams,
                    struct grpc_asked *out, struct err *e) {
    char prefix[GRPC_PREFIX_BYTES];
    struct buf url;
    grpc_prefix(prefix, false, (uint32_t)message.len);
    buf_clear(&a->question);
    buf_add(&a->question, prefix, sizeof prefix);
    buf_add(&a->question, message.data, message.len);
    buf_init(&url, 2 * TARGET_MAX_BYTES);
    buf_printf(&url, "%s%s", buf_text(&a->target), path);
    int result = buf_ok(&url) && buf_ok(&a->question) ? send_question(a, buf_text(&url), streams, e)
                                                      : err_set(e, "the question is too long");
    buf_done(&url);
    if (result == 0)
        *out = (struct grpc_asked){.outcome = a->result.outcome,
                                   .status = a->result.has_grpc_status ? a->result.grpc_status : -1,
                                   .why = a->why.text,
                                   .answer = {buf_text(&a->answer), a->answer.len}};
    return result;
}

const char *grpc_asker_target(const struct grpc_asker *a) {
    return buf_text(&a->target);
}

/* ---- beginning and end ---- */

/* A call is one request by HTTP/2, to the server itself. */
static void set_options(struct grpc_asker *a, const struct scenario *s) {
    a->options = http_options(s);
    a->options.version = TRANSPORT_HTTP_2_PRIOR;
    a->options.streams = 0;
    a->options.proxy = NULL;
    a->options.keepalive = true;
    a->options.follow_redirects = a->options.compressed = a->options.cookies = false;
    a->options.connect_timeout_ns = a->options.timeout_ns = LIMIT_NS;
    a->options.user_agent = "coldswarm/" COLDSWARM_VERSION;
}

static void set_target(struct grpc_asker *a, const struct scenario *s, const char *host) {
    struct buf *t = &a->target;
    buf_printf(t, "%s%s", host != NULL && strstr(host, "://") == NULL ? "http://" : "",
               host != NULL ? host : s->target);
    while (t->len > 0 && t->data[t->len - 1] == '/')
        t->data[--t->len] = '\0';
}

int grpc_asker_open(const struct scenario *s, const char *host, struct grpc_asker **out,
                    struct err *e) {
    if (host == NULL && s->target == NULL)
        return err_set(e, "there is no target to ask; write \"target\", or use --host");
    struct grpc_asker *a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_memory(e, NULL);
    buf_init(&a->target, TARGET_MAX_BYTES);
    buf_init(&a->question, QUESTION_MAX_BYTES);
    buf_init(&a->answer, ANSWER_MAX_BYTES);
    set_target(a, s, host);
    set_options(a, s);
    a->has_loop = uv_loop_init(&a->loop) == 0;
    if (!a->has_loop)
        err_memory(e, NULL);
    else if (transport_global_init(e) == 0 &&
             transport_direct.open(&a->loop, &a->options, &a->transport, e) == 0 &&
             transport_direct.session_open(a->transport, 0, &a->session, e) == 0) {
        *out = a;
        return 0;
    }
    grpc_asker_close(a);
    return -1;
}

void grpc_asker_close(struct grpc_asker *a) {
    if (a == NULL)
        return;
    if (a->session != NULL)
        transport_direct.session_close(a->session);
    if (a->transport != NULL)
        transport_direct.close(a->transport);
    if (a->has_loop) {
        uv_run(&a->loop, UV_RUN_DEFAULT);
        uv_loop_close(&a->loop);
    }
    buf_done(&a->target);
    buf_done(&a->question);
    buf_done(&a->answer);
    free(a);
}
