/* hostile: a model made by hand, whose texts attack every format at once. */
#ifndef TESTS_REPORT_HOSTILE_H
#define TESTS_REPORT_HOSTILE_H

#include <math.h>

#include "report/model.h"

#define ESC "\033"

/* What others may have called an endpoint. */
static const char *const hostile_names[] = {
    "`id` $(id) ${x} \\x41",
    ESC "[31mred" ESC "]0;title\a",
    "=CMD()|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "<script>alert('x')</script> & &amp;",
    "a|b, \"quoted\" 'single'",
    "two\nlines\r\n",
    "invalid \xff\xc3( UTF-8",
    "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
    "right-to-left \xe2\x80\xae override, C1 \302\23331m",
    "[link](http://example.com) *b* _i_ ~~s~~ # h",
    "",
};
#define HOSTILE_NAMES (sizeof hostile_names / sizeof *hostile_names)

static const struct summary_row hostile_row = {
    .requests = 425,
    .failures = 3,
    .not_sent = 1,
    .unsendable = 3,
    .cancelled = 2,
    .average_ms = 770.126,
    .min_ms = 9.9949,
    .max_ms = 18287.5,
    .median_ms = 99.96,
    .average_size_bytes = 48,
    .requests_per_second = 4.375,
    .failures_per_second = 0.03,
    .response_ms = {9.995, 99.94, 99.95, 100, 0.001, 1234.5, (double)NAN, 18287.5},
    .service_ms = {1, 2, 3, 4, 5, 6, (double)NAN, 8},
    .response_intervals = {{9, 11},
                           {90, 101},
                           {91, 102},
                           {92, 103},
                           {0, 0.002},
                           {1000, 1500},
                           {(double)NAN, (double)NAN},
                           {(double)NAN, (double)NAN}},
    .service_intervals = {{0.5, 1.5}},
};

struct hostile {
    struct reader_run run;
    struct model_entry entries[HOSTILE_NAMES];
    struct model_error errors[HOSTILE_NAMES];
    char texts[HOSTILE_NAMES][128];
    struct model model;
};

static inline struct model *hostile_model(struct hostile *h) {
    *h = (struct hostile){.run = {.name = hostile_names[8],
                                  .started_utc = "2026-11-24T03:00:00.000Z",
                                  .scenario = "{}",
                                  .target = hostile_names[1],
                                  .version = "0.1.0",
                                  .duration_us = 97000000,
                                  .users_max = 10,
                                  .seed = UINT64_MAX,
                                  .verdict = "SUSPECT",
                                  .verdict_reason = hostile_names[1],
                                  .complete = true}};
    for (size_t i = 0; i < HOSTILE_NAMES; i++) {
        h->entries[i] = (struct model_entry){
            .method = i == 0 ? "=M" : "GET", .name = hostile_names[i], .row = hostile_row};
        memcpy(h->texts[i], hostile_names[i], strlen(hostile_names[i]) + 1);
        h->errors[i] = (struct model_error){.method = "GET",
                                            .name = hostile_names[HOSTILE_NAMES - 1 - i],
                                            .outcome = "reset",
                                            .text = h->texts[i],
                                            .count = 7};
    }
    h->model =
        (struct model){.run = &h->run,
                       .entries = h->entries,
                       .entry_count = HOSTILE_NAMES,
                       .aggregated = {.method = "", .name = MODEL_AGGREGATED, .row = hostile_row},
                       .times_differ = true,
                       .unsupported = {[6] = true},
                       .errors = h->errors,
                       .error_count = HOSTILE_NAMES};
    return &h->model;
}

#endif
