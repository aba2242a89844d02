/* A body by any Content-Encoding: the first line of the input is the header, the rest is the body,
 * in two pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport/content_coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const char *bytes, size_t n) {
    size_t *sum = context;
    /* Read it all, so that a byte which was never written is seen. */
    for (size_t i = 0; i < n; i++)
        *sum += (unsigned char)bytes[i];
}

/* A copy that is exactly as long as it is, so that a byte beyond is seen. */
static char *copy_of(const uint8_t *data, size_t n) {
    char *copy = malloc(n);
    if (copy != NULL && n > 0)
        memcpy(copy, data, n);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t head = end == NULL ? size : (size_t)(end - data);
    size_t from = end == NULL ? size : head + 1, sum = 0;
    char why[CONTENT_CODING_TEXT_BYTES] = "", *list = copy_of(data, head);
    struct content_coding *c = NULL;
    if (list == NULL ||
        content_coding_new((struct bytes){list, head}, 1 << 20, take, &sum, &c, why) != 0 ||
        c == NULL) {
        free(list);
        return 0;
    }
    size_t rest = size - from, half = rest / 2;
    char *first = copy_of(data + from, half), *second = copy_of(data + from + half, rest - half);
    int result = 0;
    if (first != NULL && second != NULL) {
        result = content_coding_feed(c, first, half, why);
        if (result == 0)
            result = content_coding_feed(c, second, rest - half, why);
        if (result == 0)
            result = content_coding_end(c, why);
        /* A failure says why. */
        if ((result != 0) != (why[0] != '\0'))
            abort();
    }
    free(list);
    free(first);
    free(second);
    content_coding_free(c);
    return 0;
}
