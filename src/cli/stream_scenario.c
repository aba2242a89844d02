#include "cli/stream_scenario.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/json.h"
#include "util/json_write.h"

#define ASK_TIMEOUT_MS 20000L
#define ANSWER_MAX_BYTES ((size_t)1 << 20)
#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define PROMPT "${prompt.text}"
#define VERSION "/v1"

static const char *const dependent[] = {"model", "prompt-words", "max-tokens"};

int stream_scenario_check(const struct args *a, struct err *e) {
    if (opt_given(a, "stream") && args_count(a) > 0)
        return err_set(e,
                       "--stream is for a run without a scenario file; write \"stream\": \"%s\" "
                       "on a request of %s",
                       opt_text(a, "stream"), args_at(a, 0));
    if (opt_given(a, "stream") && !opt_given(a, "host"))
        return err_set(e, "--stream needs --host URL: the service to test");
    for (size_t i = 0; !opt_given(a, "stream") && i < sizeof dependent / sizeof *dependent; i++)
        if (opt_given(a, dependent[i]))
            return err_set(e, "--%s belongs to --stream FORMAT; add it", dependent[i]);
    return 0;
}

/* ---- the model's name ---- */

static size_t take(char *bytes, size_t size, size_t n, void *context) {
    struct buf *b = context;
    buf_add(b, bytes, size * n);
    return buf_ok(b) ? size * n : 0;
}

/* Of {"data": [{"id": "NAME"}]}; the caller frees it. NULL: there is none. */
static char *first_model(const struct buf *answer) {
    struct json_doc *doc = NULL;
    char *name = NULL;
    if (json_parse("models", buf_text(answer), answer->len, &doc, NULL) != 0)
        return NULL;
    const struct json *root = json_root(doc);
    const struct json *data = root->kind == JSON_OBJECT ? json_get(root, "data") : NULL;
    const struct json *first = data != NULL && data->kind == JSON_ARRAY ? data->first : NULL;
    const struct json *id =
        first != NULL && first->kind == JSON_OBJECT ? json_get(first, "id") : NULL;
    if (id != NULL && id->kind == JSON_STRING && id->len > 0 && !json_has_nul(id->text, id->len))
        name = strdup(id->text);
    json_free(doc);
    return name;
}

static CURLcode get(const char *url, const char *key, struct buf *answer, long *status) {
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = NULL;
    struct buf line;
    CURLcode code = easy == NULL ? CURLE_OUT_OF_MEMORY : CURLE_OK;
    buf_init(&line, TEXT_MAX_BYTES);
    if (key != NULL) {
        buf_printf(&line, "Authorization: Bearer %s", key);
        headers = curl_slist_append(NULL, buf_text(&line));
    }
#define SET(option, value)                                                                         \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, ASK_TIMEOUT_MS);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, answer);
#undef SET
    if (code == CURLE_OK)
        code = curl_easy_perform(easy);
    if (code == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    buf_done(&line);
    return code;
}

/* The model that the service names first; the caller frees it. */
static int ask_model(const char *base, const char *key, char **out, struct err *e) {
    struct buf url, answer;
    long status = 0;
    buf_init(&url, TEXT_MAX_BYTES);
    buf_init(&answer, ANSWER_MAX_BYTES);
    buf_printf(&url, "%s" VERSION "/models", base);
    CURLcode code = get(buf_text(&url), key, &answer, &status);
    char *name = code == CURLE_OK && status == 200 ? first_model(&answer) : NULL;
    int rc = 0;
    if (code != CURLE_OK)
        rc = err_set(e, "cannot ask %s for the name of its model: %s; give it with --model",
                     buf_text(&url), curl_easy_strerror(code));
    else if (status != 200)
        rc = err_set(e, "cannot ask %s for the name of its model: HTTP %ld; give it with --model",
                     buf_text(&url), status);
    else if (name == NULL)
        rc = err_set(e, "%s names no model; give one with --model", buf_text(&url));
    *out = name;
    buf_done(&url);
    buf_done(&answer);
    return rc;
}

/* ---- the text ---- */

static const struct {
    const char *word, *path, *key; /* the variable with the secret key; NULL: none */
} formats[] = {
    {"openai", VERSION "/chat/completions", "OPENAI_API_KEY"},
    {"completions", VERSION "/completions", "OPENAI_API_KEY"},
    {"responses", VERSION "/responses", "OPENAI_API_KEY"},
    {"anthropic", VERSION "/messages", "ANTHROPIC_API_KEY"},
    {"tgi", "/generate_stream", NULL},
    {"ollama", "/api/generate", NULL},
};

/* The members of the body. */
static void write_body(struct json_writer *w, const char *format, const char *model,
                       int64_t tokens) {
    bool chat = strcmp(format, "openai") == 0 || strcmp(format, "anthropic") == 0;
    bool usage = strcmp(format, "openai") == 0 || strcmp(format, "completions") == 0;
    json_write_object(w, "json", JSON_LINE);
    if (strcmp(format, "tgi") == 0) {
        json_write_text(w, "inputs", PROMPT);
        json_write_object(w, "parameters", JSON_LINE);
        json_write_int(w, "max_new_tokens", tokens);
        json_write_end(w);
        json_write_end(w);
        return;
    }
    json_write_text(w, "model", model);
    json_write_bool(w, "stream", true);
    if (usage) {
        json_write_object(w, "stream_options", JSON_LINE);
        json_write_bool(w, "include_usage", true);
        json_write_end(w);
    }
    if (strcmp(format, "ollama") == 0) {
        json_write_object(w, "options", JSON_LINE);
        json_write_int(w, "num_predict", tokens);
        json_write_end(w);
    } else
        json_write_int(w, strcmp(format, "responses") == 0 ? "max_output_tokens" : "max_tokens",
                       tokens);
    if (chat) {
        json_write_array(w, "messages", JSON_LINE);
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "role", "user");
        json_write_text(w, "content", PROMPT);
        json_write_end(w);
        json_write_end(w);
    } else
        json_write_text(w, strcmp(format, "responses") == 0 ? "input" : "prompt", PROMPT);
    json_write_end(w);
}

static void write_key(struct json_writer *w, const char *format, const char *variable) {
    struct buf value;
    bool anthropic = strcmp(format, "anthropic") == 0;
    if (variable == NULL && !anthropic)
        return;
    buf_init(&value, 256);
    buf_printf(&value, "${env.%s}", variable == NULL ? "" : variable);
    if (anthropic) {
        json_write_object(w, "headers", JSON_LINE);
        json_write_text(w, "anthropic-version", "2023-06-01");
        if (variable != NULL)
            json_write_text(w, "x-api-key", buf_text(&value));
    } else {
        json_write_object(w, "auth", JSON_LINE);
        json_write_text(w, "bearer", buf_text(&value));
    }
    json_write_end(w);
    buf_done(&value);
}

static void write_text(const struct args *a, const char *path, const char *variable,
                       const char *model, struct buf *out) {
    struct json_writer w;
    const char *format = opt_text(a, "stream");
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_text(&w, "name", format);
    json_write_text(&w, "timeout", "10m");
    json_write_object(&w, "load", JSON_LINE);
    json_write_int(&w, "users", 1);
    json_write_text(&w, "duration", "1m");
    json_write_end(&w);
    json_write_object(&w, "feeders", JSON_LINE);
    json_write_object(&w, "prompt", JSON_LINE);
    json_write_object(&w, "prompts", JSON_LINE);
    json_write_int(&w, "words", opt_integer(a, "prompt-words"));
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
    json_write_array(&w, "tasks", JSON_LINE);
    json_write_object(&w, NULL, JSON_LINES);
    json_write_text(&w, "path", path);
    write_key(&w, format, variable);
    write_body(&w, format, model, opt_integer(a, "max-tokens"));
    json_write_text(&w, "stream", format);
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
}

/* The target without "/" at its end, and without the version that clients' base URLs have. The caller frees it. */
static char *base_of(const char *host, bool *versioned) {
    struct buf b;
    size_t n = strlen(host);
    buf_init(&b, TEXT_MAX_BYTES);
    while (n > 0 && host[n - 1] == '/')
        n--;
    *versioned = n > sizeof VERSION &&
                 memcmp(host + n - (sizeof VERSION - 1), VERSION, sizeof VERSION - 1) == 0;
    if (*versioned)
        n -= sizeof VERSION - 1;
    if (strstr(host, "://") == NULL)
        buf_str(&b, "http://");
    buf_add(&b, host, n);
    return buf_take(&b);
}

int stream_scenario(const struct args *a, struct scenario **out, struct err *e) {
    const char *format = opt_text(a, "stream");
    size_t f = 0;
    while (f + 1 < sizeof formats / sizeof *formats && strcmp(formats[f].word, format) != 0)
        f++;
    const char *variable = formats[f].key;
    const char *key = variable == NULL ? NULL : getenv(variable);
    bool versioned = false;
    char *model = NULL, *base = base_of(opt_text(a, "host"), &versioned);
    struct buf text;
    int rc = base == NULL ? err_set(e, "out of memory") : 0;
    buf_init(&text, TEXT_MAX_BYTES);
    if (rc == 0 && opt_given(a, "model"))
        model = strdup(opt_text(a, "model"));
    else if (rc == 0 && strcmp(format, "tgi") != 0)
        rc = ask_model(base, key, &model, e);
    /* It would be read as a value, perhaps a secret one. */
    if (rc == 0 && model != NULL && strstr(model, "${") != NULL)
        rc = err_set(e,
                     "the model's name contains ${, which a scenario cannot; give another one with "
                     "--model");
    if (rc == 0) {
        const char *path = formats[f].path;
        bool cut = versioned && strncmp(path, VERSION "/", sizeof VERSION) == 0;
        write_text(a, cut ? path + sizeof VERSION - 1 : path, key == NULL ? NULL : variable, model,
                   &text);
        rc =
            scenario_parse("(built-in stream)", ".", buf_text(&text), text.len, NULL, NULL, out, e);
    }
    buf_done(&text);
    free(model);
    free(base);
    return rc;
}
