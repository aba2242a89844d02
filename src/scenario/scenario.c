#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"
#include "scenario/sections.h"
#include "scenario/target.h"
#include "util/file.h"

#define SCENARIO_BYTES_MAX ((size_t)16 << 20)

static void request_done(struct scenario_request *q) {
    struct header_list l = {q->headers, q->header_count};
    headers_free(&l);
    free(q->name);
    free(q->method);
    free(q->path);
    free(q->body);
}

static void texts_free(char **texts, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

void scenario_free(struct scenario *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->task_count; i++)
        request_done(&s->tasks[i].request);
    free(s->tasks);
    free(s->name);
    free(s->file);
    free(s->source);
    free(s->target);
    free(s->target_source);
    load_done(&s->load);
    gate_rules_done(&s->thresholds);
    free(s->http.ca);
    free(s->http.cert);
    free(s->http.key);
    free(s->http.proxy);
    free(s->http.unix_socket);
    texts_free(s->http.resolve, s->http.resolve_count);
    texts_free(s->env_names, s->env_count);
    texts_free(s->secrets, s->secret_count);
    for (size_t i = 0; i < s->file_count; i++)
        free(s->files[i].path);
    free(s->files);
    free(s);
}

/* "scenarios/paper.json" is "paper". */
static char *name_of(const char *file) {
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    size_t n = strlen(base);
    if (n > 5 && strcmp(base + n - 5, ".json") == 0)
        n -= 5;
    return n == 0 ? strdup("scenario") : strndup(base, n);
}

static int top_read(struct reader *r, const struct json *v) {
    struct header_list common = {0};
    struct scenario *s = r->s;
    if (v->kind != JSON_OBJECT)
        return reader_fail(r, v->at, "a scenario must be an object, { ... }, not %s",
                           json_kind_text(v->kind));
    if (reader_section(r, v, SECTION_TOP) != 0)
        return -1;
    const struct json *load = json_get(v, "load"), *tasks = json_get(v, "tasks");
    const struct json *schema = json_get(v, "$schema");
    if (load == NULL)
        return reader_fail(r, v->at,
                           "\"load\" is missing; write \"load\": {\"users\": 10, "
                           "\"spawn_rate\": 1, \"duration\": \"1m\"}");
    if (tasks == NULL)
        return reader_fail(r, v->at, "\"tasks\" is missing; write \"tasks\": [{\"path\": \"/\"}]");
    if (schema != NULL && reader_kind(r, schema, JSON_STRING) != 0)
        return -1;
    int result = -1;
    if (reader_name(r, json_get(v, "name"), &s->name) == 0 &&
        target_read(r, json_get(v, "target")) == 0 && load_read(r, load) == 0 &&
        wait_read(r, json_get(v, "wait")) == 0 &&
        timeouts_read(r, json_get(v, "timeout"), json_get(v, "connect_timeout")) == 0 &&
        http_read(r, json_get(v, "http")) == 0 &&
        headers_read(r, json_get(v, "headers"), json_get(v, "auth"), &common) == 0)
        result = tasks_read(r, tasks, &common);
    if (result == 0)
        result = thresholds_read(r, json_get(v, "thresholds"));
    headers_free(&common);
    return result;
}

static const char *from_environment(const char *name, void *context) {
    (void)context;
    return getenv(name);
}

int scenario_parse(const char *name, const char *folder, const char *text, size_t bytes,
                   scenario_env_fn *env, void *env_context, struct scenario **out, struct err *e) {
    struct json_doc *doc = NULL;
    struct err own = {0}; /* reader_fail() needs one, and the caller's stays untouched on success */
    if (bytes > SCENARIO_BYTES_MAX)
        return err_set(e, "%s: larger than %zu bytes, the most that a scenario may have", name,
                       SCENARIO_BYTES_MAX);
    if (json_parse(name, text, bytes, &doc, e) != 0)
        return -1;
    struct scenario *s = calloc(1, sizeof *s);
    int result = -1;
    if (s == NULL) {
        err_set(&own, "%s: out of memory", name);
        goto out;
    }
    struct reader r = {.doc = doc, .folder = folder, .env = env, .s = s, .e = &own};
    r.env_context = env_context;
    if (env == NULL)
        r.env = from_environment;
    result = top_read(&r, json_root(doc));
    if (result == 0) {
        s->file = strdup(name);
        s->source = strdup(json_source(doc));
        if (s->name == NULL)
            s->name = name_of(name);
        if (s->file == NULL || s->source == NULL || s->name == NULL)
            result = reader_memory(&r);
    }
out:
    if (result == 0)
        *out = s;
    else {
        err_set(e, "%s", own.text);
        scenario_free(s);
    }
    json_free(doc);
    return result;
}

int scenario_load(const char *path, scenario_env_fn *env, void *env_context, struct scenario **out,
                  struct err *e) {
    struct buf text;
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup("") : strndup(path, (size_t)(slash - path) + 1);
    int result = -1;
    buf_init(&text, SCENARIO_BYTES_MAX);
    if (folder == NULL) {
        err_set(e, "%s: out of memory", path);
        goto out;
    }
    if (file_read(path, &text, e) != 0)
        goto out;
    if (slash != NULL && slash != path)
        folder[slash - path] = '\0';
    result = scenario_parse(path, folder, buf_text(&text), text.len, env, env_context, out, e);
out:
    buf_done(&text);
    free(folder);
    return result;
}
