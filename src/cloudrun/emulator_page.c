/* The status page: what is now, as HTML and as JSON. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cloudrun/emulator_internal.h"
#include "util/clock.h"

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

static void add_unit_json(cJSON *list, const struct unit *u, int64_t now_ns) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddNumberToObject(o, "number", u->number);
    cJSON_AddStringToObject(o, "instance", u->id);
    cJSON_AddStringToObject(o, "state", state_name(u));
    cJSON_AddBoolToObject(o, "cpu_held_back", u->container->held);
    cJSON_AddNumberToObject(o, "pid", u->container->pid);
    cJSON_AddNumberToObject(o, "port", u->container->port);
    cJSON_AddNumberToObject(o, "in_flight", u->in_flight);
    cJSON_AddNumberToObject(o, "requests", (double)u->requests);
    cJSON_AddNumberToObject(o, "cpus", u->cpus_used);
    cJSON_AddNumberToObject(o, "memory_bytes", (double)u->memory_bytes);
    cJSON_AddNumberToObject(o, "billable_s", seconds(unit_billable_ns(u, now_ns)));
    cJSON_AddNumberToObject(o, "age_s", seconds(now_ns - u->container->started_ns));
}

static void render_json(const struct emulator *m, struct buf *out) {
    struct emulator_status s;
    int64_t now_ns = clock_mono_ns();
    emulator_status(m, &s);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "service", m->names.service);
    cJSON_AddStringToObject(root, "revision", m->names.revision);
    cJSON_AddStringToObject(root, "policy", autoscaler_policy_name(m->options.scaling.policy));
    cJSON_AddNumberToObject(root, "uptime_s", seconds(s.uptime_ns));
    cJSON_AddNumberToObject(root, "pending", s.pending);
    cJSON_AddNumberToObject(root, "in_flight", s.in_flight);
    cJSON_AddNumberToObject(root, "requests", (double)s.requests);
    cJSON_AddNumberToObject(root, "requests_per_second", s.per_second);
    cJSON_AddNumberToObject(root, "no_instance", (double)s.no_instance);
    cJSON_AddNumberToObject(root, "started", (double)s.started);
    cJSON_AddNumberToObject(root, "crashed", (double)s.crashed);
    cJSON_AddNumberToObject(root, "failed_starts", (double)s.failed_starts);
    cJSON_AddNumberToObject(root, "billable_s", seconds(s.billable_ns));
    cJSON_AddStringToObject(root, "limits", limits_text(&m->limits));
    cJSON *list = cJSON_AddArrayToObject(root, "instances");
    for (const struct unit *u = m->units; list != NULL && u != NULL; u = u->next)
        add_unit_json(list, u, now_ns);
    char *text = cJSON_Print(root);
    if (text != NULL)
        buf_str(out, text);
    buf_char(out, '\n');
    cJSON_free(text);
    cJSON_Delete(root);
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
