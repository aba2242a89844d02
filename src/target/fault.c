#include "target/fault.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"none",
#define FAULT_WORD(name, text) text,
                                    FAULT_MAP(FAULT_WORD)
#undef FAULT_WORD
};

_Static_assert(sizeof words / sizeof *words == FAULT_COUNT, "a word for each kind");

const char *fault_text(enum fault_kind kind) {
    return kind < FAULT_COUNT ? words[kind] : "unknown";
}

int fault_parse(const char *text, struct fault *f, struct err *e) {
    static const char prefix[] = "status:";
    if (strncmp(text, prefix, strlen(prefix)) == 0) {
        const char *digits = text + strlen(prefix);
        if (strlen(digits) != 3 || strspn(digits, "0123456789") != 3 || digits[0] < '4' ||
            digits[0] > '5')
            return err_set(e, "\"%.100s\": the status of a failure must be from 400 to 599", text);
        f->status = (int)strtol(digits, NULL, 10);
        f->kind = FAULT_STATUS;
        return 0;
    }
    for (int kind = FAULT_RESET; kind < FAULT_COUNT; kind++)
        if (strcmp(text, words[kind]) == 0) {
            f->kind = (enum fault_kind)kind;
            return 0;
        }
    return err_set(e, "unknown failure \"%.100s\"; write status:503, reset, hang, garbage or short",
                   text);
}
