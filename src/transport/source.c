#include "transport/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int source_init(struct sources *s, const char *const *texts, size_t count, struct err *e) {
    *s = (struct sources){0};
    s->items = calloc(count + 1, sizeof *s->items);
    if (s->items == NULL)
        return err_set(e, "not enough memory for %zu addresses", count);
    static const int families[] = {AF_INET, AF_INET6};
    for (size_t f = 0; f < 2; f++)
        for (size_t i = 0; i < count; i++) {
            struct ipaddr a;
            if (ipaddr_parse(texts[i], strlen(texts[i]), &a, e) != 0)
                return err_prefix(e, "http.source");
            if (a.family != families[f])
                continue;
            s->items[s->count4 + s->count6] = a;
            *(f == 0 ? &s->count4 : &s->count6) += 1;
        }
    return 0;
}

void source_done(struct sources *s) {
    free(s->items);
    *s = (struct sources){0};
}

static int bind_to(int fd, const struct ipaddr *a) {
    struct sockaddr_storage to;
    socklen_t size = ipaddr_socket(a, 0, &to);
    return bind(fd, (struct sockaddr *)&to, size);
}

int source_check(const char *const *texts, size_t count, struct err *e) {
    struct sources s;
    int result = source_init(&s, texts, count, e);
    for (size_t i = 0; result == 0 && i < s.count4 + s.count6; i++) {
        char text[IPADDR_TEXT_BYTES], why[128];
        /* Ports of datagrams are others: that TCP has none left just now is no matter. */
        int fd = socket(s.items[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && bind_to(fd, &s.items[i]) == 0) {
            close(fd);
            continue;
        }
        int reason = errno;
        ipaddr_text(&s.items[i], text);
        if (reason == EADDRNOTAVAIL)
            result =
                err_set(e,
                        "http.source: %s is not an address of this machine (`ip address` lists "
                        "them; as root, `ip address add %s/%d dev lo` adds one for local tests)",
                        text, text, s.items[i].family == AF_INET ? 32 : 128);
        else
            result = err_set(e, "http.source: cannot connect from %s: %s", text,
                             strerror_r(reason, why, sizeof why));
        if (fd >= 0)
            close(fd);
    }
    source_done(&s);
    return result;
}

bool source_allows(const struct sources *s, int family) {
    return s->count4 + s->count6 == 0 || (family == AF_INET ? s->count4 : s->count6) > 0;
}

int source_bind(const struct sources *s, int fd, int family, uint32_t user) {
    int on = 1;
    if (s->count4 + s->count6 == 0 || (family != AF_INET && family != AF_INET6))
        return 0;
    size_t count = family == AF_INET ? s->count4 : s->count6;
    if (count == 0) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    /* Where the kernel has no such option (before Linux 4.2), binding takes a port. It holds for
     * IPv6 as well. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind_to(fd, &s->items[(family == AF_INET ? 0 : s->count4) + user % count]);
}
