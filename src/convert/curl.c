/* curl command lines: which words are options, their arguments and URLs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "convert/curl_transfer.h"
#include "convert/formats.h"
#include "convert/shell.h"

#define COMMANDS_MAX 10000

/* An option by its long name: whole, or the only one that begins so, as curl has it. */
static const struct curl_option *find_long(const char *name, size_t n) {
    const struct curl_option *found = NULL;
    for (size_t i = 0; i < curl_option_count; i++) {
        const struct curl_option *o = &curl_options[i];
        if (strncmp(o->name, name, n) != 0)
            continue;
        if (strlen(o->name) == n)
            return o;
        if (found != NULL)
            return NULL;
        found = o;
    }
    return found;
}

static const struct curl_option *find_letter(char letter) {
    for (size_t i = 0; i < curl_option_count; i++)
        if (curl_options[i].letter == letter && letter != '\0')
            return &curl_options[i];
    return NULL;
}

struct reading {
    struct transfer *t;
    const struct shell_command *c;
    const char *name;
    size_t at;
};

static int argument(struct reading *r, const char *option, struct shell_word *out, struct err *e) {
    if (r->at + 1 >= r->c->count)
        return err_set(e, "%s:%zu: %.60s needs an argument and is the last word", r->name,
                       r->c->line, option);
    *out = r->c->words[++r->at];
    return 0;
}

static void next_transfer(struct reading *r) {
    struct draft *d = r->t->d;
    transfer_finish(r->t, r->name, r->c->line);
    transfer_done(r->t);
    transfer_init(r->t, d);
}

static int long_option(struct reading *r, const char *word, struct err *e) {
    const char *name = word + 2;
    struct shell_word value = {"", 0};
    bool no = strncmp(name, "no-", 3) == 0;
    const struct curl_option *o = find_long(name, strlen(name));
    if (o == NULL && no && find_long(name + 3, strlen(name + 3)) != NULL)
        return 0; /* turns off what is off */
    if (o == NULL)
        return err_set(e, "%s:%zu: curl has no option %.80s; remove it", r->name, r->c->line, word);
    if (o->has_argument && argument(r, word, &value, e) != 0)
        return -1;
    if (o->what == CURL_DO_NEXT)
        next_transfer(r);
    else
        transfer_apply(r->t, o, &value);
    return 0;
}

/* "-sXPOST": flags, then perhaps one with its argument, in the word or behind it. */
static int short_options(struct reading *r, const struct shell_word *w, struct err *e) {
    for (size_t i = 1; i < w->n; i++) {
        const struct curl_option *o = find_letter(w->text[i]);
        struct shell_word value = {"", 0};
        if (o == NULL)
            return err_set(e, "%s:%zu: curl has no option -%c; remove it", r->name, r->c->line,
                           isprint((unsigned char)w->text[i]) ? w->text[i] : '?');
        if (o->what == CURL_DO_NEXT) {
            next_transfer(r);
            continue;
        }
        if (o->has_argument) {
            value = (struct shell_word){w->text + i + 1, w->n - i - 1};
            if (value.n == 0 && argument(r, w->text, &value, e) != 0)
                return -1;
            transfer_apply(r->t, o, &value);
            return 0;
        }
        transfer_apply(r->t, o, &value);
    }
    return 0;
}

/* Where the words of the command begin: behind "curl", which a prompt, variables or sudo may precede. */
static size_t behind_curl(const struct shell_command *c) {
    for (size_t i = 0; i < c->count; i++) {
        const char *slash = strrchr(c->words[i].text, '/');
        const char *base = slash == NULL ? c->words[i].text : slash + 1;
        if (strcmp(base, "curl") == 0 || strcmp(base, "curl.exe") == 0)
            return i + 1;
        if (strchr(c->words[i].text, '=') == NULL && strcmp(base, "$") != 0 &&
            strcmp(base, "%") != 0 && strcmp(base, ">") != 0 && strcmp(base, "sudo") != 0 &&
            strcmp(base, "time") != 0)
            return 0;
    }
    return 0;
}

static int command(struct transfer *t, const struct shell_command *c, const char *name,
                   size_t begin, struct err *e) {
    struct reading r = {.t = t, .c = c, .name = name, .at = begin};
    bool options = true;
    for (; r.at < c->count; r.at++) {
        const struct shell_word *w = &c->words[r.at];
        int result = 0;
        if (options && strcmp(w->text, "--") == 0)
            options = false;
        else if (options && strncmp(w->text, "--", 2) == 0)
            result = long_option(&r, w->text, e);
        else if (options && w->text[0] == '-' && w->n > 1)
            result = short_options(&r, w, e);
        else
            transfer_url(t, w->text);
        if (result != 0)
            return -1;
    }
    transfer_finish(t, name, c->line);
    return 0;
}

int curl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e) {
    struct shell_command c = {.next = 0};
    size_t commands = 0;
    bool piped = false;
    if (memmem(text, bytes, "^\"", 2) != NULL && memmem(text, bytes, " ^\n", 3) != NULL)
        return err_set(e, "%s: this is a command line for Windows' cmd; copy it \"as cURL (bash)\"",
                       name);
    while (c.next < bytes) {
        struct transfer *t;
        if (shell_read(d, name, text, bytes, c.next, &c, e) != 0)
            return -1;
        size_t begin = behind_curl(&c);
        if (c.count > 0 && begin == 0)
            draft_note(d, &d->notes, "Left out: %s:%zu: \"%.60s\", which is not curl%s.", name,
                       c.line, c.words[0].text, piped ? "" : "; a URL with & in it needs quotes");
        piped = c.end == SHELL_END_PIPE;
        if (begin == 0)
            continue;
        if (++commands > COMMANDS_MAX)
            return err_set(e, "%s: more than %d curl commands", name, COMMANDS_MAX);
        if (c.expansion)
            draft_note(d, &d->notes,
                       "Assumed: %s:%zu: a variable or command substitution is meant as it is "
                       "written; no shell is run.",
                       name, c.line);
        t = calloc(1, sizeof *t);
        if (t == NULL)
            return err_set(e, "%s: out of memory", name);
        transfer_init(t, d);
        int result = command(t, &c, name, begin, e);
        transfer_done(t);
        free(t);
        if (result != 0)
            return -1;
    }
    d->sequence = d->request_count > 1;
    if (d->sequence)
        draft_note(d, &d->notes,
                   "Assumed: each user sends the requests in their order, over and over.");
    if (commands > 0 && d->request_count == 0)
        return err_set(e, "%s: no request could be read%s%s", name,
                       d->notes.first != NULL ? ": " : "",
                       d->notes.first != NULL ? d->notes.first->text : "");
    if (commands == 0)
        return err_set(e, "%s: no curl command in it; it must begin with \"curl\"", name);
    return 0;
}
