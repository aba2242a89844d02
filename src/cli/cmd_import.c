/* `coldswarm import`: adds the server's side of a run, from Cloud Run's logs and metrics; or makes
 * a run of another tool's results. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "import/import.h"
#include "results/results_import.h"
#include "util/array.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/text.h"

#define OUTPUT_MAX_BYTES ((size_t)1 << 20)

static void foreign(struct buf *out, const char *text) {
    text_printable(out, text, strlen(text));
}

/* ", 3 of another service" where there are any. */
static void part(struct buf *out, uint64_t n, const char *what) {
    if (n > 0)
        buf_printf(out, ", %" PRIu64 " %s", n, what);
}

static void show_moment(struct buf *out, int64_t us) {
    char utc[CLOCK_UTC_BYTES];
    if (us > INT64_MAX / 1000) {
        buf_str(out, "far in the future");
        return;
    }
    clock_utc(us * 1000, utc);
    buf_str(out, utc);
}

/* Each line of the complaints, indented; file names in them may be anything. */
static void show_complaints(struct buf *out, const struct import_source *x) {
    const char *line = buf_text(&x->complaints);
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        buf_str(out, "    ");
        text_printable(out, line, n);
        buf_char(out, '\n');
        line += n + (line[n] == '\n');
    }
    if (x->complaint_count > IMPORT_COMPLAINTS)
        buf_printf(out, "    and %zu more\n", x->complaint_count - IMPORT_COMPLAINTS);
}

static void show_source(struct buf *out, const struct import_source *x) {
    bool logs = strcmp(x->kind, "logs") == 0;
    foreign(out, x->file);
    buf_printf(out, ": %" PRIu64 " %s%s, %" PRIu64 " used", x->entries,
               logs ? x->entries == 1 ? "entry" : "entries" : "point",
               logs ? "" : text_plural(x->entries), x->used);
    if (x->added < x->used)
        buf_printf(out, " (%" PRIu64 " of them new)", x->added);
    part(out, x->output, x->output == 1 ? "line of output" : "lines of output");
    part(out, x->elsewhere, "of another service or revision");
    part(out, x->unknown, logs ? "of another log" : "of another product");
    part(out, x->outside, "outside the time of the run");
    part(out, x->bad, x->bad > 0 ? "bad:" : "bad");
    buf_char(out, '\n');
    show_complaints(out, x);
    if (x->outside > 0) {
        buf_str(out, "    outside: from ");
        show_moment(out, x->outside_first_us);
        buf_str(out, " to ");
        show_moment(out, x->outside_last_us);
        buf_str(out, x->used == 0 ? "; --all imports them, too\n" : "\n");
    }
    if (x->cut_short)
        buf_str(out, "    the file is truncated: its complete entries are imported\n");
}

static void show_join(struct buf *out, const struct import_result *r) {
    const struct server_join *x = &r->join;
    if (strcmp(x->state, "no_requests") == 0)
        return;
    buf_str(out, "Joined    ");
    if (strcmp(x->state, "no_trace") == 0) {
        buf_str(out, "nothing: the run sent no trace ids\n");
    } else if (strcmp(x->state, "lost") == 0) {
        buf_str(out,
                "nothing: requests are missing in the run file, so its rows cannot be matched\n");
    } else {
        buf_printf(out, "%" PRIu64 " of %" PRIu64 " requests, by trace id", x->joined, r->requests);
        part(out, x->foreign, "not sent by this run");
        part(out, x->repeated, "retried or forwarded with the same trace id");
        part(out, x->astray, "sent by this run but not in its file");
        buf_char(out, '\n');
    }
}

static void show_clock(struct buf *out, const struct import_result *r) {
    const struct server_join *x = &r->join;
    buf_str(out, "Clock     ");
    if (x->pairs == 0) {
        buf_str(out,
                "assumed equal to the client's: without joined requests the offset is unknown\n");
        return;
    }
    double ms = (double)x->offset_us / 1000;
    buf_printf(out, "the server's is %.3f ms %s the client's", ms < 0 ? -ms : ms,
               ms < 0 ? "behind" : "ahead of");
    if (x->lower_us == SERVER_NONE)
        buf_printf(out, " (at most %.3f ahead; no response was complete)",
                   (double)x->upper_us / 1000);
    else if (x->lower_us <= x->upper_us)
        buf_printf(out, ", ± %.3f (%" PRIu64 " pair%s)", (double)(x->upper_us - x->lower_us) / 2000,
                   x->pairs, text_plural(x->pairs));
    else
        buf_printf(
            out,
            " at most; ends of responses were logged at least %.3f late, or a clock was adjusted",
            (double)(x->lower_us - x->upper_us) / 1000);
    buf_char(out, '\n');
}

static void show_can(struct buf *out, const struct import_result *r) {
    const struct {
        bool has;
        const char *what;
    } all[] = {{r->has_instance_count, "instances"},
               {r->has_billable, "billable time"},
               {r->has_request_count, "request count"},
               {r->has_latency, "latency"},
               {r->has_cpu, "CPU"},
               {r->has_memory, "memory"}};
    bool any = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].has)
            continue;
        buf_printf(out, "%s%s", any ? ", " : "Report    can show ", all[i].what);
        any = true;
    }
    if (!any)
        buf_str(out, "Report    can show nothing new");
    if (any && !(r->has_cpu && r->has_memory))
        buf_str(out, "; the rest needs --metrics");
    buf_char(out, '\n');
}

static void summary(struct buf *out, const struct import_result *r) {
    for (size_t i = 0; i < r->source_count; i++)
        show_source(out, &r->sources[i]);
    buf_char(out, '\n');
    if (r->service[0] != '\0') {
        buf_str(out, "Service   ");
        foreign(out, r->service);
        if (r->others[0] != '\0') {
            buf_str(out, " (skipped: ");
            foreign(out, r->others);
            buf_str(out, "; use --service to choose another)");
        }
        buf_char(out, '\n');
    }
    buf_printf(out,
               "Holds     %" PRIu64 " request%s, %" PRIu64 " event%s, %" PRIu64
               " instance%s, %" PRIu64 " point%s of metrics\n",
               r->requests, text_plural(r->requests), r->events, text_plural(r->events),
               r->instances, text_plural(r->instances), r->points, text_plural(r->points));
    show_join(out, r);
    show_clock(out, r);
    show_can(out, r);
}

/* ---- results of another tool ---- */

static void results_show(struct buf *out, const struct args *a,
                         const struct results_import_summary *r) {
    foreign(out, args_at(a, 1));
    buf_printf(out, ": %" PRIu64 " request%s of %" PRIu64 " endpoint%s", r->requests,
               text_plural(r->requests), r->endpoints, text_plural(r->endpoints));
    part(out, r->failures, "failed");
    if (r->users > 0)
        buf_printf(out, ", %" PRIu64 " user%s", r->users, text_plural(r->users));
    part(out, r->skipped, r->skipped == 1 ? "row is no request" : "rows are no requests");
    part(out, r->other, "under \"(other names)\", because there are more than 10000 names");
    buf_printf(out, "\nLacks     %s\nMade      ", r->lacks);
    foreign(out, args_at(a, 0));
    buf_str(out, "; see it with: coldswarm report ");
    foreign(out, args_at(a, 0));
    buf_char(out, '\n');
}

static int run_results(const struct args *a) {
    static const char *const others[] = {"logs",   "metrics", "service",    "revision",
                                         "margin", "all",     "idle-limit", "replace"};
    struct results_import_summary r;
    struct err e = {""};
    struct buf out;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (opt_given(a, others[i])) {
            err_set(&e,
                    "import: --from makes a new run file; --%s is for the server's side of one "
                    "that is there",
                    others[i]);
            return command_error(EXIT_USAGE, e.text);
        }
    if (args_count(a) != 2)
        return command_error(EXIT_USAGE,
                             "import: --from needs two files: the run file to make, and the "
                             "results to read (coldswarm import RUN.db --from FORMAT FILE)");
    const struct results_import_options o = {.format = opt_text(a, "from"),
                                             .path = args_at(a, 1),
                                             .out = args_at(a, 0),
                                             .version = COLDSWARM_VERSION};
    if (results_import(&o, &r, &e) != 0) {
        err_prefix(&e, "import");
        return command_error(EXIT_RUNTIME, e.text);
    }
    buf_init(&out, OUTPUT_MAX_BYTES);
    results_show(&out, a, &r);
    fputs(buf_text(&out), stdout);
    buf_done(&out);
    return EXIT_OK;
}

static int run(const struct args *a) {
    if (opt_given(a, "from"))
        return run_results(a);
    if (args_count(a) > 1)
        return command_error(EXIT_USAGE,
                             "import: give one run file; files of logs and metrics need --logs or "
                             "--metrics, results of another tool --from");
    struct import_options o = {
        .service = opt_text(a, "service"),
        .revision = opt_text(a, "revision"),
        .margin_us = opt_duration(a, "margin") / 1000,
        .idle_limit_us = opt_duration(a, "idle-limit") / 1000,
        .all = opt_flag(a, "all"),
        .replace = opt_flag(a, "replace"),
    };
    struct import_result r = {0};
    struct err e = {""};
    struct buf out;
    o.log_count = opt_list(a, "logs", &o.logs);
    o.metrics_count = opt_list(a, "metrics", &o.metrics);
    if (o.log_count + o.metrics_count == 0)
        return command_error(EXIT_USAGE,
                             "import: nothing to import; give --logs FILE, --metrics FILE or both");
    if (import_run(args_at(a, 0), &o, &r, &e) != 0) {
        err_prefix(&e, "import");
        return command_error(r.unusable ? EXIT_USAGE : EXIT_RUNTIME, e.text);
    }
    buf_init(&out, OUTPUT_MAX_BYTES);
    summary(&out, &r);
    fputs(buf_text(&out), stdout);
    buf_done(&out);
    import_result_done(&r);
    return EXIT_OK;
}

static const struct opt_def opts[] = {
    {.name = "logs",
     .letter = 'l',
     .type = OPT_FILE,
     .meta = "FILE",
     .repeat = true,
     .help = "log entries from `gcloud logging read --format=json`"},
    {.name = "metrics",
     .letter = 'm',
     .type = OPT_FILE,
     .meta = "FILE",
     .repeat = true,
     .help = "time series from Cloud Monitoring's timeSeries.list"},
    {.name = "service",
     .type = OPT_TEXT,
     .meta = "NAME",
     .help =
         "service to import (default: the target of this run, or the one with the most entries)"},
    {.name = "revision", .type = OPT_TEXT, .meta = "NAME", .help = "import only this revision"},
    {.name = "margin",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "20m",
     .help = "import entries from this long before the run's start to this long after its end"},
    {.name = "all", .type = OPT_FLAG, .help = "import all entries, whatever their time"},
    {.name = "idle-limit",
     .type = OPT_DURATION,
     .meta = "DURATION",
     .def = "15m",
     .help =
         "assume that an instance stops after this idle time if no event shows its end; 0: never"},
    {.name = "replace", .type = OPT_FLAG, .help = "remove earlier imports first"},
    {.name = "from",
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .choices = results_import_words,
     .help = "make RUN.db of another tool's results"},
};

const struct command command_import = {
    .name = "import",
    .usage = "RUN.db [--logs FILE]... [--metrics FILE]... [RESULTS]",
    .summary = "add server logs and metrics to a run, or read another tool's results",
    .details =
        "Reads exports of Cloud Run, or files that `coldswarm cloudrun` has written: the "
        "request log and system events (a JSON array, one entry per line, or concatenated), "
        "and time series of Cloud Monitoring. Logs are enough for instances, billable time, "
        "request count and latency. CPU and memory need metrics.\n"
        "\n"
        "Log entries may also be in messages of Pub/Sub (a sink's), or rows of BigQuery "
        "(`bq query --format=json`, or an answer of its API). Metrics may also be a result of "
        "PromQL that has the name of its metric. If nothing of a file can be used, the exit "
        "code is 2 and the message says what the file is.\n"
        "\n"
        "Entries of other services or times, and entries that cannot be parsed, are skipped "
        "and counted. From a truncated file, all complete entries are imported. Importing "
        "the same file again changes nothing.\n"
        "\n"
        "Log entries are joined to client requests by the trace id that `run` sent. The "
        "pairs also determine the offset between the two clocks: no request arrives before "
        "it was sent, and no response is complete before the server ended it.\n"
        "\n"
        "With --from, RUN.db is made of RESULTS, a file of JMeter, k6, Locust, vegeta or oha, a "
        "row for each request. report, compare and gate read it as any other. Its verdict "
        "is SUSPECT, because nobody knows how the other client was doing. docs/formats.md "
        "says what becomes of each column.",
    .examples = "gcloud logging read 'resource.type=\"cloud_run_revision\"' --freshness=1h "
                "--format=json >log.json # export the log\n"
                "coldswarm import runs/paper.db --logs log.json --metrics metrics.json # add logs "
                "and metrics to a run\n"
                "coldswarm import old.db --from jtl results.jtl # make a run of JMeter's results",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 2,
    .run = run,
};
