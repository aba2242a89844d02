/*
 * sample: one finished request on its way from a worker to the run file.
 *
 * 72 bytes, no pointers: error texts travel by their number (see record.h). It is half as large as
 * struct request, as each worker copies one into its queue for each request. Times are nanoseconds
 * from the start of the run. Thread: plain data.
 */
#ifndef RECORD_SAMPLE_H
#define RECORD_SAMPLE_H

#include <assert.h>
#include <stdint.h>

#include "util/request.h"

#define SAMPLE_NO_TIME REQUEST_NO_VALUE
#define SAMPLE_NO_TTFB UINT32_MAX
#define SAMPLE_NEW_CONNECTION 1u
/* No user was free at its intended time: its lateness, or that it was not sent, is not the client's
 * doing. */
#define SAMPLE_WAITED_FOR_USER 2u
#define SAMPLE_SENT_AGAIN 4u /* once more on a new connection: resent_us says when */
/* No request but the whole way through a task with steps: `endpoint` is the task's index, sent_ns
 * when it began, and the outcome OUTCOME_OK or another. */
#define SAMPLE_ITERATION 8u
#define SAMPLE_STREAM                                                                              \
    16u /* the queue has the record of its stream beside it: see queue_push_stream() */
#define SAMPLE_ENDPOINT_MAX 0xffffffu
#define SAMPLE_BYTES_MAX 0xffffffffffffu

struct sample {
    int64_t intended_ns; /* SAMPLE_NO_TIME in a closed loop without pacing */
    int64_t sent_ns;     /* the first time; SAMPLE_NO_TIME where outcome_is_sent() says no */
    int64_t end_ns;      /* SAMPLE_NO_TIME for OUTCOME_NOT_SENT */
    uint64_t bytes_received : 48;
    uint64_t flags : 8;
    uint64_t http_version : 4; /* enum http_version */
    uint64_t previous_end : 4; /* enum connection_end: of the user's connection before a new one */
    uint32_t bytes_sent;       /* bodies are smaller than 4 GiB */
    uint32_t user;
    uint32_t dns_us;
    uint32_t connect_us;
    uint32_t tls_us;
    uint32_t ttfb_us;          /* from sent_ns; SAMPLE_NO_TTFB where no byte came */
    uint32_t resent_us;        /* from sent_ns to when it was sent again; 0: it was not */
    uint32_t previous_idle_us; /* how long that connection had been idle at its end; 0: not known */
    uint16_t status;           /* 0: no response */
    uint16_t error;            /* number of its text; 0: none */
    uint32_t endpoint : 24;    /* index of the endpoint given to record_open() */
    uint32_t outcome : 8;      /* enum outcome */
};

static_assert(sizeof(struct sample) == 72, "a worker moves one a request");
static_assert(OUTCOME_COUNT <= 256 && HTTP_VERSION_COUNT <= 16 && CONNECTION_END_COUNT <= 16,
              "they have room in a sample");

/* A moment as the file has it; SAMPLE_NO_TIME stays. */
int64_t sample_us(int64_t ns);

/* The same request in the shape that all others read, as reader.h will give it of its row. Not of
 * an iteration. */
void sample_request(const struct sample *s, struct request *out);

#endif
