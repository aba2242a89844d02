/*
 * comparison: compares run files. It decides which runs can be compared and what counts of each,
 * computes the results, and makes a document of them.
 *
 * A request counts by the time at which it was due (or sent, if it was not scheduled). Of each run
 * these count:
 *
 *   users       from the first whole second with all users active to the end of the load
 *   stages      from the end of the first stage to the end of the load
 *   a rate      after the first 20th of the load, at most 10 s, to its end
 *
 * With warmup_us, requests count from that time on. Requests that were not sent or were cancelled
 * have no time and are counted separately. A run is refused if it has another scenario, other
 * endpoints, another number of users, spawn rate or rate, another transport or receive clock, if it
 * is INVALID or interrupted, if nothing of it counts, or if it is given twice.
 *
 * The statistics are those of stats/compare.h. All verdicts of a comparison are one family: if
 * nothing differs, at least one of them is false in 5 of 100 comparisons.
 *
 * Ownership: heap; comparison_free(NULL) is allowed. Thread: one.
 */
#ifndef REPORT_COMPARISON_H
#define REPORT_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/document.h"
#include "stats/compare.h"
#include "util/buf.h"
#include "util/err.h"

struct comparison_options {
    uint64_t seed;
    unsigned resamples;
    double confidence;
    bool service; /* service times instead of response times */
    /* Compare runs even if they are refused; comparison.refusals still says why. */
    bool force;
    int64_t warmup_us; /* negative: by the rule above */
};

struct comparison_file {
    char *path;
    char rule[160];         /* why it begins at from_us */
    int64_t from_us, to_us; /* the part that counts */
    uint64_t requests;      /* in that part, with a time */
    uint64_t before, after; /* outside of that part */
    uint64_t untimed;       /* in that part, not sent or cancelled */
    bool with;              /* it belongs to the second side */
    bool has_inputs;        /* its manifest has the hashes of its files */
};

/* A file that differs between runs: a body, rows of a feeder, a .proto file. */
struct comparison_input {
    char *path;    /* as the scenario names it */
    char **sha256; /* by file of the comparison; NULL: that run does not use it */
};

/* What a value is taken from: a request, or one of the times of a streamed response. Tokens per
 * second are counted with TTFT, because its rows have the tokens of their response. */
enum comparison_of {
    COMPARISON_OF_REQUESTS,
    COMPARISON_OF_TTFT,
    COMPARISON_OF_TIME_PER_TOKEN,
    COMPARISON_OF_GAP,
    COMPARISON_OFS
};

/* Up to this many gaps of a run are compared. If there are more, a random part of them is, drawn
 * with the seed of the comparison. */
#define COMPARISON_GAPS_MAX UINT64_C(1000000)

#define COMPARISON_STATISTICS 15
extern const struct comparison_statistic {
    const char *word;  /* in JSON */
    const char *label; /* shown to people */
    struct compare_measure measure;
    enum comparison_of of;
} comparison_statistics[COMPARISON_STATISTICS];

struct comparison_entry {
    char *method, *name; /* "" and "": all requests */
    bool has_streams;    /* on at least one side; else it has only the statistics of requests */
    uint64_t requests[2];
    struct compare_result results[COMPARISON_STATISTICS];
    struct compare_rank rank;
};

struct comparison {
    struct comparison_options options;
    struct comparison_file *files;
    size_t file_count;
    size_t runs[2];
    struct comparison_entry *entries; /* by name, then method; the last one has all requests */
    size_t entry_count;
    size_t family;       /* number of verdicts that were evaluated together */
    struct buf refusals; /* why the runs cannot be compared; each text ends with a NUL */
    size_t refusal_count;
    struct comparison_input *inputs; /* by path */
    size_t input_count, input_room;
    struct compare_side *sides[COMPARISON_OFS][2];
};

/* Reads the runs of both sides. Compares nothing yet. If there are refusals and options.force is
 * not set, *out only says why, and cannot be compared. */
int comparison_read(const char *const *base, size_t base_count, const char *const *with,
                    size_t with_count, const struct comparison_options *o, struct comparison **out,
                    struct err *e);

/* Fills in every entry. */
int comparison_run(struct comparison *c, struct err *e);
void comparison_free(struct comparison *c);

/* The pair of the endpoints with this name and method (NULL: any). *out is NULL if there are
 * none. */
int comparison_pair(const struct comparison *c, enum comparison_of of, const char *method,
                    const char *name, struct compare_pair **out, struct err *e);

/* Whether the entry has the statistic. */
bool comparison_has(const struct comparison_entry *x, size_t statistic);

/* One measure of a pair from comparison_pair(). The result is in microseconds, whatever the unit of
 * the values. */
int comparison_measure(struct compare_pair *pair, enum comparison_of of,
                       const struct compare_measure *m, struct compare_result *out, struct err *e);

bool comparison_any(const struct comparison *c, enum compare_verdict v);

/* "slower", "fails more", "fewer", "no difference shown", "too little data" */
const char *comparison_verdict_text(size_t statistic, enum compare_verdict verdict);

/* One line: how large the difference is and how certain. The name is not escaped. */
void comparison_sentence(const struct comparison *c, const struct comparison_entry *x,
                         size_t statistic, struct buf *out);
/* "because ...": what is missing; "" if nothing is. */
const char *comparison_lack_text(enum compare_lack lack);

/* The document of a comparison: a table for each entry, the findings, and what counted of each run.
 * Call document_done() also after a failure. */
int comparison_document(struct document *d, const struct comparison *c, struct err *e);
void comparison_json(struct json_writer *w, const struct document *d);

/* Adds a figure, shift, to the document and draws it as DIR/shift.svg and .png. It shows for all
 * requests and for each endpoint how far each quantile moved, with a band. DIR/data has the data of
 * the figure. `note` is one line to show, or "". */
int comparison_draw(struct document *d, const char *dir, char note[512], struct err *e);

#endif
