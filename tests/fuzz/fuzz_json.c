/* Any bytes: the reader ends, and what it accepts survives a copy unchanged. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_doc *copy(const struct json_doc *d, struct buf *out) {
    struct json_doc *again = NULL;
    CHECK(json_copy(json_root(d), NULL, NULL, out) == 0);
    CHECK(json_parse("copy", buf_text(out), out->len, &again, NULL) == 0);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_doc *d = NULL;
    struct err e = {""};
    struct buf once, twice;
    if (json_parse("input", (const char *)data, size, &d, &e) != 0) {
        CHECK(strncmp(e.text, "input:", 6) == 0 && d == NULL);
        return 0;
    }
    CHECK(e.text[0] == '\0');
    buf_init(&once, 64 << 20);
    buf_init(&twice, 64 << 20);
    struct json_doc *d1 = copy(d, &once), *d2 = copy(d1, &twice);
    CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    json_free(d);
    json_free(d1);
    json_free(d2);
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
