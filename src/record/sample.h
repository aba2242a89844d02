/*
 * sample: one finished request on its way from a worker to the run file.
 *
 * 64 bytes, one cache line, no pointers: error texts travel by their number (see record.h). Times
 * are nanoseconds from the start of the run. Thread: plain data.
 */
#ifndef RECORD_SAMPLE_H
#define RECORD_SAMPLE_H

#include <assert.h>
#include <stdint.h>

#define SAMPLE_NO_TIME INT64_MIN
#define SAMPLE_NO_TTFB UINT32_MAX
#define SAMPLE_NEW_CONNECTION 1u
/* No user was free at its intended time: its lateness, or that it was not sent, is not the client's
 * doing. */
#define SAMPLE_WAITED_FOR_USER 2u
#define SAMPLE_SENT_AGAIN 4u /* on a new connection: the server had closed the kept one */
/* No request but the whole way through a task with steps: `endpoint` is the task's index, sent_ns when it began, and the outcome
 * OUTCOME_OK or another. */
#define SAMPLE_ITERATION 8u
#define SAMPLE_ENDPOINT_MAX 0xffffffu

struct sample {
    int64_t intended_ns; /* SAMPLE_NO_TIME in a closed loop without pacing */
    int64_t sent_ns;     /* SAMPLE_NO_TIME for OUTCOME_NOT_SENT */
    int64_t end_ns;      /* SAMPLE_NO_TIME for OUTCOME_NOT_SENT */
    uint64_t bytes_received;
    uint32_t bytes_sent; /* bodies are smaller than 4 GiB */
    uint32_t user;
    uint32_t dns_us;
    uint32_t connect_us;
    uint32_t tls_us;
    uint32_t ttfb_us;       /* SAMPLE_NO_TTFB where no byte came */
    uint16_t status;        /* 0: no response */
    uint16_t error;         /* number of its text; 0: none */
    uint32_t endpoint : 24; /* index of the endpoint given to record_open() */
    uint32_t outcome : 4;   /* enum outcome */
    uint32_t flags : 4;
};

static_assert(sizeof(struct sample) == 64, "a sample is one cache line");

#endif
