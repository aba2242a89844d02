/*
 * run_status: the status of a run with some endpoints, each with one request of 2 ms.
 *
 * Header-only. Thread: one.
 */
#ifndef TESTS_EXPORT_RUN_STATUS_H
#define TESTS_EXPORT_RUN_STATUS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/status.h"
#include "util/clock.h"

#define RUN_STATUS_MAX 1000

struct run_status {
    struct endpoint endpoints[RUN_STATUS_MAX];
    char names[RUN_STATUS_MAX][16];
    struct catalog catalog;
    struct status_run run;
    struct status_board *board;
    struct status *status;
};

static inline int64_t run_status_started(void *context) {
    (void)context;
    return 1700000000 * NS_PER_S;
}

static inline const char *run_status_error(void *context, uint32_t error) {
    (void)context;
    (void)error;
    return "";
}

/* name: of all; NULL: each has its own, "e000" and so on. */
static inline void run_status_init(struct run_status *b, size_t n, const char *name) {
    struct err e = {""};
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < n; i++) {
        snprintf(b->names[i], sizeof b->names[i], "e%03u", (unsigned)(i % RUN_STATUS_MAX));
        b->endpoints[i] = (struct endpoint){name != NULL ? name : b->names[i], "GET"};
    }
    b->catalog = (struct catalog){.endpoints = b->endpoints, .endpoint_count = n};
    b->run = (struct status_run){.name = "run",
                                 .target = "t",
                                 .version = "1",
                                 .catalog = &b->catalog,
                                 .error_text = run_status_error,
                                 .started_ns = run_status_started};
    if (status_board_new(&b->run, &b->board, &e) != 0)
        abort();
    for (uint32_t i = 0; i < n; i++) {
        const struct request x = {
            .endpoint = i, .response_us = 2000, .bytes_received = 5, .outcome = OUTCOME_OK};
        status_feed(b->board, &x, 1);
    }
    b->status = status_read(b->board, NS_PER_S, 1, false);
    b->status->verdict = "VALID";
}

static inline void run_status_done(struct run_status *b) {
    status_board_free(b->board);
}

#endif
