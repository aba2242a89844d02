#include "util/json_write.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "util/repr.h"
#include "util/text.h"

#define ESCAPED_BYTES 6 /* "\u0000" */
#define CJSON_SPARE                                                                                \
    8 /* cJSON wants room beyond what it writes (cJSON_PrintPreallocated in cJSON.h) */

void json_write_init(struct json_writer *w, struct buf *out, const char *indent) {
    bool tabs = indent != NULL && indent[0] == '\t'; /* then as cJSON_Print() */
    *w = (struct json_writer){.out = out,
                              .indent = indent == NULL ? "" : indent,
                              .comma = indent == NULL ? "," : ", ",
                              .colon = indent == NULL ? ":"
                                       : tabs         ? ":\t"
                                                      : ": "};
}

static void line(struct json_writer *w) {
    buf_char(w->out, '\n');
    for (int i = 0; i < w->depth; i++)
        buf_str(w->out, w->indent);
}

/* Writes valid UTF-8 without a NUL as a JSON string. */
static void quoted(struct buf *out, char *text, size_t n) {
    cJSON item = {.type = cJSON_String, .valuestring = text};
    size_t room = ESCAPED_BYTES * n + CJSON_SPARE, before = out->len;
    char *to = n < (INT_MAX - CJSON_SPARE) / ESCAPED_BYTES ? buf_room(out, room) : NULL;
    if (to == NULL || !cJSON_PrintPreallocated(&item, to, (int)room, false)) {
        out->failed = true;
        return;
    }
    out->len = before + strlen(to);
}

static void code_unit(struct buf *out, uint32_t unit) {
    buf_printf(out, "\\u%04x", (unsigned)unit);
}

/* Appends a string as cJSON wrote it, in the writer's characters. */
static void recoded(struct json_writer *w, const char *text, size_t n) {
    for (size_t i = 0, len; i < n; i += len) {
        uint32_t c = 0;
        len = text_point(text + i, n - i, &c);
        if (c >= 0x7f && c < 0x10000 && !w->utf8)
            code_unit(w->out, c);
        else if (c >= 0x10000 && !w->utf8) {
            code_unit(w->out, 0xd800 + ((c - 0x10000) >> 10));
            code_unit(w->out, 0xdc00 + ((c - 0x10000) & 0x3ff));
        } else
            buf_add(w->out, text + i, len);
    }
}

/* Nothing in it needs an escape, in any writer. */
static bool is_plain(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\')
            return false;
    return true;
}

static void string(struct json_writer *w, const char *text, size_t n) {
    struct buf valid, written;
    if (is_plain(text, n)) {
        buf_char(w->out, '"');
        buf_add(w->out, text, n);
        buf_char(w->out, '"');
        return;
    }
    buf_init(&valid, SIZE_MAX / 2);
    buf_init(&written, SIZE_MAX / 2);
    for (size_t i = 0; i < n; i++) {
        size_t run = strnlen(text + i, n - i);
        text_repair(&valid, text + i, run);
        i += run;
        if (i < n)
            buf_str(&valid, "\xef\xbf\xbd"); /* for a NUL */
    }
    buf_add(&valid, "", 0);
    if (buf_ok(&valid))
        quoted(&written, valid.data, valid.len);
    if (!buf_ok(&valid) || !buf_ok(&written))
        w->out->failed = true;
    else
        recoded(w, written.data, written.len);
    buf_done(&valid);
    buf_done(&written);
}

void json_write_key(struct json_writer *w, const char *key) {
    if (w->depth > 0) {
        bool lines = w->open[w->depth - 1].lines || w->new_line;
        if (w->open[w->depth - 1].any)
            buf_str(w->out, lines ? "," : w->comma);
        if (lines)
            line(w);
        w->open[w->depth - 1].any = true;
        w->new_line = false;
    }
    if (key == NULL)
        return;
    string(w, key, strlen(key));
    buf_str(w->out, w->colon);
}

static void begin(struct json_writer *w, const char *key, enum json_layout layout,
                  const char *brackets) {
    assert(w->depth < JSON_WRITE_DEPTH_MAX);
    json_write_key(w, key);
    buf_char(w->out, brackets[0]);
    w->open[w->depth].close = brackets[1];
    w->open[w->depth].lines = layout == JSON_LINES;
    w->open[w->depth++].any = false;
}

void json_write_object(struct json_writer *w, const char *key, enum json_layout layout) {
    begin(w, key, layout, "{}");
}

void json_write_array(struct json_writer *w, const char *key, enum json_layout layout) {
    begin(w, key, layout, "[]");
}

void json_write_end(struct json_writer *w) {
    assert(w->depth > 0);
    w->depth--;
    if (w->open[w->depth].lines)
        line(w);
    buf_char(w->out, w->open[w->depth].close);
}

void json_write_new_line(struct json_writer *w) {
    w->new_line = true;
}

void json_write_text(struct json_writer *w, const char *key, const char *text) {
    if (text == NULL)
        json_write_null(w, key);
    else
        json_write_bytes(w, key, text, strlen(text));
}

void json_write_bytes(struct json_writer *w, const char *key, const char *text, size_t n) {
    json_write_key(w, key);
    string(w, text, n);
}

void json_write_int(struct json_writer *w, const char *key, int64_t value) {
    json_write_key(w, key);
    buf_printf(w->out, "%" PRId64, value);
}

void json_write_uint(struct json_writer *w, const char *key, uint64_t value) {
    json_write_key(w, key);
    buf_printf(w->out, "%" PRIu64, value);
}

void json_write_number(struct json_writer *w, const char *key, double value) {
    json_write_key(w, key);
    if (isfinite(value))
        text_number(w->out, value);
    else
        buf_str(w->out, "null");
}

void json_write_exact(struct json_writer *w, const char *key, double value) {
    char text[REPR_BYTES];
    json_write_key(w, key);
    repr_text(value, text);
    size_t n = strlen(text);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0)
        text[n - 2] = '\0';
    buf_str(w->out, isfinite(value) ? text : "null");
}

void json_write_pair(struct json_writer *w, const char *key, double low, double high) {
    if (!isfinite(low) && !isfinite(high)) {
        json_write_null(w, key);
        return;
    }
    json_write_array(w, key, JSON_LINE);
    json_write_number(w, NULL, low);
    json_write_number(w, NULL, high);
    json_write_end(w);
}

void json_write_bool(struct json_writer *w, const char *key, bool value) {
    json_write_key(w, key);
    buf_str(w->out, value ? "true" : "false");
}

void json_write_null(struct json_writer *w, const char *key) {
    json_write_key(w, key);
    buf_str(w->out, "null");
}
