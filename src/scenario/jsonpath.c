/* The search: depth first, so that the first value it meets is the first of RFC 9535's list. */
#include "scenario/jsonpath.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/jsonpath_internal.h"

static int jsonpath_search(const struct segments *path, size_t i, struct jsonscan *s,
                           const char *root, const char *value, const char **found);

static int jsonpath_filter(const struct filter *f, struct jsonscan *s, const char *root,
                           const char *current);

/* How many children a container has; -1 where it is broken. */
static int64_t count_children(struct jsonscan *s, struct jsonscan_children c) {
    struct bytes key;
    const char *value;
    int64_t n = 0;
    int more;
    while ((more = jsonscan_next(s, &c, &key, &value)) == 1)
        n++;
    return more < 0 ? -1 : n;
}

/* Where element number `index` of an array begins: 1, 0 or -1. */
static int element(struct jsonscan *s, struct jsonscan_children c, int64_t index,
                   const char **value) {
    struct bytes key;
    int more;
    if (index < 0)
        return 0;
    while ((more = jsonscan_next(s, &c, &key, value)) == 1)
        if (index-- == 0)
            return 1;
    return more;
}

static int member(struct jsonscan *s, struct jsonscan_children c, struct bytes name,
                  const char **value) {
    struct bytes key;
    int more;
    while ((more = jsonscan_next(s, &c, &key, value)) == 1)
        if (jsonscan_compare(key, name) == 0)
            return 1;
    return more;
}

/* A selector that picks one child at most. */
static int pick(const struct selector *x, struct jsonscan *s, struct jsonscan_children c,
                const char **value) {
    if (c.object)
        return x->kind == SELECT_INDEX ? 0 : member(s, c, (struct bytes){x->name, x->len}, value);
    if (x->kind == SELECT_NAME)
        return 0;
    int64_t index = x->index;
    if (x->kind == SELECT_INDEX && index < 0) {
        int64_t n = count_children(s, c);
        if (n < 0)
            return -1;
        index += n;
    }
    return element(s, c, index, value);
}

struct search {
    const struct segments *path;
    size_t next; /* the segment after this one */
    const char *root;
    const char **found;
};

static int slice(const struct selector *x, struct jsonscan *s, struct jsonscan_children c,
                 const struct search *q) {
    const char *value;
    if (c.object || x->step == 0)
        return 0;
    int64_t n = count_children(s, c);
    if (n < 0)
        return -1;
    /* RFC 9535 2.3.4.2.2 */
    int64_t start = x->has_start ? x->start : x->step > 0 ? 0 : n - 1;
    int64_t end = x->has_end ? x->end : x->step > 0 ? n : -n - 1;
    start += start < 0 ? n : 0;
    end += end < 0 ? n : 0;
    int64_t low = x->step > 0 ? 0 : -1, high = x->step > 0 ? n : n - 1;
    int64_t i = start < low ? low : start > high ? high : start;
    int64_t to = end < low ? low : end > high ? high : end;
    for (; x->step > 0 ? i < to : i > to; i += x->step) {
        int result = element(s, c, i, &value);
        if (result == 1)
            result = jsonpath_search(q->path, q->next, s, q->root, value, q->found);
        if (result != 0)
            return result;
    }
    return 0;
}

static int apply(const struct selector *x, struct jsonscan *s, struct jsonscan_children c,
                 const struct search *q) {
    const char *value;
    struct bytes key;
    int more;
    if (x->kind == SELECT_SLICE)
        return slice(x, s, c, q);
    if (x->kind != SELECT_ALL && x->kind != SELECT_FILTER) {
        int result = pick(x, s, c, &value);
        return result == 1 ? jsonpath_search(q->path, q->next, s, q->root, value, q->found)
                           : result;
    }
    while ((more = jsonscan_next(s, &c, &key, &value)) == 1) {
        int result = x->kind == SELECT_ALL ? 1 : jsonpath_filter(x->filter, s, q->root, value);
        if (result == 1)
            result = jsonpath_search(q->path, q->next, s, q->root, value, q->found);
        if (result != 0)
            return result;
    }
    return more;
}

/* A segment applied to a value, and to all below it where it descends. */
static int visit(const struct segment *segment, struct jsonscan *s, const char *value, int depth,
                 const struct search *q) {
    struct jsonscan_children c;
    struct bytes key;
    const char *child;
    int more;
    if (!jsonscan_open(s, value, &c))
        return 0;
    if (depth == JSONPATH_DEPTH_MAX) {
        s->wrong = "it is nested more than 512 deep";
        return -1;
    }
    for (size_t i = 0; i < segment->count; i++) {
        int result = apply(&segment->items[i], s, c, q);
        if (result != 0)
            return result;
    }
    if (!segment->descend)
        return 0;
    while ((more = jsonscan_next(s, &c, &key, &child)) == 1) {
        int result = visit(segment, s, child, depth + 1, q);
        if (result != 0)
            return result;
    }
    return more;
}

/* The first value below the one that begins at `value`, by the segments from number `i` on: 1, 0 or
 * -1. */
static int jsonpath_search(const struct segments *path, size_t i, struct jsonscan *s,
                           const char *root, const char *value, const char **found) {
    if (i == path->count) {
        *found = value;
        return 1;
    }
    struct search q = {path, i + 1, root, found};
    return visit(&path->items[i], s, value, 0, &q);
}

/* A side of a comparison as JSON text; data NULL: the path leads to nothing. */
static int side(const struct operand *o, struct jsonscan *s, const char *root, const char *current,
                struct bytes *out) {
    const char *found;
    *out = (struct bytes){o->literal, o->len};
    if (!o->is_path)
        return 0;
    int result = jsonpath_search(&o->path, 0, s, root, o->from_root ? root : current, &found);
    if (result != 1)
        return result;
    const char *end = *found == '{' || *found == '[' ? found + 1 : jsonscan_skip(s, found);
    if (end == NULL)
        return -1;
    *out = (struct bytes){found, (size_t)(end - found)};
    return 0;
}

static bool is_number(struct bytes b) {
    return b.data[0] == '-' || (b.data[0] >= '0' && b.data[0] <= '9');
}

/* A text is followed by what ends a number, or by a NUL. */
static double number(struct bytes b) {
    char text[64];
    if (b.len >= sizeof text) /* rare: more digits than a double has */
        b.len = sizeof text - 1;
    memcpy(text, b.data, b.len);
    text[b.len] = '\0';
    return strtod(text, NULL);
}

/* RFC 9535 2.3.5.2.2. Sets *order where the two can be ordered. */
static bool comparable(struct bytes a, struct bytes b, int *order, bool *equal) {
    *equal = false;
    if (a.data == NULL || b.data == NULL) {
        *equal = a.data == NULL && b.data == NULL;
        return false;
    }
    if (a.data[0] == '"' && b.data[0] == '"') {
        *order = jsonscan_compare_raw((struct bytes){a.data + 1, a.len - 2},
                                      (struct bytes){b.data + 1, b.len - 2});
        *equal = *order == 0;
        return true;
    }
    if (is_number(a) && is_number(b)) {
        double x = number(a), y = number(b);
        *order = x < y ? -1 : x > y;
        *equal = *order == 0;
        return true;
    }
    *equal = a.data[0] != '{' && a.data[0] != '[' && a.len == b.len &&
             memcmp(a.data, b.data, a.len) == 0;
    return false;
}

static int compare(const struct filter *f, struct jsonscan *s, const char *root,
                   const char *current) {
    struct bytes a, b;
    int order = 0;
    bool equal;
    if (side(&f->left, s, root, current, &a) < 0 || side(&f->right, s, root, current, &b) < 0)
        return -1;
    bool ordered = comparable(a, b, &order, &equal);
    switch (f->comparison) {
    case COMPARE_EQUAL:
        return equal;
    case COMPARE_UNEQUAL:
        return !equal;
    case COMPARE_LESS:
        return ordered && order < 0;
    case COMPARE_LESS_EQUAL:
        return equal || (ordered && order < 0);
    case COMPARE_GREATER:
        return ordered && order > 0;
    case COMPARE_GREATER_EQUAL:
        break;
    }
    return equal || (ordered && order > 0);
}

/* Whether the filter holds for the value that begins at `current`: 1, 0, or -1 where the text is
 * broken. */
static int jsonpath_filter(const struct filter *f, struct jsonscan *s, const char *root,
                           const char *current) {
    const char *found;
    int a;
    switch (f->kind) {
    case FILTER_COMPARE:
        return compare(f, s, root, current);
    case FILTER_EXISTS:
        return jsonpath_search(&f->left.path, 0, s, root, f->left.from_root ? root : current,
                               &found);
    case FILTER_NOT:
        a = jsonpath_filter(f->a, s, root, current);
        return a < 0 ? a : !a;
    case FILTER_AND:
        a = jsonpath_filter(f->a, s, root, current);
        return a != 1 || f->b == NULL ? a : jsonpath_filter(f->b, s, root, current);
    case FILTER_OR:
        break;
    }
    a = jsonpath_filter(f->a, s, root, current);
    return a != 0 ? a : jsonpath_filter(f->b, s, root, current);
}

enum jsonpath_found jsonpath_find(const struct jsonpath *p, struct bytes json, struct bytes *value,
                                  struct err *e) {
    struct jsonscan s;
    const char *found;
    if (json.len == 0) {
        err_set(e, "there is no body");
        return JSONPATH_BROKEN;
    }
    jsonscan_init(&s, json, JSONPATH_WORK_MAX + JSONPATH_PASSES_MAX * json.len);
    const char *root = json.data;
    if (json.len >= 3 && memcmp(root, "\xef\xbb\xbf", 3) == 0)
        root += 3;
    root = jsonscan_space(&s, root);
    if (root == s.end) {
        err_set(e, "the body is empty");
        return JSONPATH_BROKEN;
    }
    int result = jsonpath_search(&p->path, 0, &s, root, root, &found);
    const char *end = result == 1 ? jsonscan_skip(&s, found) : NULL;
    if (end != NULL) {
        *value = (struct bytes){found, (size_t)(end - found)};
        return JSONPATH_FOUND;
    }
    if (result != 0) {
        err_set(e, "the body cannot be searched as JSON: %s", s.wrong);
        return JSONPATH_BROKEN;
    }
    /* A text that is no JSON at all has no children to be broken. */
    if (strchr("{[\"-0123456789tfn", *root) == NULL || *root == '\0') {
        err_set(e, "the body is not JSON");
        return JSONPATH_BROKEN;
    }
    err_set(e, "nothing at %.200s", p->text);
    return JSONPATH_MISSING;
}

int jsonpath_value_text(struct bytes value, struct buf *out, struct err *e) {
    if (value.data[0] != '"') {
        buf_add(out, value.data, value.len);
    } else {
        size_t before = out->len;
        char *to = buf_room(out, value.len);
        if (to != NULL) {
            out->len = before + jsonscan_decode((struct bytes){value.data + 1, value.len - 2}, to);
            out->data[out->len] = '\0';
        }
    }
    return buf_ok(out) ? 0 : err_set(e, "it is longer than %zu bytes", out->max);
}
