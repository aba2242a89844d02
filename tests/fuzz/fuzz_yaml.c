/* Any bytes: the reader ends, what it accepts is a document that JSON can hold, and every value and
 * key stands in the text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "util/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(const struct json *v, size_t size) {
    CHECK(v->at <= size && v->key_at <= size);
    for (const struct json *m = v->first; m != NULL; m = m->next)
        check_places(m, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_doc *d = NULL, *again = NULL;
    struct err e = {""};
    struct buf json;
    if (size > 65536)
        return 0;
    if (yaml_parse("input", (const char *)data, size, &d, &e) != 0) {
        CHECK(strncmp(e.text, "input:", 6) == 0 && d == NULL);
        return 0;
    }
    CHECK(e.text[0] == '\0');
    check_places(json_root(d), size);
    buf_init(&json, (size_t)1 << 30);
    CHECK(json_copy(json_root(d), NULL, NULL, &json) == 0);
    CHECK(json_parse("copy", buf_text(&json), json.len, &again, NULL) == 0);
    json_free(again);
    json_free(d);
    buf_done(&json);
    return 0;
}
