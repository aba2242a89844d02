/* Fields of other tools' results: numbers stay in their ranges, times are moments, names are parts
 * of the text. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "fuzz/check.h"
#include "results/names.h"
#include "results/result_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes text = {size == 0 ? "" : (const char *)data, size};
    struct result_row row = {0};
    struct names names = {0};
    double number;
    uint64_t count;
    int64_t us;
    if (result_number(text, &number))
        CHECK(number >= 0 && isfinite(number));
    if (result_count(text, &count))
        CHECK(result_number(text, &number) && (double)count == number);
    if (result_ms(text, &us))
        CHECK(us >= 0 && us <= INT64_C(366) * 86400 * 1000000);
    if (result_time(text, &us))
        CHECK(us >= 0 && us < INT64_C(253402300800) * 1000000);
    CHECK(result_bytes(text, 1000) <= 1000);
    struct bytes name = result_name(text);
    CHECK((name.data >= text.data && name.data + name.len <= text.data + text.len) ||
          (name.len == 1 && *name.data == '/'));
    for (int good = 0; good < 2; good++) {
        result_judge(&row, (int)(size % 600), good, text);
        CHECK(outcome_is_failure((int)row.outcome) == !good);
        CHECK((row.error.len > 0) == (!good && row.outcome != OUTCOME_HTTP_ERROR));
    }
    /* Prefixes are texts of their own, and keep their numbers. */
    for (int64_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i <= text.len && i < 300; i++)
            CHECK(names_number(&names, (struct bytes){text.data, i}) == (int64_t)i);
    names_done(&names);
    return 0;
}
