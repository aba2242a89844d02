#include "cli/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static bool is_busy(const struct engine_result *run) {
    return run->busiest_core > ENGINE_BUSY_SHARE;
}

static double share(uint64_t part, uint64_t of) {
    return of == 0 ? 0 : (double)part / (double)of;
}

/* Why a client was late, as far as can be told, and what to do about it. */
static void late_cause(const struct engine_result *run, char *out, size_t size) {
    if (is_busy(run))
        snprintf(out, size,
                 "thread %u of it used %.0f %% of a core; use more threads (--threads), fewer "
                 "requests per second or another machine",
                 run->busiest_worker + 1, run->busiest_core * 100);
    else
        snprintf(out, size,
                 "its threads had time left, so something else held the machine up; end what else "
                 "runs on it, or use fewer requests per second or another machine");
}

/* False where nothing is that wrong. The worst comes first. */
static bool is_invalid(struct verdict *v, const struct engine_result *run,
                       const struct record_totals *totals, const struct observe_result *sent) {
    char cause[256];
    late_cause(run, cause, sizeof cause);
    if (run->record_failed)
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64 " requests are not in the file: it could no longer be written",
                 totals->lost);
    else if (totals->lost > 0)
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64
                 " requests are not in the file: it could not be written as fast as they ended; "
                 "use a faster disk (--out) or fewer requests per second",
                 totals->lost);
    else if (share(sent->not_sent, sent->scheduled) > VERDICT_UNSENT_SHARE)
        snprintf(v->reason, sizeof v->reason,
                 "the client missed the rate by %.1f %%: it did not send %" PRIu64 " of %" PRIu64
                 " scheduled requests although users were free; %s",
                 share(sent->not_sent, sent->scheduled) * 100, sent->not_sent, sent->scheduled,
                 cause);
    else if (share(sent->late + sent->not_sent, sent->scheduled) > VERDICT_UNPUNCTUAL_SHARE)
        snprintf(v->reason, sizeof v->reason,
                 "the client sent %" PRIu64 " of %" PRIu64
                 " scheduled requests (%.1f %%) over 10 ms late or not at all; %s",
                 sent->late + sent->not_sent, sent->scheduled,
                 share(sent->late + sent->not_sent, sent->scheduled) * 100, cause);
    else
        return false;
    return true;
}

static bool is_suspect(struct verdict *v, const struct engine_result *run,
                       const struct observe_result *sent) {
    char cause[256];
    late_cause(run, cause, sizeof cause);
    if (sent->p99_us > VERDICT_LAG_P99_US && sent->scheduled >= VERDICT_LAG_REQUESTS)
        snprintf(v->reason, sizeof v->reason,
                 "the client sent one in a hundred scheduled requests over %.1f ms late: latencies "
                 "may be its own; %s",
                 (double)sent->p99_us / 1000, cause);
    else if (run->longest_stall_ns > ENGINE_STALL_NS)
        snprintf(v->reason, sizeof v->reason,
                 "the client stood still for %.1f s: latencies in that time are its own; keep the "
                 "machine awake and "
                 "end what else runs on it",
                 (double)run->longest_stall_ns / 1e9);
    else if (is_busy(run))
        snprintf(v->reason, sizeof v->reason,
                 "thread %u of the client used %.0f %% of a core for 5 s: latencies may be its "
                 "own; use more threads (--threads), fewer users or a longer wait",
                 run->busiest_worker + 1, run->busiest_core * 100);
    else
        return false;
    return true;
}

void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals, const struct observe_result *sent) {
    if (is_invalid(v, run, totals, sent)) {
        v->word = "INVALID";
        return;
    }
    if (is_suspect(v, run, sent)) {
        v->word = "SUSPECT";
        return;
    }
    v->word = "VALID";
    char most[32] = "under 1 %";
    if (run->busiest_core >= 0.01)
        snprintf(most, sizeof most, "at most %.0f %%", run->busiest_core * 100);
    snprintf(v->reason, sizeof v->reason,
             "every request is in the file; the client used %s of a core", most);
}

bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals) {
    return run->signal == 0 && totals->rows > 0 && totals->answered == 0;
}

int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, bool crossed, uint64_t failures,
                      int on_failure) {
    if (run->record_failed || verdict_never_answered(run, totals))
        return EXIT_RUNTIME;
    if (run->signal != 0)
        return 128 + run->signal;
    if (strcmp(v->word, "INVALID") == 0)
        return EXIT_INVALID;
    if (crossed)
        return EXIT_THRESHOLD;
    return failures > 0 ? on_failure : EXIT_OK;
}
