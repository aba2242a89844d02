#include "cli/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/evaluating.h"
#include "cli/listeners.h"
#include "cli/run.h"
#include "cli/sharding.h"
#include "cli/so_far.h"
#include "cli/steering.h"
#include "control/change.h"
#include "engine/proceed.h"
#include "merge/merge_manifest.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/json_write.h"
#include "util/sha256.h"
#include "util/words.h"

#define LINE_MAX_BYTES ((size_t)64 << 10)
#define VALUE_MAX_BYTES ((size_t)64 << 20)
#define OUT_MAX_BYTES ((size_t)256 << 20)
/* How long the end of a run waits for an agent that does not read. */
#define FLUSH_MS 2000
#define FACT_DIGITS 16

struct control_socket {
    int fd;
    struct control *control; /* NULL before the first poll */
    struct buf in, out;
    size_t sent; /* of out */
    bool closed; /* the agent is gone, or sent what cannot be understood */
    bool may_set_up, may_tear_down;
    bool told[CONTROL_TEARDOWN + 1]; /* what the run waits for */
    struct control_start start;
    struct {
        char *name;
        size_t n;
    } value;              /* whose bytes are awaited; name NULL: none */
    struct err stopped;   /* why the agent stopped the run; "": it did not, or a threshold did */
    struct buf threshold; /* "SECONDS RULE", as in the manifest; empty: none did */
    /* Of the listener. */
    int64_t next_ns;              /* of the next report */
    struct control_snapshot last; /* the newest */
    struct live_row counted;      /* so far; without percentiles */
    bool rows;                    /* reports have each endpoint, errors and events */
    bool load_over;
};

/* ---- out ---- */

static void flush(struct control_socket *s) {
    while (s->fd >= 0 && s->sent < s->out.len) {
        ssize_t n =
            send(s->fd, s->out.data + s->sent, s->out.len - s->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return; /* later; poll() sees the end of the socket */
        s->sent += (size_t)n;
    }
    if (s->sent == s->out.len) {
        buf_clear(&s->out);
        s->sent = 0;
    }
}

static void say(struct control_socket *s, const char *line) {
    buf_str(&s->out, line);
    buf_char(&s->out, '\n');
    flush(s);
}

/* ---- in ---- */

static void stop(struct control *c, const char *why, int signal) {
    bool again = c->order != CONTROL_GO_ON;
    control_command(c, (struct control_command){.order = again ? CONTROL_CANCEL : CONTROL_STOP,
                                                .source = control_socket_source.name,
                                                .why = why,
                                                .signal = signal});
}

/* The agent will say no more. */
static void lose(struct control_socket *s, struct control *c, const char *why) {
    if (s->closed)
        return;
    s->closed = true;
    if (c->order != CONTROL_GO_ON || s->load_over)
        return; /* it ends already */
    err_set(&s->stopped, "%s", why);
    stop(c, why, 0);
}

static void refuse(struct control_socket *s, struct control *c, const char *line) {
    struct err why;
    err_set(&why, "the agent sent a line that makes no sense here: \"%.100s\"", line);
    lose(s, c, why.text);
}

/* Behind "stop ": "signal N", "threshold SECONDS RULE", "asked WHY", or a text. */
static void read_stop(struct control_socket *s, struct control *c, const char *why) {
    const char *at = why;
    uint32_t number;
    struct err text;
    if (words_is(&at, "threshold") && *at != '\0') {
        buf_clear(&s->threshold);
        buf_str(&s->threshold, at);
        err_set(&text, "a threshold failed, which ends the run: %.800s", at);
        stop(c, text.text, 0);
    } else if (at = why, words_is(&at, "asked"))
        stop(c, at, 0); /* as on a page of its own: the measurement is as good as any */
    else if (at = why, words_is(&at, "signal") && words_uint32(&at, &number) && number < 65) {
        err_set(&text, RECORD_AGENT_SIGNAL_WORDS " %u", number);
        s->stopped = text;
        stop(c, text.text, (int)number);
    } else {
        err_set(&s->stopped, "%s", *why == '\0' ? "the agent gave no reason" : why);
        stop(c, s->stopped.text, 0);
    }
}

/* Whether the load will change. */
static bool give_change(struct control *c, const struct control_change *to) {
    struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    buf_str(&text, "the agent: ");
    steering_text(to, &text);
    control_command(c, (struct control_command){.source = control_socket_source.name,
                                                .why = buf_text(&text),
                                                .change = *to});
    buf_done(&text);
    return control_change_pending(c);
}

/* Behind "users " or "rate ": by the rules of the page. The answer says when the load changes, or
 * why it does not. */
static void read_change(struct control_socket *s, struct control *c, bool users, const char *at) {
    struct change_asked a = {CHANGE_NOTHING, CHANGE_NOTHING, CHANGE_NOTHING};
    const struct status_run *run = &c->shown;
    const struct change_of of = {.open = run->open,
                                 .users_possible = run->users_possible,
                                 .spawn_rate = c->wanted.spawn_rate};
    struct control_change to;
    struct err why = {"no load is in progress"};
    bool read = words_double(&at, users ? &a.users : &a.rate) &&
                (!users || *at == '\0' || words_double(&at, &a.spawn_rate)) && *at == '\0';
    if (run->no_change != NULL)
        err_set(&why, CHANGE_REFUSED "%s", run->no_change);
    else if (!read)
        err_set(&why, "write users N, users N PER_SECOND, or rate R");
    else if (c->now_ns >= 0 && change_make(&a, &of, &to, &why) && give_change(c, &to)) {
        buf_printf(&s->out, "changes %" PRId64, c->change_ns);
        say(s, "");
        return;
    }
    buf_printf(&s->out, "refused %s", why.text);
    say(s, "");
}

/* Behind "value ". Its bytes follow. */
static bool read_value(struct control_socket *s, const char *line) {
    size_t n = strcspn(line, " ");
    const char *at = line + n + 1;
    uint64_t bytes;
    if (n == 0 || line[n] != ' ' || s->start.mono_ns != 0 || !words_uint(&at, &bytes) ||
        *at != '\0' || bytes > VALUE_MAX_BYTES)
        return false;
    s->value.name = strndup(line, n);
    s->value.n = (size_t)bytes;
    return s->value.name != NULL;
}

/* What a page shows that does not change. The endpoints are in the order of the rows. */
static void say_about(struct control_socket *s, const struct control *c) {
    const struct status_run *run = &c->shown;
    const struct status_row *rows = NULL;
    size_t n = c->share == NULL ? 0 : status_rows(c->share, &rows);
    struct json_writer w;
    buf_str(&s->out, "about ");
    json_write_init(&w, &s->out, NULL);
    json_write_object(&w, NULL, JSON_LINE);
    json_write_text(&w, "name", run->name);
    json_write_text(&w, "target", run->target);
    json_write_text(&w, "scenario", run->scenario);
    json_write_bool(&w, "open", run->open);
    json_write_bool(&w, "streams", run->streams);
    json_write_array(&w, "endpoints", JSON_LINE);
    for (size_t i = 0; i < n; i++) {
        json_write_object(&w, NULL, JSON_LINE);
        json_write_text(&w, "method", rows[i].method);
        json_write_text(&w, "name", rows[i].name);
        json_write_end(&w);
    }
    json_write_end(&w);
    json_write_end(&w);
    say(s, "");
}

/* A second one puts the start off, while the engine still waits for the first. */
static bool read_go(struct control_socket *s, const char *line) {
    struct control_start start;
    bool stands = s->start.mono_ns != 0 && s->start.mono_ns - clock_mono_ns() <= PROCEED_LAST_NS;
    if (stands || !words_int(&line, &start.mono_ns) || !words_int(&line, &start.real_ns) ||
        *line != '\0' || start.mono_ns <= s->start.mono_ns)
        return false;
    s->start = start;
    say(s, "going");
    return true;
}

static void read_line(struct control_socket *s, struct control *c, const char *line) {
    const char *at = line;
    bool known = true;
    if (words_is(&at, "stop"))
        read_stop(s, c, at);
    else if (words_is(&at, "users"))
        read_change(s, c, true, at);
    else if (words_is(&at, "rate"))
        read_change(s, c, false, at);
    else if (words_is(&at, "value"))
        known = read_value(s, at);
    else if (words_is(&at, "go"))
        known = read_go(s, at);
    else if (strcmp(line, "setup") == 0)
        known = s->may_set_up = true;
    else if (strcmp(line, "rows") == 0) {
        s->rows = true;
        say_about(s, c);
    } else if (strcmp(line, "teardown") == 0)
        known = s->may_tear_down = true;
    else
        known = false;
    if (!known)
        refuse(s, c, line);
}

/* Reads what is complete. Returns how many bytes were used; 0: more is needed. */
static size_t read_next(struct control_socket *s, struct control *c, char *at, size_t n) {
    struct err e = {""};
    if (s->value.name != NULL) {
        if (n < s->value.n + 1)
            return 0;
        if (at[s->value.n] != '\n')
            refuse(s, c, "(a value without an end)");
        else if (control_learn(c, s->value.name, at, s->value.n) != 0) {
            err_memory(&e, "a value of the setup");
            lose(s, c, e.text);
        }
        free(s->value.name);
        s->value.name = NULL;
        return s->value.n + 1;
    }
    char *end = memchr(at, '\n', n);
    if (end == NULL) {
        if (n > LINE_MAX_BYTES)
            lose(s, c, "the agent sent a line without an end");
        return 0;
    }
    *end = '\0';
    read_line(s, c, at);
    return (size_t)(end - at) + 1;
}

/* Behind a change of the load, lines wait until it was taken: the next may be another one. */
static void read_all(struct control_socket *s, struct control *c) {
    size_t at = 0, used;
    while (!s->closed && !control_change_pending(c) && at < s->in.len &&
           (used = read_next(s, c, s->in.data + at, s->in.len - at)) > 0)
        at += used;
    if (at > 0) {
        memmove(s->in.data, s->in.data + at, s->in.len - at);
        s->in.len -= at;
    }
}

static void poll_socket(void *self, struct control *c) {
    struct control_socket *s = self;
    char bytes[16384];
    s->control = c;
    flush(s);
    read_all(s, c);
    while (!s->closed) {
        ssize_t n = recv(s->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            lose(s, c, "the agent ended: its socket was closed");
            return;
        }
        buf_add(&s->in, bytes, (size_t)n);
        read_all(s, c);
    }
}

/* ---- the source ---- */

static int init(const void *context, void **self, struct err *e) {
    const struct args *args = ((const struct run_source_view *)context)->args;
    const char *text = opt_text(args, "control");
    struct stat st;
    int fd;
    uint64_t id;
    if (text == NULL)
        return 0;
    if (sharding_control(text, &fd, &id, e) != 0)
        return -1;
    if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode))
        return err_set(e, "--control %d: that is no open socket of this process", fd);
    struct control_socket *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the control socket");
    *s = (struct control_socket){.fd = fd};
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    buf_init(&s->in, VALUE_MAX_BYTES + LINE_MAX_BYTES);
    buf_init(&s->out, OUT_MAX_BYTES);
    buf_init(&s->threshold, LINE_MAX_BYTES);
    *self = s;
    return 0;
}

static bool proceed(void *self, enum control_stage stage, struct control_start *start) {
    static const char *const words[] = {
        [CONTROL_SETUP] = "ready setup", [CONTROL_LOAD] = "ready", [CONTROL_TEARDOWN] = "over"};
    struct control_socket *s = self;
    if (!s->told[stage])
        say(s, words[stage]);
    s->told[stage] = true;
    if (stage == CONTROL_TEARDOWN)
        return s->may_tear_down || s->closed;
    if (stage == CONTROL_SETUP)
        return s->may_set_up;
    *start = s->start;
    return s->start.mono_ns != 0;
}

static void value(void *self, const char *name, const char *bytes, size_t n) {
    struct control_socket *s = self;
    buf_printf(&s->out, "value %s %zu\n", name, n);
    buf_add(&s->out, bytes, n);
    say(s, "");
}

static void finish(void *self, int code) {
    struct control_socket *s = self;
    buf_printf(&s->out, "end %d\n", code);
    flush(s);
    for (int64_t until = clock_mono_ns() + FLUSH_MS * NS_PER_MS;
         s->out.len > 0 && clock_mono_ns() < until;) {
        struct pollfd p = {.fd = s->fd, .events = POLLOUT};
        if (poll(&p, 1, FLUSH_MS) <= 0 || (p.revents & (POLLERR | POLLHUP)) != 0)
            return;
        flush(s);
    }
}

static void done(void *self) {
    struct control_socket *s = self;
    close(s->fd);
    buf_done(&s->in);
    buf_done(&s->out);
    buf_done(&s->threshold);
    free(s->value.name);
    free(s);
}

const struct control_source control_socket_source = {.name = "control",
                                                     .init = init,
                                                     .poll = poll_socket,
                                                     .proceed = proceed,
                                                     .value = value,
                                                     .finish = finish,
                                                     .done = done};

/* ---- the listener: what the agent learns ---- */

static void add_fact(struct buf *out, const char *key, const char *value) {
    char sha256[SHA256_HEX_BYTES];
    sha256_hex(value, strlen(value), sha256);
    buf_printf(out, "fact %s %.*s\n", key, FACT_DIGITS, sha256);
}

/* What must be equal in all parts, as `merge` sees it. */
static void add_facts(struct buf *out, const struct run_view *view) {
    struct manifest m = {0};
    char seed[32];
    run_manifest(&m, view->facts);
    snprintf(seed, sizeof seed, "%" PRIu64, view->facts->seed);
    add_fact(out, "version", COLDSWARM_VERSION);
    add_fact(out, "seed", seed);
    add_fact(out, "name", view->scenario->name);
    add_fact(out, "target", view->scenario->target_source);
    for (size_t i = 0; i < m.count; i++)
        if (merge_key_of(m.pairs[i].key) == MERGE_KEY_SAME)
            add_fact(out, m.pairs[i].key, m.pairs[i].value);
    manifest_done(&m);
}

static int describe(struct control_socket *s, const struct run_view *view, struct err *e) {
    struct scenario_subject of;
    struct buf *out = &s->out;
    if (scenario_subject(view->scenario, &of, e) != 0)
        return -1;
    add_facts(out, view);
    buf_printf(out, "load %" PRId64 " %u\n", scenario_duration(view->scenario),
               scenario_users_max(view->scenario));
    buf_printf(out, "stages %zu", of.subject.stage_count);
    for (size_t i = 0; of.subject.stage_count > 0 && i <= of.subject.stage_count; i++)
        buf_printf(out, " %" PRId64, of.subject.stages[i]);
    buf_char(out, '\n');
    for (size_t i = 0; i < view->scenario->thresholds.count; i++) {
        buf_str(out, "threshold ");
        gate_rule_text(&view->scenario->thresholds.items[i], out);
        buf_char(out, '\n');
    }
    scenario_subject_done(&of);
    return buf_fits(out, e, NULL, "a line of the control socket");
}

static int listen_init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    struct control_socket *s = control_source_self(view->control, &control_socket_source);
    if (s == NULL)
        return 0;
    s->control = view->control;
    if (control_share(view->control, e) != 0)
        return -1;
    *self = s;
    return describe(s, view, e);
}

/* What is new of the requests comes last: its counts are in the first line. */
static void report(struct control_socket *s) {
    const struct control_snapshot *now = &s->last;
    struct live_row *all = &s->counted, fresh;
    struct buf *out = &s->out, rows;
    struct json_writer reason;
    struct so_far_state state;
    buf_init(&rows, OUT_MAX_BYTES);
    status_take(s->control->share, s->rows, &fresh, &rows);
    live_row_add(all, &fresh);
    so_far_now(s->control, all, now->busiest_core, now->busiest_worker, now->longest_stall_ns,
               &state);
    buf_printf(out, "report %" PRId64 " %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", now->elapsed_ns,
               now->users, all->requests, all->failures, all->unsendable);
    buf_printf(out, "client %.4f %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %s ",
               now->busiest_core, now->longest_stall_ns / NS_PER_US, state.rows_queued,
               state.rows_lost, state.lag_us == LIVE_NO_VALUE ? -1 : state.lag_us, state.verdict);
    json_write_init(&reason, out, NULL);
    json_write_text(&reason, NULL, state.reason);
    buf_char(out, '\n');
    buf_add(out, buf_text(&rows), rows.len);
    out->failed = out->failed || !buf_ok(&rows);
    buf_done(&rows);
    evaluating_take(s->control, s->rows, out);
    say(s, "done");
}

static void tick(void *self, const struct control_snapshot *now) {
    struct control_socket *s = self;
    s->last = *now;
    s->load_over = now->elapsed_ns >= now->duration_ns;
    flush(s);
    /* An agent that does not read delays the next report; nothing is lost by it. */
    if (s->out.len > 0 || s->closed || now->elapsed_ns < s->next_ns)
        return;
    s->next_ns = (now->elapsed_ns / NS_PER_S + 1) * NS_PER_S;
    report(s);
}

static int end(void *self, void *run_end, struct err *e) {
    struct control_socket *s = self;
    struct run_end *run = run_end;
    char utc[CLOCK_UTC_BYTES];
    (void)e;
    s->last.elapsed_ns = run->duration_ns;
    s->last.users = 0;
    if (run->duration_ns > 0)
        report(s); /* the rest */
    if (s->start.mono_ns != 0) {
        clock_utc(s->start.real_ns, utc);
        manifest_add(&run->manifest, "start_at", utc);
    }
    if (s->threshold.len > 0 && s->stopped.text[0] == '\0')
        manifest_add(&run->manifest, THRESHOLDS_END_KEY, buf_text(&s->threshold));
    if (s->stopped.text[0] != '\0')
        err_set(&run->invalid, "it was stopped before its time: %s", s->stopped.text);
    return 0;
}

static void listen_done(void *self) {
    (void)self; /* the source's */
}

const struct control_listener control_socket_listener = {
    .name = "control", .init = listen_init, .tick = tick, .end = end, .done = listen_done};
