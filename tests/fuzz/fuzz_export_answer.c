/* What a receiver of metrics answers, and lists of pairs from the environment: the first byte is
 * the interface, the rest its text. A text for people has no control characters. */
#include <stdint.h>
#include <string.h>

#include "export/influx.h"
#include "export/otlp.h"
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const char *text) {
    for (; *text != '\0'; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_pairs(const char *text) {
    struct labels l = {0};
    struct err e = {""};
    if (otlp_pairs("X", text, &l, &e) == 0)
        for (size_t i = 0; i < l.count; i++)
            CHECK(l.all[i].key[0] != '\0');
    else
        CHECK(e.text[0] != '\0');
    labels_done(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct exporter_answer a = {0};
    if (size == 0)
        return 0;
    char *text = malloc(size);
    CHECK(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (data[0] % 3 == 2)
        check_pairs(text);
    else {
        const struct exporter_format *f = data[0] % 3 == 0 ? &otlp_format : &influx_format;
        f->read(data[0] & 64 ? 400 : 200, text, size - 1, &a);
        check_plain(a.why.text);
    }
    free(text);
    return 0;
}
