/* A FileDescriptorSet becomes the types of a proto_set: first all names, then what uses them. */
#include <google/protobuf/descriptor.pb-c.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_known.h"
#include "grpc/proto_types.h"
#include "grpc/proto_types_internal.h"
#include "grpc/proto_types_link.h"
#include "grpc/proto_wire.h"
#include "util/text.h"

/* protobuf-c's memory: the arena frees it at once. */
struct work {
    struct arena memory;
    bool refused;
};

static void *take(void *context, size_t bytes) {
    struct work *w = context;
    void *piece = arena_alloc(&w->memory, bytes);
    w->refused = w->refused || piece == NULL;
    return piece;
}

static void leave(void *context, void *piece) {
    (void)context;
    (void)piece;
}

enum shape { SHAPE_GOOD, SHAPE_DEEP, SHAPE_BROKEN };

/* protobuf-c calls itself for each message within a message, so their depth is checked before: a
 * FileDescriptorSet has files (1), these messages (4), and messages have nested ones (3). */
static enum shape shape_of(struct bytes b, uint32_t within, int depth) {
    struct wire_record r;
    enum shape shape = depth > PROTO_SET_NESTING_MAX ? SHAPE_DEEP : SHAPE_GOOD;
    while (b.len > 0 && shape == SHAPE_GOOD) {
        if (!wire_next(&b, &r))
            return SHAPE_BROKEN;
        if (r.type == WIRE_BYTES && r.number == within)
            shape = shape_of(r.bytes, within == 1 ? 4 : 3, depth + 1);
    }
    return shape;
}

static void count(const Google__Protobuf__DescriptorProto *m, struct proto_set *s) {
    s->message_count++;
    s->enum_count += m->n_enum_type;
    for (size_t i = 0; i < m->n_nested_type; i++)
        count(m->nested_type[i], s);
}

static int add_enum(struct proto_reader *r, const Google__Protobuf__EnumDescriptorProto *d,
                    const char *scope, bool closed) {
    struct proto_enum *t = &r->set->enums[r->set->enum_count++];
    char *name = proto_reader_name(r, scope, d->name);
    if (name == NULL)
        return -1;
    *t = (struct proto_enum){.name = name, .closed = closed};
    t->null = strcmp(name, "google.protobuf.NullValue") == 0;
    r->set->names[r->set->name_count++] = (struct proto_name){name, NULL, t};
    return proto_link_enum(r, t, d);
}

/* Notes the names of a message and of what it contains; proto_link_message() does the rest. */
static int add_message(struct proto_reader *r, const Google__Protobuf__DescriptorProto *d,
                       const char *scope, bool proto3) {
    size_t i = r->set->message_count++;
    struct proto_message *m = &r->set->messages[i];
    char *name = proto_reader_name(r, scope, d->name);
    if (name == NULL)
        return -1;
    const struct proto_message *form = proto_known_form(name);
    *m = (struct proto_message){.name = name, .form = form, .set = r->set};
    m->known = form == NULL ? PROTO_ORDINARY : form->known;
    r->sources[i] = (struct proto_source){d, proto3};
    r->set->names[r->set->name_count++] = (struct proto_name){name, m, NULL};
    for (size_t k = 0; k < d->n_enum_type; k++)
        if (add_enum(r, d->enum_type[k], name, !proto3) != 0)
            return -1;
    for (size_t k = 0; k < d->n_nested_type; k++)
        if (add_message(r, d->nested_type[k], name, proto3) != 0)
            return -1;
    return 0;
}

static int add_file(struct proto_reader *r, const Google__Protobuf__FileDescriptorProto *f) {
    const char *package = f->package == NULL ? "" : f->package;
    bool proto3 = f->syntax != NULL && strcmp(f->syntax, "proto3") == 0;
    if (*package != '\0' && !proto_reader_is_name(package))
        return err_set(r->e, "%s: the name of a package is no name", r->set->name);
    if (f->syntax != NULL && !proto3 && strcmp(f->syntax, "proto2") != 0 && *f->syntax != '\0')
        return err_set(r->e,
                       "%s: the package \"%.200s\" has another syntax than proto2 and proto3, "
                       "which are supported",
                       r->set->name, package);
    for (size_t i = 0; i < f->n_enum_type; i++)
        if (add_enum(r, f->enum_type[i], package, !proto3) != 0)
            return -1;
    for (size_t i = 0; i < f->n_message_type; i++)
        if (add_message(r, f->message_type[i], package, proto3) != 0)
            return -1;
    return 0;
}

static int add_service(struct proto_reader *r, const Google__Protobuf__ServiceDescriptorProto *d,
                       const char *package) {
    char *service = proto_reader_name(r, package, d->name);
    if (service == NULL)
        return -1;
    for (size_t i = 0; i < d->n_method; i++) {
        const Google__Protobuf__MethodDescriptorProto *source = d->method[i];
        struct proto_method *m = &r->set->methods[r->set->method_count++];
        char *name = proto_reader_word(r, service, source->name);
        if (name == NULL)
            return -1;
        size_t n = strlen(service) + strlen(name) + 3;
        char *path = proto_reader_items(r, n, 1);
        if (path == NULL)
            return -1;
        snprintf(path, n, "/%s/%s", service, name);
        *m = (struct proto_method){.service = service,
                                   .name = name,
                                   .path = path,
                                   .client_streaming = source->client_streaming != 0,
                                   .server_streaming = source->server_streaming != 0};
        if (proto_link_type(r, service, source->input_type, path, &m->input) != 0 ||
            proto_link_type(r, service, source->output_type, path, &m->output) != 0)
            return -1;
    }
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct proto_name *)a)->name, ((const struct proto_name *)b)->name);
}

static int sort_names(struct proto_reader *r) {
    struct proto_set *s = r->set;
    if (s->name_count > 0)
        qsort(s->names, s->name_count, sizeof *s->names, by_name);
    for (size_t i = 1; i < s->name_count; i++)
        if (strcmp(s->names[i - 1].name, s->names[i].name) == 0)
            return err_set(r->e, "%s: \"%.200s\" is defined twice", s->name, s->names[i].name);
    return 0;
}

static int allocate(struct proto_reader *r) {
    struct proto_set *s = r->set;
    size_t methods = 0;
    for (size_t i = 0; i < r->file_count; i++) {
        const Google__Protobuf__FileDescriptorProto *f = r->files[i];
        s->enum_count += f->n_enum_type;
        for (size_t k = 0; k < f->n_message_type; k++)
            count(f->message_type[k], s);
        for (size_t k = 0; k < f->n_service; k++)
            methods += f->service[k]->n_method;
    }
    s->messages = proto_reader_items(r, s->message_count, sizeof *s->messages);
    s->enums = proto_reader_items(r, s->enum_count, sizeof *s->enums);
    s->names = proto_reader_items(r, s->message_count + s->enum_count, sizeof *s->names);
    s->methods = proto_reader_items(r, methods, sizeof *s->methods);
    r->sources = proto_reader_items(r, s->message_count, sizeof *r->sources);
    if (s->messages == NULL || s->enums == NULL || s->names == NULL || s->methods == NULL ||
        r->sources == NULL)
        return -1;
    s->message_count = s->enum_count = 0; /* counted again as they are added */
    return 0;
}

static int by_file(const void *a, const void *b) {
    const Google__Protobuf__FileDescriptorProto *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Sets are joined with cat, so a file may be there twice: one is kept. */
static int choose_files(struct proto_reader *r, Google__Protobuf__FileDescriptorSet *d) {
    for (size_t i = 0; i < d->n_file; i++)
        if (d->file[i]->name == NULL)
            return err_set(r->e, "%s: a file has no name; this is no descriptor set", r->set->name);
    r->files = proto_reader_items(r, d->n_file, sizeof(void *));
    if (r->files == NULL)
        return -1;
    Google__Protobuf__FileDescriptorProto **sorted =
        proto_reader_items(r, d->n_file, sizeof(void *));
    if (sorted == NULL)
        return -1;
    for (size_t i = 0; i < d->n_file; i++)
        sorted[i] = d->file[i];
    if (d->n_file > 0)
        qsort(sorted, d->n_file, sizeof(void *), by_file);
    size_t kept = 0;
    for (size_t i = 0; i < d->n_file; i++)
        if (i == 0 || strcmp(sorted[i]->name, sorted[i - 1]->name) != 0)
            r->files[kept++] = sorted[i];
    r->file_count = kept;
    return 0;
}

static int build(struct proto_reader *r) {
    struct proto_set *s = r->set;
    if (allocate(r) != 0)
        return -1;
    for (size_t i = 0; i < r->file_count; i++)
        if (add_file(r, r->files[i]) != 0)
            return -1;
    if (sort_names(r) != 0)
        return -1;
    for (size_t i = 0; i < s->message_count; i++)
        if (proto_link_message(r, &s->messages[i], &r->sources[i]) != 0)
            return -1;
    for (size_t i = 0; i < s->message_count; i++)
        if (proto_link_maps(r, &s->messages[i]) != 0)
            return -1;
    for (size_t i = 0; i < r->file_count; i++)
        for (size_t k = 0; k < r->files[i]->n_service; k++) {
            const char *package = r->files[i]->package;
            if (add_service(r, r->files[i]->service[k], package == NULL ? "" : package) != 0)
                return -1;
        }
    return 0;
}

static int parse(struct proto_reader *r, const void *bytes, size_t n, struct work *work) {
    ProtobufCAllocator allocator = {take, leave, work};
    enum shape shape = shape_of((struct bytes){bytes, n}, 1, 0);
    if (shape == SHAPE_DEEP)
        return err_set(r->e, "%s: messages are nested deeper than %d in each other", r->set->name,
                       PROTO_SET_NESTING_MAX - 2);
    Google__Protobuf__FileDescriptorSet *d = NULL;
    if (shape == SHAPE_GOOD)
        d = google__protobuf__file_descriptor_set__unpack(&allocator, n, bytes);
    if (d == NULL && work->refused)
        return proto_reader_memory(r);
    if (d == NULL)
        return err_set(r->e,
                       "%s: this is no descriptor set, or it is truncated; make it with "
                       "protoc --include_imports --descriptor_set_out=FILE",
                       r->set->name);
    if (d->n_file == 0)
        return err_set(r->e, "%s: the descriptor set has no files", r->set->name);
    return choose_files(r, d);
}

int proto_set_read(const char *name, const void *bytes, size_t n, struct proto_set **out,
                   struct err *e) {
    struct arena own = {.max = PROTO_SET_MEMORY_MAX};
    struct work work = {.memory.max = PROTO_SET_MEMORY_MAX};
    struct proto_reader r = {.e = e};
    int result = -1;
    if (n > PROTO_SET_BYTES_MAX)
        return err_set(e, "%s: a descriptor set of %zu MB; the limit is %zu MB", name, n >> 20,
                       PROTO_SET_BYTES_MAX >> 20);
    r.set = arena_alloc(&own, sizeof *r.set);
    if (r.set == NULL)
        return err_memory(e, NULL);
    *r.set = (struct proto_set){.memory = own, .name = name};
    r.set->name = proto_reader_text(&r, name);
    if (r.set->name != NULL && parse(&r, bytes, n, &work) == 0)
        result = build(&r);
    if (result == 0)
        *out = r.set;
    else
        proto_set_free(r.set);
    arena_done(&work.memory);
    return result;
}

int proto_set_files(struct bytes set, proto_set_file_fn *found, void *context, struct err *e) {
    static const char known[] = "google/protobuf/";
    struct wire_record file, field;
    while (set.len > 0 && wire_next(&set, &file)) {
        struct bytes name = {"", 0};
        for (struct bytes rest = file.bytes; file.type == WIRE_BYTES && rest.len > 0;) {
            if (!wire_next(&rest, &field))
                break;
            if (field.number == 1 && field.type == WIRE_BYTES)
                name = field.bytes;
        }
        bool published =
            name.len >= sizeof known - 1 && memcmp(name.data, known, sizeof known - 1) == 0;
        if (name.len > 0 && !published && found(context, name, file.bytes, e) != 0)
            return -1;
    }
    return 0;
}
