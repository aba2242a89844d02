#include "scenario/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/jsonscan.h"
#include "util/units.h"

#define SHOWN_BYTES 80

bool checks_have_status(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == CHECK_STATUS)
            return true;
    return false;
}

bool checks_need_head(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == CHECK_HEADER)
            return true;
    return false;
}

bool checks_need_body(const struct check_list *l) {
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].subject == CHECK_JSON || l->items[i].subject == CHECK_BODY)
            return true;
    return false;
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

/* The beginning of a value, for a message: no line ends or NULs, not cut inside a character. */
static const char *shown(struct bytes b, char out[SHOWN_BYTES + 4]) {
    size_t n = b.len < SHOWN_BYTES ? b.len : SHOWN_BYTES;
    while (n < b.len && n > 0 && ((unsigned char)b.data[n] & 0xc0) == 0x80)
        n--;
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

/* A value for a message, a string in quotes: "7" is not 7. */
static const char *quoted(struct bytes text, bool string, char out[SHOWN_BYTES + 8]) {
    char inside[SHOWN_BYTES + 4];
    snprintf(out, SHOWN_BYTES + 8, string ? "\"%s\"" : "%s", shown(text, inside));
    return out;
}

static const char *quoted_value(const struct check_value *v, char out[SHOWN_BYTES + 8]) {
    static const struct bytes null = {"null", 4}, yes = {"true", 4}, no = {"false", 5};
    struct bytes text = v->kind == JSON_NULL   ? null
                        : v->kind != JSON_BOOL ? (struct bytes){v->text, v->len}
                        : v->boolean           ? yes
                                               : no;
    return quoted(text, v->kind == JSON_STRING, out);
}

static bool order_holds(const struct check *c, const struct found *f, struct err *why) {
    char text[SHOWN_BYTES + 4];
    double number;
    if (!c->has_less && !c->has_greater)
        return true;
    if ((c->subject == CHECK_JSON && f->kind != JSON_NUMBER) || !number_of(f->text, &number))
        return fails(c, why, "%s is no number", shown(f->text, text));
    if (c->has_less && !(number < c->less))
        return fails(c, why, "%s is not less than %.15g", shown(f->text, text), c->less);
    if (c->has_greater && !(number > c->greater))
        return fails(c, why, "%s is not greater than %.15g", shown(f->text, text), c->greater);
    return true;
}

static bool conditions_hold(const struct check *c, const struct found *f, bool cut,
                            struct capture_work *w, struct err *why) {
    char text[SHOWN_BYTES + 8], wanted[SHOWN_BYTES + 8];
    struct err e;
    const char *note = cut ? " (only the beginning of the body was kept)" : "";
    if (c->equals != NULL && (cut || !same(f, c->equals)))
        return fails(c, why, "%s is not %s%s", quoted(f->text, f->kind == JSON_STRING, text),
                     quoted_value(c->equals, wanted), note);
    if (c->not_equals != NULL && same(f, c->not_equals))
        return fails(c, why, "it is %s", quoted(f->text, f->kind == JSON_STRING, text));
    if (c->contains != NULL &&
        memmem(f->text.data, f->text.len, c->contains, c->contains_bytes) == NULL)
        return fails(c, why, "\"%s\" is not in %s%s",
                     shown((struct bytes){c->contains, c->contains_bytes}, wanted),
                     f->text.len == 0 ? "the empty text" : shown(f->text, text), note);
    if (c->matches != NULL) {
        int matched = pattern_match(c->matches, f->text, 0, &w->pattern, NULL, &e);
        if (matched < 0)
            return fails(c, why, "%s", e.text);
        if (matched == 0)
            return fails(c, why, "%s does not match%s",
                         f->text.len == 0 ? "the empty text" : shown(f->text, text), note);
    }
    return order_holds(c, f, why);
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

static bool json_holds(const struct check *c, const struct answer *a, struct capture_work *w,
                       struct err *why) {
    struct bytes value;
    struct found f;
    struct err e;
    enum jsonpath_found found = jsonpath_find(c->path, a->body, &value, &e);
    if (found == JSONPATH_MISSING && c->has_exists && !c->exists)
        return true;
    if (found != JSONPATH_FOUND)
        return fails(c, why, "%s%s", e.text,
                     a->body_cut ? " (only the beginning of the body was kept)" : "");
    if (c->has_exists && !c->exists)
        return fails(c, why, "it is there");
    buf_clear(&w->text);
    w->text.max = CAPTURE_VALUE_MAX;
    if (jsonpath_value_text(value, &w->text, &e) != 0)
        return fails(c, why, "%s", e.text);
    f = (struct found){{buf_text(&w->text), w->text.len}, kind_of(value.data[0])};
    return conditions_hold(c, &f, false, w, why);
}

static bool header_holds(const struct check *c, const struct answer *a, struct capture_work *w,
                         struct err *why) {
    struct found f = {answer_header(a, c->field), JSON_STRING};
    if (c->has_exists && !c->exists)
        return f.text.data == NULL || fails(c, why, "it is there");
    if (f.text.data == NULL)
        return fails(c, why, "the response has no such header");
    return conditions_hold(c, &f, false, w, why);
}

static bool status_holds(const struct check *c, const struct answer *a, struct err *why) {
    for (size_t i = 0; i < c->range_count; i++)
        if (a->status >= c->ranges[i].from && a->status <= c->ranges[i].to)
            return true;
    return fails(c, why, "it is %d", a->status);
}

bool check_holds(const struct check *c, const struct answer *a, struct capture_work *w,
                 struct err *why) {
    char duration[UNITS_BYTES];
    struct found body;
    switch (c->subject) {
    case CHECK_STATUS:
        return status_holds(c, a, why);
    case CHECK_JSON:
        return json_holds(c, a, w, why);
    case CHECK_HEADER:
        return header_holds(c, a, w, why);
    case CHECK_BODY:
        body = (struct found){{a->body.data == NULL ? "" : a->body.data, a->body.len}, JSON_STRING};
        return conditions_hold(c, &body, a->body_cut, w, why);
    case CHECK_SIZE:
        if (a->body_bytes < (uint64_t)c->min || a->body_bytes > (uint64_t)c->max)
            return fails(c, why, "it is %" PRIu64 " bytes", a->body_bytes);
        return true;
    case CHECK_TIME:
        break;
    }
    if (a->time_ns <= c->max)
        return true;
    /* Not how long: each of those texts would be an error of its own kind. The row has the time. */
    units_duration_text(c->max, duration);
    return fails(c, why, "it took longer than %s", duration);
}
