/* convert: any bytes are refused, or become a scenario that the loader takes. */
#ifndef TESTS_FUZZ_CONVERT_H
#define TESTS_FUZZ_CONVERT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/convert.h"
#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Good as a host, a port and a text. */
static const char *any_value(const char *name, void *context) {
    (void)name;
    (void)context;
    return "1";
}

/* Files that a source names are not there, or folders, and addresses of proxies are the source's
 * own. */
static bool is_the_worlds(const char *error) {
    static const char *const texts[] = {
        "No such file",   "cannot open",     "\"proxy\"",
        "\"resolve\"",    "\"unix_socket\"", "write it like \"example.com",
        "Is a directory", "is not a file",   "File name"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(error, texts[i]) != NULL)
            return true;
    return false;
}

/* A host of which a part is a variable may be one with other values, and no other address is taken
 * for one of these. */
static bool is_a_host_of_the_source(const char *error, const char *scenario) {
    return (strstr(scenario, "${env.") != NULL || strstr(scenario, "\"resolve\": [") != NULL ||
            strstr(scenario, "\"proxy\": ") != NULL) &&
           (strstr(error, "host") != NULL || strstr(error, "port") != NULL ||
            strstr(error, "address") != NULL);
}

/* Of the limits of JSON only the number of values is left to the last check. */
static bool is_missed(const char *error) {
    static const char begin[] = "input: cannot create a scenario from it";
    return strncmp(error, begin, sizeof begin - 1) == 0 &&
           strstr(error, "values in one file") == NULL;
}

static int fuzz_convert(enum convert_from from, const uint8_t *data, size_t size) {
    struct convert_result r = {0};
    struct scenario *s = NULL;
    struct err e = {""};
    struct convert_options o = {.from = from, .file_stem = "stem"};
    if (size > 65536)
        return 0;
    char *text = malloc(size + 1); /* of just this size, so that the sanitiser sees its end */
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    int result = convert_text(&o, "input", text, size, &r, &e);
    free(text);
    if (result != 0) {
        if (e.text[0] == '\0' || is_missed(e.text)) {
            fprintf(stderr, "%s\n", e.text);
            abort();
        }
        return 0;
    }
    if (strlen(r.scenario) != r.bytes || strchr(r.scenario, '\033') != NULL)
        abort();
    if (scenario_parse("made", "/nonexistent", r.scenario, r.bytes, any_value, NULL, &s, &e) != 0 &&
        !is_the_worlds(e.text) && !is_a_host_of_the_source(e.text, r.scenario)) {
        fprintf(stderr, "%s\n%s\n", e.text, r.scenario);
        abort();
    }
    scenario_free(s);
    convert_done(&r);
    return 0;
}

#endif
