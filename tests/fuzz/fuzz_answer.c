/* An answer of any bytes, in pieces: it is complete, goes on, or is refused with a reason; what is
 * kept of it has its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "transport/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how it is read: HEAD, codings, the pieces; of half of the lengths, it is to
 * be a stream. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const struct transport_options options = {.compressed = data[0] & 1, .cookies = true};
    const struct place place = {{"h.example", 9}, {"/", 1}, true};
    struct transport_result result = {0};
    struct answer_pool pool = {0};
    struct history history = {0};
    struct answer a;
    const struct stream_spec spec = {.format = (enum stream_format)(size % STREAM_FORMAT_COUNT)};
    bool stream = size % 2 == 1;
    size_t piece = (data[0] >> 2) + 1;
    answer_init(&a, &options, &pool, &history);
    answer_begin(&a, &(struct answer_wanted){true, size % 64, stream ? &spec : NULL, size % 50,
                                             size % 70, NULL});
    answer_expect(&a, data[0] & 2, false, &place);
    for (size_t at = 1; at < size && a.http.state != HTTP1_COMPLETE; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        char *copy = malloc(n);
        if (copy == NULL)
            abort();
        memcpy(copy, data + at, n);
        answer_stream_arrived(&a.stream, (int64_t)at, false);
        CHECK(http1_feed(&a.http, copy, n) <= n);
        free(copy);
        if (a.http.state == HTTP1_FAILED) {
            CHECK(*answer_failure(&a) != '\0');
            break;
        }
    }
    if (http1_end(&a.http, true)) {
        CHECK(a.http.status >= 100 && a.http.status <= 999);
        answer_check(&a);
    }
    result.status = a.http.head_done ? a.http.status : 0;
    result.outcome = a.http.state == HTTP1_COMPLETE ? OUTCOME_OK : OUTCOME_RESET;
    result.error = "";
    struct answer_kept *kept = answer_take(&a, &result);
    if (result.stream != NULL) {
        CHECK(stream && result.status > 0 && result.status < 400);
        CHECK(result.stream->text.len <= size % 50 && result.stream->token_events <= size);
        CHECK(result.outcome != OUTCOME_OK || result.stream->token_events > 0 ||
              result.stream->finish == STREAM_FINISH_TOOL_CALLS);
        CHECK((result.outcome == OUTCOME_OK) == (*result.error == '\0') ||
              result.outcome == OUTCOME_RESET);
    }
    /* More may be kept of what came instead of a stream. */
    size_t most = size % 64;
    if (answer_stream_is_refused(&a.stream, a.http.status) && size % 70 > most)
        most = size % 70;
    CHECK(kept != NULL && result.body.len <= most && result.body.len <= a.received);
    answer_give_back(&pool, kept);
    answer_done(&a);
    answer_pool_free(&pool);
    return 0;
}
