/* Any bytes as a Prometheus endpoint's answer: reading ends, every sample is in its bounds, and its
 * text gives the same sample again. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/check.h"
#include "import/import_prometheus.h"
#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(void *context, const struct import_prometheus_sample *s, bool *stop) {
    const struct import_prometheus_sample *first = context;
    (void)stop;
    CHECK(strcmp(s->metric, first->metric) == 0 && strcmp(s->labels, first->labels) == 0);
}

static void check_sample(void *context, const struct import_prometheus_sample *s, bool *stop) {
    char line[IMPORT_PROMETHEUS_NAME_BYTES + IMPORT_PROMETHEUS_LABELS_BYTES + 16];
    struct import_prometheus_sample copy = *s;
    struct import_prometheus_result r;
    uint64_t *n = context;
    (void)stop;
    ++*n;
    size_t name = strlen(s->metric), labels = strlen(s->labels);
    CHECK(name > 0 && name < IMPORT_PROMETHEUS_NAME_BYTES &&
          labels < IMPORT_PROMETHEUS_LABELS_BYTES);
    CHECK(text_is_utf8(s->metric, name) && text_is_utf8(s->labels, labels));
    int bytes =
        snprintf(line, sizeof line, "{\"%s\"%s%s} 1", s->metric, labels > 0 ? "," : "", s->labels);
    import_prometheus_read(line, (size_t)bytes, check_again, &copy, &r);
    CHECK(r.samples == 1 && r.bad == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct import_prometheus_result r;
    uint64_t n = 0;
    import_prometheus_read((const char *)data, size, check_sample, &n, &r);
    CHECK(r.samples == n);
    CHECK((r.bad > 0) == (r.complaint.text[0] != '\0'));
    return 0;
}
