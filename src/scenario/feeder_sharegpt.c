/* ShareGPT: conversations in one JSON array, or one a line. The file may be far larger than
 * memory, so entries are found by their brackets, and each is read on its own. */
#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"
#include "scenario/jsonscan.h"
#include "util/fits.h"

#define CHUNK_BYTES 65536

/* ---- where the entries are ---- */

struct scan {
    struct feeder *f;
    struct err *e;
    struct buf entry;  /* the one that is open */
    uint64_t line, at; /* where the scan is, and where the entry began */
    uint64_t entry_line;
    uint32_t depth;
    bool text, escape; /* inside a string, and behind a backslash in it */
    bool array, over;  /* entries are in an array; it has ended */
    bool comma;        /* an entry may follow */
    bool any;          /* the first byte that matters was seen */
};

static int bad(const struct scan *s, uint64_t line, const char *what) {
    return err_set(s->e, "%s:%llu: %s", s->f->path, (unsigned long long)line, what);
}

/* The first turn of the human that is answered. */
struct turns {
    struct bytes prompt, answer;
    const char *last_human; /* begins there; NULL: none */
};

static bool is_human(struct bytes from) {
    return feeder_json_is(from, "human") || feeder_json_is(from, "user");
}

static bool is_answer(struct bytes from) {
    static const char *const names[] = {"gpt", "assistant", "chatgpt", "bing", "bard", "model"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (feeder_json_is(from, names[i]))
            return true;
    return false;
}

/* The next turn of a list; 0 where there are no more or the list is broken. A turn without what it
 * needs has NULL data. */
static int turn_next(struct jsonscan *s, struct jsonscan_children *c, const char **at,
                     struct bytes *from, struct bytes *value) {
    struct bytes key;
    const char *end;
    if (jsonscan_next(s, c, &key, at) != 1 || (end = jsonscan_skip(s, *at)) == NULL)
        return 0;
    c->p = end;
    c->pending = false;
    *from = *value = (struct bytes){NULL, 0};
    if (!feeder_json_find(s, *at, "from", from) || from->data[0] != '"' ||
        !feeder_json_find(s, *at, "value", value) || value->data[0] != '"')
        *from = *value = (struct bytes){NULL, 0};
    return 1;
}

/* False where the entry has no prompt that is answered. */
static bool turns_find(struct jsonscan *s, struct bytes entry, struct bytes *list,
                       struct turns *out) {
    struct jsonscan_children c;
    struct bytes from, value, human = {NULL, 0};
    const char *at;
    *out = (struct turns){0};
    if (!feeder_json_find(s, jsonscan_space(s, entry.data), "conversations", list) ||
        !jsonscan_open(s, list->data, &c) || c.object)
        return false;
    while (turn_next(s, &c, &at, &from, &value)) {
        bool is = from.data != NULL && is_human(from) && value.len > 2;
        if (is)
            out->last_human = at;
        if (out->prompt.data == NULL && human.data != NULL && from.data != NULL &&
            is_answer(from)) {
            out->prompt = human;
            out->answer = value;
        }
        human = is ? value : (struct bytes){NULL, 0};
    }
    return out->prompt.data != NULL;
}

static int entry_end(struct scan *s) {
    struct jsonscan scan;
    struct turns turns;
    struct bytes text = {buf_text(&s->entry), s->entry.len}, list;
    const char *end;
    if (!buf_ok(&s->entry))
        return bad(s, s->entry_line, "an entry is longer than 16 MiB");
    jsonscan_init(&scan, text, UINT64_MAX);
    end = jsonscan_skip(&scan, text.data);
    if (end != scan.end)
        return bad(s, s->entry_line, end == NULL ? scan.wrong : "text after an entry");
    if (turns_find(&scan, text, &list, &turns))
        return feeder_row_add(s->f, s->at, s->e);
    s->f->skipped++;
    return 0;
}

/* A byte between entries. */
static int outside(struct scan *s, char c, uint64_t at) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
        return 0;
    if (c == '[' && !s->any) {
        s->any = s->array = s->comma = true;
        return 0;
    }
    if (c == '{' && !s->over && (s->comma || !s->array)) {
        s->any = true;
        s->comma = false;
        s->at = at;
        s->entry_line = s->line;
        s->depth = 1;
        buf_clear(&s->entry);
        buf_char(&s->entry, c);
        return 0;
    }
    if (c == ',' && s->array && !s->comma && !s->over) {
        s->comma = true;
        return 0;
    }
    if (c == ']' && s->array && !s->over) {
        s->over = true;
        return 0;
    }
    return bad(s, s->line,
               "expected conversations: an array of objects, [{...}, ...], or an object in each "
               "line");
}

/* A byte inside an entry. */
static int inside(struct scan *s, char c) {
    buf_char(&s->entry, c);
    if (s->escape)
        s->escape = false;
    else if (s->text) {
        s->escape = c == '\\';
        s->text = c != '"';
    } else if (c == '"')
        s->text = true;
    else if (c == '{' || c == '[')
        s->depth++;
    else if ((c == '}' || c == ']') && --s->depth == 0)
        return entry_end(s);
    return buf_ok(&s->entry) ? 0 : bad(s, s->entry_line, "an entry is longer than 16 MiB");
}

static int chunk(struct scan *s, const char *bytes, size_t n, uint64_t offset) {
    for (size_t i = 0; i < n; i++) {
        if ((s->depth == 0 ? outside(s, bytes[i], offset + i) : inside(s, bytes[i])) != 0)
            return -1;
        s->line += bytes[i] == '\n';
    }
    return 0;
}

static int scan_file(struct scan *s, char *bytes) {
    for (uint64_t offset = 0;;) {
        long n = feeder_bytes(s->f, offset, bytes, CHUNK_BYTES, s->e);
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        size_t mark = offset == 0 && n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (chunk(s, bytes + mark, (size_t)n - mark, offset + mark) != 0)
            return -1;
        offset += (uint64_t)n;
    }
    if (s->depth > 0)
        return bad(s, s->entry_line, "this entry does not end");
    return s->array && !s->over ? bad(s, s->line, "the array does not end with ]") : 0;
}

/* ---- a row ---- */

/* Everything up to the last turn of the human. */
static void add_messages(struct jsonscan *s, struct bytes list, const char *last, struct buf *out) {
    struct jsonscan_children c;
    struct bytes from, value;
    const char *at;
    bool first = true;
    buf_char(out, '[');
    if (jsonscan_open(s, list.data, &c))
        while (turn_next(s, &c, &at, &from, &value) && at <= last) {
            if (from.data == NULL)
                continue;
            const char *role = is_human(from) ? "user" : is_answer(from) ? "assistant" : "system";
            buf_printf(out, "%s{\"role\":\"%s\",\"content\":", first ? "" : ",", role);
            buf_add(out, value.data, value.len); /* a JSON string already */
            buf_char(out, '}');
            first = false;
        }
    buf_char(out, ']');
}

int feeder_sharegpt_fields(const struct feeder *f, struct feeder_row *row, struct err *e) {
    (void)f;
    (void)row;
    (void)e;
    return 0; /* all columns are made */
}

/* What is made, in this order, in one buffer; where each ends. */
enum { MADE_PROMPT, MADE_ANSWER, MADE_MESSAGES, MADE_WORDS, MADE_ANSWER_WORDS, MADE_ID, MADE };

static void make_all(struct jsonscan *s, struct bytes entry, struct bytes list,
                     const struct turns *turns, struct buf *out, size_t ends[MADE]) {
    struct bytes id;
    feeder_json_text(out, turns->prompt);
    ends[MADE_PROMPT] = out->len;
    feeder_json_text(out, turns->answer);
    ends[MADE_ANSWER] = out->len;
    add_messages(s, list, turns->last_human, out);
    ends[MADE_MESSAGES] = out->len;
    struct bytes prompt = {buf_text(out), ends[MADE_PROMPT]};
    struct bytes answer = {prompt.data + prompt.len, ends[MADE_ANSWER] - prompt.len};
    uint64_t words = feeder_count_words(prompt), answer_words = feeder_count_words(answer);
    buf_uint(out, words);
    ends[MADE_WORDS] = out->len;
    buf_uint(out, answer_words);
    ends[MADE_ANSWER_WORDS] = out->len;
    if (feeder_json_find(s, entry.data, "id", &id) && id.data[0] == '"')
        feeder_json_text(out, id);
    else if (feeder_json_find(s, entry.data, "id", &id))
        buf_add(out, id.data, id.len);
    ends[MADE_ID] = out->len;
}

static int make(const struct feeder *f, struct feeder_row *row, const struct feeder_turn *turn,
                struct err *e) {
    static const enum feeder_role roles[MADE] = {FEEDER_PROMPT,        FEEDER_ANSWER,
                                                 FEEDER_MESSAGES_LIST, FEEDER_WORDS,
                                                 FEEDER_ANSWER_WORDS,  FEEDER_ID};
    struct jsonscan s;
    struct turns turns;
    size_t ends[MADE], from = 0;
    struct bytes entry = {buf_text(&row->text), row->text.len}, list;
    (void)turn;
    jsonscan_init(&s, entry, UINT64_MAX);
    if (!turns_find(&s, entry, &list, &turns))
        return err_set(e, "a row of %s has changed", f->path);
    make_all(&s, entry, list, &turns, &row->made, ends);
    if (buf_fits(&row->made, e, "remove it", "what a row of %s makes", f->path) != 0)
        return -1;
    for (size_t i = 0; i < MADE; i++) {
        feeder_put(f, row, roles[i], (struct bytes){row->made.data + from, ends[i] - from});
        from = ends[i];
    }
    return 0;
}

int feeder_sharegpt_open(struct feeder *f, struct err *e) {
    static const struct {
        enum feeder_role role;
        const char *name;
    } made[] = {{FEEDER_PROMPT, "prompt"}, {FEEDER_MESSAGES_LIST, "messages"},
                {FEEDER_WORDS, "words"},   {FEEDER_ANSWER, "answer"},
                {FEEDER_ID, "id"},         {FEEDER_ANSWER_WORDS, "answer_words"}};
    struct scan s = {.f = f, .e = e, .line = 1};
    char *bytes = malloc(CHUNK_BYTES);
    int result = bytes == NULL ? err_memory(e, NULL) : 0;
    buf_init(&s.entry, FEEDER_ENTRY_MAX);
    f->make = make;
    for (size_t i = 0; i < sizeof made / sizeof *made && result == 0; i++)
        result = feeder_column_make(f, made[i].role, made[i].name, e);
    if (result == 0)
        result = scan_file(&s, bytes);
    if (result == 0 && f->rows > 0)
        f->offsets[f->rows] = f->size;
    buf_done(&s.entry);
    free(bytes);
    return result;
}
