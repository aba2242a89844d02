/* Any text as an allowed regression: the parser ends, says why it refuses, and takes only what can
 * be evaluated. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "gate/regression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct gate_regression r;
    struct err e = {""};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (gate_regression_parse(text, &r, &e) != 0) {
        CHECK(e.text[0] != '\0');
    } else {
        CHECK(e.text[0] == '\0' && r.text == text);
        CHECK(isfinite(r.allowed) && r.allowed >= 0);
        if (r.measure.kind == COMPARE_QUANTILE)
            CHECK(r.measure.p > 0 && r.measure.p < 1);
        CHECK(strchr(text, '%') != NULL);
        gate_regression_done(&r);
    }
    free(text);
    return 0;
}
