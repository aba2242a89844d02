#include "transport/http1_known.h"

#include <string.h>

const struct http1_known_head *http1_known_find(struct http1_known *k, const char *bytes,
                                                size_t n) {
    for (size_t i = 0; i < HTTP1_KNOWN_HEADS; i++) {
        const struct http1_known_head *head = &k->heads[i];
        if (head->bytes == 0 || head->bytes > n || memcmp(head->text, bytes, head->bytes) != 0)
            continue;
        k->misses = 0;
        return head;
    }
    if (++k->misses > HTTP1_KNOWN_MISSES && k->misses % HTTP1_KNOWN_MISSES != 0)
        return NULL;
    k->from = bytes;
    k->n = n;
    k->heads[k->next].bytes = k->heads[k->next].field_count = 0;
    return NULL;
}

static bool is_within(const struct http1_known *k, struct bytes part) {
    uintptr_t from = (uintptr_t)k->from, at = (uintptr_t)part.data;
    size_t room = k->n < HTTP1_KNOWN_BYTES ? k->n : HTTP1_KNOWN_BYTES;
    return at >= from && at - from <= room && part.len <= room - (at - from);
}

void http1_known_add(struct http1_known *k, struct bytes name, struct bytes value) {
    struct http1_known_head *head = &k->heads[k->next];
    if (k->from == NULL)
        return;
    if (head->field_count == HTTP1_KNOWN_FIELDS || !is_within(k, name) || !is_within(k, value)) {
        k->from = NULL;
        return;
    }
    head->fields[head->field_count++] = (struct http1_known_field){
        .name_at = (uint16_t)(name.data - k->from),
        .name_len = (uint16_t)name.len,
        .value_at = (uint16_t)(value.data - k->from),
        .value_len = (uint16_t)value.len,
    };
}

void http1_known_keep(struct http1_known *k, size_t bytes, int status,
                      const struct http1_head *said) {
    struct http1_known_head *head = &k->heads[k->next];
    if (k->from == NULL || bytes > HTTP1_KNOWN_BYTES)
        return;
    head->bytes = bytes;
    head->status = status;
    head->said = *said;
    memcpy(head->text, k->from, bytes);
    k->next = (k->next + 1) % HTTP1_KNOWN_HEADS;
    k->from = NULL;
}

void http1_known_end(struct http1_known *k) {
    k->from = NULL;
}
