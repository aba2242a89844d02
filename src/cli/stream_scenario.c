#include "cli/stream_scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/fetch.h"
#include "transport/transport.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/json_write.h"
#include "util/units.h"

#define ASK_TIMEOUT_NS (20 * NS_PER_S)
#define SLOW_NS NS_PER_S
#define ANSWER_MAX_BYTES ((size_t)1 << 20)
#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define PROMPT "${prompt.text}"
#define VERSION "/v1"
/* A service that starts for a request has longer than Cloud Run gives a container to start. */
#define IDLE_TIMEOUT "5m"

/* The first one, and those that need it. */
static const char *const own[] = {"stream", "model", "prompt-words", "max-tokens"};

int stream_scenario_check(const struct args *a, struct err *e) {
    if (opt_given(a, "stream") && args_count(a) > 0)
        return err_set(e,
                       "--stream is for a run without a scenario file; write \"stream\": \"%s\" "
                       "on a request of %s",
                       opt_text(a, "stream"), args_at(a, 0));
    if (opt_given(a, "stream") && !opt_given(a, "host"))
        return err_set(e, "--stream needs --host URL: the service to test");
    for (size_t i = 0; !opt_given(a, "stream") && i < sizeof own / sizeof *own; i++)
        if (opt_given(a, own[i]))
            return err_set(e, "--%s belongs to --stream FORMAT; add it", own[i]);
    return 0;
}

int stream_scenario_check_replay(const struct args *a, struct err *e) {
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (opt_given(a, own[i]))
            return err_set(e, "--replay takes the scenario from the run file; remove --%s", own[i]);
    return 0;
}

/* ---- the model's name ---- */

/* Of {"data": [{"id": "NAME"}]}; the caller frees it. NULL: there is none. */
static char *first_model(const struct fetch_document *answer) {
    struct json_doc *doc = NULL;
    char *name = NULL;
    if (json_parse("models", answer->text, answer->bytes, &doc, NULL) != 0)
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

/* A service that had to start for this question does not for the run's first request. */
static void say_slow(int64_t took_ns) {
    char took[UNITS_BYTES];
    if (took_ns < SLOW_NS)
        return;
    units_duration_text(took_ns, took);
    fprintf(stderr,
            "coldswarm: the service took %s to name its model, before the run; if it had to start "
            "for that, the run has no cold start (with --model, nothing is asked)\n",
            took);
}

/* The model that the service names first; the caller frees it. */
static int ask_model(const char *base, const char *key, char **out, int *code, struct err *e) {
    struct fetch_options options = {.user_agent = "coldswarm/" COLDSWARM_VERSION,
                                    .accept = "application/json",
                                    .bearer = key,
                                    .verify = true,
                                    .timeout_ns = ASK_TIMEOUT_NS,
                                    .bytes_max = ANSWER_MAX_BYTES};
    struct fetch *fetch = NULL;
    struct fetch_document answer;
    struct buf url;
    struct err why = {""};
    buf_init(&url, TEXT_MAX_BYTES);
    buf_printf(&url, "%s" VERSION "/models", base);
    int rc = transport_global_init(e) != 0 || fetch_new(&options, &fetch, e) != 0 ? -1 : 0;
    int64_t start_ns = clock_mono_ns();
    if (rc == 0 && fetch_get(fetch, buf_text(&url), &answer, &why) != 0) {
        *code = fetch_answered(fetch) ? EXIT_USAGE : EXIT_RUNTIME;
        rc = err_set(e,
                     "cannot ask %s for the name of its model: %s; check --host, or give it with "
                     "--model",
                     buf_text(&url), why.text);
    }
    if (rc == 0)
        say_slow(clock_mono_ns() - start_ns);
    *out = rc == 0 ? first_model(&answer) : NULL;
    if (rc == 0 && *out == NULL)
        rc = err_set(e, "%s names no model; give one with --model", buf_text(&url));
    fetch_free(fetch);
    buf_done(&url);
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
    json_write_object(&w, "stream", JSON_LINE);
    json_write_text(&w, "format", format);
    json_write_text(&w, "idle_timeout", IDLE_TIMEOUT);
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
    json_write_end(&w);
}

/* The target without "/" at its end, and without the version that clients' base URLs have. The
 * caller frees it. */
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

int stream_scenario(const struct args *a, struct scenario **out, int *code, struct err *e) {
    const char *format = opt_text(a, "stream");
    size_t f = 0;
    while (f + 1 < sizeof formats / sizeof *formats && strcmp(formats[f].word, format) != 0)
        f++;
    const char *variable = formats[f].key;
    const char *key = variable == NULL ? NULL : getenv(variable);
    bool versioned = false;
    char *model = NULL, *base = base_of(opt_text(a, "host"), &versioned);
    struct buf text;
    int rc = base == NULL ? err_memory(e, NULL) : scenario_check_target(opt_text(a, "host"), e);
    *code = EXIT_USAGE;
    buf_init(&text, TEXT_MAX_BYTES);
    if (rc == 0 && opt_given(a, "model"))
        model = strdup(opt_text(a, "model"));
    else if (rc == 0 && strcmp(format, "tgi") != 0)
        rc = ask_model(base, key, &model, code, e);
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
