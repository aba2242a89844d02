/* OpenAI's three formats: chat completions, completions and responses, with the extensions of
 * compatible servers. */
#include "stream/extract.h"
#include "stream/extract_internal.h"

JSONWALK_TABLE(input_details, {"cached_tokens", EXTRACT_SLOT_CACHED, NULL});
JSONWALK_TABLE(output_details, {"reasoning_tokens", EXTRACT_SLOT_REASONING_COUNT, NULL});

/* The names of completions and those of responses: no server uses one for another number. */
JSONWALK_TABLE(usage, {"prompt_tokens", EXTRACT_SLOT_PROMPT, NULL},
               {"completion_tokens", EXTRACT_SLOT_OUTPUT, NULL},
               {"prompt_tokens_details", 0, &input_details},
               {"completion_tokens_details", 0, &output_details},
               {"input_tokens", EXTRACT_SLOT_PROMPT, NULL},
               {"output_tokens", EXTRACT_SLOT_OUTPUT, NULL},
               {"input_tokens_details", 0, &input_details},
               {"output_tokens_details", 0, &output_details});

/* Groq's place for usage. */
JSONWALK_TABLE(x_groq, {"usage", 0, &usage});

/* Mistral's content: a list of parts, of which some think. */
JSONWALK_TABLE(thinking_part, {"text", EXTRACT_SLOT_REASONING, NULL});
JSONWALK_TABLE(content_part, {"text", EXTRACT_SLOT_TEXT, NULL}, {"thinking", 0, &thinking_part});

JSONWALK_TABLE(function, {"arguments", EXTRACT_SLOT_TOOLS, NULL});
JSONWALK_TABLE(custom, {"input", EXTRACT_SLOT_TOOLS, NULL});
JSONWALK_TABLE(tool_call, {"function", 0, &function}, {"custom", 0, &custom});

JSONWALK_TABLE(chat_delta, {"content", EXTRACT_SLOT_CONTENT, &content_part},
               {"reasoning_content", EXTRACT_SLOT_REASONING_CONTENT, NULL},
               {"reasoning", EXTRACT_SLOT_REASONING_ALIAS, NULL},
               {"refusal", EXTRACT_SLOT_TEXT, NULL}, {"tool_calls", 0, &tool_call},
               {"function_call", 0, &function});

JSONWALK_TABLE(chat_choice, {"delta", EXTRACT_SLOT_GROUP, &chat_delta},
               {"finish_reason", EXTRACT_SLOT_FINISH, NULL}, {"usage", 0, &usage});

JSONWALK_TABLE(chat, {"choices", 0, &chat_choice}, {"usage", 0, &usage}, {"x_groq", 0, &x_groq},
               {"object", EXTRACT_SLOT_OBJECT, NULL}, {"message", EXTRACT_SLOT_MESSAGE, NULL},
               EXTRACT_ERROR_FIELD);

JSONWALK_TABLE(text_choice, {"text", EXTRACT_SLOT_TEXT, NULL},
               {"finish_reason", EXTRACT_SLOT_FINISH, NULL}, {"usage", 0, &usage});

JSONWALK_TABLE(completions, {"choices", 0, &text_choice}, {"usage", 0, &usage},
               {"object", EXTRACT_SLOT_OBJECT, NULL}, {"message", EXTRACT_SLOT_MESSAGE, NULL},
               EXTRACT_ERROR_FIELD);

static bool walk_choices(struct extract *x, const struct jsonwalk_table *table, struct bytes data,
                         struct bytes type) {
    struct extract_walk w;
    if (!extract_walk(&w, x, table, data, type))
        return false;
    if (!x->failed && bytes_is(w.string[EXTRACT_SLOT_OBJECT], "error"))
        extract_failed(&w, data);
    return true;
}

bool extract_openai(struct extract *x, struct bytes data, struct bytes type) {
    return walk_choices(x, &chat, data, type);
}

bool extract_completions(struct extract *x, struct bytes data, struct bytes type) {
    return walk_choices(x, &completions, data, type);
}

/* ---- responses ---- */

JSONWALK_TABLE(incomplete, {"reason", EXTRACT_SLOT_REASON, NULL});
JSONWALK_TABLE(output_item, {"type", EXTRACT_SLOT_ITEM_TYPE, NULL});
JSONWALK_TABLE(response, {"usage", 0, &usage}, {"incomplete_details", 0, &incomplete},
               {"output", 0, &output_item}, EXTRACT_ERROR_FIELD);
JSONWALK_TABLE(responses, {"type", EXTRACT_SLOT_TYPE, NULL}, {"delta", EXTRACT_SLOT_DELTA, NULL},
               {"response", 0, &response}, {"message", EXTRACT_SLOT_MESSAGE, NULL},
               EXTRACT_ERROR_FIELD);

/* The types whose `delta` is token text. */
static bool delta_kind(struct bytes type, enum extract_kind *kind) {
    static const struct {
        const char *type;
        enum extract_kind kind;
    } types[] = {
        {"response.output_text.delta", EXTRACT_TEXT},
        {"response.refusal.delta", EXTRACT_TEXT},
        {"response.reasoning_text.delta", EXTRACT_REASONING},
        {"response.reasoning_summary_text.delta", EXTRACT_REASONING},
        {"response.function_call_arguments.delta", EXTRACT_TOOLS},
        {"response.custom_tool_call_input.delta", EXTRACT_TOOLS},
        {"response.mcp_call_arguments.delta", EXTRACT_TOOLS},
        {"response.code_interpreter_call_code.delta", EXTRACT_TOOLS},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (bytes_is(type, types[i].type)) {
            *kind = types[i].kind;
            return true;
        }
    return false;
}

bool extract_responses(struct extract *x, struct bytes data, struct bytes type) {
    struct extract_walk w;
    enum extract_kind kind;
    if (!extract_walk(&w, x, &responses, data, type))
        return false;
    struct bytes t = w.string[EXTRACT_SLOT_TYPE];
    if (delta_kind(t, &kind))
        extract_text(x, kind, w.string[EXTRACT_SLOT_DELTA]);
    else if (bytes_is(t, "response.completed")) {
        x->done = true;
        x->finish = w.calls_tool ? STREAM_FINISH_TOOL_CALLS : STREAM_FINISH_STOP;
    } else if (bytes_is(t, "response.incomplete")) {
        x->done = true;
        x->finish = STREAM_FINISH_OTHER;
        extract_finish(x, w.string[EXTRACT_SLOT_REASON]);
    } else if (bytes_is(t, "response.cancelled")) {
        x->done = true;
        x->finish = STREAM_FINISH_OTHER;
    } else if (bytes_is(t, "response.failed") || bytes_is(t, "error")) {
        x->done = true;
        if (!x->failed)
            extract_failed(&w, data);
    }
    return true;
}
