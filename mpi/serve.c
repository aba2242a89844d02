#include "serve.h"

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "say.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/words.h"

/* How often a rank looks for messages. */
#define PAUSE_NS (5 * NS_PER_MS)
#define PAUSE_QUIET_NS (100 * NS_PER_MS)
/* While a file is sent: MPI moves it in steps, one for each look. */
#define PAUSE_BUSY_NS (100 * NS_PER_US)
#define BUSY_NS (50 * NS_PER_MS)
#define LARGE_BYTES ((size_t)256 << 10)
#define LAST_WORDS_NS (2 * NS_PER_S)

/* ---- signals ---- */

static volatile sig_atomic_t signals, last_signal;

static void on_signal(int number) {
    signals++;
    last_signal = number;
}

void serve_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- messages ---- */

static void nap(int64_t ns) {
    const struct timespec t = {.tv_nsec = ns};
    nanosleep(&t, NULL);
}

/* The sender's side shows whether a message is for the agent of rank 0 or for the hub: both have
 * words of their own. */
static bool is_for_agent(const char *text) {
    static const char *const words[] = {"begin", "say",  "clock", "quiet", "kill",
                                        "send",  "drop", "again", "bye"};
    size_t n = strcspn(text, " \n");
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i]) == n && memcmp(text, words[i], n) == 0)
            return true;
    return false;
}

/* Rank 0 has no load: only a signal matters. */
static void take_between(struct serve *s, const char *text) {
    uint32_t number = 0;
    if (words_is(&text, "signal") && words_uint32(&text, &number) && s->signal == 0)
        s->signal = (int)number;
}

/* Returns whether a large one came: a piece of a file. */
static bool take_messages(struct serve *s) {
    struct buf message;
    int from;
    bool large = false;
    buf_init(&message, SIZE_MAX / 2);
    while (mail_next(s->mail, &from, &message)) {
        large = large || message.len > LARGE_BYTES;
        const char *text = buf_text(&message);
        if (s->watch != NULL)
            watch_heard(s->watch, from, text);
        if (mail_rank(s->mail) != 0 || (from == 0 && is_for_agent(text)))
            agent_message(s->agent, text, message.len);
        else if (s->hub != NULL)
            hub_message(s->hub, from, text, message.len);
        else
            take_between(s, text);
    }
    buf_done(&message);
    return large;
}

static void say_alive(struct serve *s) {
    int64_t now_ns = clock_mono_ns();
    if (mail_rank(s->mail) != 0 || s->hub != NULL || now_ns - s->alive_ns < NS_PER_S)
        return;
    s->alive_ns = now_ns;
    for (int i = 1; i < mail_size(s->mail); i++)
        if (mail_waiting(s->mail, i) < 4096)
            mail_text(s->mail, i, "alive");
}

static void say_if_lost(struct serve *s) {
    if (s->told || !mail_failed(s->mail))
        return;
    s->told = true;
    struct err e = {""};
    err_memory(&e, "a message to another rank, which is lost; if the load does not end by itself, "
                   "stop it");
    err_prefix(&e, "coldswarm-mpi");
    say_line(e.text);
}

void serve_turn(struct serve *s) {
    mail_turn(s->mail);
    say_if_lost(s);
    bool large = take_messages(s);
    agent_turn(s->agent, signals, last_signal);
    say_alive(s);
    if (s->hub != NULL)
        hub_turn(s->hub);
    bool quiet = s->hub != NULL ? hub_is_quiet(s->hub) : s->agent->quiet;
    if (large || s->agent->file >= 0)
        s->busy_ns = clock_mono_ns() + BUSY_NS;
    nap(quiet ? PAUSE_QUIET_NS : s->busy_ns > clock_mono_ns() ? PAUSE_BUSY_NS : PAUSE_NS);
}

void serve_load(struct serve *s, bool until_signal) {
    while (!s->agent->over && (s->hub == NULL || !hub_is_over(s->hub)) &&
           !(until_signal && s->hub != NULL && hub_signal(s->hub) != 0))
        serve_turn(s);
    /* What rank 0 has said to its own agent. */
    mail_turn(s->mail);
    take_messages(s);
}

/* ---- the end ---- */

void serve_bye(struct mail *m, bool lost) {
    int64_t until_ns = clock_mono_ns() + LAST_WORDS_NS;
    for (int i = 1; i < mail_size(m); i++)
        mail_text(m, i, "bye %d", lost);
    while (mail_waiting(m, -1) > 0 && clock_mono_ns() < until_ns) {
        mail_turn(m);
        nap(NS_PER_MS);
    }
}

void serve_finalize(bool lost, int code) {
    fflush(stdout);
    fflush(stderr);
    if (lost)
        MPI_Abort(MPI_COMM_WORLD, code);
    MPI_Finalize();
}
