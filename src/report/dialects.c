#include "report/dialects.h"

#include <math.h>
#include <stdlib.h>

#include "stats/spread.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/outcome.h"

#define NONE REQUEST_NO_VALUE
/* Which answers a tool takes for good, besides those that ended well. */
enum { CUT = 1, WITH_ERROR = 2, EMPTY = 4 };

/* What a definition is made of. Moments are microseconds from the sending; NONE: there was none. */
struct answer {
    int64_t first_event_us, ttft_us, ttfo_us, last_us, end_us;
    int64_t usage;  /* output tokens as the server counted them; NONE: it did not */
    int64_t tokens; /* that, or else the number of token events */
    int64_t first_tokens;
    bool reasoning, tools; /* some token events are that */
    bool token_each;       /* each event is one token */
    const char *gaps;
};

/* Nanoseconds, or a number of tokens; NONE: this answer has no such value. */
typedef int64_t value_fn(const struct answer *a);

/* The gaps between token events are values of their own: where the function says NONE, this answer
 * has none. A value above 0 is one more. */
struct definition {
    const char *word, *unit;
    value_fn *of; /* NULL: it needs what no run file has */
    bool gaps;
    const char *differs; /* from ours: one sentence */
    const char *lacks;   /* why there is no value; NULL: `differs` says it */
};

#define DEFINITIONS_MAX 6

struct tool {
    const char *name;
    unsigned takes;
    const char *answers; /* what it takes for a good answer */
    struct definition all[DEFINITIONS_MAX];
};

static int64_t span(int64_t from_us, int64_t to_us) {
    if (from_us == NONE || to_us == NONE)
        return NONE;
    return (to_us > from_us ? to_us - from_us : 0) * NS_PER_US;
}

/* The span a token; NONE where `tokens` is not known or not above 0. */
static int64_t each(int64_t span_ns, int64_t tokens) {
    if (span_ns == NONE || tokens == NONE || tokens <= 0)
        return NONE;
    return (int64_t)llround((double)span_ns / (double)tokens);
}

static int64_t but_one(int64_t tokens) {
    return tokens == NONE ? NONE : tokens - 1;
}

static int64_t first_event(const struct answer *a) {
    return span(0, a->first_event_us);
}

static int64_t first_token(const struct answer *a) {
    return span(0, a->ttft_us);
}

/* Without tool calls: which of the events is the first one with text cannot be told where both
 * came. */
static int64_t first_text(const struct answer *a) {
    return a->tools ? NONE : first_token(a);
}

static int64_t first_content(const struct answer *a) {
    return a->tools ? NONE : span(0, a->ttfo_us);
}

/* Two tools take an answer without a token for one that came at once. */
static int64_t first_text_or_0(const struct answer *a) {
    return a->ttft_us == NONE ? 0 : first_text(a);
}

static int64_t first_content_or_0(const struct answer *a) {
    return a->ttft_us == NONE ? 0 : first_content(a);
}

static int64_t last_token(const struct answer *a) {
    return span(0, a->last_us);
}

static int64_t end(const struct answer *a) {
    return span(0, a->end_us);
}

static int64_t our_time_per_token(const struct answer *a) {
    int64_t first = a->first_tokens > 0 ? a->first_tokens : 1;
    return each(span(a->ttft_us, a->last_us), a->tokens - first);
}

static int64_t from_first_event(const struct answer *a) {
    return each(span(a->first_event_us, a->last_us), but_one(a->usage));
}

static int64_t to_last_line(const struct answer *a) {
    return a->tools ? NONE : each(span(a->ttft_us, a->end_us), but_one(a->usage));
}

static int64_t to_last_token(const struct answer *a) {
    return each(span(a->ttft_us, a->last_us), but_one(a->usage));
}

static int64_t whole_per_token(const struct answer *a) {
    return each(span(0, a->last_us), a->usage);
}

/* In whole nanoseconds, cut. */
static int64_t loadgen_tpot(const struct answer *a) {
    int64_t ns = span(a->ttft_us, a->end_us);
    return ns == NONE || a->tokens < 2 ? NONE : ns / (a->tokens - 1);
}

static int64_t usage(const struct answer *a) {
    return a->usage;
}

static int64_t tokens(const struct answer *a) {
    return a->tokens;
}

static int64_t all_gaps(const struct answer *a) {
    return a->ttft_us == NONE ? NONE : 0;
}

/* From a first event without a token there is a gap too. */
static int64_t gaps_from_first_event(const struct answer *a) {
    return a->ttft_us == NONE ? NONE : span(a->first_event_us, a->ttft_us);
}

static int64_t text_gaps(const struct answer *a) {
    return a->tools ? NONE : all_gaps(a);
}

static int64_t content_gaps(const struct answer *a) {
    return a->tools || a->reasoning || !a->token_each ? NONE : all_gaps(a);
}

#define TOKENIZER "its n is counted by a tokenizer, which no run file has"
#define NO_USAGE "the server sent no usage"

/* The places of two of them. */
enum { OURS, VLLM };

static const struct tool table_of_tools[] = {
    {"coldswarm",
     0,
     "complete answers that passed their checks; the other tables have failed ones too",
     {{"TTFT", "ms", first_token, false, "to the first event with token text", NULL},
      {"TPOT", "ms", our_time_per_token, false, "(last - first token) / tokens behind the first",
       NULL},
      {"ITL", "ms", all_gaps, true, "each gap between token events", NULL},
      {"E2EL", "ms", end, false, "to the end of the body", NULL},
      {"n", "tokens", tokens, false, "the server's usage, else token events", NULL}}},
    {"vLLM",
     0, /* dialects_vllm_takes() says it */
     "also cut short, with an error inside, without a token, if an event came",
     {{"TTFT", "ms", first_event, false, "any event counts, also one with the role alone", NULL},
      {"TPOT", "ms", from_first_event, false, "from the first event, with or without a token",
       NO_USAGE ", and then it asks a tokenizer"},
      {"ITL", "ms", gaps_from_first_event, true, "the gap behind the role counts too", NULL},
      {"E2EL", "ms", last_token, false, "to the last token, not to the end", NULL},
      {"n", "tokens", usage, false, "usage, else a tokenizer, else 1",
       NO_USAGE ", and then it asks a tokenizer"}}},
    {"SGLang",
     CUT | EMPTY,
     "also cut short, without a token (TTFT 0)",
     {{"TTFT", "ms", first_text_or_0, false, "tool calls do not count",
       "all answers call tools, which do not count"},
      {"TPOT", "ms", to_last_line, false, "to the last line, [DONE] included",
       NO_USAGE ", and then it takes the length asked for"},
      {"ITL", "ms", text_gaps, true, "tool calls do not count",
       "all answers call tools, which do not count"},
      {"E2EL", "ms", end, false, "to the last line, [DONE] included", NULL},
      {"n", "tokens", usage, false, "usage, else the length asked for",
       NO_USAGE ", and then it takes the length asked for"}}},
    {"AIPerf",
     CUT,
     "also cut short",
     {{"TTFT", "ms", first_token, false, "the same", NULL},
      {"ITL", "ms", to_last_token, false, "a mean per answer: hides stalls (here with usage)",
       NO_USAGE ", and else it asks a tokenizer"},
      {"ICL", "ms", all_gaps, true, "our gap, under another name", NULL},
      {"E2EL", "ms", last_token, false, "to the last token, not to the end", NULL},
      {"n", "tokens", usage, false, "a tokenizer, or usage on request (here)",
       NO_USAGE ", and else it asks a tokenizer"}}},
    {"guidellm",
     CUT,
     "also cut short",
     {{"TTFT", "ms", first_token, false, "the same", NULL},
      {"TPOT", "ms", whole_per_token, false, "the TTFT is in it: (last token - sent) / n",
       NO_USAGE},
      {"ITL", "ms", to_last_token, false, "a mean per answer: hides stalls", NO_USAGE},
      {"E2EL", "ms", end, false, "the same", NULL},
      {"n", "tokens", usage, false, "usage alone", NO_USAGE}}},
    {"inference-perf",
     CUT | WITH_ERROR,
     "also cut short, with an error inside",
     {{"TTFT", "ms", first_content, false, "reasoning and tool calls do not count",
       "no answer has content alone"},
      {"TPOT", "ms", NULL, false, TOKENIZER, NULL},
      {"NTPOT", "ms", NULL, false, "E2EL / n; " TOKENIZER, NULL},
      {"ITL", "ms", content_gaps, true, "0 between tokens of one event",
       "events have several tokens or reasoning, and it counts each by a tokenizer"},
      {"E2EL", "ms", end, false, "the same", NULL},
      {"n", "tokens", NULL, false, TOKENIZER, NULL}}},
    {"LoadGen",
     0,
     "what the system under test says is complete",
     {{"TTFT", "ms", first_token, false, "what the system under test says; here ours", NULL},
      {"TPOT", "ms", loadgen_tpot, false, "to the end of the answer, in whole ns; n = 1 has none",
       "no answer has two tokens"},
      {"E2EL", "ms", end, false, "the same", NULL},
      {"n", "tokens", tokens, false, "what the system under test says; here ours", NULL}}},
    {"llmperf",
     CUT | EMPTY,
     "also cut short, without a token (TTFT 0)",
     {{"TTFT", "ms", first_content_or_0, false, "reasoning and tool calls do not count",
       "no answer has content alone"},
      {"ITL", "ms", NULL, false, "(TTFT + gaps) / n; " TOKENIZER, NULL},
      {"E2EL", "ms", end, false, "to the last line", NULL},
      {"n", "tokens", NULL, false, TOKENIZER, NULL}}},
    {"MLCommons endpoints",
     0,
     "complete answers that passed their checks; the other tables have failed ones too",
     {{"TTFT", "ms", first_token, false, "the same", NULL},
      {"TPOT", "ms", NULL, false, "to the end of the body; " TOKENIZER, NULL},
      {"E2EL", "ms", end, false, "the same", NULL},
      {"n", "tokens", NULL, false, TOKENIZER, NULL}}},
};

#define TOOLS COUNT_OF(table_of_tools)

struct dialects {
    struct spread spreads[TOOLS][DEFINITIONS_MAX];
    uint64_t answers[TOOLS];
    bool second_reading;
};

/* vLLM accepts every body that came to its end and had an event with a choice in it. */
bool dialects_vllm_takes(const struct request *x, const struct stream_row *s) {
    if (s == NULL || s->first_event_us == NONE)
        return false;
    if (x->outcome == OUTCOME_NO_TOKENS) /* more than the done mark came: the role */
        return s->events > (uint64_t)s->done;
    return x->outcome == OUTCOME_OK || x->outcome == OUTCOME_CHECK_FAILED ||
           x->outcome == OUTCOME_STREAM_CUT ||
           (x->outcome == OUTCOME_STREAM_ERROR && s->token_events > 0);
}

/* Whether a tool takes it for a good one. A check of the scenario is ours alone. */
static bool takes(const struct tool *t, const struct request *x, const struct stream_row *s) {
    if (t == &table_of_tools[VLLM])
        return dialects_vllm_takes(x, s);
    unsigned kind = x->outcome == OUTCOME_STREAM_CUT     ? CUT
                    : x->outcome == OUTCOME_STREAM_ERROR ? WITH_ERROR
                    : x->outcome == OUTCOME_NO_TOKENS    ? EMPTY
                                                         : 0;
    return x->outcome == OUTCOME_OK || (t->takes & kind) != 0 ||
           (x->outcome == OUTCOME_CHECK_FAILED && t != &table_of_tools[OURS]);
}

static void put(struct dialects *d, struct spread *s, int64_t value) {
    if (d->second_reading)
        spread_collect(s, value);
    else
        spread_count(s, value);
}

static void add(struct dialects *d, struct spread *s, const struct definition *x,
                const struct answer *a) {
    int64_t value = x->of(a), gap_us;
    if (value == NONE)
        return;
    if (!x->gaps || value > 0)
        put(d, s, value);
    for (const char *at = a->gaps; x->gaps && at != NULL && stream_row_gap(&at, &gap_us);)
        put(d, s, gap_us * NS_PER_US);
}

static int one(void *context, const struct request *x, const struct stream_row *s) {
    struct dialects *d = context;
    if (!outcome_is_timed((int)x->outcome))
        return 0;
    struct answer a = {.first_event_us = s->first_event_us,
                       .ttft_us = s->ttft_us,
                       .ttfo_us = s->ttfo_us,
                       .last_us = s->last_token_us,
                       .end_us = x->end_us - x->sent_us,
                       .usage = s->from_usage ? s->output_tokens : NONE,
                       .tokens = s->output_tokens,
                       .first_tokens = s->first_tokens,
                       .reasoning = s->reasoning_events > 0,
                       .tools = s->tool_events > 0,
                       .token_each = s->output_tokens == (int64_t)s->token_events,
                       .gaps = s->gaps};
    for (size_t i = 0; i < TOOLS; i++) {
        const struct tool *t = &table_of_tools[i];
        if (!takes(t, x, s))
            continue;
        d->answers[i] += !d->second_reading;
        for (size_t k = 0; k < DEFINITIONS_MAX && t->all[k].word != NULL; k++)
            if (t->all[k].of != NULL)
                add(d, &d->spreads[i][k], &t->all[k], &a);
    }
    return 0;
}

/* All of them with `of`. */
typedef int each_fn(struct spread *s, struct err *e);

static int for_each(struct dialects *d, each_fn *fn, struct err *e) {
    for (size_t i = 0; i < TOOLS; i++)
        for (size_t k = 0; k < DEFINITIONS_MAX; k++)
            if (table_of_tools[i].all[k].of != NULL && fn(&d->spreads[i][k], e) != 0)
                return -1;
    return 0;
}

static void answers_row(struct table *t, const struct tool *tool, uint64_t count) {
    table_text(t, tool->name);
    table_text(t, "answers");
    table_text(t, "");
    table_number(t, (double)count);
    for (int i = 0; i < 3; i++)
        table_worded(t, (double)NAN, "");
    table_text(t, tool->answers);
}

static void value_row(struct table *t, const struct tool *tool, const struct definition *x,
                      const struct spread *s) {
    struct spread_row row = {.mean = (double)NAN, .median = (double)NAN, .p99 = (double)NAN};
    double unit = x->unit[0] == 'm' ? 1e6 : 1;
    if (x->of != NULL)
        spread_row(s, &row);
    table_text(t, tool->name);
    table_text(t, x->word);
    table_text(t, x->unit);
    table_number(t, x->of == NULL ? (double)NAN : (double)row.count);
    table_number(t, row.mean / unit);
    table_number(t, row.median / unit);
    table_number(t, row.p99 / unit);
    table_text(t, row.count == 0 && x->lacks != NULL ? x->lacks : x->differs);
}

static void fill(struct table *t, const struct dialects *d) {
    static const struct table_column columns[] = {
        {"tool", "Tool", TABLE_TEXT}, {"word", "Word", TABLE_TEXT},
        {"unit", "Unit", TABLE_TEXT}, {"values", "Values", TABLE_COUNT},
        {"mean", "Mean", TABLE_MS},   {"p50", "50%ile", TABLE_MS},
        {"p99", "99%ile", TABLE_MS},  {"differs", "Meaning", TABLE_TEXT},
    };
    table_init(t, DIALECTS_KEY, "The same run in other tools' words", columns, COUNT_OF(columns));
    t->whole_names = true;
    for (size_t i = 0; i < TOOLS; i++) {
        const struct tool *tool = &table_of_tools[i];
        answers_row(t, tool, d->answers[i]);
        for (size_t k = 0; k < DEFINITIONS_MAX && tool->all[k].word != NULL; k++)
            value_row(t, tool, &tool->all[k], &d->spreads[i][k]);
    }
}

int dialects_table(struct reader *r, struct table *out, struct err *e) {
    struct dialects *d = calloc(1, sizeof *d);
    int result = -1;
    if (d == NULL)
        return err_memory(e, "the words of other tools");
    if (for_each(d, spread_init, e) != 0 || reader_streams(r, one, d, e) != 0 ||
        for_each(d, spread_plan, e) != 0)
        goto out;
    d->second_reading = true;
    if (reader_streams(r, one, d, e) != 0 || for_each(d, spread_finish, e) != 0)
        goto out;
    fill(out, d);
    result = 0;
out:
    for (size_t i = 0; i < TOOLS; i++)
        for (size_t k = 0; k < DEFINITIONS_MAX; k++)
            spread_done(&d->spreads[i][k]);
    free(d);
    return result;
}
