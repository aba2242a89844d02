/* Answers that every part gives: their headers, texts and errors. */
#include <string.h>

#include "util/background.h"
#include "util/json_write.h"
#include "web/web_internal.h"

#define ANSWER_BYTES_MAX 8192

void web_be_nice(void) {
    static _Thread_local bool done;
    if (!done)
        background_thread();
    done = true;
}

void web_headers(const struct web *w, struct MHD_Response *r, const char *type) {
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(r, "Content-Security-Policy", buf_text(&w->page.policy));
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "X-Frame-Options", "DENY");
    MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
}

enum MHD_Result web_send_text(const struct web *w, struct MHD_Connection *c, unsigned status,
                              const char *type, const char *text, const char *header,
                              const char *value) {
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return MHD_NO;
    web_headers(w, r, type);
    if (header != NULL)
        MHD_add_response_header(r, header, value);
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

void web_swarm_text(struct buf *out, bool good, const char *message, const char *target) {
    struct json_writer j;
    json_write_init(&j, out, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_bool(&j, "success", good);
    json_write_text(&j, "message", message);
    json_write_text(&j, "host", target);
    json_write_end(&j);
    buf_char(out, '\n');
}

enum MHD_Result web_send_swarm(const struct web *w, struct MHD_Connection *c, bool good,
                               const char *message, const char *target) {
    struct buf text;
    buf_init(&text, ANSWER_BYTES_MAX);
    web_swarm_text(&text, good, message, target);
    enum MHD_Result result =
        web_send_text(w, c, MHD_HTTP_OK, "application/json", buf_text(&text), NULL, NULL);
    buf_done(&text);
    return result;
}

enum MHD_Result web_send_error(const struct web *w, struct MHD_Connection *c, unsigned status,
                               const char *error) {
    struct buf text;
    struct json_writer j;
    buf_init(&text, ANSWER_BYTES_MAX);
    json_write_init(&j, &text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_text(&j, "error", error);
    json_write_end(&j);
    buf_char(&text, '\n');
    enum MHD_Result result =
        web_send_text(w, c, status, "application/json", buf_text(&text), NULL, NULL);
    buf_done(&text);
    return result;
}
