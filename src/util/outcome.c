#include "util/outcome.h"

static const char *const texts[] = {
#define OUTCOME_TEXT(name, text) text,
    OUTCOME_MAP(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

const char *outcome_text(int outcome) {
    return outcome >= 0 && outcome < OUTCOME_COUNT ? texts[outcome] : "unknown";
}

bool outcome_is_timed(int outcome) {
    return outcome_is_sent(outcome) && outcome != OUTCOME_CANCELLED;
}

bool outcome_is_failure(int outcome) {
    return outcome != OUTCOME_OK && outcome != OUTCOME_NOT_SENT && outcome != OUTCOME_CANCELLED;
}

bool outcome_is_sent(int outcome) {
    return outcome != OUTCOME_NOT_SENT && outcome != OUTCOME_UNSENDABLE;
}
