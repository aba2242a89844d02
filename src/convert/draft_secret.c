/* Secrets that must not get into a scenario: passwords, tokens, keys and cookies become
 * variables. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/draft.h"
#include "util/encode.h"
#include "util/text.h"

#define ENV_NAME_MAX 60
#define WHAT_MAX 150
#define KEY_BYTES_MIN                                                                              \
    20 /* "key=" in a query is an API's key when it is so long, else most often a word */

/* Lower case, letters and digits only, so that "X-Api-Key", "api_key" and "apiKey" are one. */
static void flatten(const char *name, size_t n, char out[128]) {
    size_t len = 0;
    for (size_t i = 0; i < n && len < 127; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[len++] = c;
    }
    out[len] = '\0';
}

bool draft_is_secret_name(const char *name, size_t n) {
    static const char *const inside[] = {"password",   "passwd",    "passphrase", "passcode",
                                         "secret",     "apikey",    "sessionid",  "privatekey",
                                         "credential", "accesskey", "authkey",    "subscriptionkey",
                                         "jsessionid", "phpsessid", "signature",  "authorization"};
    static const char *const whole[] = {"pwd",
                                        "pass",
                                        "token",
                                        "auth",
                                        "jwt",
                                        "sid",
                                        "otp",
                                        "pin",
                                        "cvv",
                                        "cvc",
                                        "sig",
                                        "session",
                                        "cookie",
                                        "xauth",
                                        "ticket",
                                        "samlresponse",
                                        "csrf",
                                        "xsrf",
                                        "clientassertion",
                                        "pw"};
    char flat[128];
    flatten(name, n, flat);
    size_t len = strlen(flat);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        if (strstr(flat, inside[i]) != NULL)
            return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(flat, whole[i]) == 0)
            return true;
    return len > 5 && strcmp(flat + len - 5, "token") == 0;
}

/* What the shell or the program itself gives a meaning is no name for a secret. */
static bool is_taken(const char *name) {
    static const char *const taken[] = {"USER", "HOME",    "PATH",   "SHELL", "LANG",
                                        "PWD",  "TERM",    "MAIL",   "TZ",    "IFS",
                                        "SID",  "LOGNAME", "DISPLAY"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

static struct draft_secret *with_env(const struct draft *d, const char *name) {
    struct pointer_search at;
    for (struct draft_secret *s = pointer_map_first(&d->by_env, name, strlen(name), &at); s != NULL;
         s = pointer_map_next(&d->by_env, &at))
        if (strcmp(s->env, name) == 0)
            return s;
    return NULL;
}

/* A variable without a value, by its description. */
static const struct draft_secret *with_what(const struct draft *d, const char *what) {
    struct pointer_search at;
    for (const struct draft_secret *s = pointer_map_first(&d->by_what, what, strlen(what), &at);
         s != NULL; s = pointer_map_next(&d->by_what, &at))
        if (s->bytes == 0 && strcmp(s->what, what) == 0)
            return s;
    return NULL;
}

/* A variable's name of any text, that no other secret has. */
static const char *env_name(struct draft *d, const char *hint) {
    char name[ENV_NAME_MAX + 32];
    size_t n = 0;
    for (const char *p = hint; *p != '\0' && n < ENV_NAME_MAX; p++) {
        bool lower = *p >= 'a' && *p <= 'z', upper = *p >= 'A' && *p <= 'Z',
             digit = *p >= '0' && *p <= '9';
        bool hump = upper && p > hint && p[-1] >= 'a' && p[-1] <= 'z'; /* apiKey is API_KEY */
        if (hump || (digit && n == 0))
            name[n++] = '_';
        if (lower || upper || digit)
            name[n++] = lower ? (char)(*p - 'a' + 'A') : *p;
        else if (n > 0 && name[n - 1] != '_')
            name[n++] = '_';
    }
    while (n > 0 && name[n - 1] == '_')
        n--;
    name[n] = '\0';
    if (n == 0)
        snprintf(name, sizeof name, "SECRET");
    if (is_taken(name))
        snprintf(name + strlen(name), sizeof name - strlen(name), "_VALUE");
    size_t base = strlen(name);
    struct draft_secret *same = with_env(d, name);
    while (same != NULL && with_env(d, name) != NULL)
        snprintf(name + base, sizeof name - base, "_%u", same->next_number++);
    return draft_copy(d, name, strlen(name));
}

static const char *reference(struct draft *d, const struct draft_secret *s) {
    char text[ENV_NAME_MAX + 64];
    snprintf(text, sizeof text, "${env.%s}", s->env);
    return draft_copy(d, text, strlen(text));
}

static void append(struct draft *d, struct draft_secret *s) {
    if (d->secrets_last != NULL)
        d->secrets_last->next = s;
    else
        d->secrets = s;
    d->secrets_last = s;
}

static struct draft_secret *add_secret(struct draft *d, const char *env, const char *value,
                                       size_t n, bool only_here, const char *what) {
    struct draft_secret *s = draft_alloc(d, sizeof *s);
    if (s == NULL)
        return NULL;
    s->value = draft_copy(d, value, n);
    s->bytes = n;
    s->only_here = only_here;
    s->what = draft_copy(d, what, text_cut(what, strlen(what), WHAT_MAX));
    s->env = env;
    s->next_number = 2;
    bool kept = n > 0 ? pointer_map_add(&d->by_value, value, n, s)
                      : pointer_map_add(&d->by_what, s->what, strlen(s->what), s);
    if (!pointer_map_add(&d->by_env, env, strlen(env), s) || !kept)
        d->failed = true;
    append(d, s);
    return s;
}

static const char *remember(struct draft *d, const char *hint, const char *value, size_t n,
                            bool only_here, const char *what) {
    const struct draft_secret *s = add_secret(d, env_name(d, hint), value, n, only_here, what);
    return s == NULL ? "" : reference(d, s);
}

static bool all_of(const char *text, size_t n, const char *set) {
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\0' || strchr(set, text[i]) == NULL)
            return false;
    return n > 0;
}

/* A text that only says where a secret goes: "API_KEY", "<string>", "$TOKEN", "your-token". It may
 * be anywhere else with another meaning. */
static bool is_placeholder(const char *text, size_t n) {
    static const char *const words[] = {"string", "example", "changeme", "value", "null", "test"};
    static const char *const around[] = {"<>", "{}", "[]", "%%"};
    const char first = n > 0 ? text[0] : '\0', last = n > 0 ? text[n - 1] : '\0';
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        if (first == around[i][0] && last == around[i][1])
            return true;
    if (first == '$' || all_of(text, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") ||
        all_of(text, n, "xX*.-_"))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], text, n) == 0)
            return true;
    bool letters = all_of(text, n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_- ");
    return letters &&
           ((n > 4 && strncasecmp(text, "your", 4) == 0) || draft_is_secret_name(text, n));
}

/* A text that was invented. */
struct made {
    const char *text;
    size_t n;
};

static bool is_made(const struct draft *d, const char *value, size_t n) {
    struct pointer_search at;
    for (const struct made *m = pointer_map_first(&d->by_made, value, n, &at); m != NULL;
         m = pointer_map_next(&d->by_made, &at))
        if (m->n == n && memcmp(m->text, value, n) == 0)
            return true;
    return false;
}

void draft_made(struct draft *d, const char *value, size_t n) {
    struct made *m = is_made(d, value, n) ? NULL : draft_alloc(d, sizeof *m);
    if (m == NULL)
        return;
    *m = (struct made){draft_copy(d, value, n), n};
    if (!pointer_map_add(&d->by_made, value, n, m))
        d->failed = true;
}

static const char *known(struct draft *d, const char *hint, const char *value, size_t n,
                         bool only_here, const char *what) {
    if (draft_has_reference(d, value, n))
        return draft_literal(d, value, n); /* a variable already */
    only_here = only_here || is_placeholder(value, n) || is_made(d, value, n);
    struct pointer_search at;
    for (const struct draft_secret *s = pointer_map_first(&d->by_value, value, n, &at); s != NULL;
         s = pointer_map_next(&d->by_value, &at))
        if (s->bytes == n && memcmp(s->value, value, n) == 0 && s->only_here == only_here &&
            (!only_here || strcmp(s->what, what) == 0))
            return reference(d, s);
    return remember(d, hint, value, n, only_here, what);
}

const char *draft_secret(struct draft *d, const char *hint, const char *value, size_t n,
                         const char *format, ...) {
    char what[WHAT_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return known(d, hint, value, n, false, what);
}

void draft_secret_also(struct draft *d, const char *scenario_text, const char *value, size_t n) {
    struct draft_secret *s = draft_alloc(d, sizeof *s);
    size_t bytes = strlen(scenario_text);
    if (s == NULL || bytes < 8)
        return;
    *s = (struct draft_secret){.value = draft_copy(d, value, n),
                               .bytes = n,
                               .env =
                                   draft_copy(d, scenario_text + 6, bytes - 7), /* "${env.", "}" */
                               .what = "",
                               .only_here = is_placeholder(value, n),
                               .also = true};
    append(d, s);
}

const char *draft_variable(struct draft *d, const char *hint, const char *format, ...) {
    char what[WHAT_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const struct draft_secret *s = with_what(d, what);
    return s != NULL ? reference(d, s) : remember(d, hint, "", 0, true, what);
}

const char *draft_environment(struct draft *d, const char *name) {
    char what[WHAT_MAX + 1];
    snprintf(what, sizeof what, "shell variable $%.100s", name);
    const struct draft_secret *s = with_what(d, what);
    if (s != NULL)
        return reference(d, s);
    if (strlen(name) > ENV_NAME_MAX || with_env(d, name) != NULL)
        return remember(d, name, "", 0, true, what);
    s = add_secret(d, draft_copy(d, name, strlen(name)), "", 0, true, what);
    return s == NULL ? "" : reference(d, s);
}

void draft_if_used(struct draft *d, const char *scenario_text) {
    size_t n = strlen(scenario_text);
    struct draft_secret *s =
        n < 8 ? NULL : with_env(d, draft_copy(d, scenario_text + 6, n - 7)); /* "${env.", "}" */
    if (s != NULL)
        s->if_used = true;
}

void draft_add_variable(struct draft *d, struct buf *out, const char *scenario_text) {
    size_t n = strlen(scenario_text);
    if (n > 3) /* "" where there is no memory */
        draft_reference(d, out, draft_copy(d, scenario_text + 2, n - 3));
}

bool draft_is_secret(const char *name, size_t name_bytes, size_t value_bytes) {
    bool long_key =
        name_bytes == 3 && strncasecmp(name, "key", 3) == 0 && value_bytes >= KEY_BYTES_MIN;
    return long_key || draft_is_secret_name(name, name_bytes);
}

const char *draft_value(struct draft *d, const char *name, const char *value, size_t n) {
    if (n == 0 || !draft_is_secret(name, strlen(name), n))
        return draft_literal(d, value, n);
    return draft_secret(d, name, value, n, "%.100s", name);
}

static bool starts(const char *text, size_t n, const char *word, size_t *rest) {
    size_t len = strlen(word);
    if (n < len || strncasecmp(text, word, len) != 0)
        return false;
    while (len < n && text[len] == ' ')
        len++;
    *rest = len;
    return true;
}

void draft_bearer(struct draft *d, struct draft_request *q, const char *text, size_t n) {
    draft_header_remove(q, "Authorization");
    q->auth = (struct draft_auth){.bearer = draft_secret(d, "TOKEN", text, n, "bearer token")};
}

void draft_basic(struct draft *d, struct draft_request *q, const char *text, size_t n) {
    const char *colon = n > 0 ? memchr(text, ':', n) : NULL;
    size_t user = colon == NULL ? n : (size_t)(colon - text);
    size_t rest = colon == NULL ? 0 : n - user - 1;
    draft_header_remove(q, "Authorization");
    q->auth.bearer = NULL;
    /* Without a password the user's name is the key itself, as some APIs have it. */
    q->auth.user =
        user == 0 ? ""
                  : known(d, "AUTH_USER", text, user, rest > 0, "user of basic authentication");
    q->auth.password = rest == 0 ? ""
                                 : draft_secret(d, "AUTH_PASSWORD", text + user + 1, rest,
                                                "password of basic authentication");
}

/* Adds the header, or joins it to one of the same name: a scenario's headers have each name
 * once. */
static void put(struct draft *d, struct draft_request *q, const char *name, const char *value) {
    for (struct draft_pair *p = q->headers.first; p != NULL; p = p->next) {
        if (strcasecmp(p->name, name) != 0)
            continue;
        struct buf b;
        buf_init(&b, DRAFT_BYTES_MAX);
        buf_printf(&b, "%s%s%s", p->value, strcasecmp(name, "Cookie") == 0 ? "; " : ", ", value);
        p->value = draft_take(d, &b);
        draft_note(d, &q->notes, "header %s appears more than once: its values are joined", name);
        return;
    }
    if (q->headers.count >= DRAFT_HEADERS_MAX) {
        draft_note(d, &q->notes, "left out: header %s, because there are %d already", name,
                   DRAFT_HEADERS_MAX);
        return;
    }
    draft_pair_add(d, &q->headers, draft_copy(d, name, strlen(name)), value);
}

/* "token abc": a scheme and one word. More words may hold parts of a secret each. */
static const char *other_scheme(struct draft *d, const char *value, size_t n) {
    const char *space = memchr(value, ' ', n);
    size_t scheme = space == NULL ? 0 : (size_t)(space - value);
    const char *rest = value + scheme + 1;
    if (scheme == 0 || n - scheme < 2 || memchr(rest, ' ', n - scheme - 1) != NULL ||
        memchr(rest, ',', n - scheme - 1) != NULL || memchr(value, '=', scheme) != NULL ||
        draft_has_reference(d, value, scheme))
        return draft_secret(d, "AUTHORIZATION", value, n, "the complete Authorization header");
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    draft_add_literal(d, &b, value, scheme);
    buf_printf(&b, " %s",
               draft_secret(d, "TOKEN", rest, n - scheme - 1, "token of the Authorization header"));
    return draft_take(d, &b);
}

static void authorization(struct draft *d, struct draft_request *q, const char *value, size_t n) {
    size_t rest;
    struct buf plain;
    if (starts(value, n, "Bearer ", &rest) && rest < n &&
        memchr(value + rest, ' ', n - rest) == NULL) {
        draft_bearer(d, q, value + rest, n - rest);
        return;
    }
    buf_init(&plain, DRAFT_BYTES_MAX);
    if (starts(value, n, "Basic ", &rest) && decode_base64(&plain, value + rest, n - rest) &&
        memchr(buf_text(&plain), ':', plain.len) != NULL && text_is_utf8(plain.data, plain.len)) {
        draft_secret(d, "AUTHORIZATION", value + rest, n - rest, "basic authentication, encoded");
        draft_basic(d, q, plain.data, plain.len);
    } else if (n == 0) {
        put(d, q, "Authorization", "");
    } else {
        q->auth = (struct draft_auth){0};
        draft_header_remove(q, "Authorization");
        draft_pair_add(d, &q->headers, "Authorization", other_scheme(d, value, n));
    }
    buf_done(&plain);
}

const char *draft_header_get(const struct draft_request *q, const char *name) {
    for (const struct draft_pair *p = q->headers.first; p != NULL; p = p->next)
        if (strcasecmp(p->name, name) == 0)
            return p->value;
    return NULL;
}

void draft_header_remove(struct draft_request *q, const char *name) {
    struct draft_pairs left = {0};
    for (struct draft_pair *p = q->headers.first, *next; p != NULL; p = next) {
        next = p->next;
        if (strcasecmp(p->name, name) == 0)
            continue;
        p->next = NULL;
        if (left.last != NULL)
            left.last->next = p;
        else
            left.first = p;
        left.last = p;
        left.count++;
    }
    q->headers = left;
}

static bool is_token(const char *name) {
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return name[0] != '\0' && strlen(name) <= 256 && name[strspn(name, token)] == '\0' &&
           strstr(name, "${") == NULL;
}

bool draft_method(struct draft *d, struct draft_request *q, const char *text, size_t n) {
    static const char *const known[] = {"GET",   "HEAD",   "POST",    "PUT",
                                        "PATCH", "DELETE", "OPTIONS", "TRACE"};
    if (n > 32 || strlen(text) != n || !is_token(text) || strcasecmp(text, "CONNECT") == 0)
        return false;
    q->method = draft_copy(d, text, n);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(known[i], text) != 0 || strcmp(known[i], text) == 0)
            continue;
        q->method = known[i];
        draft_note(d, &q->notes, "assumed: method %s, which the source writes as %s", known[i],
                   text);
    }
    return true;
}

static bool has_control(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

void draft_header(struct draft *d, struct draft_request *q, const char *name, const char *value,
                  size_t n) {
    while (n > 0 && (value[0] == ' ' || value[0] == '\t')) {
        value++;
        n--;
    }
    while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
        n--;
    if (strcasecmp(name, "Content-Length") == 0 || strcasecmp(name, "Transfer-Encoding") == 0)
        return; /* follow from the body */
    if (!is_token(name)) {
        draft_note(d, &q->notes, "left out: header \"%.80s\", whose name is invalid", name);
        return;
    }
    if (has_control(value, n) || !text_is_utf8(value, n)) {
        draft_note(d, &q->notes,
                   "left out: header %s, whose value contains bytes that cannot be sent", name);
        return;
    }
    if (strcasecmp(name, "Authorization") == 0)
        authorization(d, q, value, n);
    else if (strcasecmp(name, "Cookie") == 0 && n > 0)
        put(d, q, name, draft_secret(d, "COOKIE", value, n, "cookies"));
    else
        put(d, q, name, draft_value(d, name, value, n));
}
