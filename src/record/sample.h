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
    uint32_t ttfb_us;  /* SAMPLE_NO_TTFB where no byte came */
    uint16_t endpoint; /* index of the endpoint given to record_open() */
    uint16_t status;   /* 0: no response */
    uint16_t error;    /* number of its text; 0: none */
    uint8_t outcome;   /* enum outcome */
    uint8_t flags;
};

static_assert(sizeof(struct sample) == 64, "a sample is one cache line");

#endif
