#include "cli/validate_data.h"

#include <inttypes.h>
#include <string.h>

#include "scenario/arrival_trace.h"
#include "scenario/feeder.h"
#include "scenario/feeder_prompts.h"
#include "util/text.h"
#include "util/units.h"

static void label(struct buf *out, const char *name) {
    buf_printf(out, "  %-9s ", name);
}

static void duration(struct buf *out, int64_t ns) {
    char text[UNITS_BYTES];
    units_duration_text(ns, text);
    buf_str(out, text);
}

/* No control code of it reaches the terminal. */
static void path(struct buf *out, const char *text) {
    text_printable(out, text, strlen(text));
}

static void show_part(struct buf *out, const struct arrival_trace *t, const struct load *l) {
    double speed = (double)l->micro_speed / LOAD_MICRO;
    label(out, "");
    if (t->from_ns == 0 && t->to_ns == 0)
        buf_str(out, "replayed");
    else {
        buf_str(out, "replayed from ");
        duration(out, t->from_ns);
        buf_str(out, " to ");
        if (t->to_ns > 0)
            duration(out, t->to_ns);
        else
            buf_str(out, "the end");
    }
    if (l->micro_speed == LOAD_MICRO)
        buf_str(out, " as fast as recorded");
    else
        buf_printf(out, " at %.10g times the recorded speed", speed);
    if (l->loop)
        buf_str(out, ", over and over");
    buf_printf(out, ": %" PRIu64 " arrival%s in ", load_trace_count(l),
               text_plural(load_trace_count(l)));
    duration(out, load_duration(l));
    buf_printf(out, ", up to %.10g in a second\n", (double)load_micro_rate_max(l) / LOAD_MICRO);
}

void validate_trace(struct buf *out, const struct scenario *s, const struct load *l) {
    const struct arrival_trace *t = s->trace;
    path(out, t->path);
    buf_printf(out, ": %s\n", arrival_trace_format_text(t->format));
    label(out, "");
    buf_printf(out, "%" PRIu64 " arrival%s in ", t->whole_count, text_plural(t->whole_count));
    duration(out, t->whole_ns);
    buf_str(out, " in the file\n");
    show_part(out, t, l);
    if (t->has_lengths) {
        label(out, "");
        buf_printf(out, "prompts of %s tokens and answers of %s on average\n",
                   text_rounded(t->mean_input, 4).text, text_rounded(t->mean_output, 4).text);
    }
}

void validate_trace_warn(struct buf *out, const struct scenario *s) {
    if (s->trace->has_lengths && s->trace->silent > 0)
        buf_printf(out,
                   "  - %" PRIu64 " of %" PRIu64 " arrivals were answered with 0 tokens: failures, "
                   "as recorded; made prompts ask for 1\n",
                   s->trace->silent, s->trace->times.count);
}

static void show_range(struct buf *out, uint32_t min, uint32_t max, const char *what) {
    if (min == max)
        buf_printf(out, "%" PRIu32 " %s%s", min, what, text_plural(min));
    else
        buf_printf(out, "%" PRIu32 " to %" PRIu32 " %ss", min, max, what);
}

static void show_prompts(struct buf *out, const struct feeder_prompts *p) {
    buf_str(out, "made prompts of ");
    if (p->words_max == 0)
        buf_str(out, "as many words as the trace has tokens");
    else
        show_range(out, p->words_min, p->words_max, "word");
    if (p->shared > 0)
        buf_printf(out, ", the first %" PRIu32 " equal in all", p->shared);
    else if (p->words_max == 0 && feeder_shares_blocks(p->source))
        buf_printf(out, ", equal hash_ids with the same %d words", PROMPTS_BLOCK_WORDS);
    else if (p->words_max == 0 || p->words_min - p->shared >= PROMPTS_OWN_WORDS)
        buf_str(out, ", each different");
    if (p->output_max > 0) {
        buf_str(out, "; ask for ");
        show_range(out, p->output_min, p->output_max, "token");
    }
}

void validate_feeders(struct buf *out, const struct scenario *s) {
    static const char *const kinds[] = {[FEEDER_MESSAGES] = "OpenAI messages",
                                        [FEEDER_CUSTOM] = "prompts",
                                        [FEEDER_MOONCAKE] = "made prompts for the Mooncake rows",
                                        [FEEDER_SHAREGPT] = "ShareGPT conversations"};
    for (size_t i = 0; i < s->feeder_count; i++) {
        const struct feeder *f = s->feeders[i];
        enum feeder_kind kind = feeder_kind(f);
        if (kind < FEEDER_MESSAGES)
            continue;
        label(out, "feeder");
        buf_printf(out, "%s: ", feeder_name(f));
        if (kind == FEEDER_PROMPTS)
            show_prompts(out, feeder_prompts(f));
        else {
            buf_printf(out, "%" PRIu64 " %s in ", feeder_rows(f), kinds[kind]);
            path(out, feeder_path(f));
        }
        if (feeder_skipped(f) > 0)
            buf_printf(out, "; %" PRIu64 " without a prompt and an answer are left out",
                       feeder_skipped(f));
        buf_char(out, '\n');
    }
}
