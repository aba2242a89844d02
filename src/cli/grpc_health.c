#include "cli/grpc_health.h"

#include <string.h>

#include "cli/grpc_asker.h"
#include "cli/shown.h"
#include "grpc/grpc_frame.h"
#include "grpc/proto_wire.h"
#include "scenario/grpc_call.h"

#define CHECK "/grpc.health.v1.Health/Check"
#define TEXT_MAX_BYTES ((size_t)1 << 20)

/* HealthCheckResponse.ServingStatus */
enum { UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN };

/* HealthCheckResponse: 1 is the status. -1: it is no such message. */
static int status_of(struct bytes message) {
    struct wire_record r;
    int status = UNKNOWN;
    while (message.len > 0) {
        if (!wire_next(&message, &r))
            return -1;
        if (r.number == 1 && r.type == WIRE_VARINT)
            status = r.bits > SERVICE_UNKNOWN ? -1 : (int)r.bits;
    }
    return status;
}

static void say_status(struct buf *out, int status) {
    static const char *const texts[] = {
        [UNKNOWN] = "UNKNOWN, the server does not know",
        [SERVING] = "SERVING",
        [NOT_SERVING] = "NOT_SERVING",
        [SERVICE_UNKNOWN] = "SERVICE_UNKNOWN, the server does not know this name",
    };
    buf_str(out, status < 0 ? "the answer is no HealthCheckResponse" : texts[status]);
}

/* Asks for one name, and says what came. Returns false if the next need not be asked for. */
static bool check(struct grpc_asker *a, const struct scenario *s, const char *service,
                  struct buf *out, struct buf *bad) {
    const char *who = *service == '\0' ? "the server as a whole" : service;
    struct grpc_asked asked;
    struct buf question;
    struct err e;
    buf_init(&question, TEXT_MAX_BYTES);
    if (*service != '\0') /* HealthCheckRequest: 1 is the service */
        wire_add_bytes(&question, 1, service, strlen(service));
    int sent = grpc_asker_call(a, CHECK, (struct bytes){buf_text(&question), question.len}, false,
                               &asked, &e);
    buf_done(&question);
    shown_text(out, s, who);
    buf_str(out, ": ");
    bool goes_on = sent == 0 && asked.status >= 0 && asked.status != GRPC_UNIMPLEMENTED;
    int status = UNKNOWN;
    if (sent != 0)
        shown_text(out, s, e.text);
    else if (asked.outcome == OUTCOME_OK)
        say_status(out, status = status_of(asked.answer));
    else if (asked.status == GRPC_UNIMPLEMENTED)
        buf_str(out, "not known, because the server has no health checking (UNIMPLEMENTED); it "
                     "need not have it");
    else if (asked.status == GRPC_NOT_FOUND)
        buf_str(out, "the server has no health under this name (NOT_FOUND); it need not have it");
    else {
        buf_str(out, "not known: ");
        shown_text(out, s, asked.why);
    }
    buf_char(out, '\n');
    if (status == NOT_SERVING) {
        buf_str(bad, bad->len > 0 ? ", " : "");
        shown_text(bad, s, who);
    }
    return goes_on;
}

/* The first call of each service. */
static bool is_first(const struct scenario *s, size_t request) {
    const char *service = s->requests[request].grpc->method->service;
    for (size_t i = 0; i < request; i++)
        if (s->requests[i].grpc != NULL &&
            strcmp(s->requests[i].grpc->method->service, service) == 0)
            return false;
    return true;
}

void grpc_health(const struct scenario *s, struct buf *out, struct buf *bad) {
    struct grpc_asker *a = NULL;
    struct err e;
    size_t first = 0;
    while (first < s->request_count && s->requests[first].grpc == NULL)
        first++;
    if (first == s->request_count)
        return;
    buf_str(out, "\n# health, by grpc.health.v1.Health/Check\n");
    if (grpc_asker_open(s, NULL, &a, &e) != 0) {
        shown_text(out, s, e.text);
        buf_char(out, '\n');
        return;
    }
    bool goes_on = check(a, s, "", out, bad);
    for (size_t i = first; i < s->request_count && goes_on; i++)
        if (s->requests[i].grpc != NULL && is_first(s, i))
            goes_on = check(a, s, s->requests[i].grpc->method->service, out, bad);
    grpc_asker_close(a);
}
