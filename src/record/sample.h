/*
 * sample: one finished request on its way from a worker to the run file.
 *
 * It has 72 bytes and no pointers; error texts are passed as numbers (see record.h). It is half as
 * large as struct request, because each worker copies one into its queue for each request. Times
 * are nanoseconds from the start of the run. Thread: plain data.
 */
#ifndef RECORD_SAMPLE_H
#define RECORD_SAMPLE_H

#include <assert.h>
#include <stdint.h>

#include "util/request.h"

#define SAMPLE_NO_TIME REQUEST_NO_VALUE
#define SAMPLE_NO_TTFB UINT32_MAX
#define SAMPLE_NEW_CONNECTION 1u
/* No user was free at the intended time. So the client is not to blame if the request was late or
 * not sent. */
#define SAMPLE_WAITED_FOR_USER 2u
#define SAMPLE_SENT_AGAIN 4u /* on a new connection; resent_us says when */
/* Not a request, but one iteration of a task with steps. `endpoint` is the index of the task,
 * sent_ns is when the iteration began, and the outcome is OUTCOME_OK or another. */
#define SAMPLE_ITERATION 8u
#define SAMPLE_STREAM                                                                              \
    16u /* the queue has its stream record next to it: see queue_push_stream(), which sets it */
#define SAMPLE_ENDPOINT_MAX 0xffffffu
#define SAMPLE_BYTES_MAX 0x3ffffffffffu /* 4 TiB */

struct sample {
    int64_t intended_ns; /* SAMPLE_NO_TIME in a closed loop without pacing */
    int64_t sent_ns;     /* first attempt; SAMPLE_NO_TIME if outcome_is_sent() is false */
    int64_t end_ns;      /* SAMPLE_NO_TIME for OUTCOME_NOT_SENT */
    uint64_t bytes_received : 42;
    uint64_t grpc_status : 6; /* 1 + the status of a gRPC call; 0: it is none, or has none */
    uint64_t flags : 8;
    uint64_t http_version : 4; /* enum http_version */
    /* An enum connection_end: how the user's connection before a new one ended. */
    uint64_t previous_end : 4;
    uint32_t bytes_sent; /* bodies are smaller than 4 GiB */
    uint32_t user;
    uint32_t dns_us;
    uint32_t connect_us;
    uint32_t tls_us;
    uint32_t ttfb_us;   /* from sent_ns; SAMPLE_NO_TTFB if no byte came */
    uint32_t resent_us; /* from sent_ns to the second attempt; 0: there was none */
    /* How long that previous connection had been idle when it ended; 0: not known. */
    uint32_t previous_idle_us;
    uint16_t status;        /* 0: no response */
    uint16_t error;         /* number of its text; 0: none */
    uint32_t endpoint : 24; /* index in the endpoints given to record_open() */
    uint32_t outcome : 8;   /* enum outcome */
};

static_assert(sizeof(struct sample) == 72, "a worker moves one a request");
static_assert(OUTCOME_COUNT <= 256 && HTTP_VERSION_COUNT <= 16 && CONNECTION_END_COUNT <= 16,
              "they have room in a sample");

/* Converts a time to microseconds, as in the file. SAMPLE_NO_TIME stays as it is. */
int64_t sample_us(int64_t ns);

/* Converts a sample to the struct that all others use, with the values that reader.h will read from
 * its row. Not for iterations. */
void sample_request(const struct sample *s, struct request *out);

#endif
