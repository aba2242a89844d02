#include "search_mpi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/capacity.h"
#include "cli/capacity_step.h"
#include "launch.h"
#include "result.h"
#include "serve.h"
#include "step.h"
#include "util/clock.h"
#include "util/fits.h"

struct searching {
    struct serve serve;
    struct agent agent;
    struct watch watch;
    int64_t ready_timeout_ns;
    struct step step; /* of the current load; of the last one between two loads */
    struct launch_job job;
    char folder[4096];  /* for the files of its parts */
    bool lost;          /* a rank did not answer */
    struct err stopped; /* no more loads are possible, and why */
};

/* ---- one load ---- */

static int prepare(struct searching *x, const struct capacity_step *s, struct err *e) {
    struct buf words;
    step_done(&x->step);
    buf_init(&words, CAPACITY_STEP_WORDS_BYTES);
    capacity_step_words(&words, s);
    int result = buf_fits(&words, e, "use fewer options", "the description of a step");
    if (result == 0)
        result = step_read(&x->step, words.data, words.len, e);
    buf_done(&words);
    if (result != 0)
        return -1;
    launch_choose(&x->job, x->step.args);
    /* A name of its own: what a search that was killed has left is in nobody's way. */
    snprintf(x->folder, sizeof x->folder, "%.4000s.parts-%s", s->path, x->job.trace);
    return mkdir(x->folder, 0777) == 0
               ? 0
               : err_set(e, "cannot create the folder %s: %s", x->folder, strerror(errno));
}

static int new_hub(struct searching *x, struct err *e) {
    const struct hub_options o = {.args = x->step.args,
                                  .words = &x->step.words,
                                  .job = x->job,
                                  .folder = x->folder,
                                  .known = &x->watch,
                                  .ready_timeout_ns = x->ready_timeout_ns,
                                  .stop_when_lost = true};
    for (int i = 0; i < mail_size(x->serve.mail); i++)
        mail_text(x->serve.mail, i, "again");
    return hub_new(&o, x->serve.mail, &x->serve.hub, e);
}

/* A signal that came too late for this load ends the search before the next one. */
static void forget_hub(struct searching *x) {
    if (x->serve.hub != NULL && x->serve.signal == 0)
        x->serve.signal = hub_signal(x->serve.hub);
    hub_free(x->serve.hub);
    x->serve.hub = NULL;
}

static void turn(void *context) {
    serve_turn(context);
}

/* Merges the parts; what is missing ends the search. */
static int take(struct searching *x, const struct hub_result *r, const char *path,
                struct capacity_step_end *out, struct err *e) {
    const struct result_options o = {.args = x->step.args,
                                     .folder = x->folder,
                                     .files = (const char *const *)r->files,
                                     .file_count = r->file_count,
                                     .turn = turn,
                                     .turn_context = &x->serve};
    snprintf(out->said.text, sizeof out->said.text, "%s", r->said);
    if (r->code != EXIT_OK) {
        result_forget(x->folder);
        out->code = r->code;
        if (r->code > 128)
            out->signal = r->code - 128;
        return 0;
    }
    if (r->broken[0] != '\0') {
        result_remove(&o);
        return err_set(e, "%s, so the step is not whole, and the search ends", r->broken);
    }
    int merged = result_merge(&o, path);
    if (merged != EXIT_OK && merged != EXIT_INVALID)
        return err_set(e, "the parts of the step could not be merged; they are in %s", x->folder);
    out->code = r->worst == EXIT_RUNTIME ? EXIT_RUNTIME : merged;
    return 0;
}

static int run(void *context, const struct capacity_step *s, struct capacity_step_end *out,
               struct err *e) {
    struct searching *x = context;
    struct hub_result r;
    int64_t began_ns = clock_mono_ns();
    *out = (struct capacity_step_end){.signal = x->serve.signal};
    if (x->stopped.text[0] != '\0')
        return err_set(e, "%s", x->stopped.text);
    if (out->signal != 0)
        return 0;
    if (prepare(x, s, e) != 0)
        return -1;
    if (new_hub(x, e) != 0) {
        snprintf(x->stopped.text, sizeof x->stopped.text, "%s", e->text);
        forget_hub(x);
        return -1;
    }
    serve_load(&x->serve, true);
    out->signal = hub_signal(x->serve.hub);
    if (out->signal != 0)
        return 0; /* the hub stays, to end the load: search_mpi_lead() */
    hub_result(x->serve.hub, &r);
    x->lost = x->lost || r.lost;
    int result = take(x, &r, s->path, out, e);
    if (result == 0 && r.code != EXIT_OK && r.lost)
        snprintf(x->stopped.text, sizeof x->stopped.text, "%s", r.said);
    if (result != 0)
        snprintf(x->stopped.text, sizeof x->stopped.text, "%s", e->text);
    out->spent_ns = clock_mono_ns() - began_ns;
    forget_hub(x);
    return result;
}

static int wait_between(void *context, int64_t ns) {
    struct searching *x = context;
    int64_t until_ns = clock_mono_ns() + ns;
    while (clock_mono_ns() < until_ns && x->serve.signal == 0 && x->stopped.text[0] == '\0') {
        serve_turn(&x->serve);
        x->lost = !watch_look(&x->watch, &x->stopped) || x->lost;
    }
    return x->serve.signal;
}

static const char *broken(void *context) {
    const struct searching *x = context;
    return x->stopped.text[0] == '\0' ? NULL : x->stopped.text;
}

/* ---- the whole ---- */

/* After a signal: the parts finish their requests, and nothing is kept. */
static void end_load(struct searching *x) {
    struct hub_result r;
    if (x->serve.hub == NULL)
        return;
    hub_discard(x->serve.hub);
    serve_load(&x->serve, false);
    hub_result(x->serve.hub, &r);
    x->lost = x->lost || r.lost;
    const struct result_options o = {
        .folder = x->folder, .files = (const char *const *)r.files, .file_count = r.file_count};
    result_remove(&o);
    forget_hub(x);
}

int search_mpi_lead(const struct args *a, struct mail *m) {
    struct searching x = {.serve = {.mail = m, .agent = &x.agent, .watch = &x.watch},
                          .ready_timeout_ns = opt_duration(a, "ready-timeout")};
    const struct capacity_maker maker = {
        .parts = (unsigned)mail_size(m),
        .context = &x,
        .run = run,
        .wait = wait_between,
        .broken = broken,
        .more = "use more ranks on other machines, or more --threads for each"};
    struct err e;
    agent_init(&x.agent, m, a, true);
    int code = watch_init(&x.watch, mail_size(m), &e) != 0 ? command_error(EXIT_RUNTIME, e.text)
                                                           : capacity_search(a, &maker);
    end_load(&x);
    step_done(&x.step);
    watch_done(&x.watch);
    x.serve.watch = NULL;
    serve_bye(m, x.lost);
    agent_done(&x.agent);
    serve_finalize(x.lost, code);
    return code;
}
