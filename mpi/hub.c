#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exporting.h"
#include "cli/json_progress.h"
#include "cli/listeners.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "cli/serving.h"
#include "control/signals.h"
#include "hub_internal.h"
#include "say.h"
#include "util/clock.h"
#include "util/words.h"

#define IN_MAX_BYTES ((size_t)256 << 20)
#define ALIVE_NS NS_PER_S
#define AWAY_NS NS_PER_S

static uint32_t index_of(const struct hub *h, const struct hub_part *p) {
    return (uint32_t)(p - h->parts);
}

const char *hub_name(const struct hub *h, const struct hub_part *p) {
    static char name[128];
    snprintf(name, sizeof name, "part %u (host %s)", index_of(h, p),
             p->host[0] == '\0' ? "unknown" : p->host);
    return name;
}

void hub_note(struct hub *h, const char *format, ...) {
    va_list args;
    char *line = NULL;
    va_start(args, format);
    int n = vasprintf(&line, format, args);
    va_end(args);
    hub_clear(h);
    if (n < 0)
        return;
    if (h->whole != NULL && h->phase == HUB_LOAD)
        notes_add(h->notes, clock_mono_ns() - h->start_ns, "mpi", line);
    say_line(line);
    snprintf(h->said.text, sizeof h->said.text, "%s", line);
    free(line);
}

void hub_clear(const struct hub *h) {
    if (h->progress != NULL)
        progress_listener.end(h->progress, NULL, NULL);
}

void hub_say(struct hub *h, const struct hub_part *p, const char *line) {
    mail_text(h->mail, (int)index_of(h, p), "say\n%s\n", line);
}

void hub_stop(struct hub *h, const char *why) {
    h->stopped = true;
    for (uint32_t i = 0; i < h->count; i++)
        if (!h->parts[i].exited) {
            mail_text(h->mail, (int)i, "say\nstop %s\n", why);
        }
}

void hub_refuse(struct hub *h, int code) {
    if (h->phase >= HUB_REFUSED)
        return;
    h->phase = HUB_REFUSED;
    h->phase_ns = clock_mono_ns();
    h->code = code;
    hub_stop(h, "another part cannot start");
}

static const struct control_listener *const listeners[] = {
    &progress_listener, &serving_listener, &json_progress_listener, &exporting_listener};
static const struct control_source *const sources[] = {&serving_source};
static const struct control_tables tables = {.listeners = listeners,
                                             .listener_count = sizeof listeners / sizeof *listeners,
                                             .sources = sources,
                                             .source_count = sizeof sources / sizeof *sources};

/* Who sees the whole. A page listens from now on. For receivers of metrics it is one run: no part has
 * the options that name them. */
static int open_views(struct hub *h, struct err *e) {
    const struct run_source_view source = {.args = h->o.args};
    const struct sharding whole = {.part = part_whole()};
    const struct repeat once = {.count = 1, .nth = 1};
    const struct run_facts facts = {
        .args = h->o.args, .repeat = &once, .sharding = &whole, .seed = h->o.job.seed};
    const struct run_view view = {.args = h->o.args,
                                  .repeat = &once,
                                  .note = notes_add,
                                  .note_context = h->notes,
                                  .control = &h->control,
                                  .facts = &facts,
                                  .path = h->o.out};
    sigset_t set, before;
    signals_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before); /* for the threads that begin here */
    int result = control_init(&h->control, &tables, &source, e);
    if (result == 0)
        result = control_listen(&h->control, &view, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return -1;
    h->progress = control_listener_self(&h->control, &progress_listener);
    h->page = serving_web(&h->control) != NULL;
    h->followed = h->page || control_listener_self(&h->control, &json_progress_listener) != NULL ||
                  control_listener_self(&h->control, &exporting_listener) != NULL;
    return 0;
}

int hub_new(const struct hub_options *o, struct mail *m, struct hub **out, struct err *e) {
    struct hub *h = calloc(1, sizeof *h);
    if (h == NULL)
        return err_memory(e, NULL);
    *h = (struct hub){.o = *o,
                      .mail = m,
                      .count = (uint32_t)mail_size(m),
                      .phase_ns = clock_mono_ns(),
                      .parts = calloc((size_t)mail_size(m), sizeof *h->parts),
                      .files = calloc((size_t)mail_size(m), sizeof *h->files)};
    buf_init(&h->rules, IN_MAX_BYTES);
    buf_init(&h->stages, IN_MAX_BYTES);
    buf_init(&h->about, IN_MAX_BYTES);
    *out = h;
    if (h->parts == NULL || h->files == NULL)
        return err_memory(e, "%d parts", mail_size(m));
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        buf_init(&p->in, IN_MAX_BYTES);
        buf_init(&p->facts, IN_MAX_BYTES);
        buf_init(&p->errors, IN_MAX_BYTES);
        p->heard_ns = clock_mono_ns();
        p->size = -1;
        if (o->known != NULL)
            snprintf(p->host, sizeof p->host, "%s", o->known->ranks[i].host);
    }
    return notes_new(&h->notes, e) != 0 ? -1 : open_views(h, e);
}

void hub_close_views(struct hub *h) {
    /* What the page has for scripts of Locust is taken back while there is a page. */
    hub_done_load(h);
    control_done(&h->control);
    h->progress = NULL;
    h->page = h->followed = false;
}

void hub_free(struct hub *h) {
    if (h == NULL)
        return;
    for (uint32_t i = 0; h->parts != NULL && i < h->count; i++) {
        buf_done(&h->parts[i].in);
        buf_done(&h->parts[i].facts);
        buf_done(&h->parts[i].errors);
    }
    hub_close_views(h);
    notes_free(h->notes);
    buf_done(&h->rules);
    buf_done(&h->stages);
    buf_done(&h->about);
    free(h->parts);
    free(h->files);
    free(h);
}

/* ---- messages ---- */

/* The bytes of a value, with the newline behind them, to the other parts. */
static void pass_on(struct hub *h, const char *bytes, size_t n) {
    struct buf text;
    buf_init(&text, IN_MAX_BYTES);
    buf_str(&text, "say\n");
    buf_add(&text, bytes, n);
    for (uint32_t i = 1; i < h->count; i++)
        mail_send(h->mail, (int)i, text.data, text.len);
    buf_done(&text);
}

/* What a load process said: lines, and the bytes of values. */
static void take_bytes(struct hub *h, struct hub_part *p, const char *bytes, size_t n) {
    size_t at = 0;
    buf_add(&p->in, bytes, n);
    while (at < p->in.len) {
        char *line = p->in.data + at, *end;
        if (p->value_left > 0) {
            if (p->in.len - at < p->value_left)
                break;
            pass_on(h, line, p->value_left);
            at += p->value_left;
            p->value_left = 0;
            continue;
        }
        end = memchr(line, '\n', p->in.len - at);
        if (end == NULL)
            break;
        *end = '\0';
        hub_line(h, p, line);
        at += (size_t)(end - line) + 1;
    }
    if (at > 0) {
        memmove(p->in.data, p->in.data + at, p->in.len - at);
        p->in.len -= at;
    }
}

static void take_exit(struct hub *h, struct hub_part *p, const char *at, const char *errors) {
    int64_t code = -1, number = 0;
    words_int(&at, &code);
    words_int(&at, &number);
    p->exited = true;
    p->code = (int)code;
    p->signal = (int)number;
    buf_clear(&p->errors);
    buf_str(&p->errors, errors);
    if (h->whole != NULL && !p->lost)
        whole_over(h->whole, index_of(h, p));
}

static void take_signal(struct hub *h, const char *at) {
    struct err why;
    uint32_t number = 15;
    words_uint32(&at, &number);
    h->signal = h->signal != 0 ? h->signal : (int)number;
    if (h->phase < HUB_GO) {
        hub_note(h, "signal %u before the start; nothing was sent", number);
        hub_refuse(h, 128 + (int)number);
        return;
    }
    if (!h->told_signal)
        hub_note(h,
                 "signal %u: the parts send no new requests; another one cancels those in flight",
                 number);
    h->told_signal = true;
    err_set(&why, "signal %u", number);
    hub_stop(h, why.text);
}

void hub_message(struct hub *h, int from, const char *text, size_t n) {
    struct hub_part *p = &h->parts[from];
    const char *at = text, *line = memchr(text, '\n', n);
    const char *rest = line == NULL ? "" : line + 1;
    size_t rest_n = line == NULL ? 0 : n - (size_t)(rest - text);
    int64_t size;
    p->heard_ns = clock_mono_ns();
    /* Of an earlier load, except signals. */
    if (!p->hello && strncmp(text, "hello ", 6) != 0 && strncmp(text, "signal ", 7) != 0)
        return;
    if (words_is(&at, "bytes"))
        take_bytes(h, p, rest, rest_n);
    else if (words_is(&at, "piece"))
        hub_piece(h, p, rest, rest_n);
    else if (words_is(&at, "hello")) {
        snprintf(p->host, sizeof p->host, "%.64s", rest);
        p->hello = true;
        if (strncmp(at, COLDSWARM_VERSION "\n", sizeof COLDSWARM_VERSION) != 0) {
            hub_note(h, "%s has another version of coldswarm-mpi", hub_name(h, p));
            hub_refuse(h, EXIT_USAGE);
        }
    } else if (words_is(&at, "file"))
        snprintf(p->path, sizeof p->path, "%s", at);
    else if (words_is(&at, "exit"))
        take_exit(h, p, at, rest);
    else if (words_is(&at, "failed")) {
        buf_clear(&p->errors);
        buf_str(&p->errors, rest);
        p->failed = true;
        hub_no_file(h, p);
    } else if (words_is(&at, "note"))
        hub_note(h, "%s: %s", hub_name(h, p), rest);
    else if (words_is(&at, "signal"))
        take_signal(h, at);
    else if (words_is(&at, "size") && words_int(&at, &size))
        hub_size(h, p, size);
}

void hub_line(struct hub *h, struct hub_part *p, const char *line) {
    const char *at = line;
    struct err e;
    uint64_t n;
    p->report_ns = clock_mono_ns();
    if (whole_is_report(line)) {
        if (h->whole != NULL && whole_line(h->whole, index_of(h, p), line, &e) != 0) {
            hub_note(h, "%s: %s", hub_name(h, p), e.text);
            whole_lose(h->whole, index_of(h, p));
        }
    } else if (words_is(&at, "fact"))
        buf_printf(&p->facts, "%s\n", at);
    else if (words_is(&at, "ready")) {
        p->wants_setup = strcmp(at, "setup") == 0;
        p->ready = !h->followed || p->described;
        if (!p->ready)
            hub_say(h, p, "rows");
    } else if (words_is(&at, "about")) {
        p->described = p->ready = true;
        if (index_of(h, p) == 0)
            buf_str(&h->about, at);
    } else if (words_is(&at, "going"))
        p->confirmed++;
    else if (words_is(&at, "over"))
        p->over = true;
    else if (index_of(h, p) != 0)
        return; /* the others say the same of the load */
    else if (words_is(&at, "load")) {
        words_int(&at, &h->duration_ns);
        words_uint32(&at, &h->users_max);
    } else if (words_is(&at, "stages"))
        buf_str(&h->stages, at);
    else if (words_is(&at, "threshold"))
        buf_printf(&h->rules, "%s\n", at);
    else if (words_is(&at, "value")) {
        size_t name = strcspn(at, " ");
        const char *number = at + name + 1;
        if (at[name] == ' ' && words_uint(&number, &n))
            p->value_left = (size_t)n + 1;
        for (uint32_t i = 1; i < h->count; i++)
            hub_say(h, &h->parts[i], line);
    }
}

/* ---- turns ---- */

bool hub_is_quiet(const struct hub *h) {
    return h->phase == HUB_LOAD;
}

bool hub_is_over(const struct hub *h) {
    return h->phase == HUB_OVER;
}

int hub_signal(const struct hub *h) {
    return h->signal;
}

void hub_discard(struct hub *h) {
    h->discarded = true;
}

static void say_alive(struct hub *h, int64_t now_ns) {
    if (now_ns - h->alive_ns < ALIVE_NS)
        return;
    h->alive_ns = now_ns;
    for (uint32_t i = 1; i < h->count; i++)
        /* MPI would try to connect to one that is gone. */
        if (!h->parts[i].lost && mail_waiting(h->mail, (int)i) < 4096)
            mail_text(h->mail, (int)i, "alive");
}

/* A hub that did not run itself has not listened: nobody was silent in that time. */
static void forgive(struct hub *h, int64_t now_ns) {
    int64_t away_ns = h->turn_ns == 0 ? 0 : now_ns - h->turn_ns;
    h->turn_ns = now_ns;
    for (uint32_t i = 0; away_ns > AWAY_NS && i < h->count; i++) {
        h->parts[i].heard_ns += away_ns;
        h->parts[i].report_ns += away_ns;
    }
}

void hub_turn(struct hub *h) {
    int64_t now_ns = clock_mono_ns();
    forgive(h, now_ns);
    say_alive(h, now_ns);
    switch (h->phase) {
    case HUB_HELLO:
    case HUB_READY:
    case HUB_SETUP:
    case HUB_GO:
    case HUB_REFUSED:
        hub_turn_start(h);
        break;
    case HUB_LOAD:
        hub_turn_load(h);
        break;
    case HUB_COLLECT:
        hub_turn_collect(h);
        break;
    case HUB_OVER:
        break;
    }
}

static void name_broken(const struct hub *h, const struct hub_part *p, char *out, size_t size) {
    if (p->signal != 0)
        snprintf(out, size, "the load process of %s was killed by signal %d", hub_name(h, p),
                 p->signal);
    else
        snprintf(out, size, "%s is lost%s%.120s", hub_name(h, p), p->errors.len > 0 ? ": " : "",
                 p->errors.len > 0 ? buf_text(&p->errors) : "");
}

void hub_result(struct hub *h, struct hub_result *out) {
    *out = (struct hub_result){.code = h->code, .files = h->files, .said = h->said.text};
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        out->lost = out->lost || clock_mono_ns() - p->heard_ns > HUB_SILENT_NS || !p->hello;
        if (p->collected)
            h->files[out->file_count++] = p->file;
        else
            out->partial = true;
        if (p->exited && p->code > out->worst && p->code <= EXIT_RUNTIME)
            out->worst = p->code;
        if (out->broken[0] == '\0' && (!p->collected || p->signal != 0))
            name_broken(h, p, out->broken, sizeof out->broken);
    }
}
