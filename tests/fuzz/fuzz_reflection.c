/* Answers to server reflection, each with two bytes of length before it: they are refused, or end
 * with types or a file that is missing. The same bytes are questions to the target, which always
 * has an answer: files that can be read, or an error. */
#include <stdlib.h>

#include "fuzz/check.h"
#include "grpc/reflection.h"
#include "target/grpc_services.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *context, const char *name) {
    *(size_t *)context += strlen(name);
}

static void ask(const uint8_t *data, size_t size) {
    struct reflection *r = reflection_new();
    struct buf answer;
    struct err e = {""};
    buf_init(&answer, 1 << 20);
    CHECK(r != NULL);
    grpc_services_reflect((struct bytes){(const char *)data, size}, &answer);
    CHECK(buf_ok(&answer));
    if (reflection_answer(r, buf_text(&answer), answer.len, &e) == 0)
        CHECK(reflection_missing(r) == NULL);
    else
        CHECK(strstr(e.text, "invalid") == NULL);
    buf_done(&answer);
    reflection_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct reflection *r = reflection_new();
    struct proto_set *set = NULL;
    size_t names = 0;
    CHECK(r != NULL);
    while (size >= 2) {
        size_t n = (size_t)data[0] << 8 | data[1];
        struct err e = {""};
        data += 2;
        size -= 2;
        n = n < size ? n : size;
        CHECK((reflection_answer(r, data, n, &e) == 0) == (e.text[0] == '\0'));
        reflection_services(data, n, count, &names, &e);
        const char *missing = reflection_missing(r);
        CHECK(missing == NULL || *missing != '\0');
        ask(data, n);
        data += n;
        size -= n;
    }
    struct err e = {""};
    CHECK((reflection_types(r, "host", &set, &e) == 0) == (e.text[0] == '\0'));
    CHECK(names <= SIZE_MAX / 2);
    proto_set_free(set);
    reflection_free(r);
    return 0;
}
