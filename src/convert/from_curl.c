/* curl command lines: which words are options, their arguments and URLs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "convert/curl_transfer.h"
#include "convert/from.h"
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
    const char *before = r->t->url_count > 0 ? r->t->urls[0].text : r->t->before;
    transfer_finish(r->t, r->name, r->c->line);
    transfer_done(r->t);
    transfer_init(r->t, d);
    r->t->before = before;
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

static bool is_one_of(const char *word, const char *const all[]) {
    for (size_t i = 0; all[i] != NULL; i++)
        if (strcmp(word, all[i]) == 0)
            return true;
    return false;
}

/* "NAME=value" or "NAME+=value": how long the name is; 0: it is none. */
static size_t assigned_name(const char *word) {
    size_t n = 0;
    while (isalpha((unsigned char)word[n]) || word[n] == '_' ||
           (n > 0 && isdigit((unsigned char)word[n])))
        n++;
    return n > 0 && (word[n] == '=' || (word[n] == '+' && word[n + 1] == '=')) ? n : 0;
}

/* "f()", where a function begins. */
static bool is_function(const char *word) {
    size_t n = strlen(word);
    return n > 2 && strcmp(word + n - 2, "()") == 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Where the words of the command begin: behind "curl". In front of it may stand a prompt,
 * variables, the shell's words and programs that run another one, with options that may have an
 * argument. */
static size_t behind_curl(const struct shell_command *c) {
    static const char *const shell[] = {"$",    "%",       "#",       "!",  "{",     "do",
                                        "then", "else",    "elif",    "if", "while", "until",
                                        "exec", "command", "builtin", NULL};
    static const char *const programs[] = {"sudo",   "time",   "nohup", "env",   "nice", "timeout",
                                           "stdbuf", "setsid", "xargs", "watch", "doas", NULL};
    bool program = false, option = false;
    for (size_t i = 0; i < c->count; i++) {
        const char *word = c->words[i].text, *base = base_name(word);
        if (strcmp(base, "curl") == 0 || strcmp(base, "curl.exe") == 0)
            return i + 1;
        bool passes = assigned_name(word) > 0 || is_function(word) ||
                      (!program && is_one_of(base, shell)) || is_one_of(base, programs) ||
                      (program && (word[0] == '-' || option || isdigit((unsigned char)word[0])));
        if (!passes)
            return 0;
        option = program && word[0] == '-' && strlen(word) == 2;
        program = program || is_one_of(base, programs);
    }
    return 0;
}

/* What the shell does and nobody sends; values of variables are not shown: they are often
 * secrets. */
static void note_not_curl(struct draft *d, const char *name, const struct shell_command *c,
                          bool piped, bool follows) {
    static const char *const ends[] = {"done", "fi", "esac", "}", "do", "then", "else", NULL};
    static const char *const loops[] = {"for", "while", "until", "if", "case", "select", NULL};
    const char *first = c->words[0].text;
    size_t n = assigned_name(first);
    if (c->count == 1 && is_one_of(first, ends))
        return;
    if (n > 0)
        draft_note(d, &d->next, "left out: %s:%zu: the variable %.*s; no shell is run%s", name,
                   c->line, n > 60 ? 60 : (int)n, first,
                   follows ? "; a URL with & in it needs quotes" : "");
    else if (is_one_of(first, loops))
        draft_note(d, &d->next,
                   "left out: %s:%zu: \"%.60s\" belongs to the shell; requests that it controls or "
                   "repeats are sent once per round",
                   name, c->line, first);
    else
        draft_note(d, &d->next, "left out: %s:%zu: \"%.60s\", which is not curl%s", name, c->line,
                   first, piped ? "" : "; a URL with & in it needs quotes");
}

/* Redirections and variables around curl: the shell's, and nothing to be sent to. */
static void note_shell(struct transfer *t, const struct shell_command *c, const char *name,
                       size_t begin) {
    struct draft *d = t->d;
    for (size_t i = 0; i + 1 < begin; i++) {
        size_t n = assigned_name(c->words[i].text);
        if (n > 0)
            draft_note(d, &t->proto.notes,
                       "left out: the variable %.*s before curl; no shell is run",
                       n > 60 ? 60 : (int)n, c->words[i].text);
    }
    for (size_t i = 0; i < c->redirect_count; i++) {
        const struct shell_redirect *r = &c->redirects[i];
        bool hidden = strstr(r->op, "<<<") != NULL; /* a text, not a name */
        draft_note(d, &t->proto.notes, "left out: %s %.80s, a redirection of the shell", r->op,
                   hidden ? "..." : r->target);
        draft_note(d, &d->said, "%s:%zu: left out: a redirection (%s) of the shell", name, c->line,
                   r->op);
    }
}

static int command(struct transfer *t, const struct shell_command *c, const char *name,
                   size_t begin, struct err *e) {
    struct reading r = {.t = t, .c = c, .name = name, .at = begin};
    bool options = true;
    note_shell(t, c, name, begin);
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
            transfer_url(t, w->text, false);
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
        return err_set(e, "%s: this is a command line for Windows cmd; copy it \"as cURL (bash)\"",
                       name);
    while (c.next < bytes) {
        struct transfer *t;
        if (shell_read(d, name, text, bytes, c.next, &c, e) != 0)
            return -1;
        size_t begin = behind_curl(&c);
        if (c.count > 0 && begin == 0)
            note_not_curl(d, name, &c, piped, commands > 0);
        piped = c.end == SHELL_END_PIPE;
        if (begin == 0)
            continue;
        if (++commands > COMMANDS_MAX)
            return err_set(e, "%s: more than %d curl commands", name, COMMANDS_MAX);
        if (c.expansion)
            draft_note(d, &d->next,
                       "assumed: %s:%zu: a variable or command substitution is literal text; no "
                       "shell is run",
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
        draft_note(d, &d->notes, "Assumed: each user sends the requests in order, repeatedly.");
    if (commands > 0 && d->request_count == 0) {
        const char *why = draft_omission(d);
        return err_set(e, "%s: no request found%s%s", name, why != NULL ? ". " : "",
                       why != NULL ? why : "");
    }
    if (commands == 0)
        return err_set(e, "%s: no curl command in it; it must begin with \"curl\"", name);
    return 0;
}
