#include "cli/load_keys.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/run.h"
#include "cli/steering.h"
#include "control/change.h"

#define SPAWN_RATE 100.0 /* Locust's */

struct keys {
    struct termios before;
    bool set;     /* the terminal has our settings */
    bool refused; /* said why the load cannot be changed */
};

/* Keys come one by one and are not shown. Ctrl-C stays a signal. */
static void listen_to(struct keys *k) {
    struct termios ours;
    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &k->before) != 0)
        return;
    ours = k->before;
    ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    ours.c_cc[VMIN] = 0;
    ours.c_cc[VTIME] = 0;
    k->set = tcsetattr(STDIN_FILENO, TCSANOW, &ours) == 0;
}

static int init(const void *context, void **self, struct err *e) {
    const struct args *args = ((const struct run_source_view *)context)->args;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || opt_flag(args, "no-keys") ||
        opt_flag(args, "quiet"))
        return 0;
    struct keys *k = calloc(1, sizeof *k);
    if (k == NULL)
        return err_memory(e, "the keys");
    *self = k;
    listen_to(k);
    return 0;
}

/* How many users or requests per second a key adds. */
static int steps_of(char key) {
    return key == 'w' ? 1 : key == 'W' ? 10 : key == 's' ? -1 : key == 'S' ? -10 : 0;
}

static void refuse(struct keys *k, const char *why) {
    if (!k->refused)
        fprintf(stderr, CHANGE_REFUSED "%s\n\n\n\n", why);
    k->refused = true;
}

static void change(struct keys *k, struct control *c, int steps) {
    const struct status_run *run = &c->shown;
    struct control_change to = c->wanted;
    struct buf why;
    if (run->no_change != NULL) {
        refuse(k, run->no_change);
        return;
    }
    if (to.kind == CONTROL_USERS) {
        double users = fmin(fmax((double)to.users + steps, 0), run->users_possible);
        to.users = (uint32_t)users;
        to.spawn_rate = SPAWN_RATE;
    } else
        to.rate = fmax(to.rate + steps, 0);
    buf_init(&why, 256);
    buf_str(&why, "a key: ");
    steering_text(&to, &why);
    control_command(c, (struct control_command){
                           .source = load_keys_source.name, .why = buf_text(&why), .change = to});
    buf_done(&why);
}

/* What was pressed since the last time is one change. */
static void poll_keys(void *self, struct control *c) {
    struct keys *k = self;
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    char pressed[64];
    int steps = 0;
    if (!k->set || control_change_pending(c) || tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    while (poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0) {
        ssize_t n = read(STDIN_FILENO, pressed, sizeof pressed);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            steps += steps_of(pressed[i]);
    }
    if (steps != 0)
        change(k, c, steps);
}

static void release(void *self) {
    struct keys *k = self;
    if (k->set)
        tcsetattr(STDIN_FILENO, TCSANOW, &k->before);
    k->set = false;
}

static void done(void *self) {
    release(self);
    free(self);
}

const struct control_source load_keys_source = {
    .name = "a key", .init = init, .poll = poll_keys, .release = release, .done = done};
