#include "import/import_prometheus.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define NUMBER_BYTES 64 /* a double's shortest text has 24 */

/* What "# TYPE" says. */
enum family_type { UNTYPED, COUNTER, GAUGE, HISTOGRAM, SUMMARY };

struct part {
    const char *at;
    size_t n;
};

struct label {
    struct part name, value; /* the value as it is between its quotes */
};

struct prometheus {
    import_prometheus_fn *fn;
    void *context;
    struct import_prometheus_result *out;
    enum family_type type; /* of the family that the last "# TYPE" is about */
    char family[IMPORT_PROMETHEUS_NAME_BYTES];
    bool stop;
    /* Of the line that is being read. */
    const char *p, *end;
    char metric[IMPORT_PROMETHEUS_NAME_BYTES];
    char labels[IMPORT_PROMETHEUS_LABELS_BYTES];
};

static bool is_first(char c) {
    return isalpha((unsigned char)c) || c == '_' || c == ':';
}

static bool is_name(char c) {
    return is_first(c) || isdigit((unsigned char)c);
}

static void skip_blanks(struct prometheus *t) {
    while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
        t->p++;
}

static bool take_char(struct prometheus *t, char c) {
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

/* Up to a blank. */
static struct part word(struct prometheus *t) {
    skip_blanks(t);
    struct part w = {t->p, 0};
    while (t->p < t->end && *t->p != ' ' && *t->p != '\t')
        t->p++;
    w.n = (size_t)(t->p - w.at);
    return w;
}

static bool is(struct part p, const char *text) {
    return p.n == strlen(text) && memcmp(p.at, text, p.n) == 0;
}

static bool take_name(struct prometheus *t, struct part *out) {
    out->at = t->p;
    if (t->p == t->end || !is_first(*t->p))
        return false;
    while (t->p < t->end && is_name(*t->p))
        t->p++;
    out->n = (size_t)(t->p - out->at);
    return true;
}

/* What is between two quotes; the escapes of the format are \\, \" and \n. */
static bool take_quoted(struct prometheus *t, struct part *out, struct err *e) {
    if (!take_char(t, '"'))
        return false;
    out->at = t->p;
    for (; t->p < t->end && *t->p != '"'; t->p++)
        if (*t->p == '\\' && t->p + 1 < t->end)
            t->p++;
    out->n = (size_t)(t->p - out->at);
    if (!take_char(t, '"')) {
        err_set(e, "a quote does not end");
        return false;
    }
    return true;
}

static int by_name(const void *a, const void *b) {
    const struct label *x = a, *y = b;
    size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
    int order = memcmp(x->name.at, y->name.at, n);
    return order != 0 ? order : (x->name.n > y->name.n) - (x->name.n < y->name.n);
}

/* A name that only quotes allow keeps them, so that the labels can be read again. */
static const char *quote_of(struct part name) {
    for (size_t i = 0; i < name.n; i++)
        if (i == 0 ? !is_first(name.at[0]) : !is_name(name.at[i]))
            return "\"";
    return "";
}

static int write_labels(struct prometheus *t, struct label *labels, size_t n, struct err *e) {
    size_t used = 0;
    if (n > 1)
        qsort(labels, n, sizeof *labels, by_name);
    for (size_t i = 0; i < n; i++) {
        const struct label *l = &labels[i];
        const char *quote = quote_of(l->name);
        if (i > 0 && by_name(&labels[i - 1], l) == 0)
            return err_set(e, "two labels have the same name");
        if (used + l->name.n + l->value.n + 7 > sizeof t->labels)
            return err_set(e, "its labels have more than %d bytes",
                           IMPORT_PROMETHEUS_LABELS_BYTES - 1);
        used += (size_t)snprintf(t->labels + used, sizeof t->labels - used, "%s%s%.*s%s=\"%.*s\"",
                                 i == 0 ? "" : ",", quote, (int)l->name.n, l->name.at, quote,
                                 (int)l->value.n, l->value.at);
    }
    t->labels[used] = '\0';
    return 0;
}

/* One NAME="VALUE" in braces, or the metric's name in quotes. */
static int take_label(struct prometheus *t, struct label *out, struct part *metric, bool *is_metric,
                      struct err *e) {
    struct err quote = {""};
    bool quoted = t->p < t->end && *t->p == '"';
    if (!(quoted ? take_quoted(t, &out->name, &quote) : take_name(t, &out->name)))
        return err_set(e, "%s", quote.text[0] != '\0' ? quote.text : "a label has no name");
    skip_blanks(t);
    *is_metric = quoted && metric->n == 0 && (t->p == t->end || *t->p != '=');
    if (*is_metric) {
        *metric = out->name;
        return 0;
    }
    if (out->name.n == 0)
        return err_set(e, "a label has no name");
    if (!take_char(t, '='))
        return err_set(e, "a label has no value");
    skip_blanks(t);
    if (!take_quoted(t, &out->value, &quote))
        return err_set(e, "%s",
                       quote.text[0] != '\0' ? quote.text : "the value of a label has no quotes");
    return 0;
}

/* What is in braces, behind the opening one. */
static int take_labels(struct prometheus *t, struct part *metric, struct err *e) {
    struct label labels[IMPORT_PROMETHEUS_LABELS_MAX];
    size_t n = 0;
    for (;;) {
        bool is_metric;
        skip_blanks(t);
        if (take_char(t, '}'))
            return write_labels(t, labels, n, e);
        if (n == IMPORT_PROMETHEUS_LABELS_MAX)
            return err_set(e, "it has more than %d labels", IMPORT_PROMETHEUS_LABELS_MAX);
        if (take_label(t, &labels[n], metric, &is_metric, e) != 0)
            return -1;
        n += !is_metric;
        skip_blanks(t);
        if (!take_char(t, ',') && (t->p == t->end || *t->p != '}'))
            return err_set(e, "its labels do not end with }");
    }
}

/* A decimal number, NaN or an infinity. */
static bool read_number(struct part w, double *out) {
    char text[NUMBER_BYTES], *end;
    if (w.n == 0 || w.n >= sizeof text)
        return false;
    memcpy(text, w.at, w.n);
    text[w.n] = '\0';
    /* strtod() also reads hexadecimal numbers and NaN(…), which nobody writes. */
    if (strpbrk(text, "xXpP(") != NULL || isspace((unsigned char)text[0]))
        return false;
    *out = strtod(text, &end);
    return end == text + w.n;
}

static bool ends_with(const char *metric, const char *family, const char *suffix) {
    size_t n = strlen(family);
    return strncmp(metric, family, n) == 0 && strcmp(metric + n, suffix) == 0;
}

static bool is_cumulative(const struct prometheus *t) {
    switch (t->type) {
    case COUNTER: /* OpenMetrics names the family without _total */
        return strcmp(t->metric, t->family) == 0 || ends_with(t->metric, t->family, "_total");
    case HISTOGRAM:
        if (ends_with(t->metric, t->family, "_bucket"))
            return true;
        return ends_with(t->metric, t->family, "_sum") || ends_with(t->metric, t->family, "_count");
    case SUMMARY: /* its quantiles are of the moment */
        return ends_with(t->metric, t->family, "_sum") || ends_with(t->metric, t->family, "_count");
    case UNTYPED:
    case GAUGE:
        break;
    }
    return false;
}

static int read_sample(struct prometheus *t, struct err *e) {
    struct part metric = {t->p, 0};
    struct import_prometheus_sample s = {.metric = t->metric, .labels = t->labels};
    t->labels[0] = '\0';
    if (*t->p != '{' && !take_name(t, &metric))
        return err_set(e, "it begins with no name of a metric");
    skip_blanks(t);
    if (take_char(t, '{') && take_labels(t, &metric, e) != 0)
        return -1;
    if (metric.n == 0)
        return err_set(e, "it has no name of a metric");
    if (metric.n >= sizeof t->metric)
        return err_set(e, "its name has more than %d bytes", IMPORT_PROMETHEUS_NAME_BYTES - 1);
    memcpy(t->metric, metric.at, metric.n);
    t->metric[metric.n] = '\0';
    if (!read_number(word(t), &s.value))
        return err_set(e, "its value is not a number");
    struct part stamp = word(t);
    double ignored;
    if (stamp.n > 0 && !is(stamp, "#") && !read_number(stamp, &ignored))
        return err_set(e, "there is more behind its value than a time stamp");
    s.cumulative = is_cumulative(t);
    t->out->samples++;
    t->fn(t->context, &s, &t->stop);
    return 0;
}

/* "# TYPE NAME TYPE" is the only comment that means something to us, and OpenMetrics' "# EOF". */
static void read_comment(struct prometheus *t) {
    static const struct {
        const char *word;
        enum family_type type;
    } types[] = {
        {"counter", COUNTER}, {"gauge", GAUGE}, {"histogram", HISTOGRAM}, {"summary", SUMMARY}};
    t->p++;
    struct part kind = word(t);
    if (is(kind, "EOF"))
        t->stop = true;
    if (!is(kind, "TYPE"))
        return;
    struct part name = word(t), type = word(t);
    if (name.n > 1 && name.at[0] == '"' && name.at[name.n - 1] == '"') {
        name.at++;
        name.n -= 2;
    }
    if (name.n >= sizeof t->family)
        return;
    memcpy(t->family, name.at, name.n);
    t->family[name.n] = '\0';
    t->type = UNTYPED;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(type, types[i].word))
            t->type = types[i].type;
}

static int read_line(struct prometheus *t, struct err *e) {
    skip_blanks(t);
    if (t->p == t->end)
        return 0;
    if (memchr(t->p, '\0', (size_t)(t->end - t->p)) != NULL ||
        !text_is_utf8(t->p, (size_t)(t->end - t->p)))
        return err_set(e, "it is no text");
    if (*t->p != '#')
        return read_sample(t, e);
    read_comment(t);
    return 0;
}

void import_prometheus_read(const char *text, size_t n, import_prometheus_fn *fn, void *context,
                            struct import_prometheus_result *out) {
    struct prometheus t = {.fn = fn, .context = context, .out = out};
    *out = (struct import_prometheus_result){0};
    const char *all = text + n;
    uint64_t line = 1;
    for (const char *p = text; p < all && !t.stop; line++) {
        const char *end = memchr(p, '\n', (size_t)(all - p));
        struct err e = {""};
        t.p = p;
        t.end = end == NULL ? all : end;
        p = end == NULL ? all : end + 1;
        if (t.end > t.p && t.end[-1] == '\r')
            t.end--;
        if (read_line(&t, &e) == 0)
            continue;
        if (out->bad++ == 0)
            err_set(&out->complaint, "line %llu: %s", (unsigned long long)line, e.text);
    }
}
