#include "emulator/distribution.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct distribution_layout distribution_ms = {185, 1.1, 0.1};
const struct distribution_layout distribution_share = {50, 1.1, 0.01};
const struct distribution_layout distribution_requests = {74, 1.1, 1};

void distribution_init(struct distribution *d, const struct distribution_layout *layout) {
    assert(layout->finite + 2 <= DISTRIBUTION_BUCKETS_MAX);
    *d = (struct distribution){.layout = layout};
}

int distribution_bucket(const struct distribution_layout *l, double value) {
    if (!(value >= l->scale))
        return 0;
    double at = floor(log(value / l->scale) / log(l->growth));
    int i = at < l->finite ? (int)at : l->finite;
    /* The logarithm is off by a little at the bounds; the bounds themselves are what readers
     * use. */
    while (i > 0 && value < l->scale * pow(l->growth, i))
        i--;
    while (i < l->finite && value >= l->scale * pow(l->growth, i + 1))
        i++;
    return i + 1;
}

void distribution_add(struct distribution *d, double value) {
    if (!(value > 0) || !isfinite(value))
        value = 0;
    d->count++;
    double off = value - d->mean; /* Welford 1962 */
    d->mean += off / (double)d->count;
    d->squares += off * (value - d->mean);
    d->buckets[distribution_bucket(d->layout, value)]++;
}

struct distribution_kept *distribution_keep(const struct distribution *d) {
    assert(d->count > 0);
    int first = 0, last = d->layout->finite + 1;
    while (d->buckets[first] == 0)
        first++;
    while (d->buckets[last] == 0)
        last--;
    size_t n = (size_t)last - (size_t)first + 1;
    struct distribution_kept *k = malloc(sizeof *k + n * sizeof k->buckets[0]);
    if (k == NULL)
        return NULL;
    k->layout = d->layout;
    k->count = d->count;
    k->mean = d->mean;
    k->squares = d->squares;
    k->first = first;
    k->n = (int)n;
    memcpy(k->buckets, d->buckets + first, n * sizeof k->buckets[0]);
    return k;
}

void distribution_put(struct json_writer *w, const struct distribution_kept *d) {
    json_write_object(w, "distributionValue", JSON_LINE);
    export_json_int64(w, "count", (int64_t)d->count);
    json_write_number(w, "mean", d->mean);
    json_write_number(w, "sumOfSquaredDeviation", d->squares);
    json_write_object(w, "bucketOptions", JSON_LINE);
    json_write_object(w, "exponentialBuckets", JSON_LINE);
    json_write_number(w, "numFiniteBuckets", d->layout->finite);
    json_write_number(w, "growthFactor", d->layout->growth);
    json_write_number(w, "scale", d->layout->scale);
    json_write_end(w);
    json_write_end(w);
    json_write_array(w, "bucketCounts", JSON_LINE);
    for (int i = 0; i < d->first + d->n; i++)
        export_json_int64(w, NULL, i < d->first ? 0 : d->buckets[i - d->first]);
    json_write_end(w);
    json_write_end(w);
}
