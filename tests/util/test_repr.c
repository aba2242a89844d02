/* repr: what Python's repr() says, asked of Python for a million bits' worth of doubles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/repr.h"
#include "util/rng.h"
#include "util/sha256.h"

static void test_by_hand(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {0.1, "0.1"},
        {100, "100.0"},
        {-2.5, "-2.5"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.5e16, "1.5e+16"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1e100, "1e+100"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789.125, "123456789.125"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
    };
    char text[REPR_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        repr_text(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Pairs "hex of the bits, our text"; Python reads the bits and says repr(). */
static void test_as_python(void **state) {
    (void)state;
    char name[] = "/tmp/coldswarm-repr-XXXXXX", command[512];
    struct rng rng;
    int fd = mkstemp(name);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    rng_seed(&rng, 1, 2);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_below(&rng, UINT32_MAX) << 32 | rng_below(&rng, UINT32_MAX);
        double value, time = (double)rng_below(&rng, 100000000) / 1000;
        char text[REPR_BYTES];
        memcpy(&value, &bits, sizeof value);
        if (i % 2 == 0)
            value = time / (double)(1 + rng_below(&rng, 1000));
        memcpy(&bits, &value, sizeof bits);
        repr_text(value, text);
        fprintf(f, "%016llx %s\n", (unsigned long long)bits, text);
    }
    assert_int_equal(fclose(f), 0);
    snprintf(command, sizeof command,
             "python3 -c 'import struct, sys\n"
             "for line in open(sys.argv[1]):\n"
             "    bits, text = line.split()\n"
             "    value = struct.unpack(\">d\", bytes.fromhex(bits))[0]\n"
             "    assert repr(value) == text, (line, repr(value))' %s",
             name);
    int status = system(command);
    unlink(name);
    assert_int_equal(status, 0);
}

/* FIPS 180-2, appendix B. */
static void test_sha256(void **state) {
    (void)state;
    char hex[SHA256_HEX_BYTES];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_as_python),
        cmocka_unit_test(test_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
