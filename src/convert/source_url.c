#include "convert/source_url.h"

#include <string.h>

#include "util/host.h"

/* "name:port" whose name or port is a variable of the source: no name holds what is refused
 * here. */
static bool variable_host_good(const struct draft *d, const char *host, size_t n) {
    size_t name = 0;
    for (; name < n && host[name] != ':'; name++)
        if ((unsigned char)host[name] <= 0x20 || host[name] == 0x7f ||
            strchr("\"<>\\^`{|}%$[]@", host[name]) != NULL)
            return false;
    if (name == 0 || name == n)
        return name > 0;
    const char *port = host + name + 1;
    size_t port_bytes = n - name - 1;
    return draft_reference_bytes(d, port, port_bytes) == port_bytes ||
           host_port_wrong(port, port_bytes) == NULL;
}

static bool host_good(const struct draft *d, const char *host, size_t n) {
    struct buf sent;
    struct err ignored;
    if (d != NULL && draft_has_reference(d, host, n))
        return variable_host_good(d, host, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)host[i] < 0x20 || host[i] == 0x7f || host[i] == '%' || host[i] == '$')
            return false;
    buf_init(&sent, 8192);
    bool good = host_authority(host, n, &sent, &ignored) == 0 && buf_ok(&sent);
    buf_done(&sent);
    return good;
}

const char *source_url(const char *text, size_t n, const struct draft *d, struct url *out) {
    struct url u;
    if (!url_split(text, n, &u))
        return "only http:// and https:// can be tested";
    if (!host_good(d, u.host, u.host_bytes))
        return "its host or port is missing or invalid";
    *out = u;
    return NULL;
}
