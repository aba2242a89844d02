#include "cli/optvalue.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/units.h"

#define SHOWN "\"%.200s\"" /* how a wrong value is quoted in an error */

void optvalue_expected(const struct opt_def *d, char out[OPTVALUE_EXPECTED_BYTES]) {
    const size_t n = OPTVALUE_EXPECTED_BYTES;
    bool whole = d->type == OPT_INTEGER;
    const char *kind = whole ? "a whole number" : "a number";
    char low[32], high[32];
    snprintf(low, sizeof low, whole ? "%.0f" : "%.15g", d->min);
    snprintf(high, sizeof high, whole ? "%.0f" : "%.15g", d->max);
    if (d->type == OPT_CHOICE)
        snprintf(out, n, "one of %s", d->choices);
    else if (d->type != OPT_INTEGER && d->type != OPT_NUMBER)
        snprintf(out, n, "%s", "");
    else if (d->max > 0 || d->min < 0)
        snprintf(out, n, "%s from %s to %s", kind, low, high);
    else
        snprintf(out, n, "%s of %s or more", kind, low);
}

static int unexpected(const struct opt_def *d, const char *text, struct err *e) {
    char expected[OPTVALUE_EXPECTED_BYTES];
    optvalue_expected(d, expected);
    return err_set(e, SHOWN " is not %s", text, expected);
}

/* As a double, 2^53+1 would be 2^53. */
static bool below_max(const struct opt_def *d, long long value) {
    return d->max <= 0 || d->max >= 0x1p63 || value <= (long long)d->max;
}

static bool in_range(const struct opt_def *d, double value) {
    return value >= d->min && (value <= d->max || (d->max == 0 && d->min >= 0));
}

static int parse_integer(const struct opt_def *d, const char *text, int64_t *out, struct err *e) {
    const char *digits = *text == '-' ? text + 1 : text;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || errno != 0 ||
        !in_range(d, (double)value) || !below_max(d, value))
        return unexpected(d, text, e);
    *out = value;
    return 0;
}

static int parse_number(const struct opt_def *d, const char *text, double *out, struct err *e) {
    char *end = NULL;
    double value = strtod(text, &end);
    /* strtod also reads "0x1f", "inf", "nan" and leading blanks, which nobody means here. */
    if (text[strspn(text, "0123456789+-.eE")] != '\0' || end == text || *end != '\0' ||
        !isfinite(value) || !in_range(d, value))
        return unexpected(d, text, e);
    *out = value;
    return 0;
}

static int parse_flag(const char *text, bool *out, struct err *e) {
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i % 2 == 1;
            return 0;
        }
    }
    return err_set(e, SHOWN " is neither 1, true, yes, on nor 0, false, no, off", text);
}

static int parse_choice(const struct opt_def *d, const char *text, struct err *e) {
    enum { MAX_CHOICES = 32 };
    char words[512];
    const char *names[MAX_CHOICES];
    size_t count = 0;
    snprintf(words, sizeof words, "%s", d->choices);
    char *rest = NULL;
    for (char *word = strtok_r(words, "|", &rest); word != NULL && count < MAX_CHOICES;
         word = strtok_r(NULL, "|", &rest)) {
        if (strcmp(word, text) == 0)
            return 0;
        names[count++] = word;
    }
    const char *nearest = text_nearest(text, names, count);
    if (nearest != NULL)
        return err_set(e, SHOWN " is not one of %s; did you mean %s?", text, d->choices, nearest);
    return unexpected(d, text, e);
}

int optvalue_parse(const struct opt_def *d, const char *text, struct opt_value *v, struct err *e) {
    switch (d->type) {
    case OPT_FLAG:
        return parse_flag(text, &v->flag, e);
    case OPT_TEXT:
        return 0;
    case OPT_FILE:
        return *text != '\0' ? 0 : err_set(e, "the file's name is empty");
    case OPT_INTEGER:
        return parse_integer(d, text, &v->integer, e);
    case OPT_NUMBER:
        return parse_number(d, text, &v->number, e);
    case OPT_DURATION:
        return units_duration(text, &v->duration_ns, e);
    case OPT_SIZE:
        return units_size(text, &v->size_bytes, e);
    case OPT_CHOICE:
        return parse_choice(d, text, e);
    }
    return err_set(e, "an option of unknown type");
}
