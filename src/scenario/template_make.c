/* Makes templates from texts and holes, and from files whose names have holes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder.h"
#include "scenario/media_type.h"
#include "scenario/template_internal.h"

static uint64_t feeders_of(const struct expr *e) {
    uint64_t set = e->kind == EXPR_FIELD ? UINT64_C(1) << e->index : 0;
    for (size_t i = 0; i < e->count; i++)
        set |= feeders_of(&e->args[i]);
    return set;
}

int template_make(struct loader *r, size_t at, struct buf *text, struct template_holes *holes,
                  const char *label, struct template **out) {
    struct template *t = calloc(1, sizeof *t);
    int result = -1;
    size_t len = text->len;
    if (t == NULL) {
        loader_memory(r);
        goto out;
    }
    buf_add(text, "", 0); /* an empty text is a text, too */
    if (loader_take(r, at, text, &t->text) != 0)
        goto out;
    t->len = len;
    t->label = strdup(label);
    if (t->label == NULL) {
        loader_memory(r);
        goto out;
    }
    t->holes = holes->items;
    t->hole_count = holes->count;
    *holes = (struct template_holes){0};
    for (size_t i = 0; i < t->hole_count; i++)
        t->feeders |= feeders_of(&t->holes[i].expr);
    *out = t;
    t = NULL;
    result = 0;
out:
    buf_done(text);
    template_holes_done(holes);
    template_free(t);
    return result;
}

void template_free(struct template *t) {
    if (t == NULL)
        return;
    struct template_holes h = {t->holes, t->hole_count, t->hole_count};
    template_holes_done(&h);
    free(t->text);
    free(t->label);
    free(t);
}

/* The field of a row that an expression is; NULL: it is something else. */
static const struct expr *field_of(const struct expr *x) {
    while (x->kind == EXPR_VALUE && x->count == 1)
        x = x->args;
    return x->kind == EXPR_FIELD ? x : NULL;
}

bool template_has_only(const struct template *t, size_t feeder) {
    for (size_t i = 0; i < t->hole_count; i++) {
        const struct expr *x = field_of(&t->holes[i].expr);
        if (x == NULL || x->index != feeder)
            return false;
        for (size_t k = 0; k < i; k++) {
            const struct expr *y = field_of(&t->holes[k].expr);
            if (y != NULL && y->column == x->column)
                return false;
        }
    }
    return true;
}

int template_read(struct loader *r, const struct json *v, const struct scope *scope,
                  enum text_place place, const char *label, struct template **out) {
    const struct scope *scope_before = r->scope;
    struct template_holes *holes_before = r->holes, holes = {0};
    struct buf text;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    buf_init(&text, LOADER_TEXT_MAX);
    r->scope = scope;
    r->holes = &holes;
    int result = template_expand(r, v->text, v->len, v->at, place, &text, NULL);
    r->scope = scope_before;
    r->holes = holes_before;
    if (result == 0)
        return template_make(r, v->at, &text, &holes, label, out);
    buf_done(&text);
    template_holes_done(&holes);
    return -1;
}

/* The arguments of EXPR_FILE: pieces of the name, text and holes by turns, from byte `from` of the
 * text on. */
static int name_pieces(struct loader *r, const struct buf *text, size_t from,
                       struct template_holes *holes, struct expr *file) {
    file->args = calloc(holes->count * 2 + 1, sizeof *file->args);
    if (file->args == NULL)
        return loader_memory(r);
    for (size_t i = 0; i <= holes->count; i++) {
        size_t to = i < holes->count ? holes->items[i].at : text->len;
        if (to > from) {
            char *piece = strndup(text->data + from, to - from);
            if (piece == NULL)
                return loader_memory(r);
            file->args[file->count++] =
                (struct expr){.kind = EXPR_TEXT, .text = piece, .len = to - from};
        }
        from = to;
        if (i < holes->count) {
            file->args[file->count++] = holes->items[i].expr;
            holes->items[i].expr = (struct expr){.kind = EXPR_TEXT};
        }
    }
    return 0;
}

/* The folder that a file's name may not leave: what stands before its first hole. A row's `path` of
 * a feeder of files is a name in that feeder's folder. Sets where the rest of the name begins. */
static int folder_open(struct loader *r, size_t at, const struct buf *text,
                       struct template_holes *holes, struct expr *file, size_t *rest) {
    struct expr *first = &holes->items[0].expr;
    size_t end = holes->items[0].at;
    struct buf path;
    buf_init(&path, LOADER_TEXT_MAX);
    while (end > 0 && text->data[end - 1] != '/')
        end--;
    *rest = end;
    bool listed = first->kind == EXPR_FIELD && holes->count == 1 && text->len == 0 &&
                  feeder_kind(r->scope->feeders[first->index]) == FEEDER_FILES;
    if (listed) {
        buf_str(&path, feeder_path(r->scope->feeders[first->index]));
        first->column = FEEDER_FILES_NAME;
    } else {
        if (end == 0 || text->data[0] != '/')
            buf_printf(&path, "%s/", r->folder == NULL || r->folder[0] == '\0' ? "." : r->folder);
        buf_add(&path, buf_text(text), end);
    }
    int result = loader_fits(r, at, &path, "the path");
    if (result == 0) {
        file->folder = open(buf_text(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (file->folder < 0)
            result = loader_fail(r, at, "cannot open the folder %s: %s", buf_text(&path),
                                 strerror(errno));
        file->text = buf_take(&path);
        if (result == 0 && file->text == NULL)
            result = loader_memory(r);
    }
    buf_done(&path);
    return result;
}

int template_file(struct loader *r, const struct json *v, struct buf *out) {
    struct template_holes *before = r->holes, holes = {0};
    struct expr file = {.kind = EXPR_FILE, .folder = -1};
    struct buf text;
    size_t rest = 0;
    if (before == NULL)
        return loader_file(r, v, out);
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    buf_init(&text, LOADER_TEXT_MAX);
    r->holes = &holes;
    int result = template_expand(r, v->text, v->len, v->at, PLACE_FILE, &text, NULL);
    r->holes = before;
    if (result == 0)
        result = loader_fits(r, v->at, &text, "the path");
    if (result == 0 && holes.count == 0)
        result = loader_file(r, v, out);
    else if (result == 0)
        result = folder_open(r, v->at, &text, &holes, &file, &rest) != 0 ||
                         name_pieces(r, &text, rest, &holes, &file) != 0
                     ? -1
                     : template_hole_add(r, NULL, v->at, out->len, PLACE_PLAIN, &file);
    buf_done(&text);
    template_holes_done(&holes);
    expr_done(&file);
    return result;
}

/* Where the file's own name begins in the text: behind the last "/" outside of ${...}. */
static size_t own_name(const struct json *v) {
    size_t from = 0;
    for (size_t i = 0; i < v->len; i++) {
        const char *close = NULL;
        if (i + 1 < v->len && v->text[i] == '$' && v->text[i + 1] == '{' &&
            (i == 0 || v->text[i - 1] != '$'))
            close = memchr(v->text + i, '}', v->len - i);
        if (close != NULL)
            i = (size_t)(close - v->text);
        else if (v->text[i] == '/')
            from = i + 1;
    }
    return from;
}

/* The hole of a listed file's path that was just added, or NULL. */
static struct expr *listed_path(struct loader *r, size_t before) {
    if (r->holes == NULL || r->holes->count != before + 1)
        return NULL;
    struct expr *e = &r->holes->items[before].expr;
    return e->kind == EXPR_FIELD && e->column == FEEDER_FILES_PATH &&
                   feeder_kind(r->scope->feeders[e->index]) == FEEDER_FILES
               ? e
               : NULL;
}

int template_file_name(struct loader *r, const struct json *v, struct buf *out) {
    size_t before = r->holes == NULL ? 0 : r->holes->count, from = own_name(v);
    if (template_expand(r, v->text + from, v->len - from, v->at, PLACE_QUOTED, out, NULL) != 0)
        return -1;
    struct expr *path = listed_path(r, before);
    if (path != NULL)
        path->column = FEEDER_FILES_NAME;
    return 0;
}

int template_file_type(struct loader *r, const struct json *v, struct buf *out) {
    struct buf name;
    size_t before = r->holes == NULL ? 0 : r->holes->count;
    buf_init(&name, LOADER_TEXT_MAX);
    int result = template_expand(r, v->text, v->len, v->at, PLACE_PLAIN, &name, NULL);
    if (result == 0) {
        struct expr *path = name.len == 0 ? listed_path(r, before) : NULL;
        if (path != NULL) {
            path->column = FEEDER_FILES_TYPE;
            r->holes->items[before].at = out->len;
            r->holes->items[before].place = PLACE_HEADER;
        } else {
            /* The end of the name decides; only its holes are of no use here. */
            for (; r->holes != NULL && r->holes->count > before; r->holes->count--)
                expr_done(&r->holes->items[r->holes->count - 1].expr);
            buf_str(out, media_type(buf_text(&name)));
        }
    }
    buf_done(&name);
    return result;
}
