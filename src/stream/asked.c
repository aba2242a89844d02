#include "stream/asked.h"

#include "stream/jsonwalk.h"

/* In the order in which they count. 0 is no slot. */
enum { COMPLETION = 1, TOKENS, OUTPUT, PREDICT, NEW_TOKENS, PARAMETER_TOKENS, NUM_PREDICT, SLOTS };

JSONWALK_TABLE(parameters, {"max_new_tokens", NEW_TOKENS, NULL},
               {"max_tokens", PARAMETER_TOKENS, NULL});
JSONWALK_TABLE(options, {"num_predict", NUM_PREDICT, NULL});
JSONWALK_TABLE(body_table, {"max_completion_tokens", COMPLETION, NULL},
               {"max_tokens", TOKENS, NULL}, {"max_output_tokens", OUTPUT, NULL},
               {"n_predict", PREDICT, NULL}, {"parameters", 0, &parameters},
               {"options", 0, &options});

static void take(void *context, int slot, enum jsonwalk_kind kind, struct bytes raw) {
    int64_t *found = context;
    if (kind == JSONWALK_NUMBER)
        found[slot] = jsonwalk_count(raw);
}

int64_t asked_tokens(struct bytes body) {
    int64_t found[SLOTS] = {0};
    size_t start = 0;
    while (start < body.len && (body.data[start] == ' ' || body.data[start] == '\n' ||
                                body.data[start] == '\t' || body.data[start] == '\r'))
        start++;
    if (start == body.len || body.data[start] != '{' || !jsonwalk(body, &body_table, take, found))
        return ASKED_NOTHING;
    for (int i = COMPLETION; i < SLOTS; i++)
        if (found[i] > 0)
            return found[i];
    return ASKED_NOTHING;
}

int64_t asked_words(struct bytes digits) {
    return jsonwalk_count(digits) > 0 ? jsonwalk_count(digits) : ASKED_NOTHING;
}
