#include "cli/serving.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/listeners.h"
#include "cli/run.h"
#include "cli/steering.h"
#include "control/signals.h"
#include "report/html.h"
#include "util/clock.h"
#include "web/web.h"

#define STYLE_MAX_BYTES ((size_t)1 << 20)

struct serving {
    struct web *web;
    bool borrowed; /* it is the owner's of this run */
    struct buf style;
    int64_t linger_ns;
    bool quiet;
    bool shown; /* a status: there is something to see afterwards */
};

/* ---- the source ---- */

static struct web_options options_of(const struct args *a, const char *style) {
    return (struct web_options){.where = opt_text(a, "web"),
                                .token = opt_text(a, "web-token"),
                                .base = opt_text(a, "web-base"),
                                .cert = opt_text(a, "tls-cert"),
                                .key = opt_text(a, "tls-key"),
                                .style = style};
}

int serving_check(const struct args *a, struct err *e) {
    const struct web_options o = options_of(a, "");
    return o.where == NULL ? 0 : web_check(&o, e);
}

static int init(const void *context, void **self, struct err *e) {
    const struct run_source_view *view = context;
    const struct args *a = view->args;
    bool borrowed = view->owner != NULL && view->owner->web != NULL;
    if (!borrowed && !opt_given(a, "web"))
        return 0;
    struct serving *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the page");
    *self = s;
    if (borrowed) {
        s->web = view->owner->web;
        s->borrowed = true;
        return 0;
    }
    s->linger_ns = opt_duration(a, "web-linger");
    s->quiet = opt_flag(a, "quiet");
    buf_init(&s->style, STYLE_MAX_BYTES);
    html_style(&s->style);
    const struct web_options o = options_of(a, buf_text(&s->style));
    if (web_open(&o, &s->web, e) != 0)
        return -1;
    fprintf(stderr, "page: %s\n", web_url(s->web));
    return 0;
}

/* The second time it cancels, as a second Ctrl-C does; at once if the load has ended, because then
 * only requests in flight are left. */
static void stop(struct control *c) {
    bool again = c->order != CONTROL_GO_ON || c->load_end_ns >= 0;
    control_command(
        c, (struct control_command){.order = again ? CONTROL_CANCEL : CONTROL_STOP,
                                    .source = serving_source.name,
                                    .why = again ? "the page: requests in flight are cancelled"
                                                 : "the page: no new requests"});
}

static void poll(void *self, struct control *c) {
    const struct serving *s = self;
    struct control_change change;
    if (!control_change_pending(c) && web_take_change(s->web, &change)) {
        struct buf why;
        buf_init(&why, 256);
        buf_str(&why, "the page: ");
        steering_text(&change, &why);
        control_command(c, (struct control_command){.source = serving_source.name,
                                                    .why = buf_text(&why),
                                                    .change = change});
        buf_done(&why);
    }
    for (unsigned n = web_take_stops(s->web); n > 0; n--)
        stop(c);
}

/* The page and the metrics of the end stay for a while. */
static void finish(void *self, int code) {
    const struct serving *s = self;
    sigset_t set, before;
    (void)code;
    if (!s->shown || s->linger_ns == 0)
        return;
    if (!s->quiet)
        fprintf(stderr, "the page stays at %s; Ctrl-C ends it\n", web_url(s->web));
    signals_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    for (int64_t until = clock_mono_ns() + s->linger_ns;;) {
        int64_t left = until - clock_mono_ns();
        struct timespec wait = {left / NS_PER_S, left % NS_PER_S};
        if (left <= 0 || sigtimedwait(&set, NULL, &wait) > 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void done(void *self) {
    struct serving *s = self;
    if (!s->borrowed)
        web_close(s->web);
    buf_done(&s->style);
    free(s);
}

const struct control_source serving_source = {
    .name = "web", .init = init, .poll = poll, .finish = finish, .done = done};

struct web *serving_web(const struct control *c) {
    const struct serving *s = control_source_self(c, &serving_source);
    return s == NULL ? NULL : s->web;
}

/* ---- the listener ---- */

static int listen_init(const void *run, void **self, struct err *e) {
    (void)e;
    *self = control_source_self(((const struct run_view *)run)->control, &serving_source);
    return 0;
}

static void second(void *self, const struct status *status) {
    struct serving *s = self;
    s->shown = true;
    web_show(s->web, status);
}

static void listen_done(void *self) {
    (void)self; /* the source's */
}

const struct control_listener serving_listener = {
    .name = "web", .init = listen_init, .second = second, .done = listen_done};
