/* The grammar of rule.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/rule.h"
#include "grpc/grpc_frame.h"
#include "util/fits.h"
#include "util/outcome.h"
#include "util/text.h"
#include "util/units.h"

#define SHOWN "\"%.200s\""

static const char *blanks(const char *p) {
    return p + strspn(p, " \t");
}

static size_t word_length(const char *p) {
    return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static int number(const char **p, double *out, struct err *e) {
    char text[64], *end = NULL;
    size_t n = strspn(*p, "0123456789+-.eE");
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), *p);
    double value = strtod(text, &end);
    if (n == 0 || n >= sizeof text || *end != '\0' || !isfinite(value))
        return err_set(e, "a number is missing at " SHOWN, *p);
    *out = value;
    *p += n;
    return 0;
}

/* ---- the metric and its filters ---- */

/* Of two hexadecimal digits, -1 if there are none. */
static int hex_byte(const char *p) {
    int high = text_hex(p[0]), low = high < 0 ? -1 : text_hex(p[1]);
    return low < 0 ? -1 : high * 16 + low;
}

/* Between quotes; *p stands on the first one and is left behind the last. */
static int quoted(const char **p, struct buf *out, struct err *e) {
    const char quote = **p, *at = *p + 1;
    for (; *at != quote && *at != '\0'; at++) {
        if (*at != '\\') {
            buf_char(out, *at);
            continue;
        }
        at++;
        if (*at == 'n')
            buf_char(out, '\n');
        else if (*at == 'x' && hex_byte(at + 1) > 0) {
            buf_char(out, (char)hex_byte(at + 1));
            at += 2;
        } else if (*at == '"' || *at == '\'' || *at == '\\')
            buf_char(out, *at);
        else
            return err_set(e, "in quotes, \\ can be followed by \\, \", ', n or x and two digits");
    }
    if (*at == '\0')
        return err_set(e, "the closing %c is missing", quote);
    *p = blanks(at + 1);
    return 0;
}

/* Up to a comma or the brace that closes the filters; braces inside, as in /users/{id}, have
 * partners. */
static void bare(const char **p, struct buf *out) {
    int open = 0;
    const char *at = *p, *end;
    for (; *at != '\0' && (open > 0 || (*at != ',' && *at != '}')); at++)
        open += (*at == '{') - (*at == '}');
    for (end = at; end > *p && (end[-1] == ' ' || end[-1] == '\t'); end--)
        ;
    buf_add(out, *p, (size_t)(end - *p));
    *p = at;
}

static int parse_status(const char *value, struct gate_rule *r, struct err *e) {
    size_t digits = strspn(value, "0123456789");
    if (value[0] == '0' && value[1] == '\0')
        r->status_low = r->status_high = 0;
    else if (digits == 1 && value[0] >= '1' && value[0] <= '5' && strcmp(value + 1, "xx") == 0) {
        r->status_low = (value[0] - '0') * 100;
        r->status_high = r->status_low + 99;
    } else if (digits == 3 && value[3] == '\0' && value[0] >= '1')
        r->status_low = r->status_high = (int)strtol(value, NULL, 10);
    else
        return err_set(e,
                       "status " SHOWN " is neither a status like 200, a class like 2xx nor 0 "
                       "for none",
                       value);
    return 0;
}

static int parse_outcome(const char *value, struct gate_rule *r, struct err *e) {
    const char *words[OUTCOME_COUNT];
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        words[i] = outcome_text(i);
        if (strcmp(words[i], value) == 0) {
            r->outcome = i;
            return 0;
        }
    }
    const char *nearest = text_nearest(value, words, OUTCOME_COUNT);
    return err_set(e, "unknown outcome " SHOWN "%s%s%s", value,
                   nearest == NULL ? "; docs/run-file.md lists them" : "; did you mean \"",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

static int parse_grpc_status(const char *value, struct gate_rule *r, struct err *e) {
    r->grpc_status = grpc_status_named(value);
    return r->grpc_status >= 0
               ? 0
               : err_set(e, SHOWN " is no status of gRPC like UNAVAILABLE or 14", value);
}

static int parse_expected(const char *value, struct gate_rule *r, struct err *e) {
    r->expected = strcmp(value, "true") == 0;
    if (!r->expected && strcmp(value, "false") != 0)
        return err_set(e, "expected_response is true or false, not " SHOWN, value);
    return 0;
}

static const struct {
    const char *key;
    unsigned bit;
} filter_keys[] = {
    {"name", GATE_BY_NAME},
    {"method", GATE_BY_METHOD},
    {"status", GATE_BY_STATUS},
    {"grpc_status", GATE_BY_GRPC_STATUS},
    {"outcome", GATE_BY_OUTCOME},
    {"request", GATE_BY_REQUEST},
    {"expected_response", GATE_BY_EXPECTED},
    {"ttft", GATE_WITHIN(GATE_LIMIT_TTFT)},
    {"ttfo", GATE_WITHIN(GATE_LIMIT_TTFO)},
    {"time_per_token", GATE_WITHIN(GATE_LIMIT_TIME_PER_TOKEN)},
    {"token_gap", GATE_WITHIN(GATE_LIMIT_TOKEN_GAP)},
    {"e2e", GATE_WITHIN(GATE_LIMIT_E2E)},
};
#define FILTER_KEYS (sizeof filter_keys / sizeof *filter_keys)

static int find_key(const struct gate_rule *r, const char *key, size_t n, unsigned *bit,
                    struct err *e) {
    const struct gate_metric_def *m = &gate_metrics[r->metric];
    const char *keys[FILTER_KEYS];
    size_t count = 0;
    char word[64], all[128] = "";
    snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), key);
    for (size_t i = 0; i < FILTER_KEYS; i++) {
        if ((m->filters & filter_keys[i].bit) == 0)
            continue;
        keys[count++] = filter_keys[i].key;
        if (strcmp(filter_keys[i].key, word) == 0) {
            *bit = filter_keys[i].bit;
            return (r->filters & *bit) == 0 ? 0 : err_set(e, "\"%s\" is given twice", word);
        }
    }
    if (count == 0)
        return err_set(e, "%s does not support filters in braces", m->name);
    const char *nearest = text_nearest(word, keys, count);
    if (nearest != NULL)
        return err_set(e, "%s has no filter \"%s\"; did you mean \"%s\"?", m->name, word, nearest);
    for (size_t i = 0, used = 0; i < count && used < sizeof all; i++)
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "" : ", ", keys[i]);
    return err_set(e, "%s has no filter \"%s\"; known are: %s", m->name, word, all);
}

static int set_filter(struct gate_rule *r, unsigned bit, struct buf *value, struct err *e) {
    if (buf_fits(value, e, "shorten it", "a value") != 0)
        return -1;
    if (value->len == 0)
        return err_set(e, "a value is empty; write {name:/path}");
    r->filters |= bit;
    if (bit == GATE_BY_STATUS)
        return parse_status(buf_text(value), r, e);
    if (bit == GATE_BY_GRPC_STATUS)
        return parse_grpc_status(buf_text(value), r, e);
    if (bit == GATE_BY_OUTCOME)
        return parse_outcome(buf_text(value), r, e);
    if (bit == GATE_BY_EXPECTED)
        return parse_expected(buf_text(value), r, e);
    char **text = bit == GATE_BY_NAME ? &r->name : bit == GATE_BY_METHOD ? &r->method : &r->request;
    *text = buf_take(value);
    return *text != NULL ? 0 : err_memory(e, NULL);
}

/* Of goodput; *p stands behind the word. */
static int parse_limit(const char **p, unsigned bit, struct gate_rule *r, struct err *e) {
    int i = 0;
    while (GATE_WITHIN(i) != bit)
        i++;
    const char *at = *p, *word = gate_limit_words[i];
    if (*at != '<')
        return err_set(e, "%s needs < or <= and a time in milliseconds: goodput{%s<200}", word,
                       word);
    r->within[i].op = at[1] == '=' ? GATE_LE : GATE_LT;
    at = blanks(at + 1 + (at[1] == '='));
    if (number(&at, &r->within[i].limit, e) != 0)
        return -1;
    if (!(r->within[i].limit > 0))
        return err_set(e, "the limit of %s must be above 0, in milliseconds", word);
    if (strchr(" \t,}", *at) == NULL)
        return err_set(e,
                       "unexpected " SHOWN " after the limit of %s; times are milliseconds without "
                       "a unit (200, not 200ms)",
                       at, word);
    r->filters |= bit;
    *p = blanks(at);
    return 0;
}

static int parse_filter(const char **p, struct gate_rule *r, struct err *e) {
    struct buf value;
    unsigned bit = 0;
    size_t n = word_length(*p);
    if (find_key(r, *p, n, &bit, e) != 0)
        return -1;
    const char *at = blanks(*p + n);
    if ((bit & GATE_WITHIN_ANY) != 0) {
        *p = at;
        return parse_limit(p, bit, r, e);
    }
    if (*at != ':')
        return err_set(e, "%.*s needs a colon and a value: {name:/path}", (int)n, *p);
    at = blanks(at + 1);
    buf_init(&value, GATE_TEXT_MAX);
    int result = 0;
    if (*at == '"' || *at == '\'')
        result = quoted(&at, &value, e);
    else
        bare(&at, &value);
    if (result == 0)
        result = set_filter(r, bit, &value, e);
    buf_done(&value);
    *p = at;
    return result;
}

/* Leaves *p behind the metric. */
static int metric(const char **p, struct gate_rule *r, struct err *e) {
    const char *at = blanks(*p);
    size_t n = word_length(at);
    if (gate_metric_find(at, n, &r->metric, e) != 0)
        return -1;
    at = blanks(at + n);
    if (*at == '{') {
        do {
            at = blanks(at + 1);
            if (parse_filter(&at, r, e) != 0)
                return -1;
        } while (*at == ',');
        if (*at != '}')
            return err_set(e, "the closing } is missing");
        at++;
    }
    if (r->metric == GATE_GOODPUT && (r->filters & GATE_WITHIN_ANY) == 0)
        return err_set(e, "goodput needs limits that make an answer good, such as "
                          "goodput{ttft<200,time_per_token<50}");
    *p = at;
    return 0;
}

/* ---- the condition ---- */

static int aggregation(const char **p, struct gate_rule *r, struct err *e) {
    const char *word = *p;
    size_t n = word_length(word);
    if (gate_aggregation_find(r->metric, word, n, &r->aggregation, e) != 0)
        return -1;
    *p = blanks(word + n);
    r->p = 0.5;
    if (r->aggregation != GATE_QUANTILE || n != 1)
        return 0;
    double percent = 0;
    if (**p != '(')
        return err_set(e, "p needs the percentile in parentheses: p(95)");
    *p = blanks(*p + 1);
    if (number(p, &percent, e) != 0)
        return -1;
    *p = blanks(*p);
    if (**p != ')')
        return err_set(e, "the closing ) is missing after p(%g", percent);
    if (percent < 0 || percent > 100)
        return err_set(e, "p(%g) is not a percentile; use 0 to 100", percent);
    r->p = percent / 100;
    *p = blanks(*p + 1);
    return 0;
}

static int operator(const char **p, struct gate_rule *r, struct err *e) {
    static const struct {
        const char *text;
        enum gate_op op;
    } ops[] = {/* the longer ones first */
               {"===", GATE_EQ}, {"==", GATE_EQ}, {"!=", GATE_NE}, {"<=", GATE_LE},
               {">=", GATE_GE},  {"<", GATE_LT},  {">", GATE_GT}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (strncmp(*p, ops[i].text, strlen(ops[i].text)) == 0) {
            r->op = ops[i].op;
            *p = blanks(*p + strlen(ops[i].text));
            return 0;
        }
    }
    return err_set(e, "one of > >= < <= == === != is missing at " SHOWN, *p);
}

static int duration_word(const char **p, const char *word, int64_t *ns, struct err *e) {
    char text[64];
    size_t n = strcspn(*p, " \t");
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), *p);
    if (n == 0)
        return err_set(e, "%s needs a duration like 10s", word);
    if (units_duration(text, ns, e) != 0)
        return err_prefix(e, "%s", word);
    *p += n;
    return 0;
}

static int stage_word(const char **p, struct gate_rule *r, struct err *e) {
    char *end = NULL;
    errno = 0;
    unsigned long stage = **p >= '0' && **p <= '9' ? strtoul(*p, &end, 10) : 0;
    if (stage == 0 || stage > 10000 || errno != 0)
        return err_set(e, "stage needs a number from 1");
    r->stage = (uint32_t)stage;
    *p = end;
    return 0;
}

static int twice(bool given, const char *word, struct err *e) {
    return given ? err_set(e, "\"%s\" is given twice", word) : 0;
}

static int word(const char **p, struct gate_rule *r, struct err *e) {
    static const char *const words[] = {"over", "from", "stage", "abortOnFail", "delayAbortEval"};
    size_t n = word_length(*p), i = 0;
    int64_t ns = 0;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), *p);
    while (i < 5 && strcmp(words[i], text) != 0)
        i++;
    if (i == 5) {
        const char *nearest = text_nearest(text, words, 5);
        if (nearest != NULL)
            return err_set(e, "unknown word \"%s\"; did you mean \"%s\"?", text, nearest);
        return err_set(
            e,
            "unexpected " SHOWN
            " after the number; times are milliseconds without a unit, rates go from 0 to 1, and "
            "only over, from, stage, abortOnFail and delayAbortEval can follow",
            *p);
    }
    *p = blanks(*p + n);
    switch (i) {
    case 0:
        return twice(r->over_ns != 0, text, e) != 0 || duration_word(p, text, &ns, e) != 0
                   ? -1
                   : gate_set_over(r, ns, e);
    case 1:
        return twice(r->from_ns != 0, text, e) != 0 ? -1 : duration_word(p, text, &r->from_ns, e);
    case 2:
        return twice(r->stage != 0, text, e) != 0 ? -1 : stage_word(p, r, e);
    case 3:
        r->abort_on_fail = true;
        return 0;
    default:
        return twice(r->delay_ns != 0, text, e) != 0 ? -1 : duration_word(p, text, &r->delay_ns, e);
    }
}

int gate_set_over(struct gate_rule *r, int64_t ns, struct err *e) {
    if (ns <= 0 || ns > GATE_OVER_MAX_NS || ns % 1000000000 != 0)
        return err_set(e, "over: windows are whole seconds, from 1s to 10m");
    r->over_ns = ns;
    return 0;
}

int gate_check_words(const struct gate_rule *r, struct err *e) {
    const struct gate_metric_def *m = &gate_metrics[r->metric];
    if (r->delay_ns != 0 && !r->abort_on_fail)
        return err_set(
            e, "delayAbortEval needs abortOnFail; add abortOnFail or remove delayAbortEval");
    if (r->abort_on_fail && m->source == GATE_FROM_SERVER)
        return err_set(e,
                       "abortOnFail cannot use %s, which is known only after an import; remove it",
                       m->name);
    return 0;
}

static int condition(const char *p, struct gate_rule *r, struct err *e) {
    p = blanks(p);
    if (aggregation(&p, r, e) != 0 || operator(&p, r, e) != 0 || number(&p, &r->limit, e) != 0)
        return -1;
    if (*p != '\0' && *blanks(p) == *p)
        return err_set(e,
                       "unexpected " SHOWN
                       " after the number; times are milliseconds without a unit (500, not 500ms), "
                       "rates go from 0 to 1 (0.01, not 1%%)",
                       p);
    for (p = blanks(p); *p != '\0'; p = blanks(p))
        if (word(&p, r, e) != 0)
            return -1;
    return 0;
}

int gate_parse_metric(const char *text, struct gate_rule *r, struct err *e) {
    const char *p = text;
    if (metric(&p, r, e) != 0)
        return -1;
    p = blanks(p);
    return *p == '\0' ? 0 : err_set(e, "unexpected " SHOWN " after the metric", p);
}

int gate_parse_condition(const char *text, struct gate_rule *r, struct err *e) {
    return condition(text, r, e) != 0 ? -1 : gate_check_words(r, e);
}

void gate_rule_done(struct gate_rule *r) {
    free(r->name);
    free(r->method);
    free(r->request);
    free(r->place);
    *r = (struct gate_rule){0};
}

int gate_parse(const char *text, struct gate_rule *r, struct err *e) {
    const char *p = text;
    *r = (struct gate_rule){0};
    if (metric(&p, r, e) == 0 && gate_parse_condition(p, r, e) == 0)
        return 0;
    gate_rule_done(r);
    return -1;
}
