/* `coldswarm merge`: makes one run file of the parts of a load that ran on several machines. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/verdict.h"
#include "merge/merge.h"
#include "report/thresholds.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"

#define OUTPUT_MAX_BYTES ((size_t)1 << 16)

/* ---- signals ---- */

static volatile sig_atomic_t stopped_by; /* a signal; 0: none */

static void stop_at(int number) {
    stopped_by = number;
}

static bool is_stopped(void) {
    return stopped_by != 0;
}

static void catch_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = stop_at};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        /* nohup ignores SIGHUP. */
        bool ignored = sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
        if (numbers[i] != SIGHUP || !ignored)
            sigaction(numbers[i], &action, NULL);
    }
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

/* By the rules of a run. Thresholds are evaluated on all rows. */
static int exit_code(void *context, const char *path, const struct merge_whole *w, int *code,
                     struct err *e) {
    struct thresholds_options o = {.duration_us = -1};
    struct reader *reader = NULL;
    struct thresholds *t = NULL;
    bool usage = false;
    (void)context;
    if (reader_open(path, &reader, e) != 0)
        return -1;
    int result = thresholds_new(reader, &o, &t, &usage, e);
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

/* ---- the command ---- */

static void summary(struct buf *out, const char *path, const struct merge_whole *w) {
    buf_printf(out, "Parts     %zu of %" PRIu32 "\n", w->given, w->parts);
    buf_printf(out, "Requests  %" PRIu64 ", %" PRIu64 " of them failed\n", w->requests, w->failed);
    buf_printf(out, "Verdict   %s: ", w->verdict.word);
    text_printable(out, w->verdict.reason, strlen(w->verdict.reason));
    buf_str(out, "\nFile      ");
    text_printable(out, path, strlen(path));
    buf_char(out, '\n');
}

static int run(const struct args *a) {
    struct merge_options o = {.out = args_at(a, 0),
                              .part_count = args_count(a) - 1,
                              .partial = opt_flag(a, "partial"),
                              .decide = exit_code,
                              .stop = is_stopped};
    struct merge_whole whole;
    struct err e = {""};
    struct buf out;
    bool refused = false;
    const char **parts = calloc(o.part_count, sizeof *parts);
    if (parts == NULL)
        return command_error(EXIT_RUNTIME, "merge: out of memory");
    for (size_t i = 0; i < o.part_count; i++)
        parts[i] = args_at(a, i + 1);
    o.parts = parts;
    file_raise_limit();
    catch_signals();
    int result = merge_run(&o, &whole, &refused, &e);
    free(parts);
    if (result != 0 && is_stopped())
        return 128 + stopped_by;
    if (result != 0) {
        err_prefix(&e, "merge");
        return command_error(refused ? EXIT_USAGE : EXIT_RUNTIME, e.text);
    }
    bool invalid = strcmp(whole.verdict.word, "INVALID") == 0;
    buf_init(&out, OUTPUT_MAX_BYTES);
    summary(&out, o.out, &whole);
    fputs(buf_text(&out), stdout);
    buf_done(&out);
    merge_whole_done(&whole);
    return invalid ? EXIT_INVALID : EXIT_OK;
}

static const struct opt_def opts[] = {
    {.name = "partial",
     .type = OPT_FLAG,
     .help = "also merge if parts are missing; the merged run is then INVALID"},
};

const struct command command_merge = {
    .name = "merge",
    .usage = "OUT.db PART.db...",
    .summary = "make one run of the parts that several machines ran",
    .details =
        "Each part is the file of `coldswarm run --shard I/N --start-at UTC`. OUT.db is a run file "
        "like any other: `report`, `gate` and `compare` read it. It has all requests in the order "
        "of their ends, so percentiles are exact. Counts are summed. Lags and shares of a core are "
        "those of the worst part. The view `shard` has a row for each part.\n"
        "\n"
        "Files are refused if they are not parts of one load: scenario, target, seed, options, "
        "file hashes, start, number of parts and version must be equal, and no part may be there "
        "twice. Parts may differ in what belongs to a machine, such as --threads.\n"
        "\n"
        "The verdict is the worst of the parts', and names the part. It is INVALID if a part is "
        "missing, was interrupted, was ended by a signal, or lost requests. It is SUSPECT if parts "
        "ran on machines whose clocks were not synchronized, or may differ by over 100 ms.\n"
        "\n"
        "Exit codes: 0 the file is written; 4 it is written, and INVALID; 2 the files are not "
        "parts of one load, or one is missing; 3 a file cannot be read or written. Except for 0 "
        "and 4 there is no OUT.db.",
    .examples =
        "coldswarm merge runs/big.db parts/*.db && coldswarm report runs/big.db # all parts "
        "of a load\n"
        "coldswarm merge --partial runs/big.db parts/*.db # without a part that is lost",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 2,
    .positional_max = -1,
    .run = run,
};
