#include "util/repr.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits without point and trailing zeros, and the power of ten of the first one. 15 digits of a
 * decimal survive the way through a double, so a number that has no more is found at the first try;
 * 17 tell any two doubles apart. Those below DBL_MIN hold fewer. */
static int digits_of(double value, char digits[24]) {
    char text[32];
    for (int precision = value < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    size_t n = 0;
    const char *p = text;
    for (; *p != 'e'; p++)
        if (*p != '.')
            digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    return (int)strtol(p + 1, NULL, 10);
}

void repr_text(double value, char out[REPR_BYTES]) {
    char digits[24];
    if (!isfinite(value)) {
        snprintf(out, REPR_BYTES, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    const char *sign = signbit(value) ? "-" : "";
    int power = digits_of(fabs(value), digits), n = (int)strlen(digits);
    if (power < -4 || power >= 16)
        snprintf(out, REPR_BYTES, "%s%c%s%.17se%+03d", sign, digits[0], n > 1 ? "." : "",
                 digits + 1, power);
    else if (power < 0)
        snprintf(out, REPR_BYTES, "%s0.%.*s%.18s", sign, -power - 1, "000", digits);
    else if (n <= power + 1)
        snprintf(out, REPR_BYTES, "%s%s%.*s.0", sign, digits, power + 1 - n, "0000000000000000");
    else
        snprintf(out, REPR_BYTES, "%s%.*s.%s", sign, power + 1, digits, digits + power + 1);
}
