#include "emulator/yaml_paths.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/file.h"
#include "util/yaml.h"

struct walk {
    struct yaml_at at;
    char path[YAML_PATH_BYTES];
    yaml_scalar_fn *scalar;
    void *context;
};

int yaml_fail(const struct yaml_at *at, struct err *e, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return json_fail(at->doc, at->at, e, "%s%s%s", at->path, at->path[0] != '\0' ? ": " : "", text);
}

static int walk_value(struct walk *w, const struct json *v, struct err *e);

/* Goes on below, with one more word in the path. */
static int descend(struct walk *w, const char *word, const struct json *v, struct err *e) {
    size_t len = strlen(w->path);
    int n = snprintf(w->path + len, sizeof w->path - len, "%s%s", len > 0 ? " > " : "", word);
    if (n < 0 || (size_t)n >= sizeof w->path - len) {
        w->path[len] = '\0';
        return yaml_fail(&w->at, e, "the path below is too long");
    }
    int failed = walk_value(w, v, e);
    w->path[len] = '\0';
    return failed;
}

static int walk_children(struct walk *w, const struct json *v, struct err *e) {
    char word[24];
    size_t place = 0;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        w->at.at = m->key != NULL ? m->key_at : m->at;
        if (m->key != NULL && json_has_nul(m->key, m->key_len))
            return yaml_fail(&w->at, e, "a key that is not text");
        snprintf(word, sizeof word, "%zu", place++);
        if (descend(w, m->key != NULL ? m->key : word, m, e) != 0)
            return -1;
    }
    return 0;
}

static int walk_value(struct walk *w, const struct json *v, struct err *e) {
    w->at.at = v->at;
    if (v->count > 0)
        return walk_children(w, v, e);
    if (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT)
        return w->scalar(w->context, &w->at, "", e);
    if (json_has_nul(v->text, v->len))
        return yaml_fail(&w->at, e, "a value contains a NUL");
    return w->scalar(w->context, &w->at, v->text, e);
}

int yaml_walk(const char *file, yaml_scalar_fn *scalar, void *context, struct err *e) {
    struct buf text;
    struct json_doc *doc = NULL;
    struct walk w = {.scalar = scalar, .context = context};
    buf_init(&text, YAML_BYTES_MAX);
    int result = file_read(file, &text, e);
    if (result == 0)
        result = yaml_parse(file, buf_text(&text), text.len, &doc, e);
    if (result == 0) {
        w.at = (struct yaml_at){.doc = doc, .path = w.path};
        result = walk_value(&w, json_root(doc), e);
    }
    json_free(doc);
    buf_done(&text);
    return result;
}
