/* "wait" and the timeouts. */
#include <string.h>

#include "scenario/section.h"
#include "util/clock.h"
#include "util/units.h"

static int between_read(struct loader *r, const struct json *between, struct wait *w) {
    if (loader_kind(r, between, JSON_ARRAY) != 0)
        return -1;
    if (between->count != 2)
        return loader_fail(
            r, between->at,
            "\"between\" must hold two durations, the shortest and the longest, not %zu",
            between->count);
    w->kind = WAIT_BETWEEN;
    if (loader_duration(r, between->first, &w->low_ns) != 0 ||
        loader_duration(r, between->first->next, &w->high_ns) != 0)
        return -1;
    if (w->low_ns > w->high_ns)
        return loader_fail(
            r, between->at,
            "the first duration of \"between\" is longer than the second; swap them");
    return 0;
}

/* The time from start to start that a rate per second means. */
static int per_second_read(struct loader *r, const struct json *v, struct wait *w) {
    int64_t micro_rate = 0;
    if (loader_rate(r, v, 1, &micro_rate) != 0)
        return -1;
    w->low_ns = (LOAD_MICRO * NS_PER_S + micro_rate / 2) / micro_rate;
    return 0;
}

int wait_read(struct loader *r, const struct json *v, struct wait *w) {
    if (v == NULL)
        return 0;
    if (loader_section(r, v, SECTION_WAIT) != 0)
        return -1;
    const struct json *given = v->first;
    if (v->count != 1)
        return loader_fail(r, v->at,
                           "\"wait\" must hold one of \"constant\", \"between\", \"pacing\", "
                           "\"throughput\" and \"poisson\", not %zu of them",
                           v->count);
    if (strcmp(given->key, "between") == 0)
        return between_read(r, given, w);
    if (strcmp(given->key, "constant") == 0) {
        w->kind = WAIT_CONSTANT;
        return loader_duration(r, given, &w->low_ns);
    }
    w->kind = strcmp(given->key, "poisson") == 0 ? WAIT_POISSON : WAIT_PACING;
    if (strcmp(given->key, "pacing") != 0)
        return per_second_read(r, given, w);
    if (loader_duration(r, given, &w->low_ns) != 0)
        return -1;
    if (w->low_ns == 0)
        return loader_fail(r, given->at,
                           "\"pacing\" must be more than 0; remove \"wait\" for no pause");
    return 0;
}

int timeouts_read(struct loader *r, const struct json *timeout,
                  const struct json *connect_timeout) {
    struct scenario *s = r->s;
    s->timeout_ns = 60 * NS_PER_S;
    if (loader_duration(r, timeout, &s->timeout_ns) != 0)
        return -1;
    if (s->timeout_ns == 0)
        return loader_fail(r, timeout->at, "\"timeout\" must be more than 0");
    s->connect_timeout_ns = 10 * NS_PER_S;
    if (s->connect_timeout_ns > s->timeout_ns)
        s->connect_timeout_ns = s->timeout_ns;
    if (loader_duration(r, connect_timeout, &s->connect_timeout_ns) != 0)
        return -1;
    if (s->connect_timeout_ns == 0)
        return loader_fail(r, connect_timeout->at, "\"connect_timeout\" must be more than 0");
    if (s->connect_timeout_ns > s->timeout_ns) {
        char text[UNITS_BYTES];
        units_duration_text(s->timeout_ns, text);
        return loader_fail(
            r, connect_timeout->at,
            "\"connect_timeout\" is longer than \"timeout\" (%s%s), which includes it", text,
            timeout == NULL ? " unless given" : "");
    }
    return 0;
}
