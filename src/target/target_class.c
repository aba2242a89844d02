#include "target/target_class.h"

#include <stddef.h>

static const char *const classes[TARGET_CLASSES] = {
    "tabby cat", "tiger cat", "beagle", "pug",        "red fox", "goldfish",   "toucan", "koala",
    "espresso",  "umbrella",  "teapot", "sports car", "volcano", "lighthouse", "banana", "hammer"};

const char *target_class(uint64_t number, unsigned *thousandths) {
    unsigned k = (unsigned)(number % TARGET_CLASSES);
    *thousandths = 873 - 31 * k % 400;
    return classes[k];
}
