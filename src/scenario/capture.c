#include "scenario/capture.h"
#include "util/fits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void capture_work_done(struct capture_work *w) {
    pattern_work_done(&w->pattern);
    buf_done(&w->text);
    buf_done(&w->seen);
}

void captures_done(struct capture_list *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct capture *c = &l->items[i];
        free(c->name);
        free(c->field);
        free(c->fallback);
        jsonpath_free(c->path);
        pattern_free(c->regex);
    }
    free(l->items);
    *l = (struct capture_list){0};
}

bool captures_need_head(const struct capture_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].source == CAPTURE_HEADER || l->items[i].source == CAPTURE_COOKIE)
            return true;
    return false;
}

bool capture_reads_body(const struct capture *c) {
    return c->source == CAPTURE_JSON || c->source == CAPTURE_BODY;
}

bool captures_need_body(const struct capture_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (capture_reads_body(&l->items[i]))
            return true;
    return false;
}

bool captures_need_text(const struct capture_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].source == CAPTURE_TEXT)
            return true;
    return false;
}

static const char *const sources[] = {"json", "jsonpath", "header", "cookie",
                                      "body", "text",     "status"};

static int group_read(struct loader *r, const struct json *v, struct capture *c) {
    c->group = pattern_groups(c->regex) > 0 ? 1 : 0;
    if (v == NULL)
        return 0;
    if (v->kind != JSON_STRING) {
        if (loader_integer(r, v, 0, PATTERN_GROUPS_MAX, &c->group) != 0)
            return -1;
        if (c->group > pattern_groups(c->regex))
            return loader_fail(r, v->at, "there is no group %u; the regular expression has %u",
                               c->group, pattern_groups(c->regex));
        return 0;
    }
    int n = json_has_nul(v->text, v->len) ? -1 : pattern_group(c->regex, v->text);
    if (n < 0)
        return loader_fail(r, v->at, "the regular expression has no group named \"%.60s\"",
                           v->text);
    c->group = (uint32_t)n;
    return 0;
}

static int regex_read(struct loader *r, const struct json *v, struct capture *c) {
    const struct json *regex = json_get(v, "regex"), *group = json_get(v, "group");
    struct err e;
    if (regex == NULL && group != NULL)
        return loader_fail(r, group->key_at, "\"group\" applies only to \"regex\"; remove it");
    if (regex == NULL)
        return 0;
    if (loader_kind(r, regex, JSON_STRING) != 0)
        return -1;
    if (pattern_compile(regex->text, regex->len, &c->regex, &e) != 0)
        return loader_fail(r, regex->at, "%s", e.text);
    return group_read(r, group, c);
}

static int fallback_read(struct loader *r, const struct json *v, struct capture *c) {
    if (v == NULL)
        return 0;
    if (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT || v->kind == JSON_NULL)
        return loader_fail(r, v->at,
                           "\"default\" must be a string, a number, true or false, not %s",
                           json_kind_text(v->kind));
    if (v->kind == JSON_STRING && memmem(v->text, v->len, "${", 2) != NULL)
        return loader_fail(r, v->at, "\"default\" is plain text; it cannot contain ${...}");
    const char *text = v->kind == JSON_BOOL ? (v->boolean ? "true" : "false") : v->text;
    size_t n = v->kind == JSON_BOOL ? strlen(text) : v->len;
    c->fallback = malloc(n + 1);
    if (c->fallback == NULL)
        return loader_memory(r);
    memcpy(c->fallback, text, n);
    c->fallback[n] = '\0';
    c->fallback_bytes = n;
    return 0;
}

static int path_read(struct loader *r, const struct json *v, struct capture *c) {
    struct err e = {""};
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    c->source = CAPTURE_JSON;
    if ((strcmp(v->key, "json") == 0 ? jsonpath_pointer : jsonpath_path)(v->text, v->len, &c->path,
                                                                         &e) != 0)
        return loader_fail(r, v->at, "\"%s\": %s", v->key, e.text);
    return 0;
}

static int source_read(struct loader *r, const struct json *v, struct capture *c) {
    const struct json *source = NULL;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const struct json *found = json_get(v, sources[i]);
        if (found != NULL && source != NULL)
            return loader_fail(r, found->key_at,
                               "\"%s\" cannot be combined with \"%s\"; remove one of them",
                               found->key, source->key);
        source = found != NULL ? found : source;
    }
    if (source == NULL && json_get(v, "regex") == NULL)
        return loader_fail(r, v->at,
                           "the source of the value is missing here; write \"json\", \"jsonpath\", "
                           "\"header\", \"cookie\", \"regex\", \"body\", \"text\" or \"status\"");
    c->source = CAPTURE_BODY;
    if (source == NULL)
        return 0;
    if (strncmp(source->key, "json", 4) == 0)
        return path_read(r, source, c);
    if (source->key[0] == 'h' || source->key[0] == 'c') {
        c->source = source->key[0] == 'h' ? CAPTURE_HEADER : CAPTURE_COOKIE;
        return loader_name(r, source, &c->field);
    }
    if (source->kind != JSON_BOOL || !source->boolean)
        return loader_fail(r, source->at, "\"%s\" must be true", source->key);
    c->source = source->key[0] == 's'   ? CAPTURE_STATUS
                : source->key[0] == 't' ? CAPTURE_TEXT
                                        : CAPTURE_BODY;
    return 0;
}

static int capture_read(struct loader *r, const struct json *v, struct scope *scope,
                        struct capture *c) {
    if (loader_section(r, v, SECTION_CAPTURE) != 0)
        return -1;
    if (json_has_nul(v->key, v->key_len))
        return loader_fail(r, v->key_at, "a name cannot contain \\u0000");
    c->name = strdup(v->key);
    if (c->name == NULL)
        return loader_memory(r);
    if (scope_variable(r, scope, c->name, v->key_at, &c->slot) != 0 || source_read(r, v, c) != 0 ||
        regex_read(r, v, c) != 0)
        return -1;
    return fallback_read(r, json_get(v, "default"), c);
}

int captures_read(struct loader *r, const struct json *v, struct scope *scope,
                  struct capture_list *out) {
    struct capture_list l = {0};
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    if (v->count > CAPTURES_MAX)
        return loader_fail(r, v->at, "more than %d captures", CAPTURES_MAX);
    l.items = calloc(v->count + 1, sizeof *l.items);
    if (l.items == NULL)
        return loader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (capture_read(r, m, scope, &l.items[l.count++]) != 0) {
            captures_done(&l);
            return -1;
        }
    *out = l;
    return 0;
}

/* What the source gives, as a view of the answer or of w->text; -1 where there is nothing. */
static int source_value(const struct capture *c, const struct response *a, struct capture_work *w,
                        char status[16], struct bytes *out, struct err *why) {
    struct err e;
    switch (c->source) {
    case CAPTURE_JSON:
        if (jsonpath_find(c->path, a->body, out, &e) != JSONPATH_FOUND)
            return err_set(why, "capture %s: %s", c->name, e.text);
        if (out->data[0] == 'n')
            return err_set(why, "capture %s: %.200s is null", c->name, jsonpath_text(c->path));
        buf_clear(&w->text);
        w->text.max = CAPTURE_VALUE_MAX;
        if (jsonpath_value_text(*out, &w->text, &e) != 0)
            return err_set(why, "capture %s: %s", c->name, e.text);
        *out = (struct bytes){buf_text(&w->text), w->text.len};
        return 0;
    case CAPTURE_HEADER:
        *out = response_header(a, c->field);
        return out->data != NULL ? 0
                                 : err_set(why, "capture %s: the response has no header %.100s",
                                           c->name, c->field);
    case CAPTURE_COOKIE:
        *out = response_cookie(a, c->field);
        return out->data != NULL ? 0
                                 : err_set(why, "capture %s: the response sets no cookie %.100s",
                                           c->name, c->field);
    case CAPTURE_STATUS:
        *out = (struct bytes){status, (size_t)snprintf(status, 16, "%d", a->status)};
        return 0;
    case CAPTURE_TEXT:
        *out = (struct bytes){a->text.data == NULL ? "" : a->text.data, a->text.len};
        return 0;
    case CAPTURE_BODY:
        break;
    }
    *out = (struct bytes){a->body.data == NULL ? "" : a->body.data, a->body.len};
    return 0;
}

static int found_value(const struct capture *c, const struct response *a, struct capture_work *w,
                       struct buf *out, struct err *why) {
    char status[16];
    struct bytes value, group;
    struct err e;
    if (source_value(c, a, w, status, &value, why) != 0)
        return -1;
    if (c->regex != NULL) {
        int matched = pattern_match(c->regex, value, c->group, &w->pattern, &group, &e);
        if (matched < 0)
            return err_set(why, "capture %s: %s", c->name, e.text);
        if (matched == 0 || group.data == NULL)
            return err_set(why, "capture %s: nothing matches %.200s", c->name,
                           pattern_text(c->regex));
        value = group;
    }
    buf_add(out, value.data, value.len);
    return buf_fits(out, why, "capture less", "the value of capture %s", c->name);
}

int capture_take(const struct capture *c, const struct response *a, struct capture_work *w,
                 struct buf *out, struct err *why) {
    buf_clear(out);
    if (c->fallback == NULL)
        return found_value(c, a, w, out, why);
    if (found_value(c, a, w, out, NULL) == 0)
        return 0;
    buf_clear(out);
    buf_add(out, c->fallback, c->fallback_bytes);
    return buf_fits(out, why, "capture less", "the value of capture %s", c->name);
}
