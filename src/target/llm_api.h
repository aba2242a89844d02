/*
 * llm_api: the interfaces of language model servers that the target implements, and their paths.
 *
 * Thread: any.
 */
#ifndef TARGET_LLM_API_H
#define TARGET_LLM_API_H

/* X(NAME, path). Ollama's streams are lines of JSON; the others are server-sent events. */
#define LLM_API_MAP(X)                                                                             \
    X(CHAT, "/v1/chat/completions")                                                                \
    X(COMPLETIONS, "/v1/completions")                                                              \
    X(RESPONSES, "/v1/responses")                                                                  \
    X(MESSAGES, "/v1/messages")                                                                    \
    X(TGI, "/generate_stream")                                                                     \
    X(OLLAMA_CHAT, "/api/chat")                                                                    \
    X(OLLAMA_GENERATE, "/api/generate")

enum llm_api {
#define LLM_API_ENUM(name, path) LLM_##name,
    LLM_API_MAP(LLM_API_ENUM)
#undef LLM_API_ENUM
        LLM_API_COUNT
};

#define LLM_MODEL "coldswarm" /* listed by GET /v1/models; a request may name any other */

/* Maximum tokens of one response. */
#define LLM_TOKENS_MAX 1000000

#endif
