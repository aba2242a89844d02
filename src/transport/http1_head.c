/* Parses one line of a head: what it may contain, and what it says about the end of the
 * response. */
#include <string.h>
#include <strings.h>

#include "transport/http1.h"
#include "transport/http1_known.h"

#define NOT_HTTP HTTP1_NOT_HTTP

void http1_fail(struct http1 *h, const char *error) {
    h->state = HTTP1_FAILED;
    h->error = error;
    h->keep = false;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* RFC 9110 5.6.2: one bit for each character of ASCII. */
static bool is_token(struct bytes s) {
    static const uint64_t set[2] = {UINT64_C(0x03ff6cfa00000000), UINT64_C(0x57ffffffc7fffffe)};
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c >= 128 || (set[c / 64] >> (c % 64) & 1) == 0)
            return false;
    }
    return s.len > 0;
}

/* RFC 9112 2.2 and RFC 9110 5.5: NUL and a CR of its own make it invalid; other control characters
 * may stay. */
static bool has_stray(const char *line, size_t n) {
    return n > 0 && (memchr(line, '\0', n) != NULL || memchr(line, '\r', n) != NULL);
}

/* ---- the status line (RFC 9112 4) ---- */

static bool read_status(struct http1 *h, const char *line, size_t n) {
    size_t at = sizeof "HTTP/1.1" - 1;
    if (n < at + 1 || memcmp(line, "HTTP/1.", at - 1) != 0 || !is_digit(line[at - 1]))
        return false;
    /* A minor version that nobody knows yet is treated as the highest that is known (RFC 9110
     * 2.5). */
    h->head.minor_1 = line[at - 1] != '0';
    size_t spaces = at;
    while (at < n && line[at] == ' ')
        at++;
    if (at == spaces || n - at < 3)
        return false;
    if (line[at] < '1' || line[at] > '9' || !is_digit(line[at + 1]) || !is_digit(line[at + 2]))
        return false;
    h->status = (line[at] - '0') * 100 + (line[at + 1] - '0') * 10 + (line[at + 2] - '0');
    return n - at == 3 || line[at + 3] == ' ';
}

/* libcurl's own words for an answer of HTTP/2 or 3. */
static bool read_foreign(struct http1 *h, const char *line, size_t n) {
    if (!h->others || n < sizeof "HTTP/2 200" - 1 || line[6] != ' ' ||
        (memcmp(line, "HTTP/2", 6) != 0 && memcmp(line, "HTTP/3", 6) != 0))
        return false;
    h->foreign = true;
    h->status = (line[7] - '0') * 100 + (line[8] - '0') * 10 + (line[9] - '0');
    return true;
}

static void forget_head(struct http1 *h) {
    h->foreign = false;
    h->head = (struct http1_head){0};
    h->status = 0;
}

void http1_foreign_status(struct http1 *h, int status) {
    forget_head(h);
    h->foreign = true;
    h->status = status;
    if (status < 100 || status > 999)
        http1_fail(h, NOT_HTTP "its status is not a number from 100 to 999");
    else
        h->state = HTTP1_FIELDS;
}

void http1_status_line(struct http1 *h, const char *line, size_t n) {
    forget_head(h);
    if (read_foreign(h, line, n) || (read_status(h, line, n) && !has_stray(line, n)))
        h->state = HTTP1_FIELDS;
    else
        http1_fail(h, HTTP1_NO_STATUS_LINE);
}

/* ---- fields that frame ---- */

/* RFC 9112 6.3 rule 5: a list of equal lengths is one length. */
static void take_length(struct http1 *h, struct bytes value) {
    for (bool more = true; more;) {
        const char *comma = value.len == 0 ? NULL : memchr(value.data, ',', value.len);
        size_t n = comma == NULL ? value.len : (size_t)(comma - value.data);
        struct bytes digits = bytes_trim((struct bytes){value.data, n});
        uint64_t length = 0;
        more = comma != NULL;
        value.data += more ? n + 1 : n;
        value.len -= more ? n + 1 : n;
        for (size_t i = 0; i < digits.len; i++) {
            if (!is_digit(digits.data[i])) {
                http1_fail(h, HTTP1_BAD_LENGTH);
                return;
            }
            uint64_t digit = (uint64_t)(digits.data[i] - '0');
            if (length > (INT64_MAX - digit) / 10) {
                http1_fail(h, NOT_HTTP "its Content-Length is over 63 bits");
                return;
            }
            length = length * 10 + digit;
        }
        if (digits.len == 0)
            http1_fail(h, HTTP1_BAD_LENGTH);
        else if (h->head.length_said && length != h->head.length)
            http1_fail(h, NOT_HTTP "two different Content-Length headers");
        if (h->state == HTTP1_FAILED)
            return;
        h->head.length_said = true;
        h->head.length = length;
    }
}

/* The next element of a list, trimmed; false at its end. Empty ones are left out. */
static bool next_element(struct bytes *list, struct bytes *out) {
    while (list->len > 0) {
        const char *comma = memchr(list->data, ',', list->len);
        size_t n = comma == NULL ? list->len : (size_t)(comma - list->data);
        size_t used = comma == NULL ? n : n + 1;
        *out = bytes_trim((struct bytes){list->data, n});
        list->data += used;
        list->len -= used;
        if (out->len > 0)
            return true;
    }
    return false;
}

/* Codings other than chunked were not asked for; the body stays in them. Where chunked is not the
 * last, the end of the connection is that of the answer (RFC 9112 6.3 rule 4). */
static void take_codings(struct http1 *h, struct bytes value) {
    struct bytes coding;
    h->head.coded = true;
    while (next_element(&value, &coding)) {
        h->head.chunked = bytes_is_any_case(coding, "chunked");
        if (!h->head.chunked && ++h->head.codings > HTTP1_CODINGS_MAX) {
            http1_fail(h, HTTP1_CODINGS);
            return;
        }
    }
}

static void take_connection(struct http1 *h, struct bytes value) {
    struct bytes option;
    while (next_element(&value, &option)) {
        h->head.close_said = h->head.close_said || bytes_is_any_case(option, "close");
        h->head.keep_said = h->head.keep_said || bytes_is_any_case(option, "keep-alive");
    }
}

static bool interim(const struct http1 *h) {
    return h->status < 200 && h->status != 101;
}

static bool bodyless(const struct http1 *h) {
    return h->status < 200 || h->status == 204 || h->status == 304;
}

static void take_framing(struct http1 *h, struct bytes name, struct bytes value, bool odd) {
    bool connection = name.len == 10 && bytes_is_any_case(name, "Connection");
    bool length = !bodyless(h) && name.len == 14 && bytes_is_any_case(name, "Content-Length");
    bool codings = !bodyless(h) && name.len == 17 && bytes_is_any_case(name, "Transfer-Encoding");
    if (connection)
        take_connection(h, value);
    else if (length)
        take_length(h, value);
    else if (codings)
        take_codings(h, value);
    h->head.odd = h->head.odd || (odd && (connection || length || codings));
}

void http1_give_field(struct http1 *h, struct bytes name, struct bytes value) {
    if (interim(h))
        return;
    if (h->known != NULL)
        http1_known_add(h->known, name, value);
    h->sink->field(h->context, name, value);
}

void http1_field(struct http1 *h, const char *line, size_t n, bool trailer) {
    const char *colon = n == 0 ? NULL : memchr(line, ':', n);
    if (h->foreign && colon == line && n > 0) /* a pseudo field, were there one */
        colon = memchr(line + 1, ':', n - 1);
    if (!h->foreign && has_stray(line, n))
        http1_fail(h, trailer ? NOT_HTTP "a NUL or a stray CR in its trailers" : HTTP1_STRAY);
    else if (colon == NULL)
        http1_fail(h, trailer ? NOT_HTTP "a trailer without a colon" : HTTP1_NO_COLON);
    if (h->state == HTTP1_FAILED)
        return;
    struct bytes name = {line, (size_t)(colon - line)};
    struct bytes value = bytes_trim((struct bytes){colon + 1, n - name.len - 1});
    /* RFC 9112 5.1 wants proxies to take white space before the colon away. */
    while (name.len > 0 && is_blank(name.data[name.len - 1]))
        name.len--;
    bool spaced = line + name.len != colon;
    if (!h->foreign && !is_token(name)) {
        http1_fail(h, trailer ? NOT_HTTP "a trailer with an invalid name"
                              : NOT_HTTP "a header with an invalid name");
        return;
    }
    if (trailer)
        return;
    if (!h->foreign)
        take_framing(h, name, value, spaced || h->folded);
    if (h->state != HTTP1_FAILED)
        http1_give_field(h, name, value);
}

/* ---- the end of the head (RFC 9112 6.3) ---- */

void http1_head_end(struct http1 *h) {
    if (interim(h)) {
        h->state = HTTP1_STATUS;
        return;
    }
    if (h->known != NULL && !h->foreign)
        http1_known_keep(h->known, h->head_bytes, h->status, &h->head);
    h->head_done = true;
    h->keep = !h->foreign && !h->head.close_said && (h->head.minor_1 || h->head.keep_said);
    h->ends = !h->foreign && !h->keep;
    /* A faulty framing (RFC 9112 6.1, 6.3 rule 3) is good for one answer. */
    if (h->head.coded && (h->head.length_said || !h->head.minor_1))
        h->keep = false;
    if (h->foreign) {
        h->state = HTTP1_UNTIL_CLOSE;
    } else if (h->status == 101) {
        if (h->upgrade)
            h->state = HTTP1_COMPLETE;
        else
            http1_fail(h, "the server switched protocols (101) without a request to do so");
        h->keep = false;
    } else if (h->head_method || bodyless(h)) {
        h->state = HTTP1_COMPLETE;
    } else if (h->head.chunked) {
        h->state = HTTP1_SIZE;
        h->left = h->line_bytes = 0;
    } else if (!h->head.coded && h->head.length_said) {
        h->left = h->head.length;
        h->state = h->left == 0 ? HTTP1_COMPLETE : HTTP1_LENGTH;
    } else {
        h->keep = false;
        h->ends = true;
        h->state = HTTP1_UNTIL_CLOSE;
    }
}
