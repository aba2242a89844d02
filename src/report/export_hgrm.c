/*
 * HdrHistogram's percentile distribution, as AbstractHistogram.outputPercentileDistribution(out, 5,
 * 1000.0) prints it.
 *
 * A struct hist of 10 bits has the buckets of HdrHistogram's Histogram(1, max, 3): each microsecond
 * below 2048, then 1024 per octave. So every value equals HdrHistogram's for the same times.
 */
#include <inttypes.h>
#include <math.h>

#include "report/export.h"
#include "report/export_hgrm.h"
#include "report/export_rows.h"
#include "stats/hist.h"
#include "util/clock.h"
#include "util/outcome.h"

#define TICKS 5 /* per half distance to 100 % */

struct count {
    struct hist hist;
    bool service;
};

void export_hgrm_count(struct hist *h, int64_t us, const struct request *row) {
    if (outcome_is_timed((int)row->outcome))
        hist_record(h, us < 0 ? 0 : us);
}

static int one(void *context, const struct request *row) {
    struct count *c = context;
    export_hgrm_count(&c->hist, c->service ? row->service_us : row->response_us, row);
    return 0;
}

static int64_t highest(const struct hist *h, size_t bucket) {
    return hist_bucket_lowest(h, bucket) + (int64_t)(hist_bucket_width(h, bucket) - 1);
}

/* PercentileIterator.incrementIterationLevel() */
static double next_level(double level) {
    double half_distances = floor(log(100.0 / (100.0 - level)) / log(2));
    return level + 100.0 / (TICKS * exp2(half_distances + 1));
}

static void rows(FILE *to, const struct hist *h) {
    uint64_t below = 0;
    double level = 0;
    for (size_t bucket = hist_bucket(h, h->min); h->total > 0 && below < h->total; bucket++) {
        double ms = (double)highest(h, bucket) / US_PER_MS;
        below += h->counts[bucket];
        if (h->counts[bucket] == 0)
            continue;
        /* A bucket that is passed by several levels has a row for each. */
        double share = 100.0 * (double)below / (double)h->total;
        while (share >= level && level < 100.0) {
            fprintf(to, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", ms, level / 100, below,
                    1 / (1 - level / 100));
            level = next_level(level);
            if (below == h->total)
                break;
        }
    }
    if (h->total > 0)
        fprintf(to, "%12.3f %2.12f %10" PRIu64 "\n",
                (double)highest(h, hist_bucket(h, h->max)) / US_PER_MS, 1.0, h->total);
}

/* Of the middles of the buckets, as there. */
static void footer(FILE *to, const struct hist *h) {
    double sum = 0, squares = 0, n = (double)h->total;
    size_t from = h->total > 0 ? hist_bucket(h, h->min) : 1;
    size_t last = h->total > 0 ? hist_bucket(h, h->max) : 0;
    int64_t covered = INT64_C(2) << EXPORT_HGRM_BITS;
    int octaves = 1;
    for (size_t i = from; i <= last; i++)
        sum += (double)h->counts[i] *
               (double)(hist_bucket_lowest(h, i) + (int64_t)(hist_bucket_width(h, i) / 2));
    double mean = n > 0 ? sum / n : 0;
    for (size_t i = from; i <= last; i++) {
        int64_t middle = hist_bucket_lowest(h, i) + (int64_t)(hist_bucket_width(h, i) / 2);
        squares += (double)h->counts[i] * ((double)middle - mean) * ((double)middle - mean);
    }
    for (; h->total > 0 && covered <= h->max && octaves < 64 - (int)EXPORT_HGRM_BITS; covered *= 2)
        octaves++;
    double max = h->total > 0 ? (double)highest(h, last) / US_PER_MS : 0;
    fprintf(to, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / US_PER_MS,
            n > 0 ? sqrt(squares / n) / US_PER_MS : 0);
    fprintf(to, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n", max, h->total);
    fprintf(to, "#[Buckets = %12d, SubBuckets     = %12d]\n", octaves, 2 << EXPORT_HGRM_BITS);
}

static void document(FILE *to, const struct hist *h) {
    fprintf(to, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    rows(to, h);
    footer(to, h);
}

static int hgrm(FILE *to, const struct report_source *s, bool service, struct err *e) {
    struct count c = {.service = service};
    if (s->rows != NULL) {
        document(to, service ? &s->rows->service_us : &s->rows->response_us);
        return 0;
    }
    if (hist_init(&c.hist, EXPORT_HGRM_BITS, e) != 0)
        return -1;
    int result = reader_scan_brief(s->reader, one, &c, e);
    if (result == 0)
        document(to, &c.hist);
    hist_done(&c.hist);
    return result;
}

int export_hgrm_response(FILE *to, const struct report_source *s, struct err *e) {
    return hgrm(to, s, false, e);
}

int export_hgrm_service(FILE *to, const struct report_source *s, struct err *e) {
    return hgrm(to, s, true, e);
}
