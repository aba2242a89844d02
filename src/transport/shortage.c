#include "transport/shortage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ... of socket(2) or bind(2). */
static enum transport_limit shortage_of_socket(int reason) {
    switch (reason) {
    case EADDRINUSE: /* of bind(2): the source address has no port left */
        return TRANSPORT_LIMIT_PORTS;
    case EADDRNOTAVAIL: /* of bind(2): the machine has lost the source address */
        return TRANSPORT_LIMIT_ADDRESS;
    case EMFILE:
        return TRANSPORT_LIMIT_FILES;
    case ENFILE:
        return TRANSPORT_LIMIT_SYSTEM_FILES;
    case ENOBUFS:
    case ENOMEM:
        return TRANSPORT_LIMIT_MEMORY;
    default:
        return TRANSPORT_LIMIT_NONE;
    }
}

/* Whether there is an address of this machine from which the other can be reached. */
static bool has_way(const struct ipaddr *to) {
    struct sockaddr_storage name;
    socklen_t size = ipaddr_socket(to, 9, &name); /* nothing is sent */
    int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    bool found = connect(fd, (struct sockaddr *)&name, size) == 0;
    close(fd);
    return found;
}

/* Which limit an errno of connect(2) is, where it is one. */
static enum transport_limit shortage_of_connect(int reason, const struct ipaddr *to) {
    if (reason == EADDRNOTAVAIL && (to->family == 0 || has_way(to)))
        return TRANSPORT_LIMIT_PORTS;
    return shortage_of_socket(reason);
}

enum transport_limit shortage_probe(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return shortage_of_socket(errno);
    close(fd);
    return TRANSPORT_LIMIT_NONE;
}

void shortage_text(enum transport_limit limit, int reason, char *text, size_t size) {
    static const char *const what[TRANSPORT_LIMIT_COUNT] = {
        [TRANSPORT_LIMIT_NONE] = "",
        [TRANSPORT_LIMIT_PORTS] = "this machine has no local port left to connect from",
        [TRANSPORT_LIMIT_ADDRESS] = "this machine has no address to connect from",
        [TRANSPORT_LIMIT_FILES] = "this client has no file descriptor left for a connection",
        [TRANSPORT_LIMIT_SYSTEM_FILES] =
            "this machine has no file descriptor left for a connection",
        [TRANSPORT_LIMIT_MEMORY] = "this machine has no memory left for a connection",
    };
    char why[128];
    if (reason == 0)
        snprintf(text, size, "%s", what[limit]);
    else
        snprintf(text, size, "%s (%s)", what[limit], strerror_r(reason, why, sizeof why));
}

void shortage_explain(CURL *easy, CURLcode code, const struct shortage_seen *seen,
                      const struct transport_options *o, struct transport_result *result,
                      char *text, size_t size) {
    long reason = seen->socket_errno;
    enum transport_limit limit = shortage_of_socket((int)reason);
    char why[128];
    if (code == CURLE_COULDNT_CONNECT && reason == 0) {
        curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &reason);
        limit = shortage_of_connect((int)reason, &seen->to);
    } else if (code == CURLE_COULDNT_CONNECT && limit == TRANSPORT_LIMIT_NONE) {
        if (reason == EAFNOSUPPORT && o->source_count > 0)
            snprintf(text, size,
                     "no address of \"source\" has the same family (IPv4 or IPv6) as the target");
        else
            snprintf(text, size, "cannot open a socket: %s",
                     strerror_r((int)reason, why, sizeof why));
        result->error = text;
        return;
    } else if (code == CURLE_OUT_OF_MEMORY) {
        limit = TRANSPORT_LIMIT_MEMORY;
        reason = 0;
    } else if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY) {
        limit = shortage_probe();
        reason = limit == TRANSPORT_LIMIT_NONE ? 0 : errno;
    } else if (code != CURLE_COULDNT_CONNECT)
        return;
    if (limit == TRANSPORT_LIMIT_NONE)
        return;
    result->outcome = OUTCOME_CONNECT_ERROR;
    result->limit = limit;
    shortage_text(limit, (int)reason, text, size);
    result->error = text;
}
