/* KServe's inference protocol version 2 over HTTP: health, metadata and predictions in JSON. */
#include <string.h>

#include "target/kserve.h"
#include "target/target_internal.h"
#include "util/json_write.h"

#define ANSWER_MAX_BYTES 4096

void kserve_note_model(struct target_request *r, const char *path) {
    static const char front[] = "/v2/models/";
    const char *name = path + sizeof front - 1;
    size_t n = strcspn(name, "/");
    n = n < LLM_MODEL_MAX_BYTES ? n : LLM_MODEL_MAX_BYTES;
    memcpy(r->llm.model, name, n);
    r->llm.model[n] = '\0';
}

static void put_tensor(struct json_writer *w, const char *name, const char *type, int64_t size) {
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "name", name);
    json_write_text(w, "datatype", type);
    json_write_array(w, "shape", JSON_LINE);
    json_write_int(w, NULL, size);
    json_write_end(w);
}

static void put_model(struct json_writer *w, const struct target_request *r) {
    json_write_text(w, "name", r->llm.model);
    json_write_array(w, "versions", JSON_LINE);
    json_write_text(w, NULL, KSERVE_VERSION);
    json_write_end(w);
    json_write_text(w, "platform", "coldswarm");
    json_write_array(w, "inputs", JSON_LINE);
    put_tensor(w, "image", "BYTES", -1);
    json_write_end(w);
    json_write_end(w);
    json_write_array(w, "outputs", JSON_LINE);
    put_tensor(w, "class", "BYTES", 1);
    json_write_end(w);
    put_tensor(w, "score", "FP32", 1);
    json_write_end(w);
    json_write_end(w);
}

static void put_class(struct json_writer *w, const struct target_request *r) {
    unsigned thousandths;
    const char *class = target_class(r->number, &thousandths);
    json_write_text(w, "model_name", r->llm.model);
    json_write_text(w, "model_version", KSERVE_VERSION);
    json_write_array(w, "outputs", JSON_LINE);
    put_tensor(w, "class", "BYTES", 1);
    json_write_array(w, "data", JSON_LINE);
    json_write_text(w, NULL, class);
    json_write_end(w);
    json_write_end(w);
    put_tensor(w, "score", "FP32", 1);
    json_write_array(w, "data", JSON_LINE);
    json_write_number(w, NULL, thousandths / 1000.0);
    json_write_end(w);
    json_write_end(w);
    json_write_end(w);
}

static void put(struct json_writer *w, const struct target_request *r) {
    if (r->route == ROUTE_KSERVE_LIVE)
        json_write_bool(w, "live", true);
    else if (r->route == ROUTE_KSERVE_READY)
        json_write_bool(w, "ready", true);
    else if (r->route == ROUTE_KSERVE_MODEL_READY) {
        json_write_text(w, "name", r->llm.model);
        json_write_bool(w, "ready", true);
    } else if (r->route == ROUTE_KSERVE_SERVER) {
        json_write_text(w, "name", "coldswarm target");
        json_write_text(w, "version", KSERVE_VERSION);
        json_write_array(w, "extensions", JSON_LINE);
        json_write_end(w);
    } else if (r->route == ROUTE_KSERVE_MODEL)
        put_model(w, r);
    else
        put_class(w, r);
}

enum MHD_Result kserve_answer(struct target_request *r) {
    struct json_writer w;
    struct buf json;
    buf_init(&json, ANSWER_MAX_BYTES);
    json_write_init(&w, &json, NULL);
    json_write_object(&w, NULL, JSON_LINE);
    put(&w, r);
    json_write_end(&w);
    buf_char(&json, '\n');
    enum MHD_Result result = answer_json(r, MHD_HTTP_OK, &json);
    buf_done(&json);
    return result;
}
