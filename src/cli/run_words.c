#include "cli/run_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/loadopts.h"
#include "cli/verdict.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"
#include "util/units.h"

/* Which part it is, and how long nothing will happen. */
static void add_start(const struct sharding *s, struct buf *text) {
    char utc[CLOCK_UTC_BYTES], left[UNITS_BYTES];
    if (s->is_part)
        buf_printf(text, "part %" PRIu32 " of %" PRIu32 "%s", s->part.index, s->part.count,
                   s->start_at_ns == 0 ? "\n" : ", ");
    if (s->start_at_ns == 0)
        return;
    clock_utc(s->start_at_ns, utc);
    units_duration_text(s->start_at_ns - clock_real_ns(), left);
    buf_printf(text, "starts at %s, in %s\n", utc, left);
}

void run_announce(const struct run_facts *run, const char *path) {
    const struct scenario *s = run->scenario;
    struct buf text;
    buf_init(&text, REPEAT_PATH_BYTES * 4);
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
               run->sending->transport->name, run->sending->why);
    text_printable(&text, path, strlen(path));
    buf_str(&text, "; Ctrl-C stops\n");
    add_start(run->sharding, &text);
    fputs(buf_text(&text), stderr);
    buf_done(&text);
}

void run_warn_place(const char *path) {
    const char *network = file_network(path);
    struct buf shown;
    if (network == NULL)
        return;
    buf_init(&shown, REPEAT_PATH_BYTES * 4);
    text_printable(&shown, path, strlen(path));
    fprintf(stderr,
            "coldswarm: warning: %s is on %s: the log of an SQLite file needs a local disk, so "
            "requests may be lost or late; write to a local disk (such as $TMPDIR), and copy the "
            "file at the end\n",
            buf_text(&shown), network);
    buf_done(&shown);
}

void run_say_where(const char *path) {
    struct buf text;
    buf_init(&text, REPEAT_PATH_BYTES * 4);
    text_printable(&text, path, strlen(path));
    printf("\n"
           "Every request is in %s\n",
           buf_text(&text));
    buf_done(&text);
}

void run_say_failure(const struct run_facts *run, const struct engine_result *result,
                     const struct record_totals *totals, int code) {
    struct err e;
    const char *reasons = opt_flag(run->args, "quiet")
                              ? "; coldswarm report shows the reasons under Errors"
                              : " (see Errors above)";
    uint64_t asked = totals->rows - totals->unsendable - verdict_shortages(result);
    if (verdict_never_answered(result, totals) && totals->answered > 0)
        err_set(&e,
                "%s completed no answer: %" PRIu64
                " response%s began, and all were cancelled when the run stopped; check that the "
                "target completes its answers, or give them more time (--run-time, --stop-timeout)",
                run->scenario->target_source, totals->answered, text_plural(totals->answered));
    else if (verdict_never_answered(result, totals) && totals->failures == 0)
        err_set(&e,
                "%s never answered: %" PRIu64 " request%s dropped or cancelled before a response",
                run->scenario->target_source, asked, asked == 1 ? " was" : "s were");
    else if (verdict_never_answered(result, totals))
        err_set(&e, "%s never answered: none of %" PRIu64 " request%s got a response%s",
                run->scenario->target_source, asked, text_plural(asked), reasons);
    else if (totals->unsendable > 0)
        err_set(&e,
                "%" PRIu64 " of %" PRIu64
                " request%s could not be built from the scenario's values and %s not sent%s",
                totals->unsendable, totals->rows, text_plural(totals->rows),
                totals->unsendable == 1 ? "was" : "were", reasons);
    else
        return;
    command_error(code, e.text);
}

void run_say_differences(const struct run_facts *run) {
    struct buf text;
    buf_init(&text, REPEAT_PATH_BYTES * 16);
    replay_differences(run->replay, run->args, run->scenario, &text);
    const char *line = buf_text(&text);
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct err e;
        err_set(&e, "replay: %.*s", (int)(end - line), line);
        command_error(EXIT_OK, e.text);
    }
    buf_done(&text);
}
