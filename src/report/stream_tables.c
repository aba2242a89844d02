#include "report/stream_tables.h"

#include <math.h>

#include "report/stream_sql.h"
#include "util/array.h"

static double ratio(double part, double of) {
    return of > 0 ? part / of : (double)NAN;
}

/* An endpoint with streams, and behind the last one, all. NULL: this endpoint has none. */
static const struct streams_entry *shown(const struct streams *s, size_t i) {
    const struct streams_entry *x = streams_at(s, i);
    return x->whole.answers > 0 ? x : NULL;
}

static void begin(struct table *t, const struct model *m, const char *key, const char *title,
                  const struct table_column *columns, size_t n, table_sql_fn *sql) {
    table_init(t, key, title, columns, n);
    t->whole_names = true;
    t->total_rows = 1;
    t->sql = sql;
    t->sql_of = m;
}

static void name(struct table *t, const struct streams *s, size_t i) {
    bool total = i == s->names.entry_count;
    table_text(t, total ? "" : streams_at(s, i)->method);
    table_text(t, total ? MODEL_AGGREGATED : streams_at(s, i)->name);
}

/* ---- streams ---- */

static const struct table_column answer_columns[] = {
    {"method", "Method", TABLE_TEXT},
    {"name", "Name", TABLE_TEXT},
    {"answers", "Answers", TABLE_COUNT},
    {"output_tokens", "Output tokens", TABLE_COUNT},
    {"output_tokens_per_second", "Tokens/s", TABLE_NUMBER},
    {"output_tokens_per_second_per_user", "Tokens/s per user", TABLE_NUMBER},
    {"steady_answers", "Steady: answers", TABLE_COUNT},
    {"steady_output_tokens_per_second", "Tokens/s", TABLE_NUMBER},
    {"steady_output_tokens_per_second_per_user", "Tokens/s per user", TABLE_NUMBER},
};

static void put_rates(struct table *t, const struct streams_part *p, double us, bool known) {
    double none = (double)NAN;
    table_number(t, known ? ratio(p->tokens * 1e6, us) : none);
    table_number(t, known ? ratio(p->tokens * 1e6, (double)p->taken_us) : none);
}

void stream_tables_answers(struct table *t, const struct model *m) {
    const struct streams *s = m->streams;
    bool steady = s->is_steady == STREAMS_STEADY;
    begin(t, m, "streams", "Streaming: answers and output tokens", answer_columns,
          COUNT_OF(answer_columns), stream_sql_answers);
    for (size_t i = 0; i <= s->names.entry_count; i++) {
        const struct streams_entry *x = shown(s, i);
        if (x == NULL)
            continue;
        name(t, s, i);
        table_number(t, (double)x->whole.answers);
        table_number(t, (double)x->output_tokens);
        put_rates(t, &x->whole, (double)s->duration_us, true);
        table_number(t, steady ? (double)x->steady.answers : (double)NAN);
        put_rates(t, &x->steady, (double)(s->to_us - s->from_us), steady);
    }
}

/* ---- stream_times ---- */

static const struct table_column time_columns[] = {
    {"method", "Method", TABLE_TEXT},      {"name", "Name", TABLE_TEXT},
    {"time", "Time", TABLE_TEXT},          {"count", "Count", TABLE_COUNT},
    {"average_ms", "Average", TABLE_MS},   {"p50_ms", "50%ile", TABLE_MS},
    {"p90_ms", "90%ile", TABLE_MS},        {"p99_ms", "99%ile", TABLE_MS},
    {"max_ms", "Max", TABLE_MS},           {"steady_count", "Steady: count", TABLE_COUNT},
    {"steady_p50_ms", "50%ile", TABLE_MS}, {"steady_p99_ms", "99%ile", TABLE_MS},
};

static void put_times(struct table *t, const struct streams *s, size_t i, enum stream_time which) {
    struct spread_row whole, steady;
    streams_times(&streams_at(s, i)->whole, which, &whole);
    streams_times(&streams_at(s, i)->steady, which, &steady);
    name(t, s, i);
    table_text(t, stream_time_text(which));
    table_number(t, (double)whole.count);
    table_number(t, whole.mean);
    table_number(t, whole.median);
    table_number(t, whole.p90);
    table_number(t, whole.p99);
    table_number(t, whole.max);
    table_number(t, s->is_steady == STREAMS_STEADY ? (double)steady.count : (double)NAN);
    table_number(t, steady.median);
    table_number(t, steady.p99);
}

void stream_tables_times(struct table *t, const struct model *m) {
    const struct streams *s = m->streams;
    begin(t, m, "stream_times", "Streaming: times (ms)", time_columns, COUNT_OF(time_columns),
          stream_sql_times);
    t->total_rows = STREAM_TIME_COUNT;
    for (size_t i = 0; i <= s->names.entry_count; i++)
        for (enum stream_time k = 0; shown(s, i) != NULL && k < STREAM_TIME_COUNT; k++)
            put_times(t, s, i, k);
}

void stream_tables_unsupported(const struct streams *s, bool left_out[SUMMARY_LEVELS]) {
    for (size_t i = 0; i <= s->names.entry_count; i++)
        for (enum stream_time k = 0; shown(s, i) != NULL && k < STREAM_TIME_COUNT; k++)
            for (size_t part = 0; part < 2; part++) {
                struct spread_row row;
                streams_times(part == 0 ? &streams_at(s, i)->whole : &streams_at(s, i)->steady, k,
                              &row);
                for (size_t l = 0; row.count > 0 && l < SUMMARY_LEVELS; l++)
                    left_out[l] |= (summary_levels[l] == 90 && part == 0 && isnan(row.p90)) ||
                                   (summary_levels[l] == 99 && isnan(row.p99));
            }
}

/* ---- stream_tokens ---- */

static const struct table_column token_columns[] = {
    {"method", "Method", TABLE_TEXT},
    {"name", "Name", TABLE_TEXT},
    {"prompt_tokens", "Prompt", TABLE_COUNT},
    {"cached_percent", "Cached %", TABLE_NUMBER},
    {"output_tokens", "Output", TABLE_COUNT},
    {"reasoning_tokens", "Reasoning", TABLE_COUNT},
    {"tokens_per_event", "Tokens per event", TABLE_NUMBER},
    {"shared_reads_percent", "Reads with several %", TABLE_NUMBER},
    {"from_usage_percent", "From usage %", TABLE_NUMBER},
};

void stream_tables_tokens(struct table *t, const struct model *m) {
    const struct streams *s = m->streams;
    begin(t, m, "stream_tokens", "Streaming: tokens", token_columns, COUNT_OF(token_columns),
          stream_sql_tokens);
    for (size_t i = 0; i <= s->names.entry_count; i++) {
        const struct streams_entry *x = shown(s, i);
        if (x == NULL)
            continue;
        name(t, s, i);
        table_number(t, x->prompted > 0 ? (double)x->prompt_tokens : (double)NAN);
        table_number(t, 100 * ratio((double)x->cached_tokens, (double)x->cached_prompt));
        table_number(t, (double)x->output_tokens);
        table_number(t, (double)x->reasoning_tokens);
        table_number(t, ratio((double)x->usage_tokens, (double)x->usage_events));
        table_number(t, 100 * ratio((double)x->shared_reads, (double)x->reads));
        table_number(t, 100 * ratio((double)x->from_usage, (double)x->whole.answers));
    }
}

/* ---- stream_asked ---- */

static const struct table_column asked_columns[] = {
    {"method", "Method", TABLE_TEXT},
    {"name", "Name", TABLE_TEXT},
    {"asked_output_tokens", "Output asked", TABLE_NUMBER},
    {"got_output_tokens", "Output got", TABLE_NUMBER},
    {"got_percent", "Got %", TABLE_NUMBER},
    {"asked_prompt_words", "Prompt words asked", TABLE_NUMBER},
    {"got_prompt_tokens", "Prompt tokens got", TABLE_NUMBER},
    {"tokens_per_word", "Tokens per word", TABLE_NUMBER},
};

bool stream_tables_has_asked(const struct model *m) {
    const struct streams_entry *all = m->streams == NULL ? NULL : streams_all(m->streams);
    return all != NULL && (all->asked_answers > 0 || all->worded_answers > 0);
}

void stream_tables_asked(struct table *t, const struct model *m) {
    const struct streams *s = m->streams;
    begin(t, m, "stream_asked", "Streaming: lengths asked for, on average", asked_columns,
          COUNT_OF(asked_columns), stream_sql_asked);
    for (size_t i = 0; i <= s->names.entry_count; i++) {
        const struct streams_entry *x = shown(s, i);
        if (x == NULL || (x->asked_answers == 0 && x->worded_answers == 0))
            continue;
        name(t, s, i);
        table_number(t, ratio(x->asked_tokens, (double)x->asked_answers));
        table_number(t, ratio((double)x->asked_got, (double)x->asked_answers));
        table_number(t, 100 * ratio((double)x->asked_got, x->asked_tokens));
        table_number(t, ratio(x->asked_words, (double)x->worded_answers));
        table_number(t, ratio((double)x->worded_tokens, (double)x->worded_answers));
        table_number(t, ratio((double)x->worded_tokens, x->asked_words));
    }
}

/* ---- stream_ends ---- */

static const struct table_column end_columns[] = {
    {"method", "Method", TABLE_TEXT},     {"name", "Name", TABLE_TEXT},
    {"finish", "End", TABLE_TEXT},        {"answers", "Answers", TABLE_COUNT},
    {"percent", "Percent", TABLE_NUMBER},
};

void stream_tables_ends(struct table *t, const struct model *m) {
    const struct streams *s = m->streams;
    begin(t, m, "stream_ends", "Streaming: how answers ended", end_columns, COUNT_OF(end_columns),
          stream_sql_ends);
    t->total_rows = 0;
    for (size_t i = 0; i <= s->names.entry_count; i++)
        for (int k = 0; shown(s, i) != NULL && k < STREAM_FINISH_COUNT; k++) {
            const struct streams_entry *x = streams_at(s, i);
            if (x->finishes[k] == 0)
                continue;
            name(t, s, i);
            table_text(t, stream_finish_text(k));
            table_number(t, (double)x->finishes[k]);
            table_number(t, 100 * ratio((double)x->finishes[k], (double)x->whole.answers));
            t->total_rows += i == s->names.entry_count;
        }
}
