#include "util/host.h"

#include <stdbool.h>
#include <string.h>

#include "util/idn.h"
#include "util/ipaddr.h"
#include "util/text.h"

#define HOST_HELP "write it like http://127.0.0.1:8080"
#define HOST_BYTES_MAX 1024

const char *host_port_wrong(const char *port, size_t n) {
    long value = 0;
    if (n == 0 || n > 5 || strspn(port, "0123456789") < n)
        return "the port after ':' must be a number from 1 to 65535";
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (port[i] - '0');
    return value < 1 || value > 65535 ? "the port after ':' must be a number from 1 to 65535"
                                      : NULL;
}

/* A part of a URL may stand percent-encoded, so a name beyond ASCII may too (RFC 3986 3.2.2). */
static void decode(const char *text, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        int high = text[i] == '%' && i + 2 < n ? text_hex(text[i + 1]) : -1;
        int low = high < 0 ? -1 : text_hex(text[i + 2]);
        if (high >= 8 && low >= 0) {
            buf_char(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_char(out, text[i]);
        }
    }
}

/* RFC 3986 allows the second half in a name, but no resolver has such names, and libcurl takes no
 * URL with them. */
static const char invalid[] = " \"<>\\^`{|}[]%"
                              "!$&'()*+,;=";

int host_name(const char *text, size_t n, struct buf *out, struct err *e) {
    struct buf name;
    int result = 0;
    buf_init(&name, HOST_BYTES_MAX);
    decode(text, n, &name);
    if (!buf_ok(&name))
        result = err_set(e, "the host name is too long");
    for (size_t i = 0; result == 0 && i < name.len; i++)
        if (strchr(invalid, name.data[i]) != NULL)
            result = err_set(e, "the host name contains an invalid character");
    if (result == 0 && idn_is_ascii(buf_text(&name), name.len))
        buf_str(out, buf_text(&name));
    else if (result == 0)
        result = idn_labels(buf_text(&name), out, e);
    buf_done(&name);
    return result;
}

/* "[fe80::1%25eth0]"; a zone may also stand behind a bare '%', as people write it. */
static int literal(const char *text, size_t n, struct buf *out, struct err *e) {
    struct ipaddr a;
    struct err why;
    if (ipaddr_parse(text, n, &a, &why) != 0)
        return memchr(text, '%', n) != NULL && strstr(why.text, "interface") != NULL
                   ? err_set(e, "%s", why.text)
                   : err_set(e, "the text in [ ] must be an IPv6 address");
    const char *zone = memchr(text, '%', n);
    size_t address = zone == NULL ? n : (size_t)(zone - text);
    buf_add(out, text, address);
    if (zone == NULL)
        return 0;
    size_t name = address + (n - address > 4 && memcmp(zone, "%25", 3) == 0 ? 3 : 1);
    buf_str(out, "%25");
    buf_add(out, text + name, n - name);
    return 0;
}

int host_authority(const char *text, size_t n, struct buf *out, struct err *e) {
    if (memchr(text, '@', n) != NULL)
        return err_set(e, "it cannot contain a user and password; give them in \"auth\"");
    size_t host = 0;
    if (n > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', n);
        host = close == NULL ? 0 : (size_t)(close - text) + 1;
        if (host < 4)
            return err_set(e, "the text in [ ] must be an IPv6 address");
        if (literal(text, host, out, e) != 0)
            return -1;
    } else {
        while (host < n && text[host] != ':')
            host++;
        if (host == 0)
            return err_set(e, "it has no host; " HOST_HELP);
        if (host_name(text, host, out, e) != 0)
            return -1;
    }
    if (host == n)
        return 0;
    if (text[host] != ':')
        return err_set(e, "only a port can follow the host; " HOST_HELP);
    const char *wrong = host_port_wrong(text + host + 1, n - host - 1);
    if (wrong != NULL)
        return err_set(e, "%s", wrong);
    buf_add(out, text + host, n - host);
    return 0;
}
