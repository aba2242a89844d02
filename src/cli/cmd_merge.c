/* `coldswarm merge`: makes one run file of the parts of a load that ran on several machines. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/merging.h"
#include "util/buf.h"
#include "util/text.h"

#define OUTPUT_MAX_BYTES ((size_t)1 << 16)

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
    struct merge_whole whole;
    struct err e = {""};
    struct buf out;
    size_t n = args_count(a) - 1;
    const char **parts = calloc(n, sizeof *parts);
    if (parts == NULL) {
        err_memory(&e, "the parts");
        return command_error(EXIT_RUNTIME, e.text);
    }
    for (size_t i = 0; i < n; i++)
        parts[i] = args_at(a, i + 1);
    int code = merging_run(args_at(a, 0), parts, n, opt_flag(a, "partial"), &whole, &e);
    free(parts);
    if (code != EXIT_OK) {
        err_prefix(&e, "merge");
        return code > MERGING_SIGNAL ? code : command_error(code, e.text);
    }
    bool invalid = strcmp(whole.verdict.word, "INVALID") == 0;
    buf_init(&out, OUTPUT_MAX_BYTES);
    summary(&out, args_at(a, 0), &whole);
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
