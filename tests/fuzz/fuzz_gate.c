/* Any text as a threshold: the parser ends, what it takes is written and read again unchanged. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "gate/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(const char *text) {
    struct gate_rule r, s;
    struct err e = {""};
    struct buf once, twice;
    if (gate_parse(text, &r, &e) != 0) {
        CHECK(e.text[0] != '\0');
        return;
    }
    CHECK(e.text[0] == '\0');
    buf_init(&once, 1 << 20);
    buf_init(&twice, 1 << 20);
    gate_rule_text(&r, &once);
    CHECK(buf_ok(&once) && strchr(buf_text(&once), '\n') == NULL);
    CHECK(gate_parse(buf_text(&once), &s, &e) == 0);
    gate_rule_text(&s, &twice);
    CHECK(strcmp(buf_text(&once), buf_text(&twice)) == 0);
    CHECK(r.metric == s.metric && r.filters == s.filters && r.op == s.op);
    for (int i = 0; i < GATE_LIMITS; i++)
        CHECK(r.within[i].op == s.within[i].op && r.within[i].limit >= 0);
    CHECK((r.name == NULL) == (s.name == NULL));
    CHECK(r.name == NULL || strcmp(r.name, s.name) == 0);
    gate_rule_done(&r);
    gate_rule_done(&s);
    buf_done(&once);
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct gate_rules all = {0};
    struct err e = {""};
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    one(text);
    gate_rules_read(&all, "input", text, &e);
    gate_rules_done(&all);
    free(text);
    return 0;
}
