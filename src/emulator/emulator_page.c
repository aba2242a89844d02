/* The status page: the current state, as HTML and as JSON. */
#include <string.h>

#include "emulator/emulator_internal.h"
#include "util/clock.h"
#include "util/json_write.h"

static const char *state_name(const struct unit *u) {
    switch (u->container->state) {
    case CONTAINER_STARTING:
        return "starting";
    case CONTAINER_READY:
        return u->in_flight > 0 ? "active" : "idle";
    case CONTAINER_STOPPING:
        return "stopping";
    case CONTAINER_ENDED:
        break;
    }
    return "ended";
}

static double seconds(int64_t ns) {
    return (double)ns / (double)NS_PER_S;
}

static void put_unit(struct json_writer *w, const struct unit *u, int64_t now_ns) {
    json_write_object(w, NULL, JSON_LINES);
    json_write_uint(w, "number", u->number);
    json_write_text(w, "instance", u->id);
    json_write_text(w, "state", state_name(u));
    json_write_bool(w, "cpu_held_back", u->container->held);
    json_write_int(w, "pid", u->container->pid);
    json_write_int(w, "port", u->container->port);
    json_write_uint(w, "in_flight", u->in_flight);
    json_write_uint(w, "requests", u->requests);
    json_write_exact(w, "cpus", u->cpus_used);
    json_write_uint(w, "memory_bytes", u->memory_bytes);
    json_write_exact(w, "billable_s", seconds(unit_billable_ns(u, now_ns)));
    json_write_exact(w, "age_s", seconds(now_ns - u->container->started_ns));
    json_write_end(w);
}

static void render_json(const struct emulator *m, struct buf *out) {
    struct emulator_status s;
    struct json_writer w;
    int64_t now_ns = clock_mono_ns();
    emulator_status(m, &s);
    json_write_init(&w, out, "\t");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_text(&w, "service", m->names.service);
    json_write_text(&w, "revision", m->names.revision);
    json_write_text(&w, "policy", autoscaler_policy_name(m->options.scaling.policy));
    json_write_exact(&w, "uptime_s", seconds(s.uptime_ns));
    json_write_uint(&w, "pending", s.pending);
    json_write_uint(&w, "in_flight", s.in_flight);
    json_write_uint(&w, "requests", s.requests);
    json_write_exact(&w, "requests_per_second", s.per_second);
    json_write_uint(&w, "no_instance", s.no_instance);
    json_write_uint(&w, "started", s.started);
    json_write_uint(&w, "crashed", s.crashed);
    json_write_uint(&w, "failed_starts", s.failed_starts);
    json_write_exact(&w, "billable_s", seconds(s.billable_ns));
    json_write_text(&w, "limits", limits_text(&m->limits));
    json_write_array(&w, "instances", JSON_LINE);
    for (const struct unit *u = m->units; u != NULL; u = u->next)
        put_unit(&w, u, now_ns);
    json_write_end(&w);
    json_write_end(&w);
    buf_char(out, '\n');
}

static void add_html(struct buf *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (strchr("&<>\"'", *text) != NULL)
            buf_printf(out, "&#%d;", *text);
        else
            buf_char(out, *text);
    }
}

static void render_html(const struct emulator *m, struct buf *out) {
    struct emulator_status s;
    int64_t now_ns = clock_mono_ns();
    emulator_status(m, &s);
    buf_str(out, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                 "<meta http-equiv=\"refresh\" content=\"1\"><title>");
    add_html(out, m->names.service);
    buf_str(out, "</title><style>body{font:15px sans-serif;margin:2em}td,th{padding:.2em .8em;"
                 "text-align:right;border-bottom:1px solid #ccc}</style></head><body><h1>");
    add_html(out, m->names.revision);
    buf_printf(out,
               "</h1><p>%u starting, %u active, %u idle, %u stopping; %u requests wait, %u are in "
               "instances; "
               "%llu served, %.1f/s; %.1f s billable</p><p>",
               s.starting, s.active, s.idle, s.stopping, s.pending, s.in_flight,
               (unsigned long long)s.requests, s.per_second, seconds(s.billable_ns));
    add_html(out, limits_text(&m->limits));
    buf_str(out, "</p><table><tr><th>instance<th>state<th>requests now<th>in all<th>CPU<th>MiB"
                 "<th>billable s<th>age s<th>pid<th>port</tr>\n");
    for (const struct unit *u = m->units; u != NULL; u = u->next)
        buf_printf(
            out,
            "<tr><td>%u<td>%s%s<td>%u<td>%llu<td>%.2f<td>%.1f<td>%.1f<td>%.1f<td>%d<td>%d</tr>\n",
            u->number, state_name(u), u->container->held ? " (held)" : "", u->in_flight,
            (unsigned long long)u->requests, u->cpus_used, (double)u->memory_bytes / (1 << 20),
            seconds(unit_billable_ns(u, now_ns)), seconds(now_ns - u->container->started_ns),
            (int)u->container->pid, u->container->port);
    buf_str(out, "</table></body></html>\n");
}

void page_render(void *context, bool json, struct buf *out) {
    if (json)
        render_json(context, out);
    else
        render_html(context, out);
}
