/* Reads "checks" of a scenario. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/grpc_frame.h"
#include "scenario/check.h"
#include "util/text.h"
#include "util/units.h"

#define NAME_BYTES_MAX 200

static void value_free(struct check_value *v) {
    if (v != NULL)
        free(v->text);
    free(v);
}

void checks_done(struct check_list *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct check *c = &l->items[i];
        free(c->name);
        free(c->field);
        free(c->ranges);
        free(c->contains);
        value_free(c->equals);
        value_free(c->not_equals);
        jsonpath_free(c->path);
        pattern_free(c->matches);
    }
    free(l->items);
    *l = (struct check_list){0};
}

static int copy(struct loader *r, const char *text, size_t n, char **out) {
    char *c = malloc(n + 1);
    if (c == NULL)
        return loader_memory(r);
    memcpy(c, text, n);
    c[n] = '\0';
    *out = c;
    return 0;
}

/* A string is compared as it is: a ${...} in it would never be filled in. */
static int plain(struct loader *r, const struct json *v) {
    if (v->kind == JSON_STRING && memmem(v->text, v->len, "${", 2) != NULL)
        return loader_fail(r, v->at, "\"%s\" of a check is plain text; it cannot contain ${...}",
                           v->key);
    return 0;
}

/* Three digits from 100 to 599; -1 where they are not. */
static int status_of(const char *text) {
    for (int i = 0; i < 3; i++)
        if (text[i] < (i == 0 ? '1' : '0') || text[i] > (i == 0 ? '5' : '9'))
            return -1;
    return (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0';
}

/* 200, "2xx", "200-299". */
static int range_read(struct loader *r, const struct json *v, struct check_range *out) {
    uint32_t n;
    if (v->kind == JSON_NUMBER) {
        if (loader_integer(r, v, 100, 599, &n) != 0)
            return -1;
        *out = (struct check_range){(int)n, (int)n};
        return 0;
    }
    if (v->kind == JSON_STRING && v->len == 3 && v->text[0] >= '1' && v->text[0] <= '5' &&
        strcmp(v->text + 1, "xx") == 0) {
        int from = (v->text[0] - '0') * 100;
        *out = (struct check_range){from, from + 99};
        return 0;
    }
    if (v->kind == JSON_STRING && v->len == 7 && v->text[3] == '-') {
        int from = status_of(v->text), to = status_of(v->text + 4);
        if (from > 0 && from <= to) {
            *out = (struct check_range){from, to};
            return 0;
        }
    }
    return loader_fail(r, v->at, "%s must be a number from 100 to 599, \"2xx\" or \"200-299\"",
                       v->key == NULL ? "a status" : "\"status\"");
}

static int status_read(struct loader *r, const struct json *v, struct check *c) {
    size_t n = v->kind == JSON_ARRAY ? v->count : 1;
    if (n == 0 || n > CHECK_RANGES_MAX)
        return loader_fail(r, v->at, "\"status\" must hold 1 to %d statuses, not %zu",
                           CHECK_RANGES_MAX, n);
    c->ranges = calloc(n, sizeof *c->ranges);
    if (c->ranges == NULL)
        return loader_memory(r);
    if (v->kind != JSON_ARRAY) {
        c->range_count = 1;
        return range_read(r, v, c->ranges);
    }
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (range_read(r, m, &c->ranges[c->range_count++]) != 0)
            return -1;
    return 0;
}

/* "NOT_FOUND", or its number. */
static int grpc_code_read(struct loader *r, const struct json *v, struct check_range *out) {
    int64_t n = -1;
    if (v->kind == JSON_STRING && !json_has_nul(v->text, v->len))
        n = grpc_status_named(v->text);
    else if (v->kind != JSON_NUMBER || !json_int64(v, &n))
        n = -1;
    if (n < 0 || n >= GRPC_STATUS_COUNT)
        return loader_fail(r, v->at,
                           "%s must be a status of gRPC: a name like \"NOT_FOUND\", or its number "
                           "from 0 to %d",
                           v->key == NULL ? "a status" : "\"grpc_status\"", GRPC_STATUS_COUNT - 1);
    *out = (struct check_range){(int)n, (int)n};
    return 0;
}

static int grpc_status_list(struct loader *r, const struct json *v, struct check *c) {
    size_t n = v->kind == JSON_ARRAY ? v->count : 1;
    if (n == 0 || n > CHECK_RANGES_MAX)
        return loader_fail(r, v->at, "\"grpc_status\" must hold 1 to %d statuses, not %zu",
                           CHECK_RANGES_MAX, n);
    c->ranges = calloc(n, sizeof *c->ranges);
    if (c->ranges == NULL)
        return loader_memory(r);
    const struct json *m = v->kind == JSON_ARRAY ? v->first : v;
    for (; m != NULL && c->range_count < n; m = m->next)
        if (grpc_code_read(r, m, &c->ranges[c->range_count++]) != 0)
            return -1;
    return 0;
}

static int value_read(struct loader *r, const struct json *v, bool text_only,
                      struct check_value **out) {
    if (v == NULL)
        return 0;
    if (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT)
        return loader_fail(r, v->at,
                           "\"%s\" compares with a string, a number, true, false or null, not %s",
                           v->key, json_kind_text(v->kind));
    if (text_only && v->kind != JSON_STRING)
        return loader_fail(r, v->at, "\"%s\" must be a string here, not %s", v->key,
                           json_kind_text(v->kind));
    if (plain(r, v) != 0)
        return -1;
    struct check_value *value = calloc(1, sizeof *value);
    if (value == NULL)
        return loader_memory(r);
    *out = value; /* the check owns it, whatever happens */
    value->kind = v->kind;
    value->boolean = v->boolean;
    value->len = v->len;
    if (v->kind == JSON_NUMBER && !json_double(v, &value->number))
        return loader_fail(r, v->at, "\"%s\" is too large", v->key);
    return v->kind == JSON_STRING || v->kind == JSON_NUMBER ? copy(r, v->text, v->len, &value->text)
                                                            : 0;
}

static int number_read(struct loader *r, const struct json *v, bool *has, double *out) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    if (!json_double(v, out))
        return loader_fail(r, v->at, "\"%s\" is too large", v->key);
    *has = true;
    return 0;
}

/* The conditions on a value: of the check itself, or of its "body". */
static int conditions_read(struct loader *r, const struct json *v, bool text_only,
                           struct check *c) {
    const struct json *contains = json_get(v, "contains"), *matches = json_get(v, "matches");
    const struct json *exists = json_get(v, "exists");
    struct err e;
    if (value_read(r, json_get(v, "equals"), text_only, &c->equals) != 0 ||
        value_read(r, json_get(v, "not"), text_only, &c->not_equals) != 0 ||
        loader_bool(r, exists, &c->exists) != 0 ||
        number_read(r, json_get(v, "less"), &c->has_less, &c->less) != 0 ||
        number_read(r, json_get(v, "greater"), &c->has_greater, &c->greater) != 0)
        return -1;
    c->has_exists = exists != NULL;
    if (contains != NULL) {
        if (loader_kind(r, contains, JSON_STRING) != 0 || plain(r, contains) != 0 ||
            copy(r, contains->text, contains->len, &c->contains) != 0)
            return -1;
        c->contains_bytes = contains->len;
    }
    if (matches != NULL) {
        if (loader_kind(r, matches, JSON_STRING) != 0)
            return -1;
        if (pattern_compile(matches->text, matches->len, &c->matches, &e) != 0)
            return loader_fail(r, matches->at, "%s", e.text);
    }
    bool any = c->equals != NULL || c->not_equals != NULL || c->contains != NULL ||
               c->matches != NULL || c->has_less || c->has_greater;
    if (exists != NULL && !c->exists && any)
        return loader_fail(r, exists->at,
                           "\"exists\": false cannot be combined with other conditions; remove "
                           "\"exists\" or the others");
    if (!any && !c->has_exists)
        return loader_fail(r, v->at,
                           c->subject == CHECK_BODY || c->subject == CHECK_TEXT
                               ? "the condition is missing here; write \"equals\", \"contains\" or "
                                 "\"matches\""
                               : "the condition is missing here; write \"exists\", \"equals\", "
                                 "\"not\", \"contains\", \"matches\", \"less\" or \"greater\"");
    return 0;
}

static int limits_read(struct loader *r, const struct json *v, struct check *c) {
    bool time = c->subject == CHECK_TIME;
    if (loader_section(r, v, time ? SECTION_CHECK_TIME : SECTION_CHECK_SIZE) != 0)
        return -1;
    const struct json *min = json_get(v, "min"), *max = json_get(v, "max");
    c->max = INT64_MAX;
    if (min == NULL && max == NULL)
        return loader_fail(r, v->at,
                           time ? "the limit is missing here; write \"max\": \"500ms\""
                                : "the limit is missing here; write \"min\" or \"max\"");
    if (time)
        return loader_duration(r, max, &c->max);
    if (loader_size(r, min, &c->min) != 0 || loader_size(r, max, &c->max) != 0)
        return -1;
    if (min != NULL && c->min > c->max)
        return loader_fail(r, min->at, "\"min\" is greater than \"max\", so nothing can pass");
    return 0;
}

static const struct {
    const char *key;
    enum check_subject subject;
} subjects[] = {{"status", CHECK_STATUS}, {"grpc_status", CHECK_GRPC_STATUS},
                {"json", CHECK_JSON},     {"jsonpath", CHECK_JSON},
                {"header", CHECK_HEADER}, {"body", CHECK_BODY},
                {"text", CHECK_TEXT},     {"size", CHECK_SIZE},
                {"time", CHECK_TIME}};

/* What the check looks at, and that it has no key that it does not look at. */
static int subject_find(struct loader *r, const struct json *v, const struct json **out,
                        enum check_subject *subject) {
    const struct json *found = NULL;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const struct json *m = json_get(v, subjects[i].key);
        if (m == NULL)
            continue;
        if (found != NULL)
            return loader_fail(r, m->key_at,
                               "\"%s\" cannot be combined with \"%s\"; write a check for each",
                               m->key, found->key);
        found = m;
        *subject = subjects[i].subject;
    }
    if (found == NULL)
        return loader_fail(r, v->at,
                           "the subject of the check is missing here; write \"status\", "
                           "\"grpc_status\", \"json\", \"jsonpath\", \"header\", \"body\", "
                           "\"text\", \"size\" or \"time\"");
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (m != found && strcmp(m->key, "name") != 0 && *subject != CHECK_JSON &&
            *subject != CHECK_HEADER)
            return loader_fail(r, m->key_at, "\"%s\" cannot be combined with \"%s\"; %s", m->key,
                               found->key,
                               *subject == CHECK_BODY   ? "move it into \"body\""
                               : *subject == CHECK_TEXT ? "move it into \"text\""
                                                        : "remove it");
    *out = found;
    return 0;
}

static int subject_read(struct loader *r, const struct json *v, const struct json *what,
                        struct check *c) {
    struct err e;
    assert(what != NULL);
    switch (c->subject) {
    case CHECK_STATUS:
        return status_read(r, what, c);
    case CHECK_GRPC_STATUS:
        return grpc_status_list(r, what, c);
    case CHECK_JSON:
        if (loader_kind(r, what, JSON_STRING) != 0)
            return -1;
        if ((strcmp(what->key, "json") == 0 ? jsonpath_pointer : jsonpath_path)(
                what->text, what->len, &c->path, &e) != 0)
            return loader_fail(r, what->at, "\"%s\": %s", what->key, e.text);
        return conditions_read(r, v, false, c);
    case CHECK_HEADER:
        return loader_name(r, what, &c->field) != 0 ? -1 : conditions_read(r, v, true, c);
    case CHECK_BODY:
    case CHECK_TEXT:
        return loader_section(r, what, SECTION_CHECK_BODY) != 0 ? -1
                                                                : conditions_read(r, what, true, c);
    case CHECK_SIZE:
    case CHECK_TIME:
        break;
    }
    return limits_read(r, what, c);
}

/* Of a text, as much as a name can have. */
static void some(struct buf *b, const char *text, size_t n) {
    buf_add(b, text, n < NAME_BYTES_MAX + 4 ? n : NAME_BYTES_MAX + 4);
}

static void value_words(struct buf *b, const char *verb, const struct check_value *v) {
    if (v == NULL)
        return;
    buf_printf(b, " %s ", verb);
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER)
        some(b, v->text, v->len);
    else
        buf_str(b, v->kind == JSON_NULL ? "null" : v->boolean ? "true" : "false");
}

static void condition_words(struct buf *b, const struct check *c) {
    if (c->has_exists)
        buf_str(b, c->exists ? " exists" : " is absent");
    value_words(b, "equals", c->equals);
    value_words(b, "is not", c->not_equals);
    if (c->contains != NULL) {
        buf_str(b, " contains ");
        some(b, c->contains, c->contains_bytes);
    }
    if (c->matches != NULL)
        buf_printf(b, " matches %.*s", NAME_BYTES_MAX, pattern_text(c->matches));
    if (c->has_less)
        buf_printf(b, " is less than %.15g", c->less);
    if (c->has_greater)
        buf_printf(b, " is greater than %.15g", c->greater);
}

/* The name of a check that has none. */
static void words(struct buf *b, const struct check *c) {
    char duration[UNITS_BYTES];
    switch (c->subject) {
    case CHECK_STATUS:
        buf_str(b, "status is");
        for (size_t i = 0; i < c->range_count; i++) {
            const struct check_range *g = &c->ranges[i];
            const char * or = i > 0 ? " or" : "";
            if (g->from == g->to)
                buf_printf(b, "%s %d", or, g->from);
            else if (g->from % 100 == 0 && g->to == g->from + 99)
                buf_printf(b, "%s %dxx", or, g->from / 100);
            else
                buf_printf(b, "%s %d-%d", or, g->from, g->to);
        }
        break;
    case CHECK_GRPC_STATUS:
        buf_str(b, "grpc status is");
        for (size_t i = 0; i < c->range_count; i++)
            buf_printf(b, "%s %s", i > 0 ? " or" : "", grpc_status_text(c->ranges[i].from));
        break;
    case CHECK_JSON:
        buf_str(b, jsonpath_text(c->path)[0] == '\0' ? "json" : jsonpath_text(c->path));
        condition_words(b, c);
        break;
    case CHECK_HEADER:
        buf_printf(b, "header %s", c->field);
        condition_words(b, c);
        break;
    case CHECK_BODY:
    case CHECK_TEXT:
        buf_str(b, c->subject == CHECK_BODY ? "body" : "text");
        condition_words(b, c);
        break;
    case CHECK_SIZE:
        buf_str(b, "size");
        if (c->min > 0)
            buf_printf(b, " from %" PRId64, c->min);
        if (c->max < INT64_MAX)
            buf_printf(b, " up to %" PRId64, c->max);
        buf_str(b, " bytes");
        break;
    case CHECK_TIME:
        units_duration_text(c->max, duration);
        buf_printf(b, "time up to %s", duration);
        break;
    }
}

static int name_read(struct loader *r, const struct json *v, struct check *c) {
    struct buf b;
    if (v != NULL)
        return loader_name(r, v, &c->name);
    buf_init(&b, LOADER_TEXT_MAX * 2);
    words(&b, c);
    size_t n = text_cut(buf_text(&b), b.len, NAME_BYTES_MAX);
    /* It is all there but for a lack of memory: no part of it is long. */
    int result = buf_ok(&b) ? copy(r, buf_text(&b), n, &c->name) : loader_memory(r);
    for (size_t i = 0; result == 0 && i < n; i++)
        if ((unsigned char)c->name[i] < 0x20 || c->name[i] == 0x7f)
            c->name[i] = ' ';
    buf_done(&b);
    return result;
}

static int check_read(struct loader *r, const struct json *v, struct check *c) {
    const struct json *what = NULL;
    if (loader_section(r, v, SECTION_CHECK) != 0 || subject_find(r, v, &what, &c->subject) != 0 ||
        subject_read(r, v, what, c) != 0)
        return -1;
    return name_read(r, json_get(v, "name"), c);
}

int checks_read(struct loader *r, const struct json *v, struct check_list *out) {
    struct check_list l = {0};
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count > CHECKS_MAX)
        return loader_fail(r, v->at, "more than %d checks", CHECKS_MAX);
    l.items = calloc(v->count + 1, sizeof *l.items);
    if (l.items == NULL)
        return loader_memory(r);
    for (const struct json *m = v->first; m != NULL; m = m->next)
        if (check_read(r, m, &l.items[l.count++]) != 0) {
            checks_done(&l);
            return -1;
        }
    *out = l;
    return 0;
}
