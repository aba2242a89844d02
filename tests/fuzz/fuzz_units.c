/* A duration and a size of any bytes: refused, or within their limits; and what is shown of a
 * duration can be read again. */
#include <stdint.h>
#include <string.h>

#include "fuzz/check.h"
#include "util/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How far the short text of a duration may be from it. */
static int64_t rounding_ns(int64_t ns) {
    if (ns < 1000000)
        return 1000;
    if (ns < INT64_C(999500000))
        return 500000;
    if (ns < INT64_C(120000000000))
        return 51000000;
    return ns < INT64_C(3599999000000) ? INT64_C(1000000000) : INT64_C(60000000000);
}

static void check_duration(const char *text) {
    char shown[UNITS_BYTES], joined[UNITS_BYTES];
    size_t n = 0;
    int64_t ns, again;
    if (units_duration(text, &ns, NULL) != 0)
        return;
    CHECK(ns >= 0 && ns <= UNITS_DURATION_MAX_NS);
    units_duration_text(ns, shown);
    for (const char *p = shown; *p != '\0'; p++)
        if (*p != ' ')
            joined[n++] = *p;
    joined[n] = '\0';
    CHECK(units_duration(joined, &again, NULL) == 0);
    CHECK(again - ns <= rounding_ns(ns) && ns - again <= rounding_ns(ns));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* Exactly as long as it is, so that a byte beyond is seen. */
    char *text = malloc(size + 1);
    uint64_t bytes;
    double seconds;
    int64_t ns;
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_duration(text);
    if (units_size(text, &bytes, NULL) == 0)
        CHECK(bytes <= UINT64_C(1) << 60);
    if (size >= sizeof seconds) {
        memcpy(&seconds, data, sizeof seconds);
        if (units_duration_seconds(seconds, &ns, NULL) == 0)
            CHECK(seconds >= 0 && ns >= 0 && ns <= UNITS_DURATION_MAX_NS);
    }
    free(text);
    return 0;
}
