/* curl command lines: which words are options, their arguments and URLs. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "convert/curl_transfer.h"
#include "convert/from.h"
#include "convert/shell.h"
#include "convert/shell_windows.h"

#define COMMANDS_MAX 10000
#define SHELL_LOOP_MAX 100

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

/* A command that curl would not take: it sends nothing. */
static bool refuse(struct reading *r, const char *before, const char *word, const char *behind) {
    draft_lost(r->t->d, &r->t->d->next, 1, "left out: %s:%zu: %s%.80s%s", r->name, r->c->line,
               before, word, behind);
    return false;
}

static bool argument(struct reading *r, const char *option, struct shell_word *out) {
    if (r->at + 1 >= r->c->count)
        return refuse(r, "", option, " needs an argument and is the last word");
    *out = r->c->words[++r->at];
    return true;
}

static void next_transfer(struct reading *r) {
    struct draft *d = r->t->d;
    const struct transfer last = *r->t;
    transfer_finish(r->t, r->name, r->c->line);
    transfer_done(r->t);
    transfer_init(r->t, d, last.travel);
    r->t->before = last.url_count > 0 ? last.urls[0].text : last.before;
    r->t->input = last.input;
    r->t->input_bytes = last.input_bytes;
    r->t->input_file = last.input_file;
}

static bool long_option(struct reading *r, const char *word) {
    const char *name = word + 2;
    struct shell_word value = {"", 0};
    bool no = strncmp(name, "no-", 3) == 0;
    const struct curl_option *o = find_long(name, strlen(name));
    if (o == NULL && no && find_long(name + 3, strlen(name + 3)) != NULL)
        return true; /* turns off what is off */
    if (o == NULL)
        return refuse(r, "curl has no option ", word, "; remove it");
    if (o->has_argument && !argument(r, word, &value))
        return false;
    if (o->what == CURL_DO_NEXT)
        next_transfer(r);
    else
        transfer_apply(r->t, o, &value);
    return true;
}

/* "-sXPOST": flags, then perhaps one with its argument, in the word or behind it. */
static bool short_options(struct reading *r, const struct shell_word *w) {
    for (size_t i = 1; i < w->n; i++) {
        const struct curl_option *o = find_letter(w->text[i]);
        struct shell_word value = {"", 0};
        if (o == NULL) {
            const char letter[2] = {isprint((unsigned char)w->text[i]) ? w->text[i] : '?', '\0'};
            return refuse(r, "curl has no option -", letter, "; remove it");
        }
        if (o->what == CURL_DO_NEXT) {
            next_transfer(r);
            continue;
        }
        if (o->has_argument) {
            value = (struct shell_word){w->text + i + 1, w->n - i - 1};
            if (value.n == 0 && !argument(r, w->text, &value))
                return false;
            transfer_apply(r->t, o, &value);
            return true;
        }
        transfer_apply(r->t, o, &value);
    }
    return true;
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
    static const char *const clients[] = {
        "wget", "http", "https", "xh", "httpie", "Invoke-WebRequest", "iwr", "Invoke-RestMethod",
        "irm",  NULL};
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
    else if (is_one_of(base_name(first), clients))
        draft_lost(d, &d->next, 1, "left out: %s:%zu: the request of \"%.60s\", which is not curl",
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
        if (t->input_used && strchr(r->op, '<') != NULL)
            continue;
        draft_note(d, &t->proto.notes, "left out: %s %.80s, a redirection of the shell", r->op,
                   hidden ? "..." : r->target);
        draft_note(d, &d->said, "%s:%zu: left out: a redirection (%s) of the shell", name, c->line,
                   r->op);
    }
}

static void command(struct transfer *t, const struct shell_command *c, const char *name,
                    size_t begin) {
    struct reading r = {.t = t, .c = c, .name = name, .at = begin};
    bool options = true, good = true;
    for (; r.at < c->count && good; r.at++) {
        const struct shell_word *w = &c->words[r.at];
        if (options && strcmp(w->text, "--") == 0)
            options = false;
        else if (options && strncmp(w->text, "--", 2) == 0)
            good = long_option(&r, w->text);
        else if (options && w->text[0] == '-' && w->n > 1)
            good = short_options(&r, w);
        else
            transfer_url(t, w->text, false);
    }
    note_shell(t, c, name, begin);
    if (good)
        transfer_finish(t, name, c->line);
}

/* What a command writes into a pipe, as far as that is plain. */
struct piped {
    const char *text, *file;
    size_t bytes;
};

/* "echo 'text' |", "printf '%s' 'text' |", "cat file |" and "cat <<END |". */
static struct piped output_of(struct draft *d, const struct shell_command *c) {
    const char *first = c->count > 0 ? c->words[0].text : "";
    struct piped none = {0};
    struct buf b;
    bool echo = strcmp(first, "echo") == 0, end = echo;
    size_t at = 1;
    if (strcmp(first, "cat") == 0)
        return c->count == 1   ? (struct piped){c->input, c->input_file, c->input_bytes}
               : c->count == 2 ? (struct piped){NULL, c->words[1].text, 0}
                               : none;
    bool printf_ = strcmp(first, "printf") == 0 && c->count > 1 &&
                   (c->count == 2 ? strpbrk(c->words[1].text, "%\\") == NULL
                                  : strcmp(c->words[1].text, "%s") == 0);
    if (!echo && !printf_)
        return none;
    if (echo && c->count > 1 && strcmp(c->words[1].text, "-n") == 0) {
        end = false;
        at = 2;
    } else if (!echo && c->count > 2) {
        at = 2;
    }
    buf_init(&b, DRAFT_BYTES_MAX);
    for (size_t i = at; i < c->count; i++) {
        buf_str(&b, i > at && echo ? " " : "");
        buf_add(&b, c->words[i].text, c->words[i].n);
    }
    buf_str(&b, end ? "\n" : "");
    size_t n = b.len;
    return (struct piped){draft_take(d, &b), NULL, n};
}

/* "NAME=value", "export NAME=value": true if the command does nothing else. */
static bool assignments(struct shell_variables *v, const struct shell_command *c) {
    static const char *const words[] = {"export", "declare", "local", "readonly", "typeset", NULL};
    size_t from = c->count > 0 && is_one_of(c->words[0].text, words);
    for (size_t i = from; i < c->count; i++)
        if (assigned_name(c->words[i].text) == 0 && !(from > 0 && c->words[i].text[0] == '-'))
            return from > 0;
    for (size_t i = from; i < c->count; i++) {
        const char *word = c->words[i].text;
        size_t n = assigned_name(word);
        if (n > 0 && word[n] == '=')
            shell_set(v, word, n, word + n + 1, c->words[i].n - n - 1);
    }
    return c->count > 0;
}

/* "for NAME in WORDS". */
static bool loop(struct shell_variables *v, const char *name, const struct shell_command *c) {
    const char *words[SHELL_LOOP_MAX];
    size_t count = c->count < 3 ? 0 : c->count - 3;
    if (c->count < 4 || strcmp(c->words[0].text, "for") != 0 ||
        strcmp(c->words[2].text, "in") != 0 || count > SHELL_LOOP_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        words[i] = c->words[i + 3].text;
    if (!shell_set_any(v, c->words[1].text, words, count))
        return false;
    draft_note(v->d, &v->d->next,
               "assumed: %s:%zu: $%.60s of the loop is another of its values, at random, each "
               "time; the requests of the loop are sent once per round",
               name, c->line, c->words[1].text);
    return true;
}

/* A command that is not curl. `ampersand`: it follows a single "&". */
static void other(struct shell_variables *v, const char *name, const struct shell_command *c,
                  bool piped, bool ampersand) {
    if (!ampersand && (assignments(v, c) || loop(v, name, c)))
        return;
    note_not_curl(v->d, name, c, piped, ampersand);
}

/* Reads one command; *from is what was piped into it, and becomes what it pipes on. */
static int one(struct shell_variables *v, const char *name, const struct shell_command *c,
               struct piped *from, bool ampersand, struct travel *travel, size_t *commands,
               struct err *e) {
    struct draft *d = v->d;
    size_t begin = behind_curl(c);
    bool piped = from->text != NULL || from->file != NULL;
    struct piped in = *from;
    bool feeds = c->end == SHELL_END_PIPE;
    *from = feeds ? output_of(d, c) : (struct piped){0};
    if (begin == 0) {
        if (c->count > 0 && from->text == NULL && from->file == NULL)
            other(v, name, c, piped || feeds, ampersand);
        return 0;
    }
    if (++*commands > COMMANDS_MAX)
        return err_set(e, "%s: more than %d curl commands", name, COMMANDS_MAX);
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_memory(e, "%s", name);
    transfer_init(t, d, travel);
    t->input = c->input != NULL ? c->input : in.text;
    t->input_bytes = c->input != NULL ? c->input_bytes : in.bytes;
    t->input_file = c->input_file != NULL ? c->input_file : in.file;
    command(t, c, name, begin);
    transfer_done(t);
    free(t);
    return 0;
}

/* Whether the start of a line is a prompt that was copied with the command. "$" alone is one for
 * behind_curl(), "#" alone begins a comment. */
static bool is_prompt(const char *line, size_t n) {
    const char end = line[n - 1];
    bool words = memchr(line, ' ', n) != NULL;
    if (end == '>') /* PowerShell and cmd */
        return n > 2 && (strncmp(line, "PS ", 3) == 0 || strncmp(line, "PS>", 3) == 0 ||
                         (isalpha((unsigned char)line[0]) && strncmp(line + 1, ":\\", 2) == 0));
    if (n < 2 || strchr("$#%", end) == NULL || strchr("#$", line[0]) != NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strchr(";&|<>=\"'`\\", line[i]) != NULL)
            return false;
    return !words || line[0] == '~' || line[0] == '/' || memchr(line, '@', n) != NULL;
}

/* Blanks the prompts in front of curl: "user@host:~$ curl". The shell would take them for
 * programs, and the ">" of others for a redirection. */
static void hide_prompts(char *text, size_t bytes) {
    for (size_t at = 0; at < bytes; at += strcspn(text + at, "\n") + 1) {
        at += strspn(text + at, " \t");
        size_t line = strcspn(text + at, "\n");
        const char *curl = memmem(text + at, line, "curl", 4);
        size_t n = curl == NULL ? 0 : (size_t)(curl - text) - at;
        bool whole = curl != NULL && strchr(" \t.", curl[4]) != NULL;
        while (n > 0 && (text[at + n - 1] == ' ' || text[at + n - 1] == '\t'))
            n--;
        if (whole && n > 0 && is_prompt(text + at, n))
            memset(text + at, ' ', n);
    }
}

int curl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e) {
    struct shell_variables v = {.d = d};
    struct shell_command c = {.next = 0};
    struct piped from = {0};
    struct travel travel = {0};
    struct buf clean, posix;
    size_t commands = 0;
    int result = 0;
    d->references = true;
    buf_init(&clean, DRAFT_BYTES_MAX);
    buf_init(&posix, DRAFT_BYTES_MAX);
    draft_clean(&clean, text, bytes);
    if (buf_ok(&clean))
        hide_prompts(clean.data, clean.len);
    bool windows = shell_from_windows(buf_text(&clean), clean.len, &posix);
    text = buf_text(windows ? &posix : &clean);
    bytes = windows ? posix.len : clean.len;
    while (c.next < bytes && result == 0) {
        size_t at = c.next;
        bool ampersand = at > 1 && text[at - 1] == '&' && text[at - 2] != '&';
        result = shell_read(&v, name, text, bytes, at, &c, e);
        if (result == 0)
            result = one(&v, name, &c, &from, ampersand, &travel, &commands, e);
    }
    buf_done(&posix);
    buf_done(&clean);
    if (result != 0)
        return -1;
    d->sequence = d->request_count > 1;
    if (d->sequence)
        draft_note(d, &d->notes, "Assumed: each user sends the requests in order, repeatedly.");
    transfer_note_travel(d, &travel);
    if (commands > 0 && d->request_count == 0) {
        const char *why = draft_omission(d);
        return err_set(e, "%s: no request found%s%s", name, why != NULL ? ". " : "",
                       why != NULL ? why : "");
    }
    if (commands == 0)
        return err_set(e, "%s: no curl command in it; it must begin with \"curl\"", name);
    return 0;
}
