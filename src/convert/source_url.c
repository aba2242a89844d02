#include "convert/source_url.h"

#include <string.h>

#include "convert/draft.h"
#include "util/host.h"

static bool has_reference(const char *text, size_t n) {
    return n > 0 && memmem(text, n, DRAFT_REFERENCE, sizeof DRAFT_REFERENCE - 1) != NULL;
}

/* One reference and nothing else. */
static bool is_reference(const char *text, size_t n) {
    const size_t begin = sizeof DRAFT_REFERENCE - 1, end = sizeof DRAFT_REFERENCE_END - 1;
    const char *close = n < begin + end || memcmp(text, DRAFT_REFERENCE, begin) != 0
                            ? NULL
                            : memmem(text, n, DRAFT_REFERENCE_END, end);
    return close != NULL && close + end == text + n;
}

/* "name:port" whose name or port is a variable of the source: no name holds what is refused
 * here. */
static bool variable_host_good(const char *host, size_t n) {
    size_t name = 0;
    for (; name < n && host[name] != ':'; name++)
        if ((unsigned char)host[name] <= 0x20 || host[name] == 0x7f ||
            strchr("\"<>\\^`{|}%$[]@", host[name]) != NULL)
            return false;
    if (name == 0 || name == n)
        return name > 0;
    const char *port = host + name + 1;
    size_t port_bytes = n - name - 1;
    return is_reference(port, port_bytes) || host_port_wrong(port, port_bytes) == NULL;
}

static bool host_good(const char *host, size_t n, bool references) {
    struct buf sent;
    struct err ignored;
    if (references && has_reference(host, n))
        return variable_host_good(host, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)host[i] < 0x20 || host[i] == 0x7f || host[i] == '%' || host[i] == '$')
            return false;
    buf_init(&sent, 8192);
    bool good = host_authority(host, n, &sent, &ignored) == 0 && buf_ok(&sent);
    buf_done(&sent);
    return good;
}

const char *source_url(const char *text, size_t n, bool references, struct url *out) {
    struct url u;
    if (!url_split(text, n, &u))
        return "only http:// and https:// can be tested";
    if (!host_good(u.host, u.host_bytes, references))
        return "its host or port is missing or invalid";
    *out = u;
    return NULL;
}
