/* Any text as a duration and as a size: accepted values are in range, refused ones are explained.
   */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/units.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), shown[UNITS_BYTES];
    int64_t ns = -1;
    uint64_t bytes = UINT64_MAX;
    struct err e = {""};
    CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (units_duration(text, &ns, &e) == 0) {
        CHECK(ns >= 0 && ns <= UNITS_DURATION_MAX_NS && e.text[0] == '\0');
        units_duration_text(ns, shown);
        CHECK(strlen(shown) > 1);
    } else {
        CHECK(ns == -1 && e.text[0] != '\0');
    }
    e.text[0] = '\0';
    if (units_size(text, &bytes, &e) == 0)
        CHECK(bytes <= UINT64_C(1) << 60 && e.text[0] == '\0');
    else
        CHECK(bytes == UINT64_MAX && e.text[0] != '\0');
    if (size >= sizeof(int64_t)) {
        memcpy(&ns, data, sizeof ns);
        if (ns >= 0)
            units_duration_text(ns, shown);
    }
    if (size >= sizeof(double)) {
        double seconds;
        memcpy(&seconds, data, sizeof seconds);
        if (units_duration_seconds(seconds, &ns, &e) == 0)
            CHECK(ns >= 0 && ns <= UNITS_DURATION_MAX_NS);
    }
    free(text);
    return 0;
}
