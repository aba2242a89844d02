#include "scenario/arrival_trace.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "scenario/trace_value.h"
#include "util/clock.h"
#include "util/units.h"

#define DELAY "delay"

/* How each format names what a trace needs. An output that no column has is unknown. */
static const struct {
    const char *text;
    const char *time, *input, *output;
    const char *more_output[2];
    int power;    /* a timestamp is a number of 10^power nanoseconds; 0: it is a date */
    bool lengths; /* every row needs both */
} formats[] = {
    [TRACE_MOONCAKE] = {"Mooncake trace, timestamps in milliseconds",
                        "timestamp",
                        "input_length",
                        "output_length",
                        {NULL, NULL},
                        6,
                        true},
    [TRACE_JSONL] = {"JSON Lines, timestamps in milliseconds",
                     "timestamp",
                     "input_tokens",
                     "output_tokens",
                     {"max_completion_tokens", "max_tokens"},
                     6,
                     false},
    [TRACE_AZURE] = {"Azure LLM inference trace, timestamps are dates (UTC)",
                     "TIMESTAMP",
                     "ContextTokens",
                     "GeneratedTokens",
                     {NULL, NULL},
                     0,
                     true},
    [TRACE_BURSTGPT] = {"BurstGPT trace, timestamps in seconds",
                        "Timestamp",
                        "Request tokens",
                        "Response tokens",
                        {NULL, NULL},
                        9,
                        true},
};

const char *arrival_trace_format_text(enum arrival_format format) {
    return formats[format].text;
}

void arrival_trace_free(struct arrival_trace *t) {
    if (t == NULL)
        return;
    free((int64_t *)(uintptr_t)t->times.at_ns);
    free(t->path);
    free(t);
}

/* ---- which format ---- */

static bool has(const struct feeder *f, const char *name, uint32_t *column) {
    if (feeder_find_column(f, name, strlen(name), column))
        return true;
    *column = FEEDER_NO_COLUMN;
    return false;
}

static bool fits(const struct feeder *f, enum arrival_format format) {
    uint32_t column;
    return has(f, formats[format].time, &column) && has(f, formats[format].input, &column) &&
           has(f, formats[format].output, &column);
}

static int format_of(const struct feeder *f, enum arrival_format *out, struct err *e) {
    uint32_t column;
    bool csv = feeder_kind(f) == FEEDER_CSV;
    if (!csv && fits(f, TRACE_MOONCAKE))
        *out = TRACE_MOONCAKE;
    else if (!csv && (has(f, formats[TRACE_JSONL].time, &column) || has(f, DELAY, &column)))
        *out = TRACE_JSONL;
    else if (csv && fits(f, TRACE_AZURE))
        *out = TRACE_AZURE;
    else if (csv && fits(f, TRACE_BURSTGPT))
        *out = TRACE_BURSTGPT;
    else
        return err_set(e, "%s:1: %s", f->path,
                       csv ? "these columns are those of no trace; a trace has TIMESTAMP, "
                             "ContextTokens and GeneratedTokens (Azure), or Timestamp, Request "
                             "tokens and Response tokens (BurstGPT)"
                           : "no line has \"timestamp\" (milliseconds) or \"delay\"; a trace "
                             "needs one of them in every line");
    return 0;
}

/* JSON Lines begin with an object, whatever the file is called. What cannot be read is said when it
 * is opened as a feeder. */
static enum feeder_kind kind_of(const char *path) {
    char bytes[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    ssize_t i = 0;
    while (i < n && strchr(" \t\r\n\xef\xbb\xbf", bytes[i]) != NULL && bytes[i] != '\0')
        i++;
    return i < n && bytes[i] == '{' ? FEEDER_JSONL : FEEDER_CSV;
}

/* ---- the rows ---- */

struct reading {
    struct arrival_trace *t;
    const struct feeder *f;
    uint32_t time, delay; /* columns */
    int64_t *at_ns;       /* of the rows of the part */
    uint64_t first;       /* of them */
    uint64_t count;
    int64_t begin_ns, last_ns; /* of the file: as it counts */
    double input, output;      /* sums over the part */
};

/* Sets *ns to the row's own time; how it counts is up to the file. */
static int time_of(const struct reading *x, const struct feeder_row *row, int64_t *ns,
                   struct err *e) {
    const char *name = formats[x->t->format].time, *wrong;
    int power = formats[x->t->format].power;
    struct bytes none = {NULL, 0};
    struct bytes time = x->time == FEEDER_NO_COLUMN ? none : row->fields[x->time];
    struct bytes delay = x->delay == FEEDER_NO_COLUMN ? none : row->fields[x->delay];
    if (time.len == 0 && delay.len > 0) {
        int64_t gap;
        wrong = trace_decimal(delay, power, &gap);
        if (wrong == NULL && gap > UNITS_DURATION_MAX_NS)
            wrong = "is more than ten years";
        *ns = wrong == NULL ? x->last_ns + gap : 0;
        return wrong == NULL ? 0 : err_set(e, "\"%s\" %s", DELAY, wrong);
    }
    wrong = power == 0 ? trace_date(time, ns) : trace_decimal(time, power, ns);
    if (wrong == NULL)
        return 0;
    return err_set(e, "\"%s\" %s%s%.*s", name, wrong, time.len == 0 ? "" : ": ",
                   time.len > 60 ? 60 : (int)time.len, time.data == NULL ? "" : time.data);
}

static int length_of(const struct reading *x, const struct feeder_row *row, enum feeder_role role,
                     uint32_t *out, struct err *e) {
    struct bytes text = feeder_field(x->f, row, role);
    const char *wrong = NULL;
    *out = 0;
    if (text.len > 0 || formats[x->t->format].lengths)
        wrong = trace_count(text, out);
    if (wrong == NULL)
        return 0;
    return err_set(e, "\"%s\" %s%s%.*s", feeder_column(x->f, x->f->role[role]), wrong,
                   text.len == 0 ? "" : ": ", text.len > 60 ? 60 : (int)text.len,
                   text.data == NULL ? "" : text.data);
}

static int look(void *context, const struct feeder_row *row, struct err *e) {
    struct reading *x = context;
    uint32_t input, output;
    int64_t ns;
    if (time_of(x, row, &ns, e) != 0 || length_of(x, row, FEEDER_INPUT, &input, e) != 0 ||
        length_of(x, row, FEEDER_OUTPUT, &output, e) != 0)
        return -1;
    struct bytes ids = feeder_field(x->f, row, FEEDER_HASHES);
    if (ids.len > 0 && ids.data[0] != '[')
        return err_set(e, "\"hash_ids\" must be a list");
    if (row->number == 0)
        x->begin_ns = ns;
    else if (ns < x->last_ns)
        return err_set(e, "this row came before the one above it; sort the file by its timestamps");
    x->last_ns = ns;
    int64_t at_ns = ns - x->begin_ns;
    if (at_ns > UNITS_DURATION_MAX_NS)
        return err_set(e, "more than ten years after the first row");
    if (at_ns < x->t->from_ns || (x->t->to_ns > 0 && at_ns >= x->t->to_ns))
        return 0;
    if (x->count == 0)
        x->first = row->number;
    x->at_ns[x->count++] = at_ns - x->t->from_ns;
    x->input += input;
    x->output += output;
    x->t->silent += output == 0;
    return 0;
}

/* The part lasts to its end where one was given; else a mean gap longer than to its last arrival,
 * so that a loop keeps the rate. */
static int64_t length_ns(const struct reading *x) {
    const struct arrival_trace *t = x->t;
    int64_t last = x->at_ns[x->count - 1];
    if (t->to_ns > 0)
        return t->to_ns - t->from_ns;
    int64_t span = last - x->at_ns[0];
    int64_t gap = x->count > 1 ? span / (int64_t)(x->count - 1) : 0;
    return last + (gap > 0 ? gap : span == 0 ? NS_PER_S : 1);
}

static int part(struct reading *x, struct feeder *f, struct err *e) {
    struct arrival_trace *t = x->t;
    char whole[UNITS_BYTES];
    t->whole_count = f->rows;
    t->whole_ns = x->last_ns - x->begin_ns;
    units_duration_text(t->whole_ns, whole);
    if (x->count == 0)
        return err_set(e,
                       "%s has no arrival in this part; from its first to its last arrival it is "
                       "%s long",
                       f->path, whole);
    int64_t gap = f->rows > 1 ? t->whole_ns / (int64_t)(f->rows - 1) : 0;
    if (t->to_ns > t->whole_ns + (gap > NS_PER_S ? gap : NS_PER_S))
        return err_set(e, "%s: \"to\" is after the end of this trace, which is %s long; remove it",
                       f->path, whole);
    feeder_window(f, x->first, x->count);
    int64_t *fitting = realloc(x->at_ns, x->count * sizeof *fitting);
    if (fitting != NULL)
        x->at_ns = fitting;
    t->times = (struct load_times){.at_ns = x->at_ns, .count = x->count, .length_ns = length_ns(x)};
    t->mean_input = x->input / (double)x->count;
    t->mean_output = x->output / (double)x->count;
    x->at_ns = NULL;
    return 0;
}

static int rows_read(struct arrival_trace *t, struct feeder *f, struct err *e) {
    struct reading x = {.t = t, .f = f};
    has(f, formats[t->format].time, &x.time);
    has(f, DELAY, &x.delay);
    x.at_ns = malloc(f->rows * sizeof *x.at_ns);
    if (x.at_ns == NULL)
        return err_memory(e, "%zu rows of %s", f->rows, f->path);
    int result = feeder_each(f, look, &x, e);
    if (result == 0)
        result = part(&x, f, e);
    free(x.at_ns);
    return result;
}

/* ---- what a drawn row has ---- */

/* A length as plain digits, whatever the file separates thousands with. */
static void plain(const struct feeder *f, struct feeder_row *row, enum feeder_role from,
                  enum feeder_role to) {
    uint32_t n;
    struct bytes text = feeder_field(f, row, from);
    if (text.len == 0 || trace_count(text, &n) != NULL)
        return;
    size_t at = row->made.len;
    buf_uint(&row->made, n);
    feeder_put(f, row, to, (struct bytes){row->made.data + at, row->made.len - at});
}

static int make(const struct feeder *f, struct feeder_row *row, const struct feeder_turn *turn,
                struct err *e) {
    (void)turn;
    /* Both fit into the first room, so that it does not move. */
    if (buf_room(&row->made, 64) == NULL)
        return err_memory(e, "a row of %s", f->path);
    buf_clear(&row->made);
    plain(f, row, FEEDER_INPUT, FEEDER_INPUT_TOKENS);
    plain(f, row, FEEDER_OUTPUT, FEEDER_OUTPUT_TOKENS);
    return 0;
}

static int columns_make(struct arrival_trace *t, struct feeder *f, struct err *e) {
    const char *output = formats[t->format].output;
    for (size_t i = 0; i < 2 && !has(f, output, &f->role[FEEDER_OUTPUT]); i++)
        if (formats[t->format].more_output[i] != NULL)
            output = formats[t->format].more_output[i];
    has(f, output, &f->role[FEEDER_OUTPUT]);
    has(f, formats[t->format].input, &f->role[FEEDER_INPUT]);
    has(f, "hash_ids", &f->role[FEEDER_HASHES]);
    t->has_lengths = formats[t->format].lengths;
    f->make = make;
    if (f->role[FEEDER_INPUT] != FEEDER_NO_COLUMN &&
        feeder_column_make(f, FEEDER_INPUT_TOKENS, "input_tokens", e) != 0)
        return -1;
    return f->role[FEEDER_OUTPUT] == FEEDER_NO_COLUMN
               ? 0
               : feeder_column_make(f, FEEDER_OUTPUT_TOKENS, "output_tokens", e);
}

int arrival_trace_open(const char *path, int64_t from_ns, int64_t to_ns, struct arrival_trace **out,
                       struct feeder **rows, struct err *e) {
    struct feeder_source source = {.path = path, .mode = FEEDER_ARRIVAL, .lenient = true};
    struct feeder *f = NULL;
    int result = -1;
    struct arrival_trace *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_memory(e, NULL);
    source.kind = kind_of(path);
    t->from_ns = from_ns;
    t->to_ns = to_ns;
    t->path = strdup(path);
    if (t->path == NULL)
        err_memory(e, NULL);
    else if (feeder_open("trace", &source, &f, e) == 0 && format_of(f, &t->format, e) == 0 &&
             columns_make(t, f, e) == 0)
        result = rows_read(t, f, e);
    if (result == 0) {
        *out = t;
        *rows = f;
    } else {
        arrival_trace_free(t);
        feeder_free(f);
    }
    return result;
}
