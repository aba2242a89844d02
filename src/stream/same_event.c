#include "stream/same_event.h"

#include <stdlib.h>
#include <string.h>

void same_event_done(struct same_event *s) {
    free(s->bytes);
    *s = (struct same_event){0};
}

static bool has_only_text(const struct extract *x) {
    const struct extract_usage *u = &x->usage;
    return x->texts == 1 && x->text.data != NULL && !x->done && !x->failed &&
           x->finish == STREAM_FINISH_NONE && u->output < 0 && u->prompt < 0 && u->cached < 0 &&
           u->reasoning < 0;
}

static bool reserve(struct same_event *s, size_t n) {
    char *bytes = n <= s->room ? s->bytes : realloc(s->bytes, n);
    if (bytes == NULL)
        return false;
    s->bytes = bytes;
    s->room = n > s->room ? (uint16_t)n : s->room;
    return true;
}

void same_event_learn(struct same_event *s, struct bytes data, struct bytes type,
                      const struct extract *x) {
    size_t before = x->text.data == NULL ? 0 : (size_t)(x->text.data - data.data);
    size_t n = data.len - x->text.len + type.len;
    s->any = has_only_text(x) && n <= SAME_EVENT_MAX_BYTES && reserve(s, n);
    if (!s->any)
        return;
    s->before = (uint16_t)before;
    s->after = (uint16_t)(data.len - before - x->text.len);
    s->type = (uint16_t)type.len;
    s->typed = type.data != NULL;
    s->kind = x->kind;
    memcpy(s->bytes, data.data, before);
    memcpy(s->bytes + before, data.data + data.len - s->after, s->after);
    if (s->typed)
        memcpy(s->bytes + before + s->after, type.data, type.len);
}

static bool is_plain(struct bytes text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '"' || text.data[i] == '\\' || (unsigned char)text.data[i] < 0x20)
            return false;
    return text.len > 0;
}

bool same_event_is(const struct same_event *s, struct bytes data, struct bytes type,
                   struct bytes *text) {
    if (!s->any)
        return false;
    const char *after = s->bytes + s->before;
    size_t bare = (size_t)s->before + s->after;
    if (data.len <= bare || s->typed != (type.data != NULL) || type.len != s->type ||
        memcmp(data.data, s->bytes, s->before) != 0 ||
        memcmp(data.data + data.len - s->after, after, s->after) != 0 ||
        (s->typed && memcmp(type.data, after + s->after, s->type) != 0))
        return false;
    *text = (struct bytes){data.data + s->before, data.len - bare};
    return is_plain(*text);
}
