#include "import/import_buckets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define HALVINGS 200 /* more than a double has digits */

void import_buckets_done(struct import_buckets *b) {
    free(b->v);
    *b = (struct import_buckets){0};
}

void import_buckets_clear(struct import_buckets *b) {
    b->n = 0;
    b->count = 0;
    b->mean = 0;
    b->no_shape = false;
}

static int push(struct import_buckets *b, const struct import_bucket *x, struct err *e) {
    struct import_bucket *v = array_room(b->v, &b->cap, b->n + 1, sizeof *v);
    if (v == NULL)
        return err_memory(e, NULL);
    b->v = v;
    b->v[b->n++] = *x;
    return 0;
}

int import_buckets_add(struct import_buckets *b, int64_t count, double mean, const char *text,
                       struct err *e) {
    if (count <= 0)
        return 0;
    b->no_shape = b->no_shape || text[0] == '\0';
    b->mean += (mean - b->mean) * ((double)count / (double)(b->count + count));
    b->count += count;
    while (*text != '\0') {
        char *at;
        struct import_bucket x;
        x.from = strtod(text, &at);
        x.to = strtod(at, &at);
        x.count = strtod(at, &at);
        if (*at == '\n' && x.to >= x.from && push(b, &x, e) != 0)
            return -1;
        text = at + strcspn(at, "\n");
        text += *text == '\n';
    }
    return 0;
}

/* How many values are at or below x. */
static double below(const struct import_buckets *b, double x) {
    double sum = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct import_bucket *k = &b->v[i];
        if (x >= k->to)
            sum += k->count;
        else if (x > k->from)
            sum += k->count * ((x - k->from) / (k->to - k->from));
    }
    return sum;
}

bool import_buckets_quantile(const struct import_buckets *b, double p, double *out) {
    if (b->count == 1) {
        *out = b->mean;
        return true;
    }
    if (b->n == 0 || b->no_shape)
        return false;
    double low = b->v[0].from, high = b->v[0].to, want = p * (double)b->count;
    for (size_t i = 1; i < b->n; i++) {
        low = fmin(low, b->v[i].from);
        high = fmax(high, b->v[i].to);
    }
    /* Values that are not negative and have the mean 0, such as the load of idle instances. */
    if (low >= 0 && b->mean == 0)
        high = low;
    /* below(high) >= want always holds, below(low) >= want does not, or low is the answer. */
    if (below(b, low) >= want)
        high = low;
    for (int i = 0; i < HALVINGS && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (below(b, middle) >= want)
            high = middle;
        else
            low = middle;
    }
    *out = high;
    return true;
}
