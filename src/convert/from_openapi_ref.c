/* References between the parts of OpenAPI documents: JSON Pointers (RFC 6901) and files. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "convert/from.h"
#include "convert/from_openapi.h"
#include "util/memory.h"
#include "util/yaml.h"

#define REFS_MAX 32
#define FILES_MAX 10000
#define FILE_BYTES_MAX ((size_t)64 << 20)

/* A "$ref" of another document than the first. */
struct openapi_place {
    const struct json *ref;
    const struct openapi_file *file;
};

static bool is_key(const struct json *v, const char *key) {
    return v->key != NULL && strcmp(v->key, key) == 0;
}

static bool is_extension(const struct json *v) {
    return v->key != NULL && strncmp(v->key, "x-", 2) == 0;
}

/* Most of a large document is answers, schemas that nothing refers to, and extensions. What a
 * reference leads to is read when it is followed. */
bool openapi_later(const struct json *const *path, int depth) {
    static const char *const old[] = {"definitions", "parameters", "responses"};
    if (depth == 1)
        return is_extension(path[0]) || is_key(path[0], "webhooks");
    if (depth == 2)
        for (size_t i = 0; i < sizeof old / sizeof *old; i++)
            if (is_key(path[0], old[i]))
                return true;
    if (depth == 3 && is_key(path[0], "components"))
        return !is_key(path[1], "securitySchemes");
    if (depth == 4 && is_key(path[0], "paths"))
        return is_key(path[3], "responses") || is_key(path[3], "callbacks") ||
               is_extension(path[3]);
    return false;
}

static size_t hash(const struct json *ref, size_t cap) {
    return ((uintptr_t)ref >> 4) * 2654435761u % cap;
}

static bool remember(struct openapi *o, const struct json *ref, const struct openapi_file *file) {
    if (o->place_count * 2 >= o->place_cap) {
        size_t cap = o->place_cap == 0 ? 1024 : o->place_cap * 2;
        struct openapi_place *old = o->places, *grown = calloc(cap, sizeof *grown);
        if (grown == NULL) {
            memory_note();
            return false;
        }
        for (size_t i = 0; i < o->place_cap; i++) {
            if (old[i].ref == NULL)
                continue;
            size_t at = hash(old[i].ref, cap);
            while (grown[at].ref != NULL)
                at = (at + 1) % cap;
            grown[at] = old[i];
        }
        free(old);
        o->places = grown;
        o->place_cap = cap;
    }
    size_t at = hash(ref, o->place_cap);
    while (o->places[at].ref != NULL)
        at = (at + 1) % o->place_cap;
    o->places[at] = (struct openapi_place){ref, file};
    o->place_count++;
    return true;
}

/* The document that a "$ref" is in; NULL: the first. */
static const struct openapi_file *file_of(const struct openapi *o, const struct json *ref) {
    if (o->place_cap == 0)
        return NULL;
    for (size_t at = hash(ref, o->place_cap); o->places[at].ref != NULL;
         at = (at + 1) % o->place_cap)
        if (o->places[at].ref == ref)
            return o->places[at].file;
    return NULL;
}

/* Depth is the parser's. */
static bool remember_all(struct openapi *o, const struct json *v, const struct openapi_file *file) {
    const struct json *ref = json_get(v, "$ref");
    if (ref != NULL && !remember(o, ref, file))
        return false;
    for (const struct json *m = v->kind == JSON_OBJECT || v->kind == JSON_ARRAY ? v->first : NULL;
         m != NULL; m = m->next)
        if ((m->kind == JSON_OBJECT || m->kind == JSON_ARRAY) && !remember_all(o, m, file))
            return false;
    return true;
}

void openapi_done(struct openapi *o) {
    for (struct openapi_file *f = o->files; f != NULL; f = f->next)
        json_free(f->doc);
    free(o->places);
    pointer_map_done(&o->resolved);
    o->files = NULL;
    o->places = NULL;
}

/* "a/b.yaml" and "../c.yaml" as "c.yaml"; NULL if that is outside of the first document's
 * folder. */
static const char *join(struct draft *d, const char *base, const char *name, size_t n) {
    struct buf b;
    const char *slash = strrchr(base, '/');
    buf_init(&b, 8192);
    buf_add(&b, base, slash == NULL ? 0 : (size_t)(slash - base) + 1);
    bool good = n > 0 && name[0] != '/' && memchr(name, '\0', n) == NULL &&
                memmem(name, n, "://", 3) == NULL;
    for (size_t i = 0; i < n && good;) {
        const char *end = memchr(name + i, '/', n - i);
        size_t len = end == NULL ? n - i : (size_t)(end - name) - i;
        if (len == 2 && memcmp(name + i, "..", 2) == 0) {
            good = b.len > 0;
            for (b.len -= good; b.len > 0 && b.data[b.len - 1] != '/';)
                b.len--;
        } else if (!(len == 1 && name[i] == '.')) {
            buf_add(&b, name + i, len);
            if (end != NULL)
                buf_char(&b, '/');
        }
        i += len + (end != NULL);
    }
    const char *path = good && buf_ok(&b) && b.len > 0 ? draft_copy(d, b.data, b.len) : NULL;
    buf_done(&b);
    return path;
}

/* The document of this path, read once. */
static const struct openapi_file *open_file(struct openapi *o, const char *path) {
    size_t count = 0;
    for (struct openapi_file *f = o->files; f != NULL; f = f->next, count++)
        if (strcmp(f->path, path) == 0)
            return f;
    struct openapi_file *f = count < FILES_MAX ? draft_alloc(o->d, sizeof *f) : NULL;
    struct buf text;
    if (f == NULL)
        return NULL;
    f->path = path;
    f->next = o->files;
    o->files = f;
    buf_init(&text, FILE_BYTES_MAX);
    if (o->d->read != NULL && o->d->read(o->d->read_context, path, &text) &&
        json_parse(path, buf_text(&text), text.len, &f->doc, NULL) != 0 &&
        yaml_parse(path, buf_text(&text), text.len, &f->doc, NULL) != 0)
        f->doc = NULL;
    buf_done(&text);
    if (f->doc != NULL && !remember_all(o, json_root(f->doc), f))
        o->d->failed = true;
    return f;
}

/* One step of a JSON Pointer, its escapes decoded, in an object or array. */
static const struct json *child(const struct json *v, const char *word, size_t n) {
    char key[512];
    size_t len = 0;
    for (size_t i = 0; i < n && len < sizeof key - 1; i++) {
        char c = word[i];
        if (c == '~' && i + 1 < n)
            c = word[++i] == '1' ? '/' : '~';
        else if (c == '%' && i + 2 < n && strncmp(word + i, "%7B", 3) == 0)
            c = '{', i += 2;
        else if (c == '%' && i + 2 < n && strncmp(word + i, "%7D", 3) == 0)
            c = '}', i += 2;
        key[len++] = c;
    }
    key[len] = '\0';
    if (v->kind != JSON_ARRAY)
        return json_get(v, key);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (key[i] < '0' || key[i] > '9' || at > 1000000)
            return NULL;
        at = at * 10 + (size_t)(key[i] - '0');
    }
    const struct json *m = v->first;
    while (m != NULL && at-- > 0)
        m = m->next;
    return m;
}

/* With its elements, if openapi_later() has left them for later. */
static const struct json *expanded(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes) {
    struct err e = {""};
    if (v == NULL || json_expand(o->doc, v, &e) == 0)
        return v;
    draft_note(o->d, notes, "left out: %.300s", e.text);
    return NULL;
}

static const struct json *resolve(struct openapi *o, const struct json *v,
                                  struct draft_notes *notes, int depth);

/* What "#/a/b" means in a document; "" is all of it. A step may lead through another reference. */
static const struct json *point(struct openapi *o, const struct json *v, const char *pointer,
                                struct draft_notes *notes, int depth) {
    for (const char *p = pointer[0] == '/' ? pointer + 1 : pointer; v != NULL && *p != '\0';) {
        size_t n = strcspn(p, "/");
        if (json_get(v, "$ref") != NULL)
            v = resolve(o, v, notes, depth + 1);
        v = v == NULL ? NULL : expanded(o, child(v, p, n), notes);
        if (p[n] == '\0')
            break;
        p += n + 1;
    }
    return v;
}

/* Where a reference of the first document into itself leads, looked up once: its tables of schemas
 * are long. */
struct found {
    const char *text;
    const struct json *v;
};

static const struct json *inside(struct openapi *o, const char *text, struct draft_notes *notes,
                                 int depth) {
    struct pointer_search at;
    size_t n = strlen(text);
    for (const struct found *f = pointer_map_first(&o->resolved, text, n, &at); f != NULL;
         f = pointer_map_next(&o->resolved, &at))
        if (strcmp(f->text, text) == 0)
            return f->v;
    const struct json *v = point(o, o->root, text + 1, notes, depth);
    struct found *f = draft_alloc(o->d, sizeof *f);
    if (f == NULL)
        return v;
    *f = (struct found){text, v};
    if (!pointer_map_add(&o->resolved, text, n, f))
        o->d->failed = true;
    return v;
}

static const struct json *target(struct openapi *o, const struct json *ref,
                                 struct draft_notes *notes, int depth) {
    const struct openapi_file *from = file_of(o, ref), *to = from;
    const char *hash_sign = strchr(ref->text, '#');
    size_t n = hash_sign == NULL ? strlen(ref->text) : (size_t)(hash_sign - ref->text);
    if (n > 0) {
        const char *path = join(o->d, from == NULL ? "" : from->path, ref->text, n);
        to = path == NULL ? NULL : open_file(o, path);
        if (to == NULL || to->doc == NULL) {
            draft_note(o->d, notes, "left out: %.100s, %s", ref->text,
                       path == NULL ? "which is not in this document's folder"
                                    : "a file that cannot be read");
            return NULL;
        }
    }
    const struct json *root = to == NULL ? o->root : json_root(to->doc);
    const struct json *v =
        to == NULL && hash_sign != NULL && n == 0
            ? inside(o, hash_sign, notes, depth)
            : point(o, root, hash_sign == NULL ? "" : hash_sign + 1, notes, depth);
    if (v == NULL)
        draft_note(o->d, notes, "left out: %.100s, which refers to nothing", ref->text);
    return v;
}

static const struct json *resolve(struct openapi *o, const struct json *v,
                                  struct draft_notes *notes, int depth) {
    for (; v != NULL; depth++) {
        const struct json *ref = json_get(v, "$ref");
        if (ref == NULL || ref->kind != JSON_STRING)
            return v;
        if (depth >= REFS_MAX) {
            draft_note(o->d, notes, "left out: %.100s, which refers to itself", ref->text);
            return NULL;
        }
        v = target(o, ref, notes, depth);
    }
    return NULL;
}

const struct json *openapi_resolve(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes) {
    return resolve(o, v, notes, 0);
}
