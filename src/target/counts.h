/*
 * counts: exact counts of the target's requests and their results, by method and path.
 *
 * A request is received when its headers are. Each ends once: answered with a status, failed on
 * purpose, or aborted (the client left, or the target stopped, before the response was sent). So
 * received = answered + faults + aborted + in flight. Methods and paths come from a fixed list and
 * all others share a row, so a hostile client cannot make it grow.
 * Thread: any; it has one lock.
 */
#ifndef TARGET_COUNTS_H
#define TARGET_COUNTS_H

#include <pthread.h>
#include <stdint.h>

#include "target/fault.h"
#include "target/llm_api.h"
#include "util/buf.h"

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_PATCH,
    METHOD_OPTIONS,
    METHOD_OTHER,
    METHOD_COUNT
};

enum route {
    ROUTE_ROOT,
    ROUTE_HEALTH,
    ROUTE_HEALTHZ,
    ROUTE_PREDICT,
    ROUTE_LOGIN,
    ROUTE_MODELS,
    ROUTE_KSERVE_LIVE,
    ROUTE_KSERVE_READY,
    ROUTE_KSERVE_SERVER,
    ROUTE_KSERVE_MODEL, /* metadata; any model */
    ROUTE_KSERVE_MODEL_READY,
    ROUTE_KSERVE_INFER,
    ROUTE_GRPC_INFER, /* these three by grpc_server.h only */
    ROUTE_GRPC_STREAM,
    ROUTE_GRPC_OTHER,
    ROUTE_LLM, /* followed by one for each further interface, in their order */
    ROUTE_OTHER = ROUTE_LLM + LLM_API_COUNT,
    ROUTE_COUNT
};

#define STATUS_LEAST 100
#define STATUS_COUNT 500

struct count_row {
    uint64_t received;
    uint64_t answered[STATUS_COUNT]; /* by status - STATUS_LEAST */
    /* FAULT_NONE and FAULT_STATUS stay 0: the first is not a fault, the second is a response. */
    uint64_t faults[FAULT_COUNT];
    uint64_t aborted;
    uint64_t bytes_in, bytes_out; /* of bodies */
};

struct counts {
    pthread_mutex_t lock; /* protects all members below */
    struct count_row rows[METHOD_COUNT][ROUTE_COUNT];
    uint64_t received, connections;
};

enum method method_of(const char *name);
enum route route_of(const char *path); /* of HTTP: never one of gRPC */

void counts_init(struct counts *c);
void counts_done(struct counts *c);

void counts_connection(struct counts *c);

/* Returns the request's number, from 0. */
uint64_t counts_received(struct counts *c, enum method m, enum route r);

/* Called when the response is passed to the kernel, so that nobody sees a response before it is
 * counted. counts_unanswered() takes it back if it could not be sent. */
void counts_answered(struct counts *c, enum method m, enum route r, int status, uint64_t bytes_in,
                     uint64_t bytes_out);
void counts_unanswered(struct counts *c, enum method m, enum route r, int status,
                       uint64_t bytes_out);
void counts_fault(struct counts *c, enum method m, enum route r, enum fault_kind kind,
                  uint64_t bytes_in);
void counts_aborted(struct counts *c, enum method m, enum route r, uint64_t bytes_in);

/* Counts of other parts, shown with these. */
struct counts_more {
    uint64_t cold_starts, streams, tokens;
};

/* Append a JSON object; a table for people. */
void counts_json(struct counts *c, const struct counts_more *more, struct buf *out);
void counts_table(struct counts *c, const struct counts_more *more, struct buf *out);

#endif
