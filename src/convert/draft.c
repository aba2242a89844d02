#include "convert/draft.h"
#include "util/encode.h"
#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct draft *draft_new(void) {
    struct draft *d = calloc(1, sizeof *d);
    if (d != NULL)
        d->memory.max = DRAFT_BYTES_MAX;
    return d;
}

void draft_free(struct draft *d) {
    if (d == NULL)
        return;
    pointer_map_done(&d->by_env);
    pointer_map_done(&d->by_value);
    pointer_map_done(&d->by_what);
    pointer_map_done(&d->by_made);
    pointer_map_done(&d->by_expression);
    arena_done(&d->memory);
    free(d);
}

bool draft_ok(const struct draft *d) {
    return !d->failed;
}

void *draft_alloc(struct draft *d, size_t bytes) {
    void *p = d->failed ? NULL : arena_alloc(&d->memory, bytes);
    if (p == NULL)
        d->failed = true;
    else
        memset(p, 0, bytes);
    return p;
}

const char *draft_copy(struct draft *d, const char *text, size_t n) {
    char *copy = draft_alloc(d, n + 1);
    if (copy == NULL)
        return "";
    if (n > 0)
        memcpy(copy, text, n);
    return copy;
}

const char *draft_take(struct draft *d, struct buf *b) {
    const char *text = draft_copy(d, buf_text(b), b->len);
    d->failed = d->failed || b->failed;
    buf_done(b);
    return text;
}

void draft_notes_move(struct draft_notes *to, struct draft_notes *from) {
    if (from->first == NULL)
        return;
    if (to->last != NULL)
        to->last->next = from->first;
    else
        to->first = from->first;
    to->last = from->last;
    *from = (struct draft_notes){0};
}

static bool is_expression(const struct draft *d, const char *text, size_t n) {
    struct pointer_search s;
    for (const char *x = pointer_map_first(&d->by_expression, text, n, &s); x != NULL;
         x = pointer_map_next(&d->by_expression, &s))
        if (strncmp(x, text, n) == 0 && x[n] == '\0')
            return true;
    return false;
}

size_t draft_reference_bytes(const struct draft *d, const char *text, size_t n) {
    const size_t mark = sizeof DRAFT_REFERENCE - 1;
    if (!d->references || n < mark || memcmp(text, DRAFT_REFERENCE, mark) != 0)
        return 0;
    const char *end = memmem(text, n, DRAFT_REFERENCE_END, sizeof DRAFT_REFERENCE_END - 1);
    return end != NULL && is_expression(d, text + mark, (size_t)(end - text) - mark)
               ? (size_t)(end - text) + sizeof DRAFT_REFERENCE_END - 1
               : 0;
}

bool draft_has_reference(const struct draft *d, const char *text, size_t n) {
    const char *end = text + n, *at = text;
    while (d->references && n > 0 && at < end) {
        at = memmem(at, (size_t)(end - at), DRAFT_REFERENCE, sizeof DRAFT_REFERENCE - 1);
        if (at == NULL)
            return false;
        if (draft_reference_bytes(d, at, (size_t)(end - at)) > 0)
            return true;
        at++;
    }
    return false;
}

void draft_reference(struct draft *d, struct buf *out, const char *expression) {
    size_t n = strlen(expression);
    buf_printf(out, DRAFT_REFERENCE "%s" DRAFT_REFERENCE_END, expression);
    if (is_expression(d, expression, n))
        return;
    char *x = draft_alloc(d, n + 1);
    if (x != NULL)
        memcpy(x, expression, n + 1);
    if (x == NULL || !pointer_map_add(&d->by_expression, expression, n, x))
        d->failed = true;
}

void draft_add_percent(const struct draft *d, struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t reference = draft_reference_bytes(d, text + i, n - i);
        if (reference > 0)
            buf_add(out, text + i, reference);
        else
            encode_percent(out, text + i, 1);
        i += reference > 0 ? reference : 1;
    }
}

bool draft_varies(const char *scenario_text) {
    static const char *const constants[] = {"env.", "'", "urlencode(env."};
    for (const char *p = scenario_text; (p = strstr(p, "${")) != NULL; p += 2) {
        bool constant = p > scenario_text && p[-1] == '$';
        for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
            constant = constant || strncmp(p + 2, constants[i], strlen(constants[i])) == 0;
        if (!constant)
            return true;
    }
    return false;
}

void draft_clean(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool mark = n - i >= 3 && (memcmp(text + i, DRAFT_REFERENCE, 3) == 0 ||
                                   memcmp(text + i, DRAFT_REFERENCE_END, 3) == 0);
        if (mark)
            buf_char(out, '?');
        else
            buf_char(out, text[i]);
        i += mark ? 2 : 0;
    }
}

void draft_add_dollars(struct buf *out, size_t count, enum draft_before what) {
    if (count > 0 && what == DRAFT_BEFORE_HOLE)
        buf_str(out, "${'");
    for (size_t i = 0; i < count; i++)
        buf_char(out, '$');
    if (count > 0 && what != DRAFT_BEFORE_OTHER)
        buf_str(out, what == DRAFT_BEFORE_HOLE ? "'}" : "$");
}

void draft_add_literal(const struct draft *d, struct buf *out, const char *text, size_t n) {
    size_t dollars = 0;
    for (size_t i = 0; i < n; i++) {
        size_t reference = draft_reference_bytes(d, text + i, n - i);
        if (reference > 0) {
            draft_add_dollars(out, dollars, DRAFT_BEFORE_HOLE);
            dollars = 0;
            buf_str(out, "${");
            buf_add(out, text + i + 3, reference - 6);
            buf_char(out, '}');
            i += reference - 1;
        } else if (text[i] == '$') {
            dollars++;
        } else {
            draft_add_dollars(out, dollars,
                              text[i] == '{' ? DRAFT_BEFORE_BRACE : DRAFT_BEFORE_OTHER);
            dollars = 0;
            buf_char(out, text[i]);
        }
    }
    draft_add_dollars(out, dollars, DRAFT_BEFORE_OTHER);
}

const char *draft_literal(struct draft *d, const char *text, size_t n) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    draft_add_literal(d, &b, text, n);
    return draft_take(d, &b);
}

struct draft_class *draft_class_add(struct draft *d, const char *name) {
    struct draft_class *c = draft_alloc(d, sizeof *c);
    if (c == NULL)
        return NULL;
    c->name = name;
    c->weight = 1;
    if (d->classes_last != NULL)
        d->classes_last->next = c;
    else
        d->classes = c;
    d->classes_last = c;
    return c;
}

struct draft_task *draft_task_add(struct draft *d, struct draft_class *c, uint32_t weight) {
    struct draft_task *t = draft_alloc(d, sizeof *t);
    if (t == NULL || c == NULL)
        return NULL;
    t->weight = weight;
    if (c->tasks_last != NULL)
        c->tasks_last->next = t;
    else
        c->tasks = t;
    c->tasks_last = t;
    return t;
}

struct draft_request *draft_request_add(struct draft *d, struct draft_requests *to) {
    if (d->request_count >= DRAFT_REQUESTS_MAX) {
        d->left_out++;
        return NULL;
    }
    struct draft_request *q = draft_alloc(d, sizeof *q);
    if (q == NULL)
        return NULL;
    q->path = "/";
    draft_notes_move(&q->notes, &d->next);
    if (to->last != NULL)
        to->last->next = q;
    else
        to->first = q;
    to->last = q;
    to->count++;
    d->request_count++;
    return q;
}

struct draft_request *draft_single(struct draft *d, uint32_t weight) {
    if (d->request_count >= DRAFT_REQUESTS_MAX) { /* before an empty task is made for it */
        d->left_out++;
        return NULL;
    }
    struct draft_class *c = d->classes != NULL ? d->classes : draft_class_add(d, NULL);
    struct draft_task *t = draft_task_add(d, c, weight);
    return t == NULL ? NULL : draft_request_add(d, &t->requests);
}

void draft_single_drop(struct draft *d) {
    struct draft_class *c = d->classes;
    struct draft_task *before = NULL;
    for (struct draft_task *t = c == NULL ? NULL : c->tasks; t != NULL && t != c->tasks_last;
         t = t->next)
        before = t;
    if (c == NULL || c->tasks_last == NULL)
        return;
    d->request_count -= c->tasks_last->requests.count;
    if (c->tasks_last->requests.first != NULL)
        draft_notes_move(&d->next, &c->tasks_last->requests.first->notes);
    if (before != NULL)
        before->next = NULL;
    else
        c->tasks = NULL;
    c->tasks_last = before;
}

void draft_pair_add(struct draft *d, struct draft_pairs *to, const char *name, const char *value) {
    struct draft_pair *p = draft_alloc(d, sizeof *p);
    if (p == NULL)
        return;
    p->name = name;
    p->value = value;
    if (to->last != NULL)
        to->last->next = p;
    else
        to->first = p;
    to->last = p;
    to->count++;
}

struct draft_part *draft_part_add(struct draft *d, struct draft_request *q, const char *name) {
    struct draft_part *p = draft_alloc(d, sizeof *p);
    if (p == NULL)
        return NULL;
    p->name = name;
    q->body_kind = DRAFT_MULTIPART;
    if (q->parts_last != NULL)
        q->parts_last->next = p;
    else
        q->parts = p;
    q->parts_last = p;
    return p;
}

const char *draft_file_name(struct draft *d, const char *path) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (path[0] != '/' && d->files_folder != NULL)
        draft_add_literal(d, &b, d->files_folder, strlen(d->files_folder));
    draft_add_literal(d, &b, path, strlen(path));
    return draft_take(d, &b);
}

const char *draft_file_add(struct draft *d, const char *bytes, size_t n) {
    char number[48];
    size_t count = 1;
    for (const struct draft_file *other = d->files; other != NULL; other = other->next)
        count++;
    snprintf(number, sizeof number, ".body-%zu.bin", count);
    return draft_file_named(d, number, bytes, n);
}

const char *draft_file_named(struct draft *d, const char *end, const char *bytes, size_t n) {
    if (d->file_stem == NULL)
        return NULL;
    struct draft_file *f = draft_alloc(d, sizeof *f);
    if (f == NULL)
        return NULL;
    struct buf b;
    buf_init(&b, 8192);
    draft_add_literal(d, &b, d->file_stem, strlen(d->file_stem));
    buf_str(&b, end);
    f->name = draft_take(d, &b);
    f->bytes = draft_copy(d, bytes, n);
    f->n = n;
    f->next = d->files;
    d->files = f;
    return f->name;
}
