#include "scenario/check.h"
#include "grpc/grpc_frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/jsonscan.h"
#include "util/text.h"
#include "util/units.h"

#define SHOWN_BYTES 80

static bool have(const struct check_list *l, enum check_subject subject) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == subject)
            return true;
    return false;
}

bool checks_have_status(const struct check_list *l) {
    return have(l, CHECK_STATUS);
}

bool checks_have_grpc_status(const struct check_list *l) {
    return have(l, CHECK_GRPC_STATUS);
}

bool checks_need_head(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == CHECK_HEADER)
            return true;
    return false;
}

bool checks_need_body(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (check_reads_body(&l->items[i]))
            return true;
    return false;
}

bool checks_need_text(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == CHECK_TEXT)
            return true;
    return false;
}

bool check_reads_body(const struct check *c) {
    return c->subject == CHECK_JSON || c->subject == CHECK_BODY;
}

__attribute__((format(printf, 3, 4))) static bool fails(const struct check *c, struct err *why,
                                                        const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(why, "%.200s: %s", c->name, text);
    return false;
}

/* A constant of the scenario for a message: no line ends or NULs, not cut inside a character. */
static const char *shown(struct bytes b, char out[SHOWN_BYTES + 4]) {
    size_t n = text_cut(b.data, b.len, SHOWN_BYTES);
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)b.data[i] < 0x20 || b.data[i] == 0x7f ? ' ' : b.data[i];
    snprintf(out + n, 4, "%s", n < b.len ? "..." : "");
    return out;
}

/* A value found: as text, and for JSON what kind it is. */
struct found {
    struct bytes text;
    enum json_kind kind; /* of a header or body: JSON_STRING */
};

static bool is_integer(struct bytes b) {
    for (size_t i = b.len > 0 && b.data[0] == '-'; i < b.len; i++)
        if (b.data[i] < '0' || b.data[i] > '9')
            return false;
    return true;
}

/* The whole text as a number. */
static bool number_of(struct bytes b, double *out) {
    char text[400], *end;
    if (b.len == 0 || b.len >= sizeof text || memchr(b.data, '\0', b.len) != NULL)
        return false;
    memcpy(text, b.data, b.len);
    text[b.len] = '\0';
    if (strspn(text, "+-0123456789.eE") != b.len)
        return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

static bool same(const struct found *f, const struct check_value *v) {
    double number;
    struct bytes wanted = {v->text, v->len};
    if (f->kind != v->kind)
        return false;
    if (f->kind == JSON_NULL)
        return true;
    if (f->kind == JSON_BOOL)
        return (f->text.data[0] == 't') == v->boolean;
    bool equal = f->text.len == wanted.len && memcmp(f->text.data, wanted.data, wanted.len) == 0;
    if (equal || f->kind == JSON_STRING)
        return equal;
    /* Whole numbers may have more digits than a double: only their texts tell them apart. */
    if (is_integer(f->text) && is_integer(wanted) && f->text.len > 15)
        return false;
    return number_of(f->text, &number) && number == v->number;
}

static const char *wanted_text(const struct check_value *v, char out[SHOWN_BYTES + 8]) {
    static const struct bytes null = {"null", 4}, yes = {"true", 4}, no = {"false", 5};
    char inside[SHOWN_BYTES + 4];
    struct bytes text = v->kind == JSON_NULL   ? null
                        : v->kind != JSON_BOOL ? (struct bytes){v->text, v->len}
                        : v->boolean           ? yes
                                               : no;
    /* In quotes, for "7" is not 7. */
    snprintf(out, SHOWN_BYTES + 8, v->kind == JSON_STRING ? "\"%s\"" : "%s", shown(text, inside));
    return out;
}

/* Keeps the value that was found; a body is kept as such. */
static void see(const struct check *c, const struct found *f, struct capture_work *w) {
    if (c->subject == CHECK_BODY || c->subject == CHECK_TEXT)
        return;
    bool quotes = c->subject == CHECK_JSON && f->kind == JSON_STRING;
    buf_str(&w->seen, quotes ? "\"" : "");
    buf_add(&w->seen, f->text.data,
            f->text.len < CAPTURE_SEEN_MAX ? f->text.len : CAPTURE_SEEN_MAX);
    buf_str(&w->seen, quotes && f->text.len <= CAPTURE_SEEN_MAX ? "\"" : "");
}

static bool order_holds(const struct check *c, const struct found *f, struct err *why) {
    double number;
    if (!c->has_less && !c->has_greater)
        return true;
    if ((c->subject == CHECK_JSON && f->kind != JSON_NUMBER) || !number_of(f->text, &number))
        return fails(c, why, "not a number");
    if (c->has_less && !(number < c->less))
        return fails(c, why, "not less than %.15g", c->less);
    if (c->has_greater && !(number > c->greater))
        return fails(c, why, "not greater than %.15g", c->greater);
    return true;
}

static bool each_holds(const struct check *c, const struct found *f, struct capture_work *w,
                       struct err *why) {
    char wanted[SHOWN_BYTES + 8];
    struct err e;
    if (c->has_exists && !c->exists)
        return fails(c, why, "it exists");
    if (c->equals != NULL && !same(f, c->equals))
        return fails(c, why, "not equal to %s", wanted_text(c->equals, wanted));
    if (c->not_equals != NULL && same(f, c->not_equals))
        return fails(c, why, "equal to %s", wanted_text(c->not_equals, wanted));
    if (c->contains != NULL &&
        memmem(f->text.data, f->text.len, c->contains, c->contains_bytes) == NULL)
        return fails(c, why, "it does not contain \"%s\"",
                     shown((struct bytes){c->contains, c->contains_bytes}, wanted));
    if (c->matches != NULL) {
        int matched = pattern_match(c->matches, f->text, 0, &w->pattern, NULL, &e);
        if (matched < 0)
            return fails(c, why, "%s", e.text);
        if (matched == 0)
            return fails(c, why, "it does not match");
    }
    return order_holds(c, f, why);
}

static bool conditions_hold(const struct check *c, const struct found *f, struct capture_work *w,
                            struct err *why) {
    if (each_holds(c, f, w, why))
        return true;
    see(c, f, w);
    return false;
}

static enum json_kind kind_of(char c) {
    switch (c) {
    case '"':
        return JSON_STRING;
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

static bool json_holds(const struct check *c, const struct response *a, struct capture_work *w,
                       struct err *why) {
    struct bytes value;
    struct found f;
    struct err e;
    enum jsonpath_found found = jsonpath_find(c->path, a->body, &value, &e);
    if (found == JSONPATH_MISSING && c->has_exists && !c->exists)
        return true;
    if (found != JSONPATH_FOUND)
        return fails(c, why, "%s", e.text);
    buf_clear(&w->text);
    w->text.max = CAPTURE_VALUE_MAX;
    if (jsonpath_value_text(value, &w->text, &e) != 0)
        return fails(c, why, "%s", e.text);
    f = (struct found){{buf_text(&w->text), w->text.len}, kind_of(value.data[0])};
    return conditions_hold(c, &f, w, why);
}

static bool header_holds(const struct check *c, const struct response *a, struct capture_work *w,
                         struct err *why) {
    struct found f = {response_header(a, c->field), JSON_STRING};
    if (f.text.data == NULL)
        return (c->has_exists && !c->exists) || fails(c, why, "the response has no such header");
    return conditions_hold(c, &f, w, why);
}

static bool status_holds(const struct check *c, const struct response *a, struct capture_work *w,
                         struct err *why) {
    for (size_t i = 0; i < c->range_count; i++)
        if (a->status >= c->ranges[i].from && a->status <= c->ranges[i].to)
            return true;
    buf_printf(&w->seen, "%d", a->status);
    return fails(c, why, "a different status");
}

static bool grpc_status_holds(const struct check *c, const struct response *a,
                              struct capture_work *w, struct err *why) {
    for (size_t i = 0; i < c->range_count; i++)
        if (a->has_grpc_status && a->grpc_status == c->ranges[i].from)
            return true;
    if (a->has_grpc_status)
        buf_str(&w->seen, grpc_status_text(a->grpc_status));
    return fails(c, why, "a different status");
}

static bool size_holds(const struct check *c, const struct response *a, struct capture_work *w,
                       struct err *why) {
    if (a->body_bytes >= (uint64_t)c->min && a->body_bytes <= (uint64_t)c->max)
        return true;
    buf_printf(&w->seen, "%" PRIu64 " byte%s", a->body_bytes, text_plural(a->body_bytes));
    bool small = a->body_bytes < (uint64_t)c->min;
    int64_t limit = small ? c->min : c->max;
    return fails(c, why, "%s than %" PRId64 " byte%s", small ? "less" : "more", limit,
                 text_plural((uint64_t)limit));
}

static bool time_holds(const struct check *c, const struct response *a, struct capture_work *w,
                       struct err *why) {
    char duration[UNITS_BYTES];
    if (a->time_ns <= c->max)
        return true;
    units_duration_text(a->time_ns / 1000 * 1000, duration);
    buf_str(&w->seen, duration);
    units_duration_text(c->max, duration);
    return fails(c, why, "it took longer than %s", duration);
}

static struct found whole_text(struct bytes b) {
    return (struct found){{b.data == NULL ? "" : b.data, b.len}, JSON_STRING};
}

/* What was found is never in the reason: each value would be an error of its own kind. */
bool check_holds(const struct check *c, const struct response *a, struct capture_work *w,
                 struct err *why) {
    struct found whole;
    w->seen.max = CAPTURE_SEEN_MAX + 8;
    buf_clear(&w->seen);
    switch (c->subject) {
    case CHECK_STATUS:
        return status_holds(c, a, w, why);
    case CHECK_GRPC_STATUS:
        return grpc_status_holds(c, a, w, why);
    case CHECK_JSON:
        return json_holds(c, a, w, why);
    case CHECK_HEADER:
        return header_holds(c, a, w, why);
    case CHECK_BODY:
        whole = whole_text(a->body);
        return conditions_hold(c, &whole, w, why);
    case CHECK_TEXT:
        whole = whole_text(a->text);
        return conditions_hold(c, &whole, w, why);
    case CHECK_SIZE:
        return size_holds(c, a, w, why);
    case CHECK_TIME:
        break;
    }
    return time_holds(c, a, w, why);
}
