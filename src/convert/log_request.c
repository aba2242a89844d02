/* Lines of access logs, and what they share with JSON: times and request lines. */
#include "convert/log_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "import/import_fields.h"
#include "util/text.h"
#include "util/url.h"

#define MARKS_MAX 8    /* "[" of a line that may begin its time */
#define QUOTED_MAX 8   /* quoted fields of a line that are looked at */
#define AUTHORITY_AT 3 /* Envoy's fields: forwarded for, agent, request id, authority */

void log_request_init(struct log_request *r) {
    *r = (struct log_request){.method = ""};
    buf_init(&r->text, (size_t)1 << 20);
}

void log_request_done(struct log_request *r) {
    buf_done(&r->text);
}

void log_request_clear(struct log_request *r) {
    buf_clear(&r->text);
    r->method = r->target = "";
    r->method_bytes = r->target_bytes = 0;
    r->host = r->agent = NULL;
    r->host_bytes = r->agent_bytes = 0;
    r->scheme_known = r->https = r->has_time = r->whole_seconds = false;
    r->status = 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "10/Oct/2000:13:55:36 -0700" as the text that import_time_text() reads. */
static bool common_time(const char *text, size_t n, char out[40]) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char shape[] = "99/aaa/9999:99:99:99 s9999";
    char name[4] = "";
    const char *month;
    if (n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        char s = shape[i], c = text[i];
        bool good = s == '9'   ? is_digit(c)
                    : s == 'a' ? (c | 32) >= 'a' && (c | 32) <= 'z'
                    : s == 's' ? c == '+' || c == '-'
                               : c == s;
        if (!good)
            return false;
    }
    memcpy(name, text + 3, 3);
    month = strstr(months, name);
    if (month == NULL || (month - months) % 3 != 0)
        return false;
    size_t number = (size_t)(month - months) / 3 + 1;
    memcpy(out, text + 7, 4);
    out[4] = out[7] = '-';
    out[5] = (char)('0' + number / 10);
    out[6] = (char)('0' + number % 10);
    memcpy(out + 8, text, 2);
    out[10] = 'T';
    memcpy(out + 11, text + 12, 8);
    memcpy(out + 19, text + 21, 5);
    out[24] = '\0';
    return true;
}

bool log_request_time(struct log_request *r, const char *text, size_t n) {
    char plain[40];
    if (n == r->last_bytes && n > 0 && memcmp(text, r->last_time, n) == 0) {
        r->at_us = r->last_us;
        r->has_time = true;
        r->whole_seconds = r->last_us % 1000000 == 0;
        return true;
    }
    if (n == 0 || n >= sizeof plain)
        return false;
    if (!common_time(text, n, plain)) {
        memcpy(plain, text, n);
        plain[n] = '\0';
    }
    if (!import_time_text(plain, &r->at_us))
        return false;
    r->has_time = true;
    r->whole_seconds = r->at_us % 1000000 == 0;
    memcpy(r->last_time, text, n);
    r->last_bytes = n;
    r->last_us = r->at_us;
    return true;
}

static bool is_token(const char *text, size_t n) {
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\0' || strchr(token, text[i]) == NULL)
            return false;
    return n > 0 && n <= 32;
}

static bool has_scheme(const char *text, size_t n) {
    return (n > 7 && strncasecmp(text, "http://", 7) == 0) ||
           (n > 8 && strncasecmp(text, "https://", 8) == 0);
}

enum log_kind log_request_split(struct log_request *r, const char *text, size_t n) {
    const char *space = n > 0 ? memchr(text, ' ', n) : NULL;
    if (n == 0 || (n == 1 && text[0] == '-'))
        return LOG_NO_REQUEST;
    if (space == NULL || !is_token(text, (size_t)(space - text)))
        return LOG_NOT_HTTP;
    r->method = text;
    r->method_bytes = (size_t)(space - text);
    const char *end = text + n, *version = memrchr(text, ' ', n);
    while (space + 1 < end && space[1] == ' ')
        space++;
    /* Without a version it is a request of HTTP/0.9. */
    if (version > space && end - version > 5 && strncasecmp(version + 1, "HTTP/", 5) == 0)
        end = version;
    r->target = space + 1;
    r->target_bytes = (size_t)(end - r->target);
    if (r->target_bytes == 0)
        return LOG_NOT_HTTP;
    if ((r->target_bytes == 1 && r->target[0] == '*') ||
        (r->method_bytes == 7 && memcmp(r->method, "CONNECT", 7) == 0))
        return LOG_NO_TARGET;
    if (r->target[0] != '/' && !has_scheme(r->target, r->target_bytes))
        return LOG_NOT_HTTP;
    return r->target_bytes > LOG_TARGET_MAX ? LOG_TOO_LONG : LOG_REQUEST;
}

/* The end of a quoted field that begins at `from`, or NULL. A quote that was not escaped is inside
 * it, if no space follows. */
static const char *quoted_end(const char *from, const char *end) {
    for (const char *p = from; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"' && (p + 1 == end || p[1] == ' '))
            return p;
    }
    return NULL;
}

/* nginx writes \xHH, Apache also \" \\ and C's letters. */
static void unescape(struct buf *out, const char *text, size_t n) {
    static const char letters[] = "nrtbvf", bytes[] = "\n\r\t\b\v\f";
    for (size_t i = 0; i < n; i++) {
        const char *letter;
        char next = text[i] == '\\' && i + 1 < n ? text[i + 1] : '\0';
        if (next == 'x' && i + 3 < n && text_hex(text[i + 2]) >= 0 && text_hex(text[i + 3]) >= 0) {
            buf_char(out, (char)(text_hex(text[i + 2]) << 4 | text_hex(text[i + 3])));
            i += 3;
        } else if (next == '"' || next == '\\') {
            buf_char(out, text[++i]);
        } else if (next != '\0' && (letter = strchr(letters, next)) != NULL) {
            buf_char(out, bytes[letter - letters]);
            i++;
        } else {
            buf_char(out, text[i]);
        }
    }
}

/* The text as it was before the server wrote it. */
static const char *plain(struct buf *out, const char *text, size_t *n) {
    if (memchr(text, '\\', *n) == NULL)
        return text;
    unescape(out, text, *n);
    *n = out->len;
    return buf_text(out);
}

struct word {
    const char *text;
    size_t n;
};

/* A host that is no address: of those the log may name clients. */
static bool is_host_name(struct word w) {
    bool letter = false;
    for (size_t i = 0; i < w.n; i++) {
        char c = w.text[i];
        bool a = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!a && !is_digit(c) && (i == 0 || (c != '.' && c != '-' && c != '_')))
            return false;
        letter = letter || a;
    }
    return letter;
}

/* nginx has "unix:" for a client of a socket. */
static bool is_address(struct word w) {
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (w.n >= sizeof text)
        return false;
    memcpy(text, w.text, w.n);
    text[w.n] = '\0';
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1 ||
           strcmp(text, "unix:") == 0;
}

/* The port of "shop.example:443", or NULL. */
static const char *port_of(struct word w) {
    const char *end = w.text + w.n, *colon = memrchr(w.text, ':', w.n);
    if (colon == NULL || colon == w.text || colon + 1 == end || end - colon > 6)
        return NULL;
    for (const char *p = colon + 1; p < end; p++)
        if (!is_digit(*p))
            return NULL;
    bool bracket = w.text[0] == '[' && colon[-1] == ']';
    if (!bracket && memchr(w.text, ':', (size_t)(colon - w.text)) != NULL)
        return NULL; /* an address of IPv6 */
    return colon + 1;
}

static void set_host(struct log_request *r, struct word host) {
    const char *port = port_of(host), *end = host.text + host.n;
    r->host = host.text;
    r->host_bytes = host.n;
    r->scheme_known = port != NULL;
    r->https = port != NULL && end - port == 3 && memcmp(port, "443", 3) == 0;
}

/* A name that can only be a host: it has a dot or a port. */
static bool is_clear_host(struct word w) {
    const char *port = port_of(w);
    struct word name = {w.text, port == NULL ? w.n : (size_t)(port - 1 - w.text)};
    return is_host_name(name) && (port != NULL || memchr(name.text, '.', name.n) != NULL);
}

/* Virtual hosts, in three places. "shop.example:443 192.0.2.1 - - [": before the fields of the
 * common format. Its port tells such a line; without one, the client in the second place does. The
 * second field of a common line is the user's name by RFC 1413, which is "-" nearly always.
 * "192.0.2.1 shop.example - ann [": behind the client, in a line of one field more. */
static void virtual_host(struct log_request *r, const char *line, const char *mark) {
    struct word words[4];
    size_t count = 0;
    for (const char *p = line; p < mark && count < 4;) {
        const char *space = memchr(p, ' ', (size_t)(mark - p)), *end = space == NULL ? mark : space;
        if (end > p)
            words[count++] = (struct word){p, (size_t)(end - p)};
        p = end + 1;
    }
    if (count < 4 || words[0].text != line)
        return;
    if (is_address(words[0]) && words[0].n > 0 && is_clear_host(words[1]) && words[2].n == 1 &&
        words[2].text[0] == '-') {
        set_host(r, words[1]);
        return;
    }
    bool looked_up = is_host_name(words[1]) && memchr(words[1].text, '.', words[1].n) != NULL &&
                     words[2].n == 1 && words[2].text[0] == '-';
    if (port_of(words[0]) != NULL ||
        (is_host_name(words[0]) && (is_address(words[1]) || looked_up)))
        set_host(r, words[0]);
}

/* '] shop.example "GET': a host between the time and the request, which may have quotes as well. */
static void host_before_request(struct log_request *r, const char *from, const char *end) {
    while (from < end && *from == ' ')
        from++;
    while (end > from && end[-1] == ' ')
        end--;
    struct word w = {from, (size_t)(end - from)};
    if (w.n > 2 && w.text[0] == '"' && w.text[w.n - 1] == '"')
        w = (struct word){from + 1, w.n - 2};
    if (r->host == NULL && w.n > 0 && is_clear_host(w))
        set_host(r, w);
}

/* What is behind the request: its status, and the quoted fields. */
static bool rest_of_line(struct log_request *r, const char *at, const char *end, bool envoy) {
    int digits = 0;
    while (at < end && *at == ' ')
        at++;
    if (at == end)
        return false;
    for (; at + digits < end && digits < 4 && is_digit(at[digits]); digits++)
        r->status = r->status * 10 + (at[digits] - '0');
    bool none = *at == '-' && (at + 1 == end || at[1] == ' ');
    if (!none && (digits == 0 || digits > 3 || (at + digits < end && at[digits] != ' ')))
        return false;
    if (r->status < 100 || r->status > 599)
        r->status = 0;
    const char *fields[QUOTED_MAX];
    size_t bytes[QUOTED_MAX], count = 0;
    while (count < QUOTED_MAX && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *stop = quoted_end(at + 1, end);
        if (stop == NULL)
            break;
        fields[count] = at + 1;
        bytes[count++] = (size_t)(stop - at) - 1;
        at = stop + 1;
    }
    if (count > 1) {
        r->agent = fields[1];
        r->agent_bytes = bytes[1];
    }
    if (envoy && count > AUTHORITY_AT && bytes[AUTHORITY_AT] > 1) {
        r->host = fields[AUTHORITY_AT];
        r->host_bytes = bytes[AUTHORITY_AT];
    }
    return true;
}

enum log_kind log_request_line(struct log_request *r, const char *line, size_t n) {
    const char *end = line + n, *mark = line, *close = NULL;
    log_request_clear(r);
    /* The first brackets that hold a time; a user's name may have some, too. */
    for (int tries = 0;; tries++, mark++) {
        mark = memchr(mark, '[', (size_t)(end - mark));
        if (mark == NULL || tries == MARKS_MAX)
            return LOG_STRANGE;
        close = memchr(mark, ']', (size_t)(end - mark));
        if (close == NULL)
            return LOG_STRANGE;
        if (log_request_time(r, mark + 1, (size_t)(close - mark) - 1))
            break;
        if (close + 2 < end && close[1] == ' ' && close[2] == '"')
            break; /* a time that is none, in its place */
    }
    const char *quote = memchr(close, '"', (size_t)(end - close));
    const char *stop = quote == NULL ? NULL : quoted_end(quote + 1, end);
    /* A field before the request is a word, so it has no space. */
    const char *next = stop != NULL && stop + 2 < end && stop[1] == ' ' ? stop + 2 : NULL;
    if (next != NULL && *next == '"' && stop > quote + 1 &&
        memchr(quote, ' ', (size_t)(stop - quote)) == NULL) {
        quote = next;
        stop = quoted_end(quote + 1, end);
    }
    if (stop == NULL || !rest_of_line(r, stop + 1, end, mark == line))
        return LOG_STRANGE;
    virtual_host(r, line, mark);
    host_before_request(r, close + 1, quote);
    size_t bytes = (size_t)(stop - quote) - 1;
    const char *text = plain(&r->text, quote + 1, &bytes);
    return log_request_split(r, text, bytes);
}
