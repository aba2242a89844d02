#include "cli/merging.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/verdict.h"
#include "report/client.h"
#include "report/stream_doubts.h"
#include "report/streams.h"
#include "report/thresholds.h"
#include "util/array.h"
#include "util/file.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

static void catch_signals(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        struct sigaction before;
        /* nohup ignores SIGHUP. */
        bool ignored = sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
        if (signals[i] != SIGHUP || !ignored)
            sigaction(signals[i], &action, NULL);
    }
}

static volatile sig_atomic_t stopped_by; /* a signal; 0: none */

static void stop_at(int number) {
    stopped_by = number;
}

static bool is_stopped(void) {
    return stopped_by != 0;
}

/* ---- the exit code in the merged file ---- */

static uint64_t uncovered(const struct merge_whole *w, const struct catalog *c,
                          const struct thresholds *t) {
    uint64_t n = 0;
    for (size_t i = 0; i < w->endpoint_count && i < c->endpoint_count; i++)
        if (t == NULL || !gate_covers_failures(&t->rules, &c->endpoints[i]))
            n += w->failures[i];
    return n;
}

/* What the answers of all parts say of their times, which those of one part may not. */
static int doubt_streams(struct reader *reader, struct merge_verdict *of, struct err *e) {
    const struct streams_options o = {.keep_bytes = 0};
    struct streams *streams = NULL;
    struct client_summary client;
    struct verdict v = {.word = of->word};
    struct lines doubts;
    if (strcmp(of->word, "VALID") != 0)
        return 0;
    if (streams_read(reader, &o, &streams, e) != 0)
        return -1;
    int result = streams == NULL ? 0 : client_summarize(reader, &client, e);
    if (streams != NULL && result == 0) {
        lines_init(&doubts, NULL);
        stream_doubts(streams, client.loop_lag_p99_us, &doubts);
        verdict_doubt(&v, &doubts);
        lines_done(&doubts);
        if (v.word != of->word) {
            of->word = v.word;
            snprintf(of->reason, sizeof of->reason, "%s", v.reason);
        }
    }
    streams_free(streams);
    return result;
}

/* By the rules of a run. Thresholds are evaluated on all rows. */
static int exit_code(void *context, const char *path, struct merge_whole *w, int *code,
                     struct err *e) {
    struct thresholds_options o = {.duration_us = -1};
    struct reader *reader = NULL;
    struct thresholds *t = NULL;
    bool usage = false;
    (void)context;
    if (reader_open(path, &reader, e) != 0)
        return -1;
    int result = thresholds_new(reader, &o, &t, &usage, e);
    if (result == 0)
        result = doubt_streams(reader, &w->verdict, e);
    if (result == 0) {
        const struct verdict v = {.word = w->verdict.word};
        /* A part that never had a response has the code of that; the rows say the rest. */
        const struct record_totals totals = {.rows = w->rows, .answered = w->unanswered ? 0 : 1};
        const struct engine_result run = {.signal = w->signal, .record_failed = w->unrecorded};
        *code = verdict_exit_code(&v, &run, &totals, t != NULL && !t->ok,
                                  uncovered(w, reader_catalog(reader), t), w->on_failure);
    }
    thresholds_free(t);
    reader_close(reader);
    return result;
}

/* ---- merging ---- */

bool merging_is_part(const char *path) {
    struct reader *reader = NULL;
    if (reader_open(path, &reader, NULL) != 0)
        return false;
    char part[THRESHOLDS_PART_BYTES];
    bool is_part = thresholds_part(reader, part, NULL) == 0 && part[0] != '\0';
    reader_close(reader);
    return is_part;
}

int merging_run(const char *out, const char *const *parts, size_t n, bool partial,
                struct merge_whole *whole, struct err *e) {
    struct merge_options o = {.out = out,
                              .parts = parts,
                              .part_count = n,
                              .partial = partial,
                              .decide = exit_code,
                              .stop = is_stopped};
    bool refused = false;
    file_raise_limit();
    catch_signals(stop_at);
    int result = merge_run(&o, whole, &refused, e);
    catch_signals(SIG_DFL);
    if (result == 0)
        return EXIT_OK;
    return is_stopped() ? MERGING_SIGNAL + stopped_by : refused ? EXIT_USAGE : EXIT_RUNTIME;
}

/* ---- a file that is only for now ---- */

static struct { char folder[PATH_MAX], file[PATH_MAX]; } temporary;

void merging_remove(void) {
    if (temporary.folder[0] == '\0')
        return;
    unlink(temporary.file);
    rmdir(temporary.folder);
    temporary.folder[0] = '\0';
}

static void remove_and_end(int number) {
    merging_remove();
    signal(number, SIG_DFL);
    raise(number);
}

int merging_temporary(const char *const *parts, size_t n, const char **path, struct err *e) {
    struct merge_whole whole;
    const char *place = getenv("TMPDIR");
    int length = snprintf(temporary.folder, sizeof temporary.folder, "%s/coldswarm-XXXXXX",
                          place == NULL || place[0] == '\0' ? "/tmp" : place);
    if (length < 0 || length >= (int)sizeof temporary.folder || mkdtemp(temporary.folder) == NULL) {
        err_set(e, "cannot create the folder %s: %s (set TMPDIR to a folder with enough space)",
                temporary.folder, strerror(errno));
        temporary.folder[0] = '\0';
        return EXIT_RUNTIME;
    }
    length = snprintf(temporary.file, sizeof temporary.file, "%s/whole.db", temporary.folder);
    int code = length < 0 || length >= (int)sizeof temporary.file
                   ? (err_set(e, "the path in TMPDIR is too long"), EXIT_RUNTIME)
                   : merging_run(temporary.file, parts, n, true, &whole, e);
    if (code != EXIT_OK) {
        merging_remove();
        return code;
    }
    merge_whole_done(&whole);
    catch_signals(remove_and_end);
    *path = temporary.file;
    return EXIT_OK;
}
