/* Durations and sizes as people write them: a value in range, or an error text; never both, never neither. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    char shown[UNITS_BYTES];
    struct err e = {""};
    int64_t ns = 0;
    uint64_t bytes = 0;
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (units_duration(text, &ns, &e) == 0) {
        if (ns < 0 || ns > UNITS_DURATION_MAX_NS || e.text[0] != '\0')
            abort();
        units_duration_text(ns, shown);
        if (shown[0] < '0' || shown[0] > '9')
            abort();
    } else if (e.text[0] == '\0') {
        abort();
    }
    e.text[0] = '\0';
    if ((units_size(text, &bytes, &e) == 0) == (e.text[0] != '\0'))
        abort();
    free(text);
    return 0;
}
