/* Anthropic's messages. */
#include "stream/extract.h"
#include "stream/extract_internal.h"

JSONWALK_TABLE(output_details, {"thinking_tokens", EXTRACT_SLOT_REASONING_COUNT, NULL});
JSONWALK_TABLE(usage, {"output_tokens", EXTRACT_SLOT_OUTPUT, NULL},
               {"output_tokens_details", 0, &output_details},
               {"input_tokens", EXTRACT_SLOT_PROMPT, NULL},
               {"cache_read_input_tokens", EXTRACT_SLOT_CACHED, NULL},
               {"cache_creation_input_tokens", EXTRACT_SLOT_CACHE_WRITTEN, NULL});

JSONWALK_TABLE(delta, {"text", EXTRACT_SLOT_TEXT, NULL}, {"thinking", EXTRACT_SLOT_REASONING, NULL},
               {"partial_json", EXTRACT_SLOT_TOOLS, NULL},
               {"stop_reason", EXTRACT_SLOT_FINISH, NULL});
JSONWALK_TABLE(block, {"text", EXTRACT_SLOT_TEXT, NULL},
               {"thinking", EXTRACT_SLOT_REASONING, NULL});
JSONWALK_TABLE(message, {"usage", 0, &usage});
JSONWALK_TABLE(event, {"type", EXTRACT_SLOT_TYPE, NULL}, {"delta", 0, &delta},
               {"content_block", 0, &block}, {"usage", 0, &usage}, {"message", 0, &message},
               EXTRACT_ERROR_FIELD);

bool extract_anthropic(struct extract *x, struct bytes data, struct bytes type) {
    struct extract_walk w;
    if (!extract_walk(&w, x, &event, data, type))
        return false;
    struct bytes t = w.string[EXTRACT_SLOT_TYPE];
    int64_t written = extract_count(&w, EXTRACT_SLOT_CACHE_WRITTEN);
    /* input_tokens are those that no cache knew, and no cache was to keep. */
    if (x->usage.prompt >= 0)
        x->usage.prompt +=
            (x->usage.cached > 0 ? x->usage.cached : 0) + (written > 0 ? written : 0);
    /* At the start it is what was there before the first token, in vLLM's place for it too. */
    if (bytes_is(t, "message_start"))
        x->usage.output = -1;
    x->done = bytes_is(t, "message_stop");
    if (bytes_is(t, "error") && !x->failed)
        extract_failed(&w, data);
    return true;
}
