#include "convert/shell_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 100

static bool is_name(char c, bool first) {
    return isalpha((unsigned char)c) || c == '_' || (!first && isdigit((unsigned char)c));
}

static size_t name_bytes(const char *text, size_t n) {
    size_t len = 0;
    while (len < n && is_name(text[len], len == 0))
        len++;
    return len;
}

static struct shell_variable *find(const struct shell_variables *v, const char *name, size_t n) {
    for (struct shell_variable *x = v->first; x != NULL; x = x->next)
        if (strlen(x->name) == n && memcmp(x->name, name, n) == 0)
            return x;
    return NULL;
}

static void forget(struct shell_variables *v, const char *name, size_t n) {
    struct shell_variable **link = &v->first;
    while (*link != NULL && *link != find(v, name, n))
        link = &(*link)->next;
    if (*link != NULL)
        *link = (*link)->next;
}

/* The output of a command: such a variable keeps its own name instead. */
static bool is_output(const struct draft *d, const char *value, size_t n) {
    size_t mark = sizeof DRAFT_REFERENCE - 1, all = draft_reference_bytes(d, value, n);
    if (n == 0 || all != n)
        return false;
    for (const struct draft_secret *s = d->secrets; s != NULL; s = s->next)
        if (s->if_used && strlen(s->env) + 4 == n - 2 * mark &&
            memcmp(value + mark + 4, s->env, strlen(s->env)) == 0)
            return true;
    return false;
}

void shell_set(struct shell_variables *v, const char *name, size_t n, const char *value,
               size_t bytes) {
    struct draft *d = v->d;
    forget(v, name, n);
    if (is_output(d, value, bytes))
        return;
    struct shell_variable *x = draft_alloc(d, sizeof *x);
    if (x == NULL)
        return;
    x->name = draft_copy(d, name, n);
    if (bytes > 0 && draft_is_secret(name, n, bytes) && !draft_has_reference(d, value, bytes)) {
        struct buf b;
        buf_init(&b, DRAFT_BYTES_MAX);
        draft_add_variable(d, &b,
                           draft_secret(d, x->name, value, bytes, "shell variable $%s", x->name));
        x->bytes = b.len;
        x->value = draft_take(d, &b);
    } else {
        x->value = draft_copy(d, value, bytes);
        x->bytes = bytes;
    }
    x->next = v->first;
    v->first = x;
}

/* Reads a number of at most 9 digits, and moves behind it. */
static bool number(const char **at, long *out) {
    char *end;
    size_t n = strspn(*at, "0123456789");
    *out = strtol(*at, &end, 10);
    if (n == 0 || n > 9)
        return false;
    *at = end;
    return true;
}

/* "1..9}" behind a brace, or "1 9" of seq: two numbers, what is between them, and the end. */
static bool range(const char *at, const char *between, const char *end, long *low, long *high) {
    if (!number(&at, low) || strncmp(at, between, strlen(between)) != 0)
        return false;
    at += strlen(between);
    return number(&at, high) && strcmp(at, end) == 0 && *low <= *high;
}

bool shell_set_any(struct shell_variables *v, const char *name, const char *const *words,
                   size_t count) {
    struct draft *d = v->d;
    struct buf b, value;
    long low, high;
    buf_init(&b, 1 << 16);
    if (count == 1 && draft_reference_bytes(d, words[0], strlen(words[0])) == strlen(words[0]) &&
        words[0][0] != '\0') {
        shell_set(v, name, strlen(name), words[0], strlen(words[0])); /* $(seq 1 9) */
        buf_done(&b);
        return true;
    }
    if (count == 1 && words[0][0] == '{' && range(words[0] + 1, "..", "}", &low, &high)) {
        buf_printf(&b, "random.int(%ld, %ld)", low, high);
    } else {
        buf_str(&b, "random.choice(");
        for (size_t i = 0; i < count; i++) {
            bool plain = strpbrk(words[i], "'\"\\{}*?") == NULL && words[i][0] != '\0' &&
                         !draft_has_reference(d, words[i], strlen(words[i]));
            b.failed = b.failed || !plain || count > CHOICES_MAX;
            buf_printf(&b, "%s'%s'", i > 0 ? ", " : "", words[i]);
        }
        buf_char(&b, ')');
    }
    bool good = buf_ok(&b) && count > 0;
    if (good) {
        buf_init(&value, 1 << 17);
        draft_reference(d, &value, buf_text(&b));
        shell_set(v, name, strlen(name), buf_text(&value), value.len);
        buf_done(&value);
    }
    buf_done(&b);
    return good;
}

static void put_variable(struct shell_variables *v, const char *name, size_t n, struct buf *out) {
    const struct shell_variable *x = find(v, name, n);
    if (x != NULL)
        buf_add(out, x->value, x->bytes);
    else if (n == 6 && memcmp(name, "RANDOM", 6) == 0)
        draft_reference(v->d, out, "random.int(0, 32767)"); /* bash's manual, "Bash Variables" */
    else
        draft_add_variable(v->d, out, draft_environment(v->d, draft_copy(v->d, name, n)));
}

/* "${NAME}", "${NAME:-value}"; anything else is a variable of its own. */
static void put_braces(struct shell_variables *v, const char *text, size_t n, struct buf *out) {
    const char *inner = text + 2;
    size_t len = n - 3, name = name_bytes(inner, len);
    const char *rest = inner + name;
    size_t left = len - name, op = left > 1 && rest[0] == ':' ? 2 : 1;
    if (name > 0 && left == 0) {
        put_variable(v, inner, name, out);
    } else if (name > 0 && left >= op && rest[op - 1] == '-') {
        if (find(v, inner, name) != NULL)
            put_variable(v, inner, name, out);
        else if (memchr(rest, '$', left) == NULL)
            buf_add(out, rest + op, left - op);
        else
            shell_value(v, rest + op, left - op, out);
    } else {
        const char *shown = draft_copy(v->d, text, n < 100 ? n : 100);
        draft_add_variable(v->d, out,
                           draft_variable(v->d, draft_copy(v->d, inner, name), "%s", shown));
    }
}

static bool has_curl(const char *text) {
    for (const char *p = text; (p = strstr(p, "curl ")) != NULL; p++)
        if (p == text || !is_name(p[-1], false))
            return true;
    return false;
}

/* Commands whose output coldswarm can make itself. */
static bool put_known(struct draft *d, const char *command, struct buf *out) {
    char text[80];
    long low = 1, high;
    const char *seq = strncmp(command, "seq ", 4) == 0 ? command + 4 : "";
    const char *only = seq;
    if (strcmp(command, "uuidgen") == 0) {
        draft_reference(d, out, "uuid");
    } else if (strcmp(command, "date +%s") == 0) {
        draft_reference(d, out, "now.unix");
    } else if (range(seq, " ", "", &low, &high) ||
               (number(&only, &high) && *only == '\0' && (low = 1) <= high)) {
        snprintf(text, sizeof text, "random.int(%ld, %ld)", low, high);
        draft_reference(d, out, text);
    } else {
        return false;
    }
    return true;
}

static void put_output(struct shell_variables *v, const char *text, size_t n, struct buf *out) {
    struct draft *d = v->d;
    size_t open = text[0] == '`' ? 1 : 2;
    const char *command = text + open;
    size_t len = n - open - 1;
    while (len > 0 && isspace((unsigned char)*command)) {
        command++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)command[len - 1]))
        len--;
    const char *plain = draft_copy(d, command, len);
    if (put_known(d, plain, out))
        return;
    if (has_curl(plain))
        draft_lost(d, &d->next, 1, "left out: the request of %s", plain);
    const char *reference = draft_variable(d, plain, "the output of %.100s", plain);
    draft_if_used(d, reference);
    draft_add_variable(d, out, reference);
}

void shell_value(struct shell_variables *v, const char *text, size_t n, struct buf *out) {
    if (n > 3 && (text[0] == '`' || memcmp(text, "$(", 2) == 0))
        put_output(v, text, n, out);
    else if (n > 3 && memcmp(text, "${", 2) == 0 && text[n - 1] == '}')
        put_braces(v, text, n, out);
    else if (n > 1 && text[0] == '$' && name_bytes(text + 1, n - 1) == n - 1)
        put_variable(v, text + 1, n - 1, out);
    else if (n == 2 && text[0] == '$' && isdigit((unsigned char)text[1])) {
        char hint[8];
        snprintf(hint, sizeof hint, "ARG_%c", text[1]);
        draft_add_variable(v->d, out,
                           draft_variable(v->d, hint, "argument $%c of the script", text[1]));
    } else {
        buf_add(out, text, n);
    }
}
