#include "target/kserve.h"

#include <string.h>

#include "grpc/proto_wire.h"

static struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

/* ---- reading ---- */

static int invalid(struct err *e) {
    return err_set(e, "the message is not valid protobuf");
}

static uint64_t words(struct bytes b) {
    uint64_t n = 0;
    for (size_t i = 0; i < b.len; i++)
        n += b.data[i] != ' ' && (i == 0 || b.data[i - 1] == ' ');
    return n;
}

/* InferTensorContents: 8 is bytes_contents. */
static bool read_contents(struct bytes b, struct kserve_request *q) {
    struct wire_record r;
    while (b.len > 0) {
        if (!wire_next(&b, &r))
            return false;
        if (r.number == 8 && r.type == WIRE_BYTES && q->prompt_words == 0)
            q->prompt_words = words(r.bytes);
    }
    return true;
}

/* InferInputTensor: 5 is contents. */
static bool read_input(struct bytes b, struct kserve_request *q) {
    struct wire_record r;
    q->inputs++;
    while (b.len > 0)
        if (!wire_next(&b, &r) ||
            (r.number == 5 && r.type == WIRE_BYTES && !read_contents(r.bytes, q)))
            return false;
    return true;
}

/* An entry of a map: 1 is its key, 2 its value. InferParameter: 2 is int64_param. */
static bool read_parameter(struct bytes b, struct kserve_request *q) {
    struct bytes key = {"", 0};
    struct wire_record r;
    int64_t value = -1;
    while (b.len > 0) {
        if (!wire_next(&b, &r))
            return false;
        if (r.number == 1 && r.type == WIRE_BYTES)
            key = r.bytes;
        for (struct bytes v = r.bytes; r.number == 2 && r.type == WIRE_BYTES && v.len > 0;) {
            struct wire_record p;
            if (!wire_next(&v, &p))
                return false;
            if (p.number == 2 && p.type == WIRE_VARINT)
                value = (int64_t)p.bits;
        }
    }
    if (bytes_is(key, "max_tokens") && value >= 0)
        q->max_tokens = value;
    return true;
}

int kserve_request_read(struct bytes message, struct kserve_request *out, struct err *e) {
    struct wire_record r;
    *out = (struct kserve_request){
        .model = text(KSERVE_MODEL), .version = text(KSERVE_VERSION), .max_tokens = -1};
    while (message.len > 0) {
        if (!wire_next(&message, &r))
            return invalid(e);
        if (r.type != WIRE_BYTES)
            continue;
        if (r.number == 1 && r.bytes.len > 0)
            out->model = r.bytes;
        else if (r.number == 2 && r.bytes.len > 0)
            out->version = r.bytes;
        else if (r.number == 3)
            out->id = r.bytes;
        else if ((r.number == 4 && !read_parameter(r.bytes, out)) ||
                 (r.number == 5 && !read_input(r.bytes, out)))
            return invalid(e);
    }
    return 0;
}

int kserve_name_read(struct bytes message, struct bytes *name, struct err *e) {
    struct wire_record r;
    *name = text("");
    while (message.len > 0) {
        if (!wire_next(&message, &r))
            return invalid(e);
        if (r.number == 1 && r.type == WIRE_BYTES && r.bytes.len > 0)
            *name = r.bytes;
    }
    return 0;
}

/* ---- writing ---- */

static void put_bytes(struct buf *out, uint32_t number, struct bytes b) {
    if (b.len > 0)
        wire_add_bytes(out, number, b.data, b.len);
}

static void put_text(struct buf *out, uint32_t number, const char *s) {
    put_bytes(out, number, text(s));
}

/* A message in a field begins, and ends. */
static size_t begin(struct buf *out, uint32_t number) {
    wire_add_tag(out, number, WIRE_BYTES);
    return out->len;
}

static void end(struct buf *out, size_t at) {
    wire_insert_length(out, at);
}

void kserve_put_true(struct buf *out) {
    wire_add_tag(out, 1, WIRE_VARINT);
    wire_add_varint(out, 1);
}

void kserve_put_server_metadata(struct buf *out) {
    put_text(out, 1, "coldswarm target");
    put_text(out, 2, KSERVE_VERSION);
}

/* TensorMetadata: 1 name, 2 datatype, 3 shape. */
static void put_tensor_metadata(struct buf *out, uint32_t number, const char *name,
                                const char *type, int64_t size) {
    size_t at = begin(out, number);
    put_text(out, 1, name);
    put_text(out, 2, type);
    size_t shape = begin(out, 3);
    wire_add_varint(out, (uint64_t)size);
    end(out, shape);
    end(out, at);
}

void kserve_put_model_metadata(struct buf *out, struct bytes model) {
    put_bytes(out, 1, model.len > 0 ? model : text(KSERVE_MODEL));
    put_text(out, 2, KSERVE_VERSION);
    put_text(out, 3, "coldswarm");
    put_tensor_metadata(out, 4, "image", "BYTES", -1);
    put_tensor_metadata(out, 5, "class", "BYTES", 1);
    put_tensor_metadata(out, 5, "score", "FP32", 1);
}

/* ModelInferResponse: 1 model_name, 2 model_version, 3 id. */
static void put_head(struct buf *out, const struct kserve_request *q) {
    put_bytes(out, 1, q->model);
    put_bytes(out, 2, q->version);
    put_bytes(out, 3, q->id);
}

/* InferOutputTensor of one element: 1 name, 2 datatype, 3 shape, 5 contents, in which `kind` is 8
 * for bytes_contents and 6 for fp32_contents. */
static void put_output(struct buf *out, const char *name, const char *type, uint32_t kind,
                       struct bytes value) {
    size_t tensor = begin(out, 5);
    put_text(out, 1, name);
    put_text(out, 2, type);
    size_t shape = begin(out, 3);
    wire_add_varint(out, 1);
    end(out, shape);
    size_t contents = begin(out, 5);
    wire_add_bytes(out, kind, value.data, value.len);
    end(out, contents);
    end(out, tensor);
}

void kserve_put_class(struct buf *out, const struct kserve_request *q, const char *class,
                      float score) {
    uint32_t bits;
    char little[4];
    memcpy(&bits, &score, sizeof bits);
    for (size_t i = 0; i < sizeof little; i++)
        little[i] = (char)(bits >> (8 * i) & 0xff);
    put_head(out, q);
    put_output(out, "class", "BYTES", 8, text(class));
    put_output(out, "score", "FP32", 6, (struct bytes){little, sizeof little});
}

/* ModelStreamInferResponse: 1 error_message, 2 infer_response. */
void kserve_put_text(struct buf *out, const struct kserve_request *q, struct bytes value) {
    size_t at = begin(out, 2);
    put_head(out, q);
    put_output(out, "text_output", "BYTES", 8, value);
    end(out, at);
}

/* Triton says so in a parameter of the last response. */
void kserve_put_final(struct buf *out, const struct kserve_request *q) {
    size_t at = begin(out, 2);
    put_head(out, q);
    size_t entry = begin(out, 4);
    put_text(out, 1, "triton_final_response");
    size_t parameter = begin(out, 2);
    kserve_put_true(out);
    end(out, parameter);
    end(out, entry);
    end(out, at);
}

void kserve_put_error(struct buf *out, const char *why) {
    put_text(out, 1, why);
}
