#include "record/stream_record.h"

#include <stdlib.h>
#include <string.h>

struct stream_record *stream_record_new(const struct stream_result *result, int64_t start_ns,
                                        struct stream_asked asked) {
    struct stream_record *s = malloc(sizeof *s + result->times_bytes);
    if (s == NULL)
        return NULL;
    s->start_ns = start_ns;
    s->asked = asked;
    s->result = *result;
    s->result.error = "";
    s->result.text = s->result.reasoning = s->result.tools = (struct bytes){0};
    s->result.times = s->times;
    if (result->times_bytes > 0)
        memcpy(s->times, result->times, result->times_bytes);
    return s;
}

size_t stream_record_bytes(const struct stream_record *s) {
    return sizeof *s + s->result.times_bytes;
}
