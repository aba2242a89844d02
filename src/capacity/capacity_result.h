/*
 * capacity_result: the result of a search for capacity, as capacity.json has it (docs/capacity.md).
 *
 * It is written after each step, so that an interrupted search keeps what it knows, and read back
 * by --resume, report and gate. Reading checks all that it takes; other members are ignored.
 *
 * Ownership: capacity_capacity_result_done() frees; all zeros is allowed. Thread: plain data.
 */
#ifndef CAPACITY_CAPACITY_RESULT_H
#define CAPACITY_CAPACITY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capacity/capacity_cold.h"
#include "capacity/capacity_cost.h"
#include "capacity/evidence.h"
#include "capacity/search.h"
#include "capacity/usl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json_write.h"

#define CAPACITY_FILE "capacity.json"
#define CAPACITY_STEPS_MAX 100000
#define CAPACITY_SLO_MAX 64

enum capacity_unit { CAPACITY_RATE, CAPACITY_USERS, CAPACITY_SPEED };
extern const char *const capacity_units[];      /* "rate", ... */
extern const char *const capacity_unit_words[]; /* "requests/s", ... */

struct capacity_result_slo {
    double value, low, high;
    enum evidence_verdict verdict;
};

/* Of the measured time of one step. NAN: not known. */
struct capacity_result_step {
    double load, achieved; /* achieved: sent, in the unit of the load */
    double p50_ms, p95_ms, p99_ms;
    double throughput;   /* successful requests that ended in this time, per second */
    double failures;     /* share */
    double from_s, to_s; /* the measured time, from the start of the run */
    unsigned units;      /* its length, in plain steps */
    /* The client was VALID, the load was reached, and the service had not died. */
    bool counts;
    char *verdict, *reason, *file; /* file: within the folder */
    char *failing;                 /* the most frequent failure: "status 429 (12 %)"; NULL: none */
    struct capacity_result_slo *slo; /* by this step alone; one per expression */
    enum evidence_verdict ok;
};

/* A load, by all of its steps that count. */
struct capacity_result_load {
    double load;
    unsigned steps;
    struct capacity_result_slo *slo;
    enum evidence_verdict ok;
};

struct capacity_result {
    char *name, *target, *started_utc, *scenario; /* scenario: the path that was given */
    enum capacity_unit unit;
    double from, to, precision;
    double step_s, settle_s;
    bool sweep;
    char **expressions;
    size_t expression_count;
    struct search_answer answer;
    size_t limited_by; /* the expression that failed first; SIZE_MAX: none */
    struct capacity_cold cold;
    char *client;   /* why the client is the limit; NULL: it is not */
    char **options; /* of the command line, for --resume: name, value, name, value... */
    size_t option_count;
    double client_load;
    struct capacity_cost cost;
    struct usl usl;
    struct capacity_result_step *steps;
    size_t step_count, step_room;
    struct capacity_result_load *loads; /* by load */
    size_t load_count, load_room;
};

void capacity_result_done(struct capacity_result *r);

int capacity_result_add_option(struct capacity_result *r, const char *name, const char *value,
                               struct err *e);

/* Room for one more; zeroed, with room for its SLOs. NULL: no memory. */
struct capacity_result_step *capacity_result_add_step(struct capacity_result *r, struct err *e);
/* Removes the last one. */
void capacity_result_drop_step(struct capacity_result *r);
/* The load, added in its place if it is new. */
struct capacity_result_load *capacity_result_at(struct capacity_result *r, double load,
                                                struct err *e);

void capacity_result_write(struct buf *out, const struct capacity_result *r);
/* The members of that object. */
void capacity_result_members(struct json_writer *w, const struct capacity_result *r);
int capacity_result_read(const char *path, struct capacity_result *out, struct err *e);
/* The same from memory; `name` is its name in errors. */
int capacity_result_parse(const char *name, const char *text, size_t bytes,
                          struct capacity_result *out, struct err *e);

/* "between 480 and 520 requests/s", "below 10 requests/s", "above 5000 requests/s", "not known" */
void capacity_result_words(const struct capacity_result *r, struct buf *out);

/* What --min-capacity says of it: the whole interval is above the limit, below, or neither. */
enum evidence_verdict capacity_result_reaches(const struct capacity_result *r, double least);

#endif
