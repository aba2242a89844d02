/* A line with a JSON Pointer or JSONPath, and a JSON text behind it: the search ends, what it finds
 * lies in the text, and for a pointer it is what the tree of util/json has there. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "scenario/jsonpath.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value at a pointer, by the tree. */
static const struct json *walk(const struct json *v, const char *p, const char *end) {
    while (v != NULL && p < end) {
        char token[4096];
        size_t n = 0;
        for (p++; p < end && *p != '/'; p++) {
            token[n] = *p;
            if (*p == '~')
                token[n] = *++p == '0' ? '~' : '/';
            n++;
        }
        const struct json *child = NULL;
        if (v->kind == JSON_OBJECT) {
            for (const struct json *m = v->first; m != NULL && child == NULL; m = m->next)
                if (m->key_len == n && memcmp(m->key, token, n) == 0)
                    child = m;
        } else if (v->kind == JSON_ARRAY && n > 0 && n < 10 && (n == 1 || token[0] != '0')) {
            size_t index = 0;
            for (size_t i = 0; i < n; i++) {
                if (token[i] < '0' || token[i] > '9')
                    return NULL;
                index = index * 10 + (size_t)(token[i] - '0');
            }
            for (child = v->first; child != NULL && index > 0; index--)
                child = child->next;
        }
        v = child;
    }
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data, *line = size == 0 ? NULL : memchr(text, '\n', size);
    struct jsonpath *p = NULL;
    struct json_doc *d = NULL;
    struct err e = {""};
    struct bytes value;
    if (line == NULL)
        return 0;
    size_t n = (size_t)(line - text);
    bool pointer = n == 0 || text[0] == '/';
    if ((pointer ? jsonpath_pointer : jsonpath_path)(text, n, &p, &e) != 0) {
        CHECK(e.text[0] != '\0' && p == NULL);
        return 0;
    }
    struct bytes json = {line + 1, size - n - 1};
    enum jsonpath_found found = jsonpath_find(p, json, &value, &e);
    CHECK((found == JSONPATH_FOUND) == (e.text[0] == '\0'));
    if (found == JSONPATH_FOUND) {
        struct buf b;
        CHECK(value.len > 0 && value.data >= json.data &&
              value.data + value.len <= json.data + json.len);
        buf_init(&b, 1 << 20);
        if (value.len < 1 << 20)
            CHECK(jsonpath_value_text(value, &b, &e) == 0 && b.len <= value.len);
        buf_done(&b);
    }
    /* The tree allows comments, which the search takes for broken. */
    if (pointer && found != JSONPATH_BROKEN &&
        json_parse("t", json.data, json.len, &d, NULL) == 0) {
        const struct json *v = walk(json_root(d), text, text + n);
        CHECK((v != NULL) == (found == JSONPATH_FOUND));
        CHECK(v == NULL || v->at == (size_t)(value.data - json.data));
    }
    json_free(d);
    jsonpath_free(p);
    return 0;
}
