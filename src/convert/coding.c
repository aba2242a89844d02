#include "convert/coding.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

static int base64_digit(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c == '-' ? '+' : c == '_' ? '/' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

bool coding_base64(struct buf *out, const char *text, size_t n) {
    uint32_t bits = 0;
    int have = 0;
    size_t i = 0, digits = 0;
    for (; i < n && text[i] != '='; i++) {
        if (strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
            continue;
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        digits++;
        if (have >= 8) {
            have -= 8;
            buf_char(out, (char)(bits >> have & 0xff));
        }
    }
    for (; i < n; i++)
        if (text[i] == '\0' || strchr("= \t\r\n", text[i]) == NULL)
            return false;
    return digits % 4 != 1;
}

bool coding_unpercent(struct buf *out, const char *text, size_t n, bool plus) {
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '%' && i + 2 < n && text_hex(text[i + 1]) >= 0 &&
            text_hex(text[i + 2]) >= 0) {
            buf_char(out, (char)(text_hex(text[i + 1]) * 16 + text_hex(text[i + 2])));
            i += 2;
        } else {
            good = good && text[i] != '%';
            buf_char(out, plus && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return good;
}

static void percent(struct buf *out, char c, const char *keep) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 (c != '\0' && strchr(keep, c) != NULL);
    if (plain)
        buf_char(out, c);
    else
        buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
}

void coding_form(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (text[i] == ' ')
            buf_char(out, '+');
        else
            percent(out, text[i], "-._*");
    }
}

void coding_percent(struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        percent(out, text[i], "-._~");
}

bool coding_is_utf8(const char *text, size_t n) {
    uint32_t point;
    for (size_t i = 0, len = 0; i < n; i += len) {
        len = text_point(text + i, n - i, &point);
        if (len == 0)
            return false;
    }
    return true;
}

size_t coding_cut(const char *text, size_t n, size_t max) {
    if (n <= max)
        return n;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static bool port_good(const char *port, size_t n) {
    long value = 0;
    if (n == 0 || n > 5)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (port[i] < '0' || port[i] > '9')
            return false;
        value = value * 10 + (port[i] - '0');
    }
    return value >= 1 && value <= 65535;
}

/* "host", "host:port", "[IPv6]:port": no host name holds what is refused here, and none of it may reach a scenario's target. */
static bool host_good(const char *host, size_t n) {
    size_t name = 0;
    if (n > 0 && host[0] == '[') {
        const char *close = memchr(host, ']', n);
        name = close == NULL ? 0 : (size_t)(close - host) + 1;
        if (name < 4 || strspn(host + 1, "0123456789abcdefABCDEF:.") < name - 2)
            return false;
    } else {
        for (; name < n && host[name] != ':'; name++)
            if ((unsigned char)host[name] <= 0x20 || host[name] == 0x7f ||
                strchr("\"<>\\^`{|}%$[]@", host[name]) != NULL)
                return false;
    }
    return name > 0 &&
           (name == n || (host[name] == ':' && port_good(host + name + 1, n - name - 1)));
}

const char *coding_url(const char *text, size_t n, struct coding_url *out) {
    struct coding_url u = {.scheme = ""};
    size_t at = 0;
    if (n >= 7 && strncasecmp(text, "http://", 7) == 0) {
        u.scheme = "http";
        at = 7;
    } else if (n >= 8 && strncasecmp(text, "https://", 8) == 0) {
        u.scheme = "https";
        at = 8;
    } else if (memmem(text, n < 32 ? n : 32, "://", 3) != NULL) {
        return "only http:// and https:// can be tested";
    }
    const char *hash = memchr(text, '#', n);
    if (hash != NULL) {
        u.fragment = hash + 1;
        u.fragment_bytes = n - (size_t)(hash + 1 - text);
        n = (size_t)(hash - text);
    }
    size_t end = at;
    while (end < n && strchr("/?", text[end]) == NULL)
        end++;
    u.host = text + at;
    for (size_t i = end; i > at; i--) {
        if (text[i - 1] == '@') {
            u.user = text + at;
            u.user_bytes = i - 1 - at;
            u.host = text + i;
            break;
        }
    }
    u.host_bytes = end - (size_t)(u.host - text);
    u.path = text + end;
    u.path_bytes = n - end;
    if (!host_good(u.host, u.host_bytes))
        return "its host or port is missing or cannot be one";
    *out = u;
    return NULL;
}
