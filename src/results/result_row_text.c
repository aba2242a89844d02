#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import/import_fields.h"
#include "results/result_row.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/url.h"

#define NUMBER_BYTES 64
#define MS_MAX (366.0 * 86400 * 1000)
#define YEAR_9999_US 253402300799e6

bool result_number(struct bytes text, double *out) {
    char copy[NUMBER_BYTES], *end;
    if (text.len == 0 || text.len >= sizeof copy || *text.data < '0' || *text.data > '9')
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out) && strpbrk(copy, "xX") == NULL;
}

bool result_count(struct bytes text, uint64_t *out) {
    double n;
    if (!result_number(text, &n) || n > 9e15 || n != floor(n))
        return false;
    *out = (uint64_t)n;
    return true;
}

uint64_t result_bytes(struct bytes text, uint64_t max) {
    uint64_t n;
    return result_count(text, &n) && n <= max ? n : 0;
}

bool result_ms(struct bytes text, int64_t *us) {
    double ms;
    if (!result_number(text, &ms) || ms > MS_MAX)
        return false;
    *us = (int64_t)llround(ms * 1000);
    return true;
}

/* 1e11 seconds are in the year 5138, and as many milliseconds in 1973: so there is one unit for
 * each size of number. */
static double us_per_unit(double number) {
    return number < 1e11 ? 1e6 : number < 1e14 ? 1e3 : number < 1e17 ? 1 : 1e-3;
}

/* Whole numbers keep every digit, which nanoseconds do not have in a double. */
static bool whole(struct bytes text, int64_t *us) {
    int64_t n = 0;
    if (text.len == 0 || text.len > 18)
        return text.len == 19 && whole((struct bytes){text.data, 16}, us);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        n = n * 10 + (text.data[i] - '0');
    }
    double unit = us_per_unit((double)n);
    *us = unit >= 1 ? n * (int64_t)unit : n / 1000;
    return true;
}

bool result_time(struct bytes text, int64_t *us) {
    char copy[NUMBER_BYTES];
    double number;
    if (whole(text, us))
        return *us >= 0 && (double)*us < YEAR_9999_US;
    if (result_number(text, &number)) {
        number *= us_per_unit(number);
        *us = (int64_t)llround(number);
        return number < YEAR_9999_US;
    }
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return import_time_text(copy, us);
}

static bool has(struct bytes text, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.len; i++)
        if (strncasecmp(text.data + i, word, n) == 0)
            return true;
    return false;
}

enum outcome result_outcome(struct bytes error) {
    /* In this order: a "dial tcp: lookup x: no such host" is of the look-up. */
    static const struct {
        const char *word;
        enum outcome outcome;
    } words[] = {
        {"no such host", OUTCOME_DNS_ERROR},
        {"UnknownHost", OUTCOME_DNS_ERROR},
        {"name resolution", OUTCOME_DNS_ERROR},
        {"Name or service", OUTCOME_DNS_ERROR},
        {"dns", OUTCOME_DNS_ERROR},
        {"lookup ", OUTCOME_DNS_ERROR},
        {"x509", OUTCOME_TLS_ERROR},
        {"certificate", OUTCOME_TLS_ERROR},
        {"tls", OUTCOME_TLS_ERROR},
        {"ssl", OUTCOME_TLS_ERROR},
        {"ConnectTimeout", OUTCOME_CONNECT_ERROR},
        {"HttpHostConnect", OUTCOME_CONNECT_ERROR},
        {"refused", OUTCOME_CONNECT_ERROR},
        {"unreachable", OUTCOME_CONNECT_ERROR},
        {"dial", OUTCOME_CONNECT_ERROR},
        {"connect_error", OUTCOME_CONNECT_ERROR},
        {"ConnectException", OUTCOME_CONNECT_ERROR},
        {"deadline exceeded", OUTCOME_TIMEOUT},
        {"timeout", OUTCOME_TIMEOUT},
        {"timed out", OUTCOME_TIMEOUT},
        {"reset", OUTCOME_RESET},
        {"EOF", OUTCOME_RESET},
        {"NoHttpResponse", OUTCOME_RESET},
        {"RemoteDisconnected", OUTCOME_RESET},
        {"SocketException", OUTCOME_RESET},
        {"aborted", OUTCOME_RESET},
        {"closed", OUTCOME_RESET},
        {"broken pipe", OUTCOME_RESET},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (has(error, words[i].word))
            return words[i].outcome;
    return OUTCOME_PROTOCOL_ERROR;
}

struct bytes result_name(struct bytes text) {
    struct url u;
    if (!url_split(text.data, text.len, &u) || *u.scheme == '\0')
        return text;
    const char *end = u.path_bytes == 0 ? NULL : memchr(u.path, '?', u.path_bytes);
    size_t n = end == NULL ? u.path_bytes : (size_t)(end - u.path);
    return n == 0 ? (struct bytes){"/", 1} : (struct bytes){u.path, n};
}

void result_judge(struct result_row *row, int status, bool good, struct bytes said) {
    row->status = status;
    row->error = good ? (struct bytes){"", 0} : said;
    if (good)
        row->outcome = OUTCOME_OK;
    else if (status >= 400)
        row->outcome = OUTCOME_HTTP_ERROR;
    else
        row->outcome = status > 0 ? OUTCOME_CHECK_FAILED : result_outcome(said);
    if (row->outcome == OUTCOME_HTTP_ERROR)
        row->error = (struct bytes){"", 0}; /* the status says it */
    else if (row->outcome != OUTCOME_OK && row->error.len == 0)
        row->error = (struct bytes){"the results do not say why", 26};
}
