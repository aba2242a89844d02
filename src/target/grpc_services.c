#include "target/grpc_services.h"

#include <string.h>

#include "grpc/grpc_frame.h"
#include "grpc/proto_wire.h"

extern const char embed_grpc_services[], embed_grpc_services_end[];

/* google/protobuf/descriptor.proto: the name is field 1 of all of them. */
enum { FILE_PACKAGE = 2, FILE_MESSAGE = 4, FILE_ENUM = 5, FILE_SERVICE = 6 };
enum { MESSAGE_FIELD = 2, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4, SERVICE_METHOD = 2 };

static bool next_file(struct bytes *set, struct bytes *file) {
    struct wire_record r;
    if (set->len == 0 || !wire_next(set, &r))
        return false;
    *file = r.bytes;
    return true;
}

static struct bytes all_files(void) {
    return (struct bytes){embed_grpc_services,
                          (uintptr_t)embed_grpc_services_end - (uintptr_t)embed_grpc_services};
}

/* The first of a message's fields with this number. */
static struct bytes field_of(struct bytes b, uint32_t number) {
    struct wire_record r;
    while (b.len > 0 && wire_next(&b, &r))
        if (r.number == number && r.type == WIRE_BYTES)
            return r.bytes;
    return (struct bytes){"", 0};
}

static bool same(struct bytes a, struct bytes b) {
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* Takes the name, and the dot behind it, off the front of a symbol. */
static bool take_name(struct bytes *symbol, struct bytes name) {
    if (name.len > symbol->len || memcmp(name.data, symbol->data, name.len) != 0)
        return false;
    struct bytes rest = {symbol->data + name.len, symbol->len - name.len};
    if (rest.len > 0 && (*rest.data != '.' || rest.len == 1))
        return false;
    *symbol = rest.len > 0 ? (struct bytes){rest.data + 1, rest.len - 1} : rest;
    return true;
}

/* Does what `b` describes, at `depth` (0: a file), have this symbol? Messages and services have
 * their members under the same numbers. */
static bool defines(struct bytes b, struct bytes symbol, int depth) {
    struct wire_record r;
    while (b.len > 0 && wire_next(&b, &r)) {
        bool member = depth == 0 ? r.number >= FILE_MESSAGE && r.number <= FILE_SERVICE
                                 : r.number >= MESSAGE_FIELD && r.number <= MESSAGE_ENUM;
        struct bytes rest = symbol;
        if (member && r.type == WIRE_BYTES && take_name(&rest, field_of(r.bytes, 1)) &&
            (rest.len == 0 || defines(r.bytes, rest, depth + 1)))
            return true;
    }
    return false;
}

static bool find_file(bool by_symbol, struct bytes what, struct bytes *file) {
    for (struct bytes set = all_files(); next_file(&set, file);) {
        struct bytes rest = what;
        if (by_symbol ? take_name(&rest, field_of(*file, FILE_PACKAGE)) && rest.len > 0 &&
                            defines(*file, rest, 0)
                      : same(what, field_of(*file, 1)))
            return true;
    }
    return false;
}

/* Gets the full name of a service. */
typedef void service_fn(void *context, struct bytes name);

static void each_service(service_fn *found, void *context) {
    struct bytes file;
    struct wire_record r;
    struct buf name;
    buf_init(&name, 4096);
    for (struct bytes set = all_files(); next_file(&set, &file);) {
        struct bytes package = field_of(file, FILE_PACKAGE);
        for (struct bytes rest = file; rest.len > 0 && wire_next(&rest, &r);) {
            if (r.number != FILE_SERVICE || r.type != WIRE_BYTES)
                continue;
            struct bytes service = field_of(r.bytes, 1);
            buf_clear(&name);
            buf_add(&name, package.data, package.len);
            buf_char(&name, '.');
            buf_add(&name, service.data, service.len);
            found(context, (struct bytes){buf_text(&name), name.len});
        }
    }
    buf_done(&name);
}

/* ---- reflection ---- */

enum { ASK_FILE = 3, ASK_SYMBOL, ASK_EXTENSION, ASK_EXTENSIONS, ASK_SERVICES };
enum { ANSWER_TO = 2, ANSWER_FILES = 4, ANSWER_EXTENSIONS, ANSWER_SERVICES, ANSWER_ERROR };

/* ListServiceResponse: 1 is a ServiceResponse, whose 1 is the name. */
static void put_service(void *context, struct bytes name) {
    struct buf inner;
    buf_init(&inner, 4096);
    wire_add_bytes(&inner, 1, name.data, name.len);
    wire_add_bytes(context, 1, buf_text(&inner), inner.len);
    buf_done(&inner);
}

static void put_error(struct buf *out, enum grpc_status code, const char *text) {
    wire_add_tag(out, 1, WIRE_VARINT);
    wire_add_varint(out, (uint64_t)code);
    wire_add_bytes(out, 2, text, strlen(text));
}

/* The last member of the oneof counts. */
static bool read_question(struct bytes question, struct wire_record *asked) {
    struct wire_record r;
    asked->number = 0;
    while (question.len > 0) {
        if (!wire_next(&question, &r))
            return false;
        if (r.number >= ASK_FILE && r.number <= ASK_SERVICES && r.type == WIRE_BYTES)
            *asked = r;
    }
    return asked->number != 0;
}

/* Appends what the answer's field `number` has; returns the number. */
static uint32_t answer_to(const struct wire_record *asked, struct buf *inner) {
    struct bytes file, what = asked->bytes;
    switch (asked->number) {
    case ASK_SERVICES:
        each_service(put_service, inner);
        return ANSWER_SERVICES;
    case ASK_FILE:
    case ASK_SYMBOL:
        if (!find_file(asked->number == ASK_SYMBOL, what, &file))
            break;
        wire_add_bytes(inner, 1, file.data, file.len);
        return ANSWER_FILES;
    case ASK_EXTENSIONS:
        if (!find_file(true, what, &file))
            break;
        wire_add_bytes(inner, 1, what.data, what.len);
        return ANSWER_EXTENSIONS;
    default:
        break;
    }
    put_error(inner, GRPC_NOT_FOUND, "there is no such file, symbol or extension");
    return ANSWER_ERROR;
}

void grpc_services_reflect(struct bytes question, struct buf *out) {
    struct wire_record asked;
    struct buf inner;
    buf_init(&inner, out->max);
    uint32_t number = ANSWER_ERROR;
    wire_add_bytes(out, ANSWER_TO, question.data, question.len);
    if (read_question(question, &asked))
        number = answer_to(&asked, &inner);
    else
        put_error(&inner, GRPC_INVALID_ARGUMENT, "the request asks for nothing");
    wire_add_bytes(out, number, buf_text(&inner), inner.len);
    out->failed = out->failed || inner.failed;
    buf_done(&inner);
}

/* ---- health ---- */

struct sought {
    struct bytes name;
    bool found;
};

static void look(void *context, struct bytes name) {
    struct sought *x = context;
    x->found = x->found || same(x->name, name);
}

enum grpc_health grpc_services_health(struct bytes service) {
    struct sought x = {.name = service, .found = service.len == 0};
    each_service(look, &x);
    return x.found ? GRPC_HEALTH_SERVING : GRPC_HEALTH_SERVICE_UNKNOWN;
}

void grpc_services_put_health(struct buf *out, enum grpc_health health) {
    wire_add_tag(out, 1, WIRE_VARINT);
    wire_add_varint(out, (uint64_t)health);
}
