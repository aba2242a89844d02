/* An event and, behind a NUL, another text: where the two events are taken for the same but for the
 * text, a parser finds just that in the second one. The first byte says which format. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "stream/same_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static extract_event *const formats[] = {
    extract_openai, extract_completions, extract_responses, extract_anthropic,
    extract_tgi,    extract_ollama,      extract_triton,    extract_plain,
};
#define FORMATS (sizeof formats / sizeof *formats)

struct reading {
    struct joined joined[EXTRACT_KINDS];
    struct extract x;
};

static bool read_event(struct reading *r, const struct jsonwalk_pointer *pointer, uint8_t how,
                       struct bytes event, struct bytes type) {
    for (size_t i = 0; i < EXTRACT_KINDS; i++) {
        joined_init(&r->joined[i]);
        joined_begin(&r->joined[i], 1 << 20);
    }
    r->x = (struct extract){.joined = r->joined, .pointer = pointer, .usage = {-1, -1, -1, -1}};
    return formats[how % FORMATS](&r->x, event, type);
}

static void done(struct reading *r) {
    for (size_t i = 0; i < EXTRACT_KINDS; i++)
        joined_done(&r->joined[i]);
}

/* The event with another text. */
static void check_other(const struct same_event *s, const struct jsonwalk_pointer *pointer,
                        uint8_t how, struct bytes event, struct bytes type, struct bytes text) {
    size_t n = (size_t)s->before + text.len + s->after;
    char *bytes = malloc(n + 1);
    struct bytes other = {bytes, n}, found;
    struct reading r;
    CHECK(bytes != NULL);
    memcpy(bytes, event.data, s->before);
    memcpy(bytes + s->before, text.data, text.len);
    memcpy(bytes + s->before + text.len, event.data + event.len - s->after, s->after);
    CHECK(s->any || !same_event_is(s, other, type, &found));
    if (same_event_is(s, other, type, &found)) {
        CHECK(found.len == text.len && memcmp(found.data, text.data, text.len) == 0);
        CHECK(read_event(&r, pointer, how, other, type));
        CHECK(r.x.texts == 1 && r.x.text.data == found.data && r.x.text.len == found.len);
        CHECK(r.x.kind == s->kind && !r.x.done && !r.x.failed);
        CHECK(r.x.finish == STREAM_FINISH_NONE && r.x.usage.output < 0 && r.x.usage.prompt < 0);
        const struct buf *joined = &r.joined[s->kind].text;
        CHECK(joined->len == text.len && memcmp(joined->data, text.data, text.len) == 0);
        done(&r);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct same_event s = {0};
    struct reading r;
    struct jsonwalk_pointer pointer;
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 1, *nul = memchr(bytes, '\0', size - 1);
    size_t n = nul == NULL ? size - 1 : (size_t)(nul - bytes);
    struct bytes event = {bytes, n};
    struct bytes text = {nul == NULL ? "" : nul + 1, nul == NULL ? 0 : size - 2 - n};
    struct bytes type =
        data[0] & 0x80 ? (struct bytes){"content_block_delta", 19} : (struct bytes){NULL, 0};
    CHECK(jsonwalk_pointer_init(&pointer, "/a") == 0);
    bool is_json = read_event(&r, &pointer, data[0] & 0x7f, event, type);
    if (is_json) {
        same_event_learn(&s, event, type, &r.x);
        check_other(&s, &pointer, data[0] & 0x7f, event, type, text);
    }
    done(&r);
    same_event_done(&s);
    jsonwalk_pointer_done(&pointer);
    return 0;
}
