#include "target/token_stream.h"

#include <string.h>

static const char *const texts[TOKEN_WRITE_COUNT] = {
#define WRITE_WORD(name, word) [TOKEN_WRITE_##name] = (word),
    TOKEN_WRITE_MAP(WRITE_WORD)
#undef WRITE_WORD
};

const char *token_write_text(enum token_write kind) {
    return texts[kind];
}

/* As real servers do: what the model wants to say, at most as long as the request allows. */
static void decide_length(struct llm_answer *a, uint64_t wanted, const struct llm_request *q) {
    uint64_t limit = q->max_tokens >= 0 ? (uint64_t)q->max_tokens : UINT64_MAX;
    if (wanted < (uint64_t)q->min_tokens)
        wanted = (uint64_t)q->min_tokens;
    if (limit == UINT64_MAX)
        a->limited = false;
    else
        a->limited = q->ignore_eos || wanted >= limit;
    a->tokens = a->limited ? limit : wanted;
    if (a->tokens > LLM_TOKENS_MAX)
        a->tokens = LLM_TOKENS_MAX;
}

static void decide_usage(struct llm_answer *a, enum token_usage usage,
                         const struct llm_request *q) {
    bool openai = a->api == LLM_CHAT || a->api == LLM_COMPLETIONS;
    if (usage == TOKEN_USAGE_ASKED) {
        /* Only these two leave it to the request, and only in a stream. */
        a->usage_last = q->usage_last || !openai || !q->stream;
        a->usage_each = q->usage_each;
    } else {
        a->usage_last = usage != TOKEN_USAGE_NONE;
        a->usage_each = usage == TOKEN_USAGE_EACH;
    }
}

void token_stream_init(struct token_stream *s, const struct token_spec *spec, uint64_t seed,
                       uint64_t number, enum llm_api api, const struct llm_request *request,
                       int64_t start_ns, int64_t real_ns) {
    *s = (struct token_stream){.spec = spec,
                               .start_ns = start_ns,
                               .real_ns = real_ns,
                               .quiet_ns = start_ns,
                               .stop_after = UINT64_MAX};
    struct llm_answer *a = &s->answer;
    /* Another sequence than that of plan_request, which has the same seed and number. */
    rng_seed(&s->gaps, seed ^ UINT64_C(0x746f6b656e73), number);
    a->api = api;
    a->seed = seed;
    a->number = number;
    a->created_ns = real_ns;
    decide_length(a, (uint64_t)variate_draw_count(&spec->tokens, LLM_TOKENS_MAX, &s->gaps),
                  request);
    decide_usage(a, spec->usage, request);
    if (api != LLM_COMPLETIONS && api != LLM_TGI) /* they have no word for reasoning */
        a->reasoning = spec->reasoning < a->tokens ? spec->reasoning : a->tokens;
    a->prompt_tokens = request->prompt_tokens;
    a->cached_tokens = (uint64_t)((double)a->prompt_tokens * spec->cached);
    a->role_first = spec->role_first;
    a->crlf = spec->crlf;
    a->no_space = spec->no_space;
    memcpy(a->model, request->model, sizeof a->model);
    a->ttft_ns = variate_draw_ns(&spec->ttft, &s->gaps);
    s->next_due_ns = start_ns + a->ttft_ns;
    s->last_due_ns = s->next_due_ns;
    if (spec->end != TOKEN_END_DONE)
        s->stop_after = (a->tokens + 1) / 2;
}

/* How many tokens the event has that begins with `first`. */
static uint64_t event_tokens(const struct token_stream *s, uint64_t first) {
    const struct llm_answer *a = &s->answer;
    uint64_t end = first < a->reasoning ? a->reasoning : a->tokens;
    if (end > s->stop_after)
        end = s->stop_after;
    return end - first < s->spec->tokens_per_event ? end - first : s->spec->tokens_per_event;
}

static bool tokens_left(const struct token_stream *s) {
    return s->next < s->answer.tokens && s->next < s->stop_after;
}

/* Takes the tokens of the next write. */
static void plan(struct token_stream *s) {
    s->planned_first = s->next;
    for (uint64_t event = 0; event < s->spec->events_per_write && tokens_left(s); event++) {
        uint64_t n = event_tokens(s, s->next);
        s->last_due_ns = s->next_due_ns;
        s->next += n;
        while (n-- > 0)
            s->next_due_ns += variate_draw_ns(&s->spec->gap, &s->gaps);
    }
    s->planned_count = s->next - s->planned_first;
}

static int64_t real_at(const struct token_stream *s, int64_t mono_ns) {
    return s->real_ns + (mono_ns - s->start_ns);
}

static void render_tokens(struct token_stream *s, struct buf *out) {
    uint64_t end = s->planned_first + s->planned_count;
    for (uint64_t first = s->planned_first; first < end;) {
        uint64_t n = event_tokens(s, first);
        llm_answer_tokens(&s->answer, first, n, real_at(s, s->last_due_ns), out);
        first += n;
    }
    s->first = s->planned_first;
    s->count = s->planned_count;
    s->planned_count = 0;
}

/* Behind the last token. */
static void finish(struct token_stream *s, struct buf *out) {
    s->over = true;
    if (s->spec->end == TOKEN_END_DONE) {
        s->kind = TOKEN_WRITE_END;
        s->due_ns = s->last_due_ns;
        s->answer.total_ns = s->last_due_ns - s->start_ns;
        llm_answer_end(&s->answer, real_at(s, s->due_ns), out);
    } else if (s->spec->end == TOKEN_END_ERROR) {
        s->kind = TOKEN_WRITE_ERROR;
        llm_answer_error(&s->answer, s->next, out);
    } else {
        s->kind = TOKEN_WRITE_BREAK;
    }
}

void token_stream_prepare(struct token_stream *s, struct buf *out) {
    s->first = s->next;
    s->count = 0;
    s->kind = TOKEN_WRITE_OVER;
    if (s->over)
        return;
    if (!s->begun) {
        s->begun = true;
        s->kind = TOKEN_WRITE_BEGIN;
        s->due_ns = s->start_ns;
        llm_answer_begin(&s->answer, out);
        if (out->len > 0)
            return;
    }
    if (s->planned_count == 0 && tokens_left(s))
        plan(s);
    /* Without tokens left: the end is due with the last of them, a break when the next would be. */
    bool done = s->planned_count == 0 && s->spec->end == TOKEN_END_DONE;
    s->due_ns = s->planned_count > 0 || done ? s->last_due_ns : s->next_due_ns;
    if (s->spec->ping_ns > 0 && llm_answer_pings(&s->answer) &&
        s->quiet_ns + s->spec->ping_ns < s->due_ns) {
        s->quiet_ns += s->spec->ping_ns;
        s->kind = TOKEN_WRITE_PING;
        s->due_ns = s->quiet_ns;
        s->first = s->planned_count > 0 ? s->planned_first : s->next;
        llm_answer_ping(&s->answer, out);
        return;
    }
    s->quiet_ns = s->due_ns;
    if (s->planned_count > 0) {
        s->kind = TOKEN_WRITE_TOKENS;
        render_tokens(s, out);
    } else {
        finish(s, out);
    }
}

int64_t token_stream_last_ns(const struct token_stream *s) {
    struct rng gaps = s->gaps;
    int64_t due_ns = s->next_due_ns;
    for (uint64_t k = 1; k < s->answer.tokens; k++)
        due_ns += variate_draw_ns(&s->spec->gap, &gaps);
    return due_ns;
}
