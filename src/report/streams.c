#include "report/streams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_streams.h"
#include "util/clock.h"
#include "util/json.h"

#define RATE_WARMUP_MAX_US (10 * US_PER_S)
#define USERS_MAX (INT64_C(1) << 24) /* a damaged file may name any */

/* What the scenario asks of an endpoint, on average; NAN: not known. */
struct asked {
    double tokens, words;
    bool unique;
};

struct build {
    struct streams *s;
    int64_t *first_us; /* by user: the end of its first answer */
    size_t user_count;
    double load_s;       /* NAN: not said */
    struct asked *asked; /* by endpoint */
    bool again;          /* the last reading, which collects */
    struct err *e;
};

/* The middle of [least, most]. */
static double middle(const struct json *range) {
    double least, most;
    if (range == NULL || range->count != 2 || !json_double(range->first, &least) ||
        !json_double(range->first->next, &most) || least < 0 || most < least)
        return (double)NAN;
    return (least + most) / 2;
}

/* What it does not understand, it leaves out. */
static void take_asked(struct build *b, const char *text) {
    struct json_doc *doc = NULL;
    if (json_parse(STREAMS_ASKED_KEY, text, strlen(text), &doc, NULL) != 0)
        return;
    const struct json *root = json_root(doc);
    for (const struct json *x = root->kind == JSON_ARRAY ? root->first : NULL; x != NULL;
         x = x->next) {
        const struct json *number = json_get(x, "endpoint"), *unique = json_get(x, "unique");
        int64_t endpoint = -1;
        if (number == NULL || !json_int64(number, &endpoint) || endpoint < 0 ||
            (uint64_t)endpoint >= b->s->names.endpoint_count)
            continue;
        b->asked[endpoint] = (struct asked){.tokens = middle(json_get(x, "output_tokens")),
                                            .words = middle(json_get(x, "prompt_words")),
                                            .unique = unique != NULL && unique->kind == JSON_BOOL &&
                                                      unique->boolean};
    }
    json_free(doc);
}

static void take_pair(void *context, const char *key, const char *value) {
    struct build *b = context;
    if (strcmp(key, "load_seconds") == 0)
        b->load_s = strtod(value, NULL);
    b->s->by_rate = b->s->by_rate || strcmp(key, "load_rate_max") == 0;
    if (strcmp(key, "receive_clock") == 0)
        b->s->kernel_clock = strcmp(value, "kernel") == 0;
    if (strcmp(key, STREAMS_ASKED_KEY) == 0)
        take_asked(b, value);
}

/* ---- the steady state ---- */

static bool make_room(struct build *b, size_t user) {
    if (user < b->user_count)
        return true;
    size_t more = b->user_count == 0 ? 256 : b->user_count;
    while (more <= user)
        more *= 2;
    int64_t *grown = realloc(b->first_us, more * sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = b->user_count; i < more; i++)
        grown[i] = INT64_MAX;
    b->first_us = grown;
    b->user_count = more;
    return true;
}

static int find_first(void *context, const struct request *x, const struct stream_row *row) {
    struct build *b = context;
    (void)row;
    if (x->user < 0 || x->user >= USERS_MAX || !outcome_is_timed((int)x->outcome))
        return 0;
    if (!make_room(b, (size_t)x->user))
        return err_memory(b->e, "the users of a run");
    if (x->end_us < b->first_us[x->user])
        b->first_us[x->user] = x->end_us;
    return 0;
}

static int64_t end_of_load(const struct build *b) {
    int64_t load_us = isfinite(b->load_s) && b->load_s > 0 && b->load_s < 1e9
                          ? llround(b->load_s * 1e6)
                          : b->s->duration_us;
    return load_us < b->s->duration_us ? load_us : b->s->duration_us;
}

static int find_steady(struct build *b, struct reader *r) {
    struct streams *s = b->s;
    if (reader_is_cut(r) != NULL) {
        s->is_steady = STREAMS_CUT;
        return 0;
    }
    s->to_us = end_of_load(b);
    if (s->by_rate)
        s->from_us = s->to_us / 20 < RATE_WARMUP_MAX_US ? s->to_us / 20 : RATE_WARMUP_MAX_US;
    else if (reader_streams(r, find_first, b, b->e) != 0)
        return -1;
    bool any = s->by_rate;
    for (size_t i = 0; i < b->user_count; i++)
        if (b->first_us[i] != INT64_MAX) {
            any = true;
            s->from_us = b->first_us[i] > s->from_us ? b->first_us[i] : s->from_us;
        }
    s->is_steady = any && s->from_us < s->to_us ? STREAMS_STEADY : STREAMS_NEVER_STEADY;
    return 0;
}

/* ---- counting ---- */

/* A spread is made when its first value comes. */
static int add_time(struct build *b, struct streams_part *p, enum stream_time which,
                    int64_t value) {
    struct spread *x = &p->times[which];
    if (b->again) {
        spread_collect(x, value);
        return 0;
    }
    if (x->select.hist.counts == NULL) {
        if (spread_init(x, b->e) != 0)
            return -1;
        spread_keep(x, &b->s->room);
    }
    spread_count(x, value);
    return 0;
}

static bool in_steady(const struct streams *s, int64_t at_us) {
    return s->is_steady == STREAMS_STEADY && at_us >= s->from_us && at_us < s->to_us;
}

/* The parts that an answer is of: of its endpoint and of all. */
struct parts {
    struct streams_part *of[4];
    size_t count;
};

static struct parts parts_of(struct build *b, const struct request *x) {
    struct streams *s = b->s;
    struct streams_entry *one = &s->entries[s->names.entry_of[x->endpoint]];
    struct streams_entry *all = &s->entries[s->names.entry_count];
    struct parts p = {{&one->whole, &all->whole, &one->steady, &all->steady}, 2};
    if (in_steady(s, x->sent_us))
        p.count = 4;
    return p;
}

static int add_to(struct build *b, const struct parts *p, enum stream_time which, int64_t value) {
    for (size_t i = 0; i < p->count; i++)
        if (add_time(b, p->of[i], which, value) != 0)
            return -1;
    return 0;
}

static int add_times(struct build *b, const struct parts *p, const struct stream_answer *a) {
    const int64_t values[STREAM_TIME_COUNT] = {
        [STREAM_TIME_TTFT] = a->ttft_us,
        [STREAM_TIME_TTFO] = a->ttfo_us,
        [STREAM_TIME_TIME_PER_TOKEN] = a->time_per_token_ns,
        [STREAM_TIME_GAP] = REQUEST_NO_VALUE,
        [STREAM_TIME_E2E] = a->e2e_us,
    };
    for (enum stream_time i = 0; i < STREAM_TIME_COUNT; i++)
        if (values[i] != REQUEST_NO_VALUE && add_to(b, p, i, values[i]) != 0)
            return -1;
    return 0;
}

/* What the gaps of an answer say. */
struct gaps {
    uint64_t in_steady; /* token events that came in the steady state */
    uint64_t count, short_ones;
};

/* Of an answer's gaps, the usual one: their mean. */
static double mean_gap_us(const struct stream_row *row) {
    return row->token_events < 2 || row->ttft_us < 0
               ? 0
               : (double)(row->last_token_us - row->ttft_us) / (double)(row->token_events - 1);
}

static int add_gaps(struct build *b, const struct parts *p, const struct request *x,
                    const struct stream_row *row, bool timed, struct gaps *out) {
    int64_t at_us = row->ttft_us < 0 ? REQUEST_NO_VALUE : x->sent_us + row->ttft_us, gap = 0;
    double short_us = mean_gap_us(row) * STREAMS_SHORT_GAP;
    *out = (struct gaps){.in_steady = at_us != REQUEST_NO_VALUE && in_steady(b->s, at_us)};
    for (const char *at = row->gaps; stream_row_gap(&at, &gap);) {
        if (timed && add_to(b, p, STREAM_TIME_GAP, gap) != 0)
            return -1;
        if (__builtin_add_overflow(at_us, gap, &at_us))
            break;
        out->in_steady += in_steady(b->s, at_us);
        out->count += timed;
        out->short_ones += timed && (double)gap < short_us;
    }
    return 0;
}

/* How much of an answer's time was in the steady state. */
static uint64_t steady_us(const struct streams *s, const struct request *x, int64_t taken_us) {
    int64_t from_us = x->sent_us > s->from_us ? x->sent_us : s->from_us;
    int64_t to_us = x->end_us < s->to_us ? x->end_us : s->to_us;
    return s->is_steady == STREAMS_STEADY && taken_us > 0 && to_us > from_us
               ? (uint64_t)(to_us - from_us)
               : 0;
}

static uint64_t said(int64_t tokens) {
    return tokens > 0 ? (uint64_t)tokens : 0;
}

/* A server may say any number; a sum of them does not start again from 0. */
static void add_said(uint64_t *sum, int64_t tokens) {
    if (__builtin_add_overflow(*sum, said(tokens), sum))
        *sum = UINT64_MAX;
}

static void count_tokens(struct streams_entry *n, const struct stream_row *row) {
    n->events += row->events;
    n->token_events += row->token_events;
    n->reasoning_events += row->reasoning_events;
    n->tool_events += row->tool_events;
    n->reads += row->reads;
    n->shared_reads += row->shared_reads;
    add_said(&n->output_tokens, row->output_tokens);
    add_said(&n->reasoning_tokens, row->reasoning_tokens == REQUEST_NO_VALUE
                                       ? (int64_t)row->reasoning_events
                                       : row->reasoning_tokens);
    if (row->prompt_tokens != REQUEST_NO_VALUE) {
        n->prompted++;
        add_said(&n->prompt_tokens, row->prompt_tokens);
    }
    if (row->prompt_tokens != REQUEST_NO_VALUE && row->cached_tokens != REQUEST_NO_VALUE) {
        n->cached_said++;
        add_said(&n->cached_tokens, row->cached_tokens);
        add_said(&n->cached_prompt, row->prompt_tokens);
    }
    if (row->from_usage) {
        n->from_usage++;
        add_said(&n->usage_tokens, row->output_tokens);
        n->usage_events += row->token_events;
    }
}

static void count_asked(struct streams_entry *n, const struct request *x,
                        const struct stream_row *row, const struct asked *asked) {
    bool whole = x->outcome == OUTCOME_OK && row->finish != STREAM_FINISH_CANCEL_AFTER;
    /* Files from before the schema's version 8 only have averages, in their manifest. */
    double tokens = row->asked_tokens > 0 ? (double)row->asked_tokens : asked->tokens;
    if (whole && !isnan(tokens)) {
        n->asked_answers++;
        n->asked_tokens += tokens;
        add_said(&n->asked_got, row->output_tokens);
    }
    if (row->prompt_tokens == REQUEST_NO_VALUE)
        return;
    double words = row->asked_words > 0 ? (double)row->asked_words : asked->words;
    if (!isnan(words)) {
        n->worded_answers++;
        n->asked_words += words;
        add_said(&n->worded_tokens, row->prompt_tokens);
    }
    if (asked->unique && row->cached_tokens != REQUEST_NO_VALUE) {
        add_said(&n->unique_cached, row->cached_tokens);
        add_said(&n->unique_prompt, row->prompt_tokens);
    }
}

static void count_answer(struct streams_entry *n, const struct stream_row *row,
                         const struct stream_answer *a) {
    n->whole.answers++;
    n->whole.tokens += (double)said(row->output_tokens);
    n->finishes[row->finish]++;
    n->whole.taken_us += (uint64_t)a->taken_us;
    count_tokens(n, row);
}

static int read_row(void *context, const struct request *x, const struct stream_row *row) {
    struct build *b = context;
    struct streams *s = b->s;
    struct stream_answer a;
    struct gaps gaps;
    if (x->endpoint >= s->names.endpoint_count)
        return err_set(b->e, "request %lld belongs to no endpoint; the file is damaged",
                       (long long)x->id);
    stream_answer_of(x, row, &a);
    const struct parts p = parts_of(b, x);
    if ((a.timed && add_times(b, &p, &a) != 0) || add_gaps(b, &p, x, row, a.timed, &gaps) != 0)
        return -1;
    if (b->again)
        return 0;
    struct streams_entry *of[] = {&s->entries[s->names.entry_of[x->endpoint]],
                                  &s->entries[s->names.entry_count]};
    for (size_t i = 0; i < 2; i++) {
        count_answer(of[i], row, &a);
        count_asked(of[i], x, row, &b->asked[x->endpoint]);
        of[i]->gaps += gaps.count;
        of[i]->short_gaps += gaps.short_ones;
        of[i]->steady.answers += p.count == 4;
        of[i]->steady.taken_us += steady_us(s, x, a.taken_us);
        if (row->token_events > 0)
            of[i]->steady.tokens += (double)said(row->output_tokens) * (double)gaps.in_steady /
                                    (double)row->token_events;
    }
    return 0;
}

typedef int spread_fn(struct spread *x, struct err *e);

static int each_spread(struct streams *s, spread_fn *fn, struct err *e) {
    for (size_t i = 0; i <= s->names.entry_count; i++)
        for (size_t k = 0; k < STREAM_TIME_COUNT; k++) {
            struct spread *of[] = {&s->entries[i].whole.times[k], &s->entries[i].steady.times[k]};
            for (size_t p = 0; p < 2; p++)
                if (of[p]->select.hist.counts != NULL && fn(of[p], e) != 0)
                    return -1;
        }
    return 0;
}

static int needs_more(struct spread *x, struct err *e) {
    (void)e;
    return spread_needs_collecting(x) ? -1 : 0;
}

static int count(struct build *b, struct reader *r) {
    if (find_steady(b, r) != 0 || reader_streams(r, read_row, b, b->e) != 0 ||
        each_spread(b->s, spread_plan, b->e) != 0)
        return -1;
    b->again = each_spread(b->s, needs_more, NULL) != 0;
    if (b->again && reader_streams(r, read_row, b, b->e) != 0)
        return -1;
    return each_spread(b->s, spread_finish, b->e);
}

/* So that they outlive the reader. */
static int copy_names(struct streams *s) {
    size_t bytes = 1;
    for (size_t i = 0; i < s->names.entry_count; i++)
        bytes += strlen(s->names.entries[i].method) + strlen(s->names.entries[i].name) + 2;
    char *at = s->texts = malloc(bytes);
    if (at == NULL)
        return -1;
    for (size_t i = 0; i < s->names.entry_count; i++) {
        const char *from[] = {s->names.entries[i].method, s->names.entries[i].name};
        const char **to[] = {&s->entries[i].method, &s->entries[i].name};
        for (size_t k = 0; k < 2; k++) {
            size_t n = strlen(from[k]) + 1;
            *to[k] = memcpy(at, from[k], n);
            at += n;
        }
    }
    return 0;
}

static int begin(struct build *b, struct reader *r) {
    struct streams *s = b->s;
    const struct catalog *catalog = reader_catalog(r);
    size_t n = catalog->endpoint_count;
    if (entries_init(&s->names, catalog->endpoints, n, reader_is_cut(r), b->e) != 0)
        return -1;
    s->entries = calloc(s->names.entry_count + 1, sizeof *s->entries);
    if (s->entries == NULL)
        return err_memory(b->e, "%zu endpoints", n);
    b->asked = calloc(n + 1, sizeof *b->asked);
    if (b->asked == NULL || copy_names(s) != 0)
        return err_memory(b->e, "%zu endpoints", n);
    for (size_t i = 0; i < n; i++)
        b->asked[i] = (struct asked){.tokens = (double)NAN, .words = (double)NAN};
    return reader_manifest(r, take_pair, b, b->e);
}

int streams_read(struct reader *r, const struct streams_options *o, struct streams **out,
                 struct err *e) {
    *out = NULL;
    if (!reader_has_streams(r))
        return 0;
    struct streams *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the streams of a run");
    s->asked_by_row = reader_streams_have_asked(r);
    struct build b = {.s = s, .load_s = (double)NAN, .e = e};
    s->room = o->keep_bytes > 0 ? o->keep_bytes : STREAMS_KEEP_BYTES;
    s->duration_us = o->duration_us > 0 ? o->duration_us : reader_run(r)->duration_us;
    int result = begin(&b, r) != 0 ? -1 : count(&b, r);
    free(b.first_us);
    free(b.asked);
    /* A part of a run may have none of the file's. */
    if (result == 0 && streams_all(s)->whole.answers > 0)
        *out = s;
    else
        streams_free(s);
    return result;
}

static int end_spread(struct spread *x, struct err *e) {
    (void)e;
    spread_done(x);
    return 0;
}

void streams_free(struct streams *s) {
    if (s == NULL)
        return;
    if (s->entries != NULL)
        each_spread(s, end_spread, NULL);
    free(s->entries);
    free(s->texts);
    entries_done(&s->names);
    free(s);
}

const struct streams_entry *streams_at(const struct streams *s, size_t entry) {
    return &s->entries[entry];
}

const struct streams_entry *streams_all(const struct streams *s) {
    return &s->entries[s->names.entry_count];
}

void streams_times(const struct streams_part *p, enum stream_time which, struct spread_row *out) {
    static const struct spread nothing = {.sum = 0};
    const struct spread *x = &p->times[which];
    double per_ms = which == STREAM_TIME_TIME_PER_TOKEN ? 1e6 : 1e3;
    spread_row(x->select.hist.counts == NULL ? &nothing : x, out);
    double *values[] = {&out->mean, &out->min, &out->max, &out->median, &out->low,
                        &out->high, &out->p90, &out->p95, &out->p99};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        *values[i] /= per_ms;
}
