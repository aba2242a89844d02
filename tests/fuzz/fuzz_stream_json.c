/* A line with a JSON Pointer and a JSON text behind it: the walk takes what util/json takes, and
 * finds what the tree has there. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "stream/jsonwalk.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

JSONWALK_TABLE(inner, {"b", 3, NULL});
JSONWALK_TABLE(outer, {"a", 1, &inner}, {"c", 2, NULL});

struct seen {
    struct bytes text;
    size_t values;
};

static void take(void *context, int slot, enum jsonwalk_kind kind, struct bytes raw) {
    struct seen *s = context;
    CHECK(slot >= 1 && slot <= 3 && kind <= JSONWALK_ARRAY);
    CHECK(raw.data >= s->text.data && raw.data + raw.len <= s->text.data + s->text.len);
    s->values++;
    if (kind == JSONWALK_NUMBER) {
        int64_t n = jsonwalk_count(raw);
        CHECK(n >= -1 && n <= INT64_C(1) << 53);
    }
}

/* The value at the pointer's tokens, by the tree. */
static const struct json *walk(const struct json *v, const struct jsonwalk_pointer *p) {
    for (size_t i = 0; i < p->n && v != NULL; i++) {
        struct bytes token = p->tokens[i];
        const struct json *child = NULL;
        if (v->kind == JSON_OBJECT) {
            for (const struct json *m = v->first; m != NULL; m = m->next)
                if (m->key_len == token.len && memcmp(m->key, token.data, token.len) == 0)
                    child = m;
        } else if (v->kind == JSON_ARRAY && token.len > 0 && token.len < 10 &&
                   (token.len == 1 || *token.data != '0')) {
            size_t index = 0, digits = 0;
            for (; digits < token.len && token.data[digits] >= '0' && token.data[digits] <= '9';
                 digits++)
                index = index * 10 + (size_t)(token.data[digits] - '0');
            for (child = digits == token.len ? v->first : NULL; child != NULL && index > 0; index--)
                child = child->next;
        }
        v = child;
    }
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data, *line = size == 0 ? NULL : memchr(text, '\n', size);
    struct jsonwalk_pointer p;
    struct jsonwalk_value found, error;
    struct json_doc *d = NULL;
    if (line == NULL || memchr(text, '\0', (size_t)(line - text)) != NULL)
        return 0;
    char *pointer = strndup(text, (size_t)(line - text));
    CHECK(pointer != NULL);
    int rc = jsonwalk_pointer_init(&p, pointer);
    CHECK((rc == 0) == (*pointer == '\0' || *pointer == '/'));
    free(pointer);
    if (rc != 0)
        return 0;
    struct seen seen = {{line + 1, size - (size_t)(line - text) - 1}, 0};
    bool read = jsonwalk_find(seen.text, &p, &found, &error);
    CHECK(jsonwalk(seen.text, &outer, take, &seen) == read);
    CHECK(!read || found.raw.data == NULL ||
          (found.raw.data >= seen.text.data &&
           found.raw.data + found.raw.len <= seen.text.data + seen.text.len));
    /* The tree allows comments and no key twice, and knows no NaN. */
    if (read && json_parse("t", seen.text.data, seen.text.len, &d, NULL) == 0) {
        const struct json *v = walk(json_root(d), &p);
        CHECK((v != NULL) == (found.raw.data != NULL));
        CHECK(v == NULL ||
              v->at == (size_t)(found.raw.data - seen.text.data) - (found.kind == JSONWALK_STRING));
    }
    json_free(d);
    jsonwalk_pointer_done(&p);
    return 0;
}
