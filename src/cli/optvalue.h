/*
 * optvalue: checks one option's text and converts it, by the type, range and choices in its table
 * row.
 *
 * It does not use argv or the environment. Thread: any.
 */
#ifndef CLI_OPTVALUE_H
#define CLI_OPTVALUE_H

#include "cli/command.h"
#include "util/err.h"

struct opt_value {
    bool flag;
    int64_t integer;
    double number;
    int64_t duration_ns;
    uint64_t size_bytes;
};

/* The error quotes the text and says what was expected, without the option's name. A flag (in
 * the environment) is 1, true, yes, on or 0, false, no, off. */
int optvalue_parse(const struct opt_def *d, const char *text, struct opt_value *v, struct err *e);

#define OPTVALUE_EXPECTED_BYTES 256

/* Describes the allowed values: "a whole number from 1 to 65535", "one of a|b". "" if the
 * option's help text says it already. */
void optvalue_expected(const struct opt_def *d, char out[OPTVALUE_EXPECTED_BYTES]);

#endif
