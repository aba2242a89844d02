/* A byte that chooses a type, and a message of it: it is refused, or its JSON is valid and means a
 * message again. */
#include "fuzz/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* util/json has a limit of depth, and an Any of an unknown type has no JSON that can be encoded. */
static bool can_go_back(const struct buf *json) {
    int depth = 0, most = 0;
    for (size_t i = 0; i < json->len; i++) {
        depth += json->data[i] == '{' || json->data[i] == '[';
        depth -= json->data[i] == '}' || json->data[i] == ']';
        most = depth > most ? depth : most;
    }
    return most < JSON_DEPTH_MAX - 8 && memmem(json->data, json->len, "@type", 5) == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf json, bytes;
    if (size == 0)
        return 0;
    const struct proto_message *m = grpc_type(data[0]);
    if (grpc_decode(m, data + 1, size - 1, &json)) {
        bool back = grpc_encode(m, &json, &bytes);
        CHECK(back || !can_go_back(&json));
        buf_done(&bytes);
        grpc_round_trip(m, &json);
    }
    buf_done(&json);
    return 0;
}
