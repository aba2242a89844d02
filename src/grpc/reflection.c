#include "grpc/reflection.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_wire.h"
#include "util/array.h"
#include "util/text.h"

/* A file that is there, or that others import. */
struct file {
    char *name;
    bool there;
};

struct reflection {
    struct file **files;
    size_t count, room, next; /* before `next`, all are there */
    void *names;              /* a tree of them, by name */
    struct buf set;           /* a FileDescriptorSet */
    const struct file *asked; /* must be in the next answer; NULL: any file will do */
};

struct reflection *reflection_new(void) {
    struct reflection *r = calloc(1, sizeof *r);
    if (r != NULL)
        buf_init(&r->set, PROTO_SET_BYTES_MAX);
    return r;
}

static void keep(void *file) {
    (void)file; /* `files` has it, too */
}

void reflection_free(struct reflection *r) {
    if (r == NULL)
        return;
    tdestroy(r->names, keep);
    for (size_t i = 0; i < r->count; i++) {
        free(r->files[i]->name);
        free(r->files[i]);
    }
    free(r->files);
    buf_done(&r->set);
    free(r);
}

/* The fields of ServerReflectionRequest. */
enum { ASK_FILE = 3, ASK_SYMBOL = 4, ASK_SERVICES = 7 };

void reflection_ask_symbol(struct buf *out, const char *symbol) {
    wire_add_bytes(out, ASK_SYMBOL, symbol, strlen(symbol));
}

void reflection_ask_file(struct buf *out, const char *file) {
    wire_add_bytes(out, ASK_FILE, file, strlen(file));
}

void reflection_ask_services(struct buf *out) {
    wire_add_bytes(out, ASK_SERVICES, "", 0);
}

/* Those of ServerReflectionResponse and of what is in it. */
enum { ANSWER_FILES = 4, ANSWER_SERVICES = 6, ANSWER_ERROR = 7 };

static int broken(struct err *e) {
    return err_set(e, "the answer to server reflection is truncated or invalid");
}

static int refused(struct bytes b, struct err *e) {
    struct wire_record r;
    uint64_t code = 0;
    struct buf text;
    buf_init(&text, 600);
    while (b.len > 0 && wire_next(&b, &r)) {
        if (r.number == 1 && r.type == WIRE_VARINT)
            code = r.bits;
        if (r.number == 2 && r.type == WIRE_BYTES) {
            buf_clear(&text);
            text_printable(&text, r.bytes.data, text_cut(r.bytes.data, r.bytes.len, 140));
        }
    }
    err_set(e, "server reflection answers with the error %u%s%s", (unsigned)code,
            text.len > 0 ? ": " : "", buf_text(&text));
    buf_done(&text);
    return -1;
}

/* Finds the kind of answer that was asked for; it is the last one. */
static int open_answer(const void *bytes, size_t n, uint32_t wanted, struct bytes *out,
                       struct err *e) {
    struct bytes b = {n == 0 ? "" : bytes, n};
    struct wire_record r, found = {.number = 0};
    while (b.len > 0) {
        if (!wire_next(&b, &r))
            return broken(e);
        if (r.type == WIRE_BYTES && r.number >= ANSWER_FILES && r.number <= ANSWER_ERROR)
            found = r;
    }
    if (found.number == ANSWER_ERROR)
        return refused(found.bytes, e);
    if (found.number != wanted)
        return err_set(e, "server reflection answers something else than it was asked");
    *out = found.bytes;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

/* The file with this name, which is added if it is new. NULL: the error is set. */
static struct file *file_of(struct reflection *r, struct bytes name, struct err *e) {
    struct file *f = NULL;
    if (name.len == 0 || memchr(name.data, '\0', name.len) != NULL || name.len > 4096) {
        broken(e);
        return NULL;
    }
    struct file key = {.name = strndup(name.data, name.len)};
    struct file *const *found = key.name == NULL ? NULL : tfind(&key, &r->names, by_name);
    if (found != NULL) {
        free(key.name);
        return *found;
    }
    struct file **files = array_room(r->files, &r->room, r->count + 1, sizeof(void *));
    if (files != NULL)
        r->files = files;
    if (r->count >= REFLECTION_FILES_MAX)
        err_set(e, "server reflection names more than %d files", REFLECTION_FILES_MAX);
    else if (files == NULL || key.name == NULL || (f = malloc(sizeof *f)) == NULL)
        err_memory(e, NULL);
    else {
        *f = key;
        if (tsearch(f, &r->names, by_name) != NULL) {
            r->files[r->count++] = f;
            return f;
        }
        free(f);
        err_memory(e, NULL);
    }
    free(key.name);
    return NULL;
}

/* A FileDescriptorProto: its name is field 1, what it imports field 3. */
static int add_file(struct reflection *r, struct bytes b, struct err *e) {
    struct bytes rest = b, name = {NULL, 0};
    struct wire_record x;
    while (rest.len > 0) {
        if (!wire_next(&rest, &x))
            return broken(e);
        if (x.number == 1 && x.type == WIRE_BYTES)
            name = x.bytes;
        if (x.number == 3 && x.type == WIRE_BYTES && file_of(r, x.bytes, e) == NULL)
            return -1;
    }
    struct file *f = file_of(r, name, e);
    if (f == NULL)
        return -1;
    if (f->there) /* servers send imports with each file */
        return 0;
    f->there = true;
    wire_add_bytes(&r->set, 1, b.data, b.len);
    return buf_ok(&r->set) ? 0
                           : err_set(e, "the types from server reflection are more than %zu MB",
                                     PROTO_SET_BYTES_MAX >> 20);
}

int reflection_answer(struct reflection *r, const void *bytes, size_t n, struct err *e) {
    struct bytes files;
    struct wire_record x;
    bool any = false;
    if (open_answer(bytes, n, ANSWER_FILES, &files, e) != 0)
        return r->asked == NULL ? -1 : err_prefix(e, "the file \"%.200s\"", r->asked->name);
    while (files.len > 0) {
        if (!wire_next(&files, &x))
            return broken(e);
        if (x.number != 1 || x.type != WIRE_BYTES)
            continue;
        any = true;
        if (add_file(r, x.bytes, e) != 0)
            return -1;
    }
    if (!any || (r->asked != NULL && !r->asked->there))
        return err_set(e,
                       "server reflection answers without the file%s%.200s%s that it was asked "
                       "for",
                       r->asked == NULL ? "" : " \"", r->asked == NULL ? "" : r->asked->name,
                       r->asked == NULL ? "" : "\"");
    r->asked = NULL;
    return 0;
}

const char *reflection_missing(struct reflection *r) {
    for (; r->next < r->count; r->next++) {
        struct file *f = r->files[r->next];
        if (!f->there) {
            r->asked = f;
            return f->name;
        }
    }
    return NULL;
}

int reflection_types(const struct reflection *r, const char *name, struct proto_set **out,
                     struct err *e) {
    return proto_set_read(name, buf_text(&r->set), r->set.len, out, e);
}

int reflection_files(const struct reflection *r, proto_set_file_fn *found, void *context,
                     struct err *e) {
    return proto_set_files((struct bytes){buf_text(&r->set), r->set.len}, found, context, e);
}

int reflection_services(const void *bytes, size_t n, reflection_service_fn *found, void *context,
                        struct err *e) {
    struct bytes services = {"", 0}, inside;
    struct wire_record x, y;
    char name[512];
    if (open_answer(bytes, n, ANSWER_SERVICES, &services, e) != 0)
        return -1;
    while (services.len > 0) {
        if (!wire_next(&services, &x))
            return broken(e);
        if (x.number != 1 || x.type != WIRE_BYTES)
            continue;
        for (inside = x.bytes; inside.len > 0;) {
            if (!wire_next(&inside, &y))
                return broken(e);
            if (y.number != 1 || y.type != WIRE_BYTES || y.bytes.len >= sizeof name)
                continue;
            memcpy(name, y.bytes.data, y.bytes.len);
            name[y.bytes.len] = '\0';
            found(context, name);
        }
    }
    return 0;
}
