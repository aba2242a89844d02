#include "report/comparison_runs.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "record/reader.h"
#include "record/reader_streams.h"
#include "record/reader_timeline.h"
#include "report/comparison_inputs.h"
#include "report/stream_answer.h"
#include "report/thresholds.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/rng.h"
#include "util/text.h"

#define RATE_WARMUP_MAX_US (10 * US_PER_S)
#define TEXT_MAX 65536

/* What two runs must have alike, by the manifest's key. Older files lack some: what one of them
 * does not say is not held against it. */
static const struct {
    const char *key, *what;
} alike[] = {
    {"load_users_max", "users"}, {"load_spawn_rate", "spawn rate"},  {"load_rate_max", "rate"},
    {"transport", "transport"},  {"receive_clock", "receive clock"},
};
enum { ALIKE = sizeof alike / sizeof *alike };

struct facts {
    char *values[ALIKE]; /* NULL: not said */
    double load_s;       /* NAN: not said */
    bool spawns;         /* the load is users */
    bool has_manifest;   /* there is a manifest */
    bool failed;
};

static void facts_done(struct facts *f) {
    for (size_t i = 0; i < ALIKE; i++)
        free(f->values[i]);
}

static void take_pair(void *context, const char *key, const char *value) {
    struct facts *f = context;
    f->has_manifest = true;
    if (strcmp(key, "load_seconds") == 0)
        f->load_s = strtod(value, NULL);
    f->spawns = f->spawns || strcmp(key, "load_spawn_rate") == 0;
    for (size_t i = 0; i < ALIKE; i++)
        if (strcmp(key, alike[i].key) == 0 && f->values[i] == NULL) {
            f->values[i] = strdup(value);
            f->failed = f->failed || f->values[i] == NULL;
        }
}

static void refuse(struct comparison *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void refuse(struct comparison *c, const char *format, ...) {
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_add(&c->refusals, text, strlen(text) + 1);
    c->refusal_count++;
}

/* The first whole second in which all users are on; -1 if there is none. */
static int all_users_on(struct reader *r, uint32_t users, int64_t *from_us, struct err *e) {
    struct reader_second *seconds = NULL;
    size_t n = 0;
    if (reader_users(r, &seconds, &n, e) != 0)
        return -1;
    *from_us = -1;
    for (size_t i = 0; i < n && *from_us < 0; i++)
        if (seconds[i].users >= users)
            *from_us = ((int64_t)seconds[i].second + 1) * US_PER_S;
    free(seconds);
    return 0;
}

static int64_t end_of_load(const struct reader_run *run, const struct facts *f) {
    int64_t load_us = isfinite(f->load_s) && f->load_s > 0 && f->load_s < 1e9
                          ? llround(f->load_s * 1e6)
                          : run->duration_us;
    return load_us < run->duration_us ? load_us : run->duration_us;
}

/* What counts of a run: see comparison.h. */
static int choose_window(struct comparison *c, struct comparison_file *file, struct reader *r,
                         const struct facts *f, struct err *e) {
    const struct reader_run *run = reader_run(r);
    int64_t *stages = NULL;
    size_t stage_count = 0;
    file->to_us = end_of_load(run, f);
    if (c->options.warmup_us >= 0) {
        file->from_us = c->options.warmup_us;
        snprintf(file->rule, sizeof file->rule, "the warm-up of --warmup is excluded");
        return 0;
    }
    if (reader_stages(r, &stages, &stage_count, e) != 0)
        return -1;
    if (stage_count > 1) {
        file->from_us = stages[1];
        snprintf(file->rule, sizeof file->rule, "the first of %zu stages is warm-up", stage_count);
    } else if (stage_count == 0 && f->has_manifest && !f->spawns) {
        int64_t part = file->to_us / 20;
        file->from_us = part < RATE_WARMUP_MAX_US ? part : RATE_WARMUP_MAX_US;
        snprintf(file->rule, sizeof file->rule,
                 "the first 20th of the load, at most 10 s, is warm-up");
    } else if (all_users_on(r, run->users_max, &file->from_us, e) != 0) {
        free(stages);
        return -1;
    } else if (run->users_max == 1)
        snprintf(file->rule, sizeof file->rule, "%s",
                 file->from_us >= 0 ? "from then on its user is active" : "its user never started");
    else if (file->from_us >= 0)
        snprintf(file->rule, sizeof file->rule, "from then on all %" PRIu32 " users are active",
                 run->users_max);
    else
        snprintf(file->rule, sizeof file->rule, "its %" PRIu32 " users were never all active",
                 run->users_max);
    free(stages);
    return 0;
}

/* -1 where memory runs out. The last entry is for all requests and has no number. */
static int64_t entry_number(struct comparison *c, const struct endpoint *x) {
    for (size_t i = 0; i < c->entry_count; i++)
        if (strcmp(c->entries[i].name, x->name) == 0 &&
            strcmp(c->entries[i].method, x->method) == 0)
            return (int64_t)i;
    struct comparison_entry *more = realloc(c->entries, (c->entry_count + 1) * sizeof *c->entries);
    if (more == NULL)
        return -1;
    c->entries = more;
    more[c->entry_count] =
        (struct comparison_entry){.name = strdup(x->name), .method = strdup(x->method)};
    if (more[c->entry_count].name == NULL || more[c->entry_count].method == NULL) {
        free(more[c->entry_count].name);
        free(more[c->entry_count].method);
        return -1;
    }
    return (int64_t)c->entry_count++;
}

struct taking {
    struct comparison *comparison;
    struct comparison_file *file;
    const uint32_t *numbers; /* of the file's endpoints */
    uint16_t run;
    uint64_t gaps;      /* of the run */
    struct rng gap_rng; /* draws those that are compared */
    struct err *e;
};

/* When it was due. */
static int64_t moment(const struct request *row) {
    return row->intended_us != READER_NO_VALUE ? row->intended_us
           : row->sent_us != READER_NO_VALUE   ? row->sent_us
                                               : row->end_us;
}

static int take_row(void *context, const struct request *row) {
    struct taking *t = context;
    struct comparison_file *f = t->file;
    int64_t at = moment(row);
    int64_t value = t->comparison->options.service ? row->service_us : row->response_us;
    if (at == READER_NO_VALUE || at < f->from_us)
        f->before++;
    else if (at >= f->to_us)
        f->after++;
    else if (value == READER_NO_VALUE)
        f->untimed++;
    else {
        struct compare_row x = {.at_us = at - f->from_us,
                                .value_us = value,
                                .endpoint = t->numbers[row->endpoint],
                                .run = t->run,
                                .failed = outcome_is_failure((int)row->outcome)};
        f->requests++;
        return compare_side_add(t->comparison->sides[COMPARISON_OF_REQUESTS][f->with], &x, t->e);
    }
    return 0;
}

/* ---- streams ---- */

static int count_gaps(void *context, const struct request *x, const struct stream_row *s) {
    struct taking *t = context;
    (void)x;
    t->gaps += s->token_events > 0 ? s->token_events - 1 : 0;
    return 0;
}

/* A value of a stream, where its moment counts. */
static int add_value(struct taking *t, enum comparison_of of, const struct request *x,
                     int64_t at_us, int64_t value, uint32_t weight) {
    const struct comparison_file *f = t->file;
    if (value == REQUEST_NO_VALUE || at_us < f->from_us || at_us >= f->to_us)
        return 0;
    const struct compare_row row = {.at_us = at_us - f->from_us,
                                    .value_us = value,
                                    .endpoint = t->numbers[x->endpoint],
                                    .run = t->run,
                                    .weight = weight,
                                    .failed = outcome_is_failure((int)x->outcome)};
    return compare_side_add(t->comparison->sides[of][f->with], &row, t->e);
}

/* Each at its own moment. */
static int take_gaps(struct taking *t, const struct request *x, const struct stream_row *s) {
    int64_t at_us = x->sent_us + s->ttft_us, gap = 0;
    for (const char *at = s->gaps; s->ttft_us >= 0 && stream_row_gap(&at, &gap);) {
        if (__builtin_add_overflow(at_us, gap, &at_us))
            break;
        if (t->gaps > COMPARISON_GAPS_MAX && rng_below(&t->gap_rng, t->gaps) >= COMPARISON_GAPS_MAX)
            continue;
        if (add_value(t, COMPARISON_OF_GAP, x, at_us, gap, 0) != 0)
            return -1;
    }
    return 0;
}

static int take_stream(void *context, const struct request *x, const struct stream_row *s) {
    struct taking *t = context;
    struct stream_answer a;
    int64_t at = moment(x);
    stream_answer_of(x, s, &a);
    if (!a.timed || at == READER_NO_VALUE)
        return 0;
    /* An answer without tokens weighs nothing, and has no TTFT. */
    uint32_t tokens = s->output_tokens < 1            ? 1
                      : s->output_tokens > UINT32_MAX ? UINT32_MAX
                                                      : (uint32_t)s->output_tokens;
    if (add_value(t, COMPARISON_OF_TTFT, x, at, a.ttft_us, tokens) != 0 ||
        add_value(t, COMPARISON_OF_TIME_PER_TOKEN, x, at, a.time_per_token_ns, 0) != 0)
        return -1;
    return take_gaps(t, x, s);
}

static int read_streams(struct taking *t, struct reader *r) {
    if (!reader_has_streams(r))
        return 0;
    rng_seed(&t->gap_rng, t->comparison->options.seed, t->run);
    return reader_streams(r, count_gaps, t, t->e) != 0 ? -1
                                                       : reader_streams(r, take_stream, t, t->e);
}

static int read_rows(struct comparison *c, size_t at, struct reader *r, struct err *e) {
    struct comparison_file *f = &c->files[at];
    const struct endpoint *endpoints = reader_catalog(r)->endpoints;
    size_t n = reader_catalog(r)->endpoint_count;
    uint32_t *numbers = calloc(n + 1, sizeof *numbers);
    int result = 0;
    if (numbers == NULL)
        return err_memory(e, "comparing runs");
    for (size_t i = 0; i < n && result == 0; i++) {
        int64_t number = entry_number(c, &endpoints[i]);
        if (number < 0)
            result = err_memory(e, "comparing runs");
        numbers[i] = (uint32_t)number;
    }
    struct taking t = {.comparison = c,
                       .file = f,
                       .numbers = numbers,
                       .run = (uint16_t)(f->with ? at - c->runs[0] : at),
                       .e = e};
    if (result == 0 && f->to_us > f->from_us && f->from_us >= 0)
        result = reader_scan_brief(r, take_row, &t, e) != 0 ? -1 : read_streams(&t, r);
    free(numbers);
    return result;
}

static void check_alone(struct comparison *c, const struct comparison_file *f, struct reader *r) {
    const struct reader_run *run = reader_run(r);
    char part[THRESHOLDS_PART_BYTES];
    if (thresholds_part(r, part, NULL) == 0 && part[0] != '\0')
        refuse(c, "%s is part %s of a load, not a run: merge the parts first (coldswarm merge)",
               f->path, part);
    if (!run->complete)
        refuse(c, "%s was interrupted or is still in progress", f->path);
    else if (strcmp(run->verdict, "INVALID") == 0)
        refuse(c, "%s is INVALID: %s", f->path, run->verdict_reason);
    if (f->from_us < 0)
        refuse(c, "%s has no steady part: %s (set the end of its warm-up with --warmup)", f->path,
               f->rule);
    else if (f->to_us <= f->from_us)
        refuse(c, "%s has nothing after its warm-up: %s, at %.1f s, and the load ends at %.1f s",
               f->path, f->rule, (double)f->from_us / 1e6, (double)f->to_us / 1e6);
}

static void check_endpoints(struct comparison *c, size_t at, struct reader *const *readers,
                            size_t one, size_t other) {
    const struct catalog *own = reader_catalog(readers[one]),
                         *others = reader_catalog(readers[other]);
    const struct endpoint *a = own->endpoints, *b = others->endpoints;
    size_t n = own->endpoint_count, m = others->endpoint_count;
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < m && !there; k++)
            there = strcmp(a[i].name, b[k].name) == 0 && strcmp(a[i].method, b[k].method) == 0;
        if (!there) {
            refuse(c, "%s and %s have different endpoints: only %s has %s %s", c->files[0].path,
                   c->files[at].path, c->files[one].path, a[i].method, a[i].name);
            return;
        }
    }
}

/* Each run is held against the first one. */
static void check_alike(struct comparison *c, size_t at, struct reader *const *readers,
                        const struct facts *facts) {
    const char *first = c->files[0].path, *path = c->files[at].path;
    struct stat a, b;
    if (stat(first, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        refuse(c, "%s is given twice", path);
    if (strcmp(reader_run(readers[0])->scenario, reader_run(readers[at])->scenario) != 0)
        refuse(c, "%s and %s ran different scenarios", first, path);
    for (size_t i = 0; i < ALIKE; i++) {
        const char *x = facts[0].values[i], *y = facts[at].values[i];
        if (x != NULL && y != NULL && strcmp(x, y) != 0)
            refuse(c, "%s and %s differ in the %s: %s and %s", first, path, alike[i].what, x, y);
    }
    size_t before = c->refusal_count;
    check_endpoints(c, at, readers, 0, at);
    if (c->refusal_count == before)
        check_endpoints(c, at, readers, at, 0);
}

static int make_sides(struct comparison *c, struct err *e) {
    int64_t lengths[COMPARE_RUNS_MAX];
    for (size_t side = 0; side < 2; side++) {
        size_t n = 0;
        for (size_t i = 0; i < c->file_count; i++)
            if (c->files[i].with == (side == 1)) {
                int64_t length = c->files[i].to_us - c->files[i].from_us;
                lengths[n++] = length > 0 && c->files[i].from_us >= 0 ? length : 1;
            }
        for (size_t of = 0; of < COMPARISON_OFS; of++)
            if (compare_side_new(lengths, n, &c->sides[of][side], e) != 0)
                return -1;
    }
    return 0;
}

static int by_name(const void *a, const void *b) {
    const struct comparison_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->method, y->method);
}

/* Numbers are given in the order of the names, so that rows need not be touched again. */
static int number_endpoints(struct comparison *c, struct reader *const *readers, struct err *e) {
    for (size_t i = 0; i < c->file_count; i++) {
        const struct catalog *catalog = reader_catalog(readers[i]);
        for (size_t k = 0; k < catalog->endpoint_count; k++)
            if (entry_number(c, &catalog->endpoints[k]) < 0)
                return err_memory(e, "comparing runs");
    }
    if (c->entry_count > 0)
        qsort(c->entries, c->entry_count, sizeof *c->entries, by_name);
    return 0;
}

static int read_all(struct comparison *c, struct reader **readers, struct facts *facts,
                    struct err *e) {
    for (size_t i = 0; i < c->file_count; i++) {
        struct comparison_file *f = &c->files[i];
        facts[i].load_s = (double)NAN;
        if (reader_open(f->path, &readers[i], e) != 0 ||
            reader_manifest(readers[i], take_pair, &facts[i], e) != 0 ||
            choose_window(c, f, readers[i], &facts[i], e) != 0)
            return -1;
        if (facts[i].failed)
            return err_memory(e, "comparing runs");
        if (comparison_inputs_read(c, i, readers[i], e) != 0)
            return -1;
        check_alone(c, f, readers[i]);
        if (i > 0)
            check_alike(c, i, readers, facts);
        /* Forced: a run without a steady part counts as a whole. */
        if (c->options.force && (f->from_us < 0 || f->to_us <= f->from_us)) {
            f->from_us = 0;
            snprintf(f->rule, sizeof f->rule, "all of it, because no part is steady");
        }
    }
    comparison_inputs_keep(c);
    if (buf_fits(&c->refusals, e, "compare fewer runs",
                 "the text of why these runs cannot be compared") != 0)
        return -1;
    if (c->refusal_count > 0 && !c->options.force)
        return 0;
    if (make_sides(c, e) != 0 || number_endpoints(c, readers, e) != 0)
        return -1;
    for (size_t i = 0; i < c->file_count; i++)
        if (read_rows(c, i, readers[i], e) != 0)
            return -1;
    struct endpoint all = {.name = "", .method = ""};
    return entry_number(c, &all) < 0 ? err_memory(e, "comparing runs") : 0;
}

int comparison_runs_read(struct comparison *c, struct err *e) {
    struct reader **readers = calloc(c->file_count, sizeof(struct reader *));
    struct facts *facts = calloc(c->file_count, sizeof *facts);
    int result = readers == NULL || facts == NULL ? err_memory(e, "comparing runs")
                                                  : read_all(c, readers, facts, e);
    for (size_t i = 0; i < c->file_count; i++) {
        if (readers != NULL)
            reader_close(readers[i]);
        if (facts != NULL)
            facts_done(&facts[i]);
    }
    free(readers);
    free(facts);
    return result;
}
