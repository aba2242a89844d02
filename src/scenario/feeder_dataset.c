/* Data sets of prompts in JSON Lines: what each line must have, and their common columns. */
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"
#include "scenario/jsonscan.h"
#include "scenario/trace_value.h"
#include "util/fits.h"
#include "util/json.h"
#include "util/text.h"

#define NAMES_SHOWN 8 /* of the keys of a file, in an error */
#define NAMES_BYTES 1024

uint64_t feeder_count_words(struct bytes text) {
    uint64_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        bool space = strchr(" \t\r\n\v\f", text.data[i]) != NULL && text.data[i] != '\0';
        n += !space && !inside;
        inside = !space;
    }
    return n;
}

/* ---- messages ---- */

bool feeder_json_find(struct jsonscan *s, const char *p, const char *name, struct bytes *out) {
    struct jsonscan_children c;
    struct bytes key, wanted = {name, strlen(name)};
    const char *value, *end;
    if (!jsonscan_open(s, p, &c) || !c.object)
        return false;
    while (jsonscan_next(s, &c, &key, &value) == 1) {
        if ((end = jsonscan_skip(s, value)) == NULL)
            return false;
        c.p = end;
        c.pending = false;
        if (jsonscan_compare(key, wanted) == 0) {
            *out = (struct bytes){value, (size_t)(end - value)};
            return true;
        }
    }
    return false;
}

bool feeder_json_is(struct bytes v, const char *text) {
    struct bytes wanted = {text, strlen(text)};
    return v.len >= 2 && v.data[0] == '"' &&
           jsonscan_compare((struct bytes){v.data + 1, v.len - 2}, wanted) == 0;
}

void feeder_json_text(struct buf *out, struct bytes raw) {
    char *to = buf_room(out, raw.len);
    if (to == NULL)
        return;
    out->len -= raw.len - jsonscan_decode((struct bytes){raw.data + 1, raw.len - 2}, to);
    out->data[out->len] = '\0';
}

/* Appends the text of a "content": a string, or the texts of a list of parts. */
static void add_content(struct jsonscan *s, struct bytes content, struct buf *out) {
    struct jsonscan_children c;
    struct bytes key, text;
    const char *value, *end;
    if (content.data[0] == '"') {
        feeder_json_text(out, content);
        return;
    }
    if (!jsonscan_open(s, content.data, &c) || c.object)
        return;
    while (jsonscan_next(s, &c, &key, &value) == 1 && (end = jsonscan_skip(s, value)) != NULL) {
        c.p = end;
        c.pending = false;
        if (feeder_json_find(s, value, "text", &text) && text.data[0] == '"')
            feeder_json_text(out, text);
    }
}

/* Looks at each message; *prompt becomes the content of the last one of the user. NULL, or what is
 * wrong. */
static const char *messages_check(struct bytes list, struct bytes *prompt) {
    struct jsonscan s;
    struct jsonscan_children c;
    struct bytes key, role, content;
    const char *value, *end;
    size_t count = 0;
    *prompt = (struct bytes){NULL, 0};
    if (list.len == 0)
        return "\"messages\" is missing";
    jsonscan_init(&s, list, UINT64_MAX);
    if (!jsonscan_open(&s, list.data, &c) || c.object)
        return "\"messages\" must be a list of {\"role\", \"content\"}";
    int more;
    while ((more = jsonscan_next(&s, &c, &key, &value)) == 1 &&
           (end = jsonscan_skip(&s, value)) != NULL) {
        c.p = end;
        c.pending = false;
        count++;
        if (!feeder_json_find(&s, value, "role", &role) || role.data[0] != '"')
            return "a message has no \"role\"";
        if (feeder_json_is(role, "user") && feeder_json_find(&s, value, "content", &content))
            *prompt = content;
    }
    /* A string that holds a list is one, too, and nobody has looked into it before. */
    if (more != 0 || jsonscan_space(&s, c.p) != s.end)
        return "\"messages\" is not JSON";
    return count == 0 ? "\"messages\" is empty" : NULL;
}

/* ---- each kind ---- */

static int look_messages(void *context, const struct feeder_row *row, struct err *e) {
    const struct feeder *f = context;
    struct bytes prompt;
    const char *wrong = messages_check(feeder_field(f, row, FEEDER_MESSAGES_LIST), &prompt);
    uint32_t n;
    struct bytes output = feeder_field(f, row, FEEDER_OUTPUT);
    if (wrong != NULL)
        return err_set(e, "%s", wrong);
    wrong = output.len == 0 ? NULL : trace_count(output, &n);
    return wrong == NULL ? 0
                         : err_set(e, "\"%s\" %s", feeder_column(f, f->role[FEEDER_OUTPUT]), wrong);
}

static int look_custom(void *context, const struct feeder_row *row, struct err *e) {
    const struct feeder *f = context;
    uint32_t n;
    struct bytes output = feeder_field(f, row, FEEDER_OUTPUT);
    if (feeder_field(f, row, FEEDER_PROMPT).len == 0)
        return err_set(e, "\"prompt\" is missing or empty");
    const char *wrong = output.len == 0 ? NULL : trace_count(output, &n);
    return wrong == NULL ? 0 : err_set(e, "\"output_tokens\" %s", wrong);
}

static int look_mooncake(void *context, const struct feeder_row *row, struct err *e) {
    const struct feeder *f = context;
    static const enum feeder_role roles[] = {FEEDER_INPUT, FEEDER_OUTPUT};
    struct bytes ids = feeder_field(f, row, FEEDER_HASHES);
    uint32_t n;
    for (size_t i = 0; i < 2; i++) {
        const char *wrong = trace_count(feeder_field(f, row, roles[i]), &n);
        if (wrong != NULL)
            return err_set(e, "\"%s\" %s", i == 0 ? "input_length" : "output_length", wrong);
    }
    return ids.len == 0 || ids.data[0] == '[' ? 0 : err_set(e, "\"hash_ids\" must be a list");
}

/* The number of words of the text in row->made from `from` on, behind it. */
static void add_words(const struct feeder *f, struct feeder_row *row, struct bytes prompt,
                      size_t from) {
    size_t at = row->made.len;
    buf_uint(&row->made,
             feeder_count_words(prompt.data != NULL
                                    ? prompt
                                    : (struct bytes){buf_text(&row->made) + from, at - from}));
    feeder_put(f, row, FEEDER_WORDS, (struct bytes){buf_text(&row->made) + at, row->made.len - at});
}

static int make_messages(const struct feeder *f, struct feeder_row *row,
                         const struct feeder_turn *turn, struct err *e) {
    struct bytes list = feeder_field(f, row, FEEDER_MESSAGES_LIST), prompt;
    struct jsonscan s;
    (void)turn;
    jsonscan_init(&s, list, UINT64_MAX);
    if (messages_check(list, &prompt) != NULL)
        return err_set(e, "a row of %s has changed", f->path);
    if (prompt.data != NULL)
        add_content(&s, prompt, &row->made);
    size_t end = row->made.len;
    add_words(f, row, (struct bytes){NULL, 0}, 0);
    feeder_put(f, row, FEEDER_PROMPT, (struct bytes){buf_text(&row->made), end});
    struct bytes output = feeder_field(f, row, FEEDER_OUTPUT);
    feeder_put(f, row, FEEDER_OUTPUT_TOKENS, output.data == NULL ? (struct bytes){"", 0} : output);
    return buf_fits(&row->made, e, "remove it", "what a row of %s makes", f->path);
}

static int make_custom(const struct feeder *f, struct feeder_row *row,
                       const struct feeder_turn *turn, struct err *e) {
    struct bytes prompt = feeder_field(f, row, FEEDER_PROMPT);
    (void)turn;
    buf_str(&row->made, "[{\"role\":\"user\",\"content\":\"");
    json_escape(&row->made, prompt.data, prompt.len);
    buf_str(&row->made, "\"}]");
    size_t end = row->made.len;
    add_words(f, row, prompt, 0);
    feeder_put(f, row, FEEDER_MESSAGES_LIST, (struct bytes){buf_text(&row->made), end});
    return buf_fits(&row->made, e, "remove it", "what a row of %s makes", f->path);
}

static void role_find(struct feeder *f, enum feeder_role role, const char *name) {
    if (f->role[role] == FEEDER_NO_COLUMN)
        feeder_find_column(f, name, strlen(name), &f->role[role]);
}

static int messages_open(struct feeder *f, struct err *e) {
    role_find(f, FEEDER_MESSAGES_LIST, "messages");
    role_find(f, FEEDER_OUTPUT, "max_completion_tokens");
    role_find(f, FEEDER_OUTPUT, "max_tokens");
    role_find(f, FEEDER_OUTPUT, "output_length");
    f->make = make_messages;
    if (feeder_column_make(f, FEEDER_PROMPT, "prompt", e) != 0 ||
        feeder_column_make(f, FEEDER_WORDS, "words", e) != 0)
        return -1;
    if (f->role[FEEDER_OUTPUT] != FEEDER_NO_COLUMN &&
        feeder_column_make(f, FEEDER_OUTPUT_TOKENS, "output_tokens", e) != 0)
        return -1;
    return feeder_each(f, look_messages, f, e);
}

/* Names the keys that the lines have instead. */
static int no_prompt(const struct feeder *f, struct err *e) {
    struct buf names;
    buf_init(&names, NAMES_BYTES);
    for (size_t i = 0; i < f->base_count && i < NAMES_SHOWN; i++)
        buf_printf(&names, "%s\"%.60s\"", i > 0 ? ", " : "", f->columns[i]);
    err_set(e,
            "%s: no line has the key \"prompt\"; the keys are %s%s; rename the one that has the "
            "prompt",
            f->path, buf_text(&names), f->base_count > NAMES_SHOWN ? ", ..." : "");
    buf_done(&names);
    return -1;
}

static int custom_open(struct feeder *f, struct err *e) {
    role_find(f, FEEDER_PROMPT, "prompt");
    role_find(f, FEEDER_OUTPUT, "output_tokens");
    if (f->role[FEEDER_PROMPT] == FEEDER_NO_COLUMN)
        return no_prompt(f, e);
    f->make = make_custom;
    if (feeder_column_make(f, FEEDER_MESSAGES_LIST, "messages", e) != 0 ||
        feeder_column_make(f, FEEDER_WORDS, "words", e) != 0)
        return -1;
    return feeder_each(f, look_custom, f, e);
}

static int mooncake_open(struct feeder *f, struct err *e) {
    struct feeder_prompts own = {.source = f};
    role_find(f, FEEDER_INPUT, "input_length");
    role_find(f, FEEDER_OUTPUT, "output_length");
    role_find(f, FEEDER_HASHES, "hash_ids");
    if (feeder_prompts_open(f, &own, e) != 0)
        return -1;
    return feeder_each(f, look_mooncake, f, e);
}

int feeder_dataset_open(struct feeder *f, struct err *e) {
    if (f->kind == FEEDER_MESSAGES)
        return messages_open(f, e);
    return f->kind == FEEDER_CUSTOM ? custom_open(f, e) : mooncake_open(f, e);
}
