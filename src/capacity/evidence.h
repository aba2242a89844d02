/*
 * evidence: what the requests of one load say about one service level objective (SLO).
 *
 * The measured time of each step is cut into cells of equal length. Evidence of several steps with
 * the same load is pooled. Requests close in time are similar, so a cell's sum is one observation,
 * not each request:
 *
 *     percentile   share of the values beyond the limit, compared with 1 - p
 *     share        hits / total
 *     average      sum of (value - average)
 *     per second   amount of a cell / its length
 *
 * The variance of the sum of all cells is the largest of those of batches of 1, 2, 4, ... cells, of
 * at least EVIDENCE_BATCHES_MIN batches. Each is corrected for the correlation of neighbours that
 * is left, (1 + r) / (1 - r), as in ASAP3 (Steiger et al., ACM TOMACS 15, 2005, 39-73), and has
 * Student's t quantile with the degrees of freedom of its batches.
 *
 * Shares have Wilson's interval for the number of independent requests that would give this
 * variance. The interval of a percentile consists of two order statistics: the values beyond which
 * that interval of the share leaves 1 - p out. A decision is made at the limit itself.
 *
 * Few requests beyond a limit do not show how much they cluster, so it is taken to be as much as
 * at the percentile. A share forgets by how much: nearly equal times that drift by microseconds
 * would leave each limit above them in doubt. So a limit may also be far above the percentile:
 * farther than the percentiles of sections of the time explain (Seila, Management Science 28, 1982;
 * around that of all: Nakayama, ACM TOMACS 24, 2014). Then only the requests beyond it count.
 *
 * It does not know where values come from. Ownership: evidence_done() frees; all zeros is empty.
 * Thread: plain data.
 */
#ifndef CAPACITY_EVIDENCE_H
#define CAPACITY_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/rule.h"
#include "util/err.h"

/* Cells of a step of the plain length; a step twice as long has twice as many. */
#define EVIDENCE_CELLS 20
#define EVIDENCE_BATCHES_MIN 10

/* A value that never came: slower than every limit. */
#define EVIDENCE_NEVER INT64_MAX

enum evidence_verdict { EVIDENCE_OPEN, EVIDENCE_HOLDS, EVIDENCE_FAILS };

struct evidence_value {
    int64_t value;
    uint32_t cell;
};

struct evidence {
    /* Of times: sorted by value up to `sorted`. */
    struct evidence_value *values;
    size_t count, room, sorted;
    double *hits, *totals, *seconds; /* by cell */
    size_t cells, cell_room;
};

void evidence_done(struct evidence *v);

/* Begins a step of n cells, each of this many seconds; *first is its first cell. */
int evidence_begin(struct evidence *v, size_t n, double cell_seconds, size_t *first, struct err *e);

/* A time, in the unit of the metric (gate_per_ms()). */
int evidence_time(struct evidence *v, size_t cell, int64_t value, struct err *e);

/* Hits among a total; of a counter, the amount. */
void evidence_share(struct evidence *v, size_t cell, double hits, double total);

/* Adds all of another step's evidence. */
int evidence_join(struct evidence *v, const struct evidence *more, struct err *e);

/* In the metric's unit (milliseconds, shares, per second). NAN: not known; infinite: it never came.
 * If one side has too few values to bound it, the bound is infinite, or 0 or 1 for a share. */
struct evidence_result {
    double value, low, high;
    double samples;     /* requests behind the value */
    double independent; /* the number of independent requests that they are worth */
    enum evidence_verdict verdict;
};

/* Whether the rule holds for this load, if each of the two sides may be wrong with a probability of
 * `risk`. Without any value, the rule fails, as in `gate`. Sorts the values. evidence_decide()
 * leaves out the bounds of a percentile, which take long. */
int evidence_decide(struct evidence *v, const struct gate_rule *rule, double risk,
                    struct evidence_result *out, struct err *e);
int evidence_result(struct evidence *v, const struct gate_rule *rule, double risk,
                    struct evidence_result *out, struct err *e);

/* How far a value is from the limit of a rule, for a search: relative to the limit, above 0 if the
 * rule fails, and from -EVIDENCE_EXCESS_MAX to EVIDENCE_EXCESS_MAX. NAN: as far as possible. */
#define EVIDENCE_EXCESS_MAX 1.5
double evidence_excess(const struct gate_rule *rule, double value);

/* Fails, saying why, if a rule cannot be an SLO: its value has no interval, or its words are about
 * the time of a run. */
int evidence_check_rule(const struct gate_rule *rule, struct err *e);

#endif
