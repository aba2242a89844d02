#include "convert/sample_pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 30
#define REPEATS_MAX 1000
#define EXTRA_MAX 300
#define SAMPLE_BYTES_MAX 4096

/* A set of ASCII characters. */
struct set {
    bool has[128];
};

struct sampler {
    const char *at;
    size_t extra; /* how often more than needed a repeated part is written */
    bool failed;
    struct buf out;
};

static void add_range(struct set *s, unsigned low, unsigned high) {
    for (unsigned c = low; c <= high && c < 128; c++)
        s->has[c] = true;
}

/* \d \w \s and their opposites; false for another letter. */
static bool add_class(struct set *s, char c) {
    struct set plain = {0};
    switch (tolower((unsigned char)c)) {
    case 'd':
        add_range(&plain, '0', '9');
        break;
    case 'w':
        add_range(&plain, '0', '9');
        add_range(&plain, 'a', 'z');
        add_range(&plain, 'A', 'Z');
        plain.has['_'] = true;
        break;
    case 's':
        plain.has[' '] = true;
        break;
    default:
        return false;
    }
    bool opposite = c >= 'A' && c <= 'Z';
    for (unsigned i = 0x20; i < 0x7f; i++)
        s->has[i] = s->has[i] || plain.has[i] != opposite;
    return true;
}

/* A letter or digit if there is one, so that the text looks plain. */
static char pick(const struct set *s) {
    static const char order[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890-_.";
    for (const char *p = order; *p != '\0'; p++)
        if (s->has[(unsigned char)*p])
            return *p;
    for (unsigned c = 0x20; c < 0x7f; c++)
        if (s->has[c])
            return (char)c;
    return '\0';
}

/* The character of an escape behind its backslash; 0: it is a class or not one character. */
static unsigned escaped(struct sampler *x) {
    char c = *x->at;
    char hex[5] = "";
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    if (digits > 0 && strspn(x->at + 1, "0123456789abcdefABCDEF") >= digits) {
        memcpy(hex, x->at + 1, digits);
        x->at += 1 + digits;
        return (unsigned)strtoul(hex, NULL, 16);
    }
    static const char from[] = "nrtf0", to[] = "\n\r\t\f ";
    const char *found = c == '\0' ? NULL : strchr(from, c);
    if (c == '\0' || (isalnum((unsigned char)c) && found == NULL))
        return 0;
    x->at++;
    return found != NULL ? (unsigned char)to[found - from] : (unsigned char)c;
}

/* \p{L}: a letter or a digit will do for most. */
static void property(struct sampler *x, struct set *s) {
    const char *close = x->at[1] == '{' ? strchr(x->at, '}') : NULL;
    if (close == NULL) {
        x->failed = true;
        return;
    }
    if (x->at[2] == 'N')
        add_range(s, '0', '9');
    else if (strncmp(x->at + 2, "Lu", 2) == 0)
        add_range(s, 'A', 'Z');
    else
        add_range(s, 'a', 'z');
    x->at = close + 1;
}

/* One character of a class, or one that stands alone, behind its backslash. Returns it, or 0 if it
 * was a set. */
static unsigned escape_into(struct sampler *x, struct set *s) {
    if (*x->at == 'p' || *x->at == 'P') {
        property(x, s);
        return 0;
    }
    if (add_class(s, *x->at)) {
        x->at++;
        return 0;
    }
    unsigned c = escaped(x);
    x->failed = x->failed || c == 0;
    if (c > 0 && c < 128)
        s->has[c] = true;
    return c;
}

/* [...], x->at is behind the bracket. */
static char class_sample(struct sampler *x) {
    struct set s = {0};
    bool opposite = *x->at == '^';
    x->at += opposite;
    while (*x->at != '\0' && *x->at != ']' && !x->failed) {
        unsigned low;
        if (*x->at == '\\') {
            x->at++;
            low = escape_into(x, &s);
            if (low == 0)
                continue;
        } else {
            low = (unsigned char)*x->at++;
        }
        if (x->at[0] == '-' && x->at[1] != ']' && x->at[1] != '\0') {
            struct set ignored = {0};
            x->at++;
            bool is_escaped = *x->at == '\\';
            x->at += is_escaped;
            unsigned high = is_escaped ? escape_into(x, &ignored) : (unsigned char)*x->at++;
            add_range(&s, low, high);
        } else if (low < 128) {
            s.has[low] = true;
        }
    }
    x->failed = x->failed || *x->at != ']';
    x->at += *x->at == ']';
    for (unsigned i = 0x20; i < 0x7f && opposite; i++)
        s.has[i] = !s.has[i];
    char c = pick(&s);
    x->failed = x->failed || c == '\0';
    return c;
}

static void alternatives(struct sampler *x, int depth);

/* "(?:", "(?<name>", "(?=": what is looked ahead for or behind is not written. */
static void group(struct sampler *x, int depth) {
    bool looks = false;
    if (*x->at == '?') {
        bool behind = x->at[1] == '<' && (x->at[2] == '=' || x->at[2] == '!');
        looks = x->at[1] == '=' || x->at[1] == '!' || behind;
        if (x->at[1] == '<' && !behind) {
            const char *close = strchr(x->at, '>');
            x->failed = x->failed || close == NULL;
            x->at = close == NULL ? x->at : close + 1;
        } else {
            x->at += behind ? 3 : 2;
        }
    }
    size_t before = x->out.len;
    if (!x->failed)
        alternatives(x, depth + 1);
    if (looks)
        x->out.len = before;
    x->failed = x->failed || *x->at != ')';
    x->at += *x->at == ')';
}

/* "*", "+", "?", "{2}", "{2,}", "{2,5}": how often, and moves behind it. */
static size_t repeats(struct sampler *x) {
    unsigned long low = 1, high = 1;
    char *end;
    if (*x->at == '*' || *x->at == '+' || *x->at == '?') {
        low = *x->at == '+';
        high = *x->at == '?' ? 1 : REPEATS_MAX;
        x->at++;
    } else if (*x->at == '{' && isdigit((unsigned char)x->at[1])) {
        low = high = strtoul(x->at + 1, &end, 10);
        if (*end == ',') {
            high = REPEATS_MAX;
            if (isdigit((unsigned char)end[1]))
                high = strtoul(end + 1, &end, 10);
            else
                end++;
        }
        x->failed = x->failed || *end != '}' || low > REPEATS_MAX;
        x->at = *end == '}' ? end + 1 : end;
    } else {
        return 1;
    }
    x->at += *x->at == '?'; /* not greedy */
    unsigned long count = low + x->extra;
    return count < high ? count : high;
}

/* A character, class or group, written once; false at the end of the alternative. */
static bool atom(struct sampler *x, int depth) {
    struct set s = {0};
    char c = *x->at;
    if (c == '\0' || c == '|' || c == ')')
        return false;
    x->at++;
    if (c == '(') {
        group(x, depth);
    } else if (c == '[') {
        buf_char(&x->out, class_sample(x));
    } else if (c == '\\') {
        if (*x->at == 'b' || *x->at == 'B') {
            x->at++;
        } else if (*x->at >= '1' && *x->at <= '9') {
            x->failed = true;
        } else {
            escape_into(x, &s);
            c = pick(&s);
            x->failed = x->failed || c == '\0';
            buf_char(&x->out, c);
        }
    } else if (c != '^' && c != '$') {
        buf_char(&x->out, c == '.' ? 'a' : c);
    }
    return true;
}

static void sequence(struct sampler *x, int depth) {
    while (!x->failed && x->out.len < SAMPLE_BYTES_MAX) {
        const char *from = x->at;
        size_t before = x->out.len;
        if (!atom(x, depth))
            return;
        size_t n = x->out.len - before, count = repeats(x);
        if (count == 0)
            x->out.len = before;
        for (size_t i = 1; i < count && n > 0 && x->out.len < SAMPLE_BYTES_MAX; i++) {
            char *room = buf_room(&x->out, n);
            x->failed = x->failed || room == NULL;
            if (room == NULL)
                return;
            memcpy(room, x->out.data + before, n);
        }
        x->failed = x->failed || x->at == from;
    }
}

/* Writes the first alternative; passes over the others. */
static void alternatives(struct sampler *x, int depth) {
    if (depth > DEPTH_MAX) {
        x->failed = true;
        return;
    }
    sequence(x, depth);
    size_t keep = x->out.len;
    while (!x->failed && *x->at == '|') {
        x->at++;
        sequence(x, depth);
        x->out.len = keep;
    }
}

bool sample_pattern(const char *pattern, size_t least, size_t most, struct buf *out) {
    bool good = false;
    for (size_t extra = 0; extra <= EXTRA_MAX && !good; extra++) {
        struct sampler x = {.at = pattern, .extra = extra};
        buf_init(&x.out, (size_t)2 * SAMPLE_BYTES_MAX);
        alternatives(&x, 0);
        size_t n = x.out.len;
        bool whole = !x.failed && *x.at == '\0' && buf_ok(&x.out);
        good = whole && n >= (least > 0 ? least : 1) && n <= most;
        if (good)
            buf_add(out, x.out.data, n);
        bool hopeless = !whole || n > most;
        buf_done(&x.out);
        if (hopeless)
            break;
    }
    return good;
}
