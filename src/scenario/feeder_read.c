/* A member of a scenario's "feeders". */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder.h"
#include "scenario/feeder_prompts.h"

static const char *const mode_texts[] = {"sequential", "random", "shuffle", "unique", "once"};

static int mode_read(struct loader *r, const struct json *v, enum feeder_mode *out) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    for (size_t i = 0; i < sizeof mode_texts / sizeof *mode_texts; i++)
        if (strcmp(v->text, mode_texts[i]) == 0) {
            *out = (enum feeder_mode)i;
            return 0;
        }
    return loader_fail(r, v->at,
                       "\"mode\" must be \"sequential\", \"random\", \"shuffle\", \"unique\" or "
                       "\"once\"");
}

static int ends_read(struct loader *r, const struct json *v, enum feeder_mode mode, bool *out) {
    *out = mode == FEEDER_ONCE;
    if (v == NULL)
        return 0;
    if (mode != FEEDER_ONCE && mode != FEEDER_UNIQUE)
        return loader_fail(r, v->key_at,
                           "\"ends\" applies only to the modes \"once\" and \"unique\"; a feeder "
                           "in mode \"%s\" never ends",
                           mode_texts[mode]);
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    *out = strcmp(v->text, "run") == 0;
    if (!*out && strcmp(v->text, "user") != 0)
        return loader_fail(r, v->at,
                           "\"ends\" must be \"user\" or \"run\": what ends when no row is left");
    return 0;
}

static int delimiter_read(struct loader *r, const struct json *v, enum feeder_kind kind,
                          char *out) {
    if (v == NULL)
        return 0;
    if (kind != FEEDER_CSV)
        return loader_fail(r, v->key_at, "\"delimiter\" applies only to \"csv\"; remove it");
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    /* A letter or digit would be found in the fields, and a quote has its own meaning. */
    if (v->len != 1 || strchr("\"\r\n", v->text[0]) != NULL || (unsigned char)v->text[0] >= 0x7f ||
        ((unsigned char)v->text[0] < ' ' && v->text[0] != '\t') ||
        isalnum((unsigned char)v->text[0]))
        return loader_fail(r, v->at,
                           "\"delimiter\" must be one character between the fields, like \",\", "
                           "\";\", \"\\t\" or \"|\"");
    *out = v->text[0];
    return 0;
}

/* By enum feeder_kind. */
static const char *const kind_texts[] = {"csv",    "jsonl",    "files",    "messages",
                                         "custom", "mooncake", "sharegpt", "prompts"};
#define KINDS (sizeof kind_texts / sizeof *kind_texts)

/* Which key says where the rows come from. */
static int kind_read(struct loader *r, const struct json *v, const struct json **source,
                     enum feeder_kind *out) {
    *source = NULL;
    for (size_t i = 0; i < KINDS; i++) {
        const struct json *found = json_get(v, kind_texts[i]);
        if (found == NULL)
            continue;
        if (*source != NULL)
            return loader_fail(r, found->key_at,
                               "\"%s\" cannot be combined with \"%s\"; remove one of them",
                               found->key, (*source)->key);
        *source = found;
        *out = (enum feeder_kind)i;
    }
    if (*source != NULL)
        return 0;
    return loader_fail(r, v->at,
                       "the source of the rows is missing here; write \"csv\": FILE, "
                       "\"jsonl\": FILE or \"files\": FOLDER, a data set (\"sharegpt\", "
                       "\"messages\", \"custom\" or \"mooncake\": FILE), or \"prompts\": {...}");
}

/* Prompts are made as long as someone asks. */
static int prompts_read(struct loader *r, const struct json *v, const struct json *source,
                        const struct feeder *trace, struct feeder_prompts *out) {
    static const char *const others[] = {"mode", "ends"};
    for (size_t i = 0; i < 2; i++)
        if (json_get(v, others[i]) != NULL)
            return loader_fail(r, json_get(v, others[i])->key_at,
                               "\"%s\" does not apply to \"prompts\", which are made for each "
                               "task and never end; remove it",
                               others[i]);
    return feeder_prompts_read(r, source, trace, out);
}

int feeder_remember(struct loader *r, const struct json *at, const struct feeder *f, char *path) {
    char sha256[SHA256_HEX_BYTES];
    struct err e;
    if (path == NULL || feeder_sha256(f, sha256, &e) == 0)
        return path == NULL ? 0 : loader_remember(r, path, sha256);
    free(path);
    return loader_fail(r, at->at, "%s", e.text);
}

int feeder_read(struct loader *r, const struct json *v, const struct feeder *trace,
                struct feeder **out) {
    const struct json *file = NULL;
    struct feeder_source from = {.kind = FEEDER_CSV, .mode = FEEDER_SEQUENTIAL};
    struct feeder_prompts prompts;
    char *path = NULL;
    struct err e;
    if (loader_section(r, v, SECTION_FEEDER) != 0 || kind_read(r, v, &file, &from.kind) != 0 ||
        mode_read(r, json_get(v, "mode"), &from.mode) != 0 ||
        ends_read(r, json_get(v, "ends"), from.mode, &from.ends_run) != 0 ||
        delimiter_read(r, json_get(v, "delimiter"), from.kind, &from.delimiter) != 0)
        return -1;
    if (from.kind == FEEDER_PROMPTS) {
        from.prompts = &prompts;
        if (prompts_read(r, v, file, trace, &prompts) != 0)
            return -1;
    } else {
        if (loader_path(r, file, &path) != 0)
            return -1;
        assert(path != NULL);
    }
    from.path = path;
    struct feeder *f = NULL;
    if (feeder_open(v->key, &from, &f, &e) != 0) {
        free(path);
        return loader_fail(r, file->at, "%s", e.text);
    }
    if (feeder_remember(r, file, f, path) != 0) {
        feeder_free(f);
        return -1;
    }
    *out = f;
    return 0;
}
