#include "stats/billing.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GIB 1073741824.0

static int64_t up(int64_t ns) {
    int64_t steps = ns / BILLING_STEP_NS + (ns % BILLING_STEP_NS != 0);
    return steps * BILLING_STEP_NS;
}

static int by_start(const void *a, const void *b) {
    const struct billing_span *x = a, *y = b;
    return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

int64_t billing_request_ns(struct billing_span *v, size_t n) {
    if (n == 0)
        return 0;
    qsort(v, n, sizeof *v, by_start);
    int64_t sum = 0, from = v[0].from_ns, to = from;
    for (size_t i = 0; i < n; i++) {
        if (v[i].from_ns > to) {
            sum += up(to - from);
            from = to = v[i].from_ns;
        }
        if (to < v[i].to_ns)
            to = v[i].to_ns;
    }
    return sum + up(to - from);
}

int64_t billing_instance_ns(int64_t started_ns, int64_t ended_ns) {
    int64_t ns = ended_ns - started_ns;
    return ns > BILLING_INSTANCE_MIN_NS ? ns : BILLING_INSTANCE_MIN_NS;
}

void billing_meter_init(struct billing_meter *m) {
    *m = (struct billing_meter){0};
}

void billing_begin(struct billing_meter *m, int64_t at_ns) {
    if (m->causes++ > 0)
        return;
    if (m->any && at_ns <= m->to_ns)
        return; /* it goes on where the last one ended */
    if (m->any)
        m->before_ns += up(m->to_ns - m->from_ns);
    m->any = true;
    m->from_ns = m->to_ns = at_ns;
}

void billing_end(struct billing_meter *m, int64_t at_ns) {
    assert(m->causes > 0);
    if (--m->causes == 0 && at_ns > m->to_ns)
        m->to_ns = at_ns;
}

int64_t billing_meter_ns(const struct billing_meter *m, int64_t now_ns) {
    int64_t to = m->causes > 0 && now_ns > m->to_ns ? now_ns : m->to_ns;
    return m->before_ns + up(to - m->from_ns);
}

static void add(struct billing_money *m, double cpu, double memory, double requests) {
    m->cpu += cpu;
    m->memory += memory;
    m->requests += requests;
    m->total = m->cpu + m->memory + m->requests + m->gpu;
}

static double beyond(double used, double free_of_charge) {
    return used > free_of_charge ? used - free_of_charge : 0;
}

void billing_cost(const struct billing_usage *u, const struct billing_prices *p,
                  struct billing_cost *out) {
    bool request = u->mode == BILLING_REQUEST;
    double gib = (double)u->memory_bytes / GIB, seconds = (double)u->billable_ns / 1e9;
    double idle = request ? (double)u->idle_ns / 1e9 : 0;
    struct billing_cost c = {.instance_s = seconds,
                             .cpu_s = seconds * u->cpus,
                             .gib_s = seconds * gib,
                             .gpu_s = u->gpu != GPU_NONE ? seconds : 0,
                             .idle_cpu_s = idle * u->cpus,
                             .idle_gib_s = idle * gib};
    double cpu = request ? p->cpu_active : p->cpu_instance;
    double memory = request ? p->memory_active : p->memory_instance;
    double each = request ? p->million_requests / 1e6 : 0;
    double requests = (double)u->requests;
    c.full.gpu = c.net.gpu = u->gpu != GPU_NONE ? seconds * p->gpu[u->gpu] : 0;
    add(&c.full, c.cpu_s * cpu, c.gib_s * memory, requests * each);
    add(&c.net, beyond(c.cpu_s, request ? p->free_cpu_request : p->free_cpu_instance) * cpu,
        beyond(c.gib_s, request ? p->free_memory_request : p->free_memory_instance) * memory,
        beyond(requests, p->free_requests) * each);
    double idle_cpu = c.idle_cpu_s * p->cpu_idle, idle_memory = c.idle_gib_s * p->memory_idle;
    add(&c.full, idle_cpu, idle_memory, 0);
    add(&c.net, idle_cpu, idle_memory, 0);
    c.full.per_1000_requests = u->requests > 0 ? c.full.total / requests * 1000 : (double)NAN;
    c.net.per_1000_requests = u->requests > 0 ? c.net.total / requests * 1000 : (double)NAN;
    *out = c;
}

bool billing_no_gpu_price(const struct billing_prices *p, enum gpu gpu,
                          char out[BILLING_NO_PRICE_BYTES]) {
    if (gpu == GPU_NONE || !isnan(p->gpu[gpu]))
        return false;
    snprintf(out, BILLING_NO_PRICE_BYTES,
             "no price of the GPU %s is known in %s, so the cost of the GPU and the sum are "
             "missing; give --prices FILE, a copy of src/stats/prices.json with \"gpu\": {\"%s\": "
             "PRICE OF A SECOND} in the tier of your region",
             gpu_kinds[gpu].name, p->tier, gpu_kinds[gpu].name);
    return true;
}
