#include "convert/convert.h"

#include <stdlib.h>
#include <string.h>

#include "convert/coding.h"
#include "convert/emit.h"
#include "convert/formats.h"

#define SCENARIO_BYTES_MAX ((size_t)16 << 20) /* as much as a scenario may have */
#define YAML_BYTES_MAX ((size_t)16 << 20)

const char *convert_word(enum convert_from from) {
    static const char *const words[] = {"auto", "har", "curl", "openapi", "postman", "locust"};
    return words[from];
}

static size_t skip_space(const char *text, size_t n) {
    size_t i = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < n && text[i] != '\0' && strchr(" \t\r\n", text[i]) != NULL)
        i++;
    return i;
}

/* Whether a line begins so. */
static bool has_line(const char *text, size_t n, const char *begin) {
    size_t m = strlen(begin);
    for (const char *p = text; p != NULL && (size_t)(text + n - p) >= m;) {
        if (memcmp(p, begin, m) == 0)
            return true;
        p = memchr(p, '\n', (size_t)(text + n - p));
        p = p == NULL ? NULL : p + 1;
    }
    return false;
}

static bool ends(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* What a text is, by what it holds; a name's end decides where that does not. */
static enum convert_from recognise(const char *name, const char *text, size_t n,
                                   const struct json *root) {
    size_t at = skip_space(text, n);
    if (root != NULL) {
        if (json_get(root, "log") != NULL)
            return CONVERT_HAR;
        if (json_get(root, "openapi") != NULL || json_get(root, "swagger") != NULL)
            return CONVERT_OPENAPI;
        return json_get(root, "item") != NULL || json_get(root, "collection") != NULL
                   ? CONVERT_POSTMAN
                   : CONVERT_AUTO;
    }
    if (ends(name, ".py") || has_line(text, n, "from locust") || has_line(text, n, "import locust"))
        return CONVERT_LOCUST;
    if (has_line(text, n, "openapi:") || has_line(text, n, "swagger:") ||
        has_line(text, n, "\"openapi\":"))
        return CONVERT_OPENAPI;
    if (has_line(text, n, "curl ") || has_line(text, n, "$ curl ") ||
        memmem(text + at, n - at < 200 ? n - at : 200, "curl ", 5) != NULL)
        return CONVERT_CURL;
    return CONVERT_AUTO;
}

static int swagger_in_yaml(const struct json_doc *doc) {
    return json_get(json_root(doc), "swagger") != NULL;
}

static int read_openapi_yaml(struct draft *d, const char *name, const char *text, size_t n,
                             struct err *e) {
    struct buf json;
    struct json_doc *doc = NULL;
    struct err own = {""};
    int result = -1;
    if (n > YAML_BYTES_MAX)
        return err_set(e, "%s: larger than %zu bytes, the most for YAML; write it as JSON", name,
                       YAML_BYTES_MAX);
    buf_init(&json, (size_t)64 << 20);
    if (yaml_to_json(name, text, n, &json, e) == 0) {
        if (!buf_ok(&json))
            err_set(e, "%s: too large", name);
        else if (json_parse(name, json.data, json.len, &doc, &own) != 0)
            err_set(e, "%s: not a document that JSON could hold: %s", name,
                    strrchr(own.text, ':') + 1);
        else if (openapi_read(d, doc, &own) !=
                 0) /* a place in the JSON would be none in the YAML */
            err_set(e, "%s: %s", name,
                    swagger_in_yaml(doc)
                        ? "this is OpenAPI 2 (Swagger); convert it to OpenAPI 3 first"
                        : strstr(own.text, ": ") + 2);
        else
            result = 0;
    }
    json_free(doc);
    buf_done(&json);
    return result;
}

static int read_json(struct draft *d, const struct convert_options *o, enum convert_from from,
                     const struct json_doc *doc, struct err *e) {
    if (from == CONVERT_HAR)
        return har_read(d, o, doc, e);
    return from == CONVERT_POSTMAN ? postman_read(d, doc, e) : openapi_read(d, doc, e);
}

static bool is_json_kind(enum convert_from from) {
    return from == CONVERT_HAR || from == CONVERT_POSTMAN || from == CONVERT_OPENAPI;
}

/* Reads the source into the draft; *from becomes what it was. */
static int read_source(struct draft *d, const struct convert_options *o, const char *name,
                       const char *text, size_t n, enum convert_from *from, struct err *e) {
    struct json_doc *doc = NULL;
    struct err json_error = {""};
    size_t at = skip_space(text, n);
    bool json = at < n && text[at] == '{' && (o->from == CONVERT_AUTO || is_json_kind(o->from));
    int result = -1;
    if (at == n)
        return err_set(e, "%s: it is empty", name);
    bool parsed = json && json_parse(name, text, n, &doc, &json_error) == 0;
    *from = o->from != CONVERT_AUTO ? o->from
                                    : recognise(name, text, n, parsed ? json_root(doc) : NULL);
    if (json && !parsed && (*from != CONVERT_OPENAPI || o->from == CONVERT_AUTO))
        err_set(e, "%s", json_error.text);
    else if (*from == CONVERT_AUTO)
        err_set(e,
                "%s: neither a HAR file, a curl command line, OpenAPI 3, a Postman collection nor "
                "a locustfile; say with --from what it is",
                name);
    else if (parsed)
        result = read_json(d, o, *from, doc, e);
    else if (*from == CONVERT_OPENAPI)
        result = read_openapi_yaml(d, name, text, n, e);
    else if (*from == CONVERT_CURL)
        result = curl_read(d, name, text, n, e);
    else if (*from == CONVERT_LOCUST)
        result = locust_read(d, name, text, n, e);
    else
        err_set(e, "%s: not JSON, which %s is", name,
                *from == CONVERT_HAR ? "a HAR file" : "a Postman collection");
    json_free(doc);
    return result;
}

static int take_files(struct draft *d, struct convert_result *r) {
    size_t n = 0;
    for (const struct draft_file *f = d->files; f != NULL; f = f->next)
        n++;
    r->files = calloc(n + 1, sizeof *r->files);
    if (r->files == NULL)
        return -1;
    for (const struct draft_file *f = d->files; f != NULL; f = f->next) {
        struct convert_file *to = &r->files[r->file_count++];
        to->name = strdup(f->name);
        to->bytes = malloc(f->n + 1);
        if (to->name == NULL || to->bytes == NULL)
            return -1;
        memcpy(to->bytes, f->bytes, f->n);
        to->n = f->n;
    }
    return 0;
}

void convert_done(struct convert_result *r) {
    for (size_t i = 0; i < r->file_count; i++) {
        free(r->files[i].name);
        free(r->files[i].bytes);
    }
    free(r->files);
    free(r->scenario);
    *r = (struct convert_result){0};
}

int convert_text(const struct convert_options *o, const char *name, const char *text, size_t bytes,
                 struct convert_result *out, struct err *e) {
    struct draft *d = draft_new();
    struct convert_result made = {0};
    struct buf scenario;
    int result = -1;
    buf_init(&scenario, SCENARIO_BYTES_MAX);
    if (d == NULL) {
        err_set(e, "%s: out of memory", name);
        goto out;
    }
    d->file_stem = o->file_stem;
    d->files_folder = o->files_folder;
    if (read_source(d, o, name, text, bytes, &made.from, e) != 0)
        goto out;
    emit_scenario(d, name, &scenario);
    if (!buf_ok(&scenario) || !draft_ok(d)) {
        err_set(e,
                "%s: the scenario would be larger than %zu bytes, the most that it may have, or "
                "there is no memory",
                name, SCENARIO_BYTES_MAX);
        goto out;
    }
    made.bytes = scenario.len;
    made.requests = d->request_count;
    made.scenario = buf_take(&scenario);
    if (made.scenario == NULL || take_files(d, &made) != 0) {
        err_set(e, "%s: out of memory", name);
        goto out;
    }
    *out = made;
    made = (struct convert_result){0};
    result = 0;
out:
    convert_done(&made);
    buf_done(&scenario);
    draft_free(d);
    return result;
}
