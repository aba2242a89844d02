#include "transport/history.h"

#include <strings.h>

#include "util/clock.h"

#define MARGIN_NS (500 * NS_PER_MS)
#define KEEP_MAX_S 1000000 /* what is longer is for ever */

void history_begin(struct history *h, struct transport_result *result) {
    result->previous_end = h->end;
    result->previous_idle_ns = h->idle_ns;
    *h = (struct history){.end = CONNECTION_END_NONE};
}

void history_ended(struct history *h, enum connection_end end, int64_t idle_until_ns) {
    bool idle = idle_until_ns > h->answered_ns && h->answered_ns != 0;
    *h = (struct history){.end = end, .idle_ns = idle ? idle_until_ns - h->answered_ns : 0};
}

void history_answered(struct history *h, int64_t end_ns) {
    h->answered_ns = end_ns;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* "timeout", "=" and the number, with optional white space and quotes; 0 where it is something
 * else. */
static int64_t timeout_of(const char *at, const char *end) {
    static const char word[] = "timeout";
    size_t n = sizeof word - 1;
    if ((size_t)(end - at) < n || strncasecmp(at, word, n) != 0)
        return 0;
    at += n;
    while (at < end && is_space(*at))
        at++;
    if (at == end || *at++ != '=')
        return 0;
    while (at < end && (is_space(*at) || *at == '"'))
        at++;
    int64_t seconds = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        seconds = seconds > KEEP_MAX_S ? seconds : seconds * 10 + (*at - '0');
    return seconds > KEEP_MAX_S ? 0 : seconds;
}

void history_keep_alive(struct history *h, const char *value, size_t bytes) {
    const char *at = value, *end = value + bytes;
    while (at < end) {
        while (at < end && (is_space(*at) || *at == ','))
            at++;
        const char *from = at;
        while (at < end && *at != ',')
            at++;
        int64_t seconds = timeout_of(from, at);
        if (seconds > 0)
            h->keep_ns = seconds * NS_PER_S;
    }
}

bool history_expired(const struct history *h, int64_t now_ns) {
    int64_t margin_ns = h->keep_ns / 2 < MARGIN_NS ? h->keep_ns / 2 : MARGIN_NS;
    return h->keep_ns > 0 && h->answered_ns > 0 &&
           now_ns - h->answered_ns >= h->keep_ns - margin_ns;
}
