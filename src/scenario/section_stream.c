/* "stream" of a request: how its response is read event by event. */
#include <stdlib.h>
#include <string.h>

#include "scenario/jsonpath.h"
#include "scenario/section.h"
#include "stream/stream.h"
#include "util/text.h"
#include "util/units.h"

#define TOKENS_MAX 1000000000

static int format_read(struct loader *r, const struct json *v, enum stream_format *out) {
    const char *words[STREAM_FORMAT_COUNT];
    struct buf known;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    int format = stream_format_of(v->text, v->len);
    if (format >= 0) {
        *out = (enum stream_format)format;
        return 0;
    }
    buf_init(&known, LOADER_TEXT_MAX);
    for (int i = 0; i < STREAM_FORMAT_COUNT; i++) {
        words[i] = stream_format_text(i);
        buf_printf(&known, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    const char *near = text_nearest(v->text, words, STREAM_FORMAT_COUNT);
    if (near != NULL)
        loader_fail(r, v->at, "unknown format of a stream \"%.40s\"; did you mean \"%s\"?", v->text,
                    near);
    else
        loader_fail(r, v->at, "unknown format of a stream \"%.40s\"; known are: %s", v->text,
                    buf_text(&known));
    buf_done(&known);
    return -1;
}

static int token_read(struct loader *r, const struct json *v, struct scenario_stream *s) {
    struct jsonpath *path = NULL;
    struct err e;
    if (v == NULL)
        return 0;
    if (s->spec.format != STREAM_FORMAT_SSE && s->spec.format != STREAM_FORMAT_NDJSON)
        return loader_fail(r, v->key_at,
                           "\"token\" applies only to the formats \"sse\" and \"ndjson\"; \"%s\" "
                           "says where its tokens are",
                           stream_format_text((int)s->spec.format));
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (jsonpath_pointer(v->text, v->len, &path, &e) != 0)
        return loader_fail(r, v->at, "\"token\": %s", e.text);
    jsonpath_free(path);
    if (v->len == 0)
        return loader_fail(r, v->at,
                           "\"token\" must be a JSON Pointer to a text, like \"/token/text\"; "
                           "without it the whole data is the token");
    if (loader_name(r, v, &s->token) != 0)
        return -1;
    s->spec.token = s->token;
    return 0;
}

/* A limit that the request's own time has over before can never be reached. */
static int limit_read(struct loader *r, const struct json *v, int64_t *out) {
    char whole[UNITS_BYTES];
    if (v == NULL)
        return 0;
    if (loader_duration(r, v, out) != 0)
        return -1;
    if (*out == 0)
        return loader_fail(r, v->at, "\"%s\" must be more than 0", v->key);
    if (*out < r->s->timeout_ns)
        return 0;
    units_duration_text(r->s->timeout_ns, whole);
    return loader_fail(r, v->at,
                       "\"%s\" is not shorter than the scenario's \"timeout\" (%s), which ends the "
                       "whole request; increase \"timeout\"",
                       v->key, whole);
}

static int cancel_read(struct loader *r, const struct json *v, struct stream_spec *spec) {
    uint32_t tokens = 0;
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_CANCEL) != 0)
        return -1;
    const struct json *count = json_get(v, "tokens"), *time = json_get(v, "time");
    if (count == NULL && time == NULL)
        return loader_fail(r, v->at, "the limit is missing here; write \"tokens\" or \"time\"");
    if (count != NULL && loader_integer(r, count, 1, TOKENS_MAX, &tokens) != 0)
        return -1;
    spec->cancel_tokens = tokens;
    return limit_read(r, time, &spec->cancel_ns);
}

/* What every stream may have. */
static int rest_read(struct loader *r, const struct json *v, struct scenario_stream *s) {
    if (token_read(r, json_get(v, "token"), s) != 0 ||
        limit_read(r, json_get(v, "idle_timeout"), &s->spec.idle_ns) != 0)
        return -1;
    return cancel_read(r, json_get(v, "cancel_after"), &s->spec);
}

static int object_read(struct loader *r, const struct json *v, struct scenario_stream *s) {
    const struct json *format = json_get(v, "format"), *done = json_get(v, "done");
    if (loader_section(r, v, SECTION_STREAM) != 0)
        return -1;
    if (format == NULL)
        return loader_fail(r, v->at, "\"format\" is missing here; write \"format\": \"openai\"");
    if (format_read(r, format, &s->spec.format) != 0 || loader_name(r, done, &s->done) != 0 ||
        rest_read(r, v, s) != 0)
        return -1;
    s->spec.done = s->done;
    return 0;
}

int stream_read(struct loader *r, const struct json *v, const char *method,
                struct scenario_stream **out) {
    if (v == NULL)
        return 0;
    if (v->kind != JSON_STRING && v->kind != JSON_OBJECT)
        return loader_fail(r, v->at,
                           "\"stream\" must be a format, like \"openai\", or an object with "
                           "\"format\", not %s%s",
                           json_kind_text(v->kind),
                           v->kind == JSON_BOOL ? " (the \"stream\": true that the server wants "
                                                  "belongs into \"json\")"
                                                : "");
    if (strcmp(method, "HEAD") == 0)
        return loader_fail(r, v->key_at, "\"stream\" needs a body; the method HEAD has none");
    struct scenario_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return loader_memory(r);
    *out = s; /* the request's, whatever happens */
    return v->kind == JSON_STRING ? format_read(r, v, &s->spec.format) : object_read(r, v, s);
}

int stream_messages_read(struct loader *r, const struct json *v, struct scenario_stream **out) {
    static const char *const foreign[] = {"format", "done"};
    struct scenario_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return loader_memory(r);
    *out = s; /* the request's, whatever happens */
    s->spec.format = STREAM_FORMAT_NDJSON;
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_STREAM) != 0)
        return -1;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (json_get(v, foreign[i]) != NULL)
            return loader_fail(r, json_get(v, foreign[i])->key_at,
                               "\"%s\" does not apply to gRPC: each message is an event, and its "
                               "status ends the stream",
                               foreign[i]);
    return rest_read(r, v, s);
}

void stream_done(struct scenario_stream *s) {
    if (s == NULL)
        return;
    free(s->token);
    free(s->done);
    free(s);
}
