#include "fuzz/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_convert(CONVERT_HAR, data, size);
}
