#include "cli/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/calibrate.h"
#include "cli/judging.h"
#include "cli/loadopts.h"
#include "cli/locust_live.h"
#include "cli/manifest.h"
#include "cli/observe.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "cli/repeat.h"
#include "cli/replay.h"
#include "cli/results.h"
#include "cli/tags.h"
#include "cli/verdict.h"
#include "engine/choose.h"
#include "engine/engine.h"
#include "record/record.h"
#include "scenario/check.h"
#include "scenario/model.h"
#include "transport/kernel_clock.h"
#include "transport/trace.h"
#include "transport/transport.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

#define USER_AGENT "coldswarm/" COLDSWARM_VERSION
#define PATH_MAX_BYTES 4096

extern const char embed_scenarios_paper_json[];

/* ---- the scenario ---- */

static int load_scenario(const struct args *a, const struct replay *replay, struct scenario **out,
                         struct err *e) {
    struct scenario *s = NULL;
    bool builtin = args_count(a) == 0;
    if (replay == NULL && builtin && !opt_given(a, "host"))
        return err_set(
            e,
            "nothing to run: give a scenario file, or --host URL to run the paper's mix against it "
            "(see coldswarm run --help)");
    int status = replay != NULL ? replay_scenario(replay, &s, e)
                 : builtin ? scenario_parse("(built-in paper mix)", ".", embed_scenarios_paper_json,
                                            strlen(embed_scenarios_paper_json), NULL, NULL, &s, e)
                           : scenario_load(args_at(a, 0), NULL, NULL, &s, e);
    if (status == 0 && opt_given(a, "host"))
        status = scenario_set_target(s, opt_text(a, "host"), e);
    if (status == 0 && s->target == NULL)
        status = err_set(e, "%s has no target; give one with --host URL, or add \"target\" to it",
                         s->file);
    if (status == 0)
        status = tags_select(a, s, e);
    if (status == 0)
        status = loadopts_apply(a, s, e);
    if (status == 0 && scenario_users_max(s) == 0)
        status = err_set(e, "--run-time ends before the first user starts; make it longer");
    if (status != 0) {
        scenario_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

/* ---- the file ---- */

#define RUNS_A_SECOND_MAX 1000

/* runs/NAME-20261124T025036Z.db; with -2, -3, … for others that begin in the same second. */
static void default_path(const struct scenario *s, int64_t now_ns, int nth,
                         char out[PATH_MAX_BYTES]) {
    char name[64], time[CLOCK_UTC_BYTES];
    size_t n = 0;
    for (const char *p = s->name; *p != '\0' && n + 1 < sizeof name; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_';
        name[n++] = plain ? *p : '-';
    }
    name[n] = '\0';
    clock_utc_compact(now_ns, time);
    if (nth == 1)
        snprintf(out, PATH_MAX_BYTES, "runs/%s-%s.db", n == 0 ? "run" : name, time);
    else
        snprintf(out, PATH_MAX_BYTES, "runs/%s-%s-%d.db", n == 0 ? "run" : name, time, nth);
}

static uint64_t choose_seed(const struct args *a) {
    uint32_t seed = 1;
    if (opt_given(a, "seed"))
        return (uint64_t)opt_integer(a, "seed");
    /* 32 bits: a seed that can be read aloud and typed again. */
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)clock_real_ns();
    return seed;
}

struct run {
    const struct args *args;
    const struct replay *replay; /* NULL: not one */
    struct repeat *repeat;       /* which of how many */
    struct scenario *scenario;
    struct record *record;
    struct progress progress;
    struct observe observe;
    struct judging judging;
    struct locust_live locust;
    struct calibration calibration; /* no requests: not calibrated */
    char path[PATH_MAX_BYTES];
    char page[PATH_MAX_BYTES]; /* "": no --html */
    uint64_t seed;
    const struct transport_ops *transport;
    bool kernel_clock;
    char transport_why[CHOOSE_WHY_BYTES];
    char trace_run[TRACE_RUN_DIGITS + 1]; /* "": no traceparent */
};

/* On the writer's thread. */
static void feed(void *context, const struct sample *samples, size_t n) {
    struct run *run = context;
    progress_feed(&run->progress, samples, n);
    observe_feed(&run->observe, samples, n);
    judging_feed(&run->judging, samples, n);
    locust_live_feed(&run->locust, samples, n);
}

static void feed_iterations(void *context, const struct sample *samples, size_t n) {
    judging_iterations(&((struct run *)context)->judging, samples, n);
}

static void feed_check(void *context, uint32_t second, uint32_t check, uint32_t passes,
                       uint32_t fails) {
    judging_check(&((struct run *)context)->judging, second, check, passes, fails);
}

/* On main, several times a second. */
static void tick(void *context, const struct engine_progress *now) {
    struct run *run = context;
    progress_show(&run->progress, now);
    locust_live_tick(&run->locust, now);
}

/* Makes the run file. A default name that another process has just taken is no failure: the next one is tried. */
static int make_file(struct run *run, const struct record_run *about, struct err *e) {
    if (opt_given(run->args, "out"))
        return repeat_file(run->repeat, opt_text(run->args, "out"), run->path, e) == 0
                   ? record_open(run->path, about, &run->record, e)
                   : -1;
    for (int nth = 1;; nth++) {
        default_path(run->scenario, about->started_real_ns, nth, run->path);
        if (record_open(run->path, about, &run->record, e) == 0)
            return 0;
        if (access(run->path, F_OK) != 0 || nth == RUNS_A_SECOND_MAX)
            return -1;
    }
}

/* What the manifest has besides what manifest.h writes. */
static int write_series(const struct run *run, struct err *e) {
    char text[64];
    if (replay_write(run->record, run->args, run->scenario, run->replay, e) != 0)
        return -1;
    if (run->replay != NULL &&
        record_manifest(run->record, "replay_of", opt_text(run->args, "replay"), e) != 0)
        return -1;
    if (run->repeat->count == 1)
        return 0;
    snprintf(text, sizeof text, "%u of %u", run->repeat->nth, run->repeat->count);
    return record_manifest(run->record, "repeat_run", text, e);
}

/* What the run file has to know of the scenario. */
struct contents {
    struct record_endpoint *endpoints;
    struct record_task *tasks;
    struct record_check *checks;
};

static void contents_done(struct contents *c) {
    free(c->endpoints);
    free(c->tasks);
    free(c->checks);
}

static int contents_init(struct contents *c, const struct scenario *s, struct err *e) {
    c->endpoints = calloc(s->endpoint_count, sizeof *c->endpoints);
    c->tasks = calloc(s->task_count, sizeof *c->tasks);
    c->checks = calloc(s->check_count + 1, sizeof *c->checks);
    if (c->endpoints == NULL || c->tasks == NULL || c->checks == NULL)
        return err_set(e, "not enough memory for %zu tasks", s->task_count);
    for (size_t i = 0; i < s->endpoint_count; i++) {
        const struct scenario_request *q = &s->requests[i];
        c->endpoints[i] = (struct record_endpoint){.name = q->name, .method = q->method};
        for (size_t k = 0; q->checks != NULL && k < q->checks->count; k++)
            c->checks[q->first_check + k] =
                (struct record_check){q->checks->items[k].name, (uint32_t)i};
    }
    for (size_t i = 0; i < s->task_count; i++) {
        const struct scenario_task *t = &s->tasks[i];
        c->tasks[i] = (struct record_task){
            t->name, t->single ? (int64_t)s->steps[t->steps.first].request : -1};
    }
    return 0;
}

static int open_record(struct run *run, struct err *e) {
    const struct scenario *s = run->scenario;
    struct contents contents = {0};
    if (contents_init(&contents, s, e) != 0) {
        contents_done(&contents);
        return -1;
    }
    struct record_run about = {
        .name = s->name,
        .started_real_ns = clock_real_ns(),
        .users_max = scenario_users_max(s),
        .scenario = s->source,
        .target = s->target_source,
        .seed = run->seed,
        .version = COLDSWARM_VERSION,
        .endpoints = contents.endpoints,
        .endpoint_count = s->endpoint_count,
        .tasks = contents.tasks,
        .task_count = s->task_count,
        .checks = contents.checks,
        .check_count = s->check_count,
        .worker_count = (size_t)opt_integer(run->args, "threads"),
    };
    int status = make_file(run, &about, e);
    if (status == 0 && opt_given(run->args, "csv")) {
        char prefix[PATH_MAX_BYTES];
        status = repeat_prefix(run->repeat, opt_text(run->args, "csv"), prefix, e);
        if (status == 0)
            status = locust_live_init(&run->locust, prefix, opt_flag(run->args, "csv-full-history"),
                                      run->record, contents.endpoints, s->endpoint_count, e);
    }
    contents_done(&contents);
    if (status == 0)
        status = manifest_write(run->record, run->args, s,
                                &(struct manifest_sending){.transport = run->transport->name,
                                                           .why = run->transport_why,
                                                           .kernel_clock = run->kernel_clock,
                                                           .trace_run = run->trace_run},
                                e);
    if (status == 0)
        status = manifest_write_calibration(run->record, &run->calibration, e);
    if (status == 0)
        status = judging_write_rules(&run->judging, run->record, e);
    if (status == 0)
        status = write_series(run, e);
    if (status == 0)
        status = observe_init(&run->observe, run->record, e);
    if (status == 0) {
        const struct record_watch watch = {
            .requests = feed, .iterations = feed_iterations, .checks = feed_check, .context = run};
        record_watch(run->record, &watch);
        status = record_start(run->record, e);
    }
    return status;
}

/* ---- what is said before and after ---- */

static void announce(const struct run *run) {
    const struct scenario *s = run->scenario;
    struct buf text;
    buf_init(&text, PATH_MAX_BYTES * 4);
    if (run->repeat->count > 1)
        buf_printf(&text, "run %u of %u\n", run->repeat->nth, run->repeat->count);
    buf_str(&text, "coldswarm: ");
    text_printable(&text, s->name, strlen(s->name));
    buf_str(&text, " against ");
    text_printable(&text, s->target_source, strlen(s->target_source));
    buf_str(&text, ": ");
    for (size_t i = 0; i < s->load_count; i++) {
        buf_str(&text, i > 0 ? "; " : "");
        if (s->load_count > 1) {
            text_printable(&text, s->loads[i].name, strlen(s->loads[i].name));
            buf_str(&text, ": ");
        }
        loadopts_text(&s->loads[i].load, &text);
    }
    buf_printf(&text, " (seed %" PRIu64 ")\ntransport %s: %s\nrecording to ", run->seed,
               run->transport->name, run->transport_why);
    text_printable(&text, run->path, strlen(run->path));
    buf_str(&text, "; Ctrl-C stops\n");
    fputs(buf_text(&text), stderr);
    buf_done(&text);
}

static void say_where(const char *path) {
    struct buf text;
    buf_init(&text, PATH_MAX_BYTES * 4);
    text_printable(&text, path, strlen(path));
    printf("\nEvery request is in %s\n", buf_text(&text));
    buf_done(&text);
}

static enum progress_mode choose_mode(const struct args *a) {
    if (opt_flag(a, "quiet") || opt_flag(a, "only-summary"))
        return PROGRESS_SILENT;
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    return terminal ? PROGRESS_BLOCK : PROGRESS_LINES;
}

/* Why it ended before its time. */
static void say_ended(const struct run *run) {
    const char *ended = buf_text(&run->judging.ended), *rule = strchr(ended, ' ');
    struct buf text;
    if (rule == NULL)
        return;
    buf_init(&text, PATH_MAX_BYTES * 4);
    text_printable(&text, rule + 1, strlen(rule + 1));
    fprintf(stderr, "coldswarm: threshold %s was crossed at %.*ss, which ended the run\n",
            buf_text(&text), (int)(rule - ended), ended);
    buf_done(&text);
}

/* Ends the recording and the file; the exit code. */
static int conclude(struct run *run, const struct engine_result *result) {
    struct err e = {0};
    struct record_totals totals;
    struct verdict verdict;
    struct thresholds *judged = NULL;
    bool written = record_stop(run->record, &e) == 0;
    struct err csv = {0};
    bool csv_written = locust_live_end(&run->locust, result->duration_ns, &csv) == 0;
    struct observe_result sent;
    record_totals(run->record, &totals);
    observe_end(&run->observe, &sent);
    verdict_decide(&verdict, result, &totals, &sent);
    if (written && judging_finish(&run->judging, run->path, result->duration_ns, &judged, &e) != 0)
        written = false;
    int code =
        verdict_exit_code(&verdict, result, &totals, judged != NULL && !judged->ok,
                          run->judging.unjudged, (int)opt_integer(run->args, "exit-code-on-error"));
    struct record_end end = {
        .duration_ns = result->duration_ns,
        .verdict = verdict.word,
        .verdict_reason = verdict.reason,
        .exit_code = written ? code : EXIT_RUNTIME,
    };
    struct err closing = {0};
    if (written && (manifest_write_dispatch(run->record, &sent, &e) != 0 ||
                    judging_write_end(&run->judging, run->record, &e) != 0))
        written = false;
    if (record_close(run->record, &end, &closing) != 0 && written) {
        written = false;
        e = closing;
    }
    run->record = NULL;
    if (!written)
        code = command_error(EXIT_RUNTIME, e.text);
    if (!csv_written && written)
        code = command_error(EXIT_RUNTIME, csv.text);
    bool quiet = opt_flag(run->args, "quiet");
    char folder[PATH_MAX_BYTES] = "";
    const char *report = opt_text(run->args, "report");
    if (report != NULL && repeat_folder(run->repeat, report, folder, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    struct results_options show = {
        .format = report_format("table"),
        .bare = quiet,
        .no_guess =
            true, /* `report` has it; here it would cost as much CPU as writing the rows did */
        .silent = quiet,
        .folder = folder[0] == '\0' ? report : folder,
        .page = run->page[0] == '\0' ? NULL : run->page,
        .thresholds = judged,
    };
    int shown = results_show(run->path, &show);
    thresholds_free(judged);
    if (shown != EXIT_OK && result->signal == 0)
        code = shown;
    if (!quiet && written && totals.lost == 0)
        say_where(run->path);
    fflush(stdout); /* before what is said about it on stderr */
    if (written && verdict_never_answered(result, &totals)) {
        err_set(&e,
                "%s never answered: none of %" PRIu64 " requests got a response (see Errors above)",
                run->scenario->target_source, totals.rows);
        command_error(code, e.text);
    }
    return code;
}

/* An exit code; EXIT_OK: go on. */
static int calibrate_first(struct run *run, const struct engine_options *o) {
    struct err e = {0};
    bool quiet = opt_flag(run->args, "quiet");
    if (!opt_flag(run->args, "calibrate"))
        return EXIT_OK;
    if (!quiet)
        fputs("calibrating against a server that does nothing\n", stderr);
    if (calibrate(o, &run->calibration, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    const struct calibration *c = &run->calibration;
    if (c->signal != 0)
        return 128 + c->signal;
    if (!quiet)
        fprintf(stderr,
                "the client adds %" PRId64 " (p50) to %" PRId64
                " (p99) microseconds at this rate (%.0f requests/s)\n",
                c->p50_us, c->p99_us, c->requests_per_second);
    return EXIT_OK;
}

static int carry_out(struct run *run) {
    const struct args *a = run->args;
    struct err e = {0};
    struct engine_result result = {0};
    struct engine_options o = {
        .scenario = run->scenario,
        .transport = run->transport,
        .trace_run = *run->trace_run == '\0' ? NULL : run->trace_run,
        .kernel_clock = run->kernel_clock,
        .trace_sampled = opt_flag(a, "trace-sampled"),
        .threads = (uint32_t)opt_integer(a, "threads"),
        .seed = run->seed,
        .stop_timeout_ns = opt_duration(a, "stop-timeout"),
        .user_agent = USER_AGENT,
        .progress = tick,
        .progress_context = run,
        .stop = judging_tick,
        .stop_context = &run->judging,
    };
    int code = calibrate_first(run, &o);
    if (code != EXIT_OK)
        return code;
    if (open_record(run, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    if (!opt_flag(a, "quiet"))
        announce(run);
    o.record = run->record;
    int status = engine_run(&o, &result, &e);
    progress_clear(&run->progress);
    say_ended(run);
    if (*result.teardown.text != '\0')
        fprintf(stderr, "coldswarm: warning: %s\n", result.teardown.text);
    if (status != 0) {
        /* What was recorded stays readable; without a verdict the file says that the run was cut short. */
        record_stop(run->record, NULL);
        return command_error(EXIT_RUNTIME, e.text);
    }
    run->repeat->stopped = run->repeat->stopped || result.signal != 0;
    return conclude(run, &result);
}

/* How the requests are sent. */
static int choose(struct run *run, struct err *e) {
    static const enum choose_wish wishes[] = {CHOOSE_AUTO, CHOOSE_CURL, CHOOSE_DIRECT};
    static const char *const words[] = {"auto", "curl", "direct"};
    enum choose_wish wish = CHOOSE_AUTO;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(opt_text(run->args, "transport"), words[i]) == 0)
            wish = wishes[i];
    if (!opt_flag(run->args, "no-trace")) {
        uint64_t id = 0;
        if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id || id == 0)
            id = (uint64_t)clock_real_ns();
        snprintf(run->trace_run, sizeof run->trace_run, "%016" PRIx64, id);
    }
    if (choose_transport(wish, run->scenario, &run->transport, run->transport_why, e) != 0)
        return -1;
    run->kernel_clock = run->transport == &transport_direct && kernel_clock_available() &&
                        strcmp(opt_text(run->args, "receive-clock"), "kernel") == 0;
    return 0;
}

static int choose_page(struct run *run, struct err *e) {
    struct buf name;
    if (!opt_given(run->args, "html"))
        return 0;
    buf_init(&name, sizeof run->page - 1);
    page_name(&name, opt_text(run->args, "html"), &run->scenario->loads[0].load);
    int result = !buf_ok(&name) ? err_set(e, "the path of --html is too long")
                                : repeat_file(run->repeat, buf_text(&name), run->page, e);
    if (result == 0)
        result = page_check(run->page, e);
    buf_done(&name);
    return result;
}

/* What is not as it was in the run that is replayed. */
static void say_differences(const struct run *run) {
    struct buf text;
    buf_init(&text, PATH_MAX_BYTES * 16);
    replay_differences(run->replay, run->args, run->scenario, &text);
    const char *line = buf_text(&text);
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct err e;
        err_set(&e, "replay: %.*s", (int)(end - line), line);
        command_error(EXIT_OK, e.text);
    }
    buf_done(&text);
}

static int run_once(const struct args *a, const struct replay *replay, struct repeat *repeat,
                    uint64_t seed) {
    struct err e = {0};
    struct run run = {.args = a, .replay = replay, .repeat = repeat, .seed = seed};
    uint32_t threads = (uint32_t)opt_integer(a, "threads");
    int code = EXIT_USAGE;
    if (load_scenario(a, replay, &run.scenario, &e) != 0 ||
        judging_init(&run.judging, run.scenario, a, &e) != 0 || choose(&run, &e) != 0 ||
        choose_page(&run, &e) != 0 || engine_raise_limits(run.scenario, threads, &e) != 0)
        command_error(code, e.text);
    else if (transport_global_init(&e) != 0 ||
             progress_init(&run.progress, stderr, choose_mode(a), opt_duration(a, "stop-timeout"),
                           &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else {
        if (replay != NULL && repeat->nth == 1)
            say_differences(&run);
        code = carry_out(&run);
    }
    if (run.record != NULL) {
        record_stop(run.record, NULL);
        record_close(run.record, NULL, NULL);
    }
    observe_done(&run.observe);
    judging_done(&run.judging);
    locust_live_done(&run.locust);
    progress_done(&run.progress);
    scenario_free(run.scenario);
    repeat_done(repeat, run.path, code);
    return code;
}

static int run_series(const struct args *a, const struct replay *replay) {
    struct repeat repeat;
    uint64_t seed = choose_seed(a);
    struct err e = {0};
    if (opt_given(a, "pause") && opt_integer(a, "repeat") < 2)
        return command_error(EXIT_USAGE, "--pause is between the runs of a --repeat of 2 or more");
    if (repeat_init(&repeat, (unsigned)opt_integer(a, "repeat"), opt_duration(a, "pause"), &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    while (repeat_next(&repeat))
        run_once(a, replay, &repeat, seed + repeat.nth - 1);
    int code = repeat_end(&repeat, opt_text(a, "report"));
    repeat_free(&repeat);
    return code;
}

int run(const struct args *a) {
    struct err e = {0};
    struct replay *replay = NULL;
    struct args *again = NULL;
    const struct args_option *options = NULL;
    int code = EXIT_USAGE;
    if (!opt_given(a, "replay"))
        return run_series(a, NULL);
    if (args_count(a) > 0)
        err_set(&e, "--replay takes the scenario from the run file; leave %s out", args_at(a, 0));
    else if (replay_open(opt_text(a, "replay"), &replay, &e) == 0) {
        size_t n = replay_options(replay, &options);
        if (args_again(a, options, n, &again, &e) == 0)
            code = run_series(again, replay);
    }
    if (e.text[0] != '\0')
        command_error(code, e.text);
    args_free(again);
    replay_free(replay);
    return code;
}
