/*
 * client: what a run file tells about the client itself, over the whole run: the view `client` and
 * what the manifest holds about dispatch and calibration.
 *
 * Thread: as the reader.
 */
#ifndef REPORT_CLIENT_H
#define REPORT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "record/reader.h"
#include "util/err.h"

/* READER_NO_VALUE where a number is not known. */
struct client_summary {
    bool known;                 /* false: the file is of a version that kept none of it */
    double cpu_max, cpu_writer; /* the busiest core's, and the writer's, busiest second */
    int64_t loop_lag_mean_us;   /* of the seconds' means */
    int64_t loop_lag_max_us;
    int64_t loop_lag_p99_us; /* of all wakes */
    int64_t queued_max, lost;
    int64_t open_files, ports;                 /* most */
    int64_t retransmits;                       /* all */
    int64_t scheduled, waited, late, not_sent; /* no value: nothing scheduled, or cut short */
    int64_t dispatch_p50_us, dispatch_p99_us, dispatch_max_us;
    int64_t calibration_p50_us, calibration_p99_us, calibration_rate; /* no value: not calibrated */
};

int client_summarize(struct reader *r, struct client_summary *out, struct err *e);

#endif
