/* `coldswarm validate`: checks a scenario and says in plain words what it would do. Nothing is
 * sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/advice.h"
#include "cli/command.h"
#include "cli/dry_run.h"
#include "scenario/model.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

#define TEXT_BYTES_MAX ((size_t)64 << 20)
#define STAGES_SHOWN 12
#define NO_WAIT_USERS 1000      /* so many without a pause are seldom meant */
#define FEW_USERS_S 1.0         /* a pool that slower answers than this exhaust is a small one */
#define NEW_CONNECTIONS_MAX 470 /* per second: 28232 ports (Linux), a minute in TIME_WAIT each */

/* Text of the scenario: no secret and no control code of it reaches the terminal. */
static void foreign(struct buf *out, const struct scenario *s, const char *text) {
    struct buf masked;
    buf_init(&masked, TEXT_BYTES_MAX);
    scenario_mask(s, text, &masked);
    text_printable(out, buf_text(&masked), masked.len);
    buf_done(&masked);
}

static void duration(struct buf *out, int64_t ns) {
    char text[UNITS_BYTES];
    units_duration_text(ns, text);
    buf_str(out, text);
}

static void label(struct buf *out, const char *name) {
    buf_printf(out, "  %-9s ", name);
}

static const char *users_word(uint32_t n) {
    return n == 1 ? "user" : "users";
}

static void show_ramp(struct buf *out, const struct load *l) {
    buf_printf(out, "%" PRIu32 " %s", l->users, users_word(l->users));
    double interval_ns = 1e9 / l->spawn_rate;
    if (l->users > 1 && interval_ns < 1)
        buf_str(out, ", all at once");
    else if (l->users > 1 && interval_ns < (double)NS_PER_MS)
        buf_printf(out, ", %.0f more each second", l->spawn_rate);
    else if (l->users > 1) {
        buf_str(out, ", one every ");
        duration(out, interval_ns < 1e18 ? (int64_t)interval_ns : INT64_MAX / 2);
    }
    buf_str(out, l->users > 1 ? ", for " : " for ");
    duration(out, l->duration_ns);
    buf_char(out, '\n');
}

static double per_second(int64_t micro_rate) {
    return (double)micro_rate / LOAD_MICRO;
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
            buf_printf(out, "and %zu more stages\n", l->stage_count - i);
            break;
        }
        if (l->stages[i].duration_ns == 0)
            buf_printf(out, "at once to %.10g requests per second\n", per_second(to));
        else {
            if (to == from)
                buf_printf(out, "%.10g requests per second for ", per_second(to));
            else
                buf_printf(out, "from %.10g to %.10g requests per second in ", per_second(from),
                           per_second(to));
            duration(out, l->stages[i].duration_ns);
            buf_char(out, '\n');
        }
        from = to;
    }
    label(out, "");
    duration(out, load_duration(l));
    buf_printf(out, " in all, %.10g requests per second at most\n",
               per_second(load_micro_rate_max(l)));
}

static void show_open(struct buf *out, const struct load *l) {
    if (l->kind == LOAD_RATE_STAGES)
        show_rate_stages(out, l);
    else {
        buf_printf(out, "%.10g requests per second for ", per_second(l->micro_rate));
        duration(out, l->duration_ns);
        buf_char(out, '\n');
    }
    label(out, "");
    buf_str(out, l->poisson ? "at random (Poisson), " : "evenly spaced, ");
    buf_printf(out, "by %" PRIu32 " %s at most: enough while a request takes under ", l->max_users,
               users_word(l->max_users));
    double bearable = bearable_s(l);
    duration(out, bearable < 1e6 ? (int64_t)(bearable * 1e9) : (int64_t)1e15);
    buf_str(out, "\n");
    label(out, "");
    buf_str(out, "not sent when none of them is free for ");
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
            buf_printf(out, "and %zu more stages\n", l->stage_count - i);
            break;
        }
        if (stage->duration_ns == 0) {
            buf_printf(out, "at once to %" PRIu32 " %s\n", stage->users, users_word(stage->users));
        } else {
            if (stage->users == from)
                buf_printf(out, "%" PRIu32 " %s for ", from, users_word(from));
            else
                buf_printf(out, "from %" PRIu32 " to %" PRIu32 " users in ", from, stage->users);
            duration(out, stage->duration_ns);
            buf_char(out, '\n');
        }
        from = stage->users;
    }
    label(out, "");
    duration(out, load_duration(l));
    buf_printf(out, " in all, %" PRIu32 " %s at most\n", load_users_max(l),
               users_word(load_users_max(l)));
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
        buf_str(out, "none: a user begins its next task as soon as one is over\n");
        return;
    }
    span(out, w);
    buf_str(out, " after each task\n");
}

/* One entry of the comma-separated list; the label comes before the first. */
static void http_item(struct buf *out, bool *any, const struct scenario *s, const char *text,
                      const char *value) {
    if (*any)
        buf_str(out, ", ");
    else
        label(out, "http");
    *any = true;
    buf_str(out, text);
    if (value != NULL)
        foreign(out, s, value);
}

static void show_http(struct buf *out, const struct scenario *s) {
    const struct scenario_http *h = &s->http;
    bool any = false;
    if (h->version != SCENARIO_HTTP_1_1)
        http_item(out, &any, s, "HTTP/2", h->version == SCENARIO_HTTP_2 ? NULL : " at once");
    if (!h->verify)
        http_item(out, &any, s, "certificates are not checked", NULL);
    if (h->ca != NULL)
        http_item(out, &any, s, "authorities from ", h->ca);
    if (h->cert != NULL)
        http_item(out, &any, s, "client certificate ", h->cert);
    for (size_t i = 0; i < h->resolve_count; i++)
        http_item(out, &any, s, "resolve ", h->resolve[i]);
    if (h->proxy != NULL)
        http_item(out, &any, s, "proxy ", h->proxy);
    if (h->unix_socket != NULL)
        http_item(out, &any, s, "socket ", h->unix_socket);
    if (!h->keepalive)
        http_item(out, &any, s, "a new connection for each request", NULL);
    if (h->follow_redirects)
        http_item(out, &any, s, "redirects are followed", NULL);
    if (h->compressed)
        http_item(out, &any, s, "compressed answers", NULL);
    if (!h->cookies)
        http_item(out, &any, s, "no cookies", NULL);
    if (any)
        buf_char(out, '\n');
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
    buf_printf(out, "  %zu %s of ", q->body_bytes, q->body_bytes == 1 ? "byte" : "bytes");
    foreign(out, s, bare);
}

static void show_request(struct buf *out, const struct scenario *s,
                         const struct scenario_request *q, int method_width) {
    buf_printf(out, "%-*s ", method_width, q->method);
    foreign(out, s, q->path);
    if (strcmp(q->name, q->path) != 0) {
        buf_str(out, "  named ");
        foreign(out, s, q->name);
    }
    if (q->body != NULL)
        show_body(out, s, q);
    if (q->varying_path != NULL) {
        struct err e;
        struct buf example;
        buf_init(&example, TEXT_BYTES_MAX);
        if (dry_run_path(s, q, &example, &e) == 0)
            buf_printf(out, "  as %s", buf_text(&example));
        buf_done(&example);
    }
    if (q->varying_body != NULL)
        buf_str(out, "  a body that varies");
    if (q->captures != NULL || q->checks != NULL)
        buf_printf(out, "  %s%s%s", q->captures != NULL ? "captures" : "",
                   q->captures != NULL && q->checks != NULL ? " and " : "",
                   q->checks != NULL ? "checks its answer" : "");
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
        buf_str(out, "only when its condition holds:\n");
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
        foreign(out, s, t->name);
        buf_str(out, ", in steps:\n");
        show_steps(out, s, &t->steps, "");
    }
}

static void show_class(struct buf *out, const struct scenario *s, const struct scenario_class *c,
                       bool open) {
    if (c->name != NULL) {
        label(out, "users");
        foreign(out, s, c->name);
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
            foreign(out, s, l->name);
            buf_str(out, ", after ");
            duration(out, l->start_ns);
            buf_char(out, '\n');
            label(out, "");
        }
        if (load_is_open(&l->load))
            show_open(out, &l->load);
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
    buf_str(out, " from the environment, sent and never shown or stored\n");
}

static void explain(struct buf *out, const struct scenario *s) {
    text_printable(out, s->file, strlen(s->file));
    buf_str(out, " is good.\n\n");
    label(out, "name");
    foreign(out, s, s->name);
    buf_char(out, '\n');
    label(out, "target");
    foreign(out, s, s->target == NULL ? "none" : s->target);
    buf_char(out, '\n');
    label(out, "timeout");
    duration(out, s->timeout_ns);
    buf_str(out, " for a request, ");
    duration(out, s->connect_timeout_ns);
    buf_str(out, " of it to connect\n");
    show_http(out, s);
    show_steps(out, s, &s->setup, "setup");
    show_loads(out, s);
    show_steps(out, s, &s->teardown, "teardown");
    show_secrets(out, s);
}

static bool needs_target(const struct scenario *s) {
    for (size_t i = 0; i < s->request_count; i++)
        if (s->requests[i].path[0] == '/')
            return true;
    return false;
}

static bool body_expected(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* What is allowed in an open load and yet seldom meant. */
static void warn_open(struct buf *out, const struct scenario *s, const struct load *l, bool waits) {
    double rate = per_second(load_micro_rate_max(l)), bearable = bearable_s(l);
    if (waits)
        buf_str(out, "  - \"wait\" has no effect: requests are sent when they are due\n");
    if (bearable < FEW_USERS_S && bearable * 1e9 < (double)s->timeout_ns)
        buf_printf(out,
                   "  - %" PRIu32 " users cannot keep up with %.10g requests per second once they "
                   "take over %.3g s each; raise \"max_users\"\n",
                   l->max_users, rate, bearable);
    if (!s->http.keepalive && rate > NEW_CONNECTIONS_MAX)
        buf_printf(
            out,
            "  - a new connection for each of %.10g requests per second: a machine has about "
            "28000 ports for one address, and keeps each for a minute; that is %d per "
            "second\n",
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
        buf_printf(out, "  - only %" PRIu32 " of %" PRIu32 " users start before the end, after ",
                   most, l->users);
        duration(out, l->duration_ns);
        buf_str(out, "; raise \"spawn_rate\" or \"duration\"\n");
    }
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
    foreign(out, s, t->name);
    buf_printf(out, ")%s%s%s\n", idle ? " sends nothing" : "", idle && t->weight == 0 ? " and" : "",
               t->weight == 0 ? " has weight 0: it is never begun" : "");
}

static void warn(struct buf *out, const struct scenario *s) {
    if (s->target == NULL && needs_target(s))
        buf_str(out, "  - no target: give one with --host, or write \"target\"\n");
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
        bool bare = q->body == NULL && q->varying_body == NULL && body_expected(q->method);
        if (!bare && s->tasks[i].weight > 0)
            continue;
        buf_printf(out, "  - task %zu (%s ", i + 1, q->method);
        foreign(out, s, q->name);
        buf_printf(out, ") has %s%s%s\n", bare ? "no body" : "",
                   bare && s->tasks[i].weight == 0 ? " and " : "",
                   s->tasks[i].weight == 0 ? "weight 0: it is never sent" : "");
    }
}

static int show_all(const struct args *a, struct scenario *s, struct buf *text, struct err *e) {
    struct buf warnings;
    int result = 0;
    buf_init(&warnings, TEXT_BYTES_MAX);
    if (opt_flag(a, "dry-run")) {
        result = dry_run(s, text, e);
    } else {
        explain(text, s);
        warn(&warnings, s);
        advice_hosts(s, &warnings);
        advice_thresholds(s, &warnings);
        if (warnings.len > 0)
            buf_printf(text, "\nWorth a look:\n%s", buf_text(&warnings));
    }
    text->failed = text->failed || warnings.failed;
    buf_done(&warnings);
    return result;
}

static int run(const struct args *a) {
    struct scenario *s = NULL;
    struct err e = {""};
    struct buf text;
    int code = EXIT_USAGE;
    buf_init(&text, TEXT_BYTES_MAX);
    if (scenario_load(args_at(a, 0), NULL, NULL, &s, &e) != 0)
        goto out;
    if (opt_given(a, "host") && scenario_set_target(s, opt_text(a, "host"), &e) != 0) {
        err_prefix(&e, "--host");
        goto out;
    }
    if (show_all(a, s, &text, &e) != 0)
        goto out;
    if (buf_ok(&text)) {
        fputs(buf_text(&text), stdout);
        code = EXIT_OK;
    } else {
        code = EXIT_RUNTIME;
        err_set(&e, "no memory for the explanation");
    }
out:
    if (code != EXIT_OK)
        command_error(code, e.text);
    scenario_free(s);
    buf_done(&text);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "URL",
     .help = "the target, in place of the scenario's"},
    {.name = "dry-run",
     .letter = 'n',
     .type = OPT_FLAG,
     .help = "print each request as it would be sent, secrets masked"},
};

extern const struct command command_validate;
const struct command command_validate = {
    .name = "validate",
    .usage = "SCENARIO.json [options]",
    .summary = "check a scenario and say in plain words what it would do",
    .details =
        "Reads the scenario, the files that it names and the variables that it takes from the "
        "environment, as a run would, asks for the target's address and sends nothing. The first "
        "mistake is reported with its "
        "file, line and column, and with what would mend it.",
    .examples = "coldswarm validate scenarios/paper.json # explain the paper's run\n"
                "coldswarm validate mine.json --dry-run # each request, whole\n"
                "coldswarm validate mine.json -H http://127.0.0.1:9000 # with another target",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
