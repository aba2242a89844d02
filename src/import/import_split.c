#include "import/import_split.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    BETWEEN, /* not in an entry: at the top, or in an array of entries */
    OBJECT,  /* in an entry, or in an object around entries */
    SCALAR,  /* in something that is no object: as an entry it is wrong, its reader will say so */
    LOST,    /* after a broken entry: looking for a line that begins as that one did */
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void import_split_init(struct import_split *s, size_t entry_max_bytes, import_split_fn *fn,
                       void *context) {
    *s = (struct import_split){.fn = fn, .context = context, .line = 1, .line_blank = true};
    buf_init(&s->text, entry_max_bytes);
}

void import_split_done(struct import_split *s) {
    buf_done(&s->text);
}

static int emit(struct import_split *s, enum import_piece piece) {
    bool told = s->told, full = s->run >= s->text.max; /* before its last byte */
    s->run = 0;
    s->told = false;
    if (told) {
        buf_clear(&s->text);
        return 0;
    }
    if (piece == IMPORT_ENTRY && !buf_ok(&s->text))
        piece = full ? IMPORT_TOO_LONG : IMPORT_NO_MEMORY;
    bool whole = piece == IMPORT_ENTRY;
    int rc = s->fn(s->context, piece, whole ? buf_text(&s->text) : "", whole ? s->text.len : 0,
                   s->entry_line);
    buf_clear(&s->text);
    return rc;
}

static void begin(struct import_split *s, int state) {
    s->state = state;
    s->entry_line = s->line;
    s->entry_column = s->column;
    s->wrapper = false;
    s->run = 0;
    s->told = false;
    s->depth = 0;
    s->in_string = s->escaped = s->in_key = false;
    s->last = '\0';
    s->key_len = 0;
    buf_clear(&s->text);
}

static bool in_object(const struct import_split *s) {
    return s->depth > 0 && s->depth < IMPORT_SPLIT_DEPTH_MAX &&
           (s->objects >> s->depth & UINT64_C(1)) != 0;
}

static void open_container(struct import_split *s, bool object) {
    s->depth++;
    if (s->depth < IMPORT_SPLIT_DEPTH_MAX) {
        uint64_t bit = UINT64_C(1) << s->depth;
        s->objects = object ? s->objects | bit : s->objects & ~bit;
    }
}

/* Beyond the depth that is watched anything goes; the reader of the entry refuses it. */
static bool may_open(const struct import_split *s) {
    if (s->depth == 0 || s->depth >= IMPORT_SPLIT_DEPTH_MAX)
        return true;
    return s->last == ':' || (!in_object(s) && (s->last == '[' || s->last == ','));
}

static bool may_close(const struct import_split *s, char c) {
    return s->depth >= IMPORT_SPLIT_DEPTH_MAX || in_object(s) == (c == '}');
}

/* The names under which the APIs and their clients put the entries of a page. */
static bool holds_entries(const struct import_split *s) {
    static const char *const names[] = {"entries", "timeSeries", "time_series"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == s->key_len && memcmp(names[i], s->key, s->key_len) == 0)
            return true;
    }
    return false;
}

static int push_outer(struct import_split *s, bool wrapped) {
    if (s->outer == IMPORT_SPLIT_OUTER_MAX) {
        begin(s, LOST);
        return emit(s, IMPORT_BROKEN);
    }
    s->outer_wrapped[s->outer++] = wrapped;
    s->state = BETWEEN;
    return 0;
}

/* An array of entries ends: back into the object that it is a member of, if it is one. */
static void pop_outer(struct import_split *s) {
    bool wrapped = s->outer_wrapped[--s->outer];
    s->state = BETWEEN;
    if (wrapped) {
        begin(s, OBJECT);
        s->wrapper = true;
        open_container(s, true);
        s->last = ']';
    }
}

static int between(struct import_split *s, char c) {
    if (is_space(c) || c == ',')
        return 0;
    if (c == '[')
        return push_outer(s, false);
    if (c == ']' && s->outer > 0) {
        pop_outer(s);
        return 0;
    }
    if (c == '{') {
        begin(s, OBJECT);
        open_container(s, true);
        s->last = c;
        buf_char(&s->text, c);
        return 0;
    }
    begin(s, SCALAR);
    buf_char(&s->text, c);
    return 0;
}

static int scalar(struct import_split *s, char c) {
    if (c != '\n' && c != ',' && c != ']' && c != '{') {
        buf_char(&s->text, c);
        return 0;
    }
    s->state = BETWEEN;
    int rc = emit(s, IMPORT_ENTRY);
    return rc != 0 ? rc : between(s, c);
}

/* Goes on where a line begins like the lost entry's; a bracket further left ends the array. */
static int lost(struct import_split *s, char c) {
    bool same = s->line_blank && s->column == s->entry_column && c == '{';
    bool end = s->line_blank && s->column < s->entry_column && c == ']';
    if (!same && !end)
        return 0;
    s->state = BETWEEN;
    return between(s, c);
}

static int broken(struct import_split *s, char c) {
    s->state = LOST;
    bool wrapper = s->wrapper;
    s->run = 0;
    int rc = wrapper ? 0 : emit(s, IMPORT_BROKEN);
    return rc != 0 ? rc : lost(s, c);
}

static int in_string(struct import_split *s, char c) {
    if (c == '\n')
        return broken(s, c);
    if (!s->wrapper)
        buf_char(&s->text, c);
    if (s->escaped) {
        s->escaped = false;
        s->key_len = sizeof s->key; /* a name of ours has no escapes */
    } else if (c == '\\') {
        s->escaped = true;
    } else if (c == '"') {
        s->in_string = s->in_key = false;
        s->last = c;
        return 0;
    }
    if (s->in_key && s->key_len < sizeof s->key)
        s->key[s->key_len++] = c;
    return 0;
}

static int close_container(struct import_split *s, char c) {
    if (!may_close(s, c))
        return broken(s, c);
    if (!s->wrapper)
        buf_char(&s->text, c);
    s->last = c;
    assert(s->depth > 0); /* an entry begins with a brace and ends with its last */
    if (--s->depth > 0)
        return 0;
    s->state = BETWEEN;
    return s->wrapper ? 0 : emit(s, IMPORT_ENTRY);
}

static int object(struct import_split *s, char c) {
    if (s->in_string)
        return in_string(s, c);
    if (c == '}' || c == ']')
        return close_container(s, c);
    if (c == '[' && s->depth == 1 && s->last == ':' && holds_entries(s))
        return push_outer(s, true);
    if (c == '{' || c == '[') {
        if (!may_open(s))
            return broken(s, c);
        open_container(s, c == '{');
    }
    if (c == '"') {
        s->in_string = true;
        s->in_key = s->depth == 1 && s->last != ':';
        if (s->in_key)
            s->key_len = 0;
    }
    if (!s->wrapper)
        buf_char(&s->text, c);
    if (!is_space(c))
        s->last = c;
    return 0;
}

static int step(struct import_split *s, char c) {
    switch (s->state) {
    case OBJECT:
        return object(s, c);
    case SCALAR:
        return scalar(s, c);
    case LOST:
        return lost(s, c);
    default:
        return between(s, c);
    }
}

/* Most of a log is the inside of strings: takes what needs no look in one go. */
static size_t plain_run(struct import_split *s, const char *bytes, size_t n) {
    if (s->state != OBJECT || !s->in_string || s->escaped || s->in_key)
        return 0;
    size_t i = 0;
    while (i < n && bytes[i] != '"' && bytes[i] != '\\' && bytes[i] != '\n')
        i++;
    if (!s->wrapper)
        buf_add(&s->text, bytes, i);
    s->column += i;
    return i;
}

/* Counts n more bytes of what may be too long. */
static int count(struct import_split *s, size_t n) {
    s->run += n;
    if (s->run <= s->text.max || s->told)
        return 0;
    s->told = true;
    buf_clear(&s->text);
    bool inside = s->state == OBJECT || s->state == SCALAR;
    return s->fn(s->context, IMPORT_TOO_LONG, "", 0, inside ? s->entry_line : s->line);
}

/* Ends what is too long, if it is not an entry. */
static void next_line(struct import_split *s) {
    s->line++;
    s->column = 0;
    s->line_blank = true;
    if (s->state != OBJECT || s->wrapper) {
        s->run = 0;
        s->told = false;
    }
}

int import_split_too_long(const struct import_split *s, const char *name, uint64_t line,
                          struct err *e) {
    return err_set(e, "%s:%" PRIu64 ": an entry is longer than the limit of %zu MiB", name, line,
                   s->text.max >> 20);
}

int import_split_feed(struct import_split *s, const char *bytes, size_t n) {
    static const char mark[] = "\xef\xbb\xbf";
    size_t i = 0;
    while (i < n && s->bytes_seen < 3 && bytes[i] == mark[s->bytes_seen]) {
        s->bytes_seen++;
        i++;
    }
    if (i < n)
        s->bytes_seen = 3;
    while (i < n) {
        size_t plain = plain_run(s, bytes + i, n - i);
        i += plain;
        int rc = count(s, plain);
        if (rc != 0 || i == n)
            return rc;
        char c = bytes[i++];
        if ((rc = step(s, c)) != 0 || (rc = count(s, 1)) != 0)
            return rc;
        s->column++;
        if (!is_space(c))
            s->line_blank = false;
        if (c == '\n')
            next_line(s);
    }
    return 0;
}

int import_split_end(struct import_split *s, bool *cut_short) {
    int rc = 0;
    *cut_short = s->outer > 0 || s->state == OBJECT;
    if (s->state == SCALAR)
        rc = emit(s, IMPORT_ENTRY);
    s->state = BETWEEN;
    return rc;
}
