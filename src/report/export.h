/*
 * export: writes a run in the formats of other tools. docs/formats.md explains each number.
 * report_formats.c has a row for each format.
 *
 *   hgrm      HdrHistogram's percentile distribution, as its Java class prints it and its plotter
 *             reads it; milliseconds
 *   jtl       JMeter's result file in CSV, a line for every completed request
 *   k6        k6's --summary-export, with exact percentiles of all requests
 *   vllm      the output of `vllm bench serve --save-result --save-detailed`, of streamed responses
 *   aiperf    AIPerf's profile_export.jsonl, a line for each streamed response
 *
 * Each escapes all texts for its format in its own file. Ownership: nothing is kept. Thread: as the
 * reader.
 */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include <stdio.h>

#include "report/report.h"
#include "util/err.h"

int export_hgrm_response(FILE *to, const struct report_source *s, struct err *e);
int export_hgrm_service(FILE *to, const struct report_source *s, struct err *e);
int export_jtl(FILE *to, const struct report_source *s, struct err *e);
int export_k6(FILE *to, const struct report_source *s, struct err *e);
int export_vllm(FILE *to, const struct report_source *s, struct err *e);
int export_aiperf(FILE *to, const struct report_source *s, struct err *e);

#endif
