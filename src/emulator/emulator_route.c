/* Assigns requests to instances, and queues those that must wait. */
#include <string.h>

#include "emulator/emulator_internal.h"
#include "util/clock.h"
#include "util/timer.h"

static void route_expired(uv_timer_t *timer);

#define NOT_AUTHENTICATED                                                                          \
    "The request was not authenticated. Either allow unauthenticated invocations or set the "      \
    "proper Authorization header. Read more at "                                                   \
    "https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting "        \
    "documentation can be found at: "                                                              \
    "https://cloud.google.com/run/docs/troubleshooting#unauthorized-client"

/* ---- the queue ---- */

static void count_pending(struct emulator *m, int change) {
    int64_t now_ns = clock_mono_ns();
    m->pending_sum_ns += (int64_t)m->pending_count * (now_ns - m->pending_changed_ns);
    m->pending_changed_ns = now_ns;
    m->pending_count = (unsigned)((int)m->pending_count + change);
}

static void enqueue(struct emulator *m, struct exchange *x) {
    count_pending(m, 1);
    x->queued = true;
    x->next = NULL;
    x->previous = m->pending_last;
    if (m->pending_last != NULL)
        m->pending_last->next = x;
    else
        m->pending = x;
    m->pending_last = x;
}

static void dequeue(struct emulator *m, struct exchange *x) {
    count_pending(m, -1);
    x->queued = false;
    if (x->previous != NULL)
        x->previous->next = x->next;
    else
        m->pending = x->next;
    if (x->next != NULL)
        x->next->previous = x->previous;
    else
        m->pending_last = x->previous;
    x->next = x->previous = NULL;
}

static int64_t route_pending_limit_ns(const struct emulator *m) {
    int64_t mean_ns = m->startups > 0 ? m->startup_sum_ns / (int64_t)m->startups : 0;
    if (m->options.pending_ns > 0)
        return m->options.pending_ns;
    return autoscaler_pending_limit_ns(&m->options.scaling, mean_ns);
}

static unsigned counted(const struct emulator *m) {
    unsigned n = 0;
    for (const struct unit *u = m->units; u != NULL; u = u->next)
        n += unit_is_counted(u);
    return n;
}

/* Cloud Run documents 429 for a service at its maximum; scale-from-zero races were seen to give
 * 500. */
static void abort_exchange(struct emulator *m, struct exchange *x) {
    int status = m->options.abort_status;
    if (status == 0)
        status = counted(m) >= m->options.scaling.max ? 429 : 500;
    if (x->queued)
        dequeue(m, x);
    m->total.no_instance++;
    exchange_answer(x, status, EXPORT_NO_INSTANCE);
}

/* The timer is for the first in the queue, which has waited longest. */
static void arm(struct emulator *m) {
    if (m->pending == NULL) {
        uv_timer_stop(&m->pending_timer);
        return;
    }
    int64_t limit_ns = route_pending_limit_ns(m);
    int64_t waited_ns = clock_mono_ns() - m->pending->arrived_ns;
    int64_t left_ns = limit_ns > waited_ns ? limit_ns - waited_ns : 0;
    if (left_ns > m->options.service.timeout_ns)
        left_ns = m->options.service.timeout_ns; /* then the request's own timer is first */
    timer_after(&m->pending_timer, route_expired, left_ns);
}

static void route_expired(uv_timer_t *timer) {
    struct emulator *m = timer->data;
    int64_t limit_ns = route_pending_limit_ns(m), now_ns = clock_mono_ns();
    while (m->pending != NULL && now_ns - m->pending->arrived_ns >= limit_ns)
        abort_exchange(m, m->pending);
    arm(m);
}

void route_abort_all(struct emulator *m) {
    while (m->pending != NULL)
        abort_exchange(m, m->pending);
    arm(m);
}

/* ---- choosing ---- */

/* The instance with the fewest requests; ties go to the oldest, so that the others can become
 * idle. */
static struct unit *pick(const struct emulator *m) {
    struct unit *best = NULL;
    for (struct unit *u = m->units; u != NULL; u = u->next)
        if (unit_has_room(u) && (best == NULL || u->in_flight < best->in_flight))
            best = u;
    return best;
}

static void assign(struct unit *u, struct exchange *x) {
    container_hold(u->container, false);
    int64_t born_ns = u->container->started_ns;
    unit_count_in_flight(u, 1, x->arrived_ns > born_ns ? x->arrived_ns : born_ns);
    u->requests++;
    exchange_assign(x, &u->upstream);
}

static void call_for_more(struct emulator *m) {
    struct autoscaler_sample sample;
    if (m->pending_count == 0 || m->stopping > 0)
        return;
    measure_scaling(m, clock_mono_ns(), &sample);
    units_start(m, autoscaler_on_demand(&m->options.scaling, &sample), UNIT_AUTOSCALING);
}

void route_dispatch(struct emulator *m) {
    struct unit *u;
    while (m->pending != NULL && (u = pick(m)) != NULL) {
        struct exchange *x = m->pending;
        dequeue(m, x);
        assign(u, x);
    }
    call_for_more(m);
    arm(m);
}

/* Compares all of it whatever the first difference, so that its time tells nothing of the token. */
static bool bears(struct view field, const char *token) {
    size_t n = strlen(token);
    unsigned difference = 0;
    if (field.text == NULL || field.len != n + 7 || strncasecmp(field.text, "Bearer ", 7) != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        difference |= (unsigned char)field.text[7 + i] ^ (unsigned char)token[i];
    return difference == 0;
}

static bool may_enter(const struct emulator *m, const struct exchange *x) {
    const char *token = m->options.token;
    if (token == NULL)
        return true;
    return bears(head_find(x->head, "x-serverless-authorization"), token) ||
           bears(head_find(x->head, "authorization"), token);
}

void route_arrived(void *context, struct exchange *x) {
    struct emulator *m = context;
    m->arrived++;
    if (!may_enter(m, x)) {
        m->total.refused++;
        exchange_answer(x, 403, NOT_AUTHENTICATED);
        return;
    }
    if (m->stopping > 0) {
        abort_exchange(m, x);
        return;
    }
    struct unit *u = m->pending == NULL ? pick(m) : NULL;
    if (u != NULL) {
        assign(u, x);
        return;
    }
    enqueue(m, x);
    route_dispatch(m);
}

void route_finished(void *context, struct exchange *x) {
    struct emulator *m = context;
    int class = x->status / 100;
    if (x->queued)
        dequeue(m, x);
    m->total.requests++;
    m->total.per_class[class >= 1 && class <= 5 ? class : 0]++;
    m->total.client_left += x->client_left;
    m->total.timed_out += x->timed_out;
    log_request(m, x);
    if (x->upstream == NULL)
        return;
    struct unit *u = x->upstream->owner;
    m->total.assigned++;
    export_metrics_request(m->metrics, x->status, x->ended_ns - x->arrived_ns,
                           x->assigned_ns - x->arrived_ns, x->ended_ns - x->assigned_ns);
    unit_count_in_flight(u, -1, x->ended_ns);
    if (u->draining && u->in_flight == 0)
        unit_stop(u, u->end);
    if (m->pending != NULL)
        route_dispatch(m);
}
