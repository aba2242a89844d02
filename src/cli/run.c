#include "cli/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/calibrate.h"
#include "cli/exporting.h"
#include "cli/json_progress.h"
#include "cli/listeners.h"
#include "cli/loadopts.h"
#include "cli/page.h"
#include "cli/reflecting.h"
#include "cli/repeat.h"
#include "cli/replay.h"
#include "cli/results.h"
#include "cli/run_manifest.h"
#include "cli/run_path.h"
#include "cli/run_values.h"
#include "cli/run_words.h"
#include "cli/sending.h"
#include "cli/serving.h"
#include "cli/sharding.h"
#include "cli/steering.h"
#include "cli/stream_scenario.h"
#include "cli/tags.h"
#include "cli/verdict.h"
#include "control/control.h"
#include "engine/engine.h"
#include "record/record.h"
#include "report/stream_doubts.h"
#include "scenario/check.h"
#include "scenario/scenario.h"
#include "util/clock.h"

#define USER_AGENT "coldswarm/" COLDSWARM_VERSION

extern const char embed_scenarios_paper_json[];

/* ---- the scenario ---- */

/* Those of --threshold behind those of the scenario, which --tags may have made impossible. */
static int add_thresholds(const struct args *a, struct scenario *s, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "threshold", &list);
    for (size_t i = 0; i < n; i++)
        if (gate_rules_parse(&s->thresholds, "--threshold", list[i], e) != 0)
            return -1;
    return scenario_check_rules(s, &s->thresholds, e);
}

/* If it fails, *code is the exit code. */
static int load_scenario(const struct args *a, const struct replay *replay, struct scenario **out,
                         int *code, struct err *e) {
    struct scenario *s = NULL;
    bool builtin = args_count(a) == 0;
    *code = EXIT_USAGE;
    if (stream_scenario_check(a, e) != 0)
        return -1;
    if (replay == NULL && builtin && !opt_given(a, "host"))
        return err_set(e, "nothing to run; give a scenario file, or --host URL to run the built-in "
                          "mix (see coldswarm run --help)");
    reflecting_begin(opt_given(a, "host") ? opt_text(a, "host") : NULL);
    int status = replay != NULL           ? replay_scenario(replay, &s, e)
                 : opt_given(a, "stream") ? stream_scenario(a, &s, code, e)
                 : builtin ? scenario_parse("(built-in paper mix)", ".", embed_scenarios_paper_json,
                                            strlen(embed_scenarios_paper_json), NULL, NULL, &s, e)
                           : scenario_load(args_at(a, 0), NULL, NULL, &s, e);
    if (status == 0 && opt_given(a, "host"))
        status = scenario_set_target(s, opt_text(a, "host"), e);
    if (status == 0 && s->target == NULL && scenario_needs_target(s))
        status = err_set(e, "%s has no target; give one with --host URL, or add \"target\" to it",
                         s->file);
    if (status == 0)
        status = tags_select(a, s, e);
    if (status == 0)
        status = loadopts_apply(a, s, e);
    if (status == 0 && scenario_users_max(s) == 0)
        status = err_set(e, "--run-time ends before the first user starts; make it longer");
    if (status == 0)
        status = add_thresholds(a, s, e);
    if (status != 0) {
        scenario_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

struct run {
    const struct args *args;
    struct run_owner *owner; /* NULL: none */
    struct repeat *repeat;   /* which of how many */
    struct scenario *scenario;
    struct sending sending;
    struct sharding sharding;
    struct calibration calibration;
    struct run_facts facts; /* all of these */
    struct record *record;
    struct control control;
    bool published; /* what the setup captured */
    struct steering steering;
    char path[REPEAT_PATH_BYTES];
    char page[REPEAT_PATH_BYTES]; /* "": no --html */
};

/* Says why it failed, also to its owner. */
static int fail(const struct run *run, int code, const char *text) {
    if (run->owner != NULL && run->owner->failure.text[0] == '\0')
        err_set(&run->owner->failure, "%s", text);
    return command_error(code, text);
}

/* ---- while it runs ---- */

static struct engine_order take_order(struct control *c) {
    static const enum engine_wish wishes[] = {[CONTROL_GO_ON] = ENGINE_GO_ON,
                                              [CONTROL_STOP] = ENGINE_FINISH,
                                              [CONTROL_CANCEL] = ENGINE_CANCEL};
    return (struct engine_order){.wish = wishes[control_take_order(c)], .signal = c->signal};
}

/* For calibration, setup and teardown, which listeners do not see. */
static struct engine_order tick_outside_load(void *context, const struct engine_progress *now) {
    struct run *run = context;
    (void)now;
    control_poll(&run->control);
    return take_order(&run->control);
}

static struct engine_order tick(void *context, const struct engine_progress *now) {
    struct control *c = &((struct run *)context)->control;
    if (now == NULL)
        return tick_outside_load(context, NULL);
    struct control_snapshot s = {.elapsed_ns = now->elapsed_ns,
                                 .duration_ns = now->duration_ns,
                                 .users = now->users,
                                 .users_max = now->users_max,
                                 .stopping = now->stopping,
                                 .stopped = now->stopped,
                                 .busiest_core = now->busiest_core,
                                 .busiest_worker = now->busiest_worker,
                                 .longest_stall_ns = now->longest_stall_ns};
    control_tick(c, &s);
    struct engine_order order = take_order(c);
    order.changes = steering_take(&((struct run *)context)->steering, c, &order.change);
    return order;
}

static bool proceed(void *context, enum engine_stage stage, struct engine_start *start) {
    static const enum control_stage stages[] = {[ENGINE_SETUP] = CONTROL_SETUP,
                                                [ENGINE_LOAD] = CONTROL_LOAD,
                                                [ENGINE_TEARDOWN] = CONTROL_TEARDOWN};
    struct run *run = context;
    struct control_start given = {.mono_ns = 0};
    if (stage == ENGINE_LOAD && !run->published) {
        run_values_publish(&run->control, run->scenario, start->values);
        run->published = true;
    }
    if (!control_proceed(&run->control, stages[stage], &given))
        return false;
    if (stage == ENGINE_LOAD) {
        run_values_take(&run->control, run->scenario, start->values);
        start->mono_ns = given.mono_ns;
        start->real_ns = given.real_ns;
    }
    return true;
}

/* ---- the file and the listeners ---- */

static int write_manifest(const struct run *run, struct err *e) {
    struct manifest m = {0};
    run_manifest(&m, &run->facts);
    int status = manifest_write(&m, run->record, e);
    manifest_done(&m);
    return status;
}

/* Nothing was sent. The file would be in the way of the next try, or be taken for an interrupted
 * part. */
static void drop_record(struct run *run) {
    record_close(run->record, NULL, NULL);
    run->record = NULL;
    record_remove(run->path);
}

static const char *error_text(void *context, uint32_t error) {
    return record_error_text(context, (uint16_t)error);
}

static int64_t started_ns(void *context) {
    return record_started_ns(context);
}

/* For who shows it while it goes on. */
static void describe(struct run *run) {
    const struct scenario *s = run->scenario;
    struct status_run shown = {
        .name = s->name,
        .target = s->target_source,
        .scenario = s->file,
        .version = COLDSWARM_VERSION,
        .file = run->path,
        .catalog = &s->catalog,
        .duration_ns = scenario_duration(s),
        .open = load_is_open(&s->loads[0].load),
        .no_change = steering_refusal(run->args, s),
        .users_possible = engine_users_possible(),
        .users = s->loads[0].load.users,
        .spawn_rate = s->loads[0].load.spawn_rate,
        .rate = (double)s->loads[0].load.micro_rate / LOAD_MICRO,
        .error_text = error_text,
        .started_ns = started_ns,
        .context = run->record,
    };
    for (size_t i = 0; i < s->endpoint_count; i++)
        shown.streams = shown.streams || s->requests[i].stream != NULL;
    control_describe(&run->control, &shown);
}

static void note(void *record, int64_t at_ns, const char *kind, const char *text) {
    record_event(record, at_ns, kind, text);
}

static int open_record(struct run *run, struct err *e) {
    const struct scenario *s = run->scenario;
    const struct record_run about = {
        .name = s->name,
        .started_real_ns = clock_real_ns(),
        .users_max = engine_users(s, run->sharding.part),
        .scenario = s->source,
        .target = s->target_source,
        .seed = run->facts.seed,
        .version = COLDSWARM_VERSION,
        .catalog = &s->catalog,
        .worker_count = (size_t)opt_integer(run->args, "threads"),
    };
    if (run_path_open(run->args, run->repeat, &about, run->path, &run->record, e) != 0)
        return -1;
    const struct run_view view = {.args = run->args,
                                  .scenario = s,
                                  .repeat = run->repeat,
                                  .record = run->record,
                                  .note = note,
                                  .note_context = run->record,
                                  .control = &run->control,
                                  .facts = &run->facts,
                                  .path = run->path};
    const struct record_watch watch = {.requests = control_feed,
                                       .events = control_feed_event,
                                       .iterations = control_feed_iteration,
                                       .checks = control_feed_check,
                                       .streams = control_feed_stream,
                                       .context = &run->control};
    describe(run);
    if (control_listen(&run->control, &view, e) == 0 && write_manifest(run, e) == 0) {
        record_watch(run->record, &watch);
        if (record_start(run->record, e) == 0)
            return 0;
    }
    drop_record(run);
    return -1;
}

/* ---- its end ---- */

static void say_teardown(const struct engine_result *result) {
    if (result->teardown.text[0] != '\0')
        fprintf(stderr, "coldswarm: warning: %s\n", result->teardown.text);
}

/* The tables, and what else is to be made of the file; an exit code. */
static int show(const struct run *run, const struct run_end *end) {
    struct err e = {0};
    int code = EXIT_OK;
    bool quiet = opt_flag(run->args, "quiet");
    char folder[REPEAT_PATH_BYTES] = "";
    const char *report = opt_text(run->args, "report");
    if (report != NULL && repeat_folder(run->repeat, report, folder, &e) != 0)
        code = fail(run, EXIT_RUNTIME, e.text);
    struct results_options show = {
        .format = report_format("table"),
        .bare = quiet,
        .no_guess =
            true, /* `report` has it; here it would cost as much CPU as writing the rows did */
        .silent = quiet,
        .folder = folder[0] == '\0' ? report : folder,
        .no_figures = opt_flag(run->args, "no-figures"),
        .page = run->page[0] == '\0' ? NULL : run->page,
        .thresholds = end->thresholds,
        .counted = end->counted,
        .streams = end->streams,
    };
    int shown = results_show(run->path, &show);
    return shown != EXIT_OK ? shown : code;
}

/* Completes the file, which is `whole` so far. -1: it is not, and e says why. */
static int close_record(struct run *run, bool whole, const struct run_end *end,
                        struct record_end *last, struct err *e) {
    struct err closing = {0};
    if (whole && manifest_write(&end->manifest, run->record, e) != 0) {
        last->exit_code = EXIT_RUNTIME;
        whole = false;
    }
    if (record_close(run->record, last, &closing) != 0 && whole) {
        *e = closing;
        whole = false;
    }
    run->record = NULL;
    return whole ? 0 : -1;
}

static void doubt(const struct run *run, struct verdict *v, const struct engine_result *result,
                  const struct run_end *end) {
    struct lines doubts;
    lines_init(&doubts, NULL);
    hanging_doubt(&end->hanging, run->scenario, &doubts);
    /* The whole has more answers to judge by than a part. */
    if (end->streams != NULL && !run->sharding.is_part)
        stream_doubts(end->streams,
                      result->loop_lag_p99_ns < 0 ? READER_NO_VALUE
                                                  : result->loop_lag_p99_ns / 1000,
                      &doubts);
    verdict_doubt(v, &doubts);
    lines_done(&doubts);
}

/* Ends the recording, the listeners and the file; the exit code. */
static int conclude(struct run *run, const struct engine_result *result, struct run_end *end) {
    struct err e = {0}, listener = {0};
    struct record_totals totals;
    struct verdict verdict;
    end->duration_ns = result->duration_ns;
    if (result->loop_lag_p99_ns >= 0)
        manifest_addf(&end->manifest, "loop_lag_p99_us", "%" PRId64,
                      result->loop_lag_p99_ns / 1000);
    end->whole = record_stop(run->record, &e) == 0;
    bool listened = control_end(&run->control, end, &listener) == 0;
    say_teardown(result);
    record_totals(run->record, &totals);
    verdict_decide(&verdict, result, &totals, &end->sent);
    doubt(run, &verdict, result, end);
    if (end->invalid.text[0] != '\0') {
        verdict.word = "INVALID";
        snprintf(verdict.reason, sizeof verdict.reason, "%.500s", end->invalid.text);
    } else if (verdict.only_late)
        manifest_add(&end->manifest, VERDICT_ONLY_LATE_KEY, "1");
    verdict_note_version(&verdict, run->scenario->http.version != SCENARIO_HTTP_1_1, &end->sent);
    int code = verdict_exit_code(&verdict, result, &totals,
                                 end->thresholds != NULL && !end->thresholds->ok, end->uncovered,
                                 (int)opt_integer(run->args, "exit-code-on-error"));
    struct record_end last = {
        .duration_ns = result->duration_ns,
        .verdict = verdict.word,
        .verdict_reason = verdict.reason,
        .exit_code = end->whole && listened ? code : EXIT_RUNTIME,
        .users_max = steering_users(&run->steering),
    };
    steering_describe(&run->steering, run->args, &end->manifest);
    control_conclude(&run->control, result->duration_ns, last.verdict, last.verdict_reason,
                     last.exit_code);
    bool whole = close_record(run, end->whole, end, &last, &e) == 0;
    control_release(&run->control);
    if (!whole || !listened)
        code = fail(run, EXIT_RUNTIME, whole ? listener.text : e.text);
    int shown = show(run, end);
    if (shown != EXIT_OK && result->signal == 0)
        code = shown;
    if (!opt_flag(run->args, "quiet") && whole && totals.lost == 0)
        run_say_where(run->path);
    fflush(stdout); /* before what is said about it on stderr */
    if (whole)
        run_say_failure(&run->facts, result, &totals, code);
    return code;
}

/* ---- from the first to the last ---- */

/* An exit code; EXIT_OK: go on. */
static int calibrate_first(struct run *run, const struct engine_options *o) {
    struct err e = {0};
    bool quiet = opt_flag(run->args, "quiet");
    if (!opt_flag(run->args, "calibrate"))
        return EXIT_OK;
    if (!quiet)
        fputs("calibrating against a local server that does no work\n", stderr);
    if (calibrate(o, &run->calibration, &e) != 0)
        return fail(run, EXIT_RUNTIME, e.text);
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

/* The load never began: there is no run. */
static int stay_away(struct run *run, const struct engine_result *result, struct run_end *end) {
    struct err e;
    record_stop(run->record, NULL);
    control_end(&run->control, end, NULL);
    drop_record(run);
    err_set(&e, "not started: %.400s", run->control.why.text);
    return fail(run, result->signal != 0 ? 128 + result->signal : EXIT_USAGE, e.text);
}

static int carry_out(struct run *run) {
    const struct args *a = run->args;
    struct err e = {0};
    struct engine_result result = {0};
    struct run_end end = {.path = run->path};
    struct engine_options o = {
        .scenario = run->scenario,
        .transport = run->sending.transport,
        .trace_run = run->sending.trace_run[0] == '\0' ? NULL : run->sending.trace_run,
        .kernel_clock = run->sending.kernel_clock,
        .trace_sampled = opt_flag(a, "trace-sampled"),
        .threads = (uint32_t)opt_integer(a, "threads"),
        .part = run->sharding.part,
        .start_at_ns = run->sharding.start_at_ns,
        .seed = run->facts.seed,
        .stop_timeout_ns = opt_duration(a, "stop-timeout"),
        .user_agent = USER_AGENT,
        .tick = tick_outside_load,
        .tick_context = run,
        .proceed = proceed,
    };
    int code = calibrate_first(run, &o);
    if (code != EXIT_OK)
        return code;
    if (open_record(run, &e) != 0)
        return fail(run, EXIT_RUNTIME, e.text);
    if (!run->sharding.agreed) /* an agent says it, and before the start */
        run_warn_place(run->path);
    if (!opt_flag(a, "quiet"))
        run_announce(&run->facts, run->path);
    o.record = run->record;
    o.tick = tick;
    int status = engine_run(&o, &result, &e);
    if (status == 0 && result.unstarted &&
        (run->sharding.is_part || run->sharding.agreed || run->sharding.start_at_ns != 0))
        code = stay_away(run, &result, &end);
    else if (status == 0)
        code = conclude(run, &result, &end);
    else {
        /* What was recorded stays readable; without a verdict the file shows an interrupted run. */
        record_stop(run->record, NULL);
        control_end(&run->control, &end, NULL);
        say_teardown(&result);
        code = fail(run, result.late_ns != 0 ? EXIT_USAGE : EXIT_RUNTIME, e.text);
        control_conclude(&run->control, 0, "INVALID", e.text, code);
        if (result.late_ns != 0)
            drop_record(run);
    }
    if (run->control.signal != 0)
        repeat_stop(run->repeat, run->control.signal);
    manifest_done(&end.manifest);
    thresholds_free(end.thresholds);
    counted_free(end.counted);
    streams_free(end.streams);
    return code;
}

static int choose_page(struct run *run, struct err *e) {
    struct buf name;
    if (!opt_given(run->args, "html"))
        return 0;
    buf_init(&name, sizeof run->page - 1);
    page_name(&name, opt_text(run->args, "html"), &run->scenario->loads[0].load);
    int result = !buf_ok(&name) ? err_set(e, "the path of --html is too long")
                                : repeat_each_file(run->repeat, buf_text(&name), page_check, e);
    if (result == 0)
        result = repeat_file(run->repeat, buf_text(&name), run->page, e);
    buf_done(&name);
    return result;
}

/* Everything that can be wrong before there is a run. *code is the exit code then. */
static int prepare(struct run *run, const struct replay *replay, int *code, struct err *e) {
    const struct args *a = run->args;
    *code = EXIT_USAGE;
    if (serving_check(a, e) != 0 || exporting_check(a, e) != 0 || json_progress_check(a, e) != 0 ||
        sharding_choose(a, &run->sharding, e) != 0 ||
        load_scenario(a, replay, &run->scenario, code, e) != 0 ||
        sharding_check(&run->sharding, run->scenario, e) != 0 ||
        sending_choose(a, run->scenario, &run->sending, e) != 0 ||
        engine_check_files(run->scenario, e) != 0 || choose_page(run, e) != 0 ||
        engine_raise_limits(run->scenario, run->sharding.part, (uint32_t)opt_integer(a, "threads"),
                            e) != 0)
        return -1;
    *code = EXIT_RUNTIME;
    return run_path_check(a, run->repeat, e);
}

static int run_once(const struct args *a, const struct control_tables *tables,
                    struct run_owner *owner, const struct replay *replay, struct repeat *repeat,
                    uint64_t seed) {
    struct err e = {0};
    struct run run = {.args = a, .owner = owner, .repeat = repeat};
    const struct run_source_view sources = {.args = a, .owner = owner};
    const struct sharding *sharding = &run.sharding;
    int code = EXIT_USAGE;
    if (prepare(&run, replay, &code, &e) != 0)
        fail(&run, code, e.text);
    else if (transport_global_init(&e) != 0 ||
             control_init(&run.control, tables, &sources, &e) != 0)
        code = fail(&run, EXIT_RUNTIME, e.text);
    else {
        run.facts = (struct run_facts){.args = a,
                                       .scenario = run.scenario,
                                       .replay = replay,
                                       .repeat = repeat,
                                       .sending = &run.sending,
                                       .sharding = sharding,
                                       .calibration = &run.calibration,
                                       .seed = seed};
        if (sharding->is_part || sharding->trace != 0)
            sending_set_trace(&run.sending, sharding_trace(sharding, seed));
        if (replay != NULL && repeat->nth == 1)
            run_say_differences(&run.facts);
        code = carry_out(&run);
    }
    if (run.record != NULL) {
        record_stop(run.record, NULL);
        record_close(run.record, NULL, NULL);
    }
    if (run.control.tables != NULL)
        control_finish(&run.control, code);
    if (owner != NULL)
        owner->signal = run.control.signal;
    control_done(&run.control);
    steering_done(&run.steering);
    scenario_free(run.scenario);
    repeat_done(repeat, run.path, code);
    return code;
}

static int run_series(const struct args *a, const struct control_tables *tables,
                      struct run_owner *owner, const struct replay *replay) {
    struct repeat repeat;
    uint64_t seed = loadopts_seed(a);
    struct err e = {0};
    if (opt_given(a, "pause") && opt_integer(a, "repeat") < 2)
        return command_error(EXIT_USAGE, "--pause needs --repeat 2 or more");
    if (repeat_init(&repeat, (unsigned)opt_integer(a, "repeat"), opt_duration(a, "pause"), &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    repeat.quiet = opt_flag(a, "quiet");
    while (repeat_next(&repeat))
        run_once(a, tables, owner, replay, &repeat, seed + repeat.nth - 1);
    repeat_say_missing(&repeat);
    int code = repeat_end(&repeat, opt_text(a, "report"));
    repeat_free(&repeat);
    return code;
}

int run_check(const struct args *a, char **target, struct err *e) {
    struct repeat once = {.count = 1, .nth = 1};
    struct run run = {.args = a, .repeat = &once};
    int code;
    int result = prepare(&run, NULL, &code, e);
    if (target != NULL)
        *target = result == 0 && run.scenario->target_source != NULL
                      ? strdup(run.scenario->target_source)
                      : NULL;
    scenario_free(run.scenario);
    return result;
}

int run(const struct args *a, const struct control_tables *tables, struct run_owner *owner) {
    struct err e = {0};
    struct replay *replay = NULL;
    struct args *again = NULL;
    const struct args_option *options = NULL;
    int code = EXIT_USAGE;
    if (!opt_given(a, "replay"))
        return run_series(a, tables, owner, NULL);
    if (args_count(a) > 0)
        err_set(&e, "--replay takes the scenario from the run file; remove %s", args_at(a, 0));
    else if (stream_scenario_check_replay(a, &e) == 0 &&
             replay_open(opt_text(a, "replay"), &replay, &e) == 0) {
        size_t n = replay_options(replay, &options);
        if (args_again(a, options, n, &again, &e) == 0)
            code = run_series(again, tables, owner, replay);
    }
    if (e.text[0] != '\0')
        command_error(code, e.text);
    args_free(again);
    replay_free(replay);
    return code;
}
