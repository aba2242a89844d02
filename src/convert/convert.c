#include "convert/convert.h"

#include <stdlib.h>
#include <string.h>

#include "convert/draft_write.h"
#include "convert/from.h"
#include "convert/source_url.h"
#include "util/yaml.h"

#define SCENARIO_BYTES_MAX ((size_t)16 << 20) /* as much as a scenario may have */
#define BEGIN_MAX ((size_t)4096)
#define YAML_BYTES_MAX ((size_t)16 << 20)

const char *convert_word(enum convert_from from) {
    static const char *const words[] = {"auto",   "har",  "curl",       "openapi", "postman",
                                        "locust", "urls", "access-log", "grpcurl", "proto"};
    return words[from];
}

/* Of a byte order mark before the text. */
static size_t mark_bytes(const char *text, size_t n) {
    return n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static size_t skip_space(const char *text, size_t n) {
    size_t i = mark_bytes(text, n);
    while (i < n && text[i] != '\0' && strchr(" \t\r\n", text[i]) != NULL)
        i++;
    return i;
}

/* Whether a line begins so. */
static bool has_line(const char *text, size_t n, const char *begin) {
    size_t m = strlen(begin);
    bool first = true;
    for (size_t i = mark_bytes(text, n); i + m <= n; i++) {
        if (first && memcmp(text + i, begin, m) == 0)
            return true;
        first = text[i] == '\n' || text[i] == '\r';
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
        bool old = json_get(root, "requests") != NULL && json_get(root, "order") != NULL;
        return json_get(root, "item") != NULL || json_get(root, "collection") != NULL || old
                   ? CONVERT_POSTMAN
                   : CONVERT_AUTO;
    }
    if (ends(name, ".proto") || proto_is_one(text, n))
        return CONVERT_PROTO;
    if (ends(name, ".py") || has_line(text, n, "from locust") || has_line(text, n, "import locust"))
        return CONVERT_LOCUST;
    if (has_line(text, n, "openapi:") || has_line(text, n, "swagger:") ||
        has_line(text, n, "\"openapi\":"))
        return CONVERT_OPENAPI;
    if (urls_is_one(text, n))
        return CONVERT_URLS;
    if (log_is_one(text, n))
        return CONVERT_ACCESS_LOG;
    if (grpcurl_is_one(text + at, n - at))
        return CONVERT_GRPCURL;
    if (memmem(text + at, n - at, "curl ", 5) != NULL ||
        memmem(text + at, n - at, "curl.exe ", 9) != NULL)
        return CONVERT_CURL;
    return CONVERT_AUTO;
}

static int read_openapi_yaml(struct draft *d, const char *name, const char *text, size_t n,
                             struct err *e) {
    struct json_doc *doc = NULL;
    if (n > YAML_BYTES_MAX)
        return err_set(e, "%s: larger than %zu bytes, the limit for YAML; write it as JSON", name,
                       YAML_BYTES_MAX);
    int result = yaml_parse(name, text, n, &doc, e) == 0 ? openapi_read(d, doc, e) : -1;
    json_free(doc);
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

/* A lower bound of the number of values, so that a file with too many needs no memory for them. */
static size_t values_at_least(const char *text, size_t n) {
    size_t values = 1;
    const char *end = text + n;
    for (const char *p = text; p < end && n > JSON_VALUES_MAX; p++) {
        values += *p == ',';
        while (*p == '"') { /* to the end of the string */
            const char *quote = memchr(p + 1, '"', (size_t)(end - p) - 1), *slash = quote;
            if (quote == NULL)
                return values;
            while (slash > p + 1 && slash[-1] == '\\')
                slash--;
            p = quote;
            if ((quote - slash) % 2 == 0)
                break;
        }
    }
    return values;
}

/* Whether it begins like OpenAPI in JSON, of which not all values are kept. */
static bool is_openapi(const char *text, size_t n) {
    size_t look = n < BEGIN_MAX ? n : BEGIN_MAX;
    return memmem(text, look, "\"openapi\"", 9) != NULL ||
           memmem(text, look, "\"swagger\"", 9) != NULL;
}

/* Whether the first member of an object is written as JSON has it; YAML's need no quotes. */
static bool is_quoted(const char *text, size_t n) {
    size_t at = skip_space(text, n);
    return at < n && text[at] == '"';
}

/* What other tools' sources are, and what to do instead; NULL: it is none of them. */
static const char *other_tool(const char *text, size_t n) {
    static const struct {
        const char *sign, *what;
    } tools[] = {
        {"<jmeterTestPlan", "a test plan of JMeter; run it in JMeter once with a HAR recorder "
                            "(a proxy such as mitmproxy) between it and the service"},
        {"from 'k6", "a script of k6, which is a program; run it once through a proxy that records "
                     "a HAR file, such as mitmproxy"},
        {"from \"k6",
         "a script of k6, which is a program; run it once through a proxy that records "
         "a HAR file, such as mitmproxy"},
        {"extends Simulation", "a simulation of Gatling, which is a program; run it once through a "
                               "proxy that records a HAR file, such as mitmproxy"}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (memmem(text, n, tools[i].sign, strlen(tools[i].sign)) != NULL)
            return tools[i].what;
    return NULL;
}

/* CONVERT_URLS, CONVERT_ACCESS_LOG, or CONVERT_AUTO if the source is not read line by line. */
static enum convert_from kind_of_lines(enum convert_from from, const char *name, const char *text,
                                       size_t n) {
    size_t at = skip_space(text, n);
    if (from == CONVERT_AUTO && at < n && text[at] == '{') /* no need to search all of it */
        from = log_is_one(text, n) ? CONVERT_ACCESS_LOG : CONVERT_AUTO;
    else if (from == CONVERT_AUTO)
        from = recognise(name, text, n, NULL);
    return from == CONVERT_URLS || from == CONVERT_ACCESS_LOG ? from : CONVERT_AUTO;
}

/* Reads the source into the draft; *from becomes what it was. */
static int read_source(struct draft *d, const struct convert_options *o, const char *name,
                       const char *text, size_t n, enum convert_from *from, struct err *e) {
    struct json_doc *doc = NULL;
    struct err json_error = {""};
    size_t at = skip_space(text, n);
    int result = -1;
    if (at == n && o->more == NULL)
        return err_set(e, "%s: it is empty", name);
    if (n > 2 && memcmp(text, "\x1f\x8b\x08", 3) == 0)
        return err_set(e, "%s: it is compressed; use zcat FILE | coldswarm convert -", name);
    *from = kind_of_lines(o->from, name, text, n);
    if (*from != CONVERT_AUTO)
        return log_read(d, o, name, text, n, *from == CONVERT_URLS, e);
    bool json = at < n && text[at] == '{' && (o->from == CONVERT_AUTO || is_json_kind(o->from));
    if (json && !is_openapi(text, n) && values_at_least(text, n) > JSON_VALUES_MAX)
        return err_set(e, "%s: more than %d values in one JSON file, the limit", name,
                       JSON_VALUES_MAX);
    bool parsed = json && json_parse_parts(name, text, n, openapi_later, &doc, &json_error) == 0;
    *from = o->from != CONVERT_AUTO ? o->from
                                    : recognise(name, text, n, parsed ? json_root(doc) : NULL);
    const char *other = parsed || o->from != CONVERT_AUTO ? NULL : other_tool(text, n);
    if (other != NULL)
        err_set(e, "%s: this is %s, and convert that file", name, other);
    else if (json && !parsed && (*from != CONVERT_OPENAPI || is_quoted(text + at + 1, n - at - 1)))
        err_set(e, "%s", json_error.text);
    else if (*from == CONVERT_AUTO)
        err_set(e,
                "%s: not recognized as a HAR file, a curl or grpcurl command line, OpenAPI, a "
                "Postman collection, a .proto file, a locustfile, an access log or a list of URLs; "
                "give its format with --from",
                name);
    else if (parsed)
        result = read_json(d, o, *from, doc, e);
    else if (*from == CONVERT_OPENAPI)
        result = read_openapi_yaml(d, name, text, n, e);
    else if (*from == CONVERT_CURL)
        result = curl_read(d, name, text, n, e);
    else if (*from == CONVERT_GRPCURL)
        result = grpcurl_read(d, name, text, n, e);
    else if (*from == CONVERT_PROTO)
        result = proto_read(d, name, e);
    else if (*from == CONVERT_LOCUST)
        result = locust_read(d, o, name, text, n, e);
    else
        err_set(e, "%s: not JSON, which %s is", name,
                *from == CONVERT_HAR ? "a HAR file" : "a Postman collection");
    json_free(doc);
    return result;
}

bool convert_is_shell(const char *name, const char *text, size_t bytes) {
    size_t at = skip_space(text, bytes);
    if (at == bytes || text[at] == '{')
        return false;
    enum convert_from from = recognise(name, text, bytes, NULL);
    return from == CONVERT_CURL || from == CONVERT_GRPCURL;
}

bool convert_is_lines(enum convert_from from, const char *name, const char *text, size_t bytes) {
    return kind_of_lines(from, name, text, bytes) != CONVERT_AUTO;
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

static char *said(const struct draft *d) {
    struct buf b;
    buf_init(&b, SCENARIO_BYTES_MAX);
    for (const struct draft_note *n = d->said.first; n != NULL; n = n->next)
        buf_printf(&b, "%s\n", n->text);
    return buf_take(&b);
}

void convert_done(struct convert_result *r) {
    for (size_t i = 0; i < r->file_count; i++) {
        free(r->files[i].name);
        free(r->files[i].bytes);
    }
    free(r->files);
    free(r->scenario);
    free(r->said);
    *r = (struct convert_result){0};
}

/* A scenario is JSON, with limits for the number of values and their depth. */
static int check(const char *name, const struct buf *scenario, struct err *e) {
    struct json_doc *doc = NULL;
    struct err why = {""};
    int result = json_parse("scenario", buf_text(scenario), scenario->len, &doc, &why);
    if (result != 0)
        err_set(e, "%s: cannot create a scenario from it: %s", name, why.text);
    json_free(doc);
    return result;
}

static bool asks_target(const struct draft *d) {
    for (const struct draft_class *c = d->classes; c != NULL; c = c->next)
        for (const struct draft_task *t = c->tasks; t != NULL; t = t->next)
            for (const struct draft_request *q = t->requests.first; q != NULL; q = q->next)
                if (q->grpc != NULL && q->proto == NULL && q->descriptor_set == NULL)
                    return true;
    return false;
}

int convert_text(const struct convert_options *o, const char *name, const char *text, size_t bytes,
                 struct convert_result *out, struct err *e) {
    struct draft *d = draft_new();
    struct convert_result made = {0};
    struct buf scenario;
    int result = -1;
    buf_init(&scenario, SCENARIO_BYTES_MAX);
    if (d == NULL) {
        err_memory(e, "%s", name);
        goto out;
    }
    d->file_stem = o->file_stem;
    d->files_folder = o->files_folder;
    d->read = o->read;
    d->read_context = o->read_context;
    if (read_source(d, o, name, text, bytes, &made.from, e) != 0)
        goto out;
    draft_fit(d);
    if (draft_ok(d) && !draft_sends(d)) {
        err_set(e, "%s: no request can be sent: all paths are too long", name);
        goto out;
    }
    draft_write(d, name, &scenario);
    if (!buf_ok(&scenario) || !draft_ok(d)) {
        err_set(e, "%s: the scenario would be larger than the limit of %zu bytes, or out of memory",
                name, SCENARIO_BYTES_MAX);
        goto out;
    }
    if (check(name, &scenario, e) != 0)
        goto out;
    made.bytes = scenario.len;
    made.requests = d->counted > 0 ? d->counted : d->request_count;
    made.asks_target = asks_target(d);
    const struct draft_counts counts = draft_count(d);
    made.lost = counts.lost;
    made.details = counts.details;
    made.assumed = counts.assumed;
    made.scenario = buf_take(&scenario);
    made.said = said(d);
    if (made.scenario == NULL || made.said == NULL || take_files(d, &made) != 0) {
        err_memory(e, "%s", name);
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
