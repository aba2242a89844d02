#include "control/signals.h"

#include <stdlib.h>

struct signals {
    sigset_t set, before;
    bool released;
};

void signals_set(sigset_t *set) {
    struct sigaction hangup;
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
}

const char *signals_name(int number) {
    return number == SIGINT    ? "SIGINT"
           : number == SIGTERM ? "SIGTERM"
           : number == SIGHUP  ? "SIGHUP"
                               : NULL;
}

static int init(const void *args, void **self, struct err *e) {
    (void)args;
    struct signals *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "signals");
    signals_set(&s->set);
    pthread_sigmask(SIG_BLOCK, &s->set, &s->before);
    *self = s;
    return 0;
}

static void poll(void *self, struct control *c) {
    struct signals *s = self;
    static const struct timespec at_once;
    for (int number; !s->released && (number = sigtimedwait(&s->set, NULL, &at_once)) > 0;) {
        const char *name = signals_name(number);
        bool first = c->signal == 0;
        struct err why;
        err_set(&why, first ? "%s: no new requests" : "%s again: cancelling requests in flight",
                name);
        control_command(c, (struct control_command){.order = first ? CONTROL_STOP : CONTROL_CANCEL,
                                                    .source = signals_source.name,
                                                    .why = why.text,
                                                    .signal = number});
    }
}

static void release(void *self) {
    struct signals *s = self;
    if (!s->released)
        pthread_sigmask(SIG_SETMASK, &s->before, NULL);
    s->released = true;
}

static void done(void *self) {
    release(self);
    free(self);
}

const struct control_source signals_source = {
    .name = "signal", .init = init, .poll = poll, .release = release, .done = done};
