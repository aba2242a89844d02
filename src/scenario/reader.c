#include "scenario/reader.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/text.h"
#include "util/units.h"

int reader_fail(struct reader *r, size_t at, const char *format, ...) {
    char text[sizeof r->e->text];
    struct buf masked;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_init(&masked, sizeof text * 4);
    scenario_mask(r->s, text, &masked);
    json_fail(r->doc, at, r->e, "%s", buf_ok(&masked) ? buf_text(&masked) : "out of memory");
    buf_done(&masked);
    return -1;
}

int reader_memory(struct reader *r) {
    return reader_fail(r, 0, "out of memory");
}

/* `"weight"` for a member, "this" for an element of an array. */
static const char *label(const struct json *v, char out[80]) {
    if (v->key == NULL)
        return "this";
    snprintf(out, 80, "\"%.70s\"", v->key);
    return out;
}

int reader_kind(struct reader *r, const struct json *v, enum json_kind kind) {
    char name[80];
    if (v->kind == kind)
        return 0;
    return reader_fail(r, v->at, "%s must be %s, not %s", label(v, name), json_kind_text(kind),
                       json_kind_text(v->kind));
}

static int unknown_key(struct reader *r, const struct json *m, enum scenario_section section) {
    const char *names[64] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < scenario_key_count; i++)
        if (scenario_keys[i].section == section && scenario_keys[i].later == NULL &&
            n < sizeof names / sizeof *names)
            names[n++] = scenario_keys[i].name;
    const char *nearest = text_nearest(m->key, names, n);
    if (nearest != NULL)
        return reader_fail(r, m->key_at, "unknown key \"%s\" in %s; did you mean \"%s\"?", m->key,
                           scenario_section_text(section), nearest);
    struct buf known;
    buf_init(&known, 1024);
    for (size_t i = 0; i < scenario_key_count; i++)
        if (scenario_keys[i].section == section && scenario_keys[i].later == NULL)
            buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", scenario_keys[i].name);
    reader_fail(r, m->key_at, "unknown key \"%s\" in %s; known are: %s", m->key,
                scenario_section_text(section), buf_text(&known));
    buf_done(&known);
    return -1;
}

int reader_section(struct reader *r, const struct json *v, enum scenario_section section) {
    if (reader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        const struct scenario_key *known = NULL;
        for (size_t i = 0; i < scenario_key_count && known == NULL; i++)
            if (scenario_keys[i].section == section &&
                strlen(scenario_keys[i].name) == m->key_len &&
                memcmp(scenario_keys[i].name, m->key, m->key_len) == 0)
                known = &scenario_keys[i];
        if (known == NULL)
            return unknown_key(r, m, section);
        if (known->later != NULL)
            return reader_fail(r, m->key_at,
                               "this version does not support \"%s\" in %s (%s); remove it", m->key,
                               scenario_section_text(section), known->later);
    }
    return 0;
}

int reader_bool(struct reader *r, const struct json *v, bool *out) {
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_BOOL) != 0)
        return -1;
    *out = v->boolean;
    return 0;
}

int reader_duration(struct reader *r, const struct json *v, int64_t *ns) {
    struct err e;
    char name[80];
    double seconds;
    int result;
    if (v == NULL)
        return 0;
    if (v->kind == JSON_NUMBER && !json_double(v, &seconds))
        return reader_fail(r, v->at, "%s is too large a number", label(v, name));
    if (v->kind == JSON_NUMBER)
        result = units_duration_seconds(seconds, ns, &e);
    else if (v->kind == JSON_STRING && !json_has_nul(v->text, v->len))
        result = units_duration(v->text, ns, &e);
    else
        return reader_fail(r, v->at,
                           "%s must be a duration like \"250ms\" or a number of seconds, not %s",
                           label(v, name), json_kind_text(v->kind));
    if (result != 0)
        return reader_fail(r, v->at, "%s: %s", label(v, name), e.text);
    return 0;
}

int reader_integer(struct reader *r, const struct json *v, int64_t min, int64_t max,
                   uint32_t *out) {
    char name[80];
    int64_t n;
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    if (!json_int64(v, &n) || n < min || n > max)
        return reader_fail(r, v->at, "%s must be a whole number from %lld to %lld, not %.*s",
                           label(v, name), (long long)min, (long long)max,
                           v->len > 40 ? 40 : (int)v->len, v->text);
    *out = (uint32_t)n;
    return 0;
}

int reader_rate(struct reader *r, const struct json *v, int64_t min, int64_t *micro_rate) {
    char name[80];
    double rate;
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_NUMBER) != 0)
        return -1;
    bool good = json_double(v, &rate) && rate >= 0 && rate <= LOAD_RATE_MAX;
    int64_t micro = good ? llround(rate * LOAD_MICRO) : -1;
    /* What is too small to be counted must not become "never" unasked. */
    if (micro < min || (micro == 0 && rate > 0))
        return reader_fail(r, v->at, "%s must be %sfrom 0.000001 to %d each second, not %.*s",
                           label(v, name), min == 0 ? "0 or " : "", LOAD_RATE_MAX,
                           v->len > 40 ? 40 : (int)v->len, v->text);
    *micro_rate = micro;
    return 0;
}

int reader_name(struct reader *r, const struct json *v, char **out) {
    char name[80];
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    if (v->len == 0)
        return reader_fail(r, v->at, "%s is empty; remove it or write a name", label(v, name));
    if (v->len > 1024)
        return reader_fail(r, v->at, "%s is longer than 1024 bytes", label(v, name));
    if (json_has_nul(v->text, v->len))
        return reader_fail(r, v->at, "%s cannot hold \\u0000", label(v, name));
    if (strstr(v->text, "${") != NULL)
        return reader_fail(r, v->at,
                           "%s is stored and shown, so it cannot hold ${...}; write plain text",
                           label(v, name));
    char *copy = strdup(v->text);
    if (copy == NULL)
        return reader_memory(r);
    *out = copy;
    return 0;
}

int reader_take(struct reader *r, size_t at, struct buf *b, char **out) {
    size_t max = b->max;
    char *data = buf_take(b);
    if (data == NULL)
        return reader_fail(
            r, at, "longer than %zu bytes, the most that is sent, or than memory allows", max);
    *out = data;
    return 0;
}

int reader_text(struct reader *r, const struct json *v, enum place place, char **out,
                bool *used_env) {
    char name[80];
    struct buf b;
    if (v == NULL)
        return 0;
    if (reader_kind(r, v, JSON_STRING) != 0)
        return -1;
    buf_init(&b, READER_TEXT_MAX);
    if (reader_expand(r, v->text, v->len, v->at, place, &b, used_env) != 0)
        buf_done(&b);
    else if (json_has_nul(buf_text(&b), b.len)) {
        buf_done(&b);
        reader_fail(r, v->at, "%s cannot hold \\u0000", label(v, name));
    } else
        return reader_take(r, v->at, &b, out);
    return -1;
}

int reader_path(struct reader *r, const struct json *v, char **out) {
    char *text = NULL, name[80];
    if (v == NULL)
        return 0;
    if (reader_text(r, v, PLACE_PLAIN, &text, NULL) != 0)
        return -1;
    assert(text != NULL);
    if (text[0] == '\0') {
        free(text);
        return reader_fail(r, v->at, "%s is empty; write the path of a file", label(v, name));
    }
    struct buf b;
    buf_init(&b, READER_TEXT_MAX);
    if (text[0] != '/' && r->folder != NULL && r->folder[0] != '\0')
        buf_printf(&b, "%s/", r->folder);
    buf_str(&b, text);
    free(text);
    return reader_take(r, v->at, &b, out);
}

/* Takes the path over; kept without the scenario's folder. */
static int remember_file(struct reader *r, char *path, const char *bytes, size_t n) {
    struct scenario *s = r->s;
    size_t folder = r->folder == NULL ? 0 : strlen(r->folder);
    if (folder > 0 && strncmp(path, r->folder, folder) == 0 && path[folder] == '/')
        memmove(path, path + folder + 1, strlen(path + folder));
    struct scenario_file *files = realloc(s->files, (s->file_count + 1) * sizeof *files);
    if (files == NULL) {
        free(path);
        return reader_memory(r);
    }
    s->files = files;
    s->files[s->file_count] = (struct scenario_file){.path = path};
    sha256_hex(bytes, n, s->files[s->file_count++].sha256);
    return 0;
}

int reader_file(struct reader *r, const struct json *v, struct buf *out) {
    char *path = NULL;
    size_t before = out->len;
    struct err e;
    struct stat st;
    if (reader_path(r, v, &path) != 0)
        return -1;
    assert(path != NULL);
    int result = 0;
    /* Anything but a plain file (a pipe, a device) could block or never end. */
    if (stat(path, &st) != 0)
        result = reader_fail(r, v->at,
                             "cannot open %s: %s; relative paths start at the scenario's folder",
                             path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        result = reader_fail(r, v->at, "%s is not a file", path);
    else if (file_read(path, out, &e) != 0)
        result = reader_fail(r, v->at, "%s", e.text);
    else
        return remember_file(r, path, buf_text(out) + before, out->len - before);
    free(path);
    return result;
}

long reader_control(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return (long)i;
    return -1;
}
