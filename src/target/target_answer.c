/*
 * Adds responses to the counts, and passes them to libmicrohttpd.
 */
#include <stdlib.h>
#include <unistd.h>

#include "target/target_internal.h"

int answer_socket(const struct target_request *r) {
    return MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* Counts first: whoever has seen an answer must find it in the counts. */
void answer_note(struct target_request *r, int status, uint64_t bytes) {
    r->end = END_ANSWERED;
    r->status = status;
    r->bytes_out = r->method == METHOD_HEAD ? 0 : bytes;
    if (!r->is_stats)
        counts_answered(&r->t->counts, r->method, r->route, status, r->bytes_in, r->bytes_out);
}

enum MHD_Result answer_send(struct target_request *r, unsigned status, const struct canned *c) {
    answer_note(r, (int)status, c->bytes);
    return MHD_queue_response(r->connection, status, c->response);
}

enum MHD_Result answer_json(struct target_request *r, unsigned status, const struct buf *json) {
    enum MHD_Result result = MHD_NO;
    struct MHD_Response *made = NULL;
    if (buf_ok(json))
        made = MHD_create_response_from_buffer(json->len, json->data, MHD_RESPMEM_MUST_COPY);
    if (made == NULL)
        return MHD_NO;
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (r->sending.client_id[0] != '\0')
        MHD_add_response_header(made, "X-Request-Id", r->sending.client_id);
    result = answer_send(r, status, &(struct canned){made, json->len});
    MHD_destroy_response(made);
    return result;
}

void answer_ended(struct target *t) {
    uint64_t one = 1;
    if (atomic_fetch_add(&t->ended, 1) + 1 == t->spec.requests_max &&
        write(t->done_fd, &one, sizeof one) != sizeof one)
        abort(); /* an eventfd at 0 takes a 1 */
}
