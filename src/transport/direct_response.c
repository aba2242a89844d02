#include <stdio.h>

#include "transport/direct_internal.h"

void direct_response_begin(struct transport_session *s) {
    s->begun = false;
    answer_expect(&s->answer, s->request->head_method, s->request->upgrade, &s->request->place);
}

int direct_response_feed(struct transport_session *s, const char *bytes, size_t n, size_t *rest) {
    struct http1 *h = &s->answer.http;
    s->begun = true;
    *rest = n - http1_feed(h, bytes, n);
    s->result.status = h->head_done ? h->status : 0;
    if (h->state == HTTP1_COMPLETE)
        return 1;
    if (h->state != HTTP1_FAILED)
        return 0;
    snprintf(s->transport->text, sizeof s->transport->text, "%s", answer_failure(&s->answer));
    return -1;
}
