#include "util/ipaddr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *text, size_t n, struct err *e) {
    return err_set(e, "\"%.*s\" is not an IPv4 or IPv6 address", (int)(n > 100 ? 100 : n), text);
}

/* The index of an interface by its name, or by the index itself. */
static int zone_parse(const char *name, size_t n, uint32_t *out, struct err *e) {
    char copy[IF_NAMESIZE];
    char known[IF_NAMESIZE];
    uint32_t index = 0;
    if (n > 0 && n < sizeof copy) {
        memcpy(copy, name, n);
        copy[n] = '\0';
        index = if_nametoindex(copy);
        if (index == 0 && n < 6 && strspn(copy, "0123456789") == n) {
            for (size_t i = 0; i < n; i++)
                index = index * 10 + (uint32_t)(copy[i] - '0');
            index = if_indextoname(index, known) == NULL ? 0 : index;
        }
    }
    if (index == 0)
        return err_set(e, "this machine has no network interface \"%.*s\"",
                       (int)(n > 100 ? 100 : n), name);
    *out = index;
    return 0;
}

int ipaddr_parse(const char *text, size_t n, struct ipaddr *out, struct err *e) {
    char copy[INET6_ADDRSTRLEN];
    struct ipaddr a = {.family = AF_INET6};
    const char *bare = text;
    size_t len = n;
    if (len > 2 && text[0] == '[' && text[n - 1] == ']') {
        bare++;
        len -= 2;
    }
    const char *zone = memchr(bare, '%', len);
    size_t address = zone == NULL ? len : (size_t)(zone - bare);
    if (address == 0 || address >= sizeof copy)
        return fail(text, n, e);
    memcpy(copy, bare, address);
    copy[address] = '\0';
    if (inet_pton(AF_INET6, copy, a.bytes) == 1) {
        size_t skip = zone == NULL ? 0 : len - address > 3 && memcmp(zone, "%25", 3) == 0 ? 3 : 1;
        if (zone != NULL && zone_parse(zone + skip, len - address - skip, &a.scope, e) != 0)
            return -1;
    } else {
        a.family = AF_INET;
        if (bare != text || zone != NULL || inet_pton(AF_INET, copy, a.bytes) != 1)
            return fail(text, n, e);
    }
    *out = a;
    return 0;
}

bool ipaddr_is(const char *text, size_t n) {
    struct ipaddr ignored;
    return ipaddr_parse(text, n, &ignored, NULL) == 0;
}

socklen_t ipaddr_socket(const struct ipaddr *a, uint16_t port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (a->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, a->bytes, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    in6->sin6_scope_id = a->scope;
    memcpy(&in6->sin6_addr, a->bytes, 16);
    return sizeof *in6;
}

bool ipaddr_of_socket(const struct sockaddr *from, struct ipaddr *out) {
    *out = (struct ipaddr){.family = from->sa_family};
    if (from->sa_family == AF_INET)
        memcpy(out->bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
        memcpy(out->bytes, &in6->sin6_addr, 16);
        out->scope = in6->sin6_scope_id;
    } else
        return false;
    return true;
}

void ipaddr_text(const struct ipaddr *a, char out[IPADDR_TEXT_BYTES]) {
    char name[IF_NAMESIZE];
    inet_ntop(a->family, a->bytes, out, IPADDR_TEXT_BYTES);
    size_t n = strlen(out);
    if (a->scope != 0 && if_indextoname(a->scope, name) != NULL)
        snprintf(out + n, IPADDR_TEXT_BYTES - n, "%%%s", name);
    else if (a->scope != 0)
        snprintf(out + n, IPADDR_TEXT_BYTES - n, "%%%u", a->scope);
}
