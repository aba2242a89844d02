/*
 * Adds responses to the counts, and passes them to libmicrohttpd.
 */
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
