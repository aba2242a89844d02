/* Any bytes as time series: readers end, and what they accept gives percentiles within its buckets,
 * in order. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "import/import_buckets.h"
#include "import/import_metrics.h"
#include "import/import_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_distribution(const struct import_point *p, const char *text) {
    struct import_buckets b = {0};
    double low, high, last = -HUGE_VAL;
    CHECK(p->count >= 0);
    CHECK(import_buckets_add(&b, p->count, p->value, text, NULL) == 0);
    for (int i = 0; i <= 10; i++) {
        double x;
        if (!import_buckets_quantile(&b, i / 10.0, &x))
            break;
        CHECK(x >= last);
        last = x;
    }
    if (p->count > 1 && import_buckets_quantile(&b, 0.001, &low) &&
        import_buckets_quantile(&b, 1, &high)) {
        CHECK(b.n > 0 && low >= b.v[0].from && high <= b.v[b.n - 1].to);
    }
    import_buckets_done(&b);
}

static int take(void *context, enum import_piece piece, const char *text, size_t n, uint64_t line) {
    struct buf *buckets = context;
    struct json_doc *d = NULL;
    struct import_series s;
    struct err e = {""};
    (void)line;
    if (piece != IMPORT_ENTRY || json_parse("", text, n, &d, &e) != 0)
        return 0;
    if (import_series_read(json_root(d), &s, &e) == 0 && s.of_cloud_run && s.points != NULL) {
        CHECK(strlen(s.labels) < IMPORT_LABELS_BYTES && strlen(s.label) < IMPORT_LABEL_BYTES);
        for (const struct json *p = s.points->first; p != NULL; p = p->next) {
            struct import_point x;
            if (import_point_read(p, &x, buckets, &e) != 0)
                CHECK(e.text[0] != '\0');
            else if (x.is_distribution)
                check_distribution(&x, buf_text(buckets));
            else
                CHECK(isfinite(x.value) && x.end_us >= 0);
        }
    }
    json_free(d);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct import_split s;
    struct buf buckets;
    bool cut_short;
    buf_init(&buckets, 1 << 20);
    import_split_init(&s, 1 << 20, take, &buckets);
    CHECK(import_split_feed(&s, (const char *)data, size) == 0);
    CHECK(import_split_end(&s, &cut_short) == 0);
    import_split_done(&s);
    buf_done(&buckets);
    return 0;
}
