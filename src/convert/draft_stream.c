/* Which requests of a draft are answered by a stream of tokens: known from the path of the
 * service's interface and from what the body asks for. */
#include <string.h>

#include "convert/draft.h"

static const struct {
    const char *path; /* how it ends */
    const char *key;  /* what a body of this interface has */
    const char *format;
    bool unasked; /* it streams unless the body says otherwise */
} services[] = {
    {"/chat/completions", "messages", "openai", false},
    {"/completions", "prompt", "completions", false},
    {"/responses", "input", "responses", false},
    {"/messages", "messages", "anthropic", false},
    {"/generate_stream", "inputs", "tgi", true},
    {"/generate_stream", "text_input", "triton", true},
    {"/api/chat", "messages", "ollama", true},
    {"/api/generate", "prompt", "ollama", true},
};

static bool ends_with(const char *path, const char *end) {
    size_t n = strcspn(path, "?"), m = strlen(end);
    return n >= m && strncmp(path + n - m, end, m) == 0;
}

/* A check or a capture that reads one JSON document finds none in a stream. */
static bool reads_json(const char *rules) {
    return rules != NULL && strstr(rules, "\"json\":") != NULL;
}

/* Spares most bodies a second reading. */
static bool may_stream(const struct draft_request *q) {
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].unasked && ends_with(q->path, services[i].path))
            return true;
    return strstr(q->body, "\"stream\"") != NULL;
}

static const char *format_of(struct draft *d, struct draft_request *q, const struct json *body) {
    const struct json *stream = json_get(body, "stream");
    bool asked = stream != NULL && stream->kind == JSON_BOOL && stream->boolean;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if ((asked || (services[i].unasked && stream == NULL)) &&
            ends_with(q->path, services[i].path) && json_get(body, services[i].key) != NULL)
            return services[i].format;
    if (asked)
        draft_note(
            d, &q->notes,
            "assumed: the response is no stream of tokens, although the body has \"stream\": "
            "true; \"stream\" with the format of its events times each token");
    return NULL;
}

/* The body with a number for each variable that is no part of a string, so that it is JSON. */
static void fill(const char *text, struct buf *out) {
    bool string = false;
    for (const char *p = text; *p != '\0'; p++) {
        const char *end = !string && strncmp(p, "${", 2) == 0 ? strchr(p, '}') : NULL;
        if (string && *p == '\\' && p[1] != '\0')
            buf_char(out, *p++);
        else if (*p == '"')
            string = !string;
        buf_char(out, end != NULL ? '0' : *p);
        p = end != NULL ? end : p;
    }
}

/* A body in a file of the user's is not read here. */
static void note_file(struct draft *d, struct draft_request *q) {
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (ends_with(q->path, services[i].path) &&
            (services[i].unasked || strstr(q->path, "/v1/") != NULL)) {
            draft_note(d, &q->notes,
                       "assumed: the response is no stream of tokens; if the body's file asks for "
                       "one, \"stream\": \"%s\" times each token",
                       services[i].format);
            return;
        }
}

void draft_stream(struct draft *d, struct draft_request *q) {
    struct json_doc *body = NULL;
    struct buf json;
    bool head = q->method != NULL && strcmp(q->method, "HEAD") == 0;
    if (q->grpc == NULL && !head && q->body_kind == DRAFT_FILE)
        note_file(d, q);
    bool text = q->body_kind == DRAFT_JSON || q->body_kind == DRAFT_TEXT;
    if (q->grpc != NULL || head || !text || !may_stream(q) || reads_json(q->capture) ||
        reads_json(q->checks))
        return;
    buf_init(&json, DRAFT_BYTES_MAX);
    fill(q->body, &json);
    if (buf_ok(&json) && json_parse("body", buf_text(&json), json.len, &body, NULL) == 0)
        q->stream = format_of(d, q, json_root(body));
    json_free(body);
    buf_done(&json);
}
