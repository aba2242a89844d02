/* `coldswarm validate`: checks a scenario and describes in plain words what it would do. Sends
 * no request of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/advice.h"
#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/dry_run.h"
#include "cli/grpc_health.h"
#include "cli/reflecting.h"
#include "cli/shown.h"
#include "cli/validate_data.h"
#include "cli/validate_http.h"
#include "engine/choose.h"
#include "engine/engine.h"
#include "scenario/scenario.h"
#include "stream/stream.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/text.h"
#include "util/units.h"

#define TEXT_BYTES_MAX ((size_t)64 << 20)
#define STAGES_SHOWN 12
#define NO_WAIT_USERS 1000      /* this many without a pause are rarely intended */
#define FEW_USERS_S 1.0         /* a pool that slower answers than this exhaust is a small one */
#define NEW_CONNECTIONS_MAX 470 /* per second: 28232 ports (Linux), a minute in TIME_WAIT each */

static void duration(struct buf *out, int64_t ns) {
    char text[UNITS_BYTES];
    units_duration_text(ns, text);
    buf_str(out, text);
}

static void label(struct buf *out, const char *name) {
    buf_printf(out, "  %-9s ", name);
}

static double per_second(int64_t micro_rate) {
    return (double)micro_rate / LOAD_MICRO;
}

/* "1 request per second", "1.5 requests per second" */
static void show_rate(struct buf *out, double rate) {
    buf_printf(out, "%.10g request%s per second", rate, text_plural_of(rate));
}

static void show_ramp(struct buf *out, const struct load *l) {
    buf_printf(out, "%" PRIu32 " user%s", l->users, text_plural(l->users));
    double interval_ns = 1e9 / l->spawn_rate;
    if (l->users > 1 && interval_ns < 1)
        buf_str(out, ", all at once");
    else if (l->users > 1 && interval_ns < (double)NS_PER_MS)
        buf_printf(out, ", %.0f more per second", l->spawn_rate);
    else if (l->users > 1) {
        buf_str(out, ", one every ");
        duration(out, interval_ns < 1e18 ? (int64_t)interval_ns : INT64_MAX / 2);
    }
    buf_str(out, l->users > 1 ? ", for " : " for ");
    duration(out, l->duration_ns);
    buf_char(out, '\n');
}

/* How long requests may take on average before max_users are not enough (Little's law). */
static double bearable_s(const struct load *l) {
    return l->max_users / per_second(load_micro_rate_max(l));
}

static void show_rate_stages(struct buf *out, const struct load *l) {
    int64_t from = l->start_micro_rate;
    for (size_t i = 0; i < l->stage_count; i++) {
        int64_t to = l->stages[i].micro_rate;
        if (i > 0)
            label(out, "");
        if (i == STAGES_SHOWN) {
            buf_printf(out, "and %zu more stage%s\n", l->stage_count - i,
                       text_plural(l->stage_count - i));
            break;
        }
        if (l->stages[i].duration_ns == 0) {
            buf_str(out, "at once to ");
            show_rate(out, per_second(to));
            buf_char(out, '\n');
        } else {
            if (to != from)
                buf_printf(out, "from %.10g to ", per_second(from));
            show_rate(out, per_second(to));
            buf_str(out, to == from ? " for " : " in ");
            duration(out, l->stages[i].duration_ns);
            buf_char(out, '\n');
        }
        from = to;
    }
    label(out, "");
    duration(out, load_duration(l));
    buf_str(out, " in total, at most ");
    show_rate(out, per_second(load_micro_rate_max(l)));
    buf_char(out, '\n');
}

static void show_open(struct buf *out, const struct scenario *s, const struct load *l) {
    if (l->kind == LOAD_RATE_STAGES)
        show_rate_stages(out, l);
    else if (l->kind == LOAD_TRACE)
        validate_trace(out, s, l);
    else {
        show_rate(out, per_second(l->micro_rate));
        buf_str(out, " for ");
        duration(out, l->duration_ns);
        buf_char(out, '\n');
    }
    label(out, "");
    buf_str(out, l->kind == LOAD_TRACE ? "as recorded, "
                 : l->poisson          ? "at random (Poisson), "
                                       : "evenly spaced, ");
    buf_printf(out, "by at most %" PRIu32 " user%s: enough while a request takes under ",
               l->max_users, text_plural(l->max_users));
    double bearable = bearable_s(l);
    duration(out, bearable < 1e6 ? (int64_t)(bearable * 1e9) : (int64_t)1e15);
    buf_str(out, "\n");
    label(out, "");
    if (l->spread_min > 0)
        buf_printf(out, "over %" PRIu32 " connection%s from the start; ", l->spread_min,
                   text_plural(l->spread_min));
    buf_str(out, l->spread ? "each to the user that has been idle longest\n"
                           : "each to the user that was busy last\n");
    label(out, "");
    buf_str(out, "dropped if no user is free within ");
    duration(out, l->queue_timeout_ns);
    buf_char(out, '\n');
}

static void show_stages(struct buf *out, const struct load *l) {
    uint32_t from = l->start_users;
    for (size_t i = 0; i < l->stage_count; i++) {
        const struct load_stage *stage = &l->stages[i];
        if (i > 0)
            label(out, "");
        if (i == STAGES_SHOWN) {
            buf_printf(out, "and %zu more stage%s\n", l->stage_count - i,
                       text_plural(l->stage_count - i));
            break;
        }
        if (stage->duration_ns == 0) {
            buf_printf(out, "at once to %" PRIu32 " user%s\n", stage->users,
                       text_plural(stage->users));
        } else {
            if (stage->users == from)
                buf_printf(out, "%" PRIu32 " user%s for ", from, text_plural(from));
            else
                buf_printf(out, "from %" PRIu32 " to %" PRIu32 " user%s in ", from, stage->users,
                           text_plural(stage->users));
            duration(out, stage->duration_ns);
            buf_char(out, '\n');
        }
        from = stage->users;
    }
    label(out, "");
    duration(out, load_duration(l));
    buf_printf(out, " in total, at most %" PRIu32 " user%s\n", load_users_max(l),
               text_plural(load_users_max(l)));
}

/* How long a pause is: "1s", "500ms to 1s". */
static void span(struct buf *out, const struct wait *w) {
    duration(out, w->low_ns);
    if (w->kind == WAIT_BETWEEN) {
        buf_str(out, " to ");
        duration(out, w->high_ns);
    }
}

static void show_wait(struct buf *out, const struct wait *w) {
    label(out, "wait");
    if (wait_is_paced(w)) {
        buf_str(out, w->kind == WAIT_PACING ? "" : "at random (Poisson), on average ");
        duration(out, w->low_ns);
        buf_str(out, " from one start to the next; a late start counts as response time\n");
        return;
    }
    if (w->kind == WAIT_NONE || (w->kind == WAIT_CONSTANT && w->low_ns == 0)) {
        buf_str(out, "none: a user starts its next task at once\n");
        return;
    }
    span(out, w);
    buf_str(out, " after each task\n");
}

static const char *content_type(const struct scenario_request *q) {
    for (size_t i = 0; i < q->header_count; i++)
        if (strcasecmp(q->headers[i].name, "Content-Type") == 0)
            return q->headers[i].value;
    return "";
}

/* "36 bytes of application/json"; parameters such as a boundary tell nothing here. */
static void show_body(struct buf *out, const struct scenario *s, const struct scenario_request *q) {
    const char *type = content_type(q);
    char bare[128];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(type, ";"), type);
    buf_printf(out, "  %zu byte%s of ", q->body_bytes, text_plural(q->body_bytes));
    shown_text(out, s, bare);
}

static void show_request(struct buf *out, const struct scenario *s,
                         const struct scenario_request *q, int method_width) {
    buf_printf(out, "%-*s ", method_width, q->method);
    shown_text(out, s, q->path);
    if (strcmp(q->name, q->path) != 0) {
        buf_str(out, "  named ");
        shown_text(out, s, q->name);
    }
    if (q->grpc != NULL)
        buf_str(out, q->body == NULL ? "  gRPC, a message that varies" : "  gRPC");
    else if (q->body != NULL)
        show_body(out, s, q);
    if (q->varying_path != NULL) {
        dry_run_path(s, q, out);
        if (q->written_path)
            buf_str(out, "  a value that begins with \"/\" is sent unchanged");
    }
    if (q->varying_body != NULL)
        buf_str(out, "  a body that varies");
    if (q->stream != NULL && q->grpc != NULL)
        buf_str(out, "  stream of messages");
    else if (q->stream != NULL)
        buf_printf(out, "  stream %s", stream_format_text((int)q->stream->spec.format));
    if (q->captures != NULL || q->checks != NULL)
        buf_printf(out, "  %s%s%s", q->captures != NULL ? "captures" : "",
                   q->captures != NULL && q->checks != NULL ? " and " : "",
                   q->checks != NULL ? "checks its response" : "");
    buf_char(out, '\n');
}

#define NESTED_MAX 64

/* The step that ends the loop which begins at `at`. */
static uint32_t loop_end(const struct scenario *s, const struct scenario_steps *steps,
                         uint32_t at) {
    uint32_t i = at + 1;
    while (i < steps->first + steps->count &&
           !(s->steps[i].kind == SCENARIO_AGAIN && s->steps[i].depth == s->steps[at].depth))
        i++;
    return i;
}

/* "wait 20 ms", "4 times:", "only when its condition holds:". */
static void show_step(struct buf *out, const struct scenario *s, const struct scenario_step *x) {
    switch (x->kind) {
    case SCENARIO_SEND:
        show_request(out, s, &s->requests[x->request], 0);
        break;
    case SCENARIO_PAUSE:
        buf_str(out, "wait ");
        span(out, &x->wait);
        buf_char(out, '\n');
        break;
    case SCENARIO_LOOP:
        buf_printf(out, "%" PRIu32 " times:\n", x->count);
        break;
    case SCENARIO_WHEN:
        buf_str(out, "only if its condition is true:\n");
        break;
    case SCENARIO_AGAIN:
    case SCENARIO_SKIP:
        break;
    }
}

/* Steps, a line each, behind `before`; what a repeat or a condition is about stands further in. */
static void show_steps(struct buf *out, const struct scenario *s,
                       const struct scenario_steps *steps, const char *before) {
    uint32_t ends[NESTED_MAX];
    size_t depth = 0;
    for (uint32_t i = steps->first; i < steps->first + steps->count; i++) {
        const struct scenario_step *x = &s->steps[i];
        while (depth > 0 && i >= ends[depth - 1])
            depth--;
        if (x->kind == SCENARIO_AGAIN || x->kind == SCENARIO_SKIP)
            continue;
        label(out, before);
        before = "";
        buf_printf(out, "        %*s", (int)(2 * depth), "");
        show_step(out, s, x);
        if (depth < NESTED_MAX && (x->kind == SCENARIO_LOOP || x->kind == SCENARIO_WHEN))
            ends[depth++] = x->kind == SCENARIO_WHEN ? x->to : loop_end(s, steps, i);
    }
}

static void show_tasks(struct buf *out, const struct scenario *s, const struct scenario_class *c) {
    double sum = (double)s->weight_sums[c->first_task + c->task_count - 1];
    int method_width = 0;
    for (uint32_t i = c->first_task; i < c->first_task + c->task_count; i++) {
        const struct scenario_task *t = &s->tasks[i];
        int n = t->single ? (int)strlen(s->requests[s->steps[t->steps.first].request].method) : 0;
        method_width = n > method_width ? n : method_width;
    }
    label(out, "tasks");
    for (uint32_t i = c->first_task; i < c->first_task + c->task_count; i++) {
        const struct scenario_task *t = &s->tasks[i];
        if (i > c->first_task)
            label(out, "");
        if (c->sequence)
            buf_printf(out, "%5" PRIu32 ". ", i - c->first_task + 1);
        else
            buf_printf(out, "%5.1f%%  ", 100.0 * t->weight / sum);
        if (t->single) {
            show_request(out, s, &s->requests[s->steps[t->steps.first].request], method_width);
            continue;
        }
        shown_text(out, s, t->name);
        buf_str(out, ", in steps:\n");
        show_steps(out, s, &t->steps, "");
    }
}

static void show_class(struct buf *out, const struct scenario *s, const struct scenario_class *c,
                       bool open) {
    if (c->name != NULL) {
        label(out, "users");
        shown_text(out, s, c->name);
        if (c->fixed_count > 0)
            buf_printf(out, ", %" PRIu32 " of them\n", c->fixed_count);
        else
            buf_printf(out, ", weight %" PRIu32 "\n", c->weight);
    }
    if (!open)
        show_wait(out, &c->wait);
    show_steps(out, s, &c->on_start, "on start");
    show_tasks(out, s, c);
    show_steps(out, s, &c->on_stop, "on stop");
}

static void show_loads(struct buf *out, const struct scenario *s) {
    for (size_t i = 0; i < s->load_count; i++) {
        const struct scenario_load *l = &s->loads[i];
        bool shared = i > 0 && s->loads[i - 1].first_class == l->first_class;
        label(out, "load");
        if (l->name != NULL) {
            shown_text(out, s, l->name);
            buf_str(out, ", after ");
            duration(out, l->start_ns);
            buf_char(out, '\n');
            label(out, "");
        }
        if (load_is_open(&l->load))
            show_open(out, s, &l->load);
        else if (l->load.kind == LOAD_USERS)
            show_ramp(out, &l->load);
        else
            show_stages(out, &l->load);
        label(out, "");
        advice_amount(s, l, out);
        buf_char(out, '\n');
        for (uint32_t k = 0; !shared && k < l->class_count; k++)
            show_class(out, s, &s->classes[l->first_class + k], load_is_open(&l->load));
    }
}

static void show_secrets(struct buf *out, const struct scenario *s) {
    if (s->env_count == 0)
        return;
    label(out, "secrets");
    for (size_t i = 0; i < s->env_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", s->env_names[i]);
    buf_str(out, " from the environment; sent, but never shown or stored\n");
}

static void explain(struct buf *out, const struct scenario *s) {
    text_printable(out, s->file, strlen(s->file));
    buf_str(out, " is valid.\n"
                 "\n");
    label(out, "name");
    shown_text(out, s, s->name);
    buf_char(out, '\n');
    label(out, "target");
    shown_text(out, s,
               s->target != NULL          ? s->target
               : s->target_source != NULL ? s->target_source
                                          : "none");
    if (s->target == NULL && s->target_source != NULL)
        buf_str(out, ", from full URLs");
    buf_char(out, '\n');
    label(out, "timeout");
    duration(out, s->timeout_ns);
    buf_str(out, " for a request, ");
    duration(out, s->connect_timeout_ns);
    buf_str(out, " of it to connect\n");
    validate_http(out, s);
    if (s->scrape != NULL) {
        label(out, "scrape");
        shown_text(out, s, s->scrape);
        buf_str(out, ", once a second\n");
    }
    show_steps(out, s, &s->setup, "setup");
    validate_feeders(out, s);
    show_loads(out, s);
    show_steps(out, s, &s->teardown, "teardown");
    show_secrets(out, s);
}

static bool body_expected(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* What is allowed in an open load and yet seldom meant. */
static void warn_open(struct buf *out, const struct scenario *s, const struct load *l, bool waits) {
    double rate = per_second(load_micro_rate_max(l)), bearable = bearable_s(l);
    if (waits)
        buf_str(out, "  - \"wait\" has no effect with an arrival rate\n");
    if (bearable < FEW_USERS_S && bearable * 1e9 < (double)s->timeout_ns)
        buf_printf(out,
                   "  - %" PRIu32 " user%s cannot keep up with %.10g request%s per second if a "
                   "request takes over %s s; raise \"max_users\"\n",
                   l->max_users, text_plural(l->max_users), rate, text_plural_of(rate),
                   text_rounded(bearable, 3).text);
    if (!s->http.keepalive && rate > NEW_CONNECTIONS_MAX)
        buf_printf(out,
                   "  - %.10g new connections per second: one address has about 28000 ports and "
                   "keeps each for a minute after use, which is enough for %d per second\n",
                   rate, NEW_CONNECTIONS_MAX);
}

static void warn_load(struct buf *out, const struct scenario *s, const struct scenario_load *of) {
    const struct load *l = &of->load;
    uint32_t most = load_users_max(l);
    bool any = false, all = true;
    for (uint32_t i = 0; i < of->class_count; i++) {
        const struct wait *w = &s->classes[of->first_class + i].wait;
        any = any || w->kind != WAIT_NONE;
        all = all && w->kind != WAIT_NONE && (w->low_ns > 0 || w->high_ns > 0);
    }
    if (l->kind == LOAD_USERS && most < l->users) {
        buf_printf(out, "  - only %" PRIu32 " of %" PRIu32 " users %s before the end, after ", most,
                   l->users, most == 1 ? "starts" : "start");
        duration(out, l->duration_ns);
        buf_str(out, "; raise \"spawn_rate\" or \"duration\"\n");
    }
    if (l->kind == LOAD_TRACE)
        validate_trace_warn(out, s);
    if (load_is_open(l))
        warn_open(out, s, l, any);
    else if (most >= NO_WAIT_USERS && !all)
        buf_printf(out, "  - %" PRIu32 " users without \"wait\" send as fast as they can\n", most);
}

/* What is allowed and yet seldom meant. */
static bool sends(const struct scenario *s, const struct scenario_steps *steps) {
    for (uint32_t i = steps->first; i < steps->first + steps->count; i++)
        if (s->steps[i].kind == SCENARIO_SEND)
            return true;
    return false;
}

static void warn_steps(struct buf *out, const struct scenario *s, size_t task) {
    const struct scenario_task *t = &s->tasks[task];
    bool idle = !sends(s, &t->steps);
    if (t->weight > 0 && !idle)
        return;
    buf_printf(out, "  - task %zu (", task + 1);
    shown_text(out, s, t->name);
    buf_printf(out, ")%s%s%s\n", idle ? " sends nothing" : "", idle && t->weight == 0 ? " and" : "",
               t->weight == 0 ? " has weight 0: it never runs" : "");
}

static void warn(struct buf *out, const struct scenario *s) {
    if (s->target == NULL && scenario_needs_target(s))
        buf_str(out, "  - no target: give one with --host, or write \"target\"\n");
    advice_version(s, out);
    for (size_t i = 0; i < s->load_count; i++)
        warn_load(out, s, &s->loads[i]);
    for (size_t i = 0; i < s->load_count; i++)
        advice_classes(s, &s->loads[i], out);
    for (size_t i = 0; i < s->task_count; i++) {
        if (!s->tasks[i].single) {
            warn_steps(out, s, i);
            continue;
        }
        const struct scenario_request *q = &s->requests[s->steps[s->tasks[i].steps.first].request];
        bool bare = q->body == NULL && !scenario_body_varies(q) && body_expected(q->method);
        if (!bare && s->tasks[i].weight > 0)
            continue;
        buf_printf(out, "  - task %zu (%s ", i + 1, q->method);
        shown_text(out, s, q->name);
        buf_printf(out, ") has %s%s%s\n", bare ? "no body" : "",
                   bare && s->tasks[i].weight == 0 ? " and " : "",
                   s->tasks[i].weight == 0 ? "weight 0: it is never sent" : "");
    }
}

/* `bad`: what says that it does not serve. */
static int show_all(const struct args *a, struct scenario *s, struct buf *text, struct buf *bad,
                    struct err *e) {
    struct buf warnings;
    int result = 0;
    buf_init(&warnings, TEXT_BYTES_MAX);
    if (opt_flag(a, "dry-run")) {
        if ((result = dry_run(s, text, e)) == 0)
            grpc_health(s, text, bad);
    } else {
        explain(text, s);
        warn(&warnings, s);
        advice_hosts(s, &warnings);
        advice_thresholds(s, &warnings);
        if (warnings.len > 0)
            buf_printf(text,
                       "\n"
                       "Warnings:\n"
                       "%s",
                       buf_text(&warnings));
    }
    text->failed = text->failed || warnings.failed;
    buf_done(&warnings);
    return result;
}

/* What no transport can do together, a run would refuse. */
static int check_transport(const struct scenario *s, struct err *e) {
    const struct transport_ops *transport;
    char why[CHOOSE_WHY_BYTES];
    if (s->target == NULL && scenario_needs_target(s))
        return 0;
    return choose_transport(CHOOSE_AUTO, s, &transport, why, e);
}

static int run(const struct args *a) {
    struct scenario *s = NULL;
    struct err e = {""};
    struct buf text, bad;
    int code = EXIT_USAGE;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&bad, TEXT_BYTES_MAX);
    reflecting_begin(opt_given(a, "host") ? opt_text(a, "host") : NULL);
    if (scenario_load(args_at(a, 0), NULL, NULL, &s, &e) != 0)
        goto out;
    if (opt_given(a, "host") && scenario_set_target(s, opt_text(a, "host"), &e) != 0) {
        err_prefix(&e, "--host");
        goto out;
    }
    if (engine_check_files(s, &e) != 0 || check_transport(s, &e) != 0 ||
        show_all(a, s, &text, &bad, &e) != 0)
        goto out;
    code = EXIT_RUNTIME;
    if (buf_fits(&text, &e, NULL, "the explanation") != 0 ||
        buf_fits(&bad, &e, NULL, "the text of the mistakes") != 0)
        goto out;
    fputs(buf_text(&text), stdout);
    if (bad.len == 0)
        code = EXIT_OK;
    else
        err_set(&e, "the target is NOT_SERVING (%s); start its service, or wait for it",
                buf_text(&bad));
out:
    if (code != EXIT_OK)
        command_error(code, e.text);
    scenario_free(s);
    buf_done(&text);
    buf_done(&bad);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .env = "COLDSWARM_HOST",
     .help = "target URL; overrides the scenario"},
    {.name = "dry-run",
     .letter = 'n',
     .type = OPT_FLAG,
     .help = "print each request as it would be sent, with secrets masked; and the health of gRPC "
             "services, for which the target is asked (exit code 3 if one does not serve)"},
};

const struct command command_validate = {
    .name = "validate",
    .usage = "SCENARIO.json [options]",
    .summary = "check a scenario and explain it; sends no request",
    .details =
        "Reads the scenario, its files and its environment variables as a run would, and "
        "looks up the target's address. Sends nothing but two questions to gRPC servers: for "
        "the types, if the scenario says \"reflection\", and with --dry-run for the "
        "health. The first mistake is reported with "
        "file, line and column, and how to fix it.",
    .examples = "coldswarm validate scenarios/paper.json # explain a scenario\n"
                "coldswarm validate mine.json --dry-run # print each request in full",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
