/* Names of codings, and what an Accept-Encoding asks for (RFC 9110 12.5.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "util/codings.h"

static struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

static void names_in_any_case(void **state) {
    (void)state;
    assert_int_equal(codings_kind(text("gzip")), CODINGS_GZIP);
    assert_int_equal(codings_kind(text("X-GZIP")), CODINGS_GZIP);
    assert_int_equal(codings_kind(text("Deflate")), CODINGS_DEFLATE);
    assert_int_equal(codings_kind(text("br")), CODINGS_BROTLI);
    assert_int_equal(codings_kind(text("identity")), CODINGS_IDENTITY);
    assert_int_equal(codings_kind(text("none")), CODINGS_IDENTITY);
    static const char *const unknown[] = {"", "zstd", "compress", "*", "gzip ", "gzi", "brotli"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(codings_kind(text(unknown[i])), CODINGS_UNKNOWN);
}

static void lists_are_taken_apart(void **state) {
    (void)state;
    struct bytes list = text(" gzip ,\t, deflate;q=0.5 ,"), element;
    static const char *const parts[] = {"gzip", "", "deflate;q=0.5"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_true(codings_next(&list, &element));
        assert_int_equal(element.len, strlen(parts[i]));
        assert_memory_equal(element.data, parts[i], element.len);
    }
    assert_false(codings_next(&list, &element));
}

static void what_is_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *element, *unknown;
    } cases[] = {
        {"gzip", NULL},
        {"br;q=1", NULL},
        {"identity;q=0", NULL},
        {"", NULL},
        {"zstd", "zstd"},
        {"zstd ; q=0.001", "zstd"},
        {"zstd;q=0", NULL},
        {"zstd; Q=0.000", NULL},
        {"*", "*"},
        {"*;q=0.1", "*"},
        {"* ; q = 0.0", NULL},
        {"zstd;q=00", "zstd"},
        {"zstd;x=0;q=0", NULL},
        {"zstd;q=", "zstd"},
        {"compress;q=0.", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes name;
        bool unknown = codings_asks_for_unknown(text(cases[i].element), &name);
        if (unknown != (cases[i].unknown != NULL))
            fail_msg("%s", cases[i].element);
        if (unknown)
            assert_memory_equal(name.data, cases[i].unknown, name.len);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_any_case),
        cmocka_unit_test(lists_are_taken_apart),
        cmocka_unit_test(what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
