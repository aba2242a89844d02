/* Formats of single servers: text-generation-inference, Ollama and Triton. */
#include "stream/extract.h"
#include "stream/extract_internal.h"

JSONWALK_TABLE(tgi_token, {"text", EXTRACT_SLOT_TOKEN_TEXT, NULL},
               {"special", EXTRACT_SLOT_SPECIAL, NULL});
JSONWALK_TABLE(tgi_details, {"finish_reason", EXTRACT_SLOT_FINISH, NULL},
               {"generated_tokens", EXTRACT_SLOT_OUTPUT, NULL},
               {"input_length", EXTRACT_SLOT_PROMPT, NULL});
JSONWALK_TABLE(tgi, {"token", EXTRACT_SLOT_GROUP, &tgi_token},
               {"generated_text", EXTRACT_SLOT_WHOLE_TEXT, NULL}, {"details", 0, &tgi_details},
               EXTRACT_ERROR_FIELD);

bool extract_tgi(struct extract *x, struct bytes data, struct bytes type) {
    struct extract_walk w;
    return extract_walk(&w, x, &tgi, data, type);
}

JSONWALK_TABLE(ollama_function, {"arguments", EXTRACT_SLOT_TOOLS, NULL});
JSONWALK_TABLE(ollama_call, {"function", 0, &ollama_function});
JSONWALK_TABLE(ollama_message, {"content", EXTRACT_SLOT_TEXT, NULL},
               {"thinking", EXTRACT_SLOT_REASONING, NULL}, {"tool_calls", 0, &ollama_call});
JSONWALK_TABLE(ollama, {"message", 0, &ollama_message}, {"response", EXTRACT_SLOT_TEXT, NULL},
               {"thinking", EXTRACT_SLOT_REASONING, NULL}, {"done", EXTRACT_SLOT_DONE, NULL},
               {"done_reason", EXTRACT_SLOT_FINISH, NULL},
               {"eval_count", EXTRACT_SLOT_OUTPUT, NULL},
               {"prompt_eval_count", EXTRACT_SLOT_PROMPT, NULL}, EXTRACT_ERROR_FIELD);

bool extract_ollama(struct extract *x, struct bytes data, struct bytes type) {
    struct extract_walk w;
    return extract_walk(&w, x, &ollama, data, type);
}

JSONWALK_TABLE(triton, {"text_output", EXTRACT_SLOT_TEXT, NULL},
               {"finish_reason", EXTRACT_SLOT_FINISH, NULL},
               {"num_output_tokens", EXTRACT_SLOT_OUTPUT, NULL},
               {"num_input_tokens", EXTRACT_SLOT_PROMPT, NULL}, EXTRACT_ERROR_FIELD);

bool extract_triton(struct extract *x, struct bytes data, struct bytes type) {
    struct extract_walk w;
    x->adds = true;
    return extract_walk(&w, x, &triton, data, type);
}
