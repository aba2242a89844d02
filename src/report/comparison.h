/*
 * comparison: run files against each other: which may be compared, what of them counts, what comes
 * out, and that as a document.
 *
 * What counts of a run, by when a request was due (or sent, where nothing was due):
 *
 *   users       from the first whole second with all users on, to the end of the load
 *   stages      from the end of the first stage, to the end of the load
 *   a rate      after the first 20th of the load, at most 10 s, to its end
 *
 * or, with warmup_us, from that time on. What was not sent or was cancelled has no time and is
 * counted separately. Runs are refused that have another scenario, other endpoints, another number
 * of users, spawn rate or rate, another transport or receive clock, that are INVALID or cut short,
 * or that have nothing that counts.
 *
 * The statistics are those of stats/compare.h, and all verdicts of a comparison are one family:
 * where nothing differs, there is a false one among them in 5 of 100 comparisons.
 *
 * Ownership: heap; comparison_free(NULL) is fine. Thread: one.
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
    bool service;      /* service times in place of response times */
    bool force;        /* compare what is refused otherwise; comparison.refusals still says why */
    int64_t warmup_us; /* negative: by the rule */
};

struct comparison_file {
    char *path;
    char rule[160];         /* why it begins where it does */
    int64_t from_us, to_us; /* what counts */
    uint64_t requests;      /* in it, with a time */
    uint64_t before, after; /* left out */
    uint64_t untimed;       /* in it, not sent or cancelled */
    bool with;              /* of which side */
};

/* What has values: requests, and of streamed answers, each of their times. Tokens per second count
 * with TTFT: a row has the tokens of its answer. */
enum comparison_of {
    COMPARISON_OF_REQUESTS,
    COMPARISON_OF_TTFT,
    COMPARISON_OF_TIME_PER_TOKEN,
    COMPARISON_OF_GAP,
    COMPARISON_OFS
};

/* Gaps of a run that are compared; of more, a part that is drawn at random with the comparison's
 * seed. */
#define COMPARISON_GAPS_MAX UINT64_C(1000000)

#define COMPARISON_STATISTICS 15
extern const struct comparison_statistic {
    const char *word;  /* in JSON */
    const char *label; /* for people */
    struct compare_measure measure;
    enum comparison_of of;
} comparison_statistics[COMPARISON_STATISTICS];

struct comparison_entry {
    char *method, *name; /* "" and "": all requests */
    bool has_streams;    /* on some side; else it has the statistics of requests only */
    uint64_t requests[2];
    struct compare_result results[COMPARISON_STATISTICS];
    struct compare_rank rank;
};

struct comparison {
    struct comparison_options options;
    struct comparison_file *files;
    size_t file_count;
    size_t runs[2];
    struct comparison_entry *entries; /* by name, then method; the last one is for all requests */
    size_t entry_count;
    size_t family;       /* how many verdicts were judged together */
    struct buf refusals; /* why they cannot be compared, each ended by a NUL */
    size_t refusal_count;
    struct compare_side *sides[COMPARISON_OFS][2];
};

/* Reads the runs of both sides and compares nothing yet. With refusals and without options.force
 * there is nothing to compare: *out is there to say why. */
int comparison_read(const char *const *base, size_t base_count, const char *const *with,
                    size_t with_count, const struct comparison_options *o, struct comparison **out,
                    struct err *e);

/* Fills in every entry. */
int comparison_run(struct comparison *c, struct err *e);
void comparison_free(struct comparison *c);

/* The pair of those endpoints that have this name and method (NULL: any); *out is NULL if there is
 * none. */
int comparison_pair(const struct comparison *c, enum comparison_of of, const char *method,
                    const char *name, struct compare_pair **out, struct err *e);

/* Whether the entry has the statistic. */
bool comparison_has(const struct comparison_entry *x, size_t statistic);

/* A measure of a pair of comparison_pair(): in microseconds, whatever the values are kept in. */
int comparison_measure(struct compare_pair *pair, enum comparison_of of,
                       const struct compare_measure *m, struct compare_result *out, struct err *e);

bool comparison_any(const struct comparison *c, enum compare_verdict v);

/* "slower", "fails more", "fewer", "no difference shown", "too little data" */
const char *comparison_verdict_text(size_t statistic, enum compare_verdict verdict);

/* One line: how large, how sure. The name comes out as it is. */
void comparison_sentence(const struct comparison *c, const struct comparison_entry *x,
                         size_t statistic, struct buf *out);
/* "because ...": what it lacks; "" where nothing. */
const char *comparison_lack_text(enum compare_lack lack);

/* Its document: a table for each entry, with what was found, and what counted. document_done()
 * frees, also after a failure. */
int comparison_document(struct document *d, const struct comparison *c, struct err *e);
void comparison_json(struct json_writer *w, const struct document *d);

/* Adds a figure, shift, to its document and draws it as DIR/shift.svg and .png, of all requests and
 * each endpoint: by how much each quantile moved, with a band. DIR/data has what they are drawn
 * from. `note` is one line to show, or "". */
int comparison_draw(struct document *d, const char *dir, char note[512], struct err *e);

#endif
