#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/arrival_trace.h"
#include "scenario/feeder.h"
#include "scenario/scenario_internal.h"
#include "scenario/section.h"
#include "util/file.h"

#define SCENARIO_BYTES_MAX ((size_t)16 << 20)

static void texts_free(char **texts, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

void scenario_free(struct scenario *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->load_count; i++) {
        load_done(&s->loads[i].load);
        free(s->loads[i].name);
    }
    for (size_t i = 0; i < s->class_count; i++)
        free(s->classes[i].name);
    for (size_t i = 0; i < s->task_count; i++) {
        free(s->tasks[i].name);
        texts_free(s->tasks[i].tags, s->tasks[i].tag_count);
    }
    for (size_t i = 0; i < s->step_count; i++)
        template_free(s->steps[i].condition);
    for (size_t i = 0; i < s->request_count; i++)
        request_done(&s->requests[i]);
    for (size_t i = 0; i < s->feeder_count; i++)
        feeder_free(s->feeders[i]);
    arrival_trace_free(s->trace);
    grpc_types_free(s->types);
    for (size_t i = 0; s->variables != NULL && i < s->variable_count; i++)
        free((char *)(uintptr_t)s->variables[i].data);
    free(s->loads);
    free(s->classes);
    free(s->tasks);
    free(s->weight_sums);
    catalog_done(&s->catalog);
    free(s->steps);
    free(s->requests);
    free(s->feeders);
    free(s->variables);
    texts_free(s->variable_names, s->variable_names == NULL ? 0 : s->variable_count);
    free(s->name);
    free(s->file);
    free(s->source);
    free(s->target);
    free(s->target_source);
    gate_rules_done(&s->thresholds);
    free(s->http.ca);
    free(s->http.cert);
    free(s->http.key);
    free(s->http.proxy);
    free(s->http.unix_socket);
    free(s->scrape);
    texts_free(s->http.resolve, s->http.resolve_count);
    texts_free(s->http.source, s->http.source_count);
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

static int top_read(struct loader *r, const struct json *v, struct scope *scope) {
    struct scenario *s = r->s;
    if (v->kind != JSON_OBJECT)
        return loader_fail(r, v->at, "a scenario must be an object, { ... }, not %s",
                           json_kind_text(v->kind));
    if (loader_section(r, v, SECTION_TOP) != 0)
        return -1;
    const struct json *schema = json_get(v, "$schema");
    if (schema != NULL && loader_kind(r, schema, JSON_STRING) != 0)
        return -1;
    if (loader_name(r, json_get(v, "name"), &s->name) != 0 ||
        target_read(r, json_get(v, "target")) != 0 ||
        timeouts_read(r, json_get(v, "timeout"), json_get(v, "connect_timeout")) != 0 ||
        http_read(r, json_get(v, "http")) != 0 || scrape_read(r, json_get(v, "scrape")) != 0 ||
        names_read(r, v, scope) != 0)
        return -1;
    r->headers = json_get(v, "headers");
    r->auth = json_get(v, "auth");
    r->scope = scope;
    /* Each request reads them for itself; once before, so that what is wrong with them is said
     * first. */
    struct header_list common = {0};
    int result = headers_read(r, r->headers, r->auth, &common);
    headers_free(&common);
    if (result != 0 || flows_read(r, v) != 0 || grpc_version(r, json_get(v, "http")) != 0)
        return -1;
    if (scenario_finish(s) != 0 || target_name(s) != 0)
        return loader_memory(r);
    return thresholds_read(r, json_get(v, "thresholds"));
}

bool scenario_body_varies(const struct scenario_request *q) {
    return q->varying_body != NULL || (q->grpc != NULL && q->body == NULL);
}

static const char *from_environment(const char *name, void *context) {
    (void)context;
    return getenv(name);
}

int scenario_parse(const char *name, const char *folder, const char *text, size_t bytes,
                   scenario_env_fn *env, void *env_context, struct scenario **out, struct err *e) {
    struct json_doc *doc = NULL;
    struct err own = {0}; /* loader_fail() needs one, and the caller's stays untouched on success */
    if (bytes > SCENARIO_BYTES_MAX)
        return err_set(e, "%s: larger than %zu bytes, the limit for a scenario", name,
                       SCENARIO_BYTES_MAX);
    if (json_parse(name, text, bytes, &doc, e) != 0)
        return -1;
    struct scenario *s = calloc(1, sizeof *s);
    struct scope scope = {0};
    int result = -1;
    if (s == NULL) {
        err_memory(&own, "%s", name);
        goto out;
    }
    struct loader r = {.doc = doc, .folder = folder, .env = env, .s = s, .e = &own};
    r.env_context = env_context;
    if (env == NULL)
        r.env = from_environment;
    result = top_read(&r, json_root(doc), &scope);
    if (result == 0) {
        s->variable_names = scope.variables; /* as many as there are slots */
        scope.variables = NULL;
        scope.variable_count = 0;
        s->file = strdup(name);
        s->source = strdup(json_source(doc));
        if (s->name == NULL)
            s->name = name_of(name);
        if (s->file == NULL || s->source == NULL || s->name == NULL)
            result = loader_memory(&r);
    }
out:
    if (result == 0)
        *out = s;
    else {
        err_set(e, "%s", own.text);
        scenario_free(s);
    }
    scope_done(&scope);
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
        err_memory(e, "%s", path);
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
