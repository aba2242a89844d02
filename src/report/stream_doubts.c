#include "report/stream_doubts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/text.h"

/* A remark has room for this much of a name. */
#define NAME_BYTES 60

static double share(uint64_t part, uint64_t of) {
    return of == 0 ? 0 : (double)part / (double)of;
}

/* Half of the gaps say nothing of the others. Each response is held to its own mean gap, for the
 * endpoints of a run may have different speeds. */
static bool has_bursts(const struct streams_entry *x) {
    return (x->reads >= STREAM_DOUBTS_EVENTS &&
            share(x->shared_reads, x->reads) > STREAM_DOUBTS_SHARED) ||
           (x->gaps >= STREAM_DOUBTS_EVENTS && share(x->short_gaps, x->gaps) > STREAM_DOUBTS_SHORT);
}

/* The endpoint with the largest share of bursts, or NULL. */
static const struct streams_entry *worst_bursts(const struct streams *s) {
    const struct streams_entry *worst = NULL;
    double most = 0;
    for (size_t i = 0; i < s->names.entry_count; i++) {
        const struct streams_entry *x = streams_at(s, i);
        double part = fmax(share(x->shared_reads, x->reads), share(x->short_gaps, x->gaps));
        if (has_bursts(x) && part > most) {
            worst = x;
            most = part;
        }
    }
    return worst;
}

static void bursts(const struct streams_entry *x, struct lines *out) {
    struct spread_row gap;
    if (x == NULL)
        return;
    streams_times(&x->whole, STREAM_TIME_GAP, &gap);
    remark_add(out, "stream_bursts",
               "Token events of %s %.*s come in bursts: %.0f %% of the reads with token events "
               "brought several, and %.0f %% of the gaps are below a tenth of the mean gap of "
               "their own response (mean of all gaps: %s ms). Something buffers them; then gaps "
               "are too short and TTFT is too long. Switch off the buffering of the proxy (nginx: "
               "proxy_buffering off), or measure the server without it.",
               x->method, (int)text_cut(x->name, strlen(x->name), NAME_BYTES), x->name,
               share(x->shared_reads, x->reads) * 100, share(x->short_gaps, x->gaps) * 100,
               text_rounded(gap.mean, 3).text);
}

static void usage_differs(const struct streams_entry *x, struct lines *out) {
    double tokens = (double)x->usage_tokens, events = (double)x->usage_events;
    /* Without a token event there is no time that could be misread. */
    if (x->from_usage == 0 || x->usage_events == 0 ||
        fabs(tokens - events) <= STREAM_DOUBTS_TOKENS * tokens)
        return;
    remark_add(out, "stream_usage_differs",
               "The server's usage counts %" PRIu64 " tokens, and %" PRIu64
               " token events came: %s tokens per event. A gap is the time between two events, "
               "not that of a token; quote the time per token, which goes by usage.",
               x->usage_tokens, x->usage_events, text_rounded(tokens / events, 3).text);
}

static void length(const struct streams_entry *x, struct lines *out) {
    double answers = (double)x->asked_answers, got = (double)x->asked_got;
    if (x->asked_answers == 0 || got >= x->asked_tokens * (1 - STREAM_DOUBTS_LENGTH))
        return;
    remark_add(out, "stream_length",
               "Answers have %s output tokens on average, and %s were asked for: they ended "
               "before. Their times are those of shorter answers. Have the server go on to the "
               "length (\"ignore_eos\": true, or \"min_tokens\"), or ask for less.",
               text_rounded(got / answers, 4).text,
               text_rounded(x->asked_tokens / answers, 4).text);
}

static void cached(const struct streams_entry *x, struct lines *out) {
    if (share(x->unique_cached, x->unique_prompt) <= STREAM_DOUBTS_CACHED)
        return;
    remark_add(out, "stream_cached",
               "Every prompt is unique, and the server had %.0f %% of their tokens in its cache "
               "(%" PRIu64 " of %" PRIu64
               "): TTFT is that of a warm cache. Use another --seed for each run, or restart the "
               "server between runs.",
               100 * share(x->unique_cached, x->unique_prompt), x->unique_cached, x->unique_prompt);
}

static void loop_lag(const struct streams *s, bool bursts, int64_t lag_us, struct lines *out) {
    struct spread_row gap;
    streams_times(&streams_all(s)->whole, STREAM_TIME_GAP, &gap);
    /* In bursts most gaps are next to nothing. */
    double usual_ms = bursts ? gap.mean : gap.median;
    if (lag_us < 0 || gap.count < STREAM_DOUBTS_EVENTS || usual_ms <= 0 ||
        (double)lag_us / 1000 <= usual_ms * STREAM_DOUBTS_LAG)
        return;
    remark_add(
        out, "stream_loop_lag",
        "The client's own loops woke up to %s ms late (p99), and token events are "
        "usually %s ms apart: %s. Use more threads (--threads), fewer streams at once, or stop "
        "other programs.",
        text_rounded((double)lag_us / 1000, 3).text, text_rounded(usual_ms, 3).text,
        s->kernel_clock ? "TTFT may be its own, and events that it reads late share a time"
                        : "times of events may be its own");
}

void stream_doubts(const struct streams *s, int64_t loop_lag_p99_us, struct lines *out) {
    const struct streams_entry *all = streams_all(s);
    const struct streams_entry *worst = worst_bursts(s);
    bursts(worst, out);
    loop_lag(s, worst != NULL, loop_lag_p99_us, out);
    length(all, out);
    cached(all, out);
    usage_differs(all, out);
}
