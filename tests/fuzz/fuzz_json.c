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

static bool each_second(const struct json *const *path, int depth) {
    return (path[depth - 1]->at + (size_t)depth) % 2 == 0;
}

static bool expand(const struct json_doc *d, const struct json *v, struct err *e) {
    bool good = json_expand(d, v, e) == 0;
    for (const struct json *m = v->kind == JSON_OBJECT || v->kind == JSON_ARRAY ? v->first : NULL;
         m != NULL && good; m = m->next)
        good = expand(d, m, e);
    return good;
}

/* Reading parts now and the rest later finds the same tree and the same mistakes. */
static void in_parts(const uint8_t *data, size_t size, const struct json_doc *whole,
                     const struct buf *once) {
    struct json_doc *d = NULL;
    struct err e = {""};
    struct buf b;
    char *text = malloc(size + 1);
    CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    bool good = json_parse_parts("input", text, size, each_second, &d, &e) == 0 &&
                expand(d, json_root(d), &e);
    CHECK(good == (whole != NULL));
    if (good) {
        buf_init(&b, 64 << 20);
        CHECK(json_copy(json_root(d), NULL, NULL, &b) == 0);
        CHECK(b.len == once->len && memcmp(b.data, once->data, b.len) == 0);
        buf_done(&b);
    }
    json_free(d);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_doc *d = NULL;
    struct err e = {""};
    struct buf once, twice;
    if (json_parse("input", (const char *)data, size, &d, &e) != 0) {
        CHECK(strncmp(e.text, "input:", 6) == 0 && d == NULL);
        in_parts(data, size, NULL, NULL);
        return 0;
    }
    CHECK(e.text[0] == '\0');
    buf_init(&once, 64 << 20);
    buf_init(&twice, 64 << 20);
    struct json_doc *d1 = copy(d, &once), *d2 = copy(d1, &twice);
    CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    in_parts(data, size, d, &once);
    json_free(d);
    json_free(d1);
    json_free(d2);
    buf_done(&once);
    buf_done(&twice);
    return 0;
}
