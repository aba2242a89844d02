#include "stream/extract.h"

#include <string.h>

#include "stream/extract_internal.h"

static const struct jsonwalk_field error_fields[] = {
    {"message", EXTRACT_SLOT_ERROR_MESSAGE, NULL},
};
const struct jsonwalk_table extract_error_table = {error_fields,
                                                   sizeof error_fields / sizeof *error_fields};

void extract_text(struct extract *x, enum extract_kind kind, struct bytes raw) {
    if (raw.len == 0)
        return;
    x->any[kind] = true;
    x->texts++;
    x->text = raw;
    x->kind = kind;
    joined_add_json(&x->joined[kind], raw);
}

/* A text that is no JSON string. */
static void add_bare(struct extract *x, enum extract_kind kind, struct bytes text) {
    x->any[kind] = true;
    x->texts++;
    x->text = (struct bytes){NULL, 0};
    x->kind = kind;
    joined_add(&x->joined[kind], text);
}

/* A value that should be a string: arguments of tools are objects with some servers. */
static void add_value(struct extract *x, enum extract_kind kind, enum jsonwalk_kind value,
                      struct bytes raw) {
    if (value == JSONWALK_STRING)
        extract_text(x, kind, raw);
    else if (value != JSONWALK_NULL)
        add_bare(x, kind, raw);
}

void extract_finish(struct extract *x, struct bytes word) {
    static const struct {
        const char *word;
        enum stream_finish finish;
    } words[] = {
        {"stop", STREAM_FINISH_STOP},
        {"eos_token", STREAM_FINISH_STOP},
        {"stop_sequence", STREAM_FINISH_STOP},
        {"end_turn", STREAM_FINISH_STOP},
        {"length", STREAM_FINISH_LENGTH},
        {"max_tokens", STREAM_FINISH_LENGTH},
        {"max_output_tokens", STREAM_FINISH_LENGTH},
        {"model_context_window_exceeded", STREAM_FINISH_LENGTH},
        {"tool_calls", STREAM_FINISH_TOOL_CALLS},
        {"tool_use", STREAM_FINISH_TOOL_CALLS},
        {"function_call", STREAM_FINISH_TOOL_CALLS},
        {"content_filter", STREAM_FINISH_CONTENT_FILTER},
        {"refusal", STREAM_FINISH_CONTENT_FILTER},
        {"error", STREAM_FINISH_ERROR},
        {"abort", STREAM_FINISH_ERROR},
    };
    if (word.len == 0) /* as some servers say that there is none yet */
        return;
    x->finish = STREAM_FINISH_OTHER;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_is(word, words[i].word))
            x->finish = words[i].finish;
    if (x->finish == STREAM_FINISH_ERROR) {
        x->failed = true;
        if (x->error.data == NULL)
            x->error = (struct bytes){"the finish reason is an error", 29};
    }
}

void extract_failed(struct extract_walk *w, struct bytes raw) {
    struct bytes message = w->string[EXTRACT_SLOT_ERROR_MESSAGE];
    if (message.len == 0)
        message = w->string[EXTRACT_SLOT_MESSAGE];
    w->x->failed = true;
    w->x->error_json = message.len > 0;
    w->x->error = message.len > 0 ? message : raw;
}

int64_t extract_count(const struct extract_walk *w, enum extract_slot slot) {
    return w->count[slot - EXTRACT_STRINGS];
}

static void take_error(struct extract_walk *w, enum jsonwalk_kind kind, struct bytes raw) {
    if (kind == JSONWALK_STRING && raw.len > 0) {
        w->string[EXTRACT_SLOT_ERROR_MESSAGE] = raw;
        extract_failed(w, raw);
    } else if (kind == JSONWALK_OBJECT)
        extract_failed(w, raw);
}

/* The end of an object with several names for one text. A server that changes a name sends both for
 * a while. */
static void take_group(struct extract_walk *w) {
    struct bytes reasoning = w->string[EXTRACT_SLOT_REASONING_CONTENT];
    if (reasoning.len == 0)
        reasoning = w->string[EXTRACT_SLOT_REASONING_ALIAS];
    extract_text(w->x, EXTRACT_REASONING, reasoning);
    extract_text(w->x, EXTRACT_TEXT, w->string[EXTRACT_SLOT_CONTENT]);
    if (!w->special)
        extract_text(w->x, EXTRACT_TEXT, w->string[EXTRACT_SLOT_TOKEN_TEXT]);
    for (size_t i = EXTRACT_SLOT_CONTENT; i <= EXTRACT_SLOT_TOKEN_TEXT; i++)
        w->string[i] = (struct bytes){NULL, 0};
    w->special = false;
}

static void take_now(struct extract_walk *w, enum extract_slot slot, enum jsonwalk_kind kind,
                     struct bytes raw) {
    bool string = kind == JSONWALK_STRING, yes = kind == JSONWALK_BOOL && *raw.data == 't';
    if (slot == EXTRACT_SLOT_TEXT && string)
        extract_text(w->x, EXTRACT_TEXT, raw);
    else if (slot == EXTRACT_SLOT_REASONING && string)
        extract_text(w->x, EXTRACT_REASONING, raw);
    else if (slot == EXTRACT_SLOT_TOOLS)
        add_value(w->x, EXTRACT_TOOLS, kind, raw);
    else if (slot == EXTRACT_SLOT_GROUP)
        take_group(w);
    else if (slot == EXTRACT_SLOT_SPECIAL)
        w->special = yes;
    else if (slot == EXTRACT_SLOT_FINISH && string)
        extract_finish(w->x, raw);
    else if (slot == EXTRACT_SLOT_DONE)
        w->x->done = yes;
    else if (slot == EXTRACT_SLOT_WHOLE_TEXT)
        w->x->done = string;
    else if (slot == EXTRACT_SLOT_ITEM_TYPE && string)
        w->calls_tool |= bytes_is(raw, "function_call") || bytes_is(raw, "custom_tool_call");
    else if (slot == EXTRACT_SLOT_ERROR)
        take_error(w, kind, raw);
}

static void take(void *context, int slot, enum jsonwalk_kind kind, struct bytes raw) {
    struct extract_walk *w = context;
    if (slot < EXTRACT_STRINGS) {
        if (kind == JSONWALK_STRING)
            w->string[slot] = raw;
    } else if (slot < EXTRACT_COUNTED) {
        int64_t n = kind == JSONWALK_NUMBER ? jsonwalk_count(raw) : -1;
        if (n >= 0)
            w->count[slot - EXTRACT_STRINGS] = n;
    } else
        take_now(w, (enum extract_slot)slot, kind, raw);
}

bool extract_walk(struct extract_walk *w, struct extract *x, const struct jsonwalk_table *table,
                  struct bytes data, struct bytes type) {
    *w = (struct extract_walk){.x = x};
    for (size_t i = 0; i < sizeof w->count / sizeof *w->count; i++)
        w->count[i] = -1;
    if (!jsonwalk(data, table, take, w))
        return false;
    x->usage = (struct extract_usage){.output = extract_count(w, EXTRACT_SLOT_OUTPUT),
                                      .prompt = extract_count(w, EXTRACT_SLOT_PROMPT),
                                      .cached = extract_count(w, EXTRACT_SLOT_CACHED),
                                      .reasoning = extract_count(w, EXTRACT_SLOT_REASONING_COUNT)};
    if (w->string[EXTRACT_SLOT_TYPE].data == NULL)
        w->string[EXTRACT_SLOT_TYPE] = type;
    if (bytes_is(type, "error") && !x->failed)
        extract_failed(w, data);
    return true;
}

/* ---- Any format whose events have their text in one place ---- */

bool extract_plain(struct extract *x, struct bytes data, struct bytes type) {
    struct jsonwalk_value found, error;
    if (x->pointer == NULL) {
        if (data.len == 0 || bytes_is(type, "error"))
            return true;
        add_bare(x, EXTRACT_TEXT, data);
        return true;
    }
    if (!jsonwalk_find(data, x->pointer, &found, &error))
        return false;
    if (found.raw.data != NULL)
        add_value(x, EXTRACT_TEXT, found.kind, found.raw);
    struct extract_walk w = {.x = x};
    if (error.kind == JSONWALK_OBJECT)
        (void)jsonwalk(error.raw, &extract_error_table, take, &w);
    take_error(&w, error.kind, error.raw);
    return true;
}
