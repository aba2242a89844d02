#include "transport/place.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_MAX_BYTES 64

struct bytes place_host(struct bytes authority) {
    const char *colon = NULL;
    if (authority.len > 0 && authority.data[0] == '[') {
        const char *end = memchr(authority.data, ']', authority.len);
        size_t n = end == NULL ? authority.len - 1 : (size_t)(end - authority.data) - 1;
        return (struct bytes){authority.data + 1, n};
    }
    if (authority.len > 0)
        colon = memchr(authority.data, ':', authority.len);
    if (colon != NULL)
        authority.len = (size_t)(colon - authority.data);
    return authority;
}

struct bytes place_path(struct bytes target) {
    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] == '?' || target.data[i] == '#')
            return (struct bytes){target.data, i};
    return target;
}

/* As inet_pton has it: AF_INET, AF_INET6, or 0 for a name. `address` is 4 or 16 bytes. */
static int family(struct bytes host, unsigned char address[16]) {
    char text[ADDRESS_MAX_BYTES];
    if (host.len == 0 || host.len >= sizeof text)
        return 0;
    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    text[strcspn(text, "%")] = '\0'; /* an IPv6 address may name its interface */
    if (inet_pton(AF_INET, text, address) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, text, address) == 1 ? AF_INET6 : 0;
}

bool place_is_address(struct bytes host) {
    unsigned char address[16];
    return family(host, address) != 0;
}

static bool is_loopback(struct bytes host) {
    static const char name[] = "localhost";
    static const unsigned char one[16] = {[15] = 1};
    unsigned char address[16];
    size_t n = sizeof name - 1;
    switch (family(host, address)) {
    case AF_INET:
        return address[0] == 127;
    case AF_INET6:
        return memcmp(address, one, sizeof one) == 0;
    default:
        break;
    }
    if (host.len > 0 && host.data[host.len - 1] == '.')
        host.len--;
    return host.len >= n && strncasecmp(host.data + host.len - n, name, n) == 0 &&
           (host.len == n || host.data[host.len - n - 1] == '.');
}

bool place_is_secure(bool tls, struct bytes host) {
    return tls || is_loopback(host);
}
