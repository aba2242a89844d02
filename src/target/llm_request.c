#include "target/llm_request.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "util/json.h"

static uint64_t words_of_text(const char *text, size_t n) {
    uint64_t words = 0;
    bool inside = false;
    for (size_t k = 0; k < n; k++) {
        bool blank = isspace((unsigned char)text[k]) != 0;
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

/* Of a text, a token's number, an object's "text" and "content", and lists of these: all shapes
 * that prompts have. The depth of a document is limited by JSON_DEPTH_MAX. */
static uint64_t words_of(const struct json *v) { // NOLINT(misc-no-recursion)
    uint64_t words = 0;
    if (v == NULL)
        return 0;
    if (v->kind == JSON_STRING)
        return words_of_text(v->text, v->len);
    if (v->kind == JSON_NUMBER)
        return 1;
    if (v->kind == JSON_OBJECT)
        return words_of(json_get(v, "text")) + words_of(json_get(v, "content"));
    if (v->kind == JSON_ARRAY)
        for (const struct json *item = v->first; item != NULL; item = item->next)
            words += words_of(item);
    return words;
}

static bool is_null(const struct json *v) {
    return v == NULL || v->kind == JSON_NULL;
}

static int read_bool(const struct json *parent, const char *key, bool *value, struct err *e) {
    const struct json *v = json_get(parent, key);
    if (is_null(v))
        return 0;
    if (v->kind != JSON_BOOL)
        return err_set(e, "%s must be true or false, not %s", key, json_kind_text(v->kind));
    *value = v->boolean;
    return 0;
}

/* A count of tokens; `least` is the smallest that is one. With `endless`, what is below is no
 * limit, as Ollama's and llama.cpp's -1. */
static int read_limit(const struct json *parent, const char *key, int64_t least, bool endless,
                      int64_t *limit, struct err *e) {
    const struct json *v = json_get(parent, key);
    int64_t n;
    if (is_null(v))
        return 0;
    if (v->kind != JSON_NUMBER || !json_int64(v, &n) || (n < least && !endless))
        return err_set(e, "%s must be a whole number from %" PRId64, key, least);
    if (n >= least && (*limit < 0 || n < *limit))
        *limit = n;
    return 0;
}

static int read_limits(const struct json *root, struct llm_request *r, struct err *e) {
    const struct json *parameters = json_get(root, "parameters"),
                      *options = json_get(root, "options");
    int64_t least = -1;
    r->max_tokens = -1;
    if (read_limit(root, "max_tokens", 1, false, &r->max_tokens, e) != 0 ||
        read_limit(root, "max_completion_tokens", 1, false, &r->max_tokens, e) != 0 ||
        read_limit(root, "max_output_tokens", 1, false, &r->max_tokens, e) != 0 ||
        read_limit(root, "n_predict", 0, true, &r->max_tokens, e) != 0 ||
        read_limit(parameters, "max_new_tokens", 1, false, &r->max_tokens, e) != 0 ||
        read_limit(options, "num_predict", 0, true, &r->max_tokens, e) != 0 ||
        read_limit(root, "min_tokens", 0, false, &least, e) != 0)
        return -1;
    r->min_tokens = least > 0 ? least : 0;
    if (r->max_tokens >= 0 && r->min_tokens > r->max_tokens)
        return err_set(e, "min_tokens is larger than the most tokens that the request allows");
    return read_bool(root, "ignore_eos", &r->ignore_eos, e);
}

static int read_model(const struct json *root, struct llm_request *r, struct err *e) {
    const struct json *model = json_get(root, "model");
    memcpy(r->model, LLM_MODEL, sizeof LLM_MODEL);
    if (is_null(model))
        return 0;
    if (model->kind != JSON_STRING || model->len == 0 || json_has_nul(model->text, model->len))
        return err_set(e, "model must be a name");
    if (model->len > LLM_MODEL_MAX_BYTES)
        return err_set(e, "model has more than %d bytes", LLM_MODEL_MAX_BYTES);
    memcpy(r->model, model->text, model->len + 1);
    return 0;
}

/* Several answers in one: real servers send them interleaved; one answer is what is measured
 * here. */
static int refuse_several(const struct json *root, struct err *e) {
    const struct json *n = json_get(root, "n"), *prompt = json_get(root, "prompt");
    int64_t count;
    if (!is_null(n) && (n->kind != JSON_NUMBER || !json_int64(n, &count) || count != 1))
        return err_set(e, "n must be 1: there is one answer to a request");
    if (prompt != NULL && prompt->kind == JSON_ARRAY && prompt->count > 1 &&
        prompt->first->kind != JSON_NUMBER)
        return err_set(e, "prompt has %zu prompts: there is one answer to a request",
                       prompt->count);
    return 0;
}

static int read_prompt(enum llm_api api, const struct json *root, struct llm_request *r,
                       struct err *e) {
    static const char *const keys[LLM_API_COUNT] = {[LLM_CHAT] = "messages",
                                                    [LLM_COMPLETIONS] = "prompt",
                                                    [LLM_RESPONSES] = "input",
                                                    [LLM_MESSAGES] = "messages",
                                                    [LLM_TGI] = "inputs",
                                                    [LLM_OLLAMA_CHAT] = "messages",
                                                    [LLM_OLLAMA_GENERATE] = "prompt"};
    const struct json *prompt = json_get(root, keys[api]);
    bool list = strcmp(keys[api], "messages") == 0;
    if (is_null(prompt) || (list && (prompt->kind != JSON_ARRAY || prompt->count == 0)))
        return err_set(e, "%s is missing: %s", keys[api],
                       list ? "a list of messages with role and content" : "the prompt");
    if (prompt->kind != JSON_STRING && prompt->kind != JSON_ARRAY)
        return err_set(e, "%s must be a text or a list, not %s", keys[api],
                       json_kind_text(prompt->kind));
    r->prompt_tokens = words_of(prompt) + words_of(json_get(root, "system")) +
                       words_of(json_get(root, "instructions"));
    return 0;
}

static int read_request(enum llm_api api, const struct json *root, struct llm_request *r,
                        struct err *e) {
    const struct json *options = json_get(root, "stream_options");
    bool ollama = api == LLM_OLLAMA_CHAT || api == LLM_OLLAMA_GENERATE;
    if (root->kind != JSON_OBJECT)
        return err_set(e, "the body must be a JSON object, not %s", json_kind_text(root->kind));
    *r = (struct llm_request){.stream = ollama};
    if (read_bool(root, "stream", &r->stream, e) != 0 ||
        read_bool(options, "include_usage", &r->usage_last, e) != 0 ||
        read_bool(options, "continuous_usage_stats", &r->usage_each, e) != 0 ||
        read_limits(root, r, e) != 0 || read_model(root, r, e) != 0 ||
        refuse_several(root, e) != 0 || read_prompt(api, root, r, e) != 0)
        return -1;
    if (api == LLM_MESSAGES && r->max_tokens < 0)
        return err_set(e, "max_tokens is missing: this interface requires it");
    r->stream = r->stream || api == LLM_TGI;
    r->usage_each = r->usage_each && r->usage_last;
    return 0;
}

int llm_request_parse(enum llm_api api, const char *body, size_t n, struct llm_request *out,
                      struct err *e) {
    struct json_doc *d = NULL;
    struct llm_request read;
    if (json_parse("body", body, n, &d, e) != 0)
        return -1;
    int result = read_request(api, json_root(d), &read, e);
    if (result == 0)
        *out = read;
    json_free(d);
    return result;
}
