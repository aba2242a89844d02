/* grpc_services: what the target tells of its services, as the client of reflection reads it. The
 * messages of questions are written by hand, by the numbers of grpc/reflection/v1/reflection.proto.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grpc/proto_wire.h"
#include "grpc/reflection.h"
#include "target/grpc_services.h"

enum { ASK_FILE = 3, ASK_SYMBOL, ASK_EXTENSION, ASK_EXTENSIONS, ASK_SERVICES };

static void ask(uint32_t kind, const char *text, struct buf *answer) {
    struct buf question;
    buf_init(&question, 4096);
    buf_init(answer, 1 << 20);
    wire_add_bytes(&question, kind, text, strlen(text));
    grpc_services_reflect((struct bytes){buf_text(&question), question.len}, answer);
    assert_true(buf_ok(answer));
    /* original_request, field 2, is the question. */
    assert_int_equal(answer->data[0], 0x12);
    assert_memory_equal(answer->data + 2, question.data, question.len);
    buf_done(&question);
}

static void test_files_have_what_was_asked_for(void **state) {
    (void)state;
    static const struct {
        uint32_t kind;
        const char *what, *message; /* NULL: it is not there */
    } cases[] = {
        {ASK_SYMBOL, "inference.GRPCInferenceService", "inference.ModelInferRequest"},
        {ASK_SYMBOL, "inference.GRPCInferenceService.ModelInfer", "inference.ModelInferRequest"},
        {ASK_SYMBOL, "inference.ModelInferRequest", "inference.ModelInferRequest"},
        {ASK_SYMBOL, "inference.ModelInferRequest.InferInputTensor", "inference.ModelInferRequest"},
        {ASK_SYMBOL, "inference.ModelInferRequest.id", "inference.ModelInferRequest"},
        {ASK_SYMBOL, "grpc.health.v1.HealthCheckResponse.ServingStatus",
         "grpc.health.v1.HealthCheckResponse"},
        {ASK_SYMBOL, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1.ErrorResponse"},
        {ASK_SYMBOL, "grpc.reflection.v1alpha.ServerReflection",
         "grpc.reflection.v1alpha.ErrorResponse"},
        {ASK_FILE, "kserve.proto", "inference.ModelInferRequest"},
        {ASK_FILE, "grpc/health/v1/health.proto", "grpc.health.v1.HealthCheckRequest"},
        {ASK_SYMBOL, "", NULL},
        {ASK_SYMBOL, ".", NULL},
        {ASK_SYMBOL, "inference", NULL},
        {ASK_SYMBOL, "inference.", NULL},
        {ASK_SYMBOL, "inference.ModelInferRequest.", NULL},
        {ASK_SYMBOL, "inference.ModelInferRequest.nosuch", NULL},
        {ASK_SYMBOL, "inference.ModelInferReq", NULL},
        {ASK_SYMBOL, "grpc.reflection.v1alph", NULL},
        {ASK_FILE, "kserve", NULL},
        {ASK_FILE, "", NULL},
        {ASK_EXTENSION, "", NULL},
        {ASK_EXTENSIONS, "inference.Nothing", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reflection *r = reflection_new();
        struct proto_set *set = NULL;
        struct buf answer;
        struct err e = {""};
        ask(cases[i].kind, cases[i].what, &answer);
        int result = reflection_answer(r, answer.data, answer.len, &e);
        if (cases[i].message == NULL) {
            assert_int_equal(result, -1);
            assert_string_equal(e.text, "server reflection answers with the error 5: there is no "
                                        "such file, symbol or extension");
        } else {
            assert_int_equal(result, 0);
            assert_null(reflection_missing(r));
            assert_int_equal(reflection_types(r, "target", &set, &e), 0);
            assert_non_null(proto_find_message(set, cases[i].message));
        }
        proto_set_free(set);
        reflection_free(r);
        buf_done(&answer);
    }
}

static void hear(void *context, const char *name) {
    buf_printf(context, "%s\n", name);
}

static void test_services(void **state) {
    (void)state;
    struct buf answer, names;
    struct err e = {""};
    buf_init(&names, 4096);
    ask(ASK_SERVICES, "", &answer);
    assert_int_equal(reflection_services(answer.data, answer.len, hear, &names, &e), 0);
    assert_string_equal(buf_text(&names), "inference.GRPCInferenceService\n"
                                          "grpc.health.v1.Health\n"
                                          "grpc.reflection.v1.ServerReflection\n"
                                          "grpc.reflection.v1alpha.ServerReflection\n");
    buf_done(&answer);
    buf_done(&names);
}

static void test_questions_that_are_none(void **state) {
    (void)state;
    static const struct bytes cases[] = {{"", 0}, {"\x0a\x01h", 3}, {"\x1a", 1}, {"\x18\x01", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reflection *r = reflection_new();
        struct buf answer;
        struct err e = {""};
        buf_init(&answer, 4096);
        grpc_services_reflect(cases[i], &answer);
        assert_int_equal(reflection_answer(r, answer.data, answer.len, &e), -1);
        assert_string_equal(
            e.text, "server reflection answers with the error 3: the request asks for nothing");
        reflection_free(r);
        buf_done(&answer);
    }
}

static void test_health(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum grpc_health health;
    } cases[] = {{"", GRPC_HEALTH_SERVING},
                 {"inference.GRPCInferenceService", GRPC_HEALTH_SERVING},
                 {"grpc.health.v1.Health", GRPC_HEALTH_SERVING},
                 {"inference", GRPC_HEALTH_SERVICE_UNKNOWN},
                 {"inference.GRPCInferenceServic", GRPC_HEALTH_SERVICE_UNKNOWN}};
    struct buf out;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(grpc_services_health((struct bytes){cases[i].name, strlen(cases[i].name)}),
                         cases[i].health);
    buf_init(&out, 16);
    grpc_services_put_health(&out, GRPC_HEALTH_SERVICE_UNKNOWN);
    assert_int_equal(out.len, 2);
    assert_memory_equal(out.data, "\x08\x03", 2);
    buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_have_what_was_asked_for),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_questions_that_are_none),
        cmocka_unit_test(test_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
