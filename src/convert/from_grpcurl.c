/* grpcurl command lines. A command becomes a gRPC call; what only describes a server is left
 * out. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/shell.h"
#include "convert/shell_windows.h"

#define COMMANDS_MAX 10000

enum what {
    QUIET, /* changes nothing that is sent */
    LEFT,  /* has no equivalent */
    DATA,
    HEADER,
    PROTO,
    PROTOSET,
    IMPORT_PATH,
    PLAINTEXT,
    INSECURE,
    CACERT,
    CERT,
    KEY,
    MAX_TIME,
    CONNECT_TIMEOUT,
    MAX_MESSAGE
};

/* Options as Go's package flag reads them: with one "-" or two, and with their value behind a "="
 * or as the next word. */
static const struct {
    const char *name;
    bool has_argument;
    enum what what;
} options[] = {
    {"d", true, DATA},
    {"H", true, HEADER},
    {"rpc-header", true, HEADER},
    {"reflect-header", true, QUIET},
    {"proto", true, PROTO},
    {"protoset", true, PROTOSET},
    {"import-path", true, IMPORT_PATH},
    {"plaintext", false, PLAINTEXT},
    {"insecure", false, INSECURE},
    {"cacert", true, CACERT},
    {"cert", true, CERT},
    {"key", true, KEY},
    {"max-time", true, MAX_TIME},
    {"connect-timeout", true, CONNECT_TIMEOUT},
    {"max-msg-sz", true, MAX_MESSAGE},
    {"authority", true, LEFT},
    {"servername", true, LEFT},
    {"keepalive-time", true, LEFT},
    {"user-agent", true, LEFT},
    {"unix", false, LEFT},
    {"alts", false, LEFT},
    {"alts-handshaker-service", true, LEFT},
    {"alts-target-service-account", true, LEFT},
    {"expand-headers", false, LEFT},
    {"allow-unknown-fields", false, LEFT},
    {"use-reflection", false, QUIET},
    {"emit-defaults", false, QUIET},
    {"format", true, QUIET},
    {"format-error", false, QUIET},
    {"msg-template", false, QUIET},
    {"protoset-out", true, QUIET},
    {"proto-out-dir", true, QUIET},
    {"v", false, QUIET},
    {"vv", false, QUIET},
};

struct command {
    struct draft *d;
    const struct shell_command *c;
    const char *name;
    const char *words[3]; /* without options: address, and symbol */
    size_t word_count;
    const char *data, *proto, *protoset, *folder, *max_message;
    size_t data_bytes;
    double max_time_s;
    bool plaintext;
    struct draft_request headers; /* its headers and credentials */
};

static bool lost(struct command *x, const char *why, const char *word) {
    draft_lost(x->d, &x->d->next, 1, "left out: %s:%zu: %s%.80s", x->name, x->c->line, why, word);
    return false;
}

static void take_header(struct command *x, const char *text, size_t n) {
    const char *colon = memchr(text, ':', n);
    if (colon == NULL) {
        draft_note(x->d, &x->d->next, "Left out: the header \"%.80s\", which has no colon.", text);
        return;
    }
    const char *value = colon + 1;
    while (value < text + n && *value == ' ')
        value++;
    draft_header(x->d, &x->headers, draft_copy(x->d, text, (size_t)(colon - text)), value,
                 (size_t)(text + n - value));
}

static double seconds(const char *text) {
    return strtod(text, NULL);
}

static void apply(struct command *x, const char *name, enum what what, const char *value,
                  size_t n) {
    struct draft *d = x->d;
    switch (what) {
    case DATA:
        x->data = value;
        x->data_bytes = n;
        break;
    case HEADER:
        take_header(x, value, n);
        break;
    case PROTO:
        if (x->proto != NULL)
            draft_note(d, &d->next, "Left out: -proto %.80s; a call has one.", value);
        else
            x->proto = value;
        break;
    case PROTOSET:
        x->protoset = value;
        break;
    case IMPORT_PATH:
        x->folder = x->folder == NULL ? value : x->folder;
        break;
    case PLAINTEXT:
        x->plaintext = true;
        break;
    case INSECURE:
        d->no_verify = true;
        break;
    case CACERT:
        d->ca = draft_file_name(d, value);
        break;
    case CERT:
        d->cert = draft_file_name(d, value);
        break;
    case KEY:
        d->key = draft_file_name(d, value);
        break;
    case MAX_TIME:
        x->max_time_s = seconds(value);
        break;
    case CONNECT_TIMEOUT:
        d->connect_timeout_s = seconds(value);
        break;
    case MAX_MESSAGE:
        x->max_message = value;
        break;
    case LEFT:
        draft_note(d, &d->next, "Left out: -%s, which a scenario does not have.", name);
        break;
    case QUIET:
        break;
    }
}

/* The option at word *at; false where grpcurl would not take it. */
static bool option(struct command *x, size_t *at) {
    const struct shell_word *w = &x->c->words[*at];
    const char *name = w->text + 1 + (w->text[1] == '-'), *equals = strchr(name, '=');
    size_t n = equals == NULL ? strlen(name) : (size_t)(equals - name);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strlen(options[i].name) != n || memcmp(options[i].name, name, n) != 0)
            continue;
        const char *value = equals == NULL ? "" : equals + 1;
        size_t bytes = equals == NULL ? 0 : (size_t)(w->text + w->n - value);
        if (options[i].has_argument && equals == NULL) {
            if (*at + 1 >= x->c->count)
                return lost(x, w->text, " needs an argument and is the last word");
            value = x->c->words[++*at].text;
            bytes = x->c->words[*at].n;
        }
        if (options[i].has_argument || strcmp(value, "false") != 0)
            apply(x, options[i].name, options[i].what, value, bytes);
        return true;
    }
    return lost(x, "grpcurl has no option ", w->text);
}

static bool read_words(struct command *x, size_t from) {
    for (size_t i = from; i < x->c->count; i++) {
        if (x->c->words[i].text[0] == '-' && x->c->words[i].text[1] != '\0') {
            if (!option(x, &i))
                return false;
        } else if (x->word_count == sizeof x->words / sizeof *x->words)
            return lost(x, "too many words: ", x->c->words[i].text);
        else
            x->words[x->word_count++] = x->c->words[i].text;
    }
    return true;
}

/* "-d @" reads the message from standard input. */
static void find_data(struct command *x) {
    if (x->data != NULL && strcmp(x->data, "@") == 0) {
        x->data = x->c->input != NULL ? x->c->input : "";
        x->data_bytes = x->c->input != NULL ? x->c->input_bytes : 0;
        if (x->c->input == NULL)
            draft_note(x->d, &x->d->next,
                       "Left out: the message, which comes from standard input.");
    }
}

static void set_message(struct command *x, struct draft_request *q) {
    struct json_doc *doc = NULL;
    struct err why;
    if (x->data == NULL || x->data_bytes == 0)
        return;
    if (json_parse("-d", x->data, x->data_bytes, &doc, &why) == 0 &&
        json_root(doc)->kind == JSON_OBJECT)
        draft_body_json(x->d, q, json_root(doc));
    else
        draft_note(x->d, &q->notes, "Left out: the message, which is not one JSON object%s%.200s.",
                   doc == NULL ? ": " : "", doc == NULL ? why.text : "");
    json_free(doc);
}

static void set_types(struct command *x, struct draft_request *q) {
    struct buf path;
    if (x->protoset != NULL) {
        q->descriptor_set = draft_file_name(x->d, x->protoset);
        return;
    }
    if (x->proto == NULL)
        return; /* by reflection, as grpcurl does it */
    buf_init(&path, 1 << 16);
    if (x->folder != NULL && x->proto[0] != '/')
        buf_printf(&path, "%s/", x->folder);
    buf_str(&path, x->proto);
    q->proto = draft_file_name(x->d, draft_take(x->d, &path));
}

static const char *url_of(struct command *x, const char *address) {
    struct buf url;
    buf_init(&url, 1 << 16);
    buf_printf(&url, "%s://", x->plaintext ? "http" : "https");
    draft_add_literal(x->d, &url, address, strlen(address));
    return draft_take(x->d, &url);
}

static void finish(struct command *x) {
    struct draft *d = x->d;
    const char *symbol = x->word_count == 2 ? x->words[1] : NULL;
    struct buf text;
    if (symbol == NULL || strcmp(symbol, "list") == 0 || strcmp(symbol, "describe") == 0 ||
        x->word_count == 3) {
        lost(x, "it calls no method", "");
        return;
    }
    const char *url = url_of(x, x->words[0]);
    if (d->target == NULL)
        d->target = url;
    else if (strcmp(d->target, url) != 0) {
        lost(x, "it goes to another server: ", x->words[0]);
        return;
    }
    const char *slash = strchr(symbol, '/'), *dot = strrchr(symbol, '.');
    if (slash == NULL && dot == NULL) {
        lost(x, "this is no method: ", symbol);
        return;
    }
    struct draft_request *q = draft_single(d, 1);
    if (q == NULL)
        return;
    find_data(x);
    buf_init(&text, 1 << 16);
    size_t service = (size_t)((slash != NULL ? slash : dot) - symbol);
    draft_add_literal(d, &text, symbol, service);
    buf_char(&text, '/');
    draft_add_literal(d, &text, symbol + service + 1, strlen(symbol + service + 1));
    q->grpc = draft_take(d, &text);
    buf_init(&text, 1 << 16);
    buf_printf(&text, "/%s", q->grpc);
    q->path = draft_take(d, &text);
    q->headers = x->headers.headers;
    q->auth = x->headers.auth;
    q->deadline_s = x->max_time_s;
    draft_notes_move(&q->notes, &x->headers.notes);
    if (x->max_message != NULL)
        draft_note(d, &q->notes, "Left out: -max-msg-sz; write \"max_message\".");
    set_types(x, q);
    set_message(x, q);
}

/* Where the words behind "grpcurl" begin; 0: it is another command. */
static size_t behind_grpcurl(const struct shell_command *c) {
    for (size_t i = 0; i < c->count; i++) {
        const char *word = c->words[i].text, *slash = strrchr(word, '/');
        if (strcmp(slash == NULL ? word : slash + 1, "grpcurl") == 0)
            return i + 1;
        if (strchr(word, '=') == NULL)
            break;
    }
    return 0;
}

int grpcurl_read(struct draft *d, const char *name, const char *text, size_t bytes, struct err *e) {
    struct shell_variables v = {.d = d};
    struct shell_command c = {.next = 0};
    struct buf clean;
    size_t commands = 0;
    int result = 0;
    d->references = true;
    buf_init(&clean, DRAFT_BYTES_MAX);
    draft_clean(&clean, text, bytes);
    while (c.next < clean.len && result == 0) {
        result = shell_read(&v, name, buf_text(&clean), clean.len, c.next, &c, e);
        size_t begin = result == 0 ? behind_grpcurl(&c) : 0;
        if (begin == 0)
            continue;
        if (++commands > COMMANDS_MAX)
            result = err_set(e, "%s: more than %d grpcurl commands", name, COMMANDS_MAX);
        struct command x = {.d = d, .c = &c, .name = name};
        if (result == 0 && read_words(&x, begin))
            finish(&x);
    }
    buf_done(&clean);
    if (result != 0)
        return -1;
    if (commands == 0)
        return err_set(e, "%s: no grpcurl command in it; it must begin with \"grpcurl\"", name);
    if (d->request_count == 0) {
        const char *why = draft_omission(d);
        return err_set(e, "%s: no call found%s%s", name, why != NULL ? ". " : "",
                       why != NULL ? why : "");
    }
    d->sequence = d->request_count > 1;
    if (d->sequence)
        draft_note(d, &d->notes, "Assumed: each user sends the calls in order, repeatedly.");
    return 0;
}

bool grpcurl_is_one(const char *text, size_t bytes) {
    return memmem(text, bytes, "grpcurl ", 8) != NULL;
}
