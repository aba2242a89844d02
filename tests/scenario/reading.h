/* reading: one part of a scenario, read by its own function without the rest of a scenario around
 * it. */
#ifndef TESTS_SCENARIO_READING_H
#define TESTS_SCENARIO_READING_H

#include "scenario/helpers.h"

#include "scenario/loader.h"
#include "util/json.h"

struct reading {
    struct json_doc *doc;
    struct scenario scenario; /* for its secrets and files */
    struct err e;
    struct loader r;
};

static inline void reading_init(struct reading *x, const char *text) {
    *x = (struct reading){0};
    if (json_parse("s.json", text, strlen(text), &x->doc, &x->e) != 0)
        fail_msg("%s\n%s", text, x->e.text);
    x->r = (struct loader){
        .doc = x->doc, .folder = test_folder(), .env = test_env, .s = &x->scenario, .e = &x->e};
}

static inline void reading_done(struct reading *x) {
    for (size_t i = 0; i < x->scenario.secret_count; i++)
        free(x->scenario.secrets[i]);
    for (size_t i = 0; i < x->scenario.env_count; i++)
        free(x->scenario.env_names[i]);
    for (size_t i = 0; i < x->scenario.file_count; i++)
        free(x->scenario.files[i].path);
    free(x->scenario.files);
    free(x->scenario.secrets);
    free(x->scenario.env_names);
    json_free(x->doc);
}

#endif
