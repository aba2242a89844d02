/*
 * client: what a run file says about the client itself, over the whole run. It summarises the view
 * `client` and the manifest's values about dispatch and calibration.
 *
 * Thread: as the reader.
 */
#ifndef REPORT_CLIENT_H
#define REPORT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "record/reader.h"
#include "util/err.h"

/* READER_NO_VALUE marks a missing value. */
struct client_summary {
    bool known;                 /* false: the file's version stored none of it */
    double cpu_max, cpu_writer; /* busiest second, of the busiest core and of the writer */
    int64_t loop_lag_mean_us;   /* mean of the seconds' means */
    int64_t loop_lag_max_us;
    int64_t loop_lag_p99_us; /* of all wake-ups */
    int64_t queued_max, lost;
    int64_t open_files, ports; /* maximum */
    int64_t retransmits;       /* total */
    /* No value: nothing was scheduled, or the run was interrupted. */
    int64_t scheduled, waited, late, not_sent;
    int64_t dispatch_p50_us, dispatch_p99_us, dispatch_max_us;
    /* No value: the client was not calibrated. */
    int64_t calibration_p50_us, calibration_p99_us, calibration_rate;
};

int client_summarize(struct reader *r, struct client_summary *out, struct err *e);

#endif
