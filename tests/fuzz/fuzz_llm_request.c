/* A request to a language model: the first byte is the interface, the rest its body. What is taken
 * has sane numbers; then a whole answer to it is rendered, and a model's name from outside breaks
 * no line of it. */
#include <stdint.h>
#include <string.h>

#include "fuzz/check.h"
#include "target/token_stream.h"
#include "util/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines of Ollama are JSON; so is what follows "data: ", but for the end mark. */
static void check_events(const struct buf *out) {
    const char *line = buf_text(out), *end;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct json_doc *d = NULL;
        size_t skip = strncmp(line, "data: ", 6) == 0 ? 6 : 0;
        if (line[skip] == '{')
            CHECK(json_parse("event", line + skip, (size_t)(end - line) - skip, &d, NULL) == 0);
        else
            CHECK(line == end || line[0] == ':' || strncmp(line, "event: ", 7) == 0 ||
                  strncmp(line, "data: [DONE]", 12) == 0);
        json_free(d);
    }
    CHECK(*line == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct token_spec spec = {.tokens = {.low = 4},
                                           .tokens_per_event = 1,
                                           .events_per_write = 2,
                                           .reasoning = 1,
                                           .role_first = true,
                                           .cached = 0.5};
    struct llm_request r;
    struct err e = {""};
    struct token_stream s;
    struct buf out;
    if (size == 0)
        return 0;
    enum llm_api api = (enum llm_api)(data[0] % LLM_API_COUNT);
    if (llm_request_parse(api, (const char *)data + 1, size - 1, &r, &e) != 0) {
        CHECK(e.text[0] != '\0');
        return 0;
    }
    CHECK(e.text[0] == '\0' && r.max_tokens >= -1 && r.min_tokens >= 0 && r.prompt_tokens < size);
    if (r.min_tokens > 1000 || (r.ignore_eos && r.max_tokens > 1000))
        return 0;
    token_stream_init(&s, &spec, 1, 2, api, &r, 0, 0);
    CHECK(r.max_tokens < 0 || s.answer.tokens <= (uint64_t)r.max_tokens);
    buf_init(&out, 1 << 22);
    do
        token_stream_prepare(&s, &out);
    while (s.kind != TOKEN_WRITE_OVER);
    CHECK(buf_ok(&out));
    check_events(&out);
    buf_done(&out);
    return 0;
}
