/*
 * export: a run in the formats of other tools. docs/formats.md says what each number is;
 * report_formats.c has their rows.
 *
 *   hgrm      HdrHistogram's percentile distribution, as its Java class prints it and its plotter
 *             reads it; milliseconds
 *   jtl       JMeter's result file in CSV, a line for every request that came to an end of its own
 *   k6        k6's --summary-export, with the percentiles of every request, exact
 *   vllm      what `vllm bench serve --save-result --save-detailed` writes, of streamed answers
 *   aiperf    AIPerf's profile_export.jsonl, a line for each streamed answer
 *
 * Each escapes every text for its format in its own file. Ownership: nothing is kept. Thread: as
 * the reader.
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
